//! What a build may leave out: bands and channels that are estimated, simulated echoes, and the search for the fewest
//! sensing streams. The browser's first module does; who brings such a scene loads another one.
//!
//! Nothing but functions that every way leads through asks whether it is there: an instance of such a build has no band
//! ([`Instance::band`](super::Instance::band)) and no echoes, and the compiler leaves out all that is about them.

use noctule_num::InputError;

/// Whether this build has all of it.
pub(super) const WHOLE: bool = cfg!(feature = "whole");

/// The refusal of a build without.
///
/// # Errors
/// [`InputError`] that names what was `found` at a `place`, where this build lacks it.
pub(super) fn part(place: &str, found: &str, allowed: &str) -> Result<(), InputError> {
    if WHOLE {
        return Ok(());
    }
    let error = InputError::new("this is not part of this build", place, found, allowed);
    Err(error.hint("the command line and Python have it"))
}

/// The refusal of bands.
///
/// # Errors
/// As [`part`].
pub(super) fn bands() -> Result<(), InputError> {
    part("ofdm", "a band, or estimates of channels", "one frequency with known channels")
}
