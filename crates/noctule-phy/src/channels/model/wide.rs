//! The channels of models over a band.
//!
//! Scatter has taps with an exponential profile ([`super::super::rician`]), clusters and delay lines have delays of their
//! own. What is drawn, and in which order, is what the narrowband channel draws; further taps follow
//! the first in the stream `channel`, so that one tap is the narrowband channel on every subcarrier.
//! With squint the responses of lines of sight and rays turn with the frequency, the covariance of
//! scatter does not.

use std::f64::consts::TAU;

use noctule_num::{C64, CMat, InputError};

use super::super::antennas::Antennas;
use super::super::clustered::{Band, Clusters, PowerDecay};
use super::super::draws::UserStreams;
use super::super::rician::shares;
use super::super::scattering::{Scattering, correlate};
use super::super::taps::TapProfile;
use super::roots::root_of;
use super::user::{Resident, moved, towards};
use super::{ClusterLaw, ClusterPowers, DelayLine, Model, NoSight, Scatter};

/// How a channel spreads in time.
#[derive(Clone, Debug, PartialEq)]
pub struct Delays {
    /// Taps of scatter.
    pub taps: TapProfile,
    /// σ_τ of clusters, and the unit of delay lines, in seconds.
    pub spread_s: f64,
}

/// `Σ_l √p_l e^{j2πδτ_l} R^{1/2} g_l`, antennas × subcarriers.
fn scattered(
    scatter: Scatter,
    (azimuth_rad, polar_rad): (f64, f64),
    taps: &TapProfile,
    (array, streams): (&dyn Antennas, &UserStreams<'_>),
    band: &Band<'_>,
) -> Result<CMat, InputError> {
    let mut g = streams.scatter(array.elements(), taps.powers.len());
    if let Scatter::Local { azimuth_std_rad, polar_std_rad, spectrum } = scatter {
        let around =
            Scattering { azimuth_rad, polar_rad, azimuth_std_rad, polar_std_rad, spectrum };
        let root = root_of(array, &around)?;
        for tap in 0..g.cols() {
            let own = correlate(&root, g.col(tap));
            g.col_mut(tap).copy_from_slice(&own);
        }
    }
    let mut out = CMat::zeros(array.elements(), band.offsets_hz.len());
    for (at, offset) in band.offsets_hz.iter().enumerate() {
        for (l, (tau, p)) in taps.delays_s.iter().zip(&taps.powers).enumerate() {
            let weight = C64::from_polar(p.sqrt(), TAU * offset * tau);
            out.col_mut(at).iter_mut().zip(g.col(l)).for_each(|(h, s)| *h += s * weight);
        }
    }
    Ok(out)
}

/// A line of sight beside `rest`, whose mean power is that of the array; its delay is zero.
fn sighted(
    (k_factor, path_gain): (f64, f64),
    (azimuth, polar): (f64, f64),
    mut rest: CMat,
    (array, streams): (&dyn Antennas, &UserStreams<'_>),
    band: &Band<'_>,
) -> CMat {
    let (sight, share) = shares(k_factor);
    rest.scale(path_gain.sqrt() * share);
    if sight > 0.0 {
        let size = (path_gain * array.elements() as f64).sqrt() * sight;
        let factor = C64::from_polar(size, streams.line_of_sight_phase_rad());
        for (at, offset) in band.offsets_hz.iter().enumerate() {
            let a = array.far_response(azimuth, polar, band.ratio(*offset));
            rest.col_mut(at).iter_mut().zip(a).for_each(|(h, a)| *h += a * factor);
        }
    }
    rest
}

impl Model {
    /// The channel of one user over a band, antennas × subcarriers; the array's responses have unit
    /// norm.
    ///
    /// # Errors
    /// As [`Model::draw`].
    pub fn draw_band(
        &self,
        array: &dyn Antennas,
        streams: &UserStreams<'_>,
        delays: &Delays,
        band: &Band<'_>,
    ) -> Result<CMat, InputError> {
        let both = (array, streams);
        let around = |gains: (f64, f64),
                      direction: (f64, f64),
                      scatter: Scatter|
         -> Result<CMat, InputError> {
            let rest = scattered(scatter, direction, &delays.taps, both, band)?;
            Ok(sighted(gains, direction, rest, both, band))
        };
        let clustered = |law: &ClusterLaw| {
            let gains = streams.ray_gains(law.clusters, law.rays);
            clusters_of(law, streams, delays.spread_s).channel(array, 1.0, &gains, band)
        };
        let line = |line: DelayLine, path_gain: f64, pattern: bool| -> Result<CMat, InputError> {
            let rays = line.rays()?;
            let random = streams.delay_line(rays.powers.len());
            Ok(rays.channel(array, path_gain, &random, band, pattern))
        };
        match self {
            Self::Rayleigh => around((0.0, 1.0), (0.0, 0.0), Scatter::Independent),
            Self::Correlated { directions, scatter } => {
                around((0.0, 1.0), directions.draw(streams), *scatter)
            }
            Self::Rician { k_factor, directions, scatter } => {
                around((*k_factor, 1.0), directions.draw(streams), *scatter)
            }
            Self::Clustered { law, k_factor } if *k_factor > 0.0 => {
                let direction = law.centres.draw(streams);
                Ok(sighted((*k_factor, 1.0), direction, clustered(law), both, band))
            }
            Self::Clustered { law, .. } => Ok(clustered(law)),
            Self::DelayLine { line: own, azimuth_rad, polar_rad, pattern } => {
                let own = DelayLine { delay_spread_s: delays.spread_s, ..*own };
                line(moved(own, azimuth_rad, polar_rad, streams), 1.0, *pattern)
            }
            Self::Cell { cell, scatter, no_sight, pattern } => {
                let user = Resident::draw(cell, *pattern, streams)?;
                match no_sight {
                    NoSight::Clustered(law) if !user.line_of_sight => {
                        let mut out = clustered(law);
                        out.scale(user.path_gain.sqrt());
                        Ok(out)
                    }
                    NoSight::DelayLine(profile) if !user.line_of_sight => {
                        let own =
                            towards(DelayLine::new(*profile, delays.spread_s), user.direction);
                        line(own, user.bare_gain, *pattern)
                    }
                    _ => around((user.k_factor, user.path_gain), user.direction, *scatter),
                }
            }
        }
    }
}

/// The clusters of a user.
pub(super) fn clusters_of(law: &ClusterLaw, streams: &UserStreams<'_>, spread_s: f64) -> Clusters {
    let ClusterLaw { rays, clusters, centres, stds_rad, powers } = law;
    let (clusters, rays, stds_rad) = (*clusters, *rays, *stds_rad);
    let numbers = streams.clusters(clusters, rays);
    let within = |[low, high]: [f64; 2], u: f64| low + (high - low) * u;
    let at: Vec<(f64, f64)> = numbers
        .iter()
        .map(|c| (within(centres.azimuth_rad, c.azimuth), within(centres.polar_rad, c.polar)))
        .collect();
    let (uniforms, normals): (Vec<f64>, Vec<f64>) =
        numbers.iter().map(|c| (c.delay, c.power)).unzip();
    let decay = match powers {
        ClusterPowers::Drawn(decay) => *decay,
        _ => PowerDecay::default(),
    };
    // Powers depend on delays in units of their spread, which may be zero.
    let (delays, drawn) = decay.clusters(1.0, &uniforms, &normals);
    let powers = match powers {
        ClusterPowers::Equal => vec![1.0; clusters],
        ClusterPowers::Given(powers) => powers.clone(),
        ClusterPowers::Drawn(_) => drawn,
    };
    let delays = delays.into_iter().map(|tau| tau * spread_s).collect();
    let pairs: Vec<Vec<(f64, f64)>> = numbers.into_iter().map(|c| c.rays).collect();
    Clusters::around(&at, stds_rad, &pairs, delays, &powers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channels::array::UniformArray;
    use crate::channels::cdl::Profile;
    use crate::channels::model::Directions;
    use crate::channels::scattering::Spectrum;

    const SEEN: Directions = Directions { azimuth_rad: [-1.0, 1.0], polar_rad: [1.0, 2.0] };

    fn models() -> Vec<Model> {
        let scatter = Scatter::Local {
            azimuth_std_rad: 0.2,
            polar_std_rad: 0.1,
            spectrum: Spectrum::Gaussian,
        };
        let law = ClusterLaw {
            rays: 5,
            clusters: 4,
            centres: SEEN,
            stds_rad: (0.1, 0.1),
            powers: ClusterPowers::Drawn(PowerDecay::default()),
        };
        vec![
            Model::Rayleigh,
            Model::Correlated { directions: SEEN, scatter },
            Model::Rician { k_factor: 3.0, directions: SEEN, scatter },
            Model::Clustered { law: law.clone(), k_factor: 0.0 },
            Model::Clustered { law, k_factor: 2.0 },
            Model::DelayLine {
                line: DelayLine::new(Profile::D, 0.0),
                azimuth_rad: Some([-0.5, 0.5]),
                polar_rad: None,
                pattern: false,
            },
        ]
    }

    fn streams(trial: u64) -> UserStreams<'static> {
        UserStreams { seed: 3, system: "test", trial, user: 1 }
    }

    /// Without delays every subcarrier has the narrowband channel.
    #[test]
    fn without_delays_it_is_the_narrowband_channel() {
        let array = UniformArray::new(3, 2);
        let flat = Delays { taps: TapProfile::flat(), spread_s: 0.0 };
        let band = Band { carrier_hz: 28e9, offsets_hz: &[-1e7, 0.0, 1e7], squint: false };
        for model in models() {
            let narrow = model.draw(&array, &streams(2)).unwrap();
            let wide = model.draw_band(&array, &streams(2), &flat, &band).unwrap();
            for n in 0..3 {
                let apart = |(x, y): (&C64, &C64)| (x - y).norm();
                let far = wide.col(n).iter().zip(&narrow).map(apart).fold(0.0, f64::max);
                assert!(far < 1e-14, "{model:?}: {far}");
            }
        }
    }

    /// Their power is that of the array, and scatter decorrelates over the band as its profile says.
    #[test]
    fn power_and_correlation_over_the_band() {
        let array = UniformArray::new(2, 2);
        let delays = Delays { taps: TapProfile::exponential(6, 1e7, 1e-7), spread_s: 1e-7 };
        let band = Band { carrier_hz: 28e9, offsets_hz: &[0.0, 2e6], squint: true };
        let trials = 800;
        for model in models() {
            let (mut power, mut both) = (0.0, C64::ZERO);
            for trial in 0..trials {
                let h = model.draw_band(&array, &streams(trial), &delays, &band).unwrap();
                power += h.norm_sqr() / 2.0;
                both += noctule_num::linalg::dot(h.col(0), h.col(1));
            }
            let n = f64::from(trials as u32);
            assert!((power / n / 4.0 - 1.0).abs() < 0.15, "{model:?}: {power}");
            if model == Model::Rayleigh {
                let exact = delays.taps.correlation(2e6);
                assert!((both / (4.0 * n) - exact).norm() < 0.12);
            }
        }
    }
}
