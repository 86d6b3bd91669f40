//! Pictures of a design document.

use noctule::Error;
use noctule::data::ArraySet;
use noctule::pictures::{Picture, PictureKind};
use noctule_figure::Figure;
use noctule_num::{InputError, hint};
use serde_json::Value;

use crate::present;
use crate::single::SingleError;
use crate::system::{BEAMPATTERN, MARKED_DIRECTIONS, SeriesInfo, SeriesValue};

/// The picture of a kind, or the first that the system has, of the variables and the instance that a
/// document holds; or of those variables and the instance as it was drawn, which knows places that
/// arrays do not.
///
/// # Errors
/// A kind that the system has not, a damaged document, and an instance that does not know what the
/// picture takes.
pub(super) fn drawn<T: noctule::System>(
    document: &Value,
    kind: Option<PictureKind>,
    instance: Option<T::Instance>,
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
    let instance = match instance {
        Some(instance) => instance,
        None => {
            let embedded = document.get("instance").ok_or_else(|| nothing("instance"))?;
            let set = ArraySet::from_value(embedded, "instance", T::INSTANCE_FIELDS)
                .map_err(|error| error.inside("instance"))?;
            T::instance(set, None)?
        }
    };
    let set = ArraySet::from_value(document, "design", T::VARIABLE_FIELDS)?;
    let variables = T::variables(&set, &instance)?;
    let scheme = document.get("scheme").and_then(Value::as_str).unwrap_or_default();
    let title = format!("{} by {scheme}: {}", T::ID, kind.word());
    match T::picture(&instance, &variables, *kind)? {
        Some(picture) => Ok(present::picture(&title, &picture)),
        None => {
            let what = "the instance does not know what this picture shows";
            let allowed = "an instance drawn from a scenario, or one with positions";
            Err(InputError::new(what, "instance", kind.word(), allowed).into())
        }
    }
}

/// The series that a system with beampatterns records where it is asked to.
pub(super) fn on_demand<T: noctule::System>() -> Vec<SeriesInfo> {
    if !T::PICTURES.contains(&PictureKind::Pattern) {
        return Vec::new();
    }
    let series = |name, index, label, unit| SeriesInfo { name, index, label, unit, steps: false };
    vec![
        series(
            BEAMPATTERN,
            "i: direction, j: pattern of the design, x: angle in degrees",
            "Power over isotropic",
            "",
        ),
        series(MARKED_DIRECTIONS, "i: direction, j: its kind", "Marked direction", "°"),
    ]
}

/// Their values of a design.
///
/// # Errors
/// When the variables do not fit the instance.
pub(super) fn patterns<T: noctule::System>(
    instance: &T::Instance,
    variables: &T::Variables,
) -> Result<impl Iterator<Item = SeriesValue> + use<T>, Error> {
    let mut values = Vec::new();
    if let Some(Picture::Pattern(pattern)) = T::picture(instance, variables, PictureKind::Pattern)?
    {
        let mut put = |series, (i, j): (usize, usize), x, value| {
            values.push(SeriesValue { series, i: i as u32, j: j as u32, x, value });
        };
        for (j, (_, gains)) in pattern.curves.iter().enumerate() {
            for (i, (angle, gain)) in pattern.angles_deg.iter().zip(gains).enumerate() {
                put(BEAMPATTERN, (i, j), Some(*angle), *gain);
            }
        }
        for (j, (_, angles)) in pattern.marks.iter().enumerate() {
            for (i, angle) in angles.iter().enumerate() {
                put(MARKED_DIRECTIONS, (i, j), None, *angle);
            }
        }
    }
    Ok(values.into_iter())
}
