//! The boundary of the communication–sensing region.
//!
//! The region is closed under giving up rate or tolerating error, so its boundary is a curve that
//! rises with the error allowed. [`boundary()`] climbs it from the loosest limit to the tightest, each
//! point from the beams of the one before, and then makes sure that no looser limit is left with less
//! rate than a tighter one that is met. [`critical_points`] are its two ends.

use noctule_optim::{Interrupt, PointProof, Proof, Stop};

use super::design::{Warm, constrained};
use super::patterns::{best_patterns, error_floor};
use super::sensing::BestPattern;
use super::{
    Beams, CellFreeDesign, Instance, Requirement, SensingSettings, Settings, design_from,
    sensing_only,
};
use crate::Error;
use crate::system::Run;

/// The limit of the first end over the smallest error: at the smallest error itself the feasible set
/// has no interior.
const ABOVE_THE_SMALLEST: f64 = 1.001;
/// The required rate of the second end over the largest, for the same reason.
const BELOW_THE_LARGEST: f64 = 0.9999;
/// Rates that differ by less, relative, are the same: a design feasible to 10⁻⁶ is no more exact.
const SAME: f64 = 1e-9;

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
/// error give infeasible designs. The requirement of the instance itself and the warm start of `run`
/// are ignored.
///
/// # Errors
/// As [`design_from`]; also for a limit that is not a finite number of zero or more.
pub fn boundary(
    instance: &Instance,
    max_errors: &[f64],
    settings: &Settings,
    run: &Run<'_, Beams>,
) -> Result<Vec<BoundaryPoint>, Error> {
    settings.validate()?;
    let interrupt = &run.interrupt;
    let patterns = best_patterns(instance, settings.pattern_gap, interrupt)?;
    let walk = Walk { instance, settings, patterns, interrupt };
    let mut order: Vec<usize> = (0..max_errors.len()).collect();
    order.sort_by(|&a, &b| max_errors[b].total_cmp(&max_errors[a]));
    let mut found: Vec<Option<CellFreeDesign>> = vec![None; max_errors.len()];
    let mut previous: Option<usize> = None;
    for &index in &order {
        let before = previous.and_then(|before| found[before].as_ref());
        let design = walk.at(max_errors[index], before.map(Warm::of))?;
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
        let limits = (max_errors[loose], max_errors[tight]);
        if let Some(raised) = walk.raised(below, above, limits)? {
            found[loose] = Some(raised);
        }
    }
    Ok(found
        .into_iter()
        .zip(max_errors)
        .filter_map(|(design, &max_error)| design.map(|design| BoundaryPoint { max_error, design }))
        .collect())
}

/// What all points of a boundary share.
struct Walk<'a> {
    instance: &'a Instance,
    settings: &'a Settings,
    patterns: Vec<Option<BestPattern>>,
    interrupt: &'a Interrupt,
}

impl Walk<'_> {
    /// The design at a limit, from the beams given or else from starts of its own.
    fn at(&self, limit: f64, warm: Option<Warm<'_>>) -> Result<CellFreeDesign, Error> {
        let here = self.instance.with_requirement(Requirement::MaxError(limit))?;
        let fresh = if warm.is_some() { 0 } else { self.settings.starts };
        let warm = warm.into_iter();
        constrained(&here, self.settings, &self.patterns, warm, fresh, self.interrupt)
    }

    /// A design for the loose limit with no less rate than the tight one's, where `below` has less.
    fn raised(
        &self,
        below: &CellFreeDesign,
        above: &CellFreeDesign,
        (loose, tight): (f64, f64),
    ) -> Result<Option<CellFreeDesign>, Error> {
        let rate = above.metrics.sum_rate_bps_hz;
        if !meets(above) || (meets(below) && !falls_short(below, rate)) {
            return Ok(None);
        }
        let again = self.at(loose, Some(Warm::of(above)))?;
        Ok(Some(match meets(&again) && !falls_short(&again, rate) {
            true => again,
            false => as_it_is(above, tight, &again),
        }))
    }
}

/// Whether a design meets its limit.
fn meets(design: &CellFreeDesign) -> bool {
    design.proof.point != PointProof::None
}

fn falls_short(design: &CellFreeDesign, rate: f64) -> bool {
    design.metrics.sum_rate_bps_hz < rate * (1.0 - SAME)
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

/// Both ends of the boundary. The warm start of `run` is not used.
///
/// # Errors
/// As [`design_from`].
pub fn critical_points(
    instance: &Instance,
    settings: &Settings,
    run: &Run<'_, Beams>,
) -> Result<CriticalPoints, Error> {
    let cold = Run::new(&run.interrupt);
    let patterns = best_patterns(instance, settings.pattern_gap, &run.interrupt)?;
    let (floor, _) = error_floor(&patterns);
    let at = |requirement| instance.with_requirement(requirement);
    let free = at(Requirement::None)?;
    let communication_only = design_from(&free, settings, &cold)?;
    let tight = at(Requirement::MaxError(ABOVE_THE_SMALLEST * floor))?;
    let at_smallest_error = design_from(&tight, settings, &cold)?;
    let rate = BELOW_THE_LARGEST * communication_only.metrics.sum_rate_bps_hz;
    let fast = at(Requirement::MinRate(rate))?;
    let warm = Run::new(&run.interrupt).from(Some(&communication_only.variables));
    let at_largest_rate = design_from(&fast, settings, &warm)?;
    let of_patterns = SensingSettings { pattern_gap: settings.pattern_gap };
    Ok(CriticalPoints {
        sensing_only: sensing_only(&free, &of_patterns, &cold)?,
        at_smallest_error,
        communication_only,
        at_largest_rate,
    })
}
