//! The true optimum: branch and bound on the interference levels of the users.
//!
//! With `T_k = 1 + h_kᴴ R h_k` (everything a user receives) and `I_k = T_k − h_kᴴ R_k h_k`
//! (everything but its own stream), the sum rate is `Σ ln T_k − ln I_k`. The first part is concave
//! in the covariances, the second is not; but on a box `I_k ∈ [l_k, u_k]` a convex function lies
//! below its chord,
//! ```math
//! -\ln I_k \;\le\; o_k - \lambda_k I_k,\qquad
//! \lambda_k = \frac{\ln(u_k/l_k)}{u_k - l_k},\quad o_k = \lambda_k l_k - \ln l_k ,
//! ```
//! and with the chord in its place the whole problem is concave in `(R_1, …, R_K, R_s)`. It is
//! solved in factors and bounded by its Frank–Wolfe gap, which needs one eigenvalue a user and is
//! valid wherever the solver stopped. The box itself is not imposed: only its chords are.
//!
//! Dividing a box halves (at best) the logarithmic width of a chord, whose error is at most the
//! squared width over eight: the bound is of second order. Measured on five draws of the default
//! scene, a gap of 1e-3 is closed after a median of 9, 13, 21 and 157 boxes for two, three, four
//! and six users; for eight it is open by 0.8 to 1.9 % after 500. The number of boxes grows
//! exponentially with the users; the budget then runs out and the interval says how far it got.
//! Rounding limits it too: terms of the size of the ratio of signal to noise cancel, so that at
//! 10¹² the margin in the bound is of the order of 10⁻² nat (two users; it is stated in
//! [`Bound::margin`]).
//!
//! The relaxation of the ranks costs nothing: what `R_k` carries beside `h_k` can be moved to the
//! sensing covariance `R_s` without changing any rate or the Fisher matrix. A design with fewer
//! sensing streams than that asks for may stay below the bound for that reason alone.

mod leaves;
mod region;
mod search;

use noctule_optim::branch_bound::{Budget, Found, Interval, branch_and_bound};
use noctule_optim::{Bound, Interrupt, Objective, Sense, Stop, Work};

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
    let mut scratch = start.clone();
    let value = search.design.eval(&start, &mut scratch);
    let absolute = gap * value.abs().max(1.0);
    search.closed = absolute;
    let root = search.root(&start);
    let budget = Budget { nodes, absolute, relative: 0.0 };
    let found = branch_and_bound(&mut search, [root], Some((value, start)), budget, interrupt);
    if let Some(error) = search.failure.take() {
        return Err(error);
    }
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
            numbers: search.numbers(instance),
            ..bound.with_margin(search.weakest_margin() * unit)
        }),
        nodes,
        stop,
        log,
        work: search.work,
    })
}
