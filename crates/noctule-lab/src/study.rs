//! A study from its file to its results, in five calls.
//!
//! ```text
//!   Study::new(experiment) ─ store(folder) ─ run(…) ─▶ complete? ─ finish(…) ─▶ Results
//! ```

use std::path::{Path, PathBuf};

use noctule_figure::Figure;
use noctule_num::InputError;
use noctule_optim::Interrupt;

use crate::claim::{self, Judged};
use crate::error::LabError;
use crate::experiment::{Changes, Experiment};
use crate::fold::{self, Folded};
use crate::manifest;
use crate::plan::{Chains, Plan};
use crate::present;
use crate::presentation::Presentation;
use crate::registry::Registry;
use crate::run::{self, Progress, RunOptions, RunReport, Store};

/// An experiment that is ready to run: planned, and accepted by its system at every point.
pub struct Study<'r> {
    /// The plan.
    pub plan: Plan,
    /// What the results are called.
    pub presentation: Presentation,
    chains: Chains<'r>,
}

impl std::fmt::Debug for Study<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Study").field("plan", &self.plan.hash()).finish_non_exhaustive()
    }
}

impl<'r> Study<'r> {
    /// Plan and prepare an experiment; `source` is its file, kept for the report.
    ///
    /// What the system refuses is reported at the place in the file that caused it.
    pub fn new(
        experiment: &Experiment,
        source: &str,
        registry: &Registry<'r>,
    ) -> Result<Self, InputError> {
        let Some(system) = registry.get(&experiment.system) else {
            let known = registry.ids().join(", ");
            return Err(InputError::new(
                "there is no such system",
                "system",
                &experiment.system,
                known,
            ));
        };
        let plan = Plan::of(experiment, system);
        plan.check_size()?;
        let chains = plan
            .prepare(registry)
            .map_err(|refused| experiment.locate(refused.scheme, refused.grid, refused.error))?;
        let presentation = Presentation::of(experiment, system, source);
        Ok(Self { plan, presentation, chains })
    }

    /// Open the folder of the results; with `force` also one that holds something else.
    pub fn store(&self, dir: &Path, force: bool) -> Result<Store, LabError> {
        Store::create(dir, self.plan.clone(), &self.presentation, force)
    }

    /// Run what is not there yet.
    pub fn run(
        &self,
        store: &Store,
        options: &RunOptions,
        progress: &dyn Progress,
        interrupt: &Interrupt,
    ) -> Result<RunReport, LabError> {
        run::run(store, &self.chains, options, progress, interrupt)
    }
}

/// Everything that is made from the chunks of a complete run.
#[derive(Clone, Debug)]
pub struct Results {
    /// The tables.
    pub folded: Folded,
    /// The verdicts.
    pub claims: Vec<Judged>,
    /// The files written, in the order in which a person would look at them.
    pub files: Vec<PathBuf>,
    /// What is not drawn of which figure, in sentences.
    pub notes: Vec<String>,
}

/// Fold a complete run and write tables, verdicts, figures, report and manifest.
///
/// An incomplete run is an error that names the missing chunks; nothing is written then.
pub fn finish(store: &Store, presentation: &Presentation) -> Result<Results, LabError> {
    let plan = store.plan();
    store.sweep();
    store.check_plan()?;
    let wanted = present::wanted(plan, presentation);
    let mut folded = fold::fold(store, &wanted)?;
    let claims = claim::judge_all(plan, presentation, &folded);
    let mut files = Vec::new();
    let mut write = |folded: &mut Folded, name: String, text: &str| -> Result<(), LabError> {
        files.push(store.write_output(&name, text.as_bytes())?);
        folded.digests.insert(name, crate::canonical::sha256(text.as_bytes()));
        Ok(())
    };
    let figures = present::figures(plan, presentation, &folded);
    for figure in &figures {
        let id = &figure.id;
        let pgf = figure.pgf(&format!("{id}.dat"));
        write(&mut folded, format!("figures/{id}.svg"), &figure.svg())?;
        write(&mut folded, format!("figures/{id}.tex"), &pgf.document)?;
        write(&mut folded, format!("figures/{id}.dat"), &pgf.table)?;
    }
    write(&mut folded, "claims.json".into(), &claim::json(&claims))?;
    let report = present::report(store, presentation, &folded, &claims, &figures);
    write(&mut folded, "report.html".into(), &crate::report::html(&report))?;
    run::remove_figures(store.dir(), |name| folded.digests.contains_key(name));
    let manifest = manifest::text(store, presentation, &folded);
    files.push(store.write_output("manifest.json", manifest.as_bytes())?);
    let tables = ["records.csv", "series.csv", "summary.csv"].map(|name| store.dir().join(name));
    files.splice(0..0, tables);
    let note = |figure: &Figure| Some(format!("figure {}: {}", figure.id, figure.left_out()?));
    let notes = figures.iter().filter_map(note).collect();
    Ok(Results { folded, claims, files, notes })
}

/// The folder of an experiment under `results/`: its name, and what the command line changed, so
/// that a quick look does not collide with the full run.
pub fn default_folder(experiment: &Experiment, changes: &Changes) -> PathBuf {
    let mut name = experiment.id.clone();
    if changes.ci {
        name.push_str("-ci");
    }
    if let Some(trials) = changes.trials {
        name.push_str(&format!("-trials-{trials}"));
    }
    if let Some(seed) = changes.seed {
        name.push_str(&format!("-seed-{seed}"));
    }
    Path::new("results").join(name)
}
