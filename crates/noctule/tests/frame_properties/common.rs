//! Scenarios that the tests share.

use noctule::frame::{
    Aging, CrbLimit, DrawnUsers, ErrorShape, FrameDesign, Reference, Scenario, SinrForm, Spectrum,
    Users,
};
use noctule_num::rng::{ChaCha8Rng, StreamKey, uniform};

pub(crate) fn pick<T: Copy>(rng: &mut ChaCha8Rng, from: &[T]) -> T {
    from[(uniform(rng, 0.0, 1.0) * from.len() as f64) as usize % from.len()]
}

pub(crate) fn whole(rng: &mut ChaCha8Rng, low: usize, high: usize) -> usize {
    low + (uniform(rng, 0.0, 1.0) * (high - low + 1) as f64) as usize
}

/// A small scenario of any kind.
pub(crate) fn random_scenario(case: u64) -> Scenario {
    let rng = &mut StreamKey::new(11, "test", "frame-scenario", case).trial(0);
    let blocks = whole(rng, 2, 12);
    let block_symbols = whole(rng, 12, 40);
    let spread = 10_f64.powf(uniform(rng, -0.7, 1.3));
    let aging = match whole(rng, 0, 2) {
        0 => Aging::Geometric { correlation: uniform(rng, 0.6, 1.0) },
        1 => Aging::Jakes { speed_kmh: uniform(rng, 0.0, 250.0), carrier_ghz: 28.0 },
        _ => Aging::Sequence { values: (0..blocks).map(|_| uniform(rng, -1.0, 1.0)).collect() },
    };
    // The requirement in units of what the ring can stand, and the echo so that it takes a few
    // blocks: between hopeless and trivial.
    let limit_rad2 = spread.to_radians().powi(2) * 10_f64.powf(uniform(rng, -2.5, 1.5));
    let needed = uniform(rng, 0.02, 1.1) * blocks as f64 * block_symbols as f64;
    let bracket = 9.87 * 15.0 / 12.0;
    let echo = 1.0 / (2.0 * needed * limit_rad2 * bracket * 0.5);
    Scenario {
        transmit_antennas: whole(rng, 1, 6),
        receive_antennas: 4,
        blocks,
        block_symbols,
        pilot_symbols: whole(rng, 0, block_symbols / 4),
        symbol_time_us: 1.0,
        users: Users::Drawn(DrawnUsers {
            count: whole(rng, 1, 4),
            angle_deg: [-60.0, 60.0],
            gain_offset_db: [-3.0, 3.0],
            speed_factor: [0.5, 1.5],
        }),
        power_dbm: 23.0,
        noise_dbm: -74.0 + uniform(rng, -25.0, 10.0),
        path_gain_db: -100.0,
        pilot_snr_db: uniform(rng, -10.0, 30.0),
        echo_snr_db: 10.0 * echo.log10(),
        crb_limit: CrbLimit::Rad2(limit_rad2),
        angular_spread_deg: spread,
        spectrum: pick(
            rng,
            &[Spectrum::Uniform, Spectrum::Gaussian, Spectrum::Laplacian, Spectrum::RaisedCosine],
        ),
        aging,
        aging_offset: whole(rng, 0, 1),
        error_shape: pick(rng, &ErrorShape::ALL),
        sinr: pick(rng, &SinrForm::ALL),
        phase_reference: pick(rng, &[Reference::First, Reference::Centre]),
        whole_pilots: whole(rng, 0, 3) > 0,
        require: noctule::frame::Require::default(),
    }
}

pub(crate) fn value(design: &FrameDesign) -> f64 {
    design.metrics.frame_bits_per_hz
}

/// The fitted set of the published figures (`docs/errata.md#frame-e14`).
pub(crate) fn fitted(limit: f64) -> Scenario {
    Scenario {
        power_dbm: 23.0,
        noise_dbm: -73.99,
        pilot_snr_db: 0.0,
        echo_snr_db: 10.0 * 5.237696455881893e-4_f64.log10(),
        crb_limit: CrbLimit::Rad2(limit),
        aging: Aging::Geometric { correlation: 0.98_f64.sqrt() },
        aging_offset: 1,
        error_shape: ErrorShape::LosUnit,
        phase_reference: Reference::First,
        whole_pilots: false,
        ..Scenario::default()
    }
}
