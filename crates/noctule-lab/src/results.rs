//! What a complete run came to.

use std::path::PathBuf;

use crate::claim::Judged;
use crate::fold::Folded;

/// Everything that is made from the chunks of a complete run.
#[derive(Debug)]
pub struct Results {
    /// The tables.
    pub folded: Folded,
    /// The verdicts.
    pub claims: Vec<Judged>,
    /// The files written, in the order in which a person would look at them.
    pub files: Vec<PathBuf>,
    /// What is not drawn of which figure, and what else is to be said, in sentences.
    pub notes: Vec<String>,
    /// Whether they were there already, and nothing was written.
    pub again: bool,
}
