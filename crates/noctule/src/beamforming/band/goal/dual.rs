//! What multipliers prove of a task.

use std::collections::BTreeMap;

use noctule_num::linalg::{HermitianEigen, Op, product, real_dot};
use noctule_num::{C64, CMat, InputError};
use noctule_phy::fisher::FisherInverse;

use super::program::chord;
use super::stack::{Blur, Stack, outer};
use super::task::{Aim, Task};
/// A gap up to which a convex goal counts as solved.
pub(super) const SOLVED: f64 = 1e-4;

/// 64 units in the last place: what eigenvalues and sums of a few dozen terms lose.
const MARGIN: f64 = 64.0 * f64::EPSILON;

/// Multipliers of a task.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Values {
    /// λ of the SINR floors, `[subcarrier][user]`.
    pub(super) lambda: Vec<f64>,
    /// ρ of the limits, one for each of what a limit is the largest of.
    pub(super) rho: Vec<f64>,
    /// Shares of what is made small: one for each of what a bound is the largest of; of a worst rate one a user;
    /// of logarithms of rates the s of `ln r ≤ sr − ln s − 1`.
    pub(super) shares: Vec<f64>,
    /// η of the floors of rates, one a user.
    pub(super) eta: Vec<f64>,
    /// t of the tangents of ln T, `[subcarrier][user]`; empty where no rate counts.
    pub(super) tangent: Vec<f64>,
    /// The Fisher matrix at which minorants of bounds are tight, of beams over the root of the power.
    pub(super) fisher: Vec<f64>,
}

impl Values {
    fn lists(&self) -> [(&'static str, &Vec<f64>); 6] {
        [
            ("lambda", &self.lambda),
            ("rho", &self.rho),
            ("shares", &self.shares),
            ("eta", &self.eta),
            ("tangent", &self.tangent),
            ("fisher", &self.fisher),
        ]
    }

    /// As the numbers of a proof.
    pub(super) fn numbers(&self) -> BTreeMap<String, Vec<f64>> {
        let kept = self.lists().into_iter().filter(|(_, list)| !list.is_empty());
        kept.map(|(name, list)| (name.to_owned(), list.clone())).collect()
    }

    /// From the numbers of a proof.
    ///
    /// # Errors
    /// Names that mean nothing, numbers that are none or too many.
    pub(super) fn of(
        numbers: &BTreeMap<String, Vec<f64>>,
        task: &Task,
        stack: &Stack,
    ) -> Result<Self, InputError> {
        let known: Vec<&str> = Self::default().lists().map(|(name, _)| name).to_vec();
        if let Some(name) = numbers.keys().find(|name| !known.contains(&name.as_str())) {
            let allowed = known.join(", ");
            return Err(InputError::new("no multipliers of this name", name, "numbers", allowed));
        }
        let list = |name: &str, count: usize| -> Result<Vec<f64>, InputError> {
            let found = numbers.get(name).cloned().unwrap_or_else(|| vec![0.0; count]);
            let good = |x: &f64| x.is_finite() && (*x >= 0.0 || name == "fisher");
            if found.len() != count || !found.iter().all(good) {
                let allowed = format!("{count} numbers, zero or positive");
                let found = format!("{} numbers", found.len());
                return Err(InputError::new("no such multipliers", name, found, allowed));
            }
            Ok(found)
        };
        let (users, each) = (stack.users, stack.users * stack.subcarriers());
        let shares = match &task.aim {
            Aim::Bound(members) => members.len(),
            Aim::LogRate(_) | Aim::WorstRate(_) => users,
            Aim::Weighted(..) => 0,
            Aim::Power | Aim::Rate(_) => 0,
        };
        let tangents = if numbers.contains_key("tangent") { each } else { 0 };
        Ok(Self {
            lambda: list("lambda", each)?,
            rho: list("rho", task.capped().count())?,
            shares: list("shares", shares)?,
            eta: list("eta", users)?,
            tangent: list("tangent", tangents)?,
            fisher: list("fisher", task.counted * task.counted)?,
        })
    }
}

/// Slopes of the chords of −ln I: over all I that the power allows, none where it is what is asked for.
pub(super) fn chords(stack: &Stack, task: &Task) -> Vec<f64> {
    let (users, n) = (stack.users, stack.subcarriers());
    (0..n * users)
        .map(|at| match task.aim {
            Aim::Power => 0.0,
            _ => {
                let space = &stack.carriers[at / users].space;
                let h = space.col(at % users);
                let error = match stack.error(at % users) {
                    None => 0.0,
                    Some(Blur::Level(level)) => level,
                    Some(Blur::Full(c)) => (0..c.rows()).map(|i| c[(i, i)].re).sum(),
                };
                chord(real_dot(h, h) + error)
            }
        })
        .collect()
}

/// What every rate weighs in a goal; zeros where none is one.
fn goal_weights(task: &Task, values: &Values, users: usize) -> Vec<f64> {
    let shares = &values.shares;
    match &task.aim {
        Aim::Rate(v) => v.clone(),
        Aim::LogRate(v) => v.iter().zip(shares).map(|(v, s)| v * s).collect(),
        Aim::WorstRate(v) => {
            let served = || v.iter().zip(shares).filter(|(v, _)| **v > 0.0);
            let sum: f64 = served().map(|(_, u)| u).sum();
            let share = |(v, u): (&f64, &f64)| if *v > 0.0 { u / sum / v } else { 0.0 };
            v.iter().zip(shares).map(share).collect()
        }
        Aim::Weighted(v, _) => vec![*v; users],
        Aim::Bound(_) | Aim::Power => vec![0.0; users],
    }
}

/// A sum and the size of its terms.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    value: f64,
    size: f64,
}

impl Sum {
    fn add(&mut self, term: f64) {
        self.value += term;
        self.size += term.abs();
    }
}

/// Minorants of what is made small and of limits: Φ of them all, and half of what that of the aim is at nothing.
fn minorants(
    (task, values): (&Task, &Values),
    power_w: f64,
    sum: &mut Sum,
) -> Option<(Vec<f64>, f64)> {
    let n = task.counted;
    let mut phi = vec![0.0; n * n];
    if n == 0 {
        return Some((phi, 0.0));
    }
    let mut inverse = vec![0.0; n * n];
    FisherInverse::new(n).invert(&values.fisher, &mut inverse)?;
    let mut minorant = |weights: &[f64], scale: f64| {
        outer(&inverse, weights, scale, &mut phi);
        let own = (0..n).map(|i| weights[i] * inverse[i * n + i]);
        2.0 * scale * own.sum::<f64>() / power_w
    };
    let total: f64 = values.shares.iter().sum();
    let mut half = 0.0;
    for (i, weights) in task.aimed().iter().enumerate() {
        let single = matches!(task.aim, Aim::Weighted(..));
        let beta = minorant(weights, if single { 1.0 } else { values.shares[i] / total });
        half += 0.5 * beta;
        sum.add(beta);
    }
    for ((weights, limit), rho) in task.capped().zip(&values.rho).filter(|(_, rho)| **rho > 0.0) {
        sum.add(minorant(weights, *rho));
        sum.add(-rho * limit);
    }
    Some((phi, half))
}

/// What rates, by their tangents and chords, and their floors add; none where a multiplier proves nothing.
fn of_rates(stack: &Stack, task: &Task, values: &Values, eta: &[f64], sum: &mut Sum) -> Option<()> {
    let (users, n) = (stack.users, stack.subcarriers());
    for (k, eta) in eta.iter().enumerate() {
        let (own, floor) = (values.eta[k], task.rates[k]);
        if own > 0.0 && floor <= 0.0 {
            return None;
        }
        sum.add(own * floor);
        for m in (0..n).filter(|_| *eta > 0.0) {
            // with the noise of one in T and I the offset of the chord is its slope
            let t = values.tangent.get(m * users + k).copied().filter(|t| *t > 0.0)?;
            sum.add(-eta / n as f64 * (t - t.ln() - 1.0));
        }
    }
    Some(())
}

/// μ: the largest eigenvalue of all matrices, and zero.
fn most(
    stack: &mut Stack,
    (task, values): (&Task, &Values),
    (eta, phi): (&[f64], &[f64]),
) -> Option<f64> {
    let (users, n) = (stack.users, stack.subcarriers());
    let l = chords(stack, task);
    let lambda = |at: usize| if task.sinr[at % users] > 0.0 { values.lambda[at] } else { 0.0 };
    if let Some(seen) = &mut stack.seen {
        seen.set_dual(phi);
    }
    let mut most = 0.0_f64;
    for m in 0..n {
        let mut common = minorant_matrix(stack, m);
        let mut outside = 0.0;
        for (k, eta) in eta.iter().enumerate() {
            let at = m * users + k;
            let rate = if *eta > 0.0 { eta / n as f64 * (values.tangent[at] - l[at]) } else { 0.0 };
            let weight = rate - lambda(at);
            add_outer(&mut common, weight, stack.carriers[m].space.col(k));
            match stack.error(k) {
                None => {}
                Some(Blur::Level(level)) => {
                    outside += weight * level;
                    (0..common.rows()).for_each(|i| common[(i, i)] += weight * level);
                }
                Some(Blur::Full(c)) => {
                    let own = common.as_mut_slice().iter_mut().zip(c.as_slice());
                    own.for_each(|(out, c)| *out += c * weight);
                }
            }
        }
        most = most.max(outside).max(top(&common)?);
        for (k, eta) in eta.iter().enumerate() {
            let (at, floor) = (m * users + k, task.sinr[k]);
            let of_floor = if floor > 0.0 { lambda(at) * (1.0 + 1.0 / floor) } else { 0.0 };
            let own = of_floor + eta.max(0.0) / n as f64 * l[at];
            if own > 0.0 {
                let mut matrix = common.clone();
                add_outer(&mut matrix, own, stack.carriers[m].space.col(k));
                most = most.max(top(&matrix)?);
            }
        }
    }
    Some(most)
}

/// What no beams do better than, of the value of the goal; none where the multipliers prove nothing.
pub(super) fn proven(stack: &mut Stack, task: &Task, values: &Values) -> Option<f64> {
    let power = stack.power_w;
    let goal = goal_weights(task, values, stack.users);
    let eta: Vec<f64> = goal.iter().zip(&values.eta).map(|(goal, own)| goal + own).collect();
    let mut sum = Sum::default();
    let (phi, half) = minorants((task, values), power, &mut sum)?;
    // a λ without a floor has no matrix of its own, and proves nothing
    let floored = values.lambda.iter().zip(task.sinr.iter().cycle()).filter(|(_, f)| **f > 0.0);
    let lambda = floored.map(|(lambda, _)| lambda).sum::<f64>();
    sum.add(lambda);
    of_rates(stack, task, values, &eta, &mut sum)?;
    let price = most(stack, (task, values), (&eta, &phi))? + blur(stack, &phi);
    let lost = MARGIN * sum.size;
    let lowest = sum.value - lost - price;
    let found = match &task.aim {
        Aim::Power => {
            let gained = sum.value - lost;
            if gained <= 0.0 { 0.0 } else { gained / price * power }
        }
        Aim::Bound(_) if task.caps.is_empty() && eta.iter().all(|eta| *eta <= 0.0) => {
            // (Y, λ) → (tY, t²λ), the best t
            let rest = price - lambda + lost;
            if rest > 0.0 { lowest.max(half * half / rest) } else { lowest }
        }
        Aim::Bound(_) => lowest,
        Aim::Rate(_) | Aim::WorstRate(_) | Aim::Weighted(..) => -lowest,
        Aim::LogRate(v) => {
            let own = v.iter().zip(&values.shares).filter(|(v, _)| **v > 0.0);
            -lowest + own.map(|(v, s)| v * (-s.ln() - 1.0)).sum::<f64>()
        }
    };
    Some(found).filter(|found| found.is_finite())
}

/// `T_n K_n T_nᴴ` of the Φ that was set, in a subcarrier's coordinates, over the power.
fn minorant_matrix(stack: &mut Stack, n: usize) -> CMat {
    let (users, power) = (stack.users, stack.power_w);
    let space = &stack.carriers[n].space;
    let r = space.rows();
    let Some(seen) = &mut stack.seen else { return CMat::zeros(r, r) };
    let t = space.columns(users..space.cols());
    let half = product(&t, Op::Plain, seen.dual(n), Op::Plain);
    let mut out = product(&half, Op::Plain, &t, Op::Adjoint);
    out.scale(1.0 / power);
    out
}

/// What rounding may have done to the minorants' matrices: terms of Φ cancel in them, and each is no larger than
/// `√(F_ii F_jj)` where all directions are sent along.
fn blur(stack: &mut Stack, phi: &[f64]) -> f64 {
    let most = stack.most_information();
    let n = most.len().isqrt();
    let size = |i: usize| most[i * n + i].max(0.0).sqrt();
    let terms = (0..n * n).map(|at| phi[at].abs() * size(at / n) * size(at % n));
    MARGIN * terms.sum::<f64>() / stack.power_w
}

fn add_outer(out: &mut CMat, a: f64, h: &[C64]) {
    for j in 0..h.len() {
        let right = h[j].conj() * a;
        for (out, left) in out.col_mut(j).iter_mut().zip(h) {
            *out += left * right;
        }
    }
}

/// λ₁, with what rounding may hide of it.
fn top(matrix: &CMat) -> Option<f64> {
    let r = matrix.rows();
    if r == 0 {
        return Some(0.0);
    }
    let mut eigen = HermitianEigen::new(r);
    eigen.compute(matrix).ok()?;
    Some(eigen.max() + MARGIN * r as f64 * matrix.norm())
}
