//! Proof of global optimality: branch and bound on θ.
//!
//! With `θ_k = b/(a+b)` in `[l, u]`, the convex envelope of `ab/(a+b)` on that cone is the linear
//! `l u a + (1−l)(1−u) b`: exact on both rays, and below by `(θ−l)(u−θ)(a+b)` in between. The root
//! interval follows from the numbers: `θ ≥ 1/(1 + max a)` because `b ≥ 1`, and an error no larger
//! than `t` needs `θ ≤ t (1 + Σ γ/β)`, by the Cauchy–Schwarz inequality. Outside the interval the
//! envelope lies *above* the error, so leaving the restriction `θ ∈ [l, u]` out of the relaxation
//! keeps it a bound and keeps it convergent. For the smallest worst error every allocation within the
//! limits is a start; for the least power one that meets the target of the relaxation is looked for
//! where the allocation at hand does not.
//!
//! A node costs one run of the interior point, at times a second to find a start, and one dual bound
//! in closed form.

use std::collections::BTreeMap;
use std::rc::Rc;

use noctule_optim::branch_bound::{Budget, Examined, Found, Relaxation, branch_and_bound};
use noctule_optim::{Interrupt, Work};

use super::interior::dual::Weights;
use super::interior::{Descent, Ending, Goal, Interior, Normalised, Program, Rules, dual};

/// Parts of an interval must have at least this share of its logarithm.
const LEAST_SHARE: f64 = 0.05;

/// Intervals of θ, and where the relaxation wants to be divided.
#[derive(Clone, Debug, PartialEq)]
pub struct Region {
    boxes: Vec<[f64; 2]>,
    /// θ of the relaxed solution, and how much the envelope lacks there, weighted.
    theta: Vec<f64>,
    lack: Vec<f64>,
    /// The best that is proven of it, perhaps by intervals around it.
    proven: Option<Rc<Proven>>,
}

/// Multipliers, the intervals whose envelopes they belong to, and what they prove.
#[derive(Clone, Debug)]
struct Proven {
    boxes: Vec<[f64; 2]>,
    lists: [Vec<f64>; 4],
    bound: f64,
    /// Of the worst error, beyond the target: no allocation of the region meets it.
    empty: bool,
}

impl PartialEq for Proven {
    fn eq(&self, other: &Self) -> bool {
        self.boxes == other.boxes && self.lists == other.lists
    }
}

impl Region {
    fn note(&mut self, bound: f64, weights: &Weights, empty: bool) {
        if self.proven.as_ref().is_none_or(|known| !known.empty && (empty || bound > known.bound)) {
            let (boxes, lists) = (self.boxes.clone(), weights.lists());
            self.proven = Some(Rc::new(Proven { boxes, lists, bound, empty }));
        }
    }
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
    leaves: Vec<Region>,
}

/// So many numbers are handed out as a proof; more would be a file of their own.
const MOST_NUMBERS: usize = 1_000_000;

impl<'a> Envelopes<'a> {
    /// Relaxations of `goal`; `inside` meets all its constraints strictly.
    pub fn new(
        model: &'a Normalised,
        goal: Goal,
        crb_limit: Option<f64>,
        inside: &'a [f64],
    ) -> Self {
        let interior = Interior::new(model.points, model.users);
        let work = Work::default();
        Self { model, goal, crb_limit, inside, interior, work, leaves: Vec::new() }
    }

    /// The multipliers of all regions that were not divided, for [`again`](super::again); `left_out`
    /// where one is not bounded or there are too many.
    pub fn numbers(&self) -> BTreeMap<String, Vec<f64>> {
        let leaves = &self.leaves;
        let proven: Option<Vec<&Proven>> =
            leaves.iter().map(|leaf| leaf.proven.as_deref()).collect();
        let size = |proven: &&Proven| {
            4 * proven.boxes.len() + proven.lists.iter().map(Vec::len).sum::<usize>()
        };
        let fits = |all: &Vec<&Proven>| all.iter().map(size).sum::<usize>() <= MOST_NUMBERS;
        let Some(proven) = proven.filter(fits) else {
            return [("left_out".to_owned(), vec![leaves.len() as f64])].into();
        };
        let own = |end: usize| leaves.iter().flat_map(|leaf| &leaf.boxes).map(|b| b[end]).collect();
        let outer = |end: usize| proven.iter().flat_map(|p| &p.boxes).map(|b| b[end]).collect();
        let list = |index: usize| -> Vec<f64> {
            proven.iter().flat_map(|proven| proven.lists[index].iter().copied()).collect()
        };
        let empty = proven.iter().map(|proven| f64::from(u8::from(proven.empty))).collect();
        [
            ("low", own(0)),
            ("high", own(1)),
            ("envelope_low", outer(0)),
            ("envelope_high", outer(1)),
            ("error", list(0)),
            ("crb", list(1)),
            ("inverse", list(2)),
            ("power", list(3)),
            ("empty", empty),
        ]
        .map(|(name, list)| (name.to_owned(), list))
        .into()
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
        Region { boxes, theta: vec![0.0; model.users], lack: vec![0.0; model.users], proven: None }
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

    fn program<'b>(&'b self, goal: Goal, boxes: &'b [[f64; 2]]) -> Program<'b> {
        let crb_limit = self.crb_limit;
        Program { model: self.model, goal, envelope: Some(boxes), crb_limit }
    }

    /// Solve the relaxation on `boxes` from a point.
    fn run(&mut self, goal: Goal, boxes: &[[f64; 2]], from: &[f64], below: Option<f64>) -> Descent {
        let (model, crb_limit) = (self.model, self.crb_limit);
        let program = Program { model, goal, envelope: Some(boxes), crb_limit };
        self.interior.x.copy_from_slice(from);
        let rules = Rules { tolerance: 1e-9, below, ..Rules::default() };
        let run = self.interior.solve(&program, &rules);
        self.work.iterations += u64::from(run.steps);
        self.work.evaluations += u64::from(run.evaluations);
        self.work.factorisations += u64::from(run.steps) * (model.users as u64 + 1);
        run
    }

    /// Where the relaxed solution lies in its intervals: what the division goes by.
    fn aim(&self, region: &mut Region) {
        for k in 0..self.model.users {
            let seen = self.model.reception(k, &self.interior.x);
            let (theta, [l, u]) = (seen.theta(), region.boxes[k]);
            region.theta[k] = theta;
            let lack = (theta - l) * (u - theta) / (theta * (1.0 - theta)).max(f64::MIN_POSITIVE);
            region.lack[k] = self.interior.error_weight(k) * lack;
        }
    }

    /// The least power with which no envelope exceeds `target`.
    ///
    /// Where θ is outside its interval the envelope lies above the error, so that the allocation at
    /// hand may miss the target of the relaxation. Then another is looked for that meets it. The
    /// search either finds one, or its dual bound proves that there is none and the region is
    /// empty, or the target is on the edge of what can be reached and nothing is known.
    fn examine_power(&mut self, region: &mut Region, target: f64) -> Examined<Vec<f64>> {
        let goal = Goal::LeastPower { error: Some(target) };
        let mut start = self.inside.to_vec();
        let mut run = self.run(goal, &region.boxes, &start, None);
        if run.ending == Ending::Outside {
            let reached = self.run(Goal::WorstError, &region.boxes, &start, Some(target));
            self.aim(region);
            let program = self.program(Goal::WorstError, &region.boxes);
            if reached.ending != Ending::Reached {
                let (level, weights) = dual::worst_error(&self.interior, &program, &region.boxes);
                if level > target {
                    region.note(level, &weights, true);
                    return Examined::empty();
                }
            }
            start.copy_from_slice(&self.interior.x);
            run = self.run(goal, &region.boxes, &start, None);
        }
        if run.ending == Ending::Outside {
            // No multipliers of this region, no bound of its own.
            return Examined::new(f64::NEG_INFINITY);
        }
        self.aim(region);
        let scale = 1.0 / start.iter().sum::<f64>();
        let program = self.program(goal, &region.boxes);
        let (bound, weights) =
            dual::least_power(&self.interior, &program, &region.boxes, Some(target), scale);
        region.note(bound, &weights, false);
        Examined::new(bound)
    }
}

impl Relaxation for Envelopes<'_> {
    type Region = Region;
    type Point = Vec<f64>;

    fn examine(&mut self, region: &mut Region, _cutoff: f64) -> Examined<Vec<f64>> {
        match self.goal {
            Goal::LeastPower { error: Some(target) } => self.examine_power(region, target),
            goal => {
                self.run(goal, &region.boxes, self.inside, None);
                self.aim(region);
                let program = self.program(goal, &region.boxes);
                let (bound, weights) = dual::worst_error(&self.interior, &program, &region.boxes);
                region.note(bound, &weights, false);
                let examined = Examined::new(bound);
                let value = self.model.worst_error(&self.interior.x);
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
        let Some(k) = worst else { return self.settle(region) };
        let [l, u] = region.boxes[k];
        // At θ of the relaxed solution both halves are exact; not too near an end.
        let (low, high) = (l.ln(), u.ln());
        let width = high - low;
        let at = region.theta[k].ln().clamp(low + LEAST_SHARE * width, high - LEAST_SHARE * width);
        let middle = at.exp();
        if !(middle > l && middle < u) {
            return self.settle(region);
        }
        for part in [[l, middle], [middle, u]] {
            let mut child = region.clone();
            child.boxes[k] = part;
            into.push(child);
        }
    }

    fn settle(&mut self, region: Region) {
        self.leaves.push(region);
    }
}
