//! Targets by where they stand and how large they are to a radar.

use std::f64::consts::TAU;

use noctule_num::input::{in_count, in_range};
use noctule_num::{C64, InputError};
use noctule_phy::arrays::canonical_direction;
use noctule_phy::channels::cell::Cell;
use noctule_phy::channels::element_pattern::amplitude;
use noctule_phy::channels::large_scale::{echo_amplitude, echo_array_gain};
use noctule_phy::multistatic::LIGHT_M_S;
use noctule_phy::units;
use serde::{Deserialize, Serialize};

use super::{ArrayShape, Scenario, Targets};
use crate::beamforming::Ofdm;
use crate::beamforming::goal::{Elements, Unknown};
use crate::beamforming::instance::Target;
use crate::beamforming::instance::checks::MOST_TARGETS;

/// A target in the world of `channel.kind = "geometry"`: the base station stands above the origin.
///
/// Its reflection is |α| = √(N_t N_r) · √(λ²σ/((4π)³r⁴)), times the gain of an element there and back
/// where the geometry has a pattern, with the phase of the way there and back.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PlacedTarget {
    /// Where it is: `[x, y, z]` in metres, z the height over the ground.
    pub position_m: [f64; 3],
    /// Its radar cross-section in m².
    #[serde(default = "one")]
    pub cross_section_m2: f64,
    /// What of it is unknown; `null` is what the scenario says for all targets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unknown: Option<Unknown>,
    /// Its velocity towards the array in m/s, which only a scenario with `ofdm` knows of; `null` is 0 there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub velocity_m_s: Option<f64>,
}

const fn one() -> f64 {
    1.0
}

impl PlacedTarget {
    /// As the array sees it.
    fn seen(&self, cell: &Cell, pattern: bool, array_gain: f64) -> Result<Target, InputError> {
        let place = cell.frame.place(self.position_m);
        if place.range_m <= 0.0 {
            let what = "a target stands where the base station does";
            let found = format!("{:?}", self.position_m);
            return Err(InputError::new(what, "position_m", found, "another place"));
        }
        let wavelength_m = LIGHT_M_S / cell.carrier_hz;
        let own = if pattern { amplitude(place.azimuth_rad, place.polar_rad).powi(2) } else { 1.0 };
        let size = echo_amplitude(wavelength_m, self.cross_section_m2, place.range_m);
        let phase = -TAU * (2.0 * place.range_m / wavelength_m).fract();
        let (azimuth_rad, polar_rad) = canonical_direction(place.azimuth_rad, place.polar_rad);
        let reflection = C64::from_polar(size * array_gain * own, phase);
        Ok(Target { azimuth_rad, polar_rad, reflection })
    }
}

impl Scenario {
    /// The planar receive array.
    pub(in crate::beamforming) const fn receive_shape(&self) -> ArrayShape {
        let mut shape = self.receive_array;
        if self.receive_follows_transmit {
            shape.vertical = self.transmit_array.vertical;
        }
        shape
    }

    /// Number of elements that receive echoes.
    pub(in crate::beamforming) fn receivers(&self) -> usize {
        let own = self.receive_elements.as_ref().map(Elements::count);
        own.unwrap_or_else(|| self.receive_shape().array().elements())
    }

    /// The cell in which targets are placed.
    fn world(&self) -> Result<(Cell, bool), InputError> {
        self.channel_model().cell().ok_or_else(|| {
            let what = "placed targets need a world";
            let allowed =
                "`channel.kind = \"geometry\"`: carrier, height and direction of the array";
            InputError::new(what, "targets.placed", "another kind of channel", allowed)
        })
    }

    /// Refuse placed targets that make no sense.
    pub(super) fn check_placed(&self, targets: &[PlacedTarget]) -> Result<(), InputError> {
        in_count("targets.placed", targets.len(), 0, MOST_TARGETS)?;
        let (cell, pattern) = self.world()?;
        for (index, target) in targets.iter().enumerate() {
            let place = |field: &str| format!("targets.placed[{index}].{field}");
            for x in target.position_m {
                in_range(&place("position_m"), x, -1e6, 1e6, "m")?;
            }
            in_range(&place("cross_section_m2"), target.cross_section_m2, 1e-12, 1e12, "m²")?;
            let seen = target.seen(&cell, pattern, 1.0);
            seen.map_err(|error| error.inside(&format!("targets.placed[{index}]")))?;
        }
        Ok(())
    }

    /// Placed targets as the array sees them, which have been checked.
    pub(in crate::beamforming) fn placed(
        &self,
        targets: &[PlacedTarget],
        (transmit, receive): (usize, usize),
    ) -> Result<Vec<Target>, InputError> {
        let (cell, pattern) = self.world()?;
        let gain = echo_array_gain(transmit, receive);
        targets.iter().map(|target| target.seen(&cell, pattern, gain)).collect()
    }

    /// Distances of placed targets from the array in metres.
    pub(in crate::beamforming) fn placed_ranges(
        &self,
        targets: &[PlacedTarget],
    ) -> Result<Vec<f64>, InputError> {
        let (cell, _) = self.world()?;
        Ok(targets.iter().map(|target| cell.frame.place(target.position_m).range_m).collect())
    }

    /// The noise power of a receive antenna of the radar in watts: that of the geometry's bandwidth
    /// where targets are placed, else `sensing_noise_dbm`.
    pub(super) fn sensing_noise_w(&self) -> f64 {
        let thermal = match &self.targets {
            Targets::Placed(_) => self.channel_model().thermal_noise_w(self.band_hz()),
            _ => None,
        };
        thermal.unwrap_or_else(|| units::w_from_dbm(self.sensing_noise_dbm))
    }

    /// The noise power of a user in watts, of the whole band where there is one.
    pub(super) fn user_noise_w(&self) -> f64 {
        self.channel_model().user_noise_w(self.user_noise_dbm, self.band_hz())
    }

    /// N·Δf of a frame.
    fn band_hz(&self) -> Option<f64> {
        self.ofdm.as_ref().map(Ofdm::bandwidth_hz)
    }
}
