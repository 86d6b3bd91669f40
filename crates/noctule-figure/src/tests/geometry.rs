//! What must hold of every picture, on many made at random: no text on another, on the frame or
//! outside the page; every point and every bar clear of the frame; two numbers at least on every
//! axis; all of one height.

use super::*;
use crate::svg::text::bare_width;

/// A rectangle: left, top, right, bottom.
pub(super) type Area = [f64; 4];

/// Numbers that look random and are the same everywhere.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn below(&mut self, n: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }

    pub(super) fn unit(&mut self) -> f64 {
        self.below(1 << 30) as f64 / f64::from(1 << 30)
    }

    pub(super) fn words(&mut self, most: u64) -> String {
        let words = ["Rate", "K = 4", "$N_t$", "root-CRB of the angle", "sum", "W", "algorithm"];
        let count = 1 + self.below(most);
        let all: Vec<&str> = (0..count).map(|_| words[self.below(7) as usize]).collect();
        all.join(" ")
    }

    fn axis(&mut self) -> Axis {
        let axis = Axis { measured: self.below(3) == 0, ..Axis::linear(self.words(4), "dB") };
        if self.below(2) == 0 { axis } else { Axis { scale: Scale::Log, ..axis } }
    }

    /// A scale of values: from where, over how much, for the kind of axis.
    fn value(&mut self, scale: Scale, (size, span): (f64, f64)) -> f64 {
        match scale {
            Scale::Linear => size * (self.unit() * span - 0.3),
            Scale::Log => size * 10f64.powf(self.unit() * span),
        }
    }

    fn figure(&mut self) -> Figure {
        let (mut x, y) = (self.axis(), self.axis());
        if self.below(6) == 0 {
            x = Axis { names: (0..3).map(|_| self.words(2)).collect(), ..Axis::linear("Kind", "") };
        }
        let mut extent = || (10f64.powi(self.below(9) as i32 - 5), 0.1 + 4.0 * self.unit());
        let (across, up) = (extent(), extent());
        let points = 2 + self.below(12);
        let xs: Vec<f64> = match x.names.len() {
            0 => (0..points).map(|_| self.value(x.scale, across)).collect(),
            n => (0..n).map(|k| k as f64).collect(),
        };
        let curve = |dice: &mut Self| {
            let point = |dice: &mut Self, x: f64| {
                let v = dice.value(y.scale, up);
                let by = if dice.below(2) == 0 { Some(v.abs() * 0.2) } else { None };
                PlotPoint { x, y: v, low: by.map(|by| v - by), high: by.map(|by| v + by) }
            };
            let label = dice.words(3);
            let mut line = Line::new(label, xs.iter().map(|x| point(dice, *x)));
            line.points.sort_by(|a, b| a.x.total_cmp(&b.x));
            if dice.below(4) == 0 {
                let absent = |dice: &mut Self, x: f64| Absent { x, count: dice.below(30), of: 30 };
                line.absent = xs.iter().take(5).map(|x| absent(dice, *x)).collect();
                line.absent.sort_by(|a, b| a.x.total_cmp(&b.x));
            }
            line
        };
        let count = 1 + self.below(9);
        let lines: Vec<Line> = (0..count).map(|_| curve(self)).collect();
        Figure { id: "f".into(), title: "t".into(), x, y, kind: Kind::Lines(lines) }
    }
}

/// The area of every text, with its words.
pub(super) fn areas(svg: &str) -> Vec<(Area, String)> {
    let document = roxmltree::Document::parse(svg).expect("well-formed XML");
    let number = |e: &roxmltree::Node<'_, '_>, name: &str| -> f64 {
        e.attribute(name).and_then(|v| v.parse().ok()).unwrap_or(0.0)
    };
    let one = |e: roxmltree::Node<'_, '_>| {
        let texts = e.descendants().filter(roxmltree::Node::is_text);
        let size = number(&e, "font-size");
        let parts = texts.map(|t| {
            let small =
                t.parent().is_some_and(|p| p.has_tag_name("tspan") && p.has_attribute("font-size"));
            let words = t.text().unwrap_or_default();
            (bare_width(words, if small { 0.7 * size } else { size }), words.to_owned())
        });
        let parts: Vec<(f64, String)> = parts.collect();
        let long: f64 = parts.iter().map(|p| p.0).sum();
        let words: String = parts.into_iter().map(|p| p.1).collect();
        let left = number(&e, "x")
            - match e.attribute("text-anchor") {
                Some("middle") => long / 2.0,
                Some("end") => long,
                _ => 0.0,
            };
        let (top, bottom) = (number(&e, "y") - 0.66 * size, number(&e, "y") + 0.2 * size);
        let area = match e.attribute("transform") {
            None => [left, top, left + long, bottom],
            Some(turn) => {
                let inner = turn.trim_start_matches("translate(").split(')').next();
                let at: Vec<f64> =
                    inner.into_iter().flat_map(|s| s.split(' ')).flat_map(str::parse).collect();
                [at[0] + top, at[1] - left - long, at[0] + bottom, at[1] - left]
            }
        };
        (area, words)
    };
    document.descendants().filter(|e| e.has_tag_name("text")).map(one).collect()
}

/// Whether two areas have more than a hair in common.
pub(super) fn meet(a: &Area, b: &Area) -> bool {
    let common = |k: usize| a[k + 2].min(b[k + 2]) - a[k].max(b[k]);
    common(0) > 0.2 && common(1) > 0.2
}

pub(super) fn page(svg: &str) -> Area {
    let document = roxmltree::Document::parse(svg).expect("well-formed XML");
    let view = document.root_element().attribute("viewBox").unwrap_or_default();
    let size: Vec<f64> = view.split(' ').flat_map(str::parse).collect();
    [size[0], size[1], size[2], size[3]]
}

/// Fails if a text of the picture lies on another, on the frame or outside the page.
fn text_is_clear(figure: &Figure, lines: &[Line]) {
    let svg = figure.svg();
    let ([x, y, w, h], _, _) = svg::frame_of(figure, lines);
    let (inner, page) = ([x + 0.3, y + 0.3, x + w - 0.3, y + h - 0.3], page(&svg));
    let all = areas(&svg);
    for (k, (area, words)) in all.iter().enumerate() {
        for (other, more) in &all[..k] {
            assert!(!meet(area, other), "{words:?} {area:?} on {more:?} {other:?}");
        }
        let within = |out: &Area| (0..2).all(|k| area[k] >= out[k] && area[k + 2] <= out[k + 2]);
        assert!(within(&page), "{words:?} {area:?} is cut");
        assert!(within(&inner) || !meet(area, &[x, y, x + w, y + h]), "{words:?} on the frame");
    }
}

/// Fails if a point or the end of a bar is near the frame.
fn data_are_clear(figure: &Figure, lines: &[Line]) {
    let ([_, _, w, h], x, y) = svg::frame_of(figure, lines);
    let clear = |place: f64, length: f64| {
        let away = place.min(1.0 - place) * length;
        assert!(away >= 3.0, "{away} pt from the frame: {figure:?}");
    };
    for point in lines.iter().flat_map(|line| &line.points) {
        if figure.x.scale.admits(point.x) && figure.y.scale.admits(point.y) {
            clear(x.place(point.x), w);
            clear(y.place(point.y), h);
            let ends = [point.low, point.high].into_iter().flatten();
            ends.filter(|v| figure.y.scale == Scale::Linear || *v > 0.3 * point.y)
                .for_each(|v| clear(y.place(v), h));
        }
    }
}

/// Fails if an axis has fewer than two numbers: those below the frame, and those left of it.
fn axes_are_numbered(figure: &Figure, lines: &[Line]) {
    let svg = figure.svg();
    let ([x, y, _, h], across, up) = svg::frame_of(figure, lines);
    let all = areas(&svg);
    // The line of numbers right below the frame, and the column right of the caption.
    let below = all.iter().filter(|(a, _)| a[1] > y + h && a[3] < y + h + 14.0).count();
    let turned = |a: &Area| a[3] - a[1] > 1.5 * (a[2] - a[0]) && a[0] < 8.0;
    let left = |a: &Area| a[2] < x && a[3] > y - 1.0 && a[1] < y + h + 1.0 && !turned(a);
    let beside = all.iter().filter(|(a, w)| left(a) && w != "no value").count();
    assert!(below >= 2, "{across:?}");
    assert!(beside >= 2, "{up:?}");
}

#[test]
fn pictures_made_at_random_are_legible() {
    let mut dice = Dice(7);
    for _ in 0..400 {
        let figure = dice.figure();
        let Kind::Lines(lines) = &figure.kind else { unreachable!("made above") };
        text_is_clear(&figure, lines);
        data_are_clear(&figure, lines);
        axes_are_numbered(&figure, lines);
    }
}

#[test]
fn figures_of_a_page_have_one_height() {
    let curves = |n: u32| -> Vec<Line> {
        let one = |k: u32| line(&format!("scheme {k}"), &[(0.0, k.into()), (1.0, 3.0)]);
        (0..n).map(one).collect()
    };
    let height = |n: u32| page(&figure(Kind::Lines(curves(n))).svg())[3];
    for n in 2..9 {
        assert!((height(n) - height(1)).abs() < 1e-9, "{n} curves");
    }
}

#[test]
fn every_logarithmic_axis_has_two_numbers_and_one_way_of_writing_them() {
    let mut dice = Dice(11);
    for _ in 0..2000 {
        let low = 10f64.powf(12.0 * dice.unit() - 6.0);
        let high = low * 10f64.powf(0.02 + 5.0 * dice.unit().powi(3));
        let span = Span::new(&Axis::log("", ""), [low, high], Fit::Clear);
        for most in 2..9 {
            let ticks = Ticks::new(&span, most, &[]);
            let labels: Vec<_> = ticks.ticks.iter().filter_map(|t| t.label.as_ref()).collect();
            assert!(labels.len() >= 2, "{span:?} {ticks:?}");
            assert!(ticks.ticks.iter().all(|t| span.contains(t.at)), "{span:?} {ticks:?}");
            let powers = labels.iter().filter(|label| !label.raised.is_empty()).count();
            assert!(powers == 0 || powers == labels.len(), "{ticks:?}");
        }
    }
}

#[test]
fn trials_without_a_value_are_marked_and_counted() {
    let mut lost = line("optimal", &[(0.2, 1.0), (0.3, 2.0)]);
    lost.absent = vec![Absent { x: 0.1, count: 30, of: 30 }, Absent { x: 0.2, count: 4, of: 30 }];
    let never = Line { points: Vec::new(), ..lost.clone() };
    let other = figure(Kind::Lines(vec![line("full", &[(0.1, 1.0), (0.3, 3.0)]), lost]));
    let words = texts(&other);
    assert!(words.contains(&"30/30".to_owned()) && words.contains(&"4/30".to_owned()), "{words:?}");
    assert!(desc(&other).contains("Trials without a value: optimal 30 of 30"), "{}", desc(&other));
    let (_, pgf) = checked(&other);
    assert!(pgf.body.contains("$\\times$\\,30/30") && pgf.body.contains("clip mode=individual"));
    // Of a single trial the cross says all.
    let mut one = line("one", &[(0.2, 1.0), (0.3, 2.0)]);
    one.absent = vec![Absent { x: 0.1, count: 1, of: 1 }];
    let one = figure(Kind::Lines(vec![one]));
    assert!(!texts(&one).iter().any(|words| words.contains('/') && words.contains('1')));
    assert!(texts(&one).contains(&"no value".to_owned()));
    assert!(one.pgf("f.csv").body.contains("{$\\times$};"));
    // A curve of which nothing is left is named all the same.
    let alone = texts(&figure(Kind::Lines(vec![never])));
    assert!(alone.contains(&"optimal".to_owned()) && alone.contains(&"30/30".to_owned()));
}

#[test]
fn kinds_are_named_below_and_not_joined() {
    let x = Axis { names: vec!["skew".into(), "bisector".into()], ..Axis::linear("Layout", "") };
    let curve = line("proposed", &[(0.0, 1.0), (1.0, 2.0)]);
    let kinds = Figure { x: x.clone(), ..figure(Kind::Lines(vec![curve.clone()])) };
    assert_eq!(texts(&kinds)[..2], ["skew", "bisector"]);
    let (svg, pgf) = checked(&kinds);
    let strokes = svg.matches("stroke=\"#0072B2\" stroke-width=\"0.9\"").count();
    assert_eq!(strokes, 1, "only the sample in the legend");
    assert!(
        pgf.body.contains("xticklabels={{skew},{bisector}}") && pgf.body.contains("only marks")
    );
    let long = Axis { names: vec!["a name of many words".repeat(2); 4], ..x };
    let words = texts(&Figure { x: long, ..figure(Kind::Lines(vec![curve])) });
    assert!(words[..4] == ["0", "1", "2", "3"], "{words:?}");
    assert!(words.join(" ").contains("0: a name of many words"), "{words:?}");
}

#[test]
fn cells_over_uneven_values_have_one_size_and_their_values_below() {
    let heat = Heat {
        x: vec![1.0, 2.0, 7.0],
        y: vec![10.0, 20.0, 30.0],
        value: (0..9).map(|k| Some(f64::from(k))).collect(),
        ..Heat::default()
    };
    let words = texts(&figure(Kind::Heat(heat)));
    assert_eq!(words[..6], ["1", "2", "7", "10", "20", "30"]);
}

#[test]
fn printed_numbers_are_marks_that_nothing_joins() {
    let curve = line("ours", &[(0.0, 1.0), (1.0, 2.0), (2.0, 3.0)]).at(Some(0));
    let many = (0..40).map(|k| PlotPoint::from((f64::from(k) / 20.0, 2.0)));
    let printed = Line::printed("Table I", many).at(Some(0));
    let both = figure(Kind::Lines(vec![curve, printed.clone()]));
    let (svg, pgf) = checked(&both);
    // Every one is marked, in the colour of what it is compared with, and so is its name; only our
    // curve is a line.
    let marks = svg.matches("fill=\"none\" stroke=\"#0072B2\" stroke-width=\"1.2\"").count();
    assert_eq!(marks, 41);
    assert_eq!(svg.matches("stroke=\"#0072B2\" stroke-width=\"0.9\"").count(), 1);
    assert!(pgf.body.contains("only marks, mark=x, mark size=3.2pt"), "{}", pgf.body);
    assert!(desc(&both).contains("Table I (40 points)"), "{}", desc(&both));
    // Ticks are those of what was swept.
    assert!(!texts(&both).contains(&"0.05".to_owned()));
    // Without a place of its own it is black; a second one has another shape.
    let styles = crate::style::styles(&[printed.clone().at(None), printed]);
    assert!(styles[0].colour == "#000000" && styles[0].marker != styles[1].marker);
}
