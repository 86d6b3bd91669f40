//! What the witness of a goal looks at.

use noctule_num::CMat;

use super::dense::{Inverse, Matrix};
use crate::beamforming::goal::Problem;
use crate::beamforming::{Instance, Target};

/// Everything that is asked of the beams.
pub(super) struct Scene<'a> {
    pub(super) instance: &'a Instance,
    pub(super) problem: &'a Problem,
    pub(super) w: &'a CMat,
    pub(super) unknown: Vec<(usize, usize)>,
    /// F⁻¹ of what is unknown; none where F is singular.
    pub(super) inverse: Option<Inverse>,
    /// The targets at every offset with its share of all, F of what is unknown, and its inverse.
    pub(super) offsets: Vec<Offset>,
}

/// The targets off by the same.
pub(super) struct Offset {
    pub(super) share: f64,
    pub(super) targets: Vec<Target>,
    pub(super) fisher: Matrix,
    pub(super) inverse: Option<Inverse>,
}
