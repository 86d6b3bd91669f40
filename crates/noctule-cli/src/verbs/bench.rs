//! `noctule bench`: all schemes of a system on the same instances, in one process.

use noctule_lab::bench::{Comparison, Standing, Standings, compare};
use noctule_lab::experiment::{of_tables, overrides, settable};
use noctule_lab::present::format::short;
use noctule_lab::resolve::Meant;
use noctule_lab::system::{Contender, System};
use noctule_lab::systems;
use noctule_num::{InputError, hint};
use serde_json::{Map, Value, json};

use super::{print, print_json};
use crate::cli;
use crate::exit::{Done, Failure};
use crate::progress::Ticker;
use crate::signals::interrupt;
use crate::tables;

pub(crate) fn run(options: &cli::Bench, as_json: bool) -> Result<Done, Failure> {
    if let Some(program) = &options.against {
        return super::against::run(program, options, as_json);
    }
    let given = options.given.as_deref().unwrap_or(systems::DEFAULT);
    let Meant { system, scenario, .. } = Meant::by(given, "SYSTEM|SCENARIO")?;
    let (scenario, contenders) = changed(system, scenario, options)?;
    let comparison = Comparison {
        scenario,
        seed: options.seed,
        trials: options.trials,
        repeat: options.repeat,
        contenders,
        within: options.within.clone(),
    };
    check(&comparison)?;
    let ticker = Ticker::new(comparison.trials * comparison.contenders.len() as u64);
    let standings = compare(system, &comparison, &interrupt(), || ticker.tick());
    ticker.finish();
    let standings = standings?;
    if standings.standings.iter().all(|standing| standing.samples.is_empty()) {
        return Err(Failure::Interrupted);
    }
    if as_json {
        print_json(&standings.json(system, &comparison))?;
    } else {
        print(&text(system, &comparison, &standings))?;
    }
    let designed = standings.standings.iter().any(|standing| standing.designs() > 0);
    Ok(if designed { Done::Done } else { Done::NothingDesigned })
}

/// The scenario and the contenders, with what `--scheme` and `--set` change.
fn changed(
    system: &dyn System,
    scenario: Value,
    options: &cli::Bench,
) -> Result<(Value, Vec<Contender>), InputError> {
    let mut contenders = system.contenders();
    if !options.scheme.is_empty() {
        let mut chosen = Vec::new();
        for name in &options.scheme {
            chosen.push(contender(system, &contenders, name)?);
        }
        contenders = chosen;
    }
    let settings: Map<String, Value> =
        contenders.iter().map(|c| (c.id.clone(), c.settings.clone())).collect();
    let defaults = json!({ "scenario": scenario, "scheme": settings });
    let schema_of = |c: &Contender| system.settings_schema(&c.scheme).unwrap_or_default();
    let schemas = of_tables(contenders.iter().map(|c| (c.id.as_str(), schema_of(c))));
    let schema = settable(system.scenario_schema(), schemas);
    let changed = overrides(&defaults, &schema, &options.set)?;
    for contender in &mut contenders {
        contender.settings = changed["scheme"][&contender.id].clone();
    }
    if options.scheme.is_empty() {
        contenders.retain(|one| system.takes_part(&changed["scenario"], &one.scheme));
    }
    Ok((changed["scenario"].clone(), contenders))
}

/// One of those who usually take part, or else a scheme as it comes.
fn contender(
    system: &dyn System,
    usual: &[Contender],
    name: &str,
) -> Result<Contender, InputError> {
    if let Some(found) = usual.iter().find(|contender| contender.id == name) {
        return Ok(found.clone());
    }
    if let Some(settings) = system.default_settings(name) {
        return Ok(Contender { id: name.to_owned(), scheme: name.to_owned(), settings });
    }
    let mut names: Vec<&str> = usual.iter().map(|contender| contender.id.as_str()).collect();
    let schemes = system.schemes().into_iter().map(|scheme| scheme.name);
    names.extend(schemes.filter(|name| !usual.iter().any(|contender| contender.id == *name)));
    let what = "there is no such scheme";
    let error = InputError::new(what, "--scheme", name, hint::list(&names));
    let ids = names.iter().map(|name| (*name, *name));
    let schemes = system.schemes();
    let labels = schemes.iter().map(|scheme| (scheme.name, scheme.label));
    let known: Vec<(&str, &str)> = ids.chain(labels).collect();
    Err(hint::scheme(error, name, &known))
}

fn check(comparison: &Comparison) -> Result<(), InputError> {
    let positive = |x: f64| x > 0.0 && x.is_finite();
    if let Some(wrong) = comparison.within.iter().find(|x| !positive(**x)) {
        let what = "a distance is not a positive number";
        return Err(InputError::new(what, "--within", wrong.to_string(), "such as 1e-6"));
    }
    for (name, count) in [("--trials", comparison.trials), ("--repeat", comparison.repeat.into())] {
        if count == 0 {
            return Err(InputError::new("there is nothing to do", name, "0", "1 or more"));
        }
    }
    Ok(())
}

fn text(system: &dyn System, comparison: &Comparison, standings: &Standings) -> String {
    let mut text = format!(
        "{}: {} instances, fastest of {} (fewer where a design takes long), one thread\n\n{}\n",
        system.id(),
        comparison.trials,
        comparison.repeat,
        whole(standings)
    );
    if let (Some(first), Some(goal)) = (standings.standings.first(), system.goal()) {
        text.push_str(&format!(
            "\nTo the same {}, relative to the best known; × is relative to {}\n{}\n",
            goal.metric.replace('_', " "),
            first.contender.id,
            reaches(comparison, standings, first)
        ));
    }
    for standing in &standings.standings {
        if let Some(note) = standing.note() {
            text.push_str(&format!("\n{}: {note}", standing.contender.id));
        }
    }
    text.push_str(&format!(
        "\ncalibration kernel (16 × 16 complex product): {}\n",
        duration(Some(standings.calibration_s))
    ));
    text
}

/// Whole designs.
fn whole(standings: &Standings) -> String {
    let headers =
        ["Scheme", "designs", "objective", "worst loss", "evaluations", "time", "kernels"];
    let rows = standings.standings.iter().map(|standing| {
        let kernels = standing.seconds().map(|s| s / standings.calibration_s);
        vec![
            standing.contender.id.clone(),
            standing.designs().to_string(),
            number(standing.objective()),
            standing.worst_shortfall().map_or_else(dash, |x| format!("{x:.0e}")),
            number(standing.evaluations()),
            duration(standing.seconds()),
            number(kernels),
        ]
    });
    let rows: Vec<Vec<String>> = rows.collect();
    tables::fitted(&headers.map(str::to_owned), &rows, 1, Some(tables::prose_width()))
}

/// What it took to come close to the best known.
fn reaches(comparison: &Comparison, standings: &Standings, first: &Standing) -> String {
    let headers = ["Scheme", "within", "reached", "evaluations", "×", "time", "×"];
    let mut rows = Vec::new();
    let mut never = Vec::new();
    for standing in &standings.standings {
        let anywhere =
            |(index, within): (usize, &f64)| standing.reach(index, *within, first).share > 0.0;
        if !comparison.within.iter().enumerate().any(anywhere) {
            never.push(standing.contender.id.as_str());
            continue;
        }
        for (index, within) in comparison.within.iter().enumerate() {
            let reach = standing.reach(index, *within, first);
            let name = if index == 0 { standing.contender.id.as_str() } else { "" };
            rows.push(vec![
                name.to_owned(),
                format!("{within:.0e}"),
                format!("{:.0} %", 100.0 * reach.share),
                number(reach.evaluations),
                number(reach.evaluations_ratio),
                duration(reach.seconds),
                number(reach.seconds_ratio),
            ]);
        }
    }
    let width = Some(tables::prose_width());
    let mut text = tables::fitted(&headers.map(str::to_owned), &rows, 1, width);
    if !never.is_empty() {
        let line = format!("never so close: {}", never.join(", "));
        text.push_str(&format!("\n{}", tables::wrap(&line, 76)));
    }
    text
}

fn dash() -> String {
    "–".to_owned()
}

fn number(value: Option<f64>) -> String {
    value.map_or_else(dash, short)
}

/// Seconds in a unit for people.
fn duration(seconds: Option<f64>) -> String {
    seconds.map_or_else(dash, |s| match s {
        s if s < 1e-3 => format!("{:.3} µs", 1e6 * s),
        s if s < 1.0 => format!("{:.3} ms", 1e3 * s),
        s => format!("{s:.3} s"),
    })
}
