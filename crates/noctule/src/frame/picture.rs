//! The parts of a frame in time.

use noctule_num::InputError;

use super::{Instance, Placement, Plan, evaluate};
use crate::Error;
use crate::pictures::{Picture, PictureKind, Timeline};

/// What can be drawn: the rates know statistics of channels, and neither beams nor places.
pub(super) const PICTURES: &[PictureKind] = &[PictureKind::Timeline];

/// The frame from sensing to its last block: the sum rate of every block while it carries data,
/// the pilots of the updates as gaps that are marked, and the time of sensing.
pub(super) fn picture(
    instance: &Instance,
    plan: &Plan,
    kind: PictureKind,
) -> Result<Option<Picture>, Error> {
    if kind != PictureKind::Timeline {
        return Ok(None);
    }
    plan.check(instance)?;
    let Placement::Blocks(counts) = &plan.placement else {
        let found = "blocks divided at random";
        let allowed = "a frame in which every update has its blocks";
        let error =
            InputError::new("there is no one frame to draw", "random_updates", found, allowed);
        return Err(error.into());
    };
    let rates = evaluate(instance, plan)?.block_rate_bps_hz;
    let block = instance.block_time_s();
    let (sensing, pilot) = (plan.sensing_time_s / block, instance.pilot_time_s() / block);
    let mut at = instance.split_sensing(plan.sensing_time_s).0;
    let (mut parts, mut updates) = (Vec::new(), Vec::new());
    for count in counts {
        // The first block after sensing has lost what sensing took of it.
        let begins = (at as f64).max(sensing);
        updates.push(begins);
        for (age, rate) in rates.iter().enumerate().take(*count) {
            let from = if age == 0 { begins + pilot } else { (at + age) as f64 };
            let to = (at + age + 1) as f64;
            // A pilot may take all that is left of a block.
            if from < to {
                parts.push((from, to, *rate));
            }
        }
        at += count;
    }
    Ok(Some(Picture::Timeline(Timeline {
        time: ("Time", "blocks"),
        value: ("Sum rate of a block", "bit/s/Hz"),
        parts,
        taken: vec![("sensing", 0.0, sensing)],
        marks: vec![("channel updates", updates)],
    })))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::Scenario;

    /// What the picture shows, added up, is the objective: in blocks that sensing leaves whole every
    /// user carries what its rate and its time say.
    #[test]
    fn the_area_under_the_picture_is_what_the_frame_carries() {
        let instance = Scenario::default().realize(1, 0).expect("the default scene");
        let design = crate::frame::design(&instance, &Default::default()).expect("a design");
        let drawn = picture(&instance, &design.variables, PictureKind::Timeline).expect("it fits");
        let Some(Picture::Timeline(frame)) = drawn else { panic!("there is a frame") };
        let area: f64 = frame.parts.iter().map(|(from, to, rate)| (to - from) * rate).sum();
        let carried = area * instance.block_time_s();
        let expected = design.metrics.frame_bits_per_hz;
        assert!((carried - expected).abs() < 1e-9 * expected, "{carried} and {expected}");
        assert_eq!(frame.marks[0].1.len(), design.metrics.updates);
        assert!((frame.taken[0].2 - design.metrics.sensing_blocks).abs() < 1e-9);
        let end = frame.parts.last().expect("a block").1;
        assert!((end - instance.blocks() as f64).abs() < 1e-9);
        let none = picture(&instance, &design.variables, PictureKind::Scene).expect("it fits");
        assert!(none.is_none());
    }

    #[test]
    fn blocks_divided_at_random_are_no_one_frame() {
        let instance = Scenario::default().realize(1, 0).expect("the default scene");
        let plan = Plan {
            sensing_time_s: instance.shortest_sensing_s(),
            placement: Placement::Random { updates: 2 },
        };
        let refused = picture(&instance, &plan, PictureKind::Timeline);
        assert!(refused.is_err_and(|error| error.to_string().contains("no one frame")));
    }
}
