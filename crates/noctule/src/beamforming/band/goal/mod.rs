//! Goals and requirements over a band: the words of one frequency, with rates that are means over subcarriers, SINRs
//! that hold on every one, and bounds of ranges and velocities.
//!
//! # Why bounds hold
//!
//! With one covariance a stream and subcarrier, R_n their sum, everything but rates is convex: floors on SINRs are
//! linear, and every bound has the minorant `2 tr EᵀY − Σ_n⟨F_n*(YYᵀ), R_n⟩`, as F is linear in all R_n at once.
//! A rate is at most `tT − ln t − 1 + o − lI` for any t > 0 (T is what a user receives, I what of it disturbs): the tangent
//! of ln T, and the chord `o − lI` of −ln I over all I that the power allows. So any multipliers give
//! ```text
//! N_{n,j} = F_n*(Φ) − Σ_k (λ_nk − (η_k/N)(t_nk − l_nk)) (Q_nk + C_k) + (λ_nj (1 + 1/γ_j) + (η_j/N) l_nj) Q_nj
//! ```
//! (without the last term for sensing), and the one power costs `μ = max(0, max_{n,j} λ₁(N_{n,j}))`: eigenvalues
//! of small matrices, subcarrier by subcarrier. Where no rate is asked for, and none is the goal, the problem is
//! convex and the bound is reached; with rates it stays above by what chords and tangents lose.

mod again;
mod certificate;
mod dual;
mod evaluate;
mod prices;
mod program;
mod refine;
mod restore;
mod scaled;
mod search;
mod solve;
mod stack;
mod starts;
mod story;
mod task;
#[cfg(test)]
mod tests;

pub(in crate::beamforming) use again::{bound_again, bounded, stop_again};
pub(in crate::beamforming) use certificate::infeasible_again;
pub(in crate::beamforming) use evaluate::evaluate_goal;
pub(super) use search::directions;
pub(in crate::beamforming) use solve::{best_of, certified_weighted, design_goal, sensing_over};
pub(in crate::beamforming) use story::{facts, tables};
pub(in crate::beamforming) use task::check;
