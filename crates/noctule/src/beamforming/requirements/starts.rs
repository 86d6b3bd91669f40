//! Where searches begin, and one descent from there.

use noctule_num::linalg::{Op, orthonormal_basis, product, real_dot};
use noctule_num::{C64, CMat};
use noctule_optim::augmented_lagrangian::{AugmentedSettings, ConstrainedRun};
use noctule_optim::{AugmentedLagrangian, Constrained, Interrupt, Trace};

use super::metric::Metric;
use super::program::Program;
use super::required::Requirements;
use super::uplink::least_power;
use super::world::{Space, World};

/// Pairs that the descents remember: penalties of active requirements bend the merit sharply, and ten
/// do not hold their directions.
const MEMORY: usize = 30;
/// Residual and feasibility of the augmented Lagrangian. Twice that is asked beyond every
/// requirement, so that it is met in spite of the tolerance.
pub(super) const TOLERANCE: f64 = 2e-8;
/// The tolerance for floors whose least power is nearly all there is: what they are missed by costs
/// as much as it is of the power that is left.
pub(super) fn tolerance_for(space: &Space, required: &Requirements) -> f64 {
    let least = least_power(space, &required.sinr, required.power.total()).bound;
    let left = if least > 0.0 { required.power.total() / least - 1.0 } else { 1.0 };
    TOLERANCE * left.clamp(1e-4, 1.0)
}

/// Sensing streams that always suffice under requirements; with fewer, what is convex need not stay so.
///
/// # Errors
/// [`Error::Input`](crate::Error::Input) for what does not fit; broken numerics.
pub fn streams_of_use(
    world: &World,
    metric: Option<&Metric>,
    required: &Requirements,
) -> Result<usize, crate::Error> {
    world.check()?;
    required.check(world)?;
    Ok(sensing_streams(&Space::new(world, required.whole(metric))?, metric, required))
}

/// Streams that always suffice for sensing: the rank of the targets' columns, and of those of gains.
pub(super) fn sensing_streams(
    space: &Space,
    metric: Option<&Metric>,
    required: &Requirements,
) -> usize {
    let metrics = || metric.into_iter().chain(required.caps.iter().map(|cap| &cap.metric));
    if metrics().any(Metric::wants_streams) {
        return space.dim();
    }
    let columns = metrics().flat_map(Metric::columns);
    let all: Vec<&CMat> = std::iter::once(&space.t).chain(columns).collect();
    let all = CMat::hstack(&all).unwrap_or_else(|_| space.t.clone());
    if all.cols() == 0 {
        return 0;
    }
    orthonormal_basis(&all, 1e-10).map_or(0, |basis| basis.cols())
}

/// Users' beams by regularised zero forcing of equal norm and sensing streams over the targets'
/// space, with `share` of the power in the latter.
pub(super) fn start(space: &Space, streams: usize, power: f64, share: f64, turn: usize) -> CMat {
    let (r, users) = (space.dim(), space.users());
    let mut w = CMat::zeros(r, streams);
    if users > 0 {
        let mut sigma = CMat::identity(r);
        sigma.scale(users as f64 / power);
        for k in 0..users {
            super::link::add_outer(&mut sigma, 1.0, space.h.col(k));
        }
        let mut cholesky = noctule_num::linalg::Cholesky::new(r);
        let mut forced = space.h.clone();
        if cholesky.factor(&sigma, "regularised channels").is_ok() {
            cholesky.solve_in_place(&mut forced);
        }
        for k in 0..users {
            let norm = real_dot(forced.col(k), forced.col(k)).sqrt().max(f64::MIN_POSITIVE);
            let column: Vec<C64> = forced.col(k).iter().map(|z| z / norm).collect();
            w.col_mut(k).copy_from_slice(&column);
        }
    }
    let sensing = streams - users;
    let basis = if space.t.cols() > 0 { orthonormal_basis(&space.t, 1e-10).ok() } else { None };
    let columns = basis.as_ref().map_or(0, CMat::cols);
    for s in 0..sensing {
        let column = match &basis {
            Some(basis) if s < columns => basis.col((s + turn) % columns).to_vec(),
            _ => (0..r).map(|i| if i == s % r { C64::ONE } else { C64::ZERO }).collect(),
        };
        w.col_mut(users + s).copy_from_slice(&column);
    }
    let shares = if users == 0 {
        (0.0, 1.0)
    } else if sensing == 0 {
        (1.0, 0.0)
    } else {
        (1.0 - share, share)
    };
    for (range, share) in [(0..users, shares.0), (users..streams, shares.1)] {
        let count = range.len().max(1) as f64;
        for s in range {
            w.col_mut(s).iter_mut().for_each(|z| *z *= (power * share / count).sqrt());
        }
    }
    w
}

/// Where a search begins besides its own starts, and with how many sensing streams.
#[derive(Clone, Copy, Debug, Default)]
pub struct Begin<'a> {
    /// Beams of a neighbouring problem, antennas × streams, users first.
    pub warm: Option<&'a CMat>,
    /// Sensing streams at most; as many as can be of use where nothing is said. With fewer a design
    /// may stay above the bound, which holds for any number.
    pub sensing: Option<usize>,
}

impl Begin<'_> {
    /// Sensing streams where `useful` of them always suffice.
    pub(super) fn most_sensing(&self, useful: usize) -> usize {
        self.sensing.map_or(useful, |most| most.min(useful))
    }

    /// The warm beams in coordinates of the space with `streams` of them; nothing where they do not
    /// fit, or leave a stream of a user off, which no descent turns on again.
    pub(super) fn inside(&self, space: &Space, streams: usize) -> Option<CMat> {
        let warm = self.warm?;
        if warm.rows() != space.basis.rows() || warm.cols() < space.users() {
            return None;
        }
        let w = product(&space.basis, Op::Adjoint, warm, Op::Plain);
        let norm = |s: usize| real_dot(w.col(s), w.col(s));
        let total: f64 = (0..w.cols()).map(norm).sum();
        if !(total > 0.0 && total.is_finite())
            || (0..space.users()).any(|k| norm(k) <= 1e-12 * total)
        {
            return None;
        }
        Some(widened(space, &w, streams))
    }
}

/// Beams in so many streams: those of the users, the sensing streams that carry power, and a little in
/// the others.
pub(super) fn widened(space: &Space, w: &CMat, streams: usize) -> CMat {
    let norm = |s: usize| real_dot(w.col(s), w.col(s));
    let total: f64 = (0..w.cols()).map(norm).sum();
    let spare = start(space, streams, total, 1e-4, 0);
    let kept = |s: usize| s < w.cols() && (s < space.users() || norm(s) > 1e-12 * total);
    CMat::from_fn(space.dim(), streams, |i, s| if kept(s) { w[(i, s)] } else { spare[(i, s)] })
}

fn settings(tolerance: f64) -> AugmentedSettings {
    AugmentedSettings {
        tolerance,
        feasibility: tolerance,
        penalty: 10.0,
        growth: 4.0,
        rounds: 30,
        evaluations: 15_000,
    }
}

/// Minimise a program from beams.
pub(super) fn climbed(
    program: &mut Program<'_>,
    w: &CMat,
    interrupt: &Interrupt,
) -> (CMat, ConstrainedRun) {
    let zeros = vec![0.0; program.constraints()];
    climbed_from(program, w, &zeros, interrupt)
}

/// The same with multipliers that are known.
pub(super) fn climbed_from(
    program: &mut Program<'_>,
    w: &CMat,
    multipliers: &[f64],
    interrupt: &Interrupt,
) -> (CMat, ConstrainedRun) {
    climbed_by(program, w, multipliers, settings(program.tolerance), interrupt)
}

/// The same from where a less exact run ended: with its multipliers and its penalty, without which what bends the
/// wrong way there may lead away again.
pub(super) fn climbed_on(
    program: &mut Program<'_>,
    w: &CMat,
    run: &ConstrainedRun,
    interrupt: &Interrupt,
) -> (CMat, ConstrainedRun) {
    let settings = AugmentedSettings { penalty: run.penalty, ..settings(program.tolerance) };
    climbed_by(program, w, &run.multipliers, settings, interrupt)
}

fn climbed_by(
    program: &mut Program<'_>,
    w: &CMat,
    multipliers: &[f64],
    settings: AugmentedSettings,
    interrupt: &Interrupt,
) -> (CMat, ConstrainedRun) {
    let mut x = program.enter(w);
    let mut method =
        AugmentedLagrangian::with_memory(program.manifold(), settings, MEMORY).remembering();
    let run = method.minimise(program, &mut x, multipliers, interrupt, &mut Trace::off());
    (program.beams(&x), run)
}

/// A start beside another: every entry turned and stretched, the same on every machine.
pub(super) fn tilt(w: &mut CMat, turn: usize) {
    let norm = w.norm() / (w.as_slice().len() as f64).sqrt();
    for (i, z) in w.as_mut_slice().iter_mut().enumerate() {
        let angle = 2.399_963_229_728_653 * (i * (turn + 1)) as f64;
        *z += C64::from_polar(0.3 * norm, angle);
    }
}
