//! Pictures of a design as plain numbers: who stands where, and where power goes.
//!
//! What draws them knows no radio, and what computes them here knows no figure. Which pictures make
//! sense is the system's to say: one of single antennas has no pattern, and one without a place for
//! anybody but a base station shows directions in the place of distances.

/// What is drawn of a design.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PictureKind {
    /// Who stands where, and where beams go.
    Scene,
    /// Power against direction: a cut.
    Pattern,
    /// Power over azimuth and polar angle.
    Map,
    /// What happens when.
    Timeline,
}

impl PictureKind {
    /// The words of the command line and of Python, in the order of [`PictureKind::ALL`].
    pub const WORDS: [&'static str; 4] = ["scene", "pattern", "map", "timeline"];
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Scene, Self::Pattern, Self::Map, Self::Timeline];

    /// The word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Scene => "scene",
            Self::Pattern => "pattern",
            Self::Map => "map",
            Self::Timeline => "timeline",
        }
    }

    /// The kind of a word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// One of them.
#[derive(Clone, Debug, PartialEq)]
pub enum Picture {
    /// Who stands where.
    Scene(Scene),
    /// A cut.
    Pattern(Pattern),
    /// Over both angles.
    Map(PatternMap),
    /// What happens when.
    Timeline(Timeline),
}

/// The name and the place of somebody.
pub type Placed = (String, [f64; 2]);

/// Who stands where in the plane.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scene {
    /// What they are, and the name and place of each.
    pub groups: Vec<(&'static str, Vec<Placed>)>,
    /// Where beams go.
    pub beams: Vec<Beam>,
    /// Whether only directions are known: everything but the base station is then at a distance of
    /// one, and places are in metres otherwise.
    pub directions_only: bool,
}

/// A beam of a [`Scene`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Beam {
    /// Where it begins.
    pub from: [f64; 2],
    /// A place it points to.
    pub to: [f64; 2],
    /// Its strength among all, from 0 to 1.
    pub share: f64,
    /// Which group it is meant for.
    pub group: usize,
}

/// Power against direction.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pattern {
    /// What the direction is: `Azimuth`.
    pub angle: &'static str,
    /// The directions in degrees, increasing.
    pub angles_deg: Vec<f64>,
    /// What sends, and its power in every direction over that of the same power sent evenly:
    /// linear, not negative.
    pub curves: Vec<(String, Vec<f64>)>,
    /// Directions worth marking, in degrees, by kind: those of targets.
    pub marks: Vec<(&'static str, Vec<f64>)>,
}

/// Power over azimuth and polar angle.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PatternMap {
    /// Azimuths in degrees, increasing.
    pub azimuth_deg: Vec<f64>,
    /// Polar angles in degrees, increasing.
    pub polar_deg: Vec<f64>,
    /// Power over that of the same power sent evenly, azimuth fastest: linear.
    pub gain: Vec<f64>,
    /// Directions worth marking: name, azimuth and polar angle in degrees.
    pub marks: Vec<(String, f64, f64)>,
}

/// What happens when: parts of a frame, with a value that is constant over each.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Timeline {
    /// What time is counted in, and its unit: `Time`, `blocks`.
    pub time: (&'static str, &'static str),
    /// The value, and its unit.
    pub value: (&'static str, &'static str),
    /// Where each part begins and ends, and the value there; a gap is a time without one.
    pub parts: Vec<(f64, f64, f64)>,
    /// Times that are given to something else, with their name.
    pub taken: Vec<(&'static str, f64, f64)>,
    /// Moments worth marking, by kind.
    pub marks: Vec<(&'static str, Vec<f64>)>,
}

/// `count` values from `from` to `to`, ends included.
pub fn steps(from: f64, to: f64, count: usize) -> Vec<f64> {
    let last = count.max(2) - 1;
    let value = |k: usize| from + (to - from) * k as f64 / last as f64;
    (0..=last).map(value).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_kinds_are_each_others() {
        for (kind, word) in PictureKind::ALL.into_iter().zip(PictureKind::WORDS) {
            assert_eq!((kind.word(), PictureKind::of_word(word)), (word, Some(kind)));
        }
        assert_eq!(PictureKind::of_word("sketch"), None);
        assert_eq!(steps(-1.0, 1.0, 3), [-1.0, 0.0, 1.0]);
    }
}
