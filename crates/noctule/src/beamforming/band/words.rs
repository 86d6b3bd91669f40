//! What a scenario says of a band, in the units of people.

use noctule_num::InputError;
use noctule_num::input::{in_count, in_range};
use noctule_phy::channels::model::Delays;
use noctule_phy::channels::ofdm::Grid;
use noctule_phy::channels::taps::TapProfile;
use serde::{Deserialize, Serialize};

/// Subcarriers of one band.
pub(in crate::beamforming) const MOST_SUBCARRIERS: usize = 4096;
/// Taps of one channel.
const MOST_TAPS: usize = 4096;
/// Symbols of one frame.
const MOST_SYMBOLS: u32 = 1_000_000;
/// The cyclic prefix over the rest of a symbol, where nothing else is said: the normal prefix of LTE
/// and NR, 144 of 2048 samples.
const PREFIX: f64 = 144.0 / 2048.0;
/// Taps reach so many delay spreads far, where their number is not given: to −17 dB.
const REACH: f64 = 4.0;

/// An OFDM frame: beams on every subcarrier under one power, echoes that tell ranges and velocities.
///
/// Powers are those of the whole band: `power_dbm` is shared by the subcarriers, and each has its share
/// of `user_noise_dbm` and `sensing_noise_dbm`. Rates are averages over the band, in bit/s/Hz.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Ofdm {
    /// Number of subcarriers N.
    pub subcarriers: usize,
    /// Distance of neighbouring subcarriers in kHz.
    pub spacing_khz: f64,
    /// Number of OFDM symbols that echoes are collected over; `null` is `snapshots`.
    pub symbols: Option<u32>,
    /// Length of a symbol with its cyclic prefix in µs; `null` is one over the spacing, and 144/2048 of
    /// it for the prefix.
    pub symbol_us: Option<f64>,
    /// Carrier frequency in GHz.
    pub carrier_ghz: f64,
    /// Whether the arrays' responses turn with the frequency (beam squint): those of targets, lines of sight and
    /// rays. The covariance of scatter does not turn.
    pub squint: bool,
    /// Whether the phase reference of both arrays is in their middle and not in a corner. Where it is matters to
    /// squint and to spherical waves; `null` is the middle with `near_field` and a corner without.
    pub centred: Option<bool>,
    /// Spherical waves in place of plane ones: ranges bend the responses of arrays. `null` is plane waves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub near_field: Option<NearField>,
    /// Spread of the delays of users' channels in ns: the decay of the taps of scatter, and the unit of
    /// clusters and delay lines.
    pub delay_spread_ns: f64,
    /// Taps of scatter, one over the bandwidth apart; `null` is as many as reach four spreads. One tap is
    /// scatter that is the same on every subcarrier. Clusters and delay lines have delays of their own.
    pub taps: Option<usize>,
    /// Weight of the bounds of ranges, per m²: as if so many rad² were added for every m². By default a
    /// metre counts as much as a degree.
    pub range_weight_per_m2: f64,
    /// Weight of the bounds of velocities, per (m/s)². By default a metre per second counts as much as
    /// a degree.
    pub velocity_weight_per_m2_s2: f64,
}

/// Waves that are spheres around targets and users.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct NearField {
    /// How amplitudes fall over the array, as (range over distance) to this power: 0, the same
    /// everywhere, or 1, those of free space.
    pub amplitude_exponent: f64,
    /// Whether one range sets curvature and delay, as it does; else they are two unknowns, each with a bound
    /// of its own.
    pub linked: bool,
    /// Places of the users, as many as `users`: lines of sight in place of the channels of `channel`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub users: Option<Vec<NearUser>>,
}

impl Default for NearField {
    fn default() -> Self {
        Self { amplitude_exponent: 0.0, linked: true, users: None }
    }
}

/// Where a user is, as seen from the array.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct NearUser {
    /// Azimuth in degrees.
    pub azimuth_deg: f64,
    /// Polar angle in degrees.
    pub polar_deg: f64,
    /// Distance in metres.
    pub range_m: f64,
}

impl NearField {
    fn validate(&self) -> Result<(), InputError> {
        if ![0.0, 1.0].contains(&self.amplitude_exponent) {
            let found = self.amplitude_exponent.to_string();
            let what = "amplitudes fall with the distance or not at all";
            return Err(InputError::new(what, "amplitude_exponent", found, "0 or 1"));
        }
        for (k, user) in self.users.iter().flatten().enumerate() {
            let place = |name: &str| format!("users[{k}].{name}");
            in_range(&place("azimuth_deg"), user.azimuth_deg, -360.0, 360.0, "degrees")?;
            in_range(&place("polar_deg"), user.polar_deg, -360.0, 360.0, "degrees")?;
            in_range(&place("range_m"), user.range_m, 1e-3, 1e9, "m")?;
        }
        Ok(())
    }
}

/// One square degree in rad².
const SQUARE_DEGREE: f64 = (std::f64::consts::PI / 180.0) * (std::f64::consts::PI / 180.0);

impl Default for Ofdm {
    /// 64 subcarriers of 240 kHz at 28 GHz, delays of 50 ns: taps up to 260 ns, within the prefix of 293 ns.
    fn default() -> Self {
        Self {
            subcarriers: 64,
            spacing_khz: 240.0,
            symbols: None,
            symbol_us: None,
            carrier_ghz: 28.0,
            squint: false,
            centred: None,
            near_field: None,
            delay_spread_ns: 50.0,
            taps: None,
            range_weight_per_m2: SQUARE_DEGREE,
            velocity_weight_per_m2_s2: SQUARE_DEGREE,
        }
    }
}

impl Ofdm {
    /// Refuse what makes no sense, places as fields of the table.
    pub(in crate::beamforming) fn validate(&self) -> Result<(), InputError> {
        in_count("subcarriers", self.subcarriers, 1, MOST_SUBCARRIERS)?;
        in_range("spacing_khz", self.spacing_khz, 1e-6, 1e9, "kHz")?;
        in_range("carrier_ghz", self.carrier_ghz, 1e-3, 1e4, "GHz")?;
        in_range("delay_spread_ns", self.delay_spread_ns, 0.0, 1e9, "ns")?;
        in_range("range_weight_per_m2", self.range_weight_per_m2, 0.0, 1e12, "per m²")?;
        let speeds = self.velocity_weight_per_m2_s2;
        in_range("velocity_weight_per_m2_s2", speeds, 0.0, 1e12, "per (m/s)²")?;
        if let Some(near) = &self.near_field {
            near.validate().map_err(|error| error.inside("near_field"))?;
        }
        if let Some(symbols) = self.symbols {
            in_count("symbols", symbols, 1, MOST_SYMBOLS)?;
        }
        if let Some(taps) = self.taps {
            in_count("taps", taps, 1, MOST_TAPS)?;
        }
        if let Some(symbol) = self.symbol_us {
            let least = 1e3 / self.spacing_khz;
            in_range(
                "symbol_us",
                symbol,
                least * (1.0 - 1e-9),
                1e12,
                "µs, a symbol and its prefix",
            )?;
        }
        let (width, carrier) =
            (self.subcarriers as f64 * self.spacing_khz * 1e-6, self.carrier_ghz);
        if width >= 2.0 * carrier {
            let (found, allowed) = (format!("{width} GHz"), format!("below 2 × {carrier} GHz"));
            let what = "the band reaches below zero hertz";
            return Err(InputError::new(what, "subcarriers × spacing_khz", found, allowed));
        }
        Ok(())
    }

    /// Whether the phase reference is in the middle.
    pub(in crate::beamforming) fn is_centred(&self) -> bool {
        self.centred.unwrap_or(self.near_field.is_some())
    }

    /// The frame in SI units.
    pub(in crate::beamforming) fn grid(&self, snapshots: u32) -> Grid {
        let spacing_hz = self.spacing_khz * 1e3;
        Grid {
            carrier_hz: self.carrier_ghz * 1e9,
            subcarriers: self.subcarriers,
            spacing_hz,
            symbols: self.symbols.unwrap_or(snapshots) as usize,
            symbol_period_s: self.symbol_us.map_or((1.0 + PREFIX) / spacing_hz, |us| us * 1e-6),
        }
    }

    /// N·Δf in hertz.
    pub(in crate::beamforming) const fn bandwidth_hz(&self) -> f64 {
        self.subcarriers as f64 * self.spacing_khz * 1e3
    }

    /// The root mean square of the delays of scatter in ns, which taps of a finite band are of: somewhat
    /// less than `delay_spread_ns`.
    pub fn rms_delay_ns(&self) -> f64 {
        self.delays().taps.rms_delay_s() * 1e9
    }

    /// How users' channels spread in time.
    pub(in crate::beamforming) fn delays(&self) -> Delays {
        let spread_s = self.delay_spread_ns * 1e-9;
        let bandwidth_hz = self.bandwidth_hz();
        // More taps than subcarriers cannot be told apart.
        let most = self.subcarriers.min(MOST_TAPS);
        let reached = (REACH * spread_s * bandwidth_hz).ceil();
        let taps = if reached < most as f64 { 1 + reached as usize } else { most };
        let taps = self.taps.unwrap_or(taps.min(most));
        Delays { taps: TapProfile::exponential(taps, bandwidth_hz, spread_s), spread_s }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(change: impl FnOnce(&mut Ofdm)) -> String {
        let mut words = Ofdm::default();
        change(&mut words);
        words.validate().unwrap_err().place
    }

    #[test]
    fn wrong_words_are_refused_by_name() {
        assert!(Ofdm::default().validate().is_ok());
        assert_eq!(place(|o| o.subcarriers = 0), "subcarriers");
        assert_eq!(place(|o| o.subcarriers = usize::MAX), "subcarriers");
        assert_eq!(place(|o| o.spacing_khz = -15.0), "spacing_khz");
        assert_eq!(place(|o| o.spacing_khz = f64::NAN), "spacing_khz");
        assert_eq!(place(|o| o.carrier_ghz = 0.0), "carrier_ghz");
        assert_eq!(place(|o| o.symbols = Some(0)), "symbols");
        assert_eq!(place(|o| o.taps = Some(0)), "taps");
        assert_eq!(place(|o| o.symbol_us = Some(1.0)), "symbol_us");
        assert_eq!(place(|o| o.delay_spread_ns = -1.0), "delay_spread_ns");
        assert_eq!(place(|o| o.range_weight_per_m2 = -1.0), "range_weight_per_m2");
        let wide = |o: &mut Ofdm| (o.spacing_khz, o.carrier_ghz) = (1e6, 28.0);
        assert_eq!(place(wide), "subcarriers × spacing_khz");
    }

    #[test]
    fn taps_reach_four_spreads_and_no_further_than_the_band_resolves() {
        let taps = |o: Ofdm| o.delays().taps.powers.len();
        // 4 · 50 ns · 15.36 MHz = 3.1
        assert_eq!(taps(Ofdm::default()), 5);
        assert_eq!(taps(Ofdm { subcarriers: 1, ..Ofdm::default() }), 1);
        assert_eq!(taps(Ofdm { delay_spread_ns: 1e9, ..Ofdm::default() }), 64);
        assert_eq!(taps(Ofdm { delay_spread_ns: 0.0, ..Ofdm::default() }), 1);
        assert_eq!(taps(Ofdm { taps: Some(3), ..Ofdm::default() }), 3);
        let grid = Ofdm::default().grid(30);
        assert!((grid.symbol_period_s * grid.spacing_hz - 1.0703125).abs() < 1e-12);
        assert_eq!((grid.symbols, grid.subcarriers), (30, 64));
    }
}
