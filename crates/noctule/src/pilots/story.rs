//! An allocation, told in full.

use super::{Instance, PilotsDesign};
use crate::system::Table;

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

/// What people want to know first.
pub(super) fn facts(instance: &Instance, design: &PilotsDesign) -> Vec<(String, String)> {
    let m = &design.metrics;
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
    if let Some(price) = m.limit_price {
        // what a metre is worth may be more than there is
        let centimetre = 0.01 * price.abs();
        facts.push((
            "price of the limit",
            format!("one centimetre less costs {} of error", significant(centimetre, 3)),
        ));
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

/// Users and access points.
pub(super) fn tables(instance: &Instance, design: &PilotsDesign) -> Vec<Table> {
    let m = &design.metrics;
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
        Table::numbers("Users", &headers, users),
        Table::numbers("Access points", &["point", "to each user (%)", "in all (%)"], points),
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
