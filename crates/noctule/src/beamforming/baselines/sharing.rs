//! Data beams that know nothing of targets beside sensing beams that know nothing of users, in the
//! shares that just keep what is required.

use noctule_num::linalg::{Op, orthonormal_basis, product, real_dot};
use noctule_num::{CMat, InputError};
use noctule_optim::{Interrupt, Proof, Stop, Trace, Work};
use serde::{Deserialize, Serialize};

use super::{SensingSettings, WmmseSettings, mrt, rzf, sensing_only, wmmse, zf};
use crate::beamforming::band::by_subcarrier;
use crate::beamforming::goal::{self, Goal, Problem, rate_end, sensing_end, total_power};
use crate::beamforming::model::evaluate;
use crate::beamforming::starts::scaled_to_power;
use crate::beamforming::{BeamformingDesign, Beams, Instance, advice};
use crate::system::{NoSettings, Setting};
use crate::{Design, Error, FEASIBLE, Run};

/// Halvings of the interval of a share.
const HALVINGS: usize = 50;
/// Rounds of the users' powers against each other.
const ROUNDS: usize = 400;
/// Starts of the best rate.
const STARTS: usize = 4;

/// Where data beams come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum DataBeams {
    /// Zero forcing.
    #[default]
    Zf,
    /// Regularised zero forcing.
    Rzf,
    /// Matched filters.
    Mrt,
    /// Those of the best rate with no metric limited, of which the one that sees best is taken: the
    /// rate end of the frontier. Without a goal, those of `wmmse`.
    BestRate,
}

/// Settings of [`sharing`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct SharingSettings {
    /// Where the data beams come from.
    pub data: DataBeams,
    /// Whether the sensing beams are projected off the users' channels, so that nobody hears them, where
    /// what is required can be kept so.
    pub off_users: bool,
}

impl Default for SharingSettings {
    fn default() -> Self {
        Self { data: DataBeams::Zf, off_users: true }
    }
}

impl Setting for SharingSettings {
    fn validate(&self) -> Result<(), InputError> {
        Ok(())
    }
}

/// A simple precoder for the users and the rest of the power for sensing.
///
/// Both sets of beams are designed as if the other were not there; the share of the power that the sensing
/// beams get is the smallest that keeps all limits (goals of rates), the largest that leaves every user
/// the floor (goals of metrics), or the one with the best objective (the weighted sum). The same covariance, and so
/// the same bounds, come from sending data and sensing beams one after the other, each with all the power
/// for its share of the time; the metric `best_use_bps_hz` says the better rate of the two.
///
/// # Errors
/// A least power as the goal; limits per antenna; what the precoder refuses.
pub fn sharing(
    instance: &Instance,
    settings: &SharingSettings,
    run: &Run<'_, Beams>,
) -> Result<BeamformingDesign, Error> {
    if instance.band().is_some() {
        return by_subcarrier(instance, |own| sharing(own, settings, &Run::new(&run.interrupt)));
    }
    let (total, least) = (
        total_power(instance)?,
        instance.problem().is_some_and(|p| matches!(p.goal, Goal::MinPower)),
    );
    if !total || least {
        let what = "shares of a total power: another goal, or another limit, than this is for";
        let (place, found) =
            if total { ("goal", "min-power") } else { ("power_constraint", "limits of antennas") };
        return Err(InputError::new(what, place, found, "a total power and another goal").into());
    }
    let first = shared(instance, settings.data, settings.off_users, run)?;
    if settings.off_users
        && instance.problem().is_some()
        && goal::violation(&first.metrics) > FEASIBLE
    {
        return shared(instance, settings.data, false, run);
    }
    Ok(first)
}

fn shared(
    instance: &Instance,
    data: DataBeams,
    off_users: bool,
    run: &Run<'_, Beams>,
) -> Result<BeamformingDesign, Error> {
    let parts = Parts::of(instance, data, off_users, run)?;
    let beams = match instance.problem() {
        None => parts.best(|beams| Ok(evaluate(instance, beams)?.objective))?,
        Some(problem) if of_rates(problem) => parts.least_sensing(instance)?,
        Some(problem) => parts.most_sensing(instance, problem)?,
    };
    told(instance, beams)
}

/// Whether rates are what is made large.
const fn of_rates(problem: &Problem) -> bool {
    matches!(
        problem.goal,
        Goal::SumRate { .. } | Goal::MaxMinRate { .. } | Goal::ProportionalFair { .. }
    )
}

/// Data and sensing beams, each with all the power.
struct Parts {
    data: CMat,
    sensing: Option<CMat>,
    power_w: f64,
}

impl Parts {
    fn of(
        instance: &Instance,
        data: DataBeams,
        off_users: bool,
        run: &Run<'_, Beams>,
    ) -> Result<Self, Error> {
        let (users, power_w) = (instance.users(), instance.parts().power_w);
        let run = Run::new(&run.interrupt);
        let data = data_beams(instance, data, &run)?;
        let sensing = match instance.problem() {
            Some(problem) => sensing_end(instance, problem, &run.interrupt)?,
            None if instance.targets().is_empty() || instance.parts().crb_weight <= 0.0 => None,
            None => {
                let alone = sensing_only(instance, &SensingSettings::default(), &run)?;
                let all = alone.variables.matrix;
                Some(all.columns(users..all.cols()))
            }
        };
        let sensing = match sensing {
            Some(sensing) if off_users => unheard(instance, &sensing)?,
            other => other,
        };
        let sensing = sensing.map(|beams| scaled_to_power(beams, power_w));
        Ok(Self { data, sensing, power_w })
    }

    /// The beams with this share of the power in sensing.
    fn mixed(&self, share: f64) -> Result<Beams, Error> {
        self.of_powers(&vec![1.0 - share; self.data.cols()], share)
    }

    /// The beams with these factors on the powers of the data beams, and this share in sensing.
    fn of_powers(&self, factors: &[f64], share: f64) -> Result<Beams, Error> {
        let mut data = self.data.clone();
        for (k, factor) in factors.iter().enumerate() {
            data.col_mut(k).iter_mut().for_each(|z| *z *= factor.sqrt());
        }
        let users = data.cols();
        let matrix = match &self.sensing {
            Some(sensing) if share > 0.0 => {
                let mut sensing = sensing.clone();
                sensing.scale(share.sqrt());
                CMat::hstack(&[&data, &sensing])?
            }
            _ => data,
        };
        Ok(Beams { matrix, users, subcarriers: 1 })
    }

    /// The share with the best value, by golden sections: for one that has a single summit.
    fn best(&self, value: impl Fn(&Beams) -> Result<Option<f64>, Error>) -> Result<Beams, Error> {
        const GOLDEN: f64 = 0.618_033_988_749_894_9;
        let of = |share: f64| -> Result<f64, Error> {
            Ok(value(&self.mixed(share)?)?.unwrap_or(f64::NEG_INFINITY))
        };
        let (mut low, mut high) = (0.0, 1.0);
        if self.sensing.is_none() {
            return self.mixed(0.0);
        }
        for _ in 0..HALVINGS {
            let (a, b) = (high - GOLDEN * (high - low), low + GOLDEN * (high - low));
            if of(a)? >= of(b)? { high = b } else { low = a }
        }
        let middle = f64::midpoint(low, high);
        let mut best = (of(middle)?, middle);
        for end in [0.0, 1.0] {
            let value = of(end)?;
            if value > best.0 {
                best = (value, end);
            }
        }
        self.mixed(best.1)
    }

    /// The smallest share of sensing that keeps every limit; none of it where none does.
    fn least_sensing(&self, instance: &Instance) -> Result<Beams, Error> {
        let keeps = |share: f64| -> Result<bool, Error> {
            let metrics = evaluate(instance, &self.mixed(share)?)?;
            let Some(problem) = instance.problem() else { return Ok(true) };
            let limited = metrics.goal.as_ref().map_or(&[][..], |goal| &goal.limited);
            Ok(problem.limits.iter().zip(limited).all(|(limit, value)| {
                let asked = limit.metric.unit().shown(limit.limit);
                value.is_some_and(|v| if limit.metric.is_gain() { v >= asked } else { v <= asked })
            }))
        };
        if keeps(0.0)? || !keeps(1.0)? {
            return self.mixed(0.0);
        }
        let (mut low, mut high) = (0.0, 1.0);
        for _ in 0..HALVINGS {
            let middle = f64::midpoint(low, high);
            if keeps(middle)? { high = middle } else { low = middle }
        }
        self.mixed(high)
    }

    /// The largest share of sensing that leaves every user the floor; none where none does.
    fn most_sensing(&self, instance: &Instance, problem: &Problem) -> Result<Beams, Error> {
        let floors = &problem.sinr_floor;
        let heard = Heard::of(self, instance, problem);
        // users without a floor get nothing: the rest is for sensing
        let (mut low, mut high) = (0.0, 1.0);
        let Some(mut factors) = heard.powers(floors, low) else { return self.mixed(0.0) };
        for _ in 0..HALVINGS {
            let middle = f64::midpoint(low, high);
            match heard.powers(floors, middle) {
                Some(found) if middle + heard.cost(&found) <= 1.0 => {
                    (low, factors) = (middle, found);
                }
                _ => high = middle,
            }
        }
        if low + heard.cost(&factors) > 1.0 {
            return self.mixed(0.0);
        }
        self.of_powers(&factors, low)
    }
}

/// What users hear of every beam at full power.
struct Heard {
    /// |h_kᴴw_j|²/σ_k².
    gain: Vec<Vec<f64>>,
    /// Σ |h_kᴴw_s|²/σ_k² over the sensing beams; zero where they are taken out.
    sensing: Vec<f64>,
    /// Shares of the power of the data beams.
    shares: Vec<f64>,
}

impl Heard {
    fn of(parts: &Parts, instance: &Instance, problem: &Problem) -> Self {
        let (channels, noise) = (instance.channels(), &instance.parts().user_noise_w);
        let squares = |w: &CMat| -> Vec<Vec<f64>> {
            let all = product(channels, Op::Adjoint, w, Op::Plain);
            let row =
                |k: usize| (0..all.cols()).map(|j| all[(k, j)].norm_sqr() / noise[k]).collect();
            (0..all.rows()).map(row).collect()
        };
        let sensing = match &parts.sensing {
            Some(beams) if !problem.streams_cancelled => {
                squares(beams).iter().map(|row| row.iter().sum()).collect()
            }
            _ => vec![0.0; channels.cols()],
        };
        let column = |k: usize| real_dot(parts.data.col(k), parts.data.col(k)) / parts.power_w;
        let shares = (0..parts.data.cols()).map(column).collect();
        Self { gain: squares(&parts.data), sensing, shares }
    }

    /// The smallest factors of the data beams' powers that give every user the floor, with this share in
    /// sensing; none where no factors do.
    fn powers(&self, floors: &[f64], share: f64) -> Option<Vec<f64>> {
        let users = floors.len();
        let mut factors = vec![0.0; users];
        for _ in 0..ROUNDS {
            let mut moved = 0.0_f64;
            for k in (0..users).filter(|k| floors[*k] > 0.0) {
                let others = (0..users).filter(|j| *j != k).map(|j| self.gain[k][j] * factors[j]);
                let interference = 1.0 + others.sum::<f64>() + share * self.sensing[k];
                // a little more, so that the floor is met in spite of the last round
                let needed = floors[k] * (1.0 + 1e-9) * interference / self.gain[k][k];
                moved = moved.max((needed - factors[k]).abs() / needed);
                factors[k] = needed;
            }
            if !factors.iter().all(|f| f.is_finite() && *f < 1e12) {
                return None;
            }
            if moved <= 1e-12 {
                return Some(factors);
            }
        }
        None
    }

    /// The share of the power that factors of the data beams take.
    fn cost(&self, factors: &[f64]) -> f64 {
        factors.iter().zip(&self.shares).map(|(factor, share)| factor * share).sum()
    }
}

fn data_beams(instance: &Instance, data: DataBeams, run: &Run<'_, Beams>) -> Result<CMat, Error> {
    let users = instance.users();
    if users == 0 {
        return Ok(CMat::zeros(instance.antennas(), 0));
    }
    let design = match (data, instance.problem()) {
        (DataBeams::Zf, _) => zf(instance, &NoSettings {}, run)?,
        (DataBeams::Rzf, _) => rzf(instance, &NoSettings {}, run)?,
        (DataBeams::Mrt, _) => mrt(instance, &NoSettings {}, run)?,
        (DataBeams::BestRate, None) => wmmse(instance, &WmmseSettings::default(), run)?,
        (DataBeams::BestRate, Some(problem)) => {
            return best_rate(instance, problem, &run.interrupt);
        }
    };
    Ok(design.variables.matrix.columns(0..users))
}

/// The data beams of the rate end with all the power; what it sends beside data is left out.
fn best_rate(instance: &Instance, problem: &Problem, interrupt: &Interrupt) -> Result<CMat, Error> {
    if !of_rates(problem) {
        let what = "the best rate is that of another goal";
        let found = problem.goal.name();
        return Err(InputError::new(what, "goal", found, "a goal of rates").into());
    }
    let end = rate_end(instance, problem, STARTS, interrupt)?;
    Ok(scaled_to_power(end.columns(0..instance.users()), instance.parts().power_w))
}

/// Beams less what users hear of them; none where nothing is left.
fn unheard(instance: &Instance, beams: &CMat) -> Result<Option<CMat>, Error> {
    let basis = orthonormal_basis(instance.channels(), 1e-10)?;
    if basis.cols() == 0 {
        return Ok(Some(beams.clone()));
    }
    let heard = product(&basis, Op::Adjoint, beams, Op::Plain);
    let seen = product(&basis, Op::Plain, &heard, Op::Plain);
    let entry = |i: usize, j: usize| beams[(i, j)] - seen[(i, j)];
    let left = CMat::from_fn(beams.rows(), beams.cols(), entry);
    Ok(Some(left.clone()).filter(|_| left.norm_sqr() > 1e-20 * beams.norm_sqr()))
}

fn told(instance: &Instance, beams: Beams) -> Result<BeamformingDesign, Error> {
    let metrics = evaluate(instance, &beams)?;
    let power = (metrics.power_w / instance.parts().power_w - 1.0).max(0.0);
    let asked = instance.problem().is_some();
    let violation = if asked { goal::violation(&metrics) } else { power };
    let met = violation <= FEASIBLE || !asked;
    Ok(Design {
        warnings: advice(instance, &metrics),
        starts: vec![metrics.objective],
        variables: beams,
        metrics,
        stop: Stop::Computed,
        proof: if met { Proof::feasible(violation) } else { Proof::NONE },
        trace: Trace::off(),
        work: Work::default(),
    })
}

/// The rate of a goal in bit/s/Hz, with data and sensing beams at once or one after the other, whichever
/// is better: the same covariance, where each is sent with all the power for its share of the time.
pub(in crate::beamforming) fn best_use_bps_hz(
    instance: &Instance,
    design: &BeamformingDesign,
) -> Option<f64> {
    let problem = instance.problem()?;
    if !matches!(problem.goal, Goal::SumRate { .. } | Goal::MaxMinRate { .. }) {
        return None;
    }
    let at_once = design.metrics.goal.as_ref()?.shown?;
    let (power, users) = (design.metrics.power_w, design.variables.users);
    let sensing: f64 = design.metrics.stream_power_w.iter().skip(users).sum();
    let time = 1.0 - sensing / power;
    let limited = instance.band().is_none() && !total_power(instance).ok()?;
    if limited || sensing <= 0.0 || time <= 0.0 {
        return Some(at_once);
    }
    let (beams, count) = (&design.variables, design.variables.subcarriers);
    let own: Vec<CMat> = (0..count).map(|n| beams.of_subcarrier(n).columns(0..users)).collect();
    let mut matrix = CMat::hstack(&own.iter().collect::<Vec<_>>()).ok()?;
    matrix.scale(time.sqrt().recip());
    let alone = evaluate(instance, &Beams { matrix, users, subcarriers: count }).ok()?;
    Some(at_once.max(time * alone.goal.as_ref()?.shown?))
}
