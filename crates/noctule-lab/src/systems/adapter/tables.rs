//! What follows from the tables of a system, for whoever sees it through JSON.

use noctule::system::{DesignOf, MetricInfo, Ready, Scheme, SchemeInfo, SeriesInfo};
use noctule::{Error, Interrupt, Run, System};
use noctule_num::InputError;
use serde_json::Value;

use crate::system::SeriesValue;

/// A scheme with its settings.
#[derive(Debug)]
pub(super) struct Chosen<S: System> {
    row: &'static Scheme<S>,
    ready: Ready<S>,
}

impl<S: System> Chosen<S> {
    /// Why it is not part of this build, where it is not.
    pub(super) fn missing(&self) -> Option<String> {
        self.row.missing.map(str::to_owned)
    }

    /// Design. `warm` is the design of the previous point of a chain, perhaps of another shape.
    ///
    /// # Errors
    /// Broken numerics or unusable input; infeasible is a design with a certificate.
    pub(super) fn design(
        &self,
        instance: &S::Instance,
        warm: Option<&S::Variables>,
        interrupt: &Interrupt,
    ) -> Result<DesignOf<S>, Error> {
        self.ready.design(instance, &Run::new(interrupt).from(warm))
    }
}

/// What the rows of a system's tables come to.
pub(super) trait Tables: System {
    /// The words of the metrics.
    fn metric_infos() -> Vec<MetricInfo> {
        Self::METRICS.iter().map(|metric| metric.info).collect()
    }

    /// The words of the series.
    fn series_infos() -> Vec<SeriesInfo> {
        Self::SERIES.iter().map(|series| series.info).collect()
    }

    /// The key of a scenario without which a metric or a series has no meaning.
    fn condition(name: &str) -> Option<&'static str> {
        let metrics = Self::METRICS.iter().map(|one| (one.info.name, one.condition()));
        let mut all =
            metrics.chain(Self::SERIES.iter().map(|one| (one.info.name, one.condition())));
        all.find(|(known, _)| *known == name).and_then(|(_, key)| key)
    }

    /// The words of the schemes.
    fn scheme_infos() -> Vec<SchemeInfo> {
        Self::SCHEMES.iter().map(Scheme::info).collect()
    }

    /// The default settings of a scheme.
    fn default_settings(scheme: &str) -> Option<Value> {
        Self::scheme(scheme).ok().map(Scheme::defaults)
    }

    /// JSON schema of the settings of a scheme.
    fn settings_schema(scheme: &str) -> Option<Value> {
        Self::scheme(scheme).ok().map(Scheme::schema)
    }

    /// A scheme with settings; places are names of settings.
    ///
    /// # Errors
    /// There is no such scheme, or the first setting that cannot be used.
    fn chosen(name: &str, settings: &Value) -> Result<Chosen<Self>, InputError> {
        let row = Self::scheme(name)?;
        Ok(Chosen { row, ready: row.with(settings)? })
    }

    /// The scalar metrics of a design, one for each row.
    fn values(instance: &Self::Instance, design: &DesignOf<Self>) -> Vec<Option<f64>> {
        Self::METRICS.iter().map(|metric| metric.of(instance, design)).collect()
    }

    /// The series of a design, row by row.
    fn series_values(instance: &Self::Instance, design: &DesignOf<Self>) -> Vec<SeriesValue> {
        let rows = Self::SERIES.iter().flat_map(|series| {
            let name = series.info.name;
            let value = move |entry: noctule::system::SeriesEntry| SeriesValue {
                series: name,
                i: entry.i,
                j: entry.j,
                x: entry.x,
                value: entry.value,
            };
            series.of(instance, design).into_iter().map(value)
        });
        rows.collect()
    }
}

impl<S: System> Tables for S {}
