//! The elements of a planar array in the order of this program.

use noctule_num::InputError;

use super::axes::taken;
use super::reading::Reading;
use crate::data::Array;

impl Reading {
    /// The elements along `axis` in the order of this program: vertical index fastest, both
    /// counted as [`Reading::mirror_horizontal`] and [`Reading::mirror_vertical`] say.
    ///
    /// # Errors
    /// Sides or an order that do not fit the length of the axis.
    pub fn reorder(&self, array: &Array, axis: usize) -> Result<Array, InputError> {
        let length = array.shape.get(axis).copied().unwrap_or(0);
        let refuse = |what: &str, found: String| {
            let allowed = format!("{length}, as many as the array has antennas");
            InputError::new(what, "array", found, allowed)
        };
        let mut order: Vec<usize> = (0..length).collect();
        if let Some(given) = &self.order {
            check_order(given, length)?;
            order.clone_from(given);
        }
        if let Some((horizontal, vertical)) = self.array {
            if horizontal.checked_mul(vertical) != Some(length) {
                let what = "the array's sides do not fit its antennas";
                let error = refuse(what, format!("{horizontal} × {vertical}"));
                return Err(error.hint("two polarisations at every element count twice"));
            }
            let place = |n: usize| {
                let (mut h, mut v) = (n / vertical, n % vertical);
                if self.mirror_horizontal {
                    h = horizontal - 1 - h;
                }
                if self.mirror_vertical {
                    v = vertical - 1 - v;
                }
                if self.horizontal_fastest { v * horizontal + h } else { h * vertical + v }
            };
            order = (0..length).map(|n| order[place(n)]).collect();
        }
        Ok(taken(array, axis, &order))
    }
}

/// Refuse what is no order of `length` elements.
///
/// # Errors
/// An element that is named twice, or is not there.
pub fn check_order(given: &[usize], length: usize) -> Result<(), InputError> {
    let mut sorted = given.to_vec();
    sorted.sort_unstable();
    if let Some(twice) = sorted.windows(2).find(|pair| pair[0] == pair[1]) {
        let what = "the order of the elements names one of them twice";
        let allowed = format!("every index from 0 to {} once", length.saturating_sub(1));
        return Err(InputError::new(what, "order", format!("{} again", twice[0]), allowed));
    }
    let what = "the order of the elements is no permutation";
    if given.len() != length {
        let allowed = format!("{length}, as many as the array has antennas");
        return Err(InputError::new(what, "order", format!("{} indices", given.len()), allowed));
    }
    if let Some(last) = sorted.last().filter(|&&last| last >= length) {
        let allowed = format!("0 to {}", length - 1);
        return Err(InputError::new(what, "order", format!("the index {last}"), allowed));
    }
    Ok(())
}
