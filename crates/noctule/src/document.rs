//! A design as a document, `noctule-design/1`: variables, instance, what is claimed, and what the
//! independent witness says of it.
//!
//! Whoever writes designs down — the command line, Python, a browser — calls [`told`], so that one
//! design is one document wherever it was made.

use noctule_optim::Proof;
use serde_json::{Map, Value, json};

use crate::data::ArraySet;
use crate::system::{Checked, DesignOf, System};
use crate::{Error, FEASIBLE};

/// How a design came about.
#[derive(Clone, Copy, Debug)]
pub struct Made<'a> {
    /// The scheme.
    pub scheme: &'a str,
    /// Its complete settings.
    pub settings: &'a Value,
    /// Seed of the draw.
    pub seed: u64,
    /// Trial of the draw.
    pub trial: u64,
}

/// A design, judged and written down.
#[derive(Clone, Debug)]
pub struct Told {
    /// What the independent witness finds.
    pub witness: Checked,
    /// Why the design is numerically unsound, where the witness does not confirm it.
    pub unsound: Option<String>,
    /// Whether it meets every requirement: also one that only its instance states.
    pub meets_requirements: bool,
    /// Sentences a careful colleague would add.
    pub warnings: Vec<String>,
    /// The variables.
    pub variables: ArraySet,
    /// The instance.
    pub instance: ArraySet,
    /// The document.
    pub document: Map<String, Value>,
}

/// What the witness says of a design, and why that makes it numerically unsound, where it does.
///
/// # Errors
/// When the design does not fit the instance.
pub fn judged<S: System>(
    instance: &S::Instance,
    design: &DesignOf<S>,
) -> Result<(Checked, Option<String>), Error> {
    let witness = S::check(instance, &design.variables)?.in_numbers();
    let values = S::METRICS.iter().map(|metric| (metric.info.name, metric.of(instance, design)));
    let objection = witness.objection(S::objective(&design.metrics), &design.proof, values);
    Ok((witness, objection))
}

/// The metrics of a design, those of the engine's records under their names too: one name for one
/// number in schema, records, documents, Python and MATLAB.
pub fn metrics<S: System>(instance: &S::Instance, design: &DesignOf<S>) -> Value {
    let mut told = json!(design.metrics);
    if let Value::Object(members) = &mut told {
        for metric in S::METRICS {
            let number = metric.of(instance, design).filter(|value| value.is_finite());
            if number.is_none() && metric.condition().is_some() {
                continue;
            }
            members.entry(metric.info.name).or_insert(json!(number));
        }
    }
    told
}

/// A relative violation in per cent, also a small or a huge one.
pub fn share(violation: f64) -> String {
    let percent = 100.0 * violation;
    if !percent.is_finite() {
        "more than a number can say".to_owned()
    } else if (0.01..1e4).contains(&percent) {
        format!("{percent:.2} %")
    } else {
        format!("{percent:.1e} %")
    }
}

/// Judge a design and write it down. Of one that the witness contradicts nothing is proven.
///
/// # Errors
/// When the design does not fit the instance.
pub fn told<S: System>(
    instance: &S::Instance,
    design: &mut DesignOf<S>,
    made: Made<'_>,
) -> Result<Told, Error> {
    let (witness, unsound) = judged::<S>(instance, design)?;
    if let Some(reason) = &unsound {
        design.proof = Proof::NONE;
        design.warnings.push(format!("numerically unsound: {reason}; nothing is proven"));
    }
    S::proven(instance, &mut design.proof, made.scheme, made.settings)?;
    let design = &*design;
    let meets_requirements = unsound.is_none()
        && design.proof.infeasible.is_none()
        && witness.violation <= FEASIBLE
        && S::unmet(design).is_none();
    let variables = S::variable_arrays(&design.variables);
    let instance_arrays = S::instance_arrays(instance);
    let mut warnings = design.warnings.clone();
    if witness.violation > FEASIBLE && design.proof.infeasible.is_none() {
        warnings.push(format!(
            "the design misses a requirement of the instance by {} of its limit",
            share(witness.violation)
        ));
    }
    let mut document = match variables.to_json("design", S::ID) {
        Value::Object(members) => members,
        _ => Map::new(),
    };
    let said = [
        ("metrics", metrics::<S>(instance, design)),
        ("stop", json!(design.stop)),
        ("proof", json!(design.proof)),
        ("work", json!(design.work)),
        ("starts", json!(design.starts)),
        ("trace", json!(design.trace.rows())),
        ("scheme", json!(made.scheme)),
        ("settings", made.settings.clone()),
        ("violation", json!(witness.violation)),
        ("meets_requirements", json!(meets_requirements)),
        ("warnings", json!(warnings)),
        // What methods drew from, so that the design can be made again from its document.
        ("draw", json!({ "seed": made.seed, "trial": made.trial })),
        ("instance", instance_arrays.to_json("instance", S::ID)),
    ];
    document.extend(said.map(|(name, value)| (name.to_owned(), value)));
    if let Some(reason) = &unsound {
        document.insert("unsound".to_owned(), json!(reason));
    }
    Ok(Told {
        witness,
        unsound,
        meets_requirements,
        warnings,
        variables,
        instance: instance_arrays,
        document,
    })
}
