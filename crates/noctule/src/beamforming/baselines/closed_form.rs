//! Precoders in closed form: matched filters, zero forcing, regularised zero forcing.

use noctule_num::linalg::{Cholesky, Op, dot, orthonormal_basis, product, real_dot};
use noctule_num::{C64, CMat, InputError};
use noctule_optim::{Proof, Stop, Trace, Work, water_filling};

use crate::beamforming::band::on_each;
use crate::beamforming::goal::violation;
use crate::beamforming::model::evaluate;
use crate::beamforming::starts::{matched_filters, regularised_zero_forcing, scaled_to_power};
use crate::beamforming::{BeamformingDesign, Beams, Instance, PowerConstraint, advice};
use crate::system::NoSettings;
use crate::{Design, Error, FEASIBLE, Run};

/// Channels whose singular values are this far apart are dependent: to keep users apart would take
/// 10²⁰ times the power.
const DEPENDENT: f64 = 1e-10;
/// Two channels are multiples of each other when the squared cosine between them is this close to one.
const PARALLEL: f64 = 1e-12;
/// Brings entries whose squares underflow to where they do not.
const FROM_THE_FLOOR: f64 = 1e150;

/// Matched filters with equal power for every user, no sensing beams.
///
/// # Errors
/// When the instance has no users.
pub fn mrt(
    instance: &Instance,
    _: &NoSettings,
    _: &Run<'_, Beams>,
) -> Result<BeamformingDesign, Error> {
    if let Some(band) = instance.band() {
        return on_each(instance, band, |own| ready(own, matched_filters(own)));
    }
    closed_form(instance, matched_filters(instance))
}

/// Regularised zero forcing with equal power for every user, no sensing beams: the standard
/// precoder of multi-user communication.
///
/// # Errors
/// When the instance has no users.
pub fn rzf(
    instance: &Instance,
    _: &NoSettings,
    _: &Run<'_, Beams>,
) -> Result<BeamformingDesign, Error> {
    if let Some(band) = instance.band() {
        return on_each(instance, band, |own| ready(own, regularised_zero_forcing(own)?));
    }
    closed_form(instance, regularised_zero_forcing(instance)?)
}

/// Why channels depend on each other: the place and the first cause that has a name.
fn dependence(instance: &Instance) -> (String, String) {
    let (users, channels) = (instance.users(), instance.channels());
    if users > instance.antennas() {
        let found = format!("{users} users, more than the {} antennas", instance.antennas());
        return ("channels".to_owned(), found);
    }
    let norms: Vec<f64> = (0..users).map(|k| real_dot(channels.col(k), channels.col(k))).collect();
    if let Some(k) = norms.iter().position(|norm| *norm <= 0.0) {
        return (format!("channels[{k}]"), format!("user {k} has a channel of zeros"));
    }
    for k in 1..users {
        for other in 0..k {
            let inner = dot(channels.col(other), channels.col(k)).norm_sqr();
            if inner >= (1.0 - PARALLEL) * norms[k] * norms[other] {
                let found = format!("the channel of user {k} is a multiple of user {other}'s");
                return (format!("channels[{k}]"), found);
            }
        }
    }
    let dependent = |&k: &usize| {
        let first = CMat::from_fn(channels.rows(), k + 1, |i, j| channels[(i, j)]);
        orthonormal_basis(&first, DEPENDENT).is_ok_and(|basis| basis.cols() <= k)
    };
    match (2..users).find(dependent) {
        Some(k) => {
            let found = format!("the channel of user {k} is a sum of those of users before it");
            (format!("channels[{k}]"), found)
        }
        None => ("channels".to_owned(), "channels that are nearly dependent".to_owned()),
    }
}

/// Zero forcing: no user hears another, and the power is water-filled over the users, which is the
/// largest sum rate without interference. No sensing beams.
///
/// # Errors
/// When the instance has no users, or their channels depend linearly on each other (always so for
/// more users than antennas).
pub fn zf(
    instance: &Instance,
    _: &NoSettings,
    _: &Run<'_, Beams>,
) -> Result<BeamformingDesign, Error> {
    if let Some(band) = instance.band() {
        return on_each(instance, band, |own| ready(own, zero_forcing(own)?));
    }
    closed_form(instance, zero_forcing(instance)?)
}

/// The beams of zero forcing.
fn zero_forcing(instance: &Instance) -> Result<CMat, Error> {
    let users = instance.users();
    let channels = instance.channels();
    let dependent = || {
        let (place, found) = dependence(instance);
        let what = "zero forcing needs linearly independent channels";
        Error::from(InputError::new(what, place, found, "independent channels"))
    };
    if users > instance.antennas() || orthonormal_basis(channels, DEPENDENT)?.cols() < users {
        return Err(dependent());
    }
    let gram = product(channels, Op::Adjoint, channels, Op::Plain);
    let mut cholesky = Cholesky::new(users);
    cholesky.factor(&gram, "HᴴH").map_err(|_| dependent())?;
    // H G⁻¹ = (G⁻¹ Hᴴ)ᴴ, as G is Hermitian.
    let mut right = channels.adjoint();
    cholesky.solve_in_place(&mut right);
    let mut data = right.adjoint();
    // A beam of norm ‖b‖ gives its user amplitude one.
    let noise = &instance.parts().user_noise_w;
    let costs: Vec<f64> = (0..users).map(|k| real_dot(data.col(k), data.col(k))).collect();
    let gains: Vec<f64> =
        costs.iter().zip(noise).map(|(cost, noise)| 1.0 / (cost * noise)).collect();
    let mut powers = vec![0.0; users];
    water_filling(&gains, instance.parts().power_w, &mut powers);
    for ((user, power), cost) in powers.iter().enumerate().zip(&costs) {
        let scale = (power / cost).sqrt();
        data.col_mut(user).iter_mut().for_each(|z| *z *= scale);
    }
    Ok(data)
}

fn closed_form(instance: &Instance, data: CMat) -> Result<BeamformingDesign, Error> {
    let beams = Beams { matrix: ready(instance, data)?, users: instance.users(), subcarriers: 1 };
    let metrics = evaluate(instance, &beams)?;
    let power = (metrics.power_w / instance.parts().power_w - 1.0).max(0.0);
    let violation = if instance.problem().is_some() { violation(&metrics) } else { power };
    let proof = if violation <= FEASIBLE || instance.problem().is_none() {
        Proof::feasible(violation)
    } else {
        Proof::NONE
    };
    Ok(Design {
        warnings: advice(instance, &metrics),
        starts: vec![metrics.objective],
        variables: beams,
        metrics,
        stop: Stop::Computed,
        proof,
        trace: Trace::off(),
        work: Work::default(),
    })
}

/// Data beams beside silent ones, at the power constraint.
fn ready(instance: &Instance, mut data: CMat) -> Result<CMat, Error> {
    if instance.users() == 0 {
        return Err(
            InputError::new("there are no users", "channels", "0 users", "1 or more").into()
        );
    }
    // Squares can leave the range of double precision where entries do not. Only directions count
    // here: powers follow.
    while data.norm_sqr() <= 0.0 && data.max_abs() > 0.0 {
        data.scale(FROM_THE_FLOOR);
    }
    if data.max_abs() <= 0.0 {
        let what = "no user has a channel";
        return Err(InputError::new(what, "channels", "zeros", "a channel that is not zero").into());
    }
    let silent = CMat::zeros(instance.antennas(), instance.parts().sensing_streams);
    Ok(project_power(instance, CMat::hstack(&[&data, &silent])?))
}

/// The nearest beams that meet the power constraint with equality: scaled as a whole, or antenna
/// by antenna to `√(P/Nt)` (with the exponent −1/2 that Eq. (31) of the paper gets wrong:
/// `docs/errata.md#beamforming-e10`). An antenna whose entries are all zero, or under total power
/// beams that are all zero, send equally on all streams.
pub fn project_power(instance: &Instance, mut matrix: CMat) -> CMat {
    let power = instance.parts().power_w;
    match instance.parts().power_constraint {
        PowerConstraint::Total => return scaled_to_power(matrix, power),
        PowerConstraint::PerAntenna => {
            let share = power / matrix.rows() as f64;
            for n in 0..matrix.rows() {
                let row: f64 = (0..matrix.cols()).map(|j| matrix[(n, j)].norm_sqr()).sum();
                for j in 0..matrix.cols() {
                    if row > 0.0 {
                        matrix[(n, j)] *= (share / row).sqrt();
                    } else {
                        matrix[(n, j)] = C64::from((share / matrix.cols() as f64).sqrt());
                    }
                }
            }
        }
    }
    matrix
}
