//! The best worst rate under caps: Newton on the least power.

use noctule_num::CMat;
use noctule_optim::Interrupt;
use noctule_optim::scalar::bisect;

use super::checks::rate_weights;
use super::groups::Groups;
use super::impossible::impossible;
use super::least::{no_pattern, power_and_dual};
use super::least_steps::by_steps;
use super::max_min_bound::worst_rate;
use super::reach::{feasible, met_once};
use super::required::{Found, Requirements, Standing};
use super::spend::{PowerDual, Spend};
use super::starts::{Begin, TOLERANCE, sensing_streams, start, widened};
use super::uplink::{hopeless, least_power};
use super::world::{Space, World};
use crate::Error;

/// Steps of Newton's method at most; five are usual.
const STEPS: u32 = 60;
/// How near the power must come to what there is, relative: beams are scaled to the rest.
const CLOSE: f64 = 1e-8;
/// A gap beyond which all is done again from cold, every least power until it is proven to be one,
pub(super) const GAP: f64 = 2e-5;
/// to this, and where that is not enough
const SURE: f64 = 1e-7;
/// to this.
const EXACT: f64 = 1e-10;
/// The share of the tolerance that is asked for then.
const SHARPER: f64 = 1e-3;
/// What a requirement may be missed by, relative.
pub(super) const MISS: f64 = 1e-8;

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
    let groups = required.power.groups();
    // what is made small, and what there is of it: watts, or shares of the groups' limits
    let (spend, there) = match &groups {
        None => (Spend::Power, required.power.total()),
        Some(_) => (Spend::Factor, 1.0),
    };
    let useful = sensing_streams(&space, None, required);
    let streams = space.users() + begin.most_sensing(useful);
    let case = Case { space: &space, weights, required, groups, spend, there, streams, interrupt };
    let warm = begin.inside(&space, streams);
    let Some(steps) = case.newton(warm, Care::Quick) else {
        return Ok(Found::none(&space, required, 0));
    };
    let mut evaluations = steps.evaluations;
    let mut last = steps.tried;
    let told = last.last().map(|tried| {
        let design = case.design(&tried.found.beams);
        let bound = case.bound(tried.at, &tried.dual.dual, &tried.found.dual.nu);
        case.told(tried, &design, bound)
    });
    let met = told.filter(|found| found.violation <= MISS);
    if let Some(found) = met.as_ref().filter(|found| open(found) <= GAP) {
        return Ok(Found { evaluations, ..found.clone() });
    }
    if begin.sensing.is_some_and(|most| most < useful)
        && let Some(found) = met
    {
        // fewer streams than are of use may leave a gap that no start closes
        return Ok(Found { evaluations, ..found });
    }
    let none = |evaluations| Found::none(&space, required, evaluations);
    if met.is_none()
        && let Some(reason) = impossible(world, &space, required, interrupt)?
    {
        return Ok(Found { infeasible: Some(reason), ..none(evaluations) });
    }
    if let Some(again) = case.newton(None, Care::Sure) {
        evaluations += again.evaluations;
        last.extend(again.tried);
    }
    let closed = case.closed(last, &mut evaluations);
    let found = closed.into_iter().chain(met).min_by(|a, b| open(a).total_cmp(&open(b)));
    Ok(found.map_or_else(|| none(evaluations), |found| Found { evaluations, ..found }))
}

/// The gap, infinite without a bound.
pub(super) fn open(found: &Found) -> f64 {
    found.bound.map_or(f64::INFINITY, |bound| (bound / found.value - 1.0).abs())
}

/// How least powers on the way are found.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Care {
    /// From the beams of the step before.
    Quick,
    /// From several starts until the bound is reached.
    Sure,
    /// To rounding: where t hardly costs power, what the tolerance costs is worth a lot of t.
    Exact,
}

/// A worst rate to be made large.
pub(super) struct Case<'a> {
    pub(super) space: &'a Space,
    pub(super) weights: &'a [f64],
    pub(super) required: &'a Requirements,
    pub(super) groups: Option<Groups>,
    /// What is made small on the way,
    pub(super) spend: Spend,
    /// and what there is of it.
    pub(super) there: f64,
    pub(super) streams: usize,
    pub(super) interrupt: &'a Interrupt,
}

/// The least power of a worst rate.
pub(super) struct Tried {
    /// t.
    pub(super) at: f64,
    /// ∂p/∂t.
    pub(super) rise: f64,
    pub(super) found: Found,
    pub(super) dual: PowerDual,
}

/// Where Newton's steps went, the last one last.
struct Steps {
    tried: Vec<Tried>,
    evaluations: u64,
}

impl Case<'_> {
    fn floors(&self, t: f64) -> Requirements {
        let floor = |(weight, sinr): (&f64, &f64)| (weight * t).exp_m1().max(*sinr);
        Requirements {
            sinr: self.weights.iter().zip(&self.required.sinr).map(floor).collect(),
            caps: self.required.caps.clone(),
            power: self.required.power.clone(),
        }
    }

    /// Newton's method on the logarithm of the least power; nothing where no user has a weight.
    fn newton(&self, mut warm: Option<CMat>, care: Care) -> Option<Steps> {
        let power = self.required.power.total();
        let first = warm.clone().unwrap_or_else(|| start(self.space, self.streams, power, 0.2, 0));
        let heard = Standing::of(self.space, &first).heard;
        let mut t = worst_rate(&heard, self.weights);
        if !t.is_finite() {
            return None;
        }
        let (mut low, mut high) = (0.0_f64, f64::INFINITY);
        if let Some((most, kept)) = self.of_floors(t) {
            // what floors on rates alone leave; where their beams keep the caps there is no more to do
            high = most * (1.0 + 1e-9);
            t = if kept { most } else { t.min(most) };
        }
        let mut steps = Steps { tried: Vec::new(), evaluations: 0 };
        for _ in 0..STEPS {
            if self.interrupt.is_raised() {
                break;
            }
            let Some(tried) = self.least(t, warm.as_ref(), care, &mut steps.evaluations) else {
                high = high.min(t);
                t = 0.5 * (low + high);
                continue;
            };
            let slope = tried.rise / tried.found.value;
            let off = (self.there / tried.found.value).ln();
            if off >= 0.0 {
                low = low.max(t);
            } else {
                high = high.min(t);
            }
            warm = Some(tried.found.beams.clone());
            if care == Care::Quick {
                steps.tried.clear();
            }
            steps.tried.push(tried);
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
            t = if next > low && next < high {
                next
            } else {
                0.5 * (low + high.min(2.0 * low + t))
            };
        }
        Some(steps)
    }

    /// The largest t with no cap looked at, and whether its beams keep all caps: the root of a least power that
    /// is had by duality.
    fn of_floors(&self, from: f64) -> Option<(f64, bool)> {
        if self.spend != Spend::Power {
            return None;
        }
        let least = |t: f64| {
            let wanted = self.floors(t).sinr;
            let alone = least_power(self.space, &wanted, 2.0 * self.there);
            let out = hopeless(self.space, &wanted).is_some() || alone.bound.is_nan();
            (if out { f64::INFINITY } else { alone.bound }, alone.beams)
        };
        let beyond = |t: f64| least(t).0 > self.there;
        let far = (0..STEPS as i32).map(|turn| from * 2.0_f64.powi(turn)).find(|t| beyond(*t))?;
        let most = bisect(0.0, far, beyond)?.next_down().max(0.0);
        let at = Standing::of(self.space, &least(most).1?);
        let kept = self.required.caps.iter().all(|cap| at.excess(self.space, cap) <= 0.0);
        Some((most, kept))
    }

    /// The least power for t; nothing where no beams to begin with are known.
    pub(super) fn least(
        &self,
        t: f64,
        warm: Option<&CMat>,
        care: Care,
        evaluations: &mut u64,
    ) -> Option<Tried> {
        let (space, wanted) = (self.space, self.floors(t));
        let alone = least_power(space, &wanted.sinr, 100.0 * self.required.power.total());
        if hopeless(space, &wanted.sinr).is_some() || alone.beams.is_none() {
            return None;
        }
        let cold = |turn: usize| feasible(space, &wanted, &alone, self.streams, turn);
        let whole = |w: &CMat| widened(space, w, self.streams);
        let kept = warm.and_then(|w| met_once(space, &wanted, whole(w)));
        let near = kept.is_some();
        let from = (kept.or_else(|| cold(0))?, near);
        let mut best = self.tried(t, &wanted, &from, TOLERANCE, evaluations);
        if care == Care::Quick {
            return Some(best);
        }
        let sure = if care == Care::Exact { EXACT } else { SURE };
        for turn in 0..4 {
            let proven = best.found.bound.unwrap_or(0.0);
            if best.found.value <= proven * (1.0 + sure) || self.interrupt.is_raised() {
                break;
            }
            // three starts, then the best of them once more, more exactly; or that alone
            let next = match turn {
                3 => (Some((whole(&best.found.beams), true)), SHARPER * TOLERANCE),
                _ if care == Care::Exact => (None, TOLERANCE),
                turn => (cold(turn).map(|w| (w, false)), TOLERANCE),
            };
            let (Some(from), tolerance) = next else { continue };
            let other = self.tried(t, &wanted, &from, tolerance, evaluations);
            let worse = |tried: &Tried| tried.found.violation > 1e-9;
            let gap = |tried: &Tried| tried.found.value / tried.found.bound.unwrap_or(0.0);
            if (worse(&best) && !worse(&other))
                || (worse(&best) == worse(&other) && gap(&other) < gap(&best))
            {
                best = other;
            }
        }
        Some(best)
    }

    /// From beams that meet everything, and whether they are near the best: by the interior method where it
    /// proves what it finds, else by a descent.
    fn tried(
        &self,
        at: f64,
        wanted: &Requirements,
        (w, near): &(CMat, bool),
        tolerance: f64,
        evaluations: &mut u64,
    ) -> Tried {
        let Self { space, spend, interrupt, .. } = self;
        let steps = (*spend == Spend::Power)
            .then(|| by_steps(space, wanted, (w, *near), tolerance, interrupt))
            .flatten();
        let (found, dual) =
            steps.unwrap_or_else(|| power_and_dual(space, wanted, *spend, w, tolerance, interrupt));
        *evaluations += found.evaluations;
        let rises = |k: &usize| {
            self.weights[*k] > 0.0 && (self.weights[*k] * at).exp_m1() >= self.required.sinr[*k]
        };
        let rise = |k: usize| {
            let gamma = wanted.sinr[k];
            found.lambda[k] * dual.interference[k] * self.weights[k] * (1.0 + gamma) / gamma
        };
        let rise = (0..self.space.users()).filter(rises).map(rise).sum();
        Tried { at, rise, found, dual }
    }
}
