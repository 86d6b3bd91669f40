//! The same scene in other units of power: watts, picowatts or terawatts, it is the same design.

use noctule_lab::system::{Outcome, Point, Row};
use noctule_lab::systems;
use noctule_optim::{Interrupt, Stop};
use serde_json::{Value, json};

use super::effort::effort;
use super::{Dice, Single, certified};

/// Scenes of one unit of effort.
const SHORT: usize = 20;

/// Objectives agree to this, relative, where the method says that it converged.
const SAME: f64 = 1e-9;

/// The scenario with every level, of transmitters and of noise, moved by so many decibels; and how
/// many levels there are.
fn moved(scenario: &Value, by_db: f64) -> (Value, usize) {
    let mut out = scenario.clone();
    let mut levels = 0;
    for (name, value) in out.as_object_mut().unwrap() {
        if let Some(level) = value.as_f64().filter(|_| name.ends_with("_dbm")) {
            *value = json!(level + by_db);
            levels += 1;
        }
    }
    (out, levels)
}

fn row(system: &dyn Single, scheme: &str, scenario: Value, trial: u64) -> Option<Row> {
    let point = Point { scenario, settings: certified(system, scheme) };
    let chain = system.prepare(scheme, &mut std::iter::once(point)).ok()?;
    chain.run(7, trial, &Interrupt::new()).pop()
}

/// What differs between the two, in words.
fn difference(system: &dyn Single, a: &Row, b: &Row) -> Option<String> {
    if a.outcome != b.outcome || matches!(a.outcome, Outcome::Unsound(_)) {
        return Some(format!("{:?} against {:?}", a.outcome, b.outcome));
    }
    let goal = system.goal()?;
    let index = system.metrics().iter().position(|metric| metric.name == goal.metric)?;
    let (x, y) = (a.metrics[index]?, b.metrics[index]?);
    let both = a.stop == Some(Stop::Converged) && b.stop == Some(Stop::Converged);
    // a search that gave up has no point of its own: it may end where rounding takes it
    let apart = (x - y).abs() / x.abs().max(y.abs()).max(f64::MIN_POSITIVE);
    (both && apart > SAME).then(|| format!("{x} against {y}: {apart:e}"))
}

#[test]
fn campaign_units_of_power() {
    let mut dice = Dice(12_121);
    let systems: Vec<&'static dyn Single> = systems::singles()
        .into_iter()
        .filter(|system| moved(&system.default_scenario(), 1.0).1 > 1)
        .collect();
    assert_eq!(
        systems.iter().map(|s| s.id()).collect::<Vec<_>>(),
        ["beamforming", "frame", "surfaces"]
    );
    let (mut wrong, mut compared, mut tried) = (Vec::new(), 0, 0);
    while compared < SHORT * effort::<usize>() {
        tried += 1;
        assert!(tried < 20 * SHORT * effort::<usize>(), "only {compared} of {tried} compared");
        let system = systems[dice.roll(systems.len())];
        let schemes = system.schemes();
        let scheme = schemes[dice.roll(schemes.len())].name;
        // its weight is in nat·W, a setting, and the default another problem at another power
        if scheme == "extended-target" {
            continue;
        }
        let by_db = dice.roll(241) as f64 - 120.0;
        let trial = dice.roll(1000) as u64;
        let scenario = system.default_scenario();
        let other = moved(&scenario, by_db).0;
        let (Some(a), Some(b)) =
            (row(system, scheme, scenario, trial), row(system, scheme, other, trial))
        else {
            continue;
        };
        compared += 1;
        if let Some(words) = difference(system, &a, &b) {
            wrong.push(format!("{} {scheme}, trial {trial}, {by_db} dB: {words}", system.id()));
        }
    }
    assert!(wrong.is_empty(), "{} of {compared}:\n{}", wrong.len(), wrong.join("\n"));
}
