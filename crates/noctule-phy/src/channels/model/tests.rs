use super::*;
use crate::channels::array::UniformArray;
use crate::channels::cdl::Profile;
use crate::channels::frame::Frame;
use crate::channels::large_scale::Scenario;
use noctule_num::linalg::dot;

const AHEAD: Directions = Directions { azimuth_rad: [-1.0, 1.0], polar_rad: [1.4, 1.7] };
const LOCAL: Scatter =
    Scatter::Local { azimuth_std_rad: 0.1, polar_std_rad: 0.0, spectrum: Spectrum::Gaussian };

fn models() -> Vec<Model> {
    let line = DelayLine::new(Profile::D, 1e-7);
    vec![
        Model::Rayleigh,
        Model::Correlated { directions: AHEAD, scatter: LOCAL },
        Model::Rician { k_factor: 4.0, directions: AHEAD, scatter: Scatter::Independent },
        Model::Rician { k_factor: 4.0, directions: AHEAD, scatter: LOCAL },
        Model::Clustered {
            rays: 5,
            clusters: 3,
            centres: AHEAD,
            stds_rad: (0.1, 0.05),
            powers: ClusterPowers::Drawn(PowerDecay::default()),
        },
        Model::DelayLine { line, azimuth_rad: Some([-1.0, 1.0]), polar_rad: None, pattern: false },
    ]
}

fn streams(trial: u64, user: u64) -> UserStreams<'static> {
    UserStreams { seed: 3, system: "test", trial, user }
}

fn power(h: &[C64]) -> f64 {
    h.iter().map(C64::norm_sqr).sum()
}

#[test]
fn every_model_has_the_mean_power_of_its_antennas() {
    let array = UniformArray::new(2, 2);
    for model in models() {
        let n = 2000;
        let draw = |trial| power(&model.draw(&array, &streams(trial, 0)).unwrap()) / 4.0;
        let values: Vec<f64> = (0..n).map(draw).collect();
        let mean = values.iter().sum::<f64>() / n as f64;
        let square = values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n as f64;
        assert!((mean - 1.0).abs() < 4.5 * (square / n as f64).sqrt(), "{model:?}: {mean}");
    }
}

#[test]
fn the_same_streams_give_the_same_channel_and_others_another() {
    let array = UniformArray::new(3, 2);
    for model in models() {
        let draw = |trial, user| model.draw(&array, &streams(trial, user)).unwrap();
        assert_eq!(draw(1, 2), draw(1, 2));
        assert!(draw(1, 2) != draw(1, 3) && draw(1, 2) != draw(2, 2));
    }
}

/// Without a line of sight and without correlation a Rician channel is today's, bit for bit.
#[test]
fn no_line_of_sight_is_rayleigh() {
    let array = UniformArray::new(3, 2);
    let model = Model::Rician { k_factor: 0.0, directions: AHEAD, scatter: Scatter::Independent };
    let found = model.draw(&array, &streams(0, 1)).unwrap();
    assert_eq!(found, Model::Rayleigh.draw(&array, &streams(0, 1)).unwrap());
}

#[test]
fn a_pure_line_of_sight_points_at_the_users_direction() {
    let array = UniformArray::new(4, 4);
    let model =
        Model::Rician { k_factor: f64::INFINITY, directions: AHEAD, scatter: Scatter::Independent };
    let own = streams(0, 1);
    let h = model.draw(&array, &own).unwrap();
    let (azimuth, polar) = own.direction(AHEAD.azimuth_rad, AHEAD.polar_rad);
    let cosine = dot(&array.far_response(azimuth, polar, 1.0), &h).norm() / 4.0;
    assert!((cosine - 1.0).abs() < 1e-13 && (power(&h) - 16.0).abs() < 1e-12);
}

#[test]
fn users_in_a_cell_have_the_gains_of_their_places() {
    let cell = Cell {
        scenario: Scenario::UrbanMicro,
        frame: Frame { position_m: [0.0, 0.0, 10.0], bearing_rad: 0.0, downtilt_rad: 0.1 },
        carrier_hz: 28e9,
        user_height_m: 1.5,
        radius_m: [20.0, 150.0],
        sector_rad: [-1.0, 1.0],
        clutter: None,
    };
    let (array, model) =
        (UniformArray::new(2, 2), Model::Cell { cell, scatter: LOCAL, pattern: false });
    let n = 2000;
    let mut sum = 0.0;
    for trial in 0..n {
        let own = streams(trial, 0);
        let gain = cell.user(&own.user_numbers()).unwrap().path_gain;
        sum += power(&model.draw(&array, &own).unwrap()) / (4.0 * gain);
    }
    assert!((sum / n as f64 - 1.0).abs() < 0.08, "{}", sum / n as f64);
}
