//! The first system through the whole engine.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

use std::collections::BTreeMap;
use std::path::Path;

use noctule_lab::experiment::{Changes, Experiment};
use noctule_lab::run::{RunOptions, Silent};
use noctule_lab::{Study, builtin, finish, systems};
use noctule_optim::Interrupt;

/// The bytes of every file of results but the folder of chunks and the timings.
fn results(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut all = BTreeMap::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(dir).unwrap().to_str().unwrap().to_owned();
            if path.is_dir() {
                folders.push(path);
            } else if name != "timings.csv" {
                all.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    all
}

fn run(id: &str, threads: usize, dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let registry = systems::registry();
    let built_in = builtin::find(id).unwrap();
    let experiment = Experiment::parse(built_in.text, id, id, &registry)
        .unwrap()
        .changed(&Changes { ci: true, ..Changes::default() })
        .unwrap();
    let study = Study::new(&experiment, built_in.text, &registry).unwrap();
    let store = study.store(dir).unwrap();
    let options = RunOptions { threads: Some(threads), ..RunOptions::default() };
    let report = study.run(&store, &options, &Silent, &Interrupt::new()).unwrap();
    assert!(report.is_complete());
    finish(&store, &study.presentation, &registry).unwrap();
    results(dir)
}

#[test]
fn one_two_and_four_threads_give_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let one = run("beamforming/region", 1, &folder.path().join("1"));
    assert!(one.contains_key("records.csv") && one.contains_key("figures/region.svg"));
    for threads in [2, 4] {
        let other = run("beamforming/region", threads, &folder.path().join(threads.to_string()));
        assert_eq!(one.keys().collect::<Vec<_>>(), other.keys().collect::<Vec<_>>());
        for (name, bytes) in &one {
            assert_eq!(bytes, &other[name], "{name} with {threads} threads");
        }
    }
}

/// What the default experiment shows must hold in its smallest run too: the proven optimum of
/// sensing is not beaten, and the bound is not crossed.
#[test]
fn nothing_beats_what_is_proven() {
    let folder = tempfile::tempdir().unwrap();
    let files = run("beamforming/region", 2, folder.path());
    let mut reader = csv::Reader::from_reader(files["records.csv"].as_slice());
    let headers = reader.headers().unwrap().clone();
    let column = |name: &str| headers.iter().position(|header| header == name).unwrap();
    let (scheme, trace, gap, objective, bound) = (
        column("scheme"),
        column("crb_trace_mixed"),
        column("gap_rel"),
        column("objective"),
        column("bound"),
    );
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let number = |row: &csv::StringRecord, index: usize| row[index].parse::<f64>().unwrap();
    let proven: Vec<&csv::StringRecord> =
        rows.iter().filter(|row| &row[scheme] == "sensing-only").collect();
    assert!(!proven.is_empty() && proven.iter().all(|row| number(row, gap) < 1e-6));
    let best = proven.iter().map(|row| number(row, trace)).fold(f64::INFINITY, f64::min);
    for row in &rows {
        assert!(number(row, trace) >= best * (1.0 - 1e-6), "{row:?}");
        if !row[bound].is_empty() && &row[scheme] == "balanced" {
            assert!(number(row, objective) <= number(row, bound), "{row:?}");
        }
    }
}
