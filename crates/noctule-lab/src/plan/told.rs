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

/// Whether any scheme is asked for something: a setting that is neither absent nor `false` nor costs no search, or
/// one that a sweep sets. A study of a goal has the bounds of that goal.
fn is_asked(experiment: &Experiment, setting: &str) -> bool {
    let on = |value: &Value| match value {
        Value::Null | Value::Bool(false) => false,
        other => other.get("nodes").is_none_or(|nodes| nodes != 0),
    };
    let swept = |path: &str| {
        let rest = path.strip_prefix("scheme.");
        rest.is_some_and(|rest| rest.split(['.', '[']).any(|part| part == setting))
    };
    let asked =
        experiment.schemes.iter().any(|scheme| scheme.settings.get(setting).is_some_and(on));
    experiment.scenario.get("goal").is_none()
        && (asked || experiment.sweeps.iter().any(|sweep| swept(&sweep.path)))
}

/// The series that a study asks for beside those.
pub(crate) fn kept<'a>(
    experiment: &'a Experiment,
    system: &dyn System,
) -> impl Iterator<Item = SeriesInfo> + use<'a> {
    let all = system.on_demand().into_iter();
    all.filter(|series| experiment.keep.iter().any(|name| name == series.name))
}
