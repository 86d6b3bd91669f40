//! How the numbers of a foreign array are to be understood: which axis is which, which index of a
//! planar array runs fastest and which way, and the sign of the phases.

use std::str::FromStr;

use noctule_num::{InputError, hint};

use super::{Array, Entries, FieldInfo, import};

/// The programs whose arrays of channels are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    /// Sionna: `[batch, rx, rx_ant, tx, tx_ant, symbol, subcarrier]`.
    Sionna,
    /// DeepMIMO: `[user, rx_ant, tx_ant, subcarrier]`, or with `time` behind.
    DeepMimo,
    /// QuaDRiGa's `fr`: `[rx_ant, tx_ant, carrier, snapshot]`.
    Quadriga,
    /// The 5G Toolbox' `nrPerfectChannelEstimate`: `[subcarrier, symbol, rx_ant, tx_ant]`.
    Toolbox5g,
}

/// The names of [`Tool`] in options.
pub const TOOLS: [(&str, Tool); 4] = [
    ("sionna", Tool::Sionna),
    ("deepmimo", Tool::DeepMimo),
    ("quadriga", Tool::Quadriga),
    ("5g-toolbox", Tool::Toolbox5g),
];

/// How to read an array; the default takes it as it lies.
///
/// As text, options are separated by semicolons:
///
/// ```
/// use noctule::data::Reading;
/// let reading: Reading = "axes=antenna,user; conjugate; array=8x4; fastest=horizontal".parse()?;
/// assert!(reading.conjugate && reading.horizontal_fastest);
/// assert_eq!(reading.array, Some((8, 4)));
/// # Ok::<(), noctule_num::InputError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// `axes=antenna,user`: the names of the axes, slowest first; those of the array they become
    /// and others, of which one entry is taken.
    pub axes: Option<Vec<String>>,
    /// `symbol=2`: which entry of such an axis, from 0.
    pub chosen: Vec<(String, usize)>,
    /// `conjugate`: the other sign of the phase, as in `y = h x` (not conjugated).
    pub conjugate: bool,
    /// `array=8x4`: elements horizontal × vertical, for the order of the elements.
    pub array: Option<(usize, usize)>,
    /// `array=as-is`: the order of the elements is kept, and directions mean nothing.
    pub as_is: bool,
    /// `fastest=horizontal`: which index of the foreign array runs fastest (here the vertical one).
    pub horizontal_fastest: bool,
    /// `mirror=horizontal` or `mirror=both`: the horizontal index counts the other way.
    pub mirror_horizontal: bool,
    /// `mirror=vertical` or `mirror=both`.
    pub mirror_vertical: bool,
    /// `order=2,0,1`: element `n` is that of the foreign array's entry `order[n]`.
    pub order: Option<Vec<usize>>,
    /// `tool=sionna`: axes, phases and the order of elements of a known program.
    pub tool: Option<Tool>,
    /// `total-subcarriers=512`: of all of DeepMIMO's OFDM symbol, by whose root it divides.
    pub total_subcarriers: Option<usize>,
    /// `heading`: the first line of a table is a heading, whatever it says.
    pub heading: bool,
    /// `decimal=comma`: commas are decimal commas.
    pub decimal_comma: bool,
}

const WORDS: &[&str] = &[
    "axes",
    "conjugate",
    "array",
    "fastest",
    "mirror",
    "order",
    "tool",
    "total-subcarriers",
    "heading",
    "decimal",
];

impl FromStr for Reading {
    type Err = InputError;

    fn from_str(text: &str) -> Result<Self, InputError> {
        let mut reading = Self::default();
        for option in text.split(';').map(str::trim).filter(|option| !option.is_empty()) {
            let (word, value) = option.split_once('=').unwrap_or((option, ""));
            reading.option(word.trim(), value.trim(), option)?;
        }
        Ok(reading)
    }
}

impl Reading {
    fn option(&mut self, word: &str, value: &str, whole: &str) -> Result<(), InputError> {
        let wrong = |allowed: &str| {
            InputError::new("this option of a reader is not clear", word, whole, allowed)
        };
        match word {
            "axes" => {
                let names: Vec<String> = value.split(',').map(|n| n.trim().to_owned()).collect();
                let twice = names.iter().enumerate().any(|(i, name)| names[..i].contains(name));
                if twice || names.iter().any(String::is_empty) {
                    return Err(wrong("names of axes, each once, such as axes=antenna,user"));
                }
                self.axes = Some(names);
            }
            "conjugate" | "heading" if !value.is_empty() => return Err(wrong("the word alone")),
            "conjugate" => self.conjugate = true,
            "heading" => self.heading = true,
            "array" if value == "as-is" => self.as_is = true,
            "array" => {
                let sides = value.split_once(['x', 'X', '×']);
                let sides = sides.and_then(|(h, v)| Some((h.parse().ok()?, v.parse().ok()?)));
                let sides = sides.filter(|&(h, v): &(usize, usize)| h > 0 && v > 0);
                self.array = Some(sides.ok_or_else(|| {
                    wrong("array=8x4, elements horizontal x vertical, or array=as-is")
                })?);
            }
            "fastest" => {
                self.horizontal_fastest = match value {
                    "horizontal" => true,
                    "vertical" => false,
                    _ => return Err(wrong("fastest=horizontal or fastest=vertical")),
                }
            }
            "mirror" => {
                (self.mirror_horizontal, self.mirror_vertical) = match value {
                    "horizontal" => (true, false),
                    "vertical" => (false, true),
                    "both" => (true, true),
                    "none" => (false, false),
                    _ => return Err(wrong("mirror=horizontal, vertical, both or none")),
                }
            }
            "order" => {
                let indices = value.split(',').map(|index| index.trim().parse().ok());
                let indices: Option<Vec<usize>> = indices.collect();
                self.order = Some(indices.ok_or_else(|| wrong("indices from 0: order=2,0,1"))?);
            }
            "tool" => {
                let names: Vec<&str> = TOOLS.iter().map(|(name, _)| *name).collect();
                let found = TOOLS.iter().find(|(name, _)| *name == value);
                let error = || hint::with_guess(wrong(&hint::list(&names)), value, &names);
                self.tool = Some(found.ok_or_else(error)?.1);
            }
            "total-subcarriers" => {
                let count = value.parse().ok().filter(|count| *count > 0);
                self.total_subcarriers = Some(count.ok_or_else(|| wrong("a whole number"))?);
            }
            "decimal" if value == "comma" => self.decimal_comma = true,
            "decimal" if value == "point" => self.decimal_comma = false,
            "decimal" => return Err(wrong("decimal=comma or decimal=point")),
            _ => match value.parse() {
                Ok(index) if !word.is_empty() => self.chosen.push((word.to_owned(), index)),
                _ => {
                    let allowed =
                        format!("{}, or an axis and its entry: symbol=0", WORDS.join(", "));
                    return Err(hint::with_guess(wrong(&allowed), word, WORDS));
                }
            },
        }
        Ok(())
    }

    /// The array as `field` wants it, and what was decided on the way.
    ///
    /// # Errors
    /// Axes, choices or an order that do not fit.
    pub fn apply(
        &self,
        array: Array,
        field: &FieldInfo,
    ) -> Result<(Array, Vec<String>), InputError> {
        let mut notes = Vec::new();
        if self.tool.is_some() {
            let imported = import::import(&array, self)?;
            notes.extend(imported.notes);
            let array = import::one_trial(imported.array, self, field, &mut notes)?;
            return Ok((array, notes));
        }
        let mut array = match &self.axes {
            Some(axes) => {
                let (array, more) = along(&array, axes, field.dimensions, &self.chosen)?;
                notes.extend(more);
                array
            }
            None => {
                self.refuse_choices()?;
                fitted(array, field.dimensions.len())
            }
        };
        let square = array.shape.len() == 2 && array.shape[0] == array.shape[1];
        if self.axes.is_none() && square && array.shape[0] > 1 && field.dimensions.len() == 2 {
            let [slow, fast] = [field.dimensions[0], field.dimensions[1]];
            if slow != fast {
                notes.push(format!(
                    "`{}` is square, {n} × {n}: lines were taken for `{slow}`, columns for \
                     `{fast}`; `axes={fast},{slow}` turns it, `axes={slow},{fast}` says it is so",
                    field.name,
                    n = array.shape[0]
                ));
            }
        }
        if self.array.is_some() || self.order.is_some() {
            let Some(axis) = field.dimensions.iter().position(|name| *name == "antenna") else {
                let what = "this array has no antennas to put in order";
                let found = format!("axes {}", field.dimensions.join(", "));
                return Err(InputError::new(what, field.name, found, "an axis `antenna`"));
            };
            array = self.reorder(&array, axis)?;
        } else if self.horizontal_fastest || self.mirror_horizontal || self.mirror_vertical {
            let what = "the order of the elements needs the array's sides";
            let allowed = "array=8x4, elements horizontal x vertical";
            return Err(InputError::new(what, field.name, "no `array`", allowed));
        }
        if self.conjugate {
            array = conjugated(array);
        }
        Ok((array, notes))
    }

    fn refuse_choices(&self) -> Result<(), InputError> {
        self.chosen.first().map_or(Ok(()), |(axis, index)| {
            let what = "an axis is chosen that has no name";
            let found = format!("{axis}={index}");
            let error = InputError::new(what, axis, found, "an axis that `axes` or `tool` names");
            Err(hint::with_guess(error, axis, WORDS))
        })
    }

    /// The elements along `axis` in the order of this program: vertical index fastest, both
    /// counted as [`Reading::mirror_horizontal`] and [`Reading::mirror_vertical`] say.
    ///
    /// # Errors
    /// Sides or an order that do not fit the length of the axis.
    pub fn reorder(&self, array: &Array, axis: usize) -> Result<Array, InputError> {
        let length = array.shape.get(axis).copied().unwrap_or(0);
        let refuse = |what: &str, found: String| {
            let allowed = format!("{length}, as many as the array has antennas");
            InputError::new(what, "array", found, allowed)
        };
        let mut order: Vec<usize> = (0..length).collect();
        if let Some(given) = &self.order {
            let mut sorted = given.clone();
            sorted.sort_unstable();
            if sorted != order {
                let what = "the order of the elements is no permutation";
                return Err(refuse(what, format!("{} indices", given.len())));
            }
            order.clone_from(given);
        }
        if let Some((horizontal, vertical)) = self.array {
            if horizontal.checked_mul(vertical) != Some(length) {
                let what = "the array's sides do not fit its antennas";
                let error = refuse(what, format!("{horizontal} × {vertical}"));
                return Err(error.hint("two polarisations at every element count twice"));
            }
            let place = |n: usize| {
                let (mut h, mut v) = (n / vertical, n % vertical);
                if self.mirror_horizontal {
                    h = horizontal - 1 - h;
                }
                if self.mirror_vertical {
                    v = vertical - 1 - v;
                }
                if self.horizontal_fastest { v * horizontal + h } else { h * vertical + v }
            };
            order = (0..length).map(|n| order[place(n)]).collect();
        }
        Ok(taken(array, axis, &order))
    }
}

/// The other sign of every phase.
pub(super) fn conjugated(array: Array) -> Array {
    let entries = match array.entries {
        Entries::Complex(values) => {
            Entries::Complex(values.iter().map(noctule_num::C64::conj).collect())
        }
        real @ Entries::Real(_) => real,
    };
    Array { shape: array.shape, entries }
}

/// `array` with the entries `order` along `axis`.
pub(super) fn taken(array: &Array, axis: usize, order: &[usize]) -> Array {
    let length = array.shape[axis];
    let inner: usize = array.shape[axis + 1..].iter().product();
    let outer: usize = array.shape[..axis].iter().product();
    fn pick<T: Copy>(
        from: &[T],
        outer: usize,
        length: usize,
        inner: usize,
        order: &[usize],
    ) -> Vec<T> {
        let mut out = Vec::with_capacity(outer * order.len() * inner);
        for o in 0..outer {
            for &n in order {
                let start = (o * length + n) * inner;
                out.extend_from_slice(&from[start..start + inner]);
            }
        }
        out
    }
    let entries = match &array.entries {
        Entries::Real(values) => Entries::Real(pick(values, outer, length, inner, order)),
        Entries::Complex(values) => Entries::Complex(pick(values, outer, length, inner, order)),
    };
    let mut shape = array.shape.clone();
    shape[axis] = order.len();
    Array { shape, entries }
}

/// The axes in another order: axis `n` of the result is axis `order[n]` of `array`.
pub(super) fn transposed(array: &Array, order: &[usize]) -> Array {
    let mut strides = vec![1_usize; array.shape.len()];
    for axis in (1..array.shape.len()).rev() {
        strides[axis - 1] = strides[axis] * array.shape[axis];
    }
    let shape: Vec<usize> = order.iter().map(|&axis| array.shape[axis]).collect();
    let steps: Vec<usize> = order.iter().map(|&axis| strides[axis]).collect();
    fn walk<T: Copy>(from: &[T], shape: &[usize], steps: &[usize]) -> Vec<T> {
        let mut index = vec![0_usize; shape.len()];
        let mut out = Vec::with_capacity(from.len());
        for _ in 0..from.len() {
            out.push(from[index.iter().zip(steps).map(|(i, step)| i * step).sum::<usize>()]);
            for (slot, &n) in index.iter_mut().zip(shape).rev() {
                *slot += 1;
                if *slot < n {
                    break;
                }
                *slot = 0;
            }
        }
        out
    }
    let entries = match &array.entries {
        Entries::Real(values) => Entries::Real(walk(values, &shape, &steps)),
        Entries::Complex(values) => Entries::Complex(walk(values, &shape, &steps)),
    };
    Array { shape, entries }
}

/// The array with its axes named: those of `wanted` in that order, one entry of each other.
pub(super) fn along(
    array: &Array,
    axes: &[String],
    wanted: &[&str],
    chosen: &[(String, usize)],
) -> Result<(Array, Vec<String>), InputError> {
    let mut array = array.clone();
    // MATLAB drops dimensions of length one at the end.
    while array.shape.len() < axes.len() && array.shape.len() >= 2 {
        array.shape.push(1);
    }
    if array.shape.len() != axes.len() {
        let found = format!("shape {:?}", array.shape);
        let allowed = format!("an array of shape [{}]", axes.join(", "));
        let what = "the array has the wrong number of dimensions";
        return Err(InputError::new(what, "axes", found, allowed));
    }
    let strange = chosen.iter().find(|(name, _)| !axes.contains(name));
    if let Some((name, index)) = strange {
        let what = "there is no axis of that name";
        return Err(InputError::new(what, name, format!("{name}={index}"), axes.join(", ")));
    }
    let mut names: Vec<&str> = axes.iter().map(String::as_str).collect();
    for axis in (0..names.len()).rev() {
        let name = names[axis];
        let choice = chosen.iter().find(|(chosen, _)| chosen == name).map(|(_, index)| *index);
        if wanted.contains(&name) && choice.is_none() {
            continue;
        }
        let length = array.shape[axis];
        let index = match choice {
            Some(index) if index >= length => {
                let allowed = format!("0 to {}", length.saturating_sub(1));
                let what = "the index is out of range";
                return Err(InputError::new(what, name, index.to_string(), allowed));
            }
            Some(index) => index,
            None if length == 1 => 0,
            None => {
                let what = "an axis cannot be dropped";
                let error = InputError::new(what, name, format!("length {length}"), "length 1");
                return Err(error.hint(format!("choose an entry of it: {name}=0")));
            }
        };
        array = taken(&array, axis, &[index]);
        array.shape.remove(axis);
        names.remove(axis);
    }
    let order: Option<Vec<usize>> =
        wanted.iter().map(|want| names.iter().position(|name| name == want)).collect();
    let Some(order) = order.filter(|order| order.len() == names.len()) else {
        let what = "the names of the axes do not fit";
        return Err(InputError::new(what, "axes", axes.join(","), wanted.join(",")));
    };
    Ok((transposed(&array, &order), Vec::new()))
}

/// Tables and MATLAB know matrices only, and drop dimensions of length one at the end: 1 × 1
/// becomes a number, 1 × n a list, and what was dropped comes back, where that is wanted.
pub(super) fn fitted(mut array: Array, dimensions: usize) -> Array {
    let count: usize = array.shape.iter().product();
    match (array.shape.len(), dimensions) {
        (2, 0) if count == 1 => array.shape.clear(),
        (2, 1) if array.shape.contains(&1) || count == 0 => array.shape = vec![count],
        (2.., _) if array.shape.len() < dimensions => array.shape.resize(dimensions, 1),
        _ => {}
    }
    array
}
