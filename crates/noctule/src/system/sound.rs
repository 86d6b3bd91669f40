//! The one gate between a design and the world: whether the independent witness confirms it.
//!
//! Every design is recomputed from dense definitions by code that shares no formula with the model.
//! Where both disagree by more than [`AGREEMENT`], or where a number is not finite, double precision
//! has run out on one of the two sides, and nobody may call the result designed or proven: it is
//! *numerically unsound*, and its proof is withheld.

use noctule_optim::{PointProof, Proof};

use super::Checked;
use crate::claims::{AGREEMENT, same};

/// An objective up to this is nothing: the square of what rounding leaves of amplitudes that cancel.
const NOTHING: f64 = 1e-28;

/// Whether two numbers are the same to [`AGREEMENT`], relative at any size that double precision
/// resolves; two that are absent are.
fn confirmed(found: Option<f64>, claimed: Option<f64>) -> bool {
    match (found, claimed) {
        (Some(a), Some(b)) => same(a, b),
        (None, None) => true,
        _ => false,
    }
}

impl Checked {
    /// The violation as a number that JSON can hold: what is infinite or not a number is the
    /// largest there is.
    #[must_use]
    pub fn in_numbers(mut self) -> Self {
        self.violation = if self.violation.is_nan() { f64::MAX } else { self.violation };
        self.violation = self.violation.min(f64::MAX);
        self
    }

    /// Why a design is numerically unsound, in words; `None` where the witness confirms its
    /// objective and its claim about the requirements, and every number is finite. `values` are
    /// its metrics by name.
    pub fn objection<'a>(
        &self,
        objective: Option<f64>,
        proof: &Proof,
        values: impl IntoIterator<Item = (&'a str, Option<f64>)>,
    ) -> Option<String> {
        let bound = proof.bound.as_ref();
        let proven = [
            ("residual", proof.residual()),
            ("bound", bound.map(|bound| bound.value)),
            ("gap", bound.map(|bound| bound.gap_abs)),
        ];
        let mut all = [("objective", objective)].into_iter().chain(values).chain(proven);
        let broken = all.find(|(_, value)| value.is_some_and(|value| !value.is_finite()));
        if let Some((name, Some(value))) = broken {
            return Some(format!("{name} is {value}, which is no number"));
        }
        let nothing = |value: Option<f64>| value.is_some_and(|value| value.abs() <= NOTHING);
        let both_nothing = nothing(self.objective) && nothing(objective);
        // beams beside a certificate show how near one comes: of their objective nothing is claimed
        let claimed = proof.infeasible.is_none();
        if claimed && !both_nothing && !confirmed(self.objective, objective) {
            let words = |value: Option<f64>| {
                value.map_or_else(|| "none at all".to_owned(), |value| format!("{value:.9e}"))
            };
            return Some(format!(
                "the independent witness finds an objective of {}, the design says {}",
                words(self.objective),
                words(objective)
            ));
        }
        self.contradicted(proof)
    }

    /// A claim about the requirements that the witness contradicts.
    fn contradicted(&self, proof: &Proof) -> Option<String> {
        let found = self.violation;
        // A setting is no requirement of the instance: the witness, which knows none, has no say in it.
        if proof.infeasible.as_ref().is_some_and(|certificate| certificate.setting.is_none()) {
            let met = found.is_nan() || found <= 0.0;
            return met.then(|| {
                "no design is said to meet the requirements, and the independent witness finds \
                 that this one does"
                    .to_owned()
            });
        }
        let claimed = match proof.point {
            PointProof::Stationary { .. } => 0.0,
            PointProof::Feasible { violation } => violation,
            PointProof::None => return None,
        };
        let beyond = found.is_nan() || found - claimed > AGREEMENT * claimed.max(1.0);
        beyond.then(|| {
            format!(
                "the independent witness finds a requirement missed by {found:.3e} of its limit, \
                 the design says {claimed:.3e}"
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::Blur;

    fn witness(objective: f64, violation: f64) -> Checked {
        Checked {
            objective: Some(objective),
            violation,
            numbers: Vec::new(),
            blur: Blur::default(),
        }
    }

    #[test]
    fn the_threshold_is_relative_at_every_size() {
        for size in [1e-300, 1e-20, 1.0, 1e300] {
            assert!(confirmed(Some(size), Some(size * (1.0 + 5e-7))), "{size:e}");
            assert!(!confirmed(Some(size), Some(size * (1.0 + 5e-6))), "{size:e}");
        }
        assert!(confirmed(None, None) && !confirmed(None, Some(0.0)));
        assert!(confirmed(Some(0.0), Some(-0.0)));
    }

    #[test]
    fn what_the_witness_contradicts_is_unsound() {
        let objects = |witness: Checked, objective: f64, proof: &Proof| {
            witness.objection(Some(objective), proof, [("rate", Some(1.0))])
        };
        let sound = Proof::feasible(0.0);
        assert_eq!(objects(witness(1.0, 1e-9), 1.0, &sound), None);
        assert!(objects(witness(1.1, 0.0), 1.0, &sound).unwrap().contains("1.1"));
        assert!(objects(witness(1.0, 1e-3), 1.0, &sound).unwrap().contains("missed"));
        assert!(objects(witness(f64::NAN, 0.0), f64::NAN, &sound).unwrap().contains("NaN"));
        assert_eq!(objects(witness(2e-32, 0.0), 3e-32, &sound), None);
        // A miss that is admitted, and no claim at all, contradict nobody.
        assert_eq!(objects(witness(1.0, 1e-3), 1.0, &Proof::feasible(1e-3)), None);
        assert_eq!(objects(witness(1.0, 1e-3), 1.0, &Proof::NONE), None);
        let nan = witness(1.0, 0.0).objection(Some(1.0), &sound, [("rate", Some(f64::NAN))]);
        assert!(nan.unwrap().contains("rate"));
        assert!(witness(1.0, f64::INFINITY).in_numbers().violation >= f64::MAX);
    }

    #[test]
    fn an_infeasible_design_must_miss_something() {
        let certificate = noctule_optim::Certificate::new("", "", 2.0, 1.0);
        let proof = Proof { infeasible: Some(certificate), ..Proof::feasible(0.0) };
        assert_eq!(witness(1.0, 1e-3).objection(Some(1.0), &proof, []), None);
        assert!(witness(1.0, 0.0).objection(Some(1.0), &proof, []).is_some());
    }

    #[test]
    fn a_setting_out_of_reach_contradicts_no_requirement() {
        let certificate = noctule_optim::Certificate::new("", "", 2.0, 1.0).about_setting("target");
        let proof = Proof { infeasible: Some(certificate), ..Proof::feasible(0.0) };
        assert_eq!(witness(1.0, 0.0).objection(Some(1.0), &proof, []), None);
        // What it says of its own violation is judged as always.
        assert!(witness(1.0, 1e-3).objection(Some(1.0), &proof, []).unwrap().contains("missed"));
    }
}
