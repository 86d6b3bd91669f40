//! Which random number of a channel is drawn when.
//!
//! Every user has a stream of its own for every purpose, so that the channels of four users are
//! the first four of eight, and a user's line of sight changes no other draw:
//!
//! | purpose | numbers, in order |
//! |---|---|
//! | `direction` | uniform azimuth, uniform polar angle |
//! | `channel` | scatter CN(0, 1): tap by tap, antennas in order; gains of rays, cluster by cluster; phases of delay lines, cluster by cluster |
//! | `los-phase` | one uniform number: the phase of the line of sight |
//! | `clusters` | per cluster: uniform numbers for azimuth, polar angle and delay and a normal one for the power (always all four), then for each ray two uniform numbers |
//! | `coupling` | per cluster a Fisher–Yates shuffle: `j = ⌊U(m+1)⌋`, swap m and j, for m = 19, …, 1 |
//! | `position` | uniform radius, uniform bearing |
//! | `los` | one uniform number |
//! | `shadowing`, `k-factor` | one normal number each |
//! | `pilot-noise` | CN(0, 1), antennas in order, subcarrier by subcarrier |
//!
//! Powers, noise and weights enter no draw.

use std::f64::consts::TAU;

use noctule_num::rng::{ChaCha8Rng, StreamKey, complex_normal, normal, uniform};
use noctule_num::{C64, CMat};

use super::cdl::{RAYS, Randomness};
use super::cell::UserNumbers;

/// The streams of one user in one trial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UserStreams<'a> {
    /// Seed of the experiment.
    pub seed: u64,
    /// The system that draws, such as `beamforming`.
    pub system: &'a str,
    /// The trial.
    pub trial: u64,
    /// The user.
    pub user: u64,
}

/// The numbers of one cluster.
#[derive(Clone, Debug, PartialEq)]
pub struct ClusterNumbers {
    /// Uniform, for the azimuth of the centre.
    pub azimuth: f64,
    /// Uniform, for the polar angle of the centre.
    pub polar: f64,
    /// Uniform, for the delay.
    pub delay: f64,
    /// Normal, for the power.
    pub power: f64,
    /// Uniform pairs, for azimuth and polar angle of each ray.
    pub rays: Vec<(f64, f64)>,
}

fn unit(rng: &mut ChaCha8Rng) -> f64 {
    uniform(rng, 0.0, 1.0)
}

impl UserStreams<'_> {
    /// The stream of a purpose, from its beginning.
    pub fn stream(&self, purpose: &str) -> ChaCha8Rng {
        StreamKey::new(self.seed, self.system, purpose, self.user).trial(self.trial)
    }

    /// Azimuth and polar angle, uniform in their ranges.
    pub fn direction(&self, azimuth: [f64; 2], polar: [f64; 2]) -> (f64, f64) {
        let mut rng = self.stream("direction");
        let first = uniform(&mut rng, azimuth[0], azimuth[1]);
        (first, uniform(&mut rng, polar[0], polar[1]))
    }

    /// CN(0, 1) numbers, antennas × taps. One tap is [`rayleigh`](crate::fading::rayleigh), bit for
    /// bit.
    pub fn scatter(&self, antennas: usize, taps: usize) -> CMat {
        let (mut rng, mut out) = (self.stream("channel"), CMat::zeros(antennas, taps));
        out.as_mut_slice().fill_with(|| complex_normal(&mut rng, 1.0));
        out
    }

    /// CN(0, 1) gains of rays, `[cluster][ray]`.
    pub fn ray_gains(&self, clusters: usize, rays: usize) -> Vec<Vec<C64>> {
        let mut rng = self.stream("channel");
        let mut cluster = || (0..rays).map(|_| complex_normal(&mut rng, 1.0)).collect();
        (0..clusters).map(|_| cluster()).collect()
    }

    /// The phase of the line of sight in radians.
    pub fn line_of_sight_phase_rad(&self) -> f64 {
        TAU * unit(&mut self.stream("los-phase"))
    }

    /// The numbers of clusters with `rays` rays each.
    pub fn clusters(&self, clusters: usize, rays: usize) -> Vec<ClusterNumbers> {
        let mut rng = self.stream("clusters");
        let mut cluster = || {
            let (azimuth, polar) = (unit(&mut rng), unit(&mut rng));
            let (delay, power) = (unit(&mut rng), normal(&mut rng));
            let mut ray = || {
                let first = unit(&mut rng);
                (first, unit(&mut rng))
            };
            let rays = (0..rays).map(|_| ray()).collect();
            ClusterNumbers { azimuth, polar, delay, power, rays }
        };
        (0..clusters).map(|_| cluster()).collect()
    }

    /// Phases, coupling and the phase of the line of sight of a delay line of `clusters` clusters.
    pub fn delay_line(&self, clusters: usize) -> Randomness {
        let (mut phases, mut swaps) = (self.stream("channel"), self.stream("coupling"));
        Randomness {
            phases_rad: (0..clusters)
                .map(|_| std::array::from_fn(|_| TAU * unit(&mut phases)))
                .collect(),
            coupling: (0..clusters).map(|_| shuffle(&mut swaps)).collect(),
            line_of_sight_phase_rad: self.line_of_sight_phase_rad(),
        }
    }

    /// The numbers of a user in a cell.
    pub fn user_numbers(&self) -> UserNumbers {
        let mut place = self.stream("position");
        let radius = unit(&mut place);
        UserNumbers {
            radius,
            bearing: unit(&mut place),
            line_of_sight: unit(&mut self.stream("los")),
            shadowing: normal(&mut self.stream("shadowing")),
        }
    }

    /// The normal number of the factor K.
    pub fn k_factor_number(&self) -> f64 {
        normal(&mut self.stream("k-factor"))
    }

    /// CN(0, 1) noise of pilots, antennas × subcarriers; divide it by √γ.
    pub fn pilot_noise(&self, antennas: usize, subcarriers: usize) -> CMat {
        let (mut rng, mut out) = (self.stream("pilot-noise"), CMat::zeros(antennas, subcarriers));
        out.as_mut_slice().fill_with(|| complex_normal(&mut rng, 1.0));
        out
    }
}

fn shuffle(rng: &mut ChaCha8Rng) -> [usize; RAYS] {
    let mut order = std::array::from_fn(|m| m);
    for m in (1..RAYS).rev() {
        let j = (unit(rng) * (m as f64 + 1.0)) as usize;
        order.swap(m, j);
    }
    order
}

#[cfg(test)]
mod tests;
