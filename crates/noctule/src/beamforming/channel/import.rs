//! Channels of other programs, with their receive antennas.

use noctule_num::{C64, InputError};

use super::{ChannelTool, ReceiveAntennas};
use crate::data::{self, Array, Entries, Reading, Tool};

/// Which entries of axes that channels here do not have are taken.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Selection {
    pub(super) receive: ReceiveAntennas,
    pub(super) transmitter: Option<usize>,
    pub(super) symbol: Option<usize>,
}

/// The key of a scenario that says what an option of a reader says.
fn key(option: &str) -> &str {
    match option {
        "tx" => "transmitter",
        "symbol" | "time" => "symbol",
        "rx_ant" => "receive_antennas",
        "order" => "element_order",
        other => other,
    }
}

/// A complaint of a reader in the words of scenarios.
fn as_said(error: InputError) -> InputError {
    let place = key(&error.place).to_owned();
    let sides = "two polarisations at every element count twice; an array without rows and columns \
                 needs `element_order`";
    match error.place.as_str() {
        "tx" if error.allowed == "one, or a choice" => {
            InputError { place, hint: Some("choose one: `transmitter = 0`".into()), ..error }
        }
        "array" => InputError { hint: Some(sides.into()), ..error },
        _ => InputError { place, ..error },
    }
}

/// What a reader decided, in the words of scenarios.
fn note_as_said(note: String) -> String {
    let silenced = [
        ("; symbol=0 says it is so", "; `symbol = 0` says it is so"),
        ("; time=0 says it is so", "; `symbol = 0` says it is so"),
        ("; rx_ant=0 says it is so", "; `receive_antennas = \"users\"` takes each as a user"),
        (": total-subcarriers=512 undoes it", ": `total_subcarriers` undoes it"),
    ];
    let found = silenced.iter().find(|(option, _)| note.ends_with(option));
    found.map_or(note.clone(), |(option, key)| note.replace(option, key))
}

/// Channels of another program as `[trial, user, antenna, subcarrier]`, for an array of these sides,
/// and what was decided; `how` says what is not the same for all files of the program.
pub(super) fn imported(
    array: &Array,
    tool: ChannelTool,
    how: Reading,
    sides: (usize, usize),
    selection: Selection,
) -> Result<(Array, Vec<String>), InputError> {
    let (tool, axis) = match tool {
        ChannelTool::Sionna => (Tool::Sionna, 2),
        ChannelTool::Deepmimo => (Tool::DeepMimo, 1),
        ChannelTool::Quadriga => (Tool::Quadriga, 0),
        ChannelTool::Toolbox5g => (Tool::Toolbox5g, 2),
    };
    let knows_order = matches!(tool, Tool::Sionna | Tool::DeepMimo) && how.order.is_none();
    let mut how = Reading { tool: Some(tool), array: knows_order.then_some(sides), ..how };
    let time = if tool == Tool::DeepMimo { "time" } else { "symbol" };
    for (option, index) in [("tx", selection.transmitter), (time, selection.symbol)] {
        how.chosen.extend(index.map(|index| (option.to_owned(), index)));
    }
    let read = |how: &Reading| -> Result<_, InputError> {
        let found = data::import(array, how).map_err(as_said)?;
        let notes: Vec<String> = found.notes.into_iter().map(note_as_said).collect();
        Ok((found.array, notes))
    };
    if selection.receive == ReceiveAntennas::First {
        return read(&how);
    }
    let (mut parts, mut notes) = (Vec::new(), Vec::new());
    let chosen = how.chosen.clone();
    for index in 0..array.shape.get(axis).copied().unwrap_or(1) {
        how.chosen = chosen.clone();
        how.chosen.push(("rx_ant".to_owned(), index));
        let (part, of_part) = read(&how)?;
        notes = of_part;
        parts.push(part);
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
