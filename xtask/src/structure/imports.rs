//! Which file of a crate imports which: the arrows, and the circles among them.

use std::collections::{BTreeMap, BTreeSet};

/// One module: its path below the crate (`["frame", "model"]`), and its code without tests.
pub(super) struct Module {
    pub(super) path: Vec<String>,
    pub(super) code: String,
}

/// One imported name, written from the root of the crate.
struct Import {
    path: Vec<String>,
    /// Whether others may import it from here (`pub use`, `pub(crate) use`, …).
    shown: bool,
}

/// The circles: groups of two or more modules each of which reaches every other by imports.
///
/// A module that shows a name of its child (`pub use child::Name`) does not thereby depend on it,
/// and whoever imports that name depends on the child.
pub(super) fn circles(modules: &[Module]) -> Vec<Vec<String>> {
    let places: BTreeMap<&[String], usize> =
        modules.iter().enumerate().map(|(i, module)| (&module.path[..], i)).collect();
    let imports: Vec<Vec<Import>> = modules.iter().map(imports).collect();
    let arrows: Vec<BTreeSet<usize>> = (0..modules.len())
        .map(|i| {
            let own = imports[i].iter().filter(|import| !import.shown);
            own.filter_map(|import| target(&import.path, &places, &imports, 8))
                .filter(|j| *j != i)
                .collect()
        })
        .collect();
    groups(&arrows)
        .into_iter()
        .map(|group| group.into_iter().map(|i| modules[i].path.join("::")).collect())
        .collect()
}

/// The module that defines a path, through names that are shown elsewhere.
fn target(
    path: &[String],
    places: &BTreeMap<&[String], usize>,
    imports: &[Vec<Import>],
    depth: usize,
) -> Option<usize> {
    let length = (0..=path.len()).rev().find(|n| places.contains_key(&path[..*n]))?;
    let module = places[&path[..length]];
    let Some(name) = path.get(length).filter(|_| depth > 0) else {
        return Some(module);
    };
    let shown =
        imports[module].iter().find(|import| import.shown && import.path.last() == Some(name));
    shown.and_then(|import| target(&import.path, places, imports, depth - 1)).or(Some(module))
}

/// All names that a module imports from its own crate.
fn imports(module: &Module) -> Vec<Import> {
    let mut found = Vec::new();
    // Paths written where they are used (`crate::claim::Function`); those of `use` trees come again.
    for root in ["crate::", "super::", "self::"] {
        for (at, _) in module.code.match_indices(root) {
            let line = module.code[..at].rfind('\n').map_or(0, |i| i + 1);
            let before = &module.code[line..at];
            let inside = before.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':');
            let part = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
            let name: String = module.code[at..].chars().take_while(|c| part(*c)).collect();
            let shown = before.trim_start().starts_with("pub") && before.contains("use ");
            let words = flatten(name.trim_end_matches("::")).concat();
            if let (false, false, Some(path)) = (inside, shown, absolute(&words, &module.path)) {
                found.push(Import { path, shown: false });
            }
        }
    }
    for (at, _) in module.code.match_indices("use ") {
        let line = module.code[..at].rfind('\n').map_or(0, |i| i + 1);
        let before = module.code[line..at].trim();
        if !(before.is_empty() || before.starts_with("pub")) {
            continue;
        }
        let text = module.code[at + 4..].split(';').next().unwrap_or_default();
        for words in flatten(text) {
            if let Some(path) = absolute(&words, &module.path) {
                found.push(Import { path, shown: !before.is_empty() });
            }
        }
    }
    found
}

/// A path from the root of the crate; nothing for one of another crate.
fn absolute(words: &[String], here: &[String]) -> Option<Vec<String>> {
    let (first, rest) = words.split_first()?;
    let mut path = match first.as_str() {
        "crate" => Vec::new(),
        "self" => here.to_vec(),
        "super" => here.split_last()?.1.to_vec(),
        _ => return None,
    };
    for word in rest {
        match word.as_str() {
            "super" => drop(path.pop()),
            "self" | "*" => {}
            word => path.push(word.to_owned()),
        }
    }
    Some(path)
}

/// The leaves of a tree such as `crate::{a, b::{c as d, *}}`.
fn flatten(text: &str) -> Vec<Vec<String>> {
    let text = text.trim();
    let Some(open) = text.find('{') else {
        let name = text.split(" as ").next().unwrap_or_default();
        let words = name.split("::").map(|word| word.trim().to_owned());
        return vec![words.filter(|word| !word.is_empty()).collect()];
    };
    let stem = flatten(text[..open].trim_end_matches("::")).concat();
    let inner = text[open + 1..].rsplit_once('}').map_or("", |(inner, _)| inner);
    let mut leaves = Vec::new();
    let (mut depth, mut from) = (0, 0);
    for (i, c) in inner.char_indices().chain([(inner.len(), ',')]) {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                if !inner[from..i].trim().is_empty() {
                    leaves.extend(
                        flatten(&inner[from..i])
                            .into_iter()
                            .map(|leaf| stem.iter().cloned().chain(leaf).collect::<Vec<_>>()),
                    );
                }
                from = i + 1;
            }
            _ => {}
        }
    }
    leaves
}

/// Strongly connected groups of more than one, by reachability: a crate has a hundred files.
fn groups(arrows: &[BTreeSet<usize>]) -> Vec<Vec<usize>> {
    let reach: Vec<BTreeSet<usize>> = (0..arrows.len())
        .map(|from| {
            let (mut seen, mut open) = (BTreeSet::new(), vec![from]);
            while let Some(next) = open.pop() {
                open.extend(arrows[next].iter().filter(|to| seen.insert(**to)));
            }
            seen
        })
        .collect();
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for i in 0..arrows.len() {
        if reach[i].contains(&i) && !groups.iter().any(|group| group.contains(&i)) {
            groups.push(
                (i..arrows.len())
                    .filter(|j| reach[i].contains(j) && reach[*j].contains(&i))
                    .collect(),
            );
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(path: &str, code: &str) -> Module {
        let path = path.split("::").filter(|word| !word.is_empty()).map(str::to_owned).collect();
        Module { path, code: code.to_owned() }
    }

    #[test]
    fn trees_of_names_are_flattened() {
        let leaves = flatten("crate::{a, b::{c as d, e::*}, }");
        let shown: Vec<String> = leaves.iter().map(|leaf| leaf.join("::")).collect();
        assert_eq!(shown, ["crate::a", "crate::b::c", "crate::b::e::*"]);
    }

    #[test]
    fn a_name_shown_by_the_parent_is_the_childs() {
        let modules = [
            module("", "pub mod s;"),
            module("s", "pub use self::a::A;\npub use self::b::B;"),
            module("s::a", "use super::B;\npub struct A;"),
            module("s::b", "pub struct B;"),
        ];
        assert_eq!(circles(&modules), Vec::<Vec<String>>::new());
    }

    #[test]
    fn a_circle_is_found_whole() {
        let modules = [
            module("a", "use crate::b::x;"),
            module("b", "use crate::c::{y, z};"),
            module("c", "fn f(x: &super::a::W);"),
            module("d", "use crate::a::w;"),
        ];
        assert_eq!(circles(&modules), [["a", "b", "c"]]);
    }
}
