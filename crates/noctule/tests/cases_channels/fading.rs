//! Covariances, Rician and clustered channels.

use noctule::{C64, CMat};
use noctule_num::linalg::HermitianEigen;
use noctule_phy::channels::array::UniformArray;
use noctule_phy::channels::clustered::{Band, Clusters};
use noctule_phy::channels::rician::Rician;
use noctule_phy::channels::scattering::{correlate, hermitian_root, positions};
use noctule_phy::channels::taps::TapProfile;
use serde_json::Value;

use crate::reference::{Fields, matrix, rows};
use crate::world::{close, close_number, flat, k_factor, near, offsets, reals, scattering, shape};

pub(crate) fn covariance(i: &mut Fields, e: &mut Fields) {
    let (queries, answers) = (i.list("queries"), e.list("answers"));
    assert_eq!(queries.len(), answers.len());
    for (mut query, mut answer) in queries.into_iter().zip(answers) {
        let array = shape(&mut query, "shape_h_v");
        let family = query.text("spectrum");
        let user = scattering(&mut query, "", &family);
        let found = user.covariance_of(&array);
        near("R", found.as_slice(), answer.matrix("R").as_slice(), 1e-9);
        let root = hermitian_root(&found).unwrap();
        near("root", root.as_slice(), answer.matrix("root").as_slice(), 1e-7);
        let mut eigen = HermitianEigen::new(array.elements());
        eigen.compute(&found).unwrap();
        let values: Vec<f64> = eigen.values().iter().rev().copied().collect();
        let wanted = answer.numbers("eigenvalues_descending");
        near("eigenvalues", &reals(&values), &reals(&wanted), 1e-9);
        if answer.has("small_angle_max_error") {
            let rough = user.small_angle(&positions(&array));
            let both = rough.as_slice().iter().zip(found.as_slice());
            let off = both.map(|(x, y)| (x - y).norm()).fold(0.0, f64::max);
            let wanted = answer.number("small_angle_max_error");
            assert!((off - wanted).abs() < 1e-9, "small angle: {off} {wanted}");
        }
        query.finish();
        answer.finish();
    }
}

pub(crate) fn rician(i: &mut Fields, e: &mut Fields) {
    let array = shape(i, "shape_h_v");
    let (queries, answers) = (i.list("queries"), e.list("answers"));
    assert_eq!(queries.len(), answers.len());
    for (mut query, mut answer) in queries.into_iter().zip(answers) {
        let sight = sight(&mut query, &array);
        let user = Rician {
            k_factor: k_factor(&query.take("k_factor_db")),
            path_gain: query.number("path_gain"),
            line_of_sight: &sight,
            phase_rad: query.number("los_phase_rad"),
        };
        let (family, g) = (query.text("scatter_spectrum"), query.complex("g"));
        let iid = family == "iid";
        let around = scattering(&mut query, "scatter_", if iid { "gaussian" } else { &family });
        let scatter = if iid {
            g
        } else {
            correlate(&hermitian_root(&around.covariance_of(&array)).unwrap(), &g)
        };
        let tolerance = if iid { 1e-9 } else { 1e-7 };
        close("h", &user.channel(&scatter), &answer.complex("h"), tolerance);
        query.finish();
        answer.finish();
    }
    wideband(&mut i.inside("wideband"), e, &array);
}

fn sight(fields: &mut Fields, array: &UniformArray) -> Vec<C64> {
    array.far_response(fields.number("los_azimuth_rad"), fields.number("los_polar_rad"), 1.0)
}

fn wideband(i: &mut Fields, e: &mut Fields, array: &UniformArray) {
    let sight = sight(i, array);
    let user = Rician {
        k_factor: i.number("k_factor"),
        path_gain: i.number("path_gain"),
        line_of_sight: &sight,
        phase_rad: i.number("los_phase_rad"),
    };
    let taps = TapProfile::new(i.numbers("tap_delays_s"), &i.numbers("tap_powers"));
    let g = crate::world::columns(&i.take("g"));
    let offsets = offsets(i.count("subcarriers"), i.number("spacing_hz"));
    let found = user.wideband(&taps, &g, &offsets);
    close("wideband", found.as_slice(), &flat(&e.take("wideband_H")), 1e-9);
    assert!(i.left.is_empty(), "{}: unread fields {:?}", i.name, i.left.keys());
}

pub(crate) fn clustered(i: &mut Fields, e: &mut Fields) {
    let (array, path_gain) = (shape(i, "shape_h_v"), i.number("path_gain"));
    let (azimuths, polars) = (i.numbers("cluster_azimuth_rad"), i.numbers("cluster_polar_rad"));
    let centres: Vec<(f64, f64)> = azimuths.into_iter().zip(polars).collect();
    let stds = (i.number("azimuth_std_deg").to_radians(), i.number("polar_std_deg").to_radians());
    let (first, second) = (i.table("u_azimuth"), i.table("u_polar"));
    let rays: Vec<Vec<(f64, f64)>> = first
        .iter()
        .zip(&second)
        .map(|(u, v)| u.iter().copied().zip(v.iter().copied()).collect())
        .collect();
    let powers = i.numbers("cluster_powers");
    let clusters = Clusters::around(&centres, stds, &rays, i.numbers("delays_s"), &powers);
    let (azimuths, polars): (Vec<f64>, Vec<f64>) =
        clusters.directions_rad.iter().flatten().copied().unzip();
    let wanted = |value: &Value| reals(&rows(value).concat());
    close("azimuths", &reals(&azimuths), &wanted(&e.take("ray_azimuth_rad")), 1e-9);
    close("polars", &reals(&polars), &wanted(&e.take("ray_polar_rad")), 1e-9);
    let gains = matrix(&i.take("gains"));
    let gains: Vec<Vec<C64>> =
        (0..gains.rows()).map(|c| (0..gains.cols()).map(|m| gains[(c, m)]).collect()).collect();
    let carrier_hz = i.number("carrier_hz");
    let offsets = offsets(i.count("subcarriers"), i.number("spacing_hz"));
    let band = Band { carrier_hz, offsets_hz: &offsets, squint: i.flag("beam_squint") };
    let narrow = clusters.channel(&array, path_gain, &gains, &Band::narrow(carrier_hz));
    close("narrow", narrow.as_slice(), &e.complex("h_narrowband"), 1e-9);
    let wide = clusters.channel(&array, path_gain, &gains, &band);
    close("wide", wide.as_slice(), &flat(&e.take("H_wideband")), 1e-9);
    let found: CMat = clusters.covariance(&array, path_gain);
    let wanted = e.matrix("covariance_given_angles");
    close("covariance", found.as_slice(), wanted.as_slice(), 1e-9);
    let trace: f64 = (0..found.rows()).map(|n| found[(n, n)].re).sum();
    close_number("trace", trace, array.elements() as f64 * path_gain, 1e-12);
}
