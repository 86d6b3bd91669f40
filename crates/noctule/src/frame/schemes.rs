//! The schemes of `frame`: a row each.

use super::Frame;
use super::baselines::{even_split, every_block, grid, random_blocks, single_update};
use super::design::design_from;
use super::simulate::simulated;
use crate::system::{Method, Scheme};

/// The schemes; `optimal` is what is meant when none is named.
pub(super) const SCHEMES: &[Scheme<Frame>] = &[
    Scheme::new(
        "optimal",
        "Optimal",
        "sensing time, number and placement of updates: globally optimal up to the gap \
                  it reports",
        &Method::new(design_from),
    ),
    Scheme::new(
        "even-split",
        "Even split",
        "the paper's method: as optimal, but blocks divided evenly; optimal among those",
        &Method::new(even_split),
    ),
    Scheme::new(
        "single-update",
        "SSU",
        "one update at the start, best sensing time; optimal among those",
        &Method::new(single_update),
    ),
    Scheme::new(
        "every-block",
        "FSU",
        "an update in every block, best sensing time; optimal among those",
        &Method::new(every_block),
    ),
    Scheme::new(
        "random-blocks",
        "RBA",
        "sensing time and number of updates of the optimum, blocks divided at random: an \
                  expectation, no claim of optimality",
        &Method::new(random_blocks),
    ),
    Scheme::new(
        "grid",
        "Grid",
        "brute force over sensing times on a grid, exact placement: nothing proven \
                  between its points",
        &Method::new(grid),
    ),
    Scheme::new(
        "simulated",
        "Simulated",
        "the optimum, with one block of it simulated: channels, pilots, estimates, beams",
        &Method::new(simulated),
    ),
];
