//! A cell-free design in words and tables.

use super::{CellFreeDesign, Instance, Requirement, ergodic_rate};
use crate::system::Table;

/// What people want to know first.
pub(super) fn facts(instance: &Instance, design: &CellFreeDesign) -> Vec<(String, String)> {
    let metrics = &design.metrics;
    let mut facts: Vec<(&str, String)> = Vec::new();
    facts.push((
        "required",
        match instance.requirement() {
            Requirement::None => "nothing: the largest sum rate".to_owned(),
            Requirement::MaxError(limit) => {
                format!("a mean beampattern error of at most {}", plain(limit))
            }
            Requirement::MinRate(rate) => format!("a sum rate of at least {rate:.6} bit/s/Hz"),
        },
    ));
    facts.push((
        "sum rate",
        format!("{:.4} bit/s/Hz ({:.4} nat/s/Hz)", metrics.sum_rate_bps_hz, metrics.sum_rate_nats),
    ));
    if let Some(words) = simulated(instance, design) {
        facts.push(("users that learn what they receive", words));
    }
    facts.push(("data in a coherence interval", format!("{:.2} bit/Hz", metrics.payload_bits)));
    if let Some(error) = metrics.error {
        facts.push(("mean beampattern error", plain(error)));
    }
    if let Some(error) = metrics.normalised_error {
        facts.push(("the same over squared scales", plain(error)));
    }
    if let Some(slope) = metrics.slope {
        facts.push(("price of the requirement", price(instance.requirement(), slope)));
    }
    facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Six decimals, or the power of ten where they would show too little of a small number.
fn plain(x: f64) -> String {
    if x == 0.0 || x.abs() >= 1e-3 { format!("{x:.6}") } else { format!("{x:.4e}") }
}

/// What a step of what is required costs: the slope of the boundary, in the direction that is asked.
fn price(requirement: Requirement, slope: f64) -> String {
    match requirement {
        Requirement::MinRate(_) if slope > 0.0 => {
            format!("one bit/s/Hz more costs {:.4e} of error", slope.recip())
        }
        _ if 0.01 * slope.abs() < 1e-3 => {
            format!("one per cent of a unit of error less costs {:.3e} bit/s/Hz", 0.01 * slope)
        }
        _ => format!("one per cent of a unit of error less costs {:.4} bit/s/Hz", 0.01 * slope),
    }
}

/// The ergodic rate that the sum rate is a lower bound of, where it is not too dear to simulate.
fn simulated(instance: &Instance, design: &CellFreeDesign) -> Option<String> {
    const DRAWS: usize = 400;
    const MOST_PRODUCTS: usize = 200_000_000;
    let beams = &design.variables;
    let streams: usize = beams.sensing.iter().map(noctule_num::CMat::cols).sum();
    let entries = instance.users() * beams.data.rows();
    let products = entries.saturating_mul(beams.data.cols() + streams).saturating_mul(DRAWS);
    if products > MOST_PRODUCTS || design.metrics.sum_rate_nats <= 0.0 {
        return None;
    }
    let (seed, _) = instance.draw().unwrap_or_default();
    let rate = ergodic_rate(instance, beams, DRAWS, seed).ok()?;
    Some(format!(
        "{:.4} ± {:.4} bit/s/Hz ({DRAWS} simulated errors of the estimates)",
        rate.sum_rate_bps_hz, rate.standard_error
    ))
}

/// Users and access points.
pub(super) fn tables(instance: &Instance, design: &CellFreeDesign) -> Vec<Table> {
    let metrics = &design.metrics;
    let users = (0..instance.users())
        .map(|k| {
            vec![
                k.to_string(),
                match metrics.sinr[k] > 0.0 {
                    true => format!("{:.2}", 10.0 * metrics.sinr[k].log10()),
                    false => "–".to_owned(),
                },
                format!("{:.4}", metrics.rate_bps_hz[k]),
            ]
        })
        .collect();
    let cell = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |x| format!("{x:.4}"));
    let aps = metrics
        .aps
        .iter()
        .enumerate()
        .map(|(m, ap)| {
            let targets: Vec<String> = instance.parts().targets_rad[m]
                .iter()
                .map(|angle| format!("{:.1}", angle.to_degrees()))
                .collect();
            vec![
                m.to_string(),
                if targets.is_empty() { "–".to_owned() } else { targets.join(", ") },
                format!("{:.2}", 100.0 * ap.power),
                format!("{:.2}", 100.0 * ap.data_power),
                cell(ap.error),
                cell(ap.scale),
            ]
        })
        .collect();
    vec![
        Table::numbers("Users", &["user", "SINR (dB)", "rate (bit/s/Hz)"], users),
        Table::numbers(
            "Access points",
            &["access point", "senses (°)", "power (%)", "data (%)", "error", "scale"],
            aps,
        ),
    ]
}
