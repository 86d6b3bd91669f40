//! The Fisher matrix of any subset of the targets' parameters, as a linear map of the covariance.
//!
//! `D_i = ∂(Σ α_m b_m a_mᴴ)/∂ω_i = S C_i Tᴴ` with `S = [B, Ḃθ, Ḃφ]`, `T = [A, Ȧθ, Ȧφ]` and at most two
//! entries in every `C_i`; so `F_ij(R) = κ Re tr(D_iᴴ D_j R) = κ Re tr(C_iᴴ SᴴS C_j Z)` with `Z = TᴴRT`
//! and `κ = 2L/σ_s²`. Parameters that are known are rows and columns that do not exist; those that are
//! unknown and of no interest get weight zero in a metric.

use noctule_num::linalg::{Op, product};
use noctule_num::{C64, CMat};
use noctule_phy::arrays::Steering;

/// What a parameter is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ParameterKind {
    /// θ.
    Azimuth,
    /// φ.
    Polar,
    /// Re α.
    ReflectionRe,
    /// Im α.
    ReflectionIm,
}

impl ParameterKind {
    /// The name in files, before the number of the target.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Azimuth => "azimuth",
            Self::Polar => "polar",
            Self::ReflectionRe => "re",
            Self::ReflectionIm => "im",
        }
    }
}

/// One unknown parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// What it is.
    pub kind: ParameterKind,
    /// Of which target.
    pub target: usize,
}

/// Which parameters of a target are unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unknown {
    /// θ.
    pub azimuth: bool,
    /// φ.
    pub polar: bool,
    /// Re α.
    pub re: bool,
    /// Im α.
    pub im: bool,
}

impl Unknown {
    /// Everything.
    pub const ALL: Self = Self { azimuth: true, polar: true, re: true, im: true };

    const fn has(self, kind: ParameterKind) -> bool {
        match kind {
            ParameterKind::Azimuth => self.azimuth,
            ParameterKind::Polar => self.polar,
            ParameterKind::ReflectionRe => self.re,
            ParameterKind::ReflectionIm => self.im,
        }
    }
}

/// A target.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Target {
    /// θ in radians.
    pub azimuth_rad: f64,
    /// φ in radians, from the vertical axis.
    pub polar_rad: f64,
    /// α.
    pub reflection: C64,
    /// Which of them are unknown.
    pub unknown: Unknown,
}

/// The parameters of targets in their order: by kind, and within a kind by target.
pub fn parameters(targets: &[Target]) -> Vec<Parameter> {
    use ParameterKind::{Azimuth, Polar, ReflectionIm, ReflectionRe};
    let mut out = Vec::new();
    for kind in [Azimuth, Polar, ReflectionRe, ReflectionIm] {
        for (target, one) in targets.iter().enumerate() {
            if one.unknown.has(kind) {
                out.push(Parameter { kind, target });
            }
        }
    }
    out
}

/// `F(R)` of one scene of targets, and its adjoint, on `Z = TᴴRT`.
#[derive(Clone, Debug)]
pub(super) struct FisherMap {
    /// The entries (row, column, value) of every `C_i`.
    entries: Vec<Vec<(usize, usize, C64)>>,
    /// `SᴴS`.
    gram: CMat,
    /// κ.
    information: f64,
    /// The first column of this scene in T.
    offset: usize,
}

impl FisherMap {
    /// The map of targets that are seen by the receive array with `receive`; their columns begin at
    /// `offset` in T.
    pub(super) fn new(
        targets: &[Target],
        receive: &Steering,
        information: f64,
        offset: usize,
    ) -> Self {
        let m = targets.len();
        let s = CMat::hstack(&[&receive.response, &receive.by_azimuth, &receive.by_polar])
            .unwrap_or_else(|_| CMat::zeros(receive.response.rows(), 3 * m));
        let entry = |parameter: &Parameter| {
            let (t, alpha) = (parameter.target, targets[parameter.target].reflection);
            match parameter.kind {
                ParameterKind::Azimuth => vec![(m + t, t, alpha), (t, m + t, alpha)],
                ParameterKind::Polar => vec![(2 * m + t, t, alpha), (t, 2 * m + t, alpha)],
                ParameterKind::ReflectionRe => vec![(t, t, C64::ONE)],
                ParameterKind::ReflectionIm => vec![(t, t, C64::I)],
            }
        };
        Self {
            entries: parameters(targets).iter().map(entry).collect(),
            gram: product(&s, Op::Adjoint, &s, Op::Plain),
            information,
            offset,
        }
    }

    /// Number of parameters.
    pub(super) const fn len(&self) -> usize {
        self.entries.len()
    }

    /// The terms of E_ij: where in Z (column, row), and the factor with κ.
    fn terms(&self, i: usize, j: usize) -> impl Iterator<Item = (usize, usize, C64)> + '_ {
        self.entries[i].iter().flat_map(move |(p, q, c)| {
            self.entries[j].iter().map(move |(r, s, d)| {
                let factor = c.conj() * self.gram[(*p, *r)] * d * self.information;
                (self.offset + q, self.offset + s, factor)
            })
        })
    }

    /// `F` from `Z`, row by row.
    pub(super) fn fisher(&self, z: &CMat, out: &mut [f64]) {
        let n = self.len();
        for i in 0..n {
            for j in 0..=i {
                let value: f64 = self.terms(i, j).map(|(q, s, e)| (e * z[(s, q)]).re).sum();
                out[i * n + j] = value;
                out[j * n + i] = value;
            }
        }
    }

    /// `Σ |Φ_ij| |e| ‖t_q‖ ‖t_s‖`: the size of the terms that cancel in `F*(Φ)`, for columns t of T.
    pub(super) fn size_of_adjoint(&self, phi: &[f64], columns: &[f64]) -> f64 {
        let n = self.len();
        let mut sum = 0.0;
        for i in 0..n {
            for j in 0..n {
                let terms = self.terms(i, j);
                let size: f64 = terms.map(|(q, s, e)| e.norm() * columns[q] * columns[s]).sum();
                sum += phi[i * n + j].abs() * size;
            }
        }
        sum
    }

    /// Add `weight` times the M of `F*(Φ) = T M Tᴴ`, for a symmetric Φ.
    pub(super) fn add_adjoint(&self, phi: &[f64], weight: f64, out: &mut CMat) {
        let n = self.len();
        for i in 0..n {
            for j in 0..n {
                let share = weight * phi[i * n + j];
                if share != 0.0 {
                    // E_ji is the adjoint of E_ij, so that the sum over both is Hermitian.
                    for (q, s, e) in self.terms(i, j) {
                        out[(q, s)] += e * share;
                    }
                }
            }
        }
    }
}
