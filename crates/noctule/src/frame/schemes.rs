//! The schemes of `frame`, a row each: ours here, those of the baselines beside their functions.

use super::claims::{Claims, among};
use super::design::design_from;
use super::placement::Pattern;
use super::simulate::simulated;
use super::{Frame, Settings, SimulationSettings, baselines};
use crate::system::{Method, Scheme, count, joined};

/// The schemes; `optimal` is what is meant when none is named.
pub(super) const SCHEMES: &[Scheme<Frame>] = &joined::<_, { count(TABLES) }>(TABLES);

const TABLES: &[&[Scheme<Frame>]] = &[OURS, baselines::SCHEMES, SIMULATED];

const OURS: &[Scheme<Frame>] = &[Scheme::new(
    "optimal",
    "Optimal",
    "sensing time, number and placement of updates: globally optimal up to the gap \
     it reports",
    &Method::new(design_from),
    Claims::proven(|s| among(s, |s: Settings| (s.pattern(), s))),
)];

const SIMULATED: &[Scheme<Frame>] = &[Scheme::new(
    "simulated",
    "Simulated",
    "the optimum, with one block of it simulated: channels, pilots, estimates, beams",
    &Method::new(simulated),
    Claims::proven(|s| among(s, |s: SimulationSettings| (Pattern::Free, s.search()))),
)];
