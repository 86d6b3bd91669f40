//! The closed forms: what beams achieve, and the functions that methods climb.
//!
//! [`evaluate`] gives the metrics of any beams. `Model` is the same in the form methods use:
//! normalised, structured, with gradients, and without allocation.

use noctule_num::C64;
use noctule_num::linalg::real_dot;
use noctule_phy::beampattern::add_lags;
use noctule_phy::units::nats_to_bits;
use serde::Serialize;

use super::{Beams, Instance, Requirement};
use crate::Error;

mod span;
mod structured;

pub(super) use span::Spanned;
pub(super) use structured::{Curvature, Link, Model, Roles};

/// What beams achieve.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Metrics {
    /// What the requirement asks to optimise: the sum rate in bit/s/Hz (to be maximised), or under
    /// a required rate the mean beampattern error (to be minimised).
    pub objective: f64,
    /// Sum of the lower bounds of the users' ergodic rates, in bit/s/Hz (log₂). Counts the data
    /// phase alone, without the pilots.
    pub sum_rate_bps_hz: f64,
    /// The same in nat/s/Hz.
    pub sum_rate_nats: f64,
    /// Signal over interference, estimation error, sensing signals and noise, of every user.
    pub sinr: Vec<f64>,
    /// Rate of every user in bit/s/Hz.
    pub rate_bps_hz: Vec<f64>,
    /// Bits of a coherence interval and hertz: (τ_c − τ_p) times the sum rate.
    pub payload_bits: f64,
    /// Mean error S of the beampatterns over the access points that sense, at power one; absent
    /// where none senses.
    pub error: Option<f64>,
    /// Mean of the errors over the squared scale η²: does not reward beams that send less towards
    /// the target. Absent where none senses or a window has no direction of the grid.
    pub normalised_error: Option<f64>,
    /// What each access point does.
    pub aps: Vec<ApMetrics>,
    /// Slope dR/dS of the region's boundary in bit/s/Hz per unit of S, from the multiplier of the
    /// constraint: given by designs whose constraint has one.
    pub slope: Option<f64>,
}

/// What one access point does.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ApMetrics {
    /// Share of its power in use.
    pub power: f64,
    /// Share of its power in beams that carry data.
    pub data_power: f64,
    /// Error of its beampattern, where it senses.
    pub error: Option<f64>,
    /// Scale η of the ideal beampattern, where it senses.
    pub scale: Option<f64>,
}

impl Metrics {
    /// The smallest rate of a user in bit/s/Hz; absent without users.
    pub fn worst_rate_bps_hz(&self) -> Option<f64> {
        self.rate_bps_hz.iter().copied().reduce(f64::min)
    }

    /// Users whose rate is below a thousandth of a bit/s/Hz.
    pub fn users_shut_off(&self) -> usize {
        self.rate_bps_hz.iter().filter(|rate| **rate < 1e-3).count()
    }
}

/// What `beams` achieve in `instance`.
///
/// # Errors
/// When the beams have another shape than the instance asks for.
pub fn evaluate(instance: &Instance, beams: &Beams) -> Result<Metrics, Error> {
    beams.check(instance)?;
    let terms = signal_terms(instance, beams);
    let sinr: Vec<f64> = terms.iter().map(|(signal, rest)| signal / rest).collect();
    let rates: Vec<f64> = sinr.iter().map(|sinr| sinr.ln_1p()).collect();
    let sum_rate_nats = rates.iter().fold(0.0, |sum, rate| sum + rate);
    let aps: Vec<ApMetrics> = (0..instance.aps())
        .map(|ap| {
            let (error, scale) = match instance.pattern(ap) {
                None => (None, None),
                Some(pattern) => {
                    let lags = lags(instance, beams, ap);
                    (Some(pattern.error(&lags)), Some(pattern.scale(&lags)))
                }
            };
            ApMetrics { power: beams.power(ap), data_power: beams.data_power(ap), error, scale }
        })
        .collect();
    let mean = |of: &dyn Fn(&ApMetrics) -> Option<f64>| -> Option<f64> {
        let all: Option<Vec<f64>> = aps.iter().filter(|ap| ap.error.is_some()).map(of).collect();
        all.filter(|all| !all.is_empty()).map(|all| all.iter().sum::<f64>() / all.len() as f64)
    };
    let error = mean(&|ap| ap.error);
    let normalised_error =
        mean(&|ap| Some(ap.error? / ap.scale?.powi(2)).filter(|ratio| ratio.is_finite()));
    let sum_rate_bps_hz = nats_to_bits(sum_rate_nats);
    let objective = match (instance.requirement(), error) {
        (Requirement::MinRate(_), Some(error)) => error,
        _ => sum_rate_bps_hz,
    };
    Ok(Metrics {
        objective,
        sum_rate_bps_hz,
        sum_rate_nats,
        sinr,
        rate_bps_hz: rates.iter().map(|rate| nats_to_bits(*rate)).collect(),
        payload_bits: instance.parts().payload_symbols * sum_rate_bps_hz,
        error,
        normalised_error,
        aps,
        slope: None,
    })
}

/// The lags of everything an access point sends.
pub(super) fn lags(instance: &Instance, beams: &Beams, ap: usize) -> Vec<f64> {
    let n = instance.antennas();
    let mut lags = vec![0.0; 2 * n - 1];
    for k in 0..instance.users() {
        add_lags(&beams.data.col(k)[ap * n..(ap + 1) * n], n, &mut lags);
    }
    add_lags(beams.sensing[ap].as_slice(), n, &mut lags);
    lags
}

/// `|ĥ_kᴴ w_k|²` and `A_k` of every user, at any shares of power.
pub fn signal_terms(instance: &Instance, beams: &Beams) -> Vec<(f64, f64)> {
    let n = instance.antennas();
    let channels = instance.scaled_channels();
    let data = &beams.data;
    // Beams times √p_m, for the covariances.
    let sent = instance.scaled(data);
    let dot = |a: &[C64], b: &[C64]| -> C64 { a.iter().zip(b).map(|(a, b)| a.conj() * b).sum() };
    (0..instance.users())
        .map(|k| {
            let h = channels.col(k);
            let signal = dot(h, data.col(k)).norm_sqr();
            let mut rest = 1.0;
            for j in 0..data.cols() {
                if j != k {
                    rest += dot(h, data.col(j)).norm_sqr();
                }
                let x = sent.col(j);
                let error = instance.parts().error[k].apply(x);
                rest += real_dot(x, &error);
            }
            let covariance = &instance.parts().error[k];
            for (ap, v) in beams.sensing.iter().enumerate() {
                let power = instance.parts().power_over_noise[ap];
                let rows = ap * n..(ap + 1) * n;
                for s in 0..v.cols() {
                    let z = v.col(s);
                    rest += dot(&h[rows.clone()], z).norm_sqr();
                    let block = &covariance.blocks[ap];
                    for (j, zj) in z.iter().enumerate() {
                        rest += power * (dot(z, block.col(j)) * zj).re;
                    }
                    for (c, weight) in covariance.weights.iter().enumerate() {
                        let u = &covariance.factors.col(c)[rows.clone()];
                        rest += power * weight * dot(u, z).norm_sqr();
                    }
                }
            }
            (signal, rest)
        })
        .collect()
}

/// γ (39), g (40) and the surrogate f₃ (38) of the quadratic transform at `beams`, the last as
/// `Σ ln(1+γ) − γ + 2√(1+γ) Re(g* s) − |g|²(A + |s|²)` in nats: equal to the sum rate at its own γ and
/// g, below it elsewhere. The paper's f₃ is this over ln 2.
pub fn quadratic_transform(
    instance: &Instance,
    beams: &Beams,
) -> Result<QuadraticTransform, Error> {
    beams.check(instance)?;
    let channels = instance.scaled_channels();
    let terms = signal_terms(instance, beams);
    let gamma: Vec<f64> = terms.iter().map(|(signal, rest)| signal / rest).collect();
    let g: Vec<C64> = terms
        .iter()
        .enumerate()
        .map(|(k, (signal, rest))| {
            let s: C64 =
                channels.col(k).iter().zip(beams.data.col(k)).map(|(h, w)| h.conj() * w).sum();
            s * ((1.0 + gamma[k]).sqrt() / (rest + signal))
        })
        .collect();
    Ok(QuadraticTransform { gamma, g })
}

/// Auxiliary variables of the quadratic transform.
#[derive(Clone, Debug, PartialEq)]
pub struct QuadraticTransform {
    /// γ_k.
    pub gamma: Vec<f64>,
    /// g_k.
    pub g: Vec<C64>,
}

impl QuadraticTransform {
    /// The surrogate in nats at other beams.
    ///
    /// # Errors
    /// As [`evaluate`].
    pub fn surrogate_nats(&self, instance: &Instance, beams: &Beams) -> Result<f64, Error> {
        beams.check(instance)?;
        let channels = instance.scaled_channels();
        let terms = signal_terms(instance, beams);
        Ok(terms
            .iter()
            .enumerate()
            .map(|(k, (signal, rest))| {
                let (gamma, g) = (self.gamma[k], self.g[k]);
                let s: C64 =
                    channels.col(k).iter().zip(beams.data.col(k)).map(|(h, w)| h.conj() * w).sum();
                gamma.ln_1p() - gamma + 2.0 * (1.0 + gamma).sqrt() * (g.conj() * s).re
                    - g.norm_sqr() * (rest + signal)
            })
            .sum())
    }
}
