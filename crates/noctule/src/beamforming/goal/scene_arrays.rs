//! The scene beside users and targets as named arrays; they are there only where they say something.

use noctule_num::{C64, CMat, InputError};

use super::scene::Over;
use super::surroundings::{Node, Nodes, Surroundings, Towards, Wanted};
use crate::data::{Array, ArraySet, Entries, FieldInfo, Taker, as_count};

/// The arrays.
pub(in crate::beamforming) const FIELDS: [FieldInfo; 13] = [
    field("template", &["angle"], false, "beampattern that is wanted, up to a common factor"),
    field("template_azimuth_rad", &["angle"], false, "its azimuths in radians"),
    field("template_polar_rad", &["angle"], false, "its polar angles in radians"),
    field(
        "clutter_covariance",
        &["receive_element", "receive_element"],
        true,
        "covariance of the clutter at the receive array in watts, without noise",
    ),
    field("power_group", &["antenna"], false, "the group of every antenna, counted from zero"),
    field("group_power_w", &["group"], false, "what each group of antennas may send in watts"),
    field("station", &["antenna"], false, "the station of every antenna, counted from zero"),
    field(
        "towards_targets",
        &["target", "antenna"],
        true,
        "responses of the stations towards the targets, whose powers add up, in place of the array's",
    ),
    field(
        "angle_offsets_rad",
        &["offset", "kind"],
        false,
        "offsets [azimuth, polar angle] that the angles of all targets may have, in radians",
    ),
    field("angle_shares", &["offset"], false, "the share of each offset"),
    field(
        "angle_prior",
        &["kind"],
        false,
        "information about [azimuth, polar angle] that the law of offsets holds, per squared radian",
    ),
    field("angle_over", &[], false, "metrics over the offsets: 1 mean, 2 worst, 3 Bayesian bound"),
    field(
        "channel_error",
        &["user"],
        false,
        "variance of the error of each entry of a user's channel",
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

fn whole(list: &[usize]) -> Array {
    Array::list(list.iter().map(|n| *n as f64).collect())
}

/// Add what is around.
pub(super) fn write(around: &Surroundings, set: &mut ArraySet) {
    if let Some(Wanted { azimuth_rad, polar_rad, level }) = &around.template {
        set.insert("template", Array::list(level.clone()));
        set.insert("template_azimuth_rad", Array::list(azimuth_rad.clone()));
        set.insert("template_polar_rad", Array::list(polar_rad.clone()));
    }
    if let Some(clutter) = &around.clutter {
        let n = clutter.rows();
        let entries = (0..n * n).map(|i| clutter[(i / n, i % n)]).collect();
        set.insert("clutter_covariance", Array::complex(vec![n, n], entries));
    }
    if let Some((of, limits)) = &around.groups {
        set.insert("power_group", whole(of));
        set.insert("group_power_w", Array::list(limits.clone()));
    }
    if let Some(Towards { station, response }) = &around.towards {
        set.insert("station", whole(station));
        let shape = vec![response.cols(), response.rows()];
        set.insert("towards_targets", Array::complex(shape, response.as_slice().to_vec()));
    }
    if let Some(Nodes { over, nodes, prior }) = &around.angles {
        let offsets = nodes.iter().flat_map(|node| [node.azimuth_rad, node.polar_rad]).collect();
        let shape = vec![nodes.len(), 2];
        set.insert("angle_offsets_rad", Array { shape, entries: Entries::Real(offsets) });
        set.insert("angle_shares", Array::list(nodes.iter().map(|node| node.share).collect()));
        set.insert("angle_prior", Array::list(prior.to_vec()));
        let code = match over {
            Over::Expected => 1.0,
            Over::Worst => 2.0,
            Over::Bayesian => 3.0,
        };
        set.insert("angle_over", Array::number(code));
    }
    if !around.channel_error.is_empty() {
        set.insert("channel_error", Array::list(around.channel_error.clone()));
    }
}

fn counts(taker: &mut Taker<'_>, name: &str) -> Result<Vec<usize>, InputError> {
    let values = taker.real(name)?;
    let one = |(i, value): (usize, f64)| {
        as_count(value).ok_or_else(|| {
            let place = format!("{name}[{i}]");
            InputError::new("not a number to count with", place, value.to_string(), "0, 1, 2, …")
        })
    };
    values.into_iter().enumerate().map(one).collect()
}

fn real_or(taker: &mut Taker<'_>, name: &str, default: Vec<f64>) -> Result<Vec<f64>, InputError> {
    if taker.has(name) { taker.real(name) } else { Ok(default) }
}

/// What is around.
pub(super) fn read(taker: &mut Taker<'_>) -> Result<Surroundings, InputError> {
    let mut around = Surroundings::default();
    if taker.has("template") {
        let level = taker.real("template")?;
        let azimuth_rad = taker.real("template_azimuth_rad")?;
        let horizon = vec![std::f64::consts::FRAC_PI_2; level.len()];
        let polar_rad = real_or(taker, "template_polar_rad", horizon)?;
        around.template = Some(Wanted { azimuth_rad, polar_rad, level });
    }
    if taker.has("clutter_covariance") {
        let entries = taker.complex("clutter_covariance")?;
        let n = entries.len().isqrt();
        let entry = |r: usize, c: usize| entries.get(r * n + c).copied().unwrap_or(C64::ZERO);
        around.clutter = Some(CMat::from_fn(n, n, entry));
    }
    if taker.has("power_group") || taker.has("group_power_w") {
        let of = counts(taker, "power_group")?;
        around.groups = Some((of, taker.real("group_power_w")?));
    }
    if taker.has("towards_targets") {
        let entries = taker.complex("towards_targets")?;
        let targets = taker.length("target").unwrap_or(0);
        let antennas = entries.len().checked_div(targets).unwrap_or(0);
        let response = CMat::from_columns(antennas, targets, entries).map_err(|error| {
            let allowed = "one row a target";
            InputError::new("another shape", "towards_targets", error.to_string(), allowed)
        })?;
        let station =
            if taker.has("station") { counts(taker, "station")? } else { vec![0; antennas] };
        around.towards = Some(Towards { station, response });
    }
    if taker.has("angle_offsets_rad") {
        let offsets = taker.real("angle_offsets_rad")?;
        let (pairs, rest) = offsets.as_chunks::<2>();
        if !rest.is_empty() {
            let allowed = "[azimuth, polar angle] of every offset";
            let found = format!("{} numbers", offsets.len());
            return Err(InputError::new("not offsets", "angle_offsets_rad", found, allowed));
        }
        let even = vec![1.0 / pairs.len().max(1) as f64; pairs.len()];
        let shares = real_or(taker, "angle_shares", even)?;
        let node = |([azimuth_rad, polar_rad], share): (&[f64; 2], &f64)| Node {
            azimuth_rad: *azimuth_rad,
            polar_rad: *polar_rad,
            share: *share,
        };
        let prior = real_or(taker, "angle_prior", vec![0.0; 2])?;
        let over = if taker.has("angle_over") { taker.count("angle_over")? } else { 1 };
        let over = match over {
            1 => Over::Expected,
            2 => Over::Worst,
            3 => Over::Bayesian,
            other => {
                let (what, found) = ("no such way to judge", other.to_string());
                return Err(InputError::new(what, "angle_over", found, "1, 2 or 3"));
            }
        };
        around.angles = Some(Nodes {
            over,
            nodes: pairs.iter().zip(&shares).map(node).collect(),
            prior: [prior.first(), prior.get(1)].map(|x| x.copied().unwrap_or(0.0)),
        });
    }
    around.channel_error = real_or(taker, "channel_error", Vec::new())?;
    Ok(around)
}
