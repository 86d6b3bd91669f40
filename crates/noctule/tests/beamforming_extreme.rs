//! Ratios of signal to noise at which rounding is no longer small: a bound that holds, or none.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use noctule::beamforming::bound::separate_optima;
use noctule::beamforming::cooperation::sato;
use noctule::beamforming::design::fitted;
use noctule::beamforming::global::enclose;
use noctule::beamforming::{Beams, Instance, Parts, Scenario, Settings, design, evaluate};
use noctule::{C64, CMat, Error, Interrupt, Proof};
use noctule_phy::arrays::PlanarArray;

/// Users with unit noise and no weight on the bound.
fn rates_only(channels: CMat, power_w: f64) -> Instance {
    let (antennas, users) = (channels.rows(), channels.cols());
    let base = Scenario { users, crb_weight: 0.0, ..Scenario::default() };
    let parts = base.realize(1, 0).unwrap().parts().clone();
    Instance::new(Parts {
        transmit_array: PlanarArray::new(antennas, 1),
        channels,
        power_w,
        user_noise_w: vec![1.0; users],
        ..parts
    })
    .unwrap()
}

/// One antenna, two users: whoever serves both loses rate, the best is ln(1 + P) on the first.
fn one_antenna(power_w: f64) -> Instance {
    rates_only(CMat::from_fn(1, 2, |_, k| C64::from([1.0, 0.01][k])), power_w)
}

/// Two users whose channels differ by a relative 10⁻⁸.
fn nearly_parallel(power_w: f64) -> Instance {
    let entry = |n: usize, k: usize| {
        C64::from_polar(1.0, 0.7 * n as f64) + C64::from(if (n, k) == (2, 1) { 1e-8 } else { 0.0 })
    };
    rates_only(CMat::from_fn(4, 2, entry), power_w)
}

/// The best objective any number of starts and trivial beams reach.
fn reached(instance: &Instance) -> (Beams, f64) {
    let found = design(instance, &Settings::default()).unwrap();
    let mut best = (found.variables, found.metrics.objective.unwrap());
    for user in 0..instance.users() {
        let mut alone = CMat::zeros(instance.antennas(), instance.users());
        alone.col_mut(user).copy_from_slice(instance.channels().col(user));
        let beams = Beams { matrix: alone, users: instance.users() };
        let beams =
            Beams { matrix: fitted(instance, &beams).unwrap(), users: instance.users() };
        let objective = evaluate(instance, &beams).unwrap().objective.unwrap();
        if objective > best.1 {
            best = (beams, objective);
        }
    }
    best
}

fn close(objective: f64) -> f64 {
    objective + 1e-13 * objective.abs().max(1.0)
}

#[test]
fn every_bound_holds_or_is_left_out() {
    let mut shown = 0;
    for exponent in [0, 3, 6, 8, 10, 12, 14, 16, 18, 20] {
        let power_w = 10_f64.powi(exponent);
        for (name, instance) in
            [("one antenna", one_antenna(power_w)), ("parallel", nearly_parallel(power_w))]
        {
            let (beams, best) = reached(&instance);
            let never = Interrupt::new();
            let alone = separate_optima(&instance, best, &never).unwrap().0;
            let together = sato(&instance, best, &never).unwrap().0;
            let boxes = enclose(&instance, &beams, 30, 1e-3, &never).unwrap().bound;
            for (kind, bound) in [("alone", alone), ("sato", together), ("boxes", boxes)] {
                println!("{name} 1e{exponent} {kind}: {best} {bound:?}");
                let Some(bound) = bound else { continue };
                assert!(close(bound.value) >= best, "{name} 1e{exponent} {kind}");
                shown += 1;
            }
        }
    }
    // Left out is allowed, but not the rule.
    assert!(shown >= 50, "{shown}");
}

#[test]
fn a_gap_is_zero_only_where_the_bound_is_met() {
    // The sum rate of one antenna is known: the gap to it must contain the margin.
    for exponent in [8, 10, 12, 16] {
        let instance = one_antenna(10_f64.powi(exponent));
        let settings =
            Settings { certify: true, certify_nodes: 20, ..Settings::default() };
        let found = design(&instance, &settings).unwrap();
        let exact = 10_f64.powi(exponent).ln_1p();
        let bound = found.proof.bound.as_ref().unwrap();
        println!("{exponent}: {} {bound:?}", found.metrics.objective.unwrap());
        assert!(close(bound.value) >= exact, "{exponent}: {} < {exact}", bound.value);
    }
}
