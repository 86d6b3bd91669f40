//! What can be asked.

use noctule::system::typed;
use noctule_num::InputError;
use serde::Deserialize;
use serde_json::{Map, Value};

/// A request: an object with a `verb`.
#[derive(Debug)]
pub(crate) enum Request {
    /// Draw an instance and design for it.
    Design(Box<Design>),
    /// Look at a document: evaluate its variables again.
    #[cfg(feature = "documents")]
    Open(Box<Open>),
    /// Forget designs to start from.
    Forget,
}

impl Request {
    /// A request as JSON text. Not by serde's tags, which would bring every type once more.
    ///
    /// # Errors
    /// [`InputError`] about the place that does not fit.
    pub(crate) fn read(text: &[u8]) -> Result<Self, InputError> {
        let value = serde_json::from_slice(text).map_err(|error| {
            InputError::new("the request is not JSON", "request", error.to_string(), "an object")
        })?;
        let Value::Object(mut members) = value else {
            return Err(InputError::new("the request is no object", "request", "", "an object"));
        };
        let verb = members.remove("verb").unwrap_or_default();
        let rest = Value::Object(members);
        match verb.as_str().unwrap_or_default() {
            "design" => typed(&rest, "").map(Self::Design),
            #[cfg(feature = "documents")]
            "open" => typed(&rest, "").map(Self::Open),
            "forget" => typed(&rest, "").map(|Nothing {}| Self::Forget),
            _ => {
                let open = if cfg!(feature = "documents") { "open, " } else { "" };
                let allowed = format!("design, {open}forget");
                Err(InputError::new("there is no such verb", "verb", verb.to_string(), allowed))
            }
        }
    }
}

/// No further members.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

/// Draw an instance and design for it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Design {
    /// The system.
    pub(crate) system: String,
    /// The scenario; what it leaves out is the default's.
    #[serde(default)]
    pub(crate) scenario: Map<String, Value>,
    /// Seed of the draw.
    #[serde(default = "first")]
    pub(crate) seed: u64,
    /// Trial of the draw.
    #[serde(default)]
    pub(crate) trial: u64,
    /// The scheme; the first of the system where it is left out.
    #[serde(default)]
    pub(crate) scheme: Option<String>,
    /// Its settings; what they leave out is the default.
    #[serde(default)]
    pub(crate) settings: Map<String, Value>,
    /// Start from the design that was kept under this name, and keep this one there.
    #[serde(default)]
    pub(crate) warm: Option<String>,
    /// What is told of it beside its metrics.
    #[serde(default)]
    pub(crate) want: Want,
}

/// Look at a document.
#[cfg(feature = "documents")]
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Open {
    /// The text of the document, `noctule-design/1`.
    pub(crate) text: String,
    /// What is told of it beside its metrics.
    #[serde(default)]
    pub(crate) want: Want,
}

/// What is told of a design beside its metrics.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Want {
    /// The document.
    pub(crate) document: bool,
    /// The facts and tables that the command line prints.
    pub(crate) story: bool,
    /// Pictures, by their words.
    pub(crate) pictures: Vec<String>,
    /// What only the system can draw: patterns of every beam, ellipses of errors.
    pub(crate) details: bool,
}

const fn first() -> u64 {
    1
}
