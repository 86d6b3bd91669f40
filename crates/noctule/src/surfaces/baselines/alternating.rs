//! The paper's alternation of powers and phases, from starts of choice.

use noctule_num::input::within;
use noctule_num::{C64, InputError};
use noctule_optim::{Stop, Work};
use serde::{Deserialize, Serialize};

use super::{computed, named_sites, sites};
use crate::claims::Ends;
use crate::surfaces::claims::{Claims, asked, lit};
use crate::surfaces::model::{Link, echoed, need_orthogonal};
use crate::surfaces::optimum::optimum;
use crate::surfaces::phases::majorise::{self, Start, alternate};
use crate::surfaces::power::ROUNDING;
use crate::surfaces::settings::{Select, Settings, Signal};
use crate::surfaces::settle::covariances;
use crate::surfaces::{Deployment, Instance, Surfaces, SurfacesDesign};
use crate::system::{Method, Scheme, Setting};
use crate::{Error, Run};

/// The rows of the alternations.
pub(in crate::surfaces) const SCHEMES: &[Scheme<Surfaces>] = &[
    Scheme::new(
        "sweep-and-majorise",
        "Sweep and majorise",
        "the best common blend, then alternation of powers and phases: no proof",
        &SWEEP,
        CLAIMS,
    ),
    Scheme::new(
        "alternating-sca",
        "Alternating SCA",
        "the paper's alternation of powers and phases: where it ends depends on its start, no proof",
        &ALTERNATE,
        CLAIMS,
    ),
];

const SWEEP: Method<Surfaces, AlternatingSettings> = Method::new(alternating)
    .by_default(|| AlternatingSettings { start: Start::Sweep, ..Default::default() });

const ALTERNATE: Method<Surfaces, AlternatingSettings> =
    SWEEP.by_default(|| AlternatingSettings { start: Start::Sensing, ..Default::default() });

const CLAIMS: Claims =
    Claims::unproven(Ends::OwnRule, |s| asked(s, |s: AlternatingSettings| lit(s.select)));

/// Settings of [`alternating`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct AlternatingSettings {
    /// Which sites: all, or the first alone.
    pub select: Select,
    /// Phases to start from.
    pub start: Start,
    /// Alternations at most.
    pub max_iterations: u64,
    /// Stop when the rate grows by less than this, relative.
    pub tolerance: f64,
}

impl Default for AlternatingSettings {
    fn default() -> Self {
        Self { select: Select::All, start: Start::Sweep, max_iterations: 60, tolerance: 1e-6 }
    }
}

impl Setting for AlternatingSettings {
    fn validate(&self) -> Result<(), InputError> {
        within("tolerance", self.tolerance, 0.0, 1.0)?;
        named_sites(self.select)
    }
}

/// The paper's alternation between powers and phases (59)–(66), from a start of choice. With the
/// sweep it is the sweep-and-majorise method; from phases aligned to the target it stalls
/// (`docs/errata.md#surfaces-e17`).
///
/// # Errors
/// [`Error::Input`] for `select = best`, for sites whose paths overlap, for settings out of range.
pub fn alternating(
    instance: &Instance,
    settings: &AlternatingSettings,
    run: &Run<'_, Deployment>,
) -> Result<SurfacesDesign, Error> {
    settings.validate()?;
    let sites = sites(instance, settings.select)?;
    let cascade = instance.cascade(&sites);
    need_orthogonal(&cascade)?;
    let link = Link::new(instance, &cascade);
    if link.required > link.reachable() * (1.0 + ROUNDING) {
        let proposal = Settings { select: settings.select, ..Settings::default() };
        let nearest = optimum(instance, Signal::Dedicated, &proposal, &run.interrupt)?;
        return echoed(instance, nearest);
    }
    let start = majorise::start(&link, settings.start);
    let (most, tolerance) = (settings.max_iterations, settings.tolerance);
    let found = alternate(&link, start, most, tolerance, &run.interrupt);
    let phases: Vec<Vec<C64>> = cascade
        .paths
        .iter()
        .zip(&found.phases)
        .map(|(path, u)| path.user_vector().iter().zip(u).map(|(q, u)| q * u).collect())
        .collect();
    let (information, sensing) =
        covariances(&cascade, Signal::Dedicated, &phases, link.power, link.required)?;
    let mut design = computed(instance, Deployment::steady(sites, phases, information, sensing))?;
    design.stop = found.stop;
    design.work =
        Work { iterations: found.iterations, evaluations: found.iterations + 1, ..Work::default() };
    if found.rate_nats.is_none() {
        design.stop = Stop::Stalled;
        design.warnings.push(
            "the start does not meet the requirement, and alternation cannot begin there"
                .to_owned(),
        );
        design.starts = vec![None];
    }
    Ok(design)
}
