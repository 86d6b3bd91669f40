//! What is proven of a box of interferences, and proofs of many boxes again.

use std::collections::BTreeMap;

use noctule_num::{CMat, InputError};
use noctule_optim::branch_bound::covers;

use super::certificate::largest;
use super::groups::PowerLimit;
use super::link::add_outer;
use super::matrices::real_inverse;
use super::metric::Metric;
use super::minorant::Minorant;
use super::multipliers::capped;
use super::program::Cap;
use super::required::Requirements;
use super::sensed::Sensed;
use super::world::{Space, World};
use crate::Error;

/// So many numbers are handed out as a proof; more would be a file of their own.
const MOST_NUMBERS: usize = 1_000_000;
/// The power of the norm that stands for the largest eigenvalue in a box.
pub(super) const SHARPNESS: i32 = 256;

/// SINR floors γ and their multipliers λ; without λ, as if there were none.
pub(super) type Floors<'a> = (&'a [f64], &'a [f64]);

/// `UB = Σ v(t − l − log t − 1 + off) + Σρ(c − β) + P max(0, max_j λ₁(G_j))` of a box of interferences, with
/// the matrices G; `all` is Σρ(β, B), `limits` Σρc. With groups of antennas and multipliers ν of their limits
/// `Σ P_g max(0, ν_g + τ)` takes the place of the last term, τ the largest eigenvalue of all `G_j − diag ν`. SINR
/// floors γ with multipliers λ, where there are such, take Σλ off and the matrices of the floors from G.
pub(super) fn node_bound(
    space: &Space,
    weights: &[f64],
    (low, high): (&[f64], &[f64]),
    t: &[f64],
    ((all, limits), (floors, lambda)): ((&Minorant, f64), Floors<'_>),
    (power, nu): (&PowerLimit, &[f64]),
) -> (f64, Vec<CMat>) {
    let chord = |k: usize| {
        let width = (high[k] / low[k]).ln();
        let l = if width > 1e-14 { width / (high[k] - low[k]) } else { 1.0 / low[k] };
        (l, l * low[k] - low[k].ln())
    };
    let multiplier = |k: usize| lambda.get(k).copied().filter(|_| floors[k] > 0.0).unwrap_or(0.0);
    let mut sum = limits - all.beta;
    let mut first = all.b.clone();
    let mut common = all.b.clone();
    for (k, v) in weights.iter().enumerate() {
        let (l, off) = chord(k);
        sum += v * (t[k] - l - t[k].ln() - 1.0 + off) - multiplier(k);
        let factor = v * (t[k] - l) - multiplier(k);
        add_outer(&mut first, factor * space.heard, space.h.col(k));
        add_outer(&mut common, factor, space.h.col(k));
        if let Some(error) = space.errors.get(k) {
            for out in [&mut first, &mut common] {
                for (out, e) in out.as_mut_slice().iter_mut().zip(error.as_slice()) {
                    *out += e * factor;
                }
            }
        }
    }
    let mut matrices = vec![first];
    for (j, v) in weights.iter().enumerate() {
        let mut own = common.clone();
        let floor = multiplier(j);
        let asked = if floor > 0.0 { floor * (1.0 + 1.0 / floors[j]) } else { 0.0 };
        add_outer(&mut own, v * chord(j).0 + asked, space.h.col(j));
        matrices.push(own);
    }
    let total = power.total();
    let Some(groups) = power.groups().filter(|groups| groups.count() == nu.len()) else {
        let (top, hidden) = largest(&matrices);
        return (sum + total * (top.max(0.0) + hidden + all.blur), matrices);
    };
    let mut limited = matrices.clone();
    groups.subtract(nu, &mut limited);
    let (tau, hidden) = largest(&limited);
    let raised: Vec<f64> = nu.iter().map(|nu| (nu + tau).max(0.0)).collect();
    (sum + groups.price(&raised) + total * (hidden + all.blur), matrices)
}

/// What proves a box: chords of one around it, and multipliers.
#[derive(Clone, Debug)]
pub(super) struct Leaf {
    pub(super) low: Vec<f64>,
    pub(super) high: Vec<f64>,
    pub(super) t: Vec<f64>,
    pub(super) rho: Vec<f64>,
    /// λ of the SINR floors, one a user; empty without floors.
    pub(super) lambda: Vec<f64>,
    pub(super) nu: Vec<f64>,
    /// F⁻¹ of every scene at which the caps' minorants are tight.
    pub(super) inverses: Vec<f64>,
}

/// Whether the minorants of all caps follow from inverse Fisher matrices.
pub(super) fn is_checkable(required: &Requirements) -> bool {
    let known =
        |metric: &Metric| !metric.wants_streams() && !matches!(metric, Metric::Bayesian { .. });
    required.caps.iter().all(|cap| known(&cap.metric))
}

/// A box by its two corners, and what proves its bound.
pub(super) type Boxed<'a> = ((&'a [f64], &'a [f64]), &'a Leaf);

/// The numbers of a proof: boxes, and what proves each.
pub(super) fn numbers(required: &Requirements, leaves: &[Boxed<'_>]) -> BTreeMap<String, Vec<f64>> {
    let one = leaves.first().map_or(0, |(_, leaf)| {
        6 * leaf.t.len() + leaf.lambda.len() + leaf.rho.len() + leaf.nu.len() + leaf.inverses.len()
    });
    if one * leaves.len() > MOST_NUMBERS || !is_checkable(required) {
        return [("left_out".to_owned(), vec![leaves.len() as f64])].into();
    }
    let all =
        |of: &dyn Fn(&Boxed<'_>) -> Vec<f64>| -> Vec<f64> { leaves.iter().flat_map(of).collect() };
    let lists = [
        ("low", all(&|(corners, _)| corners.0.to_vec())),
        ("high", all(&|(corners, _)| corners.1.to_vec())),
        ("chord_low", all(&|(_, leaf)| leaf.low.clone())),
        ("chord_high", all(&|(_, leaf)| leaf.high.clone())),
        ("t", all(&|(_, leaf)| leaf.t.clone())),
        ("rho", all(&|(_, leaf)| leaf.rho.clone())),
        ("lambda", all(&|(_, leaf)| leaf.lambda.clone())),
        ("nu", all(&|(_, leaf)| leaf.nu.clone())),
        ("inverses", all(&|(_, leaf)| leaf.inverses.clone())),
    ];
    let kept = lists.into_iter().filter(|(_, list)| !list.is_empty());
    kept.map(|(name, list)| (name.to_owned(), list)).collect()
}

/// The corner that interferences do not exceed: with a floor γ_k neither `P‖h_k‖²/γ_k`.
pub(super) fn most_interference(space: &Space, power: f64, floors: &[f64]) -> Vec<f64> {
    let most = |k: usize| {
        let gain: f64 = space.h.col(k).iter().map(noctule_num::C64::norm_sqr).sum();
        let error = space.errors.get(k).map_or(0.0, |e| largest(std::slice::from_ref(e)).0);
        let most = 1.0 + power * (gain + error.max(0.0));
        if floors[k] > 0.0 {
            // what rounding of a floor that all power goes to may hide
            most.min((power * gain / floors[k]).max(1.0) * (1.0 + 1e-9))
        } else {
            most
        }
    };
    (0..space.users()).map(most).collect()
}

/// What no weighted rate exceeds, again from the numbers of a proof by branch and bound; none where these
/// were left out.
///
/// # Errors
/// [`Error::Input`] for numbers that do not fit, and boxes that leave something uncovered.
pub fn rate_bound(
    world: &World,
    weights: &[f64],
    required: &Requirements,
    numbers: &BTreeMap<String, Vec<f64>>,
) -> Result<Option<f64>, Error> {
    world.check()?;
    required.check(world)?;
    super::checks::rate_weights(weights, world)?;
    if numbers.contains_key("left_out") || !is_checkable(required) {
        return Ok(None);
    }
    let space = Space::new(world, required.whole(None))?;
    let users = space.users();
    let caps = required.strict_caps(0.0);
    let groups = required.power.groups().map_or(0, |groups| groups.count());
    let sizes: Vec<usize> = space.maps.iter().map(|map| map.len() * map.len()).collect();
    let tight = if caps.is_empty() { 0 } else { sizes.iter().sum() };
    let list = |name: &str| numbers.get(name).map_or(&[][..], Vec::as_slice);
    let count = list("low").len() / users;
    // bounds that know no floors are bounds too
    let floored = if list("lambda").is_empty() { 0 } else { users };
    for (name, each) in [
        ("low", users),
        ("high", users),
        ("chord_low", users),
        ("chord_high", users),
        ("t", users),
        ("rho", caps.len()),
        ("lambda", floored),
        ("nu", groups),
        ("inverses", tight),
    ] {
        let found = list(name).len();
        if found != count * each || list(name).iter().any(|x| !x.is_finite()) {
            let allowed = format!("{} finite numbers", count * each);
            let what = "another number of multipliers";
            return Err(InputError::new(what, name, found.to_string(), allowed).into());
        }
    }
    let mut bound = f64::NEG_INFINITY;
    let mut boxes = Vec::new();
    for leaf in 0..count {
        let of = |name: &str, each: usize| list(name)[leaf * each..(leaf + 1) * each].to_vec();
        let (low, high) = (of("low", users), of("high", users));
        let chord = (of("chord_low", users), of("chord_high", users));
        let (t, rho) = (of("t", users), of("rho", caps.len()));
        let inside = (0..users).all(|k| {
            chord.0[k] <= low[k] && high[k] <= chord.1[k] && chord.0[k] > 0.0 && t[k] > 0.0
        });
        let lambda = of("lambda", floored);
        if !inside || rho.iter().chain(&lambda).any(|factor| *factor < 0.0) {
            let what =
                "a box is not inside the one whose chords prove it, or a multiplier is negative";
            let found = format!("box {leaf}");
            return Err(InputError::new(what, "chord_low", found, "a box around it").into());
        }
        let inverses = of("inverses", tight);
        let (all, limits) = tight_at(&space, required, &caps, &rho, &inverses, &sizes)?;
        let power = (&required.power, &of("nu", groups)[..]);
        let corners = (&chord.0[..], &chord.1[..]);
        let asked = ((&all, limits), (&required.sinr[..], &lambda[..]));
        let found = node_bound(&space, weights, corners, &t, asked, power).0;
        bound = bound.max(found);
        boxes.push((low, high));
    }
    let whole =
        (vec![1.0; users], most_interference(&space, required.power.total(), &required.sinr));
    if count == 0 || !covers(&boxes, &whole) {
        let what = "the boxes leave something uncovered";
        let allowed = "boxes that cover all interferences";
        return Err(InputError::new(what, "low, high", format!("{count} boxes"), allowed).into());
    }
    Ok(Some(bound))
}

/// Σρ(β, B) and Σρc of caps whose minorants are tight at inverse Fisher matrices.
fn tight_at(
    space: &Space,
    required: &Requirements,
    caps: &[Cap],
    rho: &[f64],
    inverses: &[f64],
    sizes: &[usize],
) -> Result<(Minorant, f64), InputError> {
    let mut all = Minorant::nothing(space.dim());
    let mut limits = 0.0;
    if caps.is_empty() {
        return Ok((all, limits));
    }
    let mut rest = inverses;
    let mut parts = Vec::new();
    for size in sizes {
        let (one, others) = rest.split_at(*size);
        let n = size.isqrt();
        let symmetric =
            (0..n).all(|i| (0..i).all(|j| one[i * n + j].to_bits() == one[j * n + i].to_bits()));
        if !symmetric {
            let allowed = "symmetric positive definite matrices";
            return Err(InputError::new("no covariance", "inverses", "another", allowed));
        }
        // limits on gains do not ask for one, and where they are all there is there need be none
        parts.push((one.to_vec(), *size == 0 || real_inverse(one).is_some()));
        rest = others;
    }
    let sensed = Sensed::of_inverses(space, parts);
    let minorant = |metric: &Metric| sensed.minorant(space, metric, SHARPNESS);
    for cap in capped(caps, rho, required, minorant) {
        if cap.rho <= 0.0 {
            continue;
        }
        if cap.minorant.b.rows() != space.dim() {
            let what = "a limit has no minorant there";
            return Err(InputError::new(what, "inverses", "another", "what a design has"));
        }
        all.add(cap.rho, &cap.minorant);
        limits += cap.rho * cap.limit;
    }
    Ok((all, limits))
}
