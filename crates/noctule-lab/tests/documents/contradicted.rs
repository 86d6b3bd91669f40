//! Documents of which one claim was changed: it is refuted, or named as not checkable.

use noctule_lab::single::{Claim, Finding, SingleError, Verdict};
use serde_json::{Value, json};

use super::effort::effort;
use super::{Dice, documents};

/// Places of a document that claim something beyond its variables and instance, with the claim that
/// answers for them.
fn claimed(document: &Value) -> Vec<(String, &'static str)> {
    let mut places = Vec::new();
    for root in [
        "/metrics",
        "/violation",
        "/meets_requirements",
        "/proof",
        "/stop",
        "/warnings",
        "/scheme",
        "/settings",
        "/draw",
        "/starts",
        "/work",
        "/trace",
    ] {
        if let Some(value) = document.pointer(root) {
            leaves(root, value, &mut places);
        }
    }
    let named = |place: String| answering(&place).map(|name| (place, name));
    places.into_iter().filter_map(named).collect()
}

/// The claim that answers for a place; none for multipliers, any of which prove something.
fn answering(place: &str) -> Option<&'static str> {
    let last = place.rsplit('/').next().unwrap_or_default();
    let first = place.split('/').nth(1).unwrap_or_default();
    Some(match (first, last) {
        _ if place.contains("/numbers/") => return None,
        ("proof", "method" | "statement" | "problem" | "rounding") => "texts",
        ("proof", _) if place.starts_with("/proof/point") => "proof.point",
        ("proof", _) if place.starts_with("/proof/infeasible") => "proof.infeasible",
        ("proof", "margin") => "proof.bound.margin",
        ("proof", "value") => "proof.bound.value",
        ("proof", _) => "proof.bound.gap",
        (first, _) => KINDS.iter().copied().find(|kind| *kind == first)?,
    })
}

/// Places of everything that is not a container, absent members included.
fn leaves(place: &str, value: &Value, out: &mut Vec<String>) {
    match value {
        Value::Array(items) if !items.is_empty() => {
            for (index, item) in items.iter().enumerate() {
                leaves(&format!("{place}/{index}"), item, out);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                leaves(&format!("{place}/{name}"), member, out);
            }
        }
        _ => out.push(place.to_owned()),
    }
}

/// Another value of the same kind, far enough from it that nobody could call it rounding.
fn another(value: &Value, dice: &mut Dice) -> Value {
    match value {
        Value::Bool(yes) => json!(!yes),
        Value::Number(number) => {
            let x = number.as_f64().unwrap();
            let factors = [1e-3, 0.5, 1.01, 2.0, -1.0, 1e6];
            let factor = factors[dice.roll(factors.len())];
            match number.is_f64() {
                true if x == 0.0 => json!([0.1, -0.1, 1e6][dice.roll(3)]),
                true => json!(x * factor),
                false => json!(number.as_i64().unwrap_or(0) + 1 + dice.roll(3) as i64),
            }
        }
        Value::String(text) => match text.as_str() {
            "upper" => json!("lower"),
            "lower" => json!("upper"),
            _ => json!(["converged", "computed", "stalled", "nonsense"][dice.roll(4)]),
        },
        _ => json!(0.5),
    }
}

/// Whether a claim is answered for: something is refuted, or it is named as what cannot be checked. A
/// document may be unconfirmed for another reason (it misses a requirement): that answers nothing.
fn is_answered(finding: &Finding, name: &str, place: &str) -> bool {
    let refuted = finding.claims.iter().any(|claim| matches!(claim.verdict, Verdict::Refuted(_)));
    let named = |claim: &str| {
        let added = claim.strip_prefix("metrics.").map(|metric| format!("/metrics/{metric}"));
        claim == name || added.is_some_and(|added| place.starts_with(&added))
    };
    let open = |claim: &Claim| claim.is_open() && named(&claim.name);
    refuted || finding.claims.iter().any(open)
}

/// Every claim of a document is changed by itself: it is refuted, or named as not checkable, and
/// the document as it was written is confirmed.
#[test]
fn campaign_contradictory_documents() {
    let mut dice = Dice(20_260_101);
    let mut wrong = Vec::new();
    for (system, name, document) in documents() {
        let whole = system.verify(&document).unwrap();
        if let Some(claim) = whole.claims.iter().find(|claim| claim.is_refuted()) {
            wrong.push(format!("{name}, unchanged: {claim:?}"));
        }
        assert!(whole.agrees, "{name}: {whole:?}");
        let places = claimed(&document);
        let cases = (10 * effort::<usize>()).min(4 * places.len());
        for case in 0..cases {
            // every kind of claim in turn; where there is none of a kind, any
            let wanted = KINDS[case % KINDS.len()];
            let of_kind: Vec<_> = places.iter().filter(|(_, kind)| *kind == wanted).collect();
            let (place, kind) = match of_kind.len() {
                0 => &places[dice.roll(places.len())],
                many => of_kind[dice.roll(many)],
            };
            let mut changed = document.clone();
            let value = changed.pointer_mut(place).unwrap();
            let before = value.clone();
            *value = another(&before, &mut dice);
            let after = value.clone();
            if is_rounding(place, &document, &before, &after) {
                continue;
            }
            match system.verify(&changed) {
                Err(SingleError::Input(_)) => {}
                Err(error) => wrong.push(format!("{name}: {place}: {error}")),
                Ok(finding) if is_answered(&finding, kind, place) => {}
                Ok(finding) => wrong
                    .push(format!("{name}: {place} {before} -> {after}: {}", finding.summary())),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// An empty list says that nothing is limited; what is no list there is refuted like a list of another length.
#[test]
fn nothing_stands_in_the_place_of_an_empty_list() {
    let (system, _, whole) = documents()
        .into_iter()
        .find(|(_, _, document)| document["metrics"]["goal"]["limited"] == json!([]))
        .unwrap();
    for other in [json!(0.5), json!(true), json!("none"), json!({}), json!([0.5])] {
        let mut changed = whole.clone();
        changed["metrics"]["goal"]["limited"] = other.clone();
        let found = system.verify(&changed);
        let is_confirmed = found.as_ref().is_ok_and(|finding| finding.agrees);
        assert!(!is_confirmed, "{other}: {found:?}");
    }
}

const KINDS: &[&str] = &[
    "proof.bound.gap",
    "proof.infeasible",
    "proof.point",
    "violation",
    "meets_requirements",
    "stop",
    "warnings",
    "metrics",
    "scheme",
    "settings",
    "proof.bound.value",
    "proof.bound.margin",
    "texts",
    "draw",
    "starts",
    "work",
    "trace",
];

/// Changes that say the same: numbers that count as zero or as met before and after, a looser
/// multiplier or bound.
fn is_rounding(place: &str, document: &Value, before: &Value, after: &Value) -> bool {
    let (Some(a), Some(b)) = (before.as_f64(), after.as_f64()) else { return before == after };
    let size = document["proof"]["bound"]["value"].as_f64().unwrap_or(1.0).abs();
    match place {
        _ if place.starts_with("/metrics") => (a - b).abs() <= 2e-6 * a.abs().max(b.abs()) + 2e-9,
        "/proof/bound/gap_abs" => (a - b).abs() <= 1e-9 * size,
        "/proof/bound/gap_rel" => (a - b).abs() <= 1e-9,
        _ if place.ends_with("violation") => a.max(b) <= 1e-6 && b >= 0.0,
        "/proof/point/residual" => (a - b).abs() <= 2e-9 + 0.02 * a && b >= 0.0,
        _ => a.total_cmp(&b).is_eq(),
    }
}
