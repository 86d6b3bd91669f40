//! Targets that need next to nothing, limits next to the best, and gains that belong to nobody.

use noctule::data::{Array, ArraySet, Entries};
use noctule::pilots::baselines::full_power;
use noctule::pilots::{
    CrbLimit, FullPower, Instance, LeastPowerSettings, Scenario, evaluate, least_power, verify,
};
use noctule::{Error, Stop};

use crate::{alone, certified, scenario};

/// Users know the means of their gains without any pilot: a target that this meets takes next to no power, and the design
/// says so wherever the descent happens to end.
#[test]
fn targets_that_any_power_meets_take_next_to_none() {
    let instance = Scenario { crb_limit: CrbLimit::None, ..Scenario::default() };
    let instance = instance.realize(1, 0).unwrap();
    let mut little = full_power(&instance, &FullPower::default(), &alone()).unwrap().variables;
    little.fractions.iter_mut().for_each(|share| *share *= 1e-9);
    let enough = evaluate(&instance, &little).unwrap().worst_error;
    for target in [1.01 * enough, 0.5, 0.9, 0.9999, 1.0] {
        for search in [certified(), noctule::pilots::Settings::default()] {
            let settings = LeastPowerSettings { target_error: Some(target), search };
            let found = least_power(&instance, &settings, &alone()).unwrap();
            assert_eq!(found.stop, Stop::Converged, "{target}: {:?}", found.warnings);
            assert!(found.metrics.power_fraction <= 1e-8, "{target}: {:?}", found.metrics);
            assert!(found.metrics.worst_error <= target && found.proof.infeasible.is_none());
            assert!(found.warnings.iter().any(|text| text.contains("next to no power")));
            assert!(verify(&instance, &found.variables).unwrap().violation <= 1e-9);
        }
    }
    // A target below takes power, little as it is, and the bound is no more than that.
    let settings = LeastPowerSettings { target_error: Some(0.5 * enough), search: certified() };
    let found = least_power(&instance, &settings, &alone()).unwrap();
    let (power, bound) = (found.metrics.power_fraction, found.proof.bound.unwrap().value);
    assert!(power > 1e-8 && bound <= power, "{power} {bound}");
}

/// Limits that leave hardly any room: what is proven to be within the gap that was asked for has converged.
#[test]
fn limits_next_to_the_best_end_with_their_proof() {
    for (users, factor) in [(2, 1.1), (2, 1.01), (2, 1.001), (2, 1.0001), (4, 1.01)] {
        for trial in 0..2 {
            let here =
                Scenario { users: scenario(users, CrbLimit::None).users, ..Scenario::default() };
            let limited = Scenario { crb_limit: CrbLimit::OverBest(factor), ..here };
            let instance = limited.realize(1, trial).unwrap();
            let found = noctule::pilots::design(&instance, &certified()).unwrap();
            assert!(found.proof.is_global(1e-3), "{users} {factor}: {:?}", found.proof.bound);
            assert_eq!(found.stop, Stop::Converged, "{users} users, {factor}, {trial}");
        }
    }
}

/// Gains of other users than there are places for are refused: their echoes would be those of nobody.
#[test]
fn gains_without_places_of_their_own_are_refused() {
    let base = Scenario::default().realize(1, 0).unwrap();
    let (points, users) = (base.points(), base.users());
    let gains = |rows: usize, columns: usize| {
        let entries = Entries::Real(vec![1e-8; rows * columns]);
        let mut set = ArraySet::new();
        set.insert("channel_gain", Array { shape: vec![rows, columns], entries });
        set
    };
    assert!(Instance::from_arrays(gains(points, users), Some(&base)).is_ok());
    for (rows, columns) in [(points, users + 1), (points + 2, users), (3, 1)] {
        let Err(Error::Input(error)) = Instance::from_arrays(gains(rows, columns), Some(&base))
        else {
            panic!("{rows} × {columns}");
        };
        assert_eq!(error.place, "channel_gain");
        assert_eq!(error.found, format!("{rows} access points × {columns} users"));
        assert!(error.allowed.contains(&format!("{points} × {users}")), "{error}");
        assert!(error.to_string().contains("point_m"), "{error}");
    }
    // With places of their own they are a network of their own.
    let mut own = gains(points, users + 1);
    let at = |count: usize, y: f64| {
        let places = (0..count).flat_map(|i| [7.0 + 31.0 * i as f64, y]).collect();
        Array { shape: vec![count, 2], entries: Entries::Real(places) }
    };
    own.insert("point_m", at(points, 0.0));
    own.insert("user_m", at(users + 1, 43.0));
    assert_eq!(Instance::from_arrays(own, Some(&base)).unwrap().users(), users + 1);
}
