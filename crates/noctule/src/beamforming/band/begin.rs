//! Where climbs over a band begin.

use noctule_num::CMat;

use super::Band;
use super::model::BandSpace;
use crate::Error;
use crate::beamforming::Instance;
use crate::beamforming::starts::{Start, start_with};

/// Full-size beams of a start: that of every subcarrier at equal power, or for beams that are the same that of
/// the middle one.
pub(super) fn start_of(
    instance: &Instance,
    band: &Band,
    start: Start,
    space: BandSpace,
    sensing: usize,
) -> Result<CMat, Error> {
    if space == BandSpace::Same {
        return start_with(&instance.subcarrier(band.middle()), start, sensing);
    }
    let of = |n| start_with(&instance.subcarrier(n), start, sensing);
    let columns = (0..band.subcarriers()).map(of).collect::<Result<Vec<_>, _>>()?;
    Ok(CMat::hstack(&columns.iter().collect::<Vec<_>>())?)
}
