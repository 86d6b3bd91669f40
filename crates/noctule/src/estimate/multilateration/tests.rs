use super::*;
use noctule_num::rng::{StreamKey, normal};
use noctule_phy::multistatic::{Paths, Radar, synchronised};

fn road() -> Vec<Point> {
    [37.5, 112.5, 187.5, 262.5]
        .into_iter()
        .flat_map(|x| [Point::new(x, 0.0), Point::new(x, 100.0)])
        .collect()
}

fn paths(target: Point, bandwidth: f64) -> Paths {
    let radar =
        Radar { frequency_hz: 2.4e9, effective_bandwidth_hz: bandwidth, cross_section_m2: 0.85 };
    Paths::new(&road(), target, &radar).unwrap()
}

#[test]
fn ranges_without_errors_give_the_position_back() {
    let (points, target) = (road(), Point::new(140.0, 37.0));
    let d: Vec<f64> = points.iter().map(|p| p.distance_m(target)).collect();
    let ranges: Vec<f64> = (0..64).map(|i| d[i / 8] + d[i % 8]).collect();
    let found = bistatic_position(&points, &ranges, &[1.0; 64]).unwrap();
    assert!(found.position.distance_m(target) < 1e-8 && found.objective < 1e-12);
    assert!(bistatic_position(&points, &ranges[1..], &[1.0; 64]).is_err());
    assert!(bistatic_position(&points, &ranges, &[f64::NAN; 64]).is_err());
}

/// Only what is heard counts, wherever in the list it stands.
#[test]
fn silent_paths_do_not_matter() {
    let (points, target) = (road(), Point::new(-700.0, 320.0));
    let d: Vec<f64> = points.iter().map(|p| p.distance_m(target)).collect();
    let heard = |i: usize| i / 8 != 0 && !i.is_multiple_of(8);
    let ranges: Vec<f64> =
        (0..64).map(|i| if heard(i) { d[i / 8] + d[i % 8] } else { 0.0 }).collect();
    let weights: Vec<f64> = (0..64).map(|i| f64::from(u8::from(heard(i)))).collect();
    let found = bistatic_position(&points, &ranges, &weights).unwrap();
    assert!(found.position.distance_m(target) < 1e-6, "{found:?}");
    let mut one = vec![0.0; 64];
    one[9] = 1.0;
    let error = bistatic_position(&points, &ranges, &one).unwrap_err().to_string();
    assert!(error.contains("too few paths"), "{error}");
}

/// Cells follow the bandwidth: at 100 and 200 MHz (root-mean-square) a peak is decimetres wide.
#[test]
fn wide_bands_are_located_too() {
    let (points, target) = (road(), Point::new(150.3, 49.1));
    for bandwidth in [1e8, 2e8] {
        let unit = flat_tones(1.0, 16);
        let tones = flat_tones(bandwidth / rms_bandwidth(&unit), 16);
        let paths = paths(target, bandwidth);
        let energy = 2048.0 * 2.51e11;
        let snr: Vec<f64> = paths.gains().iter().map(|g| g * energy).collect();
        let bound = synchronised(&paths.length_information(&[energy; 8]), paths.directions())
            .crb()
            .unwrap();
        // Not centred on the target: a cell's centre must not sit on it by chance.
        let window = Window::around(Point::new(151.9, 47.7), 6.0);
        let locator = Locator::new(&points, window, &tones).unwrap();
        let band = tones[15] - tones[0];
        assert!(locator.step_m() <= 0.25 * LIGHT_M_S / band, "{}", locator.step_m());
        let trials = 30;
        let squared: f64 = (0..trials)
            .map(|trial| {
                let mut rng = StreamKey::new(2, "test", "echoes", 0).trial(trial);
                let echoes = Echoes::simulate(&points, target, &snr, &tones, &mut rng);
                locator.locate(&echoes).position.distance_m(target).powi(2)
            })
            .sum();
        let ratio = squared / trials as f64 / bound;
        assert!((0.5..1.6).contains(&ratio), "{bandwidth}: {ratio}");
    }
    let all = Window::around(target, 1e3);
    let error = Locator::new(&points, all, &flat_tones(1e9, 16)).unwrap_err().to_string();
    assert!(error.contains("window_m"), "{error}");
    assert!(Locator::new(&points, all, &[1.0]).is_err());
}

#[test]
fn gaussian_ranges_attain_the_bound() {
    let (points, target) = (road(), Point::new(62.5, 40.0));
    let paths = paths(target, 2e7);
    let weights = paths.length_information(&[1e12; 8]);
    let bound = synchronised(&weights, paths.directions()).crb().unwrap();
    let d: Vec<f64> = points.iter().map(|p| p.distance_m(target)).collect();
    let mut rng = StreamKey::new(1, "test", "ranges", 0).trial(0);
    let trials = 600;
    let squared: f64 = (0..trials)
        .map(|_| {
            let ranges: Vec<f64> = (0..64)
                .map(|i| (d[i / 8] + d[i % 8] + normal(&mut rng) / weights[i].sqrt()).max(0.0))
                .collect();
            let found = bistatic_position(&points, &ranges, &weights).unwrap();
            found.position.distance_m(target).powi(2)
        })
        .sum();
    let ratio = squared / f64::from(trials) / bound;
    assert!((ratio - 1.0).abs() < 0.2, "{ratio}");
}

#[test]
fn the_waveform_locator_attains_the_bound_only_above_its_threshold() {
    let (points, target) = (road(), Point::new(150.0, 50.0));
    let tones = flat_tones(2e7, 16);
    let paths = paths(target, rms_bandwidth(&tones));
    let window = Window { x_m: [0.0, 300.0], y_m: [0.0, 100.0] };
    let locator = Locator::new(&points, window, &tones).unwrap();
    let run = |energy: f64, trials: u64| {
        let snr: Vec<f64> = paths.gains().iter().map(|g| g * energy).collect();
        let weights = paths.length_information(&[energy; 8]);
        let bound = synchronised(&weights, paths.directions()).crb().unwrap();
        let squares: Vec<f64> = (0..trials)
            .map(|trial| {
                let mut rng = StreamKey::new(1, "test", "echoes", 0).trial(trial);
                let echoes = Echoes::simulate(&points, target, &snr, &tones, &mut rng);
                locator.locate(&echoes).position.distance_m(target).powi(2)
            })
            .collect();
        (squares.iter().sum::<f64>() / trials as f64, bound)
    };
    let (strong, bound) = run(256.0 * 0.5 * 2.51e11, 40);
    assert!(strong < 2.0 * bound && strong > 0.5 * bound, "{strong} {bound}");
    let (weak, bound) = run(10.0 * 0.5 * 2.51e11, 20);
    assert!(weak > 50.0 * bound, "below the threshold: {weak} {bound}");
}
