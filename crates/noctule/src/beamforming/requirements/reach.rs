//! Beams that meet what is required, whatever they spend.

use noctule_num::{C64, CMat};

use super::metric::Metric;
use super::program::Cap;
use super::required::{Requirements, Standing};
use super::starts::start;
use super::uplink::LeastPower;
use super::world::Space;

/// Beams that meet floors and caps, whatever the power: those of the least power for the floors, and
/// sensing streams as far as the floors allow, scaled.
pub(super) fn feasible(
    space: &Space,
    required: &Requirements,
    alone: &LeastPower,
    streams: usize,
    turn: usize,
) -> Option<CMat> {
    let users = space.users();
    let least = alone.beams.as_ref().map_or(0.0, CMat::norm_sqr);
    let unit = if least > 0.0 { 2.0 * least } else { 1.0 };
    // users without a floor disturb those that have one, as sensing streams do
    let idle = |k: &usize| least > 0.0 && required.sinr[*k] <= 0.0;
    for share in [0.3, 0.1, 0.03, 0.01, 1e-3, 1e-4, 1e-6, 1e-8, 1e-10, 1e-12, 0.0] {
        let mut w = start(space, streams, unit, share, turn);
        if let Some(beams) = &alone.beams {
            for k in (0..users).filter(|k| required.sinr[*k] > 0.0) {
                let column: Vec<C64> = beams.col(k).iter().map(|z| z * 2.0_f64.sqrt()).collect();
                w.col_mut(k).copy_from_slice(&column);
            }
        }
        for k in (0..users).filter(idle) {
            w.col_mut(k).iter_mut().for_each(|z| *z *= share.sqrt());
        }
        let at = Standing::of(space, &w);
        if let Some(scale) = met_by(space, required, &at) {
            w.scale(scale.sqrt());
            return Some(w);
        }
        if streams == users && !(0..users).any(|k| idle(&k)) {
            break;
        }
    }
    None
}

/// Beams scaled so that everything is met, and one thing exactly.
pub(super) fn met_once(space: &Space, required: &Requirements, mut w: CMat) -> Option<CMat> {
    let scale = met_by(space, required, &Standing::of(space, &w))?;
    w.scale(scale.sqrt());
    Some(w)
}

/// The factor by which power has to change so that everything is met, and one thing exactly;
/// nothing where no factor does.
pub(super) fn met_by(space: &Space, required: &Requirements, at: &Standing) -> Option<f64> {
    let mut most = 0.0_f64;
    for (k, floor) in required.sinr.iter().enumerate().filter(|(_, floor)| **floor > 0.0) {
        let room = at.heard.signal[k] / floor - (at.heard.interference[k] - 1.0);
        if room <= 0.0 || room.is_nan() {
            return None;
        }
        most = most.max(1.0 / room);
    }
    let sensed = |cap: &&Cap| !matches!(cap.metric, Metric::Power(_));
    for cap in required.caps.iter().filter(sensed) {
        let value = at.sensed.value(space, &cap.metric)?;
        let factor = match &cap.metric {
            // each doubling lowers log det by the number of parameters times log 2
            Metric::LogDet(weights) => {
                let count = weights.iter().filter(|w| **w > 0.0).count() as f64;
                ((value - cap.limit) / count).exp()
            }
            Metric::MutualInformation { .. } => at.sensed.scale_to(&cap.metric, cap.limit)?,
            gain if gain.is_gain() => cap.limit / value,
            _ => value / cap.limit,
        };
        if !factor.is_finite() {
            return None;
        }
        most = most.max(factor);
    }
    (most > 0.0).then_some(most)
}
