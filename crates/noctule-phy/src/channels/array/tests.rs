use super::*;
use crate::arrays::PlanarArray;
use noctule_num::linalg::dot;
use proptest::prelude::*;

fn norm(x: &[C64]) -> f64 {
    x.iter().map(C64::norm_sqr).sum::<f64>().sqrt()
}

fn largest(x: &[C64], y: &[C64]) -> f64 {
    x.iter().zip(y).map(|(x, y)| (x - y).norm()).fold(0.0, f64::max)
}

#[test]
fn half_a_wavelength_in_the_corner_is_the_planar_array_to_the_last_bit() {
    for (azimuth, polar) in [(0.3, 1.1), (-0.9, -0.4), (2.2, 0.7)] {
        let own = UniformArray::new(4, 3).far(azimuth, polar, 1.0);
        let other = PlanarArray::new(4, 3).steering([(azimuth, polar)]);
        assert_eq!(own.response, other.response.col(0));
        assert!(largest(&own.by_azimuth, other.by_azimuth.col(0)) < 1e-14);
        assert!(largest(&own.by_polar, other.by_polar.col(0)) < 1e-14);
    }
}

/// Slope of the Taylor error of a response along one of its three coordinates.
fn order(at: impl Fn([f64; 3]) -> Response, x: [f64; 3], coordinate: usize, step: f64) -> f64 {
    let here = at(x);
    let by = [&here.by_azimuth, &here.by_polar, &here.by_range][coordinate];
    let error = |t: f64| {
        let mut moved = x;
        moved[coordinate] += t;
        let there = at(moved).response;
        let parts = there.iter().zip(&here.response).zip(by);
        parts.map(|((y, a), d)| (y - a - d * t).norm()).fold(0.0, f64::max)
    };
    (error(step) / error(step / 10.0)).log10()
}

#[test]
fn derivatives_have_the_slope_of_the_taylor_error() {
    let arrays = [UniformArray::new(4, 3), UniformArray::new(4, 3).centred().spaced([0.7, 0.4])];
    for array in arrays {
        for coordinate in 0..2 {
            let far = order(|x| array.far(x[0], x[1], 1.07), [0.4, 1.3, 0.0], coordinate, 1e-3);
            assert!((far - 2.0).abs() < 0.05, "{coordinate}: {far}");
        }
        for side in [Side::Transmit, Side::Receive] {
            for amplitude_exponent in [0.0, 1.0] {
                let wave = Wave { wavelength_m: 0.01, frequency_ratio: 0.97, amplitude_exponent };
                let near = |x: [f64; 3]| {
                    let place = Place { azimuth_rad: x[0], polar_rad: x[1], range_m: x[2] };
                    array.near(side, place, &wave).unwrap()
                };
                for (coordinate, step) in [1e-3, 1e-3, 1e-4].into_iter().enumerate() {
                    let order = order(near, [0.4, 1.3, 0.06], coordinate, step);
                    assert!((order - 2.0).abs() < 0.08, "{coordinate}: {order}");
                }
            }
        }
    }
}

/// The phase of a spherical wave as it is defined: distances, and nothing expanded.
#[test]
fn near_responses_are_phases_of_distances() {
    let (array, wavelength) = (UniformArray::new(3, 4).centred(), 0.0107);
    let wave = Wave { wavelength_m: wavelength, frequency_ratio: 1.02, amplitude_exponent: 1.0 };
    let place = Place { azimuth_rad: -0.5, polar_rad: 1.9, range_m: 0.08 };
    let (r, k) = (place.range_m, TAU / wavelength * 1.02);
    let p = crate::channels::frame::point_of(place);
    for (side, sign) in [(Side::Transmit, -1.0), (Side::Receive, 1.0)] {
        let found = array.near(side, place, &wave).unwrap().response;
        for (offset, found) in array.offsets().zip(found) {
            let element = offset.map(|x| sign * x * wavelength);
            let d =
                (p[0].powi(2) + (p[1] - element[0]).powi(2) + (p[2] - element[1]).powi(2)).sqrt();
            let exact = C64::from_polar(r / d / 12.0_f64.sqrt(), -sign * k * (d - r));
            assert!((found - exact).norm() < 1e-12);
        }
    }
}

/// In the middle both sides describe one physical array: the other's response with indices
/// reversed, conjugated.
#[test]
fn both_sides_are_one_array_when_it_is_centred() {
    let array = UniformArray::new(3, 4).centred();
    let wave = Wave { wavelength_m: 0.01, frequency_ratio: 1.0, amplitude_exponent: 1.0 };
    let place = Place { azimuth_rad: 0.5, polar_rad: 1.2, range_m: 0.05 };
    let sent = array.near(Side::Transmit, place, &wave).unwrap().response;
    let mut received = array.near(Side::Receive, place, &wave).unwrap().response;
    received.reverse();
    let conjugate: Vec<C64> = received.iter().map(C64::conj).collect();
    assert!(largest(&sent, &conjugate) < 1e-14);
}

/// Losses of the far-field beam at broadside of 64 elements at 28 GHz, at 1, 1/2, 1/5 and 1/10 of
/// 2D²/λ: 0.06, 0.25, 1.6 and 6.8 dB.
#[test]
fn the_plane_beam_loses_what_the_rayleigh_distance_says() {
    let array = UniformArray::new(64, 1).centred();
    let wave = Wave { wavelength_m: 0.010_707, frequency_ratio: 1.0, amplitude_exponent: 0.0 };
    let distance = array.rayleigh_distance_m(wave.wavelength_m);
    assert!((distance - 21.2).abs() < 0.1, "{distance}");
    let middle = std::f64::consts::FRAC_PI_2;
    let plane = array.far_response(0.0, middle, 1.0);
    for (share, loss_db) in [(1.0, 0.06), (0.5, 0.25), (0.2, 1.6), (0.1, 6.8)] {
        let place = Place { azimuth_rad: 0.0, polar_rad: middle, range_m: share * distance };
        let near = array.near(Side::Transmit, place, &wave).unwrap().response;
        let found = -10.0 * dot(&plane, &near).norm_sqr().log10();
        assert!((found - loss_db).abs() < 0.06, "{share}: {found}");
    }
}

/// One beam for all frequencies at 60° loses 0.57 dB at the edge of 400 MHz with 64 elements at
/// 28 GHz, and 12 dB with 256.
#[test]
fn squint_costs_what_is_known() {
    for (elements, loss_db, within) in [(64, 0.57, 0.01), (256, 12.0, 1.0)] {
        let array = UniformArray::new(elements, 1);
        let (azimuth, polar) = (60_f64.to_radians(), std::f64::consts::FRAC_PI_2);
        let edge = array.far_response(azimuth, polar, 1.0 + 0.2 / 28.0);
        let found = -10.0 * dot(&array.far_response(azimuth, polar, 1.0), &edge).norm_sqr().log10();
        assert!((found - loss_db).abs() < within, "{elements}: {found}");
    }
}

/// A sum of rays from its definition, ray after ray and element after element: to the last bit, however
/// many are formed together.
#[test]
fn rays_are_added_one_after_the_other() {
    for (horizontal, vertical) in [(1, 1), (1, 9), (7, 1), (5, 3), (2, 2), (8, 8), (3, 16)] {
        for centred in [false, true] {
            let array = UniformArray::new(horizontal, vertical).spaced([0.5, 0.7]);
            let array = if centred { array.centred() } else { array };
            let count = array.elements();
            for rays in 0..10 {
                let angle = |k: usize, turn: f64| (k as f64 + 0.3) * turn;
                let rays: Vec<Ray> = (0..rays)
                    .map(|k| Ray {
                        azimuth_rad: angle(k, 0.7) - 2.0,
                        polar: array.polar(angle(k, 0.31), 1.1),
                        weight: C64::new(angle(k, -1.3), angle(k, 0.9) - 1.0),
                    })
                    .collect();
                let start: Vec<C64> = (0..count).map(|n| C64::new(n as f64, -0.5)).collect();
                let (mut found, mut sum) = (start.clone(), vec![C64::ZERO; count]);
                array.add_far(&rays, 1.1, &mut found);
                rays.iter().for_each(|ray| add_one(&array, ray, 1.1, &mut sum));
                let bits = |z: C64| [z.re.to_bits(), z.im.to_bits()];
                for (n, (found, sum)) in found.iter().zip(sum).enumerate() {
                    assert_eq!(bits(*found), bits(start[n] + sum), "{horizontal} × {vertical}");
                }
            }
        }
    }
}

/// One ray by two ramps.
fn add_one(array: &UniformArray, ray: &Ray, ratio: f64, sum: &mut [C64]) {
    let turn = std::f64::consts::TAU * ratio;
    let (sin_polar, cos_polar) = ray.polar.angle_rad.sin_cos();
    let sideways = ray.azimuth_rad.sin() * sin_polar;
    let [d_h, d_v] = array.spacing_wavelengths;
    let [first_h, first_v] = array.offsets().next().unwrap();
    let mut column = ray.weight * array.scale();
    let first = first_h * sideways + first_v * cos_polar;
    if first != 0.0 {
        column *= C64::cis(turn * first);
    }
    for elements in sum.chunks_exact_mut(array.vertical) {
        let mut ramp = C64::ONE;
        for element in elements {
            *element += column * ramp;
            ramp *= C64::cis(turn * d_v * cos_polar);
        }
        column *= C64::cis(turn * d_h * sideways);
    }
}

proptest! {
    /// The difference to the plane wave falls with the distance, to the last digits.
    #[test]
    fn the_far_field_is_the_limit(azimuth in -1.5..1.5, polar in 0.2..2.9, centred: bool) {
        let array = UniformArray::new(4, 3);
        let array = if centred { array.centred() } else { array };
        let wave = Wave { wavelength_m: 0.01, frequency_ratio: 1.0, amplitude_exponent: 0.0 };
        let plane = array.far_response(azimuth, polar, 1.0);
        for side in [Side::Transmit, Side::Receive] {
            let off = |range_m: f64| {
                let place = Place { azimuth_rad: azimuth, polar_rad: polar, range_m };
                range_m * largest(&array.near(side, place, &wave).unwrap().response, &plane)
            };
            let constant = off(1e3);
            prop_assert!((off(1e6) - constant).abs() < 1e-3 * constant + 1e-7);
        }
    }

    #[test]
    fn ramps_are_responses(azimuth in -3.0..3.0, polar in -1.0..4.0, ratio in 0.9..1.1, centred: bool) {
        let array = UniformArray::new(16, 8).spaced([0.5, 0.8]);
        let array = if centred { array.centred() } else { array };
        let mut sum = vec![C64::ZERO; 128];
        let weight = C64::new(0.3, -2.0);
        let ray = Ray { azimuth_rad: azimuth, polar: array.polar(polar, ratio), weight };
        array.add_far(&[ray], ratio, &mut sum);
        let exact = array.far_response(azimuth, polar, ratio);
        for (x, y) in sum.iter().zip(exact) {
            prop_assert!((x - y * C64::new(0.3, -2.0)).norm() < 1e-13);
        }
        prop_assert!((norm(&array.far_response(azimuth, polar, ratio)) - 1.0).abs() < 1e-13);
    }
}
