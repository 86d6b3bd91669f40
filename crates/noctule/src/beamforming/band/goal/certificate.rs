//! Why no beams over a band meet what is required.

use noctule_num::{CMat, InputError};
use noctule_optim::{Certificate, Interrupt};
use noctule_phy::units::dbm_from_w;

use super::dual::{Values, proven};
use super::search::{Sought, searched, sensing_streams, stack_for};
use super::task::{Aim, Cap, Task, Whom};
use crate::Error;
use crate::beamforming::band::Band;
use crate::beamforming::goal::{NO_POWER_W, Problem, lowered};
use crate::beamforming::requirements::{
    PowerLimit, Requirements, SensingStreams, World, floors_cost, least_power_for,
};
use crate::beamforming::{Beams, Instance, Metrics};
use crate::claims::{Compared, Ends, Said, Verdict, same, same_certificate};

/// The floors of SINRs alone.
const FLOORS: &str = "uplink-fixed-point";
/// A limit, users ignored.
const LIMIT: &str = "dual-bound-of-a-limit";
/// Everything together.
const POWER: &str = "dual-bound-of-the-power";

/// A certificate and the beams that are shown beside it.
pub(super) struct Refused {
    pub(super) certificate: Certificate,
    pub(super) beams: Beams,
    pub(super) evaluations: u64,
}

/// The users on one subcarrier.
fn world(instance: &Instance, band: &Band, n: usize) -> World {
    let parts = instance.parts();
    World {
        transmit: instance.transmit_elements(),
        receive: instance.receive_elements(),
        targets: Vec::new(),
        alternatives: Vec::new(),
        snapshots: f64::from(parts.snapshots),
        sensing_noise_w: parts.sensing_noise_w,
        channels: band.known_channels()[n].clone(),
        noise_w: parts.user_noise_w.clone(),
        error_covariances: band.errors().to_vec(),
        streams: SensingStreams::Interfering,
    }
}

fn floors_of(task: &Task, factor: f64, power_w: f64) -> Requirements {
    let sinr = task.sinr.iter().map(|floor| floor * factor).collect();
    Requirements { sinr, caps: Vec::new(), power: PowerLimit::Total(power_w) }
}

/// What floors of SINRs alone cost in watts over all subcarriers, at least: they decouple.
pub(super) fn cost(
    instance: &Instance,
    band: &Band,
    task: &Task,
    factor: f64,
) -> Result<f64, Error> {
    if task.sinr.iter().all(|floor| *floor <= 0.0) {
        return Ok(0.0);
    }
    let required = floors_of(task, factor, instance.parts().power_w);
    let mut sum = 0.0;
    for n in 0..band.subcarriers() {
        sum += floors_cost(&world(instance, band, n), &required)?;
        if !sum.is_finite() {
            break;
        }
    }
    Ok(sum)
}

/// The certificate of floors that cost more than there is; none where they do not.
pub(super) fn floors(
    instance: &Instance,
    band: &Band,
    task: &Task,
) -> Result<Option<(Certificate, f64)>, Error> {
    let power = instance.parts().power_w;
    let own = cost(instance, band, task, 1.0)?;
    if own.partial_cmp(&(power * (1.0 + 1e-12))) != Some(std::cmp::Ordering::Greater) {
        return Ok(None);
    }
    let (mut low, mut high) = (-300.0_f64, 0.0_f64);
    while high - low > 1e-4 {
        let middle = 0.5 * (low + high);
        let there = cost(instance, band, task, 10.0_f64.powf(middle / 10.0))? <= power;
        (low, high) = if there { (middle, high) } else { (low, middle) };
    }
    let decibels = |x: f64| 10.0 * x.log10();
    let required = decibels(task.sinr.iter().copied().fold(0.0, f64::max));
    let cause = if own.is_finite() && own > NO_POWER_W {
        let (most, there) = (dbm_from_w(NO_POWER_W), dbm_from_w(power));
        format!("the SINR floors cost more than {most:.0} dBm, and there are {there:.3} dBm")
    } else if own.is_finite() {
        let (own, there) = (dbm_from_w(own), dbm_from_w(power));
        format!(
            "the SINR floors cost at least {own:.3} dBm over all subcarriers, and there are {there:.3} dBm"
        )
    } else {
        "the SINR floors ask for more than the rank of the channels: no power meets them".to_owned()
    };
    let alone = task.caps.is_empty() && !task.floors_rates();
    let statement = format!("{cause}; {}", lowered(required, -low, alone));
    let certificate = Certificate::new(FLOORS, statement, required, required + low);
    Ok(Some((certificate, 10.0_f64.powf(low / 10.0))))
}

/// The same, with beams for floors that are in reach.
pub(super) fn floors_refused(
    instance: &Instance,
    band: &Band,
    task: &Task,
    interrupt: &Interrupt,
) -> Result<Option<Refused>, Error> {
    let Some((certificate, factor)) = floors(instance, band, task)? else { return Ok(None) };
    let required = floors_of(task, factor, instance.parts().power_w);
    let (antennas, streams, users) = (instance.antennas(), instance.streams(), instance.users());
    let mut columns = Vec::new();
    for n in 0..band.subcarriers() {
        let found = least_power_for(&world(instance, band, n), &required, interrupt)?;
        let w = found.beams;
        columns.push(CMat::from_fn(antennas, streams, |i, s| {
            if s < users && s < w.cols() { w[(i, s)] } else { noctule_num::C64::ZERO }
        }));
    }
    let matrix = CMat::hstack(&columns.iter().collect::<Vec<_>>())?;
    let beams = Beams { matrix, users, subcarriers: band.subcarriers() };
    Ok(Some(Refused { certificate, beams, evaluations: 0 }))
}

/// A limit alone, as the smallest that its metric can be.
fn alone(task: &Task, cap: &Cap) -> Task {
    Task::sensing(cap.members.clone(), task.counted)
}

/// The sentence of a limit that no beams keep.
fn limit_said(problem: &Problem, of: usize, bound: f64, values: &Values) -> Certificate {
    let asked = &problem.limits[of];
    let unit = asked.metric.unit();
    let (required, reachable) = (unit.shown(asked.limit), unit.shown(bound));
    let (words, symbol) = (asked.metric.words(), unit.symbol());
    let statement = format!(
        "{words} may be {required:.6}{symbol} at most, and whatever becomes of the users no beams \
         fall below {reachable:.6}{symbol}"
    );
    let mut numbers = values.numbers();
    numbers.insert("limit".to_owned(), vec![of as f64]);
    Certificate::new(LIMIT, statement, required, reachable).with_numbers(numbers)
}

fn power_said(bound: f64, power: f64, values: &Values, alone: bool) -> Certificate {
    let alone = if alone { "; no floor and no limit is out of reach alone" } else { "" };
    let statement = format!(
        "what is required costs at least {:.3} dBm in all, and there are {:.3} dBm{alone}",
        dbm_from_w(bound),
        dbm_from_w(power)
    );
    Certificate::new(POWER, statement, bound, power).with_numbers(values.numbers())
}

/// Why nothing meets what is required, where that can be proven.
pub(super) fn refused(
    instance: &Instance,
    band: &Band,
    problem: &Problem,
    task: &Task,
    interrupt: &Interrupt,
) -> Result<Option<Refused>, Error> {
    let of_targets = sensing_streams(instance, band);
    // nobody looks at a floor of a rate alone
    let mut alone_in_reach = !task.floors_rates();
    for (of, cap) in task.caps.iter().enumerate() {
        let own = alone(task, cap);
        let found =
            searched(instance, band, &own, &Sought::of(Whom::Targets(of_targets)), interrupt)?;
        let Some(found) = found else {
            alone_in_reach = false;
            continue;
        };
        alone_in_reach &= found.keeps(cap.limit);
        let beyond = found.bound.is_some_and(|bound| bound > cap.limit);
        if let (true, Some(bound)) = (beyond, found.bound) {
            return Ok(Some(Refused {
                certificate: limit_said(problem, of, bound, &found.values),
                beams: found.beams,
                evaluations: found.evaluations,
            }));
        }
        if interrupt.is_raised() {
            return Ok(None);
        }
    }
    let least = Task { aim: Aim::Power, ..task.clone() };
    let found = searched(instance, band, &least, &Sought::relaxed(instance), interrupt)?;
    let Some(found) = found else { return Ok(None) };
    let power = instance.parts().power_w;
    Ok(found.bound.filter(|bound| *bound > power).map(|bound| Refused {
        certificate: power_said(bound, power, &found.values, alone_in_reach),
        beams: found.beams,
        evaluations: found.evaluations,
    }))
}

/// Whether a document's certificate is proven again.
pub(in crate::beamforming) fn infeasible_again(
    said: &Said<'_, Instance, Beams, Metrics, Ends>,
    (band, problem): (&Band, &Problem),
    stored: &Certificate,
    out: &mut Vec<Compared>,
) -> Result<Verdict, Error> {
    let instance = said.instance;
    let (task, radar) = Task::of(instance, band, problem)?;
    let power = instance.parts().power_w;
    let mut numbers = stored.numbers.clone();
    let again = match stored.method.as_str() {
        FLOORS => {
            let found = floors(instance, band, &task)?.map(|found| found.0);
            return Ok(same_certificate(stored, found.as_ref(), out));
        }
        LIMIT => {
            let of = numbers.remove("limit").and_then(|of| of.first().copied());
            let of = of.filter(|of| *of >= 0.0 && *of < task.caps.len() as f64);
            let Some(of) = of.map(|of| of as usize) else {
                return Ok(Verdict::Refuted("it is about no limit that there is".to_owned()));
            };
            let own = alone(&task, &task.caps[of]);
            let mut stack = stack_for(instance, band, radar.as_ref(), Whom::Targets(1))?;
            let values = Values::of(&numbers, &own, &stack);
            values.map(|values| proven(&mut stack, &own, &values)).map(|bound| {
                let unit = problem.limits[of].metric.unit();
                bound.map(|bound| (unit.shown(task.caps[of].limit), unit.shown(bound), true))
            })
        }
        POWER => {
            let least = Task { aim: Aim::Power, ..task.clone() };
            let mut stack =
                stack_for(instance, band, radar.as_ref(), Whom::All(instance.streams()))?;
            let values = Values::of(&numbers, &least, &stack);
            values
                .map(|values| proven(&mut stack, &least, &values))
                .map(|bound| bound.map(|bound| (bound, power, false)))
        }
        other => return Ok(Verdict::Refuted(format!("nothing is proven by `{other}`"))),
    };
    let again: Result<_, InputError> = again;
    let (required, reachable, rising) = match again {
        Ok(Some(found)) => found,
        Ok(None) => return Ok(Verdict::Refuted("its multipliers prove nothing".to_owned())),
        Err(error) => return Verdict::of(error.into()),
    };
    out.push(("proof.infeasible.required".to_owned(), Some(stored.required), Some(required)));
    out.push(("proof.infeasible.reachable".to_owned(), Some(stored.reachable), Some(reachable)));
    if !(same(required, stored.required) && same(reachable, stored.reachable)) {
        let why = format!("it proves {required:.6e} against {reachable:.6e}");
        return Ok(Verdict::Refuted(why));
    }
    if if rising { reachable > required } else { required > reachable } {
        Ok(Verdict::Confirmed)
    } else {
        Ok(Verdict::Refuted("its multipliers leave what is required in reach".to_owned()))
    }
}
