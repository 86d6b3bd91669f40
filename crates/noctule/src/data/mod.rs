//! Named arrays: how instances and designs travel in files and to other languages.
//!
//! An [`ArraySet`] is a list of named, C-ordered arrays of real or complex numbers. Everything a
//! person may hand in as data — a channel matrix, positions, beams — and everything we hand back
//! goes through one, so that JSON, NumPy's `.npz`, MATLAB's `.mat`, tables as text and (through the
//! Python package) NumPy arrays need no code per system. What a system expects in its set is a
//! table of [`FieldInfo`].

mod csv;
pub mod file;
mod import;
mod json;
mod load;
mod mat;
mod node;
mod npy_head;
mod npz;
mod raw;
mod reading;
mod strict;

use std::collections::BTreeMap;
use std::path::Path;

use noctule_num::{C64, InputError, hint};

pub use import::{Imported, import};
pub use load::{Members, Source, array, design_document, members, system_of};
pub use node::Node;
pub use reading::{Reading, TOOLS, Tool};
pub use strict::read as json_document;

/// More numbers than this in one array, and in all arrays of one file, are refused before they are
/// read: a header can promise anything.
pub const MOST_ENTRIES: usize = 1 << 24;

/// How many numbers may still be read of a file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Budget {
    left: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self { left: MOST_ENTRIES }
    }
}

impl Budget {
    /// The number of entries of `shape`, which are taken from the budget.
    pub(crate) fn take(&mut self, shape: &[usize]) -> Result<usize, InputError> {
        // Each side too: a zero among them would hide a side that no memory holds.
        let sides = shape.iter().all(|&side| side <= MOST_ENTRIES);
        let count = shape.iter().try_fold(1_usize, |count, &side| count.checked_mul(side));
        let left = count.filter(|_| sides).and_then(|count| self.left.checked_sub(count));
        let (Some(count), Some(left)) = (count, left) else {
            let allowed = format!("at most {MOST_ENTRIES} numbers in one file");
            let found = format!("shape {shape:?}");
            return Err(InputError::new("the array is too large", "", found, allowed)
                .hint("a file whose head is damaged looks so too"));
        };
        self.left = left;
        Ok(count)
    }
}

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

/// Arrays by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ArraySet {
    arrays: BTreeMap<String, Array>,
    notes: Vec<String>,
}

impl ArraySet {
    /// A set without arrays.
    pub fn new() -> Self {
        Self::default()
    }

    /// Add or replace an array.
    pub fn insert(&mut self, name: impl Into<String>, array: Array) {
        self.arrays.insert(name.into(), array);
    }

    /// The array of that name.
    pub fn get(&self, name: &str) -> Option<&Array> {
        self.arrays.get(name)
    }

    /// Take an array out.
    pub fn remove(&mut self, name: &str) -> Option<Array> {
        self.arrays.remove(name)
    }

    /// Names and arrays, in alphabetical order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Array)> {
        self.arrays.iter().map(|(name, array)| (name.as_str(), array))
    }

    /// Take every array of `other`, which wins where both have one.
    pub fn extend(&mut self, other: Self) {
        self.arrays.extend(other.arrays);
        self.notes.extend(other.notes);
    }

    /// What a reader decided that the one who wrote the file should know: a heading that was
    /// left out, an axis of which one entry was taken, a square array.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Add such notes.
    pub fn note(&mut self, notes: impl IntoIterator<Item = String>) {
        self.notes.extend(notes);
    }

    /// Read a set from a file; the ending decides: `.json`, `.npz`, `.mat`, or `.npy` and `.csv` for
    /// a single array, which gets the name of the first complex field (`channels` of an instance),
    /// or of the first where none is complex. Of a `.mat` file only variables with the name of a
    /// field are read.
    ///
    /// `kind` is the word in the format tag of JSON files (`noctule-<kind>/1`); `fields` tells
    /// which arrays are known and complex.
    ///
    /// # Errors
    /// [`InputError`] naming the file, and the array inside it where there is one.
    pub fn read(path: &Path, kind: &str, fields: &[FieldInfo]) -> Result<Self, InputError> {
        load::set(path, kind, fields)
    }

    /// The set as a JSON document with its format tag.
    pub fn to_json(&self, kind: &str, system: &str) -> serde_json::Value {
        json::write(self, kind, system)
    }

    /// Parse a JSON document as written by [`ArraySet::to_json`].
    ///
    /// # Errors
    /// [`InputError`] naming the array and the entry.
    pub fn from_json(text: &[u8], kind: &str, fields: &[FieldInfo]) -> Result<Self, InputError> {
        json::parse(text, kind, fields).and_then(|set| set.only(fields))
    }

    /// The set as the bytes of an uncompressed `.npz` archive.
    ///
    /// # Errors
    /// When the archive writer fails, which in memory it does not.
    pub fn to_npz(&self) -> std::io::Result<Vec<u8>> {
        npz::write(self)
    }

    /// The set as the bytes of a MATLAB file, the word `system` beside the arrays.
    pub fn to_mat(&self, system: &str) -> Vec<u8> {
        mat::set(self, system)
    }

    /// A design as the bytes of a MATLAB file: this set are its variables, `instance` the arrays
    /// of its instance, `document` the whole `noctule-design/1`, which [`design_document`] reads.
    pub fn to_mat_design(&self, instance: &Self, document: &serde_json::Value) -> Vec<u8> {
        mat::document(self, instance, document)
    }

    /// Refuse names that are not among `fields`.
    ///
    /// # Errors
    /// [`InputError`] naming the first that is not, with the nearest that is.
    pub fn only(self, fields: &[FieldInfo]) -> Result<Self, InputError> {
        for (name, array) in &self.arrays {
            let (dimensions, complex) = (array.shape.len(), array.is_complex());
            let alike = |field: &FieldInfo| {
                !self.arrays.contains_key(field.name)
                    && dimensions > 0
                    && field.dimensions.len() == dimensions
                    // A matrix of real numbers may be meant as a complex one, a list hardly.
                    && (field.complex == complex || (field.complex && dimensions > 1))
            };
            check_name(name, fields, alike)?;
        }
        Ok(self)
    }
}

/// Refuse a name that is not among `fields`: with the nearest that is, otherwise with what the
/// array probably is, the complex one of those that are `alike` or the only one.
fn check_name(
    name: &str,
    fields: &[FieldInfo],
    alike: impl Fn(&FieldInfo) -> bool,
) -> Result<(), InputError> {
    if fields.iter().any(|field| field.name == name) {
        return Ok(());
    }
    let names: Vec<&str> = fields.iter().map(|field| field.name).collect();
    let what = "there is no array of that name";
    let place = if name.is_empty() { "\"\", an empty name" } else { name };
    let error = InputError::new(what, place, format!("`{name}`"), hint::list(&names));
    if let Some(told) = hint::of(name, &names) {
        return Err(error.hint(told));
    }
    let mut all = fields.iter().filter(|field| alike(field));
    let complex = fields.iter().find(|field| alike(field) && field.complex);
    let meant = complex.or_else(|| all.next().filter(|_| all.next().is_none()));
    Err(match meant {
        Some(field) => error.hint(format!("did you mean `{}`, {}?", field.name, field.summary)),
        None => error,
    })
}

/// Takes arrays out of a set, checking type, shape and finiteness on the way.
///
/// Dimensions are matched by name: the first array that has a dimension fixes its length, and a
/// later one that disagrees is told with whom.
#[derive(Debug)]
pub struct Taker<'a> {
    set: &'a ArraySet,
    fields: &'a [FieldInfo],
    lengths: BTreeMap<&'static str, (usize, &'static str)>,
}

impl<'a> Taker<'a> {
    /// Take from `set` what `fields` describes.
    pub const fn new(set: &'a ArraySet, fields: &'a [FieldInfo]) -> Self {
        Self { set, fields, lengths: BTreeMap::new() }
    }

    /// Whether the set has that array.
    pub fn has(&self, name: &str) -> bool {
        self.set.get(name).is_some()
    }

    /// The length of a dimension, once an array has fixed it.
    pub fn length(&self, dimension: &str) -> Option<usize> {
        self.lengths.get(dimension).map(|(length, _)| *length)
    }

    /// Real entries in C order.
    ///
    /// # Errors
    /// A missing array, complex entries, a wrong shape, NaN or infinity.
    pub fn real(&mut self, name: &str) -> Result<Vec<f64>, InputError> {
        let (field, array) = self.find(name)?;
        match &array.entries {
            Entries::Real(values) => {
                if let Some(index) = values.iter().position(|value| !value.is_finite()) {
                    return Err(not_finite(field, &array.shape, index, values[index]));
                }
                check_directions(field, &array.shape, values)?;
                Ok(values.clone())
            }
            Entries::Complex(_) => Err(InputError::new(
                "the array is complex",
                field.name,
                "complex entries",
                "real entries",
            )),
        }
    }

    /// Complex entries in C order; real ones are promoted.
    ///
    /// # Errors
    /// As [`Taker::real`].
    pub fn complex(&mut self, name: &str) -> Result<Vec<C64>, InputError> {
        let (field, array) = self.find(name)?;
        let values = match &array.entries {
            Entries::Real(values) => values.iter().map(|value| C64::from(*value)).collect(),
            Entries::Complex(values) => values.clone(),
        };
        if let Some(index) = values.iter().position(|value: &C64| !value.is_finite()) {
            let value = values[index];
            let bad = if value.re.is_finite() { value.im } else { value.re };
            return Err(not_finite(field, &array.shape, index, bad));
        }
        Ok(values)
    }

    /// A single real number.
    ///
    /// # Errors
    /// As [`Taker::real`].
    pub fn number(&mut self, name: &str) -> Result<f64, InputError> {
        Ok(self.real(name)?[0])
    }

    /// A single whole number that is not negative.
    ///
    /// # Errors
    /// As [`Taker::real`], and when it is negative or has a fraction.
    pub fn count(&mut self, name: &str) -> Result<usize, InputError> {
        let value = self.number(name)?;
        as_count(value).ok_or_else(|| {
            InputError::new("not a whole number", name, value.to_string(), "0, 1, 2, …")
        })
    }

    fn find(&mut self, name: &str) -> Result<(FieldInfo, &'a Array), InputError> {
        let Some(field) = self.fields.iter().copied().find(|field| field.name == name) else {
            return Err(InputError::new("no such field", name, "nothing", "a field of this kind"));
        };
        let Some(array) = self.set.get(name) else {
            return Err(InputError::new(
                "an array is missing",
                name,
                "nothing",
                format!("{}, {}", shape_words(field), field.summary),
            ));
        };
        // Nested lists lose the inner lengths of an array without entries: `[]` stands for any of
        // them.
        let empty = array.shape.contains(&0) && array.shape.len() < field.dimensions.len();
        if array.shape.len() != field.dimensions.len() && !empty {
            return Err(InputError::new(
                "the array has the wrong number of dimensions",
                name,
                format!("shape {:?}", array.shape),
                shape_words(field),
            ));
        }
        for (&dimension, &length) in field.dimensions.iter().zip(&array.shape) {
            let (expected, owner) = *self.lengths.entry(dimension).or_insert((length, field.name));
            if expected != length {
                return Err(InputError::new(
                    "the shapes do not fit together",
                    name,
                    format!("shape {:?}, so {length} along `{dimension}`", array.shape),
                    format!("{expected} along `{dimension}`, as in `{owner}`"),
                )
                .hint(format!("`{name}` is {}", shape_words(field))));
            }
        }
        Ok((field, array))
    }
}

/// A whole number that is not negative and small enough to count things with.
pub(crate) fn as_count(value: f64) -> Option<usize> {
    let whole = (0.0..=1e9).contains(&value) && value.fract().abs() < f64::EPSILON;
    whole.then_some(value as usize)
}

fn shape_words(field: FieldInfo) -> String {
    let kind = if field.complex { "complex" } else { "real" };
    if field.dimensions.is_empty() {
        format!("a {kind} number")
    } else {
        format!("a {kind} array of shape [{}]", field.dimensions.join(", "))
    }
}

/// Arrays of directions and of their spreads, in radians.
const DIRECTIONS: [&str; 5] = ["azimuth_rad", "polar_rad", "angle_rad", "target_rad", "spread_rad"];

/// More than a turn is no direction but most likely degrees.
fn check_directions(field: FieldInfo, shape: &[usize], values: &[f64]) -> Result<(), InputError> {
    if !DIRECTIONS.contains(&field.name) {
        return Ok(());
    }
    let turn = std::f64::consts::TAU * (1.0 + 1e-12);
    let Some(index) = values.iter().position(|value| value.abs() > turn) else { return Ok(()) };
    let value = values[index];
    let found = format!("{value} rad, which is {:.0}°", value.to_degrees());
    let place = format!("{}{}", field.name, position(shape, index));
    let error = InputError::new("more than a turn", place, found, "-2π to 2π radians");
    Err(error.hint("these look like degrees: numpy.deg2rad makes radians of them"))
}

fn not_finite(field: FieldInfo, shape: &[usize], flat: usize, value: f64) -> InputError {
    let place = format!("{}{}", field.name, position(shape, flat));
    InputError::new("an entry is not a finite number", place, value.to_string(), "finite numbers")
}

/// The indices of an entry, `[2][0]`.
fn position(shape: &[usize], flat: usize) -> String {
    let mut rest = flat;
    let mut index = vec![0; shape.len()];
    for (slot, &length) in index.iter_mut().zip(shape).rev() {
        *slot = rest % length.max(1);
        rest /= length.max(1);
    }
    index.iter().map(|i| format!("[{i}]")).collect()
}

#[cfg(test)]
mod tests;

#[cfg(test)]
fn npz_array_for_tests(array: &Array, out: &mut std::io::Cursor<Vec<u8>>) {
    npz::write_array(array, out).unwrap();
}
