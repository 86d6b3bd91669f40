//! Directions that can be taken for that of a target.

use std::f64::consts::{FRAC_PI_2, PI};
use std::sync::{Arc, Mutex, PoisonError};

use noctule_num::linalg::{Cholesky, Op, dot, product};
use noctule_num::{C64, CMat};
use noctule_phy::elements::ElementArray;

use super::super::{Beams, Instance};

/// Points of the grid for each beam of the larger aperture, and how many of them are one beam: noise alone is
/// independent from one to the next.
const FINENESS: usize = 4;
/// What is left of a direction without the other targets, of its whole, below which it is theirs.
const THEIRS: f64 = 1e-3;

/// A direction that can be taken for the truth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Lobe {
    /// How far its angles are off: azimuth, polar angle.
    pub off_rad: [f64; 2],
    /// Likeness of its echo to the true one, from zero to one.
    pub likeness: f64,
    /// The direction: azimuth, polar angle.
    pub direction: [f64; 2],
}

/// A direction with what arrives from it and what was sent there.
#[derive(Clone, Debug)]
pub(super) struct Ray {
    direction: [f64; 2],
    arrives: Vec<C64>,
    sent: Vec<C64>,
}

impl Ray {
    /// `⟨d, d'⟩` of `d = b ⊗ e*`.
    fn inner(&self, other: &Self) -> C64 {
        dot(&self.arrives, &other.arrives) * dot(&self.sent, &other.sent).conj()
    }
}

/// Directions, and what two arrays have to do with them: a column each.
struct Directions {
    angles: Vec<[f64; 2]>,
    arrives: CMat,
    sends: CMat,
}

impl Directions {
    fn of(transmit: &ElementArray, receive: &ElementArray, angles: Vec<[f64; 2]>) -> Self {
        let each = || angles.iter().map(|d| (d[0], d[1]));
        let arrives = receive.responses(each());
        let sends = if transmit == receive { arrives.clone() } else { transmit.responses(each()) };
        Self { angles, arrives, sends }
    }
}

/// The directions in front of two arrays in which lobes are looked for: rows from the least `z`, each from the least `y`.
struct Grid {
    arrays: [ElementArray; 2],
    rows: usize,
    columns: usize,
    /// All rows, where they are few enough to be kept.
    kept: Vec<Row>,
}

/// A row of a grid: what is inside the circle, and the directions that are.
struct Row(Vec<bool>, Directions);

/// Grids of so many arrays are kept for the next design: the many of a batch have one.
const KEPT: usize = 4;
/// Numbers of a grid that is kept: two megabytes.
const MOST_KEPT: usize = 1 << 16;

impl Grid {
    /// The grid of these arrays, perhaps as it was made for the design before.
    fn of(transmit: ElementArray, receive: ElementArray) -> Arc<Self> {
        static KNOWN: Mutex<Vec<Arc<Grid>>> = Mutex::new(Vec::new());
        let arrays = [transmit, receive];
        let known = || KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = known().iter().find(|grid| grid.arrays == arrays) {
            return Arc::clone(found);
        }
        let mut grid = Self::empty(arrays);
        let elements: usize = grid.arrays.iter().map(|array| array.positions.len()).sum();
        if grid.rows * grid.columns * elements > MOST_KEPT {
            return Arc::new(grid);
        }
        grid.kept = (0..grid.rows).map(|row| grid.row(row)).collect();
        let grid = Arc::new(grid);
        let mut known = known();
        // another thread may have been as fast
        if known.iter().all(|other| other.arrays != grid.arrays) {
            known.insert(0, Arc::clone(&grid));
            known.truncate(KEPT);
        }
        grid
    }

    fn empty(arrays: [ElementArray; 2]) -> Self {
        let points = |axis: usize| {
            let extent = |array: &ElementArray| {
                let along = array.positions.iter().map(|p| p[axis]);
                along.clone().fold(f64::MIN, f64::max) - along.fold(f64::MAX, f64::min)
            };
            let most = extent(&arrays[0]).max(extent(&arrays[1]));
            (FINENESS as f64 * (1.0 + most)).ceil() as usize
        };
        let (rows, columns) = (points(2), points(1));
        Self { arrays, rows, columns, kept: Vec::new() }
    }

    fn row(&self, row: usize) -> Row {
        let at = |i: usize, count: usize| -1.0 + 2.0 * (i as f64 + 0.5) / count as f64;
        let angles_at = |column: usize| angles(at(column, self.columns), at(row, self.rows));
        let own: Vec<Option<[f64; 2]>> = (0..self.columns).map(angles_at).collect();
        let there = own.iter().flatten().copied().collect();
        let inside = own.iter().map(Option::is_some).collect();
        Row(inside, Directions::of(&self.arrays[0], &self.arrays[1], there))
    }

    /// What becomes of every row.
    fn each<T>(&self, mut of: impl FnMut(&Row) -> T) -> Vec<T> {
        (0..self.rows)
            .map(|row| match self.kept.get(row) {
                Some(kept) => of(kept),
                None => of(&self.row(row)),
            })
            .collect()
    }
}

/// Arrays and beams, the targets as a flat array sees them, and a grid of directions in front of it.
pub(super) struct Sky {
    truth: Vec<Ray>,
    /// Rows from the least `z`, each from the least `y`; absent outside the circle.
    grid: Vec<Vec<Option<Ray>>>,
    /// `⟨t, d⟩` of every target t and, one after the other, the directions d of the grid; a column each.
    inner: CMat,
    /// `⟨d, d⟩` of these.
    whole: Vec<f64>,
}

impl Sky {
    /// The sky of an instance under beams; `None` for a band, without targets, and for arrays that are not flat.
    pub(super) fn of(instance: &Instance, beams: &Beams) -> Option<Self> {
        let (transmit, receive) = (instance.transmit_elements(), instance.receive_elements());
        let flat = |array: &ElementArray| array.positions.iter().all(|p| p[0] == 0.0);
        if instance.band().is_some() || instance.targets().is_empty() {
            return None;
        }
        if !flat(&transmit) || !flat(&receive) {
            return None;
        }
        let amplitude = f64::from(instance.parts().snapshots).sqrt();
        let rays = |seen: &Directions| -> Vec<Ray> {
            let mut sent = product(&beams.matrix, Op::Adjoint, &seen.sends, Op::Plain);
            sent.scale(amplitude);
            let one = |(i, direction): (usize, &[f64; 2])| Ray {
                direction: *direction,
                arrives: seen.arrives.col(i).to_vec(),
                sent: sent.col(i).to_vec(),
            };
            seen.angles.iter().enumerate().map(one).collect()
        };
        let truth: Vec<[f64; 2]> =
            instance.targets().iter().map(|t| [in_front(t.azimuth_rad), t.polar_rad]).collect();
        let truth = rays(&Directions::of(&transmit, &receive, truth));
        let grid = Grid::of(transmit, receive).each(|Row(inside, seen)| {
            let mut found = rays(seen).into_iter();
            inside.iter().map(|inside| inside.then(|| found.next()).flatten()).collect()
        });
        let all: Vec<&Ray> = grid.iter().flatten().flatten().collect();
        let inner = CMat::from_fn(truth.len(), all.len(), |m, i| truth[m].inner(all[i]));
        let whole = all.iter().map(|ray| ray.inner(ray).re).collect();
        Some(Self { truth, grid, inner, whole })
    }

    /// Energy of target `m` per squared reflection without what is also of the other targets, and the lobes
    /// that can be taken for it; `None` where the others look like it.
    pub(super) fn lobes(&self, m: usize) -> Option<(f64, Vec<Lobe>)> {
        let mut alone = Alone::of(&self.truth, m)?;
        let own = &self.truth[m];
        let mine = alone.whitened(CMat::from_fn(self.truth.len() - 1, 1, |n, _| {
            self.truth[other(n, m)].inner(own)
        }));
        let mine = mine.col(0);
        let left = |whole: f64, along: &[C64]| {
            let left = whole - along.iter().map(C64::norm_sqr).sum::<f64>();
            (left > THEIRS * whole).then_some(left)
        };
        let energy = left(own.inner(own).re, mine)?;
        let others = |n: usize, i: usize| self.inner[(other(n, m), i)];
        let coordinates =
            alone.whitened(CMat::from_fn(self.truth.len() - 1, self.whole.len(), others));
        let mut next = 0..self.whole.len();
        let mut of = |ray: &Option<Ray>| {
            let Some(i) = ray.as_ref().and_then(|_| next.next()) else { return -1.0 };
            let along = coordinates.col(i);
            let Some(left) = left(self.whole[i], along) else { return -1.0 };
            let both = self.inner[(m, i)].conj() - dot(along, mine);
            (both.norm() / (left * energy).sqrt()).min(1.0)
        };
        let likeness: Vec<Vec<f64>> =
            self.grid.iter().map(|row| row.iter().map(&mut of).collect()).collect();
        Some((energy, self.found(own, &likeness)))
    }

    /// Tops of the likeness away from the main lobe, and one direction for every other beam.
    fn found(&self, own: &Ray, likeness: &[Vec<f64>]) -> Vec<Lobe> {
        let (rows, columns) = (likeness.len(), likeness.first().map_or(0, Vec::len));
        let main = self.main(own, likeness);
        let mut lobes = Vec::new();
        // the best of each cell of the size of a beam
        for row in (0..rows).step_by(FINENESS / 2) {
            for column in (0..columns).step_by(FINENESS / 2) {
                let cell = (row..rows.min(row + FINENESS / 2))
                    .flat_map(|i| (column..columns.min(column + FINENESS / 2)).map(move |j| (i, j)))
                    .filter(|(i, j)| likeness[*i][*j] >= 0.0 && !main[*i][*j]);
                let best = cell.max_by(|a, b| likeness[a.0][a.1].total_cmp(&likeness[b.0][b.1]));
                let Some((i, j)) = best else { continue };
                let Some(ray) = &self.grid[i][j] else { continue };
                let off = |k: usize| ray.direction[k] - own.direction[k];
                let (off_rad, direction) = ([off(0), off(1)], ray.direction);
                lobes.push(Lobe { off_rad, likeness: likeness[i][j], direction });
            }
        }
        lobes
    }

    /// Which points of the grid are of the main lobe: those from which the likeness only rises towards the truth.
    fn main(&self, own: &Ray, likeness: &[Vec<f64>]) -> Vec<Vec<bool>> {
        let (rows, columns) = (likeness.len(), likeness.first().map_or(0, Vec::len));
        let cosines = [own.direction[0].sin() * own.direction[1].sin(), own.direction[1].cos()];
        let nearest = |x: f64, count: usize| {
            ((0.5 * (x + 1.0) * count as f64).floor() as usize).min(count.saturating_sub(1))
        };
        let start = (nearest(cosines[1], rows), nearest(cosines[0], columns));
        let mut main = vec![vec![false; columns]; rows];
        let mut open = vec![(start.0, start.1, f64::INFINITY)];
        while let Some((i, j, from)) = open.pop() {
            let value = likeness[i][j];
            // around the truth in any case: the grid may miss it by half a step
            let close = i.abs_diff(start.0) <= 1 && j.abs_diff(start.1) <= 1;
            if main[i][j] || (!close && (value >= from || value < 0.0)) {
                continue;
            }
            main[i][j] = true;
            for (di, dj) in [(0, 1), (1, 0), (0, -1_isize), (-1_isize, 0)] {
                let next = i.checked_add_signed(di).zip(j.checked_add_signed(dj));
                if let Some((i, j)) = next.filter(|(i, j)| *i < rows && *j < columns) {
                    open.push((i, j, if close { f64::INFINITY } else { value }));
                }
            }
        }
        main
    }
}

/// The n-th of the targets that are not the m-th.
const fn other(n: usize, m: usize) -> usize {
    if n < m { n } else { n + 1 }
}

/// Projection onto what the other targets do not explain.
struct Alone {
    gram: Cholesky,
}

impl Alone {
    /// Without all targets but one; `None` where these are not told apart.
    fn of(truth: &[Ray], m: usize) -> Option<Self> {
        let n = truth.len() - 1;
        let mut gram = Cholesky::new(n.max(1));
        let inner = |i: usize, j: usize| truth[other(i, m)].inner(&truth[other(j, m)]);
        let matrix = if n == 0 { CMat::identity(1) } else { CMat::from_fn(n, n, inner) };
        gram.factor(&matrix, "echoes of targets").ok()?;
        Some(Self { gram })
    }

    /// Coordinates along the others from the inner products with them: a column each.
    fn whitened(&mut self, mut along: CMat) -> CMat {
        if along.rows() > 0 {
            self.gram.half_solve_in_place(&mut along);
        }
        along
    }
}

/// The azimuth in front of the array that looks the same.
pub(super) fn in_front(azimuth_rad: f64) -> f64 {
    if azimuth_rad.abs() <= FRAC_PI_2 {
        azimuth_rad
    } else {
        PI.copysign(azimuth_rad) - azimuth_rad
    }
}

/// Azimuth and polar angle in front of direction cosines, which lie inside the circle.
fn angles(y: f64, z: f64) -> Option<[f64; 2]> {
    let radius = (1.0 - z * z).max(0.0).sqrt();
    (y.abs() < radius).then(|| [(y / radius).asin(), z.acos()])
}
