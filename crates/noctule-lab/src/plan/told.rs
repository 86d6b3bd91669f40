//! What of a system's tables a plan holds.

use crate::experiment::Experiment;
use crate::system::{SeriesInfo, System};

/// Which metrics and series a study tells: those that have a meaning in its scenario.
pub(crate) fn told<'a>(
    experiment: &'a Experiment,
    system: &'a dyn System,
) -> impl Fn(&str) -> bool + 'a {
    |name| {
        system.condition(name).is_none_or(|key| {
            let path = format!("scenario.{key}");
            let swept = |rest: &str| rest.is_empty() || rest.starts_with(['.', '[']);
            experiment.scenario.get(key).is_some()
                || experiment
                    .sweeps
                    .iter()
                    .any(|one| one.path.strip_prefix(&path).is_some_and(swept))
        })
    }
}

/// The series that a study asks for beside those.
pub(crate) fn kept<'a>(
    experiment: &'a Experiment,
    system: &dyn System,
) -> impl Iterator<Item = SeriesInfo> + use<'a> {
    let all = system.on_demand().into_iter();
    all.filter(|series| experiment.keep.iter().any(|name| name == series.name))
}
