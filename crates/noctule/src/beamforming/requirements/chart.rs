//! How beams are written on a product of spheres, so that limits on power hold to rounding.

use noctule_num::linalg::real_dot;
use noctule_num::{C64, CMat};
use noctule_optim::Manifold;

use super::groups::{Groups, PowerLimit};

/// Most of a sphere that a start may fill: at the whole the slack has no gradient.
const FULL: f64 = 0.999;

/// How beams are written on a manifold.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Chart {
    /// ‖W‖² = P.
    Total(f64),
    /// ‖W‖² ≤ P with slack.
    Within(f64),
    /// What a group spends is within its limit, with slack.
    Groups(Groups),
    /// The same with all limits multiplied by a factor t up to the number given: one sphere more
    /// holds its root.
    Scaled(Groups, f64),
}

impl Chart {
    /// For beams that spend a power, or keep within limits of groups.
    pub(super) fn of(power: &PowerLimit) -> Self {
        power.groups().map_or_else(|| Self::Total(power.total()), Self::Groups)
    }

    /// Where beams of `rows` entries in so many streams live.
    pub(super) fn manifold(&self, rows: usize, streams: usize) -> Manifold {
        match self {
            Self::Total(_) => Manifold::sphere(rows * streams),
            Self::Within(_) => Manifold::sphere(rows * streams + 1),
            Self::Groups(groups) => Manifold::spheres(groups.count(), groups.block(streams), 1.0),
            Self::Scaled(groups, _) => {
                Manifold::spheres(groups.count() + 1, groups.block(streams), 1.0)
            }
        }
    }

    /// A point for beams, which are scaled where they spend too much.
    pub(super) fn enter(&self, w: &CMat) -> Vec<C64> {
        match self {
            Self::Total(power) => {
                let scale = (power / w.norm_sqr()).sqrt() / power.sqrt();
                w.as_slice().iter().map(|z| z * scale).collect()
            }
            Self::Within(power) => {
                let share = (w.norm_sqr() / power).min(FULL);
                let scale = (share / w.norm_sqr()).sqrt();
                let beams = w.as_slice().iter().map(|z| z * scale);
                beams.chain([C64::from((1.0 - share).sqrt())]).collect()
            }
            Self::Groups(groups) => enter_groups(groups, w),
            Self::Scaled(groups, most) => {
                // a tenth of slack for the group that spends most
                let factor = (1.1 * groups.factor(w)).min(FULL * most);
                let mut inside = w.clone();
                inside.scale(1.0 / factor.sqrt());
                let mut out = enter_groups(groups, &inside);
                let mut last = vec![C64::ZERO; groups.block(w.cols())];
                last[0] = C64::from((factor / most).sqrt());
                if let Some(slack) = last.last_mut() {
                    *slack = C64::from((1.0 - factor / most).sqrt());
                }
                out.extend(last);
                out
            }
        }
    }

    /// Beams of a point; and √t, one without such.
    pub(super) fn leave(&self, x: &[C64], w: &mut CMat) -> f64 {
        let streams = w.cols();
        match self {
            Self::Total(power) | Self::Within(power) => {
                let scale = power.sqrt();
                for (out, x) in w.as_mut_slice().iter_mut().zip(x) {
                    *out = x * scale;
                }
                1.0
            }
            Self::Groups(groups) | Self::Scaled(groups, _) => {
                let root = match self {
                    Self::Scaled(_, most) => {
                        most.sqrt() * x[groups.count() * groups.block(streams)].re
                    }
                    _ => 1.0,
                };
                for (n, &g) in groups.of.iter().enumerate() {
                    let scale = root * groups.limits[g].sqrt();
                    for s in 0..streams {
                        w[(n, s)] = x[groups.entry(n, s, streams)] * scale;
                    }
                }
                root
            }
        }
    }

    /// The gradient by the point from that by the beams W, at √t = `root`; `own` is the derivative by
    /// log √t of what depends on t alone.
    pub(super) fn chained(&self, out: &CMat, w: &CMat, root: f64, own: f64, gradient: &mut [C64]) {
        gradient.fill(C64::ZERO);
        let streams = out.cols();
        match self {
            Self::Total(power) | Self::Within(power) => {
                for (g, z) in gradient.iter_mut().zip(out.as_slice()) {
                    *g = z * power.sqrt();
                }
            }
            Self::Groups(groups) | Self::Scaled(groups, _) => {
                for (n, &g) in groups.of.iter().enumerate() {
                    let scale = root * groups.limits[g].sqrt();
                    for s in 0..streams {
                        gradient[groups.entry(n, s, streams)] = out[(n, s)] * scale;
                    }
                }
            }
        }
        if let Self::Scaled(groups, most) = self {
            // W = √t W̃ with √t = √most x
            let along = real_dot(out.as_slice(), w.as_slice());
            gradient[groups.count() * groups.block(streams)] =
                C64::from((along + own) * most.sqrt() / root);
        }
    }
}

fn enter_groups(groups: &Groups, w: &CMat) -> Vec<C64> {
    let streams = w.cols();
    let (spent, block) = (groups.spent(w), groups.block(streams));
    let share = |g: usize| (spent[g] / groups.limits[g]).min(FULL);
    let mut out = vec![C64::ZERO; groups.count() * block];
    for (n, &g) in groups.of.iter().enumerate() {
        let scale = if spent[g] > 0.0 { (share(g) / spent[g]).sqrt() } else { 0.0 };
        for s in 0..streams {
            out[groups.entry(n, s, streams)] = w[(n, s)] * scale;
        }
    }
    for g in 0..groups.count() {
        out[(g + 1) * block - 1] = C64::from((1.0 - share(g)).sqrt());
    }
    out
}
