//! Instances from the inputs of a case, and numbers beside what is expected.

use noctule::beamforming::{Parts, PowerConstraint, Target};
use noctule::{C64, CMat};
use noctule_phy::arrays::{Normalisation, PlanarArray};

use crate::reference::Fields;

pub(crate) fn array(fields: &mut Fields, key: &str, normalisation: Normalisation) -> PlanarArray {
    let sides = fields.numbers(key);
    PlanarArray { horizontal: sides[0] as usize, vertical: sides[1] as usize, normalisation }
}

pub(crate) fn normalisation(fields: &mut Fields, key: &str) -> Normalisation {
    fields.remark("kron_order");
    if fields.take(key).as_bool().unwrap() {
        Normalisation::UnitNorm
    } else {
        Normalisation::UnitModulus
    }
}

/// The parts of an instance from the inputs of a case.
pub(crate) fn parts(inputs: &mut Fields) -> Parts {
    let normalisation = normalisation(inputs, "normalised_steering");
    let transmit_array = array(inputs, "tx_shape", normalisation);
    let receive_array = array(inputs, "rx_shape", normalisation);
    let channels = if inputs.has("H") {
        inputs.matrix("H")
    } else {
        CMat::zeros(transmit_array.elements(), 0)
    };
    let (azimuths, polars) = (inputs.numbers("theta"), inputs.numbers("phi"));
    let reflections = inputs.complex("alpha");
    let targets = (0..azimuths.len())
        .map(|m| Target {
            azimuth_rad: azimuths[m],
            polar_rad: polars[m],
            reflection: reflections[m],
        })
        .collect();
    let user_noise_w =
        if inputs.has("noise_comm") { inputs.numbers("noise_comm") } else { Vec::new() };
    let weight = |inputs: &mut Fields, key: &str, default: f64| {
        if inputs.has(key) { inputs.number(key) } else { default }
    };
    let users = channels.cols();
    let streams = if inputs.has("Ns") { inputs.number("Ns") as usize } else { 3 * azimuths.len() };
    if inputs.has("K") {
        assert_eq!(inputs.number("K") as usize, users);
    }
    Parts {
        transmit_array,
        receive_array,
        channels,
        targets,
        power_w: inputs.number("Pt"),
        user_noise_w,
        sensing_noise_w: inputs.number("noise_sensing"),
        snapshots: inputs.number("L") as u32,
        sensing_streams: streams,
        rate_weight_per_nat: weight(inputs, "delta_c", 0.0),
        crb_weight: weight(inputs, "delta_s", 1.0),
        power_constraint: PowerConstraint::Total,
    }
}

pub(crate) fn close(name: &str, found: f64, expected: f64, relative: f64) {
    let error = (found - expected).abs() / expected.abs().max(f64::MIN_POSITIVE);
    assert!(error <= relative, "{name}: {found} instead of {expected}, {error:e} off");
}

/// Largest difference relative to the largest magnitude expected.
pub(crate) fn close_all(name: &str, found: &[C64], expected: &[C64], tolerance: f64) {
    assert_eq!(found.len(), expected.len(), "{name}");
    let scale = expected.iter().map(|z| z.norm()).fold(0.0, f64::max);
    for (f, e) in found.iter().zip(expected) {
        assert!((f - e).norm() <= tolerance * scale, "{name}: {f} instead of {e}");
    }
}

pub(crate) fn real(values: &[f64]) -> Vec<C64> {
    values.iter().map(|x| C64::from(*x)).collect()
}
