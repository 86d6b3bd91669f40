#![allow(clippy::float_cmp)] // exact values are meant

use super::*;
use crate::Interrupt;

/// f(x) = Σ cos(3 x_i) + 0.1 x_i over a box, bounded with its Lipschitz constant.
struct Waves {
    smallest: f64,
    examined: usize,
}

type Box2 = [(f64, f64); 2];

fn waves(x: [f64; 2]) -> f64 {
    x.iter().map(|x| (3.0 * x).cos() + 0.1 * x).sum()
}

impl Relaxation for Waves {
    type Region = Box2;
    type Point = [f64; 2];

    fn examine(&mut self, region: &mut Box2, _cutoff: f64) -> Examined<[f64; 2]> {
        self.examined += 1;
        let middle = region.map(|(a, b)| 0.5 * (a + b));
        let reach: f64 = region.iter().map(|(a, b)| 3.1 * 0.5 * (b - a)).sum();
        Examined::new(waves(middle) - reach).with_point(waves(middle), middle)
    }

    fn divide(&mut self, region: Box2, into: &mut Vec<Box2>) {
        let axis = usize::from(region[1].1 - region[1].0 > region[0].1 - region[0].0);
        let (a, b) = region[axis];
        if b - a < self.smallest {
            return;
        }
        for part in [(a, 0.5 * (a + b)), (0.5 * (a + b), b)] {
            let mut child = region;
            child[axis] = part;
            into.push(child);
        }
    }
}

const ROOT: Box2 = [(-2.0, 3.0), (-2.5, 2.5)];
const TIGHT: Budget = Budget { nodes: 1_000_000, absolute: 1e-3, relative: 0.0 };

fn grid_minimum() -> f64 {
    let step = 1e-3;
    let line = |(a, b): (f64, f64)| {
        let count = ((b - a) / step) as usize;
        (0..=count)
            .map(|i| a + i as f64 * step)
            .map(|x| (3.0 * x).cos() + 0.1 * x)
            .fold(f64::INFINITY, f64::min)
    };
    line(ROOT[0]) + line(ROOT[1])
}

fn solve(smallest: f64, budget: Budget) -> Found<[f64; 2]> {
    branch_and_bound(&mut Waves { smallest, examined: 0 }, [ROOT], None, budget, &Interrupt::new())
}

#[test]
fn encloses_the_minimum_of_a_grid() {
    let found = solve(0.0, TIGHT);
    let (value, point) = found.best.unwrap();
    let exact = grid_minimum();
    assert_eq!(found.stop, Stop::Converged);
    assert!(found.bound <= exact + 1e-6 && exact <= value + 1e-6);
    assert!(value - found.bound <= 1e-3 && waves(point).to_bits() == value.to_bits());
}

#[test]
fn is_an_interval_at_any_time_and_only_shrinks() {
    let exact = grid_minimum();
    for nodes in [0, 1, 2, 5, 50, 500] {
        let found = solve(0.0, Budget { nodes, ..TIGHT });
        assert!(found.nodes <= nodes && found.bound <= exact);
        assert_eq!(found.stop, Stop::EvaluationLimit);
        assert!(found.log.windows(2).all(|w| w[0].bound <= w[1].bound && w[0].best >= w[1].best));
    }
}

#[test]
fn what_cannot_be_divided_keeps_its_bound() {
    let found = solve(0.1, TIGHT);
    assert_eq!(found.stop, Stop::Stalled);
    assert!(found.bound <= grid_minimum() && found.best.unwrap().0 - found.bound > 1e-3);
}

#[test]
fn a_start_saves_nodes_and_is_never_lost() {
    let cold = solve(0.0, TIGHT);
    let start = cold.best.unwrap();
    let mut problem = Waves { smallest: 0.0, examined: 0 };
    let warm = branch_and_bound(&mut problem, [ROOT], Some(start), TIGHT, &Interrupt::new());
    assert!(warm.nodes <= cold.nodes && warm.nodes == problem.examined as u64);
    assert!(warm.best.unwrap().0 <= start.0);
}

struct Nothing;
impl Relaxation for Nothing {
    type Region = u8;
    type Point = ();
    fn examine(&mut self, region: &mut u8, _: f64) -> Examined<()> {
        if *region > 3 { Examined::empty() } else { Examined::new(f64::NAN) }
    }
    fn divide(&mut self, region: u8, into: &mut Vec<u8>) {
        into.extend([region + 1, region + 2]);
    }
}

#[test]
fn infeasible_is_proven_by_exhaustion_and_only_then() {
    let all = branch_and_bound(&mut Nothing, [0], None, TIGHT, &Interrupt::new());
    assert!(all.is_infeasible() && all.stop == Stop::Converged);
    let budget = Budget { nodes: 4, ..TIGHT };
    let some = branch_and_bound(&mut Nothing, [0], None, budget, &Interrupt::new());
    assert!(!some.is_infeasible() && some.bound == f64::NEG_INFINITY);
}

#[test]
fn an_interrupt_leaves_an_interval() {
    let interrupt = Interrupt::new();
    interrupt.raise();
    let mut problem = Waves { smallest: 0.0, examined: 0 };
    let found = branch_and_bound(&mut problem, [ROOT], None, TIGHT, &interrupt);
    assert_eq!((found.stop, found.nodes), (Stop::Interrupted, 0));
    assert!(found.bound == f64::NEG_INFINITY && found.best.is_none());
}
