//! An iteration allocates nothing: counted by the allocator itself.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use noctule::C64;
use noctule::beamforming::design::{Start, start_beams};
use noctule::beamforming::model::{Model, Space};
use noctule::beamforming::{BandModel, BandSpace, Ofdm, Scenario};
use noctule_optim::{Interrupt, Lbfgs, Manifold, Objective, StopRule, StopRules, Trace};

struct Counting;

thread_local! {
    // Of this thread alone: the harness allocates on its own, whenever it likes.
    static CALLS: Cell<u64> = const { Cell::new(0) };
}

fn calls() -> u64 {
    CALLS.with(Cell::get)
}

fn count() {
    CALLS.with(|calls| calls.set(calls.get() + 1));
}

// SAFETY: every call is handed to the system allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn iterations_do_not_allocate() {
    let instance = Scenario::paper().realize(1, 0).unwrap();
    let mut model = Model::new(&instance, Space::Reduced).unwrap();
    let sphere = Manifold::sphere(model.dim());
    let mut solver = Lbfgs::new(sphere);
    let mut start = model.point(&start_beams(&instance, Start::Rzf).unwrap());
    sphere.normalise(&mut start);
    let interrupt = Interrupt::new();
    let mut calls_of = |evaluations: u64| {
        let rules = StopRules::from(StopRule::Residual(0.0))
            | StopRule::Progress { tolerance: -1.0, window: 5 }
            | StopRule::Evaluations(evaluations);
        let mut trace = Trace::with_room(1000);
        let mut point = start.clone();
        let before = calls();
        let run = solver.minimise(&mut model, &mut point, &rules, &interrupt, &mut trace);
        (calls() - before, run.work.iterations)
    };
    calls_of(5); // the first products may set up thread-local scratch
    let (few, short) = calls_of(10);
    let (many, long) = calls_of(60);
    assert!(long >= short + 30, "the longer run must really iterate: {short} and {long}");
    assert_eq!(few, many, "allocations must not depend on the number of iterations");
    assert!(few <= 1, "set-up inside a run is the history of the stop rules: {few}");
}

/// Over a band too: neither an evaluation nor an iteration.
#[test]
fn iterations_over_a_band_do_not_allocate() {
    let ofdm = Some(Ofdm { subcarriers: 5, ..Ofdm::default() });
    let instance = Scenario { ofdm, ..Scenario::default() }.realize(1, 0).unwrap();
    let (band, streams) = (instance.band().unwrap(), instance.streams());
    for space in [BandSpace::Reduced, BandSpace::Same] {
        let mut model = BandModel::new(&instance, band, space, streams).unwrap();
        let mut point: Vec<C64> =
            (0..model.dim()).map(|k| C64::cis(k as f64 * 1.7) * (1.0 + (k % 3) as f64)).collect();
        Manifold::sphere(model.dim()).normalise(&mut point);
        let mut gradient = point.clone();
        model.eval(&point, &mut gradient); // the first products may set up thread-local scratch
        let before = calls();
        assert!(model.eval(&point, &mut gradient).is_finite());
        assert_eq!(calls() - before, 0, "{space:?}");
    }
}
