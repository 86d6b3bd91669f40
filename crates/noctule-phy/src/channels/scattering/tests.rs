use super::*;
use crate::channels::clustered::laplacian;
use crate::elements::ElementArray;
use noctule_num::linalg::{Op, product};
use noctule_num::rng::{ChaCha8Rng, StreamKey, complex_normal, normal, uniform};
use proptest::prelude::*;

const ALL: [Spectrum; 3] = [Spectrum::Gaussian, Spectrum::Laplacian, Spectrum::Uniform];

fn user(spectrum: Spectrum, azimuth_std_deg: f64, polar_std_deg: f64) -> Scattering {
    Scattering {
        azimuth_rad: 0.5,
        polar_rad: 1.4,
        azimuth_std_rad: azimuth_std_deg.to_radians(),
        polar_std_rad: polar_std_deg.to_radians(),
        spectrum,
    }
}

fn distance(a: &CMat, b: &CMat) -> f64 {
    a.as_slice().iter().zip(b.as_slice()).map(|(x, y)| (x - y).norm()).fold(0.0, f64::max)
}

fn deviation(spectrum: Spectrum, std: f64, rng: &mut ChaCha8Rng) -> f64 {
    match spectrum {
        Spectrum::Gaussian => std * normal(rng),
        Spectrum::Laplacian => laplacian(uniform(rng, 0.0, 1.0), std),
        Spectrum::Uniform => std * 3.0_f64.sqrt() * uniform(rng, -1.0, 1.0),
    }
}

/// Directions drawn, responses multiplied, nothing shared with the sum over Bessel functions.
#[test]
fn covariances_agree_with_a_simulation() {
    let array = UniformArray::new(3, 2);
    for spectrum in ALL {
        let user = user(spectrum, 15.0, 6.0);
        let mut rng = StreamKey::new(9, "test", "scattering", spectrum as u64).trial(0);
        let (n, mut sum) = (30_000, CMat::zeros(6, 6));
        for _ in 0..n {
            let azimuth = user.azimuth_rad + deviation(spectrum, user.azimuth_std_rad, &mut rng);
            let polar = user.polar_rad + deviation(spectrum, user.polar_std_rad, &mut rng);
            let a = array.far_response(azimuth, polar, 1.0);
            for i in 0..6 {
                for j in 0..6 {
                    sum[(i, j)] += a[i] * a[j].conj() * (6.0 / f64::from(n));
                }
            }
        }
        // Entries have magnitude one: standard errors of at most 1/√n.
        let off = distance(&sum, &user.covariance_of(&array));
        assert!(off < 5.0 / f64::from(n).sqrt(), "{spectrum:?}: {off}");
    }
}

/// Both angles integrated by plain sums, for elements that stand anywhere.
#[test]
fn covariances_agree_with_a_double_integral() {
    let array = ElementArray::circular(5, 0.9);
    for spectrum in [Spectrum::Gaussian, Spectrum::Uniform] {
        let user = user(spectrum, 12.0, 5.0);
        let (rule, reach) = (GaussLegendre::new(160), spectrum.reach());
        let (mut sum, mut total) = (CMat::zeros(5, 5), 0.0);
        for (s, w) in rule.on(-reach, reach) {
            for (t, v) in rule.on(-reach, reach) {
                let weight = w * v * spectrum.shape(s) * spectrum.shape(t);
                let direction = (
                    user.azimuth_rad + s * user.azimuth_std_rad,
                    user.polar_rad + t * user.polar_std_rad,
                );
                let a = array.steering([direction]).response;
                total += weight;
                for i in 0..5 {
                    for j in 0..5 {
                        sum[(i, j)] += a[(i, 0)] * a[(j, 0)].conj() * (5.0 * weight);
                    }
                }
            }
        }
        sum.scale(1.0 / total);
        let off = distance(&sum, &user.covariance(&array.positions));
        assert!(off < 1e-12, "{spectrum:?}: {off:e}");
    }
}

/// Polar angles beyond the pole turn the sign of the argument of the Bessel functions.
#[test]
fn spreads_beyond_the_pole_are_legal() {
    let (array, reach) = (UniformArray::new(2, 2), 9.0);
    let user = Scattering { polar_rad: 0.1, ..user(Spectrum::Gaussian, 20.0, 25.0) };
    let rule = GaussLegendre::new(200);
    let (mut sum, mut total) = (C64::ZERO, 0.0);
    for (s, w) in rule.on(-reach, reach) {
        for (t, v) in rule.on(-reach, reach) {
            let weight = w * v * (-0.5 * (s * s + t * t)).exp();
            let (azimuth, polar) = (
                user.azimuth_rad + s * user.azimuth_std_rad,
                user.polar_rad + t * user.polar_std_rad,
            );
            let a = array.far_response(azimuth, polar, 1.0);
            sum += a[3] * a[0].conj() * (4.0 * weight);
            total += weight;
        }
    }
    assert!((user.covariance_of(&array)[(3, 0)] - sum / total).norm() < 1e-12);
}

#[test]
fn entries_by_differences_are_entries_by_positions() {
    let array = UniformArray::new(3, 4).spaced([0.5, 0.8]);
    for spectrum in ALL {
        for (azimuth, polar) in [(10.0, 5.0), (0.0, 5.0), (10.0, 0.0)] {
            let user = user(spectrum, azimuth, polar);
            let off = distance(&user.covariance_of(&array), &user.covariance(&positions(&array)));
            assert!(off < 1e-12, "{spectrum:?} {azimuth} {polar}: {off:e}");
        }
    }
}

/// Largest entry errors of the small-angle form, 8 × 1, θ₀ = 0.5.
#[test]
fn the_small_angle_form_is_as_far_off_as_stated() {
    let array = UniformArray::new(8, 1);
    for (std, expected) in [(2.0, 0.003), (5.0, 0.018), (10.0, 0.041), (20.0, 0.092)] {
        let user = Scattering {
            polar_rad: std::f64::consts::FRAC_PI_2,
            ..user(Spectrum::Gaussian, std, 0.0)
        };
        let off = distance(&user.covariance_of(&array), &user.small_angle(&positions(&array)));
        assert!((off - expected).abs() < 6e-4, "{std}: {off}");
    }
}

#[test]
fn correlated_vectors_have_their_covariance() {
    let covariance = user(Spectrum::Laplacian, 10.0, 4.0).covariance_of(&UniformArray::new(2, 2));
    let root = hermitian_root(&covariance).unwrap();
    assert!(distance(&product(&root, Op::Plain, &root, Op::Plain), &covariance) < 1e-12);
    assert!(distance(&root, &root.adjoint()) < 1e-14);
    let mut rng = StreamKey::new(9, "test", "correlated", 0).trial(0);
    let (n, mut sum) = (20_000, CMat::zeros(4, 4));
    for _ in 0..n {
        let g: Vec<C64> = (0..4).map(|_| complex_normal(&mut rng, 1.0)).collect();
        let h = correlate(&root, &g);
        for i in 0..4 {
            for j in 0..4 {
                sum[(i, j)] += h[i] * h[j].conj() / f64::from(n);
            }
        }
    }
    assert!(distance(&sum, &covariance) < 5.0 / f64::from(n).sqrt());
}

proptest! {
    #[test]
    fn covariances_have_trace_n_and_are_positive(
        azimuth in -3.0..3.0, polar in 0.0..3.1, spread in 0.0..0.6, rise in 0.0..0.3, family in 0_usize..3
    ) {
        let user = Scattering {
            azimuth_rad: azimuth,
            polar_rad: polar,
            azimuth_std_rad: spread,
            polar_std_rad: rise,
            spectrum: ALL[family],
        };
        let covariance = user.covariance_of(&UniformArray::new(3, 2));
        let trace: f64 = (0..6).map(|n| covariance[(n, n)].re).sum();
        prop_assert!((trace - 6.0).abs() < 1e-12);
        let mut eigen = HermitianEigen::new(6);
        eigen.compute(&covariance).unwrap();
        prop_assert!(eigen.min() > -1e-12);
        prop_assert!(distance(&covariance, &covariance.adjoint()) < 1e-14);
    }

    /// What remains of a spread that vanishes is the line of sight.
    #[test]
    fn no_spread_is_a_line(azimuth in -3.0..3.0, polar in 0.0..3.1, family in 0_usize..3) {
        let user = Scattering {
            azimuth_rad: azimuth,
            polar_rad: polar,
            azimuth_std_rad: 1e-9,
            polar_std_rad: 1e-9,
            spectrum: ALL[family],
        };
        let array = UniformArray::new(3, 2);
        let a = array.far_response(azimuth, polar, 1.0);
        let line = CMat::from_fn(6, 6, |n, m| a[n] * a[m].conj() * 6.0);
        prop_assert!(distance(&user.covariance_of(&array), &line) < 1e-7);
    }
}
