//! What is measured of cell-free beams: the table of their metrics and series.

use noctule_optim::Sense;

use super::{CellFree, CellFreeDesign, Instance};
use crate::system::{Metric, Series, SeriesEntry};

/// The scalar metrics. Of an infeasible design the smallest error means something, the rest does
/// not.
pub(super) const METRICS: &[Metric<CellFree>] = &[
    metric(
        "objective",
        "Objective",
        "",
        "sum rate in bit/s/Hz, or the error under a required rate",
        |_, d| Some(d.metrics.objective),
    ),
    metric(
        "sum_rate_bps_hz",
        "Sum rate",
        "bit/s/Hz",
        "sum of the lower bounds of the users' rates",
        |_, d| Some(d.metrics.sum_rate_bps_hz),
    ),
    metric(
        "payload_bits",
        "Data in a coherence interval",
        "bit/Hz",
        "symbols without the pilots times the sum rate",
        |_, d| Some(d.metrics.payload_bits),
    ),
    metric(
        "error",
        "Beampattern error",
        "",
        "mean over the access points that sense, at power one",
        |_, d| d.metrics.error,
    )
    .also_infeasible(),
    metric(
        "normalised_error",
        "Normalised beampattern error",
        "",
        "mean over the access points that sense of error over squared scale",
        |_, d| d.metrics.normalised_error,
    )
    .also_infeasible(),
    metric(
        "slope_bps_hz",
        "Slope of the boundary",
        "bit/s/Hz",
        "what a unit of beampattern error is worth in rate, from the multiplier",
        |_, d| d.metrics.slope,
    )
    .also_infeasible(),
    metric("worst_rate_bps_hz", "Smallest rate", "bit/s/Hz", "smallest rate of a user", |_, d| {
        d.metrics.worst_rate_bps_hz()
    }),
    metric(
        "users_shut_off",
        "Users shut off",
        "",
        "users with a rate below 0.001 bit/s/Hz",
        |_, d| Some(d.metrics.users_shut_off() as f64),
    ),
    metric(
        "data_power",
        "Share of data in the power",
        "",
        "mean over all access points of the share of power in data beams",
        |_, d| Some(data_power(d)),
    ),
    metric(
        "rate_bound_bps_hz",
        "Upper bound of the sum rate",
        "bit/s/Hz",
        "what no beams exceed, where a design was certified",
        rate_bound,
    )
    .also_infeasible(),
];

/// Mean over the access points of the share of data in the power.
fn data_power(design: &CellFreeDesign) -> f64 {
    let aps = &design.metrics.aps;
    aps.iter().map(|ap| ap.data_power).sum::<f64>() / aps.len().max(1) as f64
}

/// What no beams exceed: bounds of errors are lower ones and are left out.
fn rate_bound(_: &Instance, design: &CellFreeDesign) -> Option<f64> {
    let bound = design.proof.bound.as_ref().filter(|bound| bound.sense == Sense::Upper);
    bound.map(|bound| bound.value)
}

/// The series.
pub(super) const SERIES: &[Series<CellFree>] = &[
    series("user_rate_bps_hz", "i: user", "Rate", "bit/s/Hz", |_, d| {
        SeriesEntry::list(d.metrics.rate_bps_hz.iter().copied())
    })
    .also_infeasible(),
    series("ap_error", "i: access point that senses", "Beampattern error", "", ap_errors)
        .also_infeasible(),
    series("ap_power", "i: access point", "Share of power", "", |_, d| {
        SeriesEntry::list(d.metrics.aps.iter().map(|ap| ap.power))
    })
    .also_infeasible(),
];

/// The errors of those access points that sense, under their own index.
fn ap_errors(_: &Instance, design: &CellFreeDesign) -> Vec<SeriesEntry> {
    let all = design.metrics.aps.iter().enumerate();
    all.filter_map(|(m, ap)| {
        ap.error.map(|value| SeriesEntry { i: m as u32, j: 0, x: None, value })
    })
    .collect()
}

/// A row of [`METRICS`]: name, label, unit, definition, value of an instance's design.
const fn metric(
    name: &'static str,
    label: &'static str,
    unit: &'static str,
    summary: &'static str,
    value: fn(&Instance, &CellFreeDesign) -> Option<f64>,
) -> Metric<CellFree> {
    Metric::new(name, label, unit, summary, value)
}

/// A row of [`SERIES`]: name, index, label, unit, values of an instance's design.
const fn series(
    name: &'static str,
    index: &'static str,
    label: &'static str,
    unit: &'static str,
    values: fn(&Instance, &CellFreeDesign) -> Vec<SeriesEntry>,
) -> Series<CellFree> {
    Series::new(name, index, label, unit, values)
}
