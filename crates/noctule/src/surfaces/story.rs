//! One deployment, told in full.

use super::{Instance, ReportedDesign};
use crate::system::Table;

/// The instance in one line.
pub(super) fn headline(instance: &Instance) -> String {
    let parts = instance.parts();
    format!(
        "{} transmit antennas, {} at the user, {} candidate sites, {} sensors",
        parts.transmit_antennas,
        parts.user_antennas,
        instance.sites(),
        parts.sensors
    )
}

/// What people want to know first.
pub(super) fn facts(design: &ReportedDesign) -> Vec<(String, String)> {
    let metrics = &design.metrics.metrics;
    let decibels = |value: Option<f64>| {
        value.map_or_else(|| "the target is not lit".to_owned(), |x| format!("{x:.3} dB"))
    };
    let sites: Vec<String> = design.variables.sites.iter().map(ToString::to_string).collect();
    let mut facts = vec![
        (
            "rate",
            format!("{:.4} bit/s/Hz ({:.4} nat/s/Hz)", metrics.rate_bps_hz, metrics.rate_nats),
        ),
        ("CRB of the spatial frequency", decibels(metrics.crb_db)),
        ("its upper bound (21)", decibels(metrics.crb_aligned_db)),
        ("sites built", format!("{} ({} elements)", sites.join(", "), metrics.elements)),
        ("streams", metrics.streams.to_string()),
        (
            "dedicated sensing signal",
            format!("{:.2} % of the power", 100.0 * metrics.sensing_share),
        ),
        ("overlap of paths", format!("{:.1e}", metrics.coherence)),
    ];
    if let Some(echo) = &design.metrics.echo {
        let ratio = |x: Option<f64>| x.map_or_else(|| "–".to_owned(), |x| format!("{x:.3}"));
        facts.push((
            "simulated echoes",
            format!(
                "{} draws at {:.1} dB: MSE over CRB {} (MUSIC), {} (maximum likelihood)",
                echo.errors.len(),
                echo.snr_db,
                ratio(echo.music_mse_over_crb),
                ratio(echo.likelihood_mse_over_crb)
            ),
        ));
    }
    facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// What the columns of a table of surfaces are.
const LEGEND: &str = "gains to base, user and target; how far aligned to user and target";

/// Surfaces, and stretches of time where there are several.
pub(super) fn tables(instance: &Instance, design: &ReportedDesign) -> Vec<Table> {
    let sites = &design.variables.sites;
    let cascade = instance.cascade(sites);
    let mut tables = Vec::new();
    for (m, mode) in design.variables.modes.iter().enumerate() {
        let rows = cascade
            .paths
            .iter()
            .enumerate()
            .map(|(k, path)| {
                let place = instance.parts().sites[sites[k]].position;
                let n = path.elements as f64;
                let share = |amplitude: f64| format!("{:.2}", 100.0 * amplitude / n);
                vec![
                    sites[k].to_string(),
                    format!("{:.3}", place.x_m),
                    format!("{:.3}", place.y_m),
                    path.elements.to_string(),
                    format!("{:.2}", 10.0 * path.base_gain.log10()),
                    format!("{:.2}", 10.0 * path.user_gain.log10()),
                    format!("{:.2}", 10.0 * path.target_gain.log10()),
                    share(path.user_amplitude(&mode.phases[k]).norm()),
                    share(path.illumination(&mode.phases[k]).0.norm()),
                ]
            })
            .collect();
        let headers = [
            "site",
            "x (m)",
            "y (m)",
            "elements",
            "base dB",
            "user dB",
            "target dB",
            "user %",
            "target %",
        ];
        let caption = if design.variables.modes.len() == 1 {
            format!("Surfaces: {LEGEND}")
        } else {
            format!(
                "Surfaces, {:.1} % of the time ({} of {}): {LEGEND}",
                100.0 * mode.share,
                m + 1,
                design.variables.modes.len()
            )
        };
        tables.push(Table::numbers(&caption, &headers, rows));
    }
    tables
}
