//! Searches in one dimension.

/// The smallest argument in `[low, high]` from which on `holds` is true, to the last bits.
///
/// `holds` must be false below some argument and true above. When it is true at `low` the answer
/// is `low`; `None` when it is not even true at `high`. The returned argument always satisfies
/// `holds`. At most 200 evaluations.
///
/// ```
/// let root = noctule_optim::scalar::bisect(0.0, 2.0, |x| x * x >= 2.0).unwrap();
/// assert!((root - std::f64::consts::SQRT_2).abs() < 1e-15);
/// ```
pub fn bisect(low: f64, high: f64, mut holds: impl FnMut(f64) -> bool) -> Option<f64> {
    if holds(low) {
        return Some(low);
    }
    if !holds(high) {
        return None;
    }
    let (mut low, mut high) = (low, high);
    for _ in 0..198 {
        let middle = low + 0.5 * (high - low);
        if middle <= low || middle >= high {
            break;
        }
        if holds(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
    Some(high)
}

/// As [`bisect`] on a positive interval, halving in the logarithm: the right thing for prices and
/// multipliers that may lie anywhere between 1e-300 and 1e300. To a relative 2⁻⁵².
pub fn bisect_log(low: f64, high: f64, mut holds: impl FnMut(f64) -> bool) -> Option<f64> {
    let found = bisect(low.ln(), high.ln(), |x| holds(x.exp()));
    let coarse = found?.exp();
    // The exponential of a rounded logarithm is off by up to |ln x|·2⁻⁵²: settle the last bits.
    let width = 4.0 * f64::EPSILON * (1.0 + coarse.ln().abs());
    bisect(coarse * (1.0 - width), (coarse * (1.0 + width)).min(high), &mut holds).or(Some(coarse))
}

/// An argument and the value there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Extremum {
    /// The argument.
    pub x: f64,
    /// The value.
    pub value: f64,
    /// Evaluations spent.
    pub evaluations: u32,
}

/// Minimise a function of one variable on `[low, high]` by Brent's method (golden section with
/// parabolic steps), to `tolerance · |x| + tolerance · (high − low) / 10` in the argument.
///
/// Finds the minimum of a unimodal function; of any other, a local one. The ends are compared as
/// well, because the method itself only comes close to them. Values that are not numbers count as
/// `+∞`. Below a `tolerance` of about 1e-8 rounding of the value hides the minimum.
///
/// Richard P. Brent, *Algorithms for Minimization without Derivatives*, 1973, chapter 5.
pub fn brent(low: f64, high: f64, tolerance: f64, f: impl FnMut(f64) -> f64) -> Extremum {
    let mut f = sane(f);
    let ends = [low, high].map(|x| Extremum { x, value: f(x), evaluations: 0 });
    let inner = brent_inner(low, high, tolerance, &mut f);
    let evaluations = inner.evaluations + 2;
    let best = [inner, ends[0], ends[1]]
        .into_iter()
        .reduce(|best, other| if other.value < best.value { other } else { best });
    Extremum { evaluations, ..best.unwrap_or(inner) }
}

fn sane(mut f: impl FnMut(f64) -> f64) -> impl FnMut(f64) -> f64 {
    move |x| {
        let value = f(x);
        if value.is_nan() { f64::INFINITY } else { value }
    }
}

#[allow(clippy::float_cmp)] // whether two of the three points coincide
fn brent_inner(low: f64, high: f64, tolerance: f64, f: &mut impl FnMut(f64) -> f64) -> Extremum {
    const GOLDEN: f64 = 0.381_966_011_250_105_1; // (3 − √5)/2
    let (mut a, mut b) = (low, high);
    let mut x = a + GOLDEN * (b - a);
    let mut fx = f(x);
    let (mut w, mut v, mut fw, mut fv) = (x, x, fx, fx);
    let (mut step, mut before) = (0.0_f64, 0.0_f64);
    let mut evaluations = 1;
    for _ in 0..200 {
        let middle = 0.5 * (a + b);
        let tol = tolerance * x.abs() + 0.1 * tolerance * (high - low) + f64::MIN_POSITIVE;
        if (x - middle).abs() <= 2.0 * tol - 0.5 * (b - a) {
            break;
        }
        let mut golden = true;
        if before.abs() > tol {
            // the parabola through x, w, v
            let r = (x - w) * (fx - fv);
            let q = (x - v) * (fx - fw);
            let (p, q) = ((x - v) * q - (x - w) * r, 2.0 * (q - r));
            let (p, q) = if q > 0.0 { (-p, q) } else { (p, -q) };
            if p.abs() < (0.5 * q * before).abs() && p > q * (a - x) && p < q * (b - x) {
                before = step;
                step = p / q;
                let next = x + step;
                if next - a < 2.0 * tol || b - next < 2.0 * tol {
                    step = if x < middle { tol } else { -tol };
                }
                golden = false;
            }
        }
        if golden {
            before = if x < middle { b - x } else { a - x };
            step = GOLDEN * before;
        }
        let next = if step.abs() >= tol { x + step } else { x + tol.copysign(step) };
        let value = f(next);
        evaluations += 1;
        if value <= fx {
            if next < x {
                b = x;
            } else {
                a = x;
            }
            (v, fv, w, fw, x, fx) = (w, fw, x, fx, next, value);
        } else {
            if next < x {
                a = next;
            } else {
                b = next;
            }
            if value <= fw || w == x {
                (v, fv, w, fw) = (w, fw, next, value);
            } else if value <= fv || v == x || v == w {
                (v, fv) = (next, value);
            }
        }
    }
    Extremum { x, value: fx, evaluations }
}

#[cfg(test)]
#[allow(clippy::float_cmp)] // exact values are meant
mod tests {
    use super::*;

    #[test]
    fn a_root_to_the_last_bit_and_on_the_right_side() {
        for target in [1e-12, 0.3, 7.0, 99.999] {
            let root = bisect(0.0, 100.0, |x| x >= target).unwrap();
            assert!(root >= target && root - target <= f64::EPSILON * target);
        }
        assert_eq!(bisect(1.0, 2.0, |x| x > 3.0), None);
        assert_eq!(bisect(1.0, 2.0, |_| true), Some(1.0));
    }

    #[test]
    fn multipliers_of_any_size() {
        for target in [3e-200, 1e-7, 1.0, 5e13, 2e250] {
            let root = bisect_log(1e-300, 1e300, |x| x >= target).unwrap();
            assert!(root >= target && root / target - 1.0 < 1e-15, "{root} {target}");
        }
    }

    #[test]
    fn brent_finds_minima_inside_and_at_the_ends() {
        let inside = brent(0.0, 5.0, 1e-8, |x| (x - 1.234).powi(2) + 3.0);
        assert!((inside.x - 1.234).abs() < 1e-7 && inside.evaluations < 20);
        let cosine = brent(2.0, 4.0, 1e-9, f64::cos);
        assert!((cosine.x - std::f64::consts::PI).abs() < 1e-7);
        assert!((brent(1.0, 2.0, 1e-6, |x| x).x - 1.0).abs() < 1e-15);
        assert!((brent(1.0, 2.0, 1e-6, |x| -x).x - 2.0).abs() < 1e-15);
        let kink = brent(-1.0, 1.0, 1e-8, |x| (x - 0.3).abs());
        assert!((kink.x - 0.3).abs() < 1e-7);
    }

    #[test]
    fn not_a_number_is_not_a_minimum() {
        let found = brent(0.0, 1.0, 1e-8, |x| if x < 0.5 { f64::NAN } else { x });
        assert!(found.value.is_finite() && found.x >= 0.5);
    }
}
