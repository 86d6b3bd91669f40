//! Stopping cleanly.

use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::AtomicBool;

use noctule_optim::Interrupt;
use signal_hook::consts::{SIGINT, SIGTERM};

/// What stops a command; schedulers send the last one ahead of time, where there is such a signal.
#[cfg(unix)]
const SIGNALS: [std::ffi::c_int; 3] = [SIGINT, SIGTERM, signal_hook::consts::SIGUSR1];
#[cfg(not(unix))]
const SIGNALS: [std::ffi::c_int; 2] = [SIGINT, SIGTERM];

static TOKEN: OnceLock<Interrupt> = OnceLock::new();

/// Listen to signals: the first raises [`interrupt`], the second stops at once.
pub(crate) fn listen() -> std::io::Result<()> {
    let flag = Arc::new(AtomicBool::new(false));
    for signal in SIGNALS {
        signal_hook::flag::register_conditional_default(signal, Arc::clone(&flag))?;
        signal_hook::flag::register(signal, Arc::clone(&flag))?;
    }
    TOKEN.get_or_init(|| Interrupt::from_flag(flag));
    Ok(())
}

/// The token that a signal raises.
pub(crate) fn interrupt() -> Interrupt {
    TOKEN.get_or_init(Interrupt::new).clone()
}
