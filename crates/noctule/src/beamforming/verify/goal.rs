//! The witness of goals and requirements: SINRs, metrics, limits and powers from definitions, entry by
//! entry. Shares nothing with the solvers of [`requirements`](crate::beamforming::requirements).

use noctule_num::interrupt::poll;
use noctule_num::{C64, CMat};

use super::dense::{Inverse, Matrix, determinant, eigenvalues, inverse_of, response};
use super::{Verification, fisher_of};
use crate::Error;
use crate::beamforming::goal::{Goal, Measure, Parameter, Problem};
use crate::beamforming::{Beams, Instance, PowerConstraint};

/// What of every target is unknown, in the order of the Fisher matrix: kind (0 azimuth, 1 polar angle,
/// 2 and 3 the parts of the reflection) and target.
fn unknown(problem: &Problem) -> Vec<(usize, usize)> {
    let mut out = Vec::new();
    for kind in 0..4 {
        for (m, u) in problem.unknown.iter().enumerate() {
            if [u.azimuth, u.polar, u.reflection, u.reflection][kind] {
                out.push((kind, m));
            }
        }
    }
    out
}

/// Everything that is asked of the beams.
struct Scene<'a> {
    instance: &'a Instance,
    w: &'a CMat,
    unknown: Vec<(usize, usize)>,
    /// F⁻¹ of what is unknown; none where F is singular.
    inverse: Option<Inverse>,
}

/// Recompute what beams achieve of a goal, and what of it they miss.
pub(super) fn verify(
    instance: &Instance,
    problem: &Problem,
    beams: &Beams,
) -> Result<Verification, Error> {
    let w = &beams.matrix;
    let sinrs = sinrs(instance, w, problem.streams_cancelled)?;
    let unknown = unknown(problem);
    let full = fisher_of(instance, w)?;
    let targets = instance.targets().len();
    let place = |&(kind, m): &(usize, usize)| kind * targets + m;
    let kept: Vec<usize> = unknown.iter().map(place).collect();
    let part: Matrix = kept.iter().map(|&i| kept.iter().map(|&j| full[i][j]).collect()).collect();
    let inverse = inverse_of(part).filter(|inverse| !inverse.is_empty());
    let scene = Scene { instance, w, unknown, inverse };
    let power: f64 = w.as_slice().iter().map(|z| z.re * z.re + z.im * z.im).sum();
    let value = value(problem, &scene, &sinrs, power)?;
    let large = matches!(
        problem.goal,
        Goal::SumRate { .. } | Goal::MaxMinRate { .. } | Goal::ProportionalFair { .. }
    );
    Ok(Verification {
        objective: value.map(|value| if large { value } else { -value }),
        sum_rate_nats: sinrs.iter().map(|sinr| (1.0 + sinr).ln()).fold(0.0, |a, b| a + b),
        crb_trace_mixed: scene
            .inverse
            .as_ref()
            .map(|inverse| (0..inverse.len()).map(|i| inverse[i][i]).sum()),
        violation: missed(problem, &scene, &sinrs, power)?,
    })
}

/// SINR of every user.
fn sinrs(instance: &Instance, w: &CMat, cancelled: bool) -> Result<Vec<f64>, Error> {
    let h = instance.channels();
    let mut out = Vec::new();
    for k in 0..h.cols() {
        poll()?;
        let power = |s: usize| -> f64 {
            let mut amplitude = C64::ZERO;
            for n in 0..h.rows() {
                amplitude += h[(n, k)].conj() * w[(n, s)];
            }
            amplitude.norm_sqr()
        };
        let heard = |s: usize| s != k && (s < h.cols() || !cancelled);
        let others: f64 = (0..w.cols()).filter(|s| heard(*s)).map(power).sum();
        out.push(power(k) / (others + instance.parts().user_noise_w[k]));
    }
    Ok(out)
}

/// The value of the goal.
fn value(
    problem: &Problem,
    scene: &Scene<'_>,
    sinrs: &[f64],
    power: f64,
) -> Result<Option<f64>, Error> {
    let weight = |given: &Option<Vec<f64>>, k: usize| given.as_ref().map_or(1.0, |all| all[k]);
    let rate = |k: usize| (1.0 + sinrs[k]).ln();
    let users = 0..sinrs.len();
    let value = match &problem.goal {
        Goal::Weighted => None,
        Goal::MinPower => Some(power),
        Goal::MinCrb { metric } => measured(scene, metric)?,
        Goal::SumRate { user_weights: v } => {
            Some(users.map(|k| weight(v, k) * rate(k)).fold(0.0, |a, b| a + b))
        }
        Goal::ProportionalFair { user_weights: v } => {
            let served = users.filter(|k| weight(v, *k) > 0.0);
            Some(served.map(|k| weight(v, k) * rate(k).ln()).fold(0.0, |a, b| a + b))
        }
        Goal::MaxMinRate { user_weights: v } => {
            let served = users.filter(|k| weight(v, *k) > 0.0);
            served.map(|k| rate(k) / weight(v, k)).reduce(f64::min)
        }
    };
    Ok(value.filter(|value| value.is_finite()))
}

/// The largest relative miss of a floor, a limit or the power.
fn missed(problem: &Problem, scene: &Scene<'_>, sinrs: &[f64], power: f64) -> Result<f64, Error> {
    let mut most = 0.0_f64;
    // what is no number is missed
    let mut miss = |by: f64| most = most.max(if by.is_nan() { f64::INFINITY } else { by });
    for (floor, sinr) in problem.sinr_floor.iter().zip(sinrs).filter(|(floor, _)| **floor > 0.0) {
        miss((floor - sinr) / floor);
    }
    for limit in &problem.limits {
        let Some(value) = measured(scene, &limit.metric)? else {
            miss(f64::INFINITY);
            continue;
        };
        miss(match limit.metric {
            Measure::Illumination { .. }
            | Measure::SensingSnr { .. }
            | Measure::MutualInformation => (limit.limit - value) / limit.limit,
            Measure::LogDet => value - limit.limit,
            _ => (value - limit.limit) / limit.limit,
        });
    }
    let parts = scene.instance.parts();
    match parts.power_constraint {
        PowerConstraint::Total => miss((power - parts.power_w) / parts.power_w),
        PowerConstraint::PerAntenna => {
            let share = parts.power_w / scene.w.rows() as f64;
            for n in 0..scene.w.rows() {
                let row: f64 = (0..scene.w.cols()).map(|s| scene.w[(n, s)].norm_sqr()).sum();
                miss((row - share) / share);
            }
        }
    }
    Ok(most)
}

/// The value of a metric.
fn measured(scene: &Scene<'_>, metric: &Measure) -> Result<Option<f64>, Error> {
    let bound = |i: usize| scene.inverse.as_ref().map(|inverse| inverse[i][i]);
    let all = || scene.unknown.iter().enumerate().map(|(i, (kind, m))| (i, *kind, *m));
    let sum = |weight: &dyn Fn(usize, usize) -> f64| -> Option<f64> {
        all().try_fold(0.0, |sum, (i, kind, m)| Some(sum + weight(kind, m) * bound(i)?))
    };
    let angle = |kind: usize| f64::from(u8::from(kind < 2));
    Ok(match metric {
        Measure::Angles => sum(&|kind, _| angle(kind)),
        Measure::Trace { azimuth, polar, reflection, targets } => sum(&|kind, m| {
            let own = targets.as_ref().map_or(1.0, |all| all[m]);
            own * [*azimuth, *polar, *reflection, *reflection][kind]
        }),
        Measure::Parameter { target, parameter } => sum(&|kind, m| {
            let meant = match parameter {
                Parameter::Azimuth => kind == 0,
                Parameter::Polar => kind == 1,
                Parameter::Reflection => kind >= 2,
            };
            f64::from(u8::from(meant && m == *target))
        }),
        Measure::WorstTarget => {
            let of = |t: usize| sum(&|kind, m| if m == t { angle(kind) } else { 0.0 });
            (0..scene.instance.targets().len()).map(of).try_fold(0.0, |a, b| Some(b?.max(a)))
        }
        Measure::WorstAngle => {
            let angles = all().filter(|(_, kind, _)| *kind < 2).map(|(i, ..)| bound(i));
            angles.into_iter().try_fold(0.0, |a: f64, b| Some(a.max(b?)))
        }
        Measure::LargestEigenvalue => block(scene)
            .map(|block| eigenvalues(block).into_iter().fold(f64::NEG_INFINITY, f64::max)),
        Measure::LogDet => {
            block(scene).map(|block| eigenvalues(block).into_iter().map(f64::ln).sum())
        }
        Measure::Extended => {
            let parts = scene.instance.parts();
            let receivers = parts.receive_array.elements() as f64;
            let factor = parts.sensing_noise_w * receivers / f64::from(parts.snapshots);
            trace_of_inverse_covariance(scene.w)?.map(|trace| factor * trace)
        }
        Measure::Illumination { target } => Some(lit(scene, *target)),
        Measure::SensingSnr { target } => {
            let parts = scene.instance.parts();
            let seen = response(scene.instance, *target, false);
            let gain: f64 = seen.iter().map(C64::norm_sqr).sum();
            let reflection = parts.targets[*target].reflection.norm_sqr();
            let factor = f64::from(parts.snapshots) / parts.sensing_noise_w * reflection * gain;
            Some(factor * lit(scene, *target))
        }
        Measure::MutualInformation => information(scene)?,
    }
    .filter(|value| value.is_finite()))
}

/// F⁻¹ of the angles.
fn block(scene: &Scene<'_>) -> Option<Matrix> {
    let angles: Vec<usize> = (0..scene.unknown.len()).filter(|i| scene.unknown[*i].0 < 2).collect();
    let inverse = scene.inverse.as_ref()?;
    Some(angles.iter().map(|&i| angles.iter().map(|&j| inverse[i][j]).collect()).collect())
}

/// Σ_s |aᴴw_s|².
fn lit(scene: &Scene<'_>, target: usize) -> f64 {
    let a = response(scene.instance, target, true);
    let through =
        |s: usize| -> C64 { a.iter().zip(scene.w.col(s)).map(|(a, w)| a.conj() * w).sum() };
    (0..scene.w.cols()).map(|s| through(s).norm_sqr()).sum()
}

/// A complex Hermitian matrix as the real symmetric one of twice its size, which has every eigenvalue
/// twice.
fn doubled(n: usize, entry: impl Fn(usize, usize) -> C64) -> Matrix {
    let mut out = vec![vec![0.0; 2 * n]; 2 * n];
    for i in 0..n {
        for j in 0..n {
            let z = entry(i, j);
            (out[i][j], out[n + i][n + j]) = (z.re, z.re);
            (out[i][n + j], out[n + i][j]) = (-z.im, z.im);
        }
    }
    out
}

/// tr (WWᴴ)⁻¹.
fn trace_of_inverse_covariance(w: &CMat) -> Result<Option<f64>, Error> {
    poll()?;
    let r = doubled(w.rows(), |i, j| (0..w.cols()).map(|s| w[(i, s)] * w[(j, s)].conj()).sum());
    let inverse = inverse_of(r);
    Ok(inverse.map(|inverse| 0.5 * (0..inverse.len()).map(|i| inverse[i][i]).sum::<f64>()))
}

/// N_r log det(1 + (L/σ²) WᴴΣW) with Σ = Σ_m |α_m|² (‖b_m‖²/N_r) a_m a_mᴴ.
fn information(scene: &Scene<'_>) -> Result<Option<f64>, Error> {
    poll()?;
    let parts = scene.instance.parts();
    let receivers = parts.receive_array.elements() as f64;
    let snr = f64::from(parts.snapshots) / parts.sensing_noise_w;
    // one row a target: √share aᴴW
    let rows: Vec<Vec<C64>> = (0..parts.targets.len())
        .map(|m| {
            let seen = response(scene.instance, m, false);
            let gain: f64 = seen.iter().map(C64::norm_sqr).sum::<f64>() / receivers;
            let root = (parts.targets[m].reflection.norm_sqr() * gain * snr).sqrt();
            let a = response(scene.instance, m, true);
            let through = |s: usize| -> C64 {
                a.iter().zip(scene.w.col(s)).map(|(a, w)| a.conj() * w).sum::<C64>() * root
            };
            (0..scene.w.cols()).map(through).collect()
        })
        .collect();
    let matrix = doubled(rows.len(), |i, j| {
        let inner: C64 = rows[i].iter().zip(&rows[j]).map(|(x, y)| x * y.conj()).sum();
        if i == j { inner + 1.0 } else { inner }
    });
    Ok(Some(0.5 * receivers * determinant(matrix)))
}
