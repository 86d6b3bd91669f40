//! The systems of the library, each behind the engine's one edge.

pub mod adapter;
mod library;

pub use noctule::system::typed;

pub use self::library::Of;
use crate::registry::Registry;
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::adapter::Typed;

    /// A row of a table of schemes that no arm of the parser reads is refused, never another scheme
    /// in its place.
    #[test]
    fn a_scheme_that_nobody_parses_is_refused() {
        fn refused<T: Typed>() {
            assert!(T::scheme("a row without an arm", &json!({})).is_err(), "{}", T::ID);
            for scheme in T::schemes() {
                let settings = T::settings(scheme.name).unwrap();
                assert!(T::scheme(scheme.name, &settings).is_ok(), "{} {}", T::ID, scheme.name);
            }
        }
        refused::<super::Of<noctule::beamforming::Beamforming>>();
        refused::<super::Of<noctule::cellfree::CellFree>>();
        refused::<super::Of<noctule::frame::Frame>>();
        refused::<super::Of<noctule::pilots::Pilots>>();
        refused::<super::Of<noctule::surfaces::Surfaces>>();
    }
}
