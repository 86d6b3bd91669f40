//! Units, converted once, at the edge.
//!
//! ```
//! use noctule_phy::units::{db_from_linear, nats_to_bits, w_from_dbm};
//! assert!((w_from_dbm(30.0) - 1.0).abs() < 1e-15);
//! assert!((db_from_linear(100.0) - 20.0).abs() < 1e-12);
//! assert!((nats_to_bits(2.0_f64.ln()) - 1.0).abs() < 1e-15);
//! ```

/// Watts of a power in dBm (decibels over one milliwatt).
pub fn w_from_dbm(power_dbm: f64) -> f64 {
    10_f64.powf((power_dbm - 30.0) / 10.0)
}

/// dBm of a power in watts; −∞ for zero.
pub fn dbm_from_w(power_w: f64) -> f64 {
    10.0 * power_w.log10() + 30.0
}

/// The ratio that is `db` decibels (of power).
pub fn linear_from_db(db: f64) -> f64 {
    10_f64.powf(db / 10.0)
}

/// Decibels (of power) of a ratio.
pub fn db_from_linear(ratio: f64) -> f64 {
    10.0 * ratio.log10()
}

/// bit/s/Hz of a rate in nat/s/Hz.
pub fn nats_to_bits(nats: f64) -> f64 {
    nats / std::f64::consts::LN_2
}

/// nat/s/Hz of a rate in bit/s/Hz.
pub fn bits_to_nats(bits: f64) -> f64 {
    bits * std::f64::consts::LN_2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conversions_invert() {
        for x in [-173.8, -30.0, 0.0, 12.3, 60.0] {
            assert!((dbm_from_w(w_from_dbm(x)) - x).abs() < 1e-12);
            assert!((db_from_linear(linear_from_db(x)) - x).abs() < 1e-12);
            assert!((bits_to_nats(nats_to_bits(x)) - x).abs() < 1e-12 * x.abs().max(1.0));
        }
    }
}
