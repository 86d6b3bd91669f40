//! The largest sum rate when nothing is sensed (P2).

use noctule_num::{C64, InputError};
use noctule_optim::{
    Interrupt, Lbfgs, Manifold, Objective, Proof, StopRule, StopRules, Trace, multi_start,
};
use noctule_phy::units::nats_to_bits;

use super::super::bound::rate_bound;
use super::super::model::{Link, Model, Roles, evaluate};
use super::super::starts::{data_beams, default_starts};
use super::super::{Beams, CellFreeDesign, Instance, Settings};
use super::{ROUGH, advice, finite};
use crate::{Design, Error};

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

pub(super) fn communication(
    instance: &Instance,
    settings: &Settings,
    warm: Option<&Beams>,
    interrupt: &Interrupt,
) -> Result<CellFreeDesign, Error> {
    let model = Model::new(instance, Roles::CommunicationOnly);
    let mut points: Vec<Vec<C64>> = warm.map(|beams| model.point(beams)).into_iter().collect();
    for start in default_starts(settings.starts) {
        let data = data_beams(instance, start, 0.99)?;
        points.push(model.point(&Beams { data, ..Beams::silent(instance) }));
    }
    let manifold = Manifold::spheres(model.aps, model.stride(), 1.0);
    let mut solver = Lbfgs::with_memory(manifold, 20);
    let mut objective = Rate { model };
    let rules = |tolerance: f64| {
        StopRules::from(StopRule::Residual(tolerance))
            | StopRule::Progress { tolerance: 1e-14, window: 60 }
            | StopRule::Evaluations(settings.max_evaluations)
    };
    let rough = rules(settings.tolerance.max(ROUGH));
    let found = multi_start(&mut solver, &mut objective, points, &rough, interrupt, 0);
    let Some(found) = found else {
        let error = InputError::new("there is no start", "starts", "0", "at least 1");
        return Err(error.into());
    };
    let mut values = found.values;
    let mut x = found.point;
    let mut trace = Trace::with_room(settings.trace_rows);
    let exact = rules(settings.tolerance);
    let mut run = solver.minimise(&mut objective, &mut x, &exact, interrupt, &mut trace);
    let mut work = found.work;
    work += run.work;
    let mut beams = objective.model.beams(&x);
    let mut metrics = evaluate(instance, &beams)?;
    let mut bound = None;
    if settings.certify_nodes > 0 {
        let certified = rate_bound(instance, settings, &x, None, interrupt)?;
        work.factorisations += certified.nodes;
        if let Some(better) = certified.better(metrics.sum_rate_bps_hz) {
            let mut x = objective.model.point(&better);
            solver.manifold().normalise(&mut x);
            run = solver.minimise(&mut objective, &mut x, &exact, interrupt, &mut trace);
            work += run.work;
            values.push(run.value);
            beams = objective.model.beams(&x);
            metrics = evaluate(instance, &beams)?;
        }
        bound = certified.bound(metrics.sum_rate_bps_hz);
    }
    let warnings = advice(instance, &metrics);
    Ok(Design {
        variables: beams,
        metrics,
        stop: run.stop,
        proof: Proof::stationary(run.residual).with_bound(bound),
        trace,
        work,
        starts: values.iter().map(|v| finite(nats_to_bits(-v))).collect(),
        warnings,
    })
}
