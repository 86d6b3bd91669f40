//! Monte Carlo of what the closed forms summarise: draw channels, send pilots, estimate, let the
//! channels age, transmit with matched beams, and count.
//!
//! Two questions are kept apart. *Is Eq. (22) right under its own assumptions?* — the pilot then
//! traverses the channel the station believes in ([`PilotPath::Believed`]). *What happens in
//! reality?* — it traverses the true one ([`PilotPath::True`]), and [`SinrForm::Physical`] is its
//! closed form. In both, the use-and-forget rate is only a lower bound of what a user that knows
//! its own gain can decode ([`Simulated::informed_rate_bps_hz`]).

use noctule_num::input::in_count;
use noctule_num::linalg::HermitianEigen;
use noctule_num::rng::{ChaCha8Rng, StreamKey, complex_normal};
use noctule_num::{C64, CMat, InputError};
use serde::{Deserialize, Serialize};

use super::design::design_from;
use super::model::Statistics;
use super::{FrameDesign, Instance, Plan, SYSTEM, Settings, SimulatedBlock, SinrForm};
use crate::Error;
use crate::system::{Run, Setting};

/// Through which channel the pilot travels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum PilotPath {
    /// The one of the sensed prior, as the derivation of Eq. (22) assumes; what is left of the
    /// true channel is independent of it.
    Believed,
    /// The true one.
    #[default]
    True,
}

/// What a simulation counted, for one user.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Simulated {
    /// Use-and-forget SINR, with the means and variances that were seen.
    pub sinr: f64,
    /// Its standard error, from twenty batches.
    pub sinr_standard_error: f64,
    /// Mean of log₂(1 + SINR) for a user that knows all its effective gains.
    pub informed_rate_bps_hz: f64,
    /// Its standard error.
    pub informed_standard_error: f64,
}

/// Batches that standard errors are taken from.
const BATCHES: u32 = 20;
/// Fewest draws: two a batch.
const FEWEST_DRAWS: u32 = 2 * BATCHES;

/// Channels drawn in a trial, at most.
const MOST_DRAWS: u32 = 10_000_000;

/// Settings of [`simulated`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct SimulationSettings {
    /// Sensing time in blocks; `null` takes the optimal one.
    pub sensing_blocks: Option<f64>,
    /// Distance of the simulated block from its update: 0 is the block of the estimate.
    pub age: usize,
    /// Through which channel the pilot travels.
    pub pilot: PilotPath,
    /// Channels drawn in a trial.
    pub draws: u32,
}

impl Default for SimulationSettings {
    fn default() -> Self {
        Self { sensing_blocks: None, age: 0, pilot: PilotPath::True, draws: 2000 }
    }
}

impl SimulationSettings {
    /// The search that finds the plan.
    pub(super) fn search(&self) -> Settings {
        Settings { sensing_blocks: self.sensing_blocks, ..Settings::default() }
    }
}

impl Setting for SimulationSettings {
    fn validate(&self) -> Result<(), InputError> {
        in_count("draws", self.draws, FEWEST_DRAWS, MOST_DRAWS)?;
        self.search().validate()
    }
}

/// Simulate `draws` frames' block `age` (0: the block of the estimate) after `sensing_time_s` of
/// sensing; one result for each user. Ages share their draws under one `(seed, trial)`.
///
/// # Errors
/// [`Error::Input`] for an age beyond the frame, too few draws, or — under
/// [`PilotPath::Believed`] — a projection that makes what is left of the channel no covariance
/// (`docs/errata.md#frame-e5`).
pub fn simulate(
    instance: &Instance,
    sensing_time_s: f64,
    age: usize,
    path: PilotPath,
    draws: u32,
    (seed, trial): (u64, u64),
) -> Result<Vec<Simulated>, Error> {
    if age >= instance.blocks() || draws < FEWEST_DRAWS {
        let found = format!("age {age}, {draws} draws");
        let allowed = format!("an age below {}, {FEWEST_DRAWS} draws or more", instance.blocks());
        return Err(InputError::new("nothing to simulate", "age, draws", found, allowed).into());
    }
    let statistics = Statistics::new(instance, sensing_time_s)?;
    let users = instance.users().len();
    let links = (0..users)
        .map(|k| Link::new(instance, &statistics, k, age, path))
        .collect::<Result<Vec<_>, _>>()?;
    let mut streams: Vec<ChaCha8Rng> = (0..users)
        .map(|k| StreamKey::new(seed, SYSTEM, "simulation", k as u64).trial(trial))
        .collect();
    let mut counts = vec![vec![Count::default(); BATCHES as usize]; users];
    let antennas = instance.parts().transmit_antennas;
    let mut channels = vec![vec![C64::ZERO; antennas]; users];
    let mut beams = channels.clone();
    let mut gains = vec![C64::ZERO; users];
    let mut scratch = Scratch::new(antennas);
    for draw in 0..draws {
        for k in 0..users {
            links[k].draw(&mut streams[k], &mut scratch, &mut channels[k], &mut beams[k]);
        }
        let batch = (draw % BATCHES) as usize;
        for (k, channel) in channels.iter().enumerate() {
            for (gain, beam) in gains.iter_mut().zip(&beams) {
                *gain = channel.iter().zip(beam).map(|(h, f)| h.conj() * f).sum();
            }
            counts[k][batch].add(instance, k, &gains);
        }
    }
    Ok((0..users).map(|k| summarise(instance, k, &counts[k])).collect())
}

/// The block of a sensing time as closed form and simulation see it.
///
/// # Errors
/// As [`simulate`].
pub fn simulated_block(
    instance: &Instance,
    sensing_time_s: f64,
    age: usize,
    path: PilotPath,
    draws: u32,
    key: (u64, u64),
) -> Result<SimulatedBlock, Error> {
    let seen = simulate(instance, sensing_time_s, age, path, draws, key)?;
    let form = match path {
        PilotPath::Believed => SinrForm::UseAndForget,
        PilotPath::True => SinrForm::Physical,
    };
    let fresh = Statistics::new(instance, sensing_time_s)?.sinr(instance, form)?;
    let aged: Vec<f64> =
        fresh.iter().zip(&instance.parts().aging).map(|(c, rho)| c * rho[age] * rho[age]).collect();
    let bits = |sinr: f64| sinr.ln_1p() / std::f64::consts::LN_2;
    let off = |(user, exact): (&Simulated, &f64)| {
        (user.sinr - exact).abs() / user.sinr_standard_error.max(f64::MIN_POSITIVE)
    };
    Ok(SimulatedBlock {
        age,
        closed_form_bps_hz: aged.iter().map(|&c| bits(c)).sum(),
        simulated_bps_hz: seen.iter().map(|user| bits(user.sinr)).sum(),
        informed_bps_hz: seen.iter().map(|user| user.informed_rate_bps_hz).sum(),
        worst_standard_errors: seen.iter().zip(&aged).map(off).fold(0.0, f64::max),
    })
}

/// The optimum with one block of it simulated, from the draws of the instance's seed and trial. A frame
/// that is infeasible is not simulated.
///
/// # Errors
/// As [`design_from`] and [`simulate`].
pub fn simulated(
    instance: &Instance,
    settings: &SimulationSettings,
    run: &Run<'_, Plan>,
) -> Result<FrameDesign, Error> {
    let mut design = design_from(instance, &settings.search(), run)?;
    if design.proof.infeasible.is_none() {
        let time = design.variables.sensing_time_s;
        let key = instance.draw().unwrap_or((1, 0));
        let SimulationSettings { age, pilot, draws, .. } = *settings;
        let seen = simulated_block(instance, time, age, pilot, draws, key)?;
        design.metrics.simulated = Some(seen);
    }
    Ok(design)
}

/// One user's channel and estimator, as square roots of covariances.
struct Link {
    /// Of the channel that the pilot sees.
    seen: CMat,
    /// Of the part of a later channel that is independent of it.
    fresh: CMat,
    filter: CMat,
    pilot_noise: f64,
    rho: f64,
    /// The later channel is ρ times the channel, or ρ times its estimate (believed).
    from_estimate: bool,
    beam_scale: f64,
}

impl Link {
    fn new(
        instance: &Instance,
        statistics: &Statistics,
        k: usize,
        age: usize,
        path: PilotPath,
    ) -> Result<Self, Error> {
        let user = &instance.users()[k];
        let (estimate, r) = (&statistics.estimates[k], &statistics.correlation[k]);
        let n = r.rows();
        let rho = instance.parts().aging[k][age];
        let snr = user.gain * user.pilot_snr;
        let (seen, left, power) = match path {
            PilotPath::True => {
                let covariance = estimate.actual(r, snr).0;
                let left = CMat::from_fn(n, n, |i, j| r[(i, j)] * (1.0 - rho * rho));
                let power: f64 = (0..n).map(|i| covariance[(i, i)].re).sum();
                (r.clone(), left, power)
            }
            PilotPath::Believed => {
                let left =
                    CMat::from_fn(n, n, |i, j| r[(i, j)] - estimate.estimate[(i, j)] * (rho * rho));
                (estimate.prior(), left, estimate.estimate_trace)
            }
        };
        Ok(Self {
            seen: square_root(&seen, k)?,
            fresh: square_root(&left, k)?,
            filter: estimate.filter(),
            pilot_noise: 1.0 / snr,
            rho,
            from_estimate: path == PilotPath::Believed,
            beam_scale: if power > 0.0 { 1.0 / power.sqrt() } else { 0.0 },
        })
    }

    /// A later channel, and the beam made of the estimate.
    fn draw(
        &self,
        rng: &mut ChaCha8Rng,
        scratch: &mut Scratch,
        later: &mut [C64],
        beam: &mut [C64],
    ) {
        let Scratch { normal, channel, pilot, fresh } = scratch;
        normals(rng, self.seen.cols(), 1.0, normal);
        apply(&self.seen, normal, channel);
        normals(rng, channel.len(), self.pilot_noise, normal);
        for ((y, h), z) in pilot.iter_mut().zip(channel.iter()).zip(normal.iter()) {
            *y = h + z;
        }
        // The estimate itself, until it is scaled.
        apply(&self.filter, pilot, beam);
        normals(rng, self.fresh.cols(), 1.0, normal);
        apply(&self.fresh, normal, fresh);
        let base = if self.from_estimate { &*beam } else { &channel[..] };
        for ((out, h), e) in later.iter_mut().zip(base).zip(fresh.iter()) {
            *out = h * self.rho + e;
        }
        beam.iter_mut().for_each(|h| *h *= self.beam_scale);
    }
}

/// Vectors of one draw, made once.
struct Scratch {
    normal: Vec<C64>,
    channel: Vec<C64>,
    pilot: Vec<C64>,
    fresh: Vec<C64>,
}

impl Scratch {
    fn new(antennas: usize) -> Self {
        let zeros = || vec![C64::ZERO; antennas];
        Self {
            normal: Vec::with_capacity(antennas),
            channel: zeros(),
            pilot: zeros(),
            fresh: zeros(),
        }
    }
}

fn normals(rng: &mut ChaCha8Rng, count: usize, variance: f64, out: &mut Vec<C64>) {
    out.clear();
    out.extend((0..count).map(|_| complex_normal(rng, variance)));
}

fn apply(a: &CMat, x: &[C64], out: &mut [C64]) {
    out.fill(C64::ZERO);
    for (j, x) in x.iter().enumerate() {
        for (out, a) in out.iter_mut().zip(a.col(j)) {
            *out += a * x;
        }
    }
}

/// `V √Λ` without the eigenvalues that rounding left.
fn square_root(a: &CMat, user: usize) -> Result<CMat, Error> {
    let mut eigen = HermitianEigen::new(a.rows());
    eigen.compute(a)?;
    if eigen.min() < -1e-9 * eigen.max().max(1e-3) {
        return Err(InputError::new(
            "what is left of the channel is not a covariance",
            format!("user {user}"),
            format!("an eigenvalue of {:.1e}", eigen.min()),
            "a prior that the correlation dominates: longer sensing, or the true pilot path",
        )
        .into());
    }
    let first = eigen.values().partition_point(|&x| x <= 1e-15 * eigen.max());
    let mut root = eigen.vectors().columns(first..a.rows());
    for (j, value) in eigen.values()[first..].iter().enumerate() {
        root.col_mut(j).iter_mut().for_each(|z| *z *= value.sqrt());
    }
    Ok(root)
}

/// Sums over the draws of one batch.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    draws: f64,
    mean: C64,
    received: f64,
    informed: f64,
}

impl Count {
    fn add(&mut self, instance: &Instance, k: usize, gains: &[C64]) {
        let users = instance.users();
        let noise = users[k].noise_w / users[k].gain;
        let power = |(user, gain): (&super::User, &C64)| user.power_w * gain.norm_sqr();
        let all: f64 = users.iter().zip(gains).map(power).sum();
        let own = users[k].power_w * gains[k].norm_sqr();
        self.draws += 1.0;
        self.mean += gains[k];
        self.received += all;
        self.informed += (own / (all - own + noise)).ln_1p() / std::f64::consts::LN_2;
    }

    fn sinr(&self, instance: &Instance, k: usize) -> f64 {
        let user = &instance.users()[k];
        let signal = user.power_w * (self.mean / self.draws).norm_sqr();
        signal / (self.received / self.draws - signal + user.noise_w / user.gain)
    }
}

/// Eq. (20): the power of the mean gain over the variance of the own gain, the power of the other
/// beams, and noise (`docs/errata.md#frame-e6`).
fn summarise(instance: &Instance, k: usize, batches: &[Count]) -> Simulated {
    let mut all = Count::default();
    for batch in batches {
        all.draws += batch.draws;
        all.mean += batch.mean;
        all.received += batch.received;
        all.informed += batch.informed;
    }
    let spread = |of: &dyn Fn(&Count) -> f64| {
        let values: Vec<f64> = batches.iter().map(of).collect();
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let variance = values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0);
        (variance / n).sqrt()
    };
    Simulated {
        sinr: all.sinr(instance, k),
        sinr_standard_error: spread(&|count| count.sinr(instance, k)),
        informed_rate_bps_hz: all.informed / all.draws,
        informed_standard_error: spread(&|count| count.informed / count.draws),
    }
}
