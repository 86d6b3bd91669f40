//! The largest rate under an error (P3), and the smallest error under a rate (P4).

use noctule_num::{C64, CMat, InputError};
use noctule_optim::augmented_lagrangian::ConstrainedRun;
use noctule_optim::{Bound, Certificate, Interrupt, Proof, Sense, Trace, Work};
use noctule_phy::units::bits_to_nats;

use super::free::{communication, fastest};
use crate::cellfree::baselines::{MajorisationSettings, fits, majorisation};
use crate::cellfree::bound::rate_bound;
use crate::cellfree::patterns::{error_bound, error_floor, unreachable};
use crate::cellfree::requirement::{advice, missed};
use crate::cellfree::sensing::BestPattern;
use crate::cellfree::starts::{Start, beside, default_starts, lively, shared};
use crate::cellfree::{Beams, CellFreeDesign, Instance, Requirement, Settings, evaluate};
use crate::system::Run;
use crate::{Certify, Design, Error, FEASIBLE};

mod origin;
mod trade_off;

use origin::Origin;
pub(in crate::cellfree) use origin::Warm;
use trade_off::{Polished, TradeOff};

/// Share of the power for data where a climb starts, at most, and at least.
const SHARES: (f64, f64) = (0.5, 0.01);
/// The smallest gap of a rate that is asked for on the way to a bound of an error.
const LEAST_GAP: f64 = 1e-9;
/// What the last digits of the bound of a rate are worth in that of an error.
const ROUNDING: f64 = 1e-11;
/// The gap of a bound that is only asked whether a required rate is beyond it.
const COARSE_GAP: f64 = 1e-2;
/// What is said of beams that no climb has led to.
const BY_SHARES: &str = "no climb met the requirement: these are the best beampatterns with what they \
    leave to data, steps of majorisation from there, or the beams of the largest rate, and not a \
    stationary point";
/// The largest limit on the error that an instance takes: no beams reach it.
const ANY_ERROR: f64 = 1e12;
/// Data's share of the power of the best beampatterns is halved so often, at most.
const HALVINGS: i32 = 60;

/// P3 and P4 from the given beams and `fresh` starts of their own.
///
/// # Errors
/// As [`design_from`](super::design_from).
pub(in crate::cellfree) fn constrained<'a>(
    instance: &Instance,
    settings: &Settings,
    patterns: &[Option<BestPattern>],
    warm: impl Iterator<Item = Warm<'a>>,
    fresh: usize,
    interrupt: &Interrupt,
) -> Result<CellFreeDesign, Error> {
    let (reached, certified) = error_floor(patterns);
    if let Requirement::MaxError(limit) = instance.requirement()
        && limit < certified
    {
        return unreachable(instance, patterns, limit, reached, certified);
    }
    let mut search = Search::new(instance, settings, reached, interrupt);
    let mut work = Work::default();
    let points = search.points(patterns, reached, (warm, fresh), &mut work)?;
    search.work += work;
    let (x, rough) = search.climb_roughly(points)?;
    let found = search.polish(x, &rough)?;
    search.replace_chosen(&found);
    let found = search.rescue(found, patterns)?;
    let (found, bound) = search.certify(found)?;
    search.told(found, bound, patterns, certified)
}

/// One problem on its way from starts to a design.
struct Search<'a> {
    instance: &'a Instance,
    settings: &'a Settings,
    interrupt: &'a Interrupt,
    problem: TradeOff,
    trace: Trace,
    work: Work,
    /// The objective of every start; none where it misses the requirement.
    starts: Vec<Option<f64>>,
    /// Which start is climbed on from.
    chosen: usize,
}

impl<'a> Search<'a> {
    fn new(
        instance: &'a Instance,
        settings: &'a Settings,
        reached: f64,
        interrupt: &'a Interrupt,
    ) -> Self {
        Self {
            instance,
            settings,
            interrupt,
            problem: TradeOff::new(instance, settings, reached),
            trace: Trace::with_room(settings.trace_rows),
            work: Work::default(),
            starts: Vec::new(),
            chosen: 0,
        }
    }

    /// Where the climbs start: at the beams given, then at some of their own; where there are several, at those
    /// of the largest rate without sensing before.
    fn points<'b>(
        &self,
        patterns: &[Option<BestPattern>],
        reached: f64,
        (warm, fresh): (impl Iterator<Item = Warm<'b>>, usize),
        work: &mut Work,
    ) -> Result<Vec<Origin>, Error> {
        let factors = factors(patterns);
        let (most, least) = SHARES;
        // Close to the smallest error hardly any power is left for data.
        let share = match self.problem.rate_first {
            true => {
                let above = self.problem.limit / reached.max(f64::MIN_POSITIVE) - 1.0;
                (0.5 * above).clamp(least, most)
            }
            false => most,
        };
        let model = &self.problem.model;
        let streams = self.settings.sensing_beams;
        let awake = |beams: &Beams| model.point(&lively(beams, &factors, streams));
        let priced = |warm: Warm<'_>| Origin {
            x: awake(warm.beams),
            multiplier: warm.slope.map_or(0.0, |slope| self.problem.multiplier(slope)),
        };
        let mut points: Vec<Origin> = warm.map(priced).collect();
        if fresh > 1
            && let Some(data) = fastest(self.instance, self.settings, self.interrupt, work)?
        {
            let x = awake(&beside(self.instance, data, share, &factors));
            points.push(Origin { x, multiplier: 0.0 });
        }
        for start in default_starts(fresh) {
            let x = awake(&shared(self.instance, start, share, &factors)?);
            points.push(Origin { x, multiplier: 0.0 });
        }
        Ok(points)
    }

    /// The best of the points after a rough climb from each.
    fn climb_roughly(&mut self, points: Vec<Origin>) -> Result<(Vec<C64>, ConstrainedRun), Error> {
        let rough = self.problem.roughly(self.settings, points, self.interrupt);
        self.work += rough.work;
        (self.starts, self.chosen) = (rough.values, rough.chosen);
        rough
            .best
            .ok_or_else(|| InputError::new("there is no start", "starts", "0", "at least 1").into())
    }

    /// Climb to the tolerance from where a run ended, or close to it.
    fn polish(&mut self, x: Vec<C64>, before: &ConstrainedRun) -> Result<Polished, Error> {
        let with = (self.interrupt, &mut self.trace);
        let polished = self.problem.polish(self.instance, self.settings, x, before, with)?;
        self.work += polished.run.work;
        Ok(polished)
    }

    /// The start that was chosen is as good as what came of it.
    fn replace_chosen(&mut self, found: &Polished) {
        if let Some(start) = self.starts.get_mut(self.chosen) {
            *start = found.shown();
        }
    }

    /// Where the climb misses a requirement that other problems' beams meet, it is tried again from
    /// those. At high power, with a limit close to the smallest error, rates and errors are of such
    /// different size that a climb from elsewhere can end beside the limit.
    fn rescue(
        &mut self,
        found: Polished,
        patterns: &[Option<BestPattern>],
    ) -> Result<Polished, Error> {
        if found.is_feasible() || self.interrupt.is_raised() {
            return Ok(found);
        }
        let factors = factors(patterns);
        let other = match self.problem.rate_first {
            true => self.room_for_data(&factors)?,
            false => self.largest_rate(patterns)?,
        };
        let Some(beams) = other else { return Ok(found) };
        let streams = self.settings.sensing_beams;
        let x = self.problem.model.point(&lively(&beams, &factors, streams));
        let again = self.polish(x.clone(), &found.run)?;
        let placed = TradeOff::placed(self.instance, beams, x, &found.run)?;
        let better = self.problem.better(again, placed);
        self.starts.push(better.shown());
        if better.climbed || !self.problem.rate_first {
            return Ok(better);
        }
        self.by_steps(better)
    }

    /// What beampatterns leave to data can be far from the best rate: steps of majorisation keep the
    /// limit and raise the rate, and a climb may start where they end.
    fn by_steps(&mut self, placed: Polished) -> Result<Polished, Error> {
        if !fits(self.instance) || self.interrupt.is_raised() {
            return Ok(placed);
        }
        let sensing_beams = self.settings.sensing_beams;
        let settings = MajorisationSettings { sensing_beams, ..MajorisationSettings::default() };
        let stepped = majorisation(self.instance, &settings, &Run::new(self.interrupt))?;
        self.work += stepped.work;
        let x = self.problem.model.point(&stepped.variables);
        let again = self.polish(x.clone(), &placed.run)?;
        let stepped = TradeOff::placed(self.instance, stepped.variables, x, &placed.run)?;
        let better = self.problem.better(again, stepped);
        let better = self.problem.better(better, placed);
        self.starts.push(better.shown());
        Ok(better)
    }

    /// The best beampatterns with as much of their power for data as the limit leaves room for; none
    /// where there is no room at all.
    fn room_for_data(&self, factors: &[Option<CMat>]) -> Result<Option<Beams>, Error> {
        for halvings in 1..=HALVINGS {
            let share = 0.5_f64.powi(halvings);
            let beams = shared(self.instance, Start::Regularised, share, factors)?;
            if missed(self.instance, &evaluate(self.instance, &beams)?) <= FEASIBLE {
                return Ok(Some(beams));
            }
        }
        Ok(None)
    }

    /// The beams of the largest rate at full power, whatever they sense.
    fn largest_rate(&self, patterns: &[Option<BestPattern>]) -> Result<Option<Beams>, Error> {
        let free = self.instance.with_requirement(Requirement::MaxError(ANY_ERROR))?;
        let settings = Settings { certify: Certify::No, ..self.settings.clone() };
        let fresh = settings.starts;
        let none = std::iter::empty();
        let found = constrained(&free, &settings, patterns, none, fresh, self.interrupt)?;
        let meets = missed(self.instance, &evaluate(self.instance, &found.variables)?) <= FEASIBLE;
        Ok(meets.then_some(found.variables))
    }

    /// The upper bound on the rate that is asked for, and the better beams branch and bound may meet on
    /// its way.
    fn certify(&mut self, found: Polished) -> Result<(Polished, Option<Bound>), Error> {
        let asked = self.settings.certify.is_asked() && !self.interrupt.is_raised();
        if !asked {
            return Ok((found, None));
        }
        if !self.problem.rate_first {
            return self.certify_error(found);
        }
        // The multiplier is that of the relative constraint; bounds price the error itself.
        let price = found.run.multipliers[0] / self.problem.limit;
        let certified =
            rate_bound(self.instance, self.settings, &found.x, Some(price), self.interrupt)?;
        self.work.factorisations += certified.nodes;
        let reached = match found.is_feasible() {
            true => found.metrics.sum_rate_bps_hz,
            false => f64::NEG_INFINITY,
        };
        let mut best = found;
        if let Some(better) = certified.better(reached) {
            let again = self.polish(self.problem.model.point(&better), &best.run)?;
            self.starts.push(again.shown());
            if again.is_feasible() && again.metrics.sum_rate_bps_hz > reached {
                best = again;
            }
        }
        let bound = certified.bound(best.metrics.sum_rate_bps_hz);
        Ok((best, bound))
    }

    /// The lower bound on the error under a required rate ζ. For any price μ branch and bound shows
    /// that no beams have `R − μ(S − S₀)` above some U: those with a rate of ζ have an error of at least
    /// `S₀ − (U − ζ)/μ`. The best price is the inverse of the multiplier of the rate.
    fn certify_error(&mut self, found: Polished) -> Result<(Polished, Option<Bound>), Error> {
        let Requirement::MinRate(rate) = self.instance.requirement() else {
            return Ok((found, None));
        };
        let (error, slope) = (found.metrics.objective, found.metrics.slope);
        let Some(price) = slope.map(bits_to_nats).filter(|p| *p > 0.0 && p.is_finite()) else {
            return Ok((found, None));
        };
        if !found.is_feasible() || error <= 0.0 {
            return Ok((found, None));
        }
        let limited = self.instance.with_requirement(Requirement::MaxError(error))?;
        // of the rate, what the asked share of the error is worth
        let certify = self.settings.certify;
        let worth = price * error / bits_to_nats(rate).max(f64::MIN_POSITIVE);
        let gap = (certify.gap() * worth).clamp(LEAST_GAP, COARSE_GAP);
        let settings = Settings { certify: certify.within(gap), ..self.settings.clone() };
        let certified = rate_bound(&limited, &settings, &found.x, Some(price), self.interrupt)?;
        self.work.factorisations += certified.nodes;
        let mut best = found;
        if let Some(better) = certified.better(rate) {
            let again = self.polish(self.problem.model.point(&better), &best.run)?;
            self.starts.push(again.shown());
            if again.is_feasible() && again.metrics.objective < best.metrics.objective {
                best = again;
            }
        }
        let least = error - (certified.upper_nats - bits_to_nats(rate)) / price;
        let least = least - ROUNDING * (error + certified.upper_nats.abs() / price);
        let method = format!("branch-and-bound, {} nodes", certified.nodes);
        let bound = Bound::new(best.metrics.objective, least, Sense::Lower, method, 0.0);
        Ok((best, bound.map(|bound| bound.with_numbers(certified.numbers))))
    }

    /// What is proven of a point, and the design that says so.
    fn told(
        self,
        mut found: Polished,
        of_rate: Option<Bound>,
        patterns: &[Option<BestPattern>],
        certified: f64,
    ) -> Result<CellFreeDesign, Error> {
        let feasible = found.is_feasible();
        if !feasible {
            // The multiplier of a climb that has missed prices nothing.
            found.metrics.slope = None;
        }
        let (mut bound, mut infeasible) = (of_rate, None);
        if let Requirement::MinRate(rate) = self.instance.requirement() {
            // what no signals undercut, whatever the rate, is less unless nearly all power senses
            let floor = error_bound(patterns, found.metrics.objective, certified);
            let value = |bound: &Option<Bound>| bound.as_ref().map_or(0.0, |bound| bound.value);
            if value(&floor) >= value(&bound) {
                bound = floor;
            }
            if !feasible {
                infeasible = beyond_reach(self.instance, self.settings, rate, self.interrupt)?;
            }
        }
        let mut warnings = advice(self.instance, &found.metrics);
        // A local search that misses says nothing, unless branch and bound has said it since.
        if !feasible && infeasible.is_none() {
            warnings.push(format!(
                "the requirement is missed by {:.1e}: the search is local, and this proves nothing",
                found.violation
            ));
        }
        if feasible && !self.interrupt.is_raised() {
            warnings.extend(self.settings.certify.left_open(bound.as_ref()));
        }
        if feasible && !found.climbed {
            warnings.push(BY_SHARES.to_owned());
        }
        let point = match (feasible, found.climbed) {
            (true, true) => Proof::stationary(found.run.residual),
            (true, false) => Proof::feasible(found.violation),
            (false, _) => Proof::NONE,
        };
        // How far a point that misses the requirement is from a bound means nothing.
        let proof = Proof { infeasible, ..point }.with_bound(bound.filter(|_| feasible));
        Ok(Design {
            variables: found.beams,
            metrics: found.metrics,
            stop: found.run.stop,
            proof,
            trace: self.trace,
            work: self.work,
            starts: self.starts,
            warnings,
        })
    }
}

/// The beams of the best beampatterns.
fn factors(patterns: &[Option<BestPattern>]) -> Vec<Option<CMat>> {
    patterns.iter().map(|p| p.as_ref().map(|p| p.factor.clone())).collect()
}

/// A required rate that even branch and bound's upper bound does not reach, with at least its first
/// region whatever the settings ask for. `reachable` of the certificate is that bound: what cannot be
/// exceeded, not what is reached.
fn beyond_reach(
    instance: &Instance,
    settings: &Settings,
    rate: f64,
    interrupt: &Interrupt,
) -> Result<Option<Certificate>, Error> {
    let free = instance.with_requirement(Requirement::None)?;
    let certify = match settings.certify {
        Certify::No => Certify::YES.with_nodes(1).within(COARSE_GAP),
        asked @ Certify::To { .. } => asked,
    };
    let settings = Settings { certify, ..settings.clone() };
    let best = communication(&free, &settings, None, interrupt)?;
    Ok(best.proof.bound.filter(|bound| rate > bound.value).map(|bound| {
        let statement = format!(
            "a sum rate of {rate:.6} bit/s/Hz is required; without any sensing no beams exceed {:.6}",
            bound.value
        );
        let certificate = Certificate::new("branch-and-bound", statement, rate, bound.value);
        certificate.with_numbers(bound.numbers)
    }))
}
