//! Roots of the secular equation: eigenvalues of a diagonal matrix plus one of rank one.

/// Steps at most: more than halving alone would need for the digits of a double.
const STEPS: usize = 80;
/// Where a step is rounding, relative to the distance from the pole.
const STILL: f64 = 2.0 * f64::EPSILON;

/// Root `i` of `1 + t Σ w_k/(d_k − x)`, as the nearest pole and the distance from it.
///
/// The step is that of a rational model with the two neighbouring poles, which matches value and
/// derivative of both halves of the sum (R.-C. Li, *Solving secular equations stably and
/// efficiently*, 1993); halving guards it.
pub(super) fn secular_root(poles: &[f64], weights: &[f64], t: f64, i: usize) -> (usize, f64) {
    let equation = Secular { poles, weights, t, i };
    let (origin, mut low, mut high) = equation.bracket();
    let mut s = equation.start(origin, low, high);
    for _ in 0..STEPS {
        let sums = equation.sums(origin, s);
        let f = value(&sums);
        // between two poles the sum rises from −∞ to ∞
        if f > 0.0 {
            high = s;
        } else if f < 0.0 {
            low = s;
        } else {
            break;
        }
        let next = s + equation.step(origin, s, f, &sums);
        let next = if next > low && next < high { next } else { inside(low, high) };
        let moved = (next - s).abs();
        s = next;
        if moved <= STILL * s.abs() || high - low <= STILL * s.abs() {
            break;
        }
    }
    (origin, s)
}

/// `1 + t Σ w_k/(d_k − x)` with ascending poles d_k, between the poles `i` and `i + 1`.
struct Secular<'a> {
    poles: &'a [f64],
    weights: &'a [f64],
    t: f64,
    i: usize,
}

/// The value of the equation from its [`Secular::sums`].
fn value(sums: &[f64; 4]) -> f64 {
    1.0 + sums[0] + sums[2]
}

impl Secular<'_> {
    const fn is_last(&self) -> bool {
        self.i + 1 == self.poles.len()
    }

    /// Value and derivative of the terms up to i, and of those beyond, at a distance from a pole.
    /// Distances are differences of poles minus that distance, so that no digits are lost beside it.
    fn sums(&self, origin: usize, s: f64) -> [f64; 4] {
        let mut out = [0.0_f64; 4];
        for (k, (d, w)) in self.poles.iter().zip(self.weights).enumerate() {
            let inverse = 1.0 / ((d - self.poles[origin]) - s);
            let term = self.t * w * inverse;
            let half = if k <= self.i { 0 } else { 2 };
            out[half] += term;
            out[half + 1] += term * inverse;
        }
        out
    }

    /// The pole that the root is nearer to, and between which distances from it. Beyond the last
    /// pole the root is at most the trace of the rank-one part away.
    fn bracket(&self) -> (usize, f64, f64) {
        let i = self.i;
        if self.is_last() {
            return (i, 0.0, self.t * self.weights.iter().sum::<f64>());
        }
        let half = 0.5 * (self.poles[i + 1] - self.poles[i]);
        if value(&self.sums(i, half)) >= 0.0 { (i, 0.0, half) } else { (i + 1, -half, 0.0) }
    }

    /// The near pole against a constant, which the other terms are taken for.
    fn start(&self, origin: usize, low: f64, high: f64) -> f64 {
        let rest: f64 = 1.0
            + self
                .poles
                .iter()
                .zip(self.weights)
                .enumerate()
                .filter(|(k, _)| *k != origin)
                .map(|(_, (d, w))| self.t * w / (d - self.poles[origin]))
                .sum::<f64>();
        let s = if rest.abs() > 0.0 {
            self.t * self.weights[origin] / rest
        } else {
            0.5 * (low + high)
        };
        if s > low && s < high { s } else { inside(low, high) }
    }

    /// The step to the root of the rational model, whose quadratic `a`, `b`, `c` is solved in the form
    /// that does not cancel.
    fn step(&self, origin: usize, s: f64, f: f64, sums: &[f64; 4]) -> f64 {
        let near = (self.poles[self.i] - self.poles[origin]) - s;
        if self.is_last() {
            let constant = f - near * sums[1];
            return near + near * near * sums[1] / constant;
        }
        let far = (self.poles[self.i + 1] - self.poles[origin]) - s;
        let a = (near + far) * f - near * far * (sums[1] + sums[3]);
        let b = near * far * f;
        let c = f - near * sums[1] - far * sums[3];
        let square = (a * a - 4.0 * b * c).max(0.0).sqrt();
        if a <= 0.0 { (a - square) / (2.0 * c) } else { 2.0 * b / (a + square) }
    }
}

/// A point strictly between two ends, closer to zero where one end is zero: roots crowd there.
fn inside(low: f64, high: f64) -> f64 {
    if low >= 0.0 && low < 1e-3 * high {
        if low > 0.0 { (low * high).sqrt() } else { 1e-2 * high }
    } else if high <= 0.0 && high > 1e-3 * low {
        if high < 0.0 { -(low * high).sqrt() } else { 1e-2 * low }
    } else {
        0.5 * (low + high)
    }
}
