//! What figures must never do: panic, differ between two calls, break XML or TeX, or hide what they
//! leave out.

mod axes;
mod geometry;
mod scenes;
mod whole;

use super::scale::{Fit, Span, Ticks};
use super::*;

fn figure(kind: Kind) -> Figure {
    Figure {
        id: "f".into(),
        title: "Rate & power < 1 \"dB\"".into(),
        x: Axis::linear("Power", "dBm"),
        y: Axis::linear("Rate", "bit/s/Hz"),
        kind,
    }
}

fn line(label: &str, points: &[(f64, f64)]) -> Line {
    Line::new(label, points.iter().copied().map(PlotPoint::from))
}

fn log_y(kind: Kind) -> Figure {
    Figure { y: Axis::log("Error", "deg"), ..figure(kind) }
}

/// Everything the figure gives, after checking that the SVG is XML with a title, and is the same
/// when asked for again.
fn checked(figure: &Figure) -> (String, pgf::Pgf) {
    let svg = figure.svg();
    assert_eq!(svg, figure.svg());
    let document = roxmltree::Document::parse(&svg).expect("well-formed XML");
    let mut first = document.root_element().children().filter(roxmltree::Node::is_element);
    assert_eq!(first.next().and_then(|e| e.text()), Some(&*figure.title));
    assert_eq!(first.next().map(|e| e.tag_name().name().to_owned()).as_deref(), Some("desc"));
    assert!(!svg.contains("NaN") && !svg.contains("inf"), "a coordinate is not a number:\n{svg}");
    assert!(!svg.contains("<script") && !svg.contains(" id="));
    let pgf = figure.pgf("f.csv");
    assert_eq!(pgf, figure.pgf("f.csv"));
    (svg, pgf)
}

/// The description of a figure.
fn desc(figure: &Figure) -> String {
    let (svg, _) = checked(figure);
    let document = roxmltree::Document::parse(&svg).expect("well-formed XML");
    let desc = document.descendants().find(|e| e.has_tag_name("desc"));
    desc.and_then(|e| e.text().map(str::to_owned)).unwrap_or_default()
}

/// All text drawn, in order.
fn texts(figure: &Figure) -> Vec<String> {
    let (svg, _) = checked(figure);
    let document = roxmltree::Document::parse(&svg).expect("well-formed XML");
    let words = |e: roxmltree::Node<'_, '_>| {
        e.descendants().filter_map(|t| t.text()).next_back().map(|_| {
            e.descendants()
                .filter(roxmltree::Node::is_text)
                .filter_map(|t| t.text())
                .collect::<String>()
        })
    };
    document.descendants().filter(|e| e.has_tag_name("text")).filter_map(words).collect()
}

const EXTREMES: [f64; 12] = [
    f64::NAN,
    f64::INFINITY,
    f64::NEG_INFINITY,
    0.0,
    -0.0,
    1.0,
    1.0 + f64::EPSILON,
    -3e7,
    f64::MAX,
    f64::MIN_POSITIVE,
    5e-324,
    -1e299,
];

#[test]
fn no_input_panics() {
    let scales = [Scale::Linear, Scale::Log];
    let ranges =
        [None, Some((0.0, 1.0)), Some((f64::NAN, 1.0)), Some((2.0, 2.0)), Some((5.0, 1e-3))];
    for a in EXTREMES {
        for b in EXTREMES {
            let point = PlotPoint { x: a, y: b, low: Some(b), high: Some(a) };
            let line = Line::new("a", [point, PlotPoint::from((b, a)), point]);
            let reference = Line { reference: true, ..line.clone() };
            let (x, y) = (vec![a, b], vec![b]);
            let heat = Heat {
                x,
                y,
                value: vec![Some(a), Some(b)],
                marks: vec![(a, b, "m".into())],
                ..Heat::default()
            };
            for (scale, range) in scales.iter().flat_map(|s| ranges.iter().map(move |r| (*s, *r))) {
                let axis = Axis { scale, range, ..Axis::linear("v", "") };
                let heat = Heat { scale, ..heat.clone() };
                let lines = vec![line.clone(), reference.clone()];
                for kind in
                    [Kind::Lines(lines.clone()), Kind::Cdf(lines.clone()), Kind::Heat(heat.clone())]
                {
                    checked(&Figure { x: axis.clone(), y: axis.clone(), ..figure(kind) });
                }
            }
        }
    }
}

#[test]
fn a_figure_without_data_says_so() {
    let nothing = [
        Kind::Lines(vec![]),
        Kind::Lines(vec![line("a", &[])]),
        Kind::Lines(vec![line("a", &[(1.0, f64::NAN)])]),
        Kind::Cdf(vec![Line::new("a", empirical_cdf(&[f64::NAN]))]),
        Kind::Heat(Heat::default()),
        Kind::Heat(Heat { x: vec![1.0, 2.0], y: vec![1.0], value: vec![None], ..Heat::default() }),
    ];
    for kind in nothing {
        let figure = figure(kind);
        assert!(texts(&figure).contains(&"no data".to_owned()));
        assert!(desc(&figure).contains("No data."));
        assert!(figure.pgf("f.csv").body.contains("no data"));
    }
}

#[test]
fn data_that_a_logarithmic_axis_has_no_place_for_are_not_called_absent() {
    let points = [(1.0, 0.0), (2.0, -3.0)];
    let lines = log_y(Kind::Lines(vec![line("a", &points)]));
    let heat = Heat {
        x: vec![1.0, 2.0],
        y: vec![1.0],
        value: vec![Some(0.0), Some(-1.0)],
        scale: Scale::Log,
        ..Heat::default()
    };
    for (figure, what) in [(lines, "2 points"), (figure(Kind::Heat(heat)), "2 cells")] {
        let words = "nothing positive for a log axis".to_owned();
        assert!(texts(&figure).contains(&words), "{:?}", texts(&figure));
        assert!(figure.pgf("f.csv").body.contains(&words));
        let told = figure.left_out().unwrap_or_default();
        assert!(told.contains(what) && told.contains("not positive"), "{told}");
    }
    assert_eq!(log_y(Kind::Lines(vec![line("a", &[(1.0, 2.0)])])).left_out(), None);
}

#[test]
fn what_is_not_drawn_is_said() {
    let points = [(1.0, 1e-3), (2.0, 0.0), (3.0, -1.0), (4.0, f64::NAN), (5.0, 1e-4), (6.0, 2e-4)];
    let figure = log_y(Kind::Lines(vec![line("a", &points)]));
    insta::assert_snapshot!(desc(&figure), @"Error (deg) against Power (dBm). 1 curve: a (3 points). Not drawn: 3 points (not finite, or not positive on a logarithmic axis).");
    // The hole is not bridged by a line, and the point before it is seen by its marker.
    let pgf = figure.pgf("f.csv");
    insta::assert_snapshot!(pgf.table, @r"
    x1,y1
    1,0.001
    nan,nan
    nan,nan
    nan,nan
    5,0.0001
    6,0.0002
    ");
    assert!(pgf.body.contains("unbounded coords=jump"));
}

#[test]
fn curves_are_told_apart_without_colour() {
    let lines: Vec<Line> =
        (0..12).map(|k| line(&format!("s{k}"), &[(0.0, k.into()), (1.0, k.into())])).collect();
    let styles = style::styles(&lines);
    for (k, a) in styles.iter().enumerate() {
        assert!(styles[..k].iter().all(|b| (a.marker, a.dashes) != (b.marker, b.dashes)));
        assert!(styles[..k].iter().all(|b| (a.marker, a.colour) != (b.marker, b.colour)));
    }
    let (svg, _) = checked(&figure(Kind::Lines(lines)));
    for colour in style::COLOURS {
        assert!(svg.contains(colour));
    }
}

#[test]
fn a_reference_is_grey_dashed_and_unmarked() {
    let bound = Line { reference: true, ..line("bound", &[(0.0, 1.0), (1.0, 2.0)]) };
    let (svg, pgf) = checked(&figure(Kind::Lines(vec![bound])));
    // Once in the frame and once in the legend.
    assert_eq!(svg.matches("stroke=\"#595959\" stroke-width=\"0.8\" stroke-linejoin=\"round\" stroke-dasharray=\"3 2\"").count(), 2);
    assert!(!svg.contains(style::COLOURS[0]));
    assert!(
        pgf.body
            .contains("noctulereference, line width=0.8pt, dash pattern=on 3pt off 2pt, mark=none")
    );
}

#[test]
fn intervals_are_bars_when_few_and_bands_when_many() {
    let curve = |n: usize| {
        let point = |k: usize| PlotPoint { x: k as f64, y: 1.0, low: Some(0.0), high: Some(2.0) };
        figure(Kind::Lines(vec![Line::new("a", (0..n).map(point))]))
    };
    let (svg, pgf) = checked(&curve(5));
    assert!(!svg.contains("fill-opacity") && pgf.body.contains("error bars/y explicit"));
    let (svg, pgf) = checked(&curve(30));
    assert!(svg.contains("fill-opacity") && pgf.body.contains("fill between"));
}

#[test]
fn names_cover_no_curve_and_leave_a_crowded_frame() {
    let of = |lines: Vec<Line>| {
        let figure = figure(Kind::Lines(lines.clone()));
        let (curves, _) = clean::curves(&figure, &lines);
        svg::naming(&figure, &curves)
    };
    let corner = |lines: Vec<Line>| match of(lines) {
        svg::Naming::Inside { anchor, .. } => anchor,
        other => panic!("{other:?}"),
    };
    let rising = line("rising", &[(0.0, 0.0), (1.0, 1.0)]);
    assert_eq!(corner(vec![rising.clone()]), "north west");
    let falling = line("falling", &[(0.0, 1.0), (1.0, 0.0)]);
    assert_eq!(corner(vec![falling.clone()]), "north east");
    // Two curves that end far apart need no legend; two that end together do.
    assert_eq!(of(vec![rising.clone(), falling]), svg::Naming::Ends);
    let other = line("other", &[(0.0, 0.5), (1.0, 1.0)]);
    assert_ne!(of(vec![rising.clone(), other]), svg::Naming::Ends);
    let zigzag: Vec<(f64, f64)> = (0..80).map(|k| (f64::from(k), f64::from(k % 2))).collect();
    let late = line("rising", &[(0.0, 0.0), (40.0, 1.0)]);
    assert_eq!(of(vec![line("zigzag", &zigzag), late]), svg::Naming::Above(2));
}

#[test]
fn long_captions_and_names_are_wrapped_not_cut() {
    let words = "a caption of very many words ".repeat(8);
    let mut figure = figure(Kind::Lines(vec![line(&words, &[(0.0, 1.0), (1.0, 2.0)])]));
    figure.x.label.clone_from(&words);
    figure.y.label = "W".repeat(120);
    let all = texts(&figure).join(" ");
    assert_eq!(all.matches("many words").count(), 16);
    assert_eq!(all.matches('W').count(), 120);
}

#[test]
fn special_characters_survive_in_xml_and_in_tex() {
    let label = "a<b> & c_1 50% #2 $ x$ {y} \\z ~ ^ 10⁻² µs\u{1}";
    let figure = figure(Kind::Lines(vec![line(label, &[(0.0, 1.0), (1.0, 2.0)])]));
    let drawn = texts(&figure).join(" ");
    assert!(drawn.contains("a<b> & c_1 50% #2 $ x$ {y} \\z ~ ^ 10⁻² µs\u{fffd}"), "{drawn}");
    let (_, pgf) = checked(&figure);
    let legend = pgf.body.lines().find(|l| l.starts_with("\\addlegendentry")).unwrap_or_default();
    insta::assert_snapshot!(legend, @r##"\addlegendentry{a$<$b$>$ \& c\_1 50\% \#2 \$ x\$ \{y\} \textbackslash{}z \textasciitilde{} \textasciicircum{} 10$^-$$^2$ $\mu$s}"##);
}

#[test]
fn symbols_are_set_as_symbols() {
    let curve = line("$K$ = 4, $N_t$ = 8, cost in $ or $", &[(0.0, 1.0), (1.0, 2.0)]);
    let mut figure = figure(Kind::Lines(vec![curve]));
    figure.x.label = "Weight $δ_{cs}$ of the rate".into();
    let (svg, pgf) = checked(&figure);
    let italic = |c: &str| format!("<tspan font-style=\"italic\">{c}</tspan>");
    assert!(
        svg.contains(&format!(
            "Weight {}<tspan dy=\"1.6\" font-size=\"5.6\">cs</tspan><tspan dy=\"-1.6\">\u{a0}of",
            italic("δ")
        )),
        "{svg}"
    );
    assert!(svg.contains(&italic("K")) && svg.contains("cost in $ or $"));
    assert!(
        desc(&figure).contains("against Weight δ_cs of the rate (dBm). 1 curve: K = 4, N_t = 8")
    );
    assert!(pgf.body.contains(r"xlabel={Weight $\delta _{\mathrm{cs}}$ of the rate (dBm)}"));
    assert!(pgf.body.contains(r"\addlegendentry{$K$ = 4, $N_{\mathrm{t}}$ = 8, cost in \$ or \$}"));
    // What is written is as wide as it is set.
    assert!((svg::text::width("$N_t$", 10.0) - (7.22 + 0.7 * 2.78)).abs() < 1e-12);
    assert_eq!(plain("$N_t$ and $5"), "N_t and $5");
}

#[test]
fn a_distribution_counts_what_has_no_place() {
    let points = empirical_cdf(&[3.0, 1.0, f64::NAN, 3.0, f64::INFINITY]);
    assert_eq!(points, [PlotPoint::from((1.0, 0.25)), PlotPoint::from((3.0, 0.75))]);
    let many: Vec<f64> = (0..100_000).map(f64::from).collect();
    let thin = empirical_cdf(&many);
    assert_eq!(thin.len(), CDF_POINTS);
    assert_eq!((thin[0].x, thin[CDF_POINTS - 1]), (0.0, PlotPoint::from((99_999.0, 1.0))));
}

#[test]
fn a_surface_tells_absent_cells_from_small_ones() {
    let heat = Heat {
        x: vec![0.0, 1.0],
        y: vec![0.0, 1.0],
        value: vec![Some(0.0), Some(1.0), None],
        label: "Power".into(),
        unit: "dB".into(),
        scale: Scale::Linear,
        range: None,
        marks: vec![(0.5, 0.5, "target <1>".into()), (9.0, 9.0, "far away".into())],
    };
    let figure = figure(Kind::Heat(heat));
    insta::assert_snapshot!(desc(&figure), @"Power (dB) over Power (dBm) and Rate (bit/s/Hz). 2 × 2 cells, 2 of them without a value. Marked: target <1>.");
    let (svg, pgf) = checked(&figure);
    // The extremes of viridis in the cells, and hatching for the two cells without a value.
    assert!(svg.contains("fill=\"#440154\" stroke") && svg.contains("fill=\"#fde725\" stroke"));
    assert!(svg.contains("fill=\"#f4f4f4\" stroke=\"#aaa\""));
    assert!(texts(&figure).contains(&"target <1>".to_owned()));
    assert!(!texts(&figure).contains(&"far away".to_owned()));
    insta::assert_snapshot!(pgf.table, @r##"
    x,y,value
    0,0,0
    1,0,1
    0,1,nan
    1,1,nan
    "##);
}

#[test]
fn a_line_with_a_place_looks_the_same_in_every_figure() {
    let of = |places: &[Option<usize>]| {
        let lines: Vec<Line> = places.iter().map(|place| line("a", &[]).at(*place)).collect();
        style::styles(&lines)
    };
    let among = of(&[Some(0), Some(1), Some(2)]);
    assert_eq!(of(&[Some(2)])[0], among[2]);
    assert_ne!(of(&[None])[0], among[2]);
}
