//! The beampatterns of access points, and who stands where.

use noctule_num::C64;
use noctule_phy::beampattern::pattern;
use noctule_phy::geometry::Point;

use super::instance::Sites;
use super::model::lags;
use super::{Beams, Instance};
use crate::Error;
use crate::pictures::{Beam, Pattern, Picture, PictureKind, Scene, steps};

/// Directions of a cut.
const CUT: usize = 361;

/// What can be drawn. The scene takes an instance that was drawn: arrays know no places.
pub(super) const PICTURES: &[PictureKind] = &[PictureKind::Pattern, PictureKind::Scene];

/// What gets less than this share of an access point's power gets nothing.
const NONE: f64 = 1e-3;

/// The power that an access point sends towards angles from the broadside of its array (data and
/// sensing signal together), over what the same power would send from a single antenna. Zeros where
/// it sends nothing.
///
/// # Errors
/// When the beams do not fit.
pub fn gain(
    instance: &Instance,
    beams: &Beams,
    ap: usize,
    angles_rad: &[f64],
) -> Result<Vec<f64>, Error> {
    beams.check(instance)?;
    let (lags, spacing) = (lags(instance, beams, ap), instance.parts().spacing);
    // A sum of squares, but for rounding.
    let over = |angle: &f64| (pattern(&lags, spacing, *angle) / lags[0]).max(0.0);
    let silent = lags[0] <= 0.0;
    Ok(angles_rad.iter().map(|angle| if silent { 0.0 } else { over(angle) }).collect())
}

/// A picture of beams; the patterns are those of all access points that sense, or of all that send
/// where none does.
pub(super) fn picture(
    instance: &Instance,
    beams: &Beams,
    kind: PictureKind,
) -> Result<Option<Picture>, Error> {
    beams.check(instance)?;
    match kind {
        PictureKind::Scene => Ok(instance.sites().map(|sites| scene(instance, beams, sites))),
        PictureKind::Pattern => cut(instance, beams).map(Some),
        PictureKind::Map | PictureKind::Timeline => Ok(None),
    }
}

/// The plan of the place: an arrow from every access point to every user it serves, as long as the
/// share of its power that the user gets, and to every target it senses, as long as that of its
/// sensing signal.
fn scene(instance: &Instance, beams: &Beams, sites: &Sites) -> Picture {
    let named = |name: &str, places: &[Point]| -> Vec<(String, [f64; 2])> {
        let one = |(k, place): (usize, &Point)| (format!("{name} {}", k + 1), (*place).into());
        places.iter().enumerate().map(one).collect()
    };
    let n = instance.antennas();
    let mut arrows = Vec::new();
    for (ap, from) in sites.aps.iter().enumerate() {
        let mut arrow = |to: &Point, share: f64, group: usize| {
            if share > NONE {
                let (from, to) = ((*from).into(), (*to).into());
                arrows.push(Beam { from, to, share: share.min(1.0), group });
            }
        };
        for (k, user) in sites.users.iter().enumerate() {
            let beam = &beams.data.col(k)[ap * n..(ap + 1) * n];
            arrow(user, beam.iter().map(C64::norm_sqr).sum(), 1);
        }
        for (target, by) in sites.targets.iter().zip(&sites.sensed_by) {
            if *by == ap {
                arrow(target, beams.sensing[ap].norm_sqr(), 2);
            }
        }
    }
    let groups = vec![
        ("access points", named("AP", &sites.aps)),
        ("users", named("user", &sites.users)),
        ("targets", named("target", &sites.targets)),
    ];
    Picture::Scene(Scene { groups, beams: arrows, directions_only: false })
}

/// What is sent against direction.
fn cut(instance: &Instance, beams: &Beams) -> Result<Picture, Error> {
    let angles_deg = steps(-90.0, 90.0, CUT);
    let angles: Vec<f64> = angles_deg.iter().map(|angle| angle.to_radians()).collect();
    let sensing = instance.sensing_aps();
    let shown = if sensing.is_empty() { (0..instance.aps()).collect() } else { sensing.to_vec() };
    let mut curves = Vec::new();
    let mut targets: Vec<f64> = Vec::new();
    for ap in shown {
        curves.push((format!("AP {}", ap + 1), gain(instance, beams, ap, &angles)?));
        targets.extend(instance.parts().targets_rad[ap].iter().map(|angle| angle.to_degrees()));
    }
    targets.sort_by(f64::total_cmp);
    targets.dedup();
    let marks = vec![("targets", targets)];
    let angle = "Angle from broadside";
    Ok(Picture::Pattern(Pattern { angle, angles_deg, curves, marks }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cellfree::Scenario;

    #[test]
    fn the_pattern_is_the_sum_over_antennas() {
        let instance = Scenario::default().realize(1, 0).expect("the default scene");
        let ap = instance.sensing_aps()[0];
        let mut beams = Beams::silent(&instance);
        let wave = |i: usize| C64::new((1.7 * i as f64).sin(), (0.4 * i as f64).cos());
        let (rows, users) = (beams.data.rows(), instance.users());
        for k in 0..users {
            for i in 0..rows {
                beams.data[(i, k)] = wave(i + 3 * k) * 0.01;
            }
        }
        let (n, spacing) = (instance.antennas(), instance.parts().spacing);
        let angles = [-1.2, 0.1, 0.8];
        let found = gain(&instance, &beams, ap, &angles).expect("beams that fit");
        for (angle, found) in angles.iter().zip(found) {
            let (mut power, mut total) = (0.0, 0.0);
            for k in 0..users {
                let mut field = C64::new(0.0, 0.0);
                for i in 0..n {
                    let w = beams.data[(ap * n + i, k)];
                    let phase = std::f64::consts::TAU * spacing * i as f64 * angle.sin();
                    field += w * C64::new(phase.cos(), -phase.sin());
                    total += w.norm_sqr();
                }
                power += field.norm_sqr();
            }
            assert!((found - power / total).abs() < 1e-9, "{found} and {}", power / total);
        }
        let silent = Beams::silent(&instance);
        assert_eq!(gain(&instance, &silent, ap, &[0.3]).expect("silence fits"), [0.0]);
        let drawn = picture(&instance, &beams, PictureKind::Pattern).expect("beams that fit");
        let Some(Picture::Pattern(pattern)) = drawn else { panic!("there is a cut") };
        assert_eq!(pattern.curves.len(), instance.sensing_aps().len());
        assert!(!pattern.marks[0].1.is_empty());
    }

    #[test]
    fn a_scene_shows_what_every_access_point_spends_on_whom() {
        let instance = Scenario::default().realize(1, 0).expect("the default scene");
        let (n, ap) = (instance.antennas(), instance.sensing_aps()[0]);
        let mut beams = Beams::silent(&instance);
        beams.data[(ap * n, 1)] = C64::new(0.6, 0.0);
        beams.sensing[ap] =
            noctule_num::CMat::from_fn(n, 1, |i, _| C64::new(if i == 0 { 0.8 } else { 0.0 }, 0.0));
        let drawn = picture(&instance, &beams, PictureKind::Scene).expect("beams that fit");
        let Some(Picture::Scene(scene)) = drawn else { panic!("there is a plan") };
        let shares: Vec<(f64, usize)> = scene.beams.iter().map(|b| (b.share, b.group)).collect();
        let targets = instance.sites().expect("it was drawn").sensed_by.iter();
        assert_eq!(shares.len(), 1 + targets.filter(|by| **by == ap).count());
        assert!((shares[0].0 - 0.36).abs() < 1e-12 && shares[0].1 == 1);
        assert!((shares[1].0 - 0.64).abs() < 1e-12 && shares[1].1 == 2);
        // Arrays alone know no places.
        let again = Instance::from_arrays(instance.to_arrays(), None).expect("the same");
        assert!(picture(&again, &beams, PictureKind::Scene).expect("they fit").is_none());
    }
}
