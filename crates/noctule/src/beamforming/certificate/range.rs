//! The range of channels and target space, in which slopes are small.

use noctule_num::linalg::{HermitianEigen, Op, orthonormal_basis, product};
use noctule_num::{C64, CMat};
use noctule_phy::fisher::target_space;

use crate::Error;
use crate::beamforming::Instance;

/// `[h_1/σ_1, …, A, Ȧ_θ, Ȧ_φ]`, users first.
fn columns(instance: &Instance) -> Result<CMat, Error> {
    let space = target_space(instance.transmit_steering());
    Ok(CMat::hstack(&[&normalised_channels(instance), &space])?)
}

/// `h_k/σ_k`.
pub(super) fn normalised_channels(instance: &Instance) -> CMat {
    let mut channels = instance.channels().clone();
    for (user, noise) in instance.parts().user_noise_w.iter().enumerate() {
        let scale = noise.sqrt().recip();
        channels.col_mut(user).iter_mut().for_each(|h| *h *= scale);
    }
    channels
}

/// The columns `Z` in an orthonormal basis `U` of their range: `Z = U C` and what rounding leaves.
///
/// A slope `G = Z M Zᴴ` has the eigenvalues of `C M Cᴴ` and zeros: an eigenvalue of order `K + 3M`
/// in place of one of order `Nt`.
pub(super) struct Range {
    coordinates: CMat,
    users: usize,
    /// ‖z‖ of every column.
    norms: Vec<f64>,
    /// ‖z − U c‖ of every column.
    lost: Vec<f64>,
}

impl Range {
    pub(super) fn new(instance: &Instance) -> Result<Self, Error> {
        Self::of(&columns(instance)?, instance.users())
    }

    fn of(columns: &CMat, users: usize) -> Result<Self, Error> {
        // Nothing is dropped but columns of zeros and directions without any length.
        let basis = orthonormal_basis(columns, 0.0)?;
        let coordinates = product(&basis, Op::Adjoint, columns, Op::Plain);
        let seen = product(&basis, Op::Plain, &coordinates, Op::Plain);
        let norm = |column: &[C64]| column.iter().map(C64::norm_sqr).sum::<f64>().sqrt();
        let norms = (0..columns.cols()).map(|j| norm(columns.col(j))).collect();
        let lost = (0..columns.cols())
            .map(|j| {
                let rest = columns.col(j).iter().zip(seen.col(j)).map(|(z, s)| z - s);
                norm(&rest.collect::<Vec<_>>())
            })
            .collect();
        Ok(Self { coordinates, users, norms, lost })
    }

    /// The channels `h_k/σ_k` in the basis.
    pub(super) fn channels(&self) -> CMat {
        self.coordinates.columns(0..self.users)
    }

    /// At least the largest eigenvalue of `G = Z M Zᴴ`, or at least zero where that is negative and
    /// `Z` does not span everything, for a Hermitian `M`.
    ///
    /// With `Z = U C + E` it is at most `λ_max(C M Cᴴ) + Σ |M_ab| (‖e_a‖‖z_b‖ + ‖z_a‖‖e_b‖ +
    /// ‖e_a‖‖e_b‖)`.
    pub(super) fn largest(&self, middle: &CMat) -> Result<f64, Error> {
        let left = product(&self.coordinates, Op::Plain, middle, Op::Plain);
        let small = product(&left, Op::Plain, &self.coordinates, Op::Adjoint);
        if small.rows() == 0 {
            return Ok(0.0);
        }
        let mut outside = 0.0;
        for b in 0..middle.cols() {
            for (a, entry) in middle.col(b).iter().enumerate() {
                let (lost, norms) = (&self.lost, &self.norms);
                let moved = lost[a] * (norms[b] + lost[b]) + norms[a] * lost[b];
                outside += entry.norm() * moved;
            }
        }
        let mut eigen = HermitianEigen::new(small.rows());
        eigen.compute(&small)?;
        Ok(eigen.max() + outside)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use noctule_num::rng::{ChaCha8Rng, StreamKey, complex_normal};

    fn random(rng: &mut ChaCha8Rng, rows: usize, cols: usize) -> CMat {
        CMat::from_fn(rows, cols, |_, _| complex_normal(rng, 1.0))
    }

    /// λ_max of `Z M Zᴴ` at full size, and the size of its terms.
    fn dense(columns: &CMat, middle: &CMat) -> (f64, f64) {
        let left = product(columns, Op::Plain, middle, Op::Plain);
        let full = product(&left, Op::Plain, columns, Op::Adjoint);
        let mut eigen = HermitianEigen::new(full.rows());
        eigen.compute(&full).unwrap();
        (eigen.max(), middle.norm() * columns.norm_sqr())
    }

    #[test]
    fn the_small_eigenvalue_is_that_of_the_dense_matrix() {
        // More antennas than columns, fewer, dependent columns, columns of every size, zeros.
        for (case, (antennas, count)) in
            [(40, 7), (5, 9), (12, 6), (30, 8), (30, 8)].into_iter().enumerate()
        {
            let mut rng = StreamKey::new(8, "test", "range", case as u64).trial(0);
            let mut columns = random(&mut rng, antennas, count);
            if case == 2 {
                let first = columns.col(0).to_vec();
                columns.col_mut(3).copy_from_slice(&first);
                columns.col_mut(4).iter_mut().zip(&first).for_each(|(z, f)| *z = f + *z * 1e-11);
            }
            if case >= 3 {
                for j in 0..count {
                    let size = 10_f64.powi(4 * j as i32 - 14);
                    columns.col_mut(j).iter_mut().for_each(|z| *z *= size);
                }
            }
            if case == 4 {
                columns.col_mut(5).fill(C64::ZERO);
            }
            let range = Range::of(&columns, 2).unwrap();
            for sign in [1.0, -1.0] {
                let root = random(&mut rng, count, count);
                let mut middle = product(&root, Op::Plain, &root, Op::Adjoint);
                if sign > 0.0 {
                    // of both signs
                    for j in 0..count {
                        middle[(j, j)] -= C64::from(count as f64);
                    }
                }
                middle.scale(sign);
                let (large, size) = dense(&columns, &middle);
                let small = range.largest(&middle).unwrap();
                // The dense eigenvalue has its own rounding.
                let (low, high) = (large.max(0.0), small.max(0.0));
                assert!(high >= low - 1e-13 * size, "case {case}: {small} {large} of {size}");
                assert!(high <= low + 1e-12 * size, "case {case}: {small} {large} of {size}");
            }
        }
    }
}
