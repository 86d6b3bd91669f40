//! The problem of one trial: positions, gains, pilots, energies.

use noctule_num::rng::{StreamKey, normal, uniform};
use noctule_num::{C64, CMat, InputError};
use noctule_phy::channels::large_scale::Link;
use noctule_phy::geometry::Point;
use noctule_phy::multistatic::Radar;
use noctule_phy::path_loss::three_slope::ThreeSlope;
use noctule_phy::units;

use super::{AccessPoints, CrbLimit, Scenario, Users};
use crate::pilots::SYSTEM;
use crate::pilots::design::best_crb;
use crate::pilots::instance::{Instance, Parts, Sensing};
use crate::system::NoSettings;
use crate::{Error, Run};

/// A limit that every allocation meets, where nobody can be located: the refusal says who.
const ANY_LIMIT_M2: f64 = 1e30;

impl Scenario {
    /// Energy of one pilot symbol over the noise density, ρ.
    pub fn symbol_energy(&self) -> f64 {
        let noise_w = units::w_from_dbm(self.noise_dbm_hz) * self.bandwidth_mhz * 1e6;
        self.pilot_power_mw * 1e-3 / noise_w
    }

    /// The concrete problem of one trial.
    ///
    /// Positions and shadowing depend on `(seed, trial)` and on the fields that shape them; pilots,
    /// powers and limits do not enter, so that points of a sweep over them share their users.
    ///
    /// # Errors
    /// [`Error::Input`] when a field makes no sense, or when a user cannot be located.
    pub fn realize(&self, seed: u64, trial: u64) -> Result<Instance, Error> {
        self.validate()?;
        let asked = self.meant_limit()?;
        let parts = self.draw(seed, trial, asked)?;
        let notes = self.notes(parts.users);
        let mut instance = Instance::new(parts)?.noted(notes);
        if let CrbLimit::OverBest(factor) = asked {
            let best = best_crb(&instance, &NoSettings {}, &Run::default())?.metrics.worst_crb_m2;
            // Without a best there is nothing to be relative to: the limit says who is to blame.
            let limit = best.map_or(ANY_LIMIT_M2, |best| factor * best);
            instance = instance.with_crb_limit(Some(limit))?;
        }
        Ok(instance.drawn_as(seed, trial))
    }

    /// The parts, with a limit where it is absolute.
    fn draw(&self, seed: u64, trial: u64, asked: CrbLimit) -> Result<Parts, InputError> {
        let points = self.points();
        let users = self.place_users(seed, trial);
        let energy = self.symbol_energy();
        let radar = Radar {
            frequency_hz: self.carrier_mhz * 1e6,
            effective_bandwidth_hz: self.effective_bandwidth_mhz * 1e6,
            cross_section_m2: self.cross_section_m2,
        };
        let count = users.len();
        let kappa = points.len() as f64 / count as f64;
        Ok(Parts {
            users: count,
            channel_gain: self.gains(&points, &users, seed, trial)?,
            estimate_gain: None,
            uplink_energy: self.pilot_symbols * (1.0 - self.downlink_share) * energy,
            downlink_energy: self.pilot_symbols * self.downlink_share * energy,
            uplink_gram: equicorrelated(count, self.uplink_correlation),
            downlink_gram: equicorrelated(count, self.downlink_correlation),
            sensing: Some(Sensing::Placed { points, users, radar }),
            crb_limit_m2: match asked {
                CrbLimit::M2(limit) => Some(limit),
                CrbLimit::None | CrbLimit::OverBest(_) => None,
            },
            bandwidth_hz: self.bandwidth_mhz * 1e6,
            array_gain: self.array_gain.unwrap_or(kappa),
            data_power: self.data_power,
        })
    }

    /// Pilots whose Gram has rank r need r symbols or more: with fewer the pilots that the design
    /// counts on do not exist.
    fn notes(&self, users: usize) -> Vec<String> {
        let symbols = |share: f64| self.pilot_symbols * share;
        [
            ("uplink", symbols(1.0 - self.downlink_share), self.uplink_correlation),
            ("downlink", symbols(self.downlink_share), self.downlink_correlation),
        ]
        .into_iter()
        .filter_map(|(name, symbols, correlation)| {
            let rank = if correlation < 1.0 { users } else { 1 };
            (symbols < rank as f64 * (1.0 - 1e-9)).then(|| {
                format!(
                    "{users} {name} pilots of correlation {correlation} need {rank} symbols and \
                     there are {symbols:.3}: only their energy is counted here (`pilot_symbols`, \
                     `downlink_share`)"
                )
            })
        })
        .collect()
    }

    fn points(&self) -> Vec<Point> {
        match &self.access_points {
            AccessPoints::Fixed(list) => list.iter().map(|&p| Point::from(p)).collect(),
            AccessPoints::Road(road) => [0.0, road.width_m]
                .into_iter()
                .flat_map(|y| {
                    (0..road.per_side).map(move |i| {
                        Point::new((i as f64 + 0.5) * road.length_m / road.per_side as f64, y)
                    })
                })
                .collect(),
        }
    }

    fn place_users(&self, seed: u64, trial: u64) -> Vec<Point> {
        match &self.users {
            Users::Fixed(list) => list.iter().map(|&p| Point::from(p)).collect(),
            Users::Drawn(region) => (0..region.count)
                .map(|k| {
                    let mut rng = StreamKey::new(seed, SYSTEM, "position", k as u64).trial(trial);
                    let x = uniform(&mut rng, region.x_m[0], region.x_m[1]);
                    Point::new(x, uniform(&mut rng, region.y_m[0], region.y_m[1]))
                })
                .collect(),
        }
    }

    /// The gain of a path by the formulas of a cell, in dB: `sight` in [0, 1) says whether it has a line of
    /// sight, `shadow` is a normal number. `None` where three slopes are meant.
    pub(super) fn cell_gain_db(
        &self,
        distance_m: f64,
        sight: f64,
        shadow: f64,
    ) -> Result<Option<f64>, InputError> {
        let Some(cell) = self.path_loss.cell else { return Ok(None) };
        let formulas = cell.formulas();
        let link = Link {
            distance_2d_m: distance_m,
            base_height_m: self.path_loss.access_point_height_m,
            user_height_m: self.path_loss.user_height_m,
            frequency_ghz: self.carrier_mhz * 1e-3,
        };
        let sees = sight < formulas.line_of_sight_probability(&link, None)?;
        let loss_db = formulas.path_loss_db(&link, sees)?;
        Ok(Some(-(loss_db + formulas.shadowing_db(sees) * shadow)))
    }

    fn gains(
        &self,
        points: &[Point],
        users: &[Point],
        seed: u64,
        trial: u64,
    ) -> Result<Vec<f64>, InputError> {
        let loss = ThreeSlope {
            frequency_hz: self.carrier_mhz * 1e6,
            access_point_height_m: self.path_loss.access_point_height_m,
            user_height_m: self.path_loss.user_height_m,
            near_m: self.path_loss.near_m,
            far_m: self.path_loss.far_m,
        };
        let mut out = vec![0.0; points.len() * users.len()];
        for (k, user) in users.iter().enumerate() {
            let mut rng = StreamKey::new(seed, SYSTEM, "shadowing", k as u64).trial(trial);
            let mut sights = StreamKey::new(seed, SYSTEM, "los", k as u64).trial(trial);
            for (m, point) in points.iter().enumerate() {
                let distance = point.distance_m(*user);
                let extra = self.path_loss.extra_loss_db.get(k).copied().unwrap_or(0.0);
                let mut gain_db = loss.gain_db(distance) - extra;
                // Drawn for every path, so that moving one user changes no other.
                let shadow = normal(&mut rng);
                let sight = uniform(&mut sights, 0.0, 1.0);
                // no formula knows an access point on top of a user
                let apart = distance.max(1.0);
                if let Some(found) = self.cell_gain_db(apart, sight, shadow)? {
                    gain_db = found - extra;
                } else if loss.is_shadowed(distance) {
                    gain_db += self.path_loss.shadowing_db * shadow;
                }
                out[m * users.len() + k] = units::linear_from_db(gain_db);
            }
        }
        Ok(out)
    }
}

/// The Gram of pilots of which any two have the same real product.
fn equicorrelated(users: usize, correlation: f64) -> CMat {
    CMat::from_fn(users, users, |i, j| C64::from(if i == j { 1.0 } else { correlation }))
}
