//! What a scenario says of a file of its own channels.

use std::path::Path;

use noctule_num::InputError;
use noctule_phy::channels::table::{Beyond, ZeroUsers};

use super::import::Selection;
use super::{ChannelScale, ChannelTool, DirectionCheck};

/// What a scenario says of a file.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Own {
    pub(super) path: String,
    pub(super) variable: Option<String>,
    pub(super) axes: Option<String>,
    pub(super) conjugate: bool,
    pub(super) subcarrier: Option<usize>,
    pub(super) beyond: Beyond,
    pub(super) scale: ChannelScale,
    pub(super) zero_users: ZeroUsers,
    pub(super) tool: Option<ChannelTool>,
    pub(super) total_subcarriers: Option<usize>,
    pub(super) element_order: Option<Vec<usize>>,
    pub(super) selection: Selection,
    pub(super) direction_check: Option<DirectionCheck>,
    pub(super) sha256: Option<String>,
    pub(super) rows: Option<u64>,
}

/// Keys of a scenario that a complaint about a file may be about; others are about the file.
const KEYS: [&str; 8] = [
    "axes",
    "element_order",
    "receive_antennas",
    "subcarrier",
    "symbol",
    "total_subcarriers",
    "transmitter",
    "variable",
];

/// A complaint about a file, at the key that names it, or that it is about.
pub(super) fn about(error: InputError, file: &Path) -> InputError {
    if KEYS.contains(&&*error.place) {
        return error;
    }
    let file = file.display().to_string();
    let inner =
        error.place.strip_prefix(&file).map_or(&*error.place, |rest| rest.trim_start_matches(": "));
    let found = match inner {
        "" => format!("{} ({file})", error.found),
        inner => format!("{} at {inner} ({file})", error.found),
    };
    InputError { place: "path".to_owned(), found, ..error }
}
