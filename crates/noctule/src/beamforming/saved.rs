//! What fewer sensing streams are told by.

use serde::Serialize;

/// How many sensing streams there were, and how many do the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct FewestStreams {
    /// Rank of the covariance of the sensing streams before.
    pub before: usize,
    /// Rank after.
    pub after: usize,
    /// Linear functions of that covariance that are kept, as far as they are independent on its range.
    pub kept: usize,
    /// The rank that the theorem promises at most: the root of `kept`, rounded down.
    pub at_most: usize,
}
