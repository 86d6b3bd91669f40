//! Limits, ticks and their labels.

use super::*;

#[test]
fn logarithmic_axes_have_raised_exponents() {
    let points: Vec<(f64, f64)> =
        (0..9).map(|k| (f64::from(k), 10f64.powf(-0.5 * f64::from(k) - 0.2))).collect();
    let figure = log_y(Kind::Lines(vec![line("a", &points)]));
    let all = texts(&figure);
    let powers: Vec<&str> =
        all.iter().map(String::as_str).filter(|t| t.starts_with("10")).collect();
    assert_eq!(powers, ["10−4", "10−3", "10−2", "10−1", "100"]);
    let (svg, _) = checked(&figure);
    assert!(svg.contains(">10<tspan dy=\"-2.88\" font-size=\"5.6\">−4</tspan>"));
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
    let sides = line("a", &[(0.5, 1.0), (1.0, 2.0), (2.0, 3.0), (4.0, 3.5), (8.0, 4.0)]);
    let log = Figure { x: Axis::log("Side", "km"), ..figure(Kind::Lines(vec![sides])) };
    assert_eq!(&texts(&log)[..5], ["0.5", "1", "2", "4", "8"]);
}

#[test]
fn one_value_has_room_around_it() {
    for value in [0.0, 2.5, -1e6, 3e-9] {
        let axis = Axis::linear("", "");
        let span = Span::new(&axis, [value], Fit::Clear);
        assert!((0.2..0.8).contains(&span.place(value)), "{value}: {span:?}");
    }
    let span = Span::new(&Axis::log("", ""), [3e-5; 4], Fit::Clear);
    assert!((0.2..0.8).contains(&span.place(3e-5)), "{span:?}");
}

#[test]
fn every_point_lies_well_within_a_measured_axis() {
    let curve = Line::new("a", [(0.3, 1.0), (12.0, 2.0), (20.03, 3.0)].map(PlotPoint::from));
    let x = Axis { measured: true, ..Axis::linear("rate", "") };
    let y = Axis::linear("bound", "");
    let figure =
        Figure { id: "f".into(), title: String::new(), x, y, kind: Kind::Lines(vec![curve]) };
    let Kind::Lines(lines) = &figure.kind else { unreachable!("made above") };
    let (curves, _) = crate::clean::curves(&figure, lines);
    let (across, _) = crate::clean::spans(&figure, &curves);
    assert!(across.low <= 0.3 && across.high > 20.2, "{across:?}");
}

/// Means of whole numbers lie between them, and ticks do not; unless there would be none.
#[test]
fn what_is_counted_has_whole_ticks() {
    let ranks = line("a", &[(0.0, 1.0), (1.0, 2.6), (2.0, 4.1)]);
    let counted = Axis { whole: true, ..Axis::linear("Rank", "") };
    let of = |y: &Axis, line: &Line| {
        texts(&Figure { y: y.clone(), ..figure(Kind::Lines(vec![line.clone()])) })
    };
    assert!(of(&counted, &ranks).iter().any(|text| text == "4"));
    assert!(!of(&counted, &ranks).iter().any(|text| text.contains('.')));
    assert!(of(&Axis::linear("Rank", ""), &ranks).iter().any(|text| text == "1.5"));
    let narrow = line("a", &[(0.0, 3.1), (1.0, 3.2), (2.0, 3.3)]);
    assert!(of(&counted, &narrow).iter().filter(|text| text.starts_with("3.")).count() > 1);
}
