//! What of a system's tables a plan holds.

use serde_json::Value;

use crate::experiment::Experiment;
use crate::system::{SeriesInfo, System};

/// Which metrics and series a study tells: those that have a meaning in its scenario, and with what is asked of
/// its schemes (`scheme.certify`).
pub(crate) fn told<'a>(
    experiment: &'a Experiment,
    system: &'a dyn System,
) -> impl Fn(&str) -> bool + 'a {
    |name| {
        system.condition(name).is_none_or(|key| {
            if let Some(setting) = key.strip_prefix("scheme.") {
                return is_asked(experiment, setting);
            }
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

/// Whether any scheme has a setting that is neither absent nor `false`, or a sweep sets it.
fn is_asked(experiment: &Experiment, setting: &str) -> bool {
    let on = |value: &Value| !matches!(value, Value::Null | Value::Bool(false));
    let swept = |path: &str| {
        let rest = path.strip_prefix("scheme.");
        rest.is_some_and(|rest| rest.split(['.', '[']).any(|part| part == setting))
    };
    experiment.schemes.iter().any(|scheme| scheme.settings.get(setting).is_some_and(on))
        || experiment.sweeps.iter().any(|sweep| swept(&sweep.path))
}

/// The series that a study asks for beside those.
pub(crate) fn kept<'a>(
    experiment: &'a Experiment,
    system: &dyn System,
) -> impl Iterator<Item = SeriesInfo> + use<'a> {
    let all = system.on_demand().into_iter();
    all.filter(|series| experiment.keep.iter().any(|name| name == series.name))
}
