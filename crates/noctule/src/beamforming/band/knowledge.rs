//! What the station knows of channels: estimates from pilots that users share, and that have aged.
//!
//! ```math
//! y = \sum_{i\in\mathrm{pilot}} h_i + n,\quad n\sim\mathcal{CN}(0, I/\gamma);\qquad
//! \hat h_k = m_k + \rho A_k\Big(y - \sum_i m_i\Big),\quad C_k = R_k - \rho^2 A_k R_k
//! ```
//! subcarrier by subcarrier with the means m and covariances R of the users' channels, and
//! `A_k = R_k(Σ_i R_i + I/γ)⁻¹` ([`noctule_phy::channels::estimation`]). Channels are those of the data: those of
//! the pilots, which the estimates see, are `m + ρ(h − m) + √(1−ρ²) R^{1/2}e`, with innovations e that are
//! independent from subcarrier to subcarrier.
//!
//! Means and covariances are known beside the pilots, and do not age: of a line of sight its direction, gain and
//! phase, of clusters and delay lines the directions of their rays. What pilots tell, and what ages, is the rest.

use noctule_num::input::{in_count, in_range};
use noctule_num::linalg::HermitianEigen;
use noctule_num::rng::complex_normal;
use noctule_num::{C64, CMat, InputError};
use noctule_phy::channels::antennas::Antennas;
use noctule_phy::channels::draws::UserStreams;
use noctule_phy::channels::estimation::{Lmmse, aged_error};
use noctule_phy::channels::model::{Model, Statistics};
use noctule_phy::channels::scattering::{correlate, hermitian_root};
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::beamforming::SYSTEM;

/// What is known of the users' channels: linear minimum-mean-square-error estimates from pilots. Beams are
/// designed for a lower bound on the mean rate over what the estimates leave open, and `true_rate_bps_hz` is what
/// they achieve on the channels. Lines of sight, with their phase, and directions are known beside.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Knowledge {
    /// Energy of a pilot over the noise, on every subcarrier and for a channel of gain one, in dB: where path
    /// losses are drawn, those come off it.
    pub pilot_snr_db: f64,
    /// Number of orthogonal pilots: user k sends pilot k mod this, so that users may contaminate each other's.
    /// `null` is one pilot a user.
    pub pilots: Option<usize>,
    /// Correlation ρ between what is random of the channels of the pilots and of those of the data: 1 where nothing
    /// has changed. A line of sight stays.
    pub age_correlation: f64,
}

impl Default for Knowledge {
    fn default() -> Self {
        Self { pilot_snr_db: 10.0, pilots: None, age_correlation: 1.0 }
    }
}

/// Estimates and the covariances of their errors.
#[derive(Clone, Debug, PartialEq)]
pub struct Estimates {
    /// ĥ of every subcarrier, antennas × users.
    pub channels: Vec<CMat>,
    /// C_k of every user, antennas × antennas, the same on all subcarriers.
    pub errors: Vec<CMat>,
}

impl Knowledge {
    /// Refuse what makes no sense, places as fields of the table.
    pub(in crate::beamforming) fn validate(&self) -> Result<(), InputError> {
        in_range("pilot_snr_db", self.pilot_snr_db, -300.0, 300.0, "dB")?;
        in_range("age_correlation", self.age_correlation, 0.0, 1.0, "")?;
        match self.pilots {
            Some(pilots) => in_count("pilots", pilots, 1, 4096),
            None => Ok(()),
        }
    }

    /// What pilots tell of the channels of a trial.
    ///
    /// # Errors
    /// As the statistics of the model.
    pub(in crate::beamforming) fn estimates(
        &self,
        model: &Model,
        array: &dyn Antennas,
        channels: &[CMat],
        (seed, trial): (u64, u64),
    ) -> Result<Estimates, InputError> {
        let users = channels.first().map_or(0, CMat::cols);
        let streams = |user: usize| UserStreams { seed, system: SYSTEM, trial, user: user as u64 };
        let known = (0..users)
            .map(|k| model.statistics(array, &streams(k)).map_err(|e| e.inside("channel")))
            .collect::<Result<Vec<Statistics>, _>>()?;
        let (rho, snr) = (self.age_correlation, 10_f64.powf(self.pilot_snr_db / 10.0));
        let pilots = self.pilots.unwrap_or(users).max(1);
        let sent: Vec<Vec<CMat>> = (0..users)
            .map(|k| self.at_pilots(&known[k], channels, k, &streams(k)))
            .collect::<Result<_, _>>()?;
        let (n, antennas) = (channels.len(), array.elements());
        let mut out = vec![CMat::zeros(antennas, users); n];
        let mut errors = Vec::with_capacity(users);
        for k in 0..users {
            let together: Vec<usize> = (k % pilots..users).step_by(pilots).collect();
            let others: Vec<&CMat> =
                together.iter().filter(|i| **i != k).map(|i| &known[*i].covariance).collect();
            let own = Lmmse::new(&known[k].covariance, &others, snr)
                .map_err(|error| error.inside("knowledge"))?;
            let mut means = vec![C64::ZERO; antennas];
            for i in &together {
                means.iter_mut().zip(&known[*i].mean).for_each(|(sum, m)| *sum += m);
            }
            // One observation for all users of a pilot: its noise is that of the first.
            let noise = streams(k % pilots).pilot_noise(antennas, n);
            for (at, out) in out.iter_mut().enumerate() {
                let mut heard: Vec<C64> = noise.col(at).iter().map(|z| z / snr.sqrt()).collect();
                for i in &together {
                    heard.iter_mut().zip(sent[*i][at].col(0)).for_each(|(y, h)| *y += h);
                }
                let estimate = own.of(&heard, &known[k].mean, &means);
                let aged = estimate.iter().zip(&known[k].mean).map(|(h, m)| m + (h - m) * rho);
                out.col_mut(k).iter_mut().zip(aged).for_each(|(out, h)| *out = h);
            }
            errors.push(aged_error(&known[k].covariance, &own.error, rho));
        }
        Ok(Estimates { channels: out, errors })
    }

    /// A user's channels when it sent its pilot.
    fn at_pilots(
        &self,
        known: &Statistics,
        channels: &[CMat],
        user: usize,
        streams: &UserStreams<'_>,
    ) -> Result<Vec<CMat>, InputError> {
        let rho = self.age_correlation;
        let fresh = (1.0 - rho * rho).max(0.0).sqrt();
        let root = if fresh > 0.0 {
            let root = hermitian_root(&known.covariance).map_err(|error| {
                let (what, allowed) = ("a covariance has no root", "finite angles and spreads");
                InputError::new(what, "channel", error.to_string(), allowed)
            })?;
            Some(root)
        } else {
            None
        };
        let mut rng = streams.stream("ageing");
        let of = |h: &CMat| {
            let mut then = h.columns(user..user + 1);
            let Some(root) = &root else { return then };
            let e: Vec<C64> = (0..h.rows()).map(|_| complex_normal(&mut rng, 1.0)).collect();
            let e = correlate(root, &e);
            let column = then.col_mut(0).iter_mut().zip(&known.mean).zip(e);
            column.for_each(|((h, m), e)| *h = m + (*h - m) * rho + e * fresh);
            then
        };
        Ok(channels.iter().map(of).collect())
    }
}

impl Estimates {
    /// Refuse estimates that do not fit, and errors that are no covariances.
    pub(super) fn check(
        &self,
        subcarriers: usize,
        (antennas, users): (usize, usize),
    ) -> Result<(), Error> {
        let fits = |m: &CMat, rows, cols| {
            (m.rows(), m.cols()) == (rows, cols) && m.as_slice().iter().all(|z| z.is_finite())
        };
        let channels = &self.channels;
        if channels.len() != subcarriers || !channels.iter().all(|h| fits(h, antennas, users)) {
            let allowed = format!("finite numbers of shape [{subcarriers}, {users}, {antennas}]");
            return refused(
                "the estimates do not fit",
                "band_estimates",
                "another shape",
                &allowed,
            );
        }
        if self.errors.len() != users {
            let (found, allowed) = (self.errors.len().to_string(), format!("{users}, one a user"));
            return refused("not one error a user", "error_covariances", &found, &allowed);
        }
        for (k, error) in self.errors.iter().enumerate() {
            let place = format!("error_covariances[{k}]");
            if !fits(error, antennas, antennas) {
                let allowed = format!("finite numbers of shape [{antennas}, {antennas}]");
                return refused("no covariance", &place, "another shape", &allowed);
            }
            let size = error.norm();
            let apart = |i: usize, j: usize| (error[(i, j)] - error[(j, i)].conj()).norm();
            let skew = (0..antennas).any(|j| (0..=j).any(|i| apart(i, j) > 1e-9 * size));
            let mut eigen = HermitianEigen::new(antennas);
            eigen.compute(error)?;
            if skew || eigen.min() < -1e-9 * size {
                let found = "one that is not Hermitian, or has a negative eigenvalue";
                return refused("no covariance", &place, found, "a covariance");
            }
        }
        Ok(())
    }

    /// c_k where every error is c_k I, so that beams may be confined to what users and targets see.
    pub(super) fn isotropic(&self) -> Option<Vec<f64>> {
        let of = |error: &CMat| {
            let n = error.rows();
            let level = (0..n).map(|i| error[(i, i)].re).sum::<f64>() / n.max(1) as f64;
            let apart = (0..n * n).all(|k| {
                let (i, j) = (k / n, k % n);
                let wanted = if i == j { level } else { 0.0 };
                (error[(i, j)] - wanted).norm() <= 1e-13 * level.abs()
            });
            apart.then_some(level.max(0.0))
        };
        self.errors.iter().map(of).collect()
    }
}

fn refused(what: &str, place: &str, found: &str, allowed: &str) -> Result<(), Error> {
    Err(InputError::new(what, place, found, allowed).into())
}
