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
    /// Number of targets.
    targets: usize,
    /// Number of parameters.
    parameters: usize,
    /// The terms of all E_ij with j ≤ i; E_ji is the adjoint of E_ij.
    terms: Vec<Term>,
}

/// One entry of `κ C_iᴴSᴴSC_j`.
#[derive(Clone, Copy, Debug)]
struct Term {
    i: usize,
    j: usize,
    /// Row of E, column of Z.
    q: usize,
    /// Column of E, row of Z.
    s: usize,
    /// The entry.
    e: C64,
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
        let gram = product(&s, Op::Adjoint, &s, Op::Plain);
        let entries: Vec<Vec<(usize, usize, C64)>> =
            parameters(targets).iter().map(entry).collect();
        let mut terms = Vec::new();
        for (i, left) in entries.iter().enumerate() {
            for (j, right) in entries.iter().enumerate().take(i + 1) {
                for (p, q, c) in left {
                    for (r, s, d) in right {
                        let e = c.conj() * gram[(*p, *r)] * d * information;
                        terms.push(Term { i, j, q: offset + q, s: offset + s, e });
                    }
                }
            }
        }
        Self { targets: m, parameters: entries.len(), terms }
    }

    /// Number of targets.
    pub(super) const fn targets(&self) -> usize {
        self.targets
    }

    /// Number of parameters.
    pub(super) const fn len(&self) -> usize {
        self.parameters
    }

    /// `F` from `Z`, row by row.
    pub(super) fn fisher(&self, z: &CMat, out: &mut [f64]) {
        let n = self.parameters;
        out.fill(0.0);
        for Term { i, j, q, s, e } in &self.terms {
            let z = z[(*s, *q)];
            out[i * n + j] += e.re * z.re - e.im * z.im;
        }
        for i in 0..n {
            for j in 0..i {
                out[j * n + i] = out[i * n + j];
            }
        }
    }

    /// `Σ |Φ_ij| |e| ‖t_q‖ ‖t_s‖`: the size of the terms that cancel in `F*(Φ)`, for columns t of T.
    pub(super) fn size_of_adjoint(&self, phi: &[f64], columns: &[f64]) -> f64 {
        let n = self.parameters;
        let size = |term: &Term| {
            let both = if term.i == term.j { 1.0 } else { 2.0 };
            let size = term.e.norm() * columns[term.q] * columns[term.s];
            both * phi[term.i * n + term.j].abs() * size
        };
        self.terms.iter().map(size).sum()
    }

    /// Add `weight` times the M of `F*(Φ) = T M Tᴴ`, for a symmetric Φ.
    pub(super) fn add_adjoint(&self, phi: &[f64], weight: f64, out: &mut CMat) {
        let n = self.parameters;
        for Term { i, j, q, s, e } in &self.terms {
            let term = e * (weight * phi[i * n + j]);
            out[(*q, *s)] += term;
            if i != j {
                out[(*s, *q)] += term.conj();
            }
        }
    }
}
