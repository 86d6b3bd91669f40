use noctule_num::rng::{StreamKey, complex_normal, uniform};

use super::*;

fn scanner(seed: u64) -> Scanner {
    let mut rng = StreamKey::new(seed, "test", "beams", 0).trial(0);
    let beams = CMat::from_fn(16, 6, |_, _| complex_normal(&mut rng, 1.0 / 16.0));
    let (transmit, receive) = (ElementArray::planar(4, 4, 0.5), ElementArray::planar(5, 4, 0.5));
    Scanner::new(transmit, receive, &beams, 30).expect("flat arrays")
}

fn scene(seed: u64) -> Vec<Sighting> {
    let mut rng = StreamKey::new(seed, "test", "targets", 0).trial(0);
    let mut one = |azimuth: f64| Sighting {
        azimuth_rad: azimuth + uniform(&mut rng, -0.2, 0.2),
        polar_rad: uniform(&mut rng, 1.1, 2.0),
        reflection: C64::from_polar(0.1, uniform(&mut rng, 0.0, std::f64::consts::TAU)),
    };
    vec![one(-0.7), one(0.5)]
}

/// Without noise both estimators find the truth, whatever the reflections.
#[test]
fn targets_without_noise_are_found() {
    for seed in 0..10 {
        let (scanner, truth) = (scanner(seed), scene(seed));
        let echoes = scanner.echo(&truth);
        let near = |azimuth: f64, polar: f64| {
            truth.iter().any(|t| (t.azimuth_rad - azimuth).hypot(t.polar_rad - polar) < 1e-6)
        };
        let found = scanner.likelihood(&echoes, 2);
        assert!(found.iter().all(|t| near(t.azimuth_rad, t.polar_rad)), "{found:?} {truth:?}");
        assert!((found[0].azimuth_rad - found[1].azimuth_rad).abs() > 0.1, "{found:?}");
        let music = scanner.music(&echoes, 2).expect("numbers").expect("enough antennas");
        assert!(music.iter().all(|(azimuth, polar)| near(*azimuth, *polar)), "{music:?} {truth:?}");
    }
}

/// Slopes are those of the echo, by central differences.
#[test]
fn slopes_are_derivatives() {
    let (scanner, truth) = (scanner(3), scene(3));
    let slopes = scanner.slopes(&truth[0]);
    for (parameter, slope) in slopes.iter().enumerate() {
        let at = |sign: f64| {
            let step = (0..4).map(|i| if i == parameter { sign * 1e-6 } else { 0.0 });
            scanner.echo(&moved(&truth[..1], step))
        };
        let (up, down) = (at(1.0), at(-1.0));
        let numeric =
            CMat::from_fn(up.rows(), up.cols(), |i, j| (up[(i, j)] - down[(i, j)]) / 2e-6);
        let off = minus(&numeric, slope).norm_sqr().sqrt() / slope.norm_sqr().sqrt();
        assert!(off < 1e-8, "{parameter}: {off}");
    }
}

/// The fit ends where no parameter helps: the misfit is stationary, and no larger than the truth's.
#[test]
fn no_target_explains_noisy_echoes_better() {
    let mut rng = StreamKey::new(8, "test", "noise", 0).trial(0);
    let (scanner, truth) = (scanner(5), scene(5));
    for _ in 0..20 {
        let mut echoes = scanner.echo(&truth);
        echoes.as_mut_slice().iter_mut().for_each(|z| *z += complex_normal(&mut rng, 1e-3));
        let found = scanner.likelihood(&echoes, 2);
        let misfit = |targets: &[Sighting]| minus(&echoes, &scanner.echo(targets)).norm_sqr();
        let best = misfit(&found);
        assert!(best <= misfit(&truth));
        for parameter in 0..8 {
            for sign in [-1.0, 1.0] {
                let step = (0..8).map(|i| if i == parameter { sign * 1e-4 } else { 0.0 });
                assert!(misfit(&moved(&found, step)) >= best * (1.0 - 1e-12));
            }
        }
    }
}

/// One element in a place of its own in front of the plane is refused; so is MUSIC without a noise space.
#[test]
fn what_cannot_be_scanned() {
    let deep = ElementArray::new(vec![[0.0, 0.0, 0.0], [0.3, 0.5, 0.0]]);
    let beams = CMat::identity(2);
    assert!(Scanner::new(deep, ElementArray::linear(2, 0.5), &beams, 1).is_none());
    let line = || ElementArray::linear(2, 0.5);
    let scanner = Scanner::new(line(), line(), &beams, 1).expect("flat");
    let echoes = scanner.echo(&scene(1));
    assert_eq!(scanner.music(&echoes, 2).expect("numbers"), None);
    assert_eq!(scanner.music(&echoes, 0).expect("numbers"), None);
    assert!(scanner.likelihood(&echoes, 0).is_empty());
    // Nothing arrives: an estimate is made all the same, and no number is broken.
    let silent = CMat::zeros(2, 2);
    assert!(scanner.likelihood(&silent, 1)[0].azimuth_rad.is_finite());
}
