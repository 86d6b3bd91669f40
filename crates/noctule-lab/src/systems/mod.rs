//! The systems of the library, each behind the engine's one edge.

mod adapter;

use noctule_num::InputError;

pub use noctule::system::typed;

pub use self::adapter::Of;
use crate::registry::{Registry, no_such_system};
use crate::single::Single;
use crate::system::System;

/// The system that is meant when none is named.
pub const DEFAULT: &str = noctule::beamforming::SYSTEM;

/// All systems of this build, the default first.
const ALL: &[&dyn Single] = &[
    &Of::<noctule::beamforming::Beamforming>::new(),
    &Of::<noctule::cellfree::CellFree>::new(),
    &Of::<noctule::frame::Frame>::new(),
    &Of::<noctule::pilots::Pilots>::new(),
    &Of::<noctule::surfaces::Surfaces>::new(),
];

/// The systems as the engine sees them.
pub fn registry() -> Registry<'static> {
    Registry::new(ALL.iter().map(|system| *system as &dyn System))
}

/// The systems whose designs can be looked at one by one.
pub fn singles() -> Vec<&'static dyn Single> {
    ALL.to_vec()
}

/// The system of this name; `place` is where it is named.
///
/// # Errors
/// As [`Registry::need`].
pub fn need(id: &str, place: &str) -> Result<&'static dyn Single, InputError> {
    let found = ALL.iter().copied().find(|system| system.id() == id);
    found.ok_or_else(|| no_such_system(&registry().ids(), place, id))
}
