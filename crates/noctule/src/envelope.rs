//! Concave envelopes of rates over intervals of interference, and the planes above them, for branch and bound.

mod cuts;

pub(crate) use cuts::Cuts;

/// What is concave in received powers and never below `ln(1 + S/I)`, for levels of interference `I` in
/// an interval and any power `S ≥ 0` of the own stream: the least such function, their joint
/// concave envelope.
///
/// `ln(1 + S/I)` is convex in `I`, so that only the ends `l`, `u` of the interval matter. With
/// `T = S + I` it is `ln T` and the chord of `−ln I` where `T ≥ u`; below, an end of `u` gives no rate, and
/// with `θ = (u − I)/(u − l)` it is `θ ln(1 + S/(θ l))`. Both join smoothly.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Chord {
    low: f64,
    high: f64,
    /// λ of the chord of −ln I.
    slope: f64,
    offset: f64,
    /// `(t, λ, o)` of the one plane that stands for the envelope, where one does.
    plane: Option<(f64, f64, f64)>,
}

/// The envelope at a point, with a plane above all rates of the interval that touches it there:
/// `tT − ln t − 1 + o − λI`, `o` being the [offset].
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Plane {
    pub(crate) value: f64,
    /// t.
    pub(crate) received: f64,
    /// λ.
    pub(crate) slope: f64,
}

/// Sides that are narrower than this, relative to their lower end, are points: a little above what
/// double precision resolves.
pub(crate) const NO_WIDTH: f64 = 1e-12;

/// So near to the edge of an envelope, relative to its interval, descent is not smooth.
const EDGE: f64 = 1e-2;

impl Chord {
    pub(crate) fn new(low: f64, high: f64) -> Self {
        // An interval of no width: the tangent, where the quotient would be rounding alone.
        let slope = if high - low > NO_WIDTH * low {
            (high / low).ln() / (high - low)
        } else {
            low.recip()
        };
        Self { low, high, slope, offset: slope * low - low.ln(), plane: None }
    }

    /// One of the planes that touch the envelope where a user without a signal has an interference of
    /// `high`: from that of all who receive nothing (0) to that of the chord (1).
    pub(crate) fn with_plane(mut self, share: f64) -> Self {
        let (width, ratio) = (self.high - self.low, (self.high / self.low).powf(share) - 1.0);
        let t = (self.low * (1.0 + ratio)).recip();
        let slope = t + (ratio.ln_1p() - ratio / (1.0 + ratio)) / width;
        self.plane = Some((t, slope, self.offset(t, slope)));
        self
    }

    /// Whether a user is where the envelope has an edge: no signal, and the most interference.
    pub(crate) fn is_edge(&self, signal: f64, interference: f64) -> bool {
        let width = self.high - self.low;
        width > NO_WIDTH * self.low
            && self.plane.is_none()
            && (interference - self.high).abs() <= EDGE * width
            && signal <= EDGE * width
    }

    pub(crate) fn at(&self, signal: f64, interference: f64) -> Plane {
        if let Some((t, slope, offset)) = self.plane {
            let value = t * (signal + interference) - t.ln() - 1.0 + offset - slope * interference;
            return Plane { value, received: t, slope };
        }
        let (received, width) = (signal + interference, self.high - self.low);
        if received >= self.high || width <= NO_WIDTH * self.low {
            let value = received.ln() + self.offset - self.slope * interference;
            return Plane { value, received: received.recip(), slope: self.slope };
        }
        let share = (self.high - interference) / width;
        let ratio = signal / (share * self.low);
        let rate = ratio.ln_1p();
        let received = (self.low * (1.0 + ratio)).recip();
        let fall = (rate - ratio / (1.0 + ratio)) / width;
        Plane { value: share * rate, received, slope: received + fall }
    }

    /// The `o` that its planes need on this interval.
    pub(crate) fn offset(&self, received: f64, slope: f64) -> f64 {
        offset(self.low, self.high, received, slope)
    }
}

/// The least `o` with `tT − ln t − 1 + o − λI ≥ ln T − ln I` for all `I` in an interval and all `T ≥ I`.
///
/// At its best `T`, `max(1/t, I)`, the left side must exceed by `λI` at most what is convex in `I`:
/// `−ln I` up to `1/t`, its tangent there beyond. So the ends decide.
pub(crate) fn offset(low: f64, high: f64, t: f64, slope: f64) -> f64 {
    [low, high].map(|x| slope * x + fallen(x, t)).into_iter().fold(f64::NEG_INFINITY, f64::max)
}

/// `−ln I` up to `1/t`, and its tangent there beyond.
pub(crate) fn fallen(x: f64, t: f64) -> f64 {
    if t * x > 1.0 { 1.0 + t.ln() - t * x } else { -x.ln() }
}

/// The levels of an interval between which a plane of a rate is above it by more than `owed`: whoever hears as
/// much is by that much worse than the bound.
pub(crate) fn hopeless(
    (low, high): (f64, f64),
    (t, slope): (f64, f64),
    owed: f64,
) -> Option<(f64, f64)> {
    let above = offset(low, high, t, slope);
    let spare = |x: f64| above - slope * x - fallen(x, t) - owed;
    // Concave in the level, and largest at 1/λ.
    let top = slope.recip().clamp(low, high);
    if spare(top).is_nan() || spare(top) <= 0.0 {
        return None;
    }
    let border = |mut outside: f64, mut inside: f64| {
        if spare(outside) > 0.0 {
            return outside;
        }
        for _ in 0..60 {
            let middle = 0.5 * (outside + inside);
            if spare(middle) > 0.0 {
                inside = middle;
            } else {
                outside = middle;
            }
        }
        inside
    };
    Some((border(low, top), border(high, top)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plane(plane: &Plane, offset: f64, signal: f64, interference: f64) -> f64 {
        let t = plane.received;
        t * (signal + interference) - t.ln() - 1.0 + offset - plane.slope * interference
    }

    /// The concave envelope by its definition: the best mixture of a point at either end.
    fn mixed(low: f64, high: f64, signal: f64, interference: f64) -> f64 {
        let share = (high - interference) / (high - low);
        let rate = |part: f64| {
            let (one, other) = (part * signal / share, (1.0 - part) * signal / (1.0 - share));
            share * (one / low).ln_1p() + (1.0 - share) * (other / high).ln_1p()
        };
        let (mut left, mut right) = (0.0, 1.0);
        for _ in 0..200 {
            let (a, b) = (left + (right - left) / 3.0, right - (right - left) / 3.0);
            if rate(a) < rate(b) { left = a } else { right = b }
        }
        rate(0.5 * (left + right))
    }

    #[test]
    fn envelopes_are_the_best_mixtures_and_their_planes_lie_above_all_rates() {
        for (low, high) in [(1.0, 40.0), (1.0, 1.01), (3.0, 5.0), (2.0, 900.0)] {
            let chord = Chord::new(low, high);
            for i in 1..20 {
                let interference = low + (high - low) * f64::from(i) / 20.0;
                for signal in [0.0, 1e-6, 0.1, 1.0, 0.5 * high, 3.0 * high, 100.0 * high] {
                    let at = chord.at(signal, interference);
                    let expected = mixed(low, high, signal, interference);
                    let size = 1e-9 * (1.0 + expected);
                    let place = format!("[{low}, {high}] at {signal}, {interference}");
                    assert!((at.value - expected).abs() <= size, "{place}: {at:?} {expected}");
                    let offset = chord.offset(at.received, at.slope);
                    let touching = plane(&at, offset, signal, interference);
                    assert!((touching - at.value).abs() <= size, "{place}: {at:?} {touching}");
                    for j in 0..=20 {
                        let level = low + (high - low) * f64::from(j) / 20.0;
                        for power in [0.0, 0.01, 0.3, 2.0, 0.2 * high, high, 20.0 * high] {
                            let rate = (power / level).ln_1p();
                            let above = plane(&at, offset, power, level);
                            assert!(above >= rate - size, "{place}: {above} at {power}, {level}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn offsets_are_the_least_of_any_plane() {
        for (low, high) in [(1.0, 40.0), (3.0, 3.0), (2.0, 9.0)] {
            for t in [1e-3, 0.05, 0.2, 0.4, 1.0] {
                for slope in [1e-3, 0.1, 0.5, 2.0] {
                    let mut needed = f64::NEG_INFINITY;
                    for i in 0..=400 {
                        let level = low + (high - low) * f64::from(i) / 400.0;
                        // The best power is where T = 1/t, or none.
                        let received = level.max(1.0 / t);
                        let left = received.ln() - level.ln() - t * received + t.ln() + 1.0;
                        needed = needed.max(left + slope * level);
                    }
                    let found = offset(low, high, t, slope);
                    assert!((found - needed).abs() <= 1e-12 * (1.0 + needed.abs()), "{t} {slope}");
                }
            }
        }
    }

    #[test]
    fn planes_at_an_edge_touch_the_envelope_there() {
        let chord = Chord::new(1.5, 12.0);
        assert!(chord.is_edge(0.0, 12.0) && !chord.is_edge(1.0, 12.0) && !chord.is_edge(0.0, 6.0));
        for share in [0.0, 0.3, 0.7, 1.0] {
            let held = chord.with_plane(share);
            assert!(held.at(0.0, 12.0).value.abs() < 1e-12, "{share}: {held:?}");
            for (signal, level) in [(0.0, 1.5), (0.4, 2.0), (3.0, 7.0), (40.0, 1.5), (0.1, 12.0)] {
                let above = held.at(signal, level).value;
                assert!(above >= (signal / level).ln_1p() - 1e-12, "{share}: {above}");
            }
        }
    }
}
