//! Limits of antennas over a band.

use super::*;

/// Every antenna sends its share over the band: one subcarrier is the problem of one frequency, and a bound of all the power
/// holds.
#[test]
fn antennas_share_the_power_over_the_band() {
    let limited = |scenario: Scenario| Scenario {
        power_constraint: noctule::beamforming::PowerConstraint::PerAntenna,
        ..scenario
    };
    let settings = Settings { starts: Some(3), tolerance: 1e-7, ..Settings::default() };
    let narrow = limited(Scenario::default()).realize(1, 0).unwrap();
    let wide = limited(one()).realize(1, 0).unwrap();
    let (a, b) = (design(&narrow, &settings).unwrap(), design(&wide, &settings).unwrap());
    let (a, b) = (a.metrics.objective.unwrap(), b.metrics.objective.unwrap());
    assert!((a - b).abs() < 2e-2 * a.abs(), "{a} {b}");
    let instance = limited(moving(2, 1, ofdm(4))).realize(5, 0).unwrap();
    let certify = noctule::Certify::To { nodes: Some(0), gap: 1e-3 };
    let ours = design(&instance, &Settings { certify, ..Settings::default() }).unwrap();
    assert_eq!(ours.stop, Stop::Converged);
    let own = noctule::beamforming::residual(&instance, &ours.variables).unwrap().unwrap();
    assert!(own < 2e-6, "{own}");
    let reached = ours.metrics.objective.unwrap();
    let witness = verify(&instance, &ours.variables).unwrap();
    assert!(witness.mismatch(Some(reached)) < 1e-9 && witness.violation < 1e-9);
    assert!(ours.proof.bound.unwrap().value >= reached);
    let run = Run::default();
    for other in [
        same_beams(&instance, &settings, &run).unwrap(),
        each_alone(&instance, &settings, &run).unwrap(),
        rzf(&instance, &noctule::system::NoSettings {}, &run).unwrap(),
    ] {
        let witness = verify(&instance, &other.variables).unwrap();
        assert!(witness.violation < 1e-9, "{}", witness.violation);
        assert!(other.metrics.objective.unwrap() <= reached + 1e-9);
    }
    let total = moving(2, 1, ofdm(4)).realize(5, 0).unwrap();
    let free = design(&total, &Settings::default()).unwrap().metrics.objective.unwrap();
    assert!(reached <= free * (1.0 + 1e-6));
}
