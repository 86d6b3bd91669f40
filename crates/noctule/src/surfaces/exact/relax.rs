//! Less illumination than (21) asks for, where the Cramér–Rao bound itself allows it.

use noctule_phy::cascade::Cascade;

use super::Asked;
use crate::Error;
use crate::surfaces::model::{Link, measured};
use crate::surfaces::phases::find::plan_on;
use crate::surfaces::phases::plan::Plan;
use crate::surfaces::power::ROUNDING;
use crate::surfaces::settle::settle;

/// Halvings of the share of the illumination that is asked for: to 10⁻⁴ of it.
const HALVINGS: usize = 14;
/// The same beyond [`LARGE`] elements, where every one is a search over large surfaces.
const FEW_HALVINGS: usize = 6;
const LARGE: usize = 20_000;
/// The strongest illumination is asked for a little less than whole: at the edge of what is
/// reachable rounding decides whether it is.
const BELOW_THE_EDGE: f64 = 1.0 - 1e-9;

/// Ask for less illumination, as long as the Cramér–Rao bound itself stays below the limit.
pub(super) fn relax(
    asked: Asked<'_>,
    sites: &[usize],
    cascade: &Cascade,
    link: &Link,
    plan: Plan,
) -> Result<Plan, Error> {
    let Asked { instance, signal, interrupt, .. } = asked;
    let Some(limit) = instance.parts().crb_limit else { return Ok(plan) };
    let highest = (link.reachable() / link.required).min(1.0) * BELOW_THE_EDGE;
    let mut best = if plan.reach.is_met() { Some(plan.clone()) } else { None };
    let mut work = plan.work;
    let (mut low, mut high) = (0.0, highest);
    let large = link.elements.iter().sum::<usize>() > LARGE;
    for round in 0..if large { FEW_HALVINGS } else { HALVINGS } {
        if interrupt.is_raised() {
            break;
        }
        let share = if round == 0 { high } else { 0.5 * (low + high) };
        let eased = Link { required: share * link.required, ..link.clone() };
        let mut trial = plan_on(cascade, &eased, signal, plan.climber.clone())?;
        work += trial.work;
        trial.relaxed = Some(eased.required);
        let built = settle(sites, cascade, &eased, signal, &trial)?;
        let crb = measured(instance, &built)?.crb;
        let meets = trial.reach.is_met() && crb.is_some_and(|crb| crb <= limit * (1.0 + ROUNDING));
        if meets {
            high = share;
            if best.as_ref().is_none_or(|best| trial.reach > best.reach) {
                best = Some(trial);
            }
        } else if round == 0 && best.is_none() {
            // not even the strongest illumination meets the bound
            break;
        } else {
            low = share;
        }
    }
    let mut best = best.unwrap_or(plan);
    best.work = work;
    Ok(best)
}
