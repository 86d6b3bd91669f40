//! Campaigns on requirements: the convex goals are proven on whatever is drawn, what is out of reach is
//! proven right up to the border, prices are slopes, and no simple precoder is ahead of a frontier. Each prints
//! what it found.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod drawn_worlds;
mod effort;

use drawn_worlds::{angles, metric, world};
use effort::effort;
use noctule::beamforming::baselines::{DataBeams, SharingSettings, sharing};
use noctule::beamforming::goal::{Goal, Measure, Relative, Require};
use noctule::beamforming::requirements::{
    Cap, Found, Metric, PowerLimit, Requirements, World, best_metric, best_worst_rate, judged,
    least_power_for,
};
use noctule::beamforming::{Scenario, Settings, design};
use noctule::{CMat, Interrupt, Run, System};
use noctule_num::rng::{StreamKey, uniform};

/// What a campaign found: gaps, misses, and seeds of what was not as it should be.
#[derive(Default)]
struct Report {
    gap: f64,
    miss: f64,
    wrong: Vec<String>,
    proven: usize,
    out_of_reach: usize,
}

impl Report {
    /// A design or a proof that there is none: requirements met to 10⁻⁶, the value proven to 10⁻⁴.
    fn add(&mut self, seed: u64, found: &Found, gap: Option<f64>) {
        if found.infeasible.is_some() {
            self.out_of_reach += 1;
            return;
        }
        self.proven += 1;
        self.miss = self.miss.max(found.violation);
        if found.violation.is_nan() || found.violation > 1e-6 {
            let missed = found.violation;
            self.wrong.push(format!("{seed}: neither met ({missed:.1e}) nor out of reach"));
            return;
        }
        // what is missed by so much may be gained by as much as it costs
        match gap {
            None => self.wrong.push(format!("{seed}: no bound")),
            Some(gap) if (-1e-6..=1e-4).contains(&gap) => self.gap = self.gap.max(gap),
            Some(gap) => self.wrong.push(format!("{seed}: a gap of {gap:.1e}")),
        }
    }

    /// Tell what was found; `open` of a thousand may be neither.
    fn told(&self, what: &str, open: usize) {
        let Self { gap, miss, proven, out_of_reach, wrong } = self;
        println!(
            "{what}: {proven} proven to {gap:.1e} with misses up to {miss:.1e}, {out_of_reach} \
             out of reach and proven so, {} neither: {wrong:?}",
            wrong.len()
        );
        let all = proven + out_of_reach;
        assert!(1000 * wrong.len() <= open * all, "{what}: {} of {all}: {wrong:?}", wrong.len());
    }
}

/// The world without users.
fn alone(world: &World) -> World {
    World {
        channels: CMat::zeros(world.transmit.elements(), 0),
        noise_w: Vec::new(),
        error_covariances: Vec::new(),
        ..world.clone()
    }
}

/// Floors and limits that cost about as much as each other, and the power there is.
fn drawn(seed: u64) -> (World, Requirements) {
    let mut rng = StreamKey::new(seed, "test", "campaign", 0).trial(0);
    let (users, targets) = (1 + (seed % 4) as usize, 1 + (seed / 3 % 2) as usize);
    let world = world(seed + 4000, (4, 2), users, targets);
    let power = PowerLimit::Total(10_f64.powf(uniform(&mut rng, 0.0, 1.3)));
    let free = Requirements { sinr: Vec::new(), caps: Vec::new(), power: power.clone() };
    let mut caps = Vec::new();
    for i in (0..2 * targets).filter(|i| *i == 0 || (seed >> i) & 1 == 1) {
        let mut weights = vec![0.0; 4 * targets];
        weights[i] = 1.0;
        let metric = Metric::trace(weights);
        let reach = best_metric(&alone(&world), &metric, &free, &Interrupt::new()).unwrap().value;
        caps.push(Cap { metric, limit: reach * uniform(&mut rng, 1.2, 4.0) });
    }
    let floor = |_| 10_f64.powf(uniform(&mut rng, -0.5, 0.8));
    let sinr = (0..users).map(floor).collect();
    (world, Requirements { sinr, caps, power })
}

fn relative_gap(found: &Found) -> Option<f64> {
    found.bound.map(|bound| (found.value - bound) / found.value.abs())
}

#[test]
fn campaign_metrics_under_floors_and_limits_are_proven() {
    let (interrupt, mut report) = (Interrupt::new(), Report::default());
    for seed in 0..12 * effort::<u64>() {
        let (world, required) = drawn(seed);
        let metric = metric(seed, world.targets.len());
        let found = best_metric(&world, &metric, &required, &interrupt).unwrap();
        let unit = if matches!(metric, Metric::LogDet(_)) { 1.0 } else { found.value };
        report.add(seed, &found, found.bound.map(|bound| (found.value - bound) / unit));
    }
    report.told("best metrics", 0);
}

/// The best worst rate of what is drawn.
fn worst_rate(seed: u64, report: &mut Report) {
    let (world, required) = drawn(seed);
    let users = world.noise_w.len();
    let weights: Vec<f64> = (0..users).map(|k| 1.0 + (seed >> k & 1) as f64).collect();
    // the floors are what is asked for
    let required = Requirements { sinr: vec![0.0; users], ..required };
    let found = best_worst_rate(&world, &weights, &required, &Interrupt::new()).unwrap();
    report.add(seed, &found, found.bound.map(|bound| bound / found.value - 1.0));
}

#[test]
fn campaign_worst_rates_under_limits_are_proven() {
    let mut report = Report::default();
    for seed in 0..12 * effort::<u64>() {
        worst_rate(seed, &mut report);
    }
    report.told("worst rates", 0);
}

/// Where Newton's steps from the beams of the step before end in a least power that is not the least.
#[test]
fn worst_rates_that_steps_from_step_to_step_leave_open_are_proven() {
    let mut report = Report::default();
    for seed in [60, 196, 249, 584, 609, 632, 660, 848, 956, 972, 988] {
        worst_rate(seed, &mut report);
    }
    report.told("worst rates", 0);
}

/// The least power, and what is a thousandth to both sides of it.
fn border(seed: u64, report: &mut Report) {
    let interrupt = Interrupt::new();
    let (world, mut required) = drawn(seed);
    let least = least_power_for(&world, &required, &interrupt).unwrap();
    report.add(seed, &least, relative_gap(&least));
    if least.infeasible.is_some() {
        return; // at any power
    }
    let metric = Metric::trace(angles(world.targets.len()));
    let mut with = |factor: f64| {
        required.power = PowerLimit::Total(least.value * factor);
        best_metric(&world, &metric, &required, &interrupt).unwrap()
    };
    if with(1.0 - 1e-3).infeasible.is_none() {
        report.wrong.push(format!("{seed}: out of reach by a thousandth, and not proven"));
    }
    let within = with(1.0 + 1e-3);
    if within.infeasible.is_some() || within.violation > 1e-6 {
        let missed = within.violation;
        report.wrong.push(format!("{seed}: in reach by a thousandth, missed by {missed:.1e}"));
        return;
    }
    required.power = PowerLimit::Total(least.value * (1.0 + 1e-3));
    let missed = judged(&world, Some(&metric), &required, &within.beams).unwrap().violation();
    if missed.is_nan() || missed > 1e-6 {
        report.wrong.push(format!("{seed}: said to be met, missed by {missed:.1e}"));
    }
    println!("{seed}: {} streams, gap {:?}", within.beams.cols(), relative_gap(&within));
}

#[test]
fn campaign_what_is_out_of_reach_is_proven_at_the_border() {
    let mut report = Report::default();
    for seed in 0..8 * effort::<u64>() {
        border(seed, &mut report);
    }
    report.told("least powers, with the border within one in a thousand", 0);
}

/// Where a search misses by some 10⁻⁵ what the least power shows to be in reach.
#[test]
fn what_a_search_misses_at_the_border_is_met() {
    let mut report = Report::default();
    for seed in [64, 363] {
        border(seed, &mut report);
    }
    report.told("the border", 0);
}

/// The slopes to both sides of a convex value hold the price between them.
fn holds(what: &str, seed: u64, price: f64, slopes: [f64; 2], most: f64) {
    let room = 2e-3 * most + 1e-9;
    let (low, high) = (slopes[0].min(slopes[1]) - room, slopes[0].max(slopes[1]) + room);
    assert!((low..=high).contains(&price), "{seed}: {what}: {price} beside {slopes:?}");
}

#[test]
fn campaign_prices_are_slopes_of_the_optimum() {
    let interrupt = Interrupt::new();
    let (mut told, step) = (0, 1e-3);
    for seed in 0..4 * effort::<u64>() {
        let (world, required) = drawn(seed);
        let base = least_power_for(&world, &required, &interrupt).unwrap();
        if base.infeasible.is_some() {
            continue;
        }
        let power =
            |required: &Requirements| least_power_for(&world, required, &interrupt).unwrap().value;
        // what a requirement costs, relative to the others: values times prices
        let floors = required.sinr.iter().zip(&base.price_per_sinr).map(|(v, p)| v * p.abs());
        let caps = required.caps.iter().zip(&base.price_per_cap).map(|(c, p)| c.limit * p.abs());
        let most = floors.chain(caps).fold(0.0, f64::max);
        for k in 0..required.sinr.len() {
            let slopes = [-step, step].map(|by| {
                let mut other = required.clone();
                other.sinr[k] *= 1.0 + by;
                (power(&other) - base.value) / by
            });
            holds("a floor", seed, required.sinr[k] * base.price_per_sinr[k], slopes, most);
            told += 1;
        }
        for i in 0..required.caps.len() {
            let slopes = [-step, step].map(|by| {
                let mut other = required.clone();
                other.caps[i].limit *= 1.0 + by;
                (power(&other) - base.value) / by
            });
            holds("a limit", seed, required.caps[i].limit * base.price_per_cap[i], slopes, most);
            told += 1;
        }
        // with half as much again, a metric is made small
        let metric = metric(seed, world.targets.len());
        let with =
            |required: &Requirements| best_metric(&world, &metric, required, &interrupt).unwrap();
        let ample = Requirements { power: PowerLimit::Total(1.5 * base.value), ..required.clone() };
        let base = with(&ample);
        let slopes = [-step, step].map(|by| {
            let power = PowerLimit::Total(ample.power.total() * (1.0 + by));
            (with(&Requirements { power, ..ample.clone() }).value - base.value) / by
        });
        let price = ample.power.total() * base.price_per_power[0];
        holds("power", seed, price, slopes, price.abs());
        for k in 0..ample.sinr.len() {
            let slopes = [-step, step].map(|by| {
                let mut other = ample.clone();
                other.sinr[k] *= 1.0 + by;
                (with(&other).value - base.value) / by
            });
            holds("a floor", seed, ample.sinr[k] * base.price_per_sinr[k], slopes, price.abs());
            told += 2;
        }
    }
    println!("{told} prices are slopes");
}

/// No precoder beside sensing alone, in shares of power or of time, is ahead of the frontier.
#[test]
fn campaign_no_simple_precoder_is_ahead_of_a_frontier() {
    let interrupt = Interrupt::new();
    let run = Run::new(&interrupt);
    let (mut nearest, mut compared) = (f64::INFINITY, 0);
    for trial in 0..5 * effort::<u64>() {
        let goals = [Goal::MaxMinRate { user_weights: None }, Goal::SumRate { user_weights: None }];
        let goal = goals[(trial % 2) as usize].clone();
        for factor in [1.01, 1.1, 1.4, 2.5] {
            let over_best = vec![Relative { metric: Measure::Angles, factor }];
            let scenario = Scenario {
                users: 2 + (trial % 3) as usize,
                goal: goal.clone(),
                require: Require { over_best, ..Require::default() },
                ..Scenario::default()
            };
            let instance = scenario.realize(11, trial).unwrap();
            let best = design(&instance, &Settings::default()).unwrap();
            let best = best.metrics.goal.as_ref().unwrap().shown.unwrap();
            for data in [DataBeams::Zf, DataBeams::Rzf, DataBeams::Mrt, DataBeams::BestRate] {
                let settings = SharingSettings { data, off_users: trial % 2 == 0 };
                let found = sharing(&instance, &settings, &run).unwrap();
                let row = noctule::beamforming::Beamforming::METRICS;
                let row = row.iter().find(|m| m.info.name == "best_use_bps_hz").unwrap();
                let goal = found.metrics.goal.as_ref().unwrap();
                if goal.violation.is_none_or(|missed| missed > 1e-8) {
                    continue; // the limit is not kept
                }
                let theirs = row.of(&instance, &found).unwrap();
                let what = format!("{trial}, {factor}, {data:?}: {theirs} beside {best}");
                assert!(theirs <= best * (1.0 + 1e-6), "{what}");
                nearest = nearest.min(1.0 - theirs / best);
                compared += 1;
            }
        }
    }
    println!("{compared} shared designs, none ahead; the nearest is {nearest:.1e} behind");
}
