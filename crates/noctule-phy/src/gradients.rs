//! Rates and Cramér–Rao bounds of full-size beams with their gradients: what an objective of
//! one's own is put together from.
//!
//! The systems of noctule optimise fixed objectives on reduced problems. Whoever wants another one
//! — proportional fairness, the bound of one parameter, a penalty — needs the two ingredients with
//! their derivatives, and a solver on the sphere of the power constraint. These are the
//! ingredients; `examples/own_objective.rs` of the crate `noctule` puts them together.
//!
//! Vectors lie one after the other in slices (`channels[user][antenna]`, `beams[stream][antenna]`),
//! the layout of a `CMat` and of a C-ordered array: nothing is copied. Gradients are Euclidean:
//! `df = Re⟨g, dW⟩`, twice the derivative by the conjugate.
//!
//! ```
//! use noctule_num::C64;
//! use noctule_phy::gradients::{receptions, weighted_rate};
//! let (h, w) = ([C64::new(1.0, 1.0)], [C64::new(2.0, 0.0)]);
//! let rate = receptions(1, &h, &w, &[4.0])[0].rate_nats();
//! assert!((rate - 3_f64.ln()).abs() < 1e-15); // |hᴴw|² / σ² = 8 / 4
//! let mut gradient = [C64::ZERO];
//! assert_eq!(weighted_rate(1, &h, &w, &[4.0], &[1.0], &mut gradient), rate);
//! ```

use noctule_num::{C64, CMat};

use crate::arrays::Steering;
use crate::fisher::{
    FisherInverse, MultiTargetFisher, SINGULAR_GEOMETRY, TargetCrb, geometry, pack_hermitian,
    parameters, target_crbs, target_space, unpack_hermitian,
};
use crate::rates::Reception;

/// `y[i, j] = l_iᴴ r_j` for vectors of `length` entries.
///
/// # Panics
/// When `length` is zero.
fn amplitudes(length: usize, left: &[C64], right: &[C64]) -> CMat {
    let mut out = CMat::zeros(left.len() / length, right.len() / length);
    for (j, r) in right.chunks_exact(length).enumerate() {
        for (i, l) in left.chunks_exact(length).enumerate() {
            out[(i, j)] = l.iter().zip(r).map(|(l, r)| l.conj() * r).sum();
        }
    }
    out
}

/// `out_j += scale · Σ_i v_i c_ij` for vectors `v_i` of `length` entries.
fn combine(length: usize, vectors: &[C64], coefficients: &CMat, scale: f64, out: &mut [C64]) {
    for (j, out) in out.chunks_exact_mut(length).enumerate() {
        for (i, v) in vectors.chunks_exact(length).enumerate() {
            let c = coefficients[(i, j)] * scale;
            out.iter_mut().zip(v).for_each(|(out, v)| *out += v * c);
        }
    }
}

/// What every user receives: user k has the channel `channels[k]`, the stream k, and the noise
/// power `noise[k]`; streams beyond the users are interference to all.
///
/// # Panics
/// When there are fewer streams than users, or `antennas` is zero.
pub fn receptions(
    antennas: usize,
    channels: &[C64],
    beams: &[C64],
    noise: &[f64],
) -> Vec<Reception> {
    let y = amplitudes(antennas, channels, beams);
    noise.iter().enumerate().map(|(user, noise)| Reception::of(user, &y, *noise)).collect()
}

/// `Σ_k weights[k] · ln(1 + γ_k)` in nat/s/Hz, and its gradient by the beams into `gradient`.
///
/// With `weights[k] = f'(R_k)` the gradient is that of `Σ f(R_k)`: `1/R_k` is proportional
/// fairness.
///
/// # Panics
/// As [`receptions`], and when `gradient` has another length than `beams`.
pub fn weighted_rate(
    antennas: usize,
    channels: &[C64],
    beams: &[C64],
    noise: &[f64],
    weights: &[f64],
    gradient: &mut [C64],
) -> f64 {
    assert_eq!(gradient.len(), beams.len(), "length of the gradient");
    let y = amplitudes(antennas, channels, beams);
    let mut coefficients = CMat::zeros(y.rows(), y.cols());
    let mut total = 0.0;
    for (user, (noise, weight)) in noise.iter().zip(weights).enumerate() {
        let reception = Reception::of(user, &y, *noise);
        total += weight * reception.rate_nats();
        for stream in 0..y.cols() {
            // In the own stream not as a difference: at a high SINR it would have no digit left.
            let by = if stream == user { reception.own() } else { -reception.beta() };
            coefficients[(user, stream)] = y[(user, stream)] * (weight * by);
        }
    }
    gradient.fill(C64::ZERO);
    combine(antennas, channels, &coefficients, 2.0, gradient);
    total
}

/// A weighted trace of the Cramér–Rao bound of several targets, with its gradient by the beams.
///
/// The Fisher matrix is that of [`crate::fisher`]; parameters are `[θ…, φ…, Re α…, Im α…]`.
#[derive(Clone, Debug)]
pub struct CrbTrace {
    antennas: usize,
    space: CMat,
    map: MultiTargetFisher,
    packed: Vec<f64>,
    fisher: Vec<f64>,
    inverse: Vec<f64>,
    weight: Vec<f64>,
    dual: CMat,
    inverter: FisherInverse,
    /// Whether no beams tell the parameters apart.
    singular: bool,
}

impl CrbTrace {
    /// For targets in the directions of `transmit` and `receive`, with reflection coefficients
    /// `reflections` and `information` = 2L/σ².
    ///
    /// Directions that no beams tell apart (see [`geometry`]; a condition of 10¹² or more) have no
    /// bound, whatever the beams: rounding would give one of 10³⁰ instead of an infinite one.
    ///
    /// # Panics
    /// When the number of reflections differs from the number of directions.
    pub fn new(
        transmit: &Steering,
        receive: &Steering,
        reflections: &[C64],
        information: f64,
    ) -> Self {
        let m = reflections.len();
        assert_eq!(transmit.response.cols(), m, "one reflection per direction");
        let n = parameters(m);
        let regular = |(ratio, _): (f64, Vec<f64>)| ratio >= SINGULAR_GEOMETRY;
        Self {
            singular: m > 0 && !geometry(transmit, receive, reflections).is_ok_and(regular),
            antennas: transmit.response.rows(),
            space: target_space(transmit),
            map: MultiTargetFisher::new(receive, reflections, information),
            packed: vec![0.0; 9 * m * m],
            fisher: vec![0.0; n * n],
            inverse: vec![0.0; n * n],
            weight: vec![0.0; n * n],
            dual: CMat::zeros(3 * m, 3 * m),
            inverter: FisherInverse::new(n),
        }
    }

    /// `Σ_i weights[i] · [F⁻¹]_ii`, and its gradient by the beams into `gradient`; `None` where F
    /// is singular in double precision, or would be at any beams. Weights of one give the usual mixed trace; a single one
    /// the bound of that parameter.
    ///
    /// # Panics
    /// When lengths do not fit: `4M` weights, a gradient as long as the beams.
    pub fn eval(&mut self, beams: &[C64], weights: &[f64], gradient: &mut [C64]) -> Option<f64> {
        assert_eq!(gradient.len(), beams.len(), "length of the gradient");
        let n = parameters(self.map.targets());
        assert_eq!(weights.len(), n, "one weight per parameter");
        if self.singular {
            return None;
        }
        let response = self.update(beams);
        self.inverter.invert(&self.fisher, &mut self.inverse)?;
        let value = (0..n).map(|i| weights[i] * self.inverse[i * n + i]).sum();
        // d Σ w_i [F⁻¹]_ii = −tr(F⁻¹ diag(w) F⁻¹ dF) = −Re tr(K dZ), with dZ = dY Yᴴ + Y dYᴴ.
        for i in 0..n {
            for j in 0..n {
                self.weight[i * n + j] = (0..n)
                    .map(|k| self.inverse[i * n + k] * weights[k] * self.inverse[k * n + j])
                    .sum();
            }
        }
        self.map.adjoint(&self.weight, &mut self.packed);
        unpack_hermitian(&self.packed, &mut self.dual);
        let mut coefficients = CMat::zeros(response.rows(), response.cols());
        for j in 0..response.cols() {
            for a in 0..response.rows() {
                coefficients[(a, j)] =
                    (0..response.rows()).map(|b| self.dual[(a, b)] * response[(b, j)]).sum();
            }
        }
        gradient.fill(C64::ZERO);
        combine(self.antennas, self.space.as_slice(), &coefficients, -2.0, gradient);
        Some(value)
    }

    /// The Fisher matrix under `beams`, as `out[i * 4M + j]`.
    pub fn fisher(&mut self, beams: &[C64]) -> &[f64] {
        self.update(beams);
        &self.fisher
    }

    /// The bounds of every target under `beams`; `None` where the Fisher matrix is singular.
    pub fn bounds(&mut self, beams: &[C64]) -> Option<Vec<TargetCrb>> {
        if self.singular {
            return None;
        }
        self.update(beams);
        self.inverter.invert(&self.fisher, &mut self.inverse)?;
        Some(target_crbs(&self.inverse, self.map.targets()))
    }

    /// Set the Fisher matrix, and return `Y = Tᴴ W`.
    fn update(&mut self, beams: &[C64]) -> CMat {
        let response = amplitudes(self.antennas, self.space.as_slice(), beams);
        let rows = response.rows();
        let z = CMat::from_fn(rows, rows, |a, b| {
            (0..response.cols()).map(|j| response[(a, j)] * response[(b, j)].conj()).sum()
        });
        pack_hermitian(&z, &mut self.packed);
        self.map.fisher(&self.packed, &mut self.fisher);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arrays::PlanarArray;
    use noctule_num::linalg::real_dot;
    use noctule_num::rng::{StreamKey, complex_normal};
    use std::f64::consts::{FRAC_PI_2, PI};

    fn draw(entity: u64, count: usize) -> Vec<C64> {
        let mut rng = StreamKey::new(31, "test", "gradients", entity).trial(0);
        (0..count).map(|_| complex_normal(&mut rng, 1.0)).collect()
    }

    /// Central difference of `f` at `x` along `d`, against ⟨g, d⟩.
    fn agrees(f: &mut dyn FnMut(&[C64]) -> f64, x: &[C64], g: &[C64], d: &[C64]) {
        let h = 1e-5;
        let moved = |t: f64| -> Vec<C64> { x.iter().zip(d).map(|(x, d)| x + d * t).collect() };
        let numeric = (f(&moved(h)) - f(&moved(-h))) / (2.0 * h);
        let exact = real_dot(g, d);
        assert!((numeric - exact).abs() < 1e-7 * exact.abs().max(1.0), "{numeric} {exact}");
    }

    #[test]
    fn weighted_rates_and_their_gradient() {
        let (antennas, users, streams) = (6, 3, 5);
        let (h, w) = (draw(1, antennas * users), draw(2, antennas * streams));
        let (noise, weights) = ([0.5, 1.0, 2.0], [0.3, 1.0, 2.5]);
        let mut g = vec![C64::ZERO; w.len()];
        weighted_rate(antennas, &h, &w, &noise, &weights, &mut g);
        let mut scratch = g.clone();
        let mut f = |w: &[C64]| weighted_rate(antennas, &h, w, &noise, &weights, &mut scratch);
        agrees(&mut f, &w, &g, &draw(3, w.len()));
        let direct: f64 = receptions(antennas, &h, &w, &noise)
            .iter()
            .zip(weights)
            .map(|(reception, weight)| weight * reception.rate_nats())
            .sum();
        assert!((direct - f(&w)).abs() < 1e-13);
    }

    #[test]
    fn traces_and_their_gradient() {
        let directions = [(0.4, 1.2), (-0.7, 0.8)];
        let transmit = PlanarArray::new(3, 3).steering(directions);
        let receive = PlanarArray::new(4, 2).steering(directions);
        let mut crb = CrbTrace::new(&transmit, &receive, &draw(4, 2), 60.0);
        let w = draw(5, 9 * 7);
        for weights in [vec![1.0; 8], vec![0.0, 1.0, 0.0, 0.0, 2.0, 0.0, 0.5, 0.0]] {
            let mut g = vec![C64::ZERO; w.len()];
            let value = crb.eval(&w, &weights, &mut g).unwrap();
            let mut scratch = g.clone();
            let mut f = |w: &[C64]| crb.eval(w, &weights, &mut scratch).unwrap();
            agrees(&mut f, &w, &g, &draw(6, w.len()));
            if weights[0] > 0.0 {
                let sum: f64 = crb
                    .bounds(&w)
                    .unwrap()
                    .iter()
                    .map(|b| b.azimuth_rad2 + b.polar_rad2 + b.reflection_re + b.reflection_im)
                    .sum();
                assert!((sum / value - 1.0).abs() < 1e-13);
            }
        }
        assert_eq!(crb.fisher(&w).len(), 64);
        let silent = vec![C64::ZERO; 9];
        assert!(crb.bounds(&silent).is_none());
    }

    #[test]
    fn directions_that_no_beams_tell_apart_have_no_bound() {
        let scene = |directions: &[(f64, f64)]| {
            let steering =
                |horizontal| PlanarArray::new(horizontal, 4).steering(directions.iter().copied());
            let reflections = vec![C64::from(0.1); directions.len()];
            CrbTrace::new(&steering(4), &steering(5), &reflections, 128.0)
        };
        let beams: Vec<C64> =
            (0..256).map(|i| C64::from(f64::from(u8::from(i % 17 == 0)))).collect();
        let mut gradient = vec![C64::ZERO; beams.len()];
        // In the plane of the array, near it, on its axis, the same twice, mirrored.
        for directions in [
            vec![(FRAC_PI_2, 0.7)],
            vec![(FRAC_PI_2 - 1e-8, 0.7)],
            vec![(0.3, 0.0)],
            vec![(0.3, 1e-8)],
            vec![(0.3, 1.0), (0.3, 1.0)],
            vec![(0.3, 1.0), (PI - 0.3, 1.0)],
        ] {
            let mut crb = scene(&directions);
            assert!(crb.bounds(&beams).is_none(), "{directions:?}");
            let ones = vec![1.0; 4 * directions.len()];
            assert!(crb.eval(&beams, &ones, &mut gradient).is_none(), "{directions:?}");
        }
        for directions in [vec![(FRAC_PI_2 - 1e-3, 0.7)], vec![(0.3, 1.0), (0.4, 1.0)]] {
            assert!(scene(&directions).bounds(&beams).is_some(), "{directions:?}");
        }
    }
}
