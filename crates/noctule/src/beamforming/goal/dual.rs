//! Bounds and prices of documents, from the multipliers in them.

use std::collections::BTreeMap;

use noctule_num::InputError;
use noctule_optim::{Bound, Proof, Sense, Stop};

use super::evaluate::{GoalMetrics, Prices};
use super::problem::{Case, Problem};
use super::words::{Goal, Measure};
use crate::Error;
use crate::beamforming::requirements::{
    DualValues, PowerLimit, UnitPrices, floors_cost, metric_bound, power_bound, prices, rate_bound,
    worst_rate_bound, worst_rate_prices,
};
use crate::beamforming::{Beams, Instance, Metrics};
use crate::claims::{Again, Bounded, Ends, Said, Verdict, same};

/// A gap up to which a convex goal counts as solved.
pub(super) const SOLVED: f64 = 1e-4;

/// The dual values as the numbers of a proof.
pub(super) fn numbers(values: &DualValues) -> BTreeMap<String, Vec<f64>> {
    let sharpness = vec![f64::from(values.sharpness)];
    let all = [
        ("lambda", &values.lambda),
        ("rho", &values.rho),
        ("shares", &values.shares),
        ("nu", &values.nu),
        ("sharpness", &sharpness),
    ];
    let kept = all.into_iter().filter(|(_, list)| !list.is_empty());
    kept.map(|(name, list)| (name.to_owned(), list.clone())).collect()
}

/// The dual values of the numbers of a proof.
pub(super) fn values(numbers: &BTreeMap<String, Vec<f64>>) -> Result<DualValues, InputError> {
    let list = |name: &str| numbers.get(name).cloned().unwrap_or_default();
    let known = ["lambda", "rho", "shares", "nu", "sharpness"];
    if let Some(name) = numbers.keys().find(|name| !known.contains(&name.as_str())) {
        let allowed = known.join(", ");
        return Err(InputError::new("no multipliers of this name", name, "numbers", allowed));
    }
    let sharpness = match list("sharpness")[..] {
        [] => 0,
        [p] if (0.0..=1e9).contains(&p) => p as u32,
        _ => {
            let what = "no power of a norm";
            return Err(InputError::new(what, "sharpness", "another number", "one number"));
        }
    };
    let [lambda, rho, shares, nu] = ["lambda", "rho", "shares", "nu"].map(list);
    Ok(DualValues { lambda, rho, shares, nu, sharpness })
}

/// What the dual values prove of the value of a goal at beams.
pub(super) fn proven(
    problem: &Problem,
    case: &Case,
    beams: &Beams,
    values: &DualValues,
) -> Result<Option<f64>, Error> {
    let Case { world, required, .. } = case;
    let w = &beams.matrix;
    match (&problem.goal, &case.metric) {
        (Goal::MinCrb { .. } | Goal::MaxSensing { .. }, Some(metric)) => {
            metric_bound(world, metric, required, w, values)
        }
        (Goal::MinPower, _) => {
            let by_values = power_bound(world, required, w, values)?;
            let floors = floors_cost(world, required)? * (1.0 - 1e-12);
            Ok(Some(by_values.max(floors)).filter(|bound| bound.is_finite()))
        }
        (Goal::MaxMinRate { .. }, _) => {
            worst_rate_bound(world, &problem.user_weights(), required, w, values)
        }
        _ => Ok(None),
    }
}

/// Prices in SI units, by dual values at beams; none where nothing can be bought.
pub(super) fn unit_prices(
    problem: &Problem,
    case: &Case,
    beams: &Beams,
    values: &DualValues,
) -> Result<Option<UnitPrices>, Error> {
    let Case { world, metric, required } = case;
    let w = &beams.matrix;
    if matches!(problem.goal, Goal::MaxMinRate { .. }) {
        return worst_rate_prices(world, &problem.user_weights(), required, w, values);
    }
    prices(world, metric.as_ref(), required, w, values).map(Some)
}

/// d/d dB of what is said by its logarithm.
const PER_DB: f64 = std::f64::consts::LN_10 / 10.0;

/// Prices as people say them; none where the goal has no value.
pub(super) fn shown(
    problem: &Problem,
    case: &Case,
    goal: &GoalMetrics,
    prices: &UnitPrices,
) -> Option<Prices> {
    let slope = problem.unit().slope(goal.value?);
    // a price of −0 is none
    let of = |price: f64| if price == 0.0 { 0.0 } else { slope * price };
    let floors = prices.sinr.iter().zip(&case.required.sinr);
    let limits = prices.caps.iter().zip(&problem.limits);
    let power = of_power(problem, case, goal, prices);
    let groups = match &case.required.power {
        PowerLimit::Groups { limits, .. } if problem.around.towards.is_none() => &limits[..],
        _ => &[],
    };
    let groups = groups.iter().zip(&prices.power);
    Some(Prices {
        per_sinr_db: floors.map(|(price, floor)| of(price * floor * PER_DB)).collect(),
        per_limit: limits
            .map(|(price, limit)| of(price / limit.metric.unit().slope(limit.limit)))
            .collect(),
        per_power_db: power.map(|price| of(price * PER_DB)),
        per_group_db: groups.map(|(limit, price)| of(limit * price * PER_DB)).collect(),
    })
}

/// What the goal rises by for the logarithm of the power that there is: of all antennas, of each, or of each
/// station; limits of groups beside it stay.
fn of_power(
    problem: &Problem,
    case: &Case,
    goal: &GoalMetrics,
    prices: &UnitPrices,
) -> Option<f64> {
    let own = &prices.power;
    let all = |limits: &[f64]| own.iter().zip(limits).map(|(price, limit)| price * limit).sum();
    match &case.required.power {
        _ if own.is_empty() => None,
        PowerLimit::Total(power) => {
            let spent: f64 = all(&[*power]);
            Some(spent + of_patterns(problem, goal, prices))
        }
        PowerLimit::PerAntenna(limits) => Some(all(limits)),
        PowerLimit::Groups { limits, .. } if problem.around.towards.is_some() => Some(all(limits)),
        PowerLimit::Groups { limits, .. } => {
            // what limits all antennas together is the last cap, and antennas of no group may spend as much
            let last = problem.limits.len();
            let (Some(whole), Some(price)) = (case.required.caps.get(last), prices.caps.get(last))
            else {
                return Some(0.0);
            };
            let alike = limits
                .iter()
                .map(|limit| if *limit >= whole.limit * (1.0 - 1e-12) { *limit } else { 0.0 });
            Some(price * whole.limit + all(&alike.collect::<Vec<_>>()))
        }
    }
}

/// Beampatterns are shares of the power that there is: with more of it the same beams have a smaller one, as its
/// square.
fn of_patterns(problem: &Problem, goal: &GoalMetrics, prices: &UnitPrices) -> f64 {
    let pattern = Measure::Beampattern;
    let own = if problem.measure() == Some(&pattern) { goal.value.unwrap_or(0.0) } else { 0.0 };
    let limited = problem.limits.iter().zip(&goal.limited).zip(&prices.caps);
    let limited = limited.filter(|((limit, _), _)| limit.metric == pattern);
    let each = limited.map(|((_, reached), price)| {
        price * reached.map_or(0.0, |shown| pattern.unit().meant(shown))
    });
    2.0 * (each.sum::<f64>() - own)
}

impl Problem {
    /// A gap is relative to the value, and to this where the value is smaller.
    pub(in crate::beamforming) fn least_size(&self) -> f64 {
        match &self.goal {
            Goal::ProportionalFair { .. } => 1.0,
            // a share of the power, squared: a thousandth of all of it, spread over an array
            Goal::MinCrb { metric: Measure::Beampattern } => 1e-6,
            _ => 0.0,
        }
    }
}

/// What a bound of a document on a goal is about.
pub(in crate::beamforming) fn bounded(problem: &Problem, metrics: &Metrics) -> Option<Bounded> {
    let reached = metrics.goal.as_ref()?.value?;
    let unit = problem.least_size();
    let sense = if problem.maximises() { Sense::Upper } else { Sense::Lower };
    Some(Bounded { reached, sense, unit })
}

/// Whether a method of a goal can have stopped for the reason given: by its gap, or because it proved
/// that there is no design.
pub(in crate::beamforming) fn stop_again(problem: &Problem, stop: Stop, proof: &Proof) -> Verdict {
    let convex = !matches!(problem.goal, Goal::SumRate { .. } | Goal::ProportionalFair { .. });
    let gap = proof.bound.as_ref().map(|bound| bound.gap_rel);
    match (stop, &proof.infeasible, gap) {
        (Stop::Computed, ..) => Verdict::Refuted("the method iterates".to_owned()),
        (Stop::Converged, Some(_), _) => Verdict::Confirmed,
        (Stop::Converged, None, Some(gap)) if gap <= SOLVED => Verdict::Confirmed,
        (Stop::Converged, None, Some(gap)) if convex => {
            Verdict::Refuted(format!("a gap of {gap:.1e} is not converged to {SOLVED:.0e}"))
        }
        (other, ..) => Verdict::NotCheckable(format!("that it ended by `{other}`")),
    }
}

/// A bound of a document on a goal, again; and the prices beside it, which follow from the same
/// multipliers.
pub(in crate::beamforming) fn bound_again(
    said: &Said<'_, Instance, Beams, Metrics, Ends>,
    problem: &Problem,
    bound: &Bound,
) -> Result<Again, Error> {
    let case = Case::of(said.instance, problem)?;
    if matches!(problem.goal, Goal::SumRate { .. } | Goal::ProportionalFair { .. }) {
        let reached = said.metrics.goal.as_ref().and_then(|goal| goal.value);
        let Case { world, required, .. } = &case;
        let weights = problem.user_weights();
        return Ok(match rate_bound(world, &weights, required, &bound.numbers)? {
            // what is reached is no more than the optimum
            Some(found) => Again::Proven(reached.map_or(found, |reached| found.max(reached))),
            None => Again::not_checkable("its limits have minorants that are not kept"),
        });
    }
    let values = values(&bound.numbers)?;
    let found = proven(problem, &case, said.variables, &values)?;
    if let Some(price) = strange_price(said, problem, &case, &values)? {
        let what = format!("they give another {price}");
        return Err(InputError::new(what, "prices", "another", "what multipliers say").into());
    }
    match found {
        Some(found) => Ok(Again::Proven(found)),
        None => {
            let what = "they bound nothing";
            Err(InputError::new(what, "numbers", "no bound", "multipliers").into())
        }
    }
}

/// A price of the document that its multipliers do not say.
fn strange_price(
    said: &Said<'_, Instance, Beams, Metrics, Ends>,
    problem: &Problem,
    case: &Case,
    values: &DualValues,
) -> Result<Option<String>, Error> {
    let stored = said.stored.get("prices").filter(|prices| !prices.is_null());
    let (Some(stored), Some(goal)) = (stored, &said.metrics.goal) else { return Ok(None) };
    let own = unit_prices(problem, case, said.variables, values)?;
    let own = serde_json::json!(own.and_then(|own| shown(problem, case, goal, &own)));
    let numbers = |of: &serde_json::Value, name: &str| -> Vec<f64> {
        match &of[name] {
            serde_json::Value::Array(list) => {
                list.iter().map(|x| x.as_f64().unwrap_or(f64::NAN)).collect()
            }
            one => one.as_f64().into_iter().collect(),
        }
    };
    for name in ["per_sinr_db", "per_limit", "per_power_db", "per_group_db"] {
        let (theirs, mine) = (numbers(stored, name), numbers(&own, name));
        // left out where limits move with the power
        if theirs.is_empty() && matches!(name, "per_power_db" | "per_group_db") {
            continue;
        }
        let most = mine.iter().fold(0.0_f64, |most, x| most.max(x.abs()));
        let near = |(a, b): (&f64, &f64)| same(*a, *b) || (a - b).abs() <= 1e-6 * most;
        if theirs.len() != mine.len() || !theirs.iter().zip(&mine).all(near) {
            return Ok(Some(format!("`{name}`")));
        }
    }
    Ok(None)
}
