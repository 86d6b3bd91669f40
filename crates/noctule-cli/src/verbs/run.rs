//! `noctule run`: the whole way from an experiment file to its report.

use std::path::{Path, PathBuf};
use std::time::Instant;

use noctule_lab::builtin::Named;
use noctule_lab::experiment::Changes;
use noctule_lab::fold::GroupSummary;
use noctule_lab::plan::Plan;
use noctule_lab::presentation::Presentation;
use noctule_lab::run::{Part, Resolved, RunOptions, RunReport, Shard, Store, check_part};
use noctule_lab::{Request, Results, Study, builtin, claim, finish, systems};
use noctule_num::InputError;
use serde_json::{Map, Value, json};

use super::{print, print_json, source};
use crate::cli::Run;
use crate::exit::{Done, Failure};
use crate::progress::{Watcher, say};
use crate::tables;

pub(crate) fn run(options: &Run, as_json: bool) -> Result<Done, Failure> {
    let started = Instant::now();
    let part: Part = options.shard.as_deref().map_or(Ok(Part::default()), str::parse)?;
    let registry = systems::registry();
    let said = options.experiment.as_deref();
    if let Some(dir) = said.and_then(folder_of_a_run) {
        refuse_changes(options)?;
        let (study, store) = Study::resume(&dir, &registry)?;
        let resolved = resolve(part, &dir, &study.plan)?;
        return ran(study, &store, options, (part, &resolved), (started, None), as_json);
    }
    let opened = Study::open(&named(options)?, request(options), &registry)?;
    if part != Part::default() && !options.fresh {
        refuse_fewer(&opened.dir, &opened.study.plan)?;
    }
    let resolved = resolve(part, &opened.dir, &opened.study.plan)?;
    let store = opened.store(|old| {
        say(&format!("earlier results are now in {}", old.display()));
    })?;
    let allowed = opened.experiment.ci.max_seconds;
    let clock = (started, Some(allowed));
    ran(opened.study, &store, options, (part, &resolved), clock, as_json)
}

/// Which part is meant, before anything is written.
fn resolve(part: Part, dir: &Path, plan: &Plan) -> Result<Resolved, Failure> {
    let resolved = part.resolve(dir, |name| std::env::var(name).ok())?;
    check_part(plan, resolved.shard)?;
    Ok(resolved)
}

/// Run a study and say what came of it; `part` is what was asked for and which that is, `clock` when it
/// began, and what [ci] allows.
fn ran(
    study: Study<'_>,
    store: &Store,
    options: &Run,
    (part, resolved): (Part, &Resolved),
    clock: (Instant, Option<f64>),
    as_json: bool,
) -> Result<Done, Failure> {
    resolved.keep()?;
    let shard = resolved.shard;
    let interrupt = crate::signals::interrupt();
    announce(&study);
    if part == Part::default()
        && let Some(results) = study.answer(store)
        && !(options.fail_fast && has_failures(&results))
    {
        let report = RunReport {
            chunks: study.plan.chunks(),
            reused: study.plan.chunks(),
            ..RunReport::default()
        };
        let seconds = clock.0.elapsed().as_secs_f64();
        return show_results(
            store,
            &study.presentation,
            &results,
            Some((&report, seconds)),
            as_json,
        );
    }
    let watcher = Watcher::new();
    let threads = options.threads.map(usize::from);
    let run_options = RunOptions { threads, shard, fail_fast: options.fail_fast };
    let report = study.run(store, &run_options, &watcher, &interrupt);
    watcher.finish();
    let report = report?;
    if report.interrupted {
        return stopped(store.dir(), &report, as_json);
    }
    if shard.count > 1 || part != Part::default() {
        return shard_done(store.dir(), shard, &report, as_json);
    }
    let presentation = study.ran();
    let results = finish(store, &presentation)?;
    let seconds = clock.0.elapsed().as_secs_f64();
    if let Some(allowed) = clock.1.filter(|allowed| options.ci && seconds > *allowed) {
        let what = format!("this took {seconds:.1} s; the experiment allows {allowed} s in [ci]");
        say(&format!("warning: {what}"));
    }
    show_results(store, &presentation, &results, Some((&report, seconds)), as_json)
}

/// A folder with a plan in it. The name of a built-in experiment means that, also where there is a
/// folder of this name; `./` before it, or `/` behind, makes it a path.
pub(super) fn folder_of_a_run(name: &str) -> Option<PathBuf> {
    let known = builtin::ALL.iter().any(|built_in| built_in.id == name);
    (!known && Path::new(name).join("plan.json").is_file()).then(|| PathBuf::from(name))
}

/// What a plan that is in a folder has decided already.
fn refuse_changes(options: &Run) -> Result<(), Failure> {
    let given = [
        ("--trials", options.trials.is_some()),
        ("--seed", options.seed.is_some()),
        ("--ci", options.ci),
        ("--out", options.out.is_some()),
        ("--fresh", options.fresh),
    ];
    match given.iter().find(|(_, given)| *given) {
        None => Ok(()),
        Some((option, _)) => Err(decided(option)),
    }
}

/// One part of a run does not decide that the others have computed too much.
fn refuse_fewer(dir: &Path, plan: &Plan) -> Result<(), Failure> {
    let Ok(found) = Plan::read(&dir.join("plan.json")) else { return Ok(()) };
    if found.core_hash() != plan.core_hash() || found.trials <= plan.trials {
        return Ok(());
    }
    let what = "the run in this folder has more trials, and a part of it would make it smaller";
    let (there, here) = (found.trials, plan.trials);
    let place = dir.display().to_string();
    let allowed = format!("the folder instead of the experiment, or --trials {there}");
    Err(InputError::new(what, place, format!("{here} instead of {there}"), allowed).into())
}

/// An option that says what the plan of a folder has said.
pub(super) fn decided(option: &str) -> Failure {
    let what = "the folder of a run has its plan, which this option would change";
    let error = InputError::new(what, option, "a folder", "the folder alone");
    error.hint("name the experiment instead: a larger number of trials extends its folder").into()
}

/// The experiment that is meant.
fn named(options: &Run) -> Result<Named, Failure> {
    let default = builtin::default().map(|built_in| built_in.id);
    match options.experiment.as_deref().or(default) {
        Some(name) => source(name),
        None => {
            let (what, allowed) = ("no experiment was named", "a file or a name");
            Err(InputError::new(what, "experiment", "nothing", allowed).into())
        }
    }
}

fn request(options: &Run) -> Request {
    Request {
        changes: Changes { trials: options.trials, seed: options.seed, ci: options.ci },
        out: options.out.clone(),
        fresh: options.fresh,
        force: options.force,
        guests: Vec::new(),
    }
}

fn announce(study: &Study<'_>) {
    let plan = &study.plan;
    let trials = match plan.deterministic {
        true => "deterministic".to_owned(),
        false => format!("{} trials", plan.trials),
    };
    say(&format!(
        "{}\n{} schemes · {} points · {trials} · seed {} · plan {}",
        study.presentation.title,
        plan.schemes.len(),
        plan.grid_len(),
        plan.seed,
        &plan.hash()[..12],
    ));
    if let Some(needs) = plan.needs() {
        say(&needs);
    }
    super::say_notes(&study.presentation);
}

fn report_json(report: &RunReport) -> Value {
    json!({
        "chunks": report.chunks,
        "reused": report.reused,
        "computed": report.computed,
        "healed": report.healed.len(),
        "interrupted": report.interrupted,
        "designed": report.rows.designed,
        "infeasible": report.rows.infeasible,
        "unsound": report.rows.unsound,
        "failed": report.rows.failed,
        "not_run": report.rows.not_run,
    })
}

fn stopped(dir: &Path, report: &RunReport, as_json: bool) -> Result<Done, Failure> {
    if as_json {
        print_json(
            &json!({ "format": "noctule-run/1", "folder": dir, "complete": false, "run": report_json(report) }),
        )?;
    }
    let done = report.reused + report.computed;
    say(&format!(
        "stopped after {done} of {} chunks; run the same command to resume",
        report.chunks
    ));
    Ok(Done::Resumable)
}

fn shard_done(
    dir: &Path,
    shard: Shard,
    report: &RunReport,
    as_json: bool,
) -> Result<Done, Failure> {
    if as_json {
        print_json(
            &json!({ "format": "noctule-run/1", "folder": dir, "shard": format!("{}/{}", shard.index, shard.count), "run": report_json(report) }),
        )?;
    }
    say(&format!(
        "shard {}/{} is complete; `noctule merge {}` when all are",
        shard.index,
        shard.count,
        dir.display()
    ));
    Ok(Done::Done)
}

/// Table, verdicts and paths; shared with `merge`.
pub(crate) fn show_results(
    store: &Store,
    presentation: &Presentation,
    results: &Results,
    run: Option<(&RunReport, f64)>,
    as_json: bool,
) -> Result<Done, Failure> {
    if as_json {
        print_json(&results_json(store, presentation, results, run.map(|(report, _)| report)))?;
    } else {
        let width = tables::width();
        print(&tables::summary(store.plan(), presentation, &results.folded, width))?;
        if !results.claims.is_empty() {
            print(&format!("\n{}", tables::claims(&results.claims, width)))?;
        }
    }
    if let Some((report, seconds)) = run {
        say_run(report, seconds, results);
    }
    say_failures(presentation, results);
    for note in &results.notes {
        say(note);
    }
    say(if results.again { "there:" } else { "written:" });
    for file in &results.files {
        say(&format!("  {}", file.display()));
    }
    Ok(verdict(results))
}

fn say_run(report: &RunReport, seconds: f64, results: &Results) {
    if results.again {
        say("\nThe run was complete already: its files are there, with the sizes that they had.");
        say("`noctule status --check` reads them all.");
    } else if report.computed == 0 {
        say("\nThe run was complete already; tables and figures were written again.");
    } else {
        let (computed, reused) = (report.computed, report.reused);
        say(&format!("\n{computed} chunks in {seconds:.1} s, {reused} reused"));
    }
    if report.precise {
        say(&format!("stopped at the target precision after {} trials", results.folded.trials));
    }
}

/// Whether there are designs that failed, which a run finds that is told to end with the first.
fn has_failures(results: &Results) -> bool {
    results.folded.groups.iter().any(|group| group.failed + group.unsound > 0)
}

/// Where designs failed or are unsound, with the first reason.
fn say_failures(presentation: &Presentation, results: &Results) {
    for group in &results.folded.groups {
        let ended = [(group.failed, "failed"), (group.unsound, "are numerically unsound")];
        let ended = ended.iter().filter(|(count, _)| *count > 0);
        let words: Vec<String> = ended.map(|(count, word)| format!("{count} {word}")).collect();
        if let Some(reason) = group.first_failure.as_ref().filter(|_| !words.is_empty()) {
            say(&format!(
                "{} at point {}: {}; the first: {reason}",
                presentation.schemes[group.scheme],
                group.point,
                words.join(", ")
            ));
        }
    }
}

fn verdict(results: &Results) -> Done {
    let groups = &results.folded.groups;
    if results.claims.iter().any(claim::Judged::contradicts) {
        Done::Contradicts
    } else if groups.iter().all(|group| group.designed == 0)
        && groups.iter().any(|group| group.failed + group.unsound > 0)
    {
        Done::NothingDesigned
    } else {
        Done::Done
    }
}

fn results_json(
    store: &Store,
    presentation: &Presentation,
    results: &Results,
    report: Option<&RunReport>,
) -> Value {
    let groups = results.folded.groups.iter().map(|group| group_json(store.plan(), group));
    let groups: Vec<Value> = groups.collect();
    json!({
        "format": "noctule-run/1",
        "experiment": presentation.experiment,
        "folder": store.dir(),
        "plan": store.hash(),
        "complete": true,
        "checked": if results.again { "sizes" } else { "digests" },
        "trials": results.folded.trials,
        "run": report.map(report_json),
        "groups": groups,
        "claims": claim::value(&results.claims),
        "files": results.files,
    })
}

fn group_json(plan: &Plan, group: &GroupSummary) -> Value {
    let values = plan.sweeps.iter().zip(plan.grid_values(group.point));
    let sweeps: Map<String, Value> =
        values.map(|(sweep, value)| (sweep.path.clone(), value.clone())).collect();
    let metrics = plan.metrics.iter().zip(&group.metrics);
    let metrics: Map<String, Value> = metrics
        .filter_map(|(name, summary)| {
            let s = summary.as_ref()?;
            let value = json!({ "n": s.count, "mean": s.mean, "standard_error": s.standard_error,
                "median": s.median, "q05": s.q05, "q25": s.q25, "q75": s.q75, "q95": s.q95,
                "min": s.min, "max": s.max });
            Some((name.clone(), value))
        })
        .collect();
    json!({
        "scheme": plan.schemes[group.scheme].id, "point": group.point, "sweeps": sweeps,
        "metrics": metrics, "designed": group.designed, "infeasible": group.infeasible,
        "unsound": group.unsound, "failed": group.failed, "not_run": group.not_run,
        "worst_residual": group.worst_residual, "worst_gap_rel": group.worst_gap_rel,
        "worst_violation": group.worst_violation,
    })
}
