//! Models of a user's channel with everything that is drawn: what a scenario names.
//!
//! A [`Model`] draws the narrowband channel of one user from the user's [`UserStreams`]; the order of
//! draws is theirs. Angles are in radians.

use noctule_num::{C64, InputError};

use super::antennas::Antennas;
use super::cdl::{AngleTarget, DelayLine};
use super::cell::Cell;
use super::clustered::{Band, Clusters, PowerDecay};
use super::draws::UserStreams;
use super::element_pattern::amplitude;
use super::rician::Rician;
use super::scattering::{Scattering, Spectrum, correlate, hermitian_root};

/// Where users are seen: uniform in these ranges.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Directions {
    /// Range of the azimuth.
    pub azimuth_rad: [f64; 2],
    /// Range of the polar angle.
    pub polar_rad: [f64; 2],
}

/// What arrives beside a line of sight.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scatter {
    /// Independent from antenna to antenna.
    Independent,
    /// Around the user's direction.
    Local {
        /// σ_θ.
        azimuth_std_rad: f64,
        /// σ_φ.
        polar_std_rad: f64,
        /// The family of both.
        spectrum: Spectrum,
    },
}

/// How powers of clusters are found.
#[derive(Clone, Debug, PartialEq)]
pub enum ClusterPowers {
    /// All the same.
    Equal,
    /// A list, divided by its sum.
    Given(Vec<f64>),
    /// Drawn with exponential delays.
    Drawn(PowerDecay),
}

/// A model of a user's channel.
#[derive(Clone, Debug, PartialEq)]
pub enum Model {
    /// Independent entries CN(0, 1).
    Rayleigh,
    /// Scatter without line of sight.
    Correlated {
        /// Where users are.
        directions: Directions,
        /// What arrives.
        scatter: Scatter,
    },
    /// A line of sight and scatter.
    Rician {
        /// K as a ratio.
        k_factor: f64,
        /// Where users are.
        directions: Directions,
        /// What arrives beside.
        scatter: Scatter,
    },
    /// Clusters of rays.
    Clustered {
        /// Rays of a cluster.
        rays: usize,
        /// Number of clusters.
        clusters: usize,
        /// Where the centres of clusters are.
        centres: Directions,
        /// Standard deviations of azimuth and polar angle within a cluster.
        stds_rad: (f64, f64),
        /// Powers of clusters.
        powers: ClusterPowers,
    },
    /// A clustered delay line whose mean azimuth is the user's.
    DelayLine {
        /// The profile and its K; its angle targets are replaced where users have directions.
        line: DelayLine,
        /// Where users are; `None` leaves an angle as the profile has it.
        azimuth_rad: Option<[f64; 2]>,
        /// The same of polar angles.
        polar_rad: Option<[f64; 2]>,
        /// Whether elements have the report's pattern.
        pattern: bool,
    },
    /// Users in a cell: path loss, line of sight by its probability, shadowing; with a line of
    /// sight Rician with a drawn K, else scatter alone.
    Cell {
        /// The cell.
        cell: Cell,
        /// What arrives beside or instead of a line of sight.
        scatter: Scatter,
        /// Whether a user is seen with the gain of the report's element in its direction, the line of
        /// sight as what is scattered around it.
        pattern: bool,
    },
}

/// What is around a user in one direction: `R^{1/2} g`.
fn scattered(
    scatter: Scatter,
    (azimuth_rad, polar_rad): (f64, f64),
    array: &dyn Antennas,
    streams: &UserStreams<'_>,
) -> Result<Vec<C64>, InputError> {
    let independent = streams.scatter(array.elements(), 1).into_vec();
    let Scatter::Local { azimuth_std_rad, polar_std_rad, spectrum } = scatter else {
        return Ok(independent);
    };
    let around = Scattering { azimuth_rad, polar_rad, azimuth_std_rad, polar_std_rad, spectrum };
    let root = hermitian_root(&array.covariance(&around)).map_err(|error| {
        let (what, allowed) = ("a covariance has no root", "finite angles and spreads");
        InputError::new(what, "scatter", error.to_string(), allowed)
    })?;
    Ok(correlate(&root, &independent))
}

impl Model {
    /// The channel of one user, an entry an antenna; the array's responses have unit norm.
    ///
    /// # Errors
    /// As [`DelayLine::rays`] and [`Cell::user`].
    pub fn draw(
        &self,
        array: &dyn Antennas,
        streams: &UserStreams<'_>,
    ) -> Result<Vec<C64>, InputError> {
        match self {
            Self::Rayleigh => Ok(streams.scatter(array.elements(), 1).into_vec()),
            Self::Correlated { directions, scatter } => {
                scattered(*scatter, directions.draw(streams), array, streams)
            }
            Self::Rician { k_factor, directions, scatter } => {
                sighted(*k_factor, 1.0, directions.draw(streams), *scatter, array, streams)
            }
            Self::Clustered { rays, clusters, centres, stds_rad, powers } => {
                Ok(clustered((*clusters, *rays), centres, *stds_rad, powers, array, streams))
            }
            Self::DelayLine { line, azimuth_rad, polar_rad, pattern } => {
                let fixed = |range: &Option<[f64; 2]>| range.unwrap_or([0.0; 2]);
                let (azimuth, polar) = streams.direction(fixed(azimuth_rad), fixed(polar_rad));
                let moved = |old: Option<AngleTarget>, range: &Option<[f64; 2]>, mean_rad: f64| {
                    let spread_rad = old.and_then(|target| target.spread_rad);
                    range.map_or(old, |_| Some(AngleTarget { mean_rad, spread_rad }))
                };
                let line = DelayLine {
                    azimuth: moved(line.azimuth, azimuth_rad, azimuth),
                    polar: moved(line.polar, polar_rad, polar),
                    ..*line
                };
                let rays = line.rays()?;
                let random = streams.delay_line(rays.powers.len());
                let band = Band::narrow(1.0);
                Ok(rays.channel(array, 1.0, &random, &band, *pattern).into_vec())
            }
            Self::Cell { cell, scatter, pattern } => {
                let user = cell.user(&streams.user_numbers())?;
                let direction = (user.place.azimuth_rad, user.place.polar_rad);
                let (mean, std) = cell.scenario.k_factor_db();
                let k_db = mean + std * streams.k_factor_number();
                let k_factor = if user.line_of_sight { 10_f64.powf(k_db / 10.0) } else { 0.0 };
                let amplitude = if *pattern { amplitude(direction.0, direction.1) } else { 1.0 };
                let path_gain = user.path_gain * amplitude.powi(2);
                sighted(k_factor, path_gain, direction, *scatter, array, streams)
            }
        }
    }
}

fn sighted(
    k_factor: f64,
    path_gain: f64,
    direction: (f64, f64),
    scatter: Scatter,
    array: &dyn Antennas,
    streams: &UserStreams<'_>,
) -> Result<Vec<C64>, InputError> {
    let user = Rician {
        k_factor,
        path_gain,
        line_of_sight: &array.far_response(direction.0, direction.1, 1.0),
        phase_rad: streams.line_of_sight_phase_rad(),
    };
    Ok(user.channel(&scattered(scatter, direction, array, streams)?))
}

fn clustered(
    (clusters, rays): (usize, usize),
    centres: &Directions,
    stds_rad: (f64, f64),
    powers: &ClusterPowers,
    array: &dyn Antennas,
    streams: &UserStreams<'_>,
) -> Vec<C64> {
    let numbers = streams.clusters(clusters, rays);
    let within = |[low, high]: [f64; 2], u: f64| low + (high - low) * u;
    let at: Vec<(f64, f64)> = numbers
        .iter()
        .map(|c| (within(centres.azimuth_rad, c.azimuth), within(centres.polar_rad, c.polar)))
        .collect();
    let powers = match powers {
        ClusterPowers::Equal => vec![1.0; clusters],
        ClusterPowers::Given(powers) => powers.clone(),
        ClusterPowers::Drawn(decay) => {
            let (delays, shadows): (Vec<f64>, Vec<f64>) =
                numbers.iter().map(|c| (c.delay, c.power)).unzip();
            // Powers depend on delays in units of the delay spread only.
            decay.clusters(1.0, &delays, &shadows).1
        }
    };
    let uniforms: Vec<Vec<(f64, f64)>> = numbers.into_iter().map(|c| c.rays).collect();
    let found = Clusters::around(&at, stds_rad, &uniforms, vec![0.0; clusters], &powers);
    let gains = streams.ray_gains(clusters, rays);
    found.channel(array, 1.0, &gains, &Band::narrow(1.0)).into_vec()
}

impl Directions {
    fn draw(&self, streams: &UserStreams<'_>) -> (f64, f64) {
        streams.direction(self.azimuth_rad, self.polar_rad)
    }
}

#[cfg(test)]
mod tests;
