//! The kernels: each prepares what it needs once, and then does the same work at every call.

use std::hint::black_box;

use noctule::beamforming::design::{Start, climb, start_beams};
use noctule::beamforming::model::{Model, Space};
use noctule::beamforming::{self, ArrayShape};
use noctule::cellfree::boundary::limits_between;
use noctule::frame::{self, Aging, DrawnUsers, SinrForm};
use noctule::pilots::{self, AccessPoints, Region, Road};
use noctule::surfaces::curve::{Curve, Resolution, Staircase};
use noctule::{CMat, Certify, Interrupt, Run as Around, Work, cellfree};
use noctule_num::linalg::{Op, mul};
use noctule_num::rng::{StreamKey, complex_normal};
use noctule_optim::Objective;
use noctule_phy::beampattern::PatternError;

pub(crate) type Error = Box<dyn std::error::Error>;
pub(crate) type Run = Box<dyn FnMut() -> Result<Work, Error>>;

pub(crate) struct Kernel {
    /// System and kernel, as the table names them.
    pub(crate) name: &'static str,
    /// Designs in one call: one drop says little about a method.
    pub(crate) designs: u32,
    pub(crate) prepare: fn() -> Result<Run, Error>,
}

const fn kernel(name: &'static str, designs: u32, prepare: fn() -> Result<Run, Error>) -> Kernel {
    Kernel { name, designs, prepare }
}

pub(crate) const KERNELS: &[Kernel] = &[
    kernel("product", 1, product),
    kernel("beamforming/evaluation-16", 1, || evaluation(16)),
    kernel("beamforming/evaluation-64", 1, || evaluation(64)),
    kernel("beamforming/one-start-16", 20, one_start),
    kernel("beamforming/four-starts-16", 10, || starts(4, Some(4), 10)),
    kernel("beamforming/eight-users-16", 2, || starts(8, Some(16), 2)),
    kernel("beamforming/certified-16", 1, certified),
    kernel("cellfree/pattern-48", 1, pattern),
    kernel("cellfree/largest-rate", 4, largest_rate),
    kernel("cellfree/within-error", 4, within_error),
    kernel("cellfree/boundary-20", 1, boundary),
    kernel("pilots/certified-8x6", 1, || pilot_powers(4, 6)),
    kernel("pilots/certified-64x12", 1, || pilot_powers(32, 12)),
    kernel("surfaces/curve-200", 1, curve),
    kernel("frame/560-blocks", 1, frame_of_560),
];

/// The calibration product.
pub(crate) fn product() -> Result<Run, Error> {
    let random = |entity| {
        let mut rng = StreamKey::new(1, "bench", "matrix", entity).trial(0);
        CMat::from_fn(16, 16, |_, _| complex_normal(&mut rng, 1.0))
    };
    let (a, b, mut c) = (random(0), random(1), CMat::zeros(16, 16));
    Ok(Box::new(move || {
        mul(&mut c, false, 1.0, black_box(&a), Op::Plain, &b, Op::Plain);
        black_box(&c);
        Ok(Work::default())
    }))
}

fn station(antennas: usize, users: usize, drop: u64) -> Result<beamforming::Instance, Error> {
    let scenario = beamforming::Scenario {
        transmit_array: ArrayShape { horizontal: 4, vertical: antennas / 4 },
        receive_array: ArrayShape { horizontal: 5, vertical: antennas / 4 },
        users,
        ..beamforming::Scenario::paper()
    };
    Ok(scenario.realize(1, drop)?)
}

fn evaluation(antennas: usize) -> Result<Run, Error> {
    let instance = station(antennas, 4, 0)?;
    let mut model = Model::new(&instance, Space::Reduced)?;
    let point = model.point(&start_beams(&instance, Start::Rzf)?);
    let mut gradient = point.clone();
    Ok(Box::new(move || {
        black_box(model.eval(black_box(&point), &mut gradient));
        Ok(Work { evaluations: 1, ..Work::default() })
    }))
}

/// One climb to the default tolerance, a residual of 10⁻⁶.
fn one_start() -> Result<Run, Error> {
    let mut drops = Vec::new();
    for drop in 0..20 {
        let instance = station(16, 4, drop)?;
        let start = start_beams(&instance, Start::Rzf)?;
        drops.push((instance, [start]));
    }
    let settings = beamforming::Settings::default();
    Ok(Box::new(move || {
        let climb = |(instance, starts): &(_, [CMat; 1])| {
            Ok(climb(instance, &settings, starts, &Around::default())?.work)
        };
        total(drops.iter().map(climb))
    }))
}

fn starts(users: usize, starts: Option<usize>, drops: u64) -> Result<Run, Error> {
    let drops = (0..drops).map(|drop| station(16, users, drop)).collect::<Result<Vec<_>, _>>()?;
    let settings = beamforming::Settings { starts, ..beamforming::Settings::default() };
    Ok(Box::new(move || {
        total(drops.iter().map(|drop| Ok(beamforming::design(drop, &settings)?.work)))
    }))
}

fn certified() -> Result<Run, Error> {
    let instance = station(16, 4, 0)?;
    let certify = Certify::YES;
    let settings = beamforming::Settings { certify, ..beamforming::Settings::default() };
    Ok(Box::new(move || Ok(beamforming::design(&instance, &settings)?.work)))
}

/// P1 of one access point: the best beampattern of 48 antennas, proven to 10⁻⁵.
fn pattern() -> Result<Run, Error> {
    let form = PatternError::new(48, 0.5, &[0.4], 10_f64.to_radians(), 181);
    Ok(Box::new(move || {
        let interrupt = Interrupt::new();
        let found =
            cellfree::sensing::best_pattern(black_box(&form), 0.5, &[0.4], 1e-5, &interrupt)?;
        Ok(found.work)
    }))
}

/// Drops of Table I, and the smallest error of each.
fn network(drops: u64) -> Result<Vec<(cellfree::Instance, f64)>, Error> {
    let one = |drop| {
        let free = cellfree::Scenario::default().realize(1, drop)?;
        let settings = cellfree::SensingSettings::default();
        let best = cellfree::sensing_only(&free, &settings, &Around::default())?;
        let floor = best.metrics.error.ok_or("a drop without targets")?;
        Ok((free, floor))
    };
    (0..drops).map(one).collect()
}

/// P2, from three starts.
fn largest_rate() -> Result<Run, Error> {
    let drops = network(4)?;
    let settings = cellfree::Settings::default();
    Ok(Box::new(move || {
        total(drops.iter().map(|(free, _)| Ok(cellfree::design(free, &settings)?.work)))
    }))
}

/// P3 at 1.3 times the smallest error, from three starts.
fn within_error() -> Result<Run, Error> {
    let mut drops = Vec::new();
    for (free, floor) in network(4)? {
        drops.push(free.with_requirement(cellfree::Requirement::MaxError(1.3 * floor))?);
    }
    let settings = cellfree::Settings::default();
    Ok(Box::new(move || {
        total(drops.iter().map(|drop| Ok(cellfree::design(drop, &settings)?.work)))
    }))
}

/// Twenty limits of the error, from one start.
fn boundary() -> Result<Run, Error> {
    let (free, floor) = network(1)?.remove(0);
    let limits = limits_between(1.01 * floor, 3.0 * floor, 20);
    let settings = cellfree::Settings { starts: 1, ..cellfree::Settings::default() };
    Ok(Box::new(move || {
        let points = cellfree::boundary(&free, &limits, &settings, &Around::default())?;
        total(points.iter().map(|point| Ok(point.design.work)))
    }))
}

fn pilot_powers(per_side: usize, users: usize) -> Result<Run, Error> {
    let instance = pilots::Scenario {
        access_points: AccessPoints::Road(Road { per_side, ..Road::default() }),
        users: pilots::Users::Drawn(Region { count: users, ..Region::default() }),
        downlink_correlation: 0.0,
        crb_limit: pilots::CrbLimit::OverBest(1.3),
        ..pilots::Scenario::paper()
    }
    .realize(1, 0)?;
    let settings = pilots::Settings { certify: Certify::YES, ..pilots::Settings::default() };
    Ok(Box::new(move || Ok(pilots::design(&instance, &settings)?.work)))
}

/// One upper staircase at the step that takes longest.
fn curve() -> Result<Run, Error> {
    Ok(Box::new(|| {
        let stairs = Staircase::new(&Curve::new(200, black_box(0.4559)), Resolution::default());
        Ok(Work { evaluations: stairs.phases as u64, ..Work::default() })
    }))
}

fn frame_of_560() -> Result<Run, Error> {
    let instance = frame::Scenario {
        blocks: 560,
        transmit_antennas: 64,
        receive_antennas: 64,
        users: frame::Users::Drawn(DrawnUsers { count: 20, ..DrawnUsers::default() }),
        echo_snr_db: -13.0,
        sinr: SinrForm::UseAndForget,
        aging: Aging::Jakes { speed_kmh: 30.0, carrier_ghz: 28.0 },
        ..frame::Scenario::default()
    }
    .realize(1, 0)?;
    let settings = frame::Settings::default();
    Ok(Box::new(move || Ok(frame::design(&instance, &settings)?.work)))
}

fn total(each: impl Iterator<Item = Result<Work, Error>>) -> Result<Work, Error> {
    each.into_iter().try_fold(Work::default(), |mut sum, work| {
        sum += work?;
        Ok(sum)
    })
}
