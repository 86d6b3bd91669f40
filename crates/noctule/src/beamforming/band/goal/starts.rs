//! Where searches begin: beams, and how much of the power.

use noctule_num::linalg::{orthonormal_basis, real_dot};
use noctule_num::{C64, CMat};

use super::stack::Stack;
use super::task::{Task, Whom};
use crate::Error;
use crate::beamforming::Instance;
use crate::beamforming::band::Band;
use crate::beamforming::band::begin::start_of;
use crate::beamforming::band::model::BandSpace;
use crate::beamforming::starts::{Start, scaled_to_power};

/// Of the power there is, the least that a search for the least power begins with.
const LEAST_SHARE: f64 = 1e-30;
/// The beams of a start, antennas × (subcarriers · streams).
pub(super) fn begun(
    instance: &Instance,
    band: &Band,
    whom: Whom,
    turn: usize,
) -> Result<CMat, Error> {
    let start = match turn {
        0 => Start::Rzf,
        1 => Start::Mrt,
        other => Start::PerturbedRzf(other as u64),
    };
    match whom {
        Whom::All(streams) => {
            let sensing = streams.saturating_sub(instance.users());
            start_of(instance, band, start, BandSpace::Reduced, sensing)
        }
        Whom::Targets(streams) => {
            let radar = band.radar(instance.parts())?;
            let mut columns = Vec::new();
            for n in 0..band.subcarriers() {
                let basis = orthonormal_basis(radar.transmit_space(n), 1e-10)?;
                // other directions first on other subcarriers
                columns.push(CMat::from_fn(basis.rows(), streams, |i, s| {
                    basis[(i, (s + n + turn) % basis.cols())]
                }));
            }
            let matrix = CMat::hstack(&columns.iter().collect::<Vec<_>>())?;
            Ok(scaled_to_power(matrix, instance.parts().power_w))
        }
    }
}

/// What a start is to be multiplied by, in power, so that it meets what is asked, as far as more power helps.
pub(super) fn enough(stack: &mut Stack, task: &Task, v: &[C64]) -> f64 {
    let norm = real_dot(v, v).max(f64::MIN_POSITIVE);
    let mut short = |share: f64| -> bool {
        let scaled: Vec<C64> = v.iter().map(|z| z * (share / norm).sqrt()).collect();
        stack.look(&scaled);
        let (users, n) = (stack.users, stack.subcarriers());
        let sinr = |at: usize| stack.signal[at] / stack.interference[at];
        let floors = (0..n * users).any(|at| sinr(at) < task.sinr[at % users]);
        let rate = |k: usize| (0..n).map(|m| sinr(m * users + k).ln_1p()).sum::<f64>() / n as f64;
        let rates = (0..users).any(|k| rate(k) < task.rates[k]);
        let caps = task.capped().any(|(member, limit)| stack.bound(member) > limit);
        floors || rates || caps
    };
    let mut share = 1.0;
    while short(share) && share < 1e3 {
        share *= 2.0;
    }
    // floors that no power reaches with these beams ask for about as much as there is
    if share >= 1e3 {
        return 1.0;
    }
    while share <= 1.0 && !short(0.5 * share) && share > LEAST_SHARE {
        share *= 0.5;
    }
    share
}
