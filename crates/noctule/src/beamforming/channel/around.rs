//! Where channels come from, and how widely: what models have in common.

use noctule_phy::channels::model::{Directions, Scatter};

use super::{Channel, Spread};

/// Ranges of directions, and standard deviations about one, in degrees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Around {
    pub(super) azimuth_deg: [f64; 2],
    pub(super) polar_deg: [f64; 2],
    /// `None` is what is independent from antenna to antenna.
    pub(super) azimuth_std_deg: Option<f64>,
    pub(super) polar_std_deg: f64,
}

impl Channel {
    /// Directions and deviations, of the models that have such.
    pub(super) fn around(&self) -> Around {
        match self {
            Self::Correlated { azimuth_deg, polar_deg, azimuth_std_deg, polar_std_deg, .. }
            | Self::Clustered { azimuth_deg, polar_deg, azimuth_std_deg, polar_std_deg, .. } => {
                Around {
                    azimuth_deg: *azimuth_deg,
                    polar_deg: *polar_deg,
                    azimuth_std_deg: Some(*azimuth_std_deg),
                    polar_std_deg: *polar_std_deg,
                }
            }
            Self::Rician { azimuth_deg, polar_deg, azimuth_std_deg, polar_std_deg, .. } => Around {
                azimuth_deg: *azimuth_deg,
                polar_deg: *polar_deg,
                azimuth_std_deg: *azimuth_std_deg,
                polar_std_deg: *polar_std_deg,
            },
            Self::Cdl { azimuth_deg, polar_deg, azimuth_spread_deg, polar_spread_deg, .. } => {
                Around {
                    azimuth_deg: *azimuth_deg,
                    polar_deg: polar_deg.unwrap_or([90.0; 2]),
                    azimuth_std_deg: *azimuth_spread_deg,
                    polar_std_deg: polar_spread_deg.unwrap_or(0.0),
                }
            }
            Self::Geometry { sector_deg, azimuth_std_deg, polar_std_deg, .. } => Around {
                azimuth_deg: *sector_deg,
                polar_deg: [90.0; 2],
                azimuth_std_deg: *azimuth_std_deg,
                polar_std_deg: *polar_std_deg,
            },
            Self::Rayleigh {} | Self::File { .. } => Around {
                azimuth_deg: [0.0; 2],
                polar_deg: [90.0; 2],
                azimuth_std_deg: None,
                polar_std_deg: 0.0,
            },
        }
    }
}

impl Around {
    /// Where clusters are unless it is said.
    pub(super) const USUAL_CLUSTERS: Self = Self {
        azimuth_deg: [-60.0, 60.0],
        polar_deg: [75.0, 105.0],
        azimuth_std_deg: Some(5.0),
        polar_std_deg: 3.0,
    };

    /// The ranges.
    pub(super) fn seen(&self) -> Directions {
        Directions {
            azimuth_rad: self.azimuth_deg.map(f64::to_radians),
            polar_rad: self.polar_deg.map(f64::to_radians),
        }
    }

    /// What arrives around a direction.
    pub(super) fn scatter(&self, spectrum: Spread) -> Scatter {
        self.azimuth_std_deg.map_or(Scatter::Independent, |azimuth| Scatter::Local {
            azimuth_std_rad: azimuth.to_radians(),
            polar_std_rad: self.polar_std_deg.to_radians(),
            spectrum: spectrum.family(),
        })
    }
}
