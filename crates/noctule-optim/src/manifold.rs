//! Products of complex spheres.
//!
//! A point is a complex vector cut into `count` blocks of equal length, each of norm `radius`:
//! ```math
//! \mathcal M = \{ x \in \mathbb C^{n} : \|x_b\| = r,\; b = 1,\dots,B \}
//! ```
//! with the metric `Re⟨u, v⟩` of the surrounding space. One block is the sphere of a total power
//! constraint; one block an antenna is per-antenna power; blocks of a single entry are the
//! complex circle of a phase shifter. Written as one type, these three share every formula:
//!
//! * tangent projection `v_b − Re⟨x_b, v_b⟩ x_b / r²`;
//! * retraction by normalisation `R(v)_b = r (x_b + v_b) / ‖x_b + v_b‖`;
//! * transport by projection onto the new tangent space.

use noctule_num::C64;
use noctule_num::linalg::real_dot;
use noctule_num::vector::wide;

/// A product of complex spheres of equal dimension and radius.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Manifold {
    count: usize,
    len: usize,
    radius: f64,
}

impl Manifold {
    /// The unit sphere in ℂⁿ.
    pub const fn sphere(n: usize) -> Self {
        Self { count: 1, len: n, radius: 1.0 }
    }

    /// A product of `count` spheres of radius `radius` in ℂ^`len`.
    pub const fn spheres(count: usize, len: usize, radius: f64) -> Self {
        Self { count, len, radius }
    }

    /// The complex circle to the power of `n`: vectors whose entries have magnitude one.
    pub const fn circles(n: usize) -> Self {
        Self { count: n, len: 1, radius: 1.0 }
    }

    /// Number of complex entries of a point.
    pub const fn dim(&self) -> usize {
        self.count * self.len
    }

    /// Norm of every point, `r√B`.
    pub fn norm(&self) -> f64 {
        self.radius * (self.count as f64).sqrt()
    }

    /// Scale every block of `x` to the radius. A block of zeros becomes `r/√n` times the vector
    /// of ones: on a sphere without a preferred direction, any direction is as good.
    pub fn normalise(&self, x: &mut [C64]) {
        for block in x.chunks_exact_mut(self.len) {
            let norm = real_dot(block, block).sqrt();
            if norm > 0.0 {
                block.iter_mut().for_each(|z| *z *= self.radius / norm);
            } else {
                block.fill(C64::from(self.radius / (self.len as f64).sqrt()));
            }
        }
    }

    /// Project `v` onto the tangent space at `x`, in place.
    pub fn project(&self, x: &[C64], v: &mut [C64]) {
        for (x, v) in x.chunks_exact(self.len).zip(v.chunks_exact_mut(self.len)) {
            let along = real_dot(x, v) / (self.radius * self.radius);
            wide(
                #[inline(always)]
                || v.iter_mut().zip(x).for_each(|(v, x)| *v -= x * along),
            );
        }
    }

    /// The point reached from `x` along the tangent vector `direction` with `step`, into `out`.
    pub fn retract(&self, x: &[C64], direction: &[C64], step: f64, out: &mut [C64]) {
        for ((x, d), out) in x
            .chunks_exact(self.len)
            .zip(direction.chunks_exact(self.len))
            .zip(out.chunks_exact_mut(self.len))
        {
            wide(
                #[inline(always)]
                || out.iter_mut().zip(x).zip(d).for_each(|((out, x), d)| *out = x + d * step),
            );
            // Normalised by its own norm, not by √(r² + step²‖d‖²): rounding must not let the
            // point drift off the sphere over hundreds of steps.
            let factor = self.radius / real_dot(out, out).sqrt();
            wide(
                #[inline(always)]
                || out.iter_mut().for_each(|z| *z *= factor),
            );
        }
    }

    /// The velocity d/dt of the curve `retract(x, direction, t)` at `t = step`, where the curve
    /// passes `at`, into `out`.
    pub fn velocity(&self, x: &[C64], direction: &[C64], step: f64, at: &[C64], out: &mut [C64]) {
        for (((x, d), at), out) in x
            .chunks_exact(self.len)
            .zip(direction.chunks_exact(self.len))
            .zip(at.chunks_exact(self.len))
            .zip(out.chunks_exact_mut(self.len))
        {
            let mut norm_sqr = 0.0;
            for (x, d) in x.iter().zip(d) {
                norm_sqr += (x + d * step).norm_sqr();
            }
            let shrink = self.radius / norm_sqr.sqrt();
            let along = real_dot(at, d) / (self.radius * self.radius);
            let place = |((out, d), at): ((&mut C64, &C64), &C64)| *out = (d - at * along) * shrink;
            wide(
                #[inline(always)]
                || out.iter_mut().zip(d).zip(at).for_each(place),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use noctule_num::rng::{StreamKey, complex_normal};

    fn setting(manifold: Manifold) -> (Vec<C64>, Vec<C64>) {
        let mut rng = StreamKey::new(1, "test", "manifold", 0).trial(0);
        let mut draw =
            || -> Vec<C64> { (0..manifold.dim()).map(|_| complex_normal(&mut rng, 1.0)).collect() };
        let (mut x, mut v) = (draw(), draw());
        manifold.normalise(&mut x);
        manifold.project(&x, &mut v);
        (x, v)
    }

    const MANIFOLDS: [Manifold; 3] =
        [Manifold::sphere(7), Manifold::spheres(3, 4, 0.7), Manifold::circles(5)];

    #[test]
    fn projection_is_tangent_and_idempotent() {
        for manifold in MANIFOLDS {
            let (x, v) = setting(manifold);
            for (x, v) in x.chunks(manifold.len).zip(v.chunks(manifold.len)) {
                assert!(real_dot(x, v).abs() < 1e-14);
            }
            let mut again = v.clone();
            manifold.project(&x, &mut again);
            assert!(again.iter().zip(&v).all(|(a, b)| (a - b).norm() < 1e-14));
        }
    }

    #[test]
    fn retraction_stays_on_the_manifold_and_velocity_is_its_derivative() {
        for manifold in MANIFOLDS {
            let (x, v) = setting(manifold);
            let at = |t: f64| {
                let mut out = vec![C64::ZERO; x.len()];
                manifold.retract(&x, &v, t, &mut out);
                out
            };
            let here = at(0.3);
            for block in here.chunks(manifold.len) {
                assert!((real_dot(block, block).sqrt() - manifold.radius).abs() < 1e-15);
            }
            let mut velocity = vec![C64::ZERO; x.len()];
            manifold.velocity(&x, &v, 0.3, &here, &mut velocity);
            let h = 1e-6;
            let (ahead, behind) = (at(0.3 + h), at(0.3 - h));
            for i in 0..x.len() {
                let numeric = (ahead[i] - behind[i]) / (2.0 * h);
                assert!((numeric - velocity[i]).norm() < 1e-8, "{numeric} {}", velocity[i]);
            }
        }
    }

    #[test]
    fn a_zero_block_becomes_a_point() {
        let manifold = Manifold::spheres(2, 2, 0.5);
        let mut x = vec![C64::ZERO, C64::ZERO, C64::new(3.0, 0.0), C64::ZERO];
        manifold.normalise(&mut x);
        assert!((real_dot(&x[..2], &x[..2]) - 0.25).abs() < 1e-15);
        assert_eq!(x[2], C64::new(0.5, 0.0));
    }
}
