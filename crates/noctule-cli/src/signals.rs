//! Stopping cleanly.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use noctule_optim::Interrupt;
use signal_hook::consts::{SIGINT, SIGTERM, SIGUSR1};

/// A token that the first signal raises; the second signal stops at once.
pub(crate) fn interrupt() -> std::io::Result<Interrupt> {
    let flag = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM, SIGUSR1] {
        signal_hook::flag::register_conditional_default(signal, Arc::clone(&flag))?;
        signal_hook::flag::register(signal, Arc::clone(&flag))?;
    }
    Ok(Interrupt::from_flag(flag))
}
