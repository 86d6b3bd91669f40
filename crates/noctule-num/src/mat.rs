//! The matrix type.

use std::fmt;
use std::ops::{Index, IndexMut};

use crate::{C64, NumError};

/// A dense complex matrix, columns stored one after the other.
///
/// A channel matrix of `N` antennas (rows) and `K` users (columns) therefore keeps each user's
/// channel contiguous, and is byte for byte the C-ordered array of shape `[K, N]` — user first,
/// antenna last — that files and Python use.
///
/// ```
/// use noctule_num::{C64, CMat};
/// let a = CMat::from_fn(2, 3, |i, j| C64::new(i as f64, j as f64));
/// assert_eq!(a[(1, 2)], C64::new(1.0, 2.0));
/// assert_eq!(a.col(2), &[C64::new(0.0, 2.0), C64::new(1.0, 2.0)]);
/// ```
#[derive(Clone, PartialEq, Default)]
pub struct CMat {
    rows: usize,
    cols: usize,
    data: Vec<C64>,
}

impl CMat {
    /// A matrix of zeros.
    pub fn zeros(rows: usize, cols: usize) -> Self {
        Self { rows, cols, data: vec![C64::ZERO; rows * cols] }
    }

    /// The identity of order `n`.
    pub fn identity(n: usize) -> Self {
        Self::from_fn(n, n, |i, j| if i == j { C64::ONE } else { C64::ZERO })
    }

    /// The matrix with entry `entry(i, j)` in row `i`, column `j`.
    pub fn from_fn(rows: usize, cols: usize, mut entry: impl FnMut(usize, usize) -> C64) -> Self {
        let mut data = Vec::with_capacity(rows * cols);
        for j in 0..cols {
            for i in 0..rows {
                data.push(entry(i, j));
            }
        }
        Self { rows, cols, data }
    }

    /// A matrix over its entries in column order.
    ///
    /// # Errors
    /// [`NumError::Dimension`] when `data` does not hold `rows * cols` entries.
    pub fn from_columns(rows: usize, cols: usize, data: Vec<C64>) -> Result<Self, NumError> {
        if data.len() == rows * cols {
            Ok(Self { rows, cols, data })
        } else {
            Err(NumError::Dimension {
                what: "entries of a matrix",
                expected: rows * cols,
                found: data.len(),
            })
        }
    }

    /// The matrices beside each other; all must have the same number of rows.
    ///
    /// # Errors
    /// [`NumError::Dimension`] when a number of rows differs from the first.
    pub fn hstack(parts: &[&Self]) -> Result<Self, NumError> {
        let rows = parts.first().map_or(0, |part| part.rows);
        let mut data = Vec::with_capacity(parts.iter().map(|part| part.data.len()).sum());
        for part in parts {
            if part.rows != rows {
                return Err(NumError::Dimension {
                    what: "rows of matrices beside each other",
                    expected: rows,
                    found: part.rows,
                });
            }
            data.extend_from_slice(&part.data);
        }
        Ok(Self { rows, cols: parts.iter().map(|part| part.cols).sum(), data })
    }

    /// Number of rows.
    pub const fn rows(&self) -> usize {
        self.rows
    }

    /// Number of columns.
    pub const fn cols(&self) -> usize {
        self.cols
    }

    /// All entries, column after column.
    pub fn as_slice(&self) -> &[C64] {
        &self.data
    }

    /// All entries, column after column.
    pub fn as_mut_slice(&mut self) -> &mut [C64] {
        &mut self.data
    }

    /// The entries, column after column.
    pub fn into_vec(self) -> Vec<C64> {
        self.data
    }

    /// Column `j`.
    pub fn col(&self, j: usize) -> &[C64] {
        &self.data[j * self.rows..(j + 1) * self.rows]
    }

    /// Column `j`.
    pub fn col_mut(&mut self, j: usize) -> &mut [C64] {
        &mut self.data[j * self.rows..(j + 1) * self.rows]
    }

    /// The columns `range` as a matrix of their own.
    #[must_use]
    pub fn columns(&self, range: std::ops::Range<usize>) -> Self {
        Self {
            rows: self.rows,
            cols: range.len(),
            data: self.data[range.start * self.rows..range.end * self.rows].to_vec(),
        }
    }

    /// Conjugate transpose.
    #[must_use]
    pub fn adjoint(&self) -> Self {
        Self::from_fn(self.cols, self.rows, |i, j| self[(j, i)].conj())
    }

    /// Sum of squared magnitudes of all entries.
    pub fn norm_sqr(&self) -> f64 {
        self.data.iter().map(C64::norm_sqr).sum()
    }

    /// Frobenius norm.
    pub fn norm(&self) -> f64 {
        self.norm_sqr().sqrt()
    }

    /// Largest magnitude of an entry, zero for an empty matrix.
    pub fn max_abs(&self) -> f64 {
        self.data.iter().map(|z| z.norm()).fold(0.0, f64::max)
    }

    /// Multiply every entry by a real number.
    pub fn scale(&mut self, factor: f64) {
        for z in &mut self.data {
            *z *= factor;
        }
    }

    /// Refuse NaN and infinities.
    ///
    /// # Errors
    /// [`NumError::NotFinite`] with the first offending entry in storage order.
    pub fn check_finite(&self, what: &'static str) -> Result<(), NumError> {
        match self.data.iter().position(|z| !z.is_finite()) {
            None => Ok(()),
            Some(index) => {
                let z = self.data[index];
                let value = if z.re.is_finite() { z.im } else { z.re };
                Err(NumError::NotFinite { what, index, value })
            }
        }
    }
}

impl Index<(usize, usize)> for CMat {
    type Output = C64;
    #[inline]
    fn index(&self, (i, j): (usize, usize)) -> &C64 {
        debug_assert!(i < self.rows, "row {i} of {}", self.rows);
        &self.data[j * self.rows + i]
    }
}

impl IndexMut<(usize, usize)> for CMat {
    #[inline]
    fn index_mut(&mut self, (i, j): (usize, usize)) -> &mut C64 {
        debug_assert!(i < self.rows, "row {i} of {}", self.rows);
        &mut self.data[j * self.rows + i]
    }
}

impl fmt::Debug for CMat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "CMat {} x {} [", self.rows, self.cols)?;
        for i in 0..self.rows.min(12) {
            write!(f, " ")?;
            for j in 0..self.cols.min(8) {
                let z = self[(i, j)];
                write!(f, " {:>11.4e}{:+.4e}j", z.re, z.im)?;
            }
            writeln!(f, "{}", if self.cols > 8 { " …" } else { "" })?;
        }
        write!(f, "{}]", if self.rows > 12 { "  …\n" } else { "" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adjoint_twice_is_the_identity() {
        let a = CMat::from_fn(3, 2, |i, j| C64::new(i as f64 + 0.5, j as f64 - 1.0));
        assert_eq!(a.adjoint().adjoint(), a);
        assert_eq!(a.adjoint()[(1, 2)], a[(2, 1)].conj());
    }

    #[test]
    fn sizes_are_checked() {
        assert_eq!(
            CMat::from_columns(2, 2, vec![C64::ONE; 3]),
            Err(NumError::Dimension { what: "entries of a matrix", expected: 4, found: 3 })
        );
        assert!(CMat::hstack(&[&CMat::zeros(2, 1), &CMat::zeros(3, 1)]).is_err());
    }

    #[test]
    fn not_finite_is_named() {
        let mut a = CMat::zeros(2, 2);
        a[(1, 1)].im = f64::INFINITY;
        assert_eq!(
            a.check_finite("test"),
            Err(NumError::NotFinite { what: "test", index: 3, value: f64::INFINITY })
        );
    }
}
