//! Pictures of designs as figures: maps of places, cuts of patterns, patterns over both angles.

use noctule::pictures::{Beam as Sent, Pattern, PatternMap, Picture, Scene as Places, Timeline};
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
            let (across, up, unit) = if places.directions_only {
                ("Broadside, distances unknown", "Across", "")
            } else {
                ("$x$", "$y$", "m")
            };
            let axis = |label: &str| Axis::linear(label, unit);
            (axis(across), axis(up), Kind::Scene(scene(places)))
        }
        Picture::Timeline(frame) => timeline(frame),
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

pub(super) fn decibel(gain: f64) -> f64 {
    10.0 * gain.log10()
}

fn peak(gains: impl Iterator<Item = f64>) -> f64 {
    let most = gains.fold(0.0, f64::max);
    if most > 0.0 { decibel(most) } else { 0.0 }
}

/// The lower and the upper end of a frame for power in dB. Flat patterns fill it; nulls of deep ones
/// leave it.
pub(super) fn cut_frame(gains: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    let top = peak(gains.clone()) + OVER;
    let least = decibel(gains.fold(f64::INFINITY, f64::min));
    ((top - OVER - CUT_DEPTH).max(least.min(top - 2.0 * OVER) - OVER), top)
}

/// Upright lines at angles, with a hole after each.
pub(super) fn upright(angles: &[f64], (bottom, top): (f64, f64)) -> Vec<PlotPoint> {
    let line = |angle: &f64| [(*angle, bottom), (*angle, top), (f64::NAN, top)];
    let points = angles.iter().flat_map(line).map(PlotPoint::from);
    points.take((3 * angles.len()).saturating_sub(1)).collect()
}

fn cut(pattern: &Pattern) -> (Axis, Axis, Kind) {
    let (bottom, top) =
        cut_frame(pattern.curves.iter().flat_map(|(_, gains)| gains.iter().copied()));
    let curve = |(label, gains): &(String, Vec<f64>)| {
        let points = pattern.angles_deg.iter().zip(gains);
        Line::new(label, points.map(|(angle, gain)| PlotPoint::from((*angle, decibel(*gain)))))
    };
    let mut lines: Vec<Line> = pattern.curves.iter().map(curve).collect();
    for (label, angles) in pattern.marks.iter().filter(|(_, angles)| !angles.is_empty()) {
        lines.push(Line::reference(*label, upright(angles, (bottom, top))));
    }
    let x = Axis { range: Some((-90.0, 90.0)), ..Axis::linear(pattern.angle, "°") };
    let y = Axis { range: Some((bottom, top)), ..Axis::linear("Power over isotropic", "dB") };
    (x, y, Kind::Lines(lines))
}

/// Levels over time, with holes where there is none; what is taken lies on zero, and moments stand
/// upright.
fn timeline(frame: &Timeline) -> (Axis, Axis, Kind) {
    let most = frame.parts.iter().map(|(_, _, value)| *value).fold(0.0, f64::max);
    let top = if most > 0.0 { 1.1 * most } else { 1.0 };
    let mut points: Vec<PlotPoint> = Vec::new();
    let mut end = f64::NAN;
    for (from, to, value) in &frame.parts {
        if !points.is_empty() && (from - end).abs() > 1e-9 {
            points.push(PlotPoint::from((f64::NAN, *value)));
        }
        points.extend([(*from, *value), (*to, *value)].map(PlotPoint::from));
        end = *to;
    }
    let mut lines = vec![Line::new(frame.value.0.to_lowercase(), points)];
    for (label, from, to) in &frame.taken {
        lines.push(Line::new(*label, [(*from, 0.0), (*to, 0.0)].map(PlotPoint::from)));
    }
    for (label, moments) in frame.marks.iter().filter(|(_, moments)| !moments.is_empty()) {
        lines.push(Line::reference(*label, upright(moments, (0.0, top))));
    }
    let x = Axis { measured: true, ..Axis::linear(frame.time.0, frame.time.1) };
    let range = Some((-0.03 * top, top));
    (x, Axis { range, ..Axis::linear(frame.value.0, frame.value.1) }, Kind::Lines(lines))
}

fn map(pattern: &PatternMap) -> (Axis, Axis, Kind) {
    let floor = peak(pattern.gain.iter().copied()) - MAP_DEPTH;
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
    fn a_frame_has_holes_where_nothing_is_carried() {
        let frame = Timeline {
            time: ("Time", "blocks"),
            value: ("Sum rate of a block", "bit/s/Hz"),
            parts: vec![(1.5, 2.0, 3.0), (2.0, 3.0, 2.0), (3.25, 4.0, 3.0)],
            taken: vec![("sensing", 0.0, 1.25)],
            marks: vec![("channel updates", vec![1.25, 3.0])],
        };
        let figure = figure("t", &Picture::Timeline(frame));
        let Kind::Lines(lines) = &figure.kind else { panic!("a frame is of lines") };
        let xs: Vec<f64> = lines[0].points.iter().map(|point| point.x).collect();
        assert!(xs[..4] == [1.5, 2.0, 2.0, 3.0] && xs[4].is_nan() && xs[5..] == [3.25, 4.0]);
        assert!(lines[1].label == "sensing" && lines[2].reference);
        assert!(figure.svg().contains("sum rate of a block"));
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
        let picture = Picture::Scene(Places { groups, beams, directions_only: false });
        let Kind::Scene(scene) = figure("t", &picture).kind else { panic!("a scene") };
        assert!((scene.beams[0].towards_deg - 90.0).abs() < 1e-12);
        assert_eq!(scene.groups[0].spots[0].name, "user 1");
    }
}
