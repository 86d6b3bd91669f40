//! Our method: an interior point on the exact problem, certified by branching on θ.
//!
//! # Steps
//!
//! 1. **Normalise** by the noise ([`Normalised`](super::interior::Normalised)).
//! 2. **Start inside.** Equal shares where they meet the limit on positions; otherwise the smallest
//!    worst bound is approached until the limit is met strictly. When it cannot be, the dual bound
//!    says so: the limit is infeasible, and the design is the allocation with the best bound.
//! 3. **Descend** ([`interior`](crate::pilots::interior)).
//! 4. **Certify**, if asked ([`certificate`](crate::pilots::certificate)); a better allocation met on the
//!    way replaces the design.

mod least_power;
mod search;
mod settings;
mod unmodelled;

use noctule_optim::{Bound, Interrupt, PointProof, Sense, Stop};

use super::certificate::Envelopes;
use super::instance::needs_radar;
use super::interior::{Descent, Ending, Goal, Rules};
use super::{Allocation, Instance, PilotsDesign, verify};
use crate::system::NoSettings;
use crate::{Error, Run};
use search::{Entry, Search, TIGHT, proof_of, stop_of};

pub(in crate::pilots) use least_power::TARGET;
pub use least_power::{least_power, least_power_to_locate};
pub use settings::{LeastPowerSettings, Settings};

/// Below this, errors are differences of larger numbers: their multipliers prove a bound to a few
/// digits only, and none is claimed.
const LEAST_PROVEN: f64 = 1e-12;

/// Design an allocation for `instance`: the smallest worst error within all limits.
///
/// Guarantee: a stationary point (residual in `proof`); with `certify`, a lower bound on what any
/// allocation can reach in `proof.bound`. Where it is not within the gap asked for (the nodes ran
/// out, or rounding ends the division of regions, as at very low signal-to-noise ratios), the design
/// has not converged and a warning gives the gap. Where pilots are correlated in both directions it
/// is the best that descents on exact errors from more than a dozen starts found: a stationary point
/// of those where it says converged, and without a claim where it says stalled; nothing is proven of
/// the optimum. A limit on positions that is out of reach is `proof.infeasible`, with the best bound
/// in reach.
///
/// # Errors
/// [`Error::Input`] for settings out of range.
pub fn design(instance: &Instance, settings: &Settings) -> Result<PilotsDesign, Error> {
    design_from(instance, settings, &Run::default())
}

/// [`design`](design()) in a run: from a neighbouring allocation where one of the same shape is
/// known, until it is interrupted.
///
/// # Errors
/// As [`design`](design()).
pub fn design_from(
    instance: &Instance,
    settings: &Settings,
    run: &Run<'_, Allocation>,
) -> Result<PilotsDesign, Error> {
    settings.validate()?;
    let mut search = Search::new(instance);
    let warm = run.warm.filter(|warm| warm.check(instance).is_ok());
    let inside = match search.enter(warm, settings)? {
        Entry::Inside(inside) => inside,
        Entry::Out(design) => return Ok(*design),
    };
    let descent = search.descend(Goal::WorstError, &inside, &settings.rules());
    let x = search.interior.x.clone();
    if !instance.is_modelled_exactly() {
        return search.finish_local(x, &inside, None, &run.interrupt);
    }
    let value = search.model.worst_error(&x);
    let mut reached =
        Reached { x, value, descent, stop: stop_of(&descent), bound: None, open: None };
    if settings.certify.is_asked() {
        search.certify(&mut reached, &inside, settings, &run.interrupt);
    }
    let Reached { x, value, descent, stop, bound, open } = reached;
    // of the descent that ended here; the limit is one on the square of what people say
    let root = search.limit.filter(|_| descent.residual <= PRICED).map(f64::sqrt);
    let price = root.map(|root| -2.0 * value * search.interior.limit_weight() / root);
    let mut design = search.finish_errors(x, stop, proof_of(&descent).with_bound(bound), value)?;
    design.metrics.limit_price =
        price.filter(|_| matches!(design.proof.point, PointProof::Stationary { .. }));
    design.warnings.extend(open);
    Ok(design)
}

/// The largest residual at which the multiplier of a limit is told as its price: near the smallest limit that can be met
/// descents end above their own tolerance, at points that are optimal to six digits all the same.
const PRICED: f64 = 1e-6;

/// What was reached, and what is proven of it.
struct Reached {
    x: Vec<f64>,
    value: f64,
    descent: Descent,
    stop: Stop,
    bound: Option<Bound>,
    /// What to say of a bound that is not as near as was asked.
    open: Option<String>,
}

impl Search<'_> {
    /// Branch on θ until the gap is closed or the budget is spent.
    fn certify(
        &mut self,
        reached: &mut Reached,
        inside: &[f64],
        settings: &Settings,
        interrupt: &Interrupt,
    ) {
        let mut envelopes = Envelopes::new(&self.model, Goal::WorstError, self.limit, inside);
        let known = (reached.value, reached.x.clone());
        let found = envelopes.close(reached.value, known, settings.budget(), interrupt);
        let numbers = envelopes.numbers();
        self.work += envelopes.work;
        self.note_proof(&found, 1.0);
        if let Some((better, point)) = found.best
            && better < reached.value
        {
            self.move_to(reached, better, point, settings);
        }
        let method = format!("branch-and-bound on θ, {} nodes", found.nodes);
        reached.bound = Bound::new(reached.value, found.bound, Sense::Lower, method, 0.0)
            .map(|bound| bound.with_numbers(numbers));
        reached.open = settings.certify.left_open(reached.bound.as_ref());
        if reached.value < LEAST_PROVEN {
            reached.bound = None;
            reached.open = Some(format!(
                "an error of {:.1e} is below {LEAST_PROVEN:.0e}, where double precision \
                 proves nothing about the smallest there is",
                reached.value
            ));
        }
        reached.stop = stop_after(reached.stop, found.stop, reached.open.is_some());
    }

    /// Another valley: what is said of the point must be said of this one.
    fn move_to(
        &mut self,
        reached: &mut Reached,
        better: f64,
        point: Vec<f64>,
        settings: &Settings,
    ) {
        reached.descent = self.descend(Goal::WorstError, &point, &settings.rules());
        let value = self.model.worst_error(&self.interior.x);
        if value <= better {
            (reached.value, reached.x) = (value, self.interior.x.clone());
        } else {
            reached.descent.residual = f64::INFINITY;
            (reached.value, reached.x) = (better, point);
        }
        reached.stop = stop_of(&reached.descent);
    }
}

/// How a certified search ended: converged if the gap is closed, and only then. Where limits leave hardly any room a
/// descent may end above its tolerance; what it reached is the optimum all the same, to the gap that is proven.
fn stop_after(descent: Stop, branching: Stop, open: bool) -> Stop {
    match branching {
        Stop::Interrupted => Stop::Interrupted,
        _ if !open && descent == Stop::IterationLimit => Stop::Converged,
        _ if !open => descent,
        Stop::Converged | Stop::Computed => Stop::Stalled,
        other => other,
    }
}

/// The smallest worst bound on positions that any allocation reaches, with its lower bound.
///
/// Errors are not looked at, nor is the limit of an instance, which the best bound may miss. The problem is
/// convex, and the proof a dual one in closed form.
///
/// # Errors
/// [`Error::Input`] when there is no radar, or a user cannot be located.
pub fn best_crb(
    instance: &Instance,
    _: &NoSettings,
    _: &Run<'_, Allocation>,
) -> Result<PilotsDesign, Error> {
    needs_radar(instance)?;
    let mut search = Search::new(instance);
    let start = search.equal();
    let rules = Rules { tolerance: 1e-9, ..Rules::default() };
    let run = search.descend(Goal::WorstCrb, &start, &rules);
    if run.ending == Ending::Outside {
        // Somebody cannot be located: with any limit set this is refused by name.
        instance.with_crb_limit(Some(1.0))?;
    }
    let x = search.interior.x.clone();
    let (lower, multipliers) = search.crb_bound();
    let value = search.model.worst_crb(&x);
    let bound = Bound::new(value, lower, Sense::Lower, "dual, closed form", 0.0)
        .map(|bound| bound.with_numbers(multipliers));
    let mut stop = stop_of(&run);
    if bound.as_ref().is_some_and(|bound| bound.gap_rel <= TIGHT) {
        stop = Stop::Converged;
    }
    let mut design = search.finish(&x, stop, proof_of(&run).with_bound(bound), vec![value])?;
    // The best bound there is may miss a limit: what is said of the point is then by how much.
    let violation = verify(instance, &design.variables)?.violation;
    if violation > crate::FEASIBLE {
        design.proof.point = PointProof::Feasible { violation };
    }
    Ok(design)
}
