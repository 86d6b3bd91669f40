//! Mean power gain over distance.
//!
//! All functions return a linear **power** gain; its square root is the amplitude gain.
//! [`three_slope`] is stated in decibels, as its source is.

pub mod three_slope;

/// `K₀ · (d / 1 m)^(−exponent)`: power gain of a path of `distance_m`, with `reference_gain` = K₀
/// at one metre.
pub fn power_law(reference_gain: f64, distance_m: f64, exponent: f64) -> f64 {
    reference_gain * distance_m.powf(-exponent)
}

/// Power gain of the model `L = intercept + slope · log₁₀(d / 1 km)` decibels of loss, for
/// instance 128.1 + 37.6 log₁₀ d.
pub fn log_distance(intercept_db: f64, slope_db: f64, distance_m: f64) -> f64 {
    10_f64.powf(-(intercept_db + slope_db * (distance_m / 1000.0).log10()) / 10.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_models_at_their_reference_distances() {
        assert!((power_law(1e-4, 1.0, 2.0) - 1e-4).abs() < 1e-18);
        assert!((power_law(1e-4, 10.0, 2.0) - 1e-6).abs() < 1e-20);
        assert!((log_distance(128.1, 37.6, 1000.0) / 10_f64.powf(-12.81) - 1.0).abs() < 1e-13);
        let decade = log_distance(128.1, 37.6, 100.0) / log_distance(128.1, 37.6, 1000.0);
        assert!((decade / 10_f64.powf(3.76) - 1.0).abs() < 1e-13);
    }
}
