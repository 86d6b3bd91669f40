//! From parameters to one concrete problem.

use noctule_num::rng::{StreamKey, uniform};
use noctule_phy::one_ring::{PhaseReference, PowerAngleSpectrum};
use noctule_phy::{aging, units};

use super::{Aging, CrbLimit, DrawnUsers, Reference, Scenario, Spectrum, UserSpec, Users};
use crate::Error;
use crate::frame::SYSTEM;
use crate::frame::instance::{Instance, Parts, User};

impl Scenario {
    /// The concrete problem of one trial. Users are drawn where a law is given; otherwise every
    /// trial is the same.
    ///
    /// # Errors
    /// [`Error::Input`] when a field makes no sense.
    pub fn realize(&self, seed: u64, trial: u64) -> Result<Instance, Error> {
        self.validate()?;
        let asked = self.meant_limit()?;
        let users: Vec<(UserSpec, f64)> = match &self.users {
            Users::Fixed(users) => users.iter().map(|user| (*user, 1.0)).collect(),
            Users::Drawn(law) => law.draw(seed, trial, self.path_gain_db),
        };
        let share = units::w_from_dbm(self.power_dbm) / users.len() as f64;
        let nominal = units::linear_from_db(self.path_gain_db);
        let si = |(user, _): &(UserSpec, f64)| User {
            angle_rad: user.angle_deg.to_radians(),
            spread_rad: self.angular_spread_deg.to_radians(),
            gain: user.path_gain_db.map_or(nominal, units::linear_from_db),
            power_w: share,
            noise_w: units::w_from_dbm(self.noise_dbm),
            pilot_snr: units::linear_from_db(self.pilot_snr_db) / nominal,
            echo_snr: units::linear_from_db(self.echo_snr_db),
            crb_limit_rad2: user.crb_limit_deg2.map_or(asked, CrbLimit::Deg2).rad2(),
        };
        let block_s = self.symbol_time_us * 1e-6 * self.block_symbols as f64;
        let aged = |(user, factor): &(UserSpec, f64)| {
            self.aging.sequence(user, *factor, block_s, self.blocks, self.aging_offset)
        };
        Instance::new(Parts {
            users: users.iter().map(si).collect(),
            aging: users.iter().map(aged).collect(),
            transmit_antennas: self.transmit_antennas,
            receive_antennas: self.receive_antennas,
            symbol_time_s: self.symbol_time_us * 1e-6,
            block_symbols: self.block_symbols,
            pilot_symbols: self.pilot_symbols,
            crb_scale: 1.0,
            spectrum: self.spectrum.into(),
            reference: self.phase_reference.into(),
            error_shape: self.error_shape,
            sinr: self.sinr,
            project_prior: true,
            whole_pilots: self.whole_pilots,
        })
        .map(|instance| instance.drawn_as(seed, trial))
    }
}

impl From<Spectrum> for PowerAngleSpectrum {
    fn from(spectrum: Spectrum) -> Self {
        match spectrum {
            Spectrum::Uniform => Self::Uniform,
            Spectrum::Gaussian => Self::Gaussian,
            Spectrum::Laplacian => Self::Laplacian,
            Spectrum::RaisedCosine => Self::RaisedCosine,
        }
    }
}

impl From<Reference> for PhaseReference {
    fn from(reference: Reference) -> Self {
        match reference {
            Reference::First => Self::First,
            Reference::Centre => Self::Centre,
        }
    }
}

impl Aging {
    /// ρ_1, …, ρ_N of a user, whose speed is `factor` times its own or that of the law.
    fn sequence(
        &self,
        user: &UserSpec,
        factor: f64,
        block_s: f64,
        blocks: usize,
        offset: usize,
    ) -> Vec<f64> {
        match self {
            Self::Geometric { correlation } => {
                aging::geometric(user.correlation.unwrap_or(*correlation), blocks, offset)
            }
            Self::Jakes { speed_kmh, carrier_ghz } => {
                let speed = user.speed_kmh.unwrap_or(*speed_kmh) * factor / 3.6;
                let doppler = aging::doppler_hz(speed, carrier_ghz * 1e9);
                aging::jakes(doppler * block_s, blocks, offset)
            }
            Self::Sequence { values } => values.clone(),
        }
    }
}

impl DrawnUsers {
    fn draw(&self, seed: u64, trial: u64, path_gain_db: f64) -> Vec<(UserSpec, f64)> {
        (0..self.count)
            .map(|index| {
                let mut rng = StreamKey::new(seed, SYSTEM, "user", index as u64).trial(trial);
                let mut within = |[low, high]: [f64; 2]| uniform(&mut rng, low, high);
                let angle_deg = within(self.angle_deg);
                let gain = path_gain_db + within(self.gain_offset_db);
                let factor = within(self.speed_factor);
                (UserSpec { angle_deg, path_gain_db: Some(gain), ..UserSpec::default() }, factor)
            })
            .collect()
    }
}
