//! What a JSON schema says of a value, as far as the overlay asks.

use noctule_num::hint;
use serde_json::{Map, Value, json};

/// One schema of a table of tables, by their names and schemas.
pub fn of_tables<'a>(tables: impl IntoIterator<Item = (&'a str, Value)>) -> Value {
    let inside = |(name, mut schema): (&str, Value)| {
        lead(&mut schema, &format!("#/properties/{name}"));
        (name.to_owned(), schema)
    };
    let tables: Map<String, Value> = tables.into_iter().map(inside).collect();
    json!({ "type": "object", "properties": tables })
}

/// The references of a schema that is now at `root` of another.
fn lead(schema: &mut Value, root: &str) {
    match schema {
        Value::Object(members) => {
            for (key, inner) in members {
                match inner {
                    Value::String(to) if key == "$ref" && to.starts_with('#') => {
                        *to = format!("{root}{}", &to[1..]);
                    }
                    inner => lead(inner, root),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|inner| lead(inner, root)),
        _ => {}
    }
}

/// The JSON schema of the value at hand, as far as there is one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Schema<'a> {
    root: &'a Value,
    node: Option<&'a Value>,
    /// It may be left out: by `null`, and in TOML by the word "none".
    pub(super) optional: bool,
}

/// One of several forms a value may take.
#[derive(Clone, Copy, Debug)]
pub(super) enum Variant<'a> {
    /// A word alone: `"bisector"`.
    Word(&'a str),
    /// A table with one key that says the variant: `{ drawn = … }`.
    Carrying(&'a str, Schema<'a>),
    /// A table in which the value of `tag` says the variant: `{ kind = "jakes", … }`.
    Tagged { tag: &'a str, name: &'a str, table: Schema<'a> },
    /// Yes or no, among other forms.
    Flag,
    /// The one table among other forms, which needs no word to be told: `{ nodes = 50, gap = 1e-3 }`.
    Only(Schema<'a>),
}

impl<'a> Variant<'a> {
    /// The word that says it, where one does.
    pub(super) fn name(&self) -> Option<&'a str> {
        match self {
            Self::Word(name) | Self::Carrying(name, _) | Self::Tagged { name, .. } => Some(name),
            Self::Flag | Self::Only(_) => None,
        }
    }

    fn words(&self, depth: usize) -> String {
        match self {
            Self::Word(name) => format!("\"{name}\""),
            Self::Carrying(name, inner) => format!("{{ {name} = {} }}", inner.describe(depth)),
            Self::Tagged { tag, name, table } => {
                let keys = table.keys().into_iter().filter(|key| key != tag);
                let keys: String = keys.map(|key| format!(", {key} = …")).collect();
                format!("{{ {tag} = \"{name}\"{keys} }}")
            }
            Self::Flag => "true or false".to_owned(),
            Self::Only(table) => {
                let keys: Vec<String> =
                    table.keys().into_iter().map(|key| format!("{key} = …")).collect();
                format!("{{ {} }}", keys.join(", "))
            }
        }
    }
}

/// What kind of value is wanted.
#[derive(Debug)]
pub(super) enum Shape<'a> {
    /// The schema says nothing.
    Unknown,
    Choice(Vec<Variant<'a>>),
    Table,
    /// Fewest and most entries.
    List(usize, Option<usize>),
    Number,
    /// Smallest and largest value.
    Integer(Option<i64>, Option<i64>),
    Flag,
    Text,
}

/// Spellings that differ in `-` and `_` alone are the same name.
pub(crate) fn same_name(a: &str, b: &str) -> bool {
    let plain = |c: char| if c == '_' { '-' } else { c };
    a.chars().map(plain).eq(b.chars().map(plain))
}

fn one_string<'a>(node: &'a Value, key: &str) -> Option<&'a str> {
    node.get(key).and_then(Value::as_str)
}

impl<'a> Schema<'a> {
    /// The schema of a whole document.
    pub(crate) fn root(root: &'a Value) -> Self {
        Self { root, node: Some(root), optional: false }.resolved()
    }

    /// Follow `$ref`, and an optional value to the value itself.
    fn resolved(mut self) -> Self {
        self.optional = false;
        // A chain of references is short; the limit only stops a cycle.
        for _ in 0..8 {
            let Some(node) = self.node else { break };
            if let Some(target) = one_string(node, "$ref") {
                self.node = target.strip_prefix('#').and_then(|pointer| self.root.pointer(pointer));
                continue;
            }
            let options = node.get("anyOf").and_then(Value::as_array);
            let real: Vec<&Value> = options
                .into_iter()
                .flatten()
                .filter(|option| one_string(option, "type") != Some("null"))
                .collect();
            match real[..] {
                [only] => {
                    self.optional = options.is_some_and(|options| options.len() > 1);
                    self.node = Some(only);
                }
                _ => break,
            }
        }
        self.optional |= self.has_type("null");
        // The word "none" leaves out what cannot be a word itself.
        self.optional &= !self.has_type("string");
        self
    }

    fn has_type(self, kind: &str) -> bool {
        match self.node.and_then(|node| node.get("type")) {
            Some(Value::String(found)) => found == kind,
            Some(Value::Array(kinds)) => kinds.iter().any(|found| found.as_str() == Some(kind)),
            _ => false,
        }
    }

    /// No schema at all.
    pub(super) fn nothing(self) -> Self {
        Self { node: None, optional: false, ..self }
    }

    pub(super) fn key(self, key: &str) -> Self {
        let node = self.node.and_then(|node| node.get("properties")?.get(key));
        Self { node, ..self }.resolved()
    }

    pub(super) fn element(self) -> Self {
        Self { node: self.node.and_then(|node| node.get("items")), ..self }.resolved()
    }

    /// What a property is where nobody says it.
    pub(super) fn default_of(self, key: &str) -> Option<&'a Value> {
        self.node?.get("properties")?.get(key)?.get("default")
    }

    /// Keys the schema knows; a default leaves out the optional ones.
    pub(super) fn keys(self) -> Vec<&'a str> {
        let properties = self.node.and_then(|node| node.get("properties")?.as_object());
        properties.into_iter().flat_map(Map::keys).map(String::as_str).collect()
    }

    /// Whether a table with `key` alone says everything that has no default.
    pub(super) fn needs_only(self, key: &str) -> bool {
        let needed = self.node.and_then(|node| node.get("required")?.as_array());
        needed.into_iter().flatten().all(|name| name.as_str() == Some(key))
    }

    pub(super) fn shape(self) -> Shape<'a> {
        let Some(node) = self.node else { return Shape::Unknown };
        if let Some(variants) = self.variants() {
            return Shape::Choice(variants);
        }
        let limit = |key: &str| node.get(key).and_then(Value::as_i64);
        let length = |key: &str| node.get(key)?.as_u64().map(|length| length as usize);
        if node.get("properties").is_some() {
            Shape::Table
        } else if self.has_type("array") {
            Shape::List(length("minItems").unwrap_or(0), length("maxItems"))
        } else if self.has_type("number") {
            Shape::Number
        } else if self.has_type("integer") {
            let most =
                (one_string(node, "format") == Some("uint32")).then_some(i64::from(u32::MAX));
            Shape::Integer(limit("minimum"), limit("maximum").or(most))
        } else if self.has_type("boolean") {
            Shape::Flag
        } else if self.has_type("string") {
            Shape::Text
        } else {
            Shape::Unknown
        }
    }

    /// The forms of a value that has several; `None` also where one of them is of no known form.
    pub(super) fn variants(self) -> Option<Vec<Variant<'a>>> {
        let node = self.node?;
        if let Some(words) = node.get("enum").and_then(Value::as_array) {
            return words.iter().map(|word| word.as_str().map(Variant::Word)).collect();
        }
        let options = node.get("oneOf").or_else(|| node.get("anyOf"))?.as_array()?;
        let mut all = Vec::new();
        for option in options {
            let option = Self { node: Some(option), ..self }.resolved();
            match option.node.and_then(|node| one_string(node, "const")) {
                Some(word) => all.push(Variant::Word(word)),
                None if option.node?.get("enum").is_some() => all.extend(option.variants()?),
                None if option.has_type("boolean") => all.push(Variant::Flag),
                None => all.push(option.variant()?),
            }
        }
        let tables = all.iter().filter(|one| !matches!(one, Variant::Word(_) | Variant::Flag));
        let only = all.iter().any(|one| matches!(one, Variant::Only(_)));
        (!only || tables.count() == 1).then_some(all)
    }

    /// A table as a variant: tagged inside, by its only key, or by nothing.
    fn variant(self) -> Option<Variant<'a>> {
        let properties = self.node?.get("properties")?.as_object()?;
        let tag =
            properties.iter().find_map(|(key, value)| Some((key, one_string(value, "const")?)));
        if let Some((tag, name)) = tag {
            return Some(Variant::Tagged { tag, name, table: self });
        }
        let mut keys = properties.keys();
        Some(match (keys.next()?, keys.next()) {
            (only, None) => Variant::Carrying(only, self.key(only)),
            _ => Variant::Only(self),
        })
    }

    /// The kind of value that is wanted, in words.
    pub(super) fn words(self) -> String {
        self.describe(2)
    }

    fn describe(self, depth: usize) -> String {
        match self.shape() {
            Shape::Choice(_) if depth == 0 => "a choice".to_owned(),
            Shape::Choice(variants) => {
                let words: Vec<String> =
                    variants.iter().map(|variant| variant.words(depth - 1)).collect();
                words.join(" or ")
            }
            Shape::Table if depth == 0 => "a table".to_owned(),
            Shape::Table => format!("a table with {}", hint::list(&self.keys())),
            Shape::List(least, most) => {
                let count = match most {
                    Some(most) if most == least => format!("{most} "),
                    _ => String::new(),
                };
                format!("a list of {count}{}", self.element().several())
            }
            Shape::Number => "a number".to_owned(),
            Shape::Integer(Some(0), None) => "an integer, zero or more".to_owned(),
            Shape::Integer(Some(least), Some(most)) => format!("an integer from {least} to {most}"),
            Shape::Integer(..) => "an integer".to_owned(),
            Shape::Flag => "true or false".to_owned(),
            Shape::Text => "text".to_owned(),
            Shape::Unknown => "any value".to_owned(),
        }
    }

    fn several(self) -> String {
        match self.shape() {
            Shape::Number => "numbers".to_owned(),
            Shape::Integer(..) => "integers".to_owned(),
            Shape::Table => format!("tables with {}", hint::list(&self.keys())),
            Shape::List(least, Some(most)) if least == most => {
                format!("lists of {most} {}", self.element().several())
            }
            Shape::List(..) => "lists".to_owned(),
            _ => "values".to_owned(),
        }
    }
}
