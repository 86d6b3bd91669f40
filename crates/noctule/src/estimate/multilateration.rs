//! Positions from the echoes of a multistatic radar.
//!
//! [`bistatic_position`] takes path lengths as given and minimises `Σ w (d − D_m − D_n)²`: with
//! Gaussian errors of variance `1/w` it is the maximum-likelihood estimate, and attains the bound
//! [`noctule_phy::multistatic`] where errors are small against distances.
//!
//! [`Locator`] starts from sampled echoes with an unknown complex amplitude on every path and
//! maximises the likelihood over the position itself. It has a threshold: below it, peaks of
//! noise are higher than that of the target, and the squared error is that of a guess
//! (`docs/errata.md#pilots-e11`).

use std::f64::consts::TAU;

use noctule_num::rng::{ChaCha8Rng, complex_normal, uniform};
use noctule_num::{C64, InputError};
use noctule_phy::geometry::Point;
use noctule_phy::multistatic::LIGHT_M_S;

use crate::Error;

/// Cells along the longer side of the first search of [`bistatic_position`].
const COARSE: usize = 24;
/// Candidates that are followed down.
const FOLLOWED: usize = 5;
/// Cells of the first search of a [`Locator`] at most.
const MOST_CELLS: f64 = 1_048_576.0;

/// An estimated position.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Located {
    /// Where.
    pub position: Point,
    /// Least squares: the weighted sum of squares; likelihood: the energy that is explained.
    pub objective: f64,
}

/// A rectangle to search, in metres.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Window {
    /// From and to along x.
    pub x_m: [f64; 2],
    /// From and to along y.
    pub y_m: [f64; 2],
}

impl Window {
    /// The rectangle of half width `reach_m` around a point.
    pub fn around(point: Point, reach_m: f64) -> Self {
        Self {
            x_m: [point.x_m - reach_m, point.x_m + reach_m],
            y_m: [point.y_m - reach_m, point.y_m + reach_m],
        }
    }

    /// Cells no longer than `step_m` along both axes.
    fn cells(&self, step_m: f64) -> [f64; 2] {
        [self.x_m, self.y_m].map(|[low, high]| ((high - low) / step_m).ceil().max(1.0))
    }

    /// Centres of cells no longer than `step_m`.
    fn grid(&self, step_m: f64) -> Vec<Point> {
        let [along_x, along_y] = self.cells(step_m);
        let axis = |[low, high]: [f64; 2], count: f64| -> Vec<f64> {
            (0..count as usize).map(|i| low + (i as f64 + 0.5) * (high - low) / count).collect()
        };
        let ys = axis(self.y_m, along_y);
        let xs = axis(self.x_m, along_x);
        xs.iter().flat_map(|&x| ys.iter().map(move |&y| Point::new(x, y))).collect()
    }

    fn contains(&self, p: Point) -> bool {
        (self.x_m[0]..=self.x_m[1]).contains(&p.x_m) && (self.y_m[0]..=self.y_m[1]).contains(&p.y_m)
    }
}

/// The position that explains bistatic ranges best: `ranges_m` and `weights` (one over the variance)
/// transmitter by transmitter, `points.len()²` of each.
///
/// Gauss–Newton with damping, from the best cells of a grid that reaches half the size of the array,
/// or half the longest path where that is more, beyond it.
///
/// # Errors
/// [`Error::Input`] for lengths that do not fit, numbers that are not finite, negative weights, and
/// fewer than two positive ones: two coordinates take two paths.
pub fn bistatic_position(
    points: &[Point],
    ranges_m: &[f64],
    weights: &[f64],
) -> Result<Located, Error> {
    let m = points.len();
    let refuse = |what: &str, place: &str, found: String, allowed: String| {
        Err(Error::Input(InputError::new(what, place, found, allowed)))
    };
    for (place, list) in [("ranges_m", ranges_m), ("weights", weights)] {
        if list.len() != m * m || m == 0 {
            let allowed = format!("{} entries for {m} points, at least one", m * m);
            return refuse("the lengths do not fit", place, list.len().to_string(), allowed);
        }
        if let Some(i) = list.iter().position(|v| !(v.is_finite() && *v >= 0.0)) {
            let allowed = "finite, not negative".to_owned();
            return refuse("not usable", &format!("{place}[{i}]"), list[i].to_string(), allowed);
        }
    }
    let heard = weights.iter().filter(|w| **w > 0.0).count();
    if heard < 2 {
        let allowed = "two or more positive weights".to_owned();
        return refuse("too few paths for a position", "weights", heard.to_string(), allowed);
    }
    // Paths that are not heard may have any length.
    let longest = ranges_m
        .iter()
        .zip(weights)
        .filter(|(_, w)| **w > 0.0)
        .fold(0.0_f64, |longest, (range, _)| longest.max(*range));
    let cost = |p: Point| -> f64 {
        let d: Vec<f64> = points.iter().map(|q| q.distance_m(p)).collect();
        (0..m * m).map(|i| weights[i] * (ranges_m[i] - d[i / m] - d[i % m]).powi(2)).sum()
    };
    let (low, high) = extent(points);
    let size = (high.x_m - low.x_m).max(high.y_m - low.y_m).max(longest).max(1e-3);
    let reach = 0.5 * size;
    let window = Window {
        x_m: [low.x_m - reach, high.x_m + reach],
        y_m: [low.y_m - reach, high.y_m + reach],
    };
    let mut cells: Vec<(f64, Point)> =
        window.grid(2.0 * size / COARSE as f64).into_iter().map(|p| (cost(p), p)).collect();
    cells.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut best = Located { position: cells[0].1, objective: f64::INFINITY };
    for (_, start) in cells.iter().take(FOLLOWED) {
        let found = descend(points, ranges_m, weights, *start, &cost);
        if found.objective < best.objective {
            best = found;
        }
    }
    Ok(best)
}

fn extent(points: &[Point]) -> (Point, Point) {
    let far = |of: fn(f64, f64) -> f64, start: f64| {
        points.iter().fold(Point::new(start, start), |sum, p| {
            Point::new(of(sum.x_m, p.x_m), of(sum.y_m, p.y_m))
        })
    };
    (far(f64::min, f64::INFINITY), far(f64::max, f64::NEG_INFINITY))
}

/// Gauss–Newton with the damping of Levenberg and Marquardt.
fn descend(
    points: &[Point],
    ranges_m: &[f64],
    weights: &[f64],
    start: Point,
    cost: &impl Fn(Point) -> f64,
) -> Located {
    let m = points.len();
    let (mut p, mut value, mut damping) = (start, cost(start), 1e-3);
    for _ in 0..200 {
        let distances: Vec<f64> = points.iter().map(|q| q.distance_m(p)).collect();
        // Away from a point: the derivative of the distance to it.
        let units: Vec<[f64; 2]> =
            points.iter().map(|q| q.direction(p).unwrap_or([0.0, 0.0])).collect();
        let (mut a, mut b, mut c, mut g) = (0.0, 0.0, 0.0, [0.0; 2]);
        for i in 0..m * m {
            let (s, t) = (i / m, i % m);
            let u = [units[s][0] + units[t][0], units[s][1] + units[t][1]];
            let residual = ranges_m[i] - distances[s] - distances[t];
            a += weights[i] * u[0] * u[0];
            b += weights[i] * u[1] * u[1];
            c += weights[i] * u[0] * u[1];
            g[0] += weights[i] * u[0] * residual;
            g[1] += weights[i] * u[1] * residual;
        }
        let lift = damping * (a + b).max(f64::MIN_POSITIVE);
        let (a, b) = (a + lift, b + lift);
        let determinant = a * b - c * c;
        let step = [(b * g[0] - c * g[1]) / determinant, (a * g[1] - c * g[0]) / determinant];
        if !(step[0].is_finite() && step[1].is_finite()) {
            break;
        }
        let next = Point::new(p.x_m + step[0], p.y_m + step[1]);
        let reached = cost(next);
        if reached <= value {
            let moved = step[0].hypot(step[1]);
            (p, value, damping) = (next, reached, (0.2 * damping).max(1e-12));
            if moved < 1e-10 * (1.0 + p.x_m.hypot(p.y_m)) {
                break;
            }
        } else {
            damping *= 5.0;
            if damping > 1e12 {
                break;
            }
        }
    }
    Located { position: p, objective: value }
}

/// `count` tones that fill `bandwidth_hz` evenly around zero: a flat spectrum.
pub fn flat_tones(bandwidth_hz: f64, count: usize) -> Vec<f64> {
    (0..count).map(|i| ((i as f64 + 0.5) / count as f64 - 0.5) * bandwidth_hz).collect()
}

/// Root of the mean squared frequency of tones of equal power around their mean.
pub fn rms_bandwidth(tones_hz: &[f64]) -> f64 {
    let n = tones_hz.len() as f64;
    let mean = tones_hz.iter().sum::<f64>() / n;
    (tones_hz.iter().map(|f| (f - mean).powi(2)).sum::<f64>() / n).sqrt()
}

/// Echoes of one target as samples in frequency, noise of variance one on each.
#[derive(Clone, Debug, PartialEq)]
pub struct Echoes {
    tones_hz: Vec<f64>,
    /// Path by path, tone by tone.
    samples: Vec<C64>,
}

impl Echoes {
    /// Echoes of a target: path (m, n), at `m M + n`, has the signal-to-noise ratio `snr[m M + n]`
    /// summed over all tones, and a phase of its own.
    pub fn simulate(
        points: &[Point],
        target: Point,
        snr: &[f64],
        tones_hz: &[f64],
        rng: &mut ChaCha8Rng,
    ) -> Self {
        let m = points.len();
        let mut samples = Vec::with_capacity(m * m * tones_hz.len());
        for (path, snr) in snr.iter().enumerate().take(m * m) {
            let length = points[path / m].distance_m(target) + points[path % m].distance_m(target);
            let phase = C64::from_polar(1.0, uniform(rng, 0.0, TAU));
            let amplitude = phase * (snr / tones_hz.len() as f64).sqrt();
            for f in tones_hz {
                let turn = C64::from_polar(1.0, -TAU * f * length / LIGHT_M_S);
                samples.push(amplitude * turn + complex_normal(rng, 1.0));
            }
        }
        Self { tones_hz: tones_hz.to_vec(), samples }
    }
}

/// Maximum likelihood over the position, every path with an unknown complex amplitude: the energy
/// that matched filters at the delays of a position collect, summed without regard to phases.
#[derive(Clone, Debug)]
pub struct Locator {
    points: Vec<Point>,
    window: Window,
    step_m: f64,
}

impl Locator {
    /// A locator that searches `window` first on a grid of a quarter of `c/B`, with `B` the band that
    /// equally spaced `tones_hz` stand for. A path is up to twice as long as the way to its target,
    /// and the energy of a matched filter vanishes `c/B` of length beside its peak: with cells of
    /// that size the peak of the target is seen in the cell that holds it, with coarser ones it can
    /// be missed.
    ///
    /// # Errors
    /// Fewer than two different tones, and a window of more than a million such cells.
    pub fn new(points: &[Point], window: Window, tones_hz: &[f64]) -> Result<Self, InputError> {
        let low = tones_hz.iter().copied().fold(f64::INFINITY, f64::min);
        let high = tones_hz.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let count = tones_hz.len() as f64;
        let band = (high - low) * count / (count - 1.0);
        if !(band > 0.0 && band.is_finite()) {
            let (what, found) = ("tones without a band tell no delay", format!("{band} Hz"));
            return Err(InputError::new(what, "tones", found, "two or more different tones"));
        }
        let step_m = 0.25 * LIGHT_M_S / band;
        let cells: f64 = window.cells(step_m).iter().product();
        if cells.is_nan() || cells > MOST_CELLS {
            let found = format!("{cells:.3e} cells of {step_m:.3} m, a quarter of c/B");
            let allowed = format!("up to {MOST_CELLS} cells");
            let what = "the window is too large for its bandwidth";
            let hint = "a smaller window: `window_m` is the half width of one around the truth";
            return Err(InputError::new(what, "window_m", found, allowed).hint(hint));
        }
        Ok(Self { points: points.to_vec(), window, step_m })
    }

    /// Length of the cells of the first search, in metres.
    pub const fn step_m(&self) -> f64 {
        self.step_m
    }

    /// The energy that the delays of position `p` explain.
    pub fn likelihood(&self, echoes: &Echoes, p: Point) -> f64 {
        let m = self.points.len();
        let tones = &echoes.tones_hz;
        let count = tones.len();
        if count == 0 {
            return 0.0;
        }
        let spacing = if count > 1 { tones[1] - tones[0] } else { 0.0 };
        let distances: Vec<f64> = self.points.iter().map(|q| q.distance_m(p)).collect();
        let mut energy = 0.0;
        for (path, samples) in echoes.samples.chunks(count).enumerate() {
            // A phase common to all tones does not count, so the first tone may be taken as zero.
            let delay = (distances[path / m] + distances[path % m]) / LIGHT_M_S;
            let turn = C64::from_polar(1.0, TAU * spacing * delay);
            let (mut phase, mut sum) = (C64::ONE, C64::ZERO);
            for sample in samples {
                sum += sample * phase;
                phase *= turn;
            }
            energy += sum.norm_sqr();
        }
        energy / count as f64
    }

    /// The most likely position in the window. Tones must be equally spaced.
    pub fn locate(&self, echoes: &Echoes) -> Located {
        let mut cells: Vec<(f64, Point)> = self
            .window
            .grid(self.step_m)
            .into_iter()
            .map(|p| (self.likelihood(echoes, p), p))
            .collect();
        cells.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut best = Located { position: cells[0].1, objective: f64::NEG_INFINITY };
        for (value, start) in cells.iter().take(3) {
            let found = self.climb(echoes, *start, *value);
            if found.objective > best.objective {
                best = found;
            }
        }
        best
    }

    /// Compass search: half the step whenever no neighbour is better.
    fn climb(&self, echoes: &Echoes, start: Point, value: f64) -> Located {
        let mut best = Located { position: start, objective: value };
        let mut step = 0.5 * self.step_m;
        while step > 1e-4 * self.step_m.min(1.0) {
            let at = best.position;
            for (dx, dy) in [
                (1.0, 0.0),
                (-1.0, 0.0),
                (0.0, 1.0),
                (0.0, -1.0),
                (0.7, 0.7),
                (-0.7, -0.7),
                (0.7, -0.7),
                (-0.7, 0.7),
            ] {
                let p = Point::new(at.x_m + dx * step, at.y_m + dy * step);
                if self.window.contains(p) {
                    let reached = self.likelihood(echoes, p);
                    if reached > best.objective {
                        best = Located { position: p, objective: reached };
                    }
                }
            }
            if best.position == at {
                step *= 0.5;
            }
        }
        best
    }
}

#[cfg(test)]
mod tests;
