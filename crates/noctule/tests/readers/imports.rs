//! Channels of other programs in the direction they come from, and what an import leaves out. Element
//! by element they are compared in `cases_channels`.

use noctule::data::{Array, Entries, Imported, Reading, import};
use noctule_num::C64;

use super::{CHANNELS, complexes, read, written};
use crate::alignment::{cosine, steering};

fn imported(array: &Array, options: &str) -> Imported {
    import(array, &options.parse::<Reading>().unwrap()).unwrap()
}

/// A line of sight of each program, from positions of its own and e^{+jk u·r}.
#[test]
fn a_line_of_sight_of_every_program_aligns_with_our_steering_vector() {
    let (horizontal, vertical, azimuth, polar) = (8_usize, 4_usize, 0.52, 1.22_f64);
    let count = horizontal * vertical;
    let a = steering(horizontal, vertical, azimuth, polar);
    let (u_y, u_z) = (f64::sin(azimuth) * polar.sin(), polar.cos());
    // position of element n in half wavelengths: columns, then z
    type Place = fn(usize) -> (f64, f64);
    let rows_down: Place = |n| ((n / 4) as f64, -((n % 4) as f64));
    let y_fastest: Place = |n| ((n % 8) as f64, (n / 8) as f64);
    let columns_up: Place = |n| ((n / 4) as f64, (n % 4) as f64);
    for (options, place, shape) in [
        ("tool=sionna; array=8x4", rows_down, vec![1, 1, 1, 1, count, 1, 1]),
        ("tool=deepmimo; array=8x4", y_fastest, vec![1, 1, count, 1]),
        ("tool=quadriga; array=8x4; mirror=both", columns_up, vec![1, count]),
        ("tool=5g-toolbox; array=8x4; mirror=horizontal", rows_down, vec![1, 1, 1, count]),
        ("conjugate; array=8x4; fastest=horizontal; mirror=both", y_fastest, vec![1, count]),
    ] {
        let phases = (0..count).map(place).map(|(y, z)| y * u_y + z * u_z);
        let values = phases.map(|x| C64::from_polar(0.3, std::f64::consts::PI * x)).collect();
        let reading: Reading = options.parse().unwrap();
        let (found, _) = reading.apply(Array::complex(shape, values), &CHANNELS).unwrap();
        assert_eq!(found.shape, [1, count], "{options}");
        let found = cosine(&a, &complexes(&found));
        assert!((found - 1.0).abs() < 1e-12, "{options}: {found}");
    }
}

#[test]
fn what_an_import_leaves_out_is_said_or_refused() {
    let zeros =
        |shape: &[usize]| Array::complex(shape.to_vec(), vec![C64::ONE; shape.iter().product()]);
    let sionna = zeros(&[2, 3, 2, 1, 6, 14, 4]);
    let notes = imported(&sionna, "tool=sionna; array=3x2").notes;
    assert_eq!(notes.len(), 2, "{notes:?}");
    assert!(notes[0].contains("first of 2 along `rx_ant`") && notes[1].contains("`symbol`"));
    assert!(imported(&sionna, "tool=sionna; array=3x2; rx_ant=1; symbol=3").notes.is_empty());
    let refused =
        |array: &Array, options: &str| import(array, &options.parse().unwrap()).unwrap_err();
    let several = refused(&zeros(&[1, 3, 1, 2, 6, 1, 1]), "tool=sionna; array=3x2");
    assert_eq!(several.what, "there are several transmitters");
    let unsaid = refused(&sionna, "tool=sionna");
    assert_eq!(unsaid.what, "the sides of the transmit array are not said");
    assert_eq!(
        refused(&sionna, "tool=sionna; array=3x1").what,
        "the array's sides do not fit its antennas"
    );
    assert_eq!(
        refused(&sionna, "tool=sionna; array=3x2; symbol=14").what,
        "the index is out of range"
    );
    assert_eq!(refused(&sionna, "tool=sionna; array=3x2; slot=1").place, "slot");
    let deepmimo = imported(&zeros(&[5, 1, 6, 1]), "tool=deepmimo; array=3x2");
    assert!(deepmimo.notes[0].contains("total-subcarriers"));
    // one trial and one subcarrier of them, said too
    let (array, notes) = "tool=sionna; array=3x2; rx_ant=0; symbol=0"
        .parse::<Reading>()
        .unwrap()
        .apply(sionna, &CHANNELS)
        .unwrap();
    assert_eq!((array.shape.as_slice(), notes.len()), (&[3, 6][..], 2), "{notes:?}");
}

#[test]
fn options_that_are_not_clear_are_refused_with_what_is_allowed() {
    for (options, place) in [
        ("axes=user,user", "axes"),
        ("array=8", "array"),
        ("fastest=diagonal", "fastest"),
        ("mirror=left", "mirror"),
        ("tool=sionne", "tool"),
        ("order=1,x", "order"),
        ("decimal=dot", "decimal"),
        ("conjugated", "conjugated"),
        ("heading=1", "heading"),
    ] {
        let error = options.parse::<Reading>().unwrap_err();
        assert_eq!(error.place, place, "{options}");
    }
    let (_folder, path) = written("h.csv", "1,2,3\n4,5,6\n");
    for (options, what) in [
        ("; axes=user,time", "the names of the axes do not fit"),
        ("; axes=user,antenna,symbol; symbol=1", "the index is out of range"),
        ("; fastest=horizontal", "the order of the elements needs the array's sides"),
        ("; order=0,1,1", "the order of the elements names one of them twice"),
        ("; symbol=0", "an axis is chosen that has no name"),
    ] {
        let error = read(&path, options, &CHANNELS).unwrap_err();
        // a time of two or three entries is not dropped in silence
        let dropped = error.what == "an axis cannot be dropped";
        assert!(error.what == what || dropped, "{options}: {error}");
    }
    let (turned, _) = read(&path, "; order=2,0,1", &CHANNELS).unwrap();
    let Entries::Real(numbers) = turned.entries else { panic!("real") };
    assert_eq!(numbers, [3.0, 1.0, 2.0, 6.0, 4.0, 5.0]);
}
