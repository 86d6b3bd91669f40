//! One deployment, told in full.

use noctule_num::C64;
use noctule_phy::cascade::SurfacePath;
use noctule_phy::geometry::Point;

use super::{Instance, Mode, SurfacesDesign};
use crate::system::{Table, counted};

/// The instance in one line.
pub(super) fn headline(instance: &Instance) -> String {
    let parts = instance.parts();
    format!(
        "{}, {} at the user, {}, {} at site 0",
        counted(parts.transmit_antennas, "transmit antenna"),
        parts.user_antennas,
        counted(instance.sites(), "candidate site"),
        counted(parts.sensors, "sensor")
    )
}

/// What people want to know first.
pub(super) fn facts(design: &SurfacesDesign) -> Vec<(String, String)> {
    let metrics = &design.metrics;
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
    if let Some(price) = metrics.limit_price {
        facts.push(("price of the limit", format!("one decibel less costs {price:.4} bit/s/Hz")));
    }
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

/// The columns of a table of surfaces.
const HEADERS: [&str; 9] =
    ["site", "x (m)", "y (m)", "elements", "base dB", "user dB", "target dB", "user %", "target %"];

/// Surfaces, and stretches of time where there are several.
pub(super) fn tables(instance: &Instance, design: &SurfacesDesign) -> Vec<Table> {
    let sites = &design.variables.sites;
    let modes = &design.variables.modes;
    let cascade = instance.cascade(sites);
    let table = |(m, mode): (usize, &Mode)| {
        let surfaces = cascade.paths.iter().zip(sites).zip(&mode.phases);
        let rows = surfaces
            .map(|((path, &site), phases)| {
                row(site, instance.parts().sites[site].position, path, phases)
            })
            .collect();
        let caption = if modes.len() == 1 {
            format!("Surfaces: {LEGEND}")
        } else {
            let (percent, m) = (100.0 * mode.share, m + 1);
            format!("Surfaces, {percent:.1} % of the time ({m} of {}): {LEGEND}", modes.len())
        };
        Table::numbers(&caption, &HEADERS, rows)
    };
    modes.iter().enumerate().map(table).collect()
}

fn row(site: usize, place: Point, path: &SurfacePath, phases: &[C64]) -> Vec<String> {
    let n = path.elements as f64;
    let share = |amplitude: f64| format!("{:.2}", 100.0 * amplitude / n);
    vec![
        site.to_string(),
        format!("{:.3}", place.x_m),
        format!("{:.3}", place.y_m),
        path.elements.to_string(),
        format!("{:.2}", 10.0 * path.base_gain.log10()),
        format!("{:.2}", 10.0 * path.user_gain.log10()),
        format!("{:.2}", 10.0 * path.target_gain.log10()),
        share(path.user_amplitude(phases).norm()),
        share(path.illumination(phases).0.norm()),
    ]
}
