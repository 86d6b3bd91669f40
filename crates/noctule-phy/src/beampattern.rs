//! Transmit beampatterns of uniform linear arrays, and how far they are from an ideal one.
//!
//! A beam of covariance `R` sends the power `b(θ) = aᴴ(θ) R a(θ)` towards θ, with the steering
//! vector `a[n] = e^{j2π (d/λ) n sin θ}` (entries of magnitude one). The ideal pattern is one inside
//! a window around the target and zero outside. The error is
//! ```math
//! E(R) = \min_\eta \frac1n \sum_i (\eta P_i - b(\theta_i))^2
//! ```
//! over a grid of directions; the best scale is `η = P·b / P·P`, never negative.
//!
//! # Lags
//!
//! The pattern depends on `R` only through its diagonal sums `r_l = Σ_i R[i, i+l]`:
//! `b(θ) = r_0 + 2 Re Σ_l r_l e^{j2π (d/λ) l sin θ}`. With the best η put in, the error is a quadratic
//! form in these `2N − 1` real numbers, whose matrix is computed once: afterwards neither value nor
//! gradient depends on the size of the grid.

use std::f64::consts::{FRAC_PI_2, TAU};

use noctule_num::vector::wide;
use noctule_num::{C64, CMat};

/// Slack of the window, so that its ends belong to it whatever the rounding.
const EDGE_RAD: f64 = 1e-9;

/// The steering vector `a[n] = e^{j2π spacing n sin θ}` of `elements` elements `spacing` wavelengths
/// apart, phase reference at the first, entries of magnitude one.
pub fn steering(elements: usize, spacing: f64, angle_rad: f64) -> Vec<C64> {
    let phase = TAU * spacing * angle_rad.sin();
    (0..elements).map(|n| C64::from_polar(1.0, phase * n as f64)).collect()
}

/// Angle from broadside of an array whose axis points along `axis_rad` in the plane (zero: along
/// the first coordinate) to a place `offset = [Δx, Δy]` away: the arcsine of the share of the
/// distance that lies along the axis. Front and back cannot be told apart. Zero for a place at the
/// array itself.
pub fn angle_from_broadside(offset: [f64; 2], axis_rad: f64) -> f64 {
    let distance = offset[0].hypot(offset[1]);
    if distance == 0.0 {
        return 0.0;
    }
    let (sin, cos) = axis_rad.sin_cos();
    ((offset[0] * cos + offset[1] * sin) / distance).clamp(-1.0, 1.0).asin()
}

/// `points` directions from −90° to 90°, both ends included, in radians.
pub fn grid(points: usize) -> impl Iterator<Item = f64> + Clone {
    let step = std::f64::consts::PI / (points.max(2) - 1) as f64;
    (0..points).map(move |i| -FRAC_PI_2 + step * i as f64)
}

/// The error of the pattern of one array, as a quadratic form in the lags.
#[derive(Clone, Debug, PartialEq)]
pub struct PatternError {
    elements: usize,
    /// `(2N−1)²` symmetric, by rows; lags in the order r_0, Re r_1, …, Im r_1, ….
    form: Vec<f64>,
    /// η as a linear function of the lags; zeros without a grid point in the window.
    scale: Vec<f64>,
    /// Grid points inside the window.
    inside: usize,
}

impl PatternError {
    /// The error against windows of full width `width_rad` around `targets_rad`, on a grid of
    /// `points` directions. A window without a grid point asks for no power anywhere.
    pub fn new(
        elements: usize,
        spacing: f64,
        targets_rad: &[f64],
        width_rad: f64,
        points: usize,
    ) -> Self {
        let n = 2 * elements - 1;
        let ideal: Vec<f64> = grid(points)
            .map(|angle| {
                let lit = |target: &f64| (angle - target).abs() <= width_rad / 2.0 + EDGE_RAD;
                f64::from(u8::from(targets_rad.iter().any(lit)))
            })
            .collect();
        let weight: f64 = ideal.iter().sum();
        let mut gram = vec![0.0; n * n];
        let mut scale = vec![0.0; n];
        let mut row = vec![0.0; n];
        for (angle, &wanted) in grid(points).zip(&ideal) {
            let phase = TAU * spacing * angle.sin();
            row[0] = 1.0;
            for lag in 1..elements {
                let (sin, cos) = (phase * lag as f64).sin_cos();
                row[lag] = 2.0 * cos;
                row[elements - 1 + lag] = -2.0 * sin;
            }
            for i in 0..n {
                scale[i] += wanted * row[i];
                for j in 0..=i {
                    gram[i * n + j] += row[i] * row[j];
                }
            }
        }
        let mut form = gram;
        for i in 0..n {
            for j in 0..=i {
                let projected = if weight > 0.0 { scale[i] * scale[j] / weight } else { 0.0 };
                let entry = (form[i * n + j] - projected) / points as f64;
                form[i * n + j] = entry;
                form[j * n + i] = entry;
            }
        }
        if weight > 0.0 {
            scale.iter_mut().for_each(|s| *s /= weight);
        }
        Self { elements, form, scale, inside: ideal.iter().filter(|p| **p > 0.0).count() }
    }

    /// Number of antennas N.
    pub const fn elements(&self) -> usize {
        self.elements
    }

    /// Grid points inside the window.
    pub const fn inside(&self) -> usize {
        self.inside
    }

    /// Number of real lags, 2N − 1.
    pub const fn lags(&self) -> usize {
        2 * self.elements - 1
    }

    /// The error of a pattern with these lags.
    pub fn error(&self, lags: &[f64]) -> f64 {
        let n = self.lags();
        (0..n).map(|i| lags[i] * real_dot(&self.form[i * n..(i + 1) * n], lags)).sum()
    }

    /// The error, and its gradient by the lags into `gradient`.
    pub fn error_and_gradient(&self, lags: &[f64], gradient: &mut [f64]) -> f64 {
        let n = self.lags();
        let mut value = 0.0;
        for i in 0..n {
            let product = real_dot(&self.form[i * n..(i + 1) * n], lags);
            value += lags[i] * product;
            gradient[i] = 2.0 * product;
        }
        value
    }

    /// The best scale η of the ideal pattern.
    pub fn scale(&self, lags: &[f64]) -> f64 {
        real_dot(&self.scale, lags)
    }
}

fn real_dot(a: &[f64], b: &[f64]) -> f64 {
    wide(
        #[inline(always)]
        || {
            let mut sums = [0.0_f64; 8];
            let (mut x, mut y) = (a.chunks_exact(8), b.chunks_exact(8));
            for (x, y) in (&mut x).zip(&mut y) {
                for lane in 0..8 {
                    sums[lane] += x[lane] * y[lane];
                }
            }
            let rest: f64 = x.remainder().iter().zip(y.remainder()).map(|(x, y)| x * y).sum();
            sums.iter().sum::<f64>() + rest
        },
    )
}

/// Add the lags of `Σ_c v_c v_cᴴ` to `lags`, with the vectors `v_c` of `elements` entries one after
/// the other in `vectors`.
pub fn add_lags(vectors: &[C64], elements: usize, lags: &mut [f64]) {
    for v in vectors.chunks_exact(elements) {
        for lag in 0..elements {
            let (mut re, mut im) = ([0.0_f64; 2], [0.0_f64; 2]);
            let (x, y) = (&v[..elements - lag], &v[lag..]);
            let (mut xs, mut ys) = (x.chunks_exact(2), y.chunks_exact(2));
            for (x, y) in (&mut xs).zip(&mut ys) {
                for lane in 0..2 {
                    re[lane] += x[lane].re * y[lane].re + x[lane].im * y[lane].im;
                    im[lane] += x[lane].im * y[lane].re - x[lane].re * y[lane].im;
                }
            }
            for (x, y) in xs.remainder().iter().zip(ys.remainder()) {
                re[0] += x.re * y.re + x.im * y.im;
                im[0] += x.im * y.re - x.re * y.im;
            }
            lags[lag] += re[0] + re[1];
            if lag > 0 {
                lags[elements - 1 + lag] += im[0] + im[1];
            }
        }
    }
}

/// The lags of a covariance.
pub fn lags_of(covariance: &CMat) -> Vec<f64> {
    let n = covariance.rows();
    let mut lags = vec![0.0; 2 * n - 1];
    for lag in 0..n {
        let sum: C64 = (0..n - lag).map(|i| covariance[(i, i + lag)]).sum();
        lags[lag] = sum.re;
        if lag > 0 {
            lags[n - 1 + lag] = sum.im;
        }
    }
    lags
}

/// The pattern `b(θ)` of these lags.
pub fn pattern(lags: &[f64], spacing: f64, angle_rad: f64) -> f64 {
    let elements = lags.len().div_ceil(2);
    let phase = TAU * spacing * angle_rad.sin();
    lags[0]
        + (1..elements)
            .map(|lag| {
                let (sin, cos) = (phase * lag as f64).sin_cos();
                2.0 * (lags[lag] * cos - lags[elements - 1 + lag] * sin)
            })
            .sum::<f64>()
}

/// The Hermitian Toeplitz matrix `G` with `dE = Re tr(G dR)` of a gradient by the lags, into the
/// first column `g[l] = G[i+l, i]` of it.
pub fn toeplitz_gradient(by_lags: &[f64], column: &mut [C64]) {
    let n = column.len();
    column[0] = C64::from(by_lags[0]);
    for lag in 1..n {
        column[lag] = C64::new(by_lags[lag], -by_lags[n - 1 + lag]) * 0.5;
    }
}

/// `out += weight · G v` for every vector `v` in `vectors`, with `G` Hermitian Toeplitz by its first
/// column.
pub fn add_toeplitz_product(column: &[C64], weight: f64, vectors: &[C64], out: &mut [C64]) {
    let n = column.len();
    for (v, out) in vectors.chunks_exact(n).zip(out.chunks_exact_mut(n)) {
        wide(
            #[inline(always)]
            || {
                for (j, vj) in v.iter().enumerate() {
                    let vj = vj * weight;
                    for (out, g) in out[j..].iter_mut().zip(column) {
                        *out += g * vj;
                    }
                    for (out, g) in out[..j].iter_mut().rev().zip(&column[1..]) {
                        *out += g.conj() * vj;
                    }
                }
            },
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use noctule_num::rng::{StreamKey, complex_normal};

    fn random(n: usize, columns: usize, entity: u64) -> Vec<C64> {
        let mut rng = StreamKey::new(5, "test", "beampattern", entity).trial(0);
        (0..n * columns).map(|_| complex_normal(&mut rng, 1.0)).collect()
    }

    /// Straight from the definition, η by a search over the derivative's zero.
    fn direct(v: &[C64], n: usize, targets: &[f64], width: f64, points: usize) -> (f64, f64) {
        let power: Vec<f64> = grid(points)
            .map(|angle| {
                let a = steering(n, 0.5, angle);
                v.chunks(n)
                    .map(|v| v.iter().zip(&a).map(|(v, a)| a.conj() * v).sum::<C64>().norm_sqr())
                    .sum()
            })
            .collect();
        let ideal: Vec<f64> = grid(points)
            .map(|a| {
                let lit = targets.iter().any(|t| (a - t).abs() <= width / 2.0 + 1e-9);
                f64::from(u8::from(lit))
            })
            .collect();
        let above: f64 = power.iter().zip(&ideal).map(|(b, p)| b * p).sum();
        let eta = above / ideal.iter().sum::<f64>();
        let sum: f64 = power.iter().zip(&ideal).map(|(b, p)| (eta * p - b).powi(2)).sum();
        (sum / points as f64, eta)
    }

    #[test]
    fn the_quadratic_form_is_the_definition() {
        for (n, targets) in [(1, vec![0.2]), (5, vec![-0.7]), (8, vec![-0.7, 0.9])] {
            let v = random(n, 3, n as u64);
            let form = PatternError::new(n, 0.5, &targets, 0.3, 91);
            let mut lags = vec![0.0; form.lags()];
            add_lags(&v, n, &mut lags);
            let (error, eta) = direct(&v, n, &targets, 0.3, 91);
            assert!((form.error(&lags) - error).abs() < 1e-11 * error.max(1.0), "{n}");
            assert!((form.scale(&lags) - eta).abs() < 1e-11 * eta);
            let a = steering(n, 0.5, 0.4);
            let b: f64 = v
                .chunks(n)
                .map(|v| v.iter().zip(&a).map(|(v, a)| a.conj() * v).sum::<C64>().norm_sqr())
                .sum();
            assert!((pattern(&lags, 0.5, 0.4) - b).abs() < 1e-11 * b);
            let r =
                CMat::from_fn(n, n, |i, j| v.chunks(n).map(|v| v[i] * v[j].conj()).sum::<C64>());
            for (x, y) in lags_of(&r).iter().zip(&lags) {
                assert!((x - y).abs() < 1e-11);
            }
        }
    }

    #[test]
    fn the_gradient_agrees_with_differences() {
        let n = 6;
        let v = random(n, 2, 1);
        let form = PatternError::new(n, 0.5, &[0.3], 0.4, 61);
        let at = |v: &[C64]| {
            let mut lags = vec![0.0; form.lags()];
            add_lags(v, n, &mut lags);
            form.error(&lags)
        };
        let mut lags = vec![0.0; form.lags()];
        add_lags(&v, n, &mut lags);
        let mut by_lags = vec![0.0; form.lags()];
        form.error_and_gradient(&lags, &mut by_lags);
        let mut column = vec![C64::ZERO; n];
        toeplitz_gradient(&by_lags, &mut column);
        let mut gradient = vec![C64::ZERO; v.len()];
        add_toeplitz_product(&column, 2.0, &v, &mut gradient);
        let h = 1e-6;
        for i in 0..v.len() {
            for (unit, part) in [(C64::ONE, gradient[i].re), (C64::I, gradient[i].im)] {
                let shifted = |h: f64| {
                    let mut v = v.clone();
                    v[i] += unit * h;
                    at(&v)
                };
                let numeric = (shifted(h) - shifted(-h)) / (2.0 * h);
                assert!((numeric - part).abs() < 1e-6 * part.abs().max(1.0), "{numeric} {part}");
            }
        }
    }

    #[test]
    fn a_window_beyond_the_grid_asks_for_nothing() {
        let form = PatternError::new(4, 0.5, &[2.5], 0.1, 61);
        assert_eq!(form.inside(), 0);
        let mut lags = vec![0.0; 7];
        add_lags(&random(4, 1, 2), 4, &mut lags);
        assert!(form.scale(&lags) == 0.0);
        let mean: f64 = grid(61).map(|a| pattern(&lags, 0.5, a).powi(2)).sum::<f64>() / 61.0;
        assert!((form.error(&lags) - mean).abs() < 1e-12 * mean);
    }

    #[test]
    fn angles_turn_with_the_array() {
        let offset = [0.3, -0.8];
        let angle = angle_from_broadside(offset, 0.0);
        assert!((angle.sin() - 0.3 / 0.3_f64.hypot(0.8)).abs() < 1e-15);
        let (sin, cos) = 1.1_f64.sin_cos();
        let turned = [cos * 0.3 + sin * 0.8, sin * 0.3 - cos * 0.8];
        assert!((angle_from_broadside(turned, 1.1) - angle).abs() < 1e-14);
        assert!(angle_from_broadside([0.0, 0.0], 0.3) == 0.0);
    }
}
