//! An interval around the best rate, by branch and bound.

use std::collections::BTreeMap;

use noctule_num::input::within;
use noctule_num::linalg::{HermitianEigen, Op, product, real_dot};
use noctule_num::{C64, CMat};
use noctule_optim::Interrupt;

use super::chart::Chart;
use super::groups::Groups;
use super::link::Heard;
use super::metric::Metric;
use super::minorant::Minorant;
use super::multipliers::{Columns, capped};
use super::node_bound::{Leaf, SHARPNESS, most_interference, node_bound, numbers};
use super::program::{Aim, Program};
use super::rate::{MET, best_rate_from};
use super::required::{Found, Requirements, Standing};
use super::sensed::Sensed;
use super::starts::{Begin, TOLERANCE, climbed, sensing_streams, start};
use super::world::{Space, World};
use crate::Error;

/// An interval around the best weighted rate.
#[derive(Clone, Debug)]
pub struct Interval {
    /// The best design found.
    pub found: Found,
    /// What no beams exceed.
    pub bound: f64,
    /// The bound before any box was divided.
    pub root: f64,
    /// Boxes that were examined.
    pub nodes: u64,
    /// The boxes and what proves each, by name: [`rate_bound`](super::rate_bound) is the bound again.
    pub numbers: BTreeMap<String, Vec<f64>>,
}

/// Largest weights of rates within this are taken as they are.
const USUAL: std::ops::RangeInclusive<f64> = 1e-3..=1e3;

impl Interval {
    /// The same of weights that are `factor` times as large.
    fn times(mut self, factor: f64) -> Self {
        for name in ["rho", "lambda", "nu"] {
            let list = self.numbers.get_mut(name).into_iter().flatten();
            list.for_each(|x| *x *= factor);
        }
        let (bound, root) = (self.bound * factor, self.root * factor);
        Self { bound, root, found: self.found.times(factor), ..self }
    }
}

/// One box of interferences.
struct Region {
    bound: f64,
    low: Vec<f64>,
    high: Vec<f64>,
    beams: CMat,
    interference: Vec<f64>,
    proof: Option<Leaf>,
}

/// The best weighted rate with a bound by branch and bound on the interferences `I_k ∈ [1, 1 +
/// P(‖h_k‖² + λ₁(C_k))]`: in a box −log I_k is below its chord, and the problem with chords is concave.
/// Ends where the relative gap is `gap`, or `nodes` boxes were examined. SINR floors are linear in covariances, so
/// that the bound knows them; they also leave no user more interference than `P‖h_k‖²/γ_k`.
///
/// # Errors
/// [`Error::Input`] for what does not fit; broken numerics.
pub fn best_rate_within(
    world: &World,
    weights: &[f64],
    required: &Requirements,
    starts: usize,
    search: (f64, u64),
    interrupt: &Interrupt,
) -> Result<Interval, Error> {
    best_rate_within_from(world, weights, required, starts, search, &Begin::default(), interrupt)
}

/// [`best_rate_within`] with beams that are one more start, the first.
///
/// # Errors
/// As [`best_rate_within`].
pub fn best_rate_within_from(
    world: &World,
    weights: &[f64],
    required: &Requirements,
    starts: usize,
    (gap, nodes): (f64, u64),
    begin: &Begin<'_>,
    interrupt: &Interrupt,
) -> Result<Interval, Error> {
    within("gap", gap, 0.0, 1.0)?;
    // tolerances are those of rates of the usual size
    let most = weights.iter().copied().fold(0.0, f64::max);
    if most > 0.0 && most.is_finite() && !USUAL.contains(&most) {
        let weights: Vec<f64> = weights.iter().map(|weight| weight / most).collect();
        let search = (gap, nodes);
        let one =
            best_rate_within_from(world, &weights, required, starts, search, begin, interrupt)?;
        return Ok(one.times(most));
    }
    let found = best_rate_from(world, (weights, false), required, starts, begin, interrupt)?;
    let space = Space::new(world, required.whole(None))?;
    let power = required.power.total();
    let mut search = Search { space: &space, weights, required, power, best: found, examined: 0 };
    if search.best.beams.norm_sqr() == 0.0 {
        return Ok(Interval {
            found: search.best,
            bound: f64::INFINITY,
            root: f64::INFINITY,
            nodes: 0,
            numbers: BTreeMap::new(),
        });
    }
    let users = space.users();
    let streams = users + sensing_streams(&space, None, required);
    let warm = start(&space, streams, power, 0.2, 0);
    let high = most_interference(&space, power, &required.sinr);
    let nothing = (f64::INFINITY, None);
    let mut open = vec![search.node(vec![1.0; users], high, nothing, &warm, interrupt)];
    let root = open[0].bound;
    loop {
        let top = (0..open.len()).max_by(|a, b| open[*a].bound.total_cmp(&open[*b].bound));
        let Some(top) = top else { break };
        let done = open[top].bound <= search.best.value * (1.0 + gap);
        if done || search.examined >= nodes || interrupt.is_raised() {
            break;
        }
        let parent = open.swap_remove(top);
        let Some((user, at)) = search.branch(&parent) else {
            // nothing left to divide: its bound is what it is
            open.push(parent);
            break;
        };
        for side in 0..2 {
            let (mut low, mut high) = (parent.low.clone(), parent.high.clone());
            if side == 0 {
                high[user] = at;
            } else {
                low[user] = at;
            }
            let known = (parent.bound, parent.proof.clone());
            open.push(search.node(low, high, known, &parent.beams, interrupt));
        }
    }
    let bound = open.iter().map(|b| b.bound).fold(search.best.value, f64::max);
    let proven: Option<Vec<_>> = open
        .iter()
        .map(|region| Some(((&region.low[..], &region.high[..]), region.proof.as_ref()?)))
        .collect();
    let numbers = proven.map_or_else(BTreeMap::new, |leaves| numbers(required, &leaves));
    Ok(Interval { bound, root, nodes: search.examined, found: search.best, numbers })
}

/// The state of branch and bound.
struct Search<'a> {
    space: &'a Space,
    weights: &'a [f64],
    required: &'a Requirements,
    power: f64,
    best: Found,
    examined: u64,
}

impl Search<'_> {
    fn chord(low: f64, high: f64) -> f64 {
        let width = (high / low).ln();
        if width > 1e-14 { width / (high - low) } else { 1.0 / low }
    }

    /// Bound a box, and take what its solution teaches.
    fn node(
        &mut self,
        low: Vec<f64>,
        high: Vec<f64>,
        (parent, known): (f64, Option<Leaf>),
        warm: &CMat,
        interrupt: &Interrupt,
    ) -> Region {
        self.examined += 1;
        let users = self.space.users();
        let l: Vec<f64> = (0..users).map(|k| Self::chord(low[k], high[k])).collect();
        let aim = Aim::Chords(self.weights.to_vec(), l);
        let caps = self.required.strict_caps(TOLERANCE);
        let mut program = Program::new(
            self.space,
            warm.cols(),
            aim,
            self.required.strict_floors(TOLERANCE),
            caps.clone(),
            Chart::of(&self.required.power),
        );
        let mut proof = known;
        let mut bound = parent;
        let mut beams = warm.clone();
        // a stream of no power has no gradient, though the relaxation may need it
        for attempt in 0..5 {
            let (next, run) = climbed(&mut program, &beams, interrupt);
            beams = next;
            let heard = Heard::of(self.space, &beams);
            let sensed = Sensed::of(self.space, &beams, true);
            let floors: Vec<usize> = (0..users).filter(|k| self.required.sinr[*k] > 0.0).collect();
            let floored = floors.len();
            let mut lambda = vec![0.0; if floored > 0 { users } else { 0 }];
            for (nu, k) in run.multipliers.iter().zip(&floors) {
                lambda[*k] = (nu / heard.interference[*k]).max(0.0);
            }
            let mut all = Minorant::nothing(self.space.dim());
            let mut limits = 0.0;
            let rho: Vec<f64> = caps
                .iter()
                .zip(&run.multipliers[floored..])
                .map(|(cap, nu)| {
                    let value = sensed.value(self.space, &cap.metric).unwrap_or(1.0);
                    nu * cap.metric.slope(value, cap.limit)
                })
                .collect();
            let minorant = |metric: &Metric| sensed.minorant(self.space, metric, SHARPNESS);
            for cap in capped(&caps, &rho, self.required, minorant) {
                all.add(cap.rho, &cap.minorant);
                limits += cap.rho * cap.limit;
            }
            let t: Vec<f64> =
                (0..users).map(|k| 1.0 / (heard.signal[k] + heard.interference[k])).collect();
            let boxed = (low.as_slice(), high.as_slice());
            let caps = (&all, limits);
            let floors = (&self.required.sinr[..], &lambda[..]);
            let power = &self.required.power;
            let (mut found, matrices) =
                node_bound(self.space, self.weights, boxed, &t, (caps, floors), (power, &[]));
            let mut nu = Vec::new();
            if let Some(groups) = power.groups() {
                nu = limits_of(&groups, &matrices, &beams, users);
                let power = (power, &nu[..]);
                found = node_bound(self.space, self.weights, boxed, &t, (caps, floors), power).0;
            }
            if found < bound {
                bound = found;
                let inverses = if rho.is_empty() { Vec::new() } else { sensed.inverses() };
                let (low, high) = (low.clone(), high.clone());
                proof = Some(Leaf { low, high, t, rho, lambda, nu, inverses });
            }
            self.learn(&beams, interrupt);
            let Some((stream, column)) = escape(&beams, self.weights, &matrices, self.power) else {
                break;
            };
            if attempt == 4 || interrupt.is_raised() {
                break;
            }
            for (w, z) in beams.col_mut(stream).iter_mut().zip(&column) {
                *w += z * (0.05 * self.power).sqrt();
            }
        }
        let interference = Heard::of(self.space, &beams).interference;
        Region { bound, low, high, beams, interference, proof }
    }

    /// The rate of a node's design, where it meets the caps, is a bound from below.
    fn learn(&mut self, w: &CMat, interrupt: &Interrupt) {
        let heard = Heard::of(self.space, w);
        let rate: f64 =
            self.weights.iter().enumerate().map(|(k, v)| v * heard.sinr(k).ln_1p()).sum();
        if rate <= self.best.value * (1.0 + 1e-9) {
            return;
        }
        let aim = Aim::Rate(self.weights.to_vec());
        let mut program = Program::new(
            self.space,
            w.cols(),
            aim,
            self.required.strict_floors(TOLERANCE),
            self.required.strict_caps(TOLERANCE),
            Chart::of(&self.required.power),
        );
        let (beams, run) = climbed(&mut program, w, interrupt);
        let miss = Standing::of(self.space, &beams).violation(self.space, self.required);
        if miss <= MET && -run.value > self.best.value {
            let evaluations = self.best.evaluations + run.work.evaluations;
            let found = Found::of_rate(self.space, self.required, &beams, -run.value, &run);
            self.best = Found { evaluations, ..found };
        }
    }

    /// The user whose chord is worst at the node's design, and where its interval is divided.
    fn branch(&self, parent: &Region) -> Option<(usize, f64)> {
        let miss = |k: usize| {
            let l = Self::chord(parent.low[k], parent.high[k]);
            let i = parent.interference[k].clamp(parent.low[k], parent.high[k]);
            self.weights[k] * (i.ln() + l * parent.low[k] - parent.low[k].ln() - l * i)
        };
        let wide = |k: &usize| parent.high[*k] > parent.low[*k] * (1.0 + 1e-12);
        let users = (0..self.weights.len()).filter(wide);
        let user = users.max_by(|a, b| miss(*a).total_cmp(&miss(*b)))?;
        let width = (parent.high[user] / parent.low[user]).ln();
        let share = (parent.interference[user] / parent.low[user]).ln() / width;
        Some((user, parent.low[user] * (share.clamp(0.1, 0.9) * width).exp()))
    }
}

/// Multipliers of the limits of groups: those of `Σ ν_g W_g = Σ_j G_j w_j`.
fn limits_of(groups: &Groups, matrices: &[CMat], w: &CMat, users: usize) -> Vec<f64> {
    let mut target = CMat::zeros(w.rows(), w.cols());
    for (j, matrix) in matrices.iter().enumerate() {
        let bent = product(matrix, Op::Plain, w, Op::Plain);
        for stream in 0..w.cols() {
            if j == if stream < users { stream + 1 } else { 0 } {
                target.col_mut(stream).copy_from_slice(bent.col(stream));
            }
        }
    }
    let mut columns = Columns::new();
    columns.columns.extend((0..groups.count()).map(|g| groups.rows(g, w)));
    columns.solve(&target)
}

/// A direction in which a stream should have power and has none, by the eigenvalues of the node's
/// matrices against the multiplier of the power.
fn escape(w: &CMat, weights: &[f64], matrices: &[CMat], power: f64) -> Option<(usize, Vec<C64>)> {
    let users = weights.len();
    // rates of weights of any size are worth as much
    let usual = weights.iter().copied().fold(0.0, f64::max);
    let mut mu = 0.0;
    for stream in 0..w.cols() {
        let matrix = &matrices[if stream < users { stream + 1 } else { 0 }];
        let bent = product(matrix, Op::Plain, w, Op::Plain);
        mu += real_dot(bent.col(stream), w.col(stream)) / power;
    }
    let mut best: Option<(f64, usize, Vec<C64>)> = None;
    let mut eigen = HermitianEigen::new(w.rows());
    for (j, matrix) in matrices.iter().enumerate() {
        let stream = if j > 0 { j - 1 } else { users };
        if stream >= w.cols() || eigen.compute(matrix).is_err() {
            continue;
        }
        let top = eigen.max();
        if top > mu + 1e-5 * mu.max(usual) && best.as_ref().is_none_or(|(most, ..)| top > *most) {
            let at =
                (0..w.rows()).max_by(|a, b| eigen.values()[*a].total_cmp(&eigen.values()[*b]))?;
            best = Some((top, stream, eigen.vectors().col(at).to_vec()));
        }
    }
    best.map(|(_, stream, column)| (stream, column))
}
