//! Paths such as `targets.fixed[1].polar_deg`: one grammar for `--set`, sweeps and the pages.

use noctule_num::hint;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::schema::{Schema, Shape, Variant, same_name};

/// One step of a path as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Key(String),
    Index(usize),
}

/// Split a path into steps; `None` if it is not a path.
pub(crate) fn steps(path: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    for part in path.split('.') {
        let (name, mut rest) = part.split_at(part.find('[').unwrap_or(part.len()));
        if name.is_empty() {
            return None;
        }
        steps.push(Step::Key(name.to_owned()));
        while !rest.is_empty() {
            let (index, after) = rest.strip_prefix('[')?.split_once(']')?;
            steps.push(Step::Index(index.parse().ok()?));
            rest = after;
        }
    }
    Some(steps)
}

/// A step that has been found, and what writing through it does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Hop {
    /// A key of a table; what stands there where the value leaves it out.
    Key(String, Value),
    /// The key that says a variant: any other variant goes.
    Variant(String),
    /// The tag that says a variant: what another variant carried goes.
    Tag(String),
    Index(usize),
}

/// Which step of a path leads nowhere.
#[derive(Debug)]
pub(crate) struct Missing {
    pub(crate) step: String,
    pub(crate) known: String,
    pub(crate) hint: Option<String>,
}

impl Missing {
    fn key(key: &str, known: &[&str]) -> Self {
        let hint = hint::of(key, known);
        Self { step: key.to_owned(), known: hint::list(known), hint }
    }
}

/// The value at the end of a path, its schema, and the way there; otherwise the step that is
/// missing, what is there instead, and what was probably meant.
///
/// A key that the schema knows and the value leaves out is absent, not unknown: it is then what the
/// schema says it is by default.
pub(crate) fn find<'a>(
    mut value: &'a Value,
    mut schema: Schema<'a>,
    path: &[Step],
) -> Result<(&'a Value, Schema<'a>, Vec<Hop>), Missing> {
    let mut hops = Vec::with_capacity(path.len());
    for step in path {
        let (inner, inside, hop) = match step {
            Step::Key(key) => match schema.variants() {
                Some(variants) => variant(value, schema, &variants, key)?,
                None => member(value, schema, key)?,
            },
            Step::Index(index) => {
                let length = value.as_array().map_or(0, Vec::len);
                let inner = value.get(*index).ok_or_else(|| Missing {
                    step: format!("[{index}]"),
                    known: match (length, value.is_array()) {
                        (_, false) => format!("no index: this is {}", schema.words()),
                        (0, _) => "no index: the list is empty".to_owned(),
                        _ => format!("an index below {length}"),
                    },
                    hint: listed(schema).map(|name| format!("did you mean `{name}[{index}]`?")),
                })?;
                (inner, schema.element(), Hop::Index(*index))
            }
        };
        (value, schema) = (inner, inside);
        hops.push(hop);
    }
    Ok((value, schema, hops))
}

/// The variant that carries a list, where there are variants.
fn listed<'a>(schema: Schema<'a>) -> Option<&'a str> {
    schema.variants()?.iter().find_map(|variant| match variant {
        Variant::Carrying(name, inner) if matches!(inner.shape(), Shape::List(..)) => Some(*name),
        _ => None,
    })
}

type Found<'a> = (&'a Value, Schema<'a>, Hop);

/// A key of a table.
fn member<'a>(value: &'a Value, schema: Schema<'a>, key: &str) -> Result<Found<'a>, Missing> {
    let object = value.as_object();
    let mut known = schema.keys();
    for name in object.into_iter().flat_map(Map::keys) {
        if !known.contains(&name.as_str()) {
            known.push(name);
        }
    }
    // An absent table is one without keys of its own; anything else has none.
    let known = if object.is_some() || value.is_null() { known } else { Vec::new() };
    let Some(name) = known.iter().copied().find(|name| same_name(name, key)) else {
        let mut missing = Missing::key(key, &known);
        if value.is_array() {
            missing.known = "an index in brackets, such as [0]".to_owned();
        }
        return Err(missing);
    };
    let default = schema.default_of(name).unwrap_or(&Value::Null);
    let inner = object.and_then(|object| object.get(name)).unwrap_or(default);
    Ok((inner, schema.key(name), Hop::Key(name.to_owned(), default.clone())))
}

/// A key of a value that takes one of several forms.
fn variant<'a>(
    value: &'a Value,
    schema: Schema<'a>,
    variants: &[Variant<'a>],
    key: &str,
) -> Result<Found<'a>, Missing> {
    let mut known = Vec::new();
    for variant in variants {
        match variant {
            Variant::Word(_) | Variant::Flag => {}
            // Whatever stands there, the table takes its place.
            Variant::Only(table) => {
                let before = if value.is_object() { value } else { &Value::Null };
                return member(before, *table, key);
            }
            Variant::Carrying(name, inner) if same_name(name, key) => {
                let carried = value.get(*name).unwrap_or(&Value::Null);
                return Ok((carried, *inner, Hop::Variant((*name).to_owned())));
            }
            Variant::Carrying(name, _) => known.push(*name),
            Variant::Tagged { tag, .. } if *tag == key => {
                let name = value.get(*tag).unwrap_or(&Value::Null);
                return Ok((name, schema.nothing(), Hop::Tag(key.to_owned())));
            }
            Variant::Tagged { tag, name, table } => {
                if value.get(*tag).and_then(Value::as_str) == Some(*name) {
                    return member(value, *table, key)
                        .map_err(|missing| elsewhere(missing, variants));
                }
                known.push(*tag);
            }
        }
    }
    known.dedup();
    let mut missing = Missing::key(key, &known);
    missing.known = match known.is_empty() {
        true => format!("no key: this is {}", schema.words()),
        false => schema.words(),
    };
    let within = known.iter().find(|name| {
        let inside = |variant: &&Variant<'_>| variant.name() == Some(**name);
        variants.iter().find(inside).is_some_and(|variant| match variant {
            Variant::Carrying(_, inner) => inner.keys().contains(&key),
            _ => false,
        })
    });
    if let Some(name) = within {
        missing.hint = Some(format!("did you mean `{name}.{key}`?"));
    }
    Err(missing)
}

/// A key that another variant has says so.
fn elsewhere(missing: Missing, variants: &[Variant<'_>]) -> Missing {
    let owner = variants.iter().find_map(|variant| match variant {
        Variant::Tagged { tag, name, table } if table.keys().contains(&missing.step.as_str()) => {
            Some(format!("`{}` goes with {tag} = \"{name}\"", missing.step))
        }
        _ => None,
    });
    Missing { hint: owner.or(missing.hint), ..missing }
}

/// Whether writing by one of two ways undoes what was written by the other: they part at a variant,
/// or one leads through the end of the other. What defaults hold at a key is no difference.
pub(crate) fn undo(a: &[Hop], b: &[Hop]) -> bool {
    let alike = |a: &Hop, b: &Hop| match (a, b) {
        (Hop::Key(a, _), Hop::Key(b, _)) => a == b,
        _ => a == b,
    };
    let first = a.iter().zip(b).find(|(a, b)| !alike(a, b));
    matches!(
        first,
        None | Some((Hop::Variant(_), Hop::Variant(_)) | (Hop::Tag(_), _) | (_, Hop::Tag(_)))
    )
}

/// The value at the end of a way, where there is one.
pub(crate) fn value_at<'v>(value: &'v Value, way: &[Hop]) -> Option<&'v Value> {
    way.iter().try_fold(value, |value, hop| match hop {
        Hop::Key(key, _) | Hop::Variant(key) | Hop::Tag(key) => value.get(key),
        Hop::Index(index) => value.get(*index),
    })
}

/// Replace the value at the end of a way that [`find`] has found.
pub(crate) fn replace(value: &mut Value, way: &[Hop], new: Value) {
    let Some((first, rest)) = way.split_first() else {
        *value = new;
        return;
    };
    if let Hop::Index(index) = first {
        if let Some(inner) = value.get_mut(*index) {
            replace(inner, rest, new);
        }
        return;
    }
    if !value.is_object() {
        *value = Value::Object(Map::new());
    }
    let Value::Object(map) = value else { return };
    let inner = match first {
        Hop::Index(_) => return,
        Hop::Key(key, absent) => {
            let slot = map.entry(key.clone()).or_insert(Value::Null);
            if slot.is_null() {
                *slot = absent.clone();
            }
            slot
        }
        Hop::Variant(key) => {
            map.retain(|name, _| name == key);
            map.entry(key.clone()).or_insert(Value::Null)
        }
        Hop::Tag(key) => {
            if map.get(key) != Some(&new) {
                map.clear();
            }
            map.entry(key.clone()).or_insert(Value::Null)
        }
    };
    replace(inner, rest, new);
}
