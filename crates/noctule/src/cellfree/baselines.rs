//! What our method is compared with: closed-form beams, and block-coordinate ascent as the paper has
//! it and as it should be.
//!
//! The paper names "ZF" and "MRT" without saying how powers are set or what the sensing signal is
//! (`docs/errata.md#cellfree-e20`). Both choices are settings here: columns of unit norm with **one
//! common scale** so that the strongest access point has power one, which keeps the nulls of zero
//! forcing, or every access point scaled **to its own** full power, which breaks them; and the power
//! left goes either to the best beampattern or isotropically to all directions.

mod block_ascent;
mod closed_form;
mod creeping;
mod majorisation;

pub use block_ascent::{BlockSettings, Order, block_ascent, block_update, sweep};
pub use closed_form::{Leftover, LinearSettings, Scaling, mrt, zero_forcing};
pub(in crate::cellfree) use majorisation::fits;
pub use majorisation::{MajorisationSettings, Split, majorisation};

use super::CellFree;
use super::claims::Claims;
use crate::claims::Ends;
use crate::system::{Method, Scheme};

/// The rows of the baselines.
pub(super) const SCHEMES: &[Scheme<CellFree>] = &[
    Scheme::new(
        "majorisation",
        "Majorisation",
        "the convex step of the corrected Algorithm 3 in factored form, repeated, or with the \
                  split of the paper (`split`): feasible, no claim beyond",
        &Method::new(majorisation),
        Claims::new(Ends::OwnRule),
    ),
    Scheme::new(
        "block-ascent",
        "Algorithm 2",
        "P2 by block-coordinate ascent on the quadratic transform, one access point after \
                  the other or all at once as printed: no claim",
        &Method::new(block_ascent),
        Claims::new(Ends::OwnRule),
    ),
    Scheme::new(
        "zero-forcing",
        "ZF",
        "zero forcing over all access points together, one scale for all: closed form",
        &Method::new(zero_forcing),
        Claims::new(Ends::ClosedForm),
    ),
    Scheme::new(
        "mrt",
        "MRT",
        "matched filters, one scale for all: closed form",
        &Method::new(mrt),
        Claims::new(Ends::ClosedForm),
    ),
];
