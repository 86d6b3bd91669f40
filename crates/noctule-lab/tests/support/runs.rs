//! What becomes of a folder of results: larger and smaller runs, damage, forgery, sizes.

use std::fs;
use std::path::Path;

use noctule_lab::LabError;
use noctule_lab::experiment::Changes;
use noctule_lab::fold::{Wanted, fold, standing};
use noctule_lab::plan::Plan;
use noctule_lab::presentation::Presentation;
use noctule_lab::run::{self, RunOptions, RunReport, Silent, Store};
use noctule_optim::Interrupt;

use super::support::effort::effort;
use super::support::{self, QUADRATIC, STUDY};
use super::{forge, results};

/// Numbers that are the same every time.
struct Random(u64);

impl Random {
    const fn new(seed: u64) -> Self {
        Self(seed)
    }

    const fn below(&mut self, count: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % count
    }
}

/// A small study with chains, repeated chains and a scheme of every kind.
fn small(trials: u64) -> String {
    STUDY.replace("trials = 60", &format!("trials = {trials}"))
}

fn sized(body: &str, trials: u64, dir: &Path) -> Result<Store, LabError> {
    let experiment =
        support::changed(body, &Changes { trials: Some(trials), ..Changes::default() });
    let presentation = Presentation::of(&experiment, &QUADRATIC, body);
    Store::create(dir, Plan::of(&experiment, &QUADRATIC), &presentation, false)
}

fn run(body: &str, trials: u64, dir: &Path) -> (Store, RunReport) {
    let store = sized(body, trials, dir).unwrap();
    let report = support::run(&store, &RunOptions::default());
    (store, report)
}

#[test]
fn campaign_sizes_of_a_run() {
    let mut random = Random::new(13);
    let folder = tempfile::tempdir().unwrap();
    let precise = "
trials = 40
[precision]
metric = \"cost\"
standard_error = 0.11
round_trials = 12
[[scheme]]
name = \"exact\"
[[scheme]]
name = \"rough\"
";
    for case in 0..2 * effort::<u64>() {
        let body = if case % 2 == 0 { STUDY } else { precise };
        let dir = folder.path().join(format!("grown-{case}"));
        let mut most = 0;
        for step in 0..4 {
            let trials = 1 + random.below(80) as u64;
            let (store, report) = run(body, trials, &dir);
            if trials <= most {
                assert_eq!(report.computed, 0, "{trials} trials are a part of {most}");
            }
            most = most.max(trials);
            let fresh = folder.path().join(format!("fresh-{case}-{step}"));
            let (fresh, whole) = run(body, trials, &fresh);
            assert!(results(&store) == results(&fresh), "{trials} trials in a folder of {most}");
            assert_eq!(standing(&store).unwrap().total, standing(&fresh).unwrap().total);
            assert!(report.computed <= whole.computed);
        }
    }
}

#[test]
fn more_trials_compute_only_what_is_new() {
    let folder = tempfile::tempdir().unwrap();
    let (_, first) = run(STUDY, 20, folder.path());
    let (_, more) = run(STUDY, 21, folder.path());
    // 180 units end within a chunk of two; nine units follow.
    assert_eq!((first.rows.designed + first.rows.infeasible) / 20, 27);
    assert_eq!(more.rows.designed + more.rows.infeasible, 27, "one trial");
}

#[test]
fn what_differs_between_two_plans_is_said_in_words() {
    let folder = tempfile::tempdir().unwrap();
    support::store(STUDY, folder.path());
    let body = STUDY
        .replace("[scenario]\n", "[scenario]\noffset = 3\n")
        .replace("values = [0, 10, 20]", "values = [0, 10, 30]")
        .replace("trials = 60", "trials = 61");
    let experiment = support::parse(&body).unwrap();
    let presentation = Presentation::of(&experiment, &QUADRATIC, &body);
    let plan = Plan::of(&experiment, &QUADRATIC);
    let error = Store::create(folder.path(), plan, &presentation, false).unwrap_err().to_string();
    for words in [
        "trials 60 → 61",
        "scenario.power_dbm 3 values (0.0, 10.0, 20.0) → 3 values (0.0, 10.0, 30.0)",
    ] {
        assert!(error.contains(words), "{error}");
    }
    assert!(error.contains("scenario.offset 2.0 → 3.0"), "{error}");
}

#[test]
fn plans_of_the_earlier_layout_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("plan.json"), "{\"format\":\"noctule-plan/1\"}").unwrap();
    for error in
        [Store::open(folder.path()).unwrap_err(), sized(STUDY, 60, folder.path()).unwrap_err()]
    {
        let text = error.to_string();
        assert!(error.is_input() && text.contains("earlier noctule"), "{text}");
    }
}

#[test]
fn an_edited_plan_is_refused_at_once() {
    let folder = tempfile::tempdir().unwrap();
    support::store(STUDY, folder.path());
    let path = folder.path().join("plan.json");
    let text = fs::read_to_string(&path).unwrap();
    for (from, to) in [
        ("\"trials\":60", "\"trials\":100000000000000"),
        ("\"trials\":60", "\"trials\":0"),
        ("\"schemes\":null", "\"schemes\":[9]"),
    ] {
        assert!(text.contains(from), "{text}");
        fs::write(&path, text.replace(from, to)).unwrap();
        let error = Store::open(folder.path()).unwrap_err();
        assert!(error.is_incomplete(), "{to}: {error}");
    }
}

#[test]
fn rows_that_are_not_those_of_the_chunk_are_no_results() {
    let folder = tempfile::tempdir().unwrap();
    support::run(&support::store(STUDY, folder.path()), &RunOptions::default());
    let store = support::store(STUDY, folder.path());
    let text = fs::read_to_string(store.chunk_path(2)).unwrap();
    let row = text.lines().nth(1).unwrap();
    let metrics = &row[row.find("\"m\":[").unwrap()..=row.find(']').unwrap()];
    for (from, to, words) in [
        ("\"u\":2,\"p\":0", "\"u\":2,\"p\":1", "not of unit 2, point 0"),
        ("\"u\":2,\"p\":0", "\"u\":2,\"p\":77", "not of unit 2, point 0"),
        ("\"u\":2,\"p\":0", "\"u\":3,\"p\":0", "not of unit 2, point 0"),
        (metrics, "\"m\":[1.0]", "1 metrics instead of 3"),
    ] {
        fs::write(store.chunk_path(2), &text).unwrap();
        forge(&store, 2, from, to);
        let error = fold(&store, &Wanted::default()).unwrap_err();
        assert!(error.is_incomplete() && error.to_string().contains(words), "{error}");
    }
    let twice = format!("{row}\n{row}\n");
    for (rows, count) in [("", 2), (twice.as_str(), 4)] {
        fs::write(store.chunk_path(2), &text).unwrap();
        forge(&store, 2, &format!("{row}\n"), rows);
        forge(&store, 2, "\"rows\":3", &format!("\"rows\":{count}"));
        let error = fold(&store, &Wanted::default()).unwrap_err();
        assert!(error.is_incomplete() && error.to_string().contains("its units have 3"), "{error}");
    }
}

#[cfg(unix)]
#[test]
fn a_chunk_that_cannot_be_read_is_not_taken_for_damaged() {
    let folder = tempfile::tempdir().unwrap();
    let store = support::store(STUDY, folder.path());
    support::run(&store, &RunOptions::default());
    let path = store.chunk_path(4);
    fs::remove_file(&path).unwrap();
    std::os::unix::fs::symlink(path.file_name().unwrap(), &path).unwrap();
    let chains = store.plan().prepare(&support::registry()).unwrap();
    let ran = run::run(&store, &chains, &RunOptions::default(), &Silent, &Interrupt::new());
    for error in [ran.unwrap_err(), standing(&store).unwrap_err()] {
        assert!(matches!(error, LabError::Io { .. }), "{error}");
    }
    assert!(path.is_symlink() && !path.with_extension("jsonl.bad").exists());
}

#[test]
fn campaign_damaged_chunks() {
    let mut random = Random::new(7);
    let folder = tempfile::tempdir().unwrap();
    let reference = results(&run(&small(3), 3, &folder.path().join("whole")).0);
    let dir = folder.path().join("damaged");
    for case in 0..30 * effort::<u64>() {
        let (store, _) = run(&small(3), 3, &dir);
        let path = store.chunk_path(random.below(store.plan().chunks() as usize) as u64);
        let mut bytes = fs::read(&path).unwrap();
        let at = random.below(bytes.len());
        match random.below(4) {
            0 => bytes[at] ^= 1 << random.below(8),
            1 => bytes.truncate(at),
            2 => bytes.insert(at, b' '),
            _ => drop(bytes.remove(at)),
        }
        fs::write(&path, bytes).unwrap();
        assert!(fold(&store, &Wanted::default()).is_err(), "case {case}");
        let report = support::run(&store, &RunOptions::default());
        assert_eq!((report.healed.len(), report.computed), (1, 1), "case {case}");
        assert!(results(&store) == reference, "case {case}");
    }
}

#[test]
fn chains_prepared_on_demand_are_the_same() {
    let points = 3000;
    let body = format!(
        "trials = 1\n[scenario]\nnoise = 0.0\n[[sweep]]\npath = \"scenario.offset\"\nlinspace = \
         {{ start = 0, stop = 1, count = {points} }}\n[[scheme]]\nname = \"rough\"\n"
    );
    let folder = tempfile::tempdir().unwrap();
    let store = support::store(&body, folder.path());
    assert_eq!(store.plan().chain_count(), points);
    support::run(&store, &RunOptions::default());
    let folded = fold(&store, &Wanted::default()).unwrap();
    assert_eq!(folded.groups.len(), points);
    assert!(folded.groups.iter().all(|group| group.designed == 1));
    let last = folded.groups[points - 1].metrics[0].unwrap().mean;
    assert!((last - 1.25).abs() < 1e-12, "{last}");
}
