//! Asking long work to stop.
//!
//! Two kinds of work listen. A method that iterates is handed a token, looks at it between its
//! steps, and returns what it has. A computation whose half is worth nothing — a witness, the
//! arrays of a large scene, a Monte Carlo mean — calls [`poll`] in its outer loops, and gives up
//! with [`NumError::Interrupted`]. Which token [`poll`] looks at is said by whoever started the
//! work, with [`Interrupt::during`]; without it, it never fails.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::NumError;

/// How long [`poll`] lets work go on that was asked to stop: what is left of it is often short,
/// and worth more than nothing. With it a design that was interrupted still gets its witness.
const PATIENCE: Duration = Duration::from_millis(200);

/// A flag that asks every loop that holds a copy of it to stop soon and to return what it has.
///
/// ```
/// use noctule_num::Interrupt;
/// let interrupt = Interrupt::new();
/// let handed_to_a_solver = interrupt.clone();
/// assert!(!handed_to_a_solver.is_raised());
/// interrupt.raise();
/// assert!(handed_to_a_solver.is_raised());
/// ```
#[derive(Clone, Debug, Default)]
pub struct Interrupt(Arc<AtomicBool>);

/// The token of the work on this thread, and when it was first seen raised.
struct Current {
    token: Interrupt,
    seen: Option<Instant>,
}

thread_local! {
    static CURRENT: RefCell<Option<Current>> = const { RefCell::new(None) };
}

/// Gives the thread back the token it had, also where the work panics.
struct Restore(Option<Current>);

impl Drop for Restore {
    fn drop(&mut self) {
        CURRENT.set(self.0.take());
    }
}

impl Interrupt {
    /// A token that has not been raised.
    pub fn new() -> Self {
        Self::default()
    }

    /// A token over a flag that somebody else raises, for instance a signal handler.
    pub const fn from_flag(flag: Arc<AtomicBool>) -> Self {
        Self(flag)
    }

    /// Ask every holder of a copy to stop.
    pub fn raise(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether somebody asked.
    pub fn is_raised(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Do `work` on this thread with this token as the one that [`poll`] looks at.
    ///
    /// ```
    /// use noctule_num::{Interrupt, NumError, interrupt::poll};
    /// let interrupt = Interrupt::new();
    /// interrupt.raise();
    /// let endless = || -> Result<(), NumError> { loop { poll()?; } };
    /// assert_eq!(interrupt.during(endless), Err(NumError::Interrupted));
    /// ```
    pub fn during<T>(&self, work: impl FnOnce() -> T) -> T {
        let _restore = Restore(CURRENT.replace(Some(Current { token: self.clone(), seen: None })));
        work()
    }
}

/// Whether to go on with what is of no use unless it is finished.
///
/// # Errors
/// [`NumError::Interrupted`] where the token of this thread was seen raised 0.2 s ago or earlier.
pub fn poll() -> Result<(), NumError> {
    CURRENT.with_borrow_mut(|current| match current {
        Some(Current { token, seen }) if token.is_raised() => {
            let first = *seen.get_or_insert_with(Instant::now);
            if first.elapsed() < PATIENCE { Ok(()) } else { Err(NumError::Interrupted) }
        }
        _ => Ok(()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn polls_follow_the_innermost_token_and_forget_it_afterwards() {
        let (outer, inner) = (Interrupt::new(), Interrupt::new());
        inner.raise();
        let fails = || {
            let begin = Instant::now();
            while begin.elapsed() < 2 * PATIENCE {
                if poll().is_err() {
                    return true;
                }
            }
            false
        };
        outer.during(|| {
            assert_eq!(poll(), Ok(()));
            assert!(inner.during(fails), "asked to stop");
            assert_eq!(poll(), Ok(()), "nobody asked the outer one");
        });
        assert_eq!(poll(), Ok(()), "nobody is listening");
    }

    #[test]
    fn what_is_left_may_take_a_moment() {
        let interrupt = Interrupt::new();
        interrupt.raise();
        assert_eq!(interrupt.during(poll), Ok(()));
    }
}
