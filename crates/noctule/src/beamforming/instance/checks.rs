//! Everything about the parts that can be wrong without looking at the scene.

use noctule_num::{C64, InputError};

use super::Parts;
use crate::Error;

/// Elements of one array.
pub(in crate::beamforming) const MOST_ELEMENTS: usize = 16_384;
/// Users, and sensing streams.
pub(in crate::beamforming) const MOST_STREAMS: usize = 4096;
/// Targets.
pub(in crate::beamforming) const MOST_TARGETS: usize = 64;
/// Entries of one matrix: with 16 bytes each, a gigabyte.
const MOST_ENTRIES: usize = 1 << 26;
/// Ratios of signal to noise must lie in this range, so that no product of two overflows.
const RATIOS: std::ops::RangeInclusive<f64> = 1e-100..=1e100;

/// Everything about the parts that can be wrong without looking at the scene.
pub(super) fn check(parts: &Parts) -> Result<(), Error> {
    check_sizes(parts)?;
    check_channels(parts)?;
    check_powers(parts)?;
    check_weights(parts)?;
    check_purpose(parts)?;
    check_ratios(parts)?;
    check_echoes(parts)
}

fn refuse(
    what: &str,
    place: &str,
    found: impl Into<String>,
    allowed: impl Into<String>,
) -> Result<(), Error> {
    Err(InputError::new(what, place, found, allowed).into())
}

/// Refuse channels that do not fit the array or the users, or with an entry that is not finite.
fn check_channels(parts: &Parts) -> Result<(), Error> {
    let elements = parts.transmit_array.elements();
    if parts.channels.rows() != elements {
        let [h, v] = [parts.transmit_array.horizontal, parts.transmit_array.vertical];
        let allowed = format!("{elements} antennas, as the array has {h} × {v} elements");
        let found = format!("{} antennas", parts.channels.rows());
        let what = "the channels do not fit the transmit array";
        let hint = "its shape is `transmit_array` of the scenario, `transmit_shape` among arrays";
        return Err(InputError::new(what, "channels", found, allowed).hint(hint).into());
    }
    if let Some(index) = parts.channels.as_slice().iter().position(|z| !z.is_finite()) {
        let place = format!("channels[{}][{}]", index / elements, index % elements);
        let found = parts.channels.as_slice()[index].to_string();
        return refuse("an entry is not a finite number", &place, found, "finite numbers");
    }
    if parts.user_noise_w.len() != parts.channels.cols() {
        let users = parts.channels.cols();
        let found = format!("{} entries", parts.user_noise_w.len());
        let allowed = format!("{users} entries, one for each user in `channels`");
        return refuse("the shapes do not fit together", "user_noise_w", found, allowed);
    }
    Ok(())
}

/// Refuse powers that are none.
fn check_powers(parts: &Parts) -> Result<(), Error> {
    let mut powers = vec![
        ("power_w".to_owned(), parts.power_w),
        ("sensing_noise_w".to_owned(), parts.sensing_noise_w),
    ];
    powers.extend(
        parts.user_noise_w.iter().enumerate().map(|(k, &w)| (format!("user_noise_w[{k}]"), w)),
    );
    for (place, value) in powers {
        if !(value.is_finite() && value > 0.0) {
            let (found, allowed) = (format!("{value} W"), "a positive, finite number of watts");
            return refuse("a power is not positive", &place, found, allowed);
        }
    }
    Ok(())
}

/// Refuse weights that are none, or beyond what the objective can add up.
fn check_weights(parts: &Parts) -> Result<(), Error> {
    let (rate, crb) = (parts.rate_weight_per_nat, parts.crb_weight);
    for (place, weight) in [("rate_weight_per_nat", rate), ("crb_weight", crb)] {
        if !(weight.is_finite() && weight >= 0.0) {
            return refuse("not a weight", place, weight.to_string(), "zero or positive");
        }
    }
    for (place, weight) in [
        ("rate_weight_per_nat", rate),
        ("crb_weight", crb),
        ("rate_weight_per_nat / crb_weight", rate / crb),
    ] {
        // Zero, and a ratio to it, leave a term out.
        if weight > 0.0 && weight.is_finite() && !RATIOS.contains(&weight) {
            let allowed = format!("zero, or {:e} to {:e}", RATIOS.start(), RATIOS.end());
            let what = "the weight is beyond double precision";
            return refuse(what, place, format!("{weight:e}"), allowed);
        }
    }
    Ok(())
}

/// Refuse a problem that any beams solve.
fn check_purpose(parts: &Parts) -> Result<(), Error> {
    let what = "there is nothing to design for";
    let rate_counts = parts.rate_weight_per_nat > 0.0 && parts.channels.cols() > 0;
    if !rate_counts && parts.crb_weight <= 0.0 {
        let place = "rate_weight_per_nat, crb_weight";
        let allowed = "users and a positive rate weight, or a positive bound weight";
        return refuse(what, place, "no weight on anything", allowed);
    }
    if parts.crb_weight <= 0.0 && parts.channels.norm_sqr() <= 0.0 {
        let found = "zeros, and no weight on the bound";
        return refuse(what, "channels", found, "a channel that is not zero");
    }
    Ok(())
}

/// Refuse a radar without beams, snapshots, or echoes.
fn check_echoes(parts: &Parts) -> Result<(), Error> {
    if parts.channels.cols() + parts.sensing_streams == 0 {
        let allowed = "at least one user or one sensing stream";
        return refuse("there are no beams", "sensing_streams", "0, and no users", allowed);
    }
    if parts.snapshots == 0 {
        return refuse("there are no snapshots", "snapshots", "0", "at least 1");
    }
    for (index, target) in parts.targets.iter().enumerate() {
        let finite = target.azimuth_rad.is_finite()
            && target.polar_rad.is_finite()
            && target.reflection.is_finite();
        if !finite {
            let (place, found) = (format!("targets[{index}]"), format!("{target:?}"));
            return refuse("a target is not finite", &place, found, "finite angles and reflection");
        }
        if parts.crb_weight > 0.0 && target.reflection.norm_sqr() <= 0.0 {
            let place = format!("reflection[{index}]");
            let allowed = "a reflection coefficient that is not zero";
            return refuse(
                "a target reflects nothing",
                &place,
                target.reflection.to_string(),
                allowed,
            );
        }
    }
    Ok(())
}

/// Refuse more users than there may be, in these words.
pub(super) fn check_users(users: usize) -> Result<(), InputError> {
    at_most("there are too many users", "channels", users, MOST_STREAMS, "users")
}

/// Refuse more targets than there may be, in these words.
pub(super) fn check_targets(targets: usize) -> Result<(), InputError> {
    at_most("there are too many targets", "azimuth_rad", targets, MOST_TARGETS, "targets")
}

fn at_most(
    what: &str,
    place: &str,
    found: usize,
    most: usize,
    unit: &str,
) -> Result<(), InputError> {
    if found <= most {
        return Ok(());
    }
    let (found, allowed) = (format!("{found} {unit}"), format!("at most {most} {unit}"));
    Err(InputError::new(what, place, found, allowed))
}

/// Refuse sizes that no machine holds, before anything of that size is made.
fn check_sizes(parts: &Parts) -> Result<(), Error> {
    let refuse = |place: &str, found: usize, most: usize| {
        let allowed = format!("1 to {most}");
        let what = "the size is out of range";
        Err(Error::Input(InputError::new(what, place, found.to_string(), allowed)))
    };
    for (place, array) in
        [("transmit_shape", parts.transmit_array), ("receive_shape", parts.receive_array)]
    {
        let elements = array.horizontal.saturating_mul(array.vertical);
        if !(1..=MOST_ELEMENTS).contains(&elements) {
            return refuse(place, elements, MOST_ELEMENTS);
        }
    }
    check_users(parts.channels.cols())?;
    if parts.sensing_streams > MOST_STREAMS {
        return refuse("sensing_streams", parts.sensing_streams, MOST_STREAMS);
    }
    check_targets(parts.targets.len())?;
    let columns = parts.channels.cols() + parts.sensing_streams + 3 * parts.targets.len();
    let rows = parts.transmit_array.elements().max(parts.receive_array.elements());
    if rows * columns > MOST_ENTRIES {
        return refuse("channels", rows * columns, MOST_ENTRIES);
    }
    if parts.transmit_array.normalisation != parts.receive_array.normalisation {
        let error = InputError::new(
            "transmit and receive array are normalised differently",
            "unit_modulus_steering",
            format!("{:?} and {:?}", parts.transmit_array, parts.receive_array),
            "one normalisation for both",
        );
        return Err(error.into());
    }
    Ok(())
}

/// Refuse ratios of signal to noise whose products leave double precision.
fn check_ratios(parts: &Parts) -> Result<(), Error> {
    let refuse = |place: String, what: &str, ratio: f64| {
        let allowed = format!("{:e} to {:e}", RATIOS.start(), RATIOS.end());
        Err(Error::Input(InputError::new(what, place, ratio.to_string(), allowed)))
    };
    for (user, noise) in parts.user_noise_w.iter().enumerate() {
        let gain: f64 = parts.channels.col(user).iter().map(C64::norm_sqr).sum();
        let ratio = gain * (parts.power_w / noise);
        // A user without a channel is legal: it gets nothing.
        if ratio.is_nan() || ratio > *RATIOS.end() {
            return refuse(
                format!("channels[{user}]"),
                "the signal-to-noise ratio is beyond double precision",
                ratio,
            );
        }
    }
    if parts.crb_weight > 0.0 {
        let information = parts.power_w / parts.sensing_noise_w;
        if !RATIOS.contains(&information) {
            let what = "power over noise of the radar is beyond double precision";
            return refuse("power_w, sensing_noise_w".to_owned(), what, information);
        }
        for (index, target) in parts.targets.iter().enumerate() {
            let gain = target.reflection.norm_sqr();
            if !RATIOS.contains(&gain) || !RATIOS.contains(&(gain * information)) {
                let what = "the reflected power is beyond double precision";
                return refuse(format!("reflection[{index}]"), what, gain);
            }
        }
    }
    Ok(())
}
