//! Tables as text, as spreadsheets, NumPy and MATLAB write them.
//!
//! One separator for the whole file: semicolons, tabs, commas or blanks. With semicolons or tabs,
//! or inside quotes, a comma is a decimal comma. A first line `sep=;` names the separator. Empty
//! lines and lines that begin with `#` or `%` are skipped. A first line is a heading only if its
//! names are names of columns that we know, or if the caller says so: anything else that is no
//! number is a mistake that must not cost a row.

use noctule_num::{C64, InputError};

use crate::data::{Array, Entries, FieldInfo, MOST_ENTRIES};

/// How a table is to be read.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Dialect {
    /// The first line is a heading, whatever it says.
    pub(super) heading: bool,
    /// Commas are decimal commas; numbers are separated by something else.
    pub(super) decimal_comma: bool,
}

/// A cell, and whether it stood in quotes.
type Cell = (String, bool);

/// The table, and what was decided on the way that its reader should be told.
pub(super) fn parse(
    text: &str,
    field: Option<&FieldInfo>,
    dialect: Dialect,
) -> Result<(Array, Vec<String>), InputError> {
    let mut lines: Vec<(usize, &str)> = text
        .lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line.trim_matches([' ', '\r', '\u{a0}'])))
        .filter(|(_, line)| !line.trim().is_empty() && !line.starts_with(['#', '%']))
        .collect();
    let named = lines.first().and_then(|(_, line)| separator_line(line));
    if named.is_some() {
        lines.remove(0);
    }
    if lines.is_empty() {
        return Err(InputError::new("the file is empty", "", "no numbers", "a line for each row"));
    }
    let separator = match named {
        Some(separator) => separator,
        None => separator_of(&lines, dialect),
    };
    let mut table = Table::new(separator, dialect);
    let mut notes = Vec::new();
    for (index, (number, line)) in lines.iter().enumerate() {
        let cells = cells(line, separator).map_err(|found| {
            let allowed = "a closing quote on the same line";
            InputError::new("a quote is not closed", format!("line {number}"), found, allowed)
        })?;
        if index == 0 && (dialect.heading || heading(&cells, field)) {
            let names: Vec<&str> = cells.iter().map(|(text, _)| text.trim()).collect();
            let names = names.join(", ");
            notes.push(format!("the first line was taken for a heading: {names}"));
            continue;
        }
        table.row(*number, &cells, index == 0 && lines.len() > 1)?;
    }
    if table.rows == 0 {
        let found = "a heading and no numbers";
        return Err(InputError::new("the file is empty", "", found, "a line for each row"));
    }
    if table.commas {
        notes.push("commas were read as decimal commas".to_owned());
    }
    Ok((table.array(), notes))
}

/// `sep=;` as spreadsheets write it in the first line.
fn separator_line(line: &str) -> Option<Option<char>> {
    let rest = line.trim_matches('"').strip_prefix("sep=")?;
    let mut characters = rest.chars();
    match (characters.next(), characters.next()) {
        (Some(' '), None) | (None, None) => Some(None),
        (Some(separator), None) => Some(Some(separator)),
        _ => None,
    }
}

/// What stands between the numbers; `None` is any number of blanks.
fn separator_of(lines: &[(usize, &str)], dialect: Dialect) -> Option<char> {
    let outside = |mark: char| {
        lines.iter().any(|(_, line)| {
            let mut quoted = false;
            line.chars().any(|c| {
                quoted ^= c == '"';
                c == mark && !quoted
            })
        })
    };
    let marks: &[char] = if dialect.decimal_comma { &[';', '\t'] } else { &[';', '\t', ','] };
    marks.iter().copied().find(|mark| outside(*mark))
}

/// The cells of a line; a quote inside quotes is doubled.
fn cells(line: &str, separator: Option<char>) -> Result<Vec<Cell>, String> {
    let mut cells = Vec::new();
    let (mut text, mut quoted, mut inside) = (String::new(), false, false);
    let mut characters = line.chars().peekable();
    while let Some(c) = characters.next() {
        let ends = match separator {
            Some(separator) => c == separator,
            None => c.is_whitespace(),
        };
        match c {
            '"' if inside && characters.peek() == Some(&'"') => {
                text.push('"');
                characters.next();
            }
            '"' => {
                inside = !inside;
                quoted = true;
            }
            _ if !inside && ends => {
                if separator.is_some() || !text.is_empty() {
                    cells.push((std::mem::take(&mut text), quoted));
                }
                quoted = false;
            }
            _ => text.push(c),
        }
    }
    if inside {
        return Err(line.chars().take(40).collect());
    }
    if separator.is_some() || !text.is_empty() {
        cells.push((text, quoted));
    }
    Ok(cells)
}

/// Whether every cell is a name of a column that a table of `field` may have.
fn heading(cells: &[Cell], field: Option<&FieldInfo>) -> bool {
    let named = |text: &str| {
        let text = text.trim().to_ascii_lowercase();
        // `x [m]`, `x (m)`, `x in m`
        let stem = text.split(['[', '(']).next().unwrap_or("").trim();
        let stem = stem.split(" in ").next().unwrap_or("").replace([' ', '-'], "_");
        known(&stem, field)
    };
    !cells.is_empty() && cells.iter().all(|(text, _)| named(text))
}

/// Names of columns: the array, its parts, its dimensions (numbered or not), axes, with a unit.
fn known(stem: &str, field: Option<&FieldInfo>) -> bool {
    const COLUMNS: &[&str] = &[
        "x",
        "y",
        "z",
        "re",
        "im",
        "real",
        "imag",
        "azimuth",
        "polar",
        "elevation",
        "angle",
        "gain",
        "power",
        "noise",
        "channel",
        "user",
        "antenna",
        "target",
        "site",
        "position",
        "horizontal",
        "vertical",
        "weight",
        "limit",
        "speed",
        "distance",
        "index",
        "east",
        "north",
        "height",
    ];
    const UNITS: &[&str] = &[
        "m", "km", "mm", "deg", "rad", "w", "mw", "dbm", "db", "hz", "khz", "mhz", "ghz", "s",
        "ms", "kmh", "deg2", "rad2", "m2",
    ];
    let is_field = |name: &str| {
        field.is_some_and(|field| {
            let parts = field.name.split('_').chain(field.dimensions.iter().copied());
            field.name == name
                || parts
                    .filter(|part| part.len() > 1)
                    .any(|part| part == name || part.strip_suffix('s') == Some(name))
        })
    };
    let one = |name: &str| {
        let name = name.strip_suffix('s').filter(|singular| singular.len() > 1).unwrap_or(name);
        // `user1`, `antenna_3`, but not `l0` or `O1`, which are numbers with a slip
        let bare = name.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches('_');
        COLUMNS.contains(&bare) || is_field(name) || (bare.len() > 1 && is_field(bare))
    };
    if stem.is_empty() {
        return false;
    }
    let without_unit = stem.rsplit_once('_').filter(|(_, unit)| UNITS.contains(unit));
    let stem_only = without_unit.map_or(stem, |(stem, _)| stem);
    one(stem) || one(stem_only) || is_field(stem) || stem_only.split('_').all(one)
}

/// Rows as they come in.
struct Table {
    separator: Option<char>,
    decimal_comma: bool,
    numbers: Vec<C64>,
    rows: usize,
    columns: usize,
    /// A comma was read as a decimal comma.
    commas: bool,
    /// A decimal point was read.
    points: bool,
}

impl Table {
    const fn new(separator: Option<char>, dialect: Dialect) -> Self {
        Self {
            separator,
            decimal_comma: dialect.decimal_comma,
            numbers: Vec::new(),
            rows: 0,
            columns: 0,
            commas: false,
            points: false,
        }
    }

    fn row(&mut self, line: usize, cells: &[Cell], first: bool) -> Result<(), InputError> {
        for (index, cell) in cells.iter().enumerate() {
            let place = format!("line {line}, column {}", index + 1);
            let number = self.number(cell, place, first && index == 0)?;
            self.numbers.push(number);
        }
        if self.rows == 0 {
            self.columns = cells.len();
        }
        if cells.len() != self.columns {
            let found = format!("{} numbers", cells.len());
            let allowed = format!("{} numbers, as in the lines before", self.columns);
            let what = "the lines have different lengths";
            return Err(InputError::new(what, format!("line {line}"), found, allowed));
        }
        if self.numbers.len() > MOST_ENTRIES {
            let found = format!("more than {MOST_ENTRIES} numbers");
            let allowed = format!("at most {MOST_ENTRIES} numbers in one array");
            return Err(InputError::new("the array is too large", "", found, allowed));
        }
        self.rows += 1;
        Ok(())
    }

    fn number(&mut self, cell: &Cell, place: String, first: bool) -> Result<C64, InputError> {
        let (text, quoted) = cell;
        let may_be_decimal = self.decimal_comma || *quoted || self.separator != Some(',');
        let comma = text.contains(',') && may_be_decimal;
        let mixed =
            (comma && (self.points || text.contains('.'))) || (self.commas && text.contains('.'));
        let found = match comma {
            true => number(&text.replace(',', ".")),
            false => number(text),
        };
        match found {
            _ if mixed => {
                let what = "decimal points and decimal commas in one file";
                let found = format!("`{}`", text.trim());
                let allowed = "one of them in the whole file; thousands are not separated";
                Err(InputError::new(what, place, found, allowed))
            }
            Some(number) => {
                self.commas |= comma;
                self.points |= text.contains('.');
                Ok(number)
            }
            None => Err(self.not_a_number(text, place, first)),
        }
    }

    fn not_a_number(&self, text: &str, place: String, first: bool) -> InputError {
        let text = text.trim();
        let found = match text.chars().count() {
            0 => "an empty cell".to_owned(),
            41.. => format!("`{}…`", text.chars().take(40).collect::<String>()),
            _ => format!("`{text}`"),
        };
        let allowed = "numbers such as 1.5 or 1.5-2j, with one separator between them";
        let error = InputError::new("not a number", place, found, allowed);
        let exponent = text.to_ascii_lowercase().replace('d', "e");
        if text.starts_with(|c: char| c.is_ascii_digit()) && number(&exponent).is_some() {
            error.hint(format!("exponents are written {exponent}"))
        } else if text.contains('\u{2212}') {
            error.hint("the minus sign is a hyphen: -")
        } else if first {
            error.hint("a heading of other names is asked for: `; heading` after the file's name")
        } else {
            error
        }
    }

    fn array(self) -> Array {
        let shape = vec![self.rows, self.columns];
        if self.numbers.iter().any(|z| z.im.abs() > 0.0 || z.im.is_nan()) {
            return Array::complex(shape, self.numbers);
        }
        Array { shape, entries: Entries::Real(self.numbers.iter().map(|z| z.re).collect()) }
    }
}

/// A real or complex number as NumPy or MATLAB writes it: `1.5`, `(1+2j)`, `1+-2i`, `1 - 2i`, `2i`.
fn number(text: &str) -> Option<C64> {
    let mut word: String = text.trim().replace('\u{a0}', " ");
    if let Some(inner) = word.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        word = inner.trim().to_owned();
    }
    let Some(body) = word.strip_suffix(['i', 'j', 'I', 'J']) else {
        return real(&word).map(C64::from);
    };
    // The sign between the parts: the last one that is no sign of an exponent, blanks around it.
    let body = body.trim_end().trim_end_matches('*').trim_end();
    let bytes = body.as_bytes();
    let split = (1..bytes.len()).rev().find(|&at| {
        matches!(bytes[at], b'+' | b'-')
            && !(matches!(bytes[at - 1], b'e' | b'E') && at > 1 && bytes[at - 2] != b' ')
    });
    let Some(at) = split else {
        let unit = matches!(body, "" | "+" | "-");
        let imag = if unit { real(&format!("{body}1")) } else { real(body) };
        return imag.map(|imag| C64::new(0.0, imag));
    };
    // `1+-2i`: the sign before the last one is the `+` between the parts
    let between = body[..at].trim_end();
    let (head, sign) = match between.strip_suffix('+') {
        Some(head) if !head.is_empty() && !head.ends_with(['e', 'E']) => (head, &body[at..]),
        _ => (between, &body[at..]),
    };
    let (sign, digits) = sign.split_at(1);
    let digits = digits.trim();
    let digits = if digits.is_empty() { "1" } else { digits };
    if digits.starts_with(['+', '-']) {
        return None;
    }
    Some(C64::new(real(head.trim())?, real(&format!("{sign}{digits}"))?))
}

fn real(word: &str) -> Option<f64> {
    word.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_numpy_and_matlab() {
        let z = C64::new;
        for (text, value) in [
            ("1.5", z(1.5, 0.0)),
            ("(1+2j)", z(1.0, 2.0)),
            (" (1.0e+00+-2.5e-01j)", z(1.0, -0.25)),
            ("1.5 - 2i", z(1.5, -2.0)),
            ("-1e-3-2e+4i", z(-1e-3, -2e4)),
            ("1i", z(0.0, 1.0)),
            ("-i", z(0.0, -1.0)),
            ("3+i", z(3.0, 1.0)),
            ("2*i", z(0.0, 2.0)),
            ("-2.5e3j", z(0.0, -2500.0)),
            ("1e5+1e5I", z(1e5, 1e5)),
        ] {
            assert_eq!(number(text), Some(value), "{text}");
        }
        for text in ["", "1 2", "1+2", "i1", "1_0", "1,5", "--1", "1+--2i", "1d3", "e5i", "1e+i"] {
            assert_eq!(number(text), None, "{text}");
        }
        assert!(number("nan").is_some_and(C64::is_nan));
    }
}
