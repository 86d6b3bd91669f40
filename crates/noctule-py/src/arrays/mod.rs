//! NumPy arrays in and out.
//!
//! An array that is C-ordered, aligned and of type `complex128` (or `float64`) is read where it
//! lies. Anything else numeric is converted by NumPy first; what is not numeric is refused with
//! the sentence that an `.npz` file would get. Only an [`ArraySet`], which owns its entries, copies.

mod held;
mod json;
mod ranges;
mod results;
mod sets;

pub(crate) use held::{Held, complex, real, same_length};
pub(crate) use json::{accept, json_of, loads};
pub(crate) use ranges::{
    Range, count_from, not_negative, number, positive, refuse_count, refuse_size, whole,
};
pub(crate) use results::{result, result_number, shaped};
pub(crate) use sets::{array_of, dict_of, set_of};
