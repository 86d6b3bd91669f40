//! Models of a user's channel with everything that is drawn: what a scenario names.
//!
//! A [`Model`] draws the narrowband channel of one user from the user's [`UserStreams`]; the order of
//! draws is theirs. Angles are in radians.

mod late;
mod roots;
mod statistics;
mod user;
mod wide;

use noctule_num::{C64, InputError};

use super::antennas::Antennas;
use super::cdl::{DelayLine, Profile};
use super::cell::Cell;
use super::clustered::{Band, Clusters, PowerDecay};
use super::draws::UserStreams;
use super::rician::Rician;
use super::scattering::{Scattering, Spectrum, correlate};

use user::{Resident, moved, towards};

pub use statistics::Statistics;
pub use wide::Delays;

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

/// Clusters of rays as they are drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct ClusterLaw {
    /// Rays of a cluster.
    pub rays: usize,
    /// Number of clusters.
    pub clusters: usize,
    /// Where the centres of clusters are.
    pub centres: Directions,
    /// Standard deviations of azimuth and polar angle within a cluster.
    pub stds_rad: (f64, f64),
    /// Powers of clusters.
    pub powers: ClusterPowers,
}

/// What a user of a cell receives that has no line of sight.
#[derive(Clone, Debug, PartialEq)]
pub enum NoSight {
    /// The scatter that others have beside it.
    Scatter,
    /// Clusters of rays, wherever the user is.
    Clustered(ClusterLaw),
    /// A delay line whose mean direction is the user's.
    DelayLine(Profile),
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
    /// Clusters of rays, and a line of sight where K is not zero.
    Clustered {
        /// The clusters.
        law: ClusterLaw,
        /// K as a ratio; the line of sight lies where centres of clusters may.
        k_factor: f64,
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
    /// sight Rician with a drawn K, else what `no_sight` says.
    Cell {
        /// The cell.
        cell: Cell,
        /// What arrives beside a line of sight.
        scatter: Scatter,
        /// What arrives instead of one.
        no_sight: NoSight,
        /// Whether elements have the report's pattern. A user is seen with the gain in its own
        /// direction, the line of sight as what is scattered around it; rays of a delay line are
        /// each seen in theirs.
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
    let root = roots::root_of(array, &around)?;
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
            Self::Clustered { law, k_factor } if *k_factor > 0.0 => {
                let (azimuth, polar) = law.centres.draw(streams);
                let user = Rician {
                    k_factor: *k_factor,
                    path_gain: 1.0,
                    line_of_sight: &array.far_response(azimuth, polar, 1.0),
                    phase_rad: streams.line_of_sight_phase_rad(),
                };
                Ok(user.channel(&law.draw(array, streams)))
            }
            Self::Clustered { law, .. } => Ok(law.draw(array, streams)),
            Self::DelayLine { line, azimuth_rad, polar_rad, pattern } => {
                let line = moved(*line, azimuth_rad, polar_rad, streams);
                delay_line(&line, 1.0, *pattern, array, streams)
            }
            Self::Cell { cell, scatter, no_sight, pattern } => {
                let user = Resident::draw(cell, *pattern, streams)?;
                match no_sight {
                    NoSight::Clustered(law) if !user.line_of_sight => {
                        let root = user.path_gain.sqrt();
                        Ok(law.draw(array, streams).into_iter().map(|h| h * root).collect())
                    }
                    NoSight::DelayLine(profile) if !user.line_of_sight => {
                        let line = towards(DelayLine::new(*profile, 0.0), user.direction);
                        delay_line(&line, user.bare_gain, *pattern, array, streams)
                    }
                    _ => {
                        let (k, gain) = (user.k_factor, user.path_gain);
                        sighted(k, gain, user.direction, *scatter, array, streams)
                    }
                }
            }
        }
    }
}

fn delay_line(
    line: &DelayLine,
    path_gain: f64,
    pattern: bool,
    array: &dyn Antennas,
    streams: &UserStreams<'_>,
) -> Result<Vec<C64>, InputError> {
    let rays = line.rays()?;
    let random = streams.delay_line(rays.powers.len());
    Ok(rays.channel(array, path_gain, &random, &Band::narrow(1.0), pattern).into_vec())
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

impl ClusterLaw {
    fn draw(&self, array: &dyn Antennas, streams: &UserStreams<'_>) -> Vec<C64> {
        let Self { rays, clusters, centres, stds_rad, powers } = self;
        let numbers = streams.clusters(*clusters, *rays);
        let within = |[low, high]: [f64; 2], u: f64| low + (high - low) * u;
        let at: Vec<(f64, f64)> = numbers
            .iter()
            .map(|c| (within(centres.azimuth_rad, c.azimuth), within(centres.polar_rad, c.polar)))
            .collect();
        let powers = match powers {
            ClusterPowers::Equal => vec![1.0; *clusters],
            ClusterPowers::Given(powers) => powers.clone(),
            ClusterPowers::Drawn(decay) => {
                let (delays, shadows): (Vec<f64>, Vec<f64>) =
                    numbers.iter().map(|c| (c.delay, c.power)).unzip();
                // Powers depend on delays in units of the delay spread only.
                decay.clusters(1.0, &delays, &shadows).1
            }
        };
        let uniforms: Vec<Vec<(f64, f64)>> = numbers.into_iter().map(|c| c.rays).collect();
        let found = Clusters::around(&at, *stds_rad, &uniforms, vec![0.0; *clusters], &powers);
        let gains = streams.ray_gains(*clusters, *rays);
        found.channel(array, 1.0, &gains, &Band::narrow(1.0)).into_vec()
    }
}

impl Directions {
    fn draw(&self, streams: &UserStreams<'_>) -> (f64, f64) {
        streams.direction(self.azimuth_rad, self.polar_rad)
    }
}

#[cfg(test)]
mod tests;
