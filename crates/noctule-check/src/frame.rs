//! Frames: no sensing time, number and placement of updates carries more. Within an interval of sensing times the SINRs
//! lie below a line in 1/T ([`levels`]), and rates, being concave, below their tangents; for given updates the sum is
//! linear in τ, so that its largest is convex and lies below its chord; less the rate of the time that sensing takes.

mod eigen;
mod levels;
mod prior;
mod rings;

use crate::ball::{Ball, U, UP, sum};
use crate::range::Range;
use crate::{Outcome, Read, Refused, unproven};

use levels::Users;

/// Most blocks of a frame: placing updates takes their square.
const MOST_BLOCKS: usize = 2000;

pub(crate) fn check(read: &Read<'_>, value: f64) -> Outcome<usize> {
    if read.scheme != "optimal" {
        return Err(Refused::NotHere("bounds of frames of one kind".to_owned()));
    }
    if !read.settings["sensing_blocks"].is_null() {
        return Err(Refused::NotHere("bounds of frames with a given sensing time".to_owned()));
    }
    read.lists_are(&["high", "low"])?;
    let frames = Frames::read(read)?;
    let count = read.length("low");
    let (low, high) = (read.list("low", count)?, read.list("high", count)?);
    let end = (frames.blocks - frames.updates.unwrap_or(1) + 1) as f64;
    let valid = |(low, high): (&f64, &f64)| 0.0 < *low && low < high && *high <= end;
    if count == 0 || !low.iter().zip(&high).all(valid) {
        return unproven("an interval is none of sensing times");
    }
    let mut reached = frames.next(frames.users.shortest);
    for (low, high) in low.iter().zip(&high) {
        if *low > reached {
            return unproven("the intervals leave something uncovered");
        }
        reached = reached.max(frames.next(*high));
    }
    if reached < end {
        return unproven("the intervals leave something uncovered");
    }
    // no frame carries less than nothing
    let most = value * frames.blocks as f64 * (1.0 - 8.0 * U);
    if value.is_nan() || value < 0.0 {
        return unproven("a rate below zero");
    }
    for (leaf, (low, high)) in low.iter().zip(&high).enumerate() {
        let found = frames.most(*low, *high)?;
        if found.is_nan() || found > most {
            return unproven(format!("a frame of interval {leaf} may carry more"));
        }
    }
    Ok(count)
}

struct Frames {
    users: Users,
    blocks: usize,
    /// Exactly so many, or any number.
    updates: Option<usize>,
    /// ρ² of every user by age.
    aged: Vec<Vec<Ball>>,
    /// Time of a pilot in blocks.
    pilot: Range,
    /// Whether a pilot must fit whole into the block after sensing.
    whole: bool,
}

impl Frames {
    fn read(read: &Read<'_>) -> Outcome<Self> {
        if read.count("project_prior", 0..2)? == 0 {
            return Err(Refused::NotHere("frames whose prior is not projected".to_owned()));
        }
        let users = Users::read(read)?;
        let aging = read.array("aging")?;
        let rows = read.rows("aging");
        let blocks = aging.len() / rows.max(1);
        if rows != users.count() || blocks * rows != aging.len() || blocks == 0 {
            return unproven("'aging' does not fit");
        }
        if aging.iter().any(|rho| rho.abs() > 1.0) {
            return unproven("'aging' holds what is no correlation");
        }
        if blocks > MOST_BLOCKS {
            return Err(Refused::NotHere("frames of so many blocks".to_owned()));
        }
        let symbols = read.count("block_symbols", 1..1_000_000_000)?;
        let pilot = Ball::real(read.count("pilot_symbols", 0..symbols)? as f64);
        let updates = match &read.settings["updates"] {
            serde_json::Value::Null => None,
            found => match found.as_u64().and_then(|m| usize::try_from(m).ok()) {
                Some(m) if (1..=blocks).contains(&m) => Some(m),
                _ => return unproven("so many updates do not fit"),
            },
        };
        let square = |rho: &f64| Ball::real(*rho).square();
        Ok(Self {
            users,
            blocks,
            updates,
            aged: aging.chunks(blocks).map(|row| row.iter().map(square).collect()).collect(),
            pilot: pilot.over((symbols as f64).into())?.into(),
            whole: read.count("whole_pilots", 0..2)? == 1,
        })
    }

    /// The next sensing time with room: where a block has none for its pilot, the next block.
    fn next(&self, x: f64) -> f64 {
        let full = x.floor() + 1.0 - if self.whole { self.pilot.low } else { 0.0 };
        if x >= full && x > x.floor() { x.floor() + 1.0 } else { x }
    }

    /// What no frame carries whose sensing ends within an interval, in blocks · bit/s/Hz.
    fn most(&self, low: f64, high: f64) -> Outcome<f64> {
        let (whole, levels) = (low.floor(), self.users.levels(low, high)?);
        let data = self.blocks - whole as usize;
        if high > whole + 1.0 {
            // several blocks: the largest rates, and nothing spent of the first
            let rates = self.rates(&levels.ceiling, data)?;
            return Ok(
                self.carried(&rates.iter().map(|r| Range::from(*r).high).collect::<Vec<_>>())
            );
        }
        let rest = low - whole;
        if self.whole && rest + self.pilot.low > 1.0 + 4.0 * U {
            return Ok(0.0);
        }
        let now: Vec<f64> =
            self.rates(&levels.start, data)?.into_iter().map(|r| Range::from(r).high).collect();
        let climb = self.climb(&levels.start, &levels.end, data)?;
        let then: Vec<f64> =
            now.iter().zip(&climb).map(|(r, g)| Range::new(r + g, r + g).high).collect();
        let least = Range::from(self.rates(&levels.floor, 1)?[0]).low.max(0.0);
        // What is spent of the first block costs its rate, that of the bound where the block keeps more than that.
        let together = rest + self.pilot.high <= 1.0 - 4.0 * U;
        let worth = |rates: &[f64]| {
            let spent = rest * if together { rates[0] } else { least } * (1.0 - 4.0 * U);
            Range::exact(self.carried(rates)) - Range::exact(spent)
        };
        let last = if self.whole { high.min((1.0 + whole - self.pilot.low) * UP) } else { high };
        let values = [worth(&now).high, worth(&then).high];
        Ok(if last <= low { values[0] } else { largest(values, least, [low, last, high]) })
    }

    /// Φ by age.
    fn rates(&self, sinr: &[f64], data: usize) -> Outcome<Vec<Ball>> {
        let two = Ball::real(2.0).ln()?;
        let user = |k: usize, n: usize| (self.aged[k][n] * sinr[k] + 1.0.into()).ln();
        let all = |n: usize| {
            let each = (0..sinr.len()).map(|k| user(k, n)).collect::<Outcome<Vec<_>>>()?;
            sum(each).over(two)
        };
        (0..data).map(all).collect()
    }

    /// At least how far the tangents of rates climb.
    fn climb(&self, start: &[f64], end: &[f64], data: usize) -> Outcome<Vec<f64>> {
        let two = Ball::real(2.0).ln()?;
        let user = |k: usize, n: usize| {
            let aged = self.aged[k][n];
            (aged * (Ball::real(end[k]) - start[k].into())).over(aged * start[k] + 1.0.into())
        };
        let all = |n: usize| {
            let each = (0..start.len()).map(|k| user(k, n)).collect::<Outcome<Vec<_>>>()?;
            Ok(Range::from(sum(each).over(two)?).high)
        };
        (0..data).map(all).collect()
    }

    /// The most that updates carry of blocks with these rates by age, less their pilots.
    fn carried(&self, rates: &[f64]) -> f64 {
        let (data, pilot) = (rates.len(), self.pilot.low * rates[0]);
        let mut sums = vec![0.0; data + 1];
        for (n, rate) in rates.iter().enumerate() {
            sums[n + 1] = sums[n] + rate;
        }
        let best_last = |best: &[f64], n: usize| {
            (1..=n).map(|j| best[n - j] + sums[j]).fold(f64::NEG_INFINITY, f64::max) - pilot
        };
        let mut best = vec![f64::NEG_INFINITY; data + 1];
        best[0] = 0.0;
        match self.updates {
            None => (1..=data).for_each(|n| best[n] = best_last(&best, n)),
            Some(updates) => {
                for _ in 0..updates {
                    let next =
                        |n: usize| if n == 0 { f64::NEG_INFINITY } else { best_last(&best, n) };
                    best = (0..=data).map(next).collect();
                }
            }
        }
        let most = rates.iter().copied().fold(0.0, f64::max);
        // every sum on the way is of no more than so many terms of that size
        best[data] + 16.0 * U * ((data + 2) * (data + 2)) as f64 * most
    }
}

/// The largest of `V₀ + (V₁ − V₀)τ − (x − low)·least` over x from `low` to `last`, where τ = (1/low − 1/x)/(1/low − 1/high).
/// With s = 1/x it is linear but for x = 1/s, which lies above its tangents: any will do, the one at s₀ is the best.
fn largest(values: [f64; 2], least: f64, [low, last, high]: [f64; 3]) -> f64 {
    let one = Range::exact(1.0);
    let of = |x: f64| one.over(Range::exact(x));
    let (width, gained) = (of(low) - of(high), Range::exact(values[1]) - Range::exact(values[0]));
    let best =
        if gained.high > 0.0 { (least * width.high / gained.high).sqrt() } else { 1.0 / low };
    let s_0 = Range::exact(best.clamp(1.0 / last, 1.0 / low));
    let at = |x: f64| {
        let spent = (Range::exact(2.0) - of(x).over(s_0)).over(s_0) - Range::exact(low);
        let along = (of(low) - of(x)).over(width);
        (Range::exact(values[0]) + gained * along - spent * Range::exact(least)).high
    };
    at(low).max(at(last))
}
