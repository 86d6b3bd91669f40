//! What is measured of beams: the table of their metrics and series.

use noctule_phy::units::nats_to_bits;

use super::band::perfect_rate_bps_hz;
use super::baselines::best_use_bps_hz;
use super::echo::EchoReport;
use super::goal::Goal;
use super::{Beamforming, BeamformingDesign, Instance, TargetMetrics};
use crate::Error;
use crate::system::{Metric, Series, SeriesEntry};

/// The scalar metrics.
pub(super) const METRICS: &[Metric<Beamforming>] = &[
    metric(
        "objective",
        "Objective",
        "",
        "rate weight · sum rate (nats) − bound weight · tr F⁻¹",
        |_, d| d.metrics.objective,
    ),
    metric(
        "sum_rate_bps_hz",
        "Sum rate",
        "bit/s/Hz",
        "sum over users of log₂(1 + SINR)",
        |_, d| Some(d.metrics.sum_rate_bps_hz),
    ),
    metric("sum_rate_nats", "Sum rate", "nat/s/Hz", "sum over users of ln(1 + SINR)", |_, d| {
        Some(d.metrics.sum_rate_nats)
    }),
    metric(
        "crb_trace_mixed",
        "Trace of the CRB",
        "mixed",
        "tr F⁻¹: rad² and squared reflection; with `ofdm` m² and (m/s)² too, none of them weighted",
        |_, d| d.metrics.crb_trace_mixed,
    ),
    metric(
        "worst_angle_rcrb_deg",
        "Largest root-CRB of an angle",
        "°",
        "largest root-Cramér–Rao bound over targets, azimuth and polar angle",
        |_, d| d.metrics.worst_angle_rcrb_deg(),
    ),
    metric(
        "rms_angle_rcrb_deg",
        "Root-mean-square CRB of the angles",
        "°",
        "root of the mean Cramér–Rao bound over all angles that are not known",
        rms_angle_rcrb_deg,
    ),
    metric(
        "users_shut_off",
        "Users shut off",
        "",
        "users with a rate below 0.001 bit/s/Hz",
        |_, d| Some(d.metrics.users_shut_off() as f64),
    ),
    metric(
        "covariance_rank",
        "Rank of the covariance",
        "",
        "eigenvalues of the transmit covariance above 10⁻⁵ of the power",
        |_, d| count(d.variables.rank()),
    ),
    metric(
        "sensing_streams_in_use",
        "Sensing streams in use",
        "",
        "eigenvalues of the covariance of the sensing beams above 10⁻⁵ of the power",
        |_, d| count(d.variables.sensing_streams_in_use()),
    ),
    metric(
        "sensing_power_share",
        "Power share of the sensing beams",
        "",
        "power of the beams without data over the total power",
        sensing_power_share,
    ),
    metric(
        "range_m",
        "Largest root-CRB of a range",
        "m",
        "largest root-Cramér–Rao bound over targets whose range is unknown",
        |_, d| d.metrics.worst_range_rcrb_m(),
    )
    .only_with("ofdm"),
    metric(
        "range_by_curvature_m",
        "Largest root-CRB of a range by curvature",
        "m",
        "largest root-Cramér–Rao bound over targets of the range that the curvature of waves tells, where it is \
         not linked to the delay",
        |_, d| d.metrics.worst_curvature_rcrb_m(),
    )
    .only_with("ofdm"),
    metric(
        "velocity_m_s",
        "Largest root-CRB of a velocity",
        "m/s",
        "largest root-Cramér–Rao bound over targets whose velocity is unknown",
        |_, d| d.metrics.worst_velocity_rcrb_m_s(),
    )
    .only_with("ofdm"),
    metric(
        "band_rate_mbps",
        "Sum rate of the band",
        "Mbit/s",
        "sum over users and subcarriers of rates times the subcarrier spacing; prefixes are not taken off",
        |_, d| Some(d.metrics.band.as_ref()?.sum_rate_bps / 1e6),
    )
    .only_with("ofdm"),
    metric(
        "true_rate_bps_hz",
        "Sum rate on the channels",
        "bit/s/Hz",
        "sum rate of beams that were designed for estimates on the channels as they are, mean over the band",
        |_, d| d.metrics.band.as_ref()?.true_sum_rate_bps_hz,
    )
    .only_with("knowledge"),
    metric(
        "perfect_rate_bps_hz",
        "Sum rate with the channels known",
        "bit/s/Hz",
        "sum rate of what our method designs for the same goal in the same trial where it knows the channels, mean \
         over the band; beside it `sum_rate_bps_hz` says what knowledge is worth where rates are the goal: other goals \
         may spend it on something else",
        |instance, _| perfect_rate_bps_hz(instance),
    )
    .only_with("knowledge"),
    metric(
        "rate_bound_bps_hz",
        "Bound of the sum rate",
        "bit/s/Hz",
        "no beams with as small a tr F⁻¹, or that keep the same limits, have a larger sum rate: where a design was \
         certified",
        rate_bound_bps_hz,
    )
    .only_with("scheme.certify"),
    metric("evaluations_total", "Evaluations", "", "of the objective, over all starts", |_, d| {
        Some(d.work.evaluations as f64)
    }),
    metric(
        "goal_value",
        "Goal",
        "",
        "value of the goal: a root-CRB in degrees, a rate in bit/s/Hz, a power in dBm",
        |_, d| d.metrics.goal.as_ref()?.shown,
    )
    .only_with("goal"),
    metric(
        "requirements_met",
        "Requirements met",
        "",
        "share of the floors and limits that are met",
        |_, d| {
            let goal = d.metrics.goal.as_ref()?;
            Some(goal.met as f64 / goal.asked as f64).filter(|share| share.is_finite())
        },
    )
    .only_with("goal"),
    metric(
        "requirement_violation",
        "Largest miss of a requirement",
        "",
        "by how much the requirement that is missed most is missed, relative to it",
        |_, d| d.metrics.goal.as_ref()?.violation,
    )
    .only_with("goal"),
    metric(
        "power_price",
        "Price of the power",
        "1/dB",
        "by how much the goal's value rises with one dB more power",
        |_, d| d.metrics.prices.as_ref()?.per_power_db,
    )
    .only_with("goal"),
    metric(
        "sinr_price",
        "Price of the SINRs",
        "1/dB",
        "by how much the goal's value rises with one dB more for every user with a floor",
        |_, d| Some(d.metrics.prices.as_ref()?.per_sinr_db.iter().sum()),
    )
    .only_with("goal"),
    metric(
        "limit_price",
        "Price of the limits",
        "",
        "by how much the goal's value rises where every limit is one step (degree, dB, bit) larger",
        |_, d| Some(d.metrics.prices.as_ref()?.per_limit.iter().sum()),
    )
    .only_with("goal"),
    metric(
        "best_use_bps_hz",
        "Rate",
        "bit/s/Hz",
        "the goal's rate with data and sensing beams at once, or one after the other if that is \
         more: the same covariance, each with all the power for its share of the time",
        best_use_bps_hz,
    )
    .only_with("require"),
    metric(
        "likelihood_error_deg",
        "Error of maximum likelihood",
        "°",
        "root-mean-square error of all angles over the simulated echoes, waveforms known",
        |_, d| echo(d, |echo| Some(echo.likelihood.rms_angle_error_deg)),
    )
    .only_with("echo_draws"),
    metric(
        "likelihood_mse_over_crb",
        "Squared error over the bound",
        "",
        "mean squared error of maximum likelihood over the bound, over targets and both angles",
        |_, d| echo(d, |echo| echo.likelihood.mse_over_crb),
    )
    .only_with("echo_draws"),
    metric(
        "likelihood_outliers",
        "Estimates on another lobe",
        "",
        "share of simulated echoes in which maximum likelihood is off by more than five root-bounds",
        |_, d| echo(d, |echo| echo.likelihood.outliers),
    )
    .only_with("echo_draws"),
    metric(
        "music_error_deg",
        "Error of MUSIC",
        "°",
        "root-mean-square error of all angles over the simulated echoes, waveforms unknown",
        |_, d| echo(d, |echo| Some(echo.music?.rms_angle_error_deg)),
    )
    .only_with("echo_draws"),
    metric(
        "music_mse_over_crb",
        "Squared error over the bound",
        "",
        "mean squared error of MUSIC over the bound, over targets and both angles",
        |_, d| echo(d, |echo| echo.music?.mse_over_crb),
    )
    .only_with("echo_draws"),
];

/// A number of the simulated echoes.
fn echo(design: &BeamformingDesign, of: fn(&EchoReport) -> Option<f64>) -> Option<f64> {
    design.metrics.echo.as_ref().and_then(of).filter(|value| value.is_finite())
}

fn count(found: Result<usize, Error>) -> Option<f64> {
    found.ok().map(|count| count as f64)
}

/// Root of the mean bound over the angles of all targets that are not known, which have none.
fn rms_angle_rcrb_deg(_: &Instance, design: &BeamformingDesign) -> Option<f64> {
    let targets = design.metrics.targets.as_ref()?;
    let angles = targets.iter().flat_map(|t| [t.azimuth_rcrb_deg, t.polar_rcrb_deg]);
    let unknown: Vec<f64> = angles.filter(|bound| *bound > 0.0).collect();
    // target by target
    let squares: f64 = unknown.chunks(2).map(|two| two.iter().map(|x| x * x).sum::<f64>()).sum();
    (!unknown.is_empty()).then(|| (squares / unknown.len() as f64).sqrt())
}

/// Power of the beams without data over the total power.
fn sensing_power_share(_: &Instance, design: &BeamformingDesign) -> Option<f64> {
    let metrics = &design.metrics;
    let sensing: f64 = metrics.stream_power_w.iter().skip(design.variables.users).sum();
    Some(sensing / metrics.power_w).filter(|share| share.is_finite())
}

/// What the bound of the objective leaves of the sum rate of beams with the same tr F⁻¹, or that of the goal.
fn rate_bound_bps_hz(instance: &Instance, design: &BeamformingDesign) -> Option<f64> {
    let bound = design.proof.bound.as_ref().filter(|bound| bound.problem.is_none())?;
    if instance.band().is_some() {
        return None;
    }
    match instance.problem().map(|problem| &problem.goal) {
        Some(Goal::SumRate { user_weights: None }) => Some(nats_to_bits(bound.value)),
        Some(_) => None,
        None => {
            let weight = instance.parts().rate_weight_per_nat;
            let more = (bound.value - design.metrics.objective?) / weight;
            Some(design.metrics.sum_rate_bps_hz + nats_to_bits(more))
                .filter(|rate| rate.is_finite())
        }
    }
}

fn by_target(design: &BeamformingDesign, of: fn(&TargetMetrics) -> f64) -> Vec<SeriesEntry> {
    SeriesEntry::list(design.metrics.targets.iter().flatten().map(of))
}

/// The objective, iteration by iteration, over evaluations.
fn trace(_: &Instance, design: &BeamformingDesign) -> Vec<SeriesEntry> {
    let rows = design.objective_trace(design.metrics.objective).into_iter().enumerate();
    let entry = |(i, (evaluations, value)): (usize, (u64, f64))| SeriesEntry {
        i: i as u32,
        j: 0,
        x: Some(evaluations as f64),
        value,
    };
    rows.map(entry).collect()
}

/// The series.
pub(super) const SERIES: &[Series<Beamforming>] = &[
    series("user_rate_bps_hz", "i: user", "Rate", "bit/s/Hz", |_, d| {
        SeriesEntry::list(d.metrics.rate_bps_hz.iter().copied())
    }),
    series("azimuth_rcrb_deg", "i: target", "Root-CRB of the azimuth", "°", |_, d| {
        by_target(d, |t| t.azimuth_rcrb_deg)
    }),
    series("polar_rcrb_deg", "i: target", "Root-CRB of the polar angle", "°", |_, d| {
        by_target(d, |t| t.polar_rcrb_deg)
    }),
    series(
        "objective_trace",
        "i: iteration, x: evaluations so far; where a scheme keeps its trace",
        "Objective",
        "",
        trace,
    )
    .of_steps(),
    series("range_rcrb_m", "i: target", "Root-CRB of the range", "m", |_, d| {
        SeriesEntry::list(d.metrics.targets.iter().flatten().filter_map(|t| t.range_rcrb_m))
    })
    .only_with("ofdm"),
    series("curvature_rcrb_m", "i: target", "Root-CRB of the range by curvature", "m", |_, d| {
        SeriesEntry::list(d.metrics.targets.iter().flatten().filter_map(|t| t.curvature_rcrb_m))
    })
    .only_with("ofdm"),
    series("velocity_rcrb_m_s", "i: target", "Root-CRB of the velocity", "m/s", |_, d| {
        SeriesEntry::list(d.metrics.targets.iter().flatten().filter_map(|t| t.velocity_rcrb_m_s))
    })
    .only_with("ofdm"),
    series("subcarrier_rate_bps_hz", "i: subcarrier", "Sum rate", "bit/s/Hz", |_, d| {
        let band = d.metrics.band.iter().flat_map(|band| &band.rate_bps_hz);
        SeriesEntry::list(band.map(|rates| rates.iter().sum::<f64>()))
    })
    .only_with("ofdm"),
    series("subcarrier_power_w", "i: subcarrier", "Power", "W", |_, d| {
        SeriesEntry::list(d.metrics.band.iter().flat_map(|band| band.power_w.iter().copied()))
    })
    .only_with("ofdm"),
    series("user_sinr_db", "i: user", "SINR", "dB", |_, d| {
        let heard = d.metrics.sinr.iter().enumerate().filter(|(_, sinr)| **sinr > 0.0);
        let entry = |(i, sinr): (usize, &f64)| SeriesEntry {
            i: i as u32,
            j: 0,
            x: None,
            value: 10.0 * sinr.log10(),
        };
        if d.metrics.goal.is_some() { heard.map(entry).collect() } else { Vec::new() }
    })
    .only_with("goal"),
    series("limited_value", "i: limit", "Limited metric", "", |_, d| {
        let limited = d.metrics.goal.iter().flat_map(|goal| goal.limited.iter().enumerate());
        let entry = |(i, value): (usize, &Option<f64>)| {
            value.map(|value| SeriesEntry { i: i as u32, j: 0, x: None, value })
        };
        limited.filter_map(entry).collect()
    })
    .only_with("goal"),
    series("price_per_sinr_db", "i: user", "Price of SINR", "1/dB", |_, d| {
        SeriesEntry::list(d.metrics.prices.iter().flat_map(|p| p.per_sinr_db.iter().copied()))
    })
    .only_with("goal"),
    series("price_per_limit", "i: limit", "Price of a limit", "", |_, d| {
        SeriesEntry::list(d.metrics.prices.iter().flat_map(|p| p.per_limit.iter().copied()))
    })
    .only_with("goal"),
];

/// A row of [`METRICS`]: name, label, unit, definition, value of an instance's design.
const fn metric(
    name: &'static str,
    label: &'static str,
    unit: &'static str,
    summary: &'static str,
    value: fn(&Instance, &BeamformingDesign) -> Option<f64>,
) -> Metric<Beamforming> {
    Metric::new(name, label, unit, summary, value)
}

/// A row of [`SERIES`]: name, index, label, unit, values of an instance's design.
const fn series(
    name: &'static str,
    index: &'static str,
    label: &'static str,
    unit: &'static str,
    values: fn(&Instance, &BeamformingDesign) -> Vec<SeriesEntry>,
) -> Series<Beamforming> {
    Series::new(name, index, label, unit, values)
}
