//! Who stands where, and how much each access point spends on whom.

use noctule_phy::geometry::Point;

use super::instance::Sensing;
use super::{Allocation, Instance};
use crate::pictures::{Beam, Picture, PictureKind, Scene};

/// What can be drawn: antennas are single, so there are no patterns.
pub(super) const PICTURES: &[PictureKind] = &[PictureKind::Scene];

/// A spending below this share of an access point's power is no beam.
const NONE: f64 = 1e-3;

/// The map of powers: an arrow from every access point to every user, as long as the share of its
/// pilot power that it spends on that user. `None` where places are not known.
pub(super) fn picture(
    instance: &Instance,
    allocation: &Allocation,
    kind: PictureKind,
) -> Option<Picture> {
    let (PictureKind::Scene, Some(Sensing::Placed { points, users, .. })) =
        (kind, &instance.parts().sensing)
    else {
        return None;
    };
    let named = |name: &str, places: &[Point]| -> Vec<(String, [f64; 2])> {
        let one = |(k, place): (usize, &Point)| (format!("{name} {}", k + 1), (*place).into());
        places.iter().enumerate().map(one).collect()
    };
    let mut beams = Vec::new();
    for (m, from) in points.iter().enumerate() {
        for (k, to) in users.iter().enumerate() {
            let share = allocation.fractions[m * allocation.users + k];
            if share > NONE {
                let share = share.min(1.0);
                beams.push(Beam { from: (*from).into(), to: (*to).into(), share, group: 1 });
            }
        }
    }
    let groups = vec![("access points", named("AP", points)), ("users", named("user", users))];
    Some(Picture::Scene(Scene { groups, beams, directions_only: false }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pilots::{PilotUse, Scenario};

    #[test]
    fn arrows_are_the_powers() {
        let instance = Scenario::default().realize(1, 0).expect("the default scene");
        let users = instance.parts().users;
        let points = instance.parts().channel_gain.len() / users;
        let mut fractions = vec![0.0; points * users];
        fractions[0] = 0.75;
        fractions[users + 1] = 0.25;
        let allocation = Allocation { fractions, users, pilots: PilotUse::default() };
        let Some(Picture::Scene(scene)) = picture(&instance, &allocation, PictureKind::Scene)
        else {
            panic!("there is a map")
        };
        assert_eq!(scene.groups[0].1.len(), points);
        assert_eq!(scene.groups[1].1.len(), users);
        let shares: Vec<f64> = scene.beams.iter().map(|beam| beam.share).collect();
        assert_eq!(shares, [0.75, 0.25]);
        let same = |a: [f64; 2], b: [f64; 2]| a.map(f64::to_bits) == b.map(f64::to_bits);
        assert!(same(scene.beams[1].from, scene.groups[0].1[1].1));
        assert!(same(scene.beams[1].to, scene.groups[1].1[1].1));
        assert_eq!(picture(&instance, &allocation, PictureKind::Map), None);
    }
}
