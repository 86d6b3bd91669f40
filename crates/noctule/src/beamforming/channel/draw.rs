//! From parameters with units to models, and from models to channels.

use noctule_num::{CMat, InputError};
use noctule_phy::arrays::PlanarArray;
use noctule_phy::channels::antennas::Antennas;
use noctule_phy::channels::cdl::{AngleTarget, DelayLine, Profile};
use noctule_phy::channels::cell::Cell;
use noctule_phy::channels::clustered::PowerDecay;
use noctule_phy::channels::draws::UserStreams;
use noctule_phy::channels::frame::Frame;
use noctule_phy::channels::large_scale;
use noctule_phy::channels::model::{self, ClusterLaw, ClusterPowers, Directions, Model};
use noctule_phy::{fading, units};

use super::around::Around;
use super::ranges::K_ENDS_DB;
use super::{CdlProfile, Channel, NoSight};
use crate::beamforming::SYSTEM;

/// The bandwidth of a geometry of which nothing is said.
const USUAL_BANDWIDTH_MHZ: f64 = 100.0;

impl CdlProfile {
    const fn tables(self) -> Profile {
        match self {
            Self::A => Profile::A,
            Self::B => Profile::B,
            Self::C => Profile::C,
            Self::D => Profile::D,
            Self::E => Profile::E,
        }
    }
}

impl Channel {
    /// Channels of a trial, antennas × users.
    ///
    /// # Errors
    /// As [`Channel::validate`].
    pub fn draw(
        &self,
        seed: u64,
        trial: u64,
        array: &dyn Antennas,
        users: usize,
    ) -> Result<CMat, InputError> {
        if self.is_rayleigh() {
            return Ok(fading::rayleigh(seed, SYSTEM, trial, array.elements(), users));
        }
        let mut channels = CMat::zeros(array.elements(), users);
        for user in 0..users {
            let model = self.model_of(user);
            let streams = UserStreams { seed, system: SYSTEM, trial, user: user as u64 };
            let channel = model.draw(array, &streams).map_err(|e| e.inside("channel"))?;
            channels.col_mut(user).copy_from_slice(&channel);
        }
        Ok(channels)
    }

    /// The cell of a geometry, and whether its elements have a pattern.
    pub(in crate::beamforming) fn cell(&self) -> Option<(Cell, bool)> {
        match (self, self.model()) {
            (Self::Geometry { .. }, Model::Cell { cell, pattern, .. }) => Some((cell, pattern)),
            _ => None,
        }
    }

    /// The noise power of users in watts: that of a geometry's bandwidth, which is `band_hz` where there is a
    /// band, else `user_noise_dbm`.
    pub fn user_noise_w(&self, user_noise_dbm: f64, band_hz: Option<f64>) -> f64 {
        self.thermal_noise_w(band_hz).unwrap_or_else(|| units::w_from_dbm(user_noise_dbm))
    }

    /// The thermal noise of a geometry's bandwidth in watts.
    pub(in crate::beamforming) fn thermal_noise_w(&self, band_hz: Option<f64>) -> Option<f64> {
        let Self::Geometry { bandwidth_mhz, noise_figure_db, .. } = self else { return None };
        let own_hz = bandwidth_mhz.unwrap_or(USUAL_BANDWIDTH_MHZ) * 1e6;
        Some(large_scale::noise_w(band_hz.unwrap_or(own_hz), *noise_figure_db, 290.0))
    }

    /// What of the model is outside the ranges of its formulas, in words.
    pub fn warnings(&self, array: PlanarArray) -> Vec<String> {
        match self {
            Self::File { .. } => self.file_notes(array),
            _ => match self.model() {
                Model::Cell { cell, .. } => {
                    let mut all = cell.warnings();
                    all.extend(other_height(&cell));
                    all
                }
                _ => Vec::new(),
            },
        }
    }

    /// The model of a user in SI units: of one whose direction is known, from there.
    pub(in crate::beamforming) fn model_of(&self, user: usize) -> Model {
        match (self, self.model()) {
            (Self::Rician { users_deg, .. }, Model::Rician { k_factor, scatter, directions }) => {
                let known = |[azimuth, polar]: &[f64; 2]| Directions {
                    azimuth_rad: [azimuth.to_radians(); 2],
                    polar_rad: [polar.to_radians(); 2],
                };
                let directions = users_deg.get(user).map_or(directions, known);
                Model::Rician { k_factor, directions, scatter }
            }
            (_, model) => model,
        }
    }

    /// The model of users anywhere, in SI units.
    pub(in crate::beamforming) fn model(&self) -> Model {
        match self {
            // channels of a file are not drawn
            Self::Rayleigh {} | Self::File { .. } => Model::Rayleigh,
            Self::Correlated { spectrum, .. } => {
                let around = self.around();
                Model::Correlated { directions: around.seen(), scatter: around.scatter(*spectrum) }
            }
            Self::Rician { k_factor_db, spectrum, .. } => {
                let (around, k_factor) = (self.around(), k_factor(*k_factor_db));
                let scatter = around.scatter(*spectrum);
                Model::Rician { k_factor, directions: around.seen(), scatter }
            }
            Self::Clustered { clusters, rays, decaying, powers, k_factor_db, .. } => {
                let around = self.around();
                let powers = match powers {
                    Some(powers) => ClusterPowers::Given(powers.clone()),
                    None if *decaying => ClusterPowers::Drawn(PowerDecay::default()),
                    None => ClusterPowers::Equal,
                };
                let azimuth_std = around.azimuth_std_deg.unwrap_or(0.0).to_radians();
                let stds_rad = (azimuth_std, around.polar_std_deg.to_radians());
                let centres = around.seen();
                let law =
                    ClusterLaw { rays: *rays, clusters: *clusters, centres, stds_rad, powers };
                Model::Clustered { law, k_factor: k_factor_db.map_or(0.0, k_factor) }
            }
            Self::Cdl {
                profile,
                k_factor_db,
                azimuth_deg,
                azimuth_spread_deg,
                polar_deg,
                polar_spread_deg,
                element_pattern,
            } => {
                let target = |spread: Option<f64>| AngleTarget {
                    mean_rad: 0.0,
                    spread_rad: spread.map(f64::to_radians),
                };
                // Delays do not reach a single frequency.
                let line = DelayLine::new(profile.tables(), 0.0);
                let azimuth = Some(target(*azimuth_spread_deg));
                let polar = polar_deg.map(|_| target(*polar_spread_deg));
                Model::DelayLine {
                    line: DelayLine { k_factor_db: *k_factor_db, azimuth, polar, ..line },
                    azimuth_rad: Some(azimuth_deg.map(f64::to_radians)),
                    polar_rad: polar_deg.map(|range| range.map(f64::to_radians)),
                    pattern: *element_pattern,
                }
            }
            Self::Geometry {
                scenario,
                carrier_ghz,
                base_height_m,
                bearing_deg,
                downtilt_deg,
                element_pattern,
                user_height_m,
                radius_m,
                sector_deg,
                spectrum,
                nlos,
                ..
            } => {
                let position_m = [0.0, 0.0, *base_height_m];
                let (bearing_rad, downtilt_rad) =
                    (bearing_deg.to_radians(), downtilt_deg.to_radians());
                let cell = Cell {
                    scenario: scenario.formulas(),
                    frame: Frame { position_m, bearing_rad, downtilt_rad },
                    carrier_hz: carrier_ghz * 1e9,
                    user_height_m: *user_height_m,
                    radius_m: *radius_m,
                    sector_rad: sector_deg.map(f64::to_radians),
                    clutter: None,
                };
                let scatter = self.around().scatter(*spectrum);
                Model::Cell { cell, scatter, no_sight: nlos.model(), pattern: *element_pattern }
            }
        }
    }
}

/// What is said of a base station that is not as high as the report has it where its formulas are made for one
/// height.
fn other_height(cell: &Cell) -> Option<String> {
    let (own_m, height_m) = match cell.scenario {
        large_scale::Scenario::UrbanMicro => (10.0, cell.frame.position_m[2]),
        large_scale::Scenario::UrbanMacro => (25.0, cell.frame.position_m[2]),
        _ => return None,
    };
    height_m.total_cmp(&own_m).is_ne().then(|| {
        let name = cell.scenario.name();
        format!(
            "{name}: the base station's height of {height_m} m is not the {own_m} m of the formulas"
        )
    })
}

/// K as a ratio; the ends are those of the model.
fn k_factor(db: f64) -> f64 {
    match db {
        db if db >= K_ENDS_DB => f64::INFINITY,
        db if db <= -K_ENDS_DB => 0.0,
        db => units::linear_from_db(db),
    }
}

impl NoSight {
    fn model(self) -> model::NoSight {
        let profile = match self {
            Self::Scatter => return model::NoSight::Scatter,
            Self::Clustered => {
                return model::NoSight::Clustered(ClusterLaw {
                    rays: 8,
                    clusters: 3,
                    centres: Around::USUAL_CLUSTERS.seen(),
                    stds_rad: (5_f64.to_radians(), 3_f64.to_radians()),
                    powers: ClusterPowers::Drawn(PowerDecay::default()),
                });
            }
            Self::CdlA => Profile::A,
            Self::CdlB => Profile::B,
            Self::CdlC => Profile::C,
        };
        model::NoSight::DelayLine(profile)
    }
}
