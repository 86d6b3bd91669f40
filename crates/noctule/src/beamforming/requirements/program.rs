//! The problem as the augmented Lagrangian sees it: beams on a sphere, everything in logarithms.
//!
//! Logarithms make requirements free of units: `log γ_k − log SINR_k`, `log(m_i/c_i)`, `log(p/value)`.
//! A total power is a sphere, since more power helps every metric here; a least power is the square
//! of a part of a unit vector whose rest is slack; limits of groups of antennas are one sphere a group
//! with a slack each, so that they hold to rounding and need no multiplier.

use noctule_num::linalg::{Op, mul};
use noctule_num::{C64, CMat};
use noctule_optim::{Constrained, Manifold};

use super::chart::Chart;
use super::link::Heard;
use super::metric::Metric;
use super::minorant::Pull;
use super::sensed::Sensed;
use super::world::Space;

/// What is to be made small, or large.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Aim {
    /// The logarithm of a metric (log det: itself).
    Metric(Metric),
    /// The logarithm of the one of several metrics that is largest, the others below it.
    Largest(Vec<Metric>, usize),
    /// The logarithm of the power.
    Power,
    /// The logarithm of what all limits of groups are multiplied by.
    Factor,
    /// `−Σ v_k log(1 + SINR_k)`.
    Rate(Vec<f64>),
    /// `−Σ v_k log log(1 + SINR_k)`.
    LogRate(Vec<f64>),
    /// `−Σ v_k (log T_k − l_k I_k)`, T = S + I: the rate with chords in place of −log I.
    Chords(Vec<f64>, Vec<f64>),
}

/// A metric with what it may be at most (a gain: at least).
#[derive(Clone, Debug, PartialEq)]
pub struct Cap {
    /// The metric.
    pub metric: Metric,
    /// The limit, in the metric's own unit.
    pub limit: f64,
}

/// A floor on the rate near the largest rate has a multiplier of hundreds of nats, and is not reached
/// by the augmented Lagrangian unless it is scaled up.
const RATE_SCALE: f64 = 1e4;

/// The program: an aim, floors on SINRs, caps.
pub(super) struct Program<'a> {
    pub(super) space: &'a Space,
    pub(super) streams: usize,
    pub(super) aim: Aim,
    /// γ_k, zero for none.
    pub(super) floors: Vec<f64>,
    pub(super) caps: Vec<Cap>,
    pub(super) chart: Chart,
    pub(super) sharpness: i32,
    /// Residual and feasibility to be reached.
    pub(super) tolerance: f64,
    /// Weights v and the least Σ v_k log(1 + SINR_k), where there is one.
    pub(super) rate_floor: Option<(Vec<f64>, f64)>,
    /// The usual size of the aim, where it may be zero.
    unit: f64,
    /// √t of the chart.
    root: f64,
    w: CMat,
    at: Option<(Heard, Sensed)>,
    pull: Pull,
    room: Room,
}

/// What every evaluation writes again.
struct Room {
    /// `[H, T]ᴴW`.
    both: CMat,
    /// Coefficients of `[H, T]` in the gradient.
    coefficients: CMat,
    inner: CMat,
    gradient: CMat,
}

impl<'a> Program<'a> {
    pub(super) fn new(
        space: &'a Space,
        streams: usize,
        aim: Aim,
        floors: Vec<f64>,
        caps: Vec<Cap>,
        chart: Chart,
    ) -> Self {
        let w = CMat::zeros(space.dim(), streams);
        let pull = Pull::new(space);
        // a cap is as sharp as its p-norm: log 2/p too strict where two eigenvalues are largest
        let eigen = |cap: &Cap| matches!(cap.metric, Metric::LargestEigenvalue(_));
        let sharpness = if caps.iter().any(eigen) { 8192 } else { 256 };
        let unit = match (&aim, &chart) {
            (Aim::Metric(metric), Chart::Total(power)) => metric.usual(*power),
            _ => 1.0,
        };
        Self {
            space,
            streams,
            aim,
            floors,
            caps,
            chart,
            sharpness,
            tolerance: 2e-8,
            rate_floor: None,
            unit,
            root: 1.0,
            w,
            at: None,
            pull,
            room: Room {
                both: CMat::zeros(space.n.cols(), streams),
                coefficients: CMat::zeros(space.n.cols(), streams),
                inner: CMat::zeros(space.t.cols(), streams),
                gradient: CMat::zeros(space.dim(), streams),
            },
        }
    }

    pub(super) fn manifold(&self) -> Manifold {
        self.chart.manifold(self.space.dim(), self.streams)
    }

    /// A point of the manifold for beams, which are scaled where they spend too much.
    pub(super) fn enter(&self, w: &CMat) -> Vec<C64> {
        self.chart.enter(w)
    }

    /// The beams of a point.
    pub(super) fn beams(&self, x: &[C64]) -> CMat {
        let mut w = CMat::zeros(self.space.dim(), self.streams);
        self.chart.leave(x, &mut w);
        w
    }

    fn needs_all(&self) -> bool {
        let metric = |m: &Metric| m.needs_all() || matches!(m, Metric::Illumination { .. });
        self.caps.iter().any(|cap| metric(&cap.metric))
            || match &self.aim {
                Aim::Metric(m) => metric(m),
                Aim::Largest(members, _) => members.iter().any(metric),
                _ => false,
            }
    }

    /// Whether the limit of a cap grows with those of groups.
    fn scales(&self, cap: &Cap) -> bool {
        self.aim == Aim::Factor && matches!(cap.metric, Metric::Power(_))
    }

    /// The users with a floor.
    fn floored(&self) -> impl Iterator<Item = (usize, f64)> + '_ {
        self.floors.iter().copied().enumerate().filter(|(_, floor)| *floor > 0.0)
    }

    fn value(&self, heard: &Heard, sensed: &Sensed, power: f64) -> f64 {
        let users = 0..self.space.users();
        match &self.aim {
            Aim::Metric(metric) => {
                let value = sensed.smooth_value(self.space, metric, self.sharpness);
                value.map_or(f64::INFINITY, |v| metric.scaled(v, self.unit))
            }
            Aim::Largest(members, of) => {
                let member = &members[*of];
                let value = sensed.value(self.space, member);
                value.map_or(f64::INFINITY, |v| member.scaled(v, 1.0))
            }
            Aim::Power => power.ln(),
            Aim::Factor => self.root.powi(2).ln(),
            Aim::Rate(v) => -users.map(|k| v[k] * heard.sinr(k).ln_1p()).sum::<f64>(),
            Aim::Chords(v, l) => -users
                .map(|k| {
                    let (s, i) = (heard.signal[k], heard.interference[k]);
                    v[k] * ((s + i).ln() - l[k] * i)
                })
                .sum::<f64>(),
            Aim::LogRate(v) => -users.map(|k| v[k] * heard.sinr(k).ln_1p().ln()).sum::<f64>(),
        }
    }
}

impl Constrained for Program<'_> {
    fn constraints(&self) -> usize {
        let others = if let Aim::Largest(members, _) = &self.aim { members.len() - 1 } else { 0 };
        let rate = usize::from(self.rate_floor.is_some());
        self.floored().count() + self.caps.len() + others + rate
    }

    fn values(&mut self, x: &[C64], constraints: &mut [f64]) -> f64 {
        let mut w = std::mem::replace(&mut self.w, CMat::zeros(0, 0));
        self.root = self.chart.leave(x, &mut w);
        self.w = w;
        let (mut heard, mut sensed) = self.at.take().unwrap_or_else(|| {
            (Heard::blank(self.space, self.streams), Sensed::blank(self.space, self.streams))
        });
        let all = self.needs_all();
        let both = &mut self.room.both;
        mul(both, false, 1.0, &self.space.n, Op::Adjoint, &self.w, Op::Plain);
        heard.look(self.space, both, &self.w);
        sensed.look(self.space, both, &self.w, all);
        let mut out = constraints.iter_mut();
        for (k, floor) in self.floored() {
            let sinr = heard.sinr(k);
            if sinr <= 0.0 || sinr.is_nan() {
                return f64::INFINITY;
            }
            if let Some(out) = out.next() {
                *out = (floor / sinr).ln();
            }
        }
        for cap in &self.caps {
            let value = sensed.smooth_value(self.space, &cap.metric, self.sharpness);
            let Some(value) = value.filter(|v| v.is_finite()) else { return f64::INFINITY };
            // limits on power are multiplied by t as those of groups are
            let value = if self.scales(cap) { value / self.root.powi(2) } else { value };
            if cap.metric.is_gain() && value <= 0.0 {
                return f64::INFINITY;
            }
            let scaled = |value: f64| cap.metric.scaled(value, cap.limit);
            let excess = scaled(value) - scaled(cap.limit);
            if let Some(out) = out.next() {
                *out = excess;
            }
        }
        if let Some((v, least)) = &self.rate_floor {
            let rate: f64 = v.iter().enumerate().map(|(k, v)| v * heard.sinr(k).ln_1p()).sum();
            if let Some(out) = out.next() {
                *out = RATE_SCALE * (1.0 - rate / least);
            }
        }
        let value = self.value(&heard, &sensed, self.w.norm_sqr());
        if let Aim::Largest(members, of) = &self.aim {
            for member in members.iter().enumerate().filter(|(i, _)| i != of).map(|(_, m)| m) {
                let other = sensed.value(self.space, member);
                let other = other.map_or(f64::INFINITY, |v| member.scaled(v, 1.0));
                if !other.is_finite() {
                    return f64::INFINITY;
                }
                if let Some(out) = out.next() {
                    *out = other - value;
                }
            }
        }
        self.at = Some((heard, sensed));
        value
    }

    fn gradient(&mut self, weights: &[f64], gradient: &mut [C64]) {
        let Some((heard, sensed)) = &self.at else { return };
        let users = self.space.users();
        let (mut by_signal, mut by_interference) = (vec![0.0; users], vec![0.0; users]);
        let mut weight = weights.iter();
        for (k, _) in self.floored() {
            let weight = weight.next().copied().unwrap_or_default();
            by_signal[k] -= weight / heard.signal[k];
            by_interference[k] += weight / heard.interference[k];
        }
        self.pull.clear();
        let mut scaling = 0.0;
        for cap in &self.caps {
            let weight = weight.next().copied().unwrap_or_default();
            if self.scales(cap) {
                scaling += weight;
            }
            if weight != 0.0 {
                let value = sensed.smooth_value(self.space, &cap.metric, self.sharpness);
                let unit = cap.metric.slope(value.unwrap_or(1.0), cap.limit);
                let _ = sensed.add_pull(
                    self.space,
                    &cap.metric,
                    weight * unit,
                    self.sharpness,
                    &mut self.pull,
                );
            }
        }
        if let Some((v, least)) = &self.rate_floor {
            let weight = weight.next().copied().unwrap_or_default() * RATE_SCALE / least;
            for k in 0..users {
                let (s, i) = (heard.signal[k], heard.interference[k]);
                by_signal[k] -= weight * v[k] / (s + i);
                by_interference[k] += weight * v[k] * (s / i) / (s + i);
            }
        }
        let mut out = std::mem::replace(&mut self.room.gradient, CMat::zeros(0, 0));
        match &self.aim {
            Aim::Metric(metric) => {
                let value = sensed.smooth_value(self.space, metric, self.sharpness);
                let unit = metric.slope(value.unwrap_or(1.0), self.unit);
                let _ = sensed.add_pull(self.space, metric, unit, self.sharpness, &mut self.pull);
            }
            Aim::Largest(members, of) => {
                let others: Vec<f64> = weight.by_ref().copied().collect();
                let mut others_left = others.iter();
                for (i, member) in members.iter().enumerate() {
                    let share = if i == *of {
                        1.0 - others.iter().sum::<f64>()
                    } else {
                        others_left.next().copied().unwrap_or_default()
                    };
                    let value = sensed.value(self.space, member).unwrap_or(1.0);
                    let _ = sensed.add_pull(
                        self.space,
                        member,
                        share / value,
                        self.sharpness,
                        &mut self.pull,
                    );
                }
            }
            Aim::Power | Aim::Factor => {}
            Aim::Chords(v, l) => {
                for k in 0..users {
                    let total = heard.signal[k] + heard.interference[k];
                    by_signal[k] -= v[k] / total;
                    by_interference[k] -= v[k] * (1.0 / total - l[k]);
                }
            }
            Aim::Rate(v) | Aim::LogRate(v) => {
                let log = matches!(self.aim, Aim::LogRate(_));
                for k in 0..users {
                    let (s, i) = (heard.signal[k], heard.interference[k]);
                    let slope = if log { v[k] / heard.sinr(k).ln_1p() } else { v[k] };
                    by_signal[k] -= slope / (s + i);
                    by_interference[k] += slope * (s / i) / (s + i);
                }
            }
        }
        let Room { coefficients, inner, .. } = &mut self.room;
        for s in 0..self.streams {
            for k in 0..users {
                coefficients[(k, s)] =
                    heard.coefficient(self.space, (k, s), &by_signal, &by_interference);
            }
        }
        self.pull.coefficients(sensed.seen(), inner, users, coefficients);
        mul(&mut out, false, 1.0, &self.space.n, Op::Plain, coefficients, Op::Plain);
        Heard::add_errors(self.space, &self.w, &by_interference, &mut out);
        if let Some(all) = &self.pull.on_all {
            mul(&mut out, true, -2.0, all, Op::Plain, &self.w, Op::Plain);
        }
        if self.aim == Aim::Power {
            let scale = 2.0 / self.w.norm_sqr();
            for (out, w) in out.as_mut_slice().iter_mut().zip(self.w.as_slice()) {
                *out += w * scale;
            }
        }
        let own = if self.aim == Aim::Factor { 2.0 - 2.0 * scaling } else { 0.0 };
        self.chart.chained(&out, &self.w, self.root, own, gradient);
        self.room.gradient = out;
    }
}
