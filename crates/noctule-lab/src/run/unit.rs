//! One unit of work, from its designs to the rows of a chunk.

use noctule_optim::Interrupt;

use super::chunk::Body;
use super::progress::Step;
use super::record::{Ending, Record};
use crate::plan::{Chains, Plan};

/// What became of the rows of one unit.
#[derive(Debug, Default)]
pub(super) struct Ended {
    /// How many, by ending.
    pub(super) rows: Step,
    /// The first that failed.
    pub(super) failed: Option<Record>,
}

impl Ended {
    fn take(&mut self, record: &Record, body: &mut Body) -> serde_json::Result<()> {
        *match record.ending {
            Ending::Designed => &mut self.rows.designed,
            Ending::Infeasible => &mut self.rows.infeasible,
            Ending::Failed => &mut self.rows.failed,
            Ending::NotRun => &mut self.rows.not_run,
            Ending::Unsound => &mut self.rows.unsound,
        } += 1;
        if record.ending.is_failure() && self.failed.is_none() {
            self.failed = Some(record.clone());
        }
        body.push(record)
    }
}

/// Run one unit: one trial of one chain, whose rows are appended. `None` if it was interrupted; nothing
/// is appended then.
///
/// # Errors
/// When a row cannot be written down.
pub(super) fn run(
    plan: &Plan,
    chains: &Chains<'_>,
    unit: u64,
    interrupt: &Interrupt,
    body: &mut Body,
) -> serde_json::Result<Option<Ended>> {
    let (trial, chain) = plan.unit(unit);
    let points = plan.chain_len();
    let begin = body.end();
    // A panic is a defect of a system. Losing a night's run to it would be a second one.
    let work = || {
        let (mut ended, mut written, mut point) = (Ended::default(), Ok(()), 0);
        chains.run(plan, chain, trial, interrupt, &mut |row| {
            if written.is_ok() {
                written = ended.take(&Record::of_row(unit, point, row, plan), body);
            }
            point += 1;
        });
        written.map(|()| (ended, point as usize))
    };
    let ran = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
    if interrupt.is_raised() {
        body.cut(begin);
        return Ok(None);
    }
    let reason = match ran {
        Ok(Ok((ended, rows))) if rows == points => return Ok(Some(ended)),
        Ok(Ok((_, rows))) => format!("the system gave {rows} rows instead of {points}"),
        Ok(Err(error)) => return Err(error),
        Err(panic) => format!("the system panicked: {}", panic_text(panic.as_ref())),
    };
    body.cut(begin);
    let mut ended = Ended::default();
    for point in 0..points as u32 {
        let reason = Some(reason.clone());
        let failed = Record::empty(unit, point, Ending::Failed, reason, plan.metrics.len());
        ended.take(&failed, body)?;
    }
    Ok(Some(ended))
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}
