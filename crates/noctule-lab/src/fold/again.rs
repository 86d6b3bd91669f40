//! Reading `summary.csv` back.

use noctule_num::InputError;
use noctule_num::stats::Summary;

use super::summary::GroupSummary;
use super::tables::keys;
use crate::plan::Plan;

/// The groups of a summary that a run of this plan, or of one with more metrics, has written.
///
/// # Errors
/// A table that is none, or that has no row for a scheme, a point or a metric of the plan.
pub fn groups_of(plan: &Plan, text: &str) -> Result<Vec<GroupSummary>, InputError> {
    let refused = |what: String, place: String| {
        InputError::new(what, place, "another table", "the summary of a run of this experiment")
    };
    let mut lines = rows(text);
    let header = lines.next().unwrap_or_default();
    let column = |name: &str| header.iter().position(|cell| cell == name);
    let Some(columns) = Columns::of(column) else {
        return Err(refused("this is not a summary".into(), "summary.csv, first line".into()));
    };
    let (points, keys) = (plan.grid_len(), keys(plan));
    let group = |index: usize| GroupSummary {
        scheme: index / points,
        point: index % points,
        metrics: vec![None; plan.metrics.len()],
        ..GroupSummary::default()
    };
    let mut groups: Vec<GroupSummary> = (0..plan.schemes.len() * points).map(group).collect();
    let mut seen = vec![vec![false; plan.metrics.len()]; groups.len()];
    for (number, row) in lines.enumerate() {
        let cell = |k: usize| row.get(k).map_or("", String::as_str);
        let scheme = plan.schemes.iter().position(|scheme| scheme.id == cell(columns.scheme));
        let metric = plan.metrics.iter().position(|name| name == cell(columns.metric));
        let point = cell(columns.point).parse::<usize>().ok().filter(|point| *point < points);
        // A scheme or a metric that the experiment no longer has is nothing to it.
        let (Some(scheme), Some(metric)) = (scheme, metric) else { continue };
        let swept = row.get(columns.point..columns.metric).unwrap_or(&[]);
        let Some(point) = point.filter(|point| cells(keys[*point].trim_end_matches(',')) == swept)
        else {
            let what = "the experiment has no such point".to_owned();
            return Err(refused(what, format!("summary.csv, line {}", number + 2)));
        };
        let index = scheme * points + point;
        seen[index][metric] = true;
        groups[index].metrics[metric] = summary(&row, &columns);
        let count = |k: usize| cell(columns.counts + k).parse().unwrap_or(0);
        let counts = [0, 1, 2, 3, 4].map(count);
        let group = &mut groups[index];
        [group.designed, group.infeasible, group.unsound, group.failed, group.not_run] = counts;
    }
    let absent = seen.iter().enumerate().find_map(|(index, metrics)| {
        let metric = metrics.iter().position(|seen| !seen)?;
        let scheme = &plan.schemes[index / points].id;
        Some(format!("{} of {scheme} at point {}", plan.metrics[metric], index % points))
    });
    match absent {
        Some(absent) => Err(refused(format!("there is no {absent}"), "summary.csv".into())),
        None => Ok(groups),
    }
}

/// Where things are in a row.
struct Columns {
    scheme: usize,
    point: usize,
    metric: usize,
    numbers: usize,
    counts: usize,
}

impl Columns {
    fn of(column: impl Fn(&str) -> Option<usize>) -> Option<Self> {
        Some(Self {
            scheme: column("scheme")?,
            point: column("point")?,
            metric: column("metric")?,
            numbers: column("n")?,
            counts: column("designed")?,
        })
    }
}

/// The numbers of a row; nothing where no design had the metric.
fn summary(row: &[String], columns: &Columns) -> Option<Summary> {
    let number = |k: usize| row.get(columns.numbers + k).and_then(|cell| cell.parse::<f64>().ok());
    let count = row.get(columns.numbers)?.parse().ok()?;
    Some(Summary {
        count,
        mean: number(1)?,
        standard_error: number(2),
        median: number(3)?,
        q05: number(4)?,
        q25: number(5)?,
        q75: number(6)?,
        q95: number(7)?,
        min: number(8)?,
        max: number(9)?,
    })
}

/// The rows of a table; the first is its heading.
fn rows(text: &str) -> impl Iterator<Item = Vec<String>> {
    let mut builder = csv::ReaderBuilder::new();
    let reader = builder.has_headers(false).flexible(true).from_reader(text.as_bytes());
    let records = reader.into_records().map_while(Result::ok);
    records.map(|row| row.iter().map(str::to_owned).collect())
}

/// The cells of one row.
fn cells(line: &str) -> Vec<String> {
    rows(line).next().unwrap_or_default()
}
