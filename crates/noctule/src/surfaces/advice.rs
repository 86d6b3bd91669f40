//! What a careful colleague would say of the numbers of a deployment.

use super::model::ORTHOGONAL;
use super::{Instance, Metrics};

/// Plane waves need places that are far from a surface; where not even its own length is small
/// against the way, angles and losses differ along it. The length is that of elements half a
/// wavelength apart, the wavelength that of free space at the reference gain, (λ/4π)² at a metre.
fn near_field(instance: &Instance, metrics: &Metrics) -> Option<String> {
    let parts = instance.parts();
    let wavelength = 4.0 * std::f64::consts::PI * parts.loss.reference_gain.sqrt();
    let places = [parts.base.position, parts.user.position, parts.target];
    let near = parts.sites.iter().flat_map(|s| places.map(|p| s.position.distance_m(p)));
    let near = near.fold(f64::INFINITY, f64::min);
    let each = metrics.elements.checked_div(metrics.surfaces)?;
    let length = 0.5 * wavelength * each as f64;
    (length > near && metrics.surfaces > 0).then(|| {
        format!(
            "surfaces of {each} elements are {length:.3} m long (half a wavelength apart, if the \
             reference gain is that of free space) and {near:.3} m from what they serve: waves are \
             not plane there, and this model assumes that they are"
        )
    })
}

/// What a careful colleague would say of these numbers.
pub fn advice(instance: &Instance, metrics: &Metrics) -> Vec<String> {
    let mut sentences = Vec::new();
    if metrics.coherence > ORTHOGONAL {
        sentences.push(format!(
            "paths overlap (up to {:.2e}): closed forms for orthogonal paths do not hold here, and \
             designs turn whole surfaces one at a time",
            metrics.coherence
        ));
    }
    sentences.extend(near_field(instance, metrics));
    let beam = 2.0 / instance.parts().sensors as f64;
    if let Some(root) = metrics.root_crb.filter(|root| *root > beam / 4.0) {
        sentences.push(format!(
            "the root of the bound, {root:.2e}, is not small against the beam of the sensors, \
             {beam:.2e}: a local bound of that size says little about a real estimator"
        ));
    }
    sentences
}
