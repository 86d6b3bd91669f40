//! Packs that are damaged, of another plan, or not handed out just now.

use std::fs;
use std::path::{Path, PathBuf};

use noctule_lab::experiment::Changes;
use noctule_lab::fold::standing;
use noctule_lab::run::{RunOptions, RunReport, Silent};
use noctule_lab::{LabError, Study, finish};
use noctule_optim::Interrupt;

use super::many::{MANY, chunk_files, finished, outputs, study};

fn ran(study: &Study<'_>, dir: &Path) -> Result<RunReport, LabError> {
    let store = study.store(dir, false)?;
    study.run(&store, &RunOptions::default(), &Silent, &Interrupt::new())
}

fn merged(study: &Study<'_>, dir: &Path) -> Result<Vec<String>, LabError> {
    finish(&study.store(dir, false)?, &study.presentation).map(|results| results.notes)
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

/// A run in one pack.
fn packed(dir: &Path, study: &Study<'_>) -> PathBuf {
    finished(study, dir);
    let files = chunk_files(dir);
    assert_eq!(files.len(), 1);
    files[0].clone()
}

/// As much is computed as is lost; the damage has a name, and lies in `.bad`.
#[test]
fn damage_in_a_pack_is_found_and_computed_again() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("run");
    let study = study(MANY, &Changes::default());
    let pack = packed(&dir, &study);
    let bad = pack.with_extension("jsonl.bad");
    let before = outputs(&dir);
    let whole = fs::read(&pack).unwrap();
    let (size, chunks) = (whole.len(), study.plan.chunks());
    let flipped = |at: usize| {
        let mut flipped = whole.clone();
        flipped[at] ^= 1;
        flipped
    };
    for (content, least) in [
        // In a chunk; in the list; in the last line; its tail; most of it; all of it.
        (flipped(5000), 1),
        (flipped(size - 300), 0),
        (flipped(size - 20), 0),
        (whole[..size - 1].to_vec(), 0),
        (whole[..100].to_vec(), chunks),
        (Vec::new(), chunks),
    ] {
        for file in chunk_files(&dir) {
            fs::remove_file(file).unwrap();
        }
        let _ = fs::remove_file(&bad);
        fs::write(&pack, &content).unwrap();
        let found = standing(&study.store(&dir, false).unwrap()).unwrap();
        // Damage in a chunk shows there; in what says where chunks are, of the pack.
        assert_eq!((found.done, found.packs.len()), (chunks - least, usize::from(least != 1)));
        match merged(&study, &dir) {
            // No chunk is lost: the merge is right, and says what it found.
            Ok(notes) => {
                assert_eq!(least, 0);
                assert!(notes.iter().any(|note| note.contains(&name(&pack))), "{notes:?}");
                assert!(outputs(&dir) == before);
            }
            Err(error) => {
                assert!(error.is_incomplete() && least > 0, "{error}");
                let told = error.to_string();
                assert!(least > 1 || told.contains(&name(&pack)), "{told}");
            }
        }
        assert!(pack.exists(), "a merge moves nothing");
        let report = ran(&study, &dir).unwrap();
        assert_eq!((report.computed, report.healed), (least, vec![bad.clone()]));
        assert!(fs::read(&bad).unwrap() == content);
        assert!(merged(&study, &dir).unwrap().is_empty());
        assert!(outputs(&dir) == before);
        // What was computed again is there to stay, whatever lay under the name of its pack.
        let again = ran(&study, &dir).unwrap();
        assert_eq!((again.computed, again.healed.len()), (0, 0));
        assert_eq!(chunk_files(&dir).len(), 1, "{:?}", chunk_files(&dir));
    }
}

#[test]
fn a_pack_that_is_not_handed_out_stays() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("run");
    let study = study(MANY, &Changes::default());
    let pack = packed(&dir, &study);
    let before = outputs(&dir);
    let away = folder.path().join("away");
    let refused = || {
        let store = study.store(&dir, false).unwrap();
        let all = [
            standing(&store).unwrap_err(),
            ran(&study, &dir).unwrap_err(),
            merged(&study, &dir).unwrap_err(),
        ];
        for error in all {
            assert!(matches!(error, LabError::Io { .. }), "{error}");
            assert!(!error.is_input() && !error.is_incomplete());
        }
    };
    // Something that is no file has its name; so has the folder.
    fs::rename(&pack, &away).unwrap();
    fs::create_dir(&pack).unwrap();
    refused();
    fs::remove_dir(&pack).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // A pipe would be waited for.
        assert!(std::process::Command::new("mkfifo").arg(&pack).status().unwrap().success());
        refused();
        fs::remove_file(&pack).unwrap();
        fs::copy(&away, &pack).unwrap();
        fs::set_permissions(&pack, fs::Permissions::from_mode(0o0)).unwrap();
        // Whoever is root reads it all the same.
        if fs::File::open(&pack).is_err() {
            refused();
        }
        fs::remove_file(&pack).unwrap();
    }
    let packs = dir.join("chunks/packs");
    fs::remove_dir(&packs).unwrap();
    fs::write(&packs, "").unwrap();
    refused();
    fs::remove_file(&packs).unwrap();
    fs::create_dir(&packs).unwrap();
    fs::rename(&away, &pack).unwrap();
    assert_eq!(ran(&study, &dir).unwrap().computed, 0);
    merged(&study, &dir).unwrap();
    assert!(outputs(&dir) == before);
}

#[test]
fn a_chunk_that_is_a_pipe_is_not_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("run");
    let study = study(MANY, &Changes::default());
    let store = study.store(&dir, false).unwrap();
    fs::create_dir_all(dir.join("chunks")).unwrap();
    // A folder is as good as a pipe, and there on every system.
    fs::create_dir(store.chunk_path(1)).unwrap();
    assert!(matches!(ran(&study, &dir), Err(LabError::Io { .. })));
    #[cfg(unix)]
    {
        fs::remove_dir(store.chunk_path(1)).unwrap();
        let made = std::process::Command::new("mkfifo").arg(store.chunk_path(1)).status();
        assert!(made.unwrap().success());
        assert!(matches!(standing(&store), Err(LabError::Io { .. })));
        assert!(matches!(ran(&study, &dir), Err(LabError::Io { .. })));
    }
}

#[test]
fn a_pack_of_another_plan_is_refused_by_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let ours = study(MANY, &Changes::default());
    let theirs = study(MANY, &Changes { seed: Some(8), ..Changes::default() });
    let foreign = packed(&at("theirs"), &theirs);
    let whole = fs::read(&foreign).unwrap();
    packed(&at("ours"), &ours);
    // Also where its list does not say so any more.
    for content in [&whole[..], &whole[..whole.len() - 1]] {
        let path = at("ours/chunks/packs").join(name(&foreign));
        fs::write(&path, content).unwrap();
        let store = ours.store(&at("ours"), false).unwrap();
        let all = [
            standing(&store).unwrap_err(),
            ran(&ours, &at("ours")).unwrap_err(),
            merged(&ours, &at("ours")).unwrap_err(),
        ];
        for error in all {
            assert!(error.is_input() && error.to_string().contains(&name(&path)), "{error}");
        }
        fs::remove_file(&path).unwrap();
    }
    assert_eq!(ran(&ours, &at("ours")).unwrap().computed, 0);
}
