//! What our method is measured against. All take an instance, their settings and a
//! [`Run`](crate::Run), and return the same [`BeamformingDesign`](super::BeamformingDesign). Those
//! that begin somewhere say where in their settings ([`FromStart`]); beams to start from in the run
//! are not looked at.
//!
//! | function | method | what it ignores | what is proven |
//! |---|---|---|---|
//! | [`mrt`], [`rzf`], [`zf`] | closed forms | sensing | feasibility |
//! | [`wmmse`] | weighted MMSE: communication only | sensing | stationary sum rate |
//! | [`sensing_only`](fn@sensing_only) | convex in the covariance | users | globally optimal bound |
//! | [`sharing`](fn@sharing) | a precoder and sensing beams that do not know of each other, in the shares that keep what is required | – | feasibility |
//! | [`nominal`](fn@nominal) | the design for angles as they are named, judged over those that they may be | that angles are uncertain | feasibility |
//! | [`one_user`](fn@one_user) | closed form of one user and one target, without sensing streams; no scheme of tables | – | feasibility |
//! | [`algorithm1`](fn@algorithm1) | the paper's: surrogate with a quadratic shift | – | residual |
//! | [`projected_gradient`], [`barzilai_borwein`], [`conjugate_gradient`] | first order, on the sphere | – | stationary |
//! | [`fp_sgda`](fn@fp_sgda) | smoothed gradient with a fixed step | – | residual |
//! | [`wmmse_sdr`](fn@wmmse_sdr) | one convex program after the other | – | every program to a certified gap |
//!
//! The last three families climb the same objective as [`design`](super::design()) and end in the
//! same local optima; they differ in what it takes to get there.

mod algorithm1;
mod climbs;
mod closed_form;
mod fp_sgda;
mod from_start;
mod nominal;
mod one_user;
mod sensing_only;
mod sharing;
mod wmmse;
mod wmmse_sdr;
#[cfg(feature = "sdp")]
mod wmmse_sdr_conic;

pub use super::stationarity::{Stationarity, stationarity};
pub use algorithm1::{Algorithm1Settings, algorithm1};
pub use climbs::{ClimbSettings, barzilai_borwein, conjugate_gradient, projected_gradient};
pub use closed_form::{mrt, project_power, rzf, zf};
pub use fp_sgda::{FpSgdaSettings, fp_sgda};
pub use from_start::{FromStart, StartName};
pub use nominal::{NominalSettings, nominal};
pub use one_user::{one_user, one_user_beam};
pub use sensing_only::{SensingSettings, sensing_only};
pub(super) use sharing::best_use_bps_hz;
pub use sharing::{DataBeams, SharingSettings, sharing};
pub use wmmse::{WmmseSettings, wmmse};
pub use wmmse_sdr::{WmmseSdr, WmmseSdrSettings, wmmse_sdr, wmmse_sdr_with_gaps};
#[cfg(feature = "sdp")]
pub use wmmse_sdr_conic::{wmmse_sdr_conic, wmmse_sdr_conic_with_gaps};

use super::Beamforming;
use crate::claims::Ends;
use crate::system::{Method, Scheme};

/// The rows of the baselines.
pub(super) const SCHEMES: &[Scheme<Beamforming>] = &[
    Scheme::new(
        "sensing-only",
        "Sensing only",
        "the smallest Cramér–Rao bound, users ignored: proven globally optimal by the \
         Frank–Wolfe gap",
        &Method::new(sensing_only),
        Ends::OwnRule,
    ),
    Scheme::new(
        "wmmse",
        "WMMSE, communication only",
        "weighted MMSE, targets ignored: a stationary point of the sum rate",
        &Method::new(wmmse),
        Ends::OwnRule,
    ),
    Scheme::new(
        "rzf",
        "RZF",
        "regularised zero forcing, equal power: closed form",
        &Method::new(rzf),
        Ends::ClosedForm,
    ),
    Scheme::new(
        "zf",
        "ZF",
        "zero forcing, power water-filled over the users: closed form",
        &Method::new(zf),
        Ends::ClosedForm,
    ),
    Scheme::new(
        "mrt",
        "MRT",
        "matched filters, equal power: closed form",
        &Method::new(mrt),
        Ends::ClosedForm,
    ),
    Scheme::new(
        "sharing",
        "Shared",
        "a precoder that ignores targets and sensing beams that ignore users, in the shares that \
         keep what is required",
        &Method::new(sharing),
        Ends::ClosedForm,
    ),
    Scheme::new(
        "nominal",
        "Nominal",
        "of a scenario with `uncertain`: designed for the angles as they are named, judged over all that \
         they may be",
        &Method::new(nominal),
        Ends::OwnRule,
    ),
    Scheme::new(
        "algorithm-1",
        "Algorithm 1",
        "successive convex approximation of T. Fang et al.: as far as its tolerance goes",
        &Method::new(algorithm1),
        Ends::OwnRule,
    ),
    Scheme::new(
        "projected-gradient",
        "Projected gradient",
        "gradient ascent on the sphere with a line search: a stationary point",
        &Method::new(projected_gradient),
        Ends::ByResidual,
    ),
    Scheme::new(
        "barzilai-borwein",
        "Barzilai–Borwein",
        "gradient ascent with the step of Barzilai and Borwein, not monotone: a stationary \
         point",
        &Method::new(barzilai_borwein),
        Ends::ByResidual,
    ),
    Scheme::new(
        "conjugate-gradient",
        "Conjugate gradient",
        "Riemannian conjugate gradients: a stationary point",
        &Method::new(conjugate_gradient),
        Ends::ByResidual,
    ),
    Scheme::new(
        "fp-sgda",
        "FP-SGDA",
        "smoothed gradient ascent with a fixed step, after M. Zhu et al.: no guarantee",
        &Method::new(fp_sgda),
        Ends::OwnRule,
    ),
    Scheme::new(
        "wmmse-sdr",
        "WMMSE-SDR",
        "one convex program after the other, in the corrected, monotone form; each solved as a \
         factor and certified by its dual",
        &Method::new(wmmse_sdr),
        Ends::OwnRule,
    ),
    Scheme::new(
        "wmmse-sdr-conic",
        "WMMSE-SDR by a conic solver",
        "the same programs by a semidefinite interior-point solver, for timing; only in builds \
         with the feature `sdp`",
        &Method::new(wmmse_sdr_conic),
        Ends::OwnRule,
    )
    .unless(cfg!(feature = "sdp"), NO_CONES),
];

const NO_CONES: &str = "needs a build with the feature `sdp` and the system's OpenBLAS; \
                        `wmmse-sdr` solves the same programs without";

/// The place of a scheme that is not part of this build: refused by name.
#[cfg(not(feature = "sdp"))]
fn wmmse_sdr_conic(
    _: &super::Instance,
    _: &FromStart<WmmseSdrSettings>,
    _: &crate::Run<'_, super::Beams>,
) -> Result<super::BeamformingDesign, crate::Error> {
    let what = "this scheme is not part of this build";
    Err(crate::InputError::new(what, "scheme", "wmmse-sdr-conic", "wmmse-sdr").into())
}
