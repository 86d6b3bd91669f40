//! SINRs between two sensing times. With s = 1/T, n = tr C is convex and falls in s, and `|n''| ≤ 2κ²‖D‖²/ν`; of
//! m = tr R_k C, `|m'| ≤ ‖R_k‖κ‖D‖` and `|m''| ≤ ‖R_k‖ 2κ²‖D‖²/ν`, all norms those of Frobenius. So values at the ends
//! say what is between them.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Range as Indices;
use std::rc::Rc;

use super::prior::{Kept, Prior, norm, strongest};
use super::rings::{CIRCLE, Line, check as check_ring, cos};
use crate::ball::{Ball, Matrix, UP};
use crate::range::Range;
use crate::{Outcome, Read, Refused, unproven};

/// Users, and all samples of them.
pub(super) struct Users {
    priors: Vec<Prior>,
    power: Vec<Range>,
    /// Noise over gain.
    heard: Vec<Range>,
    sizes: Vec<f64>,
    /// Of the bare form: at most the largest eigenvalues of R.
    strongest: Option<Vec<f64>>,
    /// Duration of a block in seconds.
    block: Ball,
    known: RefCell<BTreeMap<u64, Rc<Vec<Kept>>>>,
    /// The shortest sensing time there can be, in blocks.
    pub(super) shortest: f64,
}

/// What SINRs are at most, `start + τ (end − start)`, with τ from 0 to 1 as 1/T goes from one end to the other; and what they
/// are at most and at least anywhere.
pub(super) struct Levels {
    pub(super) start: Vec<f64>,
    pub(super) end: Vec<f64>,
    pub(super) ceiling: Vec<f64>,
    pub(super) floor: Vec<f64>,
}

impl Users {
    pub(super) fn read(read: &Read<'_>) -> Outcome<Self> {
        let form = read.count("sinr", 0..3)?;
        if form == 2 {
            return Err(Refused::NotHere("frames in the physical form of the SINR".to_owned()));
        }
        let angles = read.array("angle_rad")?;
        let count = angles.len();
        let column = |name: &str| positive(read, name, count);
        let spreads = read.array("spread_rad")?;
        if count == 0 || spreads.len() != count {
            return unproven("the users' lists do not fit");
        }
        let (gain, noise, pilot) = (column("gain")?, column("noise_w")?, column("pilot_snr")?);
        let (echo, limit, power) =
            (column("echo_snr")?, column("crb_limit_rad2")?, column("power_w")?);
        let symbol = Ball::real(read.positive("symbol_time_s")?);
        let block = symbol * read.count("block_symbols", 1..1_000_000_000)? as f64;
        let elements = read.count("receive_antennas", 2..1_000_000)? as f64;
        let scale = symbol * read.positive("crb_scale")?;
        let line = Line::read(read)?;
        let mut matrices = Vec::with_capacity(count);
        for (angle, spread) in angles.iter().zip(&spreads) {
            check_ring(*angle, *spread)?;
            matrices.push(line.matrices(*angle, *spread)?);
        }
        let all: Vec<Matrix> = matrices.iter().map(|pair| pair.0.clone()).collect();
        let bare = form == 1;
        let others = if bare { &[][..] } else { &all };
        let (mut priors, mut shortest, mut heard) = (Vec::new(), 0.0_f64, Vec::new());
        for (k, (correlation, shape)) in matrices.iter().enumerate() {
            let slope = (CIRCLE * cos(angles[k].into())).square();
            let bracket = (slope * (elements * elements - 1.0)).over(12.0.into())?;
            let kappa = scale.over(bracket * (2.0 * echo[k]))?;
            let needed = kappa.over(limit[k].into())?.over(block)?;
            if !(needed.re.is_finite() && needed.rad.is_finite()) {
                return unproven("a number beyond all numbers");
            }
            shortest = shortest.max(needed.lower());
            let level = Ball::real(1.0).over(Ball::real(gain[k]) * pilot[k])?;
            priors.push(Prior::new((correlation, shape), others, (kappa, level)));
            heard.push(Ball::real(noise[k]).over(gain[k].into())?.into());
        }
        let lit = || all.iter().map(strongest).collect::<Outcome<Vec<f64>>>();
        Ok(Self {
            priors,
            power: power.into_iter().map(Range::exact).collect(),
            heard,
            sizes: all.iter().map(norm).collect(),
            strongest: if bare { Some(lit()?) } else { None },
            block,
            known: RefCell::default(),
            shortest,
        })
    }

    pub(super) fn count(&self) -> usize {
        self.priors.len()
    }

    /// The users after sensing for so many blocks.
    fn at(&self, blocks: f64) -> Outcome<Rc<Vec<Kept>>> {
        if let Some(known) = self.known.borrow().get(&blocks.to_bits()) {
            return Ok(known.clone());
        }
        let s = self.per_time(blocks)?;
        let found = Rc::new(self.priors.iter().map(|one| one.at(s)).collect::<Outcome<Vec<_>>>()?);
        let mut known = self.known.borrow_mut();
        // leaves come in order: only their ends are needed again
        while known.len() >= 8 {
            known.pop_first();
        }
        known.insert(blocks.to_bits(), found.clone());
        Ok(found)
    }

    /// One over a time in blocks.
    fn per_time(&self, blocks: f64) -> Outcome<Ball> {
        Ball::real(1.0).over(self.block * blocks)
    }

    /// SINRs between two sensing times in blocks.
    pub(super) fn levels(&self, low: f64, high: f64) -> Outcome<Levels> {
        let (now, then) = (self.at(low)?, self.at(high)?);
        if let Some(strongest) = &self.strongest {
            return Ok(self.bare(&now, &then, strongest));
        }
        let width = self.per_time(low)? - self.per_time(high)?;
        let between = Between { of: self, now: &now, then: &then, w: width.upper().max(0.0) * UP };
        Ok(between.levels())
    }

    /// Where all power is counted that can arrive: n lies below its chord.
    fn bare(&self, now: &[Kept], then: &[Kept], strongest: &[f64]) -> Levels {
        let all: Range = self.power.iter().copied().sum();
        let level = |kept: &[Kept], k: usize| {
            let received = Range::new(strongest[k], self.sizes[k]) * all + self.heard[k];
            (self.power[k] * kept[k].own).over(received)
        };
        let each = |of: &dyn Fn(usize) -> f64| (0..self.count()).map(of).collect::<Vec<f64>>();
        Levels {
            start: each(&|k| level(now, k).high),
            end: each(&|k| level(then, k).high),
            ceiling: each(&|k| level(then, k).high),
            floor: each(&|k| level(now, k).low.max(0.0)),
        }
    }

    fn each(&self) -> Indices<usize> {
        0..self.count()
    }
}

/// An interval of sensing times with what is known of its ends.
struct Between<'a> {
    of: &'a Users,
    now: &'a [Kept],
    then: &'a [Kept],
    /// Its width in s.
    w: f64,
}

impl Between<'_> {
    /// At least `|n''|` of a user times the square of the width.
    fn bend(&self, i: usize) -> f64 {
        let prior = &self.of.priors[i];
        2.0 * prior.speed * prior.speed / prior.noise.low * self.w * self.w * UP
    }

    fn own(&self, i: usize) -> Range {
        let (now, then) = (self.now[i].own, self.then[i].own);
        Range { low: now.low, high: now.high.max(then.high) }
    }

    /// m of a pair, and its slope by τ.
    fn towards(&self, k: usize, i: usize) -> (Range, Range) {
        let (x, y) = (self.now[i].towards[k], self.then[i].towards[k]);
        let size = self.of.sizes[k];
        let (wide, steep) =
            (size * self.bend(i) * UP, size * self.of.priors[i].speed * self.w * UP);
        let apart = (x.low - y.high).max(y.low - x.high).max(0.0);
        let reach = (wide / 8.0).min((steep - apart).max(0.0) / 2.0) * UP;
        let value = Range { low: x.low.min(y.low), high: x.high.max(y.high) };
        let slope = (y - x).near(wide / 2.0 * UP).at_least(-steep).at_most(steep);
        (value.near(reach).at_least(0.0), slope)
    }

    fn levels(&self) -> Levels {
        let mut found = Levels { start: vec![], end: vec![], ceiling: vec![], floor: vec![] };
        let open = self.of.each().any(|i| self.own(i).low <= 0.0);
        for k in self.of.each() {
            let (now, ceiling) = (self.level_now(k), self.ceiling(k));
            let (climb, floor) = if open { (f64::INFINITY, 0.0) } else { self.climb(k, ceiling) };
            let line = climb <= 3.0 * (ceiling - now);
            found.start.push(if line { now } else { ceiling });
            found.end.push(if line { (now + climb).max(0.0) * UP } else { ceiling });
            found.ceiling.push(ceiling);
            found.floor.push(floor.max(0.0));
        }
        found
    }

    fn level_now(&self, k: usize) -> f64 {
        let now = |i: usize| self.of.power[i] * self.now[i].towards[k].over(self.now[i].own);
        let received = self.of.each().map(now).sum::<Range>() + self.of.heard[k];
        (self.of.power[k] * self.now[k].own).over(received).high
    }

    fn ceiling(&self, k: usize) -> f64 {
        let least = |i: usize| {
            let m = Range::exact(self.towards(k, i).0.low);
            self.of.power[i] * m.over(Range::exact(self.own(i).high))
        };
        let received = self.of.each().map(least).sum::<Range>() + self.of.heard[k];
        (self.of.power[k] * Range::exact(self.own(k).high)).over(received).high
    }

    /// The largest slope of the SINR by τ, and the least SINR. Slopes are off those of chords by half of what they can
    /// change.
    fn climb(&self, k: usize, ceiling: f64) -> (f64, f64) {
        let own_slope = |i: usize| {
            let chord = self.then[i].own - self.now[i].own;
            chord.near(self.bend(i) / 2.0 * UP).at_least(0.0)
        };
        let (mut total, mut rise) = (self.of.heard[k], Range::exact(0.0));
        for i in self.of.each() {
            let (m, m_slope) = self.towards(k, i);
            let n = self.own(i);
            let share = Range::new(m.low / n.high, m.high / n.low);
            total = total + self.of.power[i] * share;
            rise = rise + self.of.power[i] * (m_slope - share * own_slope(i)).over(n);
        }
        let power = self.of.power[k];
        let floor = (power * self.own(k)).over(total).low;
        let level = Range { low: floor, high: ceiling };
        ((power * own_slope(k) - level * rise).over(total).high, floor)
    }
}

/// A column of positive numbers.
fn positive(read: &Read<'_>, name: &str, count: usize) -> Outcome<Vec<f64>> {
    let found = read.array(name)?;
    if found.len() == count && found.iter().all(|x| *x > 0.0) {
        return Ok(found);
    }
    unproven(format!("'{name}' does not fit"))
}
