//! The space in which an optimal covariance lives.

use noctule_num::linalg::{HermitianEigen, Op, dot, orthonormal_basis, product};
use noctule_num::{C64, CMat};
use noctule_optim::water_filling;

use super::{Dual, Spectrum};
use crate::Error;

/// Channel and illumination in an orthonormal basis of what either sees: the space in which an
/// optimal covariance lives.
#[derive(Clone, Debug)]
pub struct Reduced {
    basis: CMat,
    /// `HᴴH/σ²` in the basis.
    gram: CMat,
    /// ĝ in the basis; zero where nothing is lit.
    direction: Vec<C64>,
    /// ‖g‖².
    pub illumination: f64,
    /// What the formula needs.
    pub spectrum: Spectrum,
}

impl Reduced {
    /// From the channel (user antennas × transmit antennas), the noise of the user and g.
    ///
    /// # Errors
    /// When a decomposition fails on entries that are not finite.
    pub fn new(channel: &CMat, noise_w: f64, g: &[C64]) -> Result<Self, Error> {
        let light = CMat::from_columns(g.len(), 1, g.to_vec())?;
        let basis = orthonormal_basis(&CMat::hstack(&[&channel.adjoint(), &light])?, 1e-12)?;
        let seen = product(channel, Op::Plain, &basis, Op::Plain);
        let mut gram = product(&seen, Op::Adjoint, &seen, Op::Plain);
        gram.scale(1.0 / noise_w);
        let illumination: f64 = g.iter().map(C64::norm_sqr).sum();
        let norm = illumination.sqrt().max(f64::MIN_POSITIVE);
        let direction: Vec<C64> = (0..basis.cols()).map(|j| dot(basis.col(j), g) / norm).collect();
        let mut eigen = HermitianEigen::new(gram.rows());
        eigen.compute(&gram)?;
        let gains: Vec<f64> = eigen.values().iter().map(|d| d.max(0.0)).collect();
        // |u_iᴴ H ĝ|² with u_i = H e_i/√(σ² d_i) is d_i |e_iᴴ ĝ|²
        let overlaps = gains
            .iter()
            .enumerate()
            .map(|(i, d)| d * dot(eigen.vectors().col(i), &direction).norm_sqr())
            .collect();
        Ok(Self { basis, gram, direction, illumination, spectrum: Spectrum { gains, overlaps } })
    }

    /// The covariance that belongs to a dual optimum, with `tr R ≤ P` and `gᴴRg ≥ Γ` up to rounding
    /// (a hair of power is moved towards g where rounding left the requirement short).
    ///
    /// # Errors
    /// When a decomposition fails on entries that are not finite.
    pub fn covariance(&self, dual: &Dual, power: f64, required: f64) -> Result<CMat, Error> {
        let inner = self.inner(dual, power, required)?;
        let left = product(&self.basis, Op::Plain, &inner, Op::Plain);
        Ok(product(&left, Op::Plain, &self.basis, Op::Adjoint))
    }

    /// The orthonormal basis, antennas × dimensions.
    pub(in crate::surfaces) fn basis(&self) -> &CMat {
        &self.basis
    }

    /// The covariance in the basis.
    pub(in crate::surfaces) fn inner(
        &self,
        dual: &Dual,
        power: f64,
        required: f64,
    ) -> Result<CMat, Error> {
        let n = self.gram.rows();
        let stretch = 1.0 / dual.complement.max(1e-300).sqrt() - 1.0;
        let lift = CMat::from_fn(n, n, |i, j| {
            let unit = if i == j { C64::ONE } else { C64::ZERO };
            unit + self.direction[i] * self.direction[j].conj() * stretch
        });
        let inner =
            product(&product(&lift, Op::Plain, &self.gram, Op::Plain), Op::Plain, &lift, Op::Plain);
        let mut eigen = HermitianEigen::new(n);
        let hermitian = CMat::from_fn(n, n, |i, j| (inner[(i, j)] + inner[(j, i)].conj()) * 0.5);
        eigen.compute(&hermitian)?;
        let share = if self.illumination > 0.0 {
            (required / (power * self.illumination)).clamp(0.0, 1.0)
        } else {
            0.0
        };
        let budget = power * ((1.0 - share) + dual.complement * share);
        let gains: Vec<f64> = eigen.values().iter().map(|d| d.max(0.0)).collect();
        let mut powers = vec![0.0; n];
        water_filling(&gains, budget, &mut powers);
        let factor = CMat::from_fn(n, n, |i, j| eigen.vectors()[(i, j)] * powers[j].sqrt());
        let factor = product(&lift, Op::Plain, &factor, Op::Plain);
        let mut inner = product(&factor, Op::Plain, &factor, Op::Adjoint);
        let trace = |m: &CMat| (0..n).map(|i| m[(i, i)].re).sum::<f64>();
        let spent = trace(&inner);
        if spent > 0.0 {
            inner.scale(power / spent);
        }
        self.lean(&mut inner, power, required);
        Ok(inner)
    }

    /// Move just enough power towards ĝ for the requirement.
    fn lean(&self, inner: &mut CMat, power: f64, required: f64) {
        let n = inner.rows();
        let mut lit = 0.0;
        for i in 0..n {
            for j in 0..n {
                lit += (self.direction[i].conj() * inner[(i, j)] * self.direction[j]).re;
            }
        }
        let wanted = required / self.illumination.max(f64::MIN_POSITIVE);
        if lit >= wanted || power <= lit {
            return;
        }
        let weight = ((wanted - lit) / (power - lit)).clamp(0.0, 1.0);
        for i in 0..n {
            for j in 0..n {
                let towards = self.direction[i] * self.direction[j].conj() * power;
                inner[(i, j)] = inner[(i, j)] * (1.0 - weight) + towards * weight;
            }
        }
    }
}
