//! A metric at the border of what is in reach: what a search misses by a little is met by beams mixed with
//! those of the least power.
//!
//! The beams of the least power, scaled to all there is, meet every requirement with room, and in the
//! covariances of the streams everything required is convex: a share θ of them meets what the search
//! missed. The streams of the mixture are made one a user again without change to R or the signals.

use noctule_num::linalg::{HermitianEigen, Op, dot, product, real_dot};
use noctule_num::{C64, CMat};
use noctule_optim::Interrupt;

use super::again::metric_bound;
use super::convex::searched;
use super::least::{least_factor_within, least_power_within};
use super::link::add_outer;
use super::metric::Metric;
use super::required::{Found, Requirements, Standing};
use super::starts::Begin;
use super::world::{Space, World};
use crate::Error;

/// What is met.
const MET: f64 = 1e-9;

/// What was found, missing something, with what is missed met where the least power shows that it can be.
pub(super) fn eased(
    world: &World,
    space: &Space,
    metric: &Metric,
    required: &Requirements,
    begin: &Begin<'_>,
    found: Found,
    interrupt: &Interrupt,
) -> Result<Found, Error> {
    if required.shapes_pattern(Some(metric)) {
        // a pattern is for all of a power: its least power is not asked for
        return Ok(found);
    }
    let (least, there) = if required.power.groups().is_some() {
        (least_factor_within(world, required, interrupt)?, 1.0)
    } else {
        (least_power_within(world, required, interrupt)?, required.power.total())
    };
    if least.violation > MET || least.value >= there {
        return Ok(found);
    }
    let mut room = least.beams;
    room.scale((there / least.value).sqrt());
    let warm = Begin { warm: Some(&room), ..*begin };
    let again = searched(space, metric, required, &warm, interrupt)?;
    let evaluations = found.evaluations + least.evaluations + again.evaluations;
    let mut best = if again.violation < found.violation { again } else { found };
    if best.violation > 1e-6 && begin.sensing.is_none() {
        let room = product(&space.basis, Op::Adjoint, &room, Op::Plain);
        if let Some(w) = mixed(space, required, &best.beams, &room) {
            let at = Standing::of(space, &w);
            let value = at.sensed.value(space, metric);
            best.value = value.map_or(f64::INFINITY, |value| metric.made_small(value));
            best.violation = at.violation(space, required);
            best.sinr = (0..space.users()).map(|k| at.heard.sinr(k)).collect();
            let capped = |metric: &Metric| at.sensed.value(space, metric).unwrap_or(f64::INFINITY);
            best.capped = required.caps.iter().map(|cap| capped(&cap.metric)).collect();
            // as it is computed again: minorants at the design
            if best.bound.is_some() {
                let lifted = space.lifted(&w);
                let bound = metric_bound(world, metric, required, &lifted, &best.dual)?;
                best.bound = bound.map(|bound| metric.made_small(bound));
            }
            best.beams = w;
        }
    }
    Ok(Found { evaluations, ..best })
}

/// The smallest share of `room` with which `w` meets everything.
fn mixed(space: &Space, required: &Requirements, w: &CMat, room: &CMat) -> Option<CMat> {
    let meets = |w: &CMat| Standing::of(space, w).violation(space, required) <= MET;
    let (mut low, mut high) = (0.0, 1.0);
    let mut best = None;
    // shares differ by orders of magnitude: first their order, then the share
    let mut share = 1e-8;
    while share < 1.0 {
        let one = mixture(space, w, room, share)?;
        if meets(&one) {
            (high, best) = (share, Some(one));
            break;
        }
        low = share;
        share *= 4.0;
    }
    for _ in 0..20 {
        let share = 0.5 * (low + high);
        let one = mixture(space, w, room, share)?;
        if meets(&one) {
            (high, best) = (share, Some(one));
        } else {
            low = share;
        }
    }
    best
}

/// Beams whose covariances are `(1 − θ)` those of one design and θ those of another, for users and all.
fn mixture(space: &Space, a: &CMat, b: &CMat, share: f64) -> Option<CMat> {
    let (r, users) = (space.dim(), space.users());
    let mut rest = CMat::zeros(r, r);
    let mut columns: Vec<Vec<C64>> = Vec::new();
    for (factor, w) in [(1.0 - share, a), (share, b)] {
        for s in 0..w.cols() {
            add_outer(&mut rest, factor, w.col(s));
        }
    }
    for k in 0..users {
        // X_k h_k/√(h_kᴴX_k h_k)
        let h = space.h.col(k);
        let (heard_a, heard_b) = (dot(a.col(k), h), dot(b.col(k), h));
        let signal = (1.0 - share) * heard_a.norm_sqr() + share * heard_b.norm_sqr();
        let root = if signal > 0.0 { signal.sqrt() } else { f64::INFINITY };
        let entry =
            |(a, b): (&C64, &C64)| (a * heard_a * (1.0 - share) + b * heard_b * share) / root;
        let column: Vec<C64> = a.col(k).iter().zip(b.col(k)).map(entry).collect();
        add_outer(&mut rest, -1.0, &column);
        columns.push(column);
    }
    let mut eigen = HermitianEigen::new(r);
    eigen.compute(&rest).ok()?;
    let all: f64 = columns.iter().map(|c| real_dot(c, c)).sum::<f64>() + eigen.max().max(0.0);
    for (i, value) in eigen.values().iter().enumerate().rev() {
        if *value > 1e-14 * all {
            let root = value.sqrt();
            columns.push(eigen.vectors().col(i).iter().map(|z| z * root).collect());
        }
    }
    Some(CMat::from_fn(r, columns.len(), |i, s| columns[s][i]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::beamforming::requirements::world::SensingStreams;
    use noctule_num::rng::{StreamKey, complex_normal};
    use noctule_phy::elements::ElementArray;

    /// R and the users' signals of a mixture are those of the covariances, and nobody hears more of others.
    #[test]
    fn a_mixture_has_the_covariance_and_the_signals_of_both() {
        let mut rng = StreamKey::new(3, "test", "mixture", 0).trial(0);
        let mut draw = |rows, cols| CMat::from_fn(rows, cols, |_, _| complex_normal(&mut rng, 1.0));
        let transmit = ElementArray::planar(3, 2, 0.5);
        let world = World {
            receive: transmit.clone(),
            targets: Vec::new(),
            alternatives: Vec::new(),
            snapshots: 30.0,
            sensing_noise_w: 1.0,
            channels: draw(6, 3),
            noise_w: vec![1.0; 3],
            error_covariances: Vec::new(),
            streams: SensingStreams::Interfering,
            transmit,
        };
        let space = Space::new(&world, true).unwrap();
        let (r, share) = (space.dim(), 0.3);
        let (a, b) = (draw(r, 4), draw(r, 5));
        let w = mixture(&space, &a, &b, share).unwrap();
        let covariance = |w: &CMat| product(w, Op::Plain, w, Op::Adjoint);
        let (of_a, of_b, of_w) = (covariance(&a), covariance(&b), covariance(&w));
        for i in 0..r * r {
            let want = of_a.as_slice()[i] * (1.0 - share) + of_b.as_slice()[i] * share;
            assert!((of_w.as_slice()[i] - want).norm() < 1e-11);
        }
        for k in 0..3 {
            let signal = |w: &CMat| dot(space.h.col(k), w.col(k)).norm_sqr();
            let want = (1.0 - share) * signal(&a) + share * signal(&b);
            assert!((signal(&w) - want).abs() < 1e-11 * want);
        }
    }
}
