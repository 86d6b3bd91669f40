//! Edges and refusals: a right result or a complaint by name.

use noctule::pilots::baselines::{
    Algorithm1Settings, algorithm_1, dedicated_sensing, full_power, no_downlink, theta_conic,
};
use noctule::pilots::locate::{LocateSettings, locate};
use noctule::pilots::{
    AccessPoints, CrbLimit, FullPower, Instance, LeastPowerSettings, Parts, Scenario, Sensing,
    Settings, Users, design, design_from, evaluate, verify,
};
use noctule::system::NoSettings;
use noctule::{C64, CMat, Certify, Error, Interrupt, Run, Stop};
use noctule_num::rng::{StreamKey, complex_normal, uniform};
use noctule_phy::geometry::Point;

use crate::{alone, certified, scenario};

#[test]
fn scenes_that_cannot_be_used_are_refused_by_name() {
    let place = |scenario: Scenario| match scenario.realize(1, 0) {
        Err(Error::Input(error)) => error.place,
        other => panic!("{other:?}"),
    };
    let fixed = |points: &[[f64; 2]], users: &[[f64; 2]]| Scenario {
        access_points: AccessPoints::Fixed(points.to_vec()),
        users: Users::Fixed(users.to_vec()),
        ..Scenario::paper()
    };
    let road = [[0.0, 0.0], [100.0, 0.0], [50.0, 80.0]];
    assert_eq!(place(fixed(&road, &[[10.0, 10.0], [100.0, 0.0]])), "user_m[1]");
    assert_eq!(place(fixed(&[[0.0, 0.0], [9.0, 0.0], [20.0, 0.0]], &[[30.0, 0.0]])), "users[0]");
    assert_eq!(place(fixed(&[[0.0, 0.0]], &[[30.0, 5.0]])), "users[0]", "one access point");
    // Without a limit there is nothing to refuse: errors are designed, bounds are absent.
    for points in [&road[..1], &[[100.0, 0.0], [100.0, 0.0]][..]] {
        let scenario =
            Scenario { crb_limit: CrbLimit::None, ..fixed(points, &[[100.0, 0.0], [30.0, 5.0]]) };
        let instance = scenario.realize(1, 0).unwrap();
        let found = design(&instance, &certified()).unwrap();
        assert!(found.metrics.crb_m2[0].is_none() && found.proof.is_global(1e-3));
    }
}

/// Geometries, Grams and limits from all over: a right result or a refusal, never NaN.
#[test]
fn fuzzed_problems_are_solved_or_refused() {
    let rounds = if std::env::var_os("NOCTULE_DROPS").is_some() { 3000 } else { 150 };
    let (mut designed, mut infeasible, mut refused, mut open) = (0, 0, 0, 0);
    for round in 0..rounds {
        let mut rng = StreamKey::new(23, "test", "fuzz", 0).trial(round);
        let mut pick = |count: usize| uniform(&mut rng, 0.0, count as f64) as usize;
        let (m, k) = (1 + pick(6), 1 + pick(4));
        let shape = pick(5);
        let limit = [None, Some(-6.0), Some(-2.0), Some(0.0), Some(2.0), Some(6.0)][pick(6)];
        let energy = 10_f64.powi(pick(26) as i32 - 2);
        let pilots = pick(4);
        let mut place = |spread: f64| {
            let x = uniform(&mut rng, 0.0, spread);
            Point::new(x, if shape == 1 { 0.0 } else { uniform(&mut rng, 0.0, 100.0) })
        };
        let points: Vec<Point> = (0..m).map(|_| place(300.0)).collect();
        let mut users: Vec<Point> = (0..k).map(|_| place(300.0)).collect();
        if shape == 2 {
            users = vec![users[0]; k];
        } else if shape == 3 {
            users[0] = points[0];
        }
        let mut gram = |singular: bool| {
            let length = if singular { 1 } else { k };
            let mut s = CMat::from_fn(length, k, |_, _| complex_normal(&mut rng, 1.0));
            for j in 0..k {
                let norm = s.col(j).iter().map(C64::norm_sqr).sum::<f64>().sqrt();
                s.col_mut(j).iter_mut().for_each(|z| *z /= norm);
            }
            CMat::from_fn(k, k, |i, j| {
                if i == j {
                    C64::ONE
                } else {
                    s.col(i).iter().zip(s.col(j)).map(|(a, b)| a.conj() * b).sum()
                }
            })
        };
        let identity = CMat::identity(k);
        let (uplink_gram, downlink_gram) = match pilots {
            0 => (identity.clone(), identity),
            1 => (identity, gram(round % 2 == 0)),
            2 => (gram(round % 2 == 0), identity),
            _ => (gram(false), gram(true)),
        };
        let base = Scenario::paper().realize(1, 0).unwrap().parts().clone();
        let Some(Sensing::Placed { radar, .. }) = base.sensing else { unreachable!() };
        let gain = |p: &Point, q: &Point| 1e-8 / (1.0 + p.distance_m(*q)).powi(3);
        let parts = Parts {
            users: k,
            channel_gain: points
                .iter()
                .flat_map(|p| users.iter().map(move |q| gain(p, q)))
                .collect(),
            uplink_energy: energy,
            downlink_energy: energy,
            uplink_gram,
            downlink_gram,
            sensing: Some(Sensing::Placed { points: points.clone(), users: users.clone(), radar }),
            crb_limit_m2: limit.map(|l: f64| 10_f64.powf(l)),
            ..base
        };
        let instance = match Instance::new(parts) {
            Ok(instance) => instance,
            Err(Error::Input(_)) => {
                refused += 1;
                continue;
            }
            Err(error) => panic!("round {round}: {error}"),
        };
        let settings = Settings { certify: Certify::YES.with_nodes(300), ..Settings::default() };
        let found = design(&instance, &settings).unwrap();
        let finite = found.variables.fractions.iter().all(|x| (0.0..=1.0).contains(x));
        assert!(finite && found.metrics.worst_error.is_finite(), "round {round}: {found:?}");
        assert!(!serde_json::to_string(&found).unwrap().contains("NaN"));
        let witness = verify(&instance, &found.variables).unwrap();
        assert!(witness.mismatch(found.metrics.worst_error) < 1e-6, "round {round}");
        if let Some(certificate) = &found.proof.infeasible {
            assert!(certificate.reachable > certificate.required);
            infeasible += 1;
            continue;
        }
        assert!(witness.violation <= 1e-6, "round {round}: {} {found:?}", witness.violation);
        designed += 1;
        if instance.is_decoupled() && !found.proof.is_global(1e-3) {
            println!(
                "round {round}: M={m} K={k} shape {shape} pilots {pilots} energy {energy:e} limit {limit:?} {:?} {:?}",
                found.proof, found.work
            );
            open += 1;
        }
    }
    println!(
        "{designed} designed ({open} with an open gap), {infeasible} infeasible, {refused} refused"
    );
    assert!(designed > rounds / 4 && infeasible > 0 && refused > 0);
    assert!(open * 6 <= designed, "{open} of {designed} are not closed");
}

#[test]
fn silent_echoes_and_negative_fractions_are_named() {
    let instance = scenario(2, CrbLimit::None).realize(1, 0).unwrap();
    let mut x = full_power(&instance, &FullPower::default(), &alone()).unwrap().variables;
    x.fractions[3] = -0.25;
    let Err(Error::Input(error)) = evaluate(&instance, &x) else { panic!("accepted") };
    assert_eq!((error.place.as_str(), error.found.as_str()), ("fractions[1][1]", "-0.25"));
    let fixed = Scenario {
        access_points: AccessPoints::Fixed(vec![[0.0, 0.0], [100.0, 0.0], [50.0, 80.0]]),
        users: Users::Fixed(vec![[100.0, 0.0]]),
        crb_limit: CrbLimit::None,
        ..Scenario::paper()
    };
    let alone = full_power(&fixed.realize(1, 0).unwrap(), &FullPower::default(), &alone()).unwrap();
    assert!(alone.warnings.iter().all(|w| !w.contains("17 dB")), "{:?}", alone.warnings);
}

#[test]
fn bad_numbers_are_refused() {
    let good = scenario(2, CrbLimit::M2(1.0)).realize(1, 0).unwrap().parts().clone();
    let wrong = |change: fn(&mut Parts)| {
        let mut parts = good.clone();
        change(&mut parts);
        match Instance::new(parts) {
            Err(Error::Input(error)) => error.place,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(wrong(|p| p.channel_gain[3] = f64::NAN), "channel_gain[1][1]");
    assert_eq!(wrong(|p| p.channel_gain[0] = -1.0), "channel_gain[0][0]");
    assert_eq!(wrong(|p| p.channel_gain.truncate(15)), "channel_gain");
    assert_eq!(wrong(|p| p.estimate_gain = Some(vec![1.0; 16])), "estimate_gain[0][0]");
    assert_eq!(wrong(|p| p.downlink_gram[(0, 1)] = C64::from(2.0)), "downlink_gram[0][1]");
    assert_eq!(wrong(|p| p.uplink_gram = CMat::identity(3)), "uplink_gram");
    assert_eq!(wrong(|p| p.sensing = None), "crb_limit_m2");
    assert_eq!(wrong(|p| p.downlink_energy = 0.0), "downlink_energy");
    assert_eq!(wrong(|p| p.users = 0), "users");
    assert_eq!(wrong(|p| p.crb_limit_m2 = Some(0.0)), "crb_limit_m2");
}

#[test]
fn wide_bands_are_located_and_windows_without_end_refused() {
    let spec = Scenario {
        effective_bandwidth_mhz: 100.0,
        pilot_symbols: 4096.0,
        users: Users::Fixed(vec![[150.3, 49.1], [110.2, 41.7]]),
        crb_limit: CrbLimit::None,
        ..Scenario::paper()
    };
    let instance = spec.realize(1, 0).unwrap();
    let full = full_power(&instance, &FullPower::default(), &alone()).unwrap().variables;
    let settings =
        LocateSettings { window_m: Some(15.0), noise_trials: 12, ..LocateSettings::default() };
    let found = locate(&instance, &full, &settings).unwrap();
    assert!(found.outliers < 1e-9 && found.mse_over_crb < 2.0, "{found:?}");
    let wide = LocateSettings { window_m: Some(1e4), ..settings.clone() };
    let error = locate(&instance, &full, &wide).unwrap_err();
    assert_eq!(error.as_input().unwrap().place, "window_m");
    let silent = no_downlink(&instance, &NoSettings {}, &alone()).unwrap().variables;
    let error = locate(&instance, &silent, &settings).unwrap_err();
    assert_eq!(error.as_input().unwrap().place, "pilots");
}

#[test]
fn fall_backs_settings_traces_and_interrupts_are_told() {
    let instance = scenario(6, CrbLimit::M2(1.0)).realize(1, 0).unwrap();
    let printed = algorithm_1(&instance, &Algorithm1Settings::default(), &alone()).unwrap();
    let dedicated = dedicated_sensing(&instance, &NoSettings {}, &alone()).unwrap();
    assert_eq!((dedicated.work, dedicated.stop), (printed.work, printed.stop));
    assert!(printed.warnings.iter().any(|w| w.contains("fell back")));
    assert!(dedicated.warnings.iter().any(|w| w.contains("fell back")), "{dedicated:?}");

    let settings = LeastPowerSettings { target_error: Some(-1.0), ..LeastPowerSettings::default() };
    assert_eq!(settings.validate().unwrap_err().place, "target_error");
    let search = Settings { certify: Certify::YES.within(2.0), ..Settings::default() };
    let settings = LeastPowerSettings { search, ..LeastPowerSettings::default() };
    assert_eq!(settings.validate().unwrap_err().place, "search.certify.gap");

    let instance = scenario(4, CrbLimit::OverBest(1.3)).realize(1, 0).unwrap();
    let found = design(&instance, &certified()).unwrap();
    let rows = found.trace.rows();
    let gap = found.proof.bound.as_ref().unwrap().gap_rel;
    assert!(rows.len() >= 2 && rows.iter().all(|row| row.residual.is_finite()));
    let last = rows.last().unwrap();
    assert!((last.value / found.metrics.worst_error - 1.0).abs() < 1e-9);
    assert!((last.residual - gap).abs() < 1e-9, "{} {gap}", last.residual);

    let stopped = Interrupt::new();
    stopped.raise();
    let algorithm =
        algorithm_1(&instance, &Algorithm1Settings::default(), &Run::new(&stopped)).unwrap();
    assert_eq!((algorithm.stop, algorithm.work.conic_solves), (Stop::Interrupted, 0));
    assert_eq!(
        theta_conic(&instance, &NoSettings {}, &Run::new(&stopped)).unwrap().stop,
        Stop::Interrupted
    );
    let both = Scenario {
        uplink_correlation: 0.3,
        downlink_correlation: 0.3,
        ..scenario(3, CrbLimit::None)
    };
    let both = both.realize(1, 0).unwrap();
    let found = design_from(&both, &Settings::default(), &Run::new(&stopped)).unwrap();
    assert_eq!(found.stop, Stop::Interrupted);
}
