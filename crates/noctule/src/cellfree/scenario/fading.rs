//! The links between users and access points where they are not independent Rayleigh fading.

use noctule_num::{C64, CMat, InputError};
use noctule_phy::aggregated::{AggregatedScene, Covariance};
use noctule_phy::channels::array::UniformArray;
use noctule_phy::channels::draws::UserStreams;

use super::Scenario;
use crate::cellfree::SYSTEM;
use crate::cellfree::instance::checks::MOST_APS;
use crate::links::{Law, Links};

/// Laws of all links, `[user][access point]`.
pub(super) struct Fading {
    laws: Vec<Vec<Law>>,
    draw: (u64, u64),
}

fn streams((seed, trial): (u64, u64), user: usize, ap: usize) -> UserStreams<'static> {
    UserStreams { seed, system: SYSTEM, trial, user: (user * MOST_APS + ap) as u64 }
}

impl Scenario {
    /// The laws of links whose lengths and directions at the access points are `ways[user][ap]`; `None` of
    /// independent Rayleigh fading. Gains of a geometry take the place of those in `scene`.
    ///
    /// # Errors
    /// What a model refuses.
    pub(super) fn fading(
        &self,
        scene: &mut AggregatedScene,
        ways: &[Vec<(f64, f64)>],
        draw: (u64, u64),
    ) -> Result<Option<Fading>, InputError> {
        let Some(links) = self.channel.filter(|_| !Links::is_usual(&self.channel)) else {
            return Ok(None);
        };
        let array = UniformArray::new(scene.antennas, 1).spaced([self.spacing_wavelengths, 0.5]);
        let mut laws = Vec::with_capacity(ways.len());
        for (user, ways) in ways.iter().enumerate() {
            let mut own = Vec::with_capacity(ways.len());
            for (ap, &(distance_m, azimuth_rad)) in ways.iter().enumerate() {
                let distance_m = distance_m.max(self.min_distance_m);
                let gain = scene.direct[user][ap].powi(2);
                let streams = streams(draw, user, ap);
                let law = links.law(&array, azimuth_rad, distance_m, gain, &streams);
                let law = law.map_err(|error| error.inside("channel"))?;
                scene.direct[user][ap] = law.gain.sqrt();
                own.push(law);
            }
            laws.push(own);
        }
        Ok(Some(Fading { laws, draw }))
    }

    /// What is to be said of the links of a trial, each thing once.
    pub(super) fn fading_warnings(&self, ways: &[Vec<(f64, f64)>]) -> Vec<String> {
        let mut out: Vec<String> = Vec::new();
        let Some(links) = &self.channel else { return out };
        let all = || ways.iter().flatten().map(|way| way.0.max(self.min_distance_m));
        let (least, most) = (all().fold(f64::INFINITY, f64::min), all().fold(0.0, f64::max));
        for distance in [least, most].into_iter().filter(|d| d.is_finite() && *d > 0.0) {
            for warning in links.warnings(distance) {
                if !out.contains(&warning) {
                    out.push(warning);
                }
            }
        }
        out
    }
}

impl Fading {
    /// Covariances of channels with these links.
    pub(super) fn covariances(&self, scene: &AggregatedScene) -> Vec<Covariance> {
        let shapes: Vec<Vec<CMat>> =
            self.laws.iter().map(|own| own.iter().map(Law::covariance).collect()).collect();
        scene.channel_covariances_with(|user, ap| Some(&shapes[user][ap]))
    }

    /// The channel of a link from its numbers CN(0, 1).
    pub(super) fn link(&self, user: usize, ap: usize, g: Vec<C64>) -> Vec<C64> {
        self.laws[user][ap].channel(g, &streams(self.draw, user, ap))
    }
}

#[cfg(test)]
mod tests;
