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

use noctule_num::input::in_count;
use noctule_num::{C64, CMat, InputError};
use noctule_optim::augmented_lagrangian::AugmentedSettings;
use noctule_optim::{AugmentedLagrangian, Interrupt, Stop, Trace, TraceRow, Work};
use serde::{Deserialize, Serialize};

use super::creeping::{check_creeping, has_stalled};
use crate::cellfree::model::{Model, Roles, evaluate};
use crate::cellfree::patterns::{best_patterns, error_floor, sensing_only, unreachable};
use crate::cellfree::requirement::{advice, judged_by, missed};
use crate::cellfree::sensing::BestPattern;
use crate::cellfree::settings::{MOST_SENSING_BEAMS, PATTERN_GAP};
use crate::cellfree::starts::{Start, lively, shared};
use crate::cellfree::{Beams, CellFreeDesign, Instance, Requirement, SensingSettings};
use crate::system::{Run, Setting};
use crate::{Design, Error, FEASIBLE};

mod step;

pub use step::Split;
use step::Step;

/// Rows of the matrix that a step keeps: 270 MB.
const MOST_DENSE: usize = 4096;
/// Share of the power for data at the start, for each share by which the limit lies above the smallest
/// error, and its ends.
const SHARE: f64 = 0.25;
const SHARES: (f64, f64) = (1e-4, 0.25);
/// A limit is climbed for so much inside the one required, relative; twice what a step may miss it by.
const INSIDE: f64 = 1e-6;
/// Constraint violation that ends a step, relative.
const MISS: f64 = 5e-7;
/// Residual to which a step is solved: the next one starts elsewhere.
const STEP_RESIDUAL: f64 = 1e-4;
/// Evaluations of a step.
const STEP_EVALUATIONS: u64 = 3000;

/// Settings of [`majorisation`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
        check_creeping("max_steps", self.max_steps, self.tolerance, self.trace_rows)
    }
}

impl Default for MajorisationSettings {
    fn default() -> Self {
        Self { max_steps: 30, split: Split::None, tolerance: 1e-6, sensing_beams: 3, trace_rows: 0 }
    }
}

impl Setting for MajorisationSettings {
    fn validate(&self) -> Result<(), InputError> {
        Self::validate(self)
    }
}

/// P3 by majorisation, from regularised zero forcing. Without users it is P1.
///
/// Each step is solved to a residual of 10⁻⁴; what stops it is in `stop`.
///
/// # Errors
/// [`Error::Input`] when the instance does not limit the error, or for settings out of range.
pub fn majorisation(
    instance: &Instance,
    settings: &MajorisationSettings,
    run: &Run<'_, Beams>,
) -> Result<CellFreeDesign, Error> {
    settings.validate()?;
    let Requirement::MaxError(limit) = instance.requirement() else {
        let what = "majorisation needs a limit on the error";
        return Err(InputError::new(what, "max_error", "none", "a limit").into());
    };
    let patterns = best_patterns(instance, PATTERN_GAP, &run.interrupt)?;
    let (reached, certified) = error_floor(&patterns);
    if limit < certified {
        return unreachable(instance, &patterns, limit, reached, certified);
    }
    if instance.users() == 0 {
        return sensing_only(instance, &SensingSettings { pattern_gap: PATTERN_GAP }, run);
    }
    check_size(instance)?;
    let model = Model::new(instance, Roles::Sensing(settings.sensing_beams));
    let x = start(instance, &model, &patterns, limit / reached)?;
    let inside = (INSIDE * limit).min(0.1 * (limit - reached).max(0.0));
    Ascent::new(Step::new(model, limit - inside, &x), x, settings).run(instance, &run.interrupt)
}

/// Whether the dense matrix of a step fits.
pub(in crate::cellfree) fn fits(instance: &Instance) -> bool {
    instance.aps() * instance.antennas() <= MOST_DENSE
}

/// Refuse networks whose dense matrix would not fit.
fn check_size(instance: &Instance) -> Result<(), InputError> {
    if fits(instance) {
        return Ok(());
    }
    let order = instance.aps() * instance.antennas();
    let what = "the network is too large for this scheme";
    let allowed = format!("up to {MOST_DENSE} antennas of all access points together");
    Err(InputError::new(what, "antennas", order.to_string(), allowed)
        .hint("the scheme `balanced` keeps no matrix of that order"))
}

/// Regularised zero forcing beside the best patterns, on spheres. `ratio` is the limit over the
/// smallest error.
fn start(
    instance: &Instance,
    model: &Model,
    patterns: &[Option<BestPattern>],
    ratio: f64,
) -> Result<Vec<C64>, Error> {
    let factors: Vec<Option<CMat>> =
        patterns.iter().map(|p| p.as_ref().map(|p| p.factor.clone())).collect();
    let (least, most) = SHARES;
    let share = (SHARE * (ratio - 1.0)).clamp(least, most);
    let beams = shared(instance, Start::Regularised, share, &factors)?;
    let mut x = model.point(&lively(&beams, &factors, model.streams));
    model.manifold().normalise(&mut x);
    Ok(x)
}

/// Steps, one from the point of the other.
struct Ascent<'a> {
    settings: &'a MajorisationSettings,
    step: Step,
    method: AugmentedLagrangian,
    x: Vec<C64>,
    /// Of the last step: the next begins with it.
    multipliers: Vec<f64>,
    trace: Trace,
    work: Work,
}

impl<'a> Ascent<'a> {
    fn new(step: Step, x: Vec<C64>, settings: &'a MajorisationSettings) -> Self {
        let inner = AugmentedSettings {
            tolerance: STEP_RESIDUAL,
            feasibility: MISS,
            evaluations: STEP_EVALUATIONS,
            ..AugmentedSettings::default()
        };
        Self {
            settings,
            method: AugmentedLagrangian::new(step.manifold(), inner),
            step,
            x,
            multipliers: vec![0.0],
            trace: Trace::with_room(settings.trace_rows),
            work: Work::default(),
        }
    }

    fn run(mut self, instance: &Instance, interrupt: &Interrupt) -> Result<CellFreeDesign, Error> {
        let stop = self.climb(instance, interrupt)?;
        let beams = self.step.beams(&self.x);
        let metrics = evaluate(instance, &beams)?;
        let violation = missed(instance, &metrics);
        let mut warnings = advice(instance, &metrics);
        if violation > FEASIBLE {
            warnings.push(format!("the requirement is missed by {violation:.1e}"));
        }
        let starts = vec![Some(metrics.objective)];
        let proof = judged_by(violation);
        let Self { trace, work, .. } = self;
        Ok(Design { variables: beams, metrics, stop, proof, trace, work, starts, warnings })
    }

    /// Steps until one of them gains too little.
    fn climb(&mut self, instance: &Instance, interrupt: &Interrupt) -> Result<Stop, Error> {
        let mut rate = 0.0;
        for step in 1..=self.settings.max_steps {
            let now = self.once(instance, interrupt, step)?;
            let gain = now - rate;
            rate = now;
            if interrupt.is_raised() {
                return Ok(Stop::Interrupted);
            }
            if has_stalled(gain, rate, self.settings.tolerance) {
                return Ok(Stop::Stalled);
            }
        }
        Ok(Stop::IterationLimit)
    }

    /// One step, and the sum rate it leads to in nats.
    fn once(
        &mut self,
        instance: &Instance,
        interrupt: &Interrupt,
        number: u64,
    ) -> Result<f64, Error> {
        let beams = self.step.beams(&self.x);
        self.step.prepare(instance, &beams, self.settings.split)?;
        let (x, held) = (&mut self.x, &self.multipliers);
        let run = self.method.minimise(&mut self.step, x, held, interrupt, &mut Trace::off());
        self.multipliers.copy_from_slice(&run.multipliers);
        self.work += run.work;
        // Steps are the iterations; those inside of them are in the evaluations.
        self.work.iterations = number;
        let now = evaluate(instance, &self.step.beams(&self.x))?.sum_rate_nats;
        self.trace.push(TraceRow {
            iteration: number,
            evaluations: self.work.evaluations,
            value: -now,
            residual: run.residual,
            step: 0.0,
        });
        Ok(now)
    }
}
