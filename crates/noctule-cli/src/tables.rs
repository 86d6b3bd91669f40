//! Tables for people, in plain text.

use comfy_table::{CellAlignment, LineStyle, Table, TableStyle};
use noctule_lab::claim::Judged;
use noctule_lab::fold::{Folded, GroupSummary};
use noctule_lab::plan::Plan;
use noctule_lab::present::format::{short, tiny, with_error};
use noctule_lab::present::{shown_metrics, with_unit};
use noctule_lab::presentation::Presentation;

/// Most metrics side by side.
const MAX_METRICS: usize = 3;
/// Most rows on a screen; the rest is in `summary.csv`.
const MAX_ROWS: usize = 60;

/// A table with its first `text` columns set left and the others right.
pub(crate) fn plain(headers: Vec<String>, rows: Vec<Vec<String>>, text: usize) -> String {
    let mut table = Table::new();
    // A line below the header and none between the rows.
    table.load_style(TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─')));
    table.set_header(headers.iter().map(|header| wrap(header)));
    for row in rows {
        table.add_row(row);
    }
    for (index, column) in table.column_iter_mut().enumerate() {
        if index >= text {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.trim_fmt()
}

/// Break a long header into lines of about twenty characters.
fn wrap(text: &str) -> String {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let full = lines.last().is_some_and(|line| {
            !line.is_empty() && line.chars().count() + word.chars().count() >= 20
        });
        if full {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines.join("\n")
}

/// The groups to show: a scheme that no sweep touches has one row instead of many equal ones.
/// The flag says that the row stands for all points.
fn shown_groups<'a>(
    plan: &Plan,
    folded: &'a Folded,
    metrics: &[usize],
) -> Vec<(&'a GroupSummary, bool)> {
    let points = plan.grid_len();
    let mut shown = Vec::new();
    for groups in folded.groups.chunks(points) {
        let key = |g: &GroupSummary| {
            let shown: Vec<_> = metrics.iter().map(|metric| g.metrics[*metric]).collect();
            let counts = [g.designed, g.infeasible, g.failed, g.not_run];
            (counts, tiny(g.worst_residual), tiny(g.worst_gap_rel), shown)
        };
        let equal = points > 1 && groups.windows(2).all(|pair| key(&pair[0]) == key(&pair[1]));
        let kept = if equal { &groups[..1] } else { groups };
        shown.extend(kept.iter().map(|group| (group, equal)));
    }
    shown
}

/// A column that is shown only where it says something.
type Column = (&'static str, bool, fn(&GroupSummary) -> String);

/// One line for each scheme and point.
pub(crate) fn summary(plan: &Plan, presentation: &Presentation, folded: &Folded) -> String {
    let mut metrics = shown_metrics(plan, presentation);
    metrics.truncate(MAX_METRICS);
    let any = |get: fn(&GroupSummary) -> bool| folded.groups.iter().any(get);
    let mut headers = vec!["Scheme".to_owned()];
    headers.extend(presentation.sweeps.iter().map(|words| with_unit(&words.label, &words.unit)));
    for metric in &metrics {
        let words = &presentation.metrics[*metric];
        headers.push(with_unit(&words.label, &words.unit));
        headers.push("median".to_owned());
    }
    let optional: [Column; 7] = [
        ("residual", any(|g| g.worst_residual.is_some()), |g| tiny(g.worst_residual)),
        ("gap", any(|g| g.worst_gap_rel.is_some()), |g| tiny(g.worst_gap_rel)),
        ("violation", any(|g| g.worst_violation.is_some_and(|v| v > 0.0)), |g| {
            tiny(g.worst_violation)
        }),
        ("designed", true, |g| g.designed.to_string()),
        ("infeasible", any(|g| g.infeasible > 0), |g| g.infeasible.to_string()),
        ("failed", any(|g| g.failed > 0), |g| g.failed.to_string()),
        ("not run", any(|g| g.not_run > 0), |g| g.not_run.to_string()),
    ];
    let columns: Vec<_> = optional.into_iter().filter(|(_, shown, _)| *shown).collect();
    headers.extend(columns.iter().map(|(name, _, _)| (*name).to_owned()));
    let row = |(group, all): &(&GroupSummary, bool)| {
        let mut row = vec![presentation.schemes[group.scheme].clone()];
        let values = plan.grid_values(group.point);
        let text = |value: &serde_json::Value| value.as_f64().map_or_else(|| word(value), short);
        row.extend(
            values.into_iter().map(|value| if *all { "any".to_owned() } else { text(value) }),
        );
        for metric in &metrics {
            let summary = group.metrics[*metric];
            row.push(summary.map_or_else(String::new, |s| with_error(s.mean, s.standard_error)));
            row.push(summary.map_or_else(String::new, |s| short(s.median)));
        }
        row.extend(columns.iter().map(|(_, _, get)| get(group)));
        row
    };
    let groups = shown_groups(plan, folded, &metrics);
    let rows = groups.iter().take(MAX_ROWS).map(row).collect();
    let mut text = plain(headers, rows, 1);
    if groups.len() > MAX_ROWS {
        text.push_str(&format!("\n… and {} more rows in summary.csv", groups.len() - MAX_ROWS));
    }
    text
}

fn word(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The paper's claims beside ours.
pub(crate) fn claims(claims: &[Judged]) -> String {
    let headers =
        ["Claim", "Paper", "Ours ± s.e.", "Tolerance", "Verdict", "Expected"].map(str::to_owned);
    let row = |claim: &Judged| {
        let unit = |text: String| {
            if claim.spec.unit.is_empty() { text } else { format!("{text} {}", claim.spec.unit) }
        };
        vec![
            claim.spec.text.clone(),
            unit(short(claim.spec.paper)),
            claim
                .ours
                .map_or_else(|| claim.note.clone(), |ours| with_error(ours, claim.standard_error)),
            short(claim.spec.tol),
            format!("{}{}", claim.verdict.as_str(), if claim.contradicts() { " (!)" } else { "" }),
            claim.expected().as_str().to_owned(),
        ]
    };
    plain(headers.to_vec(), claims.iter().map(row).collect(), 1)
}
