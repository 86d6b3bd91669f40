//! What was once wrong: inputs that no answer fits, designs that are local, words beside numbers.

use noctule::beamforming::goal::{
    Elements, Goal, Limit, Measure, Require, Stations, Template, Unknown,
};
use noctule::beamforming::{
    ArrayShape, Beams, Scenario, Settings, TargetSpec, Targets, design, verify,
};
use noctule::{C64, CMat, Certify, Stop};

use super::attacks::{FAIR, certificate, crb, limits, small, target};
use super::{designed, sound};

#[test]
fn stations_refuse_what_they_have_no_use_for() {
    let stations = Stations {
        places_m: vec![[25.0, 0.0], [75.0, 0.0]],
        elements: 6,
        power_dbm: 30.0,
        users_m: vec![[72.0, 50.0], [38.0, 50.0]],
        targets_m: vec![[24.0, 50.0], [60.0, 40.0]],
        echo_db: -10.0,
    };
    let base = Scenario {
        user_noise_dbm: 30.0,
        sensing_noise_dbm: 30.0,
        stations: Some(stations),
        goal: Goal::MaxSensing { metric: Measure::SensingSnr { target: None } },
        require: Require { sinr_db: Some(3.0), ..Require::default() },
        ..Scenario::default()
    };
    base.realize(1, 0).unwrap();
    let place = |change: &dyn Fn(&mut Scenario)| {
        let mut scenario = base.clone();
        change(&mut scenario);
        scenario.realize(1, 0).unwrap_err().as_input().unwrap().place.clone()
    };
    assert_eq!(place(&|s| s.power_dbm = 0.0), "power_dbm");
    assert_eq!(place(&|s| s.users = 7), "users");
    assert_eq!(place(&|s| s.targets = Targets::Fixed(Vec::new())), "targets");
    assert_eq!(place(&|s| s.unknown.polar = false), "unknown");
    assert_eq!(place(&|s| s.receive_array.horizontal = 2), "receive_array");
    let information = Measure::MutualInformation;
    assert_eq!(
        place(&|s| s.goal = Goal::MaxSensing { metric: information.clone() }),
        "goal.metric.kind"
    );
    assert_eq!(
        place(&|s| s.require.limits = limits(information.clone(), 1.0)),
        "require.limits[0].kind"
    );
    // the whole response takes as many streams as antennas, which is what there are where nothing is said
    let goal = Goal::MinCrb { metric: Measure::Extended };
    let (instance, found) = designed(&Scenario { goal, ..base.clone() }, 0);
    sound(&instance, &found);
}

#[test]
fn the_whole_response_is_not_seen_by_few_streams() {
    let extended = |goal: Goal, limits: Vec<Limit>, streams: usize| Scenario {
        sensing_streams: Some(streams),
        ..small(goal, Require { sinr_db: Some(3.0), limits, ..Require::default() })
    };
    let goal = || Goal::MinCrb { metric: Measure::Extended };
    for scenario in [
        extended(goal(), Vec::new(), 3),
        extended(Goal::MinPower, limits(Measure::Extended, 1.0), 0),
    ] {
        let error = scenario.realize(1, 0).unwrap_err();
        let error = error.as_input().unwrap();
        assert_eq!(error.place, "sensing_streams");
        assert!(error.allowed.starts_with("4 or more"), "{error}");
    }
    let (instance, found) = designed(&extended(goal(), Vec::new(), 4), 0);
    sound(&instance, &found);
}

#[test]
fn limits_alone_have_a_least_power_without_sensing_streams() {
    for users in [1, 2, 4] {
        let require = Require { azimuth_deg: Some(2.0), ..Require::default() };
        let scenario = Scenario {
            users,
            sensing_streams: Some(0),
            power_dbm: 30.0,
            ..small(Goal::MinPower, require)
        };
        let (instance, found) = designed(&scenario, 0);
        let power = sound(&instance, &found);
        assert!(power > 0.0 && power < 1.0, "{power}");
        // no sensing stream, so that nothing proves it the least: that is said
        let gap = found.proof.bound.as_ref().map_or(f64::INFINITY, |bound| bound.gap_rel);
        let local = found.warnings.iter().any(|warning| warning.contains("local optimum"));
        assert!(gap <= 1e-4 || local && found.stop != Stop::Converged, "{:?}", found.warnings);
    }
}

#[test]
fn a_worst_rate_without_a_bound_has_not_converged() {
    let require = Require { azimuth_deg: Some(2.0), ..Require::default() };
    let scenario = Scenario { users: 1, sensing_streams: Some(0), ..small(FAIR, require) };
    let (instance, found) = designed(&scenario, 0);
    sound(&instance, &found);
    let gap = found.proof.bound.as_ref().map_or(f64::INFINITY, |bound| bound.gap_rel);
    let local = found.warnings.iter().any(|warning| warning.contains("local optimum"));
    assert!(gap <= 1e-4 || local && found.stop == Stop::Stalled, "{:?}", found.warnings);
}

#[test]
fn a_certificate_outlives_beams_whose_objective_is_rounding() {
    let target = TargetSpec {
        azimuth_deg: -59.644,
        polar_deg: 92.519,
        reflection: [0.032, 0.028],
        unknown: None,
        range_m: None,
        velocity_m_s: None,
    };
    let scenario = Scenario {
        transmit_elements: Some(Elements::Linear { elements: 5, spacing: 0.5, centred: false }),
        targets: Targets::Fixed(vec![target]),
        users: 3,
        power_dbm: 7.633,
        streams_cancelled: true,
        goal: Goal::MinCrb { metric: Measure::Extended },
        require: Require { user_sinr_db: Some(vec![31.548, 25.619, 22.501]), ..Require::default() },
        ..Scenario::default()
    };
    let (instance, found, _) = certificate(&scenario);
    // three beams do not tell five antennas apart: the response has no bound
    assert_eq!(found.metrics.objective, None);
    assert_eq!(verify(&instance, &found.variables).unwrap().objective, None);
}

#[test]
fn rates_next_to_nothing_are_the_witness_s_too() {
    let require = Require { user_sinr_db: Some(vec![15.5, -300.0]), ..Require::default() };
    let scenario = Scenario { power_dbm: -200.0, ..small(FAIR, Require::default()) };
    for scenario in [scenario, small(FAIR, Require { azimuth_deg: Some(2.0), ..require })] {
        let (instance, found) = designed(&scenario, 0);
        let witness = verify(&instance, &found.variables).unwrap().objective.unwrap();
        let own = found.metrics.objective.unwrap();
        assert!((own - witness).abs() <= 1e-9 * own.abs(), "{own:e} against {witness:e}");
    }
}

#[test]
fn floors_close_the_gap_of_the_sum_rate() {
    let goal = Goal::SumRate { user_weights: Some(vec![1.0, 2.0]) };
    let require = Require {
        user_sinr_db: Some(vec![8.0, 3.0]),
        azimuth_deg: Some(1.5),
        ..Require::default()
    };
    let instance = small(goal, require).realize(1, 0).unwrap();
    let settings = Settings { certify: Certify::YES, ..Settings::default() };
    let found = design(&instance, &settings).unwrap();
    sound(&instance, &found);
    let bound = found.proof.bound.as_ref().unwrap();
    assert!(bound.gap_rel <= 1.1e-3, "{bound:?} {:?}", found.stop);
}

#[test]
fn angles_that_no_array_sees_change_have_no_bound() {
    for (azimuth_deg, polar_deg) in [(90.0, 80.0), (-90.0, 100.0), (20.0, 0.0)] {
        let target = TargetSpec {
            azimuth_deg,
            polar_deg,
            reflection: [0.1, 0.0],
            unknown: None,
            range_m: None,
            velocity_m_s: None,
        };
        let fixed = Targets::Fixed(vec![target]);
        let limited = Require { limits: limits(Measure::Angles, 3.0), ..Require::default() };
        for scenario in [small(crb(), Require::default()), small(Goal::MinPower, limited)] {
            let scenario = Scenario { targets: fixed.clone(), ..scenario };
            let error = scenario.realize(1, 0).unwrap_err();
            assert!(error.to_string().contains("azimuth of target 0"), "{error}");
            // what is known, or seen by an array in depth, is fine
            let known = Unknown { azimuth: false, ..Unknown::ALL };
            Scenario { unknown: known, ..scenario.clone() }.realize(1, 0).unwrap();
            let circle = Elements::Circular { elements: 6, radius: 0.6 };
            if polar_deg > 0.0 {
                let round = Scenario { transmit_elements: Some(circle), ..scenario };
                round.realize(1, 0).unwrap();
            }
        }
    }
}

#[test]
fn covariances_of_a_solver_that_needs_no_sensing_are_taken() {
    let require = Require { sinr_db: Some(8.0), ..Require::default() };
    let (instance, found) = designed(&small(crb(), require), 0);
    let w = &found.variables.matrix;
    let outer = |k: usize| CMat::from_fn(6, 6, |i, j| w[(i, k)] * w[(j, k)].conj());
    // what an interior method leaves of a covariance that is zero
    let left = CMat::from_fn(6, 6, |i, j| {
        let x = ((7 * i + 3 * j) % 5) as f64 - 2.0;
        C64::new(x, x + 0.5) * 1e-12
    });
    let beams = Beams::from_covariances(&[outer(0), outer(1), left], &instance).unwrap();
    assert_eq!(beams.users, 2);
    // and one that is as large as the others is still refused
    let mut wrong = outer(0);
    wrong.scale(-1.0);
    assert!(Beams::from_covariances(&[outer(0), outer(1), wrong], &instance).is_err());
}

#[test]
fn a_beampattern_without_power_is_told() {
    let goal = Goal::MinCrb { metric: Measure::Beampattern };
    let require = Require { sinr_db: Some(8.0), ..Require::default() };
    let template = Some(Template::default());
    let planar = ArrayShape { horizontal: 4, vertical: 4 };
    let scenario = Scenario { template, transmit_array: planar, ..small(goal, require) };
    let told = |scenario: &Scenario| {
        let (instance, found) = designed(scenario, 0);
        sound(&instance, &found);
        found.warnings.iter().any(|warning| warning.contains("an even spread"))
    };
    assert!(told(&scenario));
    // light that is required keeps the power there
    let lit = limits(Measure::Illumination { target: None }, 5.0);
    let require = Require { limits: lit, ..scenario.require.clone() };
    assert!(!told(&Scenario { require, ..scenario }));
}

#[test]
fn small_weights_are_weights() {
    let at = |weight: f64| {
        let goal = Goal::SumRate { user_weights: Some(vec![weight; 2]) };
        let instance = small(goal, Require::default()).realize(1, 0).unwrap();
        let settings = Settings { certify: Certify::YES, ..Settings::default() };
        let found = design(&instance, &settings).unwrap();
        (sound(&instance, &found) / weight, found.proof.bound.unwrap().gap_rel)
    };
    let ((usual, _), (small, gap)) = (at(1.0), at(1e-12));
    assert!((small / usual - 1.0).abs() <= 1e-3 && gap <= 1.1e-3, "{small} {usual} {gap}");
}

/// The optimum of an array that is centred sends nothing at the target itself: its reflection is unknown, and the
/// bound on the azimuth is proven all the same.
#[test]
fn a_target_in_a_null_is_no_excuse() {
    let scenario = Scenario {
        transmit_elements: Some(Elements::Linear { elements: 8, spacing: 0.5, centred: true }),
        unknown: Unknown { polar: false, ..Unknown::ALL },
        targets: target(0.0, 90.0, [0.1, 0.0]),
        users: 1,
        goal: crb(),
        ..Scenario::default()
    };
    let (instance, found) = designed(&scenario, 0);
    sound(&instance, &found);
    let bound = found.proof.bound.as_ref().unwrap();
    assert!(bound.gap_rel <= 1e-4, "{bound:?}");
    assert!(
        found.warnings.iter().any(|warning| warning.contains("hardly lit")),
        "{:?}",
        found.warnings
    );
}
