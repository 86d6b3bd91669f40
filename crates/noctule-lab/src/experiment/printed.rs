//! `[[figure.printed]]`: numbers that somebody else printed, as marks among our curves.

use noctule_num::InputError;
use serde::{Deserialize, Serialize};

use super::document::{Item, Keys};
use super::grammar::tables::PRINTED;
use super::names::{Names, reference};
use super::stat::ScaleWord;

/// A printed series. Its numbers are finite, have a place on the axes, and are as many as places.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Printed {
    /// Its name in the legend.
    pub label: String,
    /// Where the numbers stand.
    pub source: String,
    /// Where, in the unit of the axis.
    pub x: Vec<f64>,
    /// The numbers.
    pub y: Vec<f64>,
    /// The scheme whose colour the marks have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheme: Option<String>,
}

impl Printed {
    pub(super) fn read(
        item: &Item,
        names: &Names<'_>,
        (x_scale, y_scale): (ScaleWord, ScaleWord),
    ) -> Result<Self, InputError> {
        let keys = Keys::of(item, &PRINTED)?;
        let text = |key: &str, example: &str| -> Result<String, InputError> {
            let item = keys.need(key, example)?;
            Ok(item.text(&format!("`{key}`"))?.to_owned())
        };
        let (label, source) =
            (text("label", "its name in the legend")?, text("source", "where the numbers stand")?);
        let x = numbers(keys.need("x", "a list of numbers")?, "x", x_scale)?;
        let y_item = keys.need("y", "a list of numbers")?;
        let y = numbers(y_item, "y", y_scale)?;
        if x.len() != y.len() {
            let what = "there are not as many numbers as places";
            let error = y_item.refuse(what, format!("{} numbers", x.len()));
            return Err(InputError { found: format!("{} numbers", y.len()), ..error });
        }
        let scheme = match keys.get("scheme") {
            Some(item) => Some(reference(item, "scheme", &names.scheme_ids())?.to_owned()),
            None => None,
        };
        Ok(Self { label, source, x, y, scheme })
    }
}

/// A list of numbers that have a place on an axis.
fn numbers(item: &Item, key: &str, scale: ScaleWord) -> Result<Vec<f64>, InputError> {
    let mut numbers = Vec::new();
    for item in item.list(&format!("`{key}`"))? {
        let number = item.number(&format!("a number of `{key}`"))?;
        if scale == ScaleWord::Log && number <= 0.0 {
            return Err(
                item.refuse("a logarithmic axis has no place for this", "a positive number")
            );
        }
        numbers.push(number);
    }
    if numbers.is_empty() {
        return Err(item.refuse(format!("`{key}` is empty"), "at least one number"));
    }
    Ok(numbers)
}
