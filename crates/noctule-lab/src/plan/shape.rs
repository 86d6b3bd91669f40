//! Chains and grid points by arithmetic, so that a plan needs no list of them.
//!
//! The grid of every scheme is cut into chains: one for each choice of the sweeps that are not
//! chained. A sweep of one scheme's setting does not touch the others: their points repeat along it,
//! and a repeated chain is computed once and entered at every grid point it stands for.

use super::Plan;

/// Numbers of values, strides, and who is touched by what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Shape {
    /// One for each sweep, slowest first.
    sweeps: Vec<Swept>,
    /// The first chain of every scheme, and behind the last.
    first: Vec<u64>,
    chain_len: usize,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Swept {
    values: usize,
    /// Distance of neighbours in the grid.
    stride: usize,
    chain: bool,
    /// By scheme: whether it has a value of its own for each of the sweep's.
    touches: Vec<bool>,
}

impl Shape {
    pub(super) fn of(plan: &Plan) -> Self {
        let schemes = plan.schemes.len();
        let mut stride = 1;
        let mut sweeps = Vec::with_capacity(plan.sweeps.len());
        for sweep in plan.sweeps.iter().rev() {
            let touched =
                |scheme: usize| sweep.schemes.as_ref().is_none_or(|s| s.contains(&scheme));
            let touches = (0..schemes).map(touched).collect();
            let values = sweep.values.len();
            sweeps.push(Swept { values, stride, chain: sweep.chain, touches });
            stride *= values;
        }
        sweeps.reverse();
        let chain_len = sweeps.iter().filter(|s| s.chain).map(|s| s.values).product();
        let mut first = vec![0];
        for scheme in 0..schemes {
            let free = sweeps.iter().filter(|s| !s.chain && s.touches[scheme]);
            let chains: usize = free.map(|s| s.values).product();
            first.push(first[scheme] + chains as u64);
        }
        Self { sweeps, first, chain_len }
    }

    pub(super) fn chains(&self) -> u64 {
        self.first.last().copied().unwrap_or(0)
    }

    pub(super) const fn chain_len(&self) -> usize {
        self.chain_len
    }

    pub(super) fn scheme(&self, chain: usize) -> usize {
        self.first.partition_point(|first| *first <= chain as u64) - 1
    }

    /// The index into every sweep, the last one running fastest; zero where the scheme is not
    /// touched.
    pub(super) fn indices(&self, chain: usize, mut point: usize) -> Vec<usize> {
        let scheme = self.scheme(chain);
        let mut chain = chain - self.first[scheme] as usize;
        let mut indices = vec![0; self.sweeps.len()];
        for (index, sweep) in indices.iter_mut().zip(&self.sweeps).rev() {
            let rest = match (sweep.chain, sweep.touches[scheme]) {
                (true, _) => &mut point,
                (false, true) => &mut chain,
                (false, false) => continue,
            };
            *index = *rest % sweep.values;
            *rest /= sweep.values;
        }
        indices
    }

    pub(super) fn grid_points(&self, chain: usize, point: usize) -> Vec<usize> {
        let scheme = self.scheme(chain);
        let indices = self.indices(chain, point);
        let first =
            indices.iter().zip(&self.sweeps).map(|(index, sweep)| index * sweep.stride).sum();
        let mut points = vec![first];
        for sweep in self.sweeps.iter().filter(|s| !s.chain && !s.touches[scheme]) {
            let steps = |point: &usize| {
                let point = *point;
                (0..sweep.values).map(move |index| point + index * sweep.stride)
            };
            points = points.iter().flat_map(steps).collect();
        }
        points
    }
}
