//! The witness of goals and requirements: SINRs, metrics, limits and powers from definitions, entry by
//! entry. Shares nothing with the solvers of [`requirements`](crate::beamforming::requirements).

use noctule_num::interrupt::poll;
use noctule_num::{C64, CMat};

use super::dense::{
    Inverse, Matrix, blurred, determinant, doubled, eigenvalues, inverse_of, on_the_edge, response,
};
use super::scene::{Offset, Scene};
use super::{Verification, fisher_of, lit, unit};
use crate::Error;
use crate::beamforming::goal::{Goal, Measure, Nodes, Over, Parameter, Problem};
use crate::beamforming::{Beams, Instance, PowerConstraint, Target};

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

/// Recompute what beams achieve of a goal, and what of it they miss.
pub(super) fn verify(
    instance: &Instance,
    problem: &Problem,
    beams: &Beams,
) -> Result<Verification, Error> {
    let w = &beams.matrix;
    let sinrs = sinrs(instance, problem, w)?;
    let unknown = unknown(problem);
    let targets = instance.targets();
    let place = |&(kind, m): &(usize, usize)| kind * targets.len() + m;
    let kept: Vec<usize> = unknown.iter().map(place).collect();
    let fisher = |targets: &[Target]| -> Result<Matrix, Error> {
        let full = fisher_of(instance, targets, w)?;
        Ok(kept.iter().map(|&i| kept.iter().map(|&j| full[i][j]).collect()).collect())
    };
    let invert = |part: Matrix| inverse_of(part).filter(|inverse| !inverse.is_empty());
    let at_targets = fisher(targets)?;
    let inverse = invert(at_targets.clone());
    let blur = inverse.as_ref().map(|inverse| blurred(&at_targets, inverse, unit(instance)));
    let mut offsets = Vec::new();
    if let Some(Nodes { nodes, .. }) = &problem.around.angles {
        let all: f64 = nodes.iter().map(|node| node.share).sum();
        for node in nodes {
            let mut moved = targets.to_vec();
            for target in &mut moved {
                target.azimuth_rad += node.azimuth_rad;
                target.polar_rad += node.polar_rad;
            }
            let fisher = fisher(&moved)?;
            let (share, inverse) = (node.share / all, invert(fisher.clone()));
            offsets.push(Offset { share, targets: moved, fisher, inverse });
        }
    }
    let scene = Scene { instance, problem, w, unknown, inverse, offsets };
    let power: f64 = w.as_slice().iter().map(|z| z.re * z.re + z.im * z.im).sum();
    let value = value(problem, &scene, &sinrs, power)?;
    let large = matches!(
        problem.goal,
        Goal::SumRate { .. }
            | Goal::MaxMinRate { .. }
            | Goal::ProportionalFair { .. }
            | Goal::MaxSensing { .. }
    );
    Ok(Verification {
        objective: value.map(|value| if large { value } else { -value }),
        sum_rate_nats: sinrs.iter().map(|sinr| sinr.ln_1p()).fold(0.0, |a, b| a + b),
        crb_trace_mixed: scene
            .inverse
            .as_ref()
            .map(|inverse| (0..inverse.len()).map(|i| inverse[i][i]).sum()),
        violation: missed(problem, &scene, &sinrs, power)?,
        objective_blur: value
            .map_or(0.0, |value| share(problem, &scene, blur.as_deref()) * value.abs()),
        crb_trace_blur: blur.map_or(0.0, |blur| blur.iter().sum()),
        on_the_edge: !at_targets.is_empty()
            && scene.inverse.as_ref().is_none_or(|inverse| on_the_edge(&at_targets, inverse)),
    })
}

/// What rounding may have moved a goal by that is a bound, relative: no more than any of its parts.
fn share(problem: &Problem, scene: &Scene<'_>, blur: Option<&[f64]>) -> f64 {
    let of_bounds = matches!(problem.goal, Goal::MinCrb { .. });
    let (Some(inverse), Some(blur), true) = (&scene.inverse, blur, of_bounds) else { return 0.0 };
    let own = blur.iter().enumerate().map(|(i, blur)| blur / inverse[i][i]);
    own.fold(0.0, f64::max)
}

/// SINR of every user.
fn sinrs(instance: &Instance, problem: &Problem, w: &CMat) -> Result<Vec<f64>, Error> {
    let h = instance.channels();
    let cancelled = problem.streams_cancelled;
    let sent: f64 = w.as_slice().iter().map(C64::norm_sqr).sum();
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
        // an error of the channel lets every stream through, the user's own too
        let error = problem.around.channel_error.get(k).map_or(0.0, |variance| variance * sent);
        out.push(power(k) / (others + error + instance.parts().user_noise_w[k]));
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
    let rate = |k: usize| sinrs[k].ln_1p();
    let users = 0..sinrs.len();
    let value = match &problem.goal {
        Goal::Weighted => None,
        Goal::MinPower => Some(power),
        Goal::MinCrb { metric } | Goal::MaxSensing { metric } => measured(scene, metric)?,
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
            | Measure::Scnr { .. }
            | Measure::Detection { .. }
            | Measure::MutualInformation => (limit.limit - value) / limit.limit,
            Measure::LogDet => value - limit.limit,
            _ => (value - limit.limit) / limit.limit,
        });
    }
    let parts = scene.instance.parts();
    if let Some((of, limits)) = &problem.around.groups {
        for (group, limit) in limits.iter().enumerate() {
            let own = (0..of.len()).filter(|n| of[*n] == group);
            let row =
                |n: usize| (0..scene.w.cols()).map(|s| scene.w[(n, s)].norm_sqr()).sum::<f64>();
            miss((own.map(row).sum::<f64>() - limit) / limit);
        }
    }
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
    let parts = scene.instance.parts();
    Ok(match metric {
        Measure::Extended => {
            let receivers = parts.receive_array.elements() as f64;
            let factor = parts.sensing_noise_w * receivers / f64::from(parts.snapshots);
            trace_of_inverse_covariance(scene.w)?.map(|trace| factor * trace)
        }
        Measure::Illumination { target } => lit::worst(scene, *target, &|_, _| Some(1.0)),
        Measure::SensingSnr { target } => lit::worst(scene, *target, &lit::over_noise),
        Measure::Scnr { target } | Measure::Detection { target, .. } => {
            lit::worst(scene, *target, &lit::over_clutter)
        }
        Measure::Beampattern => lit::beampattern(scene),
        Measure::MutualInformation => information(scene)?,
        bound => over_offsets(scene, bound),
    }
    .filter(|value| value.is_finite()))
}

/// A bound where the targets are, or over the offsets that they may have.
fn over_offsets(scene: &Scene<'_>, metric: &Measure) -> Option<f64> {
    let Some(angles) = &scene.problem.around.angles else {
        return bound(scene, scene.inverse.as_ref(), metric);
    };
    let offsets = &scene.offsets;
    let at = |metric: &Measure, offset: &Offset| bound(scene, offset.inverse.as_ref(), metric);
    match angles.over {
        Over::Worst => offsets.iter().try_fold(0.0_f64, |a, o| Some(a.max(at(metric, o)?))),
        Over::Expected => {
            let mean = |metric: &Measure| {
                offsets.iter().try_fold(0.0, |a, o| Some(a + o.share * at(metric, o)?))
            };
            // the worst mean, not the mean of the worst
            let members: Vec<Measure> = match metric {
                Measure::WorstTarget => (0..scene.instance.targets().len())
                    .map(|m| {
                        let mut weights = vec![0.0; scene.instance.targets().len()];
                        weights[m] = 1.0;
                        let targets = Some(weights);
                        Measure::Trace {
                            azimuth: 1.0,
                            polar: 1.0,
                            reflection: 0.0,
                            range: 0.0,
                            velocity: 0.0,
                            targets,
                        }
                    })
                    .collect(),
                Measure::WorstAngle => scene
                    .unknown
                    .iter()
                    .filter(|(kind, _)| *kind < 2)
                    .map(|&(kind, target)| Measure::Parameter {
                        target,
                        parameter: [Parameter::Azimuth, Parameter::Polar][kind],
                    })
                    .collect(),
                other => vec![other.clone()],
            };
            members.iter().try_fold(0.0_f64, |a, m| Some(a.max(mean(m)?)))
        }
        Over::Bayesian => {
            let n = scene.unknown.len();
            let mut sum = vec![vec![0.0; n]; n];
            for offset in offsets {
                for (row, own) in sum.iter_mut().zip(&offset.fisher) {
                    row.iter_mut().zip(own).for_each(|(x, y)| *x += offset.share * y);
                }
            }
            for (i, (kind, _)) in scene.unknown.iter().enumerate().filter(|(_, (k, _))| *k < 2) {
                sum[i][i] += angles.prior[*kind];
            }
            bound(scene, inverse_of(sum).as_ref(), metric)
        }
    }
}

/// A metric of bounds.
fn bound(scene: &Scene<'_>, inverse: Option<&Inverse>, metric: &Measure) -> Option<f64> {
    let bound = |i: usize| inverse.map(|inverse| inverse[i][i]);
    let all = || scene.unknown.iter().enumerate().map(|(i, (kind, m))| (i, *kind, *m));
    let sum = |weight: &dyn Fn(usize, usize) -> f64| -> Option<f64> {
        all().try_fold(0.0, |sum, (i, kind, m)| Some(sum + weight(kind, m) * bound(i)?))
    };
    let angle = |kind: usize| f64::from(u8::from(kind < 2));
    match metric {
        Measure::Angles => sum(&|kind, _| angle(kind)),
        Measure::Trace { azimuth, polar, reflection, targets, .. } => sum(&|kind, m| {
            let own = targets.as_ref().map_or(1.0, |all| all[m]);
            own * [*azimuth, *polar, *reflection, *reflection][kind]
        }),
        Measure::Parameter { target, parameter } => sum(&|kind, m| {
            let meant = match parameter {
                Parameter::Azimuth => kind == 0,
                Parameter::Polar => kind == 1,
                Parameter::Reflection => kind >= 2,
                Parameter::Range | Parameter::Velocity => false,
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
        Measure::LargestEigenvalue => block(scene, inverse)
            .map(|block| eigenvalues(block).into_iter().fold(f64::NEG_INFINITY, f64::max)),
        Measure::LogDet => {
            block(scene, inverse).map(|block| eigenvalues(block).into_iter().map(f64::ln).sum())
        }
        _ => None,
    }
}

/// F⁻¹ of the angles.
fn block(scene: &Scene<'_>, inverse: Option<&Inverse>) -> Option<Matrix> {
    let angles: Vec<usize> = (0..scene.unknown.len()).filter(|i| scene.unknown[*i].0 < 2).collect();
    let inverse = inverse?;
    Some(angles.iter().map(|&i| angles.iter().map(|&j| inverse[i][j]).collect()).collect())
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
            let seen = response(scene.instance, &parts.targets[m], false);
            let gain: f64 = seen.iter().map(C64::norm_sqr).sum::<f64>() / receivers;
            let root = (parts.targets[m].reflection.norm_sqr() * gain * snr).sqrt();
            let a = response(scene.instance, &parts.targets[m], true);
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
