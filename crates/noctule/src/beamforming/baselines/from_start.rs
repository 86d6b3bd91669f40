//! Where a method that takes one start begins.

use noctule_num::{CMat, InputError};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use crate::Error;
use crate::beamforming::Instance;
use crate::beamforming::beams::check_start;
use crate::beamforming::starts::{Start, start_beams};
use crate::system::{Setting, typed};

/// Where a method that takes one start begins, by name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum StartName {
    /// Regularised zero forcing.
    #[default]
    Rzf,
    /// Matched filters.
    Mrt,
    /// That of T. Fang et al.: weak matched filters beside random sensing beams.
    Published,
    /// Random beams, which know of neither users nor targets.
    Random,
}

impl StartName {
    const fn start(self) -> Start {
        match self {
            Self::Rzf => Start::Rzf,
            Self::Mrt => Start::Mrt,
            Self::Published => Start::Published(0),
            Self::Random => Start::Random(0),
        }
    }
}

/// Settings of a method that takes one start: where it begins, whether its trace is kept, and its
/// own, in one object.
///
/// ```
/// use noctule::beamforming::baselines::{Algorithm1Settings, FromStart, StartName};
/// let own = Algorithm1Settings { max_iterations: 50, ..Algorithm1Settings::default() };
/// let settings = FromStart { start: StartName::Mrt, trace: true, ..FromStart::from(own) };
/// assert_eq!(settings.own.max_iterations, 50);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FromStart<S> {
    /// Where it begins.
    pub start: StartName,
    /// Whether its trace is kept, which makes records long.
    pub trace: bool,
    /// Full-size beams to begin with instead, antennas × streams, users first: in Rust alone.
    #[serde(skip)]
    pub beams: Option<CMat>,
    /// The method's own.
    #[serde(flatten)]
    pub own: S,
}

impl<S> From<S> for FromStart<S> {
    /// From regularised zero forcing, without a trace.
    fn from(own: S) -> Self {
        Self { start: StartName::default(), trace: false, beams: None, own }
    }
}

impl<S> FromStart<S> {
    /// From full-size beams, without a trace.
    pub const fn at(beams: CMat, own: S) -> Self {
        Self { start: StartName::Rzf, trace: false, beams: Some(beams), own }
    }

    /// The same with its trace kept.
    #[must_use]
    pub fn traced(self) -> Self {
        Self { trace: true, ..self }
    }

    /// The full-size beams that it begins with.
    ///
    /// # Errors
    /// Beams of another shape than the instance asks for.
    pub(super) fn beams(&self, instance: &Instance) -> Result<CMat, Error> {
        match &self.beams {
            Some(beams) => check_start(instance, beams).map(|()| beams.clone()),
            None => start_beams(instance, self.start.start()),
        }
    }
}

/// The names that are taken out before the rest is parsed, so that an unknown one is still refused.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Begin {
    start: StartName,
    trace: bool,
}

impl<'de, S: DeserializeOwned> Deserialize<'de> for FromStart<S> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let settings = Value::deserialize(deserializer)?;
        Self::split(&settings).map_err(serde::de::Error::custom)
    }
}

impl<S: DeserializeOwned> FromStart<S> {
    fn split(settings: &Value) -> Result<Self, InputError> {
        let mut rest = settings.clone();
        let mut begin = Map::new();
        if let Some(object) = rest.as_object_mut() {
            for name in ["start", "trace"] {
                begin.extend(object.remove(name).map(|value| (name.to_owned(), value)));
            }
        }
        let Begin { start, trace } = typed(&Value::Object(begin), "")?;
        Ok(Self { start, trace, beams: None, own: typed(&rest, "")? })
    }
}

impl<S: Setting> Setting for FromStart<S>
where
    Self: crate::system::Described,
{
    fn validate(&self) -> Result<(), InputError> {
        self.own.validate()
    }

    fn parse(settings: &Value) -> Result<Self, InputError> {
        Self::split(settings)
    }
}
