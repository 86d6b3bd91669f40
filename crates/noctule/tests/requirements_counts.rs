//! What the convex problems cost: evaluations, which are the same on every machine, and as a remark times.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::time::Instant;

use noctule::Run;
use noctule::beamforming::goal::{Goal, Measure, Require};
use noctule::beamforming::{ArrayShape, Beams, Scenario, Settings, design, design_from};

/// The best accuracy under common floors, for arrays of 16 antennas and more.
fn scene(columns: usize, rows: usize, users: usize, sinr_db: f64) -> Scenario {
    Scenario {
        transmit_array: ArrayShape { horizontal: columns, vertical: rows },
        users,
        goal: Goal::MinCrb { metric: Measure::Angles },
        require: Require { sinr_db: Some(sinr_db), ..Require::default() },
        ..Scenario::default()
    }
}

fn median(mut list: Vec<f64>) -> f64 {
    list.sort_by(f64::total_cmp);
    list[list.len() / 2]
}

/// Median evaluations and milliseconds of designs, all of which are proven to 1e-4.
fn cost(scenario: &Scenario, trials: u64, warm: Option<f64>) -> (f64, f64) {
    let (mut counts, mut times) = (Vec::new(), Vec::new());
    for trial in 0..trials {
        let mut run: Option<Beams> = None;
        if let Some(before) = warm {
            let mut neighbour = scenario.clone();
            neighbour.require.sinr_db = Some(before);
            let instance = neighbour.realize(1, trial).unwrap();
            run = Some(design(&instance, &Settings::default()).unwrap().variables);
        }
        let instance = scenario.realize(1, trial).unwrap();
        let begun = Instant::now();
        let found = match &run {
            None => design(&instance, &Settings::default()),
            Some(beams) => {
                let run = Run::default().from(Some(beams));
                design_from(&instance, &Settings::default(), &run)
            }
        }
        .unwrap();
        times.push(1e3 * begun.elapsed().as_secs_f64());
        counts.push(found.work.evaluations as f64);
        if found.proof.infeasible.is_none() {
            let bound = found.proof.bound.as_ref().unwrap();
            assert!(bound.gap_rel <= 1e-4, "{trial}: {bound:?}");
        }
    }
    (median(counts), median(times))
}

/// A dozen steps whatever the floors and the array: the unknowns are multipliers, one a user and some a target,
/// and matrices are as large as the space of channels and responses.
#[test]
fn accuracy_under_floors_takes_few_steps() {
    let mut past: Vec<String> = Vec::new();
    for (columns, rows, users, trials, sinr_db, most) in [
        (4, 4, 4, 20, 5.0, 16.0),
        (4, 4, 4, 20, 10.0, 16.0),
        (4, 4, 4, 20, 14.0, 16.0),
        (8, 8, 8, 5, 10.0, 18.0),
        (8, 8, 8, 5, 14.0, 18.0),
        (16, 16, 8, 3, 10.0, 18.0),
        (32, 32, 8, 3, 10.0, 18.0),
    ] {
        let (count, time) = cost(&scene(columns, rows, users, sinr_db), trials, None);
        let antennas = columns * rows;
        println!("{antennas} antennas, {users} users, {sinr_db} dB: {count} in {time:.2} ms");
        past.extend((count > most).then(|| format!("{antennas} antennas, {sinr_db} dB: {count}")));
    }
    assert!(past.is_empty(), "{past:?}");
}

#[test]
fn a_neighbour_takes_fewer() {
    for (side, users, most) in [(4, 4, 10.0), (8, 8, 11.0)] {
        let (count, time) = cost(&scene(side, side, users, 10.0), 10, Some(9.5));
        println!("from a neighbour, {} antennas: {count} in {time:.2} ms", side * side);
        assert!(count <= most, "{count}");
    }
}

/// The least power for floors and limits on bounds.
#[test]
fn powers_take_few_steps() {
    let power = Scenario {
        goal: Goal::MinPower,
        require: Require { sinr_db: Some(10.0), azimuth_deg: Some(1.5), ..Require::default() },
        power_dbm: 30.0,
        ..Scenario::default()
    };
    let (count, time) = cost(&power, 10, None);
    println!("least power: {count} in {time:.2} ms");
    assert!(count <= 16.0, "{count}");
}

/// Who has no floor costs nothing: the problem is that of the others, however many streams there may be.
#[test]
fn users_without_a_floor_take_few_steps() {
    let own = |floors: [f64; 4], cancelled: bool, streams: Option<usize>| Scenario {
        require: Require {
            user_rate_bps_hz: Some(
                floors.map(|floor| floor.ln_1p() / std::f64::consts::LN_2).to_vec(),
            ),
            ..Require::default()
        },
        streams_cancelled: cancelled,
        sensing_streams: streams,
        ..scene(4, 4, 4, 0.0)
    };
    for cancelled in [false, true] {
        for streams in [None, Some(0), Some(1)] {
            let value = |floors: [f64; 4]| {
                let instance = own(floors, cancelled, streams).realize(1, 2).unwrap();
                let found = design(&instance, &Settings::default()).unwrap();
                let goal = found.metrics.goal.clone().unwrap();
                assert!(goal.violation.unwrap() <= 1e-8, "{floors:?}");
                (goal.value.unwrap(), found)
            };
            let (all, _) = value([10.0; 4]);
            let (some, found) = value([10.0, 0.0, 10.0, 0.0]);
            let (nobody, _) = value([0.0; 4]);
            assert!(
                nobody <= some * (1.0 + 1e-6) && some <= all * (1.0 + 1e-6),
                "{nobody} {some} {all}"
            );
            if streams.is_none() {
                let bound = found.proof.bound.as_ref().unwrap();
                assert!(bound.gap_rel <= 1e-6 && found.work.evaluations <= 20, "{:?}", found.work);
                assert!([0, 2].iter().all(|k| found.metrics.sinr[*k] >= 10.0 * (1.0 - 1e-8)));
            }
        }
    }
}

/// Sum rates are not convex and keep their descents.
#[test]
fn sum_rates_under_limits() {
    for (columns, rows) in [(4, 4), (8, 8)] {
        let scenario = Scenario {
            transmit_array: ArrayShape { horizontal: columns, vertical: rows },
            goal: Goal::SumRate { user_weights: None },
            require: Require { azimuth_deg: Some(1.5), ..Require::default() },
            ..Scenario::default()
        };
        let (mut counts, mut times) = (Vec::new(), Vec::new());
        for trial in 0..10 {
            let instance = scenario.realize(1, trial).unwrap();
            let begun = Instant::now();
            let found = design(&instance, &Settings::default()).unwrap();
            times.push(1e3 * begun.elapsed().as_secs_f64());
            counts.push(found.work.evaluations as f64);
        }
        println!(
            "sum rate, {} antennas: {} in {:.2} ms",
            columns * rows,
            median(counts.clone()),
            median(times)
        );
        assert!(median(counts) <= 3000.0);
    }
}

/// Thirty points of a region, each proven and priced, each from the one before: the best accuracy under a
/// common SINR, and the best worst rate under a limit on the accuracy.
#[test]
fn a_region_of_thirty_points() {
    let accuracy = |i: usize| Scenario {
        require: Require { sinr_db: Some(-5.0 + 0.7 * i as f64), ..Require::default() },
        ..scene(4, 4, 4, 0.0)
    };
    let rate = |i: usize| Scenario {
        goal: Goal::MaxMinRate { user_weights: None },
        require: Require { azimuth_deg: Some(0.9 * 1.04_f64.powi(i as i32)), ..Require::default() },
        ..scene(4, 4, 4, 0.0)
    };
    type Point<'a> = &'a dyn Fn(usize) -> Scenario;
    for (name, point, most) in
        [("accuracy", &accuracy as Point<'_>, 400.0), ("worst rate", &rate, 2500.0)]
    {
        let (mut counts, mut times) = (Vec::new(), Vec::new());
        for trial in 0..5 {
            let (mut before, mut steps, begun) = (None::<Beams>, 0, Instant::now());
            for i in 0..30 {
                let instance = point(i).realize(1, trial).unwrap();
                let run = Run::default().from(before.as_ref());
                let found = design_from(&instance, &Settings::default(), &run).unwrap();
                steps += found.work.evaluations;
                if found.proof.infeasible.is_none() {
                    assert!(found.proof.bound.as_ref().unwrap().gap_rel <= 1e-4);
                    assert!(found.metrics.prices.is_some());
                }
                before = Some(found.variables);
            }
            times.push(1e3 * begun.elapsed().as_secs_f64());
            counts.push(steps as f64);
        }
        let (count, time) = (median(counts), median(times));
        println!("thirty points, {name}: {count} steps in {time:.1} ms");
        assert!(count <= most, "{name}: {count}");
    }
}
