//! Designs over a band: ours, and the baselines that know less of the band.

use noctule_num::{C64, CMat, InputError};
use noctule_optim::{
    Lbfgs, Manifold, MultiStart, Objective, Proof, Stop, Trace, Work, multi_start,
};

use super::Band;
use super::begin::start_of;
use super::goal::certified_weighted;
use super::model::{BandModel, BandSpace, unit_of};
use crate::beamforming::ascent::ByAntenna;
use crate::beamforming::goal::violation;
use crate::beamforming::starts::{default_starts, scaled_to_power};
use crate::beamforming::stationarity::proof_of;
use crate::beamforming::{
    BeamformingDesign, Beams, Instance, PowerConstraint, Settings, advice, design_from, evaluate,
};
use crate::{Certify, Design, Error, FEASIBLE, InputError as Refused, Run};

/// Starts of a band of which nothing else is said: regularised zero forcing and matched filters.
const STARTS: usize = 2;

/// Beams on every subcarrier: the best climb from several starts.
///
/// # Errors
/// What the settings refuse.
pub(in crate::beamforming) fn design_over(
    instance: &Instance,
    band: &Band,
    settings: &Settings,
    run: &Run<'_, Beams>,
) -> Result<BeamformingDesign, Error> {
    climb(instance, band, settings, run, BandSpace::Reduced)
}

/// The best beams that are the same on every subcarrier, at equal power: the narrowband precoder of
/// a wideband station.
///
/// # Errors
/// When the instance has no band; what the settings refuse.
pub fn same_beams(
    instance: &Instance,
    settings: &Settings,
    run: &Run<'_, Beams>,
) -> Result<BeamformingDesign, Error> {
    let band = instance.band_for("same-beams")?;
    instance.weighted_for("same-beams")?;
    settings.validate()?;
    climb(instance, band, settings, run, BandSpace::Same)
}

/// What a station that knows the channels does, judged with the estimates that there are: its
/// `true_rate_bps_hz` is, where rates are the goal, what
/// knowledge would be worth to beams alone.
///
/// # Errors
/// When the instance has no band, or its channels are known; what the settings refuse.
pub fn perfect_knowledge(
    instance: &Instance,
    settings: &Settings,
    run: &Run<'_, Beams>,
) -> Result<BeamformingDesign, Error> {
    let band = instance.band_for("perfect-knowledge")?;
    settings.validate()?;
    if band.estimates.is_none() {
        let what = "the channels are known: there is nothing to compare with";
        let allowed = "balanced, or a scenario with `knowledge`";
        return Err(InputError::new(what, "scheme", "perfect-knowledge", allowed).into());
    }
    let found =
        design_from(&instance.with_perfect_knowledge()?, settings, &Run::new(&run.interrupt))?;
    let mut design = told(instance, band, found.variables.matrix)?;
    (design.work, design.stop) = (found.work, found.stop);
    design.warnings.extend(uncertified(settings));
    Ok(design)
}

/// The sum rate in bit/s/Hz that [`design_over`] reaches where the channels are known; `None` where they are, or
/// there is no design.
pub(in crate::beamforming) fn perfect_rate_bps_hz(instance: &Instance) -> Option<f64> {
    instance.band()?.estimates.as_ref()?;
    let known = instance.with_perfect_knowledge().ok()?;
    let found = design_from(&known, &Settings::default(), &Run::default()).ok()?;
    let met = found.metrics.goal.as_ref().is_none_or(|goal| goal.met == goal.asked);
    Some(found.metrics.sum_rate_bps_hz).filter(|_| met)
}

/// Every subcarrier designed as if it were alone, with its share of the power: no power moves between
/// subcarriers, and none knows that ranges and velocities are to be found. The bound of one of N
/// subcarriers is N times that of all, so that its weight is δ_s/N there.
///
/// # Errors
/// When the instance has no band; what a design of one subcarrier refuses.
pub fn each_alone(
    instance: &Instance,
    settings: &Settings,
    run: &Run<'_, Beams>,
) -> Result<BeamformingDesign, Error> {
    instance.band_for("each-alone")?;
    instance.weighted_for("each-alone")?;
    let plain = Settings { certify: Certify::No, trace_rows: 0, ..settings.clone() };
    let plain = Settings { starts: Some(settings.starts.unwrap_or(STARTS)), ..plain };
    let own = |alone: &Instance| design_from(alone, &plain, &Run::new(&run.interrupt));
    let mut design = by_subcarrier(instance, own)?;
    design.warnings.extend(uncertified(settings));
    Ok(design)
}

/// Closed forms on every subcarrier by itself with its share of the power.
///
/// # Errors
/// As `precoder` of a subcarrier.
pub(in crate::beamforming) fn on_each(
    instance: &Instance,
    band: &Band,
    precoder: impl Fn(&Instance) -> Result<CMat, Error>,
) -> Result<BeamformingDesign, Error> {
    let mut columns = Vec::with_capacity(band.subcarriers());
    for n in 0..band.subcarriers() {
        let found = precoder(&instance.subcarrier(n)).map_err(|error| match error {
            Error::Input(error) => error.inside(&format!("band_channels[{n}]")).into(),
            other => other,
        })?;
        columns.push(found);
    }
    let matrix = CMat::hstack(&columns.iter().collect::<Vec<_>>())?;
    told(instance, band, scaled_to_power(matrix, instance.parts().power_w))
}

/// A scheme of one frequency on every subcarrier by itself, with its share of the power and of the bound's
/// weight.
///
/// # Errors
/// Another goal than the weighted sum; as the scheme.
pub(in crate::beamforming) fn by_subcarrier(
    instance: &Instance,
    scheme: impl Fn(&Instance) -> Result<BeamformingDesign, Error>,
) -> Result<BeamformingDesign, Error> {
    let band = instance.band_for("one of a band")?;
    instance.weighted_for("one of every subcarrier by itself")?;
    let (mut columns, mut work, mut stop) = (Vec::new(), Work::default(), Stop::Converged);
    for n in 0..band.subcarriers() {
        let found = instance.alone(n).and_then(|alone| scheme(&alone)).map_err(by_itself)?;
        work += found.work;
        if found.stop != Stop::Converged {
            stop = found.stop;
        }
        columns.push(found.variables.matrix);
    }
    // one subcarrier may do without streams that another has
    let streams = columns.iter().map(CMat::cols).max().unwrap_or(0);
    let silent = |w: &CMat| CMat::zeros(w.rows(), streams - w.cols());
    let filled: Vec<CMat> =
        columns.iter().map(|w| CMat::hstack(&[w, &silent(w)])).collect::<Result<_, _>>()?;
    let matrix = CMat::hstack(&filled.iter().collect::<Vec<_>>())?;
    let mut design = told(instance, band, matrix)?;
    (design.work, design.stop) = (work, stop);
    Ok(design)
}

/// Schemes of one frequency count every parameter, also one that the band knows.
fn by_itself(error: Error) -> Error {
    let Error::Unobservable { targets, .. } = &error else { return error };
    let what = "schemes of every subcarrier by itself count both angles and the reflection of every target as unknown, \
                and the arrays do not tell them apart";
    let found = format!("a scene that does not show all of targets {targets:?}");
    let allowed = "balanced, same-beams, sensing-only or a closed form";
    InputError::new(what, "scheme", found, allowed).into()
}

/// By how much beams pass the power, or miss what every antenna sends.
fn over(instance: &Instance, matrix: &CMat) -> f64 {
    let power = instance.parts().power_w;
    match instance.parts().power_constraint {
        PowerConstraint::Total => (matrix.norm_sqr() / power - 1.0).max(0.0),
        PowerConstraint::PerAntenna => {
            let share = power / matrix.rows() as f64;
            let row = |n: usize| (0..matrix.cols()).map(|s| matrix[(n, s)].norm_sqr()).sum::<f64>();
            (0..matrix.rows()).map(|n| (row(n) / share - 1.0).abs()).fold(0.0, f64::max)
        }
    }
}

/// The design of beams that were computed, not climbed to.
fn told(instance: &Instance, band: &Band, matrix: CMat) -> Result<BeamformingDesign, Error> {
    let beams = Beams { matrix, users: instance.users(), subcarriers: band.subcarriers() };
    let metrics = evaluate(instance, &beams)?;
    let missed = match instance.problem() {
        Some(_) => violation(&metrics),
        None => over(instance, &beams.matrix),
    };
    let met = instance.problem().is_none() || missed <= FEASIBLE;
    Ok(Design {
        warnings: advice(instance, &metrics),
        starts: vec![metrics.objective],
        variables: beams,
        metrics,
        stop: Stop::Computed,
        proof: if met { Proof::feasible(missed) } else { Proof::NONE },
        trace: Trace::off(),
        work: Work::default(),
    })
}

fn climb(
    instance: &Instance,
    band: &Band,
    settings: &Settings,
    run: &Run<'_, Beams>,
    space: BandSpace,
) -> Result<BeamformingDesign, Error> {
    let interrupt = &run.interrupt;
    let streams = instance.streams();
    let by_antenna = instance.parts().power_constraint == PowerConstraint::PerAntenna;
    // with a limit for every antenna beams are not confined to what is seen
    let space = match space {
        BandSpace::Reduced if by_antenna => BandSpace::Full,
        space => space,
    };
    let mut model = BandModel::new(instance, band, space, streams)?;
    let mut points: Vec<Vec<C64>> = Vec::new();
    let fits = |beams: &&Beams| {
        beams.check(instance).is_ok() && beams.streams() == streams && space != BandSpace::Same
    };
    if let Some(warm) = run.warm.filter(fits) {
        points.push(model.point(&warm.matrix));
    }
    let mut skipped = Vec::new();
    for start in default_starts(settings.starts.unwrap_or(STARTS)) {
        match start_of(instance, band, start, space, instance.parts().sensing_streams) {
            Ok(beams) => points.push(model.point(&beams)),
            Err(error) => skipped.push(format!("the start {start:?} is left out: {error}")),
        }
    }
    let (rules, rows) = (settings.rules(), settings.trace_rows);
    let found = if by_antenna {
        let dim = model.dim();
        let mut own = ByAntenna::new(model, instance.antennas(), dim);
        let points: Vec<Vec<C64>> = points.iter().map(|v| own.transposed(v)).collect();
        let mut solver = Lbfgs::new(own.manifold());
        let found = multi_start(&mut solver, &mut own, points, &rules, interrupt, rows);
        let found = found.map(|found| MultiStart { point: own.restored(&found.point), ..found });
        model = own.model;
        found
    } else {
        let mut solver = Lbfgs::new(Manifold::sphere(model.dim()));
        multi_start(&mut solver, &mut model, points, &rules, interrupt, rows)
    };
    let Some(found) = found else {
        let what = "there is no start";
        return Err(InputError::new(what, "starts", "0", "at least 1").into());
    };
    let mut design = finish(instance, &model, found)?;
    design.warnings.extend(skipped);
    if space == BandSpace::Same {
        // Stationary among beams that are the same: of the band they are feasible.
        design.proof = Proof::feasible(over(instance, &design.variables.matrix));
    }
    if settings.certify.is_asked() && !interrupt.is_raised() {
        certified_weighted(instance, band, &mut design, interrupt)?;
    }
    Ok(design)
}

/// What is said where a bound is asked for.
fn uncertified(settings: &Settings) -> Option<String> {
    let sentence = "the bound on what beams over a band reach is that of `balanced`: here nothing is certified";
    settings.certify.is_asked().then(|| sentence.to_owned())
}

fn finish(
    instance: &Instance,
    model: &BandModel,
    found: MultiStart,
) -> Result<BeamformingDesign, Error> {
    let variables = model.beams(&found.point, instance.users())?;
    let metrics = evaluate(instance, &variables)?;
    let warnings = advice(instance, &metrics);
    let unit = model.unit();
    let value = |value: &f64| Some(-value * unit).filter(|value| value.is_finite());
    Ok(Design {
        proof: proof_of(found.run.residual),
        stop: found.run.stop,
        variables,
        metrics,
        trace: found.trace,
        work: found.work,
        starts: found.values.iter().map(value).collect(),
        warnings,
    })
}

/// The residual that designs state, from the beams at full size; `None` where the Fisher matrix is
/// singular.
///
/// # Errors
/// When the beams have another shape.
pub(in crate::beamforming) fn residual_over(
    instance: &Instance,
    band: &Band,
    beams: &Beams,
) -> Result<Option<f64>, Error> {
    beams.check(instance)?;
    let mut model = BandModel::new(instance, band, BandSpace::Full, beams.streams())?;
    let point = model.point(&beams.matrix);
    let mut gradient = vec![C64::ZERO; point.len()];
    let value = model.eval(&point, &mut gradient);
    // what moves along the constraint: all entries less the radial part, or those of each antenna
    let antennas = beams.matrix.rows();
    let step = match instance.parts().power_constraint {
        PowerConstraint::Total => 1,
        PowerConstraint::PerAntenna => antennas,
    };
    let mut rest = 0.0;
    for first in 0..step {
        let own = || (first..point.len()).step_by(step);
        let inner = |a: &[C64], b: &[C64]| -> f64 {
            own().map(|i| a[i].re * b[i].re + a[i].im * b[i].im).sum()
        };
        let radial = inner(&gradient, &point) / inner(&point, &point);
        rest += own().map(|i| (gradient[i] - point[i] * radial).norm_sqr()).sum::<f64>();
    }
    let square = noctule_num::linalg::real_dot(&point, &point);
    Ok(Some((rest * square).sqrt() / value.abs().max(1.0)).filter(|r| r.is_finite()))
}

impl Instance {
    /// The band of an instance, for a scheme that is for nothing else.
    fn band_for(&self, scheme: &str) -> Result<&Band, Error> {
        self.band().ok_or_else(|| {
            let what = "this scheme is for beams over a band, and the instance has one frequency";
            let allowed = "balanced, or a scenario with `ofdm`";
            Refused::new(what, "scheme", scheme, allowed).into()
        })
    }

    /// Refuse a goal that a scheme is not for.
    fn weighted_for(&self, scheme: &str) -> Result<(), Error> {
        let Some(problem) = self.problem() else { return Ok(()) };
        let what = "this scheme is for the weighted sum, and the instance has another goal";
        let found = format!("{} with `{scheme}`", problem.goal.name());
        Err(Refused::new(what, "goal", found, "balanced, rzf, zf, mrt").into())
    }

    /// The size of an objective over the band that counts as one.
    pub(in crate::beamforming) fn band_unit(&self) -> Option<f64> {
        self.band().map(|band| unit_of(self, band))
    }
}
