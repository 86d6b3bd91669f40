//! One descent for a metric, and the multipliers in which it ends.

use noctule_num::CMat;
use noctule_optim::augmented_lagrangian::ConstrainedRun;
use noctule_optim::{Constrained, Interrupt};

use super::chart::Chart;
use super::metric::Metric;
use super::multipliers::Columns;
use super::program::{Aim, Cap, Program};
use super::required::{Requirements, Standing};
use super::sensed::Sensed;
use super::starts::{climbed, climbed_from};
use super::world::Space;

/// Multipliers of logarithms that are guessed are no more than this.
const MOST: f64 = 10.0;

/// Where a descent ended.
pub(super) struct Descent {
    pub(super) beams: CMat,
    run: ConstrainedRun,
    aim: Aim,
    pub(super) caps: Vec<Cap>,
    floored: Vec<usize>,
    pub(super) sharpness: i32,
    unit: f64,
    pub(super) evaluations: u64,
}

impl Descent {
    pub(super) fn of(
        space: &Space,
        metric: &Metric,
        required: &Requirements,
        w: &CMat,
        tolerance: f64,
        interrupt: &Interrupt,
    ) -> Self {
        let chart = Chart::of(&required.power);
        let power = required.power.total();
        let caps = required.strict_caps(tolerance);
        let floors = required.strict_floors(tolerance);
        let aim = aim(space, metric, w);
        let known = guess(space, &aim, required, (&floors, &caps), w, metric.usual(power));
        let mut program = Program::new(space, w.cols(), aim, floors, caps.clone(), chart);
        program.tolerance = tolerance;
        let known = known.unwrap_or_else(|| vec![0.0; program.constraints()]);
        let (mut beams, mut run) = climbed_from(&mut program, w, &known, interrupt);
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
        let unit = metric.usual(required.power.total());
        Self { beams, run, aim, caps, floored, sharpness, unit, evaluations }
    }

    /// The shares of the members in a largest metric, and what turns multipliers of logarithms into
    /// those of the constraints: the metric itself (log det: one; a largest one: `1/Σ ν_i/m_i`).
    pub(super) fn shares(&self, space: &Space, at: &Standing, value: f64) -> (Vec<f64>, f64) {
        let Aim::Largest(members, of) = &self.aim else {
            let unit = match &self.aim {
                Aim::Metric(metric) => 1.0 / metric.slope(value, self.unit),
                _ => value,
            };
            return (vec![1.0], unit);
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
    pub(super) fn multipliers(
        &self,
        space: &Space,
        at: &Standing,
        unit: f64,
    ) -> (Vec<f64>, Vec<f64>) {
        let mut lambda = vec![0.0; space.users()];
        for (nu, &k) in self.run.multipliers.iter().zip(&self.floored) {
            lambda[k] = unit * nu / at.heard.interference[k];
        }
        let rho = |(cap, nu): (&Cap, &f64)| {
            let value = at.sensed.value(space, &cap.metric).unwrap_or(1.0);
            unit * nu * cap.metric.slope(value, cap.limit)
        };
        let nus = &self.run.multipliers[self.floored.len()..];
        (lambda, self.caps.iter().zip(nus).map(rho).collect())
    }
}

/// Multipliers of the logarithms of floors and caps by stationarity at beams that need not be the best: a
/// search from there need not find them from nothing. None where they are not of this kind.
fn guess(
    space: &Space,
    aim: &Aim,
    required: &Requirements,
    (floors, caps): (&[f64], &[Cap]),
    w: &CMat,
    usual: f64,
) -> Option<Vec<f64>> {
    let Aim::Metric(metric) = aim else { return None };
    if !required.power.is_total() || matches!(metric, Metric::LargestEigenvalue(_)) {
        return None;
    }
    let at = Standing::of(space, w);
    let value = at.sensed.value(space, metric)?;
    let sharpness = 8192;
    let mut columns = Columns::new();
    columns.push_pull(space, &at, w, metric, sharpness);
    for cap in caps {
        columns.push_pull(space, &at, w, &cap.metric, sharpness);
    }
    let floored: Vec<usize> = (0..space.users()).filter(|k| floors[*k] > 0.0).collect();
    for &k in &floored {
        columns.push_floor(space, &at, w, k, floors[k]);
    }
    let x = columns.solve(w);
    let unit = metric.slope(value, usual) / x[0];
    if !(unit.is_finite() && unit > 0.0) {
        return None;
    }
    let (by_cap, by_floor) = x[1..].split_at(caps.len());
    let of_floor = floored.iter().zip(by_floor).map(|(k, l)| unit * l * at.heard.interference[*k]);
    let mut out: Vec<f64> = of_floor.collect();
    for (cap, rho) in caps.iter().zip(by_cap) {
        let value = at.sensed.value(space, &cap.metric)?;
        out.push(unit * rho / cap.metric.slope(value, cap.limit));
    }
    // far from the optimum a large guess is worse than a small one
    out.iter().all(|nu| nu.is_finite()).then(|| out.iter().map(|nu| nu.min(MOST)).collect())
}

/// What is to be made small: the metric, or the member of it that is largest at the start.
pub(super) fn aim(space: &Space, metric: &Metric, w: &CMat) -> Aim {
    let members = metric.members();
    if members.len() < 2 {
        return Aim::Metric(members.into_iter().next().unwrap_or_else(|| metric.clone()));
    }
    let sensed = Sensed::of(space, w, true);
    let value = |i: &usize| {
        let value = sensed.value(space, &members[*i]);
        value.map_or(f64::INFINITY, |value| members[*i].made_small(value))
    };
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
