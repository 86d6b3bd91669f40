//! One concrete problem: places, arrays, powers and the requirement, as numbers.

use std::path::Path;

use noctule_num::InputError;
use noctule_phy::cascade::{Cascade, PathLoss, PathWeights, Place, SurfacePath};
use noctule_phy::geometry::Point;

use super::SYSTEM;
use crate::Error;
use crate::data::{Array, ArraySet, FieldInfo, Taker, as_count};

/// Candidate sites.
pub(super) const MOST_SITES: usize = 64;
/// Elements of all surfaces together.
pub(super) const MOST_ELEMENTS: usize = 10_000_000;
/// Antennas of one array.
pub(super) const MOST_ANTENNAS: usize = 4096;

/// How elements are given to sites.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Elements {
    /// Every site has its own number.
    Each(Vec<usize>),
    /// A budget: of K surfaces each gets ⌊N/K⌋.
    Shared(usize),
}

/// What an instance is made of; see [`Instance::new`].
#[derive(Clone, Debug, PartialEq)]
pub struct Parts {
    /// Array of the base station.
    pub base: Place,
    /// Array of the user.
    pub user: Place,
    /// Position of the target.
    pub target: Point,
    /// Candidate sites of surfaces. The sensors stand beside the first.
    pub sites: Vec<Place>,
    /// Elements of the surfaces.
    pub elements: Elements,
    /// Antennas of the base station.
    pub transmit_antennas: usize,
    /// Antennas of the user.
    pub user_antennas: usize,
    /// Sensors beside the first surface.
    pub sensors: usize,
    /// Snapshots T.
    pub snapshots: u32,
    /// Transmit power in watts.
    pub power_w: f64,
    /// Noise power of each user antenna in watts.
    pub user_noise_w: f64,
    /// Noise power of each sensor in watts.
    pub sensing_noise_w: f64,
    /// Law of distance.
    pub loss: PathLoss,
    /// |β|², the reflection of the target as a power gain.
    pub reflection_gain: f64,
    /// How strongly each surface reaches the target.
    pub weights: PathWeights,
    /// Largest Cramér–Rao bound of the spatial frequency that is allowed, where there is a limit.
    pub crb_limit: Option<f64>,
}

/// A problem whose data have passed every check.
#[derive(Clone, Debug, PartialEq)]
pub struct Instance {
    parts: Parts,
    /// Number of simulated echoes, with the seed and trial that name their noise.
    echoes: (u64, u64, u64),
}

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
    /// Check the parts and make an instance of them.
    ///
    /// # Errors
    /// [`Error::Input`] for counts and powers out of range, and for places that coincide.
    pub fn new(parts: Parts) -> Result<Self, Error> {
        check(&parts)?;
        Ok(Self { parts, echoes: (0, 1, 0) })
    }

    /// The same instance with `draws` simulated echoes, whose noise is named by seed and trial.
    #[must_use]
    pub const fn with_echoes(mut self, draws: u64, seed: u64, trial: u64) -> Self {
        self.echoes = (draws, seed, trial);
        self
    }

    /// Number of simulated echoes, with the seed and trial that name their noise.
    pub const fn echoes(&self) -> (u64, u64, u64) {
        self.echoes
    }

    /// Everything the instance is made of.
    pub const fn parts(&self) -> &Parts {
        &self.parts
    }

    /// Number of candidate sites.
    pub const fn sites(&self) -> usize {
        self.parts.sites.len()
    }

    /// Elements of the surface at `site` in a deployment of `surfaces` surfaces.
    pub fn elements(&self, site: usize, surfaces: usize) -> usize {
        match &self.parts.elements {
            Elements::Each(each) => each[site],
            Elements::Shared(total) => total / surfaces.max(1),
        }
    }

    /// Whether every surface of a deployment of `surfaces` surfaces gets an element.
    pub fn suffices_for(&self, surfaces: usize) -> bool {
        match &self.parts.elements {
            Elements::Each(_) => true,
            Elements::Shared(total) => *total >= surfaces,
        }
    }

    /// All sites, where every surface gets an element.
    ///
    /// # Errors
    /// [`InputError`] naming the elements.
    pub fn all_sites(&self) -> Result<Vec<usize>, InputError> {
        let sites = self.sites();
        if self.suffices_for(sites) {
            return Ok((0..sites).collect());
        }
        let found = self.elements(0, 1).to_string();
        let what = "there are fewer elements than surfaces";
        let error = InputError::new(what, "elements", found, format!("{sites}, one each, or more"));
        Err(error.hint("let fewer surfaces be built: `select` = \"best\" or \"single\""))
    }

    /// The cascades over surfaces at some of the sites, in this order; the first must be site 0,
    /// where the sensors are.
    ///
    /// # Panics
    /// When there is no such site.
    pub fn cascade(&self, sites: &[usize]) -> Cascade {
        let parts = &self.parts;
        let paths = sites
            .iter()
            .map(|&site| {
                SurfacePath::between(
                    parts.base,
                    parts.sites[site],
                    parts.user,
                    parts.target,
                    self.elements(site, sites.len()),
                    parts.loss,
                )
            })
            .collect();
        Cascade {
            transmit_antennas: parts.transmit_antennas,
            user_antennas: parts.user_antennas,
            sensors: parts.sensors,
            snapshots: parts.snapshots,
            user_noise_w: parts.user_noise_w,
            sensing_noise_w: parts.sensing_noise_w,
            reflection_gain: parts.reflection_gain,
            weights: parts.weights,
            paths,
        }
    }

    /// The same problem under another limit on the bound.
    ///
    /// # Errors
    /// As [`Instance::new`].
    pub fn with_crb_limit(&self, crb_limit: Option<f64>) -> Result<Self, Error> {
        let instance = Self::new(Parts { crb_limit, ..self.parts.clone() })?;
        Ok(Self { echoes: self.echoes, ..instance })
    }

    /// Read an instance from `.json` or `.npz`; what the file does not have is taken from `base`.
    ///
    /// # Errors
    /// [`Error::Input`] naming the file and the array.
    pub fn read(path: &Path, base: Option<&Self>) -> Result<Self, Error> {
        let set = ArraySet::read(path, "instance", FIELDS)?;
        Self::from_arrays(set, base).map_err(|error| match error {
            Error::Input(error) => Error::Input(error.in_file(&path.display().to_string())),
            other => other,
        })
    }

    /// An instance from named arrays ([`FIELDS`]); what is missing is taken from `base`. Surfaces
    /// without an axis lie along the first coordinate.
    ///
    /// # Errors
    /// As [`Instance::read`].
    pub fn from_arrays(set: ArraySet, base: Option<&Self>) -> Result<Self, Error> {
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
        let mut taker = Taker::new(&all, FIELDS);
        let base_m = pair(&mut taker, "base_m")?;
        let user_m = pair(&mut taker, "user_m")?;
        let target_m = pair(&mut taker, "target_m")?;
        let sites = pairs(&mut taker, "site_m")?;
        let axes = if taker.has("site_axis") {
            pairs(&mut taker, "site_axis")?
        } else {
            vec![[1.0, 0.0]; sites.len()]
        };
        let elements = match (taker.has("elements"), taker.has("shared_elements")) {
            (true, true) => {
                let error = InputError::new(
                    "elements are given twice",
                    "elements, shared_elements",
                    "both",
                    "the elements of each surface, or a number to share",
                );
                return Err(error.into());
            }
            (true, false) => Elements::Each(counts(&mut taker, "elements")?),
            _ => Elements::Shared(taker.count("shared_elements")?),
        };
        let base_axis = pair(&mut taker, "base_axis")?;
        let user_axis = pair(&mut taker, "user_axis")?;
        let place = |position: [f64; 2], axis: [f64; 2]| Place { position: position.into(), axis };
        let snapshots = taker.count("snapshots")?;
        Self::new(Parts {
            base: place(base_m, base_axis),
            user: place(user_m, user_axis),
            target: target_m.into(),
            sites: sites.into_iter().zip(axes).map(|(p, a)| place(p, a)).collect(),
            elements,
            transmit_antennas: taker.count("transmit_antennas")?,
            user_antennas: taker.count("user_antennas")?,
            sensors: taker.count("sensors")?,
            snapshots: u32::try_from(snapshots).map_err(|_| {
                InputError::new("too many", "snapshots", snapshots.to_string(), "below 2³²")
            })?,
            power_w: taker.number("power_w")?,
            user_noise_w: taker.number("user_noise_w")?,
            sensing_noise_w: taker.number("sensing_noise_w")?,
            loss: PathLoss {
                reference_gain: taker.number("reference_gain")?,
                exponent: taker.number("path_loss_exponent")?,
            },
            reflection_gain: taker.number("reflection_gain")?,
            weights: match taker.count("exact_paths")? {
                0 => PathWeights::Max,
                1 => PathWeights::Exact,
                other => {
                    let found = other.to_string();
                    return Err(
                        InputError::new("not a flag", "exact_paths", found, "0 or 1").into()
                    );
                }
            },
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
            entries: crate::data::Entries::Real(pairs.into_iter().flatten().collect()),
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

fn check(parts: &Parts) -> Result<(), InputError> {
    let refuse = |what: &str, place: String, found: String, allowed: String| {
        Err(InputError::new(what, place, found, allowed))
    };
    for (place, count, most) in [
        ("transmit_antennas", parts.transmit_antennas, MOST_ANTENNAS),
        ("user_antennas", parts.user_antennas, MOST_ANTENNAS),
        ("site_m", parts.sites.len(), MOST_SITES),
        ("snapshots", parts.snapshots as usize, u32::MAX as usize),
    ] {
        if !(1..=most).contains(&count) {
            let what = "the count is out of range";
            return refuse(what, place.to_owned(), count.to_string(), format!("1 to {most}"));
        }
    }
    // One sensor has no aperture: it cannot tell a direction.
    if !(2..=MOST_ANTENNAS).contains(&parts.sensors) {
        let what = "the count is out of range";
        let allowed = format!("2 to {MOST_ANTENNAS}: a single sensor cannot tell directions");
        return refuse(what, "sensors".to_owned(), parts.sensors.to_string(), allowed);
    }
    check_elements(parts)?;
    for (place, value) in [
        ("power_w", parts.power_w),
        ("user_noise_w", parts.user_noise_w),
        ("sensing_noise_w", parts.sensing_noise_w),
        ("reference_gain", parts.loss.reference_gain),
        ("reflection_gain", parts.reflection_gain),
        ("crb_limit", parts.crb_limit.unwrap_or(1.0)),
    ] {
        if !(1e-60..=1e60).contains(&value) {
            let what = "the value is out of range";
            let allowed = "a positive number from 1e-60 to 1e60".to_owned();
            return refuse(what, place.to_owned(), value.to_string(), allowed);
        }
    }
    if !(0.0..=20.0).contains(&parts.loss.exponent) {
        let found = parts.loss.exponent.to_string();
        let what = "the value is out of range";
        return refuse(what, "path_loss_exponent".to_owned(), found, "0 to 20".to_owned());
    }
    check_places(parts)
}

fn check_elements(parts: &Parts) -> Result<(), InputError> {
    let sites = parts.sites.len();
    let (place, found, allowed) = match &parts.elements {
        Elements::Each(each) if each.len() != sites => (
            "elements".to_owned(),
            format!("{} entries", each.len()),
            format!("{sites} entries, one for each site"),
        ),
        Elements::Each(each) => match each.iter().position(|n| !(1..=MOST_ELEMENTS).contains(n)) {
            None if each.iter().sum::<usize>() <= MOST_ELEMENTS => return Ok(()),
            None => (
                "elements".to_owned(),
                each.iter().sum::<usize>().to_string(),
                format!("at most {MOST_ELEMENTS} together"),
            ),
            Some(i) => {
                (format!("elements[{i}]"), each[i].to_string(), format!("1 to {MOST_ELEMENTS}"))
            }
        },
        Elements::Shared(total) if (1..=MOST_ELEMENTS).contains(total) => return Ok(()),
        Elements::Shared(total) => {
            ("shared_elements".to_owned(), total.to_string(), format!("1 to {MOST_ELEMENTS}"))
        }
    };
    Err(InputError::new("the number of elements is out of range", place, found, allowed))
}

fn check_places(parts: &Parts) -> Result<(), InputError> {
    let far = |p: Point| !(p.x_m.abs() <= 1e9 && p.y_m.abs() <= 1e9);
    let unit = |axis: [f64; 2]| (axis[0].hypot(axis[1]) - 1.0).abs() <= 1e-9;
    let mut all = vec![
        ("base_m".to_owned(), parts.base.position),
        ("user_m".to_owned(), parts.user.position),
        ("target_m".to_owned(), parts.target),
    ];
    all.extend(parts.sites.iter().enumerate().map(|(i, s)| (format!("site_m[{i}]"), s.position)));
    for (place, point) in &all {
        if far(*point) {
            let found = format!("[{}, {}]", point.x_m, point.y_m);
            let allowed = "coordinates within ±10⁹ m";
            return Err(InputError::new("the place is out of range", place, found, allowed));
        }
    }
    let mut axes =
        vec![("base_axis".to_owned(), parts.base.axis), ("user_axis".to_owned(), parts.user.axis)];
    axes.extend(parts.sites.iter().enumerate().map(|(i, s)| (format!("site_axis[{i}]"), s.axis)));
    for (place, axis) in axes {
        if !unit(axis) {
            let found = format!("{axis:?}");
            return Err(InputError::new("not a direction", place, found, "a vector of length one"));
        }
    }
    for (i, site) in parts.sites.iter().enumerate() {
        for (name, other) in &all {
            if *name != format!("site_m[{i}]") && site.position.distance_m(*other) < 1e-3 {
                return Err(InputError::new(
                    "two places coincide",
                    format!("site_m[{i}], {name}"),
                    format!("{:e} m apart", site.position.distance_m(*other)),
                    "at least a millimetre between a surface and anything else",
                ));
            }
        }
    }
    Ok(())
}
