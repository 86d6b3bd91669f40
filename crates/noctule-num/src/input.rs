//! What is said to someone who handed in something we cannot use.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Bad input, said in a way that lets its author mend it: what is wrong, where, what was found,
/// what is allowed, and — when we can guess — a hint.
///
/// Every layer that reads something a person wrote (a file, an array, an option) refuses it with
/// this struct and with nothing else; the command line prints it and exits with code 2, Python
/// raises it as `InvalidInput`.
///
/// ```
/// use noctule_num::InputError;
/// let error = InputError::new("the transmit power is not positive", "scenario.power_w", "-1 W", "a positive number of watts")
///     .hint("powers in dBm go into `power_dbm`");
/// assert_eq!(
///     error.to_string(),
///     "the transmit power is not positive\n  where:   scenario.power_w\n  found:   -1 W\n  allowed: a positive number of watts\n  hint:    powers in dBm go into `power_dbm`"
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputError {
    /// What is wrong, as a clause in lower case without a final period.
    pub what: String,
    /// Where: a file position, a field path such as `scenario.targets.fixed[1].polar_deg`, an argument.
    #[serde(rename = "where")]
    pub place: String,
    /// What was found there, with its unit.
    pub found: String,
    /// What is allowed there, with its unit.
    pub allowed: String,
    /// How it can probably be mended.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub hint: Option<String>,
}

impl InputError {
    /// An error without a hint; add one with [`InputError::hint`].
    pub fn new(
        what: impl Into<String>,
        place: impl Into<String>,
        found: impl Into<String>,
        allowed: impl Into<String>,
    ) -> Self {
        Self {
            what: what.into(),
            place: place.into(),
            found: short(found.into()),
            allowed: allowed.into(),
            hint: None,
        }
    }

    /// The same error with a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same error about something inside `file`.
    #[must_use]
    pub fn in_file(mut self, file: &str) -> Self {
        self.place =
            if self.place.is_empty() { file.to_owned() } else { format!("{file}: {}", self.place) };
        self
    }

    /// The same error seen from one level further out: `prefix` and a separator before the place.
    ///
    /// A path that starts with an index (`[0]`) is joined without a dot; an empty place becomes
    /// the prefix itself.
    #[must_use]
    pub fn inside(mut self, prefix: &str) -> Self {
        if self.place.is_empty() {
            self.place = prefix.to_owned();
        } else if self.place.starts_with('[') || prefix.is_empty() {
            self.place = format!("{prefix}{}", self.place);
        } else {
            self.place = format!("{prefix}.{}", self.place);
        }
        self
    }
}

impl fmt::Display for InputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.what)?;
        writeln!(f, "  where:   {}", self.place)?;
        writeln!(f, "  found:   {}", self.found)?;
        write!(f, "  allowed: {}", self.allowed)?;
        if let Some(hint) = &self.hint {
            write!(f, "\n  hint:    {hint}")?;
        }
        Ok(())
    }
}

impl std::error::Error for InputError {}

/// Refuse a number outside `[low, high]`, or one that is not finite.
///
/// # Errors
/// [`InputError`] with the range and its unit.
pub fn in_range(
    place: &str,
    value: f64,
    low: f64,
    high: f64,
    unit: &str,
) -> Result<(), InputError> {
    if value.is_finite() && (low..=high).contains(&value) {
        return Ok(());
    }
    let allowed = format!("a number from {low} to {high} {unit}");
    Err(InputError::new("the value is out of range", place, value.to_string(), allowed.trim_end()))
}

/// A number of hundreds of digits with an exponent; anything else as it is. Digits are moved as text: reading
/// numbers would bring its tables along, to modules for browsers too.
fn short(found: String) -> String {
    const MOST: usize = 24;
    let (sign, number) = found.strip_prefix('-').map_or(("", &*found), |number| ("-", number));
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let digits = [whole, part].concat();
    let first = digits.find(|digit| digit != '0');
    let (Some(first), true) = (first, digits.bytes().all(|digit| digit.is_ascii_digit())) else {
        return found;
    };
    if found.len() <= MOST {
        return found;
    }
    let (lead, rest) = digits[first..].trim_end_matches('0').split_at(1);
    let point = if rest.is_empty() { "" } else { "." };
    let exponent = whole.len() as i64 - 1 - first as i64;
    format!("{sign}{lead}{point}{rest}e{exponent}")
}

/// Refuse a number outside `[low, high)`: tolerances and gaps.
///
/// # Errors
/// [`InputError`] with the range.
pub fn within(place: &str, value: f64, low: f64, high: f64) -> Result<(), InputError> {
    if (low..high).contains(&value) {
        return Ok(());
    }
    let allowed = format!("a number from {low:e} to below {high}");
    Err(setting(place, value, allowed))
}

/// Refuse a count outside `[low, high]`.
///
/// # Errors
/// [`InputError`] with the range.
pub fn in_count<T: Copy + PartialOrd + fmt::Display>(
    place: &str,
    value: T,
    low: T,
    high: T,
) -> Result<(), InputError> {
    if (low..=high).contains(&value) {
        return Ok(());
    }
    let allowed = format!("a whole number from {low} to {high}");
    Err(InputError::new("the count is out of range", place, value.to_string(), allowed))
}

/// What is said of a setting that cannot be used.
pub fn setting(place: &str, found: impl fmt::Display, allowed: impl Into<String>) -> InputError {
    InputError::new("the setting is out of range", place, found.to_string(), allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inside_joins_paths() {
        let error = |place: &str| InputError::new("w", place, "f", "a").inside("scenario").place;
        assert_eq!(error("power_dbm"), "scenario.power_dbm");
        assert_eq!(error("[1].polar_deg"), "scenario[1].polar_deg");
        assert_eq!(error(""), "scenario");
        let placed = InputError::new("w", "h[1]", "f", "a").in_file("h.npz");
        assert_eq!(placed.place, "h.npz: h[1]");
    }

    #[test]
    fn ranges_are_closed_and_refuse_what_is_no_number() {
        assert!(
            in_range("a", 1.0, 1.0, 2.0, "W").is_ok() && in_range("a", 2.0, 1.0, 2.0, "").is_ok()
        );
        let error = in_range("a", f64::NAN, 1.0, 2.0, "").unwrap_err();
        assert_eq!((&*error.found, &*error.allowed), ("NaN", "a number from 1 to 2"));
        assert!(in_range("a", f64::INFINITY, 0.0, f64::INFINITY, "").is_err());
        assert!(in_count("n", 3_u64, 3, 3).is_ok() && in_count("n", 2_usize, 3, 4).is_err());
        assert!(within("t", 0.5, 1e-9, 1.0).is_ok() && within("t", 1.0, 1e-9, 1.0).is_err());
        assert!(within("t", f64::NAN, 1e-9, 1.0).is_err());
        let found = |x: f64| in_range("a", x, 1.0, 2.0, "").unwrap_err().found;
        assert_eq!((&*found(1e300), &*found(-5e-324), &*found(0.1)), ("1e300", "-5e-324", "0.1"));
        let numbers = [f64::MAX, -f64::MAX, f64::MIN_POSITIVE, 1.0625e-30, -7.75e40, 1.5e24, 9e23];
        for number in numbers {
            let text = found(number);
            assert!(text.parse() == Ok(number) && text.len() < 25, "{number} {text}");
        }
        let said = |text: &str| setting("a", text, "").found;
        for text in
            ["a word of more than twenty-four letters", "000000000000000000000000000000", "é"]
        {
            assert_eq!(said(text), text);
        }
    }

    #[test]
    fn serialises_with_where() {
        let error = InputError::new("w", "p", "f", "a");
        assert_eq!(
            serde_json::to_string(&error).unwrap(),
            r#"{"what":"w","where":"p","found":"f","allowed":"a"}"#
        );
    }
}
