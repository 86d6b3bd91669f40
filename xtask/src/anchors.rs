//! Citations and links: what the repository points at must exist.
//!
//! Two things are checked. Every citation of the errata, wherever it stands (`errata.md` followed
//! by `#` and a name, in code, documentation or experiment files), must name an anchor that
//! `docs/errata.md` defines. So must the `erratum` of every claim, and that section must not be
//! withdrawn: no verdict may rest on it. Every relative link in a Markdown file must lead to a file or folder
//! inside the repository and, if it names a place in a Markdown file, to a heading or an anchor.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};

/// Where the errata are.
const ERRATA: &str = "docs/errata.md";

/// What a citation of an erratum looks like, up to the name of the anchor.
const CITATION: &str = "errata.md#";

/// What the citation of a claim looks like, at the beginning of a line of an experiment file.
const CLAIM: &str = "erratum = \"";

/// What follows the number in the heading of a section that is withdrawn.
const WITHDRAWN: &str = "· Withdrawn";

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
        if path.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        for (line, anchor) in claims(text) {
            count += 1;
            let wrong = match anchors.contains(anchor) {
                false => "is not there",
                true if withdrawn(errata, anchor) => "is withdrawn: no verdict may rest on it",
                true => continue,
            };
            problems.push(format!("{}:{line}: `{anchor}` of {ERRATA} {wrong}", path.display()));
        }
    }
    (count, problems)
}

/// Line number and erratum of every claim of an experiment file that has one.
fn claims(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .filter_map(|(index, line)| Some((index + 1, line.strip_prefix(CLAIM)?.split('"').next()?)))
}

/// Whether the section of this anchor says in its heading that it is withdrawn.
fn withdrawn(errata: &str, anchor: &str) -> bool {
    let mark = format!("<a id=\"{anchor}\"></a>");
    let section = errata.split(mark.as_str()).nth(1).unwrap_or_default();
    section.trim_start().lines().next().is_some_and(|heading| heading.contains(WITHDRAWN))
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
mod tests;
