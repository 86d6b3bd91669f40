//! What the first scheme of a system proves holds for all of them.

#[path = "scenes.rs"]
mod scenes;

use noctule_lab::systems;

use super::stories;

/// What the bound of the first scheme is about.
const BOUNDED: [(&str, &str); 5] = [
    ("beamforming", "objective"),
    ("cellfree", "sum_rate_bps_hz"),
    ("frame", "sum_rate_bps_hz"),
    ("pilots", "worst_error"),
    ("surfaces", "rate_bps_hz"),
];

/// Bounds carry margins for rounding of their own; the numbers of documents agree to this.
const ROUNDING: f64 = 1e-9;

#[test]
fn no_scheme_passes_the_bound_of_the_first() {
    assert_eq!(systems::singles().len(), BOUNDED.len());
    for (system, metric) in BOUNDED {
        let own = stories().iter().filter(|(of, ..)| of.id() == system);
        let mut own = own.filter_map(|(_, name, story)| Some((name, story.as_ref()?)));
        let (name, first) = own.next().unwrap();
        let bound = &first.document["proof"]["bound"];
        let value = bound["value"].as_f64().unwrap_or_else(|| panic!("{name} proves nothing"));
        let below = bound["sense"] == "lower";
        for (name, story) in own.filter(|(_, story)| story.meets_requirements) {
            let Some(found) = story.document["metrics"][metric].as_f64() else { continue };
            let beyond = if below { value - found } else { found - value };
            assert!(beyond <= ROUNDING * value.abs(), "{name}: {found} passes {value}");
        }
    }
}
