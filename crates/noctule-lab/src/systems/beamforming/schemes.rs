//! The schemes: ours, the paper's, and what they are measured against.

#[cfg(feature = "sdp")]
use noctule::beamforming::baselines::wmmse_sdr_conic;
use noctule::beamforming::baselines::{
    Algorithm1Settings, ClimbSettings, FpSgdaSettings, WmmseSdrSettings, WmmseSettings, algorithm1,
    barzilai_borwein, conjugate_gradient, fp_sgda, mrt, projected_gradient, rzf, sensing_only,
    wmmse, wmmse_sdr, zf,
};
use noctule::beamforming::design::{Start, climb, default_starts, fitted, start_beams};
use noctule::beamforming::{
    BeamformingDesign, Beams, Instance, Settings, design_from, objective_unit,
};
use noctule::{CMat, Error, Interrupt, Trace};
use noctule_num::InputError;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::system::SchemeInfo;
use crate::systems::{typed, unread};

const fn scheme(name: &'static str, label: &'static str, summary: &'static str) -> SchemeInfo {
    SchemeInfo { name, label, summary }
}

pub(super) const SCHEMES: &[SchemeInfo] = &[
    scheme(
        "balanced",
        "Balanced",
        "Riemannian L-BFGS from several starts: a stationary point of the weighted sum, with \
         `certify` an upper bound",
    ),
    scheme(
        "best-known",
        "Best known",
        "ours from its own starts and from where every other scheme ends: none is better",
    ),
    scheme(
        "sensing-only",
        "Sensing only",
        "the smallest Cramér–Rao bound, users ignored: proven globally optimal by the \
         Frank–Wolfe gap",
    ),
    scheme(
        "wmmse",
        "WMMSE, communication only",
        "weighted MMSE, targets ignored: a stationary point of the sum rate",
    ),
    scheme("rzf", "RZF", "regularised zero forcing, equal power: closed form"),
    scheme("zf", "ZF", "zero forcing, power water-filled over the users: closed form"),
    scheme("mrt", "MRT", "matched filters, equal power: closed form"),
    scheme(
        "algorithm-1",
        "Algorithm 1",
        "successive convex approximation of T. Fang et al.: as far as its tolerance goes",
    ),
    scheme(
        "projected-gradient",
        "Projected gradient",
        "gradient ascent on the sphere with a line search: a stationary point",
    ),
    scheme(
        "barzilai-borwein",
        "Barzilai–Borwein",
        "gradient ascent with the step of Barzilai and Borwein, not monotone: a stationary point",
    ),
    scheme(
        "conjugate-gradient",
        "Conjugate gradient",
        "Riemannian conjugate gradients: a stationary point",
    ),
    scheme(
        "fp-sgda",
        "FP-SGDA",
        "smoothed gradient ascent with a fixed step, after M. Zhu et al.: no guarantee",
    ),
    scheme(
        "wmmse-sdr",
        "WMMSE-SDR",
        "one convex program after the other, in the corrected, monotone form; each solved as a \
         factor and certified by its dual",
    ),
    scheme(
        "wmmse-sdr-conic",
        "WMMSE-SDR by a conic solver",
        "the same programs by a semidefinite interior-point solver, for timing; only in builds with \
         the feature `sdp`",
    ),
];

/// Settings of `sensing-only`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SensingSettings {
    /// Number of beams; `null` means three per target, which always suffices.
    pub streams: Option<usize>,
    /// Residual at which the climb stops.
    pub tolerance: f64,
}

impl Default for SensingSettings {
    fn default() -> Self {
        Self { streams: None, tolerance: 1e-8 }
    }
}

/// Where a scheme that takes one start begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StartName {
    /// Regularised zero forcing.
    #[default]
    Rzf,
    /// Matched filters.
    Mrt,
    /// That of T. Fang et al.: weak matched filters beside random sensing beams.
    Published,
}

impl StartName {
    const fn start(self) -> Start {
        match self {
            Self::Rzf => Start::Rzf,
            Self::Mrt => Start::Mrt,
            Self::Published => Start::Published(0),
        }
    }
}

/// How a method that takes one start is run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Run {
    /// Where it begins.
    pub start: StartName,
    /// Whether its trace is kept, which makes records long.
    pub trace: bool,
}

/// The default settings of a method with one start: those of the run and its own, in one object.
fn run_and<S: Default + Serialize>() -> Value {
    let mut all = json!(Run::default());
    if let (Some(all), Value::Object(own)) = (all.as_object_mut(), json!(S::default())) {
        all.extend(own);
    }
    all
}

/// The settings of a run are taken out before the rest is parsed, so that an unknown name is still
/// refused.
fn split<S: DeserializeOwned>(settings: &Value) -> Result<(Run, S), InputError> {
    let mut rest = settings.clone();
    let mut run = Map::new();
    if let Some(object) = rest.as_object_mut() {
        for name in ["start", "trace"] {
            run.extend(object.remove(name).map(|value| (name.to_owned(), value)));
        }
    }
    Ok((typed(&Value::Object(run), "")?, typed(&rest, "")?))
}

/// A scheme with its settings.
#[derive(Clone, Debug)]
pub enum Scheme {
    /// Ours.
    Balanced(Settings),
    /// Ours, with the end points of the others among the starts.
    BestKnown(Settings),
    /// The smallest bound, users ignored.
    SensingOnly(SensingSettings),
    /// Communication only.
    Wmmse(WmmseSettings),
    /// Regularised zero forcing.
    Rzf,
    /// Zero forcing.
    Zf,
    /// Matched filters.
    Mrt,
    /// The paper's.
    Algorithm1(Run, Algorithm1Settings),
    /// Gradient ascent with a line search.
    ProjectedGradient(Run, ClimbSettings),
    /// Gradient ascent with the step of Barzilai and Borwein.
    BarzilaiBorwein(Run, ClimbSettings),
    /// Conjugate gradients.
    ConjugateGradient(Run, ClimbSettings),
    /// Smoothed gradient ascent with a fixed step.
    FpSgda(Run, FpSgdaSettings),
    /// Convex programs, in factors.
    WmmseSdr(Run, WmmseSdrSettings),
    /// Convex programs, by an interior-point solver.
    WmmseSdrConic(Run, WmmseSdrSettings),
}

/// The default settings of a scheme.
pub(super) fn settings(scheme: &str) -> Option<Value> {
    Some(match scheme {
        "balanced" | "best-known" => json!(Settings::default()),
        "sensing-only" => json!(SensingSettings::default()),
        "wmmse" => json!(WmmseSettings::default()),
        "rzf" | "zf" | "mrt" => json!({}),
        "algorithm-1" => run_and::<Algorithm1Settings>(),
        "projected-gradient" | "barzilai-borwein" | "conjugate-gradient" => {
            run_and::<ClimbSettings>()
        }
        "fp-sgda" => run_and::<FpSgdaSettings>(),
        "wmmse-sdr" | "wmmse-sdr-conic" => run_and::<WmmseSdrSettings>(),
        _ => return None,
    })
}

/// Who takes part in `noctule bench`: whole designs as people use them, then one start for all.
pub(super) fn contenders() -> Vec<(&'static str, &'static str, Value)> {
    let rows = 100_000;
    vec![
        ("balanced", "balanced", json!({ "starts": 1, "trace_rows": rows })),
        ("balanced-4", "balanced", json!({})),
        ("conjugate-gradient", "conjugate-gradient", json!({ "trace": true })),
        ("barzilai-borwein", "barzilai-borwein", json!({ "trace": true })),
        ("projected-gradient", "projected-gradient", json!({ "trace": true })),
        (
            "algorithm-1",
            "algorithm-1",
            json!({ "tolerance": 1e-9, "max_iterations": 20_000, "trace": true }),
        ),
        (
            "algorithm-1-full",
            "algorithm-1",
            json!({
                "tolerance": 1e-9, "max_iterations": 20_000, "reduced": false, "trace": true
            }),
        ),
        ("algorithm-1-loose", "algorithm-1", json!({ "trace": true })),
        ("fp-sgda", "fp-sgda", json!({ "trace": true })),
        ("wmmse-sdr", "wmmse-sdr", json!({ "max_programs": 60, "trace": true })),
        ("wmmse", "wmmse", json!({})),
        ("zf", "zf", json!({})),
        ("rzf", "rzf", json!({})),
        ("mrt", "mrt", json!({})),
    ]
}

impl Scheme {
    pub(super) fn new(name: &str, settings: &Value) -> Result<Self, InputError> {
        Ok(match name {
            "balanced" => Self::Balanced(ours(settings)?),
            "best-known" => Self::BestKnown(ours(settings)?),
            "sensing-only" => {
                let settings: SensingSettings = typed(settings, "")?;
                if !(settings.tolerance > 0.0 && settings.tolerance < 1.0) {
                    let found = settings.tolerance.to_string();
                    let what = "the setting is out of range";
                    return Err(InputError::new(what, "tolerance", found, "between 0 and 1"));
                }
                Self::SensingOnly(settings)
            }
            "wmmse" => Self::Wmmse(typed(settings, "")?),
            "rzf" => Self::Rzf,
            "zf" => Self::Zf,
            "mrt" => Self::Mrt,
            "algorithm-1" => split(settings).map(|(a, b)| Self::Algorithm1(a, b))?,
            "projected-gradient" => split(settings).map(|(a, b)| Self::ProjectedGradient(a, b))?,
            "barzilai-borwein" => split(settings).map(|(a, b)| Self::BarzilaiBorwein(a, b))?,
            "conjugate-gradient" => split(settings).map(|(a, b)| Self::ConjugateGradient(a, b))?,
            "fp-sgda" => split(settings).map(|(a, b)| Self::FpSgda(a, b))?,
            "wmmse-sdr" => split(settings).map(|(a, b)| Self::WmmseSdr(a, b))?,
            "wmmse-sdr-conic" => split(settings).map(|(a, b)| Self::WmmseSdrConic(a, b))?,
            other => return Err(unread(other)),
        })
    }

    pub(super) fn design(
        &self,
        instance: &Instance,
        warm: Option<&Beams>,
        interrupt: &Interrupt,
    ) -> Result<BeamformingDesign, Error> {
        let begin = |run: &Run| start_beams(instance, run.start.start());
        let (run, mut design) = match self {
            Self::Balanced(settings) => {
                // A neighbour of another shape cannot warm this point; it then starts cold.
                let warm = warm.filter(|beams| {
                    beams.check(instance).is_ok() && beams.matrix.cols() == instance.streams()
                });
                return design_from(instance, settings, warm, interrupt);
            }
            Self::BestKnown(settings) => return best_known(instance, settings, interrupt),
            Self::SensingOnly(settings) => {
                let (streams, tolerance) = (settings.streams, settings.tolerance);
                (&Run::default(), sensing_only(instance, streams, tolerance, interrupt)?)
            }
            Self::Wmmse(settings) => (&Run::default(), wmmse(instance, settings, interrupt)?),
            Self::Rzf => return rzf(instance),
            Self::Zf => return zf(instance),
            Self::Mrt => return mrt(instance),
            Self::Algorithm1(run, settings) => {
                (run, algorithm1(instance, &begin(run)?, settings, interrupt)?)
            }
            Self::ProjectedGradient(run, settings) => {
                (run, projected_gradient(instance, &begin(run)?, settings, interrupt)?)
            }
            Self::BarzilaiBorwein(run, settings) => {
                (run, barzilai_borwein(instance, &begin(run)?, settings, interrupt)?)
            }
            Self::ConjugateGradient(run, settings) => {
                (run, conjugate_gradient(instance, &begin(run)?, settings, interrupt)?)
            }
            Self::FpSgda(run, settings) => {
                (run, fp_sgda(instance, &begin(run)?, settings, interrupt)?)
            }
            Self::WmmseSdr(run, settings) => {
                (run, wmmse_sdr(instance, &begin(run)?, settings, interrupt)?)
            }
            #[cfg(feature = "sdp")]
            Self::WmmseSdrConic(run, settings) => {
                (run, wmmse_sdr_conic(instance, &begin(run)?, settings, interrupt)?)
            }
            #[cfg(not(feature = "sdp"))]
            Self::WmmseSdrConic(..) => {
                let what = "this scheme is not part of this build";
                let error = InputError::new(what, "scheme", "wmmse-sdr-conic", "wmmse-sdr");
                return Err(error.into());
            }
        };
        if !run.trace {
            design.trace = Trace::off();
        }
        Ok(design)
    }
}

fn ours(settings: &Value) -> Result<Settings, InputError> {
    let settings: Settings = typed(settings, "")?;
    settings.validate()?;
    Ok(settings)
}

/// Ours from its own starts, from the published start, and from where the other schemes end.
fn best_known(
    instance: &Instance,
    settings: &Settings,
    interrupt: &Interrupt,
) -> Result<BeamformingDesign, Error> {
    let mut starts: Vec<CMat> = default_starts(settings.count(instance))
        .into_iter()
        .map(|start| start_beams(instance, start))
        .collect::<Result<_, _>>()?;
    let mut others: Vec<BeamformingDesign> = Vec::new();
    let mut include = |design: BeamformingDesign| -> Result<(), Error> {
        starts.push(fitted(instance, &design.variables)?);
        others.push(design);
        Ok(())
    };
    let plain = Settings { certify: false, ..settings.clone() };
    include(design_from(instance, &plain, None, interrupt)?)?;
    let programs = WmmseSdrSettings { max_programs: 20, ..WmmseSdrSettings::default() };
    let exact = Algorithm1Settings { tolerance: 1e-6, ..Algorithm1Settings::default() };
    for start in [Start::Rzf, Start::Mrt, Start::Published(0)] {
        let start = start_beams(instance, start)?;
        include(algorithm1(instance, &start, &exact, interrupt)?)?;
        include(fp_sgda(instance, &start, &FpSgdaSettings::default(), interrupt)?)?;
        include(wmmse_sdr(instance, &start, &programs, interrupt)?)?;
    }
    if instance.users() > 0 {
        include(rzf(instance)?)?;
        include(mrt(instance)?)?;
        include(wmmse(instance, &WmmseSettings::default(), interrupt)?)?;
        match zf(instance) {
            Ok(design) => include(design)?,
            // It has no answer for channels that depend linearly on each other.
            Err(Error::Input(_)) => {}
            Err(error) => return Err(error),
        }
    }
    let mut best = climb(instance, settings, &starts, interrupt)?;
    // What is proven of the optimum holds whoever comes nearest to it.
    let bound = best.proof.bound.take();
    // Folding surplus sensing beams into the streams there are may lose something of an end point:
    // then that is the best known, as it stands.
    let mut work = best.work;
    for other in others {
        work += other.work;
        let ahead = match (other.metrics.objective, best.metrics.objective) {
            (Some(other), Some(best)) => other - best > 1e-9 * best.abs().max(1.0),
            (other, best) => other.is_some() && best.is_none(),
        };
        if ahead {
            let starts = std::mem::take(&mut best.starts);
            best = BeamformingDesign { starts, ..other };
        }
    }
    best.work = work;
    let reached = best.metrics.objective.unwrap_or(f64::NAN);
    best.proof.bound = bound.and_then(|bound| bound.against(reached, objective_unit(instance)));
    Ok(best)
}
