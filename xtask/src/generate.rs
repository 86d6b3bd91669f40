//! Whatever in the repository is written by a program from the sources, written again.

use std::path::Path;

use crate::python;
use crate::tools::{self, PROFILE, cargo};

/// The tests that compare files which they can also write: pages of the documentation, and snapshots
/// of what the command line and the reader of files say.
const WRITERS: [&str; 3] = ["grammar", "output", "malformed"];

/// What makes them write.
const WRITE: [(&str, &str); 2] = [("NOCTULE_WRITE_DOCS", "1"), ("INSTA_UPDATE", "always")];

/// Write everything again: pages, snapshots, and the modules of Python.
pub(crate) fn run(root: &Path) -> Result<(), String> {
    tools::build(root)?;
    let tests = WRITERS.iter().flat_map(|name| ["--test", name]);
    let arguments: Vec<&str> =
        ["test", "--workspace", "--profile", PROFILE].into_iter().chain(tests).collect();
    cargo(root, &arguments, &WRITE, "a test that writes pages or snapshots failed, see above")?;
    python::generate(root)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_writer_is_a_test_of_some_crate() {
        for name in WRITERS {
            let file = |of: &str| crate::root().join(format!("crates/{of}/tests/{name}.rs"));
            assert!(["noctule-lab", "noctule-cli"].iter().any(|of| file(of).is_file()), "{name}");
        }
    }
}
