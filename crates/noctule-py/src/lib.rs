//! The extension module `noctule._noctule`: noctule for Python.
//!
//! Glue and nothing else. What is the same for all systems — problems, designs, batches,
//! experiments — goes through the erased edge of `noctule_lab` and is written once, so that a
//! system that is registered there is in Python too. What is a system's own, its model functions,
//! is one small file in `models/`. The API that people use is `python/noctule/`.
//!
//! Every long call releases the interpreter's lock and is stopped by Ctrl-C (`interrupt.rs`); every
//! complaint about input is the sentence that Rust and the command line have for it (`errors.rs`).

// The macros of PyO3 expand to the unsafe code that calling conventions of C need. There is no
// other in this crate.
#![allow(unsafe_code, reason = "what the macros of PyO3 expand to")]
#![allow(missing_docs, reason = "classes and functions are documented in python/noctule")]
#![allow(missing_debug_implementations, reason = "objects of Python have a repr instead")]

mod arrays;
mod batch;
mod benchmark;
mod command;
mod document;
mod errors;
mod experiment;
mod files;
mod interrupt;
mod models;
mod optim;
mod single;
mod systems;
mod told;

use pyo3::prelude::*;

#[pymodule]
mod _noctule {
    use pyo3::prelude::*;

    #[pymodule_export]
    use crate::batch::design_batch;
    #[pymodule_export]
    use crate::benchmark::{benchmark_judged, benchmark_lines, benchmark_question};
    #[pymodule_export]
    use crate::command::command;
    #[pymodule_export]
    use crate::document::verify;
    #[pymodule_export]
    use crate::errors::{InvalidInput, NotSolved, NumericalError};
    #[pymodule_export]
    use crate::experiment::drawn::figures;
    #[pymodule_export]
    use crate::experiment::spread::{Inbox, compute, inbox};
    #[pymodule_export]
    use crate::experiment::{experiments, run};
    #[pymodule_export]
    use crate::files::{design_document, imported, members, read, reordered, system_in, write};
    #[pymodule_export]
    use crate::models::beamforming::beamforming;
    #[pymodule_export]
    use crate::models::cellfree::cellfree;
    #[pymodule_export]
    use crate::models::channels::channels;
    #[pymodule_export]
    use crate::models::frame::frame;
    #[pymodule_export]
    use crate::models::phy::phy;
    #[pymodule_export]
    use crate::models::pilots::pilots;
    #[pymodule_export]
    use crate::models::surfaces::surfaces;
    #[pymodule_export]
    use crate::optim::{check_gradient, minimize, water_filling};
    #[pymodule_export]
    use crate::single::{Problem, problems};
    #[pymodule_export]
    use crate::systems::{systems_json, unknown};
    #[pymodule_export]
    use crate::told::Told;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))?;
        module.add("build_id", noctule_lab::run::build::id())
    }
}
