//! Frames of up to six blocks: sensing times on a grid, and every division of what is left among updates.

use noctule::Certify;
use noctule::frame::{
    Aging, CrbLimit, DrawnUsers, Instance, Placement, Plan, Scenario, Settings, SinrForm, Users,
    design, verify,
};
use noctule_num::rng::{StreamKey, uniform};

use crate::{instances, shares};

#[test]
fn campaign_brute_force_of_short_frames() {
    let (mut reachable, mut near) = (0, 0);
    for trial in 0..instances() {
        let scenario = short(trial);
        let instance = scenario.realize(20, trial).unwrap();
        let certify = Certify::YES.within(1e-7);
        let found = design(&instance, &Settings { certify, ..Settings::default() }).unwrap();
        let best = every_frame(&instance, 90);
        if found.proof.infeasible.is_some() {
            assert!(best <= 0.0, "{trial}: {best}");
            continue;
        }
        reachable += 1;
        let bound = found.proof.bound.unwrap();
        let reached = found.metrics.sum_rate_bps_hz;
        println!("{trial}: {best} {reached} {}", bound.value);
        assert!(best <= bound.value * (1.0 + 1e-9), "{trial}: {best} passes {bound:?}");
        near += u64::from(best >= 0.95 * reached);
    }
    assert!(reachable > instances() / 2 && 4 * near > 3 * reachable, "{near} of {reachable} near");
}

/// A few antennas, users and blocks, drawn.
fn short(trial: u64) -> Scenario {
    let mut rng = StreamKey::new(20, "test", "brute", 0).trial(trial);
    let mut draw = |low: f64, high: f64| uniform(&mut rng, low, high);
    let correlation = draw(0.7, 1.0);
    let aging = if trial.is_multiple_of(2) {
        Aging::Geometric { correlation }
    } else {
        Aging::Jakes { speed_kmh: draw(5.0, 120.0), carrier_ghz: 28.0 }
    };
    Scenario {
        transmit_antennas: 4,
        receive_antennas: 4,
        blocks: draw(3.0, 7.0) as usize,
        block_symbols: 20,
        pilot_symbols: draw(1.0, 5.0) as usize,
        users: Users::Drawn(DrawnUsers { count: 2, ..DrawnUsers::default() }),
        echo_snr_db: draw(-5.0, 15.0),
        crb_limit: CrbLimit::Deg2(draw(0.5, 4.0)),
        aging,
        sinr: [SinrForm::LowerBound, SinrForm::UseAndForget][trial as usize % 2],
        ..Scenario::default()
    }
}

/// The largest throughput of all divisions at times on a grid, in bit/s/Hz, every frame by the witness.
fn every_frame(instance: &Instance, steps: u32) -> f64 {
    let (blocks, block) = (instance.blocks(), instance.block_time_s());
    let mut best = 0.0_f64;
    for share in shares(steps).skip(1) {
        let sensing_time_s = share * blocks as f64 * block;
        let data = blocks - ((sensing_time_s / block + 1e-9).floor() as usize).min(blocks);
        if data == 0 {
            continue;
        }
        let of = |counts: &[usize]| {
            let placement = Placement::Blocks(counts.to_vec());
            let found = verify(instance, &Plan { sensing_time_s, placement }).unwrap();
            (found.violation <= 0.0).then_some(found.sum_rate_bps_hz)
        };
        for mask in 0..1_u32 << (data - 1) {
            // a new update begins at every bit that is set
            let mut counts = vec![1];
            for at in 0..data - 1 {
                if mask >> at & 1 == 1 {
                    counts.push(1);
                } else {
                    *counts.last_mut().unwrap() += 1;
                }
            }
            if counts.windows(2).any(|pair| pair[0] < pair[1]) {
                // order does not matter
                continue;
            }
            best = best.max(of(&counts).unwrap_or(0.0));
        }
    }
    best
}
