//! What a careful colleague would add to the numbers of a design.

use super::goal::Problem;
use super::{Instance, Metrics};

/// Whether angles of targets are what sensing is for.
pub(super) fn are_looked_for(instance: &Instance) -> bool {
    let planar = *instance.shapes() == super::Shapes::default();
    let angles = |problem: &Problem| problem.counts_angles() && planar;
    instance.parts().crb_weight > 0.0 && instance.problem().is_none_or(angles)
}

/// Sentences about an instance and what beams achieve in it.
pub fn advice(instance: &Instance, metrics: &Metrics) -> Vec<String> {
    let mut sentences = instance.warnings().to_vec();
    let problem = instance.problem();
    if are_looked_for(instance) && metrics.worst_angle_rcrb_deg().is_none() {
        let sentence = "the Fisher matrix is singular at these beams: they are too few, or some target is \
                        not illuminated";
        sentences.push(sentence.to_owned());
    }
    for below in &metrics.below_threshold {
        sentences.push(below.sentence());
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
    let off = metrics.users_shut_off();
    if off > 0
        && problem.is_none_or(Problem::maximises)
        && instance.parts().rate_weight_per_nat > 0.0
    {
        sentences.push(format!("{off} of {} users are shut off", instance.users()));
    }
    sentences
}
