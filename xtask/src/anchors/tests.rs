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
fn no_verdict_rests_on_a_withdrawn_section() {
    let errata = "<a id=\"a-e1\"></a>\n### E1 · Withdrawn: x\n<a id=\"a-e2\"></a>\n### E2 · y\n";
    let claims = ["a-e1", "a-e2", "a-e3"].map(|anchor| format!("{CLAIM}{anchor}\"\n")).concat();
    let (count, problems) = check_citations(&texts(&[(ERRATA, errata), ("a.toml", &claims)]));
    assert_eq!((count, problems.len()), (3, 2), "{problems:?}");
    assert!(problems[0].starts_with("a.toml:1:") && problems[0].contains("withdrawn"));
    assert!(problems[1].starts_with("a.toml:3:") && problems[1].contains("not there"));
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
