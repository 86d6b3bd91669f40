//! Who stands where, and where the base station sends.

use noctule_num::{C64, CMat};
use noctule_phy::centred_array::CentredArray;

use super::{Deployment, Instance};
use crate::Error;
use crate::pictures::{Beam, Pattern, Picture, PictureKind, Scene, steps};

/// Directions of a cut.
const CUT: usize = 361;

/// What can be drawn.
pub(super) const PICTURES: &[PictureKind] = &[PictureKind::Scene, PictureKind::Pattern];

/// The power that the base station sends towards spatial frequencies (the sine of the angle from
/// broadside), with covariance `r`, over what the same power would send from one antenna:
/// `aᴴ R a / tr R`. Zeros where nothing is sent.
pub fn gain(r: &CMat, frequencies: &[f64]) -> Vec<f64> {
    let n = r.rows();
    let total: f64 = (0..n).map(|i| r[(i, i)].re).sum();
    let power = |frequency: &f64| {
        let a = CentredArray::new(n).response(*frequency);
        let form = |j: usize| {
            let column: C64 = (0..n).map(|i| a[i].conj() * r[(i, j)]).sum();
            (column * a[j]).re
        };
        (0..n).map(form).sum::<f64>()
    };
    // A square, but for rounding.
    let over = |f: &f64| if total > 0.0 { (power(f) / total).max(0.0) } else { 0.0 };
    frequencies.iter().map(over).collect()
}

/// A picture of a deployment.
pub(super) fn picture(
    instance: &Instance,
    deployment: &Deployment,
    kind: PictureKind,
) -> Result<Option<Picture>, Error> {
    deployment.check(instance)?;
    Ok(match kind {
        PictureKind::Scene => Some(Picture::Scene(scene(instance, deployment))),
        PictureKind::Pattern => Some(Picture::Pattern(cut(instance, deployment))),
        PictureKind::Map | PictureKind::Timeline => None,
    })
}

/// What is sent over all the time, data and sensing together.
fn sent(deployment: &Deployment) -> CMat {
    let n = deployment.modes.first().map_or(0, |mode| mode.information.rows());
    let entry = |i: usize, j: usize| {
        let mode =
            |mode: &super::Mode| (mode.information[(i, j)] + mode.sensing[(i, j)]) * mode.share;
        deployment.modes.iter().map(mode).sum()
    };
    CMat::from_fn(n, n, entry)
}

/// The plan of the place, with an arrow to each surface that is built, as long as the power sent
/// there among all of them.
fn scene(instance: &Instance, deployment: &Deployment) -> Scene {
    let parts = instance.parts();
    let built = |site: &usize| deployment.sites.contains(site);
    let sites = |wanted: bool| -> Vec<(String, [f64; 2])> {
        let all = (0..parts.sites.len()).filter(|site| built(site) == wanted);
        all.map(|site| (format!("site {site}"), parts.sites[site].position.into())).collect()
    };
    let single = |name: &str, place: [f64; 2]| vec![(name.to_owned(), place)];
    let base: [f64; 2] = parts.base.position.into();
    let paths = instance.cascade(&deployment.sites).paths;
    let departures: Vec<f64> = paths.iter().map(|path| path.base_departure).collect();
    let power = gain(&sent(deployment), &departures);
    let most = power.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
    let beam = |(site, power): (&usize, f64)| {
        let to = parts.sites[*site].position.into();
        Beam { from: base, to, share: power / most, group: 1 }
    };
    let beams = deployment.sites.iter().zip(power).map(beam).collect();
    let mut groups = vec![
        ("base station", single("BS", base)),
        ("surfaces", sites(true)),
        ("user", single("user", parts.user.position.into())),
        ("target", single("target", parts.target.into())),
    ];
    if deployment.sites.len() < parts.sites.len() {
        groups.push(("sites not built", sites(false)));
    }
    Scene { groups, beams, directions_only: false }
}

/// What the base station sends against the angle from the broadside of its array.
fn cut(instance: &Instance, deployment: &Deployment) -> Pattern {
    let angles_deg = steps(-90.0, 90.0, CUT);
    let frequencies: Vec<f64> = angles_deg.iter().map(|angle| angle.to_radians().sin()).collect();
    let mut curves = vec![("all signals".to_owned(), gain(&sent(deployment), &frequencies))];
    if let [mode] = deployment.modes.as_slice()
        && mode.sensing.norm_sqr() > 0.0
    {
        curves.push(("data".to_owned(), gain(&mode.information, &frequencies)));
        curves.push(("sensing".to_owned(), gain(&mode.sensing, &frequencies)));
    }
    let paths = instance.cascade(&deployment.sites).paths;
    let angle = |path: &noctule_phy::cascade::SurfacePath| {
        path.base_departure.clamp(-1.0, 1.0).asin().to_degrees()
    };
    let marks = vec![("surfaces", paths.iter().map(angle).collect())];
    Pattern { angle: "Angle from broadside", angles_deg, curves, marks }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::surfaces::Scenario;

    /// The definition: the field of every column of a factor, added antenna by antenna.
    #[test]
    fn the_pattern_is_that_of_a_factor() {
        let factor = CMat::from_fn(5, 2, |i, j| C64::new((i + 2 * j) as f64, (i * j) as f64 - 1.0));
        let r = CMat::from_fn(5, 5, |i, j| {
            (0..2).map(|k| factor[(i, k)] * factor[(j, k)].conj()).sum()
        });
        let frequencies = [-0.8, 0.05, 0.6];
        for (frequency, found) in frequencies.iter().zip(gain(&r, &frequencies)) {
            let mut power = 0.0;
            for k in 0..2 {
                let mut field = C64::new(0.0, 0.0);
                for i in 0..5 {
                    // The phase of the first antenna is of no account for the power.
                    let phase = std::f64::consts::PI * frequency * i as f64;
                    field += factor[(i, k)] * C64::new(phase.cos(), -phase.sin());
                }
                power += field.norm_sqr();
            }
            let expected = power / factor.norm_sqr();
            assert!((found - expected).abs() < 1e-12 * expected.max(1.0), "{found}, {expected}");
        }
        assert_eq!(gain(&CMat::zeros(3, 3), &[0.2]), [0.0]);
    }

    #[test]
    fn a_plan_shows_every_site_once_and_its_strongest_beam_whole() {
        let instance = Scenario::default().realize(1, 0).expect("the default scene");
        let design = crate::surfaces::design(&instance, &Default::default()).expect("a design");
        let drawn = picture(&instance, &design.variables, PictureKind::Scene).expect("it fits");
        let Some(Picture::Scene(scene)) = drawn else { panic!("there is a plan") };
        let of = |label: &str| {
            let group = scene.groups.iter().find(|group| group.0 == label);
            group.map_or(0, |group| group.1.len())
        };
        assert_eq!(of("surfaces") + of("sites not built"), instance.parts().sites.len());
        assert_eq!(of("surfaces"), scene.beams.len());
        let most = scene.beams.iter().map(|beam| beam.share).fold(0.0, f64::max);
        assert!((most - 1.0).abs() < 1e-12);
        let drawn = picture(&instance, &design.variables, PictureKind::Pattern).expect("it fits");
        let Some(Picture::Pattern(cut)) = drawn else { panic!("there is a cut") };
        assert_eq!(cut.marks[0].1.len(), design.variables.sites.len());
        assert!(
            picture(&instance, &design.variables, PictureKind::Map).expect("it fits").is_none()
        );
    }
}
