//! Results that others have published or stored, beside ours.
//!
//! Files are listed in `tests/cases/published/SHA256SUMS`, read to their last field, and pass with their own
//! tolerance; `NOCTULE_CASES=<folder>` runs further ones of the same kind.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod reference;

use noctule::beamforming::extended::ExtendedTarget;
use noctule::beamforming::requirements::{
    Cap, Metric, PowerLimit, Requirements, SensingStreams, World, best_rate,
};
use noctule::{Interrupt, Stop};
use noctule_num::CMat;
use noctule_phy::elements::ElementArray;
use reference::Fields;
use serde_json::Value;

/// Number of files in the repository; a lost file must not go unnoticed.
const FILES: usize = 2;
/// Golden section.
const GOLDEN: f64 = 0.618_033_988_749_894_9;

#[test]
fn the_list_matches_the_files() {
    reference::the_list_matches_the_files("published", FILES);
}

#[test]
fn every_case_passes() {
    reference::every_case("published", FILES, case);
}

fn case(name: &str, document: Value) {
    let mut fields = Fields::new(name, document);
    assert_eq!(fields.text("format"), "published/1");
    let problem = fields.text("problem");
    assert!(problem.starts_with("minimise -sum_k ln(1+SINR_k) + rho tr(R^-1)"), "{problem}");
    extended(&mut fields);
    fields.remark("note");
    fields.finish();
}

/// The weighted sum of rates and the bound of an extended target: the best rate under a limit on
/// tr R⁻¹, and the best limit.
fn extended(fields: &mut Fields) {
    let channels = fields.matrix("H_antenna_user");
    let (power, rho) = (fields.number("power"), fields.number("rho"));
    let (best_known, relative) = (fields.number("best_known"), fields.number("tolerance_rel"));
    let theirs = fields.take("lower_bound").as_f64();
    let (antennas, users) = (channels.rows(), channels.cols());
    certified(&channels, (power, rho), (best_known, relative), theirs);
    let world = World {
        transmit: ElementArray::linear(antennas, 0.5),
        receive: ElementArray::linear(antennas, 0.5),
        targets: Vec::new(),
        alternatives: Vec::new(),
        snapshots: 1.0,
        sensing_noise_w: 1.0,
        channels,
        noise_w: vec![1.0; users],
        error_covariances: Vec::new(),
        streams: SensingStreams::Interfering,
    };
    let interrupt = Interrupt::new();
    let weights = vec![1.0; users];
    let value = |limit: f64| {
        let caps = vec![Cap { metric: Metric::Extended { factor: 1.0 }, limit }];
        let power = PowerLimit::Total(power);
        let required = Requirements { sinr: vec![0.0; users], caps, power };
        let found = best_rate(&world, &weights, false, &required, 4, &interrupt).unwrap();
        assert!(found.violation <= 1e-8, "{found:?}");
        // what is left of the limit costs nothing
        rho * found.capped[0] - found.value
    };
    let least = (antennas * antennas) as f64 / power;
    let (mut low, mut high) = ((least * 1.0001).ln(), (least * 1e4).ln());
    let mut best = f64::INFINITY;
    for _ in 0..30 {
        let (a, b) = (high - GOLDEN * (high - low), low + GOLDEN * (high - low));
        let (left, right) = (value(a.exp()), value(b.exp()));
        best = best.min(left).min(right);
        if left <= right { high = b } else { low = a }
    }
    println!("{best} beside {best_known}");
    assert!(best <= best_known + relative * best_known.abs(), "{best} behind {best_known}");
    if let Some(bound) = theirs {
        assert!(best >= bound, "{best} below the bound {bound}");
    }
}

/// The same problem by branch and bound: the interval closes, holds what is known, and contradicts no bound of
/// another code by more than that code's tolerance.
fn certified(
    channels: &CMat,
    (power, rho): (f64, f64),
    (best_known, relative): (f64, f64),
    theirs: Option<f64>,
) {
    let target = ExtendedTarget::new(channels.clone(), power, rho).unwrap();
    let solved = target.solve(6, (3000, 1e-3), &Interrupt::new()).unwrap();
    let bound = solved.bound.unwrap();
    println!("extended: {} .. {}, {} boxes", solved.objective, bound.value, solved.nodes);
    assert_eq!(solved.stop, Stop::Converged);
    assert!(bound.gap_rel <= 1e-3 && bound.value >= solved.objective);
    assert!(bound.value >= -best_known - 1e-9 * best_known.abs(), "a known point passes the bound");
    assert!(solved.objective >= -best_known - relative * best_known.abs(), "behind what is known");
    if let Some(theirs) = theirs {
        assert!(solved.objective <= -theirs + relative * theirs.abs());
    }
}
