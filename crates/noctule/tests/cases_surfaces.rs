//! Reference cases of the surfaces system, computed independently of this library.
//!
//! Every file under `tests/cases/surfaces` must be listed in `SHA256SUMS`, must be read to its last
//! field, and must pass with its own tolerance. `NOCTULE_CASES=<folder>` runs further files of the
//! same kinds (without the list).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod reference;

use noctule::surfaces::baselines::{
    AlternatingSettings, TimeSwitchingSettings, alternating, time_switching,
};
use noctule::surfaces::covariance::CovarianceSolver;
use noctule::surfaces::curve::Curve;
use noctule::surfaces::power::{Allocator, Case};
use noctule::surfaces::{
    Elements, Instance, Link, Parts, Select, Settings, Start, SurfacesDesign, dedicated_signal,
    full_covariance, verify,
};
use noctule::{C64, CMat, Interrupt};
use noctule_phy::cascade::{Cascade, PathLoss, PathWeights, Place, element_threshold};
use noctule_phy::centred_array::CentredArray;
use noctule_phy::geometry::Point;
use noctule_phy::units::linear_from_db;
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
            "certified" => certified(&mut case),
            "inner" => inner(&mut case),
            "co-located" => co_located(&mut case),
            "bound" => bound(&mut case),
            "geometry" => geometry(&mut case),
            "threshold" => threshold(&mut case),
            "separate" => separate(&mut case),
            "subset" => subset(&mut case),
            _ => theorem2(&mut case),
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

fn theorem2(case: &mut Fields) {
    let mut tolerance = case.inside("tolerance");
    let (rate, power, covariance) = (
        tolerance.number("rate_rel"),
        tolerance.number("p_abs"),
        tolerance.number("rate_full_covariance_rel"),
    );
    tolerance.finish();
    for mut one in case.list("cases") {
        let (g, w) = (one.numbers("g"), one.numbers("w"));
        let (p, gamma) = (one.number("P"), one.number("Gamma"));
        let mut expected = one.inside("expected");
        let mut allocator = Allocator::new(g.len());
        let found = allocator.allocate(&g, &w, p, gamma);
        let name = one.name.clone();
        let case = expected.text("case");
        match found {
            None => assert_eq!(case, "infeasible", "{name}"),
            Some(found) => {
                let word = match found.case {
                    Case::I => "I",
                    Case::II => "II",
                    Case::III => "III",
                };
                assert_eq!(word, case, "{name}");
                close(&name, found.rate_nats / LN_2, expected.number("rate"), rate);
                for (a, b) in allocator.powers().iter().zip(expected.numbers("p")) {
                    assert!((a - b).abs() <= power, "{name}: {a} {b}");
                }
                assert!((found.sensing_power - expected.number("ps")).abs() <= power, "{name}");
                if expected.has("rate_full_covariance") {
                    let full = full_rate(&g, &w, p, gamma);
                    close(&name, full, expected.number("rate_full_covariance"), covariance);
                    assert!(full >= found.rate_nats / LN_2 * (1.0 - 1e-12), "{name}");
                }
            }
        }
        expected.finish();
        one.finish();
    }
}

fn full_rate(d: &[f64], w: &[f64], power: f64, required: f64) -> f64 {
    let total: f64 = w.iter().sum();
    let overlaps: Vec<f64> = d.iter().zip(w).map(|(d, w)| d * w / total).collect();
    CovarianceSolver::new().solve(d, &overlaps, power, required / (power * total)).rate_nats / LN_2
}

fn inner(case: &mut Fields) {
    let mut tolerance = case.inside("tolerance");
    let relative = tolerance.number("relative");
    tolerance.finish();
    if case.has("fullcov") {
        for mut one in case.list("fullcov") {
            let (d, w) = (one.numbers("d"), one.numbers("w"));
            let found = full_rate(&d, &w, one.number("P"), one.number("Gamma"));
            close(&one.name.clone(), found, one.number("expected_rate"), relative);
            one.finish();
        }
    }
    if case.has("curve") {
        for mut one in case.list("curve") {
            let curve = Curve::new(one.number("N") as usize, one.number("delta"));
            let (alpha, psi) = (one.number("alpha"), one.number("psi"));
            let point = curve.point(alpha, psi);
            let name = one.name.clone();
            close(&name, curve.support(alpha, psi), one.number("support"), relative);
            close(&name, point.user, one.number("abs_z"), relative);
            close(&name, point.target, one.number("abs_y"), relative);
            one.finish();
        }
    }
}

fn geometry(case: &mut Fields) {
    let cascade = cascade(&instance(case));
    let mut tolerance = case.inside("tolerance");
    // both are absolute for the numbers of this file
    let (relative, absolute) = (tolerance.number("rel"), tolerance.number("abs"));
    tolerance.finish();
    let mut expected = case.inside("expected");
    let mut column = |key: &str, of: fn(&noctule_phy::cascade::SurfacePath) -> f64| {
        for (path, expected) in cascade.paths.iter().zip(expected.numbers(key)) {
            let off = (of(path) - expected).abs();
            assert!(off <= absolute + relative * expected.abs(), "{key}: {off:e}");
        }
    };
    column("rho_BI2", |p| p.base_gain);
    column("rho_IU2", |p| p.user_gain);
    column("rho_IT2", |p| p.target_gain);
    column("mu_BI_D", |p| p.base_departure);
    column("mu_BI_A", |p| p.surface_arrival);
    column("mu_IU_D", |p| p.user_departure);
    column("mu_IU_A", |p| p.user_arrival);
    let (base, _) = cascade.coherence();
    assert!((base - expected.number("VhV_offdiag_max")).abs() <= 1e-10);
    expected.finish();
}

fn threshold(case: &mut Fields) {
    let mut tolerance = case.inside("tolerance");
    let relative = tolerance.number("rel");
    tolerance.finish();
    let mut par = case.inside("par");
    let (bi, iu) = (case.numbers("rho_BI2"), case.numbers("rho_IU2"));
    let path = |(&base_gain, &user_gain): (&f64, &f64)| noctule_phy::cascade::SurfacePath {
        elements: 1,
        base_gain,
        user_gain,
        target_gain: 1.0,
        base_departure: 0.0,
        surface_arrival: 0.0,
        user_departure: 0.0,
        user_arrival: 0.0,
        target_departure: 0.0,
    };
    let power = par.number("P");
    let cascade = Cascade {
        transmit_antennas: par.number("Mt") as usize,
        user_antennas: par.number("Mr") as usize,
        sensors: par.number("Nr") as usize,
        snapshots: par.number("T") as u32,
        user_noise_w: par.number("s2"),
        sensing_noise_w: par.number("ss2"),
        reflection_gain: par.number("beta2"),
        weights: PathWeights::Max,
        paths: bi.iter().zip(&iu).map(path).collect(),
    };
    // the gains are given: the law of distance has nothing to say
    assert!(par.number("K0") > 0.0 && par.number("alpha") >= 0.0);
    par.finish();
    let gamma = case.number("Gamma");
    let found = element_threshold(&cascade, power, gamma);
    let mut expected = case.inside("expected");
    close("N", found.elements, expected.number("N_threshold"), relative);
    close("sensing", found.sensing, expected.number("radicand_sensing"), relative);
    close("streams", found.all_streams, expected.number("radicand_rank"), relative);
    expected.finish();
    // exact: case II with all streams if and only if above the threshold
    for (factor, above) in [(0.97, false), (1.03, true)] {
        let n = factor * found.elements / bi.len() as f64;
        let scale = |x: f64| x * n * n;
        let all = 0..bi.len();
        let gains: Vec<f64> = all.clone().map(|k| scale(cascade.stream_gain(k))).collect();
        let weights: Vec<f64> = all.map(|k| scale(cascade.sensing_weight(k))).collect();
        let mut allocator = Allocator::new(gains.len());
        let allocation = allocator.allocate(&gains, &weights, power, gamma);
        let all_active = allocator.powers().iter().all(|p| *p > 0.0);
        let holds = allocation.is_some_and(|a| a.case == Case::II) && all_active;
        assert_eq!(holds, above, "{factor}");
    }
}

fn bound(case: &mut Fields) {
    let mut tolerance = case.inside("tolerance");
    let relative = tolerance.number("rel");
    tolerance.finish();
    for mut one in case.list("cases") {
        let max = cascade(&instance(&mut one));
        let phases: Vec<Vec<C64>> = one.take("v").as_array().unwrap().iter().map(complex).collect();
        let rows: Vec<Vec<C64>> = one.take("Rx").as_array().unwrap().iter().map(complex).collect();
        let r = CMat::from_fn(rows.len(), rows.len(), |i, j| rows[i][j]);
        let exact = Cascade { weights: PathWeights::Exact, ..max.clone() };
        let mut expected = one.inside("expected");
        let powers = max.illumination(&phases).powers(&r);
        close("(16)", max.crb(powers), expected.number("crb16_max_approx"), relative);
        close("(21)", max.crb_aligned(powers), expected.number("crb21_bound"), relative);
        let powers = exact.illumination(&phases).powers(&r);
        close("exact", exact.crb(powers), expected.number("crb16_exact_path"), relative);
        expected.finish();
        one.finish();
    }
}

fn co_located(case: &mut Fields) {
    let mut tolerance = case.inside("tolerance");
    let relative = tolerance.number("rel");
    tolerance.finish();
    for mut one in case.list("cases") {
        let instance = instance(&mut one);
        let limit = linear_from_db(one.number("crb_dB"));
        let instance = instance.with_crb_limit(Some(limit)).unwrap();
        let name = one.name.clone();
        let mut expected = one.inside("expected");
        let cascade = cascade(&instance);
        let link = Link::new(&instance, &cascade);
        if expected.has("Gamma_s") {
            close(&name, link.required, expected.number("Gamma_s"), relative);
        }
        let (gains, weights) = link.aligned();
        let mut allocator = Allocator::new(gains.len());
        let found = allocator.allocate(&gains, &weights, link.power, link.required);
        let word = found.map_or("infeasible".to_owned(), |found| format!("{:?}", found.case));
        assert_eq!(word, expected.text("case"), "{name}");
        let interrupt = Interrupt::new();
        let dedicated = dedicated_signal(&instance, &all(), &interrupt).unwrap();
        let full = full_covariance(&instance, &all(), &interrupt).unwrap();
        if found.is_none() {
            assert!(dedicated.proof.infeasible.is_some() && full.proof.infeasible.is_some());
        } else {
            close(&name, dedicated.metrics.rate_bps_hz, expected.number("rate"), relative);
            witnessed(&instance, &dedicated);
            let rate = full.metrics.rate_bps_hz;
            close(&name, rate, expected.number("rate_full_covariance"), relative);
            witnessed(&instance, &full);
            assert!(full.proof.is_global(1e-9) && dedicated.proof.is_global(1e-9));
        }
        expected.finish();
        one.finish();
    }
}

fn subset(case: &mut Fields) {
    let instance = instance(case);
    let mut tolerance = case.inside("tolerance");
    tolerance.remark("note");
    let relative = tolerance.number("rel");
    tolerance.finish();
    let limit = linear_from_db(case.number("crb_dB"));
    let parts = Parts {
        elements: Elements::Shared(case.number("N") as usize),
        crb_limit: Some(limit),
        ..instance.parts().clone()
    };
    let instance = Instance::new(parts).unwrap();
    let interrupt = Interrupt::new();
    let design = dedicated_signal(&instance, &Settings::default(), &interrupt).unwrap();
    let mut expected = case.inside("expected");
    if expected.text("case") == "infeasible" {
        assert!(design.proof.infeasible.is_some());
    } else {
        close("rate", design.metrics.rate_bps_hz, expected.number("rate"), relative);
        witnessed(&instance, &design);
    }
    // mirror-symmetric subsets tie: the number of surfaces must agree, and the rate did
    let subset = expected.numbers("subset_0based");
    assert_eq!(design.variables.sites.len(), subset.len());
    for (key, always_sense) in
        [("time_switching_both_phases_sense", true), ("time_switching_dedicated_only", false)]
    {
        let settings = TimeSwitchingSettings { always_sense, ..Default::default() };
        let switched = time_switching(&instance, &settings, &interrupt).unwrap();
        close(key, switched.metrics.rate_bps_hz, expected.number(key), relative);
        witnessed(&instance, &switched);
    }
    expected.finish();
}

fn separate(case: &mut Fields) {
    let scene = instance(case);
    let instance = requiring(&scene, case.number("Gamma_s"));
    let mut tolerance = case.inside("tolerance");
    tolerance.remark("rule");
    tolerance.finish();
    let mut expected = case.inside("expected");
    let interval = expected.numbers("certified_interval");
    let interrupt = Interrupt::new();
    for certify in [false, true] {
        let settings = Settings { certify, ..all() };
        let design = dedicated_signal(&instance, &settings, &interrupt).unwrap();
        let rate = design.metrics.rate_bps_hz;
        assert!(rate >= interval[0] * (1.0 - 1e-3) && rate <= interval[1] * (1.0 + 1e-9), "{rate}");
        witnessed(&instance, &design);
        assert!(!certify || design.proof.is_global(1e-3));
    }
    let sweep = alternating(&instance, &AlternatingSettings::default(), &interrupt).unwrap();
    let earlier = expected.number("earlier_best_known_rate");
    println!("sweep and majorise {} (earlier {earlier})", sweep.metrics.rate_bps_hz);
    assert!(sweep.metrics.rate_bps_hz >= earlier * (1.0 - 1e-2));
    let settings = AlternatingSettings { start: Start::Sensing, ..Default::default() };
    let stalled = alternating(&instance, &settings, &interrupt).unwrap();
    let rate = expected.number("alternating_from_sensing_start");
    close("stalled", stalled.metrics.rate_bps_hz, rate, 1e-6);
    witnessed(&instance, &stalled);
    expected.finish();
}

fn certified(case: &mut Fields) {
    let scene = instance(case);
    let instance = requiring(&scene, case.number("Gamma_s"));
    let cascade = cascade(&instance);
    let link = Link::new(&instance, &cascade);
    for (key, found) in [("a_k", &link.gains), ("b_k", &link.weights), ("delta_k", &link.steps)] {
        for (found, expected) in found.iter().zip(case.numbers(key)) {
            close(key, *found, expected, 1e-9);
        }
    }
    let mut tolerance = case.inside("tolerance");
    tolerance.remark("rule");
    tolerance.finish();
    let mut expected = case.inside("expected");
    let lower = expected.number("global_rate_lower");
    let upper = expected.number("global_rate_upper");
    assert!(expected.number("root_lagrangian_bound") >= lower);

    // the witness of the file: its points are on our curves, its powers the optimal ones
    let mut witness = expected.inside("witness");
    let (alpha, psi) = (witness.numbers("alpha"), witness.numbers("psi"));
    let points: Vec<_> = (0..alpha.len())
        .map(|k| Curve::new(link.elements[k], link.steps[k]).point(alpha[k], psi[k]))
        .collect();
    for (key, of) in [("abs_qc_v", 0), ("abs_qs_v", 1)] {
        for (point, expected) in points.iter().zip(witness.numbers(key)) {
            let found = if of == 0 { point.user } else { point.target };
            close(key, found, expected, 1e-6);
        }
    }
    let gains: Vec<f64> = points.iter().zip(&link.gains).map(|(p, a)| a * p.user.powi(2)).collect();
    let weights: Vec<f64> =
        points.iter().zip(&link.weights).map(|(p, b)| b * p.target.powi(2)).collect();
    let mut allocator = Allocator::new(gains.len());
    let found = allocator.allocate(&gains, &weights, link.power, link.required).unwrap();
    close("witness", found.rate_nats / LN_2, lower, 1e-6);
    for (p, expected) in allocator.powers().iter().zip(witness.numbers("p")) {
        assert!((p - expected).abs() < 1e-5);
    }
    assert!((found.sensing_power - witness.number("ps")).abs() < 1e-5);
    witness.finish();
    expected.finish();

    let interrupt = Interrupt::new();
    let design = dedicated_signal(&instance, &all(), &interrupt).unwrap();
    let rate = design.metrics.rate_bps_hz;
    println!("{}: default {rate} in [{lower}, {upper}]", case.name);
    assert!(rate >= lower * (1.0 - 1e-3) && rate <= upper, "{}: {rate} {lower}", case.name);
    witnessed(&instance, &design);
    let settings = Settings { certify: true, ..all() };
    let design = dedicated_signal(&instance, &settings, &interrupt).unwrap();
    let rate = design.metrics.rate_bps_hz;
    let bound = design.proof.bound.clone().unwrap();
    println!("   certified [{rate}, {}] in {} nodes", bound.value, design.work.iterations);
    assert!(rate >= lower * (1.0 - 1e-4) && rate <= upper, "{}: {rate}", case.name);
    assert!(bound.value >= lower && bound.gap_rel <= 1.001e-3, "{bound:?}");
    witnessed(&instance, &design);
}

/// Responses of the cases are ours: i − (M − 1)/2, positive sign.
#[test]
fn the_convention_of_responses() {
    let a = CentredArray::new(2).response(0.5);
    assert!((a[0] - C64::from_polar(1.0, -std::f64::consts::FRAC_PI_4)).norm() < 1e-15);
}
