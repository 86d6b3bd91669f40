//! An array with its shape, and what one must be.

use noctule_num::C64;

/// More numbers than this in one array, and in all arrays of one file, are refused before they are
/// read: a header can promise anything.
pub const MOST_ENTRIES: usize = 1 << 24;

/// Entries of an array in C order (last index fastest).
#[derive(Clone, Debug, PartialEq)]
pub enum Entries {
    /// Real numbers.
    Real(Vec<f64>),
    /// Complex numbers.
    Complex(Vec<C64>),
}

/// An array with its shape; an empty shape is a single number.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    /// Lengths, first index slowest.
    pub shape: Vec<usize>,
    /// Entries, as many as the product of the shape.
    pub entries: Entries,
}

impl Array {
    /// A single real number.
    pub fn number(value: f64) -> Self {
        Self { shape: Vec::new(), entries: Entries::Real(vec![value]) }
    }

    /// A list of real numbers.
    pub fn list(values: Vec<f64>) -> Self {
        Self { shape: vec![values.len()], entries: Entries::Real(values) }
    }

    /// Whether the entries are complex.
    pub fn is_complex(&self) -> bool {
        matches!(self.entries, Entries::Complex(_))
    }

    /// A matrix with rows and columns exchanged; `None` for what is no matrix, or a square one,
    /// whose shape does not tell.
    pub fn transposed(&self) -> Option<Self> {
        fn turn<T: Copy>(values: &[T], rows: usize, columns: usize) -> Vec<T> {
            (0..rows * columns).map(|k| values[(k % rows) * columns + k / rows]).collect()
        }
        let &[rows, columns] = &self.shape[..] else { return None };
        let entries = match &self.entries {
            Entries::Real(values) => Entries::Real(turn(values, rows, columns)),
            Entries::Complex(values) => Entries::Complex(turn(values, rows, columns)),
        };
        (rows != columns).then_some(Self { shape: vec![columns, rows], entries })
    }

    /// Complex numbers in `shape`.
    pub fn complex(shape: Vec<usize>, values: Vec<C64>) -> Self {
        Self { shape, entries: Entries::Complex(values) }
    }
}

/// What one array of a set must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldInfo {
    /// Its name, unit included.
    pub name: &'static str,
    /// The names of its dimensions, `&[]` for a number. Equal names must have equal lengths.
    pub dimensions: &'static [&'static str],
    /// Whether entries are complex.
    pub complex: bool,
    /// What it is, in one phrase with the unit.
    pub summary: &'static str,
}
