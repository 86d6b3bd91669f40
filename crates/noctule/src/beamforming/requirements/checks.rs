//! Refusing worlds and requirements that do not fit each other.

use noctule_num::input::in_range;
use noctule_num::linalg::HermitianEigen;
use noctule_num::{C64, CMat, InputError};

use super::fisher::{Target, parameters};
use super::groups::PowerLimit;
use super::metric::{Metric, Part};
use super::required::Requirements;
use super::sensed::Sensed;
use super::world::{Space, World};

impl World {
    /// Refuse shapes that do not fit and numbers that are none; places are fields.
    ///
    /// # Errors
    /// The first field that cannot be used.
    pub fn check(&self) -> Result<(), InputError> {
        let (n, users) = (self.transmit.elements(), self.noise_w.len());
        if n == 0 || self.receive.elements() == 0 {
            return Err(refused(
                "an array has no elements",
                "transmit",
                "0",
                "one element or more",
            ));
        }
        for (name, array) in [("transmit", &self.transmit), ("receive", &self.receive)] {
            for (i, position) in array.positions.iter().enumerate() {
                for value in position {
                    in_range(&format!("{name}.positions[{i}]"), *value, -1e6, 1e6, "wavelengths")?;
                }
            }
        }
        shaped("channels", &self.channels, (n, users))?;
        if !self.error_covariances.is_empty() && self.error_covariances.len() != users {
            let found = self.error_covariances.len().to_string();
            let what = "not one covariance a user";
            return Err(refused(what, "error_covariances", &found, &format!("none, or {users}")));
        }
        for (k, covariance) in self.error_covariances.iter().enumerate() {
            let place = format!("error_covariances[{k}]");
            shaped(&place, covariance, (n, n))?;
            semidefinite(&place, covariance)?;
        }
        for (k, noise) in self.noise_w.iter().enumerate() {
            in_range(&format!("noise_w[{k}]"), *noise, 1e-100, 1e100, "W")?;
        }
        in_range("sensing_noise_w", self.sensing_noise_w, 1e-100, 1e100, "W")?;
        in_range("snapshots", self.snapshots, 1.0, 1e15, "")?;
        for (i, scene) in std::iter::once(&self.targets).chain(&self.alternatives).enumerate() {
            if scene.len() != self.targets.len() {
                let what = "an alternative has another number of targets";
                let place = format!("alternatives[{}]", i - 1);
                let allowed = self.targets.len().to_string();
                return Err(refused(what, &place, &scene.len().to_string(), &allowed));
            }
            for (m, target) in scene.iter().enumerate() {
                let place = if i == 0 {
                    format!("targets[{m}]")
                } else {
                    format!("alternatives[{}][{m}]", i - 1)
                };
                for value in [target.azimuth_rad, target.polar_rad] {
                    in_range(&place, value, -100.0, 100.0, "rad")?;
                }
                in_range(&place, target.reflection.norm_sqr(), 0.0, 1e100, "")?;
            }
        }
        Ok(())
    }
}

impl Requirements {
    /// Refuse what does not fit the world.
    ///
    /// # Errors
    /// The first field that cannot be used.
    pub fn check(&self, world: &World) -> Result<(), InputError> {
        let users = world.noise_w.len();
        if self.sinr.len() != users {
            let found = self.sinr.len().to_string();
            return Err(refused("not one floor a user", "sinr", &found, &users.to_string()));
        }
        for (k, floor) in self.sinr.iter().enumerate() {
            in_range(&format!("sinr[{k}]"), *floor, 0.0, 1e12, "(linear; zero for none)")?;
        }
        match &self.power {
            PowerLimit::Total(power) => in_range("power", *power, 1e-100, 1e100, "W")?,
            PowerLimit::PerAntenna(limits) => {
                let n = world.transmit.elements();
                if limits.len() != n {
                    let found = limits.len().to_string();
                    return Err(refused(
                        "not one limit an antenna",
                        "power",
                        &found,
                        &n.to_string(),
                    ));
                }
                watts(limits)?;
            }
            PowerLimit::Groups { of, limits } => {
                let n = world.transmit.elements();
                let what = "not one group an antenna";
                if of.len() != n {
                    return Err(refused(what, "power", &of.len().to_string(), &n.to_string()));
                }
                if let Some(i) = of.iter().position(|group| *group >= limits.len()) {
                    let allowed = format!("below {}", limits.len());
                    let place = format!("power.of[{i}]");
                    return Err(refused("no such group", &place, &of[i].to_string(), &allowed));
                }
                if let Some(g) = (0..limits.len()).find(|g| !of.contains(g)) {
                    let allowed = "one antenna or more in every group";
                    return Err(refused("a group is empty", "power", &g.to_string(), allowed));
                }
                watts(limits)?;
            }
        }
        for (i, cap) in self.caps.iter().enumerate() {
            let place = format!("caps[{i}]");
            cap.metric.check(world).map_err(|error| error.inside(&place))?;
            let log = matches!(cap.metric, Metric::LogDet(_));
            let (low, high) = if log { (-1e4, 1e4) } else { (1e-200, 1e200) };
            in_range(&format!("{place}.limit"), cap.limit, low, high, "")?;
        }
        Ok(())
    }
}

impl Metric {
    /// Refuse a metric that does not fit the world.
    ///
    /// # Errors
    /// What does not fit.
    pub fn check(&self, world: &World) -> Result<(), InputError> {
        let fits = |weights: &[f64]| weighted(weights, parameters(&world.targets).len());
        match self {
            Self::Trace(parts) => parts_fit(parts, world).and_then(|()| seen(parts, world)),
            Self::Largest(members) if members.is_empty() => {
                Err(refused("the largest of nothing", "", "no members", "one or more"))
            }
            Self::Largest(members) => members
                .iter()
                .try_for_each(|parts| parts_fit(parts, world).and_then(|()| seen(parts, world))),
            Self::LargestEigenvalue(weights) | Self::LogDet(weights) => {
                fits(weights)?;
                can_be_seen(&world.targets, world)
            }
            Self::Extended { factor } => in_range("factor", *factor, 1e-200, 1e200, ""),
            Self::Illumination { target, factor } => {
                if *target >= world.targets.len() {
                    let allowed = format!("below {}", world.targets.len());
                    return Err(refused("no such target", "target", &target.to_string(), &allowed));
                }
                in_range("factor", *factor, 1e-200, 1e200, "")
            }
            Self::Bayesian { scenes, prior, weights } => {
                let part = |(scene, share): &(usize, f64)| Part {
                    scene: *scene,
                    share: *share,
                    weights: weights.clone(),
                };
                parts_fit(&scenes.iter().map(part).collect::<Vec<_>>(), world)?;
                if prior.len() != weights.len() {
                    let (found, allowed) = (prior.len().to_string(), weights.len().to_string());
                    return Err(refused("not one a parameter", "prior", &found, &allowed));
                }
                for (i, value) in prior.iter().enumerate() {
                    in_range(&format!("prior[{i}]"), *value, 0.0, 1e100, "")?;
                }
                Ok(())
            }
            Self::Gain { columns, factor } => {
                shaped("columns", columns, (world.transmit.elements(), columns.cols()))?;
                in_range("factor", *factor, 1e-200, 1e200, "")
            }
            Self::Weakest(members) => {
                let gain = |m: &Self| matches!(m, Self::Illumination { .. } | Self::Gain { .. });
                if members.is_empty() || !members.iter().all(gain) {
                    let allowed = "one illumination or gain, or more";
                    return Err(refused("the weakest of nothing", "", "no gains", allowed));
                }
                members.iter().try_for_each(|member| member.check(world))
            }
            Self::Power(weights) => weighted(weights, world.transmit.elements()),
            Self::MutualInformation { receivers, snr, covariance } => {
                in_range("receivers", *receivers, 1.0, 1e9, "")?;
                in_range("snr", *snr, 1e-200, 1e200, "")?;
                let n = world.transmit.elements();
                shaped("covariance", covariance, (n, n))?;
                semidefinite("covariance", covariance)
            }
            Self::Pattern(grid, template) => {
                shaped("grid", grid, (world.transmit.elements(), template.len()))?;
                for (i, d) in template.iter().enumerate() {
                    in_range(&format!("template[{i}]"), *d, -1e100, 1e100, "")?;
                }
                if template.iter().all(|d| *d == 0.0) {
                    let what = "the template is zero everywhere";
                    return Err(refused(what, "template", "0", "something to be lit"));
                }
                Ok(())
            }
        }
    }
}

/// Refuse scenes with an angle that no array can see change.
fn seen(parts: &[Part], world: &World) -> Result<(), InputError> {
    let scenes = parts.iter().filter(|part| part.share > 0.0).filter_map(|part| {
        let alternative = || world.alternatives.get(part.scene - 1);
        if part.scene == 0 { Some(&world.targets) } else { alternative() }
    });
    scenes.into_iter().try_for_each(|scene| can_be_seen(scene, world))
}

/// Refuse unknown angles at which neither array's response changes: at azimuths of ±90° of an array in the plane
/// x = 0, or on the axis of its polar angles. Rounding leaves a slope there, which no bound should be made of.
fn can_be_seen(targets: &[Target], world: &World) -> Result<(), InputError> {
    let towards = targets.iter().map(|target| (target.azimuth_rad, target.polar_rad));
    let arrays = [&world.transmit, &world.receive].map(|array| {
        let length = |p: &[f64; 3]| p.iter().map(|x| x * x).sum::<f64>().sqrt();
        let reach = array.positions.iter().map(length).fold(0.0, f64::max);
        (array.steering(towards.clone()), std::f64::consts::TAU * reach)
    });
    let size = |column: &[C64]| column.iter().map(C64::norm_sqr).sum::<f64>().sqrt();
    for (m, target) in targets.iter().enumerate() {
        let blind = |azimuth: bool| {
            arrays.iter().all(|(steering, reach)| {
                let slope = if azimuth { &steering.by_azimuth } else { &steering.by_polar };
                size(slope.col(m)) <= BLIND * reach * size(steering.response.col(m))
            })
        };
        for (name, unknown, azimuth, degrees) in [
            ("azimuth", target.unknown.azimuth, true, target.azimuth_rad.to_degrees()),
            ("polar angle", target.unknown.polar, false, target.polar_rad.to_degrees()),
        ] {
            if unknown && blind(azimuth) {
                let what = format!(
                    "the {name} of target {m} cannot be estimated: no array sees it change"
                );
                let allowed = format!("another place, or a {name} that is known");
                let found = format!("{degrees}°");
                return Err(refused(&what, &format!("targets[{m}]"), &found, &allowed));
            }
        }
    }
    Ok(())
}

/// A slope below this, over what the size of an array gives, is rounding.
const BLIND: f64 = 1e-9;

fn watts(limits: &[f64]) -> Result<(), InputError> {
    limits
        .iter()
        .enumerate()
        .try_for_each(|(i, limit)| in_range(&format!("power[{i}]"), *limit, 1e-100, 1e100, "W"))
}

fn parts_fit(parts: &[Part], world: &World) -> Result<(), InputError> {
    for part in parts {
        let scene = if part.scene == 0 {
            Some(&world.targets)
        } else {
            world.alternatives.get(part.scene - 1)
        };
        let Some(scene) = scene else {
            let allowed = format!("0 to {}", world.alternatives.len());
            return Err(refused("no such scene", "scene", &part.scene.to_string(), &allowed));
        };
        in_range("share", part.share, 0.0, 1e100, "")?;
        weighted(&part.weights, parameters(scene).len())?;
    }
    let any = parts.iter().any(|part| part.share > 0.0);
    if any { Ok(()) } else { Err(refused("nothing is weighted", "share", "0", "a positive share")) }
}

fn weighted(weights: &[f64], parameters: usize) -> Result<(), InputError> {
    if weights.len() != parameters {
        let allowed = format!("{parameters}, by kind (azimuth, polar, re, im) and then by target");
        let found = weights.len().to_string();
        return Err(refused("not one weight a parameter", "weights", &found, &allowed));
    }
    for (i, weight) in weights.iter().enumerate() {
        in_range(&format!("weights[{i}]"), *weight, 0.0, 1e100, "")?;
    }
    let any = weights.iter().any(|weight| *weight > 0.0);
    if any {
        Ok(())
    } else {
        Err(refused("nothing is weighted", "weights", "0", "a positive weight"))
    }
}

fn shaped(place: &str, matrix: &CMat, (rows, cols): (usize, usize)) -> Result<(), InputError> {
    if (matrix.rows(), matrix.cols()) != (rows, cols) {
        let found = format!("{} × {}", matrix.rows(), matrix.cols());
        return Err(refused("another shape", place, &found, &format!("{rows} × {cols}")));
    }
    match matrix.as_slice().iter().position(|z| !z.is_finite()) {
        None => Ok(()),
        Some(at) => {
            let place = format!("{place}[{}][{}]", at % rows, at / rows);
            Err(refused("not a number", &place, "not finite", "finite numbers"))
        }
    }
}

fn refused(what: &str, place: &str, found: &str, allowed: &str) -> InputError {
    InputError::new(what, place, found, allowed)
}

/// Refuse what is not Hermitian or has a negative eigenvalue.
fn semidefinite(place: &str, matrix: &CMat) -> Result<(), InputError> {
    let n = matrix.rows();
    let apart = |i: usize, j: usize| (matrix[(i, j)] - matrix[(j, i)].conj()).norm();
    let size = matrix.norm();
    if (0..n).any(|j| (0..=j).any(|i| apart(i, j) > 1e-9 * size)) {
        return Err(refused("not Hermitian", place, "C ≠ Cᴴ", "a covariance"));
    }
    let mut eigen = HermitianEigen::new(n);
    let least = eigen.compute(matrix).map_or(f64::NAN, |()| eigen.min());
    if least >= -1e-9 * size {
        return Ok(());
    }
    let allowed = "eigenvalues of zero or more";
    Err(refused(
        "not positive semidefinite",
        place,
        &format!("an eigenvalue of {least:.3e}"),
        allowed,
    ))
}

/// Refuse weights of rates that are not one a user, none negative, one positive.
pub(super) fn rate_weights(weights: &[f64], world: &World) -> Result<(), InputError> {
    let users = world.noise_w.len();
    if weights.len() != users || users == 0 {
        let found = weights.len().to_string();
        let allowed = format!("{}, one a user", users.max(1));
        return Err(refused("not one weight a user", "weights", &found, &allowed));
    }
    weighted(weights, users)
}

/// Refuse a metric that has no value even when power goes everywhere: targets that nothing can tell
/// apart, or parameters that nothing can know.
pub(super) fn observable(space: &Space, metric: &Metric) -> Result<(), InputError> {
    let mut everywhere = CMat::identity(space.dim());
    everywhere.scale(1.0 / space.dim() as f64);
    let sensed = Sensed::of_covariance(space, &everywhere, true);
    let value = sensed.value(space, metric);
    if metric.is_gain() && value.is_none_or(|value| value <= 0.0) {
        let (what, allowed) = ("nothing is reflected, whatever is sent", "a reflection above zero");
        return Err(refused(what, "targets", "0", allowed));
    }
    if value.is_some() {
        return Ok(());
    }
    let allowed = "targets and unknown parameters that the arrays can tell apart";
    Err(refused("the Fisher matrix is singular", "targets", "no bound, whatever is sent", allowed)
        .hint("leave out what a linear array cannot know (`polar`), or move the targets"))
}
