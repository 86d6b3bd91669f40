//! Algorithm 1 of the paper: bisection over a linearised feasibility problem.
//!
//! Reproduced with its faults, which are described in `docs/errata.md#pilots-e7` (the linearisation
//! is not an inner approximation) and `docs/errata.md#pilots-e8` (what the bisection does not reset,
//! and that its answer is whichever feasible point a solver returns).

use noctule_num::InputError;
use noctule_num::input::{in_count, within};
use noctule_optim::conic::Conic;
use noctule_optim::{Stop, Work};
use serde::{Deserialize, Serialize};

use super::printed::printed_row;
use super::{FELL_BACK, Share, finish, shares};
use crate::pilots::interior::{Normalised, Reception};
use crate::pilots::model::printed_ratio;
use crate::pilots::{Allocation, Instance, PilotUse, PilotsDesign};
use crate::system::Setting;
use crate::{Error, Run};

/// What happens to the bounds of the bisection after an outer iteration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Bisection {
    /// Nothing, as printed: every outer iteration after the first is empty.
    #[default]
    Literal,
    /// The lower bound starts anew.
    Reset,
}

/// How the limit on positions enters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum RadarConstraint {
    /// Eq. (30), element-wise: linear and sufficient.
    #[default]
    Printed,
    /// The exact second-order cone.
    Exact,
}

/// Settings of [`algorithm_1`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Algorithm1Settings {
    /// What is reset between outer iterations.
    pub bisection: Bisection,
    /// How the limit on positions enters.
    pub radar: RadarConstraint,
    /// Outer iterations I.
    pub outer: u32,
    /// The bisection ends when both bounds agree to this, relative (it halves in log t: errors are
    /// of the order of 1e-4, so that an absolute tolerance would say nothing).
    pub tolerance: f64,
}

impl Default for Algorithm1Settings {
    fn default() -> Self {
        let (bisection, radar) = (Bisection::Literal, RadarConstraint::Printed);
        Self { bisection, radar, outer: 4, tolerance: 1e-6 }
    }
}

impl Setting for Algorithm1Settings {
    fn validate(&self) -> Result<(), InputError> {
        in_count("outer", self.outer, 1, 1000)?;
        within("tolerance", self.tolerance, 1e-12, 1.0)
    }
}

/// So far below the worst error of the start nothing is in reach.
const IN_REACH: f64 = 1e-4;

/// The first-order model of `H_k = t W_k Z_k − F_k` at a point, all times s_d, as the paper has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Linearisation {
    /// H_k at the point.
    pub value: f64,
    /// Its derivative by every fraction, user by user.
    pub gradient: Vec<f64>,
}

impl Linearisation {
    /// The model of user `k` at `x` (user by user) for level `t`.
    pub fn at(model: &Normalised, k: usize, x: &[f64], t: f64) -> Self {
        let (seen, received) = received(model, k, x);
        let value = t * received * seen.power() - seen.a;
        let mut gradient = vec![0.0; x.len()];
        for i in model.block(k) {
            // dZ/dx has a root in the denominator: undefined where nothing is sent.
            let slope = seen.z * (model.estimate[i] / x[i].max(1e-12)).sqrt() + model.gain[i];
            gradient[i] = t * (model.gain[i] * seen.power() + received * slope) - model.gain[i];
        }
        for j in (0..model.users).filter(|&j| j != k) {
            let c = model.overlap[k * model.users + j];
            for i in model.block(j) {
                gradient[i] = t * seen.power() * c * model.gain[i];
            }
        }
        Self { value, gradient }
    }

    /// The model at another point.
    pub fn predict(&self, from: &[f64], to: &[f64]) -> f64 {
        let change = self.gradient.iter().zip(from).zip(to).map(|((g, a), b)| g * (b - a));
        self.value + change.sum::<f64>()
    }

    /// H_k itself.
    pub fn exact(model: &Normalised, k: usize, x: &[f64], t: f64) -> f64 {
        let (seen, received) = received(model, k, x);
        t * received * seen.power() - seen.a
    }
}

/// What is received, and W_k as printed.
fn received(model: &Normalised, k: usize, x: &[f64]) -> (Reception, f64) {
    (model.reception(k, x), printed_ratio(model, k, x).0)
}

/// Algorithm 1, from full power in equal shares; where it finds nothing, full power as the paper says,
/// with the violation in the proof.
///
/// # Errors
/// [`Error::Input`] for settings out of range, or numbers that the solver refuses.
pub fn algorithm_1(
    instance: &Instance,
    settings: &Algorithm1Settings,
    run: &Run<'_, Allocation>,
) -> Result<PilotsDesign, Error> {
    let interrupt = &run.interrupt;
    settings.validate()?;
    let model = instance.normalised();
    let start = Allocation {
        fractions: shares(instance, Share::Equal),
        users: instance.users(),
        pilots: PilotUse::Downlink,
    };
    let mut point = start.blocks();
    let mut work = Work::default();
    let worst = (0..model.users).map(|k| ratio(&model, k, &point)).fold(0.0, f64::max);
    let floor = IN_REACH * worst;
    // An error never exceeds one.
    let (mut low, mut high, mut found) = (floor, 1.0_f64, false);
    for _ in 0..settings.outer {
        if settings.bisection == Bisection::Reset {
            low = floor;
        }
        let from = point.clone();
        while high / low > 1.0 + settings.tolerance && !interrupt.is_raised() {
            let t = (low * high).sqrt();
            work.conic_solves += 1;
            let feasible = feasible_point(instance, &model, settings, &from, t)?;
            match feasible {
                Some(x) if (0..model.users).all(|k| ratio(&model, k, &x) <= t) => {
                    (high, point, found) = (t, x, true);
                }
                _ => low = t,
            }
        }
        work.iterations += 1;
    }
    let stop = match (interrupt.is_raised(), found) {
        (true, _) => Stop::Interrupted,
        (false, true) => Stop::Converged,
        (false, false) => Stop::Stalled,
    };
    let points = instance.points();
    let variables =
        if found { Allocation::from_blocks(&point, points, instance.users()) } else { start };
    let mut design = finish(instance, variables, stop, work)?;
    if !found {
        design.warnings.push(FELL_BACK.to_owned());
    }
    Ok(design)
}

/// F/(W Z) as printed: what the true check of the algorithm compares with t.
fn ratio(model: &Normalised, k: usize, x: &[f64]) -> f64 {
    printed_ratio(model, k, x).1
}

/// Problem (34) for one t: any point where every linearised H is non-negative.
fn feasible_point(
    instance: &Instance,
    model: &Normalised,
    settings: &Algorithm1Settings,
    from: &[f64],
    t: f64,
) -> Result<Option<Vec<f64>>, Error> {
    let mut program = Conic::new(from.len());
    for i in 0..from.len() {
        program.nonnegative(&[(i, 1.0)], 0.0);
    }
    for m in 0..model.points {
        let terms: Vec<(usize, f64)> =
            (0..model.users).map(|k| (k * model.points + m, -1.0)).collect();
        program.nonnegative(&terms, 1.0);
    }
    for k in 0..model.users {
        let linear = Linearisation::at(model, k, from, t);
        let terms: Vec<(usize, f64)> =
            linear.gradient.iter().copied().enumerate().filter(|(_, g)| g.abs() > 0.0).collect();
        let constant =
            linear.value - linear.gradient.iter().zip(from).map(|(g, x)| g * x).sum::<f64>();
        program.nonnegative(&terms, constant);
    }
    if let Some(limit) = instance.parts().crb_limit_m2 {
        locate_all(&mut program, model, settings.radar, limit);
    }
    let answer = program.solve(1e-9)?;
    let inside = answer.has_solution();
    Ok(inside.then(|| answer.x.iter().map(|x| x.clamp(0.0, 1.0)).collect()))
}

/// The limit on the positions of all users.
fn locate_all(program: &mut Conic, model: &Normalised, radar: RadarConstraint, limit: f64) {
    for k in 0..model.users {
        match radar {
            RadarConstraint::Printed => {
                for m in 0..model.points {
                    let row = printed_row(model, k, m, limit);
                    let terms: Vec<(usize, f64)> = model.block(k).zip(row).collect();
                    program.nonnegative(&terms, -1.0);
                }
            }
            RadarConstraint::Exact => radar_cone(program, model, k, limit),
        }
    }
}

/// `tr J⁻¹ ≤ Γ` as a cone: `‖(A − B, 2C, 2/Γ)‖ ≤ A + B − 2/Γ`, times Γ/2.
pub(super) fn radar_cone(program: &mut Conic, model: &Normalised, k: usize, limit: f64) {
    let rows = |of: &dyn Fn(&noctule_phy::multistatic::Information) -> f64| -> Vec<(usize, f64)> {
        model.block(k).map(|i| (i, 0.5 * limit * of(&model.radar[i]))).collect()
    };
    let (sum, difference) = (rows(&|r| r.xx + r.yy), rows(&|r| r.xx - r.yy));
    let twice = rows(&|r| 2.0 * r.xy);
    program.second_order(&[(&sum, -1.0), (&difference, 0.0), (&twice, 0.0), (&[], 1.0)]);
}
