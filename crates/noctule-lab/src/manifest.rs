//! `manifest.json`: where the numbers come from, and the digests that show whether they were touched.

use serde_json::{Value, json};

use crate::canonical;
use crate::fold::Folded;
use crate::presentation::Presentation;
use crate::run::Store;

/// The format of manifests.
const FORMAT: &str = "noctule-manifest/1";

/// The text of the manifest: sorted keys, one per line.
pub(crate) fn text(store: &Store, presentation: &Presentation, folded: &Folded) -> String {
    let plan = store.plan();
    let sweeps = plan.sweeps.iter().filter(|sweep| sweep.schemes.is_none());
    let swept: Vec<Value> = sweeps.map(|s| json!({ "path": s.path, "values": s.values })).collect();
    let scenario = json!({ "scenario": plan.scenario, "sweeps": swept });
    let scenario = canonical::sha256(canonical::text(&scenario).as_bytes());
    let seed = match &folded.seeds[..] {
        [seed] => json!(seed),
        seeds => json!(seeds),
    };
    let manifest = json!({
        "format": FORMAT,
        "experiment": presentation.experiment,
        "system": plan.system,
        "plan_sha256": store.hash(),
        "scenario_sha256": scenario,
        "presentation_sha256": canonical::sha256(presentation.text().as_bytes()),
        "seed": seed,
        "trials_planned": plan.trials,
        "trials": folded.trials,
        "chunks": plan.chunks(),
        "version": plan.version,
        "build": folded.build,
        "cpu": folded.cpus,
        "files_sha256": folded.digests,
    });
    // serde_json's own maps are sorted unless some crate asks otherwise; the canonical text is
    // sorted in any case, and reading it back keeps that order.
    let sorted: Value = serde_json::from_str(&canonical::text(&manifest)).unwrap_or(manifest);
    serde_json::to_string_pretty(&sorted).unwrap_or_default() + "\n"
}
