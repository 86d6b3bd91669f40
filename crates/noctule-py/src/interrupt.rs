//! Work without the interpreter's lock, that Ctrl-C stops.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use noctule::Interrupt;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

/// How often signals are looked at.
const TICK: Duration = Duration::from_millis(50);

/// How long work that was asked to stop may take to stop by itself.
const GRACE: Duration = Duration::from_millis(300);

/// As much as a main thread has, as whoever calls from one.
const STACK: usize = 8 << 20;

/// As [`interruptible`], for work that owns what it needs: where it does not stop soon after a
/// signal it is left to itself, and the exception is raised at once. What it still does is of no use
/// to anybody, and ends where it next looks at its token.
///
/// # Errors
/// As [`interruptible`].
pub(crate) fn leavable<T: Send + 'static>(
    py: Python<'_>,
    work: impl FnOnce(&Interrupt) -> T + Send + 'static,
    mut tick: impl FnMut(Python<'_>) -> PyResult<()>,
) -> PyResult<T> {
    let interrupt = Interrupt::new();
    let token = interrupt.clone();
    let (send, ended) = channel();
    thread::Builder::new().stack_size(STACK).spawn(move || {
        let value = token.during(|| work(&token));
        // Whoever has left does not want it.
        let _ = send.send(value);
    })?;
    let mut raised: Option<(PyErr, Instant)> = None;
    // A receiver is not shared between threads, and neither is this one.
    let ended = Mutex::new(ended);
    loop {
        let end =
            py.detach(|| ended.lock().unwrap_or_else(PoisonError::into_inner).recv_timeout(TICK));
        match (end, raised.take()) {
            (Ok(_), Some((error, _))) => return Err(error),
            (Ok(value), None) => return Ok(value),
            (Err(RecvTimeoutError::Disconnected), Some((error, _))) => return Err(error),
            (Err(RecvTimeoutError::Disconnected), None) => return Err(panicked()),
            (Err(RecvTimeoutError::Timeout), Some((error, since))) => {
                if since.elapsed() >= GRACE {
                    return Err(error);
                }
                raised = Some((error, since));
            }
            (Err(RecvTimeoutError::Timeout), None) => {
                if let Err(error) = py.check_signals().and_then(|()| tick(py)) {
                    interrupt.raise();
                    raised = Some((error, Instant::now()));
                }
            }
        }
    }
}

fn panicked() -> PyErr {
    PyRuntimeError::new_err(
        "noctule panicked, which is a defect: please report what was asked of it",
    )
}

/// Raised when the work is over, whichever way it ends.
struct Finish<'a>(&'a (Mutex<bool>, Condvar));

impl Drop for Finish<'_> {
    fn drop(&mut self) {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.0.1.notify_all();
    }
}

/// Run `work` on a thread of its own with the lock released; every 50 ms this thread takes the
/// lock, calls `tick` and looks for signals. A signal raises the token of the work, waits for its
/// end, and becomes the exception it is in Python.
///
/// # Errors
/// What `tick` or a signal handler raised; a panic of the work, which is a defect of noctule.
pub(crate) fn interruptible<T: Send>(
    py: Python<'_>,
    work: impl FnOnce(&Interrupt) -> T + Send,
    mut tick: impl FnMut(Python<'_>) -> PyResult<()>,
) -> PyResult<T> {
    let interrupt = Interrupt::new();
    let state = (Mutex::new(false), Condvar::new());
    thread::scope(|scope| {
        let (token, finished) = (interrupt.clone(), &state);
        let worker = thread::Builder::new().stack_size(STACK).spawn_scoped(scope, move || {
            let _finish = Finish(finished);
            token.during(|| work(&token))
        });
        let worker = match worker {
            Ok(worker) => worker,
            Err(error) => return Err(PyErr::from(error)),
        };
        let mut raised = None;
        loop {
            let done = py.detach(|| {
                let done = state.0.lock().unwrap_or_else(PoisonError::into_inner);
                let waited = state.1.wait_timeout_while(done, TICK, |done| !*done);
                *waited.unwrap_or_else(PoisonError::into_inner).0
            });
            if done {
                break;
            }
            if raised.is_none()
                && let Err(error) = py.check_signals().and_then(|()| tick(py))
            {
                interrupt.raise();
                raised = Some(error);
            }
        }
        match (py.detach(|| worker.join()), raised) {
            (_, Some(error)) => Err(error),
            (Ok(value), None) => Ok(value),
            (Err(_), None) => Err(panicked()),
        }
    })
}
