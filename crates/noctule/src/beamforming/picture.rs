//! Where the power of beams goes.

use noctule_num::linalg::{Op, product};
use noctule_num::{C64, CMat};
use noctule_phy::arrays::{Normalisation, PlanarArray};

use super::{Beams, Instance};
use crate::pictures::{Beam, Pattern, PatternMap, Picture, PictureKind, Scene, steps};

/// Directions of a cut, and of each side of a map.
const CUT: usize = 361;
const SIDE: usize = 91;

/// What can be drawn: this system knows angles and no places, so that its scene is one of directions.
pub(super) const PICTURES: &[PictureKind] =
    &[PictureKind::Pattern, PictureKind::Map, PictureKind::Scene];

/// A beam below this share of the power is none.
const NONE: f64 = 1e-3;

/// The power that columns of `beams` send towards directions `(azimuth_rad, polar_rad)`, over what
/// the same power would send there from a single element: `‖Wᴴ a‖² / tr WWᴴ` with entries of `a` of
/// modulus one. Between zero and the number of antennas; zero where nothing is sent.
pub fn gain(
    array: PlanarArray,
    beams: &CMat,
    directions: impl IntoIterator<Item = (f64, f64)>,
) -> Vec<f64> {
    let array = PlanarArray { normalisation: Normalisation::UnitModulus, ..array };
    let steering = array.steering(directions).response;
    let total = beams.norm_sqr();
    let heard = product(beams, Op::Adjoint, &steering, Op::Plain);
    let power = |k: usize| heard.col(k).iter().map(C64::norm_sqr).sum::<f64>();
    let over = |k: usize| if total > 0.0 { power(k) / total } else { 0.0 };
    (0..heard.cols()).map(over).collect()
}

/// A picture of beams.
pub(super) fn picture(instance: &Instance, beams: &Beams, kind: PictureKind) -> Option<Picture> {
    // stations have a beampattern each, and no common one
    if instance.problem().is_some_and(|problem| problem.around.towards.is_some()) {
        return None;
    }
    match kind {
        PictureKind::Scene => Some(Picture::Scene(scene(instance, beams))),
        PictureKind::Timeline => None,
        PictureKind::Pattern => Some(Picture::Pattern(cut(instance, beams))),
        PictureKind::Map => Some(Picture::Map(map(instance, beams))),
    }
}

/// The polar angle of a cut over azimuth: that of the first target; level, where there is none.
fn polar_of_cut(instance: &Instance) -> f64 {
    let level = std::f64::consts::FRAC_PI_2;
    instance.targets().first().map_or(level, |target| target.polar_rad)
}

/// The base station seen from above, broadside to the right: the targets in their azimuths, and an
/// arrow for every beam towards the azimuth where it is strongest in the cut, as long as its share
/// of the largest power. Channels of users say nothing of places: users are not in it.
fn scene(instance: &Instance, beams: &Beams) -> Scene {
    let polar = polar_of_cut(instance);
    let place = |azimuth: f64| [azimuth.cos(), azimuth.sin()];
    let target = |(m, target): (usize, &super::Target)| {
        (format!("target {}", m + 1), place(target.azimuth_rad))
    };
    let targets = instance.targets().iter().enumerate().map(target).collect();
    let angles: Vec<f64> = steps(-90.0, 90.0, CUT).into_iter().map(f64::to_radians).collect();
    let power = |j: usize| beams.matrix.col(j).iter().map(C64::norm_sqr).sum::<f64>();
    let powers: Vec<f64> = (0..beams.matrix.cols()).map(power).collect();
    let most = powers.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
    let total: f64 = powers.iter().sum();
    let array = instance.parts().transmit_array;
    let arrow = |(j, power): (usize, &f64)| {
        let beam = CMat::from_fn(beams.matrix.rows(), 1, |i, _| beams.matrix[(i, j)]);
        let heard = gain(array, &beam, angles.iter().map(|angle| (*angle, polar)));
        let strongest = (0..CUT).max_by(|a, b| heard[*a].total_cmp(&heard[*b])).unwrap_or(0);
        let group = if j < beams.users { 2 } else { 3 };
        Beam { from: [0.0, 0.0], to: place(angles[strongest]), share: power / most, group }
    };
    let sent = powers.iter().enumerate().filter(|(_, power)| **power > NONE * total);
    let beams: Vec<Beam> = sent.map(arrow).collect();
    let mut groups = vec![
        ("base station", vec![("BS".to_owned(), [0.0, 0.0])]),
        ("targets", targets),
        ("beams of users", Vec::new()),
    ];
    if beams.iter().any(|beam| beam.group == 3) {
        groups.push(("sensing beams", Vec::new()));
    }
    Scene { groups, beams, directions_only: true }
}

/// Over azimuth, at the polar angle of the first target; level, where there is none.
fn cut(instance: &Instance, beams: &Beams) -> Pattern {
    let targets = instance.targets();
    let polar = polar_of_cut(instance);
    let angles_deg = steps(-90.0, 90.0, CUT);
    let towards = || angles_deg.iter().map(|angle| (angle.to_radians(), polar));
    let array = instance.parts().transmit_array;
    let some = |label: &str, from: usize, to: usize| {
        let columns =
            CMat::from_fn(beams.matrix.rows(), to - from, |i, j| beams.matrix[(i, from + j)]);
        (columns.norm_sqr() > 0.0).then(|| (label.to_owned(), gain(array, &columns, towards())))
    };
    let (users, all) = (beams.users, beams.matrix.cols());
    let mut curves: Vec<_> = some("all beams", 0, all).into_iter().collect();
    if users > 0 && users < all {
        curves.extend(some("of users", 0, users));
        curves.extend(some("of sensing", users, all));
    }
    let azimuths = targets.iter().map(|target| target.azimuth_rad.to_degrees()).collect();
    Pattern { angle: "Azimuth", angles_deg, curves, marks: vec![("targets", azimuths)] }
}

/// Over both angles.
fn map(instance: &Instance, beams: &Beams) -> PatternMap {
    let (azimuth_deg, polar_deg) = (steps(-90.0, 90.0, SIDE), steps(0.0, 180.0, SIDE));
    let row = |polar: &f64| {
        let polar = polar.to_radians();
        azimuth_deg.iter().map(move |azimuth| (azimuth.to_radians(), polar)).collect::<Vec<_>>()
    };
    let directions: Vec<(f64, f64)> = polar_deg.iter().flat_map(row).collect();
    let gain = gain(instance.parts().transmit_array, &beams.matrix, directions);
    let mark = |(m, target): (usize, &super::Target)| {
        let (azimuth, polar) = (target.azimuth_rad.to_degrees(), target.polar_rad.to_degrees());
        (format!("target {}", m + 1), azimuth, polar)
    };
    let marks = instance.targets().iter().enumerate().map(mark).collect();
    PatternMap { azimuth_deg, polar_deg, gain, marks }
}

#[cfg(test)]
mod tests {
    use noctule_num::C64;

    use super::*;
    use crate::beamforming::Scenario;

    /// The definition, term by term: what every element of every stream sends, added with the phase
    /// of its path.
    fn naive(array: PlanarArray, beams: &CMat, azimuth: f64, polar: f64) -> f64 {
        let mut sum = 0.0;
        for stream in 0..beams.cols() {
            let mut field = C64::new(0.0, 0.0);
            for row in 0..array.horizontal {
                for column in 0..array.vertical {
                    let path =
                        row as f64 * azimuth.sin() * polar.sin() + column as f64 * polar.cos();
                    let (sin, cos) = (std::f64::consts::PI * path).sin_cos();
                    field += beams[(row * array.vertical + column, stream)] * C64::new(cos, -sin);
                }
            }
            sum += field.re * field.re + field.im * field.im;
        }
        sum / beams.norm_sqr()
    }

    #[test]
    fn the_pattern_is_the_sum_over_elements() {
        let array = PlanarArray::new(3, 4);
        let wave = |i: usize, j: usize| {
            C64::new((1.3 * i as f64 + j as f64).sin(), (0.7 * i as f64).cos())
        };
        let beams = CMat::from_fn(12, 2, wave);
        let directions = [(0.3, 1.2), (-1.4, 0.4), (0.0, 2.9)];
        for ((azimuth, polar), found) in directions.iter().zip(gain(array, &beams, directions)) {
            let expected = naive(array, &beams, *azimuth, *polar);
            assert!((found - expected).abs() < 1e-12 * expected.max(1.0), "{found} and {expected}");
        }
        // Turned to a direction, all antennas add up there.
        let towards = CMat::from_fn(12, 1, |i, _| array.steering([(0.3, 1.2)]).response[(i, 0)]);
        assert!((gain(array, &towards, [(0.3, 1.2)])[0] - 12.0).abs() < 1e-12);
        assert_eq!(gain(array, &CMat::zeros(12, 1), [(0.3, 1.2)]), [0.0]);
    }

    #[test]
    fn cuts_and_maps_agree_and_mark_the_targets() {
        let instance = Scenario::default().realize(1, 0).expect("the default scene");
        let antennas = instance.parts().transmit_array.elements();
        let matrix = CMat::from_fn(antennas, 3, |i, j| C64::new((i * j) as f64 + 1.0, i as f64));
        let beams = Beams { matrix, users: 2, subcarriers: 1 };
        let Some(Picture::Pattern(cut)) = picture(&instance, &beams, PictureKind::Pattern) else {
            panic!("there is a cut")
        };
        let Some(Picture::Map(map)) = picture(&instance, &beams, PictureKind::Map) else {
            panic!("there is a map")
        };
        assert_eq!(cut.curves.len(), 3);
        assert_eq!(map.gain.len(), SIDE * SIDE);
        assert_eq!(map.marks.len(), instance.targets().len());
        let parts = instance.parts();
        let (row, column) = (17, 60);
        let (azimuth, polar) =
            (map.azimuth_deg[column].to_radians(), map.polar_deg[row].to_radians());
        let expected = naive(parts.transmit_array, &beams.matrix, azimuth, polar);
        assert!((map.gain[row * SIDE + column] - expected).abs() < 1e-9 * expected.max(1.0));
        let polar = instance.targets()[0].polar_rad;
        let expected =
            naive(parts.transmit_array, &beams.matrix, cut.angles_deg[100].to_radians(), polar);
        assert!((cut.curves[0].1[100] - expected).abs() < 1e-9 * expected.max(1.0));
        assert_eq!(picture(&instance, &beams, PictureKind::Timeline), None);
    }

    #[test]
    fn a_scene_points_beams_where_they_are_strongest() {
        let instance = Scenario::default().realize(1, 0).expect("the default scene");
        let parts = instance.parts();
        let (array, polar) = (parts.transmit_array, instance.targets()[0].polar_rad);
        let azimuths = [-0.5, 0.4, 0.9];
        let steering = array.steering(azimuths.map(|azimuth| (azimuth, polar))).response;
        // The second of three beams has a quarter of the power of the others, the last none.
        let scale = [1.0, 0.5, 1.0, 0.0];
        let column = |i: usize, j: usize| steering[(i, j.min(2))] * scale[j];
        let matrix = CMat::from_fn(array.elements(), 4, column);
        let beams = Beams { matrix, users: 2, subcarriers: 1 };
        let Some(Picture::Scene(scene)) = picture(&instance, &beams, PictureKind::Scene) else {
            panic!("there is a scene")
        };
        assert!(scene.directions_only);
        assert_eq!(scene.groups[1].1.len(), instance.targets().len());
        let step = std::f64::consts::PI / 360.0;
        assert_eq!(scene.beams.len(), 3);
        for ((beam, azimuth), share) in scene.beams.iter().zip(azimuths).zip([1.0, 0.25, 1.0]) {
            let found = beam.to[1].atan2(beam.to[0]);
            assert!((found - azimuth).abs() <= step, "{found} and {azimuth}");
            assert!((beam.share - share).abs() < 1e-12);
        }
        assert_eq!(scene.beams.iter().map(|beam| beam.group).collect::<Vec<_>>(), [2, 2, 3]);
        assert_eq!(scene.groups.len(), 4);
    }
}
