//! One concrete problem: places, arrays, powers and the requirement, as numbers.

mod arrays;
mod checks;
mod parts;

use noctule_num::InputError;
use noctule_phy::cascade::{Cascade, SurfacePath};

use self::checks::check;
use crate::Error;

pub use self::arrays::FIELDS;
pub(super) use self::checks::{MOST_ANTENNAS, MOST_ELEMENTS, MOST_SITES};
pub use self::parts::{Elements, Parts};

/// A problem whose data have passed every check.
#[derive(Clone, Debug, PartialEq)]
pub struct Instance {
    parts: Parts,
    /// Number of simulated echoes, with the seed and trial that name their noise.
    echoes: (u64, u64, u64),
}

impl Instance {
    /// Check the parts and make an instance of them.
    ///
    /// # Errors
    /// [`Error::Input`] for counts and powers out of range, and for places that coincide.
    pub fn new(parts: Parts) -> Result<Self, Error> {
        check(&parts)?;
        Ok(Self { parts, echoes: (0, 1, 0) })
    }

    /// The same instance with `draws` simulated echoes, whose noise is named by seed and trial.
    #[must_use]
    pub const fn with_echoes(mut self, draws: u64, seed: u64, trial: u64) -> Self {
        self.echoes = (draws, seed, trial);
        self
    }

    /// Number of simulated echoes, with the seed and trial that name their noise.
    pub const fn echoes(&self) -> (u64, u64, u64) {
        self.echoes
    }

    /// Everything the instance is made of.
    pub const fn parts(&self) -> &Parts {
        &self.parts
    }

    /// Number of candidate sites.
    pub const fn sites(&self) -> usize {
        self.parts.sites.len()
    }

    /// Elements of the surface at `site` in a deployment of `surfaces` surfaces.
    pub fn elements(&self, site: usize, surfaces: usize) -> usize {
        match &self.parts.elements {
            Elements::Each(each) => each[site],
            Elements::Shared(total) => total / surfaces.max(1),
        }
    }

    /// Whether every surface of a deployment of `surfaces` surfaces gets an element.
    pub fn suffices_for(&self, surfaces: usize) -> bool {
        match &self.parts.elements {
            Elements::Each(_) => true,
            Elements::Shared(total) => *total >= surfaces,
        }
    }

    /// All sites, where every surface gets an element.
    ///
    /// # Errors
    /// [`InputError`] naming the elements.
    pub fn all_sites(&self) -> Result<Vec<usize>, InputError> {
        let sites = self.sites();
        if self.suffices_for(sites) {
            return Ok((0..sites).collect());
        }
        let found = self.elements(0, 1).to_string();
        let what = "there are fewer elements than surfaces";
        let error = InputError::new(what, "elements", found, format!("{sites}, one each, or more"));
        Err(error.hint("let fewer surfaces be built: `select` = \"best\" or \"single\""))
    }

    /// The cascades over surfaces at some of the sites, in this order; the first must be site 0,
    /// where the sensors are.
    ///
    /// # Panics
    /// When there is no such site.
    pub fn cascade(&self, sites: &[usize]) -> Cascade {
        let parts = &self.parts;
        let paths = sites
            .iter()
            .map(|&site| {
                SurfacePath::between(
                    parts.base,
                    parts.sites[site],
                    parts.user,
                    parts.target,
                    self.elements(site, sites.len()),
                    parts.loss,
                )
            })
            .collect();
        Cascade {
            transmit_antennas: parts.transmit_antennas,
            user_antennas: parts.user_antennas,
            sensors: parts.sensors,
            snapshots: parts.snapshots,
            user_noise_w: parts.user_noise_w,
            sensing_noise_w: parts.sensing_noise_w,
            reflection_gain: parts.reflection_gain,
            weights: parts.weights,
            paths,
        }
    }

    /// The same problem under another limit on the bound.
    ///
    /// # Errors
    /// As [`Instance::new`].
    pub fn with_crb_limit(&self, crb_limit: Option<f64>) -> Result<Self, Error> {
        let instance = Self::new(Parts { crb_limit, ..self.parts.clone() })?;
        Ok(Self { echoes: self.echoes, ..instance })
    }
}
