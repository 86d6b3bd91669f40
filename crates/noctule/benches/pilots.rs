//! Designs of `pilots` at the sizes that the documentation gives times for.
//!
//! `cargo bench -p noctule --bench pilots`
#![allow(missing_docs, clippy::unwrap_used)]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use noctule::pilots::baselines::theta_conic;
use noctule::pilots::{
    AccessPoints, CrbLimit, Instance, Region, Road, Scenario, Settings, Users, design,
};
use noctule::system::NoSettings;
use noctule::{Certify, Run};

fn instance(per_side: usize, users: usize, correlation: f64) -> Instance {
    Scenario {
        access_points: AccessPoints::Road(Road { per_side, ..Road::default() }),
        users: Users::Drawn(Region { count: users, ..Region::default() }),
        downlink_correlation: correlation,
        crb_limit: if correlation > 0.0 { CrbLimit::None } else { CrbLimit::OverBest(1.3) },
        ..Scenario::paper()
    }
    .realize(1, 0)
    .unwrap()
}

fn designs(c: &mut Criterion) {
    let certified = Settings { certify: Certify::YES, ..Settings::default() };
    for (name, per_side, users, correlation) in [
        ("M=8 K=2", 4, 2, 0.0),
        ("M=8 K=6", 4, 6, 0.0),
        ("M=8 K=2 contaminated", 4, 2, 0.4),
        ("M=8 K=6 contaminated", 4, 6, 0.4),
        ("M=64 K=12", 32, 12, 0.0),
    ] {
        let instance = instance(per_side, users, correlation);
        let mut group = c.benchmark_group(name);
        group.sample_size(10);
        group.bench_function("design", |b| {
            b.iter(|| design(black_box(&instance), &Settings::default()).unwrap());
        });
        group.bench_function("design and certificate", |b| {
            b.iter(|| design(black_box(&instance), &certified).unwrap());
        });
        if per_side == 4 {
            group.bench_function("θ-iteration by cones", |b| {
                b.iter(|| {
                    theta_conic(black_box(&instance), &NoSettings {}, &Run::default()).unwrap()
                });
            });
        }
    }
}

criterion_group!(benches, designs);
criterion_main!(benches);
