//! The largest sum rate when nothing is sensed (P2).

use noctule_num::{C64, InputError};
use noctule_optim::{
    Interrupt, Lbfgs, MultiStart, Objective, Proof, Run, StopRule, StopRules, Trace, Work,
    multi_start,
};
use noctule_phy::units::nats_to_bits;

use crate::cellfree::bound::rate_bound;
use crate::cellfree::model::{Link, Model, Roles, Spanned, evaluate};
use crate::cellfree::requirement::advice;
use crate::cellfree::settings::ROUGH;
use crate::cellfree::starts::{data_beams, default_starts};
use crate::cellfree::{Beams, CellFreeDesign, Instance, Settings};
use crate::{Design, Error};

/// Share of the power where a climb starts: slack of zero would stay zero.
const NEARLY_ALL: f64 = 0.99;
/// Pairs of steps and gradients that L-BFGS keeps.
const MEMORY: usize = 20;

/// Minus the sum rate in nats, over data beams and slack.
struct Rate {
    model: Model,
}

impl Objective for Rate {
    fn eval(&mut self, x: &[C64], gradient: &mut [C64]) -> f64 {
        self.model.forward(x);
        let value = self.model.value(Link::Rate);
        self.model.backward(x, -1.0, 0.0, gradient);
        -value
    }
}

/// Climbs of the sum rate, in the span of what users see where that is smaller.
struct Climb {
    full: Rate,
    spanned: Option<(Spanned, Rate)>,
    settings: Settings,
}

impl Climb {
    fn new(instance: &Instance, settings: &Settings) -> Result<Self, Error> {
        let model = Model::new(instance, Roles::CommunicationOnly);
        let spanned = Spanned::of(&model)?.map(|spanned| {
            let rate = Rate { model: spanned.model.clone() };
            (spanned, rate)
        });
        Ok(Self { full: Rate { model }, spanned, settings: settings.clone() })
    }

    fn rules(&self, tolerance: f64, spent: u64) -> StopRules {
        let left = self.settings.max_evaluations.saturating_sub(spent).max(1);
        StopRules::from(StopRule::Residual(tolerance))
            | StopRule::Progress { tolerance: 1e-14, window: 60 }
            | StopRule::Evaluations(left)
    }

    fn solver(model: &Model) -> Lbfgs {
        Lbfgs::with_memory(model.manifold(), MEMORY)
    }

    /// From every point roughly; the best.
    fn roughly(&mut self, points: Vec<Vec<C64>>, interrupt: &Interrupt) -> Option<MultiStart> {
        let rules = self.rules(self.settings.tolerance.max(ROUGH), 0);
        let Some((spanned, rate)) = &mut self.spanned else {
            let mut solver = Self::solver(&self.full.model);
            return multi_start(&mut solver, &mut self.full, points, &rules, interrupt, 0);
        };
        let full = &self.full.model;
        let points = points.iter().map(|x| spanned.enter(full, x));
        let mut solver = Self::solver(&rate.model);
        let mut found = multi_start(&mut solver, rate, points, &rules, interrupt, 0)?;
        found.point = spanned.leave(full, &found.point);
        Some(found)
    }

    /// To the tolerance: in the span first, and then at all, which confirms it.
    fn polish(&mut self, x: &mut Vec<C64>, interrupt: &Interrupt, trace: &mut Trace) -> Run {
        let rules = self.rules(self.settings.tolerance, 0);
        let mut work = Work::default();
        if let Some((spanned, rate)) = &mut self.spanned {
            let mut inside = spanned.enter(&self.full.model, x);
            let mut solver = Self::solver(&rate.model);
            work += solver.minimise(rate, &mut inside, &rules, interrupt, trace).work;
            *x = spanned.leave(&self.full.model, &inside);
        }
        let rules = self.rules(self.settings.tolerance, work.evaluations);
        let mut solver = Self::solver(&self.full.model);
        solver.manifold().normalise(x);
        let mut run = solver.minimise(&mut self.full, x, &rules, interrupt, trace);
        run.work += work;
        run
    }
}

/// P2 from `warm` and the starts of the settings.
///
/// # Errors
/// As [`design_from`](super::design_from).
pub(super) fn communication(
    instance: &Instance,
    settings: &Settings,
    warm: Option<&Beams>,
    interrupt: &Interrupt,
) -> Result<CellFreeDesign, Error> {
    let mut climb = Climb::new(instance, settings)?;
    let points = points(instance, &climb.full.model, settings.starts, warm)?;
    let Some(found) = climb.roughly(points, interrupt) else {
        let error = InputError::new("there is no start", "starts", "0", "at least 1");
        return Err(error.into());
    };
    let mut values = found.values;
    let mut x = found.point;
    let mut trace = Trace::with_room(settings.trace_rows);
    let mut run = climb.polish(&mut x, interrupt, &mut trace);
    let mut work = found.work;
    work += run.work;
    let mut beams = climb.full.model.beams(&x);
    let mut metrics = evaluate(instance, &beams)?;
    let mut bound = None;
    if settings.certify.is_asked() && !interrupt.is_raised() {
        let certified = rate_bound(instance, settings, &x, None, interrupt)?;
        work.factorisations += certified.nodes;
        // Branch and bound may meet better beams on its way.
        if let Some(better) = certified.better(metrics.sum_rate_bps_hz) {
            let mut x = climb.full.model.point(&better);
            run = climb.polish(&mut x, interrupt, &mut trace);
            work += run.work;
            values.push(run.value);
            beams = climb.full.model.beams(&x);
            metrics = evaluate(instance, &beams)?;
        }
        bound = certified.bound(metrics.sum_rate_bps_hz);
    }
    let mut warnings = advice(instance, &metrics);
    if !interrupt.is_raised() {
        warnings.extend(settings.certify.left_open(bound.as_ref()));
    }
    // Values are minus rates in nats.
    let bits = |value: &f64| Some(nats_to_bits(-value)).filter(|bits| bits.is_finite());
    Ok(Design {
        variables: beams,
        metrics,
        stop: run.stop,
        proof: Proof::stationary(run.residual).with_bound(bound),
        trace,
        work,
        starts: values.iter().map(bits).collect(),
        warnings,
    })
}

/// Where the climbs start: at the beams given, then at `fresh` of their own.
fn points(
    instance: &Instance,
    model: &Model,
    fresh: usize,
    warm: Option<&Beams>,
) -> Result<Vec<Vec<C64>>, Error> {
    let mut points: Vec<Vec<C64>> = warm.map(|beams| model.point(beams)).into_iter().collect();
    for start in default_starts(fresh) {
        let data = data_beams(instance, start, NEARLY_ALL)?;
        points.push(model.point(&Beams { data, ..Beams::silent(instance) }));
    }
    Ok(points)
}
