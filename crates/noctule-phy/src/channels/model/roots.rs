//! Roots of covariances that were needed lately: users of one direction, and all trials of a scenario
//! whose directions are fixed, share one.

use std::cell::RefCell;
use std::rc::Rc;

use noctule_num::{CMat, InputError};

use crate::channels::antennas::Antennas;
use crate::channels::scattering::{Scattering, hermitian_root};

/// Roots that are kept a thread, and how many entries they have together; the oldest go first.
const KEPT: usize = 8;
const MOST_ENTRIES: usize = 1 << 21;

type Kept = Vec<(Vec<u64>, Rc<CMat>)>;

thread_local! {
    static ROOTS: RefCell<Kept> = const { RefCell::new(Vec::new()) };
}

fn key(array: &dyn Antennas, around: &Scattering) -> Vec<u64> {
    let mut key = array.key();
    let Scattering { azimuth_rad, polar_rad, azimuth_std_rad, polar_std_rad, spectrum } = *around;
    key.extend([azimuth_rad, polar_rad, azimuth_std_rad, polar_std_rad].map(f64::to_bits));
    key.push(spectrum as u64);
    key
}

/// The Hermitian root of the covariance of what arrives from around a direction.
///
/// # Errors
/// Angles or spreads that are not finite.
pub(super) fn root_of(array: &dyn Antennas, around: &Scattering) -> Result<Rc<CMat>, InputError> {
    let key = key(array, around);
    ROOTS.with_borrow_mut(|kept| {
        if let Some(at) = kept.iter().position(|(known, _)| *known == key) {
            let entry = kept.remove(at);
            let root = Rc::clone(&entry.1);
            kept.push(entry);
            return Ok(root);
        }
        let root = hermitian_root(&array.covariance(around)).map_err(|error| {
            let (what, allowed) = ("a covariance has no root", "finite angles and spreads");
            InputError::new(what, "scatter", error.to_string(), allowed)
        })?;
        let root = Rc::new(root);
        kept.push((key, Rc::clone(&root)));
        let entries = |kept: &Kept| kept.iter().map(|(_, root)| root.rows().pow(2)).sum::<usize>();
        while kept.len() > KEPT || entries(kept) > MOST_ENTRIES {
            kept.remove(0);
        }
        Ok(root)
    })
}
