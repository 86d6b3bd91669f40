//! The first system through the whole engine.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

use std::collections::BTreeMap;
use std::path::Path;

use noctule::beamforming::Beamforming as Marker;
use noctule::beamforming::Scenario;
use noctule::data::Entries;
use noctule_lab::experiment::{Changes, Experiment};
use noctule_lab::run::{RunOptions, Silent};
use noctule_lab::single::{Arrays, Source, Story};
use noctule_lab::system::System;
use noctule_lab::systems::Of;
use noctule_lab::{Study, builtin, finish, systems};
use noctule_optim::Interrupt;
use serde_json::{Value, json};

const BEAMFORMING: Of<Marker> = Of::new();

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
    let store = study.store(dir, false).unwrap();
    let options = RunOptions { threads: Some(threads), ..RunOptions::default() };
    let report = study.run(&store, &options, &Silent, &Interrupt::new()).unwrap();
    assert!(report.is_complete());
    finish(&store, &study.presentation).unwrap();
    results(dir)
}

/// The mean over channels, of which some need few iterations and some many, ends at the mean of what
/// they reach, and climbs all the way there as every single one does.
#[test]
fn a_mean_over_climbs_goes_on_where_some_have_ended() {
    let folder = tempfile::tempdir().unwrap();
    let files = run("beamforming/fig2", 2, folder.path());
    let text = |name: &str| String::from_utf8(files[name].clone()).unwrap();
    let table = text("figures/convergence.dat");
    let names: Vec<&str> = table.lines().next().unwrap().split(',').collect();
    let column = |k: usize| -> Vec<f64> {
        let cells = table.lines().skip(1).map(|line| line.split(',').nth(k).unwrap());
        cells.map(|cell| cell.parse().unwrap()).filter(|v: &f64| v.is_finite()).collect()
    };
    let curves = (0..names.len()).filter(|k| names[*k].starts_with('y')).map(column);
    let summary = text("summary.csv");
    let reached = summary
        .lines()
        .filter(|line| line.starts_with("algorithm-1-traced,") && line.contains(",objective,"));
    let reached: Vec<f64> =
        reached.map(|line| line.split(',').nth(5).unwrap().parse().unwrap()).collect();
    assert_eq!(reached.len(), 3);
    for (curve, reached) in curves.zip(reached) {
        assert!(curve.windows(2).all(|pair| pair[1] >= pair[0] - 1e-9), "{curve:?}");
        let last = curve[curve.len() - 1];
        assert!((last - reached).abs() < 1e-6, "{last} and {reached}");
    }
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

fn source(users: usize) -> Source {
    let scenario = json!(Scenario { users, ..Scenario::paper() });
    Source { scenario: Some(scenario), arrays: None, seed: 8, trial: 0 }
}

fn story(source: &Source, scheme: &str, change: Value) -> Story {
    use noctule_lab::single::Single;
    let mut settings = BEAMFORMING.default_settings(scheme).unwrap();
    if let (Some(all), Value::Object(change)) = (settings.as_object_mut(), change) {
        all.extend(change);
    }
    BEAMFORMING.design(source, scheme, &settings, &Interrupt::new()).unwrap()
}

fn fact<'a>(story: &'a Story, name: &str) -> Option<&'a str> {
    let found = story.facts.iter().find(|(found, _)| found == name);
    found.map(|(_, value)| value.as_str())
}

/// A bound and a residual in a document are computed again: an edited one is found out.
#[test]
fn edited_proofs_are_not_confirmed() {
    use noctule_lab::single::Single;
    let told = story(&source(2), "balanced", json!({ "certify": { "nodes": 50 } }));
    let finding = BEAMFORMING.verify(&told.document).unwrap();
    assert!(finding.agrees, "{finding:?}");
    assert!(finding.compared.iter().any(|(name, ..)| name == "proof.bound.value"));
    let objective = told.document["metrics"]["objective"].as_f64().unwrap();
    let edits: [(&str, Value); 3] = [
        ("/proof/bound/value", json!(objective + 1e-6)),
        ("/proof/point/residual", json!(1e-15)),
        ("/proof/bound/numbers/t/0", json!(3.0)),
    ];
    for (place, value) in edits {
        let mut edited = told.document.clone();
        *edited.pointer_mut(place).unwrap() = value;
        assert!(!BEAMFORMING.verify(&edited).unwrap().agrees, "{place}");
    }
    let mut edited = told.document.clone();
    *edited.pointer_mut("/proof/bound/numbers/low/0").unwrap() = json!(2.0);
    let confirmed = BEAMFORMING.verify(&edited).is_ok_and(|finding| finding.agrees);
    assert!(!confirmed, "boxes that cover something else");
}

/// Own beams get the advice that designs get, and no number that is none.
#[test]
fn beams_handed_in_are_advised_on() {
    use noctule_lab::single::Single;
    let source = source(4);
    let sensing = story(&source, "sensing-only", json!({}));
    let again = BEAMFORMING.evaluate(&source, &Arrays::Set(sensing.arrays.clone())).unwrap();
    let all = again.warnings.join("\n");
    assert!(
        all.contains("below the threshold") && all.contains("4 of 4 users are shut off"),
        "{all}"
    );
    let shown = format!("{:?}", again.tables) + &format!("{:?}", again.facts);
    assert!(!shown.contains("inf") && !shown.contains("NaN"), "{shown}");
    // Twice the amplitude is four times the power.
    let mut loud = sensing.arrays;
    let mut beams = loud.get("beams").unwrap().clone();
    match &mut beams.entries {
        Entries::Complex(entries) => entries.iter_mut().for_each(|z| *z *= 2.0),
        Entries::Real(entries) => entries.iter_mut().for_each(|x| *x *= 2.0),
    }
    loud.insert("beams", beams);
    let again = BEAMFORMING.evaluate(&source, &Arrays::Set(loud)).unwrap();
    assert!(again.warnings.iter().any(|w| w.contains("misses a requirement")));
    assert!(fact(&again, "proven of the point").unwrap().starts_with("nothing: it misses"));
}

/// A proof of a part of the problem is not shown as one of the whole.
#[test]
fn partial_proofs_are_labelled() {
    let rates = story(&source(4), "wmmse", json!({}));
    assert!(fact(&rates, "proven of the point").unwrap().starts_with("feasible"));
    let sensing = story(&source(4), "sensing-only", json!({}));
    assert_eq!(fact(&sensing, "proven of the optimum"), None);
    assert!(fact(&sensing, "proven of another problem").unwrap().contains("users ignored"));
}
