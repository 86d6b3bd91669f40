//! `records.csv` and `series.csv`, written line by line.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::canonical::hex;
use crate::error::LabError;
use crate::experiment::plain;
use crate::files::Draft;
use crate::plan::Plan;
use crate::run::{Record, Store};

/// A CSV file that appears when it is finished, with the digest of what was written.
pub(super) struct Table {
    draft: Draft,
    digest: Sha256,
    pub(super) line: String,
}

impl Table {
    pub(super) fn of(store: &Store, name: &str) -> Result<Self, LabError> {
        let draft = Draft::of(&store.dir().join(name))?;
        Ok(Self { draft, digest: Sha256::new(), line: String::new() })
    }

    pub(super) fn end_line(&mut self) -> Result<(), LabError> {
        // The line ends with the comma after its last cell.
        self.line.pop();
        self.line.push('\n');
        self.digest.update(self.line.as_bytes());
        self.draft.push(self.line.as_bytes())?;
        self.line.clear();
        Ok(())
    }

    pub(super) fn finish(self) -> Result<String, LabError> {
        self.draft.finish()?;
        Ok(hex(&self.digest.finalize()))
    }
}

/// Append one cell: quoted where CSV needs it.
pub(super) fn text_cell(line: &mut String, text: &str) {
    if text.contains([',', '"', '\n', '\r']) {
        line.push('"');
        line.push_str(&text.replace('"', "\"\""));
        line.push('"');
    } else {
        line.push_str(text);
    }
    line.push(',');
}

/// Append a number in the shortest form that reads back exactly; nothing for an absent one.
pub(super) fn number_cell(line: &mut String, value: Option<f64>) {
    use std::fmt::Write as _;
    if let Some(value) = value {
        // Writing to a string cannot fail.
        let _ = write!(line, "{value:?}");
    }
    line.push(',');
}

pub(super) fn count_cell(line: &mut String, value: u64) {
    use std::fmt::Write as _;
    let _ = write!(line, "{value},");
}

/// The beginning of a line for every scheme and grid point, made once.
pub(super) fn keys(plan: &Plan) -> Vec<String> {
    let mut keys = Vec::new();
    for point in 0..plan.grid_len() {
        let mut key = String::new();
        count_cell(&mut key, point as u64);
        for value in plan.grid_values(point) {
            text_cell(&mut key, &plain(value));
        }
        keys.push(key);
    }
    keys
}

pub(super) fn header(line: &mut String, plan: &Plan, before: &[&str], after: &[&str]) {
    before.iter().for_each(|name| text_cell(line, name));
    text_cell(line, "point");
    plan.sweeps.iter().for_each(|sweep| text_cell(line, &sweep.path));
    after.iter().for_each(|name| text_cell(line, name));
}

/// The two long tables.
pub(super) struct Tables<'a> {
    plan: &'a Plan,
    keys: Vec<String>,
    records: Table,
    series: Table,
}

impl<'a> Tables<'a> {
    pub(super) fn create(store: &'a Store) -> Result<Self, LabError> {
        let plan = store.plan();
        let mut records = Table::of(store, "records.csv")?;
        let after = [
            "trial",
            "outcome",
            "stop",
            "proof",
            "residual",
            "bound",
            "gap_abs",
            "gap_rel",
            "bound_method",
            "violation",
            "objective_mismatch",
            "evaluations",
        ];
        header(&mut records.line, plan, &["scheme"], &after);
        plan.metrics.iter().for_each(|name| text_cell(&mut records.line, name));
        text_cell(&mut records.line, "reason");
        records.end_line()?;
        let mut series = Table::of(store, "series.csv")?;
        header(&mut series.line, plan, &["scheme"], &["trial", "series", "i", "j", "x", "value"]);
        series.end_line()?;
        Ok(Self { plan, keys: keys(plan), records, series })
    }

    pub(super) fn push(&mut self, record: &Record) -> Result<(), LabError> {
        let plan = self.plan;
        let (trial, chain) = plan.unit(record.unit);
        let scheme = &plan.schemes[plan.chain_scheme(chain)].id;
        for grid in plan.grid_points(chain, record.point as usize) {
            let line = &mut self.records.line;
            text_cell(line, scheme);
            line.push_str(&self.keys[grid]);
            count_cell(line, trial);
            record_cells(line, record);
            self.records.end_line()?;
            for (series, i, j, x, value) in &record.series {
                let line = &mut self.series.line;
                text_cell(line, scheme);
                line.push_str(&self.keys[grid]);
                count_cell(line, trial);
                text_cell(line, plan.series.get(usize::from(*series)).map_or("", String::as_str));
                count_cell(line, u64::from(*i));
                count_cell(line, u64::from(*j));
                number_cell(line, *x);
                number_cell(line, Some(*value));
                self.series.end_line()?;
            }
        }
        Ok(())
    }

    pub(super) fn finish(self) -> Result<BTreeMap<String, String>, LabError> {
        Ok(BTreeMap::from([
            ("records.csv".to_owned(), self.records.finish()?),
            ("series.csv".to_owned(), self.series.finish()?),
        ]))
    }
}

fn record_cells(line: &mut String, record: &Record) {
    text_cell(line, record.ending.as_str());
    text_cell(line, record.stop.map_or("", noctule_optim::Stop::as_str));
    text_cell(line, record.proof.as_str());
    number_cell(line, record.residual);
    let gap = record.gap.as_ref();
    number_cell(line, gap.map(|gap| gap.bound));
    number_cell(line, gap.map(|gap| gap.gap_abs));
    number_cell(line, gap.map(|gap| gap.gap_rel));
    text_cell(line, gap.map_or("", |gap| gap.method.as_str()));
    number_cell(line, record.violation);
    number_cell(line, record.objective_mismatch);
    count_cell(line, record.evaluations);
    record.metrics.iter().for_each(|value| number_cell(line, *value));
    text_cell(line, record.reason.as_deref().unwrap_or(""));
}
