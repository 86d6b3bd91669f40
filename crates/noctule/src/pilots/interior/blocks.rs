//! Blocks of the Newton matrix, one a user: assembled, factored, eliminated.

use super::kernels::{add_products, factor, forward_all};
use super::slacks::{has_crbs, has_errors};
use super::{Goal, Interior, Program};

/// What is added to the diagonal, in units of its largest entry: rounding of the rank-one differences
/// must not make a pivot negative.
const PIVOTS: f64 = 1e-14;

/// Weights of the parts of a block.
struct Parts {
    /// On the diagonal, times s.
    diagonal: f64,
    /// Of p pᵀ, of −s sᵀ, and of the gradient of the bound times its transpose.
    rank_p: f64,
    rank_s: f64,
    rank_r: f64,
    /// Second derivatives of the bound by its three sums.
    bend: [f64; 6],
}

impl Interior {
    /// Times x from both sides, `−log power` has the Hessian
    /// `p pᵀ/power² − s sᵀ/(2 power) + z diag(s)/(2 power)`.
    fn parts(&self, program: &Program<'_>, k: usize) -> Parts {
        let mut parts =
            Parts { diagonal: 0.0, rank_p: 0.0, rank_s: 0.0, rank_r: 0.0, bend: [0.0; 6] };
        if has_errors(program) {
            let (power, y) = (self.slack.seen[k].power(), self.y_error[k]);
            parts.diagonal = 0.5 * y * self.slack.seen[k].z / power;
            parts.rank_p = y * self.space.proximal / (power * power);
            parts.rank_s = 0.5 * y / power;
        }
        if has_crbs(program) {
            parts.bend = self.space.bend[k].map(|b| b * self.y_crb[k]);
            if program.goal != Goal::WorstCrb {
                // A limit: its row is eliminated right here.
                parts.rank_r = self.y_crb[k] / self.slack.crb_slack[k];
            }
        }
        parts
    }

    /// Assemble and factor the block of user `k`.
    pub(super) fn factor_block(&mut self, program: &Program<'_>, k: usize) -> bool {
        let model = program.model;
        let m = model.points;
        let range = model.block(k);
        let Parts { diagonal, rank_p, rank_s, rank_r, bend } = self.parts(program, k);
        let space = &mut self.space;
        let block = &mut space.blocks[k * m * m..(k + 1) * m * m];
        let mut diagonal_scale: f64 = 0.0;
        let (x, radar) = (&self.x[range.clone()], &space.radar[range.clone()]);
        let (p, s) = (&space.p[range.clone()], &space.s[range.clone()]);
        for i in 0..m {
            let row = &mut block[i * m..=i * m + i];
            for (j, entry) in row.iter_mut().enumerate() {
                *entry = rank_p * p[i] * p[j] - rank_s * s[i] * s[j] + rank_r * radar[i] * radar[j];
            }
            if has_crbs(program) {
                let r = &model.radar[range.start + i];
                let along = [
                    x[i] * (bend[0] * r.xx + bend[3] * r.yy + bend[4] * r.xy),
                    x[i] * (bend[3] * r.xx + bend[1] * r.yy + bend[5] * r.xy),
                    x[i] * (bend[4] * r.xx + bend[5] * r.yy + bend[2] * r.xy),
                ];
                for (j, entry) in row.iter_mut().enumerate() {
                    let q = &model.radar[range.start + j];
                    *entry += x[j] * (along[0] * q.xx + along[1] * q.yy + along[2] * q.xy);
                }
            }
            row[i] += self.y_bound[range.start + i] * x[i] + diagonal * s[i];
            diagonal_scale = diagonal_scale.max(row[i]);
        }
        for i in 0..m {
            block[i * m + i] += PIVOTS * diagonal_scale;
        }
        let factors = &mut space.factors[k * m * m..(k + 1) * m * m];
        factors.copy_from_slice(block);
        factor(factors, m)
    }

    /// Add what is left of the coupling rows after user `k` is eliminated.
    pub(super) fn eliminate(&mut self, program: &Program<'_>, k: usize, rows: usize) {
        let (m, users) = (program.model.points, program.model.users);
        let stride = m + users;
        for row in 0..rows {
            self.couple(program, k, row);
        }
        let space = &mut self.space;
        let own = k * stride * m..(k * stride + rows) * m;
        let out = &mut space.reduced[own.clone()];
        out.copy_from_slice(&space.columns[own]);
        let zeros = |row: usize| if row < m { row } else { 0 };
        forward_all(&space.factors[k * m * m..(k + 1) * m * m], m, out, zeros);
        let reduced = &space.reduced[k * m * stride..(k + 1) * m * stride];
        for i in 0..rows {
            // Rows of users that this one does not touch are empty.
            if i >= m && reduced[i * m..(i + 1) * m].iter().all(|v| v.abs() <= 0.0) {
                continue;
            }
            let from = if i < m { i } else { 0 };
            let left = &reduced[i * m + from..(i + 1) * m];
            let out = &mut space.schur[i * rows..=i * rows + i];
            add_products(out, left, &reduced[..(i + 1) * m], m, from);
        }
    }

    /// A coupling row restricted to user `k`: derivatives by log x of a power limit, of an error, or
    /// of a bound where their largest is minimised.
    fn couple(&mut self, program: &Program<'_>, k: usize, row: usize) {
        let model = program.model;
        let (m, users) = (model.points, model.users);
        let range = model.block(k);
        let space = &mut self.space;
        let start = (k * (m + users) + row) * m;
        let column = &mut space.columns[start..start + m];
        column.fill(0.0);
        if row < m {
            column[row] = self.x[range.start + row];
            return;
        }
        let j = row - m;
        if program.goal == Goal::WorstCrb {
            if j == k {
                column.copy_from_slice(&space.radar[range]);
            }
        } else if j == k {
            column.copy_from_slice(&space.own[range]);
        } else {
            let c = model.overlap[j * users + k] * space.cross[j];
            let heard = self.x[range].iter().zip(&model.gain[model.block(j)]);
            for (out, (x, b)) in column.iter_mut().zip(heard) {
                *out = c * b * x;
            }
        }
    }
}
