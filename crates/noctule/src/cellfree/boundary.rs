//! The boundary of the communication–sensing region.
//!
//! The region is closed under giving up rate or tolerating error, so its boundary is a curve that
//! rises with the error allowed. [`boundary()`] climbs it from the loosest limit to the tightest, each
//! point from the beams of the one before, and then makes sure that no looser limit is left with less
//! rate than a tighter one that is met. [`critical_points`] are its two ends.

use noctule_optim::{Interrupt, PointProof, Proof, Stop};

use super::baselines::sensing_only;
use super::design::{best_patterns, constrained, design_from, error_floor};
use super::{CellFreeDesign, Instance, Requirement, Settings};
use crate::Error;

/// A point of the boundary.
#[derive(Clone, Debug, PartialEq)]
pub struct BoundaryPoint {
    /// The limit δ on the mean beampattern error.
    pub max_error: f64,
    /// The design, whose metrics carry rate, error and slope.
    pub design: CellFreeDesign,
}

/// The largest sum rate at every limit of `max_errors`, in their order.
///
/// A looser limit never has less rate than a tighter one: where no search ends with more, it has the
/// beams of the tighter one, with a warning and without a slope. Limits below the certified smallest
/// error give infeasible designs. The requirement of the
/// instance itself is ignored.
///
/// # Errors
/// As [`design_from`]; also for a limit that is not a finite number of zero or more.
pub fn boundary(
    instance: &Instance,
    max_errors: &[f64],
    settings: &Settings,
    interrupt: &Interrupt,
) -> Result<Vec<BoundaryPoint>, Error> {
    settings.validate()?;
    let patterns = best_patterns(instance, settings.pattern_gap, interrupt)?;
    let mut order: Vec<usize> = (0..max_errors.len()).collect();
    order.sort_by(|&a, &b| max_errors[b].total_cmp(&max_errors[a]));
    let at = |limit: f64| instance.with_requirement(Requirement::MaxError(limit));
    let mut found: Vec<Option<CellFreeDesign>> = vec![None; max_errors.len()];
    let mut previous: Option<usize> = None;
    for &index in &order {
        let here = at(max_errors[index])?;
        let warm = previous.and_then(|before| found[before].as_ref()).map(|d| &d.variables);
        let fresh = if warm.is_some() { 0 } else { settings.starts };
        let design = constrained(&here, settings, &patterns, warm.into_iter(), fresh, interrupt)?;
        if design.proof.infeasible.is_none() {
            previous = Some(index);
        }
        found[index] = Some(design);
        if interrupt.is_raised() {
            break;
        }
    }
    // From tight to loose: what a tight limit allows, a loose one allows too.
    for pair in order.windows(2).rev() {
        let (loose, tight) = (pair[0], pair[1]);
        let (Some(below), Some(above)) = (&found[loose], &found[tight]) else { continue };
        let rate = above.metrics.sum_rate_bps_hz;
        if !meets(above) || (meets(below) && !falls_short(below, rate)) {
            continue;
        }
        let here = at(max_errors[loose])?;
        let warm = std::iter::once(&above.variables);
        let again = constrained(&here, settings, &patterns, warm, 0, interrupt)?;
        found[loose] = Some(match meets(&again) && !falls_short(&again, rate) {
            true => again,
            false => as_it_is(above, max_errors[tight], &again),
        });
    }
    Ok(found
        .into_iter()
        .zip(max_errors)
        .filter_map(|(design, &max_error)| design.map(|design| BoundaryPoint { max_error, design }))
        .collect())
}

/// Whether a design meets its limit.
fn meets(design: &CellFreeDesign) -> bool {
    design.proof.point != PointProof::None
}

fn falls_short(design: &CellFreeDesign, rate: f64) -> bool {
    design.metrics.sum_rate_bps_hz < rate * (1.0 - 1e-9)
}

/// The design of a tighter limit for a looser one, where a search from its beams ended with less:
/// feasible, and with no more claimed. The limit is not active, so that there is no slope.
fn as_it_is(design: &CellFreeDesign, max_error: f64, tried: &CellFreeDesign) -> CellFreeDesign {
    let mut out = design.clone();
    out.metrics.slope = None;
    out.proof = Proof::feasible(0.0);
    out.stop = Stop::Stalled;
    out.work += tried.work;
    out.starts = vec![Some(out.metrics.sum_rate_bps_hz)];
    out.warnings.push(format!("the beams are those of the tighter limit {max_error:.6}"));
    out
}

/// `count` limits from `low` to `high`, closer together at the low end where the boundary is steep:
/// their distance from `0.999 low` grows geometrically.
pub fn limits_between(low: f64, high: f64, count: usize) -> Vec<f64> {
    let floor = 0.999 * low;
    let ratio = ((high - floor) / (low - floor)).max(1.0);
    (0..count)
        .map(|i| floor + (low - floor) * ratio.powf(i as f64 / (count.max(2) - 1) as f64))
        .collect()
}

/// The two ends of the boundary.
#[derive(Clone, Debug, PartialEq)]
pub struct CriticalPoints {
    /// The best patterns, nobody served: the smallest error, proven.
    pub sensing_only: CellFreeDesign,
    /// The largest rate at 1.001 times the smallest error. (At the smallest error itself the feasible
    /// set has no interior and the slope is infinite.)
    pub at_smallest_error: CellFreeDesign,
    /// The largest rate without sensing, as far as local search finds it.
    pub communication_only: CellFreeDesign,
    /// The smallest error at 0.9999 times that rate.
    pub at_largest_rate: CellFreeDesign,
}

/// Both ends of the boundary.
///
/// # Errors
/// As [`design_from`].
pub fn critical_points(
    instance: &Instance,
    settings: &Settings,
    interrupt: &Interrupt,
) -> Result<CriticalPoints, Error> {
    let patterns = best_patterns(instance, settings.pattern_gap, interrupt)?;
    let (floor, _) = error_floor(&patterns);
    let at = |requirement| instance.with_requirement(requirement);
    let free = at(Requirement::None)?;
    let communication_only = design_from(&free, settings, None, interrupt)?;
    let tight = at(Requirement::MaxError(1.001 * floor))?;
    let at_smallest_error = design_from(&tight, settings, None, interrupt)?;
    let rate = 0.9999 * communication_only.metrics.sum_rate_bps_hz;
    let fast = at(Requirement::MinRate(rate))?;
    let warm = Some(&communication_only.variables);
    let at_largest_rate = design_from(&fast, settings, warm, interrupt)?;
    Ok(CriticalPoints {
        sensing_only: sensing_only(&free, settings, interrupt)?,
        at_smallest_error,
        communication_only,
        at_largest_rate,
    })
}
