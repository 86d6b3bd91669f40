use super::*;
use crate::arrays::PlanarArray;
use crate::channels::array::{Side, UniformArray};
use crate::channels::ofdm::{Grid, LIGHT_M_S};
use crate::fisher::{MultiTargetFisher, pack_hermitian, target_space};
use noctule_num::linalg::real_dot;
use noctule_num::rng::{StreamKey, complex_normal};
use std::f64::consts::TAU;

fn target(azimuth_rad: f64, delay_s: f64, doppler_hz: f64) -> Target {
    Target {
        azimuth_rad,
        polar_rad: 1.4 + 0.2 * azimuth_rad,
        range_m: None,
        delay_s,
        doppler_hz,
        reflection: C64::new(0.1, -0.06 + 0.1 * azimuth_rad),
    }
}

pub(super) fn far() -> Scene {
    Scene {
        transmit: UniformArray::new(3, 2),
        receive: UniformArray::new(2, 3),
        grid: Grid {
            carrier_hz: 28e9,
            subcarriers: 4,
            spacing_hz: 2e6,
            symbols: 3,
            symbol_period_s: 1e-5,
        },
        field: Field::Far,
        squint: false,
        unknown: Unknown { polar: true, range: false, delay: true, doppler: true },
        targets: vec![target(0.4, 1e-7, 3e3), target(-0.3, 2.2e-7, -2e3)],
        sensing_noise: 0.02,
    }
}

pub(super) fn near(amplitude_exponent: f64, squint: bool) -> Scene {
    let mut scene = far();
    scene.transmit = scene.transmit.centred();
    scene.receive = scene.receive.centred();
    scene.field = Field::Near { amplitude_exponent };
    scene.squint = squint;
    scene.grid.spacing_hz = 5e7;
    scene.unknown.range = true;
    for (target, range) in scene.targets.iter_mut().zip([0.06, 0.09]) {
        target.range_m = Some(range);
    }
    scene
}

pub(super) fn beams(scene: &Scene, streams: usize) -> Vec<C64> {
    let mut rng = StreamKey::new(8, "test", "radar", streams as u64).trial(0);
    let count = scene.grid.subcarriers * streams * scene.transmit.elements();
    (0..count).map(|_| complex_normal(&mut rng, 1.0)).collect()
}

/// The noise-free echo as a matrix on x, straight from the definition; delays and Doppler shifts
/// are their own variables.
fn echo(scene: &Scene, n: usize, t: f64) -> CMat {
    let offset = scene.grid.offsets_hz()[n];
    let ratio = if scene.squint { 1.0 + offset / scene.grid.carrier_hz } else { 1.0 };
    let mut out = CMat::zeros(scene.receive.elements(), scene.transmit.elements());
    for target in &scene.targets {
        let a = scene.response(&scene.transmit, Side::Transmit, target, ratio).unwrap().response;
        let b = scene.response(&scene.receive, Side::Receive, target, ratio).unwrap().response;
        let phase = TAU * (target.doppler_hz * t - offset * target.delay_s);
        let factor = target.reflection * C64::cis(phase);
        for i in 0..out.rows() {
            for j in 0..out.cols() {
                out[(i, j)] += b[i] * a[j].conj() * factor;
            }
        }
    }
    out
}

fn moved(scene: &Scene, (kind, m): (Kind, usize), step: f64) -> Scene {
    let mut scene = scene.clone();
    let target = &mut scene.targets[m];
    match kind {
        Kind::Azimuth => target.azimuth_rad += step,
        Kind::Polar => target.polar_rad += step,
        Kind::Range => target.range_m = target.range_m.map(|r| r + step),
        Kind::DelayRange => target.delay_s += 2.0 * step / LIGHT_M_S,
        Kind::Speed => target.doppler_hz += 2.0 * step * scene.grid.carrier_hz / LIGHT_M_S,
        Kind::ReflectionRe => target.reflection.re += step,
        Kind::ReflectionIm => target.reflection.im += step,
    }
    scene
}

/// κ Re Σ tr(∂Gᴴ ∂G R) with differences for ∂.
fn by_differences(scene: &Scene, parameters: &[(Kind, usize)], beams: &[C64]) -> Vec<f64> {
    // In the near field the delay follows the range, unless it is moved by itself.
    let mut scene = scene.clone();
    let delays: Vec<f64> = scene.targets.iter().map(|t| scene.delay_s(t)).collect();
    scene.targets.iter_mut().zip(delays).for_each(|(target, delay)| target.delay_s = delay);
    let n = parameters.len();
    let each = beams.len() / scene.grid.subcarriers;
    let antennas = scene.transmit.elements();
    let mut fisher = vec![0.0; n * n];
    for k in 0..scene.grid.subcarriers {
        let w = beams[k * each..(k + 1) * each].to_vec();
        let w = CMat::from_columns(antennas, each / antennas, w).unwrap();
        for t in scene.grid.times_s() {
            let slopes: Vec<CMat> = parameters
                .iter()
                .map(|&parameter| {
                    let step = match parameter.0 {
                        Kind::DelayRange => 1e-5,
                        Kind::Speed => 1e-3,
                        _ => 1e-6,
                    };
                    let side = |sign: f64| echo(&moved(&scene, parameter, sign * step), k, t);
                    let (ahead, behind) = (side(1.0), side(-1.0));
                    let slope = CMat::from_fn(ahead.rows(), ahead.cols(), |i, j| {
                        (ahead[(i, j)] - behind[(i, j)]) / (2.0 * step)
                    });
                    product(&slope, Op::Plain, &w, Op::Plain)
                })
                .collect();
            for i in 0..n {
                for j in 0..n {
                    fisher[i * n + j] += 2.0 / scene.sensing_noise
                        * real_dot(slopes[i].as_slice(), slopes[j].as_slice());
                }
            }
        }
    }
    fisher
}

fn assert_same(found: &[f64], exact: &[f64], n: usize, tolerance: f64) {
    for i in 0..n {
        for j in 0..n {
            let scale = (exact[i * n + i] * exact[j * n + j]).sqrt();
            let off = (found[i * n + j] - exact[i * n + j]).abs() / scale;
            assert!(off < tolerance, "({i}, {j}): {off:e}");
        }
    }
}

#[test]
fn fisher_matrices_agree_with_numeric_differentiation_of_the_echo() {
    let mut squint = far();
    squint.squint = true;
    squint.grid.spacing_hz = 2e8;
    for scene in [far(), squint, near(0.0, false), near(1.0, true)] {
        let beams = beams(&scene, 3);
        let radar = OfdmRadar::new(scene.clone()).unwrap();
        let exact = by_differences(&scene, radar.parameters(), &beams);
        assert_same(&radar.fisher(&beams), &exact, radar.parameters().len(), 1e-6);
    }
}

#[test]
fn echo_energy_is_that_of_the_echo() {
    for scene in [far(), near(1.0, true)] {
        let beams = beams(&scene, 2);
        let mut direct = scene.clone();
        let delays: Vec<f64> = scene.targets.iter().map(|t| scene.delay_s(t)).collect();
        direct.targets.iter_mut().zip(delays).for_each(|(target, delay)| target.delay_s = delay);
        let each = beams.len() / scene.grid.subcarriers;
        let mut energy = 0.0;
        for n in 0..scene.grid.subcarriers {
            let w =
                CMat::from_columns(6, each / 6, beams[n * each..(n + 1) * each].to_vec()).unwrap();
            for t in scene.grid.times_s() {
                energy += product(&echo(&direct, n, t), Op::Plain, &w, Op::Plain).norm_sqr();
            }
        }
        let found = OfdmRadar::new(scene).unwrap().echo_energy(&beams);
        assert!((found / energy - 1.0).abs() < 1e-12);
    }
}

#[test]
fn one_subcarrier_of_equal_speeds_is_the_narrowband_problem() {
    let mut scene = far();
    scene.grid.subcarriers = 1;
    scene.unknown = Unknown { polar: true, ..Unknown::default() };
    scene.targets.iter_mut().for_each(|target| target.doppler_hz = 700.0);
    let w = beams(&scene, 2);
    let found = OfdmRadar::new(scene.clone()).unwrap().fisher(&w);
    let directions = || scene.targets.iter().map(|t| (t.azimuth_rad, t.polar_rad));
    let space = target_space(&PlanarArray::new(3, 2).steering(directions()));
    let receive = PlanarArray::new(2, 3).steering(directions());
    let reflections: Vec<C64> = scene.targets.iter().map(|t| t.reflection).collect();
    let w = CMat::from_columns(6, 2, w).unwrap();
    let v = product(&space, Op::Adjoint, &w, Op::Plain);
    let (mut packed, mut exact) = (vec![0.0; 36], vec![0.0; 64]);
    pack_hermitian(&product(&v, Op::Plain, &v, Op::Adjoint), &mut packed);
    let information = 2.0 * 3.0 / scene.sensing_noise;
    MultiTargetFisher::new(&receive, &reflections, information).fisher(&packed, &mut exact);
    assert_same(&found, &exact, 8, 1e-13);
}

/// One target, the same power everywhere: both bounds in closed form, apart from all else.
#[test]
fn delay_and_speed_have_their_closed_forms() {
    let mut scene = far();
    scene.targets.truncate(1);
    let grid = scene.grid;
    let (n, l) = (grid.subcarriers as f64, grid.symbols as f64);
    let (power, antennas) = (5.0, scene.transmit.elements());
    let scale = C64::from((power / (n * antennas as f64)).sqrt());
    let mut w = Vec::new();
    for _ in 0..grid.subcarriers {
        let eye = CMat::identity(antennas);
        w.extend(eye.as_slice().iter().map(|z| z * scale));
    }
    let alpha = scene.targets[0].reflection.norm_sqr();
    let common = 2.0 * alpha / scene.sensing_noise * power / antennas as f64;
    let delay = common * l / n * (TAU * grid.spacing_hz).powi(2) * n * (n * n - 1.0) / 12.0;
    let doppler = common * (TAU * grid.symbol_period_s).powi(2) * l * (l * l - 1.0) / 12.0;
    let radar = OfdmRadar::new(scene).unwrap();
    let variances = radar.bounds(&radar.fisher(&w)).unwrap().variances();
    let in_metres = |information: f64, unit: f64| 1.0 / (information * unit * unit);
    let wanted =
        [in_metres(delay, 2.0 / LIGHT_M_S), in_metres(doppler, 2.0 * grid.carrier_hz / LIGHT_M_S)];
    for (found, wanted) in variances[2..4].iter().zip(wanted) {
        assert!((found / wanted - 1.0).abs() < 1e-10, "{found} {wanted}");
    }
}

/// A place far beyond 2D²/λ is a direction.
#[test]
fn the_far_field_is_the_limit_of_the_near() {
    let mut plane = far();
    plane.transmit = plane.transmit.centred();
    plane.receive = plane.receive.centred();
    let mut sphere = near(1.0, false);
    sphere.grid = plane.grid;
    sphere.unknown.range = false;
    for (near, far) in sphere.targets.iter_mut().zip(&mut plane.targets) {
        near.range_m = Some(1e6);
        far.delay_s = 2e6 / LIGHT_M_S;
    }
    let w = beams(&plane, 3);
    let found = OfdmRadar::new(sphere).unwrap().fisher(&w);
    let exact = OfdmRadar::new(plane).unwrap().fisher(&w);
    assert_same(&found, &exact, 12, 1e-6);
}

/// Root bounds on the range of 64 × 1 elements at 28 GHz, azimuth 0.3: 0.032, 0.125, 0.50 and 2.0 m
/// at 1, 2, 4 and 8 m; they grow with the square.
#[test]
fn curvature_gives_the_known_range_bounds() {
    let array = UniformArray::new(64, 1).centred();
    for (range, wanted) in [(1.0, 0.032), (2.0, 0.125), (4.0, 0.50), (8.0, 2.0)] {
        let scene = Scene {
            transmit: array,
            receive: array,
            grid: Grid { subcarriers: 1, symbols: 30, ..far().grid },
            field: Field::Near { amplitude_exponent: 0.0 },
            squint: false,
            unknown: Unknown { range: true, ..Unknown::default() },
            targets: vec![Target {
                azimuth_rad: 0.3,
                polar_rad: std::f64::consts::FRAC_PI_2,
                range_m: Some(range),
                delay_s: 0.0,
                doppler_hz: 0.0,
                reflection: C64::from(0.1),
            }],
            sensing_noise: 1e-4,
        };
        let radar = OfdmRadar::new(scene).unwrap();
        let mut w = CMat::identity(64);
        w.scale(1.0 / 8.0);
        let bounds = radar.bounds(&radar.fisher(w.as_slice())).unwrap();
        let found = bounds.variances()[1].sqrt();
        assert!((found / wanted - 1.0).abs() < 0.03, "{range}: {found}");
    }
}

#[test]
fn the_gradient_has_the_slope_of_the_taylor_error() {
    let mut squint = far();
    squint.squint = true;
    for scene in [far(), squint, near(1.0, true)] {
        let radar = OfdmRadar::new(scene.clone()).unwrap();
        let (w, direction) = (beams(&scene, 3), beams(&scene, 3));
        let direction: Vec<C64> = direction.iter().rev().copied().collect();
        let n = radar.parameters().len();
        let phi: Vec<f64> = (0..n * n).map(|k| 1.0 / (1.0 + (k / n + k % n) as f64)).collect();
        let value =
            |w: &[C64]| -> f64 { radar.fisher(w).iter().zip(&phi).map(|(f, p)| f * p).sum() };
        let mut gradient = vec![C64::ZERO; w.len()];
        radar.add_gradient(&phi, &w, 1.0, &mut gradient);
        let slope = real_dot(&gradient, &direction);
        let error = |t: f64| {
            let moved: Vec<C64> = w.iter().zip(&direction).map(|(w, d)| w + d * t).collect();
            (value(&moved) - value(&w) - t * slope).abs()
        };
        let order = (error(1e-2) / error(1e-3)).log10();
        assert!((order - 2.0).abs() < 0.01, "{order}");
    }
}

#[test]
fn linking_range_and_delay_is_differentiating_both() {
    let scene = near(1.0, true);
    let w = beams(&scene, 3);
    let radar = OfdmRadar::new(scene.clone()).unwrap();
    let bounds = radar.bounds(&radar.fisher(&w)).unwrap();
    let linked = bounds.linked().unwrap();
    assert!(linked.position_m2(&scene).unwrap()[0] < bounds.position_m2(&scene).unwrap()[0]);
    // The range moves the delay with it.
    let together = |parameter: (Kind, usize), step: f64| {
        let mut scene = moved(&scene, parameter, step);
        let delays: Vec<f64> = scene.targets.iter().map(|t| scene.delay_s(t)).collect();
        scene.targets.iter_mut().zip(delays).for_each(|(target, delay)| target.delay_s = delay);
        scene
    };
    let each = w.len() / scene.grid.subcarriers;
    let n = linked.parameters.len();
    let mut exact = vec![0.0; n * n];
    for k in 0..scene.grid.subcarriers {
        let own = CMat::from_columns(6, each / 6, w[k * each..(k + 1) * each].to_vec()).unwrap();
        for t in scene.grid.times_s() {
            let slope = |parameter: &(Kind, usize)| {
                let step = match parameter.0 {
                    Kind::Speed => 1e-3,
                    Kind::Range => 1e-7,
                    _ => 1e-6,
                };
                let side = |sign: f64| {
                    let moved = echo(&together(*parameter, sign * step), k, t);
                    product(&moved, Op::Plain, &own, Op::Plain)
                };
                let (ahead, behind) = (side(1.0), side(-1.0));
                CMat::from_fn(6, each / 6, |i, j| (ahead[(i, j)] - behind[(i, j)]) / (2.0 * step))
            };
            let slopes: Vec<CMat> = linked.parameters.iter().map(slope).collect();
            for i in 0..n {
                for j in 0..n {
                    let both = real_dot(slopes[i].as_slice(), slopes[j].as_slice());
                    exact[i * n + j] += 2.0 / scene.sensing_noise * both;
                }
            }
        }
    }
    let mut inverse = vec![0.0; n * n];
    crate::fisher::FisherInverse::new(n).invert(&exact, &mut inverse).unwrap();
    for (i, found) in linked.variances().iter().enumerate() {
        assert!((found / inverse[i * n + i] - 1.0).abs() < 1e-4, "{i}");
    }
}

#[test]
fn wrong_scenes_are_refused_by_name() {
    let refused = |change: fn(&mut Scene)| {
        let mut scene = far();
        change(&mut scene);
        OfdmRadar::new(scene).unwrap_err().place
    };
    assert_eq!(refused(|s| s.unknown.polar = false), "unknown.polar");
    assert_eq!(refused(|s| s.unknown.range = true), "unknown.range");
    assert_eq!(refused(|s| s.grid.subcarriers = 1), "unknown.delay");
    assert_eq!(refused(|s| s.grid.symbols = 1), "unknown.doppler");
    assert_eq!(refused(|s| s.grid.subcarriers = 0), "grid");
    assert_eq!(refused(|s| s.sensing_noise = f64::NAN), "sensing_noise");
    assert_eq!(refused(|s| s.targets[1].polar_rad = f64::NAN), "targets[1].polar_rad");
    assert_eq!(refused(|s| s.targets[1].reflection = C64::ZERO), "targets[1].reflection");
    let without = |s: &mut Scene| s.field = Field::Near { amplitude_exponent: 0.0 };
    assert_eq!(refused(without), "targets[0].range_m");
    let what = |change: fn(&mut Scene)| {
        let mut scene = far();
        change(&mut scene);
        OfdmRadar::new(scene).unwrap_err().what
    };
    let rows = |s: &mut Scene| (s.transmit.vertical, s.receive.vertical) = (1, 1);
    assert!(what(rows).starts_with("two linear arrays see one angle"));
    let same = |s: &mut Scene| s.targets[1] = s.targets[0];
    assert!(what(same).contains("the targets 0 and 1 apart"), "{}", what(same));
    let mut empty = far();
    empty.targets.clear();
    let radar = OfdmRadar::new(empty).unwrap();
    assert!(radar.parameters().is_empty() && radar.fisher(&[C64::ONE; 24]).is_empty());
}
