//! What a scenario requires, in numbers: floors and limits of its words.

use noctule_num::InputError;
use noctule_num::input::in_range;

use super::words::{Limit, Measure, Parameter, Require, Unknown};

/// Refuse a limit that its unit does not have.
pub(super) fn shown(limit: &Limit) -> Result<(), InputError> {
    use super::measure::Unit::{
        Bits, Dbm, Decibels, Detection, Nats, Plain, Root, RootDegrees, RootMetres, RootSpeed,
    };
    let value = limit.limit;
    match limit.metric.unit() {
        RootDegrees => in_range("limit", value, 1e-9, 1e6, "degrees"),
        RootMetres => in_range("limit", value, 1e-12, 1e12, "m"),
        RootSpeed => in_range("limit", value, 1e-12, 1e12, "m/s"),
        Root => in_range("limit", value, 1e-90, 1e90, ""),
        Plain => in_range("limit", value, 1e-180, 1e180, ""),
        Nats => in_range("limit", value, -1e4, 1e4, "nats"),
        Bits => in_range("limit", value, 1e-9, 1e9, "bits"),
        Decibels => in_range("limit", value, -300.0, 300.0, "dB"),
        Dbm => in_range("limit", value, -300.0, 300.0, "dBm"),
        Detection(false_alarm) => {
            in_range("metric.false_alarm", false_alarm, 1e-300, 0.999_999, "")?;
            let what = "between the false-alarm rate and 1";
            if value > false_alarm && value < 1.0 {
                return Ok(());
            }
            Err(InputError::new("no such probability", "limit", value.to_string(), what))
        }
    }
}

pub(super) fn one_a_user(place: &str, list: &[f64], users: usize) -> Result<(), InputError> {
    if list.len() == users {
        return Ok(());
    }
    let (found, allowed) = (format!("{} numbers", list.len()), format!("{users}, one a user"));
    Err(InputError::new("not one number a user", place, found, allowed))
}

/// SINRs that SINRs ask for, and those that rates ask for.
pub(super) fn floors(require: &Require, users: usize) -> Result<(Vec<f64>, Vec<f64>), InputError> {
    let mut out = [vec![0.0_f64; users], vec![0.0_f64; users]];
    let decibels = |place: &str, value: f64| {
        in_range(place, value, -300.0, 120.0, "dB")?;
        Ok(10.0_f64.powf(value / 10.0))
    };
    let bits = |place: &str, value: f64| {
        in_range(place, value, 0.0, 40.0, "bit/s/Hz")?;
        Ok((value * std::f64::consts::LN_2).exp_m1())
    };
    type Read<'a> = &'a dyn Fn(&str, f64) -> Result<f64, InputError>;
    type Asked<'a> = (&'a str, Option<f64>, Option<&'a [f64]>, Read<'a>);
    let all: [Asked<'_>; 2] = [
        ("sinr_db", require.sinr_db, require.user_sinr_db.as_deref(), &decibels),
        ("rate_bps_hz", require.rate_bps_hz, require.user_rate_bps_hz.as_deref(), &bits),
    ];
    for ((name, common, each, read), floors) in all.into_iter().zip(&mut out) {
        if let Some(value) = common {
            let floor = read(name, value)?;
            floors.iter_mut().for_each(|f| *f = f.max(floor));
        }
        if let Some(list) = each {
            let place = format!("user_{name}");
            one_a_user(&place, list, users)?;
            for (k, value) in list.iter().enumerate() {
                floors[k] = floors[k].max(read(&format!("{place}[{k}]"), *value)?);
            }
        }
    }
    let [sinr, rates] = out;
    Ok((sinr, rates))
}

/// Limits on the bounds of single parameters.
pub(super) fn angle_limits(
    require: &Require,
    unknown: &[Unknown],
) -> Result<Vec<Limit>, InputError> {
    let mut limits = Vec::new();
    let mut push = |place: &str, parameter, target, value: f64| {
        let metric = Measure::Parameter { target, parameter };
        let unit = metric.unit();
        let limit = Limit { metric, limit: value };
        shown(&limit).map_err(|error| InputError { place: place.to_owned(), ..error })?;
        limits.push(Limit { limit: unit.meant(value), ..limit });
        Ok(())
    };
    let of = |u: &Unknown, parameter| match parameter {
        Parameter::Azimuth => u.azimuth,
        Parameter::Polar => u.polar,
        Parameter::Reflection => u.reflection,
        Parameter::Range => u.range,
        Parameter::Velocity => u.velocity,
    };
    for (name, parameter, common, each) in [
        ("azimuth_deg", Parameter::Azimuth, require.azimuth_deg, &require.target_azimuth_deg),
        ("polar_deg", Parameter::Polar, require.polar_deg, &require.target_polar_deg),
        ("reflection", Parameter::Reflection, require.reflection, &None),
        ("range_m", Parameter::Range, require.range_m, &require.target_range_m),
        ("velocity_m_s", Parameter::Velocity, require.velocity_m_s, &require.target_velocity_m_s),
    ] {
        if let Some(value) = common {
            let targets = unknown.iter().enumerate().filter(|(_, u)| of(u, parameter));
            let mut targets = targets.map(|(m, _)| m).peekable();
            if targets.peek().is_none() {
                let what = "no target has this parameter unknown";
                let allowed = "a target with it among its `unknown`";
                return Err(InputError::new(what, name, value.to_string(), allowed));
            }
            targets.try_for_each(|m| push(name, parameter, m, value))?;
        }
        if let Some(list) = each {
            let place = format!("target_{name}");
            if list.len() != unknown.len() {
                let found = format!("{} numbers", list.len());
                let allowed = format!("{}, one a target", unknown.len());
                return Err(InputError::new("not one number a target", place, found, allowed));
            }
            for (m, value) in list.iter().enumerate() {
                if !of(&unknown[m], parameter) {
                    let (place, what) = (format!("{place}[{m}]"), "this parameter is known");
                    let allowed = "a target with it among its `unknown`";
                    return Err(InputError::new(what, place, value.to_string(), allowed));
                }
                push(&format!("{place}[{m}]"), parameter, m, *value)?;
            }
        }
    }
    Ok(limits)
}
