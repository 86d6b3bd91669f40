//! Two access points with an antenna each that serve two users, and one with two antennas that serves a user and
//! lights a target.

use noctule::cellfree::{
    Beams, Instance, Requirement, Scenario, SensingSettings, Settings, design, sensing_only, verify,
};
use noctule::{C64, CMat, Certify, Run};

use crate::{directions, instances, shares, turns};

fn certified() -> Settings {
    Settings { certify: Certify::YES.with_nodes(2000).within(1e-3), ..Settings::default() }
}

/// Powers and phases of two access points, by the witness's rates.
#[test]
fn campaign_brute_force_of_two_access_points() {
    let mut nearest = f64::INFINITY;
    for trial in 0..instances() {
        let scenario =
            Scenario { aps: 2, antennas: 1, users: 2, targets: 0, ..Scenario::default() };
        let instance = scenario.realize(16, trial).unwrap();
        let found = design(&instance, &certified()).unwrap();
        let bound = found.proof.bound.unwrap();
        let reached = found.metrics.sum_rate_bps_hz;
        let best = two_access_points(&instance);
        nearest = nearest.min(bound.value - best);
        assert!(best <= bound.value * (1.0 + 1e-9), "{trial}: {best} passes {bound:?}");
        assert!(best >= 0.8 * reached, "{trial}: {best} {reached}");
        assert!(bound.gap_rel <= 1e-3, "{trial}: {bound:?}");
    }
    println!("nearest {nearest:e}");
}

fn two_access_points(instance: &Instance) -> f64 {
    // what each access point spends, and on whom: at least one of them spends all
    let spent: Vec<[f64; 2]> = [0.0, 0.25, 0.6, 1.0]
        .iter()
        .flat_map(|&all| shares(6).map(move |first| [all * first, all * (1.0 - first)]))
        .collect();
    let full = |[a, b]: [f64; 2]| a + b >= 1.0 - 1e-12;
    let mut best: f64 = 0.0;
    for &one in &spent {
        for &other in spent.iter().filter(|&&other| full(one) || full(other)) {
            for first in turns(8) {
                for second in turns(8) {
                    let mut beams = Beams::silent(instance);
                    for (k, turn) in [first, second].into_iter().enumerate() {
                        beams.data[(0, k)] = C64::from(one[k].sqrt());
                        beams.data[(1, k)] = C64::from_polar(other[k].sqrt(), turn);
                    }
                    best = best.max(verify(instance, &beams).unwrap().sum_rate_bps_hz);
                }
            }
        }
    }
    best
}

/// All that one access point with two antennas can send to a user and a target: the largest rate under an error, and
/// the smallest error under a rate.
#[test]
fn campaign_brute_force_of_an_access_point_with_a_target() {
    let (mut rates, mut errors) = (0, 0);
    for trial in 0..instances() {
        let scenario = Scenario {
            aps: 1,
            antennas: 2,
            users: 1,
            targets: 1,
            grid_points: 31,
            ..Scenario::default()
        };
        let free = scenario.realize(17, trial).unwrap();
        let all = everything(&free, 6);
        let alone = sensing_only(&free, &SensingSettings::default(), &Run::default()).unwrap();
        let least = alone.metrics.error.unwrap();
        let limited = free.with_requirement(Requirement::MaxError(1.15 * least)).unwrap();
        let found = design(&limited, &certified()).unwrap();
        let bound = found.proof.bound.unwrap();
        let best = all.iter().filter(|(_, error)| *error <= 1.15 * least).map(|(rate, _)| *rate);
        let best = best.fold(0.0, f64::max);
        let reached = found.metrics.sum_rate_bps_hz;
        assert!(best <= bound.value * (1.0 + 1e-9), "{trial}: {best} passes {bound:?}");
        rates += u32::from(best >= 0.8 * reached);
        // a rate between nothing and the most
        let most = all.iter().map(|(rate, _)| *rate).fold(0.0, f64::max);
        let fast = free.with_requirement(Requirement::MinRate(0.97 * most)).unwrap();
        let found = design(&fast, &certified()).unwrap();
        let bound = found.proof.bound.unwrap();
        let fewest = all.iter().filter(|(rate, _)| *rate >= 0.97 * most).map(|(_, error)| *error);
        let fewest = fewest.fold(f64::INFINITY, f64::min);
        let reached = found.metrics.error.unwrap();
        println!("{trial}: {fewest} {reached} {} {}", bound.value, bound.gap_rel);
        assert!(fewest >= bound.value * (1.0 - 1e-9), "{trial}: {fewest} passes {bound:?}");
        errors += u32::from(fewest <= 1.2 * reached);
    }
    let half = instances() as u32 / 2;
    assert!(rates > half && errors > half, "near: {rates} rates, {errors} errors");
}

/// Rates and errors of a beam for the user and one for the target that spend all of the power.
fn everything(instance: &Instance, steps: u32) -> Vec<(f64, f64)> {
    let directions = directions(steps);
    let mut out = Vec::new();
    for user in &directions {
        for sensing in &directions {
            for share in shares(steps) {
                let data = CMat::from_fn(2, 1, |i, _| user[i] * share.sqrt());
                let own = CMat::from_fn(2, 1, |i, _| sensing[i] * (1.0 - share).sqrt());
                let beams = Beams { data, sensing: vec![own] };
                let found = verify(instance, &beams).unwrap();
                out.push((found.sum_rate_bps_hz, found.error.unwrap()));
            }
        }
    }
    out
}
