//! Channels of other programs, with their receive antennas.

use noctule_num::{C64, InputError};

use super::{ChannelTool, ReceiveAntennas};
use crate::data::{self, Array, Entries, Reading, Tool};

/// Channels of another program as `[trial, user, antenna, subcarrier]`, for an array of these sides,
/// and what was decided; `how` says what is not the same for all files of the program.
pub(super) fn imported(
    array: &Array,
    tool: ChannelTool,
    how: Reading,
    sides: (usize, usize),
    receive: ReceiveAntennas,
) -> Result<(Array, Vec<String>), InputError> {
    let (tool, axis) = match tool {
        ChannelTool::Sionna => (Tool::Sionna, 2),
        ChannelTool::Deepmimo => (Tool::DeepMimo, 1),
        ChannelTool::Quadriga => (Tool::Quadriga, 0),
        ChannelTool::Toolbox5g => (Tool::Toolbox5g, 2),
    };
    let knows_order = matches!(tool, Tool::Sionna | Tool::DeepMimo) && how.order.is_none();
    let mut how = Reading { tool: Some(tool), array: knows_order.then_some(sides), ..how };
    if receive == ReceiveAntennas::First {
        let found = data::import(array, &how)?;
        return Ok((found.array, found.notes));
    }
    let (mut parts, mut notes) = (Vec::new(), Vec::new());
    for index in 0..array.shape.get(axis).copied().unwrap_or(1) {
        how.chosen = vec![("rx_ant".to_owned(), index)];
        let found = data::import(array, &how)?;
        notes = found.notes;
        parts.push(found.array);
    }
    Ok((beside(&parts), notes))
}

/// Entries as complex numbers.
pub(super) fn complex(entries: Entries) -> Vec<C64> {
    match entries {
        Entries::Complex(values) => values,
        Entries::Real(values) => values.into_iter().map(C64::from).collect(),
    }
}

/// Receive antennas as users: those of a user side by side.
fn beside(parts: &[Array]) -> Array {
    let Some(first) = parts.first() else { return Array::complex(vec![0; 4], Vec::new()) };
    let mut shape = first.shape.clone();
    let each: usize = shape[2..].iter().product();
    let all: Vec<Vec<C64>> = parts.iter().map(|part| complex(part.entries.clone())).collect();
    let mut entries = Vec::with_capacity(all.len() * shape[0] * shape[1] * each);
    for place in 0..shape[0] * shape[1] {
        all.iter().for_each(|part| entries.extend(&part[place * each..(place + 1) * each]));
    }
    shape[1] *= parts.len();
    Array::complex(shape, entries)
}
