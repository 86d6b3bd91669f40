use super::*;
use noctule_num::linalg::real_dot;

/// Minimise −|x₀|² on the sphere of ℂ² subject to |x₀|² ≤ limit and, never active, |x₁|² ≤ 2.
struct Capped {
    limit: f64,
    x: Vec<C64>,
}

impl Constrained for Capped {
    fn constraints(&self) -> usize {
        2
    }
    fn values(&mut self, x: &[C64], constraints: &mut [f64]) -> f64 {
        self.x = x.to_vec();
        constraints[0] = x[0].norm_sqr() - self.limit;
        constraints[1] = x[1].norm_sqr() - 2.0;
        -3.0 * x[0].norm_sqr()
    }
    fn gradient(&mut self, weights: &[f64], gradient: &mut [C64]) {
        gradient[0] = self.x[0] * (2.0 * (weights[0] - 3.0));
        gradient[1] = self.x[1] * (2.0 * weights[1]);
    }
}

#[test]
fn an_active_constraint_has_its_price() {
    let mut method = AugmentedLagrangian::new(
        Manifold::sphere(2),
        AugmentedSettings { tolerance: 1e-9, feasibility: 1e-9, ..Default::default() },
    );
    let mut problem = Capped { limit: 0.4, x: Vec::new() };
    let mut x = vec![C64::new(0.6, 0.0), C64::new(0.0, 0.8)];
    let run =
        method.minimise(&mut problem, &mut x, &[0.0, 0.0], &Interrupt::new(), &mut Trace::off());
    assert_eq!(run.stop, Stop::Converged);
    assert!((run.value + 1.2).abs() < 1e-8 && run.violation <= 1e-9, "{run:?}");
    assert!((run.multipliers[0] - 3.0).abs() < 1e-6, "{run:?}");
    assert!(run.multipliers[1] == 0.0 && run.complementarity <= 1e-9);
    assert!((real_dot(&x, &x) - 1.0).abs() < 1e-12);
}

#[test]
fn an_inactive_constraint_costs_nothing() {
    let mut method = AugmentedLagrangian::new(Manifold::sphere(2), AugmentedSettings::default());
    let mut problem = Capped { limit: 1.5, x: Vec::new() };
    let mut x = vec![C64::new(0.6, 0.0), C64::new(0.0, 0.8)];
    let run =
        method.minimise(&mut problem, &mut x, &[1.0, 1.0], &Interrupt::new(), &mut Trace::off());
    assert!((run.value + 3.0).abs() < 1e-9 && run.multipliers == [0.0, 0.0], "{run:?}");
}

#[test]
fn secants_spare_rounds_and_end_at_the_same_price() {
    let run = |secants: bool| {
        let settings = AugmentedSettings {
            tolerance: 1e-9,
            feasibility: 1e-9,
            penalty: 4.0,
            growth: 1.0,
            ..Default::default()
        };
        let mut method = AugmentedLagrangian::new(Manifold::sphere(2), settings);
        if secants {
            method = method.with_secants();
        }
        let mut problem = Curved { x: Vec::new() };
        let mut x = vec![C64::new(0.6, 0.0), C64::new(0.0, 0.8)];
        let run =
            method.minimise(&mut problem, &mut x, &[0.0], &Interrupt::new(), &mut Trace::off());
        assert_eq!(run.stop, Stop::Converged);
        // |x₀|² = p is best at 2p = λ, and p ≤ 0.4.
        assert!((run.value + 3.0 * 0.4 - 0.16).abs() < 1e-8, "{run:?}");
        assert!((run.multipliers[0] - (3.0 - 0.8)).abs() < 1e-6, "{run:?}");
        run.work.evaluations
    };
    assert!(run(true) < run(false));
}

/// Minimise p² − 3p over p = |x₀|², subject to p ≤ 0.4.
struct Curved {
    x: Vec<C64>,
}

impl Constrained for Curved {
    fn constraints(&self) -> usize {
        1
    }
    fn values(&mut self, x: &[C64], constraints: &mut [f64]) -> f64 {
        self.x = x.to_vec();
        let p = x[0].norm_sqr();
        constraints[0] = p - 0.4;
        p * p - 3.0 * p
    }
    fn gradient(&mut self, weights: &[f64], gradient: &mut [C64]) {
        let p = self.x[0].norm_sqr();
        gradient[0] = self.x[0] * (2.0 * (2.0 * p - 3.0 + weights[0]));
        gradient[1] = C64::ZERO;
    }
}
