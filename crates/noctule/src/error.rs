use std::fmt;

use noctule_num::{InputError, NumError};

/// What a system can answer instead of a design.
///
/// "No design meets the requirements" is not here: that is a design with a certificate. Errors
/// are for wrong calls, unusable scenes and broken numerics.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Error {
    /// Something handed in cannot be used.
    Input(InputError),
    /// The scene cannot be sensed: the Fisher matrix is singular in double precision, whatever is
    /// transmitted.
    Unobservable {
        /// Indices of the targets to blame, counted from zero.
        targets: Vec<usize>,
        /// Why, as a clause.
        cause: String,
        /// Smallest over largest eigenvalue of the Fisher matrix under isotropic transmission.
        conditioning: f64,
    },
    /// A kernel failed on input that had passed every check.
    Numerics(NumError),
}

impl Error {
    /// The same error, of a file where it is about input.
    #[must_use]
    pub fn in_file(self, path: &std::path::Path) -> Self {
        match self {
            Self::Input(error) => Self::Input(error.in_file(&path.display().to_string())),
            other => other,
        }
    }

    /// The error as bad input, where a person's input is to blame.
    pub fn as_input(&self) -> Option<InputError> {
        match self {
            Self::Input(error) => Some(error.clone()),
            Self::Unobservable { targets, .. } => {
                let place = match targets.as_slice() {
                    [] => "targets".to_owned(),
                    [one] => format!("targets[{one}]"),
                    [first, second, ..] => format!("targets[{first}], targets[{second}]"),
                };
                Some(
                    InputError::new(
                        self.to_string(),
                        place,
                        "a singular scene",
                        "targets that the arrays can tell apart, with sin(polar) and cos(azimuth) \
                         away from zero",
                    )
                    .hint(if targets.is_empty() {
                        "add a target, or set `crb_weight = 0`"
                    } else {
                        "move the targets, enlarge the arrays, or set `crb_weight = 0`"
                    }),
                )
            }
            Self::Numerics(_) => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Input(error) => error.fmt(f),
            Self::Unobservable { targets, cause, conditioning } => {
                let names: Vec<String> = targets.iter().map(ToString::to_string).collect();
                let who = match names.as_slice() {
                    [] => "the targets".to_owned(),
                    [one] => format!("target {one}"),
                    [rest @ .., last] => format!("targets {} and {last}", rest.join(", ")),
                };
                write!(
                    f,
                    "{who} cannot be sensed: {cause} (smallest over largest eigenvalue of the \
                     Fisher matrix under isotropic transmission {conditioning:.1e})"
                )
            }
            Self::Numerics(error) => write!(f, "numerics failed: {error}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Input(error) => Some(error),
            Self::Unobservable { .. } => None,
            Self::Numerics(error) => Some(error),
        }
    }
}

impl From<InputError> for Error {
    fn from(error: InputError) -> Self {
        Self::Input(error)
    }
}

impl From<NumError> for Error {
    fn from(error: NumError) -> Self {
        Self::Numerics(error)
    }
}
