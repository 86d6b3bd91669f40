//! What an instance must satisfy.

use noctule_num::InputError;
use noctule_num::input::{in_count, in_range};
use noctule_phy::geometry::Point;

use super::parts::{Elements, Parts};

/// Candidate sites.
pub(in crate::surfaces) const MOST_SITES: usize = 64;
/// Elements of all surfaces together.
pub(in crate::surfaces) const MOST_ELEMENTS: usize = 10_000_000;
/// Antennas of one array.
pub(in crate::surfaces) const MOST_ANTENNAS: usize = 4096;
/// Coordinates at most, in metres: angles between places keep their digits.
const FARTHEST_M: f64 = 1e9;
/// Distance of a surface from anything else at least, in metres.
const NEAREST_M: f64 = 1e-3;
/// Powers and gains from the one to the other: their products stay within double precision.
const SMALLEST: f64 = 1e-60;
const LARGEST: f64 = 1e60;

/// Refuse counts and powers out of range, and places that coincide.
pub(super) fn check(parts: &Parts) -> Result<(), InputError> {
    in_count("transmit_antennas", parts.transmit_antennas, 1, MOST_ANTENNAS)?;
    in_count("user_antennas", parts.user_antennas, 1, MOST_ANTENNAS)?;
    in_count("site_m", parts.sites.len(), 1, MOST_SITES)?;
    in_count("snapshots", parts.snapshots, 1, u32::MAX)?;
    in_count("sensors", parts.sensors, 2, MOST_ANTENNAS)
        .map_err(|error| error.hint("a single sensor cannot tell directions"))?;
    check_elements(parts)?;
    for (place, value) in [
        ("power_w", parts.power_w),
        ("user_noise_w", parts.user_noise_w),
        ("sensing_noise_w", parts.sensing_noise_w),
        ("reference_gain", parts.loss.reference_gain),
        ("reflection_gain", parts.reflection_gain),
        ("crb_limit", parts.crb_limit.unwrap_or(1.0)),
    ] {
        if !(SMALLEST..=LARGEST).contains(&value) {
            let what = "the value is out of range";
            let allowed = "a positive number from 1e-60 to 1e60";
            return Err(InputError::new(what, place, value.to_string(), allowed));
        }
    }
    in_range("path_loss_exponent", parts.loss.exponent, 0.0, 20.0, "")?;
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
    let mut places = vec![
        ("base_m".to_owned(), parts.base.position),
        ("user_m".to_owned(), parts.user.position),
        ("target_m".to_owned(), parts.target),
    ];
    let sites = parts.sites.iter().enumerate();
    places.extend(sites.map(|(i, site)| (format!("site_m[{i}]"), site.position)));
    for (place, point) in &places {
        if !(point.x_m.abs() <= FARTHEST_M && point.y_m.abs() <= FARTHEST_M) {
            let found = format!("[{}, {}]", point.x_m, point.y_m);
            let allowed = "coordinates within ±10⁹ m";
            return Err(InputError::new("the place is out of range", place, found, allowed));
        }
    }
    check_axes(parts)?;
    check_distances(parts, &places)
}

fn check_axes(parts: &Parts) -> Result<(), InputError> {
    let mut axes =
        vec![("base_axis".to_owned(), parts.base.axis), ("user_axis".to_owned(), parts.user.axis)];
    axes.extend(parts.sites.iter().enumerate().map(|(i, s)| (format!("site_axis[{i}]"), s.axis)));
    for (place, axis) in axes {
        let unit = (axis[0].hypot(axis[1]) - 1.0).abs() <= 1e-9;
        if !unit {
            let found = format!("{axis:?}");
            return Err(InputError::new("not a direction", place, found, "a vector of length one"));
        }
    }
    Ok(())
}

fn check_distances(parts: &Parts, places: &[(String, Point)]) -> Result<(), InputError> {
    for (i, site) in parts.sites.iter().enumerate() {
        for (name, other) in places {
            if *name != format!("site_m[{i}]") && site.position.distance_m(*other) < NEAREST_M {
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
