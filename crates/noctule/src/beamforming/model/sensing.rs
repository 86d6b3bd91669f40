//! The bound of the model: Fisher matrix, inverse, and what the gradient needs of them.

#[cfg(feature = "sdp")]
use noctule_num::linalg::{Op, product};
use noctule_num::vector::{Loops, Wide, widest};
use noctule_num::{C64, CMat};
#[cfg(feature = "sdp")]
use noctule_phy::fisher::pack_hermitian;
use noctule_phy::fisher::{pack_gram, parameters, unpack_hermitian};

use super::Model;

/// Relative rounding of an inverse for a condition and an order of one: some steps of the
/// elimination touch every entry, each with a few roundings.
const INVERSE_ROUNDING: f64 = 16.0 * f64::EPSILON;

impl Model {
    /// How far value and gradient at the point evaluated last may be off, relative: the rounding of
    /// the inverse, a multiple of ε times the condition of the scaled Fisher matrix.
    pub fn relative_error(&self) -> f64 {
        let n = if self.extended.is_some() { self.rank() } else { parameters(self.targets) };
        let n = n as f64;
        INVERSE_ROUNDING * n * n * self.conditioning
    }

    /// The Fisher matrix, row by row, of a normalised covariance in the coordinates of this space.
    #[cfg(feature = "sdp")]
    pub(in crate::beamforming) fn fisher_of(&self, covariance: &CMat) -> Vec<f64> {
        let Some(map) = &self.map else { return Vec::new() };
        let seen = self.space.columns(self.users..self.users + 3 * self.targets);
        let along = product(&seen, Op::Adjoint, covariance, Op::Plain);
        let z = product(&along, Op::Plain, &seen, Op::Plain);
        let n = parameters(self.targets);
        let (mut packed, mut fisher) = (vec![0.0; 9 * self.targets.pow(2)], vec![0.0; n * n]);
        pack_hermitian(&z, &mut packed);
        map.fisher(&packed, &mut fisher);
        fisher
    }

    /// Target part of one evaluation: the bound's value, and its coefficients added. `None`
    /// outside the domain.
    pub(super) fn add_sensing(&mut self) -> Option<f64> {
        if let Some(extended) = &mut self.extended {
            self.conditioning = extended.look(&self.amplitudes, self.users, &mut self.dual)?;
            extended.add(&self.amplitudes, &self.dual, self.crb_weight, &mut self.coefficients);
            return Some(self.crb_weight * extended.trace());
        }
        let Some(map) = &self.map else { return Some(0.0) };
        let (m3, n) = (3 * self.targets, parameters(self.targets));
        pack_gram(&self.amplitudes, self.users, m3, &mut self.packed);
        map.fisher(&self.packed, &mut self.fisher);
        self.conditioning = self.inverter.invert(&self.fisher, &mut self.inverse)?;
        let trace: f64 = (0..n).map(|i| self.inverse[i * n + i]).sum();
        if !trace.is_finite() {
            return None;
        }
        // d(−tr F⁻¹) = tr(F⁻² dF) = Re tr(K dZ)
        widest(Squared { a: &self.inverse, n, out: &mut self.squared });
        map.adjoint(&self.squared, &mut self.packed_dual);
        unpack_hermitian(&self.packed_dual, &mut self.dual);
        widest(Weighed {
            dual: &self.dual,
            amplitudes: &self.amplitudes,
            users: self.users,
            weight: self.crb_weight,
            coefficients: &mut self.coefficients,
        });
        Some(self.crb_weight * trace)
    }
}

/// The coefficients of sensing, the dual matrix times the amplitudes in the target space and their weight, for every stream.
struct Weighed<'a> {
    dual: &'a CMat,
    amplitudes: &'a CMat,
    users: usize,
    weight: f64,
    coefficients: &'a mut CMat,
}

impl Wide for Weighed<'_> {
    type Output = ();

    #[inline(always)]
    fn with<L: Loops>(self, loops: L) {
        for stream in 0..self.amplitudes.cols() {
            let seen = &self.amplitudes.col(stream)[self.users..];
            let sums = &mut self.coefficients.col_mut(stream)[self.users..];
            sums.fill(C64::ZERO);
            for (b, amplitude) in seen.iter().enumerate() {
                loops.axpy(*amplitude, self.dual.col(b), sums);
            }
            sums.iter_mut().for_each(|sum| *sum *= self.weight);
        }
    }
}

/// `out = a · a` for a symmetric matrix of order `n`.
struct Squared<'a> {
    a: &'a [f64],
    n: usize,
    out: &'a mut [f64],
}

impl Wide for Squared<'_> {
    type Output = ();

    #[inline(always)]
    fn with<L: Loops>(self, loops: L) {
        let Squared { a, n, out } = self;
        for (row, out) in a.chunks_exact(n).zip(out.chunks_exact_mut(n)) {
            out.fill(0.0);
            for (by, other) in row.iter().zip(a.chunks_exact(n)) {
                loops.real_axpy(*by, other, out);
            }
        }
    }
}
