//! Our method: an interior point on the exact problem, certified by branching on θ.
//!
//! # Steps
//!
//! 1. **Normalise** by the noise ([`Normalised`]).
//! 2. **Start inside.** Equal shares where they meet the limit on positions; otherwise the smallest
//!    worst bound is approached until the limit is met strictly. When it cannot be, the dual bound
//!    says so: the limit is infeasible, and the design is the allocation with the best bound.
//! 3. **Descend** ([`interior`](super::interior)).
//! 4. **Certify**, if asked ([`certificate`](super::certificate)); a better allocation met on the
//!    way replaces the design.

mod least_power;
mod unmodelled;

use std::collections::BTreeMap;

use noctule_num::InputError;
use noctule_optim::branch_bound::{Budget, Found};
use noctule_optim::{
    Bound, Certificate, Interrupt, PointProof, Proof, Sense, Stop, Trace, TraceRow, Work,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::certificate::Envelopes;
use super::instance::needs_radar;
use super::interior::{Ending, Goal, Interior, Normalised, Program, Rules, Run, dual};
use super::model::evaluate;
use super::polish::Exact;
use super::{Allocation, Instance, PilotsDesign, advice};
use crate::{Design, Error};

pub use least_power::{LeastPowerSettings, least_power, least_power_to_locate};

/// Settings of [`design`](design()).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Converged when complementarity and scaled gradient are below this.
    pub tolerance: f64,
    /// Newton steps at most.
    pub max_steps: u32,
    /// Prove how far from the global optimum the design can be.
    pub certify: bool,
    /// The relative gap to be proven.
    pub gap: f64,
    /// Regions that branch and bound may examine.
    pub max_nodes: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { tolerance: 1e-9, max_steps: 150, certify: false, gap: 1e-3, max_nodes: 2000 }
    }
}

impl Settings {
    /// Refuse settings that make no sense.
    ///
    /// # Errors
    /// [`InputError`] naming the setting.
    pub fn validate(&self) -> Result<(), InputError> {
        let refuse = |place: &str, found: String, allowed: &str| {
            Err(InputError::new("the setting is out of range", place, found, allowed))
        };
        if !(self.tolerance >= 1e-12 && self.tolerance <= 1e-2) {
            return refuse("tolerance", self.tolerance.to_string(), "1e-12 to 0.01");
        }
        if !(1..=100_000).contains(&self.max_steps) {
            return refuse("max_steps", self.max_steps.to_string(), "1 to 100000");
        }
        if !(self.gap >= 1e-9 && self.gap < 1.0) {
            return refuse("gap", self.gap.to_string(), "1e-9 to below 1");
        }
        if !(1..=100_000_000).contains(&self.max_nodes) {
            return refuse("max_nodes", self.max_nodes.to_string(), "1 to 1e8");
        }
        Ok(())
    }

    const fn rules(&self) -> Rules {
        Rules { tolerance: self.tolerance, steps: self.max_steps, below: None }
    }

    const fn budget(&self) -> Budget {
        Budget { nodes: self.max_nodes, absolute: 0.0, relative: self.gap }
    }
}

/// Design an allocation for `instance`: the smallest worst error within all limits.
///
/// Guarantee: a stationary point (residual in `proof`); with `certify`, a lower bound on what any
/// allocation can reach in `proof.bound`. Where it is not within `gap` of the design (the nodes ran
/// out, or rounding ends the division of regions, as at very low signal-to-noise ratios), the design
/// has not converged and a warning gives the gap. Where pilots are correlated in both directions it
/// is the best that descents on exact errors from more than a dozen starts found: a stationary point
/// of those where it says converged, and without a claim where it says stalled; nothing is proven of
/// the optimum. A limit on positions
/// that is out of reach is `proof.infeasible`, with the best bound in reach.
///
/// # Errors
/// [`Error::Input`] for settings out of range.
pub fn design(instance: &Instance, settings: &Settings) -> Result<PilotsDesign, Error> {
    design_from(instance, settings, None, &Interrupt::new())
}

/// [`design`](design()), from a neighbouring allocation where one is known, with a token to stop.
///
/// # Errors
/// As [`design`](design()); also when the warm start has another shape.
pub fn design_from(
    instance: &Instance,
    settings: &Settings,
    warm: Option<&Allocation>,
    interrupt: &Interrupt,
) -> Result<PilotsDesign, Error> {
    settings.validate()?;
    let mut search = Search::new(instance);
    if let Some(warm) = warm {
        warm.check(instance)?;
    }
    let inside = match search.enter(warm, settings)? {
        Entry::Inside(inside) => inside,
        Entry::Out(design) => return Ok(*design),
    };
    let mut run = search.descend(Goal::WorstError, &inside, &settings.rules());
    let mut x = search.interior.x.clone();
    let mut value = search.model.worst_error(&x);
    let exact = instance.is_modelled_exactly();
    if !exact {
        return search.finish_local(x, None, interrupt);
    }
    let (mut bound, mut stop) = (None, stop_of(&run));
    let mut open = None;
    if settings.certify {
        let mut envelopes = Envelopes::new(&search.model, Goal::WorstError, search.limit, &inside);
        let found = envelopes.close(value, (value, x.clone()), settings.budget(), interrupt);
        let numbers = envelopes.numbers();
        search.work += envelopes.work;
        search.note_proof(&found, 1.0);
        if let Some((better, point)) = found.best
            && better < value
        {
            // Another valley: what is said of the point must be said of this one.
            run = search.descend(Goal::WorstError, &point, &settings.rules());
            let reached = search.model.worst_error(&search.interior.x);
            if reached <= better {
                (value, x) = (reached, search.interior.x.clone());
            } else {
                run.residual = f64::INFINITY;
                (value, x) = (better, point);
            }
            stop = stop_of(&run);
        }
        let method = format!("branch-and-bound on θ, {} nodes", found.nodes);
        bound = Bound::new(value, found.bound, Sense::Lower, method, 0.0)
            .map(|bound| bound.with_numbers(numbers));
        open = open_gap(bound.as_ref(), settings.gap);
        if value < LEAST_PROVEN {
            bound = None;
            open = Some(format!(
                "an error of {value:.1e} is below {LEAST_PROVEN:.0e}, where double precision \
                 proves nothing about the smallest there is"
            ));
        }
        stop = stop_after(stop, found.stop, open.is_some());
    }
    let proof = proof_of(&run).with_bound(bound);
    let mut design = search.finish_errors(x, stop, proof, value)?;
    design.warnings.extend(open);
    Ok(design)
}

/// Below this, errors are differences of larger numbers: their multipliers prove a bound to a few
/// digits only, and none is claimed.
const LEAST_PROVEN: f64 = 1e-12;

/// What to say when the bound is not as near as was asked.
fn open_gap(bound: Option<&Bound>, asked: f64) -> Option<String> {
    let gap = bound.map_or(f64::INFINITY, |bound| bound.gap_rel);
    (gap > asked * (1.0 + 1e-9)).then(|| {
        format!(
            "the proof leaves a gap of {:.3} %, more than the {:.3} % asked for: the bound holds, \
             but the design may not be the best",
            100.0 * gap,
            100.0 * asked
        )
    })
}

/// How a certified search ended: converged only if the gap is closed.
fn stop_after(descent: Stop, branching: Stop, open: bool) -> Stop {
    match branching {
        Stop::Interrupted => Stop::Interrupted,
        _ if !open => descent,
        Stop::Converged | Stop::Computed => Stop::Stalled,
        other => other,
    }
}

/// The smallest worst bound on positions that any allocation reaches, with its lower bound.
///
/// Errors are not looked at. The problem is convex, and the proof a dual one in closed form.
///
/// # Errors
/// [`Error::Input`] when there is no radar, or a user cannot be located.
pub fn best_crb(instance: &Instance) -> Result<PilotsDesign, Error> {
    needs_radar(instance)?;
    let mut search = Search::new(instance);
    let start = search.equal();
    let rules = Rules { tolerance: 1e-9, ..Rules::default() };
    let run = search.descend(Goal::WorstCrb, &start, &rules);
    if run.ending == Ending::Outside {
        // Somebody cannot be located: with any limit set this is refused by name.
        instance.with_crb_limit(Some(1.0))?;
    }
    let x = search.interior.x.clone();
    let (lower, multipliers) = search.crb_bound();
    let value = search.model.worst_crb(&x);
    let bound = Bound::new(value, lower, Sense::Lower, "dual, closed form", 0.0)
        .map(|bound| bound.with_numbers(multipliers));
    let mut stop = stop_of(&run);
    if bound.as_ref().is_some_and(|bound| bound.gap_rel <= 1e-6) {
        stop = Stop::Converged;
    }
    search.finish(&x, stop, proof_of(&run).with_bound(bound), vec![value])
}

enum Entry {
    Inside(Vec<f64>),
    Out(Box<PilotsDesign>),
}

/// One problem, its work space, and what it cost so far.
struct Search<'a> {
    instance: &'a Instance,
    model: Normalised,
    limit: Option<f64>,
    interior: Interior,
    work: Work,
    /// A row for the end of every descent, and one whenever a proof moved.
    rows: Vec<TraceRow>,
}

impl<'a> Search<'a> {
    fn new(instance: &'a Instance) -> Self {
        Self::of(instance.normalised(), instance.parts().crb_limit_m2, instance)
    }

    fn of(model: Normalised, limit: Option<f64>, instance: &'a Instance) -> Self {
        let interior = Interior::new(model.points, model.users);
        Self { instance, model, limit, interior, work: Work::default(), rows: Vec::new() }
    }

    /// Equal shares of nine tenths of the power.
    fn equal(&self) -> Vec<f64> {
        vec![0.9 / self.model.users as f64; self.model.points * self.model.users]
    }

    fn full(&self) -> Vec<f64> {
        vec![1.0 / self.model.users as f64; self.model.points * self.model.users]
    }

    fn descend(&mut self, goal: Goal, from: &[f64], rules: &Rules) -> Run {
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
    fn note_proof(&mut self, found: &Found<Vec<f64>>, unit: f64) {
        let before = self.rows.last().map_or(0, |row| row.iteration);
        for entry in found.log.iter().filter(|entry| entry.bound.is_finite()) {
            let residual = (entry.best - entry.bound) / entry.best;
            self.note(before + entry.nodes, entry.best * unit, residual);
        }
    }

    /// The dual bound on the largest CRB, and its multipliers.
    fn crb_bound(&self) -> (f64, BTreeMap<String, Vec<f64>>) {
        let program =
            Program { model: &self.model, goal: Goal::WorstCrb, envelope: None, crb_limit: None };
        (dual::worst_crb(&self.interior, &program), dual::crb_numbers(&self.interior, &program))
    }

    /// An allocation that meets all limits strictly, or the answer that there is none.
    fn enter(&mut self, warm: Option<&Allocation>, settings: &Settings) -> Result<Entry, Error> {
        if let Some(warm) = warm {
            self.interior.start_near(&warm.blocks(), 0.1);
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
        let reached = self.model.worst_crb(&x);
        if run.ending == Ending::Reached || reached < limit * (1.0 - 1e-9) {
            return Ok(Entry::Inside(x));
        }
        let (lower, multipliers) = self.crb_bound();
        let bound = Bound::new(reached, lower, Sense::Lower, "dual, closed form", 0.0);
        let tight = bound.as_ref().is_some_and(|bound| bound.gap_rel <= 1e-6);
        let mut proof = Proof { point: PointProof::None, bound: None, infeasible: None };
        let mut warnings = Vec::new();
        if lower > limit {
            let statement = format!(
                "no allocation locates every user to less than {lower:.6e} m²; {limit:.6e} m² was \
                 asked for, {reached:.6e} m² is reached"
            );
            let certificate = Certificate::new("dual, closed form", statement, limit, reached);
            proof.infeasible = Some(certificate.with_numbers(multipliers));
        } else {
            warnings.push(if tight {
                format!(
                    "the limit of {limit:.9e} m² is the best in reach to within rounding: the \
                     design is the allocation with the best bound, {reached:.9e} m²"
                )
            } else {
                format!(
                    "the limit of {limit:.6e} m² is neither reached ({reached:.6e} m² is) nor \
                     proven to be out of reach (only {lower:.6e} m² is): more `max_steps` may tell"
                )
            });
        }
        let stop = if tight { Stop::Converged } else { stop_of(&run) };
        let mut design = self.finish(&x, stop, proof, vec![reached])?;
        design.warnings.splice(0..0, warnings);
        Ok(Entry::Out(Box::new(design)))
    }

    fn within_power(&self, x: &[f64]) -> bool {
        let points = self.model.points;
        (0..points).all(|m| x.iter().skip(m).step_by(points).sum::<f64>() < 1.0)
    }

    /// The exact worst error.
    fn exact_error(&self, x: &[f64]) -> f64 {
        Exact::new(self.instance, &self.model).worst_error(x)
    }

    /// A design whose proof is on errors of the model: kept only where they are the exact ones.
    fn finish_errors(
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
        let agree = (modelled - exact).abs() <= 1e-6 * exact;
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

    fn finish(
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

const fn stop_of(run: &Run) -> Stop {
    match run.ending {
        Ending::Converged | Ending::Reached => Stop::Converged,
        Ending::Limit => Stop::IterationLimit,
        Ending::Stalled | Ending::Outside => Stop::Stalled,
    }
}

/// Feasible always: the interior point never leaves the constraints.
fn proof_of(run: &Run) -> Proof {
    if run.residual.is_finite() { Proof::stationary(run.residual) } else { Proof::feasible(0.0) }
}
