//! Goal, requirements and arrays of any shape as named arrays, beside those of the instance. They are
//! there only where they say something.

use noctule_num::InputError;
use noctule_phy::arrays::Normalisation;
use noctule_phy::elements::ElementArray;

use super::problem::Problem;
use super::scenario::apart;
use super::scene_arrays;
use super::words::{Goal, Limit, Measure, Parameter, Unknown};
use crate::beamforming::{Instance, Shapes};
use crate::data::{Array, ArraySet, FieldInfo, Taker, as_count};

/// The arrays of a problem, and of arrays of any shape.
pub(in crate::beamforming) const FIELDS: [FieldInfo; 12] = [
    field(
        "goal",
        &[],
        "1 sum rate, 2 worst rate, 3 proportional fairness, 4 smallest metric, 5 least power, \
         6 largest metric; absent: the weighted sum",
    ),
    field("user_weights", &["user"], "weights of the users' rates in a goal of rates"),
    field("sinr_floor", &["user"], "SINR of each user at least, linear; zero for none"),
    field("goal_metric", &["column"], METRIC),
    field("goal_metric_targets", &["target"], "weights of the targets in `goal_metric`"),
    field("limits", &["limit", "column"], METRIC),
    field("limit_targets", &["limit", "target"], "weights of the targets in `limits`"),
    field(
        "unknown",
        &["target", "parameter"],
        "1 where azimuth, polar angle, reflection of a target are unknown, else 0",
    ),
    field("streams_cancelled", &[], "1 where users take the sensing streams out, else 0"),
    field(
        "transmit_positions",
        &["transmit_element", "axis"],
        "positions of the transmit array in wavelengths, in place of `transmit_shape`",
    ),
    field(
        "receive_positions",
        &["receive_element", "axis"],
        "positions of the receive array in wavelengths, in place of `receive_shape`",
    ),
    field(
        "rate_floor",
        &["user"],
        "over a band the mean rate of each user in nats at least; zero for none, absent: all zero",
    ),
];

const METRIC: &str = "a metric: [kind, target, weight of azimuths, of polar angles, of reflections, \
                      limit in SI units]; kinds 0 angles, 1 trace, 2 parameter, 3 worst target, \
                      4 worst angle, 5 largest eigenvalue, 6 log det, 7 extended, 8 illumination, \
                      9 sensing SNR, 10 mutual information, 11 beampattern, 12 SCNR, 13 detection \
                      (false-alarm rate in the third column); target -1 is the worst. Over a band two \
                      columns more, weights of ranges and of velocities, and kinds 14 worst range, 15 \
                      worst velocity";

/// Entries of a metric,
const COLUMNS: usize = 6;
/// and over a band.
const BAND_COLUMNS: usize = 8;

const fn field(
    name: &'static str,
    dimensions: &'static [&'static str],
    summary: &'static str,
) -> FieldInfo {
    FieldInfo { name, dimensions, complex: false, summary }
}

/// Add the arrays of an instance's problem and shapes.
pub(in crate::beamforming) fn write(instance: &Instance, set: &mut ArraySet) {
    let positions = |array: &ElementArray| Array {
        shape: vec![array.elements(), 3],
        entries: crate::data::Entries::Real(array.positions.iter().flatten().copied().collect()),
    };
    for (name, own) in [
        ("transmit_positions", &instance.shapes().transmit),
        ("receive_positions", &instance.shapes().receive),
    ] {
        if let Some(own) = own {
            set.insert(name, positions(own));
        }
    }
    let Some(problem) = instance.problem() else { return };
    set.insert("goal", Array::number(code(&problem.goal)));
    if let Goal::SumRate { user_weights: Some(weights) }
    | Goal::MaxMinRate { user_weights: Some(weights) }
    | Goal::ProportionalFair { user_weights: Some(weights) } = &problem.goal
    {
        set.insert("user_weights", Array::list(weights.clone()));
    }
    set.insert("sinr_floor", Array::list(problem.sinr_floor.clone()));
    if !problem.rate_floor.is_empty() {
        set.insert("rate_floor", Array::list(problem.rate_floor.clone()));
    }
    let targets = problem.unknown.len();
    let columns = if instance.band().is_some() { BAND_COLUMNS } else { COLUMNS };
    let row = |metric: &Measure, limit: f64| row(metric, limit)[..columns].to_vec();
    if let Some(metric) = problem.measure() {
        set.insert("goal_metric", Array::list(row(metric, 0.0)));
        if let Measure::Trace { targets: Some(weights), .. } = metric {
            set.insert("goal_metric_targets", Array::list(weights.clone()));
        }
    }
    if !problem.limits.is_empty() {
        let rows = problem.limits.iter().flat_map(|limit| row(&limit.metric, limit.limit));
        set.insert("limits", table(problem.limits.len(), columns, rows.collect()));
        let own = |limit: &Limit| match &limit.metric {
            Measure::Trace { targets, .. } => targets.clone(),
            _ => None,
        };
        if problem.limits.iter().any(|limit| own(limit).is_some()) {
            let rows = problem.limits.iter();
            let rows = rows.flat_map(|limit| own(limit).unwrap_or_else(|| vec![1.0; targets]));
            set.insert("limit_targets", table(problem.limits.len(), targets, rows.collect()));
        }
    }
    if !problem.unknown.iter().all(Unknown::is_all) {
        let flags =
            |u: &Unknown| [u.azimuth, u.polar, u.reflection].map(|f| f64::from(u8::from(f)));
        set.insert("unknown", table(targets, 3, problem.unknown.iter().flat_map(flags).collect()));
    }
    if problem.streams_cancelled {
        set.insert("streams_cancelled", Array::number(1.0));
    }
    scene_arrays::write(&problem.around, set);
}

fn table(rows: usize, columns: usize, values: Vec<f64>) -> Array {
    Array { shape: vec![rows, columns], entries: crate::data::Entries::Real(values) }
}

const fn code(goal: &Goal) -> f64 {
    match goal {
        Goal::Weighted => 0.0,
        Goal::SumRate { .. } => 1.0,
        Goal::MaxMinRate { .. } => 2.0,
        Goal::ProportionalFair { .. } => 3.0,
        Goal::MinCrb { .. } => 4.0,
        Goal::MinPower => 5.0,
        Goal::MaxSensing { .. } => 6.0,
    }
}

fn row(metric: &Measure, limit: f64) -> [f64; BAND_COLUMNS] {
    let plain = |kind: f64| [kind, 0.0, 0.0, 0.0, 0.0, limit, 0.0, 0.0];
    let towards = |kind: f64, target: &Option<usize>, detail: f64| {
        let target = target.map_or(-1.0, |target| target as f64);
        [kind, target, detail, 0.0, 0.0, limit, 0.0, 0.0]
    };
    match metric {
        Measure::Angles => plain(0.0),
        Measure::Trace { azimuth, polar, reflection, range, velocity, .. } => {
            [1.0, 0.0, *azimuth, *polar, *reflection, limit, *range, *velocity]
        }
        Measure::Parameter { target, parameter } => {
            use Parameter::{Azimuth, Polar, Range, Reflection, Velocity};
            let flag = |one| f64::from(u8::from(*parameter == one));
            let [a, p, r, d, v] = [Azimuth, Polar, Reflection, Range, Velocity].map(flag);
            [2.0, *target as f64, a, p, r, limit, d, v]
        }
        Measure::WorstTarget => plain(3.0),
        Measure::WorstAngle => plain(4.0),
        Measure::LargestEigenvalue => plain(5.0),
        Measure::LogDet => plain(6.0),
        Measure::Extended => plain(7.0),
        Measure::Illumination { target } => towards(8.0, target, 0.0),
        Measure::SensingSnr { target } => towards(9.0, target, 0.0),
        Measure::Beampattern => plain(11.0),
        Measure::Scnr { target } => towards(12.0, target, 0.0),
        Measure::Detection { target, false_alarm } => towards(13.0, target, *false_alarm),
        Measure::MutualInformation => plain(10.0),
        Measure::WorstRange => plain(14.0),
        Measure::WorstVelocity => plain(15.0),
    }
}

fn measure(place: &str, row: &[f64], targets: Option<Vec<f64>>) -> Result<Limit, InputError> {
    let refuse = |found: String, allowed: &str| {
        Err(InputError::new("no metric of this kind", place, found, allowed))
    };
    let (kind, target, azimuth, polar, reflection, limit, range, velocity) = match row[..] {
        [kind, target, a, p, r, limit] => (kind, target, a, p, r, limit, 0.0, 0.0),
        [kind, target, a, p, r, limit, d, v] => (kind, target, a, p, r, limit, d, v),
        _ => {
            let allowed = "six, over a band eight: see `noctule schema`";
            return refuse(format!("{} numbers", row.len()), allowed);
        }
    };
    // the worst of a sensing power
    let lit = if target.to_bits() == (-1.0_f64).to_bits() { None } else { as_count(target) };
    let gain = matches!(as_count(kind), Some(8 | 9 | 12 | 13));
    let Some(target) = as_count(target).or((gain && target < 0.0).then_some(0)) else {
        return refuse(format!("target {target}"), "0, 1, 2, …");
    };
    let metric = match as_count(kind) {
        Some(0) => Measure::Angles,
        Some(1) => Measure::Trace { azimuth, polar, reflection, range, velocity, targets },
        Some(2) => {
            let weights = [azimuth, polar, reflection, range, velocity];
            let flag = |weight: &f64| *weight == 0.0 || weight.to_bits() == 1.0_f64.to_bits();
            if !weights.iter().all(flag) {
                return refuse(format!("{row:?}"), "weights of zero, and one of them one");
            }
            let flags = weights.map(|weight| weight > 0.0);
            let parameter = match flags {
                [true, false, false, false, false] => Parameter::Azimuth,
                [false, true, false, false, false] => Parameter::Polar,
                [false, false, true, false, false] => Parameter::Reflection,
                [false, false, false, true, false] => Parameter::Range,
                [false, false, false, false, true] => Parameter::Velocity,
                _ => return refuse(format!("{row:?}"), "one of the weights one"),
            };
            Measure::Parameter { target, parameter }
        }
        Some(3) => Measure::WorstTarget,
        Some(4) => Measure::WorstAngle,
        Some(5) => Measure::LargestEigenvalue,
        Some(6) => Measure::LogDet,
        Some(7) => Measure::Extended,
        Some(8) => Measure::Illumination { target: lit },
        Some(9) => Measure::SensingSnr { target: lit },
        Some(10) => Measure::MutualInformation,
        Some(11) => Measure::Beampattern,
        Some(12) => Measure::Scnr { target: lit },
        Some(13) => Measure::Detection { target: lit, false_alarm: azimuth },
        Some(14) => Measure::WorstRange,
        Some(15) => Measure::WorstVelocity,
        _ => return refuse(kind.to_string(), "a kind from 0 to 15"),
    };
    Ok(Limit { metric, limit })
}

/// The arrays of any shape in a set.
pub(in crate::beamforming) fn shapes(
    taker: &mut Taker<'_>,
    normalisation: Normalisation,
) -> Result<Shapes, InputError> {
    let mut one = |name: &str| {
        if !taker.has(name) {
            return Ok(None);
        }
        let values = taker.real(name)?;
        let (points, rest) = values.as_chunks::<3>();
        if !rest.is_empty() || points.is_empty() || points.len() > 4096 {
            let found = format!("{} numbers", values.len());
            let allowed = "[x, y, z] of one to 4096 elements";
            return Err(InputError::new("not the positions of an array", name, found, allowed));
        }
        if let Some(n) = points.iter().position(|p| p.iter().any(|x| x.abs() > 1e6)) {
            let (place, found) = (format!("{name}[{n}]"), format!("{:?}", points[n]));
            let what = "the position is out of range";
            return Err(InputError::new(what, place, found, "up to 1e6 wavelengths"));
        }
        apart(name, points)?;
        Ok(Some(ElementArray::new(points.to_vec()).scaled(normalisation)))
    };
    Ok(Shapes { transmit: one("transmit_positions")?, receive: one("receive_positions")? })
}

/// The problem in a set; none where it names no goal.
pub(in crate::beamforming) fn read(
    taker: &mut Taker<'_>,
    users: usize,
    targets: usize,
) -> Result<Option<Problem>, InputError> {
    if !taker.has("goal") {
        // what says nothing must fit all the same
        let beside = ["user_weights", "sinr_floor", "rate_floor"];
        let fit = |name: &&str| taker.has(name).then(|| taker.real(name)).transpose().map(drop);
        return beside.iter().try_for_each(fit).map(|()| None);
    }
    let user_weights =
        if taker.has("user_weights") { Some(taker.real("user_weights")?) } else { None };
    let goal = match taker.count("goal")? {
        0 => return Ok(None),
        1 => Goal::SumRate { user_weights },
        2 => Goal::MaxMinRate { user_weights },
        3 => Goal::ProportionalFair { user_weights },
        4 => Goal::MinCrb { metric: goal_metric(taker)? },
        5 => Goal::MinPower,
        6 => Goal::MaxSensing { metric: goal_metric(taker)? },
        other => {
            let allowed = "0 to 6: see `noctule schema`";
            return Err(InputError::new("no such goal", "goal", other.to_string(), allowed));
        }
    };
    let sinr_floor =
        if taker.has("sinr_floor") { taker.real("sinr_floor")? } else { vec![0.0; users] };
    let rate_floor = if taker.has("rate_floor") { taker.real("rate_floor")? } else { Vec::new() };
    let limits = limits(taker, targets)?;
    let unknown = if taker.has("unknown") {
        unknown(&taker.real("unknown")?, targets)?
    } else {
        vec![Unknown::ALL; targets]
    };
    let streams_cancelled = taker.has("streams_cancelled") && taker.flag("streams_cancelled")?;
    let around = scene_arrays::read(taker)?;
    Ok(Some(Problem { goal, sinr_floor, rate_floor, limits, unknown, streams_cancelled, around }))
}

fn goal_metric(taker: &mut Taker<'_>) -> Result<Measure, InputError> {
    if !taker.has("goal_metric") {
        return Ok(Measure::Angles);
    }
    let targets = if taker.has("goal_metric_targets") {
        Some(taker.real("goal_metric_targets")?)
    } else {
        None
    };
    measure("goal_metric", &taker.real("goal_metric")?, targets).map(|limit| limit.metric)
}

fn limits(taker: &mut Taker<'_>, targets: usize) -> Result<Vec<Limit>, InputError> {
    if !taker.has("limits") {
        return Ok(Vec::new());
    }
    let rows = taker.real("limits")?;
    let own = if taker.has("limit_targets") { Some(taker.real("limit_targets")?) } else { None };
    let one = |(i, row): (usize, &[f64])| {
        let weights = own.as_ref().map(|all| all[i * targets..(i + 1) * targets].to_vec());
        measure(&format!("limits[{i}]"), row, weights)
    };
    let columns = taker.length("column").unwrap_or(COLUMNS).max(1);
    rows.chunks(columns).enumerate().map(one).collect()
}

fn unknown(flags: &[f64], targets: usize) -> Result<Vec<Unknown>, InputError> {
    if flags.len() != 3 * targets || flags.iter().any(|f| as_count(*f).is_none_or(|f| f > 1)) {
        let found = format!("{} numbers", flags.len());
        let allowed = format!("0 or 1, three for each of {targets} targets");
        return Err(InputError::new("not flags of parameters", "unknown", found, allowed));
    }
    let one = |f: &[f64]| Unknown {
        azimuth: f[0] > 0.5,
        polar: f[1] > 0.5,
        reflection: f[2] > 0.5,
        ..Unknown::ALL
    };
    Ok(flags.chunks(3).map(one).collect())
}
