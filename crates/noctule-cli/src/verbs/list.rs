//! `noctule list`: what there is to run.

use noctule_lab::experiment::Experiment;
use noctule_lab::{builtin, systems};
use serde_json::json;

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
        let experiments: Vec<_> = experiments
            .iter()
            .map(|e| {
                json!({ "id": e.id, "title": e.title, "system": e.system, "trials": e.trials,
                        "points": e.grid_len(), "schemes": e.schemes.iter().map(|s| &s.id).collect::<Vec<_>>() })
            })
            .collect();
        let systems: Vec<_> =
            registry.iter().map(|s| json!({ "id": s.id(), "title": s.title() })).collect();
        print_json(&json!({ "experiments": experiments, "systems": systems }))?;
        return Ok(Done::Done);
    }
    let row = |e: &Experiment| {
        let trials = e.trials.map_or_else(|| "–".to_owned(), |trials| trials.to_string());
        vec![
            e.id.clone(),
            e.title.clone(),
            e.schemes.len().to_string(),
            e.grid_len().to_string(),
            trials,
        ]
    };
    let headers =
        ["Experiment", "Title", "Schemes", "Points", "Trials"].map(str::to_owned).to_vec();
    let rows: Vec<Vec<String>> = experiments.iter().map(row).collect();
    let width = Some(tables::prose_width());
    print(&tables::fitted(&headers, &rows, 2, width))?;
    print("–: nothing is drawn, one evaluation is all there is")?;
    let headers = ["System", "Title"].map(str::to_owned).to_vec();
    let rows: Vec<Vec<String>> = registry
        .iter()
        .map(|system| vec![system.id().to_owned(), system.title().to_owned()])
        .collect();
    print(&format!("\n{}", tables::fitted(&headers, &rows, 2, width)))?;
    Ok(Done::Done)
}
