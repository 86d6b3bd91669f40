//! Rates under caps: stationary points from several starts, and the rate end of a trade-off.

use noctule_num::input::in_range;
use noctule_num::linalg::{Op, product};
use noctule_num::{CMat, InputError};
use noctule_optim::Interrupt;
use noctule_optim::augmented_lagrangian::ConstrainedRun;

use super::chart::Chart;
use super::checks::{observable, rate_weights};
use super::descent::aim;
use super::impossible::impossible;
use super::metric::Metric;
use super::program::{Aim, Program};
use super::required::{Found, Requirements, Standing};
use super::starts::{Begin, TOLERANCE, climbed, climbed_on, sensing_streams, start, tilt};
use super::world::{Space, World};
use crate::Error;

/// Relative miss up to which requirements count as met: what is asked for is a little more.
pub(super) const MET: f64 = 1e-8;
/// How roughly every start is descended before the best of them is to the end. Where users are off the slope is a
/// thousandth of what it will be: it must not be taken for none.
const ROUGH: f64 = 1e-5;
/// Descents whose rates differ by no more than this, relative to the largest, end in the same beams.
const SAME: f64 = 1e-4;

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
    let begin = Begin::default();
    best_rate_from(world, (weights, proportional), required, starts, &begin, interrupt)
}

/// [`best_rate`] with beams that are one more start, the first, or with few sensing streams.
///
/// # Errors
/// As [`best_rate`].
pub fn best_rate_from(
    world: &World,
    (weights, proportional): (&[f64], bool),
    required: &Requirements,
    starts: usize,
    begin: &Begin<'_>,
    interrupt: &Interrupt,
) -> Result<Found, Error> {
    world.check()?;
    required.check(world)?;
    rate_weights(weights, world)?;
    let space = Space::new(world, required.whole(None))?;
    let streams = space.users() + begin.most_sensing(sensing_streams(&space, None, required));
    let power = required.power.total();
    let chart = Chart::of(&required.power);
    let aim =
        if proportional { Aim::LogRate(weights.to_vec()) } else { Aim::Rate(weights.to_vec()) };
    let mut rough = Vec::new();
    let mut evaluations = 0;
    let program = |tolerance: f64| {
        let mut program = Program::new(
            &space,
            streams,
            aim.clone(),
            required.strict_floors(TOLERANCE),
            required.strict_caps(TOLERANCE),
            chart.clone(),
        );
        program.tolerance = tolerance;
        program
    };
    let warm = begin.inside(&space, streams);
    let first = usize::from(warm.is_some());
    for turn in 0..first + starts + space.users() {
        if interrupt.is_raised() {
            break;
        }
        let known = warm.as_ref().filter(|_| turn < first);
        let turn = turn.saturating_sub(first);
        let w = known.cloned().unwrap_or_else(|| start_of(&space, streams, power, (turn, starts)));
        let (beams, run) = climbed(&mut program(ROUGH), &w, interrupt);
        evaluations += run.work.evaluations;
        rough.push(Rough::of(&space, weights, (w, beams), run));
    }
    // the best of them to the end, then those of the others that go elsewhere
    rough.sort_by(|a, b| b.value.total_cmp(&a.value));
    let mut best: Option<(f64, CMat, ConstrainedRun)> = None;
    let mut ended: Vec<&Rough> = Vec::new();
    for one in &rough {
        if interrupt.is_raised() && best.is_some() {
            break;
        }
        if ended.iter().any(|other| other.leads_where(one)) {
            continue;
        }
        let mut program = program(TOLERANCE);
        let (mut beams, mut run) = climbed_on(&mut program, &one.beams, &one.run, interrupt);
        evaluations += run.work.evaluations;
        let met = |beams: &CMat| Standing::of(&space, beams).violation(&space, required) <= MET;
        if !met(&beams) && !interrupt.is_raised() {
            // a rough end may be a corner that nothing leads out of: as exactly from the start
            (beams, run) = climbed(&mut program, &one.start, interrupt);
            evaluations += run.work.evaluations;
        }
        let value = -run.value;
        if met(&beams) && value.is_finite() {
            ended.push(one);
            if best.as_ref().is_none_or(|(b, ..)| value > *b) {
                best = Some((value, beams, run));
            }
        }
    }
    let Some((value, beams, run)) = best else {
        let infeasible = impossible(world, &space, required, interrupt)?;
        return Ok(Found { infeasible, ..Found::none(&space, required, evaluations) });
    };
    Ok(Found { evaluations, ..Found::of_rate(&space, required, &beams, value, &run) })
}

/// A start, descended roughly.
struct Rough {
    value: f64,
    rates: Vec<f64>,
    start: CMat,
    beams: CMat,
    run: ConstrainedRun,
}

impl Rough {
    fn of(
        space: &Space,
        weights: &[f64],
        (start, beams): (CMat, CMat),
        run: ConstrainedRun,
    ) -> Self {
        let heard = Standing::of(space, &beams).heard;
        let rates = weights.iter().enumerate().map(|(k, v)| v * heard.sinr(k).ln_1p()).collect();
        // what has no value comes last
        let value = if run.value.is_finite() { -run.value } else { f64::NEG_INFINITY };
        Self { value, rates, start, beams, run }
    }

    /// Whether both lead to the same beams: they give every user the same rate.
    fn leads_where(&self, other: &Self) -> bool {
        let most = self.rates.iter().copied().fold(0.0, f64::max);
        let near = |(a, b): (&f64, &f64)| (a - b).abs() <= SAME * most;
        self.value.is_finite() && self.rates.iter().zip(&other.rates).all(near)
    }
}

/// The start of a turn: those of regularised zero forcing, turned and stretched; after them one user on and the
/// others at a thousandth, in orthants that the others never leave.
fn start_of(space: &Space, streams: usize, power: f64, (turn, starts): (usize, usize)) -> CMat {
    let mut w = start(space, streams, power, [0.2, 0.02, 0.5, 0.8][turn % 4], turn);
    if turn >= starts {
        for k in (0..space.users()).filter(|k| *k != turn - starts) {
            w.col_mut(k).iter_mut().for_each(|z| *z *= 1e-3);
        }
    } else if turn > 0 {
        tilt(&mut w, turn);
    }
    w
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
    metric.check(world)?;
    rate_weights(weights, world)?;
    in_range("least", least, f64::MIN_POSITIVE, 1e6, "nats")?;
    if from.rows() != world.transmit.elements() || from.cols() < world.noise_w.len() {
        let found = format!("{} × {}", from.rows(), from.cols());
        let allowed = "antennas × streams, those of the users first";
        return Err(InputError::new("beams do not fit", "from", found, allowed).into());
    }
    let space = Space::new(world, required.whole(Some(metric)))?;
    observable(&space, metric)?;
    let chart = Chart::of(&required.power);
    let w = product(&space.basis, Op::Adjoint, from, Op::Plain);
    let mut program = Program::new(
        &space,
        w.cols(),
        aim(&space, metric, &w),
        required.strict_floors(TOLERANCE),
        required.strict_caps(TOLERANCE),
        chart,
    );
    program.rate_floor = Some((weights.to_vec(), least));
    let (beams, run) = climbed(&mut program, &w, interrupt);
    let at = Standing::of(&space, &beams);
    let value = at.sensed.value(&space, metric).unwrap_or(f64::INFINITY);
    let rate: f64 = weights.iter().enumerate().map(|(k, v)| v * at.heard.sinr(k).ln_1p()).sum();
    let mut found = Found::of_rate(&space, required, &beams, value, &run);
    found.violation = found.violation.max(1.0 - rate / least);
    // of a metric that is made small, unlike a rate, floors and caps cost what they say
    let unit = 1.0 / metric.slope(value, metric.usual(required.power.total()));
    for price in found.price_per_sinr.iter_mut().chain(&mut found.price_per_cap) {
        *price *= -unit;
    }
    Ok(found)
}
