//! Planes above the rate of a user over an interval of interference.

use crate::ball::{Ball, U};
use crate::{Outcome, unproven};

/// The least o with `ln T − ln I ≤ tT − ln t − 1 + o − λI` for all I in an interval and all `T ≥ I`: the best T is 1/t, or I
/// where that is more, and `λI − ln I` up to 1/t with the tangent of −ln beyond is convex in I, so that the ends decide.
pub(crate) fn envelope((low, high): (f64, f64), t: f64, slope: f64) -> Outcome<f64> {
    if !(0.0 < low && low <= high && t > 0.0) {
        return unproven("a box or a multiplier is not positive");
    }
    let at = |x: f64| -> Outcome<f64> {
        // −ln x lies above its tangents: where it is not certain which applies, it is the safe one.
        let fallen = if t * x * (1.0 - 4.0 * U) > 1.0 {
            Ball::real(1.0) + Ball::real(t).ln()? - Ball::real(t) * x
        } else {
            -Ball::real(x).ln()?
        };
        Ok((Ball::real(slope) * x + fallen).upper())
    };
    Ok(at(low)?.max(at(high)?))
}

/// `(λ, o)` with `−ln I ≤ o − λI` on an interval: a convex function, so that the ends decide.
pub(crate) fn chord(low: f64, high: f64) -> Outcome<(f64, f64)> {
    if !(0.0 < low && low <= high) {
        return unproven("a box is not positive");
    }
    let slope = if high > low { (high / low).ln() / (high - low) } else { 1.0 / low };
    let at = |x: f64| -> Outcome<f64> { Ok((Ball::real(slope) * x - Ball::real(x).ln()?).upper()) };
    Ok((slope, at(low)?.max(at(high)?)))
}

/// A complex number of a list of real and imaginary parts.
pub(crate) fn pair(list: &[f64], at: usize) -> Ball {
    Ball::exact(list[2 * at], list[2 * at + 1])
}
