//! How the numbers of a foreign array are to be understood: which axis is which, which index of a
//! planar array runs fastest and which way, and the sign of the phases.

use std::str::FromStr;

use noctule_num::{InputError, hint};

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

/// The words of options.
pub(super) const WORDS: &[&str] = &[
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
                let allowed = "names of axes, each once, such as axes=antenna,user";
                self.axes = Some(names_of(value).ok_or_else(|| wrong(allowed))?);
            }
            "conjugate" | "heading" if !value.is_empty() => return Err(wrong("the word alone")),
            "conjugate" => self.conjugate = true,
            "heading" => self.heading = true,
            "array" if value == "as-is" => self.as_is = true,
            "array" => {
                let allowed = "array=8x4, elements horizontal x vertical, or array=as-is";
                self.array = Some(sides_of(value).ok_or_else(|| wrong(allowed))?);
            }
            "fastest" => {
                let found = word_of(value, &[("horizontal", true), ("vertical", false)]);
                let allowed = "fastest=horizontal or fastest=vertical";
                self.horizontal_fastest = found.ok_or_else(|| wrong(allowed))?;
            }
            "mirror" => {
                let allowed = "mirror=horizontal, vertical, both or none";
                (self.mirror_horizontal, self.mirror_vertical) =
                    word_of(value, MIRRORS).ok_or_else(|| wrong(allowed))?;
            }
            "order" => {
                let indices = value.split(',').map(|index| index.trim().parse().ok());
                let indices: Option<Vec<usize>> = indices.collect();
                self.order = Some(indices.ok_or_else(|| wrong("indices from 0: order=2,0,1"))?);
            }
            "tool" => {
                let names: Vec<&str> = TOOLS.iter().map(|(name, _)| *name).collect();
                let error = || hint::with_guess(wrong(&hint::list(&names)), value, &names);
                self.tool = Some(word_of(value, &TOOLS).ok_or_else(error)?);
            }
            "total-subcarriers" => {
                let count = value.parse().ok().filter(|count| *count > 0);
                self.total_subcarriers = Some(count.ok_or_else(|| wrong("a whole number"))?);
            }
            "decimal" => {
                let found = word_of(value, &[("comma", true), ("point", false)]);
                let allowed = "decimal=comma or decimal=point";
                self.decimal_comma = found.ok_or_else(|| wrong(allowed))?;
            }
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
}

/// Whether the horizontal and the vertical index count the other way.
const MIRRORS: &[(&str, (bool, bool))] = &[
    ("horizontal", (true, false)),
    ("vertical", (false, true)),
    ("both", (true, true)),
    ("none", (false, false)),
];

/// What a word means.
fn word_of<T: Copy>(value: &str, known: &[(&str, T)]) -> Option<T> {
    known.iter().find(|(word, _)| *word == value).map(|(_, meaning)| *meaning)
}

/// Names of axes, each once.
fn names_of(value: &str) -> Option<Vec<String>> {
    let names: Vec<String> = value.split(',').map(|name| name.trim().to_owned()).collect();
    let twice = names.iter().enumerate().any(|(i, name)| names[..i].contains(name));
    (!twice && !names.iter().any(String::is_empty)).then_some(names)
}

/// Elements of a planar array, `8x4`.
fn sides_of(value: &str) -> Option<(usize, usize)> {
    let (horizontal, vertical) = value.split_once(['x', 'X', '×'])?;
    let sides: (usize, usize) = (horizontal.parse().ok()?, vertical.parse().ok()?);
    (sides.0 > 0 && sides.1 > 0).then_some(sides)
}
