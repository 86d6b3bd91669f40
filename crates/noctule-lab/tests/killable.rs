//! Every claim of every built-in experiment can fail.
//!
//! The committed numbers of an experiment (`docs/results/<id>/summary.csv`) are changed as an error would
//! change them: the two that are compared exchanged, schemes shuffled, a sweep turned round, one number a tenth
//! larger or smaller, or shifted by a tenth of what its metric spans. At least one of these must change the
//! verdict of every claim that agrees. A claim that disagrees must agree with a result as the paper has it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use noctule_lab::Study;
use noctule_lab::builtin::{ALL, BuiltIn};
use noctule_lab::claim::{Verdict, number, points, verdict};
use noctule_lab::experiment::{ClaimKind, ClaimSpec, Experiment, Said, Stat};
use noctule_lab::fold::Samples;
use noctule_lab::plan::Plan;
use serde_json::Value;

/// Numbers by (metric, scheme, grid point), by index.
type Numbers = BTreeMap<(usize, usize, usize), f64>;

/// One number a tenth larger and smaller: no claim with a number of the paper may bear it.
const TENTH: [f64; 2] = [1.1, 1.0 / 1.1];
/// A range may be wide where a paper says "hundreds"; an order of magnitude it may not be.
const TENFOLD: [f64; 2] = [10.0, 0.1];

fn results(id: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/results").join(id)
}

/// The column of `summary.csv` that has a statistic. Means of squares are not there: their mean will do.
const fn column(stat: Stat) -> &'static str {
    match stat {
        Stat::Median => "median",
        Stat::Q05 => "q05",
        Stat::Q25 => "q25",
        Stat::Q75 => "q75",
        Stat::Q95 => "q95",
        Stat::Min => "min",
        Stat::Max => "max",
        _ => "mean",
    }
}

/// The committed numbers of an experiment: one statistic of all metrics.
fn numbers(plan: &Plan, summary: &str, stat: Stat) -> Numbers {
    let mut reader = csv::Reader::from_reader(summary.as_bytes());
    let header = reader.headers().unwrap().clone();
    let place = |name: &str| header.iter().position(|column| column == name).unwrap();
    let (scheme, point, metric) = (place("scheme"), place("point"), place("metric"));
    let value = place(column(stat));
    let mut numbers = Numbers::new();
    for row in reader.records() {
        let row = row.unwrap();
        let found = (
            plan.metrics.iter().position(|name| *name == row[metric]),
            plan.schemes.iter().position(|known| known.id == row[scheme]),
            row[point].parse().ok(),
            row[value].parse().ok(),
        );
        if let (Some(metric), Some(scheme), Some(point), Some(value)) = found {
            numbers.insert((metric, scheme, point), value);
        }
    }
    numbers
}

/// What an error could make of the numbers.
fn changed(plan: &Plan, spec: &ClaimSpec, numbers: &Numbers) -> Vec<Numbers> {
    let schemes = plan.schemes.len();
    let mut all: Vec<Numbers> = (1..schemes)
        .map(|by| map(numbers, |(metric, scheme, point)| (metric, (scheme + by) % schemes, point)))
        .collect();
    for sweep in 0..plan.sweeps.len() {
        all.push(map(numbers, |(metric, scheme, point)| {
            (metric, scheme, turned(plan, sweep, point))
        }));
    }
    let metric = plan.metrics.iter().position(|name| *name == spec.ours.of.metric).unwrap();
    let scheme = plan.schemes.iter().position(|known| known.id == spec.ours.of.scheme).unwrap();
    // Of a curve, one point: the same factor everywhere moves no maximum.
    let at = points(plan, &spec.ours.of.at);
    let ours = |key: &(usize, usize, usize), at: &[usize]| {
        key.0 == metric && key.1 == scheme && at.contains(&key.2)
    };
    let of_metric = || numbers.iter().filter(|(key, _)| key.0 == metric).map(|(_, value)| *value);
    let span =
        of_metric().fold(f64::NEG_INFINITY, f64::max) - of_metric().fold(f64::INFINITY, f64::min);
    let shift = if span > 0.0 { span / 10.0 } else { 0.1 };
    let factors = if matches!(spec.said, Said::Number { .. }) { TENTH } else { TENFOLD };
    let parts: Vec<&[usize]> = std::iter::once(&at[..]).chain(at.chunks(1)).collect();
    for part in parts {
        let mut push = |change: &dyn Fn(f64) -> f64| {
            let mut numbers = numbers.clone();
            numbers
                .iter_mut()
                .filter(|(key, _)| ours(key, part))
                .for_each(|(_, x)| *x = change(*x));
            all.push(numbers);
        };
        factors.iter().for_each(|factor| push(&|x| x * factor));
        [shift, -shift].iter().for_each(|shift| push(&|x| x + shift));
    }
    all
}

fn map(numbers: &Numbers, to: impl Fn((usize, usize, usize)) -> (usize, usize, usize)) -> Numbers {
    numbers.iter().map(|(key, value)| (to(*key), *value)).collect()
}

/// The grid point at the other end of a sweep.
fn turned(plan: &Plan, sweep: usize, point: usize) -> usize {
    let count = plan.sweeps[sweep].values.len();
    let stride: usize = plan.sweeps[sweep + 1..].iter().map(|sweep| sweep.values.len()).product();
    let place = point / stride % count;
    point + (count - 1 - place) * stride - place * stride
}

/// Our number by these numbers.
fn measured(plan: &Plan, spec: &ClaimSpec, numbers: &Numbers) -> Option<f64> {
    let samples = numbers.iter().map(|(key, value)| (*key, vec![(0, *value)])).collect();
    number(plan, &Samples::of(samples), 1, spec)
}

/// Our number with A and B exchanged, where it compares two.
fn exchanged(spec: &ClaimSpec, ours: f64) -> Option<f64> {
    let share = spec.ours.function.as_ref().is_some_and(|name| name.starts_with("share"));
    match spec.ours.kind {
        ClaimKind::Difference => Some(-ours),
        ClaimKind::Ratio => Some(1.0 / ours),
        ClaimKind::Percent => Some(100.0 * (1.0 / (1.0 + ours / 100.0) - 1.0)),
        ClaimKind::Share => Some(1.0 - ours),
        ClaimKind::Function if share => Some(1.0 - ours),
        _ => None,
    }
}

/// A result as the paper has it.
fn of_the_paper(spec: &ClaimSpec, error: f64) -> f64 {
    match spec.said {
        Said::Number { paper, .. } => paper,
        Said::Range { from: Some(from), to: Some(to) } => f64::midpoint(from, to),
        Said::Range { from: Some(from), .. } => from + 3.0 * error,
        Said::Range { to: Some(to), .. } => to - 3.0 * error,
        Said::Range { .. } => 0.0,
    }
}

/// Why a claim cannot fail, or is not what was committed.
fn toothless(plan: &Plan, spec: &ClaimSpec, committed: &Value, summary: &str) -> Option<String> {
    let (Some(ours), Some(error)) =
        (committed["ours"].as_f64(), committed["standard_error"].as_f64())
    else {
        return Some("it was not judged".to_owned());
    };
    let now = verdict(spec, ours, Some(error));
    if serde_json::to_value(now).unwrap() != committed["verdict"] {
        return Some(format!("its committed verdict is {}, now {now:?}", committed["verdict"]));
    }
    if now != Verdict::Agrees {
        // The relative error of such a result would be ours.
        let paper = of_the_paper(spec, error);
        let error = error * (paper / ours).abs().min(1.0);
        let agrees = verdict(spec, paper, Some(error)) == Verdict::Agrees;
        let why = || format!("{now:?}, and what the paper says would not agree (± {error})");
        return (!agrees && now != Verdict::Inconclusive).then(why);
    }
    // A claim over some of the draws: where their means are none of those, their medians may be.
    let known = [spec.ours.of.stat, Stat::Median].into_iter().find_map(|stat| {
        let numbers = numbers(plan, summary, stat);
        measured(plan, spec, &numbers).map(|base| (numbers, base))
    });
    let Some((numbers, base)) = known else {
        return Some("the summary does not give its number".to_owned());
    };
    let dies = |changed: &Numbers| {
        let after = measured(plan, spec, changed);
        after.is_none_or(|after| verdict(spec, ours + (after - base), Some(error)) != now)
    };
    let other = exchanged(spec, ours);
    let alive = other.is_some_and(|other| verdict(spec, other, Some(error)) != now)
        || changed(plan, spec, &numbers).iter().any(dies);
    (!alive).then(|| format!("{now:?} with {ours}, whatever is exchanged, turned or scaled"))
}

fn of_experiment(built_in: &BuiltIn) -> Vec<String> {
    let registry = noctule_lab::systems::registry();
    let experiment = Experiment::parse(built_in.text, built_in.id, built_in.id, &registry).unwrap();
    let study = Study::new(&experiment, built_in.text, &registry).unwrap();
    let read = |name: &str| fs::read_to_string(results(built_in.id).join(name)).unwrap_or_default();
    let (summary, claims) = (read("summary.csv"), read("claims.json"));
    let claims: Value = serde_json::from_str(&claims).unwrap_or_default();
    let committed = |id: &str| {
        claims["claims"].as_array().and_then(|all| all.iter().find(|claim| claim["id"] == id))
    };
    let complaint = |spec: &ClaimSpec| {
        let why = match committed(&spec.id) {
            Some(committed) => toothless(&study.plan, spec, committed, &summary)?,
            None => "it has no committed verdict".to_owned(),
        };
        Some(format!("{} {}: {why}", built_in.id, spec.id))
    };
    study.presentation.claims.iter().filter_map(complaint).collect()
}

#[test]
fn every_claim_of_every_experiment_can_fail() {
    let complaints: Vec<String> = ALL.iter().flat_map(of_experiment).collect();
    assert!(complaints.is_empty(), "{} claims:\n{}", complaints.len(), complaints.join("\n"));
}
