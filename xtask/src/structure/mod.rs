//! `cargo xtask structure`: how the house stands, in numbers; with `--check`, whether it may.
//!
//! Per crate the lengths of its functions, the files that are too long and the circles of imports;
//! per system the lines that know it outside its folder; and how many crates the library brings.
//! Text is read, nothing is parsed by a compiler: a macro may hide an import. Tests do not count.

mod imports;
mod outside;
mod source;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use self::imports::{Module, circles};
use crate::tools::succeeded;

/// A file longer than this is named, and fails the check.
const LONG_FILE: usize = 400;
/// Nine of ten functions of a crate are not longer than this.
const LONG_FUNCTION: usize = 35;
/// So many lines may know a system outside its folders.
const OUTSIDE: usize = 60;

/// What is known of a crate.
struct Crate {
    name: String,
    lines: usize,
    files: usize,
    /// Lengths of its functions, in order.
    functions: Vec<usize>,
    circles: Vec<Vec<String>>,
    /// Files that are too long, with their lines.
    long: Vec<(usize, String)>,
}

impl Crate {
    fn of(folder: &Path, root: &Path) -> Result<Self, String> {
        let name = folder.file_name().map(|name| name.to_string_lossy().into_owned());
        let mut long = Vec::new();
        let modules = modules(&folder.join("src"), root, &mut long)?;
        let mut functions: Vec<usize> =
            modules.iter().flat_map(|module| source::function_lengths(&module.code)).collect();
        functions.sort_unstable();
        Ok(Self {
            name: name.unwrap_or_default(),
            lines: modules.iter().map(|module| filled(&module.code)).sum(),
            files: modules.len(),
            functions,
            circles: circles(&modules),
            long,
        })
    }

    /// The length that a share of the functions does not exceed.
    fn at(&self, share: f64) -> usize {
        let index = (share * self.functions.len().saturating_sub(1) as f64).round() as usize;
        self.functions.get(index).copied().unwrap_or(0)
    }

    fn row(&self) -> String {
        let Self { name, lines, files, functions, circles, .. } = self;
        let [p50, p90, most] = [0.5, 0.9, 1.0].map(|share| self.at(share));
        let (functions, circles) = (functions.len(), circles.len());
        format!("{name:<15}{lines:>7}{files:>6}{functions:>6}{p50:>6}{p90:>6}{most:>6}{circles:>9}")
    }
}

/// Print the table; with `--check` fail where a limit is passed.
pub(crate) fn run(options: &[String], root: &Path) -> Result<(), String> {
    let check = match options {
        [] => false,
        [option] if option == "--check" => true,
        _ => return Err(format!("`structure` takes --check alone, found {options:?}")),
    };
    let crates = crates(root)?.into_iter().map(|folder| Crate::of(&folder, root));
    let crates = crates.collect::<Result<Vec<_>, _>>()?;
    let systems = outside::systems(root)?;
    println!(
        "{:<15}{:>7}{:>6}{:>6}{:>6}{:>6}{:>6}{:>9}",
        "crate", "lines", "files", "fns", "p50", "p90", "max", "circles"
    );
    crates.iter().for_each(|one| println!("{}", one.row()));
    let rings = crates.iter().flat_map(|one| {
        one.circles.iter().map(|ring| format!("{}: {}", one.name, ring.join(", ")))
    });
    told("circles of imports", &rings.collect::<Vec<_>>());
    let mut long = long_beside(root)?;
    long.extend(crates.iter().flat_map(|one| one.long.iter().cloned()));
    long.sort_by(|a, b| b.cmp(a));
    let rows: Vec<String> = long.iter().map(|(lines, path)| format!("{lines} {path}")).collect();
    told(&format!("files over {LONG_FILE} lines"), &rows);
    let rows: Vec<String> = systems.iter().map(outside::System::row).collect();
    told("lines of Rust that name a system outside its folder", &rows);
    println!("\ncrates in the tree of the library: {}", tree(root)?);
    let passed = passed(&crates, &long, &systems);
    if check && !passed.is_empty() {
        return Err(format!("limits are passed:\n  {}", passed.join("\n  ")));
    }
    Ok(())
}

/// The check as a step of `cargo xtask test`.
pub(crate) fn check(root: &Path) -> Result<(), String> {
    run(&["--check".to_owned()], root)
}

/// Every limit that is passed, in a sentence.
fn passed(crates: &[Crate], long: &[(usize, String)], systems: &[outside::System]) -> Vec<String> {
    let file =
        |(lines, path): &(usize, String)| format!("{path}: {lines} lines, at most {LONG_FILE}");
    let mut passed: Vec<String> = long.iter().map(file).collect();
    for one in crates {
        for ring in &one.circles {
            let ring = ring.join(", ");
            passed.push(format!("{}: files import each other in a circle: {ring}", one.name));
        }
        let p90 = one.at(0.9);
        if p90 > LONG_FUNCTION {
            let most = format!("at most {LONG_FUNCTION}");
            passed
                .push(format!("{}: one function in ten has {p90} lines or more, {most}", one.name));
        }
    }
    for system in systems.iter().filter(|system| system.lines() > OUTSIDE) {
        let (name, lines) = (&system.name, system.lines());
        passed.push(format!("{name}: {lines} lines outside its folder know it, at most {OUTSIDE}"));
    }
    passed
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

/// Files of tests and of Python that are too long; the modules of systems, which
/// `python/generate.py` writes, do not count.
fn long_beside(root: &Path) -> Result<Vec<(usize, String)>, String> {
    let mut files = files(&root.join("python"), "py")?;
    for folder in crates(root)? {
        for part in ["tests", "benches", "examples"] {
            let folder = folder.join(part);
            if folder.is_dir() {
                files.extend(sources(&folder)?);
            }
        }
        let inside = sources(&folder.join("src"))?;
        files.extend(inside.into_iter().filter(|file| is_test(file)));
    }
    let mut long = Vec::new();
    for file in files {
        let text = read(&file)?;
        let library = root.join("crates/noctule/src");
        let generated = file.parent().is_some_and(|folder| folder.ends_with("python/noctule"))
            && file.file_stem().is_some_and(|stem| library.join(stem).is_dir());
        let lines = text.lines().count();
        if lines > LONG_FILE && !generated {
            long.push((lines, shown(&file, root)));
        }
    }
    Ok(long)
}

/// Whether a file of `src/` holds tests alone.
fn is_test(file: &Path) -> bool {
    let stem = file.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let stem = stem.unwrap_or_default();
    stem == "tests" || stem.ends_with("_tests") || file.iter().any(|part| part == "tests")
}

/// Every Rust file below a folder.
fn sources(folder: &Path) -> Result<Vec<PathBuf>, String> {
    files(folder, "rs")
}

/// Every file below a folder with an ending; what was installed or compiled there does not count.
fn files(folder: &Path, ending: &str) -> Result<Vec<PathBuf>, String> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for path in entries(&folder)? {
            let hidden =
                path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
            if path.is_dir() && !hidden {
                open.push(path);
            } else if path.extension().is_some_and(|found| found == ending) {
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
        if is_test(&file) {
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

/// The crates that whoever depends on the library compiles with its default features, itself
/// included.
pub(crate) fn tree(root: &Path) -> Result<usize, String> {
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

    fn one(functions: Vec<usize>) -> Crate {
        let (circles, long) = (Vec::new(), Vec::new());
        Crate { name: "c".to_owned(), lines: 1, files: 1, functions, circles, long }
    }

    #[test]
    fn limits_are_told_when_they_are_passed() {
        assert!(passed(&[one(vec![35; 10])], &[], &[]).is_empty());
        let told = passed(&[one(vec![1, 1, 36, 36])], &[], &[]);
        assert!(told[0].contains("36 lines") && told.len() == 1, "{told:?}");
        let circles = vec![vec!["a".to_owned(), "b".to_owned()]];
        let round = Crate { circles, ..one(vec![1]) };
        let told = passed(&[round], &[(401, "c/src/a.rs".to_owned())], &[]);
        assert!(told[0].contains("401") && told[1].contains("a, b"), "{told:?}");
        let system =
            |named| outside::System { name: "frame".to_owned(), own: 10, named, models: 0 };
        assert!(passed(&[], &[], &[system(50)]).is_empty());
        assert!(passed(&[], &[], &[system(51)])[0].contains("61"));
    }
}
