//! Arrays out of a set, with type, shape and finiteness checked on the way.

use std::collections::BTreeMap;

use noctule_num::{C64, InputError};

use super::{Array, ArraySet, Entries, FieldInfo};

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

    /// A single whole number from 0 to 2³² − 1.
    ///
    /// # Errors
    /// As [`Taker::count`], and when it is larger.
    pub fn count_u32(&mut self, name: &str) -> Result<u32, InputError> {
        let count = self.count(name)?;
        u32::try_from(count)
            .map_err(|_| InputError::new("too many", name, count.to_string(), "below 2³²"))
    }

    /// Yes or no, as 1 or 0.
    ///
    /// # Errors
    /// As [`Taker::count`], and when it is another number.
    pub fn flag(&mut self, name: &str) -> Result<bool, InputError> {
        match self.count(name)? {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(InputError::new("not a flag", name, other.to_string(), "0 or 1")),
        }
    }

    /// Yes or no for each entry, as 1 or 0.
    ///
    /// # Errors
    /// As [`Taker::real`], and for any other number.
    pub fn flags(&mut self, name: &str) -> Result<Vec<bool>, InputError> {
        let flag = |value: f64| match as_count(value) {
            Some(0) => Ok(false),
            Some(1) => Ok(true),
            _ => Err(InputError::new("not a flag", name, value.to_string(), "0 or 1")),
        };
        self.real(name)?.into_iter().map(flag).collect()
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
