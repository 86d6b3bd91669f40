//! Scenes: who stands where, and where beams go.

use super::Axis;

/// A scene: places in a plane, and directions.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Scene {
    /// What stands in it, kind by kind: stations, users, targets.
    pub groups: Vec<Group>,
    /// The directions of beams.
    pub beams: Vec<Beam>,
}

/// All things of one kind.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Group {
    /// What they are, in the legend.
    pub label: String,
    /// Where they stand.
    pub spots: Vec<Spot>,
}

/// One thing.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Spot {
    /// Where.
    pub x: f64,
    /// Where.
    pub y: f64,
    /// Its name beside it, where there is room; may be empty.
    pub name: String,
}

/// The direction of a beam: an arrow.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Beam {
    /// Where it begins.
    pub from: (f64, f64),
    /// Where it points, counterclockwise from the horizontal axis, in degrees.
    pub towards_deg: f64,
    /// Its length as a share of the longest, from 0 to 1.
    pub share: f64,
    /// Whose beam it is: the index of a group, whose colour it takes.
    pub group: Option<usize>,
}

/// The longest beam, as a share of the larger side of what stands in the scene.
pub(crate) const LONGEST: f64 = 0.22;

impl Scene {
    /// Places and beams that have a place, and how many have not.
    pub(crate) fn usable(&self) -> (Self, usize) {
        let finite = |v: f64| v.abs() <= super::LARGEST;
        let mut scene = self.clone();
        for group in &mut scene.groups {
            group.spots.retain(|spot| finite(spot.x) && finite(spot.y));
        }
        let fits = |b: &Beam| finite(b.from.0) && finite(b.from.1) && b.towards_deg.is_finite();
        scene.beams.retain(|beam| fits(beam) && (0.0..=1.0).contains(&beam.share));
        let count =
            |s: &Self| s.groups.iter().map(|g| g.spots.len()).sum::<usize>() + s.beams.len();
        let lost = count(self) - count(&scene);
        (scene, lost)
    }

    /// The length of the longest beam in the units of the plane.
    pub(crate) fn reach(&self) -> f64 {
        let spots = || self.groups.iter().flat_map(|group| &group.spots);
        let side = |of: fn(&Spot) -> f64| {
            let (low, high) = spots()
                .map(of)
                .fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
            (high - low).max(0.0)
        };
        let longest = side(|spot| spot.x).max(side(|spot| spot.y));
        LONGEST * if longest > 0.0 { longest } else { 1.0 }
    }

    /// Both ends of a beam.
    pub(crate) fn ends(&self, beam: &Beam) -> [(f64, f64); 2] {
        let (sin, cos) = beam.towards_deg.to_radians().sin_cos();
        let long = self.reach() * beam.share;
        [beam.from, (beam.from.0 + long * cos, beam.from.1 + long * sin)]
    }

    /// The least and the largest of both coordinates of all that is drawn.
    pub(crate) fn extent(&self) -> Option<[(f64, f64); 2]> {
        let spots = self.groups.iter().flat_map(|group| &group.spots).map(|s| (s.x, s.y));
        let beams = self.beams.iter().flat_map(|beam| self.ends(beam));
        spots.chain(beams).fold(None, |seen, (x, y)| {
            let [(a, b), (c, d)] = seen.unwrap_or([(x, x), (y, y)]);
            Some([(a.min(x), b.max(x)), (c.min(y), d.max(y))])
        })
    }

    /// What stands where, in words.
    pub(crate) fn describe(&self, lost: usize) -> String {
        let group = |group: &Group| {
            let spot =
                |spot: &Spot| format!("{} ({}, {})", spot.name, short(spot.x), short(spot.y));
            let spots: Vec<String> = group.spots.iter().map(spot).collect();
            format!("{}: {}", group.label, spots.join(", ").trim())
        };
        let groups: Vec<String> =
            self.groups.iter().filter(|group| !group.spots.is_empty()).map(group).collect();
        let beams = match self.beams.len() {
            0 => String::new(),
            1 => " One beam.".to_owned(),
            n => format!(" {n} beams."),
        };
        let lost =
            if lost == 0 { String::new() } else { format!(" Not drawn: {lost} (not finite).") };
        if groups.is_empty() {
            format!("No data.{lost}")
        } else {
            format!("{}.{beams}{lost}", groups.join("; "))
        }
    }
}

/// A coordinate in four digits at most.
fn short(value: f64) -> String {
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// An axis of a scene is linear, whatever is asked for: a map has one scale.
pub(crate) fn linear(axis: &Axis) -> Axis {
    Axis {
        scale: super::Scale::Linear,
        range: None,
        names: Vec::new(),
        measured: true,
        ..axis.clone()
    }
}
