//! What is measured of a frame: the table of its metrics and series.

use super::story::{counts, longest};
use super::{Frame, FrameDesign, Instance, SimulatedBlock};
use crate::system::{Metric, Series, SeriesEntry};

type Design = FrameDesign;

/// A row of [`METRICS`]: name, label, unit, definition, value of an instance's design.
const fn metric(
    name: &'static str,
    label: &'static str,
    unit: &'static str,
    summary: &'static str,
    value: fn(&Instance, &Design) -> Option<f64>,
) -> Metric<Frame> {
    Metric::new(name, label, unit, summary, value)
}

/// A row of [`SERIES`]: name, index, label, unit, values of an instance's design.
const fn series(
    name: &'static str,
    index: &'static str,
    label: &'static str,
    unit: &'static str,
    values: fn(&Instance, &Design) -> Vec<SeriesEntry>,
) -> Series<Frame> {
    Series::new(name, index, label, unit, values)
}

/// The scalar metrics. Where no plan meets the requirements, what the nearest one carries is no
/// result; what sensing needs is.
pub(super) const METRICS: &[Metric<Frame>] = &[
    metric(
        "sum_rate_bps_hz",
        "Sum rate",
        "bit/s/Hz",
        "bits per hertz of a frame over its duration, all users: the objective",
        |_, d| Some(d.metrics.sum_rate_bps_hz),
    ),
    metric(
        "sum_rate_nats",
        "Sum rate",
        "nat/s/Hz",
        "the same with the natural logarithm",
        |_, d| Some(d.metrics.sum_rate_nats),
    ),
    metric(
        "frame_bits_per_hz",
        "Bits of a frame",
        "bit/Hz",
        "Eq. (24): block rates times their time, less sensing and pilots",
        |_, d| Some(d.metrics.frame_bits_per_hz),
    ),
    metric("sensing_time_us", "Sensing time", "µs", "duration of sensing", |_, d| {
        Some(d.metrics.sensing_time_s * 1e6)
    }),
    metric(
        "sensing_blocks",
        "Sensing time",
        "blocks",
        "duration of sensing over that of a block",
        |_, d| Some(d.metrics.sensing_blocks),
    ),
    metric("updates", "Channel updates", "", "number of pilots in a frame", |_, d| {
        Some(d.metrics.updates as f64)
    }),
    metric(
        "longest_update",
        "Longest update",
        "blocks",
        "most blocks that share one estimate",
        |_, d| longest(&d.variables),
    ),
    metric(
        "overhead",
        "Overhead",
        "",
        "share of the frame that goes to sensing and pilots",
        |_, d| Some(d.metrics.overhead),
    ),
    metric(
        "worst_crb_ratio",
        "Bound over requirement",
        "",
        "largest Cramér–Rao bound of an angle over its limit",
        |_, d| Some(d.metrics.worst_crb_ratio),
    ),
    metric(
        "worst_angle_rcrb_deg",
        "Largest root-CRB of an angle",
        "°",
        "largest root-Cramér–Rao bound of a user's angle",
        |_, d| d.metrics.angle_rcrb_deg.iter().copied().reduce(f64::max),
    ),
    metric(
        "least_captured",
        "Smallest share of a channel captured",
        "",
        "smallest tr C / gain of a user: what its estimate captures, as believed",
        |_, d| d.metrics.captured.iter().copied().reduce(f64::min),
    ),
    metric(
        "needed_sensing_blocks",
        "Sensing needed",
        "blocks",
        "shortest sensing time that meets every requirement, also where the frame has no room",
        |_, d| Some(d.metrics.needed_sensing_blocks),
    )
    .also_infeasible(),
    metric(
        "closed_form_bps_hz",
        "Sum rate of a block, closed form",
        "bit/s/Hz",
        "use-and-forget rate of the simulated block; only under `simulated`",
        |_, d| seen(d, |block| block.closed_form_bps_hz),
    ),
    metric(
        "simulated_bps_hz",
        "Sum rate of a block, simulated",
        "bit/s/Hz",
        "the same with the means and variances a simulation saw; only under `simulated`",
        |_, d| seen(d, |block| block.simulated_bps_hz),
    ),
    metric(
        "informed_bps_hz",
        "Sum rate of a block, gains known",
        "bit/s/Hz",
        "ergodic rate of users that know their effective gains; only under `simulated`",
        |_, d| seen(d, |block| block.informed_bps_hz),
    ),
    metric(
        "worst_standard_errors",
        "Closed form against simulation",
        "standard errors",
        "largest distance over users; only under `simulated`",
        |_, d| seen(d, |block| block.worst_standard_errors),
    ),
];

fn seen(design: &FrameDesign, of: fn(SimulatedBlock) -> f64) -> Option<f64> {
    design.metrics.simulated.map(of)
}

/// The series.
pub(super) const SERIES: &[Series<Frame>] = &[
    series(
        "block_rate_bps_hz",
        "i: blocks since the update",
        "Sum rate of a block",
        "bit/s/Hz",
        |_, d| SeriesEntry::list(d.metrics.block_rate_bps_hz.iter().copied()),
    ),
    series("user_rate_bps_hz", "i: user", "Average rate", "bit/s/Hz", |_, d| {
        SeriesEntry::list(d.metrics.rate_bps_hz.iter().copied())
    }),
    series("angle_rcrb_deg", "i: user", "Root-CRB of the angle", "°", |_, d| {
        SeriesEntry::list(d.metrics.angle_rcrb_deg.iter().copied())
    }),
    series(
        "blocks_per_update",
        "i: update, longest first",
        "Blocks of an update",
        "blocks",
        |_, d| SeriesEntry::list(counts(&d.variables).iter().map(|&n| n as f64)),
    ),
];
