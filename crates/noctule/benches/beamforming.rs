//! One evaluation and one design at three array sizes, beside the calibration kernel (a 16 × 16
//! complex product) in the same process: quote ratios to it, not times.
#![allow(missing_docs)]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use noctule::beamforming::design::{Start, climb, start_beams};
use noctule::beamforming::model::{Model, Space};
use noctule::beamforming::{ArrayShape, Instance, Scenario, Settings, design};
use noctule::{CMat, Run};
use noctule_num::linalg::{Op, RealCholesky, mul};
use noctule_num::rng::{StreamKey, complex_normal};
use noctule_optim::Objective;

fn instance(antennas: usize) -> Instance {
    Scenario {
        transmit_array: ArrayShape { horizontal: 4, vertical: antennas / 4 },
        receive_array: ArrayShape { horizontal: 5, vertical: antennas / 4 },
        ..Scenario::paper()
    }
    .realize(1, 0)
    .expect("the default geometry can be sensed")
}

fn random(n: usize) -> CMat {
    let mut rng = StreamKey::new(1, "bench", "matrix", n as u64).trial(0);
    CMat::from_fn(n, n, |_, _| complex_normal(&mut rng, 1.0))
}

fn kernels(criterion: &mut Criterion) {
    let (a, b, mut c) = (random(16), random(16), CMat::zeros(16, 16));
    criterion.bench_function("calibration/product-16", |bencher| {
        bencher.iter(|| mul(&mut c, false, 1.0, black_box(&a), Op::Plain, &b, Op::Plain));
    });
    let n = 8;
    let spd: Vec<f64> = (0..n * n).map(|k| if k % (n + 1) == 0 { 4.0 } else { 0.3 }).collect();
    let mut cholesky = RealCholesky::new(n);
    let mut inverse = vec![0.0; n * n];
    criterion.bench_function("cholesky-inverse-8", |bencher| {
        bencher.iter(|| {
            if cholesky.factor(black_box(&spd)).is_some() {
                cholesky.inverse(&mut inverse);
            }
        });
    });
}

fn evaluation(criterion: &mut Criterion) {
    for antennas in [16, 64, 256] {
        let instance = instance(antennas);
        let mut model = Model::new(&instance, Space::Reduced).expect("finite data");
        let start = start_beams(&instance, Start::Rzf).expect("finite data");
        let point = model.point(&start);
        let mut gradient = point.clone();
        criterion.bench_function(&format!("evaluation/{antennas}"), |bencher| {
            bencher.iter(|| model.eval(black_box(&point), &mut gradient));
        });
    }
}

fn designs(criterion: &mut Criterion) {
    for antennas in [16, 64, 256] {
        let instance = instance(antennas);
        let start = start_beams(&instance, Start::Rzf).expect("finite data");
        let settings = Settings::default();
        criterion.bench_function(&format!("design-one-start/{antennas}"), |bencher| {
            bencher.iter(|| {
                climb(&instance, &settings, std::slice::from_ref(&start), &Run::default())
            });
        });
        criterion.bench_function(&format!("design-four-starts/{antennas}"), |bencher| {
            bencher.iter(|| design(black_box(&instance), &settings));
        });
    }
}

criterion_group!(benches, kernels, evaluation, designs);
criterion_main!(benches);
