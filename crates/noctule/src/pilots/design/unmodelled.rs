//! Designs where the normalised model is no more than an approximation: pilots correlated in both
//! directions, or channels without an estimate under overlapping pilots.

use noctule_optim::{Interrupt, Proof, Stop};

use super::Search;
use crate::Error;
use crate::pilots::PilotsDesign;
use crate::pilots::baselines::{self, Share};
use crate::pilots::local::Local;
use crate::pilots::polish::Exact;

/// What to say where not even a stationary point was found.
const STALLED: &str = "the local search stalled before it reached a stationary point: a better \
                       allocation may be near";

impl Search<'_> {
    /// Where the model is no more than an approximation: the best by exact errors of what descends
    /// from its design, from full power and from drawn allocations; with the least power where there
    /// is a target.
    pub(super) fn finish_local(
        &mut self,
        x: Vec<f64>,
        target: Option<f64>,
        interrupt: &Interrupt,
    ) -> Result<PilotsDesign, Error> {
        let coefficients = baselines::full_power(self.instance, Share::EqualCoefficients)?;
        let full = self.full();
        let mut starts = vec![x, self.equal(), coefficients.variables.blocks()];
        starts.extend([0.1, 0.3].map(|s| full.iter().map(|x| s * x).collect::<Vec<f64>>()));
        starts.push(full);
        let model = self.model.clone();
        let mut exact = Exact::new(self.instance, &model);
        let (mut value, mut x, residual) = self.least_error(&starts, &mut exact, interrupt);
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
        let (stop, proof) = match (interrupt.is_raised(), target.and(missed.as_ref()), residual) {
            (true, ..) => (Stop::Interrupted, Proof::feasible(0.0)),
            (false, None, Some(residual)) if target.is_none() => {
                (Stop::Converged, Proof::stationary(residual))
            }
            _ => (Stop::Stalled, Proof::NONE),
        };
        let mut design = self.finish(&x, stop, proof, vec![value])?;
        design.warnings.extend(missed);
        if stop == Stop::Stalled && target.is_none() {
            design.warnings.push(STALLED.to_owned());
        }
        Ok(design)
    }

    /// The smallest exact error from some starts: descents, then steps of single entries, and again
    /// a descent where those found better. With the residual where the last descent converged and
    /// nothing was better than it.
    fn least_error(
        &mut self,
        starts: &[Vec<f64>],
        exact: &mut Exact<'_>,
        interrupt: &Interrupt,
    ) -> (f64, Vec<f64>, Option<f64>) {
        let model = self.model.clone();
        let mut local = Local::new(self.instance, &model);
        let valley = local.search(starts, &mut |x| exact.error_within(x), interrupt);
        let mut all = starts.to_vec();
        let mut residual = valley.as_ref().and_then(|valley| valley.residual);
        let descended = valley.map_or(f64::INFINITY, |valley| {
            all.push(valley.x);
            all.last().map_or(f64::INFINITY, |x| exact.error_within(x))
        });
        let best = exact.improve(all.iter().cloned(), Exact::error_within, interrupt);
        let (mut value, mut x) = best.unwrap_or((f64::INFINITY, starts[0].clone()));
        if value >= descended * (1.0 - 1e-7) {
            if let Some(last) = all.pop().filter(|_| descended.is_finite()) {
                (value, x) = (descended, last);
            }
        } else if value.is_finite() {
            let (reached, again) = local.around(&x, &mut |x| exact.error_within(x), interrupt);
            (value, residual) = (reached, again.residual);
            x = again.x;
        }
        self.work.evaluations += local.evaluations;
        (value, x, residual.filter(|_| value.is_finite()))
    }
}
