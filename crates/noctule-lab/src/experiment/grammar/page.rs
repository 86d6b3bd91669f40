//! The grammar as a page of documentation.

use super::tables::{EXPERIMENT, SCENARIO_FILE};
use super::{Absent, Key, Kind, Sign, Table};

/// A study that uses every table; the tests run its reader.
pub(super) const EXAMPLE: &str = r#"format = "noctule-experiment/1"
title = "Sum rate against transmit power"
system = "beamforming"
seed = 7
trials = 200

[scenario]
users = 4

[[sweep]]
path = "scenario.power_dbm"
linspace = { start = 0, stop = 30, count = 7 }

[[scheme]]
name = "balanced"
settings = { starts = 3 }

[[scheme]]
name = "rzf"

[precision]
metric = "sum_rate_bps_hz"
standard_error = 0.02

[ci]
trials = 4
points = 2

[[figure]]
id = "rate"
x = "scenario.power_dbm"
y = "sum_rate_bps_hz"
stat = "median"
band = "quartiles"

[[claim]]
text = "Section V: 2 bit/s/Hz more than zero forcing at 20 dBm"
paper = 2.0
unit = "bit/s/Hz"
tol = 0.3
ours = { kind = "difference", metric = "sum_rate_bps_hz", scheme = "balanced", versus = "rzf", at = { "scenario.power_dbm" = 20 } }
"#;

const HEAD: &str = "\
<!-- Generated from crates/noctule-lab/src/experiment/grammar. Do not edit. -->

# Experiment files

The reference of the format `noctule-experiment/1`: every table and key of the TOML files that
`noctule run` takes. For a walk through a study see [first-study.md](first-study.md).

This page is written from the same description that the reader checks files against. After a
change of that description, `cargo xtask generate` writes it again.
`noctule schema experiment` prints the same grammar as a JSON schema, for editors and other programs;
`noctule schema beamforming` prints what a system adds: scenario, schemes with their settings,
metrics. `noctule check mine.toml` says whether a file is accepted, without running it.

Reading is strict. An unknown key, a value of another kind, a sweep of something that does not
exist: everything is refused with file, line and column, what was found, what is allowed, and
the nearest thing that was probably meant.
";

const TAIL: &str = "\
## Limits

A file has at most 4 MiB, 8 sweeps and 100 schemes; schemes times points are at most 100 000,
trials at most 10⁹. Names of schemes, figures and claims are unique without regard to case, because
they become file names.

What decides the numbers (system, seed, trials, scenario, sweeps, schemes, precision, keep) makes the plan,
whose SHA-256 names the run. Titles, labels, figures and claims do not: they can be changed
after a run, and `noctule run` then only draws anew.
";

/// The page `docs/experiment-files.md`.
pub fn page() -> String {
    let mut page = format!("{HEAD}\n## A study with every table\n\n```toml\n{EXAMPLE}```\n");
    section(&EXPERIMENT, "Top of the file", "##", &mut page);
    page.push('\n');
    page.push_str(TAIL);
    page.push_str(
        "\n# Scenario files\n\nThe format `noctule-scenario/1`, which `noctule design` takes; \
         `noctule schema scenario` prints its JSON schema.\n",
    );
    section(&SCENARIO_FILE, "Top of the file", "##", &mut page);
    page
}

fn section(table: &Table, title: &str, level: &str, page: &mut String) {
    page.push_str(&format!("\n{level} {title}\n\n{}\n\n", table.summary));
    page.push_str("| key | type | when absent | meaning | example |\n|---|---|---|---|---|\n");
    for key in table.keys {
        page.push_str(&format!(
            "| `{}` | {} | {} | {} | {} |\n",
            key.name,
            kind(key),
            absent(key),
            key.meaning,
            code(key.example)
        ));
    }
    for key in table.keys {
        if let Some(inner) = key.kind.table() {
            let title = if inner.header.starts_with('[') {
                format!("`{}`", inner.header)
            } else {
                format!("`{}` of {}", inner.header, table.what)
            };
            let level = if table.header.is_empty() { "##" } else { "###" };
            section(inner, &title, level, page);
        }
    }
}

fn absent(key: &Key) -> String {
    match key.absent {
        Absent::Refused => "**required**".to_owned(),
        Absent::Default(value) => code(value),
        Absent::Words(words) => words.to_owned(),
    }
}

fn code(text: &str) -> String {
    format!("`{}`", text.replace('|', "\\|"))
}

fn kind(key: &Key) -> String {
    let link = |table: &Table| format!("see `{}`", table.header);
    match &key.kind {
        Kind::Text => "text".to_owned(),
        Kind::Name => "name".to_owned(),
        Kind::Number(Sign::Any) => "number".to_owned(),
        Kind::Number(Sign::Positive) => "number > 0".to_owned(),
        Kind::Number(Sign::NotNegative) => "number ≥ 0".to_owned(),
        Kind::Count(from, to) if *to == i64::MAX as u64 => format!("integer ≥ {from}"),
        Kind::Count(from, to) => format!("integer, {from} to {}", grouped(*to)),
        Kind::Flag => "`true` or `false`".to_owned(),
        Kind::Word(words) => {
            words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
        }
        Kind::Texts => "list of text".to_owned(),
        Kind::TextOrTexts => "text, or list of text".to_owned(),
        Kind::Values => "list".to_owned(),
        Kind::Open => "table".to_owned(),
        Kind::Table(table) => format!("table, {}", link(table)),
        Kind::TextOrTable(table) => format!("text, or table: {}", link(table)),
        Kind::Tables(table) => format!("tables, {}", link(table)),
    }
}

/// `100000` as `100 000`.
fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push('\u{a0}');
        }
        text.push(digit);
    }
    text
}
