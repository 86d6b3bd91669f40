//! Checks what a document of noctule claims to be proven. It shares nothing with the solvers: it reads numbers and
//! computes statements of two kinds from them, *this Hermitian matrix is positive semidefinite* and *this sum is at
//! most that*. `docs/proofs.md` derives them; `examples/check_proof.py` is the same in Python.
//!
//! Rounding is bounded, not guessed: a ball is a number with a radius to which every operation adds what the
//! standard model of IEEE 754 arithmetic allows (unit roundoff u; exp, sin, cos, ln and roots to four of them). A matrix is
//! positive semidefinite when its Cholesky factorisation succeeds after a shift by what rounding can have done (S. M.
//! Rump, *Verification of positive definiteness*, BIT 46, 2006).

mod ball;
mod beamforming;
mod cellfree;
mod cover;
mod forms;
mod packed;
mod patterns;
mod pilots;
mod surfaces;

use serde_json::Value;

/// Why nothing is proven.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The numbers do not prove what is claimed.
    Unproven(String),
    /// A claim of a kind that is not checked here.
    NotHere(String),
}

/// What is proven: no design is better than `value`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Proven {
    /// The claim, with the last digits of a decimal.
    pub value: f64,
    /// Whether designs do not exceed the value, or do not undercut it.
    pub upper: bool,
    /// What the value is of.
    pub quantity: &'static str,
    /// Statements of boxes that were checked.
    pub leaves: usize,
}

pub(crate) type Outcome<T> = Result<T, Refused>;

pub(crate) fn unproven<T>(why: impl Into<String>) -> Outcome<T> {
    Err(Refused::Unproven(why.into()))
}

/// Check the bound of a design document, or of a proof file.
///
/// # Errors
/// [`Refused`], in a sentence.
pub fn check(document: &Value) -> Outcome<Proven> {
    let bound = &document["proof"]["bound"];
    let (numbers, system) = (&bound["numbers"], document["system"].as_str().unwrap_or("none"));
    if numbers.as_object().is_none_or(serde_json::Map::is_empty) || !numbers["left_out"].is_null() {
        return Err(Refused::NotHere("it has no bound with all of its multipliers".to_owned()));
    }
    let Some(value) = bound["value"].as_f64().filter(|value| value.is_finite()) else {
        return unproven("the bound has no value");
    };
    if system == "beamforming" && !document["instance"]["goal"].is_null() {
        return Err(Refused::NotHere("a bound of a goal, not of the weighted sum".to_owned()));
    }
    let (upper, quantity) = sense(system, &bound["sense"])?;
    let problem = &bound["problem"];
    let senses_only = system == "beamforming" && problem == SENSES_ONLY;
    if !problem.is_null() && !senses_only {
        return Err(Refused::NotHere(format!("bounds of the problem {problem}")));
    }
    // The last digits of a decimal, and of what two programs call the same sum.
    let slack = 1e-9 * value.abs() + if system == "pilots" { 0.0 } else { 1e-9 };
    let value = if upper { value + slack } else { value - slack };
    let (instance, scheme) = (&document["instance"], &document["scheme"]);
    let read = Read { instance, numbers, scheme, upper, senses_only };
    let leaves = match system {
        "beamforming" => beamforming::check(&read, value)?,
        "cellfree" => cellfree::check(&read, value)?,
        "surfaces" => {
            let of = |name: &str| document["settings"][name].as_str().unwrap_or("not said");
            let asked = surfaces::Asked { select: of("select"), requirement: of("requirement") };
            surfaces::check(&read, &asked, value)?
        }
        _ => pilots::check(&read, value)?,
    };
    let reached = document["metrics"]["objective"].as_f64();
    if system == "beamforming" && !senses_only && reached.is_some_and(|reached| reached > value) {
        return unproven("the document's own design is better");
    }
    Ok(Proven { value, upper, quantity, leaves })
}

/// Whether a bound of a system is one from above, and of what.
fn sense(system: &str, sense: &Value) -> Outcome<(bool, &'static str)> {
    Ok(match (system, sense.as_str()) {
        ("beamforming", Some("upper")) => (true, "weighted objective"),
        ("cellfree", Some("upper")) => (true, "sum rate in bit/s/Hz"),
        ("cellfree", Some("lower")) => (false, "mean error of the beampatterns"),
        ("pilots", Some("lower")) => (false, "worst error of the estimates"),
        ("surfaces", Some("upper")) => (true, "rate in bit/s/Hz"),
        ("beamforming" | "cellfree" | "pilots" | "surfaces", _) => {
            return unproven("the sense of the bound is not one of its system");
        }
        (other, _) => return Err(Refused::NotHere(format!("proofs of the system '{other}'"))),
    })
}

/// What a bound that counts no rates is called where rates have a weight.
const SENSES_ONLY: &str = "sensing only, users ignored";

/// The parts of a document that a check reads.
pub(crate) struct Read<'a> {
    instance: &'a Value,
    numbers: &'a Value,
    scheme: &'a Value,
    upper: bool,
    /// Of beams without their rates.
    senses_only: bool,
}

impl Read<'_> {
    /// All numbers of an array of the instance, in order of their writing; none where it is absent.
    pub(crate) fn array(&self, name: &str) -> Outcome<Vec<f64>> {
        let mut list = Vec::new();
        flatten(&self.instance[name], name, &mut list)?;
        Ok(list)
    }

    /// A number of the instance.
    pub(crate) fn number(&self, name: &str) -> Outcome<f64> {
        let found = self.instance[name].as_f64().filter(|x| x.is_finite());
        found.map_or_else(|| unproven(format!("the instance has no number '{name}'")), Ok)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        !self.numbers[name].is_null()
    }

    /// A list of so many numbers for each of so many boxes.
    pub(crate) fn list(&self, name: &str, length: usize) -> Outcome<Vec<f64>> {
        let mut list = Vec::new();
        flatten(&self.numbers[name], name, &mut list)?;
        if list.len() == length {
            return Ok(list);
        }
        unproven(format!("'{name}' has {} numbers, and {length} are needed", list.len()))
    }

    /// The names of all lists, in order.
    pub(crate) fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> =
            self.numbers.as_object().into_iter().flatten().map(|(name, _)| &**name).collect();
        names.sort_unstable();
        names
    }

    pub(crate) fn length(&self, name: &str) -> usize {
        self.numbers[name].as_array().map_or(0, Vec::len)
    }
}

fn flatten(value: &Value, name: &str, into: &mut Vec<f64>) -> Outcome<()> {
    match value {
        Value::Array(list) => list.iter().try_for_each(|entry| flatten(entry, name, into)),
        Value::Null => Ok(()),
        other => match other.as_f64().filter(|x| x.is_finite()) {
            Some(x) => {
                into.push(x);
                Ok(())
            }
            None => unproven(format!("'{name}' holds what is no number")),
        },
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
