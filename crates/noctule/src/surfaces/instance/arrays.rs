//! An instance as named arrays.

use std::path::Path;

use noctule_num::InputError;
use noctule_phy::cascade::{PathLoss, PathWeights, Place};
use noctule_phy::geometry::Point;

use super::{Elements, Instance, Parts};
use crate::Error;
use crate::data::{Array, ArraySet, Entries, FieldInfo, Taker, as_count};
use crate::surfaces::SYSTEM;

const fn field(
    name: &'static str,
    dimensions: &'static [&'static str],
    summary: &'static str,
) -> FieldInfo {
    FieldInfo { name, dimensions, complex: false, summary }
}

/// The arrays an instance travels as.
pub const FIELDS: &[FieldInfo] = &[
    field("base_m", &["coordinate"], "position of the base station in metres"),
    field("user_m", &["coordinate"], "position of the user in metres"),
    field("target_m", &["coordinate"], "position of the target in metres"),
    field("site_m", &["site", "coordinate"], "candidate sites in metres; sensors beside the first"),
    field("base_axis", &["coordinate"], "unit vector along the base station's array"),
    field("user_axis", &["coordinate"], "unit vector along the user's array"),
    field("site_axis", &["site", "coordinate"], "unit vectors along the surfaces"),
    field("elements", &["site"], "elements of each surface (or give `shared_elements`)"),
    field("shared_elements", &[], "elements shared equally by the surfaces that are built"),
    field("transmit_antennas", &[], "antennas of the base station"),
    field("user_antennas", &[], "antennas of the user"),
    field("sensors", &[], "sensors beside the first surface"),
    field("snapshots", &[], "number of snapshots T"),
    field("power_w", &[], "transmit power in watts"),
    field("user_noise_w", &[], "noise power of each user antenna in watts"),
    field("sensing_noise_w", &[], "noise power of each sensor in watts"),
    field("reference_gain", &[], "power gain of a path of one metre"),
    field("path_loss_exponent", &[], "exponent of the path loss"),
    field("reflection_gain", &[], "reflection |β|² of the target, a power gain"),
    field("exact_paths", &[], "1 for exact path weights, 0 for the loss of the strongest path"),
    field("crb_limit", &[], "largest bound of the spatial frequency, 0 for none"),
];

impl Instance {
    /// Read an instance from `.json` or `.npz`; what the file does not have is taken from `base`.
    ///
    /// # Errors
    /// [`Error::Input`] naming the file and the array.
    pub fn read(path: &Path, base: Option<&Self>) -> Result<Self, Error> {
        let set = ArraySet::read(path, "instance", FIELDS)?;
        Self::from_arrays(set, base).map_err(|error| error.in_file(path))
    }

    /// An instance from named arrays ([`FIELDS`]); what is missing is taken from `base`. Surfaces
    /// without an axis lie along the first coordinate.
    ///
    /// # Errors
    /// As [`Instance::read`].
    pub fn from_arrays(set: ArraySet, base: Option<&Self>) -> Result<Self, Error> {
        let all = completed(set, base);
        let mut taker = Taker::new(&all, FIELDS);
        let base_m = pair(&mut taker, "base_m")?;
        let user_m = pair(&mut taker, "user_m")?;
        let target_m = pair(&mut taker, "target_m")?;
        let sites = sites(&mut taker)?;
        let elements = elements(&mut taker)?;
        let base_axis = pair(&mut taker, "base_axis")?;
        let user_axis = pair(&mut taker, "user_axis")?;
        Self::new(Parts {
            base: place(base_m, base_axis),
            user: place(user_m, user_axis),
            target: target_m.into(),
            sites,
            elements,
            transmit_antennas: taker.count("transmit_antennas")?,
            user_antennas: taker.count("user_antennas")?,
            sensors: taker.count("sensors")?,
            snapshots: taker.count_u32("snapshots")?,
            power_w: taker.number("power_w")?,
            user_noise_w: taker.number("user_noise_w")?,
            sensing_noise_w: taker.number("sensing_noise_w")?,
            loss: PathLoss {
                reference_gain: taker.number("reference_gain")?,
                exponent: taker.number("path_loss_exponent")?,
            },
            reflection_gain: taker.number("reflection_gain")?,
            weights: weights(&mut taker)?,
            crb_limit: Some(taker.number("crb_limit")?).filter(|limit| *limit != 0.0),
        })
    }

    /// The named arrays of this instance; [`Instance::from_arrays`] inverts it to the bit.
    pub fn to_arrays(&self) -> ArraySet {
        let parts = &self.parts;
        let mut set = ArraySet::new();
        let point = |p: Point| Array::list(vec![p.x_m, p.y_m]);
        let list = |pairs: Vec<[f64; 2]>| Array {
            shape: vec![pairs.len(), 2],
            entries: Entries::Real(pairs.into_iter().flatten().collect()),
        };
        set.insert("base_m", point(parts.base.position));
        set.insert("user_m", point(parts.user.position));
        set.insert("target_m", point(parts.target));
        set.insert("site_m", list(parts.sites.iter().map(|s| s.position.into()).collect()));
        set.insert("base_axis", Array::list(parts.base.axis.to_vec()));
        set.insert("user_axis", Array::list(parts.user.axis.to_vec()));
        set.insert("site_axis", list(parts.sites.iter().map(|s| s.axis).collect()));
        match &parts.elements {
            Elements::Each(each) => {
                set.insert("elements", Array::list(each.iter().map(|&n| n as f64).collect()));
            }
            Elements::Shared(total) => set.insert("shared_elements", Array::number(*total as f64)),
        }
        for (name, value) in [
            ("transmit_antennas", parts.transmit_antennas as f64),
            ("user_antennas", parts.user_antennas as f64),
            ("sensors", parts.sensors as f64),
            ("snapshots", f64::from(parts.snapshots)),
            ("power_w", parts.power_w),
            ("user_noise_w", parts.user_noise_w),
            ("sensing_noise_w", parts.sensing_noise_w),
            ("reference_gain", parts.loss.reference_gain),
            ("path_loss_exponent", parts.loss.exponent),
            ("reflection_gain", parts.reflection_gain),
            ("exact_paths", f64::from(u8::from(parts.weights == PathWeights::Exact))),
            ("crb_limit", parts.crb_limit.unwrap_or(0.0)),
        ] {
            set.insert(name, Array::number(value));
        }
        set
    }

    /// The instance as a JSON document, `noctule-instance/1`.
    pub fn to_json(&self) -> serde_json::Value {
        self.to_arrays().to_json("instance", SYSTEM)
    }
}

/// The arrays that are given, and what of `base` still holds beside them.
fn completed(set: ArraySet, base: Option<&Instance>) -> ArraySet {
    let given = |name: &str| set.get(name).is_some();
    let mut all = ArraySet::new();
    if let Some(base) = base {
        // New sites come with axes and elements of their own, or with the default.
        let moved = given("site_m");
        for (name, array) in base.to_arrays().iter() {
            let stale = moved && name == "site_axis"
                || name == "elements" && (moved || given("shared_elements"))
                || name == "shared_elements" && given("elements");
            if !stale {
                all.insert(name, array.clone());
            }
        }
    }
    all.extend(set);
    all
}

fn place(position: [f64; 2], axis: [f64; 2]) -> Place {
    Place { position: position.into(), axis }
}

fn sites(taker: &mut Taker<'_>) -> Result<Vec<Place>, InputError> {
    let sites = pairs(taker, "site_m")?;
    let axes = if taker.has("site_axis") {
        pairs(taker, "site_axis")?
    } else {
        vec![[1.0, 0.0]; sites.len()]
    };
    Ok(sites.into_iter().zip(axes).map(|(p, a)| place(p, a)).collect())
}

fn elements(taker: &mut Taker<'_>) -> Result<Elements, InputError> {
    match (taker.has("elements"), taker.has("shared_elements")) {
        (true, true) => Err(InputError::new(
            "elements are given twice",
            "elements, shared_elements",
            "both",
            "the elements of each surface, or a number to share",
        )),
        (true, false) => Ok(Elements::Each(counts(taker, "elements")?)),
        _ => Ok(Elements::Shared(taker.count("shared_elements")?)),
    }
}

fn weights(taker: &mut Taker<'_>) -> Result<PathWeights, InputError> {
    Ok(if taker.flag("exact_paths")? { PathWeights::Exact } else { PathWeights::Max })
}

fn pair(taker: &mut Taker<'_>, name: &str) -> Result<[f64; 2], InputError> {
    let values = taker.real(name)?;
    <[f64; 2]>::try_from(values.as_slice()).map_err(|_| {
        InputError::new(
            "not a pair of coordinates",
            name,
            format!("{} numbers", values.len()),
            "two numbers",
        )
    })
}

fn pairs(taker: &mut Taker<'_>, name: &str) -> Result<Vec<[f64; 2]>, InputError> {
    let values = taker.real(name)?;
    let width = taker.length("coordinate").unwrap_or(0);
    if width != 2 {
        let found = format!("rows of {width}");
        return Err(InputError::new(
            "not a list of coordinates",
            name,
            found,
            "rows of two numbers",
        ));
    }
    Ok(values.chunks_exact(2).map(|pair| [pair[0], pair[1]]).collect())
}

fn counts(taker: &mut Taker<'_>, name: &str) -> Result<Vec<usize>, InputError> {
    let values = taker.real(name)?;
    let convert = |(index, &value): (usize, &f64)| {
        as_count(value).ok_or_else(|| {
            let place = format!("{name}[{index}]");
            InputError::new("not a count", place, value.to_string(), "a whole number")
        })
    };
    values.iter().enumerate().map(convert).collect()
}
