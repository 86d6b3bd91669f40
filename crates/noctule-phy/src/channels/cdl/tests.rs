use super::*;
use crate::channels::array::UniformArray;
use crate::channels::draws::UserStreams;

fn line(profile: Profile) -> DelayLine {
    DelayLine::new(profile, 1e-7)
}

#[test]
fn a_wanted_k_is_had_or_refused() {
    for profile in [Profile::D, Profile::E] {
        let rays = DelayLine { k_factor_db: Some(3.0), ..line(profile) }.rays().unwrap();
        assert!((rays.k_factor() - 10_f64.powf(0.3)).abs() < 1e-12);
        let total = rays.line_of_sight_power + rays.powers.iter().sum::<f64>();
        assert!((total - 1.0).abs() < 1e-14);
    }
    // A wanted K does not rescale delays: the spread of D goes from 0.99 to 1.66 and 0.52 units.
    for (k_db, spread) in [(3.0, 1.66), (15.0, 0.52)] {
        let rays = DelayLine { k_factor_db: Some(k_db), ..line(Profile::D) }.rays().unwrap();
        assert!((rays.taps().rms_delay_s() / 1e-7 - spread).abs() < 0.01);
    }
    for profile in [Profile::A, Profile::B, Profile::C] {
        let error = DelayLine { k_factor_db: Some(3.0), ..line(profile) }.rays().unwrap_err();
        assert!(error.what.contains(profile.name()) && error.place == "k_factor_db");
    }
    assert!(DelayLine { k_factor_db: Some(f64::NAN), ..line(Profile::D) }.rays().is_err());
}

/// A shift moves the mean and nothing else; a narrow target spread is met as far as angles do not
/// wrap.
#[test]
fn angles_move_to_their_targets() {
    for profile in Profile::ALL {
        let before = line(profile).rays().unwrap();
        let shift = AngleTarget { mean_rad: 0.4, spread_rad: None };
        let after = DelayLine { azimuth: Some(shift), ..line(profile) }.rays().unwrap();
        let (old, new) = (before.azimuth_moments(), after.azimuth_moments());
        assert!((new.mean_rad - 0.4).abs() < 1e-12);
        assert!((new.spread_rad - old.spread_rad).abs() < 1e-12);
        assert_eq!(after.polars_rad, before.polars_rad);
        let narrow = AngleTarget { mean_rad: 1.5, spread_rad: Some(0.01) };
        let after = DelayLine { polar: Some(narrow), ..line(profile) }.rays().unwrap();
        let new = after.polar_moments();
        assert!((new.mean_rad - 1.5).abs() < 1e-3 && (new.spread_rad / 0.01 - 1.0).abs() < 0.02);
    }
}

#[test]
fn polar_angles_are_folded() {
    let down = AngleTarget { mean_rad: 0.05, spread_rad: None };
    let rays = DelayLine { polar: Some(down), ..line(Profile::A) }.rays().unwrap();
    let pi = std::f64::consts::PI;
    assert!(rays.polars_rad.iter().flatten().all(|polar| (0.0..=pi).contains(polar)));
}

#[test]
fn channels_have_the_covariance_given_the_coupling() {
    let (array, rays) = (UniformArray::new(2, 2), line(Profile::D).rays().unwrap());
    let clusters = rays.powers.len();
    let streams = |trial| UserStreams { seed: 1, system: "test", trial, user: 0 };
    let coupling = streams(0).delay_line(clusters).coupling;
    let wanted = rays.covariance(&array, 0.5, &coupling);
    let trace: f64 = (0..4).map(|k| wanted[(k, k)].re).sum();
    assert!((trace - 2.0).abs() < 1e-13);
    let (n, mut sum) = (5_000, CMat::zeros(4, 4));
    for trial in 0..n {
        let random =
            Randomness { coupling: coupling.clone(), ..streams(trial).delay_line(clusters) };
        let h = rays.channel(&array, 0.5, &random, &Band::narrow(28e9), false);
        for i in 0..4 {
            for j in 0..4 {
                sum[(i, j)] += h[(i, 0)] * h[(j, 0)].conj() / n as f64;
            }
        }
    }
    for (x, y) in sum.as_slice().iter().zip(wanted.as_slice()) {
        assert!((x - y).norm() < 5.0 * 0.5 / (n as f64).sqrt());
    }
}

/// Every ray by itself, straight from the formula.
#[test]
fn a_channel_is_the_sum_of_its_rays() {
    let array = UniformArray::new(3, 2);
    let rays = line(Profile::E).rays().unwrap();
    let streams = UserStreams { seed: 1, system: "test", trial: 3, user: 2 };
    let random = streams.delay_line(rays.powers.len());
    let (offset, carrier) = (2e6, 28e9);
    for (squint, pattern) in [(false, false), (true, true)] {
        let band = Band { carrier_hz: carrier, offsets_hz: &[offset], squint };
        let found = rays.channel(&array, 0.7, &random, &band, pattern);
        let ratio = if squint { 1.0 + offset / carrier } else { 1.0 };
        let mut exact = vec![C64::ZERO; 6];
        let mut add = |power: f64, phase: f64, azimuth: f64, polar: f64| {
            let own = if pattern { amplitude(azimuth, polar) } else { 1.0 };
            let weight = C64::from_polar((6.0 * 0.7 * power).sqrt() * own, phase);
            let a = array.far_response(azimuth, polar, ratio);
            exact.iter_mut().zip(a).for_each(|(h, a)| *h += a * weight);
        };
        for c in 0..rays.powers.len() {
            for m in 0..RAYS {
                let phase =
                    random.phases_rad[c][m] + std::f64::consts::TAU * offset * rays.delays_s[c];
                let polar = rays.polars_rad[c][random.coupling[c][m]];
                add(rays.powers[c] / 20.0, phase, rays.azimuths_rad[c][m], polar);
            }
        }
        let (azimuth, polar) = rays.line_of_sight_rad;
        add(rays.line_of_sight_power, random.line_of_sight_phase_rad, azimuth, polar);
        for (x, y) in found.col(0).iter().zip(&exact) {
            assert!((x - y).norm() < 1e-12);
        }
    }
}
