//! Tables for people, in plain text.

use comfy_table::{CellAlignment, LineStyle, Table, TableStyle};
use noctule_lab::claim::{Judged, said};
use noctule_lab::fold::{Folded, GroupSummary};
use noctule_lab::plan::Plan;
use noctule_lab::present::format::{short, tiny, with_error};
use noctule_lab::present::{point_cells, shown_groups, shown_metrics, with_unit};
use noctule_lab::presentation::Presentation;

/// Most metrics side by side.
const MAX_METRICS: usize = 3;
/// Width of the text of a claim, where there is room.
const CLAIM_WIDTH: usize = 36;
/// Most rows on a screen; the rest is in `summary.csv`.
const MAX_ROWS: usize = 60;

/// How wide headers and texts may be, from the first choice to the narrowest.
const WIDTHS: [(usize, usize); 7] =
    [(14, 60), (10, 48), (8, 36), (6, 36), (6, 28), (5, 22), (4, 16)];

/// Narrower headers than this ask for narrow gaps between columns too.
const ROOMY: usize = 8;

/// A table with its first `text` columns set left and the others right. Headers and texts break
/// into as many lines as it takes to fit in `width`; numbers are never broken.
pub(crate) fn fitted(
    headers: &[String],
    rows: &[Vec<String>],
    text: usize,
    width: Option<usize>,
) -> String {
    let mut made = String::new();
    for (header, words) in WIDTHS {
        made = set(headers, rows, text, header, words);
        if width.is_none_or(|width| made.lines().all(|line| line.chars().count() <= width)) {
            break;
        }
    }
    made
}

/// A table that takes the room it needs.
pub(crate) fn plain(headers: Vec<String>, rows: Vec<Vec<String>>, text: usize) -> String {
    set(&headers, &rows, text, 14, usize::MAX)
}

fn set(
    headers: &[String],
    rows: &[Vec<String>],
    text: usize,
    header_width: usize,
    words: usize,
) -> String {
    let mut table = Table::new();
    // A line below the header and none between the rows.
    table.load_style(TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─')));
    table.set_header(headers.iter().map(|header| wrap(header, header_width)));
    for row in rows {
        let cell = |(index, cell): (usize, &String)| match index < text {
            true => wrap(cell, words),
            false => cell.clone(),
        };
        table.add_row(row.iter().enumerate().map(cell));
    }
    for (index, column) in table.column_iter_mut().enumerate() {
        if index >= text {
            column.set_cell_alignment(CellAlignment::Right);
        }
        if header_width < ROOMY {
            column.set_padding((0, 1));
        }
    }
    table.trim_fmt()
}

/// Break a long text into lines of about `width` characters.
pub(crate) fn wrap(text: &str, width: usize) -> String {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let full = lines.last().is_some_and(|line| {
            !line.is_empty() && line.chars().count() + word.chars().count() >= width
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

/// The same with every line but the first behind `indent` blanks.
pub(crate) fn hanging(text: &str, width: usize, indent: usize) -> String {
    let room = width.saturating_sub(indent).max(24);
    wrap(text, room).replace('\n', &format!("\n{}", " ".repeat(indent)))
}

/// A column of the summary: its header, how soon it gives way where there is no room (the
/// largest first, zero never), and its cells.
struct Column<'a> {
    header: String,
    yields: u8,
    cell: Box<dyn Fn(&GroupSummary) -> String + 'a>,
}

fn columns<'a>(
    presentation: &'a Presentation,
    folded: &Folded,
    metrics: &[usize],
) -> Vec<Column<'a>> {
    let any = |get: fn(&GroupSummary) -> bool| folded.groups.iter().any(get);
    let mut columns: Vec<Column<'a>> = Vec::new();
    for (k, &metric) in metrics.iter().enumerate() {
        let words = &presentation.metrics[metric];
        columns.push(Column {
            header: with_unit(&words.label, &words.unit),
            yields: k as u8,
            cell: Box::new(move |g| {
                g.metrics[metric].map_or_else(String::new, |s| with_error(s.mean, s.standard_error))
            }),
        });
        if folded.trials <= 1 {
            continue; // one value is its own median
        }
        columns.push(Column {
            header: "median".to_owned(),
            yields: 9,
            cell: Box::new(move |g| {
                g.metrics[metric].map_or_else(String::new, |s| short(s.median))
            }),
        });
    }
    type Optional = (&'static str, u8, bool, fn(&GroupSummary) -> String);
    let optional: [Optional; 8] = [
        ("residual", 7, any(|g| g.worst_residual.is_some()), |g| tiny(g.worst_residual)),
        ("gap", 6, any(|g| g.worst_gap_rel.is_some()), |g| tiny(g.worst_gap_rel)),
        ("violation", 8, any(|g| g.worst_violation.is_some_and(|v| v > 0.0)), |g| {
            tiny(g.worst_violation)
        }),
        ("designed", 5, true, |g| g.designed.to_string()),
        ("infeasible", 0, any(|g| g.infeasible > 0), |g| g.infeasible.to_string()),
        ("unsound", 0, any(|g| g.unsound > 0), |g| g.unsound.to_string()),
        ("failed", 0, any(|g| g.failed > 0), |g| g.failed.to_string()),
        ("not run", 0, any(|g| g.not_run > 0), |g| g.not_run.to_string()),
    ];
    let shown = optional.into_iter().filter(|(_, _, shown, _)| *shown);
    columns.extend(shown.map(|(name, yields, _, cell)| Column {
        header: name.to_owned(),
        yields,
        cell: Box::new(cell),
    }));
    columns
}

/// One line for each scheme and point. Where the terminal is too narrow, columns are left out and
/// named below the table.
pub(crate) fn summary(
    plan: &Plan,
    presentation: &Presentation,
    folded: &Folded,
    width: Option<usize>,
) -> String {
    let mut metrics = shown_metrics(plan, presentation);
    metrics.truncate(MAX_METRICS);
    let groups = shown_groups(plan, folded, &metrics);
    let mut columns = columns(presentation, folded, &metrics);
    let mut left_out = Vec::new();
    let mut text = loop {
        let mut headers = vec!["Scheme".to_owned()];
        let sweeps = presentation.sweeps.iter();
        headers.extend(sweeps.map(|words| with_unit(&words.label, &words.unit)));
        headers.extend(columns.iter().map(|column| column.header.clone()));
        let row = |(group, all): &(&GroupSummary, bool)| {
            let mut row = vec![presentation.schemes[group.scheme].clone()];
            row.extend(point_cells(plan, group, *all));
            row.extend(columns.iter().map(|column| (column.cell)(group)));
            row
        };
        let text = plain(headers, groups.iter().take(MAX_ROWS).map(row).collect(), 1);
        let fits = width.is_none_or(|width| text.lines().all(|line| line.chars().count() <= width));
        let next = columns.iter().map(|column| column.yields).max().filter(|yields| *yields > 0);
        let Some(yields) = next.filter(|_| !fits) else { break text };
        for column in columns.extract_if(.., |column| column.yields == yields) {
            if !left_out.contains(&column.header) {
                left_out.push(column.header);
            }
        }
    };
    if groups.len() > MAX_ROWS {
        text.push_str(&format!("\n… and {} more rows in summary.csv", groups.len() - MAX_ROWS));
    }
    if !left_out.is_empty() {
        text.push_str(&format!("\nnot shown at this width: {}", left_out.join(", ")));
    }
    text
}

/// The width of prose and of single tables: that of the terminal, or 80.
pub(crate) fn prose_width() -> usize {
    width().unwrap_or(80).max(40)
}

/// Names and values below each other, values broken into lines behind the widest name.
pub(crate) fn facts(facts: &[(String, String)], width: usize) -> String {
    let names = facts.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    let room = width.saturating_sub(names + 4).max(24);
    let mut text = String::new();
    for (name, value) in facts {
        for (index, line) in wrap(value, room).lines().enumerate() {
            let name = if index == 0 { name.as_str() } else { "" };
            text.push_str(&format!("  {name:<names$}  {line}\n"));
        }
    }
    text
}

/// How many characters fit in a line: of the terminal that stdout is, or what `COLUMNS` says.
/// Nothing is left out of what goes to a file or another program.
pub(crate) fn width() -> Option<usize> {
    let said = std::env::var("COLUMNS").ok().and_then(|text| text.parse().ok());
    let found = || terminal_size::terminal_size_of(std::io::stdout());
    said.or_else(|| found().map(|(width, _)| usize::from(width.0))).filter(|width| *width > 0)
}

/// The paper's claims beside ours.
pub(crate) fn claims(claims: &[Judged], width: Option<usize>) -> String {
    let full = claims_wrapped(claims, CLAIM_WIDTH, None);
    let longest = full.lines().map(|line| line.chars().count()).max().unwrap_or(0);
    match width {
        Some(width) if longest > width => {
            let words = CLAIM_WIDTH.saturating_sub(longest - width).max(16);
            claims_wrapped(claims, words, Some(width))
        }
        _ => full,
    }
}

fn claims_wrapped(claims: &[Judged], words: usize, width: Option<usize>) -> String {
    let headers =
        ["Claim", "Paper", "Ours ± s.e.", "Tolerance", "Verdict", "Expected"].map(str::to_owned);
    let row = |claim: &Judged| {
        let (paper, tolerance) = said(&claim.spec);
        vec![
            wrap(&claim.spec.text, words),
            paper,
            claim
                .ours
                .map_or_else(|| claim.note.clone(), |ours| with_error(ours, claim.standard_error)),
            tolerance,
            format!("{}{}", claim.verdict.as_str(), if claim.contradicts() { " (!)" } else { "" }),
            claim.expected().as_str().to_owned(),
        ]
    };
    let rows: Vec<Vec<String>> = claims.iter().map(row).collect();
    match width {
        Some(_) => fitted(&headers, &rows, 1, width),
        None => plain(headers.to_vec(), rows, 1),
    }
}
