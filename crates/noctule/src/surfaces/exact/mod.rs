//! Designs that keep the Cramér–Rao bound (16) itself below the limit.

mod judge;
mod moves;
mod relax;
pub(super) mod search;

use noctule_optim::Interrupt;

use super::Instance;
use super::settings::{Select, Signal};

/// What is asked: the signal, over which deployments, under which limit on the bound.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) instance: &'a Instance,
    pub(super) signal: Signal,
    pub(super) select: Select,
    pub(super) limit: f64,
    pub(super) interrupt: &'a Interrupt,
}
