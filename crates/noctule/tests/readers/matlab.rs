use std::path::PathBuf;

use noctule::data::{Array, ArraySet, Node, design_document, members, system_of};
use noctule_num::C64;

use super::{CHANNELS, GAIN, SITES, complexes, read, reals, written};

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/files").join(name)
}

/// Antenna × user as `tests/files/make.py` writes it, user by user.
fn expected() -> Vec<C64> {
    (0..6)
        .map(|n| (n % 3, n / 3))
        .map(|(n, k): (i32, i32)| C64::new(f64::from(n + 10 * k), f64::from(n - k)))
        .collect()
}

#[test]
fn a_variable_a_field_and_a_cell_are_picked_by_name_in_every_version() {
    for name in ["v6.mat", "v7.mat", "v73.mat"] {
        for path in [":H", ":single", ":chan.H", ":cell{2}", ":cell{2,1}"] {
            let (array, _) =
                read(&file(name), &format!("{path}; axes=antenna,user"), &CHANNELS).unwrap();
            assert_eq!((array.shape.as_slice(), complexes(&array)), (&[2, 3][..], expected()));
        }
        let (gain, _) = read(&file(name), ":gain", &GAIN).unwrap();
        assert_eq!((gain.shape.clone(), reals(&gain)), (vec![3], vec![1.0, 2.0, 3.0]), "{name}");
        // a variable that has the name of the array is found without being named
        assert_eq!(read(&file(name), "", &GAIN).unwrap().0, gain);
        let (deep, _) = read(&file(name), ":chan.deep.gain", &GAIN).unwrap();
        assert_eq!(reals(&deep), [7.0, 8.0]);
        let all = members(&file(name)).unwrap().0;
        let of = |wanted: &str| &all.iter().find(|(name, _)| name == wanted).unwrap().1;
        assert_eq!(of("note"), &Node::Text("words".to_owned()));
        let Node::Array(cube) = of("cube") else { panic!("an array") };
        let numbers: Vec<f64> = (0..24).map(f64::from).collect();
        assert_eq!((cube.shape.as_slice(), reals(cube)), (&[2, 3, 4][..], numbers), "{name}");
    }
}

#[test]
fn foreign_variables_are_no_obstacle_and_a_lone_one_is_asked_about() {
    let set = ArraySet::read(&file("v7.mat"), "instance", &[GAIN, SITES]).unwrap();
    assert_eq!(set.iter().map(|(name, _)| name).collect::<Vec<_>>(), ["gain"]);
    let error = ArraySet::read(&file("v73.mat"), "instance", &[CHANNELS]).unwrap_err();
    assert!(error.found.contains('H') && error.hint.unwrap().contains("chan.H"));
    let mut lone = ArraySet::new();
    lone.insert("H", Array::list(vec![1.0, 2.0]));
    let (_folder, path) = written("lone.mat", lone.to_mat("beamforming"));
    let hint = ArraySet::read(&path, "instance", &[CHANNELS]).unwrap_err().hint.unwrap();
    assert!(hint.contains("--array channels=") && hint.contains(":H`"), "{hint}");
    let (_folder, path) = written("lone.npz", lone.to_npz().unwrap());
    let hint = ArraySet::read(&path, "instance", &[CHANNELS]).unwrap_err().hint.unwrap();
    assert!(hint.contains("--array channels=") && hint.contains(":H`"), "{hint}");
    assert_eq!(reals(&read(&path, ":H", &GAIN).unwrap().0), [1.0, 2.0]);
}

#[test]
fn a_path_that_leads_nowhere_says_what_is_there() {
    for (path, found) in [
        (":chan", "structure with H, power, deep"),
        (":chan.h", "`h`"),
        (":cell", "cell array of shape [2, 1]"),
        (":cell{3}", "{3}"),
        (":cell{0}", "{0}"),
        (":H.x", "an array of shape [3, 2]"),
        (":note", "a text"),
        (":h", "`h`"),
    ] {
        let error = read(&file("v7.mat"), path, &CHANNELS).unwrap_err();
        assert!(error.found.contains(found), "{path}: {error}");
        assert!(error.place.contains("v7.mat"), "{path}: {error}");
    }
}

#[test]
fn what_is_written_is_read_again() {
    let mut set = ArraySet::new();
    let numbers = |n: i32| (0..n).map(f64::from).collect::<Vec<_>>();
    set.insert(
        "site_m",
        Array { shape: vec![2, 3], entries: noctule::data::Entries::Real(numbers(6)) },
    );
    set.insert("gain", Array::list(numbers(3)));
    let beams = numbers(4).into_iter().map(|x| C64::new(x, -x)).collect();
    set.insert("channels", Array::complex(vec![2, 2], beams));
    let (_folder, path) = written("set.mat", set.to_mat("frame"));
    assert_eq!(ArraySet::read(&path, "instance", &[SITES, GAIN, CHANNELS]).unwrap(), set);
    assert_eq!(system_of(&path).as_deref(), Some("frame"));
}

/// The document of a design travels in its `.mat` file; a variable that was changed afterwards is
/// no longer what the document speaks of.
#[test]
fn a_design_in_a_mat_file_is_its_document_until_a_variable_is_changed() {
    let mut beams = ArraySet::new();
    beams.insert("channels", Array::complex(vec![1, 2], vec![C64::new(0.1, -3.0), C64::ONE]));
    let mut document = beams.to_json("design", "beamforming");
    document["metrics"] =
        serde_json::json!({ "rate": 1.5, "targets": [{ "deg": 2.0 }], "none": null });
    let (folder, path) = written("d.mat", beams.to_mat_design(&beams, &document));
    let told: serde_json::Value = serde_json::from_str(&design_document(&path).unwrap()).unwrap();
    assert_eq!(told, document);
    let (all, _) = members(&path).unwrap();
    let metrics = &all.iter().find(|(name, _)| name == "metrics").unwrap().1;
    assert_eq!(
        metrics.pick("targets.deg").unwrap(),
        &Node::Array(Array { shape: vec![1, 1], entries: noctule::data::Entries::Real(vec![2.0]) })
    );
    let mut other = ArraySet::new();
    other.insert("channels", Array::complex(vec![1, 2], vec![C64::ONE, C64::ONE]));
    let changed = folder.path().join("changed.mat");
    std::fs::write(&changed, other.to_mat_design(&beams, &document)).unwrap();
    assert!(design_document(&changed).unwrap_err().place.ends_with("channels"));
}
