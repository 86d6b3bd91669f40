//! Arrays that a person hands in one by one: `site_m=sites.csv`.
//!
//! A `.npy` file holds one array of any shape. A `.csv` file holds real numbers: a line for each
//! entry of the first index, and for a list either one line or one number a line; a first line of
//! words (the names of columns) and lines that begin with `#` are skipped.

use std::path::Path;

use noctule::data::{Array, ArraySet, FieldInfo};
use noctule_num::{InputError, hint};

/// Read `NAME=FILE` pairs; each name must be one of `fields`, and may come once.
///
/// # Errors
/// [`InputError`] with the pair, or with file, line and column of an entry.
pub fn read(pairs: &[String], fields: &[FieldInfo]) -> Result<ArraySet, InputError> {
    let mut set = ArraySet::new();
    for pair in pairs {
        let (name, file) = pair.split_once('=').ok_or_else(|| {
            InputError::new("the array has no file", "--array", pair, "NAME=FILE")
        })?;
        let Some(field) = fields.iter().find(|field| field.name == name) else {
            let names: Vec<&str> = fields.iter().map(|field| field.name).collect();
            let what = "there is no array of that name";
            let error = InputError::new(what, "--array", format!("`{name}`"), hint::list(&names));
            return Err(hint::with_guess(error, name, &names));
        };
        if set.get(name).is_some() {
            let what = "the array is given twice";
            return Err(InputError::new(what, "--array", pair, "every name once"));
        }
        set.insert(name, array(Path::new(file), *field)?);
    }
    Ok(set)
}

fn array(path: &Path, field: FieldInfo) -> Result<Array, InputError> {
    let place = path.display().to_string();
    let ending = path.extension().and_then(|e| e.to_str()).unwrap_or("").to_ascii_lowercase();
    match ending.as_str() {
        "npy" => {
            let mut set = ArraySet::read(path, "instance", &[field])?;
            set.remove(field.name).ok_or_else(|| {
                InputError::new("the file holds no array", &place, "nothing", "one array")
            })
        }
        "csv" => {
            if field.complex {
                let what = "complex numbers cannot be written in this format";
                let error = InputError::new(what, &place, ".csv", "a .npy or .npz file");
                return Err(error.hint("numpy.save(\"file.npy\", array) writes one"));
            }
            let text = std::fs::read_to_string(path).map_err(|error| {
                let found = error.to_string();
                InputError::new("the file cannot be read", &place, found, "a readable file")
            })?;
            table(&text, field).map_err(|error| error.in_file(&place))
        }
        _ => {
            let found = if ending.is_empty() { "no ending".into() } else { format!(".{ending}") };
            let what = "the file's ending does not tell its format";
            Err(InputError::new(what, place, found, ".csv or .npy for a single array"))
        }
    }
}

fn table(text: &str, field: FieldInfo) -> Result<Array, InputError> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .comment(Some(b'#'))
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let (mut numbers, mut rows, mut columns) = (Vec::new(), 0, None);
    for (index, record) in reader.records().enumerate() {
        let record = record.map_err(|error| {
            InputError::new("the line cannot be read", "", error.to_string(), "numbers and commas")
        })?;
        let line = record.position().map_or(0, csv::Position::line);
        let words = |cell: &str| cell.parse::<f64>().is_err();
        if index == 0 && !record.is_empty() && record.iter().all(words) {
            continue; // names of columns
        }
        for (column, cell) in record.iter().enumerate() {
            let number = cell.parse::<f64>().map_err(|_| {
                let place = format!("{line}:{}", column + 1);
                let found = if cell.is_empty() { "an empty cell" } else { cell };
                InputError::new("not a number", place, found, "a number")
            })?;
            numbers.push(number);
        }
        let expected = *columns.get_or_insert(record.len());
        if record.len() != expected {
            let found = format!("{} numbers", record.len());
            let allowed = format!("{expected} numbers, as in the lines before");
            let what = "the lines have different lengths";
            return Err(InputError::new(what, line.to_string(), found, allowed));
        }
        rows += 1;
    }
    let columns = columns.unwrap_or(0);
    let shape = match field.dimensions.len() {
        0 if numbers.len() == 1 => Vec::new(),
        1 if rows == 1 || columns == 1 => vec![numbers.len()],
        _ => vec![rows, columns],
    };
    Ok(Array { shape, entries: noctule::data::Entries::Real(numbers) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use noctule::data::Entries;

    const PLACES: FieldInfo =
        FieldInfo { name: "places_m", dimensions: &["place", "axis"], complex: false, summary: "" };
    const GAINS: FieldInfo =
        FieldInfo { name: "gains", dimensions: &["place"], complex: false, summary: "" };

    fn shape_and_numbers(text: &str, field: FieldInfo) -> (Vec<usize>, Vec<f64>) {
        let array = table(text, field).unwrap();
        let Entries::Real(numbers) = array.entries else { panic!("real") };
        (array.shape, numbers)
    }

    #[test]
    fn a_table_with_and_without_names_of_columns() {
        let expected = (vec![2, 2], vec![0.0, 1.5, -3.0, 4e2]);
        for text in ["x_m,y_m\n0,1.5\n-3, 4e2\n", "0,1.5\n# remark\n-3,4e2"] {
            assert_eq!(shape_and_numbers(text, PLACES), expected, "{text}");
        }
    }

    #[test]
    fn a_list_lies_or_stands() {
        for text in ["1,2,3\n", "1\n2\n3\n", "gain\n1\n2\n3"] {
            assert_eq!(shape_and_numbers(text, GAINS), (vec![3], vec![1.0, 2.0, 3.0]), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_with_line_and_column() {
        let place = |text: &str| table(text, PLACES).unwrap_err().place;
        assert_eq!(place("1,2\n3,oops\n"), "2:2");
        assert_eq!(place("x,y\n1,2\n3\n"), "3");
        assert_eq!(place("1,2\n3,\n"), "2:2");
    }

    #[test]
    fn pairs() {
        let fields = [PLACES, GAINS];
        let error = |pair: &str| read(&[pair.to_owned()], &fields).unwrap_err();
        assert!(error("gains").to_string().contains("NAME=FILE"));
        assert!(error("gain=a.csv").to_string().contains("gains"));
        assert!(error("gains=a.txt").to_string().contains(".csv"));
        assert!(error("gains=absent.csv").to_string().contains("cannot be read"));
    }

    #[test]
    fn a_file_of_each_kind() {
        let folder = tempfile::tempdir().unwrap();
        let csv = folder.path().join("gains.csv");
        std::fs::write(&csv, "1\n2\n").unwrap();
        let set = read(&[format!("gains={}", csv.display())], &[PLACES, GAINS]).unwrap();
        assert_eq!(set.get("gains"), Some(&Array::list(vec![1.0, 2.0])));
    }
}
