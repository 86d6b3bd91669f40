//! A goal over a band in numbers: weights of bounds, floors, limits.

use noctule_num::InputError;
use noctule_phy::channels::radar::{Kind, OfdmRadar};

use crate::Error;
use crate::beamforming::band::Band;
use crate::beamforming::goal::{Goal, Limit, Measure, Parameter, Problem, Surroundings};
use crate::beamforming::{Instance, PowerConstraint};

/// Weights of the parameters that are counted, of a bound or of each of which it is the largest.
pub(super) type Members = Vec<Vec<f64>>;

/// Who is there, with how many streams on every subcarrier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whom {
    /// Users and targets.
    All(usize),
    /// Targets: users are ignored, and every stream is for sensing.
    Targets(usize),
}

/// What is made small.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Aim {
    /// A bound, or the largest of several.
    Bound(Members),
    /// The power.
    Power,
    /// `−Σ v_k r_k`.
    Rate(Vec<f64>),
    /// `−Σ v_k ln r_k`.
    LogRate(Vec<f64>),
    /// `−min r_k/v_k`.
    WorstRate(Vec<f64>),
    /// `bound − v Σ r_k`, weights of the bound in it.
    Weighted(f64, Vec<f64>),
}

/// A limit.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Cap {
    pub(super) members: Members,
    pub(super) limit: f64,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Task {
    pub(super) aim: Aim,
    /// γ_k on every subcarrier, zero for none.
    pub(super) sinr: Vec<f64>,
    /// Floors of mean rates in nats, zero for none.
    pub(super) rates: Vec<f64>,
    pub(super) caps: Vec<Cap>,
    /// Parameters that bounds are of; none where no bound is asked for.
    pub(super) counted: usize,
}

impl Task {
    /// What the problem of an instance asks.
    ///
    /// # Errors
    /// Metrics that do not fit the targets, or that a band does not have.
    pub(super) fn of(
        instance: &Instance,
        band: &Band,
        problem: &Problem,
    ) -> Result<(Self, Option<OfdmRadar>), Error> {
        let needed = problem.measure().is_some() || !problem.limits.is_empty();
        let radar = if needed { Some(radar_of(instance, band)?) } else { None };
        let counted = radar.as_ref().map_or_else(Vec::new, |radar| band.counted(radar).0);
        let of = |measure: &Measure| members(measure, &counted, instance.targets().len());
        let weights = problem.user_weights();
        let aim = match &problem.goal {
            Goal::MinCrb { metric } => {
                Aim::Bound(of(metric).map_err(|error| error.inside("goal.metric"))?)
            }
            Goal::MinPower => Aim::Power,
            Goal::SumRate { .. } => Aim::Rate(weights),
            Goal::ProportionalFair { .. } => Aim::LogRate(weights),
            Goal::MaxMinRate { .. } => Aim::WorstRate(weights),
            Goal::Weighted | Goal::MaxSensing { .. } => {
                let what = "beams over a band have no such goal";
                let allowed =
                    "weighted, min-crb, min-power, sum-rate, max-min-rate, proportional-fair";
                return Err(InputError::new(what, "goal", problem.goal.name(), allowed).into());
            }
        };
        let cap = |(i, limit): (usize, &Limit)| {
            let members = of(&limit.metric);
            let members = members.map_err(|error| error.inside(&format!("require.limits[{i}]")))?;
            Ok(Cap { members, limit: limit.limit })
        };
        let caps = problem.limits.iter().enumerate().map(cap).collect::<Result<_, InputError>>()?;
        let floor = |list: &[f64]| {
            (0..instance.users()).map(|k| list.get(k).copied().unwrap_or(0.0)).collect()
        };
        let (sinr, rates) = (floor(&problem.sinr_floor), floor(&problem.rate_floor));
        Ok((Self { aim, sinr, rates, caps, counted: counted.len() }, radar))
    }

    /// Whether the problem is convex: no rate is asked for, and none is the goal.
    pub(super) fn is_convex(&self) -> bool {
        !self.floors_rates() && matches!(self.aim, Aim::Bound(_) | Aim::Power)
    }

    /// Whether a rate is asked for.
    pub(super) fn floors_rates(&self) -> bool {
        self.rates.iter().any(|rate| *rate > 0.0)
    }

    /// The bound that is made small, as its members; none otherwise.
    pub(super) fn aimed(&self) -> Members {
        match &self.aim {
            Aim::Bound(members) => members.clone(),
            Aim::Weighted(_, weights) if !weights.is_empty() => vec![weights.clone()],
            _ => Vec::new(),
        }
    }

    /// The members of all limits, with theirs.
    pub(super) fn capped(&self) -> impl Iterator<Item = (&Vec<f64>, f64)> {
        self.caps.iter().flat_map(|cap| cap.members.iter().map(|member| (member, cap.limit)))
    }

    /// A bound alone, users ignored.
    pub(super) fn sensing(members: Members, counted: usize) -> Self {
        let aim = Aim::Bound(members);
        Self { aim, sinr: Vec::new(), rates: Vec::new(), caps: Vec::new(), counted }
    }
}

/// The radar of an instance whose targets are looked at.
fn radar_of(instance: &Instance, band: &Band) -> Result<OfdmRadar, Error> {
    if instance.targets().is_empty() {
        let cause = "there are none, but a bound is asked for".to_owned();
        return Err(Error::Unobservable { targets: Vec::new(), cause, conditioning: 0.0 });
    }
    band.check_seen(instance.parts())?;
    band.radar(instance.parts())
}

/// The weights of the weighted sum.
pub(super) fn weighted(band: &Band, counted: &[(Kind, usize)]) -> Vec<f64> {
    counted.iter().map(|p| band.weights.of(p.0)).collect()
}

const fn angle(kind: Kind) -> bool {
    matches!(kind, Kind::Azimuth | Kind::Polar)
}

const fn ranges(kind: Kind) -> bool {
    matches!(kind, Kind::Range | Kind::DelayRange)
}

const fn reflection(kind: Kind) -> bool {
    matches!(kind, Kind::ReflectionRe | Kind::ReflectionIm)
}

/// The members of a metric.
fn members(
    measure: &Measure,
    counted: &[(Kind, usize)],
    targets: usize,
) -> Result<Members, InputError> {
    let flag = |yes: bool| f64::from(u8::from(yes));
    let all = |of: &dyn Fn(Kind, usize) -> f64| -> Vec<f64> {
        counted.iter().map(|(kind, m)| of(*kind, *m)).collect()
    };
    // of two ranges of one target, by delay and by curvature, the delay's is meant
    let own =
        |kind: Kind, m: usize| kind != Kind::Range || !counted.contains(&(Kind::DelayRange, m));
    let each = |of: &dyn Fn(Kind) -> bool| -> Members {
        let kept = counted.iter().filter(|(kind, m)| of(*kind) && own(*kind, *m));
        kept.map(|one| counted.iter().map(|p| flag(p == one)).collect()).collect()
    };
    let found: Members = match measure {
        Measure::Angles => vec![all(&|kind, _| flag(angle(kind)))],
        Measure::Trace {
            azimuth,
            polar,
            reflection: by_reflection,
            range,
            velocity,
            targets: by,
        } => {
            if let Some(by) = by.as_ref().filter(|by| by.len() != targets) {
                let (found, allowed) =
                    (format!("{} weights", by.len()), format!("{targets}, one a target"));
                return Err(InputError::new("not one weight a target", "targets", found, allowed));
            }
            let weight = |kind| match kind {
                Kind::Azimuth => *azimuth,
                Kind::Polar => *polar,
                Kind::Range | Kind::DelayRange => *range,
                Kind::Speed => *velocity,
                Kind::ReflectionRe | Kind::ReflectionIm => *by_reflection,
            };
            let weights = [azimuth, polar, by_reflection, range, velocity];
            let bad = weights.into_iter().chain(by.iter().flatten());
            if let Some(bad) = bad.copied().find(|w| !(w.is_finite() && *w >= 0.0)) {
                let allowed = "zero or a positive number";
                return Err(InputError::new("not a weight", "trace", bad.to_string(), allowed));
            }
            vec![all(&|kind, m| weight(kind) * by.as_ref().map_or(1.0, |by| by[m]))]
        }
        Measure::Parameter { target, parameter } => {
            if *target >= targets {
                let found = target.to_string();
                let allowed = format!("below {targets}");
                return Err(InputError::new("no such target", "target", found, allowed));
            }
            let meant = |kind| match parameter {
                Parameter::Azimuth => kind == Kind::Azimuth,
                Parameter::Polar => kind == Kind::Polar,
                Parameter::Reflection => reflection(kind),
                Parameter::Range => ranges(kind),
                Parameter::Velocity => kind == Kind::Speed,
            };
            vec![all(&|kind, m| flag(m == *target && meant(kind) && own(kind, m)))]
        }
        Measure::WorstTarget => {
            (0..targets).map(|t| all(&|kind, m| flag(m == t && angle(kind)))).collect()
        }
        Measure::WorstAngle => each(&angle),
        Measure::WorstRange => each(&ranges),
        Measure::WorstVelocity => each(&|kind| kind == Kind::Speed),
        other => {
            let what = "beams over a band have no such metric";
            let allowed =
                "angles, trace, parameter, worst-target, worst-angle, worst-range, worst-velocity";
            return Err(InputError::new(what, "kind", other.words(), allowed));
        }
    };
    let found: Members = found.into_iter().filter(|w| w.iter().any(|w| *w > 0.0)).collect();
    if found.is_empty() {
        let what = "none of the parameters that it counts is unknown";
        let allowed = "`unknown` parameters of targets";
        return Err(InputError::new(what, "", "known parameters", allowed));
    }
    Ok(found)
}

/// Refuse a goal that a band does not have, or that does not fit users and targets.
pub(in crate::beamforming) fn check(
    instance: &Instance,
    band: &Band,
    problem: &Problem,
) -> Result<(), Error> {
    let refuse = |what: &str, place: &str, found: &str, allowed: &str| {
        Err(Error::from(InputError::new(what, place, found, allowed)))
    };
    if problem.around != Surroundings::default() {
        let what = "a goal over a band has users, targets and a power, and nothing around them";
        let allowed = "no template, clutter, groups, uncertain angles, errors in dB (`knowledge` has errors), or one frequency whose channels are known";
        return refuse(what, "goal", "a scene beside them", allowed);
    }
    if problem.streams_cancelled {
        let what = "users over a band do not take sensing streams out";
        return refuse(
            what,
            "streams_cancelled",
            "true",
            "false, or one frequency whose channels are known",
        );
    }
    if instance.parts().power_constraint == PowerConstraint::PerAntenna {
        let what = "goals over a band share one power";
        let allowed = "power_constraint = \"total\"; the weighted sum has limits of antennas";
        let error = InputError::new(what, "power_constraint", "per-antenna", allowed);
        let hint = "goals on one frequency take limits of antennas and of groups of them";
        return Err(error.hint(hint).into());
    }
    if !problem.rate_floor.is_empty() && problem.rate_floor.len() != instance.users() {
        let found = format!("{} numbers", problem.rate_floor.len());
        let allowed = format!("{}, one a user", instance.users());
        return refuse("not one number a user", "rate_floor", &found, &allowed);
    }
    let floors = problem.sinr_floor.iter().chain(&problem.rate_floor);
    if let Some(bad) = floors.copied().find(|floor| !(floor.is_finite() && *floor >= 0.0)) {
        let allowed = "zero or a positive number";
        return refuse("not a floor", "sinr_floor, rate_floor", &bad.to_string(), allowed);
    }
    Task::of(instance, band, problem).map(drop)
}
