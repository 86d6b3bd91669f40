//! The search: from beams to the best that the augmented Lagrangian finds, with multipliers and what they prove.

use noctule_num::linalg::real_dot;
use noctule_num::{C64, CMat};
use noctule_optim::augmented_lagrangian::{AugmentedSettings, ConstrainedRun};
use noctule_optim::{AugmentedLagrangian, Constrained, Interrupt, Trace};
use noctule_phy::channels::radar::OfdmRadar;

use super::dual::{Values, chords, proven};
use super::program::{Program, Wanted};
use super::refine::{ended, refined};
use super::restore::restored;
use super::scaled::{Scaled, Scaling};
use super::stack::Stack;
use super::starts::{begun, enough};
use super::task::{Aim, Task, Whom, weighted};
use crate::Error;
use crate::beamforming::band::Band;
use crate::beamforming::band::model::unit_of;
use crate::beamforming::{Beams, Instance};

/// Residual and feasibility of the augmented Lagrangian; twice that is asked beyond every requirement.
const TOLERANCE: f64 = 1e-7;
/// The first try of a convex task is less exact by this; where the gap stays open it goes on from there.
const QUICK: f64 = 10.0;
/// Evaluations of a try, and of a quick one.
const MOST: [u64; 2] = [15_000, 4000];
/// Pairs that the descents remember.
const MEMORY: usize = 30;
/// A gap at which no other start is tried.
const GAP: f64 = 1e-5;
/// What is missed by so little is near enough to go on from.
const NEARLY: f64 = 1e-2;
/// Descents in which another member may become the worst.
const AIMS: usize = 4;

/// How to search.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sought<'a> {
    pub(super) whom: Whom,
    /// Whether rates are replaced by what is concave and no smaller.
    pub(super) relaxed: bool,
    /// Starts of a task that is not convex; one that is tries another where the gap stays open.
    pub(super) starts: usize,
    /// Beams to start from.
    pub(super) warm: Option<&'a CMat>,
}

impl Sought<'_> {
    pub(super) const fn of(whom: Whom) -> Self {
        Self { whom, relaxed: false, starts: 2, warm: None }
    }

    /// The relaxation of an instance, where rates count.
    pub(super) const fn relaxed(instance: &Instance) -> Self {
        Self { whom: Whom::All(instance.streams()), relaxed: true, starts: 1, warm: None }
    }
}

/// Where a search ended.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) beams: Beams,
    pub(super) values: Values,
    /// What the multipliers prove.
    pub(super) bound: Option<f64>,
    pub(super) evaluations: u64,
    /// The beams in the coordinates of the search.
    point: Vec<C64>,
    /// The aim, as it is made small.
    aim: f64,
    /// The largest miss of a requirement, in logarithms.
    missed: f64,
    /// The root power of the beams, in units of the instance's.
    value: f64,
    /// The multipliers of logarithms.
    prices: Prices,
}

/// Multipliers of what is wanted, and the penalty they were found with.
#[derive(Clone, Debug)]
struct Prices {
    wanted: Vec<Wanted>,
    multipliers: Vec<f64>,
    penalty: f64,
}

/// Streams of a subcarrier that sensing needs: as many as responses and their derivatives have directions. What more of
/// them send, these do.
pub(super) fn sensing_streams(instance: &Instance, band: &Band) -> usize {
    directions(instance.targets().len(), band.near.is_some())
}

/// Directions of the responses of targets and of their derivatives: by both angles, and in the near field by the range.
pub(in crate::beamforming::band) const fn directions(targets: usize, near: bool) -> usize {
    (if near { 4 } else { 3 }) * targets
}

/// The stack of an instance.
pub(super) fn stack_for(
    instance: &Instance,
    band: &Band,
    radar: Option<&OfdmRadar>,
    whom: Whom,
) -> Result<Stack, Error> {
    let sizes = match whom {
        Whom::All(streams) => (instance.users(), streams),
        Whom::Targets(streams) => (0, streams),
    };
    Stack::new(instance, band, radar, sizes)
}

/// The task of an instance, of its weighted sum where it has no goal, with its stack.
pub(super) fn whole(instance: &Instance, band: &Band, whom: Whom) -> Result<(Task, Stack), Error> {
    let (task, radar) = task_of(instance, band, whom)?;
    let stack = stack_for(instance, band, radar.as_ref(), whom)?;
    Ok((task, stack))
}

/// The task of an instance; of targets alone the bound without floors.
pub(super) fn task_of(
    instance: &Instance,
    band: &Band,
    whom: Whom,
) -> Result<(Task, Option<OfdmRadar>), Error> {
    let alone = matches!(whom, Whom::Targets(_));
    if let Some(problem) = instance.problem() {
        let (task, radar) = Task::of(instance, band, problem)?;
        if !alone {
            return Ok((task, radar));
        }
        return Ok((Task { sinr: Vec::new(), rates: Vec::new(), ..task }, radar));
    }
    let parts = instance.parts();
    let radar = if parts.crb_weight > 0.0 { Some(band.radar(parts)?) } else { None };
    let counted = radar.as_ref().map_or_else(Vec::new, |radar| band.counted(radar).0);
    let weights = weighted(band, &counted);
    if alone {
        return Ok((Task::sensing(vec![weights], counted.len()), radar));
    }
    let scaled = weights.iter().map(|w| w * parts.crb_weight).collect();
    let nothing = vec![0.0; instance.users()];
    let aim = Aim::Weighted(parts.rate_weight_per_nat, scaled);
    let task = Task {
        aim,
        sinr: nothing.clone(),
        rates: nothing,
        caps: Vec::new(),
        counted: counted.len(),
    };
    Ok((task, radar))
}

/// Search for the beams of a task; none where no start sees every target.
///
/// # Errors
/// Broken numerics.
pub(super) fn searched(
    instance: &Instance,
    band: &Band,
    task: &Task,
    sought: &Sought<'_>,
    interrupt: &Interrupt,
) -> Result<Option<Found>, Error> {
    let radar = if task.counted > 0 { Some(band.radar(instance.parts())?) } else { None };
    let mut stack = stack_for(instance, band, radar.as_ref(), sought.whom)?;
    let chords = sought.relaxed.then(|| chords(&stack, task));
    let convex = task.is_convex();
    let mut best: Option<Found> = None;
    // of a convex task whatever multipliers prove most: those of the best beams need not
    let mut proof: Option<(f64, Values)> = None;
    let (mut evaluations, mut tried) = (0, 0);
    // where there are no local optima a second start has nothing to find
    let alone = convex && streams_suffice(instance, band, task, sought.whom);
    for turn in 0..=sought.starts.max(2) {
        let own = match (turn, sought.warm) {
            (0, Some(warm)) => warm.clone(),
            (0, None) => continue,
            (turn, _) => begun(instance, band, sought.whom, turn - 1)?,
        };
        let mut v = stack.point(&own);
        let mut guess = None;
        let goes_on = best.as_ref().filter(|best| alone && tried > 0 && best.missed <= NEARLY);
        if let Some(best) = goes_on {
            (v, guess) = (best.point.clone(), Some(best.prices.clone()));
        }
        let tries: &[bool] = if convex && goes_on.is_none() { &[true, false] } else { &[false] };
        tried += 1;
        for quick in tries.iter().copied() {
            let how = (chords.as_deref(), quick);
            let parts = (&mut stack, task);
            let Some(found) = descended(instance, parts, &v, how, guess.as_ref(), interrupt)?
            else {
                continue;
            };
            evaluations += found.evaluations;
            v.clone_from(&found.point);
            guess = Some(found.prices.clone());
            if let Some(bound) = found.bound.filter(|_| convex)
                && proof.as_ref().is_none_or(|proof| bound > proof.0)
            {
                proof = Some((bound, found.values.clone()));
            }
            if best.as_ref().is_none_or(|best| found.better(best)) {
                best = Some(found);
            }
            if let (Some(best), Some((bound, values))) = (&mut best, &proof) {
                (best.bound, best.values) = (Some(*bound), values.clone());
            }
            if best.as_ref().is_some_and(|best| convex && best.closed()) || interrupt.is_raised() {
                break;
            }
        }
        let closed = best.as_ref().is_some_and(Found::closed);
        let enough = if convex { closed } else { tried >= sought.starts };
        if enough || interrupt.is_raised() {
            break;
        }
    }
    Ok(best.map(|best| Found { evaluations, ..best }))
}

/// Whether there are as many streams for sensing as can be of use.
fn streams_suffice(instance: &Instance, band: &Band, task: &Task, whom: Whom) -> bool {
    let sensing = match whom {
        Whom::All(streams) => streams.saturating_sub(instance.users()),
        Whom::Targets(streams) => streams,
    };
    task.counted == 0 || sensing >= sensing_streams(instance, band)
}

impl Found {
    /// Whether it misses less, or what it misses is nothing and its aim lower.
    pub(super) fn better(&self, other: &Self) -> bool {
        let missed = |found: &Self| if found.missed <= 1e-6 { 0.0 } else { found.missed };
        let (own, theirs) = (missed(self), missed(other));
        if own > 0.0 || theirs > 0.0 {
            return own < theirs;
        }
        self.aim < other.aim
    }

    /// Whether it keeps what is asked.
    pub(super) fn keeps_all(&self) -> bool {
        self.missed <= 1e-6
    }

    /// Whether its aim alone is within a limit.
    pub(super) fn keeps(&self, limit: f64) -> bool {
        self.keeps_all() && self.value <= limit
    }

    /// Whether it keeps what is asked, with a gap that needs no further try.
    fn closed(&self) -> bool {
        self.gap() <= GAP && self.keeps_all()
    }

    /// The gap, infinite where nothing is proven.
    fn gap(&self) -> f64 {
        self.bound.map_or(f64::INFINITY, |bound| (self.value - bound).abs() / self.value.abs())
    }
}

/// One descent from beams over the root of the power.
fn descended(
    instance: &Instance,
    (stack, task): (&mut Stack, &Task),
    v: &[C64],
    (chords, quick): (Option<&[f64]>, bool),
    guess: Option<&Prices>,
    interrupt: &Interrupt,
) -> Result<Option<Found>, Error> {
    let unit = instance.band().map_or(1.0, |band| unit_of(instance, band));
    let (mut v, mut most) = (v.to_vec(), None);
    if task.aim == Aim::Power {
        let share = enough(stack, task, &v);
        v.iter_mut().for_each(|z| *z *= share.sqrt());
        most = Some(4.0 * share);
    }
    let tolerance = if quick { QUICK * TOLERANCE } else { TOLERANCE };
    let strict = if chords.is_some() { 0.0 } else { TOLERANCE };
    let settings = AugmentedSettings {
        tolerance,
        feasibility: TOLERANCE,
        penalty: 10.0,
        growth: 4.0,
        rounds: 30,
        evaluations: MOST[usize::from(quick)],
    };
    let mut evaluations = 0;
    let (program, run, v) = loop {
        let mut program =
            Program::new(stack, task, strict, chords.map(<[f64]>::to_vec), most, unit);
        let mut x = program.enter(&v);
        program.manifold().normalise(&mut x);
        let scaling = Scaling::of_floors(program.stack, task)?;
        let how = (settings, guess, interrupt);
        let run = minimised((&mut program, &scaling), &mut x, how, &mut evaluations);
        restored(&mut program, &mut x, interrupt, &mut evaluations);
        if !run.value.is_finite() {
            return Ok(None);
        }
        let v_now = program.leave(&x);
        let full = most.is_some() && x.last().is_some_and(|slack| slack.norm_sqr() < 0.05);
        if let (true, Some(power)) = (full && !interrupt.is_raised(), most)
            && power < 1e12
        {
            // what is needed may be more than was thought
            (v, most) = (v_now, Some(8.0 * power));
            continue;
        }
        let (wanted, of) = (program.wanted.clone(), program.of);
        break ((wanted, of), run, v_now);
    };
    let (wanted, of) = program;
    let prices = Prices {
        wanted: wanted.clone(),
        multipliers: run.multipliers.clone(),
        penalty: run.penalty,
    };
    let scale = most;
    let mut program = Program::new(stack, task, strict, chords.map(<[f64]>::to_vec), scale, unit);
    (program.wanted, program.of) = (wanted, of);
    let x = program.enter(&v);
    let mut constraints = vec![0.0; program.constraints()];
    let aim = program.values(&x, &mut constraints);
    let missed = missed(&program, &constraints, strict);
    let first = ended(&program, &run);
    let mut values = first.clone();
    let value = match &task.aim {
        Aim::Bound(members) => program.bounds[..members.len()].iter().copied().fold(0.0, f64::max),
        Aim::Power => real_dot(&v, &v) * program.stack.power_w,
        _ => aim,
    };
    let second = refined(&mut program, &v, &first);
    drop(program);
    let mut bound = proven(stack, task, &first);
    if let Some(second) = second
        && let Some(own) = proven(stack, task, &second)
        && bound.is_none_or(|bound| own > bound)
    {
        (bound, values) = (Some(own), second);
    }
    let users = instance.users();
    let beams = stack.beams(&v, 1.0, users)?;
    Ok(Some(Found { beams, values, bound, evaluations, point: v, aim, missed, value, prices }))
}

/// The largest miss of what is asked, without the strictness beyond it.
fn missed(program: &Program<'_>, constraints: &[f64], strict: f64) -> f64 {
    let own = program.wanted.iter().zip(constraints).filter(|(w, _)| w.is_required());
    own.map(|(_, c)| c - 2.0 * strict).fold(0.0, f64::max)
}

/// Minimise; where the member that is aimed at turns out not to be the worst, again.
fn minimised(
    (program, scaling): (&mut Program<'_>, &Scaling),
    x: &mut [C64],
    (settings, guess, interrupt): (AugmentedSettings, Option<&Prices>, &Interrupt),
    evaluations: &mut u64,
) -> ConstrainedRun {
    let mut turn = 0;
    loop {
        program.aim_at_worst(x);
        // what another try has learned, where it asked the same
        let guess = guess.filter(|guess| guess.wanted == program.wanted && turn == 0);
        let zeros = vec![0.0; program.constraints()];
        let first = guess.map_or(&zeros, |guess| &guess.multipliers);
        let penalty = guess.map_or(settings.penalty, |guess| guess.penalty);
        let settings = AugmentedSettings { penalty, ..settings };
        let mut scaled = Scaled::new(program, scaling);
        let mut u = scaled.enter(x);
        let manifold = scaled.manifold();
        let mut method = AugmentedLagrangian::with_memory(manifold, settings, MEMORY).remembering();
        let run = method.minimise(&mut scaled, &mut u, first, interrupt, &mut Trace::off());
        x.copy_from_slice(&scaled.leave(&u));
        *evaluations += run.work.evaluations;
        turn += 1;
        let others = program.wanted.iter().zip(&run.multipliers);
        let others: f64 = others.filter(|(w, _)| !w.is_required()).map(|(_, nu)| nu).sum();
        if others < 1.0 - 1e-6 || turn >= AIMS || interrupt.is_raised() {
            return run;
        }
    }
}
