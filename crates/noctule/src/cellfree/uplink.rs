//! The largest sum rate (P2) in the uplink: a number for every user and one for every access point.
//!
//! For rates that are required, the least powers of the downlink are those of an uplink in which each user
//! sends once, access points join all their antennas, and their noise is a price: the duality of
//! Bengtsson and Ottersten, and of Yu and Lan (IEEE Trans. Signal Process. 55, 2007) for the powers of
//! single transmitters. What is left of P2 is a saddle point,
//!
//! ```math
//! \max_{\lambda\ge0,\;\sum_k\lambda_k=1}\;\min_{\mu\ge0,\;\sum_m\mu_m=1}\;
//! F(\lambda,\mu)=-\sum_k\ln\bigl(1-\lambda_k\,h_k^H B^{-1}h_k\bigr),\qquad
//! B=\sum_j\lambda_j(h_jh_j^H+\Theta_j)+\operatorname{diag}(\mu_m I),
//! ```
//!
//! with powers λ of the users and prices μ of the access points' powers. F is convex in μ, and not concave
//! in λ: what is found is a local maximum, as of every other method for P2. Of the beams
//! `w_k ∝ B⁻¹ h_k` only the lengths are left, from linear equations.
//!
//! Where `Θ_k` are multiples of the identity for each access point, as they are to rounding wherever
//! reflections do not matter, everything is in the Gram matrices of the users: an evaluation with all second
//! derivatives costs `M` products of order `K`, whatever the antennas. Newton steps in λ, over prices
//! that Newton steps have settled, take ten to twenty of them where a climb of beams takes a thousand: there a user that is
//! nearly shut off fades like a power of its own amplitude, here it is at zero after two steps.

use noctule_num::linalg::{Op, product, real_dot};
use noctule_num::{C64, CMat};
use noctule_optim::{Interrupt, Work};

use super::model::Model;
use crate::Error;

mod ascent;
mod lengths;
mod prices;
mod value;

use value::Value;

/// SINRs below this are those of users that are shut off.
const SHUT_OFF: f64 = 1e-12;
/// Where error covariances are replaced nobody is shut off: this share of the mean power is left.
const AWAKE: f64 = 1e-4;

/// The uplink of a problem, with error covariances that are multiples of the identity.
pub(super) struct Uplink {
    value: Value,
    /// The channels at every access point, `N × K`.
    local: Vec<CMat>,
    /// Whether error covariances are multiples of the identity in truth.
    exact: bool,
}

/// Where an ascent ended.
pub(super) struct Ascended {
    /// Data beams of the downlink with the same rates, within the powers up to what the ascent left open.
    pub(super) data: CMat,
    pub(super) work: Work,
}

impl Uplink {
    /// The uplink of a model; none where something is sensed or nobody served. Error covariances that are no
    /// multiples of the identity are replaced by those with their traces: beams are then close to a maximum, and
    /// their rates what they are.
    pub(super) fn of(model: &Model) -> Option<Self> {
        if model.users == 0 || !model.sensing.is_empty() {
            return None;
        }
        let users = 0..model.users;
        let local: Vec<CMat> =
            (0..model.aps).map(|ap| model.local_directions(ap).columns(users.clone())).collect();
        let grams = local.iter().map(|h| product(h, Op::Adjoint, h, Op::Plain)).collect();
        Some(Self {
            value: Value::new(grams, model.mean_errors()),
            local,
            exact: model.has_plain_errors(),
        })
    }

    /// Climb from powers of the users, with at most so many evaluations; none where rounding leaves no beams.
    ///
    /// # Errors
    /// When eigenvalues cannot be found.
    pub(super) fn ascend(
        &mut self,
        powers: &[f64],
        evaluations: u64,
        interrupt: &Interrupt,
    ) -> Result<Option<Ascended>, Error> {
        let mut work = Work::default();
        let value = &mut self.value;
        let Some(mut point) = ascent::maximise(value, powers, evaluations, interrupt, &mut work)?
        else {
            return Ok(None);
        };
        if self.exact {
            value.silence(&mut point.powers, SHUT_OFF);
        } else {
            let least = AWAKE / point.powers.len() as f64;
            point.powers.iter_mut().for_each(|power| *power = power.max(least));
        }
        work.evaluations += 1;
        if value.at(&point.powers, &point.prices).is_none() {
            return Ok(None);
        }
        let lengths = lengths::of(value, &point.powers);
        Ok(lengths.map(|lengths| Ascended { data: self.beams(&lengths, &point.prices), work }))
    }

    /// `w_k = √q_k B⁻¹ h_k`, stacked over access points. Where power has a price all of it is used: slack is the
    /// root of what is left, and would show the rounding of prices as half its digits.
    fn beams(&self, lengths: &[f64], prices: &[f64]) -> CMat {
        let n = self.local.first().map_or(0, CMat::rows);
        let mut out = CMat::zeros(self.local.len() * n, lengths.len());
        for (ap, local) in self.local.iter().enumerate() {
            let seen = product(local, Op::Plain, &self.value.mixing, Op::Plain);
            let power: f64 = lengths
                .iter()
                .enumerate()
                .map(|(k, q)| q * real_dot(seen.col(k), seen.col(k)))
                .sum();
            let all = if prices[ap] > 0.0 { power.sqrt() } else { self.value.noise[ap] };
            for (k, length) in lengths.iter().enumerate() {
                let scale = length.sqrt() / all;
                let to = &mut out.col_mut(k)[ap * n..(ap + 1) * n];
                to.iter_mut().zip(seen.col(k)).for_each(|(w, z)| *w = *z * scale);
            }
        }
        out
    }
}

/// The powers in the uplink of the users at a point of the model: `S/(A T)`, what a stationary point has.
pub(super) fn powers(model: &mut Model, x: &[C64]) -> Vec<f64> {
    model.forward(x);
    let of = |k: usize| {
        let (total, rest) = (model.total[k], model.rest[k]);
        (total - rest).max(0.0) / (rest * total)
    };
    (0..model.users).map(of).collect()
}

#[cfg(test)]
mod tests;
