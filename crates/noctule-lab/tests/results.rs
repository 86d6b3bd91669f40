//! Claims, figures, report, manifest: what is made of the tables.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

#[path = "results/again.rs"]
mod again;
#[path = "results/figures.rs"]
mod figures;
mod support;

use std::fs;

use noctule_lab::claim::{Judged, Verdict};
use noctule_lab::experiment::{Changes, Experiment};
use noctule_lab::run::{RunOptions, Silent};
use noctule_lab::{Results, Study, finish};
use noctule_optim::Interrupt;
use support::HEAD;

const BODY: &str = r#"
title = "Claims"
seed = 11
trials = 400
[[sweep]]
path = "scenario.offset"
values = [0, 1, 2, 3]
[[sweep]]
path = "scenario.power_dbm"
values = [0, 20]
[[scheme]]
name = "exact"
[[scheme]]
name = "rough"
settings = { start = 1.5 }
[ci]
trials = 2
points = 2
"#;

fn claim(paper: f64, tol: f64, ours: &str) -> String {
    format!("[[claim]]\ntext = \"t\"\npaper = {paper:?}\ntol = {tol:?}\nours = {{ {ours} }}\n")
}

fn results(body: &str, changes: &Changes, threads: usize) -> (tempfile::TempDir, Results) {
    let registry = support::registry();
    let file = format!("{HEAD}{body}");
    let experiment = Experiment::parse(&file, "study.toml", "study", &registry)
        .and_then(|experiment| experiment.changed(changes))
        .unwrap_or_else(|error| panic!("{error}"));
    let study = Study::new(&experiment, &file, &registry).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let store = study.store(folder.path(), false).unwrap();
    let options = RunOptions { threads: Some(threads), ..RunOptions::default() };
    study.run(&store, &options, &Silent, &Interrupt::new()).unwrap();
    let results = finish(&store, &study.presentation).unwrap();
    (folder, results)
}

fn judge(claims: &str) -> Vec<Judged> {
    results(&format!("{BODY}{claims}"), &Changes::default(), 2).1.claims
}

const AT: &str = "at = { \"scenario.offset\" = 2, \"scenario.power_dbm\" = 0 }";

fn ranged(range: &str, ours: &str) -> String {
    format!("[[claim]]\ntext = \"t\"\nrange = {range}\nours = {{ {ours} }}\n")
}

#[test]
fn every_kind_of_claim() {
    let mean = format!("kind = \"value\", metric = \"cost\", scheme = \"exact\", {AT}");
    let claims = [
        // Uniform noise: standard error √(1/3/400) = 0.029.
        (
            claim(
                2.0,
                0.15,
                &format!("kind = \"value\", metric = \"cost\", scheme = \"exact\", {AT}"),
            ),
            Verdict::Agrees,
        ),
        // Paired: exact to rounding, whatever the noise.
        (
            claim(
                2.25,
                1e-9,
                &format!(
                    "kind = \"difference\", metric = \"cost\", scheme = \"rough\", versus = \"exact\", {AT}"
                ),
            ),
            Verdict::Agrees,
        ),
        (
            claim(
                2.125,
                0.1,
                &format!(
                    "kind = \"ratio\", metric = \"cost\", scheme = \"rough\", versus = \"exact\", {AT}"
                ),
            ),
            Verdict::Agrees,
        ),
        (
            claim(
                112.5,
                12.0,
                &format!(
                    "kind = \"percent\", metric = \"cost\", scheme = \"rough\", versus = \"exact\", {AT}"
                ),
            ),
            Verdict::Agrees,
        ),
        (
            claim(
                1.0,
                0.0,
                &format!(
                    "kind = \"share\", metric = \"cost\", scheme = \"rough\", versus = \"exact\", {AT}"
                ),
            ),
            Verdict::Agrees,
        ),
        (
            claim(
                0.5,
                0.1,
                &format!(
                    "kind = \"share\", metric = \"cost\", scheme = \"exact\", above = 2, {AT}"
                ),
            ),
            Verdict::Agrees,
        ),
        (
            claim(
                1.0,
                1e-9,
                "kind = \"slope\", metric = \"cost\", scheme = \"exact\", along = \"scenario.offset\", at = { \"scenario.power_dbm\" = 0 }",
            ),
            Verdict::Agrees,
        ),
        (
            claim(
                3.0,
                0.0,
                "kind = \"argmax\", metric = \"cost\", scheme = \"exact\", at = { \"scenario.power_dbm\" = 0 }",
            ),
            Verdict::Agrees,
        ),
        (
            claim(
                2.0,
                0.0,
                "kind = \"first_where\", metric = \"cost\", scheme = \"exact\", above = 1.5, at = { \"scenario.power_dbm\" = 0 }",
            ),
            Verdict::Agrees,
        ),
        (
            claim(
                1.5,
                0.15,
                "kind = \"crossing\", metric = \"cost\", scheme = \"exact\", above = 1.5, at = { \"scenario.power_dbm\" = 0 }",
            ),
            Verdict::Agrees,
        ),
        (
            claim(
                2.0,
                0.3,
                &format!(
                    "kind = \"value\", stat = \"median\", metric = \"cost\", scheme = \"exact\", {AT}"
                ),
            ),
            Verdict::Agrees,
        ),
        // The right sign, another size.
        (
            claim(
                9.0,
                1.0,
                &format!(
                    "kind = \"difference\", metric = \"cost\", scheme = \"rough\", versus = \"exact\", {AT}"
                ),
            ),
            Verdict::TrendOnly,
        ),
        (
            claim(
                -9.0,
                1.0,
                &format!(
                    "kind = \"difference\", metric = \"cost\", scheme = \"rough\", versus = \"exact\", {AT}"
                ),
            ),
            Verdict::Disagrees,
        ),
        // A tolerance far below the standard error.
        (
            claim(
                2.0,
                0.001,
                &format!("kind = \"value\", metric = \"cost\", scheme = \"exact\", {AT}"),
            ),
            Verdict::Inconclusive,
        ),
        // …which still excludes a number that is far away.
        (
            claim(
                5.0,
                0.001,
                &format!("kind = \"value\", metric = \"cost\", scheme = \"exact\", {AT}"),
            ),
            Verdict::Disagrees,
        ),
        (
            claim(
                1.0,
                1.0,
                "kind = \"function\", name = \"nobody\", metric = \"cost\", scheme = \"exact\"",
            ),
            Verdict::NotRun,
        ),
        // A share on the paper's side of a half; a paper that says "never" has no side.
        (
            claim(
                0.1,
                0.08,
                &format!(
                    "kind = \"share\", metric = \"cost\", scheme = \"exact\", above = 2.4, {AT}"
                ),
            ),
            Verdict::TrendOnly,
        ),
        (
            claim(
                0.0,
                0.08,
                &format!(
                    "kind = \"share\", metric = \"cost\", scheme = \"exact\", above = 2.4, {AT}"
                ),
            ),
            Verdict::Disagrees,
        ),
        // The mean is 2 ± 0.03: inside, outside, and too near an end to say.
        (ranged("{ from = 1.0 }", &mean), Verdict::Agrees),
        (ranged("{ from = 1.0, to = 3.0 }", &mean), Verdict::Agrees),
        (ranged("{ to = 1.0 }", &mean), Verdict::Disagrees),
        (ranged("{ from = 2.01, to = 3.0 }", &mean), Verdict::Inconclusive),
    ];
    let judged = judge(&claims.iter().map(|(text, _)| text.as_str()).collect::<String>());
    for ((text, expected), judged) in claims.iter().zip(&judged) {
        assert_eq!(judged.verdict, *expected, "{text}\n{judged:?}");
    }
    let error = judged[0].standard_error.unwrap();
    assert!((error - (1.0_f64 / 3.0 / 400.0).sqrt()).abs() < 0.004, "{error}");
    assert!(judged[1].standard_error.unwrap() < 1e-12, "paired");
    for judged in &judged {
        // all are expected to agree
        let otherwise = matches!(judged.verdict, Verdict::TrendOnly | Verdict::Disagrees);
        assert_eq!(judged.contradicts(), otherwise, "{judged:?}");
    }
}

#[test]
fn the_jackknife_of_a_mean_is_its_standard_error() {
    let body = BODY.replace("trials = 400", "trials = 150");
    let text =
        claim(2.0, 0.15, &format!("kind = \"value\", metric = \"cost\", scheme = \"exact\", {AT}"));
    let (_folder, results) = results(&format!("{body}{text}"), &Changes::default(), 1);
    // Offset 2 is the third of four, power 0 the first of two.
    let summary = results.folded.groups[4].metrics[0].unwrap();
    let ratio = results.claims[0].standard_error.unwrap() / summary.standard_error.unwrap();
    assert!((ratio - 1.0).abs() < 1e-9, "{ratio}");
}

#[test]
fn a_small_run_does_not_judge_what_it_lacks() {
    let text =
        claim(2.0, 0.15, &format!("kind = \"value\", metric = \"cost\", scheme = \"exact\", {AT}"));
    let changes = Changes { ci: true, ..Changes::default() };
    let (_folder, results) = results(&format!("{BODY}{text}"), &changes, 1);
    assert_eq!(
        results.claims[0].verdict,
        Verdict::NotRun,
        "offset 2 is not among the two points kept"
    );
    assert!(!results.claims[0].contradicts());
}

#[test]
fn deterministic_studies_need_no_standard_errors() {
    let body = BODY.replace("trials = 400\n", "");
    let text = claim(
        2.0,
        1e-12,
        &format!("kind = \"value\", metric = \"cost\", scheme = \"exact\", {AT}"),
    );
    let (_folder, results) =
        results(&format!("{body}{text}[scenario]\nnoise = 0\n"), &Changes::default(), 1);
    assert_eq!(results.claims[0].verdict, Verdict::Agrees, "{:?}", results.claims[0]);
}

const FIGURES: &str = r#"
[[figure]]
id = "lines"
x = "scenario.offset"
y = "cost"
[[figure]]
id = "trade"
x = "rate_bps_hz"
y = "cost"
at = { "scenario.power_dbm" = 20 }
band = "none"
[[figure]]
id = "cdf"
kind = "cdf"
x = "cost"
at = { "scenario.power_dbm" = 20, "scenario.offset" = 1 }
[[figure]]
id = "map"
kind = "heat"
x = "scenario.offset"
y = "scenario.power_dbm"
value = "rate_bps_hz"
schemes = ["exact"]
[[figure]]
id = "surface"
kind = "heat"
x = "i"
y = "j"
value = "series.surface"
schemes = ["exact"]
at = { "scenario.power_dbm" = 20, "scenario.offset" = 1 }
[[figure]]
id = "samples"
kind = "cdf"
x = "series.surface"
at = { "scenario.power_dbm" = 20, "scenario.offset" = 1 }
[scenario]
series = true
"#;

#[test]
fn everything_is_written_and_the_same_for_any_number_of_threads() {
    let body = format!("{BODY}{FIGURES}");
    let (one, results_one) = results(&body, &Changes::default(), 1);
    let (four, _) = results(&body, &Changes::default(), 4);
    assert_eq!(results_one.files.len(), 3 + 6 * 3 + 3);
    for path in &results_one.files {
        let name = path.strip_prefix(one.path()).unwrap();
        let (a, b) = (fs::read(path).unwrap(), fs::read(four.path().join(name)).unwrap());
        assert!(a == b, "{}", name.display());
        assert!(!a.is_empty());
    }
    let svg = |id: &str| fs::read_to_string(one.path().join(format!("figures/{id}.svg"))).unwrap();
    for id in ["lines", "trade", "cdf", "map", "surface", "samples"] {
        assert!(!svg(id).contains("no data"), "{id}");
    }
    assert!(svg("lines").contains("Rough"));
    let manifest: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(one.path().join("manifest.json")).unwrap())
            .unwrap();
    let records = fs::read(one.path().join("records.csv")).unwrap();
    assert_eq!(manifest["files_sha256"]["records.csv"], noctule_lab::canonical::sha256(&records));
    assert_eq!(manifest["trials"], 400);
    let stray: Vec<_> = fs::read_dir(one.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .filter(|name| name.to_string_lossy().ends_with("tmp"))
        .collect();
    assert!(stray.is_empty(), "{stray:?}");
}

/// Time and memory of the engine itself: `cargo test --profile ci -p noctule-lab --test results -- --ignored --nocapture`.
#[test]
#[ignore = "measures time: run alone, on a quiet machine"]
#[allow(clippy::print_stdout, reason = "a measurement")]
fn overhead_of_the_engine() {
    let peak = || {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let line = status
            .lines()
            .find(|line| line.starts_with("VmHWM"))
            .unwrap_or("VmHWM: 0 kB")
            .to_owned();
        line.split_whitespace().nth(1).and_then(|kb| kb.parse::<u64>().ok()).unwrap_or(0)
    };
    for trials in [10_000_u64, 100_000] {
        let body = format!("seed = 1\ntrials = {trials}\n{}", "[[scheme]]\nname = \"exact\"\n");
        let start = std::time::Instant::now();
        let (_folder, _) = results(&body, &Changes::default(), 1);
        let micros = start.elapsed().as_secs_f64() * 1e6 / trials as f64;
        println!("{trials} trials: {micros:.2} µs per trial, peak {} kB", peak());
    }
}
