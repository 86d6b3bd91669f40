//! `noctule list`: what there is to run.

use noctule_lab::experiment::Experiment;
use noctule_lab::system::System;
use noctule_lab::{Registry, builtin, systems};
use serde_json::{Value, json};

use super::{print, print_json};
use crate::exit::{Done, Failure};
use crate::tables;

pub(crate) fn run(as_json: bool, ids_only: bool) -> Result<Done, Failure> {
    if ids_only {
        let ids: Vec<&str> = builtin::ALL.iter().map(|built_in| built_in.id).collect();
        print(&ids.join("\n"))?;
        return Ok(Done::Done);
    }
    let registry = systems::registry();
    let mut experiments = Vec::new();
    for built_in in builtin::ALL {
        experiments.push(Experiment::parse(built_in.text, built_in.id, built_in.id, &registry)?);
    }
    if as_json {
        print_json(&document(&experiments, &registry))?;
        return Ok(Done::Done);
    }
    let width = Some(tables::prose_width());
    let headers = ["Experiment", "Title", "Schemes", "Points", "Trials"].map(str::to_owned);
    let rows: Vec<Vec<String>> = experiments.iter().map(row).collect();
    print(&tables::fitted(&headers, &rows, 2, width))?;
    print("–: nothing is drawn, one evaluation is all there is")?;
    let headers = ["System", "Title"].map(str::to_owned);
    let row = |system: &dyn System| vec![system.id().to_owned(), system.title().to_owned()];
    let rows: Vec<Vec<String>> = registry.iter().map(row).collect();
    print(&format!("\n{}", tables::fitted(&headers, &rows, 2, width)))?;
    Ok(Done::Done)
}

fn document(experiments: &[Experiment], registry: &Registry<'_>) -> Value {
    let experiment = |e: &Experiment| {
        let schemes: Vec<&String> = e.schemes.iter().map(|scheme| &scheme.id).collect();
        json!({ "id": e.id, "title": e.title, "system": e.system, "trials": e.trials,
                "points": e.grid_len(), "schemes": schemes })
    };
    let experiments: Vec<Value> = experiments.iter().map(experiment).collect();
    let system = |system: &dyn System| json!({ "id": system.id(), "title": system.title() });
    let systems: Vec<Value> = registry.iter().map(system).collect();
    json!({ "experiments": experiments, "systems": systems })
}

fn row(experiment: &Experiment) -> Vec<String> {
    let trials = experiment.trials.map_or_else(|| "–".to_owned(), |trials| trials.to_string());
    let (schemes, points) = (experiment.schemes.len(), experiment.grid_len());
    let (id, title) = (experiment.id.clone(), experiment.title.clone());
    vec![id, title, schemes.to_string(), points.to_string(), trials]
}
