//! Upper bounds on the rate: in closed form, and by branch and bound over trade-off curves.

pub(super) mod aligned;
pub(super) mod bound;
mod certify;
mod corners;
mod interval;
mod known;
mod matrices;
pub(super) mod overlap;
mod polygon;
pub(super) mod proof;
pub(super) mod regions;
mod separable;
mod unit_form;
