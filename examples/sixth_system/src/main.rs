//! A sixth system: one folder, and one line that registers it.
//!
//! `cargo run -p sixth-system` compares its schemes on one instance, and shows that the engine —
//! experiment files, documents, their verification — knows it from its tables alone.
#![allow(clippy::print_stdout, reason = "an example for people")]

mod power_split;

use noctule::{Run, System};
use noctule_lab::experiment::Experiment;
use noctule_lab::registry::Registry;
use noctule_lab::single::{Single, Source};
use noctule_lab::systems::Of;
use power_split::{PowerSplit, Scenario};

/// The line of registration.
const SIXTH: Of<PowerSplit> = Of::new();

const EXPERIMENT: &str = r#"
format = "noctule-experiment/1"
system = "power-split"
trials = 20

[[sweep]]
path = "scenario.crb_limit_db"
values = [-20.0, -10.0, 0.0]

[[scheme]]
name = "optimal"

[[scheme]]
name = "equal"
"#;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let instance = Scenario::default().realize(/* seed */ 1, /* trial */ 0)?;
    for scheme in PowerSplit::SCHEMES {
        let design = scheme.design(&instance, &Run::default())?;
        println!("{:<10} {:.4} bit/s/Hz; {}", scheme.id, design.metrics.rate_bps_hz, design.proof);
    }

    let registry = Registry::new([&SIXTH as &dyn noctule_lab::system::System]);
    let experiment = Experiment::parse(EXPERIMENT, "mine.toml", "mine", &registry)?;
    println!("{} points, {} schemes", experiment.grid_len(), experiment.schemes.len());

    let scenario = Some(noctule_lab::system::System::default_scenario(&SIXTH));
    let source = Source { scenario, arrays: None, seed: 1, trial: 0 };
    let story = SIXTH.design(&source, "optimal", &serde_json::json!({}), &Default::default())?;
    let finding = SIXTH.verify(&story.document)?;
    println!("{}: its document is confirmed: {}", story.title, finding.agrees);
    Ok(())
}
