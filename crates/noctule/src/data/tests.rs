use noctule_num::C64;

use super::{Array, ArraySet, FieldInfo, Taker};

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
    assert_eq!(read("set.mat", b"").allowed, ".json, .npz or .npy");
}
