//! What is measured of an allocation: the table of its metrics and series.

use super::locate::Attained;
use super::{Instance, Pilots, PilotsDesign};
use crate::system::{Metric, Series, SeriesEntry};

/// The scalar metrics. Of a design that meets no limit only what can be reached has a meaning.
pub(super) const METRICS: &[Metric<Pilots>] = &[
    metric(
        "worst_error",
        "Largest estimation error",
        "",
        "largest normalised error of a user",
        |_, d| Some(d.metrics.worst_error),
    ),
    metric(
        "mean_error",
        "Mean estimation error",
        "",
        "mean normalised error over users",
        |_, d| Some(d.metrics.error.iter().sum::<f64>() / d.metrics.error.len() as f64),
    ),
    metric(
        "worst_error_all_pilots",
        "Largest error, all correlators",
        "",
        "largest error when users combine the correlators of all pilots linearly",
        |_, d| Some(d.metrics.error_all_pilots.iter().copied().fold(0.0, f64::max)),
    ),
    metric(
        "worst_error_printed",
        "Largest error as printed",
        "",
        "largest error by Eq. (18) of the paper, which falls with contamination",
        |_, d| d.metrics.worst_error_printed,
    ),
    metric(
        "worst_crb_m2",
        "Largest bound on a position",
        "m²",
        "largest tr J⁻¹ over users",
        |_, d| d.metrics.worst_crb_m2,
    )
    .also_infeasible(),
    metric(
        "mean_crb_m2",
        "Mean bound on a position",
        "m²",
        "mean of tr J⁻¹ over users",
        |_, d| d.metrics.mean_crb_m2,
    )
    .also_infeasible(),
    metric(
        "worst_position_rcrb_m",
        "Largest root-CRB of a position",
        "m",
        "root of the largest tr J⁻¹ over users",
        |_, d| d.metrics.worst_position_rcrb_m,
    )
    .also_infeasible(),
    metric("power_percent", "Pilot power", "%", "pilot power spent over what there is", |_, d| {
        Some(100.0 * d.metrics.power_fraction)
    }),
    metric(
        "largest_user_power_percent",
        "Largest share of one user",
        "%",
        "share of the power spent that goes to the user who gets most",
        |_, d| user_shares(d).into_iter().reduce(f64::max),
    ),
    metric(
        "mean_rate_mbps",
        "Data rate",
        "Mbit/s",
        "mean over users of B log₂(1 + SINR)",
        |_, d| Some(1e-6 * d.metrics.mean_rate_bps),
    ),
    metric(
        "limit_price",
        "Price of the limit",
        "1/m",
        "by how much the largest error rises where the limit on positions is a metre larger",
        |_, d| d.metrics.limit_price,
    )
    .only_with("require"),
    metric(
        "mse_m2",
        "Mean squared error",
        "m²",
        "of estimated positions, over noises and users",
        |_, d| attained(d, |t| t.mse_m2),
    )
    .also_infeasible(),
    metric(
        "mse_over_crb",
        "Mean squared error over bound",
        "",
        "of estimated positions",
        |_, d| attained(d, |t| t.mse_over_crb),
    )
    .also_infeasible(),
    metric(
        "outlier_percent",
        "Outliers",
        "%",
        "estimated positions off by more than 10 m",
        |_, d| attained(d, |t| 100.0 * t.outliers),
    )
    .also_infeasible(),
];

fn attained(design: &PilotsDesign, of: fn(&Attained) -> f64) -> Option<f64> {
    design.metrics.attained.as_ref().map(of)
}

/// What each user gets of the power that is spent, in percent; empty where nothing is.
fn user_shares(design: &PilotsDesign) -> Vec<f64> {
    let x = &design.variables;
    let all: f64 = x.fractions.iter().sum();
    if all <= 0.0 {
        return Vec::new();
    }
    (0..x.users)
        .map(|k| 100.0 * x.fractions.iter().skip(k).step_by(x.users).sum::<f64>() / all)
        .collect()
}

/// The bounds of those users who have one, under their own index.
fn position_bounds(_: &Instance, design: &PilotsDesign) -> Vec<SeriesEntry> {
    let all = design.metrics.crb_m2.iter().enumerate();
    all.filter_map(|(k, crb)| crb.map(|value| SeriesEntry { i: k as u32, j: 0, x: None, value }))
        .collect()
}

/// The fraction of its power that each access point gives each user.
fn fractions(_: &Instance, design: &PilotsDesign) -> Vec<SeriesEntry> {
    let x = &design.variables;
    let entry = |(index, value): (usize, &f64)| {
        let (i, j) = ((index / x.users) as u32, (index % x.users) as u32);
        SeriesEntry { i, j, x: None, value: *value }
    };
    x.fractions.iter().enumerate().map(entry).collect()
}

/// The series.
pub(super) const SERIES: &[Series<Pilots>] = &[
    series("error", "i: user", "Estimation error", "", |_, d| {
        SeriesEntry::list(d.metrics.error.iter().copied())
    })
    .also_infeasible(),
    series("crb_m2", "i: user", "Bound on a position", "m²", position_bounds).also_infeasible(),
    series("rate_mbps", "i: user", "Data rate", "Mbit/s", |_, d| {
        SeriesEntry::list(d.metrics.rate_bps.iter().map(|rate| 1e-6 * rate))
    })
    .also_infeasible(),
    series("fraction", "i: access point, j: user", "Fraction of pilot power", "", fractions)
        .also_infeasible(),
    series("user_power_percent", "i: user", "Share of power", "%", |_, d| {
        SeriesEntry::list(user_shares(d))
    })
    .also_infeasible(),
];

/// A row of [`METRICS`]: name, label, unit, definition, value of an instance's design.
const fn metric(
    name: &'static str,
    label: &'static str,
    unit: &'static str,
    summary: &'static str,
    value: fn(&Instance, &PilotsDesign) -> Option<f64>,
) -> Metric<Pilots> {
    Metric::new(name, label, unit, summary, value)
}

/// A row of [`SERIES`]: name, index, label, unit, values of an instance's design.
const fn series(
    name: &'static str,
    index: &'static str,
    label: &'static str,
    unit: &'static str,
    values: fn(&Instance, &PilotsDesign) -> Vec<SeriesEntry>,
) -> Series<Pilots> {
    Series::new(name, index, label, unit, values)
}
