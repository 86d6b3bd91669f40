//! Scenes that the tests share.

use noctule::surfaces::{Deployment, Instance, Link, Scenario, Select, Settings};
use noctule::{C64, CMat};
use noctule_num::linalg::{Op, product};
use noctule_num::rng::{ChaCha8Rng, StreamKey, complex_normal, uniform};

/// Whether two numbers agree, relative.
pub(crate) fn close(a: f64, b: f64, tolerance: f64) -> bool {
    (a - b).abs() <= tolerance * a.abs().max(b.abs()).max(1e-300)
}

/// Random numbers of a seed.
pub(crate) fn rng(seed: u64) -> ChaCha8Rng {
    StreamKey::new(seed, "test", "surfaces", 0).trial(0)
}

/// A scene whose limit asks for a share of what all its sites can reach.
pub(crate) fn scene(
    sites: usize,
    elements: usize,
    target: Option<[f64; 2]>,
    share: f64,
) -> Instance {
    let scenario = Scenario {
        first_sites: Some(sites),
        elements,
        target_m: target,
        crb_limit_db: None,
        ..Scenario::default()
    };
    demanding(scenario.realize(1, 0).unwrap(), share)
}

/// The instance with a limit that asks for a share of what all its sites can reach.
pub(crate) fn demanding(instance: Instance, share: f64) -> Instance {
    let all: Vec<usize> = (0..instance.sites()).collect();
    let cascade = instance.cascade(&all);
    let most = Link::new(&instance, &cascade).reachable();
    instance.with_crb_limit(Some(cascade.bound_constant() / (share * most))).unwrap()
}

/// All sites.
pub(crate) fn all() -> Settings {
    Settings { select: Select::All, ..Settings::default() }
}

/// Random phases and covariances on all sites.
pub(crate) fn random_deployment(instance: &Instance, seed: u64) -> Deployment {
    let mut rng = rng(seed);
    let sites: Vec<usize> = (0..instance.sites()).collect();
    let phases = sites
        .iter()
        .map(|&site| {
            (0..instance.elements(site, sites.len()))
                .map(|_| C64::from_polar(1.0, uniform(&mut rng, 0.0, std::f64::consts::TAU)))
                .collect()
        })
        .collect();
    let n = instance.parts().transmit_antennas;
    let mut covariance = || {
        let factor = CMat::from_fn(n, 3, |_, _| complex_normal(&mut rng, 0.1 / n as f64));
        product(&factor, Op::Plain, &factor, Op::Adjoint)
    };
    let (information, sensing) = (covariance(), covariance());
    Deployment::steady(sites, phases, information, sensing)
}
