//! Scenes: marks, names, arrows, on axes of one scale.

use super::options::{colour_name, no_words};
use super::words::{escape, number};
use crate::Line;
use crate::scene::Scene;
use crate::style::{Shape, styles};

/// Options, plots and table of a scene. The few numbers are in the TeX itself; the table lists them
/// for other readers.
pub(super) fn scene_parts(scene: &Scene) -> (Vec<String>, String, String) {
    let (scene, _) = scene.usable();
    let looks = styles(&vec![Line::default(); scene.groups.len()]);
    let options = [
        "axis equal image, enlargelimits=0.1, clip mode=individual",
        "grid=major, major grid style={black!15, very thin}",
        "legend columns=-1, legend style={at={(0.5,1.03)}, anchor=south}",
    ];
    let (mut plots, mut table) = (String::new(), "kind,name,x,y,towards_deg,share\n".to_owned());
    for beam in &scene.beams {
        let colour = beam
            .group
            .and_then(|k| looks.get(k))
            .map_or("noctulereference".to_owned(), |s| colour_name(s.colour));
        let [(ax, ay), (bx, by)] = scene.ends(beam).map(|(x, y)| (number(x), number(y)));
        plots.push_str(&format!(
            "\\draw [->, {colour}] (axis cs:{ax},{ay}) -- (axis cs:{bx},{by});\n"
        ));
        table.push_str(&format!(
            "beam,,{ax},{ay},{},{}\n",
            number(beam.towards_deg),
            number(beam.share)
        ));
    }
    for (group, style) in scene.groups.iter().zip(&looks) {
        let places: Vec<String> =
            group.spots.iter().map(|s| format!("({},{})", number(s.x), number(s.y))).collect();
        let (colour, mark) = (colour_name(style.colour), mark(style.marker.map(|m| m.0)));
        let places = places.join(" ");
        plots.push_str(&format!(
            "\\addplot [only marks, {colour}, mark={mark}] coordinates {{{places}}};\n"
        ));
        plots.push_str(&format!("\\addlegendentry{{{}}}\n", escape(&group.label)));
        for spot in &group.spots {
            let (x, y, name) = (number(spot.x), number(spot.y), escape(&spot.name));
            plots.push_str(&format!(
                "\\node [right, font=\\scriptsize] at (axis cs:{x},{y}) {{{name}}};\n"
            ));
            let plain = |text: &str| crate::plain(text).replace([',', '\n', '\r'], " ");
            table.push_str(&format!("{},{},{x},{y},,\n", plain(&group.label), plain(&spot.name)));
        }
    }
    if scene.extent().is_none() {
        plots.push_str(&no_words("no data"));
    }
    (options.map(str::to_owned).into(), plots, table)
}

/// The mark of a kind.
fn mark(shape: Option<Shape>) -> &'static str {
    match shape {
        Some(Shape::Square) => "square*",
        Some(Shape::Triangle | Shape::Down) => "triangle*",
        Some(Shape::Diamond) => "diamond*",
        Some(Shape::Cross) => "x",
        Some(Shape::Plus) => "+",
        Some(Shape::Star) => "asterisk",
        _ => "*",
    }
}
