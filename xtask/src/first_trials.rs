//! The first trials of every built-in experiment, run again and compared with what was committed.
//!
//! The same binary on the same class of processor gives the same bytes; another processor may fuse
//! other products, and a local method may then end in another local optimum. So numbers are
//! compared to [`TOLERANCE`], and a small share of rows may differ — never silently. Columns are found
//! by name: one that was committed must still be there, one more is said and forgiven.

use std::path::Path;

/// The records of the short run, beside the results.
pub(crate) const FIRST_TRIALS: &str = "first-trials.csv";

/// Numbers may differ by this, relative.
const TOLERANCE: f64 = 1e-6;
/// One row in this many may differ.
const ROWS_PER_EXCEPTION: usize = 50;
/// Of a record, what depends on rounding by its nature is not compared.
const NOT_COMPARED: [&str; 12] = [
    "stop",
    "proof",
    "residual",
    "bound",
    "gap_abs",
    "gap_rel",
    "bound_method",
    "violation",
    "objective_mismatch",
    "evaluations",
    "evaluations_total",
    "reason",
];

/// Compare two `records.csv`; a sentence about what differs within what is allowed.
pub(crate) fn compare(committed: &Path, now: &Path) -> Result<Option<String>, String> {
    let read = |path: &Path| {
        std::fs::read_to_string(path)
            .map_err(|error| format!("{} cannot be read: {error}", path.display()))
    };
    agree(&read(committed)?, &read(now)?).map_err(|error| {
        format!(
            "the first trials differ from {}: {error}; if the change is meant, renew them with \
             `cargo xtask reproduce --first-trials`",
            committed.display()
        )
    })
}

/// Compare two tables: a sentence about exceptions within what is allowed, or what differs.
pub(crate) fn agree(committed: &str, now: &str) -> Result<Option<String>, String> {
    let (old, new) = (table(committed), table(now));
    if old.len() != new.len() {
        return Err(format!("{} rows were committed, there are {} now", old.len(), new.len()));
    }
    let (Some((header, rows)), Some((names, now))) = (old.split_first(), new.split_first()) else {
        return Ok(None);
    };
    let places = places(header, names)?;
    let mut exceptions = Vec::new();
    for (row, (a, b)) in rows.iter().zip(now).enumerate() {
        let mut cells =
            places.iter().enumerate().map(|(i, j)| (&header[i], cell(a, i), cell(b, *j)));
        let compared = |name: &String| !NOT_COMPARED.contains(&name.as_str());
        if let Some((name, a, b)) = cells.find(|(name, a, b)| compared(name) && !same(a, b)) {
            exceptions.push(format!("row {}, {name}: {a} → {b}", row + 1));
        }
    }
    let sentence = || format!("{} of {} rows: {}", exceptions.len(), rows.len(), exceptions[0]);
    let added = added(header, names);
    match exceptions.len() {
        0 => Ok(added),
        count if count <= rows.len() / ROWS_PER_EXCEPTION => {
            Ok(Some(added.into_iter().chain([sentence()]).collect::<Vec<_>>().join("; ")))
        }
        _ => Err(sentence()),
    }
}

/// A cell of a row; what a short row lacks is empty.
fn cell(row: &[String], column: usize) -> &str {
    row.get(column).map_or("", String::as_str)
}

/// Where the committed columns are now.
fn places(committed: &[String], now: &[String]) -> Result<Vec<usize>, String> {
    let place = |name: &String| {
        let gone = || format!("the column {name} is gone");
        now.iter().position(|other| other == name).ok_or_else(gone)
    };
    committed.iter().map(place).collect()
}

/// Columns that were not committed, in a sentence.
fn added(committed: &[String], now: &[String]) -> Option<String> {
    let more: Vec<&str> =
        now.iter().filter(|name| !committed.contains(name)).map(String::as_str).collect();
    (!more.is_empty()).then(|| {
        format!(
            "not yet committed: {} (`cargo xtask reproduce --first-trials` adds it)",
            more.join(", ")
        )
    })
}

fn same(a: &str, b: &str) -> bool {
    match (a.parse::<f64>(), b.parse::<f64>()) {
        (Ok(x), Ok(y)) => (x - y).abs() <= TOLERANCE * x.abs().max(y.abs()).max(TOLERANCE),
        _ => a == b,
    }
}

/// Rows of cells; a cell in quotes may contain commas, line breaks and doubled quotes.
fn table(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                letters.next();
                cell.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut cell)),
            '\n' if !quoted => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            '\r' if !quoted => {}
            other => cell.push(other),
        }
    }
    if !cell.is_empty() || !row.is_empty() {
        row.push(cell);
        rows.push(row);
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "scheme,trial,outcome,stop,rate\n";

    fn of(rows: &[&str]) -> String {
        format!("{HEAD}{}\n", rows.join("\n"))
    }

    #[test]
    fn rounding_is_forgiven_and_a_changed_number_is_not() {
        let old = of(&["a,0,designed,converged,1.5"]);
        assert_eq!(agree(&old, &of(&["a,0,designed,stalled,1.5000000001"])), Ok(None));
        for changed in ["a,0,designed,converged,1.5001", "a,0,infeasible,,", "b,0,designed,,1.5"] {
            assert!(agree(&old, &of(&[changed])).is_err(), "{changed}");
        }
        assert!(agree(&old, HEAD).unwrap_err().contains("rows"));
        assert!(agree(&old, "x\n1\n").unwrap_err().contains("scheme is gone"));
    }

    #[test]
    fn a_column_more_is_said_and_one_less_is_not_forgiven() {
        let old = of(&["a,0,designed,converged,1.5"]);
        let more = "scheme,energy,trial,outcome,stop,rate\na,7,0,designed,converged,";
        let said = agree(&old, &format!("{more}1.5\n")).unwrap().unwrap();
        assert!(said.contains("not yet committed: energy"), "{said}");
        assert!(agree(&old, &format!("{more}1.6\n")).unwrap_err().contains("1.5 → 1.6"));
        let less = agree(&old, "scheme,trial,outcome,stop\na,0,designed,converged\n").unwrap_err();
        assert!(less.contains("rate is gone"), "{less}");
    }

    #[test]
    fn one_local_optimum_in_fifty_rows_is_said_and_forgiven() {
        let rows = vec!["a,0,designed,converged,1.5"; 100];
        let mut other = rows.clone();
        other[3] = "a,0,designed,converged,2.5";
        let said = agree(&of(&rows), &of(&other)).unwrap().unwrap();
        assert!(said.contains("1 of 100") && said.contains("1.5 → 2.5"), "{said}");
        other[4..8].fill("a,0,designed,converged,2.5");
        assert!(agree(&of(&rows), &of(&other)).is_err());
    }

    #[test]
    fn cells_in_quotes() {
        let rows = table("a,\"b, \"\"c\"\"\nd\",e\nf,,\n");
        assert_eq!(rows[0], ["a", "b, \"c\"\nd", "e"]);
        assert_eq!(rows[1], ["f", "", ""]);
    }
}
