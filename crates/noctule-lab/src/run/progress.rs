//! Who watches a run, and what they are told.

/// What happened to one unit of work, for a progress bar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// Rows with a design.
    pub designed: u64,
    /// Rows proven infeasible.
    pub infeasible: u64,
    /// Rows whose design the independent witness does not confirm.
    pub unsound: u64,
    /// Rows that failed.
    pub failed: u64,
    /// Rows that were not run.
    pub not_run: u64,
}

/// Somebody who watches. Called from many threads.
pub trait Progress: Sync {
    /// The run begins: units of this shard in all, and units already there from an earlier run.
    fn begin(&self, total: u64, done: u64);
    /// One more unit is done.
    fn unit(&self, step: Step);
    /// A damaged chunk was moved away and will be computed again.
    fn healed(&self, _path: &std::path::Path) {}
}

/// Nobody watches.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn begin(&self, _: u64, _: u64) {}
    fn unit(&self, _: Step) {}
}
