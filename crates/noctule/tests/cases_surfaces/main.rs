//! Reference cases of the surfaces system, computed independently of this library.
//!
//! Every file under `tests/cases/surfaces` must be listed in `SHA256SUMS`, must be read to its last
//! field, and must pass with its own tolerance. `NOCTULE_CASES=<folder>` runs further files of the
//! same kinds (without the list).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod closed_forms;
mod designs;
#[path = "../reference/mod.rs"]
mod reference;

use noctule::C64;
use noctule::surfaces::{Elements, Instance, Parts, Select, Settings, SurfacesDesign, verify};
use noctule_phy::cascade::{Cascade, PathLoss, PathWeights, Place};
use noctule_phy::centred_array::CentredArray;
use noctule_phy::geometry::Point;
use serde_json::Value;

use reference::{Fields, numbers};

/// Number of files in the repository; a lost file must not go unnoticed.
const FILES: usize = 11;
const LN_2: f64 = std::f64::consts::LN_2;

#[test]
fn the_list_matches_the_files() {
    reference::the_list_matches_the_files("surfaces", FILES);
}

#[test]
fn every_case_passes() {
    reference::every_case("surfaces", FILES, |name, document| {
        let mut case = Fields::new(name, document);
        case.remark("description");
        case.remark("how");
        let kind = kind(&case);
        match kind {
            "certified" => designs::certified(&mut case),
            "inner" => closed_forms::inner(&mut case),
            "co-located" => designs::co_located(&mut case),
            "bound" => closed_forms::bound(&mut case),
            "geometry" => closed_forms::geometry(&mut case),
            "threshold" => closed_forms::threshold(&mut case),
            "separate" => designs::separate(&mut case),
            "subset" => designs::subset(&mut case),
            _ => closed_forms::theorem2(&mut case),
        }
        case.finish();
    });
}

/// What a file is about; the files do not say, their fields do.
fn kind(case: &Fields) -> &'static str {
    let first = |key: &str| {
        let cases = case.left.get("cases").and_then(Value::as_array);
        cases.is_some_and(|cases| cases[0].get(key).is_some())
    };
    let expects =
        |key: &str| case.left.get("expected").is_some_and(|expected| expected.get(key).is_some());
    if case.has("a_k") {
        "certified"
    } else if case.has("fullcov") || case.has("curve") {
        "inner"
    } else if first("crb_dB") {
        "co-located"
    } else if first("v") {
        "bound"
    } else if expects("rho_BI2") {
        "geometry"
    } else if expects("N_threshold") {
        "threshold"
    } else if expects("certified_interval") {
        "separate"
    } else if case.has("N") {
        "subset"
    } else if first("g") {
        "theorem-2"
    } else {
        let fields: Vec<&str> = case.left.keys().map(String::as_str).collect();
        let found = format!("with the fields {}", fields.join(", "));
        let known = [
            "certified",
            "inner",
            "co-located",
            "bound",
            "geometry",
            "threshold",
            "separate",
            "subset",
            "theorem-2",
        ];
        reference::unknown(&found, &known)
    }
}

fn pair(value: &Value) -> [f64; 2] {
    numbers(value).try_into().unwrap()
}

fn complex(value: &Value) -> Vec<C64> {
    let entry = |z: &Value| {
        let [re, im] = pair(z);
        C64::new(re, im)
    };
    value.as_array().unwrap().iter().map(entry).collect()
}

#[track_caller]
fn close(name: &str, found: f64, expected: f64, relative: f64) {
    let off = (found - expected).abs() / expected.abs().max(f64::MIN_POSITIVE);
    assert!(off <= relative, "{name}: {found} instead of {expected}, off by {off:.1e}");
}

/// The scene of an `input`. Sensing noise, geometry and counts; the limit is set later.
fn instance(case: &mut Fields) -> Instance {
    let mut input = case.inside("input");
    input.remark("note");
    let mut par = input.inside("par");
    let point = |p: [f64; 2]| Point::new(p[0], p[1]);
    let upright = |p: [f64; 2]| Place::new(point(p), 90.0);
    let sites = input.take("sites").as_array().unwrap().iter().map(pair).collect::<Vec<_>>();
    let parts = Parts {
        base: upright(pair(&input.take("bs"))),
        user: upright(pair(&input.take("cu"))),
        target: point(pair(&input.take("target"))),
        sites: sites.into_iter().map(|p| Place::new(point(p), 0.0)).collect(),
        elements: Elements::Each(input.numbers("Nk").iter().map(|n| *n as usize).collect()),
        transmit_antennas: par.number("Mt") as usize,
        user_antennas: par.number("Mr") as usize,
        sensors: par.number("Nr") as usize,
        snapshots: par.number("T") as u32,
        power_w: par.number("P"),
        user_noise_w: par.number("s2"),
        sensing_noise_w: par.number("ss2"),
        loss: PathLoss { reference_gain: par.number("K0"), exponent: par.number("alpha") },
        reflection_gain: par.number("beta2"),
        weights: PathWeights::Max,
        crb_limit: None,
    };
    par.finish();
    input.finish();
    Instance::new(parts).unwrap()
}

fn all_sites(instance: &Instance) -> Vec<usize> {
    (0..instance.sites()).collect()
}

fn cascade(instance: &Instance) -> Cascade {
    instance.cascade(&all_sites(instance))
}

/// The instance that requires the illumination Γ of all its sites.
fn requiring(instance: &Instance, required: f64) -> Instance {
    let limit = cascade(instance).bound_constant() / required;
    instance.with_crb_limit(Some(limit)).unwrap()
}

fn all() -> Settings {
    Settings { select: Select::All, ..Settings::default() }
}

/// The witness agrees, unit modulus and requirement hold to 1e-9.
#[track_caller]
fn witnessed(instance: &Instance, design: &SurfacesDesign) {
    let witness = verify(instance, &design.variables).unwrap();
    assert!(witness.mismatch(design.metrics.rate_nats) < 1e-9, "{witness:?}");
    assert!(witness.violation < 1e-9, "{witness:?}");
}

/// Responses of the cases are ours: i − (M − 1)/2, positive sign.
#[test]
fn the_convention_of_responses() {
    let a = CentredArray::new(2).response(0.5);
    assert!((a[0] - C64::from_polar(1.0, -std::f64::consts::FRAC_PI_4)).norm() < 1e-15);
}
