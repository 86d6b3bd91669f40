//! The normalised problem: errors, information and their derivatives in scaled coordinates.
//!
//! Everything is divided by the noise once, here: `b = s_d β`, `g = s_d γ`, radar information per
//! full power of one access point. What is left has no unit but the CRB, and logarithms take care
//! of the rest, so that watts and milliwatts are the same problem.

use noctule_phy::multistatic::Information;

/// The problem in dimensionless numbers; arrays are user by user, entry `(k, m)` at `k M + m`.
#[derive(Clone, Debug, PartialEq)]
pub struct Normalised {
    /// Access points M.
    pub points: usize,
    /// Users K.
    pub users: usize,
    /// b = s_d β.
    pub gain: Vec<f64>,
    /// g = s_d γ.
    pub estimate: Vec<f64>,
    /// c_kj = |ψ_kᴴψ_j|² with zeros on the diagonal, row by row.
    pub overlap: Vec<f64>,
    /// Information of user k from the full power of access point m; empty without a radar.
    pub radar: Vec<Information>,
}

/// What one user gets out of an allocation.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Reception {
    /// a = s_d F: variance of the effective gain over the noise.
    pub a: f64,
    /// b = 1 + s_d I: noise and interference.
    pub b: f64,
    /// z = Σ √(g x): mean of the effective gain.
    pub z: f64,
}

impl Reception {
    /// s_d E|a_kk|².
    pub fn power(&self) -> f64 {
        self.z * self.z + self.a
    }

    /// θ = b/(a + b), the weight that makes the linear form of the error exact.
    pub fn theta(&self) -> f64 {
        self.b / (self.a + self.b)
    }

    /// The normalised error of the linear estimate.
    pub fn error(&self) -> f64 {
        if self.power() > 0.0 { self.theta() * self.a / self.power() } else { 1.0 }
    }
}

impl Normalised {
    /// The block of user `k` in an array that is user by user.
    pub fn block(&self, k: usize) -> std::ops::Range<usize> {
        k * self.points..(k + 1) * self.points
    }

    /// What user `k` gets out of `x`.
    pub fn reception(&self, k: usize, x: &[f64]) -> Reception {
        let (gain, estimate) = (&self.gain[self.block(k)], &self.estimate[self.block(k)]);
        let mut out = Reception { b: 1.0, ..Reception::default() };
        for ((x, b), g) in x[self.block(k)].iter().zip(gain).zip(estimate) {
            out.a += b * x;
            out.z += (g * x).sqrt();
        }
        for j in (0..self.users).filter(|&j| j != k) {
            let c = self.overlap[k * self.users + j];
            if c > 0.0 {
                let heard: f64 = x[self.block(j)].iter().zip(gain).map(|(x, b)| b * x).sum();
                out.b += c * heard;
            }
        }
        out
    }

    /// The error of every user, in order; the largest is what is minimised.
    pub fn worst_error(&self, x: &[f64]) -> f64 {
        (0..self.users).map(|k| self.reception(k, x).error()).fold(0.0, f64::max)
    }

    /// Information on the position of user `k`.
    pub fn information(&self, k: usize, x: &[f64]) -> Information {
        x[self.block(k)]
            .iter()
            .zip(&self.radar[self.block(k)])
            .fold(Information::default(), |sum, (x, r)| sum.plus(*x, *r))
    }

    /// The largest bound on a position, +∞ where a matrix is singular.
    pub fn worst_crb(&self, x: &[f64]) -> f64 {
        (0..self.users)
            .map(|k| self.information(k, x).crb().unwrap_or(f64::INFINITY))
            .fold(0.0, f64::max)
    }
}
