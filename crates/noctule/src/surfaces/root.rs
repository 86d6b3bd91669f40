//! The root of a monotone function of one variable, kept on the side that satisfies a requirement.

/// A root between `negative` (where `f < 0`) and `positive` (where `f ≥ 0`): the last argument with
/// `f ≥ 0` that was evaluated.
///
/// Chandrupatla's method: inverse quadratic steps where they are safe, halving elsewhere; for
/// smooth functions about ten evaluations. Stops when the ends are within `tolerance` of each
/// other, absolute, or when `f` is exactly zero.
#[allow(clippy::float_cmp)] // whether a step still moves, and whether a value is exactly zero
pub(super) fn root(
    negative: (f64, f64),
    positive: (f64, f64),
    tolerance: f64,
    mut f: impl FnMut(f64) -> f64,
) -> f64 {
    let (mut a, mut fa) = positive;
    let (mut b, mut fb) = negative;
    // the best argument with f ≥ 0 so far
    let mut good = positive.0;
    let mut step = 0.5;
    for _ in 0..120 {
        let x = a + step * (b - a);
        if (b - a).abs() <= tolerance || x == a || x == b {
            break;
        }
        let fx = f(x);
        if fx >= 0.0 {
            good = x;
        }
        if fx == 0.0 {
            break;
        }
        // a is the latest point, b the other end of the bracket, c the point that was given up
        let (c, fc);
        if (fx > 0.0) == (fa > 0.0) {
            (c, fc) = (a, fa);
        } else {
            (c, fc) = (b, fb);
            (b, fb) = (a, fa);
        }
        (a, fa) = (x, fx);
        let xi = (a - b) / (c - b);
        let phi = (fa - fb) / (fc - fb);
        let safe = phi * phi < xi && (1.0 - phi) * (1.0 - phi) < 1.0 - xi;
        step = if safe {
            fa / (fb - fa) * fc / (fb - fc) + (c - a) / (b - a) * fa / (fc - fa) * fb / (fc - fb)
        } else {
            0.5
        };
        // never so close to an end that the bracket stays wide on the other side
        let margin = (0.5 * tolerance / (b - a).abs()).min(0.5);
        step = if step.is_finite() { step.clamp(margin, 1.0 - margin) } else { 0.5 };
    }
    good
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_on_the_right_side() {
        for target in [-3.0, 1e-9, 0.4, 7.5] {
            let mut count = 0;
            let found = root((20.0, -1.0), (-5.0, 1.0), 1e-13, |x| {
                count += 1;
                (target - x).tanh()
            });
            assert!(found <= target && target - found < 1e-12, "{target} {found}");
            assert!(count < 40, "{count}");
        }
        let step = root((1.0, -1.0), (0.0, 1.0), 1e-15, |x| if x < 0.3 { 1.0 } else { -1.0 });
        assert!((step - 0.3).abs() < 1e-14 && step < 0.3);
    }
}
