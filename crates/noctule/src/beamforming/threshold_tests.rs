//! The prediction beside simulated echoes.

use super::*;
use crate::beamforming::{ArrayShape, Scenario, Settings, design};
use noctule_num::C64;
use noctule_num::rng::{StreamKey, complex_normal};

/// Two directions of a given likeness, decided by the larger likelihood: what the formula says, from draws.
#[test]
fn the_probability_of_a_mistake_is_that_of_draws() {
    for (snr, likeness) in [(2.0, 0.0), (6.0, 0.3), (9.0, 0.7), (4.0, 0.95)] {
        let mut rng = StreamKey::new(1, "test", "threshold", 0).trial(0);
        let draws = 40_000;
        let side = f64::sqrt(1.0 - likeness * likeness);
        let mut wrong = 0;
        for _ in 0..draws {
            let (n1, n2) = (complex_normal(&mut rng, 1.0), complex_normal(&mut rng, 1.0));
            let true_one = n1 + C64::from(f64::sqrt(snr));
            let other = true_one * likeness + n2 * side;
            wrong += u64::from(other.norm_sqr() > true_one.norm_sqr());
        }
        let share = wrong as f64 / f64::from(draws);
        let exact = mistaken(snr, likeness);
        let error = (exact * (1.0 - exact) / f64::from(draws)).sqrt();
        assert!((share - exact).abs() < 4.0 * error, "{snr} {likeness}: {share} {exact}");
    }
    assert!((mistaken(6.0, 0.0) - 0.5 * f64::exp(-3.0)).abs() < 1e-12, "orthogonal signals");
    assert!((mistaken(6.0, 1.0) - 0.5).abs() < 1e-9, "the same signal");
}

/// The same beams with the power of the instance and their own times a factor of so many decibels.
fn louder(instance: &Instance, beams: &Beams, db: f64) -> (Instance, Beams) {
    let factor = 10_f64.powf(db / 10.0);
    let mut parts = instance.parts().clone();
    parts.power_w *= factor;
    let mut beams = beams.clone();
    beams.matrix.scale(factor.sqrt());
    (Instance::new(parts).expect("an instance").with_echoes(150), beams)
}

/// Two decibels below the predicted threshold the errors of maximum likelihood are far from the bound, two above they are
/// it; and no lower bound is above what is measured (150 draws of four angles leave 6 % of a mean square).
#[test]
fn the_threshold_is_where_echoes_leave_the_bound() {
    for (users, trial) in [(2, 0), (4, 2)] {
        let scenario = Scenario { users, power_dbm: 3.0, ..Scenario::default() };
        let instance = scenario.realize(1, trial).expect("a scene");
        let settings = Settings { starts: Some(1), ..Settings::default() };
        let beams = design(&instance, &settings).expect("a design").variables;
        let found = threshold(&instance, &beams).expect("numbers").expect("targets");
        let margin = found.iter().map(|t| t.margin_db).fold(f64::INFINITY, f64::min);
        assert!(margin > 0.0 && margin < 6.0, "{found:?}");
        for (off, above) in [(-2.0, false), (0.0, false), (2.0, true), (6.0, true)] {
            let (instance, beams) = louder(&instance, &beams, off - margin);
            let metrics = evaluate(&instance, &beams).expect("metrics");
            let measured = metrics.echo.expect("echoes").likelihood;
            let ratio = measured.mse_over_crb.expect("a bound");
            if off != 0.0 {
                assert_eq!(ratio < BEYOND, above, "{off} dB: {measured:?}");
                assert_eq!(metrics.below_threshold.is_empty(), above, "{off} dB: {metrics:?}");
            }
            let bounds = barankin(&instance, &beams).expect("numbers").expect("targets");
            let targets = metrics.targets.expect("bounds");
            for (bound, target) in bounds.iter().zip(&targets) {
                assert!(bound[0] >= target.azimuth_rcrb_deg * (1.0 - 1e-9), "{bound:?} {target:?}");
                assert!(bound[1] >= target.polar_rcrb_deg * (1.0 - 1e-9), "{bound:?} {target:?}");
            }
            let count = 2 * bounds.len();
            let least = bounds.iter().flatten().map(|b| b * b).sum::<f64>() / count as f64;
            let seen = measured.rms_angle_error_deg.powi(2);
            assert!(least <= 1.2 * seen, "{off} dB: at least {least}, measured {seen}");
        }
    }
}

/// More power is a larger margin, decibel for decibel, whatever the unit of the power.
#[test]
fn margins_are_decibels_of_power() {
    let instance = Scenario::default().realize(1, 0).expect("a scene");
    let settings = Settings { starts: Some(1), ..Settings::default() };
    let beams = design(&instance, &settings).expect("a design").variables;
    let margin = |db: f64| {
        let (instance, beams) = louder(&instance, &beams, db);
        threshold(&instance, &beams).expect("numbers").expect("targets")[0].margin_db
    };
    let here = margin(0.0);
    // Far below the threshold bounds are wider than lobes are apart: that is no reason to be silent.
    for db in [-30.0, -45.0, -60.0] {
        let (instance, beams) = louder(&instance, &beams, db - here);
        let metrics = evaluate(&instance, &beams).expect("metrics");
        assert!(!metrics.below_threshold.is_empty(), "{db} dB");
        assert!(metrics.below_threshold.iter().all(|t| !t.sentence().contains("more than")));
    }
    // The search ends somewhere; a number that is none of the threshold's is not told as one.
    let (instance_far, beams_far) = louder(&instance, &beams, -200.0);
    let far = evaluate(&instance_far, &beams_far).expect("metrics").below_threshold;
    assert!(far[0].sentence().contains("more than 80.0 dB"), "{}", far[0].sentence());
    for db in [-20.0, -3.0, 5.0, 30.0] {
        assert!((margin(db) - here - db).abs() < 1e-3, "{db}: {} {here}", margin(db));
    }
}

/// Grids of directions are kept from one design to the next: what is predicted for an array does not depend on the
/// arrays before it.
#[test]
fn what_is_kept_of_other_arrays_changes_nothing() {
    let told = |&(horizontal, vertical): &(usize, usize)| {
        let array = ArrayShape { horizontal, vertical };
        let scenario =
            Scenario { users: 2, transmit_array: array, power_dbm: 0.0, ..Scenario::default() };
        let instance = scenario.realize(1, 0).expect("a scene");
        let matrix = instance.channels().clone();
        let beams = Beams { matrix, users: instance.users(), subcarriers: 1 };
        threshold(&instance, &beams).expect("numbers").expect("targets")
    };
    // more than are kept, one of them too large, and each again after all others
    let sides = [(4, 4), (2, 3), (3, 2), (5, 4), (2, 6), (20, 20), (6, 2)];
    let first: Vec<_> = sides.iter().map(told).collect();
    let again: Vec<_> = sides.iter().rev().map(told).collect();
    assert!(first.iter().eq(again.iter().rev()), "{first:?}\n{again:?}");
    for (i, one) in first.iter().enumerate() {
        assert!(first[..i].iter().all(|other| other != one), "{:?}", sides[i]);
    }
}
