//! The band of an instance in SI units, checked.

use noctule_num::{CMat, InputError};
use noctule_phy::channels::array::UniformArray;
use noctule_phy::channels::objective::BoundWeights;
use noctule_phy::channels::ofdm::{Grid, LIGHT_M_S};
use noctule_phy::channels::radar::{self, Field, Kind, OfdmRadar, Scene};

use super::knowledge::Estimates;
use super::words::MOST_SUBCARRIERS;
use crate::Error;
use crate::beamforming::Parts;
use crate::beamforming::goal::Unknown;

/// Complex numbers of channels or beams over all subcarriers: with 16 bytes each, a gigabyte.
const MOST_ENTRIES: usize = 1 << 26;

/// What makes a narrowband instance one over a band.
///
/// [`Parts`] then hold what belongs to every subcarrier: noise powers are those of one subcarrier, `snapshots`
/// is the number of symbols, and `channels` are those of the subcarrier in the middle, number ⌊N/2⌋. The
/// power is that of all subcarriers.
#[derive(Clone, Debug, PartialEq)]
pub struct Band {
    /// Subcarriers and symbols.
    pub grid: Grid,
    /// Whether responses turn with the frequency.
    pub squint: bool,
    /// Whether the phase reference of both arrays is in their middle.
    pub centred: bool,
    /// Spherical waves; `None` for plane ones.
    pub near: Option<Near>,
    /// Distance of every target in metres.
    pub range_m: Vec<f64>,
    /// Velocity of every target towards the array in m/s.
    pub velocity_m_s: Vec<f64>,
    /// What is unknown of every target.
    pub unknown: Vec<Unknown>,
    /// Weights of bounds by kind of parameter, below `crb_weight`.
    pub weights: BoundWeights,
    /// Channels of every subcarrier, antennas × users.
    pub channels: Vec<CMat>,
    /// What is known of them; `None` where they are known.
    pub estimates: Option<Estimates>,
}

/// Spherical waves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Near {
    /// γ of the amplitudes (r/d)^γ: zero or one.
    pub amplitude_exponent: f64,
    /// Whether one range sets curvature and delay.
    pub linked: bool,
}

impl Band {
    /// Number of subcarriers.
    pub const fn subcarriers(&self) -> usize {
        self.grid.subcarriers
    }

    /// The subcarrier whose channels stand in [`Parts`].
    pub const fn middle(&self) -> usize {
        self.grid.subcarriers / 2
    }

    /// The channels that beams are designed for: estimates where there are such.
    pub fn known_channels(&self) -> &[CMat] {
        self.estimates.as_ref().map_or(&self.channels, |estimates| &estimates.channels)
    }

    /// C_k of every user; empty where channels are known.
    pub fn errors(&self) -> &[CMat] {
        self.estimates.as_ref().map_or(&[], |estimates| &estimates.errors)
    }

    /// The distance in metres beyond which delays are taken for others: c/(2Δf).
    pub fn reach_m(&self) -> f64 {
        LIGHT_M_S / (2.0 * self.grid.spacing_hz)
    }

    /// The velocity in m/s beyond which Doppler shifts are taken for others: λ/(4T).
    pub fn reach_m_s(&self) -> f64 {
        self.grid.wavelength_m() / (4.0 * self.grid.symbol_period_s)
    }

    /// The scene of the targets of an instance's parts.
    pub fn scene(&self, parts: &Parts) -> Scene {
        let array = |planar: noctule_phy::arrays::PlanarArray| {
            let own = UniformArray::new(planar.horizontal, planar.vertical);
            let own = own.scaled(planar.normalisation);
            if self.centred { own.centred() } else { own }
        };
        let wavelength = self.grid.wavelength_m();
        let target = |(m, target): (usize, &crate::beamforming::Target)| radar::Target {
            azimuth_rad: target.azimuth_rad,
            polar_rad: target.polar_rad,
            range_m: self.near.map(|_| self.range_m[m]),
            delay_s: 2.0 * self.range_m[m] / LIGHT_M_S,
            doppler_hz: 2.0 * self.velocity_m_s[m] / wavelength,
            reflection: target.reflection,
        };
        let any = |of: fn(&Unknown) -> bool| self.unknown.iter().any(of);
        let planar = parts.transmit_array.vertical > 1 || parts.receive_array.vertical > 1;
        Scene {
            transmit: array(parts.transmit_array),
            receive: array(parts.receive_array),
            grid: self.grid,
            field: match self.near {
                Some(near) => Field::Near { amplitude_exponent: near.amplitude_exponent },
                None => Field::Far,
            },
            squint: self.squint,
            unknown: radar::Unknown {
                // what is known of it is left out below
                polar: planar || any(|u| u.polar),
                range: self.near.is_some() && any(|u| u.range),
                // one subcarrier sees the curvature alone
                delay: any(|u| u.range) && (self.near.is_none() || self.grid.subcarriers > 1),
                doppler: any(|u| u.velocity),
            },
            targets: parts.targets.iter().enumerate().map(target).collect(),
            sensing_noise: parts.sensing_noise_w,
        }
    }

    /// What is known though others of its kind may not be.
    fn known(&self) -> Vec<(Kind, usize)> {
        let of = |(m, u): (usize, &Unknown)| {
            [
                (Kind::Azimuth, u.azimuth),
                (Kind::Polar, u.polar),
                (Kind::Range, u.range),
                (Kind::DelayRange, u.range),
                (Kind::Speed, u.velocity),
                (Kind::ReflectionRe, u.reflection),
                (Kind::ReflectionIm, u.reflection),
            ]
            .into_iter()
            .filter_map(move |(kind, unknown)| (!unknown).then_some((kind, m)))
        };
        self.unknown.iter().enumerate().flat_map(of).collect()
    }

    /// What of the radar's parameters is counted, and where each of them went where ranges are linked.
    pub(in crate::beamforming) fn counted(
        &self,
        radar: &OfdmRadar,
    ) -> (Vec<(Kind, usize)>, Option<Vec<usize>>) {
        let linked = self.near.is_some_and(|near| near.linked);
        match radar::link(radar.parameters()).filter(|_| linked) {
            Some((kept, into)) => (kept, Some(into)),
            None => (radar.parameters().to_vec(), None),
        }
    }

    /// Bounds as they are counted.
    pub(super) fn told(&self, bounds: radar::Bounds) -> radar::Bounds {
        let linked = self.near.is_some_and(|near| near.linked);
        bounds.linked().filter(|_| linked).unwrap_or(bounds)
    }

    /// The distance 2D²/λ up to which waves are curved to an eighth of a turn, of the larger array.
    pub fn rayleigh_m(&self, parts: &Parts) -> f64 {
        let scene = self.scene(parts);
        let of = |array: &UniformArray| array.rayleigh_distance_m(self.grid.wavelength_m());
        of(&scene.transmit).max(of(&scene.receive))
    }

    /// The distance 0.62 √(D³/λ) within which amplitudes vary over the larger array.
    pub fn fresnel_m(&self, parts: &Parts) -> f64 {
        let wavelength = self.grid.wavelength_m();
        // 2D²/λ is the Rayleigh distance
        let side = (0.5 * wavelength * self.rayleigh_m(parts)).sqrt();
        0.62 * (side.powi(3) / wavelength).sqrt()
    }

    /// The radar of an instance's targets.
    ///
    /// # Errors
    /// What no beams tell apart, by name.
    pub fn radar(&self, parts: &Parts) -> Result<OfdmRadar, Error> {
        Ok(OfdmRadar::knowing(self.scene(parts), &self.known())?)
    }

    /// Refuse what does not fit the parts, or cannot be seen whatever is sent.
    ///
    /// Of a goal that is not the weighted sum, whether its bounds can be seen is looked at with its metrics.
    pub(in crate::beamforming) fn check(&self, parts: &Parts, weighted: bool) -> Result<(), Error> {
        self.check_frame(parts)?;
        self.check_channels(parts)?;
        self.check_targets(parts)?;
        if !weighted || parts.crb_weight <= 0.0 {
            return Ok(());
        }
        if parts.targets.is_empty() {
            let cause = "there are none, but the bound has a weight".to_owned();
            return Err(Error::Unobservable { targets: Vec::new(), cause, conditioning: 0.0 });
        }
        self.check_seen(parts)?;
        if self.radar(parts)?.parameters().is_empty() {
            let what = "everything is known of the targets, but the bound has a weight";
            let allowed = "an unknown parameter, or crb_weight = 0";
            return refuse(what, "unknown", "nothing", allowed);
        }
        Ok(())
    }

    /// Refuse parameters that the frame does not show.
    pub(super) fn check_seen(&self, parts: &Parts) -> Result<(), Error> {
        let hint = |what: &str, place: &str, found: &str, allowed: &str| {
            let error = InputError::new(what, place, found, allowed);
            Err(error.hint(format!("where it is known: `{place} = false`")).into())
        };
        if self.near.is_none() && self.grid.subcarriers == 1 && self.unknown.iter().any(|u| u.range)
        {
            let what = "the range of a target is unobservable on one subcarrier";
            return hint(what, "unknown.range", "1 subcarrier", "two subcarriers or more");
        }
        if self.grid.symbols == 1 && self.unknown.iter().any(|u| u.velocity) {
            let what = "the velocity of a target is unobservable in one symbol";
            return hint(what, "unknown.velocity", "1 symbol", "two symbols or more");
        }
        // what beams do not tell apart
        self.radar(parts).map(drop)
    }

    fn check_frame(&self, parts: &Parts) -> Result<(), Error> {
        let n = self.grid.subcarriers;
        if !(1..=MOST_SUBCARRIERS).contains(&n) {
            let allowed = format!("1 to {MOST_SUBCARRIERS}");
            return refuse("the size is out of range", "subcarriers", &n.to_string(), &allowed);
        }
        let columns = parts.channels.cols().max(1) + parts.sensing_streams;
        check_size(n, parts.transmit_array.elements(), columns)?;
        for (place, value) in [
            ("carrier_hz", self.grid.carrier_hz),
            ("spacing_hz", self.grid.spacing_hz),
            ("symbol_period_s", self.grid.symbol_period_s),
        ] {
            if !(value.is_finite() && value > 0.0) {
                let allowed = "a positive, finite number";
                return refuse("not a frame", place, &value.to_string(), allowed);
            }
        }
        if self.grid.symbols != parts.snapshots as usize {
            let allowed = format!("{}, as `snapshots`", parts.snapshots);
            let found = self.grid.symbols.to_string();
            return refuse("another number of symbols", "symbols", &found, &allowed);
        }
        Ok(())
    }

    fn check_channels(&self, parts: &Parts) -> Result<(), Error> {
        let shape = (parts.channels.rows(), parts.channels.cols());
        if let Some(estimates) = &self.estimates {
            estimates.check(self.channels.len(), shape)?;
        }
        if self.channels.len() != self.grid.subcarriers {
            let found = format!("those of {} subcarriers", self.channels.len());
            let allowed = format!("those of {}", self.grid.subcarriers);
            return refuse("another number of channels", "band_channels", &found, &allowed);
        }
        for (n, channels) in self.channels.iter().enumerate() {
            let place = format!("band_channels[{n}]");
            if (channels.rows(), channels.cols()) != shape {
                let found = format!("{} antennas, {} users", channels.rows(), channels.cols());
                let allowed = format!("{} antennas, {} users", shape.0, shape.1);
                return refuse("sizes differ", &place, &found, &allowed);
            }
            if channels.as_slice().iter().any(|z| !z.is_finite()) {
                let what = "an entry is not a finite number";
                return refuse(what, &place, "NaN or infinity", "finite numbers");
            }
            // As of the middle one: no product of two ratios may overflow.
            for (user, noise) in parts.user_noise_w.iter().enumerate() {
                let gain: f64 = channels.col(user).iter().map(noctule_num::C64::norm_sqr).sum();
                let ratio = gain * (parts.power_w / noise);
                if ratio.is_nan() || ratio > 1e100 {
                    let place = format!("{place}[{user}]");
                    let what = "the signal-to-noise ratio is beyond double precision";
                    return refuse(what, &place, &format!("{ratio:e}"), "at most 1e100");
                }
            }
        }
        Ok(())
    }

    fn check_targets(&self, parts: &Parts) -> Result<(), Error> {
        let targets = parts.targets.len();
        for (place, count) in [
            ("range_m", self.range_m.len()),
            ("velocity_m_s", self.velocity_m_s.len()),
            ("unknown", self.unknown.len()),
        ] {
            if count != targets {
                let allowed = format!("{targets}, one a target");
                return refuse("not one a target", place, &count.to_string(), &allowed);
            }
        }
        for m in 0..targets {
            let (range, speed) = (self.range_m[m], self.velocity_m_s[m]);
            if !(range.is_finite() && range >= 0.0) {
                let allowed = "a distance in metres";
                return refuse(
                    "no distance",
                    &format!("range_m[{m}]"),
                    &range.to_string(),
                    allowed,
                );
            }
            if !(speed.is_finite() && speed.abs() < LIGHT_M_S) {
                let (place, allowed) = (format!("velocity_m_s[{m}]"), "below the speed of light");
                return refuse("no velocity", &place, &speed.to_string(), allowed);
            }
        }
        let weights = [
            self.weights.azimuth_per_rad2,
            self.weights.polar_per_rad2,
            self.weights.range_per_m2,
            self.weights.delay_range_per_m2,
            self.weights.speed_per_m2_s2,
            self.weights.reflection,
        ];
        if let Some(bad) = weights.iter().find(|w| !(w.is_finite() && **w >= 0.0)) {
            return refuse("not a weight", "bound_weights", &bad.to_string(), "zero or positive");
        }
        Ok(())
    }
}

fn refuse(what: &str, place: &str, found: &str, allowed: &str) -> Result<(), Error> {
    Err(InputError::new(what, place, found, allowed).into())
}

/// Refuse more beams than a machine holds, before anything of that size is made.
pub(super) fn check_size(
    subcarriers: usize,
    antennas: usize,
    streams: usize,
) -> Result<(), InputError> {
    let entries = subcarriers.saturating_mul(antennas).saturating_mul(streams);
    if entries <= MOST_ENTRIES {
        return Ok(());
    }
    let (found, allowed) =
        (entries.to_string(), format!("at most {MOST_ENTRIES} numbers of all beams"));
    Err(InputError::new("there are too many beams", "subcarriers", found, allowed))
}
