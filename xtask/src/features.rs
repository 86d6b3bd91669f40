//! `cargo xtask features`: the library compiles with none of its features, with each, and with all,
//! without a warning; what it brings without any stays small; and the program with Parquet works.
//!
//! All other tasks build the workspace, whose engine has the features on. These checks have a
//! target folder of their own: other features of shared dependencies must not push out what the
//! workspace has compiled.

use std::path::Path;

use crate::structure::tree;
use crate::tools::{PROFILE, cargo};

/// What `crates/noctule/Cargo.toml` has but `sdp`, which needs a library of the system.
const FEATURES: &[&str] = &["whole", "files", "conic", "schema"];

/// Crates in the tree of the library without features, itself included.
const MOST_CRATES: usize = 60;

pub(crate) fn run(root: &Path) -> Result<(), String> {
    let crates = tree(root)?;
    if crates > MOST_CRATES {
        return Err(format!("the library brings {crates} crates, at most {MOST_CRATES} are meant"));
    }
    let folder = root.join("target").join("features");
    let folder = folder.to_string_lossy();
    for features in sets() {
        let shown = if features.is_empty() { "without features" } else { &features };
        let arguments = [
            &["check", "--package", "noctule", "--lib", "--profile", PROFILE][..],
            &["--target-dir", &folder, "--no-default-features", "--features", &features],
        ]
        .concat();
        let sentence = format!("the library does not compile {shown}, see above");
        cargo(root, &arguments, &[("RUSTFLAGS", "-D warnings")], &sentence)?;
    }
    // Parquet, which no other task builds: it compiles, and reads back as it was written.
    let arguments = [
        &["test", "--package", "noctule-lab", "--test", "export", "--profile", PROFILE][..],
        &["--target-dir", &folder, "--features", "parquet"],
    ]
    .concat();
    cargo(root, &arguments, &[], "the export to Parquet failed, see above")?;
    let arguments = [
        &["check", "--package", "noctule-cli", "--profile", PROFILE][..],
        &["--target-dir", &folder, "--features", "parquet"],
    ]
    .concat();
    let warnings = [("RUSTFLAGS", "-D warnings")];
    cargo(root, &arguments, &warnings, "the program does not compile with `parquet`, see above")?;
    eprintln!("xtask: the library brings {crates} crates without features");
    Ok(())
}

/// None, each, all.
fn sets() -> Vec<String> {
    let mut sets = vec![String::new()];
    sets.extend(FEATURES.iter().map(|feature| (*feature).to_owned()));
    sets.push(FEATURES.join(","));
    sets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_feature_of_the_library_is_checked() {
        let manifest = crate::root().join("crates/noctule/Cargo.toml");
        let text = std::fs::read_to_string(manifest).unwrap();
        let section = text.split("[features]").nth(1).unwrap().split("\n[").next().unwrap();
        let mut named: Vec<&str> = section
            .lines()
            .filter_map(|line| line.split_once(" = ["))
            .map(|(name, _)| name)
            .filter(|name| *name != "sdp" && *name != "default")
            .collect();
        let mut checked = FEATURES.to_vec();
        named.sort_unstable();
        checked.sort_unstable();
        assert_eq!(named, checked);
        assert_eq!(sets().len(), FEATURES.len() + 2);
    }
}
