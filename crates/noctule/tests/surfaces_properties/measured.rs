//! Sites as somebody measured them: paths overlap, and what is proven of the best of them.

use std::f64::consts::TAU;

use noctule::surfaces::covariance::{CovarianceSolver, Reduced};
use noctule::surfaces::{Instance, Layout, Link, Scenario, Settings, design_from, verify};
use noctule::{C64, Certify, Run};
use noctule_num::rng::uniform;
use noctule_phy::cascade::{Cascade, SurfacePath};

use crate::common::{demanding, rng};

/// The six sites of `examples/site-planning`.
fn six() -> Layout {
    let sites =
        [[46.0, 7.5], [55.0, -6.0], [40.0, 19.0], [61.0, -24.0], [52.0, 38.0], [35.0, -41.0]];
    Layout::Sites(sites.to_vec())
}

/// Random sites beside the way.
fn scattered(seed: u64, sites: usize) -> Layout {
    let mut rng = rng(seed);
    let draw = |_| [uniform(&mut rng, 15.0, 85.0), uniform(&mut rng, -45.0, 45.0) + 0.01];
    Layout::Sites((0..sites).map(draw).collect())
}

fn deployments(sites: usize) -> impl Iterator<Item = Vec<usize>> {
    (0..1_usize << (sites - 1)).map(move |mask| {
        std::iter::once(0).chain((1..sites).filter(|i| mask >> (i - 1) & 1 == 1)).collect()
    })
}

/// Phases with `|qᴴv|` a share of the largest, turned: one half of the elements ahead, the other behind.
fn towards(path: &SurfacePath, share: f64, turn: f64, target: bool) -> Vec<C64> {
    let vector = if target { path.target_vector() } else { path.user_vector() };
    let apart = share.acos();
    let n = vector.len();
    let of = |i: usize| match (2 * i).cmp(&(n - 1)) {
        _ if 2 * i + 1 == n => 0.0,
        std::cmp::Ordering::Less => apart,
        _ => -apart,
    };
    vector.iter().enumerate().map(|(i, q)| q * C64::from_polar(1.0, of(i) + turn)).collect()
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

/// All deployments, a fine grid of common phases and of amplitudes on every surface, and with user and
/// target apart of blends between the two: the best of all.
fn brute_force(instance: &Instance, apart: bool) -> f64 {
    let mut best = 0.0_f64;
    for sites in deployments(instance.sites()) {
        let cascade = instance.cascade(&sites);
        let link = Link::new(instance, &cascade);
        let (turns, shares) = match sites.len() {
            1 => (1, 40),
            2 => (32, 8),
            _ => (8, 4),
        };
        let choices: Vec<(f64, f64, bool)> = (0..turns)
            .flat_map(|t| (1..=shares).map(move |s| (t, s)))
            .flat_map(|(t, s)| [false, true].map(|target| (t, s, target)))
            .filter(|(_, _, target)| apart || !target)
            .map(|(t, s, target)| {
                (TAU * f64::from(t) / f64::from(turns), f64::from(s) / f64::from(shares), target)
            })
            .collect();
        let each = choices.len();
        for at in 0..each.pow(sites.len() as u32) {
            // the common phase of the first surface changes nothing
            let picked: Vec<(f64, f64, bool)> =
                (0..sites.len()).map(|k| choices[at / each.pow(k as u32) % each]).collect();
            if picked[0].0 > 0.0 {
                continue;
            }
            let phases: Vec<Vec<C64>> = cascade
                .paths
                .iter()
                .zip(&picked)
                .map(|(path, &(turn, share, target))| towards(path, share, turn, target))
                .collect();
            best = best.max(rate(&cascade, &link, &phases).unwrap_or(0.0));
        }
    }
    best
}

/// User and target in one place: the best of the sites is proven, mostly to rounding.
#[test]
fn the_best_of_measured_sites_is_proven_in_one_place() {
    let run = Run::default();
    let mut closed = 0;
    for seed in 0..24_u64 {
        let (layout, elements) = match seed {
            0 => (six(), 840),
            _ => (scattered(seed, 3 + seed as usize % 5), [60, 120, 300, 840][seed as usize % 4]),
        };
        let scenario = Scenario { layout, elements, crb_limit_db: None, ..Scenario::default() };
        let instance = scenario.realize(1, 0).unwrap();
        let instance = if seed == 0 {
            instance.with_crb_limit(Some(10_f64.powf(-3.2))).unwrap()
        } else {
            demanding(instance, [0.03, 0.2, 0.6][seed as usize % 3])
        };
        let design = design_from(&instance, &Settings::default(), &run).unwrap();
        if design.proof.infeasible.is_some() {
            continue;
        }
        let bound = design.proof.bound.as_ref().unwrap();
        println!("{seed}: {:?} {:e}", design.variables.sites, bound.gap_rel);
        assert!(bound.value >= design.metrics.rate_bps_hz);
        assert!(verify(&instance, &design.variables).unwrap().violation < 1e-9);
        closed += u32::from(bound.gap_rel <= 1e-6);
        assert!(seed > 0 || bound.gap_rel < 1e-9);
    }
    assert!(closed >= 16, "{closed}");
}

/// No phases on fine grids, whatever their amplitudes, over any deployment, exceed the bound.
#[test]
fn brute_force_never_exceeds_the_bound() {
    let run = Run::default();
    for seed in 0..9_u64 {
        let apart = seed % 2 == 1;
        let scenario = Scenario {
            layout: scattered(100 + seed, 3),
            elements: [12, 24, 60][seed as usize % 3],
            target_m: apart.then_some([88.0, 17.0 - 9.0 * seed as f64]),
            // close paths: few antennas
            transmit_antennas: [4, 8, 32][seed as usize / 3],
            crb_limit_db: None,
            ..Scenario::default()
        };
        let instance =
            demanding(scenario.realize(1, 0).unwrap(), [0.02, 0.15, 0.5][seed as usize % 3]);
        let settings = Settings { certify: Certify::YES.with_nodes(200), ..Settings::default() };
        let design = design_from(&instance, &settings, &run).unwrap();
        let found = brute_force(&instance, apart);
        if design.proof.infeasible.is_some() {
            assert!(found <= 0.0, "{seed}: {found}");
            continue;
        }
        let bound = design.proof.bound.as_ref().unwrap();
        println!("{seed}: {} {found} {}", design.metrics.rate_bps_hz, bound.value);
        assert!(found <= bound.value * (1.0 + 1e-9), "{seed}: {found} {bound:?}");
        assert!(apart || design.metrics.rate_bps_hz >= found * (1.0 - 1e-6), "{seed}: {found}");
    }
}
