//! The default search for phases where user and target are apart: over points of the trade-off
//! curves, with the exact powers (or covariance) at every step.
//!
//! For orthogonal paths, phases enter only through `X_k = |z_k|²` and `Y_k = |y_k|²`, so a design is a
//! point on each surface's [`Curve`] and the inner problem is convex and solved exactly. The search
//! starts from many simple designs (the same blend on every surface; one or two surfaces for the
//! user and the rest for the target), climbs by moving one surface at a time along its frontier with
//! shrinking steps, and refines the best in the continuous parameters of the blends.
//!
//! Nothing here proves anything: [`super::certify`] does.

use std::f64::consts::{FRAC_PI_2, PI};

use super::covariance::CovarianceSolver;
use super::curve::{Curve, CurvePoint};
use super::model::Link;
use super::power::Allocator;

/// What is designed for given phases.
#[derive(Clone, Debug)]
pub(super) enum Inner {
    /// Independent streams and a dedicated sensing signal (Theorem 2).
    Powers(Allocator),
    /// Any covariance.
    Covariance(CovarianceSolver),
}

/// Scores designs: the rate in nats, or minus the relative shortfall where the requirement is not
/// met, so that any design that meets it beats any that does not.
#[derive(Clone, Debug)]
pub(super) struct Scorer<'a> {
    link: &'a Link,
    inner: Inner,
    gains: Vec<f64>,
    weights: Vec<f64>,
    overlaps: Vec<f64>,
    pub(super) evaluations: u64,
}

impl<'a> Scorer<'a> {
    pub(super) fn new(link: &'a Link, inner: Inner) -> Self {
        let k = link.gains.len();
        Self {
            link,
            inner,
            gains: vec![0.0; k],
            weights: vec![0.0; k],
            overlaps: vec![0.0; k],
            evaluations: 0,
        }
    }

    pub(super) fn score(&mut self, points: &[CurvePoint]) -> f64 {
        for (k, point) in points.iter().enumerate() {
            self.gains[k] = self.link.gains[k] * point.user * point.user;
            self.weights[k] = self.link.weights[k] * point.target * point.target;
        }
        self.value()
    }

    fn value(&mut self) -> f64 {
        self.evaluations += 1;
        let (power, required) = (self.link.power, self.link.required);
        let total: f64 = self.weights.iter().sum();
        if required > power * total * (1.0 + super::power::ROUNDING) {
            return power * total / required - 1.0;
        }
        match &mut self.inner {
            Inner::Powers(allocator) => allocator
                .allocate(&self.gains, &self.weights, power, required)
                .map_or(-1.0, |allocation| allocation.rate_nats),
            Inner::Covariance(solver) => {
                let total = total.max(f64::MIN_POSITIVE);
                for k in 0..self.gains.len() {
                    self.overlaps[k] = self.gains[k] * self.weights[k] / total;
                }
                let share = (required / (power * total)).min(1.0);
                solver.solve(&self.gains, &self.overlaps, power, share).rate_nats
            }
        }
    }
}

/// A design on the curves and its score.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Found {
    pub(super) points: Vec<CurvePoint>,
    pub(super) score: f64,
    /// Scores reached from the starts that were climbed.
    pub(super) starts: Vec<f64>,
}

/// How much effort the search makes.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Effort {
    blends: usize,
    phases: usize,
    climbs: usize,
    polish: u64,
}

impl Effort {
    /// Less on large surfaces, whose points cost more: the work stays below a second.
    fn of(link: &Link) -> Self {
        let elements: usize = link.elements.iter().sum();
        match elements {
            0..=4000 => Self { blends: 40, phases: 25, climbs: 6, polish: 1200 },
            4001..=20_000 => Self { blends: 24, phases: 9, climbs: 4, polish: 600 },
            _ => Self { blends: 12, phases: 5, climbs: 3, polish: 150 },
        }
    }
}

/// The curves of all surfaces and points on them, made once for a search and what follows it.
#[derive(Clone, Debug)]
pub(super) struct Climber {
    curves: Vec<Curve>,
    frontiers: Vec<Vec<CurvePoint>>,
    effort: Effort,
}

impl Climber {
    pub(super) fn new(link: &Link) -> Self {
        let effort = Effort::of(link);
        let curves: Vec<Curve> =
            link.elements.iter().zip(&link.steps).map(|(&n, &step)| Curve::new(n, step)).collect();
        let frontiers =
            curves.iter().map(|curve| curve.frontier(effort.blends, effort.phases)).collect();
        Self { curves, frontiers, effort }
    }

    /// The curves of the surfaces.
    pub(super) fn curves(&self) -> &[Curve] {
        &self.curves
    }

    /// Search from all starts.
    pub(super) fn search(&self, scorer: &mut Scorer<'_>) -> Found {
        let Self { curves, frontiers, effort } = self;
        let mut scored: Vec<(f64, Vec<usize>)> = starts(frontiers)
            .into_iter()
            .map(|family| {
                // of each family only the best: the others are on its way
                let rated =
                    family.into_iter().map(|start| (scorer.score(&take(frontiers, &start)), start));
                rated
                    .reduce(|best, other| if other.0 > best.0 { other } else { best })
                    .unwrap_or((-1.0, Vec::new()))
            })
            .collect();
        let by_score = |a: &(f64, Vec<usize>), b: &(f64, Vec<usize>)| b.0.total_cmp(&a.0);
        scored.sort_by(by_score);
        scored.truncate(effort.climbs * 3);
        // climb coarsely from several, finely from the best of those
        for (score, start) in &mut scored {
            *score = climb(frontiers, scorer, start, *score, &[64, 16]);
            *score = jump(frontiers, scorer, start, *score);
        }
        scored.sort_by(by_score);
        scored.dedup_by(|a, b| a.1 == b.1);
        scored.truncate(effort.climbs);
        for (score, start) in &mut scored {
            *score = climb(frontiers, scorer, start, *score, &[8, 2, 1]);
        }
        scored.sort_by(by_score);
        scored.dedup_by(|a, b| a.1 == b.1);
        let reached = scored.iter().map(|(score, _)| *score).collect();
        let mut best: Option<Found> = None;
        for (score, start) in scored.iter().take(2) {
            let mut points = take(frontiers, start);
            let score = polish(curves, scorer, &mut points, *score, effort.polish);
            if best.as_ref().is_none_or(|best| score > best.score) {
                best = Some(Found { points, score, starts: Vec::new() });
            }
        }
        let mut best =
            best.unwrap_or(Found { points: Vec::new(), score: -1.0, starts: Vec::new() });
        best.starts = reached;
        best
    }

    /// The point of a frontier whose |z| is next to a value.
    pub(super) fn nearest(&self, k: usize, user: f64) -> usize {
        let frontier = &self.frontiers[k];
        frontier.partition_point(|point| point.user < user).min(frontier.len() - 1)
    }

    pub(super) fn score(&self, scorer: &mut Scorer<'_>, at: &[usize]) -> f64 {
        scorer.score(&take(&self.frontiers, at))
    }

    /// Climb; refine in the continuum what comes near `best`.
    pub(super) fn improve(
        &self,
        scorer: &mut Scorer<'_>,
        mut at: Vec<usize>,
        score: f64,
        best: f64,
    ) -> (f64, Vec<CurvePoint>) {
        let score = climb(&self.frontiers, scorer, &mut at, score, &[32, 8, 2, 1]);
        let mut points = take(&self.frontiers, &at);
        if score < 0.995 * best {
            return (score, points);
        }
        let score = polish(&self.curves, scorer, &mut points, score, self.effort.polish);
        (score, points)
    }
}

fn take(frontiers: &[Vec<CurvePoint>], at: &[usize]) -> Vec<CurvePoint> {
    frontiers.iter().zip(at).map(|(frontier, &i)| frontier[i]).collect()
}

/// Families of starts: uniform blends; one surface, or two, part of the way to the user and the
/// others for the target.
fn starts(frontiers: &[Vec<CurvePoint>]) -> Vec<Vec<Vec<usize>>> {
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
fn jump(
    frontiers: &[Vec<CurvePoint>],
    scorer: &mut Scorer<'_>,
    at: &mut Vec<usize>,
    mut score: f64,
) -> f64 {
    for _ in 0..4 {
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
fn climb(
    frontiers: &[Vec<CurvePoint>],
    scorer: &mut Scorer<'_>,
    at: &mut [usize],
    mut score: f64,
    steps: &[usize],
) -> f64 {
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
                    if value > score * (1.0 + 1e-12 * score.signum()) {
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
/// and, for neighbours in the list, two in opposite directions.
fn polish(
    curves: &[Curve],
    scorer: &mut Scorer<'_>,
    points: &mut [CurvePoint],
    mut score: f64,
    budget: u64,
) -> f64 {
    let limit = scorer.evaluations + budget;
    let count = points.len();
    let mut step = 0.04;
    let moves: [(f64, f64); 8] = [
        (1.0, 0.0),
        (-1.0, 0.0),
        (0.0, 1.0),
        (0.0, -1.0),
        (1.0, 1.0),
        (-1.0, -1.0),
        (1.0, -1.0),
        (-1.0, 1.0),
    ];
    while step > 1e-6 && scorer.evaluations < limit {
        let before = score;
        for k in 0..count {
            for (da, dp) in moves {
                // phases matter less than blends: larger steps
                let blend = (points[k].blend + step * da).clamp(0.0, FRAC_PI_2);
                let phase = points[k].phase + 4.0 * step * dp;
                let kept = points[k];
                points[k] = curves[k].point(blend, phase.clamp(-0.3, PI + 0.3));
                let value = scorer.score(points);
                if value > score {
                    score = value;
                } else {
                    points[k] = kept;
                }
            }
        }
        for k in 0..count {
            for j in 0..count {
                if j == k {
                    continue;
                }
                let kept = (points[k], points[j]);
                let shifted = |p: CurvePoint, d: f64| (p.blend + d).clamp(0.0, FRAC_PI_2);
                points[k] = curves[k].point(shifted(kept.0, step), kept.0.phase);
                points[j] = curves[j].point(shifted(kept.1, -step), kept.1.phase);
                let value = scorer.score(points);
                if value > score {
                    score = value;
                } else {
                    (points[k], points[j]) = kept;
                }
            }
        }
        if score - before <= 1e-7 * score.abs() {
            step *= 0.35;
        }
    }
    score
}
