//! Maximum likelihood of the spatial frequency of a target with known waveforms.

use noctule_num::linalg::{Op, dot, product};
use noctule_num::{C64, CMat};
use noctule_phy::centred_array::CentredArray;

use super::music::refined;
use super::spectrum::spectrum;

/// The surface with the sensors: what it sends towards a spatial frequency x is
/// `Σ_n conj(b_n(x)) incident_n · baseᴴ x_t`.
#[derive(Clone, Debug, PartialEq)]
pub struct Reflector {
    /// Response of the base station's array towards the surface.
    pub base: Vec<C64>,
    /// Reflection coefficients times what arrives at each element, amplitudes included.
    pub incident: Vec<C64>,
}

/// The spatial frequency in `[−1, 1]` of a target, from echoes (sensors × snapshots) of known
/// waveforms (antennas × snapshots).
///
/// The echo is `β a_s(x) g(x)ᴴ x_t` with unknown complex β, and `g(x)ᴴ` is what the surface sends plus
/// the `fixed` part of the others. With β eliminated the likelihood is
/// `|Σ_t (a_s gᴴx_t)ᴴ y_t|² / Σ_t ‖a_s gᴴ x_t‖²`; it is evaluated from six numbers and two vectors, so
/// its cost does not depend on the snapshots. A grid of eight points or more for each beam of the
/// larger aperture, by fast Fourier transforms, then Brent's method.
pub fn waveform_frequency(
    echoes: &CMat,
    waveforms: &CMat,
    fixed: &[C64],
    reflector: &Reflector,
) -> f64 {
    let row = |x: &[C64]| {
        let column = CMat::from_fn(x.len(), 1, |i, _| x[i]);
        product(&column, Op::Adjoint, waveforms, Op::Plain)
    };
    let (own, rest) = (row(&reflector.base), row(fixed));
    // echoes correlated with the two waveforms that reach the target
    let with_own = product(echoes, Op::Plain, &own, Op::Adjoint);
    let with_rest = product(echoes, Op::Plain, &rest, Op::Adjoint);
    let (e_own, e_rest) = (own.norm_sqr(), rest.norm_sqr());
    let cross = dot(rest.as_slice(), own.as_slice());
    let sensors = CentredArray::new(echoes.rows());
    let surface = CentredArray::new(reflector.incident.len());
    let value = |c: C64, own: C64, rest: C64| {
        let energy = c.norm_sqr() * e_own + e_rest + 2.0 * (c * cross).re;
        (own * c.conj() + rest).norm_sqr() / energy.max(f64::MIN_POSITIVE)
    };
    let likelihood = |x: f64| {
        let c: C64 =
            surface.response(x).iter().zip(&reflector.incident).map(|(b, v)| b.conj() * v).sum();
        let a = sensors.response(x);
        value(c, dot(&a, with_own.col(0)), dot(&a, with_rest.col(0)))
    };
    let points = (8 * echoes.rows().max(reflector.incident.len())).next_power_of_two();
    let reflected = spectrum(&reflector.incident, points);
    let own = spectrum(with_own.col(0), points);
    let rest = spectrum(with_rest.col(0), points);
    let at = |i: usize| value(reflected[i], own[i], rest[i]);
    // the first of equals
    let best = (1..points).fold(0, |best, i| if at(i) > at(best) { i } else { best });
    let step = 2.0 / points as f64;
    refined(-1.0 + step * best as f64, step, likelihood)
}

#[cfg(test)]
mod tests {
    use super::*;
    use noctule_num::rng::{StreamKey, complex_normal};
    use noctule_phy::centred_array::wrap;

    /// Without noise the truth is found, and the fast likelihood is the definition.
    #[test]
    fn a_target_without_noise_is_found() {
        let mut rng = StreamKey::new(1, "test", "likelihood", 0).trial(0);
        for truth in [-0.98, -0.41, 0.2, 0.99] {
            let mut draw =
                |n: usize| -> Vec<C64> { (0..n).map(|_| complex_normal(&mut rng, 1.0)).collect() };
            let (base, incident, fixed) = (draw(6), draw(20), draw(6));
            let waveforms = CMat::from_columns(6, 30, draw(180)).unwrap();
            let c: C64 = CentredArray::new(20)
                .response(truth)
                .iter()
                .zip(&incident)
                .map(|(b, v)| b.conj() * v)
                .sum();
            let a = CentredArray::new(5).response(truth);
            let echoes = CMat::from_fn(5, 30, |i, t| {
                let x = waveforms.col(t);
                a[i] * (c * dot(&base, x) + dot(&fixed, x)) * C64::new(0.3, -0.8)
            });
            let reflector = Reflector { base, incident };
            let found = waveform_frequency(&echoes, &waveforms, &fixed, &reflector);
            assert!(wrap(found - truth).abs() < 1e-6, "{truth} {found}");
        }
    }
}
