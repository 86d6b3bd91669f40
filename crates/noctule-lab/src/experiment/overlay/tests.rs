#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use super::path::Step;
use super::*;
use crate::experiment::document;
use serde_json::json;

fn over(default: &Value, text: &str) -> Result<Value, String> {
    let item = document::read(text, "f").unwrap();
    overlay(default, Schema::root(&Value::Null), &item).map_err(|error| error.to_string())
}

#[test]
fn an_optional_number_is_left_out_by_a_word() {
    let default = json!({"limit_db": -32.0, "name": "x", "bits": null, "power": 1.0});
    let number = |kind: &str| json!({"type": [kind, "null"]});
    let schema = json!({"properties": {
        "limit_db": number("number"), "name": number("string"), "bits": number("integer"),
        "power": {"type": "number"},
    }});
    let over = |text: &str| {
        let item = document::read(text, "f").unwrap();
        overlay(&default, Schema::root(&schema), &item).map_err(|error| error.to_string())
    };
    let all = over("limit_db = \"none\"\nname = \"none\"\nbits = \"none\"").unwrap();
    assert_eq!(all, json!({"limit_db": null, "name": "none", "bits": null, "power": 1.0}));
    assert!(over("limit_db = \"no\"").unwrap_err().contains("or \"none\""));
    assert!(over("power = \"none\"").unwrap_err().contains("another kind"));
}

#[test]
fn numbers_take_the_kind_of_the_default() {
    let default = json!({"power_dbm": 30.0, "users": 4});
    assert_eq!(
        over(&default, "power_dbm = 20\nusers = 8.0").unwrap(),
        json!({"power_dbm": 20.0, "users": 8})
    );
    assert!(over(&default, "users = 2.5").unwrap_err().contains("not an integer"));
    assert!(over(&default, "power_dbm = \"high\"").unwrap_err().contains("another kind"));
    assert!(over(&default, "power = 1").unwrap_err().contains("did you mean `power_dbm`"));
}

#[test]
fn variants_replace_and_tables_merge() {
    let default =
        json!({"fading": {"kind": "rayleigh", "scale": 1.0}, "area": {"x_m": 1.0, "y_m": 2.0}});
    let value =
        over(&default, "area = {y_m = 5}\nfading = {kind = \"rice\", factor_db = 3}").unwrap();
    assert_eq!(
        value,
        json!({"fading": {"kind": "rice", "factor_db": 3}, "area": {"x_m": 1.0, "y_m": 5.0}})
    );
    assert!(over(&default, "fading = {scael = 2}").unwrap_err().contains("`scale`"));
}

#[test]
fn lists_follow_their_first_element() {
    let default = json!({"targets": [{"polar_deg": 10.0, "note": "a"}]});
    let value =
        over(&default, "targets = [{polar_deg = 5}, {polar_deg = 6, note = \"b\"}]").unwrap();
    assert_eq!(value, json!({"targets": [{"polar_deg": 5.0}, {"polar_deg": 6.0, "note": "b"}]}));
    assert!(over(&default, "targets = [{polar = 5}]").unwrap_err().contains("polar_deg"));
}

#[test]
fn paths() {
    let path = steps("targets[1].polar_deg").unwrap();
    assert_eq!(path[1], Step::Index(1));
    assert_eq!((steps("a..b"), steps(""), steps("a[x]"), steps("a[1]b")), (None, None, None, None));
    let mut value = json!({"targets": [{}, {"polar_deg": 1.0}]});
    let (_, _, way) = find(&value, Schema::root(&Value::Null), &path).unwrap();
    replace(&mut value, &way, json!(2.0));
    assert_eq!(value, json!({"targets": [{}, {"polar_deg": 2.0}]}));
}

/// Settings as systems have them: a bound is asked for by a word or by a table.
#[derive(schemars::JsonSchema)]
#[allow(dead_code, reason = "only its schema is of use")]
struct Proven {
    certify: noctule::Certify,
    optional: Option<noctule::Certify>,
    starts: u32,
}

#[test]
fn a_table_takes_the_place_of_a_flag_and_the_other_way_round() {
    let schema = serde_json::to_value(schemars::schema_for!(Proven)).unwrap();
    let default = json!({"certify": false, "optional": null, "starts": 4});
    let over = |text: &str| {
        let item = document::read(text, "f").unwrap();
        overlay(&default, Schema::root(&schema), &item).map_err(|error| error.to_string())
    };
    for (text, certify) in [
        ("certify = true", json!(true)),
        ("certify = {nodes = 50}", json!({"nodes": 50})),
        ("certify = {nodes = \"none\", gap = 1}", json!({"nodes": null, "gap": 1.0})),
        ("starts = 2", json!(false)),
    ] {
        assert_eq!(over(text).unwrap()["certify"], certify, "{text}");
    }
    assert_eq!(over("optional = {gap = 0.5}").unwrap()["optional"], json!({"gap": 0.5}));
    for (text, told) in [
        ("certify = {node = 5}", "did you mean `nodes`"),
        ("certify = {nodes = 2.5}", "not an integer"),
        ("certify = \"yes\"", "true or false or {"),
        ("certify = 3", "true or false or {"),
        ("certfy = true", "did you mean `certify`"),
    ] {
        let error = over(text).unwrap_err();
        assert!(error.contains(told), "{text}: {error}");
    }
}

#[test]
fn paths_lead_into_a_table_that_a_flag_stands_for() {
    let schema = serde_json::to_value(schemars::schema_for!(Proven)).unwrap();
    let whole = of_tables([("scenario", json!({})), ("scheme", schema)]);
    for before in [json!(false), json!(true), json!({"nodes": 3, "gap": 0.5})] {
        let mut all = json!({"scheme": {"certify": before, "optional": null, "starts": 4}});
        for (path, value) in
            [("scheme.certify.nodes", json!(50)), ("scheme.optional.nodes", json!(7))]
        {
            let (_, schema, way) = find(&all, Schema::root(&whole), &steps(path).unwrap()).unwrap();
            assert!(matches!(schema.shape(), Shape::Integer(..)), "{path}");
            replace(&mut all, &way, value.clone());
            assert_eq!(value_at(&all, &way), Some(&value));
        }
        let certify = &all["scheme"]["certify"];
        assert_eq!(certify["nodes"], json!(50));
        // what a table said stays, a flag says nothing of it
        assert_eq!(certify.get("gap"), before.get("gap"));
    }
    let all = json!({"scheme": {"certify": false, "optional": null, "starts": 4}});
    let wrong = |path: &str| find(&all, Schema::root(&whole), &steps(path).unwrap()).unwrap_err();
    assert!(wrong("scheme.certify.node").hint.unwrap().contains("`nodes`"));
    assert!(wrong("scheme.start").hint.unwrap().contains("`starts`"));
}

#[test]
fn a_word_alone_is_the_variant_with_its_defaults() {
    let variant = |name: &str, needed: Value| {
        json!({"type": "object", "required": needed, "properties": {
            "kind": {"const": name, "type": "string"}, "size": {"type": "number"}}})
    };
    let schema = json!({"properties": {"goal": {"oneOf": [
        variant("min-crb", json!(["kind"])), variant("sized", json!(["kind", "size"]))]}}});
    let default = json!({"goal": {"kind": "min-crb", "size": 2.0}});
    let over = |text: &str| {
        let item = document::read(text, "f").unwrap();
        overlay(&default, Schema::root(&schema), &item).map_err(|error| error.to_string())
    };
    assert_eq!(over("goal = \"min_crb\"").unwrap(), default);
    let other = json!({"goal": {"kind": "sized", "size": 1.0}});
    let item = document::read("goal = \"min-crb\"", "f").unwrap();
    let plain = overlay(&other, Schema::root(&schema), &item).unwrap();
    assert_eq!(plain, json!({"goal": {"kind": "min-crb"}}));
    assert!(over("goal = \"sized\"").unwrap_err().contains("carries values"));
    assert!(over("goal = \"min-crp\"").unwrap_err().contains("min-crb"));
}
