//! The witness of sensing power: what targets are lit by, and beampatterns, beam by beam.

use noctule_num::C64;

use super::dense::{doubled, inverse_of, response};
use super::scene::Scene;
use crate::beamforming::Target;
use crate::beamforming::goal::Over;

/// The power towards one target, or towards the one that is lit worst, times a factor.
pub(super) fn worst(
    scene: &Scene<'_>,
    target: Option<usize>,
    factor: &dyn Fn(&Scene<'_>, &Target) -> Option<f64>,
) -> Option<f64> {
    let all = 0..scene.instance.targets().len();
    let chosen = all.filter(|m| target.is_none_or(|one| one == *m));
    let mut least = f64::INFINITY;
    for m in chosen {
        let own = match &scene.problem.around.angles {
            None => {
                let at = &scene.instance.targets()[m];
                factor(scene, at)? * of_target(scene, m, at)
            }
            Some(angles) => {
                let mut values = Vec::new();
                for offset in &scene.offsets {
                    let at = &offset.targets[m];
                    values.push((offset.share, factor(scene, at)? * of_target(scene, m, at)));
                }
                match angles.over {
                    Over::Worst => values.iter().fold(f64::INFINITY, |a, (_, v)| a.min(*v)),
                    _ => values.iter().map(|(share, v)| share * v).sum(),
                }
            }
        };
        least = least.min(own);
    }
    Some(least)
}

/// `Σ_s |aᴴw_s|²`, or with stations the sum of that over them.
fn of_target(scene: &Scene<'_>, m: usize, at: &Target) -> f64 {
    let w = scene.w;
    let Some(towards) = &scene.problem.around.towards else {
        return through(&response(scene.instance, at, true), scene);
    };
    let stations = towards.station.iter().max().map_or(0, |last| last + 1);
    let mut sum = 0.0;
    for station in 0..stations {
        let own: Vec<C64> =
            (0..w.rows())
                .map(|n| {
                    if towards.station[n] == station { towards.response[(n, m)] } else { C64::ZERO }
                })
                .collect();
        sum += through(&own, scene);
    }
    sum
}

/// `Σ_s |aᴴw_s|²`.
fn through(a: &[C64], scene: &Scene<'_>) -> f64 {
    let one = |s: usize| -> C64 { a.iter().zip(scene.w.col(s)).map(|(a, w)| a.conj() * w).sum() };
    (0..scene.w.cols()).map(|s| one(s).norm_sqr()).sum()
}

/// `(L/σ²)|α|²‖b‖²`.
pub(super) fn over_noise(scene: &Scene<'_>, target: &Target) -> Option<f64> {
    let parts = scene.instance.parts();
    let seen = response(scene.instance, target, false);
    let gain: f64 = seen.iter().map(C64::norm_sqr).sum();
    let reflection = target.reflection.norm_sqr();
    Some(f64::from(parts.snapshots) / parts.sensing_noise_w * reflection * gain)
}

/// `L|α|² bᴴ(C + σ²1)⁻¹b`.
pub(super) fn over_clutter(scene: &Scene<'_>, target: &Target) -> Option<f64> {
    let Some(clutter) = &scene.problem.around.clutter else {
        return over_noise(scene, target);
    };
    let parts = scene.instance.parts();
    let n = clutter.rows();
    let noise = parts.sensing_noise_w;
    let inverse = inverse_of(doubled(n, |i, j| {
        clutter[(i, j)] + if i == j { C64::from(noise) } else { C64::ZERO }
    }))?;
    let seen = response(scene.instance, target, false);
    let b: Vec<f64> = seen.iter().map(|z| z.re).chain(seen.iter().map(|z| z.im)).collect();
    let mut gain = 0.0;
    for i in 0..2 * n {
        for j in 0..2 * n {
            gain += b[i] * inverse[i][j] * b[j];
        }
    }
    Some(f64::from(parts.snapshots) * target.reflection.norm_sqr() * gain)
}

/// `min_η mean (η d − p)²` with the beampattern p of the power that is sent.
pub(super) fn beampattern(scene: &Scene<'_>) -> Option<f64> {
    let wanted = scene.problem.around.template.as_ref()?;
    let sent: f64 = scene.w.as_slice().iter().map(C64::norm_sqr).sum();
    let unit = if scene.instance.unit_modulus_steering() { scene.w.rows() as f64 } else { 1.0 };
    let angles = wanted.azimuth_rad.iter().zip(&wanted.polar_rad);
    let p: Vec<f64> = angles
        .map(|(azimuth, polar)| {
            let (azimuth_rad, polar_rad) = (*azimuth, *polar);
            let at = Target { azimuth_rad, polar_rad, reflection: C64::ZERO };
            through(&response(scene.instance, &at, true), scene) / unit / sent
        })
        .collect();
    let (mut along, mut size) = (0.0, 0.0);
    for (p, d) in p.iter().zip(&wanted.level) {
        along += p * d;
        size += d * d;
    }
    let eta = along / size;
    let off: f64 = p.iter().zip(&wanted.level).map(|(p, d)| (eta * d - p).powi(2)).sum();
    Some(off / p.len() as f64)
}
