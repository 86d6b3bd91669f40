//! A design for a goal over a band in words.

use crate::beamforming::band::story::{facts as plain, tables as of_band};
use crate::beamforming::goal::{Problem, asked, prices_said, said};
use crate::beamforming::story::{decibels, everyday};
use crate::beamforming::{BeamformingDesign, Instance};
use crate::system::{Align, Table};

/// What it achieves, in a few lines.
pub(in crate::beamforming) fn facts(
    problem: &Problem,
    design: &BeamformingDesign,
) -> Vec<(String, String)> {
    let mut out = said(problem, design);
    let kept = |(name, _): &(String, String)| name != "objective" && name != "weighted bounds";
    out.extend(plain(design).into_iter().filter(kept));
    out.extend(prices_said(problem, design));
    out
}

/// What is asked beside what is reached, then the tables of the band.
pub(in crate::beamforming) fn tables(
    instance: &Instance,
    problem: &Problem,
    design: &BeamformingDesign,
) -> Vec<Table> {
    let mut rows: Vec<Vec<String>> = Vec::new();
    let metrics = &design.metrics;
    let price = |of: Option<&f64>| of.map_or_else(|| "–".to_owned(), |price| everyday(*price));
    for (k, floor) in problem.sinr_floor.iter().enumerate().filter(|(_, floor)| **floor > 0.0) {
        let own = metrics.band.iter().flat_map(|band| &band.rate_bps_hz);
        let least = own.map(|rates| rates[k]).fold(f64::INFINITY, f64::min);
        let least = (least * std::f64::consts::LN_2).exp_m1();
        let asked =
            format!("SINR of user {k} on every subcarrier at least {} dB", decibels(*floor));
        let prices = metrics.prices.as_ref().and_then(|prices| prices.per_sinr_db.get(k));
        rows.push(vec![asked, decibels(least), price(prices)]);
    }
    for (k, floor) in problem.rate_floor.iter().enumerate().filter(|(_, floor)| **floor > 0.0) {
        let bits = floor / std::f64::consts::LN_2;
        let asked = format!("mean rate of user {k} at least {} bit/s/Hz", everyday(bits));
        rows.push(vec![asked, format!("{:.4}", metrics.rate_bps_hz[k]), "–".to_owned()]);
    }
    for (i, limit) in problem.limits.iter().enumerate() {
        let reached = metrics.goal.as_ref().and_then(|goal| goal.limited.get(i).copied().flatten());
        let reached = reached.map_or_else(|| "–".to_owned(), everyday);
        let own = metrics.prices.as_ref().and_then(|prices| prices.per_limit.get(i));
        rows.push(vec![asked(limit), reached, price(own)]);
    }
    let mut out = Vec::new();
    if !rows.is_empty() {
        out.push(Table {
            caption: "Requirements".to_owned(),
            headers: ["required", "reached", "price per step"].map(str::to_owned).to_vec(),
            rows,
            align: vec![Align::Left, Align::Right, Align::Right],
        });
    }
    out.extend(of_band(instance, design));
    out
}
