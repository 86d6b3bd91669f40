//! One user and one target, in closed form.

use noctule_num::linalg::{dot, real_dot};
use noctule_num::{C64, CMat, InputError};
use noctule_optim::{Proof, Stop, Trace, Work};

use crate::beamforming::goal::{total_power, violation};
use crate::beamforming::model::evaluate;
use crate::beamforming::{BeamformingDesign, Beams, Instance, advice};
use crate::{Design, Error, FEASIBLE};

/// The beam of norm √P with the most power towards `steering` of all that give `channel` (over the root
/// of its noise) an SNR of `floor`; none where no beam does.
///
/// With `a` the steering vector and `u` the direction of the channel: `√P a/‖a‖` where that is enough
/// for the user, else `√(γ/‖h‖²) e^{j∠(uᴴa)} u` and the rest along the part of `a` across `u`.
pub fn one_user_beam(
    channel: &[C64],
    steering: &[C64],
    floor: f64,
    power_w: f64,
) -> Option<Vec<C64>> {
    let (h2, a2) = (real_dot(channel, channel), real_dot(steering, steering));
    if a2 <= 0.0 || (floor > 0.0 && floor > power_w * h2) {
        return None;
    }
    let scaled = |v: &[C64], factor: C64| v.iter().map(|z| z * factor).collect::<Vec<C64>>();
    let towards = scaled(steering, C64::from((power_w / a2).sqrt()));
    if dot(channel, &towards).norm_sqr() >= floor {
        return Some(towards);
    }
    let u = scaled(channel, C64::from(h2.sqrt().recip()));
    let along = dot(&u, steering);
    let across: Vec<C64> = steering.iter().zip(&u).map(|(a, u)| a - u * along).collect();
    let rest = real_dot(&across, &across).sqrt();
    let turned = if along.norm() > 0.0 { along / along.norm() } else { C64::ONE };
    let user = scaled(&u, turned * (floor / h2).sqrt());
    let left = (power_w - floor / h2).max(0.0).sqrt() / rest.max(f64::MIN_POSITIVE);
    Some(user.iter().zip(&across).map(|(w, a)| w + a * left).collect())
}

/// The best beam of one user and one target without sensing streams, in closed form: where
/// `aᴴȧ = bᴴḃ = 0` (arrays centred on their phase reference, one angle unknown) the bound of the angle is
/// inversely proportional to the power towards the target, and [`one_user_beam`] maximises that.
///
/// With a sensing stream of its own the bound can be lower: this is the best of a single stream.
///
/// # Errors
/// Another goal than the smallest metric, more than one user or target, limits on metrics or per antenna, an
/// SNR that no beam reaches.
pub fn one_user(instance: &Instance) -> Result<BeamformingDesign, Error> {
    let refuse = |what: &str, place: &str, found: String, allowed: &str| {
        Err(Error::from(InputError::new(what, place, found, allowed)))
    };
    let Some(problem) = instance.problem().filter(|p| p.measure().is_some()) else {
        let found = "another goal".to_owned();
        return refuse("the closed form is for another goal", "goal", found, "min-crb");
    };
    let counts = (instance.users(), instance.targets().len());
    if counts != (1, 1) {
        let found = format!("{} users, {} targets", counts.0, counts.1);
        return refuse("not one user and one target", "users", found, "one of each");
    }
    let parts = instance.parts();
    if !problem.limits.is_empty() || !total_power(instance)? {
        let found = "limits beside it".to_owned();
        return refuse("the closed form knows one floor", "require", found, "one SINR floor");
    }
    let scale = parts.user_noise_w[0].sqrt().recip();
    let channel: Vec<C64> = instance.channels().col(0).iter().map(|z| z * scale).collect();
    let steering = instance.transmit_steering().response.col(0).to_vec();
    let floor = problem.sinr_floor[0];
    let Some(beam) = one_user_beam(&channel, &steering, floor, parts.power_w) else {
        let most = parts.power_w * real_dot(&channel, &channel);
        let found = format!("a floor of {floor:.4}");
        let allowed = format!("up to {most:.4}");
        return refuse("no beam gives the user that SNR", "require", found, &allowed);
    };
    let matrix = CMat::from_columns(instance.antennas(), 1, beam)?;
    let beams = Beams { matrix, users: 1, subcarriers: 1 };
    let metrics = evaluate(instance, &beams)?;
    let violation = violation(&metrics);
    Ok(Design {
        warnings: advice(instance, &metrics),
        starts: vec![metrics.objective],
        variables: beams,
        metrics,
        stop: Stop::Computed,
        proof: if violation <= FEASIBLE { Proof::feasible(violation) } else { Proof::NONE },
        trace: Trace::off(),
        work: Work::default(),
    })
}
