//! What is recorded of a design, and how schemes and arrays that do not fit are refused.

use noctule::Error;
use noctule::data::{ArraySet, FieldInfo};
use noctule::document;
use noctule::system::{Checked, DesignOf};
use noctule_num::{InputError, hint};
use serde_json::Value;

use super::tables::{Chosen, Tables};
use crate::single::Arrays;
use crate::system::{Outcome, Row};

/// |objective − recomputed| / max(1, |objective|) where both exist, 0 where neither does.
pub(super) fn mismatch(witness: &Checked, objective: Option<f64>) -> f64 {
    match (witness.objective, objective) {
        (Some(mine), Some(theirs)) => (mine - theirs).abs() / theirs.abs().max(1.0),
        (None, None) => 0.0,
        _ => f64::INFINITY,
    }
}

/// The row of a design: metrics, proof, and what the independent witness says of it. One that it
/// contradicts has neither metrics nor proof.
///
/// # Errors
/// When the design does not fit the instance.
pub(super) fn row<T: Tables>(instance: &T::Instance, design: &DesignOf<T>) -> Result<Row, Error> {
    let (witness, objection) = document::judged::<T>(instance, design)?;
    let mismatch = mismatch(&witness, T::objective(&design.metrics));
    let unsound = objection.is_some();
    let outcome = match (objection, T::unmet(design)) {
        (Some(reason), _) => Outcome::Unsound(reason),
        _ if design.proof.infeasible.is_some() => Outcome::Infeasible,
        (None, Some(reason)) => Outcome::Failed(reason),
        (None, None) => Outcome::Designed,
    };
    let empty = Row::without_design(outcome, T::metric_infos().len());
    let row = Row {
        stop: Some(design.stop),
        violation: Some(witness.violation),
        objective_mismatch: Some(mismatch).filter(|x| x.is_finite()),
        evaluations: design.work.evaluations,
        ..empty
    };
    if unsound {
        return Ok(row);
    }
    Ok(Row {
        proof: design.proof.clone(),
        metrics: T::values(instance, design),
        series: T::series_values(instance, design),
        ..row
    })
}

/// A scheme with its settings; complaints are placed inside `scheme`.
pub(super) fn parsed<T: Tables>(name: &str, settings: &Value) -> Result<Chosen<T>, InputError> {
    const PLACE: &str = "scheme";
    let names: Vec<&str> = T::scheme_infos().iter().map(|scheme| scheme.name).collect();
    if !names.contains(&name) {
        let what = "there is no such scheme";
        let error = InputError::new(what, PLACE, name, hint::list(&names));
        return Err(hint::with_guess(error, name, &names));
    }
    T::chosen(name, settings).map_err(|error| error.inside(PLACE))
}

/// The complaint, with the hint that a matrix was handed in transposed where its transpose fits.
pub(super) fn turned(
    error: InputError,
    arrays: &Arrays,
    kind: &str,
    fields: &[FieldInfo],
    fits: impl Fn(ArraySet) -> bool,
) -> InputError {
    let Ok(set) = arrays.take(kind, fields) else { return error };
    for field in fields {
        let [rows, columns] = field.dimensions else { continue };
        let Some(array) = set.get(field.name).and_then(noctule::data::Array::transposed) else {
            continue;
        };
        let mut other = set.clone();
        other.insert(field.name, array);
        if fits(other) {
            let name = field.name;
            return error.hint(format!(
                "`{name}` is [{rows}, {columns}], and the transpose of this one fits"
            ));
        }
    }
    error
}
