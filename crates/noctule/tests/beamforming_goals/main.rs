//! Goals and requirements through the scenario's edge: designs, witness, prices, borders, refusals.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod attacks;
mod ends;
mod laws;
mod nominal;
mod refusals;
mod sensing;
mod words;

use noctule::beamforming::goal::{Elements, Goal, Limit, Measure, Parameter, Require, Unknown};
use noctule::beamforming::{
    BeamformingDesign, Instance, Scenario, Settings, TargetSpec, Targets, design, evaluate, verify,
};

fn crb(sinr_db: f64) -> Scenario {
    Scenario {
        goal: Goal::MinCrb { metric: Measure::Angles },
        require: Require { sinr_db: Some(sinr_db), ..Require::default() },
        ..Scenario::default()
    }
}

fn designed(scenario: &Scenario, trial: u64) -> (Instance, BeamformingDesign) {
    let instance = scenario.realize(1, trial).unwrap();
    let design = design(&instance, &Settings::default()).unwrap();
    (instance, design)
}

/// Value and gap, with everything that must hold of a design that meets what is required.
fn sound(instance: &Instance, design: &BeamformingDesign) -> f64 {
    assert_eq!(design.proof.infeasible, None);
    let witness = verify(instance, &design.variables).unwrap();
    assert!(witness.violation <= 1e-8, "missed by {}", witness.violation);
    let (mine, theirs) = (design.metrics.objective.unwrap(), witness.objective.unwrap());
    assert!((mine - theirs).abs() <= 1e-9 * mine.abs(), "{mine} against {theirs}");
    let traces = (design.metrics.crb_trace_mixed, witness.crb_trace_mixed);
    if let (Some(mine), Some(theirs)) = traces {
        assert!((mine - theirs).abs() <= 1e-8 * mine.abs(), "{mine} against {theirs}");
    }
    design.metrics.goal.as_ref().unwrap().value.unwrap()
}

fn proven(instance: &Instance, design: &BeamformingDesign) -> f64 {
    let value = sound(instance, design);
    let bound = design.proof.bound.as_ref().unwrap();
    assert!(bound.gap_rel <= 1e-5, "{bound:?}");
    value
}

#[test]
fn the_best_accuracy_under_sinr_floors_is_proven() {
    let mut last = 0.0;
    for sinr_db in [0.0, 10.0, 14.0] {
        let (instance, design) = designed(&crb(sinr_db), 0);
        let value = proven(&instance, &design);
        assert!(value >= last * (1.0 - 1e-6), "more asked cannot be better");
        last = value;
        assert_eq!(design.metrics.goal.as_ref().unwrap().met, 4);
        let floor = 10.0_f64.powf(sinr_db / 10.0) * (1.0 - 1e-8);
        assert!(design.metrics.sinr.iter().all(|sinr| *sinr >= floor));
    }
}

#[test]
fn every_convex_goal_is_proven_and_agrees_with_the_others() {
    let (instance, best) = designed(&crb(12.0), 1);
    let value = proven(&instance, &best);
    let degrees = best.metrics.goal.as_ref().unwrap().shown.unwrap();
    assert!((degrees - value.sqrt().to_degrees()).abs() <= 1e-12 * degrees);
    // as much power as there is is the least for what the best metric reaches
    let limit = Limit { metric: Measure::Angles, limit: degrees };
    let least = Scenario {
        goal: Goal::MinPower,
        require: Require { limits: vec![limit.clone()], ..crb(12.0).require },
        power_dbm: 20.0,
        ..Scenario::default()
    };
    let (instance, found) = designed(&least, 1);
    let watts = proven(&instance, &found);
    assert!((watts / 0.01 - 1.0).abs() <= 1e-5, "{watts} W");
    // and twelve decibels are the best worst SINR with that limit
    let fair = Scenario {
        goal: Goal::MaxMinRate { user_weights: None },
        require: Require { limits: vec![limit], ..Require::default() },
        ..Scenario::default()
    };
    let (instance, found) = designed(&fair, 1);
    let nats = proven(&instance, &found);
    let expected = 10.0_f64.powf(1.2).ln_1p();
    assert!((nats / expected - 1.0).abs() <= 1e-5, "{nats} against {expected}");
}

#[test]
fn prices_are_the_derivatives_of_the_optimum() {
    let limited = |azimuth_deg: f64, sinr_db: f64| Scenario {
        goal: Goal::MinPower,
        require: Require {
            sinr_db: Some(sinr_db),
            azimuth_deg: Some(azimuth_deg),
            ..Require::default()
        },
        power_dbm: 30.0,
        ..Scenario::default()
    };
    let shown = |scenario: &Scenario| {
        let (instance, design) = designed(scenario, 2);
        proven(&instance, &design);
        (design.metrics.goal.as_ref().unwrap().shown.unwrap(), design.metrics.prices.unwrap())
    };
    let near = |price: f64, up: f64, down: f64, step: f64, name: &str| {
        let slope = (up - down) / (2.0 * step);
        let off = (price - slope).abs() / slope.abs().max(1e-3);
        assert!(off <= 2e-3, "{name}: {price} against {slope}");
    };
    let (_, prices) = shown(&limited(0.8, 10.0));
    let (up, down) = (shown(&limited(0.8, 10.05)).0, shown(&limited(0.8, 9.95)).0);
    near(prices.per_sinr_db.iter().sum(), up, down, 0.05, "SINR");
    let (up, down) = (shown(&limited(0.801, 10.0)).0, shown(&limited(0.799, 10.0)).0);
    near(prices.per_limit.iter().sum(), up, down, 1e-3, "azimuth");
    // of the metric: SINR and power
    let crb = |sinr_db: f64, power_dbm: f64| Scenario { power_dbm, ..crb(sinr_db) };
    let (_, prices) = shown(&crb(14.0, 10.0));
    let (up, down) = (shown(&crb(14.02, 10.0)).0, shown(&crb(13.98, 10.0)).0);
    near(prices.per_sinr_db.iter().sum(), up, down, 0.02, "SINR of the metric");
    let (up, down) = (shown(&crb(14.0, 10.02)).0, shown(&crb(14.0, 9.98)).0);
    near(prices.per_power_db.unwrap(), up, down, 0.02, "power of the metric");
}

/// A design that nothing meets: the certificate.
fn refused(scenario: &Scenario, trial: u64) -> noctule::Certificate {
    let (instance, design) = designed(scenario, trial);
    let certificate = design.proof.infeasible.expect("a certificate");
    assert!(verify(&instance, &design.variables).unwrap().violation > 0.0);
    certificate
}

#[test]
fn the_border_is_known_to_a_thousandth() {
    for trial in 0..3 {
        // floors alone
        let least = Scenario { goal: Goal::MinPower, power_dbm: 40.0, ..crb(15.0) };
        let (instance, design) = designed(&least, trial);
        let border = 10.0 * proven(&instance, &design).log10() + 30.0;
        let thousandth = 10.0 * 1.001_f64.log10();
        let at = |offset: f64| Scenario { power_dbm: border + offset, ..crb(15.0) };
        let (instance, met) = designed(&at(thousandth), trial);
        sound(&instance, &met);
        let certificate = refused(&at(-thousandth), trial);
        assert!((certificate.required - 15.0).abs() < 1e-9);
        assert!(certificate.reachable < 15.0 && certificate.reachable > 14.9, "{certificate:?}");
        // a limit alone
        let free = Scenario { require: Require::default(), ..crb(0.0) };
        let (instance, design) = designed(&free, trial);
        let best = proven(&instance, &design).sqrt().to_degrees();
        let asks = |factor: f64| Scenario {
            goal: Goal::SumRate { user_weights: None },
            require: Require {
                limits: vec![Limit { metric: Measure::Angles, limit: best * factor }],
                ..Require::default()
            },
            ..Scenario::default()
        };
        let (instance, met) = designed(&asks(1.001), trial);
        sound(&instance, &met);
        let certificate = refused(&asks(0.999), trial);
        assert!((certificate.reachable / best - 1.0).abs() < 1e-5, "{certificate:?}");
    }
}

#[test]
fn floors_and_a_limit_that_only_together_ask_too_much() {
    let (instance, design) = designed(&crb(14.0), 0);
    let best = proven(&instance, &design).sqrt().to_degrees();
    let asks = |factor: f64| Scenario {
        goal: Goal::MinPower,
        require: Require {
            limits: vec![Limit { metric: Measure::Angles, limit: best * factor }],
            ..crb(14.0).require
        },
        ..Scenario::default()
    };
    let (instance, met) = designed(&asks(1.001), 0);
    sound(&instance, &met);
    let certificate = refused(&asks(0.999), 0);
    assert!((certificate.required / (0.999 * best) - 1.0).abs() < 1e-9, "{certificate:?}");
    assert!((certificate.reachable / best - 1.0).abs() < 1e-5, "{certificate:?}");
    assert!(certificate.statement.contains("under these SINR floors"), "{certificate:?}");
}

#[test]
fn watts_and_milliwatts_are_the_same_problem() {
    let scaled = |db: f64| Scenario {
        power_dbm: 10.0 + db,
        user_noise_dbm: db,
        sensing_noise_dbm: -20.0 + db,
        ..crb(10.0)
    };
    let value = |scenario: &Scenario| {
        let (instance, design) = designed(scenario, 3);
        proven(&instance, &design)
    };
    let (one, other) = (value(&scaled(0.0)), value(&scaled(60.0)));
    assert!((one / other - 1.0).abs() <= 1e-7, "{one} against {other}");
}

#[test]
fn without_users_without_targets_with_one_and_with_twins() {
    // nobody to serve
    let nobody = Scenario { users: 0, require: Require::default(), ..crb(0.0) };
    let (instance, design) = designed(&nobody, 0);
    proven(&instance, &design);
    // nothing to see: rates and powers remain
    let nothing = Targets::Fixed(Vec::new());
    for goal in [Goal::MinPower, Goal::MaxMinRate { user_weights: None }] {
        let blind = Scenario { goal, targets: nothing.clone(), ..crb(5.0) };
        let (instance, design) = designed(&blind, 0);
        proven(&instance, &design);
    }
    let error = Scenario { targets: nothing, ..crb(5.0) }.realize(1, 0).unwrap_err();
    assert!(error.to_string().contains("unknown"), "{error}");
    // one user
    let (instance, design) = designed(&Scenario { users: 1, ..crb(10.0) }, 0);
    proven(&instance, &design);
    // twins: at 0 dB each nothing helps, below it does
    let twins = |sinr_db: f64| {
        let alone = Scenario { users: 2, goal: Goal::MinPower, power_dbm: 60.0, ..crb(sinr_db) };
        let instance = alone.realize(1, 0).unwrap();
        let mut arrays = instance.to_arrays();
        let h = instance.channels();
        let column: Vec<noctule::C64> = h.col(0).to_vec();
        let double = column.iter().chain(&column).copied().collect();
        arrays.insert("channels", noctule::data::Array::complex(vec![2, h.rows()], double));
        let twins = Instance::from_arrays(arrays, None).unwrap();
        let found = noctule::beamforming::design(&twins, &Settings::default()).unwrap();
        (twins, found)
    };
    let (instance, met) = twins(-0.2);
    proven(&instance, &met);
    let (_, beyond) = twins(0.1);
    let certificate = beyond.proof.infeasible.unwrap();
    assert!(certificate.statement.contains("rank"), "{certificate:?}");
    assert!(certificate.reachable < 0.0 && certificate.reachable > -0.1, "{certificate:?}");
}

#[test]
fn arrays_of_any_shape_and_known_parameters_travel_in_documents() {
    let line = Elements::Linear { elements: 8, spacing: 0.5, centred: true };
    let circle = Elements::Circular { elements: 10, radius: 0.8 };
    let known = Unknown { polar: false, ..Unknown::ALL };
    let target = |azimuth_deg: f64, unknown| TargetSpec {
        azimuth_deg,
        polar_deg: 90.0,
        reflection: [0.1, 0.05],
        unknown,
        range_m: None,
        velocity_m_s: None,
    };
    let scenario = Scenario {
        transmit_elements: Some(line),
        receive_elements: Some(circle),
        unknown: known,
        targets: Targets::Fixed(vec![
            target(-20.0, None),
            target(35.0, Some(Unknown { reflection: false, ..known })),
        ]),
        users: 2,
        streams_cancelled: true,
        require: Require {
            user_sinr_db: Some(vec![8.0, 5.0]),
            target_azimuth_deg: Some(vec![3.0, 3.0]),
            limits: vec![
                Limit { metric: Measure::SensingSnr { target: Some(0) }, limit: -20.0 },
                Limit {
                    metric: Measure::Trace {
                        azimuth: 1.0,
                        polar: 0.0,
                        reflection: 0.0,
                        range: 0.0,
                        velocity: 0.0,
                        targets: Some(vec![1.0, 2.0]),
                    },
                    limit: 8.0,
                },
            ],
            ..Require::default()
        },
        goal: Goal::MinCrb { metric: Measure::WorstAngle },
        ..Scenario::default()
    };
    let (instance, design) = designed(&scenario, 0);
    proven(&instance, &design);
    let again = Instance::from_arrays(instance.to_arrays(), None).unwrap();
    assert_eq!(again.to_arrays(), instance.to_arrays());
    assert_eq!(again.problem(), instance.problem());
    let metrics = evaluate(&again, &design.variables).unwrap();
    assert_eq!(metrics.objective, design.metrics.objective);
    let text = serde_json::to_string(&scenario).unwrap();
    assert_eq!(serde_json::from_str::<Scenario>(&text).unwrap(), scenario);
}

#[test]
fn every_metric_is_a_goal_or_a_limit_and_the_witness_agrees() {
    let small = Scenario {
        transmit_array: noctule::beamforming::ArrayShape { horizontal: 3, vertical: 2 },
        users: 2,
        ..crb(5.0)
    };
    let parameter = |target, parameter| Measure::Parameter { target, parameter };
    let mixed = Measure::Trace {
        azimuth: 1.0,
        polar: 2.0,
        reflection: 0.5,
        range: 0.0,
        velocity: 0.0,
        targets: None,
    };
    for metric in [
        mixed,
        parameter(1, Parameter::Polar),
        parameter(0, Parameter::Reflection),
        Measure::WorstTarget,
        Measure::WorstAngle,
        Measure::LargestEigenvalue,
        Measure::LogDet,
        Measure::Extended,
    ] {
        let scenario = Scenario { goal: Goal::MinCrb { metric: metric.clone() }, ..small.clone() };
        let (instance, design) = designed(&scenario, 0);
        let value = sound(&instance, &design);
        let bound = design.proof.bound.as_ref().unwrap();
        assert!(bound.gap_abs <= 1e-4 * value.abs(), "{metric:?}: {bound:?}");
    }
    for (metric, limit) in [
        (Measure::Illumination { target: Some(0) }, 3.0),
        (Measure::SensingSnr { target: Some(1) }, 10.0),
        (Measure::MutualInformation, 2.0),
    ] {
        let limit = Limit { metric: metric.clone(), limit };
        let require = Require { limits: vec![limit], ..small.require.clone() };
        let (instance, design) = designed(&Scenario { require, ..small.clone() }, 0);
        let value = sound(&instance, &design);
        let bound = design.proof.bound.as_ref().unwrap();
        assert!(bound.gap_abs <= 1e-4 * value, "{metric:?}: {bound:?}");
    }
}
