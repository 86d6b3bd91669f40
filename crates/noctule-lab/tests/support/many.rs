//! Large runs, and many: packs, what is answered without reading, pooling, the first failure.

use std::fs;
use std::path::{Path, PathBuf};

use noctule_lab::experiment::Changes;
use noctule_lab::fold::standing;
use noctule_lab::plan::Plan;
use noctule_lab::presentation::Presentation;
use noctule_lab::run::{self, Progress, RunOptions, Shard, Silent, Step, Store};
use noctule_lab::{LabError, Results, Study, complete, finish, pool};
use noctule_optim::Interrupt;

use super::results;
use super::support::{self, QUADRATIC, STUDY};

/// More chunks than are left in files of their own.
pub(super) const MANY: &str = "
seed = 7
trials = 700
[scenario]
break_down = \"infeasible\"
[[sweep]]
path = \"scenario.power_dbm\"
values = [0, 10]
[[scheme]]
name = \"rough\"
[[figure]]
id = \"costs\"
kind = \"cdf\"
x = \"cost\"
[[claim]]
id = \"mean\"
text = \"The mean\"
paper = 2.25
tol = 0.5
ours = { kind = \"value\", metric = \"cost\", scheme = \"rough\", at = { \"scenario.power_dbm\" = 10 } }
";

pub(super) fn study(body: &str, changes: &Changes) -> Study<'static> {
    let experiment = support::changed(body, changes);
    Study::new(&experiment, body, &support::registry()).unwrap()
}

pub(super) fn finished(study: &Study<'_>, dir: &Path) -> (Store, Results) {
    let store = study.store(dir, false).unwrap();
    study.run(&store, &RunOptions::default(), &Silent, &Interrupt::new()).unwrap();
    let results = finish(&store, &study.presentation).unwrap();
    (study.store(dir, false).unwrap(), results)
}

/// Names of files with chunks in them.
pub(super) fn chunk_files(dir: &Path) -> Vec<PathBuf> {
    let folders = [dir.join("chunks"), dir.join("chunks/packs")];
    let entries = folders.iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten();
    let mut names: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "jsonl"))
        .collect();
    names.sort();
    names
}

pub(super) fn outputs(dir: &Path) -> Vec<Vec<u8>> {
    ["records.csv", "series.csv", "summary.csv", "claims.json", "report.html", "manifest.json"]
        .iter()
        .map(|name| fs::read(dir.join(name)).unwrap())
        .collect()
}

#[test]
fn a_complete_run_of_many_chunks_is_few_files() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("run");
    let study = study(MANY, &Changes::default());
    let chunks = study.plan.chunks();
    assert!(chunks > 256, "{chunks}");
    let (store, _) = finished(&study, &dir);
    let before = outputs(&dir);
    assert_eq!(chunk_files(&dir).len(), 1, "one pack");
    assert_eq!(standing(&store).unwrap().done, chunks);
    // Everything reads through the pack: the same again, computed from nothing but it.
    let again = study.store(&dir, false).unwrap();
    let report = study.run(&again, &RunOptions::default(), &Silent, &Interrupt::new()).unwrap();
    assert_eq!((report.reused, report.computed), (chunks, 0));
    finish(&again, &study.presentation).unwrap();
    assert!(outputs(&dir) == before);
    // Fewer trials are a part of it, more extend it.
    for trials in [300, 701, 1500] {
        let changes = Changes { trials: Some(trials), ..Changes::default() };
        let other = super::many::study(MANY, &changes);
        let (_, _) = finished(&other, &dir);
        let fresh = folder.path().join(format!("fresh-{trials}"));
        finished(&other, &fresh);
        assert!(outputs(&dir) == outputs(&fresh), "{trials}");
    }
}

#[test]
fn another_process_may_pack_meanwhile() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("run");
    let study = study(MANY, &Changes::default());
    let store = study.store(&dir, false).unwrap();
    study.run(&store, &RunOptions::default(), &Silent, &Interrupt::new()).unwrap();
    // This one has looked for packs, and found none.
    let open = study.store(&dir, false).unwrap();
    assert_eq!(standing(&open).unwrap().done, study.plan.chunks());
    finish(&store, &study.presentation).unwrap();
    assert_eq!(chunk_files(&dir).len(), 1);
    assert_eq!(standing(&open).unwrap().done, study.plan.chunks());
    let both = std::thread::scope(|scope| {
        let merge = || finish(&study.store(&dir, false).unwrap(), &study.presentation).is_ok();
        let threads = [scope.spawn(merge), scope.spawn(merge)];
        threads.into_iter().all(|thread| thread.join().unwrap())
    });
    assert!(both);
}

/// A run with 16 MB of chunks is not read again to be told once more.
#[test]
fn a_large_run_answers_without_being_read() {
    let body = MANY.replace("trials = 700", "trials = 90000").replace("[0, 10]", "[0]");
    let body = body.replace("= 10 } }", "= 0 } }");
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("run");
    let study = study(&body, &Changes::default());
    let (store, results) = finished(&study, &dir);
    let told = study.answer(&store).expect("it is known");
    assert!(told.again && told.files == results.files && told.notes == results.notes);
    assert_eq!(told.folded.groups, results.folded.groups);
    assert_eq!(told.folded.digests, results.folded.digests);
    assert_eq!(told.claims, results.claims);
    let by_size = complete::standing(&store).unwrap();
    assert!(by_size.by_size && by_size.done == standing(&store).unwrap().done);
    // Whatever changes, it is not believed.
    let summary = dir.join("summary.csv");
    let text = fs::read(&summary).unwrap();
    fs::write(&summary, &text[1..]).unwrap();
    assert!(study.answer(&store).is_none());
    fs::write(&summary, &text).unwrap();
    assert!(study.answer(&store).is_some());
    let mut words = super::many::study(&body, &Changes::default());
    words.presentation.title.push('!');
    assert!(words.answer(&store).is_none());
    let pack = chunk_files(&dir).remove(0);
    let file = fs::OpenOptions::new().write(true).open(&pack).unwrap();
    file.set_len(fs::metadata(&pack).unwrap().len() / 2).unwrap();
    assert!(study.answer(&store).is_none());
    assert!(!complete::standing(&study.store(&dir, false).unwrap()).unwrap().is_complete());
}

#[test]
fn runs_with_different_seeds_are_pooled() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let body = STUDY.replace("trials = 60", "trials = 12");
    for (seed, trials) in [(9, 12), (2, 5), (4, 7)] {
        let changes = Changes { seed: Some(seed), trials: Some(trials), ..Changes::default() };
        finished(&study(&body, &changes), &at(&seed.to_string()));
    }
    let dirs = |names: &[&str]| names.iter().map(|name| at(name)).collect::<Vec<_>>();
    let (store, _, pooled) = pool::pool(&dirs(&["9", "2", "4"]), &at("a")).unwrap();
    assert_eq!((pooled.folded.trials, store.plan().trials), (24, 24));
    assert_eq!(pooled.folded.seeds, [2, 4, 9]);
    pool::pool(&dirs(&["4", "9", "2"]), &at("b")).unwrap();
    // Again, over what was pooled before.
    pool::pool(&dirs(&["4", "9", "2"]), &at("a")).unwrap();
    for name in ["records.csv", "series.csv", "summary.csv", "report.html"] {
        assert!(fs::read(at("a").join(name)).unwrap() == fs::read(at("b").join(name)).unwrap());
    }
    // The rows are those of the runs, trials counted on.
    let rows = |name: &str, from: u64| -> Vec<String> {
        let mut reader = csv::Reader::from_path(at(name).join("records.csv")).unwrap();
        let trial = reader.headers().unwrap().iter().position(|column| column == "trial").unwrap();
        let row = |row: csv::StringRecord| {
            let cells = row.iter().enumerate().map(|(column, cell)| match column == trial {
                true => (cell.parse::<u64>().unwrap() + from).to_string(),
                false => cell.to_owned(),
            });
            cells.collect::<Vec<_>>().join(",")
        };
        reader.records().map(|found| row(found.unwrap())).collect()
    };
    let mut expected = [rows("2", 0), rows("4", 5), rows("9", 12)].concat();
    let mut found = rows("a", 0);
    expected.sort();
    found.sort();
    assert_eq!(found, expected);
    // Means are those of all samples.
    let group = |groups: &[noctule_lab::fold::GroupSummary], index: usize| {
        let summary = groups[index].metrics[0].unwrap();
        (summary.count as f64, summary.mean)
    };
    let runs = ["2", "4", "9"].map(|name| {
        let (store, presentation) = Store::open(&at(name)).unwrap();
        finish(&store, &presentation).unwrap().folded.groups
    });
    for index in 0..pooled.folded.groups.len() {
        let parts = runs.each_ref().map(|groups| group(groups, index));
        let total: f64 = parts.iter().map(|(count, _)| count).sum();
        let mean = parts.iter().map(|(count, mean)| count * mean).sum::<f64>() / total;
        let (count, found) = group(&pooled.folded.groups, index);
        assert!((count - total).abs() < 0.5 && (found - mean).abs() < 1e-12, "{index}");
    }
    // What does not go together is refused, and nothing is written.
    let other = body.replace("count = 3", "count = 4");
    finished(&study(&other, &Changes { seed: Some(1), ..Changes::default() }), &at("other"));
    let fixed = body.replace("trials = 12", "");
    finished(&study(&fixed, &Changes { seed: Some(1), ..Changes::default() }), &at("fixed"));
    fs::create_dir(at("mine")).unwrap();
    fs::write(at("mine/notes.txt"), "mine").unwrap();
    for (names, out, words) in [
        (&["2", "2"][..], "c", "same seed"),
        (&["2", "other"], "c", "not of one study"),
        (&["fixed", "2"], "c", "no trials to pool"),
        (&["2", "4"], "9", "the folder holds a run"),
        (&["2", "4"], "mine", "something else than a run"),
        (&[], "c", "no runs"),
    ] {
        let error = pool::pool(&dirs(names), &at(out)).unwrap_err();
        assert!(error.is_input() && error.to_string().contains(words), "{words}: {error}");
        assert!(!at("c").exists());
    }
    fs::remove_file(store_of(&at("4")).chunk_path(3)).unwrap();
    let error = pool::pool(&dirs(&["2", "4"]), &at("c")).unwrap_err();
    let whose = format!("chunks of {} are missing", at("4").display());
    assert!(error.is_incomplete() && error.to_string().contains(&whose), "{error}");
    assert!(!at("c").exists());
    let refused = pool::pool(&dirs(&["2", "9"]), &at("mine")).unwrap_err().to_string();
    assert!(refused.contains("--out") && !refused.contains("--force"), "{refused}");
}

fn store_of(dir: &Path) -> Store {
    Store::open(dir).unwrap().0
}

#[test]
fn the_first_failure_ends_a_run_that_is_told_so() {
    let body = STUDY.replace("break_down = \"infeasible\"", "break_down = \"failed\"");
    let folder = tempfile::tempdir().unwrap();
    let store = support::store(&body, folder.path());
    let chains = store.plan().prepare(&support::registry()).unwrap();
    let run = |fail_fast| {
        let options = RunOptions { threads: Some(1), fail_fast, ..RunOptions::default() };
        run::run(&store, &chains, &options, &Silent, &Interrupt::new())
    };
    let error = run(true).unwrap_err();
    assert!(matches!(error, LabError::Failed { trial: 2, .. }), "{error}");
    let text = error.to_string();
    assert!(text.contains("`exact` failed at point 0, trial 2: it broke"), "{text}");
    let report = run(false).unwrap();
    assert!(report.reused == 18 && report.rows.failed > 0, "{report:?}");
    let calm = support::store(STUDY, &folder.path().join("calm"));
    let chains = calm.plan().prepare(&support::registry()).unwrap();
    let options = RunOptions { fail_fast: true, ..RunOptions::default() };
    let report = run::run(&calm, &chains, &options, &Silent, &Interrupt::new()).unwrap();
    assert!(report.is_complete(), "infeasible is no failure");
}

/// What a stopped process has of a chunk that takes long is a beginning for the next.
#[test]
fn a_part_of_a_long_chunk_is_kept() {
    struct Stop(std::sync::atomic::AtomicU64, Interrupt);
    impl Progress for Stop {
        fn begin(&self, _: u64, _: u64) {}
        fn unit(&self, _: Step) {
            std::thread::sleep(std::time::Duration::from_millis(600));
            if self.0.fetch_sub(1, std::sync::atomic::Ordering::Relaxed) == 1 {
                self.1.raise();
            }
        }
    }
    let body = STUDY.replace("trials = 60", "trials = 48");
    let folder = tempfile::tempdir().unwrap();
    let (whole, cut) = (folder.path().join("whole"), folder.path().join("cut"));
    let reference = support::store(&body, &whole);
    support::run(&reference, &RunOptions::default());
    let store = support::store(&body, &cut);
    // The last chunk has four units; the others are there.
    let last = store.plan().chunks() - 1;
    for chunk in 0..last {
        let path = reference.chunk_path(chunk);
        fs::copy(&path, cut.join("chunks").join(path.file_name().unwrap())).unwrap();
    }
    let units = store.plan().chunk(last);
    assert!(units.end - units.start >= 4, "{units:?}");
    let chains = store.plan().prepare(&support::registry()).unwrap();
    let interrupt = Interrupt::new();
    let stop = Stop(3.into(), interrupt.clone());
    let report = run::run(&store, &chains, &RunOptions::default(), &stop, &interrupt).unwrap();
    assert!(report.interrupted);
    let part = cut.join("chunks").join(format!("c{last:06}-3.jsonl"));
    assert!(part.exists(), "{:?}", chunk_files(&cut));
    let again = support::store(&body, &cut);
    let report = support::run(&again, &RunOptions::default());
    // Points of the one unit that was left.
    assert_eq!((report.computed, report.rows.designed + report.rows.infeasible), (1, 3));
    assert!(!part.exists(), "of no use any more");
    assert!(results(&again) == results(&reference));
}

#[test]
fn shards_of_any_number_in_any_order_are_the_serial_run() {
    let folder = tempfile::tempdir().unwrap();
    let reference = support::store(STUDY, &folder.path().join("whole"));
    support::run(&reference, &RunOptions::default());
    let expected = results(&reference);
    let dir = folder.path().join("shards");
    // Another number of shards for every call: chunks do not belong to shards.
    for (index, count) in [(60, 64), (2, 3), (0, 5), (0, 3), (1, 3), (7, 1000)] {
        let store = support::store(STUDY, &dir);
        let options =
            RunOptions { shard: Shard { index, count }, threads: Some(2), ..RunOptions::default() };
        support::run(&store, &options);
    }
    assert!(results(&support::store(STUDY, &dir)) == expected);
    let presentation = Presentation::of(&support::parse(STUDY).unwrap(), &QUADRATIC, STUDY);
    let other = support::parse(&STUDY.replace("seed = 7", "seed = 8")).unwrap();
    let refused = Store::create(&dir, Plan::of(&other, &QUADRATIC), &presentation, false);
    assert!(matches!(refused, Err(LabError::OtherPlan { .. })), "two runs in one folder");
}
