//! The systems of the library, each behind the engine's one edge.

pub mod adapter;
pub mod beamforming;
pub mod cellfree;
mod library;
pub mod pilots;
pub mod surfaces;

pub use noctule::system::typed;

use self::library::Of;
use crate::registry::Registry;
use crate::single::Single;
use crate::system::System;

/// The system that is meant when none is named.
pub const DEFAULT: &str = noctule::beamforming::SYSTEM;

/// All systems of this build, the default first.
const ALL: &[&dyn Single] = &[
    &beamforming::Beamforming,
    &cellfree::CellFree,
    &Of::<noctule::frame::Frame>::new(),
    &pilots::Pilots,
    &surfaces::Surfaces,
];

/// The systems as the engine sees them.
pub fn registry() -> Registry<'static> {
    Registry::new(ALL.iter().map(|system| *system as &dyn System))
}

/// The systems whose designs can be looked at one by one.
pub fn singles() -> Vec<&'static dyn Single> {
    ALL.to_vec()
}
