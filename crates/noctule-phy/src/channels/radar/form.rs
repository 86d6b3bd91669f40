//! The Fisher matrix as a function of coordinates, without an allocation once it is made.
//!
//! Beams enter through `y_n = T_nᴴ W_n` alone. A [`FisherForm`] adds up the moments
//! `X^{(p)} = Σ_n (2πδ_n)^p Λ_n y_n y_nᴴ Λ_nᴴ` subcarrier by subcarrier, each as `(sM)²` real numbers;
//! the Fisher matrix is a sparse real product with them, and the adjoint the transposed one. Without squint
//! all subcarriers share three moments, so that memory and the work of that product do not grow
//! with their number.

use noctule_num::{C64, CMat};

use super::map::{Map, Term};
use crate::fisher::{merge, pack_gram, push_entry};

/// Pairs i ≤ j of parameters of one group: where the terms of each begin, and the terms.
#[derive(Clone, Debug)]
struct Rows {
    begins: Vec<u32>,
    terms: Vec<(u32, f64)>,
}

/// See the module.
#[derive(Clone, Debug)]
pub struct FisherForm {
    parameters: usize,
    /// s·M.
    order: usize,
    /// Moments that are needed: all three where a delay is unknown, else the first.
    powers: usize,
    group_of: Vec<usize>,
    groups: Vec<Rows>,
    /// `e^{−j2πδ_nτ}`, `order` of them a subcarrier.
    turns: Vec<C64>,
    /// 2πδ_n.
    pulsations: Vec<f64>,
    /// Packed moments, group by group, power by power; and the packed adjoint in the same places.
    moments: Vec<f64>,
    duals: Vec<f64>,
    packed: Vec<f64>,
}

impl FisherForm {
    pub(super) fn of(map: &Map) -> Self {
        let (parameters, groups, group_of) = map.sparse();
        let (turns, pulsations) = map.frame();
        let order = turns.rows();
        let size = order * order;
        let highest = groups.iter().flat_map(|terms| terms.iter()).map(|term| term.power).max();
        let powers = 1 + highest.unwrap_or(0);
        let groups: Vec<Rows> = groups.iter().map(|terms| rows(parameters, order, terms)).collect();
        let room = groups.len() * powers * size;
        Self {
            parameters,
            order,
            powers,
            group_of,
            groups,
            turns: turns.as_slice().to_vec(),
            pulsations: pulsations.to_vec(),
            moments: vec![0.0; room],
            duals: vec![0.0; room],
            packed: vec![0.0; size],
        }
    }

    /// Number of parameters.
    pub const fn parameters(&self) -> usize {
        self.parameters
    }

    /// Number of coordinates s·M.
    pub const fn order(&self) -> usize {
        self.order
    }

    /// Forget the moments.
    pub fn clear(&mut self) {
        self.moments.fill(0.0);
    }

    /// Add subcarrier n, whose coordinates are the rows from `first` on of `amplitudes`, a column a
    /// stream.
    ///
    /// # Panics
    /// When there are fewer rows, or no such subcarrier.
    pub fn add(&mut self, n: usize, amplitudes: &CMat, first: usize) {
        let (order, size) = (self.order, self.order * self.order);
        pack_gram(amplitudes, first, order, &mut self.packed);
        let turns = &self.turns[n * order..(n + 1) * order];
        let mut k = order;
        for b in 0..order {
            for a in 0..b {
                let turned =
                    C64::new(self.packed[k], self.packed[k + 1]) * turns[a] * turns[b].conj();
                (self.packed[k], self.packed[k + 1]) = (turned.re, turned.im);
                k += 2;
            }
        }
        let begin = self.group_of[n] * self.powers * size;
        let moments = self.moments[begin..begin + self.powers * size].chunks_exact_mut(size.max(1));
        let mut weight = 1.0;
        for moment in moments {
            moment.iter_mut().zip(&self.packed).for_each(|(x, z)| *x += weight * z);
            weight *= self.pulsations[n];
        }
    }

    /// The Fisher matrix at the moments, into `out[i * parameters + j]`.
    ///
    /// # Panics
    /// When there is not room for every pair.
    pub fn fisher(&self, out: &mut [f64]) {
        let n = self.parameters;
        assert_eq!(out.len(), n * n, "room for the Fisher matrix");
        out.fill(0.0);
        let size = self.powers * self.order * self.order;
        for (group, rows) in self.groups.iter().enumerate() {
            let moments = &self.moments[group * size..(group + 1) * size];
            let mut pairs = rows.pairs();
            for i in 0..n {
                for j in i..n {
                    let Some(terms) = pairs.next() else { return };
                    out[i * n + j] +=
                        terms.iter().map(|&(k, w)| w * moments[k as usize]).sum::<f64>();
                }
            }
        }
        for i in 0..n {
            for j in 0..i {
                out[i * n + j] = out[j * n + i];
            }
        }
    }

    /// The adjoint at a symmetric Φ: the K of [`FisherForm::dual`].
    ///
    /// # Panics
    /// When Φ has another size.
    pub fn set_dual(&mut self, phi: &[f64]) {
        let n = self.parameters;
        assert_eq!(phi.len(), n * n, "size of Φ");
        self.duals.fill(0.0);
        let size = self.powers * self.order * self.order;
        for (group, rows) in self.groups.iter().enumerate() {
            let duals = &mut self.duals[group * size..(group + 1) * size];
            let mut pairs = rows.pairs();
            for i in 0..n {
                for j in i..n {
                    let Some(terms) = pairs.next() else { return };
                    let scale = if i == j { phi[i * n + i] } else { 2.0 * phi[i * n + j] };
                    terms.iter().for_each(|&(k, weight)| duals[k as usize] += scale * weight);
                }
            }
        }
    }

    /// `K_n` with `tr(Φ dF) = Σ_n Re tr(K_n d(y_n y_nᴴ))`, of order s·M, into `out`.
    ///
    /// # Panics
    /// When `out` has another order, or there is no such subcarrier.
    pub fn dual(&mut self, n: usize, out: &mut CMat) {
        let (order, size) = (self.order, self.order * self.order);
        assert_eq!((out.rows(), out.cols()), (order, order), "order of K");
        let begin = self.group_of[n] * self.powers * size;
        self.packed.fill(0.0);
        let mut weight = 1.0;
        for dual in self.duals[begin..begin + self.powers * size].chunks_exact(size.max(1)) {
            self.packed.iter_mut().zip(dual).for_each(|(k, dual)| *k += weight * dual);
            weight *= self.pulsations[n];
        }
        let turns = &self.turns[n * order..(n + 1) * order];
        let mut k = order;
        for b in 0..order {
            out[(b, b)] = C64::from(self.packed[b]);
            for a in 0..b {
                // An entry above the diagonal meets its mirror: half the weight for each.
                let half = C64::new(0.5 * self.packed[k], 0.5 * self.packed[k + 1]);
                let value = half * turns[a].conj() * turns[b];
                out[(a, b)] = value;
                out[(b, a)] = value.conj();
                k += 2;
            }
        }
    }
}

impl Rows {
    /// The terms of each pair i ≤ j, in order.
    fn pairs(&self) -> impl Iterator<Item = &[(u32, f64)]> {
        self.begins.windows(2).map(|ends| &self.terms[ends[0] as usize..ends[1] as usize])
    }
}

/// The terms of a group by pairs, those at the same place added up.
fn rows(parameters: usize, order: usize, from: &[Term]) -> Rows {
    let (mut begins, mut terms) = (vec![0], Vec::new());
    let mut from = from.iter().peekable();
    for i in 0..parameters {
        for j in i..parameters {
            let begin = terms.len();
            while let Some(term) = from.next_if(|term| term.pair == (i, j)) {
                let own = terms.len();
                let (b, a) = term.at;
                push_entry(order, (a, b), term.coefficient, &mut terms);
                let offset = (term.power * order * order) as u32;
                terms[own..].iter_mut().for_each(|(place, _)| *place += offset);
            }
            merge(&mut terms, begin);
            begins.push(terms.len() as u32);
        }
    }
    debug_assert!(from.peek().is_none(), "terms come pair by pair");
    Rows { begins, terms }
}

#[cfg(test)]
mod tests;
