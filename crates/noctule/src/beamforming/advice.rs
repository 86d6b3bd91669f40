//! What a careful colleague would add to the numbers of a design.

use super::goal::Problem;
use super::{Instance, Metrics};

/// Sentences about an instance and what beams achieve in it.
pub fn advice(instance: &Instance, metrics: &Metrics) -> Vec<String> {
    let mut sentences = instance.warnings().to_vec();
    let problem = instance.problem();
    let planar = *instance.shapes() == super::Shapes::default();
    let angles = problem.is_none_or(|problem| problem.counts_angles() && planar);
    if angles && instance.parts().crb_weight > 0.0 {
        let array = instance.parts().receive_array;
        // Half the half-power width of the array's beam, 0.886 · 2/N radians: past it, an
        // estimator confuses the main lobe with its neighbours.
        let half_width = |elements: usize| (0.886 / elements as f64).to_degrees();
        let limit = half_width(array.horizontal.max(array.vertical));
        match metrics.worst_angle_rcrb_deg() {
            None => sentences.push(
                "the Fisher matrix is singular at these beams: they are too few, or some target is \
                 not illuminated"
                    .to_owned(),
            ),
            Some(worst) if worst > limit => sentences.push(format!(
                "the largest root-CRB of an angle is {worst:.1}°, wider than half a beam \
                 ({limit:.1}°): a local bound of that size says little about a real estimator"
            )),
            Some(_) => {}
        }
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
