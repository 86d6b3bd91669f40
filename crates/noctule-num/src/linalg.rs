//! Dense kernels: thin, non-generic wrappers around `faer` with scratch that is reused.
//!
//! Every struct here is a workspace for one size: make it once, use it in a loop, and the loop
//! allocates nothing. Everything runs on the calling thread: noctule uses its cores across
//! trials, never inside a small matrix, which also keeps results independent of thread counts.

use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::cholesky::llt;
use faer::linalg::evd::{ComputeEigenvectors, self_adjoint_evd, self_adjoint_evd_scratch};
use faer::linalg::matmul::matmul_with_conj;
use faer::linalg::triangular_solve::solve_lower_triangular_in_place;
use faer::{Accum, Conj, MatMut, MatRef, Par};

pub use crate::vector::real_dot;
use crate::vector::{Loops, Wide, widest};
use crate::{C64, CMat, NumError};

/// What is done to an operand of a product before it is multiplied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// The matrix itself.
    Plain,
    /// Its conjugate transpose.
    Adjoint,
}

fn view(a: &CMat) -> MatRef<'_, C64> {
    MatRef::from_column_major_slice(a.as_slice(), a.rows(), a.cols())
}

fn view_mut(a: &mut CMat) -> MatMut<'_, C64> {
    let (rows, cols) = (a.rows(), a.cols());
    MatMut::from_column_major_slice_mut(a.as_mut_slice(), rows, cols)
}

const fn conj(op: Op) -> Conj {
    match op {
        Op::Plain => Conj::No,
        Op::Adjoint => Conj::Yes,
    }
}

/// `out = alpha · op_a(a) · op_b(b)`, or `out += …` with `accumulate`.
///
/// # Panics
/// When the shapes do not fit; a wrong shape here is an error of the caller's code, never of a
/// user's input.
pub fn mul(out: &mut CMat, accumulate: bool, alpha: f64, a: &CMat, op_a: Op, b: &CMat, op_b: Op) {
    let beta = if accumulate { Accum::Add } else { Accum::Replace };
    let lhs = if op_a == Op::Adjoint { view(a).transpose() } else { view(a) };
    let rhs = if op_b == Op::Adjoint { view(b).transpose() } else { view(b) };
    let alpha = C64::new(alpha, 0.0);
    matmul_with_conj(view_mut(out), beta, lhs, conj(op_a), rhs, conj(op_b), alpha, Par::Seq);
}

/// `op_a(a) · op_b(b)` as a new matrix.
///
/// # Panics
/// When the inner sizes differ.
pub fn product(a: &CMat, op_a: Op, b: &CMat, op_b: Op) -> CMat {
    let rows = if op_a == Op::Adjoint { a.cols() } else { a.rows() };
    let cols = if op_b == Op::Adjoint { b.rows() } else { b.cols() };
    let mut out = CMat::zeros(rows, cols);
    mul(&mut out, false, 1.0, a, op_a, b, op_b);
    out
}

/// Eigenvalues and eigenvectors of Hermitian matrices of one order. Vectors are always formed.
pub struct HermitianEigen {
    n: usize,
    values: Vec<C64>,
    sorted: Vec<f64>,
    vectors: CMat,
    buffer: MemBuffer,
}

impl std::fmt::Debug for HermitianEigen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HermitianEigen").field("n", &self.n).field("values", &self.sorted).finish()
    }
}

impl HermitianEigen {
    /// A workspace for order `n`.
    pub fn new(n: usize) -> Self {
        // `faer` has no scratch for order zero.
        let request = self_adjoint_evd_scratch::<C64>(
            n.max(1),
            ComputeEigenvectors::Yes,
            Par::Seq,
            Default::default(),
        );
        Self {
            n,
            values: vec![C64::ZERO; n],
            sorted: vec![0.0; n],
            vectors: CMat::zeros(n, n),
            buffer: MemBuffer::new(request),
        }
    }

    /// Decompose `a`, of which the lower triangle is read; then see [`HermitianEigen::values`]
    /// and [`HermitianEigen::vectors`].
    ///
    /// # Errors
    /// [`NumError::Dimension`] when `a` is not of this workspace's order,
    /// [`NumError::NoConvergence`] when an entry is not finite.
    pub fn compute(&mut self, a: &CMat) -> Result<(), NumError> {
        for found in [a.rows(), a.cols()] {
            if found != self.n {
                return Err(NumError::Dimension {
                    what: "order of a Hermitian matrix",
                    expected: self.n,
                    found,
                });
            }
        }
        if self.n == 0 {
            return Ok(());
        }
        // `faer` would iterate to its limit, or loop, on NaN.
        if a.check_finite("Hermitian matrix").is_err() {
            return Err(NumError::NoConvergence { what: "Hermitian eigenvalues" });
        }
        // `faer` does not converge on subnormal entries, and squares of huge ones overflow. Powers
        // of two scale without rounding.
        let largest = a.as_slice().iter().map(|z| z.re.abs().max(z.im.abs())).fold(0.0, f64::max);
        let scale = match largest {
            x if x > 0.0 && x < 1e-140 => Some(2.0_f64.powi(600)),
            x if x > 1e140 => Some(2.0_f64.powi(-600)),
            _ => None,
        };
        let scaled = scale.map(|scale| {
            let mut copy = a.clone();
            copy.scale(scale);
            copy
        });
        let diagonal = faer::diag::DiagMut::from_slice_mut(&mut self.values);
        self_adjoint_evd(
            view(scaled.as_ref().unwrap_or(a)),
            diagonal,
            Some(view_mut(&mut self.vectors)),
            Par::Seq,
            MemStack::new(&mut self.buffer),
            Default::default(),
        )
        .map_err(|_| NumError::NoConvergence { what: "Hermitian eigenvalues" })?;
        for (real, value) in self.sorted.iter_mut().zip(&self.values) {
            *real = scale.map_or(value.re, |scale| value.re / scale);
        }
        Ok(())
    }

    /// The eigenvalues, ascending.
    pub fn values(&self) -> &[f64] {
        &self.sorted
    }

    /// The eigenvectors, in the order of the eigenvalues, each of unit norm.
    pub const fn vectors(&self) -> &CMat {
        &self.vectors
    }

    /// The smallest eigenvalue; zero for order zero.
    pub fn min(&self) -> f64 {
        self.sorted.first().copied().unwrap_or(0.0)
    }

    /// The largest eigenvalue; zero for order zero.
    pub fn max(&self) -> f64 {
        self.sorted.last().copied().unwrap_or(0.0)
    }
}

/// Cholesky factors of Hermitian positive definite matrices of one order.
pub struct Cholesky {
    n: usize,
    factor: CMat,
    buffer: MemBuffer,
}

impl std::fmt::Debug for Cholesky {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cholesky").field("n", &self.n).finish_non_exhaustive()
    }
}

impl Cholesky {
    /// A workspace for order `n`.
    pub fn new(n: usize) -> Self {
        let request =
            llt::factor::cholesky_in_place_scratch::<C64>(n, Par::Seq, Default::default());
        Self { n, factor: CMat::zeros(n, n), buffer: MemBuffer::new(request) }
    }

    /// Factor `a`, of which the lower triangle is read.
    ///
    /// # Errors
    /// [`NumError::NotPositiveDefinite`] with the failing pivot; `what` names the matrix.
    pub fn factor(&mut self, a: &CMat, what: &'static str) -> Result<(), NumError> {
        if a.rows() != self.n || a.cols() != self.n {
            return Err(NumError::Dimension { what, expected: self.n, found: a.rows() });
        }
        self.factor.as_mut_slice().copy_from_slice(a.as_slice());
        llt::factor::cholesky_in_place(
            view_mut(&mut self.factor),
            Default::default(),
            Par::Seq,
            MemStack::new(&mut self.buffer),
            Default::default(),
        )
        .map(|_| ())
        .map_err(|error| match error {
            faer::linalg::cholesky::llt::factor::LltError::NonPositivePivot { index } => {
                NumError::NotPositiveDefinite { what, pivot: index }
            }
        })
    }

    /// The logarithm of the determinant of the matrix factored last.
    pub fn log_det(&self) -> f64 {
        (0..self.n).map(|i| 2.0 * self.factor[(i, i)].re.ln()).sum()
    }

    /// Replace `b` by `L⁻¹ b` for the factor of the matrix factored last, `a = L Lᴴ`. The error
    /// grows with the condition of `L` only, the square root of that of `a`.
    ///
    /// # Panics
    /// When `b` has another number of rows.
    pub fn half_solve_in_place(&self, b: &mut CMat) {
        solve_lower_triangular_in_place(view(&self.factor), view_mut(b), Par::Seq);
    }

    /// Replace `b` by the solution of `a · x = b` for the matrix factored last.
    ///
    /// # Panics
    /// When `b` has another number of rows.
    pub fn solve_in_place(&mut self, b: &mut CMat) {
        llt::solve::solve_in_place(
            view(&self.factor),
            view_mut(b),
            Par::Seq,
            MemStack::new(&mut self.buffer),
        );
    }
}

/// Cholesky factors and inverses of real symmetric positive definite matrices of one order.
///
/// The matrices are Fisher matrices of a handful of parameters (8 × 8 for two targets), factored
/// in every evaluation of an objective. `cargo bench -p noctule-num` has these plain loops beside
/// the library's blocked kernel.
#[derive(Clone, Debug)]
pub struct RealCholesky {
    n: usize,
    /// Lower factor L by rows; afterwards `inverse_factor` holds L⁻¹, by rows too.
    factor: Vec<f64>,
    inverse_factor: Vec<f64>,
}

impl RealCholesky {
    /// A workspace for order `n`.
    pub fn new(n: usize) -> Self {
        Self { n, factor: vec![0.0; n * n], inverse_factor: vec![0.0; n * n] }
    }

    /// Factor the symmetric matrix with entries `a[i * n + j]`, of which the lower triangle is
    /// read. Returns `None` when it is not positive definite (or not finite), else `Some(())`.
    #[must_use]
    pub fn factor(&mut self, a: &[f64]) -> Option<()> {
        let n = self.n;
        for i in 0..n {
            for j in 0..=i {
                let (row_i, row_j) =
                    (&self.factor[i * n..i * n + j], &self.factor[j * n..j * n + j]);
                let mut rest = a[i * n + j];
                for (x, y) in row_i.iter().zip(row_j) {
                    rest -= x * y;
                }
                if i == j {
                    // `!(rest > 0)` and not `rest <= 0`: a NaN must fail too.
                    if !(rest > 0.0 && rest.is_finite()) {
                        return None;
                    }
                    self.factor[i * n + i] = rest.sqrt();
                } else {
                    self.factor[i * n + j] = rest / self.factor[j * n + j];
                }
            }
        }
        Some(())
    }

    /// Replace `b` by the solution of `a · x = b` for the matrix factored last.
    pub fn solve_in_place(&self, b: &mut [f64]) {
        let n = self.n;
        for i in 0..n {
            let row = &self.factor[i * n..i * n + i];
            let known: f64 = row.iter().zip(&*b).map(|(l, x)| l * x).sum();
            b[i] = (b[i] - known) / self.factor[i * n + i];
        }
        for i in (0..n).rev() {
            b[i] /= self.factor[i * n + i];
            let own = b[i];
            let row = &self.factor[i * n..i * n + i];
            for (x, l) in b.iter_mut().zip(row) {
                *x -= l * own;
            }
        }
    }

    /// `L⁻¹` by rows, of the matrix inverted last.
    pub fn inverse_factor(&self) -> &[f64] {
        &self.inverse_factor
    }

    /// The inverse of the matrix factored last, into `out[i * n + j]`.
    ///
    /// Formed as L⁻ᵀ L⁻¹, which is symmetric to the bit.
    pub fn inverse(&mut self, out: &mut [f64]) {
        widest(Inverse { n: self.n, factor: &self.factor, inverse: &mut self.inverse_factor, out });
    }
}

struct Inverse<'a> {
    n: usize,
    factor: &'a [f64],
    inverse: &'a mut [f64],
    out: &'a mut [f64],
}

impl Wide for Inverse<'_> {
    type Output = ();

    #[inline(always)]
    fn with<L: Loops>(self, loops: L) {
        let Inverse { n, factor, inverse, out } = self;
        // Rows of results grow together: entries of a row do not wait for one another, and the sum of each is
        // in the order of k.
        for i in 0..n {
            let (done, rest) = inverse.split_at_mut(i * n);
            let row = &mut rest[..=i];
            row.fill(0.0);
            for (k, known) in done.chunks_exact(n).enumerate() {
                let by = factor[i * n + k];
                loops.real_axpy(by, &known[..=k], row);
            }
            let pivot = factor[i * n + i];
            row[..i].iter_mut().for_each(|sum| *sum = -*sum / pivot);
            row[i] = 1.0 / pivot;
        }
        for i in 0..n {
            let row = &mut out[i * n..=i * n + i];
            row.fill(0.0);
            for known in inverse.chunks_exact(n).skip(i) {
                loops.real_axpy(known[i], known, row);
            }
            for j in 0..i {
                out[j * n + i] = out[i * n + j];
            }
        }
    }
}

/// An orthonormal basis of the range of `a`, from its singular vectors.
///
/// The columns of `a` are first scaled to unit norm (zero columns are dropped), so that the
/// decision does not depend on their units; directions with a singular value below
/// `tolerance` times the largest are dropped.
///
/// # Errors
/// [`NumError::NoConvergence`] when an entry is not finite.
pub fn orthonormal_basis(a: &CMat, tolerance: f64) -> Result<CMat, NumError> {
    let failed = NumError::NoConvergence { what: "singular values" };
    if a.check_finite("matrix").is_err() {
        return Err(failed);
    }
    let mut unit = Vec::with_capacity(a.as_slice().len());
    for j in 0..a.cols() {
        let norm = a.col(j).iter().map(C64::norm_sqr).sum::<f64>().sqrt();
        if norm > 0.0 {
            unit.extend(a.col(j).iter().map(|z| z / norm));
        }
    }
    if unit.is_empty() {
        return Ok(CMat::zeros(a.rows(), 0));
    }
    let unit = CMat::from_columns(a.rows(), unit.len() / a.rows(), unit)?;
    let svd = view(&unit).thin_svd().map_err(|_| failed)?;
    let values = svd.S().column_vector();
    let rank = (0..values.nrows()).filter(|&i| values[i].re > tolerance * values[0].re).count();
    Ok(CMat::from_fn(a.rows(), rank, |i, j| svd.U()[(i, j)]))
}

/// Σ conj(aᵢ) bᵢ.
pub fn dot(a: &[C64], b: &[C64]) -> C64 {
    a.iter().zip(b).map(|(x, y)| x.conj() * y).sum()
}

#[cfg(test)]
mod tests;
