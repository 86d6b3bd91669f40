//! Simulated echoes of designed beams, and who attains the bound.
//!
//! Every beam carries a waveform orthogonal to the others over the block, echoes meet white noise at the
//! receive antennas, and the estimators of [`crate::estimate::targets`] look for as many targets as there are:
//! maximum likelihood, which knows the waveforms, and MUSIC, which does not. Estimates are given to targets
//! so that the sum of their squared distances is smallest, as whoever counts errors must.
//!
//! Above a threshold of the signal-to-noise ratio errors of maximum likelihood are those of the
//! Cramér–Rao bound; below it estimates begin to sit on other lobes, and the bound says nothing
//! about them.

use std::f64::consts::FRAC_PI_2;

use noctule_num::interrupt::poll;
use noctule_num::rng::{StreamKey, complex_normal};
use noctule_optim::assignment::smallest_total;
use serde::{Deserialize, Serialize};

use super::{Beams, Instance, SYSTEM, TargetMetrics};
use crate::Error;
use crate::estimate::targets::{Scanner, Sighting};

/// Errors of an estimator over all draws, targets and both angles.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct EchoErrors {
    /// Root-mean-square error in degrees.
    pub rms_angle_error_deg: f64,
    /// Mean of squared errors over their Cramér–Rao bounds; absent where the Fisher matrix is
    /// singular.
    pub mse_over_crb: Option<f64>,
    /// Share of draws in which some angle is off by more than five root-bounds: an estimate on another lobe.
    pub outliers: Option<f64>,
}

/// What estimators made of the simulated echoes of beams.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct EchoReport {
    /// Simulated echoes.
    pub draws: u64,
    /// Of maximum likelihood.
    pub likelihood: EchoErrors,
    /// Of MUSIC; absent where there are as many targets as receive antennas.
    pub music: Option<EchoErrors>,
}

/// So many root-bounds away an estimate sits on another lobe: of a Gaussian error one in two million does.
const OUTLIER: f64 = 5.0;

/// Simulate the echoes that an instance asks for ([`Scenario::echo_draws`](super::Scenario)) and
/// estimate; `bounds` are those of the targets under these beams. `None` where it asks for none, has no
/// targets, or arrays that are not flat.
///
/// # Errors
/// Broken numerics, beams that do not fit, and interrupts.
pub fn report(
    instance: &Instance,
    beams: &Beams,
    bounds: Option<&[TargetMetrics]>,
) -> Result<Option<EchoReport>, Error> {
    let (draws, targets) = (instance.echo_draws(), truth(instance));
    if draws == 0 || targets.is_empty() {
        return Ok(None);
    }
    beams.check(instance)?;
    let parts = instance.parts();
    let (transmit, receive) = (instance.transmit_elements(), instance.receive_elements());
    let scanner = Scanner::new(transmit, receive, &beams.matrix, parts.snapshots);
    let Some(scanner) = scanner else { return Ok(None) };
    let clean = scanner.echo(&targets);
    let bounds = bounds.map(squares);
    let (seed, trial) = instance.draw().unwrap_or((1, 0));
    let (mut likelihood, mut music) = (Tally::default(), Some(Tally::default()));
    for number in 0..draws {
        poll()?;
        let mut rng = StreamKey::new(seed, SYSTEM, "echo", number).trial(trial);
        let mut echoes = clean.clone();
        let noise = parts.sensing_noise_w;
        echoes.as_mut_slice().iter_mut().for_each(|z| *z += complex_normal(&mut rng, noise));
        let found = scanner.likelihood(&echoes, targets.len());
        let found: Vec<(f64, f64)> = found.iter().map(|t| (t.azimuth_rad, t.polar_rad)).collect();
        likelihood.add(&matched(&targets, &found), bounds.as_deref());
        let found = scanner.music(&echoes, targets.len())?;
        music = music.zip(found).map(|(mut tally, found)| {
            tally.add(&matched(&targets, &found), bounds.as_deref());
            tally
        });
    }
    let errors = |tally: Tally| tally.errors(bounds.is_some());
    Ok(Some(EchoReport { draws, likelihood: errors(likelihood), music: music.map(errors) }))
}

/// Sums over draws.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    draws: u64,
    angles: u64,
    squared: f64,
    relative: f64,
    outliers: u64,
}

impl Tally {
    /// The errors of one draw, in radians.
    fn add(&mut self, errors: &[f64], bounds: Option<&[f64]>) {
        self.draws += 1;
        self.angles += errors.len() as u64;
        self.squared += errors.iter().map(|e| e * e).sum::<f64>();
        let Some(bounds) = bounds else { return };
        let ratio = |(e, bound): (&f64, &f64)| e * e / bound;
        let ratios = || errors.iter().zip(bounds).map(ratio);
        self.relative += ratios().sum::<f64>();
        self.outliers += u64::from(ratios().any(|r| r > OUTLIER * OUTLIER));
    }

    fn errors(self, bounded: bool) -> EchoErrors {
        let angles = self.angles as f64;
        EchoErrors {
            rms_angle_error_deg: (self.squared / angles).sqrt().to_degrees(),
            mse_over_crb: bounded.then_some(self.relative / angles),
            outliers: bounded.then_some(self.outliers as f64 / self.draws as f64),
        }
    }
}

/// The targets as a flat array sees them: in front of it.
fn truth(instance: &Instance) -> Vec<Sighting> {
    let one = |target: &super::Target| {
        let azimuth = target.azimuth_rad;
        let in_front = if azimuth.abs() <= FRAC_PI_2 {
            azimuth
        } else {
            (2.0 * FRAC_PI_2).copysign(azimuth) - azimuth
        };
        Sighting {
            azimuth_rad: in_front,
            polar_rad: target.polar_rad,
            reflection: target.reflection,
        }
    };
    instance.targets().iter().map(one).collect()
}

/// Bounds on azimuth and polar angle of every target in rad², in the order of [`matched`].
fn squares(targets: &[TargetMetrics]) -> Vec<f64> {
    let both = |t: &TargetMetrics| [t.azimuth_rcrb_deg, t.polar_rcrb_deg];
    targets.iter().flat_map(both).map(|deg| deg.to_radians().powi(2)).collect()
}

/// Errors of azimuth and polar angle of every target in radians, estimates given to targets at the
/// smallest sum of squares.
fn matched(truth: &[Sighting], found: &[(f64, f64)]) -> Vec<f64> {
    let error =
        |i: usize, j: usize| [found[j].0 - truth[i].azimuth_rad, found[j].1 - truth[i].polar_rad];
    let cost = |i: usize, j: usize| error(i, j).iter().map(|e| e * e).sum::<f64>();
    let given = smallest_total(truth.len(), found.len(), cost);
    let given = given.unwrap_or_else(|| (0..truth.len()).collect());
    given.into_iter().enumerate().flat_map(|(i, j)| error(i, j)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::beamforming::{Scenario, Settings, Targets, design};

    fn report_at(power_dbm: f64, draws: u64) -> EchoReport {
        let scenario = Scenario { users: 2, power_dbm, echo_draws: draws, ..Scenario::default() };
        let instance = scenario.realize(1, 0).expect("a scene");
        let design = design(&instance, &Settings::default()).expect("a design");
        design.metrics.echo.expect("echoes")
    }

    /// Far above the threshold maximum likelihood attains the bound; 1500 draws of four angles leave a
    /// standard error of 1.8 %. MUSIC, which does not know the waveforms, comes near.
    #[test]
    fn maximum_likelihood_attains_the_bound() {
        let found = report_at(25.0, 1500);
        let ratio = found.likelihood.mse_over_crb.expect("a bound");
        assert!((ratio - 1.0).abs() < 0.06, "{found:?}");
        assert_eq!(found.likelihood.outliers, Some(0.0));
        let ratio = found.music.and_then(|music| music.mse_over_crb).expect("a bound");
        assert!(ratio > 1.02 && ratio < 30.0, "{found:?}");
    }

    /// Far below it, the bound is not met: estimates sit anywhere, in an interval the bound knows
    /// nothing of.
    #[test]
    fn below_the_threshold_nobody_does() {
        let found = report_at(-20.0, 60).likelihood;
        assert!(found.rms_angle_error_deg > 10.0 && found.rms_angle_error_deg < 90.0, "{found:?}");
        assert!(found.outliers < Some(1.0), "the bound itself is huge there: {found:?}");
    }

    /// Estimates in another order are the same estimates.
    #[test]
    fn estimates_are_given_to_their_targets() {
        let one = |azimuth_rad: f64| Sighting {
            azimuth_rad,
            polar_rad: 1.0,
            reflection: noctule_num::C64::ONE,
        };
        let truth = [one(-0.5), one(0.5)];
        assert_eq!(matched(&truth, &[(0.5, 1.0), (-0.5, 1.25)]), [0.0, 0.25, 0.0, 0.0]);
    }

    /// Nothing is simulated that is not asked for, nor without targets.
    #[test]
    fn without_draws_or_targets_there_is_nothing() {
        let echo = |scenario: Scenario| {
            let instance = scenario.realize(1, 0).expect("a scene");
            design(&instance, &Settings::default()).expect("a design").metrics.echo
        };
        let scenario = Scenario { users: 1, ..Scenario::default() };
        assert_eq!(echo(scenario.clone()), None);
        let none = Targets::Fixed(Vec::new());
        let empty = Scenario { targets: none, crb_weight: 0.0, echo_draws: 3, ..scenario };
        assert_eq!(echo(empty), None);
    }
}
