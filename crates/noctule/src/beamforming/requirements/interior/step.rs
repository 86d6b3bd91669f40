//! One step: the affine direction, from it how far to centre, then both with what is of second order.

use noctule_num::CMat;
use noctule_num::linalg::{Cholesky, Op, mul, product, real_dot};

use super::Point;
use super::model::{Block, Common, Model, add, hermitian, square};
use super::normal::Normal;

/// A step stays this far from the boundary.
const SHY: f64 = 0.95;
/// The share of complementarity that a step keeps at least while something is missed.
const HELD: f64 = 0.1;
/// Halvings by which the boundary is found.
const HALVINGS: u32 = 6;

/// A direction of everything.
struct Direction {
    x: Vec<f64>,
    primal: Vec<CMat>,
    slack: Vec<f64>,
    /// dS of first order.
    dual: Vec<CMat>,
    /// dρ/ρ, and what is of second order in S for the blocks with that.
    bent: Vec<(f64, CMat)>,
}

/// What is of second order in complementarity and stationarity.
struct Second {
    primal: Vec<CMat>,
    slack: Vec<f64>,
    right: Vec<f64>,
}

/// Inverses of all matrices; none where one is not positive.
pub(super) fn inverted_all(cholesky: &mut Cholesky, matrices: &[CMat]) -> Option<Vec<CMat>> {
    matrices
        .iter()
        .map(|matrix| {
            cholesky.factor(matrix, "dual slack").ok()?;
            let mut out = CMat::identity(matrix.rows());
            cholesky.solve_in_place(&mut out);
            Some(hermitian(&out))
        })
        .collect()
}

/// Σ_j ⟨X_j, S_j⟩ + Σ s y.
pub(super) fn complementarity(model: &Model<'_>, point: &Point, slacks: &[CMat]) -> f64 {
    let of_matrices = point.primal.iter().zip(slacks);
    let of_lines = point.slack.iter().zip(&point.x[model.free..]);
    of_matrices.map(|(x, s)| real_dot(x.as_slice(), s.as_slice())).sum::<f64>()
        + of_lines.map(|(s, y)| s * y).sum::<f64>()
}

/// The point after a step from one with these slacks and inverses, of complementarity τ on average.
pub(super) fn stepped(
    model: &Model<'_>,
    point: &Point,
    (slacks, inverses): (&[CMat], &[CMat]),
    normal: &Normal,
    (complementarity_now, tau, missing, closed): (f64, f64, bool, bool),
    cholesky: &mut Cholesky,
) -> Option<Point> {
    let affine = direction(model, point, inverses, normal, 0.0, None);
    let (primal, dual, there) = lengths(model, point, slacks, &affine, cholesky);
    let ahead = moved(model, point, &affine, primal, dual);
    let left = complementarity(model, &ahead, &there) / complementarity_now;
    let sigma = left.clamp(1e-6, 1.0).powi(2);
    // complementarity must not vanish before what is missed does: a step that aims less far may be taken whole
    let sigma = match (missing, closed) {
        (false, _) => sigma,
        (true, false) => sigma.max(HELD),
        (true, true) => 1.0,
    };
    let second = second_order(model, point, inverses, normal, &affine);
    let both = direction(model, point, inverses, normal, sigma * tau, Some(&second));
    let (primal, dual, _) = lengths(model, point, slacks, &both, cholesky);
    let shy = |length: f64| if length < 1.0 { SHY * length } else { 1.0 };
    let next = moved(model, point, &both, shy(primal), shy(dual));
    let fine = next.x.iter().chain(&next.slack).all(|x| x.is_finite());
    // no way on in either
    (fine && primal.max(dual) > 1e-3).then_some(next)
}

fn direction(
    model: &Model<'_>,
    point: &Point,
    inverses: &[CMat],
    normal: &Normal,
    tau: f64,
    second: Option<&Second>,
) -> Direction {
    let mut right: Vec<f64> =
        model.gains.iter().zip(&normal.push).map(|(gain, push)| gain + tau * push).collect();
    if let Some(second) = second {
        for (right, more) in right.iter_mut().zip(&second.right) {
            *right += more;
        }
    }
    let x = normal.solve(&right);
    let dual = of_slacks(model, normal, &x);
    let mut primal: Vec<CMat> = point
        .primal
        .iter()
        .zip(inverses)
        .zip(&dual)
        .map(|((own, inverse), ds)| {
            let half = product(own, Op::Plain, ds, Op::Plain);
            let bent = product(&half, Op::Plain, inverse, Op::Plain);
            let mut out = hermitian(&bent);
            out.scale(-1.0);
            add(&mut out, tau, inverse);
            add(&mut out, -1.0, own);
            out
        })
        .collect();
    let y = &point.x[model.free..];
    let mut slack: Vec<f64> = point
        .slack
        .iter()
        .zip(y)
        .zip(&x[model.free..])
        .map(|((s, y), dy)| tau / y - s - s * dy / y)
        .collect();
    if let Some(second) = second {
        for (out, more) in primal.iter_mut().zip(&second.primal) {
            add(out, -1.0, more);
        }
        for (out, more) in slack.iter_mut().zip(&second.slack) {
            *out -= more;
        }
    }
    let bent = bent(model, point, &x);
    Direction { x, primal, slack, dual, bent }
}

/// dS of all covariances, of first order.
fn of_slacks(model: &Model<'_>, normal: &Normal, dx: &[f64]) -> Vec<CMat> {
    let t = model.space.t.cols();
    let mut on_targets = CMat::zeros(t, t);
    for (a, m) in &normal.directions {
        add(&mut on_targets, dx[*a], m);
    }
    model.add_lines(&dx[model.free..], model.lifted(&on_targets))
}

/// What is of second order in S along a direction: `−Σ off offᵀ/ρ` with `off = dZ − Z dρ/ρ`, by dρ/ρ.
fn bent(model: &Model<'_>, point: &Point, dx: &[f64]) -> Vec<(f64, CMat)> {
    let t = model.space.t.cols();
    let mut all: Vec<(Option<usize>, f64, CMat)> = Vec::new();
    for block in &model.blocks {
        let (off, ratio) = off(model, block, point, dx);
        let place = all.iter().position(|(rho, ..)| *rho == block.rho).unwrap_or_else(|| {
            all.push((block.rho, ratio, CMat::zeros(t, t)));
            all.len() - 1
        });
        let map = &model.space.maps[block.map];
        let weight = -block.share / Model::rho(block, &point.x);
        map.add_adjoint(&square(&off, map.len()), weight, &mut all[place].2);
    }
    all.into_iter().map(|(_, ratio, m)| (ratio, model.lifted(&m))).collect()
}

/// `dZ − Z dρ/ρ` of a block, and dρ/ρ.
fn off(model: &Model<'_>, block: &Block, point: &Point, dx: &[f64]) -> (Vec<f64>, f64) {
    let ratio = block.rho.map_or(0.0, |at| dx[at] / point.x[at]);
    let (z, dz) = (model.z(block, &point.x), model.z(block, dx));
    (dz.iter().zip(z).map(|(dz, z)| dz - z * ratio).collect(), ratio)
}

/// What the affine direction leaves out.
fn second_order(
    model: &Model<'_>,
    point: &Point,
    inverses: &[CMat],
    normal: &Normal,
    step: &Direction,
) -> Second {
    let r = model.space.dim();
    let mut change = CMat::zeros(r, r);
    for primal in &step.primal {
        add(&mut change, 1.0, primal);
    }
    let change = model.seen(&change);
    let mut right = vec![0.0; model.len()];
    for block in &model.blocks {
        let f = model.fisher(block, &change);
        let n = f.len().isqrt();
        let (z, rho) = (model.z(block, &point.x), Model::rho(block, &point.x));
        let (off, _) = off(model, block, point, &step.x);
        let mut own = 0.0;
        for (c, (off, z)) in off.chunks(n).zip(z.chunks(n)).enumerate() {
            for i in 0..n {
                let bent: f64 = (0..n).map(|p| f[i * n + p] * off[p]).sum();
                right[block.offset + c * n + i] -= 2.0 * block.share * bent / rho;
                own += bent * z[i];
            }
        }
        if let Some(at) = block.rho {
            right[at] += 2.0 * block.share * own / (rho * rho);
        }
    }
    let bent = bend(model, step, 0.0);
    let primal: Vec<CMat> = (0..model.count())
        .map(|j| {
            let mut half = product(&step.primal[j], Op::Plain, &step.dual[j], Op::Plain);
            mul(&mut half, true, 1.0, &point.primal[j], Op::Plain, &bent, Op::Plain);
            hermitian(&product(&half, Op::Plain, &inverses[j], Op::Plain))
        })
        .collect();
    let y = &point.x[model.free..];
    let by_slack = step.slack.iter().zip(&step.x[model.free..]).zip(y);
    let slack: Vec<f64> = by_slack.map(|((ds, dy), y)| ds * dy / y).collect();
    less_by(model, normal, &primal, &slack, &mut right);
    Second { primal, slack, right }
}

/// Take off what covariances and slacks of second order weigh.
fn less_by(model: &Model<'_>, normal: &Normal, primal: &[CMat], slack: &[f64], right: &mut [f64]) {
    let r = model.space.dim();
    let mut all = CMat::zeros(r, r);
    for one in primal {
        add(&mut all, 1.0, one);
    }
    let seen = model.seen(&all);
    for (a, m) in &normal.directions {
        right[*a] -= real_dot(seen.as_slice(), m.as_slice());
    }
    for (i, (line, slack)) in model.lines.iter().zip(slack).enumerate() {
        let common = match &line.common {
            Common::Nothing | Common::Blocks => 0.0,
            Common::Identity => (0..r).map(|n| all[(n, n)].re).sum(),
            Common::Dense(own) => real_dot(own.as_slice(), all.as_slice()),
        };
        let heard = line.user.map_or(0.0, |k| {
            let h = model.space.h.col(k);
            primal.iter().enumerate().map(|(j, x)| model.share(j, k) * super::model::at(x, h)).sum()
        });
        right[model.free + i] -= common + heard + slack;
    }
}

fn moved(model: &Model<'_>, point: &Point, step: &Direction, primal: f64, dual: f64) -> Point {
    let along = |x: &[f64], dx: &[f64], a: f64| -> Vec<f64> {
        x.iter().zip(dx).map(|(x, dx)| x + a * dx).collect()
    };
    debug_assert_eq!(step.primal.len(), model.count());
    let primals = point.primal.iter().zip(&step.primal).map(|(x, dx)| {
        let mut out = x.clone();
        add(&mut out, primal, dx);
        out
    });
    Point {
        x: along(&point.x, &step.x, dual),
        primal: primals.collect(),
        slack: along(&point.slack, &step.slack, primal),
    }
}

/// How far a direction may be followed, up to 1, by covariances and by multipliers; and the slacks there.
fn lengths(
    model: &Model<'_>,
    point: &Point,
    slacks: &[CMat],
    step: &Direction,
    cholesky: &mut Cholesky,
) -> (f64, f64, Vec<CMat>) {
    // what is a ratio of numbers is exact
    let most = |x: &[f64], dx: &[f64]| {
        let length = |(x, dx): (&f64, &f64)| if *dx < 0.0 { -x / dx } else { f64::INFINITY };
        x.iter().zip(dx).map(length).fold(1.0, f64::min)
    };
    let r = model.space.dim();
    let mut ahead = CMat::zeros(r, r);
    let mut primal = most(&point.slack, &step.slack);
    for (x, dx) in point.primal.iter().zip(&step.primal) {
        primal = searched(primal, |a| {
            combined(&mut ahead, x, a, dx);
            cholesky.factor(&ahead, "covariance ahead").is_ok()
        });
    }
    let mut dual = most(&point.x[model.free..], &step.x[model.free..]);
    let (mut bent, mut bent_at) = (bend(model, step, dual), dual);
    for (s, ds) in slacks.iter().zip(&step.dual) {
        dual = searched(dual, |a| {
            if a.to_bits() != bent_at.to_bits() {
                (bent, bent_at) = (bend(model, step, a), a);
            }
            combined(&mut ahead, s, a, ds);
            add(&mut ahead, a * a, &bent);
            cholesky.factor(&ahead, "slack ahead").is_ok()
        });
    }
    let bent = bend(model, step, dual);
    let ahead = slacks.iter().zip(&step.dual).map(|(s, ds)| {
        let mut out = s.clone();
        add(&mut out, dual, ds);
        add(&mut out, dual * dual, &bent);
        out
    });
    (primal, dual, ahead.collect())
}

/// `x + a dx`.
fn combined(out: &mut CMat, x: &CMat, a: f64, dx: &CMat) {
    let both = x.as_slice().iter().zip(dx.as_slice());
    for (out, (x, dx)) in out.as_mut_slice().iter_mut().zip(both) {
        *out = x + dx * a;
    }
}

/// `(S(x + a dx) − S − a dS)/a²`, exactly: `−Σ off offᵀ/(ρ + a dρ)` of all blocks.
fn bend(model: &Model<'_>, step: &Direction, a: f64) -> CMat {
    let r = model.space.dim();
    let mut out = CMat::zeros(r, r);
    for (ratio, bent) in &step.bent {
        add(&mut out, 1.0 / (1.0 + a * ratio), bent);
    }
    out
}

/// The largest length that is inside, to a part in 2^[`HALVINGS`].
fn searched(most: f64, mut inside: impl FnMut(f64) -> bool) -> f64 {
    if inside(most) {
        return most;
    }
    let (mut low, mut high) = (0.0, most);
    for _ in 0..HALVINGS {
        let middle = 0.5 * (low + high);
        if inside(middle) { low = middle } else { high = middle }
    }
    low
}
