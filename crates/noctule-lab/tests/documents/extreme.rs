//! The whole allowed range of every numeric field of every scenario: what is designed there is
//! confirmed by its document, or says itself that it is not to be believed.

use noctule::data::{ArraySet, Entries};
use noctule_lab::single::{Arrays, Single, SingleError, Source};
use noctule_lab::systems;
use noctule_optim::Interrupt;
use serde_json::{Value, json};

use super::effort::effort;
use super::{Dice, certified};

/// Values of a field that is no count: from one end of double precision to the other, and everything
/// a unit for people may mean in between. What a field does not allow is refused and left out.
const LADDER: [f64; 43] = [
    -1e300, -1e12, -1e6, -1e3, -300.0, -250.0, -180.0, -120.0, -89.0, -60.0, -30.0, -10.0, -1.0,
    -1e-3, 0.0, 1e-300, 1e-60, 1e-30, 1e-12, 1e-9, 1e-6, 1e-3, 0.1, 0.5, 0.99, 1.0, 3.0, 10.0,
    30.0, 60.0, 89.0, 120.0, 150.0, 180.0, 250.0, 300.0, 1e3, 1e4, 1e6, 1e12, 1e30, 1e60, 1e300,
];
/// Counts; large ones cost time and no digits.
const COUNTS: [u64; 6] = [0, 1, 2, 3, 5, 9];
/// Designs of one unit of effort.
const SHORT: usize = 40;

/// Pointers to the numbers of a scenario.
fn fields(place: &str, value: &Value, out: &mut Vec<(String, bool)>) {
    match value {
        Value::Number(number) => out.push((place.to_owned(), !number.is_f64())),
        Value::Object(members) => {
            members.iter().for_each(|(name, value)| fields(&format!("{place}/{name}"), value, out));
        }
        Value::Array(items) => {
            let all = items.iter().enumerate();
            all.for_each(|(index, value)| fields(&format!("{place}/{index}"), value, out));
        }
        _ => {}
    }
}

/// Scenarios that differ from the default in one number, with words for it.
fn scenarios(system: &dyn Single) -> Vec<(String, Value)> {
    let default = system.default_scenario();
    let mut places = Vec::new();
    fields("", &default, &mut places);
    let mut out = Vec::new();
    for (place, count) in places {
        let values: Vec<Value> = match count {
            true => COUNTS.iter().map(|value| json!(value)).collect(),
            false => LADDER.iter().map(|value| json!(value)).collect(),
        };
        for value in values {
            let mut changed = default.clone();
            if let Some(slot) = changed.pointer_mut(&place) {
                *slot = value.clone();
                out.push((format!("{} {place} = {value}", system.id()), changed));
            }
        }
    }
    out
}

/// What became of a case.
#[derive(Debug, PartialEq)]
enum Case {
    Refused,
    Confirmed,
    Unsound,
    Wrong(String),
}

fn drawn(scenario: Value) -> Source {
    Source { scenario: Some(scenario), arrays: None, seed: 5, trial: 0 }
}

fn examine(system: &dyn Single, scheme: &str, source: &Source) -> Case {
    let settings = certified(system, scheme);
    let story = match system.design(source, scheme, &settings, &Interrupt::new()) {
        Ok(story) => story,
        Err(SingleError::Input(error)) if error.allowed.is_empty() => {
            return Case::Wrong(format!("refused without what is allowed: {error}"));
        }
        Err(_) => return Case::Refused,
    };
    let text = story.document.to_string();
    let document: Value = serde_json::from_str(&text).unwrap();
    let finding = match system.verify(&document) {
        Ok(finding) => finding,
        Err(error) => return Case::Wrong(format!("verify refuses it: {error}")),
    };
    if !story.violation.is_finite() || document["violation"].is_null() {
        return Case::Wrong("a violation that is no number".to_owned());
    }
    if let Some(reason) = &story.unsound {
        let honest = story.document["proof"]["point"]["kind"] == "none"
            && !story.meets_requirements
            && story.warnings.iter().any(|warning| warning.contains(reason));
        return if honest { Case::Unsound } else { Case::Wrong("unsound, and proven".to_owned()) };
    }
    if !finding.agrees {
        let refuted: Vec<_> = finding.claims.iter().filter(|claim| claim.is_refuted()).collect();
        return Case::Wrong(format!("not confirmed: {refuted:?} {:?}", finding.compared));
    }
    Case::Confirmed
}

#[test]
fn campaign_extreme_fields() {
    let mut dice = Dice(20_260_731);
    let mut pool: Vec<(&'static dyn Single, String, Value)> = Vec::new();
    for system in systems::singles() {
        pool.extend(scenarios(system).into_iter().map(|(words, value)| (system, words, value)));
    }
    let (mut wrong, mut unsound, mut confirmed, mut refused) = (Vec::new(), Vec::new(), 0, 0);
    // Refusals cost nothing: they do not count.
    while confirmed + unsound.len() + wrong.len() < SHORT * effort::<usize>() && !pool.is_empty() {
        let (system, words, scenario) = pool.swap_remove(dice.roll(pool.len()));
        let schemes = system.schemes();
        // The scheme that is meant when none is named, and one in three times another.
        let other = dice.roll(3) == 0;
        let index = if other { dice.roll(schemes.len()) } else { 0 };
        let scheme = schemes[index].name;
        match examine(system, scheme, &drawn(scenario)) {
            Case::Refused => refused += 1,
            Case::Confirmed => confirmed += 1,
            Case::Unsound => unsound.push(format!("{words}, {scheme}")),
            Case::Wrong(why) => wrong.push(format!("{words}, {scheme}: {why}")),
        }
    }
    assert!(wrong.is_empty(), "{} of {confirmed}:\n{}", wrong.len(), wrong.join("\n"));
    // Where double precision runs out is the rare end of a range, not the middle.
    let rare = unsound.len() * 20 <= confirmed;
    assert!(rare && refused > 0, "{confirmed} confirmed, unsound:\n{}", unsound.join("\n"));
}

/// The arrays with one entry multiplied.
fn scaled(set: &ArraySet, name: &str, index: usize, factor: f64) -> ArraySet {
    let mut out = set.clone();
    if let Some(mut array) = set.get(name).cloned() {
        match &mut array.entries {
            Entries::Real(values) => values[index] *= factor,
            Entries::Complex(values) => values[index] *= factor,
        }
        out.insert(name, array);
    }
    out
}

#[test]
fn campaign_extreme_arrays() {
    let mut dice = Dice(31_415);
    let systems = systems::singles();
    let instance =
        |system: &&'static dyn Single| system.instance(&drawn(system.default_scenario())).unwrap();
    let instances: Vec<ArraySet> = systems.iter().map(instance).collect();
    let (mut wrong, mut confirmed) = (Vec::new(), 0);
    for _ in 0..SHORT * effort::<usize>() {
        let which = dice.roll(systems.len());
        let (system, set) = (systems[which], &instances[which]);
        let names: Vec<&str> = set.iter().map(|(name, _)| name).collect();
        let name = names[dice.roll(names.len())];
        let entries = set.get(name).map_or(0, |array| match &array.entries {
            Entries::Real(values) => values.len(),
            Entries::Complex(values) => values.len(),
        });
        if entries == 0 {
            continue;
        }
        let index = dice.roll(entries);
        // Most of them where something may still be designed.
        let range = [20, 40, 300][dice.roll(3)];
        let exponent = dice.roll(2 * range + 1) as i32 - range as i32;
        let arrays = scaled(set, name, index, 10_f64.powi(exponent));
        let arrays = Some(Arrays::Set(arrays));
        let source = Source { scenario: None, arrays, seed: 5, trial: 0 };
        let scheme = system.schemes()[0].name;
        match examine(system, scheme, &source) {
            Case::Confirmed => confirmed += 1,
            Case::Refused | Case::Unsound => {}
            Case::Wrong(why) => {
                wrong.push(format!("{} {name}[{index}] · 1e{exponent}: {why}", system.id()));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {confirmed}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(confirmed > 0);
}

/// At 100 dB more power what interferes is a difference of large numbers: the residual is one of another computation by
/// some per cent, which refutes nobody.
#[test]
fn residuals_that_last_digits_move_refute_nothing() {
    let system =
        systems::singles().into_iter().find(|system| system.id() == "beamforming").unwrap();
    let set = system.instance(&drawn(system.default_scenario())).unwrap();
    for exponent in [8, 9, 10] {
        let arrays = Some(Arrays::Set(scaled(&set, "power_w", 0, 10_f64.powi(exponent))));
        let source = Source { scenario: None, arrays, seed: 5, trial: 0 };
        let case = examine(system, system.schemes()[0].name, &source);
        assert_eq!(case, Case::Confirmed, "1e{exponent}");
    }
}

#[test]
fn ends_of_ranges_that_were_once_wrong_are_confirmed() {
    for (id, place, value) in [
        ("frame", "/pilot_snr_db", json!(180.0)),
        ("frame", "/noise_dbm", json!(30.0)),
        ("frame", "/noise_dbm", json!(250.0)),
        ("frame", "/blocks", json!(6)),
        ("frame", "/crb_limit", json!({ "deg2": 1e-9 })),
        ("frame", "/crb_limit", json!({ "deg2": 32400.0 })),
        ("beamforming", "/power_dbm", json!(-100.0)),
        ("beamforming", "/power_dbm", json!(180.0)),
        ("cellfree", "/users", json!(0)),
        ("cellfree", "/power_over_noise_db", json!(-300.0)),
        ("surfaces", "/user_noise_dbm", json!(180.0)),
    ] {
        let system = systems::singles().into_iter().find(|system| system.id() == id).unwrap();
        let mut scenario = system.default_scenario();
        *scenario.pointer_mut(place).unwrap() = value.clone();
        let scheme = system.schemes()[0].name;
        let case = examine(system, scheme, &drawn(scenario));
        assert_eq!(case, Case::Confirmed, "{id} {place} = {value}");
    }
}
