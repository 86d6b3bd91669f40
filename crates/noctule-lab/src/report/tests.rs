//! The page must be one file, well-formed, and unable to run anything anybody wrote into it.

use super::*;
use noctule_figure::{Axis, Figure, Kind, Line, PlotPoint};

fn svg() -> String {
    let line = Line::new("a<b", [(0.0, 1.0), (1.0, 2.0)].map(PlotPoint::from));
    let (x, y) = (Axis::linear("x", ""), Axis::linear("y", ""));
    Figure { id: "f".into(), title: "t & u".into(), x, y, kind: Kind::Lines(vec![line]) }.svg()
}

fn claim(verdict: Verdict, expected: Verdict, erratum: Option<(&str, &str)>) -> ClaimRow {
    ClaimRow {
        text: "rate > 3 & <rising>".into(),
        is_ours: false,
        paper: "3".into(),
        ours: "2.9 ± 0.1".into(),
        tolerance: "0.2".into(),
        verdict,
        expected,
        note: String::new(),
        erratum: erratum.map(|(words, target)| (words.into(), target.into())),
    }
}

fn full() -> ReportData {
    ReportData {
        title: "Fig. 3 <of> \"S4\"".into(),
        text: "One & two.\n\nThree.".into(),
        experiment_text: "seed = 1 # a < b && c\n".into(),
        figures: vec![("first & last".into(), svg()), ("again".into(), svg())],
        tables: vec![Table {
            caption: "t".into(),
            headers: vec!["scheme".into(), "rate".into()],
            rows: vec![
                vec!["<zf>".into(), "1.0".into()],
                vec!["short".into()],
                vec!["a".into(), "b".into(), "beyond".into()],
            ],
            align: vec![Align::Left, Align::Right],
        }],
        claims: vec![
            claim(Verdict::Agrees, Verdict::Agrees, None),
            claim(Verdict::Disagrees, Verdict::Agrees, Some(("S4", "errata.md#beamforming-e1"))),
            claim(Verdict::Inconclusive, Verdict::Agrees, Some(("bad", "javascript:alert(1)"))),
        ],
        proven: vec![ProvenRow {
            scheme: "zf".into(),
            designs: 7,
            failed: 2,
            ..ProvenRow::default()
        }],
        provenance: vec![("seed".into(), "1".into())],
        rerun: vec!["noctule run x && true".into()],
    }
}

/// The page read back as XML, which it also is.
fn with_page(report: &ReportData, look: impl FnOnce(&str, &roxmltree::Document<'_>)) {
    let page = html(report);
    assert_eq!(page, html(report));
    let options = roxmltree::ParsingOptions { allow_dtd: true, ..Default::default() };
    let document = roxmltree::Document::parse_with_options(&page, options).expect("well-formed");
    look(&page, &document);
}

#[test]
fn the_page_is_one_file_that_runs_nothing() {
    with_page(&full(), |page, document| {
        for element in document.descendants() {
            let name = element.tag_name().name();
            assert!(!["script", "link", "img", "iframe", "object"].contains(&name), "{name}");
            for attribute in element.attributes() {
                assert!(!attribute.name().starts_with("on") && attribute.name() != "src");
                let target = attribute.name() == "href";
                assert!(
                    !target || attribute.value() == "errata.md#beamforming-e1",
                    "{}",
                    attribute.value()
                );
            }
        }
        assert!(!page.contains("@import") && !page.contains("url("));
    });
}

#[test]
fn text_is_shown_as_it_was_written() {
    with_page(&full(), |_, document| {
        let all: String = document
            .descendants()
            .filter(roxmltree::Node::is_text)
            .filter_map(|t| t.text())
            .collect();
        for text in [
            "Fig. 3 <of> \"S4\"",
            "rate > 3 & <rising>",
            "seed = 1 # a < b && c",
            "<zf>",
            "beyond",
            "noctule run x && true",
        ] {
            assert!(all.contains(text), "{text}");
        }
    });
}

#[test]
fn verdicts_are_words_and_surprises_are_named() {
    with_page(&full(), |page, _| {
        assert!(page.contains(
            "3 claims: 1 agrees, 1 disagrees, 1 inconclusive. <strong>1 unexpected.</strong>"
        ));
        assert_eq!(page.matches("<strong>unexpected</strong>").count(), 1);
        assert!(page.contains("✗</span> disagrees"));
    });
}

#[test]
fn what_is_ours_stands_apart_and_numbers_rule_the_verb() {
    let ours = ClaimRow { is_ours: true, ..claim(Verdict::Agrees, Verdict::Agrees, None) };
    let theirs = claim(Verdict::Agrees, Verdict::Agrees, None);
    let some = ReportData { claims: vec![ours.clone(), theirs], ..ReportData::default() };
    with_page(&some, |page, _| {
        assert!(page.contains("2 claims (1 of ours): 2 agree."));
        assert_eq!(page.matches("<caption>").count(), 2);
        let said = page.find("What is said").unwrap();
        assert!(page.find("Claims of ours").unwrap() > said);
    });
    with_page(&ReportData { claims: vec![ours], ..ReportData::default() }, |page, _| {
        assert!(page.contains("1 claim of ours: 1 agrees.") && !page.contains("What is said"));
    });
}

#[test]
fn an_empty_report_is_a_heading() {
    with_page(&ReportData { title: "empty".into(), ..ReportData::default() }, |page, document| {
        assert!(!page.contains("<section"));
        assert!(document.descendants().any(|e| e.has_tag_name("h1")));
    });
}

#[test]
fn headings_descend_and_ids_are_unique() {
    with_page(&full(), |_, document| {
        let level = |e: &roxmltree::Node<'_, '_>| matches!(e.tag_name().name(), "h1" | "h2" | "h3");
        let names: Vec<&str> =
            document.descendants().filter(level).map(|e| e.tag_name().name()).collect();
        assert_eq!(names, ["h1", "h2", "h2", "h2", "h2", "h2", "h2", "h2"]);
        let mut ids: Vec<&str> = document.descendants().filter_map(|e| e.attribute("id")).collect();
        let count = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), count);
    });
}

#[test]
fn ids_of_foreign_figures_are_prefixed_and_colours_are_not() {
    let foreign = "<?xml version=\"1.0\"?>\n<svg><g id=\"a\" fill=\"#aaa\"/><use href=\"#a\" clip-path=\"url(#c)\"/></svg>";
    let inlined = super::inline::inline_svg(foreign, "figure-1-");
    assert_eq!(
        inlined,
        "<svg><g id=\"figure-1-a\" fill=\"#aaa\"/><use href=\"#figure-1-a\" clip-path=\"url(#figure-1-c)\"/></svg>"
    );
    assert_eq!(super::inline::inline_svg("no figure", "p-"), "");
}
