use super::*;
use crate::channels::array::UniformArray;
use crate::channels::cdl::Profile;
use crate::channels::frame::Frame;
use crate::channels::large_scale::Scenario;
use crate::channels::scattering::hermitian_root;
use noctule_num::linalg::dot;

const AHEAD: Directions = Directions { azimuth_rad: [-1.0, 1.0], polar_rad: [1.4, 1.7] };
const LOCAL: Scatter =
    Scatter::Local { azimuth_std_rad: 0.1, polar_std_rad: 0.0, spectrum: Spectrum::Gaussian };

fn clusters() -> ClusterLaw {
    ClusterLaw {
        rays: 5,
        clusters: 3,
        centres: AHEAD,
        stds_rad: (0.1, 0.05),
        powers: ClusterPowers::Drawn(PowerDecay::default()),
    }
}

fn models() -> Vec<Model> {
    let line = DelayLine::new(Profile::D, 1e-7);
    vec![
        Model::Rayleigh,
        Model::Correlated { directions: AHEAD, scatter: LOCAL },
        Model::Rician { k_factor: 4.0, directions: AHEAD, scatter: Scatter::Independent },
        Model::Rician { k_factor: 4.0, directions: AHEAD, scatter: LOCAL },
        Model::Clustered { law: clusters(), k_factor: 0.0 },
        Model::Clustered { law: clusters(), k_factor: 2.0 },
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

fn cell() -> Cell {
    Cell {
        scenario: Scenario::UrbanMicro,
        frame: Frame { position_m: [0.0, 0.0, 10.0], bearing_rad: 0.0, downtilt_rad: 0.1 },
        carrier_hz: 28e9,
        user_height_m: 1.5,
        radius_m: [20.0, 150.0],
        sector_rad: [-1.0, 1.0],
        clutter: None,
    }
}

#[test]
fn users_in_a_cell_have_the_gains_of_their_places() {
    let (array, cell) = (UniformArray::new(2, 2), cell());
    for no_sight in [
        NoSight::Scatter,
        NoSight::Clustered(clusters()),
        NoSight::DelayLine(Profile::A),
        NoSight::DelayLine(Profile::C),
    ] {
        let model =
            Model::Cell { cell, scatter: LOCAL, no_sight: no_sight.clone(), pattern: false };
        let n = 2000;
        let mut sum = 0.0;
        for trial in 0..n {
            let own = streams(trial, 0);
            let gain = cell.user(&own.user_numbers()).unwrap().path_gain;
            sum += power(&model.draw(&array, &own).unwrap()) / (4.0 * gain);
        }
        assert!((sum / n as f64 - 1.0).abs() < 0.08, "{no_sight:?}: {}", sum / n as f64);
    }
}

/// What a user without line of sight receives is another thing by name; who has one sees no difference.
#[test]
fn only_users_without_a_line_of_sight_hear_of_what_comes_instead() {
    let (array, cell) = (UniformArray::new(4, 4), cell());
    let draw = |no_sight: NoSight, trial| {
        let model = Model::Cell { cell, scatter: LOCAL, no_sight, pattern: true };
        model.draw(&array, &streams(trial, 0)).unwrap()
    };
    let mut sights = 0;
    for trial in 0..60 {
        let user = cell.user(&streams(trial, 0).user_numbers()).unwrap();
        sights += u32::from(user.line_of_sight);
        let plain = draw(NoSight::Scatter, trial);
        for other in [NoSight::Clustered(clusters()), NoSight::DelayLine(Profile::B)] {
            assert_eq!(draw(other, trial) == plain, user.line_of_sight);
        }
    }
    assert!((1..60).contains(&sights));
}

/// A root that is kept is the root that is computed.
#[test]
fn users_of_one_direction_share_a_root_and_draw_what_they_drew() {
    let fixed = Directions { azimuth_rad: [0.3; 2], polar_rad: [1.5; 2] };
    let model = Model::Correlated { directions: fixed, scatter: LOCAL };
    for array in [UniformArray::new(4, 2), UniformArray::new(4, 2).spaced([0.7, 0.5])] {
        let around = Scattering {
            azimuth_rad: 0.3,
            polar_rad: 1.5,
            azimuth_std_rad: 0.1,
            polar_std_rad: 0.0,
            spectrum: Spectrum::Gaussian,
        };
        let root = hermitian_root(&around.covariance_of(&array)).unwrap();
        for trial in 0..3 {
            let own = streams(trial, 0);
            let wanted = correlate(&root, &own.scatter(8, 1).into_vec());
            assert_eq!(model.draw(&array, &own).unwrap(), wanted);
        }
    }
}

mod properties {
    use super::*;
    use crate::channels::taps::TapProfile;
    use proptest::prelude::*;

    fn far(x: &[C64], y: &[C64]) -> f64 {
        x.iter().zip(y).map(|(x, y)| (x - y).norm()).fold(0.0, f64::max)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// K → 0 is what is scattered, K → ∞ the line of sight, both continuously: √K and 1/√K away.
        #[test]
        fn both_ends_of_k_are_limits(
            seed in any::<u64>(),
            azimuth in -1.2..1.2_f64,
            polar in 1.0..2.0_f64,
            decades in 4.0..12.0_f64,
            sides in (1_usize..5, 1_usize..5),
            local in any::<bool>(),
        ) {
            let array = UniformArray::new(sides.0, sides.1);
            let directions = Directions { azimuth_rad: [azimuth; 2], polar_rad: [polar; 2] };
            let scatter = if local { LOCAL } else { Scatter::Independent };
            let own = UserStreams { seed, system: "test", trial: 0, user: 0 };
            let draw = |k_factor| {
                Model::Rician { k_factor, directions, scatter }.draw(&array, &own).unwrap()
            };
            let k = 10_f64.powf(decades);
            let size = power(&draw(0.0)).sqrt() + power(&draw(f64::INFINITY)).sqrt();
            prop_assert!(far(&draw(1.0 / k), &draw(0.0)) <= 1.01 * size / k.sqrt());
            prop_assert!(far(&draw(k), &draw(f64::INFINITY)) <= 1.01 * size / k.sqrt());
            let apart = Model::Correlated { directions, scatter }.draw(&array, &own).unwrap();
            prop_assert!(far(&draw(0.0), &apart) == 0.0);
        }

        /// A user and a target in one direction: the line of sight and the steering vector are parallel,
        /// whatever the array and wherever its phase reference.
        #[test]
        fn a_user_in_front_of_a_target_is_parallel_to_it(
            seed in any::<u64>(),
            azimuth in -3.0..3.0_f64,
            polar in 0.1..3.0_f64,
            sides in (1_usize..6, 1_usize..6),
            spacing in 0.2..1.5_f64,
            centred in any::<bool>(),
        ) {
            let array = UniformArray::new(sides.0, sides.1).spaced([spacing, 0.5]);
            let array = if centred { array.centred() } else { array };
            let directions = Directions { azimuth_rad: [azimuth; 2], polar_rad: [polar; 2] };
            let own = UserStreams { seed, system: "test", trial: 3, user: 1 };
            let model =
                Model::Rician { k_factor: f64::INFINITY, directions, scatter: Scatter::Independent };
            let h = model.draw(&array, &own).unwrap();
            let a = array.far_response(azimuth, polar, 1.0);
            let count = array.elements() as f64;
            prop_assert!((dot(&a, &h).norm() / count.sqrt() - 1.0).abs() < 1e-12);
        }

        /// One tap is a flat channel, and a band of no width as well.
        #[test]
        fn one_tap_is_flat(
            seed in any::<u64>(),
            delay_s in 0.0..1e-5_f64,
            k_factor in 0.0..100.0_f64,
            offset_hz in -1e9..1e9_f64,
        ) {
            let array = UniformArray::new(3, 2);
            let own = UserStreams { seed, system: "test", trial: 0, user: 0 };
            let a = array.far_response(0.4, 1.3, 1.0);
            let user = Rician { k_factor, path_gain: 0.7, line_of_sight: &a, phase_rad: 0.2 };
            let g = own.scatter(6, 1);
            let wide = user.wideband(&TapProfile::flat(), &g, &[offset_hz, 0.0]);
            let flat = user.channel(g.col(0));
            prop_assert!(far(wide.col(0), &flat) < 1e-14 && far(wide.col(1), &flat) < 1e-14);
            // One late tap turns its scatter alone, by its delay.
            let late = user.wideband(&TapProfile::new(vec![delay_s], &[2.0]), &g, &[offset_hz, 0.0]);
            prop_assert!(far(late.col(1), &flat) < 1e-14);
            let turn = C64::cis(std::f64::consts::TAU * offset_hz * delay_s);
            let mean = user.mean();
            for n in 0..6 {
                let turned = mean[n] + (flat[n] - mean[n]) * turn;
                prop_assert!((late[(n, 0)] - turned).norm() < 1e-9);
            }
        }
    }
}
