//! What is compared, and what came of it.

use noctule_num::stats::Summary;
use serde_json::{Value, json};

use crate::system::{Contender, Outcome, System};

/// What is compared.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// The complete scenario.
    pub scenario: Value,
    /// Seed of the draws.
    pub seed: u64,
    /// Number of instances.
    pub trials: u64,
    /// How often each design is made at most; the fastest counts. One that takes long is made
    /// fewer times.
    pub repeat: u32,
    /// Who takes part; the others are measured against the first.
    pub contenders: Vec<Contender>,
    /// Relative distances from the best known objective, each a row for every contender.
    pub within: Vec<f64>,
}

/// One design of one contender.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// The instance.
    pub trial: u64,
    /// How it ended.
    pub outcome: Outcome,
    /// The value of the goal, where there is a design and a goal.
    pub objective: Option<f64>,
    /// Evaluations of the objective.
    pub evaluations: u64,
    /// Time of the fastest repetition in seconds.
    pub seconds: f64,
    /// How often it was made.
    pub repetitions: u32,
    /// For every distance of [`Comparison::within`]: evaluations and seconds until it was reached.
    pub reached: Vec<Option<(f64, f64)>>,
}

/// What came of one contender.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    /// Who it was.
    pub contender: Contender,
    /// One sample an instance, in order.
    pub samples: Vec<Sample>,
    /// For every instance with a design, how far its objective stays behind the best known,
    /// relative to the magnitude of the latter.
    pub shortfall: Vec<f64>,
}

/// The result of a comparison.
#[derive(Clone, Debug, PartialEq)]
pub struct Standings {
    /// Seconds of the calibration kernel, a 16 × 16 complex product, in the same process.
    pub calibration_s: f64,
    /// One for every contender, in order.
    pub standings: Vec<Standing>,
}

/// What one contender needed to come within a distance of the best known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reach {
    /// The distance.
    pub within: f64,
    /// Share of all instances on which it came so close.
    pub share: f64,
    /// Median number of evaluations where it did.
    pub evaluations: Option<f64>,
    /// Median seconds where it did.
    pub seconds: Option<f64>,
    /// Median over the instances on which both came so close of its evaluations over those of the
    /// first contender.
    pub evaluations_ratio: Option<f64>,
    /// The same of its time.
    pub seconds_ratio: Option<f64>,
}

/// The median of some numbers.
fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    Summary::of_owned(values.filter(|x| x.is_finite()).collect()).map(|summary| summary.median)
}

impl Standing {
    /// The samples with a design.
    fn designed(&self) -> impl Iterator<Item = &Sample> {
        self.samples.iter().filter(|sample| sample.outcome == Outcome::Designed)
    }

    /// Number of designs.
    pub fn designs(&self) -> usize {
        self.designed().count()
    }

    /// Why there is no design, of the first sample without one.
    pub fn note(&self) -> Option<String> {
        self.samples.iter().find_map(|sample| match &sample.outcome {
            Outcome::Designed => None,
            Outcome::Infeasible => Some("infeasible".to_owned()),
            Outcome::Unsound(reason) => Some(format!("unsound: {reason}")),
            Outcome::Failed(reason) => Some(format!("failed: {reason}")),
            Outcome::NotRun(reason) => Some(format!("not run: {reason}")),
        })
    }

    /// Mean objective.
    pub fn objective(&self) -> Option<f64> {
        let values = self.designed().filter_map(|sample| sample.objective).collect();
        Summary::of_owned(values).map(|summary| summary.mean)
    }

    /// The largest relative shortfall.
    pub fn worst_shortfall(&self) -> Option<f64> {
        self.shortfall.iter().copied().reduce(f64::max)
    }

    /// Median evaluations of a whole design.
    pub fn evaluations(&self) -> Option<f64> {
        median(self.designed().map(|sample| sample.evaluations as f64))
    }

    /// Median seconds of a whole design.
    pub fn seconds(&self) -> Option<f64> {
        median(self.designed().map(|sample| sample.seconds))
    }

    /// What it needed for the distance number `index`, beside the `first` contender.
    pub fn reach(&self, index: usize, within: f64, first: &Self) -> Reach {
        let reached = |s: &Sample| s.reached.get(index).copied().flatten();
        let ours: Vec<(f64, f64)> = self.samples.iter().filter_map(reached).collect();
        let both: Vec<((f64, f64), (f64, f64))> = self
            .samples
            .iter()
            .zip(&first.samples)
            .filter_map(|(a, b)| Some((reached(a)?, reached(b)?)))
            .collect();
        Reach {
            within,
            share: ours.len() as f64 / self.samples.len().max(1) as f64,
            evaluations: median(ours.iter().map(|x| x.0)),
            seconds: median(ours.iter().map(|x| x.1)),
            evaluations_ratio: median(both.iter().map(|(a, b)| a.0 / b.0)),
            seconds_ratio: median(both.iter().map(|(a, b)| a.1 / b.1)),
        }
    }
}

impl Reach {
    fn json(&self) -> Value {
        json!({
            "within": self.within, "share": self.share,
            "evaluations": self.evaluations, "seconds": self.seconds,
            "evaluations_ratio": self.evaluations_ratio, "seconds_ratio": self.seconds_ratio,
        })
    }
}

impl Sample {
    fn json(&self) -> Value {
        json!({
            "trial": self.trial, "outcome": self.outcome.as_str(), "objective": self.objective,
            "evaluations": self.evaluations, "seconds": self.seconds,
            "repetitions": self.repetitions,
        })
    }
}

impl Standing {
    fn json(&self, within: &[f64], first: &Self) -> Value {
        let reach = within.iter().enumerate().map(|(k, within)| self.reach(k, *within, first));
        json!({
            "id": self.contender.id,
            "scheme": self.contender.scheme,
            "settings": self.contender.settings,
            "designs": self.designs(),
            "note": self.note(),
            "objective_mean": self.objective(),
            "worst_shortfall_rel": self.worst_shortfall(),
            "evaluations_median": self.evaluations(),
            "seconds_median": self.seconds(),
            "reach": reach.map(|reach| reach.json()).collect::<Value>(),
            "samples": self.samples.iter().map(Sample::json).collect::<Value>(),
        })
    }
}

impl Standings {
    /// The document `noctule-bench/1`.
    pub fn json(&self, system: &dyn System, comparison: &Comparison) -> Value {
        let first = self.standings.first();
        let schemes: Value = self
            .standings
            .iter()
            .filter_map(|standing| Some(standing.json(&comparison.within, first?)))
            .collect();
        let goal =
            system.goal().map(|goal| json!({ "metric": goal.metric, "maximise": goal.maximise }));
        json!({
            "format": "noctule-bench/1",
            "system": system.id(),
            "goal": goal,
            "scenario": comparison.scenario,
            "seed": comparison.seed,
            "trials": comparison.trials,
            "repeat": comparison.repeat,
            "calibration_s": self.calibration_s,
            "schemes": schemes,
        })
    }
}
