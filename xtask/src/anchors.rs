//! Citations and links: what the repository points at must exist.
//!
//! Two things are checked. Every citation of the errata, wherever it stands (`errata.md` followed
//! by `#` and a name, in code, documentation or experiment files), must name an anchor that
//! `docs/errata.md` defines. Every relative link in a Markdown file must lead to a file or folder
//! inside the repository and, if it names a place in a Markdown file, to a heading or an anchor.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};

/// Where the errata are.
const ERRATA: &str = "docs/errata.md";

/// What a citation of an erratum looks like, up to the name of the anchor.
const CITATION: &str = "errata.md#";

/// Extensions of the files that may cite an erratum.
const TEXT: [&str; 10] = ["rs", "md", "toml", "py", "pyi", "json", "cff", "yml", "html", "txt"];

/// Hidden folders that belong to the repository.
const HIDDEN: [&str; 3] = [".ci", ".cargo", ".github"];

/// Check, and say what was checked.
pub(crate) fn run(root: &Path) -> Result<(), String> {
    eprintln!("xtask: {}", check(root)?);
    Ok(())
}

/// Check a repository; the answer is one sentence with counts, or all that is wrong, a line each.
pub(crate) fn check(root: &Path) -> Result<String, String> {
    let mut files = Vec::new();
    collect(root, root, &mut files).map_err(|error| format!("cannot read folders: {error}"))?;
    let mut texts: BTreeMap<PathBuf, String> = BTreeMap::new();
    for path in files {
        // Files that are not UTF-8 hold no links.
        if let Ok(text) = fs::read_to_string(root.join(&path)) {
            texts.insert(path, text);
        }
    }
    let (citations, mut problems) = check_citations(&texts);
    let (links, more) = check_links(root, &texts);
    problems.extend(more);
    if problems.is_empty() {
        Ok(format!("{citations} citations of errata and {links} relative links resolve"))
    } else {
        Err(format!("{} broken references\n{}", problems.len(), problems.join("\n")))
    }
}

/// All text files below `folder`, as paths relative to `root`, in order.
fn collect(root: &Path, folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    let mut entries = fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name().to_string_lossy().into_owned();
        let kind = entry.file_type()?;
        let path = entry.path();
        if kind.is_dir() {
            let ours = if name.starts_with('.') {
                HIDDEN.contains(&name.as_str())
            } else {
                // `results` of the user's own runs lie at the root; `docs/results` is ours.
                name != "target" && !(name == "results" && folder == root)
            };
            if ours {
                collect(root, &path, files)?;
            }
        } else if kind.is_file() {
            let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
            if TEXT.contains(&extension)
                && let Ok(relative) = path.strip_prefix(root)
            {
                files.push(relative.to_path_buf());
            }
        }
    }
    Ok(())
}

/// How many citations there are, and which of them lead nowhere.
fn check_citations(texts: &BTreeMap<PathBuf, String>) -> (usize, Vec<String>) {
    let errata = texts.get(Path::new(ERRATA)).map_or("", String::as_str);
    let mut problems = Vec::new();
    let mut anchors = BTreeSet::new();
    for anchor in explicit_anchors(errata) {
        if !anchors.insert(anchor) {
            problems.push(format!("{ERRATA}: the anchor `{anchor}` is defined twice"));
        }
    }
    let mut count = 0;
    for (path, text) in texts {
        for (line, anchor) in citations(text) {
            count += 1;
            if !anchors.contains(anchor.as_str()) {
                problems
                    .push(format!("{}:{line}: {ERRATA} has no anchor `{anchor}`", path.display()));
            }
        }
    }
    (count, problems)
}

/// Line number and anchor of every citation in a text.
fn citations(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        for rest in line.split(CITATION).skip(1) {
            let anchor: String = rest
                .chars()
                .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
                .collect();
            if !anchor.is_empty() {
                found.push((index + 1, anchor));
            }
        }
    }
    found
}

/// The names in `<a id="…">`, in order.
fn explicit_anchors(text: &str) -> Vec<&str> {
    text.split("<a id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

/// How many relative links there are, and which of them lead nowhere.
fn check_links(root: &Path, texts: &BTreeMap<PathBuf, String>) -> (usize, Vec<String>) {
    let mut count = 0;
    let mut problems = Vec::new();
    for (path, text) in texts {
        if path.extension().is_none_or(|extension| extension != "md") {
            continue;
        }
        for (line, target) in links(text) {
            if is_external(&target) {
                continue;
            }
            count += 1;
            if let Err(reason) = resolve(root, path, &target, texts) {
                problems.push(format!("{}:{line}: `{target}` {reason}", path.display()));
            }
        }
    }
    (count, problems)
}

/// Whether a target has a scheme (`https:`, `mailto:`) or a host.
fn is_external(target: &str) -> bool {
    let scheme = target.split(['/', '#', '?']).next().unwrap_or_default();
    scheme.contains(':') || target.starts_with("//")
}

/// Follow one link of the file `from`.
fn resolve(
    root: &Path,
    from: &Path,
    target: &str,
    texts: &BTreeMap<PathBuf, String>,
) -> Result<(), String> {
    let (file, place) = target.split_once('#').unwrap_or((target, ""));
    let path = if file.is_empty() {
        from.to_path_buf()
    } else {
        let folder = from.parent().unwrap_or(Path::new(""));
        normalise(&folder.join(file.replace("%20", " ")))
            .ok_or("leaves the repository; link to something inside it")?
    };
    if !root.join(&path).exists() {
        return Err("leads to nothing".to_owned());
    }
    if place.is_empty() || path.extension().is_none_or(|extension| extension != "md") {
        return Ok(());
    }
    let text = texts.get(&path).map_or("", String::as_str);
    if explicit_anchors(text).contains(&place) || heading_anchors(text).contains(place) {
        Ok(())
    } else {
        Err(format!("names a place that {} does not have", path.display()))
    }
}

/// Resolve `.` and `..` without touching the disk; nothing for paths that leave the root.
fn normalise(path: &Path) -> Option<PathBuf> {
    let mut parts = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                if !parts.pop() {
                    return None;
                }
            }
            Component::Normal(part) => parts.push(part),
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(parts)
}

/// Numbered lines of a Markdown text outside fenced blocks.
fn prose(text: &str) -> Vec<(usize, &str)> {
    let mut lines = Vec::new();
    let mut open = None;
    for (index, line) in text.lines().enumerate() {
        let start = line.trim_start();
        let fence = ["```", "~~~"].into_iter().find(|fence| start.starts_with(fence));
        match (open, fence) {
            (None, None) => lines.push((index + 1, line)),
            (None, Some(_)) => open = fence,
            (Some(_), _) if open == fence => open = None,
            (Some(_), _) => {}
        }
    }
    lines
}

/// The line without what stands between back quotes.
fn without_code(line: &str) -> String {
    let mut parts = line.split('`');
    let mut text = parts.next().unwrap_or_default().to_owned();
    while let (Some(_code), Some(after)) = (parts.next(), parts.next()) {
        text.push_str(after);
    }
    text
}

/// Line number and target of every link, image and link definition of a Markdown text.
fn links(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (number, line) in prose(text) {
        let line = without_code(line);
        let mut add = |rest: &str| found.push((number, target_of(rest)));
        for opening in ["](", "href=\"", "src=\""] {
            line.split(opening).skip(1).for_each(&mut add);
        }
        if line.starts_with('[')
            && !line.starts_with("[^")
            && let Some((_, rest)) = line.split_once("]: ")
        {
            add(rest.trim_start());
        }
    }
    found
}

/// The target at the beginning of what follows an opening: `path "title")`, `<a path>)`, `path"`.
fn target_of(rest: &str) -> String {
    let target = match rest.strip_prefix('<') {
        Some(bracketed) => bracketed.split('>').next(),
        None => rest.split([')', '"', ' ']).next(),
    };
    target.unwrap_or_default().to_owned()
}

/// The anchors that a forge makes from headings: lower case, punctuation dropped, spaces to
/// hyphens, a number after repetitions.
fn heading_anchors(text: &str) -> BTreeSet<String> {
    let mut anchors = BTreeSet::new();
    for (_, line) in prose(text) {
        let heading = line.trim_start_matches('#');
        let level = line.len() - heading.len();
        if !(1..=6).contains(&level) || !heading.starts_with(' ') {
            continue;
        }
        let slug: String = heading
            .trim()
            .to_lowercase()
            .chars()
            .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
            .map(|c| if c == ' ' { '-' } else { c })
            .collect();
        let unique = (1..).map(|n| format!("{slug}-{n}")).find(|name| !anchors.contains(name));
        if let (false, Some(name)) = (anchors.insert(slug), unique) {
            anchors.insert(name);
        }
    }
    anchors
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(files: &[(&str, &str)]) -> BTreeMap<PathBuf, String> {
        files.iter().map(|(path, text)| (PathBuf::from(path), (*text).to_owned())).collect()
    }

    /// A citation, put together here so that this file cites nothing itself.
    fn cite(anchor: &str) -> String {
        format!("see {CITATION}{anchor}")
    }

    #[test]
    fn citations_need_their_anchor() {
        let errata = "<a id=\"beamforming-e8\"></a>\n## E8\n";
        let good = format!("//! {}.\n//! {}, ok", cite("beamforming-e8"), cite("beamforming-e8"));
        let (count, problems) =
            check_citations(&texts(&[(ERRATA, errata), ("crates/a/src/lib.rs", &good)]));
        assert_eq!((count, problems), (2, vec![]));

        let bad = format!("\n/// {}\n", cite("beamforming-e80"));
        let (_, problems) = check_citations(&texts(&[(ERRATA, errata), ("a.rs", &bad)]));
        assert_eq!(problems.len(), 1);
        assert!(problems[0].starts_with("a.rs:2:"), "{problems:?}");
        assert!(problems[0].contains("`beamforming-e80`"), "{problems:?}");
    }

    #[test]
    fn citations_without_errata_fail() {
        let (count, problems) = check_citations(&texts(&[("a.toml", &cite("beamforming-e1"))]));
        assert_eq!((count, problems.len()), (1, 1));
    }

    #[test]
    fn anchors_are_unique() {
        let errata = "<a id=\"x-e1\"></a>\n<a id=\"x-e1\"></a>\n";
        let (_, problems) = check_citations(&texts(&[(ERRATA, errata)]));
        assert!(problems.len() == 1 && problems[0].contains("twice"), "{problems:?}");
    }

    #[test]
    fn links_are_found_outside_code() {
        let text = "a [b](c.md) `[no](code.md)` ![d](e.svg \"title\")\n\
            ```text\n[no](fence.md)\n```\n\
            [ref]: ./f.md#g\n[^1]: note\n<img src=\"h.png\"> [i](<j k.md>)\n";
        let found: Vec<_> = links(text);
        let expected = [(1, "c.md"), (1, "e.svg"), (5, "./f.md#g"), (7, "j k.md"), (7, "h.png")];
        assert_eq!(found, expected.map(|(line, target)| (line, target.to_owned())));
    }

    #[test]
    fn external_links_are_left_alone() {
        for target in ["https://example.org/a", "mailto:a@b", "//host/a"] {
            assert!(is_external(target), "{target}");
        }
        for target in ["a.md", "../a.md#b:c", "#b"] {
            assert!(!is_external(target), "{target}");
        }
    }

    #[test]
    fn headings_become_anchors() {
        let text = "# Noise and power\n## `run`: what it does\n## Noise and power\n#no heading\n\
            ```sh\n# comment\n```\n";
        let expected = ["noise-and-power", "noise-and-power-1", "run-what-it-does"];
        assert_eq!(heading_anchors(text), expected.map(str::to_owned).into());
    }

    #[test]
    fn a_repository_is_checked_as_a_whole() {
        let root = std::env::temp_dir().join(format!("noctule-anchors-{}", std::process::id()));
        let write = |path: &str, text: &str| {
            let path = root.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write(ERRATA, "<a id=\"x-e1\"></a>\n");
        write("docs/first.md", "## First of all\n");
        let erratum = format!("[erratum](docs/{CITATION}x-e1)");
        write("README.md", &format!("{erratum} [first](docs/first.md#first-of-all) [d](docs)"));
        write("src/lib.rs", &cite("x-e1"));
        write("target/doc/broken.md", "[gone](gone.md)");
        assert_eq!(check(&root).unwrap(), "2 citations of errata and 3 relative links resolve");

        write("docs/a.md", "[up](../README.md)\n[out](../../elsewhere.md) [gone](b.md)");
        write("docs/b/c.md", &format!("[place](../{CITATION}x-e2) [own](#none)"));
        let problems = check(&root).unwrap_err();
        fs::remove_dir_all(&root).unwrap();
        let expected = [
            "docs/a.md:2: `../../elsewhere.md` leaves the repository",
            "docs/a.md:2: `b.md` leads to nothing",
            "docs/b/c.md:1: docs/errata.md has no anchor `x-e2`",
            &format!("docs/b/c.md:1: `../{CITATION}x-e2` names a place"),
            "docs/b/c.md:1: `#none` names a place",
        ];
        for line in expected {
            assert!(problems.contains(line), "{line}\nnot in\n{problems}");
        }
        assert!(problems.starts_with("5 broken references"), "{problems}");
    }
}
