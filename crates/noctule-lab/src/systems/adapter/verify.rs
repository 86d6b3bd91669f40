//! Whether what a document says is true of its variables.

use noctule::claims::{AGREEMENT, Compared, Said, Verdict};
use noctule::data::ArraySet;
use noctule::system::{Checked, DesignOf, Metric};
use noctule::{Proof, Stop, Trace};
use noctule_num::InputError;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::claims::Ledger;
use super::tables::Tables;
use crate::single::{Claim, Finding, SingleError};

/// What no metric resolves: a product of factors that are rounding themselves.
const NOTHING: f64 = 1e-33;

/// Every claim of a document against the independent witness, a fresh evaluation, and itself.
pub(super) fn verified<T: Tables>(document: &Value) -> Result<Finding, SingleError> {
    let member = |name: &str| {
        document.get(name).ok_or_else(|| {
            let what = "the document is incomplete";
            InputError::new(what, name, "nothing", "a noctule-design/1 file")
        })
    };
    let set = ArraySet::from_value(member("instance")?, "instance", T::INSTANCE_FIELDS)
        .map_err(|error| error.inside("instance"))?;
    let instance = T::instance(set, None)?;
    let set = ArraySet::from_value(document, "design", T::VARIABLE_FIELDS)?;
    let variables = T::variables(&set, &instance)?;
    let witness = T::check(&instance, &variables)?.in_numbers();
    let stored = member("metrics")?;
    let metrics = T::evaluate(&instance, &variables)?;
    let mut compared = Vec::new();
    let infeasible = document.pointer("/proof/infeasible").is_some_and(|c| !c.is_null());
    // What the nearest design carries may be nothing at all: there, zero is zero up to rounding.
    let nothing = if infeasible { 1e-12 } else { NOTHING };
    let mut design = made_again::<T>(document, variables, metrics);
    let mut fresh = json!(design.metrics);
    (T::CLAIMS.restored)(&mut design.metrics, stored);
    let left_open = |name: &&'static str| fresh.get(*name).is_none_or(Value::is_null);
    let mut added: Vec<&str> = T::CLAIMS.added.iter().copied().filter(left_open).collect();
    records(&mut fresh, told::<T>(&instance, &design), stored, &mut added);
    let numbers_of = Numbers { stored, witness: &witness, fresh: &fresh, added: &added };
    let mut unclear = Vec::new();
    let agree = numbers_of.agree(nothing, &mut compared, &mut unclear);
    let scheme = document.get("scheme").and_then(Value::as_str).unwrap_or_default();
    let said = Said {
        instance: &instance,
        variables: &design.variables,
        metrics: &design.metrics,
        stored,
        scheme,
        claims: T::scheme(scheme).ok().map(|row| row.claims),
        settings: document.get("settings").unwrap_or(&Value::Null),
        violation: witness.violation,
    };
    let mut ledger = Ledger::<T>::new(document, said, T::unmet(&design).is_some());
    let differ = || Verdict::Refuted("numbers differ from what the variables achieve".to_owned());
    ledger.enter("metrics", if agree { Verdict::Confirmed } else { differ() });
    for (place, off) in unclear {
        let cause = witness.blur.cause;
        let why = format!("{off}: {cause}, and double precision leaves that open");
        ledger.enter(&place, Verdict::NotCheckable(why));
    }
    for name in added.iter().filter(|name| stored.get(name).is_some_and(|v| !v.is_null())) {
        let why = "what the scheme adds to what its variables achieve".to_owned();
        ledger.enter(&format!("metrics.{name}"), Verdict::NotCheckable(why));
    }
    ledger.fill(&witness)?;
    compared.append(&mut ledger.compared);
    let claims = ledger.claims;
    // A document that says of itself that it misses a requirement, by as much as it does, is true.
    let agrees = !claims.iter().any(Claim::is_refuted);
    Ok(Finding { compared, claims, violation: witness.violation, agrees })
}

/// The design of a document: what it says of its making, its numbers evaluated again. What cannot be
/// read counts as absent; that it is wrong is said of the claim itself.
fn made_again<T: Tables>(
    document: &Value,
    variables: T::Variables,
    metrics: T::Metrics,
) -> DesignOf<T> {
    fn said<V: DeserializeOwned>(document: &Value, name: &str) -> Option<V> {
        serde_json::from_value(document.get(name)?.clone()).ok()
    }
    DesignOf::<T> {
        variables,
        metrics,
        stop: said(document, "stop").unwrap_or(Stop::Computed),
        proof: said(document, "proof").unwrap_or(Proof::NONE),
        trace: Trace::off(),
        work: said(document, "work").unwrap_or_default(),
        starts: Vec::new(),
        warnings: Vec::new(),
    }
}

/// A number of the engine's records: its name, its value, and whether it has any of such a design.
type Recorded = (&'static str, Option<f64>, bool);

/// The numbers of the engine's records.
fn told<T: Tables>(instance: &T::Instance, design: &DesignOf<T>) -> Vec<Recorded> {
    let feasible = design.proof.infeasible.is_none();
    let row = |metric: &Metric<T>| {
        let meant = feasible || metric.is_told_of_infeasible();
        (metric.info.name, metric.of(instance, design).filter(|value| value.is_finite()), meant)
    };
    T::METRICS.iter().map(row).collect()
}

/// The metrics of the engine's records beside those of the design, as far as the document has them
/// (those of an earlier noctule do not). What only the scheme can tell is one more addition of it; where no design
/// meets the requirements there is nothing to tell.
fn records(fresh: &mut Value, rows: Vec<Recorded>, stored: &Value, added: &mut Vec<&'static str>) {
    let Value::Object(members) = fresh else { return };
    for (name, value, meant) in rows {
        let Some(said) = stored.get(name) else { continue };
        if members.contains_key(name) {
            continue;
        }
        if value.is_none() && !said.is_null() && meant {
            if !added.contains(&name) {
                added.push(name);
            }
        } else {
            members.insert(name.to_owned(), json!(value));
        }
    }
}

/// The metrics of a document, and what they must be.
struct Numbers<'a> {
    stored: &'a Value,
    witness: &'a Checked,
    fresh: &'a Value,
    /// What the scheme added.
    added: &'a [&'static str],
}

impl Numbers<'_> {
    /// Whether they are those of the variables: the witness's numbers are all listed, of the others
    /// only those that differ from their evaluation. Numbers up to `nothing` count as zero. What differs by no more than
    /// rounding may have done is `unclear`, with its place.
    fn agree(&self, nothing: f64, out: &mut Vec<Compared>, unclear: &mut Vec<Unclear>) -> bool {
        let number = |name: &str| self.stored.get(name).and_then(Value::as_f64);
        let told = self.witness.numbers.iter();
        out.extend(told.map(|(name, found)| ((*name).to_owned(), number(name), *found)));
        let blur = &self.witness.blur;
        let mut agree = true;
        for (name, a, b) in out.iter() {
            let off = match (a, b) {
                (Some(a), Some(b)) => (a - b).abs() / b.abs().max(nothing / AGREEMENT),
                (None, None) => 0.0,
                _ => f64::INFINITY,
            };
            let room = match (a, b) {
                (Some(_), Some(b)) => MARGIN * blur.of_number(name) / b.abs(),
                _ if blur.edge => f64::INFINITY,
                _ => 0.0,
            };
            if off > AGREEMENT && off <= room {
                unclear.push((format!("metrics.{name}"), parted(off)));
            }
            agree &= off <= AGREEMENT.max(room);
        }
        let mut others = Vec::new();
        let both = (self.stored, self.fresh);
        differences("metrics", both, (self.added, USUAL_ZERO), &mut others);
        for other in others {
            let (a, b) = (other.1.unwrap_or(f64::NAN), other.2.unwrap_or(f64::NAN));
            let off = (a - b).abs() / b.abs();
            if self.may_be_off(&other.0) && off <= (MARGIN * blur.share).min(MOST_OPEN) {
                unclear.push((other.0, parted(off)));
            } else {
                agree = false;
                out.push(other);
            }
        }
        agree
    }

    /// Whether a metric depends on what is ill-conditioned.
    fn may_be_off(&self, place: &str) -> bool {
        let mut parts = place.split(['.', '[', ']']).flat_map(|part| part.split('_'));
        parts.any(|part| self.witness.blur.of.contains(&part))
    }
}

/// A place, and how far from each other two numbers are.
type Unclear = (String, String);

/// Both sides of a comparison are off.
const MARGIN: f64 = 2.0;

/// What two evaluations by the same code on two machines may differ by at most, whatever the conditioning.
const MOST_OPEN: f64 = 1e-2;

fn parted(off: f64) -> String {
    if off.is_finite() {
        format!("two ways of computing it differ by {off:.1e} of it")
    } else {
        "one way of computing it finds a number, the other none".to_owned()
    }
}

/// Numbers of the order of one that differ by this are both what rounding leaves of a zero.
const USUAL_ZERO: f64 = 1e-9;

/// What of numbers under a name is zero up to rounding: powers and bounds have no usual size, and are compared with
/// the largest beside them.
fn zero_of(name: &str, fresh: &Value) -> f64 {
    fn largest(of: &Value) -> f64 {
        match of {
            Value::Array(items) => items.iter().map(largest).fold(0.0, f64::max),
            other => other.as_f64().map_or(0.0, f64::abs),
        }
    }
    let sized = name.ends_with("_w") || name.contains("crb") || name.contains("bound");
    if sized || ["value", "objective"].contains(&name) {
        USUAL_ZERO * largest(fresh).min(1.0)
    } else {
        USUAL_ZERO
    }
}

/// Numbers of `stored` that differ from those of `fresh`, with their places; a number where the
/// other has none differs too. What a scheme adds to what `evaluate` tells is `left_out`; up to `zero` numbers are none.
fn differences(
    place: &str,
    (stored, fresh): (&Value, &Value),
    (left_out, zero): (&[&str], f64),
    out: &mut Vec<Compared>,
) {
    match (stored, fresh) {
        (Value::Object(_) | Value::Null, Value::Object(members)) => {
            let known = |name: &str| members.contains_key(name) || left_out.contains(&name);
            let extra = stored.as_object().into_iter().flatten();
            for (name, value) in extra.filter(|(name, _)| !known(name)) {
                out.push((format!("{place}.{name}"), value.as_f64(), None));
            }
            for (name, value) in
                members.iter().filter(|(name, _)| !left_out.contains(&name.as_str()))
            {
                let inner = stored.get(name).unwrap_or(&Value::Null);
                let zero = zero_of(name, value);
                differences(&format!("{place}.{name}"), (inner, value), (&[], zero), out);
            }
        }
        (_, Value::Array(items)) => {
            let (found, needed) = (stored.as_array().map_or(0, Vec::len), items.len());
            // an empty list may be left out, and nothing else may stand in its place
            let is_list = stored.is_array() || stored.is_null();
            if found != needed || !is_list {
                let place = format!("{place}, entries");
                out.push((place, Some(found as f64), Some(needed as f64)));
            }
            for (index, value) in items.iter().enumerate() {
                let inner = stored.get(index).unwrap_or(&Value::Null);
                differences(&format!("{place}[{index}]"), (inner, value), (&[], zero), out);
            }
        }
        (_, Value::Number(number)) => {
            let (a, b) = (stored.as_f64(), number.as_f64());
            let same = match (a, b) {
                // rounding leaves numbers that should be zero near it
                (Some(a), Some(b)) => (a - b).abs() <= AGREEMENT * a.abs().max(b.abs()) + zero,
                _ => false,
            };
            if !same {
                out.push((place.to_owned(), a, b));
            }
        }
        (stored, fresh) if stored == fresh => {}
        _ => out.push((place.to_owned(), stored.as_f64(), None)),
    }
}
