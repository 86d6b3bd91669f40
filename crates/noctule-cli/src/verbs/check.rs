//! `noctule check`: whether an experiment file is accepted, and how large a run it is.

use noctule_lab::experiment::Experiment;
use noctule_lab::{Study, systems};
use serde_json::json;

use super::{print_json, source};
use crate::exit::{Done, Failure};
use crate::progress::say;

pub(crate) fn run(name: &str, as_json: bool) -> Result<Done, Failure> {
    let registry = systems::registry();
    let source = source(name)?;
    let experiment = Experiment::parse(&source.text, &source.file, &source.id, &registry)?;
    let study = Study::new(&experiment, &source.text, &registry)?;
    let plan = &study.plan;
    if as_json {
        print_json(&json!({
            "experiment": experiment.id,
            "plan": plan.hash(),
            "points": plan.grid_len(),
            "schemes": plan.schemes.len(),
            "trials": experiment.trials,
            "units": plan.units(),
            "chunks": plan.chunks(),
            "notes": study.presentation.notes,
        }))?;
    } else {
        say(&format!(
            "{} is fine: {} schemes × {} points × {} trials, {} chunks",
            source.file,
            plan.schemes.len(),
            plan.grid_len(),
            plan.trials,
            plan.chunks(),
        ));
        if let Some(needs) = plan.needs() {
            say(&needs);
        }
        super::say_notes(&study.presentation);
    }
    Ok(Done::Done)
}
