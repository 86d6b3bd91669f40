//! Named arrays as JSON: nested lists, a complex number as `[re, im]`.

use noctule_num::{C64, InputError};
use serde_json::{Map, Value, json};

use super::{Array, ArraySet, Entries, FieldInfo, strict};

pub(super) fn parse(text: &[u8], kind: &str, fields: &[FieldInfo]) -> Result<ArraySet, InputError> {
    let document = strict::read(text)?;
    let Value::Object(members) = document else {
        return Err(InputError::new(
            "the document is not an object",
            "",
            kind_of(&document),
            "a JSON object",
        ));
    };
    check_format(&members, kind)?;
    let mut set = ArraySet::new();
    for (name, value) in members {
        // `system` and `note` are for people and for dispatch; they carry no numbers. A design
        // document tells a story around its variables; only these are read here.
        let known = fields.iter().any(|field| field.name == name);
        if ["format", "system", "note"].contains(&name.as_str()) || (kind == "design" && !known) {
            continue;
        }
        let complex =
            fields.iter().find(|field| field.name == name).is_some_and(|field| field.complex);
        let array = array(&value, complex).map_err(|error| error.inside(&name))?;
        set.insert(name, array);
    }
    Ok(set)
}

/// The tag `noctule-<kind>/1` must be there; a newer number is refused by name.
fn check_format(members: &Map<String, Value>, kind: &str) -> Result<(), InputError> {
    let expected = format!("noctule-{kind}/1");
    let refuse = |what: &str, found: String| {
        Err(InputError::new(what, "format", found, format!("\"{expected}\"")))
    };
    match members.get("format") {
        None => refuse("the file does not say its format", "no `format`".to_owned()),
        Some(Value::String(found)) if *found == expected => Ok(()),
        Some(Value::String(found)) if found.starts_with(&format!("noctule-{kind}/")) => {
            refuse("the file was written by a newer noctule", found.clone())
        }
        Some(other) => refuse("this is another kind of file", other.to_string()),
    }
}

/// A nested list with equal lengths at every level.
fn array(value: &Value, complex: bool) -> Result<Array, InputError> {
    let mut shape = Vec::new();
    let mut probe = value;
    while let Value::Array(items) = probe {
        shape.push(items.len());
        match items.first() {
            Some(first) => probe = first,
            None => break,
        }
    }
    let mut numbers = Vec::new();
    collect(value, &shape, &mut numbers, &mut String::new())?;
    if !complex {
        return Ok(Array { shape, entries: Entries::Real(numbers) });
    }
    // An empty list has no innermost pairs to strip.
    if numbers.is_empty() {
        return Ok(Array::complex(shape, Vec::new()));
    }
    match shape.pop() {
        Some(2) => Ok(Array::complex(
            shape,
            numbers.chunks_exact(2).map(|pair| C64::new(pair[0], pair[1])).collect(),
        )),
        last => Err(InputError::new(
            "complex numbers are written [re, im]",
            "",
            last.map_or_else(|| "a single number".to_owned(), |n| format!("lists of {n} numbers")),
            "innermost lists of two numbers",
        )),
    }
}

fn collect(
    value: &Value,
    shape: &[usize],
    numbers: &mut Vec<f64>,
    place: &mut String,
) -> Result<(), InputError> {
    let wrong = |what: &str, found: String, allowed: String, place: &str| {
        Err(InputError::new(what, place, found, allowed))
    };
    match (value, shape.split_first()) {
        (Value::Array(items), Some((&length, inner))) => {
            if items.len() != length {
                let allowed = format!("{length} entries, as in the first row");
                let found = format!("{} entries", items.len());
                return wrong("the rows have different lengths", found, allowed, place);
            }
            for (index, item) in items.iter().enumerate() {
                let before = place.len();
                place.push_str(&format!("[{index}]"));
                collect(item, inner, numbers, place)?;
                place.truncate(before);
            }
            Ok(())
        }
        (Value::Number(number), None) => {
            numbers.push(number.as_f64().unwrap_or(f64::NAN));
            Ok(())
        }
        (other, Some(_)) => wrong("a list is missing", kind_of(other), "a list".to_owned(), place),
        (other, None) => wrong("not a number", kind_of(other), "a number".to_owned(), place),
    }
}

fn kind_of(value: &Value) -> String {
    match value {
        Value::Null => "null (JSON has no NaN or infinity; some writers put null)".to_owned(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::String(text) => format!("the text {text:?}"),
        Value::Array(items) => format!("a list of {}", items.len()),
        Value::Object(_) => "an object".to_owned(),
    }
}

pub(super) fn write(set: &ArraySet, kind: &str, system: &str) -> Value {
    let mut members = Map::new();
    members.insert("format".to_owned(), json!(format!("noctule-{kind}/1")));
    members.insert("system".to_owned(), json!(system));
    for (name, array) in set.iter() {
        let mut leaves: Vec<Value> = match &array.entries {
            Entries::Real(values) => values.iter().map(|value| json!(value)).collect(),
            Entries::Complex(values) => values.iter().map(|z| json!([z.re, z.im])).collect(),
        };
        // Fold the flat list from the innermost dimension outwards.
        for &length in array.shape.iter().rev() {
            leaves = if length == 0 {
                vec![Value::Array(Vec::new())]
            } else {
                leaves.chunks(length).map(|row| Value::Array(row.to_vec())).collect()
            };
        }
        members.insert(name.to_owned(), leaves.into_iter().next().unwrap_or(json!([])));
    }
    Value::Object(members)
}
