//! Every claim of a document, one by one: confirmed, refuted, or named as what it does not let
//! anybody check.
//!
//! What follows from the embedded instance and variables is computed again ([`noctule::claims`]); what
//! is arithmetic of two numbers in the file is done again.

use noctule::claims::{AGREEMENT, Again, Compared, Residual, Said, Verdict, same};
use noctule::{Bound, Error, FEASIBLE, PointProof, Proof, Sense, Stop};
use serde_json::{Value, json};

use super::tables::Tables;
use crate::single::Claim;
use noctule::system::Checked;

/// The tolerance of methods whose settings do not name one.
const USUAL_TOLERANCE: f64 = 1e-6;

/// Residuals agree to this: that of an objective of order one in another basis.
const RESIDUAL_ROUNDING: f64 = 1e-9;
/// A gap is the difference of two numbers of the document: rounding alone may part it from them.
const ARITHMETIC: f64 = 1e-10;

/// A document of a system.
pub(super) type SaidOf<'a, T> = Said<
    'a,
    <T as noctule::System>::Instance,
    <T as noctule::System>::Variables,
    <T as noctule::System>::Metrics,
    <T as noctule::System>::Claims,
>;

/// The ledger of a verification.
pub(super) struct Ledger<'a, T: Tables> {
    document: &'a Value,
    said: SaidOf<'a, T>,
    proof: Option<Proof>,
    /// Whether its own metrics miss what is required.
    unmet: bool,
    pub(super) claims: Vec<Claim>,
    pub(super) compared: Vec<Compared>,
}

impl<'a, T: Tables> Ledger<'a, T> {
    pub(super) fn new(document: &'a Value, said: SaidOf<'a, T>, unmet: bool) -> Self {
        Self { document, said, proof: None, unmet, claims: Vec::new(), compared: Vec::new() }
    }

    pub(super) fn enter(&mut self, name: &str, verdict: Verdict) {
        self.claims.push(Claim { name: name.to_owned(), verdict });
    }

    fn test(&mut self, name: &str, holds: bool, refuted: impl FnOnce() -> String) {
        let verdict = if holds { Verdict::Confirmed } else { Verdict::Refuted(refuted()) };
        self.enter(name, verdict);
    }

    fn open(&mut self, name: &str, why: &str) {
        self.enter(name, Verdict::NotCheckable(why.to_owned()));
    }

    fn member(&self, name: &str) -> &'a Value {
        self.document.get(name).unwrap_or(&Value::Null)
    }

    /// All claims beyond the numbers of the metrics.
    pub(super) fn fill(&mut self, witness: &Checked) -> Result<(), Error> {
        self.feasibility(witness);
        match serde_json::from_value::<Proof>(self.member("proof").clone()) {
            Err(error) => {
                self.enter("proof", Verdict::Refuted(format!("it is damaged: {error}")));
            }
            Ok(proof) => {
                self.proof = Some(proof.clone());
                let mut strange = Vec::new();
                strangers("proof", self.member("proof"), &json!(proof), &mut strange);
                for place in strange {
                    self.enter(&place, Verdict::Refuted("no proof has such a member".to_owned()));
                }
                self.point(&proof)?;
                if let Some(bound) = &proof.bound {
                    self.gap(bound);
                    self.bound(bound)?;
                }
                if let Some(certificate) = &proof.infeasible {
                    let said = &self.said;
                    let verdict = (T::CLAIMS.infeasible)(said, certificate, &mut self.compared)?;
                    self.enter("proof.infeasible", verdict);
                }
            }
        }
        self.stop();
        self.warnings();
        self.origin();
        self.unknown();
        Ok(())
    }

    /// Members that no document of ours has: whatever they claim is not ours.
    fn unknown(&mut self) {
        let Some(members) = self.document.as_object() else { return };
        let ours = |name: &str| {
            MEMBERS.contains(&name) || T::VARIABLE_FIELDS.iter().any(|field| field.name == name)
        };
        for name in members.keys().filter(|name| !ours(name)) {
            self.open(name, "noctule writes no such member");
        }
    }

    fn infeasible(&self) -> bool {
        self.document.pointer("/proof/infeasible").is_some_and(|c| !c.is_null())
    }

    /// `violation` and `meets_requirements`.
    fn feasibility(&mut self, witness: &Checked) {
        let (found, allowed) = (witness.violation, FEASIBLE);
        // infinite where it is not written as a number
        let stored = self.member("violation").as_f64().unwrap_or(f64::INFINITY);
        let agrees = (stored <= allowed && found <= allowed && stored >= 0.0)
            || same(stored, found)
            || !(stored.is_finite() || found.is_finite());
        self.test("violation", agrees, || format!("it is {found:.3e}, not {stored:.3e}"));
        let meets = found <= allowed && !self.infeasible() && !self.unmet;
        let stored = self.member("meets_requirements").as_bool();
        self.test("meets_requirements", stored == Some(meets), || {
            format!("it is {meets}: the witness finds a violation of {found:.1e}")
        });
    }

    /// What is proven of the point.
    fn point(&mut self, proof: &Proof) -> Result<(), Error> {
        let name = "proof.point";
        match proof.point {
            PointProof::None => self.enter(name, Verdict::Confirmed),
            PointProof::Feasible { violation } => {
                let (found, allowed) = (self.said.violation, FEASIBLE);
                let agrees =
                    violation >= 0.0 && (violation.max(found) <= allowed || same(violation, found));
                self.test(name, agrees, || {
                    format!("the witness finds a violation of {found:.3e}, not {violation:.3e}")
                });
            }
            PointProof::Stationary { residual } => {
                let verdict = match (T::CLAIMS.residual)(&self.said)? {
                    _ if !(residual >= 0.0 && residual.is_finite()) => {
                        Verdict::Refuted(format!("{residual} is no residual"))
                    }
                    None => Verdict::NotCheckable(
                        "the multipliers of its residual are not in the document".to_owned(),
                    ),
                    Some(Residual { value: found, rounding }) => {
                        let place = "proof.point.residual".to_owned();
                        self.compared.push((place, Some(residual), Some(found)));
                        let apart = (found - residual).abs();
                        let tolerance = self.said.setting("tolerance").unwrap_or(USUAL_TOLERANCE);
                        // Far below the tolerance it is rounding, which nobody can repeat.
                        let nothing = (0.1 * tolerance).max(RESIDUAL_ROUNDING);
                        if apart <= 0.01 * found.max(residual) + RESIDUAL_ROUNDING {
                            Verdict::Confirmed
                        } else if apart <= 2.0 * rounding {
                            Verdict::NotCheckable(format!(
                                "it is {found:.1e} here, and rounding of the variables moves it by {rounding:.0e}"
                            ))
                        } else if found.max(residual) <= nothing {
                            Verdict::NotCheckable(format!(
                                "it is {found:.1e} here: both are within a tenth of the tolerance, where \
                                 rounding decides"
                            ))
                        } else if found.min(residual) > tolerance {
                            // At extreme ratios of signal to noise nothing is left of it but rounding,
                            // which nobody can repeat; what did not converge claims nothing by it.
                            Verdict::NotCheckable(format!(
                                "it is {found:.1e} here, and above {tolerance:.1e} either way"
                            ))
                        } else {
                            Verdict::Refuted(format!("it is {found:.3e}, not {residual:.3e}"))
                        }
                    }
                };
                self.enter(name, verdict);
            }
        }
        Ok(())
    }

    /// The arithmetic of a bound: its side, its gaps, and that nothing passes it.
    fn gap(&mut self, bound: &Bound) {
        let Some(of) = (T::CLAIMS.bounded)(&self.said, bound) else {
            let problem = bound.problem.as_deref().unwrap_or("the objective");
            let why = format!("nothing here is bounded from that side ({problem})");
            self.enter("proof.bound.gap", Verdict::Refuted(why));
            return;
        };
        let signed = match bound.sense {
            Sense::Lower => of.reached - bound.value,
            Sense::Upper => bound.value - of.reached,
        };
        let size = of.reached.abs().max(bound.value.abs());
        let near = |a: f64, b: f64, size: f64| {
            a.total_cmp(&b).is_eq() || (a - b).abs() <= ARITHMETIC * size + AGREEMENT * b.abs()
        };
        let gap = signed.max(0.0);
        let unit = of.reached.abs().max(of.unit);
        let relative = if gap > 0.0 { gap / unit } else { 0.0 };
        let found = if bound.sense != of.sense {
            Some("it is on the other side".to_owned())
        } else if signed < -AGREEMENT * size {
            Some(format!("the design reaches {:.9e}, beyond {:.9e}", of.reached, bound.value))
        } else if !near(bound.gap_abs, gap, size) || bound.gap_abs < 0.0 {
            Some(format!("the gap is {gap:.6e}, not {:.6e}", bound.gap_abs))
        } else if !near(bound.gap_rel, relative, size / unit) || bound.gap_rel < 0.0 {
            Some(format!("the relative gap is {relative:.6e}, not {:.6e}", bound.gap_rel))
        } else {
            None
        };
        self.test("proof.bound.gap", found.is_none(), || found.unwrap_or_default());
        match bound.margin {
            Some(margin) if margin.is_nan() || margin < 0.0 => {
                let why = format!("{margin} covers no rounding");
                self.enter("proof.bound.margin", Verdict::Refuted(why));
            }
            Some(_) => self.open("proof.bound.margin", "how much of it covers rounding"),
            None => {}
        }
    }

    /// The bound itself, from its multipliers. A looser bound than they prove is proven too.
    fn bound(&mut self, bound: &Bound) -> Result<(), Error> {
        let name = "proof.bound.value";
        let again = match (T::CLAIMS.bound)(&self.said, bound) {
            Ok(again) => again,
            Err(error) => {
                self.enter(name, Verdict::of(error)?);
                return Ok(());
            }
        };
        let found = match again {
            Again::NotCheckable(why) => {
                self.open(name, &why);
                return Ok(());
            }
            Again::Proven(found) => found,
        };
        let beyond = match bound.sense {
            Sense::Upper => found - bound.value,
            Sense::Lower => bound.value - found,
        };
        let proven = beyond <= AGREEMENT * bound.value.abs().max(found.abs());
        self.compared.push((name.to_owned(), Some(bound.value), Some(found)));
        self.test(name, proven, || format!("its multipliers prove {found:.9e}, no more"));
        Ok(())
    }

    fn stop(&mut self) {
        let verdict = match serde_json::from_value::<Stop>(self.member("stop").clone()) {
            Err(_) => Verdict::Refuted("there is no such reason to stop".to_owned()),
            Ok(_) if self.said.scheme == HANDED_IN && self.member("stop") != "computed" => {
                Verdict::Refuted("what was handed in was not iterated".to_owned())
            }
            Ok(_) if self.said.scheme == HANDED_IN => Verdict::Confirmed,
            Ok(stop) => match &self.proof {
                Some(proof) => (T::CLAIMS.stop)(&self.said, stop, proof),
                None => Verdict::NotCheckable("there is no proof beside it".to_owned()),
            },
        };
        self.enter("stop", verdict);
    }

    /// What is said of any design with these numbers must be said of this one.
    fn warnings(&mut self) {
        let Some(stored) = self.member("warnings").as_array() else {
            return self.enter("warnings", Verdict::Refuted("it is no list".to_owned()));
        };
        let advice = T::advice(self.said.instance, self.said.metrics);
        let missing = advice.iter().find(|text| !stored.iter().any(|one| one == text.as_str()));
        match missing {
            Some(text) => {
                self.enter("warnings", Verdict::Refuted(format!("missing: {text}")));
            }
            None if stored.len() == advice.len() => self.enter("warnings", Verdict::Confirmed),
            None => self.open("warnings", "what a method says of its own run"),
        }
    }

    /// Where the design is from: a scheme of this system with settings it can have; that it made
    /// these very variables only a second run could tell.
    fn origin(&mut self) {
        let (scheme, settings) = (self.said.scheme, self.said.settings);
        let known =
            scheme == HANDED_IN || T::scheme_infos().iter().any(|known| known.name == scheme);
        let parsed = match known && scheme != HANDED_IN {
            true => super::rows::parsed::<T>(scheme, settings).err(),
            false => None,
        };
        match (known, parsed) {
            // a list could be read as settings in their order: no document of ours says them so
            _ if !settings.is_object() => {
                self.enter("settings", Verdict::Refuted("it is no table of settings".to_owned()));
            }
            (false, _) => {
                self.enter("scheme", Verdict::Refuted("there is no such scheme".to_owned()));
            }
            (_, Some(error)) => {
                let why = format!("{} ({})", error.what, error.place);
                self.enter("settings", Verdict::Refuted(why));
            }
            (true, None) => {}
        }
        for (name, why) in [
            ("scheme", "that this scheme made these variables"),
            ("settings", "that it ran with these settings"),
            ("draw", "what it drew from"),
            ("starts", "what its starts reached"),
            ("work", "what it cost"),
            ("trace", "how it went"),
            ("texts", "what sentences of the proof say beyond its numbers"),
        ] {
            if !self.claims.iter().any(|claim| claim.name == name) {
                self.open(name, why);
            }
        }
    }
}

/// The members of a document beside the variables.
const MEMBERS: &[&str] = &[
    "format",
    "system",
    "scheme",
    "settings",
    "metrics",
    "stop",
    "proof",
    "violation",
    "meets_requirements",
    "work",
    "starts",
    "warnings",
    "trace",
    "draw",
    "instance",
    "unsound",
];

/// Places in `stored` of members that `own` does not have. Maps of multipliers may hold any name,
/// and are the system's to read.
fn strangers(place: &str, stored: &Value, own: &Value, out: &mut Vec<String>) {
    let (Some(stored), Some(own)) = (stored.as_object(), own.as_object()) else { return };
    for (name, value) in stored.iter().filter(|(name, _)| *name != "numbers") {
        match own.get(name) {
            Some(known) => strangers(&format!("{place}.{name}"), value, known, out),
            None if value.is_null() => {}
            None => out.push(format!("{place}.{name}")),
        }
    }
}

/// The scheme of variables that somebody else designed.
pub(super) const HANDED_IN: &str = "handed in";
