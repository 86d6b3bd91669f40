//! Whether what a document holds is of the kind that proofs are made of, before anything is computed from it.

use serde_json::Value;

use crate::{Outcome, unproven};

/// Lists of numbers by name, and nothing else.
pub(crate) fn lists(numbers: &Value) -> Outcome<()> {
    for (name, list) in numbers.as_object().into_iter().flatten() {
        let flat = |list: &Vec<Value>| list.iter().all(is_number);
        if !list.as_array().is_some_and(flat) {
            return unproven(format!("'{name}' is no list of numbers"));
        }
    }
    Ok(())
}

/// Numbers and arrays with rows of one length by name, beside what the file says of itself.
pub(crate) fn arrays(instance: &Value) -> Outcome<()> {
    let Some(members) = instance.as_object() else { return unproven("there is no instance") };
    for (name, value) in members {
        let said = ["format", "system"].contains(&name.as_str());
        let fits = if said { value.is_string() } else { is_array(value) };
        if !fits {
            return unproven(format!("'{name}' is no array of numbers"));
        }
    }
    Ok(())
}

/// Whether a value is numbers with rows of one length.
pub(crate) fn is_array(value: &Value) -> bool {
    shape(value).is_some()
}

/// The lengths of an array's sides; none where its rows differ or hold something else.
fn shape(value: &Value) -> Option<Vec<usize>> {
    let Value::Array(rows) = value else { return is_number(value).then(Vec::new) };
    let mut inner = None;
    for row in rows {
        let found = shape(row)?;
        if inner.get_or_insert_with(|| found.clone()) != &found {
            return None;
        }
    }
    Some([vec![rows.len()], inner.unwrap_or_default()].concat())
}

fn is_number(value: &Value) -> bool {
    value.as_f64().is_some_and(f64::is_finite)
}
