//! What a deployment achieves, and the numbers a design of orthogonal paths needs.

use noctule_num::linalg::{Op, product};
use noctule_num::{CMat, InputError, log_det_one_plus};
use noctule_phy::cascade::{Cascade, EchoPowers, SurfacePath};
use noctule_phy::units::{db_from_linear, nats_to_bits};
use serde::Serialize;

use super::echo::{EchoReport, report};
use super::{Deployment, Instance, SurfacesDesign};
use crate::{Design, Error};

/// What a deployment achieves.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Metrics {
    /// Rate of the user in bit/s/Hz (9), averaged over modes.
    pub rate_bps_hz: f64,
    /// The same in nat/s/Hz.
    pub rate_nats: f64,
    /// Cramér–Rao bound of the target's spatial frequency (16); absent where it is not lit: by less than 10⁻¹⁶
    /// of what aligned surfaces would, which is rounding.
    pub crb: Option<f64>,
    /// The bound in dB.
    pub crb_db: Option<f64>,
    /// Root of the bound: the standard deviation that no unbiased estimator beats.
    pub root_crb: Option<f64>,
    /// The upper bound (21) of the bound, which designs use, in dB.
    pub crb_aligned_db: Option<f64>,
    /// gᴴRg, the power that lights the target.
    pub illumination: f64,
    /// Transmit power in watts, of the mode with the most.
    pub power_w: f64,
    /// Surfaces that are built.
    pub surfaces: usize,
    /// Elements of all of them.
    pub elements: usize,
    /// Streams that carry data: eigenvalues of the information covariance above 10⁻⁶ of the power.
    pub streams: usize,
    /// Share of the power in the dedicated sensing signal.
    pub sensing_share: f64,
    /// Largest overlap of two paths, zero for sites that satisfy Proposition 1.
    pub coherence: f64,
    /// By how much the rate in bit/s/Hz rises where the limit on the bound is one decibel larger, from the
    /// multiplier of a design under a limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit_price: Option<f64>,
    /// What estimators made of simulated echoes, where the instance asks for some.
    pub echo: Option<EchoReport>,
}

/// Evaluate a deployment, its echoes too where the instance asks for some.
///
/// # Errors
/// [`Error::Input`] when it does not fit the instance.
pub fn evaluate(instance: &Instance, deployment: &Deployment) -> Result<Metrics, Error> {
    let metrics = measured(instance, deployment)?;
    Ok(Metrics { echo: report(instance, deployment, metrics.crb)?, ..metrics })
}

/// A design with the echoes of its deployment: searches measure many and simulate none.
pub(super) fn echoed(instance: &Instance, design: SurfacesDesign) -> Result<SurfacesDesign, Error> {
    let echo = report(instance, &design.variables, design.metrics.crb)?;
    Ok(Design { metrics: Metrics { echo, ..design.metrics }, ..design })
}

/// The metrics of a deployment without echoes.
pub(super) fn measured(instance: &Instance, deployment: &Deployment) -> Result<Metrics, Error> {
    deployment.check(instance)?;
    let cascade = instance.cascade(&deployment.sites);
    let mut rate_nats = 0.0;
    let mut powers = EchoPowers::default();
    let (mut power_w, mut sensing_share, mut streams) = (0.0_f64, 0.0, 0);
    for mode in &deployment.modes {
        let channel = cascade.channel(&mode.phases);
        rate_nats += mode.share * rate(&channel, &mode.information, instance.parts().user_noise_w)?;
        if mode.sensed {
            let light = cascade.illumination(&mode.phases);
            powers = powers + light.powers(&mode.total()).scaled(mode.share);
        }
        let power = mode.power_w();
        power_w = power_w.max(power);
        let sensing: f64 = (0..mode.sensing.rows()).map(|i| mode.sensing[(i, i)].re).sum();
        sensing_share += if power > 0.0 { mode.share * sensing / power } else { 0.0 };
        streams = streams.max(rank(&mode.information, power)?);
    }
    let lit = powers.direct > UNLIT * power_w * most_light(&cascade);
    let finite = |x: f64| (x.is_finite() && lit).then_some(x);
    let crb = finite(cascade.crb(powers));
    let (base, user) = cascade.coherence();
    Ok(Metrics {
        rate_bps_hz: nats_to_bits(rate_nats),
        rate_nats,
        crb,
        crb_db: crb.map(db_from_linear),
        root_crb: crb.map(f64::sqrt),
        crb_aligned_db: finite(cascade.crb_aligned(powers)).map(db_from_linear),
        illumination: powers.direct,
        power_w,
        surfaces: deployment.sites.len(),
        elements: cascade.paths.iter().map(|path| path.elements).sum(),
        streams,
        sensing_share,
        coherence: base.max(user),
        limit_price: None,
        echo: None,
    })
}

/// A target lit by less than this share of what aligned surfaces would is not lit: fields that cancel leave
/// rounding, whose decibels mean nothing.
pub(super) const UNLIT: f64 = 1e-16;

/// The illumination of a watt that no phases exceed: all fields in phase.
pub(super) fn most_light(cascade: &Cascade) -> f64 {
    let paths = cascade.paths.iter().enumerate();
    let sum: f64 =
        paths.map(|(k, path)| cascade.sensing_weight(k).sqrt() * path.elements as f64).sum();
    sum * sum
}

/// `ln det(I + H R Hᴴ/σ²)`.
pub(super) fn rate(channel: &CMat, covariance: &CMat, noise_w: f64) -> Result<f64, Error> {
    let through = product(channel, Op::Plain, covariance, Op::Plain);
    let through = product(&through, Op::Plain, channel, Op::Adjoint);
    let n = channel.rows();
    let received =
        CMat::from_fn(n, n, |i, j| (through[(i, j)] + through[(j, i)].conj()) * (0.5 / noise_w));
    let rate = log_det_one_plus(received, "I + H R Hᴴ/σ²").map_err(|error| match error {
        noctule_num::NumError::NotPositiveDefinite { .. } => Error::Input(InputError::new(
            "the covariance is not positive semidefinite",
            "information",
            error.to_string(),
            "a covariance",
        )),
        other => other.into(),
    })?;
    Ok(rate.max(0.0))
}

fn rank(covariance: &CMat, power: f64) -> Result<usize, Error> {
    let mut eigen = noctule_num::linalg::HermitianEigen::new(covariance.rows());
    eigen.compute(covariance)?;
    Ok(eigen.values().iter().filter(|&&x| x > 1e-6 * power).count())
}

/// A deployment with orthogonal paths in the few numbers that decide about it: of K surfaces the
/// gains `a_k |z_k|²` of the streams and the weights `b_k |y_k|²` of sensing, with `z = qᴴv` and
/// `y = sᴴv`.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    /// Gain a_k of a stream for each unit of |z|².
    pub gains: Vec<f64>,
    /// Weight b_k of sensing for each unit of |y|².
    pub weights: Vec<f64>,
    /// Elements of each surface.
    pub elements: Vec<usize>,
    /// Phase step δ_k between the alignments to user and target.
    pub steps: Vec<f64>,
    /// Transmit power P in watts.
    pub power: f64,
    /// Required illumination Γ = c₀/ε; zero where nothing is required.
    pub required: f64,
}

impl Link {
    /// The numbers of a cascade.
    pub fn new(instance: &Instance, cascade: &Cascade) -> Self {
        let parts = instance.parts();
        let all = || 0..cascade.paths.len();
        Self {
            gains: all().map(|k| cascade.stream_gain(k)).collect(),
            weights: all().map(|k| cascade.sensing_weight(k)).collect(),
            elements: cascade.paths.iter().map(|path| path.elements).collect(),
            steps: cascade.paths.iter().map(SurfacePath::phase_step).collect(),
            power: parts.power_w,
            required: parts.crb_limit.map_or(0.0, |limit| cascade.bound_constant() / limit),
        }
    }

    /// Whether one set of phases is best for user and target alike.
    pub fn is_co_located(&self) -> bool {
        // a step that turns the last element by less than 10⁻⁹ radians cannot be told from none
        self.steps.iter().zip(&self.elements).all(|(d, n)| d.abs() * *n as f64 <= 1e-9)
    }

    /// Whether phases aligned to the user are best: they light the target as well as any, or it need
    /// not be lit.
    pub fn user_decides(&self) -> bool {
        self.required <= 0.0 || self.is_co_located()
    }

    /// The largest illumination that can be reached: `P Σ b_k N_k²`.
    pub fn reachable(&self) -> f64 {
        let sum: f64 =
            self.weights.iter().zip(&self.elements).map(|(b, &n)| b * (n * n) as f64).sum();
        self.power * sum
    }

    /// Gains and weights of fully aligned surfaces, `a_k N_k²` and `b_k N_k²`.
    pub fn aligned(&self) -> (Vec<f64>, Vec<f64>) {
        let square = |x: &f64, n: &usize| x * (n * n) as f64;
        let scale = |of: &[f64]| of.iter().zip(&self.elements).map(|(x, n)| square(x, n)).collect();
        (scale(&self.gains), scale(&self.weights))
    }
}

/// Overlap of paths above which formulas for orthogonal sites are not used.
pub const ORTHOGONAL: f64 = 1e-9;

/// Refuse sites whose paths are not orthogonal, for schemes that need them to be.
pub(super) fn need_orthogonal(cascade: &Cascade) -> Result<(), Error> {
    let (base, user) = cascade.coherence();
    let coherence = base.max(user);
    if coherence <= ORTHOGONAL {
        return Ok(());
    }
    let error = InputError::new(
        "the paths over these sites are not orthogonal",
        "sites",
        format!("overlap {base:.2e} at the base station, {user:.2e} at the user"),
        format!("at most {ORTHOGONAL:e}: spatial frequencies 2m/M apart (Proposition 1)"),
    )
    .hint("use the scheme `full-covariance`, which takes any sites");
    Err(error.into())
}
