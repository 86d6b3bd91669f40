//! A study from its file to its results, in four calls.
//!
//! ```text
//!   Study::open(file, request) ─ store(…) ─ study.run(…) ─▶ complete? ─ finish(…) ─▶ Results
//! ```

use std::path::{Path, PathBuf};

use noctule_figure::Figure;
use noctule_num::InputError;
use noctule_optim::Interrupt;

use crate::builtin::Named;
use crate::claim;
use crate::complete;
use crate::error::LabError;
use crate::experiment::{Changes, Experiment};
use crate::fold::{self, Folded};
use crate::manifest;
use crate::plan::{Chains, Plan};
use crate::present;
use crate::presentation::Presentation;
use crate::registry::Registry;
use crate::results::Results;
use crate::run::{self, Progress, RunOptions, RunReport, Store};
use crate::system::System;

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
        let system = registry.need(&experiment.system, "system")?;
        let experiment = &experiment.attached(system)?;
        let plan = Plan::of(experiment, system);
        plan.check_size()?;
        let chains = Chains::of(&plan, system)
            .map_err(|refused| experiment.locate(refused.scheme, refused.grid, refused.error))?;
        let mut presentation = Presentation::of(experiment, system, source);
        presentation.notes = notes(&plan, system);
        Ok(Self { plan, presentation, chains })
    }

    /// Go on with the plan that is in a folder, whatever became of the file it was made of. Where data
    /// that it refers to are gone, results that are complete are still answered and written.
    ///
    /// # Errors
    /// When there is no plan, or its system refuses it.
    pub fn resume(dir: &Path, registry: &Registry<'r>) -> Result<(Self, Store), LabError> {
        let (store, presentation) = Store::open(dir)?;
        let plan = store.plan().clone();
        let chains = match (plan.prepare(registry), &plan.data) {
            (Ok(chains), _) => chains,
            (Err(refused), None) => return Err(refused.error.into()),
            (Err(refused), Some(_)) => {
                Chains::gone(registry.need(&plan.system, "system")?, refused.error)
            }
        };
        Ok((Self { plan, presentation, chains }, store))
    }

    /// The study of results that are in a folder, where data that it refers to are gone: what they were
    /// stands in its plan. `None` where the folder holds another run, or none.
    fn of_results(
        experiment: &Experiment,
        source: &str,
        registry: &Registry<'r>,
        dir: &Path,
        why: &InputError,
    ) -> Option<Self> {
        let system = registry.need(&experiment.system, "system").ok()?;
        system.data()?;
        let (store, words) = Store::open(dir).ok()?;
        let plan = store.plan().clone();
        if !plan.is_of(&Plan::of(experiment, system)) {
            return None;
        }
        let mut presentation = Presentation::of(&plan.attached_to(experiment), system, source);
        presentation.notes = words.notes;
        let chains = Chains::gone(system, why.clone());
        Some(Self { plan, presentation, chains })
    }

    /// Open the folder of the results; with `force` also one that holds something else. The same data are
    /// called there as they are called in its plan.
    pub fn store(&self, dir: &Path, force: bool) -> Result<Store, LabError> {
        let plan = match Plan::read(&dir.join("plan.json")) {
            Ok(found) => self.plan.with_paths_of(&found),
            Err(_) => self.plan.clone(),
        };
        Store::create(dir, plan, &self.presentation, force)
    }

    /// What the run in a folder came to, where it is large, complete, and as it was left: nothing is
    /// read again then, and nothing written.
    pub fn answer(&self, store: &Store) -> Option<Results> {
        complete::answer(store, &self.presentation)
    }

    /// Whether what is not there yet can be computed.
    ///
    /// # Errors
    /// When data that the plan refers to are gone.
    pub fn ready(&self) -> Result<(), InputError> {
        self.chains.ready()
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

    /// What is left of it when everything has run: chains of many points take room that folding needs.
    pub fn ran(self) -> Presentation {
        self.presentation
    }
}

/// Points whose scenarios are asked for what is to be said of them.
const ASKED: usize = 1000;

/// What a system says of the scenarios of a plan, each thing once.
fn notes(plan: &Plan, system: &dyn System) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    let chains = (0..plan.chain_count()).filter(|&chain| plan.chain_scheme(chain) == 0);
    let points = chains.flat_map(|chain| (0..plan.chain_len()).map(move |point| (chain, point)));
    for (chain, point) in points.take(ASKED) {
        for note in system.notes(&plan.point(chain, point).scenario) {
            if !all.contains(&note) {
                all.push(note);
            }
        }
    }
    all
}

/// Plan an experiment whose results are there, to draw them again: data that it refers to may be
/// gone.
///
/// # Errors
/// As [`Experiment::parse`].
pub fn drawable(
    source: &Named,
    registry: &Registry<'_>,
) -> Result<(Plan, Presentation), InputError> {
    let experiment = Experiment::parse(&source.text, &source.file, &source.id, registry)?;
    let system = registry.need(&experiment.system, "system")?;
    let experiment = experiment.attached(system).unwrap_or(experiment);
    let presentation = Presentation::of(&experiment, system, &source.text);
    Ok((Plan::of(&experiment, system), presentation))
}

/// What a run is asked to be, beside its experiment.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// What is changed in the experiment.
    pub changes: Changes,
    /// Where the results go, unless to a folder under `results/`: the name of the experiment, and
    /// what is changed, so that a quick look does not collide with the full run.
    pub out: Option<PathBuf>,
    /// Whether what the folder holds is moved aside first.
    pub fresh: bool,
    /// Whether a folder that holds something else than a run is taken all the same.
    pub force: bool,
    /// Schemes of the caller's own: a figure that names its schemes shows these as well.
    pub guests: Vec<String>,
}

/// A study that was asked for, before anything of it is on the disk.
#[derive(Debug)]
pub struct Opened<'r> {
    /// The experiment, changes applied.
    pub experiment: Experiment,
    /// Its study.
    pub study: Study<'r>,
    /// Where its results go.
    pub dir: PathBuf,
    fresh: bool,
    force: bool,
}

impl<'r> Study<'r> {
    /// Read, change, plan and prepare the experiment of a file. No file is written.
    ///
    /// # Errors
    /// As [`Experiment::parse`], [`Experiment::changed`] and [`Study::new`].
    pub fn open(
        source: &Named,
        request: Request,
        registry: &Registry<'r>,
    ) -> Result<Opened<'r>, InputError> {
        let Request { changes, out, fresh, force, guests } = request;
        let experiment = Experiment::parse(&source.text, &source.file, &source.id, registry)?;
        let mut experiment = experiment.changed(&changes)?;
        for figure in experiment.figures.iter_mut().filter(|figure| !figure.schemes.is_empty()) {
            figure.schemes.extend(guests.iter().cloned());
        }
        let dir = out.unwrap_or_else(|| default_folder(&experiment.id, &changes));
        let study = Self::new(&experiment, &source.text, registry).or_else(|why| {
            let known =
                (!fresh).then(|| Self::of_results(&experiment, &source.text, registry, &dir, &why));
            known.flatten().ok_or(why)
        });
        let mut study = study?;
        study.presentation.changes = changes.in_words();
        Ok(Opened { experiment, study, dir, fresh, force })
    }
}

impl Opened<'_> {
    /// Open the folder of the results. Where what it holds is to be moved aside that is done first,
    /// and `moved` hears where it is now.
    ///
    /// # Errors
    /// When the folder holds something else, or the file system refuses.
    pub fn store(&self, moved: impl FnOnce(&Path)) -> Result<Store, LabError> {
        if self.fresh
            && let Some(old) = run::move_aside(&self.dir, self.force)?
        {
            moved(&old);
        }
        self.study.store(&self.dir, self.force)
    }
}

/// Fold a complete run and write tables, verdicts, figures, report and manifest.
///
/// An incomplete run is an error that names the missing chunks; nothing is written then.
///
/// # Errors
/// When chunks are missing or damaged, or when the file system refuses.
pub fn finish(store: &Store, presentation: &Presentation) -> Result<Results, LabError> {
    store.sweep();
    store.check_plan()?;
    let wanted = present::wanted(store.plan(), presentation);
    let folded = fold::fold(store, &wanted)?;
    let mut results = conclude(store, presentation, folded)?;
    for path in store.damaged_packs() {
        let path = path.display();
        results.notes.push(format!(
            "{path} is damaged, but all chunks are there and whole; noctule run moves it to .bad"
        ));
    }
    if let Err(error) = store.pack() {
        results.notes.push(format!("the chunks were left in many files: {error}"));
    }
    complete::keep(store, presentation, &results);
    Ok(results)
}

/// Write what is made from tables that are folded.
pub(crate) fn conclude(
    store: &Store,
    presentation: &Presentation,
    mut folded: Folded,
) -> Result<Results, LabError> {
    let plan = store.plan();
    let claims = claim::judge_all(plan, presentation, &folded);
    let figures = present::figures(plan, presentation, &folded);
    folded.kept.check()?;
    let mut files = Vec::new();
    let mut write = |folded: &mut Folded, name: String, text: &str| -> Result<(), LabError> {
        files.push(store.write_output(&name, text.as_bytes())?);
        folded.digests.insert(name, crate::canonical::sha256(text.as_bytes()));
        Ok(())
    };
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
    Ok(Results { folded, claims, files, notes, again: false })
}

/// The folder of an experiment under `results/`: its name, and what is changed.
fn default_folder(id: &str, changes: &Changes) -> PathBuf {
    let mut name = id.to_owned();
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
