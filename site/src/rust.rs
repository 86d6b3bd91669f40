//! The page of a Rust module: what its own documentation says, and what it offers, read from the sources.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use crate::{entries, read};

/// What is offered: the word before a name, and what it is called on the page.
const KINDS: [(&str, &str); 7] = [
    ("fn", "function"),
    ("const fn", "function"),
    ("struct", "struct"),
    ("enum", "enum"),
    ("trait", "trait"),
    ("const", "constant"),
    ("type", "type"),
];

/// The Markdown of the module in a file.
pub(crate) fn page(root: &Path, source: &str) -> Result<String, String> {
    let text = read(&root.join(source))?;
    let folder = root.join(source).parent().unwrap_or(root).to_owned();
    let module = source.trim_start_matches("crates/").replace("/src/", "::");
    let module =
        module.trim_end_matches("/mod.rs").trim_end_matches("lib.rs").trim_end_matches("::");
    let module = module.replace('-', "_");
    let documentation: Vec<&str> =
        text.lines().filter_map(|line| line.strip_prefix("//!")).collect();
    let mut page = format!("# `{module}`\n\n");
    for line in &documentation {
        let line = line.strip_prefix(' ').unwrap_or(line);
        // headings of a module are below that of its page; its examples are Rust
        let line = line.strip_prefix("# ").map_or(line.to_owned(), |title| format!("## {title}"));
        page += &line;
        page.push('\n');
    }
    page = plain_links(&examples(&page));
    let mut known = BTreeMap::new();
    offered(&folder, &mut known)?;
    let names = names(&text);
    let rows: Vec<&(String, String, String)> =
        names.iter().filter_map(|name| known.get(name)).collect();
    if !rows.is_empty() {
        page += "\n## What it offers\n\n| name | what | |\n|---|---|---|\n";
        for (name, kind, words) in rows {
            let _ = writeln!(page, "| `{name}` | {kind} | {} |", words.replace('|', "\\|"));
        }
    }
    page += "\nFields, methods and the rest: `cargo doc --no-deps --open --package noctule`.\n";
    Ok(page)
}

/// Blocks without a language are Rust, and headings inside blocks are none.
fn examples(page: &str) -> String {
    let mut out = String::with_capacity(page.len());
    let mut inside: Option<bool> = None;
    for line in page.lines() {
        match (inside, line.strip_prefix("```")) {
            (None, Some(language)) => {
                inside = Some(language.is_empty());
                out += if language.is_empty() { "```rust" } else { line };
            }
            (Some(_), Some(_)) => {
                inside = None;
                out += line;
            }
            (Some(true), None) if line.starts_with("## ") => continue,
            _ => out += line,
        }
        out.push('\n');
    }
    out
}

/// Links of Rust's documentation as code: `[words](path)` keeps its words, and brackets about code go.
fn plain_links(page: &str) -> String {
    let mut out = String::with_capacity(page.len());
    let mut rest = page;
    while let Some(at) = rest.find('[') {
        let (before, from) = rest.split_at(at);
        out += before;
        let end = from.find(']').filter(|end| !from[..*end].contains('\n'));
        let code = from.starts_with("[`");
        let target = end.and_then(|end| from[end + 1..].strip_prefix('('));
        match (end, target) {
            (Some(end), Some(target)) if !target.contains("://") || code => {
                let close = target.find(')').unwrap_or(0);
                // `(boundary())` has brackets of its own
                let close = close + usize::from(target[close + 1..].starts_with(')'));
                out += &from[1..end];
                rest = &target[close + 1..];
            }
            (Some(end), None) if code => {
                out += &from[1..end];
                rest = &from[end + 1..];
            }
            _ => {
                out.push('[');
                rest = &from[1..];
            }
        }
    }
    out + rest
}

/// The names that a module re-exports or defines.
fn names(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    for part in text.split("\npub use ").skip(1) {
        let part = part.split(';').next().unwrap_or_default();
        let list = part.rsplit_once("::{").map_or_else(
            || part.rsplit("::").next().unwrap_or_default().to_owned(),
            |(_, list)| list.replace('}', ""),
        );
        names.extend(
            list.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()),
        );
    }
    names.extend(items(text).into_iter().map(|(name, _, _)| name));
    names.sort_unstable();
    names.dedup();
    names
}

/// Items with their first sentence: name, kind, words.
fn items(text: &str) -> Vec<(String, String, String)> {
    let mut found = Vec::new();
    let mut words = String::new();
    for line in text.lines() {
        if let Some(said) = line.strip_prefix("///") {
            words += said;
        } else if let Some(item) = line.strip_prefix("pub ") {
            let kind = KINDS.iter().filter(|(word, _)| {
                item.strip_prefix(word).is_some_and(|rest| rest.starts_with(' '))
            });
            if let Some((word, kind)) = kind.max_by_key(|(word, _)| word.len()) {
                let name = item[word.len() + 1..].split(|c: char| !c.is_alphanumeric() && c != '_');
                let name = name.into_iter().next().unwrap_or_default().to_owned();
                let sentence =
                    plain_links(words.trim()).split(". ").next().unwrap_or_default().to_owned();
                found.push((name, (*kind).to_owned(), sentence.trim_end_matches('.').to_owned()));
            }
            words.clear();
        } else if !line.starts_with("#[") {
            words.clear();
        }
    }
    found
}

/// All items of a folder of sources.
fn offered(
    folder: &Path,
    known: &mut BTreeMap<String, (String, String, String)>,
) -> Result<(), String> {
    for path in entries(folder)? {
        if path.is_dir() {
            offered(&path, known)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            for item in items(&read(&path)?) {
                known.entry(item.0.clone()).or_insert(item);
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_of_rust_become_code() {
        assert_eq!(
            plain_links("[`a::b`] and [`c`](fn@d) and [words](x())."),
            "`a::b` and `c` and words."
        );
        assert_eq!(plain_links("x[1] and [out](https://a.b)"), "x[1] and [out](https://a.b)");
    }

    #[test]
    fn items_have_a_kind_and_a_sentence() {
        let text = "/// Design. More.\n#[must_use]\npub const fn design(x: f64) {}\n/// A thing.\npub struct Thing;\npub use a::{b, C};\n";
        let found = items(text);
        assert_eq!(found[0], ("design".to_owned(), "function".to_owned(), "Design".to_owned()));
        assert_eq!(found[1].2, "A thing");
        assert_eq!(names(text), ["C", "Thing", "b", "design"]);
    }

    #[test]
    fn every_system_has_a_page() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        for system in ["beamforming", "frame", "pilots", "surfaces", "cellfree"] {
            let page = page(&root, &format!("crates/noctule/src/{system}/mod.rs")).unwrap();
            assert!(page.starts_with(&format!("# `noctule::{system}`")), "{page}");
            assert!(page.contains("| `design` | function |"), "{system}");
            assert!(page.contains("```rust\nuse noctule::"), "{system}");
        }
    }
}
