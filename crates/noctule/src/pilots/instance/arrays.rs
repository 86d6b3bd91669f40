//! How an instance travels: named arrays, or a table of path gains alone.

use noctule_num::{C64, CMat, InputError};
use noctule_phy::geometry::Point;
use noctule_phy::multistatic::{Information, Radar};

use super::{Instance, Parts, Sensing};
use crate::Error;
use crate::data::{Array, ArraySet, Entries, FieldInfo, Taker};

/// The arrays an instance travels as. Complex numbers in JSON are `[re, im]`.
pub const FIELDS: &[FieldInfo] = &[
    field("channel_gain", &["point", "user"], false, "path gains β, linear"),
    field("estimate_gain", &["point", "user"], false, "γ, where known (orthogonal uplink pilots)"),
    field("uplink_energy", &[], false, "energy of an uplink pilot over the noise density"),
    field("downlink_energy", &[], false, "energy of the downlink pilots over the noise density"),
    field("uplink_gram", &["user", "user"], true, "products φ_kᴴφ_j of the uplink pilots"),
    field("downlink_gram", &["user", "user"], true, "products ψ_kᴴψ_j of the downlink pilots"),
    field("point_m", &["point", "axis"], false, "positions of the access points in metres"),
    field("user_m", &["user", "axis"], false, "positions of the users in metres"),
    field("frequency_hz", &[], false, "carrier frequency in hertz"),
    field("effective_bandwidth_hz", &[], false, "root-mean-square bandwidth in hertz"),
    field("cross_section_m2", &[], false, "radar cross-section of a user in m²"),
    field(
        "information",
        &["point", "user", "term"],
        false,
        "[xx, yy, xy] in 1/m², for unit energy",
    ),
    field("crb_limit_m2", &[], false, "largest bound on a position in m²; absent for no limit"),
    field("bandwidth_hz", &[], false, "bandwidth in hertz, for rates"),
    field("array_gain", &[], false, "array gain κ of the rate"),
    field("data_power", &[], false, "power of the data over the noise, for rates"),
];

const fn field(
    name: &'static str,
    dimensions: &'static [&'static str],
    complex: bool,
    summary: &'static str,
) -> FieldInfo {
    FieldInfo { name, dimensions, complex, summary }
}

/// What a base gives to a set that fixes other numbers of users or access points.
fn adapted(base: &Instance, set: &ArraySet) -> ArraySet {
    let mut all = base.to_arrays();
    let shape = set.get("channel_gain").map(|array| array.shape.clone()).unwrap_or_default();
    let users = shape.get(1).copied().unwrap_or(base.users());
    if users != base.users() && users <= super::MOST_USERS {
        let identity = CMat::identity(users);
        for name in ["uplink_gram", "downlink_gram"] {
            all.insert(name, Array::complex(vec![users, users], identity.as_slice().to_vec()));
        }
    }
    let placed = set.get("point_m").is_some() || set.get("user_m").is_some();
    if set.get("channel_gain").is_some() {
        all.remove("estimate_gain");
    }
    if set.get("information").is_some() {
        all.remove("point_m");
        all.remove("user_m");
    } else if placed {
        all.remove("information");
    }
    all
}

/// Refuse gains of other users or access points than the base has places for: echoes would be those of nobody.
fn placed_as_many(base: &Instance, set: &ArraySet) -> Result<(), InputError> {
    let Some(gains) = set.get("channel_gain") else { return Ok(()) };
    let own = ["point_m", "user_m", "information"].iter().any(|name| set.get(name).is_some());
    let (points, users) = (base.points(), base.users());
    // What is no table is refused where it is read.
    let [rows, columns] = gains.shape[..] else { return Ok(()) };
    if base.parts().sensing.is_none() || own || [rows, columns] == [points, users] {
        return Ok(());
    }
    let what = "path gains of other access points or users than there are places for";
    let found = format!("{rows} access points × {columns} users");
    let allowed = format!("{points} × {users}, as the scenario has it");
    let advice = "give the scenario as many (`access_points = { fixed = [[x, y], …] }`, `users = { fixed = … }`), or \
                  beside the gains their places, `point_m` and `user_m`";
    Err(InputError::new(what, "channel_gain", found, allowed).hint(advice))
}

pub(super) fn parts(set: ArraySet, base: Option<&Instance>) -> Result<Parts, Error> {
    base.map_or(Ok(()), |base| placed_as_many(base, &set))?;
    for name in ["point_m", "user_m"] {
        if base.is_some() && set.get(name).is_some() && set.get("channel_gain").is_none() {
            let what = "positions without path gains";
            let error =
                InputError::new(what, name, "positions alone", "positions and channel_gain");
            let advice = "to have gains computed, put positions into the scenario: \
                          `access_points = { fixed = [[x, y], …] }`, `users = { fixed = … }`";
            return Err(error.hint(advice).into());
        }
    }
    let mut all = base.map(|base| adapted(base, &set)).unwrap_or_default();
    all.extend(set);
    let mut taker = Taker::new(&all, FIELDS);
    let channel_gain = taker.real("channel_gain")?;
    let users = taker.length("user").unwrap_or(0);
    let estimate_gain =
        taker.has("estimate_gain").then(|| taker.real("estimate_gain")).transpose()?;
    let mut gram = |name: &str| -> Result<CMat, Error> {
        // Files are row by row, the matrix type column by column.
        let entries: Vec<C64> = taker.complex(name)?;
        Ok(CMat::from_fn(users, users, |i, j| entries[i * users + j]))
    };
    let (uplink_gram, downlink_gram) = (gram("uplink_gram")?, gram("downlink_gram")?);
    let sensing = sensing(&mut taker)?;
    Ok(Parts {
        users,
        channel_gain,
        estimate_gain,
        uplink_energy: taker.number("uplink_energy")?,
        downlink_energy: taker.number("downlink_energy")?,
        uplink_gram,
        downlink_gram,
        sensing,
        crb_limit_m2: taker
            .has("crb_limit_m2")
            .then(|| taker.number("crb_limit_m2"))
            .transpose()?,
        bandwidth_hz: taker.number("bandwidth_hz")?,
        array_gain: taker.number("array_gain")?,
        data_power: taker.number("data_power")?,
    })
}

fn sensing(taker: &mut Taker<'_>) -> Result<Option<Sensing>, Error> {
    if taker.has("information") {
        if taker.has("point_m") || taker.has("user_m") {
            let what = "positions and information are both given";
            let error = InputError::new(what, "information", "both", "one of the two");
            return Err(error.into());
        }
        let entries = taker.real("information")?;
        if taker.length("term") != Some(3) {
            let what = "the array has the wrong shape";
            let error =
                InputError::new(what, "information", "another last length", "3: [xx, yy, xy]");
            return Err(error.into());
        }
        let terms = entries.chunks(3).map(|c| Information { xx: c[0], yy: c[1], xy: c[2] });
        return Ok(Some(Sensing::Known(terms.collect())));
    }
    if !taker.has("point_m") && !taker.has("user_m") {
        return Ok(None);
    }
    let points = positions(taker, "point_m")?;
    let users = positions(taker, "user_m")?;
    let radar = Radar {
        frequency_hz: taker.number("frequency_hz")?,
        effective_bandwidth_hz: taker.number("effective_bandwidth_hz")?,
        cross_section_m2: taker.number("cross_section_m2")?,
    };
    Ok(Some(Sensing::Placed { points, users, radar }))
}

fn positions(taker: &mut Taker<'_>, name: &str) -> Result<Vec<Point>, Error> {
    let entries = taker.real(name)?;
    if taker.length("axis") != Some(2) {
        let what = "the array has the wrong shape";
        return Err(InputError::new(what, name, "another last length", "2: [x, y]").into());
    }
    Ok(entries.chunks(2).map(|c| Point::new(c[0], c[1])).collect())
}

pub(super) fn write(instance: &Instance) -> ArraySet {
    let parts = instance.parts();
    let (m, k) = (instance.points(), instance.users());
    let mut set = ArraySet::new();
    let matrix =
        |values: &[f64]| Array { shape: vec![m, k], entries: Entries::Real(values.to_vec()) };
    set.insert("channel_gain", matrix(&parts.channel_gain));
    if let Some(gamma) = &parts.estimate_gain {
        set.insert("estimate_gain", matrix(gamma));
    }
    for (name, gram) in
        [("uplink_gram", &parts.uplink_gram), ("downlink_gram", &parts.downlink_gram)]
    {
        let rows = (0..k * k).map(|i| gram[(i / k, i % k)]).collect();
        set.insert(name, Array::complex(vec![k, k], rows));
    }
    match &parts.sensing {
        None => {}
        Some(Sensing::Known(information)) => {
            let entries = information.iter().flat_map(|r| [r.xx, r.yy, r.xy]).collect();
            set.insert(
                "information",
                Array { shape: vec![m, k, 3], entries: Entries::Real(entries) },
            );
        }
        Some(Sensing::Placed { points, users, radar }) => {
            for (name, list) in [("point_m", points), ("user_m", users)] {
                let entries = list.iter().flat_map(|p| [p.x_m, p.y_m]).collect();
                set.insert(
                    name,
                    Array { shape: vec![list.len(), 2], entries: Entries::Real(entries) },
                );
            }
            set.insert("frequency_hz", Array::number(radar.frequency_hz));
            set.insert("effective_bandwidth_hz", Array::number(radar.effective_bandwidth_hz));
            set.insert("cross_section_m2", Array::number(radar.cross_section_m2));
        }
    }
    if let Some(limit) = parts.crb_limit_m2 {
        set.insert("crb_limit_m2", Array::number(limit));
    }
    for (name, value) in [
        ("uplink_energy", parts.uplink_energy),
        ("downlink_energy", parts.downlink_energy),
        ("bandwidth_hz", parts.bandwidth_hz),
        ("array_gain", parts.array_gain),
        ("data_power", parts.data_power),
    ] {
        set.insert(name, Array::number(value));
    }
    set
}
