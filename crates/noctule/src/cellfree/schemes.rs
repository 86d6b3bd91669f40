//! The schemes of `cellfree`, a row each: ours here, those of the baselines beside their functions.

use super::claims::Claims;
use super::{CellFree, baselines, design_from, rate_only, sensing_only};
use crate::claims::Ends;
use crate::system::{Method, Scheme, count, joined};

/// The schemes; `balanced` is what is meant when none is named.
pub(super) const SCHEMES: &[Scheme<CellFree>] = &joined::<_, { count(TABLES) }>(TABLES);

const TABLES: &[&[Scheme<CellFree>]] = &[OURS, baselines::SCHEMES];

const OURS: &[Scheme<CellFree>] = &[
    Scheme::new(
        "balanced",
        "Balanced",
        "beams on spheres, the requirement by an augmented Lagrangian, several starts: a \
                  stationary point, with `certify` an upper bound by branch and bound",
        &Method::new(design_from),
        Claims::new(Ends::ByResidual),
    ),
    Scheme::new(
        "rate-only",
        "Rate only",
        "the same without sensing (P2), whatever is required: a stationary point of P2, no \
                  claim where the requirement is missed",
        &Method::new(rate_only),
        Claims::new(Ends::ByResidual).without_sensing(),
    ),
    Scheme::new(
        "sensing-only",
        "Sensing only",
        "the best beampatterns, nobody served (P1): proven optimal by the Frank–Wolfe gap; no \
                  claim where a requirement is missed",
        &Method::new(sensing_only),
        Claims::new(Ends::OwnRule),
    ),
];
