//! What a document claims, and how each system checks it again.
//!
//! A design document claims more than numbers: how far it is from a bound, that no design meets the
//! requirements, why the method stopped. Every system says here what of that follows from the
//! instance, the variables and the multipliers in the document ([`Checks`]); what only a second run
//! of a method could tell is [named](Verdict::NotCheckable), never passed over.

use noctule_num::C64;
use noctule_optim::{Bound, Certificate, Proof, Sense, Stop};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::Error;

/// Name, value in the document, value found again.
pub type Compared = (String, Option<f64>, Option<f64>);

/// Numbers of a document must agree with their recomputation to this, relative.
pub const AGREEMENT: f64 = 1e-6;

/// What became of a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It was computed again, and holds.
    Confirmed,
    /// It was computed again, and does not hold; why.
    Refuted(String),
    /// The document does not hold what it would take; what that is.
    NotCheckable(String),
}

impl Verdict {
    /// The word for it.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Confirmed => "checked",
            Self::Refuted(_) => "refuted",
            Self::NotCheckable(_) => "not checkable",
        }
    }

    /// Why, where it is not confirmed.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Confirmed => None,
            Self::Refuted(why) | Self::NotCheckable(why) => Some(why),
        }
    }

    /// What multipliers that do not fit say of the claim they should prove.
    ///
    /// # Errors
    /// What is no complaint about them.
    pub fn of(error: Error) -> Result<Self, Error> {
        match error {
            Error::Input(error) => {
                let place = if error.place.is_empty() { "numbers" } else { &error.place };
                let why = format!("its multipliers prove nothing: {} ({place})", error.what);
                Ok(Self::Refuted(why))
            }
            error => Err(error),
        }
    }
}

/// A document as a system sees it that checks one of its claims.
#[derive(Debug)]
pub struct Said<'a, I, V, M, C> {
    /// The embedded instance.
    pub instance: &'a I,
    /// The embedded variables.
    pub variables: &'a V,
    /// What they achieve, evaluated again.
    pub metrics: &'a M,
    /// The metrics as the document has them: also what `evaluate` leaves open.
    pub stored: &'a Value,
    /// The scheme that is named.
    pub scheme: &'a str,
    /// Its settings.
    pub settings: &'a Value,
    /// What the row of that scheme says of its claims; absent where no row has that name.
    pub claims: Option<C>,
    /// The largest relative violation, by the witness.
    pub violation: f64,
}

impl<I, V, M, C> Said<'_, I, V, M, C> {
    /// A setting that is a number.
    pub fn setting(&self, name: &str) -> Option<f64> {
        self.settings.get(name).and_then(Value::as_f64)
    }

    /// The settings, where they are those of a scheme.
    pub fn settings<S: DeserializeOwned>(&self) -> Option<S> {
        serde_json::from_value(self.settings.clone()).ok()
    }

    /// What `stop` says of a method that ends as `ends` says.
    pub fn ended(&self, ends: Ends, stop: Stop, proof: &Proof) -> Verdict {
        match ends {
            Ends::ClosedForm => closed_form(stop),
            Ends::ByResidual => by_residual(stop, proof.residual(), self.setting("tolerance")),
            Ends::OwnRule => own_rule(stop),
        }
    }
}

/// How a scheme ends, as far as a document lets anybody judge it: a part, or all, of what its row
/// says of its claims ([`System::Claims`](crate::System::Claims)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ends {
    /// At once: a closed form iterates nothing.
    ClosedForm,
    /// When the residual in its proof is within its setting `tolerance`.
    ByResidual,
    /// By a rule of its own, which only a second run could judge.
    OwnRule,
}

/// A stationarity residual, computed again.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Residual {
    /// ‖grad‖·‖x‖/max(1, |f|).
    pub value: f64,
    /// By how much it changes where the variables change in their last digits, which nobody can repeat;
    /// zero where that was not looked at.
    pub rounding: f64,
}

/// Last digits by which beams are moved to see what rounding does to a residual: in a basis, which is where methods
/// climb, an entry is a sum of some tens of terms.
const LAST_DIGITS: f64 = 8.0 * f64::EPSILON;

/// Every entry changed in its last digits, some up and some down: each `pattern` changes others.
pub(crate) fn move_last_digits(entries: &mut [C64], pattern: u32) {
    for (index, entry) in entries.iter_mut().enumerate() {
        *entry *= 1.0 + if index >> pattern & 1 == 0 { LAST_DIGITS } else { -LAST_DIGITS };
    }
}

/// A residual of `variables` with what rounding does to it: the most that some patterns of last digits move it by.
pub(crate) fn residual_with_rounding<V: Clone>(
    variables: &V,
    of: impl Fn(&V) -> Result<f64, Error>,
    moved: impl Fn(&mut V, u32),
) -> Result<Residual, Error> {
    let value = of(variables)?;
    let mut rounding = 0.0_f64;
    for pattern in 0..3 {
        let mut other = variables.clone();
        moved(&mut other, pattern);
        rounding = rounding.max((of(&other)? - value).abs());
    }
    Ok(Residual { value, rounding })
}

/// How a system checks the claims of its documents: one function for each kind.
#[derive(Clone, Copy, Debug)]
#[allow(clippy::type_complexity)] // five functions, each named once, here
pub struct Checks<I, V, M, C> {
    /// Metrics that schemes add to what `evaluate` tells.
    pub added: &'static [&'static str],
    /// Puts those of a document into metrics that were evaluated again, so that the numbers of records that
    /// follow from them can be compared.
    pub restored: fn(&mut M, &Value),
    /// What a bound is about; `None` where the system bounds nothing of that kind.
    pub bounded: fn(&Said<'_, I, V, M, C>, &Bound) -> Option<Bounded>,
    /// A bound, computed again from its multipliers or, where that is a formula, from the instance.
    pub bound: fn(&Said<'_, I, V, M, C>, &Bound) -> Result<Again, Error>,
    /// The stationarity residual; `None` where that takes more than the document holds.
    pub residual: fn(&Said<'_, I, V, M, C>) -> Result<Option<Residual>, Error>,
    /// Whether it is proven again that the requirements cannot be met; numbers that were compared
    /// are added to the list.
    pub infeasible:
        fn(&Said<'_, I, V, M, C>, &Certificate, &mut Vec<Compared>) -> Result<Verdict, Error>,
    /// Whether the method can have stopped for the reason given.
    pub stop: fn(&Said<'_, I, V, M, C>, Stop, &Proof) -> Verdict,
}

/// A member of the metrics of a document, where it has one that can be read.
pub fn stored_member<V: DeserializeOwned>(stored: &Value, name: &str) -> Option<V> {
    serde_json::from_value(stored.get(name)?.clone()).ok()
}

/// What a bound is a bound of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounded {
    /// What the design reaches.
    pub reached: f64,
    /// The side on which the bound lies.
    pub sense: Sense,
    /// The unit of relative gaps, as in [`Bound::new`].
    pub unit: f64,
}

impl Bounded {
    /// Of an objective of one sign that is maximised.
    pub const fn above(reached: f64) -> Self {
        Self { reached, sense: Sense::Upper, unit: 0.0 }
    }

    /// Of an objective of one sign that is minimised.
    pub const fn below(reached: f64) -> Self {
        Self { reached, sense: Sense::Lower, unit: 0.0 }
    }
}

/// A bound computed again.
#[derive(Clone, Debug, PartialEq)]
pub enum Again {
    /// What is proven.
    Proven(f64),
    /// Nothing, and why not.
    NotCheckable(String),
}

impl Again {
    /// From what is not in the document.
    pub fn not_checkable(why: &str) -> Self {
        Self::NotCheckable(why.to_owned())
    }
}

/// Whether two numbers are the same to what documents are compared to.
pub fn same(a: f64, b: f64) -> bool {
    a.total_cmp(&b).is_eq()
        || (a - b).abs() <= AGREEMENT * a.abs().max(b.abs()).max(f64::MIN_POSITIVE)
}

/// A certificate of infeasibility against one that was computed again: what they are about and the
/// two numbers must agree, and the new one says whether anything is proven.
pub fn same_certificate(
    stored: &Certificate,
    found: Option<&Certificate>,
    out: &mut Vec<Compared>,
) -> Verdict {
    let Some(found) = found else {
        return Verdict::Refuted("nothing proves that the requirements cannot be met".to_owned());
    };
    if stored.setting != found.setting {
        let about = |setting: &Option<String>| match setting {
            Some(name) => format!("the setting `{name}`"),
            None => "the instance".to_owned(),
        };
        let (found, stored) = (about(&found.setting), about(&stored.setting));
        return Verdict::Refuted(format!("it is about {found}, not about {stored}"));
    }
    let pairs = [
        ("required", stored.required, found.required),
        ("reachable", stored.reachable, found.reachable),
    ];
    for (name, a, b) in pairs {
        out.push((format!("proof.infeasible.{name}"), Some(a), Some(b)));
    }
    match pairs.iter().find(|(_, a, b)| !same(*a, *b)) {
        Some((name, a, b)) => Verdict::Refuted(format!("{name} is {b:.6e}, not {a:.6e}")),
        None => Verdict::Confirmed,
    }
}

/// What `stop` says of a method that is judged by its residual.
pub fn by_residual(stop: Stop, residual: Option<f64>, tolerance: Option<f64>) -> Verdict {
    let (Some(residual), Some(tolerance)) = (residual, tolerance) else {
        return Verdict::NotCheckable("the document has no residual to judge it by".to_owned());
    };
    let met = residual <= tolerance;
    match stop {
        Stop::Converged if met => Verdict::Confirmed,
        Stop::Converged => Verdict::Refuted(format!(
            "a residual of {residual:.1e} is not converged to {tolerance:.1e}"
        )),
        Stop::Computed => Verdict::Refuted("the method iterates".to_owned()),
        other => Verdict::NotCheckable(format!("that it ended by `{other}`")),
    }
}

/// What `stop` says of a closed form.
pub fn closed_form(stop: Stop) -> Verdict {
    match stop {
        Stop::Computed => Verdict::Confirmed,
        other => Verdict::Refuted(format!("a closed form does not end by `{other}`")),
    }
}

/// A reason to stop that only the method itself can vouch for.
pub fn own_rule(stop: Stop) -> Verdict {
    match stop {
        Stop::Computed => Verdict::Refuted("the method iterates".to_owned()),
        other => Verdict::NotCheckable(format!("that its own rule ended it by `{other}`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_infinite_gap_survives_json() {
        let bound = Bound::new(0.0, 1.0, Sense::Upper, "test", 0.0).unwrap();
        assert!(bound.gap_rel.is_infinite());
        let text = serde_json::to_string(&bound).unwrap();
        assert_eq!(serde_json::from_str::<Bound>(&text).unwrap(), bound);
    }

    #[test]
    fn a_residual_above_its_tolerance_is_not_converged() {
        let verdict = |stop, residual| by_residual(stop, Some(residual), Some(1e-6));
        assert_eq!(verdict(Stop::Converged, 1e-7), Verdict::Confirmed);
        assert!(matches!(verdict(Stop::Converged, 1e-5), Verdict::Refuted(_)));
        assert!(matches!(verdict(Stop::Computed, 1e-7), Verdict::Refuted(_)));
        assert!(matches!(verdict(Stop::Stalled, 1e-5), Verdict::NotCheckable(_)));
    }
}
