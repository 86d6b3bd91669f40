//! Beams of covariances: one stream a user, and for sensing what is left.

use noctule_num::linalg::{HermitianEigen, dot, real_dot};
use noctule_num::{C64, CMat};

use super::model::{Model, add};
use super::{Point, Solved};
use crate::beamforming::requirements::link::add_outer;

/// A sensing stream with less of the power than this is what the steps leave, not one that is of use.
const STREAM: f64 = 2e-6;

/// `w_k = X_kh_k/√(h_kᴴX_kh_k)`, and the strongest directions of the rest; scaled to the power of all.
pub(super) fn beams(model: &Model<'_>, point: &Point, most_sensing: usize) -> Option<Solved> {
    let (space, users) = (model.space, model.users());
    let r = space.dim();
    let mut rest = CMat::zeros(r, r);
    for x in &point.primal {
        add(&mut rest, 1.0, x);
    }
    let spent: f64 = (0..r).map(|i| rest[(i, i)].re).sum();
    let mut columns: Vec<Vec<C64>> = Vec::new();
    for k in 0..users {
        let (x, h) = (&point.primal[k + 1], space.h.col(k));
        let column: Vec<C64> = (0..r).map(|i| (0..r).map(|j| x[(i, j)] * h[j]).sum()).collect();
        let signal = dot(h, &column).re;
        if !(signal > 0.0 && signal.is_finite()) {
            return None;
        }
        let column: Vec<C64> = column.iter().map(|z| z / signal.sqrt()).collect();
        add_outer(&mut rest, -1.0, &column);
        columns.push(column);
    }
    let mut eigen = HermitianEigen::new(r);
    eigen.compute(&rest).ok()?;
    let streams = eigen.values().iter().enumerate().rev().take(most_sensing);
    for (i, value) in streams.filter(|(_, value)| **value > STREAM * spent) {
        let root = value.sqrt();
        columns.push(eigen.vectors().col(i).iter().map(|z| z * root).collect());
    }
    if columns.is_empty() {
        return None;
    }
    let kept: f64 = columns.iter().map(|column| real_dot(column, column)).sum();
    let mut beams = CMat::from_fn(r, columns.len(), |i, s| columns[s][i]);
    if let [line] = model.of_power[..] {
        beams.scale((-model.lines[line].gain / kept).sqrt());
    }
    let y = &point.x[model.free..];
    let of = |lines: &[usize]| lines.iter().map(|line| y[*line]).collect();
    Some(Solved {
        beams,
        lambda: y[..users].to_vec(),
        rho: of(&model.of_caps),
        of_power: of(&model.of_power),
    })
}
