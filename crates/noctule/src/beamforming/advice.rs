//! What a careful colleague would add to the numbers of a design.

use noctule_num::C64;

use super::goal::Problem;
use super::threshold::{BelowThreshold, are_looked_for};
use super::{Instance, Metrics};

/// What to say of the bounds of angles: where estimators leave them, as predicted from the beams; and where
/// nothing is predicted (a band, arrays that are not flat, arrays so small that they have one lobe), where a
/// bound is wider than half a beam of the array.
fn of_angles(instance: &Instance, metrics: &Metrics) -> Vec<String> {
    let array = instance.parts().receive_array;
    // Half the half-power width of the array's beam, 0.886 · 2/N radians.
    let limit = (0.886 / array.horizontal.max(array.vertical) as f64).to_degrees();
    match metrics.worst_angle_rcrb_deg() {
        None => vec![
            "the Fisher matrix is singular at these beams: they are too few, or some target is not \
             illuminated"
                .to_owned(),
        ],
        Some(worst) if metrics.below_threshold.is_empty() && worst > limit => vec![format!(
            "the largest root-CRB of an angle is {worst:.1}°, wider than half a beam ({limit:.1}°): a \
             local bound of that size says little about a real estimator"
        )],
        Some(_) => metrics.below_threshold.iter().map(BelowThreshold::sentence).collect(),
    }
}

/// Sentences about an instance and what beams achieve in it.
pub fn advice(instance: &Instance, metrics: &Metrics) -> Vec<String> {
    let mut sentences = instance.warnings().to_vec();
    let problem = instance.problem();
    if are_looked_for(instance) {
        sentences.extend(of_angles(instance, metrics));
    }
    if let (Some(band), Some(targets)) = (instance.band(), &metrics.targets) {
        for (m, (target, range)) in targets.iter().zip(&band.range_m).enumerate() {
            for (name, bound) in
                [("range", target.range_rcrb_m), ("curvature", target.curvature_rcrb_m)]
            {
                if let Some(bound) = bound.filter(|bound| bound > range) {
                    sentences.push(format!(
                        "the root-CRB of the {name} of target {m} is {bound:.3} m, more than its range of \
                         {range} m: it tells nothing of where the target is"
                    ));
                }
            }
        }
    }
    if let Some(band) = instance.band() {
        sentences.extend(super::band::remarks(band, metrics));
    }
    sentences.extend(unheard(instance));
    let off = metrics.users_shut_off();
    if off > 0
        && problem.is_none_or(Problem::maximises)
        && instance.parts().rate_weight_per_nat > 0.0
    {
        sentences.push(format!("{off} of {} users are shut off", instance.users()));
    }
    sentences
}

/// Ratios of signal to noise below this, with all power to one user in its own direction, are those of a unit that
/// was not said: 30 dB below the noise nobody plans a link.
const UNHEARD: f64 = 1e-3;

/// Users of whom none can be heard, whatever is sent: channels in one unit and noise in another.
fn unheard(instance: &Instance) -> Option<String> {
    let parts = instance.parts();
    if instance.band().is_some() || parts.rate_weight_per_nat <= 0.0 {
        return None;
    }
    let ratio = |user: usize| {
        let heard: f64 = instance.channels().col(user).iter().map(C64::norm_sqr).sum();
        parts.power_w * heard / parts.user_noise_w[user]
    };
    let best = (0..instance.users()).map(ratio).reduce(f64::max)?;
    (best < UNHEARD).then(|| {
        let decibels = 10.0 * best.max(f64::MIN_POSITIVE).log10();
        format!(
            "no user can be heard: with all the power for itself the best has a signal-to-noise ratio of {decibels:.0} dB; \
             do channels, `user_noise_dbm` and `power_dbm` fit together?"
        )
    })
}

#[cfg(test)]
mod tests {
    use crate::beamforming::{Scenario, Settings, design};

    #[test]
    fn users_whom_nobody_hears_are_told() {
        let told = |user_noise_dbm: f64| {
            let scenario = Scenario { users: 2, user_noise_dbm, ..Scenario::default() };
            let instance = scenario.realize(1, 0).expect("a scene");
            let settings = Settings { starts: Some(1), ..Settings::default() };
            let warnings = design(&instance, &settings).expect("a design").warnings;
            warnings.iter().any(|warning| warning.contains("no user can be heard"))
        };
        assert!(!told(0.0) && !told(30.0), "weak users are users");
        assert!(told(80.0));
    }
}
