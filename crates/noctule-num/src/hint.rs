//! Guesses at what a person meant.

use crate::InputError;
use crate::spelling::distance;

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
    // One and many, and the prefixes by which a count is called: `user`, `num_users`.
    let counted = found.strip_prefix("num_").or_else(|| found.strip_prefix("n_")).unwrap_or(found);
    let number = |candidate: &&&str| {
        let stem = |name: &str| name.strip_suffix('s').unwrap_or(name).to_owned();
        **candidate != found && stem(candidate) == stem(counted)
    };
    if let Some(candidate) = candidates.iter().find(number) {
        return Some(candidate);
    }
    let stem = without_unit(found);
    let same_stem = candidates.iter().find(|candidate| {
        **candidate != found && (**candidate == stem || without_unit(candidate) == stem)
    });
    let longer =
        |candidate: &&&str| candidate.strip_prefix(found).is_some_and(|rest| rest.starts_with('_'));
    if let Some(candidate) = same_stem.or_else(|| candidates.iter().find(longer)) {
        return Some(candidate);
    }
    let score = |candidate: &str| distance(found, candidate);
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
    match of(found, candidates) {
        None => error,
        Some(hint) => error.hint(hint),
    }
}

/// What a person who wrote `found` is told, if anything.
pub fn of(found: &str, candidates: &[&str]) -> Option<String> {
    if let Some(told) = elevation(found, candidates) {
        return Some(told);
    }
    if let Some(told) = certify(found, candidates) {
        return Some(told);
    }
    let candidate = guess(found, candidates)?;
    Some(if without_unit(found) == without_unit(candidate) {
        format!("names carry their unit: did you mean `{candidate}`?")
    } else {
        format!("did you mean `{candidate}`?")
    })
}

/// Other tools count from the horizon, noctule from the zenith.
fn elevation(found: &str, candidates: &[&str]) -> Option<String> {
    let polar = candidates.iter().find(|candidate| candidate.starts_with("polar_"))?;
    let right_angle = if polar.ends_with("_rad") { "π/2" } else { "90" };
    found.to_ascii_lowercase().starts_with("elevation").then(|| {
        format!("directions are given by the polar angle: {polar} = {right_angle} - elevation")
    })
}

/// How a bound was once asked for; it is one setting now, here or one level up.
fn certify(found: &str, candidates: &[&str]) -> Option<String> {
    let once = ["certify_nodes", "certify_gap", "max_nodes", "nodes", "gap"].contains(&found);
    let here = candidates.contains(&"certify")
        || ["nodes", "gap"].iter().all(|key| candidates.contains(key));
    (once && here).then(|| "now `certify = { nodes = 5, gap = 1e-3 }`".to_owned())
}

/// The scheme that was probably meant, by its name or by the words of a legend: `zerof`,
/// `zero-forcing` for `zf`.
pub fn scheme(error: InputError, found: &str, known: &[(&str, &str)]) -> InputError {
    let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
    let slug = |text: &str| -> String {
        text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
    };
    let told = slug(found);
    let begins = |label: &str| told.len() >= 3 && slug(label).starts_with(&told);
    let by_words = known.iter().find(|(name, label)| begins(label) || begins(name));
    match (guess(found, &names), by_words) {
        (Some(name), _) => error.hint(format!("did you mean `{name}`?")),
        (None, Some((name, label))) => error.hint(format!("did you mean `{name}` ({label})?")),
        (None, None) => error,
    }
}

/// Candidates that a phrase names at most, and of those that are ordered by likeness.
const SHOWN: usize = 24;
const NEAREST: usize = 12;
/// Letters of what was written that candidates are compared with.
const COMPARED: usize = 64;

/// Candidates in one phrase, those most like `found` first, by their whole or by what follows their
/// last `/`.
pub fn nearest(found: &str, candidates: &[&str]) -> String {
    let found: String = found.chars().take(COMPARED).collect();
    let mut ordered = candidates.to_vec();
    ordered.sort_by_cached_key(|candidate| {
        let last = candidate.rsplit('/').next().unwrap_or(candidate);
        distance(&found, candidate).min(distance(&found, last))
    });
    shown(&ordered, NEAREST)
}

/// Candidates in one phrase, shortened when there are many.
pub fn list(candidates: &[&str]) -> String {
    shown(candidates, SHOWN)
}

fn shown(candidates: &[&str], most: usize) -> String {
    if candidates.is_empty() {
        return "nothing".to_owned();
    }
    let mut text = candidates.iter().take(most).copied().collect::<Vec<_>>().join(", ");
    if candidates.len() > most {
        text.push_str(&format!(" and {} more", candidates.len() - most));
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
        assert_eq!(guess("user", &["user_noise_dbm", "users"]), Some("users"));
        assert_eq!(guess("num_users", &["user_noise_dbm", "users"]), Some("users"));
    }

    #[test]
    fn the_dozen_nearest_come_first() {
        let names: Vec<String> = (0..40).map(|k| format!("frame/experiment-{k:02}")).collect();
        let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
        names.push("surfaces/fig3");
        assert!(nearest("fig4", &names).starts_with("surfaces/fig3, "));
        assert!(nearest("fig4", &names).ends_with(" and 29 more"));
        assert!(list(&names).ends_with("frame/experiment-23 and 17 more"));
        assert_eq!(nearest(&"x".repeat(100_000), &["a", "b"]), "a, b");
    }

    #[test]
    fn an_elevation_is_told_where_noctule_counts_from() {
        let hint = of("elevation_deg", &["azimuth_deg", "polar_deg"]).unwrap_or_default();
        assert_eq!(hint, "directions are given by the polar angle: polar_deg = 90 - elevation");
        assert_eq!(of("elevation_deg", &["azimuth_deg"]), None);
    }

    #[test]
    fn old_words_for_a_bound_are_told_the_new_ones() {
        let now = Some("now `certify = { nodes = 5, gap = 1e-3 }`".to_owned());
        for found in ["certify_nodes", "certify_gap", "max_nodes", "nodes", "gap"] {
            assert_eq!(of(found, &["starts", "certify"]), now, "{found}");
        }
        assert_eq!(of("max_nodes", &["nodes", "gap"]), now);
        assert_eq!(of("max_nodes", &["starts"]), None);
    }

    #[test]
    fn schemes_are_known_by_their_words_too() {
        let known = [("balanced", "Balanced"), ("zf", "Zero forcing"), ("mrt", "Maximum ratio")];
        let hint = |found: &str| {
            let error = InputError::new("what", "where", found, "allowed");
            scheme(error, found, &known).hint.unwrap_or_default()
        };
        assert_eq!(hint("zerof"), "did you mean `zf` (Zero forcing)?");
        assert_eq!(hint("zero-forcing"), "did you mean `zf` (Zero forcing)?");
        assert_eq!(hint("balaned"), "did you mean `balanced`?");
        assert_eq!(hint("waterfilling"), "");
    }
}
