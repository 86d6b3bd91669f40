//! Pictures of a design document.

use noctule::data::ArraySet;
use noctule::pictures::PictureKind;
use noctule_figure::Figure;
use noctule_num::{InputError, hint};
use serde_json::Value;

use crate::present;
use crate::single::SingleError;

/// The picture of a kind, or the first that the system has, of the variables and the instance that a
/// document holds.
///
/// # Errors
/// A kind that the system has not, a damaged document, and an instance that does not know what the
/// picture takes.
pub(super) fn drawn<T: noctule::System>(
    document: &Value,
    kind: Option<PictureKind>,
) -> Result<Figure, SingleError> {
    let words: Vec<&str> = T::PICTURES.iter().map(|kind| kind.word()).collect();
    let known = match kind {
        Some(kind) => T::PICTURES.iter().find(|known| **known == kind),
        None => T::PICTURES.first(),
    };
    let Some(kind) = known else {
        let found = kind.map_or("nothing", PictureKind::word);
        let allowed = if words.is_empty() { "no picture".to_owned() } else { hint::list(&words) };
        let what = format!("{} has no such picture", T::ID);
        return Err(InputError::new(what, "kind of picture", found, allowed).into());
    };
    let nothing = |name: &str| {
        InputError::new("the document is incomplete", name, "nothing", "a noctule-design/1 file")
    };
    let embedded = document.get("instance").ok_or_else(|| nothing("instance"))?;
    let set = ArraySet::from_value(embedded, "instance", T::INSTANCE_FIELDS)
        .map_err(|error| error.inside("instance"))?;
    let instance = T::instance(set, None)?;
    let set = ArraySet::from_value(document, "design", T::VARIABLE_FIELDS)?;
    let variables = T::variables(&set, &instance)?;
    let scheme = document.get("scheme").and_then(Value::as_str).unwrap_or_default();
    let title = format!("{} by {scheme}: {}", T::ID, kind.word());
    match T::picture(&instance, &variables, *kind)? {
        Some(picture) => Ok(present::picture(&title, &picture)),
        None => {
            let what = "the instance does not know the places that this picture shows";
            let allowed = "an instance drawn from a scenario, or one with positions";
            Err(InputError::new(what, "instance", kind.word(), allowed).into())
        }
    }
}
