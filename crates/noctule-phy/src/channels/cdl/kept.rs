//! What of a delay line does not depend on where its user is, or on its azimuth: kept a thread, since all
//! users of a scenario share it.

use std::cell::RefCell;
use std::rc::Rc;

use noctule_num::InputError;

use super::{Antennas, DelayLine, Moments, Polar, Profile, RAYS, Rays};

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

/// Polar angles of rays as an array sees them at its carrier.
type Polars = Rc<Vec<[Polar; RAYS]>>;

/// An array by its key, and the polar angles that it saw.
struct Seen {
    array: Vec<u64>,
    polars: Polars,
}

thread_local! {
    static SEEN: RefCell<Vec<Seen>> = const { RefCell::new(Vec::new()) };
}

pub(super) fn polars(array: &dyn Antennas, polars_rad: &[[f64; RAYS]]) -> Polars {
    let key = array.key();
    let same = |seen: &Seen| {
        let angles = seen.polars.iter().flatten().map(|polar| polar.angle_rad.to_bits());
        seen.array == key && angles.eq(polars_rad.iter().flatten().map(|angle| angle.to_bits()))
    };
    let found = |seen: &RefCell<Vec<Seen>>| {
        seen.borrow().iter().find(|seen| same(seen)).map(|seen| Rc::clone(&seen.polars))
    };
    if let Some(found) = SEEN.with(found) {
        return found;
    }
    let one = |angles: &[f64; RAYS]| angles.map(|angle| array.polar(angle, 1.0));
    let made: Polars = Rc::new(polars_rad.iter().map(one).collect());
    SEEN.with_borrow_mut(|seen| {
        if seen.len() >= KEPT {
            seen.remove(0);
        }
        seen.push(Seen { array: key, polars: Rc::clone(&made) });
    });
    made
}
