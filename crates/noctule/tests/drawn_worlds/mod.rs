//! Worlds of requirements that are drawn, for tests of properties.

use noctule::CMat;
use noctule::beamforming::requirements::{Metric, Part, SensingStreams, Target, Unknown, World};
use noctule_num::rng::{StreamKey, complex_normal, uniform};
use noctule_phy::elements::ElementArray;

/// A drawn world: planar arrays, everything of the targets unknown.
pub(crate) fn world(
    seed: u64,
    (rows, columns): (usize, usize),
    users: usize,
    targets: usize,
) -> World {
    let mut rng = StreamKey::new(seed, "test", "requirements", 0).trial(0);
    let transmit = ElementArray::planar(rows, columns, 0.5);
    let targets = (0..targets)
        .map(|_| Target {
            azimuth_rad: uniform(&mut rng, -1.0, 1.0),
            polar_rad: uniform(&mut rng, 0.9, 2.2),
            reflection: complex_normal(&mut rng, 0.2),
            unknown: Unknown::ALL,
        })
        .collect();
    let channels = CMat::from_fn(transmit.elements(), users, |_, _| complex_normal(&mut rng, 1.0));
    let errors = (0..users).map(|_| {
        let mut error = CMat::identity(transmit.elements());
        error.scale(0.02);
        error
    });
    World {
        receive: ElementArray::planar(rows + 1, columns, 0.5),
        targets,
        alternatives: Vec::new(),
        snapshots: 30.0,
        sensing_noise_w: 1.0,
        channels,
        noise_w: vec![1.0; users],
        error_covariances: if seed % 4 == 3 { errors.collect() } else { Vec::new() },
        streams: if seed % 3 == 1 {
            SensingStreams::Cancelled
        } else {
            SensingStreams::Interfering
        },
        transmit,
    }
}

/// One for the angles, zero for the reflections.
pub(crate) fn angles(targets: usize) -> Vec<f64> {
    (0..4 * targets).map(|i| f64::from(u8::from(i < 2 * targets))).collect()
}

/// Every kind of bound in turn.
pub(crate) fn metric(seed: u64, targets: usize) -> Metric {
    let of_target = |t: usize| {
        let own = |i: usize| i % targets == t && i < 2 * targets;
        let weights = (0..4 * targets).map(|i| f64::from(u8::from(own(i)))).collect();
        vec![Part { scene: 0, share: 1.0, weights }]
    };
    match seed % 6 {
        3 => Metric::LargestEigenvalue(angles(targets)),
        4 => Metric::LogDet(angles(targets)),
        5 => Metric::Largest((0..targets).map(of_target).collect()),
        _ => Metric::trace(angles(targets)),
    }
}
