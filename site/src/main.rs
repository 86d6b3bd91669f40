//! The site of noctule as one static folder: `noctule-site OUT ROOT [MODULES]`.
//!
//! Pages are the Markdown files of the repository and what its modules of Rust say of themselves; nothing is fetched, now or by who reads them.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command for people")]

mod check;
mod formula;
mod gallery;
mod latex;
mod markdown;
mod marks;
mod modules;
mod places;
mod rust;
mod search;
mod template;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use places::Places;
use search::Index;

/// Write a file and the folders above it.
fn write(path: &Path, bytes: impl AsRef<[u8]>) -> Result<(), String> {
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    fs::write(path, bytes).map_err(|error| format!("{}: {error}", path.display()))
}

/// Read a text.
fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// Everything in a folder, in order.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let read = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut paths: Vec<PathBuf> = read.filter_map(|e| Some(e.ok()?.path())).collect();
    paths.sort();
    Ok(paths)
}

/// Copy the files of a folder, without those of folders in it.
fn copy_folder(from: &Path, to: &Path) -> Result<(), String> {
    for path in entries(from)?.iter().filter(|path| path.is_file()) {
        let bytes = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
        write(&to.join(path.file_name().unwrap_or_default()), bytes)?;
    }
    Ok(())
}

fn build(out: &Path, root: &Path, modules: Option<&Path>) -> Result<String, String> {
    if out.exists() {
        fs::remove_dir_all(out).map_err(|error| format!("{}: {error}", out.display()))?;
    }
    let mut places = Places::of(root)?;
    let mut index = Index::default();
    let site = root.join("site");
    copy_folder(&site.join("assets"), &out.join("assets"))?;
    copy_folder(&site.join("explorer"), &out.join("explorer"))?;
    let home = read(&site.join("home.html"))?;
    let shown = template::page(&places, "index.html", "noctule", "", &home);
    write(&out.join("index.html"), shown)?;
    for page in places.pages() {
        let text = if page.source.ends_with(".rs") {
            rust::page(root, &page.source)?
        } else {
            read(&root.join(&page.source))?
        };
        let text = marks::left_out(&text);
        let made = markdown::page(&mut places, &page, &text)?;
        index.add(&page.out, &made.title, &made.sections);
        let shown = template::page(&places, &page.out, &made.title, &made.contents, &made.body);
        write(&out.join(&page.out), shown)?;
    }
    gallery::build(&mut places, &mut index, root, out)?;
    places.copy_files(root, out)?;
    index.check()?;
    write(&out.join("assets").join("search.json"), index.json())?;
    let modules = modules.map_or_else(|| Ok(String::new()), |from| modules::place(from, out))?;
    let checked = check::run(out)?;
    Ok(format!("{checked}{modules}"))
}

fn main() -> ExitCode {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let built = match arguments.as_slice() {
        [out, root] => build(out, root, None),
        [out, root, modules] => build(out, root, Some(modules)),
        _ => Err("usage: noctule-site OUT ROOT [FOLDER WITH noctule-*.wasm]".to_owned()),
    };
    match built {
        Ok(words) => {
            println!("{words}");
            ExitCode::SUCCESS
        }
        Err(words) => {
            eprintln!("noctule-site: {words}");
            ExitCode::FAILURE
        }
    }
}
