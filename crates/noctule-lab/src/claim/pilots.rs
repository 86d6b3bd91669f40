//! Claims on pilots that the closed vocabulary cannot say.

use super::{Function, View};

/// The function of this name.
pub(super) fn find(name: &str) -> Option<Function> {
    (name == "mean_power_over_the_sweep").then_some(mean_power_over_the_sweep)
}

/// The pilot power that Algorithm 1 spends, in percent: the mean over the drops and over all points.
fn mean_power_over_the_sweep(view: &View<'_>) -> Option<f64> {
    let mut means = Vec::new();
    for point in 0..view.plan().grid_len() {
        let samples = view.samples("power_percent", "algorithm-1", point);
        let sum: f64 = samples.iter().map(|(_, percent)| percent).sum();
        means.push(if samples.is_empty() { None } else { Some(sum / samples.len() as f64) });
    }
    let means: Vec<f64> = means.into_iter().collect::<Option<_>>()?;
    (!means.is_empty()).then(|| means.iter().sum::<f64>() / means.len() as f64)
}
