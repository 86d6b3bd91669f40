//! Documents whose beams hardly tell some parameters apart: nothing of our own is refuted, nothing false is confirmed.

use noctule_lab::single::Finding;
use noctule_num::rng::{StreamKey, uniform};
use serde_json::{Value, json};

use super::goals::{designed, verified};

/// A scene of targets close to each other, few subcarriers, and no beams for sensing; every other one in the near field.
fn scene(number: u64) -> (&'static str, Value) {
    let mut rng = StreamKey::new(number, "test", "ill-conditioned", 0).trial(0);
    let mut between = |low: f64, high: f64| uniform(&mut rng, low, high);
    let count = 1 + (number % 3) as usize;
    let (azimuth, polar) = (between(-60.0, 60.0), between(60.0, 120.0));
    let targets: Vec<Value> = (0..count)
        .map(|_| {
            json!({
                "azimuth_deg": azimuth + between(-4.0, 4.0), "polar_deg": polar + between(-4.0, 4.0),
                "range_m": 10.0_f64.powf(between(0.5, 2.5)), "velocity_m_s": between(-40.0, 40.0),
                "reflection": [between(-0.1, 0.1), between(0.01, 0.1)],
            })
        })
        .collect();
    let mut ofdm =
        json!({ "subcarriers": 2 + number % 2, "spacing_khz": 10.0_f64.powf(between(0.0, 3.0)) });
    if number % 2 == 1 {
        ofdm["near_field"] = json!({ "linked": number % 4 == 1 });
    }
    let mut scenario = json!({
        "users": 1 + number % 2, "ofdm": ofdm, "targets": { "fixed": targets },
        "transmit_array": { "horizontal": 2, "vertical": 2 },
        "receive_array": { "horizontal": 2 + number % 3, "vertical": 2 },
        "sensing_streams": number % 2, "power_dbm": between(10.0, 45.0),
    });
    match number % 4 {
        0 => scenario["goal"] = json!({ "kind": "sum-rate" }),
        1 => {
            scenario["goal"] = json!({ "kind": "min-power" });
            scenario["require"] = json!({ "sinr_db": between(-5.0, 5.0) });
        }
        2 => scenario["goal"] = json!({ "kind": "min-crb" }),
        _ => scenario["crb_weight"] = json!(between(0.0, 1.0)),
    }
    (["rzf", "mrt", "balanced"][(number / 4 % 3) as usize], scenario)
}

fn unclear(finding: &Finding) -> bool {
    let open = |reason: &str| reason.contains("double precision leaves that open");
    finding.claims.iter().any(|claim| claim.verdict.reason().is_some_and(open))
}

/// The largest digit of a number that is changed, and whether that was noticed.
fn noticed(document: &Value, place: &str, by: f64) -> Option<bool> {
    let mut other = document.clone();
    let value = other.pointer_mut(place)?;
    *value = json!(value.as_f64()? * by);
    Some(!verified(&other).agrees)
}

#[test]
fn nothing_that_was_written_is_refuted_and_nothing_false_confirmed() {
    let (mut open, mut sharp) = (0, 0);
    for number in 0..300 {
        let (scheme, scenario) = scene(number);
        let story = designed(scheme, &scenario);
        let finding = verified(&story.document);
        assert!(finding.agrees, "scene {number}, {scheme}: {:?}", finding.claims);
        open += usize::from(unclear(&finding));
        if number % 10 > 0 {
            continue;
        }
        // whatever the conditioning, a tenth is noticed; where it is good, so are five digits
        for place in ["/metrics/crb_trace_mixed", "/metrics/targets/0/range_rcrb_m"] {
            assert_ne!(noticed(&story.document, place, 1.1), Some(false), "scene {number} {place}");
            let sharply = noticed(&story.document, place, 1.0 + 1e-5);
            sharp += usize::from(sharply == Some(true));
        }
    }
    println!("{open} of 300 leave a bound open, {sharp} of 60 changes of 1e-5 were noticed");
    assert!(sharp >= 40, "{sharp}");
}
