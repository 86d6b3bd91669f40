//! The bound of an extended target from the boxes in a document, without an optimiser.
//!
//! With a Hermitian Y, `tr R⁻¹ ≥ 2 tr Y − tr YRY`, so that `−ρ tr R⁻¹` is at most `ρ tr Y²R − 2ρ tr Y`; rates are made
//! linear as those of any beams ([`certificate`](crate::beamforming::certificate)).

use noctule_num::linalg::{HermitianEigen, Op, product};
use noctule_num::{C64, CMat, InputError};
use noctule_optim::branch_bound::covers;

use super::ExtendedTarget;
use crate::Error;
use crate::beamforming::certificate::{Numbers, length, list};
use crate::envelope::offset;

impl ExtendedTarget {
    /// What the boxes and multipliers of a proof show that no covariance exceeds: lists `low`, `high`, `t`, `slope` a
    /// user, and `y` a Hermitian matrix row by row, real and imaginary parts in turn, of one box after the other.
    ///
    /// # Errors
    /// [`Error::Input`] when lists do not fit, a box or multiplier is not positive, or the boxes leave something
    /// uncovered.
    pub fn again(&self, numbers: &Numbers) -> Result<f64, Error> {
        let (antennas, users) = (self.channels.rows(), self.channels.cols());
        let each = 2 * antennas * antennas;
        let low = list(numbers, "low")?;
        let count = low.len() / users;
        let of = |name: &str| -> Result<&[f64], Error> {
            let found = list(numbers, name)?;
            length(name, found.len(), count * users)?;
            if let Some(bad) = found.iter().find(|x| !(**x > 0.0 && x.is_finite())) {
                let what = "not a positive number";
                return Err(InputError::new(what, name, bad.to_string(), "finite, > 0").into());
            }
            Ok(found)
        };
        let (low, high, t, slope) = (of("low")?, of("high")?, of("t")?, of("slope")?);
        let y = list(numbers, "y")?;
        length("y", y.len(), count * each)?;
        let mut eigen = HermitianEigen::new(antennas);
        let (mut bound, mut boxes) = (f64::NEG_INFINITY, Vec::with_capacity(count));
        for leaf in 0..count {
            let at = leaf * users..(leaf + 1) * users;
            let planes: Vec<(f64, f64, f64)> = at
                .clone()
                .map(|i| (t[i], slope[i], offset(low[i], high[i], t[i], slope[i])))
                .collect();
            let of_box = self.of_box(&planes, &y[leaf * each..(leaf + 1) * each], &mut eigen)?;
            bound = bound.max(of_box);
            boxes.push((low[at.clone()].to_vec(), high[at].to_vec()));
        }
        let most = |k: usize| {
            let gain: f64 = self.channels.col(k).iter().map(C64::norm_sqr).sum();
            1.0 + self.power * gain
        };
        let whole = (vec![1.0; users], (0..users).map(most).collect());
        if count == 0 || !covers(&boxes, &whole) {
            let what = "the boxes leave something uncovered";
            let allowed = "boxes that cover all interference levels";
            let found = format!("{count} boxes");
            return Err(InputError::new(what, "low, high", found, allowed).into());
        }
        Ok(bound)
    }

    /// What `(t, λ, o)` of every user and a Y prove of a box.
    fn of_box(
        &self,
        planes: &[(f64, f64, f64)],
        y: &[f64],
        eigen: &mut HermitianEigen,
    ) -> Result<f64, Error> {
        let n = self.channels.rows();
        let entry = |i: usize, j: usize| C64::new(y[2 * (i * n + j)], y[2 * (i * n + j) + 1]);
        let y = CMat::from_fn(n, n, |i, j| (entry(i, j) + entry(j, i).conj()) * 0.5);
        let trace: f64 = (0..n).map(|i| y[(i, i)].re).sum();
        let mut shared = product(&y, Op::Plain, &y, Op::Plain);
        shared.scale(self.weight);
        let mut constant = -2.0 * self.weight * trace;
        for (k, (t, slope, offset)) in planes.iter().enumerate() {
            constant += t - slope - t.ln() - 1.0 + offset;
            self.add(&mut shared, k, t - slope);
        }
        let mut top = 0.0_f64;
        for (k, (_, slope, _)) in planes.iter().enumerate() {
            let mut own = shared.clone();
            self.add(&mut own, k, *slope);
            eigen.compute(&own)?;
            top = top.max(eigen.max());
        }
        Ok(constant + self.power * top)
    }

    /// `weight · h_k h_kᴴ` added to a matrix.
    fn add(&self, matrix: &mut CMat, k: usize, weight: f64) {
        let h = self.channels.col(k);
        for (j, right) in h.iter().enumerate() {
            for (entry, left) in matrix.col_mut(j).iter_mut().zip(h) {
                *entry += left * right.conj() * weight;
            }
        }
    }
}
