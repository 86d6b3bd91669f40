//! What Python keeps of a design.
//!
//! A document says everything twice as long as it is: arrays as text, the instance inside. Of a
//! design that was made here the arrays are kept as arrays, and every other member as text; the
//! document is put together when somebody asks for it. A batch keeps what its caller asks for.

use std::collections::BTreeMap;

use noctule::data::ArraySet;
use noctule_figure::Figure;
use noctule_lab::report::{Align, Table};
use noctule_lab::resolve::system_of;
use noctule_lab::single::{PictureKind, Source, Story};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use serde_json::{Map, Value};

use crate::arrays::{accept, dict_of};
use crate::document;
use crate::errors;
use crate::experiment::drawn::figure_json;

/// How much of a design is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Keep {
    /// What is said of it: metrics, proof, stop.
    Metrics,
    /// Its variables too.
    Variables,
    /// The instance too: the whole document.
    All,
}

impl Keep {
    /// By its word in Python.
    pub(crate) fn named(word: &str) -> PyResult<Self> {
        match word {
            "metrics" => Ok(Self::Metrics),
            "variables" => Ok(Self::Variables),
            "all" => Ok(Self::All),
            other => {
                let allowed = r#""metrics", "variables" or "all""#;
                Err(errors::refuse("there is nothing of that name", "keep", other, allowed))
            }
        }
    }
}

type TableParts = (String, Vec<String>, Vec<Vec<String>>, usize);

/// A design and everything about it, as Rust keeps it; Python takes what it is asked for.
#[pyclass(frozen, module = "noctule._noctule")]
pub(crate) struct Told {
    title: String,
    facts: Vec<(String, String)>,
    tables: Vec<Table>,
    /// Members of the document as JSON, without its arrays where those are kept as such.
    members: BTreeMap<String, Box<str>>,
    arrays: Option<ArraySet>,
    instance: Option<ArraySet>,
    /// Whether `members` is all of the document.
    whole: bool,
    /// What the instance was drawn from, where it was: arrays do not say where things stand.
    drawn: Option<Source>,
}

impl Told {
    /// What is to be kept of a design that was made here, of the instance that `source` is.
    pub(crate) fn new(story: Story, keep: Keep, source: Source) -> Self {
        let mut members = BTreeMap::new();
        if let Value::Object(document) = story.document {
            let array = |name: &str| name == "instance" || story.arrays.get(name).is_some();
            for (name, value) in document.into_iter().filter(|(name, _)| !array(name)) {
                if keep == Keep::All || name != "trace" {
                    members.insert(name, value.to_string().into_boxed_str());
                }
            }
        }
        Self {
            title: story.title,
            facts: story.facts,
            tables: if keep == Keep::All { story.tables } else { Vec::new() },
            members,
            arrays: (keep >= Keep::Variables).then_some(story.arrays),
            instance: (keep == Keep::All).then_some(story.instance),
            whole: false,
            drawn: (keep == Keep::All && source.arrays.is_none()).then_some(source),
        }
    }

    /// What was not kept.
    fn missing(what: &str, keep: &str) -> PyErr {
        errors::refuse(
            "the batch did not keep this",
            what,
            "a design of which less was kept",
            format!("`keep=\"{keep}\"` of `design_batch`"),
        )
    }

    fn kept_arrays(&self) -> PyResult<&ArraySet> {
        self.arrays.as_ref().ok_or_else(|| Self::missing("variables", "variables"))
    }

    fn kept_instance(&self) -> PyResult<&ArraySet> {
        self.instance.as_ref().ok_or_else(|| Self::missing("instance", "all"))
    }

    fn parsed(&self, name: &str) -> PyResult<Value> {
        let text = self.members.get(name).map_or("null", |text| text);
        serde_json::from_str(text).map_err(|error| {
            errors::refuse("the document is damaged", name, error.to_string(), "JSON")
        })
    }

    fn whole_document(&self) -> PyResult<Value> {
        let mut document = Map::new();
        for name in self.members.keys() {
            document.insert(name.clone(), self.parsed(name)?);
        }
        if !self.whole {
            let system = self.parsed("system")?;
            let system = system.as_str().unwrap_or_default();
            let instance = self.kept_instance()?.to_json("instance", system);
            document.insert("instance".to_owned(), instance);
            if let Value::Object(variables) = self.kept_arrays()?.to_json("design", system) {
                for (name, value) in variables {
                    document.entry(name).or_insert(value);
                }
            }
        }
        Ok(Value::Object(document))
    }
}

impl Told {
    /// A picture of the design, or the first that the system has.
    fn drawing(&self, kind: Option<&str>) -> PyResult<Figure> {
        let known = kind.map(|word| {
            PictureKind::of_word(word).ok_or_else(|| {
                let allowed = noctule_num::hint::list(&PictureKind::WORDS);
                errors::refuse("there is no picture of that name", "kind", word, allowed)
            })
        });
        let kind = known.transpose()?;
        let document = self.whole_document()?;
        let system = accept(system_of(&document, "design"))?;
        system.picture(&document, kind, self.drawn.as_ref()).map_err(errors::single)
    }
}

#[pymethods]
impl Told {
    /// The design of a `noctule-design/1` document: what it says, not whether it is true.
    #[staticmethod]
    fn load(document: &str) -> PyResult<Self> {
        let (document, system) = document::read(document)?;
        let arrays = accept(ArraySet::from_value(&document, "design", system.variable_fields()))?;
        let embedded = document.get("instance").unwrap_or(&Value::Null);
        let instance = ArraySet::from_value(embedded, "instance", system.instance_fields());
        let instance = accept(instance.map_err(|error| error.inside("instance")))?;
        let word = |name: &str| {
            document.get(name).and_then(Value::as_str).unwrap_or("not said").to_owned()
        };
        let (scheme, stop) = (word("scheme"), word("stop"));
        for name in [
            "metrics",
            "stop",
            "proof",
            "violation",
            "meets_requirements",
            "work",
            "starts",
            "warnings",
            "trace",
        ] {
            if document.get(name).is_none() {
                let allowed = "a noctule-design/1 document";
                return Err(errors::refuse("the document is incomplete", name, "nothing", allowed));
            }
        }
        let members = match document {
            Value::Object(document) => document,
            _ => Map::new(),
        };
        Ok(Self {
            title: format!("{scheme}: {}", system.id()),
            facts: vec![("stopped".to_owned(), stop)],
            tables: Vec::new(),
            arrays: Some(arrays),
            instance: Some(instance),
            whole: true,
            drawn: None,
            members: members
                .into_iter()
                .map(|(name, value)| (name, value.to_string().into_boxed_str()))
                .collect(),
        })
    }

    /// What this is, in one line.
    #[getter]
    fn title(&self) -> &str {
        &self.title
    }

    /// Facts, name and value.
    #[getter]
    fn facts(&self) -> Vec<(String, String)> {
        self.facts.clone()
    }

    /// Tables: caption, headers, rows, and how many columns from the left are text.
    #[getter]
    fn tables(&self) -> Vec<TableParts> {
        let parts = |table: &Table| {
            let text = table.align.iter().take_while(|align| **align == Align::Left).count();
            (table.caption.clone(), table.headers.clone(), table.rows.clone(), text)
        };
        self.tables.iter().map(parts).collect()
    }

    /// The text of the `noctule-design/1` document, as the command line writes it.
    fn document(&self) -> PyResult<String> {
        Ok(format!("{:#}\n", self.whole_document()?))
    }

    /// A picture of the design as an SVG document: `scene`, `pattern`, `map` or `timeline`, or the
    /// first that the system has.
    #[pyo3(signature = (kind=None))]
    fn picture(&self, kind: Option<&str>) -> PyResult<String> {
        Ok(self.drawing(kind)?.svg())
    }

    /// The same as the text of a JSON object, for `noctule.plot`.
    #[pyo3(signature = (kind=None))]
    fn picture_data(&self, kind: Option<&str>) -> PyResult<String> {
        Ok(figure_json(&self.drawing(kind)?).to_string())
    }

    /// One member of the document.
    fn member<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
        let text = self.members.get(name).map_or("null", |text| text);
        py.import("json")?.call_method1("loads", (text,))
    }

    /// The variables.
    fn variables<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        dict_of(py, self.kept_arrays()?)
    }

    /// The instance.
    fn instance<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        dict_of(py, self.kept_instance()?)
    }

    /// The variables as the bytes of an `.npz` archive, as the command line writes them.
    fn npz<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, &self.kept_arrays()?.to_npz()?))
    }

    /// The design as the bytes of a MATLAB file, as the command line writes it.
    fn mat<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let (arrays, instance) = (self.kept_arrays()?, self.kept_instance()?);
        Ok(PyBytes::new(py, &arrays.to_mat_design(instance, &self.whole_document()?)))
    }
}
