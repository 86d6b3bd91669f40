//! Phases under which paths that overlap add up at the target.

use std::f64::consts::TAU;

use noctule_num::C64;
use noctule_num::linalg::dot;
use noctule_phy::cascade::Cascade;
use noctule_phy::centred_array::CentredArray;

use crate::surfaces::model::ORTHOGONAL;

/// Sweeps over all surfaces at most: each ascends, and turns become rounding long before.
const SWEEPS: usize = 200;
/// A turn below this is rounding.
const STILL: f64 = 1e-12;
/// Turns of the surfaces from which the ascent starts, beside those that they have: paths that overlap
/// have several summits.
pub(in crate::surfaces) const STARTS: usize = 48;

/// Turn whole surfaces so that their paths add up at the target, one at a time from several starts:
/// nothing to do where paths are orthogonal.
pub(in crate::surfaces) fn align_light(cascade: &Cascade, phases: &mut [Vec<C64>]) {
    turn_by(cascade, phases, best_turns);
}

/// The same from how they stand alone.
pub(super) fn align_nearby(cascade: &Cascade, phases: &mut [Vec<C64>]) {
    turn_by(cascade, phases, |overlaps| {
        let mut turns = vec![C64::ONE; overlaps.len()];
        ascend(overlaps, &mut turns);
        turns
    });
}

fn turn_by(cascade: &Cascade, phases: &mut [Vec<C64>], turns: impl Fn(&[Vec<C64>]) -> Vec<C64>) {
    let (base, _) = cascade.coherence();
    if base <= ORTHOGONAL {
        return;
    }
    let turns = turns(&overlaps(cascade, phases));
    for (v, turn) in phases.iter_mut().zip(turns) {
        // g holds y_k = s_kᴴ v conjugated, so that the phases turn the other way
        v.iter_mut().for_each(|v| *v *= turn.conj());
    }
}

/// The turns `t` of length one, the first none, under which `‖Σ t_k g_k‖²` is largest, as far as the
/// ascents tell.
fn best_turns(overlaps: &[Vec<C64>]) -> Vec<C64> {
    let surfaces = overlaps.len();
    let mut best = vec![C64::ONE; surfaces];
    ascend(overlaps, &mut best);
    let mut most = light(overlaps, &best);
    for start in 1..=STARTS {
        let mut turns: Vec<C64> = (0..surfaces).map(|k| start_of(start, k)).collect();
        ascend(overlaps, &mut turns);
        let found = light(overlaps, &turns);
        // among equals what stands already
        if found > most * (1.0 + 1e-9) {
            (best, most) = (turns, found);
        }
    }
    let first = best.first().map_or(C64::ONE, C64::conj);
    best.iter().map(|turn| turn * first).collect()
}

/// Starts spread evenly over the torus of all turns: multiples of powers of the root of
/// `x^(d+1) = x + 1`, whose residues fill a cube more evenly than random ones. Surface 0 stays.
fn start_of(start: usize, surface: usize) -> C64 {
    // one power serves up to three turned surfaces well, and more of them have more starts than one
    const ROOT: f64 = 1.220_744_084_605_759_5;
    let share = ROOT.powi(-(surface as i32)) * start as f64;
    C64::from_polar(1.0, if surface == 0 { 0.0 } else { TAU * share.fract() })
}

/// `t_k` onto what the others add up to, until nothing turns.
fn ascend(overlaps: &[Vec<C64>], turns: &mut [C64]) {
    for _ in 0..SWEEPS {
        let mut change = 0.0_f64;
        for k in 1..turns.len() {
            // ‖g_k t + rest‖² is largest where t turns g_k onto the rest: t along g_kᴴ rest
            let others = (0..turns.len()).filter(|i| *i != k);
            let along: C64 = others.map(|i| overlaps[k][i] * turns[i]).sum();
            if along.norm() <= 1e-300 {
                continue;
            }
            let turn = along / along.norm();
            change = change.max((turn - turns[k]).norm());
            turns[k] = turn;
        }
        if change < STILL {
            break;
        }
    }
}

/// `‖Σ t_k g_k‖²`.
fn light(overlaps: &[Vec<C64>], turns: &[C64]) -> f64 {
    let rows = overlaps.iter().zip(turns);
    rows.map(|(row, own)| {
        let seen: C64 = row.iter().zip(turns).map(|(overlap, turn)| overlap * turn).sum();
        (own.conj() * seen).re
    })
    .sum()
}

/// `g_iᴴ g_j` of what each surface contributes to g, `ρ_BI r_k conj(y_k) a_B`.
fn overlaps(cascade: &Cascade, phases: &[Vec<C64>]) -> Vec<Vec<C64>> {
    let array = CentredArray::new(cascade.transmit_antennas);
    let surfaces = cascade.paths.iter().zip(phases).enumerate();
    let parts: Vec<Vec<C64>> = surfaces
        .map(|(k, (path, v))| {
            let amplitude = path.base_gain.sqrt() * cascade.relative_amplitude(k);
            let factor = path.illumination(v).0.conj() * amplitude;
            array.response(path.base_departure).iter().map(|b| b * factor).collect()
        })
        .collect();
    parts.iter().map(|one| parts.iter().map(|other| dot(one, other)).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use noctule_num::rng::{StreamKey, complex_normal};

    /// Over two and three relative turns a grid finds nothing that the ascents miss.
    #[test]
    fn ascents_from_many_starts_find_what_a_grid_finds() {
        let mut rng = StreamKey::new(1, "test", "light", 0).trial(0);
        for round in 0..60 {
            let surfaces = 2 + round % 3;
            let parts: Vec<Vec<C64>> = (0..surfaces)
                .map(|_| (0..3).map(|_| complex_normal(&mut rng, 1.0)).collect())
                .collect();
            let gram: Vec<Vec<C64>> =
                parts.iter().map(|a| parts.iter().map(|b| dot(a, b)).collect()).collect();
            let found = light(&gram, &best_turns(&gram));
            let steps: usize = 24;
            let mut most = 0.0_f64;
            for index in 0..steps.pow(surfaces as u32 - 1) {
                let turn = |k: usize| index / steps.pow(k as u32 - 1) % steps;
                let turns: Vec<C64> = (0..surfaces)
                    .map(|k| {
                        let at = if k == 0 { 0 } else { turn(k) };
                        C64::from_polar(1.0, TAU * at as f64 / steps as f64)
                    })
                    .collect();
                most = most.max(light(&gram, &turns));
            }
            assert!(found >= most * (1.0 - 1e-12), "{round}: {found} {most}");
        }
    }
}
