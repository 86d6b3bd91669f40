//! Inputs at the edge: refused with the right words, or solved as if they were ordinary.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use noctule::beamforming::baselines::{SensingSettings, mrt, sensing_only};
use noctule::beamforming::design::climb;
use noctule::beamforming::{
    ArrayShape, Beams, DrawnTargets, Instance, Parts, Scenario, Settings, TargetSpec, Targets,
    design, design_from, verify,
};
use noctule::data::{Array, ArraySet};
use noctule::system::NoSettings;
use noctule::{C64, CMat, Certify, Error, PointProof, Run, Stop};
use noctule_phy::arrays::Normalisation;

fn parts() -> Parts {
    Scenario::paper().realize(1, 0).unwrap().parts().clone()
}

/// Where a changed instance is refused.
fn refused(change: impl FnOnce(&mut Parts)) -> String {
    let mut parts = parts();
    change(&mut parts);
    match Instance::new(parts).unwrap_err() {
        Error::Input(error) => error.place,
        other => panic!("{other}"),
    }
}

#[test]
fn one_wrong_thing_at_a_time() {
    assert_eq!(refused(|p| p.power_w = 0.0), "power_w");
    assert_eq!(refused(|p| p.power_w = -1.0), "power_w");
    assert_eq!(refused(|p| p.power_w = f64::INFINITY), "power_w");
    assert_eq!(refused(|p| p.user_noise_w[2] = 0.0), "user_noise_w[2]");
    assert_eq!(refused(|p| p.user_noise_w.truncate(3)), "user_noise_w");
    assert_eq!(refused(|p| p.sensing_noise_w = f64::NAN), "sensing_noise_w");
    assert_eq!(refused(|p| p.channels[(3, 1)].im = f64::NAN), "channels[1][3]");
    assert_eq!(refused(|p| p.channels = CMat::zeros(12, 4)), "channels");
    assert_eq!(refused(|p| p.snapshots = 0), "snapshots");
    assert_eq!(refused(|p| p.crb_weight = -1.0), "crb_weight");
    assert_eq!(refused(|p| p.sensing_streams = 1_000_000_000), "sensing_streams");
    assert_eq!(refused(|p| p.receive_array.horizontal = usize::MAX / 2), "receive_shape");
    assert_eq!(refused(|p| p.receive_array.vertical = 0), "receive_shape");
    assert_eq!(
        refused(|p| p.receive_array.normalisation = Normalisation::UnitModulus),
        "unit_modulus_steering"
    );
    assert_eq!(refused(|p| p.targets[0].reflection = C64::ZERO), "reflection[0]");
    assert_eq!(refused(|p| p.targets[1].reflection = C64::from(1e-100)), "reflection[1]");
    assert_eq!(refused(|p| p.targets = vec![p.targets[0]; 65]), "azimuth_rad");
    assert_eq!(refused(|p| p.power_w = 1e-200), "power_w, sensing_noise_w");
    assert_eq!(refused(|p| p.channels[(0, 0)] = C64::from(1e160)), "channels[0]");
    let nothing = |p: &mut Parts| {
        p.crb_weight = 0.0;
        p.channels = CMat::zeros(16, 4);
    };
    assert_eq!(refused(nothing), "channels");
}

#[test]
fn the_scene_names_targets_and_cause() {
    let scene = |targets: &[(f64, f64)], rows: usize| {
        let targets = targets
            .iter()
            .map(|&(azimuth_deg, polar_deg)| TargetSpec {
                azimuth_deg,
                polar_deg,
                reflection: [0.1, 0.0],
                unknown: None,
                range_m: None,
                velocity_m_s: None,
            })
            .collect();
        let transmit_array = ArrayShape { horizontal: 4, vertical: rows };
        let receive_array = ArrayShape { horizontal: 5, vertical: rows };
        let targets = Targets::Fixed(targets);
        Scenario { targets, transmit_array, receive_array, ..Scenario::paper() }
            .realize(1, 0)
            .map(|_| ())
            .map_err(|error| error.to_string())
    };
    let says = |targets: &[(f64, f64)], rows: usize, who: &str, cause: &str| {
        let sentence = scene(targets, rows).unwrap_err();
        assert!(sentence.starts_with(who) && sentence.contains(cause), "{sentence}");
    };
    says(&[(30.0, 0.0)], 4, "target 0 cannot", "vertical axis");
    says(&[(20.0, 50.0), (30.0, 0.01)], 4, "target 1 cannot", "vertical axis");
    says(&[(90.0, 60.0)], 4, "target 0 cannot", "plane of the array");
    says(&[(20.0, 50.0), (20.0, 50.0)], 4, "targets 0 and 1 cannot", "same place");
    says(&[(20.0, 50.0), (-20.0, -50.0)], 4, "targets 0 and 1 cannot", "same place");
    says(&[(20.0, 50.0), (160.0, 50.0)], 4, "targets 0 and 1 cannot", "mirror");
    says(&[(20.0, 50.0)], 1, "target 0 cannot", "linear array");
    says(&[], 4, "the targets cannot", "there are none");
    assert!(scene(&[(20.0, 50.0), (35.0, 70.0)], 4).is_ok());
    // Flipped signs are the same direction, not an error.
    assert!(scene(&[(-20.0, -50.0), (35.0, 70.0)], 4).is_ok());
}

/// The radar's noise, hence the size of the bound, over sixteen decades: the same relative
/// optimum, proven each time.
#[test]
fn sensing_is_solved_at_every_scale() {
    let base = Scenario { rate_weight_per_nat: 0.0, ..Scenario::paper() };
    let mut reference = None;
    for exponent in [-8, -4, 0, 4, 8] {
        let noise = base.sensing_noise_dbm + 10.0 * f64::from(exponent);
        let scenario = Scenario { sensing_noise_dbm: noise, ..base.clone() };
        let instance = scenario.realize(1, 0).unwrap();
        let found = sensing_only(&instance, &SensingSettings::default(), &Run::default()).unwrap();
        assert!(found.proof.is_global(1e-6), "{exponent}: {:?}", found.proof);
        let trace = found.metrics.crb_trace_mixed.unwrap() / 10_f64.powi(exponent);
        let reference = *reference.get_or_insert(trace);
        assert!((trace / reference - 1.0).abs() < 1e-6, "{exponent}: {trace} {reference}");
        let bound = found.proof.bound.unwrap();
        assert!(bound.value < 0.0, "no design has a negative bound: {}", bound.value);
    }
}

#[test]
fn nothing_is_proven_where_there_is_no_value() {
    // One receive antenna and one stream: the Fisher matrix of four parameters has rank two.
    let mut parts = parts();
    parts.receive_array.horizontal = 1;
    parts.receive_array.vertical = 1;
    parts.targets.truncate(1);
    parts.sensing_streams = 1;
    let instance = Instance::new(parts).unwrap();
    let one = SensingSettings { streams: Some(1), ..SensingSettings::default() };
    let found = sensing_only(&instance, &one, &Run::default()).unwrap();
    assert_eq!(found.metrics.objective, None);
    assert!(found.proof.bound.is_none() && found.proof.point == PointProof::None);
    assert!(found.stop == Stop::Stalled && !found.is_solved());
    assert_eq!(found.starts, [None]);
    let text = serde_json::to_string(&found.proof).unwrap();
    assert_eq!(serde_json::from_str::<noctule::Proof>(&text).unwrap(), found.proof);
}

#[test]
fn a_user_without_a_channel_gets_nothing() {
    let mut parts = parts();
    parts.channels.col_mut(2).fill(C64::ZERO);
    let instance = Instance::new(parts.clone()).unwrap();
    let certify = Certify::YES.with_nodes(0);
    let found = design(&instance, &Settings { certify, ..Settings::default() }).unwrap();
    assert!(found.is_solved() && found.metrics.rate_bps_hz[2].abs() < 1e-12);
    assert!(found.proof.bound.unwrap().value >= found.metrics.objective.unwrap());
    // Nobody has a channel: still a sensing problem, but no matched filter.
    parts.channels = CMat::zeros(16, 4);
    let instance = Instance::new(parts).unwrap();
    assert!(design(&instance, &Settings::default()).unwrap().metrics.objective.is_some());
    assert!(matches!(mrt(&instance, &NoSettings {}, &Run::default()), Err(Error::Input(_))));
}

#[test]
fn starts_and_beams_of_another_shape_are_refused_or_left_out() {
    let instance = Scenario::paper().realize(1, 0).unwrap();
    let wrong = CMat::zeros(16, 7);
    let settings = Settings::default();
    let run = Run::default();
    // A neighbour of another shape, or damaged, is no start.
    let cold = design(&instance, &settings).unwrap();
    let broken = CMat::from_fn(16, 10, |_, _| C64::from(f64::NAN));
    for matrix in [wrong.clone(), broken] {
        let warm = Beams { matrix, users: 4, subcarriers: 1 };
        assert_eq!(
            design_from(&instance, &settings, &Run::default().from(Some(&warm))),
            Ok(cold.clone())
        );
    }
    // One that fits is one start more.
    let warm = Run::default().from(Some(&cold.variables));
    let warm = design_from(&instance, &settings, &warm).unwrap();
    assert_eq!(warm.starts.len(), cold.starts.len() + 1);
    assert!(matches!(climb(&instance, &settings, &[wrong], &run), Err(Error::Input(_))));
    let short = Beams { matrix: CMat::zeros(12, 10), users: 4, subcarriers: 1 };
    assert!(matches!(verify(&instance, &short), Err(Error::Input(_))));
    let many = SensingSettings { streams: Some(usize::MAX / 4), ..SensingSettings::default() };
    assert!(sensing_only(&instance, &many, &run).is_err());
}

#[test]
fn an_instance_without_users_round_trips() {
    let scenario = Scenario { users: 0, ..Scenario::paper() };
    let instance = scenario.realize(1, 0).unwrap();
    let text = instance.to_json().to_string();
    let fields = noctule::beamforming::instance::FIELDS;
    let set = ArraySet::from_json(text.as_bytes(), "instance", fields).unwrap();
    let back = Instance::from_arrays(set, None).unwrap();
    assert_eq!(back.parts(), instance.parts());
    let found = design(&instance, &Settings::default()).unwrap();
    assert_eq!(found.metrics.sum_rate_bps_hz.to_bits(), 0.0_f64.to_bits(), "zero, not minus zero");
}

#[test]
fn arrays_over_a_base_adapt_what_depends_on_their_sizes() {
    let base = Scenario::paper().realize(1, 0).unwrap();
    let mut set = ArraySet::new();
    set.insert("azimuth_rad", Array::list(vec![0.2, 0.6, -0.4]));
    set.insert("polar_rad", Array::list(vec![0.7, 1.1, 1.3]));
    set.insert("reflection", Array::complex(vec![3], vec![C64::from(0.1); 3]));
    set.insert("channels", Array::complex(vec![2, 16], vec![C64::ONE; 32]));
    let instance = Instance::from_arrays(set, Some(&base)).unwrap();
    assert_eq!((instance.users(), instance.targets().len()), (2, 3));
    assert_eq!(instance.parts().sensing_streams, 9);
    // A side that no memory holds, hidden behind a zero.
    let mut set = ArraySet::new();
    set.insert("channels", Array::complex(vec![1 << 62, 0], Vec::new()));
    assert!(Instance::from_arrays(set, Some(&base)).is_err());
}

#[test]
fn eight_targets_are_no_more_than_slow() {
    let law = DrawnTargets { count: 8, polar_deg: [20.0, 160.0], ..DrawnTargets::default() };
    let side = ArrayShape { horizontal: 8, vertical: 8 };
    let scenario = Scenario {
        targets: Targets::Drawn(law),
        transmit_array: side,
        receive_array: side,
        sensing_noise_dbm: -30.0,
        ..Scenario::paper()
    };
    let instance = scenario.realize(3, 0).unwrap();
    let settings = Settings { starts: Some(1), max_evaluations: 300, ..Settings::default() };
    let found = design(&instance, &settings).unwrap();
    let witness = verify(&instance, &found.variables).unwrap();
    assert!(witness.mismatch(found.metrics.objective) < 1e-8);
}

/// Whoever gives an array believes that it counts: floors and limits of groups beside the weighted sum were
/// dropped, and the document said that its requirements were met.
#[test]
fn arrays_that_would_not_count_are_refused_by_name() {
    let plain = Scenario::default().realize(1, 0).unwrap().to_arrays();
    let (users, antennas) = (4, 16);
    let covariances = Array::complex(vec![users, antennas, antennas], {
        (0..users * antennas * antennas).map(|_| C64::from(0.1)).collect()
    });
    for (name, array) in [
        ("sinr_floor", Array::list(vec![1e4; users])),
        ("group_power_w", Array::list(vec![1e-9])),
        ("group_power_w", Array::list(vec![0.0])),
        ("bound_weights", Array::list(vec![0.0; 5])),
        ("channel_error", Array::list(vec![0.1; users])),
        ("streams_cancelled", Array::number(1.0)),
        ("user_weights", Array::list(vec![1.0, 2.0, 3.0, 4.0])),
        ("range_m", Array::list(vec![0.5; 2])),
        ("squint", Array::number(1.0)),
        ("error_covariances", covariances),
    ] {
        let mut given = plain.clone();
        given.insert(name, array);
        match Instance::from_arrays(given, None).unwrap_err() {
            Error::Input(error) => assert_eq!(error.place, name),
            other => panic!("{other}"),
        }
    }
    // what says nothing is no mistake
    let mut silent = plain.clone();
    silent.insert("sinr_floor", Array::list(vec![0.0; users]));
    silent.insert("user_weights", Array::list(vec![1.0; users]));
    silent.insert("streams_cancelled", Array::number(0.0));
    let same = Instance::from_arrays(silent, None).unwrap();
    assert_eq!(same.to_arrays(), plain);
    // but it must fit
    for name in ["sinr_floor", "user_weights"] {
        let mut long = plain.clone();
        long.insert(name, Array::list(vec![0.0; 9]));
        assert!(Instance::from_arrays(long, None).is_err(), "{name}");
    }
}

/// Numbers that stand for a parameter are zeros and a one, and every element has a place of its own.
#[test]
fn arrays_that_say_nothing_definite_are_refused() {
    let refused = |changes: &[(&str, Array)]| {
        let mut given = Scenario::default().realize(1, 0).unwrap().to_arrays();
        for (name, array) in changes {
            given.insert(*name, array.clone());
        }
        Instance::from_arrays(given, None).is_err()
    };
    let metric =
        |row: [f64; 6]| [("goal", Array::number(4.0)), ("goal_metric", Array::list(row.to_vec()))];
    assert!(!refused(&metric([2.0, 0.0, 1.0, 0.0, 0.0, 0.0])));
    for odd in [0.5, 2.0, -1.0, f64::MIN_POSITIVE] {
        assert!(refused(&metric([2.0, 0.0, odd, 0.0, 0.0, 0.0])), "{odd}");
        assert!(refused(&metric([2.0, 0.0, 1.0, odd, 0.0, 0.0])), "{odd}");
    }
    let places = |apart: f64| {
        let at = (0..16).flat_map(|n| [0.0, apart * f64::from(n), 0.0]).collect();
        let entries = noctule::data::Entries::Real(at);
        [("transmit_positions", Array { shape: vec![16, 3], entries })]
    };
    assert!(!refused(&places(0.5)) && refused(&places(0.0)));
}

/// Users without a floor disturbed the start of the search so much that it had none, and gave up.
#[test]
fn users_without_a_floor_do_not_keep_the_least_power_from_being_found() {
    let scenario = |seed: u64| {
        let text = r#"{"users": 4, "transmit_array": {"horizontal": 2, "vertical": 2},
            "targets": {"fixed": [{"azimuth_deg": -11.35, "polar_deg": 85.0, "reflection": [0.1, 0.0]}]},
            "goal": {"kind": "min-power"},
            "require": {"user_rate_bps_hz": [0.0, 0.0, 0.0, 4.0], "azimuth_deg": 10.0}}"#;
        serde_json::from_str::<Scenario>(text).unwrap().realize(seed, 0).unwrap()
    };
    for seed in [1, 3, 20] {
        let instance = scenario(seed);
        let found = design(&instance, &Settings::default()).unwrap();
        assert!(found.metrics.power_w > 0.0, "seed {seed}");
        assert!(verify(&instance, &found.variables).unwrap().violation <= 1e-6, "seed {seed}");
    }
    // CVXPY with Clarabel: 5.567 mW
    let found = design(&scenario(20), &Settings::default()).unwrap();
    assert!((found.metrics.power_w - 5.567e-3).abs() < 2e-6, "{}", found.metrics.power_w);
    assert!(found.proof.bound.is_some_and(|bound| bound.gap_rel < 1e-6));
}
