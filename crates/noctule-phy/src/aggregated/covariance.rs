//! Covariances over stacked access points.

use noctule_num::linalg::{HermitianEigen, Op, dot, product};
use noctule_num::{C64, CMat, NumError};

/// A Hermitian matrix over stacked access points: one dense block for each on the diagonal, plus
/// `Σ_i s_i u_i u_iᴴ` with real weights.
#[derive(Clone, Debug, PartialEq)]
pub struct Covariance {
    /// One `N × N` block for each access point.
    pub blocks: Vec<CMat>,
    /// Columns `u_i` over all access points, `M N × r`.
    pub factors: CMat,
    /// Weights `s_i`.
    pub weights: Vec<f64>,
}

impl Covariance {
    /// A block-diagonal matrix.
    pub fn block_diagonal(blocks: Vec<CMat>) -> Self {
        let rows = blocks.iter().map(CMat::rows).sum();
        Self { blocks, factors: CMat::zeros(rows, 0), weights: Vec::new() }
    }

    /// The same with Hermitian blocks whose eigenvalues are zero or more: what rounding left beside or
    /// below is cut off. A singular block, such as that of a line of sight alone, has errors of the size
    /// of what was estimated, which may be much larger than itself.
    ///
    /// # Errors
    /// [`NumError`] when an entry is not finite.
    pub fn without_rounding(mut self) -> Result<Self, NumError> {
        for block in &mut self.blocks {
            let n = block.rows();
            *block = CMat::from_fn(n, n, |i, j| (block[(i, j)] + block[(j, i)].conj()) * 0.5);
            let mut eigen = HermitianEigen::new(n);
            eigen.compute(block)?;
            if eigen.min() >= 0.0 {
                continue;
            }
            let mut scaled = eigen.vectors().clone();
            for (j, value) in eigen.values().iter().enumerate() {
                let root = value.max(0.0).sqrt();
                scaled.col_mut(j).iter_mut().for_each(|z| *z *= root);
            }
            *block = product(&scaled, Op::Plain, &scaled, Op::Adjoint);
        }
        Ok(self)
    }

    /// Split a dense Hermitian matrix into its diagonal blocks of order `antennas` and the rest,
    /// whose eigenvectors become the factors. Eigenvalues below `1e-14` of the norm of the matrix
    /// are dropped.
    ///
    /// # Errors
    /// [`NumError`] when an entry is not finite or the order is no multiple of `antennas`.
    pub fn from_dense(dense: &CMat, antennas: usize) -> Result<Self, NumError> {
        let n = dense.rows();
        if antennas == 0 || !n.is_multiple_of(antennas) || dense.cols() != n {
            let what = "order of a stacked covariance";
            return Err(NumError::Dimension { what, expected: antennas, found: n });
        }
        let same = |i: usize, j: usize| i / antennas == j / antennas;
        let hermitian = |i: usize, j: usize| (dense[(i, j)] + dense[(j, i)].conj()) * 0.5;
        let blocks = (0..n / antennas)
            .map(|m| {
                let at = m * antennas;
                CMat::from_fn(antennas, antennas, |i, j| hermitian(at + i, at + j))
            })
            .collect();
        let rest = CMat::from_fn(n, n, |i, j| if same(i, j) { C64::ZERO } else { hermitian(i, j) });
        let mut out = Self::block_diagonal(blocks);
        if rest.max_abs() > 0.0 {
            let mut eigen = HermitianEigen::new(n);
            eigen.compute(&rest)?;
            let floor = 1e-14 * dense.norm();
            let kept: Vec<usize> = (0..n).filter(|&i| eigen.values()[i].abs() > floor).collect();
            out.factors = CMat::from_fn(n, kept.len(), |i, c| eigen.vectors()[(i, kept[c])]);
            out.weights = kept.iter().map(|&i| eigen.values()[i]).collect();
        }
        Ok(out)
    }

    /// Order of the stacked matrix.
    pub const fn order(&self) -> usize {
        self.factors.rows()
    }

    /// The stacked matrix, entry by entry: for tests and small problems.
    pub fn dense(&self) -> CMat {
        let n = self.order();
        let mut out = CMat::zeros(n, n);
        let mut at = 0;
        for block in &self.blocks {
            for j in 0..block.cols() {
                for i in 0..block.rows() {
                    out[(at + i, at + j)] = block[(i, j)];
                }
            }
            at += block.rows();
        }
        for (c, &weight) in self.weights.iter().enumerate() {
            let u = self.factors.col(c);
            for j in 0..n {
                for i in 0..n {
                    out[(i, j)] += u[i] * u[j].conj() * weight;
                }
            }
        }
        out
    }

    /// Multiply by a real number.
    pub fn scale(&mut self, factor: f64) {
        self.blocks.iter_mut().for_each(|block| block.scale(factor));
        self.weights.iter_mut().for_each(|weight| *weight *= factor);
    }

    /// Add `weight · other`; factors are appended.
    ///
    /// # Panics
    /// When the shapes differ.
    pub fn add(&mut self, weight: f64, other: &Self) {
        for (mine, theirs) in self.blocks.iter_mut().zip(&other.blocks) {
            for (x, y) in mine.as_mut_slice().iter_mut().zip(theirs.as_slice()) {
                *x += y * weight;
            }
        }
        let mut factors = self.factors.as_slice().to_vec();
        factors.extend_from_slice(other.factors.as_slice());
        let columns = self.factors.cols() + other.factors.cols();
        self.weights.extend(other.weights.iter().map(|w| w * weight));
        if let Ok(stacked) = CMat::from_columns(self.order(), columns, factors) {
            self.factors = stacked;
        }
    }

    /// The product with a vector.
    pub fn apply(&self, x: &[C64]) -> Vec<C64> {
        let mut out = vec![C64::ZERO; x.len()];
        let mut at = 0;
        for block in &self.blocks {
            let n = block.rows();
            for (j, xj) in x[at..at + n].iter().enumerate() {
                for (out, entry) in out[at..at + n].iter_mut().zip(block.col(j)) {
                    *out += entry * xj;
                }
            }
            at += n;
        }
        for (c, &weight) in self.weights.iter().enumerate() {
            let u = self.factors.col(c);
            let along = dot(u, x) * weight;
            out.iter_mut().zip(u).for_each(|(out, u)| *out += u * along);
        }
        out
    }

    /// The diagonal block of a covariance, low-rank part included.
    pub fn full_block(&self, ap: usize) -> CMat {
        let mut block = self.blocks[ap].clone();
        let n = block.rows();
        for (c, &weight) in self.weights.iter().enumerate() {
            let u = &self.factors.col(c)[ap * n..(ap + 1) * n];
            for j in 0..n {
                for i in 0..n {
                    block[(i, j)] += u[i] * u[j].conj() * weight;
                }
            }
        }
        block
    }
}
