//! What methods share that creep: their limits, and when they stop.

use noctule_num::InputError;
use noctule_num::input::{in_count, within};

use crate::cellfree::settings::MOST_ROWS;

/// Steps of a method that creeps, at most.
const MOST_STEPS: u64 = 1_000_000_000;

/// Refuse a tolerance outside `[0, 1)`, and numbers of iterations or rows that make no sense.
pub(super) fn check_creeping(
    name: &str,
    iterations: u64,
    tolerance: f64,
    rows: usize,
) -> Result<(), InputError> {
    in_count(name, iterations, 1, MOST_STEPS)?;
    within("tolerance", tolerance, 0.0, 1.0)?;
    in_count("trace_rows", rows, 0, MOST_ROWS)
}

/// Whether a step that gained so much was too small, relative to the rate it led to, or to one nat
/// where that is less.
pub(super) fn has_stalled(gain: f64, rate: f64, tolerance: f64) -> bool {
    gain.abs() <= tolerance * rate.abs().max(1.0)
}
