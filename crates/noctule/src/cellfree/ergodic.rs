//! Ergodic rates by simulation: how much the lower bound of the rate gives away.
//!
//! A user that treats its estimation error as noise reaches `log₂(1 + γ_k)`, the rate of
//! [`evaluate`](super::evaluate()). One that learns what it really receives — all `|h_kᴴ w_j|` of the
//! coherence interval — reaches, on average over the errors that an estimate leaves open,
//! ```math
//! \mathrm E_{e}\,\log_2\Bigl(1+\frac{|h_k^Hw_k|^2}{1+\sum_{j\ne k}|h_k^Hw_j|^2+\sum_m\|V_m^Hh_{mk}\|^2}\Bigr),
//! \qquad h_k=\hat h_k+e_k,\quad e_k\sim\mathcal{CN}(0,\Theta_k)
//! ```
//! (channels times the transmit powers). It is never below the bound: knowing more does not reduce
//! what the received signal tells about the symbols, and Gaussian noise of the same power is the worst
//! there is. Simulated here, with its standard error.
//!
//! An instance is one draw of the estimates. The average over them too is that of these rates over
//! instances: with places that are fixed, the trials of an experiment draw fading and pilots alone.

use noctule_num::input::in_count;
use noctule_num::linalg::{HermitianEigen, dot};
use noctule_num::rng::{StreamKey, complex_normal};
use noctule_num::{C64, CMat, InputError};
use noctule_phy::aggregated::Covariance;
use noctule_phy::units::nats_to_bits;
use serde::Serialize;

use super::{Beams, Instance, SYSTEM};
use crate::Error;

/// Simulated rates.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ErgodicRate {
    /// Mean of the sum rate, bit/s/Hz.
    pub sum_rate_bps_hz: f64,
    /// Its standard error.
    pub standard_error: f64,
    /// Mean rate of every user, bit/s/Hz.
    pub rate_bps_hz: Vec<f64>,
}

/// Rates at `beams` when users know what they receive, on average over `draws` errors of the
/// estimates. Draws depend on `seed` alone; those of one user not on how many others there are.
///
/// # Errors
/// [`Error::Input`] for beams of another shape than the instance asks for, and for fewer than two
/// draws, which have no standard error; [`Error::Numerics`] when an eigenvalue cannot be found.
pub fn ergodic_rate(
    instance: &Instance,
    beams: &Beams,
    draws: usize,
    seed: u64,
) -> Result<ErgodicRate, Error> {
    beams.check(instance)?;
    in_count("draws", draws, 2, 1_000_000_000).map_err(|error: InputError| {
        error.hint("the standard error needs two draws, a useful one some hundred")
    })?;
    let users = instance.users();
    let sent = Sent::new(instance, beams);
    let mut sums = vec![0.0; draws];
    let mut rate_bps_hz = vec![0.0; users];
    for (user, mean) in rate_bps_hz.iter_mut().enumerate() {
        let sampler = Sampler::new(&instance.parts().error[user])?;
        let estimate = instance.parts().channels.col(user);
        let key = StreamKey::new(seed, SYSTEM, "estimation-error", user as u64);
        for (draw, sum) in sums.iter_mut().enumerate() {
            let mut rng = key.trial(draw as u64);
            let mut channel = estimate.to_vec();
            sampler.add(&mut channel, || complex_normal(&mut rng, 1.0));
            let rate = nats_to_bits(sent.rate_nats(user, &channel));
            *mean += rate / draws as f64;
            *sum += rate;
        }
    }
    let mean = sums.iter().sum::<f64>() / draws as f64;
    let spread = sums.iter().map(|sum| (sum - mean).powi(2)).sum::<f64>() / (draws - 1) as f64;
    Ok(ErgodicRate {
        sum_rate_bps_hz: mean,
        standard_error: (spread / draws as f64).sqrt(),
        rate_bps_hz,
    })
}

/// What is sent: beams times the transmit powers.
struct Sent {
    data: CMat,
    sensing: Vec<CMat>,
}

impl Sent {
    fn new(instance: &Instance, beams: &Beams) -> Self {
        let powers = &instance.parts().power_over_noise;
        let sensing = beams.sensing.iter().zip(powers).map(|(v, power)| {
            let mut v = v.clone();
            v.scale(power.sqrt());
            v
        });
        Self { data: instance.scaled(&beams.data), sensing: sensing.collect() }
    }

    fn rate_nats(&self, user: usize, channel: &[C64]) -> f64 {
        let (mut signal, mut rest) = (0.0, 1.0);
        for j in 0..self.data.cols() {
            let power = dot(channel, self.data.col(j)).norm_sqr();
            *(if j == user { &mut signal } else { &mut rest }) += power;
        }
        let mut at = 0;
        for v in &self.sensing {
            let local = &channel[at..at + v.rows()];
            rest += (0..v.cols()).map(|s| dot(local, v.col(s)).norm_sqr()).sum::<f64>();
            at += v.rows();
        }
        (signal / rest).ln_1p()
    }
}

/// Roots of the parts of a covariance, from which errors are drawn.
struct Sampler {
    /// Roots on the diagonal.
    roots: Vec<CMat>,
    /// Factors times the roots of their weights.
    factors: CMat,
}

impl Sampler {
    fn new(covariance: &Covariance) -> Result<Self, Error> {
        // A factor of negative weight is no sum of random parts: the whole has to be rooted.
        if covariance.weights.iter().any(|weight| *weight < 0.0) {
            let order = covariance.order();
            let roots = vec![root(&covariance.dense())?];
            return Ok(Self { roots, factors: CMat::zeros(order, 0) });
        }
        let factors = CMat::from_fn(covariance.order(), covariance.weights.len(), |i, c| {
            covariance.factors[(i, c)] * covariance.weights[c].sqrt()
        });
        let roots = covariance.blocks.iter().map(root).collect::<Result<_, Error>>()?;
        Ok(Self { roots, factors })
    }

    /// Add an error to `channel`, made of independent numbers of power one.
    fn add(&self, channel: &mut [C64], mut draw: impl FnMut() -> C64) {
        let mut at = 0;
        for root in &self.roots {
            for j in 0..root.cols() {
                let z = draw();
                for (h, entry) in channel[at..at + root.rows()].iter_mut().zip(root.col(j)) {
                    *h += entry * z;
                }
            }
            at += root.rows();
        }
        for c in 0..self.factors.cols() {
            let z = draw();
            channel.iter_mut().zip(self.factors.col(c)).for_each(|(h, u)| *h += u * z);
        }
    }
}

/// `R` with `R Rᴴ` the positive part of a Hermitian matrix.
fn root(matrix: &CMat) -> Result<CMat, Error> {
    let mut eigen = HermitianEigen::new(matrix.rows());
    eigen.compute(matrix)?;
    Ok(CMat::from_fn(matrix.rows(), matrix.rows(), |i, j| {
        eigen.vectors()[(i, j)] * eigen.values()[j].max(0.0).sqrt()
    }))
}
