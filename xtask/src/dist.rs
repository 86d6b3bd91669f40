//! `cargo xtask dist`: wheels, sources, programs, packages, in `target/dist-files`.
//!
//! Linux wheels and programs are linked by zig, against an old C library or none, so that they run wherever
//! Python does; the tools come from the package index into an environment of their own. On another system
//! the wheel and the program of that system are built, with what it links by itself.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::python;
use crate::tools::succeeded;

/// What Cargo builds for a release.
const PROFILE: &str = "dist";

/// What a wheel may weigh: no more than it did. Four million bytes are the goal.
const HEAVIEST: u64 = 7_000_000;

/// How long a person waits for the first figure, once the wheel is installed.
const SECONDS: f64 = 10.0;

/// The wheels of Linux: a target, and which C library they ask for.
const WHEELS: [(&str, &str); 4] = [
    ("x86_64-unknown-linux-gnu", "manylinux2014"),
    ("x86_64-unknown-linux-musl", "musllinux_1_2"),
    ("aarch64-unknown-linux-gnu", "manylinux2014"),
    ("aarch64-unknown-linux-musl", "musllinux_1_2"),
];

/// The programs of Linux, linked statically.
const PROGRAMS: [&str; 2] = ["x86_64-unknown-linux-musl", "aarch64-unknown-linux-musl"];

/// What is asked for.
#[derive(Debug, Default, PartialEq, Eq)]
struct Options {
    /// All targets that Rust has here, and not this machine's alone.
    cross: bool,
    /// Look at what is in the folder, and build nothing.
    check: bool,
}

fn parse(options: &[String]) -> Result<Options, String> {
    let mut parsed = Options::default();
    for option in options {
        match option.as_str() {
            "--cross" => parsed.cross = true,
            "--check" => parsed.check = true,
            other => {
                return Err(format!("`dist` has no option `{other}`; it has --cross and --check"));
            }
        }
    }
    Ok(parsed)
}

/// Build what a release hands out, and install the wheel where no Rust is.
pub(crate) fn run(options: &[String], root: &Path) -> Result<(), String> {
    let options = parse(options)?;
    let out = root.join("target").join("dist-files");
    if !options.check {
        if out.exists() {
            fs::remove_dir_all(&out).map_err(|error| format!("{}: {error}", out.display()))?;
        }
        fs::create_dir_all(&out).map_err(|error| format!("{}: {error}", out.display()))?;
        build(root, &out, options.cross)?;
    }
    first_figure(root, &out)?;
    weigh(&out)
}

/// Everything, into a folder.
fn build(root: &Path, out: &Path, cross: bool) -> Result<(), String> {
    let tools = tools(root)?;
    let targets = installed(root)?;
    let wanted = |target: &str| {
        let here = target.starts_with(std::env::consts::ARCH);
        let there = targets.iter().any(|one| one == target);
        if (here || cross) && !there {
            eprintln!("xtask: {target} is left out: `rustup target add {target}` brings it");
        }
        (here || cross) && there
    };
    let maturin = |arguments: &[&OsStr]| {
        let mut command = Command::new(tools.join("maturin"));
        command.args(arguments).current_dir(root).env("PATH", path(&tools)?);
        succeeded(command.status(), "maturin")
    };
    let manifest = OsStr::new("crates/noctule-py/Cargo.toml");
    let common = |verb| {
        [words(&[verb, "--out"]), vec![out.as_os_str()], words(&["-m"]), vec![manifest]].concat()
    };
    maturin(&common("sdist"))?;
    if cfg!(target_os = "linux") {
        for (target, library) in WHEELS.into_iter().filter(|(target, _)| wanted(target)) {
            let more = words(&[
                "--profile",
                PROFILE,
                "--zig",
                "--target",
                target,
                "--compatibility",
                library,
            ]);
            maturin(&[common("build"), more].concat())?;
        }
        for target in PROGRAMS.into_iter().filter(|target| wanted(target)) {
            let program = zigbuild(root, &tools, target)?;
            packed(root, &tools, &program, target, out)?;
        }
    } else {
        maturin(&[common("build"), words(&["--profile", PROFILE])].concat())?;
        let (program, target) = plain(root)?;
        packed(root, &tools, &program, &target, out)?;
    }
    for verb in ["bill", "sums"] {
        script(root, &tools, &[verb.as_ref(), out.as_os_str()], None)?;
    }
    Ok(())
}

/// Words of a command line.
fn words<'a>(list: &[&'a str]) -> Vec<&'a OsStr> {
    list.iter().map(|word| OsStr::new(*word)).collect()
}

/// A folder of programs in front of the others.
fn path(tools: &Path) -> Result<std::ffi::OsString, String> {
    let before = std::env::var_os("PATH").unwrap_or_default();
    let all = [tools.to_owned()].into_iter().chain(std::env::split_paths(&before));
    std::env::join_paths(all).map_err(|error| format!("the PATH cannot be made: {error}"))
}

/// maturin and zig, in an environment of their own; the folder of its programs.
fn tools(root: &Path) -> Result<PathBuf, String> {
    let folder = root.join("target").join("dist-tools");
    let inside = folder.join(if cfg!(windows) { "Scripts" } else { "bin" });
    if !inside.join(format!("maturin{}", std::env::consts::EXE_SUFFIX)).is_file() {
        python::environment_in(root, &folder, &["maturin>=1.9,<2", "ziglang", "cargo-zigbuild"])?;
    }
    Ok(inside)
}

/// The targets that Rust has a standard library for.
fn installed(root: &Path) -> Result<Vec<String>, String> {
    let sysroot = Command::new("rustc").args(["--print", "sysroot"]).current_dir(root).output();
    let sysroot = sysroot.map_err(|error| format!("cannot start rustc: {error}"))?;
    let folder = PathBuf::from(String::from_utf8_lossy(&sysroot.stdout).trim()).join("lib/rustlib");
    let read = fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    Ok(read.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect())
}

/// The program, linked statically by zig.
fn zigbuild(root: &Path, tools: &Path, target: &str) -> Result<PathBuf, String> {
    let mut command = Command::new(tools.join("cargo-zigbuild"));
    command.args([
        "zigbuild",
        "--profile",
        PROFILE,
        "--package",
        "noctule-cli",
        "--target",
        target,
    ]);
    command.args(["--target-dir", "target"]).current_dir(root).env("PATH", path(tools)?);
    succeeded(command.status(), "cargo zigbuild")?;
    Ok(root.join("target").join(target).join(PROFILE).join("noctule"))
}

/// The program of this machine, and the name of its target.
fn plain(root: &Path) -> Result<(PathBuf, String), String> {
    let arguments =
        ["build", "--profile", PROFILE, "--package", "noctule-cli", "--target-dir", "target"];
    crate::tools::cargo(root, &arguments, &[], "the program does not build, see above")?;
    let told = Command::new("rustc").arg("-vV").output().map_err(|error| error.to_string())?;
    let told = String::from_utf8_lossy(&told.stdout).into_owned();
    let target = told.lines().find_map(|line| line.strip_prefix("host: "));
    let name = format!("noctule{}", std::env::consts::EXE_SUFFIX);
    let target = target.ok_or("rustc does not say for what it compiles")?.to_owned();
    Ok((root.join("target").join(PROFILE).join(name), target))
}

/// The archive of a program, and for Linux the Debian package.
fn packed(
    root: &Path,
    tools: &Path,
    program: &Path,
    target: &str,
    out: &Path,
) -> Result<(), String> {
    // A program of another machine cannot write its own pages; that of this one writes the same.
    let own = root.join("target").join(format!("{}-unknown-linux-musl", std::env::consts::ARCH));
    let own = own.join(PROFILE).join("noctule");
    let writer = own.is_file().then_some(own.as_path());
    let verbs: &[&str] =
        if target.contains("linux") { &["archive", "debian"] } else { &["archive"] };
    for verb in verbs {
        let words = [verb.as_ref(), program.as_os_str(), target.as_ref(), out.as_os_str()];
        script(root, tools, &words, writer)?;
    }
    Ok(())
}

/// `python/dist.py`.
fn script(
    root: &Path,
    tools: &Path,
    words: &[&OsStr],
    writer: Option<&Path>,
) -> Result<(), String> {
    let python = tools.join(format!("python{}", std::env::consts::EXE_SUFFIX));
    let mut command = Command::new(python);
    command.arg("python/dist.py").args(words).current_dir(root);
    if let Some(program) = writer {
        command.env("NOCTULE_PROGRAM", program);
    }
    succeeded(command.status(), "python/dist.py")
}

/// The wheels in a folder.
fn wheels(out: &Path) -> Result<Vec<PathBuf>, String> {
    let read = fs::read_dir(out)
        .map_err(|error| format!("{}: {error}; run `dist` first", out.display()))?;
    let mut found: Vec<PathBuf> = read.flatten().map(|entry| entry.path()).collect();
    found.retain(|path| path.extension().is_some_and(|extension| extension == "whl"));
    found.sort();
    if found.is_empty() { Err(format!("{} holds no wheel", out.display())) } else { Ok(found) }
}

/// Every wheel is light enough.
fn weigh(out: &Path) -> Result<(), String> {
    for wheel in wheels(out)? {
        let size = fs::metadata(&wheel).map_err(|error| error.to_string())?.len();
        let name = wheel.file_name().unwrap_or_default().to_string_lossy().into_owned();
        eprintln!("xtask: {name} has {size} bytes");
        if size > HEAVIEST {
            return Err(format!("{name} has {size} bytes, more than {HEAVIEST}"));
        }
    }
    Ok(())
}

/// The wheel of this machine in a fresh environment, without Rust on the path: install, then a figure.
fn first_figure(root: &Path, out: &Path) -> Result<(), String> {
    let folder = root.join("target").join("dist-trial");
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    let mine = |path: &PathBuf| {
        let name = path.to_string_lossy().into_owned();
        name.contains(std::env::consts::ARCH) && !name.contains("musllinux")
            || !cfg!(target_os = "linux")
    };
    let wheel = wheels(out)?.into_iter().find(mine).ok_or("there is no wheel of this machine")?;
    python::environment_in(root, &folder, &[&wheel.to_string_lossy()])?;
    let inside = folder.join(if cfg!(windows) { "Scripts" } else { "bin" });
    let begin = Instant::now();
    let arguments = ["design", "pilots", "--plot", "first.svg"];
    let mut command = Command::new(inside.join(format!("noctule{}", std::env::consts::EXE_SUFFIX)));
    command.args(arguments).current_dir(&folder).env("PATH", &inside).stdout(Stdio::null());
    succeeded(command.status(), "`noctule` of the wheel")?;
    let seconds = begin.elapsed().as_secs_f64();
    let drawn = fs::read_to_string(folder.join("first.svg")).map_err(|error| error.to_string())?;
    if !drawn.contains("<svg") || seconds > SECONDS {
        return Err(format!("the first figure took {seconds:.1} s or is none"));
    }
    eprintln!("xtask: the wheel without Rust: first figure in {seconds:.2} s");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_few() {
        assert_eq!(parse(&[]), Ok(Options::default()));
        let both = parse(&["--cross".to_owned(), "--check".to_owned()]);
        assert_eq!(both, Ok(Options { cross: true, check: true }));
        assert!(parse(&["--upload".to_owned()]).unwrap_err().contains("--upload"));
    }

    #[test]
    fn a_folder_without_wheels_is_said() {
        assert!(wheels(Path::new("no/such/folder")).unwrap_err().contains("run `dist` first"));
    }
}
