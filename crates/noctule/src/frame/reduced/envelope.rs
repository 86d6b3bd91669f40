//! What the SINRs cannot exceed between two samples.
//!
//! Everything is a function of `s = 1/T`, and the short sensing time is the large `s`. Functions that
//! fall in `s` are smallest at the short end: `low` is read there and `high` at the long one. Slopes are
//! those by `s`; an envelope runs from the short end towards smaller `s`, and so takes *minus* the slope
//! of the SINR, times the width.

use super::layout::{Layout, ratio};
use super::samples::Reduced;
use crate::frame::SinrForm;

/// A line is of more use than the ceiling while it climbs at most so many times as much: beyond that the
/// ceiling bounds all but the very start.
const LINE: f64 = 3.0;
/// The largest slope of `w(λ)² = (λ/(λ + ν))²` times ν: at `λ = ν/2`.
const STEEPEST_SQUARE: f64 = 8.0 / 27.0;

/// What the SINRs cannot exceed over an interval.
#[derive(Clone, Debug, Default)]
pub(in crate::frame) struct Envelope {
    /// With τ going from 0 at the shorter time to 1 at the longer one, linearly in `1/T`:
    /// SINR ≤ start + τ (end − start).
    pub(in crate::frame) start: Vec<f64>,
    /// See `start`.
    pub(in crate::frame) end: Vec<f64>,
    /// SINR ≤ this everywhere.
    pub(in crate::frame) ceiling: Vec<f64>,
    /// SINR ≥ this everywhere.
    pub(in crate::frame) floor: Vec<f64>,
}

/// An interval of values, for enclosures.
#[derive(Clone, Copy, Debug)]
pub(super) struct Range {
    pub(super) low: f64,
    pub(super) high: f64,
}

impl Range {
    /// All products of a number here and one there.
    pub(super) fn times(self, other: Self) -> Self {
        let ends = [self.low, self.high].map(|x| [x * other.low, x * other.high]);
        let ends = ends.as_flattened().iter().copied();
        Self {
            low: ends.clone().fold(f64::INFINITY, f64::min),
            high: ends.fold(f64::NEG_INFINITY, f64::max),
        }
    }
}

impl Envelope {
    /// Nothing yet for so many users.
    pub(super) fn reset(&mut self, users: usize) {
        for field in [&mut self.start, &mut self.end, &mut self.ceiling, &mut self.floor] {
            field.clear();
            field.resize(users, 0.0);
        }
    }
}

/// What a user receives over an interval, noise included: its ends, and how fast it rises with `s`.
struct Received {
    power: Range,
    rise: f64,
}

/// `n + sκ·(a trace that falls in s)` over an interval.
struct Sum {
    value: Range,
    /// Bounds on its slope from above, and on minus its slope.
    rise: f64,
    drop: f64,
    /// The trace.
    part: Range,
}

/// An interval between two samples.
#[derive(Clone, Copy)]
struct Interval<'a> {
    of: &'a Reduced,
    short: usize,
    long: usize,
    /// In `s`.
    width: f64,
    layout: Layout,
}

impl Reduced {
    /// Bounds on the SINRs for all sensing times between two samples, `short` before `long`.
    pub(in crate::frame) fn envelope(&self, short: usize, long: usize, out: &mut Envelope) {
        let count = self.users.len();
        out.reset(count);
        let width = (1.0 / self.times[short] - 1.0 / self.times[long]).max(0.0);
        let interval = Interval { of: self, short, long, width, layout: self.layout };
        match self.form {
            // Rises with the sensing time, projection included.
            SinrForm::LowerBound => {
                out.start.copy_from_slice(self.sinr(short));
                out.end.copy_from_slice(self.sinr(long));
                out.ceiling.copy_from_slice(self.sinr(long));
                out.floor.copy_from_slice(self.sinr(short));
            }
            SinrForm::UseAndForget => (0..count).for_each(|k| interval.believed(k, out)),
            SinrForm::Physical => (0..count).for_each(|k| interval.physical(k, out)),
        }
    }
}

impl Interval<'_> {
    /// SINR of user `k` under Eq. (22): `c = p n_k / (Σ_i p_i m_ki / n_i + σ²/β)`.
    fn believed(&self, k: usize, out: &mut Envelope) {
        let user = &self.of.users[k];
        let received = self.received_believed(k);
        let (own, own_fall) = (self.trace(k), self.fall(k));
        let now = self.of.sinr(self.short)[k];
        let ceiling = user.power * own.high / received.power.low;
        let floor = (user.power * own.low / received.power.high).min(now);
        // −c'/c = −n'/n + received'/received; a rise counts over the least there is, a fall over the
        // most.
        let of_received = received.rise
            / if received.rise > 0.0 { received.power.low } else { received.power.high };
        let relative = own_fall.high / own.low + of_received;
        let slope = if relative > 0.0 { ceiling * relative } else { floor * relative };
        self.put(k, self.width * slope, ceiling, floor, out);
    }

    /// `Σ_i p_i m_ki / n_i + σ²/β`. What arrives of an estimate of power one is at most `‖R_k‖₂`.
    fn received_believed(&self, k: usize) -> Received {
        let (users, count) = (&self.of.users, self.of.users.len());
        let user = &users[k];
        let mut power = Range { low: user.receiver_noise, high: user.receiver_noise };
        let mut rise = 0.0;
        for (i, other) in users.iter().enumerate() {
            let index = k * count + i;
            let value = self.enclose(index, i);
            let (n, fall) = (self.trace(i), self.fall(i));
            let slope = self.enclose_slope(index, i);
            power.low += other.power * ratio(value.low, n.high, 0.0);
            power.high +=
                other.power * ratio(value.high, n.low, user.strongest).min(user.strongest);
            // (m/n)' = m'/n + m (−n')/n², and −n' is positive.
            let by_value = if slope > 0.0 { slope / n.low } else { slope / n.high };
            rise += other.power * (by_value + value.high * fall.high / (n.low * n.low));
        }
        Received { power, rise }
    }

    /// SINR of user `k` in its physical form, `p t² / u / (Σ_i p_i z_ki / u_i + σ²/β)` with
    /// `t = n + sκ tr (D W)`, `u = n + sκ tr (D W²)`, `z = m + sκ tr (G W D W)`.
    fn physical(&self, k: usize, out: &mut Envelope) {
        let user = &self.of.users[k];
        let received = self.received_physical(k);
        let own = self.sum(k, self.layout.filtered_twice(), self.steepest(k, STEEPEST_SQUARE));
        let inner = self.sum(k, self.layout.filtered(), self.steepest(k, 1.0));
        // Cauchy–Schwarz: the signal is at most tr R = 1.
        let most = ratio(inner.value.high * inner.value.high, own.value.low, 1.0).min(1.0);
        let least = ratio(inner.value.low * inner.value.low, own.value.high, 0.0);
        let now = self.of.sinr(self.short)[k];
        let ceiling = (user.power * most / received.power.low).max(now);
        let floor = (user.power * least / received.power.high).min(now);
        // −c'/c = −2 t'/t + u'/u + received'/received, each from above.
        let own_part = own.rise / if own.rise > 0.0 { own.value.low } else { own.value.high };
        let relative = 2.0 * inner.drop.max(0.0) / inner.value.low
            + own_part
            + received.rise / received.power.low;
        let slope = if relative > 0.0 { ceiling * relative } else { floor * relative };
        self.put(k, self.width * slope, ceiling, floor, out);
    }

    /// `Σ_i p_i z_ki / u_i + σ²/β`.
    fn received_physical(&self, k: usize) -> Received {
        let user = &self.of.users[k];
        let mut power = Range { low: user.receiver_noise, high: user.receiver_noise };
        let mut rise = 0.0;
        for (i, other) in self.of.users.iter().enumerate() {
            let sent = self.sum(i, self.layout.filtered_twice(), self.steepest(i, STEEPEST_SQUARE));
            let (towards, climb) = self.towards(k, i, sent.part.high);
            let most = ratio(towards.high, sent.value.low, f64::INFINITY).min(user.strongest);
            power.low += other.power * ratio(towards.low, sent.value.high, 0.0);
            power.high += other.power * most;
            // (z/u)' = (z' − (z/u) u')/u.
            rise += other.power * (climb.max(0.0) + most * sent.drop.max(0.0)) / sent.value.low;
        }
        Received { power, rise }
    }

    /// `z_ki = m + sκ tr (G W D W)`, and a bound on its slope. The last trace is only Lipschitz, and at
    /// most `‖R_k‖₂ tr (D W²)`, whose largest value is `most`.
    fn towards(&self, k: usize, i: usize, most: f64) -> (Range, f64) {
        let (user, kappa) = (&self.of.users[k], self.of.users[i].kappa);
        let index = k * self.of.users.len() + i;
        let s = self.ends();
        let m = self.enclose(index, i);
        let slope = self.enclose_slope(index, i);
        let lipschitz = 2.0 * user.strongest * self.steepest(i, 1.0);
        let (x, y) = self.both(self.layout.cross_filtered(), index);
        let reach = (0.5 * (lipschitz * self.width - (x - y).abs())).max(0.0);
        let e = Range {
            low: (x.min(y) - reach).max(0.0),
            high: (x.max(y) + reach).min(user.strongest * most),
        };
        let towards =
            Range { low: m.low + s.low * kappa * e.low, high: m.high + s.high * kappa * e.high };
        let climb = slope + kappa * e.high + s.high * kappa * lipschitz;
        (towards, climb)
    }

    /// The line from the SINR now with `climb` over the interval, or the ceiling, whichever is of
    /// more use.
    fn put(&self, k: usize, climb: f64, ceiling: f64, floor: f64, out: &mut Envelope) {
        let now = self.of.sinr(self.short)[k];
        let ceiling = if ceiling.is_finite() { ceiling.max(now) } else { f64::INFINITY };
        let line = climb <= LINE * (ceiling - now);
        (out.start[k], out.end[k]) =
            if line { (now, (now + climb).max(0.0)) } else { (ceiling, ceiling) };
        out.ceiling[k] = ceiling;
        out.floor[k] = if floor.is_finite() { floor.max(0.0) } else { 0.0 };
    }

    /// A number of a sample at the short and at the long end.
    fn both(&self, from: usize, index: usize) -> (f64, f64) {
        let at = |sample: usize| self.of.field(sample, from + index, 1)[0];
        (at(self.short), at(self.long))
    }

    /// `s` at the ends.
    fn ends(&self) -> Range {
        Range { low: 1.0 / self.of.times[self.long], high: 1.0 / self.of.times[self.short] }
    }

    /// A trace that falls in `s`.
    fn falling(&self, from: usize, i: usize) -> Range {
        let (low, high) = self.both(from, i);
        Range { low, high }
    }

    /// `n_i`.
    fn trace(&self, i: usize) -> Range {
        self.falling(self.layout.trace(), i)
    }

    /// Minus the slope of `n_i`, which is convex: it falls in `s` too.
    fn fall(&self, i: usize) -> Range {
        let (short, long) = self.both(self.layout.trace_slope(), i);
        Range { low: -short, high: -long }
    }

    /// `n_i + s κ_i` times the trace kept at `from`, whose slope is at most `steepest`.
    fn sum(&self, i: usize, from: usize, steepest: f64) -> Sum {
        let (kappa, s) = (self.of.users[i].kappa, self.ends());
        let (n, part, fall) = (self.trace(i), self.falling(from, i), self.fall(i));
        let value = Range {
            low: n.low + s.low * kappa * part.low,
            high: n.high + s.high * kappa * part.high,
        };
        let rise = kappa * part.high - fall.low;
        let drop = fall.high - kappa * part.low + s.high * kappa * steepest;
        Sum { value, rise, drop, part }
    }

    /// `factor · κ‖D‖²/ν`: the slope of `tr (D f(R − sκD))` for an `f` whose slope is at most `factor/ν`.
    fn steepest(&self, i: usize, factor: f64) -> f64 {
        let user = &self.of.users[i];
        factor * user.speed * user.speed / (user.kappa * user.noise)
    }

    /// `tr (G C_i)` over the interval, from its ends and the bounds on its derivatives.
    fn enclose(&self, index: usize, i: usize) -> Range {
        let (x, y) = self.both(self.layout.cross(), index);
        let (first, second) = self.speeds(index, i);
        let width = self.width;
        let reach = (0.5 * first * width - 0.5 * (x - y).abs()).min(second * width * width / 8.0);
        let reach = reach.max(0.0);
        Range { low: (x.min(y) - reach).max(0.0), high: x.max(y) + reach }
    }

    /// The largest slope of `tr (G C_i)` over the interval.
    fn enclose_slope(&self, index: usize, i: usize) -> f64 {
        let (x, y) = self.both(self.layout.cross_slope(), index);
        let (first, second) = self.speeds(index, i);
        (x.min(y) + second * self.width).min(first)
    }

    /// Bounds on the first two derivatives of `tr (G C_i)`.
    fn speeds(&self, index: usize, i: usize) -> (f64, f64) {
        let (norm, speed) = (self.of.cross[index].1, self.of.users[i].speed);
        (norm * speed, 2.0 * norm * speed * speed / self.of.users[i].noise)
    }
}
