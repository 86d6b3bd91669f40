//! From parameters with units to models, and from models to channels.

use noctule_num::input::{in_count, in_range};
use noctule_num::{CMat, InputError};
use noctule_phy::arrays::PlanarArray;
use noctule_phy::channels::antennas::Antennas;
use noctule_phy::channels::cdl::{AngleTarget, DelayLine, Profile};
use noctule_phy::channels::cell::Cell;
use noctule_phy::channels::clustered::PowerDecay;
use noctule_phy::channels::draws::UserStreams;
use noctule_phy::channels::frame::Frame;
use noctule_phy::channels::large_scale::{self, Scenario as Formulas};
use noctule_phy::channels::model::{ClusterPowers, Directions, Model, Scatter};
use noctule_phy::channels::scattering;
use noctule_phy::{fading, units};

use super::{CdlProfile, CellKind, Channel, ChannelTool, ReceiveAntennas, Spread};
use crate::beamforming::SYSTEM;

fn range(place: &str, [low, high]: [f64; 2], ends: [f64; 2], unit: &str) -> Result<(), InputError> {
    in_range(place, low, ends[0], ends[1], unit)?;
    in_range(place, high, low, ends[1], &format!("{unit}, not below the lower end"))
}

fn directions(azimuth_deg: [f64; 2], polar_deg: [f64; 2]) -> Result<(), InputError> {
    range("azimuth_deg", azimuth_deg, [-360.0, 360.0], "degrees")?;
    range("polar_deg", polar_deg, [-360.0, 360.0], "degrees")
}

fn spreads(azimuth_deg: f64, polar_deg: f64) -> Result<(), InputError> {
    in_range("azimuth_std_deg", azimuth_deg, 0.0, 360.0, "degrees")?;
    in_range("polar_std_deg", polar_deg, 0.0, 90.0, "degrees")
}

fn seen(azimuth_deg: [f64; 2], polar_deg: [f64; 2]) -> Directions {
    Directions {
        azimuth_rad: azimuth_deg.map(f64::to_radians),
        polar_rad: polar_deg.map(f64::to_radians),
    }
}

fn scatter(azimuth_std_deg: Option<f64>, polar_std_deg: f64, spectrum: Spread) -> Scatter {
    azimuth_std_deg.map_or(Scatter::Independent, |azimuth| Scatter::Local {
        azimuth_std_rad: azimuth.to_radians(),
        polar_std_rad: polar_std_deg.to_radians(),
        spectrum: spectrum.family(),
    })
}

impl Spread {
    const fn family(self) -> scattering::Spectrum {
        match self {
            Self::Gaussian => scattering::Spectrum::Gaussian,
            Self::Laplacian => scattering::Spectrum::Laplacian,
            Self::Uniform => scattering::Spectrum::Uniform,
        }
    }
}

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

impl CellKind {
    const fn formulas(self) -> Formulas {
        match self {
            Self::Umi => Formulas::UrbanMicro,
            Self::Uma => Formulas::UrbanMacro,
            Self::InfSl => Formulas::FactorySparseLow,
            Self::InfDl => Formulas::FactoryDenseLow,
            Self::InfSh => Formulas::FactorySparseHigh,
            Self::InfDh => Formulas::FactoryDenseHigh,
            Self::InfHh => Formulas::FactoryHigh,
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
        let (model, mut channels) = (self.model(), CMat::zeros(array.elements(), users));
        for user in 0..users {
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

    /// The noise power of users in watts: that of a geometry's bandwidth, else `user_noise_dbm`.
    pub fn user_noise_w(&self, user_noise_dbm: f64) -> f64 {
        match self {
            Self::Geometry { bandwidth_mhz, noise_figure_db, .. } => {
                large_scale::noise_w(bandwidth_mhz * 1e6, *noise_figure_db, 290.0)
            }
            _ => units::w_from_dbm(user_noise_dbm),
        }
    }

    /// What of the model is outside the ranges of its formulas, in words.
    pub fn warnings(&self, array: PlanarArray) -> Vec<String> {
        match self {
            Self::File { .. } => self.file_notes(array),
            _ => match self.model() {
                Model::Cell { cell, .. } => cell.warnings(),
                _ => Vec::new(),
            },
        }
    }

    /// Refuse parameters that make no sense.
    ///
    /// # Errors
    /// [`InputError`] naming the field, below `channel`.
    pub fn validate(&self) -> Result<(), InputError> {
        self.ranges().map_err(|error| error.inside("channel"))?;
        // What only the model itself can refuse: a factor K of a profile without line of sight.
        if let Model::DelayLine { line, .. } = self.model() {
            line.rays().map_err(|error| error.inside("channel"))?;
        }
        if let Model::Cell { cell, .. } = self.model() {
            let link = cell.link(cell.radius_m[1]);
            let formulas = cell.scenario;
            formulas
                .path_loss_db(&link, true)
                .and_then(|_| formulas.line_of_sight_probability(&link, None))
                .map_err(|error| error.inside("channel"))?;
        }
        Ok(())
    }

    fn ranges(&self) -> Result<(), InputError> {
        match self {
            Self::Rayleigh {} => Ok(()),
            Self::File { .. } => self.file_words(),
            Self::Correlated { azimuth_deg, polar_deg, azimuth_std_deg, polar_std_deg, .. } => {
                directions(*azimuth_deg, *polar_deg)?;
                spreads(*azimuth_std_deg, *polar_std_deg)
            }
            Self::Rician {
                k_factor_db,
                azimuth_deg,
                polar_deg,
                azimuth_std_deg,
                polar_std_deg,
                ..
            } => {
                in_range("k_factor_db", *k_factor_db, -300.0, 300.0, "dB")?;
                directions(*azimuth_deg, *polar_deg)?;
                spreads(azimuth_std_deg.unwrap_or(0.0), *polar_std_deg)
            }
            Self::Clustered {
                clusters,
                rays,
                azimuth_deg,
                polar_deg,
                azimuth_std_deg,
                polar_std_deg,
                ..
            } => {
                in_count("clusters", *clusters, 1, 1000)?;
                in_count("rays", *rays, 1, 1000)?;
                directions(*azimuth_deg, *polar_deg)?;
                spreads(*azimuth_std_deg, *polar_std_deg)
            }
            Self::Cdl { k_factor_db, azimuth_deg, azimuth_spread_deg, .. } => {
                in_range("k_factor_db", k_factor_db.unwrap_or(0.0), -300.0, 300.0, "dB")?;
                range("azimuth_deg", *azimuth_deg, [-360.0, 360.0], "degrees")?;
                in_range(
                    "azimuth_spread_deg",
                    azimuth_spread_deg.unwrap_or(0.0),
                    0.0,
                    360.0,
                    "degrees",
                )
            }
            Self::Geometry { .. } => self.cell_ranges(),
        }
    }

    /// What of a file can be wrong without looking at it.
    fn file_words(&self) -> Result<(), InputError> {
        let Self::File {
            path,
            axes,
            tool,
            total_subcarriers,
            element_order,
            receive_antennas,
            direction_check,
            ..
        } = self
        else {
            return Ok(());
        };
        if path.is_empty() {
            let what = "no file of channels is named";
            return Err(InputError::new(what, "path", "an empty path", "the path of a file"));
        }
        let told = |what: &str, place: &str, found: &str, allowed: &str| {
            Err(InputError::new(what, place, found, allowed))
        };
        if tool.is_some() && !axes.is_empty() {
            return told("the axes of a tool are known", "axes", axes, "`axes` or `tool`");
        }
        if tool.is_none() {
            let allowed =
                "`tool` beside it; a file of one's own is [trial, user, antenna] in our order";
            if element_order.is_some() {
                return told("only imports sort elements", "element_order", "no `tool`", allowed);
            }
            if *receive_antennas != ReceiveAntennas::First {
                let what = "only imports have receive antennas";
                return told(what, "receive_antennas", "no `tool`", allowed);
            }
        }
        if total_subcarriers.is_some() && *tool != Some(ChannelTool::Deepmimo) {
            let (found, allowed) = ("another tool", "`tool = \"deepmimo\"` beside it");
            return told("only DeepMIMO divides amplitudes", "total_subcarriers", found, allowed);
        }
        if let Some(count) = total_subcarriers {
            in_count("total_subcarriers", *count, 1, 1 << 24)?;
        }
        if let Some(check) = direction_check {
            in_range("direction_check.azimuth_deg", check.azimuth_deg, -360.0, 360.0, "degrees")?;
            in_range("direction_check.polar_deg", check.polar_deg, -360.0, 360.0, "degrees")?;
            in_range("direction_check.at_least", check.at_least, 0.0, 1.0, "")?;
        }
        Ok(())
    }

    fn cell_ranges(&self) -> Result<(), InputError> {
        let Self::Geometry {
            carrier_ghz,
            base_height_m,
            bearing_deg,
            downtilt_deg,
            user_height_m,
            radius_m,
            sector_deg,
            azimuth_std_deg,
            bandwidth_mhz,
            noise_figure_db,
            ..
        } = self
        else {
            return Ok(());
        };
        in_range("carrier_ghz", *carrier_ghz, 1e-3, 1e4, "GHz")?;
        in_range("base_height_m", *base_height_m, 0.0, 1e4, "m")?;
        in_range("bearing_deg", *bearing_deg, -360.0, 360.0, "degrees")?;
        in_range("downtilt_deg", *downtilt_deg, -90.0, 90.0, "degrees")?;
        in_range("user_height_m", *user_height_m, 0.0, 1e4, "m")?;
        range("radius_m", *radius_m, [0.1, 1e6], "m")?;
        range("sector_deg", *sector_deg, [-360.0, 360.0], "degrees")?;
        spreads(azimuth_std_deg.unwrap_or(0.0), 0.0)?;
        in_range("bandwidth_mhz", *bandwidth_mhz, 1e-6, 1e6, "MHz")?;
        in_range("noise_figure_db", *noise_figure_db, 0.0, 100.0, "dB")
    }

    /// The model in SI units.
    fn model(&self) -> Model {
        match self {
            // channels of a file are not drawn
            Self::Rayleigh {} | Self::File { .. } => Model::Rayleigh,
            Self::Correlated {
                azimuth_deg,
                polar_deg,
                azimuth_std_deg,
                polar_std_deg,
                spectrum,
            } => Model::Correlated {
                directions: seen(*azimuth_deg, *polar_deg),
                scatter: scatter(Some(*azimuth_std_deg), *polar_std_deg, *spectrum),
            },
            Self::Rician {
                k_factor_db,
                azimuth_deg,
                polar_deg,
                azimuth_std_deg,
                polar_std_deg,
                spectrum,
            } => Model::Rician {
                k_factor: units::linear_from_db(*k_factor_db),
                directions: seen(*azimuth_deg, *polar_deg),
                scatter: scatter(*azimuth_std_deg, *polar_std_deg, *spectrum),
            },
            Self::Clustered {
                clusters,
                rays,
                azimuth_deg,
                polar_deg,
                azimuth_std_deg,
                polar_std_deg,
                decaying,
            } => Model::Clustered {
                rays: *rays,
                clusters: *clusters,
                centres: seen(*azimuth_deg, *polar_deg),
                stds_rad: (azimuth_std_deg.to_radians(), polar_std_deg.to_radians()),
                powers: if *decaying {
                    ClusterPowers::Drawn(PowerDecay::default())
                } else {
                    ClusterPowers::Equal
                },
            },
            Self::Cdl {
                profile,
                k_factor_db,
                azimuth_deg,
                azimuth_spread_deg,
                element_pattern,
            } => {
                let spread_rad = azimuth_spread_deg.map(f64::to_radians);
                let azimuth = Some(AngleTarget { mean_rad: 0.0, spread_rad });
                // Delays do not reach a single frequency.
                let line = DelayLine::new(profile.tables(), 0.0);
                Model::DelayLine {
                    line: DelayLine { k_factor_db: *k_factor_db, azimuth, ..line },
                    azimuth_rad: Some(azimuth_deg.map(f64::to_radians)),
                    polar_rad: None,
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
                azimuth_std_deg,
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
                let scatter = scatter(*azimuth_std_deg, 0.0, Spread::Gaussian);
                Model::Cell { cell, scatter, pattern: *element_pattern }
            }
        }
    }
}
