//! Claims on frames that the closed vocabulary cannot say.

use super::{Function, View};

/// The function of this name.
pub(super) fn find(name: &str) -> Option<Function> {
    Some(match name {
        "largest_second_difference" => |view| largest_second_difference(view, 0.0),
        "largest_second_difference_from_the_third_block" => {
            |view| largest_second_difference(view, 2.0)
        }
        "rate_at_the_best_of_the_bound" => rate_at_the_best_of_the_bound,
        _ => return None,
    })
}

/// The rate by (22) with the number of updates that is best by its lower bound (28), over the largest.
fn rate_at_the_best_of_the_bound(view: &View<'_>) -> Option<f64> {
    let mut sweeps = view.plan().sweeps.iter();
    let form = sweeps.position(|sweep| sweep.path == "scenario.sinr")?;
    let by = |word: &str| -> Vec<f64> {
        let points = 0..view.plan().grid_len();
        let points = points.filter(|p| view.plan().grid_values(*p)[form].as_str() == Some(word));
        let bits = |point| view.samples("frame_bits_per_hz", "optimal", point).first().map(|s| s.1);
        points.filter_map(bits).collect()
    };
    let (bound, rate) = (by("lower-bound"), by("use-and-forget"));
    let best = (0..bound.len()).max_by(|a, b| bound[*a].total_cmp(&bound[*b]))?;
    let largest = rate.iter().copied().reduce(f64::max)?;
    rate.get(best).map(|rate| rate / largest)
}

/// The largest second difference of the bits of a frame over its sensing time, relative to the bits,
/// between three neighbouring times of one segment between whole blocks; of the segments from `from`
/// blocks on. Times within a segment are taken to be equally far apart. Concave is not above zero.
fn largest_second_difference(view: &View<'_>, from: f64) -> Option<f64> {
    let mut sweeps = view.plan().sweeps.iter();
    let sweep = sweeps.position(|sweep| sweep.path.ends_with("sensing_blocks"))?;
    let mut curve = Vec::new();
    for point in 0..view.plan().grid_len() {
        let time = view.plan().grid_values(point)[sweep].as_f64()?;
        let bits = view.samples("frame_bits_per_hz", "optimal", point).first()?.1;
        curve.push((time, bits));
    }
    let segment = |time: f64| time.floor() as i64;
    let inside = curve.windows(3).filter_map(|three| match *three {
        [(start, a), (_, b), (end, c)] if start >= from && segment(start) == segment(end) => {
            Some((a + c - 2.0 * b) / b.abs())
        }
        _ => None,
    });
    inside.reduce(f64::max)
}
