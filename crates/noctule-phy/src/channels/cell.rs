//! Users in a sector of a cell, and what reaches them.
//!
//! A user stands at `r = √(r₀² + U₁(r₁² − r₀²))` and the bearing `θ_lo + U₂(θ_hi − θ_lo)` from
//! broadside in the horizontal plane: uniform over the area. Its height is its own, not relative
//! to the base station; `d₂ = r`, and downtilt enters only in the angles at which the array sees
//! the user. It has a line of sight where a uniform number is below the probability of one.
//!
//! Source: 3GPP TR 38.901, Sections 7.4 and 7.5.

use noctule_num::InputError;

use super::array::Place;
use super::frame::Frame;
use super::large_scale::{Clutter, Link, Scenario, path_gain};

/// A sector with its base station.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cell {
    /// The formulas of path loss and line of sight.
    pub scenario: Scenario,
    /// Where the base station's array stands and looks.
    pub frame: Frame,
    /// Carrier frequency in hertz.
    pub carrier_hz: f64,
    /// Height of the users in metres.
    pub user_height_m: f64,
    /// r₀ and r₁ in metres.
    pub radius_m: [f64; 2],
    /// θ_lo and θ_hi in radians.
    pub sector_rad: [f64; 2],
    /// Clutter of a factory; `None` is that of the report's calibration.
    pub clutter: Option<Clutter>,
}

/// The random numbers of a user: uniform ones in [0, 1), and a normal one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct UserNumbers {
    /// U₁ of the radius.
    pub radius: f64,
    /// U₂ of the bearing.
    pub bearing: f64,
    /// U of the line of sight.
    pub line_of_sight: f64,
    /// The normal number of the shadowing.
    pub shadowing: f64,
}

/// A user of a cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct User {
    /// Where it stands in the world, m.
    pub position_m: [f64; 3],
    /// Where it is for the array.
    pub place: Place,
    /// d₂ in metres.
    pub distance_2d_m: f64,
    /// d₃ in metres.
    pub distance_3d_m: f64,
    /// The probability of a line of sight.
    pub line_of_sight_probability: f64,
    /// Whether it has one.
    pub line_of_sight: bool,
    /// PL in dB.
    pub path_loss_db: f64,
    /// X in dB; positive is more loss.
    pub shadowing_db: f64,
    /// β.
    pub path_gain: f64,
}

impl Cell {
    /// The link to a user at a distance in the plane.
    pub const fn link(&self, distance_2d_m: f64) -> Link {
        Link {
            distance_2d_m,
            base_height_m: self.frame.position_m[2],
            user_height_m: self.user_height_m,
            frequency_ghz: self.carrier_hz / 1e9,
        }
    }

    /// A user from its random numbers.
    ///
    /// # Errors
    /// As [`Scenario::path_loss_db`] and [`Scenario::line_of_sight_probability`].
    pub fn user(&self, numbers: &UserNumbers) -> Result<User, InputError> {
        let [low, high] = self.radius_m;
        let radius = (low * low + numbers.radius * (high * high - low * low)).sqrt();
        let [from, to] = self.sector_rad;
        let bearing = self.frame.bearing_rad + from + numbers.bearing * (to - from);
        let [x, y, _] = self.frame.position_m;
        let position_m =
            [x + radius * bearing.cos(), y + radius * bearing.sin(), self.user_height_m];
        let link = self.link(radius);
        let probability = self.scenario.line_of_sight_probability(&link, self.clutter)?;
        let line_of_sight = numbers.line_of_sight < probability;
        let path_loss_db = self.scenario.path_loss_db(&link, line_of_sight)?;
        let shadowing_db = self.scenario.shadowing_db(line_of_sight) * numbers.shadowing;
        Ok(User {
            position_m,
            place: self.frame.place(position_m),
            distance_2d_m: radius,
            distance_3d_m: link.distance_3d_m(),
            line_of_sight_probability: probability,
            line_of_sight,
            path_loss_db,
            shadowing_db,
            path_gain: path_gain(path_loss_db, shadowing_db),
        })
    }

    /// What of the cell's users may be outside the ranges of the formulas, in words.
    pub fn warnings(&self) -> Vec<String> {
        let mut out: Vec<String> =
            self.radius_m.iter().flat_map(|&d| self.scenario.warnings(&self.link(d))).collect();
        out.dedup();
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use noctule_num::rng::{StreamKey, normal, uniform};

    fn cell() -> Cell {
        Cell {
            scenario: Scenario::UrbanMicro,
            frame: Frame { position_m: [10.0, -5.0, 10.0], bearing_rad: 0.5, downtilt_rad: 0.1 },
            carrier_hz: 28e9,
            user_height_m: 1.5,
            radius_m: [20.0, 150.0],
            sector_rad: [-1.0, 1.0],
            clutter: None,
        }
    }

    #[test]
    fn users_are_uniform_over_the_sector_and_their_gains_what_their_losses_say() {
        let (cell, mut rng) = (cell(), StreamKey::new(4, "test", "cell", 0).trial(0));
        let (n, mut inner, mut sights) = (20_000, 0_u32, 0_u32);
        for _ in 0..n {
            let numbers = UserNumbers {
                radius: uniform(&mut rng, 0.0, 1.0),
                bearing: uniform(&mut rng, 0.0, 1.0),
                line_of_sight: uniform(&mut rng, 0.0, 1.0),
                shadowing: normal(&mut rng),
            };
            let user = cell.user(&numbers).unwrap();
            assert!((20.0..=150.0).contains(&user.distance_2d_m));
            assert!((user.place.range_m - user.distance_3d_m).abs() < 1e-9);
            let db = -10.0 * user.path_gain.log10();
            assert!((db - user.path_loss_db - user.shadowing_db).abs() < 1e-9);
            inner += u32::from(user.distance_2d_m < 100.0);
            sights += u32::from(user.line_of_sight);
        }
        let share = (100.0_f64.powi(2) - 400.0) / (150.0_f64.powi(2) - 400.0);
        let within = |count: u32, p: f64| {
            let n = f64::from(n);
            (f64::from(count) / n - p).abs() < 4.0 * (p * (1.0 - p) / n).sqrt()
        };
        assert!(within(inner, share) && within(sights, 0.274_310_169_5));
    }
}
