//! Responses to plane and spherical waves.

use noctule::C64;
use noctule_phy::channels::array::{Place, Response, Side, UniformArray, Wave};
use noctule_phy::channels::ofdm::LIGHT_M_S;

use crate::reference::Fields;
use crate::world::{close, close_number, scale, shape};

pub(crate) fn far(i: &mut Fields, e: &mut Fields) {
    let spacing = i.numbers("spacing_wavelengths_h_v");
    let array = shape(i, "shape_h_v").spaced([spacing[0], spacing[1]]).scaled(scale(i));
    let (queries, answers) = (i.list("queries"), e.list("answers"));
    assert_eq!(queries.len(), answers.len());
    for (mut query, mut answer) in queries.into_iter().zip(answers) {
        let ratio = query.number("frequency_ratio");
        let response = array.far(query.number("azimuth_rad"), query.number("polar_rad"), ratio);
        compare(&mut answer, &response, false);
        query.finish();
        answer.finish();
    }
}

fn compare(answer: &mut Fields, response: &Response, range: bool) {
    close("a", &response.response, &answer.complex("a"), 1e-9);
    close("by azimuth", &response.by_azimuth, &answer.complex("by_azimuth"), 1e-9);
    close("by polar", &response.by_polar, &answer.complex("by_polar"), 1e-9);
    if range {
        close("by range", &response.by_range, &answer.complex("by_range"), 1e-9);
    }
}

fn side(fields: &mut Fields) -> Side {
    match fields.text("side").as_str() {
        "transmit" => Side::Transmit,
        "receive" => Side::Receive,
        other => panic!("unknown side `{other}`"),
    }
}

pub(crate) fn near(i: &mut Fields, e: &mut Fields) {
    let wavelength_m = LIGHT_M_S / i.number("carrier_hz");
    let spacing = i.number("spacing_m") / wavelength_m;
    let array = shape(i, "shape_h_v").spaced([spacing; 2]).scaled(scale(i));
    let (queries, answers) = (i.list("queries"), e.list("answers"));
    assert_eq!(queries.len(), answers.len());
    for (mut query, mut answer) in queries.into_iter().zip(answers) {
        let array = if query.flag("centred") { array.centred() } else { array };
        let wave = Wave {
            wavelength_m,
            frequency_ratio: 1.0,
            amplitude_exponent: query.number("amplitude_exponent"),
        };
        let place = Place {
            azimuth_rad: query.number("azimuth_rad"),
            polar_rad: query.number("polar_rad"),
            range_m: query.number("range_m"),
        };
        let response = array.near(side(&mut query), place, &wave).unwrap();
        compare(&mut answer, &response, true);
        query.finish();
        answer.finish();
    }
    let distance = e.number("rayleigh_distance_m");
    close_number("2D²/λ", array.rayleigh_distance_m(wavelength_m), distance, 1e-9);
    far_away(i, e, &array, wavelength_m);
}

fn far_away(i: &mut Fields, e: &mut Fields, array: &UniformArray, wavelength_m: f64) {
    let mut query = i.inside("far_query");
    let (side, azimuth_rad, polar_rad) =
        (side(&mut query), query.number("azimuth_rad"), query.number("polar_rad"));
    query.finish();
    let wave = Wave { wavelength_m, frequency_ratio: 1.0, amplitude_exponent: 0.0 };
    let plane = array.far_response(azimuth_rad, polar_rad, 1.0);
    for mut answer in e.list("far") {
        let range_m = answer.number("range_m");
        let place = Place { azimuth_rad, polar_rad, range_m };
        let near = array.near(side, place, &wave).unwrap();
        let off = near.response.iter().zip(&plane).map(|(x, y)| (x - y).norm()).fold(0.0, f64::max);
        close_number("far", off, answer.number("max_difference_to_far_field"), 1e-6);
        let norm = near.by_range.iter().map(C64::norm_sqr).sum::<f64>().sqrt();
        close_number("by range", norm, answer.number("norm_by_range"), 1e-6);
        answer.finish();
    }
}
