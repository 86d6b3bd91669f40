//! Hermitian forms over vectors whose entries have unit modulus: what they reach, and what they do not
//! exceed.
//!
//! ```math
//! \max_{|\phi_k|=1}\ \phi^HA\phi\ \le\ \mathrm{tr}\,A + \sum_k y_k
//!   + K\,\max\bigl(0,\ \lambda_{\max}(A_\circ-\mathrm{diag}\,y)\bigr)
//! ```
//! for any y, with `A∘` the entries off the diagonal: `φᴴdiag(y)φ = Σ y_k`. At a maximiser
//! `y_k = |Σ_l A∘_kl φ_l|` is the multiplier of `|φ_k| = 1`, and where the semidefinite relaxation is
//! tight the last term is nothing but rounding. Elsewhere vectors of a few dimensions take the place of
//! phases, whose best y is that of the relaxation.

use noctule_num::linalg::HermitianEigen;
use noctule_num::{C64, CMat};

/// Sweeps over all phases at most, and the relative gain below which they end.
const SWEEPS: usize = 200;
const STILL: f64 = 1e-14;
/// Sweeps of the relaxation.
const RELAXED_SWEEPS: usize = 400;
/// A relaxation whose bound is this close to what is reached, relative, is tight.
const TIGHT: f64 = 1e-12;
/// An eigenvalue is off by no more than this many roundings of the sum of all entries.
const ROUNDINGS: f64 = 16.0;

/// What a form reaches and what it does not exceed.
#[derive(Clone, Debug)]
pub(super) struct Peak {
    /// Where `value` is reached.
    pub(super) phases: Vec<C64>,
    pub(super) value: f64,
    pub(super) bound: f64,
    /// The multipliers y of which `bound` follows.
    pub(super) multipliers: Vec<f64>,
}

/// `φᴴ A φ`.
pub(super) fn form(a: &CMat, phases: &[C64]) -> f64 {
    let column = |l: usize| -> C64 {
        phases.iter().zip(a.col(l)).map(|(phase, entry)| phase.conj() * entry).sum()
    };
    (0..a.cols()).map(|l| (column(l) * phases[l]).re).sum()
}

/// What no phases exceed, from any multipliers.
pub(super) fn bounded(a: &CMat, multipliers: &[f64]) -> f64 {
    let n = a.rows();
    let trace: f64 = (0..n).map(|i| a[(i, i)].re).sum();
    trace + multipliers.iter().sum::<f64>() + n as f64 * excess(a, multipliers)
}

/// By how much no eigenvalue of `A∘ − diag(y)` exceeds zero.
pub(super) fn excess(a: &CMat, multipliers: &[f64]) -> f64 {
    let n = a.rows();
    let left = CMat::from_fn(n, n, |i, j| {
        if i == j { C64::from(-multipliers[i]) } else { (a[(i, j)] + a[(j, i)].conj()) * 0.5 }
    });
    let size: f64 = left.as_slice().iter().map(|z| z.norm()).sum();
    let mut eigen = HermitianEigen::new(n);
    match eigen.compute(&left) {
        Ok(()) => eigen.max().max(0.0) + ROUNDINGS * f64::EPSILON * size,
        // by the discs of Gershgorin
        Err(_) => size,
    }
}

/// The best phases from some starts, and a bound on all.
pub(super) fn peak(a: &CMat, start: &[C64]) -> Peak {
    let n = a.rows();
    let mut best: Option<(f64, Vec<C64>)> = None;
    let ones = vec![C64::ONE; n];
    let starts = [start.to_vec(), ones, principal(a)];
    for mut phases in starts {
        climb(a, &mut phases);
        let value = form(a, &phases);
        if best.as_ref().is_none_or(|(most, _)| value > *most) {
            best = Some((value, phases));
        }
    }
    let (value, phases) = best.unwrap_or((0.0, Vec::new()));
    let multipliers: Vec<f64> = (0..n).map(|k| pull(a, &phases, k).norm()).collect();
    let bound = bounded(a, &multipliers);
    if bound - value <= TIGHT * size(a) {
        return Peak { phases, value, bound, multipliers };
    }
    let mut best = Peak { phases, value, bound, multipliers };
    let vectors = relaxed(a, &best.phases);
    best.bound_by(a, (0..n).map(|k| length(&pulled(a, &vectors, k))).collect());
    // where the relaxation is tight all vectors point the same way, and tell the phases
    let mut rounded = rounded(&vectors);
    climb(a, &mut rounded);
    let reached = form(a, &rounded);
    if reached > best.value {
        best.bound_by(a, (0..n).map(|k| pull(a, &rounded, k).norm()).collect());
        (best.value, best.phases) = (reached, rounded);
    }
    best
}

impl Peak {
    /// The smaller bound counts.
    fn bound_by(&mut self, a: &CMat, multipliers: Vec<f64>) {
        let bound = bounded(a, &multipliers);
        if bound < self.bound {
            (self.bound, self.multipliers) = (bound, multipliers);
        }
    }
}

/// The phases of vectors along the direction in which most of them point.
fn rounded(vectors: &[Vec<C64>]) -> Vec<C64> {
    let rank = vectors.first().map_or(0, Vec::len);
    let scatter =
        CMat::from_fn(rank, rank, |i, j| vectors.iter().map(|v| v[i] * v[j].conj()).sum());
    let mut eigen = HermitianEigen::new(rank);
    if rank == 0 || eigen.compute(&scatter).is_err() {
        return vec![C64::ONE; vectors.len()];
    }
    let towards = eigen.vectors().col(rank - 1);
    let along = |v: &Vec<C64>| -> C64 { towards.iter().zip(v).map(|(t, x)| t.conj() * x).sum() };
    let unit = |z: C64| if z.norm() > 0.0 { z / z.norm() } else { C64::ONE };
    vectors.iter().map(|v| unit(along(v))).collect()
}

fn size(a: &CMat) -> f64 {
    a.as_slice().iter().map(|z| z.norm()).sum()
}

/// `Σ_{l≠k} A_kl φ_l`.
fn pull(a: &CMat, phases: &[C64], k: usize) -> C64 {
    // the column of a Hermitian matrix is its row conjugated, and columns are contiguous
    let all: C64 = a.col(k).iter().zip(phases).map(|(entry, phase)| entry.conj() * phase).sum();
    all - a[(k, k)].conj() * phases[k]
}

/// The phases of the principal eigenvector.
fn principal(a: &CMat) -> Vec<C64> {
    let n = a.rows();
    let mut eigen = HermitianEigen::new(n);
    if n == 0 || eigen.compute(a).is_err() {
        return vec![C64::ONE; n];
    }
    let unit = |z: &C64| if z.norm() > 0.0 { z / z.norm() } else { C64::ONE };
    eigen.vectors().col(n - 1).iter().map(unit).collect()
}

/// Every phase in turn to where the form is largest.
fn climb(a: &CMat, phases: &mut [C64]) {
    let mut before = f64::NEG_INFINITY;
    let close = STILL * size(a);
    for _ in 0..SWEEPS {
        for k in 0..phases.len() {
            let pull = pull(a, phases, k);
            if pull.norm() > 0.0 {
                phases[k] = pull / pull.norm();
            }
        }
        let now = form(a, phases);
        if now - before <= close {
            break;
        }
        before = now;
    }
}

/// The semidefinite relaxation, with vectors of unit length in the place of phases.
fn relaxed(a: &CMat, phases: &[C64]) -> Vec<Vec<C64>> {
    let n = a.rows();
    // a relaxation with n constraints has a solution of rank √n
    let rank = 2 + (n as f64).sqrt().ceil() as usize;
    let mut vectors: Vec<Vec<C64>> = (0..n)
        .map(|k| {
            let mut v = vec![C64::ZERO; rank];
            v[0] = phases[k];
            // off the phases in different directions, always the same
            v[1 + k % (rank - 1)] += C64::from_polar(0.5, 2.4 * k as f64);
            unit(&v).unwrap_or(v)
        })
        .collect();
    for _ in 0..RELAXED_SWEEPS {
        let mut moved = 0.0_f64;
        for k in 0..n {
            if let Some(next) = unit(&pulled(a, &vectors, k)) {
                let change = next.iter().zip(&vectors[k]).map(|(x, y)| (x - y).norm_sqr());
                moved = moved.max(change.sum());
                vectors[k] = next;
            }
        }
        if moved <= STILL {
            break;
        }
    }
    vectors
}

/// `Σ_{l≠k} A_kl v_l`.
fn pulled(a: &CMat, vectors: &[Vec<C64>], k: usize) -> Vec<C64> {
    let mut sum = vec![C64::ZERO; vectors[k].len()];
    for (l, v) in vectors.iter().enumerate().filter(|(l, _)| *l != k) {
        let entry = a[(l, k)].conj();
        sum.iter_mut().zip(v).for_each(|(s, x)| *s += entry * x);
    }
    sum
}

fn length(v: &[C64]) -> f64 {
    v.iter().map(C64::norm_sqr).sum::<f64>().sqrt()
}

fn unit(v: &[C64]) -> Option<Vec<C64>> {
    let norm = length(v);
    (norm > 0.0).then(|| v.iter().map(|x| x / norm).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use noctule_num::rng::{StreamKey, complex_normal, uniform};

    #[test]
    fn no_phases_exceed_the_bound() {
        let mut rng = StreamKey::new(1, "test", "unit-form", 0).trial(0);
        let mut tight = 0;
        for round in 0..300 {
            let n = 1 + round % 7;
            let g = CMat::from_fn(n, n, |_, _| complex_normal(&mut rng, 1.0));
            let real = round % 2 == 0;
            let a = CMat::from_fn(n, n, |i, j| {
                let entry = (g[(i, j)] + g[(j, i)].conj()) * 0.5;
                if real { C64::from(entry.re) } else { entry }
            });
            let found = peak(&a, &vec![C64::ONE; n]);
            assert!(found.value <= found.bound + 1e-14 * size(&a));
            assert!((form(&a, &found.phases) - found.value).abs() < 1e-12 * size(&a));
            tight += usize::from(found.bound - found.value < 1e-9 * size(&a));
            for _ in 0..300 {
                let draw = |_| C64::from_polar(1.0, uniform(&mut rng, 0.0, 7.0));
                let mut phases: Vec<C64> = (0..n).map(draw).collect();
                assert!(form(&a, &phases) <= found.bound + 1e-14 * size(&a));
                climb(&a, &mut phases);
                assert!(form(&a, &phases) <= found.bound + 1e-14 * size(&a));
            }
            // any multipliers are valid
            let others: Vec<f64> = (0..n).map(|_| uniform(&mut rng, -1.0, 2.0)).collect();
            assert!(found.value <= bounded(&a, &others) + 1e-14 * size(&a));
        }
        assert!(tight > 200, "{tight}");
    }
}
