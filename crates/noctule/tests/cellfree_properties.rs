//! What must hold of cell-free designs whatever the numbers: invariances, monotone boundaries,
//! bounds, certificates, and refusals.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::float_cmp)]

use noctule::cellfree::baselines::{
    BlockSettings, Leftover, LinearSettings, MajorisationSettings, Order, Scaling, block_ascent,
    majorisation, mrt, rate_only, sensing_only, zero_forcing,
};
use noctule::cellfree::boundary::limits_between;
use noctule::cellfree::{
    Beams, EstimatorKind, FixedPlaces, Instance, Layout, Orientation, Parts, Places, Requirement,
    RequirementSpec, Scenario, Settings, boundary, critical_points, design, evaluate, verify,
};
use noctule::data::{Array, ArraySet};
use noctule::{C64, CMat, Error, Interrupt, PointProof, Stop};
use noctule_num::rng::{StreamKey, complex_normal};
use noctule_phy::aggregated::Covariance;
use proptest::prelude::*;

fn small() -> Scenario {
    Scenario { aps: 3, antennas: 4, users: 3, targets: 2, pilot_symbols: 2, ..Scenario::default() }
}

fn limited(scenario: &Scenario, trial: u64, factor: f64) -> Instance {
    Scenario { requirement: RequirementSpec::ErrorOverBest(factor), ..scenario.clone() }
        .realize(7, trial)
        .unwrap()
}

fn random_beams(instance: &Instance, seed: u64) -> Beams {
    let mut rng = StreamKey::new(seed, "test", "beams", 0).trial(0);
    let (aps, n) = (instance.aps(), instance.antennas());
    let mut beams = Beams::silent(instance);
    beams.data = CMat::from_fn(aps * n, instance.users(), |_, _| complex_normal(&mut rng, 0.02));
    for ap in instance.sensing_aps() {
        beams.sensing[ap] = CMat::from_fn(n, 2, |_, _| complex_normal(&mut rng, 0.05));
    }
    beams
}

fn relative(a: f64, b: f64) -> f64 {
    (a - b).abs() / b.abs().max(1e-300)
}

/// The same problem with other units of channels and noise.
fn rescaled(instance: &Instance, db: f64) -> Instance {
    let gain = 10_f64.powf(db / 10.0);
    let mut parts = instance.parts().clone();
    parts.channels.scale(gain.sqrt());
    parts.error.iter_mut().for_each(|c| c.scale(gain));
    parts.power_over_noise.iter_mut().for_each(|p| *p /= gain);
    Instance::new(parts).unwrap()
}

#[test]
fn units_do_not_matter_over_240_db() {
    let instance = limited(&small(), 0, 1.3);
    let reference = design(&instance, &Settings::default()).unwrap();
    for db in [-120.0, 120.0] {
        let other = rescaled(&instance, db);
        let metrics = evaluate(&other, &reference.variables).unwrap();
        let far = relative(metrics.sum_rate_bps_hz, reference.metrics.sum_rate_bps_hz);
        assert!(far < 1e-9, "{db} dB: {far:e}");
        let again = design(&other, &Settings::default()).unwrap();
        let far = relative(again.metrics.sum_rate_bps_hz, reference.metrics.sum_rate_bps_hz);
        assert!(far < 1e-9, "{db} dB: {far:e}");
    }
}

/// Access points, users and targets in another order.
fn permuted(instance: &Instance) -> Instance {
    let (aps, n, users) = (instance.aps(), instance.antennas(), instance.users());
    let ap = |m: usize| (m + 1) % aps;
    let user = |k: usize| (k + 1) % users;
    let row = |i: usize| ap(i / n) * n + i % n;
    let parts = instance.parts();
    Instance::new(Parts {
        channels: CMat::from_fn(aps * n, users, |i, k| parts.channels[(row(i), user(k))]),
        error: (0..users)
            .map(|k| {
                let from = &parts.error[user(k)];
                Covariance {
                    blocks: (0..aps).map(|m| from.blocks[ap(m)].clone()).collect(),
                    factors: CMat::from_fn(aps * n, from.factors.cols(), |i, c| {
                        from.factors[(row(i), c)]
                    }),
                    weights: from.weights.clone(),
                }
            })
            .collect(),
        power_over_noise: (0..aps).map(|m| parts.power_over_noise[ap(m)]).collect(),
        targets_rad: (0..aps).map(|m| parts.targets_rad[ap(m)].clone()).collect(),
        ..parts.clone()
    })
    .unwrap()
}

#[test]
fn order_does_not_matter() {
    let instance = limited(&small(), 1, 1.3);
    let other = permuted(&instance);
    let (a, b) = (
        design(&instance, &Settings::default()).unwrap(),
        design(&other, &Settings::default()).unwrap(),
    );
    let far = relative(a.metrics.sum_rate_bps_hz, b.metrics.sum_rate_bps_hz);
    assert!(far < 1e-6, "{far:e}");
    let (a, b) = (
        sensing_only(&instance, &Settings::default(), &Interrupt::new()).unwrap(),
        sensing_only(&other, &Settings::default(), &Interrupt::new()).unwrap(),
    );
    assert!(relative(a.metrics.error.unwrap(), b.metrics.error.unwrap()) < 1e-9);
}

#[test]
fn the_plane_may_turn_with_its_arrays() {
    let places = |turn: f64| {
        let (sin, cos) = turn.sin_cos();
        let turned = |points: &[[f64; 2]]| {
            points.iter().map(|[x, y]| [cos * x - sin * y, sin * x + cos * y]).collect()
        };
        FixedPlaces {
            aps_km: turned(&[[0.1, 0.2], [1.4, 0.3], [0.8, 1.5]]),
            users_km: turned(&[[0.5, 0.5], [1.1, 1.0], [0.3, 1.2]]),
            targets_km: turned(&[[0.4, 0.1], [1.0, 1.7]]),
        }
    };
    let at = |turn: f64| {
        Scenario {
            antennas: 4,
            pilot_symbols: 2,
            places: Places::Fixed(places(turn)),
            orientation: Orientation::TurnedDeg(turn.to_degrees()),
            requirement: RequirementSpec::ErrorOverBest(1.2),
            ..Scenario::default()
        }
        .realize(1, 0)
        .unwrap()
    };
    let reference = design(&at(0.0), &Settings::default()).unwrap();
    for turn in [0.3, 2.0] {
        let other = design(&at(turn), &Settings::default()).unwrap();
        let far = relative(other.metrics.sum_rate_bps_hz, reference.metrics.sum_rate_bps_hz);
        assert!(far < 1e-6, "{turn}: {far:e}");
        let far = relative(other.metrics.error.unwrap(), reference.metrics.error.unwrap());
        assert!(far < 1e-8, "{turn}: {far:e}");
    }
}

#[test]
fn the_boundary_rises_and_its_slope_is_its_slope() {
    let free = small().realize(7, 2).unwrap();
    let settings = Settings { tolerance: 1e-7, feasibility: 1e-9, ..Settings::default() };
    let floor = sensing_only(&free, &settings, &Interrupt::new()).unwrap().metrics.error.unwrap();
    let limits = limits_between(1.02 * floor, 2.5 * floor, 8);
    let points = boundary(&free, &limits, &settings, &Interrupt::new()).unwrap();
    assert_eq!(points.len(), 8);
    for pair in points.windows(2) {
        let (a, b) = (&pair[0].design.metrics, &pair[1].design.metrics);
        assert!(b.sum_rate_bps_hz >= a.sum_rate_bps_hz * (1.0 - 1e-7));
        assert!(b.slope.unwrap() <= a.slope.unwrap() * 1.05, "the boundary is about concave");
    }
    for point in &points {
        assert!(point.design.metrics.error.unwrap() <= point.max_error * (1.0 + 1e-9));
        assert!(point.design.metrics.aps.iter().all(|ap| ap.power <= 1.0 + 1e-12));
    }
    for index in [1, 4] {
        let point = &points[index];
        let h = 1e-3 * point.max_error;
        let at = |limit: f64| {
            let here = free.with_requirement(Requirement::MaxError(limit)).unwrap();
            let warm = Some(&point.design.variables);
            let none = Interrupt::new();
            noctule::cellfree::design_from(&here, &settings, warm, &none).unwrap().metrics
        };
        let (ahead, behind) = (at(point.max_error + h), at(point.max_error - h));
        let numeric = (ahead.sum_rate_bps_hz - behind.sum_rate_bps_hz) / (2.0 * h);
        let slope = point.design.metrics.slope.unwrap();
        assert!(relative(slope, numeric) < 1e-2, "{slope} {numeric}");
    }
}

#[test]
fn the_two_ends_enclose_the_boundary() {
    let free = small().realize(7, 3).unwrap();
    let ends = critical_points(&free, &Settings::default(), &Interrupt::new()).unwrap();
    let floor = ends.sensing_only.metrics.error.unwrap();
    assert!(ends.sensing_only.proof.is_global(1e-5));
    assert!(ends.at_smallest_error.metrics.error.unwrap() <= 1.001 * floor);
    let fastest = ends.communication_only.metrics.sum_rate_bps_hz;
    assert!(ends.at_smallest_error.metrics.sum_rate_bps_hz < fastest);
    let fast = &ends.at_largest_rate;
    assert!(fast.metrics.sum_rate_bps_hz >= 0.9999 * fastest * (1.0 - 1e-6));
    assert!(fast.metrics.error.unwrap() >= floor);
    // Asking for the rate first can only help sensing.
    assert!(fast.metrics.error.unwrap() <= ends.communication_only.metrics.error.unwrap() * 1.001);
}

#[test]
fn rate_under_error_and_error_under_rate_meet() {
    let instance = limited(&small(), 4, 1.4);
    let settings = Settings::default();
    let first = design(&instance, &settings).unwrap();
    let rate = first.metrics.sum_rate_bps_hz;
    let back = instance.with_requirement(Requirement::MinRate(rate)).unwrap();
    let second = design(&back, &settings).unwrap();
    assert!(second.metrics.sum_rate_bps_hz >= rate * (1.0 - 1e-6));
    let far = relative(second.metrics.error.unwrap(), first.metrics.error.unwrap());
    assert!(far < 1e-3, "{far:e}");
    let (a, b) = (first.metrics.slope.unwrap(), second.metrics.slope.unwrap());
    assert!(relative(a, b) < 2e-2, "{a} {b}");
    assert!(second.proof.bound.is_some());
}

#[test]
fn no_baseline_beats_us_under_the_same_requirement() {
    for trial in 0..3 {
        let instance = limited(&small(), trial, 1.5);
        let ours = design(&instance, &Settings::default()).unwrap();
        let other =
            majorisation(&instance, &MajorisationSettings::default(), &Interrupt::new()).unwrap();
        assert!(verify(&instance, &other.variables).unwrap().violation <= 1e-6);
        let (a, b) = (ours.metrics.sum_rate_bps_hz, other.metrics.sum_rate_bps_hz);
        assert!(a >= b * (1.0 - 1e-4), "trial {trial}: {a} {b}");
        assert_eq!(ours.stop, Stop::Converged);
        let free = instance.with_requirement(Requirement::None).unwrap();
        let fastest = design(&free, &Settings::default()).unwrap();
        let ascent = block_ascent(&free, &BlockSettings::default(), &Interrupt::new()).unwrap();
        let best = fastest.metrics.sum_rate_bps_hz;
        assert!(best >= ascent.metrics.sum_rate_bps_hz * (1.0 - 1e-3), "trial {trial}");
        assert!(best >= a * (1.0 - 1e-6));
        for scaling in [Scaling::Common, Scaling::PerAccessPoint] {
            for leftover in [Leftover::BestPattern, Leftover::Isotropic, Leftover::Unused] {
                let settings = LinearSettings { scaling, leftover };
                for found in [mrt(&instance, &settings), zero_forcing(&instance, &settings)] {
                    let found = found.unwrap();
                    assert!(found.metrics.sum_rate_bps_hz <= best * (1.0 + 1e-9));
                    let witness = verify(&instance, &found.variables).unwrap();
                    assert!(witness.mismatch(&found.metrics) < 1e-10);
                }
            }
        }
    }
}

#[test]
fn updating_all_at_once_is_not_monotone() {
    let settings = |order| BlockSettings {
        order,
        max_sweeps: 60,
        trace_rows: 100,
        ..BlockSettings::default()
    };
    let mut falls = [0, 0];
    for trial in 0..4 {
        let instance = Scenario::default().realize(1, trial).unwrap();
        for (index, order) in [Order::GaussSeidel, Order::Jacobi].into_iter().enumerate() {
            let found = block_ascent(&instance, &settings(order), &Interrupt::new()).unwrap();
            let rows = found.trace.rows();
            falls[index] +=
                rows.windows(2).filter(|w| w[1].value > w[0].value * (1.0 - 1e-9)).count();
        }
    }
    assert_eq!(falls[0], 0);
    assert!(falls[1] > 0);
}

#[test]
fn certified_designs_lie_below_their_bound() {
    let instance = limited(&small(), 5, 1.3);
    let settings = Settings { certify_nodes: 60, ..Settings::default() };
    let found = design(&instance, &settings).unwrap();
    let bound = found.proof.bound.clone().unwrap();
    assert!(bound.value >= found.metrics.sum_rate_bps_hz && bound.gap_rel < 0.3);
    // More nodes never loosen it.
    let more = Settings { certify_nodes: 240, ..settings };
    let tighter = design(&instance, &more).unwrap().proof.bound.unwrap();
    assert!(tighter.value <= bound.value * (1.0 + 1e-12));
}

/// Two nearly parallel users of very different strength at one access point, with an estimation error
/// far above the noise: most regions have their optimum at less than full power, which a start at the
/// design (full power, one user silent) must find.
#[test]
fn branch_and_bound_does_not_stick_at_full_power() {
    let scenario = Scenario { aps: 1, antennas: 4, users: 2, targets: 1, ..Scenario::default() };
    let mut parts = scenario.realize(1, 0).unwrap().parts().clone();
    let entries = [
        [(10.515, 8.504), (-14.773, -2.881), (9.239, 10.845), (0.491, -9.996)],
        [(96.213, 67.389), (-98.413, -64.396), (78.545, 89.534), (-48.721, -94.705)],
    ];
    parts.channels = CMat::from_fn(4, 2, |i, k| C64::new(entries[k][i].0, entries[k][i].1));
    let block = CMat::from_fn(4, 4, |i, j| C64::from(if i == j { 149.0 } else { 0.0 }));
    parts.error = vec![Covariance::block_diagonal(vec![block]); 2];
    parts.power_over_noise = vec![1.0];
    let instance = Instance::new(parts).unwrap();
    let settings = Settings { certify_nodes: 150, certify_gap: 1e-3, ..Settings::default() };
    let bound = design(&instance, &settings).unwrap().proof.bound.unwrap();
    assert!(bound.gap_rel < 0.1, "{bound:?}");
}

#[test]
fn what_cannot_be_reached_is_certified() {
    let instance = limited(&small(), 6, 0.98);
    let found = design(&instance, &Settings::default()).unwrap();
    let certificate = found.proof.infeasible.as_ref().unwrap();
    assert!(certificate.reachable > certificate.required);
    assert!(relative(certificate.reachable * 0.98, certificate.required) < 1e-5);
    assert!(relative(found.metrics.error.unwrap(), certificate.reachable) < 1e-9);
    let fast = instance.with_requirement(Requirement::MinRate(1e4)).unwrap();
    let settings = Settings { starts: 1, ..Settings::default() };
    let found = design(&fast, &settings).unwrap();
    let certificate = found.proof.infeasible.as_ref().unwrap();
    assert!(certificate.reachable < certificate.required);
    assert!(found.starts.iter().all(Option::is_none));
    let nobody = Scenario { users: 0, requirement: RequirementSpec::MinRateBpsHz(1.0), ..small() };
    let found = design(&nobody.realize(1, 0).unwrap(), &settings).unwrap();
    assert_eq!(found.proof.infeasible.unwrap().reachable, 0.0);
}

#[test]
fn limits_of_zero_have_finite_numbers() {
    let instance = limited(&small(), 6, 1.3);
    let silent = instance.with_requirement(Requirement::MaxError(0.0)).unwrap();
    let found = design(&silent, &Settings::default()).unwrap();
    assert!(found.proof.infeasible.is_some());
    assert_eq!(found.proof.point, PointProof::None);
    let any = instance.with_requirement(Requirement::MinRate(0.0)).unwrap();
    let found = design(&any, &Settings::default()).unwrap();
    assert!(matches!(found.proof.point, PointProof::Stationary { residual } if residual < 1e-3));
    let best = sensing_only(&instance, &Settings::default(), &Interrupt::new()).unwrap();
    assert!(relative(found.metrics.error.unwrap(), best.metrics.error.unwrap()) < 1e-9);
}

#[test]
fn schemes_that_miss_the_requirement_do_not_claim_it() {
    let instance = limited(&small(), 6, 1.01);
    let once = Settings { starts: 1, ..Settings::default() };
    for found in [
        block_ascent(&instance, &BlockSettings::default(), &Interrupt::new()).unwrap(),
        rate_only(&instance, &once, None, &Interrupt::new()).unwrap(),
        mrt(&instance, &LinearSettings::default()).unwrap(),
    ] {
        assert!(verify(&instance, &found.variables).unwrap().violation > 1e-6);
        assert_eq!(found.proof.point, PointProof::None);
        assert!(found.warnings.iter().any(|w| w.contains("missed")), "{:?}", found.warnings);
    }
}

#[test]
fn instances_and_beams_survive_their_files() {
    let instance = limited(&small(), 7, 1.3);
    let arrays = instance.to_arrays();
    let back = Instance::from_arrays(arrays.clone(), None).unwrap();
    assert_eq!(back.to_arrays(), arrays);
    assert_eq!(back.requirement(), instance.requirement());
    let beams = random_beams(&instance, 1);
    let again = Beams::from_arrays(&beams.to_arrays()).unwrap();
    assert_eq!(again.data, beams.data);
    let (a, b) = (evaluate(&instance, &beams).unwrap(), evaluate(&back, &again).unwrap());
    assert!(relative(a.sum_rate_bps_hz, b.sum_rate_bps_hz) < 1e-12);
    // Dense covariances say the same.
    let mut dense = arrays;
    let order = instance.aps() * instance.antennas();
    let mut entries = Vec::new();
    for covariance in &instance.parts().error {
        let matrix = covariance.dense();
        entries.extend((0..order * order).map(|at| matrix[(at / order, at % order)]));
    }
    let (aps, n) = (instance.aps(), instance.antennas());
    let mut set = ArraySet::new();
    set.insert("error_covariance", Array::complex(vec![instance.users(), aps, n, aps, n], entries));
    let other = Instance::from_arrays(set, Some(&instance)).unwrap();
    let c = evaluate(&other, &beams).unwrap();
    assert!(relative(a.sum_rate_bps_hz, c.sum_rate_bps_hz) < 1e-9);
    dense.insert("power_over_noise", Array::list(vec![1.0, -1.0, 1.0]));
    let error = Instance::from_arrays(dense, None).unwrap_err();
    assert!(error.to_string().contains("power_over_noise[1]"), "{error}");
}

#[test]
fn bad_input_is_named() {
    let named = |scenario: Scenario, word: &str| match scenario.realize(1, 0) {
        Err(Error::Input(error)) => assert!(error.place.contains(word), "{error}"),
        other => panic!("{word}: {other:?}"),
    };
    named(Scenario { targets: 4, ..small() }, "targets");
    named(Scenario { antennas: 0, ..small() }, "antennas");
    named(Scenario { window_deg: f64::NAN, ..small() }, "window_deg");
    named(Scenario { grid_points: 5, ..small() }, "grid_points");
    named(Scenario { coherence_symbols: 1, ..small() }, "pilot_symbols");
    named(Scenario { area_km: -1.0, ..small() }, "area_km");
    let nothing = Scenario { targets: 0, requirement: RequirementSpec::MaxError(1.0), ..small() };
    named(nothing, "targets");
    let instance = small().realize(1, 0).unwrap();
    assert!(instance.with_requirement(Requirement::MaxError(f64::NAN)).is_err());
    let mut beams = Beams::silent(&instance);
    beams.data[(0, 0)] = C64::new(f64::NAN, 0.0);
    assert!(evaluate(&instance, &beams).is_err() && verify(&instance, &beams).is_err());
    for settings in [
        Settings { starts: 0, ..Settings::default() },
        Settings { tolerance: 0.0, ..Settings::default() },
        Settings { max_evaluations: 0, ..Settings::default() },
        Settings { sensing_beams: 0, ..Settings::default() },
    ] {
        assert!(design(&instance, &settings).is_err());
    }
}

#[test]
fn shared_pilots_make_local_zero_forcing_impossible() {
    // One access point, two users on one pilot: parallel estimates.
    let scenario = Scenario { aps: 1, users: 2, targets: 0, pilot_symbols: 1, ..small() };
    let instance = scenario.realize(1, 0).unwrap();
    let error = zero_forcing(&instance, &LinearSettings::default()).unwrap_err();
    assert!(error.to_string().contains("linearly dependent"), "{error}");
}

#[test]
fn edges_of_size() {
    let settings = Settings { starts: 1, ..Settings::default() };
    for scenario in [
        Scenario { users: 0, ..small() },
        Scenario { antennas: 1, ..small() },
        Scenario { aps: 2, users: 1, ..small() },
        Scenario { pilot_symbols: 10, ..small() },
        Scenario { layout: Layout::Cellular, ..small() },
        Scenario { estimator: EstimatorKind::Joint, reflection_gain_db: 110.0, ..small() },
        // Everything on one spot: distances count as the smallest of the model.
        Scenario {
            places: Places::Fixed(FixedPlaces {
                aps_km: vec![[0.5, 0.5]; 2],
                users_km: vec![[0.5, 0.5]],
                targets_km: vec![[0.5, 0.5]],
            }),
            ..small()
        },
    ] {
        let instance = limited(&scenario, 0, 1.3);
        let found = design(&instance, &settings).unwrap();
        let witness = verify(&instance, &found.variables).unwrap();
        assert!(witness.mismatch(&found.metrics) < 1e-9, "{scenario:?}");
        assert!(witness.violation < 1e-6, "{scenario:?}: {witness:?}");
    }
    let here = limited(
        &Scenario {
            places: Places::Fixed(FixedPlaces {
                aps_km: vec![[0.5, 0.5]; 2],
                users_km: vec![[0.5, 0.5]],
                targets_km: vec![[0.5, 0.5]],
            }),
            ..small()
        },
        0,
        1.3,
    );
    assert!(here.warnings().iter().any(|w| w.contains("distances below")));
}

/// Work is counted, not timed: a change that doubles it must be noticed.
#[test]
fn work_stays_within_its_budget() {
    let settings = Settings::default();
    let (mut rate, mut limit, mut pattern) = (0, 0, 0);
    for trial in 0..3 {
        let instance = limited(&Scenario::default(), trial, 1.3);
        limit += design(&instance, &settings).unwrap().work.evaluations;
        pattern += sensing_only(&instance, &settings, &Interrupt::new()).unwrap().work.evaluations;
        let free = instance.with_requirement(Requirement::None).unwrap();
        rate += design(&free, &settings).unwrap().work.evaluations;
    }
    assert!(rate <= 12_000, "largest rate: {rate}");
    assert!(limit <= 15_000, "rate under an error: {limit}");
    assert!(pattern <= 4_000, "best patterns: {pattern}");
}

#[test]
fn many_access_points_run() {
    let scenario = Scenario { aps: 64, antennas: 4, targets: 8, users: 8, ..Scenario::default() };
    let instance = limited(&scenario, 0, 1.3);
    let settings = Settings { starts: 1, tolerance: 1e-4, ..Settings::default() };
    let found = design(&instance, &settings).unwrap();
    assert!(
        found.metrics.error.unwrap()
            <= match instance.requirement() {
                Requirement::MaxError(limit) => limit,
                _ => 0.0,
            }
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// The model and the witness agree at any beams, also with strong reflections and joint
    /// estimation, and rates only fall when covariances grow.
    #[test]
    fn two_ways_to_the_same_numbers(
        seed in 0_u64..1000, aps in 2_usize..4, antennas in 1_usize..5, users in 1_usize..4,
        gain in 0.0_f64..120.0, joint in any::<bool>(),
    ) {
        let estimator = if joint { EstimatorKind::Joint } else { EstimatorKind::PerAccessPoint };
        let scenario = Scenario {
            aps, antennas, users, targets: 2, pilot_symbols: 2, reflection_gain_db: gain, estimator,
            ..Scenario::default()
        };
        let instance = scenario.realize(seed, 0).unwrap();
        let beams = random_beams(&instance, seed);
        let metrics = evaluate(&instance, &beams).unwrap();
        let witness = verify(&instance, &beams).unwrap();
        prop_assert!(witness.mismatch(&metrics) < 1e-9);
        let mut parts = instance.parts().clone();
        parts.error.iter_mut().for_each(|c| c.scale(2.0));
        let worse = evaluate(&Instance::new(parts).unwrap(), &beams).unwrap();
        prop_assert!(worse.sum_rate_bps_hz <= metrics.sum_rate_bps_hz * (1.0 + 1e-9));
    }

    /// No array, however wrong, makes a panic.
    #[test]
    fn damaged_arrays_are_refused_or_used(
        which in 0_usize..9, length in 0_usize..40, value in prop::num::f64::ANY,
    ) {
        let instance = small().realize(1, 0).unwrap();
        let names = ["channels", "error_blocks", "power_over_noise", "sensing_ap", "target_rad",
            "window_rad", "grid_points", "spacing", "max_error"];
        let mut set = instance.to_arrays();
        let shape = if length == 0 { Vec::new() } else { vec![length] };
        let entries = noctule::data::Entries::Real(vec![value; length.max(1)]);
        set.insert(names[which], Array { shape, entries });
        if let Ok(instance) = Instance::from_arrays(set, None) {
            let metrics = evaluate(&instance, &random_beams(&instance, 1)).unwrap();
            prop_assert!(metrics.sum_rate_bps_hz.is_finite());
        }
    }
}
