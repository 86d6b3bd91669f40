//! The largest rate under an error (P3), and the smallest error under a rate (P4).

use noctule_num::{C64, CMat, InputError};
use noctule_optim::augmented_lagrangian::{AugmentedSettings, ConstrainedRun};
use noctule_optim::{
    AugmentedLagrangian, Certificate, Constrained, Interrupt, Manifold, Proof, Stop, Trace, Work,
};
use noctule_phy::units::{bits_to_nats, nats_to_bits};

use super::super::baselines::missed;
use super::super::bound::rate_bound;
use super::super::model::{Link, Metrics, Model, Roles, evaluate};
use super::super::sensing::BestPattern;
use super::super::starts::{default_starts, shared};
use super::super::{Beams, CellFreeDesign, Instance, Requirement, Settings};
use super::free::communication;
use super::{ROUGH, advice, error_bound, error_floor, finite, sensing_beams};
use crate::{Design, Error, FEASIBLE};

/// Rate under an error, or error under a rate.
struct TradeOff {
    model: Model,
    /// The limit that is climbed for: a little inside the one required.
    limit: f64,
    rate_first: bool,
    x: Vec<C64>,
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
            constraints[0] = error / self.limit - 1.0;
            -rate
        } else {
            constraints[0] = 1.0 - rate / self.limit;
            error
        }
    }

    fn gradient(&mut self, weights: &[f64], gradient: &mut [C64]) {
        let price = weights[0] / self.limit;
        let (rate, error) = if self.rate_first { (-1.0, price) } else { (-price, 1.0) };
        self.model.backward(&self.x, rate, error, gradient);
    }
}

/// A point climbed to the tolerance, and what it achieves.
struct Polished {
    x: Vec<C64>,
    run: ConstrainedRun,
    beams: Beams,
    metrics: Metrics,
    violation: f64,
}

impl TradeOff {
    /// Climb from `x` to the tolerance of the settings.
    fn polish(
        &mut self,
        instance: &Instance,
        settings: &Settings,
        mut x: Vec<C64>,
        from: (&[f64], f64),
        (interrupt, trace): (&Interrupt, &mut Trace),
    ) -> Result<Polished, Error> {
        let (multipliers, penalty) = from;
        let exact = AugmentedSettings {
            tolerance: settings.tolerance,
            feasibility: settings.feasibility,
            evaluations: settings.max_evaluations,
            penalty,
            ..AugmentedSettings::default()
        };
        let manifold = Manifold::spheres(self.model.aps, self.model.stride(), 1.0);
        manifold.normalise(&mut x);
        let mut method = AugmentedLagrangian::new(manifold, exact);
        let run = method.minimise(self, &mut x, multipliers, interrupt, trace);
        let beams = self.model.beams(&x);
        let mut metrics = evaluate(instance, &beams)?;
        let price = run.multipliers[0];
        metrics.slope = match self.rate_first {
            true => Some(nats_to_bits(price / self.limit)),
            false => (price > 0.0).then(|| nats_to_bits(self.limit / price)),
        };
        let violation = missed(instance, &metrics);
        Ok(Polished { x, run, beams, metrics, violation })
    }
}

impl Polished {
    const fn is_feasible(&self) -> bool {
        self.violation <= FEASIBLE
    }
}

/// P3 and P4 from the given beams and `fresh` starts of their own.
pub(in crate::cellfree) fn constrained<'a>(
    instance: &Instance,
    settings: &Settings,
    patterns: &[Option<BestPattern>],
    warm: impl Iterator<Item = &'a Beams>,
    fresh: usize,
    interrupt: &Interrupt,
) -> Result<CellFreeDesign, Error> {
    let (reached, certified) = error_floor(patterns);
    let (limit, rate_first) = match instance.requirement() {
        Requirement::MaxError(limit) => {
            if limit < certified {
                return infeasible_error(instance, patterns, limit, reached, certified);
            }
            let inside = (2.0 * settings.feasibility * limit).min(0.1 * (limit - reached).max(0.0));
            (limit - inside, true)
        }
        Requirement::MinRate(rate) => {
            (bits_to_nats(rate) * (1.0 + 2.0 * settings.feasibility), false)
        }
        Requirement::None => (f64::INFINITY, true),
    };
    let model = Model::new(instance, Roles::Sensing(settings.sensing_beams));
    let factors: Vec<Option<CMat>> =
        patterns.iter().map(|p| p.as_ref().map(|p| p.factor.clone())).collect();
    // Close to the smallest error hardly any power is left for data.
    let share = match rate_first {
        true => (0.5 * (limit / reached.max(f64::MIN_POSITIVE) - 1.0)).clamp(0.01, 0.5),
        false => 0.5,
    };
    let awake = |beams: &Beams| model.point(&lively(beams, &factors, settings.sensing_beams));
    let mut points: Vec<Vec<C64>> = warm.map(awake).collect();
    for start in default_starts(fresh) {
        points.push(awake(&shared(instance, start, share, &factors)?));
    }
    let dim = model.dim();
    let mut problem = TradeOff { model, limit, rate_first, x: vec![C64::ZERO; dim] };
    let mut rough = climb_roughly(&mut problem, settings, points, interrupt);
    let Some((x, before)) = rough.best else {
        let error = InputError::new("there is no start", "starts", "0", "at least 1");
        return Err(error.into());
    };
    let mut trace = Trace::with_room(settings.trace_rows);
    let from = (before.multipliers.as_slice(), before.penalty);
    let mut found = problem.polish(instance, settings, x, from, (interrupt, &mut trace))?;
    let mut work = rough.work;
    work += found.run.work;
    let shown = |polished: &Polished| polished.is_feasible().then_some(polished.metrics.objective);
    if let Some(start) = rough.values.get_mut(rough.chosen) {
        *start = shown(&found);
    }
    let mut bound = None;
    if rate_first && settings.certify_nodes > 0 && !interrupt.is_raised() {
        let price = found.run.multipliers[0] / limit;
        let certified = rate_bound(instance, settings, &found.x, Some(price), interrupt)?;
        work.factorisations += certified.nodes;
        let reached = match found.is_feasible() {
            true => found.metrics.sum_rate_bps_hz,
            false => f64::NEG_INFINITY,
        };
        // Branch and bound may meet better beams on its way.
        if let Some(better) = certified.better(reached) {
            let x = problem.model.point(&better);
            let multipliers = found.run.multipliers.clone();
            let from = (multipliers.as_slice(), found.run.penalty);
            let again = problem.polish(instance, settings, x, from, (interrupt, &mut trace))?;
            work += again.run.work;
            rough.values.push(shown(&again));
            if again.is_feasible() && again.metrics.sum_rate_bps_hz > reached {
                found = again;
            }
        }
        bound = certified.bound(found.metrics.sum_rate_bps_hz);
    }
    let mut warnings = advice(instance, &found.metrics);
    let mut proof = match found.is_feasible() {
        true => Proof::stationary(found.run.residual),
        false => Proof::NONE,
    };
    if let Requirement::MinRate(rate) = instance.requirement() {
        let objective = found.metrics.objective;
        bound = error_bound(patterns, objective, certified);
        if !found.is_feasible() {
            prove_unreachable(instance, settings, rate, &mut proof, interrupt)?;
        }
    }
    // A local search that misses says nothing, unless branch and bound has said it since.
    if !found.is_feasible() && proof.infeasible.is_none() {
        warnings.push(format!(
            "the requirement is missed by {:.1e}: the search is local, and this proves nothing",
            found.violation
        ));
    }
    // How far a point that misses the requirement is from a bound means nothing.
    let feasible = found.is_feasible();
    let Polished { run, beams, metrics, .. } = found;
    Ok(Design {
        variables: beams,
        metrics,
        stop: run.stop,
        proof: proof.with_bound(bound.filter(|_| feasible)),
        trace,
        work,
        starts: rough.values,
        warnings,
    })
}

/// What every start led to, roughly.
struct Rough {
    /// The objective of every start; none where it misses the requirement.
    values: Vec<Option<f64>>,
    best: Option<(Vec<C64>, ConstrainedRun)>,
    /// Which start is the best.
    chosen: usize,
    work: Work,
}

fn climb_roughly(
    problem: &mut TradeOff,
    settings: &Settings,
    points: Vec<Vec<C64>>,
    interrupt: &Interrupt,
) -> Rough {
    let rough = AugmentedSettings {
        tolerance: settings.tolerance.max(ROUGH),
        feasibility: settings.feasibility.max(FEASIBLE),
        evaluations: settings.max_evaluations,
        penalty: 30.0,
        ..AugmentedSettings::default()
    };
    let manifold = Manifold::spheres(problem.model.aps, problem.model.stride(), 1.0);
    let mut method = AugmentedLagrangian::new(manifold, rough);
    let mut out = Rough { values: Vec::new(), best: None, chosen: 0, work: Work::default() };
    for mut x in points {
        if out.best.is_some() && interrupt.is_raised() {
            break;
        }
        manifold.normalise(&mut x);
        let run = method.minimise(problem, &mut x, &[0.0], interrupt, &mut Trace::off());
        out.work += run.work;
        let value = finite(shown(&run, problem.rate_first));
        out.values.push(value.filter(|_| run.violation <= FEASIBLE));
        if out.best.as_ref().is_none_or(|(_, best)| is_better(&run, best)) {
            out.best = Some((x, run));
            out.chosen = out.values.len() - 1;
        }
    }
    out
}

/// The same beams with some power in every sensing beam: beams of zero never leave zero.
pub(in crate::cellfree) fn lively(
    beams: &Beams,
    factors: &[Option<CMat>],
    streams: usize,
) -> Beams {
    let mut out = beams.clone();
    for (ap, factor) in factors.iter().enumerate() {
        let Some(factor) = factor else { continue };
        let old = &beams.sensing[ap];
        let n = factor.rows();
        out.sensing[ap] = CMat::from_fn(n, streams, |i, s| {
            let held = if s < old.cols() { old[(i, s)] } else { C64::ZERO };
            let silent =
                s >= old.cols() || old.col(s).iter().map(C64::norm_sqr).sum::<f64>() < 1e-6;
            match (silent, s < factor.cols()) {
                (false, _) => held,
                (true, true) => factor[(i, s)] * 0.1,
                // Directions of their own, a hundredth of the amplitude.
                (true, false) => {
                    let phase = 2.4 * (i * (s + 1)) as f64 + (i * i) as f64;
                    C64::from_polar(0.01 / (n as f64).sqrt(), phase)
                }
            }
        });
    }
    out
}

fn shown(run: &ConstrainedRun, rate_first: bool) -> f64 {
    if rate_first { nats_to_bits(-run.value) } else { run.value }
}

/// Feasible before infeasible, then by value.
fn is_better(a: &ConstrainedRun, b: &ConstrainedRun) -> bool {
    match (a.violation <= 1e-3, b.violation <= 1e-3) {
        (true, true) => a.value < b.value,
        (false, false) => a.violation < b.violation,
        (feasible, _) => feasible,
    }
}

/// A required rate that even branch and bound's upper bound does not reach, with at least its first
/// region whatever the settings ask for. `reachable` of the certificate is that bound: what cannot be
/// exceeded, not what is reached.
fn prove_unreachable(
    instance: &Instance,
    settings: &Settings,
    rate: f64,
    proof: &mut Proof,
    interrupt: &Interrupt,
) -> Result<(), Error> {
    let free = instance.with_requirement(Requirement::None)?;
    let settings = Settings { certify_nodes: settings.certify_nodes.max(1), ..settings.clone() };
    let best = communication(&free, &settings, None, interrupt)?;
    if let Some(bound) = best.proof.bound
        && rate > bound.value
    {
        let statement = format!(
            "a sum rate of {rate:.6} bit/s/Hz is required; without any sensing no beams exceed {:.6}",
            bound.value
        );
        let certificate = Certificate::new("branch-and-bound", statement, rate, bound.value);
        proof.infeasible = Some(certificate.with_numbers(bound.numbers));
    }
    Ok(())
}

fn infeasible_error(
    instance: &Instance,
    patterns: &[Option<BestPattern>],
    limit: f64,
    reached: f64,
    certified: f64,
) -> Result<CellFreeDesign, Error> {
    let beams = sensing_beams(instance, patterns);
    let metrics = evaluate(instance, &beams)?;
    let bound = error_bound(patterns, reached, certified);
    let numbers = bound.as_ref().map_or_else(Default::default, |bound| bound.numbers.clone());
    let mut proof = Proof::NONE.with_bound(bound);
    let statement = format!(
        "a mean beampattern error of {limit:.6e} is required; no signals reach less than \
         {certified:.6e}, those given reach {reached:.6e}"
    );
    let certificate = Certificate::new("frank-wolfe", statement, limit, reached);
    proof.infeasible = Some(certificate.with_numbers(numbers));
    let warnings = advice(instance, &metrics);
    Ok(Design {
        variables: beams,
        metrics,
        stop: Stop::Computed,
        proof,
        trace: Trace::off(),
        work: patterns.iter().flatten().fold(Work::default(), |mut work, p| {
            work += p.work;
            work
        }),
        starts: vec![Some(reached)],
        warnings,
    })
}
