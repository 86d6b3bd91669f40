//! Rates of beams that were designed on estimates, with their gradient.
//!
//! A user whose channel is `ĥ + e` with `e ~ CN(0, C)`, and who knows ĥ, achieves at least
//! ln(1 + SINR) with
//! ```math
//! \mathrm{SINR}_k = \frac{|\hat h_k^H w_k|^2}{\sum_{j\ne k}|\hat h_k^H w_j|^2 + \sum_j w_j^H C_k w_j + \sigma_k^2}
//! ```
//! where j runs over *all* streams in the last sum, the user's own and those for sensing included.
//! Without errors it is the rate itself. Rates are in nat/s/Hz.

use noctule_num::linalg::{Op, product, real_dot};
use noctule_num::{C64, CMat};

use crate::rates::Reception;

/// Users on one subcarrier.
#[derive(Clone, Copy, Debug)]
pub struct Users<'a> {
    /// Channels or their estimates, antennas × users.
    pub channels: &'a CMat,
    /// σ_k².
    pub noise: &'a [f64],
    /// C_k, antennas × antennas; empty for channels that are known.
    pub errors: &'a [CMat],
}

impl Users<'_> {
    /// What every user receives from `beams` (antennas × streams, users first).
    ///
    /// # Panics
    /// When there are fewer streams than users, or sizes differ.
    pub fn receptions(&self, beams: &CMat) -> Vec<Reception> {
        let amplitudes = product(self.channels, Op::Adjoint, beams, Op::Plain);
        (0..self.noise.len())
            .map(|user| {
                Reception::of(user, &amplitudes, self.noise[user] + self.spill(user, beams))
            })
            .collect()
    }

    /// `Σ_j w_jᴴ C_k w_j`.
    fn spill(&self, user: usize, beams: &CMat) -> f64 {
        let Some(error) = self.errors.get(user) else { return 0.0 };
        real_dot(product(error, Op::Plain, beams, Op::Plain).as_slice(), beams.as_slice())
    }

    /// The rate of every user in nat/s/Hz.
    ///
    /// # Panics
    /// As [`Users::receptions`].
    pub fn rates_nats(&self, beams: &CMat) -> Vec<f64> {
        self.receptions(beams).iter().map(Reception::rate_nats).collect()
    }

    /// The rates, and `gradient += weight · ∂(sum rate)` with `df = Re tr(GᴴdW)`.
    ///
    /// # Panics
    /// As [`Users::receptions`], and when the gradient has another size than the beams.
    pub fn add_gradient(&self, beams: &CMat, weight: f64, gradient: &mut CMat) -> Vec<f64> {
        let amplitudes = product(self.channels, Op::Adjoint, beams, Op::Plain);
        let receptions = self.receptions(beams);
        let mut spilled = CMat::zeros(beams.rows(), beams.cols());
        for (user, reception) in receptions.iter().enumerate() {
            for stream in 0..beams.cols() {
                // In the own stream not as a difference: at a high SINR it would have no digit left.
                let by = if stream == user { reception.own() } else { -reception.beta() };
                let factor = amplitudes[(user, stream)] * (2.0 * weight * by);
                let out = gradient.col_mut(stream).iter_mut();
                out.zip(self.channels.col(user)).for_each(|(g, h)| *g += h * factor);
            }
            if let Some(error) = self.errors.get(user) {
                let scale = -2.0 * weight * reception.beta();
                noctule_num::linalg::mul(
                    &mut spilled,
                    true,
                    scale,
                    error,
                    Op::Plain,
                    beams,
                    Op::Plain,
                );
            }
        }
        let add = |(g, s): (&mut C64, &C64)| *g += s;
        gradient.as_mut_slice().iter_mut().zip(spilled.as_slice()).for_each(add);
        receptions.iter().map(Reception::rate_nats).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use noctule_num::rng::{StreamKey, complex_normal};

    fn random(rows: usize, cols: usize, entity: u64) -> CMat {
        let mut rng = StreamKey::new(6, "test", "design-rate", entity).trial(0);
        CMat::from_fn(rows, cols, |_, _| complex_normal(&mut rng, 1.0))
    }

    #[test]
    fn the_gradient_has_the_slope_of_the_taylor_error() {
        let (channels, beams, direction) = (random(4, 2, 0), random(4, 3, 1), random(4, 3, 2));
        let root = random(4, 4, 3);
        let errors = [product(&root, Op::Plain, &root, Op::Adjoint), CMat::identity(4)];
        let users = Users { channels: &channels, noise: &[0.3, 0.5], errors: &errors };
        let mut gradient = CMat::zeros(4, 3);
        let value: f64 = users.add_gradient(&beams, 1.0, &mut gradient).iter().sum();
        let slope = real_dot(gradient.as_slice(), direction.as_slice());
        let error = |t: f64| {
            let moved = CMat::from_fn(4, 3, |i, j| beams[(i, j)] + direction[(i, j)] * t);
            (users.rates_nats(&moved).iter().sum::<f64>() - value - t * slope).abs()
        };
        let order = (error(1e-3) / error(1e-4)).log10();
        assert!((order - 2.0).abs() < 0.05, "{order}");
    }

    /// The bound is below the rate that a receiver has who knows the true channel, on average.
    #[test]
    fn the_bound_is_below_the_mean_of_the_true_rate() {
        let (estimate, beams) = (random(4, 1, 4), random(4, 2, 5));
        let errors = [CMat::from_fn(4, 4, |i, j| if i == j { C64::from(0.2) } else { C64::ZERO })];
        let noise = [0.4];
        let bound = Users { channels: &estimate, noise: &noise, errors: &errors };
        let bound = bound.rates_nats(&beams)[0];
        let mut rng = StreamKey::new(6, "test", "design-rate", 9).trial(0);
        let n = 4000;
        let mean = (0..n)
            .map(|_| {
                let true_one =
                    CMat::from_fn(4, 1, |i, _| estimate[(i, 0)] + complex_normal(&mut rng, 0.2));
                Users { channels: &true_one, noise: &noise, errors: &[] }.rates_nats(&beams)[0]
            })
            .sum::<f64>()
            / f64::from(n);
        assert!(bound < mean, "{bound} {mean}");
    }
}
