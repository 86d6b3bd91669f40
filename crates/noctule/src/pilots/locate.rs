//! Estimators on the echoes of an allocation: is the bound attained?

use noctule_num::input::{in_count, setting};
use noctule_num::interrupt::poll;
use noctule_num::rng::{StreamKey, normal};
use noctule_num::{InputError, NumError};
use noctule_optim::Stop;
use noctule_phy::geometry::Point;
use noctule_phy::multistatic::{Paths, Radar};
use serde::{Deserialize, Serialize};

use super::baselines::{FullPower, full_power};
use super::instance::Sensing;
use super::{Allocation, Instance, PilotUse, PilotsDesign, SYSTEM};
use crate::estimate::{Echoes, Locator, Window, bistatic_position, flat_tones, rms_bandwidth};
use crate::{Error, Run};

/// A position off by more than this is an outlier, in metres.
const OUTLIER_M: f64 = 10.0;
/// A window is at least this long along each axis, in metres.
const LEAST_WINDOW_M: f64 = 1.0;

/// Seed and trial of noises over an instance that was not drawn.
const NOT_DRAWN: (u64, u64) = (1, 0);

/// What is estimated from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Estimator {
    /// Path lengths with Gaussian errors of the variance that the bound has: weighted least squares.
    Ranges,
    /// Sampled echoes with unknown complex amplitudes: maximum likelihood over the position.
    #[default]
    Waveform,
}

/// Settings of [`locate`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct LocateSettings {
    /// What is estimated from.
    pub estimator: Estimator,
    /// Noises drawn for every user.
    pub noise_trials: u32,
    /// Tones of a flat spectrum, for the waveform.
    pub tones: usize,
    /// Half width of the window around the true position that is searched, in metres: a tracker's
    /// prior. `null` searches the smallest rectangle around all access points and users. Cells are a
    /// quarter of c/B long, with B the flat bandwidth, √12 times the effective one; a window of more
    /// than a million cells is refused.
    pub window_m: Option<f64>,
}

impl Default for LocateSettings {
    fn default() -> Self {
        Self { estimator: Estimator::Waveform, noise_trials: 20, tones: 16, window_m: None }
    }
}

impl LocateSettings {
    /// Refuse settings that make no sense.
    ///
    /// # Errors
    /// [`InputError`] naming the setting.
    pub fn validate(&self) -> Result<(), InputError> {
        in_count("noise_trials", self.noise_trials, 1, 1_000_000)?;
        in_count("tones", self.tones, 2, 1024)?;
        match self.window_m {
            Some(reach) if !(reach > 0.0 && reach <= 1e4) => {
                Err(setting("window_m", reach, "above 0, up to 10000"))
            }
            _ => Ok(()),
        }
    }
}

/// What an estimator achieves, over users and noises.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attained {
    /// Mean squared error in m².
    pub mse_m2: f64,
    /// Mean over users of squared error over bound.
    pub mse_over_crb: f64,
    /// Share of estimates off by more than ten metres.
    pub outliers: f64,
    /// Squared error in m² of every noise, user by user.
    pub squared_error_m2: Vec<Vec<f64>>,
}

/// Full power in equal shares, and what estimators make of its echoes: `attained` among the metrics.
/// After an interrupt it is absent, as half of the noises is no mean.
///
/// # Errors
/// As [`locate`].
pub fn located(
    instance: &Instance,
    settings: &LocateSettings,
    run: &Run<'_, Allocation>,
) -> Result<PilotsDesign, Error> {
    let mut design = full_power(instance, &FullPower::default(), run)?;
    match locate(instance, &design.variables, settings) {
        Err(Error::Numerics(NumError::Interrupted)) => design.stop = Stop::Interrupted,
        attained => design.metrics.attained = Some(attained?),
    }
    Ok(design)
}

/// Estimate the positions of all users from the echoes that `allocation` causes.
///
/// Draws belong to the seed and trial that the instance was drawn with (1 and 0 where it was not).
///
/// # Errors
/// [`Error::Input`] where positions are not known, nothing is sent that could be located from, a
/// user cannot be located, or the window has too many cells for the bandwidth.
pub fn locate(
    instance: &Instance,
    allocation: &Allocation,
    settings: &LocateSettings,
) -> Result<Attained, Error> {
    settings.validate()?;
    allocation.check(instance)?;
    if allocation.pilots == PilotUse::UplinkOnly {
        let what = "without downlink pilots there are no echoes";
        let allowed = "downlink pilots or sensing symbols";
        return Err(InputError::new(what, "pilots", "uplink only", allowed).into());
    }
    let Some(Sensing::Placed { points, users, radar }) = &instance.parts().sensing else {
        let what = "positions are not known";
        return Err(InputError::new(what, "point_m", "no positions", "positions").into());
    };
    let (seed, trial) = instance.draw().unwrap_or(NOT_DRAWN);
    let energy = instance.parts().downlink_energy;
    let (mut all, mut over) = (Vec::with_capacity(users.len()), 0.0);
    for (k, user) in users.iter().enumerate() {
        let p: Vec<f64> =
            (0..points.len()).map(|m| energy * allocation.fractions[m * users.len() + k]).collect();
        let mut rng = StreamKey::new(seed, SYSTEM, "echo", k as u64).trial(trial);
        let scene = Scene::new(points, *user, users, radar, &p, settings)?;
        let squares: Vec<f64> = (0..settings.noise_trials)
            .map(|_| {
                poll()?;
                scene.squared_error(&mut rng)
            })
            .collect::<Result<_, _>>()?;
        over += squares.iter().sum::<f64>() / squares.len() as f64 / scene.bound;
        all.push(squares);
    }
    Ok(Attained::over(over / users.len() as f64, all))
}

impl Attained {
    /// From the squared errors of every noise, user by user.
    fn over(mse_over_crb: f64, squared_error_m2: Vec<Vec<f64>>) -> Self {
        let flat: Vec<f64> = squared_error_m2.concat();
        let count = flat.len() as f64;
        Self {
            mse_m2: flat.iter().sum::<f64>() / count,
            mse_over_crb,
            outliers: flat.iter().filter(|e| **e > OUTLIER_M * OUTLIER_M).count() as f64 / count,
            squared_error_m2,
        }
    }
}

/// One user and the paths over it.
struct Scene<'a> {
    points: &'a [Point],
    user: Point,
    weights: Vec<f64>,
    lengths: Vec<f64>,
    snr: Vec<f64>,
    tones: Vec<f64>,
    /// Absent for ranges, which need no window.
    locator: Option<Locator>,
    bound: f64,
}

impl<'a> Scene<'a> {
    fn new(
        points: &'a [Point],
        user: Point,
        users: &[Point],
        radar: &Radar,
        p: &[f64],
        settings: &LocateSettings,
    ) -> Result<Self, Error> {
        // Tones of a flat spectrum with exactly the root-mean-square bandwidth of the bound.
        let unit = flat_tones(1.0, settings.tones);
        let tones = flat_tones(radar.effective_bandwidth_hz / rms_bandwidth(&unit), settings.tones);
        let cannot = || {
            let what = "a user cannot be located";
            InputError::new(what, "users", "no bound on its position", "a bound")
        };
        let paths = Paths::new(points, user, radar).ok_or_else(cannot)?;
        let m = points.len();
        let weights = paths.length_information(p);
        let bound = paths
            .information()
            .iter()
            .zip(p)
            .fold(noctule_phy::multistatic::Information::default(), |sum, (r, p)| sum.plus(*p, *r))
            .crb()
            .ok_or_else(cannot)?;
        let d: Vec<f64> = points.iter().map(|q| q.distance_m(user)).collect();
        let window = match settings.window_m {
            Some(reach) => Window::around(user, reach),
            None => around_all(points, users),
        };
        Ok(Self {
            points,
            user,
            weights,
            lengths: (0..m * m).map(|i| d[i / m] + d[i % m]).collect(),
            snr: paths.gains().iter().enumerate().map(|(i, g)| g * p[i / m]).collect(),
            locator: match settings.estimator {
                Estimator::Waveform => Some(Locator::new(points, window, &tones)?),
                Estimator::Ranges => None,
            },
            tones,
            bound,
        })
    }

    fn squared_error(&self, rng: &mut noctule_num::rng::ChaCha8Rng) -> Result<f64, Error> {
        let found = match &self.locator {
            None => {
                let noisy = |(length, w): (&f64, &f64)| {
                    let error = normal(rng);
                    if *w > 0.0 { (length + error / w.sqrt()).max(0.0) } else { 0.0 }
                };
                let ranges: Vec<f64> = self.lengths.iter().zip(&self.weights).map(noisy).collect();
                bistatic_position(self.points, &ranges, &self.weights)?
            }
            Some(locator) => {
                let echoes = Echoes::simulate(self.points, self.user, &self.snr, &self.tones, rng);
                locator.locate(&echoes)
            }
        };
        Ok(found.position.distance_m(self.user).powi(2))
    }
}

fn around_all(points: &[Point], users: &[Point]) -> Window {
    let all = || points.iter().chain(users);
    let range = |of: fn(&Point) -> f64| {
        let low = all().map(of).fold(f64::INFINITY, f64::min);
        [low, all().map(of).fold(f64::NEG_INFINITY, f64::max).max(low + LEAST_WINDOW_M)]
    };
    Window { x_m: range(|p| p.x_m), y_m: range(|p| p.y_m) }
}
