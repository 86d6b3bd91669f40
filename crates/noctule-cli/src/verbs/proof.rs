//! Proof files: a bound with its instance and all of its multipliers, apart from the design.

use std::path::Path;

use noctule::data;
use noctule_check::{Proven, Refused, check};
use noctule_lab::files;
use noctule_lab::single::Story;
use noctule_num::InputError;
use serde_json::{Value, json};

use super::{print, print_json};
use crate::exit::{Done, Failure};
use crate::progress::say;
use crate::tables;

/// Before anything is computed: whether a proof can be written there.
pub(crate) fn check_path(path: Option<&Path>) -> Result<(), Failure> {
    let wrong = path.filter(|path| path.extension().is_none_or(|ending| ending != "json"));
    let Some(path) = wrong else { return Ok(()) };
    let what = "the file's ending does not tell its format";
    Err(InputError::new(what, "--proof", path.display().to_string(), "a name in .json").into())
}

/// The instance and the bound of a design, without the design, where that is a proof.
pub(crate) fn write(story: &Story, path: &Path) -> Result<(), Failure> {
    let document = &story.document;
    let bound = &document["proof"]["bound"];
    // boxes of cells of trade-off curves are checked where the curves are
    let here = bound["numbers"]["cell_low"].is_null();
    let listed = here && bound["numbers"].as_object().is_some_and(|numbers| !numbers.is_empty());
    if !listed || !bound["numbers"]["left_out"].is_null() {
        let why = if bound.is_null() {
            "a design that has a bound"
        } else if listed {
            "a bound with no more multipliers than documents keep"
        } else {
            "a bound with multipliers; `noctule verify` of the design computes this one again"
        };
        return Err(not_written(path, why));
    }
    let mut proof = json!({
        "format": "noctule-proof/1",
        "system": document["system"],
        "scheme": document["scheme"],
        "settings": document["settings"],
        "instance": document["instance"],
        "proof": { "bound": bound },
    });
    if !document["instance"]["goal"].is_null() {
        // of some goals beams are a multiplier: of any that fit the bound follows, of these it is close
        proof["beams"] = document["beams"].clone();
    }
    // what the checker refuses is none: of ill-conditioned scenes rounding may take more than bounds leave it
    if let Err(Refused::Unproven(why)) = check(&proof) {
        return Err(not_written(path, &format!("a bound that its checker confirms: {why}")));
    }
    files::write(path, format!("{proof:#}\n").as_bytes())?;
    say(&format!("wrote {}", path.display()));
    Ok(())
}

/// A design is no worse for it.
fn not_written(path: &Path, allowed: &str) -> Failure {
    let place = path.display().to_string();
    let error = InputError::new("no proof is written", "--proof", place, allowed);
    error.hint("the design itself is shown, and kept where --out says").into()
}

/// `noctule verify --proof`: the bound of a proof file or a design document, by a checker that has nothing of
/// the solvers.
pub(crate) fn verify(file: &Path, as_json: bool) -> Result<Done, Failure> {
    let place = file.display().to_string();
    let text = data::design_document(file)?;
    let document = data::json_document(text.as_bytes())
        .map_err(|error| InputError { place: format!("{place}:{}", error.place), ..error })?;
    let begun = std::time::Instant::now();
    let found = check(&document);
    let seconds = begun.elapsed().as_secs_f64();
    let (verdict, sentence) = match &found {
        Ok(proven) => ("proven", told(&document, proven, seconds)),
        Err(Refused::Unproven(why)) => ("not proven", format!("NOT proven: {why}")),
        Err(Refused::NotHere(what)) => {
            let allowed =
                "a bound with multipliers of beamforming, cellfree, frame, pilots or surfaces";
            let error = InputError::new("not checked by this checker", place, what, allowed);
            return Err(error.hint("`noctule verify` without --proof checks documents").into());
        }
    };
    if as_json {
        let proven = found.as_ref().ok();
        print_json(&json!({
            "format": "noctule-proof-finding/1",
            "verdict": verdict,
            "reason": sentence,
            "value": proven.map(|proven| proven.value),
            "statements": proven.map(|proven| proven.leaves),
        }))?;
    } else {
        print(&tables::wrap(&sentence, tables::prose_width()))?;
    }
    Ok(if found.is_ok() { Done::Done } else { Done::Contradicts })
}

fn told(document: &Value, proven: &Proven, seconds: f64) -> String {
    let bound = &document["proof"]["bound"];
    let verb = if proven.upper { "exceeds" } else { "undercuts" };
    let of = bound["problem"].as_str().map_or_else(String::new, |problem| format!(" ({problem})"));
    format!(
        "proven: no design{of} {verb} {} in its {} (claimed: {}); {} boxes, {:.3} ms each",
        digits(proven.value),
        proven.quantity,
        digits(bound["value"].as_f64().unwrap_or(f64::NAN)),
        proven.leaves,
        1e3 * seconds / proven.leaves.max(1) as f64,
    )
}

/// All digits, so that no rounding makes a claim of its own.
fn digits(value: f64) -> String {
    if value.abs() < 1e-4 { format!("{value:e}") } else { value.to_string() }
}
