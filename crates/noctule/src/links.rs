//! Words for channels that several systems have: the fading and the path loss of links between places
//! that are known.
//!
//! The models, their formulas and sources are those of [`noctule_phy::channels`]. Where a link comes
//! from is where its other end stands; what is random in it has a stream of its own.

use noctule_num::input::in_range;
use noctule_num::{C64, CMat, InputError};
use noctule_phy::channels::antennas::Antennas;
use noctule_phy::channels::array::UniformArray;
use noctule_phy::channels::draws::UserStreams;
use noctule_phy::channels::large_scale::{Link, Scenario as Formulas, path_gain};
use noctule_phy::channels::rician::{Rician, shares};
use noctule_phy::channels::scattering::{self, Scattering, correlate, hermitian_root};
use noctule_phy::units;
use serde::{Deserialize, Serialize};

/// How directions are spread about their mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Spread {
    /// Normal.
    #[default]
    Gaussian,
    /// Two-sided exponential.
    Laplacian,
    /// Uniform on ±√3 standard deviations.
    Uniform,
}

/// A cell of the report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum CellKind {
    /// Urban micro cell.
    #[default]
    Umi,
    /// Urban macro cell.
    Uma,
    /// Indoor factory, sparse clutter, base station below it.
    InfSl,
    /// Indoor factory, dense clutter, base station below it.
    InfDl,
    /// Indoor factory, sparse clutter, base station above it.
    InfSh,
    /// Indoor factory, dense clutter, base station above it.
    InfDh,
    /// Indoor factory, both above the clutter.
    InfHh,
}

impl Spread {
    pub(crate) const fn family(self) -> scattering::Spectrum {
        match self {
            Self::Gaussian => scattering::Spectrum::Gaussian,
            Self::Laplacian => scattering::Spectrum::Laplacian,
            Self::Uniform => scattering::Spectrum::Uniform,
        }
    }
}

impl CellKind {
    pub(crate) const fn formulas(self) -> Formulas {
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

/// Path loss in line of sight of 3GPP TR 38.901, by the length of a path alone: up to the breakpoint,
/// beyond which paths of low antennas lose more.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SightLoss {
    /// Its formulas.
    #[serde(default)]
    pub scenario: CellKind,
    /// Carrier frequency in GHz.
    #[serde(default = "carrier")]
    pub carrier_ghz: f64,
}

impl SightLoss {
    /// Refuse parameters that make no sense; places are below `cell`.
    pub(crate) fn validate(&self) -> Result<(), InputError> {
        in_range("cell.carrier_ghz", self.carrier_ghz, 1e-3, 1e4, "GHz")
    }

    /// Gain at one metre in dB, and exponent.
    pub(crate) fn law(&self) -> (f64, f64) {
        self.scenario.formulas().sight_law(self.carrier_ghz)
    }
}

/// How links between known places fade, and what they lose.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, tag = "kind", rename_all = "kebab-case")]
pub enum Links {
    /// Independent Rayleigh fading, with the path loss of the system.
    Rayleigh {},
    /// Rayleigh fading with the covariance of scatterers around the direction of the other end.
    Correlated {
        /// Standard deviation of their azimuth in degrees.
        #[serde(default = "ten")]
        azimuth_std_deg: f64,
        /// Family of the deviation.
        #[serde(default)]
        spectrum: Spread,
    },
    /// A line of sight of unknown phase, and scatter.
    Rician {
        /// Line of sight over scatter in dB: from 300 dB on it is alone, from −300 dB down the scatter.
        #[serde(default = "six")]
        k_factor_db: f64,
        /// Standard deviation of the azimuth of scatterers around the line of sight in degrees;
        /// `null` means scatter that is independent from antenna to antenna.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        azimuth_std_deg: Option<f64>,
        /// Family of the deviation.
        #[serde(default)]
        spectrum: Spread,
    },
    /// Path loss, line of sight, shadowing and Rician factor of 3GPP TR 38.901, each link by itself.
    Geometry {
        /// Its formulas.
        #[serde(default)]
        scenario: CellKind,
        /// Carrier frequency in GHz.
        #[serde(default = "carrier")]
        carrier_ghz: f64,
        /// Height of access points in metres.
        #[serde(default = "ten")]
        base_height_m: f64,
        /// Height of users and targets in metres.
        #[serde(default = "hand")]
        user_height_m: f64,
        /// Standard deviation of the azimuth of scatterers in degrees; `null` means scatter that is
        /// independent from antenna to antenna.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        azimuth_std_deg: Option<f64>,
        /// Family of the deviation.
        #[serde(default)]
        spectrum: Spread,
    },
}

const fn six() -> f64 {
    6.0
}
const fn ten() -> f64 {
    10.0
}
const fn carrier() -> f64 {
    3.5
}
const fn hand() -> f64 {
    1.5
}

/// What a link is made of: `√β [√(K/(K+1)) e^{jψ} √N a + √(1/(K+1)) R^{1/2} g]` in a direction.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Law {
    /// β.
    pub(crate) gain: f64,
    /// K as a ratio.
    k_factor: f64,
    /// Unit-norm response of the line of sight.
    sight: Vec<C64>,
    /// R^{1/2}; `None` where scatter is independent.
    root: Option<CMat>,
}

impl Links {
    /// Whether it is what systems draw where nothing is said.
    #[allow(clippy::ref_option, reason = "as serde hands it")]
    pub(crate) fn is_usual(own: &Option<Self>) -> bool {
        own.is_none_or(|own| matches!(own, Self::Rayleigh {}))
    }

    /// Refuse parameters that make no sense; places are below `channel`.
    pub(crate) fn validate(&self) -> Result<(), InputError> {
        let check = || -> Result<(), InputError> {
            let width = |std: f64| in_range("azimuth_std_deg", std, 0.0, 360.0, "degrees");
            match self {
                Self::Rayleigh {} => Ok(()),
                Self::Correlated { azimuth_std_deg, .. } => width(*azimuth_std_deg),
                Self::Rician { k_factor_db, azimuth_std_deg, .. } => {
                    in_range("k_factor_db", *k_factor_db, -300.0, 300.0, "dB")?;
                    width(azimuth_std_deg.unwrap_or(0.0))
                }
                Self::Geometry {
                    carrier_ghz,
                    base_height_m,
                    user_height_m,
                    azimuth_std_deg,
                    ..
                } => {
                    in_range("carrier_ghz", *carrier_ghz, 1e-3, 1e4, "GHz")?;
                    in_range("base_height_m", *base_height_m, 0.0, 1e4, "m")?;
                    in_range("user_height_m", *user_height_m, 0.0, 1e4, "m")?;
                    width(azimuth_std_deg.unwrap_or(0.0))?;
                    self.loss_db(100.0, true)?;
                    self.sight_probability(100.0).map(drop)
                }
            }
        };
        check().map_err(|error| error.inside("channel"))
    }

    fn formulas(&self, distance_m: f64) -> Option<(Formulas, Link)> {
        let Self::Geometry { scenario, carrier_ghz, base_height_m, user_height_m, .. } = self
        else {
            return None;
        };
        let link = Link {
            distance_2d_m: distance_m,
            base_height_m: *base_height_m,
            user_height_m: *user_height_m,
            frequency_ghz: *carrier_ghz,
        };
        Some((scenario.formulas(), link))
    }

    /// Path loss of a geometry in dB; zero of others.
    fn loss_db(&self, distance_m: f64, line_of_sight: bool) -> Result<f64, InputError> {
        let formulas = self.formulas(distance_m);
        formulas.map_or(Ok(0.0), |(formulas, link)| formulas.path_loss_db(&link, line_of_sight))
    }

    fn sight_probability(&self, distance_m: f64) -> Result<f64, InputError> {
        let formulas = self.formulas(distance_m);
        let named = |error: InputError| match error.place.starts_with("clutter") {
            true => InputError { place: "user_height_m".to_owned(), ..error },
            false => error,
        };
        formulas.map_or(Ok(1.0), |(formulas, link)| {
            formulas.line_of_sight_probability(&link, None).map_err(named)
        })
    }

    /// The gain β of a way in line of sight at a distance in the plane, where it is not the system's own.
    ///
    /// # Errors
    /// As [`Links::validate`].
    pub(crate) fn sight_gain(&self, distance_m: f64) -> Result<Option<f64>, InputError> {
        let Self::Geometry { .. } = self else { return Ok(None) };
        Ok(Some(path_gain(self.loss_db(distance_m, true)?, 0.0)))
    }

    /// What of a link is outside the ranges of its formulas, in words.
    pub(crate) fn warnings(&self, distance_m: f64) -> Vec<String> {
        let formulas = self.formulas(distance_m);
        formulas.map_or_else(Vec::new, |(formulas, link)| formulas.warnings(&link))
    }

    /// The law of a link of length `distance_m` whose other end is seen under `azimuth_rad`; `own_gain` is
    /// β as the system has it. Line of sight, shadowing and K of a geometry are drawn from `streams`.
    ///
    /// # Errors
    /// As [`Links::validate`].
    pub(crate) fn law(
        &self,
        array: &UniformArray,
        azimuth_rad: f64,
        distance_m: f64,
        own_gain: f64,
        streams: &UserStreams<'_>,
    ) -> Result<Law, InputError> {
        let local = |std_deg: Option<f64>, spectrum: Spread| -> Result<Option<CMat>, InputError> {
            let Some(std_deg) = std_deg else { return Ok(None) };
            let around = Scattering {
                azimuth_rad,
                polar_rad: std::f64::consts::FRAC_PI_2,
                azimuth_std_rad: std_deg.to_radians(),
                polar_std_rad: 0.0,
                spectrum: spectrum.family(),
            };
            let root = hermitian_root(&array.covariance(&around)).map_err(|error| {
                let (what, allowed) = ("a covariance has no root", "finite places and spreads");
                InputError::new(what, "azimuth_std_deg", error.to_string(), allowed)
            })?;
            Ok(Some(root))
        };
        let (gain, k_factor, root) = match self {
            Self::Rayleigh {} => (own_gain, 0.0, None),
            Self::Correlated { azimuth_std_deg, spectrum } => {
                (own_gain, 0.0, local(Some(*azimuth_std_deg), *spectrum)?)
            }
            Self::Rician { k_factor_db, azimuth_std_deg, spectrum } => {
                (own_gain, k_ratio(*k_factor_db), local(*azimuth_std_deg, *spectrum)?)
            }
            Self::Geometry { scenario, azimuth_std_deg, spectrum, .. } => {
                let numbers = streams.user_numbers();
                let sight = numbers.line_of_sight < self.sight_probability(distance_m)?;
                let formulas = scenario.formulas();
                let shadowing = formulas.shadowing_db(sight) * numbers.shadowing;
                let (mean, std) = formulas.k_factor_db();
                let k_db = mean + std * streams.k_factor_number();
                let gain = path_gain(self.loss_db(distance_m, sight)?, shadowing);
                let k_factor = if sight { units::linear_from_db(k_db) } else { 0.0 };
                (gain, k_factor, local(*azimuth_std_deg, *spectrum)?)
            }
        };
        let sight = array.far_response(azimuth_rad, std::f64::consts::FRAC_PI_2, 1.0);
        Ok(Law { gain, k_factor, sight, root })
    }
}

/// K as a ratio, with its ends.
pub(crate) fn k_ratio(db: f64) -> f64 {
    match db {
        db if db >= 300.0 => f64::INFINITY,
        db if db <= -300.0 => 0.0,
        db => units::linear_from_db(db),
    }
}

impl Law {
    /// `E h hᴴ / β` for a line of sight of unknown phase, of trace N.
    pub(crate) fn covariance(&self) -> CMat {
        let n = self.sight.len();
        let (sight, scatter) = shares(self.k_factor);
        let mut out = match &self.root {
            None => CMat::identity(n),
            Some(root) => noctule_num::linalg::product(
                root,
                noctule_num::linalg::Op::Plain,
                root,
                noctule_num::linalg::Op::Adjoint,
            ),
        };
        out.scale(scatter.powi(2));
        let weight = sight.powi(2) * n as f64;
        for j in 0..n {
            for i in 0..n {
                out[(i, j)] += self.sight[i] * self.sight[j].conj() * weight;
            }
        }
        out
    }

    /// The channel for scatter `g` with entries CN(0, 1).
    pub(crate) fn channel(&self, g: Vec<C64>, streams: &UserStreams<'_>) -> Vec<C64> {
        let scatter = match &self.root {
            Some(root) => correlate(root, &g),
            None => g,
        };
        let user = Rician {
            k_factor: self.k_factor,
            path_gain: self.gain,
            line_of_sight: &self.sight,
            phase_rad: streams.line_of_sight_phase_rad(),
        };
        user.channel(&scatter)
    }
}
