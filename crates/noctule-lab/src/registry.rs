//! Which systems there are.

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
