//! Pictures of designs as figures: maps of places, cuts of patterns, patterns over both angles.

use noctule::pictures::{Beam as Sent, Pattern, PatternMap, Picture, Scene as Places};
use noctule_figure::{Axis, Beam, Figure, Group, Heat, Kind, Line, PlotPoint, Scene, Spot};

/// What lies farther below the peak of a cut is outside its frame, dB.
const CUT_DEPTH: f64 = 50.0;

/// What lies farther below the peak of a map has the darkest colour, dB.
const MAP_DEPTH: f64 = 40.0;

/// From the peak to the frame, dB.
const OVER: f64 = 4.0;

/// A picture as a figure.
pub fn figure(title: &str, picture: &Picture) -> Figure {
    let (x, y, kind) = match picture {
        Picture::Scene(places) => {
            let axis = |label: &str| Axis::linear(label, "m");
            (axis("$x$"), axis("$y$"), Kind::Scene(scene(places)))
        }
        Picture::Pattern(pattern) => cut(pattern),
        Picture::Map(pattern) => map(pattern),
    };
    Figure { id: "picture".to_owned(), title: title.to_owned(), x, y, kind }
}

fn scene(places: &Places) -> Scene {
    let spot = |(name, [x, y]): &(String, [f64; 2])| Spot { x: *x, y: *y, name: name.clone() };
    let group = |(label, spots): &(&str, Vec<(String, [f64; 2])>)| Group {
        label: (*label).to_owned(),
        spots: spots.iter().map(spot).collect(),
    };
    let beam = |sent: &Sent| {
        let (dx, dy) = (sent.to[0] - sent.from[0], sent.to[1] - sent.from[1]);
        Beam {
            from: (sent.from[0], sent.from[1]),
            towards_deg: dy.atan2(dx).to_degrees(),
            share: sent.share,
            group: Some(sent.group),
        }
    };
    Scene {
        groups: places.groups.iter().map(group).collect(),
        beams: places.beams.iter().map(beam).collect(),
    }
}

fn decibel(gain: f64) -> f64 {
    10.0 * gain.log10()
}

fn peak<'a>(gains: impl Iterator<Item = &'a f64>) -> f64 {
    let most = gains.copied().fold(0.0, f64::max);
    if most > 0.0 { decibel(most) } else { 0.0 }
}

fn cut(pattern: &Pattern) -> (Axis, Axis, Kind) {
    let gains = || pattern.curves.iter().flat_map(|(_, gains)| gains);
    let top = peak(gains()) + OVER;
    // Flat patterns fill the frame; nulls of deep ones leave it.
    let least = decibel(gains().copied().fold(f64::INFINITY, f64::min));
    let bottom = (top - OVER - CUT_DEPTH).max(least.min(top - 2.0 * OVER) - OVER);
    let curve = |(label, gains): &(String, Vec<f64>)| {
        let points = pattern.angles_deg.iter().zip(gains);
        Line::new(label, points.map(|(angle, gain)| PlotPoint::from((*angle, decibel(*gain)))))
    };
    let mut lines: Vec<Line> = pattern.curves.iter().map(curve).collect();
    for (label, angles) in pattern.marks.iter().filter(|(_, angles)| !angles.is_empty()) {
        // Upright lines with a hole after each.
        let upright = |angle: &f64| [(*angle, bottom), (*angle, top), (f64::NAN, top)];
        let points = angles.iter().flat_map(upright).map(PlotPoint::from);
        lines.push(Line::reference(*label, points.take(3 * angles.len() - 1)));
    }
    let x = Axis { range: Some((-90.0, 90.0)), ..Axis::linear(pattern.angle, "°") };
    let y = Axis { range: Some((bottom, top)), ..Axis::linear("Power over isotropic", "dB") };
    (x, y, Kind::Lines(lines))
}

fn map(pattern: &PatternMap) -> (Axis, Axis, Kind) {
    let floor = peak(pattern.gain.iter()) - MAP_DEPTH;
    let heat = Heat {
        x: pattern.azimuth_deg.clone(),
        y: pattern.polar_deg.clone(),
        value: pattern.gain.iter().map(|gain| Some(decibel(*gain).max(floor))).collect(),
        label: format!("Power over isotropic, at least {MAP_DEPTH} dB below its peak"),
        unit: "dB".to_owned(),
        marks: pattern.marks.iter().map(|(name, x, y)| (*x, *y, name.clone())).collect(),
        ..Heat::default()
    };
    (Axis::linear("Azimuth", "°"), Axis::linear("Polar angle", "°"), Kind::Heat(heat))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_is_in_decibels_with_its_marks_upright() {
        let pattern = Pattern {
            angle: "Azimuth",
            angles_deg: vec![-90.0, 0.0, 90.0],
            curves: vec![("all".into(), vec![0.0, 100.0, 1.0])],
            marks: vec![("targets", vec![10.0, 20.0]), ("others", Vec::new())],
        };
        let figure = figure("t", &Picture::Pattern(pattern));
        let Kind::Lines(lines) = &figure.kind else { panic!("a cut is of lines") };
        let ys: Vec<f64> = lines[0].points.iter().map(|point| point.y).collect();
        assert!(ys[0] == f64::NEG_INFINITY && ys[1..] == [20.0, 0.0]);
        assert_eq!(figure.y.range, Some((-30.0, 24.0)));
        assert_eq!(lines.len(), 2);
        assert!(lines[1].reference && lines[1].points.len() == 5 && lines[1].points[2].x.is_nan());
        assert!(figure.svg().contains("targets"));
    }

    #[test]
    fn a_flat_cut_fills_its_frame() {
        let range = |gains: Vec<f64>| {
            let angles_deg = (0..gains.len()).map(|k| k as f64).collect();
            let curves = vec![("all".to_owned(), gains)];
            let pattern = Pattern { angle: "Azimuth", angles_deg, curves, marks: Vec::new() };
            figure("t", &Picture::Pattern(pattern)).y.range
        };
        assert_eq!(range(vec![1.0, 0.1, 10.0]), Some((-14.0, 14.0)));
        // nothing but one level, no beam at all, and no curve
        assert_eq!(range(vec![1.0, 1.0]), Some((-8.0, 4.0)));
        assert_eq!(range(vec![0.0, 0.0]), Some((-50.0, 4.0)));
        assert_eq!(range(Vec::new()), Some((-8.0, 4.0)));
    }

    #[test]
    fn a_map_keeps_the_order_of_its_cells_and_a_scene_its_directions() {
        let map = PatternMap {
            azimuth_deg: vec![0.0, 1.0],
            polar_deg: vec![5.0, 6.0, 7.0],
            gain: vec![1.0, 10.0, 100.0, 0.0, 1e-9, 1.0],
            marks: vec![("target 1".into(), 0.5, 6.0)],
        };
        let Kind::Heat(heat) = figure("t", &Picture::Map(map)).kind else { panic!("a map") };
        assert_eq!(heat.value, [0.0, 10.0, 20.0, -20.0, -20.0, 0.0].map(Some));
        let beams = vec![Sent { from: [1.0, 1.0], to: [1.0, 5.0], share: 0.5, group: 0 }];
        let groups = vec![("users", vec![("user 1".to_owned(), [1.0, 5.0])])];
        let picture = Picture::Scene(Places { groups, beams });
        let Kind::Scene(scene) = figure("t", &picture).kind else { panic!("a scene") };
        assert!((scene.beams[0].towards_deg - 90.0).abs() < 1e-12);
        assert_eq!(scene.groups[0].spots[0].name, "user 1");
    }
}
