//! Scenarios: what is drawn, what is refused.

use super::*;

#[test]
fn the_default_and_the_papers_are_valid_and_round_trip() {
    for scenario in [Scenario::default(), Scenario::paper()] {
        scenario.validate().unwrap();
        let text = serde_json::to_string(&scenario).unwrap();
        assert_eq!(serde_json::from_str::<Scenario>(&text).unwrap(), scenario);
    }
}

#[test]
fn the_default_bounds_mean_something_and_greet_with_no_warning() {
    for trial in 0..10 {
        let instance = Scenario::default().realize(1, trial).unwrap();
        let settings = crate::beamforming::Settings::default();
        let design = crate::beamforming::design(&instance, &settings).unwrap();
        let worst = design.metrics.worst_angle_rcrb_deg().unwrap();
        assert!(worst < 2.0, "trial {trial}: {worst} degrees");
        assert!(design.metrics.users_shut_off() == 0, "trial {trial}");
        assert!(design.warnings.is_empty(), "trial {trial}: {:?}", design.warnings);
    }
}

#[test]
fn weights_and_powers_do_not_change_the_draw() {
    let base = Scenario::default();
    let other = Scenario {
        power_dbm: 33.0,
        sensing_noise_dbm: -20.0,
        rate_weight_per_nat: 7.0,
        ..base.clone()
    };
    let (a, b) = (base.realize(4, 9).unwrap(), other.realize(4, 9).unwrap());
    assert_eq!(a.channels(), b.channels());
    let more = Scenario { users: 6, ..base }.realize(4, 9).unwrap();
    assert_eq!(a.channels().as_slice(), &more.channels().as_slice()[..64]);
}

#[test]
fn one_wrong_field_at_a_time() {
    let wrong = |change: fn(&mut Scenario)| {
        let mut scenario = Scenario::default();
        change(&mut scenario);
        scenario.validate().unwrap_err().place
    };
    assert_eq!(wrong(|s| s.transmit_array.vertical = 0), "transmit_array.vertical");
    assert_eq!(wrong(|s| s.power_dbm = f64::NAN), "power_dbm");
    assert_eq!(wrong(|s| s.crb_weight = -1.0), "crb_weight");
    assert_eq!(wrong(|s| s.snapshots = 0), "snapshots");
    assert_eq!(
        wrong(|s| if let Targets::Fixed(t) = &mut s.targets {
            t[1].polar_deg = 1e9;
        }),
        "targets.fixed[1].polar_deg"
    );
    assert_eq!(
        wrong(|s| {
            s.targets =
                Targets::Drawn(DrawnTargets { azimuth_deg: [5.0, 1.0], ..Default::default() });
        }),
        "targets.drawn.azimuth_deg"
    );
}

#[test]
fn drawn_targets_stay_in_range() {
    let scenario =
        Scenario { targets: Targets::Drawn(DrawnTargets::default()), ..Default::default() };
    for trial in 0..50 {
        let instance = scenario.realize(1, trial).unwrap();
        for target in instance.targets() {
            assert!((0.0..=60_f64.to_radians()).contains(&target.polar_rad));
            assert!(target.azimuth_rad.abs() <= 60_f64.to_radians());
        }
    }
}
