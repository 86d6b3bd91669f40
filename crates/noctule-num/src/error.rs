use std::fmt;

/// What can go wrong in a dense kernel.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum NumError {
    /// An operand has the wrong size.
    Dimension {
        /// Which size of which operand.
        what: &'static str,
        /// The size it must have.
        expected: usize,
        /// The size it has.
        found: usize,
    },
    /// A matrix that must be positive definite is not, to working precision.
    NotPositiveDefinite {
        /// Which matrix.
        what: &'static str,
        /// Index of the first pivot that is not positive.
        pivot: usize,
    },
    /// An eigenvalue or singular value iteration did not converge, which in practice means that
    /// an entry is not finite.
    NoConvergence {
        /// Which decomposition.
        what: &'static str,
    },
    /// An entry is NaN or infinite.
    NotFinite {
        /// Which operand.
        what: &'static str,
        /// Index into the storage order.
        index: usize,
        /// What it is: `NaN`, `inf`, `-inf`.
        value: f64,
    },
    /// Somebody asked the work to stop ([`Interrupt`](crate::Interrupt)): nothing is wrong.
    Interrupted,
}

impl fmt::Display for NumError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dimension { what, expected, found } => {
                write!(f, "{what}: expected {expected}, found {found}")
            }
            Self::NotPositiveDefinite { what, pivot } => {
                write!(f, "{what} is not positive definite (pivot {pivot})")
            }
            Self::NoConvergence { what } => {
                write!(f, "{what}: the iteration did not converge; is every entry finite?")
            }
            Self::NotFinite { what, index, value } => write!(f, "{what}: entry {index} is {value}"),
            Self::Interrupted => f.write_str("interrupted"),
        }
    }
}

impl std::error::Error for NumError {}
