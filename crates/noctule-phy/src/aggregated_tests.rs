//! The closed forms against the model they summarise, and against dense linear algebra.

use super::*;
use noctule_num::linalg::HermitianEigen;
use noctule_num::rng::{ChaCha8Rng, StreamKey, complex_normal, normal, uniform};

use crate::beampattern::steering;

fn scene(users: usize, aps: usize, targets: usize, n: usize) -> AggregatedScene {
    let mut rng = StreamKey::new(2, "test", "aggregated", 0).trial(0);
    let mut table = |rows: usize, cols: usize| -> Vec<Vec<f64>> {
        (0..rows).map(|_| (0..cols).map(|_| uniform(&mut rng, 0.4, 1.0)).collect()).collect()
    };
    let (direct, target_ap, user_target) =
        (table(users, aps), table(targets, aps), table(users, targets));
    let steering = (0..targets)
        .map(|_| (0..aps).map(|_| steering(n, 0.5, uniform(&mut rng, -1.2, 1.2))).collect())
        .collect();
    AggregatedScene {
        antennas: n,
        direct,
        target_ap,
        user_target,
        steering,
        reflection: vec![0.8; targets],
        target_ap_variance: 0.1,
        user_target_variance: 0.15,
        steering_variance: 0.3,
    }
}

fn distance(a: &CMat, b: &CMat) -> f64 {
    let difference = CMat::from_fn(a.rows(), a.cols(), |i, j| a[(i, j)] - b[(i, j)]);
    difference.norm() / b.norm()
}

/// Θ from dense matrices, as the propositions say it.
fn dense_error(
    phi: &[CMat],
    group: &[usize],
    user: usize,
    energy: f64,
    n: usize,
    joint: bool,
) -> CMat {
    let order = phi[user].rows();
    let mut received = CMat::identity(order);
    for &other in group {
        for (r, p) in received.as_mut_slice().iter_mut().zip(phi[other].as_slice()) {
            *r += p * energy;
        }
    }
    let masked = |a: &CMat| {
        CMat::from_fn(
            order,
            order,
            |i, j| {
                if joint || i / n == j / n { a[(i, j)] } else { C64::ZERO }
            },
        )
    };
    let mut cholesky = Cholesky::new(order);
    cholesky.factor(&masked(&received), "test").unwrap();
    let mut filter = masked(&phi[user]);
    filter.scale(energy.sqrt());
    cholesky.solve_in_place(&mut filter);
    let c = filter.adjoint();
    let cross = product(&phi[user], Op::Plain, &c, Op::Adjoint);
    let through = sandwich(&c, &received, 1.0);
    CMat::from_fn(order, order, |i, j| {
        phi[user][(i, j)] - (cross[(i, j)] + cross[(j, i)].conj()) * energy.sqrt() + through[(i, j)]
    })
}

#[test]
fn structured_errors_are_the_dense_ones() {
    let scene = scene(4, 3, 2, 3);
    let phi = scene.channel_covariances();
    let dense: Vec<CMat> = phi.iter().map(Covariance::dense).collect();
    let groups = [vec![0], vec![1, 2, 3]];
    for (estimator, joint) in [(Estimator::PerAccessPoint, false), (Estimator::Joint, true)] {
        let estimates = estimate(&phi, &groups, 4.0, estimator).unwrap();
        for group in &groups {
            for &user in group {
                let expected = dense_error(&dense, group, user, 4.0, 3, joint);
                let found = estimates[user].error.dense();
                assert!(distance(&found, &expected) < 1e-12, "{estimator:?} {user}");
                let mut eigen = HermitianEigen::new(9);
                eigen.compute(&found).unwrap();
                assert!(eigen.min() > 0.0);
            }
        }
    }
}

#[test]
fn a_dense_covariance_survives_the_split() {
    let phi = scene(1, 3, 2, 3).channel_covariances();
    let dense = phi[0].dense();
    let split = Covariance::from_dense(&dense, 3).unwrap();
    assert!(distance(&split.dense(), &dense) < 1e-13);
    let x: Vec<C64> = (0..9).map(|i| C64::new(i as f64, 1.0)).collect();
    for (a, b) in split.apply(&x).iter().zip(phi[0].apply(&x)) {
        assert!((a - b).norm() < 1e-11);
    }
    assert!(Covariance::from_dense(&dense, 4).is_err());
}

/// A random positive definite matrix, of which every block beside the diagonal is filled.
fn definite(rng: &mut ChaCha8Rng, order: usize, rank: usize, floor: f64) -> CMat {
    let half = CMat::from_fn(order, rank, |_, _| complex_normal(rng, 1.0));
    let mut out = product(&half, Op::Plain, &half, Op::Adjoint);
    for i in 0..order {
        out[(i, i)] += C64::from(floor);
    }
    out
}

#[test]
fn campaign_covariances_of_ones_own_are_estimated_as_dense_matrices_are() {
    let effort: u64 =
        std::env::var("NOCTULE_EFFORT").ok().and_then(|s| s.parse().ok()).unwrap_or(1);
    let mut rng = StreamKey::new(6, "test", "dense", 0).trial(0);
    for case in 0..100 * effort {
        let count = |rng: &mut ChaCha8Rng, most: f64| 1 + uniform(rng, 0.0, most) as usize;
        let (aps, n, users) = (count(&mut rng, 4.0), count(&mut rng, 3.0), count(&mut rng, 3.0));
        let order = aps * n;
        let energy = 10_f64.powf(uniform(&mut rng, -3.0, 3.0));
        let dense: Vec<CMat> = (0..users)
            .map(|_| {
                let rank = count(&mut rng, order as f64);
                let floor = if case % 3 == 0 { 0.0 } else { uniform(&mut rng, 0.0, 1.0) };
                definite(&mut rng, order, rank, floor)
            })
            .collect();
        let split: Vec<Covariance> =
            dense.iter().map(|d| Covariance::from_dense(d, n).unwrap()).collect();
        let group: Vec<usize> = (0..users).collect();
        for (estimator, joint) in [(Estimator::PerAccessPoint, false), (Estimator::Joint, true)] {
            let found = estimate(&split, std::slice::from_ref(&group), energy, estimator).unwrap();
            for user in 0..users {
                let expected = dense_error(&dense, &group, user, energy, n, joint);
                let error = found[user].error.dense();
                // the naive form cancels down from Φ: it is good to its rounding
                let scale = 1e-12 * dense[user].norm() / expected.norm();
                let off = distance(&error, &expected);
                assert!(off < scale.max(1e-11), "case {case} {estimator:?}: {off:.1e}");
            }
        }
    }
}

#[test]
fn two_correlated_access_points_estimate_together() {
    // Φ = I + 1 1ᵀ over two access points of one antenna, E = 1: R = 2I + 1 1ᵀ.
    let phi = CMat::from_fn(2, 2, |i, j| C64::from(if i == j { 2.0 } else { 1.0 }));
    let split = Covariance::from_dense(&phi, 1).unwrap();
    let found = estimate(&[split], &[vec![0]], 1.0, Estimator::Joint).unwrap();
    let error = found[0].error.dense();
    let expected = CMat::from_fn(2, 2, |i, j| C64::from(if i == j { 0.625 } else { 0.125 }));
    assert!(distance(&error, &expected) < 1e-14);
    // the filter is Φ R⁻¹: rows (5, 1)/8
    let estimated = found[0].apply(&[C64::from(8.0), C64::ZERO]);
    assert!((estimated[0] - 5.0).norm() < 1e-14 && (estimated[1] - 1.0).norm() < 1e-14);
}

/// One draw of every channel of the model.
fn draw(scene: &AggregatedScene, rng: &mut ChaCha8Rng) -> Vec<Vec<C64>> {
    let (aps, n, targets) = (scene.aps(), scene.antennas, scene.reflection.len());
    let to_ap: Vec<Vec<Vec<C64>>> = (0..targets)
        .map(|t| {
            (0..aps)
                .map(|ap| {
                    let beta =
                        scene.target_ap[t][ap] + scene.target_ap_variance.sqrt() * normal(rng);
                    scene.steering[t][ap]
                        .iter()
                        .map(|a| (a + complex_normal(rng, scene.steering_variance)) * beta)
                        .collect()
                })
                .collect()
        })
        .collect();
    (0..scene.direct.len())
        .map(|k| {
            let from_user: Vec<C64> = (0..targets)
                .map(|t| {
                    let beta =
                        scene.user_target[k][t] + scene.user_target_variance.sqrt() * normal(rng);
                    complex_normal(rng, 1.0) * beta
                })
                .collect();
            let mut h: Vec<C64> = (0..aps * n)
                .map(|row| complex_normal(rng, 1.0) * scene.direct[k][row / n])
                .collect();
            for (t, (reflected, arriving)) in to_ap.iter().zip(&from_user).enumerate() {
                for (z, r) in h.iter_mut().zip(reflected.iter().flatten()) {
                    *z += arriving * r * scene.reflection[t];
                }
            }
            h
        })
        .collect()
}

/// With pilots as strong as they may be, what is left of the error is what the noise of the pilots
/// leaves, at most `I/E`: a difference of covariances would be rounding of either sign.
#[test]
fn errors_behind_strong_pilots_are_covariances() {
    let mut scene = scene(3, 3, 2, 4);
    scene.reflection = vec![1e6; 2];
    let phi = scene.channel_covariances();
    for db in [100.0, 140.0, 170.0, 200.0] {
        let energy = 10f64.powf(db / 10.0);
        for (groups, shared) in
            [(vec![vec![0], vec![1], vec![2]], false), (vec![vec![0, 1, 2]], true)]
        {
            let estimates = estimate(&phi, &groups, energy, Estimator::Joint).unwrap();
            for (k, estimate) in estimates.iter().enumerate() {
                let error = &estimate.error;
                assert!(error.weights.iter().all(|weight| *weight >= 0.0), "{db} dB, user {k}");
                let dense = error.dense();
                let noise: f64 = (0..12).map(|i| dense[(i, i)].re).sum();
                assert!(noise > 0.0);
                if !shared {
                    let most = 12.0 / energy;
                    assert!(noise <= most * (1.0 + 1e-6), "{db} dB: {noise:e} of {most:e}");
                }
                for block in &error.blocks {
                    for i in 0..4 {
                        for j in 0..4 {
                            let apart = (block[(i, j)] - block[(j, i)].conj()).norm();
                            assert!(apart <= 1e-12 * block.max_abs());
                        }
                    }
                }
            }
        }
    }
}

/// Propositions 1 to 3 by simulation of the model: covariance of channels, of estimates, of errors.
#[test]
fn the_propositions_hold_in_simulation() {
    let scene = scene(3, 2, 2, 2);
    let (groups, energy) = ([vec![0], vec![1, 2]], 4.0_f64);
    let phi = scene.channel_covariances();
    let mut rng = StreamKey::new(3, "test", "aggregated", 1).trial(0);
    for estimator in [Estimator::PerAccessPoint, Estimator::Joint] {
        let estimates = estimate(&phi, &groups, energy, estimator).unwrap();
        let draws = 60_000;
        let mut channel = vec![CMat::zeros(4, 4); 3];
        let mut error = channel.clone();
        let mut between = CMat::zeros(4, 4);
        let mut orthogonal = CMat::zeros(4, 4);
        let add_outer = |sum: &mut CMat, x: &[C64], y: &[C64]| {
            for j in 0..4 {
                for i in 0..4 {
                    sum[(i, j)] += x[i] * y[j].conj() / f64::from(draws);
                }
            }
        };
        for _ in 0..draws {
            let h = draw(&scene, &mut rng);
            add_outer(&mut between, &h[0], &h[1]);
            for group in &groups {
                let noise: Vec<C64> = (0..4).map(|_| complex_normal(&mut rng, 1.0)).collect();
                let y: Vec<C64> = (0..4)
                    .map(|i| group.iter().map(|&k| h[k][i]).sum::<C64>() * energy.sqrt() + noise[i])
                    .collect();
                for &k in group {
                    let estimated = estimates[k].apply(&y);
                    let e: Vec<C64> = h[k].iter().zip(&estimated).map(|(h, e)| h - e).collect();
                    add_outer(&mut channel[k], &h[k], &h[k]);
                    add_outer(&mut error[k], &e, &e);
                    if k == 0 {
                        add_outer(&mut orthogonal, &estimated, &e);
                    }
                }
            }
        }
        for k in 0..3 {
            assert!(distance(&channel[k], &phi[k].dense()) < 0.04, "channel {k}");
            assert!(distance(&error[k], &estimates[k].error.dense()) < 0.04, "error {k}");
        }
        assert!(between.norm() / channel[0].norm() < 0.03);
        // Only the joint estimate is orthogonal to its error across access points.
        let across: f64 = (0..4)
            .flat_map(|i| (0..4).map(move |j| (i, j)))
            .filter(|(i, j)| i / 2 != j / 2)
            .map(|at| orthogonal[at].norm_sqr())
            .sum::<f64>()
            .sqrt();
        let relative = across / error[0].norm();
        match estimator {
            Estimator::Joint => assert!(relative < 0.02, "{relative}"),
            Estimator::PerAccessPoint => assert!(relative > 0.05, "{relative}"),
        }
    }
}
