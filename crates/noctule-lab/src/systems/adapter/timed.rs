//! One design with a clock beside it.

use std::time::Instant;

use noctule::{Error, Interrupt};
use noctule_num::InputError;
use serde_json::Value;

use super::rows::{parsed, row};
use super::tables::Tables;
use crate::system::{Contender, Outcome, Point, Refused, Row, Timed};
use crate::systems::typed;

/// Times the method alone: neither the draw nor the witness.
pub(super) fn timed<T: Tables>(
    scheme: &str,
    point: &Point,
    seed: u64,
    trial: u64,
    interrupt: &Interrupt,
) -> Result<Timed, Refused> {
    interrupt.during(|| timed_now::<T>(scheme, point, seed, trial, interrupt))
}

fn timed_now<T: Tables>(
    scheme: &str,
    point: &Point,
    seed: u64,
    trial: u64,
    interrupt: &Interrupt,
) -> Result<Timed, Refused> {
    let refused = |error: InputError| Refused { point: 0, error };
    let scenario: T::Scenario = typed(&point.scenario, "scenario").map_err(refused)?;
    T::validate(&scenario).map_err(|error| refused(error.inside("scenario")))?;
    let scheme = parsed::<T>(scheme, &point.settings).map_err(refused)?;
    let without = |outcome| Row::without_design(outcome, T::metric_infos().len());
    let nothing = |outcome| Timed { row: without(outcome), seconds: 0.0, trace: Vec::new() };
    if let Some(reason) = scheme.missing() {
        return Ok(nothing(Outcome::NotRun(reason)));
    }
    let failed = |error: Error| nothing(Outcome::Failed(error.to_string()));
    let instance = match T::realize(&scenario, seed, trial) {
        Ok(instance) => instance,
        Err(error) => return Ok(failed(error)),
    };
    let begin = Instant::now();
    let design = scheme.design(&instance, None, interrupt);
    let seconds = begin.elapsed().as_secs_f64();
    let told = design.and_then(|design| {
        let trace = design.objective_trace(T::objective(&design.metrics));
        Ok(Timed { row: row::<T>(&instance, &design)?, seconds, trace })
    });
    Ok(told.unwrap_or_else(failed))
}

/// Contenders with complete settings.
pub(super) fn contenders<T: Tables>(
    named: impl IntoIterator<Item = (&'static str, &'static str, Value)>,
) -> Vec<Contender> {
    let complete = |(id, scheme, changes): (&'static str, &'static str, Value)| {
        let mut settings = T::default_settings(scheme)?;
        for (name, value) in changes.as_object()? {
            settings[name] = value.clone();
        }
        Some(Contender { id: id.to_owned(), scheme: scheme.to_owned(), settings })
    };
    named.into_iter().filter_map(complete).collect()
}
