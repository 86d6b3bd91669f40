//! Design documents: what they say, and whether it is true.

use noctule_lab::resolve::system_of;
use noctule_lab::single::{Claim, Single};
use pyo3::prelude::*;
use serde_json::Value;

use crate::arrays::accept;
use crate::errors;
use crate::interrupt::leavable;

/// A `noctule-design/1` document and its system.
pub(crate) fn read(text: &str) -> PyResult<(Value, &'static dyn Single)> {
    let document = accept(noctule::data::json_document(text.as_bytes()))?;
    let system = accept(system_of(&document, "design"))?;
    Ok((document, system))
}

/// Recompute what a `noctule-design/1` document claims.
#[pyfunction]
pub(crate) fn verify(py: Python<'_>, document: &str) -> PyResult<Found> {
    let (document, system) = read(document)?;
    let finding = leavable(py, move |_| system.verify(&document), |_| Ok(()))?;
    let finding = finding.map_err(errors::single)?;
    let summary = finding.summary();
    let claim = |Claim { name, verdict }: Claim| {
        let reason = verdict.reason().map(str::to_owned);
        (name, verdict.as_str(), reason)
    };
    let claims = finding.claims.into_iter().map(claim).collect();
    Ok((finding.agrees, finding.violation, finding.compared, claims, summary))
}

/// Whether all agrees, the largest violation, the numbers compared, the claims (name, verdict,
/// reason), and the claims in one line.
type Found = (bool, f64, Vec<Compared>, Vec<(String, &'static str, Option<String>)>, String);

/// Name, value stored, value recomputed.
type Compared = (String, Option<f64>, Option<f64>);
