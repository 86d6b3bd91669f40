//! `cargo xtask site`: pages, gallery and explorer as one static folder, and tests of it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::tools::{self, build_programs, cargo, succeeded};

/// What Rust calls browsers.
const TARGET: &str = "wasm32-unknown-unknown";

/// The modules, and the features of each: the first page loads the first one alone, and the last one is for scenes with
/// what the first one leaves out, and for documents.
const MODULES: [(&str, &str); 4] = [
    ("noctule-beamforming.wasm", "beamforming"),
    ("noctule-systems.wasm", "frame,pilots,cellfree,documents"),
    ("noctule-surfaces.wasm", "surfaces,documents"),
    ("noctule-whole.wasm", "beamforming,documents,whole"),
];

/// Names of a browser without a window that speaks the protocol of Chromium.
const BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "chrome"];

/// How much a browser looks at: seconds of dragging the explorer about at random, seconds that pages are opened for, and
/// seconds after which all of it has failed.
type Effort = [&'static str; 3];

/// Of `site --test`: everything.
const WHOLE: Effort = ["60", "3600", "3600"];

/// Of the step of `test`: within three minutes.
const BRIEF: Effort = ["5", "60", "180"];

/// What is asked for.
#[derive(Debug, Default, PartialEq, Eq)]
struct Options {
    test: bool,
}

fn parse(options: &[String]) -> Result<Options, String> {
    let mut parsed = Options::default();
    for option in options {
        match option.as_str() {
            "--test" => parsed.test = true,
            other => return Err(format!("`site` has no option `{other}`; it has --test")),
        }
    }
    Ok(parsed)
}

/// Build the site, and test it where that is asked for.
pub(crate) fn run(options: &[String], root: &Path) -> Result<(), String> {
    let options = parse(options)?;
    let modules = modules(root)?;
    let mut arguments =
        vec!["run", "--quiet", "--package", "noctule-site", "--", "target/site", "."];
    arguments.extend(modules.as_ref().map(|_| "target/wasm"));
    cargo(root, &arguments, &[], "the site is not whole, see above")?;
    eprintln!("xtask: target/site is a whole site: python3 -m http.server --directory target/site");
    if !options.test {
        return Ok(());
    }
    if modules.is_none() {
        return Err("without the modules of the explorer there is nothing to test".to_owned());
    }
    build_programs(root)?;
    numbers(root)?;
    browser(root, &WHOLE)
}

/// The step of `test`: with programs that are built. Pages always; the explorer where there is what
/// it takes, and a sentence where there is not.
pub(crate) fn step(root: &Path) -> Result<(), String> {
    let modules = modules(root)?;
    let mut site = Command::new(tools::beside("noctule-site")?);
    site.args(["target/site", "."]).args(modules.as_ref().map(|_| "target/wasm"));
    succeeded(site.current_dir(root).status(), "noctule-site")?;
    if modules.is_none() {
        return Ok(());
    }
    numbers(root)?;
    browser(root, &BRIEF)
}

/// Whether a program answers to `--version`.
fn found(program: &str) -> bool {
    let output = Command::new(program).arg("--version").output();
    output.is_ok_and(|output| output.status.success())
}

/// The modules of the explorer in `target/wasm`. `None`, and a sentence, where Rust has no target for
/// browsers.
pub(crate) fn modules(root: &Path) -> Result<Option<PathBuf>, String> {
    let sysroot = Command::new("rustc").args(["--print", "sysroot"]).current_dir(root).output();
    let sysroot = sysroot.map_err(|error| format!("cannot start rustc: {error}"))?;
    let sysroot = String::from_utf8_lossy(&sysroot.stdout).trim().to_owned();
    if !Path::new(&sysroot).join("lib/rustlib").join(TARGET).is_dir() {
        eprintln!(
            "xtask: the explorer is left out: `rustup target add {TARGET}` brings what it takes"
        );
        return Ok(None);
    }
    let folder = root.join("target/wasm");
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    for (module, systems) in MODULES {
        let arguments = [
            &["build", "--package", "noctule-wasm", "--no-default-features", "--features", systems]
                [..],
            &["--target", TARGET, "--profile", "wasm", "--target-dir", "target"],
        ]
        .concat();
        cargo(root, &arguments, &[], "the explorer's module does not build, see above")?;
        let made = root.join("target").join(TARGET).join("wasm/noctule_wasm.wasm");
        let to = folder.join(module);
        fs::copy(&made, &to).map_err(|error| format!("{}: {error}", made.display()))?;
    }
    Ok(Some(folder))
}

/// The numbers of the modules beside those of the command line, in Node.
fn numbers(root: &Path) -> Result<(), String> {
    if !found("node") {
        eprintln!("xtask: the explorer's numbers are not compared: there is no `node`");
        return Ok(());
    }
    let mut node = Command::new("node");
    node.arg("site/tests/numbers.mjs").arg(tools::program()?).current_dir(root);
    succeeded(node.status(), "site/tests/numbers.mjs")
}

/// The pages and the explorer in a browser without a window.
fn browser(root: &Path, effort: &Effort) -> Result<(), String> {
    let browser = BROWSERS.into_iter().find(|name| found(name));
    let (Some(browser), true) = (browser, found("node")) else {
        let missing = if browser.is_none() { "`chromium`" } else { "`node`" };
        eprintln!("xtask: the pages are not opened in a browser: there is no {missing}");
        return Ok(());
    };
    let mut node = Command::new("node");
    node.args(["site/tests/browser.mjs", browser, "target/site"]).args(effort);
    succeeded(node.current_dir(root).status(), "site/tests/browser.mjs")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_few() {
        assert_eq!(parse(&[]), Ok(Options { test: false }));
        assert_eq!(parse(&["--test".to_owned()]), Ok(Options { test: true }));
        assert!(parse(&["--serve".to_owned()]).unwrap_err().contains("--serve"));
    }

    #[test]
    fn every_system_is_in_a_module() {
        let manifest =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/noctule-wasm/Cargo.toml");
        let manifest = fs::read_to_string(manifest).unwrap();
        let line = manifest.lines().find(|line| line.starts_with("default = ")).unwrap();
        let mut known: Vec<&str> = line.split('"').skip(1).step_by(2).collect();
        let mut built: Vec<&str> = MODULES.iter().flat_map(|(_, list)| list.split(',')).collect();
        known.sort_unstable();
        built.sort_unstable();
        built.dedup();
        assert_eq!(known, built);
    }
}
