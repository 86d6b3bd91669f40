//! Phases: what a surface can do for two directions at once, and the searches for what it should.

mod climb;
pub mod curve;
pub(super) mod find;
pub(super) mod light;
pub(super) mod majorise;
pub(super) mod overlapping;
pub(super) mod plan;
pub mod quantise;
pub(super) mod scorer;
pub(super) mod search;
pub(super) mod staircase;
mod summit;
