//! A band as named arrays, beside those of the instance. They are there only where there is a band.

use noctule_num::{C64, CMat, InputError};
use noctule_phy::channels::objective::BoundWeights;
use noctule_phy::channels::ofdm::Grid;

use super::{Band, Estimates, Near};
use crate::Error;
use crate::beamforming::goal::{Problem, Unknown};
use crate::beamforming::{Instance, Parts, Shapes};
use crate::data::{Array, ArraySet, Entries, FieldInfo, Taker};

/// The arrays of a band.
pub(in crate::beamforming) const FIELDS: [FieldInfo; 14] = [
    field(
        "band_channels",
        &["subcarrier", "user", "antenna"],
        true,
        "channels on every subcarrier of a band; `channels` are then those of the middle one, and \
         noise powers are those of one subcarrier",
    ),
    field(
        "band_estimates",
        &["subcarrier", "user", "antenna"],
        true,
        "estimates of the channels on every subcarrier, which beams are designed for; absent: the channels",
    ),
    field(
        "error_covariances",
        &["user", "antenna", "antenna"],
        true,
        "covariances of the errors of the estimates, beside `band_estimates`",
    ),
    field("carrier_hz", &[], false, "carrier frequency; absent: one frequency, and no band"),
    field("spacing_hz", &[], false, "distance of neighbouring subcarriers in hertz"),
    field(
        "symbol_period_s",
        &[],
        false,
        "length of a symbol with its prefix; there are `snapshots`",
    ),
    field("squint", &[], false, "1 where responses turn with the frequency, else 0"),
    field("centred", &[], false, "1 where the arrays' phase reference is in their middle, else 0"),
    field(
        "near_field",
        &[],
        false,
        "exponent of amplitudes in spherical waves, 0 or 1; absent: plane",
    ),
    field(
        "range_linked",
        &[],
        false,
        "1 where one range sets curvature and delay, 0 where they are two unknowns; absent: 1",
    ),
    field("range_m", &["target"], false, "distances of the targets in metres; absent: 0"),
    field(
        "velocity_m_s",
        &["target"],
        false,
        "velocities of the targets towards the array in m/s; absent: 0",
    ),
    field(
        "band_unknown",
        &["target", "band_parameter"],
        false,
        "1 where azimuth, polar angle, range, velocity, reflection of a target are unknown, else 0; \
         absent: all",
    ),
    field(
        "bound_weights",
        &["kind"],
        false,
        "weights of the bounds of azimuths, polar angles (per rad²), ranges (per m²), velocities (per \
         m²/s²), reflections; absent: ones",
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

/// Add the arrays of an instance's band.
pub(in crate::beamforming) fn write(instance: &Instance, set: &mut ArraySet) {
    let Some(band) = instance.band() else { return };
    let (n, users, antennas) = (band.subcarriers(), instance.users(), instance.antennas());
    let channels = band.channels.iter().flat_map(|h| h.as_slice().iter().copied()).collect();
    set.insert("band_channels", Array::complex(vec![n, users, antennas], channels));
    let flag = |flag: bool| Array::number(f64::from(u8::from(flag)));
    if let Some(estimates) = &band.estimates {
        let channels = estimates.channels.iter().flat_map(|h| h.as_slice().iter().copied());
        let shape = vec![n, users, antennas];
        set.insert("band_estimates", Array::complex(shape, channels.collect()));
        // entries row by row
        let rows =
            |c: &CMat| c.clone().adjoint().as_slice().iter().map(C64::conj).collect::<Vec<_>>();
        let errors = estimates.errors.iter().flat_map(rows).collect();
        set.insert("error_covariances", Array::complex(vec![users, antennas, antennas], errors));
    }
    set.insert("carrier_hz", Array::number(band.grid.carrier_hz));
    set.insert("spacing_hz", Array::number(band.grid.spacing_hz));
    set.insert("symbol_period_s", Array::number(band.grid.symbol_period_s));
    set.insert("squint", flag(band.squint));
    set.insert("centred", flag(band.centred));
    if let Some(near) = band.near {
        set.insert("near_field", Array::number(near.amplitude_exponent));
        set.insert("range_linked", flag(near.linked));
    }
    set.insert("range_m", Array::list(band.range_m.clone()));
    set.insert("velocity_m_s", Array::list(band.velocity_m_s.clone()));
    let flags = |u: &Unknown| {
        [u.azimuth, u.polar, u.range, u.velocity, u.reflection].map(|f| f64::from(u8::from(f)))
    };
    let unknown: Vec<f64> = band.unknown.iter().flat_map(flags).collect();
    let shape = vec![band.unknown.len(), 5];
    set.insert("band_unknown", Array { shape, entries: Entries::Real(unknown) });
    let w = &band.weights;
    set.insert(
        "bound_weights",
        Array::list(vec![
            w.azimuth_per_rad2,
            w.polar_per_rad2,
            w.delay_range_per_m2,
            w.speed_per_m2_s2,
            w.reflection,
        ]),
    );
}

/// The band of a set of arrays, where it has one.
///
/// # Errors
/// Arrays that are missing, or do not fit.
pub(in crate::beamforming) fn read(
    taker: &mut Taker<'_>,
    channels: &CMat,
    targets: usize,
) -> Result<Option<Band>, Error> {
    if !taker.has("carrier_hz") {
        if taker.has("band_channels") {
            let what = "channels of a band, and no frame";
            let allowed = "`carrier_hz`, `spacing_hz` and `symbol_period_s` beside it";
            return Err(InputError::new(what, "band_channels", "no carrier_hz", allowed).into());
        }
        return Ok(None);
    }
    crate::beamforming::whole::bands()?;
    let flag = |taker: &mut Taker<'_>, name: &str| -> Result<bool, InputError> {
        Ok(taker.has(name) && taker.flag(name)?)
    };
    let entries = taker.complex("band_channels")?;
    let (antennas, users) = (channels.rows(), channels.cols());
    let each = antennas * users;
    let subcarriers = match taker.length("subcarrier") {
        Some(n) if n > 0 => n,
        _ => {
            let what = "there are no subcarriers";
            return Err(InputError::new(what, "band_channels", "0", "one or more").into());
        }
    };
    let part = |n: usize| entries.get(n * each..(n + 1) * each).unwrap_or(&[]).to_vec();
    let middle = channels;
    let channels = (0..subcarriers)
        .map(|n| CMat::from_columns(antennas, users, part(n)))
        .collect::<Result<Vec<_>, _>>()?;
    // Two arrays for one thing: neither is left unread.
    if channels[subcarriers / 2] != *middle {
        let what = "`channels` are not those of the middle subcarrier";
        let (found, n) = ("other numbers", subcarriers / 2);
        let allowed = format!("`channels` equal to band_channels[{n}]");
        return Err(InputError::new(what, "channels", found, allowed).into());
    }
    let grid = Grid {
        carrier_hz: taker.number("carrier_hz")?,
        subcarriers,
        spacing_hz: taker.number("spacing_hz")?,
        symbols: taker.count_u32("snapshots")? as usize,
        symbol_period_s: taker.number("symbol_period_s")?,
    };
    let or = |taker: &mut Taker<'_>, name: &str, usual: f64| -> Result<Vec<f64>, InputError> {
        if taker.has(name) { taker.real(name) } else { Ok(vec![usual; targets]) }
    };
    Ok(Some(Band {
        grid,
        squint: flag(taker, "squint")?,
        centred: flag(taker, "centred")?,
        near: near(taker)?,
        range_m: or(taker, "range_m", 0.0)?,
        velocity_m_s: or(taker, "velocity_m_s", 0.0)?,
        unknown: unknown(taker, targets)?,
        weights: weights(taker)?,
        channels,
        estimates: estimates(taker, (subcarriers, users, antennas))?,
    }))
}

fn estimates(
    taker: &mut Taker<'_>,
    (subcarriers, users, antennas): (usize, usize, usize),
) -> Result<Option<Estimates>, Error> {
    if !taker.has("band_estimates") && !taker.has("error_covariances") {
        return Ok(None);
    }
    let (entries, errors) = (taker.complex("band_estimates")?, taker.complex("error_covariances")?);
    let (each, square) = (users * antennas, antennas * antennas);
    let part = |n: usize| entries.get(n * each..(n + 1) * each).unwrap_or(&[]).to_vec();
    let channels = (0..subcarriers)
        .map(|n| CMat::from_columns(antennas, users, part(n)))
        .collect::<Result<Vec<_>, _>>()?;
    let error =
        |k: usize| CMat::from_fn(antennas, antennas, |i, j| errors[k * square + i * antennas + j]);
    Ok(Some(Estimates { channels, errors: (0..users).map(error).collect() }))
}

fn near(taker: &mut Taker<'_>) -> Result<Option<Near>, InputError> {
    if !taker.has("near_field") {
        return Ok(None);
    }
    let amplitude_exponent = taker.number("near_field")?;
    if ![0.0, 1.0].contains(&amplitude_exponent) {
        let what = "amplitudes fall with the distance or not at all";
        let found = amplitude_exponent.to_string();
        return Err(InputError::new(what, "near_field", found, "0 or 1"));
    }
    let linked = !taker.has("range_linked") || taker.flag("range_linked")?;
    Ok(Some(Near { amplitude_exponent, linked }))
}

fn unknown(taker: &mut Taker<'_>, targets: usize) -> Result<Vec<Unknown>, InputError> {
    if !taker.has("band_unknown") {
        return Ok(vec![Unknown::ALL; targets]);
    }
    let flags = taker.real("band_unknown")?;
    if flags.len() != 5 * targets || !flags.iter().all(|f| [0.0, 1.0].contains(f)) {
        let found = format!("{} numbers", flags.len());
        let allowed = format!("{targets} × 5 zeros and ones");
        return Err(InputError::new("not flags of parameters", "band_unknown", found, allowed));
    }
    let of = |f: &[f64]| Unknown {
        azimuth: f[0] > 0.5,
        polar: f[1] > 0.5,
        range: f[2] > 0.5,
        velocity: f[3] > 0.5,
        reflection: f[4] > 0.5,
    };
    Ok(flags.chunks(5).map(of).collect())
}

fn weights(taker: &mut Taker<'_>) -> Result<BoundWeights, InputError> {
    if !taker.has("bound_weights") {
        return Ok(BoundWeights::default());
    }
    let all = taker.real("bound_weights")?;
    let [azimuth, polar, range, speed, reflection] = all[..] else {
        let (found, what) = (format!("{} numbers", all.len()), "not the weights of bounds");
        return Err(InputError::new(what, "bound_weights", found, "five numbers"));
    };
    Ok(BoundWeights {
        azimuth_per_rad2: azimuth,
        polar_per_rad2: polar,
        range_per_m2: range,
        delay_range_per_m2: range,
        speed_per_m2_s2: speed,
        reflection,
    })
}

/// The instance of parts and a band.
///
/// # Errors
/// Arrays of another shape; as [`Instance::over_band`].
pub(in crate::beamforming) fn instance(
    parts: Parts,
    (shapes, problem): (Shapes, Option<Problem>),
    band: Band,
) -> Result<Instance, Error> {
    if shapes != Shapes::default() {
        let what = "a band is for planar arrays";
        let found = "positions of elements";
        return Err(InputError::new(what, "carrier_hz", found, "none beside it").into());
    }
    match problem {
        Some(problem) => Instance::asking_over_band(parts, band, problem),
        None => Instance::over_band(parts, band),
    }
}

/// Make a base follow a set: channels of one frequency are the same on every subcarrier, and those of a band
/// stand in its middle for all.
///
/// # Errors
/// Channels of another number of subcarriers without the noise of one of them.
pub(in crate::beamforming) fn complete(
    all: &mut ArraySet,
    set: &ArraySet,
) -> Result<(), InputError> {
    another_band(all, set)?;
    let middle = |array: &Array| -> Option<Array> {
        let [n, users, antennas] = array.shape[..] else { return None };
        let (each, at) = (users * antennas, n / 2);
        let shape = vec![users, antennas];
        let part = at * each..(at + 1) * each;
        let entries = match &array.entries {
            Entries::Real(values) => Entries::Real(values.get(part)?.to_vec()),
            Entries::Complex(values) => Entries::Complex(values.get(part)?.to_vec()),
        };
        Some(Array { shape, entries })
    };
    // Other channels have other estimates.
    let others = set.get("channels").is_some() || set.get("band_channels").is_some();
    if others && set.get("band_estimates").is_none() && all.get("band_estimates").is_some() {
        let what =
            "channels of your own come without estimates, and `knowledge` estimates drawn ones";
        let allowed = "`band_estimates` and `error_covariances` beside them, or no `knowledge`";
        return Err(InputError::new(what, "band_estimates", "nothing", allowed));
    }
    if let Some(channels) = set.get("band_channels") {
        if set.get("channels").is_none()
            && let Some(middle) = middle(channels)
        {
            all.insert("channels", middle);
        }
        return Ok(());
    }
    let Some(Array { shape, .. }) = all.get("band_channels") else { return Ok(()) };
    let n = shape.first().copied().unwrap_or(0);
    if let Some(Array { shape, entries }) = set.get("channels") {
        let values: Vec<C64> = match entries {
            Entries::Real(values) => values.iter().map(|x| C64::from(*x)).collect(),
            Entries::Complex(values) => values.clone(),
        };
        let shape = [&[n], shape.as_slice()].concat();
        all.insert("band_channels", Array::complex(shape, values.repeat(n)));
    }
    Ok(())
}

/// Noise powers of a base are those of one of its subcarriers: how they would be shared by another number of them
/// is not known.
fn another_band(all: &ArraySet, set: &ArraySet) -> Result<(), InputError> {
    let count = |set: &ArraySet| Some(*set.get("band_channels")?.shape.first()?);
    let noises = ["user_noise_w", "sensing_noise_w"];
    let (Some(own), Some(base)) = (count(set), count(all)) else { return Ok(()) };
    if own == base || noises.iter().all(|name| set.get(name).is_some()) {
        return Ok(());
    }
    let what = "the channels have another number of subcarriers than the band they are put into";
    let allowed =
        format!("{base}; or `user_noise_w` and `sensing_noise_w` of one subcarrier beside them");
    let error = InputError::new(what, "band_channels", format!("{own} subcarriers"), allowed);
    Err(error.hint(format!("in a scenario `ofdm.subcarriers = {own}`")))
}
