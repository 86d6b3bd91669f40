//! Designs of worst rates from least powers, and gaps closed.

use noctule_num::CMat;

use super::certificate::Dual;
use super::max_min::{Care, Case, GAP, MISS, Tried};
use super::max_min_bound::{Spent, bound, worst_rate};
use super::priced::Priced;
use super::program::Cap;
use super::required::{Found, Standing};
use super::starts::TOLERANCE;

/// Rounds in which a gap is closed,
const ROUNDS: u32 = 12;
/// and those of them that are not exact.
const SURE_ROUNDS: u32 = 2;

/// Beams that spend all there is.
pub(super) struct Spending {
    beams: CMat,
    standing: Standing,
    reached: f64,
    miss: f64,
}

impl Case<'_> {
    /// Beams scaled so that they spend what there is.
    pub(super) fn design(&self, beams: &CMat) -> Spending {
        let mut beams = beams.clone();
        let spent = match &self.groups {
            Some(groups) => self.required.factor(groups, &beams),
            None => beams.norm_sqr(),
        };
        beams.scale((self.there / spent).sqrt());
        let standing = Standing::of(self.space, &beams);
        let reached = worst_rate(&standing.heard, self.weights);
        let miss = standing.violation(self.space, self.required);
        Spending { beams, standing, reached, miss }
    }

    /// What no t exceeds, by the multipliers of a least power at t.
    pub(super) fn bound(&self, at: f64, dual: &Dual, nu: &[f64]) -> Option<f64> {
        let spent = Spent::of(&self.required.power, self.groups.as_ref(), nu);
        bound(self.space, (self.weights, &self.required.sinr), &spent, at, dual)
    }

    /// The best design of many least powers with the best of their bounds, closed from above: the
    /// multipliers of a worst rate a little beyond what is reached prove that it is beyond reach where
    /// those of the rate itself fall short of it by rounding.
    pub(super) fn closed(&self, mut all: Vec<Tried>, evaluations: &mut u64) -> Option<Found> {
        let mut step = 5e-6;
        let mut before = 0.0;
        for round in 0..ROUNDS {
            let designs = all.iter().enumerate();
            let designs = designs.map(|(i, tried)| (i, self.design(&tried.found.beams)));
            let (i, design) = designs
                .filter(|(_, design)| design.miss <= MISS && design.reached.is_finite())
                .max_by(|(_, a), (_, b)| a.reached.total_cmp(&b.reached))?;
            let caps = self.required.strict_caps(TOLERANCE);
            // as it is computed again: minorants at the design
            let bound = |tried: &Tried| {
                let values = &tried.found.dual;
                let case = Priced {
                    space: self.space,
                    required: self.required,
                    caps: &caps,
                    at: &design.standing,
                    beams: &design.beams,
                    sharpness: values.sharpness as i32,
                };
                let dual = case.dual(values.lambda.clone(), &values.rho);
                self.bound(design.reached, &dual, &values.nu)
            };
            let bounds = all.iter().enumerate().filter_map(|(i, tried)| Some((i, bound(tried)?)));
            let least = bounds.min_by(|(_, a), (_, b)| a.total_cmp(b));
            let gap = least.map_or(f64::INFINITY, |(_, bound)| bound / design.reached - 1.0);
            let better = design.reached > before * (1.0 + 0.5 * step);
            let mut next = None;
            if gap > GAP && round + 1 < ROUNDS && !self.interrupt.is_raised() {
                let exact = round >= SURE_ROUNDS;
                step = if better && round > 0 { 4.0 * step } else { (2.0 * step).min(4e-5) };
                let mut t = design.reached * (1.0 + step);
                if exact && round % 2 == 0 {
                    // where the power that there is would be spent
                    let Tried { at, rise, found, .. } = &all[i];
                    let newton = at + (self.there / found.value).ln() * found.value / rise;
                    let room = [design.reached, 1.5 * design.reached];
                    t = if newton.is_nan() { t } else { newton.clamp(room[0], room[1]) };
                }
                let care = if exact { Care::Exact } else { Care::Sure };
                next = self.least(t, Some(&design.beams), care, evaluations);
            }
            let Some(next) = next else {
                let bound = least.map(|(_, bound)| bound);
                let mut found = self.told(&all[i], &design, bound);
                if let Some((proof, _)) = least {
                    found.dual = all[proof].found.dual.clone();
                }
                return Some(found);
            };
            before = design.reached;
            all.push(next);
        }
        None
    }

    pub(super) fn told(&self, tried: &Tried, design: &Spending, bound: Option<f64>) -> Found {
        let Tried { rise, found, .. } = tried;
        let Spending { beams, standing, reached, miss } = design;
        // of the power's problem: a watt more, or a requirement let out, raises t by its share of the slope;
        // where t costs no power, nothing of it can be bought
        let bought = *rise > 0.0;
        let per = if bought { 1.0 / rise } else { 0.0 };
        let price_per_power = match &self.groups {
            _ if !bought => Vec::new(),
            None => vec![per],
            Some(_) => found.dual.nu.iter().map(|nu| nu * per).collect(),
        };
        let floor = |k: usize| {
            let by_rate = (self.weights[k] * tried.at).exp_m1() >= self.required.sinr[k];
            if self.weights[k] > 0.0 && by_rate { 0.0 } else { -found.price_per_sinr[k] * per }
        };
        let value = |cap: &Cap| standing.sensed.value(self.space, &cap.metric);
        Found {
            beams: self.space.lifted(beams),
            value: *reached,
            bound,
            violation: *miss,
            sinr: (0..self.space.users()).map(|k| standing.heard.sinr(k)).collect(),
            price_per_cap: found.price_per_cap.iter().map(|price| -price * per).collect(),
            price_per_power,
            price_per_sinr: (0..self.space.users()).map(floor).collect(),
            capped: self
                .required
                .caps
                .iter()
                .map(|cap| value(cap).unwrap_or(f64::INFINITY))
                .collect(),
            ..found.clone()
        }
    }
}
