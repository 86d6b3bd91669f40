//! Path loss, line-of-sight probability, shadowing and noise of 3GPP TR 38.901 (Sections 7.4.1 and
//! 7.4.2), and the radar equation.
//!
//! Frequencies are in GHz and lengths in metres inside the formulas; losses in dB. With the distance
//! `d₂` in the plane and `d₃ = hypot(d₂, h_BS − h_UT)` the breakpoint of the urban formulas is
//! `b = 4 (h_BS − 1)(h_UT − 1) f/(3·10⁸)`, with exactly 3·10⁸ and f in hertz. Everything else uses
//! c = 299 792 458 m/s. The gain of a path is `β = 10^{−(PL + X)/10}`: positive shadowing X is more
//! loss. Users are shadowed independently (the report correlates them over some tens of metres).

use std::f64::consts::PI;

use noctule_num::InputError;

/// Boltzmann's constant in J/K.
pub const BOLTZMANN_J_K: f64 = 1.380_649e-23;

/// A scenario of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scenario {
    /// Urban micro cell, street canyon.
    UrbanMicro,
    /// Urban macro cell.
    UrbanMacro,
    /// Indoor factory: sparse clutter, base station below it.
    FactorySparseLow,
    /// Indoor factory: dense clutter, base station below it.
    FactoryDenseLow,
    /// Indoor factory: sparse clutter, base station above it.
    FactorySparseHigh,
    /// Indoor factory: dense clutter, base station above it.
    FactoryDenseHigh,
    /// Indoor factory: both above the clutter; always a line of sight.
    FactoryHigh,
}

/// Clutter of an indoor factory.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Clutter {
    /// Share r_c of the floor that is covered, in (0, 1).
    pub density: f64,
    /// Typical size s_c in metres.
    pub size_m: f64,
    /// Height h_c in metres.
    pub height_m: f64,
}

/// A base station and a user.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Link {
    /// d₂: distance in the plane, m.
    pub distance_2d_m: f64,
    /// h_BS, m.
    pub base_height_m: f64,
    /// h_UT, m.
    pub user_height_m: f64,
    /// Carrier frequency in GHz.
    pub frequency_ghz: f64,
}

impl Link {
    /// d₃: the distance in space, m.
    pub fn distance_3d_m(&self) -> f64 {
        self.distance_2d_m.hypot(self.base_height_m - self.user_height_m)
    }
}

impl Scenario {
    /// All scenarios, in the order of their declaration.
    pub const ALL: [Self; 7] = [
        Self::UrbanMicro,
        Self::UrbanMacro,
        Self::FactorySparseLow,
        Self::FactoryDenseLow,
        Self::FactorySparseHigh,
        Self::FactoryDenseHigh,
        Self::FactoryHigh,
    ];

    /// Its short name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::UrbanMicro => "umi",
            Self::UrbanMacro => "uma",
            Self::FactorySparseLow => "inf-sl",
            Self::FactoryDenseLow => "inf-dl",
            Self::FactorySparseHigh => "inf-sh",
            Self::FactoryDenseHigh => "inf-dh",
            Self::FactoryHigh => "inf-hh",
        }
    }

    const fn urban(self) -> bool {
        matches!(self, Self::UrbanMicro | Self::UrbanMacro)
    }

    /// The height of its base stations in metres, where the report fixes one.
    pub const fn base_height_m(self) -> Option<f64> {
        match self {
            Self::UrbanMicro => Some(10.0),
            Self::UrbanMacro => Some(25.0),
            _ => None,
        }
    }

    /// The clutter of the report's calibration, for factories that have one.
    pub const fn calibration_clutter(self) -> Option<Clutter> {
        match self {
            Self::FactorySparseLow | Self::FactorySparseHigh => {
                Some(Clutter { density: 0.2, size_m: 10.0, height_m: 2.0 })
            }
            Self::FactoryDenseLow | Self::FactoryDenseHigh => {
                Some(Clutter { density: 0.6, size_m: 2.0, height_m: 6.0 })
            }
            _ => None,
        }
    }

    /// σ_SF in dB, by the state that was drawn.
    pub const fn shadowing_db(self, line_of_sight: bool) -> f64 {
        match (self, line_of_sight) {
            (Self::UrbanMicro | Self::UrbanMacro, true) => 4.0,
            (Self::UrbanMicro, false) => 7.82,
            (Self::UrbanMacro, false) => 6.0,
            (Self::FactorySparseLow, false) => 5.7,
            (Self::FactoryDenseLow, false) => 7.2,
            (Self::FactorySparseHigh, false) => 5.9,
            (Self::FactoryDenseHigh, false) => 4.0,
            (_, true) | (Self::FactoryHigh, false) => 4.3,
        }
    }

    /// Mean and standard deviation in dB of the factor K of users in line of sight.
    pub const fn k_factor_db(self) -> (f64, f64) {
        match self {
            Self::UrbanMicro => (9.0, 5.0),
            Self::UrbanMacro => (9.0, 3.5),
            _ => (7.0, 8.0),
        }
    }

    /// The path loss in dB, without shadowing.
    ///
    /// Outside the ranges of the report the formulas are evaluated all the same: see
    /// [`Scenario::warnings`].
    ///
    /// # Errors
    /// No line of sight asked of [`Scenario::FactoryHigh`]; an urban macro user above 13 m, whose
    /// effective height the report draws; lengths or frequencies that are not positive.
    pub fn path_loss_db(self, link: &Link, line_of_sight: bool) -> Result<f64, InputError> {
        super::positive("distance_2d_m", link.distance_2d_m, "metres")
            .or_else(|e| if link.distance_2d_m.abs() <= 0.0 { Ok(()) } else { Err(e) })?;
        super::positive("distance_3d_m", link.distance_3d_m(), "metres")?;
        super::positive("frequency_ghz", link.frequency_ghz, "gigahertz")?;
        if self == Self::UrbanMacro && link.user_height_m > 13.0 {
            return Err(effective_height(link.user_height_m));
        }
        let sight = self.sight_loss_db(link);
        if line_of_sight {
            return Ok(sight);
        }
        let (lg_d, lg_f) = (link.distance_3d_m().log10(), link.frequency_ghz.log10());
        let above = link.user_height_m - 1.5;
        let low = 33.0 + 25.5 * lg_d + 20.0 * lg_f;
        Ok(sight.max(match self {
            Self::UrbanMicro => 22.4 + 35.3 * lg_d + 21.3 * lg_f - 0.3 * above,
            Self::UrbanMacro => 13.54 + 39.08 * lg_d + 20.0 * lg_f - 0.6 * above,
            Self::FactorySparseLow => low,
            Self::FactoryDenseLow => low.max(18.6 + 35.7 * lg_d + 20.0 * lg_f),
            Self::FactorySparseHigh => 32.4 + 23.0 * lg_d + 20.0 * lg_f,
            Self::FactoryDenseHigh => 33.63 + 21.9 * lg_d + 20.0 * lg_f,
            Self::FactoryHigh => return Err(always_sight()),
        }))
    }

    fn sight_loss_db(self, link: &Link) -> f64 {
        let (lg_d, lg_f) = (link.distance_3d_m().log10(), link.frequency_ghz.log10());
        let difference = link.base_height_m - link.user_height_m;
        let heights = (link.base_height_m - 1.0) * (link.user_height_m - 1.0);
        let b = 4.0 * heights * link.frequency_ghz * 1e9 / 3e8;
        let corner = || (b * b + difference * difference).log10();
        match (self, link.distance_2d_m <= b) {
            (Self::UrbanMicro, true) => 32.4 + 21.0 * lg_d + 20.0 * lg_f,
            (Self::UrbanMicro, false) => 32.4 + 40.0 * lg_d + 20.0 * lg_f - 9.5 * corner(),
            (Self::UrbanMacro, true) => 28.0 + 22.0 * lg_d + 20.0 * lg_f,
            (Self::UrbanMacro, false) => 28.0 + 40.0 * lg_d + 20.0 * lg_f - 9.0 * corner(),
            _ => 31.84 + 21.5 * lg_d + 19.0 * lg_f,
        }
    }

    /// Gain at one metre in dB and exponent of a path in line of sight that is not longer than the
    /// breakpoint, by its length: `PL = −gain + 10 · exponent · lg d₃`.
    pub fn sight_law(self, frequency_ghz: f64) -> (f64, f64) {
        let lg_f = frequency_ghz.log10();
        match self {
            Self::UrbanMicro => (-(32.4 + 20.0 * lg_f), 2.1),
            Self::UrbanMacro => (-(28.0 + 20.0 * lg_f), 2.2),
            _ => (-(31.84 + 19.0 * lg_f), 2.15),
        }
    }

    /// The probability of a line of sight.
    ///
    /// `clutter` is used by factories only; `None` is that of the report's calibration.
    ///
    /// # Errors
    /// A factory with the base station above the clutter whose base station or clutter is not above
    /// the user; a density outside (0, 1).
    pub fn line_of_sight_probability(
        self,
        link: &Link,
        clutter: Option<Clutter>,
    ) -> Result<f64, InputError> {
        let d = link.distance_2d_m;
        if self.urban() {
            return Ok(self.urban_probability(d, link.user_height_m));
        }
        let Some(clutter) = clutter.or(self.calibration_clutter()) else { return Ok(1.0) };
        if self == Self::FactoryHigh {
            return Ok(1.0);
        }
        if !(clutter.density > 0.0 && clutter.density < 1.0) {
            let (found, allowed) = (clutter.density.to_string(), "a number between 0 and 1");
            let what = "the clutter covers no share of the floor";
            return Err(InputError::new(what, "clutter.density", found, allowed));
        }
        super::positive("clutter.size_m", clutter.size_m, "metres")?;
        let mut k = -clutter.size_m / (1.0 - clutter.density).ln();
        if matches!(self, Self::FactorySparseHigh | Self::FactoryDenseHigh) {
            let (base, user) = (link.base_height_m, link.user_height_m);
            above("clutter.height_m", clutter.height_m, user, "the clutter")?;
            above("base_height_m", base, user, "the base station")?;
            k *= (base - user) / (clutter.height_m - user);
        }
        Ok((-d / k).exp())
    }

    fn urban_probability(self, d: f64, user_height: f64) -> f64 {
        if d <= 18.0 {
            return 1.0;
        }
        let decay = if self == Self::UrbanMicro { 36.0 } else { 63.0 };
        let street = 18.0 / d + (-d / decay).exp() * (1.0 - 18.0 / d);
        if self == Self::UrbanMicro || user_height <= 13.0 {
            return street;
        }
        let c = ((user_height - 13.0) / 10.0).powf(1.5);
        street * (1.0 + 1.25 * c * (d / 100.0).powi(3) * (-d / 150.0).exp())
    }

    /// What of a link is outside the ranges for which the report states its formulas, in words.
    pub fn warnings(self, link: &Link) -> Vec<String> {
        let mut out = Vec::new();
        let mut check = |what: &str, value: f64, low: f64, high: f64, unit: &str| {
            if !(low..=high).contains(&value) {
                out.push(format!(
                    "{}: {what} {value} {unit} is outside {low} to {high} {unit}",
                    self.name()
                ));
            }
        };
        check("the carrier frequency", link.frequency_ghz, 0.5, 100.0, "GHz");
        if self.urban() {
            check("the distance in the plane", link.distance_2d_m, 10.0, 5000.0, "m");
            check("the user's height", link.user_height_m, 1.5, 22.5, "m");
            check("the base station's height", link.base_height_m, 1.0, f64::INFINITY, "m");
        } else {
            check("the distance", link.distance_3d_m(), 1.0, 600.0, "m");
        }
        out
    }
}

impl std::str::FromStr for Scenario {
    type Err = InputError;

    fn from_str(name: &str) -> Result<Self, InputError> {
        Self::ALL.into_iter().find(|scenario| scenario.name() == name).ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            InputError::new(
                "the scenario is not known",
                "scenario",
                name,
                format!("one of {names}"),
            )
        })
    }
}

fn above(place: &str, height: f64, user: f64, what: &str) -> Result<(), InputError> {
    if height > user {
        return Ok(());
    }
    Err(InputError::new(
        format!("{what} is not above the user"),
        place,
        format!("{height} m"),
        format!("more than the user's {user} m"),
    )
    .hint("the probability of a line of sight would exceed one"))
}

fn effective_height(height: f64) -> InputError {
    InputError::new(
        "the path loss of uma draws an effective height for users above 13 m",
        "user_height_m",
        format!("{height} m"),
        "at most 13 m",
    )
}

fn always_sight() -> InputError {
    InputError::new("inf-hh always has a line of sight", "line_of_sight", "false", "true")
}

/// β = 10^{−(PL + X)/10}: the power gain of a path with shadowing X in dB.
pub fn path_gain(path_loss_db: f64, shadowing_db: f64) -> f64 {
    10_f64.powf(-(path_loss_db + shadowing_db) / 10.0)
}

/// k_B T B 10^{NF/10}: noise power in watts.
///
/// ```
/// use noctule_phy::{channels::large_scale::noise_w, units::dbm_from_w};
/// assert!((dbm_from_w(noise_w(100e6, 7.0, 290.0)) + 86.975).abs() < 1e-3);
/// ```
pub fn noise_w(bandwidth_hz: f64, noise_figure_db: f64, temperature_k: f64) -> f64 {
    BOLTZMANN_J_K * temperature_k * bandwidth_hz * 10_f64.powf(noise_figure_db / 10.0)
}

/// |α| = √(λ²σ/((4π)³ r⁴)): the amplitude of an echo with responses of magnitude one, for a radar
/// cross-section σ in m². With responses of unit norm multiply by [`echo_array_gain`].
pub fn echo_amplitude(wavelength_m: f64, cross_section_m2: f64, range_m: f64) -> f64 {
    wavelength_m / (4.0 * PI).powf(1.5) * cross_section_m2.sqrt() / (range_m * range_m)
}

/// √(N_t N_r): what moves from the responses into α when they have unit norm.
pub fn echo_array_gain(transmit: usize, receive: usize) -> f64 {
    (transmit as f64 * receive as f64).sqrt()
}

#[cfg(test)]
mod tests;
