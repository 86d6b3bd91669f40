//! Why no beams meet what is required: a certificate with what is in reach, what to blame, and the
//! beams that come nearest.

use noctule_num::{CMat, InputError};
use noctule_optim::{Certificate, Interrupt};
use noctule_phy::units::dbm_from_w;

use super::dual::{numbers, values};
use super::problem::{Case, Problem};
use crate::beamforming::requirements::{
    Begin, Cap, DualValues, Found, Infeasible, Metric, PowerLimit, Requirements, World,
    best_metric_from, factor_bound, floors_cost, floors_in_reach, least_factor_for,
    least_power_for, metric_bound, power_bound,
};
use crate::beamforming::{Beams, Instance, Metrics};
use crate::claims::{Compared, Ends, Said, Verdict, same, same_certificate};
use crate::{Error, FEASIBLE};

/// The floors alone.
const FLOORS: &str = "uplink-fixed-point";
/// A limit, with the floors or without.
const LIMIT: &str = "dual-bound-of-a-limit";
/// Everything together.
const POWER: &str = "dual-bound-of-the-power";
/// Everything together, within limits of antennas or groups.
const GROUPS: &str = "dual-bound-of-group-powers";

/// A certificate and the beams that are shown beside it.
pub(super) struct Refused {
    pub(super) certificate: Certificate,
    pub(super) beams: CMat,
}

/// Why nothing meets what is required, proven again from the reason that a search gave; none where
/// rounding leaves no proof.
pub(super) fn refused(
    problem: &Problem,
    case: &Case,
    reason: &Infeasible,
    interrupt: &Interrupt,
) -> Result<Option<Refused>, Error> {
    match reason {
        Infeasible::Rank { .. } | Infeasible::Floors { .. } => {
            let (factor, beams) = floors_in_reach(&case.world, &case.required)?;
            Ok(floors(case, factor)?.map(|certificate| Refused { certificate, beams }))
        }
        Infeasible::Cap { cap, .. } => Ok(limit(problem, case, *cap, false, interrupt)?.refused()),
        Infeasible::Groups { .. } => groups(case, interrupt),
        Infeasible::Together { .. } => {
            // who is to blame alone is said so
            let mut each_in_reach = true;
            for i in 0..problem.limits.len() {
                match limit(problem, case, i, false, interrupt)? {
                    Alone::Refused(found) => return Ok(Some(found)),
                    Alone::InReach => {}
                    Alone::Open => each_in_reach = false,
                }
            }
            if problem.limits.len() == 1
                && let Alone::Refused(found) = limit(problem, case, 0, true, interrupt)?
            {
                return Ok(Some(found));
            }
            together(case, each_in_reach, interrupt)
        }
    }
}

/// What became of a limit alone.
enum Alone {
    /// Nothing keeps it.
    Refused(Refused),
    /// Beams that keep it were found.
    InReach,
    /// Neither is known.
    Open,
}

impl Alone {
    fn refused(self) -> Option<Refused> {
        match self {
            Self::Refused(found) => Some(found),
            _ => None,
        }
    }
}

/// Two powers in dBm, with as many digits as it takes to tell them apart.
fn told_apart(a: f64, b: f64) -> [String; 2] {
    let both = |digits: usize| [a, b].map(|w| format!("{:.digits$} dBm", dbm_from_w(w)));
    let digits = (3..13).find(|digits| {
        let [a, b] = both(*digits);
        a != b
    });
    both(digits.unwrap_or(13))
}

/// A price of floors above this, 300 dBm, is the end of the numbers and not one of them.
pub(in crate::beamforming) const NO_POWER_W: f64 = 1e27;

/// The certificate of floors that cost more than there is, or have no price at all.
fn floors(case: &Case, factor: f64) -> Result<Option<Certificate>, Error> {
    let power = case.required.most_power();
    let cost = floors_cost(&case.world, &case.required)?;
    if cost.partial_cmp(&(power * (1.0 + 1e-12))) != Some(std::cmp::Ordering::Greater) {
        return Ok(None);
    }
    let decibels = |x: f64| 10.0 * x.log10();
    let highest = case.required.sinr.iter().copied().fold(0.0, f64::max);
    let (required, lower) = (decibels(highest), -decibels(factor));
    let cause = if cost.is_finite() && cost > NO_POWER_W {
        let (most, power) = (dbm_from_w(NO_POWER_W), dbm_from_w(power));
        format!("the SINR floors cost more than {most:.0} dBm, and there are {power:.3} dBm")
    } else if cost.is_finite() {
        let [cost, power] = told_apart(cost, power);
        format!("the SINR floors cost at least {cost}, and there are {power}")
    } else {
        "the SINR floors ask for more than the rank of the channels: no power meets them".to_owned()
    };
    let alone = case.required.caps.is_empty() && case.required.power.is_total();
    let statement = format!("{cause}; {}", lowered(required, lower, alone));
    Ok(Some(Certificate::new(FLOORS, statement, required, required - lower)))
}

/// What is said of floors that are lower by so many decibels, the first that were found in reach of all the power;
/// `alone` where nothing else is required.
pub(in crate::beamforming) fn lowered(required_db: f64, lower_db: f64, alone: bool) -> String {
    if lower_db >= DEEPEST_DB {
        // the end of the search, which nobody looked at
        return format!("no lower floors were found in reach, down to {DEEPEST_DB} dB less");
    }
    let highest =
        format!("the highest {:.3} dB instead of {required_db:.3} dB", required_db - lower_db);
    if alone {
        return format!("every floor lower by {lower_db:.3} dB is in reach ({highest})");
    }
    // what is in reach is that of the floors and all the power alone
    format!(
        "with every floor lower by {lower_db:.3} dB ({highest}) they would cost what there is, and what else is \
         required may ask for still lower ones"
    )
}

/// Floors lower by this are as good as none; searches end a little below.
const DEEPEST_DB: f64 = 299.9;

/// The problem of one limit alone: its metric made small under the floors, or under nothing but the power.
fn alone(case: &Case) -> Requirements {
    case.required.without_metrics()
}

/// The certificate of a limit that no beams keep, with the floors or whatever becomes of the users.
fn limit(
    problem: &Problem,
    case: &Case,
    of: usize,
    with_users: bool,
    interrupt: &Interrupt,
) -> Result<Alone, Error> {
    let (Some(Cap { metric, .. }), Some(asked)) =
        (case.required.caps.get(of), problem.limits.get(of))
    else {
        return Ok(Alone::Open);
    };
    let gain = asked.metric.is_gain();
    let kept = |found: &Found| {
        let kept = if gain { found.value >= asked.limit } else { found.value <= asked.limit };
        kept && found.violation <= FEASIBLE
    };
    let begin = Begin::default();
    let (beams, dual, kept) = if with_users {
        let found = best_metric_from(&case.world, metric, &alone(case), &begin, interrupt)?;
        let kept = kept(&found);
        (found.beams, found.dual, kept)
    } else {
        let users = case.required.sinr.len();
        let world = without_users(&case.world);
        let free = Requirements { sinr: Vec::new(), ..alone(case) };
        let found = best_metric_from(&world, metric, &free, &begin, interrupt)?;
        let silent = CMat::zeros(found.beams.rows(), users);
        let beams = CMat::hstack(&[&silent, &found.beams])?;
        let kept = kept(&found);
        (beams, DualValues { lambda: vec![0.0; users], ..found.dual }, kept)
    };
    if kept {
        return Ok(Alone::InReach);
    }
    if dual.lambda.len() != case.required.sinr.len() {
        return Ok(Alone::Open);
    }
    let Some(bound) = metric_bound(&case.world, metric, &alone(case), &beams, &dual)? else {
        return Ok(Alone::Open);
    };
    if if gain { bound >= asked.limit } else { bound <= asked.limit } {
        return Ok(Alone::Open);
    }
    let unit = asked.metric.unit();
    let (required, reachable) = (unit.shown(asked.limit), unit.shown(bound));
    let with = if with_users { "under these SINR floors" } else { "whatever becomes of the users" };
    let (words, symbol) = (asked.metric.words(), unit.symbol());
    let (asks, pass) = if gain { ("must be", "at least, and") } else { ("may be", "at most, and") };
    let side = if gain { "exceed" } else { "fall below" };
    let statement = format!(
        "{words} {asks} {required:.6}{symbol} {pass} {with} no beams {side} {reachable:.6}{symbol}"
    );
    let mut all = numbers(&dual);
    all.insert("limit".to_owned(), vec![of as f64]);
    let certificate = Certificate::new(LIMIT, statement, required, reachable).with_numbers(all);
    Ok(Alone::Refused(Refused { certificate, beams }))
}

/// A world that nobody lives in.
pub(super) fn without_users(world: &World) -> World {
    World {
        channels: CMat::zeros(world.transmit.elements(), 0),
        noise_w: Vec::new(),
        error_covariances: Vec::new(),
        ..world.clone()
    }
}

/// The certificate of requirements that cost more power than there is.
fn together(
    case: &Case,
    each_in_reach: bool,
    interrupt: &Interrupt,
) -> Result<Option<Refused>, Error> {
    let total = Requirements {
        power: PowerLimit::Total(case.required.power.total()),
        ..case.required.clone()
    };
    let found = least_power_for(&case.world, &total, interrupt)?;
    if found.dual.lambda.len() != case.required.sinr.len() {
        return Ok(None);
    }
    let bound = power_bound(&case.world, &total, &found.beams, &found.dual)?;
    let power = total.power.total();
    if bound.partial_cmp(&power) != Some(std::cmp::Ordering::Greater) {
        return Ok(None);
    }
    let [cost, there] = told_apart(bound, power);
    let alone = if each_in_reach { "; no floor and no limit is out of reach alone" } else { "" };
    let statement =
        format!("what is required costs at least {cost} in all, and there are {there}{alone}");
    let certificate = Certificate::new(POWER, statement, bound, power);
    let certificate = certificate.with_numbers(numbers(&found.dual));
    Ok(Some(Refused { certificate, beams: found.beams }))
}

/// The certificate of requirements that ask for more than all limits of groups.
fn groups(case: &Case, interrupt: &Interrupt) -> Result<Option<Refused>, Error> {
    let found = least_factor_for(&case.world, &case.required, interrupt)?;
    if found.dual.lambda.len() != case.required.sinr.len() || found.dual.nu.is_empty() {
        return Ok(None);
    }
    let bound = factor_bound(&case.world, &case.required, &found.beams, &found.dual)?;
    if bound.partial_cmp(&1.0) != Some(std::cmp::Ordering::Greater) {
        return Ok(None);
    }
    let more = 10.0 * bound.log10();
    let whole = case.required.caps.iter().any(|cap| matches!(cap.metric, Metric::Power(_)));
    let limits = if whole {
        "there is, of all antennas together and of every group"
    } else {
        "every limit on the power of an antenna or a group of them"
    };
    let statement = format!("what is required asks for at least {more:.3} dB more than {limits}");
    let certificate = Certificate::new(GROUPS, statement, bound, 1.0);
    let certificate = certificate.with_numbers(numbers(&found.dual));
    Ok(Some(Refused { certificate, beams: found.beams }))
}

/// Whether a document's certificate is proven again.
pub(in crate::beamforming) fn infeasible_again(
    said: &Said<'_, Instance, Beams, Metrics, Ends>,
    problem: &Problem,
    stored: &Certificate,
    out: &mut Vec<Compared>,
) -> Result<Verdict, Error> {
    let case = Case::of(said.instance, problem)?;
    let again = match stored.method.as_str() {
        FLOORS => {
            let (factor, _) = floors_in_reach(&case.world, &case.required)?;
            return Ok(same_certificate(stored, floors(&case, factor)?.as_ref(), out));
        }
        LIMIT => limit_again(said, problem, &case, stored),
        POWER => power_again(said, &case, stored),
        GROUPS => {
            let w = &said.variables.matrix;
            let values = values(&stored.numbers)?;
            factor_bound(&case.world, &case.required, w, &values).map(|bound| (bound, 1.0))
        }
        other => return Ok(Verdict::Refuted(format!("nothing is proven by `{other}`"))),
    };
    let (required, reachable) = match again {
        Ok(pair) => pair,
        Err(error) => return Verdict::of(error),
    };
    out.push(("proof.infeasible.required".to_owned(), Some(stored.required), Some(required)));
    out.push(("proof.infeasible.reachable".to_owned(), Some(stored.reachable), Some(reachable)));
    if !(same(required, stored.required) && same(reachable, stored.reachable)) {
        let why = format!("it proves {required:.6e} against {reachable:.6e}");
        return Ok(Verdict::Refuted(why));
    }
    let gain = stored.numbers.get("limit").and_then(|of| of.first()).is_some_and(|of| {
        problem.limits.get(*of as usize).is_some_and(|limit| limit.metric.is_gain())
    });
    let beyond = match stored.method.as_str() {
        POWER | GROUPS => required > reachable,
        _ if gain => reachable < required,
        _ => reachable > required,
    };
    if beyond {
        Ok(Verdict::Confirmed)
    } else {
        Ok(Verdict::Refuted("its multipliers leave what is required in reach".to_owned()))
    }
}

fn limit_again(
    said: &Said<'_, Instance, Beams, Metrics, Ends>,
    problem: &Problem,
    case: &Case,
    stored: &Certificate,
) -> Result<(f64, f64), Error> {
    let mut numbers = stored.numbers.clone();
    let of = match numbers.remove("limit").as_deref() {
        Some([of]) if *of >= 0.0 && *of < problem.limits.len() as f64 => *of as usize,
        _ => {
            let allowed = format!("below {}", problem.limits.len());
            return Err(InputError::new("no such limit", "limit", "another", allowed).into());
        }
    };
    let (cap, asked) = (&case.required.caps[of], &problem.limits[of]);
    let w = &said.variables.matrix;
    let bound = metric_bound(&case.world, &cap.metric, &alone(case), w, &values(&numbers)?)?;
    let Some(bound) = bound else {
        return Err(InputError::new("they bound nothing", "numbers", "", "multipliers").into());
    };
    let unit = asked.metric.unit();
    Ok((unit.shown(asked.limit), unit.shown(bound)))
}

fn power_again(
    said: &Said<'_, Instance, Beams, Metrics, Ends>,
    case: &Case,
    stored: &Certificate,
) -> Result<(f64, f64), Error> {
    let power = case.required.power.total();
    let total = Requirements { power: PowerLimit::Total(power), ..case.required.clone() };
    let w = &said.variables.matrix;
    Ok((power_bound(&case.world, &total, w, &values(&stored.numbers)?)?, power))
}
