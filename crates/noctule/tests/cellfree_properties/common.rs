//! Scenes and beams that the tests share.

use noctule::CMat;
use noctule::cellfree::{Beams, Instance, RequirementSpec, Scenario};
use noctule_num::rng::{StreamKey, complex_normal};

pub(crate) fn small() -> Scenario {
    Scenario { aps: 3, antennas: 4, users: 3, targets: 2, pilot_symbols: 2, ..Scenario::default() }
}

pub(crate) fn limited(scenario: &Scenario, trial: u64, factor: f64) -> Instance {
    Scenario { requirement: RequirementSpec::ErrorOverBest(factor), ..scenario.clone() }
        .realize(7, trial)
        .unwrap()
}

pub(crate) fn random_beams(instance: &Instance, seed: u64) -> Beams {
    let mut rng = StreamKey::new(seed, "test", "beams", 0).trial(0);
    let (aps, n) = (instance.aps(), instance.antennas());
    let mut beams = Beams::silent(instance);
    beams.data = CMat::from_fn(aps * n, instance.users(), |_, _| complex_normal(&mut rng, 0.02));
    for ap in instance.sensing_aps() {
        beams.sensing[ap] = CMat::from_fn(n, 2, |_, _| complex_normal(&mut rng, 0.05));
    }
    beams
}

pub(crate) fn relative(a: f64, b: f64) -> f64 {
    (a - b).abs() / b.abs().max(1e-300)
}
