//! Whether a frame has room for what is asked of it, and what is said when it has not.

use noctule_num::InputError;
use noctule_optim::{Certificate, Proof, Stop, Trace, Work};

use super::placement::Pattern;
use super::{FrameDesign, Instance, Placement, Plan, advice, evaluate};
use crate::{Design, Error, FEASIBLE};

/// The setting by which a sensing time is given.
const SENSING_BLOCKS: &str = "sensing_blocks";

/// Sensing times that a pattern leaves room for: the earliest, and the last block in which data
/// may start. `None` when there are none.
pub(super) fn window(instance: &Instance, pattern: Pattern) -> Option<(f64, usize)> {
    let shortest = instance.shortest_sensing_s();
    let (mut whole, rest) = instance.split_sensing(shortest);
    let mut start = shortest;
    // On a boundary, or with no room for a pilot behind it: the data start with a block.
    if rest < 1e-9 * instance.block_time_s() || !instance.pilot_fits(rest) {
        whole += usize::from(!instance.pilot_fits(rest));
        start = start.max(whole as f64 * instance.block_time_s());
    }
    let last = instance.blocks().checked_sub(pattern.fewest_blocks())?;
    (whole <= last && shortest.is_finite()).then_some((start, last))
}

/// Why no plan of a pattern meets the requirements, computed again: over all sensing times, or with
/// the one that is given in blocks. `None` where there may be one.
///
/// # Errors
/// More updates than blocks.
pub fn unreachable(
    instance: &Instance,
    pattern: Pattern,
    sensing_blocks: Option<f64>,
) -> Result<Option<Certificate>, Error> {
    let Some(blocks) = sensing_blocks else {
        return match window(instance, pattern) {
            Some(_) => Ok(None),
            None => Ok(infeasible(instance, pattern)?.proof.infeasible),
        };
    };
    let given = blocks * instance.block_time_s();
    if let Some((certificate, _)) = missing_room(instance, pattern, given)? {
        return Ok(Some(certificate));
    }
    let short = instance.shortest_sensing_s() > given * (1.0 + FEASIBLE);
    Ok(short.then(|| too_short(instance, given)))
}

/// Says that a sensing time is shorter than the requirements need.
pub(super) fn too_short(instance: &Instance, time: f64) -> Certificate {
    let (required, block) = (instance.shortest_sensing_s(), instance.block_time_s());
    let statement = format!(
        "the requirements need {required:.6e} s of sensing ({:.6} blocks), and {time:.6e} s \
         ({:.6} blocks) are given",
        required / block,
        time / block
    );
    Certificate::new("closed-form", statement, required, time).about_setting(SENSING_BLOCKS)
}

/// What a sensing time that is given leaves no room for, with the closest time that leaves it; `None`
/// when there is room for all.
///
/// # Errors
/// When there is no such time: more updates than blocks.
pub(super) fn missing_room(
    instance: &Instance,
    pattern: Pattern,
    time: f64,
) -> Result<Option<(Certificate, f64)>, Error> {
    let (block, fewest) = (instance.block_time_s(), pattern.fewest_blocks());
    let last = last_block(instance, fewest)?;
    let (whole, rest) = instance.split_sensing(time);
    let certificate = |statement: String, required: f64, reachable: f64| {
        Certificate::new("closed-form", statement, required, reachable)
            .about_setting(SENSING_BLOCKS)
    };
    if whole > last {
        let (needed, frame) = (whole + fewest, instance.blocks());
        let statement = format!(
            "sensing for {:.6} blocks and {} take {needed} blocks, and a frame has {frame}",
            time / block,
            if fewest == 1 {
                "a block of data".to_owned()
            } else {
                format!("a block for each of the {fewest} updates")
            }
        );
        let required = needed as f64 * block;
        let known = certificate(statement, required, frame as f64 * block);
        return Ok(Some((known, latest_start(instance, last))));
    }
    if instance.pilot_fits(rest) {
        return Ok(None);
    }
    let pilot = instance.pilot_time_s();
    let statement = format!(
        "sensing for {:.6} blocks takes {rest:.6e} s of block {} and the pilot {pilot:.6e} s, together \
         more than the {block:.6e} s of a block",
        time / block,
        whole + 1
    );
    let known = certificate(statement, rest + pilot, block);
    let (before, after) = (latest_start(instance, whole), (whole + 1) as f64 * block);
    let closest = if whole < last && after - time <= time - before { after } else { before };
    Ok(Some((known, closest)))
}

/// The last block in which data may start.
fn last_block(instance: &Instance, fewest: usize) -> Result<usize, Error> {
    instance.blocks().checked_sub(fewest).ok_or_else(|| {
        InputError::new(
            "there are more updates than blocks",
            "updates",
            fewest.to_string(),
            format!("1 to {}", instance.blocks()),
        )
        .into()
    })
}

/// The latest sensing time that leaves data in block `whole`, counted from zero. Without a pilot to
/// keep room for, the room is open: a millionth of a block is left.
fn latest_start(instance: &Instance, whole: usize) -> f64 {
    let block = instance.block_time_s();
    let left = if instance.parts().whole_pilots { instance.pilot_time_s() } else { 0.0 };
    (whole + 1) as f64 * block - left.max(1e-6 * block)
}

/// A design that says why there is none, with the plan that comes nearest to the requirement.
pub(super) fn infeasible(instance: &Instance, pattern: Pattern) -> Result<FrameDesign, Error> {
    let block = instance.block_time_s();
    let fewest = pattern.fewest_blocks();
    let last = last_block(instance, fewest)?;
    let required = instance.shortest_sensing_s();
    let reachable = latest_start(instance, last);
    let worst = (0..instance.users().len())
        .map(|k| (k, instance.crb_seconds(k) / instance.users()[k].crb_limit_rad2))
        .fold((0, 0.0), |a, b| if b.1 > a.1 { b } else { a });
    let pilot = if instance.parts().whole_pilots && required < (last + 1) as f64 * block {
        let rest = required - last as f64 * block;
        format!(
            "; block {} would keep {:.3e} s after sensing, and its pilot takes {:.3e} s",
            last + 1,
            block - rest,
            instance.pilot_time_s()
        )
    } else {
        String::new()
    };
    let statement = format!(
        "user {} needs {required:.6e} s of sensing ({:.3} blocks), and a frame of {} blocks has room \
         for {reachable:.6e} s before {} for data{pilot}",
        worst.0,
        required / block,
        instance.blocks(),
        if fewest == 1 { "the last block".to_owned() } else { format!("{fewest} blocks") },
    );
    let plan = Plan { sensing_time_s: reachable, placement: Placement::Blocks(vec![1; fewest]) };
    let metrics = evaluate(instance, &plan)?;
    let mut certificate = Certificate::new("closed-form", statement, required, reachable);
    // Where a single update has room, only their number asks for too much.
    let asked = matches!(pattern, Pattern::Updates(_) | Pattern::EvenUpdates(_));
    if asked && window(instance, Pattern::Single).is_some() {
        certificate = certificate.about_setting("updates");
    }
    Ok(Design {
        warnings: advice(instance, &metrics),
        starts: Vec::new(),
        variables: plan,
        proof: Proof {
            infeasible: Some(certificate),
            ..Proof::feasible((metrics.worst_crb_ratio - 1.0).max(0.0))
        },
        metrics,
        stop: Stop::Computed,
        trace: Trace::off(),
        work: Work::default(),
    })
}
