//! Bands of one's own channels, and what studies of bands are warned of.

use super::*;

fn band(subcarriers: usize, channel: &str) -> String {
    study(2, channel, "").replace(
        "[scenario.channel]",
        &format!("unknown = {{ range = false }}\nofdm = {{ subcarriers = {subcarriers} }}\n[scenario.channel]"),
    )
}

/// A file of as many subcarriers as the band is one channel each, one of a single subcarrier is it for all.
#[test]
fn a_band_of_ones_own_is_studied() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    write(&dir.join("eight.npz"), "channels", &channels(&[3, 2, 4, 8]));
    write(&dir.join("flat.npz"), "channels", &channels(&[3, 2, 4]));
    write(&dir.join("one.npz"), "channels", &channels(&[3, 2, 4, 1]));
    let rates = |text: &str, out: &str| {
        column(&run(dir, text, out, 1, 1)["records.csv"], "sum_rate_bps_hz")
    };
    let whole = rates(&band(8, "path = \"eight.npz\""), "whole");
    let first = rates(&band(8, "path = \"eight.npz\"\nsubcarrier = 0"), "first");
    assert!(whole.len() == 4 && whole != first);
    let flat = rates(&band(8, "path = \"flat.npz\""), "flat");
    assert_eq!(flat, rates(&band(8, "path = \"one.npz\""), "one"));
    // What no scheme moves between subcarriers is the same on however many.
    assert_eq!(flat.len(), 4);
    for (found, other) in flat.iter().zip(rates(&band(2, "path = \"flat.npz\""), "two")) {
        let (found, other): (f64, f64) = (found.parse().unwrap(), other.parse().unwrap());
        assert!((found - other).abs() < 1e-9 * other, "{found} {other}");
    }
    for count in [7, 9] {
        let error = opened(dir, &band(count, "path = \"eight.npz\""), "none").unwrap_err();
        assert!(error.found.starts_with("8 subcarriers"), "{error}");
        assert_eq!(error.allowed, format!("1 or {count} subcarriers"));
        assert_eq!(error.place.split('.').next_back(), Some("path"), "{error}");
    }
    // The order of refusals: another number of antennas comes before.
    write(&dir.join("large.npz"), "channels", &channels(&[3, 2, 5, 9]));
    let error = opened(dir, &band(8, "path = \"large.npz\""), "none").unwrap_err();
    assert!(error.found.starts_with("5 antennas"), "{error}");
}

/// What designs are warned of stands in the report too.
#[test]
fn studies_of_bands_are_warned_as_designs_are() {
    let folder = tempfile::tempdir().unwrap();
    let text = format!(
        "{HEAD}trials = 2\n[scenario]\nofdm = {{ spacing_khz = 240.0, delay_spread_ns = 0.0 }}\n\
         [[sweep]]\npath = \"scenario.ofdm.spacing_khz\"\nvalues = [240.0, 50000.0]\n[[scheme]]\nname = \"rzf\"\n"
    );
    let notes = opened(folder.path(), &text, "notes").unwrap().study.presentation.notes;
    assert!(notes.iter().any(|note| note.contains("unambiguous range of 3.0 m")), "{notes:?}");
    let within = text.replace(", 50000.0]", "]");
    assert!(opened(folder.path(), &within, "none").unwrap().study.presentation.notes.is_empty());
}

/// The studies of bands that come with noctule stay within what their models say.
#[test]
fn built_in_studies_of_bands_have_nothing_to_be_warned_of() {
    let folder = tempfile::tempdir().unwrap();
    let mut count = 0;
    for own in noctule_lab::builtin::ALL {
        if own.text.contains("ofdm = {") {
            let study = opened(folder.path(), own.text, own.id);
            let study = study.unwrap_or_else(|error| panic!("{error}")).study;
            let notes = study.presentation.notes;
            assert!(notes.is_empty(), "{}: {notes:?}", own.id);
            count += 1;
        }
    }
    assert!(count >= 5, "{count}");
}
