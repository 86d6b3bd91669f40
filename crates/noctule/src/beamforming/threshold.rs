//! Where bounds end: the threshold of maximum likelihood, predicted from beams.
//!
//! A Cramér–Rao bound knows the main lobe of the likelihood. With less power an estimate begins to sit on
//! another lobe, and errors leave the bound within a few decibels. Two numbers say where:
//!
//! **The method of interval errors** (H. L. Van Trees, *Detection, Estimation, and Modulation Theory I*; F. Athley,
//! IEEE Trans. Signal Process. 53, 2005). The echo of one target is `α d(ω)`, `d = b(ω) ⊗ (√L Wᴴ a(ω))*`, in white
//! noise of power σ². With the other targets taken out by projection, unit vectors `g(ω)` are left, and the likelihood of
//! a direction is `|g(ω)ᴴ z|²`. That at a lobe `ω_j` exceeds that at the truth with the probability (S. Stein, IEEE
//! Trans. Inf. Theory 10, 1964)
//! ```math
//! P_j = \tfrac12\left(1 - Q_1(\sqrt{q}, \sqrt{p}) + Q_1(\sqrt{p}, \sqrt{q})\right),\qquad
//! p, q = \tfrac{\gamma}{2}\left(1 \mp \sqrt{1-\rho_j^2}\right),
//! ```
//! `γ` the signal-to-noise ratio after the filter, `ρ_j = |g(ω_j)ᴴ g(ω)|`. Errors are those of the bound with the rest of
//! the probability, and distances of lobes with theirs. The sum over lobes counts events twice that happen together: near
//! the threshold these are rare, and it is a prediction; below it the numbers are what can be at most, and in a
//! scene that was simulated a third to a half is seen (`docs/proven.md`).
//!
//! **A bound of Barankin's kind** (R. J. McAulay and E. M. Hofstetter, IEEE Trans. Inf. Theory 17, 1971): the
//! Cramér–Rao bound with lobes as test points, for the same estimators (unbiased ones), never below it. It
//! rises near the threshold, later than the errors themselves.

use noctule_phy::detection::{detection_probability, overtaking};
use serde::Serialize;

use super::goal::Problem;
use super::{Beams, Instance, Shapes, TargetMetrics, evaluate};
use crate::Error;

mod barankin;
mod lobes;

pub use barankin::barankin;
use lobes::{Lobe, Sky};

/// Errors are past the threshold where they are more than this times the bound: three decibels.
const BEYOND: f64 = 2.0;
/// More estimates than this on other lobes are beyond the threshold, however wide the bound is.
const MOST_OUTLIERS: f64 = 0.1;
/// One false alarm in a thousand in the direction of a target, and the signal-to-noise ratio at which the target is then
/// missed as often as it is seen. Below it a target is below the threshold whatever its lobes are: what is not
/// detected is not located.
const FALSE_ALARM: f64 = 1e-3;
const MISSED_SNR: f64 = 6.401_185_942_266_586;
/// A mistake whose probability has this exponent, by Chernoff's bound, does not happen.
const NEVER: f64 = 60.0;
/// The search for the threshold looks so many decibels up and down.
const RANGE_DB: f64 = 80.0;

/// What maximum likelihood is predicted to do with the echoes of one target.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct TargetThreshold {
    /// Probability that the estimate is on another lobe: the sum over lobes, at most one. Where it is large it counts twice
    /// what happens together, and is what the probability can be at most.
    pub outlier_probability: f64,
    /// Root-mean-square error of the azimuth in degrees.
    pub azimuth_error_deg: f64,
    /// Root-mean-square error of the polar angle in degrees.
    pub polar_error_deg: f64,
    /// Mean squared error over the Cramér–Rao bound, mean of both angles.
    pub mse_over_crb: f64,
    /// Probability that its echo is detected at one false alarm in a thousand, by the energy of its matched filter.
    pub detection_probability: f64,
    /// Decibels of power above the threshold, at which that ratio is two; negative below it. 80 and −80 mean
    /// that it is further away.
    pub margin_db: f64,
}

/// One target: its bounds, its signal-to-noise ratio, and the lobes that can be taken for it.
struct Seen {
    crb_rad2: [f64; 2],
    snr: f64,
    lobes: Vec<Lobe>,
    /// The lobes in the order of their likeness, the largest first.
    likeliest: Vec<usize>,
}

impl Seen {
    /// Probability of another lobe and mean squared errors with the power times `factor`.
    fn errors(&self, factor: f64) -> (f64, [f64; 2]) {
        let (mut outliers, mut squared) = (0.0, [0.0; 2]);
        for lobe in &self.lobes {
            let probability = mistaken(self.snr * factor, lobe.likeness);
            outliers += probability;
            squared[0] += probability * lobe.off_rad[0].powi(2);
            squared[1] += probability * lobe.off_rad[1].powi(2);
        }
        let share = outliers.min(1.0);
        let scale = if outliers > 1.0 { 1.0 / outliers } else { 1.0 };
        let error = |i: usize| (1.0 - share) * self.crb_rad2[i] / factor + scale * squared[i];
        (share, [error(0), error(1)])
    }

    /// Mean over both angles of squared errors over bounds.
    fn ratio(&self, factor: f64) -> f64 {
        let errors = self.errors(factor).1;
        let of = |i: usize| errors[i] * factor / self.crb_rad2[i];
        0.5 * (of(0) + of(1))
    }

    /// Whether errors are within the threshold with the power times `factor`: by bounds of all probabilities that cost
    /// nothing, and where these do not say, by the probabilities.
    fn is_above(&self, factor: f64) -> bool {
        if self.snr * factor < MISSED_SNR {
            return false;
        }
        let off = |lobe: &Lobe| {
            let of = |axis: usize| lobe.off_rad[axis].powi(2) / self.crb_rad2[axis];
            0.5 * factor * (of(0) + of(1))
        };
        let (mut likely, mut excess) = (0.0, 0.0);
        for lobe in &self.lobes {
            let most = 0.5 * (-0.5 * self.snr * factor * (1.0 - lobe.likeness)).exp();
            likely += most;
            excess += most * off(lobe);
        }
        if likely <= MOST_OUTLIERS && excess < BEYOND - 1.0 {
            return true;
        }
        // Far below the threshold the bound itself is wider than lobes are apart, and errors are within
        // it again: estimates are on other lobes all the same. Both sums only grow: the likeliest lobes first,
        // until one of them is too large.
        let (mut outliers, mut beyond) = (0.0, 0.0);
        for &i in &self.likeliest {
            let lobe = &self.lobes[i];
            let probability = mistaken(self.snr * factor, lobe.likeness);
            outliers += probability;
            beyond += probability * off(lobe);
            if outliers > MOST_OUTLIERS || 1.0 - MOST_OUTLIERS + beyond > BEYOND {
                return false;
            }
        }
        1.0 - outliers + beyond <= BEYOND
    }

    /// Decibels of power above the threshold, by which there are less at the last power that is enough; the range where
    /// it is further away.
    fn margin_db(&self) -> f64 {
        let enough = |margin: f64| self.is_above(10_f64.powf(-margin / 10.0));
        // one step at a time from here, so that no power far from it is looked at
        let (mut low, mut high) = (0.0, 0.0);
        if enough(0.0) {
            while high < RANGE_DB && enough(high) {
                (low, high) = (high, high + 1.0);
            }
        } else {
            while low > -RANGE_DB && !enough(low) {
                (low, high) = (low - 1.0, low);
            }
        }
        for _ in 0..12 {
            let middle = 0.5 * (low + high);
            if enough(middle) { low = middle } else { high = middle }
        }
        // bisection never comes to an end of the range, which is what it means
        match 0.5 * (low + high) {
            far if far.abs() > RANGE_DB - 1e-3 => RANGE_DB.copysign(far),
            margin => margin,
        }
    }

    fn predicted(&self) -> TargetThreshold {
        let (outlier_probability, squared) = self.errors(1.0);
        let [azimuth_error_deg, polar_error_deg] = squared.map(|x| x.sqrt().to_degrees());
        TargetThreshold {
            outlier_probability,
            azimuth_error_deg,
            polar_error_deg,
            mse_over_crb: self.ratio(1.0),
            detection_probability: detection_probability(self.snr, FALSE_ALARM),
            margin_db: self.margin_db(),
        }
    }
}

/// Probability that of two directions the wrong one has the larger likelihood, at a signal-to-noise ratio after
/// the filter and a likeness between zero and one.
pub fn mistaken(snr: f64, likeness: f64) -> f64 {
    if 0.5 * snr * (1.0 - likeness) > NEVER {
        return 0.0;
    }
    let root = (1.0 - likeness * likeness).max(0.0).sqrt();
    let (p, q) = (0.5 * snr * (1.0 - root), 0.5 * snr * (1.0 + root));
    overtaking(0.5 * p, 0.5 * q).clamp(0.0, 0.5)
}

/// What maximum likelihood is predicted to do for every target under `beams`: errors, probability of other
/// lobes, decibels above its threshold. `None` without targets, where the Fisher matrix is singular, for a
/// band, and for arrays that are not flat.
///
/// # Errors
/// When the beams do not fit the instance.
pub fn threshold(
    instance: &Instance,
    beams: &Beams,
) -> Result<Option<Vec<TargetThreshold>>, Error> {
    let metrics = evaluate(&instance.clone().with_echoes(0), beams)?;
    let seen = seen(instance, beams, metrics.targets.as_deref());
    Ok(seen.map(|seen| seen.iter().map(Seen::predicted).collect()))
}

/// A target below the threshold, with the prediction: what a design warns of.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct BelowThreshold {
    /// The target.
    pub target: usize,
    /// What is predicted of it.
    #[serde(flatten)]
    pub predicted: TargetThreshold,
}

impl BelowThreshold {
    /// What a careful colleague would say.
    pub(super) fn sentence(&self) -> String {
        let TargetThreshold { outlier_probability, mse_over_crb, margin_db, .. } = self.predicted;
        if outlier_probability <= MOST_OUTLIERS && mse_over_crb <= BEYOND {
            return format!(
                "target {} is detected with a probability of {:.0} % at one false alarm in a thousand: {:.1} dB are \
                 missing to one half, and a bound tells nothing of where it is",
                self.target,
                100.0 * self.predicted.detection_probability,
                -margin_db
            );
        }
        let errors = match mse_over_crb >= 1.0 {
            true => format!("squared errors up to {mse_over_crb:.1} times the bound"),
            // no estimate is further off than the lobes are apart
            false => "a bound wider than lobes are apart".to_owned(),
        };
        // the search for the threshold has ended there, and not at it
        let far = if -margin_db >= RANGE_DB - 1e-3 { "more than " } else { "" };
        format!(
            "target {} is {far}{:.1} dB below the threshold of maximum likelihood: {} of its \
             estimates on another lobe (a union bound), and {errors}",
            self.target,
            -margin_db,
            up_to_percent(outlier_probability)
        )
    }
}

/// A share in percent, where a small one is not said to be none: errors of a few lobes count.
fn up_to_percent(share: f64) -> String {
    let percent = 100.0 * share;
    match percent {
        x if x >= 0.95 => format!("up to {x:.0} %"),
        x if x >= 1e-4 => format!("up to {x:.prec$} %", prec = (-x.log10()).ceil() as usize),
        _ => "next to none".to_owned(),
    }
}

/// Whether angles of targets are what sensing is for.
pub(super) fn are_looked_for(instance: &Instance) -> bool {
    let planar = *instance.shapes() == Shapes::default();
    let angles = |problem: &Problem| problem.counts_angles() && planar;
    instance.parts().crb_weight > 0.0 && instance.problem().is_none_or(angles)
}

/// Targets whose errors leave their bounds, where angles are looked for.
pub(super) fn below(
    instance: &Instance,
    beams: &Beams,
    bounds: Option<&[TargetMetrics]>,
) -> Vec<BelowThreshold> {
    if !are_looked_for(instance) {
        return Vec::new();
    }
    let all = seen(instance, beams, bounds).unwrap_or_default();
    let below = all.iter().enumerate().filter(|(_, seen)| !seen.is_above(1.0));
    below.map(|(target, seen)| BelowThreshold { target, predicted: seen.predicted() }).collect()
}

/// The targets under beams with their lobes.
fn seen(instance: &Instance, beams: &Beams, bounds: Option<&[TargetMetrics]>) -> Option<Vec<Seen>> {
    let bounds = bounds?;
    let sky = Sky::of(instance, beams)?;
    let noise = instance.parts().sensing_noise_w;
    let one = |(m, bound): (usize, &TargetMetrics)| {
        let (energy, lobes) = sky.lobes(m)?;
        let square = |deg: f64| deg.to_radians().powi(2);
        let crb_rad2 = [square(bound.azimuth_rcrb_deg), square(bound.polar_rcrb_deg)];
        let known = crb_rad2.iter().any(|x| !(*x > 0.0 && x.is_finite()));
        let reflected = instance.targets()[m].reflection.norm_sqr();
        let mut likeliest: Vec<usize> = (0..lobes.len()).collect();
        likeliest.sort_by(|&i, &j| lobes[j].likeness.total_cmp(&lobes[i].likeness));
        (!known).then(|| Seen { crb_rad2, snr: reflected * energy / noise, lobes, likeliest })
    };
    bounds.iter().enumerate().map(one).collect()
}

#[cfg(test)]
#[path = "threshold_tests.rs"]
mod tests;
