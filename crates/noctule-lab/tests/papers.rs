//! The settings of public code, as files: each is read, run and believed.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::fs;
use std::path::{Path, PathBuf};

use noctule::Interrupt;
use noctule_lab::experiment::Changes;
use noctule_lab::run::{RunOptions, Silent};
use noctule_lab::{Request, Study, builtin, systems};

fn files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples").join(folder);
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// Run a file at the size of continuous integration; every row is a design that is believed.
fn run(file: &Path, out: &Path) -> String {
    let name = file.file_stem().unwrap().to_string_lossy().into_owned();
    let registry = systems::registry();
    let source = builtin::open(&file.display().to_string()).unwrap();
    let request = Request {
        changes: Changes { ci: true, ..Changes::default() },
        out: Some(out.join(&name)),
        ..Request::default()
    };
    let opened =
        Study::open(&source, request, &registry).unwrap_or_else(|error| panic!("{name}: {error}"));
    let store = opened.store(|_| ()).unwrap();
    let options = RunOptions { threads: Some(1), ..RunOptions::default() };
    let report = opened.study.run(&store, &options, &Silent, &Interrupt::new()).unwrap();
    let rows = report.rows;
    assert!(rows.designed > 0, "{name}: {rows:?}");
    assert!(rows.unsound == 0 && rows.failed == 0 && rows.not_run == 0, "{name}: {rows:?}");
    opened.experiment.text
}

#[test]
fn every_setting_of_public_code_runs() {
    let files = files("papers");
    assert!(files.len() >= 10, "{} files", files.len());
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/your-paper.md");
    let page = fs::read_to_string(page).unwrap();
    let out = tempfile::tempdir().unwrap();
    for file in files {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        assert!(page.contains(&format!("`{name}`")), "{name} is not on docs/your-paper.md");
        let text = run(&file, out.path());
        assert!(text.contains("Theirs (") && text.contains("Here: "), "{name}");
    }
}
