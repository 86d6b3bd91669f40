//! The best worst rate under caps: Newton on the least power.

use noctule_optim::Interrupt;

use super::certificate::Dual;
use super::checks::rate_weights;
use super::groups::{Groups, PowerLimit};
use super::impossible::impossible;
use super::least::{PowerDual, Spend, no_pattern, power_and_dual};
use super::link::Heard;
use super::reach::{feasible, met_once};
use super::required::{Found, Requirements, Standing};
use super::starts::{Begin, TOLERANCE, sensing_streams, start};
use super::uplink::{hopeless, least_power};
use super::world::{Space, World};
use crate::Error;

/// Steps of Newton's method at most; five are usual.
const STEPS: u32 = 60;
/// How near the power must come to what there is, relative.
const CLOSE: f64 = 1e-10;

/// The largest t with `log(1 + SINR_k) ≥ v_k t` for all users, under caps and limits on power. The value
/// is t in nats, the bound what no t exceeds; users with v_k = 0 have no floor.
///
/// The least power p(t) increases with t; its multipliers give the slope, and, kept while t rises, a
/// bound on the power that increases as well: where that reaches what there is, t ends.
///
/// # Errors
/// [`Error::Input`] for what does not fit; broken numerics.
pub fn best_worst_rate(
    world: &World,
    weights: &[f64],
    required: &Requirements,
    interrupt: &Interrupt,
) -> Result<Found, Error> {
    best_worst_rate_from(world, weights, required, &Begin::default(), interrupt)
}

/// [`best_worst_rate`] with beams to start from, or with few sensing streams.
///
/// # Errors
/// As [`best_worst_rate`].
pub fn best_worst_rate_from(
    world: &World,
    weights: &[f64],
    required: &Requirements,
    begin: &Begin<'_>,
    interrupt: &Interrupt,
) -> Result<Found, Error> {
    world.check()?;
    required.check(world)?;
    rate_weights(weights, world)?;
    no_pattern(required)?;
    let space = Space::new(world, required.whole(None))?;
    let power = required.power.total();
    let groups = required.power.groups();
    // what is made small, and what there is of it: watts, or shares of the groups' limits
    let (spend, there) = match &groups {
        None => (Spend::Power, power),
        Some(_) => (Spend::Factor, 1.0),
    };
    let streams = space.users() + begin.most_sensing(sensing_streams(&space, None, required));
    let floor = |t: f64, k: usize| (weights[k] * t).exp_m1().max(required.sinr[k]);
    let floors = |t: f64| Requirements {
        sinr: (0..weights.len()).map(|k| floor(t, k)).collect(),
        caps: required.caps.clone(),
        power: required.power.clone(),
    };
    let mut warm = begin.inside(&space, streams);
    let first = warm.clone().unwrap_or_else(|| start(&space, streams, power, 0.2, 0));
    let heard = Standing::of(&space, &first).heard;
    let mut t = worst_rate(&heard, weights);
    if !t.is_finite() {
        return Ok(Found::none(&space, required, 0));
    }
    let (mut low, mut high) = (0.0_f64, f64::INFINITY);
    let mut last: Option<(f64, f64, Found, PowerDual)> = None;
    let mut evaluations = 0;
    for _ in 0..STEPS {
        if interrupt.is_raised() {
            break;
        }
        let wanted = floors(t);
        let alone = least_power(&space, &wanted.sinr, 100.0 * power);
        let beyond = hopeless(&space, &wanted.sinr).is_some() || alone.beams.is_none();
        let begin = if beyond {
            None
        } else {
            let kept = warm.as_ref().and_then(|w| met_once(&space, &wanted, w.clone()));
            kept.or_else(|| feasible(&space, &wanted, &alone, streams, 0))
        };
        let Some(w) = begin else {
            high = high.min(t);
            t = 0.5 * (low + high);
            continue;
        };
        let (found, dual) = power_and_dual(&space, &wanted, spend, &w, TOLERANCE, interrupt);
        evaluations += found.evaluations;
        let rises =
            |k: &usize| weights[*k] > 0.0 && (weights[*k] * t).exp_m1() >= required.sinr[*k];
        let slope: f64 = (0..space.users())
            .filter(rises)
            .map(|k| {
                let gamma = wanted.sinr[k];
                found.lambda[k] * dual.interference[k] * weights[k] * (1.0 + gamma) / gamma
            })
            .sum::<f64>()
            / found.value;
        let off = (there / found.value).ln();
        if off >= 0.0 {
            low = low.max(t);
        } else {
            high = high.min(t);
        }
        warm = Some(found.beams.clone());
        let here = t;
        last = Some((here, slope * found.value, found, dual));
        if off.abs() <= CLOSE || (high.is_finite() && high - low <= 1e-14 * high) {
            break;
        }
        let next = if slope > 1e-9 {
            t + (off / slope).clamp(-0.5 * t, 0.5 * t)
        } else if off > 0.0 {
            1.5 * t
        } else {
            // the caps alone cost more than there is
            break;
        };
        t = if next > low && next < high { next } else { 0.5 * (low + high.min(2.0 * low + t)) };
    }
    let Some((at, rise, found, dual)) = last else {
        let infeasible = impossible(world, &space, required, interrupt)?;
        return Ok(Found { infeasible, ..Found::none(&space, required, evaluations) });
    };
    let mut beams = found.beams.clone();
    let spent = match &groups {
        Some(groups) => required.factor(groups, &beams),
        None => beams.norm_sqr(),
    };
    beams.scale((there / spent).sqrt());
    let standing = Standing::of(&space, &beams);
    let reached = worst_rate(&standing.heard, weights);
    let miss = standing.violation(&space, required);
    if miss > 1e-8 {
        let infeasible = impossible(world, &space, required, interrupt)?;
        return Ok(Found { infeasible, ..Found::none(&space, required, evaluations) });
    }
    let spent = Spent::of(&required.power, groups.as_ref(), &found.dual.nu);
    let bound = bound(&space, (weights, &required.sinr), &spent, at, &dual.dual);
    // of the power's problem: a watt more, or a cap let out, raises t by its share of the slope
    let price_per_power = match &groups {
        None => vec![1.0 / rise],
        Some(_) => found.dual.nu.iter().map(|nu| nu / rise).collect(),
    };
    Ok(Found {
        beams: space.lifted(&beams),
        value: reached,
        bound,
        violation: miss,
        sinr: (0..space.users()).map(|k| standing.heard.sinr(k)).collect(),
        evaluations,
        price_per_cap: found.price_per_cap.iter().map(|price| -price / rise).collect(),
        price_per_power,
        price_per_sinr: vec![0.0; space.users()],
        capped: required
            .caps
            .iter()
            .map(|cap| standing.sensed.value(&space, &cap.metric).unwrap_or(f64::INFINITY))
            .collect(),
        ..found
    })
}

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
