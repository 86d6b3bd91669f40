//! Records as Parquet: the columns of `records.csv` with their types, for programs that read columns.
//!
//! Counts are 64-bit integers, numbers are doubles, words are strings, and an empty cell is null. A
//! sweep is a column of doubles where all its values are numbers, and of strings otherwise. Rows are
//! written a group at a time; memory does not grow with their number.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use noctule_num::InputError;
use parquet::basic::{Compression, ConvertedType, Repetition, Type as Physical};
use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::Type;

use crate::error::LabError;
use crate::experiment::plain;
use crate::files::Temporary;
use crate::fold::chunks_of;
use crate::plan::Plan;
use crate::run::{Record, Store};

/// Rows of a group: a few ten megabytes in memory.
const ROWS: usize = 1 << 16;

/// The cells of one column in the group that is being filled.
enum Cells {
    Count(Vec<i64>),
    Number(Vec<Option<f64>>),
    Word(Vec<Option<ByteArray>>),
}

impl Cells {
    fn count(&mut self, value: u64) {
        if let Self::Count(cells) = self {
            cells.push(value.try_into().unwrap_or(i64::MAX));
        }
    }

    fn number(&mut self, value: Option<f64>) {
        if let Self::Number(cells) = self {
            cells.push(value);
        }
    }

    fn word(&mut self, value: Option<&str>) {
        if let Self::Word(cells) = self {
            cells.push(value.map(ByteArray::from));
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Count(cells) => cells.len(),
            Self::Number(cells) => cells.len(),
            Self::Word(cells) => cells.len(),
        }
    }
}

/// Names and kinds of the columns, in the order of `records.csv`.
fn columns(plan: &Plan) -> Vec<(String, Cells)> {
    let count = || Cells::Count(Vec::new());
    let number = || Cells::Number(Vec::new());
    let word = || Cells::Word(Vec::new());
    let mut all = vec![("scheme".to_owned(), word()), ("point".to_owned(), count())];
    for sweep in &plan.sweeps {
        let numbers = sweep.values.iter().all(serde_json::Value::is_number);
        all.push((sweep.path.clone(), if numbers { number() } else { word() }));
    }
    for (name, cells) in [
        ("trial", count()),
        ("outcome", word()),
        ("stop", word()),
        ("proof", word()),
        ("residual", number()),
        ("bound", number()),
        ("gap_abs", number()),
        ("gap_rel", number()),
        ("bound_method", word()),
        ("violation", number()),
        ("objective_mismatch", number()),
        ("evaluations", count()),
    ] {
        all.push((name.to_owned(), cells));
    }
    all.extend(plan.metrics.iter().map(|name| (name.clone(), number())));
    all.push(("reason".to_owned(), word()));
    all
}

/// Write the records of a complete run to a file; the number of rows.
///
/// # Errors
/// When chunks are missing or damaged, or the file system refuses.
pub fn parquet(store: &Store, path: &Path) -> Result<u64, LabError> {
    let plan = store.plan();
    let chunks = chunks_of(store)?;
    let mut columns = columns(plan);
    let fail = |error: ParquetError| LabError::Io {
        action: "write",
        path: path.to_owned(),
        source: std::io::Error::other(error),
    };
    if path.exists() && !path.is_file() {
        let what = "what has this name is no file, and cannot be replaced by one";
        let (place, allowed) = (path.display().to_string(), "a file, or a name that is free");
        return Err(InputError::new(what, place, "a folder, a device or a pipe", allowed).into());
    }
    let temporary = Temporary::beside(path);
    let file = temporary.create().map_err(LabError::io("write", path))?;
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_created_by(format!("noctule {}", plan.version))
        .build();
    let schema = Arc::new(schema(&columns).map_err(fail)?);
    let mut writer = SerializedFileWriter::new(file, schema, Arc::new(properties)).map_err(fail)?;
    let mut rows = 0;
    for chunk in 0..chunks {
        store.each_record(chunk, |record| {
            rows += push(&mut columns, &record, plan);
            if columns[0].1.len() >= ROWS {
                group(&mut writer, &mut columns).map_err(fail)?;
            }
            Ok(())
        })?;
    }
    group(&mut writer, &mut columns).map_err(fail)?;
    let file = writer.into_inner().map_err(fail)?;
    file.sync_all().map_err(LabError::io("write", path))?;
    temporary.rename(path).map_err(LabError::io("write", path))?;
    Ok(rows)
}

fn schema(columns: &[(String, Cells)]) -> Result<Type, ParquetError> {
    let field = |(name, cells): &(String, Cells)| {
        let (physical, repetition) = match cells {
            Cells::Count(_) => (Physical::INT64, Repetition::REQUIRED),
            Cells::Number(_) => (Physical::DOUBLE, Repetition::OPTIONAL),
            Cells::Word(_) => (Physical::BYTE_ARRAY, Repetition::OPTIONAL),
        };
        let mut field = Type::primitive_type_builder(name, physical).with_repetition(repetition);
        if physical == Physical::BYTE_ARRAY {
            field = field.with_converted_type(ConvertedType::UTF8);
        }
        field.build().map(Arc::new)
    };
    let fields = columns.iter().map(field).collect::<Result<_, _>>()?;
    Type::group_type_builder("records").with_fields(fields).build()
}

/// One record, at every grid point it stands for; how many rows that were.
fn push(columns: &mut [(String, Cells)], record: &Record, plan: &Plan) -> u64 {
    let (trial, chain) = plan.unit(record.unit);
    let scheme = &plan.schemes[plan.chain_scheme(chain)].id;
    let points = plan.grid_points(chain, record.point as usize);
    for point in &points {
        let mut cells = columns.iter_mut().map(|(_, cells)| cells);
        let mut next = |fill: &mut dyn FnMut(&mut Cells)| {
            if let Some(cells) = cells.next() {
                fill(cells);
            }
        };
        next(&mut |cells| cells.word(Some(scheme)));
        next(&mut |cells| cells.count(*point as u64));
        for value in plan.grid_values(*point) {
            next(&mut |cells| match cells {
                Cells::Number(_) => cells.number(value.as_f64()),
                _ => cells.word(Some(&plain(value))),
            });
        }
        let gap = record.gap.as_ref();
        next(&mut |cells| cells.count(trial));
        next(&mut |cells| cells.word(Some(record.ending.as_str())));
        next(&mut |cells| cells.word(record.stop.map(noctule_optim::Stop::as_str)));
        next(&mut |cells| cells.word(Some(record.proof.as_str())));
        next(&mut |cells| cells.number(record.residual));
        next(&mut |cells| cells.number(gap.map(|gap| gap.bound)));
        next(&mut |cells| cells.number(gap.map(|gap| gap.gap_abs)));
        next(&mut |cells| cells.number(gap.map(|gap| gap.gap_rel)));
        next(&mut |cells| cells.word(gap.map(|gap| gap.method.as_str())));
        next(&mut |cells| cells.number(record.violation));
        next(&mut |cells| cells.number(record.objective_mismatch));
        next(&mut |cells| cells.count(record.evaluations));
        for value in &record.metrics {
            next(&mut |cells| cells.number(*value));
        }
        next(&mut |cells| cells.word(record.reason.as_deref()));
    }
    points.len() as u64
}

/// Write the rows that are there, and begin anew.
fn group(
    writer: &mut SerializedFileWriter<File>,
    columns: &mut [(String, Cells)],
) -> Result<(), ParquetError> {
    if columns[0].1.len() == 0 {
        return Ok(());
    }
    let mut group = writer.next_row_group()?;
    for (_, cells) in columns {
        let Some(mut column) = group.next_column()? else { break };
        match cells {
            Cells::Count(cells) => {
                column.typed::<Int64Type>().write_batch(cells, None, None)?;
                cells.clear();
            }
            Cells::Number(cells) => {
                let (values, levels) = dense(cells);
                column.typed::<DoubleType>().write_batch(&values, Some(&levels), None)?;
            }
            Cells::Word(cells) => {
                let (values, levels) = dense(cells);
                column.typed::<ByteArrayType>().write_batch(&values, Some(&levels), None)?;
            }
        }
        column.close()?;
    }
    group.close().map(|_| ())
}

/// What is there, and where it is.
fn dense<T>(cells: &mut Vec<Option<T>>) -> (Vec<T>, Vec<i16>) {
    let levels = cells.iter().map(|cell| i16::from(cell.is_some())).collect();
    (cells.drain(..).flatten().collect(), levels)
}
