//! What no worst rate exceeds.

use super::certificate::Dual;
use super::groups::{Groups, PowerLimit};
use super::link::Heard;
use super::world::Space;

/// The smallest `log(1 + SINR_k)/v_k` of the users with a weight.
pub(super) fn worst_rate(heard: &Heard, weights: &[f64]) -> f64 {
    (0..weights.len())
        .filter(|k| weights[*k] > 0.0)
        .map(|k| heard.sinr(k).ln_1p() / weights[k])
        .fold(f64::INFINITY, f64::min)
}

/// What is spent: watts, or shares of the limits of groups with their multipliers.
pub(super) struct Spent<'a> {
    groups: Option<(&'a Groups, &'a [f64])>,
    there: f64,
}

impl<'a> Spent<'a> {
    pub(super) fn of(power: &PowerLimit, groups: Option<&'a Groups>, nu: &'a [f64]) -> Self {
        match groups {
            Some(groups) => Self { groups: Some((groups, nu)), there: 1.0 },
            None => Self { groups: None, there: power.total() },
        }
    }

    fn least(&self, dual: &Dual, space: &Space, floors: &[f64]) -> f64 {
        match self.groups {
            Some((groups, nu)) => dual.factor_bound(space, floors, groups, nu),
            None => dual.power_bound(space, floors, None),
        }
    }
}

/// What no t exceeds: the root of the power's bound, with multipliers kept or scaled with the floors.
pub(super) fn bound(
    space: &Space,
    (weights, floors): (&[f64], &[f64]),
    spent: &Spent<'_>,
    at: f64,
    dual: &Dual,
) -> Option<f64> {
    let gamma = |t: f64, k: usize| (weights[k] * t).exp_m1().max(floors[k]);
    let least = |t: f64, scaled: bool| {
        let floors: Vec<f64> = (0..weights.len()).map(|k| gamma(t, k)).collect();
        let lambda = (0..weights.len())
            .map(|k| {
                let factor = if !scaled || weights[k] <= 0.0 {
                    1.0
                } else {
                    (1.0 + 1.0 / gamma(at, k)) / (1.0 + 1.0 / gamma(t, k))
                };
                dual.lambda[k] * factor
            })
            .collect();
        spent.least(&Dual { lambda, ..dual.clone() }, space, &floors)
    };
    let power = spent.there;
    let root = |scaled: bool| {
        let (mut low, mut high) = (at, at);
        let mut step = 1e-6 * at;
        while !matches!(least(high, scaled).partial_cmp(&power), Some(std::cmp::Ordering::Greater))
        {
            low = high;
            high += step;
            step *= 2.0;
            if high > 4.0 * at + 1.0 {
                return None;
            }
        }
        for _ in 0..100 {
            let middle = 0.5 * (low + high);
            if middle <= low || middle >= high {
                break;
            }
            if least(middle, scaled) > power { high = middle } else { low = middle }
        }
        Some(high)
    };
    // the bound holds from its root on: it increases with t
    let roots = [root(false), root(true)];
    roots.into_iter().flatten().min_by(f64::total_cmp)
}
