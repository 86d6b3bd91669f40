//! Proof of global optimality: branch and bound on θ.
//!
//! With `θ_k = b/(a+b)` in `[l, u]`, the convex envelope of `ab/(a+b)` on that cone is the linear
//! `l u a + (1−l)(1−u) b`: exact on both rays, and below by `(θ−l)(u−θ)(a+b)` in between. The root
//! interval follows from the numbers: `θ ≥ 1/(1 + max a)` because `b ≥ 1`, and an error no larger
//! than `t` needs `θ ≤ t (1 + Σ γ/β)`, by the Cauchy–Schwarz inequality. Outside the interval the
//! envelope lies *above* the error, so leaving the restriction `θ ∈ [l, u]` out of the relaxation
//! keeps it a bound and keeps it convergent; it also keeps every feasible allocation a start.
//!
//! A node costs one run of the interior point and one dual bound in closed form.

use noctule_optim::branch_bound::{Budget, Examined, Found, Relaxation, branch_and_bound};
use noctule_optim::{Interrupt, Work};

use super::interior::{Goal, Interior, Normalised, Program, Rules, dual};

/// Parts of an interval must have at least this share of its logarithm.
const LEAST_SHARE: f64 = 0.05;

/// Intervals of θ, and where the relaxation wants to be divided.
#[derive(Clone, Debug, PartialEq)]
pub struct Region {
    boxes: Vec<[f64; 2]>,
    /// θ of the relaxed solution, and how much the envelope lacks there, weighted.
    theta: Vec<f64>,
    lack: Vec<f64>,
}

/// The relaxations of one problem.
#[derive(Debug)]
pub struct Envelopes<'a> {
    model: &'a Normalised,
    goal: Goal,
    crb_limit: Option<f64>,
    /// An allocation that meets all constraints strictly.
    inside: &'a [f64],
    interior: Interior,
    /// What the nodes cost.
    pub work: Work,
}

impl<'a> Envelopes<'a> {
    /// Relaxations of `goal`; `inside` meets all its constraints strictly.
    pub fn new(
        model: &'a Normalised,
        goal: Goal,
        crb_limit: Option<f64>,
        inside: &'a [f64],
    ) -> Self {
        let interior = Interior::new(model.points, model.users);
        Self { model, goal, crb_limit, inside, interior, work: Work::default() }
    }

    /// The intervals that contain every allocation with no error above `level`.
    pub fn root(&self, level: f64) -> Region {
        let model = self.model;
        let boxes = (0..model.users)
            .map(|k| {
                let range = model.block(k);
                let (gain, estimate) = (&model.gain[range.clone()], &model.estimate[range]);
                let most: f64 = gain.iter().sum();
                let ratio: f64 = gain
                    .iter()
                    .zip(estimate)
                    .map(|(b, g)| if *b > 0.0 { g / b } else { 0.0 })
                    .sum();
                let low = 1.0 / (1.0 + most);
                // A little wider than needed: rounding must not cut the optimum off.
                [low * (1.0 - 1e-9), (level * (1.0 + ratio) * (1.0 + 1e-9)).clamp(low, 1.0)]
            })
            .collect();
        Region { boxes, theta: vec![0.0; model.users], lack: vec![0.0; model.users] }
    }

    /// Branch from the root until the gap is closed or the nodes are spent.
    pub fn close(
        &mut self,
        level: f64,
        best: (f64, Vec<f64>),
        budget: Budget,
        interrupt: &Interrupt,
    ) -> Found<Vec<f64>> {
        let root = self.root(level);
        branch_and_bound(self, [root], Some(best), budget, interrupt)
    }
}

impl Relaxation for Envelopes<'_> {
    type Region = Region;
    type Point = Vec<f64>;

    fn examine(&mut self, region: &mut Region, _cutoff: f64) -> Examined<Vec<f64>> {
        let program = Program {
            model: self.model,
            goal: self.goal,
            envelope: Some(&region.boxes),
            crb_limit: self.crb_limit,
        };
        self.interior.x.copy_from_slice(self.inside);
        let scale = 1.0 / self.inside.iter().sum::<f64>();
        let run = self.interior.solve(&program, &Rules { tolerance: 1e-9, ..Rules::default() });
        self.work.iterations += u64::from(run.steps);
        self.work.evaluations += u64::from(run.evaluations);
        self.work.factorisations += u64::from(run.steps) * (self.model.users as u64 + 1);
        for k in 0..self.model.users {
            let seen = self.model.reception(k, &self.interior.x);
            let (theta, [l, u]) = (seen.theta(), region.boxes[k]);
            region.theta[k] = theta;
            let lack = (theta - l) * (u - theta) / (theta * (1.0 - theta)).max(f64::MIN_POSITIVE);
            region.lack[k] = self.interior.error_weight(k) * lack;
        }
        match self.goal {
            Goal::LeastPower { error } => Examined::new(dual::least_power(
                &self.interior,
                &program,
                &region.boxes,
                error,
                scale,
            )),
            _ => {
                let bound = dual::worst_error(&self.interior, &program, &region.boxes);
                let value = self.model.worst_error(&self.interior.x);
                let examined = Examined::new(bound);
                if value.is_finite() {
                    examined.with_point(value, self.interior.x.clone())
                } else {
                    examined
                }
            }
        }
    }

    fn divide(&mut self, region: Region, into: &mut Vec<Region>) {
        let worst = (0..self.model.users)
            .filter(|&k| region.lack[k] > 1e-13)
            .max_by(|&i, &j| region.lack[i].total_cmp(&region.lack[j]));
        let Some(k) = worst else { return };
        let [l, u] = region.boxes[k];
        // At θ of the relaxed solution both halves are exact; not too near an end.
        let (low, high) = (l.ln(), u.ln());
        let width = high - low;
        let at = region.theta[k].ln().clamp(low + LEAST_SHARE * width, high - LEAST_SHARE * width);
        let middle = at.exp();
        if !(middle > l && middle < u) {
            return;
        }
        for part in [[l, middle], [middle, u]] {
            let mut child = region.clone();
            child.boxes[k] = part;
            into.push(child);
        }
    }
}
