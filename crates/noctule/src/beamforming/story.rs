//! One beamforming design, told in full.

use noctule_phy::units::dbm_from_w;

use super::fewest::FewestStreams;
use super::{BeamformingDesign, Instance, Metrics};
use crate::system::{Table, counted};

/// The sizes of an instance.
pub(super) fn headline(instance: &Instance) -> String {
    let band =
        instance.band().map(|band| format!(", {}", counted(band.subcarriers(), "subcarrier")));
    format!(
        "{} transmit and {}, {}, {}{}",
        instance.antennas(),
        counted(instance.parts().receive_array.elements(), "receive antenna"),
        counted(instance.users(), "user"),
        counted(instance.targets().len(), "target"),
        band.unwrap_or_default()
    )
}

/// Users, targets, streams.
pub(super) fn tables(instance: &Instance, design: &BeamformingDesign) -> Vec<Table> {
    vec![users(instance, design), targets(instance, design), streams(design)]
}

/// What it achieves, in a few lines.
pub(super) fn facts(design: &BeamformingDesign) -> Vec<(String, String)> {
    let metrics = &design.metrics;
    let absent = || "undefined: the Fisher matrix is singular".to_owned();
    let number = |value: Option<f64>| value.map_or_else(absent, |x| format!("{x:.6}"));
    let rates =
        format!("{:.4} bit/s/Hz ({:.4} nat/s/Hz)", metrics.sum_rate_bps_hz, metrics.sum_rate_nats);
    let beams = &design.variables;
    let count = |found: Result<usize, _>| found.map_or_else(|_| absent(), |n| n.to_string());
    let streams = beams.matrix.cols() - beams.users;
    let served = metrics.rate_bps_hz.len() - metrics.users_shut_off();
    let mut facts = vec![
        ("objective", number(metrics.objective)),
        ("sum rate", rates),
        ("trace of the CRB (mixed units)", metrics.crb_trace_mixed.map_or_else(absent, everyday)),
        ("transmit power", dbm(metrics.power_w)),
        ("users served", format!("{served} of {}", metrics.rate_bps_hz.len())),
        ("rank of the covariance", count(beams.rank())),
        (
            "sensing streams in use",
            format!("{} of {streams}", count(beams.sensing_streams_in_use())),
        ),
    ];
    facts.extend(fewest(metrics));
    if let Some(echo) = &metrics.echo {
        let ratio = |x: Option<f64>| x.map_or_else(|| "–".to_owned(), |x| format!("{x:.3}"));
        let music = echo.music.and_then(|music| music.mse_over_crb);
        let told = format!(
            "{} draws: MSE over CRB {} (maximum likelihood), {} (MUSIC)",
            echo.draws,
            ratio(echo.likelihood.mse_over_crb),
            ratio(music)
        );
        facts.push(("simulated echoes", told));
    }
    facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// How many sensing streams were saved, where that was asked.
pub(super) fn fewest(metrics: &Metrics) -> Option<(&'static str, String)> {
    let FewestStreams { before, after, kept, at_most } = metrics.fewest?;
    let told = format!(
        "{before} before, {after} after, at most {at_most} by the theorem ({kept} independent functions are kept)"
    );
    Some(("rank of the sensing streams", told))
}

pub(super) fn users(instance: &Instance, design: &BeamformingDesign) -> Table {
    let metrics = &design.metrics;
    let rows = (0..instance.users())
        .map(|k| {
            vec![
                k.to_string(),
                decibels(metrics.sinr[k]),
                format!("{:.4}", metrics.rate_bps_hz[k]),
                share(metrics.stream_power_w[k], metrics.power_w),
            ]
        })
        .collect();
    // over a band a rate is a mean, and this the SINR that has it
    let sinr = if instance.band().is_some() { "SINR of the rate (dB)" } else { "SINR (dB)" };
    Table::numbers("Users", &["user", sinr, "rate (bit/s/Hz)", "power (%)"], rows)
}

pub(super) fn targets(instance: &Instance, design: &BeamformingDesign) -> Table {
    let rows = instance
        .targets()
        .iter()
        .enumerate()
        .map(|(m, target)| {
            let bounds = design.metrics.targets.as_ref().map(|all| all[m]);
            let cell =
                |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |x| format!("{x:.4}"));
            vec![
                m.to_string(),
                format!("{:.2}", target.azimuth_rad.to_degrees()),
                format!("{:.2}", target.polar_rad.to_degrees()),
                format!("{:.4}", target.reflection.norm()),
                cell(bounds.map(|b| b.azimuth_rcrb_deg)),
                cell(bounds.map(|b| b.polar_rcrb_deg)),
                cell(bounds.map(|b| b.reflection_rcrb)),
            ]
        })
        .collect();
    let headers = ["target", "azimuth", "polar", "|refl.|", "± azimuth", "± polar", "± refl."];
    Table::numbers("Targets: angles in degrees, ± the root of the Cramér–Rao bound", &headers, rows)
}

pub(super) fn streams(design: &BeamformingDesign) -> Table {
    let metrics = &design.metrics;
    let rows = metrics
        .stream_power_w
        .iter()
        .enumerate()
        .map(|(s, &power)| {
            let kind = if s < design.variables.users {
                format!("data, user {s}")
            } else {
                format!("sensing {}", s - design.variables.users)
            };
            let off = power <= SWITCHED_OFF * metrics.power_w;
            let level = if off { "off".to_owned() } else { dbm_number(power) };
            vec![s.to_string(), kind, level, share(power, metrics.power_w)]
        })
        .collect();
    Table::numbers("Streams", &["stream", "carries", "power (dBm)", "power (%)"], rows)
}

/// A stream with a smaller share of the power is off: rounding leaves such numbers.
const SWITCHED_OFF: f64 = 1e-9;

fn dbm_number(power_w: f64) -> String {
    format!("{:.2}", dbm_from_w(power_w))
}

/// A power in dBm, and in watts.
pub(super) fn dbm(power_w: f64) -> String {
    if power_w > 0.0 {
        format!("{} dBm ({} W)", dbm_number(power_w), everyday(power_w))
    } else {
        "none".to_owned()
    }
}

/// Six digits, with an exponent only where the size asks for it.
pub(super) fn everyday(x: f64) -> String {
    if x.abs() >= 1e6 || (x.abs() < 1e-4 && x.abs() > 0.0) {
        return format!("{x:.5e}");
    }
    let decimals = (5.0 - x.abs().max(1e-4).log10().floor()).clamp(0.0, 9.0) as usize;
    let text = format!("{x:.decimals$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

/// Nothing has no decibels.
pub(super) fn decibels(ratio: f64) -> String {
    if ratio > 0.0 { format!("{:.2}", 10.0 * ratio.log10()) } else { "–".to_owned() }
}

pub(super) fn share(power: f64, total: f64) -> String {
    if total > 0.0 { format!("{:.2}", 100.0 * power / total) } else { "–".to_owned() }
}
