//! What the SINRs cannot exceed between two samples, from their values alone.
//!
//! `n` is convex and falls in `s = 1/T`, `|n''| ≤ 2κ²‖D‖²/ν`; of `m = tr (R_k C)`, `|m'| ≤ ‖R_k‖κ‖D‖` and
//! `|m''| ≤ ‖R_k‖ 2κ²‖D‖²/ν` (Frobenius norms). So between the ends values and slopes are off those of chords by what these
//! allow. It is a little wider than the envelope of the search, needs no derivative at the ends, and is
//! what a proof file can be checked by (`docs/proofs.md`).

use super::envelope::{Envelope, Range};
use super::samples::Reduced;
use crate::frame::SinrForm;

/// A line is of more use than the ceiling while it climbs at most so many times as much.
const LINE: f64 = 3.0;

impl Reduced {
    /// Bounds on the SINRs for all sensing times between two samples, `short` before `long`; `None` for the physical
    /// form.
    pub(in crate::frame) fn chords(
        &self,
        short: usize,
        long: usize,
        out: &mut Envelope,
    ) -> Option<()> {
        match self.form {
            SinrForm::LowerBound => {
                self.envelope(short, long, out);
                self.widen_floor(out);
            }
            SinrForm::UseAndForget => {
                out.reset(self.users.len());
                let width = (1.0 / self.times[short] - 1.0 / self.times[long]).max(0.0);
                let chords = Chords { of: self, short, long, width };
                (0..self.users.len()).for_each(|k| chords.levels(k, out));
            }
            SinrForm::Physical => return None,
        }
        Some(())
    }

    /// Who checks a proof knows of the strongest direction that it is no stronger than the matrix is large.
    fn widen_floor(&self, out: &mut Envelope) {
        let total: f64 = self.users.iter().map(|user| user.power).sum();
        for (floor, user) in out.floor.iter_mut().zip(&self.users) {
            let received = |strongest: f64| strongest * total + user.receiver_noise;
            *floor *= received(user.strongest) / received(user.size);
        }
    }
}

struct Chords<'a> {
    of: &'a Reduced,
    short: usize,
    long: usize,
    /// In `s`.
    width: f64,
}

impl Chords<'_> {
    /// A number of a sample at the short and at the long end.
    fn both(&self, from: usize, index: usize) -> (f64, f64) {
        let at = |sample: usize| self.of.field(sample, from + index, 1)[0];
        (at(self.short), at(self.long))
    }

    /// At most what `n` bends over the interval.
    fn bend(&self, i: usize) -> f64 {
        let user = &self.of.users[i];
        2.0 * (user.speed * self.width).powi(2) / user.noise
    }

    /// `n` of a user, and its slope from the short end to the long one.
    fn own(&self, i: usize) -> (Range, Range) {
        let (low, high) = self.both(self.of.layout.trace(), i);
        let (chord, bend) = (high - low, self.bend(i));
        let slope = Range { low: (chord - 0.5 * bend).max(0.0), high: chord + 0.5 * bend };
        (Range { low, high: high.max(low) }, slope)
    }

    /// `m` of a pair, and its slope.
    fn towards(&self, k: usize, i: usize) -> (Range, Range) {
        let (x, y) = self.both(self.of.layout.cross(), k * self.of.users.len() + i);
        let size = self.of.users[k].size;
        let (bend, steep) = (size * self.bend(i), size * self.of.users[i].speed * self.width);
        let reach = (bend / 8.0).min(0.5 * (steep - (x - y).abs()).max(0.0));
        let value = Range { low: (x.min(y) - reach).max(0.0), high: x.max(y) + reach };
        let slope =
            Range { low: (y - x - 0.5 * bend).max(-steep), high: (y - x + 0.5 * bend).min(steep) };
        (value, slope)
    }

    fn levels(&self, k: usize, out: &mut Envelope) {
        let (users, layout) = (&self.of.users, self.of.layout);
        let user = &users[k];
        let (mut now, mut least) = (user.receiver_noise, user.receiver_noise);
        let (mut most, mut rise) = (user.receiver_noise, Range { low: 0.0, high: 0.0 });
        for (i, other) in users.iter().enumerate() {
            let ((m, m_slope), (n, n_slope)) = (self.towards(k, i), self.own(i));
            let share = Range { low: m.low / n.high, high: m.high / n.low };
            let start = self.both(layout.cross(), k * users.len() + i).0;
            now += other.power * start / n.low;
            least += other.power * share.low;
            most += other.power * share.high;
            let turned = share.times(n_slope);
            let slope = Range { low: m_slope.low - turned.high, high: m_slope.high - turned.low };
            rise.low += other.power * (slope.low / n.low).min(slope.low / n.high);
            rise.high += other.power * (slope.high / n.low).max(slope.high / n.high);
        }
        let (n, n_slope) = self.own(k);
        let now = user.power * n.low / now;
        let ceiling = (user.power * n.high / least).max(now);
        let level = Range { low: user.power * n.low / most, high: ceiling };
        let above = user.power * n_slope.high - level.times(rise).low;
        let climb = (above / least).max(above / most);
        let line = climb <= LINE * (ceiling - now);
        out.start[k] = if line { now } else { ceiling };
        out.end[k] = if line { (now + climb).max(0.0) } else { ceiling };
        out.ceiling[k] = if ceiling.is_finite() { ceiling } else { f64::INFINITY };
        out.floor[k] = if level.low.is_finite() { level.low.max(0.0) } else { 0.0 };
    }
}
