//! Two antennas: two users without sensing, and one user beside a target.

use noctule::beamforming::{
    ArrayShape, Beams, Instance, Scenario, Settings, TargetSpec, Targets, design, verify,
};
use noctule::{C64, CMat, Certify};

use crate::{directions, instances, shares};

fn certified(instance: &Instance) -> (f64, f64) {
    let certify = Certify::YES.with_nodes(2000).within(1e-4);
    let found = design(instance, &Settings { certify, ..Settings::default() }).unwrap();
    let bound = found.proof.bound.unwrap();
    assert!(bound.gap_rel <= 1e-4, "{bound:?}");
    (found.metrics.objective.unwrap(), bound.value)
}

/// Beams everywhere on a fine grid of directions and shares of power, by the definition of a rate.
#[test]
fn campaign_brute_force_of_two_users() {
    for trial in 0..instances() {
        let scenario = Scenario {
            transmit_array: ArrayShape { horizontal: 2, vertical: 1 },
            users: 2,
            rate_weight_per_nat: 1.0,
            crb_weight: 0.0,
            ..Scenario::paper()
        };
        let instance = scenario.realize(14, trial).unwrap();
        let (objective, bound) = certified(&instance);
        let best = two_users(&instance, 14);
        assert!(best <= bound + 1e-9, "{trial}: {best} passes {bound}");
        assert!(best >= 0.85 * objective, "{trial}: {best} {objective}");
    }
}

/// The best sum rate of two users with two antennas.
fn two_users(instance: &Instance, steps: u32) -> f64 {
    let parts = instance.parts();
    let heard: Vec<[f64; 2]> = directions(steps)
        .iter()
        .map(|w| {
            [0, 1].map(|k| {
                let amplitude: C64 =
                    instance.channels().col(k).iter().zip(w).map(|(h, w)| h.conj() * w).sum();
                parts.power_w * amplitude.norm_sqr() / parts.user_noise_w[k]
            })
        })
        .collect();
    let mut best: f64 = 0.0;
    for one in &heard {
        for other in &heard {
            for share in shares(steps) {
                let first = (share * one[0] / (1.0 + (1.0 - share) * other[0])).ln_1p();
                let second = ((1.0 - share) * other[1] / (1.0 + share * one[1])).ln_1p();
                best = best.max(first + second);
            }
        }
    }
    best
}

/// One user and one target: a beam for the user and one for sensing, by the witness's rate and Fisher matrix.
#[test]
fn campaign_brute_force_of_a_user_and_a_target() {
    for trial in 0..instances() {
        let target = TargetSpec {
            azimuth_deg: 3.0 * trial as f64 % 90.0 - 45.0,
            polar_deg: 60.0 + (trial % 5) as f64 * 10.0,
            reflection: [0.1, 0.0],
            unknown: None,
            range_m: None,
            velocity_m_s: None,
        };
        let scenario = Scenario {
            transmit_array: ArrayShape { horizontal: 2, vertical: 1 },
            receive_array: ArrayShape { horizontal: 2, vertical: 2 },
            users: 1,
            targets: Targets::Fixed(vec![target]),
            rate_weight_per_nat: [0.5, 5.0, 50.0][trial as usize % 3],
            ..Scenario::paper()
        };
        let instance = scenario.realize(15, trial).unwrap();
        let (objective, bound) = certified(&instance);
        let best = user_and_target(&instance, 6);
        let unit = objective.abs().max(1.0);
        println!("{trial}: {best} {objective} {bound}");
        assert!(best <= bound + 1e-9 * unit, "{trial}: {best} passes {bound}");
        assert!(best >= objective - 0.25 * unit, "{trial}: {best} {objective}");
    }
}

fn user_and_target(instance: &Instance, steps: u32) -> f64 {
    let directions = directions(steps);
    let power = instance.parts().power_w;
    let mut best = f64::NEG_INFINITY;
    for user in &directions {
        for sensing in &directions {
            for share in shares(steps) {
                let matrix = CMat::from_fn(2, 2, |i, stream| match stream {
                    0 => user[i] * (share * power).sqrt(),
                    _ => sensing[i] * ((1.0 - share) * power).sqrt(),
                });
                let beams = Beams { matrix, users: 1, subcarriers: 1 };
                let found = verify(instance, &beams).unwrap();
                assert!(found.violation < 1e-9);
                best = best.max(found.objective.unwrap_or(f64::NEG_INFINITY));
            }
        }
    }
    best
}
