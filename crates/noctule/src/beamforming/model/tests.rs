use super::*;
use crate::beamforming::Scenario;
use crate::beamforming::rate_term::Chord;
use noctule_num::rng::{StreamKey, complex_normal};
use noctule_optim::{
    Interrupt, Lbfgs, Manifold, Shape, Stop, StopRule, StopRules, Trace, check_gradient,
};

fn random_point(dim: usize, entity: u64) -> Vec<C64> {
    let mut rng = StreamKey::new(21, "test", "model", entity).trial(0);
    let mut v: Vec<C64> = (0..dim).map(|_| complex_normal(&mut rng, 1.0)).collect();
    Manifold::sphere(dim).normalise(&mut v);
    v
}

#[test]
fn gradient_passes_the_taylor_test() {
    let base = Scenario::paper();
    let scenarios = [
        base.clone(),
        Scenario { users: 1, rate_weight_per_nat: 3.0, ..base.clone() },
        Scenario { crb_weight: 0.0, ..base.clone() },
        Scenario { rate_weight_per_nat: 0.0, ..base.clone() },
        Scenario { power_dbm: 37.0, sensing_noise_dbm: -80.0, ..base },
    ];
    for (index, scenario) in scenarios.iter().enumerate() {
        let instance = scenario.realize(3, 0).unwrap();
        for space in [Space::Reduced, Space::Full] {
            let mut model = Model::new(&instance, space).unwrap();
            let manifold = Manifold::sphere(model.dim());
            let (x, d) = (random_point(model.dim(), 1), random_point(model.dim(), 2));
            let check = check_gradient(&mut model, &manifold, &x, &d);
            assert!(check.passed, "scenario {index}, {space:?}: {check:?}");
        }
    }
}

#[test]
fn relaxations_by_envelopes_have_the_gradient_they_say_and_lie_above_the_objective() {
    let instance = Scenario::paper().realize(3, 1).unwrap();
    for (low, high) in [(1.0, 40.0), (1.0, 2.0), (3.0, 1e4)] {
        let mut model = Model::new(&instance, Space::Reduced).unwrap();
        let (x, d) = (random_point(model.dim(), 1), random_point(model.dim(), 2));
        let mut scratch = x.clone();
        let value = model.eval(&x, &mut scratch);
        let levels: Vec<f64> = (0..4).map(|k| model.reception(k).1).collect();
        let inside = levels.iter().all(|level| (low..=high).contains(level));
        model.set_rate(RateTerm::Chords(vec![Chord::new(low, high); 4]));
        let check = check_gradient(&mut model, &Manifold::sphere(x.len()), &x, &d);
        assert!(check.passed, "[{low}, {high}]: {check:?}");
        let relaxed = model.eval(&x, &mut scratch);
        assert!(!inside || relaxed <= value, "{relaxed} {value}, {levels:?}");
    }
}

#[test]
fn model_agrees_with_evaluation_in_both_spaces() {
    let instance = Scenario::paper().realize(5, 2).unwrap();
    let mut reduced = Model::new(&instance, Space::Reduced).unwrap();
    assert_eq!(reduced.rank(), 4 + 3 * 2);
    let v = random_point(reduced.dim(), 3);
    let mut scratch = v.clone();
    let value = reduced.eval(&v, &mut scratch);
    let beams = reduced.beams(&v, instance.users());
    let metrics = evaluate(&instance, &beams).unwrap();
    let objective = metrics.objective.unwrap();
    assert!((objective + value * reduced.unit()).abs() < 1e-12 * objective.abs());
    assert!((metrics.power_w / instance.parts().power_w - 1.0).abs() < 1e-14);
    let mut full = Model::new(&instance, Space::Full).unwrap();
    let w = full.point(&beams.matrix);
    let mut scratch = w.clone();
    assert!((full.eval(&w, &mut scratch) - value).abs() < 1e-12 * value.abs());
    let back = reduced.point(&beams.matrix);
    assert!(back.iter().zip(&v).all(|(a, b)| (a - b).norm() < 1e-14));
}

#[test]
fn curvature_explains_the_gradient_of_sensing_streams() {
    // For a stream without data the gradient is 2 C₀ v exactly.
    let instance = Scenario::paper().realize(5, 3).unwrap();
    let mut model = Model::new(&instance, Space::Reduced).unwrap();
    let v = random_point(model.dim(), 4);
    let mut gradient = v.clone();
    model.eval(&v, &mut gradient);
    let c0 = model.curvature();
    let (r, last) = (model.rank(), model.streams() - 1);
    let stream = CMat::from_columns(r, 1, v[last * r..].to_vec()).unwrap();
    let expected = product(&c0, Op::Plain, &stream, Op::Plain);
    for i in 0..r {
        let found = -gradient[last * r + i] / 2.0;
        assert!((found - expected[(i, 0)]).norm() < 1e-12 * expected.norm());
    }
}

#[test]
fn the_metric_is_what_streams_share_of_the_hessian() {
    let instance = Scenario::paper().realize(5, 3).unwrap();
    let mut model = Model::new(&instance, Space::Reduced).unwrap();
    let mut point = random_point(model.dim(), 4);
    let sphere = Manifold::sphere(model.dim());
    sphere.normalise(&mut point);
    let rules = StopRules::from(StopRule::Residual(1e-7)) | StopRule::Evaluations(1000);
    let never = Interrupt::new();
    let run =
        Lbfgs::new(sphere).minimise(&mut model, &mut point, &rules, &never, &mut Trace::off());
    assert_eq!(run.stop, Stop::Converged);
    let mut gradient = point.clone();
    model.eval(&point, &mut gradient);
    assert_eq!(model.shape(&point, 0, run.residual), Some(Shape::Whole));
    assert_eq!(model.clone().shape(&point, 0, 1.0), None, "far from an optimum there is none");
    let mut v = random_point(model.dim(), 6);
    let given = v.clone();
    model.precondition(&mut v);
    // 2 ((1 + ½) μ − C₀) v with μ from the condition C₁ + C₀W = μW.
    let multiplier = -0.5 * noctule_num::linalg::real_dot(&point, &gradient);
    let c0 = model.curvature();
    let solved = CMat::from_columns(model.rank(), model.streams(), v).unwrap();
    let back = product(&c0, Op::Plain, &solved, Op::Plain);
    for ((back, solved), given) in back.as_slice().iter().zip(solved.as_slice()).zip(&given) {
        let found = (solved * (1.5 * multiplier) - back) * 2.0;
        assert!((found - given).norm() < 1e-10, "{found} {given}");
    }
}
