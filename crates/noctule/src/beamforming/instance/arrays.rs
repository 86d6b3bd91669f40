//! The instance as named arrays: what files and other languages see.

use std::path::Path;

use noctule_num::{C64, CMat, InputError};
use noctule_phy::arrays::{Normalisation, PlanarArray};
use noctule_phy::elements::ElementArray;

use super::{Instance, Parts, PowerConstraint, Target, checks};
use crate::Error;
use crate::beamforming::{SYSTEM, band, goal};
use crate::data::{Array, ArraySet, Entries, FieldInfo, Taker, as_count};

/// The arrays an instance travels as. Complex numbers in JSON are `[re, im]`.
pub const FIELDS: &[FieldInfo] = &[
    field(
        "transmit_shape",
        &["side"],
        false,
        "elements [horizontal, vertical] of the transmit array",
    ),
    field(
        "receive_shape",
        &["side"],
        false,
        "elements [horizontal, vertical] of the receive array",
    ),
    field("channels", &["user", "antenna"], true, "channels h; user k receives conj(h[k]) · x"),
    field("azimuth_rad", &["target"], false, "azimuths θ in radians"),
    field("polar_rad", &["target"], false, "polar angles φ in radians"),
    field("reflection", &["target"], true, "reflection coefficients α"),
    field("power_w", &[], false, "total transmit power in watts"),
    field("user_noise_w", &["user"], false, "noise power of each user in watts"),
    field("sensing_noise_w", &[], false, "noise power of each receive antenna in watts"),
    field("snapshots", &[], false, "number of snapshots L"),
    field("sensing_streams", &[], false, "number of beams without data"),
    field("rate_weight_per_nat", &[], false, "weight of the sum rate, per nat/s/Hz"),
    field("crb_weight", &[], false, "weight of the trace of the Cramér–Rao bound"),
    field("per_antenna_power", &[], false, "1 when every antenna sends power_w / antennas, else 0"),
    field(
        "unit_modulus_steering",
        &[],
        false,
        "1 when steering entries have magnitude one, else 0",
    ),
    goal::FIELDS[0],
    goal::FIELDS[1],
    goal::FIELDS[2],
    goal::FIELDS[3],
    goal::FIELDS[4],
    goal::FIELDS[5],
    goal::FIELDS[6],
    goal::FIELDS[7],
    goal::FIELDS[8],
    goal::FIELDS[9],
    goal::FIELDS[10],
    goal::FIELDS[11],
    goal::AROUND[0],
    goal::AROUND[1],
    goal::AROUND[2],
    goal::AROUND[3],
    goal::AROUND[4],
    goal::AROUND[5],
    goal::AROUND[6],
    goal::AROUND[7],
    goal::AROUND[8],
    goal::AROUND[9],
    goal::AROUND[10],
    goal::AROUND[11],
    goal::AROUND[12],
    band::FIELDS[0],
    band::FIELDS[1],
    band::FIELDS[2],
    band::FIELDS[3],
    band::FIELDS[4],
    band::FIELDS[5],
    band::FIELDS[6],
    band::FIELDS[7],
    band::FIELDS[8],
    band::FIELDS[9],
    band::FIELDS[10],
    band::FIELDS[11],
    band::FIELDS[12],
    band::FIELDS[13],
];

const fn field(
    name: &'static str,
    dimensions: &'static [&'static str],
    complex: bool,
    summary: &'static str,
) -> FieldInfo {
    FieldInfo { name, dimensions, complex, summary }
}

impl Instance {
    /// Read an instance from `.json` or `.npz`. Arrays the file does not have are taken from
    /// `base`, so that a channel matrix alone is enough where a scenario gives the rest; without
    /// a base they must all be there.
    ///
    /// # Errors
    /// [`Error::Input`] naming the file and the array; errors of [`Instance::new`].
    pub fn read(path: &Path, base: Option<&Self>) -> Result<Self, Error> {
        let set = ArraySet::read(path, "instance", FIELDS)?;
        Self::from_arrays(set, base).map_err(|error| error.in_file(path))
    }

    /// An instance from named arrays ([`FIELDS`]); see [`Instance::read`] for `base`.
    ///
    /// # Errors
    /// As [`Instance::read`].
    pub fn from_arrays(set: ArraySet, base: Option<&Self>) -> Result<Self, Error> {
        let given = told(&set);
        let all = completed(set, base)?;
        let instance = Self::of_arrays(&all)?;
        if !given.is_empty() {
            unused(&given, &instance)?;
        }
        Ok(instance)
    }

    fn of_arrays(all: &ArraySet) -> Result<Self, Error> {
        let mut taker = Taker::new(all, FIELDS);
        let normalisation = match flag(&mut taker, "unit_modulus_steering")? {
            true => Normalisation::UnitModulus,
            false => Normalisation::UnitNorm,
        };
        let shapes = goal::shapes(&mut taker, normalisation)?;
        let mut shape = |name: &str, own: &Option<ElementArray>| match own {
            // positions stand in the place of a shape
            Some(own) if !taker.has(name) => {
                Ok(PlanarArray { horizontal: own.elements(), vertical: 1, normalisation })
            }
            _ => shape(&mut taker, name, normalisation),
        };
        let transmit_array = shape("transmit_shape", &shapes.transmit)?;
        let receive_array = shape("receive_shape", &shapes.receive)?;
        let antennas = match &shapes.transmit {
            Some(own) => own.elements(),
            None => transmit_array.elements(),
        };
        let channels = channels(&mut taker, antennas)?;
        let targets = targets(&mut taker)?;
        let over = band::read(&mut taker, &channels, targets.len())?;
        let problem = goal::read(&mut taker, channels.cols(), targets.len())?;
        let parts = Parts {
            transmit_array,
            receive_array,
            channels,
            power_w: taker.number("power_w")?,
            user_noise_w: taker.real("user_noise_w")?,
            sensing_noise_w: taker.number("sensing_noise_w")?,
            snapshots: taker.count_u32("snapshots")?,
            sensing_streams: taker.count("sensing_streams")?,
            rate_weight_per_nat: taker.number("rate_weight_per_nat")?,
            crb_weight: taker.number("crb_weight")?,
            power_constraint: match flag(&mut taker, "per_antenna_power")? {
                true => PowerConstraint::PerAntenna,
                false => PowerConstraint::Total,
            },
            targets,
        };
        match over {
            Some(over) => band::instance(parts, (shapes, problem), over),
            None => Self::asking(parts, shapes, problem),
        }
    }

    /// The named arrays of this instance; [`Instance::from_arrays`] inverts it to the bit.
    pub fn to_arrays(&self) -> ArraySet {
        let parts = &self.parts;
        let mut set = ArraySet::new();
        let shape =
            |array: PlanarArray| Array::list(vec![array.horizontal as f64, array.vertical as f64]);
        set.insert("transmit_shape", shape(parts.transmit_array));
        set.insert("receive_shape", shape(parts.receive_array));
        let channel_shape = vec![parts.channels.cols(), parts.channels.rows()];
        set.insert("channels", Array::complex(channel_shape, parts.channels.as_slice().to_vec()));
        let column = |of: fn(&Target) -> f64| Array::list(parts.targets.iter().map(of).collect());
        set.insert("azimuth_rad", column(|t| t.azimuth_rad));
        set.insert("polar_rad", column(|t| t.polar_rad));
        let reflections: Vec<C64> = parts.targets.iter().map(|t| t.reflection).collect();
        set.insert("reflection", Array::complex(vec![reflections.len()], reflections));
        set.insert("power_w", Array::number(parts.power_w));
        set.insert("user_noise_w", Array::list(parts.user_noise_w.clone()));
        set.insert("sensing_noise_w", Array::number(parts.sensing_noise_w));
        set.insert("snapshots", Array::number(f64::from(parts.snapshots)));
        set.insert("sensing_streams", Array::number(parts.sensing_streams as f64));
        set.insert("rate_weight_per_nat", Array::number(parts.rate_weight_per_nat));
        set.insert("crb_weight", Array::number(parts.crb_weight));
        let per_antenna = parts.power_constraint == PowerConstraint::PerAntenna;
        set.insert("per_antenna_power", Array::number(f64::from(u8::from(per_antenna))));
        let modulus = self.unit_modulus_steering();
        set.insert("unit_modulus_steering", Array::number(f64::from(u8::from(modulus))));
        goal::write(self, &mut set);
        band::write(self, &mut set);
        set
    }

    /// The instance as a JSON document, `noctule-instance/1`.
    pub fn to_json(&self) -> serde_json::Value {
        self.to_arrays().to_json("instance", SYSTEM)
    }
}

/// Arrays of weights and flags that say nothing where every entry is one.
const ONES: [&str; 6] = [
    "unknown",
    "band_unknown",
    "bound_weights",
    "user_weights",
    "goal_metric_targets",
    "limit_targets",
];

/// The arrays of a set that say something.
fn told(set: &ArraySet) -> Vec<String> {
    let silent = |name: &str, array: &Array| match &array.entries {
        Entries::Real(list) => {
            let ones = || list.iter().all(|entry| entry.to_bits() == 1.0_f64.to_bits());
            match name {
                // whoever may send nothing is limited
                "group_power_w" => false,
                name if ONES.contains(&name) => ones(),
                _ => list.iter().all(|entry| *entry == 0.0),
            }
        }
        Entries::Complex(list) => list.iter().all(|entry| entry.norm_sqr() == 0.0),
    };
    let told = set.iter().filter(|(name, array)| !silent(name, array));
    told.map(|(name, _)| name.to_owned()).collect()
}

/// Refuse arrays that the instance does not have: whoever gives them believes that they count.
fn unused(given: &[String], instance: &Instance) -> Result<(), InputError> {
    let has = instance.to_arrays();
    let Some(name) = given.iter().find(|name| has.get(name).is_none()) else { return Ok(()) };
    let hint = match instance.problem() {
        None => {
            "the weighted sum does not know of it; requirements and surroundings count beside a `goal`"
        }
        Some(_) => "nothing in this problem depends on it",
    };
    let what = "this array would not count here";
    Err(InputError::new(what, name.as_str(), "an array", "no such array").hint(hint))
}

/// The arrays of a set over those of a base, of which what depends on sizes follows the set.
fn completed(set: ArraySet, base: Option<&Instance>) -> Result<ArraySet, InputError> {
    let Some(base) = base else { return Ok(set) };
    let mut all = base.to_arrays();
    // A base that gives every user the same noise gives it to any number of users.
    if let Some(channels) = set.get("channels") {
        let noise = &base.parts.user_noise_w;
        if let (Some(&users), Some(&first)) = (channels.shape.first(), noise.first())
            && noise.iter().all(|n| n.to_bits() == first.to_bits())
        {
            checks::check_users(users)?;
            all.insert("user_noise_w", Array::list(vec![first; users]));
        }
        for name in ["sinr_floor", "rate_floor", "user_weights", "channel_error"] {
            resized(&mut all, name, channels.shape.first().copied());
        }
    }
    band::complete(&mut all, &set)?;
    // A base with three streams for each target has them for each target of the set too.
    if let Some(azimuths) = set.get("azimuth_rad")
        && base.parts.sensing_streams == 3 * base.parts.targets.len()
        && let Some(&targets) = azimuths.shape.first()
    {
        checks::check_targets(targets)?;
        all.insert("sensing_streams", Array::number((3 * targets) as f64));
    }
    all.extend(set);
    Ok(all)
}

/// What is the same for every user of a base is the same for any number of users.
fn resized(all: &mut ArraySet, name: &str, users: Option<usize>) {
    let Some(Array { entries: Entries::Real(values), .. }) = all.get(name) else { return };
    if let (Some(users), Some(&first)) = (users, values.first())
        && values.iter().all(|value| value.to_bits() == first.to_bits())
    {
        all.insert(name, Array::list(vec![first; users]));
    }
}

/// The channels, antennas × users.
fn channels(taker: &mut Taker<'_>, elements: usize) -> Result<CMat, Error> {
    let entries = taker.complex("channels")?;
    let users = taker.length("user").unwrap_or(0);
    // Without users an array of channels may have lost its other length.
    let antennas = match users {
        0 => elements,
        _ => taker.length("antenna").unwrap_or(0),
    };
    Ok(CMat::from_columns(antennas, users, entries)?)
}

fn targets(taker: &mut Taker<'_>) -> Result<Vec<Target>, InputError> {
    let (azimuths, polars) = (taker.real("azimuth_rad")?, taker.real("polar_rad")?);
    let angles = azimuths.into_iter().zip(polars);
    let target =
        |((azimuth_rad, polar_rad), reflection)| Target { azimuth_rad, polar_rad, reflection };
    Ok(angles.zip(taker.complex("reflection")?).map(target).collect())
}

/// A flag that is down where it is not given.
fn flag(taker: &mut Taker<'_>, name: &str) -> Result<bool, InputError> {
    Ok(taker.has(name) && taker.flag(name)?)
}

fn shape(
    taker: &mut Taker<'_>,
    name: &str,
    normalisation: Normalisation,
) -> Result<PlanarArray, InputError> {
    let sides = taker.real(name)?;
    let whole = |value: f64| as_count(value).filter(|&n| (1..=4096).contains(&n));
    match sides.as_slice() {
        [h, v] => match (whole(*h), whole(*v)) {
            (Some(horizontal), Some(vertical)) => {
                Ok(PlanarArray { horizontal, vertical, normalisation })
            }
            _ => Err(InputError::new(
                "not the shape of an array",
                name,
                format!("{sides:?}"),
                "two whole numbers from 1 to 4096",
            )),
        },
        _ => Err(InputError::new(
            "not the shape of an array",
            name,
            format!("{} numbers", sides.len()),
            "[horizontal, vertical]",
        )),
    }
}
