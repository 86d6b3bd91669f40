//! Values that are set one by one: `--set scenario.users=6`.

use noctule_num::{InputError, hint};
use serde_json::Value;

use super::document::{self, Item, Kind, Place};
use super::overlay::{self, Hop, Schema, Step, same_name};
use super::rooted;

/// The schema of what [`overrides`] changes: a scenario, and the settings of a scheme or, by its
/// name, of each of several.
pub fn settable(scenario: Value, settings: Value) -> Value {
    overlay::of_tables([("scenario", scenario), ("scheme", settings)])
}

/// Values given one by one, as `scenario.users = 6`, `scenario.targets.fixed[0].polar_deg = 40` or
/// `scheme.starts = 8`, written one after the other over `defaults`, an object of complete values
/// with the `schema` that [`settable`] makes.
///
/// What is set as a whole and in part (`scenario={…}`, `scenario.users=5`) is both, unless one undoes
/// the other.
///
/// # Errors
/// [`InputError`] that counts the values: `--set:2:1` is the second.
pub fn overrides(defaults: &Value, schema: &Value, values: &[String]) -> Result<Value, InputError> {
    let mut written = Vec::with_capacity(values.len());
    for (index, value) in values.iter().enumerate() {
        let one = Override::read(value, index)?;
        if written.iter().any(|other: &Override| other.path == one.path) {
            let found = format!("`{}` again", one.path);
            return Err(one.place.refuse("this value is set twice", found, "every value once"));
        }
        written.push(one);
    }
    // The whole goes before its parts, and what says a variant before what the variant carries, in
    // whatever order they come.
    let says_variant =
        |steps: &[Step]| matches!(steps.last(), Some(Step::Key(key)) if key == "kind");
    written.sort_by_key(|one| (one.steps.len(), !says_variant(&one.steps)));
    let mut all = defaults.clone();
    let mut done: Vec<(Override, Vec<Hop>)> = Vec::with_capacity(written.len());
    for one in written {
        let way = one.apply(&mut all, schema)?;
        let gone = |(other, way): &&(Override, Vec<Hop>)| {
            !holds(overlay::value_at(&all, way), &other.item)
        };
        if let Some((other, _)) = done.iter().find(gone) {
            let what = "of two values that are set, one undoes the other";
            let found = format!("`{}` beside `{}`", one.path, other.path);
            return Err(one.place.refuse(what, found, "every value once"));
        }
        done.push((one, way));
    }
    Ok(all)
}

/// Whether what was written is still there; beside it, and in it where it leaves something open,
/// there may be more.
fn holds(found: Option<&Value>, written: &Item) -> bool {
    match (found, &written.kind) {
        (Some(Value::Object(found)), Kind::Table(entries)) => {
            entries.iter().all(|(key, _, item)| {
                let inner = found.iter().find(|(name, _)| same_name(name, key));
                holds(inner.map(|(_, value)| value), item)
            })
        }
        (Some(Value::Array(found)), Kind::Array(items)) => {
            let mut pairs = found.iter().zip(items);
            found.len() == items.len() && pairs.all(|(value, item)| holds(Some(value), item))
        }
        (Some(Value::String(found)), Kind::Text(text)) => same_name(found, text),
        // a variant that was said by its word alone
        (Some(Value::Object(found)), Kind::Text(text)) => {
            found.values().filter_map(Value::as_str).any(|word| same_name(word, text))
        }
        (Some(Value::Bool(found)), Kind::Bool(flag)) => found == flag,
        (Some(found @ Value::Number(_)), _) => {
            written.json().is_ok_and(|value| value.as_f64() == found.as_f64())
        }
        // the word for what is left out
        (None | Some(Value::Null), Kind::Text(_)) => true,
        _ => false,
    }
}

/// One `path = value`.
struct Override {
    path: String,
    steps: Vec<Step>,
    place: Place,
    item: Item,
}

impl Override {
    fn read(text: &str, index: usize) -> Result<Self, InputError> {
        let position = format!("--set:{}:1", index + 1);
        let refuse = |what: &str, found: &str| {
            let allowed =
                "path=value, such as scenario.users=6 or scenario.targets.fixed[0].polar_deg=40";
            let line = found.lines().next().unwrap_or("");
            let found = format!("`{}`", document::shorten(line));
            Err(InputError::new(what, &position, found, allowed))
        };
        let text = quoted_word(text);
        let Some((left, right)) = text.split_once('=') else {
            let refused = refuse("this sets no value", &text);
            let name = !text.contains(['.', '[']);
            return match name {
                true => refused.map_err(|e: InputError| e.hint("`--scheme` names a scheme")),
                false => refused,
            };
        };
        let path = left.trim().to_owned();
        let key = |c: char| c.is_ascii_alphanumeric() || "-_.[]".contains(c);
        let Some(steps) = overlay::steps(&path).filter(|_| path.chars().all(key)) else {
            return refuse("this is not a path", &path);
        };
        // Line and column of the value are those of the option as it was written.
        let filler = "v".repeat(path.chars().count());
        let document = format!("{}{}={right}", "\n".repeat(index), left.replace(&path, &filler));
        let root = document::read(&document, "--set").map_err(|error| InputError {
            what: error.what.replace("this is not TOML", "this is no value"),
            allowed: "a number, true, a word or \"text\", [a list], { key = value }".to_owned(),
            ..error
        })?;
        let [(_, _, item)] = root.table("`--set`")? else {
            return refuse("this sets more than one value", &text);
        };
        let place = Place { position, path: path.clone() };
        let mut item = item.clone();
        rename(&mut item, filler.len(), &path);
        Ok(Self { path, steps, place, item })
    }

    /// Write the value; the way to it.
    fn apply(&self, all: &mut Value, schema: &Value) -> Result<Vec<Hop>, InputError> {
        self.check_root(all)?;
        let found = overlay::find(all, Schema::root(schema), &self.steps);
        let (default, schema, way) = found.map_err(|missing| {
            let found = format!("`{}`", missing.step);
            let error = self.place.refuse("there is no such key", found, missing.known);
            match missing.hint {
                Some(hint) => error.hint(hint),
                None => error,
            }
        })?;
        let value = overlay::overlay(default, schema, &self.item)?;
        overlay::replace(all, &way, value);
        Ok(way)
    }

    /// Refuse a path that does not begin with what there is.
    fn check_root(&self, all: &Value) -> Result<(), InputError> {
        let names = ["scenario", "scheme"];
        let root = match self.steps.first() {
            Some(Step::Key(root)) => root.as_str(),
            _ => "",
        };
        if all.get(root).is_some_and(|value| !value.is_null()) {
            return Ok(());
        }
        let what = "there is nothing of this name to set";
        let error = self.place.refuse(what, format!("`{root}`"), hint::list(&names));
        Err(match rooted(&self.path, &all["scenario"]) {
            Some(meant) => error.hint(format!("did you mean `{meant}`?")),
            None => hint::with_guess(error, root, &names),
        })
    }
}

/// The path as it was written, in place of its first `filler` bytes, in everything inside a value.
fn rename(item: &mut Item, filler: usize, path: &str) {
    let rest = item.place.path.get(filler..).unwrap_or_default();
    item.place.path = format!("{path}{rest}");
    match &mut item.kind {
        Kind::Table(entries) => {
            for (_, place, inner) in entries {
                place.path = format!("{path}{}", place.path.get(filler..).unwrap_or_default());
                rename(inner, filler, path);
            }
        }
        Kind::Array(items) => items.iter_mut().for_each(|inner| rename(inner, filler, path)),
        _ => {}
    }
}

/// `path=word` with the quotes around the word that TOML wants and a shell takes away: of a word, a
/// name such as `5g-toolbox`, or the path of a file.
fn quoted_word(value: &str) -> String {
    if let Some((path, text)) = value.split_once('=')
        && bare(text.trim())
    {
        let quote = if text.contains('\\') { '\'' } else { '"' };
        return format!("{path}={quote}{}{quote}", text.trim());
    }
    left_out(value)
}

/// Whether a text is meant as one, though it has no quotes: it is no other value, and looks like none
/// that was mistyped.
fn bare(text: &str) -> bool {
    let letter = |c: char| c.is_alphanumeric() || "-_./\\:~+@%".contains(c);
    // two letters, or a path: `1e`, `0x` and `1.` are numbers that were not finished
    let named = text.as_bytes().windows(2).any(|two| two.iter().all(u8::is_ascii_alphabetic));
    let meant = text.starts_with(char::is_alphabetic) || named || text.contains('/');
    let value =
        ["true", "false"].contains(&text) || document::read(&format!("v={text}"), "--set").is_ok();
    meant && text.chars().all(letter) && !value
}

/// The bare words for what is left out, in quotes also inside a table or a list.
fn left_out(value: &str) -> String {
    let letter = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let (mut out, mut rest, mut quote) = (String::with_capacity(value.len()), value, None);
    while let Some(first) = rest.chars().next() {
        let length = rest.find(|c| !letter(c)).unwrap_or(rest.len()).max(first.len_utf8());
        let (word, after) = rest.split_at(length);
        match (quote, first) {
            (None, '"' | '\'') => quote = Some(first),
            (Some(open), _) if open == first => quote = None,
            _ => {}
        }
        // A key of that name is none.
        let is_value = quote.is_none() && !after.trim_start().starts_with('=');
        match word {
            "none" | "null" if is_value => out.push_str(&format!("\"{word}\"")),
            _ => out.push_str(word),
        }
        rest = after;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::quoted_word;

    #[test]
    fn only_bare_words_are_quoted() {
        assert_eq!(quoted_word("a.b = per-antenna"), "a.b =\"per-antenna\"");
        assert_eq!(quoted_word("a={b=none, c = null}"), "a={b=\"none\", c = \"null\"}");
        assert_eq!(quoted_word("a=[none,'none', \"null\"]"), "a=[\"none\",'none', \"null\"]");
        assert_eq!(quoted_word("a={none = 1, b = nones}"), "a={none = 1, b = nones}");
        for (bare, quoted) in [
            ("a=h.npz", "a=\"h.npz\""),
            ("a=f/h.npz", "a=\"f/h.npz\""),
            ("a= ./h.npz", "a=\"./h.npz\""),
            ("a=../x-1/h_2.npz", "a=\"../x-1/h_2.npz\""),
            ("a=/data/2024/h.mat", "a=\"/data/2024/h.mat\""),
            ("a=C:\\data\\h.npz", "a='C:\\data\\h.npz'"),
            ("a=5g-toolbox", "a=\"5g-toolbox\""),
            ("a=none/h.npz", "a=\"none/h.npz\""),
            ("a=9f86d081884c7d659a2feaa0c55ad015", "a=\"9f86d081884c7d659a2feaa0c55ad015\""),
        ] {
            assert_eq!(quoted_word(bare), quoted);
        }
        for as_it_is in ["a=1e", "a=1.", "a=-", "a=0x", "a=1_", "a=-inf", "a=+inf", "a=2024-01-01"]
        {
            assert_eq!(quoted_word(as_it_is), as_it_is);
        }
        for as_it_is in ["a=1e3", "a=true", "a=[1, 2]", "a={ b = 1 }", "a=\"x\"", "a=nan", "a"] {
            assert_eq!(quoted_word(as_it_is), as_it_is);
        }
    }
}
