//! What must hold of cell-free designs whatever the numbers: invariances, monotone boundaries,
//! bounds, certificates, and refusals.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::float_cmp)]

mod bounds;
mod common;
mod edges;
mod invariances;

use noctule::cellfree::baselines::{
    BlockSettings, Leftover, LinearSettings, MajorisationSettings, Order, Scaling, block_ascent,
    majorisation, mrt, zero_forcing,
};
use noctule::cellfree::boundary::limits_between;
use noctule::cellfree::{
    EstimatorKind, Instance, Requirement, Scenario, SensingSettings, Settings, boundary,
    critical_points, design, evaluate, sensing_only, verify,
};
use noctule::data::Array;
use noctule::{Run, Stop};
use proptest::prelude::*;

use crate::common::{limited, random_beams, relative, small};

#[test]
fn the_boundary_rises_and_its_slope_is_its_slope() {
    let free = small().realize(7, 2).unwrap();
    let settings = Settings { tolerance: 1e-7, feasibility: 1e-9, ..Settings::default() };
    let floor = sensing_only(&free, &SensingSettings::default(), &Run::default())
        .unwrap()
        .metrics
        .error
        .unwrap();
    let limits = limits_between(1.02 * floor, 2.5 * floor, 8);
    let points = boundary(&free, &limits, &settings, &Run::default()).unwrap();
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
            let warm = Run::default().from(Some(&point.design.variables));
            noctule::cellfree::design_from(&here, &settings, &warm).unwrap().metrics
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
    let ends = critical_points(&free, &Settings::default(), &Run::default()).unwrap();
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
            majorisation(&instance, &MajorisationSettings::default(), &Run::default()).unwrap();
        assert!(verify(&instance, &other.variables).unwrap().violation <= 1e-6);
        let (a, b) = (ours.metrics.sum_rate_bps_hz, other.metrics.sum_rate_bps_hz);
        assert!(a >= b * (1.0 - 1e-4), "trial {trial}: {a} {b}");
        assert_eq!(ours.stop, Stop::Converged);
        let free = instance.with_requirement(Requirement::None).unwrap();
        let fastest = design(&free, &Settings::default()).unwrap();
        let ascent = block_ascent(&free, &BlockSettings::default(), &Run::default()).unwrap();
        let best = fastest.metrics.sum_rate_bps_hz;
        assert!(best >= ascent.metrics.sum_rate_bps_hz * (1.0 - 1e-3), "trial {trial}");
        assert!(best >= a * (1.0 - 1e-6));
        for scaling in [Scaling::Common, Scaling::PerAccessPoint] {
            for leftover in [Leftover::BestPattern, Leftover::Isotropic, Leftover::Unused] {
                let settings = LinearSettings { scaling, leftover };
                for found in [
                    mrt(&instance, &settings, &Run::default()),
                    zero_forcing(&instance, &settings, &Run::default()),
                ] {
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
            let found = block_ascent(&instance, &settings(order), &Run::default()).unwrap();
            let rows = found.trace.rows();
            falls[index] +=
                rows.windows(2).filter(|w| w[1].value > w[0].value * (1.0 - 1e-9)).count();
        }
    }
    assert_eq!(falls[0], 0);
    assert!(falls[1] > 0);
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
