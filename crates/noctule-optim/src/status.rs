//! Why a method stopped, what is proven about its answer, and what the answer cost.
//!
//! These are three separate questions. A run can stop at a limit and still return a point with a
//! certified gap; a run that converged to a stationary point of a non-convex problem has proven
//! nothing about its distance from the optimum, and never claims to have.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};

/// Why an iteration ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Stop {
    /// A rule that implies convergence was met.
    Converged,
    /// A closed form: nothing was iterated.
    Computed,
    /// The limit on iterations was reached.
    IterationLimit,
    /// The budget of evaluations was spent.
    EvaluationLimit,
    /// The limit on wall time was reached.
    TimeLimit,
    /// Progress fell below what a rule counts as progress, or what double precision resolves.
    Stalled,
    /// The interrupt token was raised.
    Interrupted,
}

impl Stop {
    /// The word used in files and tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Converged => "converged",
            Self::Computed => "computed",
            Self::IterationLimit => "iteration-limit",
            Self::EvaluationLimit => "evaluation-limit",
            Self::TimeLimit => "time-limit",
            Self::Stalled => "stalled",
            Self::Interrupted => "interrupted",
        }
    }

    /// One sentence for people, with what to do about it.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Converged => "a convergence rule was met",
            Self::Computed => "a closed form: nothing was iterated",
            Self::IterationLimit => {
                "the iteration limit was reached: raise it, or loosen the tolerance"
            }
            Self::EvaluationLimit => {
                "the evaluation budget was spent: raise it, or loosen the tolerance"
            }
            Self::TimeLimit => "the time limit was reached: raise it, or loosen the tolerance",
            Self::Stalled => {
                "progress fell below what the rules count, or what double precision resolves"
            }
            Self::Interrupted => "interrupted from outside",
        }
    }
}

impl std::fmt::Display for Stop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// On which side of the optimal value a bound lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sense {
    /// No feasible point has a smaller value (minimisation).
    Lower,
    /// No feasible point has a larger value (maximisation).
    Upper,
}

/// Units in the last place by which an objective and a bound that it meets may be off: both are
/// sums of some dozen terms.
const LAST_PLACES: f64 = 64.0;

/// What a document says of how rounding is covered in its bound.
const ROUNDING: &str = "computed in double precision with a margin that is heuristic, not bounded step by step; \
                            `noctule verify --proof` bounds the rounding of proofs that it knows";

/// A proven bound on the optimal value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bound {
    /// The bound, in the unit of the objective.
    pub value: f64,
    /// Whether it bounds from below or from above.
    pub sense: Sense,
    /// Distance between the objective reached and the bound, never negative.
    pub gap_abs: f64,
    /// `gap_abs / max(unit, |objective|)`, with the unit of the normalised problem (see
    /// [`Bound::new`]). Infinite over an objective of zero, which JSON writes as `null`.
    #[serde(deserialize_with = "finite_or_infinite")]
    pub gap_rel: f64,
    /// How the bound was obtained, e.g. `frank-wolfe`.
    pub method: String,
    /// What it bounds, where that is another problem than the one the design is judged by. Nothing
    /// is then proven about the distance of the design from its own optimum.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub problem: Option<String>,
    /// The part of the bound that covers rounding, where it is known, in the unit of the objective.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub margin: Option<f64>,
    /// How rounding is covered, in a sentence: heuristically, unless it says otherwise.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rounding: Option<String>,
    /// The multipliers from which the bound can be computed again without an optimiser, by name;
    /// what they mean is the system's to say. Empty where there are none.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub numbers: BTreeMap<String, Vec<f64>>,
}

/// `null` is how JSON writes what is infinite.
fn finite_or_infinite<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or(f64::INFINITY))
}

impl Bound {
    /// A bound and its gaps to the objective that was reached.
    ///
    /// `unit` is the size of an objective that counts as one: an objective that passes through
    /// zero needs it for its gap to be relative to something, one of a single sign can take zero.
    /// A bound carries its own margin for rounding; one that the objective still passes by a few
    /// units in the last place gives a gap of zero. `None` when the objective passes it by more:
    /// the bound is then refuted, and must not be shown as a perfect proof. `None` also when a
    /// number is not finite: an infinite bound, or a bound on a point without a value, proves
    /// nothing.
    pub fn new(
        objective: f64,
        value: f64,
        sense: Sense,
        method: impl Into<String>,
        unit: f64,
    ) -> Option<Self> {
        if !(objective.is_finite() && value.is_finite()) {
            return None;
        }
        let signed = match sense {
            Sense::Lower => objective - value,
            Sense::Upper => value - objective,
        };
        let size = objective.abs().max(value.abs()).max(unit);
        if signed < -LAST_PLACES * f64::EPSILON * size {
            return None;
        }
        let gap_abs = signed.max(0.0);
        Some(Self {
            value,
            sense,
            gap_abs,
            gap_rel: if gap_abs > 0.0 { gap_abs / objective.abs().max(unit) } else { 0.0 },
            method: method.into(),
            problem: None,
            margin: None,
            rounding: Some(ROUNDING.to_owned()),
            numbers: BTreeMap::new(),
        })
    }

    /// The same bound with its gaps to another objective; `None` as for [`Bound::new`].
    pub fn against(self, objective: f64, unit: f64) -> Option<Self> {
        let gaps = Self::new(objective, self.value, self.sense, "", unit)?;
        Some(Self { gap_abs: gaps.gap_abs, gap_rel: gaps.gap_rel, ..self })
    }

    /// The same bound with the multipliers that prove it.
    #[must_use]
    pub fn with_numbers(mut self, numbers: BTreeMap<String, Vec<f64>>) -> Self {
        self.numbers = numbers;
        self
    }

    /// The same bound on another problem than the one the design is judged by.
    #[must_use]
    pub fn of_problem(mut self, problem: impl Into<String>) -> Self {
        self.problem = Some(problem.into());
        self
    }

    /// The same bound with the margin for rounding that it contains.
    #[must_use]
    pub fn with_margin(mut self, margin: f64) -> Self {
        self.margin = Some(margin).filter(|margin| margin.is_finite());
        self
    }
}

/// What is proven about the point itself.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum PointProof {
    /// Feasible, and stationary up to a residual:
    /// ‖grad‖·√P / max(1, |f|) on the normalised problem.
    Stationary {
        /// The residual.
        residual: f64,
    },
    /// Feasible up to a violation (relative to the limit that is violated most).
    Feasible {
        /// The violation, zero when every constraint holds.
        violation: f64,
    },
    /// Nothing.
    None,
}

/// A proof that no feasible point exists.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Certificate {
    /// What proves it, e.g. `closed-form` or `convex-relaxation`.
    pub method: String,
    /// One sentence with the numbers: what is required and what can be reached.
    pub statement: String,
    /// The value that was required.
    pub required: f64,
    /// The best value that can be reached.
    pub reachable: f64,
    /// The multipliers from which it can be computed again without an optimiser, as those of a
    /// [`Bound`]. Empty where the two numbers follow from the instance.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub numbers: BTreeMap<String, Vec<f64>>,
    /// The setting of the scheme that cannot be met. `None` where it is the instance's requirements.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub setting: Option<String>,
}

impl Certificate {
    /// A certificate without multipliers.
    pub fn new(
        method: impl Into<String>,
        statement: impl Into<String>,
        required: f64,
        reachable: f64,
    ) -> Self {
        let (method, statement) = (method.into(), statement.into());
        Self { method, statement, required, reachable, numbers: BTreeMap::new(), setting: None }
    }

    /// The same certificate, about a setting of the scheme and not about the instance.
    #[must_use]
    pub fn about_setting(mut self, name: impl Into<String>) -> Self {
        self.setting = Some(name.into());
        self
    }

    /// The same certificate with its multipliers.
    #[must_use]
    pub fn with_numbers(mut self, numbers: BTreeMap<String, Vec<f64>>) -> Self {
        self.numbers = numbers;
        self
    }
}

/// What is proven about an answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Proof {
    /// About the point.
    pub point: PointProof,
    /// About its distance from the best possible value.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub bound: Option<Bound>,
    /// That there is no feasible point at all.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub infeasible: Option<Certificate>,
}

/// What is proven, in a sentence; the members have all numbers.
impl std::fmt::Display for Proof {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(certificate) = &self.infeasible {
            return write!(f, "infeasible: {} ({})", certificate.statement, certificate.method);
        }
        match self.point {
            PointProof::Stationary { residual } => {
                write!(f, "stationary, residual {residual:.1e} (a local statement)")?;
            }
            PointProof::Feasible { violation } => write!(f, "feasible, violation {violation:.1e}")?,
            PointProof::None => f.write_str("nothing about the point")?,
        }
        let Some(bound) = &self.bound else { return f.write_str("; no bound") };
        let side = if bound.sense == Sense::Upper { "at most" } else { "at least" };
        write!(f, "; {side} {:.6}", bound.value)?;
        if let Some(problem) = &bound.problem {
            write!(f, " for {problem}")?;
        }
        write!(f, ", gap {:.1e} relative ({})", bound.gap_rel, bound.method)
    }
}

impl Proof {
    /// Nothing is proven.
    pub const NONE: Self = Self { point: PointProof::None, bound: None, infeasible: None };

    /// A stationary point, with no bound.
    pub const fn stationary(residual: f64) -> Self {
        Self { point: PointProof::Stationary { residual }, bound: None, infeasible: None }
    }

    /// A feasible point, with no bound; nothing when the violation is not a number that bounds it.
    pub const fn feasible(violation: f64) -> Self {
        if !violation.is_finite() {
            return Self::NONE;
        }
        Self { point: PointProof::Feasible { violation }, bound: None, infeasible: None }
    }

    /// The same proof with a bound, where there is one.
    #[must_use]
    pub fn with_bound(mut self, bound: Option<Bound>) -> Self {
        self.bound = bound;
        self
    }

    /// Whether the point is proven to be within `tolerance` (relative) of the global optimum.
    pub fn is_global(&self, tolerance: f64) -> bool {
        let proves = |bound: &Bound| bound.problem.is_none() && bound.gap_rel <= tolerance;
        self.bound.as_ref().is_some_and(proves)
    }

    /// The stationarity residual, where the point is known to be stationary.
    pub const fn residual(&self) -> Option<f64> {
        match self.point {
            PointProof::Stationary { residual } => Some(residual),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_is_a_sentence() {
        let mut bound = Bound::new(2.0, 2.5, Sense::Upper, "capacity", 0.0).unwrap();
        bound.numbers.insert("noise".to_owned(), vec![1.0; 1000]);
        let proof = Proof::stationary(3e-7).with_bound(Some(bound));
        let said = "stationary, residual 3.0e-7 (a local statement); at most 2.500000, gap 2.5e-1 \
                    relative (capacity)";
        assert_eq!(proof.to_string(), said);
        assert_eq!(Proof::NONE.to_string(), "nothing about the point; no bound");
    }

    #[test]
    fn gaps_are_never_negative() {
        let lower = Bound::new(2.0, 1.5, Sense::Lower, "test", 1.0).unwrap();
        assert!((lower.gap_abs - 0.5).abs() < 1e-15 && (lower.gap_rel - 0.25).abs() < 1e-15);
        let beyond = Bound::new(2.0, 2.0 + 1e-15, Sense::Lower, "test", 1.0).unwrap();
        assert!(beyond.gap_abs == 0.0);
        let upper = Bound::new(-0.5, 0.25, Sense::Upper, "test", 1.0).unwrap();
        assert!((upper.gap_rel - 0.75).abs() < 1e-15, "relative to max(unit, |f|)");
        let signed = Bound::new(-0.5, 0.25, Sense::Upper, "test", 0.0).unwrap();
        assert!((signed.gap_rel - 1.5).abs() < 1e-15, "relative to |f|");
    }

    #[test]
    fn nothing_is_proven_by_numbers_that_are_not_finite() {
        for (objective, value) in [(1.0, f64::NAN), (f64::NEG_INFINITY, f64::NEG_INFINITY)] {
            assert_eq!(Bound::new(objective, value, Sense::Upper, "test", 1.0), None);
        }
    }

    #[test]
    fn a_refuted_bound_is_no_proof() {
        // What was once printed as a gap of exactly zero: beams that exceed their upper bound.
        for (objective, value) in [(27.631_021_115_93, 27.631_021_105_22), (1.0, 0.5)] {
            assert_eq!(Bound::new(objective, value, Sense::Upper, "test", 1.0), None);
            assert_eq!(Bound::new(-objective, -value, Sense::Lower, "test", 1.0), None);
        }
    }

    #[test]
    fn stationary_is_not_global() {
        assert!(!Proof::stationary(0.0).is_global(1.0));
        let proven =
            Proof::stationary(1e-9).with_bound(Bound::new(1.0, 1.0, Sense::Lower, "t", 1.0));
        assert!(proven.is_global(1e-9) && proven.residual() == Some(1e-9));
        let other = proven.bound.clone().map(|bound| bound.of_problem("a part of it"));
        assert!(!proven.with_bound(other).is_global(1.0), "another problem's optimum");
    }

    #[test]
    fn nobody_is_feasible_up_to_an_infinite_violation() {
        for violation in [f64::INFINITY, f64::NAN] {
            assert_eq!(Proof::feasible(violation), Proof::NONE);
        }
    }
}
