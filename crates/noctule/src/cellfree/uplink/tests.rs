use noctule_num::linalg::{Cholesky, dot};
use noctule_num::rng::{StreamKey, uniform};
use noctule_optim::{Lbfgs, Objective, StopRule, StopRules, Trace};

use super::*;
use crate::cellfree::model::{Link, Roles, evaluate};
use crate::cellfree::starts::{Start, data_beams};
use crate::cellfree::{Beams, Instance, Scenario};

fn drop(users: usize, pilot_symbols: usize, trial: u64) -> Instance {
    // Reflections would leave errors that are no multiples of the identity.
    let base = Scenario { reflection: 0.0, ..Scenario::default() };
    let scenario = Scenario { users, pilot_symbols, ..base };
    scenario.realize(9, trial).unwrap()
}

/// F by its definition, with B as a dense matrix.
fn by_definition(model: &Model, powers: &[f64], prices: &[f64]) -> f64 {
    let mut b = model.weighted_sum(powers);
    for i in 0..b.rows() {
        b[(i, i)] += prices[i / model.antennas];
    }
    let mut cholesky = Cholesky::new(b.rows());
    cholesky.factor(&b, "B").unwrap();
    let one = |k: usize| {
        let channel = model.channel(k);
        let mut solved = CMat::from_columns(b.rows(), 1, channel.to_vec()).unwrap();
        cholesky.solve_in_place(&mut solved);
        -(-powers[k] * dot(channel, solved.as_slice()).re).ln_1p()
    };
    (0..model.users).map(one).sum()
}

fn somewhere(users: usize, aps: usize, entity: u64) -> (Vec<f64>, Vec<f64>) {
    let mut rng = StreamKey::new(3, "test", "uplink", entity).trial(0);
    let mut draw = |n: usize| (0..n).map(|_| uniform(&mut rng, 0.05, 1.0)).collect::<Vec<f64>>();
    (draw(users), draw(aps))
}

#[test]
fn derivatives_are_those_of_the_definition() {
    for (users, pilots) in [(1, 1), (4, 2), (9, 5)] {
        let instance = drop(users, pilots, 0);
        let model = Model::new(&instance, Roles::CommunicationOnly);
        let mut uplink = Uplink::of(&model).unwrap();
        let (mut powers, prices) = somewhere(users, model.aps, users as u64);
        powers[0] = 1e-3;
        let value = uplink.value.at(&powers, &prices).unwrap();
        let known = by_definition(&model, &powers, &prices);
        assert!((value - known).abs() < 1e-9 * known, "{value} {known}");
        let (slopes, curvature) = (uplink.value.gradient.clone(), uplink.value.hessian.clone());
        let all = users + model.aps;
        for i in 0..all {
            let here = if i < users { powers[i] } else { prices[i - users] };
            let h = 1e-5 * here;
            let mut at = |sign: f64| {
                let (mut powers, mut prices) = (powers.clone(), prices.clone());
                match i < users {
                    true => powers[i] += sign * h,
                    false => prices[i - users] += sign * h,
                }
                uplink.value.at(&powers, &prices).unwrap();
                (by_definition(&model, &powers, &prices), uplink.value.gradient.clone())
            };
            let (ahead, behind) = (at(1.0), at(-1.0));
            let numeric = (ahead.0 - behind.0) / (2.0 * h);
            let size = slopes[i].abs() + known / here * 1e-3;
            assert!((numeric - slopes[i]).abs() < 1e-5 * size, "{i}: {numeric} {}", slopes[i]);
            for (j, slope) in slopes.iter().enumerate() {
                let numeric = (ahead.1[j] - behind.1[j]) / (2.0 * h);
                let (found, size) = (curvature[i * all + j], slope.abs() / here);
                let far = (numeric - found).abs();
                assert!(far < 1e-4 * (found.abs() + size), "{i} {j}: {numeric} {found}");
            }
        }
    }
}

/// Minus the sum rate over beams, for a method that shares nothing with the uplink.
struct Rate(Model);

impl Objective for Rate {
    fn eval(&mut self, x: &[C64], gradient: &mut [C64]) -> f64 {
        self.0.forward(x);
        let value = self.0.value(Link::Rate);
        self.0.backward(x, -1.0, 0.0, gradient);
        -value
    }
}

#[test]
fn beams_reach_what_the_uplink_promises_and_no_climb_of_beams_finds_more() {
    for trial in 0..3 {
        let instance = drop(9, 5, trial);
        let mut rate = Rate(Model::new(&instance, Roles::CommunicationOnly));
        let mut uplink = Uplink::of(&rate.0).unwrap();
        let interrupt = Interrupt::new();
        let found = uplink.ascend(&[1.0; 9], 1000, &interrupt).unwrap().unwrap();
        let promised = uplink.value.value;
        let beams = Beams { data: found.data, ..Beams::silent(&instance) };
        let metrics = evaluate(&instance, &beams).unwrap();
        let far = (metrics.sum_rate_nats - promised).abs() / promised;
        assert!(far < 1e-8, "{far:e}");
        assert!((0..6).all(|ap| beams.power(ap) <= 1.0 + 1e-8));
        assert!(found.work.evaluations < 120, "{:?}", found.work);

        let data = data_beams(&instance, Start::Regularised, 0.99).unwrap();
        let mut x = rate.0.point(&Beams { data, ..Beams::silent(&instance) });
        let mut solver = Lbfgs::with_memory(rate.0.manifold(), 20);
        solver.manifold().normalise(&mut x);
        let rules = StopRules::from(StopRule::Residual(1e-6)) | StopRule::Evaluations(3000);
        let run = solver.minimise(&mut rate, &mut x, &rules, &interrupt, &mut Trace::off());
        assert!(promised >= -run.value * (1.0 - 1e-7), "{promised} {}", -run.value);
    }
}

#[test]
fn no_uplink_where_something_is_sensed_or_nobody_served() {
    let instance = drop(4, 4, 0);
    assert!(Uplink::of(&Model::new(&instance, Roles::Sensing(2))).is_none());
    assert!(Uplink::of(&Model::new(&drop(0, 4, 0), Roles::CommunicationOnly)).is_none());
    let mut uplink = Uplink::of(&Model::new(&instance, Roles::CommunicationOnly)).unwrap();
    let interrupt = Interrupt::new();
    assert!(uplink.ascend(&[0.0; 4], 1000, &interrupt).unwrap().is_none());
}
