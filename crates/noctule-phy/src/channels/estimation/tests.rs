use super::*;
use crate::channels::array::UniformArray;
use crate::channels::scattering::{Scattering, Spectrum, correlate, hermitian_root};
use noctule_num::linalg::HermitianEigen;
use noctule_num::rng::{StreamKey, complex_normal};

fn covariance(azimuth_rad: f64, gain: f64) -> CMat {
    let user = Scattering {
        azimuth_rad,
        polar_rad: 1.4,
        azimuth_std_rad: 0.2,
        polar_std_rad: 0.05,
        spectrum: Spectrum::Laplacian,
    };
    let mut covariance = user.covariance_of(&UniformArray::new(2, 2));
    covariance.scale(gain);
    covariance
}

fn distance(a: &CMat, b: &CMat) -> f64 {
    a.as_slice().iter().zip(b.as_slice()).map(|(x, y)| (x - y).norm()).fold(0.0, f64::max)
}

/// Pilots simulated, with another user on the same one and means that are known.
#[test]
fn errors_have_the_stated_covariance() {
    let (own, other, snr) = (covariance(0.3, 1.0), covariance(-0.5, 0.6), 4.0_f64);
    let filter = Lmmse::new(&own, &[&other], snr).unwrap();
    let roots = [hermitian_root(&own).unwrap(), hermitian_root(&other).unwrap()];
    let means = [vec![C64::new(0.5, -0.2); 4], vec![C64::new(0.1, 0.3); 4]];
    let all: Vec<C64> = means[0].iter().zip(&means[1]).map(|(a, b)| a + b).collect();
    let mut rng = StreamKey::new(2, "test", "pilots", 0).trial(0);
    let (n, mut error, mut estimate) = (20_000, CMat::zeros(4, 4), CMat::zeros(4, 4));
    for _ in 0..n {
        let mut draw = |k: usize| {
            let g: Vec<C64> = (0..4).map(|_| complex_normal(&mut rng, 1.0)).collect();
            let h = correlate(&roots[k], &g);
            h.iter().zip(&means[k]).map(|(h, m)| h + m).collect::<Vec<C64>>()
        };
        let (h, shared) = (draw(0), draw(1));
        let y: Vec<C64> = h
            .iter()
            .zip(&shared)
            .map(|(h, s)| h + s + complex_normal(&mut rng, 1.0 / snr))
            .collect();
        let found = filter.of(&y, &means[0], &all);
        for i in 0..4 {
            for j in 0..4 {
                let part = |k: usize| (h[k] - found[k], found[k] - means[0][k]);
                error[(i, j)] += part(i).0 * part(j).0.conj() / f64::from(n);
                estimate[(i, j)] += part(i).1 * part(j).1.conj() / f64::from(n);
            }
        }
    }
    assert!(distance(&error, &filter.error) < 5.0 / f64::from(n).sqrt());
    assert!(distance(&estimate, &filter.estimate) < 5.0 / f64::from(n).sqrt());
}

#[test]
fn errors_are_between_nothing_and_the_prior() {
    let own = covariance(0.3, 1e-11);
    for snr in [1e6, 1e11, 1e16] {
        let filter = Lmmse::new(&own, &[], snr).unwrap();
        let mut eigen = HermitianEigen::new(4);
        for matrix in [&filter.error, &filter.estimate] {
            eigen.compute(matrix).unwrap();
            assert!(eigen.min() > -1e-13 * 1e-11, "{snr}: {}", eigen.min());
        }
        let aged = aged_error(&own, &filter.error, 0.9);
        assert!(trace(&aged) >= trace(&filter.error) && trace(&aged) <= trace(&own));
        assert!(distance(&aged_error(&own, &filter.error, 0.0), &own) < 1e-24);
        assert!(distance(&aged_error(&own, &filter.error, 1.0), &filter.error) < 1e-24);
    }
    for snr in [0.0, -1.0, f64::NAN] {
        assert!(Lmmse::new(&own, &[], snr).is_err());
    }
    assert!(Lmmse::new(&own, &[&CMat::identity(3)], 1.0).is_err());
}

/// Behind pilots as good as they may be, of covariances with and without a null space: the error is
/// `λ/(1 + λγ)` along every eigenvector, and a covariance up to its own size.
#[test]
fn errors_behind_the_best_pilots_are_covariances() {
    let n = 12;
    let flat = CMat::from_fn(n, n, |i, j| C64::from_polar(1e-10, 1.1 * (i as f64 - j as f64)));
    let smooth = CMat::from_fn(n, n, |i, j| {
        let d = i as f64 - j as f64;
        C64::from_polar(1e-10 * (-0.02 * d * d).exp(), 0.7 * d)
    });
    for own in [flat, smooth] {
        let mut eigen = HermitianEigen::new(n);
        eigen.compute(&own).unwrap();
        let known: Vec<f64> = eigen.values().iter().map(|l| l.max(0.0)).collect();
        for db in [40.0, 70.0, 100.0, 130.0, 300.0] {
            // γ over the noise of a channel of this gain
            let snr = 1e10 * 10f64.powf(db / 10.0);
            let error = Lmmse::new(&own, &[], snr).unwrap().error;
            eigen.compute(&error).unwrap();
            assert!(eigen.min() >= -1e-12 * error.norm(), "{db} dB: {:e}", eigen.min());
            let expected: f64 = known.iter().map(|l| l / (1.0 + l * snr)).sum();
            if db <= 100.0 {
                let found = trace(&error);
                assert!((found / expected - 1.0).abs() < 1e-2, "{db} dB: {found:e}, {expected:e}");
            }
        }
    }
}

/// The hardening bound from its definition: moments of products of estimates and channels.
#[test]
fn the_hardening_bound_agrees_with_a_simulation() {
    let covariances = [covariance(0.3, 1.0), covariance(-0.5, 0.6)];
    let (snr, powers, noise) = (4.0_f64, [1.0, 0.5], [0.3, 0.2]);
    let filters: Vec<Lmmse> =
        covariances.iter().map(|r| Lmmse::new(r, &[], snr).unwrap()).collect();
    let roots: Vec<CMat> = covariances.iter().map(|r| hermitian_root(r).unwrap()).collect();
    let mut rng = StreamKey::new(2, "test", "hardening", 0).trial(0);
    let n = 40_000;
    let (mut mean, mut total) = ([C64::ZERO; 2], [0.0; 2]);
    for _ in 0..n {
        let drawn: Vec<(Vec<C64>, Vec<C64>)> = (0..2)
            .map(|k| {
                let g: Vec<C64> = (0..4).map(|_| complex_normal(&mut rng, 1.0)).collect();
                let h = correlate(&roots[k], &g);
                let y: Vec<C64> =
                    h.iter().map(|h| h + complex_normal(&mut rng, 1.0 / snr)).collect();
                let scale = (powers[k] / trace(&filters[k].estimate)).sqrt();
                let w = filters[k].of_zero_mean(&y).iter().map(|w| w * scale).collect();
                (h, w)
            })
            .collect();
        for k in 0..2 {
            mean[k] += noctule_num::linalg::dot(&drawn[k].0, &drawn[k].1) / f64::from(n);
            for other in &drawn {
                let received = noctule_num::linalg::dot(&drawn[k].0, &other.1).norm_sqr();
                total[k] += received / f64::from(n);
            }
        }
    }
    let estimates: Vec<CMat> = filters.iter().map(|f| f.estimate.clone()).collect();
    let bound = hardening_sinr(&powers, &covariances, &estimates, &noise);
    for k in 0..2 {
        let signal = mean[k].norm_sqr();
        let found = signal / (total[k] - signal + noise[k]);
        assert!((found / bound[k] - 1.0).abs() < 0.05, "{k}: {found} {}", bound[k]);
    }
}

#[test]
fn one_tap_couples_all_subcarriers_and_many_none() {
    let own = covariance(0.3, 1.0);
    let flat = band_covariance(&own, &TapProfile::flat(), &[-1e6, 1e6]);
    assert!((0..4).all(|i| (0..4).all(|j| (flat[(4 + i, j)] - own[(i, j)]).norm() < 1e-15)));
    // Two equal taps half a period of the offset apart cancel.
    let taps = TapProfile::new(vec![0.0, 2.5e-7], &[1.0, 1.0]);
    let apart = band_covariance(&own, &taps, &[-1e6, 1e6]);
    assert!((0..4).all(|i| (0..4).all(|j| apart[(4 + i, j)].norm() < 1e-14)));
}
