//! What a user's draw decides of where it is seen, the same for channels on one carrier, over a band, and
//! for their statistics.

use noctule_num::InputError;

use super::super::cdl::{AngleTarget, DelayLine};
use super::super::cell::Cell;
use super::super::draws::UserStreams;
use super::super::element_pattern::amplitude;

/// A user in a cell.
#[derive(Clone, Copy, Debug)]
pub(super) struct Resident {
    pub(super) line_of_sight: bool,
    /// Azimuth and polar angle.
    pub(super) direction: (f64, f64),
    /// K, linear; zero without a line of sight.
    pub(super) k_factor: f64,
    /// Path gain with the element's pattern towards the user.
    pub(super) path_gain: f64,
    /// The same of an element without pattern: rays have that of their own directions.
    pub(super) bare_gain: f64,
}

impl Resident {
    /// Where the user of these streams is, seen by elements with or without `pattern`.
    pub(super) fn draw(
        cell: &Cell,
        pattern: bool,
        streams: &UserStreams<'_>,
    ) -> Result<Self, InputError> {
        let user = cell.user(&streams.user_numbers())?;
        let direction = (user.place.azimuth_rad, user.place.polar_rad);
        let (mean, std) = cell.scenario.k_factor_db();
        let k_db = mean + std * streams.k_factor_number();
        let own = if pattern { amplitude(direction.0, direction.1) } else { 1.0 };
        Ok(Self {
            line_of_sight: user.line_of_sight,
            direction,
            k_factor: if user.line_of_sight { 10_f64.powf(k_db / 10.0) } else { 0.0 },
            path_gain: user.path_gain * own.powi(2),
            bare_gain: user.path_gain,
        })
    }
}

/// A delay line whose mean direction is a user's.
pub(super) fn towards(line: DelayLine, direction: (f64, f64)) -> DelayLine {
    let target = |mean_rad| Some(AngleTarget { mean_rad, spread_rad: None });
    DelayLine { azimuth: target(direction.0), polar: target(direction.1), ..line }
}

/// A delay line whose means are the user's.
pub(super) fn moved(
    line: DelayLine,
    azimuth_rad: &Option<[f64; 2]>,
    polar_rad: &Option<[f64; 2]>,
    streams: &UserStreams<'_>,
) -> DelayLine {
    let fixed = |range: &Option<[f64; 2]>| range.unwrap_or([0.0; 2]);
    let (azimuth, polar) = streams.direction(fixed(azimuth_rad), fixed(polar_rad));
    let target = |old: Option<AngleTarget>, range: &Option<[f64; 2]>, mean_rad: f64| {
        let spread_rad = old.and_then(|target| target.spread_rad);
        range.map_or(old, |_| Some(AngleTarget { mean_rad, spread_rad }))
    };
    DelayLine {
        azimuth: target(line.azimuth, azimuth_rad, azimuth),
        polar: target(line.polar, polar_rad, polar),
        ..line
    }
}
