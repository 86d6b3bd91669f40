//! The programs, their gaps, and what a number of streams leaves of them.

use super::*;
use crate::beamforming::Scenario;
use crate::beamforming::starts::{Start, start_beams};
use noctule_optim::Interrupt;

#[test]
fn the_gap_encloses_the_optimum_of_a_program_solved_badly() {
    let instance = Scenario::paper().realize(4, 0).unwrap();
    let users = instance.users();
    let rank = Model::new(&instance, Space::Reduced).unwrap().rank();
    let mut model = Model::with_streams(&instance, Space::Reduced, users + rank).unwrap();
    let start = lifted(&model, &start_beams(&instance, Start::Rzf).unwrap(), users);
    let mut gradient = vec![C64::ZERO; start.len()];
    model.eval(&start, &mut gradient);
    let minorant = model.minorant();
    let mut solve = |evaluations: u64| {
        let mut point = start.clone();
        let mut solver = Lbfgs::new(Manifold::sphere(point.len()));
        let rules = StopRules::from(StopRule::Residual(1e-10)) | StopRule::Evaluations(evaluations);
        let mut program = Program { model: &mut model, minorant: &minorant };
        let (never, mut off) = (Interrupt::new(), Trace::off());
        let run = solver.minimise(&mut program, &mut point, &rules, &never, &mut off);
        (run.value, certify(&mut model, &minorant, &point).unwrap())
    };
    let (best, closed) = solve(5000);
    assert!(closed < 1e-10, "{closed}");
    let mut last = f64::INFINITY;
    for evaluations in [1, 5, 20, 60] {
        let (value, gap) = solve(evaluations);
        assert!(value - gap <= best + 1e-12 && gap >= value - best - 1e-12, "{gap}");
        last = last.min(gap);
    }
    assert!(last < 1e-3, "{last}");
}

#[test]
fn streams_that_there_is_no_room_for_are_cut_off() {
    for (users, streams) in [(1, 0), (1, 1), (2, 0), (1, 6)] {
        // Sensing counts for enough that one stream is not all that is asked for.
        let paper = Scenario { crb_weight: 100.0, ..Scenario::paper() };
        let scenario = Scenario { users, sensing_streams: Some(streams), ..paper };
        let instance = scenario.realize(3, 0).unwrap();
        let settings = FromStart::<WmmseSdrSettings>::default();
        let design = wmmse_sdr(&instance, &settings, &Run::default()).unwrap();
        let beams = &design.variables;
        assert_eq!(beams.users, users);
        let sensing = beams.matrix.cols() - users;
        let warned = design.warnings.iter().any(|words| words.contains("cut off"));
        // Two targets need a covariance of rank two at least, and never of more than six.
        assert!(warned || users + streams > 1, "{users} {streams}: {:?}", design.warnings);
        assert!(!warned || streams < 6, "{users} {streams}: {:?}", design.warnings);
        if warned {
            assert_eq!(sensing, streams);
        }
        let residual = design.proof.residual().expect("a residual");
        // What is cut has been optimised by nobody, and does not say that it is stationary.
        assert!(residual.is_finite() && (!warned || residual > 1e-4), "{residual}");
        let power = beams.matrix.norm_sqr() / instance.parts().power_w;
        assert!((power - 1.0).abs() < 1e-9, "{power}");
    }
}

#[test]
fn the_dual_of_the_linear_problem_is_met() {
    // max 2 Re(c w) + λ r over r ≥ |w|², r ≤ 1 in one dimension: w = 1 for λ > −c, else inside.
    let one = |lambda: f64, c: f64| linear_maximum(&[lambda], &[c * c]);
    assert!((one(0.5, 2.0) - 4.5).abs() < 1e-12);
    // Two dimensions: the rest of the power goes to the larger eigenvalue.
    let brute = (0..=1000)
        .flat_map(|i| (0..=1000).map(move |j| (f64::from(i) / 1000.0, f64::from(j) / 1000.0)))
        .filter(|(a, b)| a * a + b * b <= 1.0)
        .map(|(a, b)| {
            let left = 1.0 - a * a - b * b;
            2.0 * (0.3 * a + 0.4 * b) + 1.0 * (a * a + left) + 0.2 * b * b
        })
        .fold(f64::NEG_INFINITY, f64::max);
    let dual = linear_maximum(&[1.0, 0.2], &[0.09, 0.16]);
    assert!(dual >= brute && dual - brute < 1e-4, "{dual} {brute}");
}
