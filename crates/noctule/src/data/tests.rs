use noctule_num::C64;

use super::{Array, ArraySet, Entries, FieldInfo, Taker};

const FIELDS: &[FieldInfo] = &[
    FieldInfo {
        name: "channels",
        dimensions: &["user", "antenna"],
        complex: true,
        summary: "channels",
    },
    FieldInfo { name: "noise_w", dimensions: &["user"], complex: false, summary: "noise in watts" },
    FieldInfo { name: "power_w", dimensions: &[], complex: false, summary: "power in watts" },
];

fn example() -> ArraySet {
    let mut set = ArraySet::new();
    let channels = (0..6).map(|k| C64::new(f64::from(k) / 3.0, -f64::from(k))).collect();
    set.insert("channels", Array::complex(vec![2, 3], channels));
    set.insert("noise_w", Array::list(vec![0.1, 0.3]));
    set.insert("power_w", Array::number(1.0 / 3.0));
    set
}

#[test]
fn json_and_npz_round_trip_to_the_bit() {
    let set = example();
    let text = serde_json::to_vec(&set.to_json("instance", "test")).unwrap();
    assert_eq!(ArraySet::from_json(&text, "instance", FIELDS).unwrap(), set);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("set.npz");
    std::fs::write(&path, set.to_npz().unwrap()).unwrap();
    assert_eq!(ArraySet::read(&path, "instance", FIELDS).unwrap(), set);
    assert_eq!(set.to_npz().unwrap(), set.to_npz().unwrap(), "no clock in the archive");
}

#[test]
fn taking_checks_shapes_by_name() {
    let mut set = example();
    set.insert("noise_w", Array::list(vec![0.1, 0.3, 0.5]));
    let mut taker = Taker::new(&set, FIELDS);
    taker.complex("channels").unwrap();
    let error = taker.real("noise_w").unwrap_err();
    assert_eq!(error.place, "noise_w");
    assert_eq!(error.found, "shape [3], so 3 along `user`");
    assert_eq!(error.allowed, "2 along `user`, as in `channels`");
}

#[test]
fn taking_names_the_entry_that_is_not_finite() {
    let mut set = example();
    let mut values = vec![C64::ONE; 6];
    values[4].im = f64::NAN;
    set.insert("channels", Array::complex(vec![2, 3], values));
    let error = Taker::new(&set, FIELDS).complex("channels").unwrap_err();
    assert_eq!((error.place.as_str(), error.found.as_str()), ("channels[1][1]", "NaN"));
}

#[test]
fn damaged_files_are_said() {
    let folder = tempfile::tempdir().unwrap();
    let whole = example().to_npz().unwrap();
    let read = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        ArraySet::read(&path, "instance", FIELDS).unwrap_err()
    };
    for cut in [0, 1, 10, 60, whole.len() / 2, whole.len() - 1] {
        let error = read("cut.npz", &whole[..cut]);
        assert!(error.place.contains("cut.npz"), "{error}");
    }
    for cut in 0..160 {
        let mut set = ArraySet::new();
        set.insert("channels", example().get("channels").unwrap().clone());
        let array = {
            let mut bytes = std::io::Cursor::new(Vec::new());
            super::npz_array_for_tests(set.get("channels").unwrap(), &mut bytes);
            bytes.into_inner()
        };
        read("cut.npy", &array[..cut.min(array.len() - 1)]);
    }
    assert_eq!(read("cut.json", b"{\"format\": \"noctule-inst").what, "the file ends too early");
    assert_eq!(read("list.json", b"[1]").what, "the document is not an object");
    assert_eq!(
        read("new.json", b"{\"format\": \"noctule-instance/2\"}").what,
        "the file was written by a newer noctule"
    );
    let ragged = b"{\"format\":\"noctule-instance/1\",\"channels\":[[[1,2]],[[1,2],[3,4]]]}";
    assert_eq!(read("ragged.json", ragged).what, "the rows have different lengths");
    let unknown = b"{\"format\":\"noctule-instance/1\",\"chanels\":[[[1,2]]]}";
    assert_eq!(read("u.json", unknown).hint.unwrap(), "did you mean `channels`?");
    assert_eq!(read("set.mat", b"").what, "the file is empty");
    assert_eq!(read("set.doc", b"").allowed, ".json, .npz, .npy, .mat or .csv");
}

#[test]
fn a_key_that_occurs_twice_is_refused_at_any_depth() {
    for (text, key) in [
        (r#"{"a": 1, "b": 2, "a": 3}"#, "`a`"),
        (r#"{"a": {"b": [{"c": 1, "c": 1}]}}"#, "`c`"),
        (r#"{"": 1, "": 2}"#, "``"),
    ] {
        let error = super::json_document(text.as_bytes()).unwrap_err();
        assert_eq!((error.what.as_str(), error.found.as_str()), ("a key occurs twice", key));
        assert!(error.place.starts_with("1:"), "{error}");
    }
    let same = super::json_document(br#"{"a": {"b": 1}, "c": {"b": 2}}"#).unwrap();
    assert_eq!(same, serde_json::json!({"a": {"b": 1}, "c": {"b": 2}}));
}

#[test]
fn json_is_read_as_serde_reads_it_with_or_without_a_mark() {
    for text in ["[1, -2, 3.5, 1e300, 18446744073709551615, null, true, \"é\"]", "{}", "\"x\""] {
        let plain: serde_json::Value = serde_json::from_str(text).unwrap();
        assert_eq!(super::json_document(text.as_bytes()).unwrap(), plain);
        let marked = format!("\u{feff}{text}");
        assert_eq!(super::json_document(marked.as_bytes()).unwrap(), plain);
    }
    let deep = "[".repeat(100_000);
    for text in ["", "{", "{} {}", "[1e400]", "{\"a\": nan}", deep.as_str()] {
        let error = super::json_document(text.as_bytes()).unwrap_err();
        assert!(!error.found.is_empty(), "{error}");
    }
}

#[test]
fn an_array_of_another_name_is_taken_for_what_it_looks_like() {
    const KNOWN: [FieldInfo; 3] = [
        FieldInfo {
            name: "channels",
            dimensions: &["user", "antenna"],
            complex: true,
            summary: "c",
        },
        FieldInfo { name: "power_w", dimensions: &[], complex: false, summary: "p" },
        FieldInfo { name: "azimuth_rad", dimensions: &["target"], complex: false, summary: "a" },
    ];
    let hint = |name: &str, array: Array| {
        let mut set = ArraySet::new();
        set.insert(name, array);
        set.only(&KNOWN).unwrap_err().hint.unwrap_or_default()
    };
    let matrix = Array::complex(vec![1, 2], vec![C64::ONE; 2]);
    assert_eq!(hint("H", matrix.clone()), "did you mean `channels`, c?");
    assert_eq!(hint("angles", Array::list(vec![0.0])), "did you mean `azimuth_rad`, a?");
    assert_eq!(hint("power", matrix), "names carry their unit: did you mean `power_w`?");
    assert_eq!(hint("x", Array::number(1.0)), "");
}

#[test]
fn more_than_a_turn_is_no_direction() {
    const FIELD: [FieldInfo; 1] =
        [FieldInfo { name: "polar_rad", dimensions: &["target"], complex: false, summary: "" }];
    let taken = |value: f64| {
        let mut set = ArraySet::new();
        set.insert("polar_rad", Array::list(vec![0.5, value]));
        Taker::new(&set, &FIELD).real("polar_rad")
    };
    assert!(taken(-6.2).is_ok() && taken(std::f64::consts::TAU).is_ok());
    let error = taken(42.39).unwrap_err();
    assert_eq!(error.place, "polar_rad[1]");
    assert!(error.found.contains("2429°") && error.hint.unwrap().contains("degrees"));
}

#[test]
fn a_matrix_is_turned_and_turned_back() {
    let array =
        Array { shape: vec![2, 3], entries: Entries::Real((0..6).map(f64::from).collect()) };
    let turned = array.transposed().unwrap();
    assert_eq!(turned.shape, [3, 2]);
    assert_eq!(turned.entries, Entries::Real(vec![0.0, 3.0, 1.0, 4.0, 2.0, 5.0]));
    assert_eq!(turned.transposed(), Some(array));
    assert_eq!(Array::list(vec![1.0]).transposed(), None);
}
