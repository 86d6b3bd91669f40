//! Path loss, line of sight, users in a cell, noise and echo.

use noctule_phy::channels::cell::{Cell, User, UserNumbers};
use noctule_phy::channels::frame::Frame;
use noctule_phy::channels::large_scale::{
    Clutter, Link, Scenario, echo_amplitude, echo_array_gain, noise_w,
};
use noctule_phy::channels::ofdm::LIGHT_M_S;
use noctule_phy::units::dbm_from_w;

use crate::reference::Fields;
use crate::world::{close_number, close_reals};

fn near(what: &str, found: f64, expected: f64) {
    assert!((found - expected).abs() <= 1e-9, "{what}: {found} instead of {expected}");
}

fn optional(fields: &mut Fields, key: &str, other: f64) -> f64 {
    if fields.has(key) { fields.number(key) } else { other }
}

/// Heights and frequency that a query does not state enter nothing that it asks for.
fn link(query: &mut Fields) -> Link {
    Link {
        distance_2d_m: query.number("d2_m"),
        base_height_m: optional(query, "h_bs_m", 10.0),
        user_height_m: optional(query, "h_ut_m", 1.5),
        frequency_ghz: optional(query, "f_ghz", 28.0),
    }
}

pub(crate) fn path_loss(i: &mut Fields, e: &mut Fields) {
    let (losses, spreads) = (e.numbers("path_loss_db"), e.numbers("sigma_sf_db"));
    let queries = i.list("queries");
    assert_eq!([losses.len(), spreads.len()], [queries.len(); 2]);
    for (mut query, (loss, spread)) in queries.into_iter().zip(losses.into_iter().zip(spreads)) {
        let scenario: Scenario = query.text("scenario").parse().unwrap();
        let (sight, link) = (query.flag("los"), link(&mut query));
        near(&query.name, scenario.path_loss_db(&link, sight).unwrap(), loss);
        near(&query.name, scenario.shadowing_db(sight), spread);
        query.finish();
    }
    let (queries, wanted) = (i.list("los_queries"), e.numbers("los_probability"));
    assert_eq!(queries.len(), wanted.len());
    for (mut query, wanted) in queries.into_iter().zip(wanted) {
        let scenario: Scenario = query.text("scenario").parse().unwrap();
        let link = link(&mut query);
        let clutter = query.has("clutter").then(|| {
            let numbers = query.numbers("clutter");
            Clutter { density: numbers[0], size_m: numbers[1], height_m: numbers[2] }
        });
        near(&query.name, scenario.line_of_sight_probability(&link, clutter).unwrap(), wanted);
        query.finish();
    }
}

fn pair(fields: &mut Fields, key: &str) -> [f64; 2] {
    fields.numbers(key).try_into().expect("two numbers")
}

pub(crate) fn geometry(i: &mut Fields, e: &mut Fields) {
    let carrier_hz = i.number("carrier_hz");
    let cell = Cell {
        scenario: i.text("scenario").parse().unwrap(),
        frame: Frame {
            position_m: i.numbers("base_station_m").try_into().expect("three numbers"),
            bearing_rad: i.number("bearing_deg").to_radians(),
            downtilt_rad: i.number("downtilt_deg").to_radians(),
        },
        carrier_hz,
        user_height_m: i.number("user_height_m"),
        radius_m: pair(i, "radius_m"),
        sector_rad: pair(i, "sector_deg").map(f64::to_radians),
        clutter: i.has("clutter").then(|| {
            let numbers = i.numbers("clutter");
            Clutter { density: numbers[0], size_m: numbers[1], height_m: numbers[2] }
        }),
    };
    let (uniforms, normals) = (i.table("u_radius_azimuth_los"), i.numbers("z_shadowing"));
    let users = e.list("users");
    assert_eq!([uniforms.len(), normals.len()], [users.len(); 2]);
    for (mut wanted, (u, &shadowing)) in users.into_iter().zip(uniforms.iter().zip(&normals)) {
        let numbers = UserNumbers { radius: u[0], bearing: u[1], line_of_sight: u[2], shadowing };
        one_user(&cell.user(&numbers).unwrap(), &mut wanted);
        wanted.finish();
    }
    let bandwidth = i.number("bandwidth_hz");
    let noise = noise_w(bandwidth, i.number("noise_figure_db"), i.number("temperature_k"));
    close_number("noise", noise, e.number("noise_w"), 1e-9);
    close_number("noise", dbm_from_w(noise), e.number("noise_dbm"), 1e-9);
    let mut target = i.inside("target");
    let wavelength = LIGHT_M_S / carrier_hz;
    let echo = echo_amplitude(wavelength, target.number("rcs_m2"), target.number("range_m"));
    let gain = echo_array_gain(target.count("tx"), target.count("rx"));
    close_number("echo", echo * gain, e.number("echo_amplitude_unit_norm"), 1e-9);
    close_number("echo", echo, e.number("echo_amplitude_unit_modulus"), 1e-9);
    target.finish();
}

fn one_user(user: &User, wanted: &mut Fields) {
    close_reals("position", &user.position_m, &wanted.numbers("position_m"), 1e-9);
    assert_eq!(user.line_of_sight, wanted.flag("los"));
    for (key, found) in [
        ("distance_2d_m", user.distance_2d_m),
        ("distance_3d_m", user.distance_3d_m),
        ("azimuth_rad", user.place.azimuth_rad),
        ("polar_rad", user.place.polar_rad),
        ("los_probability", user.line_of_sight_probability),
        ("path_loss_db", user.path_loss_db),
        ("shadowing_db", user.shadowing_db),
        ("path_gain", user.path_gain),
    ] {
        close_number(key, found, wanted.number(key), 1e-9);
    }
}
