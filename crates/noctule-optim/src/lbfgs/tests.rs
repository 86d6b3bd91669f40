use super::*;
use crate::{Stop, StopRule};
use noctule_num::CMat;
use noctule_num::linalg::HermitianEigen;
use noctule_num::rng::{StreamKey, complex_normal};

struct Rayleigh(CMat);

impl Objective for Rayleigh {
    fn eval(&mut self, x: &[C64], gradient: &mut [C64]) -> f64 {
        for (i, g) in gradient.iter_mut().enumerate() {
            *g = (0..x.len()).map(|j| self.0[(i, j)] * x[j]).sum::<C64>() * 2.0;
        }
        real_dot(x, gradient) / 2.0
    }
}

/// Σ 1/(|x_i|² − floor), outside its domain where an entry is too small.
struct Barrier {
    floor: f64,
    evaluations: u64,
}

impl Objective for Barrier {
    fn eval(&mut self, x: &[C64], gradient: &mut [C64]) -> f64 {
        self.evaluations += 1;
        if x.iter().any(|z| z.norm_sqr() <= self.floor) {
            return f64::INFINITY;
        }
        let mut value = 0.0;
        for (g, z) in gradient.iter_mut().zip(x) {
            let inside = 1.0 / (z.norm_sqr() - self.floor);
            value += inside;
            *g = z * (-2.0 * inside * inside);
        }
        value
    }
}

fn start(n: usize, entity: u64) -> Vec<C64> {
    let mut rng = StreamKey::new(5, "test", "lbfgs", entity).trial(0);
    let mut x: Vec<C64> = (0..n).map(|_| complex_normal(&mut rng, 1.0)).collect();
    Manifold::sphere(n).normalise(&mut x);
    x
}

fn run(solver: &mut Lbfgs, objective: &mut impl Objective, x: &mut [C64], stop: &StopRules) -> Run {
    solver.minimise(objective, x, stop, &Interrupt::new(), &mut Trace::off())
}

#[test]
fn finds_the_smallest_eigenvalue() {
    for n in [2, 10, 40] {
        let b = CMat::from_columns(n, n, start(n * n, 1)).unwrap();
        let a = CMat::from_fn(n, n, |i, j| b[(i, j)] + b[(j, i)].conj());
        let mut eigen = HermitianEigen::new(n);
        eigen.compute(&a).unwrap();
        let mut x = start(n, 2);
        let stop = StopRules::from(StopRule::Residual(1e-9)) | StopRule::Evaluations(2000);
        let run = run(&mut Lbfgs::new(Manifold::sphere(n)), &mut Rayleigh(a), &mut x, &stop);
        assert_eq!(run.stop, Stop::Converged);
        assert!((run.value - eigen.min()).abs() < 1e-14, "{} {}", run.value, eigen.min());
        assert!((real_dot(&x, &x) - 1.0).abs() < 1e-14);
    }
}

#[test]
fn survives_domain_failures_and_counts_evaluations() {
    // Minimum at |x_i|² = 1/n: n / (1/n − floor).
    let n = 5;
    let floor = 0.05;
    let mut x: Vec<C64> =
        (0..n).map(|i| C64::from_polar(1.0 + 1.5 * f64::from(i == 0), i.into())).collect();
    Manifold::sphere(5).normalise(&mut x);
    let mut objective = Barrier { floor, evaluations: 0 };
    let stop = StopRules::from(StopRule::Residual(1e-8)) | StopRule::Evaluations(500);
    let run = run(&mut Lbfgs::new(Manifold::sphere(5)), &mut objective, &mut x, &stop);
    assert_eq!(run.stop, Stop::Converged);
    assert!((run.value - 5.0 / (0.2 - floor)).abs() < 1e-9);
    assert_eq!(run.work.evaluations, objective.evaluations);
}

#[test]
fn a_start_outside_the_domain_is_said() {
    let mut x = vec![C64::ONE, C64::ZERO];
    let mut objective = Barrier { floor: 0.1, evaluations: 0 };
    let run =
        run(&mut Lbfgs::new(Manifold::sphere(2)), &mut objective, &mut x, &StopRules::default());
    assert!(run.value.is_infinite() && run.stop == Stop::Stalled);
    assert_eq!(x[0], C64::ONE);
}

#[test]
fn products_of_spheres_keep_every_radius() {
    // Each block aligns with its own target vector.
    struct Align(Vec<C64>);
    impl Objective for Align {
        fn eval(&mut self, x: &[C64], gradient: &mut [C64]) -> f64 {
            for (g, t) in gradient.iter_mut().zip(&self.0) {
                *g = -t;
            }
            real_dot(x, gradient)
        }
    }
    let manifold = Manifold::spheres(4, 3, 0.5);
    let target = start(12, 3);
    let optimum: f64 = -target.chunks(3).map(|t| real_dot(t, t).sqrt() * 0.5).sum::<f64>();
    let mut x = start(12, 4);
    manifold.normalise(&mut x);
    let stop = StopRules::from(StopRule::Residual(1e-9)) | StopRule::Evaluations(500);
    let run = run(&mut Lbfgs::new(manifold), &mut Align(target), &mut x, &stop);
    assert!((run.value - optimum).abs() < 1e-12, "{} {optimum}", run.value);
    assert!(x.chunks(3).all(|b| (real_dot(b, b).sqrt() - 0.5).abs() < 1e-15));
}

#[test]
fn budgets_and_interrupts_stop() {
    let n = 30;
    let b = CMat::from_columns(n, n, start(n * n, 6)).unwrap();
    let a = CMat::from_fn(n, n, |i, j| b[(i, j)] + b[(j, i)].conj());
    let mut solver = Lbfgs::new(Manifold::sphere(n));
    let stop = StopRules::from(StopRule::Residual(0.0)) | StopRule::Evaluations(7);
    let mut x = start(n, 7);
    let limited = run(&mut solver, &mut Rayleigh(a.clone()), &mut x, &stop);
    assert_eq!((limited.stop, limited.work.evaluations), (Stop::EvaluationLimit, 7));
    let interrupt = Interrupt::new();
    interrupt.raise();
    let interrupted =
        solver.minimise(&mut Rayleigh(a), &mut x, &stop, &interrupt, &mut Trace::off());
    assert_eq!((interrupted.stop, interrupted.work.evaluations), (Stop::Interrupted, 1));
}

#[test]
fn the_trace_is_monotone() {
    let mut objective = Barrier { floor: 0.01, evaluations: 0 };
    let mut trace = Trace::with_room(1000);
    let mut x = start(8, 9);
    x.iter_mut().for_each(|z| *z += C64::from(0.3));
    Manifold::sphere(8).normalise(&mut x);
    let mut solver = Lbfgs::new(Manifold::sphere(8));
    let run = solver.minimise(
        &mut objective,
        &mut x,
        &StopRules::default(),
        &Interrupt::new(),
        &mut trace,
    );
    assert_eq!(trace.rows().len() as u64, run.work.iterations + 1);
    assert!(trace.rows().windows(2).all(|w| w[1].value <= w[0].value * (1.0 + 1e-13)));
}

/// Σ a_i |x_i|² on a sphere, with a over five decades, of which it says as much as it is told to.
struct Steep {
    a: Vec<f64>,
    says: Option<Shape>,
    /// The size of what it says.
    size: f64,
}

impl Objective for Steep {
    fn eval(&mut self, x: &[C64], gradient: &mut [C64]) -> f64 {
        let all = gradient.iter_mut().zip(x).zip(&self.a);
        all.map(|((g, x), a)| {
            *g = x * (2.0 * a);
            a * x.norm_sqr()
        })
        .sum()
    }

    fn shape(&mut self, _x: &[C64], _steps: u64, _residual: f64) -> Option<Shape> {
        self.says
    }

    fn precondition(&mut self, v: &mut [C64]) {
        assert!(self.says.is_some(), "asked without a model");
        v.iter_mut().zip(&self.a).for_each(|(v, a)| *v *= self.size / (2.0 * a));
    }
}

#[test]
fn a_known_curvature_spares_most_evaluations() {
    let n = 60;
    let a: Vec<f64> = (0..n).map(|i| 10_f64.powf(5.0 * i as f64 / n as f64)).collect();
    let start: Vec<C64> = (0..n).map(|i| C64::from_polar(1.0, (i * i) as f64)).collect();
    let rules = StopRules::from(StopRule::Residual(1e-7)) | StopRule::Evaluations(20_000);
    let mut solver = Lbfgs::new(Manifold::sphere(n));
    let mut run = |says: Option<Shape>, size: f64| {
        let mut x = start.clone();
        Manifold::sphere(n).normalise(&mut x);
        let mut objective = Steep { a: a.clone(), says, size };
        let interrupt = Interrupt::new();
        let run = solver.minimise(&mut objective, &mut x, &rules, &interrupt, &mut Trace::off());
        assert_eq!(run.stop, Stop::Converged);
        assert!((run.value - 1.0).abs() < 1e-12, "{run:?}");
        run.work.evaluations
    };
    let plain = run(None, f64::NAN);
    for (says, size) in [
        (Shape::Whole, 1.0),
        (Shape::UpToScale, 1.0),
        // What is known up to its size may have any.
        (Shape::UpToScale, 1e6),
        (Shape::UpToScale, 1e-6),
    ] {
        let shaped = run(Some(says), size);
        assert!(3 * shaped < plain, "{says:?} {size}: {shaped} {plain}");
    }
}
