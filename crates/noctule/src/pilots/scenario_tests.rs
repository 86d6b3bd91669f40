//! The scenario by itself.

use super::*;
use crate::Run;
use crate::pilots::baselines::full_power;
use crate::pilots::{FullPower, best_crb};
use crate::system::NoSettings;

#[test]
fn the_default_is_valid_and_round_trips() {
    let scenario = Scenario::default();
    scenario.validate().unwrap();
    let text = serde_json::to_string(&scenario).unwrap();
    assert_eq!(serde_json::from_str::<Scenario>(&text).unwrap(), scenario);
}

#[test]
fn designs_of_the_default_scene_are_in_reach_and_carry_no_warning() {
    for trial in 0..40 {
        let instance = Scenario::default().realize(1, trial).unwrap();
        let settings = crate::pilots::Settings::default();
        let design = crate::pilots::design(&instance, &settings).unwrap();
        assert!(design.warnings.is_empty(), "trial {trial}: {:?}", design.warnings);
        assert!(design.proof.infeasible.is_none(), "trial {trial}");
        assert!(design.metrics.worst_position_rcrb_m.unwrap() < 0.75, "trial {trial}");
    }
    let paper = Scenario::paper().realize(1, 0).unwrap();
    let design = crate::pilots::design(&paper, &crate::pilots::Settings::default()).unwrap();
    assert!(design.warnings.iter().any(|w| w.contains("17 dB")), "{:?}", design.warnings);
}

#[test]
fn pilots_and_limits_do_not_move_users() {
    let base = Scenario::default();
    let other = Scenario {
        pilot_symbols: 3.0,
        crb_limit: CrbLimit::None,
        downlink_correlation: 0.5,
        ..base.clone()
    };
    let (a, b) = (base.realize(4, 9).unwrap(), other.realize(4, 9).unwrap());
    assert_eq!(a.parts().channel_gain, b.parts().channel_gain);
}

#[test]
fn one_wrong_field_at_a_time() {
    let wrong = |change: fn(&mut Scenario)| {
        let mut scenario = Scenario::default();
        change(&mut scenario);
        scenario.validate().unwrap_err().place
    };
    assert_eq!(wrong(|s| s.carrier_mhz = f64::NAN), "carrier_mhz");
    assert_eq!(wrong(|s| s.downlink_correlation = 1.1), "downlink_correlation");
    assert_eq!(wrong(|s| s.users = Users::Fixed(vec![])), "users.fixed");
    assert_eq!(wrong(|s| s.crb_limit = CrbLimit::M2(-1.0)), "crb_limit.m2");
    assert_eq!(wrong(|s| s.path_loss.far_m = 1.0), "path_loss.far_m");
}

#[test]
fn pilots_that_do_not_fit_into_their_symbols_are_told() {
    let warned = |symbols: f64, correlation: f64| {
        let scenario = Scenario {
            pilot_symbols: symbols,
            uplink_correlation: correlation,
            ..Scenario::default()
        };
        let instance = scenario.realize(1, 0).unwrap();
        let metrics = crate::pilots::evaluate(
            &instance,
            &full_power(&instance, &FullPower::default(), &Run::default()).unwrap().variables,
        )
        .unwrap();
        let told = crate::pilots::advice(&instance, &metrics);
        told.iter().filter(|sentence| sentence.contains("need")).count()
    };
    assert_eq!([warned(1.0, 0.0), warned(3.9, 0.0), warned(4.0, 0.0)], [2, 2, 0]);
    // identical uplink pilots are one pilot
    assert_eq!(warned(2.0, 1.0), 1);
}

#[test]
fn a_limit_relative_to_the_best() {
    let scenario = Scenario { crb_limit: CrbLimit::OverBest(1.5), ..Scenario::paper() };
    let limit = scenario.realize(1, 0).unwrap().parts().crb_limit_m2.unwrap();
    let plain = Scenario { crb_limit: CrbLimit::None, ..scenario }.realize(1, 0).unwrap();
    let best =
        best_crb(&plain, &NoSettings {}, &Run::default()).unwrap().metrics.worst_crb_m2.unwrap();
    assert!((limit / best - 1.5).abs() < 1e-9);
}
