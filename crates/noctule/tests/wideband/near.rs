//! Spherical waves: against distances as they are, and far away.

use super::*;
use noctule::beamforming::{NearField, NearUser};

fn near(subcarriers: usize, linked: bool) -> Scenario {
    let near_field = NearField { linked, ..NearField::default() };
    let words = Ofdm { near_field: Some(near_field), spacing_khz: 20_000.0, ..ofdm(subcarriers) };
    let target = |azimuth_deg, range_m| TargetSpec {
        azimuth_deg,
        polar_deg: 85.0,
        reflection: [0.1, 0.02],
        unknown: None,
        range_m: Some(range_m),
        velocity_m_s: Some(1.0),
    };
    Scenario {
        transmit_array: ArrayShape { horizontal: 8, vertical: 2 },
        receive_array: ArrayShape { horizontal: 8, vertical: 3 },
        users: 2,
        snapshots: 6,
        targets: Targets::Fixed(vec![target(-25.0, 0.3), target(20.0, 0.5)]),
        ofdm: Some(words),
        ..Scenario::default()
    }
}

/// The witness differentiates distances as they are; ours has them without cancellation.
#[test]
fn the_witness_agrees_in_the_near_field() {
    for (subcarriers, linked, exponent, squint) in
        [(1, true, 0.0, false), (3, true, 1.0, true), (3, false, 0.0, false), (2, false, 1.0, true)]
    {
        let mut scenario = near(subcarriers, linked);
        let words = scenario.ofdm.as_mut().unwrap();
        words.squint = squint;
        words.near_field.as_mut().unwrap().amplitude_exponent = exponent;
        let instance = scenario.realize(2, 0).unwrap();
        let beams = random_beams(&instance, 4);
        let metrics = evaluate(&instance, &beams).unwrap();
        let witness = verify(&instance, &beams).unwrap();
        let (mine, theirs) = (metrics.objective.unwrap(), witness.objective.unwrap());
        assert!(close(mine, theirs, 1e-7), "{subcarriers} {linked}: {mine} {theirs}");
        let again = Instance::from_arrays(instance.to_arrays(), None).unwrap().drawn_as(2, 0);
        assert!(same(&again, &instance));
        for target in metrics.targets.unwrap() {
            assert_eq!(target.curvature_rcrb_m.is_some(), subcarriers > 1 && !linked);
            assert!(target.range_rcrb_m.unwrap() > 0.0);
        }
    }
}

#[test]
fn near_field_designs_converge_and_their_gradients_have_their_slope() {
    for linked in [true, false] {
        let scenario = near(3, linked);
        let (instance, mut model) = model_of(&scenario, BandSpace::Reduced);
        let sphere = Manifold::sphere(model.dim());
        let mut point = random_point(model.dim(), 0);
        sphere.normalise(&mut point);
        let found = check_gradient(&mut model, &sphere, &point, &random_point(point.len(), 1));
        assert!(found.passed, "{linked}: {found:?}");
        let mut gradient = point.clone();
        let value = -model.eval(&point, &mut gradient) * model.unit();
        let beams = model.beams(&point, instance.users()).unwrap();
        assert!(close(evaluate(&instance, &beams).unwrap().objective.unwrap(), value, 1e-8));
        let ours = design(&instance, &Settings::default()).unwrap();
        assert_eq!(ours.stop, Stop::Converged);
    }
    // Delay and curvature together tell more than either: with the same beams.
    let bounds = |linked: bool| {
        let instance = near(3, linked).realize(2, 0).unwrap();
        evaluate(&instance, &random_beams(&instance, 4)).unwrap().targets.unwrap()
    };
    for (linked, apart) in bounds(true).iter().zip(&bounds(false)) {
        assert!(linked.range_rcrb_m.unwrap() < apart.range_rcrb_m.unwrap());
        assert!(linked.range_rcrb_m.unwrap() < apart.curvature_rcrb_m.unwrap());
    }
}

/// Far away a spherical wave is a plane one: every bound but that of the range is the same.
#[test]
fn far_away_the_near_field_is_the_far_field() {
    let at = |near_field: Option<NearField>| {
        let mut scenario = near(4, true);
        let words = scenario.ofdm.as_mut().unwrap();
        (words.near_field, words.centred) = (near_field, Some(true));
        if let Targets::Fixed(targets) = &mut scenario.targets {
            targets.iter_mut().for_each(|target| target.range_m = Some(2e5));
        }
        let instance = scenario.realize(2, 0).unwrap();
        evaluate(&instance, &random_beams(&instance, 4)).unwrap().targets.unwrap()
    };
    for (near, far) in at(Some(NearField::default())).iter().zip(&at(None)) {
        assert!(close(near.azimuth_rcrb_deg, far.azimuth_rcrb_deg, 1e-5));
        assert!(close(near.polar_rcrb_deg, far.polar_rcrb_deg, 1e-5));
        assert!(close(near.range_rcrb_m.unwrap(), far.range_rcrb_m.unwrap(), 1e-5));
        assert!(close(near.velocity_rcrb_m_s.unwrap(), far.velocity_rcrb_m_s.unwrap(), 1e-5));
    }
}

/// A user behind a far-field beam too near to the array loses what the wave front's curvature costs.
#[test]
fn users_at_places_have_lines_of_sight() {
    let mut scenario = near(2, true);
    let user = |range_m| NearUser { azimuth_deg: 0.0, polar_deg: 90.0, range_m };
    scenario.ofdm.as_mut().unwrap().near_field.as_mut().unwrap().users =
        Some(vec![user(0.2), user(2.0)]);
    let instance = scenario.realize(1, 0).unwrap();
    let channels = &instance.band().unwrap().channels[0];
    for user in 0..2 {
        let power: f64 = channels.col(user).iter().map(C64::norm_sqr).sum();
        assert!(close(power, 16.0, 1e-12));
    }
    scenario.users = 3;
    assert!(refusal(&scenario).starts_with("ofdm.near_field.users"));
    let mut wrong = near(2, true);
    wrong.ofdm.as_mut().unwrap().near_field.as_mut().unwrap().amplitude_exponent = 0.5;
    assert!(refusal(&wrong).starts_with("ofdm.near_field.amplitude_exponent"));
}
