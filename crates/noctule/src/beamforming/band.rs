//! Beams per subcarrier under one power: a local maximum of rates over the band minus bounds.
//!
//! An [`Instance`](super::Instance) with a [`Band`] is designed by the schemes of the system: `balanced`, the closed forms on
//! every subcarrier, [`same_beams`] and [`each_alone`]. [`design_band`] is the same problem for arrays of
//! one's own, with channels that are estimates.
//!
//! # Without an instance
//!
//! The problem is that of [`BandObjective`] with `Σ_n ‖W_n‖² = P`, a sphere: Riemannian L-BFGS from
//! several starts, the best kept. Channels may be estimates with error covariances; the rates are
//! then the bounds of [`noctule_phy::channels::design_rate`]. Beams are at full size: with error
//! covariances they are not confined to the span of channels and targets. A stationary point is
//! certified by its residual; that it is global is not.

use noctule_num::rng::{StreamKey, complex_normal};
use noctule_num::{C64, InputError, Interrupt};
use noctule_optim::{
    Lbfgs, Manifold, MultiStart, Objective, Run, StopRule, StopRules, multi_start,
};
use noctule_phy::channels::objective::{Achieved, BandObjective, stationarity};

mod arrays;
mod begin;
mod climb;
mod goal;
mod knowledge;
mod metrics;
mod model;
mod remarks;
mod said;
mod scenario;
mod sensed;
mod setting;
mod story;
mod warnings;
mod words;

use super::SYSTEM;
use crate::Error;

pub(super) use arrays::{FIELDS, complete, instance, read, write};
pub(super) use climb::{by_subcarrier, design_over, on_each, perfect_rate_bps_hz, residual_over};
pub use climb::{each_alone, perfect_knowledge, same_beams};
pub(super) use goal::{
    best_of, bound_again, bounded, check as check_goal, design_goal, evaluate_goal,
    facts as goal_facts, infeasible_again, sensing_over, stop_again, tables as goal_tables,
};
pub use knowledge::{Estimates, Knowledge};
pub(super) use metrics::evaluate_over;
pub use metrics::{BandMetrics, FisherOver, fisher_over};
pub use model::{BandModel, BandSpace};
pub(super) use remarks::remarks;
pub use setting::{Band, Near};
pub(super) use story::{facts, tables};
pub use words::{NearField, NearUser, Ofdm};

/// How beams over a band are sought.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BandSettings {
    /// P in watts, over all subcarriers.
    pub power_w: f64,
    /// Streams on each subcarrier that carry no data.
    pub sensing_streams: usize,
    /// Number of random starts beside the matched one.
    pub starts: usize,
    /// Seed of the random starts.
    pub seed: u64,
    /// Residual at which a run has converged.
    pub residual: f64,
    /// Evaluations one start may spend.
    pub evaluations: u64,
}

impl Default for BandSettings {
    fn default() -> Self {
        Self {
            power_w: 1.0,
            sensing_streams: 0,
            starts: 3,
            seed: 1,
            residual: 1e-8,
            evaluations: 5000,
        }
    }
}

/// Beams over a band and what they achieve.
#[derive(Clone, Debug, PartialEq)]
pub struct BandDesign {
    /// `beams[subcarrier][stream][antenna]`, users first.
    pub beams: Vec<C64>,
    /// What they achieve.
    pub achieved: Achieved,
    /// μ of the power, df/dP.
    pub multiplier: f64,
    /// ‖G/2 − μW‖, stacked over subcarriers.
    pub stationarity: f64,
    /// The best run.
    pub run: Run,
    /// The objective from each start; −∞ from one outside the domain.
    pub from_starts: Vec<f64>,
}

/// −f, to be minimised.
struct Negative<'a>(&'a BandObjective<'a>);

impl Objective for Negative<'_> {
    fn eval(&mut self, beams: &[C64], gradient: &mut [C64]) -> f64 {
        let Some(achieved) = self.0.eval(beams, gradient) else { return f64::INFINITY };
        gradient.iter_mut().for_each(|g| *g = -*g);
        -achieved.objective
    }
}

/// Maximise `objective` over beams of total power `settings.power_w`.
///
/// # Errors
/// [`Error::Input`] when there is nothing to send on, a size does not fit, the power is not
/// positive, or no start sees every target.
pub fn design_band(
    objective: &BandObjective<'_>,
    settings: &BandSettings,
    interrupt: &Interrupt,
) -> Result<BandDesign, Error> {
    check(objective, settings)?;
    let starts = starts(objective, settings);
    let sphere = Manifold::spheres(1, starts[0].len(), settings.power_w.sqrt());
    let stop = StopRules::from(StopRule::Residual(settings.residual))
        | StopRule::Evaluations(settings.evaluations);
    let mut solver = Lbfgs::new(sphere);
    let mut negative = Negative(objective);
    let found = multi_start(&mut solver, &mut negative, starts, &stop, interrupt, 0);
    finish(objective, settings, found)
}

fn finish(
    objective: &BandObjective<'_>,
    settings: &BandSettings,
    found: Option<MultiStart>,
) -> Result<BandDesign, Error> {
    let dark = || {
        InputError::new(
            "no start sees every target",
            "sensing_streams",
            settings.sensing_streams.to_string(),
            "enough streams to see the targets",
        )
    };
    let found = found.ok_or_else(dark)?;
    let mut gradient = vec![C64::ZERO; found.point.len()];
    let achieved = objective.eval(&found.point, &mut gradient).ok_or_else(dark)?;
    let (multiplier, stationarity) = stationarity(&found.point, &gradient, settings.power_w);
    Ok(BandDesign {
        beams: found.point,
        achieved,
        multiplier,
        stationarity,
        run: found.run,
        from_starts: found.values.iter().map(|value| -value).collect(),
    })
}

fn check(objective: &BandObjective<'_>, settings: &BandSettings) -> Result<(), InputError> {
    let power = settings.power_w;
    if !(power.is_finite() && power > 0.0) {
        let allowed = "a positive number of watts";
        return Err(InputError::new(
            "the power is not positive",
            "power_w",
            power.to_string(),
            allowed,
        ));
    }
    let Some(first) = objective.channels.first() else {
        let what = "there are no subcarriers";
        return Err(InputError::new(what, "channels", "0 subcarriers", "at least one"));
    };
    let (antennas, users) = (first.rows(), objective.noise.len());
    let fits = |n: usize| {
        let h = &objective.channels[n];
        (h.rows(), h.cols()) == (antennas, users)
    };
    if let Some(n) = (0..objective.channels.len()).find(|&n| !fits(n)) {
        let h = &objective.channels[n];
        let found = format!("{} antennas and {} users", h.rows(), h.cols());
        let allowed = format!("{antennas} antennas and {users} users");
        return Err(InputError::new("sizes differ", format!("channels[{n}]"), found, allowed));
    }
    if let Some(k) = objective.noise.iter().position(|s| !(s.is_finite() && *s > 0.0)) {
        let (found, allowed) = (objective.noise[k].to_string(), "a positive number of watts");
        return Err(InputError::new(
            "noise is not positive",
            format!("noise[{k}]"),
            found,
            allowed,
        ));
    }
    if antennas == 0 || users + settings.sensing_streams == 0 {
        let what = "there is nothing to send";
        return Err(InputError::new(
            what,
            "channels",
            "no antenna or stream",
            "at least one of each",
        ));
    }
    Ok(())
}

/// Matched filters with noise over everything, and plain noise.
fn starts(objective: &BandObjective<'_>, settings: &BandSettings) -> Vec<Vec<C64>> {
    let users = objective.noise.len();
    let streams = users + settings.sensing_streams;
    let of = |start: usize| {
        let mut rng = StreamKey::new(settings.seed, SYSTEM, "band-start", start as u64).trial(0);
        let mut beams = Vec::new();
        for channels in objective.channels {
            let scale = channels.norm_sqr().max(f64::MIN_POSITIVE).sqrt();
            for stream in 0..streams {
                for antenna in 0..channels.rows() {
                    let noise = complex_normal(&mut rng, 1.0 / channels.rows() as f64);
                    let matched = start == 0 && stream < users;
                    let own = if matched { channels[(antenna, stream)] / scale } else { C64::ZERO };
                    beams.push(own + noise * if matched { 0.1 } else { 1.0 });
                }
            }
        }
        beams
    };
    (0..=settings.starts).map(of).collect()
}
