//! The schemes of `cellfree`: a row each.

use super::baselines::{block_ascent, majorisation, mrt, zero_forcing};
use super::{CellFree, design_from, rate_only, sensing_only};
use crate::system::{Method, Scheme};

/// The schemes; `balanced` is what is meant when none is named.
pub(super) const SCHEMES: &[Scheme<CellFree>] = &[
    Scheme::new(
        "balanced",
        "Balanced",
        "beams on spheres, the requirement by an augmented Lagrangian, several starts: a \
                  stationary point, with `certify` an upper bound by branch and bound",
        &Method::new(design_from),
    ),
    Scheme::new(
        "rate-only",
        "Rate only",
        "the same without sensing (P2), whatever is required: a stationary point of P2, no \
                  claim where the requirement is missed",
        &Method::new(rate_only),
    ),
    Scheme::new(
        "sensing-only",
        "Sensing only",
        "the best beampatterns, nobody served (P1): proven optimal by the Frank–Wolfe gap; no \
                  claim where a requirement is missed",
        &Method::new(sensing_only),
    ),
    Scheme::new(
        "majorisation",
        "Majorisation",
        "the convex step of the corrected Algorithm 3 in factored form, repeated, or with the \
                  split of the paper (`split`): feasible, no claim beyond",
        &Method::new(majorisation),
    ),
    Scheme::new(
        "block-ascent",
        "Algorithm 2",
        "P2 by block-coordinate ascent on the quadratic transform, one access point after \
                  the other or all at once as printed: no claim",
        &Method::new(block_ascent),
    ),
    Scheme::new(
        "zero-forcing",
        "ZF",
        "zero forcing over all access points together, one scale for all: closed form",
        &Method::new(zero_forcing),
    ),
    Scheme::new("mrt", "MRT", "matched filters, one scale for all: closed form", &Method::new(mrt)),
];
