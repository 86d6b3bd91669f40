//! What holds of every optimum: prices, complementarity, invariances; and words that are refused.

use noctule::beamforming::goal::{
    ClutterSource, Goal, Limit, Measure, PowerGroup, Require, Stations, Template, Uncertain,
};
use noctule::beamforming::{Instance, PowerConstraint, Scenario, Settings, design, evaluate};
use noctule::data::Array;
use noctule::{C64, CMat, Certify};

use super::{crb, designed, proven};

fn limited(goal: Goal, azimuth_deg: f64, polar_deg: f64, sinr_db: f64) -> Scenario {
    Scenario {
        goal,
        require: Require {
            sinr_db: Some(sinr_db),
            azimuth_deg: Some(azimuth_deg),
            polar_deg: Some(polar_deg),
            ..Require::default()
        },
        power_dbm: 25.0,
        ..Scenario::default()
    }
}

#[test]
fn what_has_a_price_is_met_exactly_and_what_is_not_costs_nothing() {
    for (trial, polar_deg) in [(0, 20.0), (1, 0.8), (2, 20.0)] {
        let scenario = limited(Goal::MinPower, 0.7, polar_deg, 9.0);
        let (instance, found) = designed(&scenario, trial);
        proven(&instance, &found);
        let goal = found.metrics.goal.as_ref().unwrap();
        let prices = found.metrics.prices.as_ref().unwrap();
        let problem = instance.problem().unwrap();
        let most = prices.per_limit.iter().fold(0.0_f64, |most, price| most.max(price.abs()));
        for ((limit, price), reached) in
            problem.limits.iter().zip(&prices.per_limit).zip(&goal.limited)
        {
            let asked = limit.metric.unit().shown(limit.limit);
            let room = 1.0 - reached.unwrap() / asked;
            assert!(room >= -1e-6, "missed by {room}");
            let (tight, dear) = (room <= 1e-5, price.abs() > 1e-4 * most);
            assert!(tight || !dear, "a price of {price} with {room} of room");
        }
        for (sinr, price) in found.metrics.sinr.iter().zip(&prices.per_sinr_db) {
            let room = sinr / 10.0_f64.powf(0.9) - 1.0;
            assert!(room >= -1e-6 && (room <= 1e-5 || price.abs() < 1e-5), "{room} {price}");
        }
    }
}

#[test]
fn prices_of_sensing_power_and_of_groups_are_slopes() {
    let group = |power_dbm| PowerGroup { antennas: (0..8).collect(), power_dbm };
    let at = |sinr_db: f64, power_dbm: f64| {
        let scenario = Scenario {
            goal: Goal::MaxSensing { metric: Measure::SensingSnr { target: None } },
            require: Require {
                sinr_db: Some(sinr_db),
                groups: vec![group(power_dbm)],
                ..Require::default()
            },
            ..Scenario::default()
        };
        let (instance, found) = designed(&scenario, 0);
        proven(&instance, &found);
        (found.metrics.goal.as_ref().unwrap().shown.unwrap(), found.metrics.prices.unwrap())
    };
    let (_, prices) = at(12.0, 5.0);
    let slope = (at(12.05, 5.0).0 - at(11.95, 5.0).0) / 0.1;
    let price: f64 = prices.per_sinr_db.iter().sum();
    assert!((price - slope).abs() <= 5e-3 * slope.abs() + 1e-6, "{price} {slope}");
    assert!(slope < 0.0, "users cost sensing power");
}

/// An instance with its users in another order.
fn turned(instance: &Instance) -> Instance {
    let mut arrays = instance.to_arrays();
    let (h, users) = (instance.channels(), instance.users());
    let entries: Vec<C64> = (0..users).rev().flat_map(|k| h.col(k).to_vec()).collect();
    arrays.insert("channels", Array::complex(vec![users, h.rows()], entries));
    let floors: Vec<f64> = instance.problem().unwrap().sinr_floor.iter().rev().copied().collect();
    arrays.insert("sinr_floor", Array::list(floors));
    Instance::from_arrays(arrays, None).unwrap()
}

#[test]
fn the_order_of_users_phases_and_mixtures_of_streams_change_nothing() {
    let mut scenario = crb(0.0);
    scenario.require =
        Require { user_sinr_db: Some(vec![12.0, 8.0, 10.0, 4.0]), ..Require::default() };
    let (instance, found) = designed(&scenario, 0);
    let value = proven(&instance, &found);
    let other = turned(&instance);
    let again = design(&other, &Settings::default()).unwrap();
    assert!((proven(&other, &again) / value - 1.0).abs() <= 1e-5);
    // a user's channel turned by a phase
    let mut arrays = instance.to_arrays();
    let h = instance.channels();
    let phase = |k: usize| C64::from_polar(1.0, 0.7 + k as f64);
    let entries: Vec<C64> =
        (0..4).flat_map(|k| h.col(k).iter().map(move |z| z * phase(k))).collect();
    arrays.insert("channels", Array::complex(vec![4, h.rows()], entries));
    let other = Instance::from_arrays(arrays, None).unwrap();
    let again = design(&other, &Settings::default()).unwrap();
    assert!((proven(&other, &again) / value - 1.0).abs() <= 1e-5);
    // two sensing streams mixed by a rotation
    let (instance, found) = designed(&Scenario { users: 1, ..crb(12.0) }, 0);
    let mut mixed = found.variables.clone();
    let (c, s) = (0.8, 0.6);
    for n in 0..mixed.matrix.rows() {
        let (a, b) = (mixed.matrix[(n, 1)], mixed.matrix[(n, 2)]);
        (mixed.matrix[(n, 1)], mixed.matrix[(n, 2)]) = (a * c + b * s, b * c - a * s);
    }
    let (one, two) =
        (evaluate(&instance, &found.variables).unwrap(), evaluate(&instance, &mixed).unwrap());
    let close = |a: f64, b: f64| (a / b - 1.0).abs() <= 1e-9;
    assert!(
        close(one.objective.unwrap(), two.objective.unwrap()) && close(one.sinr[0], two.sinr[0])
    );
}

#[test]
fn a_proof_by_boxes_is_computed_again() {
    use noctule::System;
    use noctule::beamforming::Beamforming;
    let mut scenario = Scenario { users: 2, ..crb(0.0) };
    for (limits, groups) in [
        (Vec::new(), Vec::new()),
        (vec![Limit { metric: Measure::Angles, limit: 2.6 }], Vec::new()),
        (
            vec![Limit { metric: Measure::SensingSnr { target: None }, limit: 8.0 }],
            vec![PowerGroup { antennas: (0..8).collect(), power_dbm: 6.0 }],
        ),
    ] {
        scenario.goal = Goal::SumRate { user_weights: None };
        scenario.require = Require { limits, groups, ..Require::default() };
        let instance = scenario.realize(1, 0).unwrap();
        let settings = Settings { certify: Certify::YES, ..Settings::default() };
        let found = design(&instance, &settings).unwrap();
        let bound = found.proof.bound.as_ref().unwrap();
        println!("{} leaves {:?}", bound.numbers.len(), bound.gap_rel);
        assert_eq!(bound.method, "branch-and-bound");
        assert!(bound.gap_rel <= 2e-3, "{bound:?}");
        let case = noctule::beamforming::goal::Case::of(&instance, instance.problem().unwrap());
        let case = case.unwrap();
        let again = |numbers: &std::collections::BTreeMap<String, Vec<f64>>| {
            noctule::beamforming::requirements::rate_bound(
                &case.world,
                &[1.0, 1.0],
                &case.required,
                numbers,
            )
        };
        let proven = again(&bound.numbers).unwrap().unwrap();
        let reached = found.metrics.objective.unwrap();
        assert!((proven.max(reached) / bound.value - 1.0).abs() <= 1e-9, "{proven} {bound:?}");
        // a box that is lost is missed, and a chord that does not hold is refused
        let mut lost = bound.numbers.clone();
        for name in ["low", "high", "chord_low", "chord_high", "t"] {
            let list = lost.get_mut(name).unwrap();
            list.truncate(list.len() - 2);
        }
        assert!(again(&lost).is_err());
        let mut narrow = bound.numbers.clone();
        narrow.get_mut("chord_high").unwrap()[0] *= 0.5;
        assert!(again(&narrow).is_err());
        assert!(Beamforming::unmet(&found).is_none());
    }
}

#[test]
fn words_that_do_not_fit_are_refused_with_what_is_allowed() {
    let wrong = |place: &str, change: &dyn Fn(&mut Scenario)| {
        let mut scenario = crb(10.0);
        change(&mut scenario);
        let error = scenario.realize(1, 0).expect_err(place);
        let error = error.as_input().expect("a complaint about input");
        assert!(error.place.starts_with(place), "{place}: {error}");
        assert!(!error.allowed.is_empty(), "{error}");
    };
    let max = |metric| Goal::MaxSensing { metric };
    wrong("goal.metric", &|s| s.goal = max(Measure::Angles));
    wrong("goal.metric", &|s| s.goal = max(Measure::SensingSnr { target: Some(7) }));
    wrong("goal.metric", &|s| s.goal = Goal::MinCrb { metric: Measure::Beampattern });
    for false_alarm in [0.0, 1.0, f64::NAN, -1.0] {
        wrong("goal.metric", &|s| {
            s.goal = max(Measure::Detection { target: None, false_alarm });
        });
    }
    for limit in [0.0, 1e-7, 1.0, f64::NAN] {
        wrong("require.limits[0].limit", &|s| {
            let metric = Measure::Detection { target: None, false_alarm: 1e-6 };
            s.require.limits = vec![Limit { metric, limit }];
        });
    }
    let group = |antennas: Vec<usize>, power_dbm| PowerGroup { antennas, power_dbm };
    for (antennas, power_dbm) in [(vec![], 0.0), (vec![16], 0.0), (vec![0, 0], 0.0)] {
        wrong("require.groups[0]", &|s| {
            s.require.groups = vec![group(antennas.clone(), power_dbm)];
        });
    }
    wrong("require.groups[0].power_dbm", &|s| s.require.groups = vec![group(vec![0], f64::NAN)]);
    wrong("power_constraint", &|s| {
        s.power_constraint = PowerConstraint::PerAntenna;
        s.require.groups = vec![group(vec![0], 0.0)];
    });
    wrong("uncertain.nodes", &|s| {
        s.uncertain = Some(Uncertain { nodes: 4, ..Uncertain::default() });
    });
    wrong("uncertain.azimuth_deg", &|s| {
        s.uncertain = Some(Uncertain { azimuth_deg: 0.0, ..Uncertain::default() });
    });
    wrong("channel_error_db", &|s| s.channel_error_db = Some(f64::NAN));
    wrong("clutter[0].over_noise_db", &|s| {
        let over_noise_db = f64::INFINITY;
        s.clutter = vec![ClutterSource { azimuth_deg: 0.0, polar_deg: 90.0, over_noise_db }];
    });
    wrong("template.step_deg", &|s| {
        s.template = Some(Template { step_deg: 0.0, ..Template::default() });
    });
    wrong("template", &|s| {
        s.goal = Goal::MinCrb { metric: Measure::Beampattern };
        let azimuth_deg = Some(vec![300.0]);
        s.template = Some(Template { azimuth_deg, ..Template::default() });
    });
    let shaped = |s: &mut Scenario| {
        s.template = Some(Template::default());
        s.require.limits = vec![Limit { metric: Measure::Beampattern, limit: 0.1 }];
    };
    wrong("require.limits", &|s| {
        shaped(s);
        s.goal = Goal::MinPower;
    });
    wrong("power_constraint", &|s| {
        shaped(s);
        s.power_constraint = PowerConstraint::PerAntenna;
    });
    wrong("channel_error_db", &|s| {
        (s.goal, s.require) = (Goal::Weighted, Require::default());
        s.channel_error_db = Some(-20.0);
    });
    let stations = || Stations {
        places_m: vec![[0.0, 0.0], [50.0, 0.0]],
        elements: 4,
        power_dbm: 20.0,
        users_m: vec![[10.0, 40.0]],
        targets_m: vec![[30.0, 40.0]],
        echo_db: 0.0,
    };
    wrong("stations.users_m[0]", &|s| {
        s.stations = Some(Stations { users_m: vec![[50.0, 0.0]], ..stations() });
    });
    wrong("stations.places_m", &|s| {
        s.stations = Some(Stations { places_m: Vec::new(), ..stations() });
    });
    wrong("uncertain", &|s| {
        (s.stations, s.uncertain) = (Some(stations()), Some(Uncertain::default()));
    });
    // there is nothing to estimate where every station sees another direction
    wrong("goal.metric", &|s| s.stations = Some(stations()));
}

#[test]
fn wrong_arrays_of_what_is_around_are_refused_by_name() {
    let scenario = Scenario {
        require: Require {
            groups: vec![PowerGroup { antennas: (0..8).collect(), power_dbm: 5.0 }],
            ..crb(5.0).require
        },
        clutter: vec![ClutterSource { azimuth_deg: 0.0, polar_deg: 90.0, over_noise_db: 3.0 }],
        template: Some(Template::default()),
        uncertain: Some(Uncertain::default()),
        channel_error_db: Some(-20.0),
        ..crb(5.0)
    };
    let instance = scenario.realize(1, 0).unwrap();
    let wrong = |name: &str, array: Array| {
        let mut arrays = instance.to_arrays();
        arrays.insert(name, array);
        let error = Instance::from_arrays(arrays, None).unwrap_err();
        let error = error.as_input().expect(name);
        assert!(error.place.contains(name) || error.found.contains(name), "{name}: {error}");
    };
    wrong("power_group", Array::list(vec![5.0; 16]));
    wrong("power_group", Array::list(vec![0.5; 16]));
    wrong("group_power_w", Array::list(vec![-1.0, 1.0]));
    wrong("channel_error", Array::list(vec![-1.0; 4]));
    wrong("angle_shares", Array::list(vec![0.0; 5]));
    wrong("angle_over", Array::number(4.0));
    wrong("template", Array::list(vec![0.0; 181]));
    let n = instance.receive_elements().elements();
    let mut minus = CMat::identity(n);
    minus.scale(-1.0);
    wrong("clutter_covariance", Array::complex(vec![n, n], minus.into_vec()));
}

/// Users that can hardly be told apart: where no start keeps the floors, the answer is none, and that is said.
#[test]
fn a_least_power_without_a_start_is_an_answer() {
    let scenario: Scenario = serde_json::from_value(serde_json::json!({
        "goal": { "kind": "min-power" },
        "require": { "sinr_db": 10.0, "azimuth_deg": 0.5 },
        "channel": { "kind": "correlated" },
    }))
    .unwrap();
    for trial in [10, 13, 14, 57] {
        let (_, design) = designed(&scenario, trial);
        let goal = design.metrics.goal.as_ref().unwrap();
        assert!(goal.met == 0 || goal.value.is_some_and(f64::is_finite), "{goal:?}");
        assert!(design.proof.bound.as_ref().is_none_or(|bound| bound.gap_rel >= 0.0));
    }
}
