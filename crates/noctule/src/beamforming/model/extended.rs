//! An extended target: `tr R⁻¹` in the place of `tr F⁻¹`, with every antenna a row that sensing sees.

use noctule_num::linalg::{Cholesky, Op, mul, product};
use noctule_num::{C64, CMat};
use noctule_phy::fisher::FisherInverse;

use super::Model;
use crate::beamforming::rate_term::RateTerm;

/// The covariance of what is sent, and its inverse, at the point evaluated last.
#[derive(Debug)]
pub(super) struct Extended {
    covariance: CMat,
    inverse: CMat,
    cholesky: Cholesky,
}

impl Clone for Extended {
    fn clone(&self) -> Self {
        Self::new(self.covariance.rows())
    }
}

impl Extended {
    fn new(antennas: usize) -> Self {
        Self {
            covariance: CMat::zeros(antennas, antennas),
            inverse: CMat::identity(antennas),
            cholesky: Cholesky::new(antennas),
        }
    }

    /// `tr R⁻¹`.
    pub(super) fn trace(&self) -> f64 {
        (0..self.inverse.rows()).map(|i| self.inverse[(i, i)].re).sum()
    }

    /// `R⁻¹`, row by row, real and imaginary parts in turn.
    pub(super) fn inverse(&self) -> Vec<f64> {
        let n = self.inverse.rows();
        let entry = |at: usize| self.inverse[(at / n, at % n)];
        (0..n * n).flat_map(|at| [entry(at).re, entry(at).im]).collect()
    }

    /// Form and invert `R` of the amplitudes below those of the users, and `dual = R⁻²`; what comes back is
    /// at least the condition of R. `None` where it is not positive definite.
    pub(super) fn look(&mut self, amplitudes: &CMat, users: usize, dual: &mut CMat) -> Option<f64> {
        let n = self.covariance.rows();
        self.covariance.as_mut_slice().fill(C64::ZERO);
        for stream in 0..amplitudes.cols() {
            let sent = &amplitudes.col(stream)[users..];
            for j in 0..n {
                let right = sent[j].conj();
                for (entry, left) in self.covariance.col_mut(j).iter_mut().zip(sent) {
                    *entry += left * right;
                }
            }
        }
        self.cholesky.factor(&self.covariance, "covariance").ok()?;
        self.inverse.as_mut_slice().fill(C64::ZERO);
        (0..n).for_each(|i| self.inverse[(i, i)] = C64::ONE);
        self.cholesky.solve_in_place(&mut self.inverse);
        mul(dual, false, 1.0, &self.inverse, Op::Adjoint, &self.inverse, Op::Plain);
        let power: f64 = (0..n).map(|i| self.covariance[(i, i)].re).sum();
        let condition = power * self.trace();
        condition.is_finite().then_some(condition)
    }

    /// `weight · dual · V` added to the coefficients of what sensing sees: `d(−tr R⁻¹) = tr(R⁻² dR)`.
    pub(super) fn add(&self, amplitudes: &CMat, dual: &CMat, weight: f64, out: &mut CMat) {
        let users = amplitudes.rows() - dual.rows();
        for stream in 0..amplitudes.cols() {
            let sent = &amplitudes.col(stream)[users..];
            for (j, amplitude) in sent.iter().enumerate() {
                for (entry, d) in out.col_mut(stream)[users..].iter_mut().zip(dual.col(j)) {
                    *entry += d * amplitude * weight;
                }
            }
        }
    }
}

impl Model {
    /// `Σ ln(1 + SINR) − weight · tr R⁻¹`, maximised over `R` of the given power, with channels over the
    /// users' noise (antennas × users).
    pub(in crate::beamforming) fn of_extended_target(
        channels: &CMat,
        (power_w, weight): (f64, f64),
        streams: usize,
    ) -> Self {
        let (antennas, users) = (channels.rows(), channels.cols());
        let amplitude = power_w.sqrt();
        let space = CMat::from_fn(antennas, users + antennas, |i, j| {
            if j < users {
                channels[(i, j)] * amplitude
            } else {
                C64::from(f64::from(u8::from(i == j - users)))
            }
        });
        Self {
            users,
            targets: 0,
            streams,
            power_w,
            unit: 1.0,
            rate_weight: 1.0,
            crb_weight: weight / power_w,
            basis: None,
            point: CMat::zeros(antennas, streams),
            gradient: CMat::zeros(antennas, streams),
            amplitudes: CMat::zeros(users + antennas, streams),
            coefficients: CMat::zeros(users + antennas, streams),
            space,
            map: None,
            unit_noise: vec![1.0; users],
            rate: RateTerm::Separate,
            packed: Vec::new(),
            fisher: Vec::new(),
            inverse: Vec::new(),
            squared: Vec::new(),
            packed_dual: Vec::new(),
            dual: CMat::zeros(antennas, antennas),
            inverter: FisherInverse::new(0),
            extended: Some(Extended::new(antennas)),
            metric: None,
            conditioning: 1.0,
        }
    }

    /// `Σ ln(1 + SINR) − weight · tr R⁻¹` of full-size beams, from the definition; `None` where R is singular.
    pub(in crate::beamforming) fn extended_objective(
        channels: &CMat,
        weight: f64,
        beams: &CMat,
    ) -> Option<f64> {
        let heard = product(channels, Op::Adjoint, beams, Op::Plain);
        let mut total = 0.0;
        for user in 0..channels.cols() {
            let power = |stream: usize| heard[(user, stream)].norm_sqr();
            let others: f64 = (0..beams.cols()).filter(|j| *j != user).map(power).sum();
            total += (power(user) / (1.0 + others)).ln_1p();
        }
        let covariance = product(beams, Op::Plain, beams, Op::Adjoint);
        let mut cholesky = Cholesky::new(covariance.rows());
        cholesky.factor(&covariance, "covariance").ok()?;
        let mut inverse = CMat::identity(covariance.rows());
        cholesky.solve_in_place(&mut inverse);
        let trace: f64 = (0..inverse.rows()).map(|i| inverse[(i, i)].re).sum();
        Some(total - weight * trace)
    }
}
