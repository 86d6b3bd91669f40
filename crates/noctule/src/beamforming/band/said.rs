//! What is to be said of a band before anything is drawn.

use noctule_num::CMat;
use noctule_phy::channels::model::Model;

use super::{Band, Near, Ofdm};
use crate::beamforming::{Channel, Parts, Scenario, TargetSpec, Targets};

/// Power of users' channels after the cyclic prefix that is not worth a word: 30 dB below the whole.
const LATE: f64 = 1e-3;

impl Scenario {
    /// Whether targets are within reach of the frame: what [`Band::warnings`] says of instances, of drawn targets at
    /// the ends of their ranges.
    pub(in crate::beamforming) fn frame_notes(&self) -> Vec<String> {
        let Some(ofdm) = &self.ofdm else { return Vec::new() };
        let Some((parts, band, drawn)) = self.skeleton(ofdm) else { return Vec::new() };
        let mut out: Vec<String> = Vec::new();
        for sentence in band.warnings(&parts) {
            let sentence = match sentence.strip_prefix("target ") {
                Some(rest) if drawn => {
                    format!(
                        "a drawn target{}",
                        rest.trim_start_matches(|c: char| c.is_ascii_digit())
                    )
                }
                _ => sentence,
            };
            if !out.contains(&sentence) {
                out.push(sentence);
            }
        }
        out
    }

    /// The instance without its channels; whether its targets stand for drawn ones.
    fn skeleton(&self, ofdm: &Ofdm) -> Option<(Parts, Band, bool)> {
        crate::beamforming::whole::bands().ok()?;
        let (transmit, receive) = (self.transmit_array.array(), self.receive_shape().array());
        let sizes = (transmit.elements(), self.receivers());
        let ends = |ends: Option<[f64; 2]>, usual: f64| ends.unwrap_or([usual; 2]);
        let (targets, motion, drawn) = match &self.targets {
            Targets::Fixed(all) => {
                let targets = all.iter().map(TargetSpec::si).collect::<Vec<_>>();
                (targets, self.motion(all.len(), 0, 0).ok()?, false)
            }
            Targets::Placed(all) => {
                (self.placed(all, sizes).ok()?, self.motion(all.len(), 0, 0).ok()?, false)
            }
            Targets::Drawn(law) => {
                let [near, far] = ends(law.range_m, super::scenario::USUAL_RANGE_M);
                let [slow, fast] = ends(law.velocity_m_s, 0.0);
                let targets = law.draw(0, 0).into_iter().take(1).flat_map(|t| [t; 2]).collect();
                (targets, vec![(near, slow), (far, fast)], true)
            }
        };
        let mut unknown = vec![self.unknown; targets.len()];
        for (slot, own) in unknown.iter_mut().zip(self.targets.unknown()) {
            *slot = own.unwrap_or(*slot);
        }
        let (range_m, velocity_m_s) = motion.into_iter().unzip();
        let grid = ofdm.grid(self.snapshots);
        let parts = Parts {
            transmit_array: transmit,
            receive_array: receive,
            channels: CMat::zeros(sizes.0, 0),
            targets,
            power_w: 1.0,
            user_noise_w: Vec::new(),
            sensing_noise_w: 1.0,
            snapshots: self.snapshots,
            sensing_streams: 0,
            rate_weight_per_nat: self.rate_weight_per_nat,
            // other goals have no weights
            crb_weight: if self.goal.is_weighted() { self.crb_weight } else { 1.0 },
            power_constraint: self.power_constraint,
        };
        let near = ofdm.near_field.as_ref();
        let band = Band {
            grid,
            squint: ofdm.squint,
            centred: ofdm.is_centred(),
            near: near.map(|n| Near { amplitude_exponent: n.amplitude_exponent, linked: n.linked }),
            range_m,
            velocity_m_s,
            unknown,
            weights: noctule_phy::channels::objective::BoundWeights::default(),
            channels: Vec::new(),
            estimates: None,
        };
        Some((parts, band, drawn))
    }

    /// What of channels does not fit to frame and pilots, by the words alone.
    pub(in crate::beamforming) fn word_notes(&self) -> Vec<String> {
        let mut out = Vec::new();
        if self.users == 0 {
            return out;
        }
        if let Some(ofdm) = &self.ofdm {
            let places = ofdm.near_field.as_ref().is_some_and(|near| near.users.is_some());
            if !places && !matches!(self.channel, Some(Channel::File { .. })) {
                out.extend(self.late(ofdm));
            }
            out.extend(self.idle_taps(ofdm, places));
        }
        out.extend(self.faint_pilots());
        out
    }

    /// Delays of users' channels beyond the prefix.
    fn late(&self, ofdm: &Ofdm) -> Option<String> {
        let (grid, delays) = (ofdm.grid(self.snapshots), ofdm.delays());
        let prefix_s = grid.cyclic_prefix_s().max(0.0);
        let share = self.channel_model().model().share_after(&delays, prefix_s);
        (share > LATE).then(|| {
            format!(
                "{:.1} % of the power of users' channels comes after the cyclic prefix of {:.4} ns: interference \
                 between symbols is not modelled",
                100.0 * share,
                prefix_s * 1e9
            )
        })
    }

    /// Taps that nothing looks at.
    fn idle_taps(&self, ofdm: &Ofdm, places: bool) -> Option<String> {
        ofdm.taps?;
        let why = match self.channel_model().model() {
            _ if places => "users at places have lines of sight",
            _ if matches!(self.channel, Some(Channel::File { .. })) => {
                "channels of a file are as they are"
            }
            Model::Clustered { .. } | Model::DelayLine { .. } => {
                "clusters and delay lines have delays of their own"
            }
            _ => return None,
        };
        Some(format!("`ofdm.taps` changes nothing: {why}"))
    }

    /// Pilots that the path loss of a cell leaves nothing of.
    fn faint_pilots(&self) -> Option<String> {
        let snr_db = self.knowledge.as_ref()?.pilot_snr_db;
        let (cell, _) = self.channel_model().cell()?;
        let loss_db = cell.scenario.path_loss_db(&cell.link(cell.radius_m[0]), true).ok()?;
        (snr_db < loss_db).then(|| {
            format!(
                "`knowledge.pilot_snr_db` is for a path gain of one, and the nearest user in sight has {:.0} dB: its \
                 pilot of {snr_db} dB comes {:.0} dB below the noise, and estimates tell hardly anything",
                -loss_db,
                loss_db - snr_db
            )
        })
    }
}
