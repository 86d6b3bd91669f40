//! A scenario and its file of channels: what a study asks before it runs.

use std::path::Path;

use noctule_num::{CMat, InputError};
use noctule_phy::arrays::PlanarArray;
use noctule_phy::channels::antennas::Antennas;
use noctule_phy::channels::array::UniformArray;

use super::Channel;
#[cfg(feature = "files")]
use super::{TrialsBeyond, ZeroChannels, import::Selection, own::Own};
use crate::beamforming::Scenario;
use crate::beamforming::goal::Elements;

#[cfg(feature = "files")]
impl Channel {
    /// What is said of a file; `None` of channels that are drawn.
    fn own(&self) -> Option<Own> {
        use noctule_phy::channels::table::{Beyond, ZeroUsers};
        let Self::File {
            path,
            variable,
            axes,
            conjugate,
            subcarrier,
            trials_beyond_file,
            channel_scale,
            zero_users,
            tool,
            total_subcarriers,
            element_order,
            receive_antennas,
            transmitter,
            symbol,
            direction_check,
            sha256,
            rows,
        } = self
        else {
            return None;
        };
        let said = |text: &String| (!text.is_empty()).then(|| text.clone());
        Some(Own {
            path: path.clone(),
            variable: said(variable),
            axes: said(axes),
            conjugate: *conjugate,
            subcarrier: *subcarrier,
            beyond: match trials_beyond_file {
                TrialsBeyond::Refuse => Beyond::Refuse,
                TrialsBeyond::Wrap => Beyond::Wrap,
            },
            scale: *channel_scale,
            zero_users: match zero_users {
                ZeroChannels::Refuse => ZeroUsers::Refuse,
                ZeroChannels::Keep => ZeroUsers::Keep,
            },
            tool: *tool,
            total_subcarriers: *total_subcarriers,
            element_order: element_order.clone(),
            selection: Selection {
                receive: *receive_antennas,
                transmitter: *transmitter,
                symbol: *symbol,
            },
            direction_check: *direction_check,
            sha256: said(sha256),
            rows: *rows,
        })
    }
}

impl Channel {
    /// What the readers of a file decided.
    pub(super) fn file_notes(&self, array: PlanarArray) -> Vec<String> {
        #[cfg(feature = "files")]
        if let Some(own) = self.own() {
            return own.open(array).map(|opened| opened.notes().to_vec()).unwrap_or_default();
        }
        let _ = array;
        Vec::new()
    }
}

impl Scenario {
    /// The transmit array by its sides; one without rows and columns is a row.
    pub(in crate::beamforming) fn channel_array(&self) -> PlanarArray {
        let shape = self.transmit_array;
        let own = self.transmit_elements.as_ref().map(Elements::sides);
        let (horizontal, vertical) = own.unwrap_or((shape.horizontal, shape.vertical));
        PlanarArray::new(horizontal, vertical)
    }

    /// What is to be said of the channels before they are drawn.
    pub(in crate::beamforming) fn channel_notes(&self) -> Vec<String> {
        self.channel_model().warnings(self.channel_array())
    }

    /// The transmit array as models of channels see it.
    fn antennas(&self) -> Box<dyn Antennas> {
        let shape = self.transmit_array;
        match &self.transmit_elements {
            Some(own) => own.antennas(),
            None => Box::new(UniformArray::new(shape.horizontal, shape.vertical)),
        }
    }

    /// The users' channels of a trial, transmit antennas × users.
    pub(in crate::beamforming) fn channels(
        &self,
        seed: u64,
        trial: u64,
    ) -> Result<CMat, InputError> {
        let channel = self.channel_model();
        if let Channel::File { .. } = channel {
            let own = self.of_file(trial, 1).map_err(|error| error.inside("channel"));
            return own.map(|mut all| all.swap_remove(0));
        }
        channel.draw(seed, trial, &*self.antennas(), self.users)
    }

    /// The channels of a row on so many subcarriers.
    ///
    /// # Errors
    /// A file that does not fit the scenario, or has another number of subcarriers than one and those.
    #[cfg(feature = "files")]
    pub(in crate::beamforming) fn of_file(
        &self,
        trial: u64,
        subcarriers: usize,
    ) -> Result<Vec<CMat>, InputError> {
        let none = || vec![CMat::zeros(0, 0); subcarriers];
        let Some(own) = self.channel_model().own() else { return Ok(none()) };
        let opened = own.open(self.channel_array())?;
        let sizes = (self.users, subcarriers);
        opened.check(&own, &*self.antennas(), sizes, 0)?;
        opened.trial(&own, trial, sizes)
    }

    #[cfg(not(feature = "files"))]
    pub(in crate::beamforming) fn of_file(
        &self,
        _trial: u64,
        _subcarriers: usize,
    ) -> Result<Vec<CMat>, InputError> {
        let what = "files of channels are not part of this build";
        Err(InputError::new(what, "kind", "file", "another kind, or the feature `files`"))
    }

    /// What is to be written into `channel`: the digest of its file and the number of its rows, whose
    /// path is relative to `base`.
    ///
    /// # Errors
    /// A file that cannot be read, or that is not the one of the digest.
    pub(in crate::beamforming) fn attached(
        &self,
        base: &Path,
    ) -> Result<Vec<(&'static str, serde_json::Value)>, InputError> {
        // What is wrong with its words is said when it is validated.
        if self.check_channel().is_err() {
            return Ok(Vec::new());
        }
        #[cfg(feature = "files")]
        if let Some(own) = self.channel_model().own() {
            let found = own.attach(base, self.channel_array());
            let (digest, rows) = found.map_err(|error| error.inside("channel"))?;
            return Ok(vec![("sha256", digest.into()), ("rows", rows.into())]);
        }
        let _ = base;
        Ok(Vec::new())
    }

    /// Refuse a study that the file of channels does not suffice for.
    ///
    /// # Errors
    /// In the order of [`noctule_phy::channels::table`].
    pub(in crate::beamforming) fn check_trials(&self, trials: u64) -> Result<(), InputError> {
        #[cfg(feature = "files")]
        if let Some(own) = self.channel_model().own() {
            let trials = usize::try_from(trials).unwrap_or(usize::MAX);
            let opened = own.open(self.channel_array());
            let sizes = (self.users, self.ofdm.as_ref().map_or(1, |ofdm| ofdm.subcarriers));
            return opened
                .and_then(|opened| opened.check(&own, &*self.antennas(), sizes, trials))
                .map_err(|error| error.inside("channel"));
        }
        let _ = trials;
        Ok(())
    }
}
