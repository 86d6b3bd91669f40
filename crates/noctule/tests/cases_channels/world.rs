//! Reading arrays, and what is close to what.

use noctule::{C64, CMat};
use noctule_phy::arrays::Normalisation;
use noctule_phy::channels::array::UniformArray;
use noctule_phy::channels::scattering::{Scattering, Spectrum};
use serde_json::Value;

use crate::reference::{Fields, matrix, numbers};

/// `[horizontal, vertical]`.
pub(crate) fn shape(fields: &mut Fields, key: &str) -> UniformArray {
    let sides = fields.numbers(key);
    assert_eq!(sides.len(), 2, "{key}");
    UniformArray::new(sides[0] as usize, sides[1] as usize)
}

pub(crate) fn scale(fields: &mut Fields) -> Normalisation {
    if fields.flag("unit_norm") { Normalisation::UnitNorm } else { Normalisation::UnitModulus }
}

/// A list of matrices, each as its entries are nested: the outer index becomes a row.
pub(crate) fn stack(value: &Value) -> Vec<CMat> {
    value.as_array().unwrap().iter().map(matrix).collect()
}

/// Every index but the last one becomes a column, as in channels `[user][antenna]`.
pub(crate) fn columns(value: &Value) -> CMat {
    let rows = matrix(value);
    CMat::from_fn(rows.cols(), rows.rows(), |i, j| rows[(j, i)])
}

/// All complex numbers, in order.
pub(crate) fn flat(value: &Value) -> Vec<C64> {
    let items = value.as_array().unwrap();
    if items.len() == 2 && items.iter().all(Value::is_number) {
        let pair = numbers(value);
        return vec![C64::new(pair[0], pair[1])];
    }
    items.iter().flat_map(flat).collect()
}

/// max|x − y| ≤ tolerance · max|y|.
pub(crate) fn close(what: &str, found: &[C64], expected: &[C64], tolerance: f64) {
    assert_eq!(found.len(), expected.len(), "{what}: number of entries");
    let largest = expected.iter().map(|z| z.norm()).fold(0.0, f64::max);
    let off = found.iter().zip(expected).map(|(x, y)| (x - y).norm()).fold(0.0, f64::max);
    assert!(off <= tolerance * largest, "{what}: {off:e} off of {largest:e}");
}

/// |x − y| ≤ tolerance, every one.
pub(crate) fn near(what: &str, found: &[C64], expected: &[C64], tolerance: f64) {
    assert_eq!(found.len(), expected.len(), "{what}: number of entries");
    let off = found.iter().zip(expected).map(|(x, y)| (x - y).norm()).fold(0.0, f64::max);
    assert!(off <= tolerance, "{what}: {off:e} off");
}

pub(crate) fn reals(values: &[f64]) -> Vec<C64> {
    values.iter().map(|&x| C64::from(x)).collect()
}

/// Real arrays, relative to the largest.
pub(crate) fn close_reals(what: &str, found: &[f64], expected: &[f64], tolerance: f64) {
    close(what, &reals(found), &reals(expected), tolerance);
}

pub(crate) fn close_number(what: &str, found: f64, expected: f64, tolerance: f64) {
    close_reals(what, &[found], &[expected], tolerance);
}

pub(crate) fn spectrum(name: &str) -> Spectrum {
    match name {
        "gaussian" => Spectrum::Gaussian,
        "laplacian" => Spectrum::Laplacian,
        "uniform" => Spectrum::Uniform,
        other => panic!("unknown spectrum `{other}`"),
    }
}

/// Directions in degrees or radians by the name of the field, and spreads in degrees.
pub(crate) fn scattering(fields: &mut Fields, prefix: &str, family: &str) -> Scattering {
    let mut angle = |name: &str| {
        let key = format!("{prefix}{name}_rad");
        if fields.has(&key) {
            fields.number(&key)
        } else {
            fields.number(&format!("{prefix}{name}_deg")).to_radians()
        }
    };
    let (azimuth_rad, polar_rad) = (angle("azimuth"), angle("polar"));
    Scattering {
        azimuth_rad,
        polar_rad,
        azimuth_std_rad: fields.number(&format!("{prefix}azimuth_std_deg")).to_radians(),
        polar_std_rad: fields.number(&format!("{prefix}polar_std_deg")).to_radians(),
        spectrum: spectrum(family),
    }
}

/// Offsets of centred subcarriers.
pub(crate) fn offsets(count: usize, spacing_hz: f64) -> Vec<f64> {
    (0..count).map(|n| (n as f64 - (count as f64 - 1.0) / 2.0) * spacing_hz).collect()
}

/// `null`, `"inf"` or a number of decibels, as a ratio.
pub(crate) fn k_factor(value: &Value) -> f64 {
    match value {
        Value::Null => 0.0,
        Value::String(text) if text == "inf" => f64::INFINITY,
        Value::String(text) if text == "-inf" => 0.0,
        number => 10_f64.powf(number.as_f64().expect("a number of decibels") / 10.0),
    }
}
