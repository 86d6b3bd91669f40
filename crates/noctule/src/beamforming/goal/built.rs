//! Metrics by their names as metrics of a world.

use noctule_num::linalg::real_dot;
use noctule_num::{C64, CMat, InputError};

use super::scene::Over;
use super::surroundings::{Nodes, Surroundings, inverse_gain};
use super::words::{Measure, Parameter};
use crate::beamforming::requirements::fisher::ParameterKind;
use crate::beamforming::requirements::{Metric, Part, Target, World, parameters};

/// What metrics are built of.
pub(super) struct Builder<'a> {
    /// The world, with the targets at every offset as its alternatives.
    pub(super) world: &'a World,
    /// What is around.
    pub(super) around: &'a Surroundings,
    /// The power there is, in watts.
    pub(super) power_w: f64,
}

fn refused(what: &str, place: &str, found: &str, allowed: impl Into<String>) -> InputError {
    InputError::new(what, place, found, allowed.into())
}

impl Builder<'_> {
    /// The metric of a name.
    ///
    /// # Errors
    /// A target that is not there, a parameter that is known, nothing that has a weight, a template that
    /// there is not.
    pub(super) fn metric(&self, measure: &Measure) -> Result<Metric, InputError> {
        let world = self.world;
        let count = world.targets.len();
        let named = match measure {
            Measure::Parameter { target, .. } => Some(*target),
            gain => gain.towards().flatten(),
        };
        if let Some(target) = named.filter(|target| *target >= count) {
            let allowed = if count == 0 {
                "no target: there is none".to_owned()
            } else {
                format!("below {count}")
            };
            return Err(refused("no such target", "target", &target.to_string(), allowed));
        }
        if measure.towards().is_some() && count == 0 {
            return Err(refused("there is no target to light", "target", "none", "a target"));
        }
        if let Measure::Trace { targets: Some(weights), .. } = measure
            && weights.len() != count
        {
            let found = format!("{} weights", weights.len());
            let allowed = format!("{count}, one a target");
            return Err(refused("not one weight a target", "targets", &found, allowed));
        }
        if let Measure::Trace { azimuth, polar, reflection, .. } = measure {
            for (name, weight) in
                [("azimuth", azimuth), ("polar", polar), ("reflection", reflection)]
            {
                if !(*weight >= 0.0 && weight.is_finite()) {
                    let allowed = "a weight of zero or more";
                    return Err(refused("not a weight", name, &weight.to_string(), allowed));
                }
            }
        }
        if let Measure::Detection { false_alarm, .. } = measure
            && !(1e-300..1.0).contains(false_alarm)
        {
            let allowed = "a probability between 1e-300 and 1";
            let found = false_alarm.to_string();
            return Err(refused("not a false-alarm rate", "false_alarm", &found, allowed));
        }
        let metric = self.unchecked(measure)?;
        metric.check(world).map_err(|error| match error.what.as_str() {
            "nothing is weighted" | "the largest of nothing" if count == 0 => {
                let allowed = "a target with `unknown` parameters";
                refused("there is no target to estimate", "", "no targets", allowed)
            }
            "nothing is weighted" | "the largest of nothing" => {
                let what = "none of the parameters that it counts is unknown";
                refused(what, "", "known parameters", "`unknown` parameters of targets")
            }
            _ => error,
        })?;
        match &self.around.angles {
            Some(angles) => over_angles(metric, angles, world),
            None => Ok(metric),
        }
    }

    fn unchecked(&self, measure: &Measure) -> Result<Metric, InputError> {
        let world = self.world;
        let all = parameters(&world.targets);
        let angle = |kind| matches!(kind, ParameterKind::Azimuth | ParameterKind::Polar);
        let flag = |yes: bool| f64::from(u8::from(yes));
        let angles: Vec<f64> = all.iter().map(|p| flag(angle(p.kind))).collect();
        let part = |weights: Vec<f64>| vec![Part { scene: 0, share: 1.0, weights }];
        Ok(match measure {
            Measure::Angles => Metric::trace(angles),
            Measure::Parameter { parameter: Parameter::Range | Parameter::Velocity, .. }
            | Measure::WorstRange
            | Measure::WorstVelocity => return Err(moving()),
            Measure::Trace { range, velocity, .. } if *range > 0.0 || *velocity > 0.0 => {
                return Err(moving());
            }
            Measure::Trace { azimuth, polar, reflection, targets, .. } => {
                let of = |m: usize| {
                    targets.as_ref().map_or(1.0, |all| all.get(m).copied().unwrap_or(0.0))
                };
                let weight = |kind| match kind {
                    ParameterKind::Azimuth => *azimuth,
                    ParameterKind::Polar => *polar,
                    ParameterKind::ReflectionRe | ParameterKind::ReflectionIm => *reflection,
                };
                Metric::trace(all.iter().map(|p| weight(p.kind) * of(p.target)).collect::<Vec<_>>())
            }
            Measure::Parameter { target, parameter } => {
                let meant = |kind| match parameter {
                    Parameter::Azimuth => kind == ParameterKind::Azimuth,
                    Parameter::Polar => kind == ParameterKind::Polar,
                    _ => !angle(kind),
                };
                let own = all.iter().map(|p| flag(p.target == *target && meant(p.kind)));
                Metric::trace(own.collect::<Vec<_>>())
            }
            Measure::WorstTarget => {
                let of = |m: usize| -> Vec<f64> {
                    all.iter().map(|p| flag(angle(p.kind) && p.target == m)).collect()
                };
                let members = (0..world.targets.len()).map(of);
                let seen = members.filter(|w: &Vec<f64>| w.iter().any(|w| *w > 0.0));
                Metric::Largest(seen.map(part).collect())
            }
            Measure::WorstAngle => {
                let one = |i: usize| (0..all.len()).map(|j| flag(i == j)).collect();
                let kept = (0..all.len()).filter(|i| angle(all[*i].kind));
                Metric::Largest(kept.map(|i| part(one(i))).collect())
            }
            Measure::LargestEigenvalue => Metric::LargestEigenvalue(angles),
            Measure::LogDet => Metric::LogDet(angles),
            Measure::Extended => {
                let receivers = world.receive.elements() as f64;
                Metric::Extended { factor: world.sensing_noise_w * receivers / world.snapshots }
            }
            Measure::Beampattern => self.pattern()?,
            Measure::Illumination { target } => self.gain(*target, |_| Ok(1.0))?,
            Measure::SensingSnr { target } => self.gain(*target, |target| self.snr(target))?,
            Measure::Scnr { target } => self.gain(*target, |target| self.scnr(target))?,
            Measure::Detection { target, .. } => self.gain(*target, |target| self.scnr(target))?,
            Measure::MutualInformation if self.around.towards.is_some() => {
                let what =
                    "stations have no response in common whose information could be measured";
                let allowed = "`illumination`, `sensing-snr`, `scnr` or `detection` of targets";
                return Err(refused(what, "kind", "mutual-information", allowed));
            }
            Measure::MutualInformation => Metric::MutualInformation {
                receivers: world.receive.elements() as f64,
                snr: world.snapshots / world.sensing_noise_w,
                covariance: response_covariance(world),
            },
        })
    }

    /// Steering vectors over the root of the power: what comes of it is free of units.
    fn pattern(&self) -> Result<Metric, InputError> {
        let Some(wanted) = &self.around.template else {
            let allowed = "`template` in the scenario, the beampattern that is wanted";
            return Err(refused("there is no template", "kind", "beampattern", allowed));
        };
        let towards = wanted.azimuth_rad.iter().copied().zip(wanted.polar_rad.iter().copied());
        let array = self.world.transmit.clone();
        let unit = noctule_phy::arrays::Normalisation::UnitNorm;
        let mut grid = array.scaled(unit).steering(towards).response;
        grid.scale(1.0 / self.power_w.sqrt());
        Ok(Metric::Pattern(grid, wanted.level.clone()))
    }

    /// The power towards one target, or towards each, times a factor that may depend on where it is.
    fn gain(
        &self,
        target: Option<usize>,
        factor: impl Fn(&Target) -> Result<f64, InputError>,
    ) -> Result<Metric, InputError> {
        let targets = target.map_or(0..self.world.targets.len(), |m| m..m + 1);
        let mut members = Vec::new();
        for m in targets {
            match (&self.around.towards, &self.around.angles) {
                (None, None) => {
                    let factor = factor(&self.world.targets[m])?;
                    members.push(Metric::Illumination { target: m, factor });
                }
                (Some(towards), _) => {
                    let factor = factor(&self.world.targets[m])?;
                    let stations = towards.station.iter().max().map_or(0, |s| s + 1);
                    let columns = CMat::from_fn(towards.station.len(), stations, |n, s| {
                        if towards.station[n] == s { towards.response[(n, m)] } else { C64::ZERO }
                    });
                    members.push(Metric::Gain { columns, factor });
                }
                (None, Some(angles)) => {
                    let total: f64 = angles.nodes.iter().map(|node| node.share).sum();
                    let worst = angles.over == Over::Worst;
                    let mut all = Vec::new();
                    for (node, scene) in angles.nodes.iter().zip(&self.world.alternatives) {
                        let at = &scene[m];
                        let share = if worst { 1.0 } else { node.share / total };
                        let towards = [(at.azimuth_rad, at.polar_rad)];
                        let mut column = self.world.transmit.steering(towards).response;
                        column.scale((share * factor(at)?).sqrt());
                        all.push(column);
                    }
                    if worst {
                        let one = |columns| Metric::Gain { columns, factor: 1.0 };
                        members.extend(all.into_iter().map(one));
                    } else {
                        let columns = CMat::hstack(&all.iter().collect::<Vec<_>>());
                        let columns = columns.map_err(|error| {
                            refused("columns do not fit", "target", &error.to_string(), "")
                        })?;
                        members.push(Metric::Gain { columns, factor: 1.0 });
                    }
                }
            }
        }
        Ok(match <[Metric; 1]>::try_from(members) {
            Ok([one]) => one,
            Err(members) => Metric::Weakest(members),
        })
    }

    /// `(L/σ_s²)|α|²‖b‖²`.
    fn snr(&self, target: &Target) -> Result<f64, InputError> {
        let world = self.world;
        let seen = world.receive.steering([(target.azimuth_rad, target.polar_rad)]).response;
        let gain = target.reflection.norm_sqr() * real_dot(seen.as_slice(), seen.as_slice());
        Ok(world.snapshots / world.sensing_noise_w * gain)
    }

    /// `L|α|² bᴴC⁻¹b`.
    fn scnr(&self, target: &Target) -> Result<f64, InputError> {
        let Some(clutter) = &self.around.clutter else { return self.snr(target) };
        let world = self.world;
        let seen = world.receive.steering([(target.azimuth_rad, target.polar_rad)]).response;
        let gain = inverse_gain(clutter, world.sensing_noise_w, seen.col(0)).ok_or_else(|| {
            refused("not a covariance", "clutter_covariance", "another", "a covariance")
        })?;
        Ok(world.snapshots * target.reflection.norm_sqr() * gain)
    }
}

/// A metric of the targets as they are named, judged over the angles that they may have: scene q + 1 is the
/// q-th offset.
fn over_angles(metric: Metric, angles: &Nodes, world: &World) -> Result<Metric, InputError> {
    let total: f64 = angles.nodes.iter().map(|node| node.share).sum();
    let shares: Vec<f64> = angles.nodes.iter().map(|node| node.share / total).collect();
    let spread = |parts: &[Part]| -> Vec<Part> {
        let one = |part: &Part| {
            let own = part.clone();
            let at = move |(q, share): (usize, &f64)| Part {
                scene: q + 1,
                share: own.share * share,
                weights: own.weights.clone(),
            };
            shares.iter().enumerate().map(at).collect::<Vec<_>>()
        };
        parts.iter().flat_map(one).collect()
    };
    let each = |parts: &[Part]| -> Vec<Vec<Part>> {
        let at = |q: usize| parts.iter().map(|p| Part { scene: q + 1, ..p.clone() }).collect();
        (0..shares.len()).map(at).collect()
    };
    let refuse = || {
        let allowed = "a sum of bounds (`angles`, `trace`, `parameter`), unless `over` is `bayesian` also the largest of \
                       several (`worst-target`, `worst-angle`); or angles that are known";
        Err(refused("this metric is not judged over angles", "", "uncertain angles", allowed))
    };
    match (angles.over, metric) {
        (_, gain) if gain.is_gain() && !matches!(gain, Metric::MutualInformation { .. }) => {
            Ok(gain)
        }
        (_, same @ (Metric::Extended { .. } | Metric::Pattern(..))) => Ok(same),
        (Over::Expected, Metric::Trace(parts)) => Ok(Metric::Trace(spread(&parts))),
        (Over::Expected, Metric::Largest(members)) => {
            Ok(Metric::Largest(members.iter().map(|parts| spread(parts)).collect()))
        }
        (Over::Worst, Metric::Trace(parts)) => Ok(Metric::Largest(each(&parts))),
        (Over::Worst, Metric::Largest(members)) => {
            Ok(Metric::Largest(members.iter().flat_map(|parts| each(parts)).collect()))
        }
        (Over::Bayesian, Metric::Trace(parts)) => {
            let Some(Part { weights, .. }) = parts.into_iter().next() else { return refuse() };
            let own = |kind| match kind {
                ParameterKind::Azimuth => angles.prior[0],
                ParameterKind::Polar => angles.prior[1],
                ParameterKind::ReflectionRe | ParameterKind::ReflectionIm => 0.0,
            };
            let prior = parameters(&world.targets).iter().map(|p| own(p.kind)).collect();
            let scenes = shares.iter().enumerate().map(|(q, share)| (q + 1, *share)).collect();
            Ok(Metric::Bayesian { scenes, prior, weights })
        }
        _ => refuse(),
    }
}

/// Why ranges and velocities have no bound on one frequency.
fn moving() -> InputError {
    let what = "only a frame tells ranges and velocities";
    refused(what, "", "one frequency", "`ofdm` beside the goal")
}

/// `Σ_m |α_m|² (‖b_m‖²/N_r) a_m a_mᴴ`.
fn response_covariance(world: &World) -> CMat {
    let n = world.transmit.elements();
    let towards = world.targets.iter().map(|target| (target.azimuth_rad, target.polar_rad));
    let sent = world.transmit.steering(towards.clone()).response;
    let seen = world.receive.steering(towards).response;
    let mut out = CMat::zeros(n, n);
    for (m, target) in world.targets.iter().enumerate() {
        let b = real_dot(seen.col(m), seen.col(m)) / seen.rows() as f64;
        let share = target.reflection.norm_sqr() * b;
        for j in 0..n {
            let right: C64 = sent[(j, m)].conj() * share;
            for i in 0..n {
                out[(i, j)] += sent[(i, m)] * right;
            }
        }
    }
    out
}
