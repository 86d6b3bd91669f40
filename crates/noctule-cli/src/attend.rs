//! Whoever waits for a verb: shows on a terminal that something happens, and sees to it that a
//! signal ends the command in less than half a second, whatever the work is busy with.
//!
//! The work has a thread of its own. Asked to stop, it stops by itself in most places and says
//! what it has; where it does not, the process ends under it. Nothing is lost by that: files are
//! written beside their place and renamed, and a run resumes from its chunks.

use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use noctule_optim::Interrupt;

use crate::exit::{Done, Failure};
use crate::progress::{Spinner, say};
use crate::signals;

/// How often a signal is looked for.
const TICK: Duration = Duration::from_millis(20);

/// How long the work may take to stop by itself.
const GRACE: Duration = Duration::from_millis(400);

/// As much as a main thread has.
const STACK: usize = 8 << 20;

/// How a command ends.
type End = Result<Done, Failure>;

/// Do `work` and end as it ends; `doing` is said beside a spinner when it takes long.
pub(crate) fn attend(
    doing: Option<&'static str>,
    json: bool,
    work: impl FnOnce() -> End + Send + 'static,
) -> u8 {
    if let Err(error) = signals::listen() {
        let failure = Failure::from(error);
        return failure.report(json);
    }
    let interrupt = signals::interrupt();
    let (send, ended) = channel();
    let token = interrupt.clone();
    let worker = thread::Builder::new().stack_size(STACK).spawn(move || {
        let end = token.during(work);
        // Nobody is left to tell only where the process ends anyway.
        let _ = send.send(end);
    });
    if let Err(error) = worker {
        let failure = Failure::from(error);
        return failure.report(json);
    }
    match waited(doing, json, &interrupt, &ended) {
        Some(end) => code(end, &interrupt, json),
        // The message of the panic has been printed.
        None => 101,
    }
}

/// How the work ended; nothing where it panicked. Work that holds on after a signal is not waited
/// for: the process ends here.
fn waited(
    doing: Option<&'static str>,
    json: bool,
    interrupt: &Interrupt,
    ended: &Receiver<End>,
) -> Option<End> {
    let spinner = Spinner::new(doing);
    let mut asked: Option<Instant> = None;
    let end = loop {
        match ended.recv_timeout(TICK) {
            Ok(end) => break Some(end),
            Err(RecvTimeoutError::Disconnected) => return None,
            Err(RecvTimeoutError::Timeout) => {}
        }
        spinner.turn();
        if interrupt.is_raised() && asked.get_or_insert_with(Instant::now).elapsed() >= GRACE {
            Spinner::clear();
            let _ = Failure::Interrupted.report(json);
            std::process::exit(i32::from(Done::RESUMABLE));
        }
    };
    Spinner::clear();
    end
}

/// The code of the command; a signal that came meanwhile is said.
fn code(end: End, interrupt: &Interrupt, json: bool) -> u8 {
    match end {
        // A broken pipe or a full disk is said as such; everything else is due to the signal.
        Err(failure) if !interrupt.is_raised() || matches!(failure, Failure::Output(_)) => {
            failure.report(json)
        }
        Err(_) => Failure::Interrupted.report(json),
        Ok(done) if interrupt.is_raised() => {
            if done != Done::Resumable {
                say("interrupted");
            }
            Done::Resumable.code()
        }
        Ok(done) => done.code(),
    }
}
