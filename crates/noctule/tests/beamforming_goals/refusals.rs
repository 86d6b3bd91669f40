//! Who refuses a goal, what a goal refuses, and what says nothing of goals.

use noctule::beamforming::goal::{Elements, Goal, Limit, Measure, Parameter, Require};
use noctule::beamforming::{Beamforming, Scenario, Settings, design, evaluate};
use noctule::system::Scheme;
use noctule::{Run, System};

use super::{crb, sound};

#[test]
fn baselines_are_judged_by_the_goal_and_the_others_refuse() {
    let instance = crb(8.0).realize(1, 0).unwrap();
    let ours = design(&instance, &Settings::default()).unwrap();
    let best = sound(&instance, &ours);
    for scheme in Beamforming::SCHEMES {
        let scheme: &Scheme<Beamforming> = scheme;
        match (scheme.id, scheme.design(&instance, &Run::default())) {
            ("balanced" | "sensing-only", found) => drop(found.unwrap()),
            ("rzf" | "zf" | "mrt" | "sharing", found) => {
                let found = found.unwrap();
                let goal = found.metrics.goal.as_ref().unwrap();
                let met = goal.violation.is_some_and(|missed| missed <= 1e-9);
                if let Some(value) = goal.value.filter(|_| met) {
                    assert!(value >= best * (1.0 - 1e-6), "{} beats the optimum", scheme.id);
                }
                assert_eq!(Beamforming::unmet(&found).is_none(), met);
            }
            (_, found) if scheme.missing.is_none() => {
                let error = found.unwrap_err().to_string();
                let told = ["another goal", "its own goal", "beams over a band", "known exactly"];
                let told = told.iter().any(|words| error.contains(words));
                assert!(told, "{}: {error}", scheme.id);
            }
            _ => {}
        }
    }
    let alone = Beamforming::scheme("sensing-only").unwrap();
    let alone = alone.design(&instance, &Run::default()).unwrap();
    let floor = alone.metrics.goal.as_ref().unwrap().value.unwrap();
    assert!(floor <= best * (1.0 + 1e-9), "users cost something");
}

#[test]
fn an_instance_without_a_goal_says_nothing_of_goals() {
    let instance = Scenario::default().realize(1, 0).unwrap();
    assert_eq!(instance.problem(), None);
    let names: Vec<String> = instance.to_arrays().iter().map(|(name, _)| name.to_owned()).collect();
    assert_eq!(names.len(), 15, "{names:?}");
    let scenario = serde_json::to_value(Scenario::default()).unwrap();
    assert_eq!(scenario.as_object().unwrap().len(), 13);
    let metrics = evaluate(&instance, &design(&instance, &Settings::default()).unwrap().variables);
    let metrics = serde_json::to_value(metrics.unwrap()).unwrap();
    assert!(metrics.get("goal").is_none() && metrics.get("prices").is_none());
}

#[test]
fn wrong_requirements_are_refused_with_what_is_allowed() {
    let wrong = |place: &str, change: &dyn Fn(&mut Scenario)| {
        let mut scenario = crb(10.0);
        change(&mut scenario);
        let error = scenario.realize(1, 0).expect_err(place);
        let error = error.as_input().expect("a complaint about input");
        assert!(error.place.starts_with(place), "{place}: {error}");
        assert!(!error.allowed.is_empty(), "{error}");
    };
    for bad in [f64::NAN, f64::INFINITY, 1e9] {
        wrong("require.sinr_db", &|s| s.require.sinr_db = Some(bad));
        wrong("require.azimuth_deg", &|s| s.require.azimuth_deg = Some(bad));
        wrong("require.rate_bps_hz", &|s| s.require.rate_bps_hz = Some(bad));
    }
    for bad in [-1.0, 0.0] {
        wrong("require.polar_deg", &|s| s.require.polar_deg = Some(bad));
        let limit = Limit { metric: Measure::Extended, limit: bad };
        wrong("require.limits[0].limit", &|s| s.require.limits = vec![limit.clone()]);
    }
    wrong("require.rate_bps_hz", &|s| s.require.rate_bps_hz = Some(-1.0));
    wrong("require.user_sinr_db", &|s| s.require.user_sinr_db = Some(vec![10.0]));
    wrong("require.user_rate_bps_hz[2]", &|s| {
        s.require.user_rate_bps_hz = Some(vec![1.0, 1.0, -1.0, 1.0]);
    });
    wrong("require.target_polar_deg", &|s| s.require.target_polar_deg = Some(vec![1.0; 3]));
    wrong("goal.metric", &|s| {
        let metric = Measure::Parameter { target: 2, parameter: Parameter::Azimuth };
        s.goal = Goal::MinCrb { metric };
    });
    wrong("goal.metric", &|s| {
        s.goal = Goal::MinCrb { metric: Measure::SensingSnr { target: Some(0) } };
    });
    wrong("goal.metric", &|s| {
        let weights = Some(vec![1.0]);
        let metric = Measure::Trace {
            azimuth: 1.0,
            polar: 1.0,
            reflection: 0.0,
            range: 0.0,
            velocity: 0.0,
            targets: weights,
        };
        s.goal = Goal::MinCrb { metric };
    });
    wrong("goal.user_weights", &|s| s.goal = Goal::SumRate { user_weights: Some(vec![1.0]) });
    wrong("goal.user_weights", &|s| {
        s.goal = Goal::SumRate { user_weights: Some(vec![0.0; 4]) };
    });
    wrong("require", &|s| {
        s.goal = Goal::MinPower;
        s.require = Require::default();
    });
    wrong("require", &|s| s.goal = Goal::Weighted);
    wrong("unknown", &|s| {
        (s.goal, s.require) = (Goal::Weighted, Require::default());
        s.unknown.polar = false;
    });
    wrong("transmit_elements.wavelengths", &|s| {
        s.transmit_elements = Some(Elements::Positions { wavelengths: Vec::new() });
    });
}
