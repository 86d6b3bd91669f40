//! What an instance is made of.

use noctule_phy::cascade::{PathLoss, PathWeights, Place};
use noctule_phy::geometry::Point;

/// How elements are given to sites.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Elements {
    /// Every site has its own number.
    Each(Vec<usize>),
    /// A budget: of K surfaces each gets ⌊N/K⌋.
    Shared(usize),
}

/// What an instance is made of; see [`Instance::new`](super::Instance::new).
#[derive(Clone, Debug, PartialEq)]
pub struct Parts {
    /// Array of the base station.
    pub base: Place,
    /// Array of the user.
    pub user: Place,
    /// Position of the target.
    pub target: Point,
    /// Candidate sites of surfaces. The sensors stand beside the first.
    pub sites: Vec<Place>,
    /// Elements of the surfaces.
    pub elements: Elements,
    /// Antennas of the base station.
    pub transmit_antennas: usize,
    /// Antennas of the user.
    pub user_antennas: usize,
    /// Sensors beside the first surface.
    pub sensors: usize,
    /// Snapshots T.
    pub snapshots: u32,
    /// Transmit power in watts.
    pub power_w: f64,
    /// Noise power of each user antenna in watts.
    pub user_noise_w: f64,
    /// Noise power of each sensor in watts.
    pub sensing_noise_w: f64,
    /// Law of distance.
    pub loss: PathLoss,
    /// |β|², the reflection of the target as a power gain.
    pub reflection_gain: f64,
    /// How strongly each surface reaches the target.
    pub weights: PathWeights,
    /// Largest Cramér–Rao bound of the spatial frequency that is allowed, where there is a limit.
    pub crb_limit: Option<f64>,
}
