//! Phases under which paths that overlap add up at the target.

use noctule_num::C64;
use noctule_num::linalg::dot;
use noctule_phy::cascade::Cascade;
use noctule_phy::centred_array::CentredArray;

use crate::surfaces::model::ORTHOGONAL;

/// Sweeps over all surfaces at most: each ascends, and turns become rounding long before.
const SWEEPS: usize = 200;
/// A turn below this is rounding.
const STILL: f64 = 1e-12;

/// Turn whole surfaces so that their paths add up at the target, one at a time: nothing to do where
/// paths are orthogonal.
pub(in crate::surfaces) fn align_light(cascade: &Cascade, phases: &mut [Vec<C64>]) {
    let (base, _) = cascade.coherence();
    if base <= ORTHOGONAL {
        return;
    }
    let mut parts = contributions(cascade, phases);
    for _ in 0..SWEEPS {
        let mut change = 0.0_f64;
        for k in 1..parts.len() {
            let mut rest = vec![C64::ZERO; cascade.transmit_antennas];
            for (_, part) in parts.iter().enumerate().filter(|(i, _)| *i != k) {
                for (sum, x) in rest.iter_mut().zip(part) {
                    *sum += x;
                }
            }
            // ‖g_k t + rest‖² is largest where t turns g_k onto the rest: t = g_kᴴ rest, of length one
            let along = dot(&parts[k], &rest);
            if along.norm() <= 1e-300 {
                continue;
            }
            let turn = along / along.norm();
            change = change.max((turn - C64::ONE).norm());
            parts[k].iter_mut().for_each(|x| *x *= turn);
            // g holds y_k = s_kᴴ v conjugated, so that the phases turn the other way
            phases[k].iter_mut().for_each(|v| *v *= turn.conj());
        }
        if change < STILL {
            break;
        }
    }
}

/// What each surface contributes to g: `ρ_BI r_k conj(y_k) a_B`.
fn contributions(cascade: &Cascade, phases: &[Vec<C64>]) -> Vec<Vec<C64>> {
    let array = CentredArray::new(cascade.transmit_antennas);
    let surfaces = cascade.paths.iter().zip(phases).enumerate();
    surfaces
        .map(|(k, (path, v))| {
            let amplitude = path.base_gain.sqrt() * cascade.relative_amplitude(k);
            let factor = path.illumination(v).0.conj() * amplitude;
            array.response(path.base_departure).iter().map(|b| b * factor).collect()
        })
        .collect()
}
