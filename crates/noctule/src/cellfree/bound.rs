//! What no beams can exceed: branch and bound over the users' interference levels.
//!
//! With `T_k` all that user `k` receives and `A_k` the same without its own signal, the sum rate is
//! `Σ ln T_k − ln A_k`. On a box `A_k ∈ [lo, hi]` each rate lies below its concave envelope, and that below its
//! planes `t T_k − ln t − 1 + offset_k − slope_k A_k`; what remains is concave in the
//! covariances `R_k = w_k w_kᴴ` and `Z_m`: every region of the search has a certified upper bound, second
//! order in its width. `A_k` is affine in the covariances with the estimation errors *kept*. Levels at which the
//! planes leave more to spare than a bound is behind what is known are cut away.
//!
//! # Certificate of a region
//!
//! For any point of the region, with its planes and `G_j = Σ_k (t_k − slope_k)(h_k h_kᴴ + Θ_k) +
//! slope_j h_j h_jᴴ`, concavity gives
//! `Σ_k (t_k − slope_k − ln t_k − 1 + offset_k) + max Σ_j ⟨G_j, R_j⟩`, and the maximum over powers of at
//! most one a access point is at most `Σ_m max(0, ν_m + τ)` for any prices ν and
//! `τ = max_j λmax(G_j − diag ν)`; with powers of exactly one, nothing is clipped. One eigenvalue
//! decomposition serves all users: they differ by a matrix of rank one. A limit `S ≤ δ` enters with
//! any price `μ ≥ 0`: `−μ (S − δ)` is concave, and its linearisation at a point of error `S₀` adds
//! `μ (δ + S₀)` and takes `μ ∇S` from every `G_j`.
//!
//! Bounds hold at any iterate, converged or not; a margin of `64 ε` times the order and the size of
//! the terms covers rounding ("numerically certified"). Without a limit the relaxation has the same
//! optimum as the problem. Under a limit on `S` that is not proven: closure is then an outcome, not
//! a theorem.

mod certificate;
mod divide;
mod node;
mod proof;
mod region;
mod search;

use std::collections::BTreeMap;

use noctule_num::C64;
use noctule_optim::branch_bound::{Budget, Found, branch_and_bound};
use noctule_optim::{Bound, Interrupt, Sense, Stop};
use noctule_phy::units::nats_to_bits;

use self::node::Node;
use self::region::Region;
use self::search::Search;
use super::instance::checks::allowance;
use super::model::{Link, Model, Roles};
use super::{Beams, Instance, Requirement, Settings};
use crate::{Error, FEASIBLE};

/// Beams met on the way count as better from this much on, relative: below it they are the same to
/// rounding, and a climb from them would be for nothing.
const BETTER: f64 = 1e-6;
/// The interference levels of the first box are widened by this, relative, so that the largest one is
/// inside whatever rounding does to it.
const WIDENED: f64 = 1e-9;
/// The smallest ones are lowered by this: where users hear next to nothing they are one less a few roundings,
/// and whoever checks a proof rounds on the safe side of that.
const LOWERED: f64 = 1e-14;

/// What branch and bound proved.
#[derive(Clone, Debug)]
pub struct Certified {
    /// No beams have a larger sum rate, nat/s/Hz.
    pub upper_nats: f64,
    /// The best sum rate met within the limit on the error, nat/s/Hz; −∞ where none was.
    pub lower_nats: f64,
    /// Regions examined.
    pub nodes: u64,
    /// Why it stopped; [`Stop::Converged`] when the gap is closed.
    pub stop: Stop,
    /// What [`rate_ceiling`](super::again::rate_ceiling) needs to compute the bound again.
    pub numbers: BTreeMap<String, Vec<f64>>,
    beams: Option<Beams>,
}

impl Certified {
    /// As a bound on designs that reach `sum_rate_bps_hz`.
    pub fn bound(&self, sum_rate_bps_hz: f64) -> Option<Bound> {
        let method = format!("branch-and-bound, {} nodes", self.nodes);
        let value = nats_to_bits(self.upper_nats);
        Bound::new(sum_rate_bps_hz, value, Sense::Upper, method, 0.0)
            .map(|bound| bound.with_numbers(self.numbers.clone()))
    }

    /// Beams met on the way, within the limit on the error, that are better than `sum_rate_bps_hz` by
    /// more than rounding.
    pub fn better(&self, sum_rate_bps_hz: f64) -> Option<Beams> {
        let found = nats_to_bits(self.lower_nats);
        self.beams.clone().filter(|_| found > sum_rate_bps_hz * (1.0 + BETTER))
    }
}

/// Upper bound on the sum rate of `instance` from the beams `beams`, with the regions and the gap of
/// `settings.certify` — one region where it asks for no bound; under a limit on the error, with the
/// `price` of that limit in nats per unit of S.
///
/// # Errors
/// [`Error::Numerics`] when an eigenvalue cannot be found.
pub fn rate_bound_of(
    instance: &Instance,
    settings: &Settings,
    beams: &Beams,
    price: Option<f64>,
    interrupt: &Interrupt,
) -> Result<Certified, Error> {
    settings.validate()?;
    beams.check(instance)?;
    let model = Model::new(instance, roles(instance, settings));
    let mut x = model.point(beams);
    model.manifold().normalise(&mut x);
    rate_bound(instance, settings, &x, price, interrupt)
}

const fn roles(instance: &Instance, settings: &Settings) -> Roles {
    match instance.requirement() {
        Requirement::None => Roles::CommunicationOnly,
        _ => Roles::Sensing(settings.sensing_beams),
    }
}

pub(super) fn rate_bound(
    instance: &Instance,
    settings: &Settings,
    x: &[C64],
    price: Option<f64>,
    interrupt: &Interrupt,
) -> Result<Certified, Error> {
    let mut model = Model::new(instance, roles(instance, settings));
    model.forward(x);
    let rate = model.value(Link::Rate);
    let limit = match instance.requirement() {
        Requirement::MaxError(limit) => limit,
        _ => f64::INFINITY,
    };
    // A negative price would make the relaxation convex where it has to be concave.
    let price = if limit.is_finite() { price.unwrap_or(0.0).max(0.0) } else { 0.0 };
    let (lo, hi) = levels(instance, &model);
    let lo = lo.iter().map(|lo| lo * (1.0 - LOWERED)).collect();
    let hi = hi.iter().map(|hi| hi * (1.0 + WIDENED)).collect();
    let levels = model.rest.iter().map(|rest| (*rest, 0.0)).collect();
    let root = Region { lo, hi, x: x.to_vec(), levels, proven: None, enough: None };
    let relative = settings.certify.gap();
    // Of a rate of zero there is no share; any width closes it.
    let gap = relative * rate.abs().max(1e-12);
    let mut search = Search::new(Node::new(model, price, limit), gap, interrupt.clone());
    let budget = Budget { nodes: settings.nodes(), absolute: 0.0, relative };
    let met = limit.is_infinite() || search.node.model.error() <= limit * (1.0 + FEASIBLE);
    // Branch and bound minimises: everything it sees is minus a rate.
    let start = met.then(|| (-rate, x.to_vec()));
    let found: Found<Vec<C64>> = branch_and_bound(&mut search, [root], start, budget, interrupt);
    if let Some(error) = search.failure {
        return Err(error);
    }
    Ok(Certified {
        upper_nats: -found.bound,
        lower_nats: found.best.as_ref().map_or(f64::NEG_INFINITY, |(lower, _)| -lower),
        nodes: found.nodes,
        stop: found.stop,
        numbers: proof::numbers(&search.leaves, search.node.price),
        beams: found.best.map(|(_, point)| search.node.model.beams(&point)),
    })
}

/// Checkers of proofs bound the largest interference from above in ways of their own, some 10⁻⁹ higher.
const WIDER: f64 = 1.0 + 1e-8;

/// The smallest and the largest interference of every user, in units of the noise; less what
/// rounding may take from the covariance of the errors.
pub(super) fn levels(instance: &Instance, model: &Model) -> (Vec<f64>, Vec<f64>) {
    let powers = &instance.parts().power_over_noise;
    let low = |error| {
        let allowed = allowance(error, powers);
        1.0 - allowed.iter().zip(powers).map(|(a, p)| a * p).sum::<f64>().min(0.5)
    };
    let lo = instance.parts().error.iter().map(low).collect();
    (lo, (0..model.users).map(|k| model.most_interference(k) * WIDER).collect())
}
