//! What a design is compared with.

pub(super) mod alternating;

pub use alternating::{AlternatingSettings, alternating};

use noctule_num::{C64, CMat, InputError};
use noctule_optim::{Proof, Stop, Trace, Work};
use noctule_phy::cascade::{Cascade, SurfacePath};
use noctule_phy::centred_array::CentredArray;
use serde::{Deserialize, Serialize};

use super::advice::advice;
use super::claims::{Claims, asked, lit};
use super::covariance::{CovarianceSolver, Reduced};
use super::model::{Link, ORTHOGONAL, echoed, evaluate};
use super::optimum::optimum;
use super::phases::light::{STARTS, align_light};
use super::power::ROUNDING;
use super::requirement::violation;
use super::settings::{Requirement, Select, Settings, Signal};
use super::settle::{beam, covariances};
use super::{Deployment, Instance, Mode, Surfaces, SurfacesDesign};
use crate::claims::Ends;
use crate::system::{Method, Scheme, Setting};
use crate::{Design, Error, Run};

/// The rows of the baselines.
pub(super) const SCHEMES: &[Scheme<Surfaces>] = &[
    Scheme::new(
        "communication-only",
        "Communication only",
        "the highest rate, the target ignored: closed form",
        &Method::new(communication_only),
        AT_ONCE,
    ),
    Scheme::new(
        "sensing-only",
        "Sensing only",
        "the smallest bound (21), the user ignored: closed form",
        &Method::new(sensing_only),
        AT_ONCE,
    ),
    Scheme::new(
        "max-eigenmode",
        "Maximum eigenmode",
        "all power on the path that lights the target most: closed form",
        &Method::new(max_eigenmode),
        AT_ONCE,
    ),
    Scheme::new(
        "time-switching",
        "Time switching",
        "the designs for communication and for sensing in turn: closed form",
        &Method::new(time_switching),
        Claims::unproven(Ends::ClosedForm, |s| asked(s, |s: TimeSwitchingSettings| lit(s.select))),
    ),
];

const AT_ONCE: Claims =
    Claims::unproven(Ends::ClosedForm, |s| asked(s, |s: SiteSettings| lit(s.select)));

fn computed(instance: &Instance, deployment: Deployment) -> Result<SurfacesDesign, Error> {
    let metrics = evaluate(instance, &deployment)?;
    let violation = violation(instance, &metrics, deployment.requirement);
    Ok(Design {
        warnings: advice(instance, &metrics),
        starts: vec![Some(metrics.rate_bps_hz)],
        variables: deployment,
        metrics,
        stop: Stop::Computed,
        proof: Proof::feasible(violation),
        trace: Trace::off(),
        work: Work { evaluations: 1, ..Work::default() },
    })
}

/// Settings of the closed forms.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct SiteSettings {
    /// Which sites: `all` or `single`.
    pub select: Select,
}

impl Default for SiteSettings {
    fn default() -> Self {
        Self { select: Select::All }
    }
}

impl Setting for SiteSettings {
    fn validate(&self) -> Result<(), InputError> {
        named_sites(self.select)
    }
}

/// Refuse a choice of sites, which the schemes here do not make.
fn named_sites(select: Select) -> Result<(), InputError> {
    if select == Select::Best {
        let what = "this scheme does not choose sites";
        return Err(InputError::new(what, "select", "best", "all or single"));
    }
    Ok(())
}

/// Sites of a baseline: all, or the first alone.
fn sites(instance: &Instance, select: Select) -> Result<Vec<usize>, Error> {
    named_sites(select)?;
    if select == Select::Single { Ok(vec![0]) } else { Ok(instance.all_sites()?) }
}

fn towards_user(cascade: &Cascade) -> Vec<Vec<C64>> {
    cascade.paths.iter().map(SurfacePath::user_vector).collect()
}

fn towards_target(cascade: &Cascade) -> Vec<Vec<C64>> {
    cascade.paths.iter().map(SurfacePath::target_vector).collect()
}

/// The covariance of highest rate for given phases, without any requirement.
fn capacity(cascade: &Cascade, phases: &[Vec<C64>], power: f64) -> Result<CMat, Error> {
    Ok(covariances(cascade, Signal::Covariance, phases, power, 0.0)?.0)
}

/// The target ignored: phases (31) and water-filling (32). With orthogonal paths the highest rate
/// there is; where paths overlap, the best covariance for phases aligned surface by surface.
///
/// # Errors
/// [`Error::Input`] for `select = best`; broken numerics.
pub fn communication_only(
    instance: &Instance,
    settings: &SiteSettings,
    _: &Run<'_, Deployment>,
) -> Result<SurfacesDesign, Error> {
    let sites = sites(instance, settings.select)?;
    let cascade = instance.cascade(&sites);
    let phases = towards_user(&cascade);
    let information = capacity(&cascade, &phases, instance.parts().power_w)?;
    let nothing = CMat::zeros(cascade.transmit_antennas, cascade.transmit_antennas);
    computed(instance, Deployment::steady(sites, phases, information, nothing))
}

/// The smallest bound (21), the user ignored: phases (34) and one beam (35). Where paths overlap,
/// whole surfaces are turned, one at a time from several starts, until their paths add up at the target.
///
/// # Errors
/// As [`communication_only`].
pub fn sensing_only(
    instance: &Instance,
    settings: &SiteSettings,
    _: &Run<'_, Deployment>,
) -> Result<SurfacesDesign, Error> {
    let sites = sites(instance, settings.select)?;
    let cascade = instance.cascade(&sites);
    let mut phases = towards_target(&cascade);
    align_light(&cascade, &mut phases);
    let light = cascade.illumination(&phases).response;
    let nothing = CMat::zeros(light.len(), light.len());
    let sensing = beam(&light, instance.parts().power_w);
    let mut design = computed(instance, Deployment::steady(sites, phases, nothing, sensing))?;
    if cascade.coherence().0 > ORTHOGONAL {
        design.warnings.push(format!(
            "paths overlap: whole surfaces were turned from {} starts until their paths add up, and the \
             bound (21) is the smallest found, not proven to be the smallest",
            STARTS + 1
        ));
    }
    Ok(design)
}

/// All power on the path that lights the target most, phases (34); the beam carries data.
///
/// # Errors
/// As [`communication_only`].
pub fn max_eigenmode(
    instance: &Instance,
    settings: &SiteSettings,
    _: &Run<'_, Deployment>,
) -> Result<SurfacesDesign, Error> {
    let sites = sites(instance, settings.select)?;
    let cascade = instance.cascade(&sites);
    let phases = towards_target(&cascade);
    let (_, weights) = Link::new(instance, &cascade).aligned();
    // the first of equals
    let strongest = (0..weights.len())
        .reduce(|best, k| if weights[k] > weights[best] * (1.0 + 1e-12) { k } else { best })
        .unwrap_or(0);
    let departure = cascade.paths[strongest].base_departure;
    let a = CentredArray::new(cascade.transmit_antennas).response(departure);
    let nothing = CMat::zeros(a.len(), a.len());
    let information = beam(&a, instance.parts().power_w);
    computed(instance, Deployment::steady(sites, phases, information, nothing))
}

/// Settings of [`time_switching`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct TimeSwitchingSettings {
    /// Which sites: all, the first alone, or those that `dedicated-signal` finds best.
    pub select: Select,
    /// Whether echoes are also used while the design for communication is on.
    pub always_sense: bool,
}

impl Default for TimeSwitchingSettings {
    fn default() -> Self {
        Self { select: Select::Best, always_sense: true }
    }
}

impl Setting for TimeSwitchingSettings {
    fn validate(&self) -> Result<(), InputError> {
        Ok(())
    }
}

/// Switch in time between the design for communication and that for sensing, as long on the former
/// as the requirement allows.
///
/// With `W = P‖g‖²` the illumination of the sensing design and `w` that of the communication design,
/// the share of communication is `min(1, (W−Γ)/(W−w))`, or `1 − Γ/W` where echoes are used only while
/// the sensing design is on. The paper does not define it; see `docs/errata.md#surfaces-e13`.
///
/// # Errors
/// Broken numerics. A requirement out of reach gives the certificate of
/// [`dedicated_signal`](super::dedicated_signal).
pub fn time_switching(
    instance: &Instance,
    settings: &TimeSwitchingSettings,
    run: &Run<'_, Deployment>,
) -> Result<SurfacesDesign, Error> {
    let proposal = Settings { select: settings.select, ..Settings::default() };
    let best = optimum(instance, Signal::Dedicated, &proposal, &run.interrupt)?;
    if best.proof.infeasible.is_some() {
        return echoed(instance, best);
    }
    let modes = modes(instance, &best.variables.sites, settings.always_sense)?;
    let sites = best.variables.sites;
    let mut design =
        computed(instance, Deployment { sites, modes, requirement: Requirement::Illumination })?;
    design.work += best.work;
    design.warnings.extend(best.warnings.into_iter().filter(|w| w.contains("passed over")));
    Ok(design)
}

/// The two designs with their shares of the time; one alone where the other has none.
fn modes(instance: &Instance, sites: &[usize], always_sense: bool) -> Result<Vec<Mode>, Error> {
    let cascade = instance.cascade(sites);
    let link = Link::new(instance, &cascade);
    let (user, target) = (towards_user(&cascade), towards_target(&cascade));
    let information = capacity(&cascade, &user, link.power)?;
    let light = cascade.illumination(&target).response;
    let most = link.power * light.iter().map(C64::norm_sqr).sum::<f64>();
    let lit = cascade.illumination(&user).powers(&information).direct;
    // share of the user's design: with W = most, w = lit, w x + W (1 − x) = Γ
    let share = if !always_sense {
        1.0 - link.required / most
    } else if lit >= link.required {
        1.0
    } else {
        (most - link.required) / (most - lit)
    };
    let share = share.clamp(0.0, 1.0);
    let nothing = CMat::zeros(light.len(), light.len());
    let serving =
        Mode { share, sensed: always_sense, phases: user, information, sensing: nothing.clone() };
    let sensing = Mode {
        share: 1.0 - share,
        sensed: true,
        phases: target,
        information: nothing,
        sensing: beam(&light, link.power),
    };
    Ok([serving, sensing].into_iter().filter(|mode| mode.share > 0.0).collect())
}

/// The rate in nats of the best covariance for given phases and requirement; `None` where they
/// cannot light the target enough. For comparisons with other solvers.
///
/// # Errors
/// Broken numerics.
pub fn best_rate_for(
    cascade: &Cascade,
    phases: &[Vec<C64>],
    power: f64,
    required: f64,
) -> Result<Option<f64>, Error> {
    let light = cascade.illumination(phases).response;
    let reduced = Reduced::new(&cascade.channel(phases), cascade.user_noise_w, &light)?;
    let reachable = power * reduced.illumination;
    if required > reachable * (1.0 + ROUNDING) {
        return Ok(None);
    }
    let share = if reachable > 0.0 { required / reachable } else { 0.0 };
    let spectrum = &reduced.spectrum;
    let mut solver = CovarianceSolver::new();
    Ok(Some(solver.solve(&spectrum.gains, &spectrum.overlaps, power, share).rate_nats))
}
