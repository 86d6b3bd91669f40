//! The climb of one quantity under a limit on the other, roughly and to the tolerance.

use noctule_num::C64;
use noctule_optim::augmented_lagrangian::{AugmentedSettings, ConstrainedRun};
use noctule_optim::{AugmentedLagrangian, Constrained, Interrupt, Shape, Stop, Trace, Work};
use noctule_phy::units::{bits_to_nats, nats_to_bits};

use crate::cellfree::model::{Curvature, Link, Metrics, Model, Roles, evaluate};
use crate::cellfree::requirement::missed;
use crate::cellfree::settings::ROUGH;
use crate::cellfree::{Beams, Instance, Requirement, Settings};
use crate::{Error, FEASIBLE};

use super::origin::Origin;

/// A limit is climbed for so many times the feasibility inside the one required, relative: what a
/// converged run may miss it by is then still inside.
const INSIDE: f64 = 1.0;
/// Of the way from the smallest error to the limit the climb gives up this share at most: close to
/// the smallest error there is little room.
const OF_THE_ROOM: f64 = 0.1;
/// Penalty on the squared violation with which rough climbs begin. Constraints are relative, sum rates
/// tens of nats: a first round that ignores the requirement would have to be climbed back.
const ROUGH_PENALTY: f64 = 100.0;
/// Pairs of steps and gradients that L-BFGS keeps.
const MEMORY: usize = 30;
/// Rough runs that miss the requirement by less are compared by their value: the polish closes that.
const NEARLY: f64 = 1e-3;

/// Rate under an error, or error under a rate.
pub(super) struct TradeOff {
    pub(super) model: Model,
    /// The limit that is climbed for: a little inside the one required.
    pub(super) limit: f64,
    pub(super) rate_first: bool,
    x: Vec<C64>,
    curvature: Curvature,
}

impl Constrained for TradeOff {
    fn constraints(&self) -> usize {
        1
    }

    fn values(&mut self, x: &[C64], constraints: &mut [f64]) -> f64 {
        self.x.copy_from_slice(x);
        self.model.forward(x);
        let rate = self.model.value(Link::Rate);
        let error = self.model.error();
        if self.rate_first {
            // Relative, so that one penalty serves every scale; at most zero where it is met.
            constraints[0] = error / self.limit - 1.0;
            -rate
        } else {
            constraints[0] = 1.0 - rate / self.limit;
            error
        }
    }

    fn shape(&mut self, x: &[C64], weights: &[f64], steps: u64) -> Option<Shape> {
        let (rate, error) = self.prices(weights);
        self.curvature.shape(&mut self.model, x, (-rate, error), steps)
    }

    fn precondition(&mut self, v: &mut [C64]) {
        self.curvature.precondition(v);
    }

    fn gradient(&mut self, weights: &[f64], gradient: &mut [C64]) {
        let (rate, error) = self.prices(weights);
        self.model.backward(&self.x, rate, error, gradient);
    }
}

/// A point climbed to the tolerance, and what it achieves.
pub(super) struct Polished {
    pub(super) x: Vec<C64>,
    pub(super) run: ConstrainedRun,
    pub(super) beams: Beams,
    pub(super) metrics: Metrics,
    pub(super) violation: f64,
    /// Whether a climb has ended here; otherwise nothing is stationary.
    pub(super) climbed: bool,
}

impl Polished {
    pub(super) const fn is_feasible(&self) -> bool {
        self.violation <= FEASIBLE
    }

    /// The objective; none where the requirement is missed.
    pub(super) fn shown(&self) -> Option<f64> {
        self.is_feasible().then_some(self.metrics.objective)
    }
}

/// What every start led to, roughly.
pub(super) struct Rough {
    /// The objective of every start; none where it misses the requirement.
    pub(super) values: Vec<Option<f64>>,
    pub(super) best: Option<(Vec<C64>, ConstrainedRun)>,
    /// Which start is the best.
    pub(super) chosen: usize,
    pub(super) work: Work,
}

impl TradeOff {
    /// What counts of rate and error in the Lagrangian.
    fn prices(&self, weights: &[f64]) -> (f64, f64) {
        let price = weights[0] / self.limit;
        if self.rate_first { (-1.0, price) } else { (-price, 1.0) }
    }

    /// The trade-off an instance requires, whose smallest error is `reached`.
    pub(super) fn new(instance: &Instance, settings: &Settings, reached: f64) -> Self {
        let (limit, rate_first) = match instance.requirement() {
            Requirement::MaxError(limit) => {
                let inside = INSIDE * settings.feasibility * limit;
                (limit - inside.min(OF_THE_ROOM * (limit - reached).max(0.0)), true)
            }
            Requirement::MinRate(rate) => {
                (bits_to_nats(rate) * (1.0 + INSIDE * settings.feasibility), false)
            }
            Requirement::None => (f64::INFINITY, true),
        };
        let model = Model::new(instance, Roles::Sensing(settings.sensing_beams));
        let dim = model.dim();
        let curvature = Curvature::of(&model);
        Self { model, limit, rate_first, x: vec![C64::ZERO; dim], curvature }
    }

    /// Climb from every point roughly.
    pub(super) fn roughly(
        &mut self,
        settings: &Settings,
        points: Vec<Origin>,
        interrupt: &Interrupt,
    ) -> Rough {
        let rough = AugmentedSettings {
            tolerance: settings.tolerance.max(ROUGH),
            feasibility: settings.feasibility.max(FEASIBLE),
            evaluations: settings.max_evaluations,
            penalty: ROUGH_PENALTY,
            ..AugmentedSettings::default()
        };
        let manifold = self.model.manifold();
        let mut method = AugmentedLagrangian::with_memory(manifold, rough, MEMORY).with_secants();
        let mut out = Rough { values: Vec::new(), best: None, chosen: 0, work: Work::default() };
        for Origin { mut x, multiplier } in points {
            if out.best.is_some() && interrupt.is_raised() {
                break;
            }
            manifold.normalise(&mut x);
            let run = method.minimise(self, &mut x, &[multiplier], interrupt, &mut Trace::off());
            out.work += run.work;
            let value = if self.rate_first { nats_to_bits(-run.value) } else { run.value };
            let sound = value.is_finite() && run.violation <= FEASIBLE;
            out.values.push(sound.then_some(value));
            if out.best.as_ref().is_none_or(|(_, best)| is_better(&run, best)) {
                out.best = Some((x, run));
                out.chosen = out.values.len() - 1;
            }
        }
        out
    }

    /// Climb from `x` to the tolerance of the settings, with the multiplier and the penalty of a run
    /// before.
    pub(super) fn polish(
        &mut self,
        instance: &Instance,
        settings: &Settings,
        mut x: Vec<C64>,
        before: &ConstrainedRun,
        (interrupt, trace): (&Interrupt, &mut Trace),
    ) -> Result<Polished, Error> {
        let exact = AugmentedSettings {
            tolerance: settings.tolerance,
            feasibility: settings.feasibility,
            evaluations: settings.max_evaluations,
            penalty: before.penalty,
            ..AugmentedSettings::default()
        };
        let manifold = self.model.manifold();
        manifold.normalise(&mut x);
        let mut method = AugmentedLagrangian::with_memory(manifold, exact, MEMORY).with_secants();
        let run = method.minimise(self, &mut x, &before.multipliers, interrupt, trace);
        let beams = self.model.beams(&x);
        let mut metrics = evaluate(instance, &beams)?;
        metrics.slope = self.slope(run.multipliers[0]);
        let violation = missed(instance, &metrics);
        Ok(Polished { x, run, beams, metrics, violation, climbed: true })
    }

    /// Beams as they are, with a point to climb from, beside the run that did not lead to better ones.
    pub(super) fn placed(
        instance: &Instance,
        beams: Beams,
        x: Vec<C64>,
        before: &ConstrainedRun,
    ) -> Result<Polished, Error> {
        let metrics = evaluate(instance, &beams)?;
        let violation = missed(instance, &metrics);
        let run = ConstrainedRun { stop: Stop::Stalled, ..before.clone() };
        Ok(Polished { x, run, beams, metrics, violation, climbed: false })
    }

    /// The better of two points.
    pub(super) fn better(&self, a: Polished, b: Polished) -> Polished {
        let larger = a.metrics.sum_rate_bps_hz > b.metrics.sum_rate_bps_hz;
        let smaller = a.metrics.error < b.metrics.error;
        let wins = if self.rate_first { larger } else { smaller };
        match (a.is_feasible(), b.is_feasible()) {
            (true, true) if wins => a,
            (true, false) => a,
            _ => b,
        }
    }

    /// The multiplier that a slope `dR/dS` in bits belongs to; zero where it says nothing.
    pub(super) fn multiplier(&self, slope: f64) -> f64 {
        let slope = bits_to_nats(slope);
        match self.rate_first {
            true => (slope * self.limit).max(0.0),
            false if slope > 0.0 => self.limit / slope,
            false => 0.0,
        }
    }

    /// `dR/dS` in bits, from the multiplier `y` of the relative constraint. Under a limit on the error,
    /// `y/δ` is what a unit of error is worth in nats. Under a required rate `y/ζ` is what a nat costs in
    /// error, and the slope its inverse.
    fn slope(&self, multiplier: f64) -> Option<f64> {
        match self.rate_first {
            true => Some(nats_to_bits(multiplier / self.limit)),
            false => (multiplier > 0.0).then(|| nats_to_bits(self.limit / multiplier)),
        }
    }
}

/// Feasible before infeasible, then by value.
fn is_better(a: &ConstrainedRun, b: &ConstrainedRun) -> bool {
    match (a.violation <= NEARLY, b.violation <= NEARLY) {
        (true, true) => a.value < b.value,
        (false, false) => a.violation < b.violation,
        (feasible, _) => feasible,
    }
}
