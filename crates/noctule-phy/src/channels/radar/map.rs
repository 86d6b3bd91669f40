//! The linear map from beams to Fisher matrices, sparse and free of the numbers of antennas.

use std::f64::consts::TAU;

use noctule_num::linalg::{Op, mul, product};
use noctule_num::{C64, CMat, InputError};

use super::{Kind, Scene, gram};
use crate::channels::array::Side;
use crate::channels::ofdm::LIGHT_M_S;

/// One entry `Re(coefficient · X^{(power)}[row, column])` of F_ij.
#[derive(Clone, Copy, Debug)]
pub(super) struct Term {
    pub(super) pair: (usize, usize),
    pub(super) power: usize,
    pub(super) at: (usize, usize),
    pub(super) coefficient: C64,
}

/// Subcarriers that share their responses: all of them without squint.
#[derive(Clone, Debug)]
struct Group {
    subcarriers: Vec<usize>,
    transmit: CMat,
    /// SᴴS of the receive side.
    gram: CMat,
    terms: Vec<Term>,
}

/// See the module.
#[derive(Clone, Debug)]
pub(super) struct Map {
    parameters: usize,
    antennas: usize,
    subcarriers: usize,
    /// 2πδ_n.
    pulsations: Vec<f64>,
    /// `e^{−j2πδ_nτ}`, a column a subcarrier, repeated for every block.
    turns: CMat,
    groups: Vec<Group>,
}

impl Map {
    /// Of a scene; with `unit` its reflections have magnitude one.
    pub(super) fn new(
        scene: &Scene,
        parameters: &[(Kind, usize)],
        unit: bool,
    ) -> Result<Self, InputError> {
        let offsets = scene.grid.offsets_hz();
        let subcarriers: Vec<usize> = (0..offsets.len()).collect();
        let groups: Vec<Vec<usize>> = if scene.squint {
            subcarriers.iter().map(|&n| vec![n]).collect()
        } else {
            vec![subcarriers]
        };
        let terms = Terms::new(scene, parameters, unit);
        let groups = groups.into_iter().map(|subcarriers| {
            let offset = if scene.squint { offsets[subcarriers[0]] } else { 0.0 };
            let ratio = 1.0 + offset / scene.grid.carrier_hz;
            let transmit = scene.space(&scene.transmit, Side::Transmit, ratio)?;
            let gram = gram(&scene.space(&scene.receive, Side::Receive, ratio)?);
            Ok(Group { terms: terms.of(&gram), subcarriers, transmit, gram })
        });
        let groups: Vec<Group> = groups.collect::<Result<_, InputError>>()?;
        let columns = groups[0].transmit.cols();
        let delays: Vec<f64> = scene.targets.iter().map(|t| scene.delay_s(t)).collect();
        Ok(Self {
            parameters: parameters.len(),
            antennas: scene.transmit.elements(),
            subcarriers: offsets.len(),
            turns: CMat::from_fn(columns, offsets.len(), |i, n| {
                C64::cis(-TAU * offsets[n] * delays[i % delays.len().max(1)])
            }),
            pulsations: offsets.iter().map(|offset| TAU * offset).collect(),
            groups,
        })
    }

    /// T_n.
    pub(super) fn transmit_space(&self, n: usize) -> &CMat {
        &self.groups[self.group_of(n)].transmit
    }

    /// The group of subcarrier n.
    const fn group_of(&self, n: usize) -> usize {
        if self.groups.len() == 1 { 0 } else { n }
    }

    /// Number of parameters, terms of every group, and the group of every subcarrier.
    pub(super) fn sparse(&self) -> (usize, Vec<&[Term]>, Vec<usize>) {
        let groups = self.groups.iter().map(|group| group.terms.as_slice()).collect();
        let of = (0..self.subcarriers).map(|n| self.group_of(n)).collect();
        (self.parameters, groups, of)
    }

    /// `e^{−j2πδ_nτ}`, a column a subcarrier, and 2πδ_n.
    pub(super) fn frame(&self) -> (&CMat, &[f64]) {
        (&self.turns, &self.pulsations)
    }

    /// Antennas × streams of subcarrier n.
    fn beams_of(&self, n: usize, beams: &[C64]) -> CMat {
        let each = beams.len() / self.subcarriers;
        let part = beams[n * each..(n + 1) * each].to_vec();
        let streams = each / self.antennas;
        assert_eq!(streams * self.antennas * self.subcarriers, beams.len(), "entries of the beams");
        CMat::from_columns(self.antennas, streams, part).unwrap_or_default()
    }

    /// `Λ_n T_nᴴ W_n` for every subcarrier.
    pub(super) fn coordinates(&self, beams: &[C64]) -> Vec<CMat> {
        let mut out = vec![CMat::default(); self.subcarriers];
        for group in &self.groups {
            for &n in &group.subcarriers {
                let w = self.beams_of(n, beams);
                let mut v = product(&group.transmit, Op::Adjoint, &w, Op::Plain);
                self.turn(n, &mut v);
                out[n] = v;
            }
        }
        out
    }

    /// The same for `W_n = I`.
    pub(super) fn full_coordinates(&self) -> Vec<CMat> {
        let mut out = vec![CMat::default(); self.subcarriers];
        for group in &self.groups {
            for &n in &group.subcarriers {
                let mut v = group.transmit.adjoint();
                self.turn(n, &mut v);
                out[n] = v;
            }
        }
        out
    }

    fn turn(&self, n: usize, v: &mut CMat) {
        for j in 0..v.cols() {
            v.col_mut(j).iter_mut().zip(self.turns.col(n)).for_each(|(v, turn)| *v *= turn);
        }
    }

    /// `X^{(p)}` of every group.
    pub(super) fn moments(&self, coordinates: &[CMat]) -> Vec<[CMat; 3]> {
        let order = self.turns.rows();
        let of = |group: &Group| {
            let mut x = [(); 3].map(|()| CMat::zeros(order, order));
            for &n in &group.subcarriers {
                let v = &coordinates[n];
                for (p, x) in x.iter_mut().enumerate() {
                    let weight = self.pulsations[n].powi(p as i32);
                    mul(x, true, weight, v, Op::Plain, v, Op::Adjoint);
                }
            }
            x
        };
        self.groups.iter().map(of).collect()
    }

    pub(super) fn fisher(&self, moments: &[[CMat; 3]]) -> Vec<f64> {
        let n = self.parameters;
        let mut out = vec![0.0; n * n];
        for (group, x) in self.groups.iter().zip(moments) {
            for term in &group.terms {
                let (i, j) = term.pair;
                out[i * n + j] += (term.coefficient * x[term.power][term.at]).re;
            }
        }
        for i in 0..n {
            for j in 0..i {
                out[i * n + j] = out[j * n + i];
            }
        }
        out
    }

    /// The adjoint of a group: `K^{(p)}` with `tr(ΦF) = Σ_p Re tr(K^{(p)} X^{(p)})`.
    fn adjoint(&self, group: &Group, phi: &[f64]) -> [CMat; 3] {
        let order = self.turns.rows();
        let mut k = [(); 3].map(|()| CMat::zeros(order, order));
        for term in &group.terms {
            let (i, j) = term.pair;
            let both = if i == j { 1.0 } else { 2.0 };
            let value = term.coefficient * (0.5 * both * phi[i * self.parameters + j]);
            // Re(c X[a, b]) is Re tr of c at [b, a], and X is Hermitian: its Hermitian part does.
            let (a, b) = term.at;
            k[term.power][(b, a)] += value;
            k[term.power][(a, b)] += value.conj();
        }
        k
    }

    pub(super) fn add_gradient(&self, phi: &[f64], beams: &[C64], scale: f64, out: &mut [C64]) {
        assert_eq!(out.len(), beams.len(), "length of the gradient");
        let coordinates = self.coordinates(beams);
        let each = beams.len() / self.subcarriers;
        for group in &self.groups {
            let k = self.adjoint(group, phi);
            for &n in &group.subcarriers {
                let v = &coordinates[n];
                let mut turned = CMat::zeros(v.rows(), v.cols());
                for (p, k) in k.iter().enumerate() {
                    let weight = 2.0 * scale * self.pulsations[n].powi(p as i32);
                    mul(&mut turned, true, weight, k, Op::Plain, v, Op::Plain);
                }
                for j in 0..turned.cols() {
                    let back = turned.col_mut(j).iter_mut().zip(self.turns.col(n));
                    back.for_each(|(v, turn)| *v *= turn.conj());
                }
                let part = product(&group.transmit, Op::Plain, &turned, Op::Plain);
                let own = &mut out[n * each..(n + 1) * each];
                own.iter_mut().zip(part.as_slice()).for_each(|(g, x)| *g += x);
            }
        }
    }

    pub(super) fn echo_energy(&self, scene: &Scene, moments: &[[CMat; 3]]) -> f64 {
        let mut total = C64::ZERO;
        for (group, x) in self.groups.iter().zip(moments) {
            for (m, first) in scene.targets.iter().enumerate() {
                for (k, second) in scene.targets.iter().enumerate() {
                    let sum = scene.grid.doppler_sums(second.doppler_hz - first.doppler_hz)[0];
                    let pair = first.reflection.conj() * second.reflection * sum;
                    total += pair * group.gram[(m, k)] * x[0][(k, m)];
                }
            }
        }
        total.re
    }
}

/// What the terms of all groups share.
struct Terms {
    columns: usize,
    factors: Vec<Vec<(usize, usize, C64)>>,
    pairs: Vec<Pair>,
}

/// The factor of F_ij that does not depend on responses.
struct Pair {
    at: (usize, usize),
    power: usize,
    factor: C64,
}

impl Terms {
    fn new(scene: &Scene, parameters: &[(Kind, usize)], unit: bool) -> Self {
        let reflections: Vec<C64> = scene
            .targets
            .iter()
            .map(|t| if unit { t.reflection / t.reflection.norm() } else { t.reflection })
            .collect();
        let spatial = scene.spatial();
        let m = reflections.len();
        let factors =
            parameters.iter().map(|&(kind, t)| factor(kind, t, &spatial, &reflections)).collect();
        let information = 2.0 / scene.sensing_noise;
        let mut pairs = Vec::new();
        for (i, &(kind_i, target_i)) in parameters.iter().enumerate() {
            for (j, &(kind_j, target_j)) in parameters.iter().enumerate().skip(i) {
                let ((p_i, q_i), (p_j, q_j)) = (kind_i.powers(), kind_j.powers());
                let apart = scene.targets[target_j].doppler_hz - scene.targets[target_i].doppler_hz;
                let sum = scene.grid.doppler_sums(apart)[q_i + q_j];
                // j to the power (p_i − p_j) + (q_j − q_i), which is above −4.
                let turn = C64::I.powu((4 + p_i + q_j - p_j - q_i) as u32);
                let units = unit_of(kind_i, scene) * unit_of(kind_j, scene);
                pairs.push(Pair {
                    at: (i, j),
                    power: p_i + p_j,
                    factor: turn * sum * (information * units),
                });
            }
        }
        Self { columns: (1 + spatial.len()) * m, factors, pairs }
    }

    fn of(&self, gram: &CMat) -> Vec<Term> {
        let mut out = Vec::new();
        for pair in &self.pairs {
            let begin = out.len();
            for &(row_i, col_i, c_i) in &self.factors[pair.at.0] {
                for &(row_j, col_j, c_j) in &self.factors[pair.at.1] {
                    let coefficient = pair.factor * c_i.conj() * gram[(row_i, row_j)] * c_j;
                    debug_assert!(col_i < self.columns && col_j < self.columns);
                    let term =
                        Term { pair: pair.at, power: pair.power, at: (col_j, col_i), coefficient };
                    out.push(term);
                }
            }
            debug_assert!(out.len() <= begin + 4);
        }
        out
    }
}

/// Derivative of seconds by metres of range, and of hertz by metres per second.
fn unit_of(kind: Kind, scene: &Scene) -> f64 {
    match kind {
        Kind::DelayRange => 2.0 / LIGHT_M_S,
        Kind::Speed => 2.0 * scene.grid.carrier_hz / LIGHT_M_S,
        _ => 1.0,
    }
}

/// The entries (row, column, value) of C_i.
fn factor(
    kind: Kind,
    target: usize,
    spatial: &[Kind],
    reflections: &[C64],
) -> Vec<(usize, usize, C64)> {
    let (m, alpha) = (reflections.len(), reflections[target]);
    match kind {
        Kind::DelayRange | Kind::Speed => vec![(target, target, alpha)],
        Kind::ReflectionRe => vec![(target, target, C64::ONE)],
        Kind::ReflectionIm => vec![(target, target, C64::I)],
        _ => {
            let block = spatial.iter().position(|own| *own == kind).unwrap_or(0);
            let moved = (1 + block) * m + target;
            vec![(moved, target, alpha), (target, moved, alpha)]
        }
    }
}
