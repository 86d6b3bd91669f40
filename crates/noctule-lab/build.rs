//! Names the build: which sources, compiler and flags the numbers of a run come from.
//!
//! A run that was interrupted may only be continued by the same build, since another one may round
//! differently. The name is a hash over everything that can change a number: the sources of the
//! library crates, of the parts of this crate that compute, the lock file, the compiler and its
//! flags. Figures, reports and the command line are left out: mending a label must not orphan
//! hours of results.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};

const SOURCES: [&str; 7] = [
    "../noctule-num/src",
    "../noctule-optim/src",
    "../noctule-phy/src",
    "../noctule/src",
    "src/run",
    "src/systems",
    "src/system.rs",
];

fn main() {
    let root = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    // Two hashers with different beginnings make 128 bits. An identity, not a signature.
    let mut hashers = [DefaultHasher::new(), DefaultHasher::new()];
    1_u8.hash(&mut hashers[1]);
    for source in SOURCES.into_iter().chain(["../../Cargo.lock"]) {
        println!("cargo::rerun-if-changed={source}");
        let mut files = Vec::new();
        collect(&root.join(source), &mut files);
        for file in files {
            let name =
                file.strip_prefix(&root).unwrap_or(&file).to_string_lossy().replace('\\', "/");
            let bytes = std::fs::read(&file).unwrap_or_default();
            for hasher in &mut hashers {
                (&name, &bytes).hash(hasher);
            }
        }
    }
    for fact in facts() {
        for hasher in &mut hashers {
            fact.hash(hasher);
        }
    }
    let [high, low] = hashers.map(|hasher| hasher.finish());
    println!("cargo::rustc-env=NOCTULE_BUILD_ID={high:016x}{low:016x}");
}

/// Compiler, target, profile, flags, features.
fn facts() -> Vec<String> {
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".into());
    let version = std::process::Command::new(rustc).arg("-vV").output();
    let version = version.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    let mut facts = vec![version.unwrap_or_default()];
    for name in ["TARGET", "OPT_LEVEL", "DEBUG", "CARGO_ENCODED_RUSTFLAGS"] {
        println!("cargo::rerun-if-env-changed={name}");
        facts.push(std::env::var(name).unwrap_or_default());
    }
    let mut features: Vec<String> = std::env::vars()
        .map(|(name, _)| name)
        .filter(|name| name.starts_with("CARGO_FEATURE_"))
        .collect();
    features.sort();
    facts.extend(features);
    facts.push(std::env::var_os("CARGO_CFG_DEBUG_ASSERTIONS").is_some().to_string());
    facts
}

/// All files below a path, sorted.
fn collect(path: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(path) else {
        if path.is_file() {
            files.push(path.to_owned());
        }
        return;
    };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        collect(&path, files);
    }
}
