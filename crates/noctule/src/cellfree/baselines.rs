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
pub use majorisation::{MajorisationSettings, Split, majorisation};
