//! Mean and covariance of a user's channel, as an estimator may know them.

use noctule_num::{C64, CMat, InputError};

use super::super::antennas::Antennas;
use super::super::draws::UserStreams;
use super::super::rician::{Rician, shares};
use super::super::scattering::Scattering;
use super::user::{Resident, moved, towards};
use super::wide::clusters_of;
use super::{DelayLine, Model, NoSight, Scatter};

/// What is known of a user's channel on any subcarrier before pilots are heard.
#[derive(Clone, Debug, PartialEq)]
pub struct Statistics {
    /// m: a line of sight, whose phase is known.
    pub mean: Vec<C64>,
    /// `E (h − m)(h − m)ᴴ`, path gain included.
    pub covariance: CMat,
}

impl Model {
    /// Mean and covariance given where the user is: of clusters and delay lines given the directions of their
    /// rays, whose gains alone are random, with the line of sight of a delay line among them.
    ///
    /// # Errors
    /// As [`Model::draw`]; elements with a pattern on delay lines, whose covariance is not offered.
    pub fn statistics(
        &self,
        array: &dyn Antennas,
        streams: &UserStreams<'_>,
    ) -> Result<Statistics, InputError> {
        let n = array.elements();
        let beside =
            |k_factor: f64, path_gain: f64, direction: (f64, f64), mut covariance: CMat| {
                let line_of_sight = array.far_response(direction.0, direction.1, 1.0);
                let user = Rician {
                    k_factor,
                    path_gain,
                    line_of_sight: &line_of_sight,
                    phase_rad: streams.line_of_sight_phase_rad(),
                };
                covariance.scale(path_gain * shares(k_factor).1.powi(2));
                Statistics { mean: user.mean(), covariance }
            };
        let seen = |k_factor: f64, path_gain: f64, direction: (f64, f64), scatter: Scatter| {
            let covariance = match scatter {
                Scatter::Independent => CMat::identity(n),
                Scatter::Local { azimuth_std_rad, polar_std_rad, spectrum } => {
                    let (azimuth_rad, polar_rad) = direction;
                    array.covariance(&Scattering {
                        azimuth_rad,
                        polar_rad,
                        azimuth_std_rad,
                        polar_std_rad,
                        spectrum,
                    })
                }
            };
            beside(k_factor, path_gain, direction, covariance)
        };
        let rays = |line: DelayLine, path_gain: f64, pattern: bool| -> Result<CMat, InputError> {
            if pattern {
                let what = "the covariance of a delay line is for elements without pattern";
                let allowed = "element_pattern = false";
                return Err(InputError::new(what, "element_pattern", "true", allowed));
            }
            let rays = line.rays()?;
            let random = streams.delay_line(rays.powers.len());
            Ok(rays.covariance(array, path_gain, &random.coupling))
        };
        let plain = |covariance: CMat| Statistics { mean: vec![C64::ZERO; n], covariance };
        Ok(match self {
            Self::Rayleigh => plain(CMat::identity(n)),
            Self::Correlated { directions, scatter } => {
                seen(0.0, 1.0, directions.draw(streams), *scatter)
            }
            Self::Rician { k_factor, directions, scatter } => {
                seen(*k_factor, 1.0, directions.draw(streams), *scatter)
            }
            Self::Clustered { law, k_factor } => {
                let spread = clusters_of(law, streams, 0.0).covariance(array, 1.0);
                beside(*k_factor, 1.0, law.centres.draw(streams), spread)
            }
            Self::DelayLine { line, azimuth_rad, polar_rad, pattern } => {
                plain(rays(moved(*line, azimuth_rad, polar_rad, streams), 1.0, *pattern)?)
            }
            Self::Cell { cell, scatter, no_sight, pattern } => {
                let user = Resident::draw(cell, *pattern, streams)?;
                match no_sight {
                    NoSight::Clustered(law) if !user.line_of_sight => {
                        plain(clusters_of(law, streams, 0.0).covariance(array, user.path_gain))
                    }
                    NoSight::DelayLine(profile) if !user.line_of_sight => {
                        let line = towards(DelayLine::new(*profile, 0.0), user.direction);
                        plain(rays(line, user.bare_gain, *pattern)?)
                    }
                    _ => seen(user.k_factor, user.path_gain, user.direction, *scatter),
                }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channels::array::UniformArray;
    use crate::channels::clustered::Band;
    use crate::channels::model::{Delays, Directions};
    use crate::channels::scattering::Spectrum;
    use crate::channels::taps::TapProfile;

    /// Mean and covariance of many draws around one user, whose direction does not change.
    #[test]
    fn they_are_those_of_many_draws() {
        let array = UniformArray::new(2, 2);
        let at = Directions { azimuth_rad: [0.4, 0.4], polar_rad: [1.3, 1.3] };
        let scatter = Scatter::Local {
            azimuth_std_rad: 0.3,
            polar_std_rad: 0.1,
            spectrum: Spectrum::Gaussian,
        };
        let model = Model::Rician { k_factor: 2.0, directions: at, scatter };
        let delays = Delays { taps: TapProfile::exponential(3, 1e7, 1e-7), spread_s: 1e-7 };
        let band = Band { carrier_hz: 28e9, offsets_hz: &[3e6], squint: false };
        let trials = 2_000_u64;
        let mut sum = CMat::zeros(4, 4);
        for trial in 0..trials {
            let streams = UserStreams { seed: 4, system: "test", trial, user: 0 };
            let known = model.statistics(&array, &streams).unwrap();
            let h = model.draw_band(&array, &streams, &delays, &band).unwrap();
            for i in 0..4 {
                for j in 0..4 {
                    let (x, y) = (h[(i, 0)] - known.mean[i], h[(j, 0)] - known.mean[j]);
                    sum[(i, j)] += x * y.conj() / trials as f64;
                }
            }
        }
        let streams = UserStreams { seed: 4, system: "test", trial: 0, user: 0 };
        let exact = model.statistics(&array, &streams).unwrap().covariance;
        for i in 0..4 {
            for j in 0..4 {
                // the standard error of a product of two CN(0, 1/3) is a third over √trials
                assert!((sum[(i, j)] - exact[(i, j)]).norm() < 5.0 / 3.0 / (trials as f64).sqrt());
            }
        }
    }
}
