//! Signal-to-interference-plus-noise ratios and rates of linear precoding.
//!
//! `K` users each treat every stream but their own as noise:
//! ```math
//! \gamma_k = \frac{|h_k^H w_k|^2}{\sum_{j\ne k} |h_k^H w_j|^2 + \sigma_k^2},\qquad
//! R_k = \ln(1+\gamma_k)\ \text{nat/s/Hz}
//! ```
//! The first `K` streams belong to the users in order; further streams carry no data and are
//! interference to everybody. Functions here work on the matrix of amplitudes
//! `y[k, j] = h_kᴴ w_j` (users × streams, extra rows allowed and ignored).

use noctule_num::CMat;

/// What one user receives.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reception {
    /// Received power of the own stream, `|h_kᴴ w_k|²`.
    pub signal: f64,
    /// Power of all other streams plus noise.
    pub interference: f64,
}

impl Reception {
    /// Of user `user`, from the amplitudes `y[k, j]`.
    ///
    /// Interference is summed directly, not as a difference of totals: at high SINR the
    /// difference would lose the digits that matter.
    pub fn of(user: usize, amplitudes: &CMat, noise: f64) -> Self {
        let mut interference = noise;
        for stream in 0..amplitudes.cols() {
            if stream != user {
                interference += amplitudes[(user, stream)].norm_sqr();
            }
        }
        Self { signal: amplitudes[(user, user)].norm_sqr(), interference }
    }

    /// Signal-to-interference-plus-noise ratio γ.
    pub fn sinr(&self) -> f64 {
        self.signal / self.interference
    }

    /// Rate ln(1 + γ) in nat/s/Hz.
    pub fn rate_nats(&self) -> f64 {
        self.sinr().ln_1p()
    }

    /// 1 / (signal + interference): the weight of the own stream in the gradient of the rate.
    pub fn own(&self) -> f64 {
        (self.signal + self.interference).recip()
    }

    /// β = γ / (signal + interference): the weight of a user's received power in the gradient
    /// of its rate.
    pub fn beta(&self) -> f64 {
        self.sinr() / (self.signal + self.interference)
    }
}

/// The sum rate in nat/s/Hz, and `out += weight · ∂(sum rate)/∂y` in the first `K` rows.
///
/// The derivative is the complex one: `d(sum rate) = 2 Re Σ conj(out) dy`. With
/// `η_k = conj(y_kk)/I_k` and `β_k = γ_k/(S_k + I_k)` it is
/// `conj(η_k) δ_kj − β_k y_kj`. In the own stream both terms together are `y_kk/(S_k + I_k)`: at an
/// SINR of 10¹⁶ their difference would have no digit left. Only the first `noise.len()` rows are
/// touched.
pub fn sum_rate_with_derivative(
    amplitudes: &CMat,
    noise: &[f64],
    weight: f64,
    out: &mut CMat,
) -> f64 {
    let mut total = 0.0;
    for (user, &noise) in noise.iter().enumerate() {
        let reception = Reception::of(user, amplitudes, noise);
        total += reception.rate_nats();
        let beta = weight * reception.beta();
        for stream in 0..amplitudes.cols() {
            let by = if stream == user { weight * reception.own() } else { -beta };
            out[(user, stream)] += amplitudes[(user, stream)] * by;
        }
    }
    total
}

#[cfg(test)]
mod tests {
    use super::*;
    use noctule_num::C64;
    use noctule_num::rng::{StreamKey, complex_normal};

    #[test]
    fn derivative_agrees_with_differences() {
        let mut rng = StreamKey::new(2, "test", "rates", 0).trial(0);
        let y = CMat::from_fn(3, 5, |_, _| complex_normal(&mut rng, 1.0));
        let noise = [0.5, 1.0, 2.0];
        let mut gradient = CMat::zeros(3, 5);
        sum_rate_with_derivative(&y, &noise, 0.7, &mut gradient);
        let value =
            |y: &CMat| 0.7 * sum_rate_with_derivative(y, &noise, 0.0, &mut CMat::zeros(3, 5));
        let h = 1e-6;
        for k in 0..3 {
            for j in 0..5 {
                for unit in [C64::ONE, C64::I] {
                    let (mut ahead, mut behind) = (y.clone(), y.clone());
                    ahead[(k, j)] += unit * h;
                    behind[(k, j)] -= unit * h;
                    let numeric = (value(&ahead) - value(&behind)) / (2.0 * h);
                    let exact = 2.0 * (gradient[(k, j)].conj() * unit).re;
                    assert!((numeric - exact).abs() < 1e-8, "{k} {j}: {numeric} {exact}");
                }
            }
        }
    }

    #[test]
    fn the_gradient_of_one_user_is_exact_at_any_sinr() {
        // ln(1 + |y|²/σ²) of one stream: the derivative is y/(σ² + |y|²), a sum without differences.
        for exponent in [-300, -16, 0, 8, 12, 16, 200] {
            let y = C64::new(0.6, -0.8) * 10_f64.powi(exponent).sqrt();
            let mut amplitudes = CMat::zeros(1, 1);
            amplitudes[(0, 0)] = y;
            let mut gradient = CMat::zeros(1, 1);
            sum_rate_with_derivative(&amplitudes, &[1.0], 1.0, &mut gradient);
            let exact = y / (1.0 + y.norm_sqr());
            let error = (gradient[(0, 0)] - exact).norm() / exact.norm();
            assert!(error < 1e-15, "SINR 1e{exponent}: {error}");
        }
    }

    #[test]
    fn high_sinr_keeps_its_digits() {
        let mut y = CMat::zeros(1, 2);
        y[(0, 0)] = C64::from(1e10);
        y[(0, 1)] = C64::from(1e-3);
        let sinr = Reception::of(0, &y, 1e-6).sinr();
        assert!((sinr / (1e20 / 2e-6) - 1.0).abs() < 1e-15);
    }
}
