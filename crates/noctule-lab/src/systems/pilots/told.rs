//! What is told of a design: metrics, series, facts, tables.

use noctule::pilots::locate::Attained;
use noctule::pilots::{Instance, Metrics};
use serde::Serialize;

use super::Pilots;
use crate::report::Table;
use crate::system::{MetricInfo, SeriesInfo, SeriesValue};
use crate::systems::adapter::{DesignOf, entry, metric, table};

/// The metrics of an allocation, and what estimators made of its echoes where they were asked.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Told {
    /// The metrics.
    #[serde(flatten)]
    pub of: Metrics,
    /// What estimators achieve.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attained: Option<Attained>,
}

impl From<Metrics> for Told {
    fn from(of: Metrics) -> Self {
        Self { of, attained: None }
    }
}

pub(super) const METRICS: &[MetricInfo] = &[
    metric("worst_error", "Largest estimation error", "", "largest normalised error of a user"),
    metric("mean_error", "Mean estimation error", "", "mean normalised error over users"),
    metric(
        "worst_error_all_pilots",
        "Largest error, all correlators",
        "",
        "largest error when users combine the correlators of all pilots linearly",
    ),
    metric(
        "worst_error_printed",
        "Largest error as printed",
        "",
        "largest error by Eq. (18) of the paper, which falls with contamination",
    ),
    metric("worst_crb_m2", "Largest bound on a position", "m²", "largest tr J⁻¹ over users"),
    metric("mean_crb_m2", "Mean bound on a position", "m²", "mean of tr J⁻¹ over users"),
    metric(
        "worst_position_rcrb_m",
        "Largest root-CRB of a position",
        "m",
        "root of the largest tr J⁻¹ over users",
    ),
    metric("power_percent", "Pilot power", "%", "pilot power spent over what there is"),
    metric(
        "largest_user_power_percent",
        "Largest share of one user",
        "%",
        "share of the power spent that goes to the user who gets most",
    ),
    metric("mean_rate_mbps", "Data rate", "Mbit/s", "mean over users of B log₂(1 + SINR)"),
    metric("mse_m2", "Mean squared error", "m²", "of estimated positions, over noises and users"),
    metric("mse_over_crb", "Mean squared error over bound", "", "of estimated positions"),
    metric("outlier_percent", "Outliers", "%", "estimated positions off by more than 10 m"),
];

pub(super) const SERIES: &[SeriesInfo] = &[
    SeriesInfo { name: "error", index: "i: user", label: "Estimation error", unit: "" },
    SeriesInfo { name: "crb_m2", index: "i: user", label: "Bound on a position", unit: "m²" },
    SeriesInfo { name: "rate_mbps", index: "i: user", label: "Data rate", unit: "Mbit/s" },
    SeriesInfo {
        name: "fraction",
        index: "i: access point, j: user",
        label: "Fraction of pilot power",
        unit: "",
    },
    SeriesInfo { name: "user_power_percent", index: "i: user", label: "Share of power", unit: "%" },
];

pub(super) fn values(design: &DesignOf<Pilots>) -> Vec<Option<f64>> {
    let (m, told) = (&design.metrics.of, design.metrics.attained.as_ref());
    let count = m.error.len() as f64;
    // Of a design that meets no limit only what can be reached has a meaning.
    let meant = |value: f64| design.proof.infeasible.is_none().then_some(value);
    vec![
        meant(m.worst_error),
        meant(m.error.iter().sum::<f64>() / count),
        meant(m.error_all_pilots.iter().copied().fold(0.0, f64::max)),
        m.worst_error_printed.and_then(meant),
        m.worst_crb_m2,
        m.mean_crb_m2,
        m.worst_position_rcrb_m,
        meant(100.0 * m.power_fraction),
        user_shares(design).into_iter().reduce(f64::max).and_then(meant),
        meant(1e-6 * m.mean_rate_bps),
        told.map(|t| t.mse_m2),
        told.map(|t| t.mse_over_crb),
        told.map(|t| 100.0 * t.outliers),
    ]
}

/// What each user gets of the power that is spent, in percent; empty where nothing is.
fn user_shares(design: &DesignOf<Pilots>) -> Vec<f64> {
    let x = &design.variables;
    let all: f64 = x.fractions.iter().sum();
    if all <= 0.0 {
        return Vec::new();
    }
    (0..x.users)
        .map(|k| 100.0 * x.fractions.iter().skip(k).step_by(x.users).sum::<f64>() / all)
        .collect()
}

pub(super) fn series(design: &DesignOf<Pilots>) -> Vec<SeriesValue> {
    let m = &design.metrics.of;
    let x = &design.variables;
    let mut out = Vec::new();
    for (k, error) in m.error.iter().enumerate() {
        out.push(entry("error", k, *error));
        if let Some(crb) = m.crb_m2[k] {
            out.push(entry("crb_m2", k, crb));
        }
        out.push(entry("rate_mbps", k, 1e-6 * m.rate_bps[k]));
    }
    for (k, share) in user_shares(design).into_iter().enumerate() {
        out.push(entry("user_power_percent", k, share));
    }
    for (index, fraction) in x.fractions.iter().enumerate() {
        let value = entry("fraction", index / x.users, *fraction);
        out.push(SeriesValue { j: (index % x.users) as u32, ..value });
    }
    out
}

/// A number with so many significant digits, in powers of ten where zeros would fill the page.
fn significant(value: f64, digits: usize) -> String {
    let size = value.abs();
    if size > 0.0 && !(1e-3..1e7).contains(&size) {
        return format!("{value:.*e}", digits - 1);
    }
    let before = if size > 0.0 { size.log10().floor() as i32 } else { 0 };
    let after = (digits as i32 - 1 - before).max(0) as usize;
    format!("{value:.after$}")
}

pub(super) fn facts(instance: &Instance, design: &DesignOf<Pilots>) -> Vec<(String, String)> {
    let m = &design.metrics.of;
    let absent = || "undefined: no radar, or a singular geometry".to_owned();
    let mut facts = vec![
        ("worst estimation error", format!("{:.6e}", m.worst_error)),
        (
            "worst position",
            m.worst_position_rcrb_m.zip(m.worst_crb_m2).map_or_else(absent, |(root, crb)| {
                format!("{} m (bound {} m²)", significant(root, 5), significant(crb, 7))
            }),
        ),
        ("pilot power", format!("{} % of what there is", significant(100.0 * m.power_fraction, 5))),
        ("mean data rate", format!("{:.3} Mbit/s", 1e-6 * m.mean_rate_bps)),
    ];
    if let Some(limit) = instance.parts().crb_limit_m2 {
        facts.push(("limit on positions", format!("{} m²", significant(limit, 7))));
    }
    if let Some(attained) = &design.metrics.attained {
        facts.push((
            "estimators",
            format!(
                "mean squared error {:.4} m², {:.2} times the bound, {:.1} % outliers",
                attained.mse_m2,
                attained.mse_over_crb,
                100.0 * attained.outliers
            ),
        ));
    }
    facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

pub(super) fn tables(instance: &Instance, design: &DesignOf<Pilots>) -> Vec<Table> {
    let m = &design.metrics.of;
    let cell = |value: Option<f64>, digits: usize| {
        value.map_or_else(|| "–".to_owned(), |x| format!("{x:.digits$}"))
    };
    let users = (0..instance.users())
        .map(|k| {
            vec![
                k.to_string(),
                format!("{:.4e}", m.error[k]),
                format!("{:.4e}", m.error_all_pilots[k]),
                m.crb_m2[k].map_or_else(|| "–".to_owned(), |crb| significant(crb.sqrt(), 5)),
                cell(m.echo_snr[k].filter(|snr| *snr > 0.0).map(|snr| 10.0 * snr.log10()), 1),
                format!("{:.3}", 1e-6 * m.rate_bps[k]),
            ]
        })
        .collect();
    let headers =
        ["user", "error", "error, all pilots", "root-CRB (m)", "echoes (dB)", "rate (Mbit/s)"];
    let x = &design.variables;
    let points = (0..instance.points())
        .map(|i| {
            let row = &x.fractions[i * x.users..(i + 1) * x.users];
            let shares: Vec<String> = row.iter().map(|f| format!("{:.2}", 100.0 * f)).collect();
            vec![
                i.to_string(),
                shares.join("  "),
                format!("{:.2}", 100.0 * row.iter().sum::<f64>()),
            ]
        })
        .collect();
    vec![
        table("Users", &headers, users),
        table("Access points", &["point", "to each user (%)", "in all (%)"], points),
    ]
}

#[cfg(test)]
mod tests {
    use super::significant;

    #[test]
    fn small_numbers_keep_their_digits() {
        assert_eq!(significant(1.234_567_8e-9, 7), "1.234568e-9");
        assert_eq!(significant(0.024_5, 5), "0.024500");
        assert_eq!(significant(1.0, 7), "1.000000");
        assert_eq!(significant(0.0, 5), "0.0000");
    }
}
