//! The scene beside users and targets in SI units: what metrics and limits are measured with.

use noctule_num::linalg::{Cholesky, dot};
use noctule_num::{C64, CMat, InputError};
use noctule_phy::elements::ElementArray;

use super::scene::Over;
use crate::beamforming::Target;
use crate::beamforming::requirements::PowerLimit;

/// A beampattern that is wanted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wanted {
    /// Azimuths in radians.
    pub azimuth_rad: Vec<f64>,
    /// Polar angles in radians.
    pub polar_rad: Vec<f64>,
    /// What is wanted there, up to a common factor.
    pub level: Vec<f64>,
}

/// An offset that the angles of all targets may have.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Node {
    /// Of the azimuths, in radians.
    pub azimuth_rad: f64,
    /// Of the polar angles, in radians.
    pub polar_rad: f64,
    /// Its share.
    pub share: f64,
}

/// Angles that are not known exactly.
#[derive(Clone, Debug, PartialEq)]
pub struct Nodes {
    /// How metrics are judged.
    pub over: Over,
    /// The offsets.
    pub nodes: Vec<Node>,
    /// Information about azimuth and polar angle that the law itself holds, per rad².
    pub prior: [f64; 2],
}

/// Antennas of stations that see a target each in a direction of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct Towards {
    /// The station of every antenna.
    pub station: Vec<usize>,
    /// Responses towards the targets, antennas × targets; the powers of the stations add up.
    pub response: CMat,
}

/// The group of every antenna, and what each group may send in watts.
pub type Groups = (Vec<usize>, Vec<f64>);

/// The scene beside users and targets. By default there is nothing of all this.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Surroundings {
    /// The template of a beampattern.
    pub template: Option<Wanted>,
    /// Covariance of the clutter at the receive array in watts, without noise.
    pub clutter: Option<CMat>,
    /// The group of every antenna, and what each may send in watts.
    pub groups: Option<Groups>,
    /// Responses of stations towards the targets, in place of the transmit array's.
    pub towards: Option<Towards>,
    /// Angles that are not known exactly.
    pub angles: Option<Nodes>,
    /// Variance of the error of each entry of the users' channels; empty where they are exact.
    pub channel_error: Vec<f64>,
}

impl Surroundings {
    /// The limit on power, and that on the sum of groups where these leave more than there is.
    pub(super) fn power(&self, total_w: f64) -> Option<(PowerLimit, Option<f64>)> {
        let (of, limits) = self.groups.clone()?;
        let sum: f64 = limits.iter().sum();
        let total = (sum > total_w * (1.0 + 1e-12)).then_some(total_w);
        Some((PowerLimit::Groups { of, limits }, total))
    }

    /// The targets at every offset.
    pub(super) fn moved<T: Clone>(
        &self,
        targets: &[T],
        turn: impl Fn(&T, &Node) -> T,
    ) -> Vec<Vec<T>> {
        let nodes = self.angles.iter().flat_map(|angles| &angles.nodes);
        nodes.map(|node| targets.iter().map(|target| turn(target, node)).collect()).collect()
    }

    /// Refuse what does not fit arrays, users and targets; places are arrays of an instance.
    pub(super) fn check(
        &self,
        (antennas, receivers): (usize, usize),
        users: usize,
        targets: &[Target],
    ) -> Result<(), InputError> {
        let refuse = |what: &str, place: &str, found: String, allowed: String| {
            Err(InputError::new(what, place, found, allowed))
        };
        let length = |place: &str, found: usize, allowed: usize, of: &str| {
            if found == allowed {
                return Ok(());
            }
            let allowed = format!("{allowed}, one {of}");
            refuse("another number of entries", place, found.to_string(), allowed)
        };
        let numbers = |place: &str, list: &[f64], low: f64, high: f64| {
            let fits = |x: &f64| (low..=high).contains(x);
            match list.iter().position(|x| !fits(x)) {
                None => Ok(()),
                Some(i) => {
                    let (place, found) = (format!("{place}[{i}]"), list[i].to_string());
                    refuse("out of range", &place, found, format!("{low:e} to {high:e}"))
                }
            }
        };
        if let Some(Wanted { azimuth_rad, polar_rad, level }) = &self.template {
            length("template_azimuth_rad", azimuth_rad.len(), level.len(), "angle")?;
            length("template_polar_rad", polar_rad.len(), level.len(), "angle")?;
            numbers("template", level, 0.0, 1e12)?;
            numbers("template_azimuth_rad", azimuth_rad, -100.0, 100.0)?;
            numbers("template_polar_rad", polar_rad, -100.0, 100.0)?;
            if level.iter().all(|d| *d <= 0.0) {
                let allowed = "something to be lit".to_owned();
                return refuse("the template is zero everywhere", "template", "0".into(), allowed);
            }
        }
        if let Some(clutter) = &self.clutter {
            length("clutter_covariance", clutter.rows(), receivers, "receive element")?;
            length("clutter_covariance", clutter.cols(), receivers, "receive element")?;
            if inverse_gain(clutter, 1e-9 * clutter.norm().max(f64::MIN_POSITIVE), &[]).is_none() {
                let allowed = "a Hermitian matrix without negative eigenvalues".to_owned();
                let what = "not a covariance";
                return refuse(what, "clutter_covariance", "another".into(), allowed);
            }
        }
        if let Some((of, limits)) = &self.groups {
            length("power_group", of.len(), antennas, "antenna")?;
            numbers("group_power_w", limits, 1e-100, 1e100)?;
            if let Some(n) = of.iter().position(|group| *group >= limits.len()) {
                let (place, allowed) = (format!("power_group[{n}]"), limits.len());
                return refuse(
                    "no such group",
                    &place,
                    of[n].to_string(),
                    format!("below {allowed}"),
                );
            }
            if let Some(empty) = (0..limits.len()).find(|group| !of.contains(group)) {
                let allowed = "one antenna or more".to_owned();
                return refuse("a group is empty", "power_group", empty.to_string(), allowed);
            }
        }
        if let Some(Towards { station, response }) = &self.towards {
            length("station", station.len(), antennas, "antenna")?;
            numbers(
                "station",
                &station.iter().map(|s| *s as f64).collect::<Vec<_>>(),
                0.0,
                4096.0,
            )?;
            length("towards_targets", response.rows(), antennas, "antenna")?;
            length("towards_targets", response.cols(), targets.len(), "target")?;
            if self.angles.is_some() {
                let allowed = "targets in directions of one array".to_owned();
                let found = "responses of stations".to_owned();
                return refuse("offsets of angles turn no stations", "uncertain", found, allowed);
            }
        }
        if let Some(Nodes { nodes, prior, .. }) = &self.angles {
            let column = |of: fn(&Node) -> f64| nodes.iter().map(of).collect::<Vec<f64>>();
            numbers("angle_offsets_rad", &column(|node| node.azimuth_rad), -10.0, 10.0)?;
            numbers("angle_offsets_rad", &column(|node| node.polar_rad), -10.0, 10.0)?;
            numbers("angle_shares", &column(|node| node.share), 0.0, 1e12)?;
            numbers("angle_prior", prior, 0.0, 1e100)?;
            if !(1..=1000).contains(&nodes.len())
                || column(|node| node.share).iter().sum::<f64>() <= 0.0
            {
                let allowed = "1 to 1000 offsets, one with a share".to_owned();
                return refuse("no offsets", "angle_shares", nodes.len().to_string(), allowed);
            }
        }
        if !self.channel_error.is_empty() {
            length("channel_error", self.channel_error.len(), users, "user")?;
            numbers("channel_error", &self.channel_error, 0.0, 1e100)?;
        }
        Ok(())
    }
}

/// `bᴴ(C + σ1)⁻¹b`; none where the matrix has no root. Without b it is zero.
pub(super) fn inverse_gain(clutter: &CMat, noise: f64, b: &[C64]) -> Option<f64> {
    let n = clutter.rows();
    let mut all = clutter.clone();
    for i in 0..n {
        all[(i, i)] += noise;
    }
    let mut cholesky = Cholesky::new(n);
    cholesky.factor(&all, "clutter and noise").ok()?;
    if b.is_empty() {
        return Some(0.0);
    }
    let mut solved = CMat::from_columns(n, 1, b.to_vec()).ok()?;
    cholesky.solve_in_place(&mut solved);
    Some(dot(b, solved.col(0)).re)
}

/// `Σ p bbᴴ` of sources at (azimuth, polar angle) with powers at each element.
pub(super) fn clutter_of(array: &ElementArray, sources: &[((f64, f64), f64)]) -> CMat {
    let n = array.elements();
    let seen = array.steering(sources.iter().map(|(direction, _)| *direction)).response;
    let mut out = CMat::zeros(n, n);
    for (i, (_, power)) in sources.iter().enumerate() {
        // a power at each element, however responses are scaled
        let norm: f64 = seen.col(i).iter().map(C64::norm_sqr).sum::<f64>() / n as f64;
        for c in 0..n {
            let right = seen[(c, i)].conj() * (power / norm);
            for r in 0..n {
                out[(r, c)] += seen[(r, i)] * right;
            }
        }
    }
    out
}
