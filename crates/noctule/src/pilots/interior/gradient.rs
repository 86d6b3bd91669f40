//! Multipliers, complementarity, and the gradient of the Lagrangian.

use super::kernels::dot;
use super::slacks::{has_crbs, has_errors, has_level};
use super::{Goal, Interior, Program};

impl Interior {
    pub(super) fn start_multipliers(&mut self, program: &Program<'_>, mu: f64) {
        let fill = |y: &mut [f64], slack: &[f64], on: bool| {
            for (y, s) in y.iter_mut().zip(slack) {
                *y = if on { mu / s } else { 0.0 };
            }
        };
        fill(&mut self.y_bound, &self.x, true);
        fill(&mut self.y_power, &self.slack.power, true);
        fill(&mut self.y_error, &self.slack.error_slack, has_errors(program));
        fill(&mut self.y_crb, &self.slack.crb_slack, has_crbs(program));
    }

    pub(super) fn complementarity(&self, program: &Program<'_>) -> f64 {
        let mut sum = dot(&self.y_bound, &self.x) + dot(&self.y_power, &self.slack.power);
        if has_errors(program) {
            sum += dot(&self.y_error, &self.slack.error_slack);
        }
        if has_crbs(program) {
            sum += dot(&self.y_crb, &self.slack.crb_slack);
        }
        sum
    }

    /// Add `Σ w_k ∇f_k` over all errors and bounds, plus power limits and objective, to `out`.
    pub(super) fn weighted_gradient(
        &self,
        program: &Program<'_>,
        scale: f64,
        weights: [&dyn Fn(usize) -> f64; 3],
        out: &mut [f64],
    ) {
        let model = program.model;
        let [power, error, crb] = weights;
        for k in 0..model.users {
            for (m, i) in model.block(k).enumerate() {
                out[i] = self.x[i] * (scale + power(m));
            }
        }
        for k in 0..model.users {
            let range = model.block(k);
            if has_errors(program) {
                let w = error(k);
                for i in range.clone() {
                    out[i] += w * self.space.own[i];
                }
                for j in (0..model.users).filter(|&j| j != k) {
                    let c = model.overlap[k * model.users + j];
                    if c > 0.0 {
                        let factor = w * self.space.cross[k] * c;
                        for (i, own) in model.block(j).zip(range.clone()) {
                            out[i] += factor * model.gain[own] * self.x[i];
                        }
                    }
                }
            }
            if has_crbs(program) {
                let w = crb(k);
                for i in range {
                    out[i] += w * self.space.radar[i];
                }
            }
        }
    }

    /// Norm of the gradient of the Lagrangian, by log x.
    pub(super) fn gradient(&mut self, program: &Program<'_>, scale: f64) -> f64 {
        let mut out = std::mem::take(&mut self.space.gradient);
        self.weighted_gradient(
            program,
            scale,
            [&|m| self.y_power[m], &|k| self.y_error[k], &|k| self.y_crb[k]],
            &mut out,
        );
        let mut sum = 0.0;
        for (i, g) in out.iter().enumerate() {
            sum += (g - self.y_bound[i] * self.x[i]).powi(2);
        }
        self.space.gradient = out;
        if has_level(program) {
            let y = if program.goal == Goal::WorstCrb { &self.y_crb } else { &self.y_error };
            sum += (1.0 - y.iter().sum::<f64>()).powi(2);
        }
        sum.sqrt()
    }
}
