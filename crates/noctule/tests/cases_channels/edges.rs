//! Scenes at the edge: what is refused, what is computed with a warning, what is accepted.

use noctule::{C64, CMat};
use noctule_phy::channels::array::{Place, Side, UniformArray, Wave};
use noctule_phy::channels::large_scale::{Clutter, Link, Scenario};
use noctule_phy::channels::ofdm::Grid;
use noctule_phy::channels::radar::{Field, OfdmRadar, Scene, Target, Unknown};
use noctule_phy::channels::rician::shares;
use noctule_phy::channels::scattering::{Scattering, Spectrum};
use noctule_phy::channels::table::{Beyond, ChannelTable, Wanted, ZeroUsers};

use crate::reference::Fields;
use crate::world::close;

const ROWS: [(&str, fn()); 17] = [
    ("N=1 subcarrier with unknown delay", delay_on_one_subcarrier),
    ("L=1 symbol with unknown doppler", doppler_in_one_symbol),
    ("two targets with equal direction and delay, doppler not unknown", equal_targets),
    ("two targets with equal direction, delays 1e-7 and 2e-7 s, N=8 subcarriers of 1 MHz", apart),
    (
        "two targets with equal direction, delays 1e-7 and 1.01e-7 s, N=8 subcarriers of 1 MHz",
        close_by,
    ),
    ("near field, unknown range, linear array 1 x n with unknown azimuth", column),
    ("target at range 0 or on an element", on_an_element),
    ("k_factor_db = inf", only_line_of_sight),
    ("azimuth_std = 0", no_spread),
    ("channel file with a NaN or infinite entry", not_finite),
    ("channel file with an all-zero user", zero_user),
    ("experiment with 100 trials, file with 60, default", too_few_rows),
    ("same with trials_beyond_file = wrap", wrapped),
    ("file with antenna count other than the array", other_array),
    ("umi with d2 = 8 m", too_near),
    ("inf-dh with clutter height <= user height", low_clutter),
    ("delay >= cyclic prefix (symbol_period - 1/spacing)", late),
];

pub(crate) fn edges(_: &mut Fields, e: &mut Fields) {
    for mut row in e.list("rows") {
        let input = row.text("input");
        let Some((_, check)) = ROWS.iter().find(|known| known.0 == input) else {
            panic!("unknown edge `{input}`")
        };
        assert!(!row.text("behaviour").is_empty());
        println!("  {input}");
        check();
        row.finish();
    }
}

fn target(delay_s: f64) -> Target {
    Target {
        azimuth_rad: 0.3,
        polar_rad: 1.4,
        range_m: None,
        delay_s,
        doppler_hz: 0.0,
        reflection: C64::new(0.1, 0.05),
    }
}

fn scene(subcarriers: usize, symbols: usize, targets: Vec<Target>, unknown: Unknown) -> Scene {
    Scene {
        transmit: UniformArray::new(4, 2),
        receive: UniformArray::new(4, 2),
        grid: Grid {
            carrier_hz: 28e9,
            subcarriers,
            spacing_hz: 1e6,
            symbols,
            symbol_period_s: 1.25e-6,
        },
        field: Field::Far,
        squint: false,
        unknown,
        targets,
        sensing_noise: 0.01,
    }
}

const ANGLES: Unknown = Unknown { polar: true, range: false, delay: false, doppler: false };
const DELAYS: Unknown = Unknown { delay: true, ..ANGLES };

fn refused(scene: Scene, words: &[&str]) {
    let error = OfdmRadar::new(scene).expect_err("a refusal").to_string();
    assert!(words.iter().all(|word| error.contains(word)), "{words:?} not in {error}");
}

fn delay_on_one_subcarrier() {
    refused(scene(1, 4, vec![target(1e-7)], DELAYS), &["delay", "unobservable"]);
}

fn doppler_in_one_symbol() {
    let unknown = Unknown { doppler: true, ..ANGLES };
    refused(scene(4, 1, vec![target(1e-7)], unknown), &["Doppler", "unobservable"]);
}

/// Of different Doppler shifts the pair is observable, though its direction and delay are equal.
fn equal_targets() {
    refused(scene(4, 4, vec![target(1e-7); 2], ANGLES), &["0 and 1"]);
    let mut moving = scene(4, 4, vec![target(1e-7); 2], ANGLES);
    moving.grid.symbol_period_s = 2.5e-4;
    moving.targets[1].doppler_hz = 1e3;
    assert!(OfdmRadar::new(moving).unwrap().conditioning() > 1e-3);
}

fn apart() {
    for unknown in [ANGLES, DELAYS] {
        let radar = OfdmRadar::new(scene(8, 4, vec![target(1e-7), target(2e-7)], unknown)).unwrap();
        let low = if unknown.delay { 1e-3 } else { 1e-2 };
        assert!(radar.conditioning() > low, "{}", radar.conditioning());
    }
    refused(scene(1, 4, vec![target(1e-7), target(2e-7)], ANGLES), &["0 and 1"]);
}

/// A nanosecond apart: known delays still tell the targets apart, unknown ones do not.
fn close_by() {
    let targets = vec![target(1e-7), target(1.01e-7)];
    refused(scene(8, 4, targets.clone(), DELAYS), &["0 and 1"]);
    let known = OfdmRadar::new(scene(8, 4, targets, ANGLES)).unwrap().conditioning();
    assert!((1e-6..1e-3).contains(&known), "{known}");
}

fn column() {
    let unknown = Unknown { range: true, ..ANGLES };
    let near = Target { range_m: Some(0.5), ..target(0.0) };
    let mut scene = scene(1, 4, vec![near], unknown);
    (scene.transmit, scene.receive) = (UniformArray::new(1, 8).centred(), UniformArray::new(1, 8));
    scene.field = Field::Near { amplitude_exponent: 0.0 };
    refused(scene, &["azimuth_rad", "unobservable"]);
}

fn on_an_element() {
    let array = UniformArray::new(4, 2);
    let wave = Wave { wavelength_m: 0.01, frequency_ratio: 1.0, amplitude_exponent: 0.0 };
    let place = |range_m: f64| Place {
        azimuth_rad: std::f64::consts::FRAC_PI_2,
        polar_rad: std::f64::consts::FRAC_PI_2,
        range_m,
    };
    // The second column of the receive array stands half a wavelength along +y.
    for range in [0.0, 0.005] {
        let error = array.near(Side::Receive, place(range), &wave).unwrap_err();
        assert!(error.what.contains("distance") && error.what.contains("zero"), "{error}");
    }
    assert!(array.near(Side::Transmit, place(0.005), &wave).is_ok());
}

fn only_line_of_sight() {
    assert_eq!(shares(f64::INFINITY), (1.0, 0.0));
    for none in [0.0, 10_f64.powf(f64::NEG_INFINITY)] {
        assert_eq!(shares(none), (0.0, 1.0));
    }
}

fn no_spread() {
    let array = UniformArray::new(4, 2);
    let user = Scattering {
        azimuth_rad: 0.4,
        polar_rad: 1.3,
        azimuth_std_rad: 0.0,
        polar_std_rad: 0.0,
        spectrum: Spectrum::Laplacian,
    };
    let a = array.far_response(0.4, 1.3, 1.0);
    let line = CMat::from_fn(8, 8, |n, m| a[n] * a[m].conj() * 8.0);
    close("R", user.covariance_of(&array).as_slice(), line.as_slice(), 1e-12);
}

fn file(rows: usize, change: impl Fn(&mut Vec<C64>)) -> ChannelTable {
    let mut entries = vec![C64::new(0.5, -0.5); rows * 2 * 4];
    change(&mut entries);
    ChannelTable::new(&[rows, 2, 4], entries).unwrap()
}

const WANTED: Wanted = Wanted {
    trials: 100,
    users: 2,
    antennas: 4,
    subcarriers: 1,
    beyond: Beyond::Refuse,
    zero_users: ZeroUsers::Refuse,
};

fn not_finite() {
    for bad in [f64::NAN, f64::INFINITY] {
        let table = file(100, |entries| entries[8 * 7 + 4 + 2].re = bad);
        assert_eq!(table.check(&WANTED).unwrap_err().place, "channels[7, 1, 2]");
    }
}

fn zero_user() {
    let table = file(100, |entries| entries[8 * 7 + 4..8 * 8].fill(C64::ZERO));
    assert_eq!(table.check(&WANTED).unwrap_err().place, "channels[7, 1]");
    assert!(table.check(&Wanted { zero_users: ZeroUsers::Keep, ..WANTED }).is_ok());
}

fn too_few_rows() {
    let error = file(60, |_| ()).check(&WANTED).unwrap_err().to_string();
    assert!(error.contains("100") && error.contains("60"), "{error}");
}

fn wrapped() {
    let table = file(60, |_| ());
    assert!(table.check(&Wanted { beyond: Beyond::Wrap, ..WANTED }).is_ok());
    assert_eq!((table.row(99), table.distinct(100)), (39, 60));
}

fn other_array() {
    let error = file(100, |_| ()).check(&Wanted { antennas: 16, ..WANTED }).unwrap_err();
    assert!(error.found.contains('4') && error.allowed.contains("16"), "{error}");
}

fn too_near() {
    let link =
        Link { distance_2d_m: 8.0, base_height_m: 10.0, user_height_m: 1.5, frequency_ghz: 28.0 };
    assert!(Scenario::UrbanMicro.path_loss_db(&link, true).unwrap().is_finite());
    let warnings = Scenario::UrbanMicro.warnings(&link);
    assert!(warnings.len() == 1 && warnings[0].contains("10 to 5000 m"), "{warnings:?}");
}

fn low_clutter() {
    let link =
        Link { distance_2d_m: 50.0, base_height_m: 8.0, user_height_m: 1.5, frequency_ghz: 28.0 };
    let clutter = Clutter { density: 0.6, size_m: 2.0, height_m: 1.5 };
    let sees = |clutter| Scenario::FactoryDenseHigh.line_of_sight_probability(&link, Some(clutter));
    assert!(sees(clutter).is_err() && sees(Clutter { height_m: 6.0, ..clutter }).is_ok());
}

fn late() {
    let scene = |delay: f64| scene(4, 4, vec![target(delay)], ANGLES);
    let warnings = scene(2.6e-7).warnings();
    assert!(warnings.len() == 1 && warnings[0].contains("cyclic prefix"), "{warnings:?}");
    assert!(scene(2.4e-7).warnings().is_empty());
}
