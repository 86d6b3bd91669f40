//! Guesses at what a person meant.

use crate::InputError;

/// Endings that carry a unit: `power` probably means `power_dbm`.
const UNITS: [&str; 20] = [
    "dbm", "db", "w", "mw", "deg", "rad", "m", "km", "mm", "hz", "khz", "mhz", "ghz", "s", "ms",
    "us", "dbi", "dbsm", "percent", "kmh",
];

/// The candidate that was probably meant, if one is near enough.
///
/// A name without its unit (`power`) finds the one with it (`power_dbm`); a name with another unit
/// (`power_w`) finds it as well; otherwise the spelling decides.
pub fn guess<'a>(found: &str, candidates: &[&'a str]) -> Option<&'a str> {
    let stem = without_unit(found);
    let same_stem = candidates.iter().find(|candidate| {
        **candidate != found && (**candidate == stem || without_unit(candidate) == stem)
    });
    let longer =
        |candidate: &&&str| candidate.strip_prefix(found).is_some_and(|rest| rest.starts_with('_'));
    if let Some(candidate) = same_stem.or_else(|| candidates.iter().find(longer)) {
        return Some(candidate);
    }
    let score = |candidate: &str| strsim::damerau_levenshtein(found, candidate);
    candidates
        .iter()
        // Comparing is quadratic: nobody means a key by a kilobyte.
        .filter(|candidate| found.len() <= 4 * candidate.len().max(8))
        .map(|candidate| (score(candidate), *candidate))
        .filter(|(distance, candidate)| *distance <= candidate.chars().count().max(3) / 3)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

fn without_unit(name: &str) -> &str {
    match name.rsplit_once('_') {
        Some((stem, unit)) if UNITS.contains(&unit) => stem,
        _ => name,
    }
}

/// The same complaint with the guess as its hint.
pub fn with_guess(error: InputError, found: &str, candidates: &[&str]) -> InputError {
    match guess(found, candidates) {
        None => error,
        Some(candidate) if without_unit(found) == without_unit(candidate) => {
            error.hint(format!("names carry their unit: did you mean `{candidate}`?"))
        }
        Some(candidate) => error.hint(format!("did you mean `{candidate}`?")),
    }
}

/// Candidates in one phrase, shortened when there are many.
pub fn list(candidates: &[&str]) -> String {
    const SHOWN: usize = 24;
    if candidates.is_empty() {
        return "nothing".to_owned();
    }
    let mut text = candidates.iter().take(SHOWN).copied().collect::<Vec<_>>().join(", ");
    if candidates.len() > SHOWN {
        text.push_str(&format!(" and {} more", candidates.len() - SHOWN));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guesses_units_before_spelling() {
        let keys = ["power_dbm", "tower", "users"];
        assert_eq!(guess("power", &keys), Some("power_dbm"));
        assert_eq!(guess("power_w", &keys), Some("power_dbm"));
        assert_eq!(guess("user", &keys), Some("users"));
        assert_eq!(guess("rate", &["rare", "rate_bps_hz"]), Some("rate_bps_hz"));
        assert_eq!(guess("antennas", &keys), None);
    }
}
