//! What the results are called and how they are shown: everything of an experiment that cannot
//! change a number.
//!
//! It is kept in `presentation.json` beside the plan, so that a merge on another machine needs
//! nothing but the folder, and so that a new caption needs no new run.

use std::path::Path;

use noctule_num::InputError;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::canonical;
use crate::error::LabError;
use crate::experiment::{ClaimSpec, Experiment, FigureSpec, Sweep};
use crate::plan::{Plan, kept, told};
use crate::system::System;

/// The format of presentations.
pub const FORMAT: &str = "noctule-presentation/1";

/// The words for a metric, a series or a sweep.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Words {
    /// Name in files.
    pub name: String,
    /// Words for an axis, without the unit.
    pub label: String,
    /// The unit; empty for pure numbers.
    pub unit: String,
    /// The symbol of the field, as in TeX and without its dollar signs; empty where there is none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub symbol: String,
    /// How many times the value of a sweep the number is that is shown; absent for the value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<f64>,
    /// What the values of a sweep are called, one name for each; empty for the values themselves.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
    /// Whether a series counts the steps of a method, so that one that has stopped stays where it is.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub steps: bool,
}

/// Everything of an experiment that cannot change a number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Presentation {
    /// [`FORMAT`].
    pub format: String,
    /// The name of the experiment.
    pub experiment: String,
    /// One line.
    pub title: String,
    /// A few sentences.
    pub text: String,
    /// The experiment file, verbatim.
    pub source: String,
    /// What the command line changed, in words; empty for a run as the file says.
    pub changes: String,
    /// Words for the metrics, in the order of the plan.
    pub metrics: Vec<Words>,
    /// Words for the series, in the order of the plan.
    pub series: Vec<Words>,
    /// Words for the sweeps, in the order of the plan.
    pub sweeps: Vec<Words>,
    /// Words for the schemes, in the order of the plan.
    pub schemes: Vec<String>,
    /// The figures.
    pub figures: Vec<FigureSpec>,
    /// The claims.
    pub claims: Vec<ClaimSpec>,
    /// What the system says of the scenarios, such as formulas outside their ranges.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

impl Presentation {
    /// The presentation of an experiment; `source` is its file.
    pub fn of(experiment: &Experiment, system: &dyn System, source: &str) -> Self {
        let told = told(experiment, system);
        let metrics = system.metrics().into_iter().filter(|m| told(m.name));
        let metrics = metrics.map(|m| Words::new(m.name, m.label, m.unit));
        let series = system.series().into_iter().filter(|s| told(s.name));
        let series = series.chain(kept(experiment, system));
        let series = series.map(|s| {
            let words = Words::new(s.name, s.label, s.unit);
            Words { steps: s.steps, ..words }
        });
        let sweeps = experiment.sweeps.iter().map(|sweep| sweep_words(sweep, system));
        Self {
            format: FORMAT.to_owned(),
            experiment: experiment.id.clone(),
            title: experiment.title.clone(),
            text: experiment.text.clone(),
            source: source.to_owned(),
            changes: String::new(),
            metrics: metrics.collect(),
            series: series.collect(),
            sweeps: sweeps.collect(),
            schemes: experiment.schemes.iter().map(|scheme| scheme.label.clone()).collect(),
            figures: experiment.figures.clone(),
            claims: experiment.claims.clone(),
            notes: Vec::new(),
        }
    }

    /// Canonical JSON, with a final newline.
    pub fn text(&self) -> String {
        canonical::text(&serde_json::to_value(self).unwrap_or(Value::Null)) + "\n"
    }

    /// Read a presentation back and check that it belongs to a plan.
    pub fn read(path: &Path, plan: &Plan) -> Result<Self, LabError> {
        let text = std::fs::read_to_string(path).map_err(LabError::io("read", path))?;
        let value: Value = serde_json::from_str(&text)
            .map_err(|error| LabError::corrupt(path, error.to_string()))?;
        let format = value.get("format").and_then(Value::as_str).unwrap_or("nothing").to_owned();
        if format != FORMAT {
            let place = path.display().to_string();
            return Err(InputError::new(
                "this is not a presentation we can read",
                place,
                format,
                FORMAT,
            )
            .into());
        }
        let found: Self = serde_json::from_value(value)
            .map_err(|error| LabError::corrupt(path, error.to_string()))?;
        let fits = found.metrics.iter().map(|words| &words.name).eq(&plan.metrics)
            && found.series.iter().map(|words| &words.name).eq(&plan.series)
            && found
                .sweeps
                .iter()
                .map(|words| &words.name)
                .eq(plan.sweeps.iter().map(|sweep| &sweep.path))
            && found.schemes.len() == plan.schemes.len();
        if fits {
            Ok(found)
        } else {
            Err(LabError::corrupt(path, "it does not belong to the plan beside it"))
        }
    }
}

impl Words {
    fn new(name: &str, label: &str, unit: &str) -> Self {
        let [name, label, unit] = [name, label, unit].map(str::to_owned);
        Self { name, label, unit, ..Self::default() }
    }

    /// The words and the symbol, as figures set them.
    pub fn with_symbol(&self) -> String {
        match self.symbol.as_str() {
            "" => self.label.clone(),
            symbol if self.label.is_empty() => format!("${symbol}$"),
            symbol => format!("{} ${symbol}$", self.label),
        }
    }
}

/// The words of a sweep: those of its file, else those of the field, else those of its path.
fn sweep_words(sweep: &Sweep, system: &dyn System) -> Words {
    let path = sweep.path.as_str();
    // A setting of one scheme has the words of the setting.
    let setting = path.strip_prefix("scheme.").and_then(|rest| rest.split_once('.'));
    let of_any = setting.map(|(_, setting)| format!("scheme.{setting}"));
    let symbols = system.symbols();
    let named = |path: &str| symbols.iter().find(|symbol| symbol.path == path);
    let known = named(path).or_else(|| of_any.as_deref().and_then(named));
    let (label, unit) = known.map_or_else(
        || words_of_path(path),
        |symbol| (symbol.label.to_owned(), symbol.unit.to_owned()),
    );
    let symbol = known.map_or(String::new(), |symbol| symbol.symbol.to_owned());
    Words {
        name: path.to_owned(),
        label: sweep.label.clone().unwrap_or(label),
        unit: sweep.unit.clone().unwrap_or(unit),
        symbol: sweep.symbol.clone().unwrap_or(symbol),
        times: sweep.times,
        names: sweep.values.iter().filter_map(|value| value.name.clone()).collect(),
        steps: false,
    }
}

/// Words for a path, from its last key: `scenario.power_dbm` → "Power", "dBm".
fn words_of_path(path: &str) -> (String, String) {
    const UNITS: [(&str, &str); 17] = [
        ("_dbm", "dBm"),
        ("_db", "dB"),
        ("_w", "W"),
        ("_mw", "mW"),
        ("_deg", "°"),
        ("_rad", "rad"),
        ("_m", "m"),
        ("_hz", "Hz"),
        ("_mhz", "MHz"),
        ("_ghz", "GHz"),
        ("_s", "s"),
        ("_ms", "ms"),
        ("_us", "µs"),
        ("_kmh", "km/h"),
        ("_km", "km"),
        ("_m2", "m²"),
        ("_per_nat", "per nat"),
    ];
    // short forms that people write otherwise
    const FORMS: [(&str, &str); 4] =
        [("aps", "access points"), ("crb", "CRB"), ("rcrb", "root-CRB"), ("snr", "SNR")];
    let key = path.rsplit('.').next().unwrap_or(path);
    let unit = UNITS.iter().find(|(ending, _)| key.ends_with(ending));
    let stem = unit.map_or(key, |(ending, _)| &key[..key.len() - ending.len()]);
    let form = |word: &'_ str| {
        let known = FORMS.iter().find(|(short, _)| *short == word);
        known.map_or_else(|| word.to_owned(), |(_, long)| (*long).to_owned())
    };
    let words: Vec<String> = stem.split(['_', '-']).map(form).collect();
    let words = words.join(" ");
    let mut letters = words.chars();
    let label =
        letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect());
    (label, unit.map_or(String::new(), |(_, unit)| (*unit).to_owned()))
}
