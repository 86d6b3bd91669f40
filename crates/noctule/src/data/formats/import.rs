//! Channels of other programs as `[trial, user, antenna, subcarrier]`, in the order of elements
//! and with the sign of phases of this one: a line of sight at (θ, φ) aligns with a(θ, φ).
//!
//! All of them write y = gᵀx with the physical phase e^{+jk u·r}, so that all are conjugated. The
//! transmit index here counts *against* the axes (so that its phases grow in spite of the
//! conjugation); theirs count along them, or rows downwards, whence the mirrors.

use noctule_num::InputError;

use super::axes::{along, conjugated};
use super::reading::{Reading, Tool};
use crate::data::{Array, Entries, FieldInfo};

/// Channels with all their axes.
#[derive(Clone, Debug, PartialEq)]
pub struct Imported {
    /// Axes trial, user, antenna, subcarrier.
    pub array: Array,
    /// What was left out, and what could not be known.
    pub notes: Vec<String>,
}

/// The axes that channels have in the end.
const AXES: [&str; 4] = ["batch", "user", "antenna", "subcarrier"];

/// What a program's axes are called here; those that are not among [`AXES`] are reduced to one
/// entry.
fn axes(tool: Tool, dimensions: usize) -> Vec<&'static str> {
    match tool {
        Tool::Sionna => vec!["batch", "user", "rx_ant", "tx", "antenna", "symbol", "subcarrier"],
        Tool::DeepMimo if dimensions == 5 => {
            vec!["user", "rx_ant", "antenna", "subcarrier", "time"]
        }
        Tool::DeepMimo => vec!["user", "rx_ant", "antenna", "subcarrier"],
        Tool::Quadriga => vec!["rx_ant", "antenna", "subcarrier", "batch"],
        Tool::Toolbox5g => vec!["subcarrier", "symbol", "rx_ant", "antenna"],
    }
}

/// Channels of the program that `how` names.
///
/// # Errors
/// Another number of dimensions, a choice out of range, several transmitters of which none is
/// chosen, sides of the array that are not given or do not fit.
pub fn import(array: &Array, how: &Reading) -> Result<Imported, InputError> {
    let Some(tool) = how.tool else {
        return Err(InputError::new("no program is named", "tool", "nothing", "tool=sionna, …"));
    };
    let mut notes = Vec::new();
    let mut names = axes(tool, array.shape.len());
    let mut array = array.clone();
    // MATLAB drops dimensions of length one at the end.
    while matches!(tool, Tool::Quadriga | Tool::Toolbox5g)
        && (2..names.len()).contains(&array.shape.len())
    {
        array.shape.push(1);
    }
    if array.shape.len() != names.len() {
        let what = "the array has the wrong number of dimensions";
        let found = format!("shape {:?}", array.shape);
        let allowed = format!("a complex array of shape [{}]", foreign(tool, &names).join(", "));
        return Err(InputError::new(what, "channels", found, allowed));
    }
    let chosen = choices(tool, &names, &array.shape, how, &mut notes)?;
    for name in AXES {
        if !names.contains(&name) {
            names.insert(0, name);
            array.shape.insert(0, 1);
        }
    }
    let names: Vec<String> = names.into_iter().map(str::to_owned).collect();
    let (array, _) = along(&array, &names, &AXES, &chosen)?;
    let array = conjugated(ordered(array, tool, how)?);
    let array = scaled(array, tool, how, &mut notes);
    Ok(Imported { array, notes })
}

/// The axes as their own program calls them.
fn foreign(tool: Tool, names: &[&'static str]) -> Vec<&'static str> {
    let turn = |name: &&'static str| match (tool, *name) {
        (_, "antenna") => "tx_ant",
        (Tool::Sionna, "user") => "rx",
        (Tool::Quadriga, "subcarrier") => "carrier",
        (Tool::Quadriga, "batch") => "snapshot",
        (_, name) => name,
    };
    names.iter().map(turn).collect()
}

/// Which entry of every axis that must go; leaving out what nobody chose is said.
fn choices(
    tool: Tool,
    names: &[&'static str],
    shape: &[usize],
    how: &Reading,
    notes: &mut Vec<String>,
) -> Result<Vec<(String, usize)>, InputError> {
    let outer = foreign(tool, names);
    let mut chosen = Vec::new();
    for (asked, index) in &how.chosen {
        if AXES.contains(&asked.as_str()) || ["snapshot", "carrier"].contains(&asked.as_str()) {
            continue; // these axes stay here; the caller takes its entry
        }
        if !outer.contains(&asked.as_str()) {
            let what = "there is no axis of that name";
            let found = format!("{asked}={index}");
            return Err(InputError::new(what, asked, found, outer.join(", ")));
        }
        chosen.push((asked.clone(), *index));
    }
    for (name, &length) in names.iter().zip(shape) {
        if AXES.contains(name) || chosen.iter().any(|(asked, _)| asked == name) {
            continue;
        }
        if *name == "tx" && length > 1 {
            let what = "there are several transmitters";
            let error = InputError::new(what, "tx", length.to_string(), "one, or a choice");
            return Err(error.hint("choose one: tx=0"));
        }
        if length > 1 {
            notes.push(format!(
                "only the first of {length} along `{name}` was taken; {name}=0 says it is so"
            ));
        }
        chosen.push(((*name).to_owned(), 0));
    }
    Ok(chosen)
}

/// The elements in the order of this program.
fn ordered(array: Array, tool: Tool, how: &Reading) -> Result<Array, InputError> {
    let mut order = how.clone();
    match tool {
        // columns along +y, rows downwards
        Tool::Sionna => (order.horizontal_fastest, order.mirror_horizontal) = (false, true),
        // y fastest, then z upwards
        Tool::DeepMimo => {
            order.horizontal_fastest = true;
            (order.mirror_horizontal, order.mirror_vertical) = (true, true);
        }
        Tool::Quadriga | Tool::Toolbox5g => {}
    }
    let known = matches!(tool, Tool::Sionna | Tool::DeepMimo);
    if known && how.array.is_none() && how.order.is_none() && !how.as_is {
        let what = "the sides of the transmit array are not said";
        let found = format!("{} antennas", array.shape[2]);
        let allowed = "array=8x4, elements horizontal x vertical";
        let error = InputError::new(what, "array", found, allowed);
        return Err(error.hint("array=as-is keeps the order; directions then mean nothing"));
    }
    if how.as_is || (how.array.is_none() && how.order.is_none()) {
        return Ok(array);
    }
    order.reorder(&array, 2)
}

/// DeepMIMO divides amplitudes by the root of the number of its subcarriers.
fn scaled(array: Array, tool: Tool, how: &Reading, notes: &mut Vec<String>) -> Array {
    if tool != Tool::DeepMimo {
        return array;
    }
    let Some(total) = how.total_subcarriers else {
        notes.push(
            "DeepMIMO divides amplitudes by the root of the number of subcarriers, which was not \
             said: total-subcarriers=512 undoes it"
                .to_owned(),
        );
        return array;
    };
    let factor = (total as f64).sqrt();
    let entries = match array.entries {
        Entries::Complex(values) => Entries::Complex(values.iter().map(|z| *z * factor).collect()),
        Entries::Real(values) => Entries::Real(values.iter().map(|x| *x * factor).collect()),
    };
    Array { shape: array.shape, entries }
}

/// One trial and one subcarrier of imported channels, as a narrowband instance has them.
pub(super) fn one_trial(
    array: Array,
    how: &Reading,
    field: &FieldInfo,
    notes: &mut Vec<String>,
) -> Result<Array, InputError> {
    let mut chosen = Vec::new();
    for (axis, name, other) in [(0, "batch", "snapshot"), (3, "subcarrier", "carrier")] {
        let asked = how.chosen.iter().find(|(asked, _)| asked == name || asked == other);
        let length = array.shape[axis];
        if asked.is_none() && length > 1 {
            notes.push(format!(
                "only the first of {length} along `{name}` was taken; {name}=0 says it is so"
            ));
        }
        chosen.push((name.to_owned(), asked.map_or(0, |(_, index)| *index)));
    }
    let names = AXES.map(str::to_owned);
    along(&array, &names, field.dimensions, &chosen).map(|(array, _)| array)
}
