//! The dual problem in its own unknowns: Y of every metric, and one number for every requirement.

use noctule_num::linalg::{Op, dot, product, real_dot};
use noctule_num::{C64, CMat};

use crate::beamforming::requirements::link::add_outer;
use crate::beamforming::requirements::metric::{Metric, Part};
use crate::beamforming::requirements::program::Cap;
use crate::beamforming::requirements::sensed::Sensed;
use crate::beamforming::requirements::world::Space;

/// What is made small.
#[derive(Clone, Debug)]
pub(in super::super) enum Objective<'a> {
    /// A weighted sum of bounds.
    Trace(&'a [Part]),
    /// The power.
    Power,
}

/// One scene of one metric: Z = ρY, parameters × weighted parameters, by columns in the unknowns.
#[derive(Clone, Debug)]
pub(super) struct Block {
    /// Which Fisher map.
    pub(super) map: usize,
    /// Share of the scene in the metric.
    pub(super) share: f64,
    /// Parameters with a weight, and its root.
    pub(super) entries: Vec<(usize, f64)>,
    /// Where Z begins.
    pub(super) offset: usize,
    /// The unknown ρ of a cap; the metric itself has ρ = 1.
    pub(super) rho: Option<usize>,
}

/// A requirement that is linear in the covariances, with a multiplier that is not negative.
#[derive(Clone, Debug)]
pub(super) struct Line {
    /// What its multiplier adds to the dual value.
    pub(super) gain: f64,
    /// The floor of this user; Q of it in the matrices.
    pub(super) user: Option<usize>,
    /// What stands in all matrices alike.
    pub(super) common: Common,
}

/// A matrix that all covariances are held against alike.
#[derive(Clone, Debug)]
pub(in super::super) enum Common {
    Nothing,
    Identity,
    Dense(CMat),
    /// That of a cap on a metric, which is made of its blocks.
    Blocks,
}

/// The dual problem.
pub(super) struct Model<'a> {
    pub(super) space: &'a Space,
    /// 1 + 1/γ of every user.
    pub(super) ratios: Vec<f64>,
    pub(super) blocks: Vec<Block>,
    pub(super) lines: Vec<Line>,
    /// Unknowns that are entries of Z; the multipliers of the lines follow.
    pub(super) free: usize,
    /// What stands in all matrices without a multiplier.
    pub(super) constant: Option<CMat>,
    /// Gains of all unknowns.
    pub(super) gains: Vec<f64>,
    /// The line of each cap.
    pub(super) of_caps: Vec<usize>,
    /// The lines of the power, one or one a group.
    pub(super) of_power: Vec<usize>,
}

impl<'a> Model<'a> {
    /// Nothing where a user has no floor, or a cap is of another kind.
    pub(super) fn new(
        space: &'a Space,
        objective: &Objective<'_>,
        floors: &[f64],
        caps: &[Cap],
        power: Vec<(Common, f64)>,
    ) -> Option<Self> {
        if floors.iter().any(|floor| *floor <= 0.0 || !floor.is_finite()) {
            return None;
        }
        let r = space.dim();
        let (mut blocks, mut free) = (Vec::new(), 0);
        let mut push = |blocks: &mut Vec<Block>, parts: &[Part], cap: Option<usize>| {
            for part in parts.iter().filter(|part| part.share > 0.0) {
                let weighted = part.weights.iter().enumerate().filter(|(_, w)| **w > 0.0);
                let entries: Vec<(usize, f64)> = weighted.map(|(i, w)| (i, w.sqrt())).collect();
                let size = part.weights.len() * entries.len();
                let (map, share) = (part.scene, part.share);
                blocks.push(Block { map, share, entries, offset: free, rho: cap });
                free += size;
            }
        };
        let mut constant = None;
        match objective {
            Objective::Trace(parts) => push(&mut blocks, parts, None),
            Objective::Power => constant = Some(CMat::identity(r)),
        }
        let mut lines = Vec::new();
        for k in 0..floors.len() {
            let common = space.errors.get(k).map_or(Common::Nothing, |e| Common::Dense(e.clone()));
            lines.push(Line { gain: 1.0, user: Some(k), common });
        }
        let mut of_caps = Vec::new();
        for cap in caps {
            of_caps.push(lines.len());
            let (gain, common) = match &cap.metric {
                Metric::Trace(parts) => {
                    push(&mut blocks, parts, Some(lines.len()));
                    (-cap.limit, Common::Blocks)
                }
                linear => {
                    let (matrix, sign) = linear_matrix(space, linear)?;
                    (sign * cap.limit, Common::Dense(matrix))
                }
            };
            lines.push(Line { gain, user: None, common });
        }
        let of_power = (lines.len()..lines.len() + power.len()).collect();
        for (common, limit) in power {
            lines.push(Line { gain: -limit, user: None, common });
        }
        for block in &mut blocks {
            block.rho = block.rho.map(|line| free + line);
        }
        let mut gains = vec![0.0; free];
        for block in &blocks {
            let n = space.maps[block.map].len();
            for (c, (i, root)) in block.entries.iter().enumerate() {
                gains[block.offset + c * n + i] = 2.0 * block.share * root;
            }
        }
        gains.extend(lines.iter().map(|line| line.gain));
        let ratios = floors.iter().map(|floor| 1.0 + 1.0 / floor).collect();
        Some(Self { space, ratios, blocks, lines, free, constant, gains, of_caps, of_power })
    }

    /// Number of unknowns.
    pub(super) fn len(&self) -> usize {
        self.free + self.lines.len()
    }

    /// Number of users.
    pub(super) fn users(&self) -> usize {
        self.ratios.len()
    }

    /// Number of covariances: that of sensing, then one a user.
    pub(super) fn count(&self) -> usize {
        self.users() + 1
    }

    /// The share of Q of user k in the matrix of covariance j (0: sensing).
    pub(super) fn share(&self, j: usize, k: usize) -> f64 {
        match j {
            0 => self.space.heard,
            _ if j == k + 1 => 1.0 - self.ratios[k],
            _ => 1.0,
        }
    }

    /// Z of a block.
    pub(super) fn z<'b>(&self, block: &Block, x: &'b [f64]) -> &'b [f64] {
        let n = self.space.maps[block.map].len();
        &x[block.offset..block.offset + n * block.entries.len()]
    }

    /// ρ of a block.
    pub(super) fn rho(block: &Block, x: &[f64]) -> f64 {
        block.rho.map_or(1.0, |at| x[at])
    }

    /// T M Tᴴ.
    pub(super) fn lifted(&self, m: &CMat) -> CMat {
        let half = product(&self.space.t, Op::Plain, m, Op::Plain);
        product(&half, Op::Plain, &self.space.t, Op::Adjoint)
    }

    /// TᴴAT.
    pub(super) fn seen(&self, a: &CMat) -> CMat {
        let half = product(&self.space.t, Op::Adjoint, a, Op::Plain);
        product(&half, Op::Plain, &self.space.t, Op::Plain)
    }

    /// The matrices S_j that must be positive.
    pub(super) fn slacks(&self, x: &[f64]) -> Vec<CMat> {
        let t = self.space.t.cols();
        let mut on_targets = CMat::zeros(t, t);
        for block in &self.blocks {
            let map = &self.space.maps[block.map];
            let phi = square(self.z(block, x), map.len());
            map.add_adjoint(&phi, -block.share / Self::rho(block, x), &mut on_targets);
        }
        let mut common = self.lifted(&on_targets);
        if let Some(constant) = &self.constant {
            add(&mut common, 1.0, constant);
        }
        self.add_lines(&x[self.free..], common)
    }

    /// `common` with what the lines add, for every covariance.
    pub(super) fn add_lines(&self, y: &[f64], mut common: CMat) -> Vec<CMat> {
        for (line, y) in self.lines.iter().zip(y) {
            match &line.common {
                Common::Nothing | Common::Blocks => {}
                Common::Identity => {
                    for i in 0..common.rows() {
                        common[(i, i)] += *y;
                    }
                }
                Common::Dense(matrix) => add(&mut common, *y, matrix),
            }
        }
        let floors = || y.iter().take(self.users()).enumerate();
        let mut heard = common.clone();
        for (k, lambda) in floors() {
            add_outer(&mut heard, *lambda, self.space.h.col(k));
        }
        let first = if self.space.heard > 0.0 { heard.clone() } else { common };
        let mut out = vec![first];
        for (k, lambda) in floors() {
            let mut own = heard.clone();
            add_outer(&mut own, -lambda * self.ratios[k], self.space.h.col(k));
            out.push(own);
        }
        out
    }

    /// `∂S/∂x = T M Tᴴ`, the same for all covariances: the M of every entry of Z, and of the ρ of every cap on
    /// a metric.
    pub(super) fn directions(&self, x: &[f64]) -> Vec<(usize, CMat)> {
        let t = self.space.t.cols();
        let mut out = Vec::new();
        let mut of_rho: Vec<(usize, CMat)> = Vec::new();
        for block in &self.blocks {
            let map = &self.space.maps[block.map];
            let (n, z, rho) = (map.len(), self.z(block, x), Self::rho(block, x));
            for (c, column) in z.chunks(n).enumerate() {
                for i in 0..n {
                    let mut phi = vec![0.0; n * n];
                    for (p, z) in column.iter().enumerate() {
                        phi[i * n + p] += z;
                        phi[p * n + i] += z;
                    }
                    let mut m = CMat::zeros(t, t);
                    map.add_adjoint(&phi, -block.share / rho, &mut m);
                    out.push((block.offset + c * n + i, m));
                }
            }
            if let Some(at) = block.rho {
                let place = of_rho.iter().position(|(own, _)| *own == at);
                let place = place.unwrap_or_else(|| {
                    of_rho.push((at, CMat::zeros(t, t)));
                    of_rho.len() - 1
                });
                let phi = square(z, n);
                map.add_adjoint(&phi, block.share / (rho * rho), &mut of_rho[place].1);
            }
        }
        out.append(&mut of_rho);
        out
    }

    /// F of a block's scene, of what is seen of a covariance.
    pub(super) fn fisher(&self, block: &Block, seen: &CMat) -> Vec<f64> {
        let map = &self.space.maps[block.map];
        let mut out = vec![0.0; map.len() * map.len()];
        map.fisher(seen, &mut out);
        out
    }

    /// The size of what is made small: the metric, or |⟨A, R⟩|.
    pub(super) fn size(&self, x: &[f64], total: &CMat) -> f64 {
        match &self.constant {
            Some(matrix) => real_dot(matrix.as_slice(), total.as_slice()).abs(),
            None => {
                let of_z = self.gains[..self.free].iter().zip(x);
                let own = of_z.map(|(gain, z)| gain * z).sum::<f64>();
                0.5 * own.abs()
            }
        }
    }

    /// Y of a metric at what is sensed: F⁻¹E, by columns.
    pub(super) fn tight(&self, block: &Block, sensed: &Sensed) -> Option<Vec<f64>> {
        let inverse = sensed.inverse(block.map)?;
        let n = self.space.maps[block.map].len();
        let column = |(i, root): &(usize, f64)| {
            (0..n).map(|p| root * inverse[p * n + i]).collect::<Vec<_>>()
        };
        Some(block.entries.iter().flat_map(column).collect())
    }
}

/// The matrix A of a requirement `⟨A, R⟩ ≤ ±limit`, and that sign.
fn linear_matrix(space: &Space, metric: &Metric) -> Option<(CMat, f64)> {
    let r = space.dim();
    let mut out = CMat::zeros(r, r);
    match metric {
        Metric::Illumination { target, factor } => {
            add_outer(&mut out, -factor, space.lit.col(*target));
            Some((out, 1.0))
        }
        Metric::Gain { columns, factor } => {
            for i in 0..columns.cols() {
                add_outer(&mut out, -factor, columns.col(i));
            }
            Some((out, 1.0))
        }
        Metric::Power(weights) => {
            for (n, weight) in weights.iter().enumerate() {
                out[(n, n)] += *weight;
            }
            Some((out, -1.0))
        }
        _ => None,
    }
}

/// ZZᵀ, of Z by columns.
pub(super) fn square(z: &[f64], n: usize) -> Vec<f64> {
    let mut out = vec![0.0; n * n];
    for column in z.chunks(n) {
        for (i, left) in column.iter().enumerate() {
            for (out, right) in out[i * n..(i + 1) * n].iter_mut().zip(column) {
                *out += left * right;
            }
        }
    }
    out
}

/// Add `a` times a matrix.
pub(super) fn add(out: &mut CMat, a: f64, matrix: &CMat) {
    for (out, one) in out.as_mut_slice().iter_mut().zip(matrix.as_slice()) {
        *out += one * a;
    }
}

/// (A + Aᴴ)/2.
pub(super) fn hermitian(a: &CMat) -> CMat {
    let n = a.rows();
    let mut out = a.clone();
    let (given, entries) = (a.as_slice(), out.as_mut_slice());
    for j in 0..n {
        for i in 0..=j {
            let mean = (given[j * n + i] + given[i * n + j].conj()) * 0.5;
            entries[j * n + i] = mean;
            entries[i * n + j] = mean.conj();
        }
    }
    out
}

/// hᴴAh.
pub(super) fn at(a: &CMat, h: &[C64]) -> f64 {
    (0..h.len()).map(|j| (dot(h, a.col(j)) * h[j]).re).sum()
}
