//! Claims on surfaces that the closed vocabulary cannot say.

use super::{Function, View};

/// The function of this name.
pub(super) fn find(name: &str) -> Option<Function> {
    Some(match name {
        "first_elements_of_all_eight_bisector" => |view| first_elements(view, "bisector"),
        "first_elements_of_all_eight_skew" => |view| first_elements(view, "skew"),
        _ => return None,
    })
}

/// The smallest number of elements with which all eight surfaces meet the requirement: where there
/// is a design of the scheme `all`.
fn first_elements(view: &View<'_>, layout: &str) -> Option<f64> {
    let place = |path: &str| view.plan().sweeps.iter().position(|sweep| sweep.path == path);
    let (of_layout, of_elements) = (place("scenario.layout")?, place("scenario.elements")?);
    let with = (0..view.plan().grid_len()).filter_map(|point| {
        let values = view.plan().grid_values(point);
        let there = !view.samples("rate_bps_hz", "all", point).is_empty();
        let here = values[of_layout].as_str() == Some(layout);
        values[of_elements].as_f64().filter(|_| there && here)
    });
    with.reduce(f64::min)
}
