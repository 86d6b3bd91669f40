//! The convex step: the surrogate at the last beams, with its gradient.

use noctule_num::linalg::{Op, mul, product, real_dot};
use noctule_num::{C64, CMat};
use noctule_optim::{Constrained, Manifold};
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::cellfree::model::{Link, Model, quadratic_transform};
use crate::cellfree::{Beams, Instance};

/// How the interference enters a step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Split {
    /// As the convex function that it is.
    #[default]
    None,
    /// As the difference of convex functions (42)–(44) of the paper, the second one linearised.
    AsPrinted,
}

/// The surrogate of one step, over beams on spheres.
pub(super) struct Step {
    model: Model,
    limit: f64,
    /// Dense Q and b = √(1+γ) g h.
    q: CMat,
    b: CMat,
    /// W at which the last term is linearised.
    at: CMat,
    /// What holds the beams of each access point at `at`; none without the split of the paper.
    hold: Vec<CMat>,
    x: Vec<C64>,
}

impl Step {
    /// A step at a point, before its first preparation.
    pub(super) fn new(model: Model, limit: f64, x: &[C64]) -> Self {
        let (dim, at) = (model.dim(), model.beams(x).data);
        Self {
            q: CMat::zeros(at.rows(), at.rows()),
            b: CMat::zeros(at.rows(), at.cols()),
            at,
            hold: Vec::new(),
            model,
            limit,
            x: vec![C64::ZERO; dim],
        }
    }

    pub(super) const fn manifold(&self) -> Manifold {
        self.model.manifold()
    }

    pub(super) fn beams(&self, x: &[C64]) -> Beams {
        self.model.beams(x)
    }

    /// Q, b and the point of linearisation at `beams`.
    pub(super) fn prepare(
        &mut self,
        instance: &Instance,
        beams: &Beams,
        split: Split,
    ) -> Result<(), Error> {
        let transform = quadratic_transform(instance, beams)?;
        let weights: Vec<f64> = transform.g.iter().map(C64::norm_sqr).collect();
        self.q = self.model.weighted_sum(&weights);
        for k in 0..self.model.users {
            let scale = transform.g[k] * (1.0 + transform.gamma[k]).sqrt();
            let h = self.model.channel(k);
            self.b.col_mut(k).iter_mut().zip(h).for_each(|(b, h)| *b = h * scale);
        }
        self.at = beams.data.clone();
        self.hold = match split {
            Split::None => Vec::new(),
            Split::AsPrinted => hold(instance, &weights),
        };
        Ok(())
    }

    /// Value and, where asked, gradient of minus the surrogate.
    fn surrogate(&self, x: &[C64], mut gradient: Option<&mut [C64]>) -> f64 {
        let (n, users, stride) = (self.model.antennas, self.model.users, self.model.stride());
        let w = CMat::from_fn(self.model.aps * n, users, |i, k| x[i / n * stride + k * n + i % n]);
        let qw = product(&self.q, Op::Plain, &w, Op::Plain);
        let mut value = 0.0;
        let local = |ap: usize| CMat::from_fn(n, n, |i, j| self.q[(ap * n + i, ap * n + j)]);
        for k in 0..users {
            value += real_dot(w.col(k), qw.col(k)) - 2.0 * real_dot(self.b.col(k), w.col(k));
        }
        for ap in 0..self.model.aps {
            let block = local(ap);
            let columns = if self.model.senses(ap) { users + self.model.streams } else { users };
            for c in 0..columns {
                let from = ap * stride + c * n;
                let v = &x[from..from + n];
                // tr Q_mm R_m, over all columns.
                let pushed = apply(&block, v);
                value += real_dot(v, &pushed);
                let mut g: Vec<C64> = pushed.iter().map(|z| z * 2.0).collect();
                if c < users {
                    let rows = ap * n..(ap + 1) * n;
                    let pull = qw.col(c)[rows.clone()].iter().zip(&self.b.col(c)[rows]);
                    let pull: Vec<C64> = pull.map(|(qw, b)| qw - b).collect();
                    self.linearise((ap, c), &block, v, &pull, (&mut value, &mut g));
                }
                if let Some(gradient) = gradient.as_deref_mut() {
                    gradient[from..from + n].copy_from_slice(&g);
                }
            }
        }
        value
    }

    /// The last term of a data beam `v`, linearised at `w̄`, and what holds the beam there; with `pull`,
    /// `(Qw − b)_m`, the gradient of the beam is complete.
    fn linearise(
        &self,
        (ap, user): (usize, usize),
        block: &CMat,
        v: &[C64],
        pull: &[C64],
        (value, gradient): (&mut f64, &mut [C64]),
    ) {
        let n = self.model.antennas;
        let held = &self.at.col(user)[ap * n..(ap + 1) * n];
        let through = apply(block, held);
        // −(2 Re w̄ᴴQw − w̄ᴴQw̄): concave in the surrogate, and so replaced by its tangent.
        *value += real_dot(held, &through) - 2.0 * real_dot(&through, v);
        for ((g, pull), through) in gradient.iter_mut().zip(pull).zip(&through) {
            *g += (pull - through) * 2.0;
        }
        if let Some(hold) = self.hold.get(ap) {
            let moved: Vec<C64> = v.iter().zip(held).map(|(v, h)| v - h).collect();
            let pulled = apply(hold, &moved);
            *value += real_dot(&moved, &pulled);
            gradient.iter_mut().zip(&pulled).for_each(|(g, p)| *g += p * 2.0);
        }
    }
}

fn apply(matrix: &CMat, x: &[C64]) -> Vec<C64> {
    let mut out = vec![C64::ZERO; matrix.rows()];
    for (j, xj) in x.iter().enumerate() {
        out.iter_mut().zip(matrix.col(j)).for_each(|(out, m)| *out += m * xj);
    }
    out
}

impl Constrained for Step {
    fn constraints(&self) -> usize {
        1
    }

    fn values(&mut self, x: &[C64], constraints: &mut [f64]) -> f64 {
        self.x.copy_from_slice(x);
        self.model.forward(x);
        constraints[0] = self.model.error() / self.limit - 1.0;
        self.surrogate(x, None)
    }

    fn gradient(&mut self, weights: &[f64], gradient: &mut [C64]) {
        // The error's part first; the surrogate's is then added to it.
        self.model.value(Link::Rate);
        self.model.backward(&self.x, 0.0, weights[0] / self.limit, gradient);
        let mut part = vec![C64::ZERO; gradient.len()];
        self.surrogate(&self.x, Some(&mut part));
        gradient.iter_mut().zip(&part).for_each(|(g, p)| *g += p);
    }
}

/// `Σ_k |g_k|² (p_m Σ_{m'>m} Θ_mm'k Θ_mm'kᴴ + (m − 1) p_m I)` of every access point `m = 1…M`: each is
/// the second in `m − 1` pairs.
fn hold(instance: &Instance, weights: &[f64]) -> Vec<CMat> {
    let (aps, n) = (instance.aps(), instance.antennas());
    let rows = |factors: &CMat, ap: usize| {
        CMat::from_fn(n, factors.cols(), |i, c| factors[(ap * n + i, c)])
    };
    (0..aps)
        .map(|ap| {
            let power = instance.parts().power_over_noise[ap];
            let mut out = CMat::identity(n);
            out.scale(ap as f64 * power * weights.iter().sum::<f64>());
            for (error, weight) in instance.parts().error.iter().zip(weights) {
                let own = rows(&error.factors, ap);
                // Θ_mm' = U_m S U_m'ᴴ off the diagonal blocks.
                for other in ap + 1..aps {
                    let theirs = rows(&error.factors, other);
                    let scaled =
                        CMat::from_fn(n, own.cols(), |i, c| own[(i, c)] * error.weights[c]);
                    let cross = product(&scaled, Op::Plain, &theirs, Op::Adjoint);
                    mul(&mut out, true, weight * power, &cross, Op::Plain, &cross, Op::Adjoint);
                }
            }
            out
        })
        .collect()
}

#[cfg(test)]
mod tests;
