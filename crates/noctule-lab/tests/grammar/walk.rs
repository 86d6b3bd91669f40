//! Every path of a schema, with a value for it.
//!
//! The schema is walked here by code of its own: what the overlay does not see would otherwise not
//! be seen by its tests either.

use serde_json::{Map, Value, json};

/// A path, a value for it, and the scenario that has a place for it.
pub(crate) struct Case {
    pub(crate) path: String,
    pub(crate) value: Value,
    /// Values of the scenario by top-level key, which an element of a list or another variant needs.
    pub(crate) around: Map<String, Value>,
}

struct Walk<'a> {
    root: &'a Value,
    cases: Vec<Case>,
}

impl Walk<'_> {
    /// The node itself, and whether it may be left out.
    fn resolved<'v>(&'v self, mut node: &'v Value) -> (&'v Value, bool) {
        let mut optional = false;
        while let Some(target) = node.get("$ref").and_then(Value::as_str) {
            node = self.root.pointer(target.trim_start_matches('#')).unwrap();
        }
        if let Some(options) = node.get("anyOf").and_then(Value::as_array) {
            optional = options.iter().any(|option| option["type"] == "null");
            let mut real = options.iter().filter(|option| option["type"] != "null");
            let first = real.next().unwrap();
            if real.next().is_none() {
                return (self.resolved(first).0, optional);
            }
        }
        let kinds = node.get("type").and_then(Value::as_array);
        optional |= kinds.is_some_and(|kinds| kinds.contains(&json!("null")));
        (node, optional)
    }

    fn kind(node: &Value) -> &str {
        match &node["type"] {
            Value::String(kind) => kind,
            Value::Array(kinds) => {
                kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null").unwrap()
            }
            _ => "",
        }
    }

    /// Any value of the schema; of tables everything that is not optional.
    fn sample(&self, node: &Value) -> Value {
        let (node, _) = self.resolved(node);
        if let Some(word) = node.get("const") {
            return word.clone();
        }
        if let Some(options) = forms(node) {
            return self.sample(&options[0]);
        }
        if let Some(words) = node.get("enum") {
            return words[0].clone();
        }
        match Self::kind(node) {
            "number" => json!(1.5),
            "integer" => json!(3),
            "boolean" => json!(true),
            "string" => json!("word"),
            "array" => {
                let count = node.get("minItems").and_then(Value::as_u64).unwrap_or(2);
                Value::Array((0..count).map(|_| self.sample(&node["items"])).collect())
            }
            "object" => {
                let properties = node["properties"].as_object().unwrap();
                let needed = properties.iter().filter(|(_, value)| !self.resolved(value).1);
                Value::Object(needed.map(|(key, v)| (key.clone(), self.sample(v))).collect())
            }
            other => panic!("the test does not know {other:?} of {node}"),
        }
    }

    /// Everything below `path`; `around` makes a scenario in which the path leads somewhere.
    fn walk(&mut self, node: &Value, path: &str, around: &dyn Fn(Value) -> Map<String, Value>) {
        let (node, optional) = self.resolved(node);
        let node = node.clone();
        if optional {
            self.push(path, Value::Null, around(Value::Null));
        }
        if let Some(options) = forms(&node) {
            options.iter().for_each(|option| self.variant(option, path, around));
            return;
        }
        let whole = self.sample(&node);
        self.push(path, whole.clone(), around(whole.clone()));
        match Self::kind(&node) {
            "array" => {
                let inside = |inner: Value| {
                    let mut list = whole.clone();
                    list[1] = inner;
                    around(list)
                };
                self.walk(&node["items"], &format!("{path}[1]"), &inside);
            }
            "object" => self.members(&node, path, &whole, around),
            _ => {}
        }
    }

    fn members(
        &mut self,
        node: &Value,
        path: &str,
        whole: &Value,
        around: &dyn Fn(Value) -> Map<String, Value>,
    ) {
        for (key, inner) in node["properties"].as_object().unwrap() {
            if inner.get("const").is_some() {
                continue;
            }
            let inside = |value: Value| {
                let mut table = whole.clone();
                table[key.as_str()] = value;
                around(table)
            };
            self.walk(inner, &format!("{path}.{key}"), &inside);
        }
    }

    fn variant(&mut self, node: &Value, path: &str, around: &dyn Fn(Value) -> Map<String, Value>) {
        let (node, _) = self.resolved(node);
        let node = node.clone();
        let whole = self.sample(&node);
        self.push(path, whole.clone(), around(whole.clone()));
        if node.get("properties").is_some() {
            self.members(&node, path, &whole, around);
        }
    }

    fn push(&mut self, path: &str, value: Value, around: Map<String, Value>) {
        self.cases.push(Case { path: path.to_owned(), value, around });
    }
}

/// The forms of a value that has several.
fn forms(node: &Value) -> Option<&Vec<Value>> {
    node.get("oneOf").or_else(|| node.get("anyOf")).and_then(Value::as_array)
}

/// Every path of a schema.
pub(crate) fn cases(schema: &Value) -> Vec<Case> {
    let mut walk = Walk { root: schema, cases: Vec::new() };
    for (key, node) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        let around = |value: Value| Map::from_iter([(key.clone(), value)]);
        walk.walk(node, key, &around);
    }
    walk.cases
}

/// A value as TOML; what is absent by its word.
pub(crate) fn toml(value: &Value) -> String {
    match value {
        Value::Null => "\"none\"".to_owned(),
        Value::Array(items) => {
            format!("[{}]", items.iter().map(toml).collect::<Vec<_>>().join(", "))
        }
        Value::Object(members) => {
            let members = members.iter().map(|(key, value)| format!("{key} = {}", toml(value)));
            format!("{{ {} }}", members.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

pub(crate) fn read<'v>(scenario: &'v Value, path: &str) -> &'v Value {
    let pointer = path.replace(['.', '['], "/").replace(']', "");
    scenario.pointer(&format!("/{pointer}")).unwrap_or(&Value::Null)
}

/// What was written is there; tables may carry more, which a default filled in.
pub(crate) fn holds(found: &Value, written: &Value) -> bool {
    match (found, written) {
        (Value::Object(found), Value::Object(written)) => written
            .iter()
            .all(|(key, value)| found.get(key).is_some_and(|found| holds(found, value))),
        (Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
        _ => found == written,
    }
}
