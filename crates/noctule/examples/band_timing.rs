//! What a band costs: an evaluation over 64 subcarriers beside 64 of one, a design, and what the
//! number of sensing streams gains. Prints ratios and milliseconds of this machine.
#![allow(clippy::print_stdout)]

use std::time::Instant;

use noctule::beamforming::design::{Start, start_beams};
use noctule::beamforming::model::{Model, Space};
use noctule::beamforming::{BandModel, BandSpace, Ofdm, Scenario, Settings, design};
use noctule::{C64, Error};
use noctule_optim::Objective;

/// The shortest of many times in microseconds: what else runs on the machine only adds.
fn shortest(rounds: usize, mut work: impl FnMut()) -> f64 {
    let time = || {
        let begin = Instant::now();
        work();
        begin.elapsed().as_secs_f64() * 1e6
    };
    std::iter::repeat_with(time).take(rounds).fold(f64::INFINITY, f64::min)
}

fn main() -> Result<(), Error> {
    let narrow = Scenario { sensing_streams: Some(2), ..Scenario::default() }.realize(1, 0)?;
    let mut one = Model::new(&narrow, Space::Reduced)?;
    let point = one.point(&start_beams(&narrow, Start::Rzf)?);
    let mut gradient = point.clone();
    let single = shortest(2000, || {
        one.eval(&point, &mut gradient);
    });
    for subcarriers in [16, 64, 256] {
        let ofdm = Some(Ofdm { subcarriers, ..Ofdm::default() });
        let scenario = Scenario { ofdm, sensing_streams: Some(2), ..Scenario::default() };
        let instance = scenario.realize(1, 0)?;
        let Some(band) = instance.band() else { continue };
        let mut model = BandModel::new(&instance, band, BandSpace::Reduced, instance.streams())?;
        let point: Vec<C64> = (0..model.dim()).map(|k| C64::cis(1.7 * k as f64) * 0.01).collect();
        let mut gradient = point.clone();
        let whole = shortest(300, || {
            model.eval(&point, &mut gradient);
        });
        println!(
            "{subcarriers} subcarriers: {whole:.1} µs, {:.2} × {subcarriers} × {single:.2} µs",
            whole / (single * subcarriers as f64)
        );
    }
    for sensing in [0, 1, 2, 3, 6] {
        let ofdm = Some(Ofdm::default());
        let scenario = Scenario { ofdm, sensing_streams: Some(sensing), ..Scenario::default() };
        let instance = scenario.realize(1, 0)?;
        for starts in [1, 2, 4] {
            let settings = Settings { starts: Some(starts), ..Settings::default() };
            let begin = Instant::now();
            let found = design(&instance, &settings)?;
            println!(
                "{sensing} sensing streams, {starts} starts: objective {:.6}, {:?}, residual {:.1e}, {} evaluations, {:.0} ms",
                found.metrics.objective.unwrap_or(f64::NAN),
                found.stop,
                found.proof.residual().unwrap_or(f64::NAN),
                found.work.evaluations,
                begin.elapsed().as_secs_f64() * 1e3
            );
        }
    }
    Ok(())
}
