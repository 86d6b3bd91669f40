//! One concrete problem: channels and targets as numbers, drawn or handed in.

use std::path::Path;

use noctule_num::linalg::{HermitianEigen, Op, product};
use noctule_num::{C64, CMat, InputError};
use noctule_phy::arrays::{Normalisation, PlanarArray, Steering, canonical_direction};
use noctule_phy::fisher::{MultiTargetFisher, pack_hermitian, parameters, target_space};

use super::{PowerConstraint, SYSTEM};
use crate::Error;
use crate::data::{Array, ArraySet, FieldInfo, Taker, as_count};

/// Smallest over largest eigenvalue of the Fisher matrix below which a scene is refused. The
/// singular scenes of the reference cases reach at most 5·10⁻³³, the valid ones at least 10⁻³.
const SINGULAR: f64 = 1e-12;
/// Below this a scene is accepted with a warning.
const NEARLY_SINGULAR: f64 = 1e-8;
/// Elements of one array.
pub(super) const MOST_ELEMENTS: usize = 16_384;
/// Users, and sensing streams.
pub(super) const MOST_STREAMS: usize = 4096;
/// Targets.
pub(super) const MOST_TARGETS: usize = 64;
/// Entries of one matrix: with 16 bytes each, a gigabyte.
const MOST_ENTRIES: usize = 1 << 26;
/// Ratios of signal to noise must lie in this range, so that no product of two overflows.
const RATIOS: std::ops::RangeInclusive<f64> = 1e-100..=1e100;

/// A point target in SI units.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Target {
    /// Azimuth θ in radians.
    pub azimuth_rad: f64,
    /// Polar angle φ in radians.
    pub polar_rad: f64,
    /// Complex reflection coefficient α.
    pub reflection: C64,
}

/// What an instance is made of; see [`Instance::new`].
#[derive(Clone, Debug, PartialEq)]
pub struct Parts {
    /// Transmit array.
    pub transmit_array: PlanarArray,
    /// Receive array.
    pub receive_array: PlanarArray,
    /// Channels h_k in columns, transmit antennas × users; the users receive `h_kᴴ x`.
    pub channels: CMat,
    /// Targets.
    pub targets: Vec<Target>,
    /// Total transmit power in watts.
    pub power_w: f64,
    /// Noise power of each user in watts.
    pub user_noise_w: Vec<f64>,
    /// Noise power of each receive antenna in watts.
    pub sensing_noise_w: f64,
    /// Snapshots L.
    pub snapshots: u32,
    /// Beams that carry no data.
    pub sensing_streams: usize,
    /// Weight δ_c of the sum rate, per nat/s/Hz.
    pub rate_weight_per_nat: f64,
    /// Weight δ_s of the trace of the Cramér–Rao bound.
    pub crb_weight: f64,
    /// What limits the transmit power.
    pub power_constraint: PowerConstraint,
}

/// A problem whose data have passed every check.
#[derive(Clone, Debug, PartialEq)]
pub struct Instance {
    parts: Parts,
    transmit: Steering,
    receive: Steering,
    warnings: Vec<String>,
    draw: Option<(u64, u64)>,
}

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
    /// Check the parts and make an instance of them.
    ///
    /// # Errors
    /// [`Error::Input`] for shapes that do not fit, entries that are not finite, powers that are
    /// not positive; [`Error::Unobservable`] when the bound has a weight and the targets cannot
    /// be sensed.
    pub fn new(parts: Parts) -> Result<Self, Error> {
        check(&parts)?;
        let directions = || parts.targets.iter().map(|t| (t.azimuth_rad, t.polar_rad));
        let transmit = parts.transmit_array.steering(directions());
        let receive = parts.receive_array.steering(directions());
        let mut instance = Self { parts, transmit, receive, warnings: Vec::new(), draw: None };
        if instance.parts.crb_weight > 0.0 {
            instance.check_scene()?;
        }
        Ok(instance)
    }

    /// Read an instance from `.json` or `.npz`. Arrays the file does not have are taken from
    /// `base`, so that a channel matrix alone is enough where a scenario gives the rest; without
    /// a base they must all be there.
    ///
    /// # Errors
    /// [`Error::Input`] naming the file and the array; errors of [`Instance::new`].
    pub fn read(path: &Path, base: Option<&Self>) -> Result<Self, Error> {
        let set = ArraySet::read(path, "instance", FIELDS)?;
        Self::from_arrays(set, base).map_err(|error| match error {
            Error::Input(error) => Error::Input(error.in_file(&path.display().to_string())),
            other => other,
        })
    }

    /// An instance from named arrays ([`FIELDS`]); see [`Instance::read`] for `base`.
    ///
    /// # Errors
    /// As [`Instance::read`].
    pub fn from_arrays(set: ArraySet, base: Option<&Self>) -> Result<Self, Error> {
        let mut all = base.map(Self::to_arrays).unwrap_or_default();
        // A base that gives every user the same noise gives it to any number of users.
        if let (Some(base), Some(channels)) = (base, set.get("channels")) {
            let noise = &base.parts.user_noise_w;
            if let (Some(&users), Some(&first)) = (channels.shape.first(), noise.first())
                && noise.iter().all(|n| n.to_bits() == first.to_bits())
            {
                all.insert("user_noise_w", Array::list(vec![first; users.min(MOST_STREAMS)]));
            }
        }
        // A base with three streams for each target has them for each target of the file too.
        if let (Some(base), Some(azimuths)) = (base, set.get("azimuth_rad"))
            && base.parts.sensing_streams == 3 * base.parts.targets.len()
            && let Some(&targets) = azimuths.shape.first()
        {
            let streams = 3 * targets.min(MOST_TARGETS);
            all.insert("sensing_streams", Array::number(streams as f64));
        }
        all.extend(set);
        let mut taker = Taker::new(&all, FIELDS);
        let normalisation = match flag(&mut taker, "unit_modulus_steering")? {
            true => Normalisation::UnitModulus,
            false => Normalisation::UnitNorm,
        };
        let transmit_array = shape(&mut taker, "transmit_shape", normalisation)?;
        let receive_array = shape(&mut taker, "receive_shape", normalisation)?;
        let entries = taker.complex("channels")?;
        let users = taker.length("user").unwrap_or(0);
        // Without users an array of channels may have lost its other length.
        let antennas = match users {
            0 => transmit_array.elements(),
            _ => taker.length("antenna").unwrap_or(0),
        };
        let channels = CMat::from_columns(antennas, users, entries)?;
        let azimuths = taker.real("azimuth_rad")?;
        let polars = taker.real("polar_rad")?;
        let reflections = taker.complex("reflection")?;
        let targets: Vec<Target> = azimuths
            .into_iter()
            .zip(polars)
            .zip(reflections)
            .map(|((azimuth_rad, polar_rad), reflection)| Target {
                azimuth_rad,
                polar_rad,
                reflection,
            })
            .collect();
        let snapshots = taker.count("snapshots")?;
        Self::new(Parts {
            transmit_array,
            receive_array,
            channels,
            power_w: taker.number("power_w")?,
            user_noise_w: taker.real("user_noise_w")?,
            sensing_noise_w: taker.number("sensing_noise_w")?,
            snapshots: u32::try_from(snapshots).map_err(|_| {
                InputError::new("too many", "snapshots", snapshots.to_string(), "below 2³²")
            })?,
            sensing_streams: taker.count("sensing_streams")?,
            rate_weight_per_nat: taker.number("rate_weight_per_nat")?,
            crb_weight: taker.number("crb_weight")?,
            power_constraint: match flag(&mut taker, "per_antenna_power")? {
                true => PowerConstraint::PerAntenna,
                false => PowerConstraint::Total,
            },
            targets,
        })
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
        set
    }

    /// The instance as a JSON document, `noctule-instance/1`.
    pub fn to_json(&self) -> serde_json::Value {
        self.to_arrays().to_json("instance", SYSTEM)
    }

    /// The same problem with other weights on rate and bound.
    ///
    /// # Errors
    /// As [`Instance::new`].
    pub fn with_weights(&self, rate_weight_per_nat: f64, crb_weight: f64) -> Result<Self, Error> {
        let parts = Parts { rate_weight_per_nat, crb_weight, ..self.parts.clone() };
        Self::new(parts).map(|instance| Self { draw: self.draw, ..instance })
    }

    /// The same problem under another power constraint.
    ///
    /// # Errors
    /// As [`Instance::new`].
    pub fn with_power_constraint(&self, constraint: PowerConstraint) -> Result<Self, Error> {
        let parts = Parts { power_constraint: constraint, ..self.parts.clone() };
        Self::new(parts).map(|instance| Self { draw: self.draw, ..instance })
    }

    pub(super) fn drawn_as(mut self, seed: u64, trial: u64) -> Self {
        self.draw = Some((seed, trial));
        self
    }

    /// The seed and trial this instance was drawn with, where it was drawn.
    pub const fn draw(&self) -> Option<(u64, u64)> {
        self.draw
    }

    /// Everything the instance is made of.
    pub const fn parts(&self) -> &Parts {
        &self.parts
    }

    /// Channels, transmit antennas × users.
    pub const fn channels(&self) -> &CMat {
        &self.parts.channels
    }

    /// Targets.
    pub fn targets(&self) -> &[Target] {
        &self.parts.targets
    }

    /// Number of users K.
    pub const fn users(&self) -> usize {
        self.parts.channels.cols()
    }

    /// Number of transmit antennas Nt.
    pub const fn antennas(&self) -> usize {
        self.parts.channels.rows()
    }

    /// Number of beams, K plus the sensing streams.
    pub const fn streams(&self) -> usize {
        self.users() + self.parts.sensing_streams
    }

    /// Steering vectors of the transmit array towards the targets.
    pub const fn transmit_steering(&self) -> &Steering {
        &self.transmit
    }

    /// Steering vectors of the receive array towards the targets.
    pub const fn receive_steering(&self) -> &Steering {
        &self.receive
    }

    /// Whether steering entries have magnitude one instead of the vectors norm one.
    pub fn unit_modulus_steering(&self) -> bool {
        self.parts.transmit_array.normalisation == Normalisation::UnitModulus
    }

    /// κ = 2L/σ_s², the factor from energy to information.
    pub fn information(&self) -> f64 {
        2.0 * f64::from(self.parts.snapshots) / self.parts.sensing_noise_w
    }

    /// Sentences about the data that a careful colleague would add.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Refuse targets that no transmission can tell apart, and say why.
    fn check_scene(&mut self) -> Result<(), Error> {
        let (conditioning, weakest) = self.conditioning()?;
        if conditioning < SINGULAR {
            let (targets, cause) = self.blame(&weakest);
            return Err(Error::Unobservable { targets, cause, conditioning });
        }
        if conditioning < NEARLY_SINGULAR {
            let (targets, cause) = self.blame(&weakest);
            self.warnings.push(format!(
                "targets {targets:?} can hardly be sensed: {cause} (smallest over largest \
                 eigenvalue of the Fisher matrix under isotropic transmission {conditioning:.1e})"
            ));
        }
        Ok(())
    }

    /// Smallest over largest eigenvalue of the Fisher matrix at R = I/Nt with every reflection
    /// scaled to magnitude one, a property of the geometry alone; and for each target its share
    /// in the parameters that are hardest to estimate.
    fn conditioning(&self) -> Result<(f64, Vec<f64>), Error> {
        let m = self.parts.targets.len();
        if m == 0 {
            return Ok((0.0, Vec::new()));
        }
        let unit: Vec<C64> =
            self.parts.targets.iter().map(|t| t.reflection / t.reflection.norm()).collect();
        let space = target_space(&self.transmit);
        let z = product(&space, Op::Adjoint, &space, Op::Plain);
        let mut packed = vec![0.0; 9 * m * m];
        pack_hermitian(&z, &mut packed);
        let n = parameters(m);
        let mut fisher = vec![0.0; n * n];
        let per_antenna = 1.0 / self.antennas() as f64;
        MultiTargetFisher::new(&self.receive, &unit, per_antenna).fisher(&packed, &mut fisher);
        let matrix = CMat::from_fn(n, n, |i, j| C64::from(fisher[i * n + j]));
        let mut eigen = HermitianEigen::new(n);
        eigen.compute(&matrix)?;
        let weakest = eigen.vectors().col(0);
        let shares = (0..m)
            .map(|target| (0..4).map(|kind| weakest[kind * m + target].norm_sqr()).sum())
            .collect();
        let ratio = if eigen.max() > 0.0 { eigen.min().max(0.0) / eigen.max() } else { 0.0 };
        Ok((ratio, shares))
    }

    /// The targets to blame for a singular Fisher matrix, and the cause, from the share of each
    /// target in its weakest direction.
    fn blame(&self, shares: &[f64]) -> (Vec<usize>, String) {
        let targets = &self.parts.targets;
        if targets.is_empty() {
            return (Vec::new(), "there are none, but the bound has a weight".to_owned());
        }
        let linear = |array: PlanarArray| array.horizontal == 1 || array.vertical == 1;
        if linear(self.parts.transmit_array) && linear(self.parts.receive_array) {
            let cause = "both arrays are linear, and a linear array cannot see two angles";
            return ((0..targets.len()).collect(), cause.to_owned());
        }
        let blamed: Vec<usize> = (0..targets.len()).filter(|&m| shares[m] > 0.05).collect();
        // An eigenvalue falls with the fourth power of these, so they need not be tiny.
        const NEAR: f64 = 0.05;
        if let [alone] = blamed[..] {
            let target = &targets[alone];
            let (axis, plane) = (target.polar_rad.sin().abs(), target.azimuth_rad.cos().abs());
            if axis < NEAR && axis <= plane {
                let cause = "it lies on the array's vertical axis (sin φ ≈ 0), where the azimuth \
                             has no meaning";
                return (blamed, cause.to_owned());
            }
            if plane < NEAR {
                let cause = "it lies in the plane of the array (cos θ ≈ 0), where the response \
                             does not change with the azimuth";
                return (blamed, cause.to_owned());
            }
        }
        // The response depends on these two numbers alone.
        let seen_at = |t: &Target| (t.azimuth_rad.sin() * t.polar_rad.sin(), t.polar_rad.cos());
        for (position, &i) in blamed.iter().enumerate() {
            for &j in &blamed[position + 1..] {
                let ((a, b), (c, d)) = (seen_at(&targets[i]), seen_at(&targets[j]));
                if (a - c).abs() > NEAR || (b - d).abs() > NEAR {
                    continue;
                }
                let canonical = |t: &Target| canonical_direction(t.azimuth_rad, t.polar_rad);
                let ((e, f), (g, h)) = (canonical(&targets[i]), canonical(&targets[j]));
                let cause = if (e - g).abs() < 2.0 * NEAR && (f - h).abs() < 2.0 * NEAR {
                    "they are at the same place, or too close for these arrays"
                } else {
                    "they are mirror images (equal sin θ sin φ and cos φ): an array in a plane \
                     cannot tell its front from its back"
                };
                return (vec![i, j], cause.to_owned());
            }
        }
        (
            blamed,
            format!(
                "{} parameters are too many, or the targets too close, for arrays of {} and {} \
                 elements",
                parameters(targets.len()),
                self.parts.transmit_array.elements(),
                self.parts.receive_array.elements()
            ),
        )
    }
}

fn flag(taker: &mut Taker<'_>, name: &str) -> Result<bool, InputError> {
    if !taker.has(name) {
        return Ok(false);
    }
    match taker.count(name)? {
        0 => Ok(false),
        1 => Ok(true),
        other => Err(InputError::new("not a flag", name, other.to_string(), "0 or 1")),
    }
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

/// Everything about the parts that can be wrong without looking at the scene.
fn check(parts: &Parts) -> Result<(), Error> {
    let refuse = |what: &str, place: &str, found: String, allowed: String| {
        Err(Error::Input(InputError::new(what, place, found, allowed)))
    };
    check_sizes(parts)?;
    let elements = parts.transmit_array.elements();
    if parts.channels.rows() != elements {
        let [h, v] = [parts.transmit_array.horizontal, parts.transmit_array.vertical];
        return refuse(
            "the channels do not fit the transmit array",
            "channels",
            format!("{} antennas", parts.channels.rows()),
            format!("{elements} antennas, as the array has {h} × {v} elements"),
        );
    }
    if let Some(index) = parts.channels.as_slice().iter().position(|z| !z.is_finite()) {
        return refuse(
            "an entry is not a finite number",
            &format!("channels[{}][{}]", index / elements, index % elements),
            parts.channels.as_slice()[index].to_string(),
            "finite numbers".into(),
        );
    }
    if parts.user_noise_w.len() != parts.channels.cols() {
        return refuse(
            "the shapes do not fit together",
            "user_noise_w",
            format!("{} entries", parts.user_noise_w.len()),
            format!("{} entries, one for each user in `channels`", parts.channels.cols()),
        );
    }
    let mut powers = vec![
        ("power_w".to_owned(), parts.power_w),
        ("sensing_noise_w".to_owned(), parts.sensing_noise_w),
    ];
    powers.extend(
        parts.user_noise_w.iter().enumerate().map(|(k, &w)| (format!("user_noise_w[{k}]"), w)),
    );
    for (place, value) in powers {
        if !(value.is_finite() && value > 0.0) {
            return refuse(
                "a power is not positive",
                &place,
                format!("{value} W"),
                "a positive, finite number of watts".into(),
            );
        }
    }
    for (place, weight) in
        [("rate_weight_per_nat", parts.rate_weight_per_nat), ("crb_weight", parts.crb_weight)]
    {
        if !(weight.is_finite() && weight >= 0.0) {
            return refuse("not a weight", place, weight.to_string(), "zero or positive".into());
        }
    }
    let rate_counts = parts.rate_weight_per_nat > 0.0 && parts.channels.cols() > 0;
    if !rate_counts && parts.crb_weight <= 0.0 {
        return refuse(
            "there is nothing to design for",
            "rate_weight_per_nat, crb_weight",
            "no weight on anything".into(),
            "users and a positive rate weight, or a positive bound weight".into(),
        );
    }
    if parts.crb_weight <= 0.0 && parts.channels.norm_sqr() <= 0.0 {
        return refuse(
            "there is nothing to design for",
            "channels",
            "zeros, and no weight on the bound".into(),
            "a channel that is not zero".into(),
        );
    }
    check_ratios(parts)?;
    if parts.channels.cols() + parts.sensing_streams == 0 {
        return refuse(
            "there are no beams",
            "sensing_streams",
            "0, and no users".into(),
            "at least one user or one sensing stream".into(),
        );
    }
    if parts.snapshots == 0 {
        return refuse("there are no snapshots", "snapshots", "0".into(), "at least 1".into());
    }
    for (index, target) in parts.targets.iter().enumerate() {
        let finite = target.azimuth_rad.is_finite()
            && target.polar_rad.is_finite()
            && target.reflection.is_finite();
        if !finite {
            return refuse(
                "a target is not finite",
                &format!("targets[{index}]"),
                format!("{target:?}"),
                "finite angles and reflection".into(),
            );
        }
        if parts.crb_weight > 0.0 && target.reflection.norm_sqr() <= 0.0 {
            return refuse(
                "a target reflects nothing",
                &format!("reflection[{index}]"),
                target.reflection.to_string(),
                "a reflection coefficient that is not zero".into(),
            );
        }
    }
    Ok(())
}

/// Refuse sizes that no machine holds, before anything of that size is made.
fn check_sizes(parts: &Parts) -> Result<(), Error> {
    let refuse = |place: &str, found: usize, most: usize| {
        let allowed = format!("1 to {most}");
        let what = "the size is out of range";
        Err(Error::Input(InputError::new(what, place, found.to_string(), allowed)))
    };
    for (place, array) in
        [("transmit_shape", parts.transmit_array), ("receive_shape", parts.receive_array)]
    {
        let elements = array.horizontal.saturating_mul(array.vertical);
        if !(1..=MOST_ELEMENTS).contains(&elements) {
            return refuse(place, elements, MOST_ELEMENTS);
        }
    }
    if parts.channels.cols() > MOST_STREAMS {
        return refuse("channels", parts.channels.cols(), MOST_STREAMS);
    }
    if parts.sensing_streams > MOST_STREAMS {
        return refuse("sensing_streams", parts.sensing_streams, MOST_STREAMS);
    }
    if parts.targets.len() > MOST_TARGETS {
        return refuse("azimuth_rad", parts.targets.len(), MOST_TARGETS);
    }
    let columns = parts.channels.cols() + parts.sensing_streams + 3 * parts.targets.len();
    let rows = parts.transmit_array.elements().max(parts.receive_array.elements());
    if rows * columns > MOST_ENTRIES {
        return refuse("channels", rows * columns, MOST_ENTRIES);
    }
    if parts.transmit_array.normalisation != parts.receive_array.normalisation {
        let error = InputError::new(
            "transmit and receive array are normalised differently",
            "unit_modulus_steering",
            format!("{:?} and {:?}", parts.transmit_array, parts.receive_array),
            "one normalisation for both",
        );
        return Err(error.into());
    }
    Ok(())
}

/// Refuse ratios of signal to noise whose products leave double precision.
fn check_ratios(parts: &Parts) -> Result<(), Error> {
    let refuse = |place: String, what: &str, ratio: f64| {
        let allowed = format!("{:e} to {:e}", RATIOS.start(), RATIOS.end());
        Err(Error::Input(InputError::new(what, place, ratio.to_string(), allowed)))
    };
    for (user, noise) in parts.user_noise_w.iter().enumerate() {
        let gain: f64 = parts.channels.col(user).iter().map(C64::norm_sqr).sum();
        let ratio = gain * (parts.power_w / noise);
        // A user without a channel is legal: it gets nothing.
        if ratio.is_nan() || ratio > *RATIOS.end() {
            return refuse(
                format!("channels[{user}]"),
                "the signal-to-noise ratio is beyond double precision",
                ratio,
            );
        }
    }
    if parts.crb_weight > 0.0 {
        let information = parts.power_w / parts.sensing_noise_w;
        if !RATIOS.contains(&information) {
            let what = "power over noise of the radar is beyond double precision";
            return refuse("power_w, sensing_noise_w".to_owned(), what, information);
        }
        for (index, target) in parts.targets.iter().enumerate() {
            let gain = target.reflection.norm_sqr();
            if !RATIOS.contains(&gain) || !RATIOS.contains(&(gain * information)) {
                let what = "the reflected power is beyond double precision";
                return refuse(format!("reflection[{index}]"), what, gain);
            }
        }
    }
    Ok(())
}
