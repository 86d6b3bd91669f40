//! Two access points and two users: every allocation on a grid, by the witness's errors and bounds on positions.

use noctule::Certify;
use noctule::pilots::{
    AccessPoints, Allocation, CrbLimit, Instance, PilotUse, Region, Scenario, Settings, Users,
    design, verify,
};

use crate::instances;

#[test]
fn campaign_brute_force_of_two_by_two_pilots() {
    let mut near = 0;
    for trial in 0..instances() {
        let places = [[40.0, 0.0], [160.0 + (trial % 7) as f64 * 20.0, 100.0]];
        let scenario = Scenario {
            access_points: AccessPoints::Fixed(places.to_vec()),
            users: Users::Drawn(Region { count: 2, ..Region::default() }),
            crb_limit: [CrbLimit::None, CrbLimit::OverBest(1.3)][trial as usize % 2],
            uplink_correlation: [0.0, 0.5, 0.0][trial as usize % 3],
            downlink_correlation: [0.4, 0.0, 0.0][trial as usize % 3],
            ..Scenario::paper()
        };
        let instance = scenario.realize(18, trial).unwrap();
        let settings = Settings { certify: Certify::YES, ..Settings::default() };
        let found = design(&instance, &settings).unwrap();
        let bound = found.proof.bound.unwrap();
        let reached = found.metrics.worst_error;
        let best = two_by_two(&instance, 16);
        println!("{trial}: {best:e} {reached:e} {:e} {:e}", bound.value, bound.gap_rel);
        assert!(best >= bound.value * (1.0 - 1e-9), "{trial}: {best:e} passes {bound:?}");
        assert!(bound.gap_rel <= 1e-3, "{trial}: {bound:?}");
        near += u64::from(best <= 1.1 * reached);
    }
    assert!(near > instances() / 2, "{near} near");
}

fn two_by_two(instance: &Instance, steps: u32) -> f64 {
    let share = |i: u32| f64::from(i) / f64::from(steps);
    let pairs: Vec<[f64; 2]> =
        (0..=steps).flat_map(|i| (0..=steps - i).map(move |j| [share(i), share(j)])).collect();
    let mut best = f64::INFINITY;
    for one in &pairs {
        for other in &pairs {
            let fractions = vec![one[0], one[1], other[0], other[1]];
            let allocation = Allocation { fractions, users: 2, pilots: PilotUse::Downlink };
            let found = verify(instance, &allocation).unwrap();
            if found.violation <= 0.0 {
                best = best.min(found.worst_error);
            }
        }
    }
    best
}
