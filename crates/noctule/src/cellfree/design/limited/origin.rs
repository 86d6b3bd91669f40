//! Where climbs under a limit start.

use noctule_num::C64;

use crate::cellfree::{Beams, CellFreeDesign};

/// Beams of a neighbouring problem, and the slope of the region's boundary there where it is known.
#[derive(Clone, Copy, Debug)]
pub(in crate::cellfree) struct Warm<'a> {
    pub(in crate::cellfree) beams: &'a Beams,
    pub(in crate::cellfree) slope: Option<f64>,
}

impl<'a> Warm<'a> {
    /// What a design of the neighbour leaves behind.
    pub(in crate::cellfree) const fn of(design: &'a CellFreeDesign) -> Self {
        Self { beams: &design.variables, slope: design.metrics.slope }
    }
}

/// Where a climb starts: a point, and a guess of the multiplier.
pub(super) struct Origin {
    pub(super) x: Vec<C64>,
    pub(super) multiplier: f64,
}
