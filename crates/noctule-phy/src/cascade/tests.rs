//! Bounds against numeric differentiation of the echo, closed forms against sums.

use noctule_num::C64;
use noctule_num::CMat;
use noctule_num::linalg::{Op, dot, product};
use noctule_num::rng::{ChaCha8Rng, StreamKey, complex_normal, uniform};

use super::*;
use crate::geometry::Point;

fn rng(purpose: &str) -> ChaCha8Rng {
    StreamKey::new(5, "test", purpose, 0).trial(0)
}

const LOSS: PathLoss = PathLoss { reference_gain: 1e-4, exponent: 2.0 };

fn scene(elements: &[usize], target: Point, weights: PathWeights) -> Cascade {
    let base = Place::new(Point::new(0.0, 0.0), 90.0);
    let user = Place::new(Point::new(100.0, 0.0), 90.0);
    let paths = elements
        .iter()
        .enumerate()
        .map(|(k, &n)| {
            let mu = [1.0, -1.0, 3.0, -3.0][k] / 8.0;
            let site = site_on_rays(base.position, user.position, mu, mu).unwrap();
            SurfacePath::between(base, Place::new(site, 0.0), user, target, n, LOSS)
        })
        .collect();
    Cascade {
        transmit_antennas: 8,
        user_antennas: 8,
        sensors: 6,
        snapshots: 16,
        user_noise_w: 1e-11,
        sensing_noise_w: 1e-14,
        reflection_gain: 0.7,
        weights,
        paths,
    }
}

fn phases(cascade: &Cascade, rng: &mut ChaCha8Rng) -> Vec<Vec<C64>> {
    let mut draw = |n: usize| {
        (0..n).map(|_| C64::from_polar(1.0, uniform(rng, 0.0, std::f64::consts::TAU))).collect()
    };
    cascade.paths.iter().map(|path| draw(path.elements)).collect()
}

fn covariance(n: usize, rank: usize, rng: &mut ChaCha8Rng) -> CMat {
    let factor = CMat::from_fn(n, rank, |_, _| complex_normal(rng, 0.1));
    product(&factor, Op::Plain, &factor, Op::Adjoint)
}

/// (16) from the Fisher matrix of (μ_T, Re β, Im β), the echo differentiated numerically.
fn numeric_crb(cascade: &Cascade, phases: &[Vec<C64>], factor: &CMat) -> f64 {
    let beta = C64::new(0.6, -0.8) * cascade.reflection_gain.sqrt();
    // echo for every column of the factor: T Σ_j x_j x_jᴴ is the sample covariance times T
    let echo = |frequency: f64, beta: C64| -> Vec<C64> {
        let mut moved = cascade.clone();
        moved.paths[0].target_departure = frequency;
        let light = moved.illumination(phases).response;
        let scale = (cascade.paths[0].target_gain * cascade.strongest_target_gain()).sqrt();
        let sensors = CentredArray::new(cascade.sensors).response(frequency);
        let mut out = Vec::new();
        for j in 0..factor.cols() {
            let lit = dot(&light, factor.col(j));
            out.extend(sensors.iter().map(|a| a * lit * beta * scale));
        }
        out
    };
    let truth = cascade.paths[0].target_departure;
    let h = 1e-6;
    let difference = |a: Vec<C64>, b: Vec<C64>| -> Vec<C64> {
        a.iter().zip(&b).map(|(x, y)| (x - y) / (2.0 * h)).collect()
    };
    let columns = [
        difference(echo(truth + h, beta), echo(truth - h, beta)),
        difference(echo(truth, beta + h), echo(truth, beta - h)),
        difference(echo(truth, beta + C64::I * h), echo(truth, beta - C64::I * h)),
    ];
    let scale = 2.0 * f64::from(cascade.snapshots) / cascade.sensing_noise_w;
    let entry = |i: usize, j: usize| scale * dot(&columns[i], &columns[j]).re;
    // Schur complement of the 2 × 2 block of β
    let (a, b, c) = (entry(1, 1), entry(1, 2), entry(2, 2));
    let (x, y) = (entry(0, 1), entry(0, 2));
    let determinant = a * c - b * b;
    1.0 / (entry(0, 0) - (c * x * x - 2.0 * b * x * y + a * y * y) / determinant)
}

#[test]
fn the_bound_is_that_of_the_numeric_fisher_matrix() {
    let mut rng = rng("bound");
    for weights in [PathWeights::Exact, PathWeights::Max] {
        for target in [Point::new(100.0, 0.0), Point::new(70.0, 30.0), Point::new(20.0, -15.0)] {
            let cascade = scene(&[5, 6, 7], target, weights);
            let v = phases(&cascade, &mut rng);
            for rank in [1, 3, 8] {
                let factor = CMat::from_fn(8, rank, |_, _| complex_normal(&mut rng, 0.2));
                let r = product(&factor, Op::Plain, &factor, Op::Adjoint);
                let powers = cascade.illumination(&v).powers(&r);
                let (found, numeric) = (cascade.crb(powers), numeric_crb(&cascade, &v, &factor));
                assert!((found / numeric - 1.0).abs() < 1e-6, "{found} {numeric}");
                assert!(found <= cascade.crb_aligned(powers) * (1.0 + 1e-12));
            }
        }
    }
}

/// The traces of (16) as printed, with dense matrices.
#[test]
fn the_bound_is_that_of_the_printed_traces() {
    let mut rng = rng("traces");
    let cascade = scene(&[5, 6, 7, 4], Point::new(60.0, 40.0), PathWeights::Exact);
    let v = phases(&cascade, &mut rng);
    let r = covariance(8, 5, &mut rng);
    let light = cascade.illumination(&v);
    let mu = cascade.paths[0].target_departure;
    let array = CentredArray::new(cascade.sensors);
    let (a, da) = (array.response(mu), array.derivative(mu));
    let echo = CMat::from_fn(6, 8, |i, j| a[i] * light.response[j].conj());
    let slope =
        CMat::from_fn(6, 8, |i, j| da[i] * light.response[j].conj() + a[i] * light.slope[j].conj());
    let trace = |left: &CMat, right: &CMat| -> C64 {
        let product =
            product(&product(left, Op::Plain, &r, Op::Plain), Op::Plain, right, Op::Adjoint);
        (0..6).map(|i| product[(i, i)]).sum()
    };
    let information =
        trace(&slope, &slope).re - trace(&echo, &slope).norm_sqr() / trace(&echo, &echo).re;
    let printed = cascade.sensing_noise_w / (2.0 * 16.0 * cascade.echo_gain() * information);
    let found = cascade.crb(light.powers(&r));
    assert!((found / printed - 1.0).abs() < 1e-11, "{found} {printed}");
}

#[test]
fn alignment_meets_its_closed_forms() {
    for weights in [PathWeights::Exact, PathWeights::Max] {
        let cascade = scene(&[6, 6, 6, 6], Point::new(100.0, 0.0), weights);
        let v: Vec<Vec<C64>> = cascade.paths.iter().map(SurfacePath::target_vector).collect();
        let light = cascade.illumination(&v);
        // (22): the derivative vanishes, so (16) is (21)
        assert!(light.slope.iter().all(|z| z.norm() < 1e-12));
        let power = 2.0;
        let norm: f64 = light.response.iter().map(C64::norm_sqr).sum();
        let r = CMat::from_fn(8, 8, |i, j| {
            light.response[i] * light.response[j].conj() * (power / norm)
        });
        let powers = light.powers(&r);
        let (full, aligned) = (cascade.crb(powers), cascade.crb_aligned(powers));
        assert!((full / aligned - 1.0).abs() < 1e-12);
        // (25)
        let sum: f64 = (0..4).map(|k| cascade.sensing_weight(k) * 36.0).sum();
        let closed = cascade.bound_constant() / (power * sum);
        assert!((full / closed - 1.0).abs() < 1e-12, "{full} {closed}");
        // (58): the same power for every stream
        let mut r = CMat::zeros(8, 8);
        for path in &cascade.paths {
            let base = CentredArray::new(8).response(path.base_departure);
            for (j, b) in base.iter().enumerate() {
                for (entry, a) in r.col_mut(j).iter_mut().zip(&base) {
                    *entry += a * b.conj() * (power / 4.0 / 8.0);
                }
            }
        }
        let full = cascade.crb(light.powers(&r));
        let closed = crb_of_equal_surfaces(&cascade, power, 24.0);
        assert!((full / closed - 1.0).abs() < 1e-12, "{full} {closed}");
    }
}

#[test]
fn sites_on_rays_are_orthogonal_at_both_ends() {
    let cascade = scene(&[3, 3, 3, 3], Point::new(100.0, 0.0), PathWeights::Exact);
    let (base, user) = cascade.coherence();
    assert!(base < 1e-14 && user < 1e-14);
    // E5: a difference of a whole period is not orthogonal
    let mut periodic = cascade;
    periodic.paths[1].base_departure = periodic.paths[0].base_departure + 2.0;
    assert!((periodic.coherence().0 - 1.0).abs() < 1e-12);
}

#[test]
fn axes_at_right_angles_are_exact() {
    for (deg, axis) in
        [(0.0, [1.0, 0.0]), (90.0, [0.0, 1.0]), (-90.0, [0.0, -1.0]), (540.0, [-1.0, 0.0])]
    {
        let place = Place::new(Point::default(), deg);
        assert!((place.axis[0] - axis[0]).abs() == 0.0 && (place.axis[1] - axis[1]).abs() == 0.0);
    }
    assert!((Place::new(Point::default(), 30.0).axis[1] - 0.5).abs() < 1e-15);
}
