use super::{CHANNELS, GAIN, SITES, complexes, read, reals, written};
use noctule_num::C64;

type Read = (Vec<usize>, Vec<f64>, Vec<String>);

fn table(text: &str) -> Result<Read, noctule_num::InputError> {
    let (_folder, path) = written("a.csv", text);
    read(&path, "", &SITES).map(|(array, notes)| (array.shape.clone(), reals(&array), notes))
}

#[test]
fn a_table_is_the_same_in_every_dialect() {
    for text in [
        "0,1.5\n-3,4e2\n",
        "0;1.5\n-3;4e2\n",
        "0;1,5\n-3;400,0\n",
        "0\t1.5\n-3\t4e2",
        "0 1.5\n  -3   4e2\n",
        "\u{feff}0,1.5\r\n-3,4e2\r\n",
        "sep=;\r\n0;1,5\r\n-3;400\r\n",
        "\"0\",\"1.5\"\n\"-3\",\"400\"\n",
        "\"0\",\"1,5\"\n\"-3\",\"400,0\"\n",
        "# by hand\nx_m,y_m\n0,1.5\n\n% again\n-3,400\n",
        "x,y\n0,1.5\n-3,400\n",
        "x [m];y [m]\n0;1,5\n-3;400\n",
        "site_x site_y\n0 1.5\n-3 400\n",
    ] {
        let (shape, numbers, _) = table(text).unwrap_or_else(|error| panic!("{text:?}: {error}"));
        assert_eq!((shape, numbers), (vec![2, 2], vec![0.0, 1.5, -3.0, 400.0]), "{text:?}");
    }
    let utf16: Vec<u8> =
        "\u{feff}0\t1,5\n-3\t400".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let (_folder, path) = written("a.csv", utf16);
    assert_eq!(reals(&read(&path, "", &SITES).unwrap().0), [0.0, 1.5, -3.0, 400.0]);
}

/// A typo in the first line must not cost a row.
#[test]
fn a_first_line_of_numbers_that_do_not_parse_is_an_error() {
    for (first, hint) in [
        ("5.0D1,4.0D1", "exponents"),
        ("50 m,40 m", "heading"),
        ("n/a,n/a", "heading"),
        ("\u{2212}50,\u{2212}40", "hyphen"),
        ("O.01,O.02", "heading"),
        ("O1,l0", "heading"),
        ("fifty,forty", "heading"),
        (",", "heading"),
    ] {
        let error = table(&format!("{first}\n30,30\n70,30\n")).unwrap_err();
        assert_eq!(error.what, "not a number", "{first}");
        assert!(error.place.ends_with("a.csv: line 1, column 1"), "{}", error.place);
        assert!(error.hint.as_ref().unwrap().contains(hint), "{first}: {error}");
    }
}

#[test]
fn a_heading_is_said_and_any_is_taken_that_is_asked_for() {
    let (_, _, notes) = table("x,y\n50,40\n30,30\n").unwrap();
    assert!(notes[0].contains("heading: x, y"), "{notes:?}");
    let (_folder, path) = written("a.csv", "fifty,forty\n30,30\n");
    let (array, notes) = read(&path, "; heading", &SITES).unwrap();
    assert_eq!(array.shape, [1, 2]);
    assert!(notes[0].contains("fifty, forty"), "{notes:?}");
    let (_, _, notes) = table("0;1,5\n").unwrap();
    assert!(notes[0].contains("decimal commas"), "{notes:?}");
}

#[test]
fn what_is_not_clear_is_refused_with_line_and_column() {
    for (text, what, place) in [
        ("1,2\n3,oops\n", "not a number", "line 2, column 2"),
        ("1,2\n3\n", "the lines have different lengths", "line 2"),
        ("1,2\n3,\n", "not a number", "line 2, column 2"),
        ("1.5;2,5\n", "decimal points and decimal commas in one file", "line 1, column 2"),
        ("1;1.000,5\n", "decimal points and decimal commas in one file", "line 1, column 2"),
        ("\"1,2\n", "a quote is not closed", "line 1"),
        ("1,5 2,5\n", "not a number", "line 1, column 2"),
        ("1 - 2i\n", "not a number", "line 1, column 2"),
        ("", "the file is empty", "a.csv"),
        ("# nothing\n\n", "the file is empty", "a.csv"),
        ("x,y\n", "the file is empty", "a.csv"),
    ] {
        let error = table(text).unwrap_err();
        assert_eq!(error.what, what, "{text:?}");
        assert!(error.place.ends_with(place), "{text:?}: {}", error.place);
    }
    let (_folder, path) = written("a.csv", b"50,40\xe9\n");
    assert_eq!(read(&path, "", &SITES).unwrap_err().what, "this is not text");
}

#[test]
fn complex_numbers_of_numpy_and_matlab_are_read() {
    let expected =
        [C64::new(1.0, 2.0), C64::new(1.5, -0.25), C64::new(0.0, 1.0), C64::new(3.0, 0.0)];
    for text in [
        "(1+2j),(1.5+-0.25j)\n(0+1j),3\n",
        "1+2i,1.5-0.25i\n1i,3\n",
        "1 + 2i;1,5 - 0,25i\ni;3\n",
        " (1.0e+00+2.0e+00j) (1.5e+00-2.5e-01j)\n (0.0e+00+1.0e+00j) (3.0e+00+0.0e+00j)\n",
    ] {
        let (_folder, path) = written("h.csv", text);
        let (array, notes) = read(&path, "", &CHANNELS).unwrap();
        assert_eq!(complexes(&array), expected, "{text}");
        // two users, two antennas: which is which?
        assert!(notes.iter().any(|note| note.contains("square")), "{notes:?}");
        let (turned, notes) = read(&path, "; axes=antenna,user; conjugate", &CHANNELS).unwrap();
        assert_eq!(complexes(&turned)[1], expected[2].conj());
        assert!(!notes.iter().any(|note| note.contains("square")), "{notes:?}");
    }
}

#[test]
fn a_list_lies_or_stands() {
    for text in ["1,2,3\n", "1\n2\n3\n", "gain\n1\n2\n3", "user_gain\n1\n2\n3"] {
        let (_folder, path) = written("a.csv", text);
        let (array, _) = read(&path, "", &GAIN).unwrap();
        assert_eq!((array.shape.clone(), reals(&array)), (vec![3], vec![1.0, 2.0, 3.0]), "{text}");
    }
}
