//! The systems of the library, each behind the engine's one edge.

pub mod adapter;
pub mod beamforming;
pub mod cellfree;
pub mod frame;
pub mod pilots;
pub mod surfaces;

use noctule_num::InputError;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::registry::Registry;

/// The system that is meant when none is named.
pub const DEFAULT: &str = noctule::beamforming::SYSTEM;

/// All systems of this build.
pub fn registry() -> Registry<'static> {
    Registry::new(singles().into_iter().map(|system| system as &dyn crate::system::System))
}

/// The systems whose designs can be looked at one by one.
pub fn singles() -> Vec<&'static dyn crate::single::Single> {
    vec![
        &beamforming::Beamforming,
        &frame::Frame,
        &pilots::Pilots,
        &surfaces::Surfaces,
        &cellfree::CellFree,
    ]
}

/// A typed value out of JSON; what does not fit is said as bad input at `place`.
///
/// # Errors
/// [`InputError`] with serde's own words about what it found and expected.
pub fn typed<T: DeserializeOwned>(value: &Value, place: &str) -> Result<T, InputError> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        let found = error.inner().to_string().replace("usize", "a count").replace("u32", "a count");
        let what = "the value does not fit";
        let error = InputError::new(what, path, found, "what `noctule schema` describes");
        // A path of `.` is the value itself.
        if error.place == "." { InputError { place: String::new(), ..error } } else { error }
            .inside(place)
    })
}
