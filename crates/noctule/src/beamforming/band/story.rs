//! A design over a band, told in full.

use noctule_phy::units::dbm_from_w;

use crate::beamforming::story::{dbm, everyday, streams, users};
use crate::beamforming::{BeamformingDesign, Instance};
use crate::system::Table;

/// Rows of the table of subcarriers at most.
const ROWS: usize = 16;

/// What it achieves, in a few lines.
pub(in crate::beamforming) fn facts(design: &BeamformingDesign) -> Vec<(String, String)> {
    let metrics = &design.metrics;
    let absent = || "undefined: the Fisher matrix is singular".to_owned();
    let band = metrics.band.as_ref();
    let whole = band.map_or_else(absent, |band| format!("{:.4} Mbit/s", band.sum_rate_bps / 1e6));
    let bound = band.and_then(|band| band.weighted_bound).map_or_else(absent, everyday);
    let served = metrics.rate_bps_hz.len() - metrics.users_shut_off();
    let mut facts = vec![
        ("objective", metrics.objective.map_or_else(absent, |x| format!("{x:.6}"))),
        ("mean sum rate", format!("{:.4} bit/s/Hz", metrics.sum_rate_bps_hz)),
        ("sum rate of the band", whole),
        ("weighted bounds", bound),
        ("transmit power", dbm(metrics.power_w)),
        ("users served", format!("{served} of {}", metrics.rate_bps_hz.len())),
    ];
    if let Some(rate) = band.and_then(|band| band.true_sum_rate_bps_hz) {
        facts[1].0 = "mean sum rate, lower bound";
        facts.insert(2, ("mean sum rate on the channels", format!("{rate:.4} bit/s/Hz")));
    }
    if band.is_some_and(|band| band.true_sum_rate_bps_hz.is_some() && band.power_w.len() == 1) {
        // one frequency that is estimated has a width that nobody named
        facts.retain(|(name, _)| *name != "sum rate of the band");
    }
    if let Some(range) = metrics.worst_range_rcrb_m() {
        facts.push(("largest root-CRB of a range", format!("{} m", everyday(range))));
    }
    if let Some(velocity) = metrics.worst_velocity_rcrb_m_s() {
        facts.push(("largest root-CRB of a velocity", format!("{} m/s", everyday(velocity))));
    }
    facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Users, targets, subcarriers, streams.
pub(in crate::beamforming) fn tables(
    instance: &Instance,
    design: &BeamformingDesign,
) -> Vec<Table> {
    let mut out = vec![users(instance, design), targets(instance, design)];
    out.extend(subcarriers(instance, design));
    out.push(streams(design));
    out
}

fn targets(instance: &Instance, design: &BeamformingDesign) -> Table {
    let Some(band) = instance.band() else { return Table::numbers("Targets", &[], Vec::new()) };
    let dash = || "–".to_owned();
    let rows = instance.targets().iter().enumerate().map(|(m, target)| {
        let bounds = design.metrics.targets.as_ref().map(|all| all[m]);
        // what is known has no bound
        let known = |unknown: bool, value: Option<f64>| {
            value.filter(|_| unknown).map_or_else(dash, |x| format!("{x:.4}"))
        };
        let u = &band.unknown[m];
        vec![
            m.to_string(),
            format!("{:.2}", target.azimuth_rad.to_degrees()),
            format!("{:.2}", target.polar_rad.to_degrees()),
            format!("{:.2}", band.range_m[m]),
            format!("{:.2}", band.velocity_m_s[m]),
            known(u.azimuth, bounds.map(|b| b.azimuth_rcrb_deg)),
            known(u.polar, bounds.map(|b| b.polar_rcrb_deg)),
            match bounds.and_then(|b| b.curvature_rcrb_m) {
                // two unknowns, where they are not linked
                Some(curvature) => {
                    format!(
                        "{}, {curvature:.4}",
                        known(u.range, bounds.and_then(|b| b.range_rcrb_m))
                    )
                }
                None => known(u.range, bounds.and_then(|b| b.range_rcrb_m)),
            },
            known(u.velocity, bounds.and_then(|b| b.velocity_rcrb_m_s)),
            known(u.reflection, bounds.map(|b| b.reflection_rcrb)),
        ]
    });
    let headers = [
        "target",
        "azimuth",
        "polar",
        "range",
        "velocity",
        "± azimuth",
        "± polar",
        "± range",
        "± velocity",
        "± refl.",
    ];
    let title = match band.near.filter(|near| !near.linked) {
        Some(_) => {
            "Targets: degrees, m, m/s; ± the root of the Cramér–Rao bound, of ranges by delay and by curvature"
        }
        None => "Targets: degrees, m, m/s; ± the root of the Cramér–Rao bound",
    };
    Table::numbers(title, &headers, rows.collect())
}

/// Subcarriers from one end of the band to the other.
fn subcarriers(instance: &Instance, design: &BeamformingDesign) -> Option<Table> {
    let band = instance.band()?;
    let own = design.metrics.band.as_ref()?;
    let n = band.subcarriers();
    let shown = n.min(ROWS);
    let at = |row: usize| if shown > 1 { row * (n - 1) / (shown - 1) } else { 0 };
    let offsets = band.grid.offsets_hz();
    let rows = (0..shown).map(at).map(|k| {
        let power = own.power_w[k];
        let level =
            if power > 0.0 { format!("{:.2}", dbm_from_w(power)) } else { "–".to_owned() };
        let rate: f64 = own.rate_bps_hz[k].iter().sum();
        vec![k.to_string(), format!("{:.3}", offsets[k] / 1e6), level, format!("{rate:.4}")]
    });
    let headers = ["subcarrier", "offset (MHz)", "power (dBm)", "sum rate (bit/s/Hz)"];
    let title =
        if shown < n { format!("Subcarriers ({shown} of {n})") } else { "Subcarriers".into() };
    Some(Table::numbers(&title, &headers, rows.collect()))
}
