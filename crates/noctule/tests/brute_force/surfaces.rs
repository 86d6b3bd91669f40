//! Two sites and four elements in all: every phase on a grid.

use noctule::surfaces::covariance::{CovarianceSolver, Reduced};
use noctule::surfaces::{Instance, Layout, Link, Scenario, Settings, design_from};
use noctule::{C64, Certify, Run};
use noctule_num::rng::{StreamKey, uniform};
use noctule_phy::cascade::Cascade;

use crate::{instances, turns};

#[test]
fn campaign_brute_force_of_four_elements() {
    let mut near = 0;
    for trial in 0..instances() {
        let mut rng = StreamKey::new(19, "test", "brute", 0).trial(trial);
        let mut site = || [uniform(&mut rng, 15.0, 85.0), uniform(&mut rng, -45.0, 45.0) + 0.01];
        let apart = trial % 2 == 1;
        let scenario = Scenario {
            layout: Layout::Sites(vec![site(), site()]),
            elements: 4,
            target_m: apart.then_some([88.0, 17.0 - (trial % 40) as f64]),
            transmit_antennas: [2, 4, 16][trial as usize % 3],
            crb_limit_db: None,
            ..Scenario::default()
        };
        let free = scenario.realize(1, 0).unwrap();
        let cascade = free.cascade(&[0, 1]);
        let most = Link::new(&free, &cascade).reachable();
        let share = [0.05, 0.3, 0.7][trial as usize / 3 % 3];
        let instance =
            free.with_crb_limit(Some(cascade.bound_constant() / (share * most))).unwrap();
        let settings = Settings { certify: Certify::YES.with_nodes(400), ..Settings::default() };
        let design = design_from(&instance, &settings, &Run::default()).unwrap();
        let best = four_elements(&instance, 16);
        if design.proof.infeasible.is_some() {
            assert!(best.is_none(), "{trial}: {best:?}");
            continue;
        }
        let bound = design.proof.bound.as_ref().unwrap();
        let (best, reached) = (best.unwrap_or(0.0), design.metrics.rate_bps_hz);
        println!("{trial}: {best} {reached} {} {:e}", bound.value, bound.gap_rel);
        assert!(best <= bound.value * (1.0 + 1e-9), "{trial}: {best} passes {bound:?}");
        near += u64::from(best >= 0.8 * reached);
    }
    assert!(near > instances() / 2, "{near} near");
}

/// Deployments that the default scheme chooses among, all of their phases but that of the first element, which
/// changes nothing, and the best covariance of each. None where nothing meets the requirement.
fn four_elements(instance: &Instance, steps: u32) -> Option<f64> {
    let mut best: Option<f64> = None;
    for sites in [&[0][..], &[0, 1]] {
        let cascade = instance.cascade(sites);
        let link = Link::new(instance, &cascade);
        for a in turns(steps) {
            for b in turns(steps) {
                for c in turns(steps) {
                    let all = [0.0, a, b, c].map(|turn| C64::from_polar(1.0, turn));
                    let phases: Vec<Vec<C64>> =
                        all.chunks(4 / sites.len()).map(<[C64]>::to_vec).collect();
                    if let Some(rate) = rate(&cascade, &link, &phases) {
                        best = Some(best.unwrap_or(0.0).max(rate));
                    }
                }
            }
        }
    }
    best
}

/// The best rate in bit/s/Hz of given phases, none where they miss the requirement.
fn rate(cascade: &Cascade, link: &Link, phases: &[Vec<C64>]) -> Option<f64> {
    let light = cascade.illumination(phases).response;
    let reduced = Reduced::new(&cascade.channel(phases), cascade.user_noise_w, &light).unwrap();
    let reachable = link.power * reduced.illumination;
    (link.required <= reachable).then(|| {
        let spectrum = &reduced.spectrum;
        let share = link.required / reachable;
        let found =
            CovarianceSolver::new().solve(&spectrum.gains, &spectrum.overlaps, link.power, share);
        found.rate_nats / std::f64::consts::LN_2
    })
}
