//! Arrays by name: the common shape of everything that travels.

use std::collections::BTreeMap;

use noctule_num::{InputError, hint};

use super::{Array, FieldInfo};

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
pub(super) fn check_name(
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
