//! `noctule design`, `evaluate`, `verify`: one instance, the full story.

use std::path::Path;

use noctule::data;
use noctule_lab::experiment::{MAX_BYTES, ScenarioFile, overrides};
use noctule_lab::files;
use noctule_lab::named_arrays;
use noctule_lab::report::Align;
use noctule_lab::single::{Arrays, Claim, Finding, Single, SingleError, Source, Story, afford};
use noctule_lab::system::no_such_scheme;
use noctule_lab::systems;
use noctule_num::{InputError, hint};
use serde_json::{Value, json};

use super::{print, print_json};
use crate::cli;
use crate::exit::{Done, Failure};
use crate::progress::say;
use crate::signals::interrupt;
use crate::tables;

/// The format of design documents.
const DESIGN: &str = "noctule-design/1";

/// Rows of a trace that is drawn.
const TRACE_ROWS: u64 = 10_000;

/// What the arguments come to.
struct Asked {
    scheme: String,
    system: &'static dyn Single,
    source: Source,
    settings: Value,
    scenario_file: Option<ScenarioFile>,
}

pub(crate) fn design(options: &cli::Design, as_json: bool) -> Result<Done, Failure> {
    check_ending(options.out.as_deref())?;
    let plot = options.trace_plot.as_deref();
    check_svg(plot)?;
    check_free(&[options.out.as_deref(), plot], options.force)?;
    let mut asked = read(&options.instance, options.scheme.as_deref(), true)?;
    if plot.is_some() {
        keep_trace(&mut asked.settings);
    }
    let story = asked
        .system
        .design(&asked.source, &asked.scheme, &asked.settings, &interrupt())
        .map_err(|error| asked.locate(error))?;
    // A figure that is finished is not replaced by one of half a design.
    let plot = plot.filter(|path| !(interrupt().is_raised() && path.exists()));
    if let Some(path) = plot {
        match story.trace_figure() {
            Some(figure) => {
                // By which a file of ours is known where one is to be replaced.
                let svg = format!("{}\n<!-- {} -->\n", figure.svg().trim_end(), files::MARK);
                files::write(path, svg.as_bytes())?;
                say(&format!("wrote {}", path.display()));
            }
            None => say("there is no trace to draw: nothing was iterated"),
        }
    }
    show(&story, options.out.as_deref(), as_json)
}

/// Settings that keep the trace, where the scheme has such.
fn keep_trace(settings: &mut Value) {
    if let Some(rows) = settings.get_mut("trace_rows").filter(|rows| **rows == json!(0)) {
        *rows = json!(TRACE_ROWS);
    }
    if let Some(trace) = settings.get_mut("trace") {
        *trace = json!(true);
    }
}

pub(crate) fn evaluate(options: &cli::Evaluate, as_json: bool) -> Result<Done, Failure> {
    check_ending(options.out.as_deref())?;
    check_free(&[options.out.as_deref()], options.force)?;
    let asked = read(&options.instance, None, false)?;
    let source = data::Source::parse(&options.variables)?;
    let set = named_arrays::whole(&source, "design", asked.system.variable_fields())?;
    tell(&set);
    let variables = Arrays::Read(source.file, set);
    let story =
        asked.system.evaluate(&asked.source, &variables).map_err(|error| asked.locate(error))?;
    show(&story, options.out.as_deref(), as_json)
}

pub(crate) fn verify(file: &Path, as_json: bool) -> Result<Done, Failure> {
    let place = file.display().to_string();
    let refuse = |what: &str, found: String| {
        InputError::new(what, &place, found, "a noctule-design/1 document")
    };
    let text = data::design_document(file)?;
    let document = data::json_document(text.as_bytes())
        .map_err(|error| InputError { place: format!("{place}:{}", error.place), ..error })?;
    let format = document.get("format").and_then(Value::as_str).unwrap_or("no `format`");
    if format != DESIGN {
        let newer = format.starts_with("noctule-design/");
        let kind = "this is another kind of file";
        let what = if newer { "the file was written by a newer noctule" } else { kind };
        return Err(refuse(what, format.to_owned()).into());
    }
    let name = document.get("system").and_then(Value::as_str).unwrap_or("nothing");
    let finding = system(name, "system")?.verify(&document).map_err(|error| match error {
        SingleError::Input(error) => Failure::from(error.in_file(&place)),
        SingleError::Numerics(text) => Failure::Numerics(text),
    })?;
    show_finding(&finding, as_json)?;
    Ok(if finding.agrees { Done::Done } else { Done::Contradicts })
}

impl Asked {
    /// The complaint at the line of the scenario file that caused it.
    fn locate(&self, error: SingleError) -> Failure {
        match (error, &self.scenario_file) {
            (SingleError::Input(error), Some(file)) => file.locate(error).into(),
            (SingleError::Input(error), None) => error.into(),
            (SingleError::Numerics(text), _) => Failure::Numerics(text),
        }
    }
}

fn system(name: &str, place: &str) -> Result<&'static dyn Single, InputError> {
    let all = systems::singles();
    let names: Vec<&str> = all.iter().map(|system| system.id()).collect();
    all.iter().copied().find(|system| system.id() == name).ok_or_else(|| {
        let error = InputError::new("there is no such system", place, name, hint::list(&names));
        hint::with_guess(error, name, &names)
    })
}

fn read(options: &cli::Instance, scheme: Option<&str>, designs: bool) -> Result<Asked, Failure> {
    let registry = systems::registry();
    // `--system` alone is its default scenario
    let given = options.given.as_deref().or(options.system.as_deref()).unwrap_or(systems::DEFAULT);
    let files = data::Source::parse(given)?;
    let path = files.file.as_path();
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or("");
    let arrays =
        ["json", "npz", "npy", "mat", "csv"].contains(&ending.to_ascii_lowercase().as_str());
    // Where the scenario comes from: the first argument, unless that is a file of arrays.
    let scenario = match (&options.scenario, arrays) {
        (Some(scenario), true) => Some(scenario.as_str()),
        (None, true) => None,
        (None, false) => Some(given),
        // A file that is neither a scenario nor arrays we read is no second scenario.
        (Some(_), false) if !ending.is_empty() && ending != "toml" => return Err(not_told(given)),
        (Some(_), false) => {
            let error = InputError::new(
                "there are two scenarios",
                "--scenario",
                format!("`{given}` is one already"),
                "one scenario; --scenario goes with a file of arrays",
            );
            return Err(error.into());
        }
    };
    let mut scenario_file = None;
    let (system, mut scenario) = match scenario {
        None => (system_of_arrays(path, options)?, None),
        Some(name) if !name.ends_with(".toml") && Path::new(name).extension().is_some() => {
            return Err(not_told(name));
        }
        Some(name) if name == "default" || !name.ends_with(".toml") => {
            // The default scenario of the system that the arrays are of, where they say it.
            let of_arrays = match (name, arrays) {
                ("default", true) => Some(system_of_arrays(path, options)?.id()),
                _ => None,
            };
            let default = of_arrays.unwrap_or_else(|| default_system(options));
            let name = if name == "default" { default } else { name };
            if Path::new(name).is_file() && !systems::registry().ids().contains(&name) {
                return Err(not_told(name));
            }
            let system = system(name, "the scenario")?;
            (system, Some(system.default_scenario()))
        }
        Some(file) => {
            let text = files::read_text(Path::new(file), MAX_BYTES as u64, "a scenario file")?;
            let read = ScenarioFile::parse(&text, file, &registry)?;
            let system = system(&read.system, file)?;
            let scenario = read.scenario.clone();
            scenario_file = Some(read);
            (system, Some(scenario))
        }
    };
    if let Some(named) = options.system.as_deref().filter(|named| *named != system.id()) {
        let found = format!("`{named}`, and a scenario of `{}`", system.id());
        let what = "there are two systems";
        return Err(InputError::new(what, "--system", found, "the system of the scenario").into());
    }
    let first = || system.schemes().first().map_or("", |scheme| scheme.name);
    let scheme = scheme.unwrap_or_else(first);
    let mut settings = match designs {
        false => json!({}),
        true => system
            .default_settings(scheme)
            .ok_or_else(|| no_such_scheme(system, "--scheme", scheme))?,
    };
    // One design can afford its bound; `--set scheme.certify=false` does without.
    afford(&mut settings);
    let schema = system.scenario_schema();
    let defaults = json!({ "scenario": scenario, "scheme": settings });
    let changed = overrides(&defaults, &schema, &options.set)?;
    if scenario.is_some() {
        scenario = Some(changed["scenario"].clone());
    }
    settings.clone_from(&changed["scheme"]);
    let handed_in = handed_in(options, system, arrays.then_some(&files))?;
    let source = Source { scenario, arrays: handed_in, seed: options.seed, trial: options.trial };
    Ok(Asked { scheme: scheme.to_owned(), system, source, settings, scenario_file })
}

/// A file of another kind than scenarios and arrays.
fn not_told(name: &str) -> Failure {
    let what = "the file's ending does not tell what it is";
    let allowed =
        "a scenario (.toml), arrays (.json, .npz, .npy, .mat, .csv), or the name of a system";
    let error = InputError::new(what, "SCENARIO|ARRAYS", name, allowed);
    error.hint(format!("one array alone: `--array NAME={name}`, where its format is read")).into()
}

/// The arrays of the first argument, and over them those of `--array`.
fn handed_in(
    options: &cli::Instance,
    system: &dyn Single,
    files: Option<&data::Source>,
) -> Result<Option<Arrays>, InputError> {
    let fields = system.instance_fields();
    let named = named_arrays::read(&options.array, fields)?;
    tell(&named);
    let Some(source) = files else {
        return Ok((!options.array.is_empty()).then_some(Arrays::Set(named)));
    };
    let mut all = named_arrays::whole(source, "instance", fields)?;
    tell(&all);
    Ok(Some(match options.array.is_empty() {
        true => Arrays::Read(source.file.clone(), all),
        false => {
            all.extend(named);
            Arrays::Set(all)
        }
    }))
}

/// Say what the readers decided.
fn tell(set: &data::ArraySet) {
    for note in set.notes() {
        say(&format!("note: {note}"));
    }
}

fn default_system(options: &cli::Instance) -> &str {
    options.system.as_deref().unwrap_or(systems::DEFAULT)
}

/// A JSON instance says its system; archives do not, and are taken for the default one.
fn system_of_arrays(path: &Path, options: &cli::Instance) -> Result<&'static dyn Single, Failure> {
    if let Some(name) = &options.system {
        return Ok(system(name, "--system")?);
    }
    let said = data::system_of(path);
    Ok(system(said.as_deref().unwrap_or(systems::DEFAULT), &path.display().to_string())?)
}

fn show(story: &Story, out: Option<&Path>, as_json: bool) -> Result<Done, Failure> {
    if let Some(path) = out {
        // What a signal cut short does not take the place of something finished.
        if interrupt().is_raised() && path.exists() {
            say(&format!("{} is left as it was: the design was interrupted", path.display()));
        } else {
            write(story, path)?;
            say(&format!("wrote {}", path.display()));
        }
    }
    if as_json {
        print_json(&story.document)?;
    } else {
        print(&text(story))?;
        for warning in &story.warnings {
            say(&tables::wrap(&format!("warning: {warning}"), tables::prose_width()));
        }
    }
    Ok(match (story.infeasible, story.meets_requirements) {
        _ if story.unsound.is_some() => Done::Unsound,
        (true, _) => Done::Infeasible,
        (false, false) => Done::Contradicts,
        (false, true) => Done::Done,
    })
}

/// Before anything is computed: whether the ending tells what is to be written.
fn check_ending(out: Option<&Path>) -> Result<(), Failure> {
    let ending =
        |path: &Path| path.extension().is_some_and(|e| e == "json" || e == "npz" || e == "mat");
    let Some(path) = out.filter(|path| !ending(path)) else { return Ok(()) };
    let what = "the file's ending does not tell its format";
    let allowed = ".json or .mat for the whole story, .npz for the variables alone";
    Err(InputError::new(what, "--out", path.display().to_string(), allowed).into())
}

/// Before anything is computed: whether no file of somebody else is in the way.
fn check_free(paths: &[Option<&Path>], force: bool) -> Result<(), Failure> {
    for path in paths.iter().flatten().filter(|_| !force) {
        files::check_replaceable(path, "--force")?;
    }
    Ok(())
}

fn check_svg(plot: Option<&Path>) -> Result<(), Failure> {
    let wrong = plot.filter(|path| path.extension().is_none_or(|ending| ending != "svg"));
    let Some(path) = wrong else { return Ok(()) };
    let what = "the file's ending does not tell its format";
    Err(InputError::new(what, "--trace-plot", path.display().to_string(), "a name in .svg").into())
}

fn write(story: &Story, path: &Path) -> Result<(), Failure> {
    let bytes = if path.extension().is_some_and(|ending| ending == "npz") {
        story.arrays.to_npz().map_err(|error| Failure::Numerics(error.to_string()))?
    } else if path.extension().is_some_and(|ending| ending == "mat") {
        story.arrays.to_mat_design(&story.instance, &story.document)
    } else {
        format!("{:#}\n", story.document).into_bytes()
    };
    Ok(files::write(path, &bytes)?)
}

fn text(story: &Story) -> String {
    let width = tables::prose_width();
    let facts = tables::facts(&story.facts, width);
    let mut text = format!("{}\n\n{facts}", tables::wrap(&story.title, width));
    for table in &story.tables {
        if table.rows.is_empty() {
            continue;
        }
        let left = table.align.iter().take_while(|align| **align == Align::Left).count();
        let rendered = tables::fitted(&table.headers, &table.rows, left, Some(width));
        text.push_str(&format!("\n{}\n{rendered}\n", tables::wrap(&table.caption, width)));
    }
    text
}

fn show_finding(finding: &Finding, as_json: bool) -> Result<(), Failure> {
    if as_json {
        let compared: Vec<Value> = finding
            .compared
            .iter()
            .map(|(name, stored, found)| json!({ "name": name, "stored": stored, "found": found }))
            .collect();
        let claims: Vec<Value> = finding
            .claims
            .iter()
            .map(|Claim { name, verdict }| {
                json!({ "name": name, "verdict": verdict.as_str(), "reason": verdict.reason() })
            })
            .collect();
        // JSON has no number for it
        let violation = match finding.violation.is_finite() {
            true => json!(finding.violation),
            false => json!("infinite"),
        };
        return print_json(&json!({
            "format": "noctule-finding/1",
            "agrees": finding.agrees,
            "summary": finding.summary(),
            "violation": violation,
            "claims": claims,
            "compared": compared,
        }));
    }
    let number =
        |value: &Option<f64>| value.map_or_else(|| "–".to_owned(), |x| format!("{x:.12e}"));
    let rows = finding
        .compared
        .iter()
        .map(|(name, stored, found)| vec![name.clone(), number(stored), number(found)])
        .collect();
    let headers = ["number", "in the document", "recomputed"].map(str::to_owned).to_vec();
    let verdict =
        if finding.agrees { "the document is confirmed" } else { "the document is NOT confirmed" };
    let missed = finding.violation > noctule::FEASIBLE && finding.agrees;
    let missed =
        if missed { "; it says itself that it does not meet its requirements" } else { "" };
    let width = tables::prose_width();
    let mut reasons = String::new();
    for claim in &finding.claims {
        if let Some(why) = claim.verdict.reason() {
            let line = format!("{}: {} ({why})", claim.name, claim.verdict.as_str());
            reasons.push_str(&format!(
                "  {}\n",
                tables::wrap(&line, width - 4).replace('\n', "\n    ")
            ));
        }
    }
    print(&format!(
        "{}\nlargest violation of a constraint: {:.1e}\n{}\n{reasons}{verdict}{missed}",
        tables::plain(headers, rows, 1),
        finding.violation,
        tables::wrap(&finding.summary(), width)
    ))
}
