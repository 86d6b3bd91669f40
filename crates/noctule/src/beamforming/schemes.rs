//! The schemes of `beamforming`, a row each: ours here; the paper's and what they are measured
//! against beside their functions.

use serde_json::{Value, json};

use super::band::{each_alone, perfect_knowledge, same_beams};
use super::best_known::best_known;
use super::extended_scheme::{EXTENDED_TARGET, extended_target};
use super::{Beamforming, baselines, design_from};
use crate::claims::Ends;
use crate::system::{Method, Scheme, count, joined};

/// The schemes; `balanced` is what is meant when none is named.
pub(super) const SCHEMES: &[Scheme<Beamforming>] = &joined::<_, { count(TABLES) }>(TABLES);

const TABLES: &[&[Scheme<Beamforming>]] = &[OURS, baselines::SCHEMES];

const OURS: &[Scheme<Beamforming>] = &[
    Scheme::new(
        "balanced",
        "Balanced",
        "Riemannian L-BFGS from several starts: a stationary point of the weighted sum, with \
         `certify` an upper bound",
        &Method::new(design_from),
        Ends::ByResidual,
    ),
    Scheme::new(
        "best-known",
        "Best known",
        "ours from its own starts and from where every other scheme ends: none is better",
        &Method::new(best_known),
        Ends::OwnRule,
    ),
    Scheme::new(
        EXTENDED_TARGET,
        "Extended target",
        "sum rate less ρ tr R⁻¹, a target that is no point, to its global optimum by branch and bound",
        &Method::new(extended_target),
        Ends::OwnRule,
    ),
    Scheme::new(
        "same-beams",
        "Same beams",
        "of a scenario with `ofdm`: the best beams that are the same on every subcarrier, at equal power",
        &Method::new(same_beams),
        Ends::OwnRule,
    ),
    Scheme::new(
        "each-alone",
        "Each alone",
        "of a scenario with `ofdm`: every subcarrier designed by itself with its share of the power",
        &Method::new(each_alone),
        Ends::OwnRule,
    ),
    Scheme::new(
        "perfect-knowledge",
        "Perfect knowledge",
        "of a scenario with `knowledge`: designed for the channels themselves, judged beside the estimates",
        &Method::new(perfect_knowledge),
        Ends::OwnRule,
    ),
];

/// Schemes of a band; the last two have no meaning without one.
pub(super) const OF_A_BAND: [&str; 9] = [
    "balanced",
    "zf",
    "rzf",
    "mrt",
    "sensing-only",
    "wmmse",
    "sharing",
    "same-beams",
    "each-alone",
];

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
