//! One user in the space that its statistics need.

use noctule_num::CMat;
use noctule_num::linalg::{HermitianEigen, Op, mul};
use noctule_phy::mmse::trace_of_product;

use super::layout::Layout;
use crate::Error;
use crate::frame::Instance;
use crate::frame::prior::Prior;

/// One user in its own basis.
#[derive(Debug)]
pub(super) struct User {
    pub(super) correlation: CMat,
    pub(super) shape: CMat,
    /// κ: Cramér–Rao bound times sensing time.
    pub(super) kappa: f64,
    /// 1/γ, the pilot's noise for a channel of unit gain.
    pub(super) noise: f64,
    pub(super) power: f64,
    /// σ²/β.
    pub(super) receiver_noise: f64,
    /// κ‖D‖, the speed at which the prior moves with `s`.
    pub(super) speed: f64,
    /// ‖R‖₂.
    pub(super) strongest: f64,
    /// ‖R‖, from the full matrix.
    pub(super) size: f64,
    eigen: HermitianEigen,
    work: [CMat; 4],
}

/// A user and its basis.
pub(super) struct Full {
    pub(super) user: User,
    pub(super) basis: CMat,
}

impl User {
    /// User `k` of an instance in its own basis.
    pub(super) fn reduce(instance: &Instance, k: usize, prior: &Prior) -> Result<Full, Error> {
        let user = &instance.users()[k];
        let Prior { correlation, shape, range } = prior;
        let size = correlation.norm();
        let (basis, correlation, shape) = match range {
            Some(range) => (range.basis.clone(), &range.correlation, &range.shape),
            None => (CMat::identity(correlation.rows()), correlation, shape),
        };
        let mut eigen = HermitianEigen::new(basis.cols());
        eigen.compute(correlation)?;
        let kappa = instance.crb_seconds(k);
        let rank = basis.cols();
        let user = Self {
            correlation: correlation.clone(),
            speed: kappa * shape.norm(),
            shape: shape.clone(),
            kappa,
            noise: 1.0 / (user.gain * user.pilot_snr),
            power: user.power_w,
            receiver_noise: user.noise_w / user.gain,
            strongest: eigen.max(),
            size,
            eigen,
            work: std::array::from_fn(|_| CMat::zeros(rank, rank)),
        };
        Ok(Full { user, basis })
    }

    /// Everything a sample at `s = 1/T` keeps of this user, which is the `i`-th. `cross` holds the
    /// matrices of all pairs.
    pub(super) fn fill(
        &mut self,
        s: f64,
        i: usize,
        cross: &[(CMat, f64)],
        physical: bool,
        out: &mut [f64],
        layout: Layout,
    ) -> Result<(), Error> {
        self.decompose(s)?;
        self.fill_traces(i, out, layout);
        if cross.is_empty() {
            return Ok(());
        }
        if physical {
            self.fill_filtered(i, cross, out, layout);
        }
        self.fill_cross(i, cross, out, layout);
        Ok(())
    }

    /// Eigenvalues and vectors V of `R − sκD`.
    fn decompose(&mut self, s: f64) -> Result<(), Error> {
        let moved = s * self.kappa;
        let prior = &mut self.work[0];
        let both = self.correlation.as_slice().iter().zip(self.shape.as_slice());
        for (out, (r, d)) in prior.as_mut_slice().iter_mut().zip(both) {
            *out = r - d * moved;
        }
        Ok(self.eigen.compute(prior)?)
    }

    /// `n` and its slope by `s`, `−κ tr (ψ'(R − sκD) D)`; leaves `Dₑ = Vᴴ D V` in `turned`.
    fn fill_traces(&mut self, i: usize, out: &mut [f64], layout: Layout) {
        let [_, _, turned, scaled] = &mut self.work;
        let (values, vectors) = (self.eigen.values(), self.eigen.vectors());
        mul(scaled, false, 1.0, &self.shape, Op::Plain, vectors, Op::Plain);
        mul(turned, false, 1.0, vectors, Op::Adjoint, scaled, Op::Plain);
        let (mut value, mut slope) = (0.0, 0.0);
        for (j, &x) in values.iter().enumerate() {
            value += psi(x, self.noise);
            slope += divided_psi(x, x, self.noise) * turned[(j, j)].re;
        }
        out[layout.trace() + i] = value;
        out[layout.trace_slope() + i] = -self.kappa * slope;
    }

    /// `tr (D W)`, `tr (D W²)`, and `tr (G W D W)` for every pair: what the physical form needs. All are
    /// traces of products of positive semidefinite matrices; what rounding leaves below zero is cut.
    fn fill_filtered(&mut self, i: usize, cross: &[(CMat, f64)], out: &mut [f64], layout: Layout) {
        let noise = self.noise;
        let [first, second, turned, scaled] = &mut self.work;
        let (values, vectors) = (self.eigen.values(), self.eigen.vectors());
        let weight = |x: f64| x.max(0.0) / (x.max(0.0) + noise);
        let diagonal = |j: usize| turned[(j, j)].re.max(0.0);
        let weighted = |power: i32| -> f64 {
            values.iter().enumerate().map(|(j, &x)| weight(x).powi(power) * diagonal(j)).sum()
        };
        out[layout.filtered() + i] = weighted(1);
        out[layout.filtered_twice() + i] = weighted(2);
        for (j, &y) in values.iter().enumerate() {
            let outer = weight(y);
            let column = second.col_mut(j).iter_mut().zip(turned.col(j)).zip(values);
            column.for_each(|((z, d), &x)| *z = d * (outer * weight(x)));
        }
        mul(scaled, false, 1.0, vectors, Op::Plain, second, Op::Plain);
        mul(first, false, 1.0, scaled, Op::Plain, vectors, Op::Adjoint);
        for k in 0..layout.users {
            let pair = k * layout.users + i;
            out[layout.cross_filtered() + pair] = trace_of_product(&cross[pair].0, first).max(0.0);
        }
    }

    /// `m = tr (G C)` and its slope for every pair. The derivative of `C = ψ(R − sκD)` is `−κ` times the
    /// Schur product of `Dₑ` with the divided differences of ψ, turned back.
    fn fill_cross(&mut self, i: usize, cross: &[(CMat, f64)], out: &mut [f64], layout: Layout) {
        let noise = self.noise;
        let [first, second, turned, scaled] = &mut self.work;
        let (values, vectors) = (self.eigen.values(), self.eigen.vectors());
        for (j, &y) in values.iter().enumerate() {
            for (z, &x) in turned.col_mut(j).iter_mut().zip(values) {
                *z *= divided_psi(x, y, noise);
            }
            let weight = psi(y, noise);
            for (z, v) in scaled.col_mut(j).iter_mut().zip(vectors.col(j)) {
                *z = v * weight;
            }
        }
        mul(first, false, 1.0, scaled, Op::Plain, vectors, Op::Adjoint);
        mul(scaled, false, 1.0, vectors, Op::Plain, turned, Op::Plain);
        mul(second, false, 1.0, scaled, Op::Plain, vectors, Op::Adjoint);
        for k in 0..layout.users {
            let pair = k * layout.users + i;
            let (g, _) = &cross[pair];
            out[layout.cross() + pair] = trace_of_product(g, first).max(0.0);
            out[layout.cross_slope() + pair] = -self.kappa * trace_of_product(g, second);
        }
    }
}

/// ψ(λ) = λ₊²/(λ₊ + noise).
pub(super) fn psi(x: f64, noise: f64) -> f64 {
    let x = x.max(0.0);
    x * (x / (x + noise))
}

/// (ψ(x) − ψ(y)) / (x − y), and ψ' where they meet: without cancellation.
pub(super) fn divided_psi(x: f64, y: f64, noise: f64) -> f64 {
    match (x > 0.0, y > 0.0) {
        (true, true) => {
            (x / (x + noise)) * (y / (y + noise)) + noise * (x + y) / ((x + noise) * (y + noise))
        }
        (true, false) => psi(x, noise) / (x - y),
        (false, true) => psi(y, noise) / (y - x),
        (false, false) => 0.0,
    }
}
