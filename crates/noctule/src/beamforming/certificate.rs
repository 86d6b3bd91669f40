//! Proofs that can be checked without an optimiser.
//!
//! An upper bound on the objective is a few numbers and one inequality each: for `t > 0`, `Q ≻ 0`
//! and symmetric `Y`
//! ```math
//! \ln x \le t x - \ln t - 1,\qquad
//! \ln\det A \le \mathrm{tr}\,QA - \ln\det Q - K,\qquad
//! \mathrm{tr}F^{-1} \ge 2\,\mathrm{tr}Y - \mathrm{tr}\,YFY
//! ```
//! turn the objective into something linear in the covariances, and a linear function
//! `⟨G, R⟩` over `tr R ≤ P` is at most `P · max(0, λ_max(G))`. Whoever doubts a bound of
//! [`global`](super::global) or [`cooperation`](super::cooperation) evaluates these functions at the
//! numbers given: they are in the units of the instance, and use no part of the solvers. They are
//! valid for *any* numbers; good ones make them tight. `G` has as many antennas as rows, but is made
//! of the columns of channels and target space alone: its eigenvalues are taken in an orthonormal
//! basis of those, and what rounding leaves outside the basis is measured and added.
//!
//! The bounds of [`global`](super::global) and [`cooperation`](super::cooperation) carry their
//! numbers ([`Bound::numbers`](noctule_optim::Bound)), those of the [separate optima](super::bound)
//! and of sensing alone too, and so do documents; [`again`] computes the bound from them, which is
//! what `noctule verify` does.

mod bounds;
mod lists;
mod range;

use noctule_num::{C64, CMat, InputError};
use noctule_optim::Bound;
use noctule_optim::branch_bound::covers;
use noctule_phy::fisher::parameters;

pub use bounds::{of_box, of_capacity, of_cooperation, of_envelopes, of_sensing};

use super::Instance;
use crate::Error;
use bounds::{Lines, chords, envelopes, of_lines};
pub use lists::Numbers;
pub(super) use lists::{length, list};
use range::{Range, normalised_channels};

/// The bound that the multipliers of a document prove, without an optimiser; `None` when there were
/// too many to be kept (`left_out`). Lists hold one box after the other, users in order.
///
/// | name | of every box |
/// |---|---|
/// | `low`, `high` | its interference levels; the boxes together cover what any beams reach |
/// | `t`, `slope`, `y` | the multipliers of [`of_envelopes`] |
/// | `chord_low`, `chord_high` | in place of `slope`, as proofs once had it: a box around it, whose chords are those of [`of_box`] |
///
/// | name | for cooperating users |
/// |---|---|
/// | `z`, `q`, `y` | as in [`of_cooperation`]; matrices by columns, real and imaginary parts in turn |
///
/// | name | for the two ends alone |
/// |---|---|
/// | `capacity` | the users' shares of power in the dual channel, as in [`of_capacity`] |
/// | `y` | as in [`of_sensing`]; without `capacity`, of a design for sensing alone |
///
/// # Errors
/// [`Error::Input`] when lists do not fit the instance, a box is outside its chords, or the boxes
/// leave something uncovered.
pub fn again(instance: &Instance, bound: &Bound) -> Result<Option<f64>, Error> {
    let numbers = &bound.numbers;
    if numbers.contains_key("left_out") {
        return Ok(None);
    }
    if let Some(shares) = numbers.get("capacity") {
        let sensing = of_sensing(instance, list(numbers, "y")?)?;
        return Ok(Some(of_capacity(instance, shares)? + sensing));
    }
    let rates = instance.parts().rate_weight_per_nat > 0.0 && instance.users() > 0;
    if numbers.len() == 1 && (bound.problem.is_some() || !rates) {
        return of_sensing(instance, list(numbers, "y")?).map(Some);
    }
    if numbers.contains_key("z") {
        let users = instance.users();
        let matrix = |name: &str| -> Result<CMat, Error> {
            let entries = list(numbers, name)?;
            length(name, entries.len(), 2 * users * users)?;
            let entries = entries.chunks_exact(2).map(|z| C64::new(z[0], z[1])).collect();
            Ok(CMat::from_columns(users, users, entries)?)
        };
        let (z, q) = (matrix("z")?, matrix("q")?);
        return of_cooperation(instance, &z, &q, list(numbers, "y")?).map(Some);
    }
    of_boxes(instance, numbers).map(Some)
}

/// The largest value of the boxes of a proof, which must cover what any beams reach.
fn of_boxes(instance: &Instance, numbers: &Numbers) -> Result<f64, Error> {
    let users = instance.users();
    let [low, high, t] = ["low", "high", "t"].map(|name| list(numbers, name));
    let (low, high, t, y) = (low?, high?, t?, list(numbers, "y")?);
    let n = parameters(instance.targets().len());
    let sensed = instance.parts().crb_weight > 0.0 && n > 0;
    let count = match (users, sensed) {
        (0, false) => 0,
        (0, true) => y.len() / (n * n),
        (users, _) => low.len() / users,
    };
    for (name, list) in [("low", low), ("high", high), ("t", t)] {
        length(name, list.len(), count * users)?;
    }
    length("y", y.len(), if sensed { count * n * n } else { 0 })?;
    let names =
        if numbers.contains_key("slope") { &["slope"][..] } else { &["chord_low", "chord_high"] };
    let mut sides = Vec::new();
    for name in names {
        let list = list(numbers, name)?;
        length(name, list.len(), count * users)?;
        sides.push(list);
    }
    let of = |list: &'_ [f64], leaf: usize| list[leaf * users..(leaf + 1) * users].to_vec();
    let range = Range::new(instance)?;
    let mut bound = f64::NEG_INFINITY;
    let mut boxes = Vec::with_capacity(count);
    for leaf in 0..count {
        let (low, high, t) = (of(low, leaf), of(high, leaf), of(t, leaf));
        let y = if sensed { &y[leaf * n * n..(leaf + 1) * n * n] } else { &[] };
        let sides: Vec<Vec<f64>> = sides.iter().map(|list| of(list, leaf)).collect();
        let lines = lines(instance, leaf, (&low, &high), &t, &sides)?;
        bound = bound.max(of_lines(&range, instance, &t, &lines, y)?);
        boxes.push((low, high));
    }
    let whole = (vec![1.0; users], most_interference(instance));
    let weighed = instance.parts().rate_weight_per_nat > 0.0;
    if count == 0 || weighed && !covers(&boxes, &whole) {
        let what = "the boxes leave something uncovered";
        let allowed = "boxes that cover all interference levels";
        return Err(InputError::new(what, "low, high", format!("{count} boxes"), allowed).into());
    }
    Ok(bound)
}

/// The lines of a box: by its slopes, or the chords of a box around it.
fn lines(
    instance: &Instance,
    leaf: usize,
    (low, high): (&[f64], &[f64]),
    t: &[f64],
    sides: &[Vec<f64>],
) -> Result<Lines, Error> {
    let [outer_low, outer_high] = sides else {
        return envelopes(instance, (low, high), t, &sides[0]);
    };
    if !(0..low.len()).all(|k| outer_low[k] <= low[k] && high[k] <= outer_high[k]) {
        let found = format!("box {leaf}");
        let what = "a box is not inside the one whose chords prove it";
        return Err(InputError::new(what, "chord_low", found, "a box around it").into());
    }
    chords(instance, outer_low, outer_high)
}

/// `1 + P‖h_k‖²/σ_k²`, more than which no beams make a user receive.
fn most_interference(instance: &Instance) -> Vec<f64> {
    let channels = normalised_channels(instance);
    let gain = |k: usize| channels.col(k).iter().map(C64::norm_sqr).sum::<f64>();
    (0..instance.users()).map(|k| 1.0 + instance.parts().power_w * gain(k)).collect()
}
