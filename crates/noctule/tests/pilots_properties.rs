//! What must hold of every design of `pilots`: proofs, invariances, edges, refusals.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

use noctule::data::ArraySet;
use noctule::pilots::baselines::{
    Algorithm1Settings, Bisection, RadarConstraint, Share, algorithm1, algorithm1_with,
    dedicated_sensing, full_power, no_downlink, printed_holds, theta_conic, theta_conic_with,
};
use noctule::pilots::interior::{Goal, Interior, Program, Rules, dual};
use noctule::pilots::locate::{Estimator, LocateSettings, locate};
use noctule::pilots::{
    AccessPoints, Allocation, CrbLimit, Instance, LeastPowerSettings, Parts, PilotUse, Region,
    Scenario, Sensing, Settings, Users, best_crb, design, design_from, evaluate, least_power,
    verify,
};
use noctule::{C64, CMat, Error, Interrupt, Stop};
use noctule_num::rng::{StreamKey, complex_normal, uniform};
use noctule_phy::geometry::Point;

fn scenario(users: usize, limit: CrbLimit) -> Scenario {
    Scenario {
        users: Users::Drawn(Region { count: users, ..Region::default() }),
        crb_limit: limit,
        ..Scenario::paper()
    }
}

fn certified() -> Settings {
    Settings { certify: true, ..Settings::default() }
}

/// Drops (users, trials): light here, all of them with `NOCTULE_DROPS=all`.
fn drops() -> Vec<(usize, u64)> {
    match std::env::var_os("NOCTULE_DROPS") {
        Some(_) => vec![(2, 200), (6, 20)],
        None => vec![(1, 3), (2, 12), (4, 3)],
    }
}

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

#[test]
fn never_worse_than_any_baseline_and_equal_to_the_cones() {
    for trial in 0..6 {
        let instance =
            scenario(2 + (trial % 3) as usize, CrbLimit::OverBest(1.5)).realize(3, trial).unwrap();
        let ours = design(&instance, &Settings::default()).unwrap().metrics.worst_error;
        let conic = theta_conic(&instance).unwrap().metrics.worst_error;
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
            let theirs = algorithm1(&instance, &settings).unwrap();
            if verify(&instance, &theirs.variables).unwrap().violation <= 1e-6 {
                assert!(ours <= theirs.metrics.worst_error * (1.0 + 1e-6));
            }
        }
        for share in [Share::Equal, Share::EqualCoefficients] {
            let theirs = full_power(&instance, share).unwrap();
            if theirs.metrics.worst_crb_m2 <= instance.parts().crb_limit_m2 {
                assert!(ours <= theirs.metrics.worst_error * (1.0 + 1e-6));
            }
        }
        assert!(ours < no_downlink(&instance).unwrap().metrics.worst_error);
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
fn an_unreachable_limit_is_proven_and_a_reachable_one_met() {
    for trial in 0..10 {
        let plain = scenario(3, CrbLimit::None).realize(11, trial).unwrap();
        let best = best_crb(&plain).unwrap();
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
    let interrupt = Interrupt::new();
    for trial in 0..5 {
        let instance = scenario(2, CrbLimit::None).realize(13, trial).unwrap();
        let settings = LeastPowerSettings { target_error: None, search: certified() };
        let found = least_power(&instance, &settings, &interrupt).unwrap();
        let full = full_power(&instance, Share::Equal).unwrap().metrics.worst_error;
        assert!(found.metrics.worst_error <= full * (1.0 + 1e-9));
        assert!(found.metrics.power_fraction < 0.95);
        assert!(found.proof.is_global(1e-3), "{:?}", found.proof);
        let best = design(&instance, &Settings::default()).unwrap().metrics.worst_error;
        let settings = LeastPowerSettings { target_error: Some(0.99 * best), ..settings };
        let out = least_power(&instance, &settings, &interrupt).unwrap();
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
fn correlated_pilots_in_both_directions_are_designed_without_a_claim() {
    let instance = Scenario {
        uplink_correlation: 0.3,
        downlink_correlation: 0.3,
        ..scenario(3, CrbLimit::None)
    }
    .realize(1, 0)
    .unwrap();
    let found = design(&instance, &certified()).unwrap();
    // A stationary point of exact errors at most, never a bound.
    assert!(found.proof.bound.is_none());
    assert_eq!(found.stop == Stop::Converged, found.proof.residual().is_some());
    assert!(found.warnings[0].contains("both directions"));
    assert!(
        verify(&instance, &found.variables).unwrap().mismatch(found.metrics.worst_error) < 1e-8
    );
    // By exact errors never worse than full power, and a target is judged by them.
    for (trial, up, down) in [(0, 0.8, 0.3), (1, 0.8, 0.8), (2, 0.3, 0.8)] {
        let instance = Scenario {
            uplink_correlation: up,
            downlink_correlation: down,
            ..scenario(2, CrbLimit::None)
        }
        .realize(1, trial)
        .unwrap();
        let found = design(&instance, &certified()).unwrap();
        assert!(found.proof.bound.is_none());
        let full = full_power(&instance, Share::Equal).unwrap().metrics.worst_error;
        assert!(found.metrics.worst_error <= full, "{up} {down}: {full}");
        let settings = LeastPowerSettings::default();
        let least = least_power(&instance, &settings, &Interrupt::new()).unwrap();
        assert!(least.metrics.worst_error <= full * (1.0 + 1e-9), "{up} {down}: {full}");
        assert!(least.proof.bound.is_none() && least.metrics.power_fraction <= 1.0);
    }
    // In one direction only everything is exact.
    let instance = Scenario { uplink_correlation: 1.0, ..scenario(3, CrbLimit::None) };
    assert!(design(&instance.realize(1, 0).unwrap(), &certified()).unwrap().proof.is_global(1e-3));
}

/// Ascent of an independent kind: random changes of single entries, of pairs and of whole users, from
/// the design, from full power and from random allocations, by exact errors alone.
fn attacked(instance: &Instance, from: &[f64], seed: u64, tries: usize) -> f64 {
    let (points, users) = (instance.points(), instance.users());
    let limit = instance.parts().crb_limit_m2;
    let score = |x: &[f64]| {
        let allocation = Allocation { fractions: x.to_vec(), users, pilots: PilotUse::Downlink };
        let metrics = evaluate(instance, &allocation).unwrap();
        let located = limit.is_none_or(|limit| metrics.worst_crb_m2.unwrap() <= limit);
        if located { metrics.worst_error } else { f64::INFINITY }
    };
    let mut rng = StreamKey::new(seed, "test", "attack", 0).trial(0);
    let mut lowest = f64::INFINITY;
    for start in 0..3 {
        let mut x: Vec<f64> = match start {
            0 => from.to_vec(),
            1 => vec![1.0 / users as f64; points * users],
            _ => (0..points * users).map(|_| uniform(&mut rng, 0.0, 1.0) / users as f64).collect(),
        };
        let mut value = score(&x);
        let mut step = if start == 0 { 0.02 } else { 0.3 };
        let mut failed = 0;
        for _ in 0..tries {
            let mut trial = x.clone();
            for _ in 0..1 + (uniform(&mut rng, 0.0, 3.0) as usize) {
                let i = (uniform(&mut rng, 0.0, 1.0) * trial.len() as f64) as usize;
                trial[i] = (trial[i] * (1.0 + step * complex_normal(&mut rng, 2.0).re)
                    + 0.1 * step * complex_normal(&mut rng, 2.0).re)
                    .max(0.0);
            }
            for row in trial.chunks_mut(users) {
                let spent: f64 = row.iter().sum();
                if spent > 1.0 {
                    row.iter_mut().for_each(|x| *x *= (1.0 - 1e-15) / spent);
                }
            }
            let found = score(&trial);
            if found < value {
                (value, x, failed) = (found, trial, 0);
            } else {
                failed += 1;
                if failed > 60 {
                    (step, failed) = ((0.6 * step).max(1e-6), 0);
                }
            }
        }
        lowest = lowest.min(value);
    }
    lowest
}

#[test]
fn campaign_doubly_correlated_designs_are_not_beaten_and_say_where_they_stall() {
    let effort: u64 =
        std::env::var("NOCTULE_EFFORT").ok().and_then(|s| s.parse().ok()).unwrap_or(1);
    let (mut stalled, mut beaten) = (0, Vec::new());
    for case in 0..6 * effort {
        let users = 2 + (case % 3) as usize;
        let mut rng = StreamKey::new(case, "test", "correlated", 0).trial(0);
        let limit = if case % 2 == 0 { CrbLimit::None } else { CrbLimit::OverBest(1.3) };
        let scenario = Scenario {
            uplink_correlation: uniform(&mut rng, 0.1, 0.95),
            downlink_correlation: uniform(&mut rng, 0.1, 0.95),
            ..scenario(users, limit)
        };
        let instance = scenario.realize(5, case).unwrap();
        let found = design(&instance, &Settings::default()).unwrap();
        let reached = found.metrics.worst_error;
        let solved = found.stop == Stop::Converged && found.proof.residual().is_some();
        stalled += u64::from(!solved);
        if !solved {
            assert_eq!(found.stop, Stop::Stalled);
            assert!(found.warnings.iter().any(|w| w.contains("stalled")), "{:?}", found.warnings);
            assert!(found.proof == noctule::Proof::NONE);
        }
        let other = attacked(&instance, &found.variables.fractions, case, 1500);
        let behind = 1.0 - other / reached;
        println!("case {case}: {reached:.6e} {:?}, attacked {behind:.1e}", found.stop);
        // What says converged is not beaten; what says stalled may be, by a little. Not held at twenty
        // times the slice: a stalled design (case 107) was 13 % behind.
        if behind > if solved { 1e-4 } else { 1e-3 } {
            beaten.push((case, solved, behind));
        }
    }
    assert!(beaten.is_empty(), "{beaten:?}");
    assert!(stalled * 4 <= 6 * effort, "{stalled}");
}

#[test]
fn a_warm_start_arrives_at_the_same_place_and_arrays_travel_to_the_bit() {
    let instance = scenario(2, CrbLimit::M2(1.0)).realize(1, 3).unwrap();
    let cold = design(&instance, &Settings::default()).unwrap();
    let interrupt = Interrupt::new();
    let warm =
        design_from(&instance, &Settings::default(), Some(&cold.variables), &interrupt).unwrap();
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
        let settings = Settings { max_nodes: 300, ..certified() };
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

/// A channel without an estimate carries no beam: no power is spent on it, and nothing is proven of
/// a beam that is not there.
#[test]
fn unknown_channels_carry_nothing() {
    let base = scenario(2, CrbLimit::None).realize(1, 0).unwrap();
    for correlation in [0.0, 0.5] {
        let mut parts = base.parts().clone();
        let mut gamma = base.estimate_gain().to_vec();
        gamma[0] = 0.0;
        gamma[5] = 0.0;
        parts.estimate_gain = Some(gamma);
        parts.downlink_gram[(0, 1)] = C64::new(correlation, 0.0);
        parts.downlink_gram[(1, 0)] = C64::new(correlation, 0.0);
        let instance = Instance::new(parts).unwrap();
        let found = design(&instance, &certified()).unwrap();
        let witness = verify(&instance, &found.variables).unwrap();
        assert!(witness.mismatch(found.metrics.worst_error) < 1e-8);
        let full = full_power(&instance, Share::Equal).unwrap().metrics.worst_error;
        assert!(found.metrics.worst_error <= full * (1.0 + 1e-6));
        if correlation > 0.0 {
            assert!(found.proof.bound.is_none());
            assert_eq!(found.stop == Stop::Converged, found.proof.residual().is_some());
        } else {
            assert!(found.variables.fractions[0] == 0.0 && found.variables.fractions[5] == 0.0);
            assert!(found.proof.is_global(1e-3), "{:?}", found.proof);
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
        let found = least_power(&instance, &settings, &Interrupt::new()).unwrap();
        let full = full_power(&instance, Share::Equal).unwrap().metrics.worst_error;
        assert!(found.metrics.worst_error <= full * (1.0 + 1e-9), "{trial}: {:?}", found.warnings);
        assert!(found.proof.infeasible.is_none() && found.metrics.power_fraction <= 1.0);
        assert!(found.proof.bound.is_none_or(|bound| bound.value >= 0.0));
    }
}

#[test]
fn silent_echoes_and_negative_fractions_are_named() {
    let instance = scenario(2, CrbLimit::None).realize(1, 0).unwrap();
    let mut x = full_power(&instance, Share::Equal).unwrap().variables;
    x.fractions[3] = -0.25;
    let Err(Error::Input(error)) = evaluate(&instance, &x) else { panic!("accepted") };
    assert_eq!((error.place.as_str(), error.found.as_str()), ("fractions[1][1]", "-0.25"));
    let fixed = Scenario {
        access_points: AccessPoints::Fixed(vec![[0.0, 0.0], [100.0, 0.0], [50.0, 80.0]]),
        users: Users::Fixed(vec![[100.0, 0.0]]),
        crb_limit: CrbLimit::None,
        ..Scenario::paper()
    };
    let alone = full_power(&fixed.realize(1, 0).unwrap(), Share::Equal).unwrap();
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
fn estimates_attain_the_bound_from_ranges_and_not_from_weak_waveforms() {
    let instance = scenario(2, CrbLimit::None).realize(1, 0).unwrap();
    let x = full_power(&instance, Share::Equal).unwrap().variables;
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

/// A limit that curves away must not stop the descent: the least power is found, falls as the target
/// is loosened, and is what the certificate says.
#[test]
fn the_least_power_converges_and_falls_with_a_looser_target() {
    let instance = scenario(6, CrbLimit::M2(1.0)).realize(5, 0).unwrap();
    let own = full_power(&instance, Share::Equal).unwrap().metrics.worst_error;
    let mut before = f64::INFINITY;
    for factor in [1.0, 1.005, 1.026, 1.1] {
        let settings = LeastPowerSettings {
            target_error: Some(own * factor),
            search: Settings { certify: factor < 1.001, ..Settings::default() },
        };
        let found = least_power(&instance, &settings, &Interrupt::new()).unwrap();
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
            search: Settings { max_nodes: 200, ..certified() },
            ..LeastPowerSettings::default()
        };
        let instance = spec.realize(1, trial).unwrap();
        let found = least_power(&instance, &settings, &Interrupt::new()).unwrap();
        let bound = found.proof.bound.unwrap();
        println!("trial {trial}: {:.6} {bound:?}", found.metrics.power_fraction);
        assert!(bound.gap_rel <= 1e-3 && found.stop == Stop::Converged, "trial {trial}: {bound:?}");
        assert!(bound.value <= found.metrics.power_fraction * (1.0 + 1e-12));
    }
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
    let full = full_power(&instance, Share::Equal).unwrap().variables;
    let settings =
        LocateSettings { window_m: Some(15.0), noise_trials: 12, ..LocateSettings::default() };
    let found = locate(&instance, &full, &settings).unwrap();
    assert!(found.outliers < 1e-9 && found.mse_over_crb < 2.0, "{found:?}");
    let wide = LocateSettings { window_m: Some(1e4), ..settings.clone() };
    let error = locate(&instance, &full, &wide).unwrap_err();
    assert_eq!(error.as_input().unwrap().place, "window_m");
    let silent = no_downlink(&instance).unwrap().variables;
    let error = locate(&instance, &silent, &settings).unwrap_err();
    assert_eq!(error.as_input().unwrap().place, "pilots");
}

#[test]
fn fall_backs_settings_traces_and_interrupts_are_told() {
    let instance = scenario(6, CrbLimit::M2(1.0)).realize(1, 0).unwrap();
    let printed = algorithm1(&instance, &Algorithm1Settings::default()).unwrap();
    let dedicated = dedicated_sensing(&instance).unwrap();
    assert_eq!((dedicated.work, dedicated.stop), (printed.work, printed.stop));
    assert!(printed.warnings.iter().any(|w| w.contains("fell back")));
    assert!(dedicated.warnings.iter().any(|w| w.contains("fell back")), "{dedicated:?}");

    let settings = LeastPowerSettings { target_error: Some(-1.0), ..LeastPowerSettings::default() };
    assert_eq!(settings.validate().unwrap_err().place, "target_error");
    let search = Settings { gap: 2.0, ..Settings::default() };
    let settings = LeastPowerSettings { search, ..LeastPowerSettings::default() };
    assert_eq!(settings.validate().unwrap_err().place, "search.gap");

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
    let algorithm = algorithm1_with(&instance, &Algorithm1Settings::default(), &stopped).unwrap();
    assert_eq!((algorithm.stop, algorithm.work.conic_solves), (Stop::Interrupted, 0));
    assert_eq!(theta_conic_with(&instance, &stopped).unwrap().stop, Stop::Interrupted);
    let both = Scenario {
        uplink_correlation: 0.3,
        downlink_correlation: 0.3,
        ..scenario(3, CrbLimit::None)
    };
    let both = both.realize(1, 0).unwrap();
    let found = design_from(&both, &Settings::default(), None, &stopped).unwrap();
    assert_eq!(found.stop, Stop::Interrupted);
}
