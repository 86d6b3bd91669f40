//! What lies in a file beside the channels: the order of their axes, and what is not used.

use std::path::Path;

use noctule_num::InputError;

use crate::data;

/// What a file says of its channels.
pub(super) struct Beside {
    /// The order of the axes, where the scenario or the file says it.
    pub(super) axes: Option<String>,
    /// What of the file is not used, in words.
    pub(super) notes: Vec<String>,
}

fn names(axes: &str) -> Vec<&str> {
    axes.split(',').map(str::trim).collect()
}

impl Beside {
    /// Look beside the channels of a file, the array `variable` of it where that is said; `said` is what the
    /// scenario says of its axes, and `tool` whether they are those of another program.
    ///
    /// # Errors
    /// Axes in the file that are no text, or not those that the scenario says.
    pub(super) fn of(
        file: &Path,
        variable: Option<&str>,
        said: Option<&str>,
        tool: bool,
    ) -> Result<Self, InputError> {
        let known = data::companions(file)?;
        let beside = |name: &str| known.contains(&name) && variable != Some(name);
        let mut notes: Vec<String> = ["estimates", "error_covariances"]
            .into_iter()
            .filter(|name| beside(name))
            .map(|name| {
                format!(
                    "`{name}` in the file of channels is not used: channels are taken as known, up to \
                     `channel_error_db`; `--array band_estimates=` and `--array error_covariances=` take them for one trial"
                )
            })
            .collect();
        let stored = if beside("axes") { data::text_beside(file, "axes")? } else { None };
        let axes = match (said, stored) {
            (_, Some(stored)) if tool => {
                notes.push(format!(
                    "`axes` in the file of channels ({stored}) is not used: those of `tool` are known"
                ));
                None
            }
            (Some(said), Some(stored)) if names(said) != names(&stored) => {
                let what = "the file of channels says another order of its axes";
                let allowed = format!("{stored}, as the file has it");
                let error = InputError::new(what, "axes", said, allowed);
                return Err(error.hint("without `axes` the file's own hold"));
            }
            (said, stored) => said.map(str::to_owned).or(stored),
        };
        Ok(Self { axes, notes })
    }

    /// Whether so many axes lie as ours do, trials first.
    pub(super) fn is_ours(&self, count: usize) -> bool {
        const OURS: [&str; 4] = ["trial", "user", "antenna", "subcarrier"];
        let from = usize::from(count == 2);
        let ours = OURS.get(from..from + count);
        self.axes.as_deref().is_none_or(|axes| ours.is_some_and(|ours| names(axes) == ours))
    }
}

/// That channels of real numbers are an odd thing.
pub(super) fn real(complex: bool) -> Option<String> {
    let note = "the channels in the file are real numbers: every phase is 0 or 180 degrees";
    (!complex).then(|| note.to_owned())
}
