//! From a scenario with `ofdm` to an instance over a band.

use noctule_num::input::in_range;
use noctule_num::rng::{StreamKey, uniform};
use noctule_num::{CMat, InputError, Interrupt};
use noctule_phy::channels::array::{Place, UniformArray};
use noctule_phy::channels::clustered::Band as Offsets;
use noctule_phy::channels::draws::UserStreams;
use noctule_phy::channels::near_user::{self, Phase};
use noctule_phy::channels::objective::BoundWeights;
use noctule_phy::channels::ofdm::Grid;

use super::goal::directions;
use super::setting::check_size;
use super::{Band, Near, NearField, NearUser, Ofdm, best_of};
use crate::Error;
use crate::beamforming::goal::{Goal, Limit, Problem, Unknown};
use crate::beamforming::{Channel, Instance, Parts, SYSTEM, Scenario, Targets};

/// Distance of a target of which none is said, in metres.
pub(super) const USUAL_RANGE_M: f64 = 30.0;

impl Scenario {
    /// Whether beams are those of a band.
    pub(in crate::beamforming) const fn is_band(&self) -> bool {
        self.ofdm.is_some() || self.knowledge.is_some()
    }

    /// The frame: that of `ofdm`, or where channels of one frequency are estimated one subcarrier.
    pub(in crate::beamforming) fn frame(&self) -> Option<Ofdm> {
        let carrier_ghz = match &self.channel {
            Some(Channel::Geometry { carrier_ghz, .. }) => *carrier_ghz,
            _ => Ofdm::default().carrier_ghz,
        };
        let one = || Ofdm { subcarriers: 1, taps: Some(1), carrier_ghz, ..Ofdm::default() };
        self.ofdm.clone().or_else(|| self.knowledge.map(|_| one()))
    }

    /// Refuse a band that makes no sense, and what no band has.
    pub(in crate::beamforming) fn validate_band(&self) -> Result<(), InputError> {
        if self.ofdm.is_none() {
            self.refuse_motion()?;
        }
        let Some(ofdm) = &self.frame() else { return Ok(()) };
        if let Some(knowledge) = &self.knowledge {
            knowledge.validate().map_err(|error| error.inside("knowledge"))?;
            let squint = ofdm.squint.then_some("ofdm.squint");
            let near = ofdm.near_field.as_ref().and(Some("ofdm.near_field"));
            let file = matches!(self.channel, Some(Channel::File { .. })).then_some("channel");
            if let Some(place) = squint.or(near).or(file) {
                let what = "estimates need statistics of drawn channels that are the same on every subcarrier";
                let error = InputError::new(what, place, "given beside `knowledge`", "one of both");
                return Err(error);
            }
        }
        ofdm.validate().map_err(|error| error.inside("ofdm"))?;
        let refuse = |what: &str, place: &str, found: &str, allowed: &str| {
            Err(InputError::new(what, place, found, allowed))
        };
        self.check_asked()?;
        let given = [self.transmit_elements.is_some(), self.receive_elements.is_some()];
        let places = ["transmit_elements", "receive_elements"].into_iter().zip(given);
        if let Some((place, _)) = places.into_iter().find(|(_, given)| *given) {
            let what = "arrays over a band are planar, half a wavelength of the carrier apart";
            return refuse(what, place, "an array of another shape", "`transmit_array`")
                .map_err(|error| error.hint("without `ofdm` arrays may have any shape"));
        }
        let antennas = self.transmit_array.horizontal.saturating_mul(self.transmit_array.vertical);
        let streams = self.users.saturating_add(self.sensing_streams.unwrap_or(1)).max(1);
        check_size(ofdm.subcarriers, antennas, streams).map_err(|error| error.inside("ofdm"))?;
        if let Some(Channel::Geometry { carrier_ghz, .. }) = &self.channel
            && (carrier_ghz - ofdm.carrier_ghz).abs() > 1e-9 * ofdm.carrier_ghz
        {
            let (found, allowed) = (
                format!("{} GHz", ofdm.carrier_ghz),
                format!("{carrier_ghz} GHz, as the geometry"),
            );
            return refuse("there are two carriers", "ofdm.carrier_ghz", &found, &allowed);
        }
        if let Some(Channel::Geometry { bandwidth_mhz: Some(said), .. }) = &self.channel {
            let own = ofdm.bandwidth_hz() / 1e6;
            if self.ofdm.is_some() && (said - own).abs() > 1e-9 * own {
                let (found, what) = (format!("{said} MHz"), "there are two bandwidths");
                let allowed = format!("{own} MHz, as subcarriers × spacing of `ofdm`; or nothing");
                return refuse(what, "channel.bandwidth_mhz", &found, &allowed);
            }
        }
        if let Some(NearField { users: Some(places), .. }) = &ofdm.near_field {
            if places.len() != self.users {
                let found = format!("{} places", places.len());
                let allowed = format!("{}, as `users`", self.users);
                let what = "not one place a user";
                return refuse(what, "ofdm.near_field.users", &found, &allowed);
            }
            if self.channel.as_ref().is_some_and(|channel| !channel.is_rayleigh()) {
                let what = "users at places have lines of sight, and a channel is given too";
                return refuse(what, "channel", "another channel", "`ofdm.near_field.users` alone");
            }
        }
        let range = |place: String, value: f64| in_range(&place, value, 0.0, 1e9, "m");
        let speed = |place: String, value: f64| in_range(&place, value, -1e6, 1e6, "m/s");
        match &self.targets {
            Targets::Fixed(targets) => {
                for (m, target) in targets.iter().enumerate() {
                    let place = |name: &str| format!("targets.fixed[{m}].{name}");
                    range(place("range_m"), target.range_m.unwrap_or(0.0))?;
                    speed(place("velocity_m_s"), target.velocity_m_s.unwrap_or(0.0))?;
                }
            }
            Targets::Drawn(law) => {
                let place = |name: &str| format!("targets.drawn.{name}");
                if let Some([low, high]) = law.range_m {
                    range(place("range_m"), low)?;
                    in_range(&place("range_m"), high, low, 1e9, "m, not below the lower end")?;
                }
                if let Some([low, high]) = law.velocity_m_s {
                    speed(place("velocity_m_s"), low)?;
                    let unit = "m/s, not below the lower end";
                    in_range(&place("velocity_m_s"), high, low, 1e6, unit)?;
                }
            }
            Targets::Placed(targets) => {
                for (m, target) in targets.iter().enumerate() {
                    let place = format!("targets.placed[{m}].velocity_m_s");
                    speed(place, target.velocity_m_s.unwrap_or(0.0))?;
                }
            }
        }
        Ok(())
    }

    /// Refuse what of a scene no goal over a band knows, each by its name.
    fn check_asked(&self) -> Result<(), InputError> {
        // estimates alone are those of a band of one subcarrier
        let beside = if self.ofdm.is_some() { "ofdm" } else { "knowledge" };
        if matches!(self.goal, Goal::MaxSensing { .. }) {
            let what = "gains are not designed for over a band, or with estimates";
            let allowed = "min-crb, min-power, sum-rate, max-min-rate, proportional-fair, weighted";
            let allowed = format!("{allowed}; or no `{beside}`");
            return Err(InputError::new(what, "goal", self.goal.name(), allowed));
        }
        let errors = "`knowledge` alone, estimates with errors that follow from pilots";
        for (name, given, allowed) in [
            ("template", self.template.is_some(), "no template"),
            ("clutter", !self.clutter.is_empty(), "no clutter"),
            ("uncertain", self.uncertain.is_some(), "angles that are known"),
            ("channel_error_db", self.channel_error_db.is_some(), errors),
            ("stations", self.stations.is_some(), "one station"),
            ("require.groups", !self.require.groups.is_empty(), "one power"),
            ("streams_cancelled", self.streams_cancelled, "false"),
        ] {
            if given {
                let what = "beams over a band, or with estimates, do not know of this";
                let found = format!("given beside `{beside}`");
                let allowed = format!("{allowed}, or no `{beside}`");
                return Err(InputError::new(what, name, found, allowed));
            }
        }
        Ok(())
    }

    /// Refuse ranges and velocities that nothing would look at.
    fn refuse_motion(&self) -> Result<(), InputError> {
        let refuse = |place: String| {
            let what = "only a frame tells ranges and velocities";
            let allowed = "`ofdm` beside it, or nothing";
            Err(InputError::new(what, place, "given", allowed))
        };
        match &self.targets {
            Targets::Fixed(targets) => {
                for (m, target) in targets.iter().enumerate() {
                    if target.range_m.is_some() {
                        return refuse(format!("targets.fixed[{m}].range_m"));
                    }
                    if target.velocity_m_s.is_some() {
                        return refuse(format!("targets.fixed[{m}].velocity_m_s"));
                    }
                }
            }
            Targets::Drawn(law) => {
                if law.range_m.is_some() {
                    return refuse("targets.drawn.range_m".to_owned());
                }
                if law.velocity_m_s.is_some() {
                    return refuse("targets.drawn.velocity_m_s".to_owned());
                }
            }
            Targets::Placed(targets) => {
                if let Some(m) = targets.iter().position(|t| t.velocity_m_s.is_some()) {
                    return refuse(format!("targets.placed[{m}].velocity_m_s"));
                }
            }
        }
        let motion = |u: &Unknown| !(u.range && u.velocity);
        if motion(&self.unknown) || self.targets.unknown().iter().flatten().any(motion) {
            return refuse("unknown.range, unknown.velocity".to_owned());
        }
        Ok(())
    }

    /// The instance over a band of narrowband parts, whose noise is that of the whole band.
    pub(in crate::beamforming) fn over_band(
        &self,
        ofdm: &Ofdm,
        (mut parts, problem): (Parts, Option<Problem>),
        (seed, trial): (u64, u64),
    ) -> Result<Instance, Error> {
        let grid = ofdm.grid(self.snapshots);
        let n = grid.subcarriers;
        parts.snapshots = ofdm.symbols.unwrap_or(self.snapshots);
        parts.user_noise_w.iter_mut().for_each(|noise| *noise /= n as f64);
        parts.sensing_noise_w /= n as f64;
        if self.sensing_streams.is_none() {
            let targets = parts.targets.len();
            // where bounds are proven to be the best, as many as can be of use; else one a target
            let relative = !self.require.over_best.is_empty();
            if problem.as_ref().is_some_and(|problem| relative || problem.asks_for_bounds()) {
                parts.sensing_streams = directions(targets, ofdm.near_field.is_some());
            } else if n > 1 {
                parts.sensing_streams = targets;
            }
        }
        let mut unknown = vec![self.unknown; parts.targets.len()];
        for (slot, own) in unknown.iter_mut().zip(self.targets.unknown()) {
            *slot = own.unwrap_or(*slot);
        }
        if self.ofdm.is_none() {
            // one frequency tells neither
            unknown.iter_mut().for_each(|u| (u.range, u.velocity) = (false, false));
        }
        let motion = self.motion(parts.targets.len(), seed, trial)?;
        let (range_m, velocity_m_s) = motion.into_iter().unzip();
        let channels = self.band_channels(ofdm, &grid, (seed, trial))?;
        let estimates = match &self.knowledge {
            Some(knowledge) => {
                let (model, array) = (self.channel_model().model(), self.band_antennas(ofdm));
                Some(knowledge.estimates(&model, &array, &channels, (seed, trial))?)
            }
            None => None,
        };
        let weights = BoundWeights {
            range_per_m2: ofdm.range_weight_per_m2,
            delay_range_per_m2: ofdm.range_weight_per_m2,
            speed_per_m2_s2: ofdm.velocity_weight_per_m2_s2,
            ..BoundWeights::default()
        };
        let (squint, centred) = (ofdm.squint, ofdm.is_centred());
        let near = ofdm
            .near_field
            .as_ref()
            .map(|near| Near { amplitude_exponent: near.amplitude_exponent, linked: near.linked });
        let band = Band {
            grid,
            squint,
            centred,
            near,
            range_m,
            velocity_m_s,
            unknown,
            weights,
            channels,
            estimates,
        };
        match problem {
            Some(problem) => self.asked_over_band(parts, band, problem),
            None => Instance::over_band(parts, band),
        }
    }

    /// The instance of a goal, with limits that are relative to the best there is resolved.
    fn asked_over_band(
        &self,
        parts: Parts,
        band: Band,
        mut problem: Problem,
    ) -> Result<Instance, Error> {
        let relatives = self.require.over_best.iter().enumerate();
        for (i, relative) in relatives {
            let place = format!("require.over_best[{i}].metric");
            // no limits yet, which the least power of nothing would be refused for
            let goal = Goal::MinCrb { metric: relative.metric.clone() };
            let plain = Problem { goal, limits: Vec::new(), ..problem.clone() };
            let instance = Instance::asking_over_band(parts.clone(), band.clone(), plain);
            let instance = instance.map_err(|error| match error {
                Error::Input(error) => {
                    let place = error.place.replacen("goal.metric", &place, 1);
                    Error::Input(InputError { place, ..error })
                }
                other => other,
            })?;
            let best = best_of(&instance, &relative.metric, &Interrupt::new())?;
            let Some(best) = best else {
                let what = "no beams give this metric a value";
                let found = relative.metric.words();
                return Err(InputError::new(what, place, found, "one that can be seen").into());
            };
            let limit = best * relative.factor.powi(2);
            problem.limits.push(Limit { metric: relative.metric.clone(), limit });
        }
        let instance = Instance::asking_over_band(parts, band, problem)?;
        Ok(if self.require.over_best.is_empty() { instance } else { instance.with_moving_limits() })
    }

    /// Range and velocity of every target.
    pub(super) fn motion(
        &self,
        count: usize,
        seed: u64,
        trial: u64,
    ) -> Result<Vec<(f64, f64)>, InputError> {
        let usual = |range: Option<f64>, velocity: Option<f64>| {
            (range.unwrap_or(USUAL_RANGE_M), velocity.unwrap_or(0.0))
        };
        Ok(match &self.targets {
            Targets::Fixed(targets) => {
                targets.iter().map(|t| usual(t.range_m, t.velocity_m_s)).collect()
            }
            Targets::Drawn(law) => (0..count)
                .map(|m| {
                    let key = StreamKey::new(seed, SYSTEM, "target-motion", m as u64);
                    let mut rng = key.trial(trial);
                    let mut within = |ends: Option<[f64; 2]>| {
                        let u = uniform(&mut rng, 0.0, 1.0);
                        ends.map(|[low, high]| low + (high - low) * u)
                    };
                    let range = within(law.range_m);
                    usual(range, within(law.velocity_m_s))
                })
                .collect(),
            Targets::Placed(targets) => {
                let ranges = self.placed_ranges(targets)?;
                let both = ranges.into_iter().zip(targets);
                both.map(|(range, t)| usual(Some(range), t.velocity_m_s)).collect()
            }
        })
    }

    /// Channels of every subcarrier, transmit antennas × users.
    fn band_channels(
        &self,
        ofdm: &Ofdm,
        grid: &Grid,
        (seed, trial): (u64, u64),
    ) -> Result<Vec<CMat>, InputError> {
        let channel = self.channel_model();
        if let Channel::File { .. } = channel {
            let own = self.of_file(trial, grid.subcarriers);
            return own.map_err(|error| error.inside("channel"));
        }
        let array = self.band_antennas(ofdm);
        let antennas = array.elements();
        let offsets = grid.offsets_hz();
        let band =
            Offsets { carrier_hz: grid.carrier_hz, offsets_hz: &offsets, squint: ofdm.squint };
        if let Some(NearField { users: Some(places), amplitude_exponent, .. }) = &ofdm.near_field {
            return near_channels(places, *amplitude_exponent, &array, &band);
        }
        let delays = ofdm.delays();
        let mut out = vec![CMat::zeros(antennas, self.users); offsets.len()];
        for user in 0..self.users {
            let streams = UserStreams { seed, system: SYSTEM, trial, user: user as u64 };
            let own = channel.model_of(user).draw_band(&array, &streams, &delays, &band);
            let own = own.map_err(|error| error.inside("channel"))?;
            for (n, out) in out.iter_mut().enumerate() {
                out.col_mut(user).copy_from_slice(own.col(n));
            }
        }
        Ok(out)
    }

    /// The transmit array as models of channels see it, with the reference of the band.
    fn band_antennas(&self, ofdm: &Ofdm) -> UniformArray {
        let shape = self.transmit_array;
        let array = UniformArray::new(shape.horizontal, shape.vertical);
        if ofdm.is_centred() { array.centred() } else { array }
    }
}

/// Lines of sight of users at places, with the phase of the way.
fn near_channels(
    places: &[NearUser],
    amplitude_exponent: f64,
    array: &UniformArray,
    band: &Offsets<'_>,
) -> Result<Vec<CMat>, InputError> {
    let mut out = vec![CMat::zeros(array.elements(), places.len()); band.offsets_hz.len()];
    for (user, place) in places.iter().enumerate() {
        let at = Place {
            azimuth_rad: place.azimuth_deg.to_radians(),
            polar_rad: place.polar_deg.to_radians(),
            range_m: place.range_m,
        };
        let own = near_user::channel(array, at, 1.0, (Phase::Geometric, amplitude_exponent), band);
        let own = own.map_err(|error| error.inside(&format!("ofdm.near_field.users[{user}]")))?;
        for (n, out) in out.iter_mut().enumerate() {
            out.col_mut(user).copy_from_slice(own.col(n));
        }
    }
    Ok(out)
}
