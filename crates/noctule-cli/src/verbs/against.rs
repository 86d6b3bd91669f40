//! `noctule bench --against`: the frozen instances, designed by somebody else's program.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;

use noctule_lab::benchmark::{Judged, Program, Summary, Verdict, instances, run as ask};
use noctule_lab::files;
use noctule_num::InputError;
use serde_json::json;

use super::{print, print_json};
use crate::cli;
use crate::exit::{Done, Failure};
use crate::progress::{Ticker, say};
use crate::signals::interrupt;
use crate::tables;

pub(crate) fn run(program: &Path, options: &cli::Bench, as_json: bool) -> Result<Done, Failure> {
    let mut all = instances(options.given.as_deref())?;
    if let Some(prefix) = &options.only {
        all.retain(|one| one.id.starts_with(prefix.as_str()));
        if all.is_empty() {
            let what = "no instance has such a name";
            let allowed = "the beginning of one, such as pilots/two-users/00";
            return Err(InputError::new(what, "--only", prefix, allowed).into());
        }
    }
    let program = Program::new(program, options.limit)?;
    let mut kept = options.out.as_deref().map(|path| begun(path, options.force)).transpose()?;
    let ticker = Ticker::new(all.len() as u64);
    let mut broken = None;
    let judged = ask(&program, &all, &interrupt(), |one| {
        ticker.tick();
        if let (Some(file), None) = (&mut kept, &broken) {
            let written = serde_json::to_string(one).map_err(std::io::Error::other);
            broken = written.and_then(|line| writeln!(file, "{line}")).err();
        }
    });
    ticker.finish();
    let judged = judged?;
    if let Some(error) = broken {
        say(&format!("the verdicts could not all be written: {error}"));
    }
    if judged.is_empty() {
        return Err(Failure::Interrupted);
    }
    let summaries = Summary::all(&judged);
    if as_json {
        let format = "noctule-verdicts/1";
        print_json(
            &json!({ "format": format, "asked": all.len(), "summary": summaries, "verdicts": judged }),
        )?;
    } else {
        print(&text(&summaries, &judged, all.len()))?;
    }
    Ok(match () {
        () if summaries.iter().any(|one| one.beyond_bound > 0) => Done::Contradicts,
        () if judged.len() < all.len() => Done::Resumable,
        () if summaries.iter().all(|one| one.designs == 0) => Done::NothingDesigned,
        () => Done::Done,
    })
}

/// The file of verdicts, empty.
fn begun(path: &Path, force: bool) -> Result<File, Failure> {
    if !force && path.exists() {
        let found = path.display().to_string();
        let error = InputError::new("the file is there already", "--out", found, "another name");
        return Err(error.hint("--force replaces it").into());
    }
    files::write(path, b"")?;
    File::options().append(true).open(path).map_err(|error| {
        let found = format!("{}: {error}", path.display());
        InputError::new("the file cannot be written", "--out", found, "a file that can").into()
    })
}

fn text(summaries: &[Summary], judged: &[Judged], asked: usize) -> String {
    let headers = [
        "Form",
        "instances",
        "designs",
        "within 1e-3",
        "median gap",
        "worst gap",
        "infeasible",
        "failed",
        "beyond",
        "time",
    ];
    let size = |x: Option<f64>| x.map_or_else(|| "–".to_owned(), |x| format!("{x:.1e}"));
    let row = |one: &Summary| {
        vec![
            one.form.clone(),
            one.instances.to_string(),
            one.designs.to_string(),
            one.within_a_thousandth.to_string(),
            size(one.median_gap),
            size(one.worst_gap),
            one.infeasible.to_string(),
            one.failed.to_string(),
            one.beyond_bound.to_string(),
            one.median_seconds.map_or_else(|| "–".to_owned(), |s| format!("{:.0} ms", 1e3 * s)),
        ]
    };
    let rows: Vec<Vec<String>> = summaries.iter().map(row).collect();
    let mut text =
        tables::fitted(&headers.map(str::to_owned), &rows, 1, Some(tables::prose_width()));
    text.push_str(
        "\nGaps are relative to bounds that are proven: the true distance is at most that.\n",
    );
    if judged.len() < asked {
        text.push_str(&format!("interrupted: {} of {asked} instances\n", judged.len()));
    }
    let troubled = judged.iter().filter_map(|one| Some((one, trouble(&one.verdict)?)));
    for (one, why) in troubled.take(MOST_TROUBLES) {
        text.push_str(&tables::hanging(&format!("{}: {why}", one.id), tables::prose_width(), 2));
        text.push('\n');
    }
    text
}

/// So many instances without a design are told by name; --out and --json have them all.
const MOST_TROUBLES: usize = 8;

fn trouble(verdict: &Verdict) -> Option<String> {
    Some(match verdict {
        Verdict::Judged { .. } => return None,
        Verdict::BeyondBound { value, by } => {
            format!("{value} is beyond the proven bound by {by:.1e}: tell us, please")
        }
        Verdict::Infeasible { violation } => {
            format!("misses a requirement by {violation:.1e} of its limit")
        }
        Verdict::NoDesign { why } => format!("no design: {why}"),
        Verdict::Crashed { why } => format!("the program failed: {why}"),
        Verdict::TimedOut => "out of time".to_owned(),
    })
}
