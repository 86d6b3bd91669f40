//! Multipliers from stationarity.

use noctule_num::CMat;
use noctule_num::linalg::real_dot;

use super::certificate::Capped;
use super::groups::Groups;
use super::metric::Metric;
use super::minorant::{Minorant, Pull};
use super::nnls::nnls;
use super::program::Cap;
use super::required::{Requirements, Standing};
use super::world::Space;

/// Relative room beyond which a cap is not active: the search meets active ones to 10⁻⁷.
const ROOM: f64 = 1e-4;

/// Matrices times W whose combination with non-negative factors is W at the optimum.
pub(super) struct Columns {
    pub(super) columns: Vec<CMat>,
}

impl Columns {
    pub(super) fn new() -> Self {
        Self { columns: Vec::new() }
    }

    pub(super) fn push_pull(
        &mut self,
        space: &Space,
        at: &Standing,
        w: &CMat,
        metric: &Metric,
        sharpness: i32,
    ) {
        let mut pull = Pull::new(space);
        let mut column = CMat::zeros(w.rows(), w.cols());
        if at.sensed.add_pull(space, metric, -0.5, sharpness, &mut pull).is_some() {
            pull.add_gradient(space, at.sensed.seen(), w, &mut column);
        }
        self.columns.push(column);
    }

    /// The caps; one that is met with room has no price, and gets a column of zeros.
    pub(super) fn push_caps(
        &mut self,
        space: &Space,
        at: &Standing,
        w: &CMat,
        caps: &[Cap],
        sharpness: i32,
    ) {
        for cap in caps {
            if at.excess(space, cap) < -ROOM {
                self.columns.push(CMat::zeros(w.rows(), w.cols()));
            } else {
                self.push_pull(space, at, w, &cap.metric, sharpness);
            }
        }
    }

    /// −D_k.
    pub(super) fn push_floor(
        &mut self,
        space: &Space,
        at: &Standing,
        w: &CMat,
        k: usize,
        floor: f64,
    ) {
        let users = space.users();
        let (mut by_signal, mut by_interference) = (vec![0.0; users], vec![0.0; users]);
        by_signal[k] = 0.5 / floor;
        by_interference[k] = -0.5;
        let mut column = CMat::zeros(w.rows(), w.cols());
        at.heard.add_gradient(space, w, &by_signal, &by_interference, &mut column);
        self.columns.push(column);
    }

    pub(super) fn solve(&self, target: &CMat) -> Vec<f64> {
        let n = self.columns.len();
        let product = |a: &CMat, b: &CMat| real_dot(a.as_slice(), b.as_slice());
        let gram: Vec<f64> =
            (0..n * n).map(|k| product(&self.columns[k / n], &self.columns[k % n])).collect();
        let right: Vec<f64> = self.columns.iter().map(|c| product(c, target)).collect();
        nnls(&gram, &right)
    }
}

pub(super) fn capped(
    caps: &[Cap],
    rho: &[f64],
    required: &Requirements,
    minorant: impl Fn(&Metric) -> Option<Minorant>,
) -> Vec<Capped> {
    caps.iter()
        .zip(rho)
        .zip(required.member_limits())
        .map(|((cap, rho), limit)| {
            let limit = if cap.metric.is_gain() { -limit } else { limit };
            // without a minorant the cap proves nothing
            let spends = matches!(cap.metric, Metric::Power(_));
            match minorant(&cap.metric) {
                Some(minorant) => Capped { rho: *rho, limit, minorant, spends },
                None => Capped { rho: 0.0, limit, minorant: Minorant::nothing(0), spends },
            }
        })
        .collect()
}

/// A cap on all power asks what the same multiplier of every group does, and costs less where the limits of all
/// groups leave more than it: what their multipliers have in common is the cap's.
pub(super) fn share_with_whole(groups: &Groups, caps: &[Cap], nu: &mut [f64], rho: &mut [f64]) {
    let common = nu.iter().copied().fold(f64::INFINITY, f64::min);
    let total: f64 = groups.limits.iter().sum();
    let weight_of = |cap: &Cap| match &cap.metric {
        Metric::Power(weights) => {
            let first = weights.first().copied().filter(|first| *first > 0.0)?;
            let alike = weights.iter().all(|w| w.to_bits() == first.to_bits());
            (alike && cap.limit / first < total).then_some(first)
        }
        _ => None,
    };
    let whole = caps.iter().enumerate().find_map(|(i, cap)| Some((i, weight_of(cap)?)));
    if let Some((i, weight)) = whole.filter(|_| common > 0.0 && common.is_finite()) {
        nu.iter_mut().for_each(|nu| *nu -= common);
        rho[i] += common / weight;
    }
}
