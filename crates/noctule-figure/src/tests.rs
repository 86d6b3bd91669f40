//! What figures must never do: panic, differ between two calls, break XML or TeX, or hide what they
//! leave out.

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
    let styles = style::styles(lines.iter().map(|l| (l.reference, l.place)));
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
fn logarithmic_axes_have_raised_exponents_and_no_empty_decade() {
    let points: Vec<(f64, f64)> =
        (0..9).map(|k| (f64::from(k), 10f64.powf(-0.5 * f64::from(k) - 0.2))).collect();
    let figure = log_y(Kind::Lines(vec![line("a", &points)]));
    let all = texts(&figure);
    let powers: Vec<&str> =
        all.iter().map(String::as_str).filter(|t| t.starts_with("10")).collect();
    assert_eq!(powers, ["10−4", "10−3", "10−2", "10−1", "100"]);
    let (svg, _) = checked(&figure);
    assert!(svg.contains(">10<tspan dy=\"-2.88\" font-size=\"5.6\">−4</tspan>"));
    // 6.3e-5 is the least value: the axis ends within its decade.
    let span = Span::new(&figure.y, points.iter().map(|p| p.1), Fit::Loose);
    assert!((span.low - 5e-5).abs() < 1e-12, "{}", span.low);
}

#[test]
fn numbers_on_linear_axes_are_round() {
    let labels = |low: f64, high: f64| -> (Vec<String>, Option<i32>) {
        let axis = Axis { range: Some((low, high)), ..Axis::linear("", "") };
        let ticks = Ticks::new(&Span::new(&axis, [], Fit::Tight), 6, &[]);
        (ticks.ticks.into_iter().filter_map(|t| Some(t.label?.text)).collect(), ticks.factor)
    };
    assert_eq!(
        labels(0.0, 1.0),
        (["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"].map(str::to_owned).into(), None)
    );
    assert_eq!(
        labels(-10.0, 30.0),
        (["−10", "0", "10", "20", "30"].map(str::to_owned).into(), None)
    );
    assert_eq!(
        labels(0.0, 3e-5),
        (["0.0", "0.5", "1.0", "1.5", "2.0", "2.5", "3.0"].map(str::to_owned).into(), Some(-5))
    );
    assert_eq!(labels(0.0, 2.4e6).1, Some(6));
}

#[test]
fn the_sweep_itself_is_the_ticks_when_it_is_even() {
    let pilots = line("a", &[(4.0, 1.0), (8.0, 2.0), (12.0, 3.0), (16.0, 4.0)]);
    let all = texts(&figure(Kind::Lines(vec![pilots])));
    assert_eq!(&all[..4], ["4", "8", "12", "16"]);
    let antennas = line("a", &[(16.0, 1.0), (32.0, 2.0), (64.0, 3.0)]);
    let log = Figure { x: Axis::log("Antennas", ""), ..figure(Kind::Lines(vec![antennas])) };
    assert_eq!(&texts(&log)[..3], ["16", "32", "64"]);
}

#[test]
fn one_value_has_room_around_it() {
    for value in [0.0, 2.5, -1e6, 3e-9] {
        let axis = Axis::linear("", "");
        let span = Span::new(&axis, [value], Fit::Loose);
        assert!((0.2..0.8).contains(&span.place(value)), "{value}: {span:?}");
    }
    let span = Span::new(&Axis::log("", ""), [3e-5; 4], Fit::Loose);
    assert!((0.2..0.8).contains(&span.place(3e-5)), "{span:?}");
}

#[test]
fn the_legend_covers_no_curve_and_leaves_a_crowded_frame() {
    let rising = line("rising", &[(0.0, 0.0), (1.0, 1.0)]);
    let curves_of = |lines: Vec<Line>| {
        let figure = figure(Kind::Lines(lines.clone()));
        let (curves, _) = clean::curves(&figure, &lines);
        svg::legend_place(&figure, &curves).map(|corner| corner.name)
    };
    assert_eq!(curves_of(vec![rising.clone()]), Ok("north west"));
    let falling = line("falling", &[(0.0, 1.0), (1.0, 0.0)]);
    assert_eq!(curves_of(vec![falling]), Ok("north east"));
    let zigzag: Vec<(f64, f64)> = (0..40).map(|k| (f64::from(k), f64::from(k % 2))).collect();
    assert_eq!(curves_of(vec![line("zigzag", &zigzag), rising]), Err(2));
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
    let label = "a<b> & c_1 50% #2 $x$ {y} \\z ~ ^ 10⁻² µs\u{1}";
    let figure = figure(Kind::Lines(vec![line(label, &[(0.0, 1.0), (1.0, 2.0)])]));
    let drawn = texts(&figure).join(" ");
    assert!(drawn.contains("a<b> & c_1 50% #2 $x$ {y} \\z ~ ^ 10⁻² µs\u{fffd}"), "{drawn}");
    let (_, pgf) = checked(&figure);
    let legend = pgf.body.lines().find(|l| l.starts_with("\\addlegendentry")).unwrap_or_default();
    insta::assert_snapshot!(legend, @r##"\addlegendentry{a$<$b$>$ \& c\_1 50\% \#2 \$x\$ \{y\} \textbackslash{}z \textasciitilde{} \textasciicircum{} 10$^-$$^2$ $\mu$s}"##);
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
fn snapshot_of_a_small_figure() {
    let figure =
        figure(Kind::Lines(vec![line("proposed", &[(0.0, 1.0), (10.0, 2.0), (20.0, 4.0)])]));
    insta::assert_snapshot!(figure.svg(), @r##"
    <svg xmlns="http://www.w3.org/2000/svg" width="252pt" height="186.1pt" viewBox="0 0 252 186.1" role="img" font-family="'Times New Roman', Times, 'Liberation Serif', 'Nimbus Roman', 'TeX Gyre Termes', serif">
    <title>Rate &amp; power &lt; 1 &quot;dB&quot;</title>
    <desc>Rate (bit/s/Hz) against Power (dBm). 1 curve: proposed (3 points).</desc>
    <rect width="252" height="186.1" fill="#fff"/>
    <path d="M29.4 7v152M137.2 7v152M245 7v152M29.4 150.86h215.6M29.4 128.24h215.6M29.4 105.62h215.6M29.4 83h215.6M29.4 60.38h215.6M29.4 37.76h215.6M29.4 15.14h215.6" stroke="#dadada" stroke-width="0.4" fill="none"/>
    <svg x="29.4" y="7" width="215.6" height="152" viewBox="29.4 7 215.6 152">
    <path d="M29.4 150.86L137.2 105.62L245 15.14" fill="none" stroke="#0072B2" stroke-width="0.9" stroke-linejoin="round"/>
    </svg>
    <path d="M27.1 150.86a2.3 2.3 0 1 0 4.6 0a2.3 2.3 0 1 0 -4.6 0Z" fill="#fff" stroke="#0072B2" stroke-width="0.8"/>
    <path d="M134.9 105.62a2.3 2.3 0 1 0 4.6 0a2.3 2.3 0 1 0 -4.6 0Z" fill="#fff" stroke="#0072B2" stroke-width="0.8"/>
    <path d="M242.7 15.14a2.3 2.3 0 1 0 4.6 0a2.3 2.3 0 1 0 -4.6 0Z" fill="#fff" stroke="#0072B2" stroke-width="0.8"/>
    <rect x="29.4" y="7" width="215.6" height="152" fill="none" stroke="#000" stroke-width="0.6"/>
    <path d="M29.4 159v-3.2M29.4 7v3.2M137.2 159v-3.2M137.2 7v3.2M245 159v-3.2M245 7v3.2M29.4 150.86h3.2M245 150.86h-3.2M29.4 128.24h3.2M245 128.24h-3.2M29.4 105.62h3.2M245 105.62h-3.2M29.4 83h3.2M245 83h-3.2M29.4 60.38h3.2M245 60.38h-3.2M29.4 37.76h3.2M245 37.76h-3.2M29.4 15.14h3.2M245 15.14h-3.2" fill="none" stroke="#000" stroke-width="0.6"/>
    <g fill="#000">
    <text x="29.4" y="169.84" font-size="8" text-anchor="middle">0</text>
    <text x="137.2" y="169.84" font-size="8" text-anchor="middle">10</text>
    <text x="245" y="169.84" font-size="8" text-anchor="middle">20</text>
    <text x="25.2" y="153.5" font-size="8" text-anchor="end">1.0</text>
    <text x="25.2" y="130.88" font-size="8" text-anchor="end">1.5</text>
    <text x="25.2" y="108.26" font-size="8" text-anchor="end">2.0</text>
    <text x="25.2" y="85.64" font-size="8" text-anchor="end">2.5</text>
    <text x="25.2" y="63.02" font-size="8" text-anchor="end">3.0</text>
    <text x="25.2" y="40.4" font-size="8" text-anchor="end">3.5</text>
    <text x="25.2" y="17.78" font-size="8" text-anchor="end">4.0</text>
    <text x="137.2" y="180.54" font-size="8" text-anchor="middle">Power (dBm)</text>
    <text x="0" y="2.64" font-size="8" text-anchor="middle" transform="translate(7.6 83) rotate(-90)">Rate (bit/s/Hz)</text>
    </g>
    <rect x="33.4" y="11" width="55.5" height="12.22" fill="#fff" stroke="#000" stroke-width="0.4"/>
    <path d="M36.4 17.61h19" fill="none" stroke="#0072B2" stroke-width="0.9" stroke-linejoin="round"/>
    <path d="M43.6 17.61a2.3 2.3 0 1 0 4.6 0a2.3 2.3 0 1 0 -4.6 0Z" fill="#fff" stroke="#0072B2" stroke-width="0.8"/>
    <text x="58.4" y="20.09" font-size="7.5" text-anchor="start">proposed</text>
    </svg>
    "##);
    insta::assert_snapshot!(figure.pgf("rate.csv").body, @r##"
    % Rate & power < 1 "dB"
    % Rate (bit/s/Hz) against Power (dBm). 1 curve: proposed (3 points).
    \definecolor{noctule1}{HTML}{0072B2}
    \definecolor{noctule2}{HTML}{D55E00}
    \definecolor{noctule3}{HTML}{009E73}
    \definecolor{noctule4}{HTML}{CC79A7}
    \definecolor{noctule5}{HTML}{E69F00}
    \definecolor{noctule6}{HTML}{56B4E9}
    \definecolor{noctule7}{HTML}{000000}
    \definecolor{noctulereference}{HTML}{595959}
    \begin{tikzpicture}
    \begin{axis}[
      height=0.72\columnwidth,
      label style={font=\footnotesize},
      tick label style={font=\footnotesize},
      tick style={black},
      legend style={font=\scriptsize, row sep=-1pt, /tikz/every even column/.append style={column sep=4pt}},
      legend cell align=left,
      width=0.93\columnwidth,
      xlabel={Power (dBm)},
      ylabel={Rate (bit/s/Hz)},
      xmin=0, xmax=20,
      ymin=0.82, ymax=4.18,
      grid=major, major grid style={black!15, very thin},
      legend style={at={(0.02,0.975)}, anchor=north west},
    ]
    \addplot [noctule1, line width=0.8pt, mark=*, mark size=2pt, mark options={solid, line width=0.7pt, fill=white}] table [col sep=comma, x=x, y=y1] {rate.csv};
    \addlegendentry{proposed}
    \end{axis}
    \end{tikzpicture}
    "##);
}

#[test]
fn every_point_lies_well_within_a_measured_axis() {
    let curve = Line::new("a", [(0.3, 1.0), (12.0, 2.0), (20.03, 3.0)].map(PlotPoint::from));
    let x = Axis { measured: true, ..Axis::linear("rate", "") };
    let y = Axis::linear("bound", "");
    let figure =
        Figure { id: "f".into(), title: String::new(), x, y, kind: Kind::Lines(vec![curve]) };
    let Kind::Lines(lines) = &figure.kind else { unreachable!("made above") };
    let (curves, _) = super::clean::curves(&figure, lines);
    let (across, _) = super::clean::spans(&figure, &curves);
    assert!(across.low <= 0.3 && across.high > 20.2, "{across:?}");
}

#[test]
fn a_line_with_a_place_looks_the_same_in_every_figure() {
    let alone = style::styles([(false, Some(2))]);
    let among = style::styles([(false, Some(0)), (false, Some(1)), (false, Some(2))]);
    assert_eq!(alone[0], among[2]);
    assert_ne!(style::styles([(false, None)])[0], among[2]);
}
