//! What is made as small as it can be, and what it comes to at beams.

use noctule_num::CMat;

use super::certificate::Dual;
use super::groups::Groups;
use super::priced::Priced;
use super::required::{DualValues, Found, Requirements, Told, told};

/// What is made as small as it can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spend {
    /// The power.
    Power,
    /// The power, within the limits of groups.
    Limited,
    /// What the limits of groups are multiplied by.
    Factor,
}

impl Spend {
    /// The power, within limits where there are such.
    pub(super) fn within(required: &Requirements) -> Self {
        if required.power.is_total() { Self::Power } else { Self::Limited }
    }

    /// What beams spend.
    pub(super) fn of(self, required: &Requirements, w: &CMat) -> f64 {
        match (self, required.power.groups()) {
            (Self::Factor, Some(groups)) => required.factor(&groups, w),
            _ => w.norm_sqr(),
        }
    }
}

/// Multipliers of a least power, with the minorants of the caps.
pub(super) struct PowerDual {
    pub(super) dual: Dual,
    pub(super) interference: Vec<f64>,
}

/// What a least power at beams comes to, with the best of the bounds of dual values.
pub(super) fn told_power(
    case: &Priced<'_>,
    spend: Spend,
    groups: Option<&Groups>,
    value: f64,
    candidates: Vec<(Dual, Vec<f64>)>,
) -> (Found, PowerDual) {
    let Priced { space, required, caps, at, beams, sharpness } = case;
    let bound = |(dual, nu): &(Dual, Vec<f64>)| match (spend, groups) {
        (Spend::Factor, Some(groups)) => dual.factor_bound(space, &required.sinr, groups, nu),
        (_, groups) => {
            let groups = groups.map(|groups| (groups, nu.as_slice()));
            dual.power_bound(space, &required.sinr, groups)
        }
    };
    let best = candidates.into_iter().map(|one| (bound(&one), one));
    let (bound, (dual, nu)) = best.max_by(|a, b| a.0.total_cmp(&b.0)).unwrap_or_else(|| {
        let nothing = vec![0.0; groups.map_or(0, Groups::count)];
        (0.0, (case.dual(vec![0.0; space.users()], &vec![0.0; caps.len()]), nothing))
    });
    let rho: Vec<f64> = dual.caps.iter().map(|cap| cap.rho).collect();
    let told = Told {
        value,
        bound: Some(bound),
        lambda: dual.lambda.clone(),
        rho: rho.clone(),
        price_per_power: nu.iter().map(|nu| -nu).collect(),
    };
    let sharpness = sharpness.unsigned_abs();
    let values =
        DualValues { lambda: dual.lambda.clone(), rho, nu, sharpness, ..DualValues::default() };
    let mut found = Found { dual: values, ..self::told(space, required, at, beams, told) };
    if spend == Spend::Limited
        && let Some(groups) = groups
    {
        found.violation = found.violation.max(required.factor(groups, beams) - 1.0);
    }
    (found, PowerDual { dual, interference: at.heard.interference.clone() })
}
