#![allow(clippy::unwrap_used)]

use noctule_num::C64;
use noctule_num::linalg::real_dot;
use noctule_num::rng::{StreamKey, complex_normal, uniform};
use noctule_optim::{Constrained, Interrupt, Objective};

use super::dual::{Values, chords, proven};
use super::program::Program;
use super::search::{Sought, searched, whole};
use super::task::{Aim, Task, Whom};
use crate::beamforming::goal::{Goal, Measure, Require};
use crate::beamforming::{DrawnTargets, Instance, Ofdm, Scenario, Targets};

fn instance(goal: Goal, squint: bool) -> Instance {
    let law = DrawnTargets { count: 1, polar_deg: [50.0, 100.0], ..DrawnTargets::default() };
    let words = Ofdm { subcarriers: 3, spacing_khz: 2000.0, squint, ..Ofdm::default() };
    let require = Require {
        sinr_db: Some(5.0),
        rate_bps_hz: Some(2.0),
        range_m: Some(1.0),
        azimuth_deg: Some(2.0),
        ..Require::default()
    };
    let scenario = Scenario {
        users: 2,
        targets: Targets::Drawn(law),
        ofdm: Some(words),
        goal,
        require,
        ..Scenario::default()
    };
    scenario.realize(5, 0).unwrap()
}

fn goals() -> Vec<Goal> {
    let weights = || Some(vec![1.0, 0.5]);
    vec![
        Goal::MinCrb { metric: Measure::WorstAngle },
        Goal::MinCrb { metric: Measure::WorstRange },
        Goal::MinPower,
        Goal::SumRate { user_weights: weights() },
        Goal::MaxMinRate { user_weights: weights() },
        Goal::ProportionalFair { user_weights: weights() },
    ]
}

fn random(n: usize, entity: u64) -> Vec<C64> {
    let mut rng = StreamKey::new(1, "test", "band-goal", entity).trial(0);
    (0..n).map(|_| complex_normal(&mut rng, 1.0)).collect()
}

/// The Lagrangian at fixed weights.
struct Fixed<'a> {
    program: Program<'a>,
    weights: Vec<f64>,
}

impl Objective for Fixed<'_> {
    fn eval(&mut self, x: &[C64], gradient: &mut [C64]) -> f64 {
        let mut constraints = vec![0.0; self.weights.len()];
        let value = self.program.values(x, &mut constraints);
        self.program.gradient(&self.weights, gradient);
        value + self.weights.iter().zip(&constraints).map(|(w, c)| w * c).sum::<f64>()
    }
}

#[test]
fn gradients_have_the_slope_of_the_taylor_error() {
    for goal in goals() {
        for (squint, relaxed) in [(false, false), (true, true)] {
            let own = instance(goal.clone(), squint);
            let band = own.band().unwrap();
            let (task, mut stack) = whole(&own, band, Whom::All(3)).unwrap();
            let slopes = relaxed.then(|| chords(&stack, &task));
            let most = (task.aim == Aim::Power).then_some(2.0);
            let mut program = Program::new(&mut stack, &task, 0.0, slopes, most, 1.0);
            let mut x = random(program.manifold().dim(), 0);
            program.manifold().normalise(&mut x);
            program.aim_at_worst(&x);
            let weights = (0..program.constraints()).map(|i| 0.1 + 0.01 * i as f64).collect();
            let sphere = program.manifold();
            let mut fixed = Fixed { program, weights };
            let direction = random(x.len(), 1);
            let found =
                noctule_optim::objective::check_gradient(&mut fixed, &sphere, &x, &direction);
            assert!(found.passed, "{} {squint}: {found:?}", goal.name());
        }
    }
}

/// Whatever the multipliers, no beams that were found do better than what they prove.
#[test]
fn no_multipliers_refute_what_was_found() {
    let mut rng = StreamKey::new(1, "test", "band-dual", 0).trial(0);
    for goal in goals() {
        let own = instance(goal.clone(), false);
        let band = own.band().unwrap();
        let (mut task, mut stack) = whole(&own, band, Whom::All(3)).unwrap();
        let problem = own.problem().unwrap();
        for turn in 0..2 {
            if turn == 1 {
                // the convex form, where there is one
                task.rates.fill(0.0);
            }
            let streams = own.streams();
            let sought = Sought::of(Whom::All(streams));
            let found = searched(&own, band, &task, &sought, &Interrupt::new()).unwrap().unwrap();
            let value = value_of(&own, &task, &found.beams.matrix);
            let sign = if problem.maximises() { -1.0 } else { 1.0 };
            for scale in [0.0, 0.1, 1.0, 10.0] {
                let mut draw = |list: &[f64]| -> Vec<f64> {
                    list.iter()
                        .map(|x| x + scale * x * uniform(&mut rng, -1.0, 3.0))
                        .map(f64::abs)
                        .collect()
                };
                let base = &found.values;
                let mut values = Values {
                    lambda: draw(&base.lambda),
                    rho: draw(&base.rho),
                    shares: draw(&base.shares),
                    eta: draw(&base.eta),
                    tangent: draw(&base.tangent),
                    fisher: base.fisher.clone(),
                };
                if task.rates.iter().all(|rate| *rate <= 0.0) {
                    values.eta.fill(0.0);
                }
                if let Some(bound) = proven(&mut stack, &task, &values) {
                    let ahead = sign * (bound - value);
                    assert!(ahead <= 1e-5 * value.abs(), "{}: {bound} {value}", goal.name());
                }
            }
        }
    }
}

/// The value of a task at beams, as people say it in SI units.
fn value_of(own: &Instance, task: &Task, beams: &noctule_num::CMat) -> f64 {
    let band = own.band().unwrap();
    let (_, mut stack) = whole(own, band, Whom::All(own.streams())).unwrap();
    let v = stack.point(beams);
    stack.look(&v);
    let (users, n) = (stack.users, stack.subcarriers());
    let rate = |k: usize| {
        let sinr = |m: usize| stack.signal[m * users + k] / stack.interference[m * users + k];
        (0..n).map(|m| sinr(m).ln_1p()).sum::<f64>() / n as f64
    };
    match &task.aim {
        Aim::Bound(members) => members.iter().map(|m| stack.bound(m)).fold(0.0, f64::max),
        Aim::Power => real_dot(&v, &v) * stack.power_w,
        Aim::Rate(w) => (0..users).map(|k| w[k] * rate(k)).sum(),
        Aim::LogRate(w) => (0..users).map(|k| w[k] * rate(k).ln()).sum(),
        Aim::WorstRate(w) => (0..users).map(|k| rate(k) / w[k]).fold(f64::INFINITY, f64::min),
        Aim::Weighted(..) => 0.0,
    }
}
