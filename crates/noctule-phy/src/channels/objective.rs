//! Rates and Cramér–Rao bounds of beams per subcarrier under one power, with their gradient.
//!
//! ```math
//! f(W) = \delta_c\,\frac1N\sum_n\sum_k \ln(1+\mathrm{SINR}_{nk}) - \delta_s \sum_i \omega_i [F^{-1}]_{ii}
//! ```
//! Rates are in nat/s/Hz, averaged over the band; the weights ω of bounds are by kind of parameter, per
//! squared unit. Beams are `beams[subcarrier][stream][antenna]`, users first; the gradient G is that with
//! `df = Re tr(GᴴdW)`, summed over subcarriers.

use noctule_num::linalg::real_dot;
use noctule_num::{C64, CMat};

use super::design_rate::Users;
use super::radar::{Bounds, Kind, OfdmRadar};

/// ω by kind of parameter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BoundWeights {
    /// Of azimuths, per rad².
    pub azimuth_per_rad2: f64,
    /// Of polar angles, per rad².
    pub polar_per_rad2: f64,
    /// Of ranges by curvature, per m².
    pub range_per_m2: f64,
    /// Of delays as ranges, per m².
    pub delay_range_per_m2: f64,
    /// Of speeds, per (m/s)².
    pub speed_per_m2_s2: f64,
    /// Of both parts of a reflection.
    pub reflection: f64,
}

impl Default for BoundWeights {
    /// One for everything: on one subcarrier the trace of F⁻¹.
    fn default() -> Self {
        Self {
            azimuth_per_rad2: 1.0,
            polar_per_rad2: 1.0,
            range_per_m2: 1.0,
            delay_range_per_m2: 1.0,
            speed_per_m2_s2: 1.0,
            reflection: 1.0,
        }
    }
}

impl BoundWeights {
    /// The weight of a kind.
    pub const fn of(&self, kind: Kind) -> f64 {
        match kind {
            Kind::Azimuth => self.azimuth_per_rad2,
            Kind::Polar => self.polar_per_rad2,
            Kind::Range => self.range_per_m2,
            Kind::DelayRange => self.delay_range_per_m2,
            Kind::Speed => self.speed_per_m2_s2,
            Kind::ReflectionRe | Kind::ReflectionIm => self.reflection,
        }
    }
}

/// A problem.
#[derive(Clone, Debug)]
pub struct BandObjective<'a> {
    /// The targets; `None` for communication alone.
    pub radar: Option<&'a OfdmRadar>,
    /// Channels or their estimates, antennas × users, one a subcarrier.
    pub channels: &'a [CMat],
    /// σ_k² per subcarrier.
    pub noise: &'a [f64],
    /// C_k of every user, the same on all subcarriers; empty for channels that are known.
    pub errors: &'a [CMat],
    /// δ_c per nat.
    pub rate_weight: f64,
    /// δ_s.
    pub bound_weight: f64,
    /// ω.
    pub bound_weights: BoundWeights,
}

/// What beams achieve.
#[derive(Clone, Debug, PartialEq)]
pub struct Achieved {
    /// f.
    pub objective: f64,
    /// Rates in nat/s/Hz, `[subcarrier][user]`.
    pub rates_nats: Vec<Vec<f64>>,
    /// Their sum over users, averaged over subcarriers.
    pub mean_rate_nats: f64,
    /// The bounds; `None` without targets.
    pub bounds: Option<Bounds>,
    /// `Σω_i[F⁻¹]_ii`; zero without targets.
    pub weighted_trace: f64,
}

impl BandObjective<'_> {
    /// Value and gradient; `None` where the beams leave something unobservable or a number is not
    /// finite.
    ///
    /// # Panics
    /// When sizes do not fit.
    pub fn eval(&self, beams: &[C64], gradient: &mut [C64]) -> Option<Achieved> {
        assert_eq!(beams.len(), gradient.len(), "length of the gradient");
        let subcarriers = self.channels.len();
        let each = beams.len() / subcarriers.max(1);
        let weight = self.rate_weight / subcarriers as f64;
        let mut rates_nats = Vec::with_capacity(subcarriers);
        for (n, channels) in self.channels.iter().enumerate() {
            let own = n * each..(n + 1) * each;
            let (antennas, streams) = (channels.rows(), each / channels.rows());
            let w = CMat::from_columns(antennas, streams, beams[own.clone()].to_vec()).ok()?;
            let users = Users { channels, noise: self.noise, errors: self.errors };
            let mut part = CMat::zeros(antennas, streams);
            rates_nats.push(users.add_gradient(&w, weight, &mut part));
            gradient[own].copy_from_slice(part.as_slice());
        }
        let mean_rate_nats = rates_nats.iter().flatten().sum::<f64>() / subcarriers as f64;
        let (bounds, weighted_trace) = self.add_bounds(beams, gradient)?;
        let objective = self.rate_weight * mean_rate_nats - self.bound_weight * weighted_trace;
        objective.is_finite().then_some(Achieved {
            objective,
            rates_nats,
            mean_rate_nats,
            bounds,
            weighted_trace,
        })
    }

    fn add_bounds(&self, beams: &[C64], gradient: &mut [C64]) -> Option<(Option<Bounds>, f64)> {
        let Some(radar) = self.radar.filter(|radar| !radar.parameters().is_empty()) else {
            return Some((None, 0.0));
        };
        let weight = |kind: Kind| self.bound_weights.of(kind);
        let bounds = radar.bounds(&radar.fisher(beams))?;
        radar.add_gradient(&bounds.sensitivity(weight), beams, self.bound_weight, gradient);
        let trace = bounds.weighted_trace(weight);
        Some((Some(bounds), trace))
    }
}

/// The multiplier μ of `Σ‖W_n‖² = P` in `G = 2μW`, and the norm of what is left of `G/2 − μW`.
pub fn stationarity(beams: &[C64], gradient: &[C64], power: f64) -> (f64, f64) {
    let mu = 0.5 * real_dot(gradient, beams) / power;
    let rest = |(g, w): (&C64, &C64)| (g * 0.5 - w * mu).norm_sqr();
    (mu, gradient.iter().zip(beams).map(rest).sum::<f64>().sqrt())
}

#[cfg(test)]
mod tests;
