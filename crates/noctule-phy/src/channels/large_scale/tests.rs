use super::*;
use proptest::prelude::*;

fn link(distance_2d_m: f64, base_height_m: f64, user_height_m: f64) -> Link {
    Link { distance_2d_m, base_height_m, user_height_m, frequency_ghz: 3.5 }
}

#[test]
fn the_urban_formulas_meet_at_the_breakpoint() {
    for (scenario, height) in [(Scenario::UrbanMicro, 10.0), (Scenario::UrbanMacro, 25.0)] {
        let b = 4.0 * (height - 1.0) * 0.5 * 3.5e9 / 3e8;
        let loss = |d| scenario.path_loss_db(&link(d, height, 1.5), true).unwrap();
        assert!((loss(b * (1.0 - 1e-12)) - loss(b * (1.0 + 1e-12))).abs() < 1e-9);
    }
}

#[test]
fn what_has_no_meaning_is_refused() {
    let high = link(100.0, 25.0, 14.0);
    assert!(Scenario::UrbanMacro.path_loss_db(&high, true).is_err());
    assert!(Scenario::UrbanMacro.line_of_sight_probability(&high, None).is_ok());
    let factory = link(20.0, 8.0, 8.0);
    assert!(Scenario::FactoryHigh.path_loss_db(&factory, false).is_err());
    assert!(Scenario::FactoryHigh.path_loss_db(&factory, true).is_ok());
    for scenario in [Scenario::FactorySparseHigh, Scenario::FactoryDenseHigh] {
        assert!(scenario.line_of_sight_probability(&factory, None).is_err());
        assert!(scenario.line_of_sight_probability(&link(20.0, 8.0, 1.5), None).is_ok());
    }
    for density in [0.0, 1.0, f64::NAN] {
        let clutter = Clutter { density, size_m: 2.0, height_m: 6.0 };
        let scenario = Scenario::FactoryDenseLow;
        assert!(scenario.line_of_sight_probability(&link(20.0, 1.5, 1.5), Some(clutter)).is_err());
    }
    assert!(Scenario::UrbanMicro.path_loss_db(&link(0.0, 1.5, 1.5), true).is_err());
    assert!(Scenario::UrbanMicro.path_loss_db(&link(f64::NAN, 10.0, 1.5), true).is_err());
    assert!("umi".parse::<Scenario>().is_ok() && "rural".parse::<Scenario>().is_err());
}

#[test]
fn outside_the_ranges_there_is_a_warning_and_a_number() {
    let low = link(50.0, 10.0, 0.5);
    assert!(Scenario::UrbanMicro.path_loss_db(&low, true).unwrap().is_finite());
    assert_eq!(Scenario::UrbanMicro.warnings(&low).len(), 1);
    assert_eq!(Scenario::UrbanMicro.warnings(&link(50.0, 10.0, 1.5)).len(), 0);
    assert_eq!(Scenario::FactoryDenseLow.warnings(&link(700.0, 1.5, 1.5)).len(), 1);
}

/// 10 m from a target of a square metre at 3 cm, by hand.
#[test]
fn the_radar_equation() {
    let power = echo_amplitude(0.03, 1.0, 10.0).powi(2);
    let by_hand = 0.03 * 0.03 / ((4.0 * PI).powi(3) * 1e4);
    assert!((power / by_hand - 1.0).abs() < 1e-12);
    assert!((path_gain(100.0, -3.0) / 10_f64.powf(-9.7) - 1.0).abs() < 1e-12);
}

proptest! {
    #[test]
    fn losses_grow_with_distance_and_probabilities_fall(
        d in 10.0..500.0_f64, scenario in 0_usize..7, height in 1.5..12.0_f64
    ) {
        let scenario = Scenario::ALL[scenario];
        let base = scenario.base_height_m().unwrap_or(height + 1.0);
        let user = if scenario == Scenario::FactoryDenseHigh { height.min(5.0) } else { height.min(1.9) };
        let (here, there) = (link(d, base.max(user + 1.0), user), link(d * 1.01, base.max(user + 1.0), user));
        let p = |link: &Link| scenario.line_of_sight_probability(link, None).unwrap();
        prop_assert!((0.0..=1.0).contains(&p(&here)) && p(&there) <= p(&here));
        let loss = |link: &Link| scenario.path_loss_db(link, true).unwrap();
        prop_assert!(loss(&there) > loss(&here));
        if scenario != Scenario::FactoryHigh {
            prop_assert!(scenario.path_loss_db(&here, false).unwrap() >= loss(&here));
        }
    }
}

#[test]
fn short_paths_in_line_of_sight_follow_one_power_law() {
    for scenario in Scenario::ALL {
        let (gain_db, exponent) = scenario.sight_law(28.0);
        for distance_2d_m in [12.0, 55.0, 130.0] {
            let heights = (10.0, 8.0);
            let link = Link {
                distance_2d_m,
                base_height_m: heights.0,
                user_height_m: heights.1,
                frequency_ghz: 28.0,
            };
            let law = -gain_db + 10.0 * exponent * link.distance_3d_m().log10();
            let loss = scenario.path_loss_db(&link, true).unwrap();
            assert!((loss - law).abs() < 1e-9, "{}: {loss} {law}", scenario.name());
        }
    }
}
