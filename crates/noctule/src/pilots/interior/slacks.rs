//! Values of all constraints at a point, and the barrier of their distances to the limits.

use super::{Goal, Program, Reception};

/// Values of all constraints at a point.
#[derive(Clone, Debug)]
pub(super) struct Slacks {
    /// log error of every user.
    pub(super) error: Vec<f64>,
    /// log CRB of every user.
    pub(super) crb: Vec<f64>,
    /// What is left of the power of every access point.
    pub(super) power: Vec<f64>,
    pub(super) seen: Vec<Reception>,
    /// Distance from each error to its limit.
    pub(super) error_slack: Vec<f64>,
    pub(super) crb_slack: Vec<f64>,
}

/// Which rows a program has.
pub(super) fn has_errors(program: &Program<'_>) -> bool {
    !matches!(program.goal, Goal::WorstCrb | Goal::LeastPower { error: None })
}

pub(super) fn has_crbs(program: &Program<'_>) -> bool {
    program.crb_limit.is_some() || program.goal == Goal::WorstCrb
}

pub(super) fn has_level(program: &Program<'_>) -> bool {
    !matches!(program.goal, Goal::LeastPower { .. })
}

/// The linear objective is measured in units of its first value.
pub(super) fn objective_scale(program: &Program<'_>, x: &[f64]) -> f64 {
    if has_level(program) { 0.0 } else { 1.0 / x.iter().sum::<f64>() }
}

/// Numerator of the error and its derivatives by a and b.
pub(super) fn numerator(program: &Program<'_>, k: usize, seen: &Reception) -> (f64, f64, f64) {
    match program.envelope {
        None => {
            let theta = seen.theta();
            (theta * seen.a, theta * theta, (1.0 - theta) * (1.0 - theta))
        }
        Some(boxes) => {
            let [l, u] = boxes[k];
            let (p, q) = (l * u, (1.0 - l) * (1.0 - u));
            (p * seen.a + q * seen.b, p, q)
        }
    }
}

impl Slacks {
    pub(super) fn new(points: usize, users: usize) -> Self {
        Self {
            error: vec![0.0; users],
            crb: vec![0.0; users],
            power: vec![0.0; points],
            seen: vec![Reception::default(); users],
            error_slack: vec![0.0; users],
            crb_slack: vec![0.0; users],
        }
    }

    /// All values at `x`; `false` where one does not exist or a power limit is not met strictly.
    pub(super) fn evaluate(&mut self, program: &Program<'_>, x: &[f64]) -> bool {
        let model = program.model;
        for m in 0..model.points {
            let spent: f64 = (0..model.users).map(|k| x[k * model.points + m]).sum();
            self.power[m] = 1.0 - spent;
        }
        let mut inside = self.power.iter().all(|s| *s > 0.0) && x.iter().all(|x| *x > 0.0);
        for k in 0..model.users {
            if has_errors(program) {
                let seen = model.reception(k, x);
                self.seen[k] = seen;
                self.error[k] = (numerator(program, k, &seen).0 / seen.power()).ln();
                inside &= self.error[k].is_finite();
            }
            if has_crbs(program) {
                self.crb[k] = model.information(k, x).crb().map_or(f64::INFINITY, f64::ln);
                inside &= self.crb[k].is_finite();
            }
        }
        inside
    }

    /// Distances to the level.
    pub(super) fn level_slack(&self, program: &Program<'_>) -> &[f64] {
        if program.goal == Goal::WorstCrb { &self.crb_slack } else { &self.error_slack }
    }

    /// The largest of what the goal is about, as a logarithm.
    pub(super) fn worst(&self, program: &Program<'_>) -> f64 {
        let values = if program.goal == Goal::WorstCrb { &self.crb } else { &self.error };
        values.iter().copied().fold(f64::NEG_INFINITY, f64::max)
    }

    /// Set the level above everything it must exceed, and all distances to limits; `false` when a
    /// fixed limit is not met strictly.
    pub(super) fn open(&mut self, program: &Program<'_>, level: &mut f64) -> bool {
        *level = self.worst(program) + 0.3;
        self.distances(program, *level)
    }

    /// Choose the level that minimises the barrier at this point, the root of `Σ μ/(τ − f_k) = 1`,
    /// and set all distances to limits; `false` when a fixed limit is not met strictly.
    pub(super) fn settle(&mut self, program: &Program<'_>, level: &mut f64, mu: f64) -> bool {
        if has_level(program) {
            let values = if program.goal == Goal::WorstCrb { &self.crb } else { &self.error };
            let worst = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            // Newton from the left end of the bracket on a convex, decreasing function.
            let mut above = mu;
            for _ in 0..60 {
                let (mut sum, mut slope) = (-1.0, 0.0);
                for value in values {
                    let share = mu / (above + (worst - value));
                    sum += share;
                    slope += share * share / mu;
                }
                if sum.abs() < 1e-14 {
                    break;
                }
                above += sum / slope;
            }
            *level = worst + above;
            if program.goal == Goal::WorstCrb {
                for (slack, value) in self.crb_slack.iter_mut().zip(values) {
                    *slack = above + (worst - value);
                }
                return above > 0.0;
            }
            for (slack, value) in self.error_slack.iter_mut().zip(values) {
                *slack = above + (worst - value);
            }
            return above > 0.0 && self.crb_distances(program, 0.0);
        }
        self.distances(program, *level)
    }

    fn crb_distances(&mut self, program: &Program<'_>, level: f64) -> bool {
        let mut inside = true;
        if has_crbs(program) {
            let limit = match (program.goal, program.crb_limit) {
                (Goal::WorstCrb, _) | (_, None) => level,
                (_, Some(limit)) => limit.ln(),
            };
            for (slack, value) in self.crb_slack.iter_mut().zip(&self.crb) {
                *slack = limit - value;
                inside &= *slack > 0.0;
            }
        }
        inside
    }

    /// Distances to all limits; `false` when one is not positive.
    pub(super) fn distances(&mut self, program: &Program<'_>, level: f64) -> bool {
        let mut inside = true;
        if has_errors(program) {
            let limit = match program.goal {
                Goal::LeastPower { error: Some(target) } => target.ln(),
                _ => level,
            };
            for (slack, value) in self.error_slack.iter_mut().zip(&self.error) {
                *slack = limit - value;
                inside &= *slack > 0.0;
            }
        }
        inside &= self.crb_distances(program, level);
        inside
    }

    /// Whether every distance to a fixed limit is at least a share of what it was.
    pub(super) fn keeps(&self, before: &Self, program: &Program<'_>, share: f64) -> bool {
        let all = |now: &[f64], then: &[f64]| {
            now.iter().zip(then).all(|(now, then)| *now >= share * then)
        };
        let errors = has_errors(program) && !has_level(program);
        let crbs = has_crbs(program) && program.goal != Goal::WorstCrb;
        all(&self.power, &before.power)
            && (!errors || all(&self.error_slack, &before.error_slack))
            && (!crbs || all(&self.crb_slack, &before.crb_slack))
    }

    /// Number of constraints.
    pub(super) fn count(&self, program: &Program<'_>) -> usize {
        let model = program.model;
        let rows = usize::from(has_errors(program)) + usize::from(has_crbs(program));
        model.points * (model.users + 1) + rows * model.users
    }

    /// The barrier at a point, for the line search.
    pub(super) fn barrier(&self, program: &Program<'_>, x: &[f64], objective: f64, mu: f64) -> f64 {
        let logs = |values: &[f64]| values.iter().map(|v| v.ln()).sum::<f64>();
        let mut sum = logs(x) + logs(&self.power);
        if has_errors(program) {
            sum += logs(&self.error_slack);
        }
        if has_crbs(program) {
            sum += logs(&self.crb_slack);
        }
        objective - mu * sum
    }
}
