//! Three-slope path loss with COST-Hata constants, as cell-free studies use it.
//!
//! ```math
//! G = -L - \begin{cases} 35 \lg d & d > d_1 \\ 15 \lg d_1 + 20 \lg d & d_0 < d \le d_1 \\
//! 15 \lg d_1 + 20 \lg d_0 & d \le d_0 \end{cases}
//! ```
//! in decibels, with every distance in kilometres, f in MHz, and
//! `L = 46.3 + 33.9 lg f − 13.82 lg h_ap − (1.1 lg f − 0.7) h_u + (1.56 lg f − 0.8)`.
//! The gain is continuous and never grows with distance. COST-Hata was fitted between 1.5 and
//! 2 GHz; beyond, the formula is an extrapolation.
//!
//! Source: H. Q. Ngo et al., "Cell-Free Massive MIMO Versus Small Cells", Eq. (52) and (53).
//!
//! ```
//! use noctule_phy::path_loss::three_slope::ThreeSlope;
//! let model = ThreeSlope { frequency_hz: 1.9e9, ..ThreeSlope::default() };
//! assert!((model.reference_loss_db() - 140.72).abs() < 0.01);
//! ```

/// Constants of the model.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ThreeSlope {
    /// Carrier frequency f in hertz.
    pub frequency_hz: f64,
    /// Height of an access point in metres.
    pub access_point_height_m: f64,
    /// Height of a user in metres.
    pub user_height_m: f64,
    /// Below this distance d0 the gain is constant, in metres.
    pub near_m: f64,
    /// Beyond this distance d1 the slope is 35 dB a decade (between the two, 20), in metres.
    pub far_m: f64,
}

impl Default for ThreeSlope {
    /// 2.4 GHz, heights of 15 m and 1.65 m, breakpoints at 10 m and 50 m.
    fn default() -> Self {
        Self {
            frequency_hz: 2.4e9,
            access_point_height_m: 15.0,
            user_height_m: 1.65,
            near_m: 10.0,
            far_m: 50.0,
        }
    }
}

impl ThreeSlope {
    /// The loss L at one kilometre, in decibels.
    pub fn reference_loss_db(&self) -> f64 {
        let f = (self.frequency_hz / 1e6).log10();
        46.3 + 33.9 * f
            - 13.82 * self.access_point_height_m.log10()
            - (1.1 * f - 0.7) * self.user_height_m
            + (1.56 * f - 0.8)
    }

    /// Path gain in decibels at a distance in metres.
    pub fn gain_db(&self, distance_m: f64) -> f64 {
        let km = |metres: f64| (metres / 1000.0).log10();
        let loss = self.reference_loss_db();
        if distance_m > self.far_m {
            -loss - 35.0 * km(distance_m)
        } else {
            -loss - 15.0 * km(self.far_m) - 20.0 * km(distance_m.max(self.near_m))
        }
    }

    /// Whether shadowing applies: only beyond the last breakpoint, where the path is not clear.
    pub fn is_shadowed(&self, distance_m: f64) -> bool {
        distance_m > self.far_m
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn continuous_and_never_growing() {
        let model = ThreeSlope::default();
        for edge in [10.0, 50.0] {
            let (below, above) =
                (model.gain_db(edge * (1.0 - 1e-9)), model.gain_db(edge * (1.0 + 1e-9)));
            assert!((below - above).abs() < 1e-6);
        }
        let gains: Vec<f64> = (1..600).map(|d| model.gain_db(f64::from(d))).collect();
        assert!(gains.windows(2).all(|pair| pair[1] <= pair[0]));
        assert!((model.gain_db(0.0) - model.gain_db(10.0)).abs() < 1e-12);
    }

    #[test]
    fn slopes_of_twenty_and_thirty_five_decibels() {
        let model = ThreeSlope::default();
        assert!((model.gain_db(12.0) - model.gain_db(36.0) - 20.0 * 3.0_f64.log10()).abs() < 1e-9);
        assert!((model.gain_db(60.0) - model.gain_db(600.0) - 35.0).abs() < 1e-9);
    }
}
