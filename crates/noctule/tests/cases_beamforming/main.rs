//! Reference cases, computed independently of this library.
//!
//! Every file under `tests/cases/beamforming` must be listed in `SHA256SUMS`, must be read to its
//! last field, and must pass with its own tolerance. `NOCTULE_CASES=<folder>` runs further files
//! of the same format (without the list).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod closed_forms;
mod designs;
mod inputs;
mod proofs;
#[path = "../reference/mod.rs"]
mod reference;

use closed_forms::{edge, evaluation, reduction, steering};
use designs::{algorithm1_trace, optimisation, per_antenna, sensing};
use proofs::global_bound;
use reference::Fields;

/// Number of files in the repository; a lost file must not go unnoticed.
const FILES: usize = 17;

#[test]
fn the_list_matches_the_files() {
    reference::the_list_matches_the_files("beamforming", FILES);
}

#[test]
fn every_case_passes() {
    reference::every_case("beamforming", FILES, |name, document| {
        let mut case = Fields::new(name, document);
        let kind = case.text("kind");
        match kind.as_str() {
            "steering" => steering(&mut case),
            "evaluate" => evaluation(&mut case),
            "optimise" => optimisation(&mut case),
            "sensing_only" => sensing(&mut case),
            "alg1_trace" => algorithm1_trace(&mut case),
            "per_antenna" => per_antenna(&mut case),
            "reduction" => reduction(&mut case),
            "edge" => edge(&mut case),
            "global_bound_beamforming" => global_bound(&mut case),
            other => reference::unknown(other, &KINDS),
        }
        case.finish();
    });
}

const KINDS: [&str; 9] = [
    "steering",
    "evaluate",
    "optimise",
    "sensing_only",
    "alg1_trace",
    "per_antenna",
    "reduction",
    "edge",
    "global_bound_beamforming",
];
