//! The metrics: a row each.

use noctule::system::Metric;
use noctule_phy::units::db_from_linear;

use super::{Instance, PowerSplit, PowerSplitDesign};

pub(super) const METRICS: &[Metric<PowerSplit>] = &[
    metric("rate_bps_hz", "Rate", "bit/s/Hz", "log₂(1 + SNR)", |_, d| {
        Some(d.metrics.rate_bps_hz)
    }),
    metric("rate_nats", "Rate", "nat/s/Hz", "ln(1 + SNR)", |_, d| Some(d.metrics.rate_nats)),
    metric("crb_db", "CRB", "dB", "Cramér–Rao bound, 10 log₁₀", |_, d| {
        d.metrics.crb.map(db_from_linear)
    }),
    metric("user_share", "Share of the user", "", "of the power", |_, d| {
        Some(d.variables.user_share)
    }),
];

const fn metric(
    name: &'static str,
    label: &'static str,
    unit: &'static str,
    summary: &'static str,
    value: fn(&Instance, &PowerSplitDesign) -> Option<f64>,
) -> Metric<PowerSplit> {
    Metric::new(name, label, unit, summary, value)
}
