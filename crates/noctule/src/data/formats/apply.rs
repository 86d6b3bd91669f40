//! A foreign array as one of ours, by what its reader was told.

use noctule_num::{InputError, hint};

use super::axes::{along, conjugated, fitted};
use super::import;
use super::reading::{Reading, WORDS};
use crate::data::{Array, FieldInfo};

impl Reading {
    /// The array as `field` wants it, and what was decided on the way.
    ///
    /// # Errors
    /// Axes, choices or an order that do not fit.
    pub fn apply(
        &self,
        array: Array,
        field: &FieldInfo,
    ) -> Result<(Array, Vec<String>), InputError> {
        let mut notes = Vec::new();
        if self.tool.is_some() {
            let imported = import::import(&array, self)?;
            notes.extend(imported.notes);
            let array = import::one_trial(imported.array, self, field, &mut notes)?;
            return Ok((array, notes));
        }
        let mut array = match &self.axes {
            Some(axes) => {
                let (array, more) = along(&array, axes, field.dimensions, &self.chosen)?;
                notes.extend(more);
                array
            }
            None => {
                self.refuse_choices()?;
                fitted(array, field.dimensions.len())
            }
        };
        notes.extend(self.square(&array, field));
        if self.array.is_some() || self.order.is_some() {
            let Some(axis) = field.dimensions.iter().position(|name| *name == "antenna") else {
                let what = "this array has no antennas to put in order";
                let found = format!("axes {}", field.dimensions.join(", "));
                return Err(InputError::new(what, field.name, found, "an axis `antenna`"));
            };
            array = self.reorder(&array, axis)?;
        } else if self.horizontal_fastest || self.mirror_horizontal || self.mirror_vertical {
            let what = "the order of the elements needs the array's sides";
            let allowed = "array=8x4, elements horizontal x vertical";
            return Err(InputError::new(what, field.name, "no `array`", allowed));
        }
        if self.conjugate {
            array = conjugated(array);
        }
        Ok((array, notes))
    }

    /// What is to be said of a square array, whose shape does not tell its axes.
    fn square(&self, array: &Array, field: &FieldInfo) -> Option<String> {
        let (&[rows, columns], &[slow, fast]) = (&array.shape[..], field.dimensions) else {
            return None;
        };
        if self.axes.is_some() || rows != columns || rows < 2 || slow == fast {
            return None;
        }
        Some(format!(
            "`{}` is square, {rows} × {rows}: lines were taken for `{slow}`, columns for `{fast}`; \
             `axes={fast},{slow}` turns it, `axes={slow},{fast}` says it is so",
            field.name
        ))
    }

    fn refuse_choices(&self) -> Result<(), InputError> {
        self.chosen.first().map_or(Ok(()), |(axis, index)| {
            let what = "an axis is chosen that has no name";
            let found = format!("{axis}={index}");
            let error = InputError::new(what, axis, found, "an axis that `axes` or `tool` names");
            Err(hint::with_guess(error, axis, WORDS))
        })
    }
}
