//! Symmetries, monotonicity, proofs and edges of the surfaces system, over random scenes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod common;
mod designs;
mod edges;
#[path = "../effort/mod.rs"]
mod effort;
mod measured;
mod proofs;
mod requirements;

use noctule::surfaces::covariance::CovarianceSolver;
use noctule::surfaces::power::{Allocator, Case, Prices, dual_bound};
use noctule::surfaces::{
    Deployment, Elements, Instance, Layout, Parts, PathModel, Scenario, Settings, dedicated_signal,
    design_from, evaluate, verify,
};
use noctule::{C64, CMat, Certify, Run};
use proptest::prelude::*;

use crate::common::{all, close, demanding, random_deployment, scene};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20))]

    /// Evaluation and the independent witness agree on anything, wherever the target is and however
    /// arrays are turned.
    #[test]
    fn the_witness_agrees(
        seed in 0_u64..1000, x in 20.0..130.0_f64, y in -60.0..60.0_f64, turn in -90.0..90.0_f64,
        exact in any::<bool>(),
    ) {
        let scenario = Scenario {
            target_m: Some([x, y + 0.01]),
            first_sites: Some(3),
            elements: 31,
            surface_axis_deg: turn,
            path_weights: if exact { PathModel::Exact } else { PathModel::Max },
            ..Scenario::default()
        };
        let instance = scenario.realize(1, 0).unwrap();
        let deployment = random_deployment(&instance, seed);
        let metrics = evaluate(&instance, &deployment).unwrap();
        let witness = verify(&instance, &deployment).unwrap();
        prop_assert!(close(metrics.rate_nats, witness.rate_nats, 1e-9));
        prop_assert!(close(metrics.crb.unwrap(), witness.crb.unwrap(), 1e-7));
        prop_assert!(metrics.crb_db.unwrap() <= metrics.crb_aligned_db.unwrap() + 1e-9);
    }

    /// Mirroring the plane at the axis of base station and user, which conjugates every response,
    /// changes nothing.
    #[test]
    fn a_mirrored_plane_is_the_same(seed in 0_u64..1000, y in -40.0..40.0_f64) {
        let sites = vec![[50.0, 20.0], [40.0, -8.0], [60.0, 33.0]];
        let mirrored: Vec<[f64; 2]> = sites.iter().map(|[x, y]| [*x, -y]).collect();
        let scenario = Scenario {
            layout: Layout::Sites(sites),
            target_m: Some([80.0, y]),
            elements: 30,
            ..Scenario::default()
        };
        let other = Scenario {
            layout: Layout::Sites(mirrored),
            target_m: Some([80.0, -y]),
            ..scenario.clone()
        };
        let (a, b) = (scenario.realize(1, 0).unwrap(), other.realize(1, 0).unwrap());
        let deployment = random_deployment(&a, seed);
        // the base station's frequencies change sign: reverse its antennas
        let n = a.parts().transmit_antennas;
        let reversed = |r: &CMat| CMat::from_fn(n, n, |i, j| r[(n - 1 - i, n - 1 - j)]);
        let mode = &deployment.modes[0];
        let turned = Deployment::steady(
            deployment.sites.clone(), mode.phases.clone(),
            reversed(&mode.information), reversed(&mode.sensing),
        );
        let (first, second) = (evaluate(&a, &deployment).unwrap(), evaluate(&b, &turned).unwrap());
        prop_assert!(close(first.rate_nats, second.rate_nats, 1e-9));
        prop_assert!(close(first.crb.unwrap(), second.crb.unwrap(), 1e-8));
    }

    /// Conjugated phases on reversed elements, with covariances conjugated and their antennas
    /// reversed, are the same scene seen the other way round in time.
    #[test]
    fn a_conjugated_deployment_is_the_same(
        seed in 0_u64..1000, x in 20.0..130.0_f64, y in -60.0..60.0_f64,
    ) {
        let base = scene(3, 90, Some([x, y + 0.01]), 0.5);
        let deployment = random_deployment(&base, seed);
        let mode = &deployment.modes[0];
        let turned = |v: &Vec<C64>| v.iter().rev().map(C64::conj).collect();
        let n = base.parts().transmit_antennas;
        let mirrored =
            |r: &CMat| CMat::from_fn(n, n, |i, j| r[(n - 1 - i, n - 1 - j)].conj());
        let other = Deployment::steady(
            deployment.sites.clone(), mode.phases.iter().map(turned).collect(),
            mirrored(&mode.information), mirrored(&mode.sensing),
        );
        let (first, second) = (evaluate(&base, &deployment).unwrap(), evaluate(&base, &other).unwrap());
        prop_assert!(close(first.rate_nats, second.rate_nats, 1e-9));
        prop_assert!(close(first.crb.unwrap(), second.crb.unwrap(), 1e-8));
        prop_assert!(close(first.illumination, second.illumination, 1e-9));
        let same = base.cascade(&deployment.sites);
        let (a, b) = (same.channel(&mode.phases), same.channel(&other.modes[0].phases));
        let m = base.parts().user_antennas;
        let scale = (0..m).map(|i| a[(i, 0)].norm()).fold(0.0, f64::max);
        for i in 0..m {
            for j in 0..n {
                let gap = (a[(i, j)].conj() - b[(m - 1 - i, n - 1 - j)]).norm();
                prop_assert!(gap < 1e-9 * scale, "{i} {j} {gap:e}");
            }
        }
    }

    /// All powers and noises by one factor.
    #[test]
    fn units_do_not_matter(exponent in -8.0..8.0_f64, share in 0.05..0.95_f64) {
        let factor = 10_f64.powf(exponent);
        let base = scene(4, 200, None, share);
        let parts = base.parts().clone();
        let scaled = Instance::new(Parts {
            power_w: parts.power_w * factor,
            user_noise_w: parts.user_noise_w * factor,
            sensing_noise_w: parts.sensing_noise_w * factor,
            ..parts
        }).unwrap();
        let run = Run::default();
        for scheme in [design_from, dedicated_signal] {
            let a = scheme(&base, &all(), &run).unwrap().metrics;
            let b = scheme(&scaled, &all(), &run).unwrap().metrics;
            prop_assert!(close(a.rate_nats, b.rate_nats, 1e-9), "{} {}", a.rate_nats, b.rate_nats);
            prop_assert!(close(a.crb.unwrap(), b.crb.unwrap(), 1e-9));
        }
    }

    /// The order of sites beyond the first does not matter.
    #[test]
    fn sites_may_be_renamed(seed in 0_u64..100, share in 0.1..0.9_f64) {
        let base = scene(5, 150, Some([85.0, 18.0]), share);
        let mut order: Vec<usize> = (1..5).collect();
        order.rotate_left(seed as usize % 4);
        order.insert(0, 0);
        let parts = base.parts().clone();
        let sites = order.iter().map(|&i| parts.sites[i]).collect();
        let renamed = Instance::new(Parts { sites, ..parts }).unwrap();
        let together = |instance: &Instance| {
            let parts = Parts {
                target: instance.parts().user.position, ..instance.parts().clone()
            };
            demanding(Instance::new(parts).unwrap(), share)
        };
        let run = Run::default();
        let (a, b) = (together(&base), together(&renamed));
        let first = design_from(&a, &Settings::default(), &run).unwrap();
        let second = design_from(&b, &Settings::default(), &run).unwrap();
        prop_assert!(close(first.metrics.rate_nats, second.metrics.rate_nats, 1e-9));
    }

    /// More elements, more power, a looser limit: never a lower rate. The full covariance is never
    /// below the dedicated signal, and its bound never below itself.
    #[test]
    fn monotone_and_ordered(share in 0.05..0.9_f64, elements in 100_usize..2000) {
        let run = Run::default();
        let elements = elements - elements % 4;
        let base = scene(4, elements, None, share);
        for scheme in [design_from, dedicated_signal] {
            let before = scheme(&base, &all(), &run).unwrap();
            prop_assert!(before.proof.is_global(1e-8));
            for instance in more(&base, elements + 40) {
                let after = scheme(&instance, &all(), &run).unwrap();
                prop_assert!(after.metrics.rate_nats >= before.metrics.rate_nats * (1.0 - 1e-9));
            }
        }
        let full = design_from(&base, &all(), &run).unwrap().metrics.rate_nats;
        let dedicated = dedicated_signal(&base, &all(), &run).unwrap().metrics.rate_nats;
        prop_assert!(full >= dedicated * (1.0 - 1e-9), "{full} {dedicated}");
    }

    /// The value of Theorem 2's dual at any prices is above any allocation that meets the
    /// requirement, with the constraints written out.
    #[test]
    fn weak_duality(
        gains in prop::collection::vec(-3.0..3.0_f64, 1..7),
        weights in prop::collection::vec(-2.0..1.0_f64, 7),
        powers in prop::collection::vec(0.0..1.0_f64, 8),
        price in -3.0..3.0_f64, ratio in 0.0..1.0_f64, tight in 0.0..1.0_f64,
    ) {
        let gains: Vec<f64> = gains.iter().map(|e| 10_f64.powf(*e)).collect();
        let weights: Vec<f64> = weights[..gains.len()].iter().map(|e| 10_f64.powf(*e)).collect();
        let all: f64 = powers[..=gains.len()].iter().sum();
        let powers: Vec<f64> = powers[..=gains.len()].iter().map(|p| 3.0 * p / all.max(1e-9)).collect();
        let signal = powers[gains.len()];
        let lit: f64 = weights.iter().zip(&powers).map(|(w, p)| w * (p + signal)).sum();
        let rate: f64 = gains.iter().zip(&powers).map(|(g, p)| (g * p).ln_1p()).sum();
        let power = 10_f64.powf(price);
        let prices = Prices { power, reduced: ratio * power };
        let bound = dual_bound(&gains, &weights, 3.0, tight * lit, prices);
        prop_assert!(bound >= rate * (1.0 - 1e-12), "{bound} {rate}");
    }

    /// Any allocation of Theorem 2 is below the covariance with the same numbers.
    #[test]
    fn covariance_beats_allocation(
        gains in prop::collection::vec(-2.0..3.0_f64, 1..9),
        weights in prop::collection::vec(-2.0..1.0_f64, 8),
        share in 0.0..1.0_f64,
    ) {
        let gains: Vec<f64> = gains.iter().map(|e| 10_f64.powf(*e)).collect();
        let weights: Vec<f64> = weights[..gains.len()].iter().map(|e| 10_f64.powf(*e)).collect();
        let total: f64 = weights.iter().sum();
        let overlaps: Vec<f64> = gains.iter().zip(&weights).map(|(g, w)| g * w / total).collect();
        let mut solver = CovarianceSolver::new();
        let full = solver.solve(&gains, &overlaps, 1.0, share).rate_nats;
        let mut allocator = Allocator::new(8);
        let found = allocator.allocate(&gains, &weights, 1.0, share * total).unwrap();
        prop_assert!(full >= found.rate_nats - 1e-9 * found.rate_nats.max(1.0));
        if found.case == Case::II {
            prop_assert!(close(full, found.rate_nats, 1e-9));
        }
    }
}

/// The scene with more of something.
fn more(base: &Instance, elements: usize) -> [Instance; 3] {
    let parts = base.parts().clone();
    [
        Parts { elements: Elements::Shared(elements), ..parts.clone() },
        Parts { power_w: 1.3 * parts.power_w, ..parts.clone() },
        Parts { crb_limit: parts.crb_limit.map(|limit| 1.4 * limit), ..parts },
    ]
    .map(|parts| Instance::new(parts).unwrap())
}

/// User and target apart, phases are searched and a rate may fall by what a search misses; what is
/// proven may not: the bound of the scene with more is above what the scene with less reached.
#[test]
fn monotone_apart() {
    let run = Run::default();
    let settings = Settings { certify: Certify::YES.with_nodes(100), ..all() };
    for (target, share) in [([90.0, 25.0], 0.2), ([60.0, 40.0], 0.6), ([104.0, 7.0], 0.85)] {
        let base = scene(2, 64, Some(target), share);
        for scheme in [design_from, dedicated_signal] {
            let rate = scheme(&base, &all(), &run).unwrap().metrics.rate_bps_hz;
            for instance in more(&base, 72) {
                let after = scheme(&instance, &settings, &run).unwrap();
                let (reached, bound) = (after.metrics.rate_bps_hz, after.proof.bound.unwrap());
                assert!(bound.value >= rate && reached >= rate * (1.0 - 1e-3), "{rate} {bound:?}");
            }
        }
        let full = design_from(&base, &settings, &run).unwrap();
        let dedicated = dedicated_signal(&base, &settings, &run).unwrap();
        assert!(full.proof.bound.unwrap().value >= dedicated.metrics.rate_bps_hz);
        assert!(full.metrics.rate_bps_hz >= dedicated.metrics.rate_bps_hz * (1.0 - 1e-4));
    }
}
