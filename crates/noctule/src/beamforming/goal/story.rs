//! A design for a goal in words: what is reached, what is proven, what every requirement costs.

use super::measure::Unit;
use super::problem::Problem;
use super::words::{Goal, Limit};
use crate::beamforming::story::{decibels, everyday, fewest, share, streams, targets};
use crate::beamforming::{BeamformingDesign, Instance};
use crate::system::Table;

/// What it achieves, in a few lines.
pub(in crate::beamforming) fn facts(
    instance: &Instance,
    problem: &Problem,
    design: &BeamformingDesign,
) -> Vec<(String, String)> {
    let metrics = &design.metrics;
    let mut out = said(problem, design);
    let mut fact = |name: &str, value: String| out.push((name.to_owned(), value));
    let sum = metrics.sum_rate_bps_hz;
    fact("sum rate", format!("{sum:.4} bit/s/Hz ({:.4} nat/s/Hz)", metrics.sum_rate_nats));
    let power = crate::beamforming::story::dbm(metrics.power_w);
    fact("transmit power", power);
    let in_use = design.variables.sensing_streams_in_use().map_or(0, |n| n);
    // a design has columns for those that it uses, up to what the instance allows
    let columns = design.variables.matrix.cols() - instance.users();
    let count = columns.max(instance.parts().sensing_streams);
    fact("sensing streams in use", format!("{in_use} of {count}"));
    out.extend(fewest(metrics).map(|(name, told)| (name.to_owned(), told)));
    out.extend(prices_said(problem, design));
    out
}

/// Goal, what is reached and what is proven, how much of what is required is met.
pub(in crate::beamforming) fn said(
    problem: &Problem,
    design: &BeamformingDesign,
) -> Vec<(String, String)> {
    let Some(goal) = &design.metrics.goal else { return Vec::new() };
    let said = Said::of(problem);
    let mut out = Vec::new();
    let mut fact = |name: &str, value: String| out.push((name.to_owned(), value));
    let reached = goal.shown.map_or_else(|| "undefined".to_owned(), |value| said.value(value));
    fact("goal", format!("{}: {}", goal.kind, said.words));
    fact("reached", reached);
    if let Some(bound) = design.proof.bound.as_ref().filter(|bound| bound.problem.is_none()) {
        let most = said.value(problem.unit().shown(bound.value));
        let side = if problem.maximises() { "exceed" } else { "fall below" };
        fact("no beams", format!("{side} {most} ({:.1e} relative)", bound.gap_rel));
    }
    fact("required beside the power", format!("{} of {} met", goal.met, goal.asked));
    out
}

/// Prices in sentences; what costs nothing is not told.
pub(in crate::beamforming) fn prices_said(
    problem: &Problem,
    design: &BeamformingDesign,
) -> Vec<(String, String)> {
    prices(problem, design, &Said::of(problem))
}

/// How the goal is said.
struct Said {
    words: String,
    unit: Unit,
    symbol: &'static str,
    maximises: bool,
}

impl Said {
    fn of(problem: &Problem) -> Self {
        let (words, symbol) = match &problem.goal {
            Goal::MinCrb { metric } | Goal::MaxSensing { metric } => {
                (metric.words(), metric.unit().symbol())
            }
            Goal::MinPower => ("the power".to_owned(), " dBm"),
            Goal::SumRate { .. } => ("the weighted sum rate".to_owned(), " bit/s/Hz"),
            Goal::MaxMinRate { .. } => ("the worst rate over its weight".to_owned(), " bit/s/Hz"),
            Goal::ProportionalFair { .. } => {
                ("the sum of the logarithms of rates in nats".to_owned(), "")
            }
            Goal::Weighted => (String::new(), ""),
        };
        Self { words, unit: problem.unit(), symbol, maximises: problem.maximises() }
    }

    fn value(&self, shown: f64) -> String {
        format!("{}{}", everyday(shown), self.symbol)
    }

    /// What a step in which the goal rises by `price` does to it.
    fn costs(&self, price: f64) -> String {
        let symbol = if self.unit == Unit::Dbm { " dB" } else { self.symbol };
        let (size, better) = (everyday(price.abs()), (price > 0.0) == self.maximises);
        format!("{} {size}{symbol}", if better { "gains" } else { "costs" })
    }
}

fn prices(problem: &Problem, design: &BeamformingDesign, said: &Said) -> Vec<(String, String)> {
    let Some(prices) = &design.metrics.prices else { return Vec::new() };
    let mut out = Vec::new();
    let most = prices.per_sinr_db.iter().fold(0.0_f64, |most, price| most.max(price.abs()));
    for (k, price) in prices.per_sinr_db.iter().enumerate() {
        if price.abs() > 1e-6 * most {
            let sentence = format!("one dB more {}", said.costs(*price));
            out.push((format!("price of user {k}'s SINR"), sentence));
        }
    }
    for (i, (limit, price)) in problem.limits.iter().zip(&prices.per_limit).enumerate() {
        if *price != 0.0 {
            let gain = limit.metric.is_gain();
            let (more, step) = (if gain { "more" } else { "less" }, limit.metric.unit().step());
            let cost = said.costs(if gain { *price } else { -price });
            let sentence = format!("{}: one {step} {more} {cost}", asked(limit));
            out.push((format!("price of limit {i}"), sentence));
        }
    }
    if let Some(price) = prices.per_power_db.filter(|price| *price != 0.0) {
        out.push(("price of power".to_owned(), format!("one dB more {}", said.costs(price))));
    }
    for (g, price) in prices.per_group_db.iter().enumerate().filter(|(_, price)| **price != 0.0) {
        let sentence = format!("one dB more {}", said.costs(*price));
        out.push((format!("price of group {g}'s power"), sentence));
    }
    out
}

/// A limit in words: "the root-CRB of the azimuth of target 0 at most 0.5°".
pub(in crate::beamforming) fn asked(limit: &Limit) -> String {
    let side = if limit.metric.is_gain() { "at least" } else { "at most" };
    let unit = limit.metric.unit();
    let value = everyday(unit.shown(limit.limit));
    format!("{} {side} {value}{}", limit.metric.words(), unit.symbol())
}

/// Users and limits beside what they ask, targets, streams.
pub(in crate::beamforming) fn tables(
    instance: &Instance,
    problem: &Problem,
    design: &BeamformingDesign,
) -> Vec<Table> {
    let mut all = vec![users(problem, design)];
    if !problem.limits.is_empty() {
        all.push(limits(problem, design));
    }
    all.extend([targets(instance, design), streams(design)]);
    all
}

fn price(of: Option<&f64>) -> String {
    of.map_or_else(|| "–".to_owned(), |price| everyday(*price))
}

fn users(problem: &Problem, design: &BeamformingDesign) -> Table {
    let metrics = &design.metrics;
    let rows = problem.sinr_floor.iter().enumerate().map(|(k, floor)| {
        let own = metrics.prices.as_ref().and_then(|prices| prices.per_sinr_db.get(k));
        vec![
            k.to_string(),
            decibels(metrics.sinr[k]),
            decibels(*floor),
            price(own),
            format!("{:.4}", metrics.rate_bps_hz[k]),
            share(metrics.stream_power_w[k], metrics.power_w),
        ]
    });
    let headers = ["user", "SINR (dB)", "at least", "price per dB", "rate (bit/s/Hz)", "power (%)"];
    Table::numbers("Users", &headers, rows.collect())
}

fn limits(problem: &Problem, design: &BeamformingDesign) -> Table {
    let metrics = &design.metrics;
    let reached = |i: usize| {
        let goal = metrics.goal.as_ref()?;
        goal.limited.get(i).copied().flatten()
    };
    let rows = problem.limits.iter().enumerate().map(|(i, limit)| {
        let own = metrics.prices.as_ref().and_then(|prices| prices.per_limit.get(i));
        vec![asked(limit), reached(i).map_or_else(|| "–".to_owned(), everyday), price(own)]
    });
    Table {
        caption: "Limits".to_owned(),
        headers: ["limit", "reached", "price per step"].map(str::to_owned).to_vec(),
        rows: rows.collect(),
        align: vec![
            crate::system::Align::Left,
            crate::system::Align::Right,
            crate::system::Align::Right,
        ],
    }
}
