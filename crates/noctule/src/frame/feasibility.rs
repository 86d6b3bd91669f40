//! Whether a frame has room for what is asked of it, and what is said when it has not.

use noctule_num::InputError;
use noctule_optim::{Certificate, Proof, Stop, Trace, Work};

use super::placement::Pattern;
use super::{FrameDesign, Instance, Placement, Plan, evaluate};
use crate::{Design, Error};

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

/// A design that says why there is none, with the plan that comes nearest to the requirement.
pub(super) fn infeasible(instance: &Instance, pattern: Pattern) -> Result<FrameDesign, Error> {
    let block = instance.block_time_s();
    let fewest = pattern.fewest_blocks();
    let Some(last) = instance.blocks().checked_sub(fewest) else {
        return Err(InputError::new(
            "there are more updates than blocks",
            "updates",
            fewest.to_string(),
            format!("1 to {}", instance.blocks()),
        )
        .into());
    };
    let required = instance.shortest_sensing_s();
    let room = if instance.parts().whole_pilots { block - instance.pilot_time_s() } else { block };
    let reachable = last as f64 * block + room;
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
    // Without a pilot to keep room for, the room is open: leave a millionth of a block.
    let time = reachable.min((last + 1) as f64 * block - 1e-6 * block);
    let plan = Plan { sensing_time_s: time, placement: Placement::Blocks(vec![1; fewest]) };
    let metrics = evaluate(instance, &plan)?;
    let certificate =
        Certificate { method: "closed-form".to_owned(), statement, required, reachable };
    Ok(Design {
        warnings: Vec::new(),
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
