//! The report of a run, as plain data.

use std::collections::BTreeSet;

use super::format::{short, tiny, with_error};
use crate::claim::{Judged, Verdict};
use crate::experiment::plain;
use crate::figure::Figure;
use crate::fold::{Folded, GroupSummary};
use crate::plan::Plan;
use crate::presentation::Presentation;
use crate::report::{Align, ClaimRow, ProvenRow, ReportData, Table, Verdict as Shown};
use crate::run::Store;

/// Most rows of a table; the rest is in `summary.csv`.
const MAX_ROWS: usize = 80;

/// What the report says.
pub fn report(
    store: &Store,
    presentation: &Presentation,
    folded: &Folded,
    claims: &[Judged],
    figures: &[Figure],
) -> ReportData {
    let plan = store.plan();
    ReportData {
        title: presentation.title.clone(),
        experiment_text: presentation.source.clone(),
        figures: figures.iter().map(|figure| (figure.title.clone(), figure.svg())).collect(),
        tables: tables(plan, presentation, folded),
        claims: claims.iter().map(claim_row).collect(),
        proven: (0..plan.schemes.len())
            .map(|scheme| proven(plan, presentation, folded, scheme))
            .collect(),
        provenance: provenance(store, presentation, folded),
        rerun: rerun(presentation),
    }
}

fn rerun(presentation: &Presentation) -> Vec<String> {
    let changes = &presentation.changes;
    let space = if changes.is_empty() { "" } else { " " };
    vec![format!("noctule run {}{space}{changes}", presentation.experiment)]
}

fn provenance(
    store: &Store,
    presentation: &Presentation,
    folded: &Folded,
) -> Vec<(String, String)> {
    let plan = store.plan();
    let cpus: Vec<&str> = folded.cpus.iter().map(String::as_str).collect();
    let trials = if plan.deterministic {
        "none: deterministic".to_owned()
    } else {
        folded.trials.to_string()
    };
    let facts = [
        ("experiment", presentation.experiment.clone()),
        ("system", plan.system.clone()),
        ("plan", store.hash().to_owned()),
        ("seed", plan.seed.to_string()),
        ("trials", trials),
        ("version", plan.version.clone()),
        ("build", folded.build.clone()),
        ("processor class", cpus.join(", ")),
        ("records.csv", folded.digests.get("records.csv").cloned().unwrap_or_default()),
    ];
    facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The metrics that figures or claims speak of, by index; all, if they speak of none.
pub fn shown_metrics(plan: &Plan, presentation: &Presentation) -> Vec<usize> {
    let figures =
        presentation.figures.iter().flat_map(|figure| [&figure.x, &figure.y, &figure.value]);
    let claims = presentation.claims.iter().map(|claim| &claim.ours.of.metric);
    let spoken: BTreeSet<&String> = figures.chain(claims).collect();
    let named: Vec<usize> =
        (0..plan.metrics.len()).filter(|k| spoken.contains(&plan.metrics[*k])).collect();
    if named.is_empty() { (0..plan.metrics.len()).collect() } else { named }
}

fn tables(plan: &Plan, presentation: &Presentation, folded: &Folded) -> Vec<Table> {
    let table = |metric: usize| {
        let words = &presentation.metrics[metric];
        let mut headers = vec!["Scheme".to_owned()];
        headers
            .extend(presentation.sweeps.iter().map(|sweep| with_unit(&sweep.label, &sweep.unit)));
        headers.extend(
            ["Mean ± s.e.", "Median", "5 % to 95 %", "Designed", "Infeasible", "Failed", "Not run"]
                .map(String::from),
        );
        let mut align = vec![Align::Left];
        align.resize(headers.len(), Align::Right);
        let rest = folded.groups.len().saturating_sub(MAX_ROWS);
        let caption = with_unit(&words.label, &words.unit);
        Table {
            caption: if rest > 0 {
                format!("{caption}; {rest} more rows in summary.csv")
            } else {
                caption
            },
            headers,
            rows: folded
                .groups
                .iter()
                .take(MAX_ROWS)
                .map(|group| row(plan, presentation, group, metric))
                .collect(),
            align,
        }
    };
    shown_metrics(plan, presentation).into_iter().map(table).collect()
}

fn row(
    plan: &Plan,
    presentation: &Presentation,
    group: &GroupSummary,
    metric: usize,
) -> Vec<String> {
    let mut row = vec![presentation.schemes[group.scheme].clone()];
    let values = plan.grid_values(group.point);
    row.extend(values.into_iter().map(|value| value.as_f64().map_or_else(|| plain(value), short)));
    match &group.metrics[metric] {
        Some(summary) => row.extend([
            with_error(summary.mean, summary.standard_error),
            short(summary.median),
            format!("{} to {}", short(summary.q05), short(summary.q95)),
        ]),
        None => row.extend([String::new(), String::new(), String::new()]),
    }
    row.extend(
        [group.designed, group.infeasible, group.failed, group.not_run]
            .map(|count| count.to_string()),
    );
    row
}

/// `label (unit)`, without empty parentheses.
pub fn with_unit(label: &str, unit: &str) -> String {
    if unit.is_empty() { label.to_owned() } else { format!("{label} ({unit})") }
}

fn claim_row(claim: &Judged) -> ClaimRow {
    let unit =
        if claim.spec.unit.is_empty() { String::new() } else { format!(" {}", claim.spec.unit) };
    ClaimRow {
        text: claim.spec.text.clone(),
        paper: format!("{}{unit}", short(claim.spec.paper)),
        ours: claim.ours.map_or(String::new(), |ours| {
            format!("{}{unit}", with_error(ours, claim.standard_error))
        }),
        tolerance: format!("{}{unit}", short(claim.spec.tol)),
        verdict: shown(claim.verdict),
        expected: shown(claim.expected()),
        note: claim.note.clone(),
        erratum: claim
            .spec
            .erratum
            .as_ref()
            .map(|anchor| (anchor.clone(), format!("docs/errata.md#{anchor}"))),
    }
}

const fn shown(verdict: Verdict) -> Shown {
    match verdict {
        Verdict::Agrees => Shown::Agrees,
        Verdict::TrendOnly => Shown::TrendOnly,
        Verdict::Disagrees => Shown::Disagrees,
        Verdict::Inconclusive => Shown::Inconclusive,
        Verdict::NotRun => Shown::NotRun,
    }
}

fn proven(plan: &Plan, presentation: &Presentation, folded: &Folded, scheme: usize) -> ProvenRow {
    let points = plan.grid_len();
    let groups = &folded.groups[scheme * points..(scheme + 1) * points];
    let sum = |get: fn(&GroupSummary) -> u64| groups.iter().map(get).sum::<u64>();
    let worst =
        |get: fn(&GroupSummary) -> Option<f64>| groups.iter().filter_map(get).reduce(f64::max);
    let designed = sum(|group| group.designed);
    let stationary = sum(|group| group.stationary);
    let methods: BTreeSet<&str> =
        groups.iter().flat_map(|group| group.bounded.keys()).map(String::as_str).collect();
    let bounded = groups.iter().flat_map(|group| group.bounded.values()).sum::<u64>();
    let mut point = Vec::new();
    if stationary > 0 {
        point.push(if stationary == designed {
            "stationary".into()
        } else {
            format!("stationary in {stationary}")
        });
    }
    if bounded > 0 {
        point.push(if bounded == designed {
            "bounded".into()
        } else {
            format!("bounded in {bounded}")
        });
    }
    ProvenRow {
        scheme: presentation.schemes[scheme].clone(),
        point: if point.is_empty() { "nothing".into() } else { point.join(", ") },
        method: methods.into_iter().collect::<Vec<_>>().join(", "),
        worst_residual: tiny(worst(|group| group.worst_residual)),
        worst_gap: tiny(worst(|group| group.worst_gap_rel)),
        designs: designed as usize,
        infeasible: sum(|group| group.infeasible) as usize,
        failed: sum(|group| group.failed) as usize,
        not_run: sum(|group| group.not_run) as usize,
    }
}
