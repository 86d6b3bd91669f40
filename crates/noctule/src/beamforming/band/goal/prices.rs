//! What one step more of each requirement costs, from multipliers.

use super::dual::Values;
use super::stack::Stack;
use super::task::{Aim, Task};
use crate::beamforming::goal::{Prices, Problem};

/// d/d(dB) of a logarithm.
const PER_DB: f64 = std::f64::consts::LN_10 / 10.0;

/// The prices of a convex task at beams that were looked at; those of a floor are of one dB more on every
/// subcarrier. None where rates count: their multipliers are of relaxations.
pub(super) fn prices_of(
    problem: &Problem,
    task: &Task,
    stack: &Stack,
    values: &Values,
    value: f64,
) -> Option<Prices> {
    if !task.is_convex() {
        return None;
    }
    let slope = problem.unit().slope(value);
    let users = stack.users;
    let of = |price: f64| if price == 0.0 { 0.0 } else { slope * price };
    // multipliers of a power are of one that is one
    let unit = if task.aim == Aim::Power { stack.power_w } else { 1.0 };
    let floor = |k: usize| -> f64 {
        let own = (0..stack.subcarriers()).map(|n| n * users + k);
        unit * own.map(|at| values.lambda[at] * stack.interference[at]).sum::<f64>()
    };
    let mut rho = values.rho.iter();
    let per_limit = task.caps.iter().zip(&problem.limits).map(|(cap, limit)| {
        let own: f64 = rho.by_ref().take(cap.members.len()).sum();
        of(-unit * own / limit.metric.unit().slope(limit.limit))
    });
    let per_limit: Vec<f64> = per_limit.collect();
    // μP = m + Σλ + Σρc
    let limits: f64 = values.rho.iter().zip(task.capped()).map(|(rho, (_, c))| rho * c).sum();
    let spent = value + values.lambda.iter().sum::<f64>() + limits;
    Some(Prices {
        per_sinr_db: (0..users).map(|k| of(floor(k) * PER_DB)).collect(),
        per_limit,
        per_power_db: (task.aim != Aim::Power).then(|| of(-spent * PER_DB)),
        per_group_db: Vec::new(),
    })
}
