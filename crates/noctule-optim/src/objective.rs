//! What a method minimises, and whether its gradient is right.

use noctule_num::C64;
use noctule_num::linalg::real_dot;

use crate::Manifold;

/// A real function of a complex vector, to be minimised.
pub trait Objective {
    /// The value at `x`, with the Euclidean gradient written to `gradient`.
    ///
    /// The gradient `g` is the one for which the first-order change is `df = Re⟨g, dx⟩`, that is
    /// twice the derivative by the conjugate variable. It need not be tangent: methods project it.
    ///
    /// Outside the domain of the function return `f64::INFINITY` (the gradient is then ignored):
    /// a line search backs away from it. `&mut self` is for scratch; the value must depend on `x`
    /// alone.
    fn eval(&mut self, x: &[C64], gradient: &mut [C64]) -> f64;

    /// Take `x`, the point evaluated last, as the place at which [`Objective::precondition`] models the
    /// Hessian: a descent is there after so many steps, with this residual, and goes on from it. Asked
    /// after every step, so that a model that serves for many of them is made anew only now and then.
    /// `None` where there is no model, and the method relies on what it learns.
    fn shape(&mut self, _x: &[C64], _steps: u64, _residual: f64) -> Option<Shape> {
        None
    }

    /// `v ← B⁻¹ v` with a positive definite model `B` of the Hessian: called only when the last
    /// [`Objective::shape`] said that there is one.
    fn precondition(&mut self, _v: &mut [C64]) {}

    /// Whether a descent that has just reached `x` may end there, because what it leads to is known
    /// or of no interest; it then says [`Stop::Stalled`](crate::Stop::Stalled), and who answered
    /// knows better.
    fn settled(&mut self, _x: &[C64], _value: f64, _residual: f64) -> bool {
        false
    }
}

/// How much an objective knows of its Hessian.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// All but its size, which a method learns from its steps.
    UpToScale,
    /// Its size too: a step of one is a good one.
    Whole,
}

/// The result of [`check_gradient`].
#[derive(Clone, Debug, PartialEq)]
pub struct TaylorCheck {
    /// Slope of log(error) over log(step) at the smallest steps whose error is not rounding: two
    /// for a correct gradient, one for a wrong one; NaN where all errors are rounding.
    pub slope: f64,
    /// Steps on a logarithmic grid and |f(R(t d)) − f(x) − t ⟨g, d⟩| at each.
    pub errors: Vec<(f64, f64)>,
    /// Whether the gradient passes: the slope is at least 1.9, or every error is finite and too
    /// few of them exceed rounding to tell a slope.
    pub passed: bool,
}

/// Check the gradient of `objective` at `x` along the tangent part of `direction`, by the slope
/// of its Taylor error.
///
/// With the right gradient the error of the first-order model falls with the square of the step;
/// with a wrong one only linearly. Twenty-five steps from 10⁻¹ to 10⁻⁷ are tried; the slope is
/// taken over the five smallest of them whose error is a hundred times above rounding, because a
/// small error of the gradient shows only there.
pub fn check_gradient(
    objective: &mut impl Objective,
    manifold: &Manifold,
    x: &[C64],
    direction: &[C64],
) -> TaylorCheck {
    let mut gradient = vec![C64::ZERO; x.len()];
    let mut scratch = gradient.clone();
    let value = objective.eval(x, &mut gradient);
    let mut tangent = direction.to_vec();
    manifold.project(x, &mut tangent);
    let norm = real_dot(&tangent, &tangent).sqrt();
    tangent.iter_mut().for_each(|z| *z /= norm);
    let slope = real_dot(&gradient, &tangent);

    let mut point = x.to_vec();
    let mut largest = value.abs();
    let errors: Vec<(f64, f64)> = (0..25)
        .map(|k| {
            let step = 10_f64.powf(-1.0 - 0.25 * f64::from(k));
            manifold.retract(x, &tangent, step, &mut point);
            let there = objective.eval(&point, &mut scratch);
            largest = largest.max(there.abs());
            (step, (there - value - step * slope).abs())
        })
        .collect();

    // Errors at the level of rounding say nothing about the slope.
    let rounding = f64::EPSILON * largest;
    let usable: Vec<(f64, f64)> = errors
        .iter()
        .filter(|(_, error)| error.is_finite() && *error > 100.0 * rounding)
        .map(|(step, error)| (step.log10(), error.log10()))
        .collect();
    match usable.windows(5).last().map(fitted_slope) {
        Some(slope) => TaylorCheck { slope, errors, passed: slope >= 1.9 },
        None => TaylorCheck {
            slope: f64::NAN,
            passed: errors.iter().all(|(_, error)| error.is_finite()),
            errors,
        },
    }
}

/// Least-squares slope of a few points.
fn fitted_slope(points: &[(f64, f64)]) -> f64 {
    let n = points.len() as f64;
    let (mean_x, mean_y) =
        (points.iter().map(|p| p.0).sum::<f64>() / n, points.iter().map(|p| p.1).sum::<f64>() / n);
    let above: f64 = points.iter().map(|p| (p.0 - mean_x) * (p.1 - mean_y)).sum();
    let below: f64 = points.iter().map(|p| (p.0 - mean_x).powi(2)).sum();
    above / below
}

#[cfg(test)]
mod tests {
    use super::*;

    /// f(x) = |x₀|⁴ + Re x₁, with an optional error in the gradient.
    struct Quartic {
        wrong_by: f64,
    }

    impl Objective for Quartic {
        fn eval(&mut self, x: &[C64], gradient: &mut [C64]) -> f64 {
            gradient[0] = x[0] * (4.0 * x[0].norm_sqr() * (1.0 + self.wrong_by));
            gradient[1] = C64::ONE;
            x[0].norm_sqr().powi(2) + x[1].re
        }
    }

    #[test]
    fn right_passes_and_wrong_fails() {
        let manifold = Manifold::sphere(2);
        let x = [C64::new(0.6, 0.0), C64::new(0.0, 0.8)];
        let direction = [C64::new(0.3, -0.2), C64::new(0.5, 0.1)];
        let right = check_gradient(&mut Quartic { wrong_by: 0.0 }, &manifold, &x, &direction);
        assert!(right.passed, "{right:?}");
        let wrong = check_gradient(&mut Quartic { wrong_by: 1e-3 }, &manifold, &x, &direction);
        assert!(!wrong.passed, "{wrong:?}");
    }
}
