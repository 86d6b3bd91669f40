//! Whole searches at two sizes, beside the calibration kernel (a 16 × 16 complex product) in the
//! same process: quote ratios to it, not times.
#![allow(missing_docs)]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use noctule::CMat;
use noctule::frame::surface;
use noctule::frame::{
    Aging, CrbLimit, DrawnUsers, Instance, Scenario, Settings, SinrForm, Users, design,
};
use noctule_num::linalg::{Op, mul};
use noctule_num::rng::{StreamKey, complex_normal};

fn small(sinr: SinrForm, aging: Aging) -> Instance {
    let crb_limit = CrbLimit::Deg2(0.3);
    Scenario { sinr, aging, crb_limit, ..Scenario::default() }
        .realize(1, 0)
        .expect("the default is valid")
}

fn large(sinr: SinrForm, aging: Aging) -> Instance {
    Scenario {
        blocks: 560,
        transmit_antennas: 64,
        receive_antennas: 64,
        users: Users::Drawn(DrawnUsers { count: 20, ..DrawnUsers::default() }),
        echo_snr_db: -13.0,
        sinr,
        aging,
        ..Scenario::default()
    }
    .realize(1, 0)
    .expect("valid")
}

fn laws() -> [(&'static str, Aging); 2] {
    [
        ("geometric", Aging::Geometric { correlation: 0.98 }),
        ("jakes", Aging::Jakes { speed_kmh: 30.0, carrier_ghz: 28.0 }),
    ]
}

fn forms() -> [(&'static str, SinrForm); 3] {
    [
        ("use-and-forget", SinrForm::UseAndForget),
        ("lower-bound", SinrForm::LowerBound),
        ("physical", SinrForm::Physical),
    ]
}

fn kernels(criterion: &mut Criterion) {
    let mut rng = StreamKey::new(1, "bench", "matrix", 16).trial(0);
    let mut random = || CMat::from_fn(16, 16, |_, _| complex_normal(&mut rng, 1.0));
    let (a, b, mut c) = (random(), random(), CMat::zeros(16, 16));
    criterion.bench_function("calibration/product-16", |bencher| {
        bencher.iter(|| mul(&mut c, false, 1.0, black_box(&a), Op::Plain, &b, Op::Plain));
    });
}

fn designs(criterion: &mut Criterion) {
    for (form, sinr) in forms() {
        for (law, aging) in laws() {
            let instance = small(sinr, aging.clone());
            criterion.bench_function(&format!("K5-L8-N35/{form}/{law}"), |bencher| {
                bencher.iter(|| design(black_box(&instance), &Settings::default()));
            });
            let instance = large(sinr, aging);
            let mut group = criterion.benchmark_group("K20-L64-N560");
            group.sample_size(10);
            group.bench_function(format!("{form}/{law}"), |bencher| {
                bencher.iter(|| design(black_box(&instance), &Settings::default()));
            });
            group.finish();
        }
    }
}

fn surfaces(criterion: &mut Criterion) {
    let instance = small(SinrForm::UseAndForget, laws()[0].1.clone());
    let times: Vec<f64> = (1..35).map(|h| f64::from(h) * instance.block_time_s()).collect();
    criterion.bench_function("surface/34-times", |bencher| {
        bencher.iter(|| surface(black_box(&instance), &times, 34));
    });
}

criterion_group!(benches, kernels, designs, surfaces);
criterion_main!(benches);
