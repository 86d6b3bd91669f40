//! Bounds and certificates: designs are as near to them as they say, and no design passes them.

use noctule::pilots::again::{self, by_intervals};
use noctule::pilots::baselines::full_power;
use noctule::pilots::interior::{Goal, Interior, Program, Rules, dual};
use noctule::pilots::{
    AccessPoints, CrbLimit, FullPower, LeastPowerSettings, Scenario, Settings, best_crb, design,
    least_power, verify,
};
use noctule::system::NoSettings;
use noctule::{Certify, Stop};

use crate::{alone, certified, drops, scenario};

#[test]
fn every_design_is_within_a_thousandth_of_its_bound() {
    for (users, trials) in drops() {
        let (mut worst, mut most) = (0.0_f64, 0_u64);
        for trial in 0..trials {
            for (name, scenario) in [
                ("orthogonal", scenario(users, CrbLimit::OverBest(1.3))),
                (
                    "contaminated",
                    Scenario { downlink_correlation: 0.4, ..scenario(users, CrbLimit::None) },
                ),
            ] {
                let instance = scenario.realize(7, trial).unwrap();
                let found = design(&instance, &certified()).unwrap();
                let bound = found.proof.bound.as_ref().unwrap();
                println!(
                    "K={users} trial {trial} {name}: {:.6e} gap {:.1e} {} {:?}",
                    found.metrics.worst_error, bound.gap_rel, bound.method, found.work
                );
                assert!(bound.gap_rel <= 1e-3, "K={users} trial {trial} {name}: {bound:?}");
                assert!(bound.value <= found.metrics.worst_error * (1.0 + 1e-12));
                assert!(found.proof.residual().unwrap() < 1e-6, "{:?}", found.stop);
                let witness = verify(&instance, &found.variables).unwrap();
                assert!(witness.mismatch(found.metrics.worst_error) < 1e-8);
                assert!(witness.violation <= 0.0, "{}", witness.violation);
                worst = worst.max(bound.gap_rel);
                most = most.max(found.work.iterations);
            }
        }
        println!("K={users}: {trials} drops, worst gap {worst:.2e}, at most {most} Newton steps");
    }
}

/// Near the limit of what is possible the prices of power and of positions are 10¹⁰ times what is left
/// of them: the rounding of that difference once lifted bounds above what their multipliers prove.
#[test]
fn a_bound_is_what_its_multipliers_prove_when_they_cancel() {
    let places = |list: &[[f64; 2]]| AccessPoints::Fixed(list.to_vec());
    let two = places(&[[69.194_671, 261.304_114], [151.531_576, 217.603_210]]);
    let apart = places(&[[129.391_868, 65.249_995], [212.274_901, 95.815_221]]);
    let near = places(&[[105.561_184, 174.564_765], [256.531_141, 162.112_634]]);
    let mut checked = 0;
    for (access_points, users, over, uplink_correlation) in
        [(two, 4, 1.1, 0.0), (apart, 3, 1.2, 0.586), (near, 2, 1.001, 0.5)]
    {
        let scenario = Scenario {
            access_points,
            uplink_correlation,
            ..scenario(users, CrbLimit::OverBest(over))
        };
        for trial in 0..12 {
            let instance = scenario.realize(13, trial).unwrap();
            let found = design(&instance, &certified()).unwrap();
            let Some(bound) = found.proof.bound else { continue };
            let reached = found.metrics.worst_error;
            let again =
                by_intervals(&instance, &bound.numbers, again::Goal::WorstError, reached).unwrap();
            let proven = again.expect("few regions");
            assert!(
                bound.value <= proven * (1.0 + 1e-9),
                "over {over}, trial {trial}: {:e} is claimed, {proven:e} proven",
                bound.value
            );
            checked += 1;
        }
    }
    assert!(checked >= 30, "{checked}");
}

#[test]
fn an_unreachable_limit_is_proven_and_a_reachable_one_met() {
    for trial in 0..10 {
        let plain = scenario(3, CrbLimit::None).realize(11, trial).unwrap();
        let best = best_crb(&plain, &NoSettings {}, &alone()).unwrap();
        let reach = best.metrics.worst_crb_m2.unwrap();
        let proven = best.proof.bound.unwrap();
        assert!(proven.gap_rel < 1e-6 && proven.value <= reach, "{proven:?}");
        let below = plain.with_crb_limit(Some(0.999 * reach)).unwrap();
        let found = design(&below, &Settings::default()).unwrap();
        let certificate = found.proof.infeasible.unwrap();
        assert!((certificate.reachable / reach - 1.0).abs() < 1e-6);
        assert!(!found.proof.bound.is_some_and(|b| b.gap_rel < 1.0));
        for factor in [1.0 + 1e-6, 1.0 + 1e-5, 1.001, 1.1, 1e3] {
            let above = plain.with_crb_limit(Some(factor * reach)).unwrap();
            let found = design(&above, &certified()).unwrap();
            assert!(found.proof.infeasible.is_none(), "{factor}");
            assert!(verify(&above, &found.variables).unwrap().violation <= 1e-9);
            // Closer to the best than that, hardly anything is feasible and multipliers are huge: the
            // bound holds, but is not tight.
            let bound = found.proof.bound.as_ref().unwrap();
            assert!(bound.value <= found.metrics.worst_error * (1.0 + 1e-12));
            if factor >= 1.1 {
                assert!(bound.gap_rel <= 1e-3, "{factor}: {bound:?}");
            }
        }
    }
}

#[test]
fn least_power_saves_and_an_unreachable_target_is_proven() {
    for trial in 0..5 {
        let instance = scenario(2, CrbLimit::None).realize(13, trial).unwrap();
        let settings = LeastPowerSettings { target_error: None, search: certified() };
        let found = least_power(&instance, &settings, &alone()).unwrap();
        let full =
            full_power(&instance, &FullPower::default(), &alone()).unwrap().metrics.worst_error;
        assert!(found.metrics.worst_error <= full * (1.0 + 1e-9));
        assert!(found.metrics.power_fraction < 0.95);
        assert!(found.proof.is_global(1e-3), "{:?}", found.proof);
        let best = design(&instance, &Settings::default()).unwrap().metrics.worst_error;
        let settings = LeastPowerSettings { target_error: Some(0.99 * best), ..settings };
        let out = least_power(&instance, &settings, &alone()).unwrap();
        assert!((out.proof.infeasible.unwrap().reachable / best - 1.0).abs() < 1e-3);
    }
}

/// The dual bound against random points, for multipliers that are anything but optimal.
#[test]
fn dual_bounds_hold_wherever_the_solver_stops() {
    for trial in 0..8 {
        let instance =
            Scenario { downlink_correlation: 0.3, ..scenario(3, CrbLimit::OverBest(2.0)) }
                .realize(17, trial)
                .unwrap();
        let model = instance.normalised();
        let limit = instance.parts().crb_limit_m2;
        let best = design(&instance, &Settings::default()).unwrap();
        let x: Vec<f64> = (0..24).map(|i| best.variables.fractions[(i % 8) * 3 + i / 8]).collect();
        let boxes: Vec<[f64; 2]> =
            (0..3).map(|k| model.reception(k, &x).theta()).map(|t| [0.3 * t, 2.0 * t]).collect();
        for steps in [0, 1, 2, 4, 8, 16, 32, 64] {
            let mut interior = Interior::new(8, 3);
            interior.start_near(&x, 0.05);
            let program = Program {
                model: &model,
                goal: Goal::WorstError,
                envelope: Some(&boxes),
                crb_limit: limit,
            };
            interior.solve(&program, &Rules { steps, ..Rules::default() });
            let (bound, _) = dual::worst_error(&interior, &program, &boxes);
            // The best design has θ inside the boxes, so that it is a point of the relaxation.
            assert!(bound <= best.metrics.worst_error, "{steps} steps: {bound}");
        }
    }
}

#[test]
fn an_open_gap_is_never_called_converged() {
    for power in [1e-6, 1e-8, 1e-12, 2.7e-5] {
        for (users, limit) in [(2, CrbLimit::None), (2, CrbLimit::OverBest(1.05))] {
            let scenario = Scenario { pilot_power_mw: power, ..scenario(users, limit) };
            let found = design(&scenario.realize(1, 0).unwrap(), &certified()).unwrap();
            let gap = found.proof.bound.as_ref().map_or(f64::INFINITY, |bound| bound.gap_rel);
            println!("{power:e} mW, {:?}: gap {gap:.1e}, {:?}", scenario.crb_limit, found.stop);
            if gap > 1e-3 {
                assert!(found.stop != Stop::Converged);
                assert!(found.warnings.iter().any(|w| w.contains("leaves a gap")));
            }
        }
    }
}

#[test]
fn one_user_needs_the_power_that_full_power_has() {
    for trial in 0..3 {
        let instance = scenario(1, CrbLimit::None).realize(1, trial).unwrap();
        let settings = LeastPowerSettings { target_error: None, search: certified() };
        let found = least_power(&instance, &settings, &alone()).unwrap();
        let full =
            full_power(&instance, &FullPower::default(), &alone()).unwrap().metrics.worst_error;
        assert!(found.metrics.worst_error <= full * (1.0 + 1e-9), "{trial}: {:?}", found.warnings);
        assert!(found.proof.infeasible.is_none() && found.metrics.power_fraction <= 1.0);
        assert!(found.proof.bound.is_none_or(|bound| bound.value >= 0.0));
    }
}

/// A limit that curves away must not stop the descent: the least power is found, falls as the target
/// is loosened, and is what the certificate says.
#[test]
fn the_least_power_converges_and_falls_with_a_looser_target() {
    let instance = scenario(6, CrbLimit::M2(1.0)).realize(5, 0).unwrap();
    let own = full_power(&instance, &FullPower::default(), &alone()).unwrap().metrics.worst_error;
    let mut before = f64::INFINITY;
    for factor in [1.0, 1.005, 1.026, 1.1] {
        let settings = LeastPowerSettings {
            target_error: Some(own * factor),
            search: Settings { certify: Certify::from(factor < 1.001), ..Settings::default() },
        };
        let found = least_power(&instance, &settings, &alone()).unwrap();
        let residual = found.proof.residual().unwrap();
        println!("{factor}: {:.6} residual {residual:.1e}", found.metrics.power_fraction);
        assert!(residual < 1e-7 && found.metrics.power_fraction <= before * (1.0 + 1e-7));
        assert!(found.metrics.worst_error <= own * factor * (1.0 + 1e-12));
        before = found.metrics.power_fraction;
        if let Some(bound) = found.proof.bound {
            assert!(bound.gap_rel <= 1e-3, "{bound:?}");
            assert!((found.metrics.power_fraction - 0.577_005).abs() < 1e-5);
        }
    }
}

/// The same for the smallest error with contaminated pilots.
#[test]
fn contaminated_designs_are_stationary() {
    for trial in [0, 2, 30, 46] {
        let spec = scenario(6, CrbLimit::OverBest(1.3));
        let spec = Scenario { downlink_correlation: 0.4, ..spec };
        let found = design(&spec.realize(5, trial).unwrap(), &Settings::default()).unwrap();
        let residual = found.proof.residual().unwrap();
        assert!(residual < 1e-7, "trial {trial}: {residual:e}");
    }
}

/// Regions whose relaxation no known allocation meets are searched from one that does, or are empty.
#[test]
fn the_least_power_of_contaminated_pilots_is_certified() {
    for trial in [2, 3] {
        let spec = scenario(3, CrbLimit::M2(1.0));
        let spec = Scenario { downlink_correlation: 0.7, ..spec };
        let settings = LeastPowerSettings {
            search: Settings { certify: Certify::YES.with_nodes(200), ..Settings::default() },
            ..LeastPowerSettings::default()
        };
        let instance = spec.realize(1, trial).unwrap();
        let found = least_power(&instance, &settings, &alone()).unwrap();
        let bound = found.proof.bound.unwrap();
        println!("trial {trial}: {:.6} {bound:?}", found.metrics.power_fraction);
        assert!(bound.gap_rel <= 1e-3 && found.stop == Stop::Converged, "trial {trial}: {bound:?}");
        assert!(bound.value <= found.metrics.power_fraction * (1.0 + 1e-12));
    }
}
