//! Whether every link, image and anchor of the site resolves, and nothing comes from elsewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::places::plain;
use crate::{entries, read};

/// What loads something when a page is shown; a link is followed only by who clicks.
const LOADED: [&str; 3] = ["<img", "<script", "<link"];

fn files(folder: &Path, out: &mut Vec<PathBuf>) -> Result<(), String> {
    for path in entries(folder)? {
        if path.is_dir() {
            files(&path, out)?;
        } else {
            out.push(path);
        }
    }
    Ok(())
}

/// The values of an attribute in a page, each with the tag that it stands in.
fn values<'a>(page: &'a str, attribute: &str) -> Vec<(&'a str, &'a str)> {
    let key = format!(" {attribute}=\"");
    let found = page.match_indices(&key).filter_map(|(at, _)| {
        let tag = &page[page[..at].rfind('<')?..at];
        let rest = &page[at + key.len()..];
        Some((tag, &rest[..rest.find('"')?]))
    });
    found.collect()
}

/// A link without per-cent signs for letters.
fn decoded(link: &str) -> String {
    let mut bytes = Vec::with_capacity(link.len());
    let mut rest = link.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let hex = std::str::from_utf8(tail.get(..2).unwrap_or_default()).unwrap_or_default();
        match (*first, u8::from_str_radix(hex, 16)) {
            (b'%', Ok(byte)) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Every problem of a page among those of the site.
fn problems(page: &str, text: &str, known: &BTreeMap<String, BTreeSet<String>>) -> Vec<String> {
    let mut out = Vec::new();
    for (tag, link) in values(text, "href").into_iter().chain(values(text, "src")) {
        let outside = link.starts_with("http://") || link.starts_with("https://");
        if outside || link.starts_with("mailto:") {
            if LOADED.iter().any(|loaded| tag.starts_with(loaded)) {
                out.push(format!("{page}: `{link}` is loaded from elsewhere"));
            }
            continue;
        }
        let link = decoded(link);
        let (path, anchor) = link.split_once('#').unwrap_or((&link, ""));
        let folder = Path::new(page).parent().unwrap_or_else(|| Path::new(""));
        let target =
            if path.is_empty() { Some(page.to_owned()) } else { plain(&folder.join(path)) };
        let found = target.as_ref().and_then(|target| known.get(target));
        match found {
            None => out.push(format!("{page}: `{link}` leads nowhere")),
            Some(anchors) if !anchor.is_empty() && !anchors.contains(anchor) => {
                out.push(format!("{page}: `{link}`: there is no such place"));
            }
            Some(_) => {}
        }
    }
    for (_, id) in values(text, "id") {
        if values(text, "id").iter().filter(|(_, other)| *other == id).count() > 1 {
            out.push(format!("{page}: two places are called `{id}`"));
        }
    }
    out
}

/// Check a site; the answer is one sentence with counts, or all that is wrong, a line each.
pub(crate) fn run(out: &Path) -> Result<String, String> {
    let mut paths = Vec::new();
    files(out, &mut paths)?;
    let (mut known, mut pages) = (BTreeMap::new(), Vec::new());
    let mut bytes = 0;
    for path in &paths {
        let name = plain(path.strip_prefix(out).unwrap_or(path)).unwrap_or_default();
        bytes += std::fs::metadata(path).map_or(0, |data| data.len());
        let mut anchors = BTreeSet::new();
        if name.ends_with(".html") {
            let text = read(path)?;
            for attribute in ["id", "name"] {
                anchors.extend(values(&text, attribute).iter().map(|(_, id)| (*id).to_owned()));
            }
            pages.push((name.clone(), text));
        }
        known.insert(name, anchors);
    }
    let all: Vec<String> =
        pages.iter().flat_map(|(page, text)| problems(page, text, &known)).collect();
    if !all.is_empty() {
        return Err(format!("{} problems\n{}", all.len(), all.join("\n")));
    }
    let links: usize = pages.iter().map(|(_, text)| values(text, "href").len()).sum();
    Ok(format!(
        "{} pages, {links} links, {} files, {:.1} MB: every link, image and anchor resolves",
        pages.len(),
        paths.len(),
        bytes as f64 / 1e6
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_broken_is_named() {
        let known = BTreeMap::from([
            ("a.html".to_owned(), BTreeSet::from(["here".to_owned()])),
            ("b/c.html".to_owned(), BTreeSet::new()),
        ]);
        let found = |page: &str, text: &str| problems(page, text, &known);
        assert!(found("b/c.html", "<a href=\"../a.html#here\">").is_empty());
        assert_eq!(decoded("caf%C3%A9%zz"), "café%zz");
        assert!(found("a.html", "<a href=\"#gone\">")[0].contains("gone"));
        assert!(found("a.html", "<img src=\"x.svg\">")[0].contains("nowhere"));
        assert!(found("a.html", "<script src=\"https://a.b/c.js\">")[0].contains("elsewhere"));
        assert!(found("a.html", "<a href=\"https://a.b/c\">").is_empty());
        assert!(found("a.html", "<p id=\"x\"><p id=\"x\">")[0].contains("two places"));
    }
}
