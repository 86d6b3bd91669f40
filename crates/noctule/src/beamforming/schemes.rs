//! The schemes of `beamforming`: ours, the paper's, and what they are measured against; a row
//! each.

use serde_json::{Value, json};

#[cfg(feature = "sdp")]
use super::baselines::wmmse_sdr_conic;
use super::baselines::{
    algorithm1, barzilai_borwein, conjugate_gradient, fp_sgda, mrt, projected_gradient, rzf,
    sensing_only, wmmse, wmmse_sdr, zf,
};
use super::best_known::best_known;
use super::{Beamforming, design_from};
use crate::system::{Method, Scheme};

/// The schemes; `balanced` is what is meant when none is named.
pub(super) const SCHEMES: &[Scheme<Beamforming>] = &[
    Scheme::new(
        "balanced",
        "Balanced",
        "Riemannian L-BFGS from several starts: a stationary point of the weighted sum, with \
         `certify` an upper bound",
        &Method::new(design_from),
    ),
    Scheme::new(
        "best-known",
        "Best known",
        "ours from its own starts and from where every other scheme ends: none is better",
        &Method::new(best_known),
    ),
    Scheme::new(
        "sensing-only",
        "Sensing only",
        "the smallest Cramér–Rao bound, users ignored: proven globally optimal by the \
         Frank–Wolfe gap",
        &Method::new(sensing_only),
    ),
    Scheme::new(
        "wmmse",
        "WMMSE, communication only",
        "weighted MMSE, targets ignored: a stationary point of the sum rate",
        &Method::new(wmmse),
    ),
    Scheme::new(
        "rzf",
        "RZF",
        "regularised zero forcing, equal power: closed form",
        &Method::new(rzf),
    ),
    Scheme::new(
        "zf",
        "ZF",
        "zero forcing, power water-filled over the users: closed form",
        &Method::new(zf),
    ),
    Scheme::new("mrt", "MRT", "matched filters, equal power: closed form", &Method::new(mrt)),
    Scheme::new(
        "algorithm-1",
        "Algorithm 1",
        "successive convex approximation of T. Fang et al.: as far as its tolerance goes",
        &Method::new(algorithm1),
    ),
    Scheme::new(
        "projected-gradient",
        "Projected gradient",
        "gradient ascent on the sphere with a line search: a stationary point",
        &Method::new(projected_gradient),
    ),
    Scheme::new(
        "barzilai-borwein",
        "Barzilai–Borwein",
        "gradient ascent with the step of Barzilai and Borwein, not monotone: a stationary \
         point",
        &Method::new(barzilai_borwein),
    ),
    Scheme::new(
        "conjugate-gradient",
        "Conjugate gradient",
        "Riemannian conjugate gradients: a stationary point",
        &Method::new(conjugate_gradient),
    ),
    Scheme::new(
        "fp-sgda",
        "FP-SGDA",
        "smoothed gradient ascent with a fixed step, after M. Zhu et al.: no guarantee",
        &Method::new(fp_sgda),
    ),
    Scheme::new(
        "wmmse-sdr",
        "WMMSE-SDR",
        "one convex program after the other, in the corrected, monotone form; each solved as a \
         factor and certified by its dual",
        &Method::new(wmmse_sdr),
    ),
    Scheme::new(
        "wmmse-sdr-conic",
        "WMMSE-SDR by a conic solver",
        "the same programs by a semidefinite interior-point solver, for timing; only in builds \
         with the feature `sdp`",
        &Method::new(wmmse_sdr_conic),
    )
    .unless(cfg!(feature = "sdp"), NO_CONES),
];

const NO_CONES: &str = "needs a build with the feature `sdp` and the system's OpenBLAS; \
                        `wmmse-sdr` solves the same programs without";

/// The place of a scheme that is not part of this build: refused by name.
#[cfg(not(feature = "sdp"))]
fn wmmse_sdr_conic(
    _: &super::Instance,
    _: &super::baselines::FromStart<super::baselines::WmmseSdrSettings>,
    _: &crate::Run<'_, super::Beams>,
) -> Result<super::BeamformingDesign, crate::Error> {
    let what = "this scheme is not part of this build";
    Err(crate::InputError::new(what, "scheme", "wmmse-sdr-conic", "wmmse-sdr").into())
}

/// Who takes part in `noctule bench`: whole designs as people use them, then one start for all.
pub(super) fn contenders() -> Vec<(&'static str, &'static str, Value)> {
    let rows = 100_000;
    vec![
        ("balanced", "balanced", json!({ "starts": 1, "trace_rows": rows })),
        ("balanced-4", "balanced", json!({})),
        ("conjugate-gradient", "conjugate-gradient", json!({ "trace": true })),
        ("barzilai-borwein", "barzilai-borwein", json!({ "trace": true })),
        ("projected-gradient", "projected-gradient", json!({ "trace": true })),
        (
            "algorithm-1",
            "algorithm-1",
            json!({ "tolerance": 1e-9, "max_iterations": 20_000, "trace": true }),
        ),
        (
            "algorithm-1-full",
            "algorithm-1",
            json!({
                "tolerance": 1e-9, "max_iterations": 20_000, "reduced": false, "trace": true
            }),
        ),
        ("algorithm-1-loose", "algorithm-1", json!({ "trace": true })),
        ("fp-sgda", "fp-sgda", json!({ "trace": true })),
        ("wmmse-sdr", "wmmse-sdr", json!({ "max_programs": 60, "trace": true })),
        ("wmmse", "wmmse", json!({})),
        ("zf", "zf", json!({})),
        ("rzf", "rzf", json!({})),
        ("mrt", "mrt", json!({})),
    ]
}
