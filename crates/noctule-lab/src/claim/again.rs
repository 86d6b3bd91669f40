//! Judging again from what is kept of a run: its summary and the claims it was judged by.
//!
//! A claim's words, number, range, tolerance and erratum may change without a new run: the number that was
//! measured stays, with its standard error, as long as it is measured in the same way (`measured` in
//! `claims.json`) and the summary beside it does not say otherwise. A number that was not measured yet is
//! computed where the summary has all there is to know: in a study of one trial, and for a mean.
//! Everything else needs the samples, and so a run.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Judged, again, measure, named};
use crate::experiment::{ClaimKind, ClaimSpec, Ours, Stat};
use crate::fold::{GroupSummary, Samples};
use crate::plan::Plan;
use crate::presentation::Presentation;

/// What is known of a number: itself, its standard error, and why it is absent.
struct Known {
    value: Option<f64>,
    standard_error: Option<f64>,
    note: String,
}

/// Whether two numbers of a claim are one: what differs is the order of a sum. Those of two sides that are
/// nearly equal have only the digits that these leave.
pub fn is_same_number(ours: &Ours, a: f64, b: f64) -> bool {
    let cancelled = match ours.kind {
        ClaimKind::Percent => 1e-10,
        ClaimKind::Ratio => 1e-12,
        _ => 0.0,
    };
    (a - b).abs() <= (1e-9 * a.abs().max(b.abs())).max(cancelled)
}

/// The claims of an experiment by the summary of a run and by what `claims.json` had; or the ids of
/// those whose numbers are not in them.
///
/// # Errors
/// The ids of claims that need the samples of a run, each with why.
pub fn judge_again(
    plan: &Plan,
    presentation: &Presentation,
    groups: &[GroupSummary],
    committed: &Value,
) -> Result<Vec<Judged>, Vec<String>> {
    let (mut judged, mut open) = (Vec::new(), Vec::new());
    for spec in &presentation.claims {
        match known(plan, groups, committed, spec) {
            Ok(Known { value, standard_error, note }) => {
                judged.push(again(spec, value, standard_error, note, plan.deterministic));
            }
            Err(why) => open.push(format!("{} ({why})", spec.id)),
        }
    }
    if open.is_empty() { Ok(judged) } else { Err(open) }
}

fn known(
    plan: &Plan,
    groups: &[GroupSummary],
    committed: &Value,
    spec: &ClaimSpec,
) -> Result<Known, String> {
    let measured = serde_json::to_value(&spec.ours).unwrap_or_default();
    let all = committed["claims"].as_array().map_or(&[][..], Vec::as_slice);
    let same =
        all.iter().find(|claim| claim["id"] == spec.id.as_str() && claim["measured"] == measured);
    let found = number_of_summary(plan, groups, &spec.ours);
    let Some(kept) = same else {
        return match found {
            Some((value, Some(error))) => {
                Ok(Known { value: Some(value), standard_error: Some(error), note: String::new() })
            }
            _ => Err("its number was not measured".to_owned()),
        };
    };
    let value = kept["ours"].as_f64();
    match (value, found) {
        (Some(value), Some((found, _))) if !is_same_number(&spec.ours, value, found) => {
            Err(format!("it was judged by {value}, and the summary has {found}"))
        }
        _ => Ok(Known {
            value,
            standard_error: kept["standard_error"].as_f64(),
            note: kept["note"].as_str().unwrap_or_default().to_owned(),
        }),
    }
}

/// Our number of a claim as far as a summary tells it, and its standard error where it tells that too.
pub fn number_of_summary(
    plan: &Plan,
    groups: &[GroupSummary],
    ours: &Ours,
) -> Option<(f64, Option<f64>)> {
    let function = match &ours.function {
        Some(name) => Some(named(&plan.system, name)?),
        None => None,
    };
    // Of several trials a share and a function need each of them.
    let of_each = matches!(ours.kind, ClaimKind::Share | ClaimKind::Function);
    if of_each && !plan.deterministic {
        return None;
    }
    let samples = standing_for(plan, groups, ours)?;
    let value = measure::measure(plan, &samples, 1, ours, function).value?;
    let of_mean = ours.kind == ClaimKind::Value && ours.of.stat == Stat::Mean;
    let points = measure::points(plan, &ours.of.at);
    let error = match points[..] {
        _ if plan.deterministic => Some(0.0),
        // Beyond so many trials the error of a claim is that of blocks, and not that of the summary.
        [point] if of_mean && plan.trials <= 200 => {
            let again = plan.repetition(point, plan.trials).sqrt();
            summary_of(plan, groups, ours, point)?.standard_error.map(|error| error * again)
        }
        _ => None,
    };
    Some((value, error))
}

fn summary_of<'a>(
    plan: &Plan,
    groups: &'a [GroupSummary],
    ours: &Ours,
    point: usize,
) -> Option<&'a noctule_num::stats::Summary> {
    let metric = plan.metrics.iter().position(|name| *name == ours.of.metric)?;
    let scheme = plan.schemes.iter().position(|known| known.id == ours.of.scheme)?;
    groups.get(scheme * plan.grid_len() + point)?.metrics.get(metric)?.as_ref()
}

/// One sample at every point that a claim looks at: the statistic that it asks for. Where two of them are
/// compared, trials must not be missing on either side, or pairs would be others than means.
fn standing_for(plan: &Plan, groups: &[GroupSummary], ours: &Ours) -> Option<Samples> {
    let stat = ours.of.stat;
    let other = ours.versus.as_ref().is_some_and(|versus| versus.stat != stat);
    if other || matches!(stat, Stat::Rms | Stat::RootMean) {
        return None;
    }
    let paired = matches!(ours.kind, ClaimKind::Difference | ClaimKind::Ratio | ClaimKind::Percent);
    let mut samples = BTreeMap::new();
    for key @ (metric, scheme, point) in measure::needed(plan, ours) {
        let group = groups.get(scheme * plan.grid_len() + point)?;
        let Some(summary) = group.metrics.get(metric).and_then(Option::as_ref) else { continue };
        let of = group.designed + group.infeasible + group.unsound + group.failed + group.not_run;
        if paired && summary.count < of {
            return None;
        }
        samples.insert(key, vec![(0, stat.of(summary)?)]);
    }
    Some(Samples::of(samples))
}
