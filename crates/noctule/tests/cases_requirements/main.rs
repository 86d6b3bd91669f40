//! Reference cases of requirements, computed independently of this library.
//!
//! Every file under `tests/cases/requirements` must be listed in `SHA256SUMS`, must be read to its
//! last field, and must pass with its own tolerance. `NOCTULE_CASES=<folder>` runs further files of
//! the same kinds. Every file that cannot be read or does not pass is named.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod designs;
mod metrics;
mod rates;
#[path = "../reference/mod.rs"]
mod reference;
mod world;

use noctule::CMat;
use noctule::beamforming::requirements::Found;
use serde_json::Value;

use designs::{infeasible_cap, infeasible_sinr, min_metric, min_power, robust, single_user};
use metrics::{extended, formulas, sensing_metrics, sinr, steering};
use rates::{frontier, max_min, rate};
use reference::Fields;

/// Number of files in the repository; a lost file must not go unnoticed.
const FILES: usize = 29;

#[test]
fn the_list_matches_the_files() {
    reference::the_list_matches_the_files("requirements", FILES);
}

#[test]
fn every_case_passes() {
    reference::every_case("requirements", FILES, case);
}

const KINDS: [&str; 15] = [
    "steering",
    "sensing_metrics",
    "extended_mi_pattern",
    "sinr",
    "certificate_formulas",
    "min_metric_sinr",
    "min_power",
    "infeasible_sinr",
    "infeasible_cap",
    "max_min_rate",
    "sum_rate_caps",
    "sum_log_rate_caps",
    "frontier",
    "robust_angle",
    "single_user_closed_form",
];

/// What a file holds.
struct Check {
    i: Fields,
    e: Fields,
    a: Fields,
}

fn case(name: &str, document: Value) {
    let mut fields = Fields::new(name, document);
    let kind = fields.text("kind");
    if !KINDS.contains(&kind.as_str()) {
        reference::unknown(&kind, &KINDS);
    }
    fields.remark("obtained");
    let mut check = Check {
        i: fields.inside("inputs"),
        e: fields.inside("expected"),
        a: fields.inside("accept"),
    };
    fields.finish();
    match kind.as_str() {
        "steering" => steering(&mut check),
        "sensing_metrics" => sensing_metrics(&mut check),
        "sinr" => sinr(&mut check),
        "extended_mi_pattern" => extended(&mut check),
        "certificate_formulas" => formulas(&mut check),
        "min_metric_sinr" => min_metric(&mut check),
        "min_power" => min_power(&mut check),
        "infeasible_sinr" => infeasible_sinr(&mut check),
        "infeasible_cap" => infeasible_cap(&mut check),
        "sum_rate_caps" | "sum_log_rate_caps" => rate(&mut check, kind == "sum_log_rate_caps"),
        "max_min_rate" => max_min(&mut check),
        "frontier" => frontier(&mut check),
        "robust_angle" => robust(&mut check),
        "single_user_closed_form" => single_user(&mut check),
        other => reference::unknown(other, &KINDS),
    }
    for fields in [check.i, check.e, check.a] {
        fields.finish();
    }
}

fn close(name: &str, found: f64, expected: f64, relative: f64) {
    let error = (found - expected).abs() / expected.abs().max(f64::MIN_POSITIVE);
    assert!(error <= relative, "{name}: {found} instead of {expected}, {error:e} off");
}

fn close_matrix(name: &str, found: &CMat, expected: &CMat, relative: f64) {
    assert_eq!((found.rows(), found.cols()), (expected.rows(), expected.cols()), "{name}");
    let difference: f64 = found
        .as_slice()
        .iter()
        .zip(expected.as_slice())
        .map(|(a, b)| (a - b).norm_sqr())
        .sum::<f64>()
        .sqrt();
    let size = expected.norm();
    assert!(difference <= relative * size, "{name}: {:e} off", difference / size);
}

fn told(name: &str, found: &Found) {
    println!(
        "  {name}: {} bound {:?} violation {:.1e} evaluations {}",
        found.value, found.bound, found.violation, found.evaluations
    );
}
