//! What a band is warned of and refused for, and the noise it has.

use super::*;
use noctule::beamforming::{Beamforming, Channel, Knowledge, PlacedTarget};
use noctule::system::System;

fn geometry(rest: &str) -> Channel {
    serde_json::from_str(&format!(r#"{{"kind": "geometry"{rest}}}"#)).unwrap()
}

fn notes(scenario: &Scenario) -> Vec<String> {
    Beamforming::notes(scenario)
}

fn says(all: &[String], word: &str) -> bool {
    all.iter().any(|text| text.contains(word))
}

/// k_B · 290 K · Δf · 7 dB, whatever the number of subcarriers, of users and of the radar of placed targets.
#[test]
fn a_geometry_has_the_thermal_noise_of_its_subcarriers() {
    let placed = PlacedTarget {
        position_m: [30.0, 5.0, 1.5],
        cross_section_m2: 10.0,
        unknown: None,
        velocity_m_s: None,
    };
    let scenario = |n: usize, rest: &str| Scenario {
        channel: Some(geometry(rest)),
        targets: Targets::Placed(vec![placed]),
        power_dbm: 30.0,
        ofdm: Some(Ofdm { subcarriers: n, spacing_khz: 240.0, ..Ofdm::default() }),
        ..Scenario::default()
    };
    let exact = 1.380_649e-23 * 290.0 * 240e3 * 10_f64.powf(0.7);
    for n in [2, 8, 64] {
        for rest in [String::new(), format!(r#", "bandwidth_mhz": {}"#, 0.24 * n as f64)] {
            let instance = scenario(n, &rest).realize(1, 0).unwrap();
            let parts = instance.parts();
            assert!(close(parts.user_noise_w[0], exact, 1e-9), "{n}");
            assert!(close(parts.sensing_noise_w, exact, 1e-9), "{n}");
        }
    }
    let refused = refusal(&scenario(64, r#", "bandwidth_mhz": 100"#));
    assert_eq!(refused, "channel.bandwidth_mhz: there are two bandwidths");
    // Without a frame it is 100 MHz, said or not.
    let narrow = |rest| Scenario { ofdm: None, ..scenario(2, rest) }.realize(1, 0).unwrap();
    let usual = narrow("").parts().user_noise_w[0];
    assert!(close(usual, exact * 100e6 / 240e3, 1e-9));
    assert!(close(narrow(r#", "bandwidth_mhz": 100"#).parts().user_noise_w[0], usual, 1e-15));
}

/// Noise of one of 64 subcarriers is not that of one of 4.
#[test]
fn channels_of_another_number_of_subcarriers_are_refused() {
    let base = moving(2, 1, ofdm(8)).realize(1, 0).unwrap();
    let arrays = moving(2, 1, ofdm(4)).realize(1, 0).unwrap().to_arrays();
    let only = |names: &[&str]| {
        let mut set = noctule::data::ArraySet::new();
        for name in names {
            set.insert(*name, arrays.get(name).unwrap().clone());
        }
        Instance::from_arrays(set, Some(&base))
    };
    let error = only(&["band_channels"]).unwrap_err().to_string();
    assert!(error.contains("4 subcarriers") && error.contains('8'), "{error}");
    assert!(only(&["band_channels", "user_noise_w"]).is_err());
    let whole = only(&["band_channels", "user_noise_w", "sensing_noise_w"]).unwrap();
    assert_eq!(whole.band().unwrap().subcarriers(), 4);
}

/// What designs are warned of is said before a study runs.
#[test]
fn notes_are_those_of_designs() {
    let target = |range_m, velocity_m_s| TargetSpec {
        azimuth_deg: 10.0,
        polar_deg: 80.0,
        reflection: [0.1, 0.0],
        unknown: None,
        range_m: Some(range_m),
        velocity_m_s: Some(velocity_m_s),
    };
    let words = Ofdm { spacing_khz: 50_000.0, delay_spread_ns: 0.0, ..ofdm(4) };
    let beyond = Scenario {
        targets: Targets::Fixed(vec![target(30.0, 1e5), target(2.0, 0.0)]),
        ofdm: Some(words.clone()),
        ..Scenario::default()
    };
    let found = notes(&beyond);
    assert_eq!(found, beyond.realize(1, 0).unwrap().warnings());
    for word in ["unambiguous range of 3.0 m", "cyclic prefix"] {
        assert!(says(&found, word), "{found:?}");
    }
    let fast = Scenario { targets: Targets::Fixed(vec![target(0.1, 9e5)]), ..beyond.clone() };
    assert!(says(&notes(&fast), "unambiguous velocity"), "{:?}", notes(&fast));
    // Those of a law are judged at its ends, and are none in particular.
    let law = DrawnTargets { range_m: Some([0.1, 30.0]), ..DrawnTargets::default() };
    let drawn = Scenario { targets: Targets::Drawn(law), ..beyond.clone() };
    assert!(says(&notes(&drawn), "a drawn target at 30 m"), "{:?}", notes(&drawn));
    // Whom nobody asks for bounds nobody warns of them.
    assert!(notes(&Scenario { crb_weight: 0.0, ..beyond.clone() }).is_empty());
    assert!(notes(&Scenario { ofdm: None, ..Scenario::default() }).is_empty());
}

/// Users' delays: 1/(NΔf) between taps, against a prefix of 144/2048 of a symbol.
#[test]
fn users_that_are_heard_after_the_prefix_are_warned_of() {
    let with = |words: Ofdm, channel: &str| Scenario {
        ofdm: Some(words),
        channel: Some(serde_json::from_str(channel).unwrap()),
        crb_weight: 0.0,
        ..Scenario::default()
    };
    let late = |words: &Ofdm, channel: &str| {
        let scenario = with(words.clone(), channel);
        let said = says(&notes(&scenario), "after the cyclic prefix");
        assert_eq!(
            said,
            says(scenario.realize(1, 0).unwrap().warnings(), "after the cyclic prefix")
        );
        said
    };
    let (plain, cdl) = (r#"{"kind": "rayleigh"}"#, r#"{"kind": "cdl"}"#);
    // what nobody chose warns of nothing
    assert!(!late(&Ofdm::default(), plain));
    let usual = Ofdm { delay_spread_ns: 100.0, ..Ofdm::default() };
    assert!(late(&usual, plain) && late(&usual, cdl));
    assert!(says(&notes(&with(usual.clone(), plain)), "3.3 % of the power"));
    assert!(late(&usual, r#"{"kind": "clustered"}"#) && late(&usual, r#"{"kind": "rician"}"#));
    assert!(!late(&usual, r#"{"kind": "rician", "k_factor_db": 300}"#));
    let short = Ofdm { delay_spread_ns: 20.0, ..usual.clone() };
    assert!(
        !late(&short, plain) && !late(&short, cdl) && !late(&short, r#"{"kind": "clustered"}"#)
    );
    let long = Ofdm { symbol_us: Some(6.0), ..usual.clone() };
    assert!(!late(&long, plain) && !late(&long, cdl));
    assert!(late(&Ofdm { delay_spread_ns: 1000.0, ..long }, cdl));
    assert!(!late(&Ofdm { subcarriers: 1, ..usual.clone() }, plain));
    // The true spread of the taps is below the decay.
    let rms = usual.rms_delay_ns();
    assert!(rms < 100.0 && rms > 80.0, "{rms}");
    // Taps that nothing looks at.
    let taps = Ofdm { taps: Some(2), ..short };
    assert!(says(&notes(&with(taps.clone(), cdl)), "`ofdm.taps` changes nothing"));
    assert!(!says(&notes(&with(taps, plain)), "changes nothing"));
}

#[test]
fn pilots_that_reach_nobody_are_warned_of() {
    let with = |pilot_snr_db| Scenario {
        channel: Some(geometry("")),
        knowledge: Some(Knowledge { pilot_snr_db, ..Knowledge::default() }),
        power_dbm: 30.0,
        ofdm: Some(Ofdm { delay_spread_ns: 10.0, ..ofdm(2) }),
        ..Scenario::default()
    };
    assert!(says(&notes(&with(10.0)), "`knowledge.pilot_snr_db` is for a path gain of one"));
    assert!(says(with(10.0).realize(1, 0).unwrap().warnings(), "pilot_snr_db"));
    assert!(!says(&notes(&with(120.0)), "pilot_snr_db"));
    let near = Scenario { channel: None, ..with(10.0) };
    assert!(!says(&notes(&near), "pilot_snr_db"));
    // A pattern has no covariance: the complaint is at its own key.
    let mut pattern = near;
    pattern.channel =
        Some(serde_json::from_str(r#"{"kind": "cdl", "element_pattern": true}"#).unwrap());
    assert!(refusal(&pattern).starts_with("channel.element_pattern:"), "{}", refusal(&pattern));
}

/// The cause and not a consequence.
#[test]
fn two_linear_arrays_are_refused_by_name() {
    let linear = ArrayShape { horizontal: 8, vertical: 1 };
    for count in [1, 2] {
        let mut scenario = moving(2, count, ofdm(4));
        (scenario.transmit_array, scenario.receive_array) = (linear, linear);
        let error = scenario.realize(1, 0).unwrap_err().to_string();
        assert!(error.contains("two linear arrays see one angle"), "{error}");
        scenario.receive_array.vertical = 2;
        assert!(scenario.realize(1, 0).is_ok());
    }
}

/// Targets of different known velocities are told apart by them, also on one subcarrier.
#[test]
fn known_velocities_separate_targets() {
    let objective = |velocities: [f64; 2]| {
        let mut scenario = one();
        let Targets::Fixed(targets) = &mut scenario.targets else { panic!("fixed") };
        for (target, velocity) in targets.iter_mut().zip(velocities) {
            target.velocity_m_s = Some(velocity);
        }
        let instance = scenario.realize(1, 0).unwrap();
        let beams = rzf(&instance, &Default::default(), &Run::default()).unwrap();
        beams.metrics.objective.unwrap()
    };
    assert!(close(objective([10.0, 10.0]), objective([0.0, 0.0]), 1e-12));
    assert!(!close(objective([10.0, -150.0]), objective([0.0, 0.0]), 1e-6));
}

/// Where rate has no weight power goes to the ends of the band, and a design says what that means.
#[test]
fn power_at_the_ends_of_the_band_is_told() {
    let alike = |rate_weight_per_nat: f64| {
        let mut scenario = moving(1, 1, Ofdm { spacing_khz: 240.0, ..ofdm(16) });
        scenario.rate_weight_per_nat = rate_weight_per_nat;
        let instance = scenario.realize(1, 0).unwrap();
        let found =
            design(&instance, &Settings { starts: Some(1), ..Settings::default() }).unwrap();
        says(&found.warnings, "look")
    };
    assert!(alike(0.0));
    assert!(!alike(100.0));
}
