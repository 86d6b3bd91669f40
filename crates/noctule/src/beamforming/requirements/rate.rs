//! Rates under caps: stationary points from several starts, and the rate end of a trade-off.

use noctule_num::CMat;
use noctule_num::linalg::{Op, product};
use noctule_optim::Interrupt;

use super::impossible::impossible;
use super::metric::Metric;
use super::program::{Aim, Chart, Program};
use super::required::{Found, PowerLimit, Requirements};
use super::starts::{TOLERANCE, climbed, sensing_streams, start, tilt};
use super::world::{Space, World};
use crate::Error;

/// The best weighted rates under caps and floors that several starts reach.
///
/// # Errors
/// [`Error::Input`] for what does not fit; broken numerics.
pub fn best_rate(
    world: &World,
    weights: &[f64],
    proportional: bool,
    required: &Requirements,
    starts: usize,
    interrupt: &Interrupt,
) -> Result<Found, Error> {
    world.check()?;
    required.check(world)?;
    let whole = matches!(required.power, PowerLimit::PerAntenna(_))
        || required.caps.iter().any(|cap| cap.metric.needs_all());
    let space = Space::new(world, whole)?;
    let all = required.caps.iter().any(|cap| cap.metric.needs_all());
    let streams = space.users() + sensing_streams(&space, all);
    let power = required.power.total();
    let chart = match &required.power {
        PowerLimit::Total(power) => Chart::Total(*power),
        PowerLimit::PerAntenna(limits) => Chart::Antennas(limits.clone()),
    };
    let aim =
        if proportional { Aim::LogRate(weights.to_vec()) } else { Aim::Rate(weights.to_vec()) };
    let mut best: Option<(f64, CMat)> = None;
    let mut evaluations = 0;
    for turn in 0..starts + space.users() {
        if interrupt.is_raised() {
            break;
        }
        let mut w = start(&space, streams, power, [0.2, 0.02, 0.5, 0.8][turn % 4], turn);
        if turn >= starts {
            // one user on, the others at a thousandth: orthants that the others never leave
            for k in (0..space.users()).filter(|k| *k != turn - starts) {
                w.col_mut(k).iter_mut().for_each(|z| *z *= 1e-3);
            }
        } else if turn > 0 {
            tilt(&mut w, turn);
        }
        let mut program = Program::new(
            &space,
            streams,
            aim.clone(),
            required.strict_floors(TOLERANCE),
            required.strict_caps(TOLERANCE),
            chart.clone(),
        );
        let (beams, run) = climbed(&mut program, &w, interrupt);
        evaluations += run.work.evaluations;
        let value = -run.value;
        let met = run.violation <= 2e-7;
        if met && value.is_finite() && best.as_ref().is_none_or(|(b, _)| value > *b) {
            best = Some((value, beams));
        }
    }
    let Some((value, beams)) = best else {
        let infeasible = impossible(world, &space, required, interrupt)?;
        return Ok(Found { infeasible, ..Found::none(&space, required, evaluations) });
    };
    Ok(Found::of_rate(&space, required, &beams, value, evaluations))
}

/// The best metric among beams whose weighted rate is at least `least` nats: the rate end of a
/// trade-off. Local.
///
/// # Errors
/// [`Error::Input`] for what does not fit; broken numerics.
pub fn best_metric_at_rate(
    world: &World,
    metric: &Metric,
    weights: &[f64],
    least: f64,
    required: &Requirements,
    from: &CMat,
    interrupt: &Interrupt,
) -> Result<Found, Error> {
    world.check()?;
    required.check(world)?;
    let space = Space::new(world, required.whole(Some(metric)))?;
    let chart = match &required.power {
        PowerLimit::Total(power) => Chart::Total(*power),
        PowerLimit::PerAntenna(limits) => Chart::Antennas(limits.clone()),
    };
    let w = product(&space.basis, Op::Adjoint, from, Op::Plain);
    let mut program = Program::new(
        &space,
        w.cols(),
        Aim::Metric(metric.clone()),
        required.strict_floors(TOLERANCE),
        required.strict_caps(TOLERANCE),
        chart,
    );
    program.rate_floor = Some((weights.to_vec(), least));
    let (beams, run) = climbed(&mut program, &w, interrupt);
    let value = run.value.exp();
    Ok(Found::of_rate(&space, required, &beams, value, run.work.evaluations))
}
