//! The schemes of `beamforming`: ours, the paper's, and what they are measured against; a row
//! each, and the settings that only a row needs.

use noctule_num::{CMat, InputError};
use noctule_optim::Trace;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value, json};

#[cfg(feature = "sdp")]
use super::baselines::wmmse_sdr_conic;
use super::baselines::{
    Algorithm1Settings, ClimbSettings, FpSgdaSettings, WmmseSdrSettings, WmmseSettings, algorithm1,
    barzilai_borwein, conjugate_gradient, fp_sgda, mrt, projected_gradient, rzf, sensing_only,
    wmmse, wmmse_sdr, zf,
};
use super::best_known::best_known;
use super::design::{Start, start_beams};
use super::{Beamforming, BeamformingDesign, Beams, Instance, Settings, design_from};
use crate::Error;
use crate::system::{Method, NoSettings, Run, Scheme, Setting, typed};

/// The schemes; `balanced` is what is meant when none is named.
pub(super) const SCHEMES: &[Scheme<Beamforming>] = &[
    Scheme::new("balanced", "Balanced", "Riemannian L-BFGS from several starts: a stationary point of the weighted sum, with \
         `certify` an upper bound", &Method::new(balanced)),
    Scheme::new("best-known", "Best known", "ours from its own starts and from where every other scheme ends: none is better", &Method::new(|x, s: &Settings, run| best_known(x, s, &run.interrupt))),
    Scheme::new("sensing-only", "Sensing only", "the smallest Cramér–Rao bound, users ignored: proven globally optimal by the \
         Frank–Wolfe gap", &Method::new(|x, s: &SensingSettings, run| sensing_only(x, s.streams, s.tolerance, &run.interrupt).map(untraced))),
    Scheme::new("wmmse", "WMMSE, communication only", "weighted MMSE, targets ignored: a stationary point of the sum rate", &Method::new(|x, s: &WmmseSettings, run| wmmse(x, s, &run.interrupt).map(untraced))),
    Scheme::new("rzf", "RZF", "regularised zero forcing, equal power: closed form", &Method::new(|x, _: &NoSettings, _| rzf(x))),
    Scheme::new("zf", "ZF", "zero forcing, power water-filled over the users: closed form", &Method::new(|x, _: &NoSettings, _| zf(x))),
    Scheme::new("mrt", "MRT", "matched filters, equal power: closed form", &Method::new(|x, _: &NoSettings, _| mrt(x))),
    Scheme::new("algorithm-1", "Algorithm 1", "successive convex approximation of T. Fang et al.: as far as its tolerance goes", &Method::new(|x, s: &FromStart<Algorithm1Settings>, run| s.go(x, |start, own| algorithm1(x, start, own, &run.interrupt)))),
    Scheme::new("projected-gradient", "Projected gradient", "gradient ascent on the sphere with a line search: a stationary point", &Method::new(|x, s: &FromStart<ClimbSettings>, run| s.go(x, |start, own| projected_gradient(x, start, own, &run.interrupt)))),
    Scheme::new("barzilai-borwein", "Barzilai–Borwein", "gradient ascent with the step of Barzilai and Borwein, not monotone: a stationary point", &Method::new(|x, s: &FromStart<ClimbSettings>, run| s.go(x, |start, own| barzilai_borwein(x, start, own, &run.interrupt)))),
    Scheme::new("conjugate-gradient", "Conjugate gradient", "Riemannian conjugate gradients: a stationary point", &Method::new(|x, s: &FromStart<ClimbSettings>, run| s.go(x, |start, own| conjugate_gradient(x, start, own, &run.interrupt)))),
    Scheme::new("fp-sgda", "FP-SGDA", "smoothed gradient ascent with a fixed step, after M. Zhu et al.: no guarantee", &Method::new(|x, s: &FromStart<FpSgdaSettings>, run| s.go(x, |start, own| fp_sgda(x, start, own, &run.interrupt)))),
    Scheme::new("wmmse-sdr", "WMMSE-SDR", "one convex program after the other, in the corrected, monotone form; each solved as a \
         factor and certified by its dual", &Method::new(|x, s: &FromStart<WmmseSdrSettings>, run| s.go(x, |start, own| wmmse_sdr(x, start, own, &run.interrupt)))),
    Scheme::new("wmmse-sdr-conic", "WMMSE-SDR by a conic solver", "the same programs by a semidefinite interior-point solver, for timing; only in builds with \
         the feature `sdp`", &Method::new(by_cones)).unless(cfg!(feature = "sdp"), NO_CONES),
];

const NO_CONES: &str = "needs a build with the feature `sdp` and the system's OpenBLAS; \
                        `wmmse-sdr` solves the same programs without";

fn balanced(
    instance: &Instance,
    settings: &Settings,
    run: &Run<'_, Beams>,
) -> Result<BeamformingDesign, Error> {
    // A neighbour of another shape cannot warm a point; it then starts cold.
    let warm = run
        .warm
        .filter(|beams| beams.check(instance).is_ok() && beams.matrix.cols() == instance.streams());
    design_from(instance, settings, warm, &run.interrupt)
}

#[cfg(feature = "sdp")]
fn by_cones(
    instance: &Instance,
    settings: &FromStart<WmmseSdrSettings>,
    run: &Run<'_, Beams>,
) -> Result<BeamformingDesign, Error> {
    settings.go(instance, |start, own| wmmse_sdr_conic(instance, start, own, &run.interrupt))
}

#[cfg(not(feature = "sdp"))]
fn by_cones(
    _: &Instance,
    _: &FromStart<WmmseSdrSettings>,
    _: &Run<'_, Beams>,
) -> Result<BeamformingDesign, Error> {
    let what = "this scheme is not part of this build";
    Err(InputError::new(what, "scheme", "wmmse-sdr-conic", "wmmse-sdr").into())
}

/// A design whose trace nobody asked for: it would make records long.
fn untraced(mut design: BeamformingDesign) -> BeamformingDesign {
    design.trace = Trace::off();
    design
}

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

/// Settings of a method that takes one start: where it begins, whether its trace is kept, and its
/// own, in one object.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct FromStart<S> {
    /// Where it begins.
    pub start: StartName,
    /// Whether its trace is kept, which makes records long.
    pub trace: bool,
    /// The method's own.
    #[serde(flatten)]
    pub own: S,
}

/// The names that are taken out before the rest is parsed, so that an unknown one is still refused.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Begin {
    start: StartName,
    trace: bool,
}

impl<'de, S: DeserializeOwned> Deserialize<'de> for FromStart<S> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let settings = Value::deserialize(deserializer)?;
        Self::split(&settings).map_err(serde::de::Error::custom)
    }
}

impl<S: DeserializeOwned> FromStart<S> {
    fn split(settings: &Value) -> Result<Self, InputError> {
        let mut rest = settings.clone();
        let mut begin = Map::new();
        if let Some(object) = rest.as_object_mut() {
            for name in ["start", "trace"] {
                begin.extend(object.remove(name).map(|value| (name.to_owned(), value)));
            }
        }
        let Begin { start, trace } = typed(&Value::Object(begin), "")?;
        Ok(Self { start, trace, own: typed(&rest, "")? })
    }
}

impl<S> FromStart<S> {
    /// The method from its start, and the trace where it is asked for.
    fn go(
        &self,
        instance: &Instance,
        method: impl FnOnce(&CMat, &S) -> Result<BeamformingDesign, Error>,
    ) -> Result<BeamformingDesign, Error> {
        let design = method(&start_beams(instance, self.start.start())?, &self.own)?;
        Ok(if self.trace { design } else { untraced(design) })
    }
}

impl<S> Setting for FromStart<S>
where
    S: Serialize + DeserializeOwned + JsonSchema + Default + Send + Sync + 'static,
{
    fn validate(&self) -> Result<(), InputError> {
        Ok(())
    }

    fn parse(settings: &Value) -> Result<Self, InputError> {
        Self::split(settings)
    }
}

impl Setting for Settings {
    fn validate(&self) -> Result<(), InputError> {
        Self::validate(self)
    }
}

impl Setting for SensingSettings {
    fn validate(&self) -> Result<(), InputError> {
        if self.tolerance > 0.0 && self.tolerance < 1.0 {
            return Ok(());
        }
        let found = self.tolerance.to_string();
        Err(InputError::new("the setting is out of range", "tolerance", found, "between 0 and 1"))
    }
}

impl Setting for WmmseSettings {
    fn validate(&self) -> Result<(), InputError> {
        Ok(())
    }
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
