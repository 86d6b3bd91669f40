/// What can go wrong in a dense kernel.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum NumError {
    /// An operand has the wrong size.
    #[error("{what}: expected {expected}, found {found}")]
    Dimension {
        /// Which size of which operand.
        what: &'static str,
        /// The size it must have.
        expected: usize,
        /// The size it has.
        found: usize,
    },
    /// A matrix that must be positive definite is not, to working precision.
    #[error("{what} is not positive definite (pivot {pivot})")]
    NotPositiveDefinite {
        /// Which matrix.
        what: &'static str,
        /// Index of the first pivot that is not positive.
        pivot: usize,
    },
    /// An eigenvalue or singular value iteration did not converge, which in practice means that
    /// an entry is not finite.
    #[error("{what}: the iteration did not converge; is every entry finite?")]
    NoConvergence {
        /// Which decomposition.
        what: &'static str,
    },
    /// An entry is NaN or infinite.
    #[error("{what}: entry {index} is {value}")]
    NotFinite {
        /// Which operand.
        what: &'static str,
        /// Index into the storage order.
        index: usize,
        /// What it is: `NaN`, `inf`, `-inf`.
        value: f64,
    },
    /// Somebody asked the work to stop ([`Interrupt`](crate::Interrupt)): nothing is wrong.
    #[error("interrupted")]
    Interrupted,
}
