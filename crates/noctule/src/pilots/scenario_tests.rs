//! The scenario by itself.

use super::*;
use crate::pilots::baselines::full_power;
use crate::pilots::{FullPower, best_crb};
use crate::system::NoSettings;
use crate::{PointProof, Run};

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

/// The best bound misses a limit that nobody can keep, and says so as the witness does.
#[test]
fn the_best_bound_tells_by_how_much_it_misses_a_limit() {
    let proof = |factor: f64| {
        let scenario = Scenario { crb_limit: CrbLimit::OverBest(factor), ..Scenario::paper() };
        let instance = scenario.realize(1, 0).unwrap();
        best_crb(&instance, &NoSettings {}, &Run::default()).unwrap().proof.point
    };
    let PointProof::Feasible { violation } = proof(0.5) else { panic!("{:?}", proof(0.5)) };
    assert!((violation - 1.0).abs() < 1e-6, "{violation}");
    assert!(matches!(proof(2.0), PointProof::Stationary { .. }), "{:?}", proof(2.0));
}

/// Gains of a cell: their mean loss, shadowing and share of lines of sight are those of the formulas.
#[test]
fn a_cell_takes_the_place_of_three_slopes() {
    let usual = serde_json::to_string(&Scenario::default()).unwrap();
    assert!(!usual.contains("cell"), "{usual}");
    let at = |cell| Scenario {
        access_points: AccessPoints::Fixed(vec![[0.0, 0.0], [50.0, 0.0]]),
        users: Users::Fixed(vec![[60.0, 80.0]]),
        path_loss: PathLoss { cell, access_point_height_m: 10.0, ..PathLoss::default() },
        crb_limit: CrbLimit::None,
        ..Scenario::default()
    };
    let scenario = at(Some(CellKind::Umi));
    let (count, distance) = (4000, 100.0_f64);
    let (mut db, mut square) = (0.0, 0.0);
    for trial in 0..count {
        let gain = scenario.realize(2, trial).unwrap().parts().channel_gain[0];
        let loss = -10.0 * gain.log10();
        db += loss;
        square += loss * loss;
    }
    // The formulas by hand: 10 m and 1.65 m high, 2.4 GHz, 100 m in the plane.
    let (height, lg_f) = (scenario.path_loss.user_height_m, 2.4_f64.log10());
    let lg_d = distance.hypot(10.0 - height).log10();
    let clear = 32.4 + 21.0 * lg_d + 20.0 * lg_f;
    let hidden = clear.max(22.4 + 35.3 * lg_d + 21.3 * lg_f - 0.3 * (height - 1.5));
    let p = 18.0 / distance + (-distance / 36.0).exp() * (1.0 - 18.0 / distance);
    let mean = p * clear + (1.0 - p) * hidden;
    let variance = p * (16.0 + (clear - mean).powi(2))
        + (1.0 - p) * (7.82_f64.powi(2) + (hidden - mean).powi(2));
    let n = f64::from(u32::try_from(count).unwrap());
    assert!((db / n - mean).abs() < 4.0 * (variance / n).sqrt(), "{} {mean}", db / n);
    let found = square / n - (db / n).powi(2);
    assert!((found / variance - 1.0).abs() < 0.1, "{found} {variance}");
    let design =
        full_power(&scenario.realize(2, 0).unwrap(), &FullPower::default(), &Run::default());
    assert!(design.is_ok());
    let high = Scenario {
        path_loss: PathLoss {
            user_height_m: 20.0,
            cell: Some(CellKind::Uma),
            ..PathLoss::default()
        },
        ..Scenario::default()
    };
    assert_eq!(high.validate().unwrap_err().place, "path_loss.user_height_m");
}
