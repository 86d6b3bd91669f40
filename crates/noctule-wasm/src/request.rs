//! What can be asked.

use serde::Deserialize;
use serde_json::{Map, Value};

/// A request.
#[derive(Debug, Deserialize)]
#[serde(tag = "verb", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum Request {
    /// What there is: systems with their default scenarios, schemes, metrics.
    About {},
    /// Draw an instance and design for it.
    Design(Box<Design>),
    /// Look at a document: evaluate its variables again.
    Open(Box<Open>),
    /// Forget designs to start from.
    Forget {},
}

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
