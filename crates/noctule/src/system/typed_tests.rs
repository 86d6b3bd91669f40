//! What a value becomes, and the words and the place when it becomes nothing: beside `serde_json` and
//! `serde_path_to_error`, which share no code with the reader.

use std::collections::BTreeMap;
use std::fmt::Debug;

use num_complex::Complex;
use serde::Deserialize;
use serde_json::{Value, json};

use super::typed;

#[derive(Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
struct Leaf {
    size: usize,
    level: f64,
    name: Option<String>,
    pair: (f64, u8),
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "kebab-case")]
enum Pick {
    Nothing,
    One(f64),
    Two(u8, i64),
    Many { leaf: Leaf },
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Tagged {
    Plain {},
    Held { leaves: Vec<Leaf> },
}

#[derive(Debug, Deserialize, PartialEq)]
struct Wrapped(bool);

#[derive(Debug, Deserialize, PartialEq)]
struct Tree {
    #[serde(default)]
    leaves: Vec<Leaf>,
    #[serde(default)]
    by_name: BTreeMap<String, Pick>,
    tagged: Option<Tagged>,
    wrapped: Option<Wrapped>,
    number: Option<Complex<f64>>,
    anything: Option<Value>,
    nothing: Option<()>,
}

/// The part of a value at a place such as `leaves[1].size`.
fn part<'a>(value: &'a Value, place: &str) -> Option<&'a Value> {
    let place = place.replace('[', ".").replace(']', "");
    let mut names = place.split('.').filter(|name| !name.is_empty());
    names.try_fold(value, |inner, name| match inner {
        Value::Array(list) => list.get(name.parse::<usize>().ok()?),
        other => other.get(name),
    })
}

/// The same value, or the same words at the same place; but a list is no object.
fn same(value: &Value) {
    let ours = typed::<Tree>(value, "").map_err(|error| (error.place, error.found));
    if let Err((place, words)) = &ours
        && words.starts_with("invalid type: sequence, expected struct")
    {
        assert!(part(value, place).is_some_and(Value::is_array), "{value}: {place}");
        return;
    }
    let theirs = serde_path_to_error::deserialize::<_, Tree>(value).map_err(|error| {
        let place = Some(error.path().to_string()).filter(|path| path != ".");
        let words = error.inner().to_string();
        let words = words.replace("usize", "a count").replace("u32", "a count");
        (place.unwrap_or_default(), words)
    });
    assert_eq!(show(&ours), show(&theirs), "{value}");
}

fn show(read: &Result<Tree, impl Debug>) -> String {
    format!("{read:?}")
}

/// Something of every kind, to be put anywhere.
fn odds() -> Vec<Value> {
    vec![
        json!(null),
        json!(true),
        json!(-3),
        json!(7),
        json!(300),
        json!(1.5),
        json!(1e300),
        json!("much"),
        json!("nothing"),
        json!("one"),
        json!([]),
        json!([1.0, 2]),
        json!([1.0, 2, 3]),
        json!([1.0, "x"]),
        json!({}),
        json!({ "kind": "plain" }),
        json!({ "kind": "held", "leaves": [{ "size": 1 }, { "size": "x" }] }),
        json!({ "one": 2.0 }),
        json!({ "one": "x" }),
        json!({ "nothing": 1 }),
        json!({ "two": [1, 2] }),
        json!({ "two": [1, 2, 3] }),
        json!({ "two": 1 }),
        json!({ "many": { "leaf": { "level": null } } }),
        json!({ "many": [{}] }),
        json!({ "many": 3 }),
        json!({ "many": 3, "one": 1 }),
        json!({ "leaf": 3 }),
        json!({ "size": 2, "level": 3, "name": null, "pair": [1, 2] }),
        json!({ "size": -2 }),
        json!({ "sise": 2 }),
        json!({ "pair": [1, 256] }),
        json!({ "pair": [1, 2, 3] }),
        json!({ "name": 5 }),
    ]
}

#[test]
fn values_and_errors_are_those_of_serde() {
    for odd in odds() {
        same(&odd);
        for name in ["leaves", "by_name", "tagged", "wrapped", "number", "anything", "nothing"] {
            same(&json!({ name: odd }));
        }
        same(&json!({ "leaves": [{}, odd] }));
        same(&json!({ "by_name": { "a": "nothing", "b c": odd } }));
        for name in ["size", "level", "name", "pair"] {
            same(&json!({ "leaves": [{ name: odd }] }));
        }
    }
}

#[test]
fn a_list_is_no_object() {
    let listed = json!({ "leaves": [[2, 3.0, null, [1.0, 2]]] });
    assert!(serde_json::from_value::<Tree>(listed.clone()).is_ok());
    let error = typed::<Tree>(&listed, "").unwrap_err();
    assert_eq!(
        (error.place.as_str(), error.found.as_str()),
        ("leaves[0]", "invalid type: sequence, expected struct Leaf")
    );
}

#[test]
fn places_are_inside_what_they_are_told_to_be() {
    let error = typed::<Tree>(&json!({ "leaves": [{}, { "size": "x" }] }), "scenario").unwrap_err();
    assert_eq!(error.place, "scenario.leaves[1].size");
    assert!(error.found.contains("expected a count"), "{}", error.found);
    assert_eq!(typed::<Tree>(&json!(3), "scenario").unwrap_err().place, "scenario");
}

#[test]
fn what_lacks_a_key_is_told_all_of_its_keys() {
    let error = typed::<Tree>(&json!({ "by_name": { "a": { "many": {} } } }), "").unwrap_err();
    assert_eq!(error.found, "missing field `leaf`");
    assert_eq!(error.allowed, "the keys leaf; `noctule schema` describes them");

    #[derive(Debug, Deserialize)]
    #[allow(dead_code)]
    struct Place {
        azimuth_deg: f64,
        polar_deg: f64,
    }
    let error = typed::<Vec<Place>>(&json!([{ "azimuth_deg": 20 }]), "fixed").unwrap_err();
    assert_eq!(error.place, "fixed[0]");
    assert_eq!(error.allowed, "the keys azimuth_deg, polar_deg; `noctule schema` describes them");
    let error = typed::<Vec<Place>>(&json!([{ "azimuth_deg": "x" }]), "").unwrap_err();
    assert_eq!(error.allowed, "what `noctule schema` describes");
}
