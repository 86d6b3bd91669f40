//! The largest sum rate when nothing is sensed (P2).

use noctule_num::{C64, CMat, InputError};
use noctule_optim::{
    Interrupt, Lbfgs, Objective, Proof, Run, Shape, StopRule, StopRules, Trace, Work,
};
use noctule_phy::units::nats_to_bits;

use crate::cellfree::bound::rate_bound;
use crate::cellfree::model::{Curvature, Link, Model, Roles, Spanned, evaluate};
use crate::cellfree::requirement::advice;
use crate::cellfree::settings::ROUGH;
use crate::cellfree::starts::{data_beams, default_starts};
use crate::cellfree::uplink::{self, Uplink};
use crate::cellfree::{Beams, CellFreeDesign, Instance, Settings};
use crate::{Design, Error};

/// Share of the power where a climb starts: slack of zero would stay zero.
const NEARLY_ALL: f64 = 0.99;
/// Pairs of steps and gradients that L-BFGS keeps.
const MEMORY: usize = 20;

/// Minus the sum rate in nats, over data beams and slack.
struct Rate {
    model: Model,
    curvature: Curvature,
}

impl Rate {
    fn of(model: Model) -> Self {
        Self { curvature: Curvature::of(&model), model }
    }
}

impl Objective for Rate {
    fn eval(&mut self, x: &[C64], gradient: &mut [C64]) -> f64 {
        self.model.forward(x);
        let value = self.model.value(Link::Rate);
        self.model.backward(x, -1.0, 0.0, gradient);
        -value
    }

    fn shape(&mut self, x: &[C64], steps: u64, _residual: f64) -> Option<Shape> {
        self.curvature.shape(&mut self.model, x, (1.0, 0.0), steps)
    }

    fn precondition(&mut self, v: &mut [C64]) {
        self.curvature.precondition(v);
    }
}

/// What all starts led to: values of what is minimised, and the best point with its own.
struct Found {
    values: Vec<f64>,
    best: Option<(Vec<C64>, f64)>,
    work: Work,
}

/// Climbs of the sum rate: in the uplink, and in the span of what users see where that is smaller.
struct Climb {
    uplink: Option<Uplink>,
    full: Rate,
    spanned: Option<(Spanned, Rate)>,
    settings: Settings,
}

impl Climb {
    fn new(instance: &Instance, settings: &Settings) -> Result<Self, Error> {
        let model = Model::new(instance, Roles::CommunicationOnly);
        let uplink = Uplink::of(&model);
        let spanned = Spanned::of(&model)?.map(|spanned| {
            let rate = Rate::of(spanned.model.clone());
            (spanned, rate)
        });
        Ok(Self { uplink, full: Rate::of(model), spanned, settings: settings.clone() })
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

    /// From every point: in the uplink where that is possible, else roughly in the beams.
    fn climb_from_all(
        &mut self,
        points: Vec<Vec<C64>>,
        interrupt: &Interrupt,
    ) -> Result<Found, Error> {
        let mut found = Found { values: Vec::new(), best: None, work: Work::default() };
        for mut x in points {
            if found.best.is_some() && interrupt.is_raised() {
                break;
            }
            self.full.model.manifold().normalise(&mut x);
            let value = match self.raise(&mut x, interrupt, &mut found.work)? {
                Some(value) => value,
                None => self.roughly(&mut x, interrupt, &mut found.work),
            };
            found.values.push(value);
            if found.best.as_ref().is_none_or(|(_, best)| value < *best) {
                found.best = Some((x, value));
            }
        }
        Ok(found)
    }

    /// Climb in the uplink from a point, and come back to beams; none, and the point as it was, where that
    /// is not possible or brings nothing.
    fn raise(
        &mut self,
        x: &mut Vec<C64>,
        interrupt: &Interrupt,
        work: &mut Work,
    ) -> Result<Option<f64>, Error> {
        let Some(uplink) = &mut self.uplink else { return Ok(None) };
        let model = &mut self.full.model;
        let powers = uplink::powers(model, x);
        let before = -model.value(Link::Rate);
        work.evaluations += 1;
        let left = self.settings.max_evaluations;
        let Some(ascended) = uplink.ascend(&powers, left, interrupt)? else { return Ok(None) };
        *work += ascended.work;
        let sensing = vec![CMat::zeros(model.antennas, 0); model.aps];
        let mut raised = model.point(&Beams { data: ascended.data, sensing });
        model.manifold().normalise(&mut raised);
        model.forward(&raised);
        work.evaluations += 1;
        let value = -model.value(Link::Rate);
        if value.is_nan() || value > before {
            return Ok(None);
        }
        *x = raised;
        Ok(Some(value))
    }

    /// Climb in the beams to a rough tolerance.
    fn roughly(&mut self, x: &mut Vec<C64>, interrupt: &Interrupt, work: &mut Work) -> f64 {
        let rules = self.rules(self.settings.tolerance.max(ROUGH), 0);
        let full = &self.full.model;
        let run = match &mut self.spanned {
            Some((spanned, rate)) => {
                let mut inside = spanned.enter(full, x);
                let mut solver = Self::solver(&rate.model);
                solver.manifold().normalise(&mut inside);
                let run = solver.minimise(rate, &mut inside, &rules, interrupt, &mut Trace::off());
                *x = spanned.leave(full, &inside);
                run
            }
            None => {
                let mut solver = Self::solver(full);
                solver.minimise(&mut self.full, x, &rules, interrupt, &mut Trace::off())
            }
        };
        *work += run.work;
        run.value
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
    let Found { mut values, best, mut work } = climb.climb_from_all(points, interrupt)?;
    let Some((mut x, _)) = best else {
        let error = InputError::new("there is no start", "starts", "0", "at least 1");
        return Err(error.into());
    };
    let mut trace = Trace::with_room(settings.trace_rows);
    let mut run = climb.polish(&mut x, interrupt, &mut trace);
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
            climb.full.model.manifold().normalise(&mut x);
            climb.raise(&mut x, interrupt, &mut work)?;
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

/// Data beams of the largest rate without sensing, as far as one ascent in the uplink leads; none where it
/// leads nowhere.
///
/// # Errors
/// When eigenvalues cannot be found.
pub(super) fn fastest(
    instance: &Instance,
    settings: &Settings,
    interrupt: &Interrupt,
    work: &mut Work,
) -> Result<Option<CMat>, Error> {
    if instance.users() == 0 {
        return Ok(None);
    }
    let mut climb = Climb::new(instance, settings)?;
    let Some(mut x) = points(instance, &climb.full.model, 1, None)?.pop() else { return Ok(None) };
    climb.full.model.manifold().normalise(&mut x);
    let raised = climb.raise(&mut x, interrupt, work)?;
    Ok(raised.map(|_| climb.full.model.beams(&x).data))
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
