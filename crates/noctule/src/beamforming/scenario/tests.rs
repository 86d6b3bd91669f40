//! Scenarios: what is drawn, what is refused.

use noctule_num::C64;

use super::*;

#[test]
fn the_default_and_the_papers_are_valid_and_round_trip() {
    for scenario in [Scenario::default(), Scenario::paper()] {
        scenario.validate().unwrap();
        let text = serde_json::to_string(&scenario).unwrap();
        assert_eq!(serde_json::from_str::<Scenario>(&text).unwrap(), scenario);
    }
}

#[test]
fn echoes_that_cannot_be_simulated_are_refused() {
    let refused = |text: &str| {
        let scenario: Scenario = serde_json::from_str(text).unwrap();
        let error = scenario.realize(1, 0).unwrap_err().to_string();
        assert!(error.contains("echo_draws"), "{error}");
    };
    refused(r#"{ "echo_draws": 3, "ofdm": { "subcarriers": 4 } }"#);
    refused(r#"{ "echo_draws": 10001 }"#);
    refused(
        r#"{ "echo_draws": 3, "receive_elements": { "kind": "circular", "elements": 8, "radius": 1.0 } }"#,
    );
}

#[test]
fn the_default_bounds_mean_something_and_greet_with_no_warning() {
    for trial in 0..10 {
        let instance = Scenario::default().realize(1, trial).unwrap();
        let settings = crate::beamforming::Settings::default();
        let design = crate::beamforming::design(&instance, &settings).unwrap();
        let worst = design.metrics.worst_angle_rcrb_deg().unwrap();
        assert!(worst < 2.0, "trial {trial}: {worst} degrees");
        assert!(design.metrics.users_shut_off() == 0, "trial {trial}");
        assert!(design.warnings.is_empty(), "trial {trial}: {:?}", design.warnings);
    }
}

#[test]
fn weights_and_powers_do_not_change_the_draw() {
    let base = Scenario::default();
    let other = Scenario {
        power_dbm: 33.0,
        sensing_noise_dbm: -20.0,
        rate_weight_per_nat: 7.0,
        ..base.clone()
    };
    let (a, b) = (base.realize(4, 9).unwrap(), other.realize(4, 9).unwrap());
    assert_eq!(a.channels(), b.channels());
    let more = Scenario { users: 6, ..base }.realize(4, 9).unwrap();
    assert_eq!(a.channels().as_slice(), &more.channels().as_slice()[..64]);
}

#[test]
fn one_wrong_field_at_a_time() {
    let wrong = |change: fn(&mut Scenario)| {
        let mut scenario = Scenario::default();
        change(&mut scenario);
        scenario.validate().unwrap_err().place
    };
    assert_eq!(wrong(|s| s.transmit_array.vertical = 0), "transmit_array.vertical");
    assert_eq!(wrong(|s| s.power_dbm = f64::NAN), "power_dbm");
    assert_eq!(wrong(|s| s.crb_weight = -1.0), "crb_weight");
    assert_eq!(wrong(|s| s.snapshots = 0), "snapshots");
    assert_eq!(
        wrong(|s| if let Targets::Fixed(t) = &mut s.targets {
            t[1].polar_deg = 1e9;
        }),
        "targets.fixed[1].polar_deg"
    );
    assert_eq!(
        wrong(|s| {
            s.targets =
                Targets::Drawn(DrawnTargets { azimuth_deg: [5.0, 1.0], ..Default::default() });
        }),
        "targets.drawn.azimuth_deg"
    );
}

#[test]
fn drawn_targets_stay_in_range() {
    let scenario =
        Scenario { targets: Targets::Drawn(DrawnTargets::default()), ..Default::default() };
    for trial in 0..50 {
        let instance = scenario.realize(1, trial).unwrap();
        for target in instance.targets() {
            assert!((0.0..=60_f64.to_radians()).contains(&target.polar_rad));
            assert!(target.azimuth_rad.abs() <= 60_f64.to_radians());
        }
    }
}

fn read(text: &str) -> Scenario {
    serde_json::from_str(text).unwrap()
}

#[test]
fn an_array_said_by_its_elements_draws_what_its_sides_draw() {
    let elements = [
        r#"{"kind": "planar", "horizontal": 4, "vertical": 4}"#.to_owned(),
        r#"{"kind": "planar", "horizontal": 4, "vertical": 4, "spacings": [0.5, 0.5]}"#.to_owned(),
    ];
    for kind in ["rayleigh", "correlated", "rician", "clustered", "cdl", "geometry"] {
        let carrier = if kind == "geometry" { r#", "carrier_ghz": 3.0"# } else { "" };
        let channel = format!(r#"{{"kind": "{kind}"{carrier}}}"#);
        let plain = read(&format!(r#"{{"channel": {channel}}}"#)).realize(3, 1).unwrap();
        for own in &elements {
            let text = format!(r#"{{"channel": {channel}, "transmit_elements": {own}}}"#);
            assert_eq!(read(&text).realize(3, 1).unwrap().channels(), plain.channels(), "{kind}");
        }
        // The same places one by one, in wavelengths and in metres of 3 GHz: a transmit index counts
        // against the axes, since what is sent is conjugated.
        let at = |unit: f64| -> Vec<[f64; 3]> {
            let place = |n: usize| [0.0, (n / 4) as f64 * 0.5 * unit, (n % 4) as f64 * 0.5 * unit];
            (0..16).map(place).collect()
        };
        let metre = 299_792_458.0 / 3e9;
        for own in [
            serde_json::json!({"kind": "positions", "wavelengths": at(1.0)}),
            serde_json::json!({"kind": "placed", "positions_m": at(-metre), "carrier_ghz": 3.0}),
        ] {
            let text = format!(r#"{{"channel": {channel}, "transmit_elements": {own}}}"#);
            let drawn = read(&text).realize(3, 1).unwrap();
            let scale = plain.channels().norm_sqr().sqrt();
            let both = drawn.channels().as_slice().iter().zip(plain.channels().as_slice());
            let off = both.map(|(x, y)| (x - y).norm()).fold(0.0, f64::max);
            assert!(off <= 1e-8 * scale, "{kind}: {off:e}");
        }
    }
}

/// Six elements at random places of a plane, which send and receive, and two targets.
fn monostatic(transmit: &serde_json::Value, receive: &serde_json::Value) -> Instance {
    let scenario = serde_json::json!({
        "users": 2, "transmit_elements": transmit, "receive_elements": receive,
        "targets": {"fixed": [
            {"azimuth_deg": 5.0, "polar_deg": 80.0, "reflection": [0.1, 0.0]},
            {"azimuth_deg": 15.0, "polar_deg": 88.0, "reflection": [0.06, 0.08]},
        ]},
    });
    read(&scenario.to_string()).realize(1, 0).unwrap()
}

/// Places in metres are those of elements: one list for both sides is one array. What it observes is
/// written down here from phases e^{−jk·distance} alone.
#[test]
fn places_in_metres_are_one_array_that_sends_and_receives() {
    const PLACES: [[f64; 2]; 6] = [
        [-0.7895684802117009, 0.9038233956191908],
        [-1.2176140732788023, -0.2006191792905785],
        [-1.0207832560887642, 0.7037314542276434],
        [-0.32631542851301387, 0.050220547864090914],
        [0.2603957143144222, 0.7135133618764806],
        [-0.6473965087536256, 0.44564162123947515],
    ];
    let (carrier_ghz, wavelength) = (28.0, 299_792_458.0 / 28e9);
    let at = |unit: f64| -> Vec<[f64; 3]> {
        PLACES.iter().map(|p| [0.0, p[0] * unit, p[1] * unit]).collect()
    };
    let metres = serde_json::json!({
        "kind": "placed", "positions_m": at(wavelength), "carrier_ghz": carrier_ghz
    });
    let waves = |sign: f64| serde_json::json!({"kind": "positions", "wavelengths": at(sign)});
    let bound = |instance: &Instance| {
        let scheme = <crate::beamforming::Beamforming as crate::System>::scheme("mrt").unwrap();
        let metrics = scheme.design(instance, &crate::Run::default()).unwrap().metrics;
        let targets = metrics.targets.unwrap();
        let square = |t: &crate::beamforming::TargetMetrics| {
            t.azimuth_rcrb_deg.powi(2) + t.polar_rcrb_deg.powi(2)
        };
        (targets.iter().map(square).sum::<f64>() / 4.0).sqrt()
    };
    let physical = monostatic(&metres, &metres);
    let (mirrored, same) =
        (monostatic(&waves(-1.0), &waves(1.0)), monostatic(&waves(1.0), &waves(1.0)));
    assert!((bound(&physical) - bound(&mirrored)).abs() < 1e-6);
    assert!((bound(&physical) - 2.737).abs() < 1e-3, "{}", bound(&physical));
    assert!((bound(&same) - 6.628).abs() < 1e-3, "{}", bound(&same));
    // An echo of element m at element n has the phase of both ways: e^{+jk(p_m + p_n)ᵀu} beside that
    // of the reference. B a* is that matrix.
    let (send, hear) = (physical.transmit_steering(), physical.receive_steering());
    for (t, (azimuth, polar)) in [(5_f64, 80_f64), (15.0, 88.0)].into_iter().enumerate() {
        let (azimuth, polar) = (azimuth.to_radians(), polar.to_radians());
        let far = |n: usize| {
            let [y, z] = PLACES[n];
            std::f64::consts::TAU * (y * azimuth.sin() * polar.sin() + z * polar.cos())
        };
        for m in 0..6 {
            for n in 0..6 {
                let echo = hear.response[(n, t)] * send.response[(m, t)].conj() * 6.0;
                assert!((echo - C64::cis(far(m) + far(n))).norm() < 1e-12);
            }
        }
    }
}

#[test]
fn elements_in_one_place_and_of_another_carrier_are_refused() {
    for (text, place) in [
        (
            r#"{"transmit_elements": {"kind": "placed", "positions_m": [[0,0,0],[0,0.1,0],[0,-0.0,0]],
                "carrier_ghz": 28}}"#,
            "transmit_elements.positions_m[2]",
        ),
        (
            r#"{"receive_elements": {"kind": "positions", "wavelengths": [[0,0,0],[0,0,0]]}}"#,
            "receive_elements.wavelengths[1]",
        ),
        (
            r#"{"transmit_elements": {"kind": "placed", "positions_m": [], "carrier_ghz": 28}}"#,
            "transmit_elements.positions_m",
        ),
        (
            r#"{"transmit_elements": {"kind": "placed", "positions_m": [[0,0,0]], "carrier_ghz": 28},
                "channel": {"kind": "geometry", "carrier_ghz": 3}}"#,
            "transmit_elements.carrier_ghz",
        ),
        (
            r#"{"transmit_elements": {"kind": "placed", "positions_m": [[0,0,0]], "carrier_ghz": 28},
                "receive_elements": {"kind": "placed", "positions_m": [[0,0,0]], "carrier_ghz": 3}}"#,
            "receive_elements.carrier_ghz",
        ),
    ] {
        assert_eq!(read(text).validate().unwrap_err().place, place, "{text}");
    }
}

#[test]
fn spacing_and_reference_of_a_planar_array_turn_its_responses() {
    let with = |own: &str| {
        let elements = format!(r#"{{"kind": "planar", "horizontal": 3, "vertical": 2{own}}}"#);
        let text = format!(
            r#"{{"users": 1, "channel": {{"kind": "rician", "k_factor_db": 300}},
                "transmit_elements": {elements}, "receive_elements": {elements}}}"#
        );
        read(&text).realize(1, 0).unwrap()
    };
    let (corner, middle) = (with(""), with(r#", "centred": true"#));
    let wide = with(r#", "spacings": [1.0, 0.5]"#);
    let phase = |of: &Instance, n: usize| {
        let a = &of.transmit_steering().response;
        (a[(n, 0)] / a[(0, 0)]).arg()
    };
    // A common phase apart, the reference changes nothing; the spacing does.
    for n in 0..6 {
        assert!((phase(&corner, n) - phase(&middle, n)).abs() < 1e-12);
    }
    let (az, po) = ((-30_f64).to_radians(), 75_f64.to_radians());
    let across = std::f64::consts::TAU * az.sin() * po.sin();
    let turned = |x: f64| (x + 3.0 * std::f64::consts::PI).rem_euclid(std::f64::consts::TAU);
    assert!((turned(phase(&wide, 2)) - turned(across)).abs() < 1e-12);
    assert!((corner.transmit_steering().response[(0, 0)].im).abs() < 1e-15);
    assert!((middle.transmit_steering().response[(0, 0)].im).abs() > 1e-3);
    // The line of sight of a user is the response of the array it is drawn for.
    let h = wide.channels();
    assert!((h.norm_sqr() - 6.0).abs() < 1e-9);
}

/// A cell with one target that stands where a user may stand.
fn placed(extra: &str, target: &str) -> String {
    format!(
        r#"{{"channel": {{"kind": "geometry", "carrier_ghz": 10{extra}}}, "power_dbm": 40,
            "targets": {{"placed": [{target}]}}}}"#
    )
}

#[test]
fn placed_targets_are_seen_where_they_stand_and_as_large_as_they_are() {
    let at = r#"{"position_m": [40.0, 30.0, 1.5], "cross_section_m2": 2.0}"#;
    let instance = read(&placed("", at)).realize(1, 0).unwrap();
    let target = instance.targets()[0];
    let range = (50_f64.powi(2) + 8.5_f64.powi(2)).sqrt();
    assert!((target.azimuth_rad - 0.75_f64.atan()).abs() < 1e-12);
    assert!((target.polar_rad - (-8.5 / range).acos()).abs() < 1e-12);
    let wavelength = 299_792_458.0_f64 / 10e9;
    let power = wavelength.powi(2) * 2.0 / ((4.0 * std::f64::consts::PI).powi(3) * range.powi(4));
    assert!((target.reflection.norm_sqr() / (320.0 * power) - 1.0).abs() < 1e-9);
    // The radar hears the noise of 100 MHz at a figure of 7 dB.
    let noise = noctule_phy::units::dbm_from_w(instance.parts().sensing_noise_w);
    assert!((noise + 86.975).abs() < 1e-3);
    // Turned to the target it is at broadside in azimuth, and so is a user that stands there.
    let bearing = 0.75_f64.atan().to_degrees();
    let turned = format!(
        r#", "bearing_deg": {bearing}, "radius_m": [50, 50], "sector_deg": [0, 0], "scenario": "inf-hh""#
    );
    let instance = read(&placed(&turned, at)).realize(1, 0).unwrap();
    assert!(instance.targets()[0].azimuth_rad.abs() < 1e-12);
    // An element sees it with its gain, there and back; at 60° of azimuth the pattern is 10.2 dB down.
    let side = r#"{"position_m": [25.0, 43.30127018922193, 10.0]}"#;
    let plain = read(&placed("", side)).realize(1, 0).unwrap().targets()[0].reflection.norm();
    let text = placed(r#", "element_pattern": true"#, side);
    let seen = read(&text).realize(1, 0).unwrap().targets()[0].reflection.norm();
    let gain_db = 8.0 - (12.0 * (60.0_f64 / 65.0).powi(2)).min(30.0);
    assert!((20.0 * (seen / plain).log10() - 2.0 * gain_db).abs() < 1e-9);
    let round: Scenario =
        serde_json::from_str(&serde_json::to_string(&read(&text)).unwrap()).unwrap();
    assert_eq!(round, read(&text));
}

#[test]
fn targets_are_placed_in_a_world_and_apart_from_the_station() {
    let at = r#"{"position_m": [40.0, 30.0, 1.5]}"#;
    let nowhere = placed("", at).replace("geometry\", \"carrier_ghz\": 10", "rician\"");
    assert_eq!(read(&nowhere).validate().unwrap_err().place, "targets.placed");
    for (target, place) in [
        (r#"{"position_m": [0.0, 0.0, 10.0]}"#, "targets.placed[0].position_m"),
        (r#"{"position_m": [0.0, 1e9, 10.0]}"#, "targets.placed[0].position_m"),
        (
            r#"{"position_m": [9, 9, 9], "cross_section_m2": 0}"#,
            "targets.placed[0].cross_section_m2",
        ),
    ] {
        assert_eq!(read(&placed("", target)).validate().unwrap_err().place, place);
    }
}
