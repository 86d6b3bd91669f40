//! What cell-free designs may claim, what instances must be, and what rates are on average.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::float_cmp)]

use noctule::cellfree::baselines::{
    BlockSettings, MajorisationSettings, block_ascent, majorisation,
};
use noctule::cellfree::boundary::limits_between;
use noctule::cellfree::{
    Beams, EstimatorKind, FixedPlaces, Instance, Parts, Places, Requirement, RequirementSpec,
    Scenario, SensingSettings, Settings, boundary, design, design_from, ergodic_rate, evaluate,
    sensing_only, verify,
};
use noctule::data::{Array, ArraySet};
use noctule::{C64, CMat, Certify, Error, Interrupt, PointProof, Run, Stop};
use noctule_num::linalg::{Op, product};
use noctule_num::rng::{StreamKey, complex_normal};
use noctule_phy::aggregated::{Covariance, Estimator, estimate};

fn small() -> Scenario {
    Scenario { aps: 3, antennas: 4, users: 3, targets: 2, pilot_symbols: 2, ..Scenario::default() }
}

fn limited(scenario: &Scenario, trial: u64, factor: f64) -> Instance {
    Scenario { requirement: RequirementSpec::ErrorOverBest(factor), ..scenario.clone() }
        .realize(7, trial)
        .unwrap()
}

/// `aps` access points of `antennas` antennas, power one, nothing sensed.
fn bare(antennas: usize, channels: CMat, error: Vec<Covariance>) -> Result<Instance, Error> {
    let aps = channels.rows() / antennas;
    Instance::new(Parts {
        antennas,
        channels,
        error,
        power_over_noise: vec![1.0; aps],
        targets_rad: vec![Vec::new(); aps],
        window_rad: 0.2,
        grid_points: 181,
        spacing: 0.5,
        requirement: Requirement::None,
        payload_symbols: 1.0,
    })
}

fn refusal(result: Result<Instance, Error>) -> (String, String) {
    match result {
        Err(Error::Input(error)) => (error.what.clone(), error.place.clone()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_covariance_that_is_indefinite_across_access_points_is_refused() {
    // Each block is 1, the whole has the eigenvalues 6 and −4.
    let dense = CMat::from_fn(2, 2, |i, j| C64::from(if i == j { 1.0 } else { 5.0 }));
    let channels = CMat::from_fn(2, 1, |_, _| C64::ONE);
    let error = Covariance::from_dense(&dense, 1).unwrap();
    let (what, place) = refusal(bare(1, channels, vec![error]));
    assert!(what.contains("not positive semidefinite"), "{what}");
    assert_eq!(place, "error_covariance[0]");

    // The same as the covariance of a channel, from arrays.
    let base = Scenario { aps: 2, antennas: 1, users: 1, targets: 0, ..Scenario::default() };
    let base = base.realize(1, 0).unwrap();
    let mut set = ArraySet::new();
    let entries = dense.as_slice().to_vec();
    set.insert("channel_covariance", Array::complex(vec![1, 2, 1, 2, 1], entries));
    set.insert("pilot_group", Array::list(vec![0.0]));
    set.insert("pilot_energy", Array::number(1.0));
    let (what, place) = refusal(Instance::from_arrays(set, Some(&base)));
    assert!(what.contains("not positive semidefinite"), "{what}");
    assert_eq!(place, "channel_covariance[0]");
}

#[test]
fn covariances_are_accepted_down_to_rounding() {
    let mut rng = StreamKey::new(1, "test", "spectrum", 0).trial(0);
    for round in 0..20 {
        // A random basis, and a spectrum that ends at `smallest`.
        let order = 6;
        let raw = CMat::from_fn(order, order, |_, _| complex_normal(&mut rng, 1.0));
        let gram = product(&raw, Op::Plain, &raw, Op::Adjoint);
        let mut eigen = noctule_num::linalg::HermitianEigen::new(order);
        eigen.compute(&gram).unwrap();
        let made = |smallest: f64| {
            let turned = CMat::from_fn(order, order, |i, j| {
                let value = if j == 0 { smallest } else { j as f64 };
                eigen.vectors()[(i, j)] * value
            });
            let dense = product(&turned, Op::Plain, eigen.vectors(), Op::Adjoint);
            let error = Covariance::from_dense(&dense, 2).unwrap();
            bare(2, CMat::from_fn(order, 1, |_, _| C64::ONE), vec![error])
        };
        assert!(made(1e-3).is_ok(), "{round}");
        assert!(made(0.0).is_ok(), "{round}");
        assert!(made(-1e-6).is_err(), "{round}");
    }
}

#[test]
fn nobody_served_is_no_answer_to_a_required_rate() {
    let instance = limited(&small(), 6, 1.3);
    let fast = instance.with_requirement(Requirement::MinRate(30.0)).unwrap();
    let found = sensing_only(&fast, &SensingSettings::default(), &Run::default()).unwrap();
    assert_eq!(found.proof.point, PointProof::None);
    assert!(!found.proof.is_global(1.0));
    assert!(found.warnings.iter().any(|w| w.contains("missed")), "{:?}", found.warnings);
    // Where it does what is required, it is proven.
    let found = sensing_only(&instance, &SensingSettings::default(), &Run::default()).unwrap();
    assert!(found.proof.is_global(1e-5) && found.proof.residual().is_some());
    let tight = limited(&small(), 6, 0.9);
    let found = sensing_only(&tight, &SensingSettings::default(), &Run::default()).unwrap();
    assert_eq!(found.proof.point, PointProof::None);
}

#[test]
fn methods_stop_when_they_are_told() {
    let instance = limited(&small(), 1, 1.3);
    let free = instance.with_requirement(Requirement::None).unwrap();
    let raised = Interrupt::new();
    raised.raise();
    let told = Run::new(&raised);
    let settings = Settings::default();
    for found in [
        sensing_only(&instance, &SensingSettings::default(), &told).unwrap(),
        block_ascent(&free, &BlockSettings::default(), &told).unwrap(),
        majorisation(&instance, &MajorisationSettings::default(), &told).unwrap(),
        design_from(&instance, &settings, &told).unwrap(),
        design_from(&free, &settings, &told).unwrap(),
    ] {
        assert_eq!(found.stop, Stop::Interrupted);
    }
}

#[test]
fn every_start_that_meets_the_limit_has_its_value() {
    for trial in 0..6 {
        let instance = limited(&small(), trial, 1.3);
        let found = design(&instance, &Settings::default()).unwrap();
        // Three, and the beams of the largest rate.
        assert_eq!(found.starts.len(), 4);
        assert!(found.starts.iter().all(Option::is_some), "{:?}", found.starts);
    }
}

#[test]
fn branch_and_bound_improves_designs_under_a_limit() {
    // A drop whose only start ends in a local optimum, at 8.288 bit/s/Hz.
    let (trial, least) = (20, 8.3147);
    let scenario = Scenario { aps: 2, antennas: 2, users: 3, targets: 1, ..small() };
    let instance = limited(&scenario, trial, 1.5);
    let once = Settings { starts: 1, ..Settings::default() };
    let plain = design(&instance, &once).unwrap();
    assert!(plain.metrics.sum_rate_bps_hz < 0.999 * least, "{:?}", plain.metrics);
    let found =
        design(&instance, &Settings { certify: Certify::YES.with_nodes(60).within(1e-2), ..once })
            .unwrap();
    assert!(found.metrics.sum_rate_bps_hz >= least, "{:?}", found.metrics);
    assert!(verify(&instance, &found.variables).unwrap().violation <= 1e-6);
    assert_eq!(found.starts.len(), 2);
    assert!(found.metrics.slope.is_some() && found.proof.residual().is_some());
    let bound = found.proof.bound.unwrap();
    assert!(bound.value >= found.metrics.sum_rate_bps_hz && bound.gap_rel < 0.01);
}

#[test]
fn no_looser_limit_is_left_with_less() {
    // Too few evaluations to converge: points miss their limits, and searches end anywhere.
    let mut fallen = 0;
    let budgets = (0..10).flat_map(|trial| [5, 10, 20, 40, 80].map(|most| (trial, most)));
    for (trial, max_evaluations) in budgets {
        let free = small().realize(7, trial).unwrap();
        let settings = Settings { max_evaluations, starts: 1, ..Settings::default() };
        let best = sensing_only(&free, &SensingSettings::default(), &Run::default()).unwrap();
        let floor = best.metrics.error.unwrap();
        let limits = limits_between(1.02 * floor, 2.5 * floor, 8);
        let points = boundary(&free, &limits, &settings, &Run::default()).unwrap();
        let mut most = 0.0;
        for point in &points {
            let metrics = &point.design.metrics;
            let feasible = metrics.error.unwrap() <= point.max_error * (1.0 + 1e-6);
            assert_eq!(feasible, point.design.proof.point != PointProof::None);
            if most > 0.0 {
                assert!(feasible, "a looser limit is met where a tighter one is");
            }
            if feasible {
                let rate = metrics.sum_rate_bps_hz;
                assert!(rate >= most * (1.0 - 1e-9), "{rate} {most}");
                most = rate;
            }
            if point.design.warnings.iter().any(|w| w.contains("tighter limit")) {
                assert!(metrics.slope.is_none() && point.design.proof.residual().is_none());
                fallen += 1;
            }
        }
    }
    assert!(fallen > 0, "some points have the beams of a tighter limit");
}

#[test]
fn settings_out_of_range_are_refused() {
    let instance = limited(&small(), 0, 1.3);
    let majorised =
        |settings: MajorisationSettings| majorisation(&instance, &settings, &Run::default());
    let standard = MajorisationSettings::default();
    assert!(majorised(MajorisationSettings { tolerance: f64::NAN, ..standard }).is_err());
    assert!(majorised(MajorisationSettings { sensing_beams: 0, ..standard }).is_err());
    assert!(majorised(MajorisationSettings { sensing_beams: 1 << 40, ..standard }).is_err());
    assert!(majorised(MajorisationSettings { max_steps: 0, ..standard }).is_err());
    let standard = BlockSettings::default();
    let ascent = |settings: BlockSettings| block_ascent(&instance, &settings, &Run::default());
    assert!(ascent(BlockSettings { tolerance: f64::NAN, ..standard }).is_err());
    assert!(ascent(BlockSettings { trace_rows: usize::MAX, ..standard }).is_err());
}

#[test]
fn antennas_are_not_made_up() {
    let fixed = FixedPlaces {
        aps_km: vec![[0.1, 0.1], [0.2, 0.5], [1.0, 0.3]],
        users_km: vec![[0.5, 0.5]],
        targets_km: Vec::new(),
    };
    let places = Places::Fixed(fixed);
    let scenario =
        Scenario { aps: 1, total_antennas: Some(2), places, targets: 0, ..Scenario::default() };
    let (_, place) = refusal(scenario.realize(1, 0));
    assert_eq!(place, "total_antennas");
}

/// `∫ log₂(1 + x t) e⁻ᵗ dt` by the trapezoidal rule in ln t.
fn rayleigh_rate(x: f64) -> f64 {
    let h = 1e-3;
    (-30_000..6_000)
        .map(|i| {
            let t = (f64::from(i) * h).exp();
            (1.0 + x * t).log2() * (-t).exp() * t * h
        })
        .sum()
}

#[test]
fn without_an_estimate_the_ergodic_rate_is_that_of_rayleigh_fading() {
    // Nothing is known of the channel, so that the bound is zero.
    let spread = 3.0;
    let block = CMat::from_fn(1, 1, |_, _| C64::from(spread));
    let error = vec![Covariance::block_diagonal(vec![block])];
    let instance = bare(1, CMat::zeros(1, 1), error).unwrap();
    let mut beams = Beams::silent(&instance);
    beams.data[(0, 0)] = C64::from(0.8);
    assert_eq!(evaluate(&instance, &beams).unwrap().sum_rate_bps_hz, 0.0);
    let found = ergodic_rate(&instance, &beams, 40_000, 1).unwrap();
    let expected = rayleigh_rate(0.64 * spread);
    let far = (found.sum_rate_bps_hz - expected).abs() / found.standard_error;
    assert!(far < 4.0 && found.standard_error < 0.01, "{found:?} {expected}");
    assert!(ergodic_rate(&instance, &beams, 1, 1).is_err());
}

#[test]
fn without_errors_the_ergodic_rate_is_the_rate() {
    let mut parts = limited(&small(), 2, 1.3).parts().clone();
    parts.error.iter_mut().for_each(|error| error.scale(0.0));
    let instance = Instance::new(parts).unwrap();
    let beams = design(&instance, &Settings { starts: 1, ..Settings::default() }).unwrap();
    let found = ergodic_rate(&instance, &beams.variables, 3, 1).unwrap();
    let rate = beams.metrics.sum_rate_bps_hz;
    assert!((found.sum_rate_bps_hz / rate - 1.0).abs() < 1e-12 && found.standard_error < 1e-9);
}

/// The whole chain against a simulation that knows nothing of error covariances: channels, pilots,
/// estimates, beams that follow the estimates, and the rates that the true channels give.
#[test]
fn errors_around_estimates_are_as_the_channels_themselves() {
    let (n, users, energy) = (2, 2, 2.0);
    let gains = [1.0, 0.6];
    let covariances: Vec<Covariance> = gains
        .iter()
        .map(|gain| {
            let mut block = CMat::identity(n);
            block.scale(*gain);
            Covariance::block_diagonal(vec![block])
        })
        .collect();
    // Both users on one pilot.
    let estimators =
        estimate(&covariances, &[vec![0, 1]], energy, Estimator::PerAccessPoint).unwrap();
    let (mut direct, mut simulated) = (Vec::new(), Vec::new());
    for trial in 0..3000 {
        let mut rng = StreamKey::new(5, "test", "chain", 0).trial(trial);
        let h = CMat::from_fn(n, users, |_, k| complex_normal(&mut rng, gains[k]));
        let y: Vec<C64> = (0..n)
            .map(|i| (h[(i, 0)] + h[(i, 1)]) * f64::sqrt(energy) + complex_normal(&mut rng, 1.0))
            .collect();
        let mut channels = CMat::zeros(n, users);
        for (k, estimator) in estimators.iter().enumerate() {
            channels.col_mut(k).copy_from_slice(&estimator.apply(&y));
        }
        let error = estimators.iter().map(|e| e.error.clone()).collect();
        let instance = bare(n, channels.clone(), error).unwrap();
        let mut beams = Beams::silent(&instance);
        // The first user's beam follows the estimate, the second's is turned away from it.
        for i in 0..n {
            beams.data[(i, 0)] = channels[(i, 0)] * 0.5;
            beams.data[(i, 1)] = channels[(1 - i, 1)].conj() * if i == 0 { 0.5 } else { -0.5 };
        }
        let meet = |k: usize, j: usize| -> f64 {
            let sum: C64 = (0..n).map(|i| h[(i, k)].conj() * beams.data[(i, j)]).sum();
            sum.norm_sqr()
        };
        let rate: f64 =
            (0..users).map(|k| (1.0 + meet(k, k) / (1.0 + meet(k, 1 - k))).log2()).sum();
        direct.push(rate);
        let seed = 1000 + trial;
        simulated.push(ergodic_rate(&instance, &beams, 4, seed).unwrap().sum_rate_bps_hz);
    }
    let mean = |x: &[f64]| x.iter().sum::<f64>() / x.len() as f64;
    let difference: Vec<f64> = direct.iter().zip(&simulated).map(|(a, b)| a - b).collect();
    let (middle, count) = (mean(&difference), difference.len() as f64);
    let spread = difference.iter().map(|d| (d - middle).powi(2)).sum::<f64>() / (count - 1.0);
    let error = (spread / count).sqrt();
    assert!(middle.abs() < 4.0 * error && error < 0.02 * mean(&direct), "{middle} {error}");
}

/// The numbers of `docs/errata.md#cellfree-e17`, and that no simulated rate lies below its bound.
#[test]
fn the_rate_is_a_lower_bound_of_the_ergodic_rate() {
    let reflecting = Scenario { reflection_gain_db: 115.0, ..small() };
    let joint = Scenario { estimator: EstimatorKind::Joint, ..reflecting.clone() };
    for (scenario, bound, simulated) in [
        (small(), 12.472, 12.806),
        (Scenario { pilot_symbols: 1, ..small() }, 8.288, 10.419),
        (reflecting, 12.057, 12.463),
        (joint, 12.095, 12.508),
        (Scenario::default(), 41.402, 42.857),
    ] {
        let instance = limited(&scenario, 0, 1.3);
        let design = design(&instance, &Settings { starts: 1, ..Settings::default() }).unwrap();
        let rate = design.metrics.sum_rate_bps_hz;
        assert!((rate - bound).abs() < 1e-3 * bound, "{rate} {bound}");
        let found = ergodic_rate(&instance, &design.variables, 2000, 2).unwrap();
        let error = found.standard_error;
        assert!(found.sum_rate_bps_hz > rate + 4.0 * error, "{found:?}");
        assert!((found.sum_rate_bps_hz - simulated).abs() < 5.0 * error, "{found:?}");
        for (k, simulated) in found.rate_bps_hz.iter().enumerate() {
            assert!(*simulated > 0.99 * design.metrics.rate_bps_hz[k], "user {k}: {found:?}");
        }
    }
}

/// "Converged" is about the climb: that the gap asked for is open is said beside it.
#[test]
fn a_gap_that_stays_open_is_said() {
    let instance = small().realize(3, 0).unwrap();
    for (certify, open) in [
        (Certify::YES.with_nodes(1).within(1e-9), true),
        (Certify::YES.with_nodes(1).within(0.999), false),
        (Certify::No, false),
    ] {
        let design = design(&instance, &Settings { certify, ..Settings::default() }).unwrap();
        let said = design.warnings.iter().any(|warning| warning.contains("leaves a gap"));
        assert_eq!(said, open, "{certify:?}: {:?} {:?}", design.proof.bound, design.warnings);
    }
}
