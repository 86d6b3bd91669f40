//! `cargo xtask structure`: how the house stands, in numbers.
//!
//! Per crate the lengths of its functions, the files that are too long and the circles of imports;
//! per system the lines that know it outside its folder; and how many crates the library brings.
//! Text is read, nothing is parsed by a compiler: a macro may hide an import. Tests do not count.

mod imports;
mod source;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use self::imports::{Module, circles};
use crate::tools::succeeded;

/// A file longer than this is named.
const LONG_FILE: usize = 400;

/// Print the table.
pub(crate) fn run(root: &Path) -> Result<(), String> {
    println!(
        "{:<15}{:>7}{:>6}{:>6}{:>6}{:>6}{:>6}{:>9}",
        "crate", "lines", "files", "fns", "p50", "p90", "max", "circles"
    );
    let mut long = Vec::new();
    let mut rings = Vec::new();
    for folder in crates(root)? {
        let name =
            folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let modules = modules(&folder.join("src"), root, &mut long)?;
        let found = circles(&modules);
        let mut lengths: Vec<usize> =
            modules.iter().flat_map(|module| source::function_lengths(&module.code)).collect();
        lengths.sort_unstable();
        let at = |share: f64| {
            let index = (share * lengths.len().saturating_sub(1) as f64).round() as usize;
            lengths.get(index).copied().unwrap_or(0)
        };
        let lines: usize = modules.iter().map(|module| filled(&module.code)).sum();
        println!(
            "{name:<15}{lines:>7}{:>6}{:>6}{:>6}{:>6}{:>6}{:>9}",
            modules.len(),
            lengths.len(),
            at(0.5),
            at(0.9),
            at(1.0),
            found.len()
        );
        rings.extend(found.into_iter().map(|ring| format!("{name}: {}", ring.join(", "))));
    }
    told("circles of imports", &rings);
    long.sort_by(|a, b| b.cmp(a));
    let long: Vec<String> = long.iter().map(|(lines, path)| format!("{lines} {path}")).collect();
    told(&format!("files over {LONG_FILE} lines without their tests"), &long);
    told("lines of Rust that name a system outside its folder", &outside(root)?);
    println!("\ncrates in the tree of the library: {}", tree(root)?);
    Ok(())
}

fn told(title: &str, rows: &[String]) {
    println!("\n{title}: {}", if rows.is_empty() { "none" } else { "" });
    for row in rows {
        println!("  {row}");
    }
}

fn filled(code: &str) -> usize {
    code.lines().filter(|line| !line.trim().is_empty()).count()
}

fn crates(root: &Path) -> Result<Vec<PathBuf>, String> {
    let mut folders: Vec<PathBuf> =
        entries(&root.join("crates"))?.into_iter().filter(|path| path.is_dir()).collect();
    folders.push(root.join("xtask"));
    folders.sort();
    Ok(folders)
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let wrong = |error: std::io::Error| format!("cannot read {}: {error}", folder.display());
    fs::read_dir(folder)
        .map_err(wrong)?
        .map(|entry| entry.map(|entry| entry.path()).map_err(wrong))
        .collect()
}

/// Every Rust file below a folder.
fn sources(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for path in entries(&folder)? {
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))
}

/// The modules of a crate, its test files left out; long ones are noted.
fn modules(
    src: &Path,
    root: &Path,
    long: &mut Vec<(usize, String)>,
) -> Result<Vec<Module>, String> {
    let mut modules = Vec::new();
    for file in sources(src)? {
        let stem = file.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        let stem = stem.unwrap_or_default();
        if stem == "tests" || stem.ends_with("_tests") || file.iter().any(|part| part == "tests") {
            continue;
        }
        let text = read(&file)?;
        let code = source::without_tests(&source::bare(&text));
        let tests = text.find("#[cfg(test)]\nmod ").map_or(0, |at| text[at..].lines().count());
        let lines = text.lines().count() - tests;
        if lines > LONG_FILE {
            long.push((lines, shown(&file, root)));
        }
        let inside = file.strip_prefix(src).unwrap_or(&file);
        let mut path: Vec<String> = inside
            .parent()
            .into_iter()
            .flat_map(Path::iter)
            .map(|part| part.to_string_lossy().into_owned())
            .collect();
        if !["mod", "lib", "main"].contains(&stem.as_str()) {
            path.push(stem);
        }
        modules.push(Module { path, code });
    }
    Ok(modules)
}

fn shown(path: &Path, root: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).display().to_string()
}

/// For every system: the lines of its folders above the library, and those that name it elsewhere.
///
/// Model functions of Python are the system's own interface to that language; they are counted
/// apart.
fn outside(root: &Path) -> Result<Vec<String>, String> {
    let library = root.join("crates/noctule/src");
    let mut systems: Vec<String> = entries(&library)?
        .into_iter()
        .filter(|path| path.join("scenario.rs").is_file())
        .filter_map(|path| path.file_name().map(|name| name.to_string_lossy().into_owned()))
        .collect();
    systems.sort();
    let mut rows = Vec::new();
    for system in systems {
        let (mut folders, mut named, mut models) = (0, 0, 0);
        for folder in crates(root)? {
            if folder.ends_with("xtask") {
                continue;
            }
            for file in sources(&folder.join("src"))? {
                if file.starts_with(library.join(&system)) {
                    continue;
                }
                let code = source::without_tests(&source::bare(&read(&file)?));
                let own = file.iter().any(|part| {
                    let part = part.to_string_lossy();
                    part == system.as_str()
                        || part.strip_suffix(".rs").is_some_and(|stem| {
                            stem == system || stem.starts_with(&format!("{system}_"))
                        })
                });
                let python = file.iter().any(|part| part == "models");
                match (own, python) {
                    (true, true) => models += filled(&code),
                    (true, false) => folders += filled(&code),
                    _ => named += code.lines().filter(|line| names(line, &system)).count(),
                }
            }
        }
        rows.push(format!(
            "{system:<14}{:>5}, and {models} of model functions for Python",
            folders + named
        ));
    }
    Ok(rows)
}

/// Whether a line has the word as a whole.
fn names(line: &str, word: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        !line[..at].chars().next_back().is_some_and(part)
            && !line[at + word.len()..].chars().next().is_some_and(part)
    })
}

/// The crates that whoever depends on the library compiles with its default features, itself
/// included.
fn tree(root: &Path) -> Result<usize, String> {
    let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["tree", "--package", "noctule", "--edges", "normal", "--prefix", "none"])
        .current_dir(root)
        .output()
        .map_err(|error| format!("cannot start cargo tree: {error}"))?;
    succeeded(Ok(output.status), "cargo tree")?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut crates: Vec<&str> = text
        .lines()
        .filter_map(|line| line.split(" (").next())
        .filter(|line| !line.is_empty())
        .collect();
    crates.sort_unstable();
    crates.dedup();
    Ok(crates.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_whole() {
        assert!(names("use noctule::frame;", "frame") && names("frame", "frame"));
        assert!(!names("frames and my_frame", "frame"));
    }
}
