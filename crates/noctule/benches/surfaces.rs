//! Allocation, covariance, trade-off curve, deployments and designs, beside the calibration kernel
//! (a 16 × 16 complex product) in the same process: quote ratios to it, not times.
#![allow(missing_docs)]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use noctule::surfaces::covariance::CovarianceSolver;
use noctule::surfaces::curve::{Curve, Resolution, Staircase};
use noctule::surfaces::power::Allocator;
use noctule::surfaces::{
    Instance, Link, Scenario, Select, Settings, dedicated_signal, design_from,
};
use noctule::{CMat, Certify, Run};
use noctule_num::linalg::{Op, mul};
use noctule_num::rng::{StreamKey, complex_normal};

fn calibration(criterion: &mut Criterion) {
    let random = |entity| {
        let mut rng = StreamKey::new(1, "bench", "matrix", entity).trial(0);
        CMat::from_fn(16, 16, |_, _| complex_normal(&mut rng, 1.0))
    };
    let (a, b, mut c) = (random(0), random(1), CMat::zeros(16, 16));
    criterion.bench_function("calibration/product-16", |bencher| {
        bencher.iter(|| mul(&mut c, false, 1.0, black_box(&a), Op::Plain, &b, Op::Plain));
    });
}

fn scene(target: Option<[f64; 2]>, elements: usize, share: f64) -> Instance {
    let scenario =
        Scenario { elements, target_m: target, crb_limit_db: None, ..Scenario::default() };
    let instance = scenario.realize(1, 0).expect("a scene");
    let sites: Vec<usize> = (0..instance.sites()).collect();
    let cascade = instance.cascade(&sites);
    let most = Link::new(&instance, &cascade).reachable();
    instance.with_crb_limit(Some(cascade.bound_constant() / (share * most))).expect("a limit")
}

fn inner(criterion: &mut Criterion) {
    // the three cases of Theorem 2 at eight surfaces
    for (name, share) in [("sensing", 0.8), ("tight", 0.3), ("loose", 0.05)] {
        let instance = scene(None, 840, share);
        let link = Link::new(&instance, &instance.cascade(&[0, 1, 2, 3, 4, 5, 6, 7]));
        let (mut gains, mut weights) = link.aligned();
        // mirror sites tie, which is the easy case: move them apart
        for k in 0..8 {
            gains[k] *= 1.0 + 0.05 * k as f64;
            weights[k] *= 1.0 + 0.03 * k as f64;
        }
        let total: f64 = weights.iter().sum();
        let required = share * link.power * total;
        let mut allocator = Allocator::new(8);
        criterion.bench_function(&format!("theorem-2/{name}"), |bencher| {
            bencher.iter(|| allocator.allocate(black_box(&gains), &weights, link.power, required));
        });
        let overlaps: Vec<f64> = gains.iter().zip(&weights).map(|(g, w)| g * w / total).collect();
        let mut solver = CovarianceSolver::new();
        criterion.bench_function(&format!("full-covariance/{name}"), |bencher| {
            bencher.iter(|| solver.solve(black_box(&gains), &overlaps, link.power, share));
        });
    }
}

fn curves(criterion: &mut Criterion) {
    for (n, step) in [(32, 0.6428), (105, 1.1), (200, 0.4559)] {
        criterion.bench_function(&format!("trade-off-curve/{n}"), |bencher| {
            bencher.iter(|| Staircase::new(&Curve::new(n, black_box(step)), Resolution::default()));
        });
    }
}

fn designs(criterion: &mut Criterion) {
    let run = Run::default();
    let together = scene(None, 1000, 0.3);
    for (name, best) in [("128-deployments", Select::Best), ("all-sites", Select::All)] {
        let settings = Settings { select: best, ..Settings::default() };
        criterion.bench_function(&format!("co-located/{name}/dedicated"), |bencher| {
            bencher.iter(|| dedicated_signal(black_box(&together), &settings, &run));
        });
        criterion.bench_function(&format!("co-located/{name}/covariance"), |bencher| {
            bencher.iter(|| design_from(black_box(&together), &settings, &run));
        });
    }
    let apart = scene(Some([90.0, 25.0]), 800, 0.5);
    let all = Settings { select: Select::All, ..Settings::default() };
    criterion.bench_function("apart/search-8", |bencher| {
        bencher.iter(|| dedicated_signal(black_box(&apart), &all, &run));
    });
    let certified = Settings { certify: Certify::YES, ..all.clone() };
    let mut group = criterion.benchmark_group("apart");
    group.sample_size(10);
    group.bench_function("certified-8", |bencher| {
        bencher.iter(|| dedicated_signal(black_box(&apart), &certified, &run));
    });
    let large = scene(Some([90.0, 25.0]), 100_000, 0.5);
    group.bench_function("search-100000-elements", |bencher| {
        bencher.iter(|| dedicated_signal(black_box(&large), &all, &run));
    });
    let large = scene(None, 100_000, 0.5);
    group.bench_function("covariance-100000-elements", |bencher| {
        bencher.iter(|| design_from(black_box(&large), &all, &run));
    });
    group.finish();
}

criterion_group!(benches, calibration, inner, curves, designs);
criterion_main!(benches);
