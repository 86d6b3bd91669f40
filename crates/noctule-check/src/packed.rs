//! Sums of many Hermitian matrices, and one factorisation for all users.

use std::ops::Range;

use crate::ball::{Ball, Matrix, TINY, U, UP};

/// A Hermitian matrix known to within a radius, for sums of many terms: centres in lower triangles, row by row.
#[derive(Clone, Debug)]
pub(crate) struct Packed {
    pub(crate) order: usize,
    re: Vec<f64>,
    im: Vec<f64>,
    rad: Vec<f64>,
}

impl Packed {
    pub(crate) fn zeros(order: usize) -> Self {
        let none = vec![0.0; order * (order + 1) / 2];
        Self { order, re: none.clone(), im: none.clone(), rad: none }
    }

    /// The Hermitian part of a matrix: of an entry and its mirror image, the mean.
    pub(crate) fn of(a: &Matrix) -> Self {
        let mut found = Self::zeros(a.rows);
        let mut at = 0;
        for i in 0..a.rows {
            for j in 0..=i {
                let (x, y) = (a.at(i, j), a.at(j, i).conj());
                (found.re[at], found.im[at]) = (0.5 * (x.re + y.re), 0.5 * (x.im + y.im));
                let size = x.size().max(y.size());
                found.rad[at] = (x.rad.max(y.rad) + 2.0 * U * size) * UP + TINY;
                at += 1;
            }
        }
        found
    }

    /// `self += factor · other`, with the rounding of the product and of the sum.
    pub(crate) fn add(&mut self, other: &Self, factor: Ball) {
        self.add_entries(0..self.re.len(), other, 0, factor);
    }

    /// The same for some entries in a row, of which the first is that one of the other.
    fn add_entries(&mut self, own: Range<usize>, other: &Self, first: usize, factor: Ball) {
        let most = factor.re.abs() + factor.rad;
        let lost = (factor.rad + 4.0 * U * factor.re.abs()) * UP;
        let theirs = first..first + own.len();
        let (re, im) = (&mut self.re[own.clone()], &mut self.im[own.clone()]);
        let (rad, off) = (&mut self.rad[own], &other.rad[theirs.clone()]);
        let (x, y) = (&other.re[theirs.clone()], &other.im[theirs]);
        for at in 0..re.len() {
            re[at] += factor.re * x[at];
            im[at] += factor.re * y[at];
            let large = x[at].abs() + y[at].abs();
            let sum = re[at].abs() + im[at].abs();
            rad[at] += most * off[at] + lost * large + 2.0 * U * sum;
        }
    }

    /// Add a number to the diagonal from a row on.
    pub(crate) fn add_diagonal(&mut self, rows: Range<usize>, x: f64) {
        for i in rows {
            let at = i * (i + 1) / 2 + i;
            self.re[at] += x;
            self.rad[at] += 2.0 * U * self.re[at].abs();
        }
    }

    /// By how much `top · 1` minus it is off: no more than the diagonal matrix of the sums of radii and roundings in
    /// its rows.
    fn lost(&self, top: f64) -> Vec<f64> {
        let mut rows = vec![0.0_f64; self.order];
        for i in 0..self.order {
            for j in 0..=i {
                let at = i * (i + 1) / 2 + j;
                let beside = if i == j { top.abs() } else { 0.0 };
                let size = self.re[at].abs() + self.im[at].abs() + beside;
                let lost = self.rad[at] + 4.0 * U * size;
                rows[i] += lost;
                if i != j {
                    rows[j] += lost;
                }
            }
        }
        rows
    }

    /// Add a block on the diagonal, from row and column `first` on.
    pub(crate) fn add_block(&mut self, first: usize, block: &Self, factor: Ball) {
        for i in 0..block.order {
            let to = (first + i) * (first + i + 1) / 2 + first;
            self.add_entries(to..to + i + 1, block, i * (i + 1) / 2, factor);
        }
    }
}

/// Shares of the rounding that any factor of a diagonal has, as they are tried: all of it is always enough, and little of it
/// takes less off a matrix that is nearly singular.
const SHARES: [f64; 2] = [1.0, 0.05];

/// Whether `top · 1 − G − s h hᴴ` is proven to be positive semidefinite for every Hermitian G in the ball, for each of
/// some vectors h and factors s, of which one below or equal to zero counts as zero.
///
/// That is so when the matrix `[[top · 1 − G, c h], [c hᴴ, c²/s]]` is, which has one factorisation for all vectors but for
/// its last row; `c` brings its last entry to the size of the others. A factorisation LLᴴ of A − S that succeeds is exact for
/// a matrix off by at most γ|L||Lᴴ| in every entry, hence by no more than the diagonal matrix of γ times its row sums: a
/// diagonal S of that, and of what the entries are off by, is enough. What it will be is not known before; of a matrix
/// with diagonal a the row sums are at most `n a_ii`.
pub(crate) fn below_all(top: f64, g: &Packed, vectors: &[(f64, &[Ball])]) -> bool {
    let n = g.order;
    let diagonal: Vec<f64> = (0..n).map(|i| (top - g.re[i * (i + 1) / 2 + i]).abs()).collect();
    let mean = diagonal.iter().sum::<f64>() / n as f64;
    let borders: Vec<Border> =
        vectors.iter().filter(|(s, _)| *s > 0.0).map(|(s, h)| Border::new(*s, h, mean)).collect();
    let mut lost = g.lost(top);
    // one factorisation for all: of every row the most that a border is off by
    for (i, lost) in lost.iter_mut().enumerate() {
        *lost += borders.iter().map(|border| border.lost[i]).fold(0.0, f64::max);
    }
    let all = (n + 1) as f64 * gamma(n);
    SHARES.into_iter().any(|share| {
        let room: Vec<f64> = diagonal.iter().map(|a| share * all * a).collect();
        let shift: Vec<f64> =
            lost.iter().zip(&room).map(|(lost, room)| (lost + room + TINY) * UP).collect();
        let Some(factor) = Factor::of(top, g, &shift) else { return false };
        let last = share * all;
        let enough = share < 1.0;
        let alone = Border::none(n);
        (!enough || factor.admits(&alone, &room, 1.0))
            && borders
                .iter()
                .all(|border| factor.admits(border, if enough { &room } else { &[] }, last))
    })
}

/// Rounding of a complex sum of a factorisation: of its real and of its imaginary part, 2(n + 2) operations.
fn gamma(n: usize) -> f64 {
    let terms = (4 * (n + 3)) as f64 * U;
    terms / (1.0 - terms)
}

/// One more row and column of a matrix, with what its entries are off by.
struct Border {
    entries: Vec<Ball>,
    lost: Vec<f64>,
    corner: f64,
}

impl Border {
    fn new(s: f64, h: &[Ball], mean: f64) -> Self {
        let c = (mean * s).sqrt();
        let entries: Vec<Ball> = h.iter().map(|x| *x * c).collect();
        let lost = entries.iter().map(|x| x.rad + 4.0 * U * x.size()).collect();
        Self { entries, lost, corner: c * c / s }
    }

    /// Nothing.
    fn none(n: usize) -> Self {
        Self { entries: vec![Ball::ZERO; n], lost: vec![0.0; n], corner: 1.0 }
    }
}

/// A lower triangular factor, real and imaginary parts apart, row by row.
struct Factor {
    order: usize,
    re: Vec<f64>,
    im: Vec<f64>,
    /// Sums of moduli of its columns, and of every row those of the matrix |L||Lᴴ|.
    columns: Vec<f64>,
    rows: Vec<f64>,
}

impl Factor {
    /// Of `top · 1 − diag(shift) − G`; none where a pivot is not positive.
    fn of(top: f64, g: &Packed, shift: &[f64]) -> Option<Self> {
        let n = g.order;
        let (mut re, mut im) = (vec![0.0; n * (n + 1) / 2], vec![0.0; n * (n + 1) / 2]);
        for i in 0..n {
            let row = i * (i + 1) / 2;
            for j in 0..i {
                let other = j * (j + 1) / 2;
                let mine = (&re[row..row + j], &im[row..row + j]);
                let (x, y) = inner(mine, (&re[other..other + j], &im[other..other + j]));
                let pivot = re[other + j];
                re[row + j] = (-g.re[row + j] - x) / pivot;
                im[row + j] = (-g.im[row + j] - y) / pivot;
            }
            let mine = (&re[row..row + i], &im[row..row + i]);
            let (x, _) = inner(mine, mine);
            let left = (top - g.re[row + i]) - shift[i] - x;
            if !(left > 0.0 && left.is_finite()) {
                return None;
            }
            re[row + i] = left.sqrt();
        }
        let mut factor = Self { order: n, re, im, columns: vec![0.0; n], rows: Vec::new() };
        for i in 0..n {
            for k in 0..=i {
                factor.columns[k] += factor.size(i, k);
            }
        }
        let row = |i: usize| (0..=i).map(|k| factor.size(i, k) * factor.columns[k]).sum();
        factor.rows = (0..n).map(row).collect();
        Some(factor)
    }

    fn size(&self, i: usize, k: usize) -> f64 {
        let at = i * (i + 1) / 2 + k;
        self.re[at].abs() + self.im[at].abs()
    }

    /// Whether a border leaves a positive pivot, its last entry shifted by this share and by what is lost; and where
    /// there is a `room` for rounding, whether rounding keeps to it in every row.
    fn admits(&self, border: &Border, room: &[f64], share: f64) -> bool {
        let n = self.order;
        let (mut re, mut im) = (vec![0.0; n], vec![0.0; n]);
        let lost: f64 = border.lost.iter().sum::<f64>() + 8.0 * U * border.corner + TINY;
        let mut left = border.corner - (share * border.corner + lost) * UP;
        for j in 0..n {
            let row = j * (j + 1) / 2;
            let known = (&self.re[row..row + j], &self.im[row..row + j]);
            let (x, y) = inner((&re[..j], &im[..j]), known);
            let (x, y) = (border.entries[j].re - x, -border.entries[j].im - y);
            let pivot = self.re[row + j];
            (re[j], im[j]) = (x / pivot, y / pivot);
            left -= re[j] * re[j] + im[j] * im[j];
        }
        let sizes: Vec<f64> = re.iter().zip(&im).map(|(x, y)| x.abs() + y.abs()).collect();
        let gamma = gamma(n) * UP;
        let keeps = |i: usize| {
            let border: f64 = (0..=i).map(|k| self.size(i, k) * sizes[k]).sum();
            gamma * (self.rows[i] + border) <= room[i]
        };
        let own = sizes.iter().zip(&self.columns).map(|(x, column)| x * (column + x)).sum::<f64>()
            + left.abs();
        let kept = room.is_empty() || (0..n).all(keeps) && gamma * own <= share * border.corner;
        left > 0.0 && left.is_finite() && kept
    }
}

/// `Σ_k a_k conj(b_k)`, real and imaginary parts apart.
fn inner((ar, ai): (&[f64], &[f64]), (br, bi): (&[f64], &[f64])) -> (f64, f64) {
    // four sums at a time: processors add in parallel, and any order of a sum has the same bound
    let (mut real, mut imaginary) = ([0.0_f64; 4], [0.0_f64; 4]);
    let (ar, ar_rest) = ar.as_chunks::<4>();
    let (ai, ai_rest) = ai.as_chunks::<4>();
    let (br, br_rest) = br.as_chunks::<4>();
    let (bi, bi_rest) = bi.as_chunks::<4>();
    for ((p, q), (r, s)) in ar.iter().zip(ai).zip(br.iter().zip(bi)) {
        real = std::array::from_fn(|l| real[l] + (p[l] * r[l] + q[l] * s[l]));
        imaginary = std::array::from_fn(|l| imaginary[l] + (q[l] * r[l] - p[l] * s[l]));
    }
    let (mut x, mut y) = (real.iter().sum::<f64>(), imaginary.iter().sum::<f64>());
    for ((p, q), (r, s)) in ar_rest.iter().zip(ai_rest).zip(br_rest.iter().zip(bi_rest)) {
        x += p * r + q * s;
        y += q * r - p * s;
    }
    (x, y)
}
