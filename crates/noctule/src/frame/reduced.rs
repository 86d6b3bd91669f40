//! The SINR as a function of the sensing time, in a space that does not grow with the array, and
//! what it cannot exceed over an interval of sensing times.
//!
//! Everything a user's statistics need lies in the range of `R + D`, whose numerical rank is a
//! handful for a narrow ring. With `s = 1/T_l` the sensed prior `R̂ = (R − s κ D)₊` is a function of
//! one number, and three facts turn values at the ends of an interval into bounds over it:
//!
//! * `n(s) = tr C` is `tr ψ(R − sκD)` with ψ(λ) = λ₊²/(λ₊ + 1/γ), which is convex, rises, and has
//!   its slope in [0, 1]; so `n` is convex in `s` and falls, projection included. A chord bounds it
//!   from above, end values enclose it, and end slopes enclose its slope.
//! * `m(s) = tr (G C)` for a fixed Hermitian `G` has `|m'| ≤ ‖G‖ κ‖D‖` and
//!   `|m''| ≤ 2γ ‖G‖ κ²‖D‖²` (Frobenius norms; double operator integrals, because ψ' has the
//!   Lipschitz constant 2γ). That also holds across eigenvalues that change sign.
//! * the filter `W = w(R − sκD)`, w(λ) = λ₊/(λ₊ + 1/γ), has a corner at zero and is only Lipschitz.
//!   But with `R = (R − sκD) + sκD` the physical SINR needs it in few places: `tr (R W)` is
//!   `n + sκ tr (D W)`, the power of an estimate `n + sκ tr (D W²)`, and both traces with `D` fall
//!   in `s`, being slopes of traces of convex functions; so end values enclose them. What an
//!   estimate sends towards others is `m + sκ tr (G W D W)`, and only its last part needs the
//!   Lipschitz constant 2γ‖G‖₂ κ‖D‖². Slopes are then bounded to first order only.

mod chords;
mod envelope;
mod layout;
mod samples;
mod user;

pub(super) use envelope::Envelope;
pub(super) use samples::Reduced;
