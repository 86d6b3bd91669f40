//! Goals and requirements over a band: against one frequency, the witness, bounds that nothing crosses, and each other.

use super::*;
use noctule::beamforming::baselines::{SensingSettings, sensing_only};
use noctule::beamforming::goal::{Goal, Limit, Measure, Parameter, Relative, Require};
use noctule::beamforming::{BeamformingDesign, Channel};
use noctule::{Certify, FEASIBLE};

pub(super) fn asking(goal: Goal, require: Require, subcarriers: usize) -> Scenario {
    Scenario { goal, require, ..moving(2, 1, ofdm(subcarriers)) }
}

pub(super) fn smallest(metric: Measure) -> Goal {
    Goal::MinCrb { metric }
}

pub(super) fn sinr(sinr_db: f64) -> Require {
    Require { sinr_db: Some(sinr_db), ..Require::default() }
}

pub(super) fn asked() -> Certify {
    Certify::To { nodes: Some(0), gap: 1e-3 }
}

pub(super) fn designed(scenario: &Scenario, certify: Certify) -> (Instance, BeamformingDesign) {
    let instance = scenario.realize(3, 0).unwrap();
    let settings = Settings { certify, ..Settings::default() };
    let design = design(&instance, &settings).unwrap();
    (instance, design)
}

/// The value, with everything that must hold of a design that meets what is required.
pub(super) fn sound(instance: &Instance, design: &BeamformingDesign) -> f64 {
    assert_eq!(design.proof.infeasible, None);
    let witness = verify(instance, &design.variables).unwrap();
    assert!(witness.violation <= FEASIBLE, "missed by {}", witness.violation);
    assert!(witness.mismatch(design.metrics.objective) < 1e-8);
    let goal = design.metrics.goal.as_ref().unwrap();
    assert_eq!(goal.met, goal.asked);
    goal.value.unwrap()
}

pub(super) fn proven(scenario: &Scenario) -> (Instance, f64) {
    let (instance, design) = designed(scenario, Certify::No);
    let value = sound(&instance, &design);
    let bound = design.proof.bound.as_ref().unwrap();
    assert!(bound.gap_rel <= 1e-4, "{bound:?}");
    assert_eq!(design.stop, Stop::Converged);
    (instance, value)
}

/// On one subcarrier with ranges and velocities known, goals are those of one frequency.
#[test]
fn one_subcarrier_has_the_goals_of_one_frequency() {
    let limited = Require { azimuth_deg: Some(2.0), ..sinr(8.0) };
    for (goal, require) in [
        (smallest(Measure::Angles), sinr(10.0)),
        (smallest(Measure::WorstAngle), sinr(6.0)),
        (Goal::MinPower, limited.clone()),
        (smallest(Measure::Parameter { target: 1, parameter: Parameter::Polar }), limited),
    ] {
        let narrow =
            Scenario { goal: goal.clone(), require: require.clone(), ..Scenario::default() };
        let wide = Scenario { goal, require, ..one() };
        let (_, a) = designed(&narrow, Certify::No);
        let (_, b) = proven(&wide);
        let a = a.metrics.goal.unwrap().value.unwrap();
        assert!(close(a, b, 2e-5), "{}: {a} {b}", wide.goal.name());
    }
}

/// Every bound as a goal under floors of SINRs on every subcarrier is proven to be the smallest.
#[test]
fn smallest_bounds_are_proven() {
    let of = |parameter| Measure::Parameter { target: 0, parameter };
    let mixed = Measure::Trace {
        azimuth: 1.0,
        polar: 0.5,
        reflection: 0.1,
        range: 0.01,
        velocity: 0.001,
        targets: None,
    };
    for metric in [
        Measure::Angles,
        of(Parameter::Range),
        of(Parameter::Velocity),
        Measure::WorstRange,
        Measure::WorstVelocity,
        Measure::WorstAngle,
        mixed,
    ] {
        let scenario =
            Scenario { sensing_streams: Some(3), ..asking(smallest(metric.clone()), sinr(8.0), 4) };
        let (instance, value) = proven(&scenario);
        // users cost something, and nothing where they ask for nothing
        let run = Run::default();
        let alone = sensing_only(&instance, &SensingSettings::default(), &run).unwrap();
        let bound = alone.proof.bound.clone().unwrap();
        assert!(bound.problem.is_some() && bound.gap_rel <= 1e-4, "{metric:?} {bound:?}");
        assert!(bound.value <= value * (1.0 + 1e-9), "{metric:?}");
    }
}

/// The least power and the smallest bound are each other's inverse.
#[test]
fn least_powers_are_proven_and_spend_what_a_bound_needs() {
    let limits = Require {
        range_m: Some(0.5),
        velocity_m_s: Some(20.0),
        azimuth_deg: Some(1.0),
        ..sinr(8.0)
    };
    let (instance, design) = designed(&asking(Goal::MinPower, limits.clone(), 4), Certify::No);
    let power = sound(&instance, &design);
    let bound = design.proof.bound.as_ref().unwrap();
    assert!(bound.gap_rel <= 1e-4, "{bound:?}");
    let goal = design.metrics.goal.as_ref().unwrap();
    assert_eq!(goal.asked, 5);
    let targets = design.metrics.targets.as_ref().unwrap();
    assert!(targets[0].range_rcrb_m.unwrap() <= 0.5 * (1.0 + FEASIBLE));
    // with a hundredth less power nothing meets it, and that is proven
    let mut less = asking(smallest(Measure::Angles), limits, 4);
    less.power_dbm = 10.0 * power.log10() + 30.0 - 0.05;
    let (_, refused) = designed(&less, Certify::No);
    let why = refused.proof.infeasible.expect("nothing meets it");
    assert_eq!(why.method, "dual-bound-of-the-power");
    less.power_dbm += 0.06;
    let (instance, there) = designed(&less, Certify::No);
    sound(&instance, &there);
}

/// Goals of rates keep their limits, and what bounds them is above everything that was met.
#[test]
fn goals_of_rates_have_intervals() {
    let limited = Require { range_m: Some(0.6), azimuth_deg: Some(1.5), ..Require::default() };
    for goal in [
        Goal::SumRate { user_weights: Some(vec![1.0, 2.0]) },
        Goal::MaxMinRate { user_weights: None },
        Goal::ProportionalFair { user_weights: None },
    ] {
        let scenario = asking(goal.clone(), limited.clone(), 4);
        let (instance, design) = designed(&scenario, asked());
        let value = sound(&instance, &design);
        let bound = design.proof.bound.as_ref().expect("an interval");
        assert!(bound.value >= value, "{}: {bound:?}", goal.name());
        assert!(bound.gap_rel < 0.2, "{}: {bound:?}", goal.name());
        // the same without limits is no worse
        let free = asking(goal, Require::default(), 4);
        let (instance, other) = designed(&free, Certify::No);
        assert!(sound(&instance, &other) >= value * (1.0 - 1e-4));
    }
}

/// A mean rate asks for less than the SINR of it on every subcarrier.
#[test]
fn mean_rates_cost_less_than_sinrs_everywhere() {
    let goal = || smallest(Measure::Parameter { target: 0, parameter: Parameter::Range });
    let rate = Require { rate_bps_hz: Some(3.0), ..Require::default() };
    let (instance, mean) = designed(&asking(goal(), rate, 4), asked());
    let by_rate = sound(&instance, &mean);
    let rates = &mean.metrics.rate_bps_hz;
    assert!(rates.iter().all(|rate| *rate >= 3.0 * (1.0 - FEASIBLE)), "{rates:?}");
    let bound = mean.proof.bound.as_ref().expect("an interval");
    assert!(bound.value <= by_rate && bound.gap_rel < 0.5, "{bound:?}");
    let everywhere = 10.0 * (2.0_f64.powf(3.0) - 1.0).log10();
    let (_, by_sinr) = proven(&asking(goal(), sinr(everywhere), 4));
    assert!(by_rate <= by_sinr * (1.0 + 1e-5), "{by_rate} {by_sinr}");
}

/// What cannot be met is proven so, with what is in reach.
#[test]
fn what_is_out_of_reach_is_proven_so() {
    let goal = || smallest(Measure::Angles);
    let method = |require: Require| {
        let (instance, design) = designed(&asking(goal(), require, 3), Certify::No);
        assert!(verify(&instance, &design.variables).is_ok());
        design.proof.infeasible.expect("a proof").method
    };
    assert_eq!(method(sinr(60.0)), "uplink-fixed-point");
    let sharp = Require { range_m: Some(1e-4), ..Require::default() };
    assert_eq!(method(sharp), "dual-bound-of-a-limit");
    let fast = Require { target_velocity_m_s: Some(vec![1e-3]), ..Require::default() };
    assert_eq!(method(fast), "dual-bound-of-a-limit");
}

/// The weighted sum has a bound that no beams exceed, and sensing alone its optimum.
#[test]
fn the_weighted_sum_is_bounded() {
    let mut scenario = moving(2, 1, ofdm(6));
    scenario.crb_weight = 300.0;
    let (instance, design) = designed(&scenario, asked());
    let (reached, bound) = (design.metrics.objective.unwrap(), design.proof.bound.clone().unwrap());
    assert!(bound.value >= reached && bound.problem.is_none(), "{reached} {bound:?}");
    assert!(bound.gap_rel < 0.2, "{bound:?}");
    let run = Run::default();
    let alone = sensing_only(&instance, &SensingSettings::default(), &run).unwrap();
    let own = alone.proof.bound.clone().unwrap();
    assert!(own.gap_rel <= 1e-5, "{own:?}");
    assert!(verify(&instance, &alone.variables).unwrap().violation < 1e-12);
    let weight = instance.parts().crb_weight;
    for seed in 0..5 {
        let mut beams = random_beams(&instance, seed);
        let scale = (instance.parts().power_w / beams.matrix.norm_sqr()).sqrt();
        beams.matrix.scale(scale);
        let metrics = evaluate(&instance, &beams).unwrap();
        assert!(metrics.objective.unwrap() <= bound.value);
        assert!(-weight * metrics.band.unwrap().weighted_bound.unwrap() <= own.value);
    }
    let worse = design.metrics.band.as_ref().unwrap().weighted_bound.unwrap();
    assert!(-weight * worse <= own.value);
}

/// Estimates: floors hold for certain, with errors that have directions and without.
#[test]
fn floors_hold_for_certain_under_estimates() {
    for correlated in [false, true] {
        let mut scenario = asking(smallest(Measure::Angles), sinr(3.0), 3);
        scenario.transmit_array = ArrayShape { horizontal: 4, vertical: 2 };
        scenario.knowledge = Some(noctule::beamforming::Knowledge {
            pilot_snr_db: 20.0,
            ..noctule::beamforming::Knowledge::default()
        });
        if correlated {
            scenario.channel = Some(Channel::Correlated {
                azimuth_deg: [-20.0, 20.0],
                polar_deg: [80.0, 100.0],
                azimuth_std_deg: 15.0,
                polar_std_deg: 5.0,
                spectrum: noctule::beamforming::Spread::Gaussian,
            });
        }
        let (instance, value) = proven(&scenario);
        scenario.knowledge = None;
        let (_, known) = proven(&scenario);
        assert!(known <= value * (1.0 + 1e-4), "{known} {value}");
        assert_eq!(instance.band().unwrap().errors().len(), 2);
    }
}

/// Limits relative to the best are what the best comes to.
#[test]
fn limits_over_the_best_are_resolved() {
    let metric = Measure::WorstRange;
    let relative = Relative { metric: metric.clone(), factor: 1.5 };
    let require = Require { over_best: vec![relative], ..Require::default() };
    let scenario = asking(Goal::SumRate { user_weights: None }, require, 4);
    let instance = scenario.realize(3, 0).unwrap();
    let limits = &instance.problem().unwrap().limits;
    let run = Run::default();
    let best = asking(smallest(metric.clone()), Require::default(), 4).realize(3, 0).unwrap();
    let best = sensing_only(&best, &SensingSettings::default(), &run).unwrap();
    let best = best.metrics.goal.unwrap().value.unwrap();
    assert_eq!(limits[0].metric, metric);
    assert!(close(limits[0].limit, 2.25 * best, 1e-4));
}

/// Problems go around as arrays, to the bit.
#[test]
fn problems_over_a_band_go_around_as_arrays() {
    let limit = Limit {
        metric: Measure::Trace {
            azimuth: 1.0,
            polar: 1.0,
            reflection: 0.0,
            range: 0.25,
            velocity: 0.5,
            targets: Some(vec![2.0]),
        },
        limit: 0.5,
    };
    let require = Require {
        limits: vec![limit],
        rate_bps_hz: Some(1.0),
        range_m: Some(2.0),
        target_velocity_m_s: Some(vec![30.0]),
        ..sinr(1.0)
    };
    let scenario = asking(smallest(Measure::WorstVelocity), require, 3);
    let instance = scenario.realize(3, 1).unwrap();
    let again = Instance::from_arrays(instance.to_arrays(), None).unwrap().drawn_as(3, 1);
    assert!(same(&again, &instance));
    assert_eq!(instance.problem().unwrap().asked(), 2 + 2 + 3);
}

#[test]
fn what_no_goal_over_a_band_has_is_refused_by_name() {
    let place = |scenario: &Scenario| refusal(scenario).split(':').next().unwrap().to_owned();
    let base = || asking(smallest(Measure::Angles), Require::default(), 4);
    let gains = Goal::MaxSensing { metric: Measure::SensingSnr { target: None } };
    assert_eq!(place(&Scenario { goal: gains, ..base() }), "goal");
    assert_eq!(place(&Scenario { goal: smallest(Measure::LogDet), ..base() }), "goal.metric.kind");
    let other = Measure::Parameter { target: 7, parameter: Parameter::Range };
    assert_eq!(place(&Scenario { goal: smallest(other), ..base() }), "goal.metric.target");
    assert_eq!(place(&Scenario { channel_error_db: Some(-10.0), ..base() }), "channel_error_db");
    assert_eq!(place(&Scenario { streams_cancelled: true, ..base() }), "streams_cancelled");
    let mut known = base();
    (known.unknown.range, known.goal) = (false, smallest(Measure::WorstRange));
    assert_eq!(place(&known), "goal.metric");
    let asked = Require { range_m: Some(1.0), ..Require::default() };
    known.goal = smallest(Measure::Angles);
    assert_eq!(place(&Scenario { require: asked.clone(), ..known }), "require.range_m");
    // one frequency has no range
    let narrow =
        Scenario { require: asked, goal: smallest(Measure::Angles), ..Scenario::default() };
    assert!(narrow.realize(1, 0).is_err());
    let narrow = Scenario { goal: smallest(Measure::WorstRange), ..Scenario::default() };
    assert_eq!(place(&narrow), "goal.metric");
    assert_eq!(place(&Scenario { goal: Goal::MinPower, ..base() }), "require");
    // without users and without targets
    let nobody = Scenario { users: 0, ..base() };
    let (instance, alone) = designed(&nobody, Certify::No);
    assert!(sound(&instance, &alone) > 0.0 && alone.proof.bound.unwrap().gap_rel <= 1e-4);
    let mut unlit = asking(Goal::SumRate { user_weights: None }, Require::default(), 4);
    unlit.targets = Targets::Fixed(Vec::new());
    let (instance, rate) = designed(&unlit, Certify::No);
    assert!(sound(&instance, &rate) > 0.0);
    unlit.goal = smallest(Measure::Angles);
    assert!(matches!(unlit.realize(1, 0), Err(Error::Unobservable { .. })));
}

/// Sixty-four subcarriers are as proven as four.
#[test]
fn goals_of_a_whole_band_are_proven() {
    let base = |goal: Goal, require: Require| {
        let words = Ofdm { subcarriers: 64, ..Ofdm::default() };
        Scenario { goal, require, ..moving(4, 2, words) }
    };
    let limits = Require {
        range_m: Some(0.5),
        velocity_m_s: Some(1.0),
        azimuth_deg: Some(1.0),
        ..sinr(8.0)
    };
    for (goal, require) in [
        (smallest(Measure::Parameter { target: 0, parameter: Parameter::Range }), sinr(8.0)),
        (Goal::MinPower, limits),
    ] {
        proven(&base(goal, require));
    }
    let (instance, design) =
        designed(&base(Goal::MaxMinRate { user_weights: None }, Require::default()), asked());
    let bound = design.proof.bound.as_ref().unwrap();
    assert!(bound.value >= sound(&instance, &design) && bound.gap_rel < 0.25, "{bound:?}");
}
