//! One claim as a row, and one experiment as a table of them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use noctule_lab::Study;
use noctule_lab::builtin::BuiltIn;
use noctule_lab::claim::{is_same_number, number_of_summary, said};
use noctule_lab::experiment::{ClaimKind, ClaimSpec, Experiment as File, Ours, Said, Selection};
use noctule_lab::fold::GroupSummary;
use noctule_lab::plan::Plan;
use serde_json::Value;

/// One claim with its committed verdict.
pub(crate) struct Card {
    spec: ClaimSpec,
    value: Option<f64>,
    ours: String,
    /// `agrees`, `trend-only`, `disagrees`, `inconclusive`, `not-run`.
    pub(crate) verdict: String,
}

/// An experiment with its cards.
pub(crate) struct Experiment {
    /// Its name.
    pub(crate) id: &'static str,
    title: String,
    /// Its plan.
    pub(crate) plan: Plan,
    /// Its claims.
    pub(crate) cards: Vec<Card>,
}

impl Experiment {
    /// Read an experiment and what was committed of it.
    pub(crate) fn read(built_in: &BuiltIn, root: &Path) -> Self {
        let registry = noctule_lab::systems::registry();
        let file = File::parse(built_in.text, built_in.id, built_in.id, &registry).unwrap();
        let study = Study::new(&file, built_in.text, &registry).unwrap();
        let path = root.join("docs/results").join(built_in.id).join("claims.json");
        let text = fs::read_to_string(&path).unwrap_or_else(|error| {
            panic!("{}: {error}; run `cargo xtask reproduce`", path.display())
        });
        let committed: Value = serde_json::from_str(&text).unwrap();
        let committed: Vec<Value> = committed["claims"].as_array().unwrap().clone();
        let specs = &study.presentation.claims;
        assert_eq!(specs.len(), committed.len(), "{}: other claims than committed", built_in.id);
        let card = |(spec, of): (&ClaimSpec, &Value)| Card::new(built_in.id, spec, of);
        let cards = specs.iter().zip(&committed).map(card).collect();
        Self { id: built_in.id, title: file.title, plan: study.plan, cards }
    }

    /// The part of the name before the stroke.
    pub(crate) fn system(&self) -> &'static str {
        self.id.split('/').next().unwrap()
    }

    /// Its heading, inputs and cards.
    pub(crate) fn text(&self) -> String {
        let Self { id, title, plan, .. } = self;
        let anchor = id.replace('/', "-");
        let mut text = format!("\n<a id=\"{anchor}\"></a>\n### `{id}`: {title}\n\n");
        let trials = match (plan.deterministic, plan.trials) {
            (true, _) => "deterministic".to_owned(),
            (false, trials) => format!("{trials} trials, seed {}", plan.seed),
        };
        let sweeps: Vec<String> =
            plan.sweeps.iter().map(|sweep| axis(&sweep.path, &sweep.values)).collect();
        let schemes: Vec<String> =
            plan.schemes.iter().map(|scheme| format!("`{}`", scheme.id)).collect();
        let sweeps =
            if sweeps.is_empty() { String::new() } else { format!("; {}", sweeps.join("; ")) };
        text += &format!(
            "`noctule run {id}` · [inputs](../crates/noctule-lab/experiments/{id}.toml) · \
             [results](results/{id}) · {trials}; schemes {}{sweeps}\n\n",
            schemes.join(", ")
        );
        if self.cards.is_empty() {
            return text + "No claims: a study of ours.\n";
        }
        let columns =
            ["claim", "what is said", "our number is", "agrees with", "ours", "verdict", "why"];
        text += &super::header(&columns);
        for card in &self.cards {
            text += &card.row();
        }
        text
    }
}

impl Card {
    /// Whether it is about our own numbers and no verdict on a paper.
    pub(crate) fn is_ours(&self) -> bool {
        self.spec.is_ours()
    }

    /// The id of its claim.
    pub(crate) fn id(&self) -> &str {
        &self.spec.id
    }

    fn new(id: &str, spec: &ClaimSpec, committed: &Value) -> Self {
        let stale =
            |what: &str| format!("{id} {}: {what} is not as committed; reproduce it", spec.id);
        assert_eq!(committed["id"], spec.id.as_str(), "{}", stale("the order"));
        assert_eq!(committed["text"], spec.text.as_str(), "{}", stale("the text"));
        assert_eq!(
            committed["erratum"].as_str(),
            spec.erratum.as_deref(),
            "{}",
            stale("the erratum")
        );
        let measured = serde_json::to_value(&spec.ours).unwrap();
        assert_eq!(committed["measured"], measured, "{}", stale("how its number is measured"));
        let (paper, tol, range) = match spec.said {
            Said::Number { paper, tol } => (Some(paper), Some(tol), None),
            Said::Range { from, to } => (None, None, Some((from, to))),
        };
        assert_eq!(committed["paper"].as_f64(), paper, "{}", stale("the number"));
        assert_eq!(committed["tol"].as_f64(), tol, "{}", stale("the tolerance"));
        let ends = |ends: &Value| (ends[0].as_f64(), ends[1].as_f64());
        let committed_range = committed["range"].is_array().then(|| ends(&committed["range"]));
        assert_eq!(committed_range, range, "{}", stale("the range"));
        assert_eq!(committed["contradicts"], false, "{id} {}: against what is expected", spec.id);
        let error = committed["standard_error"].as_f64();
        let value = committed["ours"].as_f64();
        let ours = value.map_or_else(String::new, |ours| number(ours, error));
        let verdict = committed["verdict"].as_str().unwrap().to_owned();
        Self { spec: spec.clone(), value, ours, verdict }
    }

    /// Whether the summary of the run tells its number.
    pub(crate) fn is_told_by(&self, plan: &Plan, groups: &[GroupSummary]) -> bool {
        number_of_summary(plan, groups, &self.spec.ours).is_some()
    }

    /// What of its number the summary of the run contradicts.
    pub(crate) fn contradicted_by(&self, plan: &Plan, groups: &[GroupSummary]) -> Option<String> {
        let (found, _) = number_of_summary(plan, groups, &self.spec.ours)?;
        let same = self.value.is_some_and(|value| is_same_number(&self.spec.ours, value, found));
        let told = || format!("{}: {:?}, and {found} by the summary", self.spec.id, self.value);
        (!same).then(told)
    }

    fn row(&self) -> String {
        let Self { spec, ours, verdict, .. } = self;
        let (number, tol) = said(spec);
        let agrees = match spec.said {
            Said::Number { .. } => format!("{number} ± {tol}"),
            Said::Range { .. } => tol,
        };
        let why = spec.erratum.as_ref().map_or_else(String::new, |anchor| {
            let short = anchor.rsplit('-').next().unwrap().to_uppercase();
            format!("[{short}](errata.md#{anchor})")
        });
        let cells = [
            &format!("`{}`", spec.id),
            &spec.text,
            &described(&spec.ours),
            &agrees,
            ours,
            verdict,
            &why,
        ];
        let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
        format!("| {} |\n", cells.join(" | "))
    }
}

/// A number with its standard error where it has one.
fn number(value: f64, error: Option<f64>) -> String {
    let digits = |value: f64, digits: usize| -> String {
        let exponent = if value == 0.0 { 0.0 } else { value.abs().log10().floor() };
        if value != 0.0 && !(-4.0..7.0).contains(&exponent) {
            return format!("{value:.2e}");
        }
        let decimals = (digits as f64 - 1.0 - exponent).clamp(0.0, 9.0) as usize;
        format!("{value:.decimals$}")
    };
    match error.filter(|error| *error > 0.0) {
        Some(error) => format!("{} ± {}", digits(value, 4), digits(error, 2)),
        None => digits(value, 5),
    }
}

/// The last word of a path.
fn word(path: &str) -> &str {
    path.rsplit('.').next().unwrap()
}

fn axis(path: &str, values: &[Value]) -> String {
    let shown: Vec<String> = values.iter().map(short).collect();
    format!("{} = {}", word(path), shown.join(", "))
}

/// A value of a sweep, without the coordinates of a whole scene.
fn short(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("`{}…`", &text[..end]),
        None if value.is_object() => format!("`{text}`"),
        None => text,
    }
}

fn places(at: &BTreeMap<String, Value>) -> String {
    let all: Vec<String> =
        at.iter().map(|(path, value)| format!("{} = {}", word(path), short(value))).collect();
    if all.is_empty() { String::new() } else { format!(" at {}", all.join(", ")) }
}

fn selection(of: &Selection) -> String {
    format!("{} {} of `{}`{}", stat(of), of.metric, of.scheme, places(&of.at))
}

fn stat(of: &Selection) -> String {
    serde_json::to_value(of.stat)
        .ok()
        .and_then(|name| name.as_str().map(str::to_owned))
        .unwrap_or_default()
}

/// What of B differs from A.
fn other(of: &Selection, versus: &Selection) -> String {
    let mut words = Vec::new();
    if versus.metric != of.metric {
        words.push(versus.metric.clone());
    }
    if versus.scheme != of.scheme {
        words.push(format!("`{}`", versus.scheme));
    }
    let differs = versus.at.iter().filter(|(path, value)| of.at.get(*path) != Some(value));
    words.extend(differs.map(|(path, value)| format!("{} = {}", word(path), short(value))));
    words.join(", ")
}

/// Our side of a claim in words.
fn described(ours: &Ours) -> String {
    let of = selection(&ours.of);
    let level = ours.above.map(|level| format!("above {level}"));
    let level = level.or_else(|| ours.below.map(|level| format!("below {level}")));
    let level = level.unwrap_or_default();
    let versus = ours.versus.as_ref().map(|versus| other(&ours.of, versus)).unwrap_or_default();
    let along = ours.along.as_deref().map_or("", word);
    match ours.kind {
        ClaimKind::Value => of,
        ClaimKind::Difference => format!("{of} less that of {versus}"),
        ClaimKind::Ratio => format!("{of} over that of {versus}"),
        ClaimKind::Percent => format!("{of}, % above that of {versus}"),
        ClaimKind::Crossing => format!("where along {along} {of} crosses {versus}{level}"),
        ClaimKind::Argmax => format!("where along {along} {of} is largest"),
        ClaimKind::FirstWhere => format!("first {along} at which {of} is {level}"),
        ClaimKind::Share => {
            let than = if versus.is_empty() { level } else { format!("above that of {versus}") };
            format!("share of trials with {of} {than}")
        }
        ClaimKind::Slope => format!("slope along {along} of {of}"),
        ClaimKind::Function => format!("`{}`", ours.function.as_deref().unwrap_or_default()),
    }
}
