//! Channel estimation from pilots in both directions: what access points learn from the uplink,
//! and what users learn about their effective gain from the downlink.
//!
//! Access point `m` hears the pilots of all users, `√s_u Σ_k g_mk φ_k + noise`, with
//! `g_mk ~ CN(0, β_mk)`, correlates with each pilot and scales to the minimum mean square error,
//! ```math
//! \hat g_{mk} = c_{mk}\, \phi_k^H y_m, \quad
//! c_{mk} = \frac{\sqrt{s_u}\beta_{mk}}{s_u \sum_j \beta_{mj}|\phi_k^H\phi_j|^2 + 1}, \quad
//! \gamma_{mk} = E|\hat g_{mk}|^2 = c_{mk} \sqrt{s_u} \beta_{mk}.
//! ```
//! It then sends downlink pilots through conjugate beamforming; user `k` sees the effective gains
//! `a_kj = Σ_m s_mj g_mk ĝ*_mj` of everybody's pilots, `s_mj = √(x_mj/γ_mj)`, and receives
//! `y_k = √s_d Σ_j (ψ_kᴴψ_j) a_kj + n`. All moments are exact for **arbitrary** complex pilot
//! Grams `(G_u)_kj = φ_kᴴφ_j`, `(G_d)_kj = ψ_kᴴψ_j`.
//!
//! This paper's model is `y = gᵀx`. In the convention `y = hᴴx` of this library, `h = g*`: means
//! and covariances between gains and observations are then the conjugates of those given here;
//! error variances, which is what designs use, are the same.
//!
//! Real arrays are access point by access point: entry `(m, k)` is at `m K + k`.
//!
//! Source: J. Liao et al., Eqs. (2) to (18) with the corrections in `docs/errata.md#pilots-e1` to
//! `docs/errata.md#pilots-e3`.

use noctule_num::linalg::{Cholesky, HermitianEigen};
use noctule_num::{C64, CMat, NumError};

/// Eigenvalues of a pilot Gram below this share of the largest count as zero.
const RANK: f64 = 1e-12;

/// γ: the mean square of every estimated channel.
pub fn estimate_gains(gains: &[f64], users: usize, energy: f64, gram: &CMat) -> Vec<f64> {
    scales(gains, users, energy, gram)
        .iter()
        .zip(gains)
        .map(|(c, beta)| c * energy.sqrt() * beta)
        .collect()
}

/// c: the factors from correlator output to estimate.
fn scales(gains: &[f64], users: usize, energy: f64, gram: &CMat) -> Vec<f64> {
    let mut out = Vec::with_capacity(gains.len());
    for row in gains.chunks(users.max(1)) {
        for k in 0..users {
            let heard: f64 = (0..users).map(|j| row[j] * gram[(k, j)].norm_sqr()).sum();
            out.push(energy.sqrt() * row[k] / (energy * heard + 1.0));
        }
    }
    out
}

/// What the access points know after the uplink.
#[derive(Clone, Debug)]
pub struct Uplink {
    users: usize,
    gains: Vec<f64>,
    estimate_gains: Vec<f64>,
    /// For access point m, user pair (i, j): E ĝ_i ĝ_j* at `(m K + i) K + j`.
    correlation: Vec<C64>,
    /// For access point m, user pair (k, j): E g_k ĝ_j* at `(m K + k) K + j`.
    cross: Vec<C64>,
}

impl Uplink {
    /// After pilots of Gram `gram` and energy over noise `energy`.
    pub fn new(gains: &[f64], users: usize, energy: f64, gram: &CMat) -> Self {
        let c = scales(gains, users, energy, gram);
        let mut correlation = Vec::with_capacity(gains.len() * users);
        let mut cross = Vec::with_capacity(gains.len() * users);
        for (beta, c) in gains.chunks(users.max(1)).zip(c.chunks(users.max(1))) {
            for i in 0..users {
                for j in 0..users {
                    let heard: C64 =
                        (0..users).map(|l| gram[(i, l)] * gram[(j, l)].conj() * beta[l]).sum();
                    correlation.push((heard * energy + gram[(i, j)]) * (c[i] * c[j]));
                    cross.push(gram[(j, i)].conj() * (c[j] * energy.sqrt() * beta[i]));
                }
            }
        }
        let estimate_gains = estimate_gains(gains, users, energy, gram);
        Self { users, gains: gains.to_vec(), estimate_gains, correlation, cross }
    }

    /// After orthogonal pilots that left estimates of mean square `estimate_gains`.
    pub fn orthogonal(gains: &[f64], estimate_gains: &[f64], users: usize) -> Self {
        let mut correlation = vec![C64::ZERO; gains.len() * users];
        for (index, gamma) in estimate_gains.iter().enumerate() {
            correlation[index * users + index % users] = C64::from(*gamma);
        }
        Self {
            users,
            gains: gains.to_vec(),
            estimate_gains: estimate_gains.to_vec(),
            cross: correlation.clone(),
            correlation,
        }
    }

    /// E g_k ĝ_j* at access point m: what unit amplitude of user j adds to E a_kj.
    pub fn cross(&self, m: usize, k: usize, j: usize) -> C64 {
        self.cross[(m * self.users + k) * self.users + j]
    }

    /// What unit amplitudes of users i and j at access point m add to Cov(a_ki, a_kj).
    pub fn covariance(&self, m: usize, k: usize, i: usize, j: usize) -> C64 {
        let n = self.users;
        self.correlation[(m * n + j) * n + i] * self.gains[m * n + k]
    }

    /// γ, access point by access point.
    pub fn estimate_gains(&self) -> &[f64] {
        &self.estimate_gains
    }

    /// Moments of the effective gains a_k1 … a_kK that user `k` sees when access point m spends
    /// the fraction `fractions[m K + j]` of its pilot power on user j.
    pub fn effective_gains(&self, k: usize, fractions: &[f64]) -> EffectiveGains {
        let n = self.users;
        let mut mean = vec![C64::ZERO; n];
        let mut covariance = CMat::zeros(n, n);
        for (m, row) in fractions.chunks(n.max(1)).enumerate() {
            let amplitude = |j: usize| {
                let gamma = self.estimate_gains[m * n + j];
                if gamma > 0.0 { (row[j] / gamma).sqrt() } else { 0.0 }
            };
            let beta = self.gains[m * n + k];
            for j in 0..n {
                let s_j = amplitude(j);
                mean[j] += self.cross[(m * n + k) * n + j] * s_j;
                for i in 0..n {
                    let weight = amplitude(i) * s_j * beta;
                    covariance[(i, j)] += self.correlation[(m * n + j) * n + i] * weight;
                }
            }
        }
        EffectiveGains { user: k, mean, covariance }
    }
}

/// Moments of the effective gains seen by one user.
#[derive(Clone, Debug, PartialEq)]
pub struct EffectiveGains {
    /// Which user.
    pub user: usize,
    /// E a_kj.
    pub mean: Vec<C64>,
    /// Cov(a_ki, a_kj) = E a_ki a*_kj − E a_ki E a*_kj.
    pub covariance: CMat,
}

/// What one user sees of its own pilot.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Observation {
    /// E y.
    pub mean: C64,
    /// V y, noise included.
    pub variance: f64,
    /// Cov(a_kk, y).
    pub covariance: C64,
}

impl EffectiveGains {
    /// V a_kk.
    pub fn own_variance(&self) -> f64 {
        self.covariance[(self.user, self.user)].re
    }

    /// E|a_kk|².
    pub fn own_power(&self) -> f64 {
        self.mean[self.user].norm_sqr() + self.own_variance()
    }

    /// The output of the correlator with the user's own pilot, energy over noise `energy`.
    pub fn observation(&self, energy: f64, gram: &CMat) -> Observation {
        let (k, n) = (self.user, self.mean.len());
        let root = energy.sqrt();
        let (mut mean, mut covariance, mut variance) = (C64::ZERO, C64::ZERO, 0.0);
        for j in 0..n {
            mean += gram[(k, j)] * self.mean[j] * root;
            covariance += self.covariance[(k, j)] * gram[(k, j)].conj() * root;
            for i in 0..n {
                variance += (gram[(k, i)] * self.covariance[(i, j)] * gram[(k, j)].conj()).re;
            }
        }
        Observation { mean, variance: 1.0 + energy * variance, covariance }
    }

    /// Error variance of the linear estimate of a_kk from the user's own correlator,
    /// `V a − |Cov(a, y)|²/V y`.
    ///
    /// Both terms are four orders above their difference, so what they have in common is taken out
    /// first: with `y = √s (a + b) + n`, the numerator over V y is `V a (1 + s V b) − s |Cov(a, b)|²`.
    pub fn scalar_error(&self, energy: f64, gram: &CMat) -> f64 {
        let (k, n) = (self.user, self.mean.len());
        let (mut others, mut with_own) = (0.0, C64::ZERO);
        for j in (0..n).filter(|&j| j != k) {
            with_own += self.covariance[(k, j)] * gram[(k, j)].conj();
            for i in (0..n).filter(|&i| i != k) {
                others += (gram[(k, i)] * self.covariance[(i, j)] * gram[(k, j)].conj()).re;
            }
        }
        let own = self.own_variance();
        let numerator = own * (1.0 + energy * others) - energy * with_own.norm_sqr();
        numerator.max(0.0) / self.observation(energy, gram).variance
    }

    /// Error variance of the linear estimate of a_kk from the correlators with *all* pilots, which
    /// separates pilots that are correlated but not identical.
    ///
    /// # Errors
    /// When an entry is not finite.
    pub fn vector_error(&self, energy: f64, gram: &CMat) -> Result<f64, NumError> {
        let (k, n) = (self.user, self.mean.len());
        let mut eigen = HermitianEigen::new(n);
        eigen.compute(gram)?;
        let largest = eigen.max();
        let kept: Vec<usize> = (0..n).filter(|&i| eigen.values()[i] > RANK * largest).collect();
        // In the eigenvectors of the Gram the noise is white; directions without energy carry
        // neither signal nor noise.
        let t = CMat::from_fn(kept.len(), n, |i, j| {
            let column = kept[i];
            eigen.vectors()[(j, column)].conj() * (energy * eigen.values()[column]).sqrt()
        });
        let own = self.own_variance();
        let mut cross = CMat::from_fn(kept.len(), 1, |i, _| {
            (0..n).map(|j| t[(i, j)] * self.covariance[(j, k)]).sum()
        });
        let plain = cross.clone();
        let variance = CMat::from_fn(kept.len(), kept.len(), |i, j| {
            let mut sum = if i == j { C64::ONE } else { C64::ZERO };
            for a in 0..n {
                for b in 0..n {
                    sum += t[(i, a)] * self.covariance[(a, b)] * t[(j, b)].conj();
                }
            }
            sum
        });
        let mut cholesky = Cholesky::new(kept.len());
        cholesky.factor(&variance, "covariance of the correlators")?;
        cholesky.solve_in_place(&mut cross);
        let explained: f64 =
            plain.as_slice().iter().zip(cross.as_slice()).map(|(a, b)| (a.conj() * b).re).sum();
        Ok((own - explained).max(0.0))
    }
}

#[cfg(test)]
mod tests;
