//! Beams from covariances, with nothing lost.
//!
//! A solution of a semidefinite relaxation is a covariance `X_k` for every user and `X_0` for sensing. The beams
//! `w_k = X_kh_k/√(h_kᴴX_kh_k)`, with the rest `ΣX − Σ w_kw_kᴴ` as sensing streams, send the same covariance:
//! every metric of sensing and every power is the same, the signal of user k too, and the interference is
//! no more. So no SINR is lower.

use noctule_num::linalg::{HermitianEigen, Op, dot, product};
use noctule_num::{C64, CMat, InputError};

use super::{Beams, Instance};
use crate::Error;
use crate::data::{ArraySet, Taker};

/// Streams whose power is below this share of all are rounding.
const NOTHING: f64 = 1e-12;
/// What rounding may take of a covariance, relative to all of them.
const ROUNDING: f64 = 1e-6;

impl Beams {
    /// Beams that do what covariances do: one a user in their order, and one for sensing where there is one
    /// more.
    ///
    /// # Errors
    /// [`Error::Input`] for another number or shape, and for what is no covariance.
    pub fn from_covariances(covariances: &[CMat], instance: &Instance) -> Result<Self, Error> {
        let (n, users) = (instance.antennas(), instance.users());
        if covariances.len() != users && covariances.len() != users + 1 {
            let found = format!("{} covariances", covariances.len());
            let allowed = format!("{users}, one a user; and one more for sensing");
            let what = "another number of covariances";
            return Err(InputError::new(what, "covariances", found, allowed).into());
        }
        let mut rest = CMat::zeros(n, n);
        // what a solver leaves of a covariance that is not needed is small beside the others
        let most = covariances.iter().map(CMat::norm).fold(0.0, f64::max);
        for (k, covariance) in covariances.iter().enumerate() {
            check(covariance, n, k, most)?;
            for (sum, x) in rest.as_mut_slice().iter_mut().zip(covariance.as_slice()) {
                *sum += x;
            }
        }
        let size = rest.norm();
        let mut matrix = CMat::zeros(n, users);
        for (k, covariance) in covariances.iter().take(users).enumerate() {
            let h = instance.channels().columns(k..k + 1);
            let bent = product(covariance, Op::Plain, &h, Op::Plain);
            let signal = dot(h.col(0), bent.col(0)).re;
            if signal <= 0.0 {
                continue;
            }
            for (w, z) in matrix.col_mut(k).iter_mut().zip(bent.col(0)) {
                *w = z / signal.sqrt();
            }
        }
        let spent = product(&matrix, Op::Plain, &matrix, Op::Adjoint);
        for (sum, x) in rest.as_mut_slice().iter_mut().zip(spent.as_slice()) {
            *sum -= x;
        }
        let mut eigen = HermitianEigen::new(n);
        eigen.compute(&rest)?;
        let mut streams = vec![matrix];
        for (i, value) in eigen.values().iter().enumerate() {
            if *value > NOTHING * size {
                let column = eigen.vectors().col(i).iter().map(|z| z * value.sqrt()).collect();
                streams.push(CMat::from_columns(n, 1, column)?);
            }
        }
        let matrix = CMat::hstack(&streams.iter().collect::<Vec<_>>())?;
        Ok(Self { matrix, users, subcarriers: 1 })
    }

    /// Beams from an array `beams`, or from `covariances` of shape `[user, antenna, antenna]` with those of
    /// sensing last.
    pub(super) fn from_either(set: &ArraySet, instance: &Instance) -> Result<Self, Error> {
        let mut taker = Taker::new(set, super::BEAM_FIELDS);
        if !taker.has("covariances") {
            return Self::from_arrays(set, instance.users());
        }
        if taker.has("beams") || taker.has("band_beams") {
            let what = "beams are given twice, and nothing says that they are the same";
            let found = "beams and their covariances";
            return Err(InputError::new(what, "covariances", found, "one of the two").into());
        }
        let entries = taker.complex("covariances")?;
        let n = taker.length("antenna").unwrap_or(0);
        let blocks = entries.chunks((n * n).max(1));
        let matrix = |block: &[C64]| CMat::from_fn(n, n, |i, j| block[i * n + j]);
        Self::from_covariances(&blocks.map(matrix).collect::<Vec<_>>(), instance)
    }
}

/// Refuse what is not Hermitian or has a negative eigenvalue, beside the norm of the largest of all.
fn check(covariance: &CMat, n: usize, k: usize, most: f64) -> Result<(), Error> {
    let place = format!("covariances[{k}]");
    let refuse = |what: &str, found: String, allowed: &str| {
        Err(InputError::new(what, place.clone(), found, allowed).into())
    };
    if (covariance.rows(), covariance.cols()) != (n, n) {
        let found = format!("{} × {}", covariance.rows(), covariance.cols());
        return refuse("another shape", found, &format!("{n} × {n}"));
    }
    let size = most;
    if !covariance.norm().is_finite() {
        return refuse("not a number", "not finite".to_owned(), "finite numbers");
    }
    let apart = |i: usize, j: usize| (covariance[(i, j)] - covariance[(j, i)].conj()).norm();
    if (0..n).any(|j| (0..=j).any(|i| apart(i, j) > ROUNDING * size)) {
        return refuse("not Hermitian", "X ≠ Xᴴ".to_owned(), "a covariance");
    }
    let mut eigen = HermitianEigen::new(n);
    eigen.compute(covariance)?;
    if eigen.min() < -ROUNDING * size {
        let found = format!("an eigenvalue of {:.3e}", eigen.min());
        return refuse("not positive semidefinite", found, "eigenvalues of zero or more");
    }
    Ok(())
}
