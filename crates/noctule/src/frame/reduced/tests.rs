//! The reduced space and its envelopes against the whole.

use super::*;
use crate::frame::model::Statistics;
use crate::frame::reduced::Envelope;
use crate::frame::{CrbLimit, DrawnUsers, ErrorShape, Scenario, Users};
use noctule_num::rng::{StreamKey, uniform};

fn scenarios() -> Vec<Scenario> {
    let mut all = Vec::new();
    for error_shape in ErrorShape::ALL {
        for sinr in SinrForm::ALL {
            for (antennas, spread, pilot) in [(8, 1.0, 0.0), (12, 8.0, 25.0)] {
                all.push(Scenario {
                    transmit_antennas: antennas,
                    angular_spread_deg: spread,
                    pilot_snr_db: pilot,
                    error_shape,
                    sinr,
                    crb_limit: CrbLimit::Deg2(1.0),
                    users: Users::Drawn(DrawnUsers { count: 3, ..DrawnUsers::default() }),
                    ..Scenario::default()
                });
            }
        }
    }
    all
}

#[test]
fn the_reduced_space_loses_nothing() {
    let mut worst: f64 = 0.0;
    for scenario in scenarios() {
        let instance = scenario.realize(1, 2).unwrap();
        let mut reduced = Reduced::new(&instance, &Prior::all(&instance)).unwrap();
        for blocks in [0.3, 1.0, 7.7] {
            let time = blocks * instance.block_time_s();
            let sample = reduced.sample(time).unwrap();
            let full = Statistics::new(&instance, time).unwrap();
            let exact = full.sinr(&instance, scenario.sinr).unwrap();
            for (x, y) in reduced.sinr(sample).iter().zip(&exact) {
                worst = worst.max((x - y).abs() / y);
            }
        }
    }
    println!("{worst:.1e} of a SINR");
    assert!(worst < 3e-11, "{worst:e}");
}

#[test]
fn sizes_that_take_gigabytes_are_refused() {
    let scenario = Scenario {
        transmit_antennas: 64,
        angular_spread_deg: 60.0,
        users: Users::Drawn(DrawnUsers { count: 200, ..DrawnUsers::default() }),
        ..Scenario::default()
    };
    let bases: Vec<CMat> = (0..200).map(|_| CMat::zeros(64, 64)).collect();
    assert!(check_size(&bases).is_err() && check_size(&bases[..100]).is_ok());
    let instance = scenario.realize(1, 0).unwrap();
    let error = Reduced::new(&instance, &Prior::all(&instance)).unwrap_err().to_string();
    assert!(error.contains("pairs of users"), "{error}");
}

#[test]
fn slopes_are_those_of_central_differences() {
    for scenario in scenarios().into_iter().filter(|s| s.sinr == SinrForm::UseAndForget) {
        let instance = scenario.realize(2, 0).unwrap();
        let mut reduced = Reduced::new(&instance, &Prior::all(&instance)).unwrap();
        let s = 1.0 / (1.37 * instance.block_time_s());
        let step = 1e-5 * s;
        let samples: Vec<usize> =
            [s - step, s, s + step].iter().map(|s| reduced.sample(1.0 / s).unwrap()).collect();
        let layout = reduced.layout;
        let pairs =
            [(layout.trace(), layout.trace_slope(), 3), (layout.cross(), layout.cross_slope(), 9)];
        for (value, slope, length) in pairs {
            for index in 0..length {
                let at =
                    |which: usize, from: usize| reduced.field(samples[which], from + index, 1)[0];
                let numeric = (at(2, value) - at(0, value)) / (2.0 * step);
                let exact = at(1, slope);
                let scale = exact.abs().max(1e-4 * at(1, value) / s);
                assert!((numeric - exact).abs() < 2e-4 * scale, "{numeric} {exact}");
            }
        }
    }
}

/// The point of this file: nothing inside an interval escapes its envelope.
#[test]
fn envelopes_hold_inside() {
    let mut rng = StreamKey::new(5, "test", "envelope", 0).trial(0);
    let mut envelope = Envelope::default();
    for scenario in scenarios() {
        let instance = scenario.realize(3, 1).unwrap();
        let mut reduced = Reduced::new(&instance, &Prior::all(&instance)).unwrap();
        for _ in 0..12 {
            let from = uniform(&mut rng, 0.05, 6.0) * instance.block_time_s();
            let to = from * (1.0 + 10_f64.powf(uniform(&mut rng, -5.0, 0.5)));
            let (a, b) = (reduced.sample(from).unwrap(), reduced.sample(to).unwrap());
            reduced.envelope(a, b, &mut envelope);
            for step in 0..=8 {
                let tau = f64::from(step) / 8.0;
                let time = 1.0 / (1.0 / from - tau * (1.0 / from - 1.0 / to));
                let sample = reduced.sample(time).unwrap();
                for (k, &c) in reduced.sinr(sample).iter().enumerate() {
                    let line = envelope.start[k] + tau * (envelope.end[k] - envelope.start[k]);
                    let room = 1e-10 * c.max(1e-6);
                    assert!(c <= line + room, "{scenario:?} {tau} {c} {line}");
                    assert!(c <= envelope.ceiling[k] + room && c >= envelope.floor[k] - room);
                }
            }
        }
    }
}
