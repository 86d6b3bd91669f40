//! Statistics of a channel estimate whose prior was sensed.
//!
//! Everything is in units of the average channel gain: the channel has covariance `R` of unit
//! trace, sensing leaves an error of covariance `E`, and the pilot has the signal-to-noise ratio
//! γ (per unit of gain). The station believes in the prior `R̂ = (R − E)₊`, the nearest positive
//! semidefinite matrix, and filters its pilot with `W = R̂ (R̂ + I/γ)⁻¹`. Under its own beliefs the
//! estimate has covariance `C = W R̂` and the error `W/γ = R̂ − C`. What really happens when the
//! pilot travels through the true channel is [`SensedEstimate::actual`]
//! (`docs/errata.md#frame-e3`).

use noctule_num::linalg::{HermitianEigen, Op, product};
use noctule_num::vector::real_dot;
use noctule_num::{CMat, NumError};

/// The statistics of one user, normalised by its average gain.
#[derive(Clone, Debug, PartialEq)]
pub struct SensedEstimate {
    /// Covariance C of the estimate, under the station's beliefs.
    pub estimate: CMat,
    /// tr C.
    pub estimate_trace: f64,
    /// tr (R̂ − C), the error of the estimate under the station's beliefs.
    pub error_trace: f64,
    /// Smallest eigenvalue of `R − E`, before any projection.
    pub smallest_eigenvalue: f64,
    /// Eigenvectors of R̂, those of zero perhaps left out, and its eigenvalues.
    vectors: CMat,
    values: Vec<f64>,
    /// 1/γ.
    noise: f64,
}

impl SensedEstimate {
    /// The statistics for correlation `R`, sensing error `E` and pilot signal-to-noise ratio γ.
    /// Without `project` the prior is `R − E` as it is, for comparison with published numbers; the
    /// filter may then be singular.
    ///
    /// # Errors
    /// [`NumError::NoConvergence`] when an entry is not finite,
    /// [`NumError::NotPositiveDefinite`] when an unprojected prior makes the filter singular or
    /// its estimate indefinite.
    pub fn new(
        correlation: &CMat,
        sensing_error: &CMat,
        pilot_snr: f64,
        project: bool,
    ) -> Result<Self, NumError> {
        let eigen = difference(correlation, sensing_error)?;
        Self::of(eigen.vectors().clone(), &eigen, pilot_snr, project)
    }

    /// The same, projected, where correlation and sensing error live in the range of a few orthonormal
    /// columns and are given there: `R` is `basis · correlation · basisᴴ`.
    ///
    /// # Errors
    /// As [`SensedEstimate::new`].
    pub fn in_range(
        basis: &CMat,
        correlation: &CMat,
        sensing_error: &CMat,
        pilot_snr: f64,
    ) -> Result<Self, NumError> {
        let eigen = difference(correlation, sensing_error)?;
        let vectors = product(basis, Op::Plain, eigen.vectors(), Op::Plain);
        let mut out = Self::of(vectors, &eigen, pilot_snr, true)?;
        if basis.cols() < basis.rows() {
            out.smallest_eigenvalue = out.smallest_eigenvalue.min(0.0);
        }
        Ok(out)
    }

    fn of(
        vectors: CMat,
        eigen: &HermitianEigen,
        pilot_snr: f64,
        project: bool,
    ) -> Result<Self, NumError> {
        let noise = 1.0 / pilot_snr;
        let values: Vec<f64> =
            eigen.values().iter().map(|&x| if project { x.max(0.0) } else { x }).collect();
        if let Some(pivot) = values.iter().position(|&x| x + noise <= 0.0) {
            let what = "sensed prior plus pilot noise";
            return Err(NumError::NotPositiveDefinite { what, pivot });
        }
        let estimate = |x: f64| x * (x / (x + noise));
        Ok(Self {
            estimate: function(&vectors, &values, estimate),
            estimate_trace: values.iter().map(|&x| estimate(x)).sum(),
            error_trace: values.iter().map(|&x| x / (x + noise) * noise).sum(),
            smallest_eigenvalue: eigen.min(),
            vectors,
            values,
            noise,
        })
    }

    /// The prior R̂ the station believes in.
    pub fn prior(&self) -> CMat {
        function(&self.vectors, &self.values, |x| x)
    }

    /// The estimator W.
    pub fn filter(&self) -> CMat {
        function(&self.vectors, &self.values, |x| x / (x + self.noise))
    }

    /// tr C without eigenvalues: `tr R̂ + tr (R̂ + I/γ)⁻¹/γ² − L/γ`.
    ///
    /// # Errors
    /// [`NumError::NotPositiveDefinite`] when an unprojected prior makes the inverse singular.
    pub fn estimate_trace_by_inverse(&self, pilot_snr: f64) -> Result<f64, NumError> {
        let mut shifted = self.prior();
        let n = shifted.rows();
        let noise = 1.0 / pilot_snr;
        let mut trace = 0.0;
        for i in 0..n {
            trace += shifted[(i, i)].re;
            shifted[(i, i)] += noise;
        }
        let mut cholesky = noctule_num::linalg::Cholesky::new(n);
        cholesky.factor(&shifted, "sensed prior plus pilot noise")?;
        let mut inverse = CMat::identity(n);
        cholesky.solve_in_place(&mut inverse);
        let inverse_trace: f64 = (0..n).map(|i| inverse[(i, i)].re).sum();
        Ok(trace + inverse_trace * noise * noise - n as f64 * noise)
    }

    /// What the filter really does to a pilot that travelled through the channel of covariance
    /// `R`: the covariance of the estimate, `W (R + I/γ) Wᴴ`, and its correlation with the channel,
    /// `tr (R W)`.
    pub fn actual(&self, correlation: &CMat, pilot_snr: f64) -> (CMat, f64) {
        let n = correlation.rows();
        let mut received = correlation.clone();
        for i in 0..n {
            received[(i, i)] += 1.0 / pilot_snr;
        }
        let filter = self.filter();
        let filtered = product(&filter, Op::Plain, &received, Op::Plain);
        let covariance = product(&filtered, Op::Plain, &filter, Op::Adjoint);
        (covariance, trace_of_product(correlation, &filter))
    }
}

/// The function of a matrix with these eigenvectors and eigenvalues.
fn function(vectors: &CMat, values: &[f64], f: impl Fn(f64) -> f64) -> CMat {
    let mut scaled = vectors.clone();
    for (j, &value) in values.iter().enumerate() {
        let factor = f(value);
        scaled.col_mut(j).iter_mut().for_each(|z| *z *= factor);
    }
    product(&scaled, Op::Plain, vectors, Op::Adjoint)
}

/// `R − E`, taken apart.
fn difference(correlation: &CMat, sensing_error: &CMat) -> Result<HermitianEigen, NumError> {
    let n = correlation.rows();
    let difference = CMat::from_fn(n, n, |i, j| correlation[(i, j)] - sensing_error[(i, j)]);
    let mut eigen = HermitianEigen::new(n);
    eigen.compute(&difference)?;
    Ok(eigen)
}

/// Re tr (A B) of two Hermitian matrices.
pub fn trace_of_product(a: &CMat, b: &CMat) -> f64 {
    // tr (A B) = Σ A_ij B_ji = Σ A_ij conj(B_ij)
    real_dot(a.as_slice(), b.as_slice())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::one_ring::{OneRing, PhaseReference, PowerAngleSpectrum, UniformLine};
    use noctule_num::C64;
    use noctule_num::rng::{StreamKey, complex_normal};

    fn user() -> (CMat, CMat) {
        let ring = OneRing {
            line: UniformLine::new(6, PhaseReference::Centre),
            angle_rad: -0.3,
            spread_rad: 0.3,
            spectrum: PowerAngleSpectrum::Uniform,
        };
        let spread = ring.integrate();
        (spread.correlation, spread.derivative)
    }

    #[test]
    fn both_ways_to_the_trace_agree() {
        let (r, d) = user();
        for (crb, snr) in [(1e-3, 1.0), (2e-2, 100.0), (0.5, 3.0)] {
            let mut error = d.clone();
            error.scale(crb);
            let found = SensedEstimate::new(&r, &error, snr, true).unwrap();
            let other = found.estimate_trace_by_inverse(snr).unwrap();
            assert!((found.estimate_trace - other).abs() < 1e-12 * (6.0 / snr).max(1.0));
            let prior: f64 = (0..6).map(|i| found.prior()[(i, i)].re).sum();
            assert!((prior - found.estimate_trace - found.error_trace).abs() < 1e-13);
        }
    }

    #[test]
    fn a_perfect_prior_makes_belief_and_reality_equal() {
        let (r, _) = user();
        let found = SensedEstimate::new(&r, &CMat::zeros(6, 6), 7.0, true).unwrap();
        let (covariance, correlation) = found.actual(&r, 7.0);
        for (x, y) in covariance.as_slice().iter().zip(found.estimate.as_slice()) {
            assert!((x - y).norm() < 1e-13);
        }
        assert!((correlation - found.estimate_trace).abs() < 1e-13);
    }

    #[test]
    fn what_really_happens_is_what_a_simulation_sees() {
        let (r, d) = user();
        let snr = 4.0;
        let mut error = d;
        error.scale(0.01);
        let found = SensedEstimate::new(&r, &error, snr, true).unwrap();
        let (covariance, correlation) = found.actual(&r, snr);
        // h = U √Λ g from the eigenvectors of R.
        let mut eigen = HermitianEigen::new(6);
        eigen.compute(&r).unwrap();
        let mut rng = StreamKey::new(1, "test", "mmse", 0).trial(0);
        let filter = found.filter();
        let draws = 60_000;
        let (mut power, mut inner) = (0.0, 0.0);
        for _ in 0..draws {
            let mut h = [C64::ZERO; 6];
            for j in 0..6 {
                let g = complex_normal(&mut rng, eigen.values()[j].max(0.0));
                for (i, h) in h.iter_mut().enumerate() {
                    *h += eigen.vectors()[(i, j)] * g;
                }
            }
            let pilot: Vec<C64> =
                h.iter().map(|h| h + complex_normal(&mut rng, 1.0 / snr)).collect();
            for (i, h) in h.iter().enumerate() {
                let estimate: C64 = (0..6).map(|j| filter[(i, j)] * pilot[j]).sum();
                power += estimate.norm_sqr();
                inner += (h.conj() * estimate).re;
            }
        }
        let n = f64::from(draws);
        let trace: f64 = (0..6).map(|i| covariance[(i, i)].re).sum();
        assert!((power / n - trace).abs() < 6.0 * trace / n.sqrt(), "{} {trace}", power / n);
        assert!((inner / n - correlation).abs() < 6.0 / n.sqrt(), "{} {correlation}", inner / n);
    }
}
