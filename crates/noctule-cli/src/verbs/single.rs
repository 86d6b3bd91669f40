//! `noctule design`, `evaluate`, `verify`: one instance, the full story.

use std::path::Path;

use noctule::data;
use noctule_lab::files;
use noctule_lab::named_arrays;
use noctule_lab::report::Align;
use noctule_lab::resolve::{Asked, Method, Resolved, system_of};
use noctule_lab::single::{Arrays, Claim, Finding, PictureKind, SingleError, Source, Story};
use noctule_lab::systems;
use noctule_num::{InputError, hint};
use serde_json::{Value, json};

use super::{print, print_json, proof};
use crate::cli;
use crate::exit::{Done, Failure};
use crate::progress::say;
use crate::signals::interrupt;
use crate::tables;

/// Rows of a trace that is drawn.
const TRACE_ROWS: u64 = 10_000;

pub(crate) fn design(options: &cli::Design, as_json: bool) -> Result<Done, Failure> {
    check_ending(options.out.as_deref())?;
    let plot = options.trace_plot.as_deref();
    let picture = options.plot.as_deref();
    check_svg(plot, "--trace-plot")?;
    check_svg(picture, "--plot")?;
    let proof = options.proof.as_deref();
    proof::check_path(proof)?;
    let written = [options.out.as_deref(), plot, picture, proof];
    check_apart(options.instance.given.as_deref(), &written)?;
    check_free(&written, options.force)?;
    let scheme = options.scheme.as_deref().map_or(Method::First, Method::Named);
    let mut asked = resolved(&options.instance, scheme)?;
    let kind = options.plot_kind.as_deref().and_then(PictureKind::of_word);
    if picture.is_some() {
        check_picture(&asked, kind)?;
    }
    if plot.is_some() {
        keep_trace(&mut asked.settings);
    }
    let story = asked
        .system
        .design(&asked.source, &asked.scheme, &asked.settings, &interrupt())
        .map_err(|error| asked.locate(error))?;
    if let Some(path) = plot {
        match story.trace_figure() {
            Some(figure) => write_figure(&figure.svg(), path)?,
            None => say("there is no trace to draw: nothing was iterated"),
        }
    }
    if let Some(path) = picture {
        write_figure(
            &asked.system.picture(&story.document, kind, Some(&asked.source))?.svg(),
            path,
        )?;
    }
    // First what was computed is kept, whether or not there is a proof of it, or time for one.
    let shown = show(&story, options.out.as_deref(), as_json)?;
    let Some(Err(failure)) = proof.map(|path| proof::write(&story, path)) else {
        return Ok(shown);
    };
    // to stderr, for with --json the design is the one document
    let code = failure.report(false);
    Ok(if shown == Done::Done { Done::Unproven(code) } else { shown })
}

/// Refuse two files of one name, however it is spelled, and to write where the instance is read from: the last that
/// is written would be all that is left.
fn check_apart(read: Option<&str>, written: &[Option<&Path>]) -> Result<(), Failure> {
    let whole = |path: &Path| {
        let path = files::behind_links(path).unwrap_or_else(|_| path.into());
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new(".")).canonicalize();
        path.canonicalize().unwrap_or_else(|_| match (folder, path.file_name()) {
            (Ok(folder), Some(name)) => folder.join(name),
            _ => path,
        })
    };
    let read = read.map(Path::new).filter(|path| path.is_file()).map(whole);
    let mut seen = Vec::new();
    for path in written.iter().flatten() {
        let (found, own) = (path.display().to_string(), whole(path));
        if read.as_ref() == Some(&own) {
            let what = "the file that is read would be replaced";
            return Err(InputError::new(what, "--out", found, "another file").into());
        }
        if seen.contains(&own) {
            let what = "two things are to be written to one file";
            return Err(InputError::new(what, "--out", found, "a file for each").into());
        }
        seen.push(own);
    }
    Ok(())
}

/// Refuse a picture that the system has not, before anything is designed.
fn check_picture(asked: &Resolved, kind: Option<PictureKind>) -> Result<(), Failure> {
    let known = asked.system.pictures();
    if kind.map_or(!known.is_empty(), |kind| known.contains(&kind)) {
        return Ok(());
    }
    let words: Vec<&str> = known.iter().map(|kind| kind.word()).collect();
    let allowed = if words.is_empty() { "no --plot".to_owned() } else { hint::list(&words) };
    let what = format!("{} has no such picture", asked.system.id());
    let found = kind.map_or("nothing", PictureKind::word);
    Err(InputError::new(what, "--plot-kind", found, allowed).into())
}

/// A figure that is finished is not replaced by one of half a design.
fn write_figure(svg: &str, path: &Path) -> Result<(), Failure> {
    if interrupt().is_raised() && path.exists() {
        return Ok(());
    }
    // By which a file of ours is known where one is to be replaced.
    let svg = format!("{}\n<!-- {} -->\n", svg.trim_end(), files::MARK);
    files::write(path, svg.as_bytes())?;
    say(&format!("wrote {}", path.display()));
    Ok(())
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
    let asked = resolved(&options.instance, Method::Given)?;
    let source = data::Source::parse(&options.variables)?;
    let set = named_arrays::whole(&source, "design", asked.system.variable_fields())?;
    tell(set.notes());
    let variables = Arrays::Read(source.file, set);
    let story =
        asked.system.evaluate(&asked.source, &variables).map_err(|error| asked.locate(error))?;
    show(&story, options.out.as_deref(), as_json)
}

pub(crate) fn verify(file: &Path, as_json: bool) -> Result<Done, Failure> {
    let place = file.display().to_string();
    let text = data::design_document(file)?;
    let document = data::json_document(text.as_bytes())
        .map_err(|error| InputError { place: format!("{place}:{}", error.place), ..error })?;
    let finding = system_of(&document, &place)?.verify(&document).map_err(|error| match error {
        SingleError::Input(error) => Failure::from(error.in_file(&place)),
        other => other.into(),
    })?;
    show_finding(&finding, as_json)?;
    Ok(if finding.agrees { Done::Done } else { Done::Contradicts })
}

/// The instance that is meant, and with what it is designed; the notes of its readers are said.
fn resolved(options: &cli::Instance, method: Method<'_>) -> Result<Resolved, Failure> {
    if let (Some(first), Some(second)) = (&options.given, options.more.first()) {
        return Err(two(first, second).into());
    }
    let asked = Asked {
        given: options.given.as_deref(),
        scenario: options.scenario.as_deref(),
        system: options.system.as_deref(),
        arrays: &options.array,
        set: &options.set,
        seed: options.seed,
        trial: options.trial,
    };
    let resolved = Source::resolve(&asked, method)?;
    tell(&resolved.notes);
    Ok(resolved)
}

/// The refusal of two things where one is designed, with the options that were meant.
fn two(first: &str, second: &str) -> InputError {
    let is_system = |name: &str| systems::registry().ids().contains(&name);
    let is_file = |name: &str| name.ends_with(".toml");
    let pairs = [(first, second), (second, first)];
    let arrays = pairs.into_iter().find(|(_, arrays)| !is_system(arrays) && !is_file(arrays));
    let hint = match arrays {
        Some((system, arrays)) if is_system(system) => format!(
            "`{arrays} --system {system} --scenario default` takes what the arrays do not have from the default \
             scenario; `{system} --array NAME={arrays}` is one array by its name"
        ),
        Some((file, arrays)) if is_file(file) => format!(
            "`{arrays} --scenario {file}` takes what the arrays do not have from the scenario; \
             `{file} --array NAME={arrays}` is one array by its name"
        ),
        Some((one, other)) => format!("`{one} --array NAME={other}` is one array more by its name"),
        None if is_system(first) != is_system(second) => {
            "a scenario file says its system: the file alone".to_owned()
        }
        None => "one call designs one of them".to_owned(),
    };
    let what = "two things are given where one is designed";
    let found = format!("`{first}` and `{second}`");
    InputError::new(what, "SCENARIO|ARRAYS", found, "one scenario, system or file of arrays")
        .hint(hint)
}

/// Say what the readers decided.
fn tell(notes: &[String]) {
    for note in notes {
        say(&format!("note: {note}"));
    }
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

fn check_svg(plot: Option<&Path>, option: &str) -> Result<(), Failure> {
    let wrong = plot.filter(|path| path.extension().is_none_or(|ending| ending != "svg"));
    let Some(path) = wrong else { return Ok(()) };
    let what = "the file's ending does not tell its format";
    Err(InputError::new(what, option, path.display().to_string(), "a name in .svg").into())
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
    if as_json { print_json(&finding_json(finding)) } else { print(&finding_text(finding)) }
}

fn finding_json(finding: &Finding) -> Value {
    let compared: Vec<Value> = finding
        .compared
        .iter()
        .map(|(name, stored, found)| json!({ "name": name, "stored": stored, "found": found }))
        .collect();
    let claim = |Claim { name, verdict }: &Claim| json!({ "name": name, "verdict": verdict.as_str(), "reason": verdict.reason() });
    let claims: Vec<Value> = finding.claims.iter().map(claim).collect();
    // JSON has no number for it
    let violation = match finding.violation.is_finite() {
        true => json!(finding.violation),
        false => json!("infinite"),
    };
    json!({
        "format": "noctule-finding/1",
        "agrees": finding.agrees,
        "summary": finding.summary(),
        "violation": violation,
        "claims": claims,
        "compared": compared,
    })
}

fn finding_text(finding: &Finding) -> String {
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
    let reasons = finding.claims.iter().filter_map(|claim| {
        let why = claim.verdict.reason()?;
        let line = format!("{}: {} ({why})", claim.name, claim.verdict.as_str());
        Some(format!("  {}\n", tables::hanging(&line, width, 4)))
    });
    format!(
        "{}\nlargest violation of a constraint: {:.1e}\n{}\n{}{verdict}{missed}",
        tables::plain(headers, rows, 1),
        finding.violation,
        tables::wrap(&finding.summary(), width),
        reasons.collect::<String>()
    )
}
