//! Covariances of users whose scatterers stand in a ring around them, integrated with a bound on what is left out.

use std::f64::consts::PI;

use crate::ball::{Ball, Matrix, U, sum};
use crate::{Outcome, Read, Refused, unproven};

pub(super) const CIRCLE: Ball = Ball { re: PI, im: 0.0, rad: 2.0 * U * PI };
/// Degrees of the rules that are tried.
const DEGREES: [usize; 8] = [16, 32, 64, 128, 256, 512, 1024, 2048];

pub(super) fn cos(x: Ball) -> Ball {
    let turned = x.turned();
    Ball { im: 0.0, ..turned }
}

pub(super) fn sin(x: Ball) -> Ball {
    let turned = x.turned();
    Ball { re: turned.im, im: 0.0, rad: turned.rad }
}

/// What the matrices of all users have in common.
pub(super) struct Line {
    antennas: usize,
    /// 0 uniform, 1 Gaussian, 2 Laplacian, 3 cosine.
    spectrum: usize,
    /// Positions in half wavelengths, from the element of phase zero.
    places: Vec<f64>,
    /// 0 one direction, 1 of length one, 2 as spread as the ring.
    shape: usize,
}

impl Line {
    pub(super) fn read(read: &Read<'_>) -> Outcome<Self> {
        let antennas = read.count("transmit_antennas", 1..257)?;
        let centre = read.count("reference", 0..2)? as f64 * 0.5 * (antennas as f64 - 1.0);
        Ok(Self {
            antennas,
            spectrum: read.count("spectrum", 0..4)?,
            places: (0..antennas).map(|i| i as f64 - centre).collect(),
            shape: read.count("error_shape", 0..3)?,
        })
    }

    /// R, the covariance of a user's channel, and D, of what an error of a radian adds.
    pub(super) fn matrices(&self, angle: f64, spread: f64) -> Outcome<(Matrix, Matrix)> {
        let (plain, mut sloped) = self.lags(angle, spread)?;
        if self.shape < 2 {
            let (sine, slope) = (sin(angle.into()), CIRCLE * cos(angle.into()));
            let square: f64 = self.places.iter().map(|x| x * x).sum();
            let scale = match self.shape {
                0 => slope.square().over((self.antennas as f64).into())?,
                // halves and their squares are exact
                _ if square > 0.0 => Ball::real(1.0).over(square.into())?,
                _ => Ball::ZERO,
            };
            sloped = (0..self.antennas)
                .map(|l| (CIRCLE * sine * -(l as f64)).turned() * scale)
                .collect();
        }
        let n = self.antennas;
        let entry = |lags: &[Ball], i: usize, j: usize| {
            if i >= j { lags[i - j] } else { lags[j - i].conj() }
        };
        let weight = |i: usize, j: usize| Ball::real(self.places[i]) * self.places[j];
        Ok((
            Matrix::of(n, n, |i, j| entry(&plain, i, j)),
            Matrix::of(n, n, |i, j| entry(&sloped, i, j) * weight(i, j)),
        ))
    }

    /// `∫ S e^(−jπ l sin ϑ)` and `∫ S π² cos²ϑ e^(−jπ l sin ϑ)` over the lags l of the array.
    fn lags(&self, angle: f64, spread: f64) -> Outcome<(Vec<Ball>, Vec<Ball>)> {
        let (degree, lost) = self.rule(spread)?;
        let (nodes, weights) = clenshaw_curtis(degree)?;
        let none = vec![Ball::ZERO; self.antennas];
        let (mut plain, mut sloped, mut total) = (none.clone(), none, Ball::ZERO);
        // two halves: one spectrum has a corner in the middle
        for side in [-0.5, 0.5] {
            for (node, weight) in nodes.iter().zip(&weights) {
                let t = (*node + 1.0.into()) * side;
                let part = *weight * self.density(t, side) * 0.5;
                let at = t * spread + angle.into();
                let (turn, slope) = (CIRCLE * sin(at), (CIRCLE * cos(at)).square());
                total = total + part;
                for (l, (plain, sloped)) in plain.iter_mut().zip(&mut sloped).enumerate() {
                    let term = (turn * -(l as f64)).turned() * part;
                    *plain = *plain + term;
                    *sloped = *sloped + term * slope;
                }
            }
        }
        let lose = |x: Ball| Ball { rad: x.rad + lost, ..x };
        let share = lose(total) * self.antennas as f64;
        let divided = |list: Vec<Ball>| -> Outcome<Vec<Ball>> {
            list.into_iter().map(|x| lose(x).over(share)).collect()
        };
        Ok((divided(plain)?, divided(sloped)?))
    }

    /// The power-angle spectrum at t, not normalised.
    fn density(&self, t: Ball, side: f64) -> Ball {
        match self.spectrum {
            0 => Ball::real(1.0),
            1 => (t * t * -2.0).exp(),
            2 => (t * (-2.0 * side.signum())).exp(),
            _ => Ball::real(1.0) + cos(CIRCLE * t),
        }
    }

    /// A degree, and what its rule is off by. A function that is at most M on the ellipse of parameter ρ has
    /// Chebyshev coefficients of at most 2Mρ^(−k); a rule with positive weights that is exact up to degree n is off
    /// by no more than 8Mρ^(−n)/(ρ − 1) therefore.
    fn rule(&self, spread: f64) -> Outcome<(usize, f64)> {
        let most = |rho: f64| {
            let (a, b) = (0.5 * (rho + 1.0 / rho), 0.5 * (rho - 1.0 / rho));
            let (y, lags) = (0.5 * spread.abs() * b, self.antennas as f64 - 1.0);
            let density = match self.spectrum {
                0 => 0.0,
                1 => b * b / 2.0,
                2 => a - 1.0,
                _ => (1.0 + (PI * b / 2.0).cosh()).ln(),
            };
            density + PI * lags * y.sinh() + 2.0 * (PI * y.cosh()).ln()
        };
        let ellipses: Vec<f64> = (1..60).map(|k| 1.2_f64.powi(k)).collect();
        for degree in DEGREES {
            let off = |rho: &f64| most(*rho) - degree as f64 * rho.ln() - (rho - 1.0).ln();
            let lost =
                8.1 * ellipses.iter().map(off).filter(|x| x.is_finite()).fold(0.0, f64::min).exp();
            if lost < 1e-17 {
                return Ok((degree, lost));
            }
        }
        Err(Refused::NotHere("rings as wide as these, seen by so many antennas".to_owned()))
    }
}

/// Nodes and weights of the rule on [−1, 1] that is exact for polynomials up to an even degree.
fn clenshaw_curtis(degree: usize) -> Outcome<(Vec<Ball>, Vec<Ball>)> {
    let n = degree as f64;
    let table: Vec<Ball> = (0..2 * degree)
        .map(|j| (CIRCLE * j as f64).over(n.into()).map(cos))
        .collect::<Outcome<_>>()?;
    let term = |j: usize, k: usize| {
        let share = if 2 * k == degree { 1.0 } else { 2.0 };
        (table[(2 * j * k) % (2 * degree)] * share).over(((4 * k * k - 1) as f64).into())
    };
    let mut weights = Vec::with_capacity(degree + 1);
    for j in 0..=degree {
        let less = (1..=degree / 2).map(|k| term(j, k)).collect::<Outcome<Vec<_>>>()?;
        let both = if j == 0 || j == degree { 1.0 } else { 2.0 };
        weights.push(((Ball::real(1.0) - sum(less)) * both).over(n.into())?);
    }
    Ok((table[..=degree].to_vec(), weights))
}

/// Whether an angle and a spread make a ring.
pub(super) fn check(angle: f64, spread: f64) -> Outcome<()> {
    if angle.abs() <= 7.0 && (0.0..=1.6).contains(&spread) {
        return Ok(());
    }
    unproven("an angle or a spread out of range")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// ∫ t^d, and e^(jat) by its closed form.
    #[test]
    fn rules_are_exact_where_they_say_so() {
        for degree in [16, 64] {
            let (nodes, weights) = clenshaw_curtis(degree).unwrap();
            for power in 0..=degree as i32 {
                let found = sum(nodes.iter().zip(&weights).map(|(x, w)| *w * x.re.powi(power)));
                let exact = if power % 2 == 0 { 2.0 / f64::from(power + 1) } else { 0.0 };
                assert!((found.re - exact).abs() < 1e-13, "{degree} {power}: {} {exact}", found.re);
            }
        }
    }

    /// Against sums of ten thousand points.
    #[test]
    fn rings_are_what_plain_sums_say() {
        for (spectrum, spread) in [(0, 0.02), (1, 0.3), (2, 0.3), (3, 1.2)] {
            let places = (0..9).map(f64::from).collect();
            let line = Line { antennas: 9, spectrum, places, shape: 2 };
            let (plain, sloped) = line.lags(0.4, spread).unwrap();
            let (mut sums, mut total, count) = (vec![(0.0, 0.0, 0.0); 9], 0.0, 20_000);
            for step in 0..count {
                let t = (2.0 * f64::from(step) + 1.0) / f64::from(count) - 1.0;
                let s = [1.0, (-2.0 * t * t).exp(), (-2.0 * t.abs()).exp(), 1.0 + (PI * t).cos()]
                    [spectrum];
                let at = 0.4 + spread * t;
                total += s;
                for (l, sum) in sums.iter_mut().enumerate() {
                    let phase = -PI * l as f64 * at.sin();
                    sum.0 += s * phase.cos();
                    sum.1 += s * phase.sin();
                    sum.2 += s * phase.cos() * (PI * at.cos()).powi(2);
                }
            }
            for (l, sum) in sums.iter().enumerate() {
                let scale = 1.0 / (9.0 * total);
                assert!((plain[l].re - sum.0 * scale).abs() < 1e-7, "{spectrum} {l}");
                assert!((plain[l].im - sum.1 * scale).abs() < 1e-7 && plain[l].rad < 1e-13);
                assert!((sloped[l].re - sum.2 * scale).abs() < 1e-6 && sloped[l].rad < 1e-12);
            }
        }
    }
}
