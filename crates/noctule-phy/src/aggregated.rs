//! Second-order statistics of channels that are the sum of a direct path and of reflections off
//! targets, and of their linear minimum-mean-square-error estimates.
//!
//! `M` access points of `N` antennas each see a user `k` over
//! ```math
//! h_{mk} = \beta_{mk}\,q_{mk} + \sum_t \alpha_t\, h_{kt}\, h_{tm},\qquad
//! h_{kt} = \beta_{kt} q_{kt},\quad h_{tm} = \beta_{tm}\,(a(\theta_{tm}) + \mathcal{CN}(0,\chi^2 I))
//! ```
//! with Rayleigh `q`, and with `β_kt`, `β_tm` Gaussian around their means: the targets are only
//! roughly known. A reflection is common to all access points, so that the channels of one user to
//! several of them are correlated, through a matrix of low rank. Stacked over the access points,
//! covariances of channels and of estimation errors are **block-diagonal plus low rank**,
//! [`Covariance`], and every product here uses that.
//!
//! The closed forms are Propositions 1 to 3 of W. Mao et al., "Communication-Sensing Region for
//! Cell-Free Massive MIMO ISAC Systems", written as one formula for all blocks.

use noctule_num::interrupt::poll;
use noctule_num::linalg::{Cholesky, Op, mul, product};
use noctule_num::{C64, CMat, NumError};

mod covariance;
mod joint;

pub use covariance::Covariance;
use joint::{Received, joint};

/// Everything the statistics of aggregated channels depend on. Amplitude gains, not powers.
#[derive(Clone, Debug, PartialEq)]
pub struct AggregatedScene {
    /// Antennas of every access point, N.
    pub antennas: usize,
    /// β of the direct paths, `direct[user][ap]`.
    pub direct: Vec<Vec<f64>>,
    /// Mean β between targets and access points, `target_ap[target][ap]`.
    pub target_ap: Vec<Vec<f64>>,
    /// Mean β between users and targets, `user_target[user][target]`.
    pub user_target: Vec<Vec<f64>>,
    /// Steering vector from each access point to each target, `steering[target][ap]`.
    pub steering: Vec<Vec<Vec<C64>>>,
    /// Reflection coefficients α of the targets.
    pub reflection: Vec<f64>,
    /// Variance of β between targets and access points.
    pub target_ap_variance: f64,
    /// Variance of β between users and targets.
    pub user_target_variance: f64,
    /// Variance χ² of every entry of a steering vector.
    pub steering_variance: f64,
}

impl AggregatedScene {
    /// Number of access points.
    pub fn aps(&self) -> usize {
        self.direct.first().or_else(|| self.target_ap.first()).map_or(0, Vec::len)
    }

    /// `α_t² (β̄_kt² + σ²)`: mean power of the way from user to target and of the reflection.
    fn arriving(&self, user: usize, target: usize) -> f64 {
        let gain = self.user_target[user][target].powi(2) + self.user_target_variance;
        self.reflection[target].powi(2) * gain
    }

    /// Φ_k = E h_k h_kᴴ of every user (Proposition 1): channels of different users are
    /// uncorrelated, those of one user to different access points are not. The factors are
    /// `v_t = [β̄_tm a(θ_tm)]_m`, the same for all users.
    pub fn channel_covariances(&self) -> Vec<Covariance> {
        self.channel_covariances_with(|_, _| None)
    }

    /// The same with direct paths of any covariance: `shape(user, ap)` is `E q qᴴ`, whose trace is N;
    /// `None` is the identity.
    pub fn channel_covariances_with<'a>(
        &self,
        shape: impl Fn(usize, usize) -> Option<&'a CMat>,
    ) -> Vec<Covariance> {
        let (aps, n, targets) = (self.aps(), self.antennas, self.reflection.len());
        let factors = CMat::from_fn(aps * n, targets, |row, t| {
            self.steering[t][row / n][row % n] * self.target_ap[t][row / n]
        });
        let chi2 = self.steering_variance;
        (0..self.direct.len())
            .map(|user| {
                let blocks = (0..aps)
                    .map(|ap| {
                        let mut block =
                            shape(user, ap).cloned().unwrap_or_else(|| CMat::identity(n));
                        block.scale(self.direct[user][ap].powi(2));
                        for t in 0..targets {
                            let arriving = self.arriving(user, t);
                            let spread = arriving * self.target_ap_variance;
                            let leaving = self.target_ap[t][ap].powi(2) + self.target_ap_variance;
                            let q = &self.steering[t][ap];
                            for j in 0..n {
                                block[(j, j)] += arriving * leaving * chi2;
                                for i in 0..n {
                                    block[(i, j)] += q[i] * q[j].conj() * spread;
                                }
                            }
                        }
                        block
                    })
                    .collect();
                let weights = (0..targets).map(|t| self.arriving(user, t)).collect();
                Covariance { blocks, factors: factors.clone(), weights }
            })
            .collect()
    }
}

/// How access points estimate a channel from the pilots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Estimator {
    /// Every access point from what it received itself.
    PerAccessPoint,
    /// All access points together, with the correlation between them.
    Joint,
}

/// A linear estimator `ĥ_k = C_k y_k` with the covariance of its error.
#[derive(Clone, Debug)]
pub struct Estimate {
    /// Θ_k = E (h − ĥ)(h − ĥ)ᴴ over all access points (Proposition 3).
    pub error: Covariance,
    filter: Filter,
}

#[derive(Clone, Debug)]
enum Filter {
    Blocks(Vec<CMat>),
    /// `√E Φ_k (B + E V S Vᴴ)⁻¹`, kept as its parts.
    Joint {
        energy: f64,
        covariance: Covariance,
        received: Box<Received>,
    },
    /// The same as one matrix.
    Dense(CMat),
}

impl Estimate {
    /// The estimate from the received pilot `y = √E Σ h + n`.
    pub fn apply(&self, y: &[C64]) -> Vec<C64> {
        match &self.filter {
            Filter::Blocks(blocks) => apply_blocks(blocks, y),
            Filter::Joint { energy, covariance, received } => {
                received.estimate(covariance, *energy, y)
            }
            Filter::Dense(filter) => apply_blocks(std::slice::from_ref(filter), y),
        }
    }

    /// The diagonal blocks `C_mk` of a per-access-point filter; `None` of a joint one.
    pub fn filter_blocks(&self) -> Option<&[CMat]> {
        match &self.filter {
            Filter::Blocks(blocks) => Some(blocks),
            Filter::Joint { .. } | Filter::Dense(_) => None,
        }
    }
}

fn apply_blocks(blocks: &[CMat], x: &[C64]) -> Vec<C64> {
    let mut out = Vec::with_capacity(x.len());
    let mut at = 0;
    for block in blocks {
        let n = block.cols();
        let mut part = vec![C64::ZERO; block.rows()];
        for (j, xj) in x[at..at + n].iter().enumerate() {
            part.iter_mut().zip(block.col(j)).for_each(|(p, b)| *p += b * xj);
        }
        out.extend(part);
        at += n;
    }
    out
}

/// Linear minimum-mean-square-error estimators of all users that share pilots in `groups`, with
/// pilots of energy `energy` over unit noise (Propositions 2 and 3).
///
/// For a filter `C` the error is
/// `(I − √E C) Φ (I − √E C)ᴴ + E C (Σ_{others} Φ') Cᴴ + C Cᴴ`: a sum of positive semidefinite
/// terms, so that Θ is positive semidefinite also in floating point.
///
/// # Errors
/// [`NumError`] when a covariance is not finite, or so far from positive semidefinite that the
/// covariance of what is received is not positive definite; never for a scene of finite gains.
///
/// # Panics
/// When a group names a user that does not exist.
pub fn estimate(
    covariances: &[Covariance],
    groups: &[Vec<usize>],
    energy: f64,
    estimator: Estimator,
) -> Result<Vec<Estimate>, NumError> {
    let mut out: Vec<Option<Estimate>> = vec![None; covariances.len()];
    for group in groups {
        for &user in group {
            out[user] = Some(match estimator {
                Estimator::PerAccessPoint => per_ap(covariances, group, user, energy)?,
                Estimator::Joint => joint(covariances, group, user, energy)?,
            });
        }
    }
    let missing = NumError::Dimension {
        what: "users with a pilot",
        expected: covariances.len(),
        found: out.iter().flatten().count(),
    };
    out.into_iter().collect::<Option<Vec<_>>>().ok_or(missing)
}

fn per_ap(
    covariances: &[Covariance],
    group: &[usize],
    user: usize,
    energy: f64,
) -> Result<Estimate, NumError> {
    let own = &covariances[user];
    let aps = own.blocks.len();
    let n = own.order() / aps.max(1);
    let root = energy.sqrt();
    let mut cholesky = Cholesky::new(n);
    let mut filters = Vec::with_capacity(aps);
    for ap in 0..aps {
        poll()?;
        let mut received = CMat::identity(n);
        for &other in group {
            let block = covariances[other].full_block(ap);
            received.as_mut_slice().iter_mut().zip(block.as_slice()).for_each(|(r, b)| {
                *r += b * energy;
            });
        }
        // C = √E Φ R⁻¹ is the adjoint of R⁻¹ √E Φ, both being Hermitian.
        cholesky.factor(&received, "covariance of the received pilots")?;
        let mut filter = own.full_block(ap);
        filter.scale(root);
        cholesky.solve_in_place(&mut filter);
        filters.push(filter.adjoint());
    }
    let blocks = (0..aps)
        .map(|ap| {
            poll()?;
            let c = &filters[ap];
            let keep = CMat::from_fn(n, n, |i, j| {
                let one = if i == j { 1.0 } else { 0.0 };
                C64::from(one) - c[(i, j)] * root
            });
            let mut block = sandwich(&keep, &own.blocks[ap], 1.0);
            add(&mut block, &product(c, Op::Plain, c, Op::Adjoint));
            for &other in group.iter().filter(|&&other| other != user) {
                add(&mut block, &sandwich(c, &covariances[other].blocks[ap], energy));
            }
            Ok(block)
        })
        .collect::<Result<_, NumError>>()?;
    let mut error = Covariance::block_diagonal(blocks);
    let mut columns = Vec::new();
    let filtered = |u: &[C64]| apply_blocks(&filters, u);
    for (t, &weight) in own.weights.iter().enumerate() {
        let v = own.factors.col(t);
        columns.extend(v.iter().zip(filtered(v)).map(|(v, c)| v - c * root));
        error.weights.push(weight);
    }
    // The reflections of the others, seen through this user's filter. Users share the v_t of
    // their scene, so one factor stands for all of them.
    for (t, u) in contaminating(covariances, group, user) {
        columns.extend(filtered(&u));
        error.weights.push(energy * t);
    }
    error.factors = CMat::from_columns(own.order(), error.weights.len(), columns)?;
    Ok(Estimate { error, filter: Filter::Blocks(filters) })
}

/// Weighted low-rank directions of the other users of a group; equal directions are merged.
fn contaminating(covariances: &[Covariance], group: &[usize], user: usize) -> Vec<(f64, Vec<C64>)> {
    let mut out: Vec<(f64, Vec<C64>)> = Vec::new();
    for &other in group.iter().filter(|&&other| other != user) {
        let covariance = &covariances[other];
        for (c, &weight) in covariance.weights.iter().enumerate() {
            let u = covariance.factors.col(c);
            match out.iter_mut().find(|(_, v)| v.as_slice() == u) {
                Some((sum, _)) => *sum += weight,
                None => out.push((weight, u.to_vec())),
            }
        }
    }
    out
}

fn sandwich(a: &CMat, b: &CMat, weight: f64) -> CMat {
    let half = product(a, Op::Plain, b, Op::Plain);
    let mut out = CMat::zeros(a.rows(), a.rows());
    mul(&mut out, false, weight, &half, Op::Plain, a, Op::Adjoint);
    out
}

fn add(a: &mut CMat, b: &CMat) {
    a.as_mut_slice().iter_mut().zip(b.as_slice()).for_each(|(x, y)| *x += y);
}

#[cfg(test)]
#[path = "aggregated_tests.rs"]
mod tests;
