//! The true optimum: branch and bound on the interference levels of the users.
//!
//! With `T_k = 1 + h_kᴴ R h_k` (everything a user receives) and `I_k = T_k − h_kᴴ R_k h_k`
//! (everything but its own stream), the sum rate is `Σ ln T_k − ln I_k`. The first part is concave
//! in the covariances, the second is not; but of levels in a box `I_k ∈ [l_k, u_k]` and powers `S_k = T_k − I_k ≥ 0`
//! the rates have a least concave function above them, their joint envelope. Where `T_k ≥ u_k` it is the chord
//! of the second part,
//! ```math
//! \ln T_k + o_k - \lambda_k I_k,\qquad
//! \lambda_k = \frac{\ln(u_k/l_k)}{u_k - l_k},\quad o_k = \lambda_k l_k - \ln l_k ,
//! ```
//! and below, where a user has little or nothing of its own, `θ ln(1 + S_k/(θ l_k))` with the share `θ` of the
//! interval that is left above `I_k`: zero for users without a beam, of whom the chord would say much more. With
//! envelopes in the place of rates the whole problem is concave in `(R_1, …, R_K, R_s)`. It is
//! solved in factors and bounded by its Frank–Wolfe gap, which needs one eigenvalue decomposition and is
//! valid wherever the solver stopped. The box itself is not imposed: only its envelopes are.
//!
//! The plane that proves the bound of a box lies above the rate of each user by an amount that depends on the
//! level. Levels at which that is more than the bound is behind the best known are done with: boxes lose
//! their ends for nothing, and fall into two ends instead of halves.
//!
//! Dividing a box halves (at best) the logarithmic width of an interval, whose error is at most the
//! squared width over eight: the bound is of second order. On the paper's scene a gap of 1e-3 is closed after a
//! median of some 20, 120 and 900 boxes for four, six and eight users with 16 antennas (`certify_timing` among
//! the examples measures it). The number of boxes grows
//! exponentially with the users; the budget then runs out and the interval says how far it got.
//! Rounding limits it too: terms of the size of the ratio of signal to noise cancel, so that at
//! 10¹² the margin in the bound is of the order of 10⁻² nat (two users; it is stated in
//! [`Bound::margin`], and is a multiple of rounding errors, not a proof: that is [`certificate`](super::certificate)).
//!
//! The relaxation of the ranks costs nothing: what `R_k` carries beside `h_k` can be moved to the
//! sensing covariance `R_s` without changing any rate or the Fisher matrix. A design with fewer
//! sensing streams than that asks for may stay below the bound for that reason alone.

mod divide;
mod leaves;
mod region;
mod relax;
mod search;

use std::collections::BTreeMap;

use noctule_num::C64;
use noctule_optim::branch_bound::{Budget, Found, Interval, branch_and_bound};
use noctule_optim::{Bound, Interrupt, Objective, Sense, Stop, Work};

use super::model::Model;
use super::{Beams, Instance};
use crate::Error;
use search::Search;

/// Beams that are better by less than this, relative to max(|objective|, its unit), are the same
/// optimum to another residual.
pub(super) const NOTEWORTHY: f64 = 1e-6;

/// An interval around the optimum.
#[derive(Clone, Debug)]
pub struct Enclosure {
    /// Beams better than those handed in, where the search met some.
    pub better: Option<Beams>,
    /// No beams have a larger objective; gaps are to the best beams known.
    pub bound: Option<Bound>,
    /// Boxes examined.
    pub nodes: u64,
    /// Why the search stopped: [`Stop::Converged`] when the gap is closed.
    pub stop: Stop,
    /// How the interval shrank, as values of the objective: `bound` above, `best` below.
    pub log: Vec<Interval>,
    /// What it cost.
    pub work: Work,
}

/// Enclose the optimum of `instance`, starting from beams that are known, until the gap relative
/// to max(|objective|, its [unit](super::model::objective_unit)) is at most `gap` or `nodes` boxes
/// have been examined.
///
/// Under per-antenna power this bounds the problem with the same total power.
///
/// # Errors
/// When a decomposition fails, which finite data do not make it.
pub fn enclose(
    instance: &Instance,
    known: &Beams,
    nodes: u64,
    gap: f64,
    interrupt: &Interrupt,
) -> Result<Enclosure, Error> {
    let mut search = Search::new(instance, gap, interrupt)?;
    let start = search.design.point(&known.matrix);
    let unit = search.design.unit();
    let (value, found) = searched(&mut search, start, nodes, gap, interrupt)?;
    let Found { best, covered, nodes, stop, log, .. } = found;
    let (reached, point) = match best {
        Some((value, point)) => (value, Some(point)),
        None => (f64::INFINITY, None),
    };
    let better = point
        .filter(|_| reached < value - NOTEWORTHY * value.abs().max(1.0))
        .map(|point| search.design.beams(&point, instance.users()));
    let method = format!("branch and bound on interference levels, {nodes} nodes");
    let log = log
        .into_iter()
        .map(|row| Interval { nodes: row.nodes, bound: -row.bound * unit, best: -row.best * unit })
        .collect();
    let bound = Bound::new(-reached * unit, -covered * unit, Sense::Upper, method, unit);
    Ok(Enclosure {
        better,
        bound: bound.map(|bound| Bound {
            numbers: search
                .numbers(instance.users(), instance.information() * instance.parts().power_w),
            ..bound.with_margin(search.weakest_margin() * unit)
        }),
        nodes,
        stop,
        log,
        work: search.work,
    })
}

/// Run a search from a point that is known; its value comes first.
fn searched(
    search: &mut Search<'_>,
    start: Vec<C64>,
    nodes: u64,
    gap: f64,
    interrupt: &Interrupt,
) -> Result<(f64, Found<Vec<C64>>), Error> {
    let mut scratch = start.clone();
    let value = search.design.eval(&start, &mut scratch);
    let absolute = gap * value.abs().max(1.0);
    search.closed = absolute;
    let root = search.root(&start);
    let budget = Budget { nodes, absolute, relative: 0.0 };
    let found = branch_and_bound(search, [root], Some((value, start)), budget, interrupt);
    search.failure.take().map_or(Ok((value, found)), Err)
}

/// What a search between two models found, as values of what is maximised.
pub(super) struct Between {
    pub(super) point: Vec<C64>,
    pub(super) bound: f64,
    pub(super) margin: f64,
    /// What proves the bound.
    pub(super) numbers: BTreeMap<String, Vec<f64>>,
    pub(super) nodes: u64,
    pub(super) stop: Stop,
    pub(super) work: Work,
}

/// Enclose the optimum of a model, with another of it that has as many streams as could ever help, from a
/// point that is known.
///
/// # Errors
/// As [`enclose`].
pub(super) fn between(
    design: Model,
    relaxed: Model,
    start: Vec<C64>,
    (nodes, gap): (u64, f64),
    interrupt: &Interrupt,
) -> Result<Between, Error> {
    let mut search = Search::between(design, relaxed, gap, interrupt);
    let (unit, power_w) = (search.design.unit(), search.design.power_w());
    let (_, found) = searched(&mut search, start.clone(), nodes, gap, interrupt)?;
    Ok(Between {
        bound: -found.covered * unit,
        margin: search.weakest_margin() * unit,
        numbers: search.numbers(search.users, power_w),
        point: found.best.map_or(start, |(_, point)| point),
        nodes: found.nodes,
        stop: found.stop,
        work: search.work,
    })
}
