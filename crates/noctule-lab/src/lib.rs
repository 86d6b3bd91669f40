//! The experiment engine: studies that can be stated, stopped, split, repeated and believed.
//!
//! A study is written down in one file ([`experiment`]); it becomes a plan ([`plan`]), whose hash
//! names the run; the plan is cut into chunks that are computed in any order, by any number of
//! threads and machines ([`run`]); the chunks are folded, in one order, into tables ([`fold`]).
//!
//! ```text
//!   experiment file ─ parse ─▶ Experiment ─▶ Plan ─ run ─▶ chunks/ ─ fold ─▶ records, series, summary
//!                                 └─▶ Presentation ────────────────────────────▶ figures, claims, report
//! ```
//!
//! The engine knows no radio. It sees a system through one edge ([`system`]): values in, rows out.

#![allow(clippy::result_large_err, reason = "an error ends the run, and says where in a file")]

pub mod bench;
pub mod benchmark;
pub mod builtin;
pub mod canonical;
pub mod claim;
pub mod complete;
mod error;
pub mod experiment;
#[cfg(feature = "parquet")]
pub mod export;
pub mod files;
pub mod fold;
mod manifest;
pub mod named_arrays;
pub mod plan;
pub mod pool;
pub mod present;
pub mod presentation;
mod redraw;
pub mod registry;
pub mod report;
pub mod resolve;
mod results;
pub mod run;
pub mod single;
mod study;
pub mod system;
pub mod systems;

pub use error::LabError;
pub use redraw::{Redrawn, redraw};
pub use registry::Registry;
pub use results::Results;
pub use study::{Opened, Request, Study, drawable, finish};
