//! A scheme as a value: its words, its typed settings, its function.

use noctule_num::{InputError, hint};
use noctule_optim::Interrupt;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::described::{Described, schema};
use super::{DesignOf, SchemeInfo, System, typed};
use crate::Error;

/// What surrounds one run of a scheme, the same for every scheme of every system. The functions of
/// `frame` take it too; those of the other systems take what they need of it.
#[derive(Debug)]
#[non_exhaustive]
pub struct Run<'a, V> {
    /// When it is raised, the method stops soon and returns what it has.
    pub interrupt: Interrupt,
    /// A design to start from, of a neighbouring problem and perhaps of another shape. A method
    /// that starts elsewhere ignores it.
    pub warm: Option<&'a V>,
}

impl<V> Default for Run<'_, V> {
    fn default() -> Self {
        Self { interrupt: Interrupt::new(), warm: None }
    }
}

impl<'a, V> Run<'a, V> {
    /// A run that stops when `interrupt` is raised.
    pub fn new(interrupt: &Interrupt) -> Self {
        Self { interrupt: interrupt.clone(), warm: None }
    }

    /// The same run from a design.
    #[must_use]
    pub const fn from(mut self, warm: Option<&'a V>) -> Self {
        self.warm = warm;
        self
    }
}

/// The settings of a scheme: data with defaults, a schema, and ranges.
pub trait Setting:
    Serialize + DeserializeOwned + Described + Default + Send + Sync + 'static
{
    /// Refuse settings out of range; places are names of settings.
    ///
    /// # Errors
    /// The first setting that cannot be used.
    fn validate(&self) -> Result<(), InputError>;

    /// The settings from an object; what it leaves out has its default. Places are names of settings.
    ///
    /// # Errors
    /// A name or a value that does not fit.
    fn parse(settings: &Value) -> Result<Self, InputError> {
        typed(settings, "")
    }
}

/// The settings of a scheme that has none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct NoSettings {}

impl Setting for NoSettings {
    fn validate(&self) -> Result<(), InputError> {
        Ok(())
    }
}

/// One way to design: ours, a baseline, a bound.
pub struct Scheme<S: System> {
    /// Name in files: `balanced`.
    pub id: &'static str,
    /// Words for a legend.
    pub label: &'static str,
    /// One sentence, with what is proven about its designs.
    pub summary: &'static str,
    /// Why it is not part of this build, where it is not.
    pub missing: Option<&'static str>,
    /// What its documents claim, and what must be known of it to check that again.
    pub claims: S::Claims,
    method: &'static dyn AnyMethod<S>,
}

impl<S: System> Clone for Scheme<S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S: System> Copy for Scheme<S> {}

impl<S: System> std::fmt::Debug for Scheme<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scheme").field("id", &self.id).finish_non_exhaustive()
    }
}

impl<S: System> Scheme<S> {
    /// A row of the table of schemes: name, words for a legend, one sentence, function, claims.
    pub const fn new(
        id: &'static str,
        label: &'static str,
        summary: &'static str,
        method: &'static dyn AnyMethod<S>,
        claims: S::Claims,
    ) -> Self {
        Self { id, label, summary, missing: None, claims, method }
    }

    /// The same row, not part of this build for a reason.
    #[must_use]
    pub const fn unless(mut self, built: bool, reason: &'static str) -> Self {
        if !built {
            self.missing = Some(reason);
        }
        self
    }

    /// The words.
    pub const fn info(&self) -> SchemeInfo {
        SchemeInfo { name: self.id, label: self.label, summary: self.summary }
    }

    /// The default settings, as an object.
    pub fn defaults(&self) -> Value {
        self.method.defaults()
    }

    /// JSON schema of the settings; null in a build without the feature `schema`.
    pub fn schema(&self) -> Value {
        self.method.schema()
    }

    /// The scheme with settings, parsed and validated; places are names of settings. What the
    /// object leaves out has its default.
    ///
    /// # Errors
    /// The first setting that cannot be used.
    pub fn with(&self, settings: &Value) -> Result<Ready<S>, InputError> {
        self.method.with(settings)
    }

    /// Design with the default settings.
    ///
    /// # Errors
    /// Broken numerics or unusable input; infeasible is a design with a certificate.
    pub fn design(
        &self,
        instance: &S::Instance,
        run: &Run<'_, S::Variables>,
    ) -> Result<DesignOf<S>, Error> {
        self.with(&self.defaults())?.design(instance, run)
    }
}

/// The number of rows of several tables.
pub const fn count<S: System>(tables: &[&[Scheme<S>]]) -> usize {
    let (mut rows, mut table) = (0, 0);
    while table < tables.len() {
        rows += tables[table].len();
        table += 1;
    }
    rows
}

/// The rows of several tables in one, in their order: those of the baselines stand where the
/// baselines are. `N` is what [`count`] says of the same tables.
///
/// # Panics
/// When it is not, or there is no row: in a constant, when it is compiled.
pub const fn joined<S: System, const N: usize>(tables: &[&[Scheme<S>]]) -> [Scheme<S>; N] {
    let mut joined = [tables[0][0]; N];
    let (mut at, mut table) = (0, 0);
    while table < tables.len() {
        let mut row = 0;
        while row < tables[table].len() {
            joined[at] = tables[table][row];
            at += 1;
            row += 1;
        }
        table += 1;
    }
    assert!(at == N, "as many rows as the tables have");
    joined
}

/// A scheme with its settings, ready for any number of instances.
pub struct Ready<S: System> {
    method: Box<Designer<S>>,
}

type Designer<S> = dyn Fn(&<S as System>::Instance, &Run<'_, <S as System>::Variables>) -> Result<DesignOf<S>, Error>
    + Send
    + Sync;

impl<S: System> std::fmt::Debug for Ready<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ready").finish_non_exhaustive()
    }
}

impl<S: System> Ready<S> {
    /// Design.
    ///
    /// # Errors
    /// Broken numerics or unusable input; infeasible is a design with a certificate.
    pub fn design(
        &self,
        instance: &S::Instance,
        run: &Run<'_, S::Variables>,
    ) -> Result<DesignOf<S>, Error> {
        (self.method)(instance, run)
    }
}

/// The function of a scheme with the type of its settings, for a row of the table.
pub struct Method<S: System, T> {
    function: Function<S, T>,
    defaults: fn() -> T,
}

/// Instance, settings, run.
type Function<S, T> = fn(
    &<S as System>::Instance,
    &T,
    &Run<'_, <S as System>::Variables>,
) -> Result<DesignOf<S>, Error>;

impl<S: System, T: Setting> Method<S, T> {
    /// The method of a function.
    pub const fn new(function: Function<S, T>) -> Self {
        Self { function, defaults: T::default }
    }

    /// The same method with other defaults than those of its settings.
    #[must_use]
    pub const fn by_default(mut self, defaults: fn() -> T) -> Self {
        self.defaults = defaults;
        self
    }
}

impl<S: System, T> std::fmt::Debug for Method<S, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Method").finish_non_exhaustive()
    }
}

/// A method whose settings have been forgotten by type and are found again by value.
pub trait AnyMethod<S: System>: Sync {
    /// The default settings, as an object.
    fn defaults(&self) -> Value;

    /// JSON schema of the settings.
    fn schema(&self) -> Value;

    /// The method with settings.
    ///
    /// # Errors
    /// The first setting that cannot be used.
    fn with(&self, settings: &Value) -> Result<Ready<S>, InputError>;
}

impl<S: System, T: Setting> AnyMethod<S> for Method<S, T> {
    fn defaults(&self) -> Value {
        // Settings are plain data: numbers, words, options of them.
        serde_json::to_value((self.defaults)()).unwrap_or(Value::Null)
    }

    fn schema(&self) -> Value {
        schema::<T>()
    }

    fn with(&self, settings: &Value) -> Result<Ready<S>, InputError> {
        let settings = T::parse(settings)?;
        settings.validate()?;
        let function = self.function;
        Ok(Ready { method: Box::new(move |instance, run| function(instance, &settings, run)) })
    }
}

/// The row of that name.
pub(super) fn named<S: System>(
    schemes: &'static [Scheme<S>],
    id: &str,
) -> Result<&'static Scheme<S>, InputError> {
    schemes.iter().find(|scheme| scheme.id == id).ok_or_else(|| {
        let names: Vec<&str> = schemes.iter().map(|scheme| scheme.id).collect();
        let error = InputError::new("there is no such scheme", "", id, hint::list(&names));
        hint::with_guess(error, id, &names)
    })
}
