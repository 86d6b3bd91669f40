//! How far apart two words are.

/// The fewest insertions, deletions, replacements and exchanges of neighbours that make one word
/// of another, letters between exchanged ones included (R. Lowrance and R. A. Wagner, "An extension
/// of the string-to-string correction problem", J. ACM 22 (1975)). The tests compare it with the
/// crate `strsim`.
pub(crate) fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let width = b.len() + 2;
    // One row and one column before the empty words, which no path takes.
    let beyond = a.len() + b.len();
    let mut table = vec![beyond; (a.len() + 2) * width];
    for j in 0..=b.len() {
        table[width + j + 1] = j;
    }
    for i in 1..=a.len() {
        table[(i + 1) * width + 1] = i;
        // The last column of this row where the letters were equal.
        let mut column = 0;
        for j in 1..=b.len() {
            // the last row above where this letter stood
            let row = a[..i - 1].iter().rposition(|letter| *letter == b[j - 1]);
            let row = row.map_or(0, |above| above + 1);
            let equal = a[i - 1] == b[j - 1];
            let replaced = table[i * width + j] + usize::from(!equal);
            let inserted = table[(i + 1) * width + j] + 1;
            let deleted = table[i * width + j + 1] + 1;
            let exchanged = table[row * width + column] + (i - row - 1) + 1 + (j - column - 1);
            table[(i + 1) * width + j + 1] = replaced.min(inserted).min(deleted).min(exchanged);
            if equal {
                column = j;
            }
        }
    }
    table[(a.len() + 1) * width + b.len() + 1]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_short_words_as_the_crate_has_them() {
        let mut words = vec![String::new()];
        for length in 0..5 {
            let longer = words.iter().filter(|word| word.len() == length);
            let more: Vec<String> = longer
                .flat_map(|word| ["a", "b", "c"].map(|letter| format!("{word}{letter}")))
                .collect();
            words.extend(more);
        }
        for a in &words {
            for b in &words {
                let theirs = strsim::damerau_levenshtein(a, b);
                assert_eq!(distance(a, b), theirs, "{a} {b}");
            }
        }
    }

    #[test]
    fn names_as_people_misspell_them() {
        for (a, b, expected) in [
            ("polar_deg", "polr_deg", 1),
            ("balanced", "blaanced", 1),
            ("ünit", "unit", 1),
            ("", "power", 5),
            ("power_dbm", "power_dbm", 0),
        ] {
            assert_eq!(distance(a, b), expected, "{a} {b}");
        }
    }
}
