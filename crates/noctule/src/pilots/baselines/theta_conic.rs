//! Our problem through a general conic solver: the θ-iteration with second-order cones.
//!
//! For fixed `θ_k` the numerator `θ² a + (1−θ)² b` of the error is linear and the denominator
//! `s_d E|a_kk|²` concave, so that one step of Dinkelbach's method is a second-order-cone program;
//! `θ_k = b/(a+b)` is renewed in between, and the worst error falls monotonically. The hypograph of
//! `(Σ √(g x))²` takes a cone of three for every fraction: `w² ≤ x r`, `Σ √g w ≥ r`, with `√g`
//! outside the cone, because inside it weak access points stall the solver.
//!
//! It is the independent check of the [interior point](crate::pilots::interior), which makes the same
//! steps more than ten times faster.

use noctule_optim::conic::Conic;
use noctule_optim::{Proof, Stop, Work};

use super::algorithm1::radar_cone;
use super::finish;
use crate::pilots::interior::Normalised;
use crate::pilots::{Allocation, Instance, PilotsDesign};
use crate::system::NoSettings;
use crate::{Error, Run};

/// Cone programs at most.
const MOST: u64 = 40;
/// A decrease below this, relative, is rounding of the solver.
const LEAST: f64 = 1e-8;

/// The θ-iteration from equal shares.
///
/// # Errors
/// [`Error::Input`] for numbers that the solver refuses.
pub fn theta_conic(
    instance: &Instance,
    _: &NoSettings,
    run: &Run<'_, Allocation>,
) -> Result<PilotsDesign, Error> {
    let model = instance.normalised();
    let limit = instance.parts().crb_limit_m2;
    let mut x = vec![1.0 / model.users as f64; model.points * model.users];
    let mut best: Option<(f64, Vec<f64>)> = None;
    let mut work = Work::default();
    let mut stop = Stop::IterationLimit;
    while work.conic_solves < MOST {
        if run.interrupt.is_raised() {
            stop = Stop::Interrupted;
            break;
        }
        work.conic_solves += 1;
        let Some(next) = step(&model, limit, &x)? else {
            stop = Stop::Stalled;
            break;
        };
        let value = model.worst_error(&next);
        let before = best.as_ref().map_or(f64::INFINITY, |(value, _)| *value);
        x = next;
        if value < before {
            best = Some((value, x.clone()));
        }
        if before.is_finite() && before - value <= LEAST * before {
            stop = Stop::Converged;
            break;
        }
    }
    let x = best.map_or(x, |(_, x)| x);
    let variables = Allocation::from_blocks(&x, instance.points(), instance.users());
    let mut design = finish(instance, variables, stop, work)?;
    if stop == Stop::Stalled {
        design.warnings.push("the conic solver found no solution".to_owned());
        design.proof = Proof::NONE;
    }
    Ok(design)
}

/// One cone program: `min v` with `(θ² a + (1−θ)² b)/(t Z) − Z'/Z ≤ v`, scaled by the current point.
fn step(model: &Normalised, limit: Option<f64>, x: &[f64]) -> Result<Option<Vec<f64>>, Error> {
    let (points, users, n) = (model.points, model.users, x.len());
    let mut program = Conic::new(2 * n + users + 1);
    program.minimise(2 * n + users, 1.0);
    let t = model.worst_error(x);
    for m in 0..points {
        let terms: Vec<(usize, f64)> = (0..users).map(|k| (k * points + m, -1.0)).collect();
        program.nonnegative(&terms, 1.0);
    }
    let rows = Rows { model, x, level: t };
    for k in 0..users {
        rows.error(&mut program, k);
        rows.amplitudes(&mut program, k);
        if let Some(limit) = limit {
            radar_cone(&mut program, model, k, limit);
        }
    }
    let answer = program.solve(1e-10)?;
    if !answer.has_solution() {
        return Ok(None);
    }
    // Inside the limits to the last digit, which the solver is not.
    let mut next: Vec<f64> = answer.x[..n].iter().map(|x| x.max(0.0)).collect();
    for m in 0..points {
        let spent: f64 = (0..users).map(|k| next[k * points + m]).sum();
        if spent > 1.0 {
            (0..users).for_each(|k| next[k * points + m] /= spent);
        }
    }
    Ok(Some(next))
}

/// Rows of the cone program around a point. Variables: fractions, w, one r a user, v.
struct Rows<'a> {
    model: &'a Normalised,
    x: &'a [f64],
    /// The worst error of the point.
    level: f64,
}

impl Rows<'_> {
    /// `v + r ≥ (θ² a + (1−θ)² b)/(t Z) − F/Z`, with r in units of the power at the current point.
    fn error(&self, program: &mut Conic, k: usize) {
        let (model, t, n) = (self.model, self.level, self.x.len());
        let (r0, v) = (2 * n, 2 * n + model.users);
        let seen = model.reception(k, self.x);
        let (theta, power) = (seen.theta(), seen.power());
        let (by_a, by_b) = (theta * theta / (t * power), (1.0 - theta).powi(2) / (t * power));
        let mut terms = vec![(v, 1.0), (r0 + k, 1.0)];
        for i in model.block(k) {
            terms.push((i, model.gain[i] * (1.0 / power - by_a)));
        }
        for j in (0..model.users).filter(|&j| j != k) {
            let c = model.overlap[k * model.users + j];
            if c > 0.0 {
                for (i, own) in model.block(j).zip(model.block(k)) {
                    terms.push((i, -by_b * c * model.gain[own]));
                }
            }
        }
        program.nonnegative(&terms, -by_b);
    }

    /// `w² ≤ x r`, `Σ √g w ≥ r`, with w in units of the root of the power.
    fn amplitudes(&self, program: &mut Conic, k: usize) {
        let (model, n) = (self.model, self.x.len());
        let (w0, r0) = (n, 2 * n);
        let power = model.reception(k, self.x).power();
        let mut terms = vec![(r0 + k, -1.0)];
        for i in model.block(k) {
            program.rotated((&[(i, 1.0)], 0.0), (&[(r0 + k, 1.0)], 0.0), (&[(w0 + i, 1.0)], 0.0));
            terms.push((w0 + i, (model.estimate[i] / power).sqrt()));
        }
        program.nonnegative(&terms, 0.0);
    }
}
