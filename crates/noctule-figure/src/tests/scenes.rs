//! Maps: one scale, everything within the frame, no name on another or on a thing.

use super::geometry::{Dice, areas, meet, page};
use super::*;

fn scene(dice: &mut Dice) -> Scene {
    let group = |dice: &mut Dice| {
        let spot = |dice: &mut Dice| Spot {
            x: 300.0 * dice.unit(),
            y: 80.0 * dice.unit() - 40.0,
            name: dice.words(2),
        };
        Group { label: dice.words(2), spots: (0..1 + dice.below(8)).map(|_| spot(dice)).collect() }
    };
    let groups: Vec<Group> = (0..1 + dice.below(4)).map(|_| group(dice)).collect();
    let beam = |dice: &mut Dice| Beam {
        from: (groups[0].spots[0].x, groups[0].spots[0].y),
        towards_deg: 720.0 * dice.unit() - 360.0,
        share: dice.unit(),
        group: Some(dice.below(6) as usize),
    };
    let beams = (0..dice.below(5)).map(|_| beam(dice)).collect();
    Scene { groups, beams }
}

fn map(scene: Scene) -> Figure {
    let axis = |label: &str| Axis::linear(label, "m");
    Figure { x: axis("East"), y: axis("North"), ..figure(Kind::Scene(scene)) }
}

/// The frame in the picture: the rectangle without a fill.
fn frame(svg: &str) -> [f64; 4] {
    let document = roxmltree::Document::parse(svg).expect("well-formed XML");
    let frame = document
        .descendants()
        .find(|e| e.has_tag_name("rect") && e.attribute("fill") == Some("none"));
    let number =
        |name: &str| frame.and_then(|e| e.attribute(name)?.parse().ok()).unwrap_or(f64::NAN);
    [number("x"), number("y"), number("x") + number("width"), number("y") + number("height")]
}

#[test]
fn maps_made_at_random_are_legible() {
    let mut dice = Dice(3);
    for _ in 0..200 {
        let figure = map(scene(&mut dice));
        let (svg, _) = checked(&figure);
        let (all, frame, page) = (areas(&svg), frame(&svg), page(&svg));
        for (k, (area, words)) in all.iter().enumerate() {
            assert!(all[..k].iter().all(|(other, _)| !meet(area, other)), "{words} on another");
            let within =
                |out: &[f64; 4]| (0..2).all(|k| area[k] >= out[k] && area[k + 2] <= out[k + 2]);
            assert!(within(&page), "{words} is cut");
            assert!(within(&frame) || !meet(area, &frame), "{words} on the frame");
        }
    }
}

#[test]
fn a_unit_is_as_long_across_as_up() {
    let spot = |x: f64, y: f64| Spot { x, y, name: String::new() };
    let square = vec![spot(0.0, 0.0), spot(100.0, 0.0), spot(0.0, 100.0), spot(100.0, 100.0)];
    let groups = vec![Group { label: "corner".into(), spots: square }];
    let (svg, _) = checked(&map(Scene { groups, beams: Vec::new() }));
    // Circles begin at their left end: `M<x> <y>a…`.
    let ends = svg.split("<path d=\"M").skip(1).filter(|d| d.contains("a2.3 2.3"));
    let place = |d: &str| -> Vec<f64> {
        d.split('a').next().into_iter().flat_map(|p| p.split(' ')).flat_map(str::parse).collect()
    };
    // The first is the legend's or a corner: the four corners are the first four in the picture.
    let places: Vec<Vec<f64>> = ends.map(place).take(4).collect();
    let (across, up) = (places[1][0] - places[0][0], places[0][1] - places[2][1]);
    assert!((across - up).abs() < 0.03 * up, "{across} and {up}");
    assert!(up > 60.0, "{up}");
}

#[test]
fn a_beam_points_where_it_is_said_to() {
    let station = Group {
        label: "station".into(),
        spots: vec![
            Spot { x: 0.0, y: 0.0, name: "BS".into() },
            Spot { x: 10.0, y: 10.0, name: "user".into() },
        ],
    };
    let beam = |towards_deg: f64| Beam { from: (0.0, 0.0), towards_deg, share: 1.0, group: None };
    let scene = Scene { groups: vec![station], beams: vec![beam(0.0), beam(90.0)] };
    assert!((scene.ends(&scene.beams[1])[1].1 - 2.2).abs() < 1e-12);
    let figure = map(scene);
    let shaft = |svg: &str, k: usize| -> Vec<f64> {
        let d = svg
            .split("stroke=\"#595959\" stroke-width=\"0.9\"")
            .nth(k)
            .and_then(|s| s.rsplit("d=\"M").next())
            .unwrap_or_default();
        d.split('"')
            .next()
            .into_iter()
            .flat_map(|d| d.split(['L', ' ']))
            .flat_map(str::parse)
            .collect()
    };
    let (svg, pgf) = checked(&figure);
    let (east, north) = (shaft(&svg, 0), shaft(&svg, 1));
    assert!(east[2] > east[0] && (east[3] - east[1]).abs() < 0.02, "{east:?}");
    assert!(north[3] < north[1] && (north[2] - north[0]).abs() < 0.02, "{north:?}");
    assert!(pgf.body.contains("axis equal image") && pgf.body.contains("\\draw [->"));
    insta::assert_snapshot!(desc(&figure), @"Map over East (m) and North (m). station: BS (0, 0), user (10, 10). 2 beams.");
}

#[test]
fn a_scene_of_nothing_says_so() {
    let nowhere = Spot { x: f64::NAN, y: 1.0, name: "lost".into() };
    let groups = vec![Group { label: "users".into(), spots: vec![nowhere] }];
    let beams =
        vec![Beam { from: (0.0, 0.0), towards_deg: f64::INFINITY, share: 2.0, group: Some(7) }];
    let figure = map(Scene { groups, beams });
    assert!(texts(&figure).contains(&"no data".to_owned()));
    assert!(figure.left_out().unwrap_or_default().contains("2 places or beams"));
}
