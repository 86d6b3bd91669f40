//! All schemes of a system on the same instances, in one process: what `noctule bench` shows.
//!
//! Every contender designs the same trials, one after the other on one thread, a few times each
//! where that is cheap; the fastest of the repetitions counts. Objectives are compared with the *best known*: the best
//! that any contender reached on that instance. Where a design comes with a trace, the evaluations
//! it took to come within a relative distance of the best known are read from it, and the time in
//! proportion to the evaluations. A contender that never comes so close — another local optimum, a
//! closed form, a loose tolerance — has not reached it, and the share that has is stated.
//!
//! This is the one part of the engine whose numbers depend on the machine. Nothing here reaches the
//! records of a run.

mod told;

use std::hint::black_box;
use std::time::Instant;

use noctule_num::linalg::{Op, mul};
use noctule_num::rng::{StreamKey, complex_normal};
use noctule_num::{CMat, InputError};
use noctule_optim::Interrupt;

pub use self::told::{Comparison, Reach, Sample, Standing, Standings};
use crate::system::{Contender, Goal, Outcome, Point, System};

/// Seconds that may be spent on repeating one design. One that takes longer than that is timed well
/// enough by doing it once: it is short ones that a busy machine disturbs.
const REPEATING_S: f64 = 0.5;

/// Run a comparison. `step` is told each time a design is done.
///
/// # Errors
/// When a contender refuses the scenario or its settings.
pub fn compare(
    system: &dyn System,
    comparison: &Comparison,
    interrupt: &Interrupt,
    mut step: impl FnMut(),
) -> Result<Standings, InputError> {
    let goal = system.goal();
    let metric = goal.and_then(|goal| system.metrics().iter().position(|m| m.name == goal.metric));
    let mut standings: Vec<Standing> = comparison
        .contenders
        .iter()
        .map(|contender| Standing {
            contender: contender.clone(),
            samples: Vec::new(),
            shortfall: Vec::new(),
        })
        .collect();
    for trial in 0..comparison.trials {
        let mut traces = Vec::with_capacity(standings.len());
        for standing in &mut standings {
            if interrupt.is_raised() {
                break;
            }
            let (sample, trace) =
                sample(system, comparison, &standing.contender, trial, metric, interrupt)?;
            standing.samples.push(sample);
            traces.push(trace);
            step();
        }
        if interrupt.is_raised() {
            // Half an instance compares nothing.
            standings.iter_mut().for_each(|s| s.samples.retain(|sample| sample.trial < trial));
            break;
        }
        if let Some(goal) = goal {
            rank(&mut standings, &traces, goal, &comparison.within);
        }
    }
    Ok(Standings { calibration_s: calibration_s(), standings })
}

type Trace = Vec<(u64, f64)>;

/// The fastest of a few repetitions of one design, and its trace.
fn sample(
    system: &dyn System,
    comparison: &Comparison,
    contender: &Contender,
    trial: u64,
    metric: Option<usize>,
    interrupt: &Interrupt,
) -> Result<(Sample, Trace), InputError> {
    let point =
        Point { scenario: comparison.scenario.clone(), settings: contender.settings.clone() };
    let mut best: Option<(Sample, Trace)> = None;
    let (mut spent, mut repetitions) = (0.0, 0);
    while repetitions < comparison.repeat.max(1) && spent < REPEATING_S {
        if repetitions > 0 && interrupt.is_raised() {
            break;
        }
        let begin = Instant::now();
        let timed = system
            .timed(&contender.scheme, &point, comparison.seed, trial, interrupt)
            .map_err(|refused| refused.error)?;
        repetitions += 1;
        // The draw and the witness are not timed, but they are waited for.
        spent += begin.elapsed().as_secs_f64();
        if best.as_ref().is_some_and(|(best, _)| best.seconds <= timed.seconds) {
            continue;
        }
        let designed = timed.row.outcome == Outcome::Designed;
        let objective = metric.filter(|_| designed).and_then(|k| *timed.row.metrics.get(k)?);
        let sample = Sample {
            trial,
            outcome: timed.row.outcome,
            objective,
            evaluations: timed.row.evaluations,
            seconds: timed.seconds,
            repetitions,
            reached: vec![None; comparison.within.len()],
        };
        best = Some((sample, timed.trace));
    }
    if let Some((sample, _)) = &mut best {
        sample.repetitions = repetitions;
    }
    best.ok_or_else(|| InputError::new("nothing was repeated", "repeat", "0", "1 or more"))
}

/// Compare the latest sample of everybody with the best of them.
fn rank(standings: &mut [Standing], traces: &[Trace], goal: Goal, within: &[f64]) {
    let sign = if goal.maximise { 1.0 } else { -1.0 };
    let latest = |standing: &Standing| standing.samples.last().and_then(|s| s.objective);
    let Some(best) = standings.iter().filter_map(latest).map(|x| sign * x).reduce(f64::max) else {
        return;
    };
    let unit = best.abs().max(f64::MIN_POSITIVE);
    for (standing, trace) in standings.iter_mut().zip(traces) {
        let Some(sample) = standing.samples.last_mut() else { continue };
        let Some(objective) = sample.objective.map(|x| sign * x) else { continue };
        standing.shortfall.push(((best - objective) / unit).max(0.0));
        for (reached, distance) in sample.reached.iter_mut().zip(within) {
            let target = best - distance * unit;
            if objective < target {
                continue;
            }
            let total = sample.evaluations as f64;
            let first = trace.iter().find(|(_, value)| sign * value >= target);
            let evaluations = first.map_or(total, |(evaluations, _)| *evaluations as f64);
            let share = if total > 0.0 { (evaluations / total).min(1.0) } else { 1.0 };
            *reached = Some((evaluations, share * sample.seconds));
        }
    }
}

/// Seconds of a 16 × 16 complex product: the fastest of a few batches.
fn calibration_s() -> f64 {
    const BATCH: u32 = 500;
    let random = |entity: u64| {
        let mut rng = StreamKey::new(1, "bench", "matrix", entity).trial(0);
        CMat::from_fn(16, 16, |_, _| complex_normal(&mut rng, 1.0))
    };
    let (a, b, mut c) = (random(0), random(1), CMat::zeros(16, 16));
    let batch = |_| {
        let begin = Instant::now();
        for _ in 0..BATCH {
            mul(&mut c, false, 1.0, black_box(&a), Op::Plain, black_box(&b), Op::Plain);
        }
        begin.elapsed().as_secs_f64() / f64::from(BATCH)
    };
    (0..9).map(batch).fold(f64::INFINITY, f64::min)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn standing(objectives: &[f64]) -> Standing {
        let contender =
            Contender { id: "a".to_owned(), scheme: "a".to_owned(), settings: json!({}) };
        let sample = |(trial, objective): (usize, &f64)| Sample {
            trial: trial as u64,
            outcome: Outcome::Designed,
            objective: Some(*objective),
            evaluations: 100,
            seconds: 1.0,
            repetitions: 1,
            reached: vec![None, None],
        };
        Standing {
            contender,
            samples: objectives.iter().enumerate().map(sample).collect(),
            shortfall: Vec::new(),
        }
    }

    #[test]
    fn evaluations_are_read_from_the_trace_and_time_follows_them() {
        let mut standings = [standing(&[10.0]), standing(&[9.95]), standing(&[5.0])];
        let traces = [vec![(1, 0.0), (20, 9.95), (50, 10.0)], Vec::new(), vec![(1, 5.0)]];
        let goal = Goal { metric: "objective", maximise: true };
        rank(&mut standings, &traces, goal, &[1e-2, 1e-6]);
        assert_eq!(standings[0].samples[0].reached, [Some((20.0, 0.2)), Some((50.0, 0.5))]);
        assert_eq!(standings[1].samples[0].reached, [Some((100.0, 1.0)), None], "no trace: all");
        assert_eq!(standings[2].samples[0].reached, [None, None]);
        assert!((standings[2].shortfall[0] - 0.5).abs() < 1e-15);
        let reach = standings[1].reach(0, 1e-2, &standings[0]);
        assert_eq!((reach.share, reach.evaluations_ratio), (1.0, Some(5.0)));
        assert_eq!(standings[2].reach(0, 1e-2, &standings[0]).evaluations, None);
    }

    #[test]
    fn the_smallest_is_the_best_of_what_is_minimised() {
        let mut standings = [standing(&[2.0]), standing(&[1.0])];
        let goal = Goal { metric: "objective", maximise: false };
        rank(&mut standings, &[Vec::new(), Vec::new()], goal, &[1e-6, 2.0]);
        assert_eq!(standings[0].samples[0].reached, [None, Some((100.0, 1.0))]);
        assert!((standings[0].shortfall[0] - 1.0).abs() < 1e-15);
    }
}
