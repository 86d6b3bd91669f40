//! The witness over a band, from the definition of an echo.
//!
//! ```math
//! y_{n\ell} = \sum_m \alpha_m e^{-j2\pi\delta_n\tau_m + j2\pi\nu_m t_\ell}\, b_{m,n} a_{m,n}^H W_n s,\qquad
//! F_{ij} = \frac{2}{\sigma^2} \sum_{n,\ell} \mathrm{Re}\,\mathrm{tr}(D_i W_n (D_j W_n)^H)
//! ```
//! with `D_i` the derivative of the response by a parameter, written out for every element of both arrays and every
//! symbol. Ranges and velocities are parameters as they are, in m and m/s.

use std::f64::consts::{PI, TAU};

use noctule_num::interrupt::poll;
use noctule_num::{C64, CMat};

use super::dense::{Matrix, blurred, inverse_of, on_the_edge};
use super::{Verification, unit, violation};
use crate::Error;
use crate::beamforming::{Band, Beams, Instance};

/// c in m/s.
const LIGHT: f64 = 299_792_458.0;

/// What `beams` achieve over a band.
pub(super) fn verify(
    instance: &Instance,
    band: &Band,
    beams: &Beams,
) -> Result<Verification, Error> {
    let parts = instance.parts();
    let sinrs = sinrs(instance, band, beams)?;
    let sum: f64 = sinrs.iter().flatten().map(|sinr| sinr.ln_1p()).sum();
    let sum_rate_nats = sum / band.channels.len() as f64;
    let (bounds, on_the_edge) = bounds(instance, band, beams)?;
    let plain = bounds.as_ref().map(|b| b.iter().map(|one| one.bound).sum::<f64>());
    let weighted = |of: &dyn Fn(&Bounded) -> f64| {
        bounds.as_ref().map(|b| b.iter().map(|one| one.weight * of(one)).sum::<f64>())
    };
    let sensed = parts.crb_weight > 0.0;
    let blur = weighted(&|one| one.blur).filter(|_| sensed).map(|blur| parts.crb_weight * blur);
    let weighted = weighted(&|one| one.bound);
    let sensing = if sensed { weighted.map(|sum| parts.crb_weight * sum) } else { Some(0.0) };
    Ok(Verification {
        objective: sensing.map(|sensing| parts.rate_weight_per_nat * sum_rate_nats - sensing),
        sum_rate_nats,
        crb_trace_mixed: plain,
        violation: violation(instance, &beams.matrix),
        objective_blur: blur.unwrap_or(0.0),
        crb_trace_blur: trace_blur(bounds.as_deref()),
        on_the_edge,
    })
}

/// The beams of a subcarrier.
fn part(band: &Band, beams: &Beams, n: usize) -> CMat {
    let streams = beams.matrix.cols() / band.channels.len();
    CMat::from_fn(beams.matrix.rows(), streams, |i, s| beams.matrix[(i, n * streams + s)])
}

/// `Σ_j w_jᴴ C w_j`, entry by entry.
fn through(error: &CMat, w: &CMat) -> f64 {
    let mut sum = C64::ZERO;
    for s in 0..w.cols() {
        for i in 0..w.rows() {
            for k in 0..w.rows() {
                sum += w[(i, s)].conj() * error[(i, k)] * w[(k, s)];
            }
        }
    }
    sum.re
}

/// SINRs of all users on every subcarrier.
pub(super) fn sinrs(
    instance: &Instance,
    band: &Band,
    beams: &Beams,
) -> Result<Vec<Vec<f64>>, Error> {
    let known = band.estimates.as_ref();
    let mut out = Vec::new();
    for n in 0..band.channels.len() {
        poll()?;
        let w = part(band, beams, n);
        let h = known.map_or(&band.channels[n], |estimates| &estimates.channels[n]);
        let through = |k: usize| known.map_or(0.0, |estimates| through(&estimates.errors[k], &w));
        let noise: Vec<f64> =
            instance.parts().user_noise_w.iter().enumerate().map(|(k, s)| s + through(k)).collect();
        out.push(heard(h, &w, &noise));
    }
    Ok(out)
}

fn heard(h: &CMat, w: &CMat, noise: &[f64]) -> Vec<f64> {
    let power = |k: usize, j: usize| {
        let mut amplitude = C64::ZERO;
        for i in 0..h.rows() {
            amplitude += h[(i, k)].conj() * w[(i, j)];
        }
        amplitude.norm_sqr()
    };
    (0..h.cols())
        .map(|k| {
            let others: f64 = (0..w.cols()).filter(|&j| j != k).map(|j| power(k, j)).sum();
            power(k, k) / (others + noise[k])
        })
        .collect()
}

/// A parameter: of which target, and what of it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    Azimuth,
    Polar,
    /// By delay alone.
    Delay,
    /// By curvature alone.
    Curvature,
    /// Both at once.
    Range,
    Velocity,
    Real,
    Imaginary,
}

/// Unknown parameters with their weights.
fn unknown(band: &Band) -> Vec<(usize, What, f64)> {
    let mut out = Vec::new();
    let several = band.channels.len() > 1;
    let near = band.near.is_some();
    let both = several && band.near.is_some_and(|near| near.linked);
    let delay = (several || !near) && !both;
    let curvature = near && !both;
    for (m, u) in band.unknown.iter().enumerate() {
        let w = &band.weights;
        for (what, unknown, weight) in [
            (What::Azimuth, u.azimuth, w.azimuth_per_rad2),
            (What::Polar, u.polar, w.polar_per_rad2),
            (What::Delay, u.range && delay, w.delay_range_per_m2),
            (What::Curvature, u.range && curvature, w.range_per_m2),
            (What::Range, u.range && both, w.range_per_m2),
            (What::Velocity, u.velocity, w.speed_per_m2_s2),
            (What::Real, u.reflection, w.reflection),
            (What::Imaginary, u.reflection, w.reflection),
        ] {
            if unknown {
                out.push((m, what, weight));
            }
        }
    }
    out
}

/// A parameter of a target with its bound.
#[derive(Clone, Copy)]
pub(super) struct Bounded {
    pub(super) target: usize,
    pub(super) what: What,
    pub(super) weight: f64,
    pub(super) bound: f64,
    /// What rounding may have moved it by.
    pub(super) blur: f64,
}

/// What rounding may have moved the sum of all bounds by.
pub(super) fn trace_blur(all: Option<&[Bounded]>) -> f64 {
    all.map_or(0.0, |all| all.iter().map(|one| one.blur).sum())
}

/// Every unknown parameter with its bound, and whether the Fisher matrix is on the edge of having none.
pub(super) fn bounds(
    instance: &Instance,
    band: &Band,
    beams: &Beams,
) -> Result<(Option<Vec<Bounded>>, bool), Error> {
    let parameters = unknown(band);
    if parameters.is_empty() {
        return Ok((None, false));
    }
    let size = parameters.len();
    let times = times(instance, band, &parameters)?;
    let mut fisher: Matrix = vec![vec![0.0; size]; size];
    for n in 0..band.channels.len() {
        poll()?;
        add_subcarrier((instance, band, beams), n, &parameters, &times, &mut fisher);
    }
    let Some(inverse) = inverse_of(fisher.clone()) else { return Ok((None, true)) };
    let edge = on_the_edge(&fisher, &inverse);
    let blur = blurred(&fisher, &inverse, unit_over(instance, band));
    let own = |(i, &(target, what, weight)): (usize, &(usize, What, f64))| {
        let (bound, blur) = (inverse[i][i], blur[i]);
        Bounded { target, what, weight, bound, blur }
    };
    Ok((Some(parameters.iter().enumerate().map(own).collect()), edge))
}

/// To what entries of the Fisher matrix are known: a phase is known to as many units in the last place as it has
/// radians, of delays and Doppler shifts too.
fn unit_over(instance: &Instance, band: &Band) -> f64 {
    let offset = 0.5 * band.channels.len() as f64 * band.grid.spacing_hz;
    let time = 0.5 * f64::from(instance.parts().snapshots) * band.grid.symbol_period_s;
    let wave = LIGHT / band.grid.carrier_hz;
    let range = band.range_m.iter().copied().fold(0.0, f64::max);
    let speed = band.velocity_m_s.iter().map(|v| v.abs()).fold(0.0, f64::max);
    let turns = offset * 2.0 * range / LIGHT + 2.0 * speed / wave * time;
    unit(instance) + f64::EPSILON * TAU * turns
}

/// The information of a subcarrier: what of an echo does not depend on the symbol is formed once.
fn add_subcarrier(
    (instance, band, beams): (&Instance, &Band, &Beams),
    n: usize,
    parameters: &[(usize, What, f64)],
    times: &[Vec<C64>],
    fisher: &mut Matrix,
) {
    let j = C64::new(0.0, 1.0);
    let parts = instance.parts();
    let w = part(band, beams, n);
    let count = band.channels.len();
    let offset = (n as f64 - (count as f64 - 1.0) / 2.0) * band.grid.spacing_hz;
    let ratio = if band.squint { 1.0 + offset / band.grid.carrier_hz } else { 1.0 };
    let mut slopes: Vec<Vec<C64>> = Vec::new();
    for &(m, what, _) in parameters {
        let target = &parts.targets[m];
        let at = [target.azimuth_rad, target.polar_rad];
        let at = (at, band.range_m[m]);
        let [a, a_azimuth, a_polar, a_range] = seen(instance, band, true, at, ratio);
        let [b, b_azimuth, b_polar, b_range] = seen(instance, band, false, at, ratio);
        let heard = |a: &[C64]| -> Vec<C64> {
            let beam = |s: usize| (0..a.len()).map(|i| a[i].conj() * w[(i, s)]).sum();
            (0..w.cols()).map(beam).collect()
        };
        let outer = |b: &[C64], y: &[C64]| -> Vec<C64> {
            y.iter().flat_map(|y| b.iter().map(move |b| b * y)).collect()
        };
        let turn = (j * (-TAU * offset * 2.0 * band.range_m[m] / LIGHT)).exp();
        let both = |first: Vec<C64>, second: Vec<C64>| -> Vec<C64> {
            first.iter().zip(&second).map(|(x, y)| x + y).collect()
        };
        let alpha = target.reflection;
        let by_delay = j * (-TAU * offset * 2.0 / LIGHT);
        let (shape, factor) = match what {
            What::Azimuth => {
                (both(outer(&b_azimuth, &heard(&a)), outer(&b, &heard(&a_azimuth))), alpha)
            }
            What::Polar => (both(outer(&b_polar, &heard(&a)), outer(&b, &heard(&a_polar))), alpha),
            What::Delay => (outer(&b, &heard(&a)), alpha * by_delay),
            What::Curvature => {
                (both(outer(&b_range, &heard(&a)), outer(&b, &heard(&a_range))), alpha)
            }
            What::Range => {
                let bent = both(outer(&b_range, &heard(&a)), outer(&b, &heard(&a_range)));
                let late = outer(&b, &heard(&a)).iter().map(|x| x * by_delay).collect();
                (both(bent, late), alpha)
            }
            // the factor 2πt 2/λ follows symbol by symbol
            What::Velocity => (outer(&b, &heard(&a)), alpha * j),
            What::Real => (outer(&b, &heard(&a)), C64::new(1.0, 0.0)),
            What::Imaginary => (outer(&b, &heard(&a)), j),
        };
        slopes.push(shape.iter().map(|x| x * factor * turn).collect());
    }
    for (i, own) in slopes.iter().enumerate() {
        for (k, other) in slopes.iter().enumerate() {
            let inner: C64 = own.iter().zip(other).map(|(x, y)| x.conj() * y).sum();
            fisher[i][k] += 2.0 / parts.sensing_noise_w * (inner * times[i][k]).re;
        }
    }
}

/// What symbols add to the product of two derivatives: the same on every subcarrier.
fn times(
    instance: &Instance,
    band: &Band,
    parameters: &[(usize, What, f64)],
) -> Result<Vec<Vec<C64>>, Error> {
    let j = C64::new(0.0, 1.0);
    let symbols = instance.parts().snapshots;
    let wavelength = LIGHT / band.grid.carrier_hz;
    let mut out = vec![vec![C64::ZERO; parameters.len()]; parameters.len()];
    for (i, &(m, what, _)) in parameters.iter().enumerate() {
        for (k, &(q, other, _)) in parameters.iter().enumerate() {
            poll()?;
            let doppler = 2.0 * (band.velocity_m_s[q] - band.velocity_m_s[m]) / wavelength;
            for l in 0..symbols {
                let middle = (f64::from(symbols) - 1.0) / 2.0;
                let t = (f64::from(l) - middle) * band.grid.symbol_period_s;
                let per_speed = |what: What| match what {
                    What::Velocity => TAU * t * 2.0 / wavelength,
                    _ => 1.0,
                };
                out[i][k] += (j * (TAU * doppler * t)).exp() * per_speed(what) * per_speed(other);
            }
        }
    }
    Ok(out)
}

/// Response of an array towards a direction and its derivatives by both angles and the range.
fn seen(
    instance: &Instance,
    band: &Band,
    sends: bool,
    ([azimuth, polar], range): ([f64; 2], f64),
    ratio: f64,
) -> [Vec<C64>; 4] {
    let j = C64::new(0.0, 1.0);
    let array =
        if sends { instance.parts().transmit_array } else { instance.parts().receive_array };
    let (rows, columns) = (array.vertical, array.horizontal);
    let norm = match instance.unit_modulus_steering() {
        true => 1.0,
        false => 1.0 / ((rows * columns) as f64).sqrt(),
    };
    let middle = |count: usize| if band.centred { (count as f64 - 1.0) / 2.0 } else { 0.0 };
    let mut out = [Vec::new(), Vec::new(), Vec::new(), Vec::new()];
    for h in 0..columns {
        for v in 0..rows {
            if let Some(near) = band.near {
                let place = [h as f64 - middle(columns), v as f64 - middle(rows)];
                let wave = (band.grid.carrier_hz, ratio, near.amplitude_exponent);
                let entries = near_entries(place, sends, ([azimuth, polar], range), wave);
                out.iter_mut().zip(entries).for_each(|(out, x)| out.push(x * norm));
                continue;
            }
            // half a wavelength of the carrier
            let across = PI * ratio * (h as f64 - middle(columns));
            let up = PI * ratio * (v as f64 - middle(rows));
            let phase = across * azimuth.sin() * polar.sin() + up * polar.cos();
            let entry = (j * phase).exp() * norm;
            let by_azimuth = across * azimuth.cos() * polar.sin();
            let by_polar = across * azimuth.sin() * polar.cos() - up * polar.sin();
            out[0].push(entry);
            out[1].push(entry * j * by_azimuth);
            out[2].push(entry * j * by_polar);
            out[3].push(C64::new(0.0, 0.0));
        }
    }
    out
}

/// The response of one element to a spherical wave and its derivatives. What a distance d is longer than the range r, and
/// how much faster it grows, are written as quotients, `d − r = (d² − r²)/(d + r)`: as differences they would be
/// rounding alone where an array is small.
fn near_entries(
    place: [f64; 2],
    sends: bool,
    ([azimuth, polar], range): ([f64; 2], f64),
    (carrier, ratio, exponent): (f64, f64, f64),
) -> [C64; 4] {
    let j = C64::new(0.0, 1.0);
    let wavelength = LIGHT / carrier;
    // The transmit index runs against the axes, the receive index along them.
    let sign = if sends { 1.0 } else { -1.0 };
    let element = [0.0, -sign * place[0] * wavelength / 2.0, -sign * place[1] * wavelength / 2.0];
    let ((sa, ca), (sp, cp)) = (azimuth.sin_cos(), polar.sin_cos());
    let point = |r: f64| [r * ca * sp, r * sa * sp, r * cp];
    let dot = |x: [f64; 3], y: [f64; 3]| x[0] * y[0] + x[1] * y[1] + x[2] * y[2];
    let at = point(range);
    let away = [at[0] - element[0], at[1] - element[1], at[2] - element[2]];
    let distance = dot(away, away).sqrt();
    // angles move the point at right angles to its ray
    let by = |moved: [f64; 3]| -dot(element, moved) / distance;
    let by_azimuth = by([-range * sa * sp, range * ca * sp, 0.0]);
    let by_polar = by([range * ca * cp, range * sa * cp, -range * sp]);
    let (size, along) = (dot(element, element), dot(element, point(1.0)));
    let longer = (size - 2.0 * range * along) / (distance + range);
    let faster = (along * along - size) / (distance * (range - along + distance));
    let k = sign * TAU * ratio / wavelength;
    let a = (j * (k * longer)).exp() * (range / distance).powf(exponent);
    let turned = |slope: f64| a * (j * k - exponent / distance) * slope;
    let falls = exponent * (longer - range * faster) / (range * distance);
    [a, turned(by_azimuth), turned(by_polar), a * (j * (k * faster) + falls)]
}
