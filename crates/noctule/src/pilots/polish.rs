//! A local search on exact errors, for problems that the normalised model only approximates.

use noctule_optim::Interrupt;
use noctule_phy::pilot_estimation::Uplink;

use super::Instance;
use super::interior::Normalised;

/// Changes smaller than this share of the power of one access point are not tried.
const LEAST_STEP: f64 = 2e-3;
/// Sweeps over all entries at most.
const MOST_SWEEPS: u32 = 60;

/// What the exact problem says of fractions that are user by user.
#[derive(Debug)]
pub(super) struct Exact<'a> {
    instance: &'a Instance,
    model: &'a Normalised,
    uplink: Uplink,
    limit: Option<f64>,
    /// Allocations looked at.
    pub evaluations: u64,
}

impl<'a> Exact<'a> {
    pub(super) fn new(instance: &'a Instance, model: &'a Normalised) -> Self {
        let limit = instance.parts().crb_limit_m2;
        Self { instance, model, uplink: instance.uplink(), limit, evaluations: 0 }
    }

    /// The largest exact error.
    pub(super) fn worst_error(&mut self, x: &[f64]) -> f64 {
        self.evaluations += 1;
        let (points, users) = (self.model.points, self.model.users);
        let by_point: Vec<f64> =
            (0..points * users).map(|i| x[(i % users) * points + i / users]).collect();
        let parts = self.instance.parts();
        (0..users)
            .map(|k| {
                let gains = self.uplink.effective_gains(k, &by_point);
                let power = gains.own_power();
                if power > 0.0 {
                    gains.scalar_error(parts.downlink_energy, &parts.downlink_gram) / power
                } else {
                    1.0
                }
            })
            .fold(0.0, f64::max)
    }

    /// The exact worst error where the limits are met, +∞ elsewhere.
    pub(super) fn error_within(&mut self, x: &[f64]) -> f64 {
        if self.located(x) { self.worst_error(x) } else { f64::INFINITY }
    }

    /// The power where the limits and the target are met, +∞ elsewhere.
    pub(super) fn power_within(&mut self, x: &[f64], target: f64) -> f64 {
        if self.located(x) && self.worst_error(x) <= target {
            x.iter().sum()
        } else {
            f64::INFINITY
        }
    }

    fn located(&self, x: &[f64]) -> bool {
        self.limit.is_none_or(|limit| self.model.worst_crb(x) <= limit)
    }

    /// The best of some starts, improved one entry, and the power of one user, at a time; with its
    /// score. Ends with what it has when interrupted.
    pub(super) fn improve(
        &mut self,
        starts: impl IntoIterator<Item = Vec<f64>>,
        score: impl Fn(&mut Self, &[f64]) -> f64,
        interrupt: &Interrupt,
    ) -> Option<(f64, Vec<f64>)> {
        let mut best: Option<(f64, Vec<f64>)> = None;
        for start in starts {
            let value = score(self, &start);
            if value.is_finite() && best.as_ref().is_none_or(|(before, _)| value < *before) {
                best = Some((value, start));
            }
        }
        let (mut value, mut x) = best?;
        let (points, users) = (self.model.points, self.model.users);
        let (mut step, mut sweeps) = (0.5, 0);
        let mut trial = x.clone();
        while step > LEAST_STEP && sweeps < MOST_SWEEPS && !interrupt.is_raised() {
            sweeps += 1;
            let before = value;
            for i in 0..2 * (x.len() + users) {
                let (which, sign) = (i / 2, if i % 2 == 0 { -step } else { step });
                trial.copy_from_slice(&x);
                if which < x.len() {
                    trial[which] = (trial[which] + sign).clamp(0.0, 1.0);
                } else {
                    let k = which - x.len();
                    trial[self.model.block(k)].iter_mut().for_each(|x| *x *= 1.0 + sign);
                }
                within_power(&mut trial, points);
                let found = score(self, &trial);
                if found < value {
                    value = found;
                    x.copy_from_slice(&trial);
                }
            }
            if value >= before * (1.0 - 1e-3) {
                step *= 0.5;
            }
        }
        Some((value, x))
    }
}

/// Access points that spend too much spend all, in the same proportions.
pub(super) fn within_power(x: &mut [f64], points: usize) {
    for m in 0..points {
        let spent: f64 = x.iter().skip(m).step_by(points).sum();
        if spent > 1.0 {
            // A little inside: sums round.
            let scale = (1.0 - 1e-15) / spent;
            x.iter_mut().skip(m).step_by(points).for_each(|x| *x *= scale);
        }
    }
}
