//! Arrays with their axes taken, turned and named.

use noctule_num::InputError;

use crate::data::{Array, Entries};

/// The other sign of every phase.
pub(super) fn conjugated(array: Array) -> Array {
    let entries = match array.entries {
        Entries::Complex(values) => {
            Entries::Complex(values.iter().map(noctule_num::C64::conj).collect())
        }
        real @ Entries::Real(_) => real,
    };
    Array { shape: array.shape, entries }
}

/// `array` with the entries `order` along `axis`.
pub(super) fn taken(array: &Array, axis: usize, order: &[usize]) -> Array {
    let length = array.shape[axis];
    let inner: usize = array.shape[axis + 1..].iter().product();
    let outer: usize = array.shape[..axis].iter().product();
    fn pick<T: Copy>(
        from: &[T],
        outer: usize,
        length: usize,
        inner: usize,
        order: &[usize],
    ) -> Vec<T> {
        let mut out = Vec::with_capacity(outer * order.len() * inner);
        for o in 0..outer {
            for &n in order {
                let start = (o * length + n) * inner;
                out.extend_from_slice(&from[start..start + inner]);
            }
        }
        out
    }
    let entries = match &array.entries {
        Entries::Real(values) => Entries::Real(pick(values, outer, length, inner, order)),
        Entries::Complex(values) => Entries::Complex(pick(values, outer, length, inner, order)),
    };
    let mut shape = array.shape.clone();
    shape[axis] = order.len();
    Array { shape, entries }
}

/// The axes in another order: axis `n` of the result is axis `order[n]` of `array`.
pub(super) fn transposed(array: &Array, order: &[usize]) -> Array {
    let mut strides = vec![1_usize; array.shape.len()];
    for axis in (1..array.shape.len()).rev() {
        strides[axis - 1] = strides[axis] * array.shape[axis];
    }
    let shape: Vec<usize> = order.iter().map(|&axis| array.shape[axis]).collect();
    let steps: Vec<usize> = order.iter().map(|&axis| strides[axis]).collect();
    fn walk<T: Copy>(from: &[T], shape: &[usize], steps: &[usize]) -> Vec<T> {
        let mut index = vec![0_usize; shape.len()];
        let mut out = Vec::with_capacity(from.len());
        for _ in 0..from.len() {
            out.push(from[index.iter().zip(steps).map(|(i, step)| i * step).sum::<usize>()]);
            for (slot, &n) in index.iter_mut().zip(shape).rev() {
                *slot += 1;
                if *slot < n {
                    break;
                }
                *slot = 0;
            }
        }
        out
    }
    let entries = match &array.entries {
        Entries::Real(values) => Entries::Real(walk(values, &shape, &steps)),
        Entries::Complex(values) => Entries::Complex(walk(values, &shape, &steps)),
    };
    Array { shape, entries }
}

/// The array with its axes named: those of `wanted` in that order, one entry of each other.
pub(super) fn along(
    array: &Array,
    axes: &[String],
    wanted: &[&str],
    chosen: &[(String, usize)],
) -> Result<(Array, Vec<String>), InputError> {
    let mut array = array.clone();
    // MATLAB drops dimensions of length one at the end.
    while array.shape.len() < axes.len() && array.shape.len() >= 2 {
        array.shape.push(1);
    }
    if array.shape.len() != axes.len() {
        let found = format!("shape {:?}", array.shape);
        let allowed = format!("an array of shape [{}]", axes.join(", "));
        let what = "the array has the wrong number of dimensions";
        return Err(InputError::new(what, "axes", found, allowed));
    }
    let strange = chosen.iter().find(|(name, _)| !axes.contains(name));
    if let Some((name, index)) = strange {
        let what = "there is no axis of that name";
        return Err(InputError::new(what, name, format!("{name}={index}"), axes.join(", ")));
    }
    let names = reduced(&mut array, axes, wanted, chosen)?;
    let order: Option<Vec<usize>> =
        wanted.iter().map(|want| names.iter().position(|name| name == want)).collect();
    let Some(order) = order.filter(|order| order.len() == names.len()) else {
        let what = "the names of the axes do not fit";
        return Err(InputError::new(what, "axes", axes.join(","), wanted.join(",")));
    };
    Ok((transposed(&array, &order), Vec::new()))
}

/// One entry of every axis that is chosen from or not wanted; the names of the axes that are left.
fn reduced<'a>(
    array: &mut Array,
    axes: &'a [String],
    wanted: &[&str],
    chosen: &[(String, usize)],
) -> Result<Vec<&'a str>, InputError> {
    let mut names: Vec<&str> = axes.iter().map(String::as_str).collect();
    for axis in (0..names.len()).rev() {
        let name = names[axis];
        let choice = chosen.iter().find(|(chosen, _)| chosen == name).map(|(_, index)| *index);
        if wanted.contains(&name) && choice.is_none() {
            continue;
        }
        let length = array.shape[axis];
        let index = match choice {
            Some(index) if index >= length => {
                let allowed = format!("0 to {}", length.saturating_sub(1));
                let what = "the index is out of range";
                return Err(InputError::new(what, name, index.to_string(), allowed));
            }
            Some(index) => index,
            None if length == 1 => 0,
            None => {
                let what = "an axis cannot be dropped";
                let error = InputError::new(what, name, format!("length {length}"), "length 1");
                return Err(error.hint(format!("choose an entry of it: {name}=0")));
            }
        };
        *array = taken(array, axis, &[index]);
        array.shape.remove(axis);
        names.remove(axis);
    }
    Ok(names)
}

/// Tables and MATLAB know matrices only, and drop dimensions of length one at the end: 1 × 1
/// becomes a number, 1 × n a list, and what was dropped comes back, where that is wanted.
pub(super) fn fitted(mut array: Array, dimensions: usize) -> Array {
    let count: usize = array.shape.iter().product();
    match (array.shape.len(), dimensions) {
        (2, 0) if count == 1 => array.shape.clear(),
        (2, 1) if array.shape.contains(&1) || count == 0 => array.shape = vec![count],
        (2.., _) if array.shape.len() < dimensions => array.shape.resize(dimensions, 1),
        _ => {}
    }
    array
}
