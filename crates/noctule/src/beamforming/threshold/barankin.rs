//! The bound of McAulay and Hofstetter.

use noctule_num::linalg::{Cholesky, Op, RealCholesky, dot, product};
use noctule_num::{C64, CMat};
use noctule_phy::elements::ElementArray;

use super::super::{Beams, Instance, evaluate};
use super::lobes::{Lobe, Sky, in_front};
use crate::Error;

/// Test points of a target at most: the lobes most like it.
const POINTS: usize = 6;
/// A lobe whose echo differs by more than this exponent adds nothing in double precision.
const FAR: f64 = 30.0;
/// Between this share of a matrix and nothing, a test point is the same as those before it.
const NEW: f64 = 1e-9;

/// Lower bounds on root-mean-square errors of unbiased estimators, azimuth and polar angle of every target in
/// degrees: the Cramér–Rao bound with other lobes as test points, never below it. `None` as for
/// [`threshold`](super::threshold()).
///
/// # Errors
/// When the beams do not fit the instance.
pub fn barankin(instance: &Instance, beams: &Beams) -> Result<Option<Vec<[f64; 2]>>, Error> {
    let metrics = evaluate(&instance.clone().with_echoes(0), beams)?;
    let (Some(_), Some(sky)) = (&metrics.targets, Sky::of(instance, beams)) else {
        return Ok(None);
    };
    let echo = Echo::of(instance, beams);
    let mut points = Vec::new();
    for m in 0..instance.targets().len() {
        let Some((_, mut lobes)) = sky.lobes(m) else { continue };
        lobes.sort_by(|a, b| b.likeness.total_cmp(&a.likeness));
        points.extend(lobes.iter().take(POINTS).filter_map(|lobe| echo.tested(m, lobe)));
    }
    Ok(echo.bounds(points))
}

/// What a test point changes: parameters in the order of the Fisher matrix, and the echo.
struct Point {
    moved: Vec<f64>,
    echo: Vec<C64>,
}

/// Echo of all targets with its derivatives, over the root of half the noise power.
struct Echo<'a> {
    instance: &'a Instance,
    transmit: ElementArray,
    receive: ElementArray,
    sends: CMat,
    whole: Vec<C64>,
    slopes: Vec<Vec<C64>>,
}

impl<'a> Echo<'a> {
    fn of(instance: &'a Instance, beams: &Beams) -> Self {
        let parts = instance.parts();
        // two over the noise power: ⟨·, ·⟩ is then the information
        let scale = (2.0 * f64::from(parts.snapshots) / parts.sensing_noise_w).sqrt();
        let matrix = &beams.matrix;
        let sends =
            CMat::from_fn(matrix.cols(), matrix.rows(), |s, n| matrix[(n, s)].conj() * scale);
        let (transmit, receive) = (instance.transmit_elements(), instance.receive_elements());
        let mut echo =
            Self { instance, transmit, receive, sends, whole: Vec::new(), slopes: Vec::new() };
        let targets = instance.targets();
        let mut slopes = vec![Vec::new(); 4 * targets.len()];
        for (m, target) in targets.iter().enumerate() {
            let direction = [in_front(target.azimuth_rad), target.polar_rad];
            let [plain, azimuth, polar] = echo.rays(direction);
            let times = |by: C64, ray: &[C64]| -> Vec<C64> { ray.iter().map(|z| z * by).collect() };
            let own = times(target.reflection, &plain);
            if echo.whole.is_empty() {
                echo.whole = vec![C64::ZERO; own.len()];
            }
            echo.whole.iter_mut().zip(&own).for_each(|(z, x)| *z += x);
            slopes[m] = times(target.reflection, &azimuth);
            slopes[targets.len() + m] = times(target.reflection, &polar);
            slopes[2 * targets.len() + m] = plain.clone();
            slopes[3 * targets.len() + m] = times(C64::new(0.0, 1.0), &plain);
        }
        echo.slopes = slopes;
        echo
    }

    /// The echo of a reflection of one from a direction, with its derivatives.
    fn rays(&self, [azimuth, polar]: [f64; 2]) -> [Vec<C64>; 3] {
        let lists = |array: &ElementArray| {
            let s = array.steering([(azimuth, polar)]);
            [s.response, s.by_azimuth, s.by_polar]
        };
        let b = lists(&self.receive);
        let e = lists(&self.transmit).map(|a| product(&self.sends, Op::Plain, &a, Op::Plain));
        let outer = |b: &CMat, e: &CMat| product(b, Op::Plain, e, Op::Adjoint);
        let sum = |i: usize| {
            let (one, other) = (outer(&b[i], &e[0]), outer(&b[0], &e[i]));
            one.as_slice().iter().zip(other.as_slice()).map(|(x, y)| x + y).collect::<Vec<C64>>()
        };
        [outer(&b[0], &e[0]).as_slice().to_vec(), sum(1), sum(2)]
    }

    /// Target `m` at a lobe, all reflections such that the echo changes least; `None` where it changes so much
    /// that nobody takes it for the truth.
    fn tested(&self, m: usize, lobe: &Lobe) -> Option<Point> {
        let targets = self.instance.targets();
        let count = targets.len();
        let columns: Vec<Vec<C64>> = (0..count)
            .map(|n| {
                if n == m {
                    self.rays(lobe.direction)[0].clone()
                } else {
                    self.slopes[2 * count + n].clone()
                }
            })
            .collect();
        let gram = CMat::from_fn(count, count, |i, j| dot(&columns[i], &columns[j]));
        let mut cholesky = Cholesky::new(count);
        cholesky.factor(&gram, "echoes of targets").ok()?;
        let mut found = CMat::from_fn(count, 1, |i, _| dot(&columns[i], &self.whole));
        cholesky.solve_in_place(&mut found);
        let mut echo: Vec<C64> = self.whole.iter().map(|z| -z).collect();
        let mut moved = vec![0.0; 4 * count];
        for n in 0..count {
            let reflection = found[(n, 0)];
            echo.iter_mut().zip(&columns[n]).for_each(|(z, x)| *z += x * reflection);
            let change = reflection - targets[n].reflection;
            (moved[2 * count + n], moved[3 * count + n]) = (change.re, change.im);
        }
        (moved[m], moved[count + m]) = (lobe.off_rad[0], lobe.off_rad[1]);
        (dot(&echo, &echo).re < FAR).then_some(Point { moved, echo })
    }

    /// `[I, Φ] J⁻¹ [I, Φ]ᵀ` with `J = [[F, Cᵀ], [C, e^{⟨δ,δ'⟩} − 1]]`: roots of its diagonal.
    fn bounds(&self, points: Vec<Point>) -> Option<Vec<[f64; 2]>> {
        let n = self.slopes.len();
        let inner = |a: &[C64], b: &[C64]| dot(a, b).re;
        // information of slopes and points, each point kept where it adds something
        let mut kept: Vec<Point> = Vec::new();
        let matrix = |points: &[&Point]| {
            let size = n + points.len();
            let mut out = vec![0.0; size * size];
            for i in 0..size {
                for j in 0..size {
                    out[i * size + j] = match (i < n, j < n) {
                        (true, true) => inner(&self.slopes[i], &self.slopes[j]),
                        (true, false) => inner(&self.slopes[i], &points[j - n].echo),
                        (false, true) => inner(&points[i - n].echo, &self.slopes[j]),
                        (false, false) => inner(&points[i - n].echo, &points[j - n].echo).exp_m1(),
                    };
                }
            }
            out
        };
        for point in points {
            let mut tried: Vec<&Point> = kept.iter().collect();
            tried.push(&point);
            if regular(&matrix(&tried), n + tried.len()) {
                kept.push(point);
            }
        }
        let all: Vec<&Point> = kept.iter().collect();
        let size = n + all.len();
        let mut cholesky = RealCholesky::new(size);
        cholesky.factor(&matrix(&all))?;
        let variance = |i: usize| {
            let row =
                |j: usize| if j < n { f64::from(u8::from(i == j)) } else { all[j - n].moved[i] };
            let mut solved: Vec<f64> = (0..size).map(row).collect();
            let before = solved.clone();
            cholesky.solve_in_place(&mut solved);
            before.iter().zip(&solved).map(|(x, y)| x * y).sum::<f64>()
        };
        let root = |i: usize| variance(i).sqrt().to_degrees();
        let count = self.instance.targets().len();
        Some((0..count).map(|m| [root(m), root(count + m)]).collect())
    }
}

/// Whether the last row adds something to those before it, relative to its own size.
fn regular(matrix: &[f64], size: usize) -> bool {
    let scale: Vec<f64> = (0..size).map(|i| matrix[i * size + i].sqrt()).collect();
    let mut scaled: Vec<f64> =
        (0..size * size).map(|at| matrix[at] / (scale[at / size] * scale[at % size])).collect();
    scaled[size * size - 1] -= NEW;
    RealCholesky::new(size).factor(&scaled).is_some()
}
