//! Which systems there are.

use noctule_num::{InputError, hint};

use crate::system::System;

/// A list of systems, as the engine and the command line see it.
#[derive(Clone)]
pub struct Registry<'s> {
    systems: Vec<&'s dyn System>,
}

impl<'s> Registry<'s> {
    /// A registry of these systems, in this order.
    pub fn new(systems: impl IntoIterator<Item = &'s dyn System>) -> Self {
        Self { systems: systems.into_iter().collect() }
    }

    /// The system of this name.
    pub fn get(&self, id: &str) -> Option<&'s dyn System> {
        self.systems.iter().copied().find(|system| system.id() == id)
    }

    /// The system of this name, where there must be one; `place` is where it is named.
    ///
    /// # Errors
    /// [`InputError`] with the names there are, and the one that was probably meant.
    pub fn need(&self, id: &str, place: &str) -> Result<&'s dyn System, InputError> {
        self.get(id).ok_or_else(|| no_such_system(&self.ids(), place, id))
    }

    /// All systems.
    pub fn iter(&self) -> impl Iterator<Item = &'s dyn System> + '_ {
        self.systems.iter().copied()
    }

    /// The names of all systems.
    pub fn ids(&self) -> Vec<&'static str> {
        self.systems.iter().map(|system| system.id()).collect()
    }
}

impl std::fmt::Debug for Registry<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Registry").field(&self.ids()).finish()
    }
}

/// The refusal of a name that is not among `ids`.
pub(crate) fn no_such_system(ids: &[&str], place: &str, found: &str) -> InputError {
    let error = InputError::new("there is no such system", place, found, hint::list(ids));
    hint::with_guess(error, found, ids)
}
