//! Chains, ready to be run.

use noctule_num::InputError;
use noctule_optim::Interrupt;

use super::Plan;
use crate::system::{Chain, Outcome, Row, System};

/// Chains that are kept ready; where there are more, each is prepared when it is its turn. Parsing a
/// scenario takes microseconds, and a hundred thousand of them would take a gigabyte.
const KEPT: usize = 2048;

/// The chains of a plan, accepted by its system.
pub struct Chains<'r> {
    system: &'r dyn System,
    kept: Vec<Box<dyn Chain>>,
    /// Why nothing can be computed any more.
    gone: Option<InputError>,
}

impl std::fmt::Debug for Chains<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Chains").field("kept", &self.kept.len()).finish_non_exhaustive()
    }
}

/// A point that its system refused.
#[derive(Clone, Debug)]
pub struct Unprepared {
    /// Index of the scheme.
    pub scheme: usize,
    /// The grid point.
    pub grid: usize,
    /// The complaint.
    pub error: InputError,
}

impl<'r> Chains<'r> {
    pub(crate) fn of(plan: &Plan, system: &'r dyn System) -> Result<Self, Unprepared> {
        let count = plan.chain_count();
        let mut kept = Vec::new();
        for chain in 0..count {
            let ready = prepare(system, plan, chain)?;
            if count <= KEPT {
                kept.push(ready);
            }
        }
        Ok(Self { system, kept, gone: None })
    }

    /// Chains of a plan whose data are gone: they say why once something is left to compute.
    pub(crate) const fn gone(system: &'r dyn System, why: InputError) -> Self {
        Self { system, kept: Vec::new(), gone: Some(why) }
    }

    /// Whether anything can be computed.
    ///
    /// # Errors
    /// Why not.
    pub(crate) fn ready(&self) -> Result<(), InputError> {
        self.gone.clone().map_or(Ok(()), Err)
    }

    /// Design one trial of every point of a chain, row by row.
    pub fn run(
        &self,
        plan: &Plan,
        chain: usize,
        trial: u64,
        interrupt: &Interrupt,
        take: &mut dyn FnMut(Row),
    ) {
        let fitting = self.fitting(plan);
        let mut fitted = |row| take(fitting.fitted(row));
        if let Some(ready) = self.kept.get(chain) {
            return ready.run_each(plan.seed, trial, interrupt, &mut fitted);
        }
        match prepare(self.system, plan, chain) {
            Ok(ready) => ready.run_each(plan.seed, trial, interrupt, &mut fitted),
            // It was accepted before.
            Err(refused) => (0..plan.chain_len()).for_each(|_| {
                let outcome = Outcome::Failed(refused.error.to_string());
                take(Row::without_design(outcome, plan.metrics.len()));
            }),
        }
    }
}

impl Chains<'_> {
    /// Whether the data that a scenario names are still there: a file that was taken away or written
    /// again in mid-run is no property of a design.
    ///
    /// # Errors
    /// What a study that begins now would be refused with.
    pub(crate) fn still_stand(&self, plan: &Plan, chain: usize) -> Result<(), InputError> {
        if plan.data.is_none() {
            return Ok(());
        }
        (0..plan.chain_len()).try_for_each(|point| {
            self.system.check_trials(&plan.point(chain, point).scenario, plan.trials)
        })
    }

    /// What the plan leaves out of rows.
    fn fitting(&self, plan: &Plan) -> Fitting {
        let out = |name: &str| {
            self.system.condition(name).is_some() && !plan.series.iter().any(|known| known == name)
        };
        let series = self.system.series().into_iter().chain(self.system.on_demand());
        let kept = |name: &str| plan.metrics.iter().any(|known| known == name);
        Fitting {
            metrics: self.system.metrics().iter().map(|metric| kept(metric.name)).collect(),
            told: plan.metrics.len(),
            out: series.map(|series| series.name).filter(|name| out(name)).collect(),
        }
    }
}

/// Which metrics of a row a plan has, and which series it leaves out.
struct Fitting {
    metrics: Vec<bool>,
    told: usize,
    out: Vec<&'static str>,
}

impl Fitting {
    fn fitted(&self, mut row: Row) -> Row {
        if row.metrics.len() == self.metrics.len() && self.metrics.len() != self.told {
            let mut kept = self.metrics.iter();
            row.metrics.retain(|_| kept.next().is_some_and(|kept| *kept));
        }
        row.series.retain(|value| !self.out.contains(&value.series));
        row
    }
}

fn prepare(system: &dyn System, plan: &Plan, chain: usize) -> Result<Box<dyn Chain>, Unprepared> {
    let scheme = plan.chain_scheme(chain);
    let refused = |point: usize, error: InputError| {
        let point = point.min(plan.chain_len() - 1);
        let grid = plan.grid_points(chain, point).first().copied().unwrap_or(0);
        Unprepared { scheme, grid, error }
    };
    if plan.data.is_some() {
        for point in 0..plan.chain_len() {
            let checked = system.check_trials(&plan.point(chain, point).scenario, plan.trials);
            checked.map_err(|error| refused(point, error))?;
        }
    }
    let mut points = (0..plan.chain_len()).map(|point| plan.point(chain, point));
    let keep: Vec<&str> = plan.series.iter().map(String::as_str).collect();
    let prepared = system.prepare_keeping(&plan.schemes[scheme].name, &mut points, &keep);
    prepared.map_err(|found| refused(found.point, found.error))
}
