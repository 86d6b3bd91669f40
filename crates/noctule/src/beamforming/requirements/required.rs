//! What is required, and what is told of beams that meet it or cannot.

use noctule_num::CMat;
use noctule_optim::augmented_lagrangian::ConstrainedRun;

use super::groups::{Groups, PowerLimit};
use super::link::Heard;
use super::metric::Metric;
use super::program::Cap;
use super::sensed::Sensed;
use super::world::Space;

/// What is required.
#[derive(Clone, Debug, PartialEq)]
pub struct Requirements {
    /// SINR floors, linear, one a user; zero for none.
    pub sinr: Vec<f64>,
    /// Caps on metrics (floors on gains).
    pub caps: Vec<Cap>,
    /// The power.
    pub power: PowerLimit,
}

/// Why nothing meets the requirements.
#[derive(Clone, Debug, PartialEq)]
pub enum Infeasible {
    /// The floors ask for more than the rank of the channels, at any power.
    Rank {
        /// Σ γ/(1+γ).
        asked: f64,
        /// What it must stay below.
        rank: usize,
    },
    /// The SINR floors alone need more power than there is.
    Floors {
        /// A certified lower bound on their power, in watts.
        power_w: f64,
    },
    /// A cap is below what beams without users reach.
    Cap {
        /// Its place among the caps.
        cap: usize,
        /// The best value that was reached.
        reachable: f64,
        /// What no beams fall below.
        bound: f64,
    },
    /// Floors and caps together need more power than there is.
    Together {
        /// A certified lower bound on their power, in watts.
        power_w: f64,
    },
    /// Floors and caps together need more of the limits of groups of antennas.
    Groups {
        /// What all limits would have to be multiplied by, at least.
        factor: f64,
    },
}

/// How a requirement was met, or why not.
#[derive(Clone, Debug)]
pub struct Found {
    /// Antennas × streams, users first.
    pub beams: CMat,
    /// The metric, or the power in watts.
    pub value: f64,
    /// What no beams fall below (of a gain or a rate: exceed).
    pub bound: Option<f64>,
    /// Why there is no design.
    pub infeasible: Option<Infeasible>,
    /// SINRs reached.
    pub sinr: Vec<f64>,
    /// Caps' metrics reached.
    pub capped: Vec<f64>,
    /// λ of the SINR floors, of channels over noise.
    pub lambda: Vec<f64>,
    /// ρ of the caps.
    pub rho: Vec<f64>,
    /// What the value rises by for each unit of SINR asked, linear.
    pub price_per_sinr: Vec<f64>,
    /// What the value rises by for each unit of a cap's limit (negative for caps, positive for floors
    /// of gains).
    pub price_per_cap: Vec<f64>,
    /// What a metric rises by for each watt (one an antenna where the limits are).
    pub price_per_power: Vec<f64>,
    /// The largest relative miss of a requirement.
    pub violation: f64,
    /// The dual values behind the bound.
    pub dual: DualValues,
    /// Evaluations.
    pub evaluations: u64,
}

/// Dual values from which a bound is computed again at the beams of a design, without a search.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DualValues {
    /// λ of the SINR floors, one a user.
    pub lambda: Vec<f64>,
    /// ρ of the caps, one for each of what a cap is the largest of.
    pub rho: Vec<f64>,
    /// Shares of what a metric is the largest of; a single one is one.
    pub shares: Vec<f64>,
    /// ν of the antennas' limits; empty for a total power.
    pub nu: Vec<f64>,
    /// The power p of the norm that stands for the largest eigenvalue.
    pub sharpness: u32,
}

impl Found {
    /// No beams that meet the requirements were found, and nothing is proven.
    pub(super) fn none(space: &Space, required: &Requirements, evaluations: u64) -> Self {
        let users = space.users();
        Self {
            beams: CMat::zeros(space.basis.rows(), users),
            value: f64::INFINITY,
            bound: None,
            infeasible: None,
            sinr: vec![0.0; users],
            capped: Vec::new(),
            lambda: vec![0.0; users],
            rho: vec![0.0; required.caps.len()],
            price_per_sinr: vec![0.0; users],
            price_per_cap: vec![0.0; required.caps.len()],
            price_per_power: Vec::new(),
            violation: f64::INFINITY,
            dual: DualValues::default(),
            evaluations,
        }
    }

    /// The same of a value that counts `factor` times as much.
    pub(super) fn times(self, factor: f64) -> Self {
        let scaled = |list: Vec<f64>| list.into_iter().map(|x| x * factor).collect();
        Self {
            value: self.value * factor,
            bound: self.bound.map(|bound| bound * factor),
            lambda: scaled(self.lambda),
            rho: scaled(self.rho),
            price_per_sinr: scaled(self.price_per_sinr),
            price_per_cap: scaled(self.price_per_cap),
            price_per_power: scaled(self.price_per_power),
            ..self
        }
    }

    /// [`Found::none`] before its beams are lifted.
    pub(super) fn none_inside(space: &Space, required: &Requirements) -> Self {
        let beams = CMat::zeros(space.basis.cols(), space.users());
        Self { beams, ..Self::none(space, required, 0) }
    }

    /// What was found with a gain as minus itself, said of the gain.
    pub(super) fn of_gain(self, metric: &Metric) -> Self {
        if !metric.is_gain() {
            return self;
        }
        let minus = |list: Vec<f64>| list.into_iter().map(|x| -x).collect();
        Self {
            value: -self.value,
            bound: self.bound.map(|bound| -bound),
            price_per_sinr: minus(self.price_per_sinr),
            price_per_cap: minus(self.price_per_cap),
            price_per_power: minus(self.price_per_power),
            ..self
        }
    }

    /// Beams and what their rates sum up to, with the multipliers of logarithms of floors and caps: a
    /// rate falls by what a floor costs, and rises with a cap.
    pub(super) fn of_rate(
        space: &Space,
        required: &Requirements,
        w: &CMat,
        value: f64,
        run: &ConstrainedRun,
    ) -> Self {
        let at = Standing::of(space, w);
        let mut nus = run.multipliers.iter().copied();
        let mut lambda = vec![0.0; space.users()];
        for k in (0..space.users()).filter(|k| required.sinr[*k] > 0.0) {
            lambda[k] = nus.next().unwrap_or_default() / at.heard.interference[k];
        }
        let members = required.caps.iter().flat_map(|cap| cap.metric.members());
        let rho = members
            .zip(nus)
            .zip(required.member_limits())
            .map(|((metric, nu), limit)| {
                let value = at.sensed.value(space, &metric).unwrap_or(1.0);
                nu * metric.slope(value, limit)
            })
            .collect();
        let told = Told { value, bound: None, lambda, rho, price_per_power: Vec::new() };
        let mut found = self::told(space, required, &at, w, told);
        for price in found.price_per_sinr.iter_mut().chain(&mut found.price_per_cap) {
            *price = -*price;
        }
        let (beams, evaluations) = (space.lifted(&found.beams), run.work.evaluations);
        Self { beams, evaluations, ..found }
    }
}

impl Requirements {
    /// All the power that there is in watts: the total or the limits of all groups together, and no more than a
    /// cap on all of it leaves.
    pub fn most_power(&self) -> f64 {
        let whole = |cap: &Cap| match &cap.metric {
            // Σ p_n R_nn ≤ c leaves no more than c / min p
            Metric::Power(weights) => {
                let least = weights.iter().copied().fold(f64::INFINITY, f64::min);
                (least > 0.0).then(|| cap.limit / least)
            }
            _ => None,
        };
        self.caps.iter().filter_map(whole).fold(self.power.total(), f64::min)
    }

    /// The same floors and limits on power, with nothing asked of sensing.
    #[must_use]
    pub fn without_metrics(&self) -> Self {
        let power = |cap: &&Cap| matches!(cap.metric, Metric::Power(_));
        Self { caps: self.caps.iter().filter(power).cloned().collect(), ..self.clone() }
    }

    pub(super) fn whole(&self, metric: Option<&Metric>) -> bool {
        self.power.groups().is_some()
            || metric.is_some_and(Metric::needs_all)
            || self.caps.iter().any(|cap| cap.metric.needs_all())
    }

    /// The largest share of a limit on power that is spent, of groups and of caps.
    pub(super) fn factor(&self, groups: &Groups, w: &CMat) -> f64 {
        let share = |cap: &Cap| match &cap.metric {
            Metric::Power(weights) => {
                let row = |n: usize| (0..w.cols()).map(|s| w[(n, s)].norm_sqr()).sum::<f64>();
                let spent = weights.iter().enumerate().map(|(n, weight)| weight * row(n));
                spent.sum::<f64>() / cap.limit
            }
            _ => 0.0,
        };
        self.caps.iter().map(share).fold(groups.factor(w), f64::max)
    }

    pub(super) fn strict_caps(&self, tolerance: f64) -> Vec<Cap> {
        let strictly = 2.0 * tolerance;
        let strict = |cap: &Cap| Cap {
            metric: cap.metric.clone(),
            limit: match &cap.metric {
                Metric::LogDet(_) => cap.limit - strictly,
                gain if gain.is_gain() => cap.limit * (1.0 + strictly),
                _ => cap.limit * (1.0 - strictly),
            },
        };
        // every member of a largest one is a cap of its own
        let members = |cap: Cap| {
            cap.metric
                .members()
                .into_iter()
                .map(move |metric| Cap { metric, limit: cap.limit })
                .collect::<Vec<_>>()
        };
        self.caps.iter().map(strict).flat_map(members).collect()
    }

    /// The limits of the caps, one for each of what a cap is the largest of.
    pub(super) fn member_limits(&self) -> Vec<f64> {
        let limits = self.caps.iter();
        limits.flat_map(|cap| std::iter::repeat_n(cap.limit, cap.metric.members().len())).collect()
    }

    /// Whether a beampattern is asked for: all power is then spent, no less.
    pub(super) fn shapes_pattern(&self, metric: Option<&Metric>) -> bool {
        let pattern = |metric: &Metric| matches!(metric, Metric::Pattern(..));
        metric.is_some_and(pattern) || self.caps.iter().any(|cap| pattern(&cap.metric))
    }

    pub(super) fn strict_floors(&self, tolerance: f64) -> Vec<f64> {
        self.sinr.iter().map(|floor| floor * (1.0 + 2.0 * tolerance)).collect()
    }
}

/// Where the beams stand: what users hear, what is sensed.
pub(super) struct Standing {
    pub(super) heard: Heard,
    pub(super) sensed: Sensed,
}

impl Standing {
    pub(super) fn of(space: &Space, w: &CMat) -> Self {
        Self { heard: Heard::of(space, w), sensed: Sensed::of(space, w, true) }
    }

    /// By how much a cap is missed, relative to its limit; negative where there is room.
    pub(super) fn excess(&self, space: &Space, cap: &Cap) -> f64 {
        let value = self.sensed.value(space, &cap.metric).unwrap_or(f64::INFINITY);
        match &cap.metric {
            Metric::LogDet(_) => value - cap.limit,
            gain if gain.is_gain() => 1.0 - value / cap.limit,
            _ => value / cap.limit - 1.0,
        }
    }

    /// The largest relative miss.
    pub(super) fn violation(&self, space: &Space, required: &Requirements) -> f64 {
        let floors = required.sinr.iter().enumerate().filter(|(_, floor)| **floor > 0.0);
        let floors = floors.map(|(k, floor)| 1.0 - self.heard.sinr(k) / floor);
        let caps = required.caps.iter().map(|cap| self.excess(space, cap));
        // what is no number is missed
        let miss = |m: f64| if m.is_nan() { f64::INFINITY } else { m };
        floors.chain(caps).map(miss).fold(0.0, f64::max)
    }
}

/// What is told beside the beams.
pub(super) struct Told {
    pub(super) value: f64,
    pub(super) bound: Option<f64>,
    pub(super) lambda: Vec<f64>,
    pub(super) rho: Vec<f64>,
    pub(super) price_per_power: Vec<f64>,
}

pub(super) fn told(
    space: &Space,
    required: &Requirements,
    at: &Standing,
    w: &CMat,
    told: Told,
) -> Found {
    let users = space.users();
    let price = |k: usize| {
        let floor = required.sinr[k];
        if floor > 0.0 { told.lambda[k] * at.heard.interference[k] / floor } else { 0.0 }
    };
    let mut members = told.rho.iter();
    let rho: Vec<f64> = required
        .caps
        .iter()
        .map(|cap| members.by_ref().take(cap.metric.members().len()).sum())
        .collect();
    let sign = |cap: &Cap| if cap.metric.is_gain() { 1.0 } else { -1.0 };
    let value = |cap: &Cap| at.sensed.value(space, &cap.metric).unwrap_or(f64::INFINITY);
    Found {
        beams: w.clone(),
        value: told.value,
        bound: told.bound,
        infeasible: None,
        sinr: (0..users).map(|k| at.heard.sinr(k)).collect(),
        capped: required.caps.iter().map(value).collect(),
        price_per_sinr: (0..users).map(price).collect(),
        price_per_cap: required.caps.iter().zip(&rho).map(|(c, r)| sign(c) * r).collect(),
        price_per_power: told.price_per_power,
        lambda: told.lambda,
        rho,
        violation: at.violation(space, required),
        dual: DualValues::default(),
        evaluations: 0,
    }
}
