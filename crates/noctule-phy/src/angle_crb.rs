//! The Cramér–Rao bound on the angle of a user that a matched beam illuminates.
//!
//! The echo of user `k` after its matched filter is `y = α b(θ) aᵀ(θ) w + z`. With the beam
//! `w = a*(θ)` pointed at the user, an unknown complex α and `m` samples of echo signal-to-noise
//! ratio η each,
//! ```math
//! \mathrm{CRB}(\theta) = \frac{1}{2 m \eta B},\qquad
//! B = \|b'\|^2 - |b^H b'|^2 = \frac{\pi^2 \cos^2\theta\,(L_r^2-1)}{12}
//! ```
//! `B` is the bracket of the published expression; it does not depend on which element is the
//! phase reference, because the projection removes the part of `b'` along `b`
//! (`docs/errata.md#frame-e2`).

use std::f64::consts::PI;

/// The bracket `B` for a half-wavelength linear array of `receive_elements`.
pub fn matched_bracket(angle_rad: f64, receive_elements: usize) -> f64 {
    let elements = receive_elements as f64;
    let slope = PI * angle_rad.cos();
    slope * slope * (elements * elements - 1.0) / 12.0
}

/// The bound in rad² from `samples` echoes of signal-to-noise ratio `echo_snr` each.
pub fn angle_crb_rad2(samples: f64, echo_snr: f64, bracket: f64) -> f64 {
    1.0 / (2.0 * samples * echo_snr * bracket)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::one_ring::{PhaseReference, UniformLine};
    use noctule_num::C64;

    /// The bracket as it is printed, with A = b aᵀ and w = a*, traces and all.
    fn literal(angle: f64, transmit: usize, receive: usize, reference: PhaseReference) -> f64 {
        let (a, da) = UniformLine::new(transmit, reference).steering(angle);
        let (b, db) = UniformLine::new(receive, reference).steering(angle);
        let times = |x: &[C64]| -> C64 { x.iter().zip(&a).map(|(x, a)| x * a.conj()).sum() };
        let (lit, slope) = (times(&a), times(&da));
        let aw: Vec<C64> = b.iter().map(|b| b * lit).collect();
        let daw: Vec<C64> = b.iter().zip(&db).map(|(b, db)| db * lit + b * slope).collect();
        let inner =
            |x: &[C64], y: &[C64]| -> C64 { x.iter().zip(y).map(|(x, y)| x.conj() * y).sum() };
        inner(&daw, &daw).re - inner(&daw, &aw).norm_sqr() / inner(&aw, &aw).re
    }

    #[test]
    fn the_bracket_does_not_depend_on_the_reference() {
        for (angle, transmit, receive) in [(0.0, 8, 9), (0.7, 8, 8), (-1.2, 5, 16)] {
            let closed = matched_bracket(angle, receive);
            for reference in [PhaseReference::First, PhaseReference::Centre] {
                let value = literal(angle, transmit, receive, reference);
                assert!((value / closed - 1.0).abs() < 1e-12, "{value} {closed}");
            }
        }
    }

    /// Fisher information of (θ, Re α, Im α) by central differences of the noiseless echo.
    #[test]
    fn it_is_the_inverse_of_a_numeric_fisher_matrix() {
        let (angle, alpha, snr_noise) = (0.4, C64::new(0.3, -0.8), 0.37);
        let line = UniformLine::new(6, PhaseReference::First);
        let beam: Vec<C64> = UniformLine::new(4, PhaseReference::First)
            .steering(angle)
            .0
            .iter()
            .map(C64::conj)
            .collect();
        let echo = |p: [f64; 3]| -> Vec<C64> {
            let b = line.steering(p[0]).0;
            let a = UniformLine::new(4, PhaseReference::First).steering(p[0]).0;
            let lit: C64 = a.iter().zip(&beam).map(|(a, w)| a * w).sum();
            b.iter().map(|b| b * lit * C64::new(p[1], p[2])).collect()
        };
        let at = [angle, alpha.re, alpha.im];
        let slopes: Vec<Vec<C64>> = (0..3)
            .map(|i| {
                let (mut up, mut down) = (at, at);
                up[i] += 1e-5;
                down[i] -= 1e-5;
                echo(up).iter().zip(echo(down)).map(|(u, d)| (u - d) / 2e-5).collect()
            })
            .collect();
        let f = |i: usize, j: usize| {
            let sum: f64 = slopes[i].iter().zip(&slopes[j]).map(|(x, y)| (x.conj() * y).re).sum();
            2.0 * sum / snr_noise
        };
        // Schur complement of the two reflection parameters, which are orthogonal to each other.
        let information = f(0, 0) - f(0, 1).powi(2) / f(1, 1) - f(0, 2).powi(2) / f(2, 2);
        let snr = alpha.norm_sqr() / snr_noise;
        let closed = angle_crb_rad2(1.0, snr, matched_bracket(angle, 6));
        assert!((closed * information - 1.0).abs() < 1e-7, "{}", closed * information);
    }
}
