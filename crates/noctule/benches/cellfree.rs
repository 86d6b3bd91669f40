//! Speed of cell-free designs: best beampatterns, largest rates, points of the boundary.
#![allow(clippy::unwrap_used, missing_docs)]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use noctule::cellfree::boundary::limits_between;
use noctule::cellfree::sensing::best_pattern;
use noctule::cellfree::{
    Instance, Requirement, Scenario, SensingSettings, Settings, boundary, design, sensing_only,
};
use noctule::{Interrupt, Run};
use noctule_phy::beampattern::PatternError;

fn patterns(c: &mut Criterion) {
    let mut group = c.benchmark_group("cellfree/pattern");
    for (n, gap) in [(8, 1e-6), (16, 1e-6), (48, 1e-5)] {
        for angle in [0.0, 0.4, 1.2] {
            group.bench_function(format!("N={n}, {angle} rad"), |b| {
                b.iter(|| {
                    let form =
                        PatternError::new(n, 0.5, &[angle], 10_f64.to_radians(), black_box(181));
                    let found = best_pattern(&form, 0.5, &[angle], gap, &Interrupt::new()).unwrap();
                    assert!(found.bound.as_ref().unwrap().gap_rel <= gap);
                    found
                });
            });
        }
    }
    group.finish();
}

fn designs(c: &mut Criterion) {
    let mut group = c.benchmark_group("cellfree/table-1");
    group.sample_size(10);
    let settings = Settings { starts: 1, ..Settings::default() };
    // Drops differ: some converge in a third of the evaluations of others.
    for drop in 0..8 {
        let free = Scenario::default().realize(1, drop).unwrap();
        group.bench_function(format!("largest rate, one start, drop {drop}"), |b| {
            b.iter(|| design(black_box(&free), &settings).unwrap());
        });
        let floor = floor(&free);
        let limited = free.with_requirement(Requirement::MaxError(1.3 * floor)).unwrap();
        group.bench_function(format!("boundary point at 1.3, one start, drop {drop}"), |b| {
            b.iter(|| design(black_box(&limited), &settings).unwrap());
        });
    }
    let free = Scenario::default().realize(1, 0).unwrap();
    group.bench_function("largest rate, three starts", |b| {
        b.iter(|| design(black_box(&free), &Settings::default()).unwrap());
    });
    let limits = limits_between(1.01 * floor(&free), 3.0 * floor(&free), 20);
    group.bench_function("boundary of 20 points", |b| {
        b.iter(|| boundary(black_box(&free), &limits, &settings, &Run::default()).unwrap());
    });
    group.finish();
}

fn floor(instance: &Instance) -> f64 {
    let best = sensing_only(instance, &SensingSettings::default(), &Run::default());
    best.unwrap().metrics.error.unwrap()
}

criterion_group!(benches, patterns, designs);
criterion_main!(benches);
