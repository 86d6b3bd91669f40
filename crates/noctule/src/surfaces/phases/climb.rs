//! Moves of a search along the frontiers of the trade-off curves: starts, jumps, climbs, and the last
//! refinement in the continuum.

use std::f64::consts::{FRAC_PI_2, PI};

use super::curve::{Curve, CurvePoint};
use super::scorer::Scorer;
use crate::surfaces::reach::Reach;

/// Rounds of jumps at most: they end when one finds nothing.
const JUMPS: usize = 4;
/// A climb moves on only for more than the rounding of two rates that are equal.
const RISE: f64 = 1e-12;
/// The first step of the refinement, in radians of the blend: a few of a frontier's.
const FIRST_STEP: f64 = 0.04;
/// The last: what is left of the rate goes with its square.
const LAST_STEP: f64 = 1e-6;
/// How steps shrink once a round gains less than [`GAIN`] of the rate.
const SHRINK: f64 = 0.35;
const GAIN: f64 = 1e-7;
/// Relative phases matter less than blends: they get steps so much larger.
const PHASE_STEPS: f64 = 4.0;
/// Relative phases beyond 0 and π mirror those within: so far beyond, steps may go past an end.
const BEYOND: f64 = 0.3;

/// The points at some places of the frontiers.
pub(super) fn take(frontiers: &[Vec<CurvePoint>], at: &[usize]) -> Vec<CurvePoint> {
    frontiers.iter().zip(at).map(|(frontier, &i)| frontier[i]).collect()
}

/// Families of starts: uniform blends; one surface, or two, part of the way to the user and the
/// others for the target.
pub(super) fn starts(frontiers: &[Vec<CurvePoint>]) -> Vec<Vec<Vec<usize>>> {
    let count = frontiers.len();
    let at = |k: usize, blend: f64| {
        let frontier = &frontiers[k];
        let nearest = |a: &CurvePoint, b: &CurvePoint| {
            (a.blend - blend).abs().total_cmp(&(b.blend - blend).abs())
        };
        let found = frontier.iter().enumerate().min_by(|a, b| nearest(a.1, b.1));
        found.map_or(0, |(i, _)| i)
    };
    let mut all: Vec<Vec<Vec<usize>>> = (0..=8)
        .map(|i| vec![(0..count).map(|k| at(k, FRAC_PI_2 * f64::from(i) / 8.0)).collect()])
        .collect();
    let family = |chosen: &[usize]| {
        SHARES
            .iter()
            .map(|&share| {
                let mut start = vec![0; count];
                for &k in chosen {
                    start[k] = along(frontiers, k, share);
                }
                start
            })
            .collect()
    };
    for k in 0..count {
        all.push(family(&[k]));
        for j in 0..k {
            all.push(family(&[j, k]));
        }
    }
    all
}

/// How far along a frontier moves and starts go.
const SHARES: [f64; 6] = [0.08, 0.2, 0.4, 0.6, 0.8, 1.0];

fn along(frontiers: &[Vec<CurvePoint>], k: usize, share: f64) -> usize {
    ((frontiers[k].len() - 1) as f64 * share).round() as usize
}

/// Moves that small steps do not find: one surface anywhere along its frontier, two surfaces
/// exchanging their roles.
pub(super) fn jump(
    frontiers: &[Vec<CurvePoint>],
    scorer: &mut Scorer<'_>,
    at: &mut Vec<usize>,
    mut score: Reach,
) -> Reach {
    for _ in 0..JUMPS {
        let before = score;
        let mut consider = |candidate: Vec<usize>, at: &mut Vec<usize>, scorer: &mut Scorer<'_>| {
            if candidate != *at {
                let value = scorer.score(&take(frontiers, &candidate));
                if value > score {
                    (score, *at) = (value, candidate);
                }
            }
        };
        for k in 0..at.len() {
            for share in std::iter::once(0.0).chain(SHARES) {
                let mut candidate = at.clone();
                candidate[k] = along(frontiers, k, share);
                consider(candidate, at, scorer);
            }
            for j in 0..k {
                let mut candidate = at.clone();
                let share = |i: usize| at[i] as f64 / (frontiers[i].len() - 1).max(1) as f64;
                candidate[k] = along(frontiers, k, share(j));
                candidate[j] = along(frontiers, j, share(k));
                consider(candidate, at, scorer);
            }
        }
        if score <= before {
            break;
        }
    }
    score
}

/// Move one surface at a time along its frontier while that helps, with shrinking steps.
pub(super) fn climb(
    frontiers: &[Vec<CurvePoint>],
    scorer: &mut Scorer<'_>,
    at: &mut [usize],
    mut score: Reach,
    steps: &[usize],
) -> Reach {
    let mut points = take(frontiers, at);
    for &step in steps {
        let mut moved = true;
        while moved {
            moved = false;
            for k in 0..at.len() {
                for up in [true, false] {
                    let last = frontiers[k].len() - 1;
                    let to = if up { (at[k] + step).min(last) } else { at[k].saturating_sub(step) };
                    if to == at[k] {
                        continue;
                    }
                    let before = points[k];
                    points[k] = frontiers[k][to];
                    let value = scorer.score(&points);
                    if value.merit() > score.merit() * (1.0 + RISE * score.merit().signum()) {
                        (score, at[k], moved) = (value, to, true);
                    } else {
                        points[k] = before;
                    }
                }
            }
        }
    }
    score
}

/// Refine blends and relative phases in the continuum: a pattern search on one surface at a time
/// and two in opposite directions.
pub(super) fn polish(
    curves: &[Curve],
    scorer: &mut Scorer<'_>,
    points: &mut [CurvePoint],
    mut score: Reach,
    budget: u64,
) -> Reach {
    let limit = scorer.evaluations + budget;
    let mut step = FIRST_STEP;
    while step > LAST_STEP && scorer.evaluations < limit {
        let before = score;
        bend_each(curves, scorer, points, &mut score, step);
        exchange_each(curves, scorer, points, &mut score, step);
        if score.merit() - before.merit() <= GAIN * score.merit().abs() {
            step *= SHRINK;
        }
    }
    score
}

/// One surface at a time, its blend and its relative phase.
fn bend_each(
    curves: &[Curve],
    scorer: &mut Scorer<'_>,
    points: &mut [CurvePoint],
    score: &mut Reach,
    step: f64,
) {
    const MOVES: [(f64, f64); 8] = [
        (1.0, 0.0),
        (-1.0, 0.0),
        (0.0, 1.0),
        (0.0, -1.0),
        (1.0, 1.0),
        (-1.0, -1.0),
        (1.0, -1.0),
        (-1.0, 1.0),
    ];
    for k in 0..points.len() {
        for (da, dp) in MOVES {
            let blend = (points[k].blend + step * da).clamp(0.0, FRAC_PI_2);
            let phase = points[k].phase + PHASE_STEPS * step * dp;
            let kept = points[k];
            points[k] = curves[k].point(blend, phase.clamp(-BEYOND, PI + BEYOND));
            let value = scorer.score(points);
            if value > *score {
                *score = value;
            } else {
                points[k] = kept;
            }
        }
    }
}

/// Two surfaces at a time, one towards the user and one towards the target.
fn exchange_each(
    curves: &[Curve],
    scorer: &mut Scorer<'_>,
    points: &mut [CurvePoint],
    score: &mut Reach,
    step: f64,
) {
    for k in 0..points.len() {
        for j in 0..points.len() {
            if j == k {
                continue;
            }
            let kept = (points[k], points[j]);
            let shifted = |p: CurvePoint, d: f64| (p.blend + d).clamp(0.0, FRAC_PI_2);
            points[k] = curves[k].point(shifted(kept.0, step), kept.0.phase);
            points[j] = curves[j].point(shifted(kept.1, -step), kept.1.phase);
            let value = scorer.score(points);
            if value > *score {
                *score = value;
            } else {
                (points[k], points[j]) = kept;
            }
        }
    }
}
