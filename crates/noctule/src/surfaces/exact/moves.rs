//! Moves of phases under the Cramér–Rao bound (16), and a search that makes them.

use std::f64::consts::TAU;

use noctule_num::C64;
use noctule_num::linalg::dot;
use noctule_optim::Interrupt;

use super::judge::{Candidate, Judge, Trial};
use crate::Error;

/// Tilts of the first surface, in turns from end to end; at one turn its beam has its first zero.
const TILTS: [f64; 10] = [0.0, 0.01, 0.03, 0.07, 0.13, 0.22, 0.35, 0.5, 0.7, 0.95];
/// Steps of the refinement, relative to elements of modulus one.
const STEPS: [f64; 5] = [0.4, 0.15, 0.06, 0.02, 0.007];
/// The tilt of a step, in turns for each unit of it: about as far as the other moves go.
const TILT_OF_STEP: f64 = 0.3;
/// The common turn of a step, in radians for each unit of it.
const TURN_OF_STEP: f64 = 2.5;
/// Rounds over all surfaces with one step.
const ROUNDS: usize = 6;
/// What is reached counts as all there is within this, relative: the rounding of two rates.
pub(super) const ALL_OF_IT: f64 = 1e-9;
/// Up to so many elements of all surfaces each is moved by itself too.
pub(super) const FEW: usize = 48;
/// Beyond so many elements an evaluation costs so much that fewer are made.
const LARGE: usize = 20_000;

/// A linear phase over a surface, of so many turns from end to end: it turns the beam.
pub(super) fn tilted(phases: &[C64], turns: f64) -> Vec<C64> {
    let n = phases.len() as f64;
    let at = |i: usize| TAU * turns * (i as f64 - (n - 1.0) / 2.0) / n;
    phases.iter().enumerate().map(|(i, v)| v * C64::from_polar(1.0, at(i))).collect()
}

/// All elements turned alike.
fn turned(v: &[C64], radians: f64) -> Vec<C64> {
    let turn = C64::from_polar(1.0, radians);
    v.iter().map(|v| v * turn).collect()
}

/// `v` moved towards a direction, after the common rotation that brings them together.
fn towards(v: &[C64], direction: &[C64], step: f64) -> Vec<C64> {
    // directionᴴ v has the phase by which v is ahead: the direction is turned by it, since a
    // common rotation of a surface changes nothing and that of v is the one that paths add up under
    let turn = dot(direction, v);
    let turn = if turn.norm() > 0.0 { turn / turn.norm() } else { C64::ONE };
    let moved = v.iter().zip(direction).map(|(v, d)| {
        let sum = v + d * turn * step;
        // where the two cancel, the element has no direction to move in
        if sum.norm() > 1e-9 { sum / sum.norm() } else { *v }
    });
    moved.collect()
}

/// Opposite signs on the two halves: what the derivative of the illumination sees most of.
fn split(v: &[C64]) -> Vec<C64> {
    let half = v.len() / 2;
    v.iter().enumerate().map(|(i, v)| if i < half { -*v } else { *v }).collect()
}

/// A move of one surface.
#[derive(Clone, Copy)]
enum Move {
    TowardsUser,
    TowardsTarget,
    /// Towards a beam with a zero at the target.
    TowardsSplit,
    TiltUp,
    TiltDown,
    /// All elements alike: how paths that overlap add up.
    Ahead,
    Back,
}

impl Move {
    const FIRST: [Self; 5] =
        [Self::TowardsUser, Self::TowardsTarget, Self::TowardsSplit, Self::TiltUp, Self::TiltDown];
    const OTHERS: [Self; 4] = [Self::TowardsUser, Self::TowardsTarget, Self::Ahead, Self::Back];

    /// The moves of a surface. Only how the first lights the target changes with μ_T, the frequency at
    /// which the sensors beside it see the target; only where paths overlap it matters how a surface
    /// stands to the first.
    fn of(surface: usize, overlapping: bool) -> &'static [Self] {
        match (surface, overlapping) {
            (0, _) => &Self::FIRST,
            (_, true) => &Self::OTHERS,
            (_, false) => &Self::OTHERS[..2],
        }
    }
}

/// The best phases so far with their covariances.
pub(super) struct Found {
    pub(super) trial: Trial,
    pub(super) candidate: Candidate,
}

/// A search over one deployment.
pub(super) struct Search<'a> {
    pub(super) judge: Judge<'a>,
    interrupt: &'a Interrupt,
    pub(super) best: Option<Found>,
    pub(super) interrupted: bool,
    overlapping: bool,
}

impl<'a> Search<'a> {
    pub(super) const fn new(judge: Judge<'a>, interrupt: &'a Interrupt, overlapping: bool) -> Self {
        Self { judge, interrupt, best: None, interrupted: false, overlapping }
    }

    /// Whether to stop: there is something, and nobody waits any longer.
    fn stopped(&mut self) -> bool {
        self.interrupted |= self.best.is_some() && self.interrupt.is_raised();
        self.interrupted
    }

    /// Judge a candidate; whether it is the best so far.
    fn offer(&mut self, candidate: Candidate) -> Result<bool, Error> {
        let trial = self.judge.judge(&candidate)?;
        let better = self.best.as_ref().is_none_or(|best| trial.reach > best.trial.reach);
        if better {
            self.best = Some(Found { trial, candidate });
        }
        Ok(better)
    }

    /// The first surface tilted, from several starts; whether `enough`, in nats, was reached.
    pub(super) fn tilt(&mut self, bases: &[Candidate], enough: f64) -> Result<bool, Error> {
        let aligned = [self.judge.user[0].clone(), self.judge.target[0].clone()];
        for base in bases {
            for first in [base.surface(0), &aligned[0], &aligned[1]] {
                for size in TILTS {
                    let signs: &[f64] = if size > 0.0 { &[1.0, -1.0] } else { &[1.0] };
                    for sign in signs {
                        if self.stopped() {
                            return Ok(true);
                        }
                        self.offer(self.judge.moved(base, 0, tilted(first, sign * size)))?;
                    }
                    let reached =
                        |best: &Found| best.trial.reach.merit() >= enough * (1.0 - ALL_OF_IT);
                    if self.best.as_ref().is_some_and(reached) {
                        return Ok(true);
                    }
                }
            }
        }
        Ok(false)
    }

    /// Moves of one surface at a time with shrinking steps.
    pub(super) fn refine(&mut self) -> Result<(), Error> {
        let surfaces = self.judge.user.len();
        let elements: usize = self.judge.user.iter().map(Vec::len).sum();
        let apart = split(&self.judge.target[0]);
        let limit = self.judge.evaluations + if elements > LARGE { 300 } else { 6000 };
        let one_by_one = elements <= FEW;
        for step in STEPS {
            for _ in 0..ROUNDS {
                let mut moved = false;
                for k in 0..surfaces {
                    for &kind in Move::of(k, self.overlapping) {
                        if self.stopped() || self.judge.evaluations > limit {
                            return Ok(());
                        }
                        let Some(candidate) = self.after(kind, k, step, &apart) else {
                            return Ok(());
                        };
                        moved |= self.offer(candidate)?;
                    }
                    if one_by_one {
                        moved |= self.each_element(k, TURN_OF_STEP * step)?;
                    }
                }
                if !moved {
                    break;
                }
            }
        }
        Ok(())
    }

    /// The elements of a surface turned one at a time, either way; whether that helped.
    fn each_element(&mut self, k: usize, radians: f64) -> Result<bool, Error> {
        let mut moved = false;
        for i in 0..self.judge.user[k].len() {
            for turn in [radians, -radians].map(|angle| C64::from_polar(1.0, angle)) {
                let Some(best) = self.best.as_ref().filter(|_| !self.interrupt.is_raised()) else {
                    return Ok(moved);
                };
                let mut phases = best.candidate.surface(k).to_vec();
                phases[i] *= turn;
                let candidate = self.judge.moved(&best.candidate, k, phases);
                moved |= self.offer(candidate)?;
            }
        }
        Ok(moved)
    }

    /// The best so far after a move of one surface.
    fn after(&self, kind: Move, k: usize, step: f64, apart: &[C64]) -> Option<Candidate> {
        let now = &self.best.as_ref()?.candidate;
        let v = now.surface(k);
        let phases = match kind {
            Move::TowardsUser => towards(v, &self.judge.user[k], step),
            Move::TowardsTarget => towards(v, &self.judge.target[k], step),
            Move::TowardsSplit => towards(v, apart, step),
            Move::TiltUp => tilted(v, TILT_OF_STEP * step),
            Move::TiltDown => tilted(v, -TILT_OF_STEP * step),
            Move::Ahead => turned(v, TURN_OF_STEP * step),
            Move::Back => turned(v, -TURN_OF_STEP * step),
        };
        Some(self.judge.moved(now, k, phases))
    }
}
