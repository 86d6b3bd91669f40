//! The equations of a step: what is left of stationarity, and its derivative by the unknowns.
//!
//! With `X_jS_j = τ1` made linear as `dX_j = τS_j⁻¹ − X_j − herm(X_j dS_j S_j⁻¹)` the covariances drop out of
//! stationarity, and what remains is a positive definite system in the unknowns of the dual problem,
//! `Σ_j Re tr(X_j ∂_aS_j S_j⁻¹ ∂_bS_j)` with the curvature of S in Z.

use noctule_num::linalg::{Op, RealCholesky, dot, mul, product, real_dot};
use noctule_num::{C64, CMat};

use super::Point;
use super::model::{Common, Model, add, square};

/// The equations at a point.
pub(super) struct Normal {
    size: usize,
    /// Scales of the unknowns: one over the root of the diagonal.
    scale: Vec<f64>,
    factor: RealCholesky,
    /// The scaled matrix.
    matrix: Vec<f64>,
    /// `Σ_j tr S_j⁻¹∂S_j`, with 1/y of the multipliers.
    pub(super) push: Vec<f64>,
    /// `gain + Σ_j tr X_j∂S_j`, with the slack of the lines.
    pub(super) residual: Vec<f64>,
    /// M of the unknowns whose direction is T M Tᴴ.
    pub(super) directions: Vec<(usize, CMat)>,
}

/// What the channels see of one pair of X and S⁻¹.
struct Heard {
    /// XH and S⁻¹H.
    primal: CMat,
    dual: CMat,
    /// HᴴXH and HᴴS⁻¹H.
    by_primal: CMat,
    by_dual: CMat,
}

impl Normal {
    pub(super) fn at(model: &Model<'_>, point: &Point, inverses: &[CMat]) -> Option<Self> {
        let size = model.len();
        let mut matrix = vec![0.0; size * size];
        let mut push = vec![0.0; size];
        let mut residual = model.gains.clone();
        let directions = model.directions(&point.x);
        let seen: Vec<(CMat, CMat)> = point
            .primal
            .iter()
            .zip(inverses)
            .map(|(x, inverse)| (model.seen(x), model.seen(inverse)))
            .collect();
        let t = model.space.t.cols();
        let (mut of_primal, mut of_dual) = (CMat::zeros(t, t), CMat::zeros(t, t));
        for (primal, dual) in &seen {
            add(&mut of_primal, 1.0, primal);
            add(&mut of_dual, 1.0, dual);
        }
        for (a, m) in &directions {
            push[*a] += real_dot(of_dual.as_slice(), m.as_slice());
            residual[*a] += real_dot(of_primal.as_slice(), m.as_slice());
        }
        among_targets(size, &directions, &seen, &mut matrix);
        curvature(model, point, &of_primal, &mut matrix);
        among_lines(model, point, inverses, &directions, &mut matrix, &mut push, &mut residual);
        for (i, slack) in point.slack.iter().enumerate() {
            let (at, y) = (model.free + i, point.x[model.free + i]);
            push[at] += 1.0 / y;
            residual[at] += slack;
            matrix[at * size + at] += slack / y;
        }
        // halves were written to either side
        let mut scale = vec![0.0; size];
        for (a, scale) in scale.iter_mut().enumerate() {
            let own = matrix[a * size + a];
            if !(own > 0.0 && own.is_finite()) {
                return None;
            }
            *scale = 1.0 / own.sqrt();
        }
        for a in 0..size {
            for b in 0..=a {
                let mean = 0.5 * (matrix[a * size + b] + matrix[b * size + a]);
                let scaled = mean * scale[a] * scale[b] + if a == b { RIDGE } else { 0.0 };
                matrix[a * size + b] = scaled;
                matrix[b * size + a] = scaled;
            }
        }
        let mut factor = RealCholesky::new(size);
        factor.factor(&matrix)?;
        Some(Self { size, scale, factor, matrix, push, residual, directions })
    }

    /// The step for a right-hand side; refined once, since near the end the matrix is nearly singular.
    pub(super) fn solve(&self, right: &[f64]) -> Vec<f64> {
        let n = self.size;
        let scaled: Vec<f64> = right.iter().zip(&self.scale).map(|(b, s)| b * s).collect();
        let mut x = scaled.clone();
        self.factor.solve_in_place(&mut x);
        let row = |i: usize| self.matrix[i * n..(i + 1) * n].iter().zip(&x).map(|(a, x)| a * x);
        let mut left: Vec<f64> = (0..n).map(|i| scaled[i] - row(i).sum::<f64>()).collect();
        self.factor.solve_in_place(&mut left);
        x.iter().zip(left).zip(&self.scale).map(|((x, more), s)| (x + more) * s).collect()
    }
}

/// What is added to a diagonal of ones, so that rounding does not make it indefinite.
const RIDGE: f64 = 1e-14;

/// `Σ_j Re tr(X_j T M_a Tᴴ S_j⁻¹ T M_b Tᴴ)`.
fn among_targets(
    size: usize,
    directions: &[(usize, CMat)],
    seen: &[(CMat, CMat)],
    matrix: &mut [f64],
) {
    let Some((first, _)) = seen.first() else { return };
    let t = first.rows();
    let count = seen.len();
    let mut primals = CMat::zeros(t, t * count);
    let mut duals = CMat::zeros(t, t * count);
    for (j, (primal, dual)) in seen.iter().enumerate() {
        let place = j * t * t..(j + 1) * t * t;
        primals.as_mut_slice()[place.clone()].copy_from_slice(primal.as_slice());
        duals.as_mut_slice()[place].copy_from_slice(dual.as_slice());
    }
    let (mut wide, mut tall) = (CMat::zeros(t, t * count), CMat::zeros(t * count, t));
    let mut both = CMat::zeros(t, t);
    for (i, (a, m)) in directions.iter().enumerate() {
        mul(&mut wide, false, 1.0, m, Op::Plain, &duals, Op::Plain);
        for j in 0..count {
            for column in 0..t {
                tall.col_mut(column)[j * t..(j + 1) * t].copy_from_slice(wide.col(j * t + column));
            }
        }
        mul(&mut both, false, 1.0, &primals, Op::Plain, &tall, Op::Plain);
        for (b, other) in &directions[..=i] {
            let value = real_dot(both.as_slice(), other.as_slice());
            matrix[a * size + b] += value;
            if a != b {
                matrix[b * size + a] += value;
            }
        }
    }
}

/// `−Σ_j tr(X_j ∂_a∂_bS_j)`, of the metrics' blocks.
fn curvature(model: &Model<'_>, point: &Point, seen: &CMat, matrix: &mut [f64]) {
    let size = model.len();
    for block in &model.blocks {
        let f = model.fisher(block, seen);
        let n = f.len().isqrt();
        let (z, rho) = (model.z(block, &point.x), Model::rho(block, &point.x));
        for (c, column) in z.chunks(n).enumerate() {
            let begin = block.offset + c * n;
            for i in 0..n {
                for p in 0..n {
                    matrix[(begin + i) * size + begin + p] +=
                        2.0 * block.share * f[i * n + p] / rho;
                }
            }
            let Some(at) = block.rho else { continue };
            for i in 0..n {
                let bent: f64 = (0..n).map(|p| f[i * n + p] * column[p]).sum();
                let value = -2.0 * block.share * bent / (rho * rho);
                matrix[(begin + i) * size + at] += value;
                matrix[at * size + begin + i] += value;
            }
        }
        if let Some(at) = block.rho {
            let own: f64 = square(z, n).iter().zip(&f).map(|(z, f)| z * f).sum();
            matrix[at * size + at] += 2.0 * block.share * own / rho.powi(3);
        }
    }
}

/// The rows of floors, powers and linear caps.
fn among_lines(
    model: &Model<'_>,
    point: &Point,
    inverses: &[CMat],
    directions: &[(usize, CMat)],
    matrix: &mut [f64],
    push: &mut [f64],
    residual: &mut [f64],
) {
    let (size, r, h) = (model.len(), model.space.dim(), &model.space.h);
    let heard: Vec<Heard> = point
        .primal
        .iter()
        .zip(inverses)
        .map(|(x, inverse)| {
            let primal = product(x, Op::Plain, h, Op::Plain);
            let dual = product(inverse, Op::Plain, h, Op::Plain);
            let by_primal = product(h, Op::Adjoint, &primal, Op::Plain);
            let by_dual = product(h, Op::Adjoint, &dual, Op::Plain);
            Heard { primal, dual, by_primal, by_dual }
        })
        .collect();
    let (mut all, mut all_inverse) = (CMat::zeros(r, r), CMat::zeros(r, r));
    for (x, inverse) in point.primal.iter().zip(inverses) {
        add(&mut all, 1.0, x);
        add(&mut all_inverse, 1.0, inverse);
    }
    for (i, line) in model.lines.iter().enumerate() {
        let a = model.free + i;
        let mut u = CMat::zeros(r, r);
        // what is common, between X and S⁻¹
        for (x, inverse) in point.primal.iter().zip(inverses) {
            match &line.common {
                Common::Nothing | Common::Blocks => {}
                Common::Identity => mul(&mut u, true, 1.0, x, Op::Plain, inverse, Op::Plain),
                Common::Dense(own) => {
                    let half = product(x, Op::Plain, own, Op::Plain);
                    mul(&mut u, true, 1.0, &half, Op::Plain, inverse, Op::Plain);
                }
            }
        }
        match &line.common {
            Common::Nothing | Common::Blocks => {}
            Common::Identity => {
                push[a] += (0..r).map(|n| all_inverse[(n, n)].re).sum::<f64>();
                residual[a] += (0..r).map(|n| all[(n, n)].re).sum::<f64>();
            }
            Common::Dense(own) => {
                push[a] += real_dot(own.as_slice(), all_inverse.as_slice());
                residual[a] += real_dot(own.as_slice(), all.as_slice());
            }
        }
        // with Q of other users
        for (b, other) in model.lines.iter().enumerate() {
            let Some(l) = other.user else { continue };
            let between = |heard: &Heard| -> f64 {
                match &line.common {
                    Common::Nothing | Common::Blocks => 0.0,
                    Common::Identity => real_dot(heard.primal.col(l), heard.dual.col(l)),
                    Common::Dense(own) => {
                        let (left, right) = (heard.primal.col(l), heard.dual.col(l));
                        (0..r).map(|n| (dot(left, own.col(n)) * right[n]).re).sum()
                    }
                }
            };
            let mut value: f64 = match &line.common {
                Common::Nothing | Common::Blocks => 0.0,
                _ => heard.iter().enumerate().map(|(j, x)| model.share(j, l) * between(x)).sum(),
            };
            if let Some(k) = line.user {
                let own = |(j, heard): (usize, &Heard)| {
                    let (left, right) = (heard.by_primal[(l, k)], heard.by_dual[(k, l)]);
                    model.share(j, k) * model.share(j, l) * (left * right).re
                };
                value += heard.iter().enumerate().map(own).sum::<f64>();
            }
            matrix[a * size + model.free + b] += value;
        }
        if let Some(k) = line.user {
            for (j, heard) in heard.iter().enumerate() {
                let share = model.share(j, k);
                if share != 0.0 {
                    outer(&mut u, share, heard.primal.col(k), heard.dual.col(k));
                    push[a] += share * heard.by_dual[(k, k)].re;
                    residual[a] += share * heard.by_primal[(k, k)].re;
                }
            }
        }
        if matches!(line.common, Common::Blocks) {
            continue;
        }
        // with what is common to all
        for (b, other) in model.lines.iter().enumerate() {
            let value = match &other.common {
                Common::Nothing | Common::Blocks => continue,
                Common::Identity => (0..r).map(|n| u[(n, n)].re).sum::<f64>(),
                Common::Dense(own) => real_dot(own.as_slice(), u.as_slice()),
            };
            matrix[a * size + model.free + b] += value;
        }
        let u = model.seen(&u);
        for (b, m) in directions {
            let value = real_dot(m.as_slice(), u.as_slice());
            matrix[a * size + b] += value;
            matrix[b * size + a] += value;
        }
    }
}

/// `a x yᴴ` added.
fn outer(out: &mut CMat, a: f64, x: &[C64], y: &[C64]) {
    for (j, y) in y.iter().enumerate() {
        let right = y.conj() * a;
        for (out, x) in out.col_mut(j).iter_mut().zip(x) {
            *out += x * right;
        }
    }
}
