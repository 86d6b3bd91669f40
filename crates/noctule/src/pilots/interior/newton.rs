//! Derivatives, and the Newton direction.

use super::kernels::{backward, dot, factor, forward};
use super::slacks::{Slacks, has_crbs, has_errors, has_level, numerator};
use super::{Goal, Interior, Program};

/// Derivatives at the current point, and the factors of the Newton matrix. All derivatives are by
/// log x: multiplied by x entry by entry, which makes strong and weak access points alike.
#[derive(Clone, Debug)]
pub(super) struct Space {
    /// p: derivative of s_d E|a_kk|².
    pub(super) p: Vec<f64>,
    /// s = √(g x).
    pub(super) s: Vec<f64>,
    /// Derivative of log error_k by the own block.
    pub(super) own: Vec<f64>,
    /// Factor of `c_kj b_k x_j` in the derivative of log error_k by another's block.
    pub(super) cross: Vec<f64>,
    /// Derivative of log CRB_k by the own block.
    pub(super) radar: Vec<f64>,
    /// Second derivative of log CRB_k by the three sums, and first.
    pub(super) bend: Vec<[f64; 6]>,
    /// Blocks of the Newton matrix, one a user, and their factors.
    pub(super) blocks: Vec<f64>,
    pub(super) factors: Vec<f64>,
    /// Coupling rows restricted to a user, and with the inverse factor applied.
    pub(super) columns: Vec<f64>,
    pub(super) reduced: Vec<f64>,
    pub(super) schur: Vec<f64>,
    /// What the system still has to explain: of the fractions, of the rows, of the level.
    pub(super) rhs: Vec<f64>,
    pub(super) row_rhs: Vec<f64>,
    pub(super) level_rhs: f64,
    pub(super) small: Vec<f64>,
    pub(super) level_column: Vec<f64>,
    pub(super) correction: Vec<f64>,
    /// The direction: relative changes of the fractions, weights of the rows, change of the level.
    pub(super) dx: Vec<f64>,
    pub(super) d_rows: Vec<f64>,
    pub(super) d_level: f64,
    pub(super) gradient: Vec<f64>,
    /// Weight of the part of the Hessian of −log s_d E|a|² that the numerator takes away again.
    pub(super) proximal: f64,
}

impl Space {
    pub(super) fn new(points: usize, users: usize) -> Self {
        let (n, rows) = (points * users, points + users);
        Self {
            p: vec![0.0; n],
            s: vec![0.0; n],
            own: vec![0.0; n],
            cross: vec![0.0; users],
            radar: vec![0.0; n],
            bend: vec![[0.0; 6]; users],
            blocks: vec![0.0; n * points],
            factors: vec![0.0; n * points],
            columns: vec![0.0; n * rows],
            reduced: vec![0.0; n * rows],
            schur: vec![0.0; rows * rows],
            rhs: vec![0.0; n],
            row_rhs: vec![0.0; rows],
            level_rhs: 0.0,
            small: vec![0.0; rows],
            level_column: vec![0.0; rows],
            correction: vec![0.0; n],
            dx: vec![0.0; n],
            d_rows: vec![0.0; rows],
            d_level: 0.0,
            gradient: vec![0.0; n],
            proximal: 1.0,
        }
    }

    /// First derivatives of all constraints.
    pub(super) fn prepare(&mut self, program: &Program<'_>, x: &[f64], at: &Slacks) {
        let model = program.model;
        for k in 0..model.users {
            let range = model.block(k);
            if has_errors(program) {
                let seen = at.seen[k];
                let (value, by_a, by_b) = numerator(program, k, &seen);
                self.cross[k] = by_b / value;
                for i in range.clone() {
                    let s = (model.estimate[i] * x[i]).sqrt();
                    let heard = model.gain[i] * x[i];
                    self.s[i] = s;
                    self.p[i] = seen.z * s + heard;
                    self.own[i] = by_a / value * heard - self.p[i] / seen.power();
                }
            }
            if has_crbs(program) {
                let j = model.information(k, x);
                let (t, d) = (j.xx + j.yy, j.xx * j.yy - j.xy * j.xy);
                // log CRB = log T − log D with T = A + B, D = A B − C².
                let by = [1.0 / t - j.yy / d, 1.0 / t - j.xx / d, 2.0 * j.xy / d];
                let slope = [j.yy / d, j.xx / d, -2.0 * j.xy / d];
                let t2 = 1.0 / (t * t);
                self.bend[k] = [
                    slope[0] * slope[0] - t2,
                    slope[1] * slope[1] - t2,
                    slope[2] * slope[2] + 2.0 / d,
                    slope[0] * slope[1] - 1.0 / d - t2,
                    slope[0] * slope[2],
                    slope[1] * slope[2],
                ];
                for i in range {
                    let r = &model.radar[i];
                    self.radar[i] = x[i] * (by[0] * r.xx + by[1] * r.yy + by[2] * r.xy);
                }
            }
        }
    }
}

impl Interior {
    pub(super) fn start_multipliers(&mut self, program: &Program<'_>, mu: f64) {
        let fill = |y: &mut [f64], slack: &[f64], on: bool| {
            for (y, s) in y.iter_mut().zip(slack) {
                *y = if on { mu / s } else { 0.0 };
            }
        };
        fill(&mut self.y_bound, &self.x, true);
        fill(&mut self.y_power, &self.slack.power, true);
        fill(&mut self.y_error, &self.slack.error_slack, has_errors(program));
        fill(&mut self.y_crb, &self.slack.crb_slack, has_crbs(program));
    }

    pub(super) fn complementarity(&self, program: &Program<'_>) -> f64 {
        let mut sum = dot(&self.y_bound, &self.x) + dot(&self.y_power, &self.slack.power);
        if has_errors(program) {
            sum += dot(&self.y_error, &self.slack.error_slack);
        }
        if has_crbs(program) {
            sum += dot(&self.y_crb, &self.slack.crb_slack);
        }
        sum
    }

    /// Add `Σ w_k ∇f_k` over all errors and bounds, plus power limits and objective, to `out`.
    pub(super) fn weighted_gradient(
        &self,
        program: &Program<'_>,
        scale: f64,
        weights: [&dyn Fn(usize) -> f64; 3],
        out: &mut [f64],
    ) {
        let model = program.model;
        let [power, error, crb] = weights;
        for k in 0..model.users {
            for (m, i) in model.block(k).enumerate() {
                out[i] = self.x[i] * (scale + power(m));
            }
        }
        for k in 0..model.users {
            let range = model.block(k);
            if has_errors(program) {
                let w = error(k);
                for i in range.clone() {
                    out[i] += w * self.space.own[i];
                }
                for j in (0..model.users).filter(|&j| j != k) {
                    let c = model.overlap[k * model.users + j];
                    if c > 0.0 {
                        let factor = w * self.space.cross[k] * c;
                        for (i, own) in model.block(j).zip(range.clone()) {
                            out[i] += factor * model.gain[own] * self.x[i];
                        }
                    }
                }
            }
            if has_crbs(program) {
                let w = crb(k);
                for i in range {
                    out[i] += w * self.space.radar[i];
                }
            }
        }
    }

    /// Norm of the gradient of the Lagrangian, by log x.
    pub(super) fn gradient(&mut self, program: &Program<'_>, scale: f64) -> f64 {
        let mut out = std::mem::take(&mut self.space.gradient);
        self.weighted_gradient(
            program,
            scale,
            [&|m| self.y_power[m], &|k| self.y_error[k], &|k| self.y_crb[k]],
            &mut out,
        );
        let mut sum = 0.0;
        for (i, g) in out.iter().enumerate() {
            sum += (g - self.y_bound[i] * self.x[i]).powi(2);
        }
        self.space.gradient = out;
        if has_level(program) {
            let y = if program.goal == Goal::WorstCrb { &self.y_crb } else { &self.y_error };
            sum += (1.0 - y.iter().sum::<f64>()).powi(2);
        }
        sum.sqrt()
    }

    /// The Newton direction for barrier `mu`; `false` when the matrix cannot be factored.
    pub(super) fn direction(&mut self, program: &Program<'_>, scale: f64, mu: f64) -> bool {
        let (m, users) = (program.model.points, program.model.users);
        self.scale = scale;
        self.newton_rhs(program, mu);
        let coupled = has_errors(program) || program.goal == Goal::WorstCrb;
        let rows = m + if coupled { users } else { 0 };
        self.space.schur[..rows * rows].fill(0.0);
        for k in 0..users {
            if !self.factor_block(program, k) {
                return false;
            }
            self.eliminate(program, k, rows);
        }
        for i in 0..rows {
            self.space.schur[i * rows + i] += self.row_slack(program, i);
        }
        if !factor(&mut self.space.schur[..rows * rows], rows) {
            return false;
        }
        let space = &mut self.space;
        space.row_rhs.fill(0.0);
        space.dx.fill(0.0);
        space.d_rows.fill(0.0);
        space.d_level = 0.0;
        space.level_rhs = 0.0;
        if has_level(program) {
            let slack = self.slack.level_slack(program);
            space.level_rhs = slack.iter().map(|s| mu / s).sum::<f64>() - 1.0;
            let column = &mut space.level_column[..rows];
            column[..m].fill(0.0);
            column[m..].fill(-1.0);
            forward(&space.schur, rows, column, m);
        }
        // Blocks without curvature have inverses of 1e12: what rounding spoils is mended by
        // solving for what is left.
        let first = self.left_over();
        for _ in 0..4 {
            self.solve_once(program, rows);
            self.leave_over(program, rows, mu);
            if self.left_over() <= 1e-11 * first {
                break;
            }
        }
        self.space.dx.iter().all(|d| d.is_finite()) && self.space.d_level.is_finite()
    }

    /// Minus the gradient of the barrier, by log x.
    fn newton_rhs(&mut self, program: &Program<'_>, mu: f64) {
        let mut rhs = std::mem::take(&mut self.space.rhs);
        self.weighted_gradient(
            program,
            self.scale,
            [&|m| mu / self.slack.power[m], &|k| mu / self.slack.error_slack[k], &|k| {
                mu / self.slack.crb_slack[k]
            }],
            &mut rhs,
        );
        for r in &mut rhs {
            *r = mu - *r;
        }
        self.space.rhs = rhs;
    }

    /// Slack over multiplier of a coupling row: what it has on the diagonal.
    fn row_slack(&self, program: &Program<'_>, row: usize) -> f64 {
        let m = program.model.points;
        if row < m {
            self.slack.power[row] / self.y_power[row]
        } else if program.goal == Goal::WorstCrb {
            self.slack.crb_slack[row - m] / self.y_crb[row - m]
        } else {
            self.slack.error_slack[row - m] / self.y_error[row - m]
        }
    }

    /// Norm of what the direction does not explain yet.
    fn left_over(&self) -> f64 {
        let space = &self.space;
        (dot(&space.rhs, &space.rhs)
            + dot(&space.row_rhs, &space.row_rhs)
            + space.level_rhs * space.level_rhs)
            .sqrt()
    }

    /// Take from the right-hand sides what the direction explains.
    fn leave_over(&mut self, program: &Program<'_>, rows: usize, mu: f64) {
        self.newton_rhs(program, mu);
        let model = program.model;
        let (m, users) = (model.points, model.users);
        let stride = m + users;
        for row in 0..rows {
            let own = self.row_slack(program, row) * self.space.d_rows[row];
            let level = if row >= m && has_level(program) { self.space.d_level } else { 0.0 };
            let space = &mut self.space;
            space.row_rhs[row] = own + level;
            let v = space.d_rows[row];
            for k in 0..users {
                let column = &space.columns[(k * stride + row) * m..(k * stride + row + 1) * m];
                let range = k * m..(k + 1) * m;
                space.row_rhs[row] -= dot(column, &space.dx[range.clone()]);
                for (r, c) in space.rhs[range].iter_mut().zip(column) {
                    *r -= v * c;
                }
            }
        }
        let space = &mut self.space;
        for k in 0..users {
            let block = &space.blocks[k * m * m..(k + 1) * m * m];
            let range = k * m..(k + 1) * m;
            for i in 0..m {
                let d = space.dx[range.start + i];
                let row = &block[i * m..i * m + i];
                let mut sum = block[i * m + i] * d;
                for (j, b) in row.iter().enumerate() {
                    sum += b * space.dx[range.start + j];
                    space.rhs[range.start + j] -= b * d;
                }
                space.rhs[range.start + i] -= sum;
            }
        }
        space.level_rhs = 0.0;
        if has_level(program) {
            let slack = self.slack.level_slack(program);
            space.level_rhs = slack.iter().map(|s| mu / s).sum::<f64>() - 1.0
                + space.d_rows[m..rows].iter().sum::<f64>();
        }
    }

    /// Assemble and factor the block of user `k`.
    fn factor_block(&mut self, program: &Program<'_>, k: usize) -> bool {
        let model = program.model;
        let m = model.points;
        let range = model.block(k);
        let space = &mut self.space;
        let block = &mut space.blocks[k * m * m..(k + 1) * m * m];
        let mut diagonal_scale: f64 = 0.0;
        let (x, radar) = (&self.x[range.clone()], &space.radar[range.clone()]);
        let (p, s) = (&space.p[range.clone()], &space.s[range.clone()]);
        let (mut diagonal, mut rank_p, mut rank_s) = (0.0, 0.0, 0.0);
        if has_errors(program) {
            let (power, y) = (self.slack.seen[k].power(), self.y_error[k]);
            diagonal = 0.5 * y * self.slack.seen[k].z / power;
            rank_p = y * space.proximal / (power * power);
            rank_s = 0.5 * y / power;
        }
        let (mut bend, mut rank_r) = ([0.0; 6], 0.0);
        if has_crbs(program) {
            bend = space.bend[k].map(|b| b * self.y_crb[k]);
            if program.goal != Goal::WorstCrb {
                rank_r = self.y_crb[k] / self.slack.crb_slack[k];
            }
        }
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
        // Rounding of the rank-one differences must not make a pivot negative.
        for i in 0..m {
            block[i * m + i] += 1e-14 * diagonal_scale;
        }
        let factors = &mut space.factors[k * m * m..(k + 1) * m * m];
        factors.copy_from_slice(block);
        factor(factors, m)
    }

    /// Add what is left of the coupling rows after user `k` is eliminated.
    fn eliminate(&mut self, program: &Program<'_>, k: usize, rows: usize) {
        let model = program.model;
        let (m, users) = (model.points, model.users);
        let range = model.block(k);
        let space = &mut self.space;
        let factor = &space.factors[k * m * m..(k + 1) * m * m];
        let stride = m + users;
        let all = k * m * stride..(k + 1) * m * stride;
        let (columns, reduced) = (&mut space.columns[all.clone()], &mut space.reduced[all]);
        for row in 0..rows {
            let column = &mut columns[row * m..(row + 1) * m];
            column.fill(0.0);
            let mut from = 0;
            if row < m {
                column[row] = self.x[range.start + row];
                from = row;
            } else {
                let j = row - m;
                if program.goal == Goal::WorstCrb {
                    if j == k {
                        column.copy_from_slice(&space.radar[range.clone()]);
                    }
                } else if j == k {
                    column.copy_from_slice(&space.own[range.clone()]);
                } else {
                    let c = model.overlap[j * users + k] * space.cross[j];
                    for ((out, x), b) in column
                        .iter_mut()
                        .zip(&self.x[range.clone()])
                        .zip(&model.gain[model.block(j)])
                    {
                        *out = c * b * x;
                    }
                }
            }
            let out = &mut reduced[row * m..(row + 1) * m];
            out.copy_from_slice(column);
            forward(factor, m, out, from);
        }
        for i in 0..rows {
            // Rows of users that this one does not touch are empty.
            if i >= m && reduced[i * m..(i + 1) * m].iter().all(|v| v.abs() <= 0.0) {
                continue;
            }
            let from = if i < m { i } else { 0 };
            let left = &reduced[i * m + from..(i + 1) * m];
            for j in 0..=i {
                let right = &reduced[j * m + from..(j + 1) * m];
                space.schur[i * rows + j] += dot(left, right);
            }
        }
    }

    /// Solve for the coupling rows and the level, then for every block, and add to the direction.
    fn solve_once(&mut self, program: &Program<'_>, rows: usize) {
        let model = program.model;
        let (m, users) = (model.points, model.users);
        let stride = m + users;
        let space = &mut self.space;
        for k in 0..users {
            forward(
                &space.factors[k * m * m..(k + 1) * m * m],
                m,
                &mut space.rhs[model.block(k)],
                0,
            );
        }
        for i in 0..rows {
            let explained: f64 = (0..users)
                .map(|k| {
                    let column = &space.reduced[(k * stride + i) * m..(k * stride + i + 1) * m];
                    dot(column, &space.rhs[model.block(k)])
                })
                .sum();
            space.small[i] = explained - space.row_rhs[i];
        }
        let small = &mut space.small[..rows];
        forward(&space.schur, rows, small, 0);
        if has_level(program) {
            // Both carry L⁻¹ already.
            let column = &space.level_column[..rows];
            let d_level = (space.level_rhs - dot(column, small)) / dot(column, column);
            for (v, c) in small.iter_mut().zip(column) {
                *v += d_level * c;
            }
            space.d_level += d_level;
        }
        backward(&space.schur, rows, small);
        for k in 0..users {
            let range = model.block(k);
            let d = &mut space.correction[range.clone()];
            d.copy_from_slice(&space.rhs[range.clone()]);
            for (i, v) in small.iter().enumerate() {
                let column = &space.reduced[(k * stride + i) * m..(k * stride + i + 1) * m];
                for (d, c) in d.iter_mut().zip(column) {
                    *d -= v * c;
                }
            }
            backward(&space.factors[k * m * m..(k + 1) * m * m], m, d);
            for (sum, d) in space.dx[range].iter_mut().zip(d.iter()) {
                *sum += d;
            }
        }
        for (sum, v) in space.d_rows.iter_mut().zip(small.iter()) {
            *sum += v;
        }
    }
}
