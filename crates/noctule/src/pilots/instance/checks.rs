//! Everything about the parts that can be wrong.

use noctule_num::linalg::HermitianEigen;
use noctule_num::{CMat, InputError};
use noctule_phy::multistatic::Information;

use super::{Instance, Parts, Sensing, is_diagonal};
use crate::Error;

/// Access points.
pub(in crate::pilots) const MOST_POINTS: usize = 1024;
/// Users.
pub(in crate::pilots) const MOST_USERS: usize = 256;
/// Deviation of a Gram from being Hermitian, of unit diagonal, and positive semidefinite.
const GRAM: f64 = 1e-9;
/// Dimensionless numbers must lie in this range, so that no product of three overflows.
const RATIOS: std::ops::RangeInclusive<f64> = 0.0..=1e60;

fn refuse<T>(
    what: &str,
    place: impl Into<String>,
    found: impl ToString,
    allowed: impl Into<String>,
) -> Result<T, Error> {
    Err(InputError::new(what, place, found.to_string(), allowed).into())
}

pub(super) fn check(parts: &Parts) -> Result<(), Error> {
    let users = parts.users;
    if !(1..=MOST_USERS).contains(&users) {
        return refuse("the count is out of range", "users", users, format!("1 to {MOST_USERS}"));
    }
    let entries = parts.channel_gain.len();
    if entries == 0 || entries % users != 0 || entries / users > MOST_POINTS {
        let allowed =
            format!("a row for each of 1 to {MOST_POINTS} access points, {users} entries each");
        return refuse(
            "the gains do not fit the users",
            "channel_gain",
            format!("{entries} entries"),
            allowed,
        );
    }
    check_gains(parts)?;
    for (name, value, positive) in [
        ("uplink_energy", parts.uplink_energy, false),
        ("downlink_energy", parts.downlink_energy, true),
        ("bandwidth_hz", parts.bandwidth_hz, true),
        ("array_gain", parts.array_gain, false),
        ("data_power", parts.data_power, false),
    ] {
        let enough = if positive { value > 0.0 } else { value >= 0.0 };
        if !(enough && value <= 1e30) {
            let low = if positive { "above 0" } else { "from 0" };
            return refuse(
                "the value is out of range",
                name,
                value,
                format!("a number {low} to 1e30"),
            );
        }
    }
    check_gram("uplink_gram", &parts.uplink_gram, users)?;
    check_gram("downlink_gram", &parts.downlink_gram, users)?;
    if let Some(limit) = parts.crb_limit_m2 {
        if !(limit >= 1e-30 && limit <= 1e30) {
            return refuse("the limit is out of range", "crb_limit_m2", limit, "1e-30 to 1e30 m²");
        }
    }
    check_sensing(parts)
}

fn check_gains(parts: &Parts) -> Result<(), Error> {
    let users = parts.users;
    let place = |name: &str, i: usize| format!("{name}[{}][{}]", i / users, i % users);
    for (i, beta) in parts.channel_gain.iter().enumerate() {
        let strong = beta * parts.uplink_energy.max(parts.downlink_energy);
        if !(*beta >= 0.0 && RATIOS.contains(&strong)) {
            let allowed = "a power gain, linear, not negative; times the pilot energy at most 1e60";
            return refuse("not a path gain", place("channel_gain", i), beta, allowed);
        }
    }
    for k in 0..users {
        if parts.channel_gain.iter().skip(k).step_by(users).all(|beta| *beta <= 0.0) {
            let place = format!("channel_gain[..][{k}]");
            return refuse(
                "a user has no channel",
                place,
                "zeros",
                "a gain above zero for each user",
            );
        }
    }
    let Some(gamma) = &parts.estimate_gain else { return Ok(()) };
    if gamma.len() != parts.channel_gain.len() {
        let allowed = format!("{} entries, as channel_gain", parts.channel_gain.len());
        return refuse("the shapes do not fit together", "estimate_gain", gamma.len(), allowed);
    }
    for (i, (gamma, beta)) in gamma.iter().zip(&parts.channel_gain).enumerate() {
        if !(*gamma >= 0.0 && *gamma <= beta * (1.0 + 1e-9)) {
            let allowed = "from 0 to the gain of the channel";
            return refuse(
                "not the mean square of an estimate",
                place("estimate_gain", i),
                gamma,
                allowed,
            );
        }
    }
    if is_diagonal(&parts.uplink_gram) {
        return Ok(());
    }
    let error = InputError::new(
        "estimate_gain is given, but the uplink pilots are correlated",
        "estimate_gain",
        "both",
        "estimate_gain with orthogonal uplink pilots, or none",
    );
    Err(error.hint("with correlated pilots the library computes the estimates itself").into())
}

fn check_gram(name: &str, gram: &CMat, users: usize) -> Result<(), Error> {
    if gram.rows() != users || gram.cols() != users {
        let found = format!("shape [{}, {}]", gram.rows(), gram.cols());
        return refuse(
            "the shapes do not fit together",
            name,
            found,
            format!("[{users}, {users}]"),
        );
    }
    for i in 0..users {
        for j in 0..users {
            let (here, there) = (gram[(i, j)], gram[(j, i)].conj());
            let unit = if i == j { (here.re - 1.0).abs() } else { 0.0 };
            if !here.is_finite() || (here - there).norm() > GRAM || unit > GRAM {
                let place = format!("{name}[{i}][{j}]");
                let allowed = "a Hermitian matrix with ones on the diagonal";
                return refuse("not the Gram matrix of unit pilots", place, here, allowed);
            }
        }
    }
    let mut eigen = HermitianEigen::new(users);
    eigen.compute(gram)?;
    if eigen.min() < -GRAM * users as f64 {
        let found = format!("an eigenvalue of {:.3e}", eigen.min());
        return refuse("not the Gram matrix of any pilots", name, found, "positive semidefinite");
    }
    Ok(())
}

fn check_sensing(parts: &Parts) -> Result<(), Error> {
    let count = parts.channel_gain.len() / parts.users;
    match &parts.sensing {
        None if parts.crb_limit_m2.is_some() => refuse(
            "a limit on positions needs a radar",
            "crb_limit_m2",
            "no positions and no information",
            "`point_m` and `user_m`, or `information`",
        ),
        None => Ok(()),
        Some(Sensing::Known(information)) => {
            if information.len() != parts.channel_gain.len() {
                let allowed = format!("{} matrices", parts.channel_gain.len());
                return refuse(
                    "the shapes do not fit together",
                    "information",
                    information.len(),
                    allowed,
                );
            }
            for (i, r) in information.iter().enumerate() {
                let sound = r.xx >= 0.0
                    && r.yy >= 0.0
                    && r.xx.max(r.yy) <= 1e60
                    && r.xy * r.xy <= r.xx * r.yy * (1.0 + 1e-9);
                if !sound {
                    let place = format!("information[{}][{}]", i / parts.users, i % parts.users);
                    let found = format!("[{}, {}, {}]", r.xx, r.yy, r.xy);
                    let allowed = "[xx, yy, xy] of a positive semidefinite matrix";
                    return refuse("not an information matrix", place, found, allowed);
                }
            }
            Ok(())
        }
        Some(Sensing::Placed { points, users, radar }) => {
            for (name, found, expected) in
                [("point_m", points.len(), count), ("user_m", users.len(), parts.users)]
            {
                if found != expected {
                    let allowed = format!("{expected} positions, as channel_gain has it");
                    return refuse("the shapes do not fit together", name, found, allowed);
                }
            }
            for (name, list) in [("point_m", points), ("user_m", users)] {
                for (i, p) in list.iter().enumerate() {
                    if !(p.x_m.abs() <= 1e9 && p.y_m.abs() <= 1e9) {
                        let found = format!("[{}, {}]", p.x_m, p.y_m);
                        return refuse(
                            "not a position",
                            format!("{name}[{i}]"),
                            found,
                            "metres, up to 1e9",
                        );
                    }
                }
            }
            for (name, value) in [
                ("frequency_hz", radar.frequency_hz),
                ("effective_bandwidth_hz", radar.effective_bandwidth_hz),
                ("cross_section_m2", radar.cross_section_m2),
            ] {
                if !(value > 0.0 && value <= 1e20) {
                    return refuse("the value is out of range", name, value, "above 0, up to 1e20");
                }
            }
            Ok(())
        }
    }
}

/// Where a limit is set, every user must be one that full power can locate at all.
pub(super) fn check_locatable(instance: &Instance) -> Result<(), Error> {
    if instance.parts.crb_limit_m2.is_none() {
        return Ok(());
    }
    if let Some(Sensing::Placed { points, users, .. }) = &instance.parts.sensing {
        for (k, user) in users.iter().enumerate() {
            if let Some(m) = points.iter().position(|p| p.direction(*user).is_none()) {
                let error = InputError::new(
                    "a user stands on an access point",
                    format!("user_m[{k}]"),
                    format!("[{}, {}], the position of access point {m}", user.x_m, user.y_m),
                    "a distance above zero: there is no direction between the two",
                );
                return Err(error.hint("move the user, or set no limit on positions").into());
            }
        }
    }
    for k in 0..instance.users() {
        let sum = (0..instance.points).fold(Information::default(), |sum, m| {
            sum.plus(1.0, instance.information[m * instance.users() + k])
        });
        let energy = instance.parts.downlink_energy;
        let sound = Information::default().plus(energy, sum).crb();
        if !sound.is_some_and(|crb| crb < 1e60) {
            let error = InputError::new(
                "a user cannot be located, whatever is sent",
                format!("users[{k}]"),
                "a singular information matrix: all paths lengthen in one direction only",
                "access points in two directions",
            );
            return Err(error
                .hint("move the user or the access points, or set no limit on positions")
                .into());
        }
    }
    Ok(())
}
