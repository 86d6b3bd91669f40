//! The grammar, the reader and the page about it say the same.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "grammar/pages.rs"]
mod pages;
#[path = "grammar/paths.rs"]
mod paths;
#[path = "grammar/settings.rs"]
mod settings;
mod support;
#[path = "grammar/walk.rs"]
mod walk;

use noctule_lab::experiment::grammar::{self, Absent, Kind, Table, tables};
use noctule_lab::experiment::{Experiment, ScenarioFile};
use serde_json::Value;
use support::{parse, registry};

/// A study with every table, as the reader of the quadratic system accepts it.
const WHOLE: &str = r#"
trials = 40
[scenario]
offset = 1.0
[[sweep]]
path = "scenario.power_dbm"
values = [0, 10, 20]
[[scheme]]
name = "exact"
[[scheme]]
name = "rough"
settings = { start = 1 }
[precision]
metric = "cost"
standard_error = 0.1
[ci]
trials = 2
[[figure]]
id = "f"
x = "scenario.power_dbm"
y = "cost"
[[figure.printed]]
label = "l"
source = "s"
x = [10]
y = [1.5]
[[claim]]
text = "t"
paper = 1
tol = 1
ours = { kind = "difference", metric = "cost", scheme = "rough", versus = { scheme = "exact" }, at = { "scenario.power_dbm" = 10 } }
"#;

/// Check a document against a schema of the few words our schemas use; the place of what is wrong.
fn violation(schema: &Value, value: &Value, place: &str) -> Option<String> {
    let known = [
        "$schema",
        "title",
        "description",
        "type",
        "properties",
        "required",
        "additionalProperties",
        "oneOf",
        "anyOf",
        "items",
        "minItems",
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "enum",
        "const",
        "default",
        "maxLength",
        "pattern",
    ];
    let object = schema.as_object()?;
    let strange = object.keys().find(|word| !known.contains(&word.as_str()));
    assert!(strange.is_none(), "{place}: the test does not know `{strange:?}`");
    let is = |name: &str| match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64(),
        "boolean" => value.is_boolean(),
        _ => false,
    };
    let fails = |what: &str| Some(format!("{place}: {what} ({value})"));
    if schema.get("type").is_some_and(|name| !is(name.as_str().unwrap())) {
        return fails("type");
    }
    if schema.get("enum").is_some_and(|words| !words.as_array().unwrap().contains(value))
        || schema.get("const").is_some_and(|only| only != value)
    {
        return fails("words");
    }
    let number = value.as_f64().unwrap_or(0.0);
    let limit = |word: &str| schema.get(word).and_then(Value::as_f64);
    if limit("minimum").is_some_and(|limit| number < limit)
        || limit("maximum").is_some_and(|limit| number > limit)
        || limit("exclusiveMinimum").is_some_and(|limit| number <= limit)
    {
        return fails("range");
    }
    for (word, exactly) in [("anyOf", false), ("oneOf", true)] {
        let Some(options) = schema.get(word).and_then(Value::as_array) else { continue };
        let fit = options.iter().filter(|one| violation(one, value, place).is_none()).count();
        if fit == 0 || (exactly && fit != 1) {
            return fails(word);
        }
    }
    let members = value.as_object();
    for name in schema.get("required").and_then(Value::as_array).into_iter().flatten() {
        if members.is_some_and(|members| !members.contains_key(name.as_str().unwrap())) {
            return fails(&format!("required {name}"));
        }
    }
    let properties = schema.get("properties");
    for (name, member) in members.into_iter().flatten() {
        let inner = format!("{place}.{name}");
        match properties.and_then(|properties| properties.get(name)) {
            Some(schema) => {
                if let Some(found) = violation(schema, member, &inner) {
                    return Some(found);
                }
            }
            None if schema.get("additionalProperties") == Some(&Value::Bool(false)) => {
                return fails(&format!("no property {name}"));
            }
            None => {}
        }
    }
    let items = value.as_array();
    if limit("minItems").is_some_and(|least| items.map_or(0, Vec::len) < least as usize) {
        return fails("minItems");
    }
    items.into_iter().flatten().enumerate().find_map(|(index, item)| {
        violation(schema.get("items")?, item, &format!("{place}[{index}]"))
    })
}

fn experiment_schema() -> Value {
    grammar::json_schema(&tables::EXPERIMENT, "noctule-experiment/1")
}

fn json(text: &str) -> Value {
    serde_json::to_value(text.parse::<toml::Table>().unwrap()).unwrap()
}

fn each_table(table: &'static Table, visit: &mut dyn FnMut(&'static Table)) {
    visit(table);
    for key in table.keys {
        if let Some(inner) = key.kind.table() {
            each_table(inner, visit);
        }
    }
}

#[test]
fn the_example_of_the_page_runs() {
    let page = grammar::page();
    let begin = page.find("```toml\n").unwrap() + 8;
    let text = &page[begin..begin + page[begin..].find("```").unwrap()];
    let registry = noctule_lab::systems::registry();
    let experiment = Experiment::parse(text, "page.toml", "page", &registry);
    experiment.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(violation(&experiment_schema(), &json(text), ""), None);
}

#[test]
fn built_in_experiments_satisfy_the_schema() {
    for built_in in noctule_lab::builtin::ALL {
        assert_eq!(violation(&experiment_schema(), &json(built_in.text), built_in.id), None);
    }
}

#[test]
fn names_are_unique_and_examples_are_of_their_kind() {
    for top in [&tables::EXPERIMENT, &tables::SCENARIO_FILE] {
        each_table(top, &mut |table| {
            let schema = grammar::json_schema(table, "");
            for key in table.keys {
                assert_eq!(table.names().iter().filter(|name| **name == key.name).count(), 1);
                assert!(!key.meaning.is_empty());
                let property = &schema["properties"][key.name];
                let example = &json(&format!("value = {}", key.example))["value"];
                assert_eq!(violation(property, example, key.name), None);
                if let Absent::Default(value) = key.absent {
                    let value = serde_json::from_str(value).unwrap();
                    assert_eq!(violation(property, &value, key.name), None);
                }
            }
            assert!(table.one_of.iter().all(|name| table.key(name).is_some()));
        });
    }
}

/// Set `path` (keys and indices) in a document, dropping the keys in `without` beside it.
fn set(document: &mut toml::Value, path: &[&str], value: toml::Value, without: &[&str]) {
    let (last, way) = path.split_last().unwrap();
    let mut at = document;
    for step in way {
        at = match at {
            toml::Value::Array(items) => &mut items[0],
            other => other,
        };
        at = at.as_table_mut().unwrap().entry(*step).or_insert_with(|| toml::Table::new().into());
    }
    if let toml::Value::Array(items) = at {
        at = &mut items[0];
    }
    let table = at.as_table_mut().unwrap();
    for name in without {
        table.remove(*name);
    }
    table.insert((*last).to_owned(), value);
}

/// Every key of every table, with the way to it.
fn each_key(
    table: &'static Table,
    way: &mut Vec<&'static str>,
    visit: &mut dyn FnMut(&'static Table, &[&'static str]),
) {
    for key in table.keys {
        way.push(key.name);
        visit(table, way);
        if let Some(inner) = key.kind.table() {
            each_key(inner, way, visit);
        }
        way.pop();
    }
}

fn whole() -> toml::Value {
    let text = format!("{}{WHOLE}", support::HEAD);
    parse(WHOLE).unwrap_or_else(|error| panic!("{error}"));
    toml::Value::Table(text.parse().unwrap())
}

fn read(document: &toml::Value) -> Result<Experiment, noctule_num::InputError> {
    let text = toml::to_string(document).unwrap();
    Experiment::parse(&text, "study.toml", "study", &registry())
}

/// Whatever the grammar describes is read: a date, which no key takes, is refused right there.
#[test]
fn every_key_of_the_grammar_is_read() {
    let mut count = 0;
    each_key(&tables::EXPERIMENT, &mut Vec::new(), &mut |table, way| {
        let mut document = whole();
        let date = toml::Value::Datetime("1979-05-27".parse().unwrap());
        // Inside `linspace` the rest of it must be there, and `values` must not.
        let name = *way.last().unwrap();
        for form in ["linspace", "logspace"] {
            if way.len() == 3 && way[1] == form {
                let spaced = "start = 1\nstop = 2\ncount = 3".parse::<toml::Table>().unwrap();
                set(&mut document, &["sweep", form], spaced.into(), table_forms());
            }
        }
        set(
            &mut document,
            way,
            date,
            if table.one_of.contains(&name) { table.one_of } else { &[] },
        );
        let error = read(&document).expect_err(&way.join("."));
        let place = error.place.replace("[0]", "");
        assert!(place.ends_with(&format!(" {}", way.join("."))), "{}: {error}", way.join("."));
        count += 1;
    });
    assert!(count > 70, "{count}");
}

fn table_forms() -> &'static [&'static str] {
    tables::SWEEP.one_of
}

/// Whatever the grammar does not describe is refused, in every table.
#[test]
fn no_other_key_is_read() {
    let mut ways = vec![(&tables::EXPERIMENT, Vec::new())];
    each_key(&tables::EXPERIMENT, &mut Vec::new(), &mut |table, way| {
        let key = table.key(way.last().unwrap()).unwrap();
        if let Some(inner) = key.kind.table() {
            ways.push((inner, way.to_vec()));
        }
    });
    for (table, mut way) in ways {
        way.push("surprise");
        let mut document = whole();
        for form in ["linspace", "logspace"] {
            if way.contains(&form) {
                set(&mut document, &["sweep", form], toml::Table::new().into(), table_forms());
            }
        }
        set(&mut document, &way, 1.into(), &[]);
        let error = read(&document).unwrap_err();
        assert!(error.what.contains("has no key of this name"), "{}: {error}", table.what);
        for name in table.names().iter().take(20) {
            assert!(error.allowed.contains(name), "{error}");
        }
    }
}

/// Every word of the grammar is known to the reader.
#[test]
fn every_word_is_known() {
    each_key(&tables::EXPERIMENT, &mut Vec::new(), &mut |table, way| {
        let Kind::Word(words) = table.key(way.last().unwrap()).unwrap().kind else { return };
        for word in words {
            let mut document = whole();
            set(&mut document, way, (*word).into(), &[]);
            if let Err(error) = read(&document) {
                assert!(!error.what.contains("does not know this word"), "{error}");
                assert!(!error.what.contains("another format"), "{error}");
            }
        }
    });
}

/// What the reader accepts satisfies the schema, also after damage.
#[test]
fn accepted_files_satisfy_the_schema() {
    let text = format!("{}{WHOLE}", support::HEAD);
    let schema = experiment_schema();
    let mut accepted = 0;
    for mutant in support::mutate::text(&text, 3, 12_000) {
        if Experiment::parse(&mutant, "f.toml", "f", &registry()).is_ok() {
            assert_eq!(violation(&schema, &json(&mutant), ""), None, "{mutant}");
            accepted += 1;
        }
    }
    assert!(accepted > 100, "{accepted}");
}

#[test]
fn scenario_files_read_their_grammar_and_nothing_else() {
    let registry = registry();
    for key in tables::SCENARIO_FILE.keys {
        let mut document = "format = \"noctule-scenario/1\"\nsystem = \"quadratic\"\n[scenario]\n"
            .parse::<toml::Table>()
            .unwrap();
        document.insert(key.name.to_owned(), toml::Value::Datetime("1979-05-27".parse().unwrap()));
        let text = toml::to_string(&document).unwrap();
        let error = ScenarioFile::parse(&text, "s.toml", &registry).expect_err(key.name);
        assert!(error.place.ends_with(&format!(" {}", key.name)), "{error}");
    }
    let text = "format = \"noctule-scenario/1\"\nsystem = \"quadratic\"\nsurprise = 1\n";
    let error = ScenarioFile::parse(text, "s.toml", &registry).unwrap_err();
    assert!(error.what.contains("has no key of this name"), "{error}");
}

#[test]
fn the_study_of_the_guide_is_accepted() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/first-study.md");
    let page = std::fs::read_to_string(path).unwrap();
    let begin = page.find("```toml\n").unwrap() + 8;
    let text = &page[begin..begin + page[begin..].find("```").unwrap()];
    let registry = noctule_lab::systems::registry();
    let study = Experiment::parse(text, "mine.toml", "mine", &registry)
        .and_then(|experiment| noctule_lab::Study::new(&experiment, text, &registry));
    study.unwrap_or_else(|error| panic!("{error}"));
}
