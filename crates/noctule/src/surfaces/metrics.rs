//! What is measured of a deployment: the table of its metrics and series.

use super::echo::{EchoErrors, EchoReport};
use super::{Instance, Surfaces, SurfacesDesign, misses_requirement};
use crate::system::{Metric, Series, SeriesEntry};

/// The scalar metrics. A design that misses the requirement has no rate of what was asked for; of
/// the places and the bound that it reaches the numbers stay.
pub(super) const METRICS: &[Metric<Surfaces>] = &[
    metric("rate_bps_hz", "Rate", "bit/s/Hz", "log₂ det(I + H R Hᴴ/σ²), averaged over time", |_, d| met(d, d.metrics.rate_bps_hz)),
    metric("rate_nats", "Rate", "nat/s/Hz", "ln det(I + H R Hᴴ/σ²), averaged over time", |_, d| met(d, d.metrics.rate_nats)),
    metric(
        "upper_bound_bps_hz",
        "Upper bound of the rate",
        "bit/s/Hz",
        "no design of this kind over these sites has a higher rate", |_, d| d.proof.bound.as_ref().map(|bound| bound.value)).also_infeasible(),
    metric(
        "crb_db",
        "CRB",
        "dB",
        "Cramér–Rao bound of the target's spatial frequency (16), 10 log₁₀; of an infeasible design \
         the smallest that the sites reach by (21)", |_, d| d.metrics.crb_db).also_infeasible(),
    metric("crb_aligned_db", "Bound (21)", "dB", "upper bound (21) of the Cramér–Rao bound", |_, d| d.metrics.crb_aligned_db).also_infeasible(),
    metric("root_crb", "Root-CRB", "", "root of the Cramér–Rao bound of the spatial frequency", |_, d| d.metrics.root_crb).also_infeasible(),
    metric("surfaces", "Surfaces built", "", "number of surfaces that are built", |_, d| Some(d.metrics.surfaces as f64)).also_infeasible(),
    metric("streams", "Streams", "", "streams that carry data", |_, d| met(d, d.metrics.streams as f64)),
    metric("sensing_share", "Sensing share", "", "share of power in a dedicated sensing signal", |_, d| met(d, d.metrics.sensing_share)),
    metric("coherence", "Overlap of paths", "", "largest overlap of two paths, 0 for orthogonal", |_, d| Some(d.metrics.coherence)).also_infeasible(),
    metric(
        "limit_price",
        "Price of the limit",
        "bit/s/Hz/dB",
        "by how much the rate rises where the limit on the bound is one decibel larger", |_, d| met(d, d.metrics.limit_price?)).only_with("require"),
    metric("echo_snr_db", "Echo SNR", "dB", "power of the echo over the noise at one sensor", |_, d| echo(d, |echo| Some(echo.snr_db))),
    metric(
        "music_mse_over_crb",
        "MSE of MUSIC over the CRB",
        "",
        "mean squared error of MUSIC over the bound, errors modulo the period", |_, d| echo(d, |echo| echo.music_mse_over_crb)),
    metric(
        "likelihood_mse_over_crb",
        "MSE of ML over the CRB",
        "",
        "mean squared error of waveform-aware maximum likelihood over the bound", |_, d| echo(d, |echo| echo.likelihood_mse_over_crb)),
];

/// A number of a design that meets the requirement.
fn met(design: &SurfacesDesign, value: f64) -> Option<f64> {
    (!misses_requirement(design.stop, &design.proof)).then_some(value)
}

/// A number of the simulated echoes of a design that meets the requirement.
fn echo(design: &SurfacesDesign, of: fn(&EchoReport) -> Option<f64>) -> Option<f64> {
    met(design, 0.0)?;
    design.metrics.echo.as_ref().and_then(of)
}

/// The errors of an estimator, draw by draw.
fn errors(design: &SurfacesDesign, of: fn(&EchoErrors) -> f64) -> Vec<SeriesEntry> {
    SeriesEntry::list(design.metrics.echo.iter().flat_map(|echo| &echo.errors).map(of))
}

/// The series.
pub(super) const SERIES: &[Series<Surfaces>] = &[
    series("site", "i: surface", "Site", "", |_, d| {
        SeriesEntry::list(d.variables.sites.iter().map(|&site| site as f64))
    })
    .also_infeasible(),
    series("music_error", "i: draw", "Error of MUSIC", "", |_, d| errors(d, |error| error.music))
        .also_infeasible(),
    series("likelihood_error", "i: draw", "Error of ML", "", |_, d| {
        errors(d, |error| error.likelihood)
    })
    .also_infeasible(),
];

/// A row of [`METRICS`]: name, label, unit, definition, value of an instance's design.
const fn metric(
    name: &'static str,
    label: &'static str,
    unit: &'static str,
    summary: &'static str,
    value: fn(&Instance, &SurfacesDesign) -> Option<f64>,
) -> Metric<Surfaces> {
    Metric::new(name, label, unit, summary, value)
}

/// A row of [`SERIES`]: name, index, label, unit, values of an instance's design.
const fn series(
    name: &'static str,
    index: &'static str,
    label: &'static str,
    unit: &'static str,
    values: fn(&Instance, &SurfacesDesign) -> Vec<SeriesEntry>,
) -> Series<Surfaces> {
    Series::new(name, index, label, unit, values)
}
