//! Dual bounds computed again from their multipliers, without the interior point.

use std::collections::BTreeMap;

use noctule_num::InputError;
use noctule_optim::branch_bound::covers;
use noctule_phy::multistatic::Information;

use super::Instance;
use super::interior::Normalised;
use crate::Error;

/// A list of the multipliers of a document.
///
/// # Errors
/// [`Error::Input`] when it is missing, has another length, or holds what is no multiplier.
fn list<'a>(
    numbers: &'a BTreeMap<String, Vec<f64>>,
    name: &str,
    length: usize,
) -> Result<&'a [f64], Error> {
    let found = numbers.get(name).map_or(&[][..], Vec::as_slice);
    if found.len() != length || found.iter().any(|x| !x.is_finite()) {
        let (found, needed) = (found.len().to_string(), format!("{length} finite numbers"));
        let what = "the multipliers do not fit the instance";
        return Err(InputError::new(what, name, found, needed).into());
    }
    Ok(found)
}

/// What no allocation undercuts, in m², as the largest bound on a position: with weights ν_k ≥ 0
/// (`crb`) and symmetric `Y_k` (`inverse`: xx, yy, xy of every user), `tr J⁻¹ ≥ 2 tr Y − tr(Y² J)`
/// and full power at every access point give `(Σ ν_k tr Y_k)² / (Σ ν_k · Σ_m max_k ν_k tr(Y_k² R_mk))`,
/// as Y may be scaled freely.
///
/// # Errors
/// [`Error::Input`] for multipliers that do not fit the instance, or where there is no radar.
pub fn worst_crb_m2(
    instance: &Instance,
    numbers: &BTreeMap<String, Vec<f64>>,
) -> Result<f64, Error> {
    let model = instance.normalised();
    let (points, users) = (model.points, model.users);
    let weights = list(numbers, "crb", users)?;
    let inverses = list(numbers, "inverse", 3 * users)?;
    if model.radar.len() != points * users || weights.iter().any(|nu| *nu < 0.0) {
        let found = "no radar, or a negative weight";
        let what = "the multipliers prove nothing";
        return Err(InputError::new(what, "crb", found, "weights from 0").into());
    }
    let (mut gain, mut total) = (0.0, 0.0);
    let mut power = vec![0.0_f64; points];
    for (k, (nu, y)) in weights.iter().zip(inverses.chunks(3)).enumerate() {
        gain += nu * (y[0] + y[1]);
        total += nu;
        for (m, most) in power.iter_mut().enumerate() {
            let r = model.radar[k * points + m];
            *most = most.max(nu * squeezed(y, r));
        }
    }
    let bound = gain * gain / (power.iter().sum::<f64>() * total);
    Ok(if bound.is_finite() { bound } else { 0.0 })
}

/// tr(Y R Y) with Y as xx, yy, xy.
fn squeezed(y: &[f64], r: Information) -> f64 {
    let (xx, yy, xy) = (y[0], y[1], y[2]);
    let along_x = (xx * r.xx + xy * r.xy) * xx + (xx * r.xy + xy * r.yy) * xy;
    let along_y = (xy * r.xx + yy * r.xy) * xy + (xy * r.xy + yy * r.yy) * yy;
    along_x + along_y
}

/// What is proven again by branch and bound on θ.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Goal {
    /// No allocation has a smaller worst error.
    WorstError,
    /// No allocation whose errors are at most `target` spends a smaller fraction of the power.
    LeastPower {
        /// The target.
        target: f64,
    },
}

/// What no allocation undercuts, by the multipliers of a document: intervals of θ (`low`, `high`)
/// that together cover what matters, one list after the other with users in order, each inside the
/// intervals whose envelopes its multipliers belong to (`envelope_low`, `envelope_high`). λ, ν, Y and μ
/// are those of [`certificate`](super::certificate): `error`, `crb`, `inverse`, `power`. `empty` marks
/// regions in which the target is out of reach. `None` when they were too many to be kept.
///
/// # Errors
/// [`Error::Input`] for lists that do not fit the instance, or intervals that leave something
/// uncovered up to `reached`, the worst error (or the target) that is at stake.
pub fn by_intervals(
    instance: &Instance,
    numbers: &BTreeMap<String, Vec<f64>>,
    goal: Goal,
    reached: f64,
) -> Result<Option<f64>, Error> {
    if numbers.contains_key("left_out") {
        return Ok(None);
    }
    let model = instance.normalised();
    let (points, users) = (model.points, model.users);
    let count = numbers.get("empty").map_or(0, Vec::len);
    let of = |name: &str, each: usize, leaf: usize| -> Result<&[f64], Error> {
        Ok(&list(numbers, name, count * each)?[leaf * each..(leaf + 1) * each])
    };
    let mut worst = f64::INFINITY;
    let mut boxes = Vec::with_capacity(count);
    for leaf in 0..count {
        let region = Region {
            model: &model,
            limit: instance.parts().crb_limit_m2,
            low: of("envelope_low", users, leaf)?,
            high: of("envelope_high", users, leaf)?,
            error: of("error", users, leaf)?,
            crb: of("crb", users, leaf)?,
            inverse: of("inverse", 3 * users, leaf)?,
            power: of("power", points, leaf)?,
        };
        let (low, high) = (of("low", users, leaf)?, of("high", users, leaf)?);
        if !region.is_dual() || !region.is_around(low, high) {
            let what = "a region is not inside the one whose multipliers prove it";
            let (found, allowed) =
                (format!("region {leaf}"), "intervals around it, weights from 0");
            return Err(InputError::new(what, "envelope_low", found, allowed).into());
        }
        let empty = of("empty", 1, leaf)?[0] > 0.0;
        worst = worst.min(match goal {
            Goal::WorstError => region.worst_error(),
            Goal::LeastPower { target } if !empty => region.least_power(target) / points as f64,
            Goal::LeastPower { target } if region.worst_error() > target => f64::INFINITY,
            Goal::LeastPower { .. } => f64::NEG_INFINITY,
        });
        boxes.push((low.to_vec(), high.to_vec()));
    }
    if count == 0 || !covers(&boxes, &at_stake(&model, reached)) {
        let what = "the regions leave something uncovered";
        let allowed = "regions that cover all allocations that matter";
        return Err(InputError::new(what, "low, high", format!("{count} regions"), allowed).into());
    }
    Ok(Some(worst))
}

/// The θ of all allocations whose errors are below `level`: at least `1/(1 + max a)`, and at most
/// `level (1 + Σ γ/β)`.
fn at_stake(model: &Normalised, level: f64) -> (Vec<f64>, Vec<f64>) {
    let of = |k: usize| {
        let range = model.block(k);
        let (gain, estimate) = (&model.gain[range.clone()], &model.estimate[range]);
        let low = 1.0 / (1.0 + gain.iter().sum::<f64>());
        let high = level * (1.0 + ratio(gain, estimate));
        (low, high.clamp(low, 1.0))
    };
    (0..model.users).map(of).unzip()
}

fn ratio(gain: &[f64], estimate: &[f64]) -> f64 {
    gain.iter().zip(estimate).filter(|(b, _)| **b > 0.0).map(|(b, g)| g / b).sum()
}

/// Multipliers over the envelopes of one region.
struct Region<'a> {
    model: &'a Normalised,
    limit: Option<f64>,
    low: &'a [f64],
    high: &'a [f64],
    error: &'a [f64],
    crb: &'a [f64],
    inverse: &'a [f64],
    power: &'a [f64],
}

impl Region<'_> {
    /// Whether its envelopes are those of intervals around the given ones.
    fn is_around(&self, low: &[f64], high: &[f64]) -> bool {
        let wide = self.low.iter().zip(low).all(|(outer, inner)| outer <= inner);
        wide && self.high.iter().zip(high).all(|(outer, inner)| inner <= outer)
    }

    /// Multipliers are not negative, and without a limit on positions nothing weighs them.
    fn is_dual(&self) -> bool {
        let weighed = self.limit.is_some() || self.crb.iter().all(|nu| *nu == 0.0);
        let lists = [self.error, self.crb, self.power];
        weighed && lists.iter().all(|list| list.iter().all(|w| *w >= 0.0))
    }

    /// (P, Q) of the envelope `P a + Q b`.
    fn envelope(&self, k: usize) -> (f64, f64) {
        (self.low[k] * self.high[k], (1.0 - self.low[k]) * (1.0 - self.high[k]))
    }

    /// What noise and the limits contribute.
    fn gained(&self) -> f64 {
        (0..self.model.users)
            .map(|k| {
                let y = &self.inverse[3 * k..3 * k + 3];
                let place = self.limit.map_or(0.0, |limit| 2.0 * (y[0] + y[1]) - limit);
                self.error[k] * self.envelope(k).1 + self.crb[k] * place
            })
            .sum()
    }

    /// The cost of `x_mk` with prices `share · μ_m + price`, without the term in the level.
    fn cost(&self, k: usize, m: usize, share: f64, price: f64) -> f64 {
        let (points, users) = (self.model.points, self.model.users);
        let gain = |user: usize| self.model.gain[user * points + m];
        let mut cost = price + share * self.power[m] + self.error[k] * self.envelope(k).0 * gain(k);
        if self.crb[k] > 0.0 {
            let r = self.model.radar[k * points + m];
            cost -= self.crb[k] * squeezed(&self.inverse[3 * k..3 * k + 3], r);
        }
        for j in (0..users).filter(|&j| j != k) {
            let heard = self.model.overlap[j * users + k] * gain(j);
            cost += self.error[j] * self.envelope(j).1 * heard;
        }
        cost
    }

    /// Whether `Σ_m c x − λ t ((Σ √(g x))² + Σ b x)` is never negative: `u Σ g/(c − u b) ≤ 1` with
    /// `u = λ t` and every denominator positive.
    fn holds(&self, k: usize, u: f64, costs: &[f64]) -> bool {
        let range = self.model.block(k);
        let (gain, estimate) = (&self.model.gain[range.clone()], &self.model.estimate[range]);
        let mut sum = 0.0;
        for ((c, b), g) in costs.iter().zip(gain).zip(estimate) {
            let left = c - u * b;
            if left.is_nan() || left < 0.0 || left == 0.0 && *g > 0.0 {
                return false;
            }
            if *g > 0.0 {
                sum += g / left;
            }
        }
        u * sum <= 1.0
    }

    /// The largest level that is proven: prices are scaled until nothing is owed. Without
    /// multipliers, no error is below `θ/(1 + Σ γ/β)`.
    fn worst_error(&self) -> f64 {
        let model = self.model;
        let trivial = (0..model.users)
            .map(|k| {
                let range = model.block(k);
                self.low[k] / (1.0 + ratio(&model.gain[range.clone()], &model.estimate[range]))
            })
            .fold(0.0, f64::max);
        let (gained, spent) = (self.gained(), self.power.iter().sum::<f64>());
        let share = gained / spent;
        if !(gained >= 0.0 && share.is_finite()) {
            return trivial;
        }
        let level = (0..model.users).map(|k| self.level(k, share)).fold(f64::INFINITY, f64::min);
        if level.is_finite() { level.max(trivial) } else { trivial }
    }

    /// The largest level at which the condition of a user holds.
    fn level(&self, k: usize, share: f64) -> f64 {
        let costs: Vec<f64> = (0..self.model.points).map(|m| self.cost(k, m, share, 0.0)).collect();
        let (mut low, mut high) = (0.0, 1.0);
        if self.holds(k, self.error[k] * high, &costs) {
            return if self.error[k] > 0.0 { high } else { f64::INFINITY };
        }
        for _ in 0..60 {
            let middle = 0.5 * (low + high);
            if self.holds(k, self.error[k] * middle, &costs) {
                low = middle;
            } else {
                high = middle;
            }
        }
        low
    }

    /// The least power that is proven, in units of one access point's. λ shrinks by what rounding
    /// may have left of its conditions.
    fn least_power(&self, target: f64) -> f64 {
        let gained = self.gained() - self.power.iter().sum::<f64>();
        let holds = (0..self.model.users).all(|k| {
            let costs: Vec<f64> =
                (0..self.model.points).map(|m| self.cost(k, m, 1.0, 1.0)).collect();
            self.holds(k, self.error[k] * target * (1.0 - 1e-9), &costs)
        });
        if holds { gained } else { f64::NEG_INFINITY }
    }
}
