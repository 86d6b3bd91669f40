//! What may not matter: units, order, the orientation of the plane.

use noctule::cellfree::{
    FixedPlaces, Instance, Orientation, Parts, Places, RequirementSpec, Scenario, SensingSettings,
    Settings, design, evaluate, sensing_only,
};
use noctule::{CMat, Run};
use noctule_phy::aggregated::Covariance;

use crate::common::{limited, relative, small};

/// The same problem with other units of channels and noise.
fn rescaled(instance: &Instance, db: f64) -> Instance {
    let gain = 10_f64.powf(db / 10.0);
    let mut parts = instance.parts().clone();
    parts.channels.scale(gain.sqrt());
    parts.error.iter_mut().for_each(|c| c.scale(gain));
    parts.power_over_noise.iter_mut().for_each(|p| *p /= gain);
    Instance::new(parts).unwrap()
}

#[test]
fn units_do_not_matter_over_240_db() {
    let instance = limited(&small(), 0, 1.3);
    let reference = design(&instance, &Settings::default()).unwrap();
    for db in [-120.0, 120.0] {
        let other = rescaled(&instance, db);
        let metrics = evaluate(&other, &reference.variables).unwrap();
        let far = relative(metrics.sum_rate_bps_hz, reference.metrics.sum_rate_bps_hz);
        assert!(far < 1e-9, "{db} dB: {far:e}");
        let again = design(&other, &Settings::default()).unwrap();
        let far = relative(again.metrics.sum_rate_bps_hz, reference.metrics.sum_rate_bps_hz);
        assert!(far < 1e-9, "{db} dB: {far:e}");
    }
}

/// Access points, users and targets in another order.
fn permuted(instance: &Instance) -> Instance {
    let (aps, n, users) = (instance.aps(), instance.antennas(), instance.users());
    let ap = |m: usize| (m + 1) % aps;
    let user = |k: usize| (k + 1) % users;
    let row = |i: usize| ap(i / n) * n + i % n;
    let parts = instance.parts();
    Instance::new(Parts {
        channels: CMat::from_fn(aps * n, users, |i, k| parts.channels[(row(i), user(k))]),
        error: (0..users)
            .map(|k| {
                let from = &parts.error[user(k)];
                Covariance {
                    blocks: (0..aps).map(|m| from.blocks[ap(m)].clone()).collect(),
                    factors: CMat::from_fn(aps * n, from.factors.cols(), |i, c| {
                        from.factors[(row(i), c)]
                    }),
                    weights: from.weights.clone(),
                }
            })
            .collect(),
        power_over_noise: (0..aps).map(|m| parts.power_over_noise[ap(m)]).collect(),
        targets_rad: (0..aps).map(|m| parts.targets_rad[ap(m)].clone()).collect(),
        ..parts.clone()
    })
    .unwrap()
}

#[test]
fn order_does_not_matter() {
    let instance = limited(&small(), 1, 1.3);
    let other = permuted(&instance);
    let (a, b) = (
        design(&instance, &Settings::default()).unwrap(),
        design(&other, &Settings::default()).unwrap(),
    );
    let far = relative(a.metrics.sum_rate_bps_hz, b.metrics.sum_rate_bps_hz);
    assert!(far < 1e-6, "{far:e}");
    let (a, b) = (
        sensing_only(&instance, &SensingSettings::default(), &Run::default()).unwrap(),
        sensing_only(&other, &SensingSettings::default(), &Run::default()).unwrap(),
    );
    assert!(relative(a.metrics.error.unwrap(), b.metrics.error.unwrap()) < 1e-9);
}

#[test]
fn the_plane_may_turn_with_its_arrays() {
    let places = |turn: f64| {
        let (sin, cos) = turn.sin_cos();
        let turned = |points: &[[f64; 2]]| {
            points.iter().map(|[x, y]| [cos * x - sin * y, sin * x + cos * y]).collect()
        };
        FixedPlaces {
            aps_km: turned(&[[0.1, 0.2], [1.4, 0.3], [0.8, 1.5]]),
            users_km: turned(&[[0.5, 0.5], [1.1, 1.0], [0.3, 1.2]]),
            targets_km: turned(&[[0.4, 0.1], [1.0, 1.7]]),
        }
    };
    let at = |turn: f64| {
        Scenario {
            antennas: 4,
            pilot_symbols: 2,
            places: Places::Fixed(places(turn)),
            orientation: Orientation::TurnedDeg(turn.to_degrees()),
            requirement: RequirementSpec::ErrorOverBest(1.2),
            ..Scenario::default()
        }
        .realize(1, 0)
        .unwrap()
    };
    let reference = design(&at(0.0), &Settings::default()).unwrap();
    for turn in [0.3, 2.0] {
        let other = design(&at(turn), &Settings::default()).unwrap();
        let far = relative(other.metrics.sum_rate_bps_hz, reference.metrics.sum_rate_bps_hz);
        assert!(far < 1e-6, "{turn}: {far:e}");
        let far = relative(other.metrics.error.unwrap(), reference.metrics.error.unwrap());
        assert!(far < 1e-8, "{turn}: {far:e}");
    }
}
