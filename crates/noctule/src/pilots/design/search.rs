//! One problem while it is designed: where it starts, how it descends, what becomes of the end.

use std::collections::BTreeMap;

use noctule_optim::branch_bound::Found;
use noctule_optim::{Bound, Certificate, PointProof, Proof, Sense, Stop, Trace, TraceRow, Work};

use super::Settings;
use crate::pilots::interior::{Descent, Ending, Goal, Interior, Normalised, Program, Rules, dual};
use crate::pilots::polish::Exact;
use crate::pilots::{Allocation, Instance, PilotsDesign, advice, evaluate};
use crate::{Design, Error};

/// How far a warm start is drawn towards equal shares, so that it is inside.
const TOWARDS_EQUAL: f64 = 0.1;
/// A dual bound this near, relative, is met.
pub(super) const TIGHT: f64 = 1e-6;
/// Errors of the model are the exact ones when they differ by no more than this, relative.
const AGREE: f64 = 1e-6;

pub(super) enum Entry {
    Inside(Vec<f64>),
    Out(Box<PilotsDesign>),
}

/// One problem, its work space, and what it cost so far.
pub(super) struct Search<'a> {
    pub(super) instance: &'a Instance,
    pub(super) model: Normalised,
    pub(super) limit: Option<f64>,
    pub(super) interior: Interior,
    pub(super) work: Work,
    /// A row for the end of every descent, and one whenever a proof moved.
    rows: Vec<TraceRow>,
}

impl<'a> Search<'a> {
    pub(super) fn new(instance: &'a Instance) -> Self {
        Self::of(instance.normalised(), instance.parts().crb_limit_m2, instance)
    }

    pub(super) fn of(model: Normalised, limit: Option<f64>, instance: &'a Instance) -> Self {
        let interior = Interior::new(model.points, model.users);
        Self { instance, model, limit, interior, work: Work::default(), rows: Vec::new() }
    }

    /// Equal shares of nine tenths of the power.
    pub(super) fn equal(&self) -> Vec<f64> {
        vec![0.9 / self.model.users as f64; self.model.points * self.model.users]
    }

    pub(super) fn full(&self) -> Vec<f64> {
        vec![1.0 / self.model.users as f64; self.model.points * self.model.users]
    }

    pub(super) fn descend(&mut self, goal: Goal, from: &[f64], rules: &Rules) -> Descent {
        let crb_limit = if goal == Goal::WorstCrb { None } else { self.limit };
        let program = Program { model: &self.model, goal, envelope: None, crb_limit };
        self.interior.x.copy_from_slice(from);
        let run = self.interior.solve(&program, rules);
        self.work.iterations += u64::from(run.steps);
        self.work.evaluations += u64::from(run.evaluations);
        self.work.factorisations += u64::from(run.steps) * (self.model.users as u64 + 1);
        let value = match goal {
            Goal::WorstError => self.model.worst_error(&self.interior.x),
            Goal::WorstCrb => self.model.worst_crb(&self.interior.x),
            Goal::LeastPower { .. } => {
                self.interior.x.iter().sum::<f64>() / self.model.points as f64
            }
        };
        self.note(self.work.iterations, value, run.residual);
        run
    }

    /// A row of the trace; what is not a number yet has none.
    fn note(&mut self, iteration: u64, value: f64, residual: f64) {
        if value.is_finite() && residual.is_finite() {
            let evaluations = self.work.evaluations;
            self.rows.push(TraceRow { iteration, evaluations, value, residual, step: 0.0 });
        }
    }

    /// How the interval of a proof shrank, counted in nodes: the residual is its relative width.
    pub(super) fn note_proof(&mut self, found: &Found<Vec<f64>>, unit: f64) {
        let before = self.rows.last().map_or(0, |row| row.iteration);
        for entry in found.log.iter().filter(|entry| entry.bound.is_finite()) {
            let residual = (entry.best - entry.bound) / entry.best;
            self.note(before + entry.nodes, entry.best * unit, residual);
        }
    }

    /// The dual bound on the largest CRB, and its multipliers.
    pub(super) fn crb_bound(&self) -> (f64, BTreeMap<String, Vec<f64>>) {
        let program =
            Program { model: &self.model, goal: Goal::WorstCrb, envelope: None, crb_limit: None };
        (dual::worst_crb(&self.interior, &program), dual::crb_numbers(&self.interior, &program))
    }

    /// An allocation that meets all limits strictly, or the answer that there is none.
    pub(super) fn enter(
        &mut self,
        warm: Option<&Allocation>,
        settings: &Settings,
    ) -> Result<Entry, Error> {
        if let Some(warm) = warm {
            self.interior.start_near(&warm.blocks(), TOWARDS_EQUAL);
            let x = self.interior.x.clone();
            if self.limit.is_none_or(|limit| self.model.worst_crb(&x) < 0.99 * limit)
                && self.within_power(&x)
            {
                return Ok(Entry::Inside(x));
            }
        }
        let equal = self.equal();
        let Some(limit) = self.limit else { return Ok(Entry::Inside(equal)) };
        if self.model.worst_crb(&equal) < 0.95 * limit {
            return Ok(Entry::Inside(equal));
        }
        let rules =
            Rules { tolerance: 1e-9, steps: settings.max_steps.max(150), below: Some(limit) };
        let run = self.descend(Goal::WorstCrb, &equal, &rules);
        let x = self.interior.x.clone();
        if run.ending == Ending::Reached || self.model.worst_crb(&x) < limit * (1.0 - 1e-9) {
            return Ok(Entry::Inside(x));
        }
        self.out_of_reach(&x, limit, &run).map(|design| Entry::Out(Box::new(design)))
    }

    /// The allocation with the best bound on positions, where that does not meet the limit; with the
    /// proof that none does, if the dual bound says so.
    fn out_of_reach(&self, x: &[f64], limit: f64, run: &Descent) -> Result<PilotsDesign, Error> {
        let reached = self.model.worst_crb(x);
        let (lower, multipliers) = self.crb_bound();
        let bound = Bound::new(reached, lower, Sense::Lower, "dual, closed form", 0.0);
        let tight = bound.as_ref().is_some_and(|bound| bound.gap_rel <= TIGHT);
        let mut proof = Proof { point: PointProof::None, bound: None, infeasible: None };
        let mut warning = None;
        if lower > limit {
            let statement = format!(
                "no allocation locates every user to less than {lower:.6e} m²; {limit:.6e} m² was \
                 asked for, {reached:.6e} m² is reached"
            );
            let certificate = Certificate::new("dual, closed form", statement, limit, reached);
            proof.infeasible = Some(certificate.with_numbers(multipliers));
        } else if tight {
            warning = Some(format!(
                "the limit of {limit:.9e} m² is the best in reach to within rounding: the \
                 design is the allocation with the best bound, {reached:.9e} m²"
            ));
        } else {
            warning = Some(format!(
                "the limit of {limit:.6e} m² is neither reached ({reached:.6e} m² is) nor \
                 proven to be out of reach (only {lower:.6e} m² is): more `max_steps` may tell"
            ));
        }
        let stop = if tight { Stop::Converged } else { stop_of(run) };
        let mut design = self.finish(x, stop, proof, vec![reached])?;
        design.warnings.splice(0..0, warning);
        Ok(design)
    }

    fn within_power(&self, x: &[f64]) -> bool {
        let points = self.model.points;
        (0..points).all(|m| x.iter().skip(m).step_by(points).sum::<f64>() < 1.0)
    }

    /// The exact worst error.
    pub(super) fn exact_error(&self, x: &[f64]) -> f64 {
        Exact::new(self.instance, &self.model).worst_error(x)
    }

    /// A design whose proof is on errors of the model: kept only where they are the exact ones.
    pub(super) fn finish_errors(
        &self,
        mut x: Vec<f64>,
        mut stop: Stop,
        proof: Proof,
        value: f64,
    ) -> Result<PilotsDesign, Error> {
        if self.limit.is_none() {
            // Beams towards unknown channels are never sent, and nobody asked for echoes.
            for (x, estimate) in x.iter_mut().zip(&self.model.estimate) {
                if *estimate <= 0.0 {
                    *x = 0.0;
                }
            }
        }
        let (modelled, exact) = (self.model.worst_error(&x), self.exact_error(&x));
        let agree = (modelled - exact).abs() <= AGREE * exact;
        let proof = if agree { proof } else { Proof::feasible(0.0) };
        if !agree && stop == Stop::Converged {
            stop = Stop::Stalled;
        }
        let mut design = self.finish(&x, stop, proof, vec![value])?;
        if !agree {
            design.warnings.push(format!(
                "the model of the design has a worst error of {modelled:.6e}, the exact one is \
                 {exact:.6e}: nothing is proven"
            ));
        }
        Ok(design)
    }

    pub(super) fn finish(
        &self,
        x: &[f64],
        stop: Stop,
        proof: Proof,
        starts: Vec<f64>,
    ) -> Result<PilotsDesign, Error> {
        let instance = self.instance;
        let variables = Allocation::from_blocks(x, instance.points(), instance.users());
        let metrics = evaluate(instance, &variables)?;
        let mut trace = Trace::with_room(self.rows.len());
        self.rows.iter().for_each(|row| trace.push(*row));
        Ok(Design {
            warnings: advice(instance, &metrics),
            variables,
            metrics,
            stop,
            proof,
            trace,
            work: self.work,
            starts: starts.into_iter().map(Some).collect(),
        })
    }
}

pub(super) const fn stop_of(run: &Descent) -> Stop {
    match run.ending {
        Ending::Converged | Ending::Reached => Stop::Converged,
        Ending::Limit => Stop::IterationLimit,
        Ending::Stalled | Ending::Outside => Stop::Stalled,
    }
}

/// Feasible always: the interior point never leaves the constraints.
pub(super) fn proof_of(run: &Descent) -> Proof {
    if run.residual.is_finite() { Proof::stationary(run.residual) } else { Proof::feasible(0.0) }
}
