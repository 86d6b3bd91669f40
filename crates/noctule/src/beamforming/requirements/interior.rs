//! Convex requirements by an interior method: a dozen steps of Newton's method, whatever the number of antennas.
//!
//! # The problem
//!
//! With one covariance X_j a user and X_0 for sensing, everything required is linear in them but the metrics,
//! each of which is the largest of its minorants `2 tr EᵀY − ⟨F*(YYᵀ), R⟩`. The dual problem is then
//! ```text
//! max  Σ (2 tr EᵀZ) + Σ_k λ_k − Σ_i ρ_i c_i − μP    over Z, and λ, ρ, μ ≥ 0
//! s.t. S_j = μ1 − Σ F*(ZZᵀ)/ρ + Σ_k λ_k(Q_k + C_k) − λ_j(1 + 1/γ_j)Q_j ⪰ 0,   Z = ρY
//! ```
//! and S is concave in all unknowns. Steps solve `X_jS_j = τ1` and stationarity by Newton's method on covariances
//! and multipliers together (the direction of Helmberg, Kojima and Monteiro, with Mehrotra's choice of τ and
//! corrector); the unknowns are as many as users and bounds, and all matrices are as large as the space of
//! channels and responses, so that the array enters nowhere.
//!
//! What comes out is a point that the certificate judges as any other: nothing here is trusted.

mod begin;
mod model;
mod normal;
mod recover;
mod step;

use noctule_num::CMat;
use noctule_num::linalg::Cholesky;
use noctule_optim::Interrupt;

use model::{Model, add};
use normal::Normal;
use step::{complementarity, inverted_all, stepped};

pub(super) use begin::Known;
pub(super) use model::{Common, Objective};

use super::program::Cap;
use super::world::Space;

/// What may be left of a requirement, of what is asked.
const MET: f64 = 1e-10;
/// Requirements that are missed by so many times the gap are met by no more steps: the point hugs the boundary.
const ASTRAY: f64 = 1e4;
/// Steps at most: fifteen are usual.
const STEPS: u64 = 45;
/// A space with more directions than this is left to the descents, whose steps cost less.
const LARGEST_SPACE: usize = 40;
/// The same for unknowns.
const MOST_UNKNOWNS: usize = 150;

/// A convex problem.
pub(super) struct Problem<'a> {
    pub(super) space: &'a Space,
    pub(super) objective: Objective<'a>,
    /// γ of every user.
    pub(super) floors: &'a [f64],
    /// Caps, none of them the largest of several.
    pub(super) caps: &'a [Cap],
    /// Limits on power: what is limited, and by how much; nothing where it is made small.
    pub(super) power: Vec<(Common, f64)>,
    /// A power of the usual size.
    pub(super) unit: f64,
    /// The relative gap at which the steps end.
    pub(super) closed: f64,
}

/// Unknowns, covariances (that of sensing, then one a user), slacks of the lines.
pub(super) struct Point {
    x: Vec<f64>,
    primal: Vec<CMat>,
    slack: Vec<f64>,
}

/// Beams and multipliers.
pub(super) struct Solved {
    /// Users, then sensing streams with power.
    pub(super) beams: CMat,
    pub(super) lambda: Vec<f64>,
    pub(super) rho: Vec<f64>,
    /// μ, or one a group.
    pub(super) of_power: Vec<f64>,
}

/// Solve a problem: nothing where it is of another kind, too large, or the steps do not end. With the steps
/// taken. Beams that are known are looked at where every user has a floor.
pub(super) fn solved(
    problem: &Problem<'_>,
    known: Option<&Known>,
    most_sensing: usize,
    interrupt: &Interrupt,
) -> (Option<Solved>, u64) {
    let Problem { space, objective, floors, caps, power, .. } = problem;
    if floors.iter().any(|floor| *floor <= 0.0) {
        return among(problem, most_sensing, interrupt);
    }
    if space.dim() == 0 || space.dim() > LARGEST_SPACE {
        return (None, 0);
    }
    let Some(model) = Model::new(space, objective, floors, caps, power.clone()) else {
        return (None, 0);
    };
    if model.len() > MOST_UNKNOWNS {
        return (None, 0);
    }
    let mut cholesky = Cholesky::new(space.dim());
    let mut steps = 0;
    let begun = known.and_then(|known| begin::beside(&model, known, &mut cholesky));
    let mut ended = begun.and_then(|point| {
        path(&model, point, &mut cholesky, problem.closed, &mut steps, interrupt)
    });
    if ended.is_none() && !interrupt.is_raised() {
        let first = begin::cold(&model, problem.unit, &mut cholesky);
        ended = first.and_then(|point| {
            path(&model, point, &mut cholesky, problem.closed, &mut steps, interrupt)
        });
    }
    let found = ended.and_then(|point| recover::beams(&model, &point, most_sensing));
    (found, steps)
}

/// Where users have no floor: they have no multiplier, and what is sent to them serves as well as a sensing
/// stream. Their beams are nothing, or sensing streams beyond those that there may be.
fn among(
    problem: &Problem<'_>,
    most_sensing: usize,
    interrupt: &Interrupt,
) -> (Option<Solved>, u64) {
    let all = problem.floors.len();
    let (served, others): (Vec<usize>, Vec<usize>) =
        (0..all).partition(|k| problem.floors[*k] > 0.0);
    let Ok(space) = problem.space.serving(&served) else { return (None, 0) };
    let floors: Vec<f64> = served.iter().map(|k| problem.floors[*k]).collect();
    // who takes sensing streams out does not take out what is sent to others
    let spare = if space.heard > 0.0 { others.len() } else { 0 };
    let inner = Problem {
        space: &space,
        floors: &floors,
        objective: problem.objective.clone(),
        power: problem.power.clone(),
        ..*problem
    };
    let (found, steps) = solved(&inner, None, most_sensing + spare, interrupt);
    let spread = |found: Solved| {
        let sensing = found.beams.cols() - served.len();
        let kept = sensing.min(most_sensing);
        let mut beams = CMat::zeros(space.dim(), all + kept);
        let mut lambda = vec![0.0; all];
        for (column, &k) in served.iter().enumerate() {
            beams.col_mut(k).copy_from_slice(found.beams.col(column));
            lambda[k] = found.lambda[column];
        }
        for s in 0..kept {
            beams.col_mut(all + s).copy_from_slice(found.beams.col(served.len() + s));
        }
        for (s, &k) in (kept..sensing).zip(&others) {
            beams.col_mut(k).copy_from_slice(found.beams.col(served.len() + s));
        }
        Solved { beams, lambda, ..found }
    };
    (found.map(spread), steps)
}

/// The steps from a point to where the gap closes.
fn path(
    model: &Model<'_>,
    mut point: Point,
    cholesky: &mut Cholesky,
    closed: f64,
    steps: &mut u64,
    interrupt: &Interrupt,
) -> Option<Point> {
    let r = model.space.dim();
    let count = (model.count() * r + model.lines.len()) as f64;
    for _ in 0..STEPS {
        if interrupt.is_raised() {
            return None;
        }
        *steps += 1;
        let slacks = model.slacks(&point.x);
        let inverses = inverted_all(cholesky, &slacks)?;
        let now = complementarity(model, &point, &slacks);
        if !(now.is_finite() && now > 0.0) {
            return None;
        }
        let normal = Normal::at(model, &point, &inverses)?;
        let mut total = CMat::zeros(r, r);
        for primal in &point.primal {
            add(&mut total, 1.0, primal);
        }
        let lines = model.free..model.len();
        let missed = lines.map(|a| (normal.residual[a] / model.gains[a]).abs()).fold(0.0, f64::max);
        let gap = now / model.size(&point.x, &total);
        if gap <= closed && missed <= MET {
            return Some(point);
        }
        if missed > ASTRAY * gap {
            return None;
        }
        point = stepped(
            model,
            &point,
            (&slacks, &inverses),
            &normal,
            (now, now / count, missed > MET, gap <= closed),
            cholesky,
        )?;
    }
    None
}
