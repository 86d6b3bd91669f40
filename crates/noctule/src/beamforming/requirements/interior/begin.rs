//! Where the steps begin: inside, and balanced.

use noctule_num::CMat;
use noctule_num::linalg::{Cholesky, HermitianEigen};

use super::Point;
use super::model::{Common, Model, add, square};
use super::step::inverted_all;
use crate::beamforming::requirements::link::add_outer;
use crate::beamforming::requirements::sensed::Sensed;
use crate::beamforming::requirements::uplink::least_power;

/// How far inside a start beside known beams is, of μ.
const INSIDE: f64 = 0.05;
/// The least a multiplier is of the largest, or of what is natural.
const LEAST: f64 = 1e-3;

/// Beams of a neighbouring problem with multipliers.
pub(in super::super) struct Known {
    /// Users first, in the space's coordinates.
    pub(in super::super) beams: CMat,
    pub(in super::super) lambda: Vec<f64>,
    pub(in super::super) rho: Vec<f64>,
    /// μ, or nothing where the power is made small.
    pub(in super::super) of_power: Vec<f64>,
}

/// Y of every block, one after the other, at a covariance.
fn tight(model: &Model<'_>, sensed: &Sensed) -> Option<Vec<f64>> {
    let mut out = vec![0.0; model.free];
    for block in &model.blocks {
        let y = model.tight(block, sensed)?;
        out[block.offset..block.offset + y.len()].copy_from_slice(&y);
    }
    out.iter().all(|y| y.is_finite()).then_some(out)
}

/// The value of the metric whose blocks have this ρ, for tight Y.
fn value(model: &Model<'_>, y: &[f64], rho: Option<usize>) -> f64 {
    let own = model.blocks.iter().filter(|block| block.rho == rho);
    own.map(|block| {
        let size = model.z(block, y).len();
        let place = block.offset..block.offset + size;
        0.5 * model.gains[place.clone()].iter().zip(&y[place]).map(|(g, y)| g * y).sum::<f64>()
    })
    .sum()
}

/// λ₁ of what the metrics' blocks and linear caps weigh, for multipliers.
fn top(model: &Model<'_>, x: &[f64]) -> Option<f64> {
    let (t, r) = (model.space.t.cols(), model.space.dim());
    let mut on_targets = CMat::zeros(t, t);
    for block in &model.blocks {
        let map = &model.space.maps[block.map];
        let phi = square(model.z(block, x), map.len());
        map.add_adjoint(&phi, block.share / Model::rho(block, x), &mut on_targets);
    }
    let mut all = model.lifted(&on_targets);
    for &line in &model.of_caps {
        if let Common::Dense(own) = &model.lines[line].common {
            add(&mut all, -x[model.free + line], own);
        }
    }
    let mut eigen = HermitianEigen::new(r);
    eigen.compute(&all).ok()?;
    Some(eigen.max().max(0.0))
}

/// From the power going everywhere, and λ in proportion to those of the least power for the floors.
pub(super) fn cold(model: &Model<'_>, unit: f64, cholesky: &mut Cholesky) -> Option<Point> {
    let (space, r, users) = (model.space, model.space.dim(), model.users());
    let floors: Vec<f64> = model.ratios.iter().map(|ratio| 1.0 / (ratio - 1.0)).collect();
    let least = least_power(space, &floors, f64::INFINITY);
    let mut even = CMat::identity(r);
    even.scale(unit / r as f64);
    let sensed = Sensed::of_covariance(space, &even, true);
    let y = tight(model, &sensed)?;
    let mut x = y.clone();
    x.resize(model.len(), 0.0);
    let limited = !model.of_power.is_empty();
    // what a watt is worth
    let worth = if limited { value(model, &y, None) / unit } else { 1.0 };
    // each cap weighs as much as the metric, or half the power
    for &line in &model.of_caps {
        let at = model.free + line;
        let size = model.lines[line].gain.abs();
        x[at] = worth * unit / size;
    }
    for block in &model.blocks {
        if let Some(at) = block.rho {
            let size = model.z(block, &x).len();
            let rho = x[at];
            x[block.offset..block.offset + size].iter_mut().for_each(|z| *z *= rho);
        }
    }
    let sum: f64 = least.lambda.iter().sum();
    let scale = if limited {
        let left = (unit - sum).max(1e-6 * unit);
        let scale = worth * unit / left;
        let mu = scale + 1.5 * top(model, &x)?;
        for &line in &model.of_power {
            x[model.free + line] = mu;
        }
        scale
    } else {
        // caps within half of the power's own weight
        let most = top(model, &x)?;
        if most > 0.5 {
            let less = 0.5 / most;
            for &line in &model.of_caps {
                x[model.free + line] *= less;
            }
            x[..model.free].iter_mut().for_each(|z| *z *= less);
        }
        0.4
    };
    for k in 0..users {
        x[model.free + k] = scale * least.lambda[k];
    }
    let inverses = inverted_all(cholesky, &model.slacks(&x))?;
    let trace: f64 = inverses.iter().map(|a| (0..r).map(|i| a[(i, i)].re).sum::<f64>()).sum();
    let tau = unit / trace;
    Some(at(model, x, &inverses, tau))
}

/// The point with `X_jS_j = τ`, `s y = τ`.
fn at(model: &Model<'_>, x: Vec<f64>, inverses: &[CMat], tau: f64) -> Point {
    let primal = inverses
        .iter()
        .map(|inverse| {
            let mut out = inverse.clone();
            out.scale(tau);
            out
        })
        .collect();
    let slack = x[model.free..].iter().map(|y| tau / y).collect();
    Point { x, primal, slack }
}

/// From beams that are known: a little inside of them and of their multipliers.
pub(super) fn beside(model: &Model<'_>, known: &Known, cholesky: &mut Cholesky) -> Option<Point> {
    let (space, users) = (model.space, model.users());
    let w = &known.beams;
    if known.lambda.len() != users || known.rho.len() != model.of_caps.len() || users == 0 {
        return None;
    }
    let sensed = Sensed::of(space, w, true);
    let mut x = tight(model, &sensed)?;
    x.resize(model.len(), 0.0);
    let most = known.lambda.iter().copied().fold(0.0, f64::max);
    let worth = known.of_power.first().copied().unwrap_or(1.0);
    let spent = w.norm_sqr();
    for (k, lambda) in known.lambda.iter().enumerate() {
        x[model.free + k] = lambda.max(LEAST * most).max(1e-6 * worth * spent);
    }
    for (&line, rho) in model.of_caps.iter().zip(&known.rho) {
        x[model.free + line] = rho.max(LEAST * worth * spent / model.lines[line].gain.abs());
    }
    for block in &model.blocks {
        if let Some(at) = block.rho {
            let size = model.z(block, &x).len();
            let rho = x[at];
            x[block.offset..block.offset + size].iter_mut().for_each(|z| *z *= rho);
        }
    }
    let (mut inverses, mut raised) = (None, 1.0 + INSIDE);
    for _ in 0..8 {
        if model.of_power.is_empty() {
            // the power's own weight is one: multipliers shrink instead
            x.iter_mut().for_each(|y| *y /= raised);
        }
        for (&line, mu) in model.of_power.iter().zip(&known.of_power) {
            x[model.free + line] = raised * mu;
        }
        inverses = inverted_all(cholesky, &model.slacks(&x));
        if inverses.is_some() {
            break;
        }
        raised *= 1.0 + 2.0 * INSIDE;
    }
    let inverses = inverses?;
    let power = |s: usize| w.col(s).iter().map(noctule_num::C64::norm_sqr).sum::<f64>();
    let least = (0..users).map(power).fold(f64::INFINITY, f64::min);
    let tau = INSIDE * worth * least.max(LEAST * spent / users as f64);
    let mut point = at(model, x, &inverses, tau);
    let inner = point.primal[0].clone();
    for k in 0..users {
        point.primal[k + 1] = inner.clone();
        add_outer(&mut point.primal[k + 1], 1.0, w.col(k));
    }
    for s in users..w.cols() {
        add_outer(&mut point.primal[0], 1.0, w.col(s));
    }
    Some(point)
}
