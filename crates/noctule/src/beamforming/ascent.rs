//! Climbs with a number of sensing streams, and the staircase from fewer streams to more.
//!
//! More sensing streams only add freedom. Climbs that begin with many of them end lower all the
//! same: the more beams share the power of a start, the weaker its data beams, and users are shut
//! off for good (`w_k = 0` is stationary). So climbs also begin with as few sensing streams as the
//! targets need, and streams are added one at a time, each in the direction that gains most:
//!
//! With `C₁ + C₀W = μW` (stationary) a silent stream moved to `ε u` changes the objective by
//! `ε² (uᴴC₀u − μ)`. Where no direction gains, the design is stationary to second order with any
//! number of further streams, and the staircase ends; where one does, the next climb begins there
//! and ends higher. The steps do not depend on how many streams are allowed, so that what is
//! reached with fewer is always a step on the way to more.

use noctule_num::linalg::HermitianEigen;
use noctule_num::{C64, CMat};
use noctule_optim::{Interrupt, Lbfgs, Manifold, MultiStart, Objective, multi_start};

use super::basins::{Ends, best_of};
use super::model::{Model, Space};
use super::{Beams, Instance, PowerConstraint, Settings};
use crate::Error;

/// A further stream is missed when its direction gains by more than this share of the multiplier:
/// well above what a stationary point is known to, below what anybody would notice.
const MISSED: f64 = 1e-4;
/// A value is better when it is smaller by more than this, relative to max(1, |value|): less is
/// the rounding of a climb that ended at the same optimum.
const BETTER: f64 = 1e-9;
/// Shares of the power that a new stream may begin with, the first that gains is taken.
const SHARES: [f64; 4] = [1e-2, 1e-3, 1e-4, 1e-6];

/// Where climbs ended, at full size with as many streams as the starts had.
pub(super) struct Climbed {
    pub(super) beams: Beams,
    pub(super) found: MultiStart,
    /// It was ended early, because it leads to where an earlier climb has ended: its value is that of
    /// the end, its beams are not.
    known: bool,
}

impl Climbed {
    /// Whether this ended at a value that is better than that of `other`.
    fn beats(&self, other: &Self) -> bool {
        let (mine, theirs) = (self.found.run.value, other.found.run.value);
        mine < theirs - BETTER * theirs.abs().max(1.0) || (mine.is_finite() && !theirs.is_finite())
    }

    /// The better one of two, the first where they are equal; starts and work of both.
    pub(super) fn joined(self, other: Self) -> Self {
        let mut work = self.found.work;
        work += other.found.work;
        let values = [self.found.values.as_slice(), other.found.values.as_slice()].concat();
        let ahead = if other.beats(&self) { other } else { self };
        Self { found: MultiStart { values, work, ..ahead.found }, ..ahead }
    }

    /// The same beams with silent ones added, up to `streams`.
    ///
    /// # Errors
    /// Never, as the shapes fit.
    pub(super) fn padded(mut self, streams: usize) -> Result<Self, Error> {
        let silent = streams.saturating_sub(self.beams.matrix.cols());
        if silent > 0 {
            let silence = CMat::zeros(self.beams.matrix.rows(), silent);
            self.beams.matrix = CMat::hstack(&[&self.beams.matrix, &silence])?;
        }
        Ok(self)
    }
}

/// Climb from full-size beams of equal shape, users first; `None` without a start. Under total power,
/// climbs that lead to one of `ends` are ended early, and those of these climbs are added.
///
/// # Errors
/// When the decomposition of the basis fails, which finite data do not make it.
pub(super) fn ascend(
    instance: &Instance,
    settings: &Settings,
    starts: &[CMat],
    ends: &mut Ends,
    interrupt: &Interrupt,
) -> Result<Option<Climbed>, Error> {
    let Some(streams) = starts.first().map(CMat::cols) else { return Ok(None) };
    let (rules, rows) = (settings.rules(), settings.trace_rows);
    let users = instance.users();
    Ok(match instance.parts().power_constraint {
        PowerConstraint::Total => {
            let mut model = Model::with_streams(instance, Space::Reduced, streams)?;
            let points: Vec<Vec<C64>> = starts.iter().map(|w| model.point(w)).collect();
            let mut solver = Lbfgs::new(Manifold::sphere(model.dim()));
            let around = (ends, interrupt, rows);
            let found = best_of(&mut model, &mut solver, points, &rules, around);
            found.map(|(found, known)| {
                let beams = model.beams(&found.point, users);
                Climbed { beams, found, known }
            })
        }
        PowerConstraint::PerAntenna => {
            let model = Model::with_streams(instance, Space::Full, streams)?;
            let (rows, dim) = (model.rank(), model.dim());
            let mut model = ByAntenna::new(model, rows, dim);
            let points: Vec<Vec<C64>> =
                starts.iter().map(|w| model.transposed(&model.model.point(w))).collect();
            let mut solver = Lbfgs::new(model.manifold());
            let found = multi_start(&mut solver, &mut model, points, &rules, interrupt, rows);
            found.map(|found| {
                let point = model.restored(&found.point);
                Climbed { beams: model.model.beams(&point, users), found, known: false }
            })
        }
    })
}

/// Add streams to a stationary point one by one, up to `most` sensing streams, as long as one is
/// missed, and until a climb leads to one of `ends`.
///
/// # Errors
/// As [`ascend`].
pub(super) fn staircase(
    instance: &Instance,
    settings: &Settings,
    mut at: Climbed,
    most: usize,
    ends: &Ends,
    interrupt: &Interrupt,
) -> Result<Climbed, Error> {
    while !at.known && at.beams.matrix.cols() < instance.users() + most && !interrupt.is_raised() {
        let Some(start) = with_missing_stream(instance, &at.beams)? else { break };
        // The point that it leaves is close, and no end of the next climb.
        let mut ends = ends.clone();
        let Some(next) = ascend(instance, settings, &[start], &mut ends, interrupt)? else { break };
        let mut work = at.found.work;
        work += next.found.work;
        let stays = !next.beats(&at);
        // The starts are those of the first step; its best one led here.
        let (values, best) = (std::mem::take(&mut at.found.values), at.found.best);
        at = if stays { at } else { next };
        (at.found.values, at.found.best, at.found.work) = (values, best, work);
        if stays {
            break;
        }
        let reached = at.found.run.value;
        if let Some(value) = at.found.values.get_mut(best) {
            *value = reached;
        }
    }
    Ok(at)
}

/// The beams with one more stream in the direction that gains most; `None` where none does.
fn with_missing_stream(instance: &Instance, beams: &Beams) -> Result<Option<CMat>, Error> {
    let by_antenna = instance.parts().power_constraint == PowerConstraint::PerAntenna;
    let space = if by_antenna { Space::Full } else { Space::Reduced };
    let streams = beams.matrix.cols();
    let mut model = Model::with_streams(instance, space, streams)?;
    let point = model.point(&beams.matrix);
    let mut gradient = vec![C64::ZERO; point.len()];
    let value = model.eval(&point, &mut gradient);
    if !value.is_finite() || model.rank() == 0 {
        return Ok(None);
    }
    let multipliers = multipliers(model.rank(), &point, &gradient, by_antenna);
    let largest = multipliers.iter().fold(0.0, |most: f64, m| most.max(m.abs()));
    let mut gain = model.curvature();
    for (row, multiplier) in multipliers.iter().enumerate() {
        gain[(row, row)] -= C64::from(*multiplier);
    }
    let mut eigen = HermitianEigen::new(gain.rows());
    eigen.compute(&gain)?;
    if eigen.max() <= MISSED * largest {
        return Ok(None);
    }
    let direction =
        CMat::from_columns(model.rank(), 1, eigen.vectors().col(model.rank() - 1).to_vec())?;
    let direction = model.full_size(&direction, 0).matrix;
    let mut wider = Model::with_streams(instance, space, streams + 1)?;
    let mut gradient = vec![C64::ZERO; wider.dim()];
    for share in SHARES {
        let mut stream = direction.clone();
        stream.scale(share.sqrt());
        let mut start = CMat::hstack(&[&beams.matrix, &stream])?;
        rescale(&mut start, &beams.matrix, by_antenna);
        if wider.eval(&wider.point(&start), &mut gradient) < value {
            return Ok(Some(start));
        }
    }
    Ok(None)
}

/// The multipliers of the power constraint for every row: `Re (X Wᴴ)_nn / (W Wᴴ)_nn` with
/// `X = C₁ + C₀W`, minus half the gradient of what is minimised; under total power all rows share
/// one.
fn multipliers(rows: usize, point: &[C64], gradient: &[C64], by_antenna: bool) -> Vec<f64> {
    let (mut inner, mut power) = (vec![0.0; rows], vec![0.0; rows]);
    for (i, (w, g)) in point.iter().zip(gradient).enumerate() {
        inner[i % rows] -= 0.5 * (w.conj() * g).re;
        power[i % rows] += w.norm_sqr();
    }
    if by_antenna {
        return inner.iter().zip(&power).map(|(i, p)| if *p > 0.0 { i / p } else { 0.0 }).collect();
    }
    vec![inner.iter().sum::<f64>() / power.iter().sum::<f64>(); rows]
}

/// Scale `start` back to the power of `before`: of all rows together, or of each by itself.
fn rescale(start: &mut CMat, before: &CMat, by_antenna: bool) {
    if !by_antenna {
        let factor = before.norm() / start.norm();
        start.scale(factor);
        return;
    }
    let power = |m: &CMat, row: usize| (0..m.cols()).map(|j| m[(row, j)].norm_sqr()).sum::<f64>();
    for row in 0..start.rows() {
        let factor = (power(before, row) / power(start, row)).sqrt();
        if factor.is_finite() {
            (0..start.cols()).for_each(|j| start[(row, j)] *= factor);
        }
    }
}

/// The objective with every antenna's entries contiguous, for a product of spheres over antennas.
pub(super) struct ByAntenna<M> {
    pub(super) model: M,
    antennas: usize,
    streams: usize,
    point: Vec<C64>,
    gradient: Vec<C64>,
}

impl<M> ByAntenna<M> {
    /// Of a model whose points are matrices of so many antennas, column by column.
    pub(super) fn new(model: M, antennas: usize, dim: usize) -> Self {
        let zeros = vec![C64::ZERO; dim];
        let streams = dim / antennas;
        Self { model, antennas, streams, point: zeros.clone(), gradient: zeros }
    }

    /// Where its points live: every antenna has its share of a power of one.
    pub(super) fn manifold(&self) -> Manifold {
        Manifold::spheres(self.antennas, self.streams, 1.0 / (self.antennas as f64).sqrt())
    }

    pub(super) fn transposed(&self, v: &[C64]) -> Vec<C64> {
        let mut out = vec![C64::ZERO; v.len()];
        transpose(v, self.antennas, self.streams, &mut out);
        out
    }

    pub(super) fn restored(&self, x: &[C64]) -> Vec<C64> {
        let mut out = vec![C64::ZERO; x.len()];
        transpose(x, self.streams, self.antennas, &mut out);
        out
    }
}

impl<M: Objective> Objective for ByAntenna<M> {
    fn eval(&mut self, x: &[C64], gradient: &mut [C64]) -> f64 {
        transpose(x, self.streams, self.antennas, &mut self.point);
        let value = self.model.eval(&self.point, &mut self.gradient);
        transpose(&self.gradient, self.antennas, self.streams, gradient);
        value
    }
}

/// Entries of a `rows × cols` matrix in column order, transposed.
fn transpose(from: &[C64], rows: usize, cols: usize, to: &mut [C64]) {
    for j in 0..cols {
        for i in 0..rows {
            to[i * cols + j] = from[j * rows + i];
        }
    }
}
