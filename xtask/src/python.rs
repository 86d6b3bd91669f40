//! The step `python`: the wheel in a fresh virtual environment, and its tests.
//!
//! The wheel is packed around the extension module of the step `build`. Letting maturin call Cargo
//! for that one package would give shared dependencies (serde_core, rand, zerocopy, …) other
//! features than the workspace build does, and compile the linear algebra a second time;
//! `pip install .`, which people use, does call it, and builds once.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::tools::{self, program, succeeded};

/// Build the wheel, install it, run its tests.
pub(crate) fn run(root: &Path) -> Result<(), String> {
    let Environment { folder, python: inside, noctule } = environment(root)?;
    // Most of them wait for one core: a process on every one.
    let tests = ["-m", "pytest", "--quiet", "-p", "no:cacheprovider", "-n", "auto", "python/tests"];
    pytest(root, &inside, &noctule, &tests, "the Python tests")?;
    // From another folder, so that the installed package is meant and not the sources.
    let doctests = [
        "-m",
        "pytest",
        "--quiet",
        "-p",
        "no:cacheprovider",
        "--doctest-modules",
        "--pyargs",
        "noctule",
    ];
    pytest(&folder, &inside, &noctule, &doctests, "the examples in Python's documentation")
}

/// Run the notebooks with the wheel and keep what comes out.
pub(crate) fn notebooks(root: &Path) -> Result<(), String> {
    tools::build(root)?;
    let script: [&OsStr; 1] = ["python/notebooks.py".as_ref()];
    call(root, environment(root)?.python.as_os_str(), &script, "python/notebooks.py")
}

/// Write the modules of Python and their reference again, from the wheel of this build.
pub(crate) fn generate(root: &Path) -> Result<(), String> {
    let python = environment(root)?.python;
    for script in ["python/generate.py", "python/reference.py"] {
        call(root, python.as_os_str(), &[script.as_ref()], script)?;
    }
    Ok(())
}

/// A virtual environment with the wheel of this build and what its tests need.
struct Environment {
    folder: PathBuf,
    python: PathBuf,
    noctule: PathBuf,
}

fn environment(root: &Path) -> Result<Environment, String> {
    let python = interpreter()?;
    let noctule = program()?;
    let library = library(&noctule)?;
    let folder = noctule
        .ancestors()
        .nth(2)
        .map(|target| target.join("python"))
        .ok_or("the target folder has no parent")?;
    if folder.exists() {
        std::fs::remove_dir_all(&folder)
            .map_err(|error| format!("cannot remove {}: {error}", folder.display()))?;
    }
    let environment = folder.join("venv");
    let create: [&OsStr; 3] = ["-m".as_ref(), "venv".as_ref(), environment.as_os_str()];
    call(root, python.as_os_str(), &create, "the virtual environment")?;
    let inside = if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" };
    let inside = environment.join(inside);
    let mut wheel = packed(root, &inside, &library, &folder)?.into_os_string();
    wheel.push("[test]");
    // Modules are compiled when they are imported: most of what comes along never is.
    let install: [&OsStr; 6] = [
        "-m".as_ref(),
        "pip".as_ref(),
        "install".as_ref(),
        "--quiet".as_ref(),
        "--no-compile".as_ref(),
        &wheel,
    ];
    call(root, inside.as_os_str(), &install, "the installation of the wheel")?;
    Ok(Environment { folder, python: inside, noctule })
}

/// A fresh environment with some packages; a package may be the path of a wheel.
pub(crate) fn environment_in(root: &Path, folder: &Path, packages: &[&str]) -> Result<(), String> {
    let python = interpreter()?;
    let create: [&OsStr; 3] = ["-m".as_ref(), "venv".as_ref(), folder.as_os_str()];
    call(root, python.as_os_str(), &create, "the virtual environment")?;
    let inside = if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" };
    let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    let words: Vec<&OsStr> = install.iter().chain(packages).map(OsStr::new).collect();
    call(root, folder.join(inside).as_os_str(), &words, "the installation of packages")
}

/// The wheel around the extension module beside a program, installed into an environment that has
/// its dependencies; `folder` is for the file.
pub(crate) fn install(
    root: &Path,
    python: &Path,
    noctule: &Path,
    folder: &Path,
) -> Result<(), String> {
    let wheel = packed(root, python, &library(noctule)?, folder)?;
    let install: [&OsStr; 7] = [
        "-m".as_ref(),
        "pip".as_ref(),
        "install".as_ref(),
        "--quiet".as_ref(),
        "--no-deps".as_ref(),
        "--force-reinstall".as_ref(),
        wheel.as_os_str(),
    ];
    call(root, python.as_os_str(), &install, "the installation of the wheel")
}

/// A wheel around an extension module, written into a folder.
fn packed(root: &Path, python: &Path, library: &Path, folder: &Path) -> Result<PathBuf, String> {
    let pack = [OsStr::new("python/pack.py"), library.as_os_str(), folder.as_os_str()];
    call(root, python.as_os_str(), &pack, "the packing of the wheel")?;
    wheel(folder)
}

/// Python 3.10 or later: what `NOCTULE_PYTHON` names, or `python3`, or `python`.
fn interpreter() -> Result<PathBuf, String> {
    let named = std::env::var_os("NOCTULE_PYTHON");
    let candidates: Vec<OsString> = match &named {
        Some(python) => vec![python.clone()],
        None => vec!["python3".into(), "python".into()],
    };
    let recent = "import sys; sys.exit(sys.version_info < (3, 10))";
    let usable = |python: &&OsString| {
        let status = Command::new(python)
            .args(["-c", recent])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        status.is_ok_and(|status| status.success())
    };
    candidates.iter().find(usable).map(PathBuf::from).ok_or_else(|| {
        let tried: Vec<_> = candidates.iter().map(|c| c.to_string_lossy()).collect();
        format!(
            "there is no Python 3.10 or later (tried {}); install one, name it in NOCTULE_PYTHON, \
             or leave this step out with --no-python",
            tried.join(", ")
        )
    })
}

/// The extension module of the step `build`, beside the program.
fn library(program: &Path) -> Result<PathBuf, String> {
    let name = format!("{}_noctule{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    let path = program.with_file_name(name);
    if path.is_file() {
        Ok(path)
    } else {
        Err(format!("{} is missing; do not leave out the step `build`", path.display()))
    }
}

/// The wheel in a folder.
fn wheel(folder: &Path) -> Result<PathBuf, String> {
    let entries = std::fs::read_dir(folder)
        .map_err(|error| format!("cannot read {}: {error}", folder.display()))?;
    entries
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|extension| extension == "whl"))
        .ok_or_else(|| format!("{} holds no wheel", folder.display()))
}

fn pytest(
    folder: &Path,
    python: &Path,
    noctule: &Path,
    arguments: &[&str],
    what: &str,
) -> Result<(), String> {
    eprintln!("xtask: python {}", arguments.join(" "));
    let status = Command::new(python)
        .args(arguments)
        .env("NOCTULE_PROGRAM", noctule)
        .env_remove("PYTHONPATH")
        .current_dir(folder)
        .status();
    succeeded(status, what)
}

fn call(root: &Path, python: &OsStr, arguments: &[&OsStr], what: &str) -> Result<(), String> {
    let status =
        Command::new(python).args(arguments).env_remove("PYTHONPATH").current_dir(root).status();
    succeeded(status, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_said() {
        let nowhere = Path::new("no/such/folder/noctule");
        assert!(library(nowhere).unwrap_err().contains("do not leave out the step `build`"));
        assert!(wheel(Path::new("no/such/folder")).unwrap_err().contains("cannot read"));
    }
}
