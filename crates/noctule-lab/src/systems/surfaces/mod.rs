//! `surfaces` as the engine sees it.

mod story;

use noctule::claims::Checks;
use noctule::data::{ArraySet, FieldInfo};
use noctule::surfaces::baselines::{
    AlternatingSettings, TimeSwitchingSettings, alternating, communication_only, max_eigenmode,
    sensing_only, time_switching,
};
use noctule::surfaces::echo::{EchoReport, report};
use noctule::surfaces::misses_requirement;
use noctule::surfaces::{
    CLAIMS, DEPLOYMENT_FIELDS, Deployment, Instance, Metrics, SYSTEM, Scenario, Select, Settings,
    Start, SurfacesDesign, advice, dedicated_signal, evaluate, full_covariance, instance, verify,
};
use noctule::{Design, Error, Interrupt, PointProof};
use noctule_num::InputError;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::adapter::{Checked, Typed, entry, metric};
use super::{typed, unread};
use crate::report::Table;
use crate::system::{MetricInfo, SchemeInfo, SeriesInfo, SeriesValue};

/// Reflecting surfaces: see [`noctule::surfaces`].
#[derive(Clone, Copy, Debug)]
pub struct Surfaces;

const METRICS: &[MetricInfo] = &[
    metric("rate_bps_hz", "Rate", "bit/s/Hz", "log₂ det(I + H R Hᴴ/σ²), averaged over time"),
    metric("rate_nats", "Rate", "nat/s/Hz", "ln det(I + H R Hᴴ/σ²), averaged over time"),
    metric(
        "upper_bound_bps_hz",
        "Upper bound of the rate",
        "bit/s/Hz",
        "no design of this kind over these sites has a higher rate",
    ),
    metric(
        "crb_db",
        "CRB",
        "dB",
        "Cramér–Rao bound of the target's spatial frequency (16), 10 log₁₀; of an infeasible design \
         the smallest that the sites reach by (21)",
    ),
    metric("crb_aligned_db", "Bound (21)", "dB", "upper bound (21) of the Cramér–Rao bound"),
    metric("root_crb", "Root-CRB", "", "root of the Cramér–Rao bound of the spatial frequency"),
    metric("surfaces", "Surfaces built", "", "number of surfaces that are built"),
    metric("streams", "Streams", "", "streams that carry data"),
    metric("sensing_share", "Sensing share", "", "share of power in a dedicated sensing signal"),
    metric("coherence", "Overlap of paths", "", "largest overlap of two paths, 0 for orthogonal"),
    metric("echo_snr_db", "Echo SNR", "dB", "power of the echo over the noise at one sensor"),
    metric(
        "music_mse_over_crb",
        "MSE of MUSIC over the CRB",
        "",
        "mean squared error of MUSIC over the bound, errors modulo the period",
    ),
    metric(
        "likelihood_mse_over_crb",
        "MSE of ML over the CRB",
        "",
        "mean squared error of waveform-aware maximum likelihood over the bound",
    ),
];

const SERIES: &[SeriesInfo] = &[
    SeriesInfo { name: "site", index: "i: surface", label: "Site", unit: "" },
    SeriesInfo { name: "music_error", index: "i: draw", label: "Error of MUSIC", unit: "" },
    SeriesInfo { name: "likelihood_error", index: "i: draw", label: "Error of ML", unit: "" },
];

const SCHEMES: &[SchemeInfo] = &[
    SchemeInfo {
        name: "full-covariance",
        label: "Full covariance",
        summary: "the best covariance, no dedicated sensing signal: global optimum with user and \
                  target in one place, a search (with `certify` an interval) apart",
    },
    SchemeInfo {
        name: "dedicated-signal",
        label: "Dedicated signal",
        summary: "independent streams and a sensing signal: Theorem 2 in one place, a search (with \
                  `certify` branch and bound) apart; optimal for this form only",
    },
    SchemeInfo {
        name: "sweep-and-majorise",
        label: "Sweep and majorise",
        summary: "the best common blend, then alternation of powers and phases: no proof",
    },
    SchemeInfo {
        name: "alternating-sca",
        label: "Alternating SCA",
        summary: "the paper's alternation from phases aligned to the target: stalls, no proof",
    },
    SchemeInfo {
        name: "communication-only",
        label: "Communication only",
        summary: "the highest rate, the target ignored: closed form",
    },
    SchemeInfo {
        name: "sensing-only",
        label: "Sensing only",
        summary: "the smallest bound (21), the user ignored: closed form",
    },
    SchemeInfo {
        name: "max-eigenmode",
        label: "Maximum eigenmode",
        summary: "all power on the path that lights the target most: closed form",
    },
    SchemeInfo {
        name: "time-switching",
        label: "Time switching",
        summary: "the designs for communication and for sensing in turn: closed form",
    },
];

/// Settings of the closed forms.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
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

/// A scheme with its settings.
#[derive(Clone, Debug)]
pub enum Scheme {
    /// `full-covariance`.
    FullCovariance(Settings),
    /// `dedicated-signal`.
    DedicatedSignal(Settings),
    /// `sweep-and-majorise` and `alternating-sca`.
    Alternating(AlternatingSettings),
    /// `communication-only`.
    CommunicationOnly(SiteSettings),
    /// `sensing-only`.
    SensingOnly(SiteSettings),
    /// `max-eigenmode`.
    MaxEigenmode(SiteSettings),
    /// `time-switching`.
    TimeSwitching(TimeSwitchingSettings),
}

/// What a deployment achieves, with its echoes where the scenario asks for them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// The metrics of the library.
    #[serde(flatten)]
    pub metrics: Metrics,
    /// What estimators made of simulated echoes.
    pub echo: Option<EchoReport>,
}

fn reported(
    instance: &Instance,
    variables: &Deployment,
    metrics: Metrics,
) -> Result<Report, Error> {
    let echo = report(instance, variables, metrics.crb)?;
    Ok(Report { metrics, echo })
}

fn alternating_default(start: Start) -> AlternatingSettings {
    AlternatingSettings { start, ..AlternatingSettings::default() }
}

type ReportedDesign = Design<Deployment, Report>;

impl Typed for Surfaces {
    type Scenario = Scenario;
    type Scheme = Scheme;
    type Instance = Instance;
    type Variables = Deployment;
    type Metrics = Report;

    const ID: &'static str = SYSTEM;
    const TITLE: &'static str =
        "reflecting surfaces for a blocked user and target: rate under a limit on the CRB";
    const METRICS: &'static [MetricInfo] = METRICS;
    const SERIES: &'static [SeriesInfo] = SERIES;
    const SCHEMES: &'static [SchemeInfo] = SCHEMES;
    const INSTANCE_FIELDS: &'static [FieldInfo] = instance::FIELDS;
    const VARIABLE_FIELDS: &'static [FieldInfo] = DEPLOYMENT_FIELDS;

    fn validate(scenario: &Scenario) -> Result<(), InputError> {
        scenario.validate()
    }

    /// Only the noise of simulated echoes is: no draw makes a scene unusable.
    fn is_random(_: &Scenario) -> bool {
        false
    }

    fn realize(scenario: &Scenario, seed: u64, trial: u64) -> Result<Instance, Error> {
        scenario.realize(seed, trial)
    }

    fn settings(scheme: &str) -> Option<Value> {
        match scheme {
            "full-covariance" | "dedicated-signal" => Some(json!(Settings::default())),
            "sweep-and-majorise" => Some(json!(alternating_default(Start::Sweep))),
            "alternating-sca" => Some(json!(alternating_default(Start::Sensing))),
            "communication-only" | "sensing-only" | "max-eigenmode" => {
                Some(json!(SiteSettings::default()))
            }
            "time-switching" => Some(json!(TimeSwitchingSettings::default())),
            _ => None,
        }
    }

    fn scheme(name: &str, settings: &Value) -> Result<Scheme, InputError> {
        let design = || {
            let settings: Settings = typed(settings, "")?;
            settings.validate().map(|()| settings)
        };
        let sites = || -> Result<SiteSettings, InputError> {
            let sites: SiteSettings = typed(settings, "")?;
            if sites.select == Select::Best {
                let what = "this scheme does not choose sites";
                return Err(InputError::new(what, "select", "best", "all or single"));
            }
            Ok(sites)
        };
        match name {
            "full-covariance" => Ok(Scheme::FullCovariance(design()?)),
            "dedicated-signal" => Ok(Scheme::DedicatedSignal(design()?)),
            "communication-only" => Ok(Scheme::CommunicationOnly(sites()?)),
            "sensing-only" => Ok(Scheme::SensingOnly(sites()?)),
            "max-eigenmode" => Ok(Scheme::MaxEigenmode(sites()?)),
            "time-switching" => Ok(Scheme::TimeSwitching(typed(settings, "")?)),
            "sweep-and-majorise" | "alternating-sca" => {
                let settings: AlternatingSettings = typed(settings, "")?;
                settings.validate().map(|()| Scheme::Alternating(settings))
            }
            other => Err(unread(other)),
        }
    }

    fn design(
        scheme: &Scheme,
        instance: &Instance,
        _: Option<&Deployment>,
        interrupt: &Interrupt,
    ) -> Result<ReportedDesign, Error> {
        let design: SurfacesDesign = match scheme {
            Scheme::FullCovariance(settings) => full_covariance(instance, settings, interrupt),
            Scheme::DedicatedSignal(settings) => dedicated_signal(instance, settings, interrupt),
            Scheme::Alternating(settings) => alternating(instance, settings, interrupt),
            Scheme::CommunicationOnly(sites) => communication_only(instance, sites.select),
            Scheme::SensingOnly(sites) => sensing_only(instance, sites.select),
            Scheme::MaxEigenmode(sites) => max_eigenmode(instance, sites.select),
            Scheme::TimeSwitching(settings) => time_switching(instance, settings, interrupt),
        }?;
        Ok(Design {
            metrics: reported(instance, &design.variables, design.metrics)?,
            variables: design.variables,
            stop: design.stop,
            proof: design.proof,
            trace: design.trace,
            work: design.work,
            starts: design.starts,
            warnings: design.warnings,
        })
    }

    fn evaluate(instance: &Instance, deployment: &Deployment) -> Result<Report, Error> {
        reported(instance, deployment, evaluate(instance, deployment)?)
    }

    fn check(instance: &Instance, deployment: &Deployment) -> Result<Checked, Error> {
        let witness = verify(instance, deployment)?;
        let bits = witness.rate_nats / std::f64::consts::LN_2;
        Ok(Checked {
            objective: Some(bits),
            violation: witness.violation,
            numbers: vec![
                ("rate_bps_hz", Some(bits)),
                ("rate_nats", Some(witness.rate_nats)),
                ("crb", witness.crb),
                ("crb_aligned_db", witness.crb_aligned.map(|crb| 10.0 * crb.log10())),
            ],
        })
    }

    fn advice(instance: &Instance, report: &Report) -> Vec<String> {
        advice(instance, &report.metrics)
    }

    fn checks() -> Checks<Self::Instance, Self::Variables, Self::Metrics> {
        Checks {
            added: CLAIMS.added,
            bounded: |said, bound| (CLAIMS.bounded)(&said.of(&said.metrics.metrics), bound),
            bound: |said, bound| (CLAIMS.bound)(&said.of(&said.metrics.metrics), bound),
            residual: |said| (CLAIMS.residual)(&said.of(&said.metrics.metrics)),
            infeasible: |said, certificate, out| {
                (CLAIMS.infeasible)(&said.of(&said.metrics.metrics), certificate, out)
            },
            stop: |said, stop, proof| (CLAIMS.stop)(&said.of(&said.metrics.metrics), stop, proof),
        }
    }

    fn unmet(design: &ReportedDesign) -> Option<String> {
        let PointProof::Feasible { violation } = design.proof.point else { return None };
        misses_requirement(design.stop, &design.proof).then(|| {
            format!(
                "the limit on the bound is missed by {:.2} %, and it is not proven that it must be",
                100.0 * violation
            )
        })
    }

    fn objective(report: &Report) -> Option<f64> {
        Some(report.metrics.rate_bps_hz)
    }

    fn values(design: &ReportedDesign) -> Vec<Option<f64>> {
        let metrics = &design.metrics.metrics;
        // A design that misses the requirement has no rate of what was asked for.
        let missed = misses_requirement(design.stop, &design.proof);
        let feasible = design.proof.infeasible.is_none() && !missed;
        let only = |value: f64| feasible.then_some(value);
        let echo = design.metrics.echo.as_ref().filter(|_| feasible);
        vec![
            only(metrics.rate_bps_hz),
            only(metrics.rate_nats),
            design.proof.bound.as_ref().map(|bound| bound.value),
            metrics.crb_db,
            metrics.crb_aligned_db,
            metrics.root_crb,
            Some(metrics.surfaces as f64),
            only(metrics.streams as f64),
            only(metrics.sensing_share),
            Some(metrics.coherence),
            echo.map(|echo| echo.snr_db),
            echo.and_then(|echo| echo.music_mse_over_crb),
            echo.and_then(|echo| echo.likelihood_mse_over_crb),
        ]
    }

    fn series(design: &ReportedDesign) -> Vec<SeriesValue> {
        let sites = design.variables.sites.iter().enumerate();
        let mut out: Vec<SeriesValue> =
            sites.map(|(i, &site)| entry("site", i, site as f64)).collect();
        if let Some(echo) = &design.metrics.echo {
            for (i, error) in echo.errors.iter().enumerate() {
                out.push(entry("music_error", i, error.music));
                out.push(entry("likelihood_error", i, error.likelihood));
            }
        }
        out
    }

    fn instance(arrays: ArraySet, base: Option<&Instance>) -> Result<Instance, Error> {
        Instance::from_arrays(arrays, base)
    }

    fn instance_arrays(instance: &Instance) -> ArraySet {
        instance.to_arrays()
    }

    fn variables(arrays: &ArraySet, instance: &Instance) -> Result<Deployment, Error> {
        Deployment::from_arrays(arrays, instance)
    }

    fn variable_arrays(deployment: &Deployment) -> ArraySet {
        deployment.to_arrays()
    }

    fn headline(instance: &Instance) -> String {
        story::headline(instance)
    }

    fn facts(_: &Instance, design: &ReportedDesign) -> Vec<(String, String)> {
        story::facts(design)
    }

    fn tables(instance: &Instance, design: &ReportedDesign) -> Vec<Table> {
        story::tables(instance, design)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::{Outcome, Point, System as _};

    #[test]
    fn every_scheme_runs_and_fills_every_column() {
        for target in [json!(null), json!([90.0, 25.0])] {
            for scheme in SCHEMES {
                let mut scenario = Surfaces.default_scenario();
                scenario["target_m"] = target.clone();
                scenario["first_sites"] = json!(3);
                scenario["elements"] = json!(120);
                scenario["crb_limit_db"] = json!(-12.0);
                scenario["echo_draws"] = json!(3);
                let settings = Surfaces.default_settings(scheme.name).unwrap();
                let point = Point { scenario, settings };
                let chain = Surfaces.prepare(scheme.name, &[point]).unwrap();
                let rows = chain.run(1, 0, &Interrupt::new());
                assert_eq!(rows[0].outcome, Outcome::Designed, "{}", scheme.name);
                assert_eq!(rows[0].metrics.len(), METRICS.len());
                assert!(rows[0].objective_mismatch.unwrap() < 1e-9, "{}", scheme.name);
                assert!(rows[0].violation.is_some(), "{}", scheme.name);
                assert_eq!(rows, chain.run(1, 0, &Interrupt::new()), "{}", scheme.name);
            }
        }
    }

    #[test]
    fn out_of_reach_is_a_row_without_a_rate() {
        let mut scenario = Surfaces.default_scenario();
        scenario["crb_limit_db"] = json!(-80.0);
        for name in ["full-covariance", "dedicated-signal", "time-switching"] {
            let settings = Surfaces.default_settings(name).unwrap();
            let point = Point { scenario: scenario.clone(), settings };
            let rows = Surfaces.prepare(name, &[point]).unwrap().run(1, 0, &Interrupt::new());
            assert_eq!(rows[0].outcome, Outcome::Infeasible, "{name}");
            assert!(rows[0].metrics[0].is_none() && rows[0].metrics[3].is_some());
        }
    }

    /// Phases of one bit cannot keep a limit that continuous ones keep with little to spare.
    #[test]
    fn a_limit_that_is_missed_is_no_design() {
        let mut scenario = Surfaces.default_scenario();
        scenario["target_m"] = json!([90.0, 25.0]);
        scenario["first_sites"] = json!(1);
        scenario["elements"] = json!(128);
        let mut settings = Surfaces.default_settings("full-covariance").unwrap();
        settings["phase_bits"] = json!(1);
        for (limit, met) in [(-20.0, true), (-28.0, false)] {
            scenario["crb_limit_db"] = json!(limit);
            let point = Point { scenario: scenario.clone(), settings: settings.clone() };
            let chain = Surfaces.prepare("full-covariance", &[point]).unwrap();
            let rows = chain.run(1, 0, &Interrupt::new());
            assert_eq!(rows[0].metrics[0].is_some(), met, "{limit} {:?}", rows[0]);
            assert_eq!(rows[0].outcome == Outcome::Designed, met, "{limit} {:?}", rows[0]);
            assert!(
                met || matches!(&rows[0].outcome, Outcome::Failed(why) if why.contains("missed"))
            );
        }
    }

    #[test]
    fn closed_forms_do_not_choose_sites() {
        let settings = json!({ "select": "best" });
        let point = Point { scenario: Surfaces.default_scenario(), settings };
        let refused = Surfaces.prepare("sensing-only", &[point]).err().unwrap();
        assert_eq!(refused.error.place, "scheme.select");
    }
}
