//! Fewer streams, the same design.

use super::*;
use crate::beamforming::goal::{Goal, Limit, Measure, Require};
use crate::beamforming::{Scenario, Settings, design};

fn both(scenario: &Scenario, trial: u64) -> (Instance, BeamformingDesign, BeamformingDesign) {
    let instance = scenario.realize(3, trial).expect("a scene");
    let plain = Settings { starts: Some(2), ..Settings::default() };
    let fewest = Settings { fewest_sensing_streams: true, ..plain.clone() };
    let before = design(&instance, &plain).expect("a design");
    let after = design(&instance, &fewest).expect("a design");
    (instance, before, after)
}

/// The bound of the theorem is met, the covariance is as said by the eigenvalues, and the witness, which
/// shares nothing with the functions that are kept, finds the numbers of before.
fn checked(scenario: &Scenario, trial: u64) -> Option<FewestStreams> {
    let (instance, before, after) = both(scenario, trial);
    let Some(found) = after.metrics.fewest else {
        assert_eq!(before.variables, after.variables, "nothing said, nothing changed");
        return None;
    };
    let (one, other) = (&before.metrics, &after.metrics);
    let same = |a: f64, b: f64| assert!((a - b).abs() <= 1e-9 * a.abs().max(1e-9), "{a} {b}");
    same(one.objective.unwrap(), other.objective.unwrap());
    same(one.sum_rate_nats, other.sum_rate_nats);
    same(one.power_w, other.power_w);
    for (a, b) in one.targets.iter().flatten().zip(other.targets.iter().flatten()) {
        same(a.azimuth_rcrb_deg, b.azimuth_rcrb_deg);
        same(a.polar_rcrb_deg, b.polar_rcrb_deg);
        same(a.reflection_rcrb, b.reflection_rcrb);
    }
    if instance.problem().is_none() {
        let witness = crate::beamforming::verify(&instance, &after.variables).expect("a witness");
        same(witness.objective.unwrap(), one.objective.unwrap());
        assert!(after.proof.residual().unwrap() <= before.proof.residual().unwrap() + 1e-6);
    }
    let users = after.variables.users;
    let streams = after.variables.matrix.cols();
    let used = principal(&after.variables.matrix.columns(users..streams), 1e-13 * one.power_w);
    assert_eq!(used.unwrap().cols(), found.after);
    assert!(found.after <= found.at_most && found.after <= found.before, "{found:?}");
    assert!(found.at_most * found.at_most <= found.kept);
    let parameters = 4 * instance.targets().len();
    let all = parameters * (parameters + 1) / 2 + instance.users() + instance.targets().len() + 1;
    assert!(found.kept <= all, "{found:?}");
    Some(found)
}

#[test]
fn one_target_and_no_user_need_few_streams() {
    let scenario = Scenario { users: 0, rate_weight_per_nat: 0.0, ..Scenario::default() };
    let scenario = Scenario { sensing_streams: Some(16), ..scenario };
    let found: Vec<_> = (0..3).filter_map(|trial| checked(&scenario, trial)).collect();
    assert_eq!(found.len(), 3, "without users all power is in sensing streams");
}

#[test]
fn random_streams_are_reduced_to_what_the_theorem_promises() {
    // beams of nobody's design: sixteen streams of full rank, and far fewer that do the same
    let scenario = Scenario { users: 1, sensing_streams: Some(16), ..Scenario::default() };
    for trial in 0..4 {
        let instance = scenario.realize(5, trial).expect("a scene");
        let mut rng = noctule_num::rng::StreamKey::new(9, "test", "fewest", trial).trial(0);
        let matrix = CMat::from_fn(instance.antennas(), 17, |_, _| {
            noctule_num::rng::complex_normal(&mut rng, 1e-4)
        });
        let beams = Beams { matrix, users: 1, subcarriers: 1 };
        let (fewer, found) = reduced(&instance, &beams).expect("numbers").expect("streams");
        assert!(found.after < found.before && found.after <= found.at_most, "{found:?}");
        let (one, other) = (
            evaluate(&instance, &beams).expect("metrics"),
            evaluate(&instance, &fewer).expect("metrics"),
        );
        assert_eq!(moved(&one, &other), None, "{one:?} {other:?}");
    }
}

#[test]
fn floors_and_limits_of_a_goal_stay_met() {
    let floor = Require { sinr_db: Some(10.0), ..Require::default() };
    let goal = Goal::MinCrb { metric: Default::default() };
    for cancelled in [false, true] {
        let scenario = Scenario {
            users: 1,
            goal: goal.clone(),
            require: floor.clone(),
            streams_cancelled: cancelled,
            sensing_streams: Some(12),
            ..Scenario::default()
        };
        for trial in 0..3 {
            checked(&scenario, trial);
        }
    }
    // what is kept is not what an extended target needs: then nothing changes, and a sentence says so
    let metric = Measure::Extended;
    let scenario = Scenario { goal: Goal::MinCrb { metric }, users: 1, ..Scenario::default() };
    let (_, before, after) = both(&scenario, 0);
    if after.metrics.fewest.is_none() {
        assert_eq!(before.variables, after.variables);
        assert!(after.warnings.iter().any(|w| w.contains("stay as they are")), "{after:?}");
    }
    let _ = Limit { metric: Measure::Extended, limit: 1.0 };
}

#[test]
fn antennas_with_a_power_each_keep_it() {
    let constraint = crate::beamforming::PowerConstraint::PerAntenna;
    let scenario = Scenario { users: 1, power_constraint: constraint, ..Scenario::default() };
    let (instance, _, after) = both(&scenario, 0);
    let share = instance.parts().power_w / instance.antennas() as f64;
    for n in 0..instance.antennas() {
        let sent: f64 = (0..after.variables.matrix.cols())
            .map(|s| after.variables.matrix[(n, s)].norm_sqr())
            .sum();
        assert!((sent / share - 1.0).abs() < 1e-9, "{sent} {share}");
    }
}
