//! Directions and reflections of several targets from the echoes of known waveforms.
//!
//! Over a block of L snapshots every beam carries a waveform orthogonal to the others. Correlated with
//! them, echoes become one matrix, receive antennas × beams,
//! ```math
//! Z = \sqrt L \sum_m \alpha_m\, b(\omega_m)\, a(\omega_m)^H W + N,
//! ```
//! with white noise of the power of one antenna in N, and nothing is lost: for these waveforms
//! `2/σ² · Re ⟨∂Z, ∂Z⟩` is the Fisher matrix that designs are made for.
//!
//! [`Scanner::likelihood`] is maximum likelihood: targets are found one by one on a grid, the rest of
//! the echo explained by those found before; all parameters are then fitted together (Levenberg–Marquardt),
//! and every target is looked for again with the others taken out. [`Scanner::music`] is MUSIC: it does not use
//! what was sent, only that the echoes of M targets span M dimensions.
//!
//! Arrays are in the plane x = 0. Directions in front and behind look the same to them, so that azimuths
//! are those in front, within ±90°.

use std::f64::consts::FRAC_PI_2;

use noctule_num::linalg::{HermitianEigen, Op, RealCholesky, dot, product};
use noctule_num::{C64, CMat};
use noctule_phy::elements::ElementArray;

use crate::Error;

/// Steps of Levenberg–Marquardt at most, and the damping at which it gives up.
const STEPS: usize = 60;
const MOST_DAMPING: f64 = 1e9;
/// A fit that gains less than this share is finished.
const GAIN: f64 = 1e-13;
/// How often every target is looked for again.
const PASSES: usize = 2;
/// Grid points for each beam of the larger aperture.
const FINENESS: f64 = 8.0;

/// One target as an estimator sees it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sighting {
    /// Azimuth in radians, in front of the array.
    pub azimuth_rad: f64,
    /// Polar angle in radians.
    pub polar_rad: f64,
    /// Complex reflection coefficient.
    pub reflection: C64,
}

impl Sighting {
    /// The direction in front that looks the same: a fit may have stepped over the edge.
    fn in_front(self) -> Self {
        let (y, z) = (self.azimuth_rad.sin() * self.polar_rad.sin(), self.polar_rad.cos());
        let (azimuth_rad, polar_rad) =
            angles(y, z).unwrap_or((FRAC_PI_2.copysign(y), z.clamp(-1.0, 1.0).acos()));
        Self { azimuth_rad, polar_rad, ..self }
    }
}

/// A direction of the grid: what arrives, and what was sent there.
#[derive(Clone, Debug)]
struct Candidate {
    azimuth_rad: f64,
    polar_rad: f64,
    arrives: Vec<C64>,
    sent: Vec<C64>,
}

/// Arrays, beams and a grid of directions.
#[derive(Clone, Debug)]
pub struct Scanner {
    transmit: ElementArray,
    receive: ElementArray,
    /// `√L Wᴴ`, beams × transmit antennas.
    sends: CMat,
    /// Rows of the grid from the least `z`, each from the least `y`; absent outside the circle.
    grid: Vec<Vec<Option<Candidate>>>,
    step: [f64; 2],
}

impl Scanner {
    /// A radar that sends `beams` (antennas × beams) for so many snapshots; `None` where an array is not
    /// in the plane x = 0.
    pub fn new(
        transmit: ElementArray,
        receive: ElementArray,
        beams: &CMat,
        snapshots: u32,
    ) -> Option<Self> {
        let flat = |array: &ElementArray| array.positions.iter().all(|p| p[0] == 0.0);
        if !flat(&transmit) || !flat(&receive) {
            return None;
        }
        let amplitude = f64::from(snapshots).sqrt();
        let sends =
            CMat::from_fn(beams.cols(), beams.rows(), |s, n| beams[(n, s)].conj() * amplitude);
        let points = |axis: usize| {
            let extent = |array: &ElementArray| {
                let along = array.positions.iter().map(|p| p[axis]);
                along.clone().fold(f64::MIN, f64::max) - along.fold(f64::MAX, f64::min)
            };
            (FINENESS * (1.0 + extent(&transmit).max(extent(&receive)))).ceil() as usize
        };
        let (rows, columns) = (points(2), points(1));
        let step = [2.0 / columns as f64, 2.0 / rows as f64];
        let mut scanner = Self { transmit, receive, sends, grid: Vec::new(), step };
        scanner.grid = (0..rows)
            .map(|row| (0..columns).map(|column| scanner.candidate(row, column)).collect())
            .collect();
        Some(scanner)
    }

    fn candidate(&self, row: usize, column: usize) -> Option<Candidate> {
        let at = |i: usize, step: f64| -1.0 + step * (i as f64 + 0.5);
        let (azimuth_rad, polar_rad) = angles(at(column, self.step[0]), at(row, self.step[1]))?;
        let (arrives, sent) = self.responses(azimuth_rad, polar_rad);
        Some(Candidate {
            azimuth_rad,
            polar_rad,
            arrives: arrives[0].clone(),
            sent: sent[0].clone(),
        })
    }

    /// What arrives from a direction and what was sent there, each with its derivatives by azimuth and polar angle.
    fn responses(&self, azimuth_rad: f64, polar_rad: f64) -> ([Vec<C64>; 3], [Vec<C64>; 3]) {
        let lists = |array: &ElementArray| {
            let s = array.steering([(azimuth_rad, polar_rad)]);
            [s.response, s.by_azimuth, s.by_polar]
        };
        let sent = lists(&self.transmit).map(|a| product(&self.sends, Op::Plain, &a, Op::Plain));
        let column = |m: CMat| m.col(0).to_vec();
        (lists(&self.receive).map(column), sent.map(column))
    }

    /// The echo of targets, without noise.
    pub fn echo(&self, targets: &[Sighting]) -> CMat {
        let mut out = CMat::zeros(self.receive.elements(), self.sends.rows());
        for target in targets {
            let (arrives, sent) = self.responses(target.azimuth_rad, target.polar_rad);
            add_outer(&mut out, target.reflection, &arrives[0], &sent[0]);
        }
        out
    }

    /// The targets that explain the echoes best.
    pub fn likelihood(&self, echoes: &CMat, targets: usize) -> Vec<Sighting> {
        let mut found = Vec::with_capacity(targets);
        for _ in 0..targets {
            found.push(self.loudest(&minus(echoes, &self.echo(&found))));
            self.fit(echoes, &mut found);
        }
        let mut misfit = minus(echoes, &self.echo(&found)).norm_sqr();
        for again in 0..PASSES * targets {
            let mut other = found.clone();
            other.remove(again % targets);
            other.push(self.loudest(&minus(echoes, &self.echo(&other))));
            let left = self.fit(echoes, &mut other);
            if left < misfit * (1.0 - GAIN) {
                (found, misfit) = (other, left);
            }
        }
        found.into_iter().map(Sighting::in_front).collect()
    }

    /// The direction of the grid whose echo explains most.
    fn loudest(&self, echoes: &CMat) -> Sighting {
        let mut best = (0.0, Sighting { azimuth_rad: 0.0, polar_rad: 1.0, reflection: C64::ZERO });
        for candidate in self.grid.iter().flatten().flatten() {
            let energy = norm(&candidate.arrives) * norm(&candidate.sent);
            let mut heard = C64::ZERO;
            for (s, sent) in candidate.sent.iter().enumerate() {
                heard += dot(&candidate.arrives, echoes.col(s)) * sent;
            }
            let explained = heard.norm_sqr() / energy.max(f64::MIN_POSITIVE);
            if explained > best.0 {
                let Candidate { azimuth_rad, polar_rad, .. } = *candidate;
                best = (explained, Sighting { azimuth_rad, polar_rad, reflection: heard / energy });
            }
        }
        best.1
    }

    /// Fit all parameters of all targets; the squared misfit that is left.
    fn fit(&self, echoes: &CMat, targets: &mut Vec<Sighting>) -> f64 {
        let n = 4 * targets.len();
        let mut rest = minus(echoes, &self.echo(targets));
        let (mut misfit, mut damping) = (rest.norm_sqr(), 1e-3);
        let mut cholesky = RealCholesky::new(n);
        let (mut inverse, mut damped) = (vec![0.0; n * n], vec![0.0; n * n]);
        for _ in 0..STEPS {
            let slopes: Vec<CMat> = targets.iter().flat_map(|t| self.slopes(t)).collect();
            let inner = |a: &CMat, b: &CMat| dot(a.as_slice(), b.as_slice()).re;
            let normal: Vec<f64> =
                (0..n * n).map(|i| inner(&slopes[i / n], &slopes[i % n])).collect();
            let right: Vec<f64> = slopes.iter().map(|slope| inner(slope, &rest)).collect();
            let gained = loop {
                damped.copy_from_slice(&normal);
                (0..n).for_each(|i| damped[i * n + i] *= 1.0 + damping);
                if cholesky.factor(&damped).is_some() {
                    cholesky.inverse(&mut inverse);
                    let step =
                        |i: usize| (0..n).map(|j| inverse[i * n + j] * right[j]).sum::<f64>();
                    let other = moved(targets, (0..n).map(step));
                    let left = minus(echoes, &self.echo(&other));
                    let new = left.norm_sqr();
                    if new < misfit {
                        let gained = misfit - new;
                        (*targets, rest, misfit) = (other, left, new);
                        damping = (damping * 0.1).max(1e-12);
                        break gained;
                    }
                }
                damping *= 10.0;
                if damping > MOST_DAMPING {
                    return misfit;
                }
            };
            if gained <= GAIN * misfit {
                break;
            }
        }
        misfit
    }

    /// ∂Z by azimuth, polar angle, and both parts of the reflection of one target.
    fn slopes(&self, target: &Sighting) -> [CMat; 4] {
        let ([b, b_azimuth, b_polar], [e, e_azimuth, e_polar]) =
            self.responses(target.azimuth_rad, target.polar_rad);
        let zero = || CMat::zeros(b.len(), e.len());
        let turned = |b_turned: &[C64], e_turned: &[C64]| {
            let mut out = zero();
            add_outer(&mut out, target.reflection, b_turned, &e);
            add_outer(&mut out, target.reflection, &b, e_turned);
            out
        };
        let scaled = |by: C64| {
            let mut out = zero();
            add_outer(&mut out, by, &b, &e);
            out
        };
        let (azimuth, polar) = (turned(&b_azimuth, &e_azimuth), turned(&b_polar, &e_polar));
        [azimuth, polar, scaled(C64::ONE), scaled(C64::new(0.0, 1.0))]
    }

    /// Azimuths and polar angles by MUSIC; `None` where there are as many targets as receive antennas.
    /// Where the spectrum has fewer peaks than there are targets, its highest stands for the rest.
    ///
    /// # Errors
    /// Broken numerics.
    pub fn music(&self, echoes: &CMat, targets: usize) -> Result<Option<Vec<(f64, f64)>>, Error> {
        let size = echoes.rows();
        if targets >= size || targets == 0 {
            return Ok(None);
        }
        let mut eigen = HermitianEigen::new(size);
        eigen.compute(&product(echoes, Op::Plain, echoes, Op::Adjoint))?;
        let signal: Vec<Vec<C64>> =
            (size - targets..size).map(|i| eigen.vectors().col(i).to_vec()).collect();
        let value = |b: &[C64]| {
            signal.iter().map(|u| dot(u, b).norm_sqr()).sum::<f64>()
                / norm(b).max(f64::MIN_POSITIVE)
        };
        let spectrum: Vec<Vec<f64>> = self
            .grid
            .iter()
            .map(|row| row.iter().map(|c| c.as_ref().map_or(-1.0, |c| value(&c.arrives))).collect())
            .collect();
        let mut peaks = peaks(&spectrum);
        peaks.sort_by(|a, b| b.0.total_cmp(&a.0));
        let at = |i: usize, step: f64| -1.0 + step * (i as f64 + 0.5);
        let found = (0..targets)
            .map(|m| peaks.get(m).or(peaks.first()))
            .map(|peak| {
                let (_, row, column) = *peak?;
                Some(self.climbed([at(column, self.step[0]), at(row, self.step[1])], &value))
            })
            .collect();
        Ok(found)
    }

    /// The top of the spectrum near a point of the grid, by a compass search in direction cosines.
    fn climbed(&self, mut at: [f64; 2], value: &impl Fn(&[C64]) -> f64) -> (f64, f64) {
        let height = |at: [f64; 2]| {
            let (azimuth, polar) = angles(at[0], at[1])?;
            Some(value(self.receive.steering([(azimuth, polar)]).response.col(0)))
        };
        let mut best = height(at).unwrap_or(0.0);
        let mut step = self.step.map(|step| 0.5 * step);
        while step[0].max(step[1]) > 1e-9 {
            let tried = [(0, 1.0), (0, -1.0), (1, 1.0), (1, -1.0)].map(|(axis, sign)| {
                let mut other = at;
                other[axis] += sign * step[axis];
                (height(other).unwrap_or(0.0), other)
            });
            let top = tried.into_iter().fold((best, at), |a, b| if b.0 > a.0 { b } else { a });
            if top.0 > best {
                (best, at) = top;
            } else {
                step = step.map(|step| 0.5 * step);
            }
        }
        angles(at[0], at[1]).unwrap_or((0.0, 0.0))
    }
}

/// Azimuth and polar angle of direction cosines along y and z, in front of the plane x = 0.
fn angles(y: f64, z: f64) -> Option<(f64, f64)> {
    let radius = (1.0 - z * z).max(0.0).sqrt();
    (y.abs() < radius).then(|| ((y / radius).asin(), z.acos()))
}

/// Grid points that no neighbour exceeds: height, row, column.
fn peaks(spectrum: &[Vec<f64>]) -> Vec<(f64, usize, usize)> {
    let height = |row: isize, column: isize| {
        let row = usize::try_from(row).ok().and_then(|row| spectrum.get(row))?;
        usize::try_from(column).ok().and_then(|column| row.get(column)).copied()
    };
    let mut out = Vec::new();
    for (row, values) in spectrum.iter().enumerate() {
        for (column, &own) in values.iter().enumerate() {
            let higher = (-1..=1).flat_map(|i| (-1..=1).map(move |j| (i, j))).any(|(i, j)| {
                height(row as isize + i, column as isize + j).is_some_and(|other| other > own)
            });
            if own >= 0.0 && !higher {
                out.push((own, row, column));
            }
        }
    }
    out
}

/// Targets after a step in azimuth, polar angle, and both parts of the reflection of each.
fn moved(targets: &[Sighting], step: impl Iterator<Item = f64>) -> Vec<Sighting> {
    let step: Vec<f64> = step.collect();
    let one = |(t, s): (&Sighting, &[f64])| Sighting {
        azimuth_rad: t.azimuth_rad + s[0],
        polar_rad: t.polar_rad + s[1],
        reflection: t.reflection + C64::new(s[2], s[3]),
    };
    targets.iter().zip(step.chunks(4)).map(one).collect()
}

/// `out += by · x yᴴ`.
fn add_outer(out: &mut CMat, by: C64, x: &[C64], y: &[C64]) {
    for (s, y) in y.iter().enumerate() {
        let right = by * y.conj();
        out.col_mut(s).iter_mut().zip(x).for_each(|(out, x)| *out += x * right);
    }
}

fn minus(a: &CMat, b: &CMat) -> CMat {
    CMat::from_fn(a.rows(), a.cols(), |i, j| a[(i, j)] - b[(i, j)])
}

fn norm(x: &[C64]) -> f64 {
    x.iter().map(C64::norm_sqr).sum()
}

#[cfg(test)]
mod tests;
