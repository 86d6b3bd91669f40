//! The report of a run, as plain data.

use std::collections::BTreeSet;

use super::format::{short, tiny, with_error};
use crate::claim::{Judged, Verdict, said};
use crate::experiment::worded;
use crate::fold::{Folded, GroupSummary};
use crate::plan::Plan;
use crate::presentation::Presentation;
use crate::report::{Align, ClaimRow, ProvenRow, ReportData, Table, Verdict as Shown};
use crate::run::Store;
use noctule_figure::Figure;

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
        text: text(presentation),
        experiment_text: presentation.source.clone(),
        figures: figures.iter().map(|figure| (figure.title.clone(), figure.svg())).collect(),
        tables: tables(plan, presentation, folded),
        claims: claims.iter().map(claim_row).collect(),
        proven: (0..plan.schemes.len())
            .map(|scheme| proven(plan, presentation, folded, scheme))
            .collect(),
        provenance: provenance(store, presentation, folded),
        rerun: rerun(presentation, folded),
    }
}

/// What the experiment says, and what its system says of it.
fn text(presentation: &Presentation) -> String {
    let notes = presentation.notes.iter().map(|note| format!("\n\nNote: {note}."));
    presentation.text.clone() + &notes.collect::<String>()
}

fn rerun(presentation: &Presentation, folded: &Folded) -> Vec<String> {
    let Presentation { changes, experiment, .. } = presentation;
    let space = if changes.is_empty() { "" } else { " " };
    if folded.seeds.len() == 1 {
        return vec![format!("noctule run {experiment}{space}{changes}")];
    }
    let folders: Vec<String> = folded.seeds.iter().map(|seed| format!("seed-{seed}")).collect();
    let run = |(seed, out): (&u64, &String)| {
        format!("noctule run {experiment} --seed {seed} --out {out}")
    };
    let mut all: Vec<String> = folded.seeds.iter().zip(&folders).map(run).collect();
    all.push(format!("noctule merge {} --out pooled", folders.join(" ")));
    all
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
        let again = plan.repeated(folded.trials).map(|words| format!("; {words}"));
        format!("{}{}", folded.trials, again.unwrap_or_default())
    };
    let seeds: Vec<String> = folded.seeds.iter().map(u64::to_string).collect();
    let facts = [
        ("experiment", presentation.experiment.clone()),
        ("system", plan.system.clone()),
        ("plan", store.hash().to_owned()),
        ("seed", seeds.join(", ")),
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

/// A group of the summary, and whether it stands for all points: a scheme that no sweep touches
/// has one row instead of many equal ones.
pub fn shown_groups<'a>(
    plan: &Plan,
    folded: &'a Folded,
    metrics: &[usize],
) -> Vec<(&'a GroupSummary, bool)> {
    let points = plan.grid_len();
    let mut shown = Vec::new();
    for groups in folded.groups.chunks(points) {
        let key = |g: &GroupSummary| {
            let shown: Vec<_> = metrics.iter().map(|metric| g.metrics[*metric]).collect();
            let counts = [g.designed, g.infeasible, g.unsound, g.failed, g.not_run];
            (counts, tiny(g.worst_residual), tiny(g.worst_gap_rel), shown)
        };
        let equal = points > 1 && groups.windows(2).all(|pair| key(&pair[0]) == key(&pair[1]));
        let kept = if equal { &groups[..1] } else { groups };
        shown.extend(kept.iter().map(|group| (group, equal)));
    }
    shown
}

/// A count, and its column.
type Count = (&'static str, fn(&GroupSummary) -> u64);

const COUNTS: [Count; 5] = [
    ("Designed", |group| group.designed),
    ("Infeasible", |group| group.infeasible),
    ("Unsound", |group| group.unsound),
    ("Failed", |group| group.failed),
    ("Not run", |group| group.not_run),
];

fn tables(plan: &Plan, presentation: &Presentation, folded: &Folded) -> Vec<Table> {
    // Counts that are zero everywhere take room and say nothing; how many designs there are is
    // always said.
    let counts: Vec<Count> = COUNTS
        .into_iter()
        .filter(|(name, get)| *name == "Designed" || folded.groups.iter().any(|g| get(g) > 0))
        .collect();
    // One value is its own median and has no spread.
    let names: &[&str] = match folded.trials {
        0 | 1 => &["Value"],
        _ => &["Mean ± s.e.", "Median", "5 % to 95 %"],
    };
    let table = |metric: usize| {
        let words = &presentation.metrics[metric];
        let mut headers = vec!["Scheme".to_owned()];
        headers
            .extend(presentation.sweeps.iter().map(|sweep| with_unit(&sweep.label, &sweep.unit)));
        headers.extend(names.iter().map(|name| (*name).to_owned()));
        headers.extend(counts.iter().map(|(name, _)| (*name).to_owned()));
        let mut align = vec![Align::Left];
        align.resize(headers.len(), Align::Right);
        let groups = shown_groups(plan, folded, &[metric]);
        let rest = groups.len().saturating_sub(MAX_ROWS);
        let caption = with_unit(&words.label, &words.unit);
        let row = |(group, all): &(&GroupSummary, bool)| {
            let mut cells = vec![presentation.schemes[group.scheme].clone()];
            cells.extend(point_cells(plan, group, *all));
            cells.extend(statistics(group, metric).into_iter().take(names.len()));
            cells.extend(counts.iter().map(|(_, get)| get(group).to_string()));
            cells
        };
        Table {
            caption: if rest > 0 {
                format!("{caption}; {rest} more rows in summary.csv")
            } else {
                caption
            },
            headers,
            rows: groups.iter().take(MAX_ROWS).map(row).collect(),
            align,
        }
    };
    shown_metrics(plan, presentation).into_iter().map(table).collect()
}

/// The values of the sweeps at a group's point, or that it stands for all of them.
pub fn point_cells(plan: &Plan, group: &GroupSummary, all: bool) -> Vec<String> {
    let text = |value: &serde_json::Value| value.as_f64().map_or_else(|| worded(value), short);
    let values = plan.grid_values(group.point).into_iter();
    values.map(|value| if all { "any".to_owned() } else { text(value) }).collect()
}

fn statistics(group: &GroupSummary, metric: usize) -> [String; 3] {
    let Some(summary) = &group.metrics[metric] else { return Default::default() };
    [
        with_error(summary.mean, summary.standard_error),
        short(summary.median),
        format!("{} to {}", short(summary.q05), short(summary.q95)),
    ]
}

/// `label (unit)`, without empty parentheses.
pub fn with_unit(label: &str, unit: &str) -> String {
    if unit.is_empty() { label.to_owned() } else { format!("{label} ({unit})") }
}

fn claim_row(claim: &Judged) -> ClaimRow {
    let unit =
        if claim.spec.unit.is_empty() { String::new() } else { format!(" {}", claim.spec.unit) };
    let (paper, tolerance) = said(&claim.spec);
    ClaimRow {
        text: claim.spec.text.clone(),
        is_ours: claim.spec.is_ours(),
        paper,
        ours: claim.ours.map_or(String::new(), |ours| {
            format!("{}{unit}", with_error(ours, claim.standard_error))
        }),
        tolerance,
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
        unsound: sum(|group| group.unsound) as usize,
        failed: sum(|group| group.failed) as usize,
        not_run: sum(|group| group.not_run) as usize,
    }
}
