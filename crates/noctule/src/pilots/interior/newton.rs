//! The Newton direction: users are eliminated one by one, and meet in the coupling rows.
//!
//! Blocks `H_k` of the Newton matrix are one a user. Coupling rows `c_i` — power limits, errors, and
//! bounds where their largest is minimised — have slack over multiplier on the diagonal, so that
//! their weights `v_i` solve `(S + Σ_k C_k H_k⁻¹ C_kᵀ) v = Σ_k C_k H_k⁻¹ r_k − r_rows`, and the
//! direction is `d_k = H_k⁻¹ (r_k − C_kᵀ v)`. The level is one more unknown, whose column is minus one
//! in the rows that it bounds.

use super::kernels::{backward, dot, factor, forward};
use super::slacks::{has_errors, has_level};
use super::{Goal, Interior, Program};

/// Refinements of a direction at most, and the share of the right-hand side that is left over.
const REFINEMENTS: u32 = 4;
const EXPLAINED: f64 = 1e-11;

impl Interior {
    /// The Newton direction for barrier `mu`; `false` when the matrix cannot be factored.
    pub(super) fn direction(&mut self, program: &Program<'_>, scale: f64, mu: f64) -> bool {
        let (m, users) = (program.model.points, program.model.users);
        self.scale = scale;
        self.newton_rhs(program, mu);
        let coupled = has_errors(program) || program.goal == Goal::WorstCrb;
        let rows = m + if coupled { users } else { 0 };
        if !self.factor_all(program, rows) {
            return false;
        }
        self.start_direction(program, rows, mu);
        // Blocks without curvature have inverses of 1e12: what rounding spoils is mended by
        // solving for what is left.
        let first = self.left_over();
        for _ in 0..REFINEMENTS {
            self.solve_once(program, rows);
            self.leave_over(program, rows, mu);
            if self.left_over() <= EXPLAINED * first {
                break;
            }
        }
        self.space.dx.iter().all(|d| d.is_finite()) && self.space.d_level.is_finite()
    }

    /// Factor all blocks, and what is left of the coupling rows.
    fn factor_all(&mut self, program: &Program<'_>, rows: usize) -> bool {
        self.space.schur[..rows * rows].fill(0.0);
        for k in 0..program.model.users {
            if !self.factor_block(program, k) {
                return false;
            }
            self.eliminate(program, k, rows);
        }
        for i in 0..rows {
            self.space.schur[i * rows + i] += self.row_slack(program, i);
        }
        factor(&mut self.space.schur[..rows * rows], rows)
    }

    /// No direction yet, and all of the right-hand sides to explain.
    fn start_direction(&mut self, program: &Program<'_>, rows: usize, mu: f64) {
        let m = program.model.points;
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
        let m = program.model.points;
        for row in 0..rows {
            self.leave_over_row(program, row);
        }
        self.leave_over_blocks(program);
        let space = &mut self.space;
        space.level_rhs = 0.0;
        if has_level(program) {
            let slack = self.slack.level_slack(program);
            space.level_rhs = slack.iter().map(|s| mu / s).sum::<f64>() - 1.0
                + space.d_rows[m..rows].iter().sum::<f64>();
        }
    }

    /// Of a coupling row, and of the fractions by its weight.
    fn leave_over_row(&mut self, program: &Program<'_>, row: usize) {
        let (m, users) = (program.model.points, program.model.users);
        let stride = m + users;
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

    /// Of the fractions by the blocks, of which only the lower halves are kept.
    fn leave_over_blocks(&mut self, program: &Program<'_>) {
        let (m, users) = (program.model.points, program.model.users);
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
    }

    /// Solve for the coupling rows and the level, then for every block, and add to the direction.
    fn solve_once(&mut self, program: &Program<'_>, rows: usize) {
        self.solve_rows(program, rows);
        self.solve_blocks(program, rows);
        let space = &mut self.space;
        for (sum, v) in space.d_rows.iter_mut().zip(&space.small[..rows]) {
            *sum += v;
        }
    }

    /// Weights of the coupling rows to `small`, the level to the direction; blocks of the right-hand
    /// side have `L⁻¹` applied afterwards.
    fn solve_rows(&mut self, program: &Program<'_>, rows: usize) {
        let model = program.model;
        let (m, users) = (model.points, model.users);
        let stride = m + users;
        let space = &mut self.space;
        for k in 0..users {
            let block = &space.factors[k * m * m..(k + 1) * m * m];
            forward(block, m, &mut space.rhs[model.block(k)], 0);
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
    }

    /// The fractions of every user by the weights of the coupling rows.
    fn solve_blocks(&mut self, program: &Program<'_>, rows: usize) {
        let model = program.model;
        let (m, users) = (model.points, model.users);
        let stride = m + users;
        let space = &mut self.space;
        for k in 0..users {
            let range = model.block(k);
            let d = &mut space.correction[range.clone()];
            d.copy_from_slice(&space.rhs[range.clone()]);
            for (i, v) in space.small[..rows].iter().enumerate() {
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
    }
}
