use super::*;
use crate::channels::array::UniformArray;
use noctule_num::rng::{StreamKey, complex_normal, uniform};

fn clusters() -> Clusters {
    let mut rng = StreamKey::new(3, "test", "clusters", 0).trial(0);
    let mut rays = || {
        (0..4)
            .map(|_| (uniform(&mut rng, 0.0, 1.0), uniform(&mut rng, 0.0, 1.0)))
            .collect::<Vec<_>>()
    };
    let rays = [rays(), rays()];
    let centres = [(0.3, 1.5), (-0.6, 1.7)];
    Clusters::around(&centres, (0.1, 0.05), &rays, vec![0.0, 1e-7], &[2.0, 1.0])
}

#[test]
fn deviations_have_the_moments_of_a_laplacian() {
    let mut rng = StreamKey::new(3, "test", "laplacian", 0).trial(0);
    let (n, std) = (100_000, 0.2);
    let (mut square, mut absolute) = (0.0, 0.0);
    for _ in 0..n {
        let x = laplacian(uniform(&mut rng, 0.0, 1.0), std);
        square += x * x;
        absolute += x.abs();
    }
    let n = f64::from(n);
    assert!((square / n - std * std).abs() < 4.0 * 5.0_f64.sqrt() * std * std / n.sqrt());
    assert!((absolute / n - std / SQRT_2).abs() < 4.0 * std / SQRT_2 / n.sqrt());
    for u in [0.0, 1e-300, 0.25, 0.75, 1.0 - f64::EPSILON / 2.0] {
        assert!(laplacian(u, std).is_finite());
    }
    assert!((laplacian(0.25, std) + laplacian(0.75, std)).abs() < 1e-16);
}

/// The c-th normal number belongs to the c-th smallest delay, whichever draw gave it.
#[test]
fn only_delays_are_sorted() {
    let decay = PowerDecay::default();
    let (uniforms, normals) = ([0.9, 0.1, 0.5], [0.0, 1.0, -1.0]);
    let (delays, powers) = decay.clusters(1e-7, &uniforms, &normals);
    let drawn = |u: f64| -2.1e-7 * u.ln();
    for (found, u) in delays.iter().zip([0.9, 0.5, 0.1]) {
        assert!((found - (drawn(u) - drawn(0.9))).abs() < 1e-20);
    }
    let weight =
        |k: usize| (-delays[k] * 1.1 / 2.1e-7).exp() * 10_f64.powf(-3.0 * normals[k] / 10.0);
    let total: f64 = (0..3).map(weight).sum();
    assert!((0..3).all(|k| (powers[k] - weight(k) / total).abs() < 1e-14));
    let (delays, _) = decay.clusters(1e-7, &[0.0, 0.5], &[0.0, 0.0]);
    assert!(delays.iter().all(|tau| tau.is_finite()));
    let (delays, powers) = decay.clusters(0.0, &[0.2, 0.5], &[0.0, 0.0]);
    assert_eq!((delays, powers), (vec![0.0, 0.0], vec![0.5, 0.5]));
}

#[test]
fn given_its_directions_a_channel_is_gaussian_with_the_stated_covariance() {
    let (clusters, array) = (clusters(), UniformArray::new(2, 2));
    let wanted = clusters.covariance(&array, 0.7);
    let mut rng = StreamKey::new(3, "test", "gains", 0).trial(0);
    let (n, mut sum) = (20_000, CMat::zeros(4, 4));
    for _ in 0..n {
        let gains: Vec<Vec<C64>> =
            (0..2).map(|_| (0..4).map(|_| complex_normal(&mut rng, 1.0)).collect()).collect();
        let h = clusters.channel(&array, 0.7, &gains, &Band::narrow(28e9));
        for i in 0..4 {
            for j in 0..4 {
                sum[(i, j)] += h[(i, 0)] * h[(j, 0)].conj() / f64::from(n);
            }
        }
    }
    for (x, y) in sum.as_slice().iter().zip(wanted.as_slice()) {
        assert!((x - y).norm() < 5.0 * 0.7 / f64::from(n).sqrt());
    }
    let trace: f64 = (0..4).map(|k| wanted[(k, k)].re).sum();
    assert!((trace - 4.0 * 0.7).abs() < 1e-13);
}

#[test]
fn scale_of_the_array_and_squint() {
    let clusters = clusters();
    let array = UniformArray::new(2, 2);
    let gains = vec![vec![C64::new(0.3, 1.0); 4]; 2];
    let offsets = [-1e8, 0.0, 1e8];
    let band = |squint| Band { carrier_hz: 28e9, offsets_hz: &offsets, squint };
    let plain = clusters.channel(&array, 1.0, &gains, &band(false));
    let loud = array.scaled(crate::arrays::Normalisation::UnitModulus);
    let same = clusters.channel(&loud, 1.0, &gains, &band(false));
    for (x, y) in plain.as_slice().iter().zip(same.as_slice()) {
        assert!((x - y).norm() < 1e-14);
    }
    // On the carrier squint changes nothing; elsewhere it does, as every ray by itself says.
    let bent = clusters.channel(&array, 1.0, &gains, &band(true));
    assert_eq!(plain.col(1), bent.col(1));
    let mut exact = vec![C64::ZERO; 4];
    for (c, rays) in clusters.directions_rad.iter().enumerate() {
        for (i, &(azimuth, polar)) in rays.iter().enumerate() {
            let a = array.far_response(azimuth, polar, 1.0 + 1e8 / 28e9);
            let phase = TAU * 1e8 * clusters.delays_s[c];
            let weight = C64::from_polar((4.0 * clusters.powers[c] / 4.0).sqrt(), phase);
            exact.iter_mut().zip(a).for_each(|(h, a)| *h += a * weight * gains[c][i]);
        }
    }
    for (x, y) in bent.col(2).iter().zip(exact) {
        assert!((x - y).norm() < 1e-13);
    }
}
