//! What must hold of every design of `pilots`: proofs, invariances, edges, refusals.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod correlated;
mod edges;
#[path = "../effort/mod.rs"]
mod effort;
mod laws;
mod loose;
mod proofs;

use noctule::pilots::{Allocation, CrbLimit, Region, Scenario, Settings, Users};
use noctule::{Certify, Run};

fn scenario(users: usize, limit: CrbLimit) -> Scenario {
    Scenario {
        users: Users::Drawn(Region { count: users, ..Region::default() }),
        crb_limit: limit,
        ..Scenario::paper()
    }
}

fn certified() -> Settings {
    Settings { certify: Certify::YES, ..Settings::default() }
}

/// Drops (users, trials): light here, all of them with `NOCTULE_DROPS=all`.
fn drops() -> Vec<(usize, u64)> {
    match std::env::var_os("NOCTULE_DROPS") {
        Some(_) => vec![(2, 200), (6, 20)],
        None => vec![(1, 3), (2, 12), (4, 3)],
    }
}

/// A run that nothing interrupts and nothing warms.
fn alone() -> Run<'static, Allocation> {
    Run::default()
}
