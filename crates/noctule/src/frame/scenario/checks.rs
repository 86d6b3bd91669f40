//! What parameters may be.

use noctule_num::InputError;
use noctule_num::input::{in_count, in_range};

use super::{Aging, DrawnUsers, Scenario, UserSpec, Users};
use crate::frame::instance::checks::{
    MOST_ANTENNAS, MOST_BLOCKS, MOST_CRB_RAD2, MOST_SYMBOLS, MOST_USERS,
};

impl Scenario {
    /// Refuse parameters that make no sense; [`Scenario::realize`] calls it.
    ///
    /// # Errors
    /// [`InputError`] naming the field.
    pub fn validate(&self) -> Result<(), InputError> {
        in_count("transmit_antennas", self.transmit_antennas, 1, MOST_ANTENNAS)?;
        in_count("receive_antennas", self.receive_antennas, 2, MOST_ANTENNAS)?;
        in_count("blocks", self.blocks, 1, MOST_BLOCKS)?;
        in_count("block_symbols", self.block_symbols, 1, MOST_SYMBOLS)?;
        self.check_pilots()?;
        in_count("aging_offset", self.aging_offset, 0, 1)?;
        in_range("symbol_time_us", self.symbol_time_us, 1e-6, 1e6, "µs")?;
        for (name, value) in [
            ("power_dbm", self.power_dbm),
            ("noise_dbm", self.noise_dbm),
            ("path_gain_db", self.path_gain_db),
            ("pilot_snr_db", self.pilot_snr_db),
            ("echo_snr_db", self.echo_snr_db),
        ] {
            in_range(name, value, -250.0, 250.0, "dB or dBm")?;
        }
        limit("crb_limit", self.meant_limit()?.rad2())?;
        in_range("angular_spread_deg", self.angular_spread_deg, 0.0, 90.0, "degrees")?;
        self.aging.validate(self.blocks)?;
        match &self.users {
            Users::Fixed(users) => {
                in_count("users.fixed", users.len(), 1, MOST_USERS)?;
                users.iter().enumerate().try_for_each(|(k, user)| {
                    user.validate(&self.aging).map_err(|e| e.inside(&format!("users.fixed[{k}]")))
                })
            }
            Users::Drawn(law) => law.validate().map_err(|e| e.inside("users.drawn")),
        }
    }

    /// Pilots leave room in their block; of the two numbers the one that is not the default is
    /// named, since that one was written.
    fn check_pilots(&self) -> Result<(), InputError> {
        if self.pilot_symbols < self.block_symbols {
            return Ok(());
        }
        let (pilots, block) = (self.pilot_symbols, self.block_symbols);
        let (place, allowed) = match pilots == Self::default().pilot_symbols {
            true => ("block_symbols", format!("more than `pilot_symbols`, {pilots}")),
            false => ("pilot_symbols", format!("fewer than `block_symbols`, {block}")),
        };
        let found = format!("a pilot of {pilots} symbols in a block of {block}");
        Err(InputError::new("the pilots fill the block", place, found, allowed))
    }
}

impl Aging {
    fn validate(&self, blocks: usize) -> Result<(), InputError> {
        match self {
            Self::Geometric { correlation } => {
                in_range("aging.correlation", *correlation, 0.0, 1.0, "")
            }
            Self::Jakes { speed_kmh, carrier_ghz } => {
                in_range("aging.speed_kmh", *speed_kmh, 0.0, 1e5, "km/h")?;
                in_range("aging.carrier_ghz", *carrier_ghz, 1e-3, 1e4, "GHz")
            }
            Self::Sequence { values } => {
                in_count("aging.values", values.len(), blocks, blocks)?;
                values.iter().enumerate().try_for_each(|(n, &value)| {
                    in_range(&format!("aging.values[{n}]"), value, -1.0, 1.0, "")
                })
            }
        }
    }
}

impl UserSpec {
    fn validate(&self, aging: &Aging) -> Result<(), InputError> {
        in_range("angle_deg", self.angle_deg, -90.0, 90.0, "degrees from broadside")
            .map_err(|error| error.hint("a line of antennas cannot tell 100° from 80°"))?;
        if let Some(gain) = self.path_gain_db {
            in_range("path_gain_db", gain, -250.0, 250.0, "dB")?;
        }
        if let Some(value) = self.crb_limit_deg2 {
            limit("crb_limit_deg2", value)?;
        }
        if let Some(speed) = self.speed_kmh {
            in_range("speed_kmh", speed, 0.0, 1e5, "km/h")?;
        }
        if let Some(correlation) = self.correlation {
            in_range("correlation", correlation, 0.0, 1.0, "")?;
        }
        let fits = match aging {
            Aging::Geometric { .. } => self.speed_kmh.is_none(),
            Aging::Jakes { .. } => self.correlation.is_none(),
            Aging::Sequence { .. } => self.speed_kmh.is_none() && self.correlation.is_none(),
        };
        if fits {
            return Ok(());
        }
        let place = if self.speed_kmh.is_some() { "speed_kmh" } else { "correlation" };
        Err(InputError::new(
            "this does not fit the law of aging",
            place,
            format!("`{place}` of a user"),
            "`speed_kmh` under `jakes`, `correlation` under `geometric`",
        ))
    }
}

impl DrawnUsers {
    fn validate(&self) -> Result<(), InputError> {
        in_count("count", self.count, 1, MOST_USERS)?;
        for (name, [low, high], smallest, largest) in [
            ("angle_deg", self.angle_deg, -89.0, 89.0),
            ("gain_offset_db", self.gain_offset_db, -100.0, 100.0),
            ("speed_factor", self.speed_factor, 0.0, 100.0),
        ] {
            in_range(name, low, smallest, largest, "")?;
            in_range(name, high, low, largest, "(not below the lower end)")?;
        }
        Ok(())
    }
}

fn limit(place: &str, rad2: f64) -> Result<(), InputError> {
    if (1e-30..=MOST_CRB_RAD2).contains(&rad2) {
        return Ok(());
    }
    let allowed = "a positive variance up to that of a half-turn: 32400 deg², or π² rad²";
    Err(InputError::new("not a requirement", place, format!("{rad2} rad²"), allowed))
}
