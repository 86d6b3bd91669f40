//! What an experiment, `--set` or a dictionary of Python writes over a default.
//!
//! A system states its scenario, and the settings of its schemes, twice: as a JSON schema and as a
//! default. The schema is the grammar
//! of what may be written — keys, also of the elements of lists and of variants the default does
//! not show; kinds of values; lengths — and the default is what stays where nothing is written. An
//! unknown key is refused with the nearest known one, a wrong kind with the forms that are allowed.
//! Where there is no schema the default alone is the grammar ([`by_default`]). Ranges are left to the system's own validation, which reports at the same
//! place.

mod by_default;
mod path;
mod schema;

use noctule_num::{InputError, hint};
use serde_json::{Map, Number, Value, json};

use super::document::{Item, Kind};
pub(crate) use path::{Hop, Missing, Step, find, replace, steps, undo, value_at};
pub use schema::of_tables;
pub(crate) use schema::{Schema, same_name};
use schema::{Shape, Variant};

/// The words for an optional value that is left out: ours, and that of documents.
const NONE: [&str; 2] = ["none", "null"];

/// Write `item` over `default`.
pub(crate) fn overlay(
    default: &Value,
    schema: Schema<'_>,
    item: &Item,
) -> Result<Value, InputError> {
    fit((!default.is_null()).then_some(default), schema, item)
}

fn fit(default: Option<&Value>, schema: Schema<'_>, item: &Item) -> Result<Value, InputError> {
    let refuse = || Err(other_kind(default, schema, item));
    match (schema.shape(), &item.kind) {
        // TOML has no null: an optional value is left out by a word.
        (_, Kind::Text(text)) if schema.optional && NONE.contains(&text.as_str()) => {
            Ok(Value::Null)
        }
        (Shape::Unknown, _) => match default {
            Some(default) => by_default::overlay(default, item),
            None => item.json(),
        },
        (Shape::Choice(variants), _) => choose(default, schema, &variants, item),
        (Shape::Table, Kind::Table(_)) => table(default, schema, item),
        (Shape::List(least, most), Kind::Array(items)) => {
            if items.len() < least || most.is_some_and(|most| items.len() > most) {
                return Err(item.refuse("this list has another length", schema.words()));
            }
            // One element is no default for another: what is not written is not filled in.
            let elements = items.iter().map(|item| fit(None, schema.element(), item));
            Ok(Value::Array(elements.collect::<Result<_, _>>()?))
        }
        (Shape::Number, Kind::Integer(..) | Kind::Float(_)) => {
            let value = item.number("this value")?;
            Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
        }
        (Shape::Integer(least, most), Kind::Integer(..) | Kind::Float(_)) => {
            let value = by_default::integer(item)?;
            // What is beyond 63 bits has no limit here; the system says what fits.
            let inside = value.as_i64().is_none_or(|value| {
                least.is_none_or(|least| value >= least) && most.is_none_or(|most| value <= most)
            });
            if inside {
                return Ok(value);
            }
            Err(item.refuse("this value is out of range", wanted(default, schema)))
        }
        (Shape::Flag, Kind::Bool(_)) | (Shape::Text, Kind::Text(_)) => item.json(),
        _ => refuse(),
    }
}

/// What may stand here, with the default where it is one word.
fn wanted(default: Option<&Value>, schema: Schema<'_>) -> String {
    let mut words = schema.words();
    if let Some(value) = default.filter(|value| !value.is_array() && !value.is_object()) {
        words.push_str(&format!(" (default {value})"));
    }
    if schema.optional {
        words.push_str(", or \"none\"");
    }
    words
}

fn other_kind(default: Option<&Value>, schema: Schema<'_>, item: &Item) -> InputError {
    item.refuse("this is another kind of value", wanted(default, schema))
}

fn table(default: Option<&Value>, schema: Schema<'_>, item: &Item) -> Result<Value, InputError> {
    let default = default.and_then(Value::as_object);
    let mut known = schema.keys();
    let more = default.into_iter().flat_map(Map::keys).map(String::as_str);
    more.for_each(|key| {
        if !known.contains(&key) {
            known.push(key);
        }
    });
    let mut merged = default.cloned().unwrap_or_default();
    for (key, place, inner) in item.table("this value")? {
        let Some(name) = known.iter().find(|name| *name == key || same_name(name, key)) else {
            let found = format!("`{key}`");
            let error = place.refuse("there is no such key", found, hint::list(&known));
            return Err(hint::with_guess(error, key, &known));
        };
        let before = default.and_then(|default| default.get(*name));
        let before = before.filter(|before| !before.is_null());
        merged.insert((*name).to_owned(), fit(before, schema.key(name), inner)?);
    }
    Ok(Value::Object(merged))
}

/// A value that takes one of several forms.
fn choose(
    default: Option<&Value>,
    schema: Schema<'_>,
    variants: &[Variant<'_>],
    item: &Item,
) -> Result<Value, InputError> {
    let names: Vec<&str> = variants.iter().filter_map(Variant::name).collect();
    let refuse = |what: &str| item.refuse(what, schema.words());
    match &item.kind {
        Kind::Bool(_) if variants.iter().any(|one| matches!(one, Variant::Flag)) => item.json(),
        Kind::Text(found) if !names.is_empty() => {
            let named =
                |variant: &&Variant<'_>| variant.name().is_some_and(|name| same_name(name, found));
            match variants.iter().find(named) {
                Some(Variant::Word(word)) => Ok(Value::String((*word).to_owned())),
                // the word alone is the variant with all that it has a default for
                Some(Variant::Tagged { tag, name, table }) if table.needs_only(tag) => {
                    let same = default.filter(|default| default[*tag].as_str() == Some(*name));
                    Ok(same.cloned().unwrap_or_else(|| json!({ *tag: *name })))
                }
                Some(_) => Err(refuse("this form carries values")),
                None => Err(hint::with_guess(refuse("this word is not known"), found, &names)),
            }
        }
        Kind::Table(_) => {
            match (variants.iter().find_map(tag_of), variants.iter().find_map(only)) {
                (Some(tag), _) => tagged(default, tag, variants, item),
                (None, Some(inner)) => table(default, inner, item),
                (None, None) => carrying(default, schema, variants, item),
            }
        }
        _ => Err(carried_by(other_kind(None, schema, item), variants, item)),
    }
}

fn tag_of<'a>(variant: &Variant<'a>) -> Option<&'a str> {
    if let Variant::Tagged { tag, .. } = variant { Some(tag) } else { None }
}

fn only<'a>(variant: &Variant<'a>) -> Option<Schema<'a>> {
    if let Variant::Only(table) = variant { Some(*table) } else { None }
}

/// `{ kind = "jakes", … }`; without a `kind` the default's.
fn tagged(
    default: Option<&Value>,
    tag: &str,
    variants: &[Variant<'_>],
    item: &Item,
) -> Result<Value, InputError> {
    let words = || {
        let names = variants.iter().filter_map(Variant::name);
        names.map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ")
    };
    let of_default = default.and_then(|default| default.get(tag)?.as_str());
    let entries = item.table("this value")?;
    let written = entries.iter().find(|(key, _, _)| key == tag).map(|(_, _, item)| item);
    let name = match (written, of_default) {
        (Some(item), _) => item.text(&format!("`{tag}`"))?,
        (None, Some(name)) => name,
        (None, None) => {
            return Err(item.refuse(format!("this table does not say its `{tag}`"), words()));
        }
    };
    let meant = variants.iter().find_map(|variant| match variant {
        Variant::Tagged { name: known, table, .. } if same_name(known, name) => {
            Some((*known, *table))
        }
        _ => None,
    });
    let Some((name, inner)) = meant else {
        let names: Vec<&str> = variants.iter().filter_map(Variant::name).collect();
        let error = written.unwrap_or(item).refuse(format!("`{tag}` does not know this"), words());
        return Err(hint::with_guess(error, name, &names));
    };
    let same = default.filter(|_| of_default.is_some_and(|other| other == name));
    let elsewhere = |error: InputError| belongs_to(error, tag, variants, &inner.keys(), entries);
    let mut value = table(same, inner, item).map_err(elsewhere)?;
    value[tag] = Value::String(name.to_owned());
    Ok(value)
}

/// A key that only another variant has says so.
fn belongs_to(
    error: InputError,
    tag: &str,
    variants: &[Variant<'_>],
    known: &[&str],
    entries: &[(String, super::document::Place, Item)],
) -> InputError {
    let strange = entries.iter().map(|(key, ..)| key).find(|key| !known.contains(&key.as_str()));
    let owner = strange.and_then(|key| {
        variants.iter().find_map(|variant| match variant {
            Variant::Tagged { name, table, .. } if table.keys().contains(&key.as_str()) => {
                Some(format!("`{key}` goes with {tag} = \"{name}\""))
            }
            _ => None,
        })
    });
    match owner {
        Some(owner) if error.what == "there is no such key" => error.hint(owner),
        _ => error,
    }
}

/// `{ drawn = … }`: one key, which says the variant.
fn carrying(
    default: Option<&Value>,
    schema: Schema<'_>,
    variants: &[Variant<'_>],
    item: &Item,
) -> Result<Value, InputError> {
    let [(key, place, inner)] = item.table("this value")? else {
        return Err(item.refuse("this table says one of several forms", schema.words()));
    };
    let meant = variants.iter().find_map(|variant| match variant {
        Variant::Carrying(name, inner) if same_name(name, key) => Some((*name, *inner)),
        _ => None,
    });
    if let Some((name, schema)) = meant {
        let before = default.and_then(|default| default.get(name));
        let mut value = Map::new();
        value.insert(name.to_owned(), fit(before, schema, inner)?);
        return Ok(Value::Object(value));
    }
    let names: Vec<&str> = variants.iter().filter_map(Variant::name).collect();
    let error = place.refuse("there is no such key", format!("`{key}`"), schema.words());
    let owner = variants.iter().find_map(|variant| match variant {
        Variant::Carrying(name, inner) if inner.keys().contains(&key.as_str()) => Some(name),
        _ => None,
    });
    Err(match owner {
        Some(name) => error.hint(format!("did you mean `{name}.{key}`?")),
        None => hint::with_guess(error, key, &names),
    })
}

/// A bare number or list: the variant that would take it.
fn carried_by(error: InputError, variants: &[Variant<'_>], item: &Item) -> InputError {
    let path = if item.place.path.is_empty() { &item.place.position } else { &item.place.path };
    let takes = |variant: &Variant<'_>| {
        let Variant::Carrying(name, inner) = variant else { return None };
        let integer = matches!(item.kind, Kind::Integer(..));
        if integer && inner.keys().contains(&"count") {
            return Some(format!("`{path}.{name}.count = {}`?", item.show()));
        }
        let list = matches!((inner.shape(), &item.kind), (Shape::List(..), Kind::Array(_)));
        list.then(|| format!("`{path}.{name} = […]`?"))
    };
    match variants.iter().find_map(takes) {
        Some(meant) => error.hint(format!("did you mean {meant}")),
        None => error,
    }
}

#[cfg(test)]
mod tests;
