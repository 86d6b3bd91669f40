//! What must hold of every design: against baselines, under renaming, from warm starts.

use noctule::data::ArraySet;
use noctule::pilots::baselines::{
    Algorithm1Settings, Bisection, RadarConstraint, Share, algorithm_1, full_power, no_downlink,
    printed_holds, theta_conic,
};
use noctule::pilots::locate::{Estimator, LocateSettings, locate};
use noctule::pilots::{
    Allocation, CrbLimit, FullPower, Instance, Parts, PilotUse, Scenario, Sensing, Settings,
    design, design_from, evaluate, verify,
};
use noctule::system::NoSettings;
use noctule_num::rng::{StreamKey, uniform};

use crate::{alone, scenario};

#[test]
fn never_worse_than_any_baseline_and_equal_to_the_cones() {
    for trial in 0..6 {
        let instance =
            scenario(2 + (trial % 3) as usize, CrbLimit::OverBest(1.5)).realize(3, trial).unwrap();
        let ours = design(&instance, &Settings::default()).unwrap().metrics.worst_error;
        let conic = theta_conic(&instance, &NoSettings {}, &alone()).unwrap().metrics.worst_error;
        assert!((ours / conic - 1.0).abs() < 2e-5, "{ours} {conic}");
        for settings in [
            Algorithm1Settings {
                radar: RadarConstraint::Exact,
                tolerance: 1e-4,
                ..Default::default()
            },
            Algorithm1Settings {
                bisection: Bisection::Reset,
                tolerance: 1e-4,
                outer: 2,
                ..Default::default()
            },
        ] {
            let theirs = algorithm_1(&instance, &settings, &alone()).unwrap();
            if verify(&instance, &theirs.variables).unwrap().violation <= 1e-6 {
                assert!(ours <= theirs.metrics.worst_error * (1.0 + 1e-6));
            }
        }
        for share in [Share::Equal, Share::EqualCoefficients] {
            let theirs = full_power(&instance, &FullPower { share }, &alone()).unwrap();
            if theirs.metrics.worst_crb_m2 <= instance.parts().crb_limit_m2 {
                assert!(ours <= theirs.metrics.worst_error * (1.0 + 1e-6));
            }
        }
        assert!(
            ours < no_downlink(&instance, &NoSettings {}, &alone()).unwrap().metrics.worst_error
        );
    }
}

#[test]
fn the_printed_constraint_is_sufficient_and_not_necessary() {
    let (mut sufficient, mut missed) = (0, 0);
    for trial in 0..40 {
        let instance = scenario(2, CrbLimit::M2(0.6)).realize(5, trial).unwrap();
        let mut rng = StreamKey::new(1, "test", "allocation", 0).trial(trial);
        for _ in 0..20 {
            let fractions: Vec<f64> = (0..8)
                .flat_map(|_| {
                    let x = uniform(&mut rng, 0.0, 1.0);
                    [x, 1.0 - x]
                })
                .collect();
            let x = Allocation { fractions, users: 2, pilots: PilotUse::Downlink };
            let bound = evaluate(&instance, &x).unwrap().worst_crb_m2.unwrap();
            if printed_holds(&instance, &x).unwrap() {
                sufficient += 1;
                assert!(bound <= 0.6 * (1.0 + 1e-9));
            } else if bound <= 0.6 {
                missed += 1;
            }
        }
    }
    assert!(sufficient > 0 && missed > 0, "{sufficient} {missed}");
}

#[test]
fn units_users_and_points_may_be_renamed() {
    for correlation in [0.0, 0.5] {
        let instance =
            Scenario { downlink_correlation: correlation, ..scenario(3, CrbLimit::OverBest(1.4)) }
                .realize(2, 1)
                .unwrap();
        let value = |parts: Parts| {
            design(&Instance::new(parts).unwrap(), &Settings::default())
                .unwrap()
                .metrics
                .worst_error
        };
        let base = value(instance.parts().clone());
        // Gains in other units: energies make up for it.
        let mut other = instance.parts().clone();
        other.channel_gain.iter_mut().for_each(|g| *g *= 1e9);
        other.uplink_energy /= 1e9;
        other.downlink_energy /= 1e9;
        let Some(Sensing::Placed { radar, .. }) = &mut other.sensing else { unreachable!() };
        radar.cross_section_m2 *= 1e9;
        assert!((value(other) / base - 1.0).abs() < 1e-9, "another unit of power");
        // Users in another order.
        let mut turned = instance.parts().clone();
        for row in turned.channel_gain.chunks_mut(3) {
            row.rotate_left(1);
        }
        let Some(Sensing::Placed { users, points, .. }) = &mut turned.sensing else {
            unreachable!()
        };
        users.rotate_left(1);
        // And access points.
        points.rotate_left(2);
        turned.channel_gain.rotate_left(6);
        assert!((value(turned) / base - 1.0).abs() < 1e-8, "another order");
    }
}

#[test]
fn a_warm_start_arrives_at_the_same_place_and_arrays_travel_to_the_bit() {
    let instance = scenario(2, CrbLimit::M2(1.0)).realize(1, 3).unwrap();
    let cold = design(&instance, &Settings::default()).unwrap();
    let run = alone().from(Some(&cold.variables));
    let warm = design_from(&instance, &Settings::default(), &run).unwrap();
    assert!((warm.metrics.worst_error / cold.metrics.worst_error - 1.0).abs() < 1e-7);
    let again = Instance::from_arrays(instance.to_arrays(), None).unwrap();
    assert_eq!(again.parts(), instance.parts());
    assert_eq!(Allocation::from_arrays(&cold.variables.to_arrays()).unwrap(), cold.variables);
    let text = instance.to_json().to_string();
    let set = ArraySet::from_json(text.as_bytes(), "instance", noctule::pilots::instance::FIELDS)
        .unwrap();
    assert_eq!(Instance::from_arrays(set, None).unwrap().parts(), instance.parts());
}

#[test]
fn estimates_attain_the_bound_from_ranges_and_not_from_weak_waveforms() {
    let instance = scenario(2, CrbLimit::None).realize(1, 0).unwrap();
    let x = full_power(&instance, &FullPower::default(), &alone()).unwrap().variables;
    let ranges =
        LocateSettings { estimator: Estimator::Ranges, noise_trials: 300, ..Default::default() };
    let attained = locate(&instance, &x, &ranges).unwrap();
    assert!((attained.mse_over_crb - 1.0).abs() < 0.25, "{}", attained.mse_over_crb);
    let waveform = LocateSettings { noise_trials: 6, ..Default::default() };
    let missed = locate(&instance, &x, &waveform).unwrap();
    assert!(missed.mse_over_crb > 2.0, "{}", missed.mse_over_crb);
}

#[test]
fn less_and_more_of_everything_is_monotone() {
    let value = |scenario: Scenario| {
        let instance = scenario.realize(29, 0).unwrap();
        design(&instance, &Settings::default()).unwrap().metrics.worst_error
    };
    let base = scenario(3, CrbLimit::None);
    let plain = value(base.clone());
    assert!(value(Scenario { downlink_correlation: 0.3, ..base.clone() }) > plain);
    assert!(
        value(Scenario { crb_limit: CrbLimit::OverBest(1.1), ..base.clone() })
            >= plain * (1.0 - 1e-9)
    );
    assert!(value(Scenario { pilot_symbols: 40.0, ..base }) < plain);
}

/// The price of the limit is the slope of the optimum, by whatever name the limit is said.
#[test]
fn the_price_of_the_limit_is_a_slope() {
    let mut bound = 0;
    // also close to the smallest limit there is, where descents end above their own tolerance
    for (trial, above) in (0..6).flat_map(|trial| [(trial, 1.1), (trial, 1.01)]) {
        let users = 1 + (trial % 3) as usize;
        let instance = scenario(users, CrbLimit::OverBest(above)).realize(8, trial).unwrap();
        let root = instance.parts().crb_limit_m2.unwrap().sqrt();
        let at = |root: f64| {
            let instance = instance.with_crb_limit(Some(root * root)).unwrap();
            design(&instance, &Settings::default()).unwrap().metrics
        };
        let (found, step) = (at(root), 1e-4 * root);
        let price = found.limit_price.expect("it converges, and then there is a price");
        let slope = (at(root + step).worst_error - at(root - step).worst_error) / (2.0 * step);
        // what is worth nothing is not told from rounding
        let least = 1e-4 * found.worst_error / root;
        println!("{users} users, {trial}, {above}: {price:e} beside {slope:e}");
        assert!((price - slope).abs() <= 5e-3 * slope.abs() + least, "{trial}: {price} {slope}");
        bound += usize::from(price < -1e-2 * found.worst_error / root);
        assert_eq!(
            design(&instance.with_crb_limit(None).unwrap(), &Settings::default())
                .unwrap()
                .metrics
                .limit_price,
            None
        );
    }
    assert!(bound >= 4, "the limit has a price in {bound} of 12");
}
