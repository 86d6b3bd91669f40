//! Answers, and the designs that later ones start from.

use std::any::Any;
use std::collections::BTreeMap;

use noctule::data::ArraySet;
use noctule::document::{self, Made};
use noctule::pictures::{Picture, PictureKind};
use noctule::system::{DesignOf, Scheme, Table, typed};
use noctule::{Design as Found, Error, Proof, Run, Stop, System, Trace, Work};
use noctule_num::{InputError, hint};
use serde_json::{Map, Value, json};

use crate::request::{Design, Request, Want};

/// What was designed before, and what can be asked.
#[derive(Default)]
pub struct Session {
    kept: BTreeMap<(&'static str, String), Box<dyn Any>>,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("kept", &self.kept.len()).finish()
    }
}

/// The erased functions of a system.
struct Face {
    id: &'static str,
    about: fn() -> Value,
    design: fn(&mut Session, &Design) -> Result<Value, Error>,
    open: fn(&Value, &Want) -> Result<Value, Error>,
}

const fn face<S: Shown>() -> Face {
    Face { id: S::ID, about: about::<S>, design: design::<S>, open: open::<S> }
}

/// A system with what a page shows of it: code of schemes that are not named is not in the module.
trait Shown: System {
    const SHOWN: &'static [Scheme<Self>];
}

/// The rows of these names.
const fn picked<S: System, const N: usize>(names: [&str; N]) -> [Scheme<S>; N] {
    let mut rows = [S::SCHEMES[0]; N];
    let mut at = 0;
    while at < N {
        let mut row = 0;
        while !equal(S::SCHEMES[row].id, names[at]) {
            row += 1;
        }
        rows[at] = S::SCHEMES[row];
        at += 1;
    }
    rows
}

const fn equal(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let mut at = 0;
    while at < one.len() && at < other.len() && one[at] == other[at] {
        at += 1;
    }
    at == one.len() && at == other.len()
}

/// The systems of this build and the schemes that are shown, one line each.
macro_rules! systems {
    ($($feature:literal: $module:ident::$kind:ident $names:expr;)*) => {
        $(
            #[cfg(feature = $feature)]
            impl Shown for noctule::$module::$kind {
                const SHOWN: &'static [Scheme<Self>] = &picked($names);
            }
        )*
        const SYSTEMS: &[Face] = &[$(
            #[cfg(feature = $feature)]
            face::<noctule::$module::$kind>(),
        )*];
    };
}

systems! {
    "beamforming": beamforming::Beamforming ["balanced", "rzf", "mrt"];
    "frame": frame::Frame ["optimal", "single-update", "every-block"];
    "pilots": pilots::Pilots ["optimal", "full-power"];
    "surfaces": surfaces::Surfaces ["full-covariance"];
    "cellfree": cellfree::CellFree ["balanced", "zero-forcing", "mrt"];
}

/// The row of a scheme.
fn scheme<S: Shown>(id: &str) -> Result<&'static Scheme<S>, InputError> {
    S::SHOWN.iter().find(|scheme| scheme.id == id).ok_or_else(|| {
        let names: Vec<&str> = S::SHOWN.iter().map(|scheme| scheme.id).collect();
        InputError::new("a page does not have this scheme", "scheme", id, hint::list(&names))
            .hint("the command line and Python have all of them")
    })
}

impl Session {
    /// A session that has designed nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// The answer to a request, both as JSON text. What is wrong with a request is its member
    /// `error`.
    pub fn answer(&mut self, request: &[u8]) -> Vec<u8> {
        let answer = self.answered(request).unwrap_or_else(|error| {
            let numerics = json!({ "what": error.to_string() });
            json!({ "error": error.as_input().map_or(numerics, |input| json!(input)) })
        });
        answer.to_string().into_bytes()
    }

    fn answered(&mut self, request: &[u8]) -> Result<Value, Error> {
        let value: Value = serde_json::from_slice(request).map_err(|error| {
            InputError::new("the request is not JSON", "request", error.to_string(), "an object")
        })?;
        match typed::<Request>(&value, "")? {
            Request::About {} => {
                let systems: Vec<Value> = SYSTEMS.iter().map(|face| (face.about)()).collect();
                Ok(json!({ "version": env!("CARGO_PKG_VERSION"), "systems": systems }))
            }
            Request::Design(request) => (named(&request.system)?.design)(self, &request),
            Request::Open(request) => {
                let document: Value = serde_json::from_str(&request.text).map_err(|error| {
                    let what = "the document is not JSON";
                    InputError::new(what, "text", error.to_string(), "a noctule-design/1 file")
                })?;
                let system = document.get("system").and_then(Value::as_str);
                (named(system.unwrap_or_default())?.open)(&document, &request.want)
            }
            Request::Forget {} => {
                self.kept.clear();
                Ok(json!({}))
            }
        }
    }
}

fn named(id: &str) -> Result<&'static Face, InputError> {
    SYSTEMS.iter().find(|face| face.id == id).ok_or_else(|| {
        let names: Vec<&str> = SYSTEMS.iter().map(|face| face.id).collect();
        InputError::new("there is no such system", "system", id, hint::list(&names))
    })
}

fn about<S: Shown>() -> Value {
    let scheme = |scheme: &Scheme<S>| json!({ "info": scheme.info(), "defaults": scheme.defaults(), "missing": scheme.missing });
    json!({
        "id": S::ID,
        "title": S::TITLE,
        "scenario": S::Scenario::default(),
        "schemes": S::SHOWN.iter().map(scheme).collect::<Vec<_>>(),
        "metrics": S::METRICS.iter().map(|metric| metric.info).collect::<Vec<_>>(),
        "pictures": S::PICTURES.iter().map(|kind| kind.word()).collect::<Vec<_>>(),
    })
}

/// Objects member by member; everything else is replaced. An object with another `kind` is another
/// thing, and replaced whole.
fn overlay(base: &mut Value, over: &Map<String, Value>) {
    let kind = |members: &Map<String, Value>| members.get("kind").cloned();
    match base {
        Value::Object(members)
            if kind(over).is_none_or(|new| kind(members).is_some_and(|old| old == new)) =>
        {
            for (name, value) in over {
                match (members.get_mut(name), value) {
                    (Some(inner @ Value::Object(_)), Value::Object(more)) => overlay(inner, more),
                    _ => _ = members.insert(name.clone(), value.clone()),
                }
            }
        }
        other => *other = Value::Object(over.clone()),
    }
}

fn design<S: Shown>(session: &mut Session, request: &Design) -> Result<Value, Error> {
    let scenario: S::Scenario = typed(&Value::Object(request.scenario.clone()), "scenario")?;
    let inside = |error: Error| match error.as_input() {
        Some(input) => Error::Input(input.inside("scenario")),
        None => error,
    };
    S::validate(&scenario).map_err(|error| error.inside("scenario"))?;
    let instance = S::realize(&scenario, request.seed, request.trial).map_err(inside)?;
    let scheme = match &request.scheme {
        Some(id) => scheme::<S>(id)?,
        None => &S::SHOWN[0],
    };
    if let Some(reason) = scheme.missing {
        let what = "this scheme is not part of this build";
        return Err(InputError::new(what, "scheme", scheme.id, reason).into());
    }
    let mut settings = scheme.defaults();
    overlay(&mut settings, &request.settings);
    let ready = scheme.with(&settings).map_err(|error| error.inside("scheme"))?;
    let key = request.warm.as_ref().map(|name| (S::ID, name.clone()));
    let warm = key.as_ref().and_then(|key| session.kept.get(key)?.downcast_ref::<S::Variables>());
    let mut design = ready.design(&instance, &Run::default().from(warm))?;
    let made =
        Made { scheme: scheme.id, settings: &settings, seed: request.seed, trial: request.trial };
    let answer = told::<S>(&instance, &mut design, made, &request.want)?;
    if let Some(key) = key {
        session.kept.insert(key, Box::new(design.variables));
    }
    Ok(answer)
}

fn open<S: System>(document: &Value, want: &Want) -> Result<Value, Error> {
    let embedded = document.get("instance").unwrap_or(&Value::Null);
    let set = ArraySet::from_value(embedded, "instance", S::INSTANCE_FIELDS)
        .map_err(|error| error.inside("instance"))?;
    let instance = S::instance(set, None)?;
    let set = ArraySet::from_value(document, "design", S::VARIABLE_FIELDS)?;
    let variables = S::variables(&set, &instance)?;
    let metrics = S::evaluate(&instance, &variables)?;
    let witness = S::check(&instance, &variables)?.in_numbers();
    // What it cost is nothing that can be evaluated.
    let work = document.get("work").cloned().map(serde_json::from_value::<Work>);
    let work = work.and_then(Result::ok).unwrap_or_default();
    let mut design: DesignOf<S> = Found {
        warnings: S::advice(&instance, &metrics),
        starts: vec![S::objective(&metrics)],
        variables,
        metrics,
        stop: Stop::Computed,
        proof: Proof::feasible(witness.violation),
        trace: Trace::off(),
        work,
    };
    let number = |name: &str| document.pointer(&format!("/draw/{name}")).and_then(Value::as_u64);
    let settings = document.get("settings").cloned().unwrap_or_else(|| json!({}));
    let made = Made {
        scheme: document.get("scheme").and_then(Value::as_str).unwrap_or_default(),
        settings: &settings,
        seed: number("seed").unwrap_or(1),
        trial: number("trial").unwrap_or(0),
    };
    told::<S>(&instance, &mut design, made, want)
}

fn told<S: System>(
    instance: &S::Instance,
    design: &mut DesignOf<S>,
    made: Made<'_>,
    want: &Want,
) -> Result<Value, Error> {
    let told = document::told::<S>(instance, design, made)?;
    let member = |name: &str| told.document.get(name).cloned().unwrap_or(Value::Null);
    let mut answer = Map::new();
    for name in ["metrics", "stop", "proof", "work", "starts"] {
        answer.insert(name.to_owned(), member(name));
    }
    let mut put = |name: &str, value: Value| answer.insert(name.to_owned(), value);
    put("system", json!(S::ID));
    put("scheme", json!(made.scheme));
    put("stopped", json!(design.stop.text()));
    put("warnings", json!(told.warnings));
    put("violation", json!(told.witness.violation));
    put("meets_requirements", json!(told.meets_requirements));
    put("unsound", json!(told.unsound));
    put("headline", json!(S::headline(instance)));
    if want.story && told.unsound.is_none() {
        put("facts", json!(S::facts(instance, design)));
        put("tables", S::tables(instance, design).iter().map(table).collect());
    }
    let mut pictures = Map::new();
    for word in &want.pictures {
        let Some(kind) = PictureKind::of_word(word) else {
            let allowed = hint::list(&PictureKind::WORDS);
            let what = "there is no such picture";
            return Err(InputError::new(what, "want.pictures", word, allowed).into());
        };
        if let Some(drawn) = S::picture(instance, &design.variables, kind)? {
            pictures.insert(word.clone(), picture(&drawn));
        }
    }
    put("pictures", Value::Object(pictures));
    if want.details {
        put("details", S::details(instance, &design.variables));
    }
    if want.document {
        // As text: numbers that another language writes are other bytes.
        put("document", json!(format!("{:#}\n", Value::Object(told.document))));
    }
    Ok(Value::Object(answer))
}

fn table(table: &Table) -> Value {
    json!({ "caption": table.caption, "headers": table.headers, "rows": table.rows })
}

fn picture(picture: &Picture) -> Value {
    match picture {
        Picture::Scene(scene) => {
            let beam = |beam: &noctule::pictures::Beam| json!({ "from": beam.from, "to": beam.to, "share": beam.share, "group": beam.group });
            json!({
                "groups": scene.groups,
                "beams": scene.beams.iter().map(beam).collect::<Vec<_>>(),
                "directions_only": scene.directions_only,
            })
        }
        Picture::Pattern(cut) => json!({
            "angle": cut.angle,
            "angles_deg": cut.angles_deg,
            "curves": cut.curves,
            "marks": cut.marks,
        }),
        Picture::Map(map) => json!({
            "azimuth_deg": map.azimuth_deg,
            "polar_deg": map.polar_deg,
            "gain": map.gain,
            "marks": map.marks,
        }),
        Picture::Timeline(line) => json!({
            "time": line.time,
            "value": line.value,
            "parts": line.parts,
            "taken": line.taken,
            "marks": line.marks,
        }),
    }
}
