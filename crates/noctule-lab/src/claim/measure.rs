//! Our side of a claim: the number, and its standard error by leaving blocks of trials out.

use std::collections::BTreeMap;
use std::ops::Range;

use serde_json::Value;

use super::{Function, blocks};
use crate::experiment::{ClaimKind, Ours, Selection, same};
use crate::fold::Samples;
use crate::plan::Plan;

/// Our number.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Measured {
    pub(super) value: Option<f64>,
    pub(super) standard_error: Option<f64>,
    pub(super) note: String,
}

impl Measured {
    pub(super) fn not_run(note: impl Into<String>) -> Self {
        Self { note: note.into(), ..Self::default() }
    }
}

/// The samples of a run, perhaps without some of the trials.
#[derive(Clone, Debug)]
pub struct View<'a> {
    plan: &'a Plan,
    samples: &'a Samples,
    left_out: Range<u64>,
    ours: &'a Ours,
}

impl View<'_> {
    /// What the claim selects: scheme, metric and points, and what it compares them with.
    pub const fn selected(&self) -> &Ours {
        self.ours
    }

    /// The plan, for names and values of sweeps.
    pub const fn plan(&self) -> &Plan {
        self.plan
    }

    /// The samples of a metric of one scheme at one grid point, in trial order. Only metrics that
    /// the claim names are there.
    pub fn samples(&self, metric: &str, scheme: &str, point: usize) -> Vec<(u64, f64)> {
        let metric = self.plan.metrics.iter().position(|name| name == metric);
        let scheme = self.plan.schemes.iter().position(|known| known.id == scheme);
        let (Some(metric), Some(scheme)) = (metric, scheme) else { return Vec::new() };
        let all = self.samples.metric(metric, scheme, point);
        all.iter().filter(|(trial, _)| !self.left_out.contains(trial)).copied().collect()
    }

    /// A statistic of a selection at one grid point.
    pub fn stat(&self, of: &Selection, point: usize) -> Option<f64> {
        let samples = self.samples(&of.metric, &of.scheme, point);
        let values: Vec<f64> = samples.into_iter().map(|(_, value)| value).collect();
        of.stat.of_samples(&values)
    }

    /// Samples of two selections in the trials that both have.
    pub(super) fn paired(
        &self,
        a: (&Selection, usize),
        b: (&Selection, usize),
    ) -> (Vec<f64>, Vec<f64>) {
        let other: BTreeMap<u64, f64> =
            self.samples(&b.0.metric, &b.0.scheme, b.1).into_iter().collect();
        let ours = self.samples(&a.0.metric, &a.0.scheme, a.1);
        ours.into_iter().filter_map(|(trial, value)| Some((value, *other.get(&trial)?))).unzip()
    }
}

/// The grid points at which the sweeps have these values; the ones not named are free.
pub fn points(plan: &Plan, at: &BTreeMap<String, Value>) -> Vec<usize> {
    let matches = |point: &usize| {
        let values = plan.grid_values(*point);
        plan.sweeps
            .iter()
            .zip(values)
            .all(|(sweep, value)| at.get(&sweep.path).is_none_or(|at| same(at, value)))
    };
    (0..plan.grid_len()).filter(matches).collect()
}

/// The number, and its error. Missing points make it "not run".
pub(super) fn measure(
    plan: &Plan,
    samples: &Samples,
    trials: u64,
    ours: &Ours,
    function: Option<Function>,
) -> Measured {
    let claim = match Prepared::new(plan, ours, function) {
        Ok(claim) => claim,
        Err(note) => return Measured::not_run(note),
    };
    let view = |left_out| View { plan, samples, left_out, ours };
    let Some(value) = claim.value(&view(0..0)) else {
        return Measured::not_run("there is no design, or the feature is not there");
    };
    let count = blocks(trials, ours.of.stat);
    let block = |k: u64| k * trials / count..(k + 1) * trials / count;
    let without: Option<Vec<f64>> = (0..count).map(|k| claim.value(&view(block(k)))).collect();
    let standard_error = without.filter(|values| values.len() > 1).map(|values| {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        let again =
            claim.of.iter().chain(&claim.versus).map(|&point| plan.repetition(point, trials));
        ((n - 1.0) / n * squares * again.fold(1.0, f64::max)).sqrt()
    });
    Measured { value: Some(value), standard_error, note: String::new() }
}

/// A claim with its names resolved to points.
struct Prepared<'a> {
    ours: &'a Ours,
    of: Vec<usize>,
    versus: Vec<usize>,
    /// The abscissa of every point of `of`, for kinds that follow a sweep.
    along: Vec<f64>,
    function: Option<Function>,
}

impl<'a> Prepared<'a> {
    fn new(plan: &Plan, ours: &'a Ours, function: Option<Function>) -> Result<Self, String> {
        let of = points(plan, &ours.of.at);
        let versus = ours.versus.as_ref().map_or_else(Vec::new, |versus| points(plan, &versus.at));
        let wrong = of.is_empty() || (ours.versus.is_some() && versus.len() != of.len());
        if wrong || (!ours.runs_along() && function.is_none() && of.len() != 1) {
            return Err("the point is not part of this run".to_owned());
        }
        let mut along = Vec::new();
        if let Some(path) = ours.along.as_ref().filter(|_| ours.runs_along()) {
            let sweep = plan.sweeps.iter().position(|sweep| sweep.path == *path);
            let value = |point: &usize| plan.grid_values(*point).get(sweep?)?.as_f64();
            along = of
                .iter()
                .map(value)
                .collect::<Option<_>>()
                .ok_or("the sweep is not a sweep of numbers")?;
        }
        Ok(Self { ours, of, versus, along, function })
    }

    fn value(&self, view: &View<'_>) -> Option<f64> {
        let ours = self.ours;
        let value = match ours.kind {
            ClaimKind::Value => view.stat(&ours.of, self.of[0])?,
            ClaimKind::Difference | ClaimKind::Ratio | ClaimKind::Percent => self.compare(view)?,
            ClaimKind::Share => self.share(view)?,
            ClaimKind::Crossing => crossing(&self.along, &self.height(view)?)?,
            ClaimKind::Argmax => {
                let curve = self.curve(view, &ours.of, &self.of)?;
                let best = curve.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1))?.0;
                self.along[best]
            }
            ClaimKind::FirstWhere => {
                let sign = if ours.below.is_some() { -1.0 } else { 1.0 };
                let heights = self.height(view)?;
                self.along[heights.iter().position(|height| sign * height > 0.0)?]
            }
            ClaimKind::Slope => slope(&self.along, &self.curve(view, &ours.of, &self.of)?)?,
            ClaimKind::Function => self.function?(view)?,
        };
        value.is_finite().then_some(value)
    }

    fn compare(&self, view: &View<'_>) -> Option<f64> {
        let versus = self.ours.versus.as_ref()?;
        let (a, b) = view.paired((&self.ours.of, self.of[0]), (versus, self.versus[0]));
        let (a, b) = (self.ours.of.stat.of_samples(&a)?, versus.stat.of_samples(&b)?);
        Some(match self.ours.kind {
            ClaimKind::Difference => a - b,
            ClaimKind::Ratio => a / b,
            _ => 100.0 * (a / b - 1.0),
        })
    }

    /// The share of trials in which A exceeds B, or a level.
    fn share(&self, view: &View<'_>) -> Option<f64> {
        let of = &self.ours.of;
        let wins: Vec<bool> = match &self.ours.versus {
            Some(versus) => {
                let (a, b) = view.paired((of, self.of[0]), (versus, self.versus[0]));
                a.into_iter().zip(b).map(|(a, b)| a > b).collect()
            }
            None => {
                let samples = view.samples(&of.metric, &of.scheme, self.of[0]);
                let exceeds = |value: f64| {
                    self.ours.above.is_some_and(|level| value > level)
                        || self.ours.below.is_some_and(|level| value < level)
                };
                samples.into_iter().map(|(_, value)| exceeds(value)).collect()
            }
        };
        let won = wins.iter().filter(|won| **won).count();
        (!wins.is_empty()).then(|| won as f64 / wins.len() as f64)
    }

    fn curve(&self, view: &View<'_>, of: &Selection, points: &[usize]) -> Option<Vec<f64>> {
        points.iter().map(|point| view.stat(of, *point)).collect()
    }

    /// A − B, or A − level, along the sweep.
    fn height(&self, view: &View<'_>) -> Option<Vec<f64>> {
        let a = self.curve(view, &self.ours.of, &self.of)?;
        let level = self.ours.above.or(self.ours.below);
        let b = match (&self.ours.versus, level) {
            (Some(versus), _) => self.curve(view, versus, &self.versus)?,
            (None, level) => vec![level?; a.len()],
        };
        Some(a.into_iter().zip(b).map(|(a, b)| a - b).collect())
    }
}

/// Where a curve first changes its sign, by linear interpolation.
fn crossing(x: &[f64], heights: &[f64]) -> Option<f64> {
    let pairs = x.windows(2).zip(heights.windows(2));
    pairs
        .filter_map(|(x, height)| match (x, height) {
            (&[x0, x1], &[h0, h1]) if (h0 <= 0.0) != (h1 <= 0.0) => {
                Some(x0 + (x1 - x0) * h0 / (h0 - h1))
            }
            _ => None,
        })
        .next()
}

fn slope(x: &[f64], y: &[f64]) -> Option<f64> {
    let n = x.len() as f64;
    let (mean_x, mean_y) = (x.iter().sum::<f64>() / n, y.iter().sum::<f64>() / n);
    let products: f64 = x.iter().zip(y).map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    let squares: f64 = x.iter().map(|x| (x - mean_x).powi(2)).sum();
    (squares > 0.0).then(|| products / squares)
}

/// The metric samples a claim needs: (metric, scheme, point) by index.
pub(crate) fn needed(plan: &Plan, ours: &Ours) -> Vec<(usize, usize, usize)> {
    let mut needed = Vec::new();
    for selection in std::iter::once(&ours.of).chain(&ours.versus) {
        let Some(metric) = plan.metrics.iter().position(|name| *name == selection.metric) else {
            continue;
        };
        let function = ours.kind == ClaimKind::Function;
        for (scheme, known) in plan.schemes.iter().enumerate() {
            // A function may look at every scheme and point; the others say what they look at.
            if function || known.id == selection.scheme {
                let all = if function {
                    (0..plan.grid_len()).collect()
                } else {
                    points(plan, &selection.at)
                };
                needed.extend(all.into_iter().map(|point| (metric, scheme, point)));
            }
        }
    }
    needed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::Stat;

    #[test]
    fn crossings_interpolate() {
        assert_eq!(crossing(&[0.0, 1.0, 3.0], &[-2.0, -1.0, 1.0]), Some(2.0));
        assert_eq!(crossing(&[0.0, 1.0], &[1.0, 2.0]), None);
        assert!((slope(&[0.0, 1.0, 2.0], &[1.0, 3.0, 5.0]).unwrap() - 2.0).abs() < 1e-15);
        assert_eq!(slope(&[1.0, 1.0], &[0.0, 2.0]), None);
    }

    #[test]
    fn stats_of_samples() {
        assert_eq!(Stat::RootMean.of_samples(&[4.0, 14.0]), Some(3.0));
        assert!((Stat::Rms.of_samples(&[3.0, 4.0]).unwrap() - 12.5_f64.sqrt()).abs() < 1e-15);
        assert_eq!(Stat::Median.of_samples(&[]), None);
    }
}
