//! What no phases exceed, from surfaces aligned to user and target at once.
//!
//! For any phases `|z_k| ≤ N_k` and `|y_k| ≤ N_k`, and the optimum of the inner problem grows with
//! every gain and weight: the formula at fully aligned surfaces bounds it. Where paths overlap, with
//! Gram matrices of largest eigenvalue Λ_U at the user and Λ_B at the base station, gains times Λ_U and
//! power times Λ_B do: quick and coarse, and [`super::overlap`] is what comes close.

use noctule_num::linalg::HermitianEigen;
use noctule_num::{C64, CMat};
use noctule_phy::cascade::{Cascade, SurfacePath};
use noctule_phy::centred_array::CentredArray;

use super::overlap::{Corner, Overlap};
use crate::surfaces::covariance::CovarianceSolver;
use crate::surfaces::model::{Link, ORTHOGONAL};
use crate::surfaces::power::{Allocator, dual_bound};
use crate::surfaces::settings::Signal;

/// A bound in nats over all phases of a deployment, from surfaces aligned to user and target at once,
/// its name, and whether it is the optimum where the user decides.
pub(in crate::surfaces) fn ideal_bound(
    cascade: &Cascade,
    link: &Link,
    signal: Signal,
) -> (f64, &'static str) {
    if signal == Signal::Covariance {
        let (value, exact) = aligned_bound(cascade, link);
        return (value, if exact { "lagrangian-dual" } else { "lagrangian-dual-coherent" });
    }
    let (gains, weights) = link.aligned();
    let (power, required) = (link.power, link.required);
    let bound = Allocator::new(gains.len())
        .allocate(&gains, &weights, power, required)
        .map_or(0.0, |found| dual_bound(&gains, &weights, power, required, found.prices));
    (bound, "theorem-2")
}

/// Largest eigenvalue of the Gram matrix of unit responses; one where they are orthogonal.
fn overlap(elements: usize, frequencies: impl Fn(&SurfacePath) -> f64, cascade: &Cascade) -> f64 {
    let k = cascade.paths.len();
    let array = CentredArray::new(elements);
    let gram = CMat::from_fn(k, k, |i, j| {
        let difference = frequencies(&cascade.paths[i]) - frequencies(&cascade.paths[j]);
        C64::from(array.pattern(difference) / elements as f64)
    });
    let mut eigen = HermitianEigen::new(k);
    // the trace bounds what a failed decomposition would not tell
    eigen.compute(&gram).map_or(k as f64, |()| eigen.max().max(1.0))
}

/// Factors for gains and for power under which the formulas of orthogonal paths are upper bounds.
pub(in crate::surfaces) fn factors(cascade: &Cascade) -> (f64, f64) {
    let user = overlap(cascade.user_antennas, |path| path.user_arrival, cascade);
    let base = overlap(cascade.transmit_antennas, |path| path.base_departure, cascade);
    (user, base)
}

/// An upper bound in nats over all phases, from aligned surfaces; whether the paths are orthogonal,
/// so that with user and target in one place it is the optimum. Where they overlap it is that of the
/// Lagrangian dual ([`Overlap`]).
pub(in crate::surfaces) fn aligned_bound(cascade: &Cascade, link: &Link) -> (f64, bool) {
    let (coarse, exact) = coarse_bound(cascade, link);
    if exact {
        return (coarse, true);
    }
    let (gains, weights) = link.aligned();
    let (power, required) = (link.power, link.required);
    let corner = Corner { gains: &gains, weights: &weights, power, required };
    let found =
        Overlap::new(cascade, link.is_co_located()).and_then(|overlap| overlap.bound(corner));
    (found.map_or(coarse, |found| found.nats.min(coarse)), false)
}

/// The largest bound of several deployments: the coarse ones decide which are looked at more closely.
pub(in crate::surfaces) fn highest<T>(
    mut coarse: Vec<(f64, T)>,
    mut finer: impl FnMut(&T) -> f64,
) -> f64 {
    coarse.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut highest = 0.0_f64;
    for (bound, of) in &coarse {
        if *bound <= highest {
            break;
        }
        highest = highest.max(finer(of).min(*bound));
    }
    highest
}

/// The same from the largest eigenvalues of the Gram matrices alone: quick, and coarse where paths
/// overlap.
pub(in crate::surfaces) fn coarse_bound(cascade: &Cascade, link: &Link) -> (f64, bool) {
    let (base, user) = cascade.coherence();
    let exact = base.max(user) <= ORTHOGONAL;
    let (gains, weights) = link.aligned();
    let (gain, power) = if exact { (1.0, 1.0) } else { factors(cascade) };
    let gains: Vec<f64> = gains.iter().map(|g| g * gain).collect();
    (
        corner(&mut CovarianceSolver::new(), &gains, &weights, link.power * power, link.required),
        exact,
    )
}

/// The formula, +0 where the requirement is out of reach.
fn corner(
    solver: &mut CovarianceSolver,
    gains: &[f64],
    weights: &[f64],
    power: f64,
    required: f64,
) -> f64 {
    let total: f64 = weights.iter().sum();
    if total <= 0.0 {
        return if required > 0.0 {
            0.0
        } else {
            solver.solve(gains, weights, power, 0.0).rate_nats
        };
    }
    let overlaps: Vec<f64> = gains.iter().zip(weights).map(|(g, w)| g * w / total).collect();
    solver.solve(gains, &overlaps, power, required / (power * total)).rate_nats
}
