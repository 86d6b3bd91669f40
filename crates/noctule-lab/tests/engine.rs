//! Plans, chunks, resuming, shards, folding.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod support;

#[path = "support/many.rs"]
mod many;
#[path = "support/packs.rs"]
mod packs;
#[path = "support/runs.rs"]
mod runs;
#[path = "support/stored.rs"]
mod stored;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use noctule_lab::LabError;
use noctule_lab::experiment::Changes;
use noctule_lab::fold::{Wanted, fold, standing};
use noctule_lab::plan::Plan;
use noctule_lab::run::{self, Progress, RunOptions, Shard, Silent, Step, Store};
use noctule_optim::Interrupt;
use support::{Quadratic, STUDY};

/// The bytes that must not depend on how a run was made.
fn results(store: &Store) -> BTreeMap<String, Vec<u8>> {
    fold(store, &Wanted::default()).unwrap();
    ["plan.json", "records.csv", "series.csv", "summary.csv"]
        .map(|name| (name.to_owned(), fs::read(store.dir().join(name)).unwrap()))
        .into()
}

fn run_with(body: &str, dir: &Path, threads: usize, shards: u64) -> BTreeMap<String, Vec<u8>> {
    let store = support::store(body, dir);
    for index in 0..shards {
        let shard = Shard { index, count: shards };
        let options = RunOptions { threads: Some(threads), shard, ..RunOptions::default() };
        support::run(&store, &options);
    }
    results(&store)
}

#[test]
fn threads_and_shards_do_not_show() {
    let folder = tempfile::tempdir().unwrap();
    let reference = run_with(STUDY, &folder.path().join("a"), 1, 1);
    for (threads, shards) in [(2, 1), (4, 1), (1, 3), (2, 7)] {
        let dir = folder.path().join(format!("{threads}-{shards}"));
        assert!(
            run_with(STUDY, &dir, threads, shards) == reference,
            "{threads} threads, {shards} shards"
        );
    }
    let records = String::from_utf8(reference["records.csv"].clone()).unwrap();
    assert_eq!(records.lines().count(), 1 + 60 * 9 * 3, "a row for every trial, point and scheme");
    assert!(!records.contains("NaN") && !records.contains("inf,"));
    assert!(
        records.starts_with(
            "scheme,point,scenario.power_dbm,scenario.offset,trial,outcome,stop,proof,"
        )
    );
}

#[test]
fn an_interrupted_run_resumes_to_the_same_bytes() {
    struct StopAfter<'a>(std::sync::atomic::AtomicU64, &'a Interrupt);
    impl Progress for StopAfter<'_> {
        fn begin(&self, _: u64, _: u64) {}
        fn unit(&self, _: Step) {
            if self.0.fetch_sub(1, std::sync::atomic::Ordering::Relaxed) == 1 {
                self.1.raise();
            }
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let reference = run_with(STUDY, &folder.path().join("whole"), 1, 1);
    let store = support::store(STUDY, &folder.path().join("pieces"));
    let chains = store.plan().prepare(&support::registry()).unwrap();
    let mut pieces = 0;
    loop {
        let interrupt = Interrupt::new();
        let watcher = StopAfter(37.into(), &interrupt);
        let report =
            run::run(&store, &chains, &RunOptions::default(), &watcher, &interrupt).unwrap();
        pieces += 1;
        if report.is_complete() {
            break;
        }
        assert!(matches!(fold(&store, &Wanted::default()), Err(LabError::Incomplete { .. })));
    }
    assert!(pieces > 5, "{pieces}");
    assert!(results(&store) == reference);
    let again = support::run(&store, &RunOptions::default());
    assert_eq!(
        (again.computed, again.reused),
        (0, again.chunks),
        "a complete run has nothing to do"
    );
}

#[test]
fn torn_chunks_are_named_and_healed() {
    let folder = tempfile::tempdir().unwrap();
    let reference = run_with(STUDY, folder.path(), 2, 1);
    let store = support::store(STUDY, folder.path());
    let damage: [fn(&mut Vec<u8>); 4] = [
        |bytes| bytes.truncate(bytes.len() / 2),
        |bytes| bytes.clear(),
        |bytes| bytes[200] ^= 1,
        |bytes| bytes.extend_from_slice(b"more\n"),
    ];
    for (chunk, damage) in [0, 3, 5, 8].into_iter().zip(damage) {
        let path = store.chunk_path(chunk);
        let mut bytes = fs::read(&path).unwrap();
        damage(&mut bytes);
        fs::write(&path, bytes).unwrap();
    }
    fs::remove_file(store.chunk_path(9)).unwrap();
    let found = standing(&store).unwrap();
    assert_eq!((found.torn, found.missing), (vec![0, 3, 5, 8], vec![9]));
    match fold(&store, &Wanted::default()) {
        Err(LabError::Incomplete { missing, .. }) => assert_eq!(missing, [0, 3, 5, 8, 9]),
        other => panic!("{other:?}"),
    }
    let report = support::run(&store, &RunOptions::default());
    assert_eq!((report.healed.len(), report.computed), (4, 5));
    assert!(store.chunk_path(0).with_extension("jsonl.bad").exists());
    assert!(results(&store) == reference);
}

/// Rewrite the header of a chunk and seal it again.
fn forge(store: &Store, chunk: u64, from: &str, to: &str) {
    let path = store.chunk_path(chunk);
    let text = fs::read_to_string(&path).unwrap();
    let body =
        text.lines().filter(|line| !line.starts_with("{\"sha256\"")).collect::<Vec<_>>().join("\n")
            + "\n";
    let body = body.replacen(from, to, 1);
    let seal = noctule_lab::canonical::sha256(body.as_bytes());
    fs::write(&path, format!("{body}{{\"sha256\":\"{seal}\"}}\n")).unwrap();
}

#[test]
fn chunks_of_another_plan_or_build_are_refused() {
    for (from, to, expected) in [
        (noctule_lab::run::build::id(), "another", "build"),
        ("\"chunk\":2", "\"chunk\":3", "chunk"),
        ("noctule-chunk/2", "noctule-chunk/3", "format"),
        ("\"plan\":\"", "\"plan\":\"0", "plan"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        run_with(STUDY, folder.path(), 2, 1);
        let store = support::store(STUDY, folder.path());
        forge(&store, 2, from, to);
        let chains = store.plan().prepare(&support::registry()).unwrap();
        let ran = run::run(&store, &chains, &RunOptions::default(), &Silent, &Interrupt::new());
        let folded = fold(&store, &Wanted::default());
        for error in [ran.unwrap_err(), folded.unwrap_err()] {
            assert!(
                matches!(&error, LabError::Foreign { what, .. } if *what == expected),
                "{error}"
            );
        }
    }
}

#[test]
fn a_folder_belongs_to_one_plan() {
    let folder = tempfile::tempdir().unwrap();
    support::store(STUDY, folder.path());
    let other = support::changed(STUDY, &Changes { seed: Some(8), ..Changes::default() });
    let plan = Plan::of(&other, &Quadratic);
    let presentation = noctule_lab::presentation::Presentation::of(&other, &Quadratic, "");
    let error = Store::create(folder.path(), plan, &presentation, false).unwrap_err();
    assert!(matches!(error, LabError::OtherPlan { .. }), "{error}");
    assert!(error.to_string().ends_with("is the plan of another run: seed 7 → 8"), "{error}");
}

#[test]
fn captions_do_not_change_the_plan_but_sizes_do() {
    let plan = |body: &str, changes: &Changes| {
        Plan::of(&support::changed(body, changes), &Quadratic).hash()
    };
    let same = plan(STUDY, &Changes::default());
    assert_eq!(plan(&STUDY.replace("A study", "Another title"), &Changes::default()), same);
    for changes in [
        Changes { trials: Some(61), ..Changes::default() },
        Changes { seed: Some(1), ..Changes::default() },
        Changes { ci: true, ..Changes::default() },
    ] {
        assert_ne!(plan(STUDY, &changes), same, "{changes:?}");
    }
    let ci =
        Plan::of(&support::changed(STUDY, &Changes { ci: true, ..Changes::default() }), &Quadratic);
    assert_eq!((ci.trials, ci.grid_len()), (2, 4));
}

#[test]
fn plans_read_back() {
    let folder = tempfile::tempdir().unwrap();
    let store = support::store(STUDY, folder.path());
    let (again, presentation) = Store::open(folder.path()).unwrap();
    assert_eq!((again.plan(), again.hash()), (store.plan(), store.hash()));
    assert_eq!(presentation.title, "A study");
    // Two schemes × three powers, each a chain of three; "exact" too.
    assert_eq!((store.plan().chain_count(), store.plan().chain_len()), (9, 3));
}

#[test]
fn every_way_to_end_is_counted() {
    for (word, ending) in
        [("infeasible", 0), ("failed", 1), ("panic", 1), ("nan", 2), ("unsound", 2)]
    {
        let folder = tempfile::tempdir().unwrap();
        let body = format!(
            "trials = 50\n[scenario]\nbreak_down = \"{word}\"\n[[scheme]]\nname = \"exact\"\n"
        );
        let store = support::store(&body, folder.path());
        support::run(&store, &RunOptions::default());
        let folded = fold(&store, &Wanted::default()).unwrap();
        let group = &folded.groups[0];
        assert_eq!(group.designed, 40, "{word}");
        assert_eq!([group.infeasible, group.failed, group.unsound][ending], 10, "{word}");
        assert_eq!(group.metrics[0].unwrap().count, 40);
        let records = fs::read_to_string(folder.path().join("records.csv")).unwrap();
        assert!(!records.contains("NaN,"), "{word}");
        if word == "nan" {
            assert!(records.contains("rate_bps_hz is NaN"));
        }
        if ending == 2 {
            assert!(group.stationary == 40 && records.contains(",unsound,"), "{word}: no proof");
        }
        if word == "failed" {
            assert!(records.contains("\"it broke, \"\"badly\"\"\""));
        }
    }
}

#[test]
fn means_are_those_of_the_draws() {
    let folder = tempfile::tempdir().unwrap();
    let body = "seed = 3\ntrials = 500\n[[scheme]]\nname = \"exact\"\n[[scheme]]\nname = \"rough\"\nsettings = {start = 2}\n";
    let store = support::store(body, folder.path());
    support::run(&store, &RunOptions::default());
    let folded = fold(&store, &Wanted::default()).unwrap();
    let expected: f64 = (0..500).map(|trial| 2.0 + support::draw(3, trial)).sum::<f64>() / 500.0;
    let mean = |group: usize| folded.groups[group].metrics[0].unwrap().mean;
    assert!((mean(0) - expected).abs() < 1e-12);
    assert!((mean(1) - expected - 4.0).abs() < 1e-12, "paired draws across schemes");
    assert_eq!(folded.groups[0].metrics[2].unwrap().count, 250, "an absent value is no sample");
    let summary = fs::read_to_string(folder.path().join("summary.csv")).unwrap();
    assert_eq!(summary.lines().count(), 1 + 2 * 3);
}

#[test]
fn chains_run_in_order_and_sweeps_of_one_scheme_do_not_repeat_others() {
    let body = "
trials = 4
[scenario]
noise = 0
[[sweep]]
path = \"scheme.rough.start\"
values = [0.0, 1.0, 2.0]
[[sweep]]
path = \"scenario.offset\"
values = [1, 2]
chain = true
[[scheme]]
name = \"exact\"
[[scheme]]
name = \"rough\"
[[scheme]]
name = \"warm\"
";
    let folder = tempfile::tempdir().unwrap();
    let store = support::store(body, folder.path());
    let chains: Vec<usize> =
        (0..store.plan().chain_count()).map(|c| store.plan().chain_scheme(c)).collect();
    assert_eq!(chains, [0, 1, 1, 1, 2], "one chain for the schemes that the sweep does not touch");
    support::run(&store, &RunOptions::default());
    let folded = fold(&store, &Wanted::default()).unwrap();
    let cost =
        |scheme: usize, point: usize| folded.groups[scheme * 6 + point].metrics[0].unwrap().mean;
    for start in 0..3 {
        assert!((cost(0, 2 * start) - 1.0).abs() < 1e-12, "repeated at every grid point");
        assert!((cost(1, 2 * start) - 1.0 - (start * start) as f64).abs() < 1e-12);
    }
    // The second point of the warm chain knows the first: 0.25² and then (0.25 + 0.625)².
    assert!(
        (cost(2, 0) - 1.0625).abs() < 1e-12 && (cost(2, 1) - 2.0 - 0.875_f64.powi(2)).abs() < 1e-12
    );
}

#[test]
fn stops_at_a_precision_whatever_happens() {
    let body = "
seed = 5
trials = 100000
[precision]
metric = \"cost\"
standard_error = 0.02
round_trials = 100
[[scheme]]
name = \"exact\"
";
    let folder = tempfile::tempdir().unwrap();
    let store = support::store(body, &folder.path().join("a"));
    let report = support::run(&store, &RunOptions { threads: Some(2), ..RunOptions::default() });
    assert!(report.precise && report.is_complete());
    let folded = fold(&store, &Wanted::default()).unwrap();
    let summary = folded.groups[0].metrics[0].unwrap();
    assert!(summary.standard_error.unwrap() <= 0.02);
    // Uniform noise has variance 1/3: about 833 trials, decided at whole rounds.
    assert!((700..1200).contains(&summary.count), "{}", summary.count);
    let again = support::store(body, &folder.path().join("b"));
    support::run(&again, &RunOptions { threads: Some(1), ..RunOptions::default() });
    assert!(results(&again) == results(&store));
    let shard = RunOptions { shard: Shard { index: 0, count: 2 }, ..RunOptions::default() };
    let chains = store.plan().prepare(&support::registry()).unwrap();
    assert!(run::run(&store, &chains, &shard, &Silent, &Interrupt::new()).is_err());
}
