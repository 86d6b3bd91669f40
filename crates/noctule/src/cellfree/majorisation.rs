//! P3 by majorisation: the convex step of the corrected Algorithm 3, in factored form.
//!
//! With γ and g of the quadratic transform held, the surrogate of the sum rate over beams `W` and
//! total covariances `R_m = W_m W_mᴴ + Z_m` of each access point is
//! `2 Re bᴴ w − wᴴ Q w − Σ_m tr Q_mm R_m + w_mᴴ Q_mm w_m` with `Q = Σ_k |g_k|² (Θ_k + h_k h_kᴴ)`. Its last,
//! convex term is linearised; the set `{R_m ⪰ W_m W_mᴴ, tr R_m = 1, S(R) ≤ δ}` is convex as it is, so that
//! no penalty, no auxiliary pattern and no linearised constraint of the paper's (52) is needed. A step
//! is solved in the factors of `Z_m` with the same augmented Lagrangian as our own method; the
//! semidefinite program it replaces takes seconds.
//!
//! # The split of the paper
//!
//! The paper takes `A_k` for non-convex, writes it as `B_k − C_k` (42)–(44) and linearises `C_k` at the
//! beams of the last step. As `C_k` is a quadratic form, this only subtracts
//! ```math
//! |g_k|^2\sum_{k'}\sum_m\sum_{m'>m}\bigl(p_m\|\Theta_{mm'k}^H(w_{mk'}-\bar w_{mk'})\|^2
//!   + p_{m'}\|w_{m'k'}-\bar w_{m'k'}\|^2\bigr)
//! ```
//! from the surrogate: it holds the beams where they were. [`Split::AsPrinted`] does so, with the rest
//! of the step as above. At the powers of the paper no access point but the first moves
//! (`docs/errata.md#cellfree-e5`).

use noctule_num::linalg::{Op, mul, product, real_dot};
use noctule_num::{C64, CMat, InputError};
use noctule_optim::augmented_lagrangian::AugmentedSettings;
use noctule_optim::{
    AugmentedLagrangian, Constrained, Interrupt, Manifold, Stop, Trace, TraceRow, Work,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::baselines::{creeping, judged_by, missed};
use super::design::{MOST_SENSING_BEAMS, advice, best_patterns, design_from, error_floor, lively};
use super::instance::checks::in_count;
use super::model::{Link, Model, Roles, evaluate, quadratic_transform};
use super::starts::{Start, shared};
use super::{Beams, CellFreeDesign, Instance, Requirement};
use crate::{Design, Error, FEASIBLE};

/// Rows of the matrix that a step keeps: 270 MB.
const MOST_DENSE: usize = 4096;

/// How the interference enters a step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Split {
    /// As the convex function that it is.
    #[default]
    None,
    /// As the difference of convex functions (42)–(44) of the paper, the second one linearised.
    AsPrinted,
}

/// Settings of [`majorisation`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct MajorisationSettings {
    /// Steps, at most.
    pub max_steps: u64,
    /// How the interference enters a step.
    pub split: Split,
    /// Stops when a step raises the sum rate by less than this, relative.
    pub tolerance: f64,
    /// Sensing beams of each access point that senses.
    pub sensing_beams: usize,
    /// Rows of the trace to keep; zero keeps none.
    pub trace_rows: usize,
}

impl MajorisationSettings {
    /// Refuse settings that make no sense.
    ///
    /// # Errors
    /// [`InputError`] naming the setting.
    pub fn validate(&self) -> Result<(), InputError> {
        in_count("sensing_beams", self.sensing_beams, 1, MOST_SENSING_BEAMS)?;
        creeping("max_steps", self.max_steps, self.tolerance, self.trace_rows)
    }
}

impl Default for MajorisationSettings {
    fn default() -> Self {
        Self { max_steps: 30, split: Split::None, tolerance: 1e-6, sensing_beams: 3, trace_rows: 0 }
    }
}

/// The surrogate of one step, over beams on spheres.
struct Step {
    model: Model,
    limit: f64,
    /// Dense Q and b = √(1+γ) g h.
    q: CMat,
    b: CMat,
    /// W at which the last term is linearised.
    at: CMat,
    /// What holds the beams of each access point at `at`; none without the split of the paper.
    hold: Vec<CMat>,
    x: Vec<C64>,
}

impl Step {
    /// Value and, where asked, gradient of minus the surrogate.
    fn surrogate(&self, x: &[C64], mut gradient: Option<&mut [C64]>) -> f64 {
        let (n, users, stride) = (self.model.antennas, self.model.users, self.model.stride());
        let w = CMat::from_fn(self.model.aps * n, users, |i, k| x[i / n * stride + k * n + i % n]);
        let qw = product(&self.q, Op::Plain, &w, Op::Plain);
        let mut value = 0.0;
        let local = |ap: usize| CMat::from_fn(n, n, |i, j| self.q[(ap * n + i, ap * n + j)]);
        for k in 0..users {
            value += real_dot(w.col(k), qw.col(k)) - 2.0 * real_dot(self.b.col(k), w.col(k));
        }
        for ap in 0..self.model.aps {
            let block = local(ap);
            let columns = if self.model.senses(ap) { users + self.model.streams } else { users };
            for c in 0..columns {
                let from = ap * stride + c * n;
                let v = &x[from..from + n];
                // −linearised w̄ᴴQw̄ + 2 Re w̄ᴴQ(w − w̄), and tr Q_mm R_m over all columns.
                let pushed = apply(&block, v);
                value += real_dot(v, &pushed);
                let mut g: Vec<C64> = pushed.iter().map(|z| z * 2.0).collect();
                if c < users {
                    let held: Vec<C64> = (0..n).map(|i| self.at[(ap * n + i, c)]).collect();
                    let through = apply(&block, &held);
                    value += real_dot(&held, &through) - 2.0 * real_dot(&through, v);
                    for i in 0..n {
                        let row = ap * n + i;
                        g[i] += (qw[(row, c)] - self.b[(row, c)] - through[i]) * 2.0;
                    }
                    if let Some(hold) = self.hold.get(ap) {
                        let moved: Vec<C64> = v.iter().zip(&held).map(|(v, h)| v - h).collect();
                        let pulled = apply(hold, &moved);
                        value += real_dot(&moved, &pulled);
                        g.iter_mut().zip(&pulled).for_each(|(g, p)| *g += p * 2.0);
                    }
                }
                if let Some(gradient) = gradient.as_deref_mut() {
                    gradient[from..from + n].copy_from_slice(&g);
                }
            }
        }
        value
    }
}

fn apply(matrix: &CMat, x: &[C64]) -> Vec<C64> {
    let mut out = vec![C64::ZERO; matrix.rows()];
    for (j, xj) in x.iter().enumerate() {
        out.iter_mut().zip(matrix.col(j)).for_each(|(out, m)| *out += m * xj);
    }
    out
}

impl Constrained for Step {
    fn constraints(&self) -> usize {
        1
    }

    fn values(&mut self, x: &[C64], constraints: &mut [f64]) -> f64 {
        self.x.copy_from_slice(x);
        self.model.forward(x);
        constraints[0] = self.model.error() / self.limit - 1.0;
        self.surrogate(x, None)
    }

    fn gradient(&mut self, weights: &[f64], gradient: &mut [C64]) {
        // The error's part first; the surrogate's is then added to it.
        self.model.value(Link::Rate);
        self.model.backward(&self.x, 0.0, weights[0] / self.limit, gradient);
        let mut part = vec![C64::ZERO; gradient.len()];
        self.surrogate(&self.x, Some(&mut part));
        gradient.iter_mut().zip(&part).for_each(|(g, p)| *g += p);
    }
}

/// P3 by majorisation, from regularised zero forcing.
///
/// Each step is solved to a residual of 10⁻⁴; what stops it is in `stop`.
///
/// # Errors
/// [`Error::Input`] when the instance does not limit the error, or for settings out of range.
pub fn majorisation(
    instance: &Instance,
    settings: &MajorisationSettings,
    interrupt: &Interrupt,
) -> Result<CellFreeDesign, Error> {
    settings.validate()?;
    let Requirement::MaxError(limit) = instance.requirement() else {
        let what = "majorisation needs a limit on the error";
        return Err(InputError::new(what, "max_error", "none", "a limit").into());
    };
    let patterns = best_patterns(instance, 1e-6, interrupt)?;
    let (reached, certified) = error_floor(&patterns);
    if limit < certified || instance.users() == 0 {
        return design_from(instance, &super::Settings::default(), None, interrupt);
    }
    let order = instance.aps() * instance.antennas();
    if order > MOST_DENSE {
        let what = "the network is too large for this scheme";
        let allowed = format!("up to {MOST_DENSE} antennas of all access points together");
        return Err(InputError::new(what, "antennas", order.to_string(), allowed)
            .hint("the scheme `balanced` keeps no matrix of that order")
            .into());
    }
    let model = Model::new(instance, Roles::Sensing(settings.sensing_beams));
    let factors: Vec<Option<CMat>> =
        patterns.iter().map(|p| p.as_ref().map(|p| p.factor.clone())).collect();
    let share = (0.25 * (limit / reached - 1.0)).clamp(1e-4, 0.25);
    let beams = shared(instance, Start::Regularised, share, &factors)?;
    let beams = lively(&beams, &factors, settings.sensing_beams);
    let manifold = Manifold::spheres(model.aps, model.stride(), 1.0);
    let mut x = model.point(&beams);
    manifold.normalise(&mut x);
    let inside = (1e-6 * limit).min(0.1 * (limit - reached).max(0.0));
    let (dim, data) = (model.dim(), model.beams(&x).data);
    let mut step = Step {
        q: CMat::zeros(data.rows(), data.rows()),
        b: CMat::zeros(data.rows(), data.cols()),
        at: data,
        hold: Vec::new(),
        model,
        limit: limit - inside,
        x: vec![C64::ZERO; dim],
    };
    let inner = AugmentedSettings {
        tolerance: 1e-4,
        feasibility: 5e-7,
        evaluations: 3000,
        ..AugmentedSettings::default()
    };
    let mut method = AugmentedLagrangian::new(manifold, inner);
    let mut multipliers = vec![0.0];
    let mut trace = Trace::with_room(settings.trace_rows);
    let mut work = Work::default();
    let mut rate = 0.0;
    let mut steps = 0;
    let stop = loop {
        if steps >= settings.max_steps {
            break Stop::IterationLimit;
        }
        let beams = step.model.beams(&x);
        prepare(instance, &beams, settings.split, &mut step)?;
        let run = method.minimise(&mut step, &mut x, &multipliers, interrupt, &mut Trace::off());
        multipliers.copy_from_slice(&run.multipliers);
        work += run.work;
        steps += 1;
        let now = evaluate(instance, &step.model.beams(&x))?.sum_rate_nats;
        trace.push(TraceRow {
            iteration: steps,
            evaluations: work.evaluations,
            value: -now,
            residual: run.residual,
            step: 0.0,
        });
        let gain = now - rate;
        rate = now;
        if interrupt.is_raised() {
            break Stop::Interrupted;
        }
        if gain.abs() <= settings.tolerance * rate.abs().max(1.0) {
            break Stop::Stalled;
        }
    };
    work.iterations = steps;
    let beams = step.model.beams(&x);
    let metrics = evaluate(instance, &beams)?;
    let violation = missed(instance, &metrics);
    let mut warnings = advice(instance, &metrics);
    if violation > FEASIBLE {
        warnings.push(format!("the requirement is missed by {violation:.1e}"));
    }
    let starts = vec![Some(metrics.objective)];
    let proof = judged_by(violation);
    Ok(Design { variables: beams, metrics, stop, proof, trace, work, starts, warnings })
}

/// Q, b and the point of linearisation at `beams`.
fn prepare(instance: &Instance, beams: &Beams, split: Split, step: &mut Step) -> Result<(), Error> {
    let transform = quadratic_transform(instance, beams)?;
    let weights: Vec<f64> = transform.g.iter().map(C64::norm_sqr).collect();
    step.q = step.model.weighted_sum(&weights);
    for k in 0..step.model.users {
        let scale = transform.g[k] * (1.0 + transform.gamma[k]).sqrt();
        let h = step.model.channel(k).to_vec();
        step.b.col_mut(k).iter_mut().zip(h).for_each(|(b, h)| *b = h * scale);
    }
    step.at = beams.data.clone();
    step.hold = match split {
        Split::None => Vec::new(),
        Split::AsPrinted => hold(instance, &weights),
    };
    Ok(())
}

/// `Σ_k |g_k|² (p_m Σ_{m'>m} Θ_mm'k Θ_mm'kᴴ + (m − 1) p_m I)` of every access point `m = 1…M`: each is
/// the second in `m − 1` pairs.
fn hold(instance: &Instance, weights: &[f64]) -> Vec<CMat> {
    let (aps, n) = (instance.aps(), instance.antennas());
    let rows = |factors: &CMat, ap: usize| {
        CMat::from_fn(n, factors.cols(), |i, c| factors[(ap * n + i, c)])
    };
    (0..aps)
        .map(|ap| {
            let power = instance.parts().power_over_noise[ap];
            let mut out = CMat::identity(n);
            out.scale(ap as f64 * power * weights.iter().sum::<f64>());
            for (error, weight) in instance.parts().error.iter().zip(weights) {
                let own = rows(&error.factors, ap);
                // Θ_mm' = U_m S U_m'ᴴ off the diagonal blocks.
                for other in ap + 1..aps {
                    let theirs = rows(&error.factors, other);
                    let scaled =
                        CMat::from_fn(n, own.cols(), |i, c| own[(i, c)] * error.weights[c]);
                    let cross = product(&scaled, Op::Plain, &theirs, Op::Adjoint);
                    mul(&mut out, true, weight * power, &cross, Op::Plain, &cross, Op::Adjoint);
                }
            }
            out
        })
        .collect()
}

#[cfg(test)]
#[path = "majorisation_tests.rs"]
mod tests;
