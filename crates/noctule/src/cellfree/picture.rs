//! The beampatterns of access points.

use noctule_phy::beampattern::pattern;

use super::model::lags;
use super::{Beams, Instance};
use crate::Error;
use crate::pictures::{Pattern, Picture, PictureKind, steps};

/// Directions of a cut.
const CUT: usize = 361;

/// What can be drawn: an instance knows angles and no places.
pub(super) const PICTURES: &[PictureKind] = &[PictureKind::Pattern];

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

/// The patterns of all access points that sense; of all that send, where none does.
pub(super) fn picture(
    instance: &Instance,
    beams: &Beams,
    kind: PictureKind,
) -> Result<Option<Picture>, Error> {
    if kind != PictureKind::Pattern {
        return Ok(None);
    }
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
    Ok(Some(Picture::Pattern(Pattern { angle, angles_deg, curves, marks })))
}

#[cfg(test)]
mod tests {
    use noctule_num::C64;

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
}
