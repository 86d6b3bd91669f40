//! Requirements that nothing meets, input that is damaged or too large, and files.

use noctule::frame::baselines::{even_split, every_block, random_blocks, single_update};
use noctule::frame::{
    Aging, CrbLimit, FrameDesign, Instance, Placement, Plan, Scenario, Settings, UserSpec, Users,
    design, evaluate, verify,
};
use noctule::{Certify, Error, Run};
use noctule_num::rng::StreamKey;

use crate::common::{pick, random_scenario, value, whole};

#[test]
fn infeasible_frames_say_which_pilot_finds_no_room() {
    let scenario = |crb_limit: f64, whole_pilots| Scenario {
        crb_limit: CrbLimit::Deg2(crb_limit),
        whole_pilots,
        ..Scenario::default()
    };
    let shortest = scenario(1.0, true).realize(1, 0).unwrap().shortest_sensing_s();
    let frame = 35.0 * 70e-6;
    // T_min = 34.95 blocks: there is room to sense, none for a pilot.
    let limit = shortest / (34.95 / 35.0 * frame);
    let tight = scenario(limit, true).realize(1, 0).unwrap();
    let found = design(&tight, &Settings::default()).unwrap();
    let certificate = found.proof.infeasible.as_ref().unwrap();
    assert!(certificate.statement.contains("block 35") && certificate.statement.contains("pilot"));
    assert!(certificate.required > certificate.reachable && found.metrics.worst_crb_ratio > 1.0);
    // As printed it counts as feasible, and carries nothing.
    let printed =
        design(&scenario(limit, false).realize(1, 0).unwrap(), &Settings::default()).unwrap();
    assert!(printed.proof.infeasible.is_none() && value(&printed) == 0.0);
    assert!(!printed.warnings.is_empty());
    // Beyond the frame nothing helps.
    for whole_pilots in [true, false] {
        let hopeless = scenario(shortest / (2.0 * frame), whole_pilots).realize(1, 0).unwrap();
        for scheme in [single_update, every_block, even_split, random_blocks] {
            let found = scheme(&hopeless, &Settings::default(), &Run::default()).unwrap();
            let certificate = found.proof.infeasible.unwrap();
            assert!((certificate.required / (2.0 * frame) - 1.0).abs() < 1e-9);
            assert!(found.metrics.sensing_time_s > 0.99 * (frame - 1e-5));
        }
    }
    // Just below the last place for a pilot there is a plan, worth almost nothing.
    let last = shortest / ((35.0 - 9.5 / 70.0) / 35.0 * frame);
    let found = design(&scenario(last, true).realize(1, 0).unwrap(), &Settings::default()).unwrap();
    assert!(found.proof.infeasible.is_none() && value(&found) > 0.0);
    // More updates than blocks after sensing.
    let settings = Settings { updates: Some(30), ..Settings::default() };
    let found = design(&scenario(0.05, true).realize(1, 0).unwrap(), &settings).unwrap();
    assert!(found.proof.infeasible.unwrap().statement.contains("30 blocks"));
    let settings = Settings { updates: Some(36), ..Settings::default() };
    let error = design(&scenario(0.05, true).realize(1, 0).unwrap(), &settings).unwrap_err();
    assert_eq!(error.as_input().unwrap().place, "updates");
}

#[test]
fn every_user_has_a_requirement_and_an_age_of_its_own() {
    let spec = |angle_deg, crb_limit_deg2, speed_kmh| UserSpec {
        angle_deg,
        crb_limit_deg2,
        speed_kmh,
        ..UserSpec::default()
    };
    let scenario = Scenario {
        users: Users::Fixed(vec![
            spec(-30.0, Some(0.02), Some(3.0)),
            spec(0.0, None, None),
            spec(40.0, Some(0.5), Some(120.0)),
        ]),
        aging: Aging::Jakes { speed_kmh: 30.0, carrier_ghz: 28.0 },
        crb_limit: CrbLimit::Deg2(0.1),
        ..Scenario::default()
    };
    let instance = scenario.realize(1, 0).unwrap();
    let needed: Vec<f64> =
        (0..3).map(|k| instance.crb_seconds(k) / instance.users()[k].crb_limit_rad2).collect();
    assert!((instance.shortest_sensing_s() / needed[0] - 1.0).abs() < 1e-15);
    let aging = &instance.parts().aging;
    assert!(aging[0][1] > aging[1][1] && aging[1][1] > aging[2][1]);
    let best = design(&instance, &Settings::default()).unwrap();
    assert!(best.proof.is_global(1e-8) && best.metrics.worst_crb_ratio <= 1.0 + 1e-12);
    let sum: f64 = best.metrics.rate_bps_hz.iter().sum();
    assert!((sum / best.metrics.sum_rate_bps_hz - 1.0).abs() < 1e-12);
}

#[test]
fn instances_and_plans_survive_a_round_trip() {
    for case in 400..410 {
        let instance = random_scenario(case).realize(7, case).unwrap();
        let again = Instance::from_arrays(instance.to_arrays(), None).unwrap();
        assert_eq!(again.parts(), instance.parts());
        let best = design(&instance, &Settings::default()).unwrap();
        let document = best.variables.to_arrays().to_json("design", "frame");
        assert_eq!(Plan::from_document(&document).unwrap(), best.variables);
    }
}

/// Numbers nobody would write, anywhere in an instance, a plan or a scenario: an answer or an
/// input error, never a panic, never a metric that is not a number.
#[test]
fn damaged_input_is_refused_or_survived() {
    let odd = [f64::NAN, f64::INFINITY, -1.0, 0.0, 1e-300, 1e300, 2.5, 1e9];
    let rng = &mut StreamKey::new(13, "test", "frame-fuzz", 0).trial(0);
    let certify = Certify::YES.with_nodes(50).within(1e-9);
    let few = Settings { certify, ..Settings::default() };
    let mut refused = 0;
    for case in 0..400 {
        let scenario = random_scenario(case % 20);
        let mut set = scenario.realize(7, case).unwrap().to_arrays();
        let names: Vec<String> = set.iter().map(|(name, _)| name.to_owned()).collect();
        let name = &names[whole(rng, 0, names.len() - 1)];
        let mut array = set.get(name).unwrap().clone();
        if let noctule::data::Entries::Real(values) = &mut array.entries {
            let at = whole(rng, 0, values.len() - 1);
            values[at] = pick(rng, &odd);
        }
        set.insert(name.clone(), array);
        match Instance::from_arrays(set, None) {
            Err(Error::Input(_)) => refused += 1,
            Err(other) => panic!("{name}: {other}"),
            Ok(instance) => {
                let found = design(&instance, &few);
                if let Ok(found) = found {
                    assert!(value(&found).is_finite(), "{name}");
                }
            }
        }
    }
    assert!(refused > 100, "{refused}");
    let text = serde_json::to_string(&Scenario::default()).unwrap();
    for case in 0..400 {
        let mut bytes = text.clone().into_bytes();
        for _ in 0..=case % 3 {
            let at = whole(rng, 0, bytes.len() - 1);
            bytes[at] = pick(rng, b"0123456789-eE.,{}[]\":x");
        }
        if let Ok(scenario) = serde_json::from_slice::<Scenario>(&bytes)
            && scenario.blocks <= 100
            && scenario.transmit_antennas <= 64
        {
            let _ = scenario.realize(1, 0).map(|instance| instance.shortest_sensing_s());
        }
    }
    let instance = Scenario::default().realize(1, 0).unwrap();
    for counts in [vec![], vec![0, 19], vec![usize::MAX, 2], vec![36]] {
        let plan = Plan { sensing_time_s: 1e-3, placement: Placement::Blocks(counts) };
        assert!(evaluate(&instance, &plan).is_err() && verify(&instance, &plan).is_err());
    }
    for time in [0.0, -1.0, f64::NAN, f64::INFINITY, 1.0] {
        let plan = Plan { sensing_time_s: time, placement: Placement::Random { updates: 2 } };
        assert!(evaluate(&instance, &plan).is_err());
    }
}

/// Every way in which a sensing time that is given cannot be has its own certificate, and what is
/// required is more than what there is.
#[test]
fn given_sensing_times_are_refused_for_what_is_missing() {
    let instance = Scenario::default().realize(1, 0).unwrap();
    let block = instance.block_time_s();
    let (blocks, pilot) = (instance.blocks() as f64, instance.pilot_time_s() / block);
    let needed = instance.shortest_sensing_s() / block;
    let at = |sensing_blocks: f64, updates: Option<usize>| {
        let sensing_blocks = Some(sensing_blocks);
        design(&instance, &Settings { sensing_blocks, updates, ..Settings::default() }).unwrap()
    };
    let told = |found: &FrameDesign| {
        let certificate = found.proof.infeasible.clone().unwrap();
        assert!(certificate.required > certificate.reachable, "{certificate:?}");
        (certificate, found.metrics.sensing_blocks)
    };
    // Shorter than required: its own plan, with the violation.
    let (certificate, time) = told(&at((0.7 * needed).floor().max(0.1), None));
    assert!((certificate.required / block - needed).abs() < 1e-9 * needed);
    assert!((certificate.reachable / block - time).abs() < 1e-12 && time < needed);
    assert!(certificate.statement.contains("are given"), "{certificate:?}");
    // No room for the pilot in the rest of the block: the nearest boundary, the same updates.
    let late = needed.ceil() + 3.0 - 0.5 * pilot;
    let found = at(late, Some(4));
    let (certificate, time) = told(&found);
    assert!(certificate.statement.contains("pilot"), "{certificate:?}");
    assert!((certificate.required / block - (1.0 + 0.5 * pilot)).abs() < 1e-9);
    assert!((certificate.reachable - block).abs() < 1e-12);
    assert!((time - late.ceil()).abs() < 1e-9 && found.variables.placement.updates() == 4);
    let free = at(late.ceil(), Some(4));
    assert!(free.proof.infeasible.is_none() && free.variables == found.variables);
    // Too few blocks left for the updates, and no frame left at all: the latest time that fits.
    for (sensing, updates) in [(blocks - 3.0, Some(9)), (2.0 * blocks, None), (blocks, Some(1))] {
        let (certificate, time) = told(&at(sensing, updates));
        assert!((certificate.reachable / block - blocks).abs() < 1e-9, "{certificate:?}");
        let latest = blocks - updates.unwrap_or(1) as f64 + 1.0 - pilot;
        assert!((time - latest).abs() < 1e-9, "{time} {latest}");
    }
    // Without whole pilots the room of the last block is open, and required still exceeds it.
    for times in [1.0, 1.5] {
        let limit = times * blocks * block;
        let open = Scenario { whole_pilots: false, ..Scenario::default() };
        let open = open.realize(1, 0).unwrap();
        let mut parts = open.parts().clone();
        let longest = open.shortest_sensing_s();
        parts.users.iter_mut().for_each(|u| u.crb_limit_rad2 *= longest / limit);
        let found = design(&Instance::new(parts).unwrap(), &Settings::default()).unwrap();
        told(&found);
    }
}

#[test]
fn placements_that_take_for_ever_are_refused() {
    let aging = Aging::Jakes { speed_kmh: 100.0, carrier_ghz: 28.0 };
    let long = Scenario { blocks: 9000, aging, ..Scenario::default() };
    let error = design(&long.realize(1, 0).unwrap(), &Settings::default()).unwrap_err();
    assert_eq!(error.as_input().unwrap().place, "blocks");
    let updates = Settings { updates: Some(60), ..Settings::default() };
    let middle = Scenario { blocks: 1200, ..long };
    let error = design(&middle.realize(1, 0).unwrap(), &updates).unwrap_err();
    assert!(error.to_string().contains("rises again"), "{error}");
}

/// The search proves whatever it is asked; a rough proof is the answer to those who do not want one.
#[test]
fn a_search_that_does_not_prove_is_refused() {
    let instance = Scenario::default().realize(1, 0).unwrap();
    let with = |certify| design(&instance, &Settings { certify, ..Settings::default() });
    let error = with(Certify::No).unwrap_err();
    let error = error.as_input().unwrap();
    assert_eq!(error.place, "certify");
    assert!(error.hint.as_ref().unwrap().contains("always proves"), "{error}");
    let error = with(Certify::YES.within(1e-12)).unwrap_err();
    assert_eq!(error.as_input().unwrap().place, "certify.gap");
    // Rough, and with a single interval: a bound all the same.
    for certify in [Certify::YES.within(0.1), Certify::YES.with_nodes(0).within(1e-9)] {
        let found = with(certify).unwrap();
        let bound = found.proof.bound.unwrap();
        assert!(bound.value >= found.metrics.sum_rate_bps_hz, "{bound:?}");
    }
}
