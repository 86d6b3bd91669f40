//! The search for the best metric, with the bound that proves it and the price of every requirement.

use noctule_num::{C64, CMat, NumError};
use noctule_optim::Interrupt;
use noctule_optim::augmented_lagrangian::ConstrainedRun;

use super::certificate::{Dual, MetricBound};
use super::metric::Metric;
use super::minorant::Minorant;
use super::multipliers::{Columns, capped};
use super::program::{Aim, Cap, Chart, Program};
use super::required::{DualValues, Found, PowerLimit, Requirements, Standing, Told, told};
use super::sensed::Sensed;
use super::starts::{Begin, climbed, sensing_streams, start, tilt, tolerance_for};
use super::world::Space;

/// A gap beyond which another start is tried.
const GAP: f64 = 1e-6;

/// The best metric of several starts, in the space's coordinates: it ends where the gap to the bound
/// closes. Requirements that nothing meets are missed by what it returns.
pub(super) fn searched(
    space: &Space,
    metric: &Metric,
    required: &Requirements,
    begin: &Begin<'_>,
    interrupt: &Interrupt,
) -> Result<Found, NumError> {
    let power = required.power.total();
    let all = metric.needs_all() || required.caps.iter().any(|cap| cap.metric.needs_all());
    let streams = space.users() + begin.most_sensing(sensing_streams(space, all));
    let mut best: Option<Found> = None;
    let mut evaluations = 0;
    let warm = begin.inside(space, streams);
    let cold = [0.2, 0.5, 0.02].into_iter().enumerate().map(|(turn, share)| {
        let mut w = start(space, streams, power, share, turn);
        if turn > 0 {
            tilt(&mut w, turn);
        }
        w
    });
    for w in warm.into_iter().chain(cold) {
        let found = metric_from(space, metric, required, &w, interrupt)?;
        evaluations += found.evaluations;
        if best.as_ref().is_none_or(|best| open(&found) < open(best)) {
            best = Some(found);
        }
        if best.as_ref().is_some_and(|best| open(best) <= GAP) || interrupt.is_raised() {
            break;
        }
    }
    let found = best.unwrap_or_else(|| Found::none(space, required, 0));
    Ok(Found { evaluations, ..found })
}

/// The gap, infinite where something is missed.
fn open(found: &Found) -> f64 {
    match found.bound {
        Some(bound) if found.violation <= 1e-8 => {
            (found.value - bound).abs() / found.value.abs().max(f64::MIN_POSITIVE)
        }
        _ => f64::INFINITY,
    }
}

/// From one start.
fn metric_from(
    space: &Space,
    metric: &Metric,
    required: &Requirements,
    w: &CMat,
    interrupt: &Interrupt,
) -> Result<Found, NumError> {
    let descent = Descent::of(space, metric, required, w, interrupt);
    let at = Standing::of(space, &descent.beams);
    let value = at.sensed.value(space, metric).unwrap_or(f64::INFINITY);
    let members = metric.members();
    let (shares, unit) = descent.shares(space, &at, value);
    let (lambda, rho) = descent.multipliers(space, &at, unit);
    let (caps, sharpness) = (&descent.caps, descent.sharpness);
    let case = Case { space, metric, members: &members, required, caps, sharpness, at: &at };
    let first = matches!(required.power, PowerLimit::Total(_))
        .then(|| case.dual(&shares, &lambda, &rho))
        .flatten()
        .map(|dual| Refined { dual, shares: shares.clone(), nu: Vec::new() });
    let refined = case.refined(&descent.beams, &shares);
    let mut found = case.best(&descent.beams, value, first.into_iter().chain(refined).collect());
    found.evaluations = descent.evaluations;
    Ok(found)
}

/// Where a descent ended.
struct Descent {
    beams: CMat,
    run: ConstrainedRun,
    aim: Aim,
    caps: Vec<Cap>,
    floored: Vec<usize>,
    sharpness: i32,
    evaluations: u64,
}

impl Descent {
    fn of(
        space: &Space,
        metric: &Metric,
        required: &Requirements,
        w: &CMat,
        interrupt: &Interrupt,
    ) -> Self {
        let chart = match &required.power {
            PowerLimit::Total(power) => Chart::Total(*power),
            PowerLimit::PerAntenna(limits) => Chart::Antennas(limits.clone()),
        };
        let tolerance = tolerance_for(space, required);
        let caps = required.strict_caps(tolerance);
        let floors = required.strict_floors(tolerance);
        let aim = aim(space, metric, w);
        let mut program = Program::new(space, w.cols(), aim, floors, caps.clone(), chart);
        program.tolerance = tolerance;
        let (mut beams, mut run) = climbed(&mut program, w, interrupt);
        let mut evaluations = run.work.evaluations;
        let floored: Vec<usize> = (0..space.users()).filter(|k| required.sinr[*k] > 0.0).collect();
        for _ in 0..metric.members().len() {
            let others = &run.multipliers[floored.len() + caps.len()..];
            let Some(next) = other_aim(&program.aim, others) else { break };
            program.aim = next;
            (beams, run) = climbed(&mut program, &beams, interrupt);
            evaluations += run.work.evaluations;
        }
        if matches!(metric, Metric::LargestEigenvalue(_)) {
            // where two are largest a p-norm is off by log 2/p
            for sharpness in [2048, 16_384, 131_072] {
                program.sharpness = sharpness;
                (beams, run) = climbed(&mut program, &beams, interrupt);
                evaluations += run.work.evaluations;
            }
        }
        let (aim, sharpness) = (program.aim.clone(), program.sharpness);
        Self { beams, run, aim, caps, floored, sharpness, evaluations }
    }

    /// The shares of the members in a largest metric, and what turns multipliers of logarithms into
    /// those of the constraints: the metric itself (log det: one; a largest one: `1/Σ ν_i/m_i`).
    fn shares(&self, space: &Space, at: &Standing, value: f64) -> (Vec<f64>, f64) {
        let Aim::Largest(members, of) = &self.aim else {
            let log = matches!(&self.aim, Aim::Metric(Metric::LogDet(_)));
            return (vec![1.0], if log { 1.0 } else { value });
        };
        let others = &self.run.multipliers[self.floored.len() + self.caps.len()..];
        let mut nu = others.to_vec();
        nu.insert(*of, (1.0 - others.iter().sum::<f64>()).max(0.0));
        let by_value = |(m, nu): (&Metric, &f64)| nu / at.sensed.value(space, m).unwrap_or(1.0);
        let raw: Vec<f64> = members.iter().zip(&nu).map(by_value).collect();
        let sum: f64 = raw.iter().sum();
        (raw.iter().map(|u| u / sum).collect(), 1.0 / sum)
    }

    /// λ and ρ from the multipliers of logarithms: `ν/I` and `ν/m`, in units of the aim.
    fn multipliers(&self, space: &Space, at: &Standing, unit: f64) -> (Vec<f64>, Vec<f64>) {
        let mut lambda = vec![0.0; space.users()];
        for (nu, &k) in self.run.multipliers.iter().zip(&self.floored) {
            lambda[k] = unit * nu / at.heard.interference[k];
        }
        let rho = |(cap, nu): (&Cap, &f64)| match &cap.metric {
            Metric::LogDet(_) => unit * nu,
            other => unit * nu / at.sensed.value(space, other).unwrap_or(1.0),
        };
        let nus = &self.run.multipliers[self.floored.len()..];
        (lambda, self.caps.iter().zip(nus).map(rho).collect())
    }
}

/// What is to be made small: the metric, or the member of it that is largest at the start.
pub(super) fn aim(space: &Space, metric: &Metric, w: &CMat) -> Aim {
    let members = metric.members();
    if members.len() < 2 {
        return Aim::Metric(members.into_iter().next().unwrap_or_else(|| metric.clone()));
    }
    let sensed = Sensed::of(space, w, true);
    let value = |i: &usize| sensed.value(space, &members[*i]).unwrap_or(f64::INFINITY);
    let of = (0..members.len()).max_by(|a, b| value(a).total_cmp(&value(b))).unwrap_or(0);
    Aim::Largest(members, of)
}

/// Another member to be the largest, where the multipliers of the others leave nothing for it.
fn other_aim(aim: &Aim, others: &[f64]) -> Option<Aim> {
    let Aim::Largest(members, of) = aim else { return None };
    if 1.0 - others.iter().sum::<f64>() > 1e-6 {
        return None;
    }
    let top = (0..others.len()).max_by(|a, b| others[*a].total_cmp(&others[*b]))?;
    let top = if top >= *of { top + 1 } else { top };
    Some(Aim::Largest(members.clone(), top))
}

/// A metric's problem at beams.
struct Case<'a> {
    space: &'a Space,
    metric: &'a Metric,
    members: &'a [Metric],
    required: &'a Requirements,
    caps: &'a [Cap],
    sharpness: i32,
    at: &'a Standing,
}

impl Case<'_> {
    fn minorant(&self, metric: &Metric) -> Option<Minorant> {
        self.at.sensed.minorant(self.space, metric, self.sharpness)
    }

    /// Nothing where the metric has no value at the beams.
    fn dual(&self, shares: &[f64], lambda: &[f64], rho: &[f64]) -> Option<Dual> {
        let mut metric = Minorant::nothing(self.space.dim());
        if self.members.len() > 1 {
            // Σ u_i m_i has the minorant Σ u_i (β_i, B_i)
            for (member, share) in self.members.iter().zip(shares) {
                metric.add(*share, &self.minorant(member)?);
            }
        } else {
            metric = self.minorant(self.metric)?;
        }
        Some(Dual { lambda: lambda.to_vec(), metric, caps: self.capped(rho) })
    }

    /// The limits as asked, not as solved for.
    fn capped(&self, rho: &[f64]) -> Vec<(f64, f64, Minorant)> {
        capped(self.caps, rho, self.required, |metric| self.minorant(metric))
    }

    /// Multipliers from stationarity: non-negative least squares.
    fn refined(&self, w: &CMat, shares: &[f64]) -> Option<Refined> {
        let mut columns = Columns::new();
        let users: Vec<usize> =
            (0..self.space.users()).filter(|k| self.required.sinr[*k] > 0.0).collect();
        let PowerLimit::PerAntenna(limits) = &self.required.power else {
            for member in self.members {
                columns.push_pull(self.space, self.at, w, member, self.sharpness);
            }
            columns.push_caps(self.space, self.at, w, self.caps, self.sharpness);
            for &k in &users {
                columns.push_floor(self.space, self.at, w, k, self.required.sinr[k]);
            }
            let x = columns.solve(w);
            let (x, rest) = x.split_at(self.members.len());
            let (rho, floors) = rest.split_at(self.caps.len());
            let sum: f64 = x.iter().sum();
            if sum <= 0.0 || sum.is_nan() {
                return None;
            }
            let mut lambda = vec![0.0; self.space.users()];
            for (k, l) in users.iter().zip(floors) {
                lambda[*k] = l / sum;
            }
            let shares: Vec<f64> = x.iter().map(|x| x / sum).collect();
            let rho: Vec<f64> = rho.iter().map(|x| x / sum).collect();
            let dual = self.dual(&shares, &lambda, &rho)?;
            return Some(Refined { dual, shares, nu: Vec::new() });
        };
        // B W = Σ ν_n e_n e_nᵀ W + Σ λ_k D_k − Σ ρ_i B_i W
        let mut target = CMat::zeros(w.rows(), w.cols());
        for (member, share) in self.members.iter().zip(shares) {
            let mut own = Columns::new();
            own.push_pull(self.space, self.at, w, member, self.sharpness);
            for (sum, one) in target.as_mut_slice().iter_mut().zip(own.columns[0].as_slice()) {
                *sum += one * *share;
            }
        }
        for n in 0..limits.len() {
            columns.columns.push(CMat::from_fn(w.rows(), w.cols(), |i, j| {
                if i == n { w[(i, j)] } else { C64::ZERO }
            }));
        }
        let first = columns.columns.len();
        columns.push_caps(self.space, self.at, w, self.caps, self.sharpness);
        for &k in &users {
            columns.push_floor(self.space, self.at, w, k, self.required.sinr[k]);
        }
        for column in &mut columns.columns[first..] {
            column.scale(-1.0);
        }
        let x = columns.solve(&target);
        let (nu, rest) = x.split_at(limits.len());
        let (rho, floors) = rest.split_at(self.caps.len());
        let mut lambda = vec![0.0; self.space.users()];
        for (k, l) in users.iter().zip(floors) {
            lambda[*k] = *l;
        }
        let dual = self.dual(shares, &lambda, rho)?;
        Some(Refined { dual, shares: shares.to_vec(), nu: nu.to_vec() })
    }

    /// The design with the best of its bounds.
    fn best(&self, w: &CMat, value: f64, candidates: Vec<Refined>) -> Found {
        let degree = self.metric.is_degree_minus_one();
        let power = self.required.power.total();
        let mut bound = f64::NEG_INFINITY;
        let mut kept = None;
        for candidate in candidates {
            let (found, tau) = match &self.required.power {
                PowerLimit::Total(_) => {
                    let floors = &self.required.sinr;
                    (candidate.dual.metric_bound(self.space, floors, power, degree), 0.0)
                }
                PowerLimit::PerAntenna(limits) => candidate.dual.antenna_bound(
                    self.space,
                    &self.required.sinr,
                    limits,
                    &candidate.nu,
                    degree,
                ),
            };
            if let MetricBound::AtLeast(found) = found
                && found > bound
            {
                bound = found;
                kept = Some((candidate, tau));
            }
        }
        let multiplier = match &kept {
            Some((one, _)) if matches!(self.required.power, PowerLimit::Total(_)) => {
                vec![-one.dual.multiplier(self.space, &self.required.sinr)]
            }
            _ => Vec::new(),
        };
        let sharpness = self.sharpness.unsigned_abs();
        let (dual, nu) = kept.map_or_else(
            || {
                let (lambda, rho) = (vec![0.0; self.space.users()], vec![0.0; self.caps.len()]);
                (DualValues { lambda, rho, sharpness, ..DualValues::default() }, Vec::new())
            },
            |(one, tau)| {
                let rho = one.dual.caps.iter().map(|(rho, ..)| *rho).collect();
                let prices = one.nu.iter().map(|nu| -(nu + tau).max(0.0)).collect();
                let Refined { dual, shares, nu } = one;
                (DualValues { lambda: dual.lambda, rho, shares, nu, sharpness }, prices)
            },
        );
        let (lambda, rho) = (dual.lambda.clone(), dual.rho.clone());
        let price_per_power = match &self.required.power {
            PowerLimit::PerAntenna(_) => nu,
            PowerLimit::Total(power) if degree && self.caps.is_empty() && bound.is_finite() => {
                vec![-(value + lambda.iter().sum::<f64>()) / power]
            }
            PowerLimit::Total(_) => multiplier,
        };
        let bound = bound.is_finite().then_some(bound);
        let told = Told { value, bound, lambda, rho, price_per_power };
        Found { dual, ..self::told(self.space, self.required, self.at, w, told) }
    }
}

/// Multipliers, and those of the antennas.
struct Refined {
    dual: Dual,
    shares: Vec<f64>,
    nu: Vec<f64>,
}
