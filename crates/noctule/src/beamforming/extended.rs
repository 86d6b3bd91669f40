//! An extended target: sum rate against `tr R⁻¹`, with the global optimum.
//!
//! Where a target is no point but a whole response matrix, the Cramér–Rao bound of its entries is a multiple of
//! `tr R⁻¹`, whatever the target is (F. Liu et al., IEEE Trans. Signal Process. 70, 2022). The problem
//! ```math
//! \max_{\mathrm{tr} R \le P}\; \sum_k \ln(1+\gamma_k) - \rho\,\mathrm{tr} R^{-1}
//! ```
//! has no point targets and no reduced space (R must have full rank), and is otherwise that of the rest of this
//! folder: the same climbs, and the same [branch and bound](super::global) on interference levels.

mod again;

use noctule_num::input::setting;
use noctule_num::rng::{StreamKey, complex_normal};
use noctule_num::{CMat, InputError};
use noctule_optim::{
    Bound, Interrupt, Lbfgs, Manifold, Sense, Stop, StopRule, StopRules, Trace, Work,
};

use super::global;
use super::model::Model;
use crate::Error;
use crate::beamforming::Beams;

/// Residual at which a climb ends.
const TOLERANCE: f64 = 1e-9;
/// Evaluations of a climb.
const EVALUATIONS: u64 = 3000;

/// Users and power of a base station that looks at an extended target.
#[derive(Clone, Debug)]
pub struct ExtendedTarget {
    channels: CMat,
    power: f64,
    weight: f64,
}

/// Beams, and how far they can be from the best.
#[derive(Clone, Debug)]
pub struct Solved {
    /// A beam a user, then as many sensing streams as antennas.
    pub beams: Beams,
    /// `Σ ln(1 + γ) − ρ tr R⁻¹` in nat.
    pub objective: f64,
    /// No beams have a larger objective, up to the margin in it.
    pub bound: Option<Bound>,
    /// Boxes examined.
    pub nodes: u64,
    /// Why the search stopped.
    pub stop: Stop,
    /// What it cost.
    pub work: Work,
}

impl ExtendedTarget {
    /// Channels over the square root of the users' noise (antennas × users), the power, and ρ.
    ///
    /// # Errors
    /// [`InputError`] for no antennas or users, and for what is not positive and finite.
    pub fn new(channels: CMat, power: f64, weight: f64) -> Result<Self, InputError> {
        for (name, value) in [("power", power), ("weight", weight)] {
            if !(value > 0.0 && value.is_finite()) {
                return Err(setting(name, value, "a positive number"));
            }
        }
        let (antennas, users) = (channels.rows(), channels.cols());
        if antennas == 0 || users == 0 || !channels.norm_sqr().is_finite() {
            let found = format!("{antennas} × {users}");
            let allowed = "finite numbers of at least one antenna and one user";
            return Err(InputError::new("these are no channels", "channels", found, allowed));
        }
        Ok(Self { channels, power, weight })
    }

    /// `Σ ln(1 + γ) − ρ tr R⁻¹` of beams (antennas × streams, users first), from its definition; `None` where R is
    /// singular.
    pub fn objective(&self, beams: &CMat) -> Option<f64> {
        Model::extended_objective(&self.channels, self.weight, beams)
    }

    /// The best of some climbs, and an interval around the optimum: until the gap relative to
    /// max(|objective|, 1) is at most `gap`, or `nodes` boxes have been examined.
    ///
    /// # Errors
    /// When a decomposition fails, which finite data do not make it.
    pub fn solve(
        &self,
        starts: u64,
        (nodes, gap): (u64, f64),
        interrupt: &Interrupt,
    ) -> Result<Solved, Error> {
        let (antennas, users) = (self.channels.rows(), self.channels.cols());
        let new = || {
            let scale = (self.power, self.weight);
            Model::of_extended_target(&self.channels, scale, users + antennas)
        };
        let mut model = new();
        let mut solver = Lbfgs::new(Manifold::sphere(model.dim()));
        let rules = StopRules::from(StopRule::Residual(TOLERANCE))
            | StopRule::Progress { tolerance: 1e-15, window: 40 }
            | StopRule::Evaluations(EVALUATIONS);
        let mut work = Work::default();
        let mut best = (f64::INFINITY, Vec::new());
        for start in 0..starts.max(1) {
            let mut rng = StreamKey::new(1, "beamforming", "extended", start).trial(0);
            let mut point: Vec<_> =
                (0..model.dim()).map(|_| complex_normal(&mut rng, 1.0)).collect();
            solver.manifold().normalise(&mut point);
            let mut off = Trace::off();
            let run = solver.minimise(&mut model, &mut point, &rules, interrupt, &mut off);
            work += run.work;
            if run.value < best.0 || best.1.is_empty() {
                best = (run.value, point);
            }
        }
        let found = global::between(new(), new(), best.1, (nodes, gap), interrupt)?;
        work += found.work;
        let beams = model.beams(&found.point, users);
        let objective = self.objective(&beams.matrix).unwrap_or(f64::NEG_INFINITY);
        let method = format!("branch and bound on interference levels, {} nodes", found.nodes);
        let bound = Bound::new(objective, found.bound, Sense::Upper, method, 1.0)
            .map(|bound| Bound { numbers: found.numbers, ..bound.with_margin(found.margin) });
        Ok(Solved { beams, objective, bound, nodes: found.nodes, stop: found.stop, work })
    }
}

#[cfg(test)]
mod tests {
    use noctule_num::C64;
    use noctule_optim::{Objective, check_gradient};

    use super::*;

    fn channels(antennas: usize, users: usize, seed: u64) -> CMat {
        let mut rng = StreamKey::new(seed, "test", "extended", 0).trial(0);
        CMat::from_fn(antennas, users, |_, _| complex_normal(&mut rng, 1.0))
    }

    #[test]
    fn the_model_is_the_definition_with_its_gradient() {
        let target = ExtendedTarget::new(channels(4, 2, 3), 7.0, 0.3).unwrap();
        let mut model = Model::of_extended_target(&target.channels, (7.0, 0.3), 6);
        let mut rng = StreamKey::new(4, "test", "extended", 1).trial(0);
        let mut draw = || {
            let mut v: Vec<C64> = (0..model.dim()).map(|_| complex_normal(&mut rng, 1.0)).collect();
            Manifold::sphere(v.len()).normalise(&mut v);
            v
        };
        let (x, d) = (draw(), draw());
        let mut scratch = x.clone();
        let value = model.eval(&x, &mut scratch);
        let expected = target.objective(&model.beams(&x, 2).matrix).unwrap();
        assert!((value + expected).abs() < 1e-11 * expected.abs(), "{value} {expected}");
        let check = check_gradient(&mut model, &Manifold::sphere(x.len()), &x, &d);
        assert!(check.passed, "{check:?}");
    }

    #[test]
    fn one_antenna_and_one_user_are_closed_form() {
        let h = channels(1, 1, 5);
        let (power, weight) = (3.0, 0.5);
        let target = ExtendedTarget::new(h.clone(), power, weight).unwrap();
        let solved = target.solve(1, (50, 1e-6), &Interrupt::new()).unwrap();
        let exact = (power * h.norm_sqr()).ln_1p() - weight / power;
        assert!((solved.objective - exact).abs() < 1e-6, "{solved:?} {exact}");
        assert!(solved.bound.unwrap().value >= exact - 1e-9);
    }

    #[test]
    fn gaps_close_and_no_random_beams_pass_the_bound() {
        for seed in 0..4 {
            let target = ExtendedTarget::new(channels(4, 2, seed), 20.0, 0.5).unwrap();
            let solved = target.solve(4, (2000, 1e-3), &Interrupt::new()).unwrap();
            let bound = solved.bound.as_ref().unwrap();
            assert_eq!(solved.stop, Stop::Converged, "{bound:?}");
            assert!(bound.gap_rel <= 1e-3 && solved.objective <= bound.value);
            let again = target.again(&bound.numbers).unwrap();
            assert!((again - bound.value).abs() < 1e-9 * bound.value.abs(), "{again} {bound:?}");
            proves_nothing_else(&target, bound, solved.objective);
            assert!((solved.beams.matrix.norm_sqr() / 20.0 - 1.0).abs() < 1e-12);
            let mut rng = StreamKey::new(seed, "test", "extended", 2).trial(0);
            for _ in 0..200 {
                let near = solved.beams.matrix.clone();
                let mut beams =
                    CMat::from_fn(4, 6, |i, j| near[(i, j)] * 3.0 + complex_normal(&mut rng, 1.0));
                let scale = (20.0 / beams.norm_sqr()).sqrt();
                beams.scale(scale);
                assert!(target.objective(&beams).unwrap() <= bound.value);
            }
        }
    }

    /// Fewer boxes, smaller ones and lists that do not fit are refused; other multipliers never prove that the best is
    /// worse than what was reached.
    fn proves_nothing_else(target: &ExtendedTarget, bound: &Bound, reached: f64) {
        let changed = |name: &str, change: &dyn Fn(&mut Vec<f64>)| {
            let mut numbers = bound.numbers.clone();
            change(numbers.get_mut(name).unwrap());
            target.again(&numbers)
        };
        let leaves = bound.numbers["low"].len() / 2;
        assert!(leaves > 1);
        for leaf in 0..leaves {
            let mut numbers = bound.numbers.clone();
            for list in numbers.values_mut() {
                let each = list.len() / leaves;
                list.drain(leaf * each..(leaf + 1) * each);
            }
            assert!(target.again(&numbers).is_err(), "without {leaf}");
        }
        for name in ["low", "high", "t", "slope", "y"] {
            assert!(changed(name, &|list| list.truncate(list.len() - 1)).is_err(), "{name}");
            assert!(changed(name, &|list| list.clear()).is_err(), "{name}");
            for factor in [0.0, 0.9, 1.1, -1.0] {
                for at in [0, 1, 3] {
                    if let Ok(found) = changed(name, &|list| list[at] *= factor) {
                        assert!(found >= reached - 1e-9 * reached.abs(), "{name} {at} {factor}");
                    }
                }
            }
        }
        assert!(changed("high", &|list| list[0] *= 0.99).is_err());
        assert!(changed("low", &|list| list[0] *= 1.01).is_err());
    }

    #[test]
    fn what_is_no_problem_is_refused() {
        assert!(ExtendedTarget::new(CMat::zeros(0, 1), 1.0, 1.0).is_err());
        assert!(ExtendedTarget::new(CMat::zeros(2, 0), 1.0, 1.0).is_err());
        for (power, weight) in [(0.0, 1.0), (f64::NAN, 1.0), (1.0, -1.0), (1.0, f64::INFINITY)] {
            assert!(ExtendedTarget::new(channels(2, 1, 1), power, weight).is_err());
        }
        let mut broken = channels(2, 1, 1);
        broken[(0, 0)] = C64::from(f64::NAN);
        assert!(ExtendedTarget::new(broken, 1.0, 1.0).is_err());
    }
}
