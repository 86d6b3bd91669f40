//! What is in a folder already: failures, chunks of another build, damage that changes no size, pools.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use noctule_lab::experiment::Changes;
use noctule_lab::fold::standing;
use noctule_lab::run::{self, RunOptions, Shard, Silent, build};
use noctule_lab::{LabError, canonical, complete, finish, pool};
use noctule_optim::Interrupt;

use super::forge;
use super::many::{MANY, chunk_files, finished, outputs, study};
use super::support::{self, STUDY};

/// Everything in a folder, by name.
fn all(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(all(&path));
        } else {
            found.insert(path.clone(), fs::read(&path).unwrap());
        }
    }
    found
}

/// A failure of an earlier call ends a run that is told to end with the first, before anything is
/// computed.
#[test]
fn a_failure_that_is_there_ends_a_run_that_is_told_so() {
    let body = STUDY.replace("break_down = \"infeasible\"", "break_down = \"failed\"");
    let folder = tempfile::tempdir().unwrap();
    let store = support::store(&body, folder.path());
    let chains = store.plan().prepare(&support::registry()).unwrap();
    let run = |fail_fast, index, count| {
        let shard = Shard { index, count };
        let options = RunOptions { threads: Some(1), fail_fast, shard };
        run::run(&store, &chains, &options, &Silent, &Interrupt::new())
    };
    // Shards of which one has a failure and one has none.
    let failing = |index| {
        let shard = Shard { index, count: 9 };
        store.stored_failure(shard, |_, ending| ending.is_failure()).unwrap()
    };
    run(false, 0, 1).unwrap();
    fs::remove_file(store.chunk_path(0)).unwrap();
    let error = run(true, 0, 1).unwrap_err();
    assert!(matches!(error, LabError::Failed { trial: 2, earlier: true, .. }), "{error}");
    let text = error.to_string();
    assert!(text.contains("point 0, trial 2, in an earlier call: it broke"), "{text}");
    assert!(!store.chunk_path(0).exists(), "nothing is computed");
    let parts: Vec<bool> = (0..9).map(|index| failing(index).is_some()).collect();
    for (index, fails) in parts.iter().enumerate() {
        assert_eq!(run(true, index as u64, 9).is_err(), *fails, "{index}");
    }
    // Of one scheme alone; and none where none is asked for.
    let of = |id: &str| {
        store.stored_failure(Shard::default(), |scheme, end| scheme == id && end.is_failure())
    };
    assert!(of("nobody").unwrap().is_none());
    let ids: Vec<&str> = store.plan().schemes.iter().map(|scheme| scheme.id.as_str()).collect();
    for id in ids {
        let error = of(id).unwrap().unwrap().to_string();
        assert!(error.contains(&format!("`{id}` failed")), "{error}");
    }
}

/// More trials, fewer, or other words for chunks of another build: refused, and nothing is changed.
#[test]
fn what_another_build_is_refused_leaves_the_folder_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let other = "x".repeat(build::id().len());
    for (name, trials) in [("files", 30), ("packed", 700)] {
        let dir = folder.path().join(name);
        let changes = |trials| Changes { trials: Some(trials), ..Changes::default() };
        let ours = study(MANY, &changes(trials));
        finished(&ours, &dir);
        let files = chunk_files(&dir);
        assert_eq!(files.len() == 1, name == "packed");
        if name == "packed" {
            // The first line of the last chunk in it.
            let text = fs::read_to_string(&files[0]).unwrap();
            let at = text.rfind("{\"format\":\"noctule-chunk/").unwrap();
            let (head, tail) = text.split_at(at);
            fs::write(&files[0], head.to_owned() + &tail.replacen(build::id(), &other, 1)).unwrap();
        } else {
            forge(&ours.store(&dir, false).unwrap(), 7, build::id(), &other);
        }
        let before = all(&dir);
        let mut words = study(MANY, &changes(trials));
        words.presentation.title.push('!');
        for asked in [study(MANY, &changes(trials + 1)), study(MANY, &changes(20)), words] {
            let error = asked.store(&dir, false).unwrap_err();
            assert!(matches!(&error, LabError::Foreign { what: "build", .. }), "{error}");
            assert!(error.to_string().contains("chunks/"), "{error}");
            assert!(all(&dir) == before, "{name}");
        }
        // What changes nothing opens it, to be merged by whoever can.
        assert!(ours.store(&dir, false).is_ok());
    }
}

#[test]
fn what_is_damaged_again_is_kept_again() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let store = support::store(STUDY, dir);
    support::run(&store, &RunOptions::default());
    let path = store.chunk_path(3);
    let whole = fs::read(&path).unwrap();
    let mut bad = Vec::new();
    for end in [10, 20, 30] {
        fs::write(&path, &whole[..end]).unwrap();
        bad.extend(support::run(&store, &RunOptions::default()).healed);
        assert!(fs::read(&path).unwrap() == whole);
    }
    let names = ["jsonl.bad", "jsonl.bad.2", "jsonl.bad.3"].map(|name| path.with_extension(name));
    assert_eq!(bad, names);
    for (name, end) in names.iter().zip([10, 20, 30]) {
        assert!(fs::read(name).unwrap() == whole[..end]);
    }
}

/// Damage that changes no size, in a run that is too large to be read for every question.
#[test]
fn damage_of_equal_size_is_found_by_who_looks_and_said_to_be_unseen_by_who_does_not() {
    let body = MANY.replace("trials = 700", "trials = 90000").replace("[0, 10]", "[0]");
    let body = body.replace("= 10 } }", "= 0 } }");
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("run");
    let study = study(&body, &Changes::default());
    let (store, _) = finished(&study, &dir);
    assert!(complete::changed(&store).unwrap().is_empty());
    let read = standing(&store).unwrap();
    assert!(read.is_complete() && !read.by_size && read.packs.is_empty());
    let flip = |path: &Path, at: usize| {
        let mut bytes = fs::read(path).unwrap();
        bytes[at] ^= 1;
        fs::write(path, bytes).unwrap();
    };
    // A result; a chunk; the list of a pack, which loses nothing.
    flip(&dir.join("summary.csv"), 400);
    assert_eq!(complete::changed(&store).unwrap(), [("summary.csv".into(), "it was changed")]);
    fs::remove_file(dir.join("report.html")).unwrap();
    assert_eq!(complete::changed(&store).unwrap()[0], ("report.html".into(), "it is gone"));
    finish(&store, &study.presentation).unwrap();
    assert!(complete::changed(&store).unwrap().is_empty());
    let pack = chunk_files(&dir).remove(0);
    flip(&pack, 5000);
    let store = study.store(&dir, false).unwrap();
    assert!(complete::standing(&store).unwrap().by_size, "the sizes are what they were");
    assert_eq!(standing(&store).unwrap().torn.len(), 1);
    flip(&pack, 5000);
    flip(&pack, fs::metadata(&pack).unwrap().len() as usize - 20);
    let read = standing(&study.store(&dir, false).unwrap()).unwrap();
    assert!(read.is_complete() && read.packs == [pack.clone()], "{:?}", read.packs);
    let chains = study.plan.prepare(&support::registry()).unwrap();
    let store = study.store(&dir, false).unwrap();
    let options = RunOptions::default();
    let report = run::run(&store, &chains, &options, &Silent, &Interrupt::new()).unwrap();
    assert_eq!((report.computed, report.healed.len()), (0, 1));
    assert!(standing(&store).unwrap().packs.is_empty());
}

/// A pool over one of other runs: the older is kept beside it, and no folder holds files of both.
#[test]
fn a_pool_of_other_runs_is_moved_aside() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let body = STUDY.replace("trials = 60", "trials = 12");
    for seed in [2, 4, 9] {
        let changes = Changes { seed: Some(seed), ..Changes::default() };
        finished(&study(&body, &changes), &at(&seed.to_string()));
    }
    let dirs = |names: &[&str]| names.iter().map(|name| at(name)).collect::<Vec<_>>();
    pool::pool(&dirs(&["2", "4"]), &at("p")).unwrap();
    let before = outputs(&at("p"));
    let (_, _, all) = pool::pool(&dirs(&["2", "4", "9"]), &at("p")).unwrap();
    assert!(all.notes.iter().any(|note| note.contains("p.old")), "{:?}", all.notes);
    assert!(outputs(&at("p.old")) == before && outputs(&at("p")) != before);
    // The same runs again, in another order: nothing is moved.
    pool::pool(&dirs(&["9", "4", "2"]), &at("p")).unwrap();
    assert!(!at("p.old.2").exists());
    // One that was stopped, of other runs, is moved too: it may hold anything.
    let half = fs::read_to_string(at("p/pooled.json")).unwrap();
    fs::write(at("p/pooled.json"), half.replacen('{', "{\"unfinished\":true,", 1)).unwrap();
    pool::pool(&dirs(&["2", "4"]), &at("p")).unwrap();
    assert!(at("p.old.2/pooled.json").exists());
    assert!(outputs(&at("p")) == before);
    let manifest = fs::read_to_string(at("p/manifest.json")).unwrap();
    let digest = canonical::sha256(&fs::read(at("p/records.csv")).unwrap());
    assert!(manifest.contains(&digest));
}
