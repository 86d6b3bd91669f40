//! Speed as counts, which do not depend on the machine.
#![allow(clippy::unwrap_used)]

use noctule::beamforming::baselines::{Algorithm1Settings, FromStart, algorithm1};
use noctule::beamforming::design::{Start, climb, start_beams};
use noctule::beamforming::model::{Model, Space};
use noctule::beamforming::{ArrayShape, Scenario, Settings};
use noctule::{Run, Trace, TraceRow};

fn scenario(rows: usize) -> Scenario {
    Scenario {
        transmit_array: ArrayShape { horizontal: 4, vertical: rows },
        receive_array: ArrayShape { horizontal: 5, vertical: rows },
        ..Scenario::paper()
    }
}

/// From one start, Nt = 16, Nr = 20, K = 4, M = 2: the objective comes within a relative 10⁻⁶ of
/// where it ends in at most 40 evaluations for half of the channels.
#[test]
fn evaluations_to_a_relative_millionth() {
    let settings = Settings { tolerance: 1e-9, trace_rows: 3000, ..Settings::default() };
    let mut counts: Vec<u64> = (0..41)
        .map(|trial| {
            let instance = scenario(4).realize(1, trial).unwrap();
            let start = start_beams(&instance, Start::Rzf).unwrap();
            let found = climb(&instance, &settings, &[start], &Run::default()).unwrap();
            let rows = found.trace.rows();
            let last = rows.last().unwrap().value;
            let target = last + 1e-6 * last.abs();
            rows.iter().find(|row| row.value <= target).unwrap().evaluations
        })
        .collect();
    counts.sort_unstable();
    assert!(counts[20] <= 40, "median {}, all {counts:?}", counts[20]);
}

/// The size of what is evaluated does not depend on the arrays.
#[test]
fn the_reduced_problem_has_one_size() {
    for rows in [4, 16, 64] {
        let instance = scenario(rows).realize(1, 0).unwrap();
        let model = Model::new(&instance, Space::Reduced).unwrap();
        assert_eq!((model.rank(), model.dim()), (10, 100), "{} antennas", 4 * rows);
    }
}

/// From the same start in the same reduced space, Algorithm 1 needs at least 10 times as many
/// evaluations at 16 antennas and 30 times at 64 to come within a relative 10⁻⁶ of the best that
/// either reaches (30 at 16 antennas in `noctule bench`).
#[test]
fn evaluations_beside_algorithm_1() {
    let settings = Settings { trace_rows: 3000, ..Settings::default() };
    let theirs = Algorithm1Settings {
        tolerance: 1e-9,
        max_iterations: 30_000,
        ..Algorithm1Settings::default()
    };
    for (rows, channels, at_least) in [(4, 9, 10.0), (16, 5, 30.0)] {
        let mut ratios: Vec<f64> = (0..channels)
            .filter_map(|trial| {
                let instance = scenario(rows).realize(1, trial).unwrap();
                let start = start_beams(&instance, Start::Rzf).unwrap();
                let run = Run::default();
                let ours = climb(&instance, &settings, std::slice::from_ref(&start), &run).unwrap();
                let theirs = FromStart::at(start, theirs.clone()).traced();
                let theirs = algorithm1(&instance, &theirs, &run).unwrap();
                let last = |trace: &Trace| trace.rows().last().unwrap().value;
                let best = last(&ours.trace).min(last(&theirs.trace));
                let first = |trace: &Trace| {
                    let close = |row: &&TraceRow| row.value <= best + 1e-6 * best.abs();
                    trace.rows().iter().find(close).map(|row| row.evaluations as f64)
                };
                // Where the two end in different optima there is no common objective.
                Some(first(&theirs.trace)? / first(&ours.trace)?)
            })
            .collect();
        ratios.sort_unstable_by(f64::total_cmp);
        assert!(ratios.len() * 3 >= channels as usize * 2, "{ratios:?}");
        let median = ratios[ratios.len() / 2];
        assert!(median >= at_least, "{} antennas: {median}, all {ratios:?}", 4 * rows);
    }
}
