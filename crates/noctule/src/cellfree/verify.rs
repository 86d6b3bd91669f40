//! An independent witness: rates, errors and powers from their definitions.
//!
//! Nothing here is shared with the model: what the errors of the estimates let through is the trace
//! of their covariance times that of everything an access point sends, entry by entry, the
//! beampattern is computed direction by direction and its scale by least squares, as the
//! [module page](super) defines them. It is slow, and keeps nothing that is larger than the instance.

use std::f64::consts::{FRAC_PI_2, LN_2, PI};

use noctule_num::interrupt::poll;
use noctule_num::{C64, CMat};
use serde::Serialize;

use super::{Beams, Instance, Metrics, Requirement};
use crate::Error;

/// What the witness found.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Verification {
    /// The sum rate in bit/s/Hz, recomputed.
    pub sum_rate_bps_hz: f64,
    /// The mean error of the beampatterns, recomputed; absent where nothing is sensed.
    pub error: Option<f64>,
    /// What rounding leaves open of it: of a small error of large patterns little is certain.
    pub error_blur: f64,
    /// Largest violation of a power (relative to the budget), or of the requirement (relative to it).
    pub violation: f64,
    /// The part of it that the powers are to blame for.
    pub power_violation: f64,
}

impl Verification {
    /// Largest difference between these numbers and the metrics, relative to max(1, |metric|).
    pub fn mismatch(&self, metrics: &Metrics) -> f64 {
        let far = |a: f64, b: f64| (a - b).abs() / b.abs().max(1.0);
        let rate = far(self.sum_rate_bps_hz, metrics.sum_rate_bps_hz);
        match (self.error, metrics.error) {
            (Some(mine), Some(theirs)) => rate.max(far(mine, theirs)),
            (None, None) => rate,
            _ => f64::INFINITY,
        }
    }
}

/// Recompute what `beams` achieve in `instance`.
///
/// # Errors
/// When the beams have another shape than the instance asks for, or an entry is not finite.
pub fn verify(instance: &Instance, beams: &Beams) -> Result<Verification, Error> {
    beams.check(instance)?;
    let sum_rate_bps_hz = sum_rate(instance, beams)?;
    let (error, error_blur) = mean_error(instance, beams)?.unzip();
    let error_blur = error_blur.unwrap_or(0.0);
    let power_violation = powers(instance, beams);
    let required = match (instance.parts().requirement, error) {
        (Requirement::MaxError(limit), Some(error)) if limit > 0.0 => {
            (error - error_blur - limit) / limit
        }
        (Requirement::MaxError(_), Some(error)) => error - error_blur,
        (Requirement::MinRate(rate), _) if rate > 0.0 => (rate - sum_rate_bps_hz) / rate,
        _ => 0.0,
    };
    let violation = power_violation.max(required).max(0.0);
    Ok(Verification { sum_rate_bps_hz, error, error_blur, violation, power_violation })
}

/// Σ x xᴴ over the beams that an access point sends, at its power.
fn sent(instance: &Instance, beams: &Beams, ap: usize) -> CMat {
    let n = instance.antennas();
    let power = instance.parts().power_over_noise[ap];
    let mut sum = CMat::zeros(n, n);
    let mut add = |x: &[C64]| {
        for i in 0..n {
            for j in 0..n {
                sum[(i, j)] += x[i] * x[j].conj() * power;
            }
        }
    };
    (0..beams.data.cols()).for_each(|k| add(&beams.data.col(k)[ap * n..(ap + 1) * n]));
    (0..beams.sensing[ap].cols()).for_each(|s| add(beams.sensing[ap].col(s)));
    sum
}

/// Θ_k entry by entry, times the transmit powers.
pub(super) fn covariance(instance: &Instance, user: usize) -> Vec<Vec<C64>> {
    let (aps, n) = (instance.aps(), instance.antennas());
    let theta = &instance.parts().error[user];
    let power = &instance.parts().power_over_noise;
    let mut dense = vec![vec![C64::ZERO; aps * n]; aps * n];
    for (i, row) in dense.iter_mut().enumerate() {
        for (j, entry) in row.iter_mut().enumerate() {
            if i / n == j / n {
                *entry += theta.blocks[i / n][(i % n, j % n)];
            }
            for (c, &weight) in theta.weights.iter().enumerate() {
                *entry += theta.factors[(i, c)] * theta.factors[(j, c)].conj() * weight;
            }
            *entry *= (power[i / n] * power[j / n]).sqrt();
        }
    }
    dense
}

/// Power that the error of user `k`'s estimate receives: tr (Θ_k S) with S the covariance of all
/// that is sent. Data beams span all access points; every sensing signal is one's own.
fn through_error(instance: &Instance, beams: &Beams, sent: &[CMat], k: usize) -> f64 {
    let n = instance.antennas();
    let theta = &instance.parts().error[k];
    let power = &instance.parts().power_over_noise;
    let mut total = 0.0;
    for (block, sent) in theta.blocks.iter().zip(sent) {
        for i in 0..n {
            for j in 0..n {
                total += (block[(i, j)] * sent[(j, i)]).re;
            }
        }
    }
    for (c, &weight) in theta.weights.iter().enumerate() {
        let factor = theta.factors.col(c);
        for j in 0..beams.data.cols() {
            let mut meet = C64::ZERO;
            for (i, (f, x)) in factor.iter().zip(beams.data.col(j)).enumerate() {
                meet += f.conj() * x * power[i / n].sqrt();
            }
            total += weight * meet.norm_sqr();
        }
        for (ap, own) in beams.sensing.iter().enumerate() {
            for s in 0..own.cols() {
                let mut meet = C64::ZERO;
                for (f, x) in factor[ap * n..(ap + 1) * n].iter().zip(own.col(s)) {
                    meet += f.conj() * x;
                }
                total += weight * power[ap] * meet.norm_sqr();
            }
        }
    }
    total
}

fn sum_rate(instance: &Instance, beams: &Beams) -> Result<f64, Error> {
    let (aps, n, users) = (instance.aps(), instance.antennas(), instance.users());
    let sent: Vec<CMat> = (0..aps).map(|ap| sent(instance, beams, ap)).collect();
    let mut total = 0.0;
    for k in 0..users {
        poll()?;
        let channel: Vec<C64> = (0..aps * n)
            .map(|i| {
                instance.parts().channels[(i, k)] * instance.parts().power_over_noise[i / n].sqrt()
            })
            .collect();
        let meet = |h: &[C64], w: &[C64]| -> f64 {
            h.iter().zip(w).map(|(h, w)| h.conj() * w).sum::<C64>().norm_sqr()
        };
        let mut interference = 1.0 + through_error(instance, beams, &sent, k);
        for j in (0..users).filter(|&j| j != k) {
            interference += meet(&channel, beams.data.col(j));
        }
        for (ap, own) in beams.sensing.iter().enumerate() {
            for s in 0..own.cols() {
                interference += meet(&channel[ap * n..(ap + 1) * n], own.col(s));
            }
        }
        total += (meet(&channel, beams.data.col(k)) / interference).ln_1p() / LN_2;
    }
    Ok(total)
}

/// The mean error, and what rounding leaves open of it.
fn mean_error(instance: &Instance, beams: &Beams) -> Result<Option<(f64, f64)>, Error> {
    let parts = instance.parts();
    let errors: Vec<(f64, f64)> = parts
        .targets_rad
        .iter()
        .enumerate()
        .filter(|(_, targets)| !targets.is_empty())
        .map(|(ap, targets)| {
            poll()?;
            Ok(pattern_error(instance, beams, ap, targets))
        })
        .collect::<Result<_, Error>>()?;
    let mean =
        |of: fn(&(f64, f64)) -> f64| errors.iter().map(of).sum::<f64>() / errors.len() as f64;
    Ok((!errors.is_empty()).then(|| (mean(|e| e.0), mean(|e| e.1))))
}

/// The error of a pattern, and what rounding leaves open of it.
fn pattern_error(instance: &Instance, beams: &Beams, ap: usize, targets: &[f64]) -> (f64, f64) {
    let parts = instance.parts();
    let (n, points) = (parts.antennas, parts.grid_points);
    let mut pattern = Vec::with_capacity(points);
    let mut ideal = Vec::with_capacity(points);
    for i in 0..points {
        let angle = -FRAC_PI_2 + PI * i as f64 / (points - 1) as f64;
        let towards = |v: &[C64]| -> f64 {
            let mut sum = C64::ZERO;
            for (element, z) in v.iter().enumerate() {
                let phase = 2.0 * PI * parts.spacing * element as f64 * angle.sin();
                sum += C64::new(0.0, -phase).exp() * z;
            }
            sum.norm_sqr()
        };
        let data: f64 =
            (0..beams.data.cols()).map(|k| towards(&beams.data.col(k)[ap * n..(ap + 1) * n])).sum();
        let own: f64 =
            (0..beams.sensing[ap].cols()).map(|s| towards(beams.sensing[ap].col(s))).sum();
        pattern.push(data + own);
        let lit = targets.iter().any(|t| (angle - t).abs() <= parts.window_rad / 2.0 + 1e-9);
        ideal.push(if lit { 1.0 } else { 0.0 });
    }
    let (mut above, mut below) = (0.0, 0.0);
    for (b, p) in pattern.iter().zip(&ideal) {
        above += b * p;
        below += p * p;
    }
    let eta = if below > 0.0 { above / below } else { 0.0 };
    let squares: f64 = pattern.iter().zip(&ideal).map(|(b, p)| (eta * p - b).powi(2)).sum();
    let error = squares / points as f64;
    // Elsewhere the error is a form in 2N − 1 lags of up to the power: where they cancel, as those of elements close
    // together do, the two ways are some 20 ε apart at 48 antennas, which is a tenth of this.
    let columns = (0..beams.data.cols()).map(|k| &beams.data.col(k)[ap * n..(ap + 1) * n]);
    let own = (0..beams.sensing[ap].cols()).map(|s| beams.sensing[ap].col(s));
    let power: f64 = columns.chain(own).flatten().map(C64::norm_sqr).sum();
    (error, f64::EPSILON * 4.0 * n as f64 * power.powi(2))
}

/// At most one, and where something is sensed under a requirement, exactly one.
fn powers(instance: &Instance, beams: &Beams) -> f64 {
    let n = instance.antennas();
    let mut worst = 0.0_f64;
    for ap in 0..instance.aps() {
        let mut power = 0.0;
        for k in 0..beams.data.cols() {
            for z in &beams.data.col(k)[ap * n..(ap + 1) * n] {
                power += z.re * z.re + z.im * z.im;
            }
        }
        for z in beams.sensing[ap].as_slice() {
            power += z.re * z.re + z.im * z.im;
        }
        let equal = !instance.parts().targets_rad[ap].is_empty()
            && instance.parts().requirement != Requirement::None;
        worst = worst.max(if equal { (power - 1.0).abs() } else { power - 1.0 });
    }
    worst
}
