//! Speed of the surfaces system as counts, which do not depend on the machine: allocations of the
//! inner problems, evaluations of a search, regions of a proof.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU64, Ordering};

use noctule::surfaces::covariance::CovarianceSolver;
use noctule::surfaces::power::Allocator;
use noctule::surfaces::{Link, Scenario, Select, Settings, dedicated_signal};
use noctule::{Certify, Run};

struct Counting;

static CALLS: AtomicU64 = AtomicU64::new(0);

// SAFETY: every call is handed to the system allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        CALLS.fetch_add(1, Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        CALLS.fetch_add(1, Ordering::Relaxed);
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

// One test: the counter is one for all threads.
#[test]
fn inner_problems_do_not_allocate_and_searches_are_bounded() {
    let scenario = Scenario { crb_limit_db: None, ..Scenario::default() };
    let instance = scenario.realize(1, 0).unwrap();
    let link = Link::new(&instance, &instance.cascade(&[0, 1, 2, 3, 4, 5, 6, 7]));
    let (gains, weights) = link.aligned();
    let total: f64 = weights.iter().sum();
    let overlaps: Vec<f64> = gains.iter().zip(&weights).map(|(g, w)| g * w / total).collect();
    let mut allocator = Allocator::new(8);
    let mut solver = CovarianceSolver::new();
    // the first call makes room
    allocator.allocate(&gains, &weights, link.power, 0.5 * link.power * total).unwrap();
    solver.solve(&gains, &overlaps, link.power, 0.5);
    let before = CALLS.load(Ordering::Relaxed);
    for i in 0..20 {
        let share = f64::from(i) / 20.0;
        allocator.allocate(&gains, &weights, link.power, share * link.power * total).unwrap();
        solver.solve(&gains, &overlaps, link.power, share);
    }
    assert_eq!(CALLS.load(Ordering::Relaxed), before, "allocations in the inner problems");

    // eight surfaces, target away from the user (measured: 7000 evaluations, 25 regions)
    let scenario = Scenario {
        elements: 800,
        target_m: Some([90.0, 25.0]),
        crb_limit_db: Some(-20.0),
        ..Scenario::default()
    };
    let instance = scenario.realize(1, 0).unwrap();
    let settings = Settings { select: Select::All, ..Settings::default() };
    let design = dedicated_signal(&instance, &settings, &Run::default()).unwrap();
    println!("{:?}", design.work);
    assert!(design.work.evaluations <= 15_000, "{:?}", design.work);
    let settings = Settings { certify: Certify::YES, ..settings };
    let design = dedicated_signal(&instance, &settings, &Run::default()).unwrap();
    println!("{:?} {:?}", design.work, design.proof.bound);
    assert!(design.proof.is_global(1.001e-3) && design.work.iterations <= 150, "{design:?}");
}
