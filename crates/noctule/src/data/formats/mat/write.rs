//! Writing `.mat` of version 7's format, uncompressed: MATLAB from 5.0 on, Octave and SciPy read it.

use serde_json::Value;

use crate::data::formats::raw::to_c_order;
use crate::data::{Array, ArraySet, Entries};

const MATRIX: u32 = 14;

/// The arrays of a set as variables, and `system` beside them.
pub(crate) fn set(set: &ArraySet, system: &str) -> Vec<u8> {
    let mut out = header();
    for (name, array) in set.iter() {
        out.extend(numbers(name, array));
    }
    out.extend(text("system", system));
    out
}

/// A design document: the variables of `arrays`; the instance, the metrics and all that the
/// document says besides as structures and texts; and the document itself, as it is verified.
pub(crate) fn document(arrays: &ArraySet, instance: &ArraySet, document: &Value) -> Vec<u8> {
    let mut out = header();
    for (name, array) in arrays.iter() {
        out.extend(numbers(name, array));
    }
    let fields = instance.iter().map(|(name, array)| (name.to_owned(), numbers("", array)));
    out.extend(structure("instance", fields.collect()));
    for name in ["metrics", "system", "scheme", "stop"] {
        if let Some(value) = document.get(name) {
            out.extend(json(name, value));
        }
    }
    out.extend(text("document", &document.to_string()));
    out
}

fn header() -> Vec<u8> {
    let mut out = b"MATLAB 5.0 MAT-file, written by noctule".to_vec();
    out.resize(124, b' ');
    out.extend([0, 1]);
    out.extend(b"IM");
    out
}

fn element(kind: u32, data: &[u8]) -> Vec<u8> {
    let mut out = kind.to_le_bytes().to_vec();
    out.extend((data.len() as u32).to_le_bytes());
    out.extend(data);
    out.resize(out.len().next_multiple_of(8), 0);
    out
}

/// A matrix of a class, with what its class needs behind its head.
fn matrix(class: u32, name: &str, shape: &[usize], parts: &[Vec<u8>]) -> Vec<u8> {
    let mut body = element(6, &[class.to_le_bytes(), [0; 4]].concat());
    let sides: Vec<u8> = shape.iter().flat_map(|&side| (side as i32).to_le_bytes()).collect();
    body.extend(element(5, &sides));
    body.extend(element(1, name.as_bytes()));
    for part in parts {
        body.extend(part);
    }
    element(MATRIX, &body)
}

/// MATLAB has matrices only: a number is 1 × 1, a list is a row.
fn numbers(name: &str, array: &Array) -> Vec<u8> {
    let shape = match array.shape.as_slice() {
        [] => vec![1, 1],
        [length] => vec![1, *length],
        shape => shape.to_vec(),
    };
    // First index fastest is last index fastest of the reversed axes.
    let reversed: Vec<usize> = shape.iter().rev().copied().collect();
    let part = |values: Vec<f64>| {
        let turned = to_c_order(&values, &reversed);
        element(9, &turned.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>())
    };
    match &array.entries {
        Entries::Real(values) => matrix(6, name, &shape, &[part(values.clone())]),
        Entries::Complex(values) => {
            let re = part(values.iter().map(|z| z.re).collect());
            let im = part(values.iter().map(|z| z.im).collect());
            matrix(6 | 0x800, name, &shape, &[re, im])
        }
    }
}

fn text(name: &str, text: &str) -> Vec<u8> {
    let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    matrix(4, name, &[usize::from(!text.is_empty()), units.len() / 2], &[element(4, &units)])
}

fn structure(name: &str, fields: Vec<(String, Vec<u8>)>) -> Vec<u8> {
    structures(name, 1, fields)
}

/// Structures side by side: the fields of the first, those of the second, ….
fn structures(name: &str, count: usize, fields: Vec<(String, Vec<u8>)>) -> Vec<u8> {
    // MATLAB reads names of 63 characters and a zero.
    const WIDTH: usize = 64;
    let mut names = Vec::new();
    for (field, _) in fields.iter().take(fields.len() / count.max(1)) {
        let bytes = field.as_bytes();
        names.extend(&bytes[..bytes.len().min(WIDTH - 1)]);
        names.resize(names.len().next_multiple_of(WIDTH), 0);
    }
    // a small element, as MATLAB insists on
    let mut width = (5_u32 | 4 << 16).to_le_bytes().to_vec();
    width.extend((WIDTH as u32).to_le_bytes());
    let mut parts = vec![width, element(1, &names)];
    parts.extend(fields.into_iter().map(|(_, value)| value));
    matrix(2, name, &[1, count], &parts)
}

/// Numbers, lists of numbers as rows, lists of objects as structures side by side, other lists as
/// cells; what is absent is empty.
fn json(name: &str, value: &Value) -> Vec<u8> {
    let number = |value: &Value| match value {
        Value::Bool(flag) => Some(f64::from(u8::from(*flag))),
        value => value.as_f64(),
    };
    match value {
        Value::String(words) => text(name, words),
        Value::Array(items) => match items.iter().map(number).collect::<Option<Vec<f64>>>() {
            Some(values) => numbers(name, &Array::list(values)),
            None if items.iter().all(Value::is_object) => {
                let mut names: Vec<&String> = Vec::new();
                for key in items.iter().filter_map(Value::as_object).flat_map(|item| item.keys()) {
                    if !names.contains(&key) {
                        names.push(key);
                    }
                }
                let absent = Value::Null;
                let member = |item: &Value, key: &String| {
                    (key.clone(), json("", item.get(key).unwrap_or(&absent)))
                };
                let fields = items
                    .iter()
                    .flat_map(|item| names.iter().map(move |key| member(item, key)))
                    .collect();
                structures(name, items.len(), fields)
            }
            None => {
                let parts: Vec<Vec<u8>> = items.iter().map(|item| json("", item)).collect();
                matrix(1, name, &[1, parts.len()], &parts)
            }
        },
        Value::Object(members) => {
            let fields = members.iter().map(|(name, value)| (name.clone(), json("", value)));
            structure(name, fields.collect())
        }
        other => match number(other) {
            Some(value) => numbers(name, &Array::number(value)),
            None => {
                let shape = vec![0, 0];
                numbers(name, &Array { shape, entries: Entries::Real(Vec::new()) })
            }
        },
    }
}
