use super::*;
use crate::channels::array::UniformArray;
use crate::channels::ofdm::Grid;
use crate::channels::radar::{Field, Scene, Target, Unknown};
use noctule_num::rng::{StreamKey, complex_normal};

fn random(count: usize, entity: u64) -> Vec<C64> {
    let mut rng = StreamKey::new(4, "test", "band", entity).trial(0);
    (0..count).map(|_| complex_normal(&mut rng, 1.0)).collect()
}

fn radar(squint: bool) -> OfdmRadar {
    let target = |azimuth_rad: f64, delay_s: f64| Target {
        azimuth_rad,
        polar_rad: 1.4,
        range_m: None,
        delay_s,
        doppler_hz: 2e3 * azimuth_rad,
        reflection: C64::new(0.4, 0.3),
    };
    let scene = Scene {
        transmit: UniformArray::new(3, 2),
        receive: UniformArray::new(2, 3),
        grid: Grid {
            carrier_hz: 28e9,
            subcarriers: 3,
            spacing_hz: 2e7,
            symbols: 4,
            symbol_period_s: 1e-5,
        },
        field: Field::Far,
        squint,
        unknown: Unknown { polar: true, range: false, delay: true, doppler: false },
        targets: vec![target(0.4, 1e-8), target(-0.5, 2.5e-8)],
        sensing_noise: 0.1,
    };
    OfdmRadar::new(scene).unwrap()
}

#[test]
fn the_gradient_has_the_slope_of_the_taylor_error() {
    let channels: Vec<CMat> =
        (0..3).map(|n| CMat::from_columns(6, 2, random(12, n)).unwrap()).collect();
    let errors = vec![CMat::identity(6); 2];
    for squint in [false, true] {
        let radar = radar(squint);
        let objective = BandObjective {
            radar: Some(&radar),
            channels: &channels,
            noise: &[0.3, 0.2],
            errors: &errors,
            rate_weight: 0.7,
            bound_weight: 2.0,
            bound_weights: BoundWeights { delay_range_per_m2: 0.1, ..BoundWeights::default() },
        };
        let (w, direction) = (random(72, 7), random(72, 8));
        let mut gradient = vec![C64::ZERO; 72];
        let value = objective.eval(&w, &mut gradient).unwrap().objective;
        let slope = real_dot(&gradient, &direction);
        let error = |t: f64| {
            let moved: Vec<C64> = w.iter().zip(&direction).map(|(w, d)| w + d * t).collect();
            let there = objective.eval(&moved, &mut vec![C64::ZERO; 72]).unwrap().objective;
            (there - value - t * slope).abs()
        };
        let order = (error(1e-4) / error(1e-5)).log10();
        assert!((order - 2.0).abs() < 0.05, "{order}");
    }
}

/// A target behind a user: with the right signs the channel that is a pure line of sight over the
/// band and the responses towards the target are parallel on every subcarrier, squint included.
#[test]
fn a_user_and_a_target_in_one_direction_are_parallel_on_every_subcarrier() {
    use crate::channels::clustered::{Band, Clusters};
    let array = UniformArray::new(3, 2);
    let offsets = [-2e8, 0.0, 2e8];
    let sight = Clusters {
        powers: vec![1.0],
        delays_s: vec![3e-8],
        directions_rad: vec![vec![(0.4, 1.4)]],
    };
    let band = Band { carrier_hz: 28e9, offsets_hz: &offsets, squint: true };
    let h = sight.channel(&array, 1.0, &[vec![C64::ONE]], &band);
    for (n, offset) in offsets.iter().enumerate() {
        let a = array.far_response(0.4, 1.4, 1.0 + offset / 28e9);
        let cosine = noctule_num::linalg::dot(&a, h.col(n)).norm() / 6.0_f64.sqrt();
        assert!((cosine - 1.0).abs() < 1e-14);
    }
}

#[test]
fn without_targets_it_is_the_rate() {
    let channels = vec![CMat::from_columns(6, 2, random(12, 1)).unwrap(); 3];
    let objective = BandObjective {
        radar: None,
        channels: &channels,
        noise: &[0.3, 0.2],
        errors: &[],
        rate_weight: 0.5,
        bound_weight: 2.0,
        bound_weights: BoundWeights::default(),
    };
    let w = random(36, 2);
    let mut gradient = vec![C64::ZERO; 36];
    let found = objective.eval(&w, &mut gradient).unwrap();
    assert!(found.bounds.is_none() && (found.objective - 0.5 * found.mean_rate_nats).abs() < 1e-15);
    let (mu, rest) = stationarity(&w, &gradient, w.iter().map(C64::norm_sqr).sum());
    assert!(mu.is_finite() && rest > 0.0);
}
