//! Parquet, in builds that have it: what is read back is what `records.csv` says.
//!
//! `cargo xtask features` builds it so; elsewhere there is nothing here.

#![cfg(feature = "parquet")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::fs::File;

use noctule_lab::run::RunOptions;
use noctule_lab::{LabError, export, finish};
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::record::Field;

use support::STUDY;

#[test]
fn parquet_says_what_the_table_says() {
    let folder = tempfile::tempdir().unwrap();
    // A sweep of words beside those of numbers, and failures with quotes in their reasons.
    let body = STUDY.replace("break_down = \"infeasible\"\n", "").replace(
        "[[scheme]]\nname = \"exact\"",
        "[[sweep]]\npath = \"scenario.break_down\"\nvalues = [\"never\", \"failed\"]\n\
         [[scheme]]\nname = \"exact\"",
    );
    let store = support::store(&body, folder.path());
    let path = folder.path().join("records.parquet");
    assert!(export::parquet(&store, &path).unwrap_err().is_incomplete());
    assert!(!path.exists());
    support::run(&store, &RunOptions::default());
    let experiment = support::parse(&body).unwrap();
    let presentation =
        noctule_lab::presentation::Presentation::of(&experiment, &support::QUADRATIC, &body);
    finish(&store, &presentation).unwrap();
    let rows = export::parquet(&store, &path).unwrap();

    let mut table = csv::Reader::from_path(folder.path().join("records.csv")).unwrap();
    let names: Vec<String> = table.headers().unwrap().iter().map(str::to_owned).collect();
    let reader = SerializedFileReader::new(File::open(&path).unwrap()).unwrap();
    let mut found = reader.get_row_iter(None).unwrap();
    let mut count = 0;
    for expected in table.records() {
        let (expected, row) = (expected.unwrap(), found.next().unwrap().unwrap());
        for ((name, cell), (column, field)) in
            names.iter().zip(expected.iter()).zip(row.get_column_iter())
        {
            assert_eq!(name, column);
            let same = match field {
                Field::Null => cell.is_empty(),
                Field::Long(value) => cell == value.to_string(),
                // To the last bit.
                Field::Double(value) => {
                    cell.parse::<f64>().is_ok_and(|cell| cell.to_bits() == value.to_bits())
                }
                Field::Str(value) => cell == value,
                _ => false,
            };
            assert!(same, "row {count}, {name}: {cell} and {field:?}");
        }
        count += 1;
    }
    assert!(found.next().is_none());
    assert_eq!((rows, count), (60 * 9 * 3 * 2, 60 * 9 * 3 * 2));
    // A folder is not replaced, nor is a device: `/dev/full` would become a file.
    let error = export::parquet(&store, folder.path()).unwrap_err();
    assert!(error.is_input() && error.to_string().contains("is no file"), "{error}");
    let nowhere = folder.path().join("no/such/folder/records.parquet");
    assert!(matches!(export::parquet(&store, &nowhere), Err(LabError::Io { .. })));
}
