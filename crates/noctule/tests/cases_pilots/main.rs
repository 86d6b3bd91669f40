//! Reference cases of `pilots`, computed independently of this library.
//!
//! Every file under `tests/cases/pilots` must be listed in `SHA256SUMS`, must be read to its last
//! field, and must pass with its own tolerance. `NOCTULE_CASES=<folder>` runs further files of the
//! same kinds (their names begin with `p` and a number; without the list). Every file that cannot be
//! read or does not pass is named.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod formulas;
mod optima;
#[path = "../reference/mod.rs"]
mod reference;

use noctule::pilots::{Allocation, Parts, PilotUse, Sensing};
use noctule::{C64, CMat};
use noctule_phy::geometry::Point;
use noctule_phy::multistatic::Information;
use serde_json::Value;

use reference::Fields;

/// Number of files in the repository; a lost file must not go unnoticed.
const FILES: usize = 17;

#[test]
fn the_list_matches_the_files() {
    reference::the_list_matches_the_files("pilots", FILES);
}

#[test]
fn every_case_passes() {
    reference::every_case("pilots", FILES, case);
}

/// The kinds, the first three letters of a case's name.
const KINDS: [&str; 14] = [
    "p01", "p02", "p03", "p04", "p05", "p06", "p07", "p08", "p09", "p10", "p11", "p12", "p13",
    "p14",
];

fn case(name: &str, document: Value) {
    let told = document["name"].as_str().unwrap_or(name).to_owned();
    let kind = told.get(..3).unwrap_or(&told).to_owned();
    if !KINDS.contains(&kind.as_str()) {
        reference::unknown(&told, &KINDS);
    }
    let mut case = Fields::new(&told, document);
    for remark in ["name", "paper", "description", "how_obtained"] {
        case.text(remark);
    }
    let mut check =
        Check { i: case.inside("inputs"), e: case.inside("expected"), t: case.inside("tolerance") };
    case.finish();
    match kind.as_str() {
        "p01" => formulas::path_loss(&mut check),
        "p02" => formulas::gain_statistics(&mut check),
        "p03" => formulas::normalised_error(&mut check),
        "p04" => formulas::crb(&mut check),
        "p05" | "p06" | "p14" => optima::optimum(&mut check),
        "p07" => optima::best_limit(&mut check),
        "p08" => formulas::linearisation(&mut check),
        "p09" => optima::radar_power(&mut check),
        "p10" => optima::end_to_end(&mut check),
        "p11" => formulas::weighted_ranges(&mut check),
        "p12" => formulas::offsets(&mut check),
        "p13" => optima::minimum_power(&mut check),
        other => reference::unknown(other, &KINDS),
    }
    for fields in [check.i, check.e, check.t] {
        fields.finish();
    }
}

#[test]
fn a_file_of_no_kind_and_a_field_nobody_reads_are_named() {
    let words = |document: Value| {
        let run = std::panic::AssertUnwindSafe(|| case("mine", document));
        reference::words(&*std::panic::catch_unwind(run).unwrap_err())
    };
    let unknown = words(serde_json::json!({ "description": "not named p and a number" }));
    assert!(unknown.contains("`mine`") && unknown.contains("p01, p02"), "{unknown}");
    let unread = words(serde_json::json!({
        "name": "p01_mine", "paper": "", "description": "", "how_obtained": "", "inputs": {},
        "expected": {}, "tolerance": {}, "remarks": 1
    }));
    assert!(unread.contains("p01_mine") && unread.contains("remarks"), "{unread}");
}

struct Check {
    i: Fields,
    e: Fields,
    t: Fields,
}

impl Fields {
    fn flat(&mut self, key: &str) -> Vec<f64> {
        self.table(key).concat()
    }

    fn points(&mut self, key: &str) -> Vec<Point> {
        self.table(key).iter().map(|p| Point::new(p[0], p[1])).collect()
    }
}

fn close(name: &str, found: f64, expected: f64, relative: f64) {
    let error = (found - expected).abs() / expected.abs().max(f64::MIN_POSITIVE);
    assert!(error <= relative, "{name}: {found} instead of {expected}, {error:e} off");
}

fn close_all(name: &str, found: &[f64], expected: &[f64], relative: f64) {
    assert_eq!(found.len(), expected.len(), "{name}");
    for (f, e) in found.iter().zip(expected) {
        close(name, *f, *e, relative);
    }
}

fn close_complex(name: &str, found: &[C64], expected: &[C64], relative: f64) {
    assert_eq!(found.len(), expected.len(), "{name}");
    for (f, e) in found.iter().zip(expected) {
        assert!((f - e).norm() <= relative * e.norm(), "{name}: {f} instead of {e}");
    }
}

/// Parts without radar, with given γ or none.
fn bare(users: usize, channel_gain: Vec<f64>, estimate_gain: Option<Vec<f64>>, sd: f64) -> Parts {
    Parts {
        users,
        channel_gain,
        estimate_gain,
        uplink_energy: 1.0,
        downlink_energy: sd,
        uplink_gram: CMat::identity(users),
        downlink_gram: CMat::identity(users),
        sensing: None,
        crb_limit_m2: None,
        bandwidth_hz: 2e7,
        array_gain: 1.0,
        data_power: 1.0,
    }
}

/// Pilots with the squared products `c`: a real Gram, which is one for the sizes that occur.
fn gram_of_squares(c: &[Vec<f64>]) -> CMat {
    CMat::from_fn(c.len(), c.len(), |i, j| C64::from(if i == j { 1.0 } else { c[i][j].sqrt() }))
}

fn allocation(x: &[Vec<f64>]) -> Allocation {
    Allocation { fractions: x.concat(), users: x[0].len(), pilots: PilotUse::Downlink }
}

fn information(i: &mut Fields) -> Sensing {
    let (a, b, c) = (i.flat("ra"), i.flat("rb"), i.flat("rc"));
    let all = (0..a.len()).map(|n| Information { xx: a[n], yy: b[n], xy: c[n] });
    Sensing::Known(all.collect())
}
