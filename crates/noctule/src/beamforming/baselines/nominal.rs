//! Beams for angles as they are named, or as another law judges them, where they are not known exactly.

use noctule_num::InputError;
use noctule_optim::{Bound, Proof, Stop};
use serde::{Deserialize, Serialize};

use crate::beamforming::goal::{self, Nodes, Over, Problem, Surroundings, design_for};
use crate::beamforming::{BeamformingDesign, Beams, Instance, Metrics, Settings, advice, evaluate};
use crate::system::Setting;
use crate::{Design, Error, FEASIBLE, Run};

/// Settings of [`nominal`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct NominalSettings {
    /// How metrics are judged while the beams are designed; `null`: at the angles as they are named.
    pub over: Option<Over>,
}

impl Setting for NominalSettings {
    fn validate(&self) -> Result<(), InputError> {
        Ok(())
    }
}

/// The design of who does not know that angles are uncertain (or judges them by `over`), judged by who does.
///
/// Goal and requirements are those of the instance, at the angles as the targets name them. What the design
/// then reaches, and what of the requirements it still keeps, is judged over all offsets of the instance: nothing
/// is proven of that.
///
/// # Errors
/// An instance whose angles are known; metrics that `over` does not judge.
pub fn nominal(
    instance: &Instance,
    settings: &NominalSettings,
    run: &Run<'_, Beams>,
) -> Result<BeamformingDesign, Error> {
    if instance.band().is_some() {
        let what = "beams over a band know no uncertain angles";
        return Err(InputError::new(what, "ofdm", "a band", "an instance of one frequency").into());
    }
    let uncertain =
        instance.problem().and_then(|problem| Some((problem, problem.around.angles.as_ref()?)));
    let Some((problem, nodes)) = uncertain else {
        let (what, allowed) = ("the angles are known exactly", "a scenario with `uncertain`");
        return Err(InputError::new(what, "uncertain", "nothing", allowed).into());
    };
    let angles = settings.over.map(|over| Nodes { over, ..nodes.clone() });
    let around = Surroundings { angles, ..problem.around.clone() };
    let known = Problem { around, ..problem.clone() };
    let own =
        Instance::asking(instance.parts().clone(), instance.shapes().clone(), Some(known.clone()))?;
    let found = design_for(&own, &known, &Settings::default(), run)?;
    let metrics = evaluate(instance, &found.variables)?;
    let violation = goal::violation(&metrics);
    let mut warnings = advice(instance, &metrics);
    let met = violation <= FEASIBLE;
    let met_there = goal::violation(&found.metrics) <= FEASIBLE;
    if found.proof.infeasible.is_some() {
        warnings.push(
            "what is required is out of reach at the angles that it was designed for".to_owned(),
        );
    } else if !met_there {
        warnings.push(
            "no beams that meet what is required at the angles that it was designed for were found, and nothing \
             proves that there are none"
                .to_owned(),
        );
    } else if !met {
        warnings.push(
            "what is required is kept at the angles that it was designed for, and not over all that there may be"
                .to_owned(),
        );
    }
    Ok(Design {
        starts: vec![metrics.objective],
        metrics: Metrics { prices: None, ..metrics },
        stop: match found.stop {
            Stop::Converged if !met => Stop::Stalled,
            other => other,
        },
        proof: if met { Proof::feasible(violation).with_bound(None::<Bound>) } else { Proof::NONE },
        warnings,
        ..found
    })
}
