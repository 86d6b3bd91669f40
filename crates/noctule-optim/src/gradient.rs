//! First-order methods with little memory: conjugate gradients and steepest descent.
//!
//! They share loop and line search with [`Lbfgs`](crate::Lbfgs), so that a comparison of counts
//! compares directions and nothing else. [`ConjugateGradient`] remembers one direction,
//! [`SteepestDescent`] and [`BarzilaiBorwein`] nothing but the length of their last step.

use noctule_num::C64;
use noctule_num::linalg::real_dot;

use crate::descent::{Acceptance, Descends, Descent, Directions, Made, by_descent, steepest};
use crate::{Manifold, Objective, Shape};

/// Riemannian conjugate gradients: Polak–Ribière–Polyak with the formula's negative values cut off
/// (PR+), transport by projection, strong Wolfe line search with `c₂ = 0.4`.
///
/// Guarantee: monotone decrease up to rounding, a stationary point when it says it converged.
#[derive(Clone, Debug)]
pub struct ConjugateGradient {
    descent: Descent,
    conjugate: Conjugate,
}

impl ConjugateGradient {
    /// A workspace for one manifold.
    pub fn new(manifold: Manifold) -> Self {
        let conjugate = Conjugate {
            previous: vec![C64::ZERO; manifold.dim()],
            beta: 0.0,
            slope: 0.0,
            step: 1.0,
            learned: false,
        };
        Self { descent: Descent::new(manifold), conjugate }
    }
}

by_descent!(ConjugateGradient, conjugate);

#[derive(Clone, Debug)]
struct Conjugate {
    /// The last direction, carried to the current point.
    previous: Vec<C64>,
    beta: f64,
    /// Slope along the last direction where it was taken, and the step accepted on it.
    slope: f64,
    step: f64,
    learned: bool,
}

impl Directions for Conjugate {
    const ACCEPTANCE: Acceptance = Acceptance { share: 0.4, two_sided: true, window: 1 };

    fn forget(&mut self) -> bool {
        std::mem::take(&mut self.learned)
    }

    fn find<O: Objective>(
        &mut self,
        manifold: &Manifold,
        x: &[C64],
        gradient: &[C64],
        direction: &mut [C64],
        _shaped: Option<(&mut O, Shape)>,
    ) -> Descends {
        if self.learned {
            for ((d, g), p) in direction.iter_mut().zip(gradient).zip(&self.previous) {
                *d = p * self.beta - g;
            }
            manifold.project(x, direction);
            let slope = real_dot(gradient, direction);
            let norms = (real_dot(gradient, gradient) * real_dot(direction, direction)).sqrt();
            if slope < -1e-6 * norms {
                // The same first-order decrease as last time.
                let first = (self.step * self.slope / slope).clamp(1e-10, 1e10);
                self.slope = slope;
                return Descends { slope, first };
            }
        }
        self.learned = false;
        let descends = steepest(manifold, gradient, direction);
        self.slope = descends.slope;
        descends
    }

    fn learn(&mut self, made: &Made<'_>) {
        // ‖previous gradient‖² survives the projection only nearly; good enough for a ratio.
        let (mut above, mut below) = (0.0, 0.0);
        for (new, old) in made.gradient.iter().zip(made.gradient_before) {
            above += (new.conj() * (new - old)).re;
            below += old.norm_sqr();
        }
        self.beta = if below > 0.0 { (above / below).max(0.0) } else { 0.0 };
        self.previous.copy_from_slice(made.velocity);
        self.step = made.step;
        self.learned = true;
    }
}

/// Riemannian steepest descent: on a sphere, projected gradient descent with a line search that
/// first tries twice the last step.
///
/// Guarantee: monotone decrease up to rounding, a stationary point when it says it converged; both
/// take long on ill-conditioned problems.
#[derive(Clone, Debug)]
pub struct SteepestDescent {
    descent: Descent,
    length: Length<1>,
}

impl SteepestDescent {
    /// A workspace for one manifold.
    pub fn new(manifold: Manifold) -> Self {
        Self { descent: Descent::new(manifold), length: Length(None) }
    }
}

by_descent!(SteepestDescent, length);

/// Steepest descent with the long step of Barzilai and Borwein (IMA J. Numer. Anal. 8, 1988),
/// `⟨s,s⟩/⟨s,y⟩`, accepted when it decreases the largest of the last ten values (Grippo, Lampariello
/// and Lucidi, SIAM J. Numer. Anal. 23, 1986).
///
/// Not monotone, and much faster for it. A stationary point when it says it converged.
#[derive(Clone, Debug)]
pub struct BarzilaiBorwein {
    descent: Descent,
    length: Length<10>,
}

impl BarzilaiBorwein {
    /// A workspace for one manifold.
    pub fn new(manifold: Manifold) -> Self {
        Self { descent: Descent::new(manifold), length: Length(None) }
    }
}

by_descent!(BarzilaiBorwein, length);

/// The next step along the negative gradient, in units of the gradient; by doubling with a window
/// of one, by Barzilai and Borwein with a longer one.
#[derive(Clone, Debug)]
struct Length<const WINDOW: usize>(Option<f64>);

impl<const WINDOW: usize> Directions for Length<WINDOW> {
    const ACCEPTANCE: Acceptance = Acceptance {
        share: if WINDOW == 1 { 0.9 } else { f64::INFINITY },
        two_sided: false,
        window: WINDOW,
    };

    fn forget(&mut self) -> bool {
        self.0.take().is_some()
    }

    fn find<O: Objective>(
        &mut self,
        manifold: &Manifold,
        _x: &[C64],
        gradient: &[C64],
        direction: &mut [C64],
        _shaped: Option<(&mut O, Shape)>,
    ) -> Descends {
        let Some(length) = self.0 else { return steepest(manifold, gradient, direction) };
        for (d, g) in direction.iter_mut().zip(gradient) {
            *d = -g * length;
        }
        Descends { slope: -length * real_dot(gradient, gradient), first: 1.0 }
    }

    fn learn(&mut self, made: &Made<'_>) {
        let step = made.step * real_dot(made.velocity, made.velocity).sqrt();
        let mut along = 0.0;
        for ((v, new), old) in made.velocity.iter().zip(made.gradient).zip(made.gradient_before) {
            along += made.step * (v.conj() * (new - old)).re;
        }
        // ‖s‖ over the gradient that made it is the length of the step in units of the gradient.
        let before = real_dot(made.gradient_before, made.gradient_before).sqrt();
        let doubled = 2.0 * step / before.max(f64::MIN_POSITIVE);
        let long = step * step / along;
        self.0 = Some(if WINDOW > 1 && along > 0.0 && long.is_finite() { long } else { doubled });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Interrupt, Lbfgs, Method, Objective, Run, Stop, StopRule, StopRules, Trace};
    use noctule_num::rng::{StreamKey, complex_normal};

    /// Σ cᵢ / |xᵢ|²: the shape of a Cramér–Rao bound. Minimum (Σ √cᵢ)².
    struct Inverse(Vec<f64>);

    impl Objective for Inverse {
        fn eval(&mut self, x: &[C64], gradient: &mut [C64]) -> f64 {
            let mut value = 0.0;
            for ((g, z), c) in gradient.iter_mut().zip(x).zip(&self.0) {
                let inverse = 1.0 / z.norm_sqr();
                value += c * inverse;
                *g = z * (-2.0 * c * inverse * inverse);
            }
            value
        }
    }

    /// Σ λᵢ |xᵢ|² with eigenvalues that crowd at the smallest, 0.
    struct Rayleigh(usize);

    impl Objective for Rayleigh {
        fn eval(&mut self, x: &[C64], gradient: &mut [C64]) -> f64 {
            let mut value = 1.0;
            for (i, (g, z)) in gradient.iter_mut().zip(x).enumerate() {
                let eigenvalue = (i as f64 / self.0 as f64).powi(2);
                value += eigenvalue * z.norm_sqr();
                *g = z * (2.0 * eigenvalue);
            }
            value
        }
    }

    fn run(mut method: impl Method, mut objective: impl Objective) -> Run {
        let mut rng = StreamKey::new(5, "test", "gradient", 0).trial(0);
        let n = method.manifold().dim();
        let mut x: Vec<C64> = (0..n).map(|_| complex_normal(&mut rng, 1.0)).collect();
        method.manifold().normalise(&mut x);
        let stop = StopRules::from(StopRule::Residual(1e-7)) | StopRule::Evaluations(20_000);
        let mut trace = Trace::with_room(30_000);
        let run = method.minimise(&mut objective, &mut x, &stop, &Interrupt::new(), &mut trace);
        assert_eq!(run.stop, Stop::Converged, "{run:?}");
        for w in trace.rows().windows(11) {
            let before = w[..10].iter().map(|row| row.value).fold(f64::MIN, f64::max);
            assert!(w[10].value <= before * (1.0 + 1e-13));
        }
        assert!((real_dot(&x, &x) - 1.0).abs() < 1e-14);
        run
    }

    fn runs<O: Objective>(n: usize, objective: impl Fn() -> O) -> [Run; 4] {
        let sphere = Manifold::sphere(n);
        [
            run(Lbfgs::new(sphere), objective()),
            run(ConjugateGradient::new(sphere), objective()),
            run(BarzilaiBorwein::new(sphere), objective()),
            run(SteepestDescent::new(sphere), objective()),
        ]
    }

    #[test]
    fn all_reach_the_minimum() {
        let costs = [1.0, 4.0, 9.0, 0.5, 100.0];
        let optimum = costs.iter().map(|c: &f64| c.sqrt()).sum::<f64>().powi(2);
        for run in runs(5, || Inverse(costs.to_vec())) {
            assert!((run.value / optimum - 1.0).abs() < 1e-12, "{run:?}");
        }
    }

    #[test]
    fn memory_pays_where_the_problem_is_ill_conditioned() {
        let counts = runs(60, || Rayleigh(60)).map(|run| run.work.evaluations);
        assert!(counts[0] * 3 < counts[3] && counts[1] * 3 < counts[3], "{counts:?}");
        assert!(counts[2] * 3 < counts[3], "{counts:?}");
    }
}
