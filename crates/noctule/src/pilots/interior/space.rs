//! Work space of a Newton step: derivatives, blocks, right-hand sides, the direction.

use super::Program;
use super::slacks::{Slacks, has_crbs, has_errors, numerator};

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
        for k in 0..program.model.users {
            if has_errors(program) {
                self.prepare_error(program, k, x, at);
            }
            if has_crbs(program) {
                self.prepare_crb(program, k, x);
            }
        }
    }

    /// `log error = log numerator − log power`, with `d z = s/2` in `d log x` of every √(g x).
    fn prepare_error(&mut self, program: &Program<'_>, k: usize, x: &[f64], at: &Slacks) {
        let model = program.model;
        let seen = at.seen[k];
        let (value, by_a, by_b) = numerator(program, k, &seen);
        self.cross[k] = by_b / value;
        for i in model.block(k) {
            let s = (model.estimate[i] * x[i]).sqrt();
            let heard = model.gain[i] * x[i];
            self.s[i] = s;
            // power = z² + Σ b x, and z² has the derivative 2 z · s/2
            self.p[i] = seen.z * s + heard;
            self.own[i] = by_a / value * heard - self.p[i] / seen.power();
        }
    }

    /// `log CRB = log T − log D` with T = A + B, D = A B − C² of the three sums A, B, C.
    fn prepare_crb(&mut self, program: &Program<'_>, k: usize, x: &[f64]) {
        let model = program.model;
        let j = model.information(k, x);
        let (t, d) = (j.xx + j.yy, j.xx * j.yy - j.xy * j.xy);
        let by = [1.0 / t - j.yy / d, 1.0 / t - j.xx / d, 2.0 * j.xy / d];
        // of log D: its outer product less its own second derivatives is what −log D bends by
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
        for i in model.block(k) {
            let r = &model.radar[i];
            self.radar[i] = x[i] * (by[0] * r.xx + by[1] * r.yy + by[2] * r.xy);
        }
    }
}
