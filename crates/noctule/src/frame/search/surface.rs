//! The rate as a function of the sensing time and the number of updates.

use noctule_num::InputError;

use super::intervals::Search;
use crate::Error;
use crate::frame::Instance;
use crate::frame::model::block_rates;
use crate::frame::placement::Pattern;

/// The rate over sensing time and number of updates, placements best for each.
#[derive(Clone, Debug, PartialEq)]
pub struct Surface {
    /// Sensing times in seconds.
    pub sensing_time_s: Vec<f64>,
    /// For every sensing time the bits per hertz of a frame with 1, 2, … updates.
    pub frame_bits_per_hz: Vec<Vec<f64>>,
}

/// The rate for each of `times` (seconds) and 1 to `updates` channel updates.
///
/// Times outside the frame and those with no room for a pilot have no entries; requirements are
/// not enforced.
///
/// # Errors
/// [`Error::Input`] for times that are not positive, and as [`design`](crate::frame::design()).
pub fn surface(instance: &Instance, times: &[f64], updates: usize) -> Result<Surface, Error> {
    let mut problem = Search::new(instance, Pattern::Free, (0.0, 0))?;
    let mut out = Surface { sensing_time_s: times.to_vec(), frame_bits_per_hz: Vec::new() };
    for &time in times {
        if !(time.is_finite() && time > 0.0) {
            let found = time.to_string();
            return Err(InputError::new(
                "not a sensing time",
                "times",
                found,
                "a positive number of seconds",
            )
            .into());
        }
        let (whole, rest) = instance.split_sensing(time);
        if whole >= instance.blocks() || !instance.pilot_fits(rest) {
            out.frame_bits_per_hz.push(Vec::new());
            continue;
        }
        let sample = problem.reduced.sample(time)?;
        let data = instance.blocks() - whole;
        block_rates(instance, problem.reduced.sinr(sample), &mut problem.rates[..data]);
        let lead = problem.rates[0];
        let carried = problem.placer.by_updates(&problem.rates[..data], data, updates);
        let lost = |m: usize| instance.pilot_time_s() * m as f64 + rest;
        let row =
            carried.iter().enumerate().map(|(i, sum)| problem.block * sum - lost(i + 1) * lead);
        out.frame_bits_per_hz.push(row.collect());
    }
    Ok(out)
}
