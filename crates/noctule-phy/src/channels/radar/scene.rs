//! What a radar scene is made of.

use noctule_num::{C64, CMat, InputError};

use crate::channels::array::{Place, Response, Side, UniformArray, Wave};
use crate::channels::ofdm::{Grid, LIGHT_M_S};

/// What a parameter is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// θ in radians.
    Azimuth,
    /// φ in radians.
    Polar,
    /// r of the curvature, in metres.
    Range,
    /// cτ/2 in metres.
    DelayRange,
    /// λν/2 in m/s.
    Speed,
    /// Re α.
    ReflectionRe,
    /// Im α.
    ReflectionIm,
}

impl Kind {
    /// Its name with its unit.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Azimuth => "azimuth_rad",
            Self::Polar => "polar_rad",
            Self::Range => "range_m",
            Self::DelayRange => "delay_range_m",
            Self::Speed => "speed_m_per_s",
            Self::ReflectionRe => "reflection_re",
            Self::ReflectionIm => "reflection_im",
        }
    }

    /// Powers of −j2πδ and of j2πt in the derivative.
    pub(super) const fn powers(self) -> (usize, usize) {
        match self {
            Self::DelayRange => (1, 0),
            Self::Speed => (0, 1),
            _ => (0, 0),
        }
    }
}

/// What is unknown besides azimuths and reflections.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Unknown {
    /// Polar angles. Only a scene of two linear arrays may do without.
    pub polar: bool,
    /// Ranges of targets in the near field, by curvature.
    pub range: bool,
    /// Delays.
    pub delay: bool,
    /// Doppler shifts.
    pub doppler: bool,
}

/// A target.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Target {
    /// θ in radians.
    pub azimuth_rad: f64,
    /// φ in radians.
    pub polar_rad: f64,
    /// r in metres; needed in the near field, where it gives the delay too.
    pub range_m: Option<f64>,
    /// τ in seconds of a target in the far field.
    pub delay_s: f64,
    /// ν in hertz.
    pub doppler_hz: f64,
    /// α.
    pub reflection: C64,
}

/// How waves reach the targets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Field {
    /// Plane waves.
    Far,
    /// Spherical ones, amplitudes falling with this exponent γ (zero or one).
    Near {
        /// γ.
        amplitude_exponent: f64,
    },
}

/// Arrays, frame and targets.
#[derive(Clone, Debug, PartialEq)]
pub struct Scene {
    /// The array that sends; it has N_t elements.
    pub transmit: UniformArray,
    /// The array that receives.
    pub receive: UniformArray,
    /// Subcarriers and symbols.
    pub grid: Grid,
    /// Plane or spherical waves.
    pub field: Field,
    /// Whether responses turn with the frequency.
    pub squint: bool,
    /// What is unknown.
    pub unknown: Unknown,
    /// The targets.
    pub targets: Vec<Target>,
    /// σ² per receive antenna, subcarrier and symbol.
    pub sensing_noise: f64,
}

impl Scene {
    /// τ of a target in seconds.
    pub fn delay_s(&self, target: &Target) -> f64 {
        match (self.field, target.range_m) {
            (Field::Near { .. }, Some(range)) => 2.0 * range / LIGHT_M_S,
            _ => target.delay_s,
        }
    }

    /// The kinds of parameters, in order.
    pub fn kinds(&self) -> Vec<Kind> {
        let u = self.unknown;
        [
            (Kind::Azimuth, true),
            (Kind::Polar, u.polar),
            (Kind::Range, u.range),
            (Kind::DelayRange, u.delay),
            (Kind::Speed, u.doppler),
            (Kind::ReflectionRe, true),
            (Kind::ReflectionIm, true),
        ]
        .into_iter()
        .filter_map(|(kind, kept)| kept.then_some(kind))
        .collect()
    }

    /// Spatial kinds of derivatives: those of the responses.
    pub(super) fn spatial(&self) -> Vec<Kind> {
        let own = |kind: &Kind| matches!(kind, Kind::Azimuth | Kind::Polar | Kind::Range);
        self.kinds().into_iter().filter(own).collect()
    }

    /// What the model leaves out at these targets, in words.
    pub fn warnings(&self) -> Vec<String> {
        let of = |target: &Target| self.grid.warnings(self.delay_s(target), target.doppler_hz);
        self.targets.iter().flat_map(of).collect()
    }

    pub(super) fn check(&self) -> Result<(), InputError> {
        let refuse = |what: &str, place: &str, found: String, allowed: &str| {
            Err(InputError::new(what, place, found, allowed))
        };
        let (grid, u) = (&self.grid, self.unknown);
        crate::channels::positive("sensing_noise", self.sensing_noise, "watts")?;
        crate::channels::positive("carrier_hz", grid.carrier_hz, "hertz")?;
        crate::channels::positive("spacing_hz", grid.spacing_hz, "hertz")?;
        crate::channels::positive("symbol_period_s", grid.symbol_period_s, "seconds")?;
        if grid.subcarriers == 0 || grid.symbols == 0 {
            return refuse(
                "the frame is empty",
                "grid",
                "0".to_owned(),
                "at least one subcarrier and one symbol",
            );
        }
        if u.delay && grid.subcarriers == 1 {
            let what = "a delay is unobservable on one subcarrier";
            return refuse(
                what,
                "unknown.delay",
                "1 subcarrier".to_owned(),
                "two subcarriers or more",
            );
        }
        if u.doppler && grid.symbols == 1 {
            let what = "a Doppler shift is unobservable in one symbol";
            return refuse(what, "unknown.doppler", "1 symbol".to_owned(), "two symbols or more");
        }
        let linear = |array: &UniformArray| array.vertical == 1;
        let sees_polar = !(linear(&self.transmit) && linear(&self.receive));
        if sees_polar && !u.polar {
            let what = "a planar array sees polar angles";
            return refuse(
                what,
                "unknown.polar",
                "false".to_owned(),
                "true, or two arrays of one row",
            );
        }
        if u.range && self.field == Field::Far {
            let what = "plane waves do not depend on the range";
            return refuse(what, "unknown.range", "true".to_owned(), "spherical waves");
        }
        self.check_targets()
    }

    fn check_targets(&self) -> Result<(), InputError> {
        for (m, target) in self.targets.iter().enumerate() {
            let place = format!("targets[{m}]");
            let numbers = [
                ("azimuth_rad", target.azimuth_rad),
                ("polar_rad", target.polar_rad),
                ("delay_s", target.delay_s),
                ("doppler_hz", target.doppler_hz),
                ("reflection", target.reflection.re),
                ("reflection", target.reflection.im),
            ];
            if let Some((name, value)) = numbers.iter().find(|number| !number.1.is_finite()) {
                let what = "a number of a target is not finite";
                let error = InputError::new(what, *name, value.to_string(), "a finite number");
                return Err(error.inside(&place));
            }
            if target.reflection == C64::ZERO {
                let what = "a target reflects nothing";
                let error = InputError::new(what, "reflection", "0", "a number other than zero");
                return Err(error.inside(&place));
            }
            if let (Field::Near { .. }, None) = (self.field, target.range_m) {
                let what = "a target in the near field has no range";
                let error = InputError::new(what, "range_m", "nothing", "a distance in metres");
                return Err(error.inside(&place));
            }
        }
        Ok(())
    }

    /// The responses of all targets at one frequency as `[a, ȧ_θ, …]`, elements × s·M.
    pub(super) fn space(
        &self,
        array: &UniformArray,
        side: Side,
        ratio: f64,
    ) -> Result<CMat, InputError> {
        let spatial = self.spatial();
        let m = self.targets.len();
        let mut out = CMat::zeros(array.elements(), (1 + spatial.len()) * m);
        for (at, target) in self.targets.iter().enumerate() {
            let response = self
                .response(array, side, target, ratio)
                .map_err(|error| error.inside(&format!("targets[{at}]")))?;
            out.col_mut(at).copy_from_slice(&response.response);
            for (block, kind) in spatial.iter().enumerate() {
                let column = match kind {
                    Kind::Azimuth => &response.by_azimuth,
                    Kind::Polar => &response.by_polar,
                    _ => &response.by_range,
                };
                out.col_mut((1 + block) * m + at).copy_from_slice(column);
            }
        }
        Ok(out)
    }

    pub(super) fn response(
        &self,
        array: &UniformArray,
        side: Side,
        target: &Target,
        ratio: f64,
    ) -> Result<Response, InputError> {
        let (azimuth_rad, polar_rad) = (target.azimuth_rad, target.polar_rad);
        match (self.field, target.range_m) {
            (Field::Near { amplitude_exponent }, Some(range_m)) => {
                let wave = Wave {
                    wavelength_m: self.grid.wavelength_m(),
                    frequency_ratio: ratio,
                    amplitude_exponent,
                };
                array.near(side, Place { azimuth_rad, polar_rad, range_m }, &wave)
            }
            _ => Ok(array.far(azimuth_rad, polar_rad, ratio)),
        }
    }
}
