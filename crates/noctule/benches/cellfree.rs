//! Speed of cell-free designs: best beampatterns, largest rates, points of the boundary.
#![allow(clippy::unwrap_used, missing_docs)]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use noctule::Interrupt;
use noctule::cellfree::boundary::limits_between;
use noctule::cellfree::sensing::best_pattern;
use noctule::cellfree::{Requirement, Scenario, Settings, baselines, boundary, design};
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
    let free = Scenario::default().realize(1, 0).unwrap();
    let settings = Settings { starts: 1, ..Settings::default() };
    group.bench_function("largest rate, one start", |b| {
        b.iter(|| design(black_box(&free), &settings).unwrap());
    });
    let floor = baselines::sensing_only(&free, &settings).unwrap().metrics.error.unwrap();
    let limited = free.with_requirement(Requirement::MaxError(1.3 * floor)).unwrap();
    group.bench_function("boundary point at 1.3, one start", |b| {
        b.iter(|| design(black_box(&limited), &settings).unwrap());
    });
    let limits = limits_between(1.01 * floor, 3.0 * floor, 20);
    group.bench_function("boundary of 20 points", |b| {
        b.iter(|| boundary(black_box(&free), &limits, &settings, &Interrupt::new()).unwrap());
    });
    group.finish();
}

criterion_group!(benches, patterns, designs);
criterion_main!(benches);
