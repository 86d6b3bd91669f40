//! The extended target as a scheme: the same channels and power, another sensing term.

use noctule_num::InputError;
use noctule_num::input::in_count;
use noctule_optim::Proof;
use serde::{Deserialize, Serialize};

use super::extended::ExtendedTarget;
use super::settings::{positive, tolerance};
use super::{BeamformingDesign, Beams, Instance, PowerConstraint, advice, evaluate};
use crate::system::Setting;
use crate::{Design, Error, Run};

/// The name of the scheme.
pub(super) const EXTENDED_TARGET: &str = "extended-target";

/// Settings of [`extended_target`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct ExtendedSettings {
    /// ρ in nat·W: the weight of tr R⁻¹ beside the sum rate in nat/s/Hz, with R in watts.
    pub weight_nat_w: f64,
    /// Random starts.
    pub starts: usize,
    /// Boxes that branch and bound may examine.
    pub nodes: u64,
    /// It ends when the gap relative to max(|objective|, 1) is at most this.
    pub gap: f64,
}

impl Default for ExtendedSettings {
    fn default() -> Self {
        Self { weight_nat_w: 1e-6, starts: 4, nodes: 300, gap: 1e-3 }
    }
}

impl Setting for ExtendedSettings {
    fn validate(&self) -> Result<(), InputError> {
        positive("weight_nat_w", self.weight_nat_w)?;
        in_count("starts", self.starts, 1, 10_000)?;
        tolerance("gap", self.gap)
    }
}

/// Beams for users and an extended target: the sum rate less ρ tr R⁻¹, with the interval that branch and bound
/// leaves. The targets of the instance are only evaluated.
///
/// # Errors
/// A goal, a band, antennas with a power each, no users; settings out of range.
pub fn extended_target(
    instance: &Instance,
    settings: &ExtendedSettings,
    run: &Run<'_, Beams>,
) -> Result<BeamformingDesign, Error> {
    settings.validate()?;
    instance.one_frequency()?;
    let refuse = |what: &str, place: &str, found: &str, allowed: &str| {
        Err(Error::from(InputError::new(what, place, found, allowed)))
    };
    if let Some(problem) = instance.problem() {
        let found = problem.goal.name();
        let allowed = "no goal; with one, the metric `extended` of `goal` and `require.limits`";
        return refuse("this scheme has its own goal", "goal", found, allowed);
    }
    if instance.users() == 0 {
        return refuse("a rate is weighed against the target", "users", "0", "at least 1");
    }
    let parts = instance.parts();
    if parts.power_constraint == PowerConstraint::PerAntenna {
        let what = "the extended target is for a total power";
        return refuse(what, "power_constraint", "per-antenna", "total");
    }
    let target = extended_target_of(instance, settings.weight_nat_w)?;
    let search = (settings.nodes, settings.gap);
    let solved = target.solve(settings.starts as u64, search, &run.interrupt)?;
    let metrics = evaluate(instance, &solved.beams)?;
    let problem = format!(
        "sum rate in nats − ρ tr R⁻¹ of an extended target, ρ = {} nat·W, which is {} for this design",
        settings.weight_nat_w, solved.objective
    );
    let mut warnings = advice(instance, &metrics);
    let bound = solved.bound.map(|bound| noctule_optim::Bound { problem: Some(problem), ..bound });
    if bound.is_none() {
        warnings.push("no interval around the optimum is proven".to_owned());
    }
    let violation = (solved.beams.matrix.norm_sqr() / parts.power_w - 1.0).max(0.0);
    Ok(Design {
        starts: vec![metrics.objective],
        variables: solved.beams,
        metrics,
        stop: solved.stop,
        proof: Proof { bound, ..Proof::feasible(violation) },
        trace: noctule_optim::Trace::off(),
        work: solved.work,
        warnings,
    })
}

/// The users and the power of an instance beside an extended target.
///
/// # Errors
/// No users, and what is no weight.
pub(super) fn extended_target_of(
    instance: &Instance,
    weight_nat_w: f64,
) -> Result<ExtendedTarget, InputError> {
    let mut channels = instance.channels().clone();
    for (user, noise) in instance.parts().user_noise_w.iter().enumerate() {
        channels.col_mut(user).iter_mut().for_each(|h| *h /= noise.sqrt());
    }
    ExtendedTarget::new(channels, instance.parts().power_w, weight_nat_w)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::beamforming::{ArrayShape, Scenario};

    fn small() -> Scenario {
        let transmit_array = ArrayShape { horizontal: 2, vertical: 2 };
        Scenario { users: 2, transmit_array, power_dbm: 10.0, ..Scenario::default() }
    }

    /// In watts and in milliwatts it is the same problem: ρ is in nat·W, and the noise scales with the power.
    #[test]
    fn the_bound_is_of_the_extended_target_and_scales_with_the_unit() {
        let settings = ExtendedSettings { weight_nat_w: 1e-4, ..Default::default() };
        let instance = small().realize(1, 0).expect("a scene");
        let run = Run::default();
        let found = extended_target(&instance, &settings, &run).expect("a design");
        let bound = found.proof.bound.expect("a bound");
        assert!(bound.gap_rel <= 1e-3, "{bound:?}");
        assert!(bound.problem.as_ref().is_some_and(|p| p.contains("extended target")));
        let scaled =
            Scenario { power_dbm: 40.0, user_noise_dbm: 30.0 + small().user_noise_dbm, ..small() };
        let scaled = Scenario { sensing_noise_dbm: 30.0 + small().sensing_noise_dbm, ..scaled };
        let louder = ExtendedSettings { weight_nat_w: 1e-1, ..settings };
        let again = extended_target(&scaled.realize(1, 0).expect("a scene"), &louder, &run);
        let again = again.expect("a design").proof.bound.expect("a bound");
        assert!((again.value - bound.value).abs() < 2e-3 * bound.value.abs().max(1.0), "{again:?}");
    }

    #[test]
    fn what_it_cannot_do_is_refused_by_name() {
        let one = |scenario: Scenario, settings: ExtendedSettings| {
            let instance = scenario.realize(1, 0).expect("a scene");
            extended_target(&instance, &settings, &Run::default()).expect_err("refused").to_string()
        };
        let antennas = Scenario { power_constraint: PowerConstraint::PerAntenna, ..small() };
        assert!(one(antennas, Default::default()).contains("power_constraint"));
        let nothing = ExtendedSettings { weight_nat_w: 0.0, ..Default::default() };
        assert!(one(small(), nothing).contains("weight_nat_w"));
        let alone = Scenario { users: 0, ..small() };
        assert!(one(alone, Default::default()).contains("users"));
    }
}
