//! Whole designs: with user and target in one place, apart, over subsets of sites, certified.

use noctule::surfaces::baselines::{
    AlternatingSettings, TimeSwitchingSettings, alternating, time_switching,
};
use noctule::surfaces::curve::Curve;
use noctule::surfaces::power::Allocator;
use noctule::surfaces::{
    Elements, Instance, Link, Parts, Settings, Start, dedicated_signal, design_from,
};
use noctule::{Certify, Run};
use noctule_phy::units::linear_from_db;

use crate::reference::Fields;
use crate::{LN_2, all, cascade, close, instance, requiring, witnessed};

pub(crate) fn co_located(case: &mut Fields) {
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
        let run = Run::default();
        let dedicated = dedicated_signal(&instance, &all(), &run).unwrap();
        let full = design_from(&instance, &all(), &run).unwrap();
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

pub(crate) fn subset(case: &mut Fields) {
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
    let run = Run::default();
    let design = dedicated_signal(&instance, &Settings::default(), &run).unwrap();
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
        let switched = time_switching(&instance, &settings, &run).unwrap();
        close(key, switched.metrics.rate_bps_hz, expected.number(key), relative);
        witnessed(&instance, &switched);
    }
    expected.finish();
}

pub(crate) fn separate(case: &mut Fields) {
    let scene = instance(case);
    let instance = requiring(&scene, case.number("Gamma_s"));
    let mut tolerance = case.inside("tolerance");
    tolerance.remark("rule");
    tolerance.finish();
    let mut expected = case.inside("expected");
    let interval = expected.numbers("certified_interval");
    let run = Run::default();
    for certify in [false, true] {
        let settings = Settings { certify: certify.into(), ..all() };
        let design = dedicated_signal(&instance, &settings, &run).unwrap();
        let rate = design.metrics.rate_bps_hz;
        assert!(rate >= interval[0] * (1.0 - 1e-3) && rate <= interval[1] * (1.0 + 1e-9), "{rate}");
        witnessed(&instance, &design);
        assert!(!certify || design.proof.is_global(1e-3));
    }
    let sweep = alternating(&instance, &AlternatingSettings::default(), &run).unwrap();
    let earlier = expected.number("earlier_best_known_rate");
    println!("sweep and majorise {} (earlier {earlier})", sweep.metrics.rate_bps_hz);
    assert!(sweep.metrics.rate_bps_hz >= earlier * (1.0 - 1e-2));
    let settings = AlternatingSettings { start: Start::Sensing, ..Default::default() };
    let stalled = alternating(&instance, &settings, &run).unwrap();
    let rate = expected.number("alternating_from_sensing_start");
    close("stalled", stalled.metrics.rate_bps_hz, rate, 1e-6);
    witnessed(&instance, &stalled);
    expected.finish();
}

pub(crate) fn certified(case: &mut Fields) {
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

    let run = Run::default();
    let design = dedicated_signal(&instance, &all(), &run).unwrap();
    let rate = design.metrics.rate_bps_hz;
    println!("{}: default {rate} in [{lower}, {upper}]", case.name);
    assert!(rate >= lower * (1.0 - 1e-3) && rate <= upper, "{}: {rate} {lower}", case.name);
    witnessed(&instance, &design);
    let settings = Settings { certify: Certify::YES, ..all() };
    let design = dedicated_signal(&instance, &settings, &run).unwrap();
    let rate = design.metrics.rate_bps_hz;
    let bound = design.proof.bound.clone().unwrap();
    println!("   certified [{rate}, {}] in {} nodes", bound.value, design.work.iterations);
    assert!(rate >= lower * (1.0 - 1e-4) && rate <= upper, "{}: {rate}", case.name);
    assert!(bound.value >= lower && bound.gap_rel <= 1.001e-3, "{bound:?}");
    witnessed(&instance, &design);
}
