//! Proofs that somebody changed.
//!
//! Any multipliers prove something, so that a number which is another one need not be refused: the proof may be a
//! weaker one that the claim still follows from. What must hold is that nothing *false* is ever proven, which every
//! change is tried with. What cannot be a proof is refused every time: a leaf that is missing, a box with a hole beside
//! it, lists that do not fit, the proof of a problem whose best is better, and a claim that does not follow.

use noctule_check::check;
use noctule_lab::single::{Source, Verdict};
use noctule_lab::systems;
use noctule_optim::Interrupt;
use serde_json::{Value, json};

use super::{Dice, SYSTEMS, effort, lie, small};

/// Changes to the proof of a system; a thousand at the depth of `cargo xtask validate`.
const MUTATIONS: usize = 50;

/// What a changed document may be.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Must {
    /// Nothing is proven by it.
    BeRefused,
    /// Nothing false is.
    NotLie,
}

#[test]
fn campaign_tampered_proofs_are_refused() {
    for (id, metric) in SYSTEMS {
        let (whole, other) = (small(id, 1), small(id, 2));
        let mut dice = Dice(0x1a2b_3c4d);
        let (mut targeted, mut refused, mut weaker) = (0, 0, 0);
        for case in 0..MUTATIONS * effort::effort::<u16>() as usize {
            let mut document = whole.clone();
            let (what, must) = match case % 5 {
                0 => cut(&mut document, &mut dice),
                1 => misfit(&mut document, &mut dice),
                2 => swap(&mut document, &other, metric, &mut dice),
                3 => tighten(&mut document, metric, &mut dice),
                _ => revalue(&mut document, &mut dice),
            };
            // The instance may be another one now, whose best is not known: only claims about the same
            // instance are called lies.
            if document["instance"] == whole["instance"] {
                let lying = lie(document.clone(), metric);
                assert!(check(&lying).is_err(), "{id} {case}: a lie is proven, {what}");
            }
            match (must, check(&document).is_err()) {
                (Must::BeRefused, true) => targeted += 1,
                (Must::BeRefused, false) => panic!("{id} {case}: proven with {what}"),
                (Must::NotLie, true) => refused += 1,
                (Must::NotLie, false) => weaker += 1,
            }
        }
        println!(
            "{id}: {targeted} no proofs, all refused; of other numbers {refused} refused, {weaker} prove it still"
        );
        assert!(targeted > 0 && refused > 0, "{id}");
    }
}

/// How many boxes a proof has, and how many sides each; none where it is no list of boxes.
fn boxes(document: &Value) -> Option<(usize, usize)> {
    let length = |of: &Value| of.as_array().map_or(0, Vec::len);
    let instance = &document["instance"];
    let low = length(&document["proof"]["bound"]["numbers"]["low"]);
    let sides = match document["system"].as_str() {
        Some("frame") => 1,
        Some("pilots") => length(&instance["uplink_gram"]),
        _ => length(&instance["channels"]),
    };
    (low > 0).then(|| (low / sides, sides))
}

fn list<'a>(document: &'a mut Value, name: &str) -> &'a mut Vec<Value> {
    document["proof"]["bound"]["numbers"][name].as_array_mut().unwrap()
}

fn names(document: &Value) -> Vec<String> {
    let numbers = document["proof"]["bound"]["numbers"].as_object().unwrap();
    let filled = numbers.iter().filter(|(_, list)| list.as_array().is_some_and(|l| !l.is_empty()));
    filled.map(|(name, _)| name.clone()).collect()
}

/// A leaf less, from every list; or a box that is smaller than it was by a part of one of its sides.
fn cut(document: &mut Value, dice: &mut Dice) -> (String, Must) {
    let Some((count, sides)) = boxes(document) else {
        // no boxes: a deployment less
        let power = list(document, "power");
        let gone = dice.roll(power.len());
        power.remove(gone);
        return (format!("deployment {gone} gone"), Must::BeRefused);
    };
    let gone = dice.roll(count);
    if dice.roll(2) == 0 {
        for name in names(document) {
            let list = list(document, &name);
            let each = list.len() / count;
            if each * count == list.len() {
                list.drain(gone * each..(gone + 1) * each);
            }
        }
        return (format!("leaf {gone} of {count} gone"), Must::BeRefused);
    }
    let at = gone * sides + dice.roll(sides);
    let end = |document: &mut Value, name: &str| list(document, name)[at].as_f64().unwrap();
    let (low, high) = (end(document, "low"), end(document, "high"));
    let part = 10_f64.powi(-(dice.roll(3) as i32)) * 0.3 * (high - low);
    let below = dice.roll(2) == 0;
    if below {
        list(document, "low")[at] = json!(low + part);
    } else {
        list(document, "high")[at] = json!(high - part);
    }
    // Sides without a width, or with less of it than rounding is allowed; and the end of a block of a frame, which has
    // no room for a pilot: no frame ends its sensing there.
    let symbols = |name: &str| document["instance"][name].as_f64().unwrap_or(0.0);
    let pilot = symbols("pilot_symbols") / symbols("block_symbols").max(1.0);
    let room = if below { 0.0 } else { pilot };
    let must = if part > room.max(1e-8 * high.abs()) { Must::BeRefused } else { Must::NotLie };
    (format!("side {at} of [{low}, {high}] shorter by {part}"), must)
}

/// Entries gone, doubled, no numbers; lists gone or too many.
fn misfit(document: &mut Value, dice: &mut Dice) -> (String, Must) {
    let names = names(document);
    let name = &names[dice.roll(names.len())];
    let kind = dice.roll(5);
    if kind == 4 {
        document["proof"]["bound"]["numbers"].as_object_mut().unwrap().remove(name);
        // a list that is for people, and read by nobody
        let must = if name.as_str() == "empty" { Must::NotLie } else { Must::BeRefused };
        return (format!("no {name}"), must);
    }
    let list = list(document, name);
    let at = dice.roll(list.len());
    match kind {
        0 => list[at] = json!("1"),
        1 => list[at] = Value::Null,
        2 => drop(list.remove(at)),
        _ => list.insert(at, list[at].clone()),
    }
    (format!("{name}[{at}], misfit {kind}"), Must::BeRefused)
}

/// The proof of another problem, or the problem of another proof.
fn swap(document: &mut Value, other: &Value, metric: &str, dice: &mut Dice) -> (String, Must) {
    let place = ["instance", "proof"][dice.roll(2)];
    // whose design the claim is about now
    let (claimed, of) = match place {
        "instance" => (document.clone(), other),
        _ => (other.clone(), &document.clone()),
    };
    let claim = claimed["proof"]["bound"]["value"].as_f64().unwrap();
    let reached = of["metrics"][metric].as_f64().unwrap();
    let upper = claimed["proof"]["bound"]["sense"] == "upper";
    let is_false = if upper { reached > claim } else { reached < claim };
    document[place] = other[place].clone();
    let must = if is_false { Must::BeRefused } else { Must::NotLie };
    document["metrics"] = of["metrics"].clone();
    (format!("{place} of another"), must)
}

/// A claim nearer to the design, or beyond it.
fn tighten(document: &mut Value, metric: &str, dice: &mut Dice) -> (String, Must) {
    let reached = document["metrics"][metric].as_f64().unwrap();
    let bound = &mut document["proof"]["bound"];
    let value = bound["value"].as_f64().unwrap();
    let least = if metric == "worst_error" { 0.0 } else { 1.0 };
    let sign = if bound["sense"] == "upper" { -1.0 } else { 1.0 };
    let by = 10_f64.powi(-(dice.roll(7) as i32) - 2) * value.abs().max(least);
    bound["value"] = json!(value + sign * by);
    (format!("a claim nearer to {reached} by {by:e}"), Must::BeRefused)
}

/// Other numbers.
fn revalue(document: &mut Value, dice: &mut Dice) -> (String, Must) {
    let names = names(document);
    let name = names[dice.roll(names.len())].clone();
    let list = list(document, &name);
    let at = dice.roll(list.len());
    let value = list[at].as_f64().unwrap();
    let kind = dice.roll(5);
    list[at] = json!([value * 1.3, value * 0.7, 0.0, -value, 1e308][kind]);
    (format!("{name}[{at}], {value} revalued {kind}"), Must::NotLie)
}

/// Beside an extended target the boxes are in the document as well, and the weight of its bound is part of the claim.
#[test]
fn boxes_beside_an_extended_target_are_checked() {
    let system = systems::singles().into_iter().find(|one| one.id() == "beamforming").unwrap();
    let mut scenario = system.default_scenario();
    (scenario["users"], scenario["power_dbm"]) = (json!(2), json!(10.0));
    scenario["transmit_array"] = json!({ "horizontal": 2, "vertical": 2 });
    let mut settings = system.default_settings("extended-target").unwrap();
    settings["weight_nat_w"] = json!(1e-4);
    let source = Source { scenario: Some(scenario), arrays: None, seed: 1, trial: 0 };
    let story = system.design(&source, "extended-target", &settings, &Interrupt::new()).unwrap();
    let whole = story.document;
    let proven = check(&whole).unwrap();
    let verified = |document: &Value| {
        let finding = system.verify(document).unwrap();
        let claim = finding.claims.iter().find(|claim| claim.name == "proof.bound.value").unwrap();
        claim.verdict == Verdict::Confirmed
    };
    assert!(verified(&whole) && proven.leaves > 1, "{proven:?}");
    let bound = &whole["proof"]["bound"];
    let (value, gap) = (bound["value"].as_f64().unwrap(), bound["gap_abs"].as_f64().unwrap());
    let changed = |path: &str, to: Value| {
        let mut other = whole.clone();
        *other.pointer_mut(path).unwrap() = to;
        other
    };
    let beyond = value - gap - 1e-6 * value.abs();
    for closer in [value - 1e-7 * value.abs(), beyond] {
        assert!(check(&changed("/proof/bound/value", json!(closer))).is_err(), "{closer}");
    }
    let problem = bound["problem"].as_str().unwrap();
    for (path, to) in [
        ("/settings/weight_nat_w", json!(1e-5)),
        ("/settings/weight_nat_w", Value::Null),
        ("/settings/weight_nat_w", json!(-1e-4)),
        ("/scheme", json!("optimal")),
        ("/proof/bound/problem", json!(problem.replace("0.0001", "0.00001"))),
        ("/proof/bound/problem", json!(problem.replace("0.0001", "nan"))),
        ("/proof/bound/problem", json!("the extended target of somebody else")),
        ("/proof/bound/problem", Value::Null),
        ("/instance/power_w", json!(1.0)),
    ] {
        assert!(check(&changed(path, to.clone())).is_err(), "{path} {to}");
    }
    // any multipliers prove something, and never that the best is worse than what was reached
    let mut dice = Dice(0x5eed);
    let (mut refused, mut weaker) = (0, 0);
    for case in 0..MUTATIONS * effort::effort::<u16>() as usize {
        let mut document = whole.clone();
        let (what, must) = match case % 4 {
            0 => cut(&mut document, &mut dice),
            1 => misfit(&mut document, &mut dice),
            _ => revalue(&mut document, &mut dice),
        };
        let mut lie = document.clone();
        lie["proof"]["bound"]["value"] = json!(beyond);
        assert!(check(&lie).is_err(), "{case}: a lie is proven, {what}");
        let found = check(&document);
        assert!(found.is_err() || must == Must::NotLie, "{case}: proven with {what}");
        if found.is_err() { refused += 1 } else { weaker += 1 }
    }
    println!("extended: {refused} refused, {weaker} prove it still");
    assert!(refused > 0 && weaker > 0);
}
