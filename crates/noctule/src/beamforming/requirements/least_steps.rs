//! The least power by the interior method.

use noctule_num::CMat;
use noctule_optim::Interrupt;

use super::interior::{self, Known, Objective, Problem, Solved};
use super::priced::Priced;
use super::program::Cap;
use super::reach::met_once;
use super::required::{Found, Requirements, Standing};
use super::spend::{PowerDual, Spend, told_power};
use super::starts::TOLERANCE;
use super::uplink::least_power;
use super::world::Space;

/// The relative gap at which the steps end: what the least powers on the way to a worst rate need,
const CLOSED: f64 = 1e-9;
/// and where more is asked for.
const CLOSER: f64 = 1e-11;
/// What must be proven for the result to be taken.
const PROVEN: f64 = 1e-7;
/// What is asked beyond every requirement: points are inside of them.
const STRICT: f64 = 5e-12;

/// For beams that meet everything, and whether they are near the best; nothing where the problem is of another kind or nothing is proven.
pub(super) fn by_steps(
    space: &Space,
    required: &Requirements,
    (w, near): (&CMat, bool),
    tolerance: f64,
    interrupt: &Interrupt,
) -> Option<(Found, PowerDual)> {
    let users = space.users();
    let caps = required.strict_caps(STRICT);
    let floors = required.strict_floors(STRICT);
    if let Some(done) = of_floors(space, required, &floors, &caps) {
        return Some(done);
    }
    let problem = Problem {
        space,
        objective: Objective::Power,
        floors: &floors,
        caps: &caps,
        power: Vec::new(),
        unit: w.norm_sqr(),
        closed: if tolerance < TOLERANCE { CLOSER } else { CLOSED },
    };
    let known = near.then(|| {
        let at = Standing::of(space, w);
        let case = Priced { space, required, caps: &caps, at: &at, beams: w, sharpness: 256 };
        let (rho, lambda) = case.multipliers();
        Known { beams: w.clone(), lambda, rho, of_power: Vec::new() }
    });
    let (solved, steps) = interior::solved(&problem, known.as_ref(), w.cols() - users, interrupt);
    let Solved { beams, lambda, rho, .. } = solved?;
    let beams = met_once(space, required, beams)?;
    let at = Standing::of(space, &beams);
    let case = Priced { space, required, caps: &caps, at: &at, beams: &beams, sharpness: 256 };
    let dual = case.dual(lambda, &rho);
    let value = beams.norm_sqr();
    let (found, dual) = told_power(&case, Spend::Power, None, value, vec![(dual, Vec::new())]);
    let proven = found.bound.is_some_and(|bound| value <= bound * (1.0 + PROVEN));
    let done = proven && found.violation <= 1e-9;
    done.then_some((Found { evaluations: steps, ..found }, dual))
}

/// Beams of the floors alone, by duality, where they keep all caps: a multiplier that is nothing is what the
/// interior method does not end at.
fn of_floors(
    space: &Space,
    required: &Requirements,
    floors: &[f64],
    caps: &[Cap],
) -> Option<(Found, PowerDual)> {
    let alone = least_power(space, floors, f64::INFINITY);
    let beams = alone.beams?;
    let at = Standing::of(space, &beams);
    // no less than what is asked beyond them: else a cap that just holds has a price after all
    let strict = Requirements { caps: caps.to_vec(), ..required.clone() };
    if at.violation(space, &strict) > 0.0 {
        return None;
    }
    let case = Priced { space, required, caps, at: &at, beams: &beams, sharpness: 256 };
    let dual = case.dual(alone.lambda, &vec![0.0; caps.len()]);
    let value = beams.norm_sqr();
    let (found, dual) = told_power(&case, Spend::Power, None, value, vec![(dual, Vec::new())]);
    // At high ratios of signal to noise rounding of eigenvalues hides what the bound proves, and nothing of the
    // sum of the multipliers: these are the best beams though the claim is a weaker one.
    let least = found.bound.map_or(alone.bound, |bound| bound.max(alone.bound));
    let best = value <= least * (1.0 + PROVEN);
    best.then_some((Found { evaluations: 1, ..found }, dual))
}
