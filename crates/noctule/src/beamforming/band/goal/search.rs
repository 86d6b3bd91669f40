//! The search: from beams to the best that the augmented Lagrangian finds, with multipliers and what they prove.

use noctule_num::linalg::{orthonormal_basis, real_dot};
use noctule_num::{C64, CMat};
use noctule_optim::augmented_lagrangian::{AugmentedSettings, ConstrainedRun};
use noctule_optim::{AugmentedLagrangian, Constrained, Interrupt, Trace};
use noctule_phy::channels::radar::OfdmRadar;

use super::dual::{Values, chords, proven};
use super::program::{Program, Wanted};
use super::refine::{ended, refined};
use super::stack::Stack;
use super::task::{Aim, Task, weighted};
use crate::Error;
use crate::beamforming::band::Band;
use crate::beamforming::band::begin::start_of;
use crate::beamforming::band::model::{BandSpace, unit_of};
use crate::beamforming::starts::{Start, scaled_to_power};
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
/// Descents in which another member may become the worst.
const AIMS: usize = 4;

/// Who is there, with how many streams on every subcarrier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whom {
    /// Users and targets.
    All(usize),
    /// Targets: users are ignored, and every stream is for sensing.
    Targets(usize),
}

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
}

/// Streams of a subcarrier that sensing needs: as many as responses have directions where there are few
/// subcarriers; all of them together have far more than it takes.
pub(super) fn sensing_streams(instance: &Instance, band: &Band) -> usize {
    let targets = instance.targets().len();
    match band.subcarriers() {
        1 => 4 * targets,
        2..=4 => 3 * targets,
        _ => 2 * targets,
    }
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
    let mut evaluations = 0;
    let mut tried = 0;
    for turn in 0..=sought.starts.max(2) {
        let own = match (turn, sought.warm) {
            (0, Some(warm)) => warm.clone(),
            (0, None) => continue,
            (turn, _) => begun(instance, band, sought.whom, turn - 1)?,
        };
        let mut v = stack.point(&own);
        tried += 1;
        let closed = |best: &Found| convex && best.gap() <= GAP && best.missed <= 1e-6;
        for quick in [true, false] {
            if quick && !convex {
                continue;
            }
            let how = (chords.as_deref(), quick);
            let Some(found) = descended(instance, (&mut stack, task), &v, how, interrupt)? else {
                continue;
            };
            evaluations += found.evaluations;
            v.clone_from(&found.point);
            if best.as_ref().is_none_or(|best| found.better(best)) {
                best = Some(found);
            }
            if best.as_ref().is_some_and(closed) || interrupt.is_raised() {
                break;
            }
        }
        let enough =
            if convex { best.as_ref().is_some_and(closed) } else { tried >= sought.starts };
        if enough || interrupt.is_raised() {
            break;
        }
    }
    Ok(best.map(|best| Found { evaluations, ..best }))
}

impl Found {
    /// Whether it misses less, or what it misses is nothing and its aim lower.
    fn better(&self, other: &Self) -> bool {
        let missed = |found: &Self| if found.missed <= 1e-6 { 0.0 } else { found.missed };
        let (own, theirs) = (missed(self), missed(other));
        if own > 0.0 || theirs > 0.0 {
            return own < theirs;
        }
        self.aim < other.aim
    }

    /// Whether its aim alone is within a limit.
    pub(super) fn keeps(&self, limit: f64) -> bool {
        self.missed <= 1e-6 && self.value <= limit
    }

    /// The gap, infinite where nothing is proven.
    fn gap(&self) -> f64 {
        self.bound.map_or(f64::INFINITY, |bound| (self.value - bound).abs() / self.value.abs())
    }
}

/// The beams of a start, antennas × (subcarriers · streams).
fn begun(instance: &Instance, band: &Band, whom: Whom, turn: usize) -> Result<CMat, Error> {
    let start = match turn {
        0 => Start::Rzf,
        1 => Start::Mrt,
        other => Start::PerturbedRzf(other as u64),
    };
    match whom {
        Whom::All(streams) => {
            let sensing = streams.saturating_sub(instance.users());
            start_of(instance, band, start, BandSpace::Reduced, sensing)
        }
        Whom::Targets(streams) => {
            let radar = band.radar(instance.parts())?;
            let mut columns = Vec::new();
            for n in 0..band.subcarriers() {
                let basis = orthonormal_basis(radar.transmit_space(n), 1e-10)?;
                // other directions first on other subcarriers
                columns.push(CMat::from_fn(basis.rows(), streams, |i, s| {
                    basis[(i, (s + n + turn) % basis.cols())]
                }));
            }
            let matrix = CMat::hstack(&columns.iter().collect::<Vec<_>>())?;
            Ok(scaled_to_power(matrix, instance.parts().power_w))
        }
    }
}

/// One descent from beams over the root of the power.
fn descended(
    instance: &Instance,
    (stack, task): (&mut Stack, &Task),
    v: &[C64],
    (chords, quick): (Option<&[f64]>, bool),
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
        let run = minimised(&mut program, &mut x, (settings, interrupt), &mut evaluations);
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
    Ok(Some(Found { beams, values, bound, evaluations, point: v, aim, missed, value }))
}

/// The largest miss of what is asked, without the strictness beyond it.
fn missed(program: &Program<'_>, constraints: &[f64], strict: f64) -> f64 {
    let asked = |w: &Wanted| !matches!(w, Wanted::Below { .. } | Wanted::Above { .. });
    let own = program.wanted.iter().zip(constraints).filter(|(w, _)| asked(w));
    own.map(|(_, c)| c - 2.0 * strict).fold(0.0, f64::max)
}

/// Minimise; where the member that is aimed at turns out not to be the worst, again.
fn minimised(
    program: &mut Program<'_>,
    x: &mut [C64],
    (settings, interrupt): (AugmentedSettings, &Interrupt),
    evaluations: &mut u64,
) -> ConstrainedRun {
    let mut turn = 0;
    loop {
        program.aim_at_worst(x);
        let zeros = vec![0.0; program.constraints()];
        let manifold = program.manifold();
        let mut method = AugmentedLagrangian::with_memory(manifold, settings, MEMORY).remembering();
        let run = method.minimise(program, x, &zeros, interrupt, &mut Trace::off());
        *evaluations += run.work.evaluations;
        turn += 1;
        let others = program.wanted.iter().zip(&run.multipliers);
        let others: f64 = others
            .filter(|(w, _)| matches!(w, Wanted::Below { .. } | Wanted::Above { .. }))
            .map(|(_, nu)| nu)
            .sum();
        if others < 1.0 - 1e-6 || turn >= AIMS || interrupt.is_raised() {
            return run;
        }
    }
}

/// What a start is to be multiplied by, in power, so that it meets what is asked, as far as more power helps.
fn enough(stack: &mut Stack, task: &Task, v: &[C64]) -> f64 {
    let norm = real_dot(v, v).max(f64::MIN_POSITIVE);
    let mut short = |share: f64| -> bool {
        let scaled: Vec<C64> = v.iter().map(|z| z * (share / norm).sqrt()).collect();
        stack.look(&scaled);
        let (users, n) = (stack.users, stack.subcarriers());
        let sinr = |at: usize| stack.signal[at] / stack.interference[at];
        let floors = (0..n * users).any(|at| sinr(at) < task.sinr[at % users]);
        let rate = |k: usize| (0..n).map(|m| sinr(m * users + k).ln_1p()).sum::<f64>() / n as f64;
        let rates = (0..users).any(|k| rate(k) < task.rates[k]);
        let caps = task.capped().any(|(member, limit)| stack.bound(member) > limit);
        floors || rates || caps
    };
    let mut share = 1e-6;
    while short(share) && share < 1e3 {
        share *= 2.0;
    }
    // floors that no power reaches with these beams ask for about as much as there is
    if share >= 1e3 { 1.0 } else { share }
}
