//! The line search along a direction, and the step of the multipliers.

use super::kernels::dot;
use super::slacks::{has_crbs, has_errors, has_level};
use super::{Goal, Interior, Program};

/// Part of the way to the boundary that a step may go.
const FRACTION: f64 = 0.99;
/// Share of its distance to a limit that a step must keep: a limit that curves away under the next
/// directions, met too closely and too early, leaves only tiny steps.
const KEPT: f64 = 0.1;
/// Products of slack and multiplier stay within this factor of the barrier: with multipliers far
/// below it, directions run into limits that they do not see, and steps become tiny.
const CENTRAL: f64 = 100.0;

impl Interior {
    /// Change of the error (or bound) of user `k` along the direction, to first order.
    fn slope(&self, program: &Program<'_>, k: usize) -> (f64, f64) {
        let model = program.model;
        let range = model.block(k);
        let d = &self.space.dx;
        let mut error = dot(&self.space.own[range.clone()], &d[range.clone()]);
        for j in (0..model.users).filter(|&j| j != k) {
            let c = model.overlap[k * model.users + j];
            if c > 0.0 {
                let heard: f64 = model
                    .block(j)
                    .zip(range.clone())
                    .map(|(i, own)| model.gain[own] * self.x[i] * d[i])
                    .sum();
                error += self.space.cross[k] * c * heard;
            }
        }
        (error, dot(&self.space.radar[range.clone()], &d[range]))
    }

    /// Step along the direction, and the multipliers with it; the length of the step, or nothing
    /// when no step descends.
    pub(super) fn advance(
        &mut self,
        program: &Program<'_>,
        scale: f64,
        mu: f64,
        evaluations: &mut u32,
    ) -> Option<f64> {
        let smallest = self.space.dx.iter().copied().fold(0.0, f64::min);
        let longest = if smallest < -FRACTION { FRACTION / -smallest } else { 1.0 };
        let objective = |x: &[f64], level: f64| {
            if has_level(program) { level } else { scale * x.iter().sum::<f64>() }
        };
        let before = self.slack.barrier(program, &self.x, objective(&self.x, self.level), mu);
        // Minus the derivative of the barrier along the direction: gradient and step agree there.
        let mut descent = 0.0;
        let mut gradient = std::mem::take(&mut self.space.gradient);
        self.weighted_gradient(
            program,
            scale,
            [&|m| mu / self.slack.power[m], &|k| mu / self.slack.error_slack[k], &|k| {
                mu / self.slack.crb_slack[k]
            }],
            &mut gradient,
        );
        for (g, d) in gradient.iter().zip(&self.space.dx) {
            descent += (g - mu) * d;
        }
        self.space.gradient = gradient;
        if has_level(program) {
            let slack = if program.goal == Goal::WorstCrb {
                &self.slack.crb_slack
            } else {
                &self.slack.error_slack
            };
            descent += (1.0 - slack.iter().map(|s| mu / s).sum::<f64>()) * self.space.d_level;
        }
        let rounding = 1e-13 * (1.0 + before.abs());
        let mut length = longest;
        for _ in 0..40 {
            for ((trial, x), d) in self.trial_x.iter_mut().zip(&self.x).zip(&self.space.dx) {
                *trial = x * (1.0 + length * d);
            }
            let mut level = self.level;
            *evaluations += 1;
            if self.trial.evaluate(program, &self.trial_x)
                && self.trial.settle(program, &mut level, mu)
                && self.trial.keeps(&self.slack, program, KEPT)
            {
                let after =
                    self.trial.barrier(program, &self.trial_x, objective(&self.trial_x, level), mu);
                if after <= before + 1e-4 * length * descent + rounding {
                    self.multipliers(program, mu);
                    self.level = level;
                    std::mem::swap(&mut self.x, &mut self.trial_x);
                    std::mem::swap(&mut self.slack, &mut self.trial);
                    self.centre(program, mu);
                    return Some(length);
                }
            }
            length *= 0.5;
        }
        None
    }

    /// The Newton step of the multipliers, as far as they stay positive.
    fn multipliers(&mut self, program: &Program<'_>, mu: f64) {
        let model = program.model;
        let (points, users) = (model.points, model.users);
        // dy = (μ − y s − y ds)/s with ds the first-order change of the slack.
        let mut longest: f64 = 1.0;
        let limit = |y: f64, dy: f64, longest: &mut f64| {
            if dy < -0.995 * y {
                *longest = longest.min(0.995 * y / -dy);
            }
        };
        let bound_step = |y: f64, x: f64, d: f64| (mu - y * x - y * x * d) / x;
        for (i, &y) in self.y_bound.iter().enumerate() {
            limit(y, bound_step(y, self.x[i], self.space.dx[i]), &mut longest);
        }
        let step = |y: f64, slack: f64, change: f64| (mu - y * slack - y * change) / slack;
        for m in 0..points {
            let spent: f64 =
                (0..users).map(|k| self.x[k * points + m] * self.space.dx[k * points + m]).sum();
            self.space.small[m] = step(self.y_power[m], self.slack.power[m], -spent);
            limit(self.y_power[m], self.space.small[m], &mut longest);
        }
        let level_moves = |on: bool| if on { self.space.d_level } else { 0.0 };
        let error_level = level_moves(program.goal == Goal::WorstError);
        let crb_level = level_moves(program.goal == Goal::WorstCrb);
        for k in 0..users {
            let (error, crb) = self.slope(program, k);
            // `level_column` and `cross` are free here: they are set again before they are read.
            self.space.level_column[k] = if has_errors(program) {
                step(self.y_error[k], self.slack.error_slack[k], error_level - error)
            } else {
                0.0
            };
            self.space.cross[k] = if has_crbs(program) {
                step(self.y_crb[k], self.slack.crb_slack[k], crb_level - crb)
            } else {
                0.0
            };
        }
        for k in 0..users {
            limit(self.y_error[k], self.space.level_column[k], &mut longest);
            limit(self.y_crb[k], self.space.cross[k], &mut longest);
        }
        for (i, y) in self.y_bound.iter_mut().enumerate() {
            *y += longest * bound_step(*y, self.x[i], self.space.dx[i]);
        }
        for (y, dy) in self.y_power.iter_mut().zip(&self.space.small) {
            *y += longest * dy;
        }
        for k in 0..users {
            self.y_error[k] += longest * self.space.level_column[k];
            self.y_crb[k] += longest * self.space.cross[k];
        }
    }

    /// Keep every product of slack and multiplier near the barrier.
    fn centre(&mut self, program: &Program<'_>, mu: f64) {
        let clamp = |y: &mut [f64], slack: &[f64]| {
            for (y, s) in y.iter_mut().zip(slack) {
                *y = y.clamp(mu / (CENTRAL * s), mu * CENTRAL / s);
            }
        };
        clamp(&mut self.y_bound, &self.x);
        clamp(&mut self.y_power, &self.slack.power);
        if has_errors(program) {
            clamp(&mut self.y_error, &self.slack.error_slack);
        }
        if has_crbs(program) {
            clamp(&mut self.y_crb, &self.slack.crb_slack);
        }
    }
}
