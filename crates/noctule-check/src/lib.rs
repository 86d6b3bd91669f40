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
mod capacity;
mod cellfree;
mod cover;
mod fisher;
mod forms;
mod frame;
mod goals;
mod packed;
mod patterns;
mod pilots;
mod planes;
mod range;
mod response;
mod surfaces;
mod whole;

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
    let held = numbers.as_object().filter(|lists| !lists.is_empty());
    if held.is_none_or(|lists| lists.contains_key("left_out")) {
        return Err(Refused::NotHere("it has no bound with all of its multipliers".to_owned()));
    }
    if !SYSTEMS.contains(&system) {
        return Err(Refused::NotHere(format!("proofs of the system '{system}'")));
    }
    let goal = match &document["instance"]["goal"] {
        Value::Null => None,
        goal if system == "beamforming" => Some(goals::Goal::of(goal)?),
        _ => None,
    };
    let Some(value) = bound["value"].as_f64().filter(|value| value.abs() <= MOST) else {
        return unproven("the bound has no value");
    };
    let (upper, quantity) = match &goal {
        Some(goal) => goal.sense(&bound["sense"])?,
        None => sense(system, &bound["sense"])?,
    };
    let problem = &bound["problem"];
    let senses_only = system == "beamforming" && problem == SENSES_ONLY;
    let extended = match goal {
        None if system == "beamforming" => extended_target(document)?,
        _ => None,
    };
    if !problem.is_null() && extended.is_none() && (!senses_only || goal.is_some()) {
        return Err(Refused::NotHere(format!("bounds of the problem {problem}")));
    }
    whole::lists(numbers)?;
    whole::arrays(&document["instance"])?;
    if !(document["settings"].is_null() || document["settings"].is_object()) {
        return unproven("the settings are none");
    }
    // The last digits of a decimal, and of what two programs call the same sum.
    let alone = system == "pilots" || goal.is_some_and(|goal| !goal.is_of_rates());
    let slack = 1e-9 * value.abs() + if alone { 0.0 } else { 1e-9 };
    let value = if upper { value + slack } else { value - slack };
    let (instance, scheme, settings) =
        (&document["instance"], &document["scheme"], &document["settings"]);
    let beams = &document["beams"];
    let quantity = if extended.is_some() { OF_EXTENDED } else { quantity };
    let read = Read { instance, numbers, scheme, settings, beams, upper, senses_only, extended };
    let leaves = match (system, goal) {
        (_, Some(goal)) => goal.check(&read, value)?,
        ("beamforming", _) => beamforming::check(&read, value)?,
        ("cellfree", _) => cellfree::check(&read, value)?,
        ("frame", _) => frame::check(&read, value)?,
        ("surfaces", _) => {
            let of = |name: &str| settings[name].as_str().unwrap_or("not said");
            let asked = surfaces::Asked { select: of("select"), requirement: of("requirement") };
            surfaces::check(&read, &asked, value)?
        }
        _ => pilots::check(&read, value)?,
    };
    let reached = document["metrics"]["objective"].as_f64();
    let weighted = system == "beamforming" && goal.is_none() && problem.is_null();
    if weighted && reached.is_some_and(|reached| reached > value) {
        return unproven("the document's own design is better");
    }
    Ok(Proven { value, upper, quantity, leaves })
}

/// A claim beyond this is none: differences from it are beyond all numbers.
const MOST: f64 = 1e290;
const SYSTEMS: [&str; 5] = ["beamforming", "cellfree", "frame", "pilots", "surfaces"];

/// Whether a bound of a system is one from above, and of what.
fn sense(system: &str, sense: &Value) -> Outcome<(bool, &'static str)> {
    Ok(match (system, sense.as_str()) {
        ("beamforming", Some("upper")) => (true, "weighted objective"),
        ("cellfree", Some("upper")) => (true, "sum rate in bit/s/Hz"),
        ("cellfree", Some("lower")) => (false, "mean error of the beampatterns"),
        ("frame", Some("upper")) => (true, "rate in bit/s/Hz"),
        ("pilots", Some("lower")) => (false, "worst error of the estimates"),
        ("surfaces", Some("upper")) => (true, "rate in bit/s/Hz"),
        _ => return unproven("the sense of the bound is not one of its system"),
    })
}

/// What an extended target's bound is of, and how its problem is said; the weight of the design itself follows.
const OF_EXTENDED: &str = "sum rate in nat/s/Hz less ρ tr R⁻¹";
const EXTENDED: &str = "sum rate in nats − ρ tr R⁻¹ of an extended target, ρ = ";

/// ρ of a bound that is said to be of an extended target: that of the settings, and no other.
fn extended_target(document: &Value) -> Outcome<Option<f64>> {
    let problem = document["proof"]["bound"]["problem"].as_str().unwrap_or_default();
    let Some((said, _)) = problem.strip_prefix(EXTENDED).and_then(|rest| rest.split_once(" nat·W"))
    else {
        return Ok(None);
    };
    let weight =
        document["settings"]["weight_nat_w"].as_f64().filter(|x| *x > 0.0 && x.is_finite());
    // of decimals alone, which every language reads alike
    let decimal = said.chars().all(|c| c.is_ascii_digit() || ".e+-".contains(c));
    let said = said.parse::<f64>().ok().filter(|_| decimal);
    match (weight, said) {
        (Some(weight), Some(said))
            if weight.to_bits() == said.to_bits() && document["scheme"] == "extended-target" =>
        {
            Ok(Some(weight))
        }
        _ => unproven("the weight of the extended target is not that of the settings"),
    }
}

/// What a bound that counts no rates is called where rates have a weight.
const SENSES_ONLY: &str = "sensing only, users ignored";

/// The parts of a document that a check reads.
pub(crate) struct Read<'a> {
    instance: &'a Value,
    numbers: &'a Value,
    scheme: &'a Value,
    settings: &'a Value,
    /// What was designed: of bounds that say less of worse designs.
    beams: &'a Value,
    upper: bool,
    /// Of beams without their rates.
    senses_only: bool,
    /// ρ of an extended target, where the bound is of one.
    extended: Option<f64>,
}

impl Read<'_> {
    /// All numbers of an array of the instance, in order of their writing; none where it is absent.
    pub(crate) fn array(&self, name: &str) -> Outcome<Vec<f64>> {
        let mut list = Vec::new();
        flatten(&self.instance[name], name, &mut list)?;
        Ok(list)
    }

    /// All numbers of the beams, real and imaginary parts.
    pub(crate) fn beams(&self) -> Outcome<Vec<f64>> {
        let mut list = Vec::new();
        if !whole::is_array(self.beams) {
            return unproven("'beams' is no array of numbers");
        }
        flatten(self.beams, "beams", &mut list)?;
        Ok(list)
    }

    /// A number of the instance.
    pub(crate) fn number(&self, name: &str) -> Outcome<f64> {
        let found = self.instance[name].as_f64().filter(|x| x.is_finite());
        found.map_or_else(|| unproven(format!("the instance has no number '{name}'")), Ok)
    }

    /// A positive number of the instance.
    pub(crate) fn positive(&self, name: &str) -> Outcome<f64> {
        let found = self.number(name)?;
        if found > 0.0 { Ok(found) } else { unproven(format!("'{name}' is not positive")) }
    }

    /// A whole number of the instance, in a range.
    pub(crate) fn count(&self, name: &str, within: std::ops::Range<usize>) -> Outcome<usize> {
        let found = self.number(name)?;
        if found.fract() == 0.0 && found >= 0.0 && within.contains(&(found as usize)) {
            return Ok(found as usize);
        }
        unproven(format!("'{name}' is not one of its numbers"))
    }

    /// How many rows an array of the instance has.
    pub(crate) fn rows(&self, name: &str) -> usize {
        self.instance[name].as_array().map_or(0, Vec::len)
    }

    /// Whether the lists are these, in the order of their names.
    pub(crate) fn lists_are(&self, names: &[&str]) -> Outcome<()> {
        if self.names() == names {
            return Ok(());
        }
        unproven("the lists are not those of this problem")
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
