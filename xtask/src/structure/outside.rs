//! Who knows a system outside its folder.

use std::path::{Path, PathBuf};

use super::{crates, entries, filled, read, source, sources};

/// A system, and the lines of Rust that know it outside its folder in the library.
pub(super) struct System {
    pub(super) name: String,
    /// Lines of files above the library that are its own.
    pub(super) own: usize,
    /// Lines elsewhere that name it.
    pub(super) named: usize,
    /// Lines of model functions for Python: the system's own interface to that language, counted
    /// apart.
    pub(super) models: usize,
}

impl System {
    pub(super) const fn lines(&self) -> usize {
        self.own + self.named
    }

    pub(super) fn row(&self) -> String {
        let Self { name, models, .. } = self;
        format!("{name:<14}{:>5}, and {models} of model functions for Python", self.lines())
    }
}

/// Every system of the library.
pub(super) fn systems(root: &Path) -> Result<Vec<System>, String> {
    let library = root.join("crates/noctule/src");
    let mut files = Vec::new();
    for folder in crates(root)? {
        // A crate that the library stands on knows no system, whatever its files are called.
        if folder.join("src") != library && !stands_on(&folder)? {
            continue;
        }
        for file in sources(&folder.join("src"))? {
            let text = read(&file)?;
            let code = source::without_tests(&source::bare(&text));
            files.push((file, lines_of_code(&text, &code)));
        }
    }
    let mut folders: Vec<PathBuf> =
        entries(&library)?.into_iter().filter(|folder| is_system(folder)).collect();
    folders.sort();
    folders.iter().map(|folder| system(folder, &files)).collect()
}

/// Whether a folder of the library is a system: it has a scenario.
fn is_system(folder: &Path) -> bool {
    folder.join("scenario.rs").is_file() || folder.join("scenario").is_dir()
}

/// Whether a crate depends on the library.
fn stands_on(folder: &Path) -> Result<bool, String> {
    let manifest = read(&folder.join("Cargo.toml"))?;
    let names = |line: &str| line.split([' ', '.', '=']).next() == Some("noctule");
    Ok(manifest.lines().any(names))
}

/// The lines of a text with their strings, and without comments and tests: those that `code`, which
/// has no strings either, leaves blank are of no account.
fn lines_of_code(text: &str, code: &str) -> Vec<String> {
    let whole = source::without_comments(text);
    let pairs = whole.lines().zip(code.lines());
    pairs.filter(|(_, bare)| !bare.trim().is_empty()).map(|(line, _)| line.to_owned()).collect()
}

fn system(folder: &Path, files: &[(PathBuf, Vec<String>)]) -> Result<System, String> {
    let name = folder.file_name().map(|name| name.to_string_lossy().into_owned());
    let name = name.unwrap_or_default();
    let kind = kind(folder)?;
    let mut system = System { name, own: 0, named: 0, models: 0 };
    for (file, lines) in files.iter().filter(|(file, _)| !file.starts_with(folder)) {
        let python = file.iter().any(|part| part == "models");
        match (is_own(file, &system.name), python) {
            (true, true) => system.models += filled(&lines.join("\n")),
            (true, false) => system.own += filled(&lines.join("\n")),
            _ => {
                let known = lines.iter().filter(|line| names(line, &system.name, kind.as_deref()));
                system.named += known.count();
            }
        }
    }
    Ok(system)
}

/// Whether a file or folder is called like the system.
fn is_own(file: &Path, system: &str) -> bool {
    file.iter().any(|part| {
        let part = part.to_string_lossy();
        part == system
            || part
                .strip_suffix(".rs")
                .is_some_and(|stem| stem == system || stem.starts_with(&format!("{system}_")))
    })
}

/// The type that stands for the system: that of `impl System for …` in its folder.
fn kind(folder: &Path) -> Result<Option<String>, String> {
    for file in sources(folder)? {
        let code = source::bare(&read(&file)?);
        if let Some((_, rest)) = code.split_once("impl System for ") {
            return Ok(rest.split(|c: char| !c.is_alphanumeric()).next().map(str::to_owned));
        }
    }
    Ok(None)
}

/// Whether a line knows the system: as a module (`frame::`, `::frame`, `mod frame`), as a text
/// (`"frame"`, `"frame/fig3"`), or by its type. The word alone may mean something else.
fn names(line: &str, system: &str, kind: Option<&str>) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    let whole = |word: &str, fits: &dyn Fn(&str, &str) -> bool| {
        line.match_indices(word).any(|(at, _)| {
            let (before, after) = (&line[..at], &line[at + word.len()..]);
            !before.ends_with(part) && !after.starts_with(part) && fits(before, after)
        })
    };
    let meant = |before: &str, after: &str| {
        let module = after.starts_with("::") || before.ends_with("::") || before.ends_with("mod ");
        module || (before.ends_with('"') && after.starts_with(['"', '/']))
    };
    whole(system, &meant) || kind.is_some_and(|kind| whole(kind, &|_, _| true))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_system_is_known_by_its_module_its_name_and_its_type() {
        let names = |line: &str| names(line, "frame", Some("Frame"));
        for line in [
            "use noctule::frame;",
            "frame::design(x)",
            "pub mod frame;",
            "\"frame\" =>",
            "Of<Frame>",
        ] {
            assert!(names(line), "{line}");
        }
        assert!(names("    \"frame/fig3\","));
        for line in ["let frame = 3;", "frames::x", "my_frame::x", "\"a frame\"", "DataFrame"] {
            assert!(!names(line), "{line}");
        }
    }

    #[test]
    fn strings_stay_and_comments_go() {
        let text =
            "// frame::x\nlet a = \"frame\"; // frame::y\n#[cfg(test)]\nmod t { \"frame\" }\n";
        let code = source::without_tests(&source::bare(text));
        assert_eq!(lines_of_code(text, &code).join("|").trim(), "let a = \"frame\";");
    }
}
