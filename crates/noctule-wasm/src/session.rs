//! Answers, and the designs that later ones start from.

use std::any::Any;

use noctule::document::{self, Made};
use noctule::pictures::{Picture, PictureKind};
use noctule::system::{DesignOf, Scheme, Table, typed};
use noctule::{Error, Run, System};
use noctule_num::{InputError, hint};
use serde_json::{Map, Value, json};

use crate::request::{Design, Request, Want};

#[cfg(feature = "documents")]
#[path = "documents.rs"]
mod documents;

/// What was designed before.
#[derive(Default)]
pub struct Session {
    kept: Vec<(&'static str, String, Box<dyn Any>)>,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("kept", &self.kept.len()).finish()
    }
}

/// The erased functions of a system.
struct Face {
    id: &'static str,
    design: fn(&mut Session, &Design) -> Result<Value, Error>,
    #[cfg(feature = "documents")]
    open: fn(&Value, &Want) -> Result<Value, Error>,
}

const fn face<S: Shown>() -> Face {
    Face {
        id: S::ID,
        design: design::<S>,
        #[cfg(feature = "documents")]
        open: documents::open::<S>,
    }
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

    /// Where a design was kept.
    fn held(&self, system: &str, name: &str) -> Option<usize> {
        self.kept.iter().position(|(own, called, _)| *own == system && called == name)
    }

    fn answered(&mut self, request: &[u8]) -> Result<Value, Error> {
        match Request::read(request)? {
            Request::Design(asked) => (named(&asked.system)?.design)(self, &asked),
            #[cfg(feature = "documents")]
            Request::Open(asked) => documents::opened(&asked),
            Request::Forget => {
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
    let held = request.warm.as_ref().and_then(|name| session.held(S::ID, name));
    let warm = held.and_then(|at| session.kept[at].2.downcast_ref::<S::Variables>());
    let mut design = ready.design(&instance, &Run::default().from(warm))?;
    let made =
        Made { scheme: scheme.id, settings: &settings, seed: request.seed, trial: request.trial };
    let answer = told::<S>(&instance, &mut design, made, &request.want)?;
    match (held, &request.warm) {
        (Some(at), _) => session.kept[at].2 = Box::new(design.variables),
        (None, Some(name)) => {
            session.kept.push((S::ID, name.clone(), Box::new(design.variables)));
        }
        (None, None) => {}
    }
    Ok(answer)
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
