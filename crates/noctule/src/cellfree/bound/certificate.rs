//! The certificate of a region: an upper bound that holds at any point of it, climbed or not.

use noctule_num::linalg::{HermitianEigen, Op, product, real_dot};
use noctule_num::{C64, CMat};
use noctule_optim::Objective as _;

use super::node::Node;
use super::proof::Proven;
use crate::Error;

/// What rounding may take from a sum of `n` terms or from an eigenvalue of order `n`, relative to the
/// size of the terms and to the norm, for each unit of `n`: 256 units in the last place, where
/// backward errors are a few, and checkers with balls for numbers need some hundred.
const ROUNDING: f64 = 256.0 * f64::EPSILON;
/// An access point with less power has no price of its own: the quotient would be that of rounding.
/// Any price is valid, so that nothing but tightness is lost.
const SILENT: f64 = 1e-12;
/// Halvings of the interval of the secular root, at most; a double has 53 digits, and the root may lie
/// some orders below the other end.
const HALVINGS: u32 = 80;
/// Width of that interval, relative, at which halving stops. Its upper end is taken.
const ROOT_WIDTH: f64 = 1e-13;

/// A certificate, and how to come to a better one.
pub(super) struct Certificate {
    /// No beams of the region have more, nats.
    pub(super) bound: f64,
    /// The relaxation at the point, nats.
    pub(super) value: f64,
    /// What keeps the two apart.
    pub(super) towards: Towards,
    /// What the bound is computed from; its box is that of the region.
    pub(super) proven: Proven,
}

/// The direction that keeps bound and value apart.
#[derive(Clone, Debug, Default)]
pub(super) struct Towards {
    /// The user with the most to gain, and the beam that promises it.
    pub(super) user: Option<(usize, Vec<C64>)>,
    /// Access points whose power costs more than it brings: they should send less.
    pub(super) less: Vec<usize>,
}

/// Terms added up, and the sum of their sizes, which rounding is a share of.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    value: f64,
    size: f64,
}

/// The largest eigenvalue over all users' matrices, and the user and the vector it belongs to, where
/// that is not the matrix all share.
struct Largest {
    value: f64,
    user: Option<(usize, Vec<C64>)>,
}

impl Node {
    /// The certified upper bound at `x`, the value there, and the direction that keeps them apart.
    ///
    /// With the `t_k`, slopes and offsets of the module page, the matrix all users share is
    /// `Σ_k (t_k − slope_k)(h_k h_kᴴ + Θ_k) − μ ∇S − diag ν`; that of user `j` has `slope_j h_j h_jᴴ`
    /// more.
    pub(super) fn certificate(
        &mut self,
        x: &[C64],
        eigen: &mut HermitianEigen,
    ) -> Result<Certificate, Error> {
        let mut gradient = std::mem::take(&mut self.gradient);
        let value = -self.eval(x, &mut gradient);
        let (prices, less) = self.power_prices(x, &gradient);
        self.gradient = gradient;
        let mut sum = self.constant();
        let mut matrix = self.shared_matrix();
        if self.price > 0.0 {
            // −μ (S − δ) is at most its tangent at a point of error S₀. S is a form of degree two, so
            // that ⟨∇S, R₀⟩ = 2 S₀ and the constant is μ (δ + S₀), with a plus.
            let tangent = self.price * (self.limit + self.model.error());
            sum.value += tangent;
            sum.size += tangent;
            self.subtract_error_gradient(&mut matrix);
        }
        self.subtract_prices(&mut matrix, &prices);
        let norm = matrix.norm();
        eigen.compute(&matrix)?;
        let largest = self.largest(eigen);
        let bound = self.bound(sum, &prices, largest.value, norm);
        // The relaxation leaves the constant μ δ out.
        let of_price = if self.price > 0.0 { self.price * self.limit } else { 0.0 };
        Ok(Certificate {
            bound,
            value: value + of_price,
            towards: Towards { user: largest.user, less },
            proven: self.proven(prices),
        })
    }

    /// `Σ_k t_k − slope_k − ln t_k − 1 + offset_k`: what the planes above the rates leave where no beams
    /// are sent. Noise of power one is in every `T_k` and `A_k`, hence `t_k − slope_k`.
    fn constant(&self) -> Sum {
        let mut sum = Sum::default();
        let planes = self.model.by_total.iter().zip(&self.slope);
        for ((&t, &slope), envelope) in planes.zip(&self.envelopes) {
            let offset = envelope.offset(t, slope);
            sum.value += t - slope - t.ln() - 1.0 + offset;
            sum.size += t + slope + t.ln().abs() + 1.0 + offset.abs();
        }
        sum
    }

    /// `Σ_k (t_k − slope_k)(h_k h_kᴴ + Θ_k)`. Weights may be negative: what a user hears of others costs
    /// its chord.
    fn shared_matrix(&self) -> CMat {
        let model = &self.model;
        let weights: Vec<f64> =
            (0..model.users).map(|k| model.by_total[k] - self.slope[k]).collect();
        model.weighted_sum(&weights)
    }

    /// Take `μ ∇S` from the blocks of the access points that sense: Toeplitz matrices, Hermitian, given
    /// by their first columns.
    fn subtract_error_gradient(&mut self, matrix: &mut CMat) {
        let n = self.model.antennas;
        for index in 0..self.model.sensing.len() {
            let at = self.model.sensing[index] * n;
            let column = self.model.error_gradient(index).to_vec();
            for j in 0..n {
                for i in 0..n {
                    let entry = if i >= j { column[i - j] } else { column[j - i].conj() };
                    matrix[(at + i, at + j)] -= entry * self.price;
                }
            }
        }
    }

    /// The price of every access point's power that would be its multiplier were `x` optimal, and the
    /// access points that send more than they should. Where power may be left unused a price is not
    /// negative.
    fn power_prices(&self, x: &[C64], gradient: &[C64]) -> (Vec<f64>, Vec<usize>) {
        let model = &self.model;
        let (n, stride) = (model.antennas, model.stride());
        let mut prices = vec![0.0; model.aps];
        let mut less = Vec::new();
        for (ap, price) in prices.iter_mut().enumerate() {
            let senses = model.senses(ap);
            // Without slack, which is no power that is sent.
            let columns = if senses { model.users + model.streams } else { model.users };
            let rows = ap * stride..ap * stride + columns * n;
            let power = real_dot(&x[rows.clone()], &x[rows.clone()]);
            if power > SILENT {
                // The gradient is that of minus the objective, twice G w.
                *price = -0.5 * real_dot(&x[rows.clone()], &gradient[rows]) / power;
            }
            if !senses && *price < 0.0 {
                less.push(ap);
                *price = 0.0;
            }
        }
        (prices, less)
    }

    /// Take `diag ν` from a matrix.
    fn subtract_prices(&self, matrix: &mut CMat, prices: &[f64]) {
        let n = self.model.antennas;
        for (ap, price) in prices.iter().enumerate() {
            for i in ap * n..(ap + 1) * n {
                matrix[(i, i)] -= *price;
            }
        }
    }

    /// τ, from above: one decomposition of the shared matrix, and a secular equation for each user.
    fn largest(&self, eigen: &HermitianEigen) -> Largest {
        let model = &self.model;
        let channels =
            CMat::from_fn(model.aps * model.antennas, model.users, |i, k| model.channel(k)[i]);
        let seen = product(eigen.vectors(), Op::Adjoint, &channels, Op::Plain);
        let mut value = eigen.max();
        let mut most = None;
        for k in 0..model.users {
            let top = largest_after_update(eigen.values(), seen.col(k), self.slope[k]);
            if top > value {
                value = top;
                most = Some(k);
            }
        }
        let user = most.map(|k| (k, updated_vector(eigen, seen.col(k), value)));
        Largest { value, user }
    }

    /// `constant + Σ_m ν_m + τ`, clipped at zero where an access point may be silent, and the margins
    /// for rounding and for what the model neglects.
    fn bound(&self, sum: Sum, prices: &[f64], tau: f64, norm: f64) -> f64 {
        let model = &self.model;
        let mut bound = sum.value;
        let mut size = sum.size;
        for (ap, price) in prices.iter().enumerate() {
            let worth = price + tau;
            bound += if model.senses(ap) { worth } else { worth.max(0.0) };
            size += price.abs();
        }
        let order = (model.aps * model.antennas) as f64;
        let rounding = ROUNDING * order;
        // τ counts once for every access point, and so does the error of its eigenvalue.
        bound + rounding * (model.aps as f64 * norm + size) + model.neglected
    }

    /// What anybody needs to compute the bound again.
    fn proven(&self, prices: Vec<f64>) -> Proven {
        let model = &self.model;
        Proven {
            t: model.by_total.clone(),
            slope: self.slope.clone(),
            prices,
            lags: if self.price > 0.0 { model.lags.concat() } else { Vec::new() },
            bound: f64::INFINITY,
        }
    }
}

/// The eigenvector of `diag(d) + slope z zᴴ` to its eigenvalue `top`, `(top − d)⁻¹ z`, turned back into
/// the coordinates of the antennas.
fn updated_vector(eigen: &HermitianEigen, z: &[C64], top: f64) -> Vec<C64> {
    let scaled: Vec<C64> =
        z.iter().zip(eigen.values()).map(|(z, d)| z / (top - d).max(f64::MIN_POSITIVE)).collect();
    let order = scaled.len();
    (0..order).map(|i| (0..order).map(|j| eigen.vectors()[(i, j)] * scaled[j]).sum()).collect()
}

/// An upper bound, to rounding the value, of the largest eigenvalue of `diag(d) + slope z zᴴ`: the
/// largest root of the secular equation `slope Σ |z_i|² / (x − d_i) = 1`, from above.
fn largest_after_update(d: &[f64], z: &[C64], slope: f64) -> f64 {
    let top = d.last().copied().unwrap_or(0.0);
    let total: f64 = z.iter().map(C64::norm_sqr).sum::<f64>() * slope;
    if total.is_nan() || total <= 0.0 {
        return top;
    }
    // Distances from the largest d, so that roots close to it keep their digits. The root is at most
    // the trace of the update away.
    let (mut low, mut high) = (0.0, total);
    for _ in 0..HALVINGS {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break;
        }
        let sum: f64 =
            d.iter().zip(z).map(|(d, z)| slope * z.norm_sqr() / (top - d + middle)).sum();
        if sum > 1.0 {
            low = middle;
        } else {
            high = middle;
        }
        if high - low <= ROOT_WIDTH * (high + top.abs()) {
            break;
        }
    }
    top + high
}

#[cfg(test)]
mod tests {
    use super::*;
    use noctule_num::rng::{StreamKey, complex_normal, normal};

    #[test]
    fn the_secular_root_is_the_eigenvalue() {
        let mut rng = StreamKey::new(1, "test", "secular", 0).trial(0);
        for n in [1, 3, 8] {
            let mut d: Vec<f64> = (0..n).map(|_| normal(&mut rng)).collect();
            d.sort_by(f64::total_cmp);
            let z: Vec<C64> = (0..n).map(|_| complex_normal(&mut rng, 1.0)).collect();
            let dense = CMat::from_fn(n, n, |i, j| {
                let diagonal = if i == j { d[i] } else { 0.0 };
                C64::from(diagonal) + z[i] * z[j].conj() * 0.7
            });
            let mut eigen = HermitianEigen::new(n);
            eigen.compute(&dense).unwrap();
            let found = largest_after_update(&d, &z, 0.7);
            assert!((found - eigen.max()).abs() < 1e-10, "{found} {}", eigen.max());
            assert!(found >= eigen.max() - 1e-13);
        }
    }
}
