//! Arrays that a person hands in one by one: `user_positions_m=users.csv`,
//! `channels=H.mat:chan.H; axes=antenna,user`.

use noctule::data::{self, ArraySet, FieldInfo};
use noctule_num::{InputError, hint};

/// Read `NAME=FILE[:MEMBER][; OPTION]…` pairs; each name must be one of `fields`, and may come
/// once. What the readers decided stands in [`ArraySet::notes`].
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
        let source = data::Source::parse(file).map_err(|error| error.inside("--array"))?;
        let (array, notes) = data::array(&source, field)?;
        set.insert(name, array);
        set.note(notes);
    }
    Ok(set)
}

/// Arrays from `FILE[:MEMBER][; OPTION]…`: all of the file, or with a member or options the one
/// that a file of a single array is taken for.
///
/// # Errors
/// As [`ArraySet::read`] and [`data::array`].
pub fn whole(
    source: &data::Source,
    kind: &str,
    fields: &[FieldInfo],
) -> Result<ArraySet, InputError> {
    let first = fields.iter().find(|field| field.complex).or(fields.first());
    let (Some(field), true) = (first, source.is_one_array()) else {
        return ArraySet::read(&source.file, kind, fields);
    };
    let (array, notes) = data::array(source, field)?;
    let mut set = ArraySet::new();
    set.insert(field.name, array);
    set.note(notes);
    Ok(set)
}

#[cfg(test)]
mod tests {
    use super::*;
    use noctule::data::Array;

    const PLACES: FieldInfo =
        FieldInfo { name: "places_m", dimensions: &["place", "axis"], complex: false, summary: "" };
    const GAINS: FieldInfo =
        FieldInfo { name: "gains", dimensions: &["place"], complex: false, summary: "" };

    #[test]
    fn pairs() {
        let fields = [PLACES, GAINS];
        let error = |pair: &str| read(&[pair.to_owned()], &fields).unwrap_err();
        assert!(error("gains").to_string().contains("NAME=FILE"));
        assert!(error("gain=a.csv").to_string().contains("gains"));
        assert!(error("gains=a.doc").to_string().contains(".csv"));
        assert!(error("gains=absent.csv").to_string().contains("cannot be read"));
        assert!(error("gains=absent.csv; headign").to_string().contains("heading"));
    }

    #[test]
    fn what_a_reader_decided_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let csv = folder.path().join("gains.csv");
        std::fs::write(&csv, "gain\n1\n2\n").unwrap();
        let set = read(&[format!("gains={}", csv.display())], &[PLACES, GAINS]).unwrap();
        assert_eq!(set.get("gains"), Some(&Array::list(vec![1.0, 2.0])));
        assert!(set.notes()[0].contains("heading"), "{:?}", set.notes());
    }
}
