//! `cargo xtask msrv`: whether the oldest Rust that is promised still compiles everything.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::tools::{PROFILE, succeeded};

/// Type-check libraries and programs with the `rust-version` of the workspace, in a target folder
/// of its own. Where that toolchain is not installed this says so, and nothing is checked.
pub(crate) fn run(root: &Path) -> Result<(), String> {
    let path = root.join("Cargo.toml");
    let manifest = fs::read_to_string(&path)
        .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    let version = declared(&manifest).ok_or("Cargo.toml has no rust-version")?;
    let listed = Command::new("rustup").args(["toolchain", "list"]).output();
    let listed = listed.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    let Some(toolchain) = listed.ok().and_then(|list| installed(&list, version)) else {
        eprintln!(
            "xtask: Rust {version} is not installed, so nothing was checked; \
             `rustup toolchain install {version} --profile minimal` installs it"
        );
        return Ok(());
    };
    let target = root.join("target").join("msrv");
    let status = Command::new("rustup")
        .args(["run", &toolchain, "cargo", "check", "--workspace", "--lib", "--bins"])
        .args(["--locked", "--profile", PROFILE, "--target-dir"])
        .arg(target)
        .current_dir(root)
        .status();
    succeeded(status, &format!("cargo check with Rust {version}"))?;
    eprintln!("xtask: everything compiles with Rust {version}");
    Ok(())
}

/// The `rust-version` of a manifest.
fn declared(manifest: &str) -> Option<&str> {
    let line = manifest.lines().find_map(|line| line.trim().strip_prefix("rust-version"))?;
    let version = line.trim_start().strip_prefix('=')?.trim().trim_matches('"');
    (!version.is_empty()).then_some(version)
}

/// The toolchain of this version, or a patch of it, in the list of rustup.
fn installed(list: &str, version: &str) -> Option<String> {
    let fits = |name: &&str| {
        name.strip_prefix(version)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '.']))
    };
    let mut names = list.lines().filter_map(|line| line.split_whitespace().next());
    names.find(fits).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_read_and_found() {
        let manifest = "[workspace.package]\nedition = \"2024\"\nrust-version = \"1.88\"\n";
        assert_eq!(declared(manifest), Some("1.88"));
        assert_eq!(declared("[package]\nname = \"x\""), None);
        let list = "stable-x86_64-unknown-linux-gnu (default)\n1.88.0-x86_64-unknown-linux-gnu\n";
        assert_eq!(installed(list, "1.88").as_deref(), Some("1.88.0-x86_64-unknown-linux-gnu"));
        assert_eq!(installed(list, "1.8"), None);
        assert_eq!(
            installed("1.88-aarch64-apple-darwin", "1.88").as_deref(),
            Some("1.88-aarch64-apple-darwin")
        );
        assert_eq!(installed("", "1.88"), None);
    }
}
