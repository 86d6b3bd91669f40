//! What pilots leave unknown: linear estimates of channels, their errors, and how both age.
//!
//! # Model
//!
//! A base station observes `y = h + Σ_i h_i + n` with the channels h_i of users that share the pilot
//! and noise `CN(0, I/γ)`; γ is the energy of the pilot over the noise. With means m and covariances
//! R (path gains included) the linear minimum-mean-square-error estimate of user k is
//! ```math
//! A_k = R_k\Big(\sum_i R_i + I/\gamma\Big)^{-1},\quad \hat h_k = m_k + A_k\Big(y - \sum_i m_i\Big),\quad
//! C_k = R_k - A_k R_k
//! ```
//! with i = k in the sums; `A_k R_k` is the covariance of the estimate and C_k that of its error. A
//! line of sight of known phase is a mean; one of unknown phase belongs into R with mean zero
//! (linear, not MMSE). After ageing with the correlation ρ the estimate is `ρ ĥ` and the error
//! `R − ρ²(R − C)`.

use noctule_num::linalg::{Cholesky, Op, product};
use noctule_num::{C64, CMat, InputError, NumError};

use super::scattering::hermitian_root;
use super::taps::TapProfile;

/// The estimator of one user.
#[derive(Clone, Debug, PartialEq)]
pub struct Lmmse {
    /// A_k.
    pub filter: CMat,
    /// A_k R_k: the covariance of the estimate.
    pub estimate: CMat,
    /// C_k: the covariance of the error.
    pub error: CMat,
}

/// `(M + Mᴴ)/2`.
fn hermitian(matrix: &CMat) -> CMat {
    CMat::from_fn(matrix.rows(), matrix.cols(), |i, j| {
        (matrix[(i, j)] + matrix[(j, i)].conj()) * 0.5
    })
}

/// The trace of a square matrix, real part.
pub fn trace(matrix: &CMat) -> f64 {
    (0..matrix.rows()).map(|i| matrix[(i, i)].re).sum()
}

impl Lmmse {
    /// For a user of covariance `own` and the covariances of `others` on the same pilot, at γ =
    /// `pilot_snr`.
    ///
    /// # Errors
    /// A γ that is not positive; covariances of another size; one that is not positive
    /// semidefinite.
    pub fn new(own: &CMat, others: &[&CMat], pilot_snr: f64) -> Result<Self, InputError> {
        super::positive("pilot_snr", pilot_snr, "energy over noise")?;
        let n = own.rows();
        let mut rest = CMat::zeros(n, n);
        for other in others {
            if (other.rows(), other.cols()) != (n, own.cols()) {
                let found = format!("{} × {}", other.rows(), other.cols());
                let what = "covariances have different sizes";
                return Err(InputError::new(what, "covariances", found, format!("{n} × {n}")));
            }
            rest.as_mut_slice().iter_mut().zip(other.as_slice()).for_each(|(s, r)| *s += r);
        }
        // less noise than rounding makes of the channels cannot be told from it: the error is then no smaller than this
        let largest = (0..n).map(|i| own[(i, i)].re + rest[(i, i)].re).fold(0.0, f64::max);
        let noise = (1.0 / pilot_snr).max(ROUNDING * n as f64 * largest);
        (0..n).for_each(|i| rest[(i, i)] += noise);
        let mut sum = own.clone();
        sum.as_mut_slice().iter_mut().zip(rest.as_slice()).for_each(|(s, r)| *s += r);
        // S X = R and A = Xᴴ, as S and R are Hermitian but do not commute.
        let mut solved = own.clone();
        let mut factor = Cholesky::new(n);
        factor.factor(&sum, "covariance of the observation").map_err(|e| refused(&e))?;
        factor.solve_in_place(&mut solved);
        let filter = solved.adjoint();
        let estimate = hermitian(&product(&filter, Op::Plain, own, Op::Plain));
        let error = error_of(&filter, own, &rest).map_err(|e| refused(&e))?;
        Ok(Self { filter, estimate, error })
    }

    /// ĥ from an observation, for the user's mean and the sum of all means on the pilot.
    ///
    /// # Panics
    /// When lengths differ.
    pub fn of(&self, observation: &[C64], mean: &[C64], all_means: &[C64]) -> Vec<C64> {
        let n = self.filter.rows();
        assert!([observation.len(), mean.len(), all_means.len()] == [n; 3], "one entry an antenna");
        let mut out = mean.to_vec();
        for j in 0..n {
            let rest = observation[j] - all_means[j];
            out.iter_mut().zip(self.filter.col(j)).for_each(|(h, a)| *h += a * rest);
        }
        out
    }

    /// ĥ of a user without mean, among users without means.
    ///
    /// # Panics
    /// When the length differs.
    pub fn of_zero_mean(&self, observation: &[C64]) -> Vec<C64> {
        let zeros = vec![C64::ZERO; observation.len()];
        self.of(observation, &zeros, &zeros)
    }
}

/// Noise of a pilot below this share of the channels' power is rounding.
const ROUNDING: f64 = 16.0 * f64::EPSILON;

/// `(I − A)R(I − A)ᴴ + ANAᴴ` with everything but the own channel in N: what `R − AR` is, not as a difference of
/// what is nearly equal where pilots are good. Both terms are Gram matrices, of `(I − A)R^{1/2}` and `AN^{1/2}`:
/// rounding leaves them positive semidefinite up to their own size, which may be far below that of R.
fn error_of(filter: &CMat, own: &CMat, rest: &CMat) -> Result<CMat, NumError> {
    let n = own.rows();
    let left = CMat::from_fn(n, n, |i, j| C64::from(f64::from(u8::from(i == j))) - filter[(i, j)]);
    let gram = |a: &CMat, r: &CMat| -> Result<CMat, NumError> {
        let seen = product(a, Op::Plain, &hermitian_root(r)?, Op::Plain);
        Ok(product(&seen, Op::Plain, &seen, Op::Adjoint))
    };
    let (missed, heard) = (gram(&left, own)?, gram(filter, rest)?);
    Ok(hermitian(&difference(&missed, &heard, -1.0)))
}

fn refused(error: &NumError) -> InputError {
    InputError::new(
        "the observation has no covariance",
        "covariances",
        error.to_string(),
        "positive semidefinite covariances",
    )
}

/// `a − factor · b`.
fn difference(a: &CMat, b: &CMat, factor: f64) -> CMat {
    CMat::from_fn(a.rows(), a.cols(), |i, j| a[(i, j)] - b[(i, j)] * factor)
}

/// The covariance of the error after ageing with the correlation ρ: `R − ρ²(R − C)`.
///
/// # Panics
/// When the sizes differ.
pub fn aged_error(covariance: &CMat, error: &CMat, rho: f64) -> CMat {
    assert_eq!((covariance.rows(), covariance.cols()), (error.rows(), error.cols()), "sizes");
    let old = rho * rho;
    CMat::from_fn(error.rows(), error.cols(), |i, j| {
        covariance[(i, j)] * (1.0 - old) + error[(i, j)] * old
    })
}

/// SINR of the hardening bound for `w_k = √p_k ĥ_k/√E‖ĥ_k‖²`, own pilots and zero means:
/// `p_k tr Ĉ_k / (Σ_j p_j tr(R_k Ĉ_j)/tr Ĉ_j + σ_k²)`, j = k included. It needs no realisation.
///
/// # Panics
/// When lists differ in length.
pub fn hardening_sinr(
    powers: &[f64],
    covariances: &[CMat],
    estimates: &[CMat],
    noise: &[f64],
) -> Vec<f64> {
    let users = powers.len();
    assert!([covariances.len(), estimates.len(), noise.len()] == [users; 3], "one of each a user");
    (0..users)
        .map(|k| {
            let from = |j: usize| {
                let total = trace(&estimates[j]);
                let cross =
                    noctule_num::linalg::dot(covariances[k].as_slice(), estimates[j].as_slice());
                if total > 0.0 { powers[j] * cross.re / total } else { 0.0 }
            };
            let received: f64 = (0..users).map(from).sum();
            powers[k] * trace(&estimates[k]) / (received + noise[k])
        })
        .collect()
}

/// Covariance over a band for estimates of all subcarriers together: the block of subcarriers n
/// and n' is `R Σ_l p_l e^{j2π(δ_n − δ_n')τ_l}`; antennas run fastest.
pub fn band_covariance(covariance: &CMat, taps: &TapProfile, offsets_hz: &[f64]) -> CMat {
    let n = covariance.rows();
    CMat::from_fn(n * offsets_hz.len(), n * offsets_hz.len(), |i, j| {
        let apart = offsets_hz[i / n] - offsets_hz[j / n];
        covariance[(i % n, j % n)] * taps.correlation(apart)
    })
}

#[cfg(test)]
mod tests;
