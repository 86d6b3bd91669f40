//! Beams in the span of what users see.
//!
//! Where nothing is sensed and the blocks of the error covariances are multiples of the identity, a
//! part of a beam that no user's channel at that access point meets only costs power and adds to
//! everybody's error: the best beams have none. Users that share a pilot have parallel estimates, so
//! that as many dimensions as there are pilots are left of each array.

use noctule_num::linalg::{HermitianEigen, Op, product};
use noctule_num::{C64, CMat};

use super::Model;
use crate::Error;

/// Sines of angles below this count as zero: what is lost is of its square.
const PARALLEL: f64 = 1e-6;

/// A model over coordinates in the span, and the span of every access point.
#[derive(Clone, Debug)]
pub(in crate::cellfree) struct Spanned {
    pub model: Model,
    /// Orthonormal columns.
    bases: Vec<CMat>,
}

impl Spanned {
    /// The same problem in fewer dimensions; none where that is not possible or saves nothing.
    ///
    /// # Errors
    /// When an eigenvalue cannot be found.
    pub(in crate::cellfree) fn of(model: &Model) -> Result<Option<Self>, Error> {
        let (aps, n) = (model.aps, model.antennas);
        if !model.sensing.is_empty() || !model.has_scalar_blocks() {
            return Ok(None);
        }
        let mut eigen = HermitianEigen::new(n);
        let mut rank = 1;
        let mut bases = Vec::with_capacity(aps);
        for ap in 0..aps {
            // Columns of length one: an angle counts, not how strong a user is.
            let mut local = model.local_directions(ap);
            for c in 0..local.cols() {
                let norm = local.col(c).iter().map(C64::norm_sqr).sum::<f64>().sqrt();
                let scale = if norm > 0.0 { 1.0 / norm } else { 0.0 };
                local.col_mut(c).iter_mut().for_each(|z| *z *= scale);
            }
            eigen.compute(&product(&local, Op::Plain, &local, Op::Adjoint))?;
            rank = rank.max(eigen.values().iter().filter(|v| **v > PARALLEL * PARALLEL).count());
            // Largest first.
            bases.push(CMat::from_fn(n, n, |i, j| eigen.vectors()[(i, n - 1 - j)]));
        }
        if rank >= n {
            return Ok(None);
        }
        for basis in &mut bases {
            *basis = CMat::from_fn(n, rank, |i, j| basis[(i, j)]);
        }
        let mut directions = Vec::with_capacity(aps * rank * model.directions().cols());
        for c in 0..model.directions().cols() {
            for (ap, basis) in bases.iter().enumerate() {
                directions.extend(seen(basis, &model.directions().col(c)[ap * n..(ap + 1) * n]));
            }
        }
        let directions = CMat::from_columns(aps * rank, model.directions().cols(), directions)?;
        Ok(Some(Self { model: model.in_coordinates(rank, directions), bases }))
    }

    /// Coordinates of a point; slack takes up what lies outside the span.
    pub(in crate::cellfree) fn enter(&self, full: &Model, x: &[C64]) -> Vec<C64> {
        let (n, rank, users) = (full.antennas, self.model.antennas, full.users);
        let mut out = vec![C64::ZERO; self.model.dim()];
        let blocks = x.chunks_exact(full.stride()).zip(out.chunks_exact_mut(self.model.stride()));
        for ((from, to), basis) in blocks.zip(&self.bases) {
            let power = |z: &[C64]| z.iter().map(C64::norm_sqr).sum::<f64>();
            for k in 0..users {
                to[k * rank..(k + 1) * rank]
                    .copy_from_slice(&seen(basis, &from[k * n..(k + 1) * n]));
            }
            let left = (power(from) - power(&to[..users * rank])).max(0.0);
            to[users * rank] = C64::from(left.sqrt());
        }
        out
    }

    /// The point of coordinates.
    pub(in crate::cellfree) fn leave(&self, full: &Model, x: &[C64]) -> Vec<C64> {
        let (n, rank, users) = (full.antennas, self.model.antennas, full.users);
        let mut out = vec![C64::ZERO; full.dim()];
        let blocks = x.chunks_exact(self.model.stride()).zip(out.chunks_exact_mut(full.stride()));
        for ((from, to), basis) in blocks.zip(&self.bases) {
            for k in 0..users {
                let beam = &mut to[k * n..(k + 1) * n];
                for (j, coordinate) in from[k * rank..(k + 1) * rank].iter().enumerate() {
                    beam.iter_mut().zip(basis.col(j)).for_each(|(z, u)| *z += u * coordinate);
                }
            }
            let slack = from[users * rank..].iter().map(C64::norm_sqr).sum::<f64>().sqrt();
            to[users * n] = C64::from(slack);
        }
        out
    }
}

fn seen(basis: &CMat, x: &[C64]) -> Vec<C64> {
    (0..basis.cols()).map(|j| basis.col(j).iter().zip(x).map(|(u, x)| u.conj() * x).sum()).collect()
}

#[cfg(test)]
mod tests {
    use noctule_num::rng::{StreamKey, complex_normal};
    use noctule_optim::Manifold;

    use super::*;
    use crate::cellfree::Scenario;
    use crate::cellfree::model::{Link, Roles};

    #[test]
    fn nothing_is_lost_in_the_span() {
        let scenario = Scenario { users: 5, pilot_symbols: 3, ..Scenario::default() };
        let instance = scenario.realize(4, 0).unwrap();
        let mut full = Model::new(&instance, Roles::CommunicationOnly);
        let mut spanned = Spanned::of(&full).unwrap().unwrap();
        // Three pilots: three directions at each access point, for five users.
        assert_eq!(spanned.model.antennas, 3);
        let mut rng = StreamKey::new(1, "test", "span", 0).trial(0);
        let mut x: Vec<C64> = (0..full.dim()).map(|_| complex_normal(&mut rng, 1.0)).collect();
        Manifold::spheres(full.aps, full.stride(), 1.0).normalise(&mut x);
        let mut rate = |x: &[C64]| {
            full.forward(x);
            full.value(Link::Rate)
        };
        let before = rate(&x);
        let full_model = Model::new(&instance, Roles::CommunicationOnly);
        let inside = spanned.enter(&full_model, &x);
        let back = spanned.leave(&full_model, &inside);
        let after = rate(&back);
        // What is left out only cost.
        assert!(after > before, "{after} {before}");
        spanned.model.forward(&inside);
        let same = spanned.model.value(Link::Rate);
        assert!((same - after).abs() < 1e-10 * after, "{same} {after}");
        // In the span already: there and back is the identity.
        let again = spanned.leave(&full_model, &spanned.enter(&full_model, &back));
        let far = again.iter().zip(&back).map(|(a, b)| (a - b).norm()).fold(0.0, f64::max);
        assert!(far < 1e-12, "{far}");
    }
}
