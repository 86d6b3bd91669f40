//! Errors of beampatterns by their tangents.

use crate::ball::{Ball, Matrix, U, sum};
use crate::{Outcome, Read, unproven};

/// The error of one access point's beampattern, the mean of `(b − ηP)²` with the best η, of `b_i = a_iᴴ Z a_i`.
pub(crate) struct Pattern {
    pub(crate) ap: usize,
    antennas: usize,
    ideal: Vec<bool>,
    /// Of every angle, the phase from one antenna to the next.
    phase: Vec<Ball>,
}

pub(crate) fn patterns(read: &Read<'_>, (aps, antennas): (usize, usize)) -> Outcome<Vec<Pattern>> {
    let (at, targets) = (read.array("sensing_ap")?, read.array("target_rad")?);
    let (count, half) = (read.number("grid_points")?, read.number("window_rad")? / 2.0 + 1e-9);
    if at.len() != targets.len() {
        return unproven("targets and those who sense do not fit");
    }
    if at.iter().any(|m| !(0.0..aps as f64).contains(m) || m.fract() != 0.0) {
        return unproven("an access point that there is not senses");
    }
    if count.fract() != 0.0 || !(2.0..1e7).contains(&count) {
        return unproven("the angles of a beampattern cannot be counted");
    }
    let pi = std::f64::consts::PI;
    let mut places: Vec<usize> = at.iter().map(|m| *m as usize).collect();
    places.sort_unstable();
    places.dedup();
    let spacing = read.number("spacing")?;
    let angle = |n: usize| -pi / 2.0 + pi * n as f64 / (count - 1.0);
    let of = |ap: usize| {
        let aims: Vec<f64> =
            at.iter().zip(&targets).filter(|(m, _)| **m as usize == ap).map(|(_, t)| *t).collect();
        let phase = |n: usize| {
            let sine = Ball { re: angle(n).sin(), im: 0.0, rad: 12.0 * U * pi };
            Ball { re: 2.0 * pi, im: 0.0, rad: 4.0 * U * pi } * spacing * sine
        };
        let ideal = |n: usize| aims.iter().any(|target| (angle(n) - target).abs() <= half);
        let all = 0..count as usize;
        Pattern {
            ap,
            antennas,
            ideal: all.clone().map(ideal).collect(),
            phase: all.map(phase).collect(),
        }
    };
    Ok(places.into_iter().map(of).collect())
}

impl Pattern {
    /// `(E₀, G)` with `E(Z) ≥ ⟨G, Z⟩ − E₀` for every Z, at the pattern of these lags: Σ Z_ii, then the real and the negative
    /// imaginary parts of Σ_i Z_(i+l, i).
    pub(crate) fn tangent(&self, lags: &[f64]) -> (Ball, Matrix) {
        let n = self.antennas;
        // Any b will do, so that how it was rounded does not matter; what follows from it does.
        let value = |phase: &Ball| {
            let term = |l: usize| {
                (phase.re * l as f64).cos() * lags[l]
                    - (phase.re * l as f64).sin() * lags[n - 1 + l]
            };
            lags[0] + 2.0 * (1..n).map(term).sum::<f64>()
        };
        let b: Vec<f64> = self.phase.iter().map(value).collect();
        let inside = self.ideal.iter().filter(|x| **x).count() as f64;
        let lit = sum(b.iter().zip(&self.ideal).filter(|(_, x)| **x).map(|(b, _)| Ball::real(*b)));
        let scale = lit.over(inside.into()).unwrap_or(Ball::ZERO);
        let left: Vec<Ball> = b
            .iter()
            .zip(&self.ideal)
            .map(|(b, x)| if *x { Ball::real(*b) - scale } else { Ball::real(*b) })
            .collect();
        let share = Ball { re: 1.0 / b.len() as f64, im: 0.0, rad: U };
        let lag = |l: usize| {
            sum(left.iter().zip(&self.phase).map(|(x, phase)| *x * (*phase * l as f64).turned()))
                * share
                * 2.0
        };
        let sums: Vec<Ball> = (0..n).map(lag).collect();
        let slopes = Matrix::of(n, n, |i, j| if i >= j { sums[i - j] } else { sums[j - i].conj() });
        (sum(left.iter().map(|x| x.square())) * share, slopes)
    }
}
