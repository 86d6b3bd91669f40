//! Instances as named arrays.

use noctule_num::{C64, CMat, InputError};
use noctule_phy::aggregated::{Covariance, Estimator, estimate};

use super::{Instance, Parts, Requirement, checks};
use crate::Error;
use crate::data::{Array, ArraySet, Entries, FieldInfo, Taker, as_count};

const fn field(
    name: &'static str,
    dimensions: &'static [&'static str],
    complex: bool,
    summary: &'static str,
) -> FieldInfo {
    FieldInfo { name, dimensions, complex, summary }
}

/// The arrays an instance travels as. Complex numbers in JSON are `[re, im]`.
///
/// The covariance of the estimation errors is given in one of three ways: as blocks and factors
/// (what noctule writes), as dense matrices `error_covariance`, or as the covariance of the
/// channels with the pilots they were estimated from.
pub const FIELDS: &[FieldInfo] = &[
    field(
        "channels",
        &["user", "ap", "antenna"],
        true,
        "estimates ĥ; a user receives √p conj(h)·x",
    ),
    field(
        "error_blocks",
        &["user", "ap", "antenna", "antenna"],
        true,
        "blocks of the error covariance on the diagonal",
    ),
    field(
        "error_factors",
        &["user", "factor", "ap", "antenna"],
        true,
        "vectors u with Θ = blocks + Σ weight · u uᴴ",
    ),
    field("error_weights", &["user", "factor"], false, "weights of the factors"),
    field(
        "error_covariance",
        &["user", "ap", "antenna", "ap", "antenna"],
        true,
        "error covariance Θ, instead of blocks and factors",
    ),
    field(
        "channel_covariance",
        &["user", "ap", "antenna", "ap", "antenna"],
        true,
        "channel covariance Φ; with `pilot_group` and `pilot_energy` instead of an error covariance",
    ),
    field("pilot_group", &["user"], false, "which users share a pilot: equal whole numbers"),
    field("pilot_energy", &[], false, "energy of a pilot over noise, p τ"),
    field("power_over_noise", &["ap"], false, "transmit power over noise power, linear"),
    field("sensing_ap", &["target"], false, "the access point that senses each target"),
    field("target_rad", &["target"], false, "directions of the targets from broadside, radians"),
    field("window_rad", &[], false, "full width of the ideal beam, radians"),
    field("grid_points", &[], false, "directions of the grid from −90° to 90°"),
    field("spacing", &[], false, "distance of neighbouring antennas in wavelengths"),
    field("max_error", &[], false, "largest mean beampattern error, at power one"),
    field("min_rate_bps_hz", &[], false, "smallest sum rate in bit/s/Hz"),
    field(
        "antennas",
        &[],
        false,
        "antennas of an access point, where there are no users whose channels say it",
    ),
    field("payload_symbols", &[], false, "symbols of a coherence interval that carry data"),
];

/// Which arrays say the same thing: a file that has one of them overrules the base's others.
const ALTERNATIVES: &[&[&str]] = &[
    &["error_blocks", "error_factors", "error_weights"],
    &["error_covariance"],
    &["channel_covariance", "pilot_group", "pilot_energy"],
];

impl Instance {
    /// An instance from named arrays ([`FIELDS`]); see [`Instance::read`] for `base`.
    ///
    /// # Errors
    /// As [`Instance::read`].
    pub fn from_arrays(set: ArraySet, base: Option<&Self>) -> Result<Self, Error> {
        let asked = requires(&set)?;
        let all = completed(set, base)?;
        let mut taker = Taker::new(&all, FIELDS);
        let entries = taker.complex("channels")?;
        let users = taker.length("user").unwrap_or(0);
        let powers = taker.real("power_over_noise")?;
        let aps = powers.len();
        let antennas = antennas(&mut taker, users)?;
        let channels = CMat::from_columns(aps * antennas, users, entries)?;
        let error = covariances(&mut taker, users, &powers, antennas)?;
        let targets_rad = targets(&mut taker, aps)?;
        let of_base = base.filter(|_| asked).map(Self::requirement);
        let requirement = requirement(&mut taker, of_base)?;
        Self::new(Parts {
            antennas,
            channels,
            error,
            power_over_noise: powers,
            targets_rad,
            window_rad: taker.number("window_rad")?,
            grid_points: taker.count("grid_points")?,
            spacing: taker.number("spacing")?,
            requirement,
            payload_symbols: optional(&mut taker, "payload_symbols")?.unwrap_or(1.0),
        })
    }

    /// The named arrays of this instance; [`Instance::from_arrays`] inverts it to the bit.
    pub fn to_arrays(&self) -> ArraySet {
        let parts = self.parts();
        let (aps, n, users) = (self.aps(), self.antennas(), self.users());
        let mut set = ArraySet::new();
        let complex = |shape: Vec<usize>, values: Vec<C64>| Array::complex(shape, values);
        set.insert("channels", complex(vec![users, aps, n], parts.channels.as_slice().to_vec()));
        insert_covariances(&mut set, parts, (users, aps, n));
        set.insert("power_over_noise", Array::list(parts.power_over_noise.clone()));
        insert_targets(&mut set, parts);
        set.insert("window_rad", Array::number(parts.window_rad));
        set.insert("grid_points", Array::number(parts.grid_points as f64));
        set.insert("spacing", Array::number(parts.spacing));
        set.insert("payload_symbols", Array::number(parts.payload_symbols));
        if users == 0 {
            // an empty list of channels has no lengths in JSON
            set.insert("antennas", Array::number(n as f64));
        }
        match parts.requirement {
            Requirement::None => {}
            Requirement::MaxError(limit) => set.insert("max_error", Array::number(limit)),
            Requirement::MinRate(rate) => set.insert("min_rate_bps_hz", Array::number(rate)),
        }
        set
    }
}

/// Antennas of an access point: those of the channels, or without users what is said.
fn antennas(taker: &mut Taker<'_>, users: usize) -> Result<usize, InputError> {
    let of_channels = taker.length("antenna").filter(|&antennas| antennas > 0);
    if !taker.has("antennas") {
        return Ok(of_channels.unwrap_or(1));
    }
    let said = taker.count("antennas")?;
    match of_channels {
        Some(antennas) if users > 0 && antennas != said => {
            let what = "the channels have another number of antennas";
            Err(InputError::new(what, "antennas", said.to_string(), antennas.to_string()))
        }
        _ => Ok(said),
    }
}

/// Blocks and factors; users with fewer factors have some of weight zero.
fn insert_covariances(set: &mut ArraySet, parts: &Parts, (users, aps, n): (usize, usize, usize)) {
    let mut blocks = Vec::with_capacity(users * aps * n * n);
    for covariance in &parts.error {
        for block in &covariance.blocks {
            blocks.extend((0..n * n).map(|at| block[(at / n, at % n)]));
        }
    }
    set.insert("error_blocks", Array::complex(vec![users, aps, n, n], blocks));
    let most = parts.error.iter().map(|c| c.weights.len()).max().unwrap_or(0);
    if most > 0 {
        let (mut factors, mut weights) = (Vec::new(), Vec::new());
        for covariance in &parts.error {
            factors.extend_from_slice(covariance.factors.as_slice());
            weights.extend_from_slice(&covariance.weights);
            let missing = most - covariance.weights.len();
            factors.extend(std::iter::repeat_n(C64::ZERO, missing * aps * n));
            weights.extend(std::iter::repeat_n(0.0, missing));
        }
        set.insert("error_factors", Array::complex(vec![users, most, aps, n], factors));
        let entries = Entries::Real(weights);
        set.insert("error_weights", Array { shape: vec![users, most], entries });
    }
}

/// Targets, in the order of the access points that sense them.
fn insert_targets(set: &mut ArraySet, parts: &Parts) {
    let (mut owners, mut angles) = (Vec::new(), Vec::new());
    for (ap, targets) in parts.targets_rad.iter().enumerate() {
        for &angle in targets {
            owners.push(ap as f64);
            angles.push(angle);
        }
    }
    if !owners.is_empty() {
        set.insert("sensing_ap", Array::list(owners));
        set.insert("target_rad", Array::list(angles));
    }
}

/// Whether a set names a requirement.
///
/// # Errors
/// When it names two.
fn requires(set: &ArraySet) -> Result<bool, InputError> {
    let asks = |name: &str| set.get(name).is_some();
    if asks("max_error") && asks("min_rate_bps_hz") {
        return Err(InputError::new(
            "there are two requirements",
            "min_rate_bps_hz",
            "`max_error` and `min_rate_bps_hz`",
            "one of them",
        ));
    }
    Ok(asks("max_error") || asks("min_rate_bps_hz"))
}

/// The arrays of a set with those of the base that it does not have.
///
/// # Errors
/// When the set gives the error covariance twice.
fn completed(set: ArraySet, base: Option<&Instance>) -> Result<ArraySet, InputError> {
    let gives = |names: &&[&str]| names.iter().any(|name| set.get(name).is_some());
    let given = ALTERNATIVES.iter().filter(|names| gives(names)).count();
    if given > 1 {
        return Err(InputError::new(
            "the error covariance is given twice",
            "error_covariance",
            "more than one of `error_blocks`, `error_covariance`, `channel_covariance`",
            "one of them",
        ));
    }
    let mut all = ArraySet::new();
    if let Some(base) = base {
        for (name, array) in base.to_arrays().iter() {
            let covariance = ALTERNATIVES.iter().any(|names| names.contains(&name));
            let counted = name == "antennas" && set.get("channels").is_some();
            if !(covariance && given > 0 || counted) {
                all.insert(name, array.clone());
            }
        }
    }
    all.extend(set);
    Ok(all)
}

/// The directions of the targets by the access point that senses them.
fn targets(taker: &mut Taker<'_>, aps: usize) -> Result<Vec<Vec<f64>>, InputError> {
    let mut targets_rad = vec![Vec::new(); aps];
    if !(taker.has("sensing_ap") || taker.has("target_rad")) {
        return Ok(targets_rad);
    }
    let owners = taker.real("sensing_ap")?;
    let angles = taker.real("target_rad")?;
    for (target, (owner, angle)) in owners.into_iter().zip(angles).enumerate() {
        let Some(ap) = as_count(owner).filter(|&ap| ap < aps) else {
            return Err(InputError::new(
                "there is no such access point",
                format!("sensing_ap[{target}]"),
                owner.to_string(),
                format!("a whole number from 0 to {}", aps.saturating_sub(1)),
            ));
        };
        targets_rad[ap].push(angle);
    }
    Ok(targets_rad)
}

/// What is required. Of two numbers one is the base's, `replaced` where the file names another.
fn requirement(
    taker: &mut Taker<'_>,
    replaced: Option<Requirement>,
) -> Result<Requirement, InputError> {
    let max_error = optional(taker, "max_error")?;
    let min_rate = optional(taker, "min_rate_bps_hz")?;
    Ok(match (max_error, min_rate) {
        (None, None) => Requirement::None,
        (Some(limit), None) => Requirement::MaxError(limit),
        (None, Some(rate)) => Requirement::MinRate(rate),
        (Some(limit), Some(rate)) => match replaced {
            Some(Requirement::MaxError(_)) => Requirement::MinRate(rate),
            _ => Requirement::MaxError(limit),
        },
    })
}

fn optional(taker: &mut Taker<'_>, name: &str) -> Result<Option<f64>, InputError> {
    if taker.has(name) { taker.number(name).map(Some) } else { Ok(None) }
}

/// Rows of `order` entries each as matrices.
fn matrices(entries: &[C64], order: usize) -> Vec<CMat> {
    entries
        .chunks_exact((order * order).max(1))
        .map(|rows| CMat::from_fn(order, order, |i, j| rows[i * order + j]))
        .collect()
}

/// The error covariances, from whichever arrays there are.
fn covariances(
    taker: &mut Taker<'_>,
    users: usize,
    powers: &[f64],
    n: usize,
) -> Result<Vec<Covariance>, Error> {
    let aps = powers.len();
    if taker.has("error_covariance") {
        let dense = matrices(&taker.complex("error_covariance")?, aps * n);
        return dense.iter().map(|d| Ok(Covariance::from_dense(d, n)?)).collect();
    }
    if taker.has("channel_covariance") {
        return estimated(taker, users, powers, n);
    }
    let blocks = matrices(&taker.complex("error_blocks")?, n);
    let mut out: Vec<Covariance> = (0..users)
        .map(|k| Covariance::block_diagonal(blocks[k * aps..(k + 1) * aps].to_vec()))
        .collect();
    if taker.has("error_factors") || taker.has("error_weights") {
        let factors = taker.complex("error_factors")?;
        let weights = taker.real("error_weights")?;
        let rank = taker.length("factor").unwrap_or(0);
        for (k, covariance) in out.iter_mut().enumerate() {
            let stride = rank * aps * n;
            let columns = factors[k * stride..(k + 1) * stride].to_vec();
            covariance.factors = CMat::from_columns(aps * n, rank, columns)?;
            covariance.weights = weights[k * rank..(k + 1) * rank].to_vec();
        }
    }
    Ok(out)
}

/// The error covariances of channels of known covariance, estimated with the pilots of a file.
fn estimated(
    taker: &mut Taker<'_>,
    users: usize,
    powers: &[f64],
    n: usize,
) -> Result<Vec<Covariance>, Error> {
    let dense = matrices(&taker.complex("channel_covariance")?, powers.len() * n);
    let labels = taker.real("pilot_group")?;
    let energy = taker.number("pilot_energy")?;
    if energy < 0.0 {
        let what = "the energy is negative";
        let found = energy.to_string();
        return Err(InputError::new(what, "pilot_energy", found, "zero or more").into());
    }
    let mut distinct: Vec<f64> = Vec::new();
    for &label in &labels {
        if !distinct.iter().any(|other| other.to_bits() == label.to_bits()) {
            distinct.push(label);
        }
    }
    let groups: Vec<Vec<usize>> = distinct
        .iter()
        .map(|d| (0..users).filter(|&k| labels[k].to_bits() == d.to_bits()).collect())
        .collect();
    let phi = dense
        .iter()
        .map(|d| Ok(Covariance::from_dense(d, n)?))
        .collect::<Result<Vec<_>, Error>>()?;
    for (user, covariance) in phi.iter().enumerate() {
        checks::semidefinite(&format!("channel_covariance[{user}]"), covariance, powers)?;
    }
    let estimates = estimate(&phi, &groups, energy, Estimator::PerAccessPoint)?;
    Ok(estimates.into_iter().map(|estimate| estimate.error).collect())
}
