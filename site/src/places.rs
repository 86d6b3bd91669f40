//! Which file of the repository is where on the site, and where links lead.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};

use crate::{entries, write};

/// A Markdown file, or a module of Rust, that is a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Page {
    /// From the root of the repository.
    pub(crate) source: String,
    /// From the root of the site.
    pub(crate) out: String,
}

/// The pages by the part of the menu they stand in: words, and names in `docs/` or paths from the root.
pub(crate) const MENU: &[(&str, &[(&str, &str)])] = &[
    (
        "Begin",
        &[
            ("README.md", "What it is, and first commands"),
            ("docs/tutorials/beamforming.md", "Tutorial: base station"),
            ("docs/tutorials/frame.md", "Tutorial: frame"),
            ("docs/tutorials/pilots.md", "Tutorial: pilots"),
            ("docs/tutorials/surfaces.md", "Tutorial: surfaces"),
            ("docs/tutorials/cellfree.md", "Tutorial: cell-free"),
            ("docs/first-study.md", "Your first study"),
            ("docs/python.md", "Python"),
            ("packaging/README.md", "Packages"),
            ("docs/glossary.md", "Glossary"),
            ("docs/limits.md", "What it cannot do"),
            ("docs/files.md", "Bring your files"),
            ("docs/quick-start-zh.md", "快速入门"),
            ("docs/README.md", "All pages"),
        ],
    ),
    (
        "Problems",
        &[
            ("docs/which-problem.md", "Which problem do I have"),
            ("docs/which-method.md", "Which method when"),
            ("docs/beamforming.md", "Base station"),
            ("docs/frame.md", "Frame"),
            ("docs/pilots.md", "Pilots"),
            ("docs/surfaces.md", "Surfaces"),
            ("docs/cellfree.md", "Cell-free"),
            ("docs/your-paper.md", "Your paper in noctule"),
        ],
    ),
    (
        "World",
        &[
            ("docs/channels.md", "Channels"),
            ("docs/wideband.md", "Wideband"),
            ("docs/conventions.md", "Conventions"),
        ],
    ),
    (
        "Studies",
        &[
            ("docs/reading-a-report.md", "Reading a report"),
            ("docs/experiment-files.md", "Experiment files"),
            ("docs/schemes-and-metrics.md", "Schemes and metrics"),
            ("docs/cluster.md", "On a cluster"),
        ],
    ),
    (
        "Evidence",
        &[
            ("docs/proven.md", "What is proven"),
            ("docs/proofs.md", "Check a proof"),
            ("docs/claims.md", "Claims"),
            ("docs/errata.md", "Errata of the papers"),
            ("docs/assumptions.md", "Assumptions"),
            ("docs/performance.md", "How fast"),
            ("docs/compare/beamforming.md", "Beside CVXPY: base station"),
            ("docs/compare/frame.md", "Beside SciPy: frame"),
            ("docs/compare/pilots.md", "Beside CVXPY: pilots"),
            ("docs/compare/surfaces.md", "Beside CVXPY: surfaces"),
            ("docs/compare/cellfree.md", "Beside CVXPY: cell-free"),
            ("docs/compare/convex.md", "Beside CVXPY: convex problems"),
        ],
    ),
    (
        "Python reference",
        &[
            ("docs/api/noctule.md", "noctule"),
            ("docs/api/beamforming.md", "noctule.beamforming"),
            ("docs/api/frame.md", "noctule.frame"),
            ("docs/api/pilots.md", "noctule.pilots"),
            ("docs/api/surfaces.md", "noctule.surfaces"),
            ("docs/api/cellfree.md", "noctule.cellfree"),
            ("docs/api/phy.md", "noctule.phy"),
            ("docs/api/channels.md", "noctule.channels"),
            ("docs/api/optim.md", "noctule.optim"),
            ("docs/api/convert.md", "noctule.convert"),
            ("docs/api/io.md", "noctule.io"),
            ("docs/api/plot.md", "noctule.plot"),
            ("docs/api/cvxpy.md", "noctule.cvxpy"),
        ],
    ),
    (
        "Rust reference",
        &[
            ("crates/noctule/src/lib.rs", "noctule"),
            ("crates/noctule/src/beamforming/mod.rs", "noctule::beamforming"),
            ("crates/noctule/src/frame/mod.rs", "noctule::frame"),
            ("crates/noctule/src/pilots/mod.rs", "noctule::pilots"),
            ("crates/noctule/src/surfaces/mod.rs", "noctule::surfaces"),
            ("crates/noctule/src/cellfree/mod.rs", "noctule::cellfree"),
            ("crates/noctule-phy/src/lib.rs", "noctule_phy"),
            ("crates/noctule-optim/src/lib.rs", "noctule_optim"),
        ],
    ),
    (
        "Inside",
        &[
            ("ARCHITECTURE.md", "Architecture"),
            ("CONTRIBUTING.md", "Contributing"),
            ("CHANGELOG.md", "Changes"),
        ],
    ),
];

/// What there is.
#[derive(Debug, Default)]
pub(crate) struct Places {
    pages: Vec<Page>,
    outs: BTreeMap<String, String>,
    root: PathBuf,
    files: BTreeSet<String>,
}

/// A path without `.` and `..`; `None` where it leaves the repository.
pub(crate) fn plain(path: &Path) -> Option<String> {
    let mut parts: Vec<String> = Vec::new();
    for part in path.components() {
        match part {
            Component::Normal(name) => parts.push(name.to_string_lossy().into_owned()),
            Component::CurDir => {}
            Component::ParentDir => _ = parts.pop()?,
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(parts.join("/"))
}

/// The way from a page to a file of the site.
pub(crate) fn way(from: &str, to: &str) -> String {
    format!("{}{to}", "../".repeat(from.matches('/').count()))
}

impl Places {
    /// The pages of a repository; a Markdown file of the documentation that is in no menu is refused.
    pub(crate) fn of(root: &Path) -> Result<Self, String> {
        let mut places = Self { root: root.to_owned(), ..Self::default() };
        for (source, _) in MENU.iter().flat_map(|(_, pages)| *pages) {
            let name = source.trim_start_matches("docs/").trim_end_matches(".md");
            let out = match *source {
                "README.md" => "about.html".to_owned(),
                "docs/README.md" => "contents.html".to_owned(),
                // a module by its folder, a crate by its name
                _ if source.ends_with(".rs") => {
                    let path = source.trim_end_matches("/mod.rs").trim_end_matches("/src/lib.rs");
                    format!("rust-{}.html", path.rsplit('/').next().unwrap_or_default())
                }
                _ => format!("{}.html", name.to_lowercase().replace('/', "-")),
            };
            places.outs.insert((*source).to_owned(), out.clone());
            places.pages.push(Page { source: (*source).to_owned(), out });
        }
        for folder in ["docs", "docs/api", "docs/compare", "docs/tutorials"] {
            for path in entries(&root.join(folder))? {
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                let source = format!("{folder}/{name}");
                if name.ends_with(".md") && !places.outs.contains_key(&source) {
                    return Err(format!("{source} is in no menu of the site (site/src/places.rs)"));
                }
            }
        }
        Ok(places)
    }

    /// The pages, in the order of the menu.
    pub(crate) fn pages(&self) -> Vec<Page> {
        self.pages.clone()
    }

    /// Where a file of the repository is on the site, where it is a page.
    pub(crate) fn out(&self, source: &str) -> Option<&str> {
        self.outs.get(source).map(String::as_str)
    }

    /// Where a link in a Markdown file leads on the site. A file that is no page is copied.
    pub(crate) fn link(&mut self, page: &Page, link: &str) -> Result<String, String> {
        let outside = ["http://", "https://", "mailto:"].iter().any(|s| link.starts_with(s));
        if outside || link.starts_with('#') {
            return Ok(link.to_owned());
        }
        let (path, anchor) = link.split_once('#').map_or((link, None), |(p, a)| (p, Some(a)));
        let folder = Path::new(&page.source).parent().unwrap_or_else(|| Path::new(""));
        let broken = || format!("{}: the link `{link}` leads nowhere", page.source);
        let source = plain(&folder.join(path)).ok_or_else(broken)?;
        let target = match self.target(&source) {
            Some(out) => out,
            None if self.root.join(&source).exists() => {
                self.files.insert(source.clone());
                let folder = self.root.join(&source).is_dir();
                format!("files/{source}{}", if folder { "/index.html" } else { "" })
            }
            None => return Err(broken()),
        };
        let anchor = anchor.map(|anchor| format!("#{anchor}")).unwrap_or_default();
        Ok(way(&page.out, &format!("{target}{anchor}")))
    }

    /// A page, or a part of the gallery.
    fn target(&self, source: &str) -> Option<String> {
        if let Some(out) = self.outs.get(source) {
            return Some(out.clone());
        }
        let parts: Vec<&str> = source.strip_prefix("docs/results")?.split('/').collect();
        match parts.as_slice() {
            [""] => Some("gallery.html".to_owned()),
            ["", system] => Some(format!("gallery.html#{system}")),
            ["", system, id] => Some(format!("gallery/{system}/{id}.html")),
            ["", system, id, file] => Some(format!("gallery/{system}/{id}/{file}")),
            _ => None,
        }
    }

    /// Copy the files that pages link to; of a folder a list of what is in it.
    pub(crate) fn copy_files(&self, root: &Path, out: &Path) -> Result<(), String> {
        for source in &self.files {
            let (from, to) = (root.join(source), out.join("files").join(source));
            if from.is_dir() {
                let paths = entries(&from)?;
                let files = paths.iter().filter(|path| path.is_file());
                let mut list = String::new();
                for path in files {
                    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                    let bytes = fs::read(path).map_err(|error| format!("{source}: {error}"))?;
                    write(&to.join(&name), bytes)?;
                    list += &format!("<li><a href=\"{name}\">{name}</a></li>\n");
                }
                let body = format!("<h1>{source}</h1>\n<ul>\n{list}</ul>\n");
                let here = format!("files/{source}/index.html");
                write(&out.join(&here), crate::template::page(self, &here, source, "", &body))?;
            } else {
                let bytes = fs::read(&from).map_err(|error| format!("{source}: {error}"))?;
                write(&to, bytes)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_to_pages_figures_and_files() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let mut places = Places::of(&root).unwrap();
        let page = Page { source: "docs/python.md".into(), out: "python.html".into() };
        let link = |places: &mut Places, link: &str| places.link(&page, link);
        assert_eq!(link(&mut places, "files.md#matlab").unwrap(), "files.html#matlab");
        assert_eq!(link(&mut places, "../README.md").unwrap(), "about.html");
        assert_eq!(
            link(&mut places, "results/beamforming/frontier").unwrap(),
            "gallery/beamforming/frontier.html"
        );
        assert_eq!(link(&mut places, "https://a.b/c").unwrap(), "https://a.b/c");
        assert_eq!(link(&mut places, "../Cargo.toml").unwrap(), "files/Cargo.toml");
        assert!(link(&mut places, "nowhere.md").unwrap_err().contains("nowhere.md"));
        assert!(link(&mut places, "../../outside").is_err());
        assert_eq!(way("gallery/a/b.html", "index.html"), "../../index.html");
    }
}
