//! What holds of beamforming with requirements, whatever is drawn.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod drawn_worlds;
mod effort;

use drawn_worlds::{angles, metric, world};
use effort::effort;
use noctule::beamforming::requirements::evaluate::Evaluation;
use noctule::beamforming::requirements::{
    Cap, Infeasible, Metric, PowerLimit, Requirements, SensingStreams, World, best_metric,
    best_rate, best_rate_within, best_worst_rate, judged, least_power_for,
};
use noctule::{CMat, Interrupt};
use noctule_num::rng::{StreamKey, complex_normal, uniform};
use noctule_phy::arrays::PlanarArray;
use noctule_phy::elements::ElementArray;

#[test]
fn campaign_best_metrics_are_proven_and_meet_everything() {
    let interrupt = Interrupt::new();
    for seed in 0..24 * effort::<u64>() {
        let mut rng = StreamKey::new(seed, "test", "floors", 0).trial(0);
        let (users, targets) = (1 + (seed % 4) as usize, 1 + (seed / 2 % 2) as usize);
        let size = if seed % 5 == 4 { (4, 4) } else { (4, 2) };
        let world = world(seed, size, users, targets);
        let metric = metric(seed, targets);
        let floor = 10_f64.powf(uniform(&mut rng, 0.3, 1.2));
        let mut required = Requirements {
            sinr: vec![floor; users],
            caps: Vec::new(),
            power: PowerLimit::Total(1.0),
        };
        let least = least_power_for(&world, &required, &interrupt).unwrap();
        if least.infeasible.is_some() {
            continue;
        }
        let power = least.value / uniform(&mut rng, 0.1, 0.95);
        let n = world.transmit.elements();
        required.power = if seed % 7 == 6 {
            PowerLimit::PerAntenna(vec![1.5 * power / n as f64; n])
        } else {
            PowerLimit::Total(power)
        };
        let found = best_metric(&world, &metric, &required, &interrupt).unwrap();
        if seed % 7 == 6 && found.violation > 1e-6 {
            continue; // limits per antenna may be out of reach, which is not said yet
        }
        let unit = if matches!(metric, Metric::LogDet(_)) { 1.0 } else { found.value };
        let gap = (found.value - found.bound.unwrap()) / unit;
        assert!(found.infeasible.is_none() && found.violation <= 1e-8, "{seed}: {found:?}");
        assert!((-1e-12..=1e-5).contains(&gap), "{seed}: gap {gap:e}");
        // the beams, evaluated anew in the antennas' coordinates
        let again = Evaluation::of(&world, &found.beams).unwrap();
        let value = again.metric(&metric).unwrap();
        assert!((value - found.value).abs() <= 1e-7 * unit, "{seed}: {value}");
        for k in 0..users {
            assert!(again.sinr(k) >= floor * (1.0 - 1e-8), "{seed}: {}", again.sinr(k));
        }
        if let PowerLimit::Total(power) = required.power {
            assert!(found.beams.norm_sqr() <= power * (1.0 + 1e-9), "{seed}");
        }
    }
}

#[test]
fn limits_that_cost_nothing_change_nothing_but_are_told() {
    let interrupt = Interrupt::new();
    for seed in 0..12 {
        let (users, targets) = (1 + (seed % 3) as usize, 1 + (seed / 2 % 2) as usize);
        let world = world(seed, (4, 2), users, targets);
        let (metric, other) = (metric(seed, targets), metric(seed + 1, targets));
        let free = Requirements {
            sinr: vec![3.0; users],
            caps: Vec::new(),
            power: PowerLimit::Total(100.0),
        };
        let best = best_metric(&world, &metric, &free, &interrupt).unwrap();
        assert!(best.infeasible.is_none(), "{seed}");
        let reached = Evaluation::of(&world, &best.beams).unwrap().metric(&other).unwrap();
        let limit = match other {
            Metric::LogDet(_) => reached + 0.7,
            _ => 2.0 * reached,
        };
        let required = Requirements { caps: vec![Cap { metric: other, limit }], ..free };
        let found = best_metric(&world, &metric, &required, &interrupt).unwrap();
        assert_eq!(found.beams, best.beams, "{seed}");
        assert_eq!((found.value, found.bound), (best.value, best.bound), "{seed}");
        assert_eq!(found.evaluations, best.evaluations, "{seed}");
        assert_eq!((found.price_per_cap, found.rho), (vec![0.0], vec![0.0]), "{seed}");
        assert!((found.capped[0] - reached).abs() <= 1e-9 * reached.abs(), "{seed}");
        // A limit just below what is reached costs something.
        let limit = match required.caps[0].metric {
            Metric::LogDet(_) => reached - 0.01,
            _ => 0.99 * reached,
        };
        let required =
            Requirements { caps: vec![Cap { limit, ..required.caps[0].clone() }], ..required };
        let bound = best_metric(&world, &metric, &required, &interrupt).unwrap();
        let is_same_metric = metric == required.caps[0].metric;
        assert!(
            is_same_metric || bound.infeasible.is_some() || bound.value >= best.value,
            "{seed}"
        );
    }
}

#[test]
fn campaign_least_powers_are_proven_and_meet_everything() {
    let interrupt = Interrupt::new();
    for seed in 0..20 * effort::<u64>() {
        let mut rng = StreamKey::new(seed, "test", "caps", 0).trial(0);
        let (users, targets) = ((seed % 5) as usize, 1 + (seed % 2) as usize);
        let world = world(seed + 1000, (4, 2), users, targets);
        let alone = World {
            channels: CMat::zeros(8, 0),
            noise_w: Vec::new(),
            error_covariances: Vec::new(),
            ..world.clone()
        };
        let free =
            Requirements { sinr: Vec::new(), caps: Vec::new(), power: PowerLimit::Total(5.0) };
        let mut caps = Vec::new();
        for i in (0..2 * targets).filter(|i| *i == 0 || (seed >> i) & 1 == 1) {
            let mut weights = vec![0.0; 4 * targets];
            weights[i] = 1.0;
            let metric = Metric::trace(weights);
            let reach = best_metric(&alone, &metric, &free, &interrupt).unwrap().value;
            caps.push(Cap { metric, limit: reach * uniform(&mut rng, 0.5, 3.0) });
        }
        if seed % 3 == 0 {
            let metric = Metric::Illumination { target: 0, factor: 1.0 };
            caps.push(Cap { metric, limit: uniform(&mut rng, 0.5, 5.0) });
        }
        if seed % 11 == 5 {
            let covariance = CMat::identity(8);
            let metric = Metric::MutualInformation { receivers: 4.0, snr: 3.0, covariance };
            caps.push(Cap { metric, limit: 20.0 });
        }
        let floor = 10_f64.powf(uniform(&mut rng, -0.3, 1.0));
        let power = PowerLimit::Total(1.0);
        let required = Requirements { sinr: vec![floor; users], caps, power };
        let found = least_power_for(&world, &required, &interrupt).unwrap();
        let gap = found.value / found.bound.unwrap() - 1.0;
        assert!(found.violation <= 1e-8, "{seed}: {found:?}");
        assert!((-1e-12..=1e-5).contains(&gap), "{seed}: gap {gap:e}");
    }
}

#[test]
fn prices_are_the_slopes_of_the_optimum() {
    let interrupt = Interrupt::new();
    let world = world(2, (4, 2), 2, 1);
    let metric = Metric::trace(angles(1));
    let at = |sinr: [f64; 2], power: f64| {
        let power = PowerLimit::Total(power);
        let required = Requirements { sinr: sinr.to_vec(), caps: Vec::new(), power };
        best_metric(&world, &metric, &required, &interrupt).unwrap()
    };
    let base = at([8.0, 5.0], 6.0);
    for k in 0..2 {
        let step = |sign: f64| {
            let mut sinr = [8.0, 5.0];
            sinr[k] *= 1.0 + sign * 1e-3;
            at(sinr, 6.0).value
        };
        let slope = (step(1.0) - step(-1.0)) / (2e-3 * [8.0, 5.0][k]);
        let price = base.price_per_sinr[k];
        assert!((slope - price).abs() <= 2e-3 * price.abs() + 1e-8, "{slope} {price}");
    }
    let slope = (at([8.0, 5.0], 6.006).value - at([8.0, 5.0], 5.994).value) / 0.012;
    let price = base.price_per_power[0];
    assert!((slope - price).abs() <= 2e-3 * price.abs(), "{slope} {price}");
}

#[test]
fn what_is_out_of_reach_is_proven_and_the_requirement_to_blame_is_named() {
    let interrupt = Interrupt::new();
    let world = world(5, (4, 2), 2, 1);
    let metric = Metric::trace(angles(1));
    let required = |sinr: f64, limit: f64, power: f64| Requirements {
        sinr: vec![sinr; 2],
        caps: vec![Cap { metric: metric.clone(), limit }],
        power: PowerLimit::Total(power),
    };
    let reach = |required: &Requirements| {
        best_rate(&world, &[1.0, 1.0], false, required, 2, &interrupt).unwrap().infeasible
    };
    let floors = reach(&required(100.0, 1e9, 1e-3));
    assert!(matches!(floors, Some(Infeasible::Floors { power_w }) if power_w > 1e-3), "{floors:?}");
    let cap = reach(&required(0.0, 1e-9, 1.0));
    assert!(matches!(cap, Some(Infeasible::Cap { cap: 0, bound, .. }) if bound > 1e-9), "{cap:?}");
    // each alone within reach, together not
    let alone = least_power_for(&world, &required(3.0, 1e9, 1.0), &interrupt).unwrap().value;
    let power = 1.02 * alone;
    let free =
        Requirements { sinr: vec![0.0; 2], caps: Vec::new(), power: PowerLimit::Total(power) };
    let limit = 1.02 * best_metric(&world, &metric, &free, &interrupt).unwrap().value;
    let together = reach(&required(3.0, limit, power));
    let proven = matches!(together, Some(Infeasible::Together { power_w }) if power_w > power);
    assert!(proven, "{together:?}");
    let within = least_power_for(&world, &required(3.0, limit, power), &interrupt).unwrap();
    assert!(within.value > power && within.violation <= 1e-8);
    // two users in one direction share one dimension
    let mut double = world.clone();
    let first = double.channels.col(0).to_vec();
    double.channels.col_mut(1).copy_from_slice(&first);
    let found = least_power_for(&double, &required(1.5, 1e9, 1.0), &interrupt).unwrap();
    assert!(matches!(found.infeasible, Some(Infeasible::Rank { rank: 1, .. })), "{found:?}");
}

#[test]
fn the_best_worst_rate_is_between_equal_rates_and_its_bound() {
    let interrupt = Interrupt::new();
    let world = world(9, (4, 2), 3, 1);
    let metric = Metric::trace(angles(1));
    let power = PowerLimit::Total(20.0);
    let free = Requirements { sinr: vec![0.0; 3], caps: Vec::new(), power: power.clone() };
    let reach = best_metric(&world, &metric, &free, &interrupt).unwrap().value;
    let caps = vec![Cap { metric, limit: 3.0 * reach }];
    let required = Requirements { caps, ..free };
    let found = best_worst_rate(&world, &[1.0, 1.0, 2.0], &required, &interrupt).unwrap();
    let bound = found.bound.unwrap();
    assert!(found.value <= bound && bound <= found.value * (1.0 + 1e-5), "{found:?}");
    let rates: Vec<f64> = found.sinr.iter().map(|s| s.ln_1p()).collect();
    let worst = (rates[0]).min(rates[1]).min(rates[2] / 2.0);
    assert!((worst - found.value).abs() <= 1e-9 && found.violation <= 1e-8);
}

#[test]
fn intervals_of_rates_hold_under_every_kind_of_cap() {
    let interrupt = Interrupt::new();
    let power = PowerLimit::Total(10.0);
    let free = Requirements { sinr: vec![0.0; 2], caps: Vec::new(), power };
    for (seed, kind) in [(3, "trace"), (4, "logdet"), (5, "illumination"), (8, "logdet")] {
        let world = world(seed, (4, 2), 2, 1);
        let metric = match kind {
            "trace" => Metric::trace(angles(1)),
            "logdet" => Metric::LogDet(angles(1)),
            _ => Metric::Illumination { target: 0, factor: 1.0 },
        };
        let limit = match kind {
            "trace" => 2.0 * best_metric(&world, &metric, &free, &interrupt).unwrap().value,
            "logdet" => 1.0 + best_metric(&world, &metric, &free, &interrupt).unwrap().value,
            _ => 3.0,
        };
        let required = Requirements { caps: vec![Cap { metric, limit }], ..free.clone() };
        let weights = [1.0, 0.7];
        let found =
            best_rate_within(&world, &weights, &required, 4, (1e-3, 300), &interrupt).unwrap();
        let (value, bound) = (found.found.value, found.bound);
        assert!(found.found.violation <= 1e-8, "{kind}: {found:?}");
        assert!(value <= bound && bound <= value * (1.0 + 2e-3), "{kind}: {value} to {bound}");
        // nothing drawn that meets the cap is beyond the bound
        let mut rng = StreamKey::new(seed, "test", "rates", 0).trial(0);
        for _ in 0..200 {
            let mut beams = CMat::from_fn(8, 4, |_, _| complex_normal(&mut rng, 1.0));
            beams.scale((10.0 / beams.norm_sqr()).sqrt());
            let drawn = Evaluation::of(&world, &beams).unwrap();
            let rate: f64 = (0..2).map(|k| weights[k] * drawn.sinr(k).ln_1p()).sum();
            assert!(rate <= found.root, "{kind}: {rate}");
        }
    }
}

#[test]
fn elements_anywhere_are_the_planar_array_where_they_stand_like_one() {
    let directions = [(0.3, 1.1), (-0.9, 1.9)];
    let ours = ElementArray::planar(4, 3, 0.5).steering(directions);
    let planar = PlanarArray::new(4, 3).steering(directions);
    for (a, b) in [
        (ours.response, planar.response),
        (ours.by_azimuth, planar.by_azimuth),
        (ours.by_polar, planar.by_polar),
    ] {
        let off = a.as_slice().iter().zip(b.as_slice()).map(|(a, b)| (a - b).norm());
        assert!(off.fold(0.0, f64::max) <= 1e-14);
    }
}

#[test]
fn what_does_not_fit_is_refused_by_name() {
    let interrupt = Interrupt::new();
    let world = world(1, (2, 2), 2, 1);
    let required =
        |sinr: Vec<f64>| Requirements { sinr, caps: Vec::new(), power: PowerLimit::Total(1.0) };
    let place = |world: &World, metric: &Metric, required: &Requirements| {
        let error = best_metric(world, metric, required, &interrupt).unwrap_err();
        error.as_input().unwrap().place
    };
    let fine = Metric::trace(angles(1));
    assert_eq!(place(&world, &fine, &required(vec![1.0])), "sinr");
    assert_eq!(place(&world, &fine, &required(vec![1.0, f64::NAN])), "sinr[1]");
    assert_eq!(place(&world, &Metric::trace([1.0]), &required(vec![1.0; 2])), "weights");
    assert_eq!(place(&world, &Metric::trace([0.0; 4]), &required(vec![1.0; 2])), "weights");
    let mut broken = world.clone();
    broken.channels[(1, 0)].re = f64::INFINITY;
    assert_eq!(place(&broken, &fine, &required(vec![1.0; 2])), "channels[1][0]");
    broken = World { noise_w: vec![0.0, 1.0], ..world.clone() };
    assert_eq!(place(&broken, &fine, &required(vec![1.0; 2])), "noise_w[0]");
    let mut error = CMat::identity(4);
    error.scale(-0.1);
    broken = World { error_covariances: vec![CMat::identity(4), error], ..world.clone() };
    assert_eq!(place(&broken, &fine, &required(vec![1.0; 2])), "error_covariances[1]");
    let power = Metric::Power(vec![1.0; 4]);
    assert_eq!(place(&world, &power, &required(vec![1.0; 2])), "metric");
    // a linear array cannot know both angles
    let line = ElementArray::linear(4, 0.5);
    broken = World { transmit: line.clone(), receive: line, ..world.clone() };
    assert_eq!(place(&broken, &fine, &required(vec![1.0; 2])), "targets");
    let rate = |weights: &[f64]| {
        let required = required(vec![0.0; 2]);
        let error = best_rate(&world, weights, false, &required, 1, &interrupt).unwrap_err();
        error.as_input().unwrap().place
    };
    assert_eq!(rate(&[1.0]), "weights");
    assert_eq!(rate(&[1.0, -1.0]), "weights[1]");
    let lit = Metric::Illumination { target: 3, factor: 1.0 };
    let caps = vec![Cap { metric: lit, limit: 1.0 }];
    let asked = Requirements { caps, ..required(vec![1.0; 2]) };
    assert_eq!(place(&world, &fine, &asked), "caps[0].target");
}

/// Any beams, not only those of designs: an error of the channel lets through what is sent past all channels
/// and targets too.
#[test]
fn judged_sinrs_are_those_of_the_definition_for_any_beams() {
    for seed in 0..24 {
        let mut world = world(seed, (4, 4), 2, 1);
        let n = world.transmit.elements();
        let variances: Vec<f64> = (0..2).map(|k| 10.0_f64.powi(k - 1) * world.noise_w[0]).collect();
        world.error_covariances = variances
            .iter()
            .map(|variance| {
                let mut error = CMat::identity(n);
                error.scale(*variance);
                error
            })
            .collect();
        let mut rng = StreamKey::new(seed, "test", "any beams", 0).trial(0);
        let beams = CMat::from_fn(n, 4, |_, _| complex_normal(&mut rng, 1.0));
        let required =
            Requirements { sinr: vec![0.0; 2], caps: Vec::new(), power: PowerLimit::Total(1e3) };
        let found = judged(&world, None, &required, &beams).unwrap();
        for (k, variance) in variances.iter().enumerate() {
            let power = |s: usize| {
                let column = world.channels.col(k).iter().zip(beams.col(s));
                column.map(|(h, w)| h.conj() * w).sum::<noctule::C64>().norm_sqr()
            };
            let heard = if world.streams == SensingStreams::Cancelled { 0..2 } else { 0..4 };
            let others: f64 = heard.filter(|s| *s != k).map(power).sum();
            let noise = others + variance * beams.norm_sqr() + world.noise_w[k];
            let expected = power(k) / noise;
            assert!((found.sinr[k] / expected - 1.0).abs() < 1e-10, "{seed}: {:?}", found.sinr);
        }
    }
}
