//! Water levels, and sums over streams.

/// The level ν with `Σ slope_k (ν − floor_k)⁺ = budget`, over the entries that have one: channels
/// below their floor leave, and the level of the rest is closed form.
pub(super) fn level_of(count: usize, budget: f64, of: impl Fn(usize) -> Option<(f64, f64)>) -> f64 {
    let entries = || (0..count).filter_map(&of);
    let lowest = entries().map(|(_, floor)| floor).fold(f64::INFINITY, f64::min);
    if !lowest.is_finite() {
        return 0.0;
    }
    // measured from the lowest floor, which may be far above the budget
    let mut level = f64::INFINITY;
    loop {
        let (mut slopes, mut sum) = (0.0, budget);
        for (slope, floor) in entries() {
            if floor - lowest < level {
                slopes += slope;
                sum += slope * (floor - lowest);
            }
        }
        if slopes <= 0.0 {
            return lowest;
        }
        let next = sum / slopes;
        if entries().all(|(_, floor)| floor - lowest >= level || floor - lowest < next) {
            return lowest + next;
        }
        level = next;
    }
}

/// The weights of all streams but one.
pub(super) fn others(weights: &[f64], k: usize) -> f64 {
    weights.iter().enumerate().filter(|(j, _)| *j != k).map(|(_, w)| w).sum()
}

/// Σ a_k b_k.
pub(super) fn sum_product(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

/// The largest weight, zero where there is none.
pub(super) fn largest(weights: &[f64]) -> f64 {
    weights.iter().copied().fold(0.0, f64::max)
}

/// The first stream of the largest weight.
pub(super) fn strongest(weights: &[f64]) -> usize {
    let largest = largest(weights);
    weights.iter().position(|&w| w >= largest).unwrap_or(0)
}
