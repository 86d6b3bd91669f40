//! Clustered delay lines: tables, their moments, channels.

use noctule_phy::channels::cdl::{
    AngleTarget, DelayLine, Moments, Profile, RAYS, Randomness, ray_offset,
};
use noctule_phy::channels::clustered::Band;
use serde_json::Value;

use crate::reference::{Fields, numbers};
use crate::world::{close, close_number, close_reals, flat, offsets, shape};

fn profile(name: &str) -> Profile {
    let found = Profile::ALL.into_iter().find(|profile| profile.name() == name);
    found.unwrap_or_else(|| panic!("unknown profile `{name}`"))
}

/// Every number of the tables.
pub(crate) fn tables(fields: &mut Fields) {
    fields.remark("title");
    fields.remark("source");
    let found: Vec<f64> = (0..RAYS).step_by(2).map(ray_offset).collect();
    assert_eq!(found, fields.numbers("offsets_table_7_5_3"));
    let mut tables = fields.inside("tables");
    let names: Vec<String> = tables.left.keys().cloned().collect();
    for name in names {
        let (mut wanted, table) = (tables.inside(&name), profile(&name).table());
        assert_eq!(
            f64::from(u8::from(table.line_of_sight)).to_bits(),
            wanted.number("los").to_bits()
        );
        let spreads = ["cASD", "cASA", "cZSD", "cZSA"].map(|key| wanted.number(key));
        let ours = [
            table.azimuth_departure_deg,
            table.azimuth_arrival_deg,
            table.polar_departure_deg,
            table.polar_arrival_deg,
        ];
        assert_eq!(ours.to_vec(), spreads.to_vec(), "{name}");
        for (k, key) in ["delays", "powers", "aod", "aoa", "zod", "zoa"].iter().enumerate() {
            let column: Vec<f64> = table.clusters.iter().map(|row| row[k]).collect();
            assert_eq!(column, wanted.numbers(key), "{name}: {key}");
        }
        wanted.finish();
    }
    tables.finish();
}

fn number_or_none(value: &Value) -> Option<f64> {
    value.as_f64()
}

fn same_number(what: &str, found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-9, "{what}: {found} instead of {expected}");
}

pub(crate) fn statistics(i: &mut Fields, e: &mut Fields) {
    assert_eq!(i.text("data"), "cdl_tables.json");
    let names: Vec<String> = e.left.keys().cloned().collect();
    for name in names {
        let mut wanted = e.inside(&name);
        let rays = DelayLine::new(profile(&name), 1.0).rays().unwrap();
        assert_eq!(rays.powers.len(), wanted.count("clusters"));
        let taps = rays.taps();
        same_number("mean delay", taps.mean_delay_s(), wanted.number("mean_delay"));
        same_number("rms delay", taps.rms_delay_s(), wanted.number("rms_delay"));
        let (azimuth, polar) = (rays.azimuth_moments(), rays.polar_moments());
        for (moments, mean, spread) in
            [(azimuth, "mean_azimuth_deg", "asd_deg"), (polar, "mean_polar_deg", "zsd_deg")]
        {
            same_number(mean, moments.mean_rad.to_degrees(), wanted.number(mean));
            same_number(spread, moments.spread_rad.to_degrees(), wanted.number(spread));
        }
        match number_or_none(&wanted.take("k_db_total")) {
            Some(k_db) => same_number("K", 10.0 * rays.k_factor().log10(), k_db),
            None => assert!(rays.k_factor() <= 0.0),
        }
        let mut correlation = wanted.inside("frequency_correlation");
        let offsets: Vec<String> = correlation.left.keys().cloned().collect();
        for offset in offsets {
            let found = taps.correlation(offset.parse().unwrap()).norm();
            same_number("correlation", found, correlation.number(&offset));
        }
        correlation.finish();
        wanted.finish();
    }
}

fn target(value: &Value) -> Option<AngleTarget> {
    if value.is_null() {
        return None;
    }
    let pair = numbers(value);
    Some(AngleTarget { mean_rad: pair[0].to_radians(), spread_rad: Some(pair[1].to_radians()) })
}

fn twenty<T: Copy>(row: &[T]) -> [T; RAYS] {
    row.try_into().expect("twenty rays")
}

pub(crate) fn channel(i: &mut Fields, e: &mut Fields) {
    let (array, path_gain) = (shape(i, "shape_h_v"), i.number("path_gain"));
    let line = DelayLine {
        profile: profile(&i.text("profile")),
        delay_spread_s: i.number("delay_spread_s"),
        k_factor_db: number_or_none(&i.take("k_factor_db")),
        azimuth: target(&i.take("azimuth_target_deg")),
        polar: target(&i.take("polar_target_deg")),
    };
    let rays = line.rays().unwrap();
    let random = Randomness {
        phases_rad: i.table("phases").iter().map(|row| twenty(row)).collect(),
        coupling: i
            .table("permutations")
            .iter()
            .map(|row| twenty(row).map(|m| m as usize))
            .collect(),
        line_of_sight_phase_rad: i.number("los_phase"),
    };
    let carrier_hz = i.number("carrier_hz");
    let offsets = offsets(i.count("subcarriers"), i.number("spacing_hz"));
    let band = Band { carrier_hz, offsets_hz: &offsets, squint: i.flag("beam_squint") };
    let found = rays.channel(&array, path_gain, &random, &band, i.flag("element_pattern"));
    close("H", found.as_slice(), &flat(&e.take("H")), 1e-9);
    close_reals("powers", &rays.powers, &e.numbers("powers"), 1e-9);
    same_number("line of sight", rays.line_of_sight_power, e.number("los_power"));
    close_reals("delays", &rays.delays_s, &e.numbers("delays_s"), 1e-9);
    let (azimuths, polars) = (&rays.azimuths_rad[0], &rays.polars_rad[0]);
    close_reals("azimuths", azimuths, &e.numbers("first_cluster_ray_azimuth_rad"), 1e-9);
    close_reals("polars", polars, &e.numbers("first_cluster_ray_polar_rad"), 1e-9);
    // These describe the table as printed, whatever was asked of it.
    let printed = DelayLine::new(line.profile, line.delay_spread_s).rays().unwrap();
    let check = |what: &str, found: Moments, mean: f64, spread: f64| {
        close_number(what, found.mean_rad, mean, 1e-9);
        close_number(what, found.spread_rad, spread, 1e-9);
    };
    let (mean, spread) = (e.number("table_mean_azimuth_rad"), e.number("table_asd_rad"));
    check("azimuth", printed.azimuth_moments(), mean, spread);
    let (mean, spread) = (e.number("table_mean_polar_rad"), e.number("table_zsd_rad"));
    check("polar", printed.polar_moments(), mean, spread);
}
