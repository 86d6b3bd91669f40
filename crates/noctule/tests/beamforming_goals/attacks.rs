//! What was once wrong: prices against differences, certificates against what they promise.

use noctule::beamforming::goal::{
    Case, Elements, Goal, Limit, Measure, PowerGroup, Prices, Relative, Require, Template, Unknown,
};
use noctule::beamforming::requirements::least_factor_for;
use noctule::beamforming::{
    ArrayShape, BeamformingDesign, Instance, PowerConstraint, Scenario, TargetSpec, Targets,
};

use super::{designed, proven, sound};

/// Two users, six antennas, nine receive elements.
pub(super) fn small(goal: Goal, require: Require) -> Scenario {
    Scenario {
        users: 2,
        transmit_array: ArrayShape { horizontal: 3, vertical: 2 },
        receive_array: ArrayShape { horizontal: 3, vertical: 3 },
        goal,
        require,
        ..Scenario::default()
    }
}

pub(super) const FAIR: Goal = Goal::MaxMinRate { user_weights: None };

pub(super) fn crb() -> Goal {
    Goal::MinCrb { metric: Measure::Angles }
}

pub(super) fn limits(metric: Measure, limit: f64) -> Vec<Limit> {
    vec![Limit { metric, limit }]
}

fn shown(scenario: &Scenario) -> (f64, Prices) {
    let (instance, found) = designed(scenario, 0);
    sound(&instance, &found);
    let value = found.metrics.goal.as_ref().unwrap().shown.unwrap();
    (value, found.metrics.prices.expect("prices"))
}

/// A price against the central difference of what is reached.
fn slope(price: f64, step: f64, at: impl Fn(f64) -> Scenario, name: &str) {
    let slope = (shown(&at(step)).0 - shown(&at(-step)).0) / (2.0 * step);
    assert!((price - slope).abs() <= 5e-3 * slope.abs() + 1e-5, "{name}: {price} against {slope}");
}

#[test]
fn floors_have_a_price_in_worst_rates() {
    let reached = |scenario: &Scenario| designed(scenario, 0).1.metrics.sinr;
    let fair = reached(&small(FAIR, Require::default()));
    let floor = 10.0 * fair[0].log10() + 1.5;
    let asks = |floor: f64, azimuth_deg: Option<f64>, power_dbm: f64, weights: [f64; 2]| {
        let goal = Goal::MaxMinRate { user_weights: Some(weights.to_vec()) };
        let user_sinr_db = Some(vec![floor, -30.0]);
        let require = Require { user_sinr_db, azimuth_deg, ..Require::default() };
        Scenario { power_dbm, ..small(goal, require) }
    };
    for (azimuth_deg, weights) in [(None, [1.0, 1.0]), (Some(2.0), [1.0, 1.0]), (None, [0.0, 1.0])]
    {
        let at = |x: f64, p: f64| asks(floor + x, azimuth_deg, 10.0 + p, weights);
        let (_, prices) = shown(&at(0.0, 0.0));
        assert!(prices.per_sinr_db[0] < -0.1 && prices.per_sinr_db[1] == 0.0, "{prices:?}");
        slope(prices.per_sinr_db[0], 0.02, |x| at(x, 0.0), "floor");
        slope(prices.per_power_db.unwrap(), 0.02, |p| at(0.0, p), "power");
        if azimuth_deg.is_some() {
            let limit: f64 = prices.per_limit.iter().sum();
            slope(limit, 2e-3, |x| asks(floor, Some(2.0 + x), 10.0, weights), "azimuth");
        }
    }
}

#[test]
fn power_that_only_just_suffices_has_no_infinite_price() {
    let asks = |goal: Goal, power_dbm: f64| Scenario {
        power_dbm,
        ..small(goal, Require { sinr_db: Some(8.0), azimuth_deg: Some(1.5), ..Require::default() })
    };
    let (least, _) = shown(&asks(Goal::MinPower, 30.0));
    let (instance, found) = designed(&asks(FAIR, least), 0);
    sound(&instance, &found);
    if let Some(prices) = &found.metrics.prices {
        let all = prices.per_sinr_db.iter().chain(&prices.per_limit).chain(&prices.per_power_db);
        assert!(all.copied().all(f64::is_finite), "{prices:?}");
    }
}

/// Eight antennas in a line, two users: a template's cut does not see all that they send.
fn cut(goal: Goal, limits: Vec<Limit>, sinr_db: f64) -> Scenario {
    Scenario {
        transmit_elements: Some(Elements::Linear { elements: 8, spacing: 0.5, centred: false }),
        unknown: Unknown { polar: false, ..Unknown::ALL },
        template: Some(Template::default()),
        ..small(goal, Require { limits, sinr_db: Some(sinr_db), ..Require::default() })
    }
}

#[test]
fn more_power_makes_a_beampattern_of_the_same_watts_a_smaller_share() {
    let pattern = || Measure::Beampattern;
    let at = |p: f64| Scenario { power_dbm: 10.0 + p, ..cut(crb(), limits(pattern(), 0.1), 10.0) };
    let (_, prices) = shown(&at(0.0));
    assert!(prices.per_limit[0] < 0.0, "the limit costs nothing: {prices:?}");
    slope(prices.per_power_db.unwrap(), 0.02, at, "power beside a limit");
    let goal = || Goal::MinCrb { metric: pattern() };
    let at = |p: f64| Scenario { power_dbm: 10.0 + p, ..cut(goal(), Vec::new(), 10.0) };
    let (_, prices) = shown(&at(0.0));
    slope(prices.per_power_db.unwrap(), 0.02, at, "power of a beampattern");
}

fn group(antennas: &[usize], power_dbm: f64) -> Vec<PowerGroup> {
    vec![PowerGroup { antennas: antennas.to_vec(), power_dbm }]
}

#[test]
fn power_beside_groups_has_a_price_of_its_own() {
    let fair = |p: f64, g: f64| Scenario {
        power_dbm: 10.0 + p,
        ..small(
            FAIR,
            Require {
                groups: group(&[0, 1], 3.0 + g),
                limits: limits(Measure::Angles, 3.8),
                ..Require::default()
            },
        )
    };
    let (_, prices) = shown(&fair(0.0, 0.0));
    slope(prices.per_power_db.unwrap(), 0.02, |p| fair(p, 0.0), "power of a worst rate");
    slope(prices.per_group_db[0], 0.02, |g| fair(0.0, g), "group of a worst rate");
    let crb = |p: f64, g: f64| Scenario {
        power_dbm: 30.0 + p,
        ..small(
            crb(),
            Require { sinr_db: Some(7.0), groups: group(&[0, 1], 2.0 + g), ..Require::default() },
        )
    };
    let (_, prices) = shown(&crb(0.0, 0.0));
    slope(prices.per_power_db.unwrap(), 0.02, |p| crb(p, 0.0), "power of a bound");
    slope(prices.per_group_db[0], 0.02, |g| crb(0.0, g), "group of a bound");
}

pub(super) fn certificate(
    scenario: &Scenario,
) -> (Instance, BeamformingDesign, noctule::Certificate) {
    let (instance, found) = designed(scenario, 0);
    let certificate = found.proof.infeasible.clone().expect("a certificate");
    (instance, found, certificate)
}

#[test]
fn a_certificate_of_floors_promises_no_more_than_it_knows() {
    let least = small(Goal::MinPower, Require { sinr_db: Some(16.0), ..Require::default() });
    let (there, _) = shown(&Scenario { power_dbm: 60.0, ..least.clone() });
    let asks = |sinr_db: f64, azimuth_deg: Option<f64>| Scenario {
        power_dbm: there - 1.0,
        ..small(crb(), Require { sinr_db: Some(sinr_db), azimuth_deg, ..Require::default() })
    };
    // floors alone: what is said to be in reach is
    let (_, _, one) = certificate(&asks(16.0, None));
    assert!(one.statement.contains("in reach"), "{one:?}");
    let (instance, met) = designed(&asks(one.reachable - 1e-3, None), 0);
    sound(&instance, &met);
    // beside anything else nothing of the kind is said
    let beside = asks(16.0, Some(1.5));
    let antennas = Scenario { power_constraint: PowerConstraint::PerAntenna, ..asks(16.0, None) };
    let mut groups = asks(16.0, None);
    groups.require.groups = group(&[0, 1, 2], there - 4.0);
    for scenario in [beside, antennas, groups] {
        let (_, _, one) = certificate(&scenario);
        assert!(!one.statement.contains("in reach"), "{one:?}");
        let watts = format!("there are {:.3} dBm", there - 1.0);
        assert!(one.statement.contains(&watts), "{one:?} without {watts}");
    }
}

#[test]
fn powers_of_a_certificate_are_told_with_the_digits_that_differ() {
    let least = small(Goal::MinPower, Require { sinr_db: Some(16.0), ..Require::default() });
    let (there, _) = shown(&Scenario { power_dbm: 60.0, ..least.clone() });
    let (_, _, one) = certificate(&Scenario { power_dbm: there - 1e-5, ..least });
    let (_, powers) = one.statement.split_once("at least ").unwrap();
    let (cost, there) = powers.split_once(", and there are ").unwrap();
    assert!(!there.starts_with(cost), "{one:?}");
}

#[test]
fn a_limit_on_mutual_information_is_blamed_alone() {
    for goal in [Goal::MinPower, FAIR] {
        let require =
            Require { limits: limits(Measure::MutualInformation, 300.0), ..Require::default() };
        let (_, _, one) = certificate(&small(goal, require));
        assert!(one.statement.contains("whatever becomes of the users"), "{one:?}");
        let best =
            small(Goal::MaxSensing { metric: Measure::MutualInformation }, Require::default());
        let (most, _) = shown(&best);
        assert!((one.reachable / most - 1.0).abs() <= 1e-4, "{one:?} of {most}");
    }
}

#[test]
fn over_the_best_is_over_what_the_power_beside_groups_allows() {
    let groups = || group(&[0, 1], 8.0);
    let best = small(crb(), Require { groups: groups(), ..Require::default() });
    let (instance, found) = designed(&Scenario { users: 0, ..best }, 0);
    let smallest = proven(&instance, &found).sqrt().to_degrees();
    let over_best = vec![Relative { metric: Measure::Angles, factor: 1.2 }];
    let scenario = small(FAIR, Require { groups: groups(), over_best, ..Require::default() });
    let (instance, found) = designed(&scenario, 0);
    proven(&instance, &found);
    let limit = instance.problem().unwrap().limits[0].limit.sqrt().to_degrees();
    assert!((limit / smallest - 1.2).abs() <= 1e-5, "{limit} over {smallest}");
    // and what no beams reach is said of that power
    let require = Require {
        groups: groups(),
        limits: limits(Measure::Angles, 0.95 * smallest),
        ..Require::default()
    };
    let (_, _, one) = certificate(&small(FAIR, require));
    assert!((one.reachable / smallest - 1.0).abs() <= 1e-4, "{one:?} of {smallest}");
}

pub(super) fn target(azimuth_deg: f64, polar_deg: f64, reflection: [f64; 2]) -> Targets {
    let unknown = None;
    let (range_m, velocity_m_s) = (None, None);
    Targets::Fixed(vec![TargetSpec {
        azimuth_deg,
        polar_deg,
        reflection,
        unknown,
        range_m,
        velocity_m_s,
    }])
}

/// Floors within the power that there is, and beyond what a group and all antennas may send together.
#[test]
fn floors_beyond_groups_are_proven_to_be() {
    let circle = |radius| Some(Elements::Circular { elements: 5, radius });
    let lit = Measure::Illumination { target: None };
    let first = Scenario {
        transmit_elements: Some(Elements::Linear { elements: 4, spacing: 0.5, centred: true }),
        receive_elements: Some(Elements::Circular { elements: 4, radius: 0.984 }),
        unknown: Unknown { polar: false, ..Unknown::ALL },
        targets: target(-20.377, 94.268, [-0.016, 0.066]),
        users: 3,
        power_dbm: 9.145,
        goal: Goal::MaxSensing { metric: lit },
        require: Require {
            groups: group(&[0, 1], 4.985),
            user_sinr_db: Some(vec![6.21, 2.432, 7.285]),
            ..Require::default()
        },
        ..Scenario::default()
    };
    let second = Scenario {
        transmit_elements: circle(0.837),
        receive_elements: circle(0.837),
        targets: target(-31.557, 99.158, [0.014, 0.046]),
        users: 3,
        power_dbm: 13.17,
        channel_error_db: Some(-18.879),
        goal: crb(),
        require: Require {
            groups: group(&[0, 1], 8.09),
            user_sinr_db: Some(vec![3.451, 8.838, 12.635]),
            ..Require::default()
        },
        ..Scenario::default()
    };
    for scenario in [first, second] {
        let instance = scenario.realize(1, 0).unwrap();
        let case = Case::of(&instance, instance.problem().unwrap()).unwrap();
        let least =
            least_factor_for(&case.world, &case.required, &noctule::Interrupt::new()).unwrap();
        println!("{} {:?} {}", least.value, least.bound, least.violation);
        let (_, _, one) = certificate(&scenario);
        assert!(one.required > 1.0, "{one:?}");
    }
}
