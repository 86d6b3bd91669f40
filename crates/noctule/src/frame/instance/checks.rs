//! What an instance refuses.

use std::f64::consts::PI;

use noctule_num::InputError;

use super::{Parts, User};
use crate::Error;

/// Antennas of one array.
pub(in crate::frame) const MOST_ANTENNAS: usize = 1024;
/// Users.
pub(in crate::frame) const MOST_USERS: usize = 1024;
/// Blocks of a frame.
pub(in crate::frame) const MOST_BLOCKS: usize = 20_000;
/// Symbols of a block.
pub(in crate::frame) const MOST_SYMBOLS: usize = 10_000_000;
/// Entries of all correlation matrices together.
const MOST_ENTRIES: usize = 1 << 26;
/// Positive quantities must lie in this range, so that products of a few stay in double precision.
const POSITIVE: std::ops::RangeInclusive<f64> = 1e-60..=1e60;

/// The largest limit on the variance of an angle: a half-turn squared. Beyond it nothing is required,
/// and a sensing error that is larger still leaves of the prior only its rounding.
pub(in crate::frame) const MOST_CRB_RAD2: f64 = PI * PI;

type Names = [(&'static str, fn(&User) -> f64); 6];

const POSITIVE_FIELDS: Names = [
    ("gain", |user| user.gain),
    ("power_w", |user| user.power_w),
    ("noise_w", |user| user.noise_w),
    ("pilot_snr", |user| user.pilot_snr),
    ("echo_snr", |user| user.echo_snr),
    ("crb_limit_rad2", |user| user.crb_limit_rad2),
];

/// Refuse parts that make no problem.
pub(super) fn check(parts: &Parts) -> Result<(), Error> {
    sizes(parts)?;
    for (place, value) in [("symbol_time_s", parts.symbol_time_s), ("crb_scale", parts.crb_scale)] {
        positive(place.to_owned(), value)?;
    }
    for (index, user) in parts.users.iter().enumerate() {
        for (name, of) in POSITIVE_FIELDS {
            positive(format!("{name}[{index}]"), of(user))?;
        }
        // Rounding of a limit at the very end is none of a person's business.
        if user.crb_limit_rad2 > MOST_CRB_RAD2 * (1.0 + 1e-12) {
            return Err(InputError::new(
                "the limit on the bound of an angle is larger than any angle",
                format!("crb_limit_rad2[{index}]"),
                format!("{} rad²", user.crb_limit_rad2),
                "up to π² rad², the square of a half-turn",
            )
            .into());
        }
        let angle = user.angle_rad;
        if !angle.is_finite() || angle.cos().abs() < 1e-6 || angle.abs() > 7.0 {
            return Err(InputError::new(
                "a user's angle cannot be sensed",
                format!("angle_rad[{index}]"),
                format!("{angle} rad"),
                "an angle in radians away from the axis of the array (±π/2)",
            )
            .into());
        }
        if !(0.0..=1.6).contains(&user.spread_rad) {
            return Err(InputError::new(
                "an angular spread is out of range",
                format!("spread_rad[{index}]"),
                format!("{} rad", user.spread_rad),
                "0 to 1.6 rad",
            )
            .into());
        }
    }
    aging(parts)
}

fn sizes(parts: &Parts) -> Result<(), Error> {
    let counts = [
        ("transmit_antennas", parts.transmit_antennas, 1, MOST_ANTENNAS),
        ("receive_antennas", parts.receive_antennas, 2, MOST_ANTENNAS),
        ("angle_rad", parts.users.len(), 1, MOST_USERS),
        ("aging", parts.blocks(), 1, MOST_BLOCKS),
        ("block_symbols", parts.block_symbols, 1, MOST_SYMBOLS),
        ("pilot_symbols", parts.pilot_symbols, 0, parts.block_symbols.saturating_sub(1)),
    ];
    for (place, found, low, high) in counts {
        if !(low..=high).contains(&found) {
            let allowed = match place {
                "pilot_symbols" => format!("0 to {high}: a block holds its pilot and some data"),
                _ => format!("{low} to {high}"),
            };
            let what = "the size is out of range";
            return Err(InputError::new(what, place, found.to_string(), allowed).into());
        }
    }
    let entries = parts.users.len() * parts.transmit_antennas * parts.transmit_antennas;
    if entries > MOST_ENTRIES {
        return Err(InputError::new(
            "the correlation matrices are too large together",
            "transmit_antennas",
            format!("{entries} entries"),
            format!("users · antennas² up to {MOST_ENTRIES}"),
        )
        .into());
    }
    Ok(())
}

fn positive(place: String, value: f64) -> Result<(), Error> {
    if POSITIVE.contains(&value) {
        return Ok(());
    }
    let allowed = format!("a positive number, {:e} to {:e}", POSITIVE.start(), POSITIVE.end());
    Err(InputError::new("the value is out of range", place, value.to_string(), allowed).into())
}

fn aging(parts: &Parts) -> Result<(), Error> {
    let blocks = parts.blocks();
    if parts.aging.len() != parts.users.len() {
        return Err(InputError::new(
            "the shapes do not fit together",
            "aging",
            format!("{} users", parts.aging.len()),
            format!("{} users, as in `angle_rad`", parts.users.len()),
        )
        .into());
    }
    for (user, sequence) in parts.aging.iter().enumerate() {
        if sequence.len() != blocks {
            return Err(InputError::new(
                "the shapes do not fit together",
                format!("aging[{user}]"),
                format!("{} blocks", sequence.len()),
                format!("{blocks} blocks, as for user 0"),
            )
            .into());
        }
        if let Some(block) = sequence.iter().position(|rho| !(-1.0..=1.0).contains(rho)) {
            return Err(InputError::new(
                "not a correlation coefficient",
                format!("aging[{user}][{block}]"),
                sequence[block].to_string(),
                "−1 to 1",
            )
            .into());
        }
    }
    Ok(())
}
