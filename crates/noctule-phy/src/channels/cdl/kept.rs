//! What of a delay line does not depend on where its user is: kept a thread, since all users of a scenario
//! share it.

use std::cell::RefCell;
use std::rc::Rc;

use noctule_num::InputError;

use super::{DelayLine, Moments, Profile, Rays};

/// More than a comparison of profiles has.
const KEPT: usize = 8;

/// Rays of steps 1 to 3, and their moments.
#[derive(Debug)]
pub(super) struct Unmoved {
    pub(super) rays: Rays,
    pub(super) azimuth: Moments,
    pub(super) polar: Moments,
}

type Key = (Profile, u64, Option<u64>);

thread_local! {
    static LINES: RefCell<Vec<(Key, Rc<Unmoved>)>> = const { RefCell::new(Vec::new()) };
}

pub(super) fn unmoved(line: &DelayLine) -> Result<Rc<Unmoved>, InputError> {
    let key = (line.profile, line.delay_spread_s.to_bits(), line.k_factor_db.map(f64::to_bits));
    let found = |lines: &RefCell<Vec<(Key, Rc<Unmoved>)>>| {
        let lines = lines.borrow();
        lines.iter().find(|(known, _)| *known == key).map(|(_, line)| Rc::clone(line))
    };
    if let Some(found) = LINES.with(found) {
        return Ok(found);
    }
    let rays = line.unmoved()?;
    let (azimuth, polar) = (rays.azimuth_moments(), rays.polar_moments());
    let made = Rc::new(Unmoved { rays, azimuth, polar });
    LINES.with_borrow_mut(|lines| {
        if lines.len() >= KEPT {
            lines.remove(0);
        }
        lines.push((key, Rc::clone(&made)));
    });
    Ok(made)
}
