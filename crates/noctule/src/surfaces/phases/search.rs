//! The default search for phases where user and target are apart: over points of the trade-off
//! curves, with the exact powers (or covariance) at every step.
//!
//! For orthogonal paths, phases enter only through `X_k = |z_k|²` and `Y_k = |y_k|²`, so a design is a
//! point on each surface's [`Curve`] and the inner problem is convex and solved exactly. The search
//! starts from many simple designs (the same blend on every surface; one or two surfaces for the
//! user and the rest for the target), climbs by moving one surface at a time along its frontier with
//! shrinking steps, and refines the best in the continuous parameters of the blends.
//!
//! Nothing here proves anything: [`crate::surfaces::bounds`] does.

use super::climb::{climb, jump, polish, starts, take};
use super::curve::{Curve, CurvePoint};
use super::scorer::Scorer;
use crate::surfaces::model::Link;
use crate::surfaces::reach::Reach;

/// Of the best rate so far, what a climb must reach to be refined.
const NEAR: f64 = 0.995;
/// Starts that are climbed coarsely for each that is climbed to the end.
const COARSE_CLIMBS: usize = 3;
/// Climbs that are refined in the continuum.
const REFINED: usize = 2;

/// A design on the curves and its score.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::surfaces) struct Found {
    pub(in crate::surfaces) points: Vec<CurvePoint>,
    pub(in crate::surfaces) reach: Reach,
    /// What was reached from the starts that were climbed.
    pub(in crate::surfaces) starts: Vec<Reach>,
}

/// Places on the frontiers, one a surface, and what they reach.
struct Scored {
    reach: Reach,
    at: Vec<usize>,
}

impl Scored {
    fn best_first(&self, other: &Self) -> std::cmp::Ordering {
        other.reach.order(self.reach)
    }
}

/// How much effort the search makes.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Effort {
    /// Points of a frontier: blends, and relative phases for each.
    blends: usize,
    phases: usize,
    /// Starts that are climbed to the end.
    climbs: usize,
    /// Evaluations of one refinement.
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
pub(in crate::surfaces) struct Climber {
    curves: Vec<Curve>,
    frontiers: Vec<Vec<CurvePoint>>,
    effort: Effort,
}

impl Climber {
    pub(in crate::surfaces) fn new(link: &Link) -> Self {
        let effort = Effort::of(link);
        let curves: Vec<Curve> =
            link.elements.iter().zip(&link.steps).map(|(&n, &step)| Curve::new(n, step)).collect();
        let frontiers =
            curves.iter().map(|curve| curve.frontier(effort.blends, effort.phases)).collect();
        Self { curves, frontiers, effort }
    }

    /// The curves of the surfaces.
    pub(in crate::surfaces) fn curves(&self) -> &[Curve] {
        &self.curves
    }

    /// Search from all starts: climb coarsely from several, finely from the best of those, and
    /// refine the best two.
    pub(in crate::surfaces) fn search(&self, scorer: &mut Scorer<'_>) -> Found {
        let frontiers = &self.frontiers;
        let mut scored = self.best_of_families(scorer);
        scored.sort_by(Scored::best_first);
        scored.truncate(self.effort.climbs * COARSE_CLIMBS);
        for Scored { reach, at } in &mut scored {
            *reach = climb(frontiers, scorer, at, *reach, &[64, 16]);
            *reach = jump(frontiers, scorer, at, *reach);
        }
        scored.sort_by(Scored::best_first);
        scored.dedup_by(|a, b| a.at == b.at);
        scored.truncate(self.effort.climbs);
        for Scored { reach, at } in &mut scored {
            *reach = climb(frontiers, scorer, at, *reach, &[8, 2, 1]);
        }
        scored.sort_by(Scored::best_first);
        scored.dedup_by(|a, b| a.at == b.at);
        let starts = scored.iter().map(|one| one.reach).collect();
        scored.truncate(REFINED);
        Found { starts, ..self.refined(scorer, &scored) }
    }

    /// The best start of each family: the others are on its way.
    fn best_of_families(&self, scorer: &mut Scorer<'_>) -> Vec<Scored> {
        let best = |family: Vec<Vec<usize>>| {
            let rated = family
                .into_iter()
                .map(|at| Scored { reach: scorer.score(&take(&self.frontiers, &at)), at });
            rated
                .reduce(|best, other| if other.reach > best.reach { other } else { best })
                .unwrap_or(Scored { reach: Reach::Short(0.0), at: Vec::new() })
        };
        starts(&self.frontiers).into_iter().map(best).collect()
    }

    /// The best after refinement in the continuum.
    fn refined(&self, scorer: &mut Scorer<'_>, scored: &[Scored]) -> Found {
        let mut best: Option<Found> = None;
        for Scored { reach, at } in scored {
            let mut points = take(&self.frontiers, at);
            let reach = polish(&self.curves, scorer, &mut points, *reach, self.effort.polish);
            if best.as_ref().is_none_or(|best| reach > best.reach) {
                best = Some(Found { points, reach, starts: Vec::new() });
            }
        }
        let nothing = Found { points: Vec::new(), reach: Reach::Short(0.0), starts: Vec::new() };
        best.unwrap_or(nothing)
    }

    /// The point of a frontier whose |z| is next to a value.
    pub(in crate::surfaces) fn nearest(&self, k: usize, user: f64) -> usize {
        let frontier = &self.frontiers[k];
        frontier.partition_point(|point| point.user < user).min(frontier.len() - 1)
    }

    pub(in crate::surfaces) fn score(&self, scorer: &mut Scorer<'_>, at: &[usize]) -> Reach {
        scorer.score(&take(&self.frontiers, at))
    }

    /// Climb; refine in the continuum what comes near `best`, a rate in nats.
    pub(in crate::surfaces) fn improve(
        &self,
        scorer: &mut Scorer<'_>,
        mut at: Vec<usize>,
        score: Reach,
        best: f64,
    ) -> (Reach, Vec<CurvePoint>) {
        let score = climb(&self.frontiers, scorer, &mut at, score, &[32, 8, 2, 1]);
        let mut points = take(&self.frontiers, &at);
        if score.merit() < NEAR * best {
            return (score, points);
        }
        let score = polish(&self.curves, scorer, &mut points, score, self.effort.polish);
        (score, points)
    }
}
