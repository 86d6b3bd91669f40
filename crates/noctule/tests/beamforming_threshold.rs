//! Detection and the threshold of estimates: what is hardly ever detected has no bound that means anything.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::f64::consts::PI;

use noctule::beamforming::threshold::{TargetThreshold, threshold};
use noctule::beamforming::{ArrayShape, Beams, Instance, Scenario, Settings, design, evaluate};
use noctule_num::C64;
use noctule_num::rng::{StreamKey, complex_normal};
use noctule_phy::detection::{detection_probability, snr_for_detection};

/// Echo of a unit reflection over all snapshots and receive antennas, from the definition: planar arrays of unit norm,
/// half a wavelength apart, counted upwards in each column, with beams whose waveforms are orthogonal.
fn echo(instance: &Instance, beams: &Beams, target: usize) -> Vec<C64> {
    let (parts, target) = (instance.parts(), &instance.targets()[target]);
    let at = |shape: (usize, usize)| -> Vec<C64> {
        let (y, z) = (target.azimuth_rad.sin() * target.polar_rad.sin(), target.polar_rad.cos());
        let one = |n: usize| {
            let (column, row) = ((n / shape.1) as f64, (n % shape.1) as f64);
            C64::from_polar(1.0 / ((shape.0 * shape.1) as f64).sqrt(), PI * (column * y + row * z))
        };
        (0..shape.0 * shape.1).map(one).collect()
    };
    let sent = at((parts.transmit_array.horizontal, parts.transmit_array.vertical));
    let arrives = at((parts.receive_array.horizontal, parts.receive_array.vertical));
    let mut all = Vec::new();
    for stream in 0..beams.matrix.cols() {
        let column = beams.matrix.col(stream);
        // the amplitude with which a stream reaches the target; its phase is free
        let reached: C64 = column.iter().zip(&sent).map(|(w, a)| w.conj() * a).sum();
        let energy = f64::from(parts.snapshots).sqrt();
        all.extend(arrives.iter().map(|b| b * reached.conj() * energy));
    }
    all
}

fn inner(a: &[C64], b: &[C64]) -> C64 {
    a.iter().zip(b).map(|(a, b)| a.conj() * b).sum()
}

/// The share of simulated echoes in which the matched filter of a target is above its threshold, with the other target
/// known and taken out.
fn detected(instance: &Instance, beams: &Beams, target: usize, draws: u64) -> f64 {
    let all: Vec<Vec<C64>> =
        (0..instance.targets().len()).map(|m| echo(instance, beams, m)).collect();
    let mut filter = all[target].clone();
    for (_, other) in all.iter().enumerate().filter(|(m, _)| *m != target) {
        let share = inner(other, &filter) / inner(other, other);
        filter.iter_mut().zip(other).for_each(|(f, o)| *f -= o * share);
    }
    let energy = inner(&filter, &filter).re;
    let noise = instance.parts().sensing_noise_w;
    let level = -noise * energy * 1e-3_f64.ln();
    let clean: Vec<C64> = (0..filter.len())
        .map(|i| all.iter().zip(instance.targets()).map(|(d, t)| d[i] * t.reflection).sum())
        .collect();
    let mut rng = StreamKey::new(1, "test", "detection", target as u64).trial(0);
    let seen = (0..draws).filter(|_| {
        let output: C64 = filter
            .iter()
            .zip(&clean)
            .map(|(f, y)| f.conj() * (y + complex_normal(&mut rng, noise)))
            .sum();
        output.norm_sqr() > level
    });
    seen.count() as f64 / draws as f64
}

fn scene(
    receive: usize,
    targets: usize,
    power_dbm: f64,
) -> (Instance, Beams, Vec<TargetThreshold>) {
    let shape = |side: usize| ArrayShape { horizontal: side, vertical: side };
    let mut scenario = Scenario {
        users: 1,
        transmit_array: shape(2),
        receive_array: shape(receive),
        power_dbm,
        ..Scenario::default()
    };
    if let noctule::beamforming::Targets::Fixed(fixed) = &mut scenario.targets {
        fixed.truncate(targets);
    }
    let instance = scenario.realize(1, 0).unwrap();
    let settings = Settings { starts: Some(1), ..Settings::default() };
    let beams = design(&instance, &settings).unwrap().variables;
    let found = threshold(&instance, &beams).unwrap().unwrap();
    (instance, beams, found)
}

/// The probability that is told is that of simulated echoes, with few antennas and with many.
#[test]
fn the_probability_of_detection_is_that_of_echoes() {
    for (receive, targets, power_dbm) in [(2, 1, -9.0), (2, 1, -3.0), (4, 2, -12.0), (4, 2, -2.0)] {
        let (instance, beams, found) = scene(receive, targets, power_dbm);
        for (target, told) in found.iter().enumerate() {
            let draws = 4000;
            let share = detected(&instance, &beams, target, draws);
            let p = told.detection_probability;
            let error = (p * (1.0 - p) / draws as f64).sqrt().max(1e-3);
            println!("{receive} {power_dbm} dBm, target {target}: {share} {told:?}");
            assert!((share - p).abs() < 4.0 * error, "{share} {told:?}");
        }
    }
}

/// No target that is missed in every other echo goes without a warning, with arrays so small that there is no
/// other lobe to sit on too; ten decibels above its threshold there is none.
#[test]
fn what_is_missed_is_warned_of() {
    assert!((snr_for_detection(0.5, 1e-3) - 6.401_185_942_266_586).abs() < 1e-12);
    for (receive, targets) in [(2, 1), (2, 2), (4, 2)] {
        let mut missed = 0;
        for step in 0..10 {
            let power_dbm = -40.0 + 5.0 * f64::from(step);
            let (instance, beams, found) = scene(receive, targets, power_dbm);
            let metrics = evaluate(&instance, &beams).unwrap();
            for (target, told) in found.iter().enumerate() {
                let warned = metrics.below_threshold.iter().any(|below| below.target == target);
                assert_eq!(warned, told.margin_db < 0.0, "{told:?}");
                if told.detection_probability < 0.5 {
                    missed += 1;
                    assert!(warned && told.margin_db < 0.0, "{power_dbm} dBm: {told:?}");
                }
                if told.margin_db > 10.0 {
                    assert!(told.detection_probability > 0.999, "{told:?}");
                }
            }
        }
        assert!(missed > 0, "{receive}, {targets}");
    }
    assert!(detection_probability(6.401_185_942_266_586, 1e-3) >= 0.5 - 1e-12);
}
