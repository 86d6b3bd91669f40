//! Reference cases, computed independently of this library.
//!
//! Every file under `tests/cases/cellfree` must be listed in `SHA256SUMS`, must be read to its last
//! field, and must pass with its own tolerance. `NOCTULE_CASES=<folder>` runs further files of the
//! same format (without the list).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod designs;
mod model;
#[path = "../reference/mod.rs"]
mod reference;

use noctule::cellfree::{Instance, Parts, Requirement};
use noctule::{C64, CMat};
use noctule_phy::aggregated::Covariance;
use noctule_phy::geometry::Point;
use serde_json::Value;

use reference::{Fields, matrix, numbers};

/// Number of files in the repository; a lost file must not go unnoticed.
const FILES: usize = 14;

#[test]
fn the_list_matches_the_files() {
    reference::the_list_matches_the_files("cellfree", FILES);
}

#[test]
fn every_case_passes() {
    reference::every_case("cellfree", FILES, |name, document| {
        let kind = kind(&document);
        let mut case = Fields::new(name, document);
        for remark in ["what", "conv", "how", "kind", "notes", "obtained"] {
            case.remark(remark);
        }
        match kind {
            "gains" => model::gains(&mut case),
            "association" => model::association(&mut case),
            "statistics" => model::statistics(&mut case),
            "statistics from places" => model::statistics_from_places(&mut case),
            "rates" => model::rates(&mut case),
            "patterns" => model::patterns(&mut case),
            "updates" => model::updates(&mut case),
            "p2" => designs::communication(&mut case),
            "p3" => designs::region(&mut case),
            "baselines" => designs::baselines(&mut case),
            "edge" => designs::edge(&mut case),
            "p1 certificate" => designs::p1_certificate(&mut case),
            "bound" => designs::global_bound(&mut case),
            _ => {
                let fields: Vec<&str> = case.left.keys().map(String::as_str).collect();
                let mut kinds = KINDS.map(|(.., kind)| kind).to_vec();
                kinds.extend(["updates", "patterns", "p1 certificate", "bound"]);
                reference::unknown(&format!("with the fields {}", fields.join(", ")), &kinds)
            }
        }
        case.finish();
    });
}

/// A field that tells what a case is about.
const KINDS: [(&str, &str, &str); 9] = [
    ("expected", "doa", "gains"),
    ("expected", "clusters", "association"),
    ("inputs", "b_ua", "statistics"),
    ("inputs", "p_db", "statistics from places"),
    ("expected", "f3", "rates"),
    ("expected", "R_mrt_start", "p2"),
    ("expected", "points", "p3"),
    ("expected", "mrt", "baselines"),
    ("inputs", "P", "edge"),
];

/// The kind of a case; most files do not name it, but their fields do.
fn kind(document: &Value) -> &'static str {
    let has = |part: &str, key: &str| document[part].get(key).is_some();
    match document["kind"].as_str() {
        Some("p1_certificate") => return "p1 certificate",
        Some(kind) if kind.starts_with("global_bound_cellfree") => return "bound",
        _ => {}
    }
    match document["cases"].get(0) {
        Some(first) if first.get("Q").is_some() => return "updates",
        Some(_) => return "patterns",
        None => {}
    }
    for (part, key, kind) in KINDS {
        if has(part, key) {
            return kind;
        }
    }
    "unknown"
}

impl Fields {
    /// Points in kilometres.
    fn points(&mut self, key: &str) -> Vec<Point> {
        self.table(key).iter().map(|p| Point::new(1000.0 * p[0], 1000.0 * p[1])).collect()
    }

    fn matrices(&mut self, key: &str) -> Vec<CMat> {
        self.take(key).as_array().unwrap().iter().map(matrix).collect()
    }

    fn groups(&mut self, key: &str) -> Vec<Vec<usize>> {
        groups(&self.take(key))
    }
}

pub(crate) fn groups(value: &Value) -> Vec<Vec<usize>> {
    let list = |v: &Value| numbers(v).into_iter().map(|x| x as usize).collect();
    value.as_array().unwrap().iter().map(list).collect()
}

pub(crate) fn distance(a: &[C64], b: &[C64]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).norm()).fold(0.0, f64::max)
}

/// max |x − y| / max |y|.
#[track_caller]
pub(crate) fn near(found: &[C64], expected: &[C64], rel: f64, what: &str) {
    let scale = expected.iter().map(|z| z.norm()).fold(f64::MIN_POSITIVE, f64::max);
    let far = distance(found, expected) / scale;
    assert!(far <= rel, "{what}: {far:e} > {rel:e}");
}

#[track_caller]
pub(crate) fn near_real(found: &[f64], expected: &[f64], rel: f64, what: &str) {
    let wrap = |x: &[f64]| x.iter().map(|x| C64::from(*x)).collect::<Vec<_>>();
    near(&wrap(found), &wrap(expected), rel, what);
}

#[track_caller]
pub(crate) fn close(found: f64, expected: f64, rel: f64, what: &str) {
    near_real(&[found], &[expected], rel, what);
}

pub(crate) fn instance(inputs: &mut Fields, requirement: Requirement) -> Instance {
    let (aps, n, users) = (inputs.count("M"), inputs.count("N"), inputs.count("K"));
    let h = inputs.matrix("h");
    let thetas = inputs.matrices(if inputs.has("Th") { "Th" } else { "Theta" });
    let angles = inputs.inside(if inputs.has("theta_rad") { "theta_rad" } else { "theta" });
    inputs.remark("grid");
    let mut targets_rad = vec![Vec::new(); aps];
    for (ap, angle) in angles.left {
        targets_rad[ap.parse::<usize>().unwrap()].push(angle.as_f64().unwrap());
    }
    assert_eq!((h.rows(), h.cols()), (users, aps * n));
    Instance::new(Parts {
        antennas: n,
        channels: CMat::from_fn(aps * n, users, |i, k| h[(k, i)]),
        error: thetas.iter().map(|t| Covariance::from_dense(t, n).unwrap()).collect(),
        power_over_noise: vec![1.0; aps],
        targets_rad,
        window_rad: inputs.number("dtheta_deg").to_radians(),
        grid_points: inputs.count("Ngrid"),
        spacing: inputs.number("spacing"),
        requirement,
        payload_symbols: 1.0,
    })
    .unwrap()
}
