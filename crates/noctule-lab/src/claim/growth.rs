//! Claims on how a mean grows: changes beside changes, and exponents.

use super::{Function, View};

/// The function of this name.
pub(super) fn find(name: &str) -> Option<Function> {
    Some(match name {
        "added_by_overlap_six_over_two" => {
            |view| overlap_six_over_two(view, |full, none| full - none)
        }
        "growth_by_overlap_six_over_two" => {
            |view| overlap_six_over_two(view, |full, none| full / none)
        }
        "bound_exponent_after_sixteen" => |view| {
            let bound = |symbols| mean_bound(view, symbols);
            let exponent =
                |from: f64, to: f64| Some((bound(from)? / bound(to)?).ln() / (to / from).ln());
            Some(exponent(16.0, 20.0)? / exponent(12.0, 16.0)?)
        },
        "bound_step_after_sixteen" => |view| {
            let step = |from, to| Some(mean_bound(view, from)? - mean_bound(view, to)?);
            Some(step(16.0, 20.0)? / step(12.0, 16.0)?)
        },
        _ => return None,
    })
}

/// The mean of a metric of a scheme where the sweeps whose paths end so have these values.
fn mean_at(view: &View<'_>, metric: &str, scheme: &str, at: &[(&str, f64)]) -> Option<f64> {
    let plan = view.plan();
    let is = |point: &usize| {
        let values = plan.grid_values(*point);
        at.iter().all(|(ending, wanted)| {
            let sweep = plan.sweeps.iter().position(|sweep| sweep.path.ends_with(ending));
            let value = sweep.and_then(|sweep| values[sweep].as_f64());
            value.is_some_and(|value| (value - wanted).abs() < 1e-9)
        })
    };
    let samples = view.samples(metric, scheme, (0..plan.grid_len()).find(is)?);
    let sum: f64 = samples.iter().map(|(_, value)| value).sum();
    (!samples.is_empty()).then(|| sum / samples.len() as f64)
}

/// What full overlap of the pilots does to the mean error of full power, by `change` of the errors
/// with and without: that of six users over that of two.
fn overlap_six_over_two(view: &View<'_>, change: fn(f64, f64) -> f64) -> Option<f64> {
    let of = |users: f64| {
        let error = |overlap: f64| {
            let at = [("users.drawn.count", users), ("downlink_correlation", overlap)];
            mean_at(view, "worst_error", "full-power", &at)
        };
        Some(change(error(1.0)?, error(0.0)?))
    };
    Some(of(6.0)? / of(2.0)?)
}

/// The mean bound on positions of Algorithm 1 with so many pilot symbols.
fn mean_bound(view: &View<'_>, symbols: f64) -> Option<f64> {
    mean_at(view, "mean_crb_m2", "algorithm-1", &[("pilot_symbols", symbols)])
}
