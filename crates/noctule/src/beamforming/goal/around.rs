//! The scene beside users and targets, from the words of a scenario.

use noctule_num::input::{in_count, in_range};
use noctule_num::{C64, CMat, InputError};
use noctule_phy::arrays::{Normalisation, PlanarArray};
use noctule_phy::units::w_from_dbm;

use super::scene::{AngleLaw, Stations, Template, Uncertain, planar};
use super::surroundings::{Groups, Node, Nodes, Surroundings, Towards, Wanted, clutter_of};
use crate::Error;
use crate::beamforming::instance::checks::{MOST_STREAMS, MOST_TARGETS};
use crate::beamforming::{Instance, Parts, PowerConstraint, Scenario, Shapes, Target};

/// Angles of a template at most.
const MOST_ANGLES: f64 = 4096.0;

impl Scenario {
    /// Refuse what of the scene can be wrong by itself.
    pub(super) fn validate_around(&self) -> Result<(), InputError> {
        if let Some(template) = &self.template {
            template.validate().map_err(|error| error.inside("template"))?;
        }
        in_count("clutter", self.clutter.len(), 0, 1000)?;
        for (i, source) in self.clutter.iter().enumerate() {
            let place = format!("clutter[{i}]");
            let inside = |error: InputError| error.inside(&place);
            in_range("azimuth_deg", source.azimuth_deg, -360.0, 360.0, "degrees")
                .map_err(inside)?;
            in_range("polar_deg", source.polar_deg, -360.0, 360.0, "degrees").map_err(inside)?;
            in_range("over_noise_db", source.over_noise_db, -300.0, 300.0, "dB").map_err(inside)?;
        }
        if let Some(uncertain) = &self.uncertain {
            uncertain.validate().map_err(|error| error.inside("uncertain"))?;
        }
        if let Some(error_db) = self.channel_error_db {
            in_range("channel_error_db", error_db, -300.0, 100.0, "dB")?;
        }
        for (i, group) in self.require.groups.iter().enumerate() {
            let place = format!("require.groups[{i}].power_dbm");
            in_range(&place, group.power_dbm, -300.0, 300.0, "dBm")?;
        }
        let Some(stations) = &self.stations else { return Ok(()) };
        stations.validate().map_err(|error| error.inside("stations"))?;
        let usual = Self::default();
        for (name, given) in [
            ("power_dbm", self.power_dbm.to_bits() != usual.power_dbm.to_bits()),
            ("users", self.users != usual.users),
            ("targets", self.targets != usual.targets),
            ("unknown", self.unknown != usual.unknown),
            ("transmit_array", self.transmit_array != usual.transmit_array),
            ("receive_array", self.receive_array != usual.receive_array),
            ("uncertain", self.uncertain.is_some()),
            ("clutter", !self.clutter.is_empty()),
            ("template", self.template.is_some()),
            ("transmit_elements", self.transmit_elements.is_some()),
            ("receive_elements", self.receive_elements.is_some()),
            ("channel", self.channel.is_some()),
            ("require.groups", !self.require.groups.is_empty()),
            ("power_constraint", self.power_constraint == PowerConstraint::PerAntenna),
        ] {
            if given {
                let what = "stations have no use for this";
                let allowed = match name {
                    "power_dbm" => "left out: `stations.power_dbm` is what each may send",
                    "users" => "left out: `stations.users_m` are the users",
                    "targets" => "left out: `stations.targets_m` are the targets",
                    _ => "left out",
                };
                return Err(InputError::new(what, name, "given beside stations", allowed));
            }
        }
        Ok(())
    }

    /// The scene beside users and targets.
    pub(in crate::beamforming) fn surroundings(
        &self,
        parts: &Parts,
    ) -> Result<Surroundings, InputError> {
        let receive = match self.shapes().receive {
            Some(own) => own.scaled(parts.receive_array.normalisation),
            None => planar(parts.receive_array),
        };
        let sources: Vec<((f64, f64), f64)> = self
            .clutter
            .iter()
            .map(|one| {
                let over = 10.0_f64.powf(one.over_noise_db / 10.0);
                let direction = (one.azimuth_deg.to_radians(), one.polar_deg.to_radians());
                (direction, over * parts.sensing_noise_w)
            })
            .collect();
        let n = parts.channels.rows();
        let error = |k: usize| {
            let gain: f64 = parts.channels.col(k).iter().map(C64::norm_sqr).sum::<f64>() / n as f64;
            10.0_f64.powf(self.channel_error_db.unwrap_or(f64::NEG_INFINITY) / 10.0) * gain
        };
        let users = if self.channel_error_db.is_some() { parts.channels.cols() } else { 0 };
        Ok(Surroundings {
            template: self.template.as_ref().map(|template| template.wanted(&parts.targets)),
            clutter: (!sources.is_empty()).then(|| clutter_of(&receive, &sources)),
            groups: self.groups(n, parts.power_w)?,
            towards: None,
            angles: self.uncertain.map(|uncertain| uncertain.nodes()),
            channel_error: (0..users).map(error).collect(),
        })
    }

    /// The group of every antenna and the limits; antennas of no group may spend all there is.
    fn groups(&self, antennas: usize, power_w: f64) -> Result<Option<Groups>, InputError> {
        if self.require.groups.is_empty() {
            return Ok(None);
        }
        let mut of: Vec<Option<usize>> = vec![None; antennas];
        let mut limits = Vec::new();
        for (g, group) in self.require.groups.iter().enumerate() {
            let place = format!("require.groups[{g}].antennas");
            if group.antennas.is_empty() {
                let allowed = "one antenna or more";
                return Err(InputError::new("a group is empty", place, "[]", allowed));
            }
            for antenna in &group.antennas {
                let found = antenna.to_string();
                match of.get_mut(*antenna) {
                    Some(slot @ None) => *slot = Some(g),
                    Some(Some(_)) => {
                        let what = "an antenna is in two groups";
                        return Err(InputError::new(what, place, found, "every antenna once"));
                    }
                    None => {
                        let allowed = format!("below {antennas}");
                        return Err(InputError::new("no such antenna", place, found, allowed));
                    }
                }
            }
            limits.push(w_from_dbm(group.power_dbm));
        }
        let rest = limits.len();
        if of.contains(&None) {
            limits.push(power_w);
        }
        Ok(Some((of.into_iter().map(|group| group.unwrap_or(rest)).collect(), limits)))
    }

    /// The problem of stations that send together.
    pub(in crate::beamforming) fn realize_stations(
        &self,
        stations: &Stations,
        seed: u64,
        trial: u64,
    ) -> Result<Instance, Error> {
        let channels = stations.responses(&stations.users_m);
        let antennas = channels.rows();
        let noise_w = w_from_dbm(self.sensing_noise_dbm);
        let echo = 10.0_f64.powf(stations.echo_db / 10.0);
        // one receive element: ‖b‖ is one
        let reflection = C64::from((echo * noise_w / f64::from(self.snapshots)).sqrt());
        let polar_rad = std::f64::consts::FRAC_PI_2;
        let target = Target { azimuth_rad: 0.0, polar_rad, reflection };
        let count = stations.places_m.len();
        let station: Vec<usize> = (0..antennas).map(|n| n / stations.elements).collect();
        let power_w = w_from_dbm(stations.power_dbm);
        let array = |elements| PlanarArray {
            horizontal: elements,
            vertical: 1,
            normalisation: Normalisation::UnitNorm,
        };
        let parts = Parts {
            transmit_array: array(antennas),
            receive_array: array(1),
            targets: vec![target; stations.targets_m.len()],
            power_w: power_w * count as f64,
            user_noise_w: vec![w_from_dbm(self.user_noise_dbm); channels.cols()],
            sensing_noise_w: noise_w,
            snapshots: self.snapshots,
            sensing_streams: self.sensing_streams.unwrap_or(if self.needs_all() {
                antennas
            } else {
                count * stations.targets_m.len().max(1)
            }),
            rate_weight_per_nat: self.rate_weight_per_nat,
            crb_weight: self.crb_weight,
            power_constraint: PowerConstraint::Total,
            channels,
        };
        let mut problem = self.problem(stations.targets_m.len())?;
        let gain = |k: usize| {
            let column = parts.channels.col(k);
            column.iter().map(C64::norm_sqr).sum::<f64>() / antennas as f64
        };
        let users = if self.channel_error_db.is_some() { parts.channels.cols() } else { 0 };
        let over = 10.0_f64.powf(self.channel_error_db.unwrap_or(f64::NEG_INFINITY) / 10.0);
        if let Some(problem) = &mut problem {
            problem.around = Surroundings {
                groups: Some((station.clone(), vec![power_w; count])),
                towards: Some(Towards {
                    station,
                    response: stations.responses(&stations.targets_m),
                }),
                channel_error: (0..users).map(|k| over * gain(k)).collect(),
                ..Surroundings::default()
            };
        }
        Ok(Instance::asking(parts, Shapes::default(), problem)?.drawn_as(seed, trial))
    }
}

impl Stations {
    fn validate(&self) -> Result<(), InputError> {
        in_count("places_m", self.places_m.len(), 1, 256)?;
        in_count("elements", self.elements, 1, 4096)?;
        in_count("elements", self.elements * self.places_m.len(), 1, 4096)?;
        in_count("users_m", self.users_m.len(), 0, MOST_STREAMS)?;
        in_count("targets_m", self.targets_m.len(), 0, MOST_TARGETS)?;
        in_range("power_dbm", self.power_dbm, -300.0, 300.0, "dBm")?;
        in_range("echo_db", self.echo_db, -300.0, 300.0, "dB")?;
        for (name, list) in [
            ("places_m", &self.places_m),
            ("users_m", &self.users_m),
            ("targets_m", &self.targets_m),
        ] {
            for (i, place) in list.iter().enumerate() {
                for x in place {
                    in_range(&format!("{name}[{i}]"), *x, -1e9, 1e9, "m")?;
                }
                if name != "places_m" && self.places_m.contains(place) {
                    let found = format!("{place:?}");
                    let allowed = "a place with a direction from every station";
                    let what = "at a station there is no direction";
                    return Err(InputError::new(what, format!("{name}[{i}]"), found, allowed));
                }
            }
        }
        Ok(())
    }

    /// `e^{jπ n cos θ}` of every station towards places: antennas × places.
    fn responses(&self, places: &[[f64; 2]]) -> CMat {
        CMat::from_fn(self.elements * self.places_m.len(), places.len(), |n, p| {
            let [x, y] = self.places_m[n / self.elements];
            let (along, across) = (places[p][0] - x, places[p][1] - y);
            let cosine = along / along.hypot(across);
            let element = (n % self.elements) as f64;
            C64::from_polar(1.0, std::f64::consts::PI * element * cosine)
        })
    }
}

impl Template {
    fn validate(&self) -> Result<(), InputError> {
        in_range("width_deg", self.width_deg, 1e-6, 360.0, "degrees")?;
        in_range("polar_deg", self.polar_deg, -360.0, 360.0, "degrees")?;
        let [low, high] = self.range_deg;
        in_range("range_deg", low, -360.0, 360.0, "degrees")?;
        in_range("range_deg", high, low, 360.0, "degrees, not below the lower end")?;
        let least = ((high - low) / MOST_ANGLES).max(1e-6);
        in_range("step_deg", self.step_deg, least, 360.0, "degrees")?;
        for (i, middle) in self.azimuth_deg.iter().flatten().enumerate() {
            in_range(&format!("azimuth_deg[{i}]"), *middle, -360.0, 360.0, "degrees")?;
        }
        Ok(())
    }

    fn wanted(&self, targets: &[Target]) -> Wanted {
        let middles = self.azimuth_deg.clone().unwrap_or_else(|| {
            targets.iter().map(|target| target.azimuth_rad.to_degrees()).collect()
        });
        let [low, high] = self.range_deg;
        let count = ((high - low) / self.step_deg + 1e-9).floor() as usize + 1;
        let azimuths: Vec<f64> = (0..count).map(|i| low + i as f64 * self.step_deg).collect();
        let lit = |azimuth: &f64| {
            let near = |m: &f64| (azimuth - m).abs() <= 0.5 * self.width_deg + 1e-9;
            f64::from(u8::from(middles.iter().any(near)))
        };
        Wanted {
            level: azimuths.iter().map(lit).collect(),
            polar_rad: vec![self.polar_deg.to_radians(); count],
            azimuth_rad: azimuths.into_iter().map(f64::to_radians).collect(),
        }
    }
}

impl Uncertain {
    fn validate(&self) -> Result<(), InputError> {
        in_range("azimuth_deg", self.azimuth_deg, 0.0, 90.0, "degrees")?;
        in_range("polar_deg", self.polar_deg, 0.0, 90.0, "degrees")?;
        in_count("nodes", self.nodes, 1, 31)?;
        if self.nodes.is_multiple_of(2) {
            let (what, found) = ("the middle is to be among the offsets", self.nodes.to_string());
            return Err(InputError::new(what, "nodes", found, "an odd number"));
        }
        if self.azimuth_deg <= 0.0 && self.polar_deg <= 0.0 {
            let allowed = "`azimuth_deg` or `polar_deg` above zero";
            return Err(InputError::new("no angle is uncertain", "azimuth_deg", "0", allowed));
        }
        Ok(())
    }

    fn nodes(&self) -> Nodes {
        let gaussian = self.law == AngleLaw::Gaussian;
        // offsets in spreads, with their shares
        let along = |spread: f64| -> Vec<(f64, f64)> {
            if spread <= 0.0 || self.nodes == 1 {
                return vec![(0.0, 1.0)];
            }
            let half = (self.nodes / 2) as f64;
            let reach = if gaussian { 2.0 } else { 1.0 };
            let offset = |i: usize| (i as f64 - half) / half * reach;
            let share = |x: f64| if gaussian { (-0.5 * x * x).exp() } else { 1.0 };
            let at = (0..self.nodes).map(|i| (offset(i) * spread.to_radians(), share(offset(i))));
            at.collect()
        };
        let (azimuths, polars) = (along(self.azimuth_deg), along(self.polar_deg));
        let mut nodes = Vec::new();
        for (azimuth_rad, own) in &azimuths {
            for (polar_rad, other) in &polars {
                nodes.push(Node {
                    azimuth_rad: *azimuth_rad,
                    polar_rad: *polar_rad,
                    share: own * other,
                });
            }
        }
        let total: f64 = nodes.iter().map(|node| node.share).sum();
        nodes.iter_mut().for_each(|node| node.share /= total);
        let told = |spread: f64| {
            if gaussian && spread > 0.0 { spread.to_radians().powi(-2) } else { 0.0 }
        };
        let prior = [told(self.azimuth_deg), told(self.polar_deg)];
        Nodes { over: self.over, nodes, prior }
    }
}
