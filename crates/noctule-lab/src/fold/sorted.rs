//! Order statistics of more numbers than fit into memory, exactly: sorted pieces on the disk, merged.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::path::{Path, PathBuf};

use noctule_figure::{CDF_POINTS, PlotPoint};
use noctule_num::stats::{Running, Summary};

use super::spool::Scratch;
use crate::error::LabError;

/// Numbers that are sorted at once.
pub(super) const PIECE: usize = 2 << 20;
/// Numbers that all pieces together hold in memory while they are merged.
const MERGED: usize = 1 << 19;
/// Numbers of a piece that are read at once, at least.
const LEAST: usize = 64;

/// Takes numbers in any order and gives them back in ascending order.
#[derive(Debug)]
pub(super) struct Sorter {
    dir: PathBuf,
    piece: usize,
    list: Vec<f64>,
    pieces: Vec<(u64, usize)>,
    scratch: Option<Scratch>,
    running: Running,
}

impl Sorter {
    pub(super) fn new(dir: &Path, piece: usize) -> Self {
        Self {
            dir: dir.to_owned(),
            piece,
            list: Vec::new(),
            pieces: Vec::new(),
            scratch: None,
            running: Running::default(),
        }
    }

    pub(super) fn push(&mut self, number: f64) -> Result<(), LabError> {
        self.running.push(number);
        self.list.push(number);
        if self.list.len() < self.piece { Ok(()) } else { self.write_out() }
    }

    fn write_out(&mut self) -> Result<(), LabError> {
        self.list.sort_unstable_by(f64::total_cmp);
        let scratch = match &mut self.scratch {
            Some(scratch) => scratch,
            None => self.scratch.insert(Scratch::within(&self.dir)?),
        };
        let bits: Vec<u64> = self.list.iter().map(|number| number.to_bits()).collect();
        self.pieces.push((scratch.append(&bits)?, bits.len()));
        self.list.clear();
        Ok(())
    }

    /// All numbers in ascending order, with their ranks.
    fn each(mut self, mut take: impl FnMut(usize, f64)) -> Result<(), LabError> {
        self.list.sort_unstable_by(f64::total_cmp);
        let Some(scratch) = &self.scratch else {
            self.list.iter().enumerate().for_each(|(rank, number)| take(rank, *number));
            return Ok(());
        };
        let room = (MERGED / self.pieces.len()).max(LEAST);
        let mut fronts: Vec<Front> =
            self.pieces.iter().map(|(at, count)| Front::new(*at, *count)).collect();
        let last = self.list.iter().map(|number| number.to_bits()).rev().collect();
        fronts.push(Front { at: 0, left: 0, read: last });
        let mut heap = BinaryHeap::new();
        for (index, front) in fronts.iter_mut().enumerate() {
            heap.extend(front.next(scratch, room)?.map(|number| Reverse((number, index))));
        }
        let mut rank = 0;
        while let Some(Reverse((number, index))) = heap.pop() {
            take(rank, number.0);
            rank += 1;
            heap.extend(fronts[index].next(scratch, room)?.map(|n| Reverse((n, index))));
        }
        Ok(())
    }

    /// What a table says about the numbers; means are those of the order in which they came.
    pub(super) fn summary(self) -> Result<Option<Summary>, LabError> {
        let running = self.running;
        let count = running.count() as usize;
        let Some(mean) = running.mean() else { return Ok(None) };
        // As `quantile_of_sorted`: between the order statistics around (n − 1)·p.
        let around = |p: f64| {
            let position = (count - 1) as f64 * p;
            let below = position.floor() as usize;
            (below, (below + 1).min(count - 1), position - below as f64)
        };
        let wanted = [0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0].map(around);
        let mut ends = [(0.0, 0.0); 7];
        self.each(|rank, number| {
            for ((below, above, _), end) in wanted.iter().zip(&mut ends) {
                if rank == *below {
                    end.0 = number;
                }
                if rank == *above {
                    end.1 = number;
                }
            }
        })?;
        let value = |k: usize| ends[k].0 + wanted[k].2 * (ends[k].1 - ends[k].0);
        Ok(Some(Summary {
            count: count as u64,
            mean,
            standard_error: running.standard_error(),
            min: ends[0].0,
            q05: value(1),
            q25: value(2),
            median: value(3),
            q75: value(4),
            q95: value(5),
            max: ends[6].0,
        }))
    }

    /// The distribution function, thinned as [`noctule_figure::empirical_cdf`] thins it.
    pub(super) fn distribution(self) -> Result<Vec<PlotPoint>, LabError> {
        let n = self.running.count() as usize;
        let wanted = n.min(CDF_POINTS);
        let rank_of = |k: usize| if wanted < 2 { 0 } else { k * (n - 1) / (wanted - 1) };
        let mut points: Vec<PlotPoint> = Vec::with_capacity(wanted);
        let (mut next, mut at, mut last) = (0, f64::NAN, 0);
        let mut open = false;
        self.each(|rank, number| {
            if open && number > at {
                points.push(PlotPoint::from((at, rank as f64 / n as f64)));
                open = false;
            }
            if next < wanted && rank == rank_of(next) {
                let repeated = next > 0 && at.total_cmp(&number).is_eq();
                if !repeated && open {
                    // −0 and 0 are two abscissas, and one step.
                    points.push(PlotPoint::from((at, f64::NAN)));
                }
                open |= !repeated && number.is_finite();
                at = number;
                while next < wanted && rank_of(next) == rank {
                    next += 1;
                }
            }
            last = rank + 1;
        })?;
        if open {
            points.push(PlotPoint::from((at, last as f64 / n as f64)));
        }
        Ok(settle(points))
    }
}

/// Where two zeros of different sign meet, the first has the share of the second.
fn settle(mut points: Vec<PlotPoint>) -> Vec<PlotPoint> {
    for index in (1..points.len()).rev() {
        if points[index - 1].y.is_nan() {
            points[index - 1].y = points[index].y;
        }
    }
    points
}

/// A number with the order of [`f64::total_cmp`].
#[derive(Clone, Copy, Debug)]
struct Total(f64);

impl PartialEq for Total {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Total {}

impl PartialOrd for Total {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Total {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

/// What is still to come of a sorted piece; what was read lies in reverse.
#[derive(Debug)]
struct Front {
    at: u64,
    left: usize,
    read: Vec<u64>,
}

impl Front {
    const fn new(at: u64, left: usize) -> Self {
        Self { at, left, read: Vec::new() }
    }

    fn next(&mut self, scratch: &Scratch, room: usize) -> Result<Option<Total>, LabError> {
        if self.read.is_empty() && self.left > 0 {
            let now = room.min(self.left);
            scratch.read(self.at, now, &mut self.read)?;
            self.read.reverse();
            self.at += 8 * now as u64;
            self.left -= now;
        }
        Ok(self.read.pop().map(|bits| Total(f64::from_bits(bits))))
    }
}

#[cfg(test)]
mod tests {
    use noctule_figure::empirical_cdf;

    use super::*;

    /// Numbers that are the same every time: some repeated, some zeros of either sign.
    fn numbers(count: usize, seed: u64) -> Vec<f64> {
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(seed | 1);
            (state >> 40) as f64
        };
        let number = |k: f64| match k as u64 % 7 {
            0 => 0.0,
            1 => -0.0,
            2 => (k % 5.0) - 2.0,
            _ => (k - 8e6) * 1e-3,
        };
        (0..count).map(|_| number(next())).collect()
    }

    #[test]
    fn pieces_on_the_disk_give_the_bits_of_sorting_in_memory() {
        let dir = tempfile::tempdir().unwrap();
        for (case, count) in
            [1, 2, 3, 7, 8, 9, 64, 399, 400, 401, 1000, 5003].into_iter().enumerate()
        {
            let all = numbers(count, 77 + case as u64);
            for piece in [1, 8, 100, 10_000] {
                if count / piece > 700 {
                    continue;
                }
                let sorter = || {
                    let mut sorter = Sorter::new(dir.path(), piece);
                    all.iter().for_each(|number| sorter.push(*number).unwrap());
                    sorter
                };
                let bits = |s: Summary| {
                    [s.mean, s.median, s.q05, s.q25, s.q75, s.q95, s.min, s.max].map(f64::to_bits)
                };
                let (found, expected) =
                    (sorter().summary().unwrap().unwrap(), Summary::of(&all).unwrap());
                assert_eq!(found.standard_error, expected.standard_error);
                assert_eq!((bits(found), found.count), (bits(expected), expected.count), "{count}");
                let shown = |points: Vec<PlotPoint>| -> Vec<(u64, u64)> {
                    points.iter().map(|point| (point.x.to_bits(), point.y.to_bits())).collect()
                };
                let found = shown(sorter().distribution().unwrap());
                assert_eq!(found, shown(empirical_cdf(&all)), "{count} in pieces of {piece}");
            }
        }
        assert!(Sorter::new(dir.path(), 8).summary().unwrap().is_none());
        assert!(Sorter::new(dir.path(), 8).distribution().unwrap().is_empty());
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "nothing is left");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_an_error_of_the_file() {
        let mut sorter = Sorter::new(std::path::Path::new("/proc/no/such/folder"), 2);
        sorter.push(1.0).unwrap();
        assert!(matches!(sorter.push(2.0), Err(LabError::Io { .. })));
    }
}
