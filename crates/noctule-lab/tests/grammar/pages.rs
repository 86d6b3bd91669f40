//! Pages of the documentation that are written from the code, and written again by
//! `cargo xtask generate`.

use std::fmt::Write as _;
use std::path::Path;

use noctule_lab::experiment::grammar;
use noctule_lab::systems;

/// The committed page is what is written now; with `NOCTULE_WRITE_DOCS` it becomes it.
fn committed(name: &str, page: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name);
    if std::env::var_os("NOCTULE_WRITE_DOCS").is_some() {
        std::fs::write(&path, page).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found.replace("\r\n", "\n") == page,
        "docs/{name} is not what the code says; `cargo xtask generate` writes it again"
    );
}

#[test]
fn the_page_of_files_is_the_generated_one() {
    committed("experiment-files.md", &grammar::page());
}

#[test]
fn the_page_of_schemes_and_metrics_is_the_generated_one() {
    committed("schemes-and-metrics.md", &tables());
}

const HEAD: &str = "\
<!-- Generated from the tables of schemes and metrics of every system. Do not edit. -->

# Schemes and metrics

Every scheme, metric and series of every system, from the tables in `crates/noctule/src/<system>`. The first scheme of
a system is the one that is meant when none is named; `noctule schema <system>` adds their settings. Which one to use
when is in [which-method.md](which-method.md), what is proven of them on the page of the system.
";

/// A cell of a table in Markdown.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

fn tables() -> String {
    let mut page = HEAD.to_owned();
    for system in systems::singles() {
        let (id, title) = (system.id(), system.title());
        write!(page, "\n## {id}\n\n{title}\n\n| scheme | label | what it is |\n|---|---|---|\n")
            .unwrap();
        for scheme in system.schemes() {
            let (name, label, summary) = (scheme.name, cell(scheme.label), cell(scheme.summary));
            writeln!(page, "| `{name}` | {label} | {summary} |").unwrap();
        }
        page.push_str("\n| metric | unit | what it is |\n|---|---|---|\n");
        for metric in system.metrics() {
            let (name, unit, summary) = (metric.name, cell(metric.unit), cell(metric.summary));
            writeln!(page, "| `{name}` | {unit} | {summary} |").unwrap();
        }
        page.push_str("\n| series | unit | what it is | by |\n|---|---|---|---|\n");
        for series in system.series() {
            let (name, unit) = (series.name, cell(series.unit));
            writeln!(
                page,
                "| `{name}` | {unit} | {} | {} |",
                cell(series.label),
                cell(series.index)
            )
            .unwrap();
        }
    }
    page
}
