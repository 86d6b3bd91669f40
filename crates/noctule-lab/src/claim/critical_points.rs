//! Claims on the two critical points of a trade-off between rate and error, which every drop has for
//! itself: where a limit on one begins to cost the other.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Function, View};

/// How far inside or outside of its critical point a drop lies to be counted: by the error.
const CLEAR: f64 = 1.05;

/// The same by the rate, of which a hundredth is much.
const CLEAR_RATE: f64 = 1.02;

/// The function of this name.
pub(super) fn find(name: &str) -> Option<Function> {
    Some(match name {
        "rate_beyond_s_i" => {
            |view| rate_under_a_limit(view, 3.0, |own, limit| own * CLEAR <= limit)
        }
        "rate_before_s_i" => {
            |view| rate_under_a_limit(view, 1.3, |own, limit| own >= CLEAR * limit)
        }
        "error_below_r_t" => {
            |view| error_under_a_rate(view, |own, _, rate| own >= CLEAR_RATE * rate)
        }
        "error_above_r_t" => |view| {
            error_under_a_rate(view, |own, most, rate| own * CLEAR_RATE <= rate && rate <= most)
        },
        _ => return None,
    })
}

type Drops = BTreeMap<u64, f64>;

/// The samples of a scheme at the first point whose requirement is meant.
fn drops(
    view: &View<'_>,
    metric: &str,
    scheme: &str,
    meant: impl Fn(&Value) -> bool,
) -> Option<Drops> {
    let mut points = 0..view.plan().grid_len();
    let point = points.find(|point| meant(view.plan().grid_values(*point)[0]))?;
    Some(view.samples(metric, scheme, point).into_iter().collect())
}

/// Whether a requirement is this multiple of the smallest error.
fn is_limit(requirement: &Value, times: f64) -> bool {
    requirement["error_over_best"].as_f64().is_some_and(|found| (found - times).abs() < 1e-9)
}

fn is_none(requirement: &Value) -> bool {
    requirement.as_str() == Some("none")
}

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// The rate under a limit of `times` the smallest error over the largest rate, over the drops whose
/// own S_I, as a multiple of their smallest error, is as wanted.
fn rate_under_a_limit(view: &View<'_>, times: f64, wanted: fn(f64, f64) -> bool) -> Option<f64> {
    let largest = drops(view, "sum_rate_bps_hz", "rate-only", is_none)?;
    let (error, least) = (
        drops(view, "error", "rate-only", is_none)?,
        drops(view, "error", "sensing-only", is_none)?,
    );
    let limited = drops(view, "sum_rate_bps_hz", "balanced", |r| is_limit(r, times))?;
    let of = |(trial, rate): (&u64, &f64)| {
        let own = error.get(trial)? / least.get(trial)?;
        Some(rate / largest.get(trial)?).filter(|_| wanted(own, times))
    };
    mean(&limited.iter().filter_map(of).collect::<Vec<f64>>())
}

/// The error under a required rate over the smallest one, over the drops whose own R_T and largest
/// rate are as wanted.
fn error_under_a_rate(view: &View<'_>, wanted: fn(f64, f64, f64) -> bool) -> Option<f64> {
    let asked = |requirement: &Value| requirement["min_rate_bps_hz"].as_f64();
    let mut points = 0..view.plan().grid_len();
    let rate = points.find_map(|point| asked(view.plan().grid_values(point)[0]))?;
    let largest = drops(view, "sum_rate_bps_hz", "rate-only", is_none)?;
    let least = drops(view, "error", "sensing-only", is_none)?;
    let own = drops(view, "sum_rate_bps_hz", "balanced", |r| is_limit(r, 1.001))?;
    let error = drops(view, "error", "balanced", |r| asked(r).is_some())?;
    let of = |(trial, error): (&u64, &f64)| {
        let wanted = wanted(*own.get(trial)?, *largest.get(trial)?, rate);
        Some(error / least.get(trial)?).filter(|_| wanted)
    };
    mean(&error.iter().filter_map(of).collect::<Vec<f64>>())
}
