//! The page itself: its sections in the order in which a reader asks — what came out, what it looks
//! like, what is proven, and how to get it again.
//!
//! The markup is well-formed XML as well as HTML, so that a test can read it back.

use super::inline::inline_svg;
use super::{Align, ClaimRow, ProvenRow, ReportData, Table, Verdict};
use noctule_figure::escape;

/// Colours, type and behaviour on paper and on phones; no fonts but those of the reader.
const STYLE: &str = include_str!("style.css");

/// The whole page.
pub(super) fn write(report: &ReportData) -> String {
    let title = escape(&report.title);
    let sections = [
        section("claims", "Claims", &claims(&report.claims)),
        section("figures", "Figures", &figures(&report.figures)),
        section("tables", "Tables", &report.tables.iter().map(table).collect::<String>()),
        section("proven", "What is proven", &proven(&report.proven)),
        section("rerun", "How to run it again", &commands(&report.rerun)),
        section("provenance", "Provenance", &provenance(&report.provenance)),
        section("experiment", "Experiment file", &listing(&report.experiment_text)),
    ];
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\" />\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\" />\n\
         <meta name=\"color-scheme\" content=\"light dark\" />\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
         <header>\n<h1>{title}</h1>\n{}{}</header>\n<main>\n{}</main>\n</body>\n</html>\n",
        summary(&report.claims),
        prose(&report.text),
        sections.concat()
    )
}

/// Paragraphs of plain text.
fn prose(text: &str) -> String {
    let paragraphs = text.split("\n\n").map(str::trim).filter(|text| !text.is_empty());
    paragraphs.map(|text| format!("<p class=\"prose\">{}</p>\n", escape(text))).collect()
}

/// A section with its heading, or nothing if there is nothing in it.
fn section(id: &str, heading: &str, content: &str) -> String {
    if content.is_empty() {
        return String::new();
    }
    format!(
        "<section aria-labelledby=\"{id}\">\n<h2 id=\"{id}\">{heading}</h2>\n{content}</section>\n"
    )
}

impl Verdict {
    /// The verdict in words.
    pub fn words(self) -> &'static str {
        match self {
            Verdict::Agrees => "agrees",
            Verdict::TrendOnly => "trend only",
            Verdict::Disagrees => "disagrees",
            Verdict::Inconclusive => "inconclusive",
            Verdict::NotRun => "not run",
        }
    }

    /// The same behind a number of claims.
    fn words_of(self, count: usize) -> &'static str {
        match self {
            Verdict::Agrees if count != 1 => "agree",
            Verdict::Disagrees if count != 1 => "disagree",
            verdict => verdict.words(),
        }
    }

    /// A sign that is told apart without colour.
    fn sign(self) -> &'static str {
        match self {
            Verdict::Agrees => "✓",
            Verdict::TrendOnly => "≈",
            Verdict::Disagrees => "✗",
            Verdict::Inconclusive => "?",
            Verdict::NotRun => "–",
        }
    }

    /// The class its colour hangs on.
    fn class(self) -> &'static str {
        match self {
            Verdict::Agrees => "good",
            Verdict::TrendOnly => "partly",
            Verdict::Disagrees => "bad",
            Verdict::Inconclusive | Verdict::NotRun => "open",
        }
    }

    /// Whether a comparison came to a result at all.
    fn is_decided(self) -> bool {
        !matches!(self, Verdict::Inconclusive | Verdict::NotRun)
    }
}

impl ClaimRow {
    /// Whether the comparison came to a result, and to another than the author expects.
    pub fn is_unexpected(&self) -> bool {
        self.verdict.is_decided() && self.verdict != self.expected
    }
}

/// One line on how the claims came out.
fn summary(claims: &[ClaimRow]) -> String {
    if claims.is_empty() {
        return String::new();
    }
    let all = [
        Verdict::Agrees,
        Verdict::TrendOnly,
        Verdict::Disagrees,
        Verdict::Inconclusive,
        Verdict::NotRun,
    ];
    let counted = all.into_iter().filter_map(|verdict| {
        let count = claims.iter().filter(|claim| claim.verdict == verdict).count();
        (count > 0).then(|| format!("{count} {}", verdict.words_of(count)))
    });
    let counts: Vec<String> = counted.collect();
    let noun = if claims.len() == 1 { "claim" } else { "claims" };
    let ours = match claims.iter().filter(|claim| claim.is_ours).count() {
        0 => String::new(),
        n if n == claims.len() => " of ours".to_owned(),
        n => format!(" ({n} of ours)"),
    };
    let unexpected = match claims.iter().filter(|claim| claim.is_unexpected()).count() {
        0 => String::new(),
        n => format!(" <strong>{n} unexpected.</strong>"),
    };
    format!(
        "<p class=\"summary\">{} {noun}{ours}: {}.{unexpected}</p>\n",
        claims.len(),
        counts.join(", ")
    )
}

/// What others say first, then what is ours and no verdict on anybody.
fn claims(claims: &[ClaimRow]) -> String {
    let headers = ["Claim", "Said", "Ours", "Tolerance", "Verdict", "Expected"];
    let table = |ours: bool, caption: &str| {
        let rows: String = claims.iter().filter(|row| row.is_ours == ours).map(claim).collect();
        if rows.is_empty() { rows } else { scrolling(caption, &head(&headers, &[]), &rows) }
    };
    table(false, "What is said of these numbers, and what was found")
        + &table(true, "Claims of ours: no verdict on anybody else")
}

fn claim(claim: &ClaimRow) -> String {
    let class = claim.verdict.class();
    let (sign, words) = (claim.verdict.sign(), claim.verdict.words());
    let unexpected = if claim.is_unexpected() { "<br /><strong>unexpected</strong>" } else { "" };
    let note = if claim.note.is_empty() {
        String::new()
    } else {
        format!("<div class=\"note\">{}</div>", escape(&claim.note))
    };
    let erratum = claim.erratum.as_ref().map_or_else(String::new, |(words, target)| {
        format!("<div class=\"note\">Erratum: {}</div>", link(words, target))
    });
    format!(
        "<tr class=\"{class}\"><th scope=\"row\">{}{note}{erratum}</th>\
         <td class=\"number\">{}</td><td class=\"number\">{}</td><td class=\"number\">{}</td>\
         <td class=\"verdict\"><span aria-hidden=\"true\">{sign}</span> {words}{unexpected}</td><td>{}</td></tr>\n",
        escape(&claim.text),
        escape(&claim.paper),
        escape(&claim.ours),
        escape(&claim.tolerance),
        claim.expected.words()
    )
}

/// A link; plain words, if its target is neither on the web nor a path (a report must not run what
/// somebody wrote into an experiment file).
fn link(words: &str, target: &str) -> String {
    let scheme = target.split(['/', '#', '?']).next().filter(|first| first.contains(':'));
    let safe = scheme.is_none_or(|scheme| scheme == "https:" || scheme == "http:");
    if !safe || target.is_empty() {
        return escape(words);
    }
    format!("<a href=\"{}\">{}</a>", escape(target), escape(words))
}

fn figures(figures: &[(String, String)]) -> String {
    let one = |(k, (caption, svg)): (usize, &(String, String))| {
        let number = k + 1;
        format!(
            "<figure>\n<div class=\"plot\">\n{}</div>\n<figcaption><b>Figure {number}.</b> {}</figcaption>\n</figure>\n",
            inline_svg(svg, &format!("figure-{number}-")),
            escape(caption)
        )
    };
    figures.iter().enumerate().map(one).collect()
}

/// The class that sets a cell.
fn align_class(align: &[Align], column: usize) -> &'static str {
    match align.get(column).copied().unwrap_or_default() {
        Align::Left => "",
        Align::Right => " class=\"right\"",
        Align::Center => " class=\"center\"",
    }
}

fn head(headers: &[&str], align: &[Align]) -> String {
    let cell = |(column, words): (usize, &&str)| {
        format!("<th scope=\"col\"{}>{}</th>", align_class(align, column), escape(words))
    };
    headers.iter().enumerate().map(cell).collect()
}

fn table(table: &Table) -> String {
    let columns = table.rows.iter().map(Vec::len).max().unwrap_or(0).max(table.headers.len());
    let mut headers: Vec<&str> = table.headers.iter().map(String::as_str).collect();
    headers.resize(columns, "");
    let row = |row: &Vec<String>| {
        let cell = |column: usize| {
            let words = row.get(column).map_or("", String::as_str);
            format!("<td{}>{}</td>", align_class(&table.align, column), escape(words))
        };
        format!("<tr>{}</tr>\n", (0..columns).map(cell).collect::<String>())
    };
    let rows: String = table.rows.iter().map(row).collect();
    scrolling(&table.caption, &head(&headers, &table.align), &rows)
}

/// A table that scrolls sideways by itself where the page is narrower; the keyboard reaches it.
fn scrolling(caption: &str, head: &str, rows: &str) -> String {
    let caption = escape(caption);
    format!(
        "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"{caption}\">\n<table>\n\
         <caption>{caption}</caption>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n</div>\n"
    )
}

fn proven(rows: &[ProvenRow]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let any = |count: fn(&ProvenRow) -> usize| rows.iter().any(|row| count(row) > 0);
    let or_dash = |text: &str| if text.is_empty() { "–".to_owned() } else { text.to_owned() };
    type Column = (&'static str, Align, bool, fn(&ProvenRow) -> String);
    let columns: [Column; 10] = [
        ("Scheme", Align::Left, true, |row| row.scheme.clone()),
        ("Designs", Align::Right, true, |row| row.designs.to_string()),
        ("Kind of point", Align::Left, true, |row| row.point.clone()),
        ("Worst residual", Align::Right, true, |row| row.worst_residual.clone()),
        ("Worst gap", Align::Right, true, |row| row.worst_gap.clone()),
        ("Infeasible", Align::Right, any(|row| row.infeasible), |row| row.infeasible.to_string()),
        ("Unsound", Align::Right, any(|row| row.unsound), |row| row.unsound.to_string()),
        ("Failed", Align::Right, any(|row| row.failed), |row| row.failed.to_string()),
        ("Not run", Align::Right, any(|row| row.not_run), |row| row.not_run.to_string()),
        ("Method", Align::Left, true, |row| row.method.clone()),
    ];
    let columns: Vec<Column> = columns.into_iter().filter(|(_, _, shown, _)| *shown).collect();
    let row = |row: &ProvenRow| columns.iter().map(|(.., get)| or_dash(&get(row))).collect();
    table(&Table {
        caption: "For every scheme, the worst over all its designs".into(),
        headers: columns.iter().map(|(name, ..)| (*name).to_owned()).collect(),
        rows: rows.iter().map(row).collect(),
        align: columns.iter().map(|(_, align, ..)| *align).collect(),
    })
}

fn commands(commands: &[String]) -> String {
    if commands.is_empty() { String::new() } else { listing(&commands.join("\n")) }
}

fn listing(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    format!("<pre tabindex=\"0\"><code>{}</code></pre>\n", escape(text))
}

fn provenance(pairs: &[(String, String)]) -> String {
    if pairs.is_empty() {
        return String::new();
    }
    let one = |(name, value): &(String, String)| {
        format!("<dt>{}</dt><dd>{}</dd>\n", escape(name), escape(value))
    };
    format!("<dl>\n{}</dl>\n", pairs.iter().map(one).collect::<String>())
}
