//! Section III-C of the paper: its search over updates and whole blocks of sensing.

use noctule::frame::{self, CrbLimit, Placement, Plan, Scenario, Settings};

/// Blocks divided as evenly as they can be (Proposition 2).
fn even(blocks: usize, updates: usize) -> Placement {
    let (each, more) = (blocks / updates, blocks % updates);
    Placement::Blocks((0..updates).map(|k| each + usize::from(k < more)).collect())
}

/// The largest value of a function that is concave between two ends, by golden sections.
fn largest(of: &dyn Fn(f64) -> f64, (mut low, mut high): (f64, f64)) -> f64 {
    let golden = 0.5 * (5.0_f64.sqrt() - 1.0);
    let mut best = of(low).max(of(high));
    for _ in 0..40 {
        let (a, b) = (high - golden * (high - low), low + golden * (high - low));
        let (at_a, at_b) = (of(a), of(b));
        best = best.max(at_a).max(at_b);
        if at_a < at_b { low = a } else { high = b }
    }
    best
}

/// The search finds what ours does, in as many loops of one concave variable as the paper counts,
/// `Σ_t (N − t)` from the shortest sensing time on; ours takes fewer evaluations than it has loops.
#[test]
fn the_search_of_the_paper_takes_its_loops_and_finds_the_same() {
    for blocks in [8, 14, 20] {
        // Some three blocks of sensing.
        let crb_limit = CrbLimit::Deg2(0.3);
        let scenario = Scenario { blocks, aging_offset: 1, crb_limit, ..Scenario::default() };
        let instance = scenario.realize(1, 0).unwrap();
        let block = instance.block_time_s();
        let shortest = instance.shortest_sensing_s();
        let first = instance.split_sensing(shortest).0;
        let (mut loops, mut best) = (0, 0.0_f64);
        for whole in first..blocks {
            for updates in 1..=blocks - whole {
                loops += 1;
                let rate = |time: f64| {
                    let plan =
                        Plan { sensing_time_s: time, placement: even(blocks - whole, updates) };
                    let found = frame::evaluate(&instance, &plan);
                    found.map_or(0.0, |metrics| metrics.sum_rate_bps_hz)
                };
                let low = (whole as f64 * block).max(shortest);
                // Within the block, as long as its pilot finds room behind.
                let high = (whole + 1) as f64 * block - instance.pilot_time_s();
                if low <= high {
                    best = best.max(largest(&rate, (low.max(1e-12), high)));
                }
            }
        }
        assert_eq!(loops, (first..=blocks).map(|t| blocks - t).sum::<usize>());
        let ours = frame::design(&instance, &Settings::default()).unwrap();
        let found = ours.metrics.sum_rate_bps_hz;
        assert!((best - found).abs() < 1e-7 * found, "{blocks} blocks: {best} and {found}");
        assert!(ours.work.evaluations < loops as u64, "{} of {loops}", ours.work.evaluations);
    }
}
