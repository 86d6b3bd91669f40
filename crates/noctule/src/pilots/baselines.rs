//! What our method is measured against: closed forms, the paper's algorithm, and our problem through
//! a general conic solver. All return the same [`PilotsDesign`].

mod algorithm1;
mod printed;
mod theta_conic;

pub use algorithm1::{Algorithm1Settings, Bisection, Linearisation, RadarConstraint, algorithm_1};
pub use printed::{least_power_printed, printed_error, printed_holds};
pub use theta_conic::theta_conic;

use noctule_num::InputError;
use noctule_optim::{Proof, Stop, Trace, Work, conic};
use serde::{Deserialize, Serialize};

use super::claims::Claims;
use super::{Allocation, Instance, PilotUse, Pilots, PilotsDesign, advice, evaluate, verify};
use crate::claims::Ends;
use crate::system::{Method, NoSettings, Scheme, Setting};
use crate::{Design, Error, Run};

/// The rows of the baselines.
pub(super) const SCHEMES: &[Scheme<Pilots>] = &[
    Scheme::new(
        "full-power",
        "Full power",
        "all power in equal shares (or equal coefficients): closed form, limits not \
                  looked at",
        &Method::new(full_power),
        Claims::new(Ends::ClosedForm),
    ),
    Scheme::new(
        "algorithm-1",
        "Algorithm 1",
        "bisection over a linearised feasibility problem, of J. Liao et al.: feasible \
                  where it finds a point, else full power",
        &Method::new(algorithm_1),
        Claims::new(Ends::OwnRule),
    )
    .unless(conic::AVAILABLE, NO_CONES),
    Scheme::new(
        "no-downlink",
        "No downlink pilots",
        "all pilots uplink; users know the mean of their gain; nobody is located",
        &Method::new(no_downlink),
        Claims::new(Ends::ClosedForm),
    ),
    Scheme::new(
        "dedicated-sensing",
        "Dedicated sensing",
        "sensing symbols instead of downlink pilots, same echo power as Algorithm 1 \
                  (our definition)",
        &Method::new(dedicated_sensing),
        Claims::new(Ends::OwnRule),
    )
    .unless(conic::AVAILABLE, NO_CONES),
    Scheme::new(
        "theta-conic",
        "θ-iteration by cones",
        "our problem through a general conic solver: the cross-check of `optimal`",
        &Method::new(theta_conic),
        Claims::new(Ends::OwnRule),
    )
    .unless(conic::AVAILABLE, NO_CONES),
];

const NO_CONES: &str = "solves conic programs, for which this build lacks the feature `conic`";

/// How full power is shared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Share {
    /// The same fraction for every user: x = 1/K.
    #[default]
    Equal,
    /// The same coefficient η for every user: x_mk = γ_mk / Σ_j γ_mj.
    EqualCoefficients,
}

/// Settings of [`full_power`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct FullPower {
    /// How the power is shared.
    pub share: Share,
}

impl Setting for FullPower {
    fn validate(&self) -> Result<(), InputError> {
        Ok(())
    }
}

/// What Algorithm 1 says when it finds nothing.
const FELL_BACK: &str = "Algorithm 1 found no point and fell back to full power in equal shares";

/// What sums of fractions may exceed the power by: they round.
const ROUNDING: f64 = 1e-9;

/// Every access point spends all its pilot power, in fixed shares; limits on positions are not looked
/// at. The paper calls it water-filling, but nothing is filled.
///
/// # Errors
/// [`Error::Numerics`] when a kernel fails.
pub fn full_power(
    instance: &Instance,
    settings: &FullPower,
    _: &Run<'_, Allocation>,
) -> Result<PilotsDesign, Error> {
    closed_form(instance, shares(instance, settings.share), PilotUse::Downlink)
}

/// No downlink pilots: all pilot symbols go to the uplink, and users know the mean of their gain.
/// The data are sent with full power in equal shares; nobody is located.
///
/// # Errors
/// As [`full_power`].
pub fn no_downlink(
    instance: &Instance,
    _: &NoSettings,
    _: &Run<'_, Allocation>,
) -> Result<PilotsDesign, Error> {
    closed_form(instance, shares(instance, Share::Equal), PilotUse::UplinkOnly)
}

/// Sensing symbols in place of downlink pilots: for every user the same sum of echo signal-to-noise
/// ratios as Algorithm 1 gives it, with the same power from every access point. The paper compares
/// with such a scheme without defining it (`docs/errata.md#pilots-e16`); this definition is ours.
/// The power of single access points is not limited: where more than there is would be needed, the
/// violation is in the proof and a warning says so.
///
/// # Errors
/// [`Error::Input`] where positions are not known; errors of [`algorithm_1`].
pub fn dedicated_sensing(
    instance: &Instance,
    _: &NoSettings,
    run: &Run<'_, Allocation>,
) -> Result<PilotsDesign, Error> {
    let k = instance.users();
    if instance.path_gain().is_empty() {
        let what = "echo powers are not known";
        return Err(InputError::new(what, "point_m", "no positions", "positions").into());
    }
    let like = algorithm_1(instance, &Algorithm1Settings::default(), run)?;
    let fractions = same_echoes(instance, &like.variables);
    let most = fractions.chunks(k).map(|row| row.iter().sum::<f64>()).fold(0.0, f64::max);
    let mut design = closed_form(instance, fractions, PilotUse::DedicatedSensing)?;
    // What was computed on the way was: its work, its end, and what it warned of.
    (design.work, design.stop) = (like.work, like.stop);
    if like.warnings.iter().any(|warning| warning == FELL_BACK) {
        design.warnings.push(format!("{FELL_BACK}, whose echo power this design has"));
    }
    if most > 1.0 + ROUNDING {
        design.warnings.push(format!(
            "the same echo power takes {:.1} % of the power of one access point: more than there \
             is, so that the comparison flatters this scheme",
            100.0 * most
        ));
    }
    Ok(design)
}

/// The same power from every access point that gives each user the sum of echo signal-to-noise ratios
/// of another allocation.
fn same_echoes(instance: &Instance, like: &Allocation) -> Vec<f64> {
    let (m, k) = (instance.points(), instance.users());
    let mut fractions = vec![0.0; m * k];
    for user in 0..k {
        let gain = |i: usize| instance.path_gain()[i * k + user];
        let snr: f64 = (0..m).map(|i| gain(i) * like.fractions[i * k + user]).sum();
        let all: f64 = (0..m).map(gain).sum();
        for i in 0..m {
            fractions[i * k + user] = if all > 0.0 { snr / all } else { 0.0 };
        }
    }
    fractions
}

pub(super) fn shares(instance: &Instance, share: Share) -> Vec<f64> {
    let k = instance.users();
    let equal = vec![1.0 / k as f64; k];
    instance
        .estimate_gain()
        .chunks(k)
        .flat_map(|gamma| {
            let sum: f64 = gamma.iter().sum();
            match share {
                Share::EqualCoefficients if sum > 0.0 => gamma.iter().map(|g| g / sum).collect(),
                _ => equal.clone(),
            }
        })
        .collect()
}

fn closed_form(
    instance: &Instance,
    fractions: Vec<f64>,
    pilots: PilotUse,
) -> Result<PilotsDesign, Error> {
    let variables = Allocation { fractions, users: instance.users(), pilots };
    finish(instance, variables, Stop::Computed, Work::default())
}

/// A design without any proof but how far it is from feasible.
fn finish(
    instance: &Instance,
    variables: Allocation,
    stop: Stop,
    work: Work,
) -> Result<PilotsDesign, Error> {
    let metrics = evaluate(instance, &variables)?;
    let violation = verify(instance, &variables)?.violation.max(0.0);
    Ok(Design {
        warnings: advice(instance, &metrics),
        starts: vec![Some(metrics.worst_error)],
        variables,
        metrics,
        stop,
        proof: Proof::feasible(violation),
        trace: Trace::off(),
        work,
    })
}
