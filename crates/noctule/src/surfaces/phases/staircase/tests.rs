//! Staircases against what phases reach.

use super::super::curve::tests::direct;
use super::*;
use noctule_num::C64;
use noctule_num::rng::{StreamKey, uniform};

/// Alternating ascent from random phases never leaves the outer curve: 10 000 starts, or
/// as many as `NOCTULE_STARTS` says.
#[test]
fn no_start_climbs_over_the_outer_curve() {
    let starts: usize =
        std::env::var("NOCTULE_STARTS").ok().and_then(|s| s.parse().ok()).unwrap_or(10_000);
    let curves = [
        (8, 0.3),
        (8, 2.9),
        (16, 0.05),
        (16, 1.0),
        (32, 0.64),
        (32, 2.45),
        (33, 1.1),
        (50, 0.02),
        (64, 0.25),
        (64, 3.1),
        (100, -0.69),
        (106, 0.94),
        (199, 0.456),
        (200, 1.9),
    ];
    let mut rng = StreamKey::new(1, "test", "ascent", 0).trial(0);
    for (n, step) in curves {
        let curve = Curve::new(n, step);
        let stairs = Staircase::new(&curve, Resolution::default());
        assert!(stairs.user.windows(2).all(|w| w[0] <= w[1]));
        assert!(stairs.target.windows(2).all(|w| w[0] >= w[1]));
        for _ in 0..starts.div_ceil(curves.len()) {
            let mut v: Vec<C64> =
                (0..n).map(|_| C64::from_polar(1.0, uniform(&mut rng, 0.0, 2.0 * PI))).collect();
            let blend = uniform(&mut rng, 0.0, FRAC_PI_2);
            let e: Vec<C64> = (0..n)
                .map(|i| C64::from_polar(1.0, step * (i as f64 - (n as f64 - 1.0) / 2.0)))
                .collect();
            for _ in 0..60 {
                let z: C64 = v.iter().sum();
                let y: C64 = v.iter().zip(&e).map(|(v, e)| v * e).sum();
                let (z, y) = (z / z.norm().max(1e-300), y / y.norm().max(1e-300));
                for (v, e) in v.iter_mut().zip(&e) {
                    let aim = z * blend.sin() + y * e.conj() * blend.cos();
                    if aim.norm() > 1e-12 {
                        *v = aim / aim.norm();
                    }
                }
            }
            let (z, y) = direct(n, step, &v);
            let limit = stairs.target_at(z * (1.0 - 1e-12));
            assert!(y <= limit * (1.0 + 1e-12), "{n} {step}: {z} {y} {limit}");
        }
    }
}

/// What is hidden by others leaves no trace.
#[test]
fn hidden_envelopes_lower_nothing() {
    let mut rng = StreamKey::new(1, "test", "hidden", 0).trial(0);
    for trial in 0..60 {
        let n = 1 + (uniform(&mut rng, 0.0, 18.0).powi(2) as usize);
        let step = match trial % 4 {
            0 => uniform(&mut rng, 0.0, PI),
            1 => PI * 10_f64.powf(uniform(&mut rng, -6.0, 0.0)),
            // nearly apart: a zero of the array's pattern
            2 => 2.0 * PI / n as f64 * (1.0 + uniform(&mut rng, -1e-3, 1e-3)),
            _ => PI - 10_f64.powf(uniform(&mut rng, -6.0, 0.0)),
        };
        let (curve, resolution) = (Curve::new(n, step), Resolution::default());
        let all = Staircase::made(&curve, resolution, f64::INFINITY);
        let some = Staircase::made(&curve, resolution, HIDDEN);
        assert_eq!((&some.user, some.phases), (&all.user, all.phases), "{n} {step}");
        // Near π lines coincide, and which of them a walk ends at is up to rounding.
        let rounding = 1e-14 * (n * n) as f64;
        for (cell, (some, all)) in some.target.iter().zip(&all.target).enumerate() {
            assert!((some - all).abs() <= rounding, "{n} {step} {cell}: {some} {all}");
        }
    }
}

/// The gap between what blends reach and the staircase is what the grids allow, and about the
/// pull of one element at 45°, where phases between two blends are not blends.
#[test]
fn inner_and_outer_curves_meet() {
    for (n, step) in [(16, 0.3), (32, 0.64), (64, 2.0), (199, 0.456)] {
        let curve = Curve::new(n, step);
        let stairs = Staircase::new(&curve, Resolution::default());
        let inner = curve.frontier(400, 65);
        for point in inner.iter().step_by(7) {
            let limit = stairs.target_at(point.user);
            let gap = (limit - point.target) / n as f64;
            assert!((-1e-12..5e-3).contains(&gap), "{n} {step} {point:?} {limit}");
        }
    }
}
