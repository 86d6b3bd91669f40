//! A task as the augmented Lagrangian sees it: everything in logarithms, so that it is free of units.

use noctule_num::C64;
use noctule_num::linalg::real_dot;
use noctule_optim::{Constrained, Manifold};

use super::stack::Stack;
use super::task::{Aim, Task};

/// A requirement `c ≤ 0`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Wanted {
    /// `ln γ − ln SINR` of an entry of `[subcarrier][user]`.
    Floor { at: usize, floor: f64 },
    /// `ln r₀ − ln r` of a user.
    Rate { user: usize, floor: f64 },
    /// `ln m/c` of a member.
    Cap { member: usize, limit: f64 },
    /// A member below the one that is made small.
    Below { member: usize },
    /// The rate of a user over its weight above the one that is made large.
    Above { user: usize },
}

impl Wanted {
    /// Whether it is required, and not one more of what is aimed at.
    pub(super) const fn is_required(&self) -> bool {
        !matches!(self, Self::Below { .. } | Self::Above { .. })
    }
}

/// The program of a task.
pub(super) struct Program<'a> {
    pub(super) stack: &'a mut Stack,
    pub(super) task: &'a Task,
    /// The members of the aim, then those of the limits.
    pub(super) members: Vec<Vec<f64>>,
    /// Which member is made small, or which user's rate large, where there are several.
    pub(super) of: usize,
    pub(super) wanted: Vec<Wanted>,
    /// What everything is asked beyond what is required, in logarithms.
    margin: f64,
    /// Slopes l of the chords in place of −ln I; none where rates are as they are.
    pub(super) chords: Option<Vec<f64>>,
    /// The power that points of the sphere stand for, over that of the instance; the last entry of a point is
    /// then slack.
    pub(super) most: Option<f64>,
    /// What the aim is divided by, of the weighted sum.
    unit: f64,
    /// Rates of the users, and bounds of the members.
    pub(super) rates: Vec<f64>,
    pub(super) bounds: Vec<f64>,
    x: Vec<C64>,
    by_signal: Vec<f64>,
    by_interference: Vec<f64>,
    phi: Vec<f64>,
    v: Vec<C64>,
}

/// `o − lI ≥ −ln I` for `1 ≤ I ≤ 1 + g`, tight at both ends: l, and o is the same.
pub(super) fn chord(g: f64) -> f64 {
    if g > 1e-8 { g.ln_1p() / g } else { 1.0 }
}

impl<'a> Program<'a> {
    /// The program with everything asked a little more strictly, by `strict`.
    pub(super) fn new(
        stack: &'a mut Stack,
        task: &'a Task,
        strict: f64,
        chords: Option<Vec<f64>>,
        most: Option<f64>,
        unit: f64,
    ) -> Self {
        let (users, n) = (stack.users, stack.subcarriers());
        let mut members = task.aimed();
        let aimed = members.len();
        let more = 1.0 + 2.0 * strict;
        let mut wanted = Vec::new();
        for at in 0..n * users {
            let floor = task.sinr[at % users];
            if floor > 0.0 {
                wanted.push(Wanted::Floor { at, floor: floor * more });
            }
        }
        for (user, floor) in task.rates.iter().enumerate().filter(|(_, floor)| **floor > 0.0) {
            wanted.push(Wanted::Rate { user, floor: floor * more });
        }
        for (i, (member, limit)) in task.capped().enumerate() {
            members.push(member.clone());
            wanted.push(Wanted::Cap { member: aimed + i, limit: limit / more });
        }
        let phi = vec![0.0; task.counted * task.counted];
        Self {
            task,
            of: 0,
            wanted,
            margin: 2.0 * strict,
            chords,
            most,
            unit,
            rates: vec![0.0; users],
            bounds: vec![0.0; members.len()],
            members,
            x: Vec::new(),
            by_signal: vec![0.0; n * users],
            by_interference: vec![0.0; n * users],
            phi,
            v: Vec::new(),
            stack,
        }
    }

    /// Make the member, or the rate, that is worst at a point the one that is aimed at.
    pub(super) fn aim_at_worst(&mut self, x: &[C64]) {
        let worst = |list: &mut dyn Iterator<Item = (usize, f64)>| {
            list.max_by(|a, b| a.1.total_cmp(&b.1)).map_or(0, |worst| worst.0)
        };
        self.see(x);
        self.wanted.retain(Wanted::is_required);
        match &self.task.aim {
            Aim::Bound(members) => {
                let count = members.len();
                self.of = worst(&mut self.bounds[..count].iter().copied().enumerate());
                let others = (0..count).filter(|i| *i != self.of);
                self.wanted.extend(others.map(|member| Wanted::Below { member }));
            }
            Aim::WorstRate(v) => {
                let served = (0..v.len()).filter(|k| v[*k] > 0.0);
                let rate = |k: usize| (k, -self.rates[k] / v[k]);
                self.of = worst(&mut served.clone().map(rate));
                let others = served.filter(|k| *k != self.of);
                self.wanted.extend(others.map(|user| Wanted::Above { user }));
            }
            _ => {}
        }
    }

    /// Where points live.
    pub(super) fn manifold(&self) -> Manifold {
        Manifold::sphere(self.stack.dim() + usize::from(self.most.is_some()))
    }

    /// The root of the power that a point's norm stands for.
    pub(super) fn scale(&self) -> f64 {
        self.most.map_or(1.0, f64::sqrt)
    }

    /// A point for beams over the root of the instance's power.
    pub(super) fn enter(&self, v: &[C64]) -> Vec<C64> {
        let scale = self.scale();
        let mut x: Vec<C64> = v.iter().map(|z| z / scale).collect();
        if self.most.is_some() {
            // at the whole the slack has no gradient
            let share = real_dot(&x, &x);
            if share > 0.99 {
                let less = (0.99 / share).sqrt();
                x.iter_mut().for_each(|z| *z *= less);
            }
            let left = 1.0 - real_dot(&x, &x);
            x.push(C64::from(left.max(0.0).sqrt()));
        }
        x
    }

    /// Beams of a point over the root of the instance's power.
    pub(super) fn leave(&self, x: &[C64]) -> Vec<C64> {
        let scale = self.scale();
        x[..self.stack.dim()].iter().map(|z| z * scale).collect()
    }

    /// Look at a point; whether everything has a value there.
    fn see(&mut self, x: &[C64]) -> bool {
        let scale = self.scale();
        let dim = self.stack.dim();
        self.v.clear();
        self.v.extend(x[..dim].iter().map(|z| z * scale));
        self.x.clear();
        self.x.extend_from_slice(x);
        let there = self.stack.look(&self.v);
        let (users, n) = (self.stack.users, self.stack.subcarriers());
        self.rates.fill(0.0);
        for at in 0..n * users {
            let (s, i) = (self.stack.signal[at], self.stack.interference[at]);
            self.rates[at % users] += match &self.chords {
                None => (s / i).ln_1p(),
                Some(l) => (s + i).ln() + l[at] - l[at] * i,
            } / n as f64;
        }
        for (bound, member) in self.bounds.iter_mut().zip(&self.members) {
            *bound = self.stack.bound(member);
        }
        there && self.bounds.iter().all(|m| *m > 0.0 && m.is_finite())
    }

    fn aim(&self) -> f64 {
        let rates = &self.rates;
        match &self.task.aim {
            Aim::Bound(_) => self.bounds[self.of].ln(),
            Aim::Power => real_dot(&self.v, &self.v).ln(),
            Aim::Rate(v) => -v.iter().zip(rates).map(|(v, r)| v * r).sum::<f64>(),
            Aim::LogRate(v) => {
                let served = v.iter().zip(rates).filter(|(v, _)| **v > 0.0);
                -served.map(|(v, r)| v * r.ln()).sum::<f64>()
            }
            Aim::WorstRate(v) => -(rates[self.of] / v[self.of]).ln(),
            Aim::Weighted(v, _) => {
                let bound = self.bounds.first().copied().unwrap_or(0.0);
                (bound - v * rates.iter().sum::<f64>()) / self.unit
            }
        }
    }

    /// What the aim is divided by.
    pub(super) const fn unit(&self) -> f64 {
        self.unit
    }

    /// What everything is asked beyond what is required, in logarithms.
    pub(super) const fn margin(&self) -> f64 {
        self.margin
    }
}

impl Constrained for Program<'_> {
    fn constraints(&self) -> usize {
        self.wanted.len()
    }

    fn values(&mut self, x: &[C64], constraints: &mut [f64]) -> f64 {
        if !self.see(x) {
            return f64::INFINITY;
        }
        let (s, i) = (&self.stack.signal, &self.stack.interference);
        for (out, wanted) in constraints.iter_mut().zip(&self.wanted) {
            *out = match *wanted {
                Wanted::Floor { at, floor } => (floor * i[at] / s[at]).ln(),
                Wanted::Rate { user, floor } => (floor / self.rates[user]).ln(),
                Wanted::Cap { member, limit } => (self.bounds[member] / limit).ln(),
                Wanted::Below { member } => (self.bounds[member] / self.bounds[self.of]).ln(),
                Wanted::Above { user } => match &self.task.aim {
                    Aim::WorstRate(v) => {
                        (self.rates[self.of] / v[self.of] / (self.rates[user] / v[user])).ln()
                    }
                    _ => 0.0,
                },
            };
            if !out.is_finite() {
                return f64::INFINITY;
            }
        }
        let aim = self.aim();
        if aim.is_finite() { aim } else { f64::INFINITY }
    }

    fn gradient(&mut self, weights: &[f64], gradient: &mut [C64]) {
        self.slope(true, weights, gradient);
    }
}

impl Program<'_> {
    /// The gradient of `Σ weights_i c_i` alone, at the point that was looked at.
    pub(super) fn pulled(&mut self, weights: &[f64], gradient: &mut [C64]) {
        self.slope(false, weights, gradient);
    }

    /// How the aim changes with bounds and rates.
    fn aims(&self, by_bound: &mut [f64], by_rate: &mut [f64]) {
        let (bounds, rates) = (&self.bounds, &self.rates);
        match &self.task.aim {
            Aim::Bound(_) => by_bound[self.of] += 1.0 / bounds[self.of],
            Aim::Power => {}
            Aim::Rate(v) => by_rate.iter_mut().zip(v).for_each(|(by, v)| *by -= v),
            Aim::LogRate(v) => {
                for (k, v) in v.iter().enumerate().filter(|(_, v)| **v > 0.0) {
                    by_rate[k] -= v / rates[k];
                }
            }
            Aim::WorstRate(_) => by_rate[self.of] -= 1.0 / rates[self.of],
            Aim::Weighted(v, _) => {
                by_bound.iter_mut().for_each(|by| *by += 1.0 / self.unit);
                by_rate.iter_mut().for_each(|by| *by -= v / self.unit);
            }
        }
    }

    /// The gradient of what is wanted, and of the aim where it counts.
    fn slope(&mut self, aims: bool, weights: &[f64], gradient: &mut [C64]) {
        let (users, n) = (self.stack.users, self.stack.subcarriers());
        let mut by_bound = vec![0.0; self.members.len()];
        let mut by_rate = vec![0.0; users];
        if aims {
            self.aims(&mut by_bound, &mut by_rate);
        }
        self.by_signal.fill(0.0);
        self.by_interference.fill(0.0);
        let (bounds, rates) = (&self.bounds, &self.rates);
        for (wanted, weight) in self.wanted.iter().zip(weights).filter(|(_, w)| **w != 0.0) {
            match *wanted {
                Wanted::Floor { at, .. } => {
                    self.by_signal[at] -= weight / self.stack.signal[at];
                    self.by_interference[at] += weight / self.stack.interference[at];
                }
                Wanted::Rate { user, .. } => by_rate[user] -= weight / rates[user],
                Wanted::Cap { member, .. } => by_bound[member] += weight / bounds[member],
                Wanted::Below { member } => {
                    by_bound[member] += weight / bounds[member];
                    by_bound[self.of] -= weight / bounds[self.of];
                }
                Wanted::Above { user } => {
                    by_rate[self.of] += weight / rates[self.of];
                    by_rate[user] -= weight / rates[user];
                }
            }
        }
        for at in 0..n * users {
            let by = by_rate[at % users] / n as f64;
            let (s, i) = (self.stack.signal[at], self.stack.interference[at]);
            self.by_signal[at] += by / (s + i);
            self.by_interference[at] += match &self.chords {
                // without a difference of what is nearly equal
                None => -by * s / ((s + i) * i),
                Some(l) => by * (1.0 / (s + i) - l[at]),
            };
        }
        self.phi.fill(0.0);
        let mut bounded = false;
        if let Some(seen) = &self.stack.seen {
            for (member, by) in self.members.iter().zip(&by_bound).filter(|(_, by)| **by != 0.0) {
                seen.outer(member, *by, &mut self.phi);
                bounded = true;
            }
        }
        let dim = self.stack.dim();
        let phi = bounded.then_some(self.phi.as_slice());
        self.stack.gradient(&self.by_signal, &self.by_interference, phi, &mut gradient[..dim]);
        let scale = self.scale();
        if aims && self.task.aim == Aim::Power {
            let power = real_dot(&self.v, &self.v);
            let own = gradient[..dim].iter_mut().zip(&self.v);
            own.for_each(|(g, v)| *g += v * (2.0 / power));
        }
        gradient[..dim].iter_mut().for_each(|g| *g *= scale);
        if let Some(slack) = gradient.get_mut(dim) {
            *slack = C64::ZERO;
        }
    }
}
