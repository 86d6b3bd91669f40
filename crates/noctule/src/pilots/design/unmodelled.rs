//! Designs where the normalised model is no more than an approximation: pilots correlated in both
//! directions, or channels without an estimate under overlapping pilots.

use noctule_optim::{Interrupt, Proof, Stop};

use super::search::Search;
use crate::pilots::PilotsDesign;
use crate::pilots::baselines::{FullPower, Share, full_power};
use crate::pilots::local::{Local, Valley};
use crate::pilots::polish::Exact;
use crate::{Error, Run};

/// What to say where not even a stationary point was found.
const STALLED: &str = "the local search stalled before it reached a stationary point: a better \
                       allocation may be near";

/// Gains of steps of single entries below this, relative, are those of the margin by which descents
/// stay inside the limits: the stationary point is kept.
const GAIN: f64 = 1e-5;
/// Descents and steps of single entries by turns, at most.
const TURNS: u32 = 4;
/// Descents from next to the best where it is not stationary.
const BESIDE: u64 = 2;

impl Search<'_> {
    /// Where the model is no more than an approximation: the best by exact errors of what descends
    /// from its design, from full power and from drawn allocations; with the least power where there
    /// is a target. `inside` meets all limits.
    pub(super) fn finish_local(
        &mut self,
        x: Vec<f64>,
        inside: &[f64],
        target: Option<f64>,
        interrupt: &Interrupt,
    ) -> Result<PilotsDesign, Error> {
        let mut starts = self.starts(x)?;
        let model = self.model.clone();
        let mut exact = Exact::new(self.instance, &model);
        let Valley { mut value, mut x, residual } =
            self.least_error(&starts, inside, &mut exact, interrupt);
        let mut missed = None;
        if let Some(target) = target {
            // A target that is full power's own is met by it to the last digit but one.
            let rounded = target * (1.0 + 1e-12);
            starts.push(x.clone());
            match exact.improve(starts, |exact, x| exact.power_within(x, rounded), interrupt) {
                Some((power, least)) => {
                    (value, x) = (power / self.model.points as f64, least);
                }
                None => {
                    missed = Some(format!(
                        "the target {target:.6e} was not reached: the smallest exact error found \
                         is {value:.6e}; that it is out of reach is not proven"
                    ));
                }
            }
        }
        self.work.evaluations += exact.evaluations;
        // A target leaves no residual: its power was found by steps, not by a descent.
        let residual = residual.filter(|_| target.is_none());
        let (stop, proof) = ending(residual, interrupt);
        let mut design = self.finish(&x, stop, proof, vec![value])?;
        design.warnings.extend(missed);
        if stop == Stop::Stalled && target.is_none() {
            design.warnings.push(STALLED.to_owned());
        }
        Ok(design)
    }

    /// A design of the model, and shares of full power.
    fn starts(&self, designed: Vec<f64>) -> Result<Vec<Vec<f64>>, Error> {
        let coefficients = FullPower { share: Share::EqualCoefficients };
        let coefficients = full_power(self.instance, &coefficients, &Run::default())?;
        let full = self.full();
        let mut starts = vec![designed, self.equal(), coefficients.variables.blocks()];
        starts.extend([0.1, 0.3].map(|s| full.iter().map(|x| s * x).collect::<Vec<f64>>()));
        starts.push(full);
        Ok(starts)
    }

    /// The smallest exact error from some starts: descents, then steps of single entries and descents
    /// by turns for as long as they gain, then descents from next to the best where that is not
    /// stationary.
    fn least_error(
        &mut self,
        starts: &[Vec<f64>],
        inside: &[f64],
        exact: &mut Exact<'_>,
        interrupt: &Interrupt,
    ) -> Valley {
        let model = self.model.clone();
        let mut local = Local::new(self.instance, &model, inside);
        let nothing = || Valley { value: f64::INFINITY, x: inside.to_vec(), residual: None };
        let found = local.search(starts, &mut |x| exact.error_within(x), interrupt);
        let mut best = found.unwrap_or_else(nothing);
        for _ in 0..TURNS {
            let all = starts.iter().cloned().chain([best.x.clone()]);
            let Some((value, x)) = exact.improve(all, Exact::error_within, interrupt) else {
                break;
            };
            if value >= best.value * (1.0 - GAIN) {
                break;
            }
            best = local.finished(&x, &mut |x| exact.error_within(x), interrupt);
        }
        for index in 0..BESIDE {
            if best.residual.is_some() || interrupt.is_raised() {
                break;
            }
            let other = local.beside(&best.x, index, &mut |x| exact.error_within(x), interrupt);
            // One that is stationary, and as good to the last digits, is said to be so.
            let as_good = if other.residual.is_some() { 1.0 + 1e-8 } else { 1.0 };
            if other.value < best.value * as_good {
                best = other;
            }
        }
        self.work.evaluations += local.evaluations;
        best
    }
}

/// Nothing is claimed of what is not stationary.
fn ending(residual: Option<f64>, interrupt: &Interrupt) -> (Stop, Proof) {
    match residual {
        _ if interrupt.is_raised() => (Stop::Interrupted, Proof::feasible(0.0)),
        Some(residual) => (Stop::Converged, Proof::stationary(residual)),
        None => (Stop::Stalled, Proof::NONE),
    }
}
