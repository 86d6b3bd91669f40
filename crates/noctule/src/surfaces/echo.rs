//! Simulated echoes at the sensors, and who attains the bound.
//!
//! Waveforms are drawn from the covariance of a deployment, `x_t ~ CN(0, R)`, the reflection has the
//! magnitude of the instance and a random phase, and the sensors add white noise. The estimators of
//! [`crate::estimate`] are run on the same echoes; their errors are taken modulo the period, since a
//! spatial frequency of 0.99 and one of −0.99 are neighbours.

use noctule_num::interrupt::poll;
use noctule_num::linalg::{HermitianEigen, Op, product};
use noctule_num::rng::{StreamKey, complex_normal, uniform};
use noctule_num::{C64, CMat, InputError};
use noctule_phy::centred_array::{CentredArray, wrap};
use noctule_phy::units::db_from_linear;
use serde::{Deserialize, Serialize};

use super::{Deployment, Instance, SYSTEM};
use crate::Error;
use crate::estimate::music::music_frequency;
use crate::estimate::waveform_ml::{Reflector, waveform_frequency};

/// Errors of the two estimators in one draw of waveforms and noise.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct EchoErrors {
    /// Error of MUSIC, which does not know the waveforms.
    pub music: f64,
    /// Error of maximum likelihood, which knows them.
    pub likelihood: f64,
}

/// What estimators made of the simulated echoes of an instance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EchoReport {
    /// Power of the echo over the noise at one sensor in one snapshot, in dB.
    pub snr_db: f64,
    /// Mean squared error of MUSIC over the Cramér–Rao bound.
    pub music_mse_over_crb: Option<f64>,
    /// Mean squared error of maximum likelihood over the bound.
    pub likelihood_mse_over_crb: Option<f64>,
    /// The errors of every draw.
    pub errors: Vec<EchoErrors>,
}

/// Simulate as many echoes as the instance asks for; `None` where it asks for none, and for
/// deployments of several modes.
///
/// # Errors
/// Broken numerics, or a deployment that does not fit.
pub fn report(
    instance: &Instance,
    deployment: &Deployment,
    crb: Option<f64>,
) -> Result<Option<EchoReport>, Error> {
    let (draws, seed, trial) = instance.echoes();
    if draws == 0 || deployment.modes.len() != 1 {
        return Ok(None);
    }
    let bench = EchoBench::new(instance, deployment)?;
    let errors = (0..draws)
        .map(|number| {
            poll()?;
            bench.draw(seed, trial, number)
        })
        .collect::<Result<Vec<_>, Error>>()?;
    let ratio = |of: fn(&EchoErrors) -> f64| {
        let mean = errors.iter().map(|e| of(e).powi(2)).sum::<f64>() / errors.len() as f64;
        crb.map(|crb| mean / crb)
    };
    Ok(Some(EchoReport {
        snr_db: db_from_linear(bench.snr()),
        music_mse_over_crb: ratio(|e| e.music),
        likelihood_mse_over_crb: ratio(|e| e.likelihood),
        errors,
    }))
}

/// A steady deployment seen by its sensors.
#[derive(Clone, Debug)]
pub struct EchoBench {
    truth: f64,
    sensors: usize,
    snapshots: usize,
    noise_w: f64,
    amplitude: f64,
    /// A square root of R.
    factor: CMat,
    /// The response g towards the target, and the part of it that does not move with μ_T.
    response: Vec<C64>,
    fixed: Vec<C64>,
    reflector: Reflector,
}

impl EchoBench {
    /// Prepare a deployment with one mode.
    ///
    /// # Errors
    /// [`Error::Input`] for several modes, or a deployment that does not fit.
    pub fn new(instance: &Instance, deployment: &Deployment) -> Result<Self, Error> {
        deployment.check(instance)?;
        let [mode] = deployment.modes.as_slice() else {
            let found = format!("{} modes", deployment.modes.len());
            let what = "echoes are simulated for one mode";
            return Err(InputError::new(what, "modes", found, "1").into());
        };
        let cascade = instance.cascade(&deployment.sites);
        let response = cascade.illumination(&mode.phases).response;
        let path = &cascade.paths[0];
        let base = CentredArray::new(cascade.transmit_antennas).response(path.base_departure);
        let strength = path.base_gain.sqrt() * cascade.relative_amplitude(0);
        let own = path.illumination(&mode.phases[0]).0.conj() * strength;
        let fixed = response.iter().zip(&base).map(|(g, b)| g - b * own).collect();
        let total = mode.total();
        let mut eigen = HermitianEigen::new(total.rows());
        eigen.compute(&total)?;
        let factor = CMat::from_fn(total.rows(), total.rows(), |i, j| {
            eigen.vectors()[(i, j)] * eigen.values()[j].max(0.0).sqrt()
        });
        let arrival = CentredArray::new(path.elements).response(path.surface_arrival);
        let incident = mode.phases[0].iter().zip(&arrival).map(|(v, b)| v * b * strength).collect();
        Ok(Self {
            truth: path.target_departure,
            sensors: cascade.sensors,
            snapshots: cascade.snapshots as usize,
            noise_w: cascade.sensing_noise_w,
            amplitude: cascade.echo_gain().sqrt(),
            factor,
            response,
            fixed,
            reflector: Reflector { base, incident },
        })
    }

    /// Power of the echo over the noise at one sensor in one snapshot.
    pub fn snr(&self) -> f64 {
        let lit = product(&self.factor, Op::Adjoint, &self.column(&self.response), Op::Plain);
        lit.norm_sqr() * self.amplitude.powi(2) / self.noise_w
    }

    fn column(&self, x: &[C64]) -> CMat {
        CMat::from_fn(x.len(), 1, |i, _| x[i])
    }

    /// Draw waveforms and noise, and estimate. The draw is named by seed, trial and number.
    ///
    /// # Errors
    /// Broken numerics.
    pub fn draw(&self, seed: u64, trial: u64, number: u64) -> Result<EchoErrors, Error> {
        let mut rng = StreamKey::new(seed, SYSTEM, "echo", number).trial(trial);
        let white =
            CMat::from_fn(self.factor.cols(), self.snapshots, |_, _| complex_normal(&mut rng, 1.0));
        let waveforms = product(&self.factor, Op::Plain, &white, Op::Plain);
        let phase = uniform(&mut rng, 0.0, std::f64::consts::TAU);
        let reflection = C64::from_polar(self.amplitude, phase);
        let lit = product(&self.column(&self.response), Op::Adjoint, &waveforms, Op::Plain);
        let sensors = CentredArray::new(self.sensors).response(self.truth);
        let echoes = CMat::from_fn(self.sensors, self.snapshots, |i, t| {
            sensors[i] * lit[(0, t)] * reflection + complex_normal(&mut rng, self.noise_w)
        });
        let music = music_frequency(&echoes)?;
        let likelihood = waveform_frequency(&echoes, &waveforms, &self.fixed, &self.reflector);
        Ok(EchoErrors {
            music: wrap(music - self.truth),
            likelihood: wrap(likelihood - self.truth),
        })
    }
}
